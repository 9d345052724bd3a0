//! What a cluster's administrator does, as lists of steps: make a cluster, move slots, balance them, mend what is broken.

mod create;
mod fix;
mod rebalance;
mod reshard;

use alloc::string::ToString;
use alloc::vec::Vec;

use super::address::Address;
use super::map::SlotMap;

pub use create::{Creation, create};
pub use fix::{NodeSlots, fix};
pub use rebalance::{Balance, rebalance};
pub use reshard::{SlotMove, move_slot, reshard};

/// One step of a plan. Steps are carried out in order; each is over when its reply is there.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Step {
    /// Send a command to a node. Its reply must be no error.
    Command {
        /// Who gets it.
        node: Address,
        /// The command.
        argv: Vec<Vec<u8>>,
    },
    /// Move all keys of a slot: ask `from` for `CLUSTER GETKEYSINSLOT slot 10`, send it `MIGRATE` with them, until it has none left.
    MigrateKeys {
        /// Which slot.
        slot: u16,
        /// Who has the keys.
        from: Address,
        /// Who gets them.
        to: Address,
    },
    /// Wait until all these nodes tell the same of who serves which slot. A second before asking first is what `redis-cli` gives them.
    AwaitAgreement {
        /// Which nodes.
        nodes: Vec<Address>,
    },
}

impl Step {
    pub(super) fn command(node: &Address, words: &[&str]) -> Self {
        Self::Command {
            node: node.clone(),
            argv: words.iter().map(|word| word.as_bytes().to_vec()).collect(),
        }
    }
}

/// Why there is no plan.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PlanningError {
    /// A cluster needs three primaries; so many nodes with so many replicas each do not give them.
    #[error("a cluster needs at least 3 primaries: {nodes} nodes with {replicas} replicas each give {primaries}")]
    TooFewPrimaries {
        /// How many nodes there are.
        nodes: usize,
        /// How many replicas each primary should have.
        replicas: usize,
        /// How many primaries that gives.
        primaries: usize,
    },
    /// A node is named twice.
    #[error("{0} is named twice")]
    Twice(Address),
    /// There is no such node, or it is no primary that can be reached.
    #[error("{0} is no primary that can be reached")]
    NoSuchPrimary(alloc::string::String),
    /// Slots would move to a node that gives them.
    #[error("{0} cannot give slots to itself")]
    ToItself(alloc::string::String),
    /// A slot is nobody's. Mend that first.
    #[error("slot {0} is nobody's")]
    SlotUnassigned(u16),
    /// There are no slots to be moved.
    #[error("there are no slots to be moved")]
    NoSlots,
    /// A weight that is no number from 0 on.
    #[error("a weight must be a number from 0 on, and one of them must be more than 0")]
    InvalidWeight,
}

impl PlanningError {
    /// A stable name, the same in every binding.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooFewPrimaries { .. } => "too_few_primaries",
            Self::Twice(_) => "node_twice",
            Self::NoSuchPrimary(_) => "no_such_primary",
            Self::ToItself(_) => "to_itself",
            Self::SlotUnassigned(_) => "slot_unassigned",
            Self::NoSlots => "no_slots",
            Self::InvalidWeight => "invalid_weight",
        }
    }
}

/// The primaries of a map by place, with their slots in order; those without slots too.
fn primaries(map: &SlotMap) -> Vec<(u16, Vec<u16>)> {
    let mut primaries: Vec<(u16, Vec<u16>)> = Vec::new();
    for (shard, slots) in slots_by_shard(map).into_iter().enumerate() {
        if let Some(primary) = map.shards().get(shard).and_then(|shard| shard.primary) {
            primaries.push((primary, slots));
        }
    }
    // As the server's tool knows them: whom it asked, then the others in the order of the answer. Who comes first wins a tie.
    let asked = |place: u16| map.node(place).is_some_and(|node| node.myself);
    primaries.sort_by_key(|(place, _)| (!asked(*place), *place));
    primaries
}

fn slots_by_shard(map: &SlotMap) -> Vec<Vec<u16>> {
    let mut slots = alloc::vec![Vec::new(); map.shards().len()];
    for slot in 0..super::SLOTS {
        if let Some(slots) = map
            .shard_index(slot)
            .and_then(|shard| slots.get_mut(usize::from(shard)))
        {
            slots.push(slot);
        }
    }
    slots
}

fn slot_text(slot: u16) -> alloc::string::String {
    slot.to_string()
}
