//! Why an input was refused.

use alloc::string::String;

use super::{ClientId, ReplicaId};

/// Why an input was refused. The state is as it was before.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A setting is outside its range.
    #[error("{0}")]
    Config(ConfigError),
    /// No server counts so far: offsets are below 2^63.
    #[error("what was stored is at offset {0}, which no server reaches")]
    Stored(u64),
    /// A connection of that name is known already.
    #[error("connection {0} is known already")]
    DuplicateReplica(ReplicaId),
    /// No connection of that name is known.
    #[error("connection {0} is not known")]
    UnknownReplica(ReplicaId),
    /// One more connection than the config allows.
    #[error("{0} connections are known already, the most that the config allows")]
    TooManyReplicas(usize),
    /// The command is none of replication's: the server itself answers it.
    #[error("expected PING, REPLCONF, PSYNC or SYNC, found {0:?}")]
    NotReplication(String),
    /// Nobody asked for a snapshot, or it was given already.
    #[error("no snapshot was asked for")]
    NoSnapshotWanted,
    /// That replica is not being sent a snapshot.
    #[error("connection {0} is not being sent a snapshot")]
    NotSending(ReplicaId),
    /// That attempt to reach the primary is over, so that what is said of it is of no use.
    #[error("attempt {found} is not under way, {}", attempt(.current))]
    StaleAttempt {
        /// What was named.
        found: u64,
        /// The one that is under way.
        current: Option<u64>,
    },
    /// No snapshot is waiting to be loaded.
    #[error("no snapshot is waiting to be loaded")]
    NotLoading,
    /// A replica does not take `WAIT`.
    #[error("{WAIT_ON_REPLICA}")]
    WaitOnReplica,
    /// The client is waiting already.
    #[error("client {0} is waiting already")]
    DuplicateWait(ClientId),
    /// The client is not waiting.
    #[error("client {0} is not waiting")]
    UnknownWait(ClientId),
    /// Something is written to a server that may not be written to.
    #[error("{0}")]
    Refused(Refusal),
}

fn attempt(current: &Option<u64>) -> String {
    match current {
        Some(current) => alloc::format!("{current} is"),
        None => "none is".into(),
    }
}

const WAIT_ON_REPLICA: &str = "WAIT cannot be used with replica instances. Please also note that since Redis 4.0 if a replica \
                               is configured to be writable (which is not the default) writes to replicas are just local and \
                               are not propagated.";

impl Error {
    /// A stable name, the same in every binding.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Config(_) => "invalid_config",
            Self::Stored(_) => "invalid_stored",
            Self::DuplicateReplica(_) => "duplicate_replica",
            Self::UnknownReplica(_) => "unknown_replica",
            Self::TooManyReplicas(_) => "too_many_replicas",
            Self::NotReplication(_) => "not_replication",
            Self::NoSnapshotWanted => "no_snapshot_wanted",
            Self::NotSending(_) => "not_sending",
            Self::StaleAttempt { .. } => "stale_attempt",
            Self::NotLoading => "not_loading",
            Self::WaitOnReplica => "wait_on_replica",
            Self::DuplicateWait(_) => "duplicate_wait",
            Self::UnknownWait(_) => "unknown_wait",
            Self::Refused(refusal) => refusal.code(),
        }
    }
}

/// Why a client's command is refused for reasons of replication. [`reply`](Self::reply) is what the server answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Refusal {
    /// Fewer replicas were heard of lately than `min-replicas-to-write` asks for.
    NoReplicas,
    /// A replica is not written to.
    ReadOnly,
    /// A replica that has lost its primary does not answer with old data (`replica-serve-stale-data no`).
    MasterDown,
}

impl Refusal {
    /// A stable name, the same in every binding.
    pub fn code(self) -> &'static str {
        match self {
            Self::NoReplicas => "no_replicas",
            Self::ReadOnly => "read_only",
            Self::MasterDown => "master_down",
        }
    }

    /// The error that the server answers, as it stands on the wire behind the `-`.
    pub fn reply(self) -> &'static str {
        match self {
            Self::NoReplicas => "NOREPLICAS Not enough good replicas to write.",
            Self::ReadOnly => "READONLY You can't write against a read only replica.",
            Self::MasterDown => "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
        }
    }
}

impl core::fmt::Display for Refusal {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.reply())
    }
}

/// A setting that is outside its range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The server allows no backlog below 16 KiB (`CONFIG_REPL_BACKLOG_MIN_SIZE`).
    #[error("backlog_size must be at least 16384, found {0}")]
    BacklogSize(u64),
    /// A period of 0 seconds.
    #[error("ping_period_s must be at least 1, found 0")]
    PingPeriod,
    /// A timeout of 0 seconds.
    #[error("timeout_s must be at least 1, found 0")]
    Timeout,
}
