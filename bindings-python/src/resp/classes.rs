//! The classes that are defined in Python, looked up once.

use pyo3::inspect::PyStaticExpr;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyList, PyType};
use pyo3::{type_hint_identifier, type_hint_subscript};
use quorate::resp;

use crate::data::comes_out;
use crate::error;

/// What the tape's values become where no built-in type fits.
pub(super) struct Classes {
    pub(super) pairs: Py<PyType>,
    pub(super) push: Py<PyType>,
    pub(super) verbatim: Py<PyType>,
    pub(super) verbatim_str: Py<PyType>,
    pub(super) attributed: Py<PyType>,
    pub(super) reply_error: Py<PyType>,
    pub(super) request: Py<PyType>,
    pub(super) limits: Py<PyType>,
    pub(super) request_limits: Py<PyType>,
    pub(super) need_more: Py<PyAny>,
    kind: Py<PyType>,
    token: Py<PyType>,
}

impl Classes {
    /// The classes. The first call imports their modules.
    #[inline]
    pub(super) fn get(py: Python<'_>) -> PyResult<&Self> {
        static CLASSES: PyOnceLock<Classes> = PyOnceLock::new();
        CLASSES.get_or_try_init(py, || {
            let values = py.import("quorate._values")?;
            let errors = py.import("quorate._errors")?;
            let class = |module: &Bound<'_, PyModule>, name| -> PyResult<Py<PyType>> {
                Ok(module.getattr(name)?.cast_into::<PyType>()?.unbind())
            };
            Ok(Self {
                pairs: class(&values, "Pairs")?,
                push: class(&values, "Push")?,
                verbatim: class(&values, "Verbatim")?,
                verbatim_str: class(&values, "VerbatimStr")?,
                attributed: class(&values, "Attributed")?,
                reply_error: class(&errors, "ReplyError")?,
                request: class(&values, "Request")?,
                limits: class(&values, "Limits")?,
                request_limits: class(&values, "RequestLimits")?,
                need_more: values.getattr("NEED_MORE")?.unbind(),
                kind: class(&values, "Kind")?,
                token: class(&values, "Token")?,
            })
        })
    }

    /// A `Token`.
    fn token<'py>(&self, py: Python<'py>, token: &resp::Token) -> PyResult<Bound<'py, PyAny>> {
        self.token.bind(py).call1((
            self.kind.bind(py).call1((token.kind.name(),))?,
            token.streamed,
            token.offset,
            token.depth,
            token.header,
            token.length,
            token.elements,
            token.size,
        ))
    }
}

/// Tokens as they come out: `list[Token]`.
pub(crate) struct Tokens<'py>(pub(super) Bound<'py, PyList>);

comes_out!(
    Tokens,
    PyList,
    type_hint_subscript!(
        type_hint_identifier!("builtins", "list"),
        type_hint_identifier!("quorate._values", "Token")
    )
);

impl<'py> Tokens<'py> {
    pub(super) fn of(py: Python<'py>, tokens: &[resp::Token]) -> PyResult<Self> {
        let classes = Classes::get(py)?;
        let tokens = tokens.iter().map(|token| classes.token(py, token));
        PyList::new(py, tokens.collect::<PyResult<Vec<_>>>()?).map(Self)
    }
}

/// A `Limits`, as it goes in and comes out.
pub(crate) struct Limits<'py>(Bound<'py, PyAny>);

/// A `RequestLimits`, as it goes in and comes out.
pub(crate) struct RequestLimits<'py>(Bound<'py, PyAny>);

impl Limits<'_> {
    pub(super) fn to_core(&self) -> PyResult<resp::Limits> {
        let py = self.0.py();
        let max_depth: Option<u64> = self.0.getattr(intern!(py, "max_depth"))?.extract()?;
        Ok(resp::Limits {
            // No reply that fits a memory is deeper than 32 bits can say.
            max_depth: max_depth.map(|depth| u32::try_from(depth).unwrap_or(u32::MAX)),
            max_bulk: self.0.getattr(intern!(py, "max_bulk"))?.extract()?,
            max_line: self.0.getattr(intern!(py, "max_line"))?.extract()?,
            max_elements: self.0.getattr(intern!(py, "max_elements"))?.extract()?,
            max_reply: self.0.getattr(intern!(py, "max_reply"))?.extract()?,
        })
    }
}

impl RequestLimits<'_> {
    pub(super) fn to_core(&self) -> PyResult<resp::RequestLimits> {
        let py = self.0.py();
        Ok(resp::RequestLimits {
            max_args: self.0.getattr(intern!(py, "max_args"))?.extract()?,
            max_bulk: self.0.getattr(intern!(py, "max_bulk"))?.extract()?,
            max_line: self.0.getattr(intern!(py, "max_line"))?.extract()?,
            authenticated: self.0.getattr(intern!(py, "authenticated"))?.extract()?,
        })
    }
}

/// Both directions of a class of `quorate._values` that Python code makes and Rust code reads.
macro_rules! settings {
    ($type:ident, $class:ident, $name:literal) => {
        impl<'py> $type<'py> {
            /// The given one, or the defaults.
            pub(super) fn or_default(py: Python<'py>, given: Option<Self>) -> PyResult<Self> {
                match given {
                    Some(given) => Ok(given),
                    None => Ok(Self(Classes::get(py)?.$class.bind(py).call0()?)),
                }
            }

            /// The object itself.
            pub(super) fn unbind(self) -> Py<PyAny> {
                self.0.unbind()
            }

            /// One that was kept.
            pub(super) fn of(object: &Py<PyAny>, py: Python<'py>) -> Self {
                Self(object.bind(py).clone())
            }
        }

        impl<'py> FromPyObject<'_, 'py> for $type<'py> {
            type Error = PyErr;

            const INPUT_TYPE: PyStaticExpr = type_hint_identifier!("quorate._values", $name);

            fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
                if object.is_instance(Classes::get(object.py())?.$class.bind(object.py()))? {
                    Ok(Self(object.to_owned()))
                } else {
                    Err(crate::data::not_bytes(&object, $name))
                }
            }
        }

        comes_out!($type, PyAny, type_hint_identifier!("quorate._values", $name));
    };
}

settings!(Limits, limits, "Limits");
settings!(RequestLimits, request_limits, "RequestLimits");

/// The error that a decoder is stuck in, as it comes out.
pub(crate) struct StickyError<'py>(Bound<'py, PyAny>);

impl<'py> StickyError<'py> {
    pub(super) fn of(py: Python<'py>, error: &resp::Error) -> Self {
        Self(error::protocol(error).into_value(py).into_bound(py).into_any())
    }
}

comes_out!(
    StickyError,
    PyAny,
    type_hint_identifier!("quorate._errors", "ProtocolError")
);
