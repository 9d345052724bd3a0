//! The node as users of etcd's `RawNode` drive it: take a [`Ready`], do what it says, advance.
//!
//! [`Node`](super::Node) is the safer way: it holds back by itself what must not leave before a write is durable. This one is for
//! those who port code, and for scripts that compare with etcd message by message.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::config::{Config, Stored};
use super::error::Error;
use super::log::{encoded_sizes, payload_sizes};
use super::message::{
    APPEND_THREAD, APPLY_THREAD, ConfChangeV2, ConfState, Data, Entry, EntryKind, HardState, Message, MessageKind,
    NodeId, Snapshot,
};
use super::node::Status;
use super::read::ReadState;
use super::saved::{Machine, saved};
use super::state::{Raft, SoftState};
use super::trace::Trace;
use super::wire;

/// What is to be done, in this order: write the hard state, entries and snapshot; send the messages; apply the committed entries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Ready {
    /// Who leads and what the node is, if that changed.
    pub soft_state: Option<SoftState>,
    /// What to write before messages are sent, if it changed.
    pub hard_state: Option<HardState>,
    /// Reads that may take place.
    pub read_states: Vec<ReadState>,
    /// Entries to write.
    pub entries: Vec<Entry>,
    /// A snapshot to write, in place of all entries.
    pub snapshot: Option<Snapshot>,
    /// Entries to apply.
    pub committed_entries: Vec<Entry>,
    /// Messages to send. With asynchronous storage some are for the two threads.
    pub messages: Vec<Message>,
    /// Whether what is written must be durable before messages are sent.
    pub must_sync: bool,
}

impl Ready {
    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What was handed out last, so that only changes are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Before {
    pub(super) soft: SoftState,
    pub(super) hard: HardState,
}

impl Raft {
    /// Whether there is anything to do.
    pub(super) fn has_ready(&self, before: &Before, apply_unstable: bool) -> bool {
        let hard = self.hard_state();
        self.append_pending
            || self.soft_state() != before.soft
            || (!hard.is_empty() && hard != before.hard)
            || self.log.next_snapshot().is_some()
            || !self.messages.is_empty()
            || !self.after_append.is_empty()
            || self.log.has_next_unstable()
            || self.log.has_next_committed(apply_unstable)
            || !self.read_states.is_empty()
    }

    /// Takes out all there is to do. What promises something is left in `after_append`.
    pub(super) fn cut(&mut self, before: &mut Before, apply_unstable: bool) -> Ready {
        self.flush_appends();
        let (soft, hard) = (self.soft_state(), self.hard_state());
        let entries = self.log.next_unstable();
        let must_sync = !entries.is_empty() || hard.term != before.hard.term || hard.vote != before.hard.vote;
        let ready = Ready {
            soft_state: (soft != before.soft).then_some(soft),
            hard_state: (hard != before.hard).then_some(hard),
            read_states: core::mem::take(&mut self.read_states),
            entries,
            snapshot: self.log.next_snapshot().cloned(),
            committed_entries: self.log.next_committed(apply_unstable),
            messages: core::mem::take(&mut self.messages),
            must_sync,
        };
        *before = Before { soft, hard };
        ready
    }

    /// What was taken out is under way.
    pub(super) fn accept(&mut self, ready: &Ready, apply_unstable: bool) {
        self.log.accept_unstable();
        if let Some(last) = ready.committed_entries.last() {
            let size = encoded_sizes(&ready.committed_entries);
            self.log.accept_applying(last.index, size, apply_unstable);
        }
    }

    /// What the node wants to hear once a write is durable.
    ///
    /// Rule 20: it names the log's end as of the write, and the term, for entries may be replaced meanwhile.
    pub(super) fn append_response(&self, ready: &Ready) -> Option<Message> {
        if !self.log.has_unstable() && ready.snapshot.is_none() {
            return None;
        }
        let mut response = Message {
            from: APPEND_THREAD,
            term: self.term,
            ..Message::to(MessageKind::StorageAppendResp, self.id())
        };
        if self.log.has_unstable() {
            let last = self.last();
            response.index = last.index;
            response.log_term = last.term;
        }
        response.snapshot = ready.snapshot.clone().map(Box::new);
        Some(response)
    }

    fn apply_response(&self, entries: Vec<Entry>) -> Message {
        Message {
            from: APPLY_THREAD,
            entries,
            ..Message::to(MessageKind::StorageApplyResp, self.id())
        }
    }

    pub(super) fn propose(&mut self, entries: Vec<Entry>) -> Result<(), Error> {
        let mut message = Message::new(MessageKind::Prop);
        message.from = self.id();
        message.entries = entries;
        self.step(message)
    }

    pub(super) fn propose_change(&mut self, change: &ConfChangeV2) -> Result<(), Error> {
        let entry = Entry {
            kind: EntryKind::ConfChangeV2,
            ..Entry::normal(wire::encode_change_v2(change))
        };
        self.propose(Vec::from([entry]))
    }

    pub(super) fn local(&mut self, kind: MessageKind, from: NodeId) -> Result<(), Error> {
        self.step(Message {
            from,
            ..Message::new(kind)
        })
    }
}

/// A node that is driven by [`Ready`]. [`Node`](super::Node) is the safer way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadyNode {
    raft: Raft,
    before: Before,
    async_storage: bool,
    /// What the node says to itself once a [`Ready`] is done with.
    on_advance: Vec<Message>,
}

impl ReadyNode {
    /// Makes a node. With `async_storage` its writes and applications are messages to two threads, which answer when they are
    /// done; without it they are done when [`advance`](Self::advance) is called.
    ///
    /// # Errors
    /// [`Error::Config`], [`Error::Stored`], [`Error::Membership`].
    pub fn new(config: Config, stored: Stored, async_storage: bool) -> Result<Self, Error> {
        let raft = Raft::new(config, stored)?;
        let before = Before {
            soft: raft.soft_state(),
            hard: raft.hard_state(),
        };
        Ok(Self {
            raft,
            before,
            async_storage,
            on_advance: Vec::new(),
        })
    }

    /// All that the node knows, as [`Node::state`](super::Node::state) says.
    pub fn state(&self) -> Vec<u8> {
        self.to_bytes()
    }

    /// Makes a node that goes on where the one that gave `state` was.
    ///
    /// # Errors
    /// [`Error::State`].
    pub fn from_state(state: &[u8]) -> Result<Self, Error> {
        Self::from_bytes(state)
    }

    /// A hash of [`state`](Self::state), the same on every platform and in every language.
    pub fn state_hash(&self) -> u64 {
        self.hash()
    }

    /// Whether [`ready`](Self::ready) would have anything in it.
    pub fn has_ready(&self) -> bool {
        self.raft.has_ready(&self.before, !self.async_storage)
    }

    /// Takes out all there is to do.
    pub fn ready(&mut self) -> Ready {
        let unstable = !self.async_storage;
        let mut ready = self.raft.cut(&mut self.before, unstable);
        let response = self.raft.append_response(&ready);
        let after_append = core::mem::take(&mut self.raft.after_append);
        if self.async_storage {
            self.storage_messages(&mut ready, after_append, response);
        } else {
            let (own, others): (Vec<_>, Vec<_>) = after_append
                .into_iter()
                .partition(|message| message.to == self.raft.id());
            ready.messages.extend(others);
            self.on_advance.extend(own);
            self.on_advance.extend(response);
            if !ready.committed_entries.is_empty() {
                self.on_advance
                    .push(self.raft.apply_response(ready.committed_entries.clone()));
            }
        }
        self.raft.accept(&ready, unstable);
        ready
    }

    fn storage_messages(&self, ready: &mut Ready, after_append: Vec<Message>, response: Option<Message>) {
        let writes = !ready.entries.is_empty() || ready.hard_state.is_some() || ready.snapshot.is_some();
        if writes || !after_append.is_empty() {
            let hard = ready.hard_state.unwrap_or_default();
            let mut responses = after_append;
            responses.extend(response);
            ready.messages.push(Message {
                from: self.raft.id(),
                term: hard.term,
                vote: hard.vote,
                commit: hard.commit,
                entries: ready.entries.clone(),
                snapshot: ready.snapshot.clone().map(Box::new),
                responses,
                ..Message::to(MessageKind::StorageAppend, APPEND_THREAD)
            });
        }
        if !ready.committed_entries.is_empty() {
            let entries = ready.committed_entries.clone();
            ready.messages.push(Message {
                from: self.raft.id(),
                responses: Vec::from([self.raft.apply_response(entries.clone())]),
                entries,
                ..Message::to(MessageKind::StorageApply, APPLY_THREAD)
            });
        }
    }

    /// The last [`Ready`] is done with: written, sent and applied. Not for asynchronous storage.
    ///
    /// # Errors
    /// [`Error::Corrupt`].
    pub fn advance(&mut self) -> Result<(), Error> {
        for message in core::mem::take(&mut self.on_advance) {
            self.raft.step(message)?;
        }
        Ok(())
    }

    /// A message from another member, or from one of the two threads.
    ///
    /// # Errors
    /// [`Error::LocalMessage`], [`Error::UnknownPeer`], [`Error::InvalidMessage`], [`Error::ProposalDropped`],
    /// [`Error::Corrupt`].
    pub fn step(&mut self, message: Message) -> Result<(), Error> {
        let from_thread = message.from == APPEND_THREAD || message.from == APPLY_THREAD;
        if self.async_storage && from_thread {
            return self.raft.step(message);
        }
        self.raft.step_from_network(message)
    }

    /// One tick of the clock.
    ///
    /// # Errors
    /// [`Error::Corrupt`].
    pub fn tick(&mut self) -> Result<(), Error> {
        self.raft.check_fence()?;
        self.raft.tick()
    }

    /// Stands for election now.
    ///
    /// # Errors
    /// [`Error::Corrupt`].
    pub fn campaign(&mut self) -> Result<(), Error> {
        self.raft.local(MessageKind::Hup, 0)
    }

    /// Proposes a command.
    ///
    /// # Errors
    /// [`Error::ProposalDropped`], [`Error::Corrupt`].
    pub fn propose(&mut self, data: impl Into<Data>) -> Result<(), Error> {
        self.raft.propose(Vec::from([Entry::normal(data)]))
    }

    /// Proposes entries that are encoded already: changes of membership of either version, or commands.
    ///
    /// # Errors
    /// [`Error::ProposalDropped`], [`Error::Corrupt`].
    pub fn propose_entries(&mut self, entries: Vec<Entry>) -> Result<(), Error> {
        self.raft.propose(entries)
    }

    /// Proposes a change of membership.
    ///
    /// # Errors
    /// [`Error::ProposalDropped`], [`Error::Corrupt`].
    pub fn propose_conf_change(&mut self, change: &ConfChangeV2) -> Result<(), Error> {
        self.raft.propose_change(change)
    }

    /// Applies a change of membership that was handed out to be applied.
    ///
    /// # Errors
    /// [`Error::Membership`].
    pub fn apply_conf_change(&mut self, change: &ConfChangeV2) -> Result<ConfState, Error> {
        self.raft.apply_conf_change(change)
    }

    /// Hands leadership over to `to`.
    ///
    /// # Errors
    /// [`Error::Corrupt`].
    pub fn transfer_leader(&mut self, to: NodeId) -> Result<(), Error> {
        self.raft.local(MessageKind::TransferLeader, to)
    }

    /// Forgets who leads.
    ///
    /// # Errors
    /// [`Error::Corrupt`].
    pub fn forget_leader(&mut self) -> Result<(), Error> {
        self.raft.local(MessageKind::ForgetLeader, 0)
    }

    /// The last message to `peer` did not arrive.
    ///
    /// # Errors
    /// [`Error::Corrupt`].
    pub fn report_unreachable(&mut self, peer: NodeId) -> Result<(), Error> {
        self.raft.local(MessageKind::Unreachable, peer)
    }

    /// The snapshot for `peer` was sent, or could not be.
    ///
    /// # Errors
    /// [`Error::Corrupt`].
    pub fn report_snapshot(&mut self, peer: NodeId, ok: bool) -> Result<(), Error> {
        self.raft.step(Message {
            from: peer,
            reject: !ok,
            ..Message::new(MessageKind::SnapStatus)
        })
    }

    /// Asks for an index from which a read is linearizable. The answer comes in [`Ready::read_states`]. No two reads of a node may
    /// have the same context: see [`Node::read_index`](super::Node::read_index).
    ///
    /// # Errors
    /// [`Error::ReadDropped`], [`Error::Corrupt`].
    pub fn read_index(&mut self, context: impl Into<Data>) -> Result<(), Error> {
        let mut message = Message::new(MessageKind::ReadIndex);
        message.entries = Vec::from([Entry::normal(context)]);
        self.raft.step(message)
    }

    /// The application took a snapshot, which members that are too far behind may be sent.
    ///
    /// # Errors
    /// [`Error::UselessSnapshot`].
    pub fn snapshot_taken(&mut self, snapshot: Snapshot) -> Result<(), Error> {
        let index = snapshot.metadata.index;
        self.raft
            .log
            .set_snapshot(snapshot)
            .then_some(())
            .ok_or(Error::UselessSnapshot(index))
    }

    /// Drops the entries up to `index` from the window.
    ///
    /// # Errors
    /// [`Error::NotCompactable`].
    pub fn compact(&mut self, index: u64) -> Result<(), Error> {
        self.raft
            .log
            .compact(index)
            .then_some(())
            .ok_or(Error::NotCompactable(index))
    }

    /// Sets the number of ticks without a leader after which the node stands for election, until it is drawn anew.
    pub fn set_election_timeout(&mut self, ticks: u64) {
        self.raft.election_timeout = ticks;
    }

    /// What the node knows and believes.
    pub fn status(&self) -> Status {
        Status::of(&self.raft)
    }

    /// The traces since the last call, if [`Config::trace`] is on.
    pub fn traces(&mut self) -> Vec<Trace> {
        core::mem::take(&mut self.raft.tracer.events)
    }

    /// How many bytes of commands the entries hold: what [`Config::max_uncommitted_size`] counts.
    pub fn payload_size(entries: &[Entry]) -> u64 {
        payload_sizes(entries)
    }
}

impl Machine for ReadyNode {
    const KIND: u8 = b'R';

    fn is_sound(&self) -> bool {
        self.raft.is_sound()
    }
}

saved!(struct Before { soft, hard });
saved!(struct ReadyNode { raft, before, async_storage, on_advance });

#[cfg(feature = "serde")]
impl serde::Serialize for ReadyNode {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        super::saved::as_serde::serialize(self, serializer)
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for ReadyNode {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        super::saved::as_serde::deserialize(deserializer)
    }
}
