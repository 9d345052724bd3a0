//! Requests, as servers read them.

use core::ffi::c_char;

use quorate::resp::{RequestDecoder, RequestLimits, split_inline};

use super::limits::quorate_resp_request_limits;
use crate::boundary;
use crate::bytes::{quorate_bytes, room, slice, text};
use crate::error::*;
use crate::handle::{Handle, handle, put};

/// Decodes the requests of a client as redis-server does: arrays of bulk strings, and inline commands with their quoting.
///
/// Feed it what was read, then poll until it says QUORATE_NEED_MORE. Empty requests are skipped. After an error it stays in
/// error, and says the same one, until quorate_resp_request_decoder_reset.
pub struct quorate_resp_request_decoder {
    inner: RequestDecoder,
    /// The arguments of the latest request, as they were handed out.
    args: Vec<quorate_bytes>,
    /// What reserve handed out, until the next change.
    tail: quorate_bytes,
}
handle!(quorate_resp_request_decoder, b"Qreques\x01");

/// One request. It and what it points to are valid until the next call that changes its decoder. Nothing of it is freed.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct quorate_resp_request {
    /// `count` arguments; the first is the command's name. Not ended by NUL; they may hold any bytes.
    pub args: *const quorate_bytes,
    /// How many: 1 or more.
    pub count: usize,
    /// The absolute offset of its first byte, counted from the first byte fed.
    pub offset: u64,
    /// Whether it came as an inline command.
    pub is_inline: bool,
}

impl quorate_resp_request_decoder {
    /// What was handed out is gone from now on.
    fn change(&mut self) -> &mut RequestDecoder {
        self.args.clear();
        self.tail = quorate_bytes::of(&[]);
        &mut self.inner
    }

    /// Whether the bytes lie in what was handed out, and so in memory that moves when they are taken in.
    fn owns(&self, bytes: quorate_bytes) -> bool {
        bytes.overlaps(self.tail) || self.args.iter().any(|&arg| bytes.overlaps(arg))
    }
}

/// Makes a request decoder with these limits, or with the defaults if `limits` is NULL. The limits are copied. Free it with
/// quorate_resp_request_decoder_free.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_resp_request_decoder_new(
    limits: *const quorate_resp_request_limits,
) -> *mut quorate_resp_request_decoder {
    boundary::guard(|| {
        // SAFETY: NULL or readable, as the header says it.
        let limits = unsafe { limits.as_ref() };
        quorate_resp_request_decoder {
            inner: RequestDecoder::new(limits.map_or_else(RequestLimits::default, |limits| limits.to_core())),
            args: Vec::new(),
            tail: quorate_bytes::of(&[]),
        }
        .open()
    })
}

/// Frees the decoder and with it every view of its requests. NULL is ignored.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_resp_request_decoder_free(decoder: *mut quorate_resp_request_decoder) {
    // SAFETY: the caller's contract, as the header says it.
    boundary::guard(|| unsafe { quorate_resp_request_decoder::close(decoder) });
}

/// Whether the client is authenticated from now on: until it is, a server takes at most 10 arguments of at most 16,384 bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_resp_request_decoder_set_authenticated(
    decoder: *mut quorate_resp_request_decoder,
    authenticated: bool,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        unsafe { quorate_resp_request_decoder::get_mut(decoder) }?
            .change()
            .set_authenticated(authenticated);
        Ok(QUORATE_OK)
    })
}

/// Takes in `len` bytes, which are copied.
///
/// In error, the bytes are ignored and the error's status is returned.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_resp_request_decoder_feed(
    decoder: *mut quorate_resp_request_decoder,
    data: *const u8,
    len: usize,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let decoder = unsafe { quorate_resp_request_decoder::get_mut(decoder) }?;
        if decoder.owns(quorate_bytes { data, len }) {
            return Err(QUORATE_ERR_INVALID_ARGUMENT);
        }
        // SAFETY: the caller's contract.
        let bytes = unsafe { slice(data, len) }?;
        if let Some(error) = decoder.inner.error() {
            return Err(quorate_status::of_code(error.code()));
        }
        decoder.change().feed(bytes);
        Ok(QUORATE_OK)
    })
}

/// Hands out room for at least `len` bytes, to be read into and then committed: it saves the copy that feed makes. `data` points
/// to `cap` writable bytes, valid until the next call that changes the decoder.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_resp_request_decoder_reserve(
    decoder: *mut quorate_resp_request_decoder,
    len: usize,
    data: *mut *mut u8,
    cap: *mut usize,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let decoder = unsafe { quorate_resp_request_decoder::get_mut(decoder) }?;
        if data.is_null() || cap.is_null() {
            return Err(QUORATE_ERR_NULL);
        }
        if len > isize::MAX as usize / 2 {
            return Err(QUORATE_ERR_INVALID_ARGUMENT);
        }
        let tail = decoder.change().reserve(len);
        // SAFETY: the caller's contract, for both.
        unsafe {
            put(data, tail.as_mut_ptr())?;
            put(cap, tail.len())?;
        }
        decoder.tail = quorate_bytes::of(tail);
        Ok(QUORATE_OK)
    })
}

/// The first `len` bytes of what reserve handed out are input now.
///
/// QUORATE_ERR_COMMIT_TOO_LONG if reserve handed out fewer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_resp_request_decoder_commit(
    decoder: *mut quorate_resp_request_decoder,
    len: usize,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let decoder = unsafe { quorate_resp_request_decoder::get_mut(decoder) }?;
        match decoder.change().commit(len) {
            Ok(()) => Ok(QUORATE_OK),
            Err(error) => Err(quorate_status::of_code(error.code())),
        }
    })
}

/// Gives the next request. QUORATE_NEED_MORE, and `request` is left alone, when none is complete yet.
///
/// An error status if the input is no request or exceeds a limit, from then on until reset.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_resp_request_decoder_poll(
    decoder: *mut quorate_resp_request_decoder,
    request: *mut quorate_resp_request,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let decoder = unsafe { quorate_resp_request_decoder::get_mut(decoder) }?;
        if request.is_null() {
            return Err(QUORATE_ERR_NULL);
        }
        decoder.change();
        let (offset, is_inline) = match decoder.inner.poll() {
            Ok(Some(next)) => {
                decoder.args.extend(next.args().map(quorate_bytes::of));
                (next.offset(), next.is_inline())
            }
            Ok(None) => return Ok(QUORATE_NEED_MORE),
            Err(error) => return Err(quorate_status::of_code(error.code())),
        };
        let next = quorate_resp_request {
            args: decoder.args.as_ptr(),
            count: decoder.args.len(),
            offset,
            is_inline,
        };
        // SAFETY: the caller's contract.
        unsafe { put(request, next) }?;
        Ok(QUORATE_OK)
    })
}

/// Makes the decoder as new: no bytes, no error, offset 0; the limits stay.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_resp_request_decoder_reset(
    decoder: *mut quorate_resp_request_decoder,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        unsafe { quorate_resp_request_decoder::get_mut(decoder) }?
            .change()
            .reset();
        Ok(QUORATE_OK)
    })
}

/// The least number of further bytes that could finish what is read next: 1 or more, 0 in error or on misuse. A hint for how
/// much to read; a client may have chosen it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_resp_request_decoder_needed(decoder: *const quorate_resp_request_decoder) -> usize {
    boundary::guard(|| {
        // SAFETY: the caller's contract, as the header says it.
        let decoder = unsafe { quorate_resp_request_decoder::get(decoder) };
        decoder.map_or(0, |decoder| decoder.inner.needed())
    })
}

/// How many bytes were fed and are not yet given out as requests. 0 on misuse.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_resp_request_decoder_buffered(decoder: *const quorate_resp_request_decoder) -> usize {
    boundary::guard(|| {
        // SAFETY: the caller's contract, as the header says it.
        let decoder = unsafe { quorate_resp_request_decoder::get(decoder) };
        decoder.map_or(0, |decoder| decoder.inner.buffered())
    })
}

/// The absolute offset of the first byte not yet given out as a request, counted from the first byte fed. 0 on misuse.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_resp_request_decoder_offset(decoder: *const quorate_resp_request_decoder) -> u64 {
    boundary::guard(|| {
        // SAFETY: the caller's contract, as the header says it.
        let decoder = unsafe { quorate_resp_request_decoder::get(decoder) };
        decoder.map_or(0, |decoder| decoder.inner.offset())
    })
}

/// A number that is equal for decoders in equal states, in every language and on every platform. 0 on misuse.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_resp_request_decoder_state_hash(decoder: *const quorate_resp_request_decoder) -> u64 {
    boundary::guard(|| {
        // SAFETY: the caller's contract, as the header says it.
        let decoder = unsafe { quorate_resp_request_decoder::get(decoder) };
        decoder.map_or(0, |decoder| decoder.inner.state_hash())
    })
}

/// The error that the decoder is in, or QUORATE_OK. quorate_status_str gives its code.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_resp_request_decoder_error_code(
    decoder: *const quorate_resp_request_decoder,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let decoder = unsafe { quorate_resp_request_decoder::get(decoder) }?;
        Ok(decoder
            .inner
            .error()
            .map_or(QUORATE_OK, |error| quorate_status::of_code(error.code())))
    })
}

/// The absolute offset of what is wrong, counted from the first byte fed. 0 when there is no error.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_resp_request_decoder_error_offset(
    decoder: *const quorate_resp_request_decoder,
) -> u64 {
    boundary::guard(|| {
        // SAFETY: the caller's contract, as the header says it.
        let decoder = unsafe { quorate_resp_request_decoder::get(decoder) };
        decoder
            .ok()
            .and_then(|decoder| decoder.inner.error())
            .map_or(0, |error| error.offset)
    })
}

/// Writes the error as redis-server says it, such as `Protocol error: expected '$', got 'x'`: at most `cap` bytes, ended by NUL.
/// Returns the length of the whole text without the NUL, as snprintf does: `buf` may be NULL with `cap` 0 to ask. 0, and nothing
/// written, when there is no error, or on misuse.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_resp_request_decoder_error(
    decoder: *const quorate_resp_request_decoder,
    buf: *mut c_char,
    cap: usize,
) -> usize {
    boundary::guard(|| {
        // SAFETY: the caller's contract, as the header says it.
        let decoder = unsafe { quorate_resp_request_decoder::get(decoder) };
        match decoder.ok().and_then(|decoder| decoder.inner.error()) {
            // SAFETY: the caller's contract.
            Some(error) => unsafe { text(error, buf, cap) },
            None => 0,
        }
    })
}

/// Splits a line into words by the quoting rules of inline commands: "..." with \n \r \t \b \a \xHH escapes, '...' with \'.
///
/// The words are written to the `cap` bytes at `buf`, of which `len` are always enough, and views of them to `words`, of which
/// `len / 2 + 1` are always enough. `count` becomes the number of words, also with QUORATE_ERR_BUFFER_TOO_SMALL, which writes
/// nothing else. QUORATE_ERR_UNBALANCED_QUOTES if a quote does not end, or text follows it at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_resp_split_inline(
    line: *const u8,
    len: usize,
    buf: *mut u8,
    cap: usize,
    words: *mut quorate_bytes,
    words_cap: usize,
    count: *mut usize,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let line = unsafe { slice(line, len) }?;
        let split = split_inline(line).map_err(|error| quorate_status::of_code(error.code()))?;
        let total: usize = split.iter().map(Vec::len).sum();
        // SAFETY: the caller's contract.
        unsafe { put(count, split.len()) }?;
        if total > cap || split.len() > words_cap {
            return Err(QUORATE_ERR_BUFFER_TOO_SMALL);
        }
        // SAFETY: the caller's contract, for both.
        let (mut bytes, views) = unsafe { (room(buf, total)?, room(words, split.len())?) };
        for (word, view) in split.iter().zip(views) {
            let (now, later) = bytes.split_at_mut(word.len());
            for (to, &from) in now.iter_mut().zip(word) {
                to.write(from);
            }
            view.write(quorate_bytes {
                data: now.as_ptr().cast(),
                len: word.len(),
            });
            bytes = later;
        }
        Ok(QUORATE_OK)
    })
}
