//! The decoder: bytes in, values out.

use core::ffi::c_char;
use std::sync::atomic::{AtomicU64, Ordering};

use quorate::resp::{Batch, Decoder, Error, Limits};

use super::limits::quorate_resp_limits;
use super::tape::{quorate_resp_token, write_tokens};
use super::value::{quorate_resp_value, value_at};
use crate::boundary;
use crate::bytes::{quorate_bytes, slice, text};
use crate::error::*;
use crate::handle::{Handle, handle, put};

/// Decodes replies and pushes, of RESP2 and RESP3 alike, from bytes as they come.
///
/// Feed it what was read, then poll until it says QUORATE_NEED_MORE. Any split of the input gives the same values, errors and
/// offsets. After an error it stays in error, and says the same one, until quorate_resp_decoder_reset.
pub struct quorate_resp_decoder {
    /// Of the latest poll, and of no other of any decoder: values and cursors carry it.
    generation: u64,
    inner: Decoder,
    /// What reserve handed out, until the next change.
    tail: quorate_bytes,
}
handle!(quorate_resp_decoder, b"Qdecode\x01");

/// How many decoders were made.
static DECODERS: AtomicU64 = AtomicU64::new(0);

impl quorate_resp_decoder {
    fn new(limits: Limits) -> Self {
        Self {
            // Generations of different decoders lie far apart, and far from what uninitialised memory tends to hold.
            generation: scatter(DECODERS.fetch_add(1, Ordering::Relaxed)),
            inner: Decoder::new(limits),
            tail: quorate_bytes::of(&[]),
        }
    }

    #[inline]
    pub(super) fn generation(&self) -> u64 {
        self.generation
    }

    /// What the latest poll gave out.
    #[inline]
    pub(super) fn last(&self) -> Batch<'_> {
        self.inner.last()
    }

    /// Values and cursors that were handed out are stale from now on.
    #[inline]
    fn change(&mut self) -> &mut Decoder {
        self.generation = self.generation.wrapping_add(1);
        self.tail = quorate_bytes::of(&[]);
        &mut self.inner
    }

    /// Whether the bytes lie in what was handed out, and so in memory that moves when they are taken in.
    fn owns(&self, bytes: quorate_bytes) -> bool {
        bytes.overlaps(quorate_bytes::of(self.last().bytes())) || bytes.overlaps(self.tail)
    }
}

/// Spreads consecutive numbers over all of 64 bits (the finaliser of SplitMix64).
fn scatter(serial: u64) -> u64 {
    let mut bits = serial.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ bits >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ bits >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ bits >> 31
}

fn status_of(error: &Error) -> quorate_status {
    quorate_status::of_code(error.code())
}

/// Makes a decoder with these limits, or with the defaults if `limits` is NULL. The limits are copied. Free it with
/// quorate_resp_decoder_free. NULL only on QUORATE_ERR_PANIC.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_resp_decoder_new(limits: *const quorate_resp_limits) -> *mut quorate_resp_decoder {
    boundary::guard(|| {
        // SAFETY: NULL or readable, as the header says it.
        let limits = unsafe { limits.as_ref() };
        quorate_resp_decoder::new(limits.map_or_else(Limits::default, |limits| limits.to_core())).open()
    })
}

/// Frees the decoder and with it every view of its values. NULL is ignored.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_resp_decoder_free(decoder: *mut quorate_resp_decoder) {
    // SAFETY: the caller's contract, as the header says it.
    boundary::guard(|| unsafe { quorate_resp_decoder::close(decoder) });
}

/// Takes in `len` bytes, which are copied. Values handed out so far become stale.
///
/// In error, the bytes are ignored and the error's status is returned.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_resp_decoder_feed(
    decoder: *mut quorate_resp_decoder,
    data: *const u8,
    len: usize,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let decoder = unsafe { quorate_resp_decoder::get_mut(decoder) }?;
        if decoder.owns(quorate_bytes { data, len }) {
            return Err(QUORATE_ERR_INVALID_ARGUMENT);
        }
        // SAFETY: the caller's contract.
        let bytes = unsafe { slice(data, len) }?;
        if let Some(error) = decoder.inner.error() {
            return Err(status_of(error));
        }
        decoder.change().feed(bytes);
        Ok(QUORATE_OK)
    })
}

/// Hands out room for at least `len` bytes, to be read into and then committed: it saves the copy that feed makes. `data` points
/// to `cap` writable bytes, valid until the next call that changes the decoder. Values handed out so far become stale.
///
/// Ask for what one read may give, such as 16 KiB: what is asked for is reserved. quorate_resp_decoder_needed is a number that
/// the peer may have chosen, so it is no size to reserve unbounded.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_resp_decoder_reserve(
    decoder: *mut quorate_resp_decoder,
    len: usize,
    data: *mut *mut u8,
    cap: *mut usize,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let decoder = unsafe { quorate_resp_decoder::get_mut(decoder) }?;
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

/// The first `len` bytes of what reserve handed out are input now. Values handed out so far become stale.
///
/// QUORATE_ERR_COMMIT_TOO_LONG if reserve handed out fewer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_resp_decoder_commit(decoder: *mut quorate_resp_decoder, len: usize) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let decoder = unsafe { quorate_resp_decoder::get_mut(decoder) }?;
        match decoder.change().commit(len) {
            Ok(()) => Ok(QUORATE_OK),
            Err(error) => Err(quorate_status::of_code(error.code())),
        }
    })
}

/// Gives the next reply or push; its kind tells which. QUORATE_NEED_MORE, and `value` is left alone, when none is complete yet.
/// Values handed out before become stale.
///
/// An error status if the input is not RESP or exceeds a limit, from then on until reset; replies before the error come first.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_resp_decoder_poll(
    decoder: *mut quorate_resp_decoder,
    value: *mut quorate_resp_value,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let decoder = unsafe { quorate_resp_decoder::get_mut(decoder) }?;
        if value.is_null() {
            return Err(QUORATE_ERR_NULL);
        }
        match decoder.change().poll() {
            Ok(Some(_)) => {}
            Ok(None) => return Ok(QUORATE_NEED_MORE),
            Err(error) => return Err(status_of(&error)),
        }
        let (first, _) = value_at(decoder, 0)?;
        // SAFETY: the caller's contract.
        unsafe { put(value, first) }?;
        Ok(QUORATE_OK)
    })
}

/// Gives the complete replies and pushes at once, in order: at most `cap` of them to `values`, their number to `count`. All of
/// them are valid together. There may be more: once these are done with, call again, until QUORATE_NEED_MORE.
///
/// QUORATE_NEED_MORE, with `count` 0, when none is complete yet. An error status only when no reply precedes the error.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_resp_decoder_poll_all(
    decoder: *mut quorate_resp_decoder,
    values: *mut quorate_resp_value,
    cap: usize,
    count: *mut usize,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let decoder = unsafe { quorate_resp_decoder::get_mut(decoder) }?;
        if values.is_null() || count.is_null() {
            return Err(QUORATE_ERR_NULL);
        }
        if cap == 0 {
            return Err(QUORATE_ERR_INVALID_ARGUMENT);
        }
        let replies = match decoder.change().poll_up_to(cap) {
            Ok(batch) => batch.len(),
            Err(error) => return Err(status_of(&error)),
        };
        let mut next = 0;
        for at in 0..replies.min(cap) {
            let (value, after) = value_at(decoder, next)?;
            // SAFETY: the caller's contract: there is room for `cap` values.
            unsafe { values.add(at).write(value) };
            next = after;
        }
        // SAFETY: the caller's contract.
        unsafe { put(count, replies) }?;
        Ok(if replies == 0 { QUORATE_NEED_MORE } else { QUORATE_OK })
    })
}

/// Makes the decoder as new: no bytes, no error, offset 0; the limits stay. Values handed out so far become stale.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_resp_decoder_reset(decoder: *mut quorate_resp_decoder) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        unsafe { quorate_resp_decoder::get_mut(decoder) }?.change().reset();
        Ok(QUORATE_OK)
    })
}

/// The least number of further bytes that could finish the next token: 1 or more, 0 in error or on misuse. A hint for how much
/// to read; a peer may have chosen it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_resp_decoder_needed(decoder: *const quorate_resp_decoder) -> usize {
    // SAFETY: the caller's contract, as the header says it.
    boundary::guard(|| unsafe { quorate_resp_decoder::get(decoder) }.map_or(0, |decoder| decoder.inner.needed()))
}

/// How many bytes were fed and are not yet given out as replies. 0 on misuse.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_resp_decoder_buffered(decoder: *const quorate_resp_decoder) -> usize {
    // SAFETY: the caller's contract, as the header says it.
    boundary::guard(|| unsafe { quorate_resp_decoder::get(decoder) }.map_or(0, |decoder| decoder.inner.buffered()))
}

/// The absolute offset of the first byte not yet given out as a reply, counted from the first byte fed. 0 on misuse.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_resp_decoder_offset(decoder: *const quorate_resp_decoder) -> u64 {
    // SAFETY: the caller's contract, as the header says it.
    boundary::guard(|| unsafe { quorate_resp_decoder::get(decoder) }.map_or(0, |decoder| decoder.inner.offset()))
}

/// A number that is equal for decoders in equal states, in every language and on every platform. 0 on misuse.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_resp_decoder_state_hash(decoder: *const quorate_resp_decoder) -> u64 {
    // SAFETY: the caller's contract, as the header says it.
    boundary::guard(|| unsafe { quorate_resp_decoder::get(decoder) }.map_or(0, |decoder| decoder.inner.state_hash()))
}

/// The error that the decoder is in, or QUORATE_OK. quorate_status_str gives its code.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_resp_decoder_error_code(decoder: *const quorate_resp_decoder) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let decoder = unsafe { quorate_resp_decoder::get(decoder) }?;
        Ok(decoder.inner.error().map_or(QUORATE_OK, status_of))
    })
}

/// The absolute offset of the byte that is wrong, counted from the first byte fed. 0 when there is no error.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_resp_decoder_error_offset(decoder: *const quorate_resp_decoder) -> u64 {
    boundary::guard(|| {
        // SAFETY: the caller's contract, as the header says it.
        let decoder = unsafe { quorate_resp_decoder::get(decoder) };
        decoder
            .ok()
            .and_then(|decoder| decoder.inner.error())
            .map_or(0, |error| error.offset)
    })
}

/// Writes the error as a sentence, such as `at byte 12: expected a digit, found "a"`: at most `cap` bytes, ended by NUL. Returns
/// the length of the whole sentence without the NUL, as snprintf does: `buf` may be NULL with `cap` 0 to ask. 0, and nothing
/// written, when there is no error, or on misuse.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_resp_decoder_error(
    decoder: *const quorate_resp_decoder,
    buf: *mut c_char,
    cap: usize,
) -> usize {
    // SAFETY: the caller's contract, as the header says it.
    boundary::guard(|| unsafe { error_text(decoder, buf, cap, |error| error.to_string()) })
}

/// Writes what would have been right at the error's offset, such as `a digit`. Otherwise as quorate_resp_decoder_error.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_resp_decoder_error_expected(
    decoder: *const quorate_resp_decoder,
    buf: *mut c_char,
    cap: usize,
) -> usize {
    // SAFETY: the caller's contract, as the header says it.
    boundary::guard(|| unsafe { error_text(decoder, buf, cap, Error::expected) })
}

/// Writes what stands at the error's offset instead, quoted and escaped. Otherwise as quorate_resp_decoder_error.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_resp_decoder_error_found(
    decoder: *const quorate_resp_decoder,
    buf: *mut c_char,
    cap: usize,
) -> usize {
    // SAFETY: the caller's contract, as the header says it.
    boundary::guard(|| unsafe { error_text(decoder, buf, cap, Error::found) })
}

/// # Safety
/// As [`Handle::get`] and [`text`].
unsafe fn error_text(
    decoder: *const quorate_resp_decoder,
    buf: *mut c_char,
    cap: usize,
    say: impl FnOnce(&Error) -> String,
) -> usize {
    // SAFETY: the caller's contract.
    match unsafe { quorate_resp_decoder::get(decoder) }
        .ok()
        .and_then(|decoder| decoder.inner.error())
    {
        // SAFETY: the caller's contract.
        Some(error) => unsafe { text(&say(error), buf, cap) },
        None => 0,
    }
}

/// Writes the finished tokens of the reply that is not complete yet: at most `cap` of them to `out`. `count` becomes the number
/// of all, whether they were written or not; `out` may be NULL with `cap` 0 to ask. Cost: linear in the tokens.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_resp_decoder_tokens(
    decoder: *const quorate_resp_decoder,
    out: *mut quorate_resp_token,
    cap: usize,
    count: *mut usize,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let decoder = unsafe { quorate_resp_decoder::get(decoder) }?;
        // SAFETY: the caller's contract.
        unsafe { write_tokens(decoder.inner.tokens(), out, cap, count) }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generations_of_decoders_lie_apart() {
        let mut all: Vec<u64> = (0..10_000).map(scatter).collect();
        all.sort_unstable();
        assert!(all.windows(2).all(|pair| pair[1] - pair[0] > 1_000_000));
        assert!(all[0] > 1_000_000);
    }
}
