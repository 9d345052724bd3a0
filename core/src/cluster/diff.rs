//! What changed between two maps, and why.

use alloc::string::String;
use alloc::vec::Vec;
use core::ops::RangeInclusive;

use super::SLOTS;
use super::address::Address;
use super::map::{ClusterNode, Health, NodeRole, SlotMap};

/// Why slots changed hands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Why {
    /// A node of the same shard took over.
    Failover,
    /// Another shard has them now.
    Migration,
    /// They had nobody.
    Assigned,
    /// They have nobody.
    Unassigned,
}

/// Something that differs between two maps. Nodes go by their names, or by their addresses where they have none.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Change {
    /// Slots have another primary.
    Slots {
        /// Which.
        slots: RangeInclusive<u16>,
        /// Whose they were.
        from: Option<String>,
        /// Whose they are.
        to: Option<String>,
        /// Why.
        why: Why,
    },
    /// A node is there that was not.
    Joined(String),
    /// A node is not there any more.
    Left(String),
    /// A node's part in its shard changed.
    Role {
        /// Which node.
        node: String,
        /// What it is now.
        role: NodeRole,
    },
    /// A node does better or worse.
    Health {
        /// Which node.
        node: String,
        /// How it does now.
        health: Health,
    },
    /// A node is somewhere else.
    Address {
        /// Which node.
        node: String,
        /// Where it was.
        from: Option<Address>,
        /// Where it is.
        to: Option<Address>,
    },
}

/// Whose a slot was and is: places in the shards of either map.
type Shards = (Option<u16>, Option<u16>);

impl SlotMap {
    /// What changed since `old`: slots in order, then nodes in the order of this map, then those that left.
    pub fn diff(&self, old: &Self) -> Vec<Change> {
        let mut changes = self.slot_changes(old);
        for node in self.nodes() {
            let name = node.name();
            let Some(before) = old.nodes().iter().find(|before| before.is(node)) else {
                changes.push(Change::Joined(name));
                continue;
            };
            if before.address != node.address {
                changes.push(Change::Address {
                    node: name.clone(),
                    from: before.address.clone(),
                    to: node.address.clone(),
                });
            }
            if before.role != node.role {
                changes.push(Change::Role {
                    node: name.clone(),
                    role: node.role,
                });
            }
            if before.health != node.health {
                changes.push(Change::Health {
                    node: name,
                    health: node.health,
                });
            }
        }
        let left = old
            .nodes()
            .iter()
            .filter(|before| !self.nodes().iter().any(|node| node.is(before)));
        changes.extend(left.map(|node| Change::Left(node.name())));
        changes
    }

    fn slot_changes(&self, old: &Self) -> Vec<Change> {
        // Which shards are compared matters, not which slots: each pair is looked at once.
        let mut seen: Vec<(Shards, Option<Why>)> = Vec::new();
        let mut runs: Vec<(RangeInclusive<u16>, Shards, Why)> = Vec::new();
        for slot in 0..SLOTS {
            let pair = (old.shard_index(slot), self.shard_index(slot));
            let why = match seen.iter().find(|(known, _)| *known == pair) {
                Some((_, why)) => *why,
                None => {
                    let why = self.why(old, slot);
                    seen.push((pair, why));
                    why
                }
            };
            let Some(why) = why else { continue };
            match runs.last_mut() {
                Some((slots, known, _)) if *known == pair && *slots.end() + 1 == slot => *slots = *slots.start()..=slot,
                _ => runs.push((slot..=slot, pair, why)),
            }
        }
        let change = |(slots, _, why): (RangeInclusive<u16>, _, Why)| Change::Slots {
            from: old.node_for_slot(*slots.start()).map(ClusterNode::name),
            to: self.node_for_slot(*slots.start()).map(ClusterNode::name),
            slots,
            why,
        };
        runs.into_iter().map(change).collect()
    }

    /// Why a slot changed hands, if it did.
    fn why(&self, old: &Self, slot: u16) -> Option<Why> {
        match (old.node_for_slot(slot), self.node_for_slot(slot)) {
            (None, None) => None,
            (None, Some(_)) => Some(Why::Assigned),
            (Some(_), None) => Some(Why::Unassigned),
            (Some(before), Some(now)) if before.is(now) => None,
            (Some(_), Some(now)) => {
                let shard = old.shard_for_slot(slot)?;
                let was_replica = |replica: &u16| old.node(*replica).is_some_and(|replica| replica.is(now));
                Some(match shard.replicas.iter().any(was_replica) {
                    true => Why::Failover,
                    false => Why::Migration,
                })
            }
        }
    }
}
