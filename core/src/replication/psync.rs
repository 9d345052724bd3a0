//! Whether a replica that comes back can go on where it was, or starts anew, and what it loses then.

use alloc::vec::Vec;

use super::backlog::Backlog;
use super::id::ReplicationId;

/// What a server's data is the result of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct History {
    /// The history that the server is in (`master_replid`).
    pub id: ReplicationId,
    /// How many bytes of the stream are behind it (`master_repl_offset`).
    pub offset: u64,
    /// The history that this one grew out of, if it is known.
    pub second: Option<SecondId>,
}

/// A history that another grew out of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct SecondId {
    /// What it is called (`master_replid2`).
    pub id: ReplicationId,
    /// The first offset at which the two differ (`second_repl_offset`).
    pub offset: u64,
}

impl History {
    /// Begins a history of another name, which has all of this one up to here: what a server that is promoted does
    /// (`shiftReplicationId`).
    #[must_use]
    pub fn fork(self, id: ReplicationId) -> Self {
        Self {
            id,
            offset: self.offset,
            second: Some(SecondId {
                id: self.id,
                offset: self.offset.saturating_add(1),
            }),
        }
    }
}

/// What a replica asks for: `PSYNC id offset`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct PsyncRequest {
    /// The history that it is in, or `None` (`?`) to start anew.
    pub id: Option<ReplicationId>,
    /// The first byte that it lacks. -1 goes with `?`.
    pub offset: i64,
}

impl PsyncRequest {
    /// Asks to start anew.
    pub const ANEW: Self = Self { id: None, offset: -1 };

    /// Asks to go on behind `offset`.
    pub fn after(id: ReplicationId, offset: u64) -> Self {
        Self {
            id: Some(id),
            offset: i64::try_from(offset).map_or(i64::MAX, |offset| offset.saturating_add(1)),
        }
    }

    /// How many bytes of the stream the replica has. 0 if it has none or does not say.
    pub fn has(&self) -> u64 {
        u64::try_from(self.offset).map_or(0, |offset| offset.saturating_sub(1))
    }

    /// The arguments of the command.
    pub fn to_args(&self) -> Vec<Vec<u8>> {
        let id = self.id.map_or_else(|| "?".into(), |id| alloc::format!("{id}"));
        [
            alloc::string::String::from("PSYNC"),
            id,
            alloc::format!("{}", self.offset),
        ]
        .into_iter()
        .map(Into::into)
        .collect()
    }
}

/// How a replica comes up to date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Resync {
    /// It is sent what it lacks.
    Partial {
        /// The first byte that it is sent.
        from: u64,
        /// How many bytes of the backlog it is sent.
        bytes: u64,
    },
    /// It throws its data away and is sent everything.
    Full {
        /// Why it cannot go on.
        reason: FullReason,
        /// What of its data nobody sends it again.
        discards: Discarded,
    },
}

/// Why a replica cannot go on where it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
#[allow(
    missing_docs,
    reason = "fields are named after what they hold; each variant says what happened"
)]
pub enum FullReason {
    /// It asked to start anew, or named no history.
    Requested,
    /// It is in a history that this server knows nothing of.
    UnknownId { id: ReplicationId },
    /// It is in the history that ours grew out of, and went on in it after ours had left.
    AfterFork { asked: i64, up_to: u64 },
    /// There is no backlog.
    NoBacklog,
    /// What it lacks is no longer kept.
    BeforeBacklog { asked: i64, first: u64 },
    /// It has more of our history than we have: our end was lost.
    AfterBacklog { asked: i64, next: u64 },
}

/// What is lost of a replica's data when it starts anew: the bytes that are in its history and not in ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Discarded {
    /// It had no data, or all of it is in our history.
    Nothing,
    /// Everything behind the byte at `after`.
    Tail {
        /// The last byte that the two histories share.
        after: u64,
        /// How many bytes follow it.
        bytes: u64,
    },
    /// The histories have nothing in common that is known of.
    All {
        /// How many bytes it had.
        bytes: u64,
    },
}

impl Discarded {
    /// How many bytes of history are lost.
    pub fn bytes(&self) -> u64 {
        match *self {
            Self::Nothing => 0,
            Self::Tail { bytes, .. } | Self::All { bytes } => bytes,
        }
    }
}

/// Decides for a server of that history and backlog (`masterTryPartialResynchronization`).
pub fn decide(ours: &History, backlog: Option<&Backlog>, request: &PsyncRequest) -> Resync {
    match refuse(ours, backlog, request) {
        None => {
            let from = request.has() + 1;
            let bytes = backlog.map_or(0, |backlog| backlog.next() - from);
            Resync::Partial { from, bytes }
        }
        Some(reason) => Resync::Full {
            reason,
            discards: discards(ours, request),
        },
    }
}

fn refuse(ours: &History, backlog: Option<&Backlog>, request: &PsyncRequest) -> Option<FullReason> {
    let asked = request.offset;
    let Some(id) = request.id else {
        return Some(FullReason::Requested);
    };
    if id != ours.id {
        match ours.second.filter(|second| second.id == id) {
            None => return Some(FullReason::UnknownId { id }),
            Some(second) if asked > signed(second.offset) => {
                let up_to = second.offset;
                return Some(FullReason::AfterFork { asked, up_to });
            }
            Some(_) => {}
        }
    }
    let Some(backlog) = backlog else {
        return Some(FullReason::NoBacklog);
    };
    let (first, next) = (backlog.first(), backlog.next());
    if asked < signed(first) {
        Some(FullReason::BeforeBacklog { asked, first })
    } else if asked > signed(next) {
        Some(FullReason::AfterBacklog { asked, next })
    } else {
        None
    }
}

fn discards(ours: &History, request: &PsyncRequest) -> Discarded {
    let has = request.has();
    let shared = match (request.id, ours.second) {
        (None, _) => return Discarded::Nothing,
        (Some(id), _) if id == ours.id => Some(ours.offset),
        (Some(id), Some(second)) if id == second.id => Some(second.offset.saturating_sub(1)),
        _ => None,
    };
    match shared {
        _ if has == 0 => Discarded::Nothing,
        None => Discarded::All { bytes: has },
        Some(after) if has > after => Discarded::Tail {
            after,
            bytes: has - after,
        },
        Some(_) => Discarded::Nothing,
    }
}

fn signed(offset: u64) -> i64 {
    i64::try_from(offset).unwrap_or(i64::MAX)
}
