//! Numbers on the wire: lengths, integers, doubles and big numbers, read and written exactly.

use alloc::vec::Vec;

/// A length or count as it stands in a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Length {
    /// Decimal digits. One that does not fit is `u64::MAX`, which no limit lets through.
    Known(u64),
    /// `-1`: the null of RESP2.
    Null,
    /// `?`: a stream.
    Streamed,
}

/// Reads the whole line of a length: `None` if it is not one.
pub(super) fn length(text: &[u8]) -> Option<Length> {
    match text {
        b"-1" => Some(Length::Null),
        b"?" => Some(Length::Streamed),
        _ => digits(text).map(Length::Known),
    }
}

fn digits(text: &[u8]) -> Option<u64> {
    if text.is_empty() {
        return None;
    }
    let mut value = 0u64;
    for &byte in text {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value = value.saturating_mul(10).saturating_add(u64::from(digit));
    }
    Some(value)
}

/// Reads a length of up to nine digits with its CR LF from the start of `tail`: the value and the bytes it took. `None`
/// means that the careful way must look again, not that the input is wrong.
#[inline]
pub(super) fn short_length(tail: &[u8]) -> Option<(u32, usize)> {
    let mut value = 0u32;
    for (i, &byte) in tail.iter().take(10).enumerate() {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            let terminated = i > 0 && byte == b'\r' && tail.get(i + 1) == Some(&b'\n');
            return terminated.then_some((value, i + 2));
        }
        if i == 9 {
            break;
        }
        value = value * 10 + u32::from(digit);
    }
    None
}

/// Reads an integer of up to 18 digits with its CR LF from the start of `tail`: the value and the bytes it took. `None` means
/// that the careful way must look again.
///
/// Sixteen digits are read at once, however many there are: a branch on their number would be mispredicted more often than
/// not, and that costs more than the digits.
#[inline]
pub(super) fn short_integer(tail: &[u8]) -> Option<(i64, usize)> {
    let window: &[u8; 22] = tail.first_chunk()?;
    let negative = window[0] == b'-';
    let sign = usize::from(negative);
    let first = if negative {
        window[1..17].first_chunk()
    } else {
        window.first_chunk()
    };
    let (mut value, mut count) = leading_digits(u128::from_le_bytes(*first?));
    if count == 16 {
        for &byte in &window[sign + 16..] {
            let digit = byte.wrapping_sub(b'0');
            if digit > 9 {
                break;
            }
            value = value.wrapping_mul(10).wrapping_add(u64::from(digit));
            count += 1;
        }
    }
    let end = sign + count;
    if count == 0 || count > 18 || tail.get(end..end + 2) != Some(b"\r\n") {
        return None;
    }
    let value = value as i64; // at most 18 digits
    Some((if negative { -value } else { value }, end + 2))
}

/// The value of the decimal digits that sixteen bytes begin with, and how many there are.
#[inline]
fn leading_digits(word: u128) -> (u64, usize) {
    const EACH: u128 = u128::MAX / 0xff;
    let digits = word ^ (0x30 * EACH);
    // The high bit of a byte is set where it is no digit: the sum carries into it from 10 upwards, never into the next
    // byte, for bytes below 0x80; those at 0x80 and above have it already.
    let others = (((digits & (0x7f * EACH)) + (0x76 * EACH)) | digits) & (0x80 * EACH);
    let count = (others.trailing_zeros() / 8) as usize;
    // Right-align, so that what is missing counts as leading zeros.
    let digits = digits.checked_shl(128 - 8 * count as u32).unwrap_or(0);
    let value = eight_digits(digits as u64) * 100_000_000 + eight_digits((digits >> 64) as u64);
    (value, count)
}

/// Joins digits, one a byte and the first lowest, to pairs, pairs of pairs, and halves.
#[inline]
fn eight_digits(digits: u64) -> u64 {
    let pairs = digits.wrapping_mul(10 << 8 | 1) >> 8 & 0x00ff_00ff_00ff_00ff;
    let quads = pairs.wrapping_mul(100 << 16 | 1) >> 16 & 0x0000_ffff_0000_ffff;
    quads.wrapping_mul(10_000 << 32 | 1) >> 32
}

/// Reads an integer: an optional sign and digits, within 64 bits.
pub(super) fn integer(text: &[u8]) -> Option<i64> {
    let (negative, number) = split_sign(text);
    if number.is_empty() {
        return None;
    }
    let mut value = 0i64;
    for &byte in number {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        // Downwards, because the negative range is the larger by one.
        value = value.checked_mul(10)?.checked_sub(i64::from(digit))?;
    }
    if negative { Some(value) } else { value.checked_neg() }
}

/// Whether this is a big number: an optional sign and digits, as many as there are.
pub(super) fn is_big_number(text: &[u8]) -> bool {
    let (_, number) = split_sign(text);
    !number.is_empty() && number.iter().all(u8::is_ascii_digit)
}

/// A big number as an integer prints it: without plus sign and leading zeros. `text` must be a big number.
pub(super) fn plain_big_number(text: &[u8]) -> (bool, &[u8]) {
    let (negative, number) = split_sign(text);
    let zeros = number.iter().take_while(|&&byte| byte == b'0').count();
    let number = &number[zeros.min(number.len().saturating_sub(1))..];
    (negative && number != b"0", number)
}

fn split_sign(text: &[u8]) -> (bool, &[u8]) {
    match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    }
}

/// Reads a double: `inf`, `nan`, or an optional sign, digits, an optional fraction and an optional exponent, rounded to the
/// nearest as IEEE 754 says. Servers before 7.2 can send `-nan`.
pub(super) fn double(text: &[u8]) -> Option<f64> {
    let (negative, number) = split_sign(text);
    let value = match number {
        b"inf" => f64::INFINITY,
        b"nan" if text[0] != b'+' => f64::NAN,
        _ if is_decimal(number) => core::str::from_utf8(number).ok()?.parse().ok()?,
        _ => return None,
    };
    Some(if negative { -value } else { value })
}

fn is_decimal(number: &[u8]) -> bool {
    fn digits(text: &[u8]) -> Option<&[u8]> {
        let count = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
        (count > 0).then(|| &text[count..])
    }
    fn check(number: &[u8]) -> Option<bool> {
        let mut rest = digits(number)?;
        if let [b'.', fraction @ ..] = rest {
            rest = digits(fraction)?;
        }
        if let [b'e' | b'E', exponent @ ..] = rest {
            rest = digits(split_sign(exponent).1)?;
        }
        Some(rest.is_empty())
    }
    check(number) == Some(true)
}

/// Writes an unsigned number in decimal.
pub(super) fn push_u64(out: &mut Vec<u8>, value: u64) {
    if value < 10 {
        out.push(b'0' + value as u8);
        return;
    }
    let mut text = [0; 20];
    let mut at = text.len();
    let mut rest = value;
    while rest >= 100 {
        let pair = (rest % 100) as usize;
        rest /= 100;
        at -= 2;
        text[at..at + 2].copy_from_slice(&PAIRS[2 * pair..2 * pair + 2]);
    }
    if rest >= 10 {
        at -= 2;
        text[at..at + 2].copy_from_slice(&PAIRS[2 * rest as usize..2 * rest as usize + 2]);
    } else {
        at -= 1;
        text[at] = b'0' + rest as u8;
    }
    out.extend_from_slice(&text[at..]);
}

const PAIRS: [u8; 200] = {
    let mut pairs = [0; 200];
    let mut i = 0;
    while i < 100 {
        pairs[2 * i] = b'0' + (i / 10) as u8;
        pairs[2 * i + 1] = b'0' + (i % 10) as u8;
        i += 1;
    }
    pairs
};

/// Writes a signed number in decimal.
pub(super) fn push_i64(out: &mut Vec<u8>, value: i64) {
    if value < 0 {
        out.push(b'-');
    }
    push_u64(out, value.unsigned_abs());
}

/// Writes the shortest text that reads back as the same double: plain between 1e-5 and 1e17, with an exponent beyond.
pub(super) fn push_double(out: &mut Vec<u8>, value: f64) {
    use core::fmt::Write;

    struct Bytes<'a>(&'a mut Vec<u8>);
    impl Write for Bytes<'_> {
        fn write_str(&mut self, text: &str) -> core::fmt::Result {
            self.0.extend_from_slice(text.as_bytes());
            Ok(())
        }
    }

    if value.is_nan() {
        out.extend_from_slice(b"nan");
    } else if value.is_infinite() {
        out.extend_from_slice(if value > 0.0 { b"inf" } else { b"-inf" });
    } else {
        let size = value.abs();
        // Writing to a vector cannot fail.
        let _ = if size == 0.0 || (1e-5..1e17).contains(&size) {
            write!(Bytes(out), "{value}")
        } else {
            write!(Bytes(out), "{value:e}")
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;
    use proptest::prelude::*;

    fn written(write: impl Fn(&mut Vec<u8>)) -> Vec<u8> {
        let mut out = Vec::new();
        write(&mut out);
        out
    }

    proptest! {
        #[test]
        fn the_short_way_reads_what_the_careful_way_reads(text in "-?[0-9]{0,20}(\r\n|[ -~])[0-9]{0,2}", pad in 0usize..30) {
            let mut tail = text.clone().into_bytes();
            tail.resize(tail.len() + pad, b'7');
            let line = tail.iter().position(|&byte| byte == b'\r');
            if let Some((value, used)) = short_integer(&tail) {
                let line = line.unwrap();
                prop_assert_eq!(Some(value), integer(&tail[..line]));
                prop_assert_eq!(used, line + 2);
            }
            if let Some((value, used)) = short_length(&tail) {
                let line = line.unwrap();
                prop_assert_eq!(Some(Length::Known(u64::from(value))), length(&tail[..line]));
                prop_assert_eq!(used, line + 2);
            }
        }

        #[test]
        fn any_bytes_are_split_at_the_first_that_is_no_digit(text in "[0-9]{0,16}", rest in prop::array::uniform16(any::<u8>())) {
            let mut bytes = rest;
            bytes[..text.len()].copy_from_slice(text.as_bytes());
            let count = bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
            let value = bytes[..count].iter().fold(0, |value, byte| value * 10 + u64::from(byte - b'0'));
            prop_assert_eq!(leading_digits(u128::from_le_bytes(bytes)), (value, count));
        }

        #[test]
        fn numbers_are_written_as_the_standard_library_writes_them(value in any::<i64>(), shift in 0u32..64) {
            let value = value >> shift;
            prop_assert_eq!(written(|out| push_i64(out, value)), value.to_string().into_bytes());
            prop_assert_eq!(integer(value.to_string().as_bytes()), Some(value));
        }

        #[test]
        fn doubles_survive(bits in any::<u64>()) {
            let value = f64::from_bits(bits);
            let back = double(&written(|out| push_double(out, value))).unwrap();
            prop_assert!(back.to_bits() == value.to_bits() || (back.is_nan() && value.is_nan()));
        }
    }

    #[test]
    fn the_short_way_takes_the_common_case() {
        let tail = b"123456789012345678\r\n+OK\r\n    ";
        assert_eq!(short_integer(tail), Some((123_456_789_012_345_678, 20)));
        assert_eq!(short_integer(b"-7\r\n..........................."), Some((-7, 4)));
        assert_eq!(short_integer(b"\r\n............................"), None);
        assert_eq!(short_length(b"42\r\n"), Some((42, 4)));
        assert_eq!(short_length(b"1234567890\r\n"), None);
        assert_eq!(short_length(b"42\r"), None);
    }
}
