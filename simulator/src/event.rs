//! What happened, for those who watch: diagrams, feeds, logs.

use alloc::string::String;

use crate::network::{Address, Loss};
use crate::payload::MessageKind;
use crate::time::Time;

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Event {
    /// How many events the world had processed before, this one not counted.
    pub number: u64,
    /// When.
    pub at: Time,
    /// What.
    #[cfg_attr(feature = "serde", serde(flatten))]
    pub what: What,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[allow(
    missing_docs,
    reason = "fields are named after what they hold; each variant says what happened"
)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(tag = "what", rename_all = "kebab-case"))]
pub enum What {
    /// A message left.
    Sent {
        message: u64,
        kind: MessageKind,
        from: Address,
        to: Address,
        text: String,
    },
    /// A message was lost; it has no number if it never left.
    Lost {
        message: Option<u64>,
        kind: MessageKind,
        from: Address,
        to: Address,
        why: Loss,
    },
    /// A message arrived.
    Delivered {
        message: u64,
        kind: MessageKind,
        from: Address,
        to: Address,
        sent: Time,
        text: String,
    },
    /// A machine's write is durable.
    Durable { node: u64 },
    /// A machine's role, term or leader changed.
    Role {
        node: u64,
        role: &'static str,
        term: u64,
        lead: u64,
    },
    /// A machine's log is committed up to there.
    Committed { node: u64, index: u64 },
    /// A machine applied what is at that index.
    Applied { node: u64, index: u64, text: String },
    /// A machine took or installed a snapshot.
    Snapshot { node: u64, index: u64 },
    /// A machine knows of other members.
    Configured { node: u64, index: u64, text: String },
    /// A machine refused an input.
    Refused { node: u64, reason: String },
    /// A machine stopped, and lost what was not durable.
    Crashed { node: u64 },
    /// A machine started.
    Started { node: u64 },
    /// A machine stands still, or goes on.
    Paused { node: u64, paused: bool },
    /// A sentinel told of something: what it publishes on that channel.
    Told {
        node: u64,
        channel: &'static str,
        text: String,
    },
    /// A client asked for something.
    Asked { client: u64, serial: u64, text: String },
    /// A client's operation ended.
    Answered { client: u64, serial: u64, text: String },
    /// Somebody did something to the world.
    Acted { text: String },
    /// An invariant does not hold any more.
    Violated { invariant: &'static str, text: String },
}
