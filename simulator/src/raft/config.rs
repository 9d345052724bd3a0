//! The settings of a Raft group.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::config::Config;
use crate::error::Error;
use crate::kind::Setup;
use crate::settings::{number, settings, switch};

/// How the clients' reads are answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reads {
    /// By asking a quorum whether the leader still leads (§6.4 of Ongaro's dissertation).
    Index,
    /// By the leader's lease (§6.4.1). It needs `check-quorum`.
    Lease,
    /// By an entry in the log.
    Log,
    /// By whoever is asked, from what it has: not linearizable.
    Local,
}

/// A rule that can be broken, to see which invariant it keeps.
#[cfg(feature = "broken-rules")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Broken {
    /// One of the node's own rules.
    Node(quorate::raft::BrokenRule),
    /// The vote is not read back after a restart.
    ForgetVote,
}

#[cfg(feature = "broken-rules")]
impl Broken {
    /// All of them, by name.
    pub const ALL: [(&'static str, Self); 9] = {
        use quorate::raft::BrokenRule as Rule;
        [
            ("commit-old-term", Self::Node(Rule::CommitOldTerm)),
            ("vote-without-log-check", Self::Node(Rule::VoteWithoutLogCheck)),
            ("forget-vote", Self::ForgetVote),
            ("commit-on-half", Self::Node(Rule::CommitOnHalf)),
            ("switch-directly", Self::Node(Rule::SwitchDirectly)),
            ("read-without-asking", Self::Node(Rule::ReadWithoutAsking)),
            ("append-unmatched", Self::Node(Rule::AppendUnmatched)),
            ("leader-rewrites", Self::Node(Rule::LeaderRewrites)),
            ("commit-goes-back", Self::Node(Rule::CommitGoesBack)),
        ]
    };
}

settings! {
    /// The settings of a Raft group. [`RaftConfig::default`] gives a group of five.
    RaftConfig {
        /// How many machines form the group at first: 1 to 9.
        "nodes" nodes: u64, number = 5;
        /// How many more machines run that are not in the group yet.
        "spares" spares: u64, number = 0;
        /// Ticks without word from a leader after which a follower stands for election: from here to twice as many, less one.
        "election-ticks" election_ticks: u64, number = 15;
        /// Ticks between heartbeats.
        "heartbeat-ticks" heartbeat_ticks: u64, number = 5;
        /// Whether machines stand for election of themselves; off, only when told to.
        "timers" timers: bool, switch = true;
        /// Ask before standing for election (§9.6).
        "prevote" prevote: bool, switch = false;
        /// Step down without a quorum, and ignore candidates while there is a leader (§6.2).
        "check-quorum" check_quorum: bool, switch = false;
        /// A leader that is removed follows at once.
        "step-down-on-removal" step_down_on_removal: bool, switch = false;
        /// Followers send proposals on to the leader; off, they refuse them.
        "forwarding" forwarding: bool, switch = true;
        /// How the clients' reads are answered.
        "reads" reads: Reads, reads = Reads::Index;
        /// The most bytes of entries in one message.
        "max-message-size" max_message_size: u64, number = 1 << 20;
        /// The most messages to a member that are not acknowledged.
        "max-inflight" max_inflight: u64, number = 256;
        /// After how many applied entries a machine takes a snapshot; 0 for never.
        "snapshot-every" snapshot_every: u64, number = 0;
        /// How many entries before its snapshot a machine keeps.
        "snapshot-keep" snapshot_keep: u64, number = 2;
        /// Messages go through the bytes of the wire.
        "wire" wire: bool, switch = false;
        /// Machines know a request that they have seen (§6.3).
        "sessions" sessions: bool, switch = true;
    }
    and {
        /// The rules that are broken. None of them.
        #[cfg(feature = "broken-rules")]
        broken: Vec<Broken> = Vec::new();
    }
}

impl RaftConfig {
    pub(crate) fn set(&mut self, name: &str, value: &str) -> Result<(), Error> {
        self.set_own(name, value)
    }

    pub(crate) fn all(&self) -> Vec<(&'static str, String)> {
        self.own()
    }

    pub(crate) fn validate(&self) -> Result<(), Error> {
        let reason = if self.nodes == 0 || self.nodes.saturating_add(self.spares) > MAX_NODES {
            "nodes and spares together must be 1 to 9"
        } else if self.reads == Reads::Lease && !self.check_quorum {
            "lease reads need check-quorum"
        } else if self.election_ticks <= self.heartbeat_ticks || self.heartbeat_ticks == 0 {
            "election-ticks must be more than heartbeat-ticks, and those at least 1"
        } else if self.election_ticks > 1_000_000 {
            "election-ticks must be at most 1000000"
        } else if self.max_inflight == 0 {
            "max-inflight must be at least 1"
        } else {
            return Ok(());
        };
        Err(Error::InvalidConfig(reason))
    }

    /// All machines, in the group or not.
    pub(crate) fn machines(&self) -> u64 {
        self.nodes + self.spares
    }

    /// Breaks the rule of that name.
    ///
    /// # Errors
    /// [`Error::UnknownRule`]; [`Error::BrokenRulesAbsent`] where none can be broken.
    pub fn break_rule(&mut self, name: &str) -> Result<(), Error> {
        #[cfg(feature = "broken-rules")]
        {
            let rule = Broken::ALL.iter().find(|(known, _)| *known == name);
            let (_, rule) = rule.ok_or_else(|| Error::UnknownRule(name.to_string()))?;
            if !self.broken.contains(rule) {
                self.broken.push(*rule);
            }
            Ok(())
        }
        #[cfg(not(feature = "broken-rules"))]
        Err(Error::BrokenRulesAbsent(name.to_string()))
    }

    pub(crate) fn broken_rules(&self) -> Vec<&'static str> {
        #[cfg(feature = "broken-rules")]
        {
            let broken = Broken::ALL.iter().filter(|(_, rule)| self.broken.contains(rule));
            broken.map(|(name, _)| *name).collect()
        }
        #[cfg(not(feature = "broken-rules"))]
        Vec::new()
    }
}

/// The most machines of a world: invariants look at all subsets of voters.
const MAX_NODES: u64 = 9;

/// A world whose network, clients and clocks are as ever.
impl From<RaftConfig> for Config {
    fn from(config: RaftConfig) -> Self {
        Self {
            setup: Setup::Raft(config),
            ..Self::default()
        }
    }
}

mod reads {
    use super::*;

    const NAMES: [(&str, Reads); 4] = [
        ("index", Reads::Index),
        ("lease", Reads::Lease),
        ("log", Reads::Log),
        ("local", Reads::Local),
    ];

    pub(super) fn parse(text: &str) -> Option<Reads> {
        NAMES.iter().find(|(name, _)| *name == text).map(|(_, reads)| *reads)
    }

    pub(super) fn print(value: &Reads) -> String {
        let name = NAMES.iter().find(|(_, reads)| reads == value);
        name.map_or("index", |(name, _)| name).to_string()
    }
}
