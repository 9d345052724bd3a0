//! What a discovery asks of its caller, and what it tells.

use alloc::string::String;
use alloc::vec::Vec;

use super::super::{Address, LinkId, Millis};
use super::choice::ReadPreference;
use super::error::Failure;
use crate::resp::Bytes;

/// Names a request. Never used again.
pub type RequestId = u64;

/// What a server was asked for as, and has said that it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum NodeRole {
    /// It takes writes.
    Primary,
    /// It follows the primary.
    Replica,
}

impl NodeRole {
    /// In words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Primary => "primary",
            Self::Replica => "replica",
        }
    }
}

/// What a connection is for, so that its driver knows how to greet who is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Purpose {
    /// Questions to a sentinel.
    Ask,
    /// A subscription at a sentinel.
    Listen,
    /// A server: set it up as any connection of the caller's (`AUTH`, `HELLO`, `SELECT`), and only then say that it is connected.
    Node,
}

/// Why a connection that was handed out is to be closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum InvalidReason {
    /// Another server is the primary.
    PrimaryMoved,
    /// The server was a replica, and is the primary now.
    Promoted,
    /// The server answered with an error that it can only have as something else: `READONLY`, `MASTERDOWN`.
    Refused,
}

/// What the caller must do, or may want to know.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Output {
    /// Open a connection, then say [`Discovery::connected`](super::Discovery::connected) or [`Discovery::disconnected`](super::Discovery::disconnected).
    Connect {
        /// What it is called.
        link: LinkId,
        /// Where to: [`Address::target`]. [`Config::nat`](super::Config::nat) is applied.
        address: Address,
        /// What for.
        purpose: Purpose,
    },
    /// Close the connection. Nothing needs to be said of it again.
    Close {
        /// What it is called.
        link: LinkId,
    },
    /// Send a command. Replies are matched in the order of the commands of one link.
    Send {
        /// Over which connection.
        link: LinkId,
        /// The command and its arguments.
        argv: Vec<Bytes>,
    },
    /// The request is answered: this connection is the caller's.
    Resolved {
        /// Which request.
        request: RequestId,
        /// The connection, which stands.
        link: LinkId,
        /// Where the server is, as it is announced.
        address: Address,
        /// What it is.
        role: NodeRole,
    },
    /// The request failed.
    Failed {
        /// Which request.
        request: RequestId,
        /// Why.
        failure: Failure,
    },
    /// Close this connection, which was handed out: the server at its end is not what it was any more. Nothing needs to be said of it
    /// again. Its place is taken by a new request.
    Invalidate {
        /// What it is called.
        link: LinkId,
        /// Why.
        reason: InvalidReason,
    },
    /// Another server is known to be the primary, for it said so.
    PrimaryChanged {
        /// Which it was, if one was known.
        from: Option<Address>,
        /// Which it is.
        to: Address,
    },
    /// Why something happened, or did not. Only with [`Config::trace`](super::Config::trace).
    Trace(Trace),
}

/// One thing that happened inside.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
#[allow(
    missing_docs,
    reason = "fields are named after what they hold; each variant says what happened"
)]
pub enum Trace {
    /// A sentinel was passed over.
    SentinelSkipped { sentinel: Address, reason: Skipped },
    /// A sentinel answered, and is asked first from now on.
    SentinelAnswered { sentinel: Address, primary: Address },
    /// A sentinel named another that was not known.
    SentinelLearned { sentinel: Address },
    /// No sentinel had an answer. They are asked again after a while.
    RoundFailed { failure: Failure, again_in_ms: Millis },
    /// A server is no use for a request, and the next is tried.
    NodeSkipped { address: Address, failure: Failure },
    /// No server was of use. Sentinels are asked again after a while.
    NoneFit {
        preference: ReadPreference,
        again_in_ms: Millis,
    },
    /// A change was published that is looked into.
    SwitchHeard { to: Address },
    /// A change was published that is of another master.
    SwitchOfAnother { name: String },
    /// It was looked into whether the primary is still the same: it is.
    PrimaryUnchanged { address: Address },
}

/// Why a sentinel was passed over.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Skipped {
    /// It cannot be reached, or does not answer in time.
    Silent,
    /// It knows no master of that name.
    UnknownName,
    /// It reaches too few others: so many.
    Alone {
        /// How many.
        others: usize,
    },
    /// It answered so.
    Refused {
        /// What.
        message: String,
    },
}
