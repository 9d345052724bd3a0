//! Which nodes a command goes to, and which of its arguments each of them gets.

use alloc::vec::Vec;

use super::read::ReadRouter;
use crate::cluster::SLOTS;
use crate::cluster::command::{CommandInfo, KeyPosition, KeysError, RequestPolicy, ResponsePolicy, keys_of};
use crate::cluster::key_slot;
use crate::cluster::map::SlotMap;

/// Why a command cannot be sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// Its keys cannot be told.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// Its keys belong to several slots, and it cannot be split: the server would refuse it (`CROSSSLOT`).
    #[error("{name} needs keys of one slot, and has some of slots {first} and {second}")]
    CrossSlot {
        /// The command.
        name: &'static str,
        /// A slot of its keys.
        first: u16,
        /// Another.
        second: u16,
    },
    /// Nobody that can be reached serves a slot. Ask for the map again.
    #[error("nobody is known to serve slot {slot}")]
    SlotUnserved {
        /// Which.
        slot: u16,
    },
    /// The map has no node that can be reached.
    #[error("no node is known")]
    NoNodes,
}

impl PlanError {
    /// A stable name, the same in every binding.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Keys(error) => error.code(),
            Self::CrossSlot { .. } => "cross_slot",
            Self::SlotUnserved { .. } => "slot_unserved",
            Self::NoNodes => "no_nodes",
        }
    }
}

/// What a command is about: keys of one slot, of several, or the whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Scope {
    /// No keys: any node will do.
    AnyNode,
    /// Keys of one slot.
    Slot(u16),
    /// Keys of several slots: a command for each.
    Slots,
    /// All primaries.
    AllShards,
    /// All nodes.
    AllNodes,
}

/// What one node gets of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Part {
    /// The slot of its keys.
    pub slot: Option<u16>,
    /// Which node, as a place in the map.
    pub node: u16,
    /// Which arguments, by their places in the whole command, in order; its name is the first.
    pub arguments: Vec<u32>,
    /// Which of the command's keys these are, counted from 0.
    pub keys: Vec<u32>,
}

impl Part {
    /// The arguments themselves.
    pub fn argv<'a, A: AsRef<[u8]>>(&self, argv: &'a [A]) -> Vec<&'a [u8]> {
        self.arguments
            .iter()
            .filter_map(|index| argv.get(*index as usize).map(AsRef::as_ref))
            .collect()
    }
}

/// Where a command goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The command.
    pub command: &'static CommandInfo,
    /// What it is about.
    pub scope: Scope,
    /// Who gets what. Parts for one node stand together, so that they leave in one write.
    pub parts: Vec<Part>,
    /// How many keys the command has.
    pub keys: u32,
}

impl Plan {
    /// What becomes of the replies.
    pub fn response_policy(&self) -> ResponsePolicy {
        self.command.response_policy
    }
}

/// Plans where a command goes: its keys' slots, its tips and the map decide. Reads go where `reads` says.
///
/// A command whose tips allow it is split by slot, even where one node serves several of them, because the server takes keys of one slot
/// only. What is split is not atomic any more. `MSETNX` is not split, although its tips say so: all or nothing is what it is for.
///
/// # Errors
/// [`PlanError`].
///
/// ```
/// use quorate::cluster::{Address, ReadPolicy, ReadRouter, SlotMap, plan};
///
/// let mut map = SlotMap::new();
/// for slot in 0..16384 {
///     map.apply_moved(slot, &Address::new(if slot < 8192 { "10.0.0.1" } else { "10.0.0.2" }, 6379));
/// }
/// let argv = ["MGET", "foo", "bar", "{foo}2"];
/// let plan = plan(&argv, &map, &mut ReadRouter::new(ReadPolicy::Primary, 1))?;
/// let parts: Vec<_> = plan.parts.iter().map(|part| part.argv(&argv)).collect();
/// assert_eq!(parts, [vec![&b"MGET"[..], b"bar"], vec![b"MGET", b"foo", b"{foo}2"]]);
/// # Ok::<(), quorate::cluster::PlanError>(())
/// ```
pub fn plan<A: AsRef<[u8]>>(argv: &[A], map: &SlotMap, reads: &mut ReadRouter) -> Result<Plan, PlanError> {
    let keys = keys_of(argv)?;
    let command = CommandInfo::find(argv).ok_or(KeysError::UnknownCommand)?;
    let slots: Vec<u16> = keys
        .iter()
        .map(|key| key_slot(argv[key.index as usize].as_ref()))
        .collect();
    let count = u32::try_from(keys.len()).unwrap_or(u32::MAX);
    let whole = |slot, node| Part {
        slot,
        node,
        arguments: (0..argv.len() as u32).collect(),
        keys: (0..count).collect(),
    };
    let (scope, parts) = match slots.first() {
        Some(&first) => match slots.iter().find(|slot| **slot != first) {
            None => (
                Scope::Slot(first),
                alloc::vec![whole(Some(first), node_for(command, first, map, reads)?)],
            ),
            Some(_) if splits(command) => (Scope::Slots, split(argv.len(), command, &keys, &slots, map, reads)?),
            Some(&second) => {
                return Err(PlanError::CrossSlot {
                    name: command.name,
                    first,
                    second,
                });
            }
        },
        None => {
            let (scope, nodes) = match command.request_policy {
                RequestPolicy::AllShards => (Scope::AllShards, primaries(map)),
                RequestPolicy::AllNodes => (Scope::AllNodes, everyone(map)),
                _ => (Scope::AnyNode, primaries(map).into_iter().take(1).collect()),
            };
            (scope, nodes.into_iter().map(|node| whole(None, node)).collect())
        }
    };
    if parts.is_empty() {
        return Err(PlanError::NoNodes);
    }
    Ok(Plan {
        command,
        scope,
        parts,
        keys: count,
    })
}

fn splits(command: &CommandInfo) -> bool {
    command.request_policy == RequestPolicy::MultiShard && command.name != "msetnx"
}

fn node_for(command: &CommandInfo, slot: u16, map: &SlotMap, reads: &mut ReadRouter) -> Result<u16, PlanError> {
    let shard = map.shard_for_slot(slot).ok_or(PlanError::SlotUnserved { slot })?;
    let reachable = |place: &u16| map.node(*place).is_some_and(|node| node.address.is_some());
    let node = match command.is_readonly() {
        true => reads.choose(map, shard),
        false => shard.primary.filter(reachable),
    };
    node.ok_or(PlanError::SlotUnserved { slot })
}

/// A command for each slot, those for one node together, in the order in which the keys name the nodes.
fn split(
    length: usize,
    command: &'static CommandInfo,
    keys: &[KeyPosition],
    slots: &[u16],
    map: &SlotMap,
    reads: &mut ReadRouter,
) -> Result<Vec<Part>, PlanError> {
    let mut parts: Vec<Part> = Vec::new();
    // The part of each slot, so that ten thousand keys are not looked up in a list each.
    let mut part_of = alloc::vec![u32::MAX; usize::from(SLOTS)];
    let before_keys = keys.first().map_or(1, |key| key.index);
    for (nth, (key, &slot)) in keys.iter().zip(slots).enumerate() {
        let place = &mut part_of[usize::from(slot)];
        if *place == u32::MAX {
            *place = parts.len() as u32;
            parts.push(Part {
                slot: Some(slot),
                node: node_for(command, slot, map, reads)?,
                arguments: (0..before_keys).collect(),
                keys: Vec::new(),
            });
        }
        let part = &mut parts[*place as usize];
        // What follows a key belongs to it, up to the next: the value of MSET.
        let end = keys.get(nth + 1).map_or(length as u32, |next| next.index);
        part.arguments.extend(key.index..end);
        part.keys.push(nth as u32);
    }
    parts.sort_by_key(|part| part.node);
    Ok(parts)
}

/// The primaries that can be reached, in the order of the map; those without slots too.
fn primaries(map: &SlotMap) -> Vec<u16> {
    let reachable = |place: &u16| map.node(*place).is_some_and(|node| node.address.is_some());
    map.shards()
        .iter()
        .filter_map(|shard| shard.primary)
        .filter(reachable)
        .collect()
}

/// The nodes that can be reached.
fn everyone(map: &SlotMap) -> Vec<u16> {
    let reachable = |place: &u16| map.node(*place).is_some_and(|node| node.address.is_some());
    (0..map.nodes().len() as u16).filter(reachable).collect()
}
