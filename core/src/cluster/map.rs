//! Which node serves which slot, as somebody sees it.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::ops::RangeInclusive;

use super::address::Address;
use super::{SLOTS, key_slot};

/// What a node is for its shard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum NodeRole {
    /// It serves the slots of its shard.
    Primary,
    /// It copies the primary.
    Replica,
}

/// How a node does, as the one that was asked sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Health {
    /// Nothing is known against it.
    Online,
    /// It reads its data, and will be there.
    Loading,
    /// The one that was asked cannot reach it (`fail?`, PFAIL).
    Suspected,
    /// A majority cannot reach it (`fail`, FAIL).
    Failed,
}

/// A node of a cluster, as far as the answer told. `CLUSTER NODES` tells most.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ClusterNode {
    /// Its name of 40 hex digits; empty where a server of before 4.0 did not say it.
    pub id: String,
    /// Where clients reach it. `None` where the server does not know (`?`, `noaddr`).
    pub address: Option<Address>,
    /// Its IP address, where it was told apart from the address.
    pub ip: Option<String>,
    /// Its name in the network, where it was told apart from the address.
    pub hostname: Option<String>,
    /// Its availability zone, where the server tells it.
    pub zone: Option<String>,
    /// The port for clients over TLS, where there is one beside the plain one.
    pub tls_port: Option<u16>,
    /// The port of the cluster bus.
    pub bus_port: Option<u16>,
    /// What it is for its shard.
    pub role: NodeRole,
    /// How it does.
    pub health: Health,
    /// Its config epoch (a replica's is its primary's). Only `CLUSTER NODES` tells it.
    pub config_epoch: Option<u64>,
    /// How far its replication is. Only `CLUSTER SHARDS` tells it.
    pub replication_offset: Option<u64>,
    /// Whether it is the node that was asked. Only `CLUSTER NODES` tells it.
    pub myself: bool,
    /// Whether the one that was asked is linked to it. Only `CLUSTER NODES` tells it.
    pub linked: Option<bool>,
}

impl ClusterNode {
    /// A node of which no more is known.
    pub fn new(id: impl Into<String>, address: Option<Address>, role: NodeRole) -> Self {
        Self {
            id: id.into(),
            address,
            ip: None,
            hostname: None,
            zone: None,
            tls_port: None,
            bus_port: None,
            role,
            health: Health::Online,
            config_epoch: None,
            replication_offset: None,
            myself: false,
            linked: None,
        }
    }

    /// What it is called: its id, or its address where it has none.
    pub fn name(&self) -> String {
        match (&self.address, self.id.is_empty()) {
            (Some(address), true) => alloc::format!("{address}"),
            _ => self.id.clone(),
        }
    }

    /// Whether both are the same node: by name, or by address where one has no name.
    pub fn is(&self, other: &Self) -> bool {
        match self.id.is_empty() || other.id.is_empty() {
            true => self.address.is_some() && self.address == other.address,
            false => self.id == other.id,
        }
    }
}

/// A primary and its replicas. Nodes are places in [`SlotMap::nodes`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Shard {
    /// Who serves its slots. `None` if nobody is known to.
    pub primary: Option<u16>,
    /// Who copies the primary.
    pub replicas: Vec<u16>,
}

/// A slot on its way from one node to another.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct OpenSlot {
    /// Which.
    pub slot: u16,
    /// Whether the node that was asked gives it away.
    pub way: OpenWay,
    /// The name of the other node.
    pub peer: String,
}

/// Which way a slot goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum OpenWay {
    /// Away from the node that was asked.
    Migrating,
    /// To the node that was asked.
    Importing,
}

/// Slots, one after the other, that one shard serves.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct SlotRange {
    /// The first and the last.
    pub slots: RangeInclusive<u16>,
    /// Whose they are: a place in [`SlotMap::shards`].
    pub shard: u16,
}

/// Which slots are served.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Coverage {
    /// How many slots have a shard.
    pub assigned: u16,
    /// Those that have none.
    pub missing: Vec<RangeInclusive<u16>>,
    /// How many have a shard whose primary failed or is unknown.
    pub unserved: u16,
}

impl Coverage {
    /// Whether every slot has a shard.
    pub fn is_full(&self) -> bool {
        self.assigned == SLOTS
    }
}

/// Nobody's slot.
pub(super) const NONE: u16 = u16::MAX;

/// Which node serves which slot, as one node told it or as several were merged. A lookup is one load.
///
/// ```
/// use quorate::cluster::{Address, SlotMap};
/// use quorate::resp::Value;
///
/// let node = |port| Value::Array([Value::bulk("127.0.0.1"), Value::Integer(port), Value::bulk(format!("{port:040}"))].into());
/// let range = |first, last, port| Value::Array([Value::Integer(first), Value::Integer(last), node(port)].into());
/// let reply = Value::Array([range(0, 8191, 6379), range(8192, 16383, 6380)].into());
///
/// let map = SlotMap::from_slots(&reply, &Address::new("127.0.0.1", 6379))?;
/// assert_eq!(map.node_for_key(b"foo").and_then(|node| node.address.as_ref()), Some(&Address::new("127.0.0.1", 6380)));
/// assert!(map.coverage().is_full());
/// # Ok::<(), quorate::cluster::TopologyError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct SlotMap {
    table: Box<[u16]>,
    shards: Vec<Shard>,
    nodes: Vec<ClusterNode>,
    open: Vec<OpenSlot>,
}

impl Default for SlotMap {
    fn default() -> Self {
        Self {
            table: alloc::vec![NONE; usize::from(SLOTS)].into_boxed_slice(),
            shards: Vec::new(),
            nodes: Vec::new(),
            open: Vec::new(),
        }
    }
}

impl SlotMap {
    /// A map of no nodes.
    pub fn new() -> Self {
        Self::default()
    }

    // ---- making

    /// Adds a node, and says its place. There is room for 65,534: a bus message names no more.
    pub(super) fn add_node(&mut self, node: ClusterNode) -> Option<u16> {
        let place = u16::try_from(self.nodes.len()).ok().filter(|place| *place < NONE)?;
        self.nodes.push(node);
        Some(place)
    }

    pub(super) fn add_shard(&mut self, shard: Shard) -> Option<u16> {
        let place = u16::try_from(self.shards.len()).ok().filter(|place| *place < NONE)?;
        self.shards.push(shard);
        Some(place)
    }

    pub(super) fn node_mut(&mut self, place: u16) -> Option<&mut ClusterNode> {
        self.nodes.get_mut(usize::from(place))
    }

    pub(super) fn shard_mut(&mut self, place: u16) -> Option<&mut Shard> {
        self.shards.get_mut(usize::from(place))
    }

    pub(super) fn add_open(&mut self, open: OpenSlot) {
        self.open.push(open);
    }

    /// Gives a slot to a shard, or to nobody with [`NONE`]. Says who had it.
    pub(super) fn set(&mut self, slot: u16, shard: u16) -> u16 {
        match self.table.get_mut(usize::from(slot)) {
            Some(place) => core::mem::replace(place, shard),
            None => NONE,
        }
    }

    // ---- looking up

    /// The place of the shard that serves `slot`.
    #[inline]
    pub fn shard_index(&self, slot: u16) -> Option<u16> {
        self.table
            .get(usize::from(slot))
            .copied()
            .filter(|shard| *shard != NONE)
    }

    /// The shard that serves `slot`.
    #[inline]
    pub fn shard_for_slot(&self, slot: u16) -> Option<&Shard> {
        self.shards.get(usize::from(self.shard_index(slot)?))
    }

    /// The node that serves `slot`.
    #[inline]
    pub fn node_for_slot(&self, slot: u16) -> Option<&ClusterNode> {
        self.node(self.shard_for_slot(slot)?.primary?)
    }

    /// The node that serves the slot of `key`.
    pub fn node_for_key(&self, key: &[u8]) -> Option<&ClusterNode> {
        self.node_for_slot(key_slot(key))
    }

    /// The node at that place.
    pub fn node(&self, place: u16) -> Option<&ClusterNode> {
        self.nodes.get(usize::from(place))
    }

    /// The place of the node that clients reach at `address`.
    pub fn find_address(&self, address: &Address) -> Option<u16> {
        let found = self
            .nodes
            .iter()
            .position(|node| node.address.as_ref() == Some(address));
        found.and_then(|place| u16::try_from(place).ok())
    }

    /// The place of the node of that name.
    pub fn find_id(&self, id: &str) -> Option<u16> {
        let found = self.nodes.iter().position(|node| node.id == id && !id.is_empty());
        found.and_then(|place| u16::try_from(place).ok())
    }

    /// The place of the shard that a node belongs to.
    pub fn shard_of_node(&self, node: u16) -> Option<u16> {
        let found = self
            .shards
            .iter()
            .position(|shard| shard.primary == Some(node) || shard.replicas.contains(&node));
        found.and_then(|place| u16::try_from(place).ok())
    }

    /// The shards, those without slots too.
    pub fn shards(&self) -> &[Shard] {
        &self.shards
    }

    /// The nodes, in the order in which they were told.
    pub fn nodes(&self) -> &[ClusterNode] {
        &self.nodes
    }

    /// The slots on their way, as the node that was asked told of itself. Only `CLUSTER NODES` tells them.
    pub fn open_slots(&self) -> &[OpenSlot] {
        &self.open
    }

    /// The shard of each slot, 65535 for nobody's: what a caller copies who wants to look slots up by itself.
    pub fn table(&self) -> &[u16] {
        &self.table
    }

    /// The slots in order, in as few ranges as there are.
    pub fn ranges(&self) -> Vec<SlotRange> {
        let mut ranges: Vec<SlotRange> = Vec::new();
        for slot in 0..SLOTS {
            let Some(shard) = self.shard_index(slot) else { continue };
            match ranges.last_mut() {
                Some(last) if last.shard == shard && *last.slots.end() + 1 == slot => {
                    last.slots = *last.slots.start()..=slot;
                }
                _ => ranges.push(SlotRange {
                    slots: slot..=slot,
                    shard,
                }),
            }
        }
        ranges
    }

    /// Which slots are served, and which are not.
    pub fn coverage(&self) -> Coverage {
        let mut coverage = Coverage {
            assigned: 0,
            missing: Vec::new(),
            unserved: 0,
        };
        for slot in 0..SLOTS {
            match self.shard_index(slot) {
                Some(_) => {
                    coverage.assigned += 1;
                    let failed = |node: &ClusterNode| node.health == Health::Failed;
                    coverage.unserved += u16::from(self.node_for_slot(slot).is_none_or(failed));
                }
                None => match coverage.missing.last_mut() {
                    Some(last) if *last.end() + 1 == slot => *last = *last.start()..=slot,
                    _ => coverage.missing.push(slot..=slot),
                },
            }
        }
        coverage
    }

    /// How many slots each shard has, by the shard's place.
    pub fn slot_counts(&self) -> BTreeMap<u16, u16> {
        let mut counts = BTreeMap::new();
        for &shard in self.table.iter().filter(|shard| **shard != NONE) {
            *counts.entry(shard).or_insert(0) += 1;
        }
        counts
    }
}

impl fmt::Debug for SlotMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SlotMap")
            .field("nodes", &self.nodes)
            .field("shards", &self.shards)
            .field("ranges", &self.ranges())
            .field("open", &self.open)
            .finish()
    }
}
