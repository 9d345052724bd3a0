//! A node as bytes: all that it knows, part by part, in an order that is written down beside each part.
//!
//! The same walk makes [`Node::state`](super::Node::state) and [`Node::state_hash`](super::Node::state_hash), so that a hash says
//! exactly what a state says. Numbers are varints, lists and bytes begin with their length, and nothing depends on the platform.

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::vec::Vec;

use super::error::Error;
use super::message::{Data, Snapshot};
use crate::hash::StateHasher;
use crate::random::Random;

/// Changes when the bytes of a state do.
const VERSION: u8 = 1;

/// How many bytes the hash at the end takes.
const HASH: usize = 8;

/// How deep lists may stand in lists. Only messages can hold their like, and a node keeps none that do.
const MAX_DEPTH: u32 = 16;

/// Where the parts go: into bytes, or into their hash at once.
pub(super) trait Sink {
    fn bytes(&mut self, bytes: &[u8]);

    fn number(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.bytes(&[value as u8 | 0x80]);
            value >>= 7;
        }
        self.bytes(&[value as u8]);
    }
}

impl Sink for Vec<u8> {
    fn bytes(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}

impl Sink for StateHasher {
    fn bytes(&mut self, bytes: &[u8]) {
        self.raw(bytes);
    }
}

/// Where they come from again.
pub(super) struct Source<'a> {
    bytes: &'a [u8],
    at: usize,
    depth: u32,
}

impl<'a> Source<'a> {
    pub(super) fn error<T>(&self, expected: &'static str) -> Result<T, Error> {
        Err(Error::State {
            offset: self.at,
            expected,
        })
    }

    pub(super) fn number(&mut self) -> Result<u64, Error> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let Some(&byte) = self.bytes.get(self.at) else {
                return self.error("a number, before the end");
            };
            // The tenth byte has one bit, and the last no zeros that could be left out.
            if shift == 63 && byte > 1 || shift > 0 && byte == 0 {
                return self.error("a number of 64 bits");
            }
            self.at += 1;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                break;
            }
        }
        Ok(value)
    }

    fn take(&mut self) -> Result<&'a [u8], Error> {
        let length = self.number()?;
        let end = usize::try_from(length)
            .ok()
            .and_then(|length| self.at.checked_add(length));
        match end.and_then(|end| self.bytes.get(self.at..end)) {
            Some(bytes) => {
                self.at += bytes.len();
                Ok(bytes)
            }
            None => self.error("as many bytes as announced"),
        }
    }
}

/// A part of a state.
pub(super) trait Saved: Sized {
    fn save(&self, to: &mut impl Sink);
    fn load(from: &mut Source<'_>) -> Result<Self, Error>;
}

/// Says in which order the fields of a struct stand, or which number each variant of an enum has. What is left out does not
/// compile. To change either is to change [`VERSION`].
macro_rules! saved {
    (struct $name:ident { $($field:ident),+ $(,)? }) => {
        impl $crate::raft::saved::Saved for $name {
            fn save(&self, to: &mut impl $crate::raft::saved::Sink) {
                let Self { $($field),+ } = self;
                $($field.save(to);)+
            }

            fn load(from: &mut $crate::raft::saved::Source<'_>) -> Result<Self, $crate::raft::Error> {
                Ok(Self { $($field: $crate::raft::saved::Saved::load(from)?),+ })
            }
        }
    };
    (enum $name:ident {
        $($number:literal => $variant:ident $({ $($field:ident),+ })? $(( $($part:ident),+ ))?),+ $(,)?
    }) => {
        impl $crate::raft::saved::Saved for $name {
            fn save(&self, to: &mut impl $crate::raft::saved::Sink) {
                match self {
                    $(Self::$variant $({ $($field),+ })? $(( $($part),+ ))? => {
                        to.number($number);
                        $($($field.save(to);)+)?
                        $($($part.save(to);)+)?
                    })+
                }
            }

            fn load(from: &mut $crate::raft::saved::Source<'_>) -> Result<Self, $crate::raft::Error> {
                Ok(match from.number()? {
                    $($number => {
                        $($(let $field = $crate::raft::saved::Saved::load(from)?;)+)?
                        $($(let $part = $crate::raft::saved::Saved::load(from)?;)+)?
                        Self::$variant $({ $($field),+ })? $(( $($part),+ ))?
                    })+
                    _ => return from.error(concat!("a known ", stringify!($name))),
                })
            }
        }
    };
    (numbered $name:ident) => {
        impl $crate::raft::saved::Saved for $name {
            fn save(&self, to: &mut impl $crate::raft::saved::Sink) {
                to.number(u64::from(self.number()));
            }

            fn load(from: &mut $crate::raft::saved::Source<'_>) -> Result<Self, $crate::raft::Error> {
                match Self::from_number(from.number()?) {
                    Some(value) => Ok(value),
                    None => from.error(concat!("a known ", stringify!($name))),
                }
            }
        }
    };
}
pub(super) use saved;

// ---- what everything is made of

impl Saved for u8 {
    fn save(&self, to: &mut impl Sink) {
        to.bytes(&[*self]);
    }

    fn load(from: &mut Source<'_>) -> Result<Self, Error> {
        let Some(&byte) = from.bytes.get(from.at) else {
            return from.error("a byte, before the end");
        };
        from.at += 1;
        Ok(byte)
    }
}

impl Saved for u64 {
    fn save(&self, to: &mut impl Sink) {
        to.number(*self);
    }

    fn load(from: &mut Source<'_>) -> Result<Self, Error> {
        from.number()
    }
}

impl Saved for i64 {
    fn save(&self, to: &mut impl Sink) {
        to.number(*self as u64);
    }

    fn load(from: &mut Source<'_>) -> Result<Self, Error> {
        Ok(from.number()? as i64)
    }
}

impl Saved for usize {
    fn save(&self, to: &mut impl Sink) {
        to.number(*self as u64);
    }

    fn load(from: &mut Source<'_>) -> Result<Self, Error> {
        usize::try_from(from.number()?).or_else(|_| from.error("a number that this platform can count to"))
    }
}

impl Saved for bool {
    fn save(&self, to: &mut impl Sink) {
        to.number(u64::from(*self));
    }

    fn load(from: &mut Source<'_>) -> Result<Self, Error> {
        match from.number()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => from.error("0 or 1"),
        }
    }
}

impl Saved for Data {
    fn save(&self, to: &mut impl Sink) {
        to.number(self.len() as u64);
        to.bytes(self);
    }

    fn load(from: &mut Source<'_>) -> Result<Self, Error> {
        Ok(from.take()?.into())
    }
}

impl Saved for Random {
    fn save(&self, to: &mut impl Sink) {
        to.number(self.state());
    }

    fn load(from: &mut Source<'_>) -> Result<Self, Error> {
        from.number().map(Self::new)
    }
}

impl<T: Saved> Saved for Option<T> {
    fn save(&self, to: &mut impl Sink) {
        self.is_some().save(to);
        if let Some(value) = self {
            value.save(to);
        }
    }

    fn load(from: &mut Source<'_>) -> Result<Self, Error> {
        Ok(match bool::load(from)? {
            true => Some(T::load(from)?),
            false => None,
        })
    }
}

impl Saved for Box<Snapshot> {
    fn save(&self, to: &mut impl Sink) {
        (**self).save(to);
    }

    fn load(from: &mut Source<'_>) -> Result<Self, Error> {
        Snapshot::load(from).map(Self::new)
    }
}

impl<A: Saved, B: Saved> Saved for (A, B) {
    fn save(&self, to: &mut impl Sink) {
        self.0.save(to);
        self.1.save(to);
    }

    fn load(from: &mut Source<'_>) -> Result<Self, Error> {
        Ok((A::load(from)?, B::load(from)?))
    }
}

fn save_list<'a, T: Saved + 'a>(values: impl ExactSizeIterator<Item = &'a T>, to: &mut impl Sink) {
    to.number(values.len() as u64);
    for value in values {
        value.save(to);
    }
}

/// Each value takes a byte at least, so a length that lies ends with the bytes.
fn load_list<T: Saved, L: Default + Extend<T>>(from: &mut Source<'_>) -> Result<L, Error> {
    if from.depth == MAX_DEPTH {
        return from.error("no list so deep");
    }
    from.depth += 1;
    let mut list = L::default();
    for _ in 0..from.number()? {
        list.extend([T::load(from)?]);
    }
    from.depth -= 1;
    Ok(list)
}

impl<T: Saved> Saved for Vec<T> {
    fn save(&self, to: &mut impl Sink) {
        save_list(self.iter(), to);
    }

    fn load(from: &mut Source<'_>) -> Result<Self, Error> {
        load_list(from)
    }
}

impl<T: Saved> Saved for VecDeque<T> {
    fn save(&self, to: &mut impl Sink) {
        save_list(self.iter(), to);
    }

    fn load(from: &mut Source<'_>) -> Result<Self, Error> {
        load_list(from)
    }
}

// ---- the whole

/// A part of a state that says itself whether it can be.
pub(super) trait Machine: Saved {
    /// Tells states of different machines apart.
    const KIND: u8;

    /// Whether what it counts on holds.
    fn is_sound(&self) -> bool;

    fn hash(&self) -> u64 {
        let mut hasher = StateHasher::new();
        hasher.raw(&[Self::KIND, VERSION]);
        self.save(&mut hasher);
        hasher.finish()
    }

    /// The hash of what stands before it ends the bytes.
    fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::from([Self::KIND, VERSION]);
        self.save(&mut bytes);
        let hash = hash_of(&bytes);
        bytes.extend_from_slice(&hash);
        bytes
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let mut from = Source { bytes, at: 0, depth: 0 };
        if bytes.first() != Some(&Self::KIND) {
            return from.error("the state of such a node");
        }
        if bytes.get(1) != Some(&VERSION) {
            from.at = 1;
            return from.error("a state of this version");
        }
        let end = bytes.len().saturating_sub(HASH);
        if bytes[end..] != hash_of(&bytes[..end]) {
            from.at = end;
            return from.error("the hash of what stands before it");
        }
        from.at = 2;
        from.bytes = &bytes[..end];
        let machine = Self::load(&mut from)?;
        if from.at != end {
            return from.error("the end");
        }
        match machine.is_sound() {
            true => Ok(machine),
            false => from.error("a state that a node can be in"),
        }
    }
}

fn hash_of(bytes: &[u8]) -> [u8; HASH] {
    let mut hasher = StateHasher::new();
    hasher.raw(bytes);
    hasher.finish().to_le_bytes()
}

/// Text where people read it, and bytes elsewhere.
#[cfg(feature = "serde")]
pub(super) mod as_serde {
    use alloc::string::String;
    use alloc::vec::Vec;
    use core::fmt::{self, Write};
    use core::marker::PhantomData;

    use serde::de::{Deserializer, Error, SeqAccess, Visitor};
    use serde::ser::Serializer;

    use super::Machine;

    pub(in crate::raft) fn serialize<M: Machine, S: Serializer>(machine: &M, to: S) -> Result<S::Ok, S::Error> {
        let bytes = machine.to_bytes();
        if !to.is_human_readable() {
            return to.serialize_bytes(&bytes);
        }
        let mut text = String::with_capacity(2 * bytes.len());
        for byte in bytes {
            let _ = write!(text, "{byte:02x}");
        }
        to.serialize_str(&text)
    }

    pub(in crate::raft) fn deserialize<'de, M: Machine, D: Deserializer<'de>>(from: D) -> Result<M, D::Error> {
        match from.is_human_readable() {
            true => from.deserialize_str(StateVisitor(PhantomData)),
            false => from.deserialize_bytes(StateVisitor(PhantomData)),
        }
    }

    struct StateVisitor<M>(PhantomData<M>);

    impl<'de, M: Machine> Visitor<'de> for StateVisitor<M> {
        type Value = M;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("the state of a node, as bytes or as hexadecimal digits")
        }

        fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<M, E> {
            M::from_bytes(bytes).map_err(E::custom)
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<M, E> {
            let digit = |byte: u8| char::from(byte).to_digit(16);
            let byte = |pair: &[u8]| match *pair {
                [high, low] => Some((digit(high)? << 4 | digit(low)?) as u8),
                _ => None,
            };
            let bytes: Option<Vec<u8>> = text.as_bytes().chunks(2).map(byte).collect();
            match bytes {
                Some(bytes) => self.visit_bytes(&bytes),
                None => Err(E::custom("not hexadecimal digits")),
            }
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<M, A::Error> {
            let mut bytes = Vec::new();
            while let Some(byte) = seq.next_element()? {
                bytes.push(byte);
            }
            self.visit_bytes(&bytes)
        }
    }
}
