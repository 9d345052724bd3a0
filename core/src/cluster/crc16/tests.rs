use super::*;
use alloc::vec::Vec;
use proptest::prelude::*;

/// The definition: divide, one bit at a time.
fn by_division(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |crc, &byte| {
        (0..8).fold(crc ^ u16::from(byte) << 8, |crc, _| {
            crc << 1 ^ if crc >> 15 == 1 { 0x1021 } else { 0 }
        })
    })
}

fn oracle(bytes: &[u8]) -> u16 {
    ::crc16::State::<::crc16::XMODEM>::calculate(bytes)
}

/// Bytes that look like nothing in particular (Knuth's multiplicative hash of their index).
fn noise(len: usize) -> Vec<u8> {
    (0..len as u32)
        .map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8)
        .collect()
}

#[test]
fn the_oracle_agrees_with_the_definition() {
    let bytes = noise(300);
    for len in 0..bytes.len() {
        assert_eq!(oracle(&bytes[..len]), by_division(&bytes[..len]), "{len} bytes");
    }
}

#[test]
fn checksums_are_the_published_ones() {
    for (bytes, crc) in [
        (&b""[..], 0),
        (b"123456789", 0x31C3),
        (b"sfger132515", 0xA45C),
        (b"hae9Napahngaikeethievubaibogiech", 0x58CE),
        (b"AAAAAAAAAAAAAAAAAAAAAA", 0x92CD),
        (b"Hello, World!", 0x4FD6),
        (&[83, 153, 134, 118, 229, 214, 244, 75, 140, 37, 215, 215], 21847),
    ] {
        assert_eq!(checksum(bytes), crc);
        assert_eq!(checksum_const(bytes), crc);
    }
}

#[test]
fn a_constant_is_computed_by_the_compiler() {
    const LONG: u16 = checksum_const(&[b'a'; 1000]);
    assert_eq!(LONG, oracle(&[b'a'; 1000]));
}

#[test]
fn every_kernel_agrees_at_every_length() {
    let bytes = noise(if cfg!(miri) { 300 } else { 4096 });
    for kernel in Kernel::available() {
        for len in 0..=bytes.len() {
            assert_eq!(
                kernel.checksum(&bytes[..len]),
                oracle(&bytes[..len]),
                "{} of {len} bytes",
                kernel.name()
            );
        }
    }
}

#[test]
fn every_kernel_agrees_at_every_alignment() {
    let bytes = noise(64 + 700);
    let step = if cfg!(miri) { 97 } else { 1 };
    for kernel in Kernel::available() {
        for start in 0..64 {
            for len in (0..=700).step_by(step) {
                let part = &bytes[start..start + len];
                assert_eq!(
                    kernel.checksum(part),
                    oracle(part),
                    "{} of {len} bytes at {start}",
                    kernel.name()
                );
            }
        }
    }
}

#[test]
fn every_bit_counts() {
    // Linear as the checksum is, one-bit messages of a length prove it for all messages of that length.
    for len in if cfg!(miri) { 17..18 } else { 1..600usize } {
        let mut bytes = alloc::vec![0; len];
        for bit in (0..len * 8).step_by(if len > 80 { 13 } else { 1 }) {
            bytes[bit / 8] = 0x80 >> (bit % 8);
            let crc = oracle(&bytes);
            for kernel in Kernel::available() {
                assert_eq!(
                    kernel.checksum(&bytes),
                    crc,
                    "{}, bit {bit} of {len} bytes",
                    kernel.name()
                );
            }
            bytes[bit / 8] = 0;
        }
    }
}

#[test]
fn the_best_kernel_is_one_of_those_available_and_the_portable_one_always_is() {
    let all: Vec<_> = Kernel::available().collect();
    assert_eq!(all.first().map(|kernel| kernel.name()), Some("portable"));
    assert_eq!(all.last(), Some(&Kernel::best()));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: if cfg!(miri) { 4 } else { 256 }, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_give_the_same_in_every_kernel(bytes in prop::collection::vec(any::<u8>(), 0..3000), start in 0usize..64) {
        let bytes = &bytes[start.min(bytes.len())..];
        for kernel in Kernel::available() {
            prop_assert_eq!(kernel.checksum(bytes), oracle(bytes), "{}", kernel.name());
        }
    }
}
