//! What both kernels multiply by. `P` is the polynomial, `x^16 + x^12 + x^5 + 1`.

const P: u32 = 0x1_1021;

/// `x^n` modulo `P`: a word times this is the word moved by `n` bits.
pub(super) const fn power(n: u32) -> i64 {
    let mut power = 1;
    let mut i = 0;
    while i < n {
        power <<= 1;
        if power & 0x1_0000 != 0 {
            power ^= P;
        }
        i += 1;
    }
    power as i64
}

/// What turns a word into its share of the quotient, when `n` bits of message follow the word.
///
/// A word `w` there adds `floor(w * x^(n + 16) / P)` to the quotient whose low 16 bits tell the checksum
/// ([`remainder`](super::super::portable::remainder)). That is `floor(w * m / x^64)` with `m = floor(x^(n + 80) / P)`: exactly,
/// as no term of what the inner floor drops can reach up to bit 0. Bits 64 to 79 of `w * m` only depend on the low 80 bits of
/// `m`, which are returned.
const fn quotient(n: u32) -> u128 {
    let (mut rest, mut m) = (1u32, 0u128);
    let mut i = 0;
    while i < n + 80 {
        rest <<= 1;
        m <<= 1;
        if rest & 0x1_0000 != 0 {
            rest ^= P;
            m |= 1;
        }
        i += 1;
    }
    m & ((1 << 80) - 1)
}

/// [`quotient`] for words of 64 bits, in two parts: the low 64 bits, whose product is wanted from bit 64 on, and the 16 above,
/// whose product is wanted from bit 0 on.
pub(super) const fn quotient_64(n: u32) -> (i64, i64) {
    let m = quotient(n);
    (m as i64, (m >> 64) as i64)
}

/// [`quotient`] for words of 48 bits, which see less of `m`: bits 17 to 79, so that one product does. It is wanted from bit 47
/// ([`WANTED_48`]) on.
pub(super) const fn quotient_48(n: u32) -> i64 {
    (quotient(n) >> 17) as i64
}

/// Where the share begins in a product by [`quotient_48`].
pub(super) const WANTED_48: u32 = 64 - 17;
