//! Why a server did, or did not do, what it did: for logs and visualizers.

use alloc::string::String;

use super::ReplicaId;
use super::error::Refusal;
use super::psync::{History, PsyncRequest, Resync};
use super::replica::LinkState;

/// One thing that happened inside a server.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
#[allow(
    missing_docs,
    reason = "fields are named after what they hold; each variant says what happened"
)]
pub enum Trace {
    /// A backlog was made, for the first replica came or data was loaded.
    BacklogCreated { history: History },
    /// The backlog was freed, and with it the history, for no replica came for long.
    BacklogFreed { idle_s: i64, history: History },
    /// A replica asked to come up to date.
    PsyncDecided {
        replica: ReplicaId,
        request: PsyncRequest,
        resync: Resync,
    },
    /// A replica asked, and this server is itself a replica that is not connected.
    PsyncRefused { replica: ReplicaId, reason: String },
    /// A snapshot waits, so that others can share it.
    SnapshotDelayed { replica: ReplicaId, delay_s: u64 },
    /// A replica shares the snapshot that is being taken.
    SnapshotShared { replica: ReplicaId, offset: u64 },
    /// A replica cannot share it and waits for the next.
    SnapshotQueued { replica: ReplicaId },
    /// A replica gets the stream from now on.
    ReplicaOnline { replica: ReplicaId, offset: u64 },
    /// A replica said how far it is.
    Acknowledged {
        replica: ReplicaId,
        offset: u64,
        behind: u64,
    },
    /// A replica was silent for too long.
    ReplicaTimedOut { replica: ReplicaId, silent_s: i64 },
    /// More of the stream is held for a replica than may be.
    ReplicaOverflowed { replica: ReplicaId, held: u64 },
    /// How many replicas are good was counted anew, and is another number.
    GoodReplicasChanged { before: u64, now: u64, needed: u64 },
    /// A command was refused.
    Refused { refusal: Refusal, good: u64, needed: u64 },
    /// The way to the primary came to another state.
    LinkChanged { from: LinkState, to: LinkState },
    /// The primary answered a step of the handshake with an error that does not matter.
    HandshakeErrorIgnored { state: LinkState, reply: String },
    /// An attempt to reach the primary failed.
    AttemptFailed { attempt: u64, reason: String },
    /// The primary was silent for too long.
    PrimaryTimedOut { silent_s: i64 },
    /// The primary goes on under another id, and so do we.
    HistoryRenamed { history: History },
    /// Became a primary.
    Promoted { history: History },
    /// Became a replica.
    Demoted { history: History },
    /// A client waits for replicas.
    WaitStarted {
        offset: u64,
        replicas: u64,
        acknowledged: u64,
    },
}
