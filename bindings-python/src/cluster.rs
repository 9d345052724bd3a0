//! `quorate.cluster`: keys and slots.

use pyo3::inspect::PyStaticExpr;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyInt, PyList, PyTuple};
use pyo3::{ffi, type_hint_identifier, type_hint_subscript};
use quorate::cluster;

use crate::data::{Data, Keys, comes_out};
use crate::error;

/// The bytes of a key that are hashed: what stands between the first `{` and the next `}` if that is not empty, else all.
///
/// >>> from quorate.cluster import hash_tag
/// >>> hash_tag("{user:1000}.following"), hash_tag("foo{}bar")
/// (b'user:1000', b'foo{}bar')
#[pyfunction]
pub(crate) fn hash_tag<'py>(py: Python<'py>, key: Data<'_>) -> Bound<'py, PyBytes> {
    PyBytes::new(py, cluster::hash_tag(key.as_slice()))
}

/// The slot of a key, 0 to 16,383: the CRC16 of its hash tag, modulo 16,384. Linear in the bytes hashed.
///
/// >>> from quorate.cluster import key_slot
/// >>> key_slot("somekey"), key_slot(b"foo{hash_tag}")
/// (11058, 2515)
#[pyfunction]
pub(crate) fn key_slot(key: Data<'_>) -> u16 {
    cluster::key_slot(key.as_slice())
}

/// The slots of many keys, in their order. One call for a pipeline's keys costs less than one for each.
///
/// Raises `TypeError` if a key is neither bytes-like nor `str`.
///
/// >>> from quorate.cluster import key_slots
/// >>> key_slots(["a", "b", "{a}c"])
/// [15495, 3300, 15495]
#[pyfunction]
pub(crate) fn key_slots<'py>(keys: Keys<'py>) -> PyResult<Slots<'py>> {
    let py = keys.0.py();
    let keys = keys.to_tuple()?;
    // SAFETY: the list is as long as the tuple and every place in it is filled with a new int before it is seen; `Bound` frees
    // it, half filled or not, when a key is refused.
    unsafe {
        let length = ffi::PyTuple_Size(keys.as_ptr());
        let list = Bound::from_owned_ptr_or_err(py, ffi::PyList_New(length))?;
        for index in 0..length {
            let key = Data::extract(item(&keys, index))?;
            let slot = ffi::PyLong_FromLong(cluster::key_slot(key.as_slice()).into());
            if slot.is_null() || ffi::PyList_SetItem(list.as_ptr(), index, slot) != 0 {
                return Err(PyErr::fetch(py));
            }
        }
        Ok(Slots(list.cast_into_unchecked()))
    }
}

/// Which keys live together: for each slot, in slot order, the indices of its keys, in the order of the keys.
///
/// Raises `TypeError` if a key is neither bytes-like nor `str`.
///
/// >>> from quorate.cluster import group_by_slot
/// >>> group_by_slot(["b", "a", "{b}c"])
/// {3300: [0, 2], 15495: [1]}
#[pyfunction]
pub(crate) fn group_by_slot(keys: Keys<'_>) -> PyResult<Groups<'_>> {
    let py = keys.0.py();
    let keys = keys.to_tuple()?;
    let held = (0..keys.len())
        // SAFETY: `index` is below the tuple's length.
        .map(|index| Data::extract(unsafe { item(&keys, index as ffi::Py_ssize_t) }))
        .collect::<PyResult<Vec<_>>>()?;
    let slices: Vec<&[u8]> = held.iter().map(Data::as_slice).collect();
    let groups = PyDict::new(py);
    for (slot, indices) in cluster::group_by_slot(&slices).iter() {
        groups.set_item(slot, PyList::new(py, indices)?)?;
    }
    Ok(Groups(groups))
}

/// A hash tag for a slot: a short text such that `"{" + tag + "}"` anywhere in a key puts the key there.
///
/// It is the shortest of letters and digits, the first in the order of `0-9A-Za-z` among those.
/// Raises `UnknownSlot` if `slot` is not from 0 to 16,383.
///
/// >>> from quorate.cluster import key_slot, tag_for_slot
/// >>> key_slot("{%s}:config" % tag_for_slot(9000))
/// 9000
#[pyfunction]
pub(crate) fn tag_for_slot(slot: &Bound<'_, PyInt>) -> PyResult<String> {
    // A number that does not fit is no slot either, so it is refused in the same way.
    let slot = slot.extract::<u16>().unwrap_or(cluster::SLOTS);
    match cluster::tag_for_slot(slot) {
        Ok(tag) => Ok(tag.to_string()),
        Err(unknown) => Err(error::unknown_slot(unknown)),
    }
}

/// # Safety
/// `index` is below the tuple's length.
#[inline]
unsafe fn item<'a, 'py>(tuple: &'a Bound<'py, PyTuple>, index: ffi::Py_ssize_t) -> Borrowed<'a, 'py, PyAny> {
    // SAFETY: by the caller's promise, and a tuple keeps its items for as long as it lives.
    unsafe { Borrowed::from_ptr(tuple.py(), ffi::PyTuple_GetItem(tuple.as_ptr(), index)) }
}

const INT: PyStaticExpr = type_hint_identifier!("builtins", "int");
const INTS: PyStaticExpr = type_hint_subscript!(type_hint_identifier!("builtins", "list"), INT);

/// `list[int]`
pub(crate) struct Slots<'py>(Bound<'py, PyList>);

/// `dict[int, list[int]]`
pub(crate) struct Groups<'py>(Bound<'py, PyDict>);

comes_out!(Slots, PyList, INTS);
comes_out!(
    Groups,
    PyDict,
    type_hint_subscript!(type_hint_identifier!("builtins", "dict"), INT, INTS)
);
