//! `quorate.resp.RequestDecoder` and `split_inline`: what a client sends.

use pyo3::exceptions::PyStopIteration;
use pyo3::inspect::PyStaticExpr;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList, PyMemoryView};
use pyo3::{type_hint_identifier, type_hint_subscript};
use quorate::resp;

use super::classes::{Classes, RequestLimits};
use super::tail::{self, Loan};
use crate::data::{Data, comes_out};
use crate::error;
use crate::lock::{Lock, Locked};

/// Decodes what clients send, as a Redis server does: arrays of strings, and lines of text with Redis's quoting rules.
///
/// Empty requests are skipped. Iterating it yields the requests that are complete.
///
/// - `limits`: how much one request may be, a `RequestLimits`. Default: its defaults.
///
/// >>> from quorate.resp import RequestDecoder
/// >>> decoder = RequestDecoder()
/// >>> decoder.feed(b"*2\r\n$3\r\nGET\r\n$1\r\nk\r\nPING\r\n")
/// >>> decoder.poll_all()
/// [Request([b'GET', b'k'], inline=False, offset=0), Request([b'PING'], inline=True, offset=20)]
#[pyclass(frozen, module = "quorate.resp")]
pub(crate) struct RequestDecoder {
    machine: Lock<Machine>,
    limits: Py<PyAny>,
}

struct Machine {
    core: resp::RequestDecoder,
    loan: Option<Loan>,
}

#[pymethods]
impl RequestDecoder {
    #[new]
    #[pyo3(signature = (*, limits=None))]
    fn new(py: Python<'_>, limits: Option<RequestLimits<'_>>) -> PyResult<Self> {
        let limits = RequestLimits::or_default(py, limits)?;
        Ok(Self {
            machine: Lock::new(Machine {
                core: resp::RequestDecoder::new(limits.to_core()?),
                loan: None,
            }),
            limits: limits.unbind(),
        })
    }

    /// Takes in a copy of `data`: what arrived, in pieces of any size. A `str` counts as its UTF-8.
    ///
    /// After a `RequestError` it is dropped, until `reset`. Raises `BufferError` while a buffer from `reserve` is in use.
    fn feed(&self, py: Python<'_>, data: Data<'_>) -> PyResult<()> {
        self.machine(py)?.core.feed(data.as_slice());
        Ok(())
    }

    /// Lends a writable buffer of `n` bytes or more, as `Decoder.reserve` does.
    fn reserve<'py>(slf: &Bound<'py, Self>, n: usize) -> PyResult<Bound<'py, PyMemoryView>> {
        let mut machine = slf.get().machine.lock(slf.py())?;
        tail::check_size(n)?;
        if let Some(loan) = &machine.loan {
            loan.end(slf.py())?;
        }
        machine.loan = None;
        let (loan, view) = Loan::new(slf.as_any().clone(), machine.core.reserve(n))?;
        machine.loan = Some(loan);
        Ok(view)
    }

    /// Takes in the first `n` bytes of the buffer that `reserve` lent, and releases it, as `Decoder.commit` does.
    fn commit(&self, py: Python<'_>, n: usize) -> PyResult<()> {
        let mut machine = self.machine.lock(py)?;
        let machine = &mut *machine;
        Loan::commit(&mut machine.loan, py, n, || machine.core.commit(n))
    }

    /// The next `Request`, or `NEED_MORE`, which is false, when none is complete.
    ///
    /// Raises `RequestError` where the input is not a request or goes past a limit, at every call until `reset`.
    fn poll<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        match self.machine(py)?.poll(py)? {
            Some(request) => Ok(request),
            None => Ok(Classes::get(py)?.need_more.bind(py).clone()),
        }
    }

    /// Every request that is complete, in order, in a list that may be empty.
    ///
    /// Raises as `poll` does, but only when no request precedes what is wrong; else the next call does.
    fn poll_all<'py>(&self, py: Python<'py>) -> PyResult<Requests<'py>> {
        let mut machine = self.machine(py)?;
        let requests = PyList::empty(py);
        loop {
            match machine.poll(py) {
                Ok(Some(request)) => requests.append(request)?,
                Err(error) if requests.is_empty() => return Err(error),
                Ok(None) | Err(_) => return Ok(Requests(requests)),
            }
        }
    }

    /// The decoder itself: iterating it yields the requests that are complete.
    fn __iter__(slf: PyRef<'_, Self>) -> PyRef<'_, Self> {
        slf
    }

    fn __next__<'py>(&self, py: Python<'py>) -> PyResult<OneRequest<'py>> {
        match self.machine(py)?.poll(py)? {
            Some(request) => Ok(OneRequest(request)),
            None => Err(PyStopIteration::new_err(())),
        }
    }

    /// Forgets all input and any error, as for a new connection. Offsets count from 0 again.
    ///
    /// Raises `BufferError` while a buffer from `reserve` is in use.
    fn reset(&self, py: Python<'_>) -> PyResult<()> {
        self.machine(py)?.core.reset();
        Ok(())
    }

    /// Whether the client may send what it likes; before that, little. Set it when the client has authenticated.
    #[getter]
    fn authenticated(&self, py: Python<'_>) -> PyResult<bool> {
        Ok(self.machine.lock(py)?.core.limits().authenticated)
    }

    #[setter]
    fn set_authenticated(&self, py: Python<'_>, authenticated: bool) -> PyResult<()> {
        self.machine.lock(py)?.core.set_authenticated(authenticated);
        Ok(())
    }

    /// The least number of further bytes that could finish the next part of a request: at least 1, and 0 after an error.
    #[getter]
    fn needed(&self, py: Python<'_>) -> PyResult<usize> {
        Ok(self.machine.lock(py)?.core.needed())
    }

    /// How many bytes were fed and are not yet given out as requests.
    #[getter]
    fn buffered(&self, py: Python<'_>) -> PyResult<usize> {
        Ok(self.machine.lock(py)?.core.buffered())
    }

    /// How many bytes were given out as requests since the decoder was made or reset.
    #[getter]
    fn offset(&self, py: Python<'_>) -> PyResult<u64> {
        Ok(self.machine.lock(py)?.core.offset())
    }

    /// The `RequestError` that every poll raises, or `None` while there is none.
    #[getter]
    fn error<'py>(&self, py: Python<'py>) -> PyResult<Option<RequestFailure<'py>>> {
        let error = self.machine.lock(py)?.core.error().cloned();
        Ok(error.map(|error| RequestFailure(error::request(&error).into_value(py).into_bound(py).into_any())))
    }

    /// A hash of all that the decoder knows, the same on every platform and in every language.
    fn state_hash(&self, py: Python<'_>) -> PyResult<u64> {
        Ok(self.machine(py)?.core.state_hash())
    }

    /// What the decoder was made with.
    #[getter]
    fn limits<'py>(&self, py: Python<'py>) -> RequestLimits<'py> {
        RequestLimits::of(&self.limits, py)
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let machine = self.machine.lock(py)?;
        let core = &machine.core;
        Ok(match core.error() {
            Some(error) => format!("<RequestDecoder offset={} error={}>", core.offset(), error.code()),
            None => format!("<RequestDecoder offset={} buffered={}>", core.offset(), core.buffered()),
        })
    }
}

impl RequestDecoder {
    /// The machine, for calls that move input.
    ///
    /// # Errors
    /// `BufferError` while a buffer from `reserve` is in use.
    #[inline]
    fn machine(&self, py: Python<'_>) -> PyResult<Locked<'_, Machine>> {
        let mut machine = self.machine.lock(py)?;
        Loan::check_over(&mut machine.loan)?;
        Ok(machine)
    }
}

impl Machine {
    fn poll<'py>(&mut self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let Some(request) = self.core.poll().map_err(|error| error::request(&error))? else {
            return Ok(None);
        };
        let arguments = PyList::new(
            py,
            request
                .args()
                .map(|argument| PyBytes::new(py, argument))
                .collect::<Vec<_>>(),
        )?;
        let class = Classes::get(py)?.request.bind(py);
        class
            .call1((arguments, request.is_inline(), request.offset()))
            .map(Some)
    }
}

/// The arguments of a line of text, split as a Redis server and redis-cli split it: at white space, with ``"\x00\n"`` and
/// ``'...'`` quoted.
///
/// Raises `UnbalancedQuotes` if a quote is not closed, or if something follows a closing one.
///
/// >>> from quorate.resp import split_inline
/// >>> split_inline(r'set "a\x62c" hello')
/// [b'set', b'abc', b'hello']
#[pyfunction]
pub(crate) fn split_inline<'py>(py: Python<'py>, line: Data<'_>) -> PyResult<Arguments<'py>> {
    let arguments = resp::split_inline(line.as_slice()).map_err(error::unbalanced_quotes)?;
    let arguments = arguments.iter().map(|argument| PyBytes::new(py, argument));
    Ok(Arguments(PyList::new(py, arguments)?))
}

const LIST: PyStaticExpr = type_hint_identifier!("builtins", "list");
const REQUEST: PyStaticExpr = type_hint_identifier!("quorate._values", "Request");

/// `list[bytes]`
pub(crate) struct Arguments<'py>(Bound<'py, PyList>);
/// `list[Request]`
pub(crate) struct Requests<'py>(Bound<'py, PyList>);
/// `Request`
pub(crate) struct OneRequest<'py>(Bound<'py, PyAny>);

/// `RequestError`
pub(crate) struct RequestFailure<'py>(Bound<'py, PyAny>);

comes_out!(
    Arguments,
    PyList,
    type_hint_subscript!(LIST, type_hint_identifier!("builtins", "bytes"))
);
comes_out!(Requests, PyList, type_hint_subscript!(LIST, REQUEST));
comes_out!(OneRequest, PyAny, REQUEST);
comes_out!(
    RequestFailure,
    PyAny,
    type_hint_identifier!("quorate._errors", "RequestError")
);
