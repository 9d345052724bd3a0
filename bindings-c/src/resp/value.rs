//! Values: a tagged struct each, read by a cursor over the tape that the decoder owns.

use core::ffi::c_char;
use core::mem::MaybeUninit;

use quorate::resp::{Kind, RawToken, View};

use super::decoder::quorate_resp_decoder;
use super::tape::{quorate_resp_kind, quorate_resp_token, write_tokens};
use crate::boundary;
use crate::bytes::{quorate_bytes, room, text};
use crate::error::*;
use crate::handle::{Handle, put};

/// A value: a reply, a push, or what is in one.
///
/// Which fields hold something follows from `kind`; the others are 0, NULL or false. The struct may be copied freely. It and
/// what its `data` points to are valid until the next call that changes its decoder (feed, reserve, commit, poll, poll_all,
/// reset, free); used after that in a call, it is QUORATE_ERR_STALE. Nothing of it is freed.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct quorate_resp_value {
    /// What it is. Never QUORATE_RESP_ATTRIBUTE or QUORATE_RESP_END: attributes are read by quorate_resp_attributes.
    pub kind: quorate_resp_kind,
    /// A verbatim string's format, such as "txt", ended by NUL.
    pub format: [c_char; 4],
    /// The bytes of a simple string, simple error, bulk string, big number, bulk error, verbatim string or chunk; not ended by
    /// NUL. Bytes as the server sent them: they may hold NUL and need not be UTF-8. NULL in other kinds.
    pub data: *const u8,
    /// How many bytes `data` points to.
    pub len: usize,
    /// The value of an integer.
    pub integer: i64,
    /// The value of a double.
    pub number: f64,
    /// How many values quorate_resp_children gives: of an array, set or push its elements, of a map twice its pairs, of a
    /// streamed string its chunks.
    pub elements: usize,
    /// How many pairs of attributes decorate the value: quorate_resp_attributes gives twice as many values.
    pub attributes: usize,
    /// The value of a boolean.
    pub boolean: bool,
    /// Whether it is an aggregate whose length was not announced.
    pub streamed: bool,
    /// Whether attributes decorate the value, be it an empty set of them.
    pub has_attributes: bool,
    /// Private: where the value is on the tape, its attributes included.
    pub first: u32,
    /// Private: where the value is on the tape.
    pub index: u32,
    /// Private: the decoder and the poll that it came from.
    pub generation: u64,
}

/// A place among values of one decoder, for quorate_resp_next. May be copied, to go over the same values twice. All of it is
/// private.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct quorate_resp_cursor {
    /// Private: where the next value is on the tape, its attributes included.
    pub next: u32,
    /// Private: where the present run of values ends.
    pub run_end: u32,
    /// Private: where the last run of values ends; stacked attributes have several.
    pub end: u32,
    /// Private: the decoder and the poll that it came from.
    pub generation: u64,
}

/// The index one past what starts at `index`, and everything below it.
fn after(tape: &[RawToken], index: usize) -> Result<usize, quorate_status> {
    let token = tape.get(index).ok_or(QUORATE_ERR_STALE)?;
    let next = if token.kind().has_children() {
        token.end() as usize
    } else {
        index + 1
    };
    // Only a forged index meets a token of which this is not so.
    if next > index { Ok(next) } else { Err(QUORATE_ERR_STALE) }
}

/// The value whose first attribute, or else whose own token, is at `first`; and the index one past it.
pub(super) fn value_at(
    decoder: &quorate_resp_decoder,
    first: usize,
) -> Result<(quorate_resp_value, usize), quorate_status> {
    let batch = decoder.last();
    let (tape, bytes) = (batch.tape(), batch.bytes());
    let (mut index, mut attributes) = (first, 0);
    let mut token = tape.get(index).ok_or(QUORATE_ERR_STALE)?;
    while token.kind() == Kind::Attribute {
        attributes += token.elements() as usize / 2;
        index = after(tape, index)?;
        token = tape.get(index).ok_or(QUORATE_ERR_STALE)?;
    }
    let mut value = quorate_resp_value {
        kind: quorate_resp_kind::of(token.kind()),
        format: [0; 4],
        data: core::ptr::null(),
        len: 0,
        integer: 0,
        number: 0.0,
        elements: 0,
        attributes,
        boolean: false,
        streamed: token.streamed(),
        has_attributes: index != first,
        first: first as u32,
        index: index as u32,
        generation: decoder.generation(),
    };
    let mut next = index + 1;
    match token.kind() {
        Kind::Integer => value.integer = token.integer(),
        Kind::Double => value.number = token.double(),
        Kind::Boolean => value.boolean = token.boolean(),
        kind if kind.has_children() => {
            value.elements = token.elements() as usize;
            next = after(tape, index)?;
        }
        Kind::SimpleString
        | Kind::SimpleError
        | Kind::BulkString
        | Kind::BigNumber
        | Kind::BulkError
        | Kind::Verbatim
        | Kind::Chunk => {
            let position = token.position();
            let data = bytes
                .get(position..position + token.length())
                .ok_or(QUORATE_ERR_STALE)?;
            (value.data, value.len) = (data.as_ptr(), data.len());
            if token.kind() == Kind::Verbatim {
                // The tape points behind "fmt:".
                let format = bytes.get(position - 4..position - 1).ok_or(QUORATE_ERR_STALE)?;
                for (to, &from) in value.format.iter_mut().zip(format) {
                    *to = from as c_char;
                }
            }
        }
        _ => {}
    }
    Ok((value, next))
}

/// What C may have changed in a value is not looked at: only where it says to be, and that is checked.
///
/// # Safety
/// `value` is NULL or points to a readable `quorate_resp_value`.
unsafe fn place(
    decoder: &quorate_resp_decoder,
    value: *const quorate_resp_value,
) -> Result<(usize, usize), quorate_status> {
    if value.is_null() {
        return Err(QUORATE_ERR_NULL);
    }
    // SAFETY: readable by the caller's contract. Read field by field, for `kind` and the booleans may hold what no Rust value
    // of their types may.
    let (first, index, generation) = unsafe {
        (
            (&raw const (*value).first).read(),
            (&raw const (*value).index).read(),
            (&raw const (*value).generation).read(),
        )
    };
    let (first, index) = (first as usize, index as usize);
    if generation != decoder.generation() || index >= decoder.last().tape().len() || first > index {
        return Err(QUORATE_ERR_STALE);
    }
    Ok((first, index))
}

/// The core's view of a value.
///
/// # Safety
/// As [`place`].
pub(crate) unsafe fn view_of<'a>(
    decoder: &'a quorate_resp_decoder,
    value: *const quorate_resp_value,
) -> Result<View<'a>, quorate_status> {
    // SAFETY: the caller's contract.
    let (first, _) = unsafe { place(decoder, value) }?;
    decoder.last().view(first).ok_or(QUORATE_ERR_STALE)
}

/// The kind in a value of C, as the number that it may be.
///
/// # Safety
/// `value` is NULL or points to a readable `quorate_resp_value`.
unsafe fn kind_number(value: *const quorate_resp_value) -> i32 {
    if value.is_null() {
        return 0;
    }
    // SAFETY: readable by the caller's contract; a C enum has the size of an int.
    unsafe { (&raw const (*value).kind).cast::<i32>().read() }
}

/// Whether the value is a null of either protocol. False for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_resp_is_null(value: *const quorate_resp_value) -> bool {
    boundary::guard(|| {
        // SAFETY: the caller's contract, as the header says it.
        let kind = unsafe { kind_number(value) };
        [Kind::Null, Kind::NullBulk, Kind::NullArray]
            .iter()
            .any(|&null| null as i32 == kind)
    })
}

/// Whether the value is an error that the server answered, simple or bulk. False for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_resp_is_error(value: *const quorate_resp_value) -> bool {
    boundary::guard(|| {
        // SAFETY: the caller's contract, as the header says it.
        let kind = unsafe { kind_number(value) };
        [Kind::SimpleError, Kind::BulkError]
            .iter()
            .any(|&error| error as i32 == kind)
    })
}

/// Sets `cursor` before the values in `value`: the elements of an array, set or push; the keys and values of a map in turn; the
/// chunks of a streamed string. Cost: constant.
///
/// QUORATE_ERR_WRONG_KIND for other kinds, QUORATE_ERR_STALE for a value that is not of the latest poll.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_resp_children(
    decoder: *const quorate_resp_decoder,
    value: *const quorate_resp_value,
    cursor: *mut quorate_resp_cursor,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let decoder = unsafe { quorate_resp_decoder::get(decoder) }?;
        // SAFETY: the caller's contract.
        let (_, index) = unsafe { place(decoder, value) }?;
        let batch = decoder.last();
        let token = batch.tape().get(index).ok_or(QUORATE_ERR_STALE)?;
        if !token.kind().has_children() {
            return Err(QUORATE_ERR_WRONG_KIND);
        }
        let end = after(batch.tape(), index)? as u32;
        let cursor_value = quorate_resp_cursor {
            next: index as u32 + 1,
            run_end: end,
            end,
            generation: decoder.generation(),
        };
        // SAFETY: the caller's contract.
        unsafe { put(cursor, cursor_value) }?;
        Ok(QUORATE_OK)
    })
}

/// Sets `cursor` before the attributes that decorate `value`, keys and values in turn; it is at its end at once if there are
/// none. Cost: constant.
///
/// QUORATE_ERR_STALE for a value that is not of the latest poll.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_resp_attributes(
    decoder: *const quorate_resp_decoder,
    value: *const quorate_resp_value,
    cursor: *mut quorate_resp_cursor,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let decoder = unsafe { quorate_resp_decoder::get(decoder) }?;
        // SAFETY: the caller's contract.
        let (first, index) = unsafe { place(decoder, value) }?;
        let cursor_value = quorate_resp_cursor {
            next: first as u32,
            run_end: first as u32,
            end: index as u32,
            generation: decoder.generation(),
        };
        // SAFETY: the caller's contract.
        unsafe { put(cursor, cursor_value) }?;
        Ok(QUORATE_OK)
    })
}

/// Gives the value at `cursor` and moves it on. QUORATE_END, and `value` is left alone, behind the last. Cost: constant, but for
/// the attributes of the value, which are passed over.
///
/// QUORATE_ERR_STALE for a cursor that is not of the latest poll.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_resp_next(
    decoder: *const quorate_resp_decoder,
    cursor: *mut quorate_resp_cursor,
    value: *mut quorate_resp_value,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let decoder = unsafe { quorate_resp_decoder::get(decoder) }?;
        if cursor.is_null() || value.is_null() {
            return Err(QUORATE_ERR_NULL);
        }
        // SAFETY: readable and writable by the caller's contract; integers hold whatever they hold.
        let cursor = unsafe { &mut *cursor };
        if cursor.generation != decoder.generation() {
            return Err(QUORATE_ERR_STALE);
        }
        let batch = decoder.last();
        let tape = batch.tape();
        while cursor.next >= cursor.run_end {
            if cursor.next >= cursor.end {
                return Ok(QUORATE_END);
            }
            // Between two runs stands the header of the next attribute.
            let header = cursor.next as usize;
            if tape.get(header).is_none_or(|token| token.kind() != Kind::Attribute) {
                return Err(QUORATE_ERR_STALE);
            }
            cursor.run_end = after(tape, header)? as u32;
            cursor.next += 1;
        }
        let token = tape.get(cursor.next as usize).ok_or(QUORATE_ERR_STALE)?;
        // The mark that ends a stream is no value.
        if token.kind() == Kind::End || token.kind() == Kind::Chunk && token.length() == 0 {
            cursor.next = cursor.run_end;
            return Ok(QUORATE_END);
        }
        let (next_value, next) = value_at(decoder, cursor.next as usize)?;
        // SAFETY: the caller's contract.
        unsafe { put(value, next_value) }?;
        cursor.next = next as u32;
        Ok(QUORATE_OK)
    })
}

/// Copies the bytes of a string of any kind, errors and big numbers included; of a streamed string all chunks, joined. `len`
/// becomes their number, also with QUORATE_ERR_BUFFER_TOO_SMALL, which copies nothing: `buf` may be NULL with `cap` 0 to ask.
///
/// QUORATE_ERR_WRONG_KIND for other kinds, QUORATE_ERR_STALE for a value that is not of the latest poll.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_resp_value_copy(
    decoder: *const quorate_resp_decoder,
    value: *const quorate_resp_value,
    buf: *mut u8,
    cap: usize,
    len: *mut usize,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let decoder = unsafe { quorate_resp_decoder::get(decoder) }?;
        // SAFETY: the caller's contract.
        let (_, index) = unsafe { place(decoder, value) }?;
        let batch = decoder.last();
        let tape = batch.tape();
        let parts = match tape.get(index).ok_or(QUORATE_ERR_STALE)?.kind() {
            Kind::StreamedString => tape.get(index + 1..after(tape, index)?).ok_or(QUORATE_ERR_STALE)?,
            Kind::SimpleString
            | Kind::SimpleError
            | Kind::BulkString
            | Kind::BigNumber
            | Kind::BulkError
            | Kind::Verbatim
            | Kind::Chunk => &tape[index..index + 1],
            _ => return Err(QUORATE_ERR_WRONG_KIND),
        };
        let total: usize = parts.iter().map(RawToken::length).sum();
        // SAFETY: the caller's contract.
        unsafe { put(len, total) }?;
        if total > cap {
            return Err(QUORATE_ERR_BUFFER_TOO_SMALL);
        }
        // SAFETY: the caller's contract.
        let mut out: &mut [MaybeUninit<u8>] = unsafe { room(buf, total) }?;
        for part in parts {
            let data = batch.bytes().get(part.position()..part.position() + part.length());
            let (now, later) = out.split_at_mut(part.length());
            for (to, &from) in now.iter_mut().zip(data.ok_or(QUORATE_ERR_STALE)?) {
                to.write(from);
            }
            out = later;
        }
        Ok(QUORATE_OK)
    })
}

/// Writes the value as text for people and tests, the same in every language, such as `{"a": [1, null]}`: at most `cap` bytes,
/// ended by NUL. Returns the length of the whole text without the NUL, as snprintf does: `buf` may be NULL with `cap` 0 to ask.
/// 0, and nothing written, on misuse: NULL, or a value that is not of the latest poll.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_resp_value_text(
    decoder: *const quorate_resp_decoder,
    value: *const quorate_resp_value,
    buf: *mut c_char,
    cap: usize,
) -> usize {
    boundary::guard(|| {
        // SAFETY: the caller's contract, as the header says it.
        let Ok(decoder) = (unsafe { quorate_resp_decoder::get(decoder) }) else {
            return 0;
        };
        // SAFETY: the caller's contract.
        match unsafe { view_of(decoder, value) } {
            // SAFETY: the caller's contract.
            Ok(view) => unsafe { text(&view, buf, cap) },
            Err(_) => 0,
        }
    })
}

/// The bytes of the value on the wire, its attributes included, and the absolute offset of the first of them, counted from the
/// first byte that the decoder was ever fed. Either out-parameter may be NULL. The view is valid as long as the value.
///
/// QUORATE_ERR_STALE for a value that is not of the latest poll.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_resp_value_wire(
    decoder: *const quorate_resp_decoder,
    value: *const quorate_resp_value,
    bytes: *mut quorate_bytes,
    offset: *mut u64,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let decoder = unsafe { quorate_resp_decoder::get(decoder) }?;
        // SAFETY: the caller's contract.
        let view = unsafe { view_of(decoder, value) }?;
        if !bytes.is_null() {
            // SAFETY: the caller's contract.
            unsafe { put(bytes, quorate_bytes::of(view.raw())) }?;
        }
        if !offset.is_null() {
            // SAFETY: the caller's contract.
            unsafe { put(offset, view.offset()) }?;
        }
        Ok(QUORATE_OK)
    })
}

/// Writes the tokens of the value, its attributes included, in the order of the wire: at most `cap` of them to `out`. `count`
/// becomes the number of all, whether they were written or not; `out` may be NULL with `cap` 0 to ask. Cost: linear in the
/// tokens.
///
/// QUORATE_ERR_STALE for a value that is not of the latest poll.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_resp_value_tokens(
    decoder: *const quorate_resp_decoder,
    value: *const quorate_resp_value,
    out: *mut quorate_resp_token,
    cap: usize,
    count: *mut usize,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let decoder = unsafe { quorate_resp_decoder::get(decoder) }?;
        // SAFETY: the caller's contract.
        let view = unsafe { view_of(decoder, value) }?;
        // SAFETY: the caller's contract.
        unsafe { write_tokens(view.tokens(), out, cap, count) }
    })
}
