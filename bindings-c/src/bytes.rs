//! Byte strings across the border: views in both directions, and a growing buffer.

use core::ffi::c_char;
use core::fmt;
use core::mem::MaybeUninit;

use crate::boundary;
use crate::error::quorate_status::{self, QUORATE_ERR_INVALID_ARGUMENT, QUORATE_ERR_NULL, QUORATE_OK};
use crate::handle::{Handle, handle, put};

/// A view of bytes, not ended by NUL. As an argument, `data` may be NULL when `len` is 0.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct quorate_bytes {
    /// The first byte.
    pub data: *const u8,
    /// How many bytes.
    pub len: usize,
}

impl quorate_bytes {
    /// The view of a slice.
    #[inline]
    pub(crate) fn of(bytes: &[u8]) -> Self {
        Self {
            data: bytes.as_ptr(),
            len: bytes.len(),
        }
    }

    /// Whether the two share a byte. Only addresses are looked at.
    pub(crate) fn overlaps(self, other: Self) -> bool {
        let (start, other_start) = (self.data.addr(), other.data.addr());
        start < other_start.saturating_add(other.len) && other_start < start.saturating_add(self.len)
    }
}

/// Borrows `len` bytes at `data`.
///
/// # Safety
/// `data` points to `len` readable bytes that nobody changes during `'a`; it may be NULL when `len` is 0.
#[inline]
pub(crate) unsafe fn slice<'a, T>(data: *const T, len: usize) -> Result<&'a [T], quorate_status> {
    if len == 0 {
        return Ok(&[]);
    }
    if data.is_null() {
        return Err(QUORATE_ERR_NULL);
    }
    if !data.is_aligned() || len > isize::MAX as usize / size_of::<T>().max(1) {
        return Err(QUORATE_ERR_INVALID_ARGUMENT);
    }
    // SAFETY: not NULL, aligned, not longer than a slice may be; readable by the caller's contract.
    Ok(unsafe { core::slice::from_raw_parts(data, len) })
}

/// Borrows what a pointer that is needed points to.
///
/// # Safety
/// `value` is NULL or points to a readable `T` that nobody changes during `'a`.
pub(crate) unsafe fn needed<'a, T>(value: *const T) -> Result<&'a T, quorate_status> {
    if value.is_null() {
        return Err(QUORATE_ERR_NULL);
    }
    if !value.is_aligned() {
        return Err(QUORATE_ERR_INVALID_ARGUMENT);
    }
    // SAFETY: not NULL, aligned; readable by the caller's contract.
    Ok(unsafe { &*value })
}

/// Reads `len` structs at `data`, each with `read`.
///
/// # Safety
/// As [`slice`], and as `read` asks.
pub(crate) unsafe fn each<T, U>(
    data: *const T,
    len: usize,
    read: impl FnMut(&T) -> Result<U, quorate_status>,
) -> Result<Vec<U>, quorate_status> {
    // SAFETY: the caller's contract.
    unsafe { slice(data, len) }?.iter().map(read).collect()
}

/// Borrows room for `len` values at `data`, to be written.
///
/// # Safety
/// As [`slice`], with writable memory, initialised or not, that nobody else uses during `'a`.
#[inline]
pub(crate) unsafe fn room<'a, T>(data: *mut T, len: usize) -> Result<&'a mut [MaybeUninit<T>], quorate_status> {
    // SAFETY: the caller's contract; the shared borrow ends here.
    unsafe { slice::<MaybeUninit<T>>(data.cast(), len) }?;
    if len == 0 {
        return Ok(&mut []);
    }
    // SAFETY: as in `slice`.
    Ok(unsafe { core::slice::from_raw_parts_mut(data.cast(), len) })
}

/// A [`quorate_bytes`] of the caller whose memory was checked, so that the core can read it in place.
#[repr(transparent)]
pub(crate) struct Checked(quorate_bytes);

impl AsRef<[u8]> for Checked {
    #[inline]
    fn as_ref(&self) -> &[u8] {
        if self.0.len == 0 {
            return &[];
        }
        // SAFETY: `checked` found `data` not NULL and `len` in bounds; the memory is readable by its caller's contract.
        unsafe { core::slice::from_raw_parts(self.0.data, self.0.len) }
    }
}

/// Borrows an array of views and checks each, without a copy.
///
/// # Safety
/// As [`slice`], for the array and for each of its views.
#[inline]
pub(crate) unsafe fn checked<'a>(views: *const quorate_bytes, count: usize) -> Result<&'a [Checked], quorate_status> {
    // SAFETY: the caller's contract; `Checked` has the layout of what it wraps.
    let views = unsafe { slice(views.cast::<Checked>(), count) }?;
    for Checked(view) in views {
        if view.len > 0 && view.data.is_null() {
            return Err(QUORATE_ERR_NULL);
        }
        if view.len > isize::MAX as usize {
            return Err(QUORATE_ERR_INVALID_ARGUMENT);
        }
    }
    Ok(views)
}

/// Writes text as snprintf does: what fits, always ended by NUL, while the whole length is counted.
pub(crate) struct Text<'a> {
    buffer: &'a mut [MaybeUninit<u8>],
    length: usize,
}

impl<'a> Text<'a> {
    /// Writes to `cap` bytes at `buffer`, which may be NULL when `cap` is 0.
    ///
    /// # Safety
    /// `buffer` points to `cap` writable bytes that nobody else uses during `'a`.
    pub(crate) unsafe fn new(buffer: *mut c_char, cap: usize) -> Result<Self, quorate_status> {
        Ok(Self {
            // SAFETY: the caller's contract.
            buffer: unsafe { room(buffer.cast(), cap.min(isize::MAX as usize)) }?,
            length: 0,
        })
    }

    /// Ends the text and gives its whole length, without the NUL.
    pub(crate) fn finish(self) -> usize {
        if let Some(last) = self.buffer.len().checked_sub(1) {
            self.buffer[self.length.min(last)].write(0);
        }
        self.length
    }
}

impl fmt::Write for Text<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let free = self.buffer.len().saturating_sub(1).saturating_sub(self.length);
        for (place, &byte) in self
            .buffer
            .iter_mut()
            .skip(self.length)
            .zip(&text.as_bytes()[..free.min(text.len())])
        {
            place.write(byte);
        }
        self.length += text.len();
        Ok(())
    }
}

/// Writes what `value` displays; 0 if the buffer is not usable.
///
/// # Safety
/// As [`Text::new`].
pub(crate) unsafe fn text(value: &dyn fmt::Display, buffer: *mut c_char, cap: usize) -> usize {
    // SAFETY: the caller's contract.
    let Ok(mut out) = (unsafe { Text::new(buffer, cap) }) else {
        return 0;
    };
    // `Text` never refuses, and a value that does has written what it could.
    let _ = fmt::Write::write_fmt(&mut out, format_args!("{value}"));
    out.finish()
}

/// A growing buffer that commands are written to. Made once and cleared, it allocates nothing in the long run.
pub struct quorate_buffer {
    pub(crate) bytes: Vec<u8>,
}
handle!(quorate_buffer, b"Qbuffer\x01");

impl quorate_buffer {
    /// Refuses arguments that lie in the buffer itself, which may move while they are appended to it.
    pub(crate) fn check(&self, args: &[Checked]) -> Result<(), quorate_status> {
        let own = quorate_bytes::of(&self.bytes);
        if args.iter().any(|arg| arg.0.overlaps(own)) {
            return Err(QUORATE_ERR_INVALID_ARGUMENT);
        }
        Ok(())
    }
}

/// Makes an empty buffer. Free it with quorate_buffer_free.
#[unsafe(no_mangle)]
pub extern "C" fn quorate_buffer_new() -> *mut quorate_buffer {
    boundary::guard(|| quorate_buffer { bytes: Vec::new() }.open())
}

/// Frees the buffer and with it every view of its bytes. NULL is ignored.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_buffer_free(buffer: *mut quorate_buffer) {
    // SAFETY: the caller's contract, as the header says it.
    boundary::guard(|| unsafe { quorate_buffer::close(buffer) });
}

/// What was written since the last clear. The view is valid until the next call that changes the buffer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_buffer_bytes(
    buffer: *const quorate_buffer,
    out: *mut quorate_bytes,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let buffer = unsafe { quorate_buffer::get(buffer) }?;
        // SAFETY: the caller's contract.
        unsafe { put(out, quorate_bytes::of(&buffer.bytes)) }?;
        Ok(QUORATE_OK)
    })
}

/// Empties the buffer and keeps its memory for what is written next.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_buffer_clear(buffer: *mut quorate_buffer) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        unsafe { quorate_buffer::get_mut(buffer) }?.bytes.clear();
        Ok(QUORATE_OK)
    })
}
