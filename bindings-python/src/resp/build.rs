//! From the core's tape straight to Python objects: no value of Rust's own in between, and nothing recurses.
//!
//! References are counted by hand here, because a tree of a million objects is built one pointer at a time. The rule is one
//! sentence: every pointer in `frames` and `values` is owned, and leaves there by being handed to Python or by `abandon`.

use std::ptr::{self, NonNull};

use pyo3::ffi;
use pyo3::prelude::*;
use quorate::resp::{Kind, RawToken};

use super::cache::Cache;
use super::classes::Classes;
use super::number;
use super::text::{self, Text};

/// An owned reference to a Python object.
type Object = NonNull<ffi::PyObject>;

/// A Python exception is set in this thread.
#[derive(Debug)]
pub(super) struct Raised;

/// What a decoder makes of the types that Python has several of.
pub(super) struct Shapes {
    pub(super) text: Option<Text>,
    /// What makes an object of an error's message; `ReplyError` if none is given.
    pub(super) reply_error: Option<Py<PyAny>>,
    pub(super) maps_as_pairs: bool,
    pub(super) sets_as_sets: bool,
    pub(super) attributes: bool,
}

/// Builds replies, and keeps what is worth keeping from one to the next.
pub(super) struct Builder {
    shapes: Shapes,
    cache: Cache,
    /// Aggregates that are being filled, outermost first. Empty between replies.
    frames: Vec<Frame>,
    /// The keys and values so far of every map that is being filled. Empty between replies.
    values: Vec<Object>,
    /// A streamed string that is being joined.
    scratch: Vec<u8>,
}

// SAFETY: the pointers are owned references, which may be used on any thread that is attached; there are none between calls.
unsafe impl Send for Builder {}

/// An aggregate that is being filled.
struct Frame {
    shape: Shape,
    /// Whether an end marker follows the last element.
    streamed: bool,
    /// The list to fill. Null where the elements are in `values`.
    object: *mut ffi::PyObject,
    /// How many elements it has, and how many are to have in the end. Both are of a finished reply, so that the second is no
    /// more than its bytes.
    filled: u32,
    elements: u32,
    /// Where its elements begin in `values`.
    base: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    List,
    Set,
    Push,
    Map,
    Attributes,
    /// The attributes are complete; the value that they decorate comes next, or more of them.
    Attributed,
}

/// The tape and the bytes of some finished replies.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    pub(super) tape: &'a [RawToken],
    pub(super) bytes: &'a [u8],
    /// Whether strings become `str`, if the decoder has an encoding.
    pub(super) decode: bool,
}

impl<'a> Source<'a> {
    #[inline]
    fn payload(&self, token: &RawToken) -> &'a [u8] {
        &self.bytes[token.position()..token.position() + token.length()]
    }

    /// One past the last token of the reply that starts at `index`, its attributes included.
    pub(super) fn reply_end(&self, mut index: usize) -> usize {
        loop {
            let token = &self.tape[index];
            index = if token.kind().has_children() {
                token.end() as usize
            } else {
                index + 1
            };
            if token.kind() != Kind::Attribute {
                return index;
            }
        }
    }
}

impl Builder {
    pub(super) fn new(shapes: Shapes) -> Self {
        Self {
            shapes,
            cache: Cache::default(),
            frames: Vec::new(),
            values: Vec::new(),
            scratch: Vec::new(),
        }
    }

    /// Builds the reply that starts at `*index`, and moves `*index` past it, whether that succeeds or not.
    ///
    /// # Errors
    /// Whatever Python raised: `UnicodeDecodeError`, `MemoryError`.
    #[inline]
    pub(super) fn build<'py>(
        &mut self,
        py: Python<'py>,
        source: Source<'_>,
        index: &mut usize,
    ) -> PyResult<Bound<'py, PyAny>> {
        let start = *index;
        let classes = Classes::get(py)?;
        match self.reply(py, classes, source, index) {
            // SAFETY: the builder gives an owned reference.
            Ok(object) => Ok(unsafe { Bound::from_owned_ptr(py, object.as_ptr()) }),
            Err(Raised) => {
                let error = PyErr::fetch(py);
                self.abandon();
                *index = source.reply_end(start);
                Err(error)
            }
        }
    }

    /// Lets go of everything that a failed reply left behind.
    #[cold]
    fn abandon(&mut self) {
        for frame in self.frames.drain(..) {
            // SAFETY: owned, or null, which `Py_XDECREF` passes over.
            unsafe { ffi::Py_XDECREF(frame.object) };
        }
        for value in self.values.drain(..) {
            // SAFETY: owned.
            unsafe { ffi::Py_DECREF(value.as_ptr()) };
        }
    }

    #[inline]
    fn reply(
        &mut self,
        py: Python<'_>,
        classes: &Classes,
        source: Source<'_>,
        index: &mut usize,
    ) -> Result<Object, Raised> {
        let mut next = *index;
        loop {
            let token = &source.tape[next];
            next += 1;
            let mut value = match token.kind() {
                Kind::Attribute if !self.shapes.attributes => {
                    next = token.end() as usize;
                    continue;
                }
                Kind::Array | Kind::Set | Kind::Push | Kind::Map | Kind::Attribute => {
                    let mut frame = self.open(token)?;
                    next += self.plain_elements(py, &mut frame, source, next)?;
                    if frame.filled < frame.elements {
                        self.frames.push(frame);
                        continue;
                    }
                    match self.finish(classes, frame, &mut next)? {
                        Some(value) => value,
                        None => continue,
                    }
                }
                Kind::StreamedString => {
                    let value = self.streamed_string(py, source, next..token.end() as usize)?;
                    next = token.end() as usize;
                    value
                }
                _ => self.leaf(py, classes, source, token)?,
            };
            // Hand the value to the aggregate that it stands in; if that is complete then, hand it on likewise.
            loop {
                let Some(frame) = self.frames.last_mut() else {
                    *index = next;
                    return Ok(value);
                };
                match frame.shape {
                    Shape::List | Shape::Set | Shape::Push => {
                        // SAFETY: the list has `elements` places, of which `filled` are taken; it takes the reference over.
                        unsafe {
                            ffi::PyList_SetItem(frame.object, frame.filled as ffi::Py_ssize_t, value.as_ptr());
                        }
                    }
                    Shape::Map | Shape::Attributes | Shape::Attributed => self.values.push(value),
                }
                frame.filled += 1;
                if frame.filled < frame.elements {
                    break;
                }
                let Some(frame) = self.frames.pop() else {
                    break;
                };
                match self.finish(classes, frame, &mut next)? {
                    Some(finished) => value = finished,
                    None => break,
                }
            }
        }
    }

    /// A frame for the aggregate that `token` begins.
    #[inline]
    fn open(&mut self, token: &RawToken) -> Result<Frame, Raised> {
        let shape = match token.kind() {
            Kind::Map => Shape::Map,
            Kind::Attribute => Shape::Attributes,
            Kind::Set if self.shapes.sets_as_sets => Shape::Set,
            Kind::Push => Shape::Push,
            _ => Shape::List,
        };
        let elements = token.elements();
        if shape == Shape::Attributes
            && let Some(before) = self.frames.pop_if(|frame| frame.shape == Shape::Attributed)
        {
            // Attributes right after attributes decorate the same value.
            let filled = (self.values.len() - before.base) as u32;
            return Ok(Frame {
                shape,
                streamed: token.streamed(),
                object: ptr::null_mut(),
                filled,
                elements: filled + elements,
                base: before.base,
            });
        }
        let object = match shape {
            Shape::Map | Shape::Attributes | Shape::Attributed => ptr::null_mut(),
            // SAFETY: the length is no less than 0.
            Shape::List | Shape::Set | Shape::Push => unsafe {
                owned(ffi::PyList_New(elements as ffi::Py_ssize_t))?.as_ptr()
            },
        };
        Ok(Frame {
            shape,
            streamed: token.streamed(),
            object,
            filled: 0,
            elements,
            base: self.values.len(),
        })
    }

    /// Fills a new list for as long as its elements are the two that lists are full of, strings and integers, without a look at
    /// anything else. Returns how many it took; the loop in `reply` goes on from there.
    #[inline]
    fn plain_elements(
        &self,
        py: Python<'_>,
        frame: &mut Frame,
        source: Source<'_>,
        next: usize,
    ) -> Result<usize, Raised> {
        if frame.object.is_null() {
            return Ok(0);
        }
        let mut taken = 0;
        for token in source.tape[next..].iter().take(frame.elements as usize) {
            let element = match token.kind() {
                Kind::BulkString => self.string(py, source.payload(token), source.decode),
                // SAFETY: a plain number.
                Kind::Integer => unsafe { owned(ffi::PyLong_FromLongLong(token.integer())) },
                _ => break,
            };
            let Ok(element) = element else {
                // SAFETY: owned, and in no frame yet.
                unsafe { ffi::Py_DECREF(frame.object) };
                return Err(Raised);
            };
            // SAFETY: the list has `elements` places, of which `taken` are taken; it takes the reference over.
            unsafe {
                ffi::PyList_SetItem(frame.object, taken as ffi::Py_ssize_t, element.as_ptr());
            }
            taken += 1;
        }
        frame.filled = taken as u32;
        Ok(taken)
    }

    /// What a complete aggregate is in Python, or `None` for attributes, which wait for the value that they decorate.
    #[inline]
    fn finish(&mut self, classes: &Classes, frame: Frame, next: &mut usize) -> Result<Option<Object>, Raised> {
        if frame.streamed {
            // The end marker.
            *next += 1;
        }
        match frame.shape {
            Shape::List => owned(frame.object).map(Some),
            Shape::Push => call(classes.push.as_ptr(), owned(frame.object)?).map(Some),
            Shape::Set => set(owned(frame.object)?).map(Some),
            Shape::Map => self.map(classes, frame.base).map(Some),
            Shape::Attributes => {
                self.frames.push(Frame {
                    shape: Shape::Attributed,
                    streamed: false,
                    object: ptr::null_mut(),
                    filled: 0,
                    elements: 1,
                    base: frame.base,
                });
                Ok(None)
            }
            Shape::Attributed => {
                let value = self.values.pop().ok_or(Raised)?;
                let attributes = self.map(classes, frame.base);
                // SAFETY: all three are live, and the two that are owned here are let go of once.
                unsafe {
                    let object = match &attributes {
                        Ok(attributes) => ffi::PyObject_CallFunctionObjArgs(
                            classes.attributed.as_ptr(),
                            value.as_ptr(),
                            attributes.as_ptr(),
                            ptr::null_mut::<ffi::PyObject>(),
                        ),
                        Err(Raised) => ptr::null_mut(),
                    };
                    ffi::Py_DECREF(value.as_ptr());
                    if let Ok(attributes) = attributes {
                        ffi::Py_DECREF(attributes.as_ptr());
                    }
                    owned(object).map(Some)
                }
            }
        }
    }

    /// A `dict` of the keys and values from `base` on, or a `Pairs` where a `dict` would lose one.
    #[inline]
    fn map(&mut self, classes: &Classes, base: usize) -> Result<Object, Raised> {
        let dict = if self.shapes.maps_as_pairs {
            None
        } else {
            dict(&self.values[base..])?
        };
        let map = match dict {
            Some(dict) => dict,
            None => call(classes.pairs.as_ptr(), pairs(&self.values[base..])?)?,
        };
        for value in self.values.drain(base..) {
            // SAFETY: owned; the map has references of its own.
            unsafe { ffi::Py_DECREF(value.as_ptr()) };
        }
        Ok(map)
    }

    #[inline]
    fn leaf(
        &mut self,
        py: Python<'_>,
        classes: &Classes,
        source: Source<'_>,
        token: &RawToken,
    ) -> Result<Object, Raised> {
        // SAFETY (of each block): the calls take plain numbers, or bytes that live until they return.
        match token.kind() {
            Kind::BulkString => {
                let is_key = self
                    .frames
                    .last()
                    .is_some_and(|frame| frame.shape == Shape::Map && frame.filled % 2 == 0);
                if is_key {
                    self.repeated(py, source, token)
                } else {
                    self.string(py, source.payload(token), source.decode)
                }
            }
            Kind::SimpleString => self.repeated(py, source, token),
            Kind::Integer => unsafe { owned(ffi::PyLong_FromLongLong(token.integer())) },
            Kind::Double => unsafe { owned(ffi::PyFloat_FromDouble(token.double())) },
            Kind::Boolean => unsafe {
                let singleton = if token.boolean() {
                    ffi::Py_True()
                } else {
                    ffi::Py_False()
                };
                owned(ffi::Py_NewRef(singleton))
            },
            Kind::SimpleError | Kind::BulkError => {
                let message = owned(text::escaped(py, source.payload(token)))?;
                let make = match &self.shapes.reply_error {
                    Some(make) => make.as_ptr(),
                    None => classes.reply_error.as_ptr(),
                };
                call(make, message)
            }
            Kind::BigNumber => match number::from_digits(py, source.payload(token)) {
                Ok(number) => owned(number.into_ptr()),
                Err(error) => {
                    error.restore(py);
                    Err(Raised)
                }
            },
            Kind::Verbatim => self.verbatim(py, classes, source, token),
            // The nulls; what has children, and the tokens that only stand in those, are never leaves.
            _ => unsafe { owned(ffi::Py_NewRef(ffi::Py_None())) },
        }
    }

    #[inline]
    fn string(&self, py: Python<'_>, bytes: &[u8], decode: bool) -> Result<Object, Raised> {
        match &self.shapes.text {
            Some(text) if decode => owned(text.decode(py, bytes)),
            // SAFETY: the bytes are copied before the call returns.
            _ => unsafe {
                owned(ffi::PyBytes_FromStringAndSize(
                    bytes.as_ptr().cast(),
                    bytes.len() as ffi::Py_ssize_t,
                ))
            },
        }
    }

    /// A string of a kind that is the same in many replies.
    #[inline]
    fn repeated(&mut self, py: Python<'_>, source: Source<'_>, token: &RawToken) -> Result<Object, Raised> {
        let bytes = source.payload(token);
        let text = self.shapes.text.as_ref().filter(|_| source.decode);
        let object = self.cache.get(py, bytes, text.is_some(), || {
            let object = match text {
                Some(text) => text.decode(py, bytes),
                // SAFETY: as in `string`.
                None => unsafe {
                    ffi::PyBytes_FromStringAndSize(bytes.as_ptr().cast(), bytes.len() as ffi::Py_ssize_t)
                },
            };
            // SAFETY: an owned reference.
            Ok(unsafe { Bound::from_owned_ptr(py, owned(object)?.as_ptr()) }.unbind())
        })?;
        owned(object.into_ptr())
    }

    fn streamed_string(
        &mut self,
        py: Python<'_>,
        source: Source<'_>,
        chunks: std::ops::Range<usize>,
    ) -> Result<Object, Raised> {
        let mut joined = std::mem::take(&mut self.scratch);
        joined.clear();
        for chunk in &source.tape[chunks] {
            joined.extend_from_slice(source.payload(chunk));
        }
        let string = self.string(py, &joined, source.decode);
        self.scratch = joined;
        string
    }

    fn verbatim(
        &self,
        py: Python<'_>,
        classes: &Classes,
        source: Source<'_>,
        token: &RawToken,
    ) -> Result<Object, Raised> {
        // The format stands before the data: three bytes and a colon.
        let format = &source.bytes[token.position() - 4..token.position() - 1];
        let decode = source.decode && self.shapes.text.is_some();
        let class = if decode {
            classes.verbatim_str.as_ptr()
        } else {
            classes.verbatim.as_ptr()
        };
        let data = self.string(py, source.payload(token), source.decode)?;
        // SAFETY: the format has three bytes; all references made here are let go of once.
        unsafe {
            let format = ffi::PyUnicode_DecodeLatin1(format.as_ptr().cast(), 3, ptr::null());
            let object = if format.is_null() {
                ptr::null_mut()
            } else {
                ffi::PyObject_CallFunctionObjArgs(class, data.as_ptr(), format, ptr::null_mut::<ffi::PyObject>())
            };
            ffi::Py_DECREF(data.as_ptr());
            ffi::Py_XDECREF(format);
            owned(object)
        }
    }
}

impl Drop for Builder {
    fn drop(&mut self) {
        debug_assert!(self.frames.is_empty() && self.values.is_empty());
    }
}

/// The object, unless a call failed to make it.
#[inline]
fn owned(object: *mut ffi::PyObject) -> Result<Object, Raised> {
    NonNull::new(object).ok_or(Raised)
}

/// `class(argument)`, which takes the argument over.
fn call(class: *mut ffi::PyObject, argument: Object) -> Result<Object, Raised> {
    // SAFETY: both are live; the argument is let go of once.
    unsafe {
        let object = ffi::PyObject_CallFunctionObjArgs(class, argument.as_ptr(), ptr::null_mut::<ffi::PyObject>());
        ffi::Py_DECREF(argument.as_ptr());
        owned(object)
    }
}

/// A `dict` of keys and values in turn, or `None` if it would not hold them all. Takes none of them over.
#[inline]
fn dict(items: &[Object]) -> Result<Option<Object>, Raised> {
    // SAFETY: the objects are live, and `dict` is owned until it is returned or let go of.
    unsafe {
        let dict = owned(ffi::PyDict_New())?;
        for pair in items.chunks_exact(2) {
            if ffi::PyDict_SetItem(dict.as_ptr(), pair[0].as_ptr(), pair[1].as_ptr()) != 0 {
                ffi::Py_DECREF(dict.as_ptr());
                return unhashable().map(|()| None);
            }
        }
        // A key that equals an earlier one took its place.
        if ffi::PyDict_Size(dict.as_ptr()) as usize == items.len() / 2 {
            return Ok(Some(dict));
        }
        ffi::Py_DECREF(dict.as_ptr());
        Ok(None)
    }
}

/// A list of tuples of keys and values in turn. Takes none of them over.
fn pairs(items: &[Object]) -> Result<Object, Raised> {
    // SAFETY: the list has a place for each tuple and takes it over; `list` is owned until it is returned or let go of.
    unsafe {
        let list = owned(ffi::PyList_New((items.len() / 2) as ffi::Py_ssize_t))?;
        for (place, pair) in items.chunks_exact(2).enumerate() {
            let tuple = ffi::PyTuple_Pack(2, pair[0].as_ptr(), pair[1].as_ptr());
            if tuple.is_null() {
                ffi::Py_DECREF(list.as_ptr());
                return Err(Raised);
            }
            ffi::PyList_SetItem(list.as_ptr(), place as ffi::Py_ssize_t, tuple);
        }
        Ok(list)
    }
}

/// A `set` of what the list holds, or the list itself if the set would not hold it all.
fn set(list: Object) -> Result<Object, Raised> {
    // SAFETY: the list is owned, and returned or let go of once.
    unsafe {
        let set = ffi::PySet_New(list.as_ptr());
        if set.is_null() {
            if let Err(raised) = unhashable() {
                ffi::Py_DECREF(list.as_ptr());
                return Err(raised);
            }
            return Ok(list);
        }
        let (lost, kept) = if ffi::PySet_Size(set) == ffi::PyList_Size(list.as_ptr()) {
            (list.as_ptr(), set)
        } else {
            (set, list.as_ptr())
        };
        ffi::Py_DECREF(lost);
        owned(kept)
    }
}

/// Clears the exception that says that a value cannot be hashed or compared.
///
/// # Errors
/// Any other is left set: no memory, an interrupt.
#[cold]
fn unhashable() -> Result<(), Raised> {
    // SAFETY: an exception is set; the classes live as long as the interpreter.
    unsafe {
        if ffi::PyErr_ExceptionMatches(ffi::PyExc_MemoryError) != 0
            || ffi::PyErr_ExceptionMatches(ffi::PyExc_Exception) == 0
        {
            return Err(Raised);
        }
        ffi::PyErr_Clear();
        Ok(())
    }
}
