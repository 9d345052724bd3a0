//! Why input was refused: what, where, what was expected and what was found.

use alloc::format;
use alloc::string::String;
use core::fmt;

/// What is wrong with the input. Each has a stable [`code`](Self::code), the same in every binding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum ErrorKind {
    /// The byte starts no type of RESP.
    UnknownType,
    /// A length or count is not a plain decimal number (or `-1` or `?` where those stand).
    InvalidLength,
    /// An integer is not one, or does not fit 64 bits.
    InvalidInteger,
    /// A double is not one.
    InvalidDouble,
    /// A boolean is neither `t` nor `f`.
    InvalidBoolean,
    /// A null has a payload.
    InvalidNull,
    /// A big number is not a decimal integer.
    InvalidBigNumber,
    /// A verbatim string does not start with three bytes and a colon.
    InvalidVerbatim,
    /// A streamed string goes on with something else than a chunk.
    InvalidChunk,
    /// A payload is not followed by CR LF.
    MissingTerminator,
    /// A CR or LF stands inside a line.
    LineBreakInLine,
    /// `.` or `;` outside a stream.
    UnexpectedEnd,
    /// A streamed map ends between a key and its value.
    OddMap,
    /// An attribute decorates nothing.
    DanglingAttribute,
    /// A push inside another value.
    NestedPush,
    /// More aggregates are open than [`Limits::max_depth`](super::Limits::max_depth).
    DepthLimit,
    /// A string is longer than [`Limits::max_bulk`](super::Limits::max_bulk).
    BulkLimit,
    /// A line is longer than [`Limits::max_line`](super::Limits::max_line).
    LineLimit,
    /// A reply has more values than [`Limits::max_elements`](super::Limits::max_elements).
    ElementsLimit,
    /// A reply has more bytes than [`Limits::max_reply`](super::Limits::max_reply).
    ReplyLimit,
}

impl ErrorKind {
    /// A stable name, the same in every binding.
    pub fn code(self) -> &'static str {
        match self {
            Self::UnknownType => "unknown_type",
            Self::InvalidLength => "invalid_length",
            Self::InvalidInteger => "invalid_integer",
            Self::InvalidDouble => "invalid_double",
            Self::InvalidBoolean => "invalid_boolean",
            Self::InvalidNull => "invalid_null",
            Self::InvalidBigNumber => "invalid_big_number",
            Self::InvalidVerbatim => "invalid_verbatim",
            Self::InvalidChunk => "invalid_chunk",
            Self::MissingTerminator => "missing_terminator",
            Self::LineBreakInLine => "line_break_in_line",
            Self::UnexpectedEnd => "unexpected_end",
            Self::OddMap => "odd_map",
            Self::DanglingAttribute => "dangling_attribute",
            Self::NestedPush => "nested_push",
            Self::DepthLimit => "depth_limit",
            Self::BulkLimit => "bulk_limit",
            Self::LineLimit => "line_limit",
            Self::ElementsLimit => "elements_limit",
            Self::ReplyLimit => "reply_limit",
        }
    }

    fn expected(self) -> &'static str {
        match self {
            Self::UnknownType => "a type byte, one of + - : $ * _ # , ( ! = % ~ > |",
            Self::InvalidLength => "a length in decimal digits",
            Self::InvalidInteger => "a decimal integer of 64 bits",
            Self::InvalidDouble => "a decimal floating point number, inf, -inf or nan",
            Self::InvalidBoolean => "t or f",
            Self::InvalidNull => "CR LF right after _",
            Self::InvalidBigNumber => "a decimal integer",
            Self::InvalidVerbatim => "three bytes and a colon before the text",
            Self::InvalidChunk => "a chunk, which starts with ;",
            Self::MissingTerminator => "CR LF after the payload",
            Self::LineBreakInLine => "no CR or LF inside a line, and CR LF at its end",
            Self::UnexpectedEnd => "a value; no stream is open here",
            Self::OddMap => "a value for the last key of the map",
            Self::DanglingAttribute => "a value after its attribute",
            Self::NestedPush => "a push at top level only",
            Self::DepthLimit => "aggregates open at once",
            Self::BulkLimit => "bytes in a string",
            Self::LineLimit => "bytes in a line",
            Self::ElementsLimit => "values in a reply",
            Self::ReplyLimit => "bytes in a reply",
        }
    }
}

/// How many bytes of the offending text an error keeps.
const EXCERPT: usize = 24;

/// Input that is not RESP, or that exceeds a limit. It stays until [`Decoder::reset`](super::Decoder::reset).
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Error {
    /// What is wrong.
    pub kind: ErrorKind,
    /// Where: the absolute offset of the offending byte, counted from the first byte fed. For limits and for payloads that
    /// were never finished it is the type byte of the value; else it is the first byte that is wrong.
    pub offset: u64,
    /// The limit that was exceeded, 0 where none was.
    limit: u64,
    found_len: u8,
    found: [u8; EXCERPT],
}

impl Error {
    pub(super) fn new(kind: ErrorKind, offset: u64, found: &[u8]) -> Self {
        let mut excerpt = [0; EXCERPT];
        let len = found.len().min(EXCERPT);
        excerpt[..len].copy_from_slice(&found[..len]);
        Self {
            kind,
            offset,
            limit: 0,
            found_len: len as u8,
            found: excerpt,
        }
    }

    pub(super) fn limit(kind: ErrorKind, offset: u64, limit: u64, found: &[u8]) -> Self {
        Self {
            limit,
            ..Self::new(kind, offset, found)
        }
    }

    /// A stable name, the same in every binding.
    pub fn code(&self) -> &'static str {
        self.kind.code()
    }

    /// What would have been right here, in words.
    pub fn expected(&self) -> String {
        let expected = self.kind.expected();
        match self.kind {
            ErrorKind::DepthLimit
            | ErrorKind::BulkLimit
            | ErrorKind::LineLimit
            | ErrorKind::ElementsLimit
            | ErrorKind::ReplyLimit => format!("at most {} {expected}", self.limit),
            _ => expected.into(),
        }
    }

    /// What stands there instead: up to 24 bytes of it, quoted and escaped.
    pub fn found(&self) -> String {
        let len = usize::from(self.found_len).min(EXCERPT);
        format!("\"{}\"", self.found[..len].escape_ascii())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "at byte {}: expected {}, found {}",
            self.offset,
            self.expected(),
            self.found()
        )
    }
}

impl core::error::Error for Error {}

/// More bytes were committed than [`reserve`](super::Decoder::reserve) had handed out. Nothing was committed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{committed} bytes were committed, but only {reserved} are reserved")]
pub struct CommitError {
    /// How many bytes were to be committed.
    pub committed: usize,
    /// How many were reserved.
    pub reserved: usize,
}

impl CommitError {
    /// A stable name, the same in every binding.
    pub fn code(&self) -> &'static str {
        "commit_too_long"
    }
}
