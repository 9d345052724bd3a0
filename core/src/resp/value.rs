//! A reply that owns itself.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;
use core::ops::{Deref, DerefMut};

use super::bytes::Bytes;
use super::event::{Event, Step, ValueWalk, ViewWalk, value_events};
use super::tape::Kind;
use super::view::{Data, View};

/// An owned value of RESP.
///
/// Dropping, cloning, comparing and printing it never recurses, however deep it is. Two values are equal if they are of one
/// type and hold the same: maps in the same order, doubles bit for bit, so that `NaN` equals itself and `-0` is not `0`.
/// `Display` prints the canonical text that all languages share.
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Value {
    /// A short text; on the wire it may hold no line break.
    SimpleString(Bytes),
    /// An error; by convention its first word is a code in capitals.
    SimpleError(Bytes),
    /// A number of 64 bits.
    Integer(i64),
    /// Any bytes.
    BulkString(Bytes),
    /// Nothing, in either protocol.
    Null,
    /// `*-1`, where RESP2 has nothing in the place of an array.
    NullArray,
    /// True or false.
    Boolean(bool),
    /// A double; infinities and NaN included.
    Double(f64),
    /// An integer of any size, as its text.
    BigNumber(Bytes),
    /// An error of any bytes.
    BulkError(Bytes),
    /// A text and three bytes that say what it is.
    Verbatim {
        /// `txt`, `mkd` or whatever was sent.
        format: [u8; 3],
        /// The text.
        data: Bytes,
    },
    /// Values in order.
    Array(List),
    /// Keys and values in the order of the wire; a key may come again.
    Map(PairList),
    /// Values in the order of the wire; one may come again.
    Set(List),
    /// Values that are no reply; the first names the kind of push.
    Push(List),
    /// A value and the attributes that decorate it.
    Attributed(Box<Attributed>),
}

/// A value with its attributes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Attributed {
    /// The attributes, in the order of the wire.
    pub attributes: PairList,
    /// What they decorate.
    pub value: Value,
}

impl Attributed {
    /// The attributes and the value, apart.
    pub fn into_parts(mut self) -> (PairList, Value) {
        let attributes = core::mem::take(&mut self.attributes);
        (attributes, core::mem::replace(&mut self.value, Value::Null))
    }
}

/// The values of an array, set or push. It is a vector that can be dropped at any depth.
#[derive(Clone, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct List(Vec<Value>);

/// The keys and values of a map or of attributes. It is a vector that can be dropped at any depth.
#[derive(Clone, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct PairList(Vec<(Value, Value)>);

impl List {
    /// The values as a vector.
    pub fn into_vec(mut self) -> Vec<Value> {
        core::mem::take(&mut self.0)
    }
}

impl PairList {
    /// The pairs as a vector.
    pub fn into_vec(mut self) -> Vec<(Value, Value)> {
        core::mem::take(&mut self.0)
    }
}

macro_rules! vector {
    ($list:ident, $item:ty) => {
        impl From<Vec<$item>> for $list {
            fn from(items: Vec<$item>) -> Self {
                Self(items)
            }
        }

        impl<const N: usize> From<[$item; N]> for $list {
            fn from(items: [$item; N]) -> Self {
                Self(items.into())
            }
        }

        impl FromIterator<$item> for $list {
            fn from_iter<I: IntoIterator<Item = $item>>(items: I) -> Self {
                Self(items.into_iter().collect())
            }
        }

        impl IntoIterator for $list {
            type Item = $item;
            type IntoIter = alloc::vec::IntoIter<$item>;

            fn into_iter(self) -> Self::IntoIter {
                self.into_vec().into_iter()
            }
        }

        impl Deref for $list {
            type Target = Vec<$item>;

            fn deref(&self) -> &Vec<$item> {
                &self.0
            }
        }

        impl DerefMut for $list {
            fn deref_mut(&mut self) -> &mut Vec<$item> {
                &mut self.0
            }
        }

        impl fmt::Debug for $list {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_list().entries(&self.0).finish()
            }
        }
    };
}

vector!(List, Value);
vector!(PairList, (Value, Value));

impl Value {
    /// A bulk string.
    pub fn bulk(bytes: impl Into<Bytes>) -> Self {
        Self::BulkString(bytes.into())
    }

    /// The bytes of a string, error, verbatim string or big number.
    pub fn as_bytes(&self) -> Option<&[u8]> {
        match self {
            Self::SimpleString(bytes)
            | Self::SimpleError(bytes)
            | Self::BulkString(bytes)
            | Self::BigNumber(bytes)
            | Self::BulkError(bytes)
            | Self::Verbatim { data: bytes, .. } => Some(bytes),
            _ => None,
        }
    }

    /// Whether this is a null of any kind.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null | Self::NullArray)
    }

    /// Whether this is an error of either kind.
    pub fn is_error(&self) -> bool {
        matches!(self, Self::SimpleError(_) | Self::BulkError(_))
    }

    fn has_children(&self) -> bool {
        matches!(
            self,
            Self::Array(_) | Self::Map(_) | Self::Set(_) | Self::Push(_) | Self::Attributed(_)
        )
    }

    /// A leaf taken apart. What has children is empty here.
    pub(super) fn data(&self) -> Data<'_> {
        match self {
            Self::SimpleString(bytes) => Data::SimpleString(bytes),
            Self::SimpleError(bytes) => Data::SimpleError(bytes),
            Self::Integer(value) => Data::Integer(*value),
            Self::BulkString(bytes) => Data::BulkString(bytes),
            Self::NullArray => Data::NullArray,
            Self::Boolean(value) => Data::Boolean(*value),
            Self::Double(value) => Data::Double(*value),
            Self::BigNumber(bytes) => Data::BigNumber(bytes),
            Self::BulkError(bytes) => Data::BulkError(bytes),
            Self::Verbatim { format, data } => Data::Verbatim { format: *format, data },
            _ => Data::Null,
        }
    }

    #[inline]
    pub(super) fn from_view(view: &View<'_>) -> Self {
        if view.kind().has_children() || view.has_attributes() {
            Self::from_parent(view)
        } else {
            Self::from_leaf(view)
        }
    }

    fn from_parent(view: &View<'_>) -> Self {
        if view.has_attributes() || !view.is_flat() || view.kind() == Kind::Map {
            return build(ViewWalk::new(view), |index| Self::from_leaf(&view.alone(index)));
        }
        // Without children of children, which is common, the elements are the next tokens.
        let leaves = view.span().skip(1).map(|index| Self::from_leaf(&view.alone(index)));
        let list = List(leaves.collect());
        match view.kind() {
            Kind::Set => Self::Set(list),
            Kind::Push => Self::Push(list),
            _ => Self::Array(list),
        }
    }

    /// A value that is one token, or a streamed string. It goes straight from the token to where it stays: most of the time that
    /// materialising takes is moving things.
    #[inline]
    fn from_leaf(view: &View<'_>) -> Self {
        let token = view.token();
        match token.kind() {
            Kind::BulkString => Self::BulkString(view.payload(token).into()),
            Kind::SimpleString => Self::SimpleString(view.payload(token).into()),
            Kind::Integer => Self::Integer(token.integer()),
            Kind::SimpleError => Self::SimpleError(view.payload(token).into()),
            Kind::BulkError => Self::BulkError(view.payload(token).into()),
            Kind::BigNumber => Self::BigNumber(view.payload(token).into()),
            Kind::Boolean => Self::Boolean(token.boolean()),
            Kind::Double => Self::Double(token.double()),
            Kind::NullArray => Self::NullArray,
            Kind::Verbatim => Self::Verbatim {
                format: view.format().unwrap_or_default(),
                data: view.payload(token).into(),
            },
            Kind::StreamedString => Self::BulkString(view.chunks().flatten().copied().collect::<Vec<_>>().into()),
            // Only what is empty comes here: it is one token too.
            Kind::Array => Self::Array(List::default()),
            Kind::Map => Self::Map(PairList::default()),
            Kind::Set => Self::Set(List::default()),
            Kind::Push => Self::Push(List::default()),
            Kind::Null | Kind::NullBulk | Kind::Attribute | Kind::Chunk | Kind::End => Self::Null,
        }
    }

    fn clone_leaf(&self) -> Self {
        match self {
            Self::SimpleString(bytes) => Self::SimpleString(bytes.clone()),
            Self::SimpleError(bytes) => Self::SimpleError(bytes.clone()),
            Self::Integer(value) => Self::Integer(*value),
            Self::BulkString(bytes) => Self::BulkString(bytes.clone()),
            Self::NullArray => Self::NullArray,
            Self::Boolean(value) => Self::Boolean(*value),
            Self::Double(value) => Self::Double(*value),
            Self::BigNumber(bytes) => Self::BigNumber(bytes.clone()),
            Self::BulkError(bytes) => Self::BulkError(bytes.clone()),
            Self::Verbatim { format, data } => Self::Verbatim {
                format: *format,
                data: data.clone(),
            },
            _ => Self::Null,
        }
    }
}

/// Something whose children are still being collected.
struct Partial {
    kind: Kind,
    remaining: usize,
    values: Vec<Value>,
    pairs: Vec<(Value, Value)>,
    /// The attributes of the value that comes next.
    attributes: Option<PairList>,
}

impl Partial {
    fn new(kind: Kind, count: usize) -> Self {
        let paired = matches!(kind, Kind::Map | Kind::Attribute);
        Self {
            kind,
            remaining: count,
            values: Vec::with_capacity(if paired { 1 } else { count }),
            pairs: Vec::with_capacity(if paired { count / 2 } else { 0 }),
            attributes: None,
        }
    }

    fn push(&mut self, value: Value) {
        self.remaining -= 1;
        let value = match self.attributes.take() {
            Some(attributes) => Value::Attributed(Box::new(Attributed { attributes, value })),
            None => value,
        };
        if !matches!(self.kind, Kind::Map | Kind::Attribute) {
            self.values.push(value);
        } else if let Some(key) = self.values.pop() {
            self.pairs.push((key, value));
        } else {
            self.values.push(value);
        }
    }
}

/// Collects the walk of one value. The counts come from a value that exists, so reserving by them is safe.
fn build<L>(steps: impl Iterator<Item = Step<L>>, mut leaf: impl FnMut(L) -> Value) -> Value {
    // The outermost collects the value itself, as a list of one.
    let mut stack = Vec::from([Partial::new(Kind::Array, 1)]);
    for step in steps {
        match step {
            Step::Open(kind, count) => stack.push(Partial::new(kind, count)),
            Step::Leaf(inner) => {
                if let Some(parent) = stack.last_mut() {
                    parent.push(leaf(inner));
                }
            }
        }
        while stack.len() > 1 && stack.last().is_some_and(|partial| partial.remaining == 0) {
            let Some(done) = stack.pop() else { break };
            let Some(parent) = stack.last_mut() else { break };
            let list = List(done.values);
            match done.kind {
                Kind::Attribute => {
                    parent.attributes = Some(PairList(done.pairs));
                }
                Kind::Map => parent.push(Value::Map(PairList(done.pairs))),
                Kind::Set => parent.push(Value::Set(list)),
                Kind::Push => parent.push(Value::Push(list)),
                _ => parent.push(Value::Array(list)),
            }
        }
    }
    stack.swap_remove(0).values.pop().unwrap_or(Value::Null)
}

impl Clone for Value {
    fn clone(&self) -> Self {
        if self.has_children() {
            build(ValueWalk::new(self), Self::clone_leaf)
        } else {
            self.clone_leaf()
        }
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        let mut ours = value_events(self);
        let mut theirs = value_events(other);
        loop {
            match (ours.next(), theirs.next()) {
                (None, None) => return true,
                (Some(Event::Open(kind, count)), Some(Event::Open(other_kind, other_count))) => {
                    if (kind, count) != (other_kind, other_count) {
                        return false;
                    }
                }
                (Some(Event::Leaf(leaf)), Some(Event::Leaf(other))) => {
                    if !same_leaf(&leaf, &other) {
                        return false;
                    }
                }
                _ => return false,
            }
        }
    }
}

impl Eq for Value {}

fn same_leaf(ours: &Data<'_>, theirs: &Data<'_>) -> bool {
    match (ours, theirs) {
        (Data::SimpleString(a), Data::SimpleString(b))
        | (Data::SimpleError(a), Data::SimpleError(b))
        | (Data::BulkString(a), Data::BulkString(b))
        | (Data::BigNumber(a), Data::BigNumber(b))
        | (Data::BulkError(a), Data::BulkError(b)) => a == b,
        (Data::Integer(a), Data::Integer(b)) => a == b,
        (Data::Null, Data::Null) | (Data::NullArray, Data::NullArray) => true,
        (Data::Boolean(a), Data::Boolean(b)) => a == b,
        (Data::Double(a), Data::Double(b)) => a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan()),
        (
            Data::Verbatim { format, data },
            Data::Verbatim {
                format: other,
                data: theirs,
            },
        ) => format == other && data == theirs,
        _ => false,
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        super::text::write(f, value_events(self))
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        super::text::write_debug(f, value_events(self))
    }
}

impl Drop for List {
    fn drop(&mut self) {
        drop_flat(self.0.iter_mut());
    }
}

impl Drop for PairList {
    fn drop(&mut self) {
        drop_flat(self.0.iter_mut().flat_map(|(key, value)| [key, value]));
    }
}

impl Drop for Attributed {
    fn drop(&mut self) {
        drop_flat([&mut self.value].into_iter());
    }
}

/// Takes out all that has children before the values drop, so that dropping stays one level deep.
fn drop_flat<'a>(values: impl Iterator<Item = &'a mut Value>) {
    let mut pending = Vec::new();
    take_parents(values, &mut pending);
    while let Some(mut value) = pending.pop() {
        match &mut value {
            Value::Array(list) | Value::Set(list) | Value::Push(list) => {
                take_parents(list.0.iter_mut(), &mut pending);
            }
            Value::Map(pairs) => {
                take_parents(pairs.0.iter_mut().flat_map(|(key, value)| [key, value]), &mut pending);
            }
            Value::Attributed(attributed) => {
                let Attributed { attributes, value } = &mut **attributed;
                let keys_and_values = attributes.0.iter_mut().flat_map(|(key, value)| [key, value]);
                take_parents(keys_and_values.chain([value]), &mut pending);
            }
            _ => {}
        }
    }
}

fn take_parents<'a>(values: impl Iterator<Item = &'a mut Value>, pending: &mut Vec<Value>) {
    for value in values {
        if value.has_children() {
            pending.push(core::mem::replace(value, Value::Null));
        }
    }
}
