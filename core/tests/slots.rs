//! Slots: every kernel beside the `crc16` crate, tags beside the rule as the specification words it.

mod common;

use common::values::Dice;
use crc16::{State, XMODEM};
use proptest::collection::vec;
use proptest::prelude::*;
use quorate::cluster::crc16::{Kernel, checksum, checksum_const};
use quorate::cluster::{
    SLOTS, group_by_slot, hash_tag, key_slot, key_slot_const, key_slots, key_slots_into, tag_for_slot,
};

/// Between the first `{` and the first `}` after it, if there is something between them; else all.
fn naive_tag(key: &[u8]) -> &[u8] {
    let Some(open) = key.iter().position(|&byte| byte == b'{') else {
        return key;
    };
    let after = &key[open + 1..];
    match after.iter().position(|&byte| byte == b'}') {
        None | Some(0) => key,
        Some(close) => &after[..close],
    }
}

fn naive_slot(key: &[u8]) -> u16 {
    State::<XMODEM>::calculate(naive_tag(key)) % 16384
}

fn any_key() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        vec(prop_oneof![Just(b'{'), Just(b'}'), Just(b'a'), any::<u8>()], 0..40),
        vec(any::<u8>(), 0..300),
    ]
}

#[test]
fn every_kernel_is_right_for_all_lengths_and_places() {
    let mut dice = Dice::new(1);
    let bytes: Vec<u8> = (0..1200).map(|_| dice.below(256) as u8).collect();
    let kernels: Vec<Kernel> = Kernel::available().collect();
    println!("{:?}", kernels.iter().map(|kernel| kernel.name()).collect::<Vec<_>>());
    for length in 0..1100 {
        // All places for lengths of a few blocks of any kernel, one for those beyond.
        let places = if length <= 300 { 0..17 } else { 3..4 };
        for start in places {
            let part = &bytes[start..start + length];
            let expected = State::<XMODEM>::calculate(part);
            for kernel in &kernels {
                assert_eq!(
                    kernel.checksum(part),
                    expected,
                    "{}: {length} bytes at {start}",
                    kernel.name()
                );
            }
            assert_eq!(checksum(part), expected);
        }
        // In a place of its own, so that a tool that watches memory sees a read past its end.
        let own: Box<[u8]> = bytes[..length].into();
        assert_eq!(checksum(&own), checksum_const(&own), "{length}");
    }
}

#[test]
fn every_kernel_is_right_for_long_keys() {
    let bytes: Vec<u8> = (0..100_000_u32)
        .map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8)
        .collect();
    for length in [4095, 4096, 4097, 65_535, 65_536, 99_999] {
        let expected = State::<XMODEM>::calculate(&bytes[..length]);
        for kernel in Kernel::available() {
            assert_eq!(
                kernel.checksum(&bytes[..length]),
                expected,
                "{}: {length}",
                kernel.name()
            );
        }
    }
}

#[test]
fn the_slot_of_a_literal_is_a_constant() {
    const SLOT: u16 = key_slot_const(b"{user1000}.following");
    assert_eq!(SLOT, 3443);
}

#[test]
fn every_slot_has_a_tag_and_the_shortest_first_one() {
    let alphabet: Vec<u8> = (b'0'..=b'9').chain(b'A'..=b'Z').chain(b'a'..=b'z').collect();
    let mut first = vec![None; usize::from(SLOTS)];
    let mut texts: Vec<Vec<u8>> = vec![Vec::new()];
    while first.iter().any(Option::is_none) {
        texts = texts
            .iter()
            .flat_map(|text| alphabet.iter().map(|&byte| [&text[..], &[byte]].concat()))
            .collect();
        for text in &texts {
            first[usize::from(naive_slot(text))].get_or_insert_with(|| text.clone());
        }
    }
    for slot in 0..SLOTS {
        let tag = tag_for_slot(slot).expect("a slot");
        assert_eq!(Some(tag.as_bytes()), first[usize::from(slot)].as_deref(), "slot {slot}");
        assert_eq!(key_slot(format!("some{{{}}}key", &*tag).as_bytes()), slot);
    }
    for slot in [SLOTS, SLOTS + 1, u16::MAX] {
        assert_eq!(
            tag_for_slot(slot).map_err(|error| error.code()).err(),
            Some("unknown_slot")
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn tags_and_slots_follow_the_rule(key in any_key()) {
        prop_assert_eq!(hash_tag(&key), naive_tag(&key));
        prop_assert_eq!(key_slot(&key), naive_slot(&key));
        prop_assert_eq!(key_slot_const(&key), naive_slot(&key));
    }

    #[test]
    fn a_batch_is_its_keys_one_by_one(keys in vec(any_key(), 0..40)) {
        let expected: Vec<u16> = keys.iter().map(|key| naive_slot(key)).collect();
        prop_assert_eq!(&key_slots(&keys), &expected);
        for kernel in Kernel::available() {
            let mut sums = vec![0; keys.len()];
            kernel.key_checksums(&keys, &mut sums);
            let slots: Vec<u16> = sums.iter().map(|sum| sum % SLOTS).collect();
            prop_assert_eq!(&slots, &expected, "{}", kernel.name());
        }
        // A longer place is filled from its start; a shorter one is refused and left as it was.
        let mut longer = vec![7; keys.len() + 2];
        key_slots_into(&keys, &mut longer).expect("room for all");
        prop_assert_eq!(&longer[..keys.len()], &expected[..]);
        prop_assert_eq!(&longer[keys.len()..], &[7, 7]);
        if !keys.is_empty() {
            let mut shorter = vec![7; keys.len() - 1];
            let refused = key_slots_into(&keys, &mut shorter);
            prop_assert_eq!(refused.map_err(|error| error.code()), Err("buffer_too_small"));
            prop_assert!(shorter.iter().all(|&slot| slot == 7));
        }
    }

    #[test]
    fn groups_hold_every_index_once_in_order(keys in vec(any_key(), 0..60)) {
        let groups = group_by_slot(&keys);
        let mut seen = vec![false; keys.len()];
        let mut last = None;
        for (slot, indices) in groups.iter() {
            prop_assert!(last < Some(slot), "slots in order");
            last = Some(slot);
            prop_assert!(!indices.is_empty());
            prop_assert!(indices.windows(2).all(|pair| pair[0] < pair[1]), "indices in order");
            prop_assert_eq!(groups.get(slot), indices);
            for &index in indices {
                prop_assert_eq!(naive_slot(&keys[index as usize]), slot);
                prop_assert!(!std::mem::replace(&mut seen[index as usize], true));
            }
        }
        prop_assert!(seen.iter().all(|&seen| seen));
        prop_assert_eq!(groups.iter().count(), groups.len());
        prop_assert_eq!(groups.is_empty(), keys.is_empty());
        let unused = (0..SLOTS).find(|&slot| keys.iter().all(|key| naive_slot(key) != slot));
        prop_assert!(groups.get(unused.expect("a slot without keys")).is_empty());
    }
}
