//! What must hold of a world after every event, and what shows that it does not.

use alloc::string::String;
use alloc::vec::Vec;

/// What must hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Invariant {
    /// At most one leader is elected in a term.
    ElectionSafety,
    /// A leader never overwrites or removes entries of its log.
    LeaderAppendOnly,
    /// Logs that have an entry of the same index and term are the same up to there.
    LogMatching,
    /// What was committed is in the log of every leader of a later term.
    LeaderCompleteness,
    /// No two nodes apply different entries at the same index.
    StateMachineSafety,
    /// A node's commit index never goes back while it runs, and never beyond its log.
    CommitMonotone,
    /// A node votes for one candidate in a term, across restarts too.
    OneVote,
    /// What clients were answered is what one register would have answered, one after the other.
    Linearizable,
    /// All nodes go through the same memberships, and any two quorums of one and the next meet.
    ConfigurationSafety,
    /// No node is told what cannot be, and what is written is what is read.
    Fence,
    /// At most one sentinel is elected to lead the failover of a master in an epoch.
    OneLeader,
    /// No two sentinels hold different servers for the master of a group as of the same epoch.
    ConfigAgreement,
    /// Every write that the ledger says is lost was acknowledged and is gone, and every such write it says is lost.
    LedgerTruth,
    /// A server that must have replicas takes no write when it has long heard of too few.
    BoundedLoss,
}

impl Invariant {
    /// A stable name, the same in every binding.
    pub fn name(self) -> &'static str {
        match self {
            Self::ElectionSafety => "election-safety",
            Self::LeaderAppendOnly => "leader-append-only",
            Self::LogMatching => "log-matching",
            Self::LeaderCompleteness => "leader-completeness",
            Self::StateMachineSafety => "state-machine-safety",
            Self::CommitMonotone => "commit-monotone",
            Self::OneVote => "one-vote",
            Self::Linearizable => "linearizable",
            Self::ConfigurationSafety => "configuration-safety",
            Self::Fence => "fence",
            Self::OneLeader => "one-leader",
            Self::ConfigAgreement => "config-agreement",
            Self::LedgerTruth => "ledger-truth",
            Self::BoundedLoss => "bounded-loss",
        }
    }
}

/// Something that does not hold, and who and what shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Violation {
    /// What does not hold.
    pub invariant: Invariant,
    /// The nodes that show it.
    pub nodes: Vec<u64>,
    /// The term that it is about, or 0.
    pub term: u64,
    /// The index that it is about, or 0.
    pub index: u64,
    /// In words.
    pub text: String,
}
