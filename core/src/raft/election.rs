//! Elections: standing, voting and counting (§5.2 and §5.4.1 of the paper; §9.6 of the dissertation for pre-votes).

use super::error::Error;
use super::log::EntryId;
use super::message::{Message, MessageKind, NONE, NodeId};
use super::quorum::VoteResult;
use super::rules::BrokenRule;
use super::saved::saved;
use super::state::{Raft, Role};
use super::trace::{Trace, VoteRefusal};

/// Why a node stands for election.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Campaign {
    /// To learn whether it could win.
    PreElection,
    /// Because it heard from no leader.
    Election,
    /// Because the leader told it to.
    Transfer,
}

saved!(enum Campaign { 0 => PreElection, 1 => Election, 2 => Transfer });

/// What a request for a vote says when the leader wants it: the lease does not stand in its way (§4.2.3).
const CAMPAIGN_TRANSFER: &[u8] = b"CampaignTransfer";

impl Raft {
    /// Stands for election, if anything can come of it.
    pub(super) fn hup(&mut self) -> Result<(), Error> {
        let campaign = if self.config.pre_vote {
            Campaign::PreElection
        } else {
            Campaign::Election
        };
        self.hup_for(campaign)
    }

    pub(super) fn hup_for(&mut self, campaign: Campaign) -> Result<(), Error> {
        let term = self.term;
        if self.role == Role::Leader {
            self.tracer.emit(|| Trace::HupIgnoredAsLeader);
            return Ok(());
        }
        if !self.is_promotable() {
            self.tracer.emit(|| Trace::HupUnpromotable);
            return Ok(());
        }
        // Rule 10: else two configurations could elect a leader each.
        if self.log.has_conf_change(self.log.applied, self.log.committed) {
            self.tracer.emit(|| Trace::HupPendingConfChange { term });
            return Ok(());
        }
        self.tracer.emit(|| Trace::ElectionStarted { term, campaign });
        self.campaign(campaign);
        Ok(())
    }

    fn campaign(&mut self, campaign: Campaign) {
        let (kind, term) = match campaign {
            Campaign::PreElection => {
                self.become_pre_candidate();
                (MessageKind::PreVote, self.term + 1)
            }
            Campaign::Election | Campaign::Transfer => {
                self.become_candidate();
                (MessageKind::Vote, self.term)
            }
        };
        let last = self.last();
        let commit = match self.config.commit_by_vote {
            true => EntryId {
                index: self.log.committed,
                term: self.log.term(self.log.committed).unwrap_or(0),
            },
            false => EntryId::default(),
        };
        for &voter in self.members.config.voters().as_slice() {
            if voter == self.id() {
                // Its own vote counts once it is durable, as any other (rule 2).
                self.send(Message {
                    term,
                    ..Message::to(response_to(kind), voter)
                });
                continue;
            }
            let current = self.term;
            self.tracer.emit(|| Trace::VoteRequested {
                kind,
                to: voter,
                term: current,
                last,
            });
            let context = match campaign {
                Campaign::Transfer => CAMPAIGN_TRANSFER.to_vec(),
                _ => Default::default(),
            };
            self.send(Message {
                term,
                index: last.index,
                log_term: last.term,
                commit: commit.index,
                commit_term: commit.term,
                priority: self.config.priority,
                context,
                ..Message::to(kind, voter)
            });
        }
    }

    /// Rule 5: whether a request for a vote is ignored, because a leader was heard of within the least election timeout.
    pub(super) fn ignores_in_lease(&mut self, message: &Message) -> bool {
        let in_lease = self.config.check_quorum
            && self.lead != NONE
            && self.election_elapsed < self.config.election_tick
            && message.context != CAMPAIGN_TRANSFER;
        if in_lease {
            let (term, vote, last) = (self.term, self.vote, self.last());
            let remaining = self.config.election_tick - self.election_elapsed;
            self.tracer.emit(|| Trace::VoteIgnoredInLease {
                kind: message.kind,
                from: message.from,
                term,
                vote,
                last,
                candidate: candidate(message),
                remaining,
            });
        }
        in_lease
    }

    /// Answers a request for a vote or a pre-vote.
    pub(super) fn handle_vote(&mut self, message: &Message) -> Result<(), Error> {
        let (kind, to, term, vote, last) = (message.kind, message.from, self.term, self.vote, self.last());
        let candidate = candidate(message);
        let response = response_to(kind);
        match self.vote_refusal(message) {
            None => {
                self.tracer.emit(|| Trace::VoteCast {
                    kind,
                    to,
                    term,
                    vote,
                    last,
                    candidate,
                });
                // Rule 4: a grant carries the term asked about, or a pre-candidate would take it for stale.
                self.send(Message {
                    term: message.term,
                    ..Message::to(response, to)
                });
                if kind == MessageKind::Vote {
                    // Rule 3: only a real vote changes anything here.
                    self.election_elapsed = 0;
                    self.vote = to;
                }
            }
            Some(reason) => {
                self.tracer.emit(|| Trace::VoteRefused {
                    kind,
                    to,
                    term,
                    vote,
                    last,
                    candidate,
                    reason,
                });
                self.refuse_vote(response, to);
            }
        }
        self.commit_by_vote(message)
    }

    pub(super) fn refuse_vote(&mut self, response: MessageKind, to: NodeId) {
        let committed = self.log.committed;
        let commit = match self.config.commit_by_vote {
            true => EntryId {
                index: committed,
                term: self.log.term(committed).unwrap_or(0),
            },
            false => EntryId::default(),
        };
        self.send(Message {
            term: self.term,
            reject: true,
            commit: commit.index,
            commit_term: commit.term,
            ..Message::to(response, to)
        });
    }

    /// A request for a pre-vote from an earlier term is answered, so that a node which is behind learns of it (rule 6).
    pub(super) fn refuse_stale_pre_vote(&mut self, message: &Message) {
        let (kind, to, term, vote, last) = (message.kind, message.from, self.term, self.vote, self.last());
        let reason = VoteRefusal::EarlierTerm;
        let candidate = candidate(message);
        self.tracer.emit(|| Trace::VoteRefused {
            kind,
            to,
            term,
            vote,
            last,
            candidate,
            reason,
        });
        self.refuse_vote(MessageKind::PreVoteResp, to);
    }

    /// Rule 3: who may not have this vote. Rule 9: a learner votes too, for it may be a voter without knowing it.
    fn vote_refusal(&self, message: &Message) -> Option<VoteRefusal> {
        let first = self.vote == NONE && self.lead == NONE;
        let about_future = message.kind == MessageKind::PreVote && message.term > self.term;
        if self.vote != message.from && !first && !about_future {
            return Some(if self.vote == NONE {
                VoteRefusal::LeaderKnown
            } else {
                VoteRefusal::VotedForAnother
            });
        }
        let candidate = candidate(message);
        if !self.log.is_up_to_date(candidate) && !self.rules.broken(BrokenRule::VoteWithoutLogCheck) {
            return Some(VoteRefusal::LogBehind);
        }
        if candidate.index <= self.last().index && message.priority < self.config.priority {
            return Some(VoteRefusal::LowerPriority);
        }
        None
    }

    /// Counts a vote, and acts on how the election stands.
    pub(super) fn handle_vote_response(&mut self, message: &Message) -> Result<(), Error> {
        let (kind, from, term, granted) = (message.kind, message.from, self.term, !message.reject);
        self.tracer.emit(|| Trace::VoteReceived {
            kind,
            from,
            term,
            granted,
        });
        // Rule 8: the first answer of a voter counts.
        if !self.votes.iter().any(|(voter, _)| *voter == from) {
            self.votes.push((from, granted));
        }
        let count = |wanted| {
            let counts =
                |(voter, granted): &&(NodeId, bool)| *granted == wanted && self.members.config.is_voter(*voter);
            self.votes.iter().filter(counts).count()
        };
        let (granted, rejected) = (count(true), count(false));
        self.tracer.emit(|| Trace::VotesCounted {
            kind,
            granted,
            rejected,
        });
        let vote = |voter| {
            self.votes
                .iter()
                .find(|(other, _)| *other == voter)
                .map(|(_, granted)| *granted)
        };
        match self.members.config.vote_result(vote) {
            VoteResult::Won if self.role == Role::PreCandidate => self.campaign(Campaign::Election),
            VoteResult::Won => {
                self.become_leader();
                self.broadcast_append();
            }
            // Rule 8: at the own term; a refusal of a pre-vote carries another.
            VoteResult::Lost => self.become_follower(self.term, NONE),
            VoteResult::Pending => {}
        }
        self.commit_by_vote(message)
    }

    /// Learns from a vote how far the log is committed, as raft-rs does: the entry at that index and term is committed wherever
    /// it is found.
    fn commit_by_vote(&mut self, message: &Message) -> Result<(), Error> {
        let said = EntryId {
            index: message.commit,
            term: message.commit_term,
        };
        if !self.config.commit_by_vote || said.index == 0 || said.term == 0 || self.role == Role::Leader {
            return Ok(());
        }
        let before = self.log.committed;
        if !self.log.maybe_commit(said) {
            return Ok(());
        }
        // A candidate that learns of a change of membership may count votes of those who have none any more (rule 10).
        let candidate = matches!(self.role, Role::Candidate | Role::PreCandidate);
        if candidate && self.log.has_conf_change(before, self.log.committed) {
            self.become_follower(self.term, NONE);
        }
        Ok(())
    }

    /// Rule 11: told by the leader to stand, at once and without a pre-vote.
    pub(super) fn handle_timeout_now(&mut self, message: &Message) -> Result<(), Error> {
        let (from, term, role) = (message.from, self.term, self.role);
        if role != Role::Follower {
            self.tracer.emit(|| Trace::TimeoutNowIgnored { from, term, role });
            return Ok(());
        }
        self.tracer.emit(|| Trace::TimeoutNowReceived { from, term });
        self.hup_for(Campaign::Transfer)
    }
}

fn candidate(message: &Message) -> EntryId {
    EntryId {
        term: message.log_term,
        index: message.index,
    }
}

pub(super) fn response_to(kind: MessageKind) -> MessageKind {
    match kind {
        MessageKind::PreVote => MessageKind::PreVoteResp,
        _ => MessageKind::VoteResp,
    }
}
