//! Opaque handles: boxes that C holds by pointer, each recognised by the number that it begins with.

use crate::error::quorate_status::{self, QUORATE_ERR_CLOSED, QUORATE_ERR_NULL};

/// What C holds by pointer. The number is first in all of them, so that it can be read whichever of them a pointer is to.
#[repr(C)]
struct Held<T> {
    magic: u64,
    value: T,
}

/// A boxed value that C holds by pointer. The pointer is to the [`Held`] around it, and C sees none of it.
pub(crate) trait Handle: Sized {
    /// Stands in every live handle of this type, and of no other.
    const MAGIC: u64;

    /// Hands the value over to C.
    fn open(self) -> *mut Self {
        let held = Held {
            magic: Self::MAGIC,
            value: self,
        };
        Box::into_raw(Box::new(held)).cast()
    }

    /// Whether `this` may be used as a handle of this type.
    ///
    /// # Safety
    /// `this` is NULL or points to eight readable bytes or more.
    #[inline]
    unsafe fn check(this: *const Self) -> Result<(), quorate_status> {
        let held = this.cast::<Held<Self>>();
        if held.is_null() {
            return Err(QUORATE_ERR_NULL);
        }
        // SAFETY: readable by the caller's contract; aligned, as is checked first. Volatile, because the memory may have been
        // freed by mistake, and the compiler must not conclude from the other uses of the handle that it was not.
        if !held.is_aligned() || unsafe { held.cast::<u64>().read_volatile() } != Self::MAGIC {
            return Err(QUORATE_ERR_CLOSED);
        }
        Ok(())
    }

    /// Borrows the handle.
    ///
    /// # Safety
    /// As [`check`](Self::check); a live handle is not used by another thread at the same time.
    #[inline]
    unsafe fn get<'a>(this: *const Self) -> Result<&'a Self, quorate_status> {
        // SAFETY: the caller's contract.
        unsafe { Self::check(this) }?;
        // SAFETY: the number is that of a live handle, which `open` made from a box.
        Ok(unsafe { &(*this.cast::<Held<Self>>()).value })
    }

    /// Borrows the handle to change it.
    ///
    /// # Safety
    /// As [`get`](Self::get).
    #[inline]
    unsafe fn get_mut<'a>(this: *mut Self) -> Result<&'a mut Self, quorate_status> {
        // SAFETY: the caller's contract.
        unsafe { Self::check(this) }?;
        // SAFETY: as in `get`, and nobody else uses the handle now.
        Ok(unsafe { &mut (*this.cast::<Held<Self>>()).value })
    }

    /// Frees the handle; NULL, and what is not a live handle of this type, is left alone.
    ///
    /// # Safety
    /// As [`get`](Self::get).
    unsafe fn close(this: *mut Self) {
        // SAFETY: the caller's contract.
        if unsafe { Self::check(this) }.is_ok() {
            let held = this.cast::<Held<Self>>();
            // SAFETY: live, so the place is writable. Volatile, so that the number is really gone from memory that is freed next.
            unsafe { held.cast::<u64>().write_volatile(!Self::MAGIC) };
            // SAFETY: made by `open`, and closed once, as the number has just told.
            drop(unsafe { Box::from_raw(held) });
        }
    }
}

/// Implements [`Handle`] for a type, by a number of its own.
macro_rules! handle {
    ($type:ty, $magic:expr) => {
        impl crate::handle::Handle for $type {
            const MAGIC: u64 = u64::from_le_bytes(*$magic);
        }
    };
}
pub(crate) use handle;

/// The place that an out-parameter points to.
///
/// # Safety
/// `out` is NULL or points to writable memory for a `T`.
#[inline]
pub(crate) unsafe fn put<T>(out: *mut T, value: T) -> Result<(), quorate_status> {
    if out.is_null() {
        return Err(QUORATE_ERR_NULL);
    }
    // SAFETY: writable by the caller's contract. What stood there may be uninitialised, so it is not dropped.
    unsafe { out.write(value) };
    Ok(())
}
