//! The lock around a machine that Python code shares between threads.

use std::cell::{Cell, UnsafeCell};
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;

/// A value that one thread uses at a time. Others wait, detached from the interpreter.
///
/// It costs a third of a `std::sync::Mutex` when nobody else wants it, which is nearly always and at every call: a decoder
/// belongs to a connection, and under a global interpreter lock another thread finds it in use only if that was given up in
/// the middle of a call. And it knows who holds it: a call that comes from inside another on the same thread (a finalizer, a
/// codec's error handler, a signal handler) would wait for itself forever; it gets a `RuntimeError`.
pub(crate) struct Lock<T> {
    /// The thread that holds the lock, by [`this_thread`], or 0.
    owner: AtomicUsize,
    value: UnsafeCell<T>,
}

// SAFETY: the value is reached through a `Locked` only, of which one exists at a time.
unsafe impl<T: Send> Sync for Lock<T> {}

impl<T> Lock<T> {
    pub(crate) fn new(value: T) -> Self {
        Self {
            owner: AtomicUsize::new(0),
            value: UnsafeCell::new(value),
        }
    }

    /// Waits for the value.
    ///
    /// # Errors
    /// `RuntimeError` if this thread is using it already.
    #[inline(always)]
    pub(crate) fn lock(&self, py: Python<'_>) -> PyResult<Locked<'_, T>> {
        let this = this_thread();
        if let Err(owner) = try_take(&self.owner, this) {
            wait(py, &self.owner, this, owner)?;
        }
        Ok(Locked(self))
    }
}

#[inline(always)]
fn try_take(owner: &AtomicUsize, this: usize) -> Result<usize, usize> {
    owner.compare_exchange(0, this, Ordering::Acquire, Ordering::Relaxed)
}

#[cold]
fn wait(py: Python<'_>, owner: &AtomicUsize, this: usize, holder: usize) -> PyResult<()> {
    if holder == this {
        return Err(PyRuntimeError::new_err(
            "this object is in use by a call that has not returned yet",
        ));
    }
    py.detach(|| {
        // The holder is a call that does no IO, so it is soon done, unless it waits for a processor itself.
        let mut pause = Duration::from_micros(1);
        while try_take(owner, this).is_err() {
            thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(1));
        }
    });
    Ok(())
}

/// The value, until dropped.
pub(crate) struct Locked<'a, T>(&'a Lock<T>);

impl<T> Deref for Locked<'_, T> {
    type Target = T;

    #[inline(always)]
    fn deref(&self) -> &T {
        // SAFETY: this thread holds the lock, and gives out one `Locked`.
        unsafe { &*self.0.value.get() }
    }
}

impl<T> DerefMut for Locked<'_, T> {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: likewise.
        unsafe { &mut *self.0.value.get() }
    }
}

impl<T> Drop for Locked<'_, T> {
    #[inline(always)]
    fn drop(&mut self) {
        self.0.owner.store(0, Ordering::Release);
    }
}

/// A number that no other living thread has.
#[inline(always)]
fn this_thread() -> usize {
    thread_local! { static MARK: Cell<u8> = const { Cell::new(0) } }
    MARK.with(|mark| mark as *const Cell<u8> as usize)
}
