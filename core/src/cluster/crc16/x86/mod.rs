//! Which kernels an x86-64 CPU can run, and the safe way into them.

mod clmul;
mod constants;
mod vpclmul;

use core::arch::x86_64::{__cpuid, __cpuid_count, _xgetbv};
use core::sync::atomic::{AtomicU8, Ordering};

/// A kernel, and the proof that the CPU has what it needs: a value is only made by [`best`] and [`available`], and those ask
/// the CPU.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Level(Set);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
enum Set {
    Clmul = 2,
    Vpclmul = 3,
}

/// What [`BEST`] holds before the CPU was asked, and if it has neither.
const UNKNOWN: u8 = 0;
const NEITHER: u8 = 1;

static BEST: AtomicU8 = AtomicU8::new(UNKNOWN);

/// The fastest kernel that the CPU can run, if any.
#[inline]
pub(super) fn best() -> Option<Level> {
    // Relaxed is enough: the number is all there is, and whoever asks the CPU anew finds the same.
    let best = BEST.load(Ordering::Relaxed);
    if best == Set::Vpclmul as u8 {
        Some(Level(Set::Vpclmul))
    } else if best == Set::Clmul as u8 {
        Some(Level(Set::Clmul))
    } else if best == NEITHER {
        None
    } else {
        ask()
    }
}

#[cold]
fn ask() -> Option<Level> {
    let best = available().last();
    BEST.store(best.map_or(NEITHER, |level| level.0 as u8), Ordering::Relaxed);
    best
}

/// The kernels that the CPU can run, the slower first.
pub(super) fn available() -> impl Iterator<Item = Level> {
    let (clmul, vpclmul) = features();
    let clmul = clmul.then_some(Level(Set::Clmul));
    let vpclmul = vpclmul.then_some(Level(Set::Vpclmul));
    clmul.into_iter().chain(vpclmul)
}

/// Whether the CPU has the features of [`clmul`] and those of [`vpclmul`]. Without std there is no
/// `is_x86_feature_detected`; the bits are those of Intel's manual, volume 2, CPUID.
fn features() -> (bool, bool) {
    /// PCLMULQDQ, SSSE3, SSE4.1.
    const CLMUL: u32 = 1 << 1 | 1 << 9 | 1 << 19;
    /// FMA, SSE4.2, POPCNT, OSXSAVE, AVX, F16C: all that the compiler takes AVX-512 to include.
    const AVX: u32 = 1 << 12 | 1 << 20 | 1 << 23 | 1 << 27 | 1 << 28 | 1 << 29;
    /// Of leaf 7, EBX: AVX2, BMI2, AVX512F, AVX512BW.
    const AVX_512: u32 = 1 << 5 | 1 << 8 | 1 << 16 | 1 << 30;
    /// Of leaf 7, ECX: AVX512_VBMI, VPCLMULQDQ.
    const VPCLMULQDQ: u32 = 1 << 1 | 1 << 10;
    /// Of the state that the system saves: SSE, AVX, and the three parts of AVX-512.
    const SAVED: u64 = 0b1110_0110;

    #[allow(unused_unsafe, reason = "unsafe to call before Rust 1.94")]
    // SAFETY: every x86-64 CPU has CPUID, and leaf 7 is only read where leaf 0 says that it exists.
    let (leaf_1, leaf_7) = unsafe {
        let has_7 = __cpuid(0).eax >= 7;
        (__cpuid(1).ecx, has_7.then(|| __cpuid_count(7, 0)))
    };
    let clmul = leaf_1 & CLMUL == CLMUL;
    let vpclmul = clmul
        && leaf_1 & AVX == AVX
        && leaf_7.is_some_and(|leaf| leaf.ebx & AVX_512 == AVX_512 && leaf.ecx & VPCLMULQDQ == VPCLMULQDQ)
        // SAFETY: OSXSAVE, which AVX includes, says that the system lets this instruction be used.
        && unsafe { saved_state() } & SAVED == SAVED;
    (clmul, vpclmul)
}

/// Which registers the system saves when it switches tasks.
#[target_feature(enable = "xsave")]
fn saved_state() -> u64 {
    // SAFETY: register 0 always exists.
    unsafe { _xgetbv(0) }
}

impl Level {
    pub(super) fn name(self) -> &'static str {
        match self.0 {
            Set::Clmul => "pclmulqdq",
            Set::Vpclmul => "vpclmulqdq",
        }
    }

    #[inline]
    pub(super) fn checksum(self, bytes: &[u8]) -> u16 {
        // SAFETY: a `Level` is only made for a CPU that has its features.
        unsafe {
            match self.0 {
                Set::Clmul => clmul::checksum(bytes),
                Set::Vpclmul => vpclmul::checksum(bytes),
            }
        }
    }

    #[inline]
    pub(super) fn key_checksum(self, key: &[u8]) -> u16 {
        // SAFETY: as above.
        unsafe {
            match self.0 {
                Set::Clmul => clmul::key_checksum(key),
                Set::Vpclmul => vpclmul::key_checksum(key),
            }
        }
    }

    #[inline]
    pub(super) fn key_checksums<K: AsRef<[u8]>>(self, keys: &[K], out: &mut [u16]) {
        // SAFETY: as above.
        unsafe {
            match self.0 {
                Set::Clmul => clmul::key_checksums(keys, out),
                Set::Vpclmul => vpclmul::key_checksums(keys, out),
            }
        }
    }
}
