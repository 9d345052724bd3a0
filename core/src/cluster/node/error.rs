//! Why an input was refused.

use alloc::string::String;

use super::machine::{LinkId, Ticket};
use crate::cluster::bus::BusError;

/// Why an input was refused. The state is as it was before.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Error {
    /// A setting is outside its range.
    #[error("invalid setting: {0}")]
    Config(String),
    /// A line of the node's file cannot be read.
    #[error("line {line} of the nodes, `{text}`: {reason}")]
    Line {
        /// Which line, from 1.
        line: usize,
        /// The line as it stands.
        text: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The link was never opened, or is closed already. Late news of a link that was closed ends here and does no harm.
    #[error("link {0} is not open")]
    UnknownLink(LinkId),
    /// A ticket that was not given out, or that was answered already.
    #[error("ticket {0} is not open")]
    UnknownTicket(Ticket),
    /// Bytes that are no message. If they make the rest unreadable, the link is closed with
    /// [`Output::Close`](super::Output::Close); otherwise the message alone is passed over, and those behind it were taken.
    #[error("{0}")]
    Bus(BusError),
}

impl Error {
    /// A stable name, the same in every binding.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Config(_) => "invalid_config",
            Self::Line { .. } => "invalid_line",
            Self::UnknownLink(_) => "unknown_link",
            Self::UnknownTicket(_) => "unknown_ticket",
            Self::Bus(error) => error.code(),
        }
    }
}
