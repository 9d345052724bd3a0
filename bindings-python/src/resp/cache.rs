//! Strings that come again and again: the keys of maps, `OK`, `QUEUED`. One object of each is kept and given out.

use pyo3::prelude::*;

/// Longer strings are never kept.
const LONGEST: usize = 32;
/// How many strings are kept at most. A power of two.
const SLOTS: usize = 256;

/// Keeps the string that was last seen in each of its slots. A reply can neither make it grow nor make it slow: a collision
/// costs one object, which would have been made anyway.
#[derive(Default)]
pub(super) struct Cache {
    /// Empty until first used, for decoders that see no repeated strings.
    entries: Vec<Entry>,
}

#[derive(Default)]
struct Entry {
    bytes: [u8; LONGEST],
    length: u8,
    decoded: bool,
    object: Option<Py<PyAny>>,
}

impl Cache {
    /// The object for `bytes`, kept or from `make`.
    #[inline]
    pub(super) fn get<E>(
        &mut self,
        py: Python<'_>,
        bytes: &[u8],
        decoded: bool,
        make: impl FnOnce() -> Result<Py<PyAny>, E>,
    ) -> Result<Py<PyAny>, E> {
        if bytes.len() > LONGEST {
            return make();
        }
        if self.entries.is_empty() {
            self.entries.resize_with(SLOTS, Entry::default);
        }
        let entry = &mut self.entries[slot(bytes)];
        if let Some(object) = &entry.object
            && usize::from(entry.length) == bytes.len()
            && entry.decoded == decoded
            && entry.bytes[..bytes.len()] == *bytes
        {
            return Ok(object.clone_ref(py));
        }
        let object = make()?;
        entry.bytes[..bytes.len()].copy_from_slice(bytes);
        entry.length = bytes.len() as u8;
        entry.decoded = decoded;
        entry.object = Some(object.clone_ref(py));
        Ok(object)
    }
}

/// Mixes the length with the first and the last bytes, which tell short strings apart well enough.
#[inline]
fn slot(bytes: &[u8]) -> usize {
    let word = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap_or_default());
    let half = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap_or_default());
    let (first, last) = match bytes.len() {
        0 => (0, 0),
        length @ 1..4 => (
            u64::from(bytes[0]) | u64::from(bytes[length / 2]) << 8,
            u64::from(bytes[length - 1]),
        ),
        length @ 4..8 => (u64::from(half(0)), u64::from(half(length - 4))),
        length => (word(0), word(length - 8)),
    };
    let mixed = (first ^ last.rotate_left(29) ^ bytes.len() as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed >> (64 - SLOTS.trailing_zeros())) as usize
}
