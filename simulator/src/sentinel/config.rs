//! The settings of a world of Sentinel.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use quorate::sentinel::Profile;

use crate::config::Config;
use crate::error::Error;
use crate::kind::Setup;
use crate::settings::{number, settings, time};
use crate::time::{MILLISECOND, SECOND, Time};

/// A rule of the machines of a world of Sentinel that can be broken, to see which invariant it keeps.
#[cfg(feature = "broken-rules")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BrokenSentinel {
    /// A sentinel does not read back in which epochs it voted.
    ForgetVote,
    /// A sentinel's lines are called durable before they are.
    VoteBeforeDurable,
    /// A server keeps what it should throw away when it loads the snapshot of its primary.
    KeepData,
    /// A server does not count its replicas before it takes a write.
    IgnoreLag,
    /// A restarted sentinel reads other lines than those that were written.
    LoseLines,
}

#[cfg(feature = "broken-rules")]
impl BrokenSentinel {
    /// All of them, by name.
    pub const ALL: [(&'static str, Self); 5] = [
        ("forget-vote", Self::ForgetVote),
        ("vote-before-durable", Self::VoteBeforeDurable),
        ("keep-data", Self::KeepData),
        ("ignore-lag", Self::IgnoreLag),
        ("lose-lines", Self::LoseLines),
    ];
}

settings! {
    /// The settings of a world of Sentinel. [`SentinelConfig::default`] gives one group of three servers, and three sentinels.
    ///
    /// Machines are numbered group by group: the servers of the first, of which the first is the master at the beginning, those of the
    /// second, and so on; then the sentinels. Groups are called `m1`, `m2` and so on.
    SentinelConfig {
        /// How many servers each group has, its master counted: 1 to 9.
        "servers" servers: u64, number = 3;
        /// How many sentinels there are: 1 to 9.
        "sentinels" sentinels: u64, number = 3;
        /// How many groups there are: 1 to 200.
        "groups" groups: u64, number = 1;
        /// How many sentinels must hold a master for down before a failover is tried.
        "quorum" quorum: u64, number = 2;
        /// `down-after-milliseconds`: silence after which an instance counts as down.
        "down-after" down_after: Time, time = 3 * SECOND;
        /// `failover-timeout`.
        "failover-timeout" failover_timeout: Time, time = 10 * SECOND;
        /// `parallel-syncs`: how many replicas are pointed to the new master at once.
        "parallel-syncs" parallel_syncs: u64, number = 1;
        /// Which epoch elections are counted by: `compat`, as real sentinels do, or `strict`.
        "profile" profile: Profile, profile = Profile::Compat;
        /// `min-replicas-to-write` of all servers.
        "min-replicas-to-write" min_replicas_to_write: u64, number = 0;
        /// `min-replicas-max-lag` of all servers, in seconds.
        "min-replicas-max-lag" min_replicas_max_lag: u64, number = 10;
        /// `replica-priority` of the servers of each group, in their order; the last is that of all others.
        "priorities" priorities: Vec<u64>, priorities = Vec::from([100]);
        /// How often servers save their data, so that it survives a crash; `0s` is never.
        "save-every" save_every: Time, time = SECOND;
        /// `repl-diskless-sync-delay`: how long a snapshot for replicas waits for more of them.
        "sync-delay" sync_delay: Time, time = 5 * SECOND;
        /// How long clients trust a connection before they ask again who is master.
        "check-every" check_every: Time, time = 10 * SECOND;
        /// `info-period` of sentinels.
        "info-period" info_period: Time, time = 10 * SECOND;
        /// `ping-period` of sentinels.
        "ping-period" ping_period: Time, time = SECOND;
        /// `ask-period` of sentinels.
        "ask-period" ask_period: Time, time = SECOND;
        /// `publish-period` of sentinels.
        "publish-period" publish_period: Time, time = 2 * SECOND;
        /// `tilt-trigger` of sentinels.
        "tilt-trigger" tilt_trigger: Time, time = 2 * SECOND;
        /// `tilt-period` of sentinels.
        "tilt-period" tilt_period: Time, time = 30 * SECOND;
    }
    and {
        /// The rules that are broken. None of them.
        #[cfg(feature = "broken-rules")]
        broken: Vec<BrokenSentinel> = Vec::new();
    }
}

impl SentinelConfig {
    pub(crate) fn set(&mut self, name: &str, value: &str) -> Result<(), Error> {
        self.set_own(name, value)
    }

    pub(crate) fn all(&self) -> Vec<(&'static str, String)> {
        self.own()
    }

    pub(crate) fn validate(&self) -> Result<(), Error> {
        let times = [
            self.down_after,
            self.failover_timeout,
            self.check_every,
            self.info_period,
            self.ping_period,
            self.ask_period,
            self.publish_period,
            self.tilt_trigger,
            self.tilt_period,
        ];
        let reason = if !(1..=9).contains(&self.servers) || !(1..=9).contains(&self.sentinels) {
            "servers and sentinels must be 1 to 9"
        } else if !(1..=200).contains(&self.groups) {
            "groups must be 1 to 200"
        } else if !(1..=9).contains(&self.quorum) {
            "quorum must be 1 to 9"
        } else if !(1..=9).contains(&self.parallel_syncs) {
            "parallel-syncs must be 1 to 9"
        } else if self.min_replicas_max_lag > 3_600
            || self.sync_delay > 3_600 * SECOND
            || self.save_every > 3_600 * SECOND
        {
            "times must be at most an hour"
        } else if times
            .iter()
            .any(|time| !(MILLISECOND..=crate::config::MAX_TIME).contains(time))
        {
            "periods of sentinels and clients must be at least 1ms and at most an hour"
        } else if self.save_every != 0 && self.save_every < 10 * MILLISECOND {
            "save-every must be 0s or at least 10ms"
        } else {
            return Ok(());
        };
        Err(Error::InvalidConfig(reason))
    }

    /// All servers.
    pub(crate) fn all_servers(&self) -> u64 {
        self.groups * self.servers
    }

    /// All machines.
    pub(crate) fn machines(&self) -> u64 {
        self.all_servers() + self.sentinels
    }

    /// The machine that is master of a group at the beginning. Groups are counted from 0 on.
    pub(crate) fn first_master(&self, group: u64) -> u64 {
        group * self.servers + 1
    }

    /// Breaks the rule of that name.
    ///
    /// # Errors
    /// [`Error::UnknownRule`]; [`Error::BrokenRulesAbsent`] where none can be broken.
    pub fn break_rule(&mut self, name: &str) -> Result<(), Error> {
        #[cfg(feature = "broken-rules")]
        {
            let rule = BrokenSentinel::ALL.iter().find(|(known, _)| *known == name);
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
            let broken = BrokenSentinel::ALL
                .iter()
                .filter(|(_, rule)| self.broken.contains(rule));
            broken.map(|(name, _)| *name).collect()
        }
        #[cfg(not(feature = "broken-rules"))]
        Vec::new()
    }
}

/// A world on a local network, whose sentinels tick ten to twenty times a second.
impl From<SentinelConfig> for Config {
    fn from(config: SentinelConfig) -> Self {
        Self {
            tick: 100 * MILLISECOND,
            latency: MILLISECOND,
            jitter: MILLISECOND,
            disk: 5 * MILLISECOND,
            think: 200 * MILLISECOND,
            timeout: SECOND,
            setup: Setup::Sentinel(config),
            ..Self::default()
        }
    }
}

mod profile {
    use super::*;

    pub(super) fn parse(text: &str) -> Option<Profile> {
        match text {
            "compat" => Some(Profile::Compat),
            "strict" => Some(Profile::Strict),
            _ => None,
        }
    }

    pub(super) fn print(value: &Profile) -> String {
        match value {
            Profile::Compat => "compat",
            Profile::Strict => "strict",
        }
        .to_string()
    }
}

/// `100,50,0`.
mod priorities {
    use super::*;

    pub(super) fn parse(text: &str) -> Option<Vec<u64>> {
        text.split(',')
            .map(|word| word.parse().ok().filter(|priority| *priority <= 1_000_000))
            .collect()
    }

    pub(super) fn print(value: &[u64]) -> String {
        let words: Vec<String> = value.iter().map(ToString::to_string).collect();
        words.join(",")
    }
}
