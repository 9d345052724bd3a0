//! Reads one token: the grammar of the wire.
//!
//! Each token is read in one of two ways. The short way, [`short`], takes what is common, complete and
//! right, and gives up on anything else. The careful way, [`Scan::token`], then reads the same token again and says what is
//! missing or wrong. A decision of the careful way depends on the bytes before it alone, never on how many came at once, so
//! that any split of the input ends in the same values, errors and offsets.

use super::error::{Error, ErrorKind};
use super::limits::Limits;
use super::number::{self, Length};
use super::tape::{Kind, RawToken};

/// The limits as plain numbers, so that a check is one comparison.
#[derive(Clone, Debug)]
pub(super) struct Caps {
    pub(super) depth: usize,
    pub(super) bulk: usize,
    pub(super) line: usize,
    pub(super) elements: u64,
    pub(super) reply: usize,
}

/// The tape's indices have 32 bits, and a value takes at most two tokens.
const MOST_ELEMENTS: u64 = 1 << 30;

impl Caps {
    pub(super) fn new(limits: &Limits) -> Self {
        // Two bytes of a terminator, and a header, are still added to what is let through.
        const MOST_BYTES: usize = usize::MAX / 4;
        let bytes = |limit: Option<u64>| {
            limit.map_or(MOST_BYTES, |limit| {
                usize::try_from(limit).unwrap_or(MOST_BYTES).min(MOST_BYTES)
            })
        };
        Self {
            depth: limits.max_depth.map_or(usize::MAX, |limit| limit as usize),
            bulk: bytes(limits.max_bulk),
            line: bytes(limits.max_line),
            elements: limits.max_elements.unwrap_or(MOST_ELEMENTS).min(MOST_ELEMENTS),
            reply: bytes(limits.max_reply),
        }
    }
}

/// What stands at a position.
pub(super) enum Item {
    /// A value without children, or a chunk: its token, and where the next one starts.
    Leaf(RawToken, usize),
    /// The header of something with children. `elements` counts values, two a pair.
    Open {
        kind: Kind,
        position: usize,
        elements: u64,
        streamed: bool,
    },
    /// `.`, and where its payload would be.
    End(usize),
    /// Not all there: nothing can be said before this many bytes are.
    Incomplete(usize),
}

/// What is known when a token is read.
pub(super) struct Scan<'a> {
    /// The bytes that are there; positions count from its first.
    pub(super) data: &'a [u8],
    /// The absolute offset of the first byte.
    pub(super) base: u64,
    /// Where the reply starts.
    pub(super) start: usize,
    pub(super) caps: &'a Caps,
    /// Bytes in the chunks before, where a streamed string is open.
    pub(super) streamed_bytes: usize,
    /// How far an unfinished line was searched for its end already, so that no byte is looked at twice.
    pub(super) searched: usize,
}

/// A line that ended: where its CR is.
struct Line(usize);

macro_rules! complete {
    ($line:expr) => {
        match $line? {
            Ok(found) => found,
            Err(wanted) => return Ok(Item::Incomplete(wanted)),
        }
    };
}

impl<'a> Scan<'a> {
    pub(super) fn error(&self, kind: ErrorKind, position: usize, found: &[u8]) -> Error {
        Error::new(kind, self.base + position as u64, found)
    }

    pub(super) fn over_limit(&self, kind: ErrorKind, position: usize, limit: u64, found: &[u8]) -> Error {
        Error::limit(kind, self.base + position as u64, limit, found)
    }

    /// Reads the token at `position`, whose type byte is there, the careful way.
    pub(super) fn token(&mut self, position: usize) -> Result<Item, Error> {
        let kind = match self.data[position] {
            b'+' => Kind::SimpleString,
            b'-' => Kind::SimpleError,
            b':' => Kind::Integer,
            b'$' => Kind::BulkString,
            b'_' => Kind::Null,
            b'#' => Kind::Boolean,
            b',' => Kind::Double,
            b'(' => Kind::BigNumber,
            b'!' => Kind::BulkError,
            b'=' => Kind::Verbatim,
            b'*' => Kind::Array,
            b'%' => Kind::Map,
            b'~' => Kind::Set,
            b'>' => Kind::Push,
            b'|' => Kind::Attribute,
            b';' => Kind::Chunk,
            b'.' => Kind::End,
            byte => return Err(self.error(ErrorKind::UnknownType, position, &[byte])),
        };
        let Line(cr) = complete!(self.line(position));
        let first = position + 1;
        let text = &self.data[first..cr];
        let next = cr + 2;
        let wrong = |kind| self.error(kind, first, text);
        let leaf = |kind, word1| Ok(Item::Leaf(RawToken::new(kind, first, word1), next));
        match kind {
            Kind::SimpleString | Kind::SimpleError => leaf(kind, text.len() as u64),
            Kind::Integer => match number::integer(text) {
                Some(value) => leaf(kind, value as u64),
                None => Err(wrong(ErrorKind::InvalidInteger)),
            },
            Kind::Double => match number::double(text) {
                Some(value) => leaf(kind, value.to_bits()),
                None => Err(wrong(ErrorKind::InvalidDouble)),
            },
            Kind::Boolean => match text {
                b"t" => leaf(kind, 1),
                b"f" => leaf(kind, 0),
                _ => Err(wrong(ErrorKind::InvalidBoolean)),
            },
            Kind::Null if text.is_empty() => leaf(kind, 0),
            Kind::Null => Err(wrong(ErrorKind::InvalidNull)),
            Kind::BigNumber if number::is_big_number(text) => leaf(kind, text.len() as u64),
            Kind::BigNumber => Err(wrong(ErrorKind::InvalidBigNumber)),
            Kind::End if text.is_empty() => Ok(Item::End(first)),
            Kind::End => Err(wrong(ErrorKind::MissingTerminator)),
            Kind::BulkString | Kind::BulkError | Kind::Verbatim | Kind::Chunk => match (kind, number::length(text)) {
                (_, Some(Length::Known(length))) => self.payload(kind, position, next, length, text),
                (Kind::BulkString, Some(Length::Null)) => leaf(Kind::NullBulk, 0),
                (Kind::BulkString, Some(Length::Streamed)) => Ok(Item::Open {
                    kind: Kind::StreamedString,
                    position: next,
                    elements: 0,
                    streamed: true,
                }),
                _ => Err(wrong(ErrorKind::InvalidLength)),
            },
            _ => match (kind, number::length(text)) {
                (Kind::Array, Some(Length::Null)) => leaf(Kind::NullArray, 0),
                (Kind::Array | Kind::Map | Kind::Set, Some(Length::Streamed)) => Ok(Item::Open {
                    kind,
                    position: next,
                    elements: 0,
                    streamed: true,
                }),
                (_, Some(Length::Known(count))) => {
                    let each = if matches!(kind, Kind::Map | Kind::Attribute) {
                        2
                    } else {
                        1
                    };
                    Ok(Item::Open {
                        kind,
                        position: next,
                        elements: count.saturating_mul(each),
                        streamed: false,
                    })
                }
                _ => Err(wrong(ErrorKind::InvalidLength)),
            },
        }
    }

    /// The payload of announced length that starts at `payload`, its terminator and, in a verbatim string, its format.
    fn payload(&self, kind: Kind, position: usize, payload: usize, length: u64, text: &[u8]) -> Result<Item, Error> {
        let caps = self.caps;
        let before = if kind == Kind::Chunk { self.streamed_bytes } else { 0 };
        let length = match usize::try_from(length) {
            Ok(length) if length <= caps.bulk - before => length,
            _ => {
                let limit = caps.bulk as u64;
                return Err(self.over_limit(ErrorKind::BulkLimit, position, limit, text));
            }
        };
        // Both are at most a quarter of the address space, so the sum fits.
        let end = payload + length + 2;
        if end - self.start > caps.reply {
            let limit = caps.reply as u64;
            return Err(self.over_limit(ErrorKind::ReplyLimit, position, limit, text));
        }
        if kind == Kind::Chunk && length == 0 {
            return Ok(Item::Leaf(RawToken::new(kind, payload, 0), payload));
        }
        if kind == Kind::Verbatim && length < 4 {
            return Err(self.error(ErrorKind::InvalidVerbatim, payload, text));
        }
        let Some(bytes) = self.data.get(payload..end) else {
            return Ok(Item::Incomplete(end));
        };
        let (bytes, terminator) = bytes.split_at(length);
        if terminator != b"\r\n" {
            let wrong = usize::from(terminator[0] == b'\r');
            return Err(self.error(ErrorKind::MissingTerminator, end - 2 + wrong, &terminator[wrong..]));
        }
        if kind == Kind::Verbatim {
            if bytes[3] != b':' {
                return Err(self.error(ErrorKind::InvalidVerbatim, payload, &bytes[..4]));
            }
            return Ok(Item::Leaf(RawToken::new(kind, payload + 4, length as u64 - 4), end));
        }
        Ok(Item::Leaf(RawToken::new(kind, payload, length as u64), end))
    }

    /// The end of the line whose type byte is at `position`, or how many bytes must be there before it can be told.
    fn line(&mut self, position: usize) -> Result<Result<Line, usize>, Error> {
        let first = position + 1;
        // The last place where the CR may be. Of two limits the one that is hit first counts.
        let by_line = first + self.caps.line;
        let by_reply = (self.start + self.caps.reply).saturating_sub(2);
        let last = by_line.min(by_reply);
        let from = self.searched.max(first);
        let rest = self.data.get(from..).unwrap_or(&[]);
        let found = memchr::memchr2(b'\r', b'\n', rest).map(|at| from + at);
        if found.unwrap_or(self.data.len()) > last {
            let type_byte = &self.data[position..first];
            return Err(if by_line <= by_reply {
                self.over_limit(ErrorKind::LineLimit, position, self.caps.line as u64, type_byte)
            } else {
                self.over_limit(ErrorKind::ReplyLimit, position, self.caps.reply as u64, type_byte)
            });
        }
        let Some(at) = found else {
            self.searched = self.data.len();
            return Ok(Err(self.data.len() + 1));
        };
        match self.data[at..] {
            [b'\r', b'\n', ..] => {
                self.searched = 0;
                Ok(Ok(Line(at)))
            }
            [b'\r'] => {
                self.searched = at;
                Ok(Err(at + 2))
            }
            _ => Err(self.error(ErrorKind::LineBreakInLine, at, &self.data[at..=at])),
        }
    }
}

/// Reads the token at `position`, which starts with `byte`, the short way: the token, and where the next one starts. The
/// reply starts at `start`.
#[inline]
pub(super) fn short(data: &[u8], start: usize, caps: &Caps, position: usize, byte: u8) -> Option<(RawToken, usize)> {
    let first = position + 1;
    let tail = &data[first..];
    let (token, line, next) = match byte {
        b'$' => {
            let (length, used) = number::short_length(tail)?;
            let length = length as usize;
            let payload = first + used;
            let next = payload + length + 2;
            if length > caps.bulk || data.get(next - 2..next) != Some(b"\r\n") {
                return None;
            }
            (RawToken::new(Kind::BulkString, payload, length as u64), used - 2, next)
        }
        b':' => {
            let (value, used) = number::short_integer(tail)?;
            (
                RawToken::new(Kind::Integer, first, value as u64),
                used - 2,
                first + used,
            )
        }
        b'+' => {
            let line = short_line(tail)?;
            (
                RawToken::new(Kind::SimpleString, first, line as u64),
                line,
                first + line + 2,
            )
        }
        _ => return None,
    };
    (line <= caps.line && next - start <= caps.reply).then_some((token, next))
}

/// The end of a short line of text: where its CR is, counted from the start of `tail`.
#[inline]
fn short_line(tail: &[u8]) -> Option<usize> {
    for (i, &byte) in tail.iter().take(32).enumerate() {
        if byte == b'\r' || byte == b'\n' {
            return (byte == b'\r' && tail.get(i + 1) == Some(&b'\n')).then_some(i);
        }
    }
    None
}
