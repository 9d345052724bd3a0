//! What a Raft node shows of itself.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use quorate::raft::{ConfState, Entry, EntryKind, HardState, Status};

use super::disk::Write;
use super::{RaftMachine, describe_entry, role_name};

/// A member of a Raft group. Of one that is down it shows what its disk holds.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct RaftView {
    /// `follower`, `pre-candidate`, `candidate`, `leader`, or `down`.
    pub role: &'static str,
    /// Its term.
    pub term: u64,
    /// Whom it voted for in this term, or 0.
    pub vote: u64,
    /// Who leads, as it believes, or 0.
    pub lead: u64,
    /// How far it knows the log to be committed.
    pub commit: u64,
    /// How far it has applied it.
    pub applied: u64,
    /// The index of the first entry that its log has: what comes before is in its snapshot.
    pub first: u64,
    /// The index of its last entry.
    pub last: u64,
    /// Up to which index its log is durable.
    pub durable: u64,
    /// The index of its snapshot.
    pub snapshot: u64,
    /// The entries that its log has.
    pub log: Vec<EntryView>,
    /// Ticks since it last heard of a leader; of a leader, since it last looked whether a quorum hears it.
    pub election_elapsed: u64,
    /// After how many of them it stands for election.
    pub election_timeout: u64,
    /// The votes that it was given or refused in this election, by voter.
    pub votes: Vec<VoteView>,
    /// What a leader knows of each member.
    pub progress: Vec<ProgressView>,
    /// Whom it is about to hand leadership to, or 0.
    pub transferee: u64,
    /// The members, as it knows them.
    pub members: MembersView,
    /// What its state machine holds.
    pub values: BTreeMap<String, String>,
    /// What is being written to its disk, the oldest first.
    pub writes: Vec<WriteView>,
    /// Why it takes no more input, if so.
    pub fenced: Option<String>,
}

/// An entry of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct EntryView {
    /// Its index.
    pub index: u64,
    /// Its term.
    pub term: u64,
    /// `normal` or `conf-change`.
    pub kind: &'static str,
    /// What it says: `c1#2 x=1`, `+4 -1`, or `-` for nothing.
    pub text: String,
}

/// A vote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct VoteView {
    /// Whose.
    pub voter: u64,
    /// Whether it was given.
    pub granted: bool,
}

/// What a leader knows of a member.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct ProgressView {
    /// The member.
    pub peer: u64,
    /// The last entry that it is known to have.
    pub matched: u64,
    /// The next entry that is sent to it.
    pub next: u64,
    /// `probe`, `replicate` or `snapshot`.
    pub state: String,
    /// The index of the snapshot on its way, or 0.
    pub pending_snapshot: u64,
    /// Whether it was heard of since the leader last looked.
    pub recent_active: bool,
    /// Whether nothing is sent before an answer comes.
    pub paused: bool,
    /// How many messages are not acknowledged.
    pub inflight: usize,
    /// Whether it has no vote.
    pub learner: bool,
}

/// The members of a group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct MembersView {
    /// The voters; in a joint configuration those of the incoming half.
    pub voters: Vec<u64>,
    /// The voters of the outgoing half; none if the configuration is not joint.
    pub outgoing: Vec<u64>,
    /// Those who receive the log and have no vote.
    pub learners: Vec<u64>,
    /// Voters of the outgoing half that will be learners.
    pub learners_next: Vec<u64>,
}

/// What goes to a disk at once.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct WriteView {
    /// The index of the first entry that is written, or 0.
    pub first: u64,
    /// The index of the last entry that is written, or 0.
    pub last: u64,
    /// The term that is written, or 0 where the hard state stays as it is.
    pub term: u64,
    /// The vote that is written with it, or 0.
    pub vote: u64,
    /// The index of the snapshot that is written, or 0.
    pub snapshot: u64,
}

impl RaftMachine {
    pub(crate) fn view(&self) -> RaftView {
        match &self.node {
            Some(node) => {
                let status = node.status();
                let log = node.entries(status.first_index, status.last.index + 1);
                self.view_of(status, &log)
            }
            None => self.view_of_disk(),
        }
    }

    fn view_of(&self, status: Status, log: &[Entry]) -> RaftView {
        let HardState { term, vote, commit } = status.hard_state;
        let mut votes = status.votes;
        votes.sort_unstable();
        let progress = status.progress.iter().map(|(peer, progress)| ProgressView {
            peer: *peer,
            matched: progress.matched,
            next: progress.next,
            state: alloc::format!("{:?}", progress.state).to_lowercase(),
            pending_snapshot: progress.pending_snapshot,
            recent_active: progress.recent_active,
            paused: progress.is_paused(),
            inflight: progress.inflight(),
            learner: progress.is_learner,
        });
        RaftView {
            role: role_name(status.role),
            term,
            vote,
            lead: status.lead,
            commit,
            applied: self.applied,
            first: status.first_index,
            last: status.last.index,
            durable: status.log.stable_end.saturating_sub(1),
            snapshot: self.disk.snapshot_index(),
            log: log.iter().map(EntryView::of).collect(),
            election_elapsed: status.election_elapsed,
            election_timeout: status.election_timeout,
            votes: votes
                .into_iter()
                .map(|(voter, granted)| VoteView { voter, granted })
                .collect(),
            progress: progress.collect(),
            transferee: status.transferee,
            members: MembersView::of(&status.config.conf_state()),
            values: self.store.values().clone(),
            writes: self.disk.writes().map(WriteView::of).collect(),
            fenced: status.fenced,
        }
    }

    fn view_of_disk(&self) -> RaftView {
        let stored = self.disk.stored();
        let HardState { term, vote, commit } = stored.hard_state;
        let snapshot = stored.snapshot.metadata.index;
        let last = stored.entries.last().map_or(snapshot, |entry| entry.index);
        RaftView {
            role: "down",
            term,
            vote,
            lead: 0,
            commit,
            applied: 0,
            first: stored.entries.first().map_or(snapshot + 1, |entry| entry.index),
            last,
            durable: last,
            snapshot,
            log: stored.entries.iter().map(EntryView::of).collect(),
            election_elapsed: 0,
            election_timeout: 0,
            votes: Vec::new(),
            progress: Vec::new(),
            transferee: 0,
            members: MembersView::of(&stored.snapshot.metadata.conf_state),
            values: BTreeMap::new(),
            writes: Vec::new(),
            fenced: None,
        }
    }
}

impl EntryView {
    fn of(entry: &Entry) -> Self {
        Self {
            index: entry.index,
            term: entry.term,
            kind: match entry.kind {
                EntryKind::Normal => "normal",
                _ => "conf-change",
            },
            text: describe_entry(entry),
        }
    }
}

impl MembersView {
    fn of(state: &ConfState) -> Self {
        let sorted = |ids: &[u64]| {
            let mut ids = ids.to_vec();
            ids.sort_unstable();
            ids
        };
        Self {
            voters: sorted(&state.voters),
            outgoing: sorted(&state.voters_outgoing),
            learners: sorted(&state.learners),
            learners_next: sorted(&state.learners_next),
        }
    }
}

impl WriteView {
    fn of(write: &Write) -> Self {
        let index = |entry: Option<&Entry>| entry.map_or(0, |entry| entry.index);
        Self {
            first: index(write.entries.first()),
            last: index(write.entries.last()),
            term: write.hard_state.map_or(0, |hard| hard.term),
            vote: write.hard_state.map_or(0, |hard| hard.vote),
            snapshot: write.snapshot.as_ref().map_or(0, |snapshot| snapshot.metadata.index),
        }
    }
}
