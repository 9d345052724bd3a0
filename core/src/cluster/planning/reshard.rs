//! Moving slots (`redis-cli --cluster reshard`).

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;

use super::{PlanningError, Step, primaries, slot_text};
use crate::cluster::address::Address;
use crate::cluster::map::SlotMap;

/// A slot and where it goes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct SlotMove {
    /// Which slot.
    pub slot: u16,
    /// The name of the node that has it.
    pub from: String,
    /// The name of the node that gets it.
    pub to: String,
}

/// Plans which slots move to a primary, as `redis-cli --cluster reshard` would: each source gives in proportion to what it has, its
/// lowest slots first. What rounding leaves over is not given, so that fewer may move than were asked for. Nodes go by name;
/// without sources, all other primaries are meant.
///
/// # Errors
/// [`PlanningError`].
pub fn reshard(map: &SlotMap, slots: u16, to: &str, from: &[&str]) -> Result<Vec<SlotMove>, PlanningError> {
    let all = primaries(map);
    let name = |place: u16| {
        map.node(place)
            .map(crate::cluster::ClusterNode::name)
            .unwrap_or_default()
    };
    let known = |wanted: &str| all.iter().any(|(place, _)| name(*place) == wanted);
    for wanted in from.iter().chain([&to]) {
        if !known(wanted) {
            return Err(PlanningError::NoSuchPrimary((*wanted).to_owned()));
        }
    }
    if from.contains(&to) {
        return Err(PlanningError::ToItself(to.to_owned()));
    }
    let named = |wanted: &str| all.iter().find(|(place, _)| name(*place) == wanted);
    // Of sources that have equally many, the first that was named gives first.
    let sources: Vec<&(u16, Vec<u16>)> = match from.is_empty() {
        true => all.iter().filter(|(place, _)| name(*place) != to).collect(),
        false => from.iter().filter_map(|wanted| named(wanted)).collect(),
    };
    let source = |(place, slots): &(u16, Vec<u16>)| (name(*place), slots.clone());
    let mut sources: Vec<(String, Vec<u16>)> = sources.into_iter().map(source).collect();
    let moves = give(&mut sources, slots);
    if moves.is_empty() {
        return Err(PlanningError::NoSlots);
    }
    let slot_move = |(slot, from)| SlotMove {
        slot,
        from,
        to: to.to_owned(),
    };
    Ok(moves.into_iter().map(slot_move).collect())
}

/// `clusterManagerComputeReshardTable`, in its single precision: the largest source rounds up, the others down.
pub(super) fn give(sources: &mut [(String, Vec<u16>)], wanted: u16) -> Vec<(u16, String)> {
    let total: usize = sources.iter().map(|(_, slots)| slots.len()).sum();
    if total == 0 {
        return Vec::new();
    }
    sources.sort_by_key(|(_, slots)| core::cmp::Reverse(slots.len()));
    let mut moves: Vec<(u16, String)> = Vec::new();
    for (place, (name, slots)) in sources.iter().enumerate() {
        let share = f32::from(wanted) / total as f32 * slots.len() as f32;
        // Shares are not negative, so cutting off is rounding down.
        let whole = share as usize;
        let most = whole + usize::from(place == 0 && (whole as f32) < share);
        let left = usize::from(wanted) - moves.len().min(usize::from(wanted));
        moves.extend(slots.iter().take(most.min(left)).map(|slot| (*slot, name.clone())));
    }
    moves
}

/// The steps by which a slot moves while clients go on, in the order that is safe: the new owner opens it first and is the first to be
/// told that it is its own, so that no two nodes send clients to each other (redis#7116). `others` are the remaining primaries.
pub fn move_slot(slot: u16, from: (&Address, &str), to: (&Address, &str), others: &[Address]) -> Vec<Step> {
    let text = slot_text(slot);
    let own = |node: &Address| Step::command(node, &["CLUSTER", "SETSLOT", &text, "NODE", to.1]);
    let mut steps = alloc::vec![
        Step::command(to.0, &["CLUSTER", "SETSLOT", &text, "IMPORTING", from.1]),
        Step::command(from.0, &["CLUSTER", "SETSLOT", &text, "MIGRATING", to.1]),
        Step::MigrateKeys {
            slot,
            from: from.0.clone(),
            to: to.0.clone(),
        },
        own(to.0),
        own(from.0),
    ];
    steps.extend(others.iter().map(own));
    steps
}
