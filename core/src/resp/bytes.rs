//! A small owned byte string.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::hash::{Hash, Hasher};
use core::ops::Deref;

/// An owned byte string of 24 bytes, made for replies, where most strings are short and an allocation costs more than
/// reading them. Up to 22 bytes lie within it; longer ones on the heap; and those of up to 256 bytes that came in one array,
/// map or set share allocations of 16 KiB, which live as long as any of theirs. [`detach`](Self::detach) leaves one.
#[derive(Clone)]
pub struct Bytes(Repr);

const INLINE: usize = 22;

#[derive(Clone)]
enum Repr {
    Inline {
        len: u8,
        bytes: [u8; INLINE],
    },
    Heap(Box<[u8]>),
    /// A part of what strings of one reply share.
    Shared {
        share: Arc<Vec<u8>>,
        start: u32,
        len: u32,
    },
}

/// Shared are strings longer than lie inline, and short enough that keeping one keeps little else.
const SHARED: core::ops::RangeInclusive<usize> = INLINE + 1..=256;

/// So many bytes share one allocation. Keeping a string keeps no more than this.
const SHARE: usize = 16 << 10;

/// Copies the strings of one reply, given in the order in which they are asked for, a share at a time.
pub(super) struct Arena<I> {
    /// Those that are not in a share yet.
    rest: I,
    share: Arc<Vec<u8>>,
    /// How much of the share was given out.
    given: usize,
}

impl<'a, I: Iterator<Item = &'a [u8]> + Clone> Arena<I> {
    pub(super) fn new(strings: I) -> Self {
        Self {
            rest: strings,
            share: Arc::default(),
            given: 0,
        }
    }

    /// An owned copy of `string`, which is the next of those that the arena was made of.
    #[inline]
    pub(super) fn take(&mut self, string: &[u8]) -> Bytes {
        if !SHARED.contains(&string.len()) {
            return string.into();
        }
        if self.given == self.share.len() {
            self.next_share();
        }
        let start = self.given;
        self.given += string.len();
        Bytes(Repr::Shared {
            share: Arc::clone(&self.share),
            start: start as u32,
            len: string.len() as u32,
        })
    }

    fn next_share(&mut self) {
        // Counting first makes the allocation fit.
        let mut len = 0;
        let full = |string: &&[u8]| SHARED.contains(&string.len());
        for string in self.rest.clone().filter(full) {
            len += string.len();
            if len >= SHARE {
                break;
            }
        }
        let mut share = Vec::with_capacity(len);
        while share.len() < len {
            match self.rest.by_ref().find(full) {
                Some(string) => share.extend_from_slice(string),
                None => break,
            }
        }
        self.share = Arc::new(share);
        self.given = 0;
    }
}

/// An arena of no strings, for a value that came from no reply: each copy stands alone.
pub(super) struct Apart;

/// Where the strings of a value are copied to.
pub(super) trait Strings {
    /// An owned copy of `string`.
    fn copy(&mut self, string: &[u8]) -> Bytes;
}

impl<'a, I: Iterator<Item = &'a [u8]> + Clone> Strings for Arena<I> {
    #[inline]
    fn copy(&mut self, string: &[u8]) -> Bytes {
        self.take(string)
    }
}

impl Strings for Apart {
    #[inline]
    fn copy(&mut self, string: &[u8]) -> Bytes {
        string.into()
    }
}

impl Bytes {
    /// An empty string.
    pub const fn new() -> Self {
        Self(Repr::Inline {
            len: 0,
            bytes: [0; INLINE],
        })
    }

    /// The bytes as a vector, without a copy where they lie on the heap.
    pub fn into_vec(self) -> Vec<u8> {
        match self.0 {
            Repr::Inline { len, bytes } => bytes[..usize::from(len).min(INLINE)].to_vec(),
            Repr::Heap(bytes) => bytes.into_vec(),
            Repr::Shared { .. } => self.to_vec(),
        }
    }

    /// Gives up what it shares with other strings of the reply, for one that outlives them by long.
    pub fn detach(&mut self) {
        if let Repr::Shared { .. } = self.0 {
            self.0 = Repr::Heap((**self).into());
        }
    }
}

impl Default for Bytes {
    fn default() -> Self {
        Self::new()
    }
}

impl Deref for Bytes {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        match &self.0 {
            Repr::Inline { len, bytes } => &bytes[..usize::from(*len).min(INLINE)],
            Repr::Heap(bytes) => bytes,
            Repr::Shared { share, start, len } => {
                let start = *start as usize;
                share.get(start..start + *len as usize).unwrap_or(&[])
            }
        }
    }
}

impl AsRef<[u8]> for Bytes {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl From<&[u8]> for Bytes {
    #[inline]
    fn from(source: &[u8]) -> Self {
        if source.len() > INLINE {
            return Self(Repr::Heap(source.into()));
        }
        // The words are put together in registers and stored once: a copy of any length is a call, and what it stores in
        // small pieces cannot be read back in larger ones without a stall.
        let len = source.len();
        let [low, middle, high] = match (source.first_chunk(), source.last_chunk()) {
            (Some(&first), Some(&last)) => {
                let (first, last) = (u64::from_le_bytes(first), u64::from_le_bytes(last));
                match source.get(8..16).and_then(<[u8]>::first_chunk) {
                    Some(&next) => [first, u64::from_le_bytes(next), shift_down(last, 24 - len)],
                    None => [first, shift_down(last, 16 - len), 0],
                }
            }
            _ => [short_word(source), 0, 0],
        };
        let mut bytes = [0; INLINE];
        bytes[..8].copy_from_slice(&low.to_le_bytes());
        bytes[8..16].copy_from_slice(&middle.to_le_bytes());
        bytes[16..].copy_from_slice(&high.to_le_bytes()[..INLINE - 16]);
        Self(Repr::Inline { len: len as u8, bytes })
    }
}

/// Drops the first `bytes` bytes of eight; all of them, if it is eight.
#[inline]
fn shift_down(word: u64, bytes: usize) -> u64 {
    word.checked_shr(8 * bytes as u32).unwrap_or(0)
}

/// Fewer than eight bytes as a word, from two reads that overlap.
#[inline]
fn short_word(source: &[u8]) -> u64 {
    let len = source.len();
    if let (Some(&first), Some(&last)) = (source.first_chunk(), source.last_chunk()) {
        u64::from(u32::from_le_bytes(first)) | u64::from(u32::from_le_bytes(last)) << (8 * (len - 4))
    } else if let (Some(&first), Some(&last)) = (source.first_chunk(), source.last_chunk()) {
        u64::from(u16::from_le_bytes(first)) | u64::from(u16::from_le_bytes(last)) << (8 * (len - 2))
    } else {
        source.first().copied().map_or(0, u64::from)
    }
}

impl<const N: usize> From<&[u8; N]> for Bytes {
    fn from(source: &[u8; N]) -> Self {
        source.as_slice().into()
    }
}

impl From<&str> for Bytes {
    fn from(source: &str) -> Self {
        source.as_bytes().into()
    }
}

impl From<Vec<u8>> for Bytes {
    fn from(source: Vec<u8>) -> Self {
        if source.len() <= INLINE {
            source.as_slice().into()
        } else {
            Self(Repr::Heap(source.into_boxed_slice()))
        }
    }
}

impl From<String> for Bytes {
    fn from(source: String) -> Self {
        source.into_bytes().into()
    }
}

impl PartialEq for Bytes {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Bytes {}

impl PartialEq<[u8]> for Bytes {
    fn eq(&self, other: &[u8]) -> bool {
        **self == *other
    }
}

impl<const N: usize> PartialEq<[u8; N]> for Bytes {
    fn eq(&self, other: &[u8; N]) -> bool {
        **self == *other
    }
}

impl PartialEq<str> for Bytes {
    fn eq(&self, other: &str) -> bool {
        **self == *other.as_bytes()
    }
}

impl PartialOrd for Bytes {
    fn partial_cmp(&self, other: &Self) -> Option<core::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Bytes {
    fn cmp(&self, other: &Self) -> core::cmp::Ordering {
        (**self).cmp(other)
    }
}

impl Hash for Bytes {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (**self).hash(state);
    }
}

impl fmt::Debug for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.escape_ascii())
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Bytes {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(self)
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for Bytes {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = Bytes;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("bytes")
            }

            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Bytes, E> {
                Ok(bytes.into())
            }

            fn visit_str<E>(self, text: &str) -> Result<Bytes, E> {
                Ok(text.into())
            }

            fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut seq: A) -> Result<Bytes, A::Error> {
                // The announced length is not believed.
                let mut bytes = Vec::new();
                while let Some(byte) = seq.next_element()? {
                    bytes.push(byte);
                }
                Ok(bytes.into())
            }
        }

        deserializer.deserialize_byte_buf(Visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_kinds_hold_the_same_bytes() {
        assert_eq!(core::mem::size_of::<Bytes>(), 24);
        for len in 0..64 {
            let source: Vec<u8> = (0..len).collect();
            let bytes = Bytes::from(source.as_slice());
            assert_eq!(*bytes, *source);
            assert_eq!(bytes, Bytes::from(source.clone()));
            assert_eq!(bytes.clone().into_vec(), source);
        }
    }

    #[test]
    fn strings_of_an_arena_come_out_as_they_went_in() {
        let strings: Vec<Vec<u8>> = (0..600)
            .map(|len| (0..len).map(|i| (i ^ len) as u8).collect())
            .collect();
        let mut arena = Arena::new(strings.iter().map(Vec::as_slice));
        let mut taken: Vec<Bytes> = strings.iter().map(|string| arena.take(string)).collect();
        for (bytes, string) in taken.iter_mut().zip(&strings) {
            assert_eq!(**bytes, **string);
            bytes.detach();
            assert_eq!(**bytes, **string);
        }
    }
}
