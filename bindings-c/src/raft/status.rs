//! What a node knows and believes.

use core::ffi::c_char;
use std::ffi::CString;

use quorate::raft;

use super::message::*;
use super::output::quorate_raft_role;

/// How a leader sends entries to a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum quorate_raft_progress_state {
    /// One message at a time, until it is known where the logs part.
    QUORATE_RAFT_PROGRESS_PROBE = 0,
    /// As many as fit the window, each optimistically after the one before.
    QUORATE_RAFT_PROGRESS_REPLICATE = 1,
    /// None, for a snapshot is on its way.
    QUORATE_RAFT_PROGRESS_SNAPSHOT = 2,
}

use quorate_raft_progress_state::*;

/// How far a log is durable, committed and applied.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct quorate_raft_log_summary {
    /// The last committed entry.
    pub committed: u64,
    /// The last applied entry.
    pub applied: u64,
    /// The last entry that was handed out to be applied.
    pub applying: u64,
    /// One past the last durable entry.
    pub stable_end: u64,
    /// One past the last entry that was handed out to be made durable.
    pub persisting_end: u64,
    /// How many entries are not durable.
    pub unstable: u64,
}

/// What a leader knows of one member.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct quorate_raft_progress {
    /// Which member.
    pub id: u64,
    /// The last entry that the member is known to have (matchIndex).
    pub matched: u64,
    /// The next entry to send (nextIndex).
    pub next: u64,
    /// The index of the snapshot on its way, or 0.
    pub pending_snapshot: u64,
    /// How many messages were sent and not acknowledged.
    pub inflight: u64,
    /// Which group it belongs to, for group_commit; 0 for none.
    pub commit_group: u64,
    /// How entries are sent.
    pub state: quorate_raft_progress_state,
    /// Whether anything came from the member since the last quorum check.
    pub recent_active: bool,
    /// Whether nothing is sent before an answer comes.
    pub paused: bool,
    /// Whether it has no vote.
    pub is_learner: bool,
}

/// A vote.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct quorate_raft_vote {
    /// Whose.
    pub id: u64,
    /// Whether it was given: 0 is no, anything else is yes.
    pub granted: u8,
}

/// What a node knows and believes, for people and tests. Its views are valid until the status of the same node is asked for
/// again, or until it is freed.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct quorate_raft_status {
    /// What the node is called.
    pub id: u64,
    /// Who leads, or QUORATE_RAFT_NONE.
    pub lead: u64,
    /// What it would find after a restart, were all written.
    pub hard_state: quorate_raft_hard_state,
    /// How far the log is durable, committed and applied.
    pub log: quorate_raft_log_summary,
    /// The first entry in the window.
    pub first_index: u64,
    /// The last entry.
    pub last: quorate_raft_entry_id,
    /// Who is a member.
    pub conf_state: quorate_raft_conf_state,
    /// What a leader knows of each member, in the order of their ids; none of others.
    pub progress: *const quorate_raft_progress,
    /// How many members that are.
    pub progress_count: usize,
    /// The votes of this election, as far as they came.
    pub votes: *const quorate_raft_vote,
    /// How many votes.
    pub vote_count: usize,
    /// Who is to lead next, or QUORATE_RAFT_NONE.
    pub transferee: u64,
    /// Ticks since the last word from a leader.
    pub election_elapsed: u64,
    /// After how many of them the node stands for election.
    pub election_timeout: u64,
    /// Why the node takes no more input, ended by NUL; NULL if it does.
    pub fenced: *const c_char,
    /// What it is.
    pub role: quorate_raft_role,
}

impl quorate_raft_progress {
    pub(super) fn of(id: u64, progress: &raft::Progress) -> Self {
        Self {
            id,
            matched: progress.matched,
            next: progress.next,
            pending_snapshot: progress.pending_snapshot,
            inflight: progress.inflight() as u64,
            commit_group: progress.commit_group,
            state: match progress.state {
                raft::ProgressState::Probe => QUORATE_RAFT_PROGRESS_PROBE,
                raft::ProgressState::Replicate => QUORATE_RAFT_PROGRESS_REPLICATE,
                raft::ProgressState::Snapshot => QUORATE_RAFT_PROGRESS_SNAPSHOT,
            },
            recent_active: progress.recent_active,
            paused: progress.is_paused(),
            is_learner: progress.is_learner,
        }
    }
}

/// The status that was asked for last, for views of it.
#[derive(Default)]
pub(super) struct Asked {
    conf_state: raft::ConfState,
    progress: Vec<quorate_raft_progress>,
    votes: Vec<quorate_raft_vote>,
    fenced: Option<CString>,
}

impl Asked {
    pub(super) fn keep(&mut self, status: &raft::Status) -> quorate_raft_status {
        self.conf_state = status.config.conf_state();
        self.progress.clear();
        let progress = status.progress.iter();
        self.progress
            .extend(progress.map(|(id, progress)| quorate_raft_progress::of(*id, progress)));
        self.votes.clear();
        let votes = status.votes.iter();
        self.votes.extend(votes.map(|&(id, granted)| quorate_raft_vote {
            id,
            granted: granted.into(),
        }));
        self.fenced = status.fenced.clone().map(crate::text::c_text);
        quorate_raft_status {
            id: status.id,
            lead: status.lead,
            hard_state: quorate_raft_hard_state::of(status.hard_state),
            log: quorate_raft_log_summary {
                committed: status.log.committed,
                applied: status.log.applied,
                applying: status.log.applying,
                stable_end: status.log.stable_end,
                persisting_end: status.log.persisting_end,
                unstable: status.log.unstable,
            },
            first_index: status.first_index,
            last: quorate_raft_entry_id::of(status.last),
            conf_state: quorate_raft_conf_state::of(&self.conf_state),
            progress: self.progress.as_ptr(),
            progress_count: self.progress.len(),
            votes: self.votes.as_ptr(),
            vote_count: self.votes.len(),
            transferee: status.transferee,
            election_elapsed: status.election_elapsed,
            election_timeout: status.election_timeout,
            fenced: self.fenced.as_ref().map_or(core::ptr::null(), |text| text.as_ptr()),
            role: quorate_raft_role::of(status.role),
        }
    }
}
