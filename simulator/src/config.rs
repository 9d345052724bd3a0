//! What a world is made with: settings that any kind of world has, and those of its machines.

use alloc::string::String;
use alloc::vec::Vec;

use crate::error::Error;
use crate::kind::{Kind, Setup};
use crate::raft::config::RaftConfig;
use crate::sentinel::config::SentinelConfig;
use crate::settings::{number, settings, share, switch, time};
use crate::time::{MILLISECOND, Time};

settings! {
    /// Settings of a world: those of any kind of world here, those of its machines in [`setup`](Self::setup). Each has a name, by
    /// which scripts set it.
    ///
    /// [`Config::default`] gives a Raft group of five on a local network, all of whose parts work.
    Config {
        /// Where all randomness comes from.
        "seed" seed: u64, number = 1;
        /// The time between two ticks of a machine's clock.
        "tick" tick: Time, time = 10 * MILLISECOND;
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
    }
    and {
        /// What kind of machines there are, and their settings.
        setup: Setup = Setup::Raft(RaftConfig::default());
    }
}

impl Config {
    /// A world of that kind, with the settings that it has of itself.
    pub fn of(kind: Kind) -> Self {
        kind.config()
    }

    /// A Raft group of so many.
    pub fn raft(nodes: u64) -> Self {
        RaftConfig {
            nodes,
            ..RaftConfig::default()
        }
        .into()
    }

    /// So many groups of so many servers each, and so many sentinels.
    pub fn sentinel(groups: u64, servers: u64, sentinels: u64) -> Self {
        SentinelConfig {
            groups,
            servers,
            sentinels,
            ..SentinelConfig::default()
        }
        .into()
    }

    /// The kind of its machines.
    pub fn kind(&self) -> Kind {
        self.setup.kind()
    }

    /// Sets the setting of that name, of the world or of its machines.
    ///
    /// # Errors
    /// [`Error::UnknownSetting`], [`Error::InvalidValue`].
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), Error> {
        match Self::NAMES.contains(&name) {
            true => self.set_own(name, value),
            false => self.setup.set(name, value),
        }
    }

    /// All settings, by name, as [`set`](Self::set) reads them: of the world, then of its machines.
    pub fn all(&self) -> Vec<(&'static str, String)> {
        let mut all = self.own();
        all.extend(self.setup.all());
        all
    }

    /// The settings that are not as worlds of this kind have them of themselves.
    pub fn changes(&self) -> Vec<(&'static str, String)> {
        let changes = self.all().into_iter().zip(Self::of(self.kind()).all());
        changes
            .filter(|(ours, usual)| ours != usual)
            .map(|(ours, _)| ours)
            .collect()
    }

    /// Says what is wrong, if anything is.
    ///
    /// # Errors
    /// [`Error::InvalidConfig`].
    pub fn validate(&self) -> Result<(), Error> {
        let reason = if self.clients > MAX_CLIENTS {
            "clients must be at most 64"
        } else if self.tick == 0 {
            "tick must be at least 1us"
        } else if self.keys == 0 {
            "keys must be at least 1"
        } else if TIMES.iter().any(|time| time(self) > MAX_TIME) {
            "times must be at most an hour"
        } else {
            return self.setup.validate();
        };
        Err(Error::InvalidConfig(reason))
    }

    /// Breaks the rule of that name.
    ///
    /// # Errors
    /// [`Error::UnknownRule`]; [`Error::BrokenRulesAbsent`] where none can be broken.
    pub fn break_rule(&mut self, name: &str) -> Result<(), Error> {
        self.setup.break_rule(name)
    }

    /// The names of the rules that are broken.
    pub fn broken_rules(&self) -> Vec<&'static str> {
        self.setup.broken_rules()
    }
}

/// The most clients of a world.
const MAX_CLIENTS: u64 = 64;

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
