//! `quorate.resp.Encoder` and `encode`: what a server sends.

use std::collections::HashSet;

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::inspect::PyStaticExpr;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyDict, PyFloat, PyFrozenSet, PyInt, PyList, PySet, PyTuple};
use pyo3::{ffi, intern, type_hint_identifier, type_hint_union};
use quorate::resp::{self, Protocol};

use super::classes::Classes;
use super::number;
use crate::data::{self, Data};
use crate::error::{self, EncodeError};
use crate::lock::Lock;

/// Writes replies, value by value, in RESP3 or as a server writes them for a client that speaks RESP2.
///
/// What it writes is always well formed: a call that would make it otherwise raises `EncodeError` and writes nothing. After the
/// header of an aggregate the next values are its elements. In RESP2 maps become flat arrays, sets and pushes arrays, doubles,
/// big numbers and verbatim strings bulk strings, booleans 1 and 0; attributes are left out.
///
/// - `protocol`: 3 (default) or 2. Raises `ValueError` for any other.
///
/// >>> from quorate.resp import Encoder
/// >>> encoder = Encoder()
/// >>> encoder.array(2)
/// >>> encoder.bulk_string("ratio")
/// >>> encoder.double(0.5)
/// >>> encoder.take()
/// b'*2\r\n$5\r\nratio\r\n,0.5\r\n'
#[pyclass(frozen, module = "quorate.resp")]
pub(crate) struct Encoder {
    core: Lock<resp::Encoder>,
}

#[pymethods]
impl Encoder {
    #[new]
    #[pyo3(signature = (protocol=3))]
    fn new(protocol: u64) -> PyResult<Self> {
        Ok(Self {
            core: Lock::new(resp::Encoder::new(protocol_of(protocol)?)),
        })
    }

    /// A short text without line breaks, such as ``OK``.
    fn simple_string(&self, py: Python<'_>, text: Data<'_>) -> PyResult<()> {
        self.write(py, |core| core.simple_string(text.as_slice()))
    }

    /// An error without line breaks. By convention its first word is a code in capitals, such as ``ERR``.
    fn simple_error(&self, py: Python<'_>, message: Data<'_>) -> PyResult<()> {
        self.write(py, |core| core.simple_error(message.as_slice()))
    }

    /// An integer of 64 bits. Raises `OverflowError` for a larger one: see `big_number`.
    fn integer(&self, py: Python<'_>, value: i64) -> PyResult<()> {
        self.write(py, |core| core.integer(value))
    }

    /// Any bytes.
    fn bulk_string(&self, py: Python<'_>, data: Data<'_>) -> PyResult<()> {
        self.write(py, |core| core.bulk_string(data.as_slice()))
    }

    /// Nothing: ``_``; in RESP2 the null of a string, ``$-1``.
    fn null(&self, py: Python<'_>) -> PyResult<()> {
        self.write(py, resp::Encoder::null)
    }

    /// Nothing in the place of an array: ``_``; in RESP2 ``*-1``.
    fn null_array(&self, py: Python<'_>) -> PyResult<()> {
        self.write(py, resp::Encoder::null_array)
    }

    /// True or false.
    fn boolean(&self, py: Python<'_>, value: bool) -> PyResult<()> {
        self.write(py, |core| core.boolean(value))
    }

    /// A double, in the shortest text that reads back the same.
    fn double(&self, py: Python<'_>, value: f64) -> PyResult<()> {
        self.write(py, |core| core.double(value))
    }

    /// An integer of any size, as an `int` or as its decimal digits.
    fn big_number(&self, py: Python<'_>, value: BigNumber<'_>) -> PyResult<()> {
        self.write(py, |core| core.big_number(value.as_slice()))
    }

    /// An error of any bytes. In RESP2 line breaks become spaces.
    fn bulk_error(&self, py: Python<'_>, message: Data<'_>) -> PyResult<()> {
        self.write(py, |core| core.bulk_error(message.as_slice()))
    }

    /// A text and the three characters that say what it is, such as ``txt`` or ``mkd``.
    fn verbatim(&self, py: Python<'_>, format: &str, text: Data<'_>) -> PyResult<()> {
        let format = format_of(format)?;
        self.write(py, |core| core.verbatim(format, text.as_slice()))
    }

    /// The header of an array: the next `count` values are its elements.
    fn array(&self, py: Python<'_>, count: u64) -> PyResult<()> {
        self.write(py, |core| core.array(count))
    }

    /// The header of a map: the next ``2 * pairs`` values are its keys and values in turn.
    fn map(&self, py: Python<'_>, pairs: u64) -> PyResult<()> {
        self.write(py, |core| core.map(pairs))
    }

    /// The header of a set: the next `count` values are its elements.
    fn set(&self, py: Python<'_>, count: u64) -> PyResult<()> {
        self.write(py, |core| core.set(count))
    }

    /// The header of a push: the next `count` values are its elements, the first of which names its kind.
    fn push(&self, py: Python<'_>, count: u64) -> PyResult<()> {
        self.write(py, |core| core.push(count))
    }

    /// The header of attributes: the next ``2 * pairs`` values are their keys and values in turn, and the value after those is
    /// the one that they decorate.
    fn attributes(&self, py: Python<'_>, pairs: u64) -> PyResult<()> {
        self.write(py, |core| core.attributes(pairs))
    }

    /// Begins a string whose length is not known: `chunk` follows, any number of times, then `end_string`. RESP3 only.
    fn stream_string(&self, py: Python<'_>) -> PyResult<()> {
        self.write(py, resp::Encoder::stream_string)
    }

    /// A piece of a streamed string.
    fn chunk(&self, py: Python<'_>, data: Data<'_>) -> PyResult<()> {
        self.write(py, |core| core.chunk(data.as_slice()))
    }

    /// Ends a streamed string.
    fn end_string(&self, py: Python<'_>) -> PyResult<()> {
        self.write(py, resp::Encoder::end_string)
    }

    /// Begins an array whose length is not known: values follow, then `end`. RESP3 only.
    fn stream_array(&self, py: Python<'_>) -> PyResult<()> {
        self.write(py, resp::Encoder::stream_array)
    }

    /// Begins a set whose length is not known: values follow, then `end`. RESP3 only.
    fn stream_set(&self, py: Python<'_>) -> PyResult<()> {
        self.write(py, resp::Encoder::stream_set)
    }

    /// Begins a map whose length is not known: keys and values follow in turn, then `end`. RESP3 only.
    fn stream_map(&self, py: Python<'_>) -> PyResult<()> {
        self.write(py, resp::Encoder::stream_map)
    }

    /// Ends a streamed array, set or map.
    fn end(&self, py: Python<'_>) -> PyResult<()> {
        self.write(py, resp::Encoder::end)
    }

    /// A whole Python value, as `encode` takes it. If it is refused, none of it is written.
    fn value(&self, py: Python<'_>, value: &Bound<'_, PyAny>) -> PyResult<()> {
        // Written apart and read back first: then the core can take it as a whole or not at all.
        let mut apart = resp::Encoder::new(Protocol::Resp3);
        write_value(&mut apart, value)?;
        let mut decoder = resp::Decoder::new(resp::Limits {
            max_depth: None,
            max_bulk: None,
            max_line: None,
            max_elements: None,
            max_reply: None,
        });
        decoder.feed(apart.as_bytes());
        match decoder.poll() {
            Ok(Some(view)) => self.write(py, |core| core.view(&view)),
            Ok(None) => Err(error::encode(resp::EncodeError::Incomplete)),
            Err(error) => Err(error::protocol(&error)),
        }
    }

    /// Takes out the bytes of the values that are complete. What was begun stays, and can be finished.
    fn take<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        Ok(PyBytes::new(py, &self.core.lock(py)?.take()))
    }

    /// Drops everything that was written, finished or not.
    fn clear(&self, py: Python<'_>) -> PyResult<()> {
        self.core.lock(py)?.clear();
        Ok(())
    }

    /// Whether every value that was begun is finished.
    #[getter]
    fn is_complete(&self, py: Python<'_>) -> PyResult<bool> {
        Ok(self.core.lock(py)?.is_complete())
    }

    /// Which protocol is written, 2 or 3. It may be set between values, as a server does after ``HELLO``; inside one that raises `EncodeError`.
    #[getter]
    fn protocol(&self, py: Python<'_>) -> PyResult<u8> {
        Ok(self.core.lock(py)?.protocol().number())
    }

    #[setter]
    fn set_protocol(&self, py: Python<'_>, protocol: u64) -> PyResult<()> {
        let protocol = protocol_of(protocol)?;
        self.write(py, |core| core.set_protocol(protocol))
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let core = self.core.lock(py)?;
        Ok(format!(
            "<Encoder protocol={} written={} complete={}>",
            core.protocol().number(),
            core.as_bytes().len(),
            if core.is_complete() { "True" } else { "False" },
        ))
    }
}

impl Encoder {
    #[inline]
    fn write(
        &self,
        py: Python<'_>,
        write: impl FnOnce(&mut resp::Encoder) -> Result<(), resp::EncodeError>,
    ) -> PyResult<()> {
        write(&mut *self.core.lock(py)?).map_err(error::encode)
    }
}

/// The bytes of one Python value: `None`, `bool`, `int` (a big number beyond 64 bits), `float`, bytes-like and `str` (bulk
/// strings), `list` and `tuple` (arrays), `set` and `frozenset`, `dict` and `Pairs` (maps), `Push`, `Verbatim`, `ReplyError` and
/// `Attributed`, in each other as deep as they come.
///
/// - `protocol`: 3 (default) or 2, with RESP2's forms of what it lacks. Raises `ValueError` for any other.
///
/// Raises `TypeError` for a value of any other type, and `EncodeError` for one that cannot be written, such as a `Push` in a list.
///
/// >>> from quorate.resp import encode
/// >>> encode({"a": [1, None]})
/// b'%1\r\n$1\r\na\r\n*2\r\n:1\r\n_\r\n'
/// >>> encode({"a": [1, None]}, protocol=2)
/// b'*2\r\n$1\r\na\r\n*2\r\n:1\r\n$-1\r\n'
#[pyfunction]
#[pyo3(signature = (value, protocol=3))]
pub(crate) fn encode<'py>(value: &Bound<'py, PyAny>, protocol: u64) -> PyResult<Bound<'py, PyBytes>> {
    let mut encoder = resp::Encoder::new(protocol_of(protocol)?);
    write_value(&mut encoder, value)?;
    Ok(PyBytes::new(value.py(), encoder.as_bytes()))
}

fn protocol_of(number: u64) -> PyResult<Protocol> {
    Protocol::from_number(number)
        .ok_or_else(|| PyValueError::new_err(format!("the protocol is 2 or 3, found {number}")))
}

/// Three characters of Latin-1 as the three bytes that they stand for.
fn format_of(format: &str) -> PyResult<[u8; 3]> {
    let bytes: Option<Vec<u8>> = format
        .chars()
        .map(|character| u8::try_from(u32::from(character)).ok())
        .collect();
    bytes
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or_else(|| PyValueError::new_err(format!("a format is three characters of Latin-1, found {format:?}")))
}

/// A container that is being written.
struct Open<'py> {
    /// Its elements when it was met, so that the count in its header is right whatever becomes of it.
    items: Bound<'py, PyTuple>,
    next: usize,
    /// The container itself, which must not stand in itself.
    container: Bound<'py, PyAny>,
}

/// Writes a value and everything in it. Nothing recurses.
pub(crate) fn write_value(encoder: &mut resp::Encoder, value: &Bound<'_, PyAny>) -> PyResult<()> {
    let classes = Classes::get(value.py())?;
    let mut open: Vec<Open<'_>> = Vec::new();
    let mut path = HashSet::new();
    let mut value = value.clone();
    loop {
        if let Some(items) = write_one(encoder, classes, &value)? {
            if !path.insert(value.as_ptr() as usize) {
                return Err(EncodeError::new_err((
                    "a container stands in itself",
                    "circular_reference",
                )));
            }
            open.push(Open {
                items,
                next: 0,
                container: value,
            });
        }
        value = loop {
            let Some(last) = open.last_mut() else {
                return Ok(());
            };
            if last.next < last.items.len() {
                last.next += 1;
                break last.items.get_item(last.next - 1)?;
            }
            path.remove(&(last.container.as_ptr() as usize));
            open.pop();
        };
    }
}

/// Writes a leaf, or the header of a container, whose elements are returned: of maps, keys and values in turn.
fn write_one<'py>(
    encoder: &mut resp::Encoder,
    classes: &Classes,
    value: &Bound<'py, PyAny>,
) -> PyResult<Option<Bound<'py, PyTuple>>> {
    let py = value.py();
    let leaf = |written: Result<(), resp::EncodeError>| match written {
        Ok(()) => Ok(None),
        Err(refused) => Err(error::encode(refused)),
    };
    if value.is_none() {
        return leaf(encoder.null());
    }
    if let Ok(value) = value.cast::<PyBool>() {
        return leaf(encoder.boolean(value.is_true()));
    }
    if let Ok(value) = value.cast::<PyInt>() {
        let mut overflow = 0;
        // SAFETY: an `int` or of a class made from it.
        let small = unsafe { ffi::PyLong_AsLongLongAndOverflow(value.as_ptr(), &mut overflow) };
        return leaf(if overflow == 0 {
            encoder.integer(small)
        } else {
            encoder.big_number(&number::to_digits(value)?)
        });
    }
    if let Ok(value) = value.cast::<PyFloat>() {
        return leaf(encoder.double(value.value()));
    }
    if value.is_instance(classes.verbatim.bind(py))? || value.is_instance(classes.verbatim_str.bind(py))? {
        let format: String = value.getattr(intern!(py, "format"))?.extract()?;
        let text: Data<'_> = value.extract()?;
        return leaf(encoder.verbatim(format_of(&format)?, text.as_slice()));
    }
    if let Some(data) = Data::get(value.as_borrowed())? {
        return leaf(encoder.bulk_string(data.as_slice()));
    }
    if value.is_instance(classes.reply_error.bind(py))? {
        let raw = value.getattr(intern!(py, "raw"))?;
        let raw: Data<'_> = raw.extract()?;
        let raw = raw.as_slice();
        return leaf(if raw.iter().any(|byte| matches!(byte, b'\r' | b'\n')) {
            encoder.bulk_error(raw)
        } else {
            encoder.simple_error(raw)
        });
    }
    if value.is_instance(classes.attributed.bind(py))? {
        let attributes = value.getattr(intern!(py, "attributes"))?;
        let items = pairs_of(&attributes, classes)?
            .ok_or_else(|| data::not_bytes(&attributes, "a dict or Pairs as attributes"))?;
        encoder.attributes((items.len() / 2) as u64).map_err(error::encode)?;
        let value = value.getattr(intern!(py, "value"))?;
        let items: Vec<_> = items.iter().chain([value]).collect();
        return PyTuple::new(py, items).map(Some);
    }
    if let Some(items) = pairs_of(value, classes)? {
        encoder.map((items.len() / 2) as u64).map_err(error::encode)?;
        return Ok(Some(items));
    }
    let (items, written) = if let Ok(list) = value.cast::<PyList>() {
        let items = list.to_tuple();
        let count = items.len() as u64;
        let written = if value.is_instance(classes.push.bind(py))? {
            encoder.push(count)
        } else {
            encoder.array(count)
        };
        (items, written)
    } else if let Ok(tuple) = value.cast::<PyTuple>() {
        (tuple.clone(), encoder.array(tuple.len() as u64))
    } else if value.is_instance_of::<PySet>() || value.is_instance_of::<PyFrozenSet>() {
        let items = PyTuple::new(py, value.try_iter()?.collect::<PyResult<Vec<_>>>()?)?;
        let count = items.len() as u64;
        (items, encoder.set(count))
    } else {
        return Err(PyTypeError::new_err(format!(
            "cannot encode a value of type {}",
            value.get_type().qualname()?
        )));
    };
    written.map_err(error::encode)?;
    Ok(Some(items))
}

/// The keys and values in turn of a `dict` or a `Pairs`, or `None` for anything else.
fn pairs_of<'py>(value: &Bound<'py, PyAny>, classes: &Classes) -> PyResult<Option<Bound<'py, PyTuple>>> {
    let py = value.py();
    let mut flat = Vec::new();
    if let Ok(dict) = value.cast::<PyDict>() {
        for (key, value) in dict {
            flat.extend([key, value]);
        }
    } else if value.is_instance(classes.pairs.bind(py))? {
        for pair in value.try_iter()? {
            let [key, value]: [Bound<'_, PyAny>; 2] = pair?.extract()?;
            flat.extend([key, value]);
        }
    } else {
        return Ok(None);
    }
    PyTuple::new(py, flat).map(Some)
}

/// An `int`, or its digits.
pub(crate) enum BigNumber<'a> {
    Digits(Data<'a>),
    Number(Vec<u8>),
}

impl BigNumber<'_> {
    fn as_slice(&self) -> &[u8] {
        match self {
            Self::Digits(digits) => digits.as_slice(),
            Self::Number(digits) => digits,
        }
    }
}

impl<'a, 'py> FromPyObject<'a, 'py> for BigNumber<'a> {
    type Error = PyErr;

    const INPUT_TYPE: PyStaticExpr = type_hint_union!(Data::INPUT_TYPE, type_hint_identifier!("builtins", "int"));

    fn extract(object: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        if let Ok(number) = object.cast::<PyInt>() {
            return number::to_digits(&number).map(Self::Number);
        }
        match Data::get(object)? {
            Some(digits) => Ok(Self::Digits(digits)),
            None => Err(data::not_bytes(&object, "int, bytes-like or str")),
        }
    }
}
