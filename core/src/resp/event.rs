//! Values as a flat run of events, so that whatever walks one (copying, comparing, printing, encoding) needs no recursion,
//! however deep the value is.

use alloc::vec::Vec;
use core::slice;

use super::tape::Kind;
use super::value::{Attributed, Value};
use super::view::{Data, View};

/// One step of a walk: parents before children, a value's attributes before the value.
#[derive(Clone, Debug)]
pub(super) enum Step<L> {
    /// An array, map, set, push or attribute with so many values below it, two a pair.
    Open(Kind, usize),
    /// A value without children.
    Leaf(L),
}

/// A step whose leaf is taken apart.
pub(super) type Event<'a> = Step<Data<'a>>;

impl<L> Step<L> {
    #[inline]
    fn map<M>(self, leaf: impl FnOnce(L) -> M) -> Step<M> {
        match self {
            Self::Open(kind, count) => Step::Open(kind, count),
            Self::Leaf(inner) => Step::Leaf(leaf(inner)),
        }
    }
}

/// The walk of a borrowed value, its leaves taken apart.
pub(super) fn view_events<'a>(view: &View<'a>) -> impl Iterator<Item = Event<'a>> + use<'a> {
    let view = *view;
    ViewWalk::new(&view).map(move |step| step.map(|index| view.alone(index).data()))
}

/// The walk of an owned value, its leaves taken apart.
pub(super) fn value_events(value: &Value) -> impl Iterator<Item = Event<'_>> {
    ValueWalk::new(value).map(|step| step.map(Value::data))
}

/// The walk of a borrowed value: that of the tape. A leaf is the place of its token.
pub(super) struct ViewWalk<'a> {
    view: View<'a>,
    index: usize,
    stop: usize,
    /// Attributes whose pairs were announced with those of the attribute before them, the next one last.
    merged: Vec<usize>,
}

impl<'a> ViewWalk<'a> {
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
    fn attributes(&mut self) -> Option<Step<usize>> {
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
        Some(Step::Open(Kind::Attribute, count))
    }
}

impl<'a> Iterator for ViewWalk<'a> {
    type Item = Step<usize>;

    #[inline]
    fn next(&mut self) -> Option<Step<usize>> {
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
                    return Some(Step::Open(kind, token.elements() as usize));
                }
                _ => {
                    let leaf = self.index;
                    self.index = self.view.alone(leaf).span().end;
                    return Some(Step::Leaf(leaf));
                }
            }
        }
    }
}

/// The walk of an owned value.
pub(super) struct ValueWalk<'a> {
    /// What is still to be walked, innermost last.
    rest: Vec<Rest<'a>>,
}

enum Rest<'a> {
    One(&'a Value),
    List(slice::Iter<'a, Value>),
    Pairs(slice::Iter<'a, (Value, Value)>),
}

impl<'a> ValueWalk<'a> {
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
    fn attributes(&mut self, outermost: &'a Attributed) -> Step<&'a Value> {
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
        Step::Open(Kind::Attribute, count)
    }

    fn list(&mut self, kind: Kind, values: &'a [Value]) -> Step<&'a Value> {
        self.rest.push(Rest::List(values.iter()));
        Step::Open(kind, values.len())
    }

    fn pairs(&mut self, kind: Kind, pairs: &'a [(Value, Value)]) -> Step<&'a Value> {
        self.rest.push(Rest::Pairs(pairs.iter()));
        Step::Open(kind, 2 * pairs.len())
    }
}

impl<'a> Iterator for ValueWalk<'a> {
    type Item = Step<&'a Value>;

    fn next(&mut self) -> Option<Step<&'a Value>> {
        Some(match self.next_value()? {
            Value::Array(values) => self.list(Kind::Array, values),
            Value::Set(values) => self.list(Kind::Set, values),
            Value::Push(values) => self.list(Kind::Push, values),
            Value::Map(pairs) => self.pairs(Kind::Map, pairs),
            Value::Attributed(attributed) => self.attributes(attributed),
            leaf => Step::Leaf(leaf),
        })
    }
}
