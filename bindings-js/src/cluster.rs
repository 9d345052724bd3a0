//! Slot hashing, for keys that are long enough to be worth the crossing.

use quorate::cluster;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::exchange;

/// The slot of the key in the inbox.
#[wasm_bindgen]
pub fn key_slot(len: usize) -> u16 {
    exchange::read(len, cluster::key_slot)
}

/// Leaves the slots of `count` keys in the outbox, two bytes each, little endian. The inbox has the lengths of the keys, four
/// bytes each, then their bytes without a gap.
#[wasm_bindgen]
pub fn key_slots(count: usize) {
    let slots = exchange::read(usize::MAX, |inbox| {
        let (lengths, mut rest) = inbox.split_at((count * 4).min(inbox.len()));
        let keys: Vec<&[u8]> = lengths
            .as_chunks()
            .0
            .iter()
            .map(|&length| {
                let (key, after) = rest.split_at((u32::from_le_bytes(length) as usize).min(rest.len()));
                rest = after;
                key
            })
            .collect();
        cluster::key_slots(&keys)
    });
    exchange::leave(slots.into_iter().flat_map(u16::to_le_bytes).collect());
}

/// The shortest text that hashes to `slot`; nothing if there is no such slot.
#[wasm_bindgen]
pub fn tag_for_slot(slot: u16) -> String {
    cluster::tag_for_slot(slot).map_or_else(|_| String::new(), |tag| tag.to_string())
}
