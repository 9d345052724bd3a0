//! The kernel for any CPU, and for constants: no table, no multiplication, shifts and xors only.
//!
//! In GF(2) squaring a sum squares its terms, so `P^(2^k)` has four terms like `P` itself:
//!
//! ```text
//! P    = x^16  + x^12  + x^5  + 1
//! P^4  = x^64  + x^48  + x^20 + 1
//! P^16 = x^256 + x^192 + x^80 + 1
//! ```
//!
//! What is reduced modulo one of the powers is still right modulo `P`, and reduction by `x^n + x^(3n/4) + x^(5n/16) + 1` is
//! cheap. To reduce `a * x^n`, the quotient is `a / (1 + u)` with `u = x^(-n/4) + x^(-11n/16)`; as `1 / (1 + u)` is
//! `(1 + u)(1 + u^2)(1 + u^4)...` and terms that leave the word by its right end are gone for good, a few shifted xors give it
//! exactly. With n = 256 most shifts are whole words, so long input costs less than an operation a byte, where a table kernel
//! looks up one entry a byte.

/// The CRC-16 of `bytes`.
pub(super) const fn checksum(bytes: &[u8]) -> u16 {
    if bytes.len() <= 8 {
        return reduce(short(bytes));
    }
    let (mut sum, mut rest) = if bytes.len() >= 64 {
        long(bytes)
    } else {
        head(bytes, bytes.len() % 8)
    };
    while let Some((word, after)) = rest.split_first_chunk::<8>() {
        sum = fold(sum) ^ u64::from_be_bytes(*word);
        rest = after;
    }
    reduce(sum)
}

/// The CRC-16 of what is hashed of `key`.
pub(super) const fn key_checksum(key: &[u8]) -> u16 {
    checksum(super::super::hash_tag(key))
}

/// At most eight bytes as one big-endian number.
///
/// The reads overlap where the length is odd, which is harmless for an or, and never pass an end.
pub(in crate::cluster) const fn short(bytes: &[u8]) -> u64 {
    let len = bytes.len();
    match (
        bytes.first_chunk::<8>(),
        bytes.first_chunk::<4>(),
        bytes.last_chunk::<4>(),
    ) {
        (Some(all), _, _) => u64::from_be_bytes(*all),
        (_, Some(first), Some(last)) => {
            (u32::from_be_bytes(*first) as u64) << (8 * (len - 4)) | u32::from_be_bytes(*last) as u64
        }
        _ if len == 0 => 0,
        _ => {
            let first = (bytes[0] as u64) << (8 * (len - 1));
            first | (bytes[len / 2] as u64) << (8 * (len - 1 - len / 2)) | bytes[len - 1] as u64
        }
    }
}

/// The first `len` bytes (below 8) as a number, and the rest. `bytes` holds more than eight, so one load serves.
const fn head(bytes: &[u8], len: usize) -> (u64, &[u8]) {
    match bytes.first_chunk::<8>() {
        Some(word) if len != 0 => (u64::from_be_bytes(*word) >> (64 - 8 * len), bytes.split_at(len).1),
        _ => (0, bytes),
    }
}

/// Folds all but the last 32 bytes or so of `bytes` in steps of 32. Returns the sum so far and what is left, whole words.
const fn long(bytes: &[u8]) -> (u64, &[u8]) {
    let (mut sum, mut rest) = head(bytes, bytes.len() % 8);
    // Single words until whole steps remain.
    while rest.len() % 32 != 0 {
        let Some((word, after)) = rest.split_first_chunk::<8>() else {
            break;
        };
        sum = fold(sum) ^ u64::from_be_bytes(*word);
        rest = after;
    }
    let mut a = [0, 0, 0, sum];
    while let Some((words, after)) = rest.split_first_chunk::<32>() {
        a = fold_256(a);
        let (words, _) = words.as_chunks::<8>();
        a[0] ^= u64::from_be_bytes(words[0]);
        a[1] ^= u64::from_be_bytes(words[1]);
        a[2] ^= u64::from_be_bytes(words[2]);
        a[3] ^= u64::from_be_bytes(words[3]);
        rest = after;
    }
    (fold(fold(fold(a[0]) ^ a[1]) ^ a[2]) ^ a[3], rest)
}

/// `a * x^64`, modulo `P^4`.
const fn fold(a: u64) -> u64 {
    let q = a ^ a >> 16 ^ a >> 44;
    let q = q ^ q >> 32;
    q ^ q << 20 ^ q << 48
}

/// `a * x^256`, modulo `P^16`. The most significant word comes first.
const fn fold_256([a0, a1, a2, a3]: [u64; 4]) -> [u64; 4] {
    // The quotient: a >> 64 and a >> 176, then q >> 128.
    let b2 = a2 ^ a1 ^ a0 >> 48;
    let b3 = a3 ^ a2 ^ (a0 << 16 | a1 >> 48);
    let (q0, q1) = (a0, a1 ^ a0);
    let (q2, q3) = (b2 ^ q0, b3 ^ q1);
    // The remainder: q, q << 80 and q << 192.
    [
        q0 ^ (q1 << 16 | q2 >> 48) ^ q3,
        q1 ^ (q2 << 16 | q3 >> 48),
        q2 ^ q3 << 16,
        q3,
    ]
}

/// `v * x^16`, modulo `P`: the checksum of eight bytes.
pub(super) const fn reduce(v: u64) -> u16 {
    let q = v ^ v >> 4 ^ v >> 11 ^ v >> 16;
    let q = q ^ q >> 8 ^ q >> 22 ^ q >> 32;
    let q = q ^ q >> 16 ^ q >> 44;
    remainder(q ^ q >> 32)
}

/// The remainder that belongs to the quotient `q`, of which the low 16 bits suffice: the low bits of `q * P`.
pub(super) const fn remainder(q: u64) -> u16 {
    (q ^ q << 5 ^ q << 12) as u16
}
