//! Commands as a client sends them: arrays of bulk strings.

use alloc::vec::Vec;

use super::number::push_u64;

/// Appends one command to `out`. Its arguments are any bytes; the first names the command.
///
/// ```
/// let mut out = Vec::new();
/// quorate::resp::encode_command(&[b"SET", b"key", b"value"], &mut out);
/// assert_eq!(out, b"*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$5\r\nvalue\r\n");
/// ```
pub fn encode_command(args: &[&[u8]], out: &mut Vec<u8>) {
    out.reserve(encoded_len(args));
    push_header(b'*', args.len(), out);
    push_args(args, out);
}

/// Appends many commands to `out`, one after the other, to be sent in one write.
pub fn encode_pipeline<'a>(commands: impl IntoIterator<Item = &'a [&'a [u8]]>, out: &mut Vec<u8>) {
    for command in commands {
        encode_command(command, out);
    }
}

/// An upper bound of the bytes that a command takes, within a few.
fn encoded_len(args: &[&[u8]]) -> usize {
    // `$`, CR LF twice, and the digits of a length below 10^8; longer ones are appended to grown room.
    const EACH: usize = 13;
    EACH + args.iter().map(|arg| EACH + arg.len()).sum::<usize>()
}

fn push_args(args: &[&[u8]], out: &mut Vec<u8>) {
    for arg in args {
        push_bulk(arg, out);
    }
}

#[inline]
pub(super) fn push_bulk(bytes: &[u8], out: &mut Vec<u8>) {
    push_header(b'$', bytes.len(), out);
    out.extend_from_slice(bytes);
    out.extend_from_slice(b"\r\n");
}

/// Writes a type byte, a length and CR LF.
#[inline]
pub(super) fn push_header(kind: u8, len: usize, out: &mut Vec<u8>) {
    // Most lengths have one digit or two, and one write of a fixed size is quicker than three of any size.
    if len < 10 {
        out.extend_from_slice(&[kind, b'0' + len as u8, b'\r', b'\n']);
    } else if len < 100 {
        let (tens, ones) = (len as u8 / 10, len as u8 % 10);
        out.extend_from_slice(&[kind, b'0' + tens, b'0' + ones, b'\r', b'\n']);
    } else {
        out.push(kind);
        push_u64(out, len as u64);
        out.extend_from_slice(b"\r\n");
    }
}

/// The part of a command that is always the same, encoded once: its header and its first arguments.
///
/// ```
/// use quorate::resp::Prefix;
///
/// let set = Prefix::new(&[b"SET"], 2);
/// let mut out = Vec::new();
/// set.encode(&[b"key", b"value"], &mut out)?;
/// assert_eq!(out, b"*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$5\r\nvalue\r\n");
/// # Ok::<(), quorate::resp::PrefixError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prefix {
    bytes: Vec<u8>,
    more: usize,
}

impl Prefix {
    /// The prefix of commands that start with the arguments `fixed` and have `more` others.
    pub fn new(fixed: &[&[u8]], more: usize) -> Self {
        let mut bytes = Vec::new();
        push_header(b'*', fixed.len().saturating_add(more), &mut bytes);
        push_args(fixed, &mut bytes);
        Self { bytes, more }
    }

    /// How many arguments [`encode`](Self::encode) takes.
    pub fn more(&self) -> usize {
        self.more
    }

    /// Appends the command that goes on with `rest`.
    ///
    /// # Errors
    /// [`PrefixError`] if `rest` has another length than the prefix was made for; nothing is appended then.
    pub fn encode(&self, rest: &[&[u8]], out: &mut Vec<u8>) -> Result<(), PrefixError> {
        if rest.len() != self.more {
            return Err(PrefixError {
                expected: self.more,
                found: rest.len(),
            });
        }
        out.reserve(self.bytes.len() + encoded_len(rest));
        out.extend_from_slice(&self.bytes);
        push_args(rest, out);
        Ok(())
    }
}

/// A [`Prefix`] was given another number of arguments than it was made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the prefix takes {expected} more arguments, found {found}")]
pub struct PrefixError {
    /// How many it takes.
    pub expected: usize,
    /// How many there were.
    pub found: usize,
}

impl PrefixError {
    /// A stable name, the same in every binding.
    pub fn code(&self) -> &'static str {
        "wrong_argument_count"
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resp::{Decoder, Value};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_encoded_decodes_to_the_same_arguments(
            args in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..300), 1..8),
            fixed in 0usize..8,
        ) {
            let args: Vec<&[u8]> = args.iter().map(Vec::as_slice).collect();
            let mut out = Vec::new();
            encode_command(&args, &mut out);
            let mut decoder = Decoder::default();
            decoder.feed(&out);
            let expected = Value::Array(args.iter().map(|&arg| Value::bulk(arg)).collect());
            prop_assert_eq!(decoder.poll().unwrap().unwrap().to_value(), expected);
            prop_assert_eq!(decoder.buffered(), 0);

            let (first, rest) = args.split_at(fixed.min(args.len()));
            let prefix = Prefix::new(first, rest.len());
            let mut by_prefix = Vec::new();
            prefix.encode(rest, &mut by_prefix).unwrap();
            prop_assert_eq!(by_prefix, out);
        }
    }

    #[test]
    fn a_prefix_takes_what_it_was_made_for() {
        let mut out = Vec::new();
        let refused = PrefixError { expected: 2, found: 1 };
        assert_eq!(Prefix::new(&[b"SET"], 2).encode(&[b"key"], &mut out), Err(refused));
        assert!(out.is_empty());
    }
}
