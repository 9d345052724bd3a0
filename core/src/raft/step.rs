//! Takes in one message: what its term means, and what each role does with it.

use super::config::ReadOnly;
use super::error::Error;
use super::log::{EntryId, encoded_sizes, payload_sizes};
use super::message::{Message, MessageKind, NONE};
use super::state::{Raft, Role};
use super::trace::{Dropped, Trace};

/// No term and no place in a log is as far as this. What claims to be is broken, and to count on from it would overflow.
pub(super) const LIMIT: u64 = 1 << 63;

/// What is wrong with a message whose numbers are at the limit.
pub(super) const BEYOND: &str = "a term or an index is beyond all that can be reached";

impl Raft {
    /// A message from another member. What only the node says to itself is refused.
    pub(super) fn step_from_network(&mut self, message: Message) -> Result<(), Error> {
        self.check_fence()?;
        if message.kind.is_local() {
            return Err(Error::LocalMessage(message.kind));
        }
        if message.kind.is_response() && self.members.get(message.from).is_none() {
            return Err(Error::UnknownPeer(message.from));
        }
        // Without a term it would count in whatever term comes: a promise for no term must not become one for any.
        let refusal = message.kind == MessageKind::PreVoteResp && message.reject;
        if message.term == 0 && message.kind.needs_term() && !refusal {
            return Err(Error::InvalidMessage(message.kind, "it has no term"));
        }
        self.step(message)
    }

    pub(super) fn step(&mut self, message: Message) -> Result<(), Error> {
        self.check_fence()?;
        let numbers = [message.term, message.index, message.commit, message.reject_hint];
        if numbers.iter().any(|&number| number >= LIMIT) {
            return Err(Error::InvalidMessage(message.kind, BEYOND));
        }
        if message.term != 0 && !self.accept_term(&message)? {
            return Ok(());
        }
        match message.kind {
            MessageKind::Hup => self.hup(),
            MessageKind::StorageAppendResp => self.handle_storage_append(&message),
            MessageKind::StorageApplyResp => self.handle_storage_apply(&message),
            MessageKind::Vote | MessageKind::PreVote => self.handle_vote(&message),
            _ => match self.role {
                Role::Leader => self.step_leader(message),
                Role::Follower => self.step_follower(message),
                Role::PreCandidate | Role::Candidate => self.step_candidate(message),
            },
        }
    }

    /// What the message's term means (§5.1 of the paper). Says whether the message still counts.
    fn accept_term(&mut self, message: &Message) -> Result<bool, Error> {
        use MessageKind as Kind;

        let (kind, from, term) = (message.kind, message.from, self.term);
        let message_term = message.term;
        if message_term > term {
            let asks = matches!(kind, Kind::Vote | Kind::PreVote);
            if asks && self.ignores_in_lease(message) {
                return Ok(false);
            }
            // Rule 7: of a pre-vote nothing has come yet; only a refusal says that the term is over.
            let about_future = kind == Kind::PreVote || (kind == Kind::PreVoteResp && !message.reject);
            if !about_future {
                self.tracer.emit(|| Trace::HigherTerm {
                    kind,
                    from,
                    term,
                    message_term,
                });
                let from_leader = matches!(kind, Kind::App | Kind::Heartbeat | Kind::Snap);
                self.become_follower(message_term, if from_leader { from } else { NONE });
            }
            return Ok(true);
        }
        if message_term == term {
            return Ok(true);
        }
        let unstick = self.config.check_quorum || self.config.pre_vote;
        match kind {
            // Rule 6: a leader that was cut off learns the term; else neither would ever give way.
            Kind::Heartbeat | Kind::App if unstick => self.send(Message::to(Kind::AppResp, from)),
            Kind::PreVote => self.refuse_stale_pre_vote(message),
            Kind::StorageAppendResp => {
                // Rule 20: what was written may have been replaced since.
                if message.index != 0 {
                    self.tracer.emit(|| Trace::StaleAppendIgnored { term, message_term });
                }
                if let Some(snapshot) = &message.snapshot {
                    self.applied_snapshot(snapshot.metadata.index)?;
                }
            }
            _ => self.tracer.emit(|| Trace::LowerTermIgnored {
                kind,
                from,
                term,
                message_term,
            }),
        }
        Ok(false)
    }

    fn handle_storage_append(&mut self, message: &Message) -> Result<(), Error> {
        if message.index != 0 {
            let id = EntryId {
                term: message.log_term,
                index: message.index,
            };
            self.log.stable_to(id, &mut self.tracer);
        }
        match &message.snapshot {
            Some(snapshot) => self.applied_snapshot(snapshot.metadata.index),
            None => Ok(()),
        }
    }

    fn handle_storage_apply(&mut self, message: &Message) -> Result<(), Error> {
        let Some(last) = message.entries.last() else {
            return Ok(());
        };
        let (size, payload) = (encoded_sizes(&message.entries), payload_sizes(&message.entries));
        self.applied_to(last.index, size, payload)
    }

    #[inline(always)]
    fn step_leader(&mut self, message: Message) -> Result<(), Error> {
        match message.kind {
            MessageKind::Beat => self.broadcast_heartbeat(),
            MessageKind::CheckQuorum => self.check_quorum(),
            MessageKind::Prop => return self.propose_as_leader(message.entries),
            MessageKind::ReadIndex => self.handle_read(message),
            MessageKind::ForgetLeader => {}
            _ if self.members.get(message.from).is_none() => {
                self.tracer.emit(|| Trace::NoProgress { peer: message.from });
            }
            MessageKind::AppResp if message.index > self.log.last_index() => {
                return Err(Error::InvalidMessage(
                    message.kind,
                    "its index is behind the end of the leader's log",
                ));
            }
            MessageKind::AppResp => self.handle_append_response(&message),
            MessageKind::HeartbeatResp => self.handle_heartbeat_response(&message),
            MessageKind::SnapStatus => self.handle_snapshot_status(&message),
            MessageKind::Unreachable => self.handle_unreachable(&message),
            MessageKind::TransferLeader => self.handle_transfer(&message),
            _ => {}
        }
        Ok(())
    }

    #[inline(always)]
    fn step_follower(&mut self, mut message: Message) -> Result<(), Error> {
        match message.kind {
            MessageKind::Prop => self.forward_proposal(message),
            MessageKind::App | MessageKind::Heartbeat | MessageKind::Snap => {
                self.election_elapsed = 0;
                self.lead = message.from;
                self.step_from_leader(message)
            }
            MessageKind::TransferLeader => self.forward_transfer(message),
            MessageKind::ForgetLeader => {
                self.forget_leader();
                Ok(())
            }
            MessageKind::TimeoutNow => self.handle_timeout_now(&message),
            MessageKind::ReadIndex => {
                message.term = 0;
                self.forward_read(message)
            }
            MessageKind::ReadIndexResp => self.handle_read_response(&message),
            _ => Ok(()),
        }
    }

    #[inline(always)]
    fn step_candidate(&mut self, message: Message) -> Result<(), Error> {
        // Rule 8: a pre-vote is no vote.
        let awaited = match self.role {
            Role::PreCandidate => MessageKind::PreVoteResp,
            _ => MessageKind::VoteResp,
        };
        match message.kind {
            MessageKind::Prop => Err(self.dropped(Dropped::NoLeader)),
            MessageKind::ReadIndex => self.forward_read(message),
            // Another has won this term.
            MessageKind::App | MessageKind::Heartbeat | MessageKind::Snap => {
                self.become_follower(message.term, message.from);
                self.step_from_leader(message)
            }
            MessageKind::TimeoutNow => self.handle_timeout_now(&message),
            kind if kind == awaited => self.handle_vote_response(&message),
            _ => Ok(()),
        }
    }

    #[inline(always)]
    fn step_from_leader(&mut self, message: Message) -> Result<(), Error> {
        match message.kind {
            MessageKind::App => self.handle_append(message),
            MessageKind::Heartbeat => self.handle_heartbeat(message),
            _ => self.handle_snapshot(message),
        }
    }

    fn forward_proposal(&mut self, message: Message) -> Result<(), Error> {
        if self.lead == NONE {
            return Err(self.dropped(Dropped::NoLeader));
        }
        if self.config.disable_proposal_forwarding {
            return Err(self.dropped(Dropped::NotForwarded { lead: self.lead }));
        }
        self.send(Message {
            to: self.lead,
            ..message
        });
        Ok(())
    }

    /// The application knows that the leader is gone: this node may vote for another at once.
    pub(super) fn forget_leader(&mut self) {
        // The lease of the old leader may still answer reads.
        if self.config.read_only == ReadOnly::LeaseBased {
            self.tracer.emit(|| Trace::ForgetLeaderRefused);
        } else if self.lead != NONE && self.role == Role::Follower {
            let (lead, term) = (self.lead, self.term);
            self.tracer.emit(|| Trace::LeaderForgotten { lead, term });
            self.lead = NONE;
        }
    }
}
