//! CRC-16/XMODEM, the checksum that Redis Cluster hashes keys with.
//!
//! Polynomial `x^16 + x^12 + x^5 + 1` (0x1021), initial value 0, nothing reflected, nothing xored at the end; the checksum of
//! `"123456789"` is 0x31C3. With both ends zero the checksum is linear: that of `a ^ b` is the xor of theirs, and zero bytes
//! in front of a message change nothing. All kernels rest on these two facts: they pad a message at its front to whole words
//! and take the words apart at will.
//!
//! Which [`Kernel`] runs is found out once, from the CPU.

mod portable;

pub(super) use portable::short;

/// Carry-less multiplication, the only unsafe code of the crate: loads by pointer, and calls that need a CPU feature.
#[cfg(all(target_arch = "x86_64", not(target_env = "sgx"), not(miri)))]
#[allow(unsafe_code)]
mod x86;

/// The CRC-16 of `bytes`. Linear in their number.
///
/// ```
/// assert_eq!(quorate::cluster::crc16::checksum(b"123456789"), 0x31C3);
/// ```
#[inline]
pub fn checksum(bytes: &[u8]) -> u16 {
    Kernel::best().checksum(bytes)
}

/// [`checksum`], for constants. At run time the plain one is faster.
///
/// ```
/// const CHECK: u16 = quorate::cluster::crc16::checksum_const(b"123456789");
/// assert_eq!(CHECK, 0x31C3);
/// ```
pub const fn checksum_const(bytes: &[u8]) -> u16 {
    portable::checksum(bytes)
}

/// One way to compute the checksum. All give the same answers; they are public so that they can be compared.
///
/// A value exists only for a kernel that the running CPU can execute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kernel(Level);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Level {
    Portable,
    #[cfg(all(target_arch = "x86_64", not(target_env = "sgx"), not(miri)))]
    X86(x86::Level),
}

impl Kernel {
    /// The fastest kernel for the running CPU.
    #[inline]
    pub fn best() -> Self {
        #[cfg(all(target_arch = "x86_64", not(target_env = "sgx"), not(miri)))]
        if let Some(level) = x86::best() {
            return Self(Level::X86(level));
        }
        Self(Level::Portable)
    }

    /// Every kernel that the running CPU can execute, the slowest first.
    pub fn available() -> impl Iterator<Item = Self> {
        let portable = core::iter::once(Self(Level::Portable));
        #[cfg(all(target_arch = "x86_64", not(target_env = "sgx"), not(miri)))]
        let portable = portable.chain(x86::available().map(|level| Self(Level::X86(level))));
        portable
    }

    /// `"portable"`, `"pclmulqdq"` or `"vpclmulqdq"`.
    pub fn name(self) -> &'static str {
        match self.0 {
            Level::Portable => "portable",
            #[cfg(all(target_arch = "x86_64", not(target_env = "sgx"), not(miri)))]
            Level::X86(level) => level.name(),
        }
    }

    /// The CRC-16 of `bytes`, by this kernel.
    #[inline]
    pub fn checksum(self, bytes: &[u8]) -> u16 {
        match self.0 {
            Level::Portable => portable::checksum(bytes),
            #[cfg(all(target_arch = "x86_64", not(target_env = "sgx"), not(miri)))]
            Level::X86(level) => level.checksum(bytes),
        }
    }

    /// The CRC-16 of the part of `key` that Redis Cluster hashes (see [`hash_tag`](super::hash_tag)), by this kernel.
    #[inline]
    pub fn key_checksum(self, key: &[u8]) -> u16 {
        match self.0 {
            Level::Portable => portable::key_checksum(key),
            #[cfg(all(target_arch = "x86_64", not(target_env = "sgx"), not(miri)))]
            Level::X86(level) => level.key_checksum(key),
        }
    }

    /// [`key_checksum`](Self::key_checksum) of each key, into the place of the same index. Stops at the end of the shorter.
    ///
    /// The loop stands inside the kernel, so that the work on one key overlaps with that on the next.
    #[inline]
    pub fn key_checksums<K: AsRef<[u8]>>(self, keys: &[K], out: &mut [u16]) {
        match self.0 {
            Level::Portable => {
                for (key, out) in keys.iter().zip(out) {
                    *out = portable::key_checksum(key.as_ref());
                }
            }
            #[cfg(all(target_arch = "x86_64", not(target_env = "sgx"), not(miri)))]
            Level::X86(level) => level.key_checksums(keys, out),
        }
    }
}

#[cfg(test)]
mod tests;
