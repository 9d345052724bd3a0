//! Why a sentinel did, or did not do, what it did: for logs and visualizers.

use alloc::string::String;
use alloc::vec::Vec;

use super::Millis;

/// One reason. Groups are named by their master's name, replicas by `host:port`, sentinels by their run id.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
#[allow(
    missing_docs,
    reason = "fields are named after what they hold; each variant says what happened"
)]
pub enum Trace {
    /// An instance is held for down, and why.
    Down { instance: String, reason: DownReason },
    /// The master is down for this sentinel, but too few agree.
    QuorumMissing { master: String, agree: u32, quorum: u32 },
    /// No failover starts before that time: one was tried, or another sentinel was voted for, a short while ago.
    FailoverHeldBack { master: String, until: Millis },
    /// A vote was asked for, and given.
    VoteGiven { master: String, to: String, epoch: u64 },
    /// A vote was asked for, and an older one was told instead.
    VoteKept {
        master: String,
        asked: String,
        asked_epoch: u64,
        vote: Option<String>,
        epoch: u64,
    },
    /// Somebody asked about an address at which no master is known.
    UnknownAddress { host: String, port: u16 },
    /// How the votes stand while this sentinel waits to be elected.
    VotesCounted {
        master: String,
        epoch: u64,
        votes: Vec<(String, u32)>,
        voters: u32,
        majority: u32,
        quorum: u32,
        winner: Option<String>,
    },
    /// A replica will not be promoted, and why.
    ReplicaPassedOver {
        master: String,
        replica: String,
        reason: ReplicaRefusal,
    },
    /// A replica is the best of those that will do.
    ReplicaChosen {
        master: String,
        replica: String,
        priority: u32,
        offset: u64,
    },
    /// The failover does not end yet: the promoted replica is down itself.
    EndHeldBack { master: String },
    /// An instance should be put right, but not yet, and why.
    RepairHeldBack { instance: String, reason: RepairDelay },
    /// A hello was ignored, and why.
    HelloIgnored { payload: String, reason: HelloRefusal },
    /// A hello told of a configuration that is not newer than what is known.
    HelloNotNewer { master: String, epoch: u64, known: u64 },
    /// A reply was not what the command should have, and was ignored.
    ReplyIgnored { instance: String, command: String },
    /// A PING was answered, but not by what says that the instance is available.
    PongRefused { instance: String, reply: String },
    /// Nothing is done as long as time cannot be believed.
    Tilted { until: Millis },
    /// A link was closed because nothing came over it.
    LinkSilent { instance: String, subscription: bool },
    /// A link has too many commands without an answer to be sent more.
    LinkFull { instance: String },
    /// No more instances are kept.
    TooManyInstances { instance: String },
}

/// Why an instance is held for down (`sentinelCheckSubjectivelyDown`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[allow(missing_docs, reason = "fields are named after what they hold")]
pub enum DownReason {
    /// It has not answered for that long.
    Silent { elapsed: Millis, limit: Millis },
    /// It is held for a master and has said for that long that it is a replica.
    ReportsReplica { elapsed: Millis, limit: Millis },
    /// It restarted and has not been able to serve for that long.
    Rebooted { elapsed: Millis, limit: Millis },
}

/// Why a replica is not promoted (`sentinelSelectSlave`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[allow(missing_docs, reason = "fields are named after what they hold")]
pub enum ReplicaRefusal {
    /// It is down itself.
    Down,
    /// There is no link to it.
    Disconnected,
    /// It has not answered a PING well for too long.
    Silent { elapsed: Millis, limit: Millis },
    /// Its priority is 0.
    PriorityZero,
    /// What it last said of itself is too old.
    InfoTooOld { elapsed: Option<Millis>, limit: Millis },
    /// It has been without its master for too long, compared with how long this sentinel has known the master to be down.
    LinkDownTooLong { elapsed: Millis, limit: Millis },
}

/// Why an instance is not put right yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum RepairDelay {
    /// Its master is down, says that it is none, or has not said anything for long.
    MasterNotSane,
    /// The instance was down a short while ago.
    WasDown,
    /// It has said so for a short while only: news of a failover may be on its way.
    TooEarly,
    /// There is no link to it.
    Disconnected,
}

/// Why a hello was ignored (`sentinelProcessHelloMessage`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum HelloRefusal {
    /// It is this sentinel's own.
    Own,
    /// It does not have eight parts.
    Malformed,
    /// The master that it names is not monitored here.
    UnknownMaster,
    /// The sentinel's address cannot be used.
    BadAddress,
}
