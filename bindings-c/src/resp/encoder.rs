//! The encoder: replies and pushes, for servers, proxies and visualizers.

use core::ffi::c_char;

use quorate::resp::{EncodeError, Encoder, Protocol};

use super::decoder::quorate_resp_decoder;
use super::value::{quorate_resp_value, view_of};
use crate::boundary;
use crate::bytes::{quorate_buffer, quorate_bytes, slice};
use crate::error::*;
use crate::handle::{Handle, handle, put};

/// Writes replies and pushes in RESP2 or RESP3. What it gives out is always well formed.
///
/// In RESP2 it writes what redis-server writes there: a map as an array of twice the pairs, a set or push as an array, a double,
/// big number or verbatim string as a bulk string, a boolean as 1 or 0, a null as `$-1`; attributes are dropped.
///
/// A call that is refused writes nothing and leaves the encoder as it was. Any call may be refused with
/// QUORATE_ERR_CHUNK_EXPECTED (inside a streamed string) or QUORATE_ERR_NULL; other reasons are said with each.
pub struct quorate_resp_encoder {
    inner: Encoder,
}
handle!(quorate_resp_encoder, b"Qencode\x01");

/// # Safety
/// As [`Handle::get_mut`].
unsafe fn call(
    encoder: *mut quorate_resp_encoder,
    write: impl FnOnce(&mut Encoder) -> Result<(), EncodeError>,
) -> Result<quorate_status, quorate_status> {
    // SAFETY: the caller's contract.
    let encoder = unsafe { quorate_resp_encoder::get_mut(encoder) }?;
    match write(&mut encoder.inner) {
        Ok(()) => Ok(QUORATE_OK),
        Err(error) => Err(quorate_status::of_code(error.code())),
    }
}

/// Borrows bytes to be written, unless they lie in the encoder itself, which may move while they are written.
///
/// # Safety
/// As [`Handle::get`] and [`slice`].
unsafe fn input<'a>(
    encoder: *const quorate_resp_encoder,
    data: *const u8,
    len: usize,
) -> Result<&'a [u8], quorate_status> {
    // SAFETY: the caller's contract.
    let own = quorate_bytes::of(unsafe { quorate_resp_encoder::get(encoder) }?.inner.as_bytes());
    if own.overlaps(quorate_bytes { data, len }) {
        return Err(QUORATE_ERR_INVALID_ARGUMENT);
    }
    // SAFETY: the caller's contract.
    unsafe { slice(data, len) }
}

fn protocol_of(number: i32) -> Result<Protocol, quorate_status> {
    let number = u64::try_from(number).ok();
    number
        .and_then(Protocol::from_number)
        .ok_or(QUORATE_ERR_INVALID_ARGUMENT)
}

/// Makes an encoder for protocol 2 or 3; NULL for other numbers. Free it with quorate_resp_encoder_free.
#[unsafe(no_mangle)]
pub extern "C" fn quorate_resp_encoder_new(protocol: i32) -> *mut quorate_resp_encoder {
    boundary::guard(|| match protocol_of(protocol) {
        Ok(protocol) => quorate_resp_encoder {
            inner: Encoder::new(protocol),
        }
        .open(),
        Err(_) => core::ptr::null_mut(),
    })
}

/// Frees the encoder and with it every view of its bytes. NULL is ignored.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_resp_encoder_free(encoder: *mut quorate_resp_encoder) {
    // SAFETY: the caller's contract, as the header says it.
    boundary::guard(|| unsafe { quorate_resp_encoder::close(encoder) });
}

/// The protocol that is written, 2 or 3. 0 on misuse.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_resp_encoder_protocol(encoder: *const quorate_resp_encoder) -> u32 {
    boundary::guard(|| {
        // SAFETY: the caller's contract, as the header says it.
        let encoder = unsafe { quorate_resp_encoder::get(encoder) };
        encoder.map_or(0, |encoder| u32::from(encoder.inner.protocol().number()))
    })
}

/// Writes protocol 2 or 3 from now on, as a server does after HELLO.
///
/// QUORATE_ERR_INVALID_ARGUMENT for other numbers, QUORATE_ERR_INCOMPLETE inside a value.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_resp_encoder_set_protocol(
    encoder: *mut quorate_resp_encoder,
    protocol: i32,
) -> quorate_status {
    boundary::status(|| {
        let protocol = protocol_of(protocol)?;
        // SAFETY: the caller's contract, as the header says it.
        unsafe { call(encoder, |encoder| encoder.set_protocol(protocol)) }
    })
}

/// Whether no value is begun and unfinished. False on misuse.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_resp_encoder_is_complete(encoder: *const quorate_resp_encoder) -> bool {
    // SAFETY: the caller's contract, as the header says it.
    boundary::guard(|| unsafe { quorate_resp_encoder::get(encoder) }.is_ok_and(|encoder| encoder.inner.is_complete()))
}

/// The complete values that were not yet taken; of an unfinished one nothing. The view is valid until the next call that changes
/// the encoder.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_resp_encoder_bytes(
    encoder: *const quorate_resp_encoder,
    out: *mut quorate_bytes,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let encoder = unsafe { quorate_resp_encoder::get(encoder) }?;
        // SAFETY: the caller's contract.
        unsafe { put(out, quorate_bytes::of(encoder.inner.as_bytes())) }?;
        Ok(QUORATE_OK)
    })
}

/// Moves the complete values to the end of `buffer`, or drops them if `buffer` is NULL; an unfinished value stays and goes on.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_resp_encoder_take(
    encoder: *mut quorate_resp_encoder,
    buffer: *mut quorate_buffer,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let encoder = unsafe { quorate_resp_encoder::get_mut(encoder) }?;
        if !buffer.is_null() {
            // SAFETY: the caller's contract.
            let buffer = unsafe { quorate_buffer::get_mut(buffer) }?;
            buffer.bytes.extend_from_slice(encoder.inner.as_bytes());
        }
        drop(encoder.inner.take());
        Ok(QUORATE_OK)
    })
}

/// Drops everything that was written, complete or not.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_resp_encoder_clear(encoder: *mut quorate_resp_encoder) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        unsafe { quorate_resp_encoder::get_mut(encoder) }?.inner.clear();
        Ok(QUORATE_OK)
    })
}

/// Writes `+...`. QUORATE_ERR_LINE_BREAK if the bytes hold CR or LF.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_resp_encoder_simple_string(
    encoder: *mut quorate_resp_encoder,
    data: *const u8,
    len: usize,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let bytes = unsafe { input(encoder, data, len) }?;
        // SAFETY: the caller's contract, as the header says it.
        unsafe { call(encoder, |encoder| encoder.simple_string(bytes)) }
    })
}

/// Writes `-...`; by convention the first word is the code. QUORATE_ERR_LINE_BREAK if the bytes hold CR or LF.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_resp_encoder_simple_error(
    encoder: *mut quorate_resp_encoder,
    data: *const u8,
    len: usize,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let bytes = unsafe { input(encoder, data, len) }?;
        // SAFETY: the caller's contract, as the header says it.
        unsafe { call(encoder, |encoder| encoder.simple_error(bytes)) }
    })
}

/// Writes `:...`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_resp_encoder_integer(
    encoder: *mut quorate_resp_encoder,
    value: i64,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        unsafe { call(encoder, |encoder| encoder.integer(value)) }
    })
}

/// Writes `$...`, any bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_resp_encoder_bulk_string(
    encoder: *mut quorate_resp_encoder,
    data: *const u8,
    len: usize,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let bytes = unsafe { input(encoder, data, len) }?;
        // SAFETY: the caller's contract, as the header says it.
        unsafe { call(encoder, |encoder| encoder.bulk_string(bytes)) }
    })
}

/// Writes `_`; in RESP2 `$-1`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_resp_encoder_null(encoder: *mut quorate_resp_encoder) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        unsafe { call(encoder, |encoder| encoder.null()) }
    })
}

/// Writes the null of an array, `*-1`; in RESP3, which has one null, `_`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_resp_encoder_null_array(encoder: *mut quorate_resp_encoder) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        unsafe { call(encoder, |encoder| encoder.null_array()) }
    })
}

/// Writes `#t` or `#f`; in RESP2 `:1` or `:0`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_resp_encoder_boolean(
    encoder: *mut quorate_resp_encoder,
    value: bool,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        unsafe { call(encoder, |encoder| encoder.boolean(value)) }
    })
}

/// Writes `,...`, the shortest text that reads as the same double; in RESP2 as a bulk string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_resp_encoder_double(encoder: *mut quorate_resp_encoder, value: f64) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        unsafe { call(encoder, |encoder| encoder.double(value)) }
    })
}

/// Writes `(...`: decimal digits, with a sign or without. QUORATE_ERR_INVALID_BIG_NUMBER for other bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_resp_encoder_big_number(
    encoder: *mut quorate_resp_encoder,
    data: *const u8,
    len: usize,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let bytes = unsafe { input(encoder, data, len) }?;
        // SAFETY: the caller's contract, as the header says it.
        unsafe { call(encoder, |encoder| encoder.big_number(bytes)) }
    })
}

/// Writes `!...`, any bytes; in RESP2 a simple error, with spaces for line breaks.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_resp_encoder_bulk_error(
    encoder: *mut quorate_resp_encoder,
    data: *const u8,
    len: usize,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let bytes = unsafe { input(encoder, data, len) }?;
        // SAFETY: the caller's contract, as the header says it.
        unsafe { call(encoder, |encoder| encoder.bulk_error(bytes)) }
    })
}

/// Writes `=...`. `format` points to three bytes, such as "txt".
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_resp_encoder_verbatim(
    encoder: *mut quorate_resp_encoder,
    format: *const c_char,
    data: *const u8,
    len: usize,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let bytes = unsafe { input(encoder, data, len) }?;
        // SAFETY: the caller's contract: three bytes.
        let format = unsafe { slice(format.cast::<u8>(), 3) }?;
        let format = [format[0], format[1], format[2]];
        // SAFETY: the caller's contract, as the header says it.
        unsafe { call(encoder, |encoder| encoder.verbatim(format, bytes)) }
    })
}

/// Begins an array: the next `count` values are its elements.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_resp_encoder_array(encoder: *mut quorate_resp_encoder, count: u64) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        unsafe { call(encoder, |encoder| encoder.array(count)) }
    })
}

/// Begins a map: the next `pairs` times two values are its keys and values in turn.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_resp_encoder_map(encoder: *mut quorate_resp_encoder, pairs: u64) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        unsafe { call(encoder, |encoder| encoder.map(pairs)) }
    })
}

/// Begins a set: the next `count` values are its elements. They are not compared.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_resp_encoder_set(encoder: *mut quorate_resp_encoder, count: u64) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        unsafe { call(encoder, |encoder| encoder.set(count)) }
    })
}

/// Begins a push: the next `count` values are its elements. QUORATE_ERR_NESTED_PUSH inside another value.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_resp_encoder_push(encoder: *mut quorate_resp_encoder, count: u64) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        unsafe { call(encoder, |encoder| encoder.push(count)) }
    })
}

/// Begins the attributes of the value that follows them: the next `pairs` times two values are keys and values in turn.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_resp_encoder_attributes(
    encoder: *mut quorate_resp_encoder,
    pairs: u64,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        unsafe { call(encoder, |encoder| encoder.attributes(pairs)) }
    })
}

/// Begins a string whose length is not known yet: chunks follow, then end_string. QUORATE_ERR_NOT_IN_RESP2 in RESP2.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_resp_encoder_stream_string(encoder: *mut quorate_resp_encoder) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        unsafe { call(encoder, |encoder| encoder.stream_string()) }
    })
}

/// Writes a part of a streamed string. QUORATE_ERR_EMPTY_CHUNK for an empty one, which on the wire would be the end;
/// QUORATE_ERR_CHUNK_EXPECTED outside of a streamed string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_resp_encoder_chunk(
    encoder: *mut quorate_resp_encoder,
    data: *const u8,
    len: usize,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let bytes = unsafe { input(encoder, data, len) }?;
        // SAFETY: the caller's contract, as the header says it.
        unsafe { call(encoder, |encoder| encoder.chunk(bytes)) }
    })
}

/// Ends a streamed string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_resp_encoder_end_string(encoder: *mut quorate_resp_encoder) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        unsafe { call(encoder, |encoder| encoder.end_string()) }
    })
}

/// Begins an array whose length is not known yet: values follow, then end. QUORATE_ERR_NOT_IN_RESP2 in RESP2.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_resp_encoder_stream_array(encoder: *mut quorate_resp_encoder) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        unsafe { call(encoder, |encoder| encoder.stream_array()) }
    })
}

/// Begins a set whose length is not known yet: values follow, then end. QUORATE_ERR_NOT_IN_RESP2 in RESP2.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_resp_encoder_stream_set(encoder: *mut quorate_resp_encoder) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        unsafe { call(encoder, |encoder| encoder.stream_set()) }
    })
}

/// Begins a map whose length is not known yet: keys and values follow in turn, then end. QUORATE_ERR_NOT_IN_RESP2 in RESP2.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_resp_encoder_stream_map(encoder: *mut quorate_resp_encoder) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        unsafe { call(encoder, |encoder| encoder.stream_map()) }
    })
}

/// Ends a streamed array, set or map. QUORATE_ERR_ODD_MAP after a key without its value, QUORATE_ERR_UNEXPECTED_END where no
/// stream is open.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_resp_encoder_end(encoder: *mut quorate_resp_encoder) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        unsafe { call(encoder, |encoder| encoder.end()) }
    })
}

/// Writes a decoded value with its attributes, as a proxy does; in RESP2 as the other functions write its parts.
///
/// QUORATE_ERR_STALE for a value that is not of the decoder's latest poll.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_resp_encoder_value(
    encoder: *mut quorate_resp_encoder,
    decoder: *const quorate_resp_decoder,
    value: *const quorate_resp_value,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let decoder = unsafe { quorate_resp_decoder::get(decoder) }?;
        // SAFETY: the caller's contract.
        let view = unsafe { view_of(decoder, value) }?;
        // SAFETY: the caller's contract, as the header says it.
        unsafe { call(encoder, |encoder| encoder.view(&view)) }
    })
}
