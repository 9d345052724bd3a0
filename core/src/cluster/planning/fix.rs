//! What is broken and how it is mended (`redis-cli --cluster fix`).

use alloc::string::String;
use alloc::vec::Vec;
use core::cmp::Reverse;

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

    fn imports(&self, slot: u16) -> bool {
        self.importing.iter().any(|(open, _)| *open == slot)
    }

    fn opens(&self, slot: u16) -> bool {
        self.imports(slot) || self.migrating.iter().any(|(open, _)| *open == slot)
    }
}

/// Plans how open slots are closed, slots that nobody has are given to somebody, and slots that several have are given to one of them,
/// from what each primary says of itself. No step loses a key: whose a slot is to be gets the keys of all others.
///
/// Whose it is to be, is as `redis-cli --cluster fix` has it. A slot of which several nodes hold keys, or which several have, goes to
/// the one that holds most; of equals, to an owner, then to the first. One that nobody has and of which there are no keys goes to
/// whoever has the fewest slots (the tool draws lots). A migration of which all keys are on one side goes on to its end if both sides
/// know of it, and else the slot stays where it is.
pub fn fix(nodes: &[NodeSlots]) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut counts: Vec<usize> = nodes.iter().map(|node| node.owned.len()).collect();
    for slot in 0..SLOTS {
        let owners: Vec<usize> = (0..nodes.len()).filter(|place| nodes[*place].owns(slot)).collect();
        let open = nodes.iter().any(|node| node.opens(slot));
        match owners[..] {
            [_] if !open => {}
            [owner] => {
                let target = choose(slot, owner, nodes);
                match target == owner || nodes[target].imports(slot) {
                    true => close(slot, owner, target, nodes, &mut steps),
                    false => settle(slot, &owners, target, nodes, &mut steps),
                }
            }
            _ => {
                let candidates = (0..nodes.len()).filter(|place| open || owners.is_empty() || owners.contains(place));
                let rank = |place: &usize| {
                    let fewest = if owners.is_empty() { counts[*place] } else { 0 };
                    let keys = nodes[*place].keys_in(slot);
                    (keys, owners.contains(place), Reverse(fewest), Reverse(*place))
                };
                if let Some(target) = candidates.max_by_key(rank) {
                    counts[target] += usize::from(!owners.contains(&target));
                    settle(slot, &owners, target, nodes, &mut steps);
                }
            }
        }
    }
    steps
}

/// Whose an open slot of one owner is to be (`clusterManagerFixOpenSlot`).
fn choose(slot: u16, owner: usize, nodes: &[NodeSlots]) -> usize {
    let others = || (0..nodes.len()).filter(|place| *place != owner);
    if others().any(|place| nodes[place].keys_in(slot) > 0) {
        let rank = |place: &usize| (nodes[*place].keys_in(slot), *place == owner, Reverse(*place));
        return (0..nodes.len()).max_by_key(rank).unwrap_or(owner);
    }
    let given = nodes[owner].migrating.iter().find(|(open, _)| *open == slot);
    let importers: Vec<usize> = others().filter(|place| nodes[*place].imports(slot)).collect();
    match (given, &importers[..]) {
        (Some(_), [importer]) => *importer,
        (Some((_, to)), _) => importers
            .into_iter()
            .find(|place| nodes[*place].name == *to)
            .unwrap_or(owner),
        (None, _) => owner,
    }
}

/// An open slot of one owner becomes that of a node that has opened it, or stays the owner's. On its way to another it stays open while
/// keys move, so that clients find them on either side. On its way back it cannot: an owner that gives a slot away answers `ASK` to
/// what `MIGRATE` brings.
fn close(slot: u16, owner: usize, target: usize, nodes: &[NodeSlots], steps: &mut Vec<Step>) {
    let text = slot_text(slot);
    let mut opened = Vec::new();
    if target == owner && nodes[owner].opens(slot) {
        let words = ["CLUSTER", "SETSLOT", &text, "STABLE"];
        steps.push(Step::command(&nodes[owner].address, &words));
    }
    let sources = (0..nodes.len()).filter(|place| *place != target && nodes[*place].keys_in(slot) > 0);
    for source in sources {
        let node = &nodes[source];
        let name = &nodes[target].name;
        let given = node.migrating.iter().any(|(open, to)| *open == slot && to == name);
        if source == owner && !given {
            let words = ["CLUSTER", "SETSLOT", &text, "MIGRATING", name];
            steps.push(Step::command(&node.address, &words));
            opened.push(source);
        } else if source != owner && !node.imports(slot) {
            steps.push(let_out(slot, node, &nodes[target]));
            opened.push(source);
        }
        steps.push(Step::MigrateKeys {
            slot,
            from: node.address.clone(),
            to: nodes[target].address.clone(),
        });
    }
    for place in core::iter::once(target).chain((0..nodes.len()).filter(|place| *place != target)) {
        let node = &nodes[place];
        let open = node.opens(slot) || opened.contains(&place);
        if open && place != target && place != owner {
            steps.push(Step::command(&node.address, &["CLUSTER", "SETSLOT", &text, "STABLE"]));
        }
        steps.push(Step::command(
            &node.address,
            &["CLUSTER", "SETSLOT", &text, "NODE", &nodes[target].name],
        ));
    }
}

/// A slot of nobody's or of several: one node is told that it is its own, with a new epoch, and gets all keys.
fn settle(slot: u16, owners: &[usize], target: usize, nodes: &[NodeSlots], steps: &mut Vec<Step>) {
    let mut tell = |place: usize, words: &[&str]| {
        let argv: Vec<&str> = ["CLUSTER"].iter().chain(words).copied().collect();
        steps.push(Step::command(&nodes[place].address, &argv));
    };
    let (text, name) = (slot_text(slot), nodes[target].name.as_str());
    for place in (0..nodes.len()).filter(|place| nodes[*place].opens(slot)) {
        tell(place, &["SETSLOT", &text, "STABLE"]);
    }
    // An owner that still holds keys would refuse to hear of another one, or drop the keys when it hears of it.
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
        let (from, to) = (&nodes[source], &nodes[target]);
        steps.push(let_out(slot, from, to));
        steps.push(Step::MigrateKeys {
            slot,
            from: from.address.clone(),
            to: to.address.clone(),
        });
        steps.push(Step::command(&from.address, &["CLUSTER", "SETSLOT", &text, "STABLE"]));
    }
}

/// A node that holds keys of a slot of another's opens it as if it took it over: otherwise `MIGRATE` would be sent away, to the owner
/// (`clusterManagerFixSlotsCoverage` does the same).
fn let_out(slot: u16, from: &NodeSlots, to: &NodeSlots) -> Step {
    let words = ["CLUSTER", "SETSLOT", &slot_text(slot), "IMPORTING", &to.name];
    Step::command(&from.address, &words)
}
