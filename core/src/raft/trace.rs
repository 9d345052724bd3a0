//! Why a node did, or did not do, what it did: for logs, visualizers and the comparison with etcd's scripts.

use alloc::vec::Vec;

use super::election::Campaign;
use super::log::{EntryId, LogSummary};
use super::membership::Membership;
use super::message::{ConfChangeV2, ConfState, EntryKind, MessageKind, NodeId};
use super::progress::Progress;
use super::saved::saved;
use super::state::Role;

/// One thing that happened inside a node.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
#[allow(
    missing_docs,
    reason = "fields are named after what they hold; each variant says what happened"
)]
pub enum Trace {
    /// The node started from what was stored.
    Started {
        voters: Vec<NodeId>,
        term: u64,
        committed: u64,
        applied: u64,
        last: EntryId,
    },
    /// The node follows, perhaps nobody yet.
    BecameFollower { term: u64, lead: NodeId },
    /// The node asks whether it could win.
    BecamePreCandidate { term: u64 },
    /// The node asks for votes.
    BecameCandidate { term: u64 },
    /// The node leads.
    BecameLeader { term: u64 },
    /// An election was not started: the node leads already.
    HupIgnoredAsLeader,
    /// An election was not started: the node is no voter, or waits for a snapshot.
    HupUnpromotable,
    /// An election was not started: a committed change of membership is not applied (rule 10).
    HupPendingConfChange { term: u64 },
    /// An election starts.
    ElectionStarted { term: u64, campaign: Campaign },
    /// A vote was asked for.
    VoteRequested {
        kind: MessageKind,
        to: NodeId,
        term: u64,
        last: EntryId,
    },
    /// A vote came in.
    VoteReceived {
        kind: MessageKind,
        from: NodeId,
        term: u64,
        granted: bool,
    },
    /// How the votes stand after it.
    VotesCounted {
        kind: MessageKind,
        granted: usize,
        rejected: usize,
    },
    /// A vote was given.
    VoteCast {
        kind: MessageKind,
        to: NodeId,
        term: u64,
        vote: NodeId,
        last: EntryId,
        candidate: EntryId,
    },
    /// A vote was refused: it went to another, a leader is known, or the candidate's log or priority is behind.
    VoteRefused {
        kind: MessageKind,
        to: NodeId,
        term: u64,
        vote: NodeId,
        last: EntryId,
        candidate: EntryId,
        reason: VoteRefusal,
    },
    /// A request for a vote was not answered, for the leader was heard of lately (rule 5).
    VoteIgnoredInLease {
        kind: MessageKind,
        from: NodeId,
        term: u64,
        vote: NodeId,
        last: EntryId,
        candidate: EntryId,
        remaining: u64,
    },
    /// A message of a later term came, and the node goes along.
    HigherTerm {
        kind: MessageKind,
        from: NodeId,
        term: u64,
        message_term: u64,
    },
    /// A message of an earlier term came and is of no use.
    LowerTermIgnored {
        kind: MessageKind,
        from: NodeId,
        term: u64,
        message_term: u64,
    },
    /// The storage tells of entries of an earlier term, which may have been replaced (rule 20).
    StaleAppendIgnored { term: u64, message_term: u64 },
    /// The node refuses entries that do not join its log.
    AppendRejected {
        from: NodeId,
        ours: EntryId,
        theirs: EntryId,
    },
    /// A follower refused entries and says where its log may match.
    RejectionReceived { from: NodeId, index: u64, hint: EntryId },
    /// The leader goes back in a member's log.
    ProgressDecreased { peer: NodeId, progress: Progress },
    /// The leader goes on in a member's log.
    ProgressAdvanced { peer: NodeId, progress: Progress },
    /// A snapshot is on its way.
    SnapshotSent {
        to: NodeId,
        first_index: u64,
        committed: u64,
        snapshot: EntryId,
        progress: Progress,
    },
    /// Entries wait for that snapshot.
    ReplicationPaused { to: NodeId, progress: Progress },
    /// A member has what the snapshot was for.
    SnapshotRecovered { peer: NodeId, progress: Progress },
    /// Sending a snapshot ended, as the application says.
    SnapshotReported { peer: NodeId, ok: bool, progress: Progress },
    /// A member needs a snapshot and was not heard of lately (rule 18).
    SnapshotNotSentInactive { to: NodeId },
    /// A member needs a snapshot and the application has taken none that would do.
    SnapshotUnavailable { to: NodeId },
    /// The last message to a member did not arrive.
    Unreachable { peer: NodeId, progress: Progress },
    /// A message came from somebody who is no member.
    NoProgress { peer: NodeId },
    /// The log starts anew from a snapshot.
    SnapshotRestoring { log: LogSummary, snapshot: EntryId },
    /// It did.
    SnapshotRestored {
        committed: u64,
        last: EntryId,
        snapshot: EntryId,
    },
    /// The log has all that the snapshot has, and only the commit moves.
    SnapshotFastForward {
        committed: u64,
        last: EntryId,
        snapshot: EntryId,
    },
    /// The message with the snapshot is answered.
    SnapshotHandled {
        committed: u64,
        snapshot: EntryId,
        restored: bool,
    },
    /// The snapshot's members do not include this node.
    SnapshotWithoutSelf { state: ConfState },
    /// A leader got a snapshot, which should never happen.
    SnapshotAsLeader,
    /// An entry that was sent replaces another.
    ConflictFound { index: u64, existing_term: u64, term: u64 },
    /// All entries that are not durable are replaced.
    UnstableReplaced { index: u64 },
    /// Some entries that are not durable are replaced.
    UnstableTruncated { index: u64 },
    /// The storage tells of an entry that is gone or known to be durable.
    StableMissing { index: u64 },
    /// The storage tells of an entry that a snapshot covers.
    StableInSnapshot { index: u64 },
    /// The storage tells of an entry that was replaced.
    StableMismatch { index: u64, term: u64, ours: u64 },
    /// The membership changed.
    ConfigSwitched { config: Membership },
    /// A change of membership was refused, and an empty entry takes its place (rule 24).
    ConfChangeIgnored {
        kind: EntryKind,
        change: ConfChangeV2,
        config: Membership,
        reason: ConfChangeRefusal,
    },
    /// The leader proposes to leave the joint configuration.
    AutoLeaveProposed { config: Membership },
    /// It would, and cannot now (rule 25).
    AutoLeaveDropped { config: Membership },
    /// A proposal was refused.
    ProposalDropped { term: u64, reason: Dropped },
    /// A read was refused.
    ReadDropped { term: u64 },
    /// A read waits for the leader's first commit of its term.
    ReadPostponed,
    /// The leader heard from too few members (rule 33).
    QuorumLost,
    /// A transfer of leadership starts.
    TransferStarted { to: NodeId, term: u64 },
    /// Another one did, and this one ends.
    TransferReplaced { from: NodeId, term: u64 },
    /// It was asked for again.
    TransferAlreadyRunning { to: NodeId, term: u64 },
    /// It cannot be: a learner, or the leader itself.
    TransferIgnored { to: NodeId, learner: bool },
    /// It cannot be forwarded: nobody leads.
    TransferDropped { term: u64 },
    /// The next leader is told to start an election.
    TimeoutNowSent { to: NodeId, at_once: bool },
    /// The node is told to.
    TimeoutNowReceived { from: NodeId, term: u64 },
    /// The node is told to, and is no follower (rule 11).
    TimeoutNowIgnored { from: NodeId, term: u64, role: Role },
    /// The node forgets its leader.
    LeaderForgotten { lead: NodeId, term: u64 },
    /// It does not, for reads rely on the lease.
    ForgetLeaderRefused,
}

/// Why a vote was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum VoteRefusal {
    /// The vote of this term went to another.
    VotedForAnother,
    /// A leader is known in this term.
    LeaderKnown,
    /// The candidate's log ends before ours.
    LogBehind,
    /// The candidate's priority is lower, and its log is not longer.
    LowerPriority,
    /// The request is of an earlier term.
    EarlierTerm,
}

/// Why a change of membership was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[allow(missing_docs, reason = "fields are named after what they hold")]
pub enum ConfChangeRefusal {
    /// One before it may not be applied yet.
    Pending { index: u64, applied: u64 },
    /// In a joint configuration only leaving is possible.
    Joint,
    /// There is no joint configuration to leave.
    NotJoint,
}

/// Why a proposal was refused. It may be made again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Dropped {
    /// Nobody leads.
    NoLeader,
    /// Another leads, and proposals are not forwarded.
    NotForwarded {
        /// Who does.
        lead: NodeId,
    },
    /// This node leads, and is no member any more.
    Removed,
    /// Leadership is being handed over.
    Transferring {
        /// To whom.
        to: NodeId,
    },
    /// Too much is proposed and not committed.
    UncommittedLimit,
    /// There is nothing in it.
    Empty,
}

/// Collects traces while it is on; costs a branch while it is off.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tracer {
    pub(super) on: bool,
    pub(super) events: Vec<Trace>,
}

impl Tracer {
    #[inline]
    pub(super) fn emit(&mut self, event: impl FnOnce() -> Trace) {
        if self.on {
            self.events.push(event());
        }
    }
}

saved!(enum Trace {
    0 => Started { voters, term, committed, applied, last },
    1 => BecameFollower { term, lead },
    2 => BecamePreCandidate { term },
    3 => BecameCandidate { term },
    4 => BecameLeader { term },
    5 => HupIgnoredAsLeader,
    6 => HupUnpromotable,
    7 => HupPendingConfChange { term },
    8 => ElectionStarted { term, campaign },
    9 => VoteRequested { kind, to, term, last },
    10 => VoteReceived { kind, from, term, granted },
    11 => VotesCounted { kind, granted, rejected },
    12 => VoteCast { kind, to, term, vote, last, candidate },
    13 => VoteRefused { kind, to, term, vote, last, candidate, reason },
    14 => VoteIgnoredInLease { kind, from, term, vote, last, candidate, remaining },
    15 => HigherTerm { kind, from, term, message_term },
    16 => LowerTermIgnored { kind, from, term, message_term },
    17 => StaleAppendIgnored { term, message_term },
    18 => AppendRejected { from, ours, theirs },
    19 => RejectionReceived { from, index, hint },
    20 => ProgressDecreased { peer, progress },
    21 => ProgressAdvanced { peer, progress },
    22 => SnapshotSent { to, first_index, committed, snapshot, progress },
    23 => ReplicationPaused { to, progress },
    24 => SnapshotRecovered { peer, progress },
    25 => SnapshotReported { peer, ok, progress },
    26 => SnapshotNotSentInactive { to },
    27 => SnapshotUnavailable { to },
    28 => Unreachable { peer, progress },
    29 => NoProgress { peer },
    30 => SnapshotRestoring { log, snapshot },
    31 => SnapshotRestored { committed, last, snapshot },
    32 => SnapshotFastForward { committed, last, snapshot },
    33 => SnapshotHandled { committed, snapshot, restored },
    34 => SnapshotWithoutSelf { state },
    35 => SnapshotAsLeader,
    36 => ConflictFound { index, existing_term, term },
    37 => UnstableReplaced { index },
    38 => UnstableTruncated { index },
    39 => StableMissing { index },
    40 => StableInSnapshot { index },
    41 => StableMismatch { index, term, ours },
    42 => ConfigSwitched { config },
    43 => ConfChangeIgnored { kind, change, config, reason },
    44 => AutoLeaveProposed { config },
    45 => AutoLeaveDropped { config },
    46 => ProposalDropped { term, reason },
    47 => ReadDropped { term },
    48 => ReadPostponed,
    49 => QuorumLost,
    50 => TransferStarted { to, term },
    51 => TransferReplaced { from, term },
    52 => TransferAlreadyRunning { to, term },
    53 => TransferIgnored { to, learner },
    54 => TransferDropped { term },
    55 => TimeoutNowSent { to, at_once },
    56 => TimeoutNowReceived { from, term },
    57 => TimeoutNowIgnored { from, term, role },
    58 => LeaderForgotten { lead, term },
    59 => ForgetLeaderRefused,
});
saved!(enum VoteRefusal { 0 => VotedForAnother, 1 => LeaderKnown, 2 => LogBehind, 3 => LowerPriority, 4 => EarlierTerm });
saved!(enum ConfChangeRefusal { 0 => Pending { index, applied }, 1 => Joint, 2 => NotJoint });
saved!(enum Dropped {
    0 => NoLeader,
    1 => NotForwarded { lead },
    2 => Removed,
    3 => Transferring { to },
    4 => UncommittedLimit,
    5 => Empty,
});
saved!(struct Tracer { on, events });
