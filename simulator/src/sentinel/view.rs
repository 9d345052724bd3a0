//! What is shown of servers and sentinels.

use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use quorate::replication::WriteStatus;
use quorate::sentinel::Status;

use super::invariants::Checker;
use super::redis::{Redis, role_name};
use super::watcher::Watcher;
use super::{group_name, write_name};
use crate::time::Time;

/// A sentinel. Of one that is down it shows what its disk holds.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct SentinelView {
    /// What its clock reads, in milliseconds: times in `status` are of this clock.
    pub clock_ms: i64,
    /// All that it knows; none while it is down.
    pub status: Option<Status>,
    /// The lines of its configuration that are durable.
    pub lines: Vec<String>,
}

/// A server.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct ServerView {
    /// The name of its group.
    pub group: String,
    /// `master`, `slave`, or `down`.
    pub role: &'static str,
    /// What its clock reads, in milliseconds.
    pub clock_ms: u64,
    /// The machine that it follows; none for a master.
    pub follows: Option<u64>,
    /// How far it is with following: `none`, `connect`, `connecting`, `handshake`, `sync`, `connected`.
    pub link: &'static str,
    /// The id of the history that its data is of; empty while it is down.
    pub history: String,
    /// How many bytes of that history are behind its data.
    pub offset: u64,
    /// The id of the history that its own grew out of, and up to which offset.
    pub second: Option<(String, u64)>,
    /// Its replicas, as it knows them.
    pub replicas: Vec<ReplicaView>,
    /// How many of them count for `min-replicas-to-write`.
    pub good_replicas: u64,
    /// `replica-priority`.
    pub priority: u64,
    /// How many connections it serves.
    pub connections: usize,
    /// Its registers.
    pub values: BTreeMap<String, String>,
    /// The writes that it has, the latest last: at most 64.
    pub writes: Vec<WrittenView>,
    /// How many writes it refused for want of replicas.
    pub refused: u64,
}

/// What a server knows of one of its replicas.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct ReplicaView {
    /// Its host.
    pub host: String,
    /// `handshake`, `wait_bgsave`, `send_bulk` or `online`.
    pub state: &'static str,
    /// How much of the history it has said that it has.
    pub offset: u64,
}

/// A client's write that a server has.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct WrittenView {
    /// Which: `c1#5`.
    pub write: String,
    /// How it stands: `unacknowledged`, `replicated`, `one-copy`, `forked` or `lost`.
    pub status: &'static str,
}

/// The most writes that are shown of a server.
const SHOWN: usize = 64;

impl Watcher {
    pub(super) fn view(&self, now: Time) -> SentinelView {
        SentinelView {
            clock_ms: self.clock_ms(now),
            status: self.status(),
            lines: self.lines().to_vec(),
        }
    }
}

impl Redis {
    pub(super) fn view(&self, now: Time, checker: &Checker) -> ServerView {
        let live = self.server();
        let writes = &self.data().writes;
        let shown = writes.iter().skip(writes.len().saturating_sub(SHOWN));
        let replicas = live.into_iter().flat_map(|server| server.replicas());
        ServerView {
            group: group_name(self.group),
            role: live.map_or("down", |server| role_name(server.is_primary())),
            clock_ms: self.clock_ms(now),
            follows: self.follows(),
            link: live.map_or("none", |server| server.link_state().as_str()),
            history: live.map_or_else(String::new, |server| server.history().id.to_string()),
            offset: live.map_or(0, |server| server.history().offset),
            second: live.and_then(|server| {
                let second = server.history().second?;
                Some((second.id.to_string(), second.offset))
            }),
            replicas: replicas
                .map(|replica| ReplicaView {
                    host: replica.ip.clone(),
                    state: replica.state.as_str(),
                    offset: replica.ack_offset,
                })
                .collect(),
            good_replicas: live.map_or(0, |server| server.good_replicas()),
            priority: live.map_or(0, |server| server.config().priority),
            connections: self.connections(),
            values: self.data().keys.clone(),
            writes: shown
                .map(|write| WrittenView {
                    write: write_name(*write),
                    status: status(checker.ledger().status(*write)),
                })
                .collect(),
            refused: self.refused,
        }
    }
}

fn status(status: Option<WriteStatus>) -> &'static str {
    use quorate::replication::Risk;
    match status {
        None => "unacknowledged",
        Some(WriteStatus::Replicated { .. }) => "replicated",
        Some(WriteStatus::AtRisk(Risk::OneCopy)) => "one-copy",
        Some(WriteStatus::AtRisk(Risk::Forked)) => "forked",
        Some(WriteStatus::Lost { .. }) => "lost",
    }
}
