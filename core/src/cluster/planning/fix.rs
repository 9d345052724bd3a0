//! What is broken and how it is mended (`redis-cli --cluster fix`).

use alloc::string::String;
use alloc::vec::Vec;

use super::{Step, slot_text};
use crate::cluster::SLOTS;
use crate::cluster::address::Address;

/// What one primary says of its slots.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct NodeSlots {
    /// Where it is.
    pub address: Address,
    /// Its name.
    pub name: String,
    /// The slots that it says are its own, in order.
    pub owned: Vec<u16>,
    /// The slots that it gives away, and the name of who gets them.
    pub migrating: Vec<(u16, String)>,
    /// The slots that it takes over, and the name of who gives them.
    pub importing: Vec<(u16, String)>,
    /// How many keys it has of slots that are nobody's, open, or claimed twice (`CLUSTER COUNTKEYSINSLOT`). Slots that are not named have
    /// none.
    pub keys: Vec<(u16, u64)>,
}

impl NodeSlots {
    fn keys_in(&self, slot: u16) -> u64 {
        self.keys
            .iter()
            .find(|(known, _)| *known == slot)
            .map_or(0, |(_, keys)| *keys)
    }

    fn owns(&self, slot: u16) -> bool {
        self.owned.binary_search(&slot).is_ok()
    }

    fn opens(&self, slot: u16) -> bool {
        self.migrating
            .iter()
            .chain(&self.importing)
            .any(|(open, _)| *open == slot)
    }
}

/// Plans how open slots are closed, slots that nobody has are given to somebody, and slots that several have are given to one of them,
/// from what each primary says of itself. No step loses a key: where several hold keys, they go to the one that has most.
///
/// A slot that nobody has goes to whoever holds keys of it, else to whoever has the fewest slots. A migration that was interrupted goes
/// on to its end.
pub fn fix(nodes: &[NodeSlots]) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut counts: Vec<usize> = nodes.iter().map(|node| node.owned.len()).collect();
    for slot in 0..SLOTS {
        let owners: Vec<usize> = (0..nodes.len()).filter(|place| nodes[*place].owns(slot)).collect();
        let open = nodes.iter().any(|node| node.opens(slot));
        match (owners.len(), open) {
            (1, false) => {}
            (1, true) => close(slot, owners[0], nodes, &mut steps),
            _ => settle(slot, &owners, nodes, &mut counts, &mut steps),
        }
    }
    steps
}

/// A slot of nobody's or of several: somebody is chosen, is told so with a new epoch, and gets all keys.
fn settle(slot: u16, owners: &[usize], nodes: &[NodeSlots], counts: &mut [usize], steps: &mut Vec<Step>) {
    let candidates: Vec<usize> = if owners.is_empty() {
        (0..nodes.len()).collect()
    } else {
        owners.to_vec()
    };
    let best = candidates.iter().copied().max_by_key(|place| {
        (
            nodes[*place].keys_in(slot),
            core::cmp::Reverse(counts[*place]),
            core::cmp::Reverse(*place),
        )
    });
    let Some(target) = best else { return };
    counts[target] += usize::from(!owners.contains(&target));
    let mut tell = |place: usize, words: &[&str]| {
        let mut argv = alloc::vec!["CLUSTER"];
        argv.extend(words);
        steps.push(Step::command(&nodes[place].address, &argv));
    };
    let (text, name) = (slot_text(slot), nodes[target].name.as_str());
    for place in (0..nodes.len()).filter(|place| nodes[*place].opens(slot)) {
        tell(place, &["SETSLOT", &text, "STABLE"]);
    }
    // An owner that still holds keys would refuse to hear of another one.
    for &other in owners.iter().filter(|place| **place != target) {
        tell(other, &["DELSLOTS", &text]);
    }
    // Not `ADDSLOTS`: it refuses a slot that the node takes for somebody's, who may have given it up since.
    tell(target, &["SETSLOT", &text, "NODE", name]);
    // So that what it claims is believed by those who knew of another owner.
    tell(target, &["BUMPEPOCH"]);
    let others = || (0..nodes.len()).filter(|place| *place != target);
    // All of them before any key moves: a node to which the slot is nobody's serves no `MIGRATE` either.
    for other in others() {
        tell(other, &["SETSLOT", &text, "NODE", name]);
    }
    for source in others().filter(|place| nodes[*place].keys_in(slot) > 0) {
        tell_to_migrate(slot, source, target, nodes, steps);
        steps.push(Step::command(
            &nodes[source].address,
            &["CLUSTER", "SETSLOT", &text, "STABLE"],
        ));
    }
}

/// Keys of a slot go from a node that is not its owner to one that is. The source opens the slot as if it took it over: otherwise
/// `MIGRATE` would be sent away, to the owner (`clusterManagerFixSlotsCoverage` does the same).
fn tell_to_migrate(slot: u16, source: usize, target: usize, nodes: &[NodeSlots], steps: &mut Vec<Step>) {
    let (from, to) = (&nodes[source], &nodes[target]);
    steps.push(Step::command(
        &from.address,
        &["CLUSTER", "SETSLOT", &slot_text(slot), "IMPORTING", &to.name],
    ));
    steps.push(Step::MigrateKeys {
        slot,
        from: from.address.clone(),
        to: to.address.clone(),
    });
}

/// An open slot of one owner: a migration that both sides know of is finished, and anything else is undone towards the owner.
fn close(slot: u16, owner: usize, nodes: &[NodeSlots], steps: &mut Vec<Step>) {
    let importer = (0..nodes.len()).find(|place| {
        *place != owner
            && nodes[*place]
                .importing
                .iter()
                .any(|(open, from)| *open == slot && *from == nodes[owner].name)
    });
    let migrating = nodes[owner].migrating.iter().find(|(open, _)| *open == slot);
    let agreed = importer.filter(|place| migrating.is_some_and(|(_, to)| *to == nodes[*place].name));
    let target = agreed.unwrap_or(owner);
    let text = slot_text(slot);
    let mut opened = Vec::new();
    let sources = (0..nodes.len()).filter(|place| *place != target && nodes[*place].keys_in(slot) > 0);
    for source in sources {
        let node = &nodes[source];
        if source == owner || node.importing.iter().any(|(open, _)| *open == slot) {
            // It has opened the slot, so that it serves `MIGRATE`: an owner that is no target agreed to give it away.
            steps.push(Step::MigrateKeys {
                slot,
                from: node.address.clone(),
                to: nodes[target].address.clone(),
            });
        } else {
            tell_to_migrate(slot, source, target, nodes, steps);
            opened.push(source);
        }
    }
    for place in core::iter::once(target).chain((0..nodes.len()).filter(|place| *place != target)) {
        let node = &nodes[place];
        let open = node.opens(slot) || opened.contains(&place);
        if open && (place == target) == (place == owner) {
            steps.push(Step::command(&node.address, &["CLUSTER", "SETSLOT", &text, "STABLE"]));
        }
        steps.push(Step::command(
            &node.address,
            &["CLUSTER", "SETSLOT", &text, "NODE", &nodes[target].name],
        ));
    }
}
