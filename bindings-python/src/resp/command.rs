//! Commands: `encode_command`, `encode_pipeline`, `Prefix`.

use std::cell::RefCell;

use pyo3::exceptions::PyTypeError;
use pyo3::inspect::PyStaticExpr;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyFloat, PyInt, PyList, PyTuple};
use pyo3::{ffi, type_hint_identifier, type_hint_subscript, type_hint_union};
use quorate::resp;

use super::number;
use crate::data::{self, Data, comes_out};
use crate::error;

/// One argument of a command, as bytes.
enum Argument<'a> {
    Data(Data<'a>),
    /// The text of a number, and how long it is.
    Short([u8; 24], u8),
    Long(Vec<u8>),
}

impl Argument<'_> {
    #[inline]
    fn as_slice(&self) -> &[u8] {
        match self {
            Self::Data(data) => data.as_slice(),
            Self::Short(text, length) => &text[..usize::from(*length)],
            Self::Long(text) => text,
        }
    }
}

impl<'a, 'py> FromPyObject<'a, 'py> for Argument<'a> {
    type Error = PyErr;

    const INPUT_TYPE: PyStaticExpr = type_hint_union!(
        Data::INPUT_TYPE,
        type_hint_identifier!("builtins", "int"),
        type_hint_identifier!("builtins", "float")
    );

    #[inline]
    fn extract(object: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        if let Some(bytes) = data::fixed(object)? {
            return Ok(Self::Data(Data::Fixed(bytes)));
        }
        // SAFETY: a live object.
        if unsafe { ffi::PyLong_Check(object.as_ptr()) } != 0 {
            return integer(&object);
        }
        match Data::get(object)? {
            Some(data) => Ok(Self::Data(data)),
            None => other(&object),
        }
    }
}

/// The digits of an `int`. A `bool` is one too, but no argument that Redis knows.
fn integer<'a>(object: &Bound<'_, PyAny>) -> PyResult<Argument<'a>> {
    if object.is_instance_of::<PyBool>() {
        return Err(refused(object));
    }
    let mut overflow = 0;
    // SAFETY: an `int` or of a class made from it.
    let small = unsafe { ffi::PyLong_AsLongLongAndOverflow(object.as_ptr(), &mut overflow) };
    if overflow == 0 {
        let mut digits = [0; 24];
        let start = decimal(small, &mut digits);
        let length = digits.len() - start;
        digits.copy_within(start.., 0);
        return Ok(Argument::Short(digits, length as u8));
    }
    number::to_digits(object.cast::<PyInt>()?).map(Argument::Long)
}

#[cold]
fn other<'a>(object: &Bound<'_, PyAny>) -> PyResult<Argument<'a>> {
    if !object.is_instance_of::<PyFloat>() {
        return Err(refused(object));
    }
    // The same as the `repr` of a `float`, also for classes made from it that print otherwise.
    let exact = PyFloat::new(object.py(), object.extract()?);
    Ok(Argument::Long(exact.repr()?.to_cow()?.as_bytes().to_vec()))
}

#[cold]
fn refused(object: &Bound<'_, PyAny>) -> PyErr {
    data::not_bytes(object, "bytes-like, str, int or float")
}

/// Writes the digits of `number` to the end of `digits`, and says where they start.
#[inline]
fn decimal(number: i64, digits: &mut [u8; 24]) -> usize {
    let mut rest = number.unsigned_abs();
    let mut start = digits.len();
    loop {
        start -= 1;
        digits[start] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if number < 0 {
        start -= 1;
        digits[start] = b'-';
    }
    start
}

/// So many arguments, if they are `bytes` and `str`, are collected without an allocation.
const FEW: usize = 8;

/// Calls `use_them` with the bytes of the arguments from `first` on.
#[inline]
fn with_arguments<R>(arguments: &Bound<'_, PyTuple>, use_them: impl FnOnce(&[&[u8]]) -> R) -> PyResult<R> {
    let count = arguments.len();
    if count <= FEW {
        let mut slices = [&[][..]; FEW];
        let mut filled = 0;
        while filled < count
            && let Some(bytes) = data::fixed(arguments.get_borrowed_item(filled)?)?
        {
            slices[filled] = bytes;
            filled += 1;
        }
        if filled == count {
            return Ok(use_them(&slices[..count]));
        }
    }
    let held = (0..count)
        .map(|index| Argument::extract(arguments.get_borrowed_item(index)?))
        .collect::<PyResult<Vec<_>>>()?;
    let slices: Vec<&[u8]> = held.iter().map(Argument::as_slice).collect();
    Ok(use_them(&slices))
}

/// Makes a `bytes` of what `write` writes to a buffer that is used again and again.
#[inline]
fn written<'py, R>(py: Python<'py>, write: impl FnOnce(&mut Vec<u8>) -> PyResult<R>) -> PyResult<Bound<'py, PyBytes>> {
    /// What one large command needed is not kept.
    const KEPT: usize = 64 * 1024;
    thread_local! { static BUFFER: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) } }
    // Taken out, so that a call from inside `write` finds another buffer and not this one in use.
    let mut buffer = BUFFER.with(RefCell::take);
    buffer.clear();
    let result = write(&mut buffer).map(|_| PyBytes::new(py, &buffer));
    if buffer.capacity() <= KEPT {
        BUFFER.with(|place| place.replace(buffer));
    }
    result
}

/// The arguments of one command given as a whole, as a tuple that nobody else can change.
fn whole<'py>(command: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyTuple>>> {
    if let Ok(tuple) = command.cast::<PyTuple>() {
        return Ok(Some(tuple.clone()));
    }
    Ok(command.cast::<PyList>().ok().map(|list| list.to_tuple()))
}

/// The bytes of one command, its name first: `encode_command("SET", key, value)`, or with one list or tuple of all.
///
/// Arguments are bytes-like, `str` (as UTF-8), `int` and `float` (as their `repr`). The name is sent as it is: of a command of
/// two words, such as ``CONFIG GET``, each is an argument.
///
/// Raises `TypeError` for anything else, `bool` and `None` included, and if there is no argument at all.
///
/// >>> from quorate.resp import encode_command
/// >>> encode_command("GET", "key")
/// b'*2\r\n$3\r\nGET\r\n$3\r\nkey\r\n'
/// >>> encode_command(["INCRBY", b"key", 7])
/// b'*3\r\n$6\r\nINCRBY\r\n$3\r\nkey\r\n$1\r\n7\r\n'
#[pyfunction]
#[pyo3(signature = (*args: "Buffer | str | int | float | list[Any] | tuple[Any, ...]"))]
pub(crate) fn encode_command<'py>(args: &Bound<'py, PyTuple>) -> PyResult<Bound<'py, PyBytes>> {
    let py = args.py();
    let only = if args.len() == 1 {
        whole(&*args.get_borrowed_item(0)?)?
    } else {
        None
    };
    let arguments = only.as_ref().unwrap_or(args);
    check_not_empty(arguments)?;
    written(py, |buffer| {
        with_arguments(arguments, |slices| resp::encode_command(slices, buffer))
    })
}

/// The bytes of many commands, one after the other. Each is a list or tuple of its arguments, as `encode_command` takes them.
///
/// Raises `TypeError` if one is not, or has an argument that cannot be sent.
///
/// >>> from quorate.resp import encode_pipeline
/// >>> encode_pipeline([("INCR", "a"), ["GET", "b"]])
/// b'*2\r\n$4\r\nINCR\r\n$1\r\na\r\n*2\r\n$3\r\nGET\r\n$1\r\nb\r\n'
#[pyfunction]
pub(crate) fn encode_pipeline(commands: Commands<'_>) -> PyResult<Bound<'_, PyBytes>> {
    let py = commands.0.py();
    written(py, |buffer| {
        for command in commands.0.try_iter()? {
            let command = command?;
            let arguments =
                whole(&command)?.ok_or_else(|| data::not_bytes(&command, "a list or tuple of arguments"))?;
            check_not_empty(&arguments)?;
            with_arguments(&arguments, |slices| resp::encode_command(slices, buffer))?;
        }
        Ok(())
    })
}

/// An empty command would get no answer, and every later answer would seem to belong to the command before.
fn check_not_empty(arguments: &Bound<'_, PyTuple>) -> PyResult<()> {
    if arguments.is_empty() {
        return Err(PyTypeError::new_err("a command needs at least its name"));
    }
    Ok(())
}

/// Commands, as any iterable gives them.
pub(crate) struct Commands<'py>(Bound<'py, PyAny>);

impl<'py> FromPyObject<'_, 'py> for Commands<'py> {
    type Error = PyErr;

    const INPUT_TYPE: PyStaticExpr = type_hint_subscript!(
        type_hint_identifier!("collections.abc", "Iterable"),
        type_hint_union!(
            type_hint_subscript!(
                type_hint_identifier!("builtins", "list"),
                type_hint_identifier!("typing", "Any")
            ),
            type_hint_subscript!(
                type_hint_identifier!("builtins", "tuple"),
                type_hint_identifier!("typing", "Any"),
                PyStaticExpr::Constant {
                    value: pyo3::inspect::PyStaticConstant::Ellipsis
                }
            )
        )
    );

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        Ok(Self(object.to_owned()))
    }
}

/// A command whose first arguments are always the same, with their bytes made ahead: `Prefix("SET", more=2).encode(key, value)`.
///
/// `more` is how many arguments `encode` is going to be given, 0 by default.
/// Raises `TypeError` as `encode_command` does.
///
/// >>> from quorate.resp import Prefix
/// >>> get = Prefix("GET", more=1)
/// >>> get.encode("key")
/// b'*2\r\n$3\r\nGET\r\n$3\r\nkey\r\n'
#[pyclass(frozen, module = "quorate.resp")]
pub(crate) struct Prefix {
    core: resp::Prefix,
    fixed: Py<PyTuple>,
    more: usize,
}

#[pymethods]
impl Prefix {
    #[new]
    #[pyo3(signature = (*fixed: "Buffer | str | int | float", more=0))]
    fn new(fixed: &Bound<'_, PyTuple>, more: usize) -> PyResult<Self> {
        check_not_empty(fixed)?;
        let py = fixed.py();
        let (core, fixed) = with_arguments(fixed, |slices| {
            let bytes = slices.iter().map(|slice| PyBytes::new(py, slice));
            (resp::Prefix::new(slices, more), PyTuple::new(py, bytes))
        })?;
        Ok(Self {
            core,
            fixed: fixed?.unbind(),
            more,
        })
    }

    /// The bytes of the command with these last arguments.
    ///
    /// Raises `PrefixError` if they are not as many as `more` says, and `TypeError` as `encode_command` does.
    #[pyo3(signature = (*rest: "Buffer | str | int | float"))]
    fn encode<'py>(&self, rest: &Bound<'py, PyTuple>) -> PyResult<Bound<'py, PyBytes>> {
        written(rest.py(), |buffer| {
            with_arguments(rest, |slices| self.core.encode(slices, buffer))?.map_err(error::prefix)
        })
    }

    /// The arguments that are always the same.
    #[getter]
    fn fixed<'py>(&self, py: Python<'py>) -> Fixed<'py> {
        Fixed(self.fixed.bind(py).clone())
    }

    /// How many arguments `encode` takes.
    #[getter]
    fn more(&self) -> usize {
        self.more
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let mut text = String::from("Prefix(");
        for argument in self.fixed.bind(py) {
            text.push_str(&argument.repr()?.to_string());
            text.push_str(", ");
        }
        Ok(format!("{text}more={})", self.more))
    }

    fn __eq__(&self, py: Python<'_>, other: &Bound<'_, PyAny>) -> PyResult<bool> {
        match other.cast::<Self>() {
            Ok(other) => {
                let other = other.get();
                Ok(self.more == other.more && self.fixed.bind(py).eq(&other.fixed)?)
            }
            Err(_) => Ok(false),
        }
    }

    fn __hash__(&self, py: Python<'_>) -> PyResult<isize> {
        (self.fixed.bind(py), self.more).into_pyobject(py)?.hash()
    }

    #[pyo3(signature = () -> "tuple[Any, ...]")]
    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        // `more` is given by name, which needs a function of its own.
        let partial = py.import("functools")?.getattr("partial")?;
        let keywords = pyo3::types::PyDict::new(py);
        keywords.set_item("more", self.more)?;
        let make = partial.call((py.get_type::<Self>(),), Some(&keywords))?;
        (make, self.fixed.bind(py)).into_pyobject(py)
    }
}

/// `tuple[bytes, ...]`
pub(crate) struct Fixed<'py>(Bound<'py, PyTuple>);

comes_out!(
    Fixed,
    PyTuple,
    type_hint_subscript!(
        type_hint_identifier!("builtins", "tuple"),
        type_hint_identifier!("builtins", "bytes"),
        PyStaticExpr::Constant {
            value: pyo3::inspect::PyStaticConstant::Ellipsis
        }
    )
);
