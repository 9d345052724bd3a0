//! Kinds, and tokens for byte inspectors.

use core::ffi::c_char;

use quorate::resp::{Kind, Token};

use crate::boundary;
use crate::bytes::room;
use crate::error::*;
use crate::handle::put;

/// What a value or token is. The numbers are stable and the same in every language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum quorate_resp_kind {
    /// No kind: what a newer core knows and this header does not.
    QUORATE_RESP_UNLISTED = 0,
    /// `+OK`
    QUORATE_RESP_SIMPLE_STRING = 1,
    /// `-ERR message`
    QUORATE_RESP_SIMPLE_ERROR = 2,
    /// `:1`
    QUORATE_RESP_INTEGER = 3,
    /// `$5 hello`
    QUORATE_RESP_BULK_STRING = 4,
    /// `_`
    QUORATE_RESP_NULL = 5,
    /// `$-1`, the null of a string in RESP2
    QUORATE_RESP_NULL_BULK = 6,
    /// `*-1`, the null of an array in RESP2
    QUORATE_RESP_NULL_ARRAY = 7,
    /// `#t`
    QUORATE_RESP_BOOLEAN = 8,
    /// `,1.5`
    QUORATE_RESP_DOUBLE = 9,
    /// `(12345678901234567890`
    QUORATE_RESP_BIG_NUMBER = 10,
    /// `!9 ERR a..b`
    QUORATE_RESP_BULK_ERROR = 11,
    /// `=7 txt:abc`
    QUORATE_RESP_VERBATIM = 12,
    /// `*1` and its elements
    QUORATE_RESP_ARRAY = 13,
    /// `%1` and its keys and values
    QUORATE_RESP_MAP = 14,
    /// `~1` and its elements
    QUORATE_RESP_SET = 15,
    /// `>1` and its elements, at top level only
    QUORATE_RESP_PUSH = 16,
    /// `|1` and its keys and values. Only of tokens.
    QUORATE_RESP_ATTRIBUTE = 17,
    /// `$?` and its chunks
    QUORATE_RESP_STREAMED_STRING = 18,
    /// `;3 abc`, a part of a streamed string. The last one, of length 0, is only a token.
    QUORATE_RESP_CHUNK = 19,
    /// `.`, the end of a streamed aggregate. Only of tokens.
    QUORATE_RESP_END = 20,
}

use quorate_resp_kind::*;

impl quorate_resp_kind {
    pub(super) fn of(kind: Kind) -> Self {
        match kind {
            Kind::SimpleString => QUORATE_RESP_SIMPLE_STRING,
            Kind::SimpleError => QUORATE_RESP_SIMPLE_ERROR,
            Kind::Integer => QUORATE_RESP_INTEGER,
            Kind::BulkString => QUORATE_RESP_BULK_STRING,
            Kind::Null => QUORATE_RESP_NULL,
            Kind::NullBulk => QUORATE_RESP_NULL_BULK,
            Kind::NullArray => QUORATE_RESP_NULL_ARRAY,
            Kind::Boolean => QUORATE_RESP_BOOLEAN,
            Kind::Double => QUORATE_RESP_DOUBLE,
            Kind::BigNumber => QUORATE_RESP_BIG_NUMBER,
            Kind::BulkError => QUORATE_RESP_BULK_ERROR,
            Kind::Verbatim => QUORATE_RESP_VERBATIM,
            Kind::Array => QUORATE_RESP_ARRAY,
            Kind::Map => QUORATE_RESP_MAP,
            Kind::Set => QUORATE_RESP_SET,
            Kind::Push => QUORATE_RESP_PUSH,
            Kind::Attribute => QUORATE_RESP_ATTRIBUTE,
            Kind::StreamedString => QUORATE_RESP_STREAMED_STRING,
            Kind::Chunk => QUORATE_RESP_CHUNK,
            Kind::End => QUORATE_RESP_END,
            _ => QUORATE_RESP_UNLISTED,
        }
    }

    fn name(self) -> &'static core::ffi::CStr {
        match self {
            QUORATE_RESP_UNLISTED => c"unlisted",
            QUORATE_RESP_SIMPLE_STRING => c"simple_string",
            QUORATE_RESP_SIMPLE_ERROR => c"simple_error",
            QUORATE_RESP_INTEGER => c"integer",
            QUORATE_RESP_BULK_STRING => c"bulk_string",
            QUORATE_RESP_NULL => c"null",
            QUORATE_RESP_NULL_BULK => c"null_bulk",
            QUORATE_RESP_NULL_ARRAY => c"null_array",
            QUORATE_RESP_BOOLEAN => c"boolean",
            QUORATE_RESP_DOUBLE => c"double",
            QUORATE_RESP_BIG_NUMBER => c"big_number",
            QUORATE_RESP_BULK_ERROR => c"bulk_error",
            QUORATE_RESP_VERBATIM => c"verbatim",
            QUORATE_RESP_ARRAY => c"array",
            QUORATE_RESP_MAP => c"map",
            QUORATE_RESP_SET => c"set",
            QUORATE_RESP_PUSH => c"push",
            QUORATE_RESP_ATTRIBUTE => c"attribute",
            QUORATE_RESP_STREAMED_STRING => c"streamed_string",
            QUORATE_RESP_CHUNK => c"chunk",
            QUORATE_RESP_END => c"end",
        }
    }

    const ALL: [Self; 20] = [
        QUORATE_RESP_SIMPLE_STRING,
        QUORATE_RESP_SIMPLE_ERROR,
        QUORATE_RESP_INTEGER,
        QUORATE_RESP_BULK_STRING,
        QUORATE_RESP_NULL,
        QUORATE_RESP_NULL_BULK,
        QUORATE_RESP_NULL_ARRAY,
        QUORATE_RESP_BOOLEAN,
        QUORATE_RESP_DOUBLE,
        QUORATE_RESP_BIG_NUMBER,
        QUORATE_RESP_BULK_ERROR,
        QUORATE_RESP_VERBATIM,
        QUORATE_RESP_ARRAY,
        QUORATE_RESP_MAP,
        QUORATE_RESP_SET,
        QUORATE_RESP_PUSH,
        QUORATE_RESP_ATTRIBUTE,
        QUORATE_RESP_STREAMED_STRING,
        QUORATE_RESP_CHUNK,
        QUORATE_RESP_END,
    ];
}

/// The stable name of a kind in snake case, such as "bulk_string"; "unlisted" for other numbers. Never NULL, valid for ever.
#[unsafe(no_mangle)]
pub extern "C" fn quorate_resp_kind_str(kind: i32) -> *const c_char {
    boundary::guard(|| {
        quorate_resp_kind::ALL
            .iter()
            .find(|&&known| known as i32 == kind)
            .unwrap_or(&QUORATE_RESP_UNLISTED)
            .name()
            .as_ptr()
    })
}

/// One token of the wire, with all that a byte inspector shows of it: a header, a leaf, a chunk or an end.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct quorate_resp_token {
    /// What it is.
    pub kind: quorate_resp_kind,
    /// Whether it is an aggregate whose length was not announced.
    pub streamed: bool,
    /// How many aggregates and attributes it stands in.
    pub depth: u32,
    /// Bytes from the type byte to the payload.
    pub header: u32,
    /// The absolute offset of its type byte, counted from the first byte that the decoder was ever fed.
    pub offset: u64,
    /// Bytes of the payload, without its CR LF. 0 for what has values or chunks below it.
    pub length: u64,
    /// How many values (twice the pairs of maps and attributes) or chunks are below it; in an unfinished stream, so far.
    pub elements: u64,
    /// All its own bytes on the wire, without what is below it.
    pub size: u64,
}

/// Writes at most `cap` tokens to `out` and the number of all to `count`.
///
/// # Safety
/// `out` points to room for `cap` tokens, or is NULL with `cap` 0; `count` is NULL or writable.
pub(super) unsafe fn write_tokens(
    tokens: impl Iterator<Item = Token>,
    out: *mut quorate_resp_token,
    cap: usize,
    count: *mut usize,
) -> Result<quorate_status, quorate_status> {
    if count.is_null() {
        return Err(QUORATE_ERR_NULL);
    }
    // SAFETY: the caller's contract.
    let mut places = unsafe { room(out, cap) }?.iter_mut();
    let mut all = 0;
    for token in tokens {
        if let Some(place) = places.next() {
            place.write(quorate_resp_token {
                kind: quorate_resp_kind::of(token.kind),
                streamed: token.streamed,
                depth: token.depth,
                header: token.header,
                offset: token.offset,
                length: token.length,
                elements: token.elements,
                size: token.size,
            });
        }
        all += 1;
    }
    // SAFETY: the caller's contract.
    unsafe { put(count, all) }?;
    Ok(QUORATE_OK)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_cores() {
        for kind in [Kind::SimpleString, Kind::NullBulk, Kind::StreamedString, Kind::End] {
            let ours = quorate_resp_kind::of(kind);
            assert_eq!(ours as i32, i32::from(kind.number()));
            assert_eq!(ours.name().to_str(), Ok(kind.name()));
        }
    }
}
