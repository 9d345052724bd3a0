//! Snapshots for members that are too far behind (§7 of the paper), and the membership that comes with them.

use alloc::boxed::Box;

use super::error::Error;
use super::log::EntryId;
use super::membership::Members;
use super::message::{ConfChangeV2, ConfState, Message, MessageKind, NONE, NodeId, Snapshot};
use super::progress::ProgressState;
use super::rules::BrokenRule;
use super::state::{Raft, Role};
use super::step::{BEYOND, LIMIT};
use super::trace::{Dropped, Trace};

impl Raft {
    /// Rule 18: only to a member that was heard of lately, for a snapshot is expensive.
    pub(super) fn maybe_send_snapshot(&mut self, to: NodeId) -> bool {
        self.maybe_send_snapshot_from(to, 0)
    }

    /// As [`maybe_send_snapshot`](Self::maybe_send_snapshot), if the snapshot covers at least everything up to `least`.
    pub(super) fn maybe_send_snapshot_from(&mut self, to: NodeId, least: u64) -> bool {
        let Some(progress) = self.members.get_mut(to) else {
            return false;
        };
        if !progress.recent_active {
            self.tracer.emit(|| Trace::SnapshotNotSentInactive { to });
            return false;
        }
        let snapshot = self
            .log
            .sendable_snapshot()
            .filter(|snapshot| snapshot.metadata.index >= least)
            // A member refuses a snapshot from before it was one, and would be sent it again and again.
            .filter(|snapshot| snapshot.metadata.conf_state.names(to));
        let Some(snapshot) = snapshot else {
            self.tracer.emit(|| Trace::SnapshotUnavailable { to });
            if !self.fetches.contains(&to) {
                self.fetches.push_back(to);
            }
            return false;
        };
        let id = EntryId {
            term: snapshot.metadata.term,
            index: snapshot.metadata.index,
        };
        let (first_index, committed) = (self.log.first_index(), self.log.committed);
        self.tracer.emit(|| Trace::SnapshotSent {
            to,
            first_index,
            committed,
            snapshot: id,
            progress: progress.clone(),
        });
        progress.become_snapshot(id.index);
        self.tracer.emit(|| Trace::ReplicationPaused {
            to,
            progress: progress.clone(),
        });
        let snapshot = Some(Box::new(snapshot.clone()));
        self.send(Message {
            snapshot,
            ..Message::to(MessageKind::Snap, to)
        });
        true
    }

    /// How sending a snapshot ended.
    pub(super) fn handle_snapshot_status(&mut self, message: &Message) {
        let peer = message.from;
        let Some(progress) = self.members.get_mut(peer) else {
            return;
        };
        if progress.state != ProgressState::Snapshot {
            return;
        }
        let ok = !message.reject;
        if !ok {
            // Nothing came of it, so the probe starts where it was.
            progress.pending_snapshot = 0;
        }
        progress.become_probe();
        self.tracer.emit(|| Trace::SnapshotReported {
            peer,
            ok,
            progress: progress.clone(),
        });
        // Entries wait until the member says that it is there.
        progress.flow_paused = true;
    }

    /// A snapshot from a leader.
    pub(super) fn handle_snapshot(&mut self, message: Message) -> Result<(), Error> {
        let Some(snapshot) = message.snapshot else {
            return Err(Error::InvalidMessage(message.kind, "it has no snapshot"));
        };
        let id = EntryId {
            term: snapshot.metadata.term,
            index: snapshot.metadata.index,
        };
        if id.index >= LIMIT || id.term >= LIMIT {
            return Err(Error::InvalidMessage(message.kind, BEYOND));
        }
        let restored = self.restore(*snapshot)?;
        let committed = self.log.committed;
        self.tracer.emit(|| Trace::SnapshotHandled {
            committed,
            snapshot: id,
            restored,
        });
        let index = if restored { self.log.last_index() } else { committed };
        self.send(Message {
            index,
            ..Message::to(MessageKind::AppResp, message.from)
        });
        Ok(())
    }

    /// Rule 19. Says whether the log starts anew.
    fn restore(&mut self, snapshot: Snapshot) -> Result<bool, Error> {
        let id = EntryId {
            term: snapshot.metadata.term,
            index: snapshot.metadata.index,
        };
        // One that was asked for replaces the log even where nothing is new, and takes nothing back that was acknowledged.
        let asked_for = self.request_snapshot != 0 && id.index >= self.request_snapshot;
        if id.index <= self.log.committed && !asked_for {
            return Ok(false);
        }
        if self.role != Role::Follower {
            self.tracer.emit(|| Trace::SnapshotAsLeader);
            self.become_follower(self.term + 1, NONE);
            return Ok(false);
        }
        let state = &snapshot.metadata.conf_state;
        let me = self.id();
        if ![&state.voters, &state.learners, &state.voters_outgoing]
            .iter()
            .any(|ids| ids.contains(&me))
        {
            self.tracer.emit(|| Trace::SnapshotWithoutSelf { state: state.clone() });
            return Ok(false);
        }
        if self.log.matches(id) && !asked_for {
            let (committed, last) = (self.log.committed, self.log.last());
            self.tracer.emit(|| Trace::SnapshotFastForward {
                committed,
                last,
                snapshot: id,
            });
            self.log.commit_to(id.index).map_err(|conflict| self.fence(conflict))?;
            return Ok(false);
        }
        let members = Members::restore(self.members.window(), state, id.index).map_err(Error::Membership)?;
        self.request_snapshot = 0;
        self.log.restore(snapshot, &mut self.tracer);
        self.switch_members(members);
        let (committed, last) = (self.log.committed, self.log.last());
        self.tracer.emit(|| Trace::SnapshotRestored {
            committed,
            last,
            snapshot: id,
        });
        Ok(true)
    }

    /// Asks the leader for a snapshot that covers all that this node has (raft-rs).
    pub(super) fn request_snapshot(&mut self) -> Result<(), Error> {
        if self.role == Role::Leader || self.lead == NONE || self.log.has_incoming_snapshot() {
            return Err(self.dropped(Dropped::NoLeader));
        }
        self.request_snapshot = self.log.last_index().max(1);
        self.send_snapshot_request(self.lead);
        Ok(())
    }

    pub(super) fn send_snapshot_request(&mut self, to: NodeId) {
        self.send(Message {
            index: self.log.committed,
            reject: true,
            reject_hint: self.log.last_index(),
            request_snapshot: self.request_snapshot,
            ..Message::to(MessageKind::AppResp, to)
        });
    }

    // ---- membership

    /// Applies a change of membership that is committed.
    pub(super) fn apply_conf_change(&mut self, change: &ConfChangeV2) -> Result<ConfState, Error> {
        let last = self.log.last_index();
        let members = match self.rules.broken(BrokenRule::SwitchDirectly) {
            true => self.members.switched(change, last),
            false => self.members.changed(change, last),
        };
        self.switch_members(members.map_err(Error::Membership)?);
        Ok(self.members.config.conf_state())
    }

    /// Rule 27: what a new membership changes at once.
    pub(super) fn switch_members(&mut self, members: Members) {
        self.members = members;
        let config = &self.members.config;
        self.tracer.emit(|| Trace::ConfigSwitched { config: config.clone() });
        let me = self.members.get(self.id());
        self.is_learner = me.is_some_and(|progress| progress.is_learner);
        let demoted = me.is_none() || self.is_learner;
        if self.role != Role::Leader {
            return;
        }
        if demoted {
            if self.config.step_down_on_removal {
                self.become_follower(self.term, NONE);
            }
            return;
        }
        if self.members.config.incoming.is_empty() {
            return;
        }
        if self.maybe_commit() {
            // A smaller quorum may have enough already.
            self.broadcast_append();
        } else {
            self.for_each_peer(|raft, peer| {
                raft.maybe_send_append(peer, false);
            });
        }
        if self.transferee != NONE && !self.members.config.is_voter(self.transferee) {
            self.transferee = NONE;
        }
    }
}
