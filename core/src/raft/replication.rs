//! Replication: entries from the leader, their acknowledgements, and what is committed by them (§5.3 and §5.4.2 of the paper).

use alloc::vec::Vec;

use super::error::Error;
use super::log::{EntryId, payload_sizes, within_size};
use super::message::{ConfChangeV2, Entry, EntryKind, Message, MessageKind, NONE, NodeId};
use super::progress::ProgressState;
use super::quorum::Acked;
use super::rules::BrokenRule;
use super::state::{Raft, Role};
use super::trace::{ConfChangeRefusal, Dropped, Trace};
use super::wire;

impl Raft {
    // ---- the leader

    /// Sends each member what it lacks; an empty message if that is nothing, for the commit index.
    pub(super) fn broadcast_append(&mut self) {
        if self.config.coalesce_appends {
            self.append_pending = true;
            return;
        }
        self.for_each_peer(|raft, peer| {
            raft.maybe_send_append(peer, true);
        });
    }

    pub(super) fn send_append(&mut self, to: NodeId) {
        self.maybe_send_append(to, true);
    }

    /// What was appended and committed since outputs were last drained leaves now, in one message for each member.
    pub(super) fn flush_appends(&mut self) {
        if !core::mem::take(&mut self.append_pending) || self.role != Role::Leader {
            return;
        }
        self.for_each_peer(|raft, peer| {
            let committed = raft.log.committed;
            let news = raft
                .members
                .get(peer)
                .is_some_and(|progress| progress.can_bump_commit(committed));
            let mut sent = raft.maybe_send_append(peer, news);
            while sent {
                sent = raft.maybe_send_append(peer, false);
            }
        });
    }

    pub(super) fn for_each_peer(&mut self, mut act: impl FnMut(&mut Self, NodeId)) {
        let mut place = 0;
        while let Some(peer) = self.members.id_at(place) {
            if peer != self.id() {
                act(self, peer);
            }
            place += 1;
        }
    }

    /// Sends a member the entries that it lacks, as far as it may be sent any. Says whether a message was sent.
    pub(super) fn maybe_send_append(&mut self, to: NodeId, if_empty: bool) -> bool {
        let max_size = self.config.max_size_per_msg;
        let committed = self.log.committed;
        let Some(progress) = self.members.get(to) else {
            return false;
        };
        if progress.is_paused() {
            return false;
        }
        let previous = progress.next - 1;
        let Some(previous_term) = self.log.term(previous) else {
            return self.maybe_send_snapshot(to);
        };
        // A full window lets empty messages through, so that one whose messages were all lost recovers (rule 17).
        let throttled = progress.state == ProgressState::Replicate && progress.is_window_full();
        let entries = if throttled {
            Vec::new()
        } else {
            self.log.entries_from(previous + 1, max_size)
        };
        if entries.is_empty() && !if_empty {
            return false;
        }
        let (count, bytes) = (entries.len(), payload_sizes(&entries));
        self.send(Message {
            index: previous,
            log_term: previous_term,
            entries,
            commit: committed,
            ..Message::to(MessageKind::App, to)
        });
        if let Some(progress) = self.members.get_mut(to) {
            progress.sent_entries(count, bytes);
            progress.sent_commit = committed;
        }
        true
    }

    /// A leader's heartbeat (§5.2). It commits no more than the member is known to have.
    pub(super) fn broadcast_heartbeat(&mut self) {
        let context = self.reads.pending_context();
        self.broadcast_heartbeat_with(context);
    }

    pub(super) fn broadcast_heartbeat_with(&mut self, context: Vec<u8>) {
        self.for_each_peer(|raft, peer| {
            let commit = raft.members.matched(peer).min(raft.log.committed);
            raft.send(Message {
                commit,
                context: context.clone(),
                ..Message::to(MessageKind::Heartbeat, peer)
            });
            if let Some(progress) = raft.members.get_mut(peer) {
                progress.sent_commit = commit;
            }
        });
    }

    /// Rule 1 and §5.4.2: the largest index of this term that a quorum has.
    pub(super) fn maybe_commit(&mut self) -> bool {
        let members = &self.members;
        let index = if self.config.group_commit {
            let acked = |id| {
                let progress = members.get(id);
                progress.map_or(Acked::default(), |progress| Acked {
                    index: progress.matched,
                    group: progress.commit_group,
                })
            };
            members.config.group_committed(acked).0
        } else {
            members.config.committed(|id| members.matched(id))
        };
        let index = match self.rules.broken(BrokenRule::CommitOnHalf) {
            true => self.matched_by_half(),
            false => index,
        };
        let term = match self.rules.broken(BrokenRule::CommitOldTerm) {
            true => self.log.term(index).unwrap_or(0),
            false => self.term,
        };
        self.log.maybe_commit(EntryId { term, index })
    }

    /// The largest index that half of the incoming voters have, rounded down: too few (see [`BrokenRule::CommitOnHalf`]).
    fn matched_by_half(&self) -> u64 {
        let voters = self.members.config.incoming.as_slice();
        let mut matched: Vec<u64> = voters.iter().map(|&id| self.members.matched(id)).collect();
        matched.sort_unstable_by_key(|&index| core::cmp::Reverse(index));
        let half = (matched.len() / 2).max(1);
        matched.get(half - 1).copied().unwrap_or(0)
    }

    /// Puts members into groups, which may be all that a commit waited for (raft-rs).
    pub(super) fn assign_commit_groups(&mut self, groups: &[(NodeId, u64)]) {
        for &(id, group) in groups {
            if let Some(progress) = self.members.get_mut(id) {
                progress.commit_group = group;
            }
        }
        if self.role == Role::Leader && self.config.group_commit && self.maybe_commit() {
            self.release_postponed_reads();
            self.broadcast_append();
        }
    }

    /// Takes proposals into the log.
    pub(super) fn propose_as_leader(&mut self, mut entries: Vec<Entry>) -> Result<(), Error> {
        if entries.is_empty() {
            return Err(Error::ProposalDropped(Dropped::Empty));
        }
        // Rule 27: a removed leader leads on and takes nothing new.
        if self.members.get(self.id()).is_none() {
            return Err(self.dropped(Dropped::Removed));
        }
        if self.transferee != NONE {
            return Err(self.dropped(Dropped::Transferring { to: self.transferee }));
        }
        let pending = self.pending_conf_index;
        let mut index = self.log.last_index();
        for entry in &mut entries {
            index += 1;
            if Self::is_conf_change(entry.kind) {
                self.check_conf_change(entry, index)?;
            }
        }
        if !self.append_entries(entries) {
            self.pending_conf_index = pending;
            return Err(Error::ProposalDropped(Dropped::UncommittedLimit));
        }
        self.broadcast_append();
        Ok(())
    }

    pub(super) fn dropped(&mut self, reason: Dropped) -> Error {
        let term = self.term;
        self.tracer.emit(|| Trace::ProposalDropped { term, reason });
        Error::ProposalDropped(reason)
    }

    /// Rule 24: one change at a time. One that is refused leaves an empty entry in its place.
    fn check_conf_change(&mut self, entry: &mut Entry, index: u64) -> Result<(), Error> {
        let Ok(change) = wire::decode_change(entry) else {
            return Err(Error::InvalidMessage(
                MessageKind::Prop,
                "a change of membership cannot be read",
            ));
        };
        let joint = self.members.config.is_joint();
        let leaves = change.changes.is_empty();
        let refusal = if self.pending_conf_index > self.log.applied {
            Some(ConfChangeRefusal::Pending {
                index: self.pending_conf_index,
                applied: self.log.applied,
            })
        } else if joint && !leaves {
            Some(ConfChangeRefusal::Joint)
        } else if !joint && leaves {
            Some(ConfChangeRefusal::NotJoint)
        } else {
            None
        };
        match refusal {
            Some(reason) if !self.config.disable_conf_change_validation => {
                let config = &self.members.config;
                let kind = entry.kind;
                self.tracer.emit(|| Trace::ConfChangeIgnored {
                    kind,
                    change,
                    config: config.clone(),
                    reason,
                });
                *entry = Entry::normal(Vec::new());
            }
            _ => self.pending_conf_index = index,
        }
        Ok(())
    }

    /// Rule 25: the leader leaves a joint configuration that says so, once the entry that made it is applied. It asks again as
    /// long as it is refused.
    pub(super) fn maybe_leave_joint(&mut self, applied: u64) {
        let leaves = self.members.config.auto_leave && self.role == Role::Leader && applied >= self.pending_conf_index;
        if !leaves {
            return;
        }
        let entry = Entry {
            kind: EntryKind::ConfChangeV2,
            ..Entry::normal(wire::encode_change_v2(&ConfChangeV2::leave_joint()))
        };
        let proposed = self.propose_as_leader(Vec::from([entry])).is_ok();
        let config = &self.members.config;
        self.tracer.emit(|| match proposed {
            true => Trace::AutoLeaveProposed { config: config.clone() },
            false => Trace::AutoLeaveDropped { config: config.clone() },
        });
    }

    /// The answer to entries or to a snapshot.
    pub(super) fn handle_append_response(&mut self, message: &Message) {
        let from = message.from;
        let Some(progress) = self.members.get_mut(from) else {
            return;
        };
        progress.recent_active = true;
        if message.reject {
            self.handle_rejection(message);
            return;
        }
        // A probe that finds nothing new may still find that the logs agree, and a snapshot that was asked for brings nothing new.
        let agreed = progress.matched == message.index
            && match progress.state {
                ProgressState::Probe => true,
                ProgressState::Snapshot => message.index >= progress.pending_snapshot,
                ProgressState::Replicate => false,
            };
        if !progress.maybe_update(message.index) && !agreed {
            return;
        }
        match progress.state {
            ProgressState::Probe => progress.become_replicate(),
            ProgressState::Replicate => progress.inflights.free_to(message.index),
            // Whatever it has by now, entries can follow it: the snapshot need not be waited for.
            ProgressState::Snapshot if progress.matched + 1 >= self.log.first_index() => {
                self.tracer.emit(|| Trace::SnapshotRecovered {
                    peer: from,
                    progress: progress.clone(),
                });
                progress.become_probe();
                progress.become_replicate();
            }
            ProgressState::Snapshot => {}
        }
        if self.maybe_commit() {
            self.release_postponed_reads();
            self.broadcast_append();
        } else if from != self.id() {
            let committed = self.log.committed;
            if self
                .members
                .get(from)
                .is_some_and(|progress| progress.can_bump_commit(committed))
            {
                if self.config.coalesce_appends {
                    self.append_pending = true;
                } else {
                    self.send_append(from);
                }
            }
        }
        if from == self.id() {
            return;
        }
        // The acknowledgement may have made room for more than one message.
        if !(self.config.coalesce_appends && self.append_pending) {
            while self.maybe_send_append(from, false) {}
        }
        if from == self.transferee && self.members.matched(from) == self.log.last_index() {
            self.tracer.emit(|| Trace::TimeoutNowSent {
                to: from,
                at_once: false,
            });
            self.send_timeout_now(from);
        }
    }

    /// Rule 15: leader and member go back together, a term at a time.
    fn handle_rejection(&mut self, message: &Message) {
        let from = message.from;
        let hint = EntryId {
            term: message.log_term,
            index: message.reject_hint,
        };
        self.tracer.emit(|| Trace::RejectionReceived {
            from,
            index: message.index,
            hint,
        });
        let probe = if hint.term > 0 {
            self.log.find_conflict_by_term(hint.index, hint.term).index
        } else {
            hint.index
        };
        let Some(progress) = self.members.get_mut(from) else {
            return;
        };
        if message.request_snapshot != 0 {
            // It says itself that its log is of no use to it (raft-rs).
            if progress.state != ProgressState::Snapshot {
                self.maybe_send_snapshot_from(from, message.request_snapshot);
            }
            return;
        }
        if progress.maybe_decrease(message.index, probe) {
            self.tracer.emit(|| Trace::ProgressDecreased {
                peer: from,
                progress: progress.clone(),
            });
            if progress.state == ProgressState::Replicate {
                progress.become_probe();
            }
            self.send_append(from);
        }
    }

    pub(super) fn handle_heartbeat_response(&mut self, message: &Message) {
        let from = message.from;
        let last = self.log.last_index();
        let Some(progress) = self.members.get_mut(from) else {
            return;
        };
        progress.recent_active = true;
        progress.flow_paused = false;
        // Rule 17: what it lacks goes out again; an empty message if the window is full.
        if progress.matched < last || progress.state == ProgressState::Probe {
            self.send_append(from);
        }
        self.handle_read_acknowledgement(message);
    }

    pub(super) fn handle_unreachable(&mut self, message: &Message) {
        let from = message.from;
        if let Some(progress) = self.members.get_mut(from) {
            // Its entries in flight are probably lost.
            if progress.state == ProgressState::Replicate {
                progress.become_probe();
            }
            self.tracer.emit(|| Trace::Unreachable {
                peer: from,
                progress: progress.clone(),
            });
        }
    }

    /// Which entries a member needs that are not in the window: the one before them, and one past the last.
    pub(super) fn missing(&self, to: NodeId) -> Option<(u64, u64)> {
        let previous = self.members.get(to)?.next - 1;
        (self.role == Role::Leader && self.log.term(previous).is_none()).then(|| (previous, self.log.first_index()))
    }

    /// Sends a member entries from outside the window. The one at its `next - 1` comes first, for its term.
    pub(super) fn entries_fetched(&mut self, to: NodeId, entries: Vec<Entry>) -> Result<(), Error> {
        let follow = entries
            .windows(2)
            .all(|pair| pair[0].index.checked_add(1) == Some(pair[1].index) && pair[0].term <= pair[1].term);
        if !follow {
            return Err(Error::InvalidMessage(
                MessageKind::App,
                "the entries do not follow one another",
            ));
        }
        let Some((previous, end)) = self.missing(to) else {
            return Ok(());
        };
        let max_size = self.config.max_size_per_msg;
        let (Some(first), Some(progress)) = (entries.first(), self.members.get_mut(to)) else {
            return Ok(());
        };
        // The member went on, or something else was asked for meanwhile.
        if first.index != previous || progress.is_paused() {
            return Ok(());
        }
        let (log_term, commit) = (first.term, self.log.committed);
        // From the window on the log itself knows better.
        let outside = entries[1..].iter().take_while(|entry| entry.index < end);
        let entries = within_size(outside, max_size);
        progress.sent_entries(entries.len(), payload_sizes(&entries));
        progress.sent_commit = commit;
        self.send(Message {
            index: previous,
            log_term,
            entries,
            commit,
            ..Message::to(MessageKind::App, to)
        });
        Ok(())
    }

    // ---- the follower

    /// Entries from a leader.
    pub(super) fn handle_append(&mut self, message: Message) -> Result<(), Error> {
        let to = message.from;
        let acknowledge = |index| Message {
            index,
            ..Message::to(MessageKind::AppResp, to)
        };
        // Rule 13: what is committed stays, whatever comes late.
        if message.index < self.log.committed {
            self.send(acknowledge(self.log.committed));
            return Ok(());
        }
        if self.request_snapshot != 0 {
            self.send_snapshot_request(to);
            return Ok(());
        }
        let mut previous = EntryId {
            term: message.log_term,
            index: message.index,
        };
        if self.rules.broken(BrokenRule::AppendUnmatched) {
            previous.term = self.log.term(previous.index).unwrap_or(previous.term);
        }
        let follows = message
            .entries
            .iter()
            .zip(previous.index + 1..)
            .all(|(entry, index)| entry.index == index);
        if !follows {
            return Err(Error::InvalidMessage(
                message.kind,
                "its entries do not follow one another",
            ));
        }
        let last = match self
            .log
            .maybe_append(previous, message.entries, message.commit, &mut self.tracer)
        {
            Ok(last) => last,
            Err(conflict) => return Err(self.fence(conflict)),
        };
        if let Some(last) = last {
            self.send(acknowledge(last));
            return Ok(());
        }
        let ours = EntryId {
            term: self.log.term(previous.index).unwrap_or(0),
            index: previous.index,
        };
        self.tracer.emit(|| Trace::AppendRejected {
            from: to,
            ours,
            theirs: previous,
        });
        let hint = self
            .log
            .find_conflict_by_term(previous.index.min(self.log.last_index()), previous.term);
        self.send(Message {
            index: previous.index,
            reject: true,
            reject_hint: hint.index,
            log_term: hint.term,
            ..Message::to(MessageKind::AppResp, to)
        });
        Ok(())
    }

    /// A heartbeat from the leader. It may only say to be committed what this node has acknowledged (rule 14).
    pub(super) fn handle_heartbeat(&mut self, message: Message) -> Result<(), Error> {
        if self.rules.broken(BrokenRule::CommitGoesBack) {
            self.log.committed = message.commit.min(self.log.last_index());
        }
        self.log
            .commit_to(message.commit)
            .map_err(|conflict| self.fence(conflict))?;
        if self.request_snapshot != 0 {
            // The first request may be lost, or have come before there was a snapshot (raft-rs).
            self.send_snapshot_request(message.from);
        }
        self.send(Message {
            context: message.context,
            ..Message::to(MessageKind::HeartbeatResp, message.from)
        });
        Ok(())
    }
}
