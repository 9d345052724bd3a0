//! What a node knows of another, or of itself (`clusterNode`).

use alloc::string::String;
use alloc::vec::Vec;

use super::machine::{LinkId, Millis, Node};
use super::trace::Trace;
use crate::cluster::SLOTS;
use crate::cluster::bus::{NodeFlags, NodeId, SlotSet};

/// A place in [`Node::peers`]. It stays a peer's as long as the peer is known.
pub(super) type At = usize;

#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Peer {
    pub(super) id: NodeId,
    pub(super) created: Millis,
    pub(super) flags: NodeFlags,
    pub(super) config_epoch: u64,
    pub(super) slots: SlotSet,
    pub(super) slot_count: u16,
    /// In the order in which they came.
    pub(super) replicas: Vec<At>,
    pub(super) replica_of: Option<At>,
    /// 0 if no ping waits for its pong.
    pub(super) ping_sent: Millis,
    pub(super) pong_received: Millis,
    pub(super) data_received: Millis,
    pub(super) fail_time: Millis,
    pub(super) voted_time: Millis,
    /// 0 if it is no orphan.
    pub(super) orphaned_since: Millis,
    pub(super) offset: u64,
    pub(super) ip: String,
    pub(super) port: u16,
    pub(super) other_port: u16,
    pub(super) bus_port: u16,
    pub(super) hostname: String,
    pub(super) link: Option<LinkId>,
    pub(super) inbound: Option<LinkId>,
    /// Who cannot reach it, and when that was last said.
    pub(super) reports: Vec<(At, Millis)>,
}

impl Peer {
    pub(super) fn new(id: NodeId, flags: NodeFlags, no_slots: SlotSet, now: Millis) -> Self {
        Self {
            id,
            created: now,
            flags,
            config_epoch: 0,
            slots: no_slots,
            slot_count: 0,
            replicas: Vec::new(),
            replica_of: None,
            ping_sent: 0,
            pong_received: 0,
            data_received: 0,
            fail_time: 0,
            voted_time: 0,
            orphaned_since: 0,
            offset: 0,
            ip: String::new(),
            port: 0,
            other_port: 0,
            bus_port: 0,
            hostname: String::new(),
            link: None,
            inbound: None,
            reports: Vec::new(),
        }
    }

    pub(super) fn is(&self, flags: NodeFlags) -> bool {
        self.flags.any(flags)
    }

    pub(super) fn set(&mut self, flags: NodeFlags) {
        self.flags = self.flags.with(flags);
    }

    pub(super) fn clear(&mut self, flags: NodeFlags) {
        self.flags = self.flags.without(flags);
    }

    pub(super) fn is_master(&self) -> bool {
        self.is(NodeFlags::MASTER)
    }

    pub(super) fn is_replica(&self) -> bool {
        self.is(NodeFlags::REPLICA)
    }

    /// A master with slots: it has a vote, and counts in the size of the cluster.
    pub(super) fn is_voting(&self) -> bool {
        self.is_master() && self.slot_count > 0
    }
}

impl Node {
    pub(super) fn myself(&self) -> &Peer {
        &self.peers[self.me]
    }

    /// The peer of that name, if it is known (`clusterLookupNode`).
    pub(super) fn lookup(&self, id: &NodeId) -> Option<At> {
        let place = self.order.binary_search_by(|(known, _)| known.cmp(id)).ok()?;
        Some(self.order[place].1)
    }

    pub(super) fn lookup_text(&self, text: &[u8]) -> Option<At> {
        self.lookup(&NodeId::parse_bytes(text)?)
    }

    /// The places of all peers, in the order of their names.
    pub(super) fn places(&self) -> Vec<At> {
        self.order.iter().map(|(_, at)| *at).collect()
    }

    /// A peer by chance (`dictGetRandomKey`). There is always one: the node itself.
    pub(super) fn any_peer(&mut self) -> At {
        let chosen = self.random.below(self.order.len() as u64);
        self.order[chosen as usize].1
    }

    /// Adds a peer. `None` if there are as many as may be, or its name is taken.
    pub(super) fn add_peer(&mut self, id: NodeId, flags: NodeFlags) -> Option<At> {
        if self.order.len() >= usize::from(self.config.max_nodes) {
            return None;
        }
        let place = self.order.binary_search_by(|(known, _)| known.cmp(&id)).err()?;
        let peer = Peer::new(id, flags, self.no_slots.clone(), self.now);
        let at = match self.free.pop() {
            Some(at) => {
                self.peers[at] = peer;
                at
            }
            None => {
                self.peers.push(peer);
                self.peers.len() - 1
            }
        };
        self.order.insert(place, (id, at));
        Some(at)
    }

    /// Forgets a peer and all that hangs on it (`clusterDelNode`, `freeClusterNode`).
    pub(super) fn remove_peer(&mut self, at: At) {
        self.importing.retain(|_, from| *from != at);
        self.migrating.retain(|_, to| *to != at);
        self.drop_slots_of(at);
        for peer in &mut self.peers {
            peer.reports.retain(|(by, _)| *by != at);
        }
        for replica in core::mem::take(&mut self.peers[at].replicas) {
            self.peers[replica].replica_of = None;
        }
        if let Some(master) = self.peers[at].replica_of.take() {
            self.remove_replica(master, at);
        }
        if self.manual.replica == Some(at) {
            self.manual.replica = None;
            self.resume_writes();
        }
        for link in [self.peers[at].link, self.peers[at].inbound].into_iter().flatten() {
            self.close_link(link);
        }
        let id = self.peers[at].id;
        if let Ok(place) = self.order.binary_search_by(|(known, _)| known.cmp(&id)) {
            self.order.remove(place);
        }
        self.peers[at] = Peer::new(NodeId::NULL, NodeFlags::NONE, self.no_slots.clone(), 0);
        self.free.push(at);
        self.trace(|_| Trace::NodeRemoved { node: id });
    }

    /// The name of a peer is known from now on (`clusterRenameNode`). Says whether it could be had.
    pub(super) fn rename_peer(&mut self, at: At, id: NodeId) -> bool {
        let Err(place) = self.order.binary_search_by(|(known, _)| known.cmp(&id)) else {
            return false;
        };
        if !id.is_valid() {
            return false;
        }
        self.order.insert(place, (id, at));
        self.order.retain(|(known, place)| *place != at || *known == id);
        self.peers[at].id = id;
        true
    }

    /// A name for a peer whose own is not known yet.
    pub(super) fn random_id(&mut self) -> NodeId {
        let mut bytes = [0; 40];
        for byte in &mut bytes {
            *byte = b"0123456789abcdef"[(self.random.below(16) & 15) as usize];
        }
        NodeId::from_bytes(bytes)
    }

    /// `clusterNodeAddSlave`.
    pub(super) fn add_replica(&mut self, master: At, replica: At) {
        let master = &mut self.peers[master];
        if !master.replicas.contains(&replica) {
            master.replicas.push(replica);
            master.set(NodeFlags::MIGRATE_TO);
        }
    }

    /// `clusterNodeRemoveSlave`.
    pub(super) fn remove_replica(&mut self, master: At, replica: At) {
        let master = &mut self.peers[master];
        let before = master.replicas.len();
        master.replicas.retain(|known| *known != replica);
        if master.replicas.is_empty() && before > 0 {
            master.clear(NodeFlags::MIGRATE_TO);
        }
    }

    /// How many of its replicas have not failed (`clusterCountNonFailingSlaves`).
    pub(super) fn working_replicas(&self, master: At) -> usize {
        let replicas = self.peers[master].replicas.iter();
        replicas.filter(|at| !self.peers[**at].is(NodeFlags::FAIL)).count()
    }

    /// The peer's master, or itself if it is one. A replica whose master is unknown has none.
    pub(super) fn master_of(&self, at: At) -> Option<At> {
        match self.peers[at].is_master() {
            true => Some(at),
            false => self.peers[at].replica_of,
        }
    }

    // ---- who may be spoken of again

    /// Does not take the peer up again for a minute (`clusterBlacklistAddNode`).
    pub(super) fn forget_for_a_while(&mut self, id: NodeId) {
        self.forget_old();
        self.forgotten.insert(id, self.now / 1_000 + 60);
    }

    /// `clusterBlacklistExists`.
    pub(super) fn is_forgotten(&mut self, id: &NodeId) -> bool {
        self.forget_old();
        self.forgotten.contains_key(id)
    }

    fn forget_old(&mut self) {
        let seconds = self.now / 1_000;
        self.forgotten.retain(|_, until| *until >= seconds);
    }
}

/// The owner of each slot, 65535 for nobody.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct SlotTable(Vec<u16>);

impl SlotTable {
    pub(super) fn new() -> Self {
        Self(alloc::vec![u16::MAX; usize::from(SLOTS)])
    }

    pub(super) fn get(&self, slot: u16) -> Option<At> {
        let owner = self.0.get(usize::from(slot)).copied()?;
        (owner != u16::MAX).then_some(usize::from(owner))
    }

    pub(super) fn set(&mut self, slot: u16, owner: Option<At>) {
        if let Some(place) = self.0.get_mut(usize::from(slot)) {
            *place = owner.and_then(|at| u16::try_from(at).ok()).unwrap_or(u16::MAX);
        }
    }
}

/// As ranges.
impl core::fmt::Debug for SlotTable {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let mut start = 0;
        for slot in 1..=self.0.len() {
            if self.0.get(slot) != self.0.get(start) {
                write!(f, "{start}-{}:{} ", slot - 1, self.0[start])?;
                start = slot;
            }
        }
        Ok(())
    }
}
