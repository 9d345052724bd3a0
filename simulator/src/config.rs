//! What a world is made with. Every setting has a name, by which scripts set it.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::error::Error;
use crate::time::{MILLISECOND, Time, parse_time, print_time};

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

macro_rules! settings {
    ($($(#[doc = $doc:literal])+ $name:literal $field:ident: $type:ty, $kind:ident = $default:expr;)+) => {
        /// Settings of a world. [`Config::default`] gives a group of five on a local network, all of whose parts work.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct Config {
            $($(#[doc = $doc])+ pub $field: $type,)+
            /// The rules that are broken. None of them.
            #[cfg(feature = "broken-rules")]
            pub broken: Vec<Broken>,
        }

        impl Default for Config {
            fn default() -> Self {
                Self {
                    $($field: $default,)+
                    #[cfg(feature = "broken-rules")]
                    broken: Vec::new(),
                }
            }
        }

        impl Config {
            /// The names of all settings.
            pub const NAMES: &'static [&'static str] = &[$($name),+];

            /// Sets the setting of that name.
            ///
            /// # Errors
            /// [`Error::UnknownSetting`], [`Error::InvalidValue`].
            pub fn set(&mut self, name: &str, value: &str) -> Result<(), Error> {
                let invalid = || Error::InvalidValue { name: name.to_string(), value: value.to_string() };
                match name {
                    $($name => self.$field = $kind::parse(value).ok_or_else(invalid)?,)+
                    _ => return Err(Error::UnknownSetting(name.to_string())),
                }
                Ok(())
            }

            /// The settings that differ from the default, by name, as [`set`](Self::set) reads them.
            pub fn changes(&self) -> Vec<(&'static str, String)> {
                let default = Self::default();
                let mut changes = Vec::new();
                $(if self.$field != default.$field {
                    changes.push(($name, $kind::print(&self.$field)));
                })+
                changes
            }
        }
    };
}

settings! {
    /// Where all randomness comes from.
    "seed" seed: u64, number = 1;
    /// How many machines form the group at first: 1 to 9.
    "nodes" nodes: u64, number = 5;
    /// How many more machines run that are not in the group yet.
    "spares" spares: u64, number = 0;
    /// The time between two ticks of a machine's clock.
    "tick" tick: Time, time = 10 * MILLISECOND;
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
    /// The least time that a message takes.
    "latency" latency: Time, time = 5 * MILLISECOND;
    /// How much more it may take.
    "jitter" jitter: Time, time = 10 * MILLISECOND;
    /// How many messages are lost.
    "loss" loss: u64, share = 0;
    /// How many messages arrive twice.
    "duplicates" duplicates: u64, share = 0;
    /// How many messages are held up, so that others overtake them.
    "reordering" reordering: u64, share = 0;
    /// By how much at the most.
    "reordering-delay" reordering_delay: Time, time = 100 * MILLISECOND;
    /// Messages go through the bytes of the wire.
    "wire" wire: bool, switch = false;
    /// How long a write takes to be durable.
    "disk" disk: Time, time = MILLISECOND;
    /// How much longer it may take.
    "disk-jitter" disk_jitter: Time, time = 0;
    /// A crash in the middle of writes may leave any first part of them; off, it leaves none.
    "torn-writes" torn_writes: bool, switch = true;
    /// How many clients put, append and get of themselves, all the time.
    "clients" clients: u64, number = 0;
    /// How many keys they share.
    "keys" keys: u64, number = 2;
    /// How long a client waits between two operations, at the most.
    "think" think: Time, time = 50 * MILLISECOND;
    /// How long a client waits for an answer.
    "client-timeout" timeout: Time, time = 300 * MILLISECOND;
    /// How often a client tries again, elsewhere, before it gives up.
    "retries" retries: u64, number = 3;
    /// Machines know a request that they have seen (§6.3).
    "sessions" sessions: bool, switch = true;
}

impl Config {
    /// Says what is wrong, if anything is.
    ///
    /// # Errors
    /// [`Error::InvalidConfig`].
    pub fn validate(&self) -> Result<(), Error> {
        let reason = if self.nodes == 0 || self.nodes.saturating_add(self.spares) > MAX_NODES {
            "nodes and spares together must be 1 to 9"
        } else if self.clients > MAX_CLIENTS {
            "clients must be at most 64"
        } else if self.tick == 0 {
            "tick must be at least 1us"
        } else if self.reads == Reads::Lease && !self.check_quorum {
            "lease reads need check-quorum"
        } else if self.keys == 0 {
            "keys must be at least 1"
        } else if self.election_ticks <= self.heartbeat_ticks || self.heartbeat_ticks == 0 {
            "election-ticks must be more than heartbeat-ticks, and those at least 1"
        } else if self.election_ticks > 1_000_000 {
            "election-ticks must be at most 1000000"
        } else if self.max_inflight == 0 {
            "max-inflight must be at least 1"
        } else if TIMES.iter().any(|time| time(self) > MAX_TIME) {
            "times must be at most an hour"
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

    /// The names of the rules that are broken.
    pub fn broken_rules(&self) -> Vec<&'static str> {
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
pub(crate) const MAX_NODES: u64 = 9;

/// The most clients of a world.
pub(crate) const MAX_CLIENTS: u64 = 64;

/// Above it, sums of times could overflow in some world that runs for long.
pub(crate) const MAX_TIME: Time = 3_600 * 1_000 * MILLISECOND;

const TIMES: [fn(&Config) -> Time; 8] = [
    |config| config.tick,
    |config| config.latency,
    |config| config.jitter,
    |config| config.reordering_delay,
    |config| config.disk,
    |config| config.disk_jitter,
    |config| config.think,
    |config| config.timeout,
];

mod number {
    use super::*;

    pub(super) fn parse(text: &str) -> Option<u64> {
        text.parse().ok()
    }

    pub(super) fn print(value: &u64) -> String {
        value.to_string()
    }
}

mod time {
    use super::*;

    pub(super) fn parse(text: &str) -> Option<Time> {
        parse_time(text)
    }

    pub(super) fn print(value: &Time) -> String {
        print_time(*value)
    }
}

/// `2%` or `500ppm`, kept in parts per million.
mod share {
    use super::*;

    pub(super) fn parse(text: &str) -> Option<u64> {
        let (number, scale) = match text.strip_suffix('%') {
            Some(percent) => (percent, 10_000),
            None => (text.strip_suffix("ppm")?, 1),
        };
        let parts = number.parse::<u64>().ok()?.checked_mul(scale)?;
        (parts <= 1_000_000).then_some(parts)
    }

    pub(super) fn print(value: &u64) -> String {
        match value.is_multiple_of(10_000) {
            true => alloc::format!("{}%", value / 10_000),
            false => alloc::format!("{value}ppm"),
        }
    }
}

mod switch {
    use super::*;

    pub(super) fn parse(text: &str) -> Option<bool> {
        match text {
            "on" => Some(true),
            "off" => Some(false),
            _ => None,
        }
    }

    pub(super) fn print(value: &bool) -> String {
        if *value { "on" } else { "off" }.to_string()
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
