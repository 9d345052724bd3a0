//! Values between the core and `ts/raft/codec.ts`, field by field in the order of the core's types.
//!
//! Numbers are LEB128, signed ones in zigzag; bytes, lists and what may be absent come after their length. Nothing here is kept or
//! sent: both sides are of one build.

use quorate::raft::{
    ConfChange, ConfChangeKind, ConfChangeSingle, ConfChangeTransition, ConfChangeV2, ConfState, Config, Entry,
    EntryId, EntryKind, HardState, LogSummary, Message, MessageKind, NodeId, Output, Progress, Proposed, ReadOnly,
    Ready, Snapshot, SnapshotMetadata, Status, Stored, Trace,
};

use crate::{exchange, json};

/// What goes out.
#[derive(Default)]
pub(super) struct Writer(Vec<u8>);

impl Writer {
    /// Leaves what was written in the outbox.
    pub(super) fn leave(self) {
        exchange::leave(self.0);
    }

    pub(super) fn byte(&mut self, value: u8) {
        self.0.push(value);
    }

    pub(super) fn flag(&mut self, value: bool) {
        self.byte(value.into());
    }

    pub(super) fn number(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.byte(value as u8 | 0x80);
            value >>= 7;
        }
        self.byte(value as u8);
    }

    fn signed(&mut self, value: i64) {
        self.number(((value << 1) ^ (value >> 63)) as u64);
    }

    fn numbers(&mut self, values: &[u64]) {
        self.list(values, |writer, &value| writer.number(value));
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as u64);
        self.0.extend_from_slice(bytes);
    }

    pub(super) fn list<T>(&mut self, values: &[T], write: impl Fn(&mut Self, &T)) {
        self.number(values.len() as u64);
        for value in values {
            write(self, value);
        }
    }

    fn option<T>(&mut self, value: Option<&T>, write: impl Fn(&mut Self, &T)) {
        self.flag(value.is_some());
        if let Some(value) = value {
            write(self, value);
        }
    }

    pub(super) fn entry(&mut self, entry: &Entry) {
        self.number(entry.term);
        self.number(entry.index);
        self.byte(entry.kind.number());
        self.bytes(&entry.data);
    }

    pub(super) fn entries(&mut self, entries: &[Entry]) {
        self.list(entries, Self::entry);
    }

    pub(super) fn entry_id(&mut self, id: EntryId) {
        self.number(id.term);
        self.number(id.index);
    }

    pub(super) fn hard_state(&mut self, state: &HardState) {
        self.number(state.term);
        self.number(state.vote);
        self.number(state.commit);
    }

    pub(super) fn conf_state(&mut self, state: &ConfState) {
        self.numbers(&state.voters);
        self.numbers(&state.learners);
        self.numbers(&state.voters_outgoing);
        self.numbers(&state.learners_next);
        self.flag(state.auto_leave);
    }

    pub(super) fn snapshot(&mut self, snapshot: &Snapshot) {
        self.number(snapshot.metadata.index);
        self.number(snapshot.metadata.term);
        self.conf_state(&snapshot.metadata.conf_state);
        self.bytes(&snapshot.data);
    }

    pub(super) fn change(&mut self, change: &ConfChangeV2) {
        self.byte(change.transition.number());
        self.list(&change.changes, |writer, single| {
            writer.byte(single.kind.number());
            writer.number(single.node_id);
        });
        self.bytes(&change.context);
    }

    pub(super) fn change_v1(&mut self, change: &ConfChange) {
        self.byte(change.kind.number());
        self.number(change.node_id);
        self.bytes(&change.context);
        self.number(change.id);
    }

    /// Only messages to the two threads have messages in them, and those have none.
    pub(super) fn message(&mut self, message: &Message) {
        self.byte(message.kind.number());
        self.number(message.to);
        self.number(message.from);
        self.number(message.term);
        self.number(message.log_term);
        self.number(message.index);
        self.entries(&message.entries);
        self.number(message.commit);
        self.number(message.commit_term);
        self.number(message.vote);
        self.option(message.snapshot.as_deref(), Self::snapshot);
        self.flag(message.reject);
        self.number(message.reject_hint);
        self.bytes(&message.context);
        self.signed(message.priority);
        self.number(message.request_snapshot);
        self.list(&message.responses, Self::message);
    }

    fn trace(&mut self, trace: &Trace) {
        self.bytes(json::text(trace, "event").as_bytes());
    }

    pub(super) fn traces(&mut self, traces: &[Trace]) {
        self.list(traces, Self::trace);
    }

    pub(super) fn output(&mut self, output: &Output) {
        match output {
            Output::Send(message) => {
                self.byte(1);
                self.message(message);
            }
            Output::Persist {
                ticket,
                hard_state,
                snapshot,
                entries,
                must_sync,
            } => {
                self.byte(2);
                self.number(*ticket);
                self.option(hard_state.as_ref(), Self::hard_state);
                self.option(snapshot.as_ref(), Self::snapshot);
                self.entries(entries);
                self.flag(*must_sync);
            }
            Output::Apply(entries) => {
                self.byte(3);
                self.entries(entries);
            }
            Output::ReadReady { index, context } => {
                self.byte(4);
                self.number(*index);
                self.bytes(context);
            }
            Output::ReadLost { context } => {
                self.byte(5);
                self.bytes(context);
            }
            Output::RoleChanged { role, lead, term } => {
                self.byte(6);
                self.byte(*role as u8);
                self.number(*lead);
                self.number(*term);
            }
            Output::Fetch { to, previous, end } => {
                self.byte(7);
                self.number(*to);
                self.number(*previous);
                self.number(*end);
            }
            Output::Trace(trace) => {
                self.byte(8);
                self.trace(trace);
            }
            // The core's enum may grow; the binding is built with the core that it was written for.
            _ => self.byte(0),
        }
    }

    pub(super) fn proposed(&mut self, proposed: Proposed) {
        match proposed {
            Proposed::At(id) => {
                self.byte(1);
                self.entry_id(id);
            }
            Proposed::Forwarded(lead) => {
                self.byte(2);
                self.number(lead);
            }
        }
    }

    pub(super) fn ready(&mut self, ready: &Ready) {
        self.option(ready.soft_state.as_ref(), |writer, soft| {
            writer.byte(soft.role as u8);
            writer.number(soft.lead);
        });
        self.option(ready.hard_state.as_ref(), Self::hard_state);
        self.list(&ready.read_states, |writer, read| {
            writer.number(read.index);
            writer.bytes(&read.context);
        });
        self.entries(&ready.entries);
        self.option(ready.snapshot.as_ref(), Self::snapshot);
        self.entries(&ready.committed_entries);
        self.list(&ready.messages, Self::message);
        self.flag(ready.must_sync);
    }

    fn log(&mut self, log: LogSummary) {
        for number in [
            log.committed,
            log.applied,
            log.applying,
            log.stable_end,
            log.persisting_end,
            log.unstable,
        ] {
            self.number(number);
        }
    }

    fn progress(&mut self, id: NodeId, progress: &Progress) {
        self.number(id);
        self.number(progress.matched);
        self.number(progress.next);
        self.byte(progress.state as u8);
        self.number(progress.pending_snapshot);
        self.flag(progress.recent_active);
        self.flag(progress.is_paused());
        self.number(progress.inflight() as u64);
        self.flag(progress.is_learner);
        self.number(progress.commit_group);
    }

    pub(super) fn status(&mut self, status: &Status) {
        self.number(status.id);
        self.byte(status.role as u8);
        self.number(status.lead);
        self.hard_state(&status.hard_state);
        self.log(status.log);
        self.number(status.first_index);
        self.entry_id(status.last);
        self.conf_state(&status.config.conf_state());
        self.list(&status.progress, |writer, (id, progress)| {
            writer.progress(*id, progress);
        });
        self.list(&status.votes, |writer, &(id, granted)| {
            writer.number(id);
            writer.flag(granted);
        });
        self.number(status.transferee);
        self.number(status.election_elapsed);
        self.number(status.election_timeout);
        self.option(status.fenced.as_ref(), |writer, why| writer.bytes(why.as_bytes()));
    }
}

/// What comes in. The facade writes every value whole; one that were cut short would be read as zeros.
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// Reads what is in the inbox.
    pub(super) fn read<T>(len: usize, read: impl FnOnce(&mut Reader<'_>) -> T) -> T {
        exchange::read(len, |bytes| read(&mut Reader(bytes)))
    }

    fn byte(&mut self) -> u8 {
        match self.0.split_first() {
            Some((&byte, rest)) => {
                self.0 = rest;
                byte
            }
            None => 0,
        }
    }

    pub(super) fn flag(&mut self) -> bool {
        self.byte() != 0
    }

    pub(super) fn number(&mut self) -> u64 {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte();
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                break;
            }
        }
        value
    }

    fn signed(&mut self) -> i64 {
        let value = self.number();
        (value >> 1) as i64 ^ -((value & 1) as i64)
    }

    pub(super) fn bytes(&mut self) -> &'a [u8] {
        let len = self.number() as usize;
        let (bytes, rest) = self.0.split_at(len.min(self.0.len()));
        self.0 = rest;
        bytes
    }

    pub(super) fn list<T>(&mut self, read: impl Fn(&mut Self) -> T) -> Vec<T> {
        (0..self.number()).map(|_| read(self)).collect()
    }

    fn numbers(&mut self) -> Vec<u64> {
        self.list(Self::number)
    }

    fn option<T>(&mut self, read: impl FnOnce(&mut Self) -> T) -> Option<T> {
        self.flag().then(|| read(self))
    }

    pub(super) fn entry(&mut self) -> Entry {
        Entry {
            term: self.number(),
            index: self.number(),
            kind: EntryKind::from_number(self.byte().into()).unwrap_or(EntryKind::Normal),
            data: self.bytes().into(),
        }
    }

    pub(super) fn entries(&mut self) -> Vec<Entry> {
        self.list(Self::entry)
    }

    pub(super) fn hard_state(&mut self) -> HardState {
        HardState {
            term: self.number(),
            vote: self.number(),
            commit: self.number(),
        }
    }

    pub(super) fn conf_state(&mut self) -> ConfState {
        ConfState {
            voters: self.numbers(),
            learners: self.numbers(),
            voters_outgoing: self.numbers(),
            learners_next: self.numbers(),
            auto_leave: self.flag(),
        }
    }

    pub(super) fn snapshot(&mut self) -> Snapshot {
        let (index, term, conf_state) = (self.number(), self.number(), self.conf_state());
        Snapshot {
            data: self.bytes().into(),
            metadata: SnapshotMetadata {
                conf_state,
                index,
                term,
            },
        }
    }

    pub(super) fn change(&mut self) -> ConfChangeV2 {
        ConfChangeV2 {
            transition: ConfChangeTransition::from_number(self.byte().into()).unwrap_or(ConfChangeTransition::Auto),
            changes: self.list(|reader| ConfChangeSingle {
                kind: reader.change_kind(),
                node_id: reader.number(),
            }),
            context: self.bytes().to_vec(),
        }
    }

    pub(super) fn change_v1(&mut self) -> ConfChange {
        ConfChange {
            kind: self.change_kind(),
            node_id: self.number(),
            context: self.bytes().to_vec(),
            id: self.number(),
        }
    }

    fn change_kind(&mut self) -> ConfChangeKind {
        ConfChangeKind::from_number(self.byte().into()).unwrap_or(ConfChangeKind::UpdateNode)
    }

    /// A message as it comes in: without responses, which only a node writes.
    pub(super) fn message(&mut self) -> Message {
        Message {
            kind: MessageKind::from_number(self.byte().into()).unwrap_or(MessageKind::Hup),
            to: self.number(),
            from: self.number(),
            term: self.number(),
            log_term: self.number(),
            index: self.number(),
            entries: self.entries(),
            commit: self.number(),
            commit_term: self.number(),
            vote: self.number(),
            snapshot: self.option(Self::snapshot).map(Box::new),
            reject: self.flag(),
            reject_hint: self.number(),
            context: self.bytes().to_vec(),
            priority: self.signed(),
            request_snapshot: self.number(),
            responses: Vec::new(),
        }
    }

    pub(super) fn config(&mut self) -> Config {
        let (id, seed) = (self.number(), self.number());
        Config {
            election_tick: self.number(),
            heartbeat_tick: self.number(),
            pre_vote: self.flag(),
            check_quorum: self.flag(),
            read_only: if self.flag() {
                ReadOnly::LeaseBased
            } else {
                ReadOnly::Safe
            },
            disable_proposal_forwarding: self.flag(),
            disable_conf_change_validation: self.flag(),
            step_down_on_removal: self.flag(),
            max_size_per_msg: self.number(),
            max_inflight_msgs: usize::try_from(self.number()).unwrap_or(usize::MAX),
            max_inflight_bytes: self.number(),
            max_uncommitted_size: self.number(),
            max_committed_size: self.number(),
            coalesce_appends: self.flag(),
            priority: self.signed(),
            commit_by_vote: self.flag(),
            group_commit: self.flag(),
            trace: self.flag(),
            ..Config::new(id, seed)
        }
    }

    pub(super) fn stored(&mut self) -> Stored {
        Stored {
            hard_state: self.hard_state(),
            conf_state: self.conf_state(),
            snapshot: self.option(Self::snapshot).unwrap_or_default(),
            entries: self.entries(),
            applied: self.number(),
        }
    }
}
