//! A small owned byte string.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::hash::{Hash, Hasher};
use core::ops::Deref;

/// An owned byte string of 40 bytes, made for replies: up to 38 bytes lie within it, longer ones on the heap. Most strings of a
/// reply are short, and an allocation costs more than reading them does.
#[derive(Clone)]
pub struct Bytes(Repr);

const INLINE: usize = 38;

#[derive(Clone)]
enum Repr {
    Inline { len: u8, bytes: [u8; INLINE] },
    Heap(Box<[u8]>),
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
                let (first, last) = (u128::from_le_bytes(first), u128::from_le_bytes(last));
                match source.get(16..32).and_then(<[u8]>::first_chunk) {
                    Some(&next) => [first, u128::from_le_bytes(next), shift_down(last, 48 - len)],
                    None => [first, shift_down(last, 32 - len), 0],
                }
            }
            _ => [short_word(source), 0, 0],
        };
        let mut bytes = [0; INLINE];
        bytes[..16].copy_from_slice(&low.to_le_bytes());
        bytes[16..32].copy_from_slice(&middle.to_le_bytes());
        bytes[32..].copy_from_slice(&high.to_le_bytes()[..INLINE - 32]);
        Self(Repr::Inline { len: len as u8, bytes })
    }
}

/// Drops the first `bytes` bytes of sixteen; all of them, if it is sixteen.
#[inline]
fn shift_down(word: u128, bytes: usize) -> u128 {
    word.checked_shr(8 * bytes as u32).unwrap_or(0)
}

/// Fewer than sixteen bytes as a word, from two reads that overlap.
#[inline]
fn short_word(source: &[u8]) -> u128 {
    let len = source.len();
    if let (Some(&first), Some(&last)) = (source.first_chunk(), source.last_chunk()) {
        u128::from(u64::from_le_bytes(first)) | u128::from(u64::from_le_bytes(last)) << (8 * (len - 8))
    } else if let (Some(&first), Some(&last)) = (source.first_chunk(), source.last_chunk()) {
        u128::from(u64::from(u32::from_le_bytes(first)) | u64::from(u32::from_le_bytes(last)) << (8 * (len - 4)))
    } else if let (Some(&first), Some(&last)) = (source.first_chunk(), source.last_chunk()) {
        u128::from(u64::from(u16::from_le_bytes(first)) | u64::from(u16::from_le_bytes(last)) << (8 * (len - 2)))
    } else {
        source.first().copied().map_or(0, u128::from)
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
        assert_eq!(core::mem::size_of::<Bytes>(), 40);
        for len in 0..64 {
            let source: Vec<u8> = (0..len).collect();
            let bytes = Bytes::from(source.as_slice());
            assert_eq!(*bytes, *source);
            assert_eq!(bytes, Bytes::from(source.clone()));
            assert_eq!(bytes.clone().into_vec(), source);
        }
    }
}
