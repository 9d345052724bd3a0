//! Linearizable reads: from which index on a read sees everything that was acknowledged before it (§6.4 of the dissertation).

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use super::config::ReadOnly;
use super::error::Error;
use super::message::{Data, Entry, Message, MessageKind, NONE, NodeId};
use super::rules::BrokenRule;
use super::saved::saved;
use super::state::{Raft, Role};
use super::step::LIMIT;
use super::trace::Trace;

/// A read that may take place as soon as `index` is applied.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ReadState {
    /// Everything up to it was committed when the read was asked for.
    pub index: u64,
    /// Whatever the read was asked for with.
    pub context: Data,
}

/// The reads that wait for a quorum to say that the leader still leads.
///
/// Rule 30: rounds are numbered by the leader itself. Were a round known by what a client gave, a late answer to an earlier round
/// of the same name would confirm a later one, and a read could be stale (etcd #20418).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reads {
    round: u64,
    /// The latest round that each member answered.
    answered: Vec<(NodeId, u64)>,
    waiting: VecDeque<Waiting>,
    /// Reads from before the first commit of the term.
    postponed: Vec<Message>,
    /// Contexts of own reads that ended without an answer, because leadership ended first.
    pub(super) lost: Vec<Data>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Waiting {
    round: u64,
    index: u64,
    from: NodeId,
    context: Data,
}

impl Reads {
    pub(super) fn new() -> Self {
        Self {
            round: 0,
            answered: Vec::new(),
            waiting: VecDeque::new(),
            postponed: Vec::new(),
            lost: Vec::new(),
        }
    }

    /// What heartbeats carry: the latest round that waits, if one does.
    pub(super) fn pending_context(&self) -> Vec<u8> {
        self.waiting
            .back()
            .map_or(Vec::new(), |last| last.round.to_le_bytes().to_vec())
    }

    /// What everything here counts on.
    pub(super) fn is_sound(&self) -> bool {
        self.round < LIMIT && self.waiting.iter().all(|read| read.round <= self.round)
    }

    fn answered(&self, id: NodeId) -> u64 {
        self.answered
            .iter()
            .find(|(other, _)| *other == id)
            .map_or(0, |(_, round)| *round)
    }

    fn answer(&mut self, id: NodeId, round: u64) {
        match self.answered.iter_mut().find(|(other, _)| *other == id) {
            Some((_, last)) => *last = round.max(*last),
            None => self.answered.push((id, round)),
        }
    }
}

fn context(message: &Message) -> Data {
    message
        .entries
        .first()
        .map_or_else(|| Data::from([]), |entry| entry.data.clone())
}

impl Raft {
    /// Someone asks the leader for an index.
    pub(super) fn handle_read(&mut self, message: Message) {
        // Rule 31: also alone, the term's first commit comes first: what was acknowledged before a restart may be in the log
        // and not known to be committed.
        if !self.committed_in_term() {
            self.tracer.emit(|| Trace::ReadPostponed);
            self.reads.postponed.push(message);
            return;
        }
        let (from, index, context) = (message.from, self.log.committed, context(&message));
        if self.members.config.is_singleton() && self.members.config.is_voter(self.id())
            || self.config.read_only == ReadOnly::LeaseBased
            || self.rules.broken(BrokenRule::ReadWithoutAsking)
        {
            self.answer_read(from, index, context);
            return;
        }
        self.reads.round += 1;
        let round = self.reads.round;
        self.reads.answer(self.id(), round);
        self.reads.waiting.push_back(Waiting {
            round,
            index,
            from,
            context,
        });
        self.broadcast_heartbeat_with(round.to_le_bytes().to_vec());
    }

    /// The first entry of the term is committed.
    pub(super) fn release_postponed_reads(&mut self) {
        if self.reads.postponed.is_empty() || !self.committed_in_term() {
            return;
        }
        for message in core::mem::take(&mut self.reads.postponed) {
            self.handle_read(message);
        }
    }

    /// A member answered a heartbeat, and with it a round of reads and all before it.
    pub(super) fn handle_read_acknowledgement(&mut self, message: &Message) {
        let Ok(round) = <[u8; 8]>::try_from(message.context.as_slice()) else {
            return;
        };
        let round = u64::from_le_bytes(round);
        if self.config.read_only != ReadOnly::Safe || round > self.reads.round {
            return;
        }
        self.reads.answer(message.from, round);
        let confirmed = self.members.config.committed(|id| self.reads.answered(id));
        while let Some(read) = self
            .reads
            .waiting
            .front()
            .filter(|read| read.round <= confirmed)
            .cloned()
        {
            self.reads.waiting.pop_front();
            self.answer_read(read.from, read.index, read.context);
        }
    }

    fn answer_read(&mut self, from: NodeId, index: u64, context: Data) {
        if from == NONE || from == self.id() {
            self.read_states.push(ReadState { index, context });
            return;
        }
        self.send(Message {
            index,
            entries: Vec::from([Entry::normal(context)]),
            ..Message::to(MessageKind::ReadIndexResp, from)
        });
    }

    /// The leader's answer to a read that was asked for here.
    pub(super) fn handle_read_response(&mut self, message: &Message) -> Result<(), Error> {
        if message.entries.len() != 1 {
            return Err(Error::InvalidMessage(message.kind, "it answers one read"));
        }
        self.read_states.push(ReadState {
            index: message.index,
            context: context(message),
        });
        Ok(())
    }

    /// A read on a follower goes to the leader.
    pub(super) fn forward_read(&mut self, message: Message) -> Result<(), Error> {
        if self.lead == NONE || self.role == Role::Candidate || self.role == Role::PreCandidate {
            let term = self.term;
            self.tracer.emit(|| Trace::ReadDropped { term });
            return Err(Error::ReadDropped);
        }
        self.send(Message {
            to: self.lead,
            ..message
        });
        Ok(())
    }

    /// Leadership ended, and with it what waited for it. Own reads are told of.
    pub(super) fn drop_reads(&mut self) {
        let me = self.id();
        let own = |from| from == NONE || from == me;
        let reads = &mut self.reads;
        let waiting = reads.waiting.drain(..).map(|read| (read.from, read.context));
        let postponed = reads
            .postponed
            .drain(..)
            .map(|message| (message.from, context(&message)));
        let lost = waiting
            .chain(postponed)
            .filter(|(from, _)| own(*from))
            .map(|(_, context)| context);
        reads.lost.extend(lost);
        reads.answered.clear();
    }
}

saved!(struct ReadState { index, context });
saved!(struct Reads { round, answered, waiting, postponed, lost });
saved!(struct Waiting { round, index, from, context });
