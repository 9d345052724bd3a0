//! A reply read where it lies: nothing is copied.

use alloc::borrow::Cow;
use alloc::vec::Vec;
use core::fmt;
use core::iter::FusedIterator;

use super::decoder::Source;
use super::tape::{Kind, RawToken, Tokens, next_sibling, wire_end};
use super::value::Value;

/// A value of a reply, borrowed from the decoder that read it.
///
/// `Display` prints the canonical text that all languages share: `["foo", 1, null]`.
#[derive(Clone, Copy)]
pub struct View<'a> {
    source: &'a Source,
    /// The place on the tape of the first of its attributes, or of the value itself. Places have 32 bits, so that a view fits two
    /// registers: most of the time that reading a short reply takes is moving things.
    first: u32,
    index: u32,
}

/// What a [`View`] is, taken apart. Nulls of strings and values are one; that of an array in RESP2 is told apart.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Data<'a> {
    /// A short text without line breaks.
    SimpleString(&'a [u8]),
    /// An error; by convention its first word is a code in capitals.
    SimpleError(&'a [u8]),
    /// A number of 64 bits.
    Integer(i64),
    /// Any bytes.
    BulkString(&'a [u8]),
    /// Any bytes, in chunks whose number was not announced.
    StreamedString(Chunks<'a>),
    /// Nothing, in either protocol.
    Null,
    /// `*-1`, where RESP2 has nothing in the place of an array.
    NullArray,
    /// True or false.
    Boolean(bool),
    /// A double; infinities and NaN included.
    Double(f64),
    /// An integer of any size, as its text.
    BigNumber(&'a [u8]),
    /// An error of any bytes.
    BulkError(&'a [u8]),
    /// A text and three bytes that say what it is, such as `txt` or `mkd`.
    Verbatim {
        /// The format.
        format: [u8; 3],
        /// The text.
        data: &'a [u8],
    },
    /// Values in order.
    Array(Items<'a>),
    /// Keys and values in the order of the wire; a key may come again.
    Map(Pairs<'a>),
    /// Values in the order of the wire; one may come again.
    Set(Items<'a>),
    /// Values that are no reply; the first names the kind of push.
    Push(Items<'a>),
}

impl<'a> View<'a> {
    /// The value that starts at `first`, behind its attributes if it has some.
    #[inline]
    pub(super) fn at(source: &'a Source, first: usize) -> Option<Self> {
        let mut index = first;
        while source.tape.get(index)?.kind() == Kind::Attribute {
            index = next_sibling(&source.tape, index);
        }
        Some(Self {
            source,
            first: first as u32,
            index: index as u32,
        })
    }

    #[inline]
    fn tape(&self) -> &'a [RawToken] {
        &self.source.tape
    }

    #[inline]
    fn bytes(&self) -> &'a [u8] {
        self.source.input.window()
    }

    #[inline]
    fn index(&self) -> usize {
        self.index as usize
    }

    #[inline]
    fn first(&self) -> usize {
        self.first as usize
    }

    /// Its tokens' places on the tape, attributes included.
    #[inline]
    pub(super) fn span(&self) -> core::ops::Range<usize> {
        self.first()..next_sibling(self.tape(), self.index())
    }

    #[inline]
    pub(super) fn token_at(&self, index: usize) -> Option<&'a RawToken> {
        self.tape().get(index)
    }

    /// The value at `index`, without regard to attributes before it.
    #[inline]
    pub(super) fn alone(&self, index: usize) -> Self {
        Self {
            first: index as u32,
            index: index as u32,
            ..*self
        }
    }

    /// Whether its children are leaves without attributes, each one token.
    #[inline]
    pub(super) fn is_flat(&self) -> bool {
        let token = self.token();
        token.end() as usize - self.index() - 1 == token.elements() as usize && !token.streamed()
    }

    #[inline]
    pub(super) fn token(&self) -> &'a RawToken {
        &self.tape()[self.index()]
    }

    #[inline]
    pub(super) fn payload(&self, token: &RawToken) -> &'a [u8] {
        let start = token.position();
        self.bytes().get(start..start + token.length()).unwrap_or(&[])
    }

    /// What the value is on the wire.
    #[inline]
    pub fn kind(&self) -> Kind {
        self.token().kind()
    }

    /// The value taken apart.
    #[inline]
    pub fn data(&self) -> Data<'a> {
        let token = self.token();
        match token.kind() {
            Kind::SimpleString => Data::SimpleString(self.payload(token)),
            Kind::SimpleError => Data::SimpleError(self.payload(token)),
            Kind::Integer => Data::Integer(token.integer()),
            Kind::BulkString | Kind::Chunk => Data::BulkString(self.payload(token)),
            Kind::StreamedString => Data::StreamedString(self.chunks()),
            Kind::Null | Kind::NullBulk | Kind::End => Data::Null,
            Kind::NullArray => Data::NullArray,
            Kind::Boolean => Data::Boolean(token.boolean()),
            Kind::Double => Data::Double(token.double()),
            Kind::BigNumber => Data::BigNumber(self.payload(token)),
            Kind::BulkError => Data::BulkError(self.payload(token)),
            Kind::Verbatim => Data::Verbatim {
                format: self.format().unwrap_or_default(),
                data: self.payload(token),
            },
            Kind::Array => Data::Array(self.items()),
            Kind::Map | Kind::Attribute => Data::Map(self.pairs()),
            Kind::Set => Data::Set(self.items()),
            Kind::Push => Data::Push(self.items()),
        }
    }

    /// Whether this is a push and so the answer to no command.
    pub fn is_push(&self) -> bool {
        self.kind() == Kind::Push
    }

    /// Whether this is an error of either kind.
    pub fn is_error(&self) -> bool {
        matches!(self.kind(), Kind::SimpleError | Kind::BulkError)
    }

    /// Whether this is a null of any kind.
    pub fn is_null(&self) -> bool {
        matches!(self.kind(), Kind::Null | Kind::NullBulk | Kind::NullArray)
    }

    /// The bytes of a string, error, verbatim string (without its format) or big number; `None` for a streamed string, whose
    /// bytes lie apart, and for all else.
    #[inline]
    pub fn as_bytes(&self) -> Option<&'a [u8]> {
        let token = self.token();
        match token.kind() {
            Kind::SimpleString
            | Kind::SimpleError
            | Kind::BulkString
            | Kind::BigNumber
            | Kind::BulkError
            | Kind::Verbatim => Some(self.payload(token)),
            _ => None,
        }
    }

    /// As [`as_bytes`](Self::as_bytes), with the chunks of a streamed string joined.
    pub fn to_bytes(&self) -> Option<Cow<'a, [u8]>> {
        if self.kind() != Kind::StreamedString {
            return self.as_bytes().map(Cow::Borrowed);
        }
        let mut joined = Vec::with_capacity(self.chunks().map(<[u8]>::len).sum());
        self.chunks().for_each(|chunk| joined.extend_from_slice(chunk));
        Some(Cow::Owned(joined))
    }

    /// The value of an integer.
    pub fn as_int(&self) -> Option<i64> {
        let token = self.token();
        (token.kind() == Kind::Integer).then(|| token.integer())
    }

    /// The value of a double.
    pub fn as_f64(&self) -> Option<f64> {
        let token = self.token();
        (token.kind() == Kind::Double).then(|| token.double())
    }

    /// The value of a boolean.
    pub fn as_bool(&self) -> Option<bool> {
        let token = self.token();
        (token.kind() == Kind::Boolean).then(|| token.boolean())
    }

    /// The three bytes that say what a verbatim string is.
    pub fn format(&self) -> Option<[u8; 3]> {
        let token = self.token();
        let colon = token.position().checked_sub(1)?;
        let format = self.bytes().get(colon.checked_sub(3)?..colon)?;
        (token.kind() == Kind::Verbatim).then(|| [format[0], format[1], format[2]])
    }

    /// How many elements an array, set or push has, or how many pairs a map has; 0 for all else.
    pub fn len(&self) -> usize {
        let token = self.token();
        match token.kind() {
            Kind::Array | Kind::Set | Kind::Push => token.elements() as usize,
            Kind::Map | Kind::Attribute => token.elements() as usize / 2,
            _ => 0,
        }
    }

    /// Whether [`len`](Self::len) is 0.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The elements of an array, set or push; a map's keys and values in turn; none for all else.
    pub fn items(&self) -> Items<'a> {
        let token = self.token();
        let remaining = match token.kind() {
            Kind::Array | Kind::Set | Kind::Push | Kind::Map | Kind::Attribute => token.elements(),
            _ => 0,
        };
        Items {
            source: self.source,
            index: self.index() + 1,
            remaining: remaining as usize,
        }
    }

    /// The keys and values of a map; those of all else are none.
    pub fn pairs(&self) -> Pairs<'a> {
        let mut items = self.items();
        if !matches!(self.kind(), Kind::Map | Kind::Attribute) {
            items.remaining = 0;
        }
        Pairs(items)
    }

    /// The chunks of a streamed string; none for all else.
    pub fn chunks(&self) -> Chunks<'a> {
        let token = self.token();
        let streamed = token.kind() == Kind::StreamedString;
        Chunks {
            view: *self,
            index: self.index() + 1,
            remaining: if streamed { token.elements() as usize } else { 0 },
        }
    }

    /// The keys and values of the attributes that decorate the value, in the order of the wire.
    pub fn attributes(&self) -> Attributes<'a> {
        Attributes {
            value: *self,
            next: self.first(),
            pairs: Pairs(Items {
                remaining: 0,
                ..self.items()
            }),
        }
    }

    /// Whether attributes decorate the value.
    #[inline]
    pub fn has_attributes(&self) -> bool {
        self.first != self.index
    }

    /// The absolute offset of the value's first byte: that of its attributes, if it has some.
    pub fn offset(&self) -> u64 {
        self.source.input.base + self.wire_start() as u64
    }

    /// The value's bytes as they came, attributes included.
    pub fn raw(&self) -> &'a [u8] {
        let last = next_sibling(self.tape(), self.index()) - 1;
        let end = wire_end(&self.tape()[last], self.bytes());
        self.bytes().get(self.wire_start()..end).unwrap_or(&[])
    }

    /// The tokens of the value, attributes included. Depths count from the value.
    pub fn tokens(&self) -> Tokens<'a> {
        Tokens::new(
            self.tape(),
            self.bytes(),
            self.source.input.base,
            self.wire_start(),
            self.span(),
        )
    }

    /// A copy that owns itself.
    #[inline]
    pub fn to_value(&self) -> Value {
        Value::from_view(self)
    }

    /// Tokens follow each other without a gap, so one starts where the one before it ends.
    fn wire_start(&self) -> usize {
        match self.first().checked_sub(1) {
            Some(before) => wire_end(&self.tape()[before], self.bytes()),
            None => 0,
        }
    }
}

impl fmt::Display for View<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        super::text::write_view(f, self)
    }
}

impl fmt::Debug for View<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "View({self})")
    }
}

/// The elements of a value. Made by [`View::items`].
#[derive(Clone)]
pub struct Items<'a> {
    source: &'a Source,
    index: usize,
    remaining: usize,
}

impl<'a> Iterator for Items<'a> {
    type Item = View<'a>;

    #[inline]
    fn next(&mut self) -> Option<View<'a>> {
        self.remaining = self.remaining.checked_sub(1)?;
        let view = View::at(self.source, self.index)?;
        self.index = view.span().end;
        Some(view)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.remaining, Some(self.remaining))
    }
}

impl ExactSizeIterator for Items<'_> {}
impl FusedIterator for Items<'_> {}

impl fmt::Debug for Items<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Items({} left)", self.remaining)
    }
}

/// The keys and values of a map. Made by [`View::pairs`].
#[derive(Clone)]
pub struct Pairs<'a>(Items<'a>);

impl<'a> Iterator for Pairs<'a> {
    type Item = (View<'a>, View<'a>);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        Some((self.0.next()?, self.0.next()?))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.0.remaining / 2, Some(self.0.remaining / 2))
    }
}

impl ExactSizeIterator for Pairs<'_> {}
impl FusedIterator for Pairs<'_> {}

impl fmt::Debug for Pairs<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pairs({} left)", self.0.remaining / 2)
    }
}

/// The chunks of a streamed string. Made by [`View::chunks`].
#[derive(Clone)]
pub struct Chunks<'a> {
    view: View<'a>,
    index: usize,
    remaining: usize,
}

impl<'a> Iterator for Chunks<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        self.remaining = self.remaining.checked_sub(1)?;
        let token = self.view.tape().get(self.index)?;
        self.index += 1;
        Some(self.view.payload(token))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.remaining, Some(self.remaining))
    }
}

impl ExactSizeIterator for Chunks<'_> {}
impl FusedIterator for Chunks<'_> {}

impl fmt::Debug for Chunks<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Chunks({} left)", self.remaining)
    }
}

/// The keys and values of all attributes of one value. Made by [`View::attributes`].
#[derive(Clone, Debug)]
pub struct Attributes<'a> {
    value: View<'a>,
    next: usize,
    pairs: Pairs<'a>,
}

impl<'a> Iterator for Attributes<'a> {
    type Item = (View<'a>, View<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(pair) = self.pairs.next() {
                return Some(pair);
            }
            if self.next >= self.value.index() {
                return None;
            }
            self.pairs = self.value.alone(self.next).pairs();
            self.next = next_sibling(self.value.tape(), self.next);
        }
    }
}

impl FusedIterator for Attributes<'_> {}
