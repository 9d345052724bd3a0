//! Why an input was refused.

use alloc::string::String;

use super::{LinkId, ScriptId, Ticket};

/// Why an input was refused. The state is as it was before.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Error {
    /// A setting is outside its range.
    #[error("invalid setting: {0}")]
    Config(String),
    /// A line of the configuration cannot be read.
    #[error("line {line} of the configuration, `{text}`: {reason}")]
    Line {
        /// Which line, from 1.
        line: usize,
        /// The line as it stands.
        text: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The link was never asked for, or is closed already. Late news of a link that was closed ends here and does no harm.
    #[error("link {0} is not open")]
    UnknownLink(LinkId),
    /// A reply came on a link on which no command waits for one.
    #[error("a reply came on link {0}, on which no command waits for one")]
    UnexpectedReply(LinkId),
    /// A ticket that was not given out, or was answered already.
    #[error("ticket {0} is not open")]
    UnknownTicket(Ticket),
    /// The script does not run.
    #[error("script {0} does not run")]
    UnknownScript(ScriptId),
}

impl Error {
    /// A stable name, the same in every binding.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Config(_) => "invalid_config",
            Self::Line { .. } => "invalid_line",
            Self::UnknownLink(_) => "unknown_link",
            Self::UnexpectedReply(_) => "unexpected_reply",
            Self::UnknownTicket(_) => "unknown_ticket",
            Self::UnknownScript(_) => "unknown_script",
        }
    }
}
