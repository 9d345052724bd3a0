//! What members say to each other and keep, as structs of C, which borrow in both directions.

use core::ffi::{CStr, c_char};

use quorate::raft;

use crate::boundary;
pub(super) use crate::bytes::{each, needed};
use crate::bytes::{quorate_bytes, slice};
use crate::error::*;

/// No member.
pub const QUORATE_RAFT_NONE: u64 = 0;

/// Where messages for the storage go when it works on its own; see quorate_raft_ready_node_new.
pub const QUORATE_RAFT_APPEND_THREAD: u64 = u64::MAX;

/// Where messages for the state machine go when it works on its own.
pub const QUORATE_RAFT_APPLY_THREAD: u64 = u64::MAX - 1;

/// What an entry holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum quorate_raft_entry_kind {
    /// A command for the state machine; empty when a leader begins its term.
    QUORATE_RAFT_ENTRY_NORMAL = 0,
    /// A change of one member, as older members write it.
    QUORATE_RAFT_ENTRY_CONF_CHANGE = 1,
    /// A change of any number of members.
    QUORATE_RAFT_ENTRY_CONF_CHANGE_V2 = 2,
}

/// What a message says. The numbers are those of raftpb.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum quorate_raft_message_kind {
    /// Start an election. Local.
    QUORATE_RAFT_MSG_HUP = 0,
    /// Send heartbeats. Local.
    QUORATE_RAFT_MSG_BEAT = 1,
    /// Append these entries to the log.
    QUORATE_RAFT_MSG_PROP = 2,
    /// The leader's entries (AppendEntries).
    QUORATE_RAFT_MSG_APP = 3,
    /// The answer to it, and to a snapshot.
    QUORATE_RAFT_MSG_APP_RESP = 4,
    /// A candidate asks for a vote (RequestVote).
    QUORATE_RAFT_MSG_VOTE = 5,
    /// The answer to it.
    QUORATE_RAFT_MSG_VOTE_RESP = 6,
    /// A snapshot (InstallSnapshot). Tell with quorate_raft_node_report_snapshot how sending it ended.
    QUORATE_RAFT_MSG_SNAP = 7,
    /// The leader is there.
    QUORATE_RAFT_MSG_HEARTBEAT = 8,
    /// The answer to it.
    QUORATE_RAFT_MSG_HEARTBEAT_RESP = 9,
    /// The last message to a member did not arrive. Local.
    QUORATE_RAFT_MSG_UNREACHABLE = 10,
    /// How sending a snapshot ended. Local.
    QUORATE_RAFT_MSG_SNAP_STATUS = 11,
    /// Does a quorum still answer? Local.
    QUORATE_RAFT_MSG_CHECK_QUORUM = 12,
    /// Hand leadership over to the sender.
    QUORATE_RAFT_MSG_TRANSFER_LEADER = 13,
    /// Start an election at once.
    QUORATE_RAFT_MSG_TIMEOUT_NOW = 14,
    /// Ask for an index from which a read is linearizable.
    QUORATE_RAFT_MSG_READ_INDEX = 15,
    /// That index.
    QUORATE_RAFT_MSG_READ_INDEX_RESP = 16,
    /// Would you vote for me?
    QUORATE_RAFT_MSG_PRE_VOTE = 17,
    /// The answer to it.
    QUORATE_RAFT_MSG_PRE_VOTE_RESP = 18,
    /// Make this durable. Local.
    QUORATE_RAFT_MSG_STORAGE_APPEND = 19,
    /// It is. Local.
    QUORATE_RAFT_MSG_STORAGE_APPEND_RESP = 20,
    /// Apply this. Local.
    QUORATE_RAFT_MSG_STORAGE_APPLY = 21,
    /// It is applied. Local.
    QUORATE_RAFT_MSG_STORAGE_APPLY_RESP = 22,
    /// Forget who leads.
    QUORATE_RAFT_MSG_FORGET_LEADER = 23,
}

/// What happens to a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum quorate_raft_conf_change_kind {
    /// It becomes a voter.
    QUORATE_RAFT_ADD_NODE = 0,
    /// It leaves.
    QUORATE_RAFT_REMOVE_NODE = 1,
    /// Something that only the application knows of changes.
    QUORATE_RAFT_UPDATE_NODE = 2,
    /// It becomes a learner: it receives the log and has no vote.
    QUORATE_RAFT_ADD_LEARNER_NODE = 3,
}

/// How a change of several members takes place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum quorate_raft_conf_change_transition {
    /// By a joint configuration if more than one member changes; it is left by itself.
    QUORATE_RAFT_TRANSITION_AUTO = 0,
    /// By a joint configuration that is left by itself.
    QUORATE_RAFT_TRANSITION_JOINT_IMPLICIT = 1,
    /// By a joint configuration that is left when an empty change is proposed.
    QUORATE_RAFT_TRANSITION_JOINT_EXPLICIT = 2,
}

/// A view of member ids. As an argument, `data` may be NULL when `len` is 0.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct quorate_raft_ids {
    /// The first id.
    pub data: *const u64,
    /// How many ids.
    pub len: usize,
}

/// Which entry: no two entries with one term and index differ.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct quorate_raft_entry_id {
    /// The term of the leader that made it.
    pub term: u64,
    /// Its place in the log, from 1 on.
    pub index: u64,
}

/// One place in the log.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct quorate_raft_entry {
    /// The term of the leader that made it.
    pub term: u64,
    /// Its place, from 1 on.
    pub index: u64,
    /// The command or the encoded change, for quorate_raft_decode_entry_conf_change.
    pub data: quorate_bytes,
    /// What it holds: a quorate_raft_entry_kind.
    pub kind: u32,
}

/// A view of entries. As an argument, `data` may be NULL when `len` is 0.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct quorate_raft_entries {
    /// The first entry.
    pub data: *const quorate_raft_entry,
    /// How many entries.
    pub len: usize,
}

/// What must be durable before anything that depends on it is sent.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct quorate_raft_hard_state {
    /// The latest term that was seen.
    pub term: u64,
    /// Who was voted for in it, or QUORATE_RAFT_NONE.
    pub vote: u64,
    /// How far the log is known to be committed.
    pub commit: u64,
}

/// Who is a member, and how.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct quorate_raft_conf_state {
    /// The voters; in a joint configuration those of the incoming half.
    pub voters: quorate_raft_ids,
    /// Members that receive the log and have no vote.
    pub learners: quorate_raft_ids,
    /// The voters of the outgoing half of a joint configuration.
    pub voters_outgoing: quorate_raft_ids,
    /// Voters of the outgoing half that become learners when it is left.
    pub learners_next: quorate_raft_ids,
    /// Whether the leader leaves the joint configuration by itself: 0 is no, anything else is yes.
    pub auto_leave: u8,
}

/// A state machine's state, in place of the entries that led to it.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct quorate_raft_snapshot {
    /// The last entry that it covers; 0 for no snapshot at all.
    pub index: u64,
    /// The term of that entry.
    pub term: u64,
    /// The members at that point.
    pub conf_state: quorate_raft_conf_state,
    /// The state, in whatever form the state machine reads.
    pub data: quorate_bytes,
}

/// A message from a member to another. Fields that a kind does not use are 0, NULL or empty.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct quorate_raft_message {
    /// Who it is for.
    pub to: u64,
    /// Who it is from.
    pub from: u64,
    /// The sender's term; 0 in local messages and in forwarded proposals and reads.
    pub term: u64,
    /// The term of the entry at `index`; in a rejection that of the entry at `reject_hint`.
    pub log_term: u64,
    /// The entry before `entries`, or the one that is acknowledged, rejected or asked about.
    pub index: u64,
    /// The entries that follow `index`.
    pub entries: quorate_raft_entries,
    /// How far the sender knows the log to be committed.
    pub commit: u64,
    /// The term of the entry at `commit`. Only raft-rs sends it, with votes.
    pub commit_term: u64,
    /// The vote to make durable. Only in QUORATE_RAFT_MSG_STORAGE_APPEND.
    pub vote: u64,
    /// The snapshot, or NULL.
    pub snapshot: *const quorate_raft_snapshot,
    /// How far the sender's log may match.
    pub reject_hint: u64,
    /// Whatever the sender wants back: a read's token, or why a vote is asked for.
    pub context: quorate_bytes,
    /// How much the sender should rather lead than others. Only raft-rs sends it.
    pub priority: i64,
    /// From where the sender wants a snapshot, 0 if it wants none. Only raft-rs sends it.
    pub request_snapshot: u64,
    /// What to step once this is done, or send if it is for another. Only comes out, in messages to the two threads; what is
    /// handed in is not read.
    pub responses: *const quorate_raft_message,
    /// How many of them.
    pub response_count: usize,
    /// What it says: a quorate_raft_message_kind.
    pub kind: u32,
    /// Whether the sender refuses: 0 is no, anything else is yes.
    pub reject: u8,
}

/// A view of messages.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct quorate_raft_messages {
    /// The first message.
    pub data: *const quorate_raft_message,
    /// How many messages.
    pub len: usize,
}

/// One member's part in a change.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct quorate_raft_conf_change_single {
    /// To whom it happens.
    pub node_id: u64,
    /// What happens: a quorate_raft_conf_change_kind.
    pub kind: u32,
}

/// A change of any number of members. One that is all zero leaves a joint configuration.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct quorate_raft_conf_change {
    /// What happens to whom. May be NULL when `count` is 0.
    pub changes: *const quorate_raft_conf_change_single,
    /// How many changes.
    pub count: usize,
    /// Whatever the application wants to be told when it is applied.
    pub context: quorate_bytes,
    /// How it takes place: a quorate_raft_conf_change_transition.
    pub transition: u32,
}

// ---- out

impl quorate_raft_ids {
    pub(super) fn of(ids: &[u64]) -> Self {
        Self {
            data: ids.as_ptr(),
            len: ids.len(),
        }
    }
}

impl quorate_raft_entry_id {
    pub(super) fn of(id: raft::EntryId) -> Self {
        Self {
            term: id.term,
            index: id.index,
        }
    }
}

impl quorate_raft_entry {
    pub(super) fn of(entry: &raft::Entry) -> Self {
        Self {
            term: entry.term,
            index: entry.index,
            data: quorate_bytes::of(&entry.data),
            kind: entry.kind.number().into(),
        }
    }
}

impl quorate_raft_hard_state {
    pub(super) fn of(state: raft::HardState) -> Self {
        Self {
            term: state.term,
            vote: state.vote,
            commit: state.commit,
        }
    }
}

impl quorate_raft_conf_state {
    pub(super) fn of(state: &raft::ConfState) -> Self {
        Self {
            voters: quorate_raft_ids::of(&state.voters),
            learners: quorate_raft_ids::of(&state.learners),
            voters_outgoing: quorate_raft_ids::of(&state.voters_outgoing),
            learners_next: quorate_raft_ids::of(&state.learners_next),
            auto_leave: state.auto_leave.into(),
        }
    }
}

impl quorate_raft_snapshot {
    pub(super) fn of(snapshot: &raft::Snapshot) -> Self {
        Self {
            index: snapshot.metadata.index,
            term: snapshot.metadata.term,
            conf_state: quorate_raft_conf_state::of(&snapshot.metadata.conf_state),
            data: quorate_bytes::of(&snapshot.data),
        }
    }
}

// ---- in

impl quorate_bytes {
    /// # Safety
    /// As [`slice`].
    pub(super) unsafe fn get<'a>(self) -> Result<&'a [u8], quorate_status> {
        // SAFETY: the caller's contract.
        unsafe { slice(self.data, self.len) }
    }
}

impl quorate_raft_ids {
    /// # Safety
    /// As [`slice`].
    pub(super) unsafe fn to_core(self) -> Result<Vec<u64>, quorate_status> {
        // SAFETY: the caller's contract.
        Ok(unsafe { slice(self.data, self.len) }?.to_vec())
    }
}

impl quorate_raft_entry {
    /// # Safety
    /// As [`slice`], for its data.
    pub(super) unsafe fn to_core(self) -> Result<raft::Entry, quorate_status> {
        Ok(raft::Entry {
            term: self.term,
            index: self.index,
            kind: raft::EntryKind::from_number(self.kind.into()).ok_or(QUORATE_ERR_INVALID_ARGUMENT)?,
            // SAFETY: the caller's contract.
            data: unsafe { self.data.get() }?.into(),
        })
    }
}

impl quorate_raft_entries {
    /// # Safety
    /// As [`slice`], for the array and for each entry's data.
    pub(super) unsafe fn to_core(self) -> Result<Vec<raft::Entry>, quorate_status> {
        // SAFETY: the caller's contract.
        unsafe { each(self.data, self.len, |entry| entry.to_core()) }
    }
}

impl quorate_raft_hard_state {
    pub(super) fn to_core(self) -> raft::HardState {
        raft::HardState {
            term: self.term,
            vote: self.vote,
            commit: self.commit,
        }
    }
}

impl quorate_raft_conf_state {
    /// # Safety
    /// As [`slice`], for each of its views.
    pub(super) unsafe fn to_core(self) -> Result<raft::ConfState, quorate_status> {
        // SAFETY: the caller's contract, for all four.
        unsafe {
            Ok(raft::ConfState {
                voters: self.voters.to_core()?,
                learners: self.learners.to_core()?,
                voters_outgoing: self.voters_outgoing.to_core()?,
                learners_next: self.learners_next.to_core()?,
                auto_leave: self.auto_leave != 0,
            })
        }
    }
}

impl quorate_raft_snapshot {
    /// # Safety
    /// As [`slice`], for each of its views.
    pub(super) unsafe fn to_core(self) -> Result<raft::Snapshot, quorate_status> {
        Ok(raft::Snapshot {
            // SAFETY: the caller's contract.
            data: unsafe { self.data.get() }?.into(),
            metadata: raft::SnapshotMetadata {
                // SAFETY: the caller's contract.
                conf_state: unsafe { self.conf_state.to_core() }?,
                index: self.index,
                term: self.term,
            },
        })
    }
}

impl quorate_raft_message {
    /// # Safety
    /// As [`slice`], for each of its views; `snapshot` is NULL or readable.
    pub(super) unsafe fn to_core(self) -> Result<raft::Message, quorate_status> {
        let snapshot = if self.snapshot.is_null() {
            None
        } else {
            // SAFETY: the caller's contract.
            Some(Box::new(unsafe { needed(self.snapshot)?.to_core() }?))
        };
        Ok(raft::Message {
            kind: raft::MessageKind::from_number(self.kind.into()).ok_or(QUORATE_ERR_INVALID_ARGUMENT)?,
            to: self.to,
            from: self.from,
            term: self.term,
            log_term: self.log_term,
            index: self.index,
            // SAFETY: the caller's contract.
            entries: unsafe { self.entries.to_core() }?,
            commit: self.commit,
            commit_term: self.commit_term,
            vote: self.vote,
            snapshot,
            reject: self.reject != 0,
            reject_hint: self.reject_hint,
            // SAFETY: the caller's contract.
            context: unsafe { self.context.get() }?.to_vec(),
            priority: self.priority,
            request_snapshot: self.request_snapshot,
            responses: Vec::new(),
        })
    }
}

impl quorate_raft_conf_change_single {
    pub(super) fn to_core(self) -> Result<raft::ConfChangeSingle, quorate_status> {
        Ok(raft::ConfChangeSingle {
            kind: raft::ConfChangeKind::from_number(self.kind.into()).ok_or(QUORATE_ERR_INVALID_ARGUMENT)?,
            node_id: self.node_id,
        })
    }
}

impl quorate_raft_conf_change {
    /// # Safety
    /// As [`slice`], for the array and the context.
    pub(super) unsafe fn to_core(self) -> Result<raft::ConfChangeV2, quorate_status> {
        let transition = raft::ConfChangeTransition::from_number(self.transition.into());
        Ok(raft::ConfChangeV2 {
            transition: transition.ok_or(QUORATE_ERR_INVALID_ARGUMENT)?,
            // SAFETY: the caller's contract.
            changes: unsafe { each(self.changes, self.count, |single| single.to_core()) }?,
            // SAFETY: the caller's contract.
            context: unsafe { self.context.get() }?.to_vec(),
        })
    }
}

// ---- names

fn message_kind_name(kind: raft::MessageKind) -> &'static CStr {
    use raft::MessageKind as K;

    match kind {
        K::Hup => c"hup",
        K::Beat => c"beat",
        K::Prop => c"prop",
        K::App => c"app",
        K::AppResp => c"app_resp",
        K::Vote => c"vote",
        K::VoteResp => c"vote_resp",
        K::Snap => c"snap",
        K::Heartbeat => c"heartbeat",
        K::HeartbeatResp => c"heartbeat_resp",
        K::Unreachable => c"unreachable",
        K::SnapStatus => c"snap_status",
        K::CheckQuorum => c"check_quorum",
        K::TransferLeader => c"transfer_leader",
        K::TimeoutNow => c"timeout_now",
        K::ReadIndex => c"read_index",
        K::ReadIndexResp => c"read_index_resp",
        K::PreVote => c"pre_vote",
        K::PreVoteResp => c"pre_vote_resp",
        K::StorageAppend => c"storage_append",
        K::StorageAppendResp => c"storage_append_resp",
        K::StorageApply => c"storage_apply",
        K::StorageApplyResp => c"storage_apply_resp",
        K::ForgetLeader => c"forget_leader",
    }
}

/// The name of a quorate_raft_message_kind in snake case, such as "app_resp"; "unlisted" if there is none of that number. Never
/// NULL, valid for ever.
#[unsafe(no_mangle)]
pub extern "C" fn quorate_raft_message_kind_str(kind: u32) -> *const c_char {
    boundary::guard(|| {
        raft::MessageKind::from_number(kind.into())
            .map_or(c"unlisted", message_kind_name)
            .as_ptr()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The header's numbers are the core's, and so are the names, but for the case.
    #[test]
    fn numbers_and_names_are_those_of_the_core() {
        let source = include_str!("message.rs");
        let mut seen = 0;
        for line in source.lines().map(str::trim) {
            let Some((name, number)) = line
                .strip_prefix("QUORATE_RAFT_MSG_")
                .and_then(|rest| rest.split_once(" = "))
            else {
                continue;
            };
            let number: u64 = number.trim_end_matches(',').parse().unwrap();
            let kind = raft::MessageKind::from_number(number).unwrap();
            assert_eq!(name.replace('_', ""), format!("{kind:?}").to_uppercase());
            assert_eq!(message_kind_name(kind).to_str().unwrap(), name.to_lowercase());
            seen += 1;
        }
        assert_eq!(seen, 24);
        assert_eq!(raft::MessageKind::from_number(seen), None);
        assert_eq!(QUORATE_RAFT_NONE, raft::NONE);
        assert_eq!(QUORATE_RAFT_APPEND_THREAD, raft::APPEND_THREAD);
        assert_eq!(QUORATE_RAFT_APPLY_THREAD, raft::APPLY_THREAD);
    }
}
