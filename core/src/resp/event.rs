//! Values as a flat run of events, so that whatever walks one (copying, comparing, printing, encoding) needs no recursion,
//! however deep the value is.

use alloc::vec::Vec;
use core::slice;

use super::tape::Kind;
use super::value::{Attributed, Value};
use super::view::{Data, View};

/// One step of a walk: parents before children, a value's attributes before the value.
#[derive(Clone, Debug)]
pub(super) enum Event<'a> {
    /// An array, map, set, push or attribute with so many values below it, two a pair.
    Open(Kind, usize),
    /// A value without children.
    Leaf(Data<'a>),
}

/// The walk of a borrowed value: that of the tape.
pub(super) struct ViewEvents<'a> {
    view: View<'a>,
    index: usize,
    stop: usize,
    /// Attributes whose pairs were announced with those of the attribute before them, the next one last.
    merged: Vec<usize>,
}

impl<'a> ViewEvents<'a> {
    pub(super) fn new(view: &View<'a>) -> Self {
        let range = view.span();
        Self {
            view: *view,
            index: range.start,
            stop: range.end,
            merged: Vec::new(),
        }
    }

    /// Several attributes in a row decorate one value: they are walked as one.
    fn attributes(&mut self) -> Option<Event<'a>> {
        let first = self.index;
        self.index += 1;
        if self.merged.last() == Some(&first) {
            self.merged.pop();
            return None;
        }
        let mut count = 0;
        let mut next = first;
        let known = self.merged.len();
        while let Some(token) = self.view.token_at(next).filter(|token| token.kind() == Kind::Attribute) {
            count += token.elements() as usize;
            next = token.end() as usize;
            self.merged.push(next);
        }
        // What follows the last one is the value.
        self.merged.pop();
        self.merged[known..].reverse();
        Some(Event::Open(Kind::Attribute, count))
    }
}

impl<'a> Iterator for ViewEvents<'a> {
    type Item = Event<'a>;

    #[inline]
    fn next(&mut self) -> Option<Event<'a>> {
        loop {
            if self.index >= self.stop {
                return None;
            }
            let token = self.view.token_at(self.index)?;
            let kind = token.kind();
            match kind {
                // The end of a stream is known by the count.
                Kind::End => self.index += 1,
                Kind::Attribute => {
                    if let Some(event) = self.attributes() {
                        return Some(event);
                    }
                }
                Kind::Array | Kind::Map | Kind::Set | Kind::Push => {
                    self.index += 1;
                    return Some(Event::Open(kind, token.elements() as usize));
                }
                _ => {
                    let leaf = self.view.alone(self.index);
                    self.index = leaf.span().end;
                    return Some(Event::Leaf(leaf.data()));
                }
            }
        }
    }
}

/// The walk of an owned value.
pub(super) struct ValueEvents<'a> {
    /// What is still to be walked, innermost last.
    rest: Vec<Rest<'a>>,
}

enum Rest<'a> {
    One(&'a Value),
    List(slice::Iter<'a, Value>),
    Pairs(slice::Iter<'a, (Value, Value)>),
}

impl<'a> ValueEvents<'a> {
    pub(super) fn new(value: &'a Value) -> Self {
        Self {
            rest: Vec::from([Rest::One(value)]),
        }
    }

    fn next_value(&mut self) -> Option<&'a Value> {
        loop {
            let next = match self.rest.last_mut()? {
                Rest::One(value) => {
                    let value = *value;
                    self.rest.pop();
                    return Some(value);
                }
                Rest::List(values) => values.next(),
                Rest::Pairs(pairs) => pairs.next().map(|(key, value)| {
                    self.rest.push(Rest::One(value));
                    key
                }),
            };
            match next {
                Some(value) => return Some(value),
                None => {
                    self.rest.pop();
                }
            }
        }
    }

    /// Attributes of a value that has attributes already are walked as one, as they would be on the wire.
    fn attributes(&mut self, outermost: &'a Attributed) -> Event<'a> {
        let mut levels = Vec::from([outermost]);
        let mut value = &outermost.value;
        while let Value::Attributed(inner) = value {
            levels.push(inner);
            value = &inner.value;
        }
        self.rest.push(Rest::One(value));
        let mut count = 0;
        for level in levels.into_iter().rev() {
            count += 2 * level.attributes.len();
            self.rest.push(Rest::Pairs(level.attributes.iter()));
        }
        Event::Open(Kind::Attribute, count)
    }

    fn list(&mut self, kind: Kind, values: &'a [Value]) -> Event<'a> {
        self.rest.push(Rest::List(values.iter()));
        Event::Open(kind, values.len())
    }

    fn pairs(&mut self, kind: Kind, pairs: &'a [(Value, Value)]) -> Event<'a> {
        self.rest.push(Rest::Pairs(pairs.iter()));
        Event::Open(kind, 2 * pairs.len())
    }
}

impl<'a> Iterator for ValueEvents<'a> {
    type Item = Event<'a>;

    fn next(&mut self) -> Option<Event<'a>> {
        let leaf = match self.next_value()? {
            Value::Array(values) => return Some(self.list(Kind::Array, values)),
            Value::Set(values) => return Some(self.list(Kind::Set, values)),
            Value::Push(values) => return Some(self.list(Kind::Push, values)),
            Value::Map(pairs) => return Some(self.pairs(Kind::Map, pairs)),
            Value::Attributed(attributed) => {
                return Some(self.attributes(attributed));
            }
            Value::SimpleString(bytes) => Data::SimpleString(bytes),
            Value::SimpleError(bytes) => Data::SimpleError(bytes),
            Value::Integer(value) => Data::Integer(*value),
            Value::BulkString(bytes) => Data::BulkString(bytes),
            Value::Null => Data::Null,
            Value::NullArray => Data::NullArray,
            Value::Boolean(value) => Data::Boolean(*value),
            Value::Double(value) => Data::Double(*value),
            Value::BigNumber(bytes) => Data::BigNumber(bytes),
            Value::BulkError(bytes) => Data::BulkError(bytes),
            Value::Verbatim { format, data } => Data::Verbatim { format: *format, data },
        };
        Some(Event::Leaf(leaf))
    }
}
