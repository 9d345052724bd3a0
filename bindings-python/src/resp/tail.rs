//! The writable end of a decoder's input, lent to Python code as a `memoryview`.

use std::ffi::c_int;
use std::sync::Arc;
use std::sync::atomic::{AtomicIsize, Ordering};

use pyo3::exceptions::{PyBufferError, PyMemoryError};
use pyo3::prelude::*;
use pyo3::types::{PyMemoryView, PyWeakrefMethods, PyWeakrefReference};
use pyo3::{PyTraverseError, PyVisit, ffi, intern};
use quorate::resp;

use crate::error;

/// What a decoder knows of the memory that it has lent. While any of it is in use, the decoder touches none of its input.
pub(super) struct Loan {
    uses: Arc<Uses>,
    view: Py<PyWeakrefReference>,
    length: usize,
}

impl Loan {
    /// Lends `memory`, which stays where it is until the loan is over because its owner asks [`Loan::end`] or
    /// [`Loan::check_over`] before it does anything else with it.
    pub(super) fn new<'py>(owner: Bound<'py, PyAny>, memory: &mut [u8]) -> PyResult<(Self, Bound<'py, PyMemoryView>)> {
        let py = owner.py();
        let uses = Arc::new(Uses(AtomicIsize::new(0)));
        let tail = Bound::new(
            py,
            Tail {
                start: Start(memory.as_mut_ptr()),
                length: memory.len(),
                uses: Arc::clone(&uses),
                owner: owner.unbind(),
            },
        )?;
        let view = PyMemoryView::from(&tail)?;
        let loan = Self {
            uses,
            // Not a strong reference: the view keeps its owner alive, and the owner keeps this.
            view: PyWeakrefReference::new(&view)?.unbind(),
            length: memory.len(),
        };
        Ok((loan, view))
    }

    /// Ends a loan that nobody uses any more.
    ///
    /// # Errors
    /// `BufferError` while someone does.
    #[inline]
    pub(super) fn check_over(loan: &mut Option<Self>) -> PyResult<()> {
        if let Some(lent) = loan {
            if !lent.uses.close() {
                return Err(in_use());
            }
            *loan = None;
        }
        Ok(())
    }

    /// Ends the loan and has `commit` take in the first `n` bytes of it.
    ///
    /// # Errors
    /// `CommitError` if `n` is more than was lent, `BufferError` if another view of the memory is in use; the loan goes on.
    pub(super) fn commit(
        loan: &mut Option<Self>,
        py: Python<'_>,
        n: usize,
        commit: impl FnOnce() -> Result<(), resp::CommitError>,
    ) -> PyResult<()> {
        let reserved = loan.as_ref().map_or(0, |lent| lent.length);
        if n > reserved {
            return Err(error::commit(resp::CommitError { committed: n, reserved }));
        }
        if let Some(lent) = loan {
            lent.end(py)?;
            *loan = None;
            commit().map_err(error::commit)?;
        }
        Ok(())
    }

    /// Releases the view that was given out, so that the memory cannot be written to any more.
    ///
    /// # Errors
    /// `BufferError` if someone else uses it: another view made from that one, or a call that is writing to it.
    pub(super) fn end(&self, py: Python<'_>) -> PyResult<()> {
        if let Some(view) = self.view.bind(py).upgrade() {
            view.call_method0(intern!(py, "release"))?;
        }
        if self.uses.close() { Ok(()) } else { Err(in_use()) }
    }
}

/// The `BufferError` of a call that would move memory that is lent.
#[cold]
fn in_use() -> PyErr {
    PyBufferError::new_err("the buffer from reserve() is still in use: commit() or release it first")
}

/// How many views use a memory, or -1 once it may not be used any more.
struct Uses(AtomicIsize);

impl Uses {
    fn open(&self) -> bool {
        self.0
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, |uses| {
                (uses >= 0).then_some(uses + 1)
            })
            .is_ok()
    }

    fn release(&self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }

    fn close(&self) -> bool {
        self.0
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, |uses| (uses <= 0).then_some(-1))
            .is_ok()
    }
}

/// What a view is a view of.
#[pyclass(frozen, module = "quorate.resp", name = "_Tail")]
struct Tail {
    start: Start,
    length: usize,
    uses: Arc<Uses>,
    /// Keeps the memory alive.
    owner: Py<PyAny>,
}

struct Start(*mut u8);

// SAFETY: `Tail` only hands the pointer to the buffer protocol, whose users answer for their own threads.
unsafe impl Send for Start {}
// SAFETY: likewise.
unsafe impl Sync for Start {}

#[pymethods]
impl Tail {
    unsafe fn __getbuffer__(slf: Bound<'_, Self>, view: *mut ffi::Py_buffer, flags: c_int) -> PyResult<()> {
        let this = slf.get();
        if !this.uses.open() {
            return Err(PyBufferError::new_err(
                "the buffer from reserve() was committed or given up",
            ));
        }
        // SAFETY: the memory is valid for `length` bytes: its owner lives as long as `slf`, which the view holds, and leaves
        // it alone while `uses` is not closed.
        let filled = unsafe {
            ffi::PyBuffer_FillInfo(
                view,
                slf.as_ptr(),
                this.start.0.cast(),
                this.length as ffi::Py_ssize_t,
                0,
                flags,
            )
        };
        if filled == 0 {
            Ok(())
        } else {
            this.uses.release();
            Err(PyErr::fetch(slf.py()))
        }
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.owner)
    }

    unsafe fn __releasebuffer__(&self, _view: *mut ffi::Py_buffer) {
        self.uses.release();
    }
}

/// Refuses a size that memory cannot be had for, which would otherwise end the process.
///
/// # Errors
/// `MemoryError`.
pub(super) fn check_size(size: usize) -> PyResult<()> {
    const SURELY_FINE: usize = 1 << 20;
    if size > SURELY_FINE && Vec::<u8>::new().try_reserve_exact(size).is_err() {
        return Err(PyMemoryError::new_err(format!("cannot reserve {size} bytes")));
    }
    Ok(())
}
