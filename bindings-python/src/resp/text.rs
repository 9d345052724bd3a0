//! How strings become `str`.

use std::ffi::{CStr, CString, c_char};

use pyo3::exceptions::{PyLookupError, PyValueError};
use pyo3::prelude::*;
use pyo3::{ffi, intern};

/// A codec and its error handler.
pub(super) struct Text {
    codec: Codec,
    errors: CString,
}

enum Codec {
    Utf8,
    Other(CString),
}

impl Text {
    /// Looks both names up.
    ///
    /// # Errors
    /// `LookupError` for an unknown codec, one that gives no text, or an unknown error handler.
    pub(super) fn new(py: Python<'_>, encoding: &str, errors: &str) -> PyResult<Self> {
        let codecs = py.import("codecs")?;
        let codec = codecs.call_method1(intern!(py, "lookup"), (encoding,))?;
        let is_text = codec.getattr_opt(intern!(py, "_is_text_encoding"))?;
        if is_text.is_some_and(|is_text| !is_text.is_truthy().unwrap_or(true)) {
            return Err(PyLookupError::new_err(format!("{encoding:?} is not a text encoding")));
        }
        check_errors(py, errors)?;
        let name: String = codec.getattr(intern!(py, "name"))?.extract()?;
        Ok(Self {
            codec: if name == "utf-8" {
                Codec::Utf8
            } else {
                Codec::Other(c_string(&name)?)
            },
            errors: c_string(errors)?,
        })
    }

    /// A new `str`, or null with an exception set.
    #[inline]
    pub(super) fn decode(&self, _: Python<'_>, bytes: &[u8]) -> *mut ffi::PyObject {
        let (start, length) = (bytes.as_ptr().cast(), bytes.len() as ffi::Py_ssize_t);
        // SAFETY: `start` has `length` bytes, and the names end with a NUL.
        unsafe {
            match &self.codec {
                // CPython's decoder copies ASCII eight bytes at a time before it looks further.
                Codec::Utf8 => ffi::PyUnicode_DecodeUTF8(start, length, self.errors.as_ptr()),
                Codec::Other(name) => ffi::PyUnicode_Decode(start, length, name.as_ptr(), self.errors.as_ptr()),
            }
        }
    }
}

/// # Errors
/// `LookupError` for an unknown error handler.
pub(super) fn check_errors(py: Python<'_>, errors: &str) -> PyResult<()> {
    py.import("codecs")?
        .call_method1(intern!(py, "lookup_error"), (errors,))
        .map(drop)
}

fn c_string(name: &str) -> PyResult<CString> {
    CString::new(name).map_err(|_| PyValueError::new_err("embedded null character"))
}

/// A new `str` of bytes that are most often UTF-8; others stand as lone surrogates, so that nothing is lost (PEP 383).
pub(super) fn escaped(_: Python<'_>, bytes: &[u8]) -> *mut ffi::PyObject {
    const HANDLER: &CStr = c"surrogateescape";
    // SAFETY: as in `decode`.
    unsafe {
        ffi::PyUnicode_DecodeUTF8(
            bytes.as_ptr().cast::<c_char>(),
            bytes.len() as ffi::Py_ssize_t,
            HANDLER.as_ptr(),
        )
    }
}
