//! Settings of a node.

use alloc::string::String;

use super::error::Error;
use super::machine::Millis;
use crate::cluster::bus::NodeId;

/// Whose rules hold where servers differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Profile {
    /// Redis 7.0.15. Reports of masters without slots count towards a failure, though they do not count in the size that they are
    /// measured by (redis#5376, #7962, #10024).
    #[default]
    Redis,
    /// Valkey 8. Only masters with slots report and count (valkey#634); a master that suspects counts at once; a replica whose
    /// election was overtaken by another's begins anew at once (valkey#1009).
    Valkey,
}

/// Settings of a [`Node`](super::Node). Names are those of `redis.conf`, without `cluster-`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Config {
    /// Whose rules hold. Default [`Profile::Redis`].
    pub profile: Profile,
    /// The node's name, if no file of it is read: 40 digits and small letters, drawn at random by whoever makes the first one.
    pub id: NodeId,
    /// `announce-ip`: where others reach it. Default empty: they see where it connects from, and it learns it from them.
    pub announce_ip: String,
    /// The port for clients.
    pub port: u16,
    /// The other port for clients: the one over TLS, if the bus is plain. Default 0: none.
    pub other_port: u16,
    /// The port of the bus. Default 10,000 above the other.
    pub bus_port: u16,
    /// `announce-hostname`. Default empty: none.
    pub hostname: String,
    /// Where randomness begins.
    pub seed: u64,
    /// `node-timeout`: silence in milliseconds after which a node is suspected. Default 15,000; at least 1.
    pub node_timeout: Millis,
    /// `replica-validity-factor`: how many timeouts a replica may have been without its master to take its place. 0 for any.
    /// Default 10.
    pub replica_validity_factor: u32,
    /// `repl-ping-replica-period` in seconds. Default 10.
    pub repl_ping_period_s: u32,
    /// `migration-barrier`: how many replicas a master keeps when another takes one of them. Default 1.
    pub migration_barrier: u32,
    /// `allow-replica-migration`. Default yes.
    pub allow_replica_migration: bool,
    /// `replica-no-failover`: take the master's place only if told to. Default no.
    pub replica_no_failover: bool,
    /// `require-full-coverage`: down as a whole if a slot is not served. Default yes.
    pub require_full_coverage: bool,
    /// The most nodes known at once; those beyond are passed over. Default 4,096; from 1 to 65,534.
    pub max_nodes: u16,
    /// The longest message that is read, in bytes. Default 64 MiB.
    pub max_message: u32,
    /// Whether to give out [`Output::Trace`](super::Output::Trace). Default no.
    pub trace: bool,
}

impl Config {
    /// The server's defaults. A port beyond 55,535 needs its [`bus_port`](Self::bus_port) to be chosen.
    pub fn new(id: NodeId, port: u16, seed: u64) -> Self {
        Self {
            profile: Profile::default(),
            id,
            announce_ip: String::new(),
            port,
            other_port: 0,
            bus_port: port.saturating_add(10_000),
            hostname: String::new(),
            seed,
            node_timeout: 15_000,
            replica_validity_factor: 10,
            repl_ping_period_s: 10,
            migration_barrier: 1,
            allow_replica_migration: true,
            replica_no_failover: false,
            require_full_coverage: true,
            max_nodes: 4_096,
            max_message: 64 << 20,
            trace: false,
        }
    }

    pub(super) fn check(&self) -> Result<(), Error> {
        let wrong = |text: &str| Err(Error::Config(text.into()));
        match self {
            _ if !self.id.is_valid() => wrong("id must be 40 digits and small letters"),
            _ if self.node_timeout == 0 => wrong("node_timeout must be at least 1, found 0"),
            _ if self.max_nodes == 0 || self.max_nodes == u16::MAX => wrong("max_nodes must be from 1 to 65534"),
            _ if self.announce_ip.len() > 45 => wrong("announce_ip must have at most 45 bytes"),
            _ if self.hostname.len() > 255 => wrong("hostname must have at most 255 bytes"),
            _ if self.hostname.bytes().any(|byte| byte <= b' ' || byte == b',') => {
                wrong("hostname must have no blanks and commas")
            }
            _ => Ok(()),
        }
    }
}
