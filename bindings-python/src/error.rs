//! The core's errors as the exceptions of `quorate._errors`. They are defined in Python, so that users can import them.

use pyo3::prelude::*;
use quorate::{cluster, resp};

pyo3::import_exception!(quorate._errors, ProtocolError);
pyo3::import_exception!(quorate._errors, RequestError);
pyo3::import_exception!(quorate._errors, EncodeError);
pyo3::import_exception!(quorate._errors, CommitError);
pyo3::import_exception!(quorate._errors, PrefixError);
pyo3::import_exception!(quorate._errors, UnbalancedQuotes);
pyo3::import_exception!(quorate._errors, UnknownSlot);

#[cold]
pub(crate) fn protocol(error: &resp::Error) -> PyErr {
    ProtocolError::new_err((
        error.to_string(),
        error.code(),
        error.offset,
        error.expected(),
        error.found(),
    ))
}

#[cold]
pub(crate) fn request(error: &resp::RequestError) -> PyErr {
    RequestError::new_err((error.to_string(), error.code(), error.offset))
}

#[cold]
pub(crate) fn encode(error: resp::EncodeError) -> PyErr {
    EncodeError::new_err((error.to_string(), error.code()))
}

#[cold]
pub(crate) fn commit(error: resp::CommitError) -> PyErr {
    CommitError::new_err((error.to_string(), error.code()))
}

#[cold]
pub(crate) fn prefix(error: resp::PrefixError) -> PyErr {
    PrefixError::new_err((error.to_string(), error.code()))
}

#[cold]
pub(crate) fn unbalanced_quotes(error: resp::UnbalancedQuotes) -> PyErr {
    UnbalancedQuotes::new_err((error.to_string(), error.code()))
}

#[cold]
pub(crate) fn unknown_slot(error: cluster::UnknownSlot) -> PyErr {
    UnknownSlot::new_err((error.to_string(), error.code()))
}
