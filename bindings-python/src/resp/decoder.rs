//! `quorate.resp.Decoder`.

use std::borrow::Cow;

use pyo3::exceptions::{PyStopIteration, PyValueError};
use pyo3::ffi;
use pyo3::inspect::{PyStaticConstant, PyStaticExpr};
use pyo3::prelude::*;
use pyo3::types::{PyList, PyMemoryView};
use pyo3::{PyTraverseError, PyVisit};
use pyo3::{type_hint_identifier, type_hint_subscript};
use quorate::resp;

use super::build::{Builder, Shapes, Source};
use super::classes::{Classes, Limits, StickyError, Tokens};
use super::tail::{self, Loan};
use super::text::{self, Text};
use crate::data::{Data, comes_out};
use crate::error;
use crate::lock::{Lock, Locked};

/// Decodes RESP2 and RESP3, whatever pieces it comes in.
///
/// Both protocols are read at all times. Work is linear in the bytes fed, however they are fed; memory is a small multiple of
/// the bytes of the unfinished reply, whatever its headers announce.
///
/// - `limits`: how much one reply may be, a `Limits`. Default: its defaults.
/// - `encoding`: a codec that makes strings `str`. Default `None`: strings are `bytes`.
/// - `errors`: what to do with bytes that the codec refuses, as in `bytes.decode`. Default ``"strict"``: the poll that would
///   return the reply raises `UnicodeDecodeError`; the reply is passed over, and the next poll returns the one after it.
/// - `maps`: ``"dict"`` (default: a `dict`, or a `Pairs` where that would lose something) or ``"pairs"`` (always a `Pairs`).
/// - `sets`: ``"list"`` (default) or ``"set"`` (a `set`, or a `list` where that would lose something).
/// - `reply_error`: what makes the object for an error that the server sent, called with the message as a `str` (in which bytes
///   that are not UTF-8 stand as lone surrogates). Default: `ReplyError`. What it raises, the poll raises; the reply is passed
///   over then. It must not call the decoder.
/// - `attributes`: whether to return an `Attributed` for a value with attributes, and not the value alone. Default false.
///
/// Raises `LookupError` for an unknown encoding or error handler.
///
/// >>> from quorate.resp import Decoder
/// >>> decoder = Decoder(encoding="utf-8")
/// >>> decoder.feed(b"%1\r\n$4\r\nname\r\n$4\r\nKurt\r\n+OK\r\n")
/// >>> decoder.poll_all()
/// [{'name': 'Kurt'}, 'OK']
#[pyclass(frozen, module = "quorate.resp")]
pub(crate) struct Decoder {
    machine: Lock<Machine>,
    limits: Py<PyAny>,
    /// The only object here that may refer back to the decoder. The builder has it too.
    reply_error: Option<Py<PyAny>>,
}

struct Machine {
    core: resp::Decoder,
    builder: Builder,
    /// What is left of a batch in which a reply could not be built.
    late: Option<Late>,
    loan: Option<Loan>,
}

/// Replies that the core gave out and this decoder has not.
struct Late {
    /// To be raised before anything else is given out: it stands in the place of the reply before them.
    error: Option<PyErr>,
    tape: Vec<resp::RawToken>,
    bytes: Vec<u8>,
    index: usize,
}

#[pymethods]
impl Decoder {
    #[new]
    #[expect(clippy::too_many_arguments, reason = "they are keywords in Python")]
    #[pyo3(signature = (*, limits=None, encoding=None, errors="strict", maps=Maps::Dict, sets=Sets::List, reply_error=None, attributes=false))]
    fn new(
        py: Python<'_>,
        limits: Option<Limits<'_>>,
        encoding: Option<&str>,
        errors: &str,
        maps: Maps,
        sets: Sets,
        reply_error: Option<ReplyError>,
        attributes: bool,
    ) -> PyResult<Self> {
        let reply_error = reply_error.map(|make| make.0);
        let limits = Limits::or_default(py, limits)?;
        let text = match encoding {
            Some(encoding) => Some(Text::new(py, encoding, errors)?),
            None => {
                text::check_errors(py, errors)?;
                None
            }
        };
        Ok(Self {
            machine: Lock::new(Machine {
                core: resp::Decoder::new(limits.to_core()?),
                builder: Builder::new(Shapes {
                    text,
                    reply_error: reply_error.as_ref().map(|make| make.clone_ref(py)),
                    maps_as_pairs: maps == Maps::Pairs,
                    sets_as_sets: sets == Sets::Set,
                    attributes,
                }),
                late: None,
                loan: None,
            }),
            limits: limits.unbind(),
            reply_error,
        })
    }

    /// Takes in a copy of `data`: what arrived, in pieces of any size. A `str` counts as its UTF-8.
    ///
    /// After a `ProtocolError` it is dropped, until `reset`. Raises `BufferError` while a buffer from `reserve` is in use.
    fn feed(&self, py: Python<'_>, data: Data<'_>) -> PyResult<()> {
        self.machine(py)?.core.feed(data.as_slice());
        Ok(())
    }

    /// Lends a writable buffer of `n` bytes or more, so that a socket can be read without a copy in between.
    ///
    /// Nothing counts as input until `commit`, which also releases the buffer. While it is in use, everything else that reads
    /// or moves input raises `BufferError`; to give it up, `release` it or let go of it.
    ///
    /// >>> import socket
    /// >>> from quorate.resp import Decoder
    /// >>> ours, theirs = socket.socketpair()
    /// >>> theirs.sendall(b":42\r\n")
    /// >>> decoder = Decoder()
    /// >>> received = ours.recv_into(decoder.reserve(65536))
    /// >>> decoder.commit(received)
    /// >>> decoder.poll()
    /// 42
    /// >>> ours.close(), theirs.close()
    /// (None, None)
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

    /// Takes in the first `n` bytes of the buffer that `reserve` lent, and releases it.
    ///
    /// Raises `CommitError` if `n` is more than was lent, and `BufferError` if another view of the buffer is in use; nothing
    /// is taken in then.
    fn commit(&self, py: Python<'_>, n: usize) -> PyResult<()> {
        let mut machine = self.machine.lock(py)?;
        let machine = &mut *machine;
        Loan::commit(&mut machine.loan, py, n, || machine.core.commit(n))
    }

    /// The next reply or push, or `NEED_MORE`, which is false, when none is complete.
    ///
    /// With ``decode=False`` its strings are `bytes` even if the decoder has an encoding.
    ///
    /// Raises `ProtocolError` where the input stops being RESP or goes past a limit, at every call until `reset`.
    #[pyo3(signature = (*, decode=true))]
    fn poll<'py>(&self, py: Python<'py>, decode: bool) -> PyResult<Bound<'py, PyAny>> {
        match self.machine(py)?.poll(py, decode)? {
            Some(reply) => Ok(reply),
            None => Ok(Classes::get(py)?.need_more.bind(py).clone()),
        }
    }

    /// Every reply and push that is complete, in order, in a list that may be empty.
    ///
    /// One call for all that a read brought costs less than one for each. `decode` is as in `poll`.
    ///
    /// Raises as `poll` does, but only when nothing precedes what is wrong; else the next call does.
    #[pyo3(signature = (*, decode=true))]
    fn poll_all<'py>(&self, py: Python<'py>, decode: bool) -> PyResult<List<'py>> {
        self.machine(py)?.poll_up_to(py, usize::MAX, decode).map(List)
    }

    /// As `poll_all`, but at most `max` replies.
    #[pyo3(signature = (max, *, decode=true))]
    fn poll_up_to<'py>(&self, py: Python<'py>, max: usize, decode: bool) -> PyResult<List<'py>> {
        self.machine(py)?.poll_up_to(py, max, decode).map(List)
    }

    /// The decoder itself: iterating it yields the replies that are complete.
    fn __iter__(slf: PyRef<'_, Self>) -> PyRef<'_, Self> {
        slf
    }

    fn __next__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        match self.machine(py)?.poll(py, true)? {
            Some(reply) => Ok(reply),
            None => Err(PyStopIteration::new_err(())),
        }
    }

    /// Forgets all input and any error, as for a new connection. Offsets count from 0 again.
    ///
    /// Raises `BufferError` while a buffer from `reserve` is in use.
    fn reset(&self, py: Python<'_>) -> PyResult<()> {
        let mut machine = self.machine(py)?;
        machine.core.reset();
        machine.late = None;
        Ok(())
    }

    /// The finished tokens of the reply that is not complete, as far as the latest poll read it: for byte inspectors.
    ///
    /// >>> from quorate.resp import Decoder
    /// >>> decoder = Decoder()
    /// >>> decoder.feed(b"*2\r\n:1\r\n")
    /// >>> decoder.poll()
    /// NEED_MORE
    /// >>> [(str(token.kind), token.offset, token.depth) for token in decoder.tokens()]
    /// [('array', 0, 0), ('integer', 4, 1)]
    fn tokens<'py>(&self, py: Python<'py>) -> PyResult<Tokens<'py>> {
        let tokens: Vec<resp::Token> = self.machine.lock(py)?.core.tokens().collect();
        Tokens::of(py, &tokens)
    }

    /// The tokens of the replies that the latest poll gave out, one reply after the other: for byte inspectors. Empty once
    /// something was fed or reserved, and after `reset`.
    fn last_tokens<'py>(&self, py: Python<'py>) -> PyResult<Tokens<'py>> {
        let last = |machine: &Machine| machine.core.last().flat_map(|reply| reply.tokens()).collect();
        let tokens: Vec<resp::Token> = last(&*self.machine(py)?);
        Tokens::of(py, &tokens)
    }

    /// A hash of all that the decoder knows, the same on every platform and in every language.
    fn state_hash(&self, py: Python<'_>) -> PyResult<u64> {
        Ok(self.machine(py)?.core.state_hash())
    }

    /// The least number of further bytes that could finish the next token: at least 1, and 0 after an error. Inside a bulk
    /// string it is known exactly, so that the rest can be read in one go.
    #[getter]
    fn needed(&self, py: Python<'_>) -> PyResult<usize> {
        Ok(self.machine.lock(py)?.core.needed())
    }

    /// How many bytes were fed and are not yet given out as replies.
    #[getter]
    fn buffered(&self, py: Python<'_>) -> PyResult<usize> {
        Ok(self.machine.lock(py)?.core.buffered())
    }

    /// How many bytes were given out as replies since the decoder was made or reset.
    #[getter]
    fn offset(&self, py: Python<'_>) -> PyResult<u64> {
        Ok(self.machine.lock(py)?.core.offset())
    }

    /// What the decoder was made with.
    #[getter]
    fn limits<'py>(&self, py: Python<'py>) -> Limits<'py> {
        Limits::of(&self.limits, py)
    }

    /// The `ProtocolError` that every poll raises, or `None` while there is none.
    #[getter]
    fn error<'py>(&self, py: Python<'py>) -> PyResult<Option<StickyError<'py>>> {
        let error = self.machine.lock(py)?.core.error().cloned();
        Ok(error.map(|error| StickyError::of(py, &error)))
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        // For each reference: the builder's is counted, too, and is never another.
        visit.call(&self.reply_error)?;
        visit.call(&self.reply_error)
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let machine = self.machine.lock(py)?;
        let core = &machine.core;
        Ok(match core.error() {
            Some(error) => format!("<Decoder offset={} error={}>", core.offset(), error.code()),
            None => format!("<Decoder offset={} buffered={}>", core.offset(), core.buffered()),
        })
    }
}

impl Decoder {
    /// The machine, for calls that move input.
    ///
    /// # Errors
    /// `BufferError` while a buffer from `reserve` is in use.
    #[inline(always)]
    fn machine(&self, py: Python<'_>) -> PyResult<Locked<'_, Machine>> {
        let mut machine = self.machine.lock(py)?;
        Loan::check_over(&mut machine.loan)?;
        Ok(machine)
    }
}

impl Machine {
    #[inline(always)]
    fn poll<'py>(&mut self, py: Python<'py>, decode: bool) -> PyResult<Option<Bound<'py, PyAny>>> {
        if self.late.is_some() {
            return Ok(self.poll_up_to(py, 1, decode)?.iter().next());
        }
        let batch = self.core.poll_up_to(1).map_err(|error| error::protocol(&error))?;
        if batch.tape().is_empty() {
            return Ok(None);
        }
        let source = Source {
            tape: batch.tape(),
            bytes: batch.bytes(),
            decode,
        };
        self.builder.build(py, source, &mut 0).map(Some)
    }

    fn poll_up_to<'py>(&mut self, py: Python<'py>, max: usize, decode: bool) -> PyResult<Bound<'py, PyList>> {
        let mut replies = Replies::new(py, max);
        if let Some(late) = &mut self.late
            && max > 0
        {
            if let Some(error) = late.error.take() {
                return Err(error);
            }
            let source = Source {
                tape: &late.tape,
                bytes: &late.bytes,
                decode,
            };
            if let Err(error) = replies.fill(&mut self.builder, source, &mut late.index) {
                if replies.is_empty() {
                    return Err(error);
                }
                late.error = Some(error);
                return replies.into_list();
            }
            if late.index == late.tape.len() {
                self.late = None;
            }
        }
        while replies.room() > 0 {
            let batch = match self.core.poll_up_to(replies.room()) {
                Ok(batch) => batch,
                Err(error) if replies.is_empty() => return Err(error::protocol(&error)),
                Err(_) => break,
            };
            replies.reserve(batch.len())?;
            let source = Source {
                tape: batch.tape(),
                bytes: batch.bytes(),
                decode,
            };
            let mut index = 0;
            if let Err(error) = replies.fill(&mut self.builder, source, &mut index) {
                let late = self.late.insert(Late {
                    error: None,
                    tape: source.tape.to_vec(),
                    bytes: source.bytes.to_vec(),
                    index,
                });
                if replies.is_empty() {
                    return Err(error);
                }
                late.error = Some(error);
                break;
            }
            if source.tape.len() < LARGE {
                break;
            }
        }
        replies.into_list()
    }
}

/// The core ends a batch of many tokens before its input ends; none with fewer than this.
const LARGE: usize = 1 << 20;

/// The list of replies that a call returns, made with a place for each where their number is known.
struct Replies<'py> {
    list: Option<Bound<'py, PyList>>,
    /// Places in the list, and how many of them are taken.
    places: usize,
    taken: usize,
    max: usize,
    py: Python<'py>,
}

impl<'py> Replies<'py> {
    fn new(py: Python<'py>, max: usize) -> Self {
        Self {
            list: None,
            places: 0,
            taken: 0,
            max,
            py,
        }
    }

    fn is_empty(&self) -> bool {
        self.taken == 0
    }

    /// How many more may be added.
    fn room(&self) -> usize {
        self.max - self.taken
    }

    /// Makes places for `more` replies, if there is no list yet. They are there to be placed: each has bytes that were fed.
    fn reserve(&mut self, more: usize) -> PyResult<()> {
        if self.list.is_none() {
            // SAFETY: a new list, whose places are all taken before it is given out, or cut off in `into_list`.
            let list = unsafe {
                Bound::from_owned_ptr_or_err(self.py, ffi::PyList_New(more as ffi::Py_ssize_t))?.cast_into_unchecked()
            };
            self.list = Some(list);
            self.places = more;
        }
        Ok(())
    }

    #[inline]
    fn push(&mut self, reply: Bound<'py, PyAny>) -> PyResult<()> {
        let Some(list) = &self.list else {
            self.reserve(0)?;
            return self.push(reply);
        };
        if self.taken < self.places {
            // SAFETY: the place exists and is not taken; the list takes the reference over.
            unsafe {
                ffi::PyList_SetItem(list.as_ptr(), self.taken as ffi::Py_ssize_t, reply.into_ptr());
            }
        } else {
            list.append(reply)?;
        }
        self.taken += 1;
        Ok(())
    }

    /// Adds the replies of `source` from `*index` on, as long as there is room, and moves `*index` on past each.
    ///
    /// # Errors
    /// Of the first that cannot be built; `*index` is past that one too.
    fn fill(&mut self, builder: &mut Builder, source: Source<'_>, index: &mut usize) -> PyResult<()> {
        while *index < source.tape.len() && self.room() > 0 {
            self.push(builder.build(self.py, source, index)?)?;
        }
        Ok(())
    }

    fn into_list(mut self) -> PyResult<Bound<'py, PyList>> {
        self.reserve(0)?;
        let Some(list) = self.list else {
            return Ok(PyList::empty(self.py));
        };
        if self.taken < self.places {
            list.del_slice(self.taken, self.places)?;
        }
        Ok(list)
    }
}

/// `list[Any]`
pub(crate) struct List<'py>(Bound<'py, PyList>);

comes_out!(
    List,
    PyList,
    type_hint_subscript!(
        type_hint_identifier!("builtins", "list"),
        type_hint_identifier!("typing", "Any")
    )
);

/// `Callable[[str], object]`
pub(crate) struct ReplyError(Py<PyAny>);

impl FromPyObject<'_, '_> for ReplyError {
    type Error = PyErr;

    const INPUT_TYPE: PyStaticExpr = type_hint_subscript!(
        type_hint_identifier!("collections.abc", "Callable"),
        PyStaticExpr::List {
            elts: &[type_hint_identifier!("builtins", "str")]
        },
        type_hint_identifier!("builtins", "object")
    );

    fn extract(object: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        if object.is_callable() {
            Ok(Self(object.to_owned().unbind()))
        } else {
            Err(crate::data::not_bytes(&object, "a callable"))
        }
    }
}

/// An option that is one of two words.
macro_rules! choice {
    ($(#[$doc:meta])* $type:ident, $first:ident = $first_word:literal, $second:ident = $second_word:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq)]
        pub(crate) enum $type {
            $first,
            $second,
        }

        impl FromPyObject<'_, '_> for $type {
            type Error = PyErr;

            const INPUT_TYPE: PyStaticExpr = type_hint_subscript!(
                type_hint_identifier!("typing", "Literal"),
                PyStaticExpr::Constant {
                    value: PyStaticConstant::Str($first_word)
                },
                PyStaticExpr::Constant {
                    value: PyStaticConstant::Str($second_word)
                }
            );

            fn extract(object: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
                match &*object.extract::<Cow<'_, str>>()? {
                    $first_word => Ok(Self::$first),
                    $second_word => Ok(Self::$second),
                    other => Err(PyValueError::new_err(format!(
                        "expected {:?} or {:?}, found {other:?}",
                        $first_word, $second_word
                    ))),
                }
            }
        }
    };
}

choice!(
    /// What maps become.
    Maps,
    Dict = "dict",
    Pairs = "pairs"
);
choice!(
    /// What sets become.
    Sets,
    List = "list",
    Set = "set"
);
