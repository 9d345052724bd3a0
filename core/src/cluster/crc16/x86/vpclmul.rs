//! The kernel for CPUs with AVX-512 and VPCLMULQDQ: 64 bytes a step, and a key of up to 48 bytes without a loop or a branch on
//! its length, since a masked load fills a register from the end of the key.

use core::arch::x86_64::{
    __m512i, _mm_cvtsi128_si64, _mm_xor_si128, _mm256_castsi256_si128, _mm256_extracti128_si256, _mm256_xor_si256,
    _mm512_add_epi8, _mm512_bsrli_epi128, _mm512_castsi512_si256, _mm512_clmulepi64_epi128, _mm512_cmpeq_epi8_mask,
    _mm512_extracti64x4_epi64, _mm512_loadu_si512, _mm512_maskz_loadu_epi8, _mm512_maskz_mov_epi8,
    _mm512_permutexvar_epi8, _mm512_set_epi64, _mm512_set1_epi8, _mm512_set4_epi32, _mm512_setzero_si512,
    _mm512_shuffle_epi8, _mm512_ternarylogic_epi64, _mm512_xor_si512,
};

use super::super::portable::remainder;
use super::constants::{WANTED_48, power, quotient_48, quotient_64};
use crate::cluster::hash_tag;

/// The CRC-16 of `bytes`.
#[target_feature(enable = "vpclmulqdq,avx512f,avx512bw,avx512vbmi,bmi2")]
pub(super) fn checksum(bytes: &[u8]) -> u16 {
    if is_short(bytes) {
        finish_short(load_end(bytes), 64)
    } else {
        long::<false>(bytes).0
    }
}

/// The CRC-16 of what is hashed of `key`.
#[target_feature(enable = "vpclmulqdq,avx512f,avx512bw,avx512vbmi,bmi2")]
pub(super) fn key_checksum(key: &[u8]) -> u16 {
    one_key(key)
}

/// The same for many keys.
#[target_feature(enable = "vpclmulqdq,avx512f,avx512bw,avx512vbmi,bmi2")]
pub(super) fn key_checksums<K: AsRef<[u8]>>(keys: &[K], out: &mut [u16]) {
    for (key, out) in keys.iter().zip(out) {
        *out = one_key(key.as_ref());
    }
}

#[inline]
#[target_feature(enable = "vpclmulqdq,avx512f,avx512bw,avx512vbmi,bmi2")]
fn one_key(key: &[u8]) -> u16 {
    if !is_short(key) {
        return match long::<true>(key) {
            (crc, false) => crc,
            (_, true) => checksum(hash_tag(key)),
        };
    }
    let bytes = load_end(key);
    let open = _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8(b'{' as i8));
    if open == 0 {
        finish_short(bytes, 64)
    } else {
        finish_tag(bytes, open)
    }
}

/// The checksum of what is hashed of a key with braces, at the end of a register; `open` is where its `{` are.
#[inline]
#[target_feature(enable = "vpclmulqdq,avx512f,avx512bw,avx512vbmi,bmi2")]
fn finish_tag(bytes: __m512i, open: u64) -> u16 {
    let close = _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8(b'}' as i8));
    // Each place after the first `{`; of those, each before the first `}`.
    let after = !(open ^ open.wrapping_sub(1));
    let close = close & after;
    let tag = after & close.wrapping_sub(1) & !close;
    if close == 0 || tag == 0 {
        return finish_short(bytes, 64);
    }
    finish_short(_mm512_maskz_mov_epi8(tag, bytes), close.trailing_zeros())
}

/// Whether there are 1 to 48 bytes. None at all are kept apart because their address may be anything, and a masked load from
/// where no memory is reads nothing, but takes long to find that out.
#[inline]
fn is_short(bytes: &[u8]) -> bool {
    bytes.len().wrapping_sub(1) < 48
}

/// Up to 64 bytes at the end of a register; what is before them is zero. Callers know that it is 1 to 64, so the test goes.
#[inline]
#[target_feature(enable = "vpclmulqdq,avx512f,avx512bw,avx512vbmi,bmi2")]
fn load_end(bytes: &[u8]) -> __m512i {
    let len = bytes.len();
    if len.wrapping_sub(1) >= 64 {
        return _mm512_setzero_si512();
    }
    let mask = u64::MAX << (64 - len);
    // SAFETY: only the places in the mask are read, and those are exactly the bytes: the last `len` of the 64 places that end
    // where the bytes end. The address of the places that are not read is only computed.
    unsafe { _mm512_maskz_loadu_epi8(mask, bytes.as_ptr().wrapping_add(len).wrapping_sub(64).cast()) }
}

/// 64 bytes as four big-endian numbers of 128 bits.
#[inline]
#[target_feature(enable = "vpclmulqdq,avx512f,avx512bw,avx512vbmi,bmi2")]
fn number(bytes: __m512i) -> __m512i {
    _mm512_shuffle_epi8(
        bytes,
        _mm512_set4_epi32(0x0001_0203, 0x0405_0607, 0x0809_0A0B, 0x0C0D_0E0F),
    )
}

/// The checksum of the 48 bytes before place `end`, where the rest of the register is zero: the shares of eight words of six
/// bytes, one product each.
#[inline]
#[target_feature(enable = "vpclmulqdq,avx512f,avx512bw,avx512vbmi,bmi2")]
fn finish_short(bytes: __m512i, end: u32) -> u16 {
    /// Which byte goes where, counted from `end`, modulo 64: word i ends 6 i bytes before, and a number begins with its last
    /// byte. Words have two bytes to spare, which are taken from `end` itself or, at 64, from place 0: both are zero.
    const ORDER: [u8; 64] = {
        let mut order = [0; 64];
        let mut i = 0;
        while i < 64 {
            if i % 8 < 6 {
                order[i] = 63 - (i / 8 * 6) as u8 - (i % 8) as u8;
            }
            i += 1;
        }
        order
    };
    const Q: [i64; 8] = [
        quotient_48(0),
        quotient_48(48),
        quotient_48(96),
        quotient_48(144),
        quotient_48(192),
        quotient_48(240),
        quotient_48(288),
        quotient_48(336),
    ];
    // The permutation looks at six bits of an index only.
    let order = _mm512_add_epi8(load(&ORDER), _mm512_set1_epi8(end as i8));
    let words = _mm512_permutexvar_epi8(order, bytes);
    let by = _mm512_set_epi64(Q[7], Q[6], Q[5], Q[4], Q[3], Q[2], Q[1], Q[0]);
    let (even, odd) = (
        _mm512_clmulepi64_epi128::<0x00>(words, by),
        _mm512_clmulepi64_epi128::<0x11>(words, by),
    );
    remainder(add_lanes(_mm512_xor_si512(even, odd)) >> WANTED_48)
}

/// The checksum of 64 bytes, that is of four numbers: the shares of eight words of eight bytes, two products each.
#[inline]
#[target_feature(enable = "vpclmulqdq,avx512f,avx512bw,avx512vbmi,bmi2")]
fn finish(sum: __m512i) -> u16 {
    const Q: [(i64, i64); 8] = [
        quotient_64(0),
        quotient_64(64),
        quotient_64(128),
        quotient_64(192),
        quotient_64(256),
        quotient_64(320),
        quotient_64(384),
        quotient_64(448),
    ];
    let low = _mm512_set_epi64(Q[1].0, Q[0].0, Q[3].0, Q[2].0, Q[5].0, Q[4].0, Q[7].0, Q[6].0);
    let high = _mm512_set_epi64(Q[1].1, Q[0].1, Q[3].1, Q[2].1, Q[5].1, Q[4].1, Q[7].1, Q[6].1);
    let (a, b) = (
        _mm512_clmulepi64_epi128::<0x00>(sum, low),
        _mm512_clmulepi64_epi128::<0x11>(sum, low),
    );
    let (c, d) = (
        _mm512_clmulepi64_epi128::<0x00>(sum, high),
        _mm512_clmulepi64_epi128::<0x11>(sum, high),
    );
    remainder(add_lanes(xor_3(_mm512_bsrli_epi128::<8>(_mm512_xor_si512(a, b)), c, d)))
}

/// The sum of the low words of the four numbers.
#[inline]
#[target_feature(enable = "vpclmulqdq,avx512f,avx512bw,avx512vbmi,bmi2")]
fn add_lanes(shares: __m512i) -> u64 {
    let half = _mm256_xor_si256(_mm512_castsi512_si256(shares), _mm512_extracti64x4_epi64::<1>(shares));
    let sum = _mm_xor_si128(_mm256_castsi256_si128(half), _mm256_extracti128_si256::<1>(half));
    _mm_cvtsi128_si64(sum) as u64
}

/// The CRC-16 of any number of bytes but few and, if `SCAN`, whether a `{` is among them.
#[target_feature(enable = "vpclmulqdq,avx512f,avx512bw,avx512vbmi,bmi2")]
fn long<const SCAN: bool>(bytes: &[u8]) -> (u16, bool) {
    let brace = _mm512_set1_epi8(b'{' as i8);
    let mut found = 0;
    if bytes.is_empty() {
        return (0, false);
    }
    // The first 1 to 64 bytes, so that whole blocks follow.
    let (head, mut rest) = bytes.split_at((bytes.len() - 1) % 64 + 1);
    let head = load_end(head);
    if SCAN {
        found |= _mm512_cmpeq_epi8_mask(head, brace);
    }
    let mut sum = number(head);
    if rest.len() >= 512 {
        let zero = _mm512_xor_si512(sum, sum);
        let mut sums = [zero, zero, zero, sum];
        while let Some((blocks, after)) = rest.split_first_chunk::<256>() {
            for (sum, block) in sums.iter_mut().zip(blocks.as_chunks::<64>().0) {
                let block = load(block);
                if SCAN {
                    found |= _mm512_cmpeq_epi8_mask(block, brace);
                }
                *sum = fold::<2048>(*sum, number(block));
            }
            rest = after;
        }
        let [a, b, c, d] = sums;
        sum = fold::<512>(fold::<512>(fold::<512>(a, b), c), d);
    }
    while let Some((block, after)) = rest.split_first_chunk::<64>() {
        let block = load(block);
        if SCAN {
            found |= _mm512_cmpeq_epi8_mask(block, brace);
        }
        sum = fold::<512>(sum, number(block));
        rest = after;
    }
    (finish(sum), found != 0)
}

#[inline]
#[target_feature(enable = "vpclmulqdq,avx512f,avx512bw,avx512vbmi,bmi2")]
fn load(block: &[u8; 64]) -> __m512i {
    // SAFETY: the block is 64 readable bytes, and the load asks for no alignment.
    unsafe { _mm512_loadu_si512(block.as_ptr().cast()) }
}

/// `sum * x^BITS + next` in each of the four numbers, not quite reduced.
#[inline]
#[target_feature(enable = "vpclmulqdq,avx512f,avx512bw,avx512vbmi,bmi2")]
fn fold<const BITS: u32>(sum: __m512i, next: __m512i) -> __m512i {
    let (high, low) = const { (power(BITS + 64), power(BITS)) };
    let by = _mm512_set_epi64(high, low, high, low, high, low, high, low);
    xor_3(
        _mm512_clmulepi64_epi128::<0x11>(sum, by),
        _mm512_clmulepi64_epi128::<0x00>(sum, by),
        next,
    )
}

#[inline]
#[target_feature(enable = "vpclmulqdq,avx512f,avx512bw,avx512vbmi,bmi2")]
fn xor_3(a: __m512i, b: __m512i, c: __m512i) -> __m512i {
    _mm512_ternarylogic_epi64::<0b1001_0110>(a, b, c)
}
