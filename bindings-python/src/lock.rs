//! The lock around a machine that Python code shares between threads.

use std::cell::Cell;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::sync::MutexExt;

/// A value that one thread uses at a time. Others wait, detached from the interpreter.
///
/// A call that comes from inside another on the same thread (a finalizer, a codec's error handler, a signal handler) would
/// wait for itself forever; it gets a `RuntimeError`.
pub(crate) struct Lock<T> {
    value: Mutex<T>,
    /// The thread that holds the lock, by [`this_thread`], or 0.
    owner: AtomicUsize,
}

impl<T> Lock<T> {
    pub(crate) fn new(value: T) -> Self {
        Self {
            value: Mutex::new(value),
            owner: AtomicUsize::new(0),
        }
    }

    /// Waits for the value.
    ///
    /// # Errors
    /// `RuntimeError` if this thread is using it already.
    #[inline]
    pub(crate) fn lock(&self, py: Python<'_>) -> PyResult<Locked<'_, T>> {
        let this = this_thread();
        // Only this thread writes its own number, so the order of other threads' writes does not matter.
        if self.owner.load(Ordering::Relaxed) == this {
            return Err(PyRuntimeError::new_err(
                "this object is in use by a call that has not returned yet",
            ));
        }
        // What a panic left behind is still a valid value: the core leaves its state as it was or says why not.
        let value = self.value.lock_py_attached(py).unwrap_or_else(PoisonError::into_inner);
        self.owner.store(this, Ordering::Relaxed);
        Ok(Locked {
            value,
            owner: &self.owner,
        })
    }
}

/// The value, until dropped.
pub(crate) struct Locked<'a, T> {
    value: MutexGuard<'a, T>,
    owner: &'a AtomicUsize,
}

impl<T> Deref for Locked<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> DerefMut for Locked<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        &mut self.value
    }
}

impl<T> Drop for Locked<'_, T> {
    #[inline]
    fn drop(&mut self) {
        // Before the lock itself is given up, which happens when the fields are dropped.
        self.owner.store(0, Ordering::Relaxed);
    }
}

/// A number that no other living thread has.
#[inline]
fn this_thread() -> usize {
    thread_local! { static MARK: Cell<u8> = const { Cell::new(0) } }
    MARK.with(|mark| mark as *const Cell<u8> as usize)
}
