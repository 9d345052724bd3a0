//! From slots back to keys: a tag for every slot.

use core::fmt;
use core::ops::Deref;

use super::SLOTS;
use super::crc16::checksum_const;

/// A tag that hashes to `slot`: the shortest of letters and digits, and of those the first in the order `0-9A-Za-z`.
///
/// Put it in braces into a key's name to choose where the key lives: to spread work over all slots, or to test each node. The
/// server keeps a table of such strings for the same purpose. At most three characters are needed for any slot. The cost
/// is a search of at most 3,907 short steps.
///
/// # Errors
/// [`UnknownSlot`] if `slot` is not below [`SLOTS`].
///
/// ```
/// let tag = quorate::cluster::tag_for_slot(3443)?;
/// assert_eq!(quorate::cluster::key_slot(tag.as_bytes()), 3443);
/// # Ok::<(), quorate::cluster::UnknownSlot>(())
/// ```
pub fn tag_for_slot(slot: u16) -> Result<Tag, UnknownSlot> {
    if slot >= SLOTS {
        return Err(UnknownSlot(slot));
    }
    // All but the last character are tried in order; the last is found by solving for it.
    let no_prefix = core::iter::once(([0; 2], 0));
    let one = ALPHABET.iter().map(|&a| ([a, 0], 1));
    let two = ALPHABET
        .iter()
        .flat_map(|&a| ALPHABET.iter().map(move |&b| ([a, b], 2)));
    no_prefix
        .chain(one)
        .chain(two)
        .find_map(|(prefix, len)| {
            // Linear as the checksum is, the prefix followed by a zero byte and the last byte alone add up to the slot.
            let [a, b] = prefix;
            let last = byte_for(slot ^ checksum_const(&[[a, b, 0], [0, a, 0]][usize::from(len == 1)]))?;
            let mut bytes = [a, b, 0];
            bytes[len] = last;
            Some(Tag {
                bytes,
                len: len as u8 + 1,
            })
        })
        .ok_or(UnknownSlot(slot))
}

const ALPHABET: [u8; 62] = *b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// The letter or digit whose checksum agrees with `crc` in the bits that make a slot, if there is one.
const fn byte_for(crc: u16) -> Option<u8> {
    // The checksum of a byte is q ^ q << 5 ^ q << 12 with q = byte ^ byte >> 4: its low eight bits tell all of q.
    let q = crc as u8;
    let q = q ^ q << 5;
    let byte = q ^ q >> 4;
    if byte.is_ascii_alphanumeric() && (checksum_const(&[byte]) ^ crc).is_multiple_of(SLOTS) {
        Some(byte)
    } else {
        None
    }
}

/// A short string of letters and digits, as [`tag_for_slot`] gives it. Derefs to `str`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Tag {
    bytes: [u8; 3],
    len: u8,
}

impl Deref for Tag {
    type Target = str;

    fn deref(&self) -> &str {
        // Always ASCII, so the default is never taken.
        core::str::from_utf8(&self.bytes[..usize::from(self.len)]).unwrap_or_default()
    }
}

impl AsRef<str> for Tag {
    fn as_ref(&self) -> &str {
        self
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&**self, f)
    }
}

impl fmt::Debug for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

/// A number that is not a slot: 16384 or more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("slots are numbered 0 to 16383, found {0}")]
pub struct UnknownSlot(
    /// The number.
    pub u16,
);

impl UnknownSlot {
    /// A stable name, the same in every binding.
    pub fn code(&self) -> &'static str {
        "unknown_slot"
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::key_slot;
    use alloc::string::{String, ToString};
    use alloc::vec::Vec;

    /// The first string for each slot, found by hashing them all, the shortest first.
    fn by_brute_force() -> Vec<Option<String>> {
        let mut tags = alloc::vec![None; usize::from(SLOTS)];
        for len in 1..=3u32 {
            for number in 0..62usize.pow(len) {
                let tag: String = (0..len)
                    .rev()
                    .map(|digit| ALPHABET[number / 62usize.pow(digit) % 62] as char)
                    .collect();
                tags[usize::from(key_slot(tag.as_bytes()))].get_or_insert(tag);
            }
        }
        tags
    }

    #[test]
    #[cfg_attr(miri, ignore = "half a million strings")]
    fn every_slot_has_the_tag_that_brute_force_finds_first() {
        for (slot, tag) in (0..SLOTS).zip(by_brute_force()) {
            assert_eq!(tag_for_slot(slot).ok().as_deref(), tag.as_deref(), "slot {slot}");
            assert!(tag.is_some());
        }
    }

    #[test]
    fn what_is_not_a_slot_is_refused() {
        let error = tag_for_slot(16384).unwrap_err();
        assert_eq!((error, error.code()), (UnknownSlot(16384), "unknown_slot"));
        assert_eq!(error.to_string(), "slots are numbered 0 to 16383, found 16384");
        assert!(tag_for_slot(u16::MAX).is_err());
    }
}
