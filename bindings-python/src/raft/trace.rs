//! Trace events as a word and a `dict` of fields. There are some sixty of them, so that what serde says of each is what is used.

use std::borrow::Cow;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use quorate::raft;

use super::snake_case;
use crate::object::{Style, object};

/// Variants in snake case. Contexts are the only bytes in any event.
const STYLE: Style = Style {
    variant: |name| Cow::Owned(snake_case(name)),
    bytes: Some("context"),
};

/// The event's name, and its fields.
pub(super) fn event<'py>(py: Python<'py>, event: &raft::Trace) -> PyResult<(String, Bound<'py, PyDict>)> {
    let object = object(py, event, STYLE)?;
    // A variant with fields is a `dict` of its name; one without is the name alone.
    match object.cast::<PyDict>() {
        Ok(dict) => match dict.iter().next() {
            Some((name, fields)) => Ok((name.extract()?, fields.cast_into::<PyDict>()?)),
            None => Err(PyValueError::new_err("an event without a name")),
        },
        Err(_) => Ok((object.extract()?, PyDict::new(py))),
    }
}
