//! The node's state, and how it changes role (§5.1 of the paper: state; etcd's `raft` and `become*`).

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use super::config::{Config, Stored};
use super::error::Error;
use super::log::{Conflict, EntryId, Log, payload_sizes};
use super::membership::Members;
use super::message::{Entry, EntryKind, HardState, Message, MessageKind, NONE, NodeId};
use super::progress::Window;
use super::random::Random;
use super::read::{ReadState, Reads};
use super::rules::{BrokenRule, Rules};
use super::saved::saved;
use super::step::LIMIT;
use super::trace::{Dropped, Trace, Tracer};

/// What a node is at the moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Role {
    /// It takes entries from a leader, or waits for one.
    #[default]
    Follower,
    /// It asks whether it could win an election.
    PreCandidate,
    /// It asks for votes.
    Candidate,
    /// It leads.
    Leader,
}

/// Who leads, as far as the node knows, and what it is itself. It need not be durable.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct SoftState {
    /// The leader, or [`NONE`].
    pub lead: NodeId,
    /// What the node is.
    pub role: Role,
}

/// Everything that a node knows. The two ways to drive it, [`Node`](super::Node) and [`ReadyNode`](super::ReadyNode), wrap it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Raft {
    pub(super) config: Config,
    pub(super) term: u64,
    pub(super) vote: NodeId,
    pub(super) lead: NodeId,
    pub(super) role: Role,
    pub(super) log: Log,
    pub(super) members: Members,
    /// The votes of this election, by voter; the first answer counts.
    pub(super) votes: Vec<(NodeId, bool)>,
    pub(super) is_learner: bool,
    /// Messages that may leave at once.
    pub(super) messages: Vec<Message>,
    /// Messages that promise something, and leave once what they promise is durable (rule 2).
    pub(super) after_append: Vec<Message>,
    pub(super) reads: Reads,
    pub(super) read_states: Vec<ReadState>,
    /// Who is to lead next, while leadership is handed over.
    pub(super) transferee: NodeId,
    /// Only behind this index may the membership change again: there is one change at a time (rule 24).
    pub(super) pending_conf_index: u64,
    /// Bytes of commands that are proposed and not committed. An estimate: it starts at 0 with each term.
    pub(super) uncommitted_size: u64,
    /// Ticks since the last word from a leader or, as a leader, since the last quorum check.
    pub(super) election_elapsed: u64,
    pub(super) heartbeat_elapsed: u64,
    pub(super) election_timeout: u64,
    pub(super) random: Random,
    /// From where this follower wants a snapshot that it asked for; 0 if it did not.
    pub(super) request_snapshot: u64,
    /// Members may have news coming, which leaves when outputs are drained.
    pub(super) append_pending: bool,
    /// Members that wait for entries from outside the window.
    pub(super) fetches: VecDeque<NodeId>,
    /// What the node saw that cannot be, and where its log ended then.
    pub(super) fenced: Option<(Conflict, u64)>,
    pub(super) tracer: Tracer,
    pub(super) rules: Rules,
}

impl Raft {
    pub(super) fn new(config: Config, stored: Stored) -> Result<Self, Error> {
        config.validate().map_err(Error::Config)?;
        let window = Window {
            messages: config.max_inflight_msgs,
            bytes: config.max_inflight_bytes,
        };
        let start = stored.snapshot.metadata.index;
        let follows = stored
            .entries
            .iter()
            .zip(start + 1..)
            .all(|(entry, index)| entry.index == index);
        if !follows {
            return Err(Error::Stored("the entries do not follow the snapshot one by one"));
        }
        let tracer = Tracer {
            on: config.trace,
            ..Tracer::default()
        };
        let log = Log::new(stored.snapshot, stored.entries, config.applying_limit());
        let last = log.last_index();
        let mut raft = Self {
            term: 0,
            vote: NONE,
            lead: NONE,
            role: Role::Follower,
            log,
            members: Members::with_window(window),
            votes: Vec::new(),
            is_learner: false,
            messages: Vec::new(),
            after_append: Vec::new(),
            reads: Reads::new(),
            read_states: Vec::new(),
            transferee: NONE,
            pending_conf_index: 0,
            uncommitted_size: 0,
            election_elapsed: 0,
            heartbeat_elapsed: 0,
            election_timeout: 0,
            random: Random::new(config.seed ^ config.id.rotate_left(32)),
            request_snapshot: 0,
            append_pending: false,
            fetches: VecDeque::new(),
            fenced: None,
            tracer,
            rules: Rules::default(),
            config,
        };
        let members = Members::restore(window, &stored.conf_state, last).map_err(Error::Membership)?;
        raft.switch_members(members);
        let hard_state = stored.hard_state;
        if !hard_state.is_empty() {
            if hard_state.commit > last {
                return Err(Error::Stored("the commit index is beyond the log"));
            }
            // A crash may come between a snapshot and the hard state behind it. What a snapshot covers is committed.
            raft.log.committed = hard_state.commit.max(start);
            raft.term = hard_state.term;
            raft.vote = hard_state.vote;
        }
        if stored.applied > raft.log.applied && raft.log.applied_to(stored.applied, 0).is_err() {
            return Err(Error::Stored("more is applied than is committed"));
        }
        raft.become_follower(raft.term, NONE);
        let (term, committed, applied) = (raft.term, raft.log.committed, raft.log.applied);
        let (voters, last) = (raft.members.config.voters(), raft.log.last());
        raft.tracer.emit(|| Trace::Started {
            voters: voters.as_slice().to_vec(),
            term,
            committed,
            applied,
            last,
        });
        Ok(raft)
    }

    pub(super) fn id(&self) -> NodeId {
        self.config.id
    }

    pub(super) fn hard_state(&self) -> HardState {
        HardState {
            term: self.term,
            vote: self.vote,
            commit: self.log.committed,
        }
    }

    pub(super) fn soft_state(&self) -> SoftState {
        SoftState {
            lead: self.lead,
            role: self.role,
        }
    }

    /// Puts a message where it belongs: what promises something waits until that is durable.
    ///
    /// Rule 2: votes and acknowledgements, refusals included, and the node's own, which travel the same way.
    pub(super) fn send(&mut self, mut message: Message) {
        // What is forwarded keeps the name of who asked.
        if message.from == NONE {
            message.from = self.id();
        }
        match message.kind {
            // They carry the term that they are about.
            MessageKind::Vote | MessageKind::VoteResp | MessageKind::PreVote | MessageKind::PreVoteResp => {}
            // They are forwarded, and count at the leader as if they were made there.
            MessageKind::Prop | MessageKind::ReadIndex => {}
            _ => message.term = self.term,
        }
        match message.kind {
            MessageKind::AppResp | MessageKind::VoteResp | MessageKind::PreVoteResp => self.after_append.push(message),
            _ => self.messages.push(message),
        }
    }

    /// Rule 12: what belongs to a term or a role ends with it.
    fn reset(&mut self, term: u64) {
        if self.term != term {
            self.term = term;
            self.vote = NONE;
        }
        self.lead = NONE;
        self.election_elapsed = 0;
        self.heartbeat_elapsed = 0;
        self.draw_election_timeout();
        self.transferee = NONE;
        self.votes.clear();
        let (id, last) = (self.id(), self.log.last_index());
        for (member, progress) in self.members.iter_mut() {
            progress.state = super::progress::ProgressState::Probe;
            progress.matched = if member == id { last } else { 0 };
            progress.next = last + 1;
            progress.sent_commit = 0;
            progress.pending_snapshot = 0;
            progress.recent_active = false;
            progress.flow_paused = false;
            progress.inflights.clear();
        }
        self.pending_conf_index = 0;
        self.uncommitted_size = 0;
        self.append_pending = false;
        self.fetches.clear();
        self.request_snapshot = 0;
        self.drop_reads();
    }

    /// A new number of ticks, so that candidates seldom stand at once (§5.2).
    fn draw_election_timeout(&mut self) {
        let least = self.config.election_tick;
        self.election_timeout = least + self.random.below(least);
    }

    pub(super) fn become_follower(&mut self, term: u64, lead: NodeId) {
        self.reset(term);
        self.lead = lead;
        self.role = Role::Follower;
        self.tracer.emit(|| Trace::BecameFollower { term, lead });
    }

    /// The term and the vote stay: nothing has happened yet (§9.6).
    pub(super) fn become_pre_candidate(&mut self) {
        self.votes.clear();
        self.lead = NONE;
        self.role = Role::PreCandidate;
        let term = self.term;
        self.tracer.emit(|| Trace::BecamePreCandidate { term });
    }

    pub(super) fn become_candidate(&mut self) {
        self.reset(self.term + 1);
        self.vote = self.id();
        self.role = Role::Candidate;
        let term = self.term;
        self.tracer.emit(|| Trace::BecameCandidate { term });
    }

    pub(super) fn become_leader(&mut self) {
        self.reset(self.term);
        self.lead = self.id();
        self.role = Role::Leader;
        if let Some(progress) = self.members.get_mut(self.config.id) {
            progress.become_replicate();
            progress.recent_active = true;
        }
        if self.rules.broken(BrokenRule::LeaderRewrites) {
            self.log.drop_uncommitted();
        }
        // There may be a change in the log that is not applied: none is let through before it is (rule 24).
        self.pending_conf_index = self.log.last_index();
        // Rule 1: what earlier terms left is committed with the first entry of this one (§5.4.2).
        let empty = Entry::normal(Vec::new());
        let _ = self.append_entries(Vec::from([empty]));
        let term = self.term;
        self.tracer.emit(|| Trace::BecameLeader { term });
    }

    /// Gives the entries their places. Says whether they were taken.
    pub(super) fn append_entries(&mut self, mut entries: Vec<Entry>) -> bool {
        let mut index = self.log.last_index();
        for entry in &mut entries {
            index += 1;
            entry.term = self.term;
            entry.index = index;
        }
        if !self.take_uncommitted(&entries) {
            return false;
        }
        for entry in entries {
            self.log.push(entry);
        }
        // The leader's own acknowledgement counts, once its entries are durable (rules 2 and 22). What is appended in one go is
        // durable in one go.
        let (id, term) = (self.id(), self.term);
        if self.config.coalesce_appends
            && let Some(last) = self.after_append.last_mut()
            && (last.kind, last.to, last.term) == (MessageKind::AppResp, id, term)
        {
            last.index = index;
            return true;
        }
        self.send(Message {
            index,
            ..Message::to(MessageKind::AppResp, self.id())
        });
        true
    }

    /// Rule 34: an empty proposal is never refused, and one that is too large is taken when there is no other.
    fn take_uncommitted(&mut self, entries: &[Entry]) -> bool {
        let size = payload_sizes(entries);
        let limit = self.config.max_uncommitted_size;
        if limit != 0 && self.uncommitted_size > 0 && size > 0 && self.uncommitted_size.saturating_add(size) > limit {
            let term = self.term;
            self.tracer.emit(|| Trace::ProposalDropped {
                term,
                reason: Dropped::UncommittedLimit,
            });
            return false;
        }
        self.uncommitted_size = self.uncommitted_size.saturating_add(size);
        true
    }

    /// Entries up to `index` are applied: `size` bytes of them, `payload` of which are commands.
    pub(super) fn applied_to(&mut self, index: u64, size: u64, payload: u64) -> Result<(), Error> {
        let index = index.max(self.log.applied);
        self.log
            .applied_to(index, size)
            .map_err(|conflict| self.fence(conflict))?;
        self.uncommitted_size = self.uncommitted_size.saturating_sub(payload);
        self.maybe_leave_joint(index);
        Ok(())
    }

    /// The snapshot at `index` is durable.
    pub(super) fn applied_snapshot(&mut self, index: u64) -> Result<(), Error> {
        self.log.stable_snapshot_to(index);
        self.applied_to(index, 0, 0)
    }

    /// Stops the node: what it saw cannot be.
    pub(super) fn fence(&mut self, conflict: Conflict) -> Error {
        let last = self.log.last_index();
        self.fenced = Some((conflict, last));
        corrupt((conflict, last))
    }

    pub(super) fn check_fence(&self) -> Result<(), Error> {
        self.fenced.map_or(Ok(()), |fenced| Err(corrupt(fenced)))
    }

    /// What everything here counts on, as far as it would go wrong without it.
    pub(super) fn is_sound(&self) -> bool {
        let numbers = [
            self.term,
            self.election_elapsed,
            self.heartbeat_elapsed,
            self.election_timeout,
            self.pending_conf_index,
        ];
        self.config.validate().is_ok()
            && self.tracer.on == self.config.trace
            && numbers.iter().all(|&number| number < LIMIT)
            && self.log.is_sound()
            && self.members.is_sound()
            && self.reads.is_sound()
    }

    /// Whether the node may stand for election: a voter that waits for no snapshot (rule 9).
    pub(super) fn is_promotable(&self) -> bool {
        let member = self.members.get(self.id());
        member.is_some_and(|progress| !progress.is_learner) && !self.log.has_incoming_snapshot()
    }

    /// Rule 30: whether an entry of this term is committed.
    pub(super) fn committed_in_term(&self) -> bool {
        self.log.term(self.log.committed) == Some(self.term) && self.term != 0
    }

    pub(super) fn last(&self) -> EntryId {
        self.log.last()
    }

    /// Whether `kind` is a change of membership.
    pub(super) fn is_conf_change(kind: EntryKind) -> bool {
        kind != EntryKind::Normal
    }

    /// One tick of the clock.
    pub(super) fn tick(&mut self) -> Result<(), Error> {
        self.election_elapsed += 1;
        if self.role == Role::Leader {
            self.tick_leader()
        } else if self.is_promotable() && self.election_elapsed >= self.election_timeout {
            self.election_elapsed = 0;
            self.hup()
        } else {
            Ok(())
        }
    }

    fn tick_leader(&mut self) -> Result<(), Error> {
        self.heartbeat_elapsed += 1;
        if self.election_elapsed >= self.config.election_tick {
            self.election_elapsed = 0;
            if self.config.check_quorum {
                self.check_quorum();
            }
            // Rule 32: a transfer that takes longer is given up.
            if self.role == Role::Leader {
                self.transferee = NONE;
            }
        }
        if self.role == Role::Leader && self.heartbeat_elapsed >= self.config.heartbeat_tick {
            self.heartbeat_elapsed = 0;
            self.broadcast_heartbeat();
        }
        Ok(())
    }

    /// Rule 33: a leader that heard from no quorum since the last check follows, at the same term.
    pub(super) fn check_quorum(&mut self) {
        let id = self.id();
        let active = |member| {
            member == id
                || self
                    .members
                    .get(member)
                    .is_some_and(|progress| progress.recent_active && !progress.is_learner)
        };
        if self.members.config.vote_result(|member| Some(active(member))) != super::quorum::VoteResult::Won {
            self.tracer.emit(|| Trace::QuorumLost);
            self.become_follower(self.term, NONE);
        }
        for (member, progress) in self.members.iter_mut() {
            if member != id {
                progress.recent_active = false;
            }
        }
    }
}

fn corrupt((conflict, last): (Conflict, u64)) -> Error {
    Error::Corrupt {
        index: conflict.index,
        committed: conflict.committed,
        last,
    }
}

saved!(enum Role { 0 => Follower, 1 => PreCandidate, 2 => Candidate, 3 => Leader });
saved!(struct SoftState { lead, role });
saved!(struct Raft {
    config, term, vote, lead, role, log, members, votes, is_learner, messages, after_append, reads, read_states, transferee,
    pending_conf_index, uncommitted_size, election_elapsed, heartbeat_elapsed, election_timeout, random, request_snapshot,
    append_pending, fetches, fenced, tracer, rules
});
