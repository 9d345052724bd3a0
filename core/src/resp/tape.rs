//! The flat tape that a reply is parsed to: a fixed-size token for each header, leaf and chunk, in the order of the wire.
//!
//! The tape holds positions, never bytes; with the bytes beside it, it is the whole reply. Views, owned values, the bindings
//! and byte inspectors all read it.

use alloc::vec::Vec;

/// What a token is. The numbers are stable and the same in every binding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[repr(u8)]
#[non_exhaustive]
pub enum Kind {
    /// `+OK\r\n`
    SimpleString = 1,
    /// `-ERR message\r\n`
    SimpleError = 2,
    /// `:1\r\n`
    Integer = 3,
    /// `$5\r\nhello\r\n`
    BulkString = 4,
    /// `_\r\n`
    Null = 5,
    /// `$-1\r\n`, the null of a string in RESP2
    NullBulk = 6,
    /// `*-1\r\n`, the null of an array in RESP2
    NullArray = 7,
    /// `#t\r\n`
    Boolean = 8,
    /// `,1.5\r\n`
    Double = 9,
    /// `(12345678901234567890\r\n`
    BigNumber = 10,
    /// `!9\r\nERR a\r\nb\r\n`
    BulkError = 11,
    /// `=7\r\ntxt:abc\r\n`
    Verbatim = 12,
    /// `*1\r\n` and its elements
    Array = 13,
    /// `%1\r\n` and its keys and values
    Map = 14,
    /// `~1\r\n` and its elements
    Set = 15,
    /// `>1\r\n` and its elements, at top level only
    Push = 16,
    /// `|1\r\n` and its keys and values; the value that it decorates follows
    Attribute = 17,
    /// `$?\r\n` and its chunks
    StreamedString = 18,
    /// `;3\r\nabc\r\n`; one of length 0 ends the string
    Chunk = 19,
    /// `.\r\n`, the end of a streamed aggregate
    End = 20,
}

impl Kind {
    /// The kind of that number. Anything but 1 to 20, which no token has, is taken for the last.
    #[inline]
    fn from_bits(number: u64) -> Self {
        match number {
            1 => Self::SimpleString,
            2 => Self::SimpleError,
            3 => Self::Integer,
            4 => Self::BulkString,
            5 => Self::Null,
            6 => Self::NullBulk,
            7 => Self::NullArray,
            8 => Self::Boolean,
            9 => Self::Double,
            10 => Self::BigNumber,
            11 => Self::BulkError,
            12 => Self::Verbatim,
            13 => Self::Array,
            14 => Self::Map,
            15 => Self::Set,
            16 => Self::Push,
            17 => Self::Attribute,
            18 => Self::StreamedString,
            19 => Self::Chunk,
            _ => Self::End,
        }
    }

    /// The stable number of the kind, 1 to 20.
    pub fn number(self) -> u8 {
        self as u8
    }

    /// A stable name in snake case, the same in every binding.
    pub fn name(self) -> &'static str {
        match self {
            Self::SimpleString => "simple_string",
            Self::SimpleError => "simple_error",
            Self::Integer => "integer",
            Self::BulkString => "bulk_string",
            Self::Null => "null",
            Self::NullBulk => "null_bulk",
            Self::NullArray => "null_array",
            Self::Boolean => "boolean",
            Self::Double => "double",
            Self::BigNumber => "big_number",
            Self::BulkError => "bulk_error",
            Self::Verbatim => "verbatim",
            Self::Array => "array",
            Self::Map => "map",
            Self::Set => "set",
            Self::Push => "push",
            Self::Attribute => "attribute",
            Self::StreamedString => "streamed_string",
            Self::Chunk => "chunk",
            Self::End => "end",
        }
    }

    /// Whether tokens of its own follow a token of this kind: aggregates, attributes and streamed strings.
    #[inline]
    pub fn has_children(self) -> bool {
        matches!(
            self,
            Self::Array | Self::Map | Self::Set | Self::Push | Self::Attribute | Self::StreamedString
        )
    }
}

/// One token as it lies on the tape: 16 bytes, little endian when exported.
///
/// | word | bits | meaning |
/// |---|---|---|
/// | 0 | 0..56 | where the payload starts, counted from the first byte of the batch |
/// | 0 | 56..61 | the [`Kind`] |
/// | 0 | 61 | whether its length was not announced |
/// | 1 | strings, errors, big numbers, chunks | the payload's length (of a verbatim string: of the text after `fmt:`, and so is its start) |
/// | 1 | integers, doubles, booleans | the value; a double's bits |
/// | 1 | with children | low 32: how many there are (`2n` in maps and attributes); high 32: one past the last token below it |
///
/// A streamed aggregate's [`Kind::End`] and a streamed string's last, empty [`Kind::Chunk`] are tokens below it that do not
/// count as children.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct RawToken {
    word0: u64,
    word1: u64,
}

const POSITION: u64 = (1 << 56) - 1;
const STREAMED: u64 = 1 << 61;
/// The end of an aggregate that is still open.
pub(super) const OPEN: u32 = u32::MAX;

impl RawToken {
    #[inline]
    pub(super) fn new(kind: Kind, position: usize, word1: u64) -> Self {
        Self {
            word0: position as u64 | (kind as u64) << 56,
            word1,
        }
    }

    #[inline]
    pub(super) fn open(kind: Kind, position: usize, elements: u32, streamed: bool) -> Self {
        let mut token = Self::new(kind, position, u64::from(OPEN) << 32 | u64::from(elements));
        token.word0 |= if streamed { STREAMED } else { 0 };
        token
    }

    #[inline]
    pub(super) fn close(&mut self, elements: u32, end: u32) {
        self.word1 = u64::from(end) << 32 | u64::from(elements);
    }

    /// Moves the token to where it stands once `bytes` bytes and `tokens` tokens before it are gone.
    pub(super) fn rebase(&mut self, bytes: usize, tokens: u32) {
        self.word0 -= bytes as u64;
        if self.kind().has_children() && self.end() != OPEN {
            self.word1 -= u64::from(tokens) << 32;
        }
    }

    /// What the token is.
    #[inline]
    pub fn kind(&self) -> Kind {
        Kind::from_bits(self.word0 >> 56 & 31)
    }

    /// Whether it is an aggregate or string whose length was not announced.
    #[inline]
    pub fn streamed(&self) -> bool {
        self.word0 & STREAMED != 0
    }

    /// Where the payload starts in the bytes of the batch.
    #[inline]
    pub fn position(&self) -> usize {
        (self.word0 & POSITION) as usize
    }

    /// The payload's length in bytes, for strings, errors, big numbers and chunks.
    #[inline]
    pub fn length(&self) -> usize {
        self.word1 as usize
    }

    /// The value of an integer.
    #[inline]
    pub fn integer(&self) -> i64 {
        self.word1 as i64
    }

    /// The value of a double.
    #[inline]
    pub fn double(&self) -> f64 {
        f64::from_bits(self.word1)
    }

    /// The value of a boolean.
    #[inline]
    pub fn boolean(&self) -> bool {
        self.word1 != 0
    }

    /// How many values (`2n` in maps and attributes) or chunks are below it.
    #[inline]
    pub fn elements(&self) -> u32 {
        self.word1 as u32
    }

    /// The index one past the last token below it.
    #[inline]
    pub fn end(&self) -> u32 {
        (self.word1 >> 32) as u32
    }

    /// Both words, as they are exported.
    #[inline]
    pub fn words(&self) -> [u64; 2] {
        [self.word0, self.word1]
    }
}

/// One past the last token of what starts at `index`: the next sibling, attributes not skipped.
#[inline]
pub(super) fn next_sibling(tape: &[RawToken], index: usize) -> usize {
    let token = &tape[index];
    if token.kind().has_children() {
        (token.end() as usize).min(tape.len())
    } else {
        index + 1
    }
}

/// One past the last wire byte of the token itself (its line, or its header, payload and terminator).
pub(super) fn wire_end(token: &RawToken, bytes: &[u8]) -> usize {
    let position = token.position();
    match token.kind() {
        Kind::SimpleString
        | Kind::SimpleError
        | Kind::BulkString
        | Kind::BigNumber
        | Kind::BulkError
        | Kind::Verbatim => position + token.length() + 2,
        Kind::Integer | Kind::Double => position + line_length(bytes, position) + 2,
        Kind::Boolean => position + 3,
        Kind::Null | Kind::End => position + 2,
        Kind::NullBulk | Kind::NullArray => position + 4,
        // The last chunk has no payload, and so no terminator of one.
        Kind::Chunk if token.length() == 0 => position,
        Kind::Chunk => position + token.length() + 2,
        Kind::Array | Kind::Map | Kind::Set | Kind::Push | Kind::Attribute | Kind::StreamedString => position,
    }
}

fn line_length(bytes: &[u8], position: usize) -> usize {
    let line = bytes.get(position..).unwrap_or(&[]);
    memchr::memchr(b'\r', line).unwrap_or(line.len())
}

/// A token with all that a byte inspector shows of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Token {
    /// What it is.
    pub kind: Kind,
    /// Whether it is an aggregate or string whose length was not announced.
    pub streamed: bool,
    /// The absolute offset of its type byte.
    pub offset: u64,
    /// How many aggregates and attributes it stands in.
    pub depth: u32,
    /// Bytes from the type byte to the payload.
    pub header: u32,
    /// Bytes of the payload, without its CR LF. 0 for what has children.
    pub length: u64,
    /// How many values (`2n` in maps and attributes) or chunks are below it: announced, or in a stream counted so far.
    pub elements: u64,
    /// All its own bytes on the wire, without what is below it.
    pub size: u64,
}

/// The tokens of a reply in the order of the wire. Made by [`View::tokens`](super::View::tokens) and
/// [`Decoder::tokens`](super::Decoder::tokens).
#[derive(Clone, Debug)]
pub struct Tokens<'a> {
    tape: &'a [RawToken],
    bytes: &'a [u8],
    base: u64,
    index: usize,
    stop: usize,
    /// Where the next token's type byte is: right after the one before it.
    start: usize,
    /// Where the aggregates end that the next token stands in.
    ends: Vec<u32>,
}

impl<'a> Tokens<'a> {
    pub(super) fn new(
        tape: &'a [RawToken],
        bytes: &'a [u8],
        base: u64,
        start: usize,
        range: core::ops::Range<usize>,
    ) -> Self {
        Self {
            tape,
            bytes,
            base,
            index: range.start,
            stop: range.end,
            start,
            ends: Vec::new(),
        }
    }
}

impl Iterator for Tokens<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        if self.index >= self.stop {
            return None;
        }
        while self.ends.last().is_some_and(|&end| end as usize <= self.index) {
            self.ends.pop();
        }
        let raw = self.tape.get(self.index)?;
        let kind = raw.kind();
        let end = wire_end(raw, self.bytes);
        let payload = match kind {
            // On the wire the format is part of the payload.
            Kind::Verbatim => raw.position() - 4,
            _ => raw.position(),
        };
        let (length, elements) = if kind.has_children() {
            (0, raw.elements())
        } else if kind == Kind::Chunk && raw.length() == 0 {
            (0, 0)
        } else {
            (end - payload - 2, 0)
        };
        let token = Token {
            kind,
            streamed: raw.streamed(),
            offset: self.base + self.start as u64,
            depth: self.ends.len() as u32,
            header: u32::try_from(payload - self.start).unwrap_or(u32::MAX),
            length: length as u64,
            elements: u64::from(elements),
            size: (end - self.start) as u64,
        };
        if kind.has_children() {
            self.ends.push(raw.end());
        }
        self.index += 1;
        self.start = end;
        Some(token)
    }
}
