//! What a node is made with.

use quorate::raft;

use super::message::*;
use crate::boundary;
use crate::bytes::slice;
use crate::error::*;
use crate::handle::put;

/// How a read is made linearizable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum quorate_raft_read_only {
    /// By asking a quorum whether the leader still leads.
    QUORATE_RAFT_READ_SAFE = 0,
    /// By the leader's lease. It relies on clocks that do not drift far, and needs check_quorum.
    QUORATE_RAFT_READ_LEASE_BASED = 1,
}

use quorate_raft_read_only::*;

/// Settings of a node, to be filled by quorate_raft_config_init before single ones are changed. Flags are 0 for no and anything
/// else for yes.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct quorate_raft_config {
    /// What the node is called: from 1 to 2^64 - 3.
    pub id: u64,
    /// Where its randomness comes from. Nodes of one group should differ.
    pub seed: u64,
    /// Ticks without word from a leader after which a follower stands for election: a number drawn from here to twice as many,
    /// less one. Default 10; more than heartbeat_tick.
    pub election_tick: u64,
    /// Ticks between heartbeats. Default 1.
    pub heartbeat_tick: u64,
    /// The most bytes of entries in one message; at least one entry is sent. 0 sends one entry a message. Default 1 MiB.
    pub max_size_per_msg: u64,
    /// The most messages to a member that are not acknowledged. Default 256; at least 1.
    pub max_inflight_msgs: u64,
    /// The most bytes of entries to a member that are not acknowledged; 0 for no bound, else at least max_size_per_msg.
    /// Default 0.
    pub max_inflight_bytes: u64,
    /// The most bytes of commands that a leader takes before they are committed; 0 for no bound. Default 0.
    pub max_uncommitted_size: u64,
    /// The most bytes of entries that are handed out to be applied and are not yet; 0 for max_size_per_msg. Default 0.
    pub max_committed_size: u64,
    /// How much the node should rather lead than others: a voter refuses a candidate of lower priority, unless its log is
    /// longer. Of raft-rs. Default 0.
    pub priority: i64,
    /// How reads are made linearizable: a quorate_raft_read_only. Default QUORATE_RAFT_READ_SAFE.
    pub read_only: u32,
    /// Ask before standing for election, so that a node which was cut off does not disturb. Default no.
    pub pre_vote: u8,
    /// Step down when a quorum was not heard of for an election timeout, and ignore candidates while a leader is heard of.
    /// Default no.
    pub check_quorum: u8,
    /// Refuse proposals on followers instead of forwarding them. Default no.
    pub disable_proposal_forwarding: u8,
    /// Let changes of membership through unchecked: something above makes sure of them. Default no.
    pub disable_conf_change_validation: u8,
    /// A leader that is removed or becomes a learner follows at once. Default no: it leads until another is elected.
    pub step_down_on_removal: u8,
    /// Let what is appended in one go leave in one message for each member, when outputs are polled. Default yes; if no, messages
    /// are those of etcd one by one.
    pub coalesce_appends: u8,
    /// Let votes carry how far the log is committed, so that a new leader knows sooner. Of raft-rs. Default no.
    pub commit_by_vote: u8,
    /// Commit only what voters of two groups have. Of raft-rs. Default no.
    pub group_commit: u8,
    /// Put out traces. Default no.
    pub trace: u8,
}

/// What a node finds when it starts: fill it with quorate_raft_stored_group for each first member of a new group, with
/// quorate_raft_stored_snapshot for what begins with a snapshot, or field by field with what was persisted. One that is all zero
/// is for a member that is added to a group later: it waits for a snapshot that names it.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct quorate_raft_stored {
    /// The last hard state that was made durable. Its commit index may be below the snapshot, if a crash came between the two
    /// writes; beyond the last entry it is refused, for then entries were lost that this node said it has.
    pub hard_state: quorate_raft_hard_state,
    /// The members as of what is applied: what quorate_raft_node_apply_conf_change gave last.
    pub conf_state: quorate_raft_conf_state,
    /// The last snapshot; its index is 0 if there is none.
    pub snapshot: quorate_raft_snapshot,
    /// The durable entries that follow it.
    pub entries: quorate_raft_entries,
    /// How far the state machine is; at least the snapshot.
    pub applied: u64,
}

impl quorate_raft_config {
    fn of(config: &raft::Config) -> Self {
        Self {
            id: config.id,
            seed: config.seed,
            election_tick: config.election_tick,
            heartbeat_tick: config.heartbeat_tick,
            max_size_per_msg: config.max_size_per_msg,
            max_inflight_msgs: config.max_inflight_msgs as u64,
            max_inflight_bytes: config.max_inflight_bytes,
            max_uncommitted_size: config.max_uncommitted_size,
            max_committed_size: config.max_committed_size,
            priority: config.priority,
            read_only: match config.read_only {
                raft::ReadOnly::Safe => QUORATE_RAFT_READ_SAFE as u32,
                raft::ReadOnly::LeaseBased => QUORATE_RAFT_READ_LEASE_BASED as u32,
            },
            pre_vote: config.pre_vote.into(),
            check_quorum: config.check_quorum.into(),
            disable_proposal_forwarding: config.disable_proposal_forwarding.into(),
            disable_conf_change_validation: config.disable_conf_change_validation.into(),
            step_down_on_removal: config.step_down_on_removal.into(),
            coalesce_appends: config.coalesce_appends.into(),
            commit_by_vote: config.commit_by_vote.into(),
            group_commit: config.group_commit.into(),
            trace: config.trace.into(),
        }
    }

    pub(super) fn to_core(self) -> Result<raft::Config, quorate_status> {
        Ok(raft::Config {
            id: self.id,
            seed: self.seed,
            election_tick: self.election_tick,
            heartbeat_tick: self.heartbeat_tick,
            pre_vote: self.pre_vote != 0,
            check_quorum: self.check_quorum != 0,
            read_only: match self.read_only {
                0 => raft::ReadOnly::Safe,
                1 => raft::ReadOnly::LeaseBased,
                _ => return Err(QUORATE_ERR_INVALID_ARGUMENT),
            },
            disable_proposal_forwarding: self.disable_proposal_forwarding != 0,
            disable_conf_change_validation: self.disable_conf_change_validation != 0,
            step_down_on_removal: self.step_down_on_removal != 0,
            max_size_per_msg: self.max_size_per_msg,
            // More messages than memory has places for are no bound.
            max_inflight_msgs: usize::try_from(self.max_inflight_msgs).unwrap_or(usize::MAX),
            max_inflight_bytes: self.max_inflight_bytes,
            max_uncommitted_size: self.max_uncommitted_size,
            max_committed_size: self.max_committed_size,
            coalesce_appends: self.coalesce_appends != 0,
            priority: self.priority,
            commit_by_vote: self.commit_by_vote != 0,
            group_commit: self.group_commit != 0,
            trace: self.trace != 0,
        })
    }
}

impl quorate_raft_stored {
    /// # Safety
    /// As [`slice`], for each of its views.
    pub(super) unsafe fn to_core(self) -> Result<raft::Stored, quorate_status> {
        // SAFETY: the caller's contract, for all three.
        unsafe {
            Ok(raft::Stored {
                hard_state: self.hard_state.to_core(),
                conf_state: self.conf_state.to_core()?,
                snapshot: self.snapshot.to_core()?,
                entries: self.entries.to_core()?,
                applied: self.applied,
            })
        }
    }

    /// The same as the core's, which has no entries; members are told of by the caller's own views.
    fn of(stored: &raft::Stored, members: quorate_raft_conf_state, data: crate::bytes::quorate_bytes) -> Self {
        let of_snapshot = if stored.snapshot.is_empty() {
            quorate_raft_conf_state::of(&raft::ConfState::default())
        } else {
            members
        };
        Self {
            hard_state: quorate_raft_hard_state::of(stored.hard_state),
            conf_state: members,
            snapshot: quorate_raft_snapshot {
                index: stored.snapshot.metadata.index,
                term: stored.snapshot.metadata.term,
                conf_state: of_snapshot,
                data,
            },
            entries: quorate_raft_entries {
                data: core::ptr::null(),
                len: 0,
            },
            applied: stored.applied,
        }
    }
}

/// Fills in the defaults, for a node of that name and randomness.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_raft_config_init(
    config: *mut quorate_raft_config,
    id: u64,
    seed: u64,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        unsafe { put(config, quorate_raft_config::of(&raft::Config::new(id, seed))) }?;
        Ok(QUORATE_OK)
    })
}

/// Fills in a new group of these voters, for each of its first members: it begins with a snapshot of the empty state machine at
/// index 1 and term 1, which names the voters. The first leader is elected in term 2, its empty entry has index 2, and the first
/// command index 3. `stored` points to `voters` from then on.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_raft_stored_group(
    stored: *mut quorate_raft_stored,
    voters: *const u64,
    count: usize,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let voters = unsafe { slice(voters, count) }?;
        let members = quorate_raft_conf_state {
            voters: quorate_raft_ids::of(voters),
            ..quorate_raft_conf_state::of(&raft::ConfState::default())
        };
        let group = quorate_raft_stored::of(
            &raft::Stored::group(voters),
            members,
            crate::bytes::quorate_bytes::of(&[]),
        );
        // SAFETY: the caller's contract.
        unsafe { put(stored, group) }?;
        Ok(QUORATE_OK)
    })
}

/// Fills in a snapshot, applied, and nothing behind it. `stored` points to what `snapshot` points to from then on.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_raft_stored_snapshot(
    stored: *mut quorate_raft_stored,
    snapshot: *const quorate_raft_snapshot,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let snapshot = unsafe { needed(snapshot) }?;
        // SAFETY: the caller's contract.
        let of_core = raft::Stored::snapshot(unsafe { snapshot.to_core() }?);
        let found = quorate_raft_stored::of(&of_core, snapshot.conf_state, snapshot.data);
        // SAFETY: the caller's contract.
        unsafe { put(stored, found) }?;
        Ok(QUORATE_OK)
    })
}
