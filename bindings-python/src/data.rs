//! Bytes that come in: anything with a buffer, or `str` as UTF-8.

use std::ffi::c_char;
use std::slice;

use pyo3::buffer::PyBuffer;
use pyo3::exceptions::PyTypeError;
use pyo3::inspect::PyStaticExpr;
use pyo3::prelude::*;
use pyo3::{ffi, type_hint_identifier, type_hint_subscript, type_hint_union};

/// Bytes of an argument, borrowed from it for the length of the call.
pub(crate) enum Data<'a> {
    /// Of an object that cannot change and that the caller keeps alive: `bytes`, `str`.
    Fixed(&'a [u8]),
    /// Of any other, held by its buffer protocol so that it is neither moved nor freed.
    Held(Held),
}

/// A buffer that is released when dropped.
pub(crate) struct Held(Box<ffi::Py_buffer>);

impl Data<'_> {
    /// The bytes.
    #[inline]
    pub(crate) fn as_slice(&self) -> &[u8] {
        match self {
            Self::Fixed(bytes) => bytes,
            Self::Held(held) => held.as_slice(),
        }
    }
}

impl Held {
    fn as_slice(&self) -> &[u8] {
        let length = usize::try_from(self.0.len).unwrap_or(0);
        if length == 0 {
            return &[];
        }
        // SAFETY: the exporter keeps `buf` readable for `len` bytes until the release in `drop`. Python code that writes to it
        // from another thread meanwhile can change which bytes are read, as with every reader of the buffer protocol; nothing
        // that is read is trusted to be the same when read again.
        unsafe { slice::from_raw_parts(self.0.buf.cast::<u8>(), length) }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        // SAFETY: `get` filled it, and it is made and dropped inside one call from Python, attached.
        unsafe { ffi::PyBuffer_Release(&mut *self.0) }
    }
}

impl<'a, 'py> Data<'a> {
    /// The bytes of `object`, or `None` where it has no bytes to give; then no exception is set.
    #[inline]
    pub(crate) fn get(object: Borrowed<'a, 'py, PyAny>) -> PyResult<Option<Self>> {
        if let Some(bytes) = fixed(object)? {
            return Ok(Some(Self::Fixed(bytes)));
        }
        let pointer = object.as_ptr();
        // SAFETY: a live object; the buffer is released when `Held` is dropped.
        unsafe {
            if ffi::PyObject_CheckBuffer(pointer) == 0 {
                return Ok(None);
            }
            let mut buffer = Box::new(ffi::Py_buffer::new());
            if ffi::PyObject_GetBuffer(pointer, &mut *buffer, ffi::PyBUF_SIMPLE) != 0 {
                return Err(PyErr::fetch(object.py()));
            }
            Ok(Some(Self::Held(Held(buffer))))
        }
    }
}

/// The bytes of an object that cannot change, or `None` for any other.
///
/// # Errors
/// `UnicodeEncodeError` for a `str` with lone surrogates, which has no UTF-8.
#[inline(always)]
pub(crate) fn fixed<'a>(object: Borrowed<'a, '_, PyAny>) -> PyResult<Option<&'a [u8]>> {
    let pointer = object.as_ptr();
    let mut length: ffi::Py_ssize_t = 0;
    // SAFETY: `pointer` is a live object for 'a, and of the type that each call wants. Neither `bytes` nor the UTF-8 that a
    // `str` caches ever changes or moves while the object lives. A length of an object is never negative.
    unsafe {
        let class = ffi::Py_TYPE(pointer);
        let start: *const c_char = if class == &raw mut ffi::PyBytes_Type {
            length = ffi::PyBytes_Size(pointer);
            ffi::PyBytes_AsString(pointer)
        } else if class == &raw mut ffi::PyUnicode_Type || ffi::PyUnicode_Check(pointer) != 0 {
            ffi::PyUnicode_AsUTF8AndSize(pointer, &mut length)
        } else {
            return Ok(None);
        };
        if start.is_null() {
            return Err(PyErr::fetch(object.py()));
        }
        Ok(Some(slice::from_raw_parts(start.cast(), length as usize)))
    }
}

const BUFFER: PyStaticExpr = <PyBuffer<u8> as FromPyObject<'static, 'static>>::INPUT_TYPE;
const DATA: PyStaticExpr = type_hint_union!(BUFFER, type_hint_identifier!("builtins", "str"));

impl<'a, 'py> FromPyObject<'a, 'py> for Data<'a> {
    type Error = PyErr;

    const INPUT_TYPE: PyStaticExpr = DATA;

    #[inline]
    fn extract(object: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        Self::get(object)?.ok_or_else(|| not_bytes(&object, "bytes-like or str"))
    }
}

/// The `TypeError` for an object that is not what was `expected`.
#[cold]
pub(crate) fn not_bytes(object: &Bound<'_, PyAny>, expected: &str) -> PyErr {
    match object.get_type().qualname() {
        Ok(name) => PyTypeError::new_err(format!("expected {expected}, found {name}")),
        Err(error) => error,
    }
}

/// Keys, as any iterable gives them.
pub(crate) struct Keys<'py>(pub(crate) Bound<'py, PyAny>);

impl<'py> FromPyObject<'_, 'py> for Keys<'py> {
    type Error = PyErr;

    const INPUT_TYPE: PyStaticExpr = type_hint_subscript!(type_hint_identifier!("collections.abc", "Iterable"), DATA);

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        // One string is an iterable of strings too, and never what was meant.
        if Data::get(object)?.is_some() {
            return Err(PyTypeError::new_err("expected an iterable of keys, found one key"));
        }
        Ok(Self(object.to_owned()))
    }
}

impl<'py> Keys<'py> {
    /// The keys as a sequence that nobody else can change.
    pub(crate) fn to_tuple(&self) -> PyResult<Bound<'py, pyo3::types::PyTuple>> {
        // SAFETY: any object may be given, and a new tuple or an error comes back.
        unsafe {
            Bound::from_owned_ptr_or_err(self.0.py(), ffi::PySequence_Tuple(self.0.as_ptr()))
                .map(|tuple| tuple.cast_into_unchecked())
        }
    }
}

/// For a wrapper of an object that goes out: it says in the stub what the object's Rust type cannot.
macro_rules! comes_out {
    ($type:ident, $target:ty, $hint:expr) => {
        impl<'py> IntoPyObject<'py> for $type<'py> {
            type Target = $target;
            type Output = Bound<'py, $target>;
            type Error = std::convert::Infallible;

            const OUTPUT_TYPE: PyStaticExpr = $hint;

            fn into_pyobject(self, _: Python<'py>) -> Result<Self::Output, Self::Error> {
                Ok(self.0)
            }
        }
    };
}
pub(crate) use comes_out;

/// For a wrapper of a core's value: how it becomes an object of the class of that name in that module.
macro_rules! made_in_python {
    ($type:ident($core:ty), $module:literal, $class:literal, |$py:ident, $value:ident| $build:expr) => {
        impl<'py> IntoPyObject<'py> for $type {
            type Target = PyAny;
            type Output = Bound<'py, PyAny>;
            type Error = PyErr;

            const OUTPUT_TYPE: PyStaticExpr = type_hint_identifier!($module, $class);

            fn into_pyobject(self, $py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
                let $value: $core = self.0;
                $build
            }
        }
    };
}
pub(crate) use made_in_python;

/// For a wrapper of a core's value: how it is read from an object of the class of that name in that module.
macro_rules! read_from_python {
    ($type:ident, $module:literal, $class:literal, |$object:ident| $read:expr) => {
        impl FromPyObject<'_, '_> for $type {
            type Error = PyErr;

            const INPUT_TYPE: PyStaticExpr = type_hint_identifier!($module, $class);

            fn extract($object: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
                let class = $object.py().import($module)?.getattr($class)?;
                if !$object.is_instance(&class)? {
                    return Err(crate::data::not_bytes(&$object, $class));
                }
                Ok(Self($read))
            }
        }
    };
}
pub(crate) use read_from_python;

/// An enum's value in Python's words, the other way round.
pub(crate) fn word<T: Copy>(object: &Bound<'_, PyAny>, class: &str, words: &[(&str, T)]) -> PyResult<T> {
    let word = object
        .extract::<std::borrow::Cow<'_, str>>()
        .map_err(|_| not_bytes(object, class))?;
    let found = words.iter().find(|(known, _)| *known == word);
    found
        .map(|&(_, value)| value)
        .ok_or_else(|| pyo3::exceptions::PyValueError::new_err(format!("expected a {class}, found {word:?}")))
}
