//! A set of slots, as the bus carries it: 2,048 bytes, slot 0 the lowest bit of the first.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use crate::cluster::SLOTS;

const BYTES: usize = SLOTS as usize / 8;

/// A set of slots. Copies share their memory until one of them changes.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct SlotSet(Arc<[u8; BYTES]>);

impl SlotSet {
    /// None of the slots.
    pub fn new() -> Self {
        Self(Arc::new([0; BYTES]))
    }

    /// The bytes as they stand in a message.
    pub fn from_bytes(bytes: &[u8; BYTES]) -> Self {
        Self(Arc::new(*bytes))
    }

    /// The bytes as they stand in a message.
    pub fn as_bytes(&self) -> &[u8; BYTES] {
        &self.0
    }

    /// Whether `slot` is among them. Those beyond 16383 never are.
    pub fn contains(&self, slot: u16) -> bool {
        self.0
            .get(usize::from(slot / 8))
            .is_some_and(|byte| byte >> (slot % 8) & 1 == 1)
    }

    /// Adds a slot. Says whether it was new.
    pub fn insert(&mut self, slot: u16) -> bool {
        if slot >= SLOTS || self.contains(slot) {
            return false;
        }
        Arc::make_mut(&mut self.0)[usize::from(slot / 8)] |= 1 << (slot % 8);
        true
    }

    /// Takes a slot out. Says whether it was in.
    pub fn remove(&mut self, slot: u16) -> bool {
        if !self.contains(slot) {
            return false;
        }
        Arc::make_mut(&mut self.0)[usize::from(slot / 8)] &= !(1 << (slot % 8));
        true
    }

    /// How many there are.
    pub fn len(&self) -> u16 {
        self.0.iter().map(|byte| byte.count_ones() as u16).sum()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|byte| *byte == 0)
    }

    /// The slots in order.
    pub fn iter(&self) -> impl Iterator<Item = u16> + '_ {
        let bytes = self.0.iter().enumerate().filter(|(_, byte)| **byte != 0);
        bytes.flat_map(|(at, &byte)| {
            (0..8)
                .filter(move |bit| byte >> bit & 1 == 1)
                .map(move |bit| at as u16 * 8 + bit)
        })
    }

    /// The slots in order, in as few ranges as there are: first and last.
    pub fn ranges(&self) -> Vec<(u16, u16)> {
        let mut ranges: Vec<(u16, u16)> = Vec::new();
        for slot in self.iter() {
            match ranges.last_mut() {
                Some((_, last)) if *last + 1 == slot => *last = slot,
                _ => ranges.push((slot, slot)),
            }
        }
        ranges
    }
}

impl Default for SlotSet {
    fn default() -> Self {
        Self::new()
    }
}

impl FromIterator<u16> for SlotSet {
    fn from_iter<I: IntoIterator<Item = u16>>(slots: I) -> Self {
        let mut set = Self::new();
        for slot in slots {
            set.insert(slot);
        }
        set
    }
}

impl fmt::Debug for SlotSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("{")?;
        for (at, (first, last)) in self.ranges().into_iter().enumerate() {
            let comma = if at == 0 { "" } else { ", " };
            match first == last {
                true => write!(f, "{comma}{first}")?,
                false => write!(f, "{comma}{first}-{last}")?,
            }
        }
        f.write_str("}")
    }
}

/// As its ranges.
#[cfg(feature = "serde")]
impl serde::Serialize for SlotSet {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.ranges().serialize(serializer)
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for SlotSet {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let ranges = Vec::<(u16, u16)>::deserialize(deserializer)?;
        let slots = ranges.into_iter().flat_map(|(first, last)| first..=last.min(SLOTS - 1));
        Ok(slots.collect())
    }
}
