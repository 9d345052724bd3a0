//! What is in a message, and what comes of an input.

use alloc::vec::Vec;
use core::fmt;

use crate::event::What;
use crate::network::Address;
use crate::raft;
use crate::sentinel;
use crate::time::Time;

/// What kind of message it is. `Display` gives its name, by which scripts know it.
///
/// In worlds of Raft those are the names of `raftpb`, `Request` and `Reply`; in those of Sentinel, `Connect`, `Accept`, `Close`, and what
/// commands and replies are about: `Ping`, `Pong`, `Hello`, `Ask`, `Stream`...
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageKind(pub(crate) u8);

impl MessageKind {
    /// The kind of that name.
    pub fn named(name: &str) -> Option<Self> {
        (0..u8::MAX).map(Self).find(|kind| kind.name() == Some(name))
    }

    /// No two kinds have the same name, nor the same number: each kind of world has some of its own.
    fn name(self) -> Option<&'static str> {
        raft::payload::name(self).or_else(|| sentinel::payload::name(self))
    }
}

impl fmt::Debug for MessageKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for MessageKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name().unwrap_or("?"))
    }
}

/// What a message holds.
#[derive(Clone, Debug)]
pub(crate) enum Payload {
    Raft(raft::payload::Payload),
    Sentinel(sentinel::payload::Payload),
}

impl Payload {
    pub(crate) fn kind(&self) -> MessageKind {
        match self {
            Self::Raft(payload) => payload.kind(),
            Self::Sentinel(payload) => payload.kind(),
        }
    }

    /// Whether who sends it learns what became of it, as from a transport that sends large messages by themselves.
    pub(crate) fn is_reported(&self) -> bool {
        match self {
            Self::Raft(payload) => payload.is_reported(),
            Self::Sentinel(_) => false,
        }
    }

    /// The connection that it goes over, if it does not travel alone.
    pub(crate) fn connection(&self) -> Option<u64> {
        match self {
            Self::Raft(_) => None,
            Self::Sentinel(payload) => Some(payload.connection),
        }
    }

    /// What is answered where nobody is there.
    pub(crate) fn reset(&self) -> Option<Self> {
        match self {
            Self::Raft(_) => None,
            Self::Sentinel(payload) => payload.reset().map(Self::Sentinel),
        }
    }
}

impl fmt::Display for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Raft(payload) => payload.fmt(f),
            Self::Sentinel(payload) => payload.fmt(f),
        }
    }
}

/// What came of one input to a machine or a client.
#[derive(Clone, Debug, Default)]
pub(crate) struct Effects {
    /// Whether anybody wants to see what happens.
    pub(crate) watched: bool,
    pub(crate) sends: Vec<(Address, Payload)>,
    /// How many writes were begun.
    pub(crate) writes: usize,
    /// That the client looks again, with this token, after so long.
    pub(crate) wake: Option<(u64, Time)>,
    /// What a reader of the run wants to see.
    pub(crate) seen: Vec<What>,
    /// What invariants of Raft look at.
    pub(crate) raft: Vec<raft::Fact>,
    /// What invariants of Sentinel look at.
    pub(crate) sentinel: Vec<sentinel::Fact>,
}

impl Effects {
    pub(crate) fn clear(&mut self) {
        self.sends.clear();
        self.writes = 0;
        self.wake = None;
        self.seen.clear();
        self.raft.clear();
        self.sentinel.clear();
    }

    /// Shows something to whoever watches.
    pub(crate) fn see(&mut self, what: impl FnOnce() -> What) {
        if self.watched {
            self.seen.push(what());
        }
    }
}
