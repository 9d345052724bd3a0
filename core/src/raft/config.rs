//! What a node is made with.

use super::message::{
    APPEND_THREAD, APPLY_THREAD, ConfState, Entry, HardState, NONE, NodeId, Snapshot, SnapshotMetadata,
};
use super::saved::saved;

/// How a read is made linearizable (§6.4 of the dissertation).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum ReadOnly {
    /// By asking a quorum whether the leader still leads.
    #[default]
    Safe,
    /// By the leader's lease. It relies on clocks that do not drift far, and needs [`Config::check_quorum`].
    LeaseBased,
}

/// Settings of a node. [`Config::new`] gives the defaults.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Config {
    /// What the node is called: not 0, and none of the two thread ids.
    pub id: NodeId,
    /// Where its randomness comes from. Nodes of one group should differ.
    pub seed: u64,
    /// Ticks without word from a leader after which a follower stands for election: a number drawn from here to twice as many,
    /// less one. Default 10; more than `heartbeat_tick`.
    pub election_tick: u64,
    /// Ticks between heartbeats. Default 1.
    pub heartbeat_tick: u64,
    /// Ask before standing for election, so that a node which was cut off does not disturb (§9.6). Default off.
    pub pre_vote: bool,
    /// Step down when a quorum was not heard of for an election timeout, and ignore candidates while a leader is heard of
    /// (§6.2). Default off.
    pub check_quorum: bool,
    /// How reads are made linearizable. Default [`ReadOnly::Safe`].
    pub read_only: ReadOnly,
    /// Refuse proposals on followers instead of forwarding them. Default off.
    pub disable_proposal_forwarding: bool,
    /// Let changes of membership through unchecked: something above makes sure of them. Default off.
    pub disable_conf_change_validation: bool,
    /// A leader that is removed or becomes a learner follows at once. Default off: it leads until another is elected.
    pub step_down_on_removal: bool,
    /// The most bytes of entries in one message; at least one entry is sent. 0 sends one entry a message. Default 1 MiB.
    pub max_size_per_msg: u64,
    /// The most messages to a member that are not acknowledged. Default 256; at least 1.
    pub max_inflight_msgs: usize,
    /// The most bytes of entries to a member that are not acknowledged; 0 for no bound, else at least `max_size_per_msg`.
    /// Default 0.
    pub max_inflight_bytes: u64,
    /// The most bytes of commands that a leader takes before they are committed; 0 for no bound. Default 0.
    pub max_uncommitted_size: u64,
    /// The most bytes of entries that are handed out to be applied and are not yet; 0 for `max_size_per_msg`. Default 0.
    pub max_committed_size: u64,
    /// Let what is appended in one go leave in one message for each member, when outputs are drained. Default on; off, messages
    /// are those of etcd one by one.
    pub coalesce_appends: bool,
    /// How much the node should rather lead than others: a voter refuses a candidate of lower priority, unless its log is
    /// longer. Of raft-rs. Default 0.
    pub priority: i64,
    /// Let votes carry how far the log is committed, so that a new leader knows sooner. Of raft-rs. Default off.
    pub commit_by_vote: bool,
    /// Commit only what voters of two groups have. Of raft-rs. Default off.
    pub group_commit: bool,
    /// Emit [`Trace`](super::Trace) events. Default off.
    pub trace: bool,
}

impl Config {
    /// The defaults, for a node of that name and randomness.
    pub fn new(id: NodeId, seed: u64) -> Self {
        Self {
            id,
            seed,
            election_tick: 10,
            heartbeat_tick: 1,
            pre_vote: false,
            check_quorum: false,
            read_only: ReadOnly::Safe,
            disable_proposal_forwarding: false,
            disable_conf_change_validation: false,
            step_down_on_removal: false,
            max_size_per_msg: 1 << 20,
            max_inflight_msgs: 256,
            max_inflight_bytes: 0,
            max_uncommitted_size: 0,
            max_committed_size: 0,
            coalesce_appends: true,
            priority: 0,
            commit_by_vote: false,
            group_commit: false,
            trace: false,
        }
    }

    /// Says what is wrong, if anything is.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn validate(&self) -> Result<(), ConfigError> {
        if self.id == NONE || self.id == APPEND_THREAD || self.id == APPLY_THREAD {
            Err(ConfigError::Id)
        } else if self.heartbeat_tick == 0 {
            Err(ConfigError::HeartbeatTick)
        } else if self.election_tick <= self.heartbeat_tick || self.election_tick > u64::MAX / 4 {
            Err(ConfigError::ElectionTick)
        } else if self.max_inflight_msgs == 0 {
            Err(ConfigError::MaxInflightMsgs)
        } else if self.max_inflight_bytes != 0 && self.max_inflight_bytes < self.max_size_per_msg {
            Err(ConfigError::MaxInflightBytes)
        } else if self.read_only == ReadOnly::LeaseBased && !self.check_quorum {
            Err(ConfigError::LeaseWithoutCheckQuorum)
        } else {
            Ok(())
        }
    }

    pub(super) fn applying_limit(&self) -> u64 {
        match self.max_committed_size {
            0 => self.max_size_per_msg.max(1),
            limit => limit,
        }
    }
}

/// A setting that is outside its range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// `id` is reserved.
    #[error("id must not be 0, 2^64 - 1 or 2^64 - 2")]
    Id,
    /// `heartbeat_tick` is 0.
    #[error("heartbeat_tick must be at least 1")]
    HeartbeatTick,
    /// `election_tick` is not above `heartbeat_tick`, or is absurd.
    #[error("election_tick must be more than heartbeat_tick")]
    ElectionTick,
    /// `max_inflight_msgs` is 0.
    #[error("max_inflight_msgs must be at least 1")]
    MaxInflightMsgs,
    /// `max_inflight_bytes` is below `max_size_per_msg`.
    #[error("max_inflight_bytes must be 0 or at least max_size_per_msg")]
    MaxInflightBytes,
    /// Lease reads without a lease.
    #[error("lease based reads need check_quorum")]
    LeaseWithoutCheckQuorum,
}

/// What a node finds when it starts.
///
/// - [`Stored::group`]: the first members of a new group.
/// - [`Stored::default`], which is nothing at all: a member that is added to a group later. It waits for a snapshot that names it.
///   If there is none, the leader asks for one with [`Output::Fetch`](super::Output::Fetch).
/// - What was persisted: a member that starts again, whichever of the two it began with.
///
/// A group may also begin without a snapshot, as etcd's `Bootstrap` has it: `conf_state` names the voters, and everything else is
/// empty. Then a member that is added later must be given the same `conf_state`. From nothing, it would be sent a log that does
/// not say who was there first, and would believe itself alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Stored {
    /// The last hard state that was made durable. Its commit index may be below the snapshot, if a crash came between the two
    /// writes; beyond the last entry it is refused, for then entries were lost that this node said it has.
    pub hard_state: HardState,
    /// The members as of what is applied.
    pub conf_state: ConfState,
    /// The last snapshot; empty if there is none.
    pub snapshot: Snapshot,
    /// The durable entries that follow it.
    pub entries: alloc::vec::Vec<Entry>,
    /// How far the state machine is; at least the snapshot.
    pub applied: u64,
}

impl Stored {
    /// A new group of these voters, for each of its first members. It begins with a snapshot of the empty state machine at index
    /// 1 and term 1, which names the voters and whose `data` is empty. The first leader is elected in term 2, its empty entry has
    /// index 2, and the first command index 3.
    ///
    /// Who joins later may start so too, if it knows the first voters. If it does not, it lacks that snapshot, and must be sent one
    /// before anything else: so it cannot take the group for another.
    pub fn group(voters: &[NodeId]) -> Self {
        let conf_state = ConfState {
            voters: voters.to_vec(),
            ..ConfState::default()
        };
        let metadata = SnapshotMetadata {
            conf_state,
            index: 1,
            term: 1,
        };
        Self {
            hard_state: HardState {
                term: 1,
                vote: NONE,
                commit: 1,
            },
            ..Self::snapshot(Snapshot {
                data: Default::default(),
                metadata,
            })
        }
    }

    /// A snapshot and nothing behind it.
    pub fn snapshot(snapshot: Snapshot) -> Self {
        Self {
            conf_state: snapshot.metadata.conf_state.clone(),
            applied: snapshot.metadata.index,
            snapshot,
            ..Self::default()
        }
    }
}

saved!(enum ReadOnly { 0 => Safe, 1 => LeaseBased });
saved!(struct Config {
    id, seed, election_tick, heartbeat_tick, pre_vote, check_quorum, read_only, disable_proposal_forwarding,
    disable_conf_change_validation, step_down_on_removal, max_size_per_msg, max_inflight_msgs, max_inflight_bytes,
    max_uncommitted_size, max_committed_size, coalesce_appends, priority, commit_by_vote, group_commit, trace
});
