//! Why an input was refused.

use super::config::ConfigError;
use super::membership::MembershipError;
use super::message::{MessageKind, NodeId};
use super::trace::Dropped;

/// Why an input was refused. The state is as it was before, but for [`Error::Corrupt`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A setting is outside its range.
    #[error("{0}")]
    Config(ConfigError),
    /// What was stored does not fit together.
    #[error("what was stored does not fit together: {0}")]
    Stored(&'static str),
    /// A proposal was refused. It may be made again, perhaps elsewhere.
    #[error("proposal dropped: {}", .0.text())]
    ProposalDropped(Dropped),
    /// A read was refused: nobody leads.
    #[error("read dropped: no leader is known")]
    ReadDropped,
    /// A message of a kind that no member sends came in as one.
    #[error("a message of kind {0} never comes from another member")]
    LocalMessage(MessageKind),
    /// An answer came from somebody who is no member.
    #[error("node {0} is not a member")]
    UnknownPeer(NodeId),
    /// A message lacks what its kind must have.
    #[error("a message of kind {0} is not well formed: {1}")]
    InvalidMessage(MessageKind, &'static str),
    /// A change of membership cannot be applied.
    #[error("{0}")]
    Membership(MembershipError),
    /// A ticket that was not given out, or was answered already.
    #[error("ticket {0} is not open")]
    UnknownTicket(u64),
    /// The index was not handed out to be applied, or its turn is over.
    #[error("index {index} cannot be applied now; between {from} and {to} can")]
    NotApplying {
        /// What was said to be applied.
        index: u64,
        /// The least that can be.
        from: u64,
        /// The most that can be.
        to: u64,
    },
    /// The index cannot be compacted: it is not applied, not durable, or compacted already.
    #[error("index {0} cannot be compacted")]
    NotCompactable(u64),
    /// The snapshot is older than the last, or newer than what is applied.
    #[error("snapshot at index {0} is of no use")]
    UselessSnapshot(u64),
    /// Bytes are not the state of such a node, or of this version.
    #[error("a saved state: at byte {offset}: expected {expected}")]
    State {
        /// Where.
        offset: usize,
        /// What should stand there.
        expected: &'static str,
    },
    /// Something came in that contradicts what is committed: a disk was lost, two nodes have one name, or a peer is broken. The
    /// node takes no further input. It must be rebuilt under another name.
    #[error(
        "index {index} contradicts the log, which is committed to {committed} and ends at {last}: this node is fenced"
    )]
    Corrupt {
        /// What cannot be.
        index: u64,
        /// How far the log is committed.
        committed: u64,
        /// Where it ends.
        last: u64,
    },
}

impl Error {
    /// A stable name, the same in every binding.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Config(_) => "invalid_config",
            Self::Stored(_) => "invalid_stored",
            Self::ProposalDropped(_) => "proposal_dropped",
            Self::ReadDropped => "read_dropped",
            Self::LocalMessage(_) => "local_message",
            Self::UnknownPeer(_) => "unknown_peer",
            Self::InvalidMessage(..) => "invalid_message",
            Self::Membership(error) => error.code(),
            Self::UnknownTicket(_) => "unknown_ticket",
            Self::NotApplying { .. } => "not_applying",
            Self::NotCompactable(_) => "not_compactable",
            Self::UselessSnapshot(_) => "useless_snapshot",
            Self::State { .. } => "invalid_state",
            Self::Corrupt { .. } => "corrupt",
        }
    }
}

impl Dropped {
    /// In words.
    pub fn text(self) -> &'static str {
        match self {
            Self::NoLeader => "no leader is known",
            Self::NotForwarded { .. } => "another node leads, and proposals are not forwarded",
            Self::Removed => "this node leads and is no longer a member",
            Self::Transferring { .. } => "leadership is being handed over",
            Self::UncommittedLimit => "too much is proposed and not committed",
            Self::Empty => "there is nothing in it",
        }
    }
}
