//! The node, as one value: inputs are methods, outputs are drained with [`Node::poll`].

use alloc::collections::VecDeque;
use alloc::string::String;
use alloc::vec::Vec;

use super::config::{Config, Stored};
use super::error::Error;
use super::log::{EntryId, LogSummary};
use super::membership::Membership;
use super::message::{
    ConfChangeV2, ConfState, Data, Entry, EntryKind, HardState, Message, MessageKind, NONE, NodeId, Snapshot,
};
use super::progress::Progress;
use super::ready::{Before, Ready};
use super::saved::{Machine, saved};
use super::state::{Raft, Role, SoftState};
use super::trace::{Dropped, Trace};

/// Names one write. Tickets are answered in the order in which they were given.
pub type Ticket = u64;

/// What the caller must do, or may want to know.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Output {
    /// Send this message to the member [`Message::to`]. It may be lost, late, repeated or out of order.
    Send(Message),
    /// Make this durable, then call [`Node::persisted`]: in the order of the tickets, a snapshot first (it replaces the whole
    /// log), then entries (they replace what is stored from the first one's index on), then the hard state.
    Persist {
        /// What to answer with.
        ticket: Ticket,
        /// The hard state, if it changed.
        hard_state: Option<HardState>,
        /// A snapshot from the leader. It also goes to the state machine.
        snapshot: Option<Snapshot>,
        /// Entries, without a gap.
        entries: Vec<Entry>,
        /// Whether it must reach the disk: false where only the commit index changed, which may be lost.
        must_sync: bool,
    },
    /// Apply these committed entries to the state machine, then call [`Node::applied`]. A change of membership
    /// ([`Entry::conf_change`]) also goes to [`Node::apply_conf_change`], unless the application refuses it.
    Apply(Vec<Entry>),
    /// The read of that context may take place once everything up to `index` is applied.
    ReadReady {
        /// From here on the read is linearizable.
        index: u64,
        /// What the read was asked for with.
        context: Data,
    },
    /// The read of that context will not be answered: leadership ended. Ask again.
    ReadLost {
        /// What the read was asked for with.
        context: Data,
    },
    /// The node's role, its leader or its term changed.
    RoleChanged {
        /// What the node is now.
        role: Role,
        /// Who leads, or [`NONE`].
        lead: NodeId,
        /// The term.
        term: u64,
    },
    /// A member needs entries that are no longer in the window, and no snapshot is known that would do. Call
    /// [`Node::entries_fetched`] with them, or take a snapshot and call [`Node::snapshot_taken`].
    Fetch {
        /// Who needs them.
        to: NodeId,
        /// The entry before the first that it needs, whose term is needed too.
        previous: u64,
        /// One past the last entry that is not in the window.
        end: u64,
    },
    /// Why something happened, or did not. Only with [`Config::trace`].
    Trace(Trace),
}

/// What became of a proposal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Proposed {
    /// It stands in the log of this leader. It is committed if the entry applied at that index has that term, and lost if it
    /// has another.
    At(EntryId),
    /// It was sent on to the leader. Nobody says what becomes of it.
    Forwarded(NodeId),
}

/// A member of a Raft group. See the [module](super) for the contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    raft: Raft,
    before: Before,
    outputs: VecDeque<Output>,
    next_ticket: Ticket,
    /// The open tickets, and what leaves when each is answered (rule 2).
    tickets: VecDeque<(Ticket, Vec<Message>)>,
}

impl Node {
    /// Makes a node from what is stored: [`Stored::group`] for the first members of a new group, [`Stored::default`] for one that
    /// joins it later, and what was persisted for one that starts again. What is persisted includes the [`ConfState`] that
    /// [`apply_conf_change`](Self::apply_conf_change) gave last.
    ///
    /// # Errors
    /// [`Error::Config`], [`Error::Stored`], [`Error::Membership`].
    pub fn new(config: Config, stored: Stored) -> Result<Self, Error> {
        let raft = Raft::new(config, stored)?;
        let before = Before {
            soft: raft.soft_state(),
            hard: raft.hard_state(),
        };
        Ok(Self {
            raft,
            before,
            outputs: VecDeque::new(),
            next_ticket: 1,
            tickets: VecDeque::new(),
        })
    }

    /// The next thing to do, or `None` when there is nothing.
    pub fn poll(&mut self) -> Option<Output> {
        // What is released at once may lead on to more.
        while self.outputs.is_empty() && self.collect() {}
        self.outputs.pop_front()
    }

    /// Appends all outputs to `into`: one call for a loop of them.
    pub fn drain(&mut self, into: &mut Vec<Output>) {
        while let Some(output) = self.poll() {
            into.push(output);
        }
    }

    /// Turns what the node has to say into outputs. Says whether it had anything to say.
    fn collect(&mut self) -> bool {
        for trace in self.raft.tracer.events.drain(..) {
            self.outputs.push_back(Output::Trace(trace));
        }
        for context in self.raft.reads.lost.drain(..) {
            self.outputs.push_back(Output::ReadLost { context });
        }
        while let Some(to) = self.raft.fetches.pop_front() {
            if let Some((previous, end)) = self.raft.missing(to) {
                self.outputs.push_back(Output::Fetch { to, previous, end });
            }
        }
        let ready = self.raft.has_ready(&self.before, false);
        if ready {
            let ready = self.raft.cut(&mut self.before, false);
            self.hand_out(ready);
        }
        ready
    }

    fn hand_out(&mut self, ready: Ready) {
        let response = self.raft.append_response(&ready);
        let mut held = core::mem::take(&mut self.raft.after_append);
        self.raft.accept(&ready, false);
        if let Some(soft) = ready.soft_state {
            self.outputs.push_back(Output::RoleChanged {
                role: soft.role,
                lead: soft.lead,
                term: self.raft.term,
            });
        }
        for read in ready.read_states {
            self.outputs.push_back(Output::ReadReady {
                index: read.index,
                context: read.context,
            });
        }
        let mut messages = ready.messages;
        for message in messages.drain(..) {
            self.outputs.push_back(Output::Send(message));
        }
        // The room for messages is used again.
        self.raft.messages = messages;
        if ready.hard_state.is_some() || ready.snapshot.is_some() || !ready.entries.is_empty() {
            held.extend(response);
            let ticket = self.next_ticket;
            self.next_ticket += 1;
            self.tickets.push_back((ticket, held));
            self.outputs.push_back(Output::Persist {
                ticket,
                hard_state: ready.hard_state,
                snapshot: ready.snapshot,
                entries: ready.entries,
                must_sync: ready.must_sync,
            });
        } else if let Some((_, waiting)) = self.tickets.back_mut() {
            // They promise nothing new, but may rest on what is still being written.
            waiting.extend(held);
        } else {
            self.release(held);
        }
        if !ready.committed_entries.is_empty() {
            self.outputs.push_back(Output::Apply(ready.committed_entries));
        }
    }

    /// What was promised is durable.
    fn release(&mut self, mut messages: Vec<Message>) {
        for message in messages.drain(..) {
            if message.to == self.raft.id() {
                // A node that is fenced says so at its next input.
                let _ = self.raft.step(message);
            } else {
                self.outputs.push_back(Output::Send(message));
            }
        }
        if self.raft.after_append.capacity() == 0 {
            self.raft.after_append = messages;
        }
    }

    // ---- inputs

    /// One tick of the clock.
    ///
    /// # Errors
    /// [`Error::Corrupt`].
    pub fn tick(&mut self) -> Result<(), Error> {
        self.raft.check_fence()?;
        self.raft.tick()
    }

    /// A message came from another member.
    ///
    /// # Errors
    /// [`Error::LocalMessage`], [`Error::UnknownPeer`], [`Error::InvalidMessage`], [`Error::ProposalDropped`] for one that was
    /// forwarded here, [`Error::ReadDropped`] likewise, [`Error::Corrupt`].
    pub fn step(&mut self, message: Message) -> Result<(), Error> {
        self.raft.step_from_network(message)
    }

    /// Messages came from other members. All are taken in; answered is with the first error.
    ///
    /// # Errors
    /// As [`step`](Self::step).
    pub fn step_many(&mut self, messages: impl IntoIterator<Item = Message>) -> Result<(), Error> {
        let mut result = Ok(());
        for message in messages {
            result = result.and(self.step(message));
        }
        result
    }

    /// What the ticket stands for is durable, and so is everything before it.
    ///
    /// # Errors
    /// [`Error::UnknownTicket`], [`Error::Corrupt`].
    pub fn persisted(&mut self, ticket: Ticket) -> Result<(), Error> {
        self.raft.check_fence()?;
        let known = self.tickets.front().is_some_and(|(first, _)| *first <= ticket) && ticket < self.next_ticket;
        if !known {
            return Err(Error::UnknownTicket(ticket));
        }
        while let Some((first, _)) = self.tickets.front() {
            if *first > ticket {
                break;
            }
            if let Some((_, messages)) = self.tickets.pop_front() {
                self.release(messages);
            }
        }
        self.raft.check_fence()
    }

    /// The state machine has applied everything up to `index`.
    ///
    /// # Errors
    /// [`Error::NotApplying`], [`Error::Corrupt`].
    pub fn applied(&mut self, index: u64) -> Result<(), Error> {
        self.raft.check_fence()?;
        let (from, to) = (self.raft.log.applied, self.raft.log.applying);
        if index < from || index > to {
            return Err(Error::NotApplying { index, from, to });
        }
        let (size, payload) = self.raft.log.sizes(from + 1, index + 1);
        self.raft.applied_to(index, size, payload)
    }

    /// Proposes a command.
    ///
    /// # Errors
    /// [`Error::ProposalDropped`], [`Error::Corrupt`].
    pub fn propose(&mut self, data: impl Into<Data>) -> Result<Proposed, Error> {
        self.propose_entries(Vec::from([Entry::normal(data)]))
    }

    /// Proposes commands that follow one another: all of them or none. The answer names the last.
    ///
    /// # Errors
    /// [`Error::ProposalDropped`], [`Error::Corrupt`].
    pub fn propose_batch<D: Into<Data>>(&mut self, commands: impl IntoIterator<Item = D>) -> Result<Proposed, Error> {
        self.propose_entries(commands.into_iter().map(Entry::normal).collect())
    }

    /// Proposes a change of membership. An empty one leaves a joint configuration. One that cannot be made now leaves an empty
    /// entry in its place.
    ///
    /// # Errors
    /// [`Error::ProposalDropped`], [`Error::Corrupt`].
    pub fn propose_conf_change(&mut self, change: &ConfChangeV2) -> Result<Proposed, Error> {
        self.propose_entries(Vec::from([Entry {
            kind: EntryKind::ConfChangeV2,
            ..Entry::normal(super::wire::encode_change_v2(change))
        }]))
    }

    fn propose_entries(&mut self, entries: Vec<Entry>) -> Result<Proposed, Error> {
        if entries.is_empty() {
            return Err(Error::ProposalDropped(Dropped::Empty));
        }
        self.raft.propose(entries)?;
        Ok(match self.raft.role {
            Role::Leader => Proposed::At(self.raft.last()),
            _ => Proposed::Forwarded(self.raft.lead),
        })
    }

    /// Applies a change of membership that was handed out to be applied, and says who is a member then.
    ///
    /// # Errors
    /// [`Error::Membership`], [`Error::Corrupt`].
    pub fn apply_conf_change(&mut self, change: &ConfChangeV2) -> Result<ConfState, Error> {
        self.raft.check_fence()?;
        self.raft.apply_conf_change(change)
    }

    /// Asks for an index from which a read is linearizable: [`Output::ReadReady`] or [`Output::ReadLost`] answers with `context`.
    /// A read that was sent on to a leader may also be lost on the way: ask again after a while.
    ///
    /// No two reads of a node may have the same context, in whichever of its lives: what a leader answers to an earlier read of
    /// that name, perhaps before a restart, would be taken for the answer to a later one, and that read could be stale. A counter
    /// behind something that each start draws anew will do.
    ///
    /// # Errors
    /// [`Error::ReadDropped`], [`Error::Corrupt`].
    pub fn read_index(&mut self, context: impl Into<Data>) -> Result<(), Error> {
        let mut message = Message::new(MessageKind::ReadIndex);
        message.entries = Vec::from([Entry::normal(context)]);
        self.raft.step(message)
    }

    /// Hands leadership over to `to`. Asked of a follower, it asks the leader.
    ///
    /// # Errors
    /// [`Error::Corrupt`].
    pub fn transfer_leader(&mut self, to: NodeId) -> Result<(), Error> {
        self.raft.local(MessageKind::TransferLeader, to)
    }

    /// Stands for election now.
    ///
    /// # Errors
    /// [`Error::Corrupt`].
    pub fn campaign(&mut self) -> Result<(), Error> {
        self.raft.local(MessageKind::Hup, NONE)
    }

    /// Forgets who leads, so that the node may vote for another at once.
    ///
    /// # Errors
    /// [`Error::Corrupt`].
    pub fn forget_leader(&mut self) -> Result<(), Error> {
        self.raft.local(MessageKind::ForgetLeader, NONE)
    }

    /// The last message to `peer` did not arrive.
    ///
    /// # Errors
    /// [`Error::Corrupt`].
    pub fn report_unreachable(&mut self, peer: NodeId) -> Result<(), Error> {
        self.raft.local(MessageKind::Unreachable, peer)
    }

    /// The snapshot for `peer` was sent, or could not be. Until one of the two is said nothing else is sent to it.
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

    /// The application took a snapshot of everything up to some applied index. Members that are too far behind are sent it.
    ///
    /// # Errors
    /// [`Error::UselessSnapshot`], [`Error::Corrupt`].
    pub fn snapshot_taken(&mut self, snapshot: Snapshot) -> Result<(), Error> {
        self.raft.check_fence()?;
        let index = snapshot.metadata.index;
        self.raft
            .log
            .set_snapshot(snapshot)
            .then_some(())
            .ok_or(Error::UselessSnapshot(index))
    }

    /// Drops the entries up to `index` from the window. They must be applied and durable.
    ///
    /// # Errors
    /// [`Error::NotCompactable`], [`Error::Corrupt`].
    pub fn compact(&mut self, index: u64) -> Result<(), Error> {
        self.raft.check_fence()?;
        self.raft
            .log
            .compact(index)
            .then_some(())
            .ok_or(Error::NotCompactable(index))
    }

    /// The entries that [`Output::Fetch`] asked for: the one at `previous` first, and as many as there are behind it. None at all
    /// says that they are gone.
    ///
    /// # Errors
    /// [`Error::InvalidMessage`] if they do not follow one another, [`Error::Corrupt`].
    pub fn entries_fetched(&mut self, to: NodeId, entries: Vec<Entry>) -> Result<(), Error> {
        self.raft.check_fence()?;
        self.raft.entries_fetched(to, entries)
    }

    /// Asks the leader for a snapshot, because this node's own state is of no use. Of raft-rs.
    ///
    /// # Errors
    /// [`Error::ProposalDropped`] while no leader is known, or a snapshot is under way.
    pub fn request_snapshot(&mut self) -> Result<(), Error> {
        self.raft.check_fence()?;
        self.raft.request_snapshot()
    }

    /// Puts members into groups, for [`Config::group_commit`].
    pub fn assign_commit_groups(&mut self, groups: &[(NodeId, u64)]) {
        self.raft.assign_commit_groups(groups);
    }

    /// Sets the number of ticks without a leader after which the node stands for election, until it is drawn anew: for tests and
    /// lessons in which it matters who is first.
    pub fn set_election_timeout(&mut self, ticks: u64) {
        self.raft.election_timeout = ticks.max(1);
    }

    /// Breaks a rule, or keeps it again: for tests and lessons, to see what comes of it.
    #[cfg(feature = "broken-rules")]
    pub fn break_rule(&mut self, rule: super::rules::BrokenRule, broken: bool) {
        self.raft.rules.set(rule, broken);
    }

    // ---- questions

    /// What the node is called.
    pub fn id(&self) -> NodeId {
        self.raft.id()
    }

    /// What the node is, and who leads as far as it knows.
    pub fn soft_state(&self) -> SoftState {
        self.raft.soft_state()
    }

    /// The term, the vote and how far the log is committed, durable or not.
    pub fn hard_state(&self) -> HardState {
        self.raft.hard_state()
    }

    /// The last entry of the log.
    pub fn last(&self) -> EntryId {
        self.raft.last()
    }

    /// Who is a member.
    pub fn membership(&self) -> &Membership {
        &self.raft.members.config
    }

    /// What the node knows and believes.
    pub fn status(&self) -> Status {
        Status::of(&self.raft)
    }

    /// The entries from `low` to before `high`, as far as the window has them.
    pub fn entries(&self, low: u64, high: u64) -> Vec<Entry> {
        self.raft.log.slice(low, high, u64::MAX)
    }

    /// The term of the entry at `index`, as far as it is known.
    pub fn term_at(&self, index: u64) -> Option<u64> {
        self.raft.log.term(index)
    }

    // ---- the whole of it

    /// All that the node knows, as bytes: outputs that wait to be polled and tickets that are open, too. What
    /// [`from_state`](Self::from_state) makes of them goes on as this node does, in any language and on any platform of this
    /// version of the library. It is for moving, showing and branching a node that runs; a node that comes back after a crash
    /// starts from [`Stored`], for what was promised to others is there.
    pub fn state(&self) -> Vec<u8> {
        self.to_bytes()
    }

    /// Makes a node that goes on where the one that gave `state` was.
    ///
    /// Any bytes are safe to give, but who can write what has the right hash decides what the node believes.
    ///
    /// # Errors
    /// [`Error::State`].
    pub fn from_state(state: &[u8]) -> Result<Self, Error> {
        Self::from_bytes(state)
    }

    /// A hash of [`state`](Self::state), the same on every platform and in every language: its last eight bytes, the least
    /// first.
    pub fn state_hash(&self) -> u64 {
        self.hash()
    }
}

impl Machine for Node {
    const KIND: u8 = b'N';

    fn is_sound(&self) -> bool {
        self.raft.is_sound()
            && self.tickets.iter().is_sorted_by(|(one, _), (next, _)| one < next)
            && self.tickets.back().is_none_or(|(last, _)| *last < self.next_ticket)
            && self.next_ticket < super::step::LIMIT
    }
}

saved!(enum Output {
    0 => Send(message),
    1 => Persist { ticket, hard_state, snapshot, entries, must_sync },
    2 => Apply(entries),
    3 => ReadReady { index, context },
    4 => ReadLost { context },
    5 => RoleChanged { role, lead, term },
    6 => Fetch { to, previous, end },
    7 => Trace(trace),
});
saved!(struct Node { raft, before, outputs, next_ticket, tickets });

#[cfg(feature = "serde")]
impl serde::Serialize for Node {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        super::saved::as_serde::serialize(self, serializer)
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for Node {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        super::saved::as_serde::deserialize(deserializer)
    }
}

/// What a node knows and believes, for people and tests.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Status {
    /// What the node is called.
    pub id: NodeId,
    /// What it is.
    pub role: Role,
    /// Who leads, or [`NONE`].
    pub lead: NodeId,
    /// What it would find after a restart, were all written.
    pub hard_state: HardState,
    /// How far the log is durable, committed and applied.
    pub log: LogSummary,
    /// The first entry in the window.
    pub first_index: u64,
    /// The last entry.
    pub last: EntryId,
    /// Who is a member.
    pub config: Membership,
    /// What a leader knows of each member; empty for others.
    pub progress: Vec<(NodeId, Progress)>,
    /// The votes of this election, as far as they came.
    pub votes: Vec<(NodeId, bool)>,
    /// Who is to lead next, or [`NONE`].
    pub transferee: NodeId,
    /// Ticks since the last word from a leader, and after how many the node stands for election.
    pub election_elapsed: u64,
    /// After how many of them it stands for election.
    pub election_timeout: u64,
    /// Why the node takes no more input, if so.
    pub fenced: Option<String>,
}

impl Status {
    pub(super) fn of(raft: &Raft) -> Self {
        let leads = raft.role == Role::Leader;
        let progress = raft.members.iter().filter(|_| leads);
        Self {
            id: raft.id(),
            role: raft.role,
            lead: raft.lead,
            hard_state: raft.hard_state(),
            log: raft.log.summary(),
            first_index: raft.log.first_index(),
            last: raft.log.last(),
            config: raft.members.config.clone(),
            progress: progress.map(|(id, progress)| (id, progress.clone())).collect(),
            votes: raft.votes.clone(),
            transferee: raft.transferee,
            election_elapsed: raft.election_elapsed,
            election_timeout: raft.election_timeout,
            fenced: raft.check_fence().err().map(|error| alloc::format!("{error}")),
        }
    }
}
