//! The kernel for CPUs with PCLMULQDQ: 16 bytes a step.

use core::arch::x86_64::{
    __m128i, _mm_bsrli_si128, _mm_clmulepi64_si128, _mm_cmpeq_epi8, _mm_cvtsi64_si128, _mm_cvtsi128_si64,
    _mm_loadu_si128, _mm_movemask_epi8, _mm_or_si128, _mm_set_epi64x, _mm_set1_epi8, _mm_setzero_si128,
    _mm_shuffle_epi8, _mm_xor_si128,
};

use super::super::portable::{remainder, short};
use super::constants::{power, quotient_64};
use crate::cluster::hash_tag;

/// The CRC-16 of `bytes`.
#[target_feature(enable = "pclmulqdq,ssse3,sse4.1")]
pub(super) fn checksum(bytes: &[u8]) -> u16 {
    sum::<false>(bytes).0
}

/// The CRC-16 of what is hashed of `key`.
#[target_feature(enable = "pclmulqdq,ssse3,sse4.1")]
pub(super) fn key_checksum(key: &[u8]) -> u16 {
    // A tag is mostly in front, and then the key need not be summed up first.
    if key.first() != Some(&b'{')
        && let (crc, false) = sum::<true>(key)
    {
        return crc;
    }
    sum::<false>(hash_tag(key)).0
}

/// The same for many keys.
#[target_feature(enable = "pclmulqdq,ssse3,sse4.1")]
pub(super) fn key_checksums<K: AsRef<[u8]>>(keys: &[K], out: &mut [u16]) {
    for (key, out) in keys.iter().zip(out) {
        *out = key_checksum(key.as_ref());
    }
}

/// The CRC-16 of `bytes` and, if `SCAN`, whether a `{` is among them.
#[inline]
#[target_feature(enable = "pclmulqdq,ssse3,sse4.1")]
fn sum<const SCAN: bool>(bytes: &[u8]) -> (u16, bool) {
    let mut scan = Scan::<SCAN>(_mm_setzero_si128());
    let sum = if bytes.len() <= 8 {
        let sum = _mm_cvtsi64_si128(short(bytes) as i64);
        scan.see(sum);
        return (finish_short(sum), scan.found());
    } else if let (true, Some(first), Some(last)) = (bytes.len() <= 16, bytes.first_chunk(), bytes.last_chunk()) {
        // Overlapping loads; what the second has too is shifted out of the first.
        let first = u64::from_be_bytes(*first) >> (8 * (16 - bytes.len()));
        let sum = _mm_set_epi64x(first as i64, u64::from_be_bytes(*last) as i64);
        scan.see(sum);
        sum
    } else {
        long(bytes, &mut scan)
    };
    (finish(sum), scan.found())
}

/// More than 16 bytes, down to a sum of 16.
#[inline]
#[target_feature(enable = "pclmulqdq,ssse3,sse4.1")]
fn long<const SCAN: bool>(bytes: &[u8], scan: &mut Scan<SCAN>) -> __m128i {
    // The first 1 to 16 bytes, so that whole blocks follow: loaded whole, and shifted.
    let head = (bytes.len() - 1) % 16 + 1;
    let (front, mut rest) = bytes.split_at(head);
    let mut sum = match bytes.first_chunk() {
        Some(block) => shift_out(load(block), 16 - head),
        None => _mm_cvtsi64_si128(short(front) as i64),
    };
    scan.see(sum);
    if rest.len() >= 256 {
        let zero = _mm_setzero_si128();
        let mut sums = [zero, zero, zero, sum];
        while let Some((blocks, after)) = rest.split_first_chunk::<64>() {
            for (sum, block) in sums.iter_mut().zip(blocks.as_chunks::<16>().0) {
                let block = load(block);
                scan.see(block);
                *sum = _mm_xor_si128(fold::<512>(*sum), block);
            }
            rest = after;
        }
        let [a, b, c, d] = sums;
        sum = _mm_xor_si128(
            fold::<128>(_mm_xor_si128(fold::<128>(_mm_xor_si128(fold::<128>(a), b)), c)),
            d,
        );
    }
    while let Some((block, after)) = rest.split_first_chunk::<16>() {
        let block = load(block);
        scan.see(block);
        sum = _mm_xor_si128(fold::<128>(sum), block);
        rest = after;
    }
    sum
}

/// Sixteen bytes as one big-endian number.
#[inline]
#[target_feature(enable = "pclmulqdq,ssse3,sse4.1")]
fn load(block: &[u8; 16]) -> __m128i {
    // SAFETY: the block is 16 readable bytes, and the load asks for no alignment.
    let bytes = unsafe { _mm_loadu_si128(block.as_ptr().cast()) };
    _mm_shuffle_epi8(bytes, _mm_set_epi64x(0x0001_0203_0405_0607, 0x0809_0A0B_0C0D_0E0F))
}

/// `number` without its last `count` bytes, at most 15.
#[inline]
#[target_feature(enable = "pclmulqdq,ssse3,sse4.1")]
fn shift_out(number: __m128i, count: usize) -> __m128i {
    /// Any 16 of these in a row take bytes down; 0x80 gives a zero.
    const DOWN: [u8; 32] = {
        let mut down = [0x80; 32];
        let mut i = 0;
        while i < 16 {
            down[i] = i as u8;
            i += 1;
        }
        down
    };
    let (_, from) = DOWN.split_at(count);
    match from.first_chunk::<16>() {
        // SAFETY: the chunk is 16 readable bytes, and the load asks for no alignment.
        Some(down) => _mm_shuffle_epi8(number, unsafe { _mm_loadu_si128(down.as_ptr().cast()) }),
        None => _mm_setzero_si128(),
    }
}

/// `sum * x^BITS`, not quite reduced.
#[inline]
#[target_feature(enable = "pclmulqdq,ssse3,sse4.1")]
fn fold<const BITS: u32>(sum: __m128i) -> __m128i {
    let by = const { (power(BITS + 64), power(BITS)) };
    let by = _mm_set_epi64x(by.0, by.1);
    _mm_xor_si128(
        _mm_clmulepi64_si128::<0x11>(sum, by),
        _mm_clmulepi64_si128::<0x00>(sum, by),
    )
}

/// A word's share of the quotient when nothing follows it: above the low 64 bits stands just a one, whose product is the word.
const LAST: i64 = {
    let (low, high) = quotient_64(0);
    assert!(high == 1);
    low
};

/// The checksum of the low 8 bytes of `sum`, if the others are zero.
#[inline]
#[target_feature(enable = "pclmulqdq,ssse3,sse4.1")]
fn finish_short(sum: __m128i) -> u16 {
    let product = _mm_clmulepi64_si128::<0x00>(sum, _mm_cvtsi64_si128(LAST));
    remainder(_mm_cvtsi128_si64(_mm_xor_si128(_mm_bsrli_si128::<8>(product), sum)) as u64)
}

/// The checksum of the 16 bytes of `sum`.
#[inline]
#[target_feature(enable = "pclmulqdq,ssse3,sse4.1")]
fn finish(sum: __m128i) -> u16 {
    const HIGH: (i64, i64) = quotient_64(64);
    let low = _mm_clmulepi64_si128::<0x00>(sum, _mm_set_epi64x(0, LAST));
    let high = _mm_clmulepi64_si128::<0x01>(sum, _mm_set_epi64x(0, HIGH.0));
    let above = _mm_xor_si128(_mm_clmulepi64_si128::<0x01>(sum, _mm_set_epi64x(0, HIGH.1)), sum);
    let quotient = _mm_xor_si128(_mm_bsrli_si128::<8>(_mm_xor_si128(low, high)), above);
    remainder(_mm_cvtsi128_si64(quotient) as u64)
}

/// Looks for a `{` in everything that it sees, if `SCAN`.
struct Scan<const SCAN: bool>(__m128i);

impl<const SCAN: bool> Scan<SCAN> {
    #[inline]
    #[target_feature(enable = "pclmulqdq,ssse3,sse4.1")]
    fn see(&mut self, bytes: __m128i) {
        if SCAN {
            self.0 = _mm_or_si128(self.0, _mm_cmpeq_epi8(bytes, _mm_set1_epi8(b'{' as i8)));
        }
    }

    #[inline]
    #[target_feature(enable = "pclmulqdq,ssse3,sse4.1")]
    fn found(&self) -> bool {
        SCAN && _mm_movemask_epi8(self.0) != 0
    }
}
