//! What a server is told before it starts.

use alloc::string::String;

use super::error::ConfigError;

/// Settings of a [`Server`](super::Server). Names and defaults are those of `redis.conf` of version 7.0.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default))]
pub struct Config {
    /// Where the server listens, as it tells its primary. Default 6379.
    pub port: u16,
    /// `replica-announce-ip`: the address by which others are to know it. Default: the one that its connection comes from.
    pub announce_ip: Option<String>,
    /// `replica-announce-port`: the port by which others are to know it. Default: `port`.
    pub announce_port: Option<u16>,
    /// `masteruser`: who it is to its primary. Default: the default user.
    pub primary_user: Option<String>,
    /// `masterauth`: its password there. Default: none is asked for.
    pub primary_password: Option<String>,
    /// `repl-backlog-size`, in bytes. Default 1 MiB; at least 16 KiB.
    pub backlog_size: u64,
    /// `repl-backlog-ttl`: seconds without a replica after which a primary forgets its backlog and its history. Default 3,600; 0
    /// is never.
    pub backlog_ttl_s: u64,
    /// `repl-timeout`: seconds of silence after which either side gives the other up. Default 60; at least 1.
    pub timeout_s: u64,
    /// `repl-ping-replica-period`: seconds between two pings in the stream. Default 10; at least 1.
    pub ping_period_s: u64,
    /// `min-replicas-to-write`: how many good replicas a primary must have to be written to. Default 0: none.
    pub min_replicas_to_write: u64,
    /// `min-replicas-max-lag`: for how many whole seconds without a word a replica is good. Default 10; 0 switches the rule off.
    pub min_replicas_max_lag_s: u64,
    /// `repl-diskless-sync`: whether snapshots go to replicas without a detour over the disk. Default true.
    pub diskless: bool,
    /// `repl-diskless-sync-delay`: seconds that such a snapshot waits for further replicas. Default 5.
    pub diskless_delay_s: u64,
    /// `repl-diskless-sync-max-replicas`: as soon as so many wait, it starts. Default 0: it always waits.
    pub diskless_max_replicas: u64,
    /// The hard limit of `client-output-buffer-limit replica`, in bytes: how much of the stream is held for one replica while it is
    /// sent a snapshot. Default 256 MiB.
    pub held_limit: u64,
    /// `replica-priority`: the lower, the sooner it is promoted; 0 is never. Default 100.
    pub priority: u64,
    /// `replica-announced`: whether a sentinel tells of it. Default true.
    pub announced: bool,
    /// `replica-read-only`. Default true.
    pub read_only: bool,
    /// `replica-serve-stale-data`: whether it answers while its primary is away. Default true.
    pub serve_stale: bool,
    /// The most connections of replicas at once. Default 10,000 (`maxclients`).
    pub max_replicas: usize,
    /// From which replication ids are drawn.
    pub seed: u64,
    /// Whether to say why things happen ([`Output::Trace`](super::Output::Trace)). Default false.
    pub trace: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            port: 6_379,
            announce_ip: None,
            announce_port: None,
            primary_user: None,
            primary_password: None,
            backlog_size: 1 << 20,
            backlog_ttl_s: 3_600,
            timeout_s: 60,
            ping_period_s: 10,
            min_replicas_to_write: 0,
            min_replicas_max_lag_s: 10,
            diskless: true,
            diskless_delay_s: 5,
            diskless_max_replicas: 0,
            held_limit: 256 << 20,
            priority: 100,
            announced: true,
            read_only: true,
            serve_stale: true,
            max_replicas: 10_000,
            seed: 0,
            trace: false,
        }
    }
}

impl Config {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        if self.backlog_size < 16 << 10 {
            Err(ConfigError::BacklogSize(self.backlog_size))
        } else if self.ping_period_s == 0 {
            Err(ConfigError::PingPeriod)
        } else if self.timeout_s == 0 {
            Err(ConfigError::Timeout)
        } else {
            Ok(())
        }
    }

    /// Both options must be there for the rule to hold (`refreshGoodSlavesCount`).
    pub(super) fn counts_replicas(&self) -> bool {
        self.min_replicas_to_write > 0 && self.min_replicas_max_lag_s > 0
    }

    pub(super) fn announced_port(&self) -> u16 {
        self.announce_port.unwrap_or(self.port)
    }
}
