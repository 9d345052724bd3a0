//! The hash by which states are compared across languages and machines: FNV-1a of 64 bits.
//!
//! It is chosen for being the same everywhere and a dozen lines long; it is no defence against an adversary.

/// Folds what makes up a state, in a fixed order, into 64 bits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StateHasher(u64);

impl StateHasher {
    pub(crate) fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    /// The length goes in first, so that two fields cannot trade bytes.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.u64(bytes.len() as u64);
        self.raw(bytes);
    }

    pub(crate) fn u64(&mut self, value: u64) {
        self.raw(&value.to_le_bytes());
    }

    pub(crate) fn option(&mut self, value: Option<u64>) {
        self.u64(u64::from(value.is_some()));
        self.u64(value.unwrap_or(0));
    }

    pub(crate) fn finish(self) -> u64 {
        self.0
    }

    /// Bytes that say themselves where they end.
    pub(crate) fn raw(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}
