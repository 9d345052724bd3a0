//! The lines that etcd-io/raft's logger prints, made of our traces: the same facts at the same places, in its words.

use std::fmt::Write;

use quorate::raft::{
    ConfChangeKind, ConfChangeRefusal, ConfChangeTransition, ConfChangeV2, ConfState, Dropped, EntryId, EntryKind,
    NodeId, Trace,
};

use super::describe;

/// How much a script wants to see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum LogLevel {
    Debug,
    Info,
    Warn,
    Error,
    Fatal,
    /// Nothing at all, but for errors.
    None,
}

impl LogLevel {
    const ALL: [(Self, &'static str); 6] = [
        (Self::Debug, "DEBUG"),
        (Self::Info, "INFO"),
        (Self::Warn, "WARN"),
        (Self::Error, "ERROR"),
        (Self::Fatal, "FATAL"),
        (Self::None, "NONE"),
    ];

    pub(super) fn from_name(name: &str) -> Option<Self> {
        let named = Self::ALL.iter().find(|(_, other)| other.eq_ignore_ascii_case(name));
        named.map(|(level, _)| *level)
    }

    pub(super) fn name(self) -> &'static str {
        Self::ALL[self as usize].1
    }
}

/// The line for what happened inside node `id`; `None` where etcd's logger says nothing.
pub(super) fn line(id: NodeId, trace: &Trace) -> Option<(LogLevel, String)> {
    let lines = [debug, info, warn];
    let levels = [LogLevel::Debug, LogLevel::Info, LogLevel::Warn];
    if matches!(trace, Trace::ForgetLeaderRefused) {
        let text = "ignoring MsgForgetLeader due to ReadOnlyLeaseBased";
        return Some((LogLevel::Error, text.to_string()));
    }
    let mut found = levels.into_iter().zip(lines);
    found.find_map(|(level, line)| Some((level, line(id, trace)?)))
}

fn debug(id: NodeId, trace: &Trace) -> Option<String> {
    Some(match trace {
        Trace::HupIgnoredAsLeader => format!("{id:x} ignoring MsgHup because already leader"),
        Trace::AppendRejected { from, ours, theirs } => {
            let (ours, theirs) = (log(*ours), log(*theirs));
            format!("{id:x} [{ours}] rejected MsgApp [{theirs}] from {from:x}")
        }
        Trace::RejectionReceived { from, index, hint } => format!(
            "{id:x} received MsgAppResp(rejected, hint: (index {}, term {})) from {from:x} for index {index}",
            hint.index, hint.term
        ),
        Trace::ProgressDecreased { peer, progress } => {
            format!("{id:x} decreased progress of {peer:x} to [{progress}]")
        }
        Trace::SnapshotSent {
            to,
            first_index,
            committed,
            snapshot,
            progress,
        } => format!(
            "{id:x} [firstindex: {first_index}, commit: {committed}] sent snapshot[{}] to {to:x} [{progress}]",
            place(*snapshot)
        ),
        Trace::ReplicationPaused { to, progress } => {
            format!("{id:x} paused sending replication messages to {to:x} [{progress}]")
        }
        Trace::SnapshotRecovered { peer, progress } => format!(
            "{id:x} recovered from needing snapshot, resumed sending replication messages to {peer:x} [{progress}]"
        ),
        Trace::SnapshotReported { peer, ok, progress } => {
            let how = if *ok { "succeeded" } else { "failed" };
            format!("{id:x} snapshot {how}, resumed sending replication messages to {peer:x} [{progress}]")
        }
        Trace::SnapshotNotSentInactive { to } => {
            format!("ignore sending snapshot to {to:x} since it is not recently active")
        }
        Trace::SnapshotUnavailable { to } => {
            format!("{id:x} failed to send snapshot to {to:x} because snapshot is temporarily unavailable")
        }
        Trace::Unreachable { peer, progress } => {
            format!("{id:x} failed to send message to {peer:x} because it is unreachable [{progress}]")
        }
        Trace::NoProgress { peer } => format!("{id:x} no progress available for {peer:x}"),
        Trace::AutoLeaveDropped { config } => {
            format!("not initiating automatic transition out of joint configuration {config}: raft proposal dropped")
        }
        Trace::ProposalDropped {
            term,
            reason: Dropped::Transferring { to },
        } => format!("{id:x} [term {term}] transfer leadership to {to:x} is in progress; dropping proposal"),
        Trace::TransferIgnored { learner: true, .. } => {
            format!("{id:x} is learner. Ignored transferring leadership")
        }
        Trace::TransferIgnored { .. } => {
            format!("{id:x} is already leader. Ignored transferring leadership to self")
        }
        Trace::TimeoutNowIgnored { from, term, role } => format!(
            "{id:x} [term {term} state {}] ignored MsgTimeoutNow from {from:x}",
            describe::role(*role)
        ),
        _ => return None,
    })
}

fn info(id: NodeId, trace: &Trace) -> Option<String> {
    election(id, trace)
        .or_else(|| log_and_snapshots(id, trace))
        .or_else(|| membership(id, trace))
        .or_else(|| leadership(id, trace))
}

fn election(id: NodeId, trace: &Trace) -> Option<String> {
    Some(match trace {
        Trace::BecameFollower { term, .. } => format!("{id:x} became follower at term {term}"),
        Trace::BecamePreCandidate { term } => format!("{id:x} became pre-candidate at term {term}"),
        Trace::BecameCandidate { term } => format!("{id:x} became candidate at term {term}"),
        Trace::BecameLeader { term } => format!("{id:x} became leader at term {term}"),
        Trace::ElectionStarted { term, .. } => format!("{id:x} is starting a new election at term {term}"),
        Trace::VoteRequested { kind, to, term, last } => {
            let (kind, last) = (describe::kind(*kind), log(*last));
            format!("{id:x} [{last}] sent {kind} request to {to:x} at term {term}")
        }
        Trace::VoteReceived {
            kind,
            from,
            term,
            granted,
        } => {
            let refused = if *granted { "" } else { " rejection" };
            let kind = describe::kind(*kind);
            format!("{id:x} received {kind}{refused} from {from:x} at term {term}")
        }
        Trace::VotesCounted {
            kind,
            granted,
            rejected,
        } => {
            let kind = describe::kind(*kind);
            format!("{id:x} has received {granted} {kind} votes and {rejected} vote rejections")
        }
        Trace::VoteCast {
            kind,
            to,
            term,
            vote,
            last,
            candidate,
        } => {
            let (kind, last, candidate) = (describe::kind(*kind), log(*last), log(*candidate));
            format!("{id:x} [{last}, vote: {vote:x}] cast {kind} for {to:x} [{candidate}] at term {term}")
        }
        Trace::VoteRefused {
            kind,
            to,
            term,
            vote,
            last,
            candidate,
            ..
        } => {
            let (kind, last, candidate) = (describe::kind(*kind), log(*last), log(*candidate));
            format!("{id:x} [{last}, vote: {vote:x}] rejected {kind} from {to:x} [{candidate}] at term {term}")
        }
        Trace::VoteIgnoredInLease {
            kind,
            from,
            term,
            vote,
            last,
            candidate,
            remaining,
        } => {
            let (kind, last, candidate) = (describe::kind(*kind), log(*last), log(*candidate));
            format!(
                "{id:x} [{last}, vote: {vote:x}] ignored {kind} from {from:x} [{candidate}] at term {term}: lease is \
                 not expired (remaining ticks: {remaining})"
            )
        }
        Trace::HigherTerm {
            kind,
            from,
            term,
            message_term,
        } => {
            let kind = describe::kind(*kind);
            format!(
                "{id:x} [term: {term}] received a {kind} message with higher term from {from:x} [term: {message_term}]"
            )
        }
        Trace::LowerTermIgnored {
            kind,
            from,
            term,
            message_term,
        } => {
            let kind = describe::kind(*kind);
            format!(
                "{id:x} [term: {term}] ignored a {kind} message with lower term from {from:x} [term: {message_term}]"
            )
        }
        _ => return None,
    })
}

fn log_and_snapshots(id: NodeId, trace: &Trace) -> Option<String> {
    Some(match trace {
        Trace::StaleAppendIgnored { term, message_term } => format!(
            "{id:x} [term: {term}] ignored entry appends from a MsgStorageAppendResp message with lower term \
             [term: {message_term}]"
        ),
        Trace::SnapshotRestoring { log, snapshot } => {
            format!("log [{log}] starts to restore snapshot [{}]", place(*snapshot))
        }
        Trace::SnapshotRestored {
            committed,
            last,
            snapshot,
        } => format!(
            "{id:x} [commit: {committed}, {}] restored snapshot [{}]",
            end(*last),
            place(*snapshot)
        ),
        Trace::SnapshotFastForward {
            committed,
            last,
            snapshot,
        } => format!(
            "{id:x} [commit: {committed}, {}] fast-forwarded commit to snapshot [{}]",
            end(*last),
            place(*snapshot)
        ),
        Trace::SnapshotHandled {
            committed,
            snapshot,
            restored,
        } => {
            let how = if *restored { "restored" } else { "ignored" };
            format!("{id:x} [commit: {committed}] {how} snapshot [{}]", place(*snapshot))
        }
        Trace::ConflictFound {
            index,
            existing_term,
            term,
        } => {
            format!("found conflict at index {index} [existing term: {existing_term}, conflicting term: {term}]")
        }
        Trace::UnstableReplaced { index } => format!("replace the unstable entries from index {index}"),
        Trace::UnstableTruncated { index } => format!("truncate the unstable entries before index {index}"),
        Trace::StableMissing { index } => format!("entry at index {index} missing from unstable log; ignoring"),
        Trace::StableInSnapshot { index } => format!("entry at index {index} matched unstable snapshot; ignoring"),
        Trace::StableMismatch { index, term, ours } => format!(
            "entry at (index,term)=({index},{term}) mismatched with entry at ({index},{ours}) in unstable log; ignoring"
        ),
        _ => return None,
    })
}

fn membership(id: NodeId, trace: &Trace) -> Option<String> {
    Some(match trace {
        Trace::Started {
            voters,
            term,
            committed,
            applied,
            last,
        } => {
            let peers: Vec<String> = voters.iter().map(|voter| format!("{voter:x}")).collect();
            format!(
                "newRaft {id:x} [peers: [{}], term: {term}, commit: {committed}, applied: {applied}, {}]",
                peers.join(","),
                end(*last)
            )
        }
        Trace::ConfigSwitched { config } => format!("{id:x} switched to configuration {config}"),
        Trace::ConfChangeIgnored {
            kind,
            change,
            config,
            reason,
        } => {
            let why = match reason {
                ConfChangeRefusal::Pending { index, applied } => {
                    format!("possible unapplied conf change at index {index} (applied to {applied})")
                }
                ConfChangeRefusal::Joint => "must transition out of joint config first".to_string(),
                ConfChangeRefusal::NotJoint => "not in joint state; refusing empty conf change".to_string(),
            };
            let change = conf_change(*kind, change);
            format!("{id:x} ignoring conf change {change} at config {config}: {why}")
        }
        Trace::AutoLeaveProposed { config } => {
            format!("initiating automatic transition out of joint configuration {config}")
        }
        _ => return None,
    })
}

fn leadership(id: NodeId, trace: &Trace) -> Option<String> {
    Some(match trace {
        Trace::ProposalDropped {
            term,
            reason: Dropped::NoLeader,
        } => format!("{id:x} no leader at term {term}; dropping proposal"),
        Trace::ProposalDropped {
            term,
            reason: Dropped::NotForwarded { lead },
        } => format!("{id:x} not forwarding to leader {lead:x} at term {term}; dropping proposal"),
        Trace::ReadDropped { term } => format!("{id:x} no leader at term {term}; dropping index reading msg"),
        Trace::TransferStarted { to, term } => {
            format!("{id:x} [term {term}] starts to transfer leadership to {to:x}")
        }
        Trace::TransferReplaced { from, term } => {
            format!("{id:x} [term {term}] abort previous transferring leadership to {from:x}")
        }
        Trace::TransferAlreadyRunning { to, term } => format!(
            "{id:x} [term {term}] transfer leadership to {to:x} is in progress, ignores request to same node {to:x}"
        ),
        Trace::TransferDropped { term } => format!("{id:x} no leader at term {term}; dropping leader transfer msg"),
        Trace::TimeoutNowSent { to, at_once: true } => {
            format!("{id:x} sends MsgTimeoutNow to {to:x} immediately as {to:x} already has up-to-date log")
        }
        Trace::TimeoutNowSent { to, .. } => format!("{id:x} sent MsgTimeoutNow to {to:x} after received MsgAppResp"),
        Trace::TimeoutNowReceived { from, term } => format!(
            "{id:x} [term {term}] received MsgTimeoutNow from {from:x} and starts an election to get leadership."
        ),
        Trace::LeaderForgotten { lead, term } => format!("{id:x} forgetting leader {lead:x} at term {term}"),
        _ => return None,
    })
}

fn warn(id: NodeId, trace: &Trace) -> Option<String> {
    Some(match trace {
        Trace::HupUnpromotable => format!("{id:x} is unpromotable and can not campaign"),
        Trace::HupPendingConfChange { term } => format!(
            "{id:x} cannot campaign at term {term} since there are still pending configuration changes to apply"
        ),
        Trace::SnapshotWithoutSelf { state } => format!(
            "{id:x} attempted to restore snapshot but it is not in the ConfState {}; should never happen",
            conf_state(state)
        ),
        Trace::SnapshotAsLeader => {
            format!("{id:x} attempted to restore snapshot as leader; should never happen")
        }
        Trace::QuorumLost => format!("{id:x} stepped down to follower since quorum is not active"),
        Trace::ProposalDropped {
            reason: Dropped::UncommittedLimit,
            ..
        } => {
            format!("{id:x} appending new entries to log would exceed uncommitted entry size limit; dropping proposal")
        }
        _ => return None,
    })
}

fn log(id: EntryId) -> String {
    format!("logterm: {}, index: {}", id.term, id.index)
}

fn place(id: EntryId) -> String {
    format!("index: {}, term: {}", id.index, id.term)
}

fn end(id: EntryId) -> String {
    format!("lastindex: {}, lastterm: {}", id.index, id.term)
}

/// As Go prints the message: the fields that are set.
fn conf_change(kind: EntryKind, change: &ConfChangeV2) -> String {
    let singles: Vec<String> = change
        .changes
        .iter()
        .map(|single| {
            let kind = match single.kind {
                ConfChangeKind::AddNode => "ConfChangeAddNode",
                ConfChangeKind::RemoveNode => "ConfChangeRemoveNode",
                ConfChangeKind::UpdateNode => "ConfChangeUpdateNode",
                ConfChangeKind::AddLearnerNode => "ConfChangeAddLearnerNode",
            };
            format!("type:{kind} node_id:{}", single.node_id)
        })
        .collect();
    if kind == EntryKind::ConfChange {
        return singles.join(" ");
    }
    let mut text = String::from(match change.transition {
        ConfChangeTransition::Auto => "transition:ConfChangeTransitionAuto",
        ConfChangeTransition::JointImplicit => "transition:ConfChangeTransitionJointImplicit",
        ConfChangeTransition::JointExplicit => "transition:ConfChangeTransitionJointExplicit",
    });
    for single in singles {
        let _ = write!(text, " changes:{{{single}}}");
    }
    text
}

fn conf_state(state: &ConfState) -> String {
    let fields = [
        ("voters", &state.voters),
        ("learners", &state.learners),
        ("voters_outgoing", &state.voters_outgoing),
        ("learners_next", &state.learners_next),
    ];
    let mut words = Vec::new();
    for (name, ids) in fields {
        words.extend(ids.iter().map(|id| format!("{name}:{id}")));
    }
    words.push(format!("auto_leave:{}", state.auto_leave));
    words.join(" ")
}
