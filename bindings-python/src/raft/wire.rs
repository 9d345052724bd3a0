//! Hard states, snapshots and changes of membership as `raftpb` bytes, for the methods of their classes in `quorate._raft`.

use pyo3::buffer::PyBuffer;
use pyo3::inspect::PyStaticExpr;
use pyo3::prelude::*;
use pyo3::type_hint_identifier;
use pyo3::types::PyBytes;
use quorate::raft::wire;

use super::classes::{Classes, comes_out, word};
use super::message::{ConfChange, ConfChangeV1, HardState, Snapshot};
use crate::data::Data;
use crate::error;

fn dialect(number: usize) -> Option<wire::Dialect> {
    [wire::Dialect::Etcd, wire::Dialect::RaftRs].get(number).copied()
}

word!(
    Dialect(wire::Dialect),
    dialects,
    "Dialect",
    |value| value as usize,
    dialect
);

/// Anything with a buffer. Text is no protocol buffer.
pub(crate) struct Bytes<'a>(pub(crate) Data<'a>);

impl<'a, 'py> FromPyObject<'a, 'py> for Bytes<'a> {
    type Error = PyErr;

    const INPUT_TYPE: PyStaticExpr = <PyBuffer<u8> as FromPyObject<'static, 'static>>::INPUT_TYPE;

    fn extract(object: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        if object.is_instance_of::<pyo3::types::PyString>() {
            return Err(crate::data::not_bytes(&object, "bytes-like"));
        }
        Data::get(object)?
            .map(Self)
            .ok_or_else(|| crate::data::not_bytes(&object, "bytes-like"))
    }
}

/// What `HardState.encode` does.
#[pyfunction]
pub(crate) fn encode_hard_state<'py>(py: Python<'py>, state: HardState) -> Bound<'py, PyBytes> {
    PyBytes::new(py, &wire::encode_hard_state(&state.0))
}

/// What `HardState.decode` does.
#[pyfunction]
pub(crate) fn decode_hard_state(data: Bytes<'_>) -> PyResult<HardState> {
    wire::decode_hard_state(data.0.as_slice())
        .map(HardState)
        .map_err(error::wire)
}

/// What `Snapshot.encode` does.
#[pyfunction]
pub(crate) fn encode_snapshot<'py>(py: Python<'py>, snapshot: Snapshot) -> Bound<'py, PyBytes> {
    PyBytes::new(py, &wire::encode_snapshot(&snapshot.0))
}

/// What `Snapshot.decode` does.
#[pyfunction]
pub(crate) fn decode_snapshot(data: Bytes<'_>) -> PyResult<Snapshot> {
    wire::decode_snapshot(data.0.as_slice())
        .map(Snapshot)
        .map_err(error::wire)
}

/// What `ConfChange.encode` does.
#[pyfunction]
pub(crate) fn encode_conf_change<'py>(py: Python<'py>, change: ConfChange) -> Bound<'py, PyBytes> {
    PyBytes::new(py, &wire::encode_change_v2(&change.0))
}

/// What `ConfChange.decode` does.
#[pyfunction]
pub(crate) fn decode_conf_change(data: Bytes<'_>) -> PyResult<ConfChange> {
    wire::decode_change_v2(data.0.as_slice())
        .map(ConfChange)
        .map_err(error::wire)
}

/// What `ConfChangeV1.encode` does.
#[pyfunction]
pub(crate) fn encode_conf_change_v1<'py>(py: Python<'py>, change: ConfChangeV1) -> Bound<'py, PyBytes> {
    PyBytes::new(py, &wire::encode_change_v1(&change.0))
}

/// What `ConfChangeV1.decode` does.
#[pyfunction]
pub(crate) fn decode_conf_change_v1(data: Bytes<'_>) -> PyResult<ConfChangeV1> {
    wire::decode_change_v1(data.0.as_slice())
        .map(ConfChangeV1)
        .map_err(error::wire)
}
