//! Trace events as a word and a `dict` of fields. There are some sixty of them, so that what serde says of each is what is used.

use pyo3::prelude::*;
use pyo3::types::PyDict;
use quorate::raft;

use crate::object::{self, Style};

/// Contexts are the only bytes in any event.
const STYLE: Style = Style {
    bytes: Some("context"),
    ..Style::SNAKE
};

/// The event's name, and its fields.
pub(super) fn event<'py>(py: Python<'py>, event: &raft::Trace) -> PyResult<(String, Bound<'py, PyDict>)> {
    object::event(py, event, STYLE)
}
