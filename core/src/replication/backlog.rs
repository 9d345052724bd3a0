//! The backlog: the last bytes of the stream, for replicas that come back.

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::fmt;

/// The last bytes of the stream, each known by its offset. The first byte that a history ever has is at offset 1.
///
/// It holds at most as many bytes as its size says, and grows as bytes come. A server of version 7 keeps its backlog in blocks of
/// 16 KiB and more, and forgets whole blocks: there, up to one block more may still be had.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Backlog {
    size: u64,
    /// The offset of the first byte that is kept, or would be.
    first: u64,
    bytes: VecDeque<u8>,
    /// Of all bytes that were ever pushed, so that a hash of the state costs nothing by the byte.
    digest: u64,
}

impl Backlog {
    /// Makes an empty backlog of at most `size` bytes, behind the byte at `offset`.
    pub fn new(size: u64, offset: u64) -> Self {
        Self {
            size,
            first: offset.saturating_add(1),
            bytes: VecDeque::new(),
            digest: 0xcbf2_9ce4_8422_2325,
        }
    }

    /// Appends `bytes`, and forgets as many of the oldest as are too many.
    ///
    /// # Complexity
    /// Linear in `bytes`.
    pub fn push(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.digest = (self.digest ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        self.bytes.extend(bytes);
        self.trim();
    }

    /// Changes the size. What is kept and still fits stays.
    pub fn resize(&mut self, size: u64) {
        self.size = size;
        self.trim();
    }

    fn trim(&mut self) {
        let surplus = (self.bytes.len() as u64).saturating_sub(self.size);
        // No more than there are bytes, so it fits.
        self.bytes.drain(..surplus as usize);
        self.first = self.first.saturating_add(surplus);
    }

    /// The most bytes that are kept.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The offset of the first byte that is kept; of the next that comes, if none is.
    pub fn first(&self) -> u64 {
        self.first
    }

    /// The offset of the next byte that comes.
    pub fn next(&self) -> u64 {
        self.first.saturating_add(self.bytes.len() as u64)
    }

    /// How many bytes are kept.
    pub fn len(&self) -> u64 {
        self.bytes.len() as u64
    }

    /// Whether no byte is kept.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The bytes from `offset` to the end, or `None` if one of them is not kept. At [`next`](Self::next) there are none, and that is
    /// all of them.
    pub fn from(&self, offset: u64) -> Option<Vec<u8>> {
        let skipped = offset
            .checked_sub(self.first)
            .filter(|&skipped| skipped <= self.len())?;
        Some(self.bytes.range(skipped as usize..).copied().collect())
    }
}

impl fmt::Debug for Backlog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Backlog({}..{} of {}, {:016x})",
            self.first,
            self.next(),
            self.size,
            self.digest
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_first_byte_of_a_history_is_at_offset_1() {
        let mut backlog = Backlog::new(8, 0);
        assert_eq!((backlog.first(), backlog.next()), (1, 1));
        backlog.push(b"abc");
        assert_eq!((backlog.first(), backlog.next()), (1, 4));
        assert_eq!(backlog.from(2).unwrap(), b"bc");
        assert_eq!(backlog.from(4).unwrap(), b"");
        assert_eq!((backlog.from(0), backlog.from(5)), (None, None));
    }

    proptest! {
        /// It answers as one would that forgets nothing, for the bytes that it says it keeps.
        #[test]
        fn it_keeps_the_last_bytes(
            size in 0u64..20,
            start in 0u64..100,
            pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..30), 0..10),
        ) {
            let mut backlog = Backlog::new(size, start);
            let mut all = Vec::new();
            for piece in pieces {
                backlog.push(&piece);
                all.extend(piece);
            }
            let end = start + 1 + all.len() as u64;
            prop_assert_eq!(backlog.next(), end);
            prop_assert_eq!(backlog.len(), size.min(all.len() as u64));
            for offset in start..end + 2 {
                let kept = (offset >= end - backlog.len() && offset <= end)
                    .then(|| all[(offset - start - 1) as usize..].to_vec());
                prop_assert_eq!(backlog.from(offset), kept);
            }
        }
    }
}
