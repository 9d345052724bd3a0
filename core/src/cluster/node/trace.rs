//! What a node can say of its reasons.

use alloc::string::String;

use super::machine::Millis;
use super::output::ClusterState;
use crate::cluster::bus::NodeId;

/// Why something happened, or did not.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(tag = "kind", rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Trace {
    /// A node's first pong came, so that its name is known.
    HandshakeCompleted {
        /// Who it is.
        node: NodeId,
    },
    /// A node is a member from now on: somebody who is known spoke of it.
    NodeAdded {
        /// Who it is.
        node: NodeId,
        /// Who spoke of it.
        by: NodeId,
    },
    /// A node is no member any more.
    NodeRemoved {
        /// Who it was.
        node: NodeId,
    },
    /// A node is elsewhere from now on.
    AddressChanged {
        /// Which.
        node: NodeId,
        /// Where it is.
        ip: String,
        /// Its port for clients.
        port: u16,
    },
    /// A node has been silent for too long (PFAIL).
    Suspected {
        /// Which.
        node: NodeId,
        /// For how long.
        silent_ms: Millis,
    },
    /// A node that was suspected answered.
    SuspicionCleared {
        /// Which.
        node: NodeId,
    },
    /// A master says for the first time that it cannot reach a node.
    FailureReported {
        /// Which.
        node: NodeId,
        /// Who says so.
        by: NodeId,
    },
    /// A master that said so has taken it back.
    ReportWithdrawn {
        /// About which node.
        node: NodeId,
        /// Who.
        by: NodeId,
    },
    /// A node is suspected, and too few others say so too.
    FailureNotAgreed {
        /// Which.
        node: NodeId,
        /// How many say so, this one included if it counts.
        reports: u32,
        /// How many would do.
        needed: u32,
    },
    /// A node failed (FAIL).
    Failed {
        /// Which.
        node: NodeId,
        /// Who said so; `None` if this node found enough reports.
        by: Option<NodeId>,
        /// How many reports there were.
        reports: u32,
    },
    /// A node that failed is well again.
    FailureCleared {
        /// Which.
        node: NodeId,
    },
    /// The cluster works, or is down.
    StateChanged {
        /// Which of both.
        state: ClusterState,
        /// How many masters with slots can be reached.
        reachable: u32,
        /// How many there are.
        size: u32,
    },
    /// An election has been planned.
    ElectionScheduled {
        /// In how many milliseconds it begins.
        delay_ms: Millis,
        /// How many replicas are further than this one.
        rank: u32,
        /// How far this one is.
        offset: u64,
    },
    /// A replica that is further has been heard of since.
    RankGrew {
        /// How many there are now.
        rank: u32,
        /// How much later the election begins.
        added_ms: Millis,
    },
    /// Votes are asked for.
    ElectionStarted {
        /// In which epoch.
        epoch: u64,
        /// How many are needed.
        needed: u32,
    },
    /// A vote came.
    VoteReceived {
        /// Whose.
        from: NodeId,
        /// How many there are.
        votes: u32,
    },
    /// A vote came that does not count: it is old, or of a node that has none.
    VoteIgnored {
        /// Whose.
        from: NodeId,
    },
    /// Enough votes came.
    ElectionWon {
        /// In which epoch.
        epoch: u64,
        /// How many.
        votes: u32,
    },
    /// Another won meanwhile, so that this election begins anew (Valkey).
    ElectionOvertaken {
        /// Who.
        by: NodeId,
        /// In which epoch.
        epoch: u64,
    },
    /// A replica does not take its master's place at present.
    CannotFailOver {
        /// Why not.
        reason: CannotFailOver,
    },
    /// A vote was given.
    VoteGranted {
        /// To whom.
        to: NodeId,
        /// In which epoch.
        epoch: u64,
    },
    /// A vote was refused.
    VoteRefused {
        /// To whom.
        to: NodeId,
        /// Why.
        reason: VoteRefusal,
    },
    /// The node has another config epoch.
    ConfigEpochChanged {
        /// Which.
        epoch: u64,
        /// Another had the same, and gives no way.
        collided_with: Option<NodeId>,
    },
    /// Slots changed their owner.
    SlotsMoved {
        /// To whom.
        to: NodeId,
        /// In which epoch.
        epoch: u64,
        /// How many.
        count: u32,
    },
    /// A node was told that another owns what it claims.
    UpdateSent {
        /// Who was told.
        to: NodeId,
        /// Who owns it.
        about: NodeId,
    },
    /// The node replicates another from now on.
    ReplicaOf {
        /// Which.
        node: NodeId,
    },
    /// A replica comes to a master that has none.
    Migrated {
        /// To which.
        to: NodeId,
    },
    /// A manual failover began.
    ManualFailoverStarted,
    /// The master has stopped writing, at this offset.
    ManualFailoverOffset {
        /// Up to where to read.
        offset: u64,
    },
    /// All of the master's stream has been read.
    ManualFailoverReady,
    /// A manual failover took too long.
    ManualFailoverTimedOut,
}

/// Why a replica does not take its master's place at present (`clusterLogCantFailover`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum CannotFailOver {
    /// It has been without its master for too long.
    DataAge,
    /// Its time has not come.
    WaitingDelay,
    /// Its time is over.
    Expired,
    /// Too few votes came.
    WaitingVotes,
}

/// Why a vote was refused (`clusterSendFailoverAuthIfNeeded`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(tag = "code", rename_all = "snake_case"))]
#[non_exhaustive]
pub enum VoteRefusal {
    /// This node is no master with slots, and has no vote.
    NotVoting,
    /// The request is of an epoch that is over.
    OldEpoch {
        /// Of which.
        requested: u64,
        /// Which it is.
        current: u64,
    },
    /// The vote of this epoch is given.
    AlreadyVoted {
        /// In which.
        epoch: u64,
    },
    /// A master asks.
    IsMaster,
    /// It is not known whose replica asks.
    UnknownMaster,
    /// Its master has not failed, and the request does not insist.
    MasterIsUp,
    /// A replica of that master got a vote not long ago.
    TooSoon {
        /// How long it takes until another can.
        wait_ms: Millis,
    },
    /// A slot that it claims has an owner with a greater config epoch.
    StaleSlots {
        /// Which.
        slot: u16,
        /// The owner's.
        owner_epoch: u64,
        /// The claimed one.
        requested_epoch: u64,
    },
}

impl VoteRefusal {
    /// A stable name, the same in every binding.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotVoting => "not_voting",
            Self::OldEpoch { .. } => "old_epoch",
            Self::AlreadyVoted { .. } => "already_voted",
            Self::IsMaster => "is_master",
            Self::UnknownMaster => "unknown_master",
            Self::MasterIsUp => "master_is_up",
            Self::TooSoon { .. } => "too_soon",
            Self::StaleSlots { .. } => "stale_slots",
        }
    }
}
