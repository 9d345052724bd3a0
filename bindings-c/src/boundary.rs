//! The border that no panic crosses.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::error::quorate_status;

/// What a function returns when its body panicked.
pub(crate) trait OnPanic {
    /// The answer that means failure.
    fn on_panic() -> Self;
}

impl OnPanic for quorate_status {
    fn on_panic() -> Self {
        quorate_status::QUORATE_ERR_PANIC
    }
}

impl OnPanic for i32 {
    fn on_panic() -> Self {
        quorate_status::QUORATE_ERR_PANIC as i32
    }
}

impl<T> OnPanic for *mut T {
    fn on_panic() -> Self {
        core::ptr::null_mut()
    }
}

impl<T> OnPanic for *const T {
    fn on_panic() -> Self {
        core::ptr::null()
    }
}

macro_rules! on_panic_default {
    ($($type:ty),*) => { $(impl OnPanic for $type { fn on_panic() -> Self { <$type>::default() } })* };
}
on_panic_default!((), bool, usize, u32, u64);

/// Runs the body of an exported function; a panic in it becomes the answer that means failure.
///
/// Handles are plain values of safe Rust, so what a panic leaves behind is at worst a wrong state, never broken memory; the
/// header says that such a handle may only be freed.
#[inline]
pub(crate) fn guard<T: OnPanic>(body: impl FnOnce() -> T) -> T {
    catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|_| T::on_panic())
}

/// [`guard`] for bodies that leave early with `?`.
#[inline]
pub(crate) fn status(body: impl FnOnce() -> Result<quorate_status, quorate_status>) -> quorate_status {
    guard(|| body().unwrap_or_else(|error| error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_an_answer() {
        assert_eq!(
            guard::<quorate_status>(|| panic!("on purpose")),
            quorate_status::QUORATE_ERR_PANIC
        );
        assert_eq!(status(|| panic!("on purpose")), quorate_status::QUORATE_ERR_PANIC);
        assert_eq!(guard::<i32>(|| panic!("on purpose")), -2);
        assert_eq!(guard::<usize>(|| panic!("on purpose")), 0);
        assert!(guard::<*mut u8>(|| panic!("on purpose")).is_null());
        assert!(guard::<*const u8>(|| panic!("on purpose")).is_null());
    }
}
