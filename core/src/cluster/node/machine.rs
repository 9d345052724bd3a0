//! The node, as one value: inputs are methods, outputs are drained with [`Node::poll`].

use alloc::borrow::ToOwned;
use alloc::collections::{BTreeMap, VecDeque};
use alloc::vec::Vec;
use core::fmt::Write;

use super::config::Config;
use super::election::Election;
use super::error::Error;
use super::link::Link;
use super::manual::ManualFailover;
use super::output::{ClusterState, Output};
use super::peer::{At, Peer, SlotTable};
use super::trace::Trace;
use crate::cluster::bus::{Body, BusError, Message, MessageFlags, NodeFlags, NodeId, SlotSet};
use crate::cluster::{SLOTS, SlotMap, key_slot};
use crate::hash::StateHasher;
use crate::random::Random;
use crate::resp::Value;

/// A time, in milliseconds of Unix time, or a span of time. The clock may jump.
pub type Millis = u64;

/// Names one connection. Never used again.
pub type LinkId = u64;

/// Names one write.
pub type Ticket = u64;

/// How a replica's connection to its master does. A master's does not matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(tag = "kind", rename_all = "snake_case"))]
pub enum ReplicationLink {
    /// It stands, and something was last heard of the master at that time.
    Connected {
        /// In milliseconds of Unix time.
        last_heard: Millis,
    },
    /// It has not stood since that time.
    Down {
        /// In milliseconds of Unix time.
        since: Millis,
    },
}

/// A node of a cluster. See the [module](super) for the contract.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Node {
    pub(super) config: Config,
    pub(super) random: Random,
    /// The time of the input that is being taken.
    pub(super) now: Millis,
    pub(super) peers: Vec<Peer>,
    pub(super) free: Vec<At>,
    /// The peers that are known, in the order of their names.
    pub(super) order: Vec<(NodeId, At)>,
    pub(super) me: At,
    /// What peers without slots share.
    pub(super) no_slots: SlotSet,
    pub(super) owners: SlotTable,
    /// Slots whose owner does not claim them any more, while nobody else does.
    pub(super) unclaimed: SlotSet,
    pub(super) migrating: BTreeMap<u16, At>,
    pub(super) importing: BTreeMap<u16, At>,
    /// How many keys there are in the slots that have some.
    pub(super) keys: BTreeMap<u16, u64>,
    pub(super) current_epoch: u64,
    pub(super) last_vote_epoch: u64,
    pub(super) state: ClusterState,
    /// How many masters have slots.
    pub(super) size: u32,
    pub(super) links: BTreeMap<LinkId, Link>,
    pub(super) next_link: LinkId,
    pub(super) ticks: u64,
    pub(super) suspects: usize,
    pub(super) first_state_check: Option<Millis>,
    pub(super) among_minority: Option<Millis>,
    /// Peers that are not taken up again, and until which second.
    pub(super) forgotten: BTreeMap<NodeId, u64>,
    pub(super) election: Election,
    pub(super) manual: ManualFailover,
    pub(super) offset: u64,
    pub(super) replication: ReplicationLink,
    /// Whether the machine of replication was told of a master.
    pub(super) replicating: bool,
    pub(super) todo: Todo,
    pub(super) sent: [u64; 11],
    pub(super) received: [u64; 11],
    outputs: VecDeque<Item>,
    /// Where in the outputs those of the present input begin.
    mark: usize,
    /// Whether a write is asked for and not given out, by whether it has to be on the disk.
    queued: [bool; 2],
    next_ticket: Ticket,
    waiting: Option<Ticket>,
}

/// What is left to do at the end of an input (`clusterBeforeSleep`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Todo {
    pub(super) manual_failover: bool,
    pub(super) failover: bool,
    pub(super) update_state: bool,
    pub(super) save: bool,
    pub(super) fsync: bool,
}

/// What waits to be given out.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[allow(
    clippy::large_enum_variant,
    reason = "nearly all of them are outputs, and boxing each would cost more"
)]
enum Item {
    Output(Output),
    Persist { fsync: bool },
}

impl Node {
    /// Makes a node that knows nobody: a master without slots.
    ///
    /// # Errors
    /// [`Error::Config`].
    pub fn new(config: Config, now: Millis) -> Result<Self, Error> {
        config.check()?;
        let mut node = Self::empty(config, now);
        let flags = NodeFlags::MYSELF.with(NodeFlags::MASTER);
        node.me = node.add_peer(node.config.id, flags).unwrap_or(0);
        node.settle_myself();
        node.save(true);
        Ok(node)
    }

    /// Makes a node of its file, the text of the last [`Output::Persist`]. The name in it holds, whatever the settings say.
    ///
    /// # Errors
    /// [`Error::Config`], [`Error::Line`].
    pub fn restore(config: Config, text: &str, now: Millis) -> Result<Self, Error> {
        config.check()?;
        let mut node = Self::empty(config, now);
        node.load(text)?;
        node.settle_myself();
        node.todo.update_state = true;
        node.finish();
        Ok(node)
    }

    pub(super) fn empty(config: Config, now: Millis) -> Self {
        let random = Random::new(config.seed);
        Self {
            config,
            random,
            now: now.max(1),
            peers: Vec::new(),
            free: Vec::new(),
            order: Vec::new(),
            me: 0,
            no_slots: SlotSet::new(),
            owners: SlotTable::new(),
            unclaimed: SlotSet::new(),
            migrating: BTreeMap::new(),
            importing: BTreeMap::new(),
            keys: BTreeMap::new(),
            current_epoch: 0,
            last_vote_epoch: 0,
            state: ClusterState::Fail,
            size: 1,
            links: BTreeMap::new(),
            next_link: 1,
            ticks: 0,
            suspects: 0,
            first_state_check: None,
            among_minority: None,
            forgotten: BTreeMap::new(),
            election: Election::default(),
            manual: ManualFailover::default(),
            offset: 0,
            replication: ReplicationLink::Down { since: now.max(1) },
            replicating: false,
            todo: Todo::default(),
            sent: [0; 11],
            received: [0; 11],
            outputs: VecDeque::new(),
            mark: 0,
            queued: [false; 2],
            next_ticket: 1,
            waiting: None,
        }
    }

    fn settle_myself(&mut self) {
        let me = &mut self.peers[self.me];
        self.config.announce_ip.clone_into(&mut me.ip);
        me.port = self.config.port;
        me.other_port = self.config.other_port;
        me.bus_port = self.config.bus_port;
        self.config.hostname.clone_into(&mut me.hostname);
        me.clear(NodeFlags::NO_FAILOVER);
        if self.config.replica_no_failover {
            me.set(NodeFlags::NO_FAILOVER);
        }
    }

    /// The next thing to do, or `None` when there is nothing, or when a write must be answered first.
    pub fn poll(&mut self) -> Option<Output> {
        if self.waiting.is_some() {
            return None;
        }
        match self.outputs.pop_front()? {
            Item::Output(output) => Some(output),
            Item::Persist { fsync } => {
                self.queued[usize::from(fsync)] = false;
                let ticket = self.next_ticket;
                self.next_ticket += 1;
                self.waiting = fsync.then_some(ticket);
                Some(Output::Persist {
                    ticket,
                    text: self.file_text(),
                    fsync,
                })
            }
        }
    }

    /// Appends all outputs to `into`: one call for a loop of them.
    pub fn drain(&mut self, into: &mut Vec<Output>) {
        while let Some(output) = self.poll() {
            into.push(output);
        }
    }

    // ---- inputs

    /// The clock reads `now`. To be called every 100 ms (`clusterCron`). Cost: linear in the nodes known.
    pub fn tick(&mut self, now: Millis) {
        self.begin(now);
        self.cron();
        self.finish();
    }

    /// Somebody connected to the bus, from `peer_ip`, to `own_ip` of this machine. Says what the connection is called.
    pub fn accept(&mut self, peer_ip: &str, own_ip: &str, now: Millis) -> LinkId {
        self.begin(now);
        let id = self.new_link(None, true);
        if let Some(link) = self.links.get_mut(&id) {
            peer_ip.clone_into(&mut link.peer_ip);
            own_ip.clone_into(&mut link.own_ip);
        }
        id
    }

    /// A connection that was asked for stands.
    ///
    /// # Errors
    /// [`Error::UnknownLink`] for one that was closed meanwhile.
    pub fn connected(&mut self, link: LinkId, now: Millis) -> Result<(), Error> {
        self.find_link(link)?;
        self.begin(now);
        self.link_is_up(link);
        self.finish();
        Ok(())
    }

    /// A connection is gone, or did not come about.
    ///
    /// # Errors
    /// [`Error::UnknownLink`] for one that was closed meanwhile.
    pub fn disconnected(&mut self, link: LinkId, now: Millis) -> Result<(), Error> {
        self.find_link(link)?;
        self.begin(now);
        self.drop_link(link);
        self.finish();
        Ok(())
    }

    /// Bytes came over a connection. Any split of them is taken alike.
    ///
    /// # Errors
    /// [`Error::UnknownLink`]; [`Error::Bus`], the first of them if several messages cannot be read.
    pub fn received(&mut self, link: LinkId, bytes: &[u8], now: Millis) -> Result<(), Error> {
        self.find_link(link)?;
        self.begin(now);
        if let Some(link) = self.links.get_mut(&link) {
            link.decoder.feed(bytes);
        }
        let mut first: Option<BusError> = None;
        while let Some(open) = self.links.get_mut(&link) {
            match open.decoder.poll() {
                Ok(Some(message)) => self.process(link, &message),
                Ok(None) => break,
                Err(error) => {
                    if error.is_fatal() {
                        self.close_link(link);
                    }
                    first.get_or_insert(error);
                }
            }
        }
        self.finish();
        first.map_or(Ok(()), |error| Err(Error::Bus(error)))
    }

    /// A message came over a connection, for those who read the bytes themselves or have none.
    ///
    /// # Errors
    /// [`Error::UnknownLink`].
    pub fn message(&mut self, link: LinkId, message: &Message, now: Millis) -> Result<(), Error> {
        self.find_link(link)?;
        self.begin(now);
        self.process(link, message);
        self.finish();
        Ok(())
    }

    /// A client sent a command of the family `CLUSTER`, its name included. Says the answer, which may be given once the outputs are
    /// carried out. Everything of Redis 7.0 is there but what is about keys themselves (`GETKEYSINSLOT`).
    pub fn command(&mut self, argv: &[&[u8]], now: Millis) -> Value {
        self.begin(now);
        let answer = self.run_command(argv);
        self.finish();
        answer
    }

    /// How far the replication of this node is, in bytes of its history, and how its connection to the master does.
    pub fn set_replication(&mut self, offset: u64, link: ReplicationLink, now: Millis) {
        self.begin(now);
        self.offset = offset;
        self.replication = link;
        self.finish();
    }

    /// How many keys there are in a slot. Slots beyond 16383 have none.
    pub fn set_keys(&mut self, slot: u16, keys: u64) {
        if slot >= SLOTS || keys == 0 {
            self.keys.remove(&slot);
        } else {
            self.keys.insert(slot, keys);
        }
    }

    /// Sends a message of `PUBLISH` to all nodes, or one of `SPUBLISH` to those of the same shard (`clusterPropagatePublish`).
    pub fn publish(&mut self, channel: &[u8], message: &[u8], sharded: bool, now: Millis) {
        self.begin(now);
        let (channel, message) = (channel.to_owned(), message.to_owned());
        if sharded {
            self.send_to_shard(&Body::PublishShard { channel, message });
        } else {
            self.broadcast(&Body::Publish { channel, message }, MessageFlags::default());
        }
        self.finish();
    }

    /// The file of that ticket is on the disk.
    ///
    /// # Errors
    /// [`Error::UnknownTicket`].
    pub fn persisted(&mut self, ticket: Ticket) -> Result<(), Error> {
        if ticket == 0 || ticket >= self.next_ticket {
            return Err(Error::UnknownTicket(ticket));
        }
        if self.waiting == Some(ticket) {
            self.waiting = None;
        }
        Ok(())
    }

    // ---- questions

    /// The node's name.
    pub fn id(&self) -> NodeId {
        self.myself().id
    }

    /// The settings.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Whether it takes the cluster to be working.
    pub fn state(&self) -> ClusterState {
        self.state
    }

    /// Whether it is a master.
    pub fn is_master(&self) -> bool {
        self.myself().is_master()
    }

    /// Its master, if it is a replica that knows it.
    pub fn master(&self) -> Option<NodeId> {
        self.myself().replica_of.map(|at| self.peers[at].id)
    }

    /// The epoch that it knows of.
    pub fn current_epoch(&self) -> u64 {
        self.current_epoch
    }

    /// Its own config epoch.
    pub fn config_epoch(&self) -> u64 {
        self.myself().config_epoch
    }

    /// The epoch in which it last gave its vote.
    pub fn last_vote_epoch(&self) -> u64 {
        self.last_vote_epoch
    }

    /// How many masters have slots, as it was last counted.
    pub fn size(&self) -> u32 {
        self.size
    }

    /// The names of all that are known, itself included, in order.
    pub fn known_nodes(&self) -> impl Iterator<Item = NodeId> + '_ {
        self.order.iter().map(|(id, _)| *id)
    }

    /// What it takes a node for; `None` if it does not know it.
    pub fn flags(&self, node: NodeId) -> Option<NodeFlags> {
        self.lookup(&node).map(|at| self.peers[at].flags)
    }

    /// The slots that it takes to be a node's; `None` if it does not know the node.
    pub fn slots_of(&self, node: NodeId) -> Option<&SlotSet> {
        self.lookup(&node).map(|at| &self.peers[at].slots)
    }

    /// The config epoch that it knows of a node.
    pub fn config_epoch_of(&self, node: NodeId) -> Option<u64> {
        self.lookup(&node).map(|at| self.peers[at].config_epoch)
    }

    /// Who serves a slot, as far as it knows.
    pub fn owner(&self, slot: u16) -> Option<NodeId> {
        self.owners.get(slot).map(|at| self.peers[at].id)
    }

    /// Who serves the slot of a key, as far as it knows.
    pub fn owner_of_key(&self, key: &[u8]) -> Option<NodeId> {
        self.owner(key_slot(key))
    }

    /// How it sees the cluster, as clients would be told.
    pub fn slot_map(&self) -> SlotMap {
        let address = crate::cluster::Address::new(self.myself().ip.as_str(), self.config.port);
        SlotMap::from_nodes(self.nodes_text().as_bytes(), &address).unwrap_or_default()
    }

    /// A hash of everything that the node knows, the same on every platform and in every language. Cost: linear in the state.
    pub fn state_hash(&self) -> u64 {
        struct Hash(StateHasher);
        impl Write for Hash {
            fn write_str(&mut self, text: &str) -> core::fmt::Result {
                self.0.bytes(text.as_bytes());
                Ok(())
            }
        }
        let mut hash = Hash(StateHasher::new());
        // The state is plain data in a fixed order, and so is its text.
        let _ = write!(hash, "{self:?}");
        hash.0.finish()
    }

    // ---- around an input

    pub(super) fn begin(&mut self, now: Millis) {
        // 0 is the time of what has never been.
        self.now = now.max(1);
        self.mark = self.outputs.len();
    }

    /// What the server does before it waits for the next event (`clusterBeforeSleep`).
    pub(super) fn finish(&mut self) {
        let (mut save, mut fsync, mut again) = (false, false, false);
        // What one step asks for, the next does; a manual failover that waits asks again and again, and is left for later.
        for _ in 0..4 {
            let todo = core::mem::take(&mut self.todo);
            if todo == Todo::default() {
                break;
            }
            if todo.manual_failover && !again {
                if self.myself().is_replica() {
                    self.handle_manual_failover();
                    self.handle_failover();
                }
                again = core::mem::take(&mut self.todo.manual_failover);
            } else if todo.failover {
                self.handle_failover();
            }
            if todo.update_state {
                self.update_state();
            }
            save |= todo.save;
            fsync |= todo.save && todo.fsync;
        }
        self.todo.manual_failover |= again;
        if save {
            self.save(fsync);
        }
    }

    /// Asks for the file to be written. What has to be on the disk is asked for before all that this input gives out.
    pub(super) fn save(&mut self, fsync: bool) {
        if self.queued[1] || (!fsync && self.queued[0]) {
            return;
        }
        self.queued[usize::from(fsync)] = true;
        match fsync {
            true => self
                .outputs
                .insert(self.mark.min(self.outputs.len()), Item::Persist { fsync }),
            false => self.outputs.push_back(Item::Persist { fsync }),
        }
    }

    fn find_link(&self, link: LinkId) -> Result<(), Error> {
        self.links
            .contains_key(&link)
            .then_some(())
            .ok_or(Error::UnknownLink(link))
    }

    pub(super) fn push(&mut self, output: Output) {
        self.outputs.push_back(Item::Output(output));
    }

    pub(super) fn trace(&mut self, trace: impl FnOnce(&Self) -> Trace) {
        if self.config.trace {
            let trace = trace(self);
            self.push(Output::Trace(trace));
        }
    }
}
