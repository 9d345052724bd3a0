//! Machines as bytes: a line that says what it is and what it must hash to, then JSON.

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyType};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{ReplicationError, SentinelError};
use crate::raft::wire::Bytes;

/// A function, and what to call it with to have the machine again.
pub(crate) type Pickled<'py> = (Bound<'py, PyAny>, (Bound<'py, PyType>, Bound<'py, PyBytes>));

pub(crate) fn write<'py>(
    py: Python<'py>,
    kind: &str,
    hash: u64,
    machine: &impl Serialize,
) -> PyResult<Bound<'py, PyBytes>> {
    let mut bytes = header(kind, hash).into_bytes();
    serde_json::to_writer(&mut bytes, machine)
        .map_err(|failed| pyo3::exceptions::PyValueError::new_err(failed.to_string()))?;
    Ok(PyBytes::new(py, &bytes))
}

/// Reads what `write` wrote. What does not hash to what it must is refused: places in it might lead nowhere.
pub(crate) fn read<M: DeserializeOwned>(state: &Bytes<'_>, kind: &str, hash: fn(&M) -> u64) -> PyResult<M> {
    let bytes = state.0.as_slice();
    let refused = |expected: &str| {
        let what = (format!("expected {expected}"), "invalid_state");
        match kind {
            "server" | "ledger" => ReplicationError::new_err(what),
            _ => SentinelError::new_err(what),
        }
    };
    let end = bytes.iter().position(|&byte| byte == b'\n').map(|end| end + 1);
    let (head, body) = bytes.split_at(end.unwrap_or(0));
    if !head.starts_with(prefix(kind).as_bytes()) {
        return Err(refused(&format!(
            "the state of a {kind} of this version of the package"
        )));
    }
    let machine: M = serde_json::from_slice(body).map_err(|failed| refused(&format!("a whole state: {failed}")))?;
    if header(kind, hash(&machine)).as_bytes() != head {
        return Err(refused("a state that hashes to what it says"));
    }
    Ok(machine)
}

pub(crate) fn pickled<'py>(class: Bound<'py, PyType>, state: Bound<'py, PyBytes>) -> PyResult<Pickled<'py>> {
    let again = class.py().import("quorate._raft")?.getattr("again")?;
    Ok((again, (class, state)))
}

fn prefix(kind: &str) -> String {
    format!("quorate {} {kind} ", env!("CARGO_PKG_VERSION"))
}

fn header(kind: &str, hash: u64) -> String {
    format!("{}{hash:016x}\n", prefix(kind))
}
