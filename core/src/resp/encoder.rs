//! Replies as a server sends them, in either protocol.

use alloc::vec::Vec;

use super::command::{push_bulk, push_header};
use super::event::{Event, value_events, view_events};
use super::number;
use super::tape::Kind;
use super::value::Value;
use super::view::{Data, View};

/// Which of the two protocols is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[repr(u8)]
pub enum Protocol {
    /// What every connection starts with: strings, errors, integers, arrays and nulls.
    Resp2 = 2,
    /// What `HELLO 3` switches to.
    #[default]
    Resp3 = 3,
}

impl Protocol {
    /// The protocol by its number, 2 or 3, as `HELLO` has it.
    pub fn from_number(number: u64) -> Option<Self> {
        match number {
            2 => Some(Self::Resp2),
            3 => Some(Self::Resp3),
            _ => None,
        }
    }

    /// 2 or 3.
    pub fn number(self) -> u8 {
        self as u8
    }
}

/// Why something was not written. The encoder is as it was before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// A simple string or error holds a CR or LF.
    #[error("a simple string or error cannot hold a line break; a bulk string or bulk error can")]
    LineBreak,
    /// A big number is not an optional sign and decimal digits.
    #[error("a big number is an optional sign and decimal digits")]
    InvalidBigNumber,
    /// The text of a double is not one.
    #[error("a double is a decimal floating point number, inf, -inf or nan")]
    InvalidDouble,
    /// A push was begun inside another value.
    #[error("a push stands at top level only")]
    NestedPush,
    /// `end` or `end_string` without a stream to end.
    #[error("no stream is open here")]
    UnexpectedEnd,
    /// A streamed map ends between a key and its value.
    #[error("the last key of the map has no value")]
    OddMap,
    /// Attributes are followed by no value.
    #[error("attributes must be followed by the value that they decorate")]
    DanglingAttribute,
    /// RESP2 has no streams.
    #[error("streams need RESP3")]
    NotInResp2,
    /// Something else than a chunk was written into a streamed string, or a chunk outside of one.
    #[error("a streamed string holds chunks and only chunks")]
    ChunkExpected,
    /// A chunk without bytes would end the string.
    #[error("an empty chunk would end the string")]
    EmptyChunk,
    /// The value that was begun is not finished.
    #[error("a value is not finished")]
    Incomplete,
    /// More elements than a count of 64 bits can say.
    #[error("a value has at most 2^63 - 1 elements")]
    TooManyElements,
}

impl EncodeError {
    /// A stable name, the same in every binding.
    pub fn code(self) -> &'static str {
        match self {
            Self::LineBreak => "line_break",
            Self::InvalidBigNumber => "invalid_big_number",
            Self::InvalidDouble => "invalid_double",
            Self::NestedPush => "nested_push",
            Self::UnexpectedEnd => "unexpected_end",
            Self::OddMap => "odd_map",
            Self::DanglingAttribute => "dangling_attribute",
            Self::NotInResp2 => "not_in_resp2",
            Self::ChunkExpected => "chunk_expected",
            Self::EmptyChunk => "empty_chunk",
            Self::Incomplete => "incomplete",
            Self::TooManyElements => "too_many_elements",
        }
    }
}

/// Writes replies. What it gives out is always well formed: whatever would not be is refused.
///
/// Headers ([`array`](Self::array), [`map`](Self::map), ...) announce values, and the next values written are theirs.
///
/// In RESP2 each value is written as a Redis server downgrades it (`networking.c`, `addReply*`): maps as arrays of keys and
/// values, sets and pushes as arrays, doubles, big numbers and verbatim strings as bulk strings, booleans as 1 and 0, bulk
/// errors as simple ones with spaces for line breaks. Attributes are left out, with their values.
///
/// ```
/// use quorate::resp::{Encoder, Protocol};
///
/// let mut encoder = Encoder::new(Protocol::Resp2);
/// encoder.map(1)?;
/// encoder.bulk_string(b"ratio")?;
/// encoder.double(0.5)?;
/// assert_eq!(encoder.take(), b"*2\r\n$5\r\nratio\r\n$3\r\n0.5\r\n");
/// # Ok::<(), quorate::resp::EncodeError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Encoder {
    protocol: Protocol,
    out: Vec<u8>,
    /// Where the last complete value ends in `out`.
    complete: usize,
    /// What is open, outermost first.
    open: Vec<Open>,
    /// How many of `open` there are around the attribute that RESP2 leaves out, while its values are written.
    muted: Option<usize>,
    /// Attributes were written and their value was not.
    after_attribute: bool,
}

#[derive(Clone, Copy, Debug)]
struct Open {
    kind: Kind,
    /// Values still to come, or in a stream those written so far.
    count: u64,
    streamed: bool,
}

impl Encoder {
    /// Makes an encoder that has written nothing.
    pub fn new(protocol: Protocol) -> Self {
        Self {
            protocol,
            ..Self::default()
        }
    }

    /// Which protocol is written.
    pub fn protocol(&self) -> Protocol {
        self.protocol
    }

    /// Writes `protocol` from now on, as a server does after `HELLO`.
    ///
    /// # Errors
    /// [`EncodeError::Incomplete`] inside a value.
    pub fn set_protocol(&mut self, protocol: Protocol) -> Result<(), EncodeError> {
        if !self.is_complete() {
            return Err(EncodeError::Incomplete);
        }
        self.protocol = protocol;
        Ok(())
    }

    /// Whether everything that was begun is finished.
    pub fn is_complete(&self) -> bool {
        self.open.is_empty() && !self.after_attribute
    }

    /// The bytes of the values that are complete. What was begun and is not finished is not among them.
    pub fn as_bytes(&self) -> &[u8] {
        &self.out[..self.complete]
    }

    /// Takes out the bytes of the values that are complete. What was begun stays, and can be finished.
    pub fn take(&mut self) -> Vec<u8> {
        let unfinished = self.out.split_off(self.complete);
        self.complete = 0;
        core::mem::replace(&mut self.out, unfinished)
    }

    /// Drops everything that was written, finished or not.
    pub fn clear(&mut self) {
        self.out.clear();
        self.complete = 0;
        self.open.clear();
        self.muted = None;
        self.after_attribute = false;
    }

    /// A short text without line breaks, such as `OK`.
    ///
    /// # Errors
    /// [`EncodeError::LineBreak`], [`EncodeError::ChunkExpected`].
    pub fn simple_string(&mut self, text: &[u8]) -> Result<(), EncodeError> {
        self.line(b'+', text)
    }

    /// An error without line breaks; by convention its first word is a code in capitals, such as `ERR`.
    ///
    /// # Errors
    /// [`EncodeError::LineBreak`], [`EncodeError::ChunkExpected`].
    pub fn simple_error(&mut self, message: &[u8]) -> Result<(), EncodeError> {
        self.line(b'-', message)
    }

    /// An integer.
    ///
    /// # Errors
    /// [`EncodeError::ChunkExpected`].
    pub fn integer(&mut self, value: i64) -> Result<(), EncodeError> {
        self.leaf(|out, _| {
            out.push(b':');
            number::push_i64(out, value);
            out.extend_from_slice(b"\r\n");
        })
    }

    /// Any bytes.
    ///
    /// # Errors
    /// [`EncodeError::ChunkExpected`].
    pub fn bulk_string(&mut self, bytes: &[u8]) -> Result<(), EncodeError> {
        self.leaf(|out, _| push_bulk(bytes, out))
    }

    /// Nothing: `_`, in RESP2 `$-1`.
    ///
    /// # Errors
    /// [`EncodeError::ChunkExpected`].
    pub fn null(&mut self) -> Result<(), EncodeError> {
        self.leaf(|out, protocol| {
            out.extend_from_slice(match protocol {
                Protocol::Resp2 => b"$-1\r\n",
                Protocol::Resp3 => b"_\r\n",
            });
        })
    }

    /// Nothing in the place of an array: `_`, in RESP2 `*-1`.
    ///
    /// # Errors
    /// [`EncodeError::ChunkExpected`].
    pub fn null_array(&mut self) -> Result<(), EncodeError> {
        self.leaf(|out, protocol| {
            out.extend_from_slice(match protocol {
                Protocol::Resp2 => b"*-1\r\n",
                Protocol::Resp3 => b"_\r\n",
            });
        })
    }

    /// True or false; in RESP2 1 or 0.
    ///
    /// # Errors
    /// [`EncodeError::ChunkExpected`].
    pub fn boolean(&mut self, value: bool) -> Result<(), EncodeError> {
        self.leaf(|out, protocol| {
            out.extend_from_slice(match (protocol, value) {
                (Protocol::Resp2, true) => b":1\r\n",
                (Protocol::Resp2, false) => b":0\r\n",
                (Protocol::Resp3, true) => b"#t\r\n",
                (Protocol::Resp3, false) => b"#f\r\n",
            });
        })
    }

    /// A double, in the shortest text that reads back the same; in RESP2 as a bulk string.
    ///
    /// # Errors
    /// [`EncodeError::ChunkExpected`].
    pub fn double(&mut self, value: f64) -> Result<(), EncodeError> {
        self.leaf(|out, protocol| match protocol {
            Protocol::Resp2 => {
                let mut text = Vec::with_capacity(24);
                number::push_double(&mut text, value);
                push_bulk(&text, out);
            }
            Protocol::Resp3 => {
                out.push(b',');
                number::push_double(out, value);
                out.extend_from_slice(b"\r\n");
            }
        })
    }

    /// A double by its text, which is kept as it is: for a host that writes numbers itself, and for what was read elsewhere. In
    /// RESP2 a bulk string.
    ///
    /// # Errors
    /// [`EncodeError::InvalidDouble`], [`EncodeError::ChunkExpected`].
    pub fn double_text(&mut self, text: &[u8]) -> Result<(), EncodeError> {
        if number::double(text).is_none() {
            return Err(EncodeError::InvalidDouble);
        }
        match self.protocol {
            Protocol::Resp2 => self.bulk_string(text),
            Protocol::Resp3 => self.line(b',', text),
        }
    }

    /// An integer of any size, as decimal digits with an optional sign; in RESP2 as a bulk string.
    ///
    /// # Errors
    /// [`EncodeError::InvalidBigNumber`], [`EncodeError::ChunkExpected`].
    pub fn big_number(&mut self, digits: &[u8]) -> Result<(), EncodeError> {
        if !number::is_big_number(digits) {
            return Err(EncodeError::InvalidBigNumber);
        }
        match self.protocol {
            Protocol::Resp2 => self.bulk_string(digits),
            Protocol::Resp3 => self.line(b'(', digits),
        }
    }

    /// An error of any bytes; in RESP2 a simple error with spaces for line breaks.
    ///
    /// # Errors
    /// [`EncodeError::ChunkExpected`].
    pub fn bulk_error(&mut self, message: &[u8]) -> Result<(), EncodeError> {
        self.leaf(|out, protocol| match protocol {
            Protocol::Resp2 => {
                out.push(b'-');
                out.extend(
                    message
                        .iter()
                        .map(|&byte| if is_line_break(byte) { b' ' } else { byte }),
                );
                out.extend_from_slice(b"\r\n");
            }
            Protocol::Resp3 => {
                push_header(b'!', message.len(), out);
                out.extend_from_slice(message);
                out.extend_from_slice(b"\r\n");
            }
        })
    }

    /// A text and three bytes that say what it is, such as `txt` or `mkd`; in RESP2 as a bulk string, without them.
    ///
    /// # Errors
    /// [`EncodeError::ChunkExpected`].
    pub fn verbatim(&mut self, format: [u8; 3], text: &[u8]) -> Result<(), EncodeError> {
        self.leaf(|out, protocol| match protocol {
            Protocol::Resp2 => push_bulk(text, out),
            Protocol::Resp3 => {
                push_header(b'=', text.len() + 4, out);
                out.extend_from_slice(&format);
                out.push(b':');
                out.extend_from_slice(text);
                out.extend_from_slice(b"\r\n");
            }
        })
    }

    /// The header of an array: the next `count` values are its elements.
    ///
    /// # Errors
    /// [`EncodeError::ChunkExpected`], [`EncodeError::TooManyElements`].
    pub fn array(&mut self, count: u64) -> Result<(), EncodeError> {
        self.begin(Kind::Array, b'*', count, 1)
    }

    /// The header of a map: the next `2 * pairs` values are its keys and values in turn.
    ///
    /// # Errors
    /// [`EncodeError::ChunkExpected`], [`EncodeError::TooManyElements`].
    pub fn map(&mut self, pairs: u64) -> Result<(), EncodeError> {
        self.begin(Kind::Map, b'%', pairs, 2)
    }

    /// The header of a set: the next `count` values are its elements.
    ///
    /// # Errors
    /// [`EncodeError::ChunkExpected`], [`EncodeError::TooManyElements`].
    pub fn set(&mut self, count: u64) -> Result<(), EncodeError> {
        self.begin(Kind::Set, b'~', count, 1)
    }

    /// The header of a push: the next `count` values are its elements, the first of which names its kind.
    ///
    /// # Errors
    /// [`EncodeError::NestedPush`], [`EncodeError::ChunkExpected`], [`EncodeError::TooManyElements`].
    pub fn push(&mut self, count: u64) -> Result<(), EncodeError> {
        if !self.open.is_empty() {
            return Err(EncodeError::NestedPush);
        }
        self.begin(Kind::Push, b'>', count, 1)
    }

    /// The header of attributes: the next `2 * pairs` values are their keys and values in turn, and the value after those is
    /// the one that they decorate. RESP2 leaves them out.
    ///
    /// # Errors
    /// [`EncodeError::ChunkExpected`], [`EncodeError::TooManyElements`].
    pub fn attributes(&mut self, pairs: u64) -> Result<(), EncodeError> {
        self.begin(Kind::Attribute, b'|', pairs, 2)
    }

    /// Begins a string whose length is not known: [`chunk`](Self::chunk)s follow, then [`end_string`](Self::end_string).
    ///
    /// # Errors
    /// [`EncodeError::NotInResp2`], [`EncodeError::ChunkExpected`].
    pub fn stream_string(&mut self) -> Result<(), EncodeError> {
        self.begin_stream(Kind::StreamedString, b"$?\r\n")
    }

    /// Begins an array whose length is not known: values follow, then [`end`](Self::end).
    ///
    /// # Errors
    /// [`EncodeError::NotInResp2`], [`EncodeError::ChunkExpected`].
    pub fn stream_array(&mut self) -> Result<(), EncodeError> {
        self.begin_stream(Kind::Array, b"*?\r\n")
    }

    /// Begins a set whose length is not known: values follow, then [`end`](Self::end).
    ///
    /// # Errors
    /// [`EncodeError::NotInResp2`], [`EncodeError::ChunkExpected`].
    pub fn stream_set(&mut self) -> Result<(), EncodeError> {
        self.begin_stream(Kind::Set, b"~?\r\n")
    }

    /// Begins a map whose length is not known: keys and values follow in turn, then [`end`](Self::end).
    ///
    /// # Errors
    /// [`EncodeError::NotInResp2`], [`EncodeError::ChunkExpected`].
    pub fn stream_map(&mut self) -> Result<(), EncodeError> {
        self.begin_stream(Kind::Map, b"%?\r\n")
    }

    /// A piece of a streamed string.
    ///
    /// # Errors
    /// [`EncodeError::ChunkExpected`] outside of one, [`EncodeError::EmptyChunk`].
    pub fn chunk(&mut self, bytes: &[u8]) -> Result<(), EncodeError> {
        if !self.in_string() {
            return Err(EncodeError::ChunkExpected);
        }
        if bytes.is_empty() {
            return Err(EncodeError::EmptyChunk);
        }
        push_header(b';', bytes.len(), &mut self.out);
        self.out.extend_from_slice(bytes);
        self.out.extend_from_slice(b"\r\n");
        Ok(())
    }

    /// Ends a streamed string.
    ///
    /// # Errors
    /// [`EncodeError::UnexpectedEnd`] outside of one.
    pub fn end_string(&mut self) -> Result<(), EncodeError> {
        if !self.in_string() {
            return Err(EncodeError::UnexpectedEnd);
        }
        self.out.extend_from_slice(b";0\r\n");
        self.open.pop();
        self.finish_value();
        Ok(())
    }

    /// Ends a streamed array, set or map.
    ///
    /// # Errors
    /// [`EncodeError::UnexpectedEnd`], [`EncodeError::OddMap`], [`EncodeError::DanglingAttribute`].
    pub fn end(&mut self) -> Result<(), EncodeError> {
        match self.open.last() {
            Some(open) if open.streamed && open.kind != Kind::StreamedString => {
                if self.after_attribute {
                    return Err(EncodeError::DanglingAttribute);
                }
                if open.kind == Kind::Map && open.count % 2 == 1 {
                    return Err(EncodeError::OddMap);
                }
            }
            _ => return Err(EncodeError::UnexpectedEnd),
        }
        self.out.extend_from_slice(b".\r\n");
        self.open.pop();
        self.finish_value();
        Ok(())
    }

    /// A whole value.
    ///
    /// # Errors
    /// As for its parts. The encoder is then as it was before the call.
    pub fn value(&mut self, value: &Value) -> Result<(), EncodeError> {
        self.events(value_events(value))
    }

    /// A whole value as it was read: a proxy that speaks the other protocol to its client.
    ///
    /// # Errors
    /// As for its parts. The encoder is then as it was before the call.
    pub fn view(&mut self, view: &View<'_>) -> Result<(), EncodeError> {
        self.events(view_events(view))
    }

    fn events<'a>(&mut self, events: impl Iterator<Item = Event<'a>>) -> Result<(), EncodeError> {
        let written = self.out.len();
        let before = (self.complete, self.open.clone(), self.muted, self.after_attribute);
        for event in events {
            let result = match event {
                Event::Open(kind, count) => {
                    let count = count as u64;
                    match kind {
                        Kind::Map => self.map(count / 2),
                        Kind::Set => self.set(count),
                        Kind::Push => self.push(count),
                        Kind::Attribute => self.attributes(count / 2),
                        _ => self.array(count),
                    }
                }
                Event::Leaf(data) => self.data(data),
            };
            if let Err(error) = result {
                self.out.truncate(written);
                (self.complete, self.open, self.muted, self.after_attribute) = before;
                return Err(error);
            }
        }
        Ok(())
    }

    fn data(&mut self, data: Data<'_>) -> Result<(), EncodeError> {
        match data {
            Data::SimpleString(text) => self.simple_string(text),
            Data::SimpleError(message) => self.simple_error(message),
            Data::Integer(value) => self.integer(value),
            Data::BulkString(bytes) => self.bulk_string(bytes),
            Data::StreamedString(chunks) => {
                let bytes: Vec<u8> = chunks.flatten().copied().collect();
                self.bulk_string(&bytes)
            }
            Data::Null => self.null(),
            Data::NullArray => self.null_array(),
            Data::Boolean(value) => self.boolean(value),
            Data::Double(value) => self.double(value),
            Data::BigNumber(digits) => self.big_number(digits),
            Data::BulkError(message) => self.bulk_error(message),
            Data::Verbatim { format, data } => self.verbatim(format, data),
            Data::Array(items) => self.array(items.len() as u64),
            Data::Set(items) => self.set(items.len() as u64),
            Data::Push(items) => self.push(items.len() as u64),
            Data::Map(pairs) => self.map(pairs.len() as u64),
        }
    }

    fn line(&mut self, kind: u8, text: &[u8]) -> Result<(), EncodeError> {
        if text.iter().any(|&byte| is_line_break(byte)) {
            return Err(EncodeError::LineBreak);
        }
        self.leaf(|out, _| {
            out.push(kind);
            out.extend_from_slice(text);
            out.extend_from_slice(b"\r\n");
        })
    }

    fn leaf(&mut self, write: impl FnOnce(&mut Vec<u8>, Protocol)) -> Result<(), EncodeError> {
        if self.in_string() {
            return Err(EncodeError::ChunkExpected);
        }
        if self.muted.is_none() {
            write(&mut self.out, self.protocol);
        }
        self.after_attribute = false;
        self.finish_value();
        Ok(())
    }

    fn begin(&mut self, kind: Kind, byte: u8, count: u64, each: u64) -> Result<(), EncodeError> {
        if self.in_string() {
            return Err(EncodeError::ChunkExpected);
        }
        let values = count
            .checked_mul(each)
            .filter(|&values| i64::try_from(values).is_ok())
            .ok_or(EncodeError::TooManyElements)?;
        let is_attribute = kind == Kind::Attribute;
        let resp2 = self.protocol == Protocol::Resp2;
        if resp2 && is_attribute && self.muted.is_none() && values > 0 {
            self.muted = Some(self.open.len());
        }
        if self.muted.is_none() && !(resp2 && is_attribute) {
            let (byte, count) = if resp2 { (b'*', values) } else { (byte, count) };
            self.out.push(byte);
            number::push_u64(&mut self.out, count);
            self.out.extend_from_slice(b"\r\n");
        }
        self.after_attribute = is_attribute && values == 0;
        if values > 0 {
            self.open.push(Open {
                kind,
                count: values,
                streamed: false,
            });
        } else if !is_attribute {
            self.finish_value();
        }
        Ok(())
    }

    fn begin_stream(&mut self, kind: Kind, header: &[u8]) -> Result<(), EncodeError> {
        if self.protocol == Protocol::Resp2 {
            return Err(EncodeError::NotInResp2);
        }
        if self.in_string() {
            return Err(EncodeError::ChunkExpected);
        }
        self.out.extend_from_slice(header);
        self.after_attribute = false;
        self.open.push(Open {
            kind,
            count: 0,
            streamed: true,
        });
        Ok(())
    }

    fn in_string(&self) -> bool {
        self.open.last().is_some_and(|open| open.kind == Kind::StreamedString)
    }

    /// A value is complete, and so may be what it stands in.
    fn finish_value(&mut self) {
        while let Some(open) = self.open.last_mut() {
            if open.streamed {
                open.count += 1;
                return;
            }
            open.count -= 1;
            if open.count > 0 {
                return;
            }
            let kind = open.kind;
            self.open.pop();
            if self.muted == Some(self.open.len()) {
                self.muted = None;
            }
            if kind == Kind::Attribute {
                self.after_attribute = true;
                return;
            }
        }
        self.complete = self.out.len();
    }
}

fn is_line_break(byte: u8) -> bool {
    byte == b'\r' || byte == b'\n'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resp2_leaves_out_attributes_with_all_that_is_in_them() {
        let mut encoder = Encoder::new(Protocol::Resp2);
        encoder.array(2).unwrap();
        encoder.attributes(1).unwrap();
        encoder.simple_string(b"deep").unwrap();
        encoder.array(1).unwrap();
        encoder.attributes(1).unwrap();
        encoder.integer(8).unwrap();
        encoder.integer(9).unwrap();
        encoder.integer(10).unwrap();
        assert_eq!(encoder.take(), b"");
        assert_eq!(encoder.set_protocol(Protocol::Resp3), Err(EncodeError::Incomplete));
        encoder.integer(1).unwrap();
        encoder.attributes(0).unwrap();
        encoder.integer(2).unwrap();
        assert_eq!(encoder.take(), b"*2\r\n:1\r\n:2\r\n");
    }

    #[test]
    fn a_refused_value_leaves_no_trace() {
        let mut encoder = Encoder::default();
        encoder.array(2).unwrap();
        let bad = Value::Array([Value::Integer(1), Value::SimpleString("a\nb".into())].into());
        assert_eq!(encoder.value(&bad), Err(EncodeError::LineBreak));
        let push = Value::Push([Value::Null].into());
        assert_eq!(encoder.value(&push), Err(EncodeError::NestedPush));
        encoder.integer(1).unwrap();
        encoder.integer(2).unwrap();
        assert_eq!(encoder.take(), b"*2\r\n:1\r\n:2\r\n");
    }

    #[test]
    fn a_double_by_its_text_keeps_it() {
        let mut encoder = Encoder::default();
        encoder.double_text(b"+1.50e3").unwrap();
        assert_eq!(encoder.double_text(b"0x1"), Err(EncodeError::InvalidDouble));
        assert_eq!(encoder.double_text(b"1\r\n"), Err(EncodeError::InvalidDouble));
        encoder.set_protocol(Protocol::Resp2).unwrap();
        encoder.double_text(b"-inf").unwrap();
        assert_eq!(encoder.take(), b",+1.50e3\r\n$4\r\n-inf\r\n");
    }

    #[test]
    fn attributes_want_their_value() {
        let mut encoder = Encoder::default();
        encoder.stream_array().unwrap();
        encoder.attributes(0).unwrap();
        assert_eq!(encoder.end(), Err(EncodeError::DanglingAttribute));
        encoder.null().unwrap();
        encoder.end().unwrap();
        encoder.attributes(1).unwrap();
        encoder.null().unwrap();
        encoder.null().unwrap();
        assert!(!encoder.is_complete());
        encoder.push(0).unwrap();
        assert!(encoder.is_complete());
    }
}
