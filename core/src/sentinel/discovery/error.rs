//! Why a request failed, and why an input was refused.

use alloc::string::String;

use super::super::{Address, LinkId};
use super::RequestId;

/// Why a request was not answered with a server.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Failure {
    /// Not one sentinel could be reached, or none answered in time: the network, or all of them, are down.
    #[error("none of {tried} sentinels answered")]
    NoSentinelAnswers {
        /// How many were asked.
        tried: usize,
    },
    /// Sentinels answered, and none knows a primary of that name: the name is wrong, or they were set up for others.
    #[error("{answered} of {tried} sentinels answered, and none knows a master named {name:?}")]
    NoSuchMaster {
        /// The name.
        name: String,
        /// How many said so.
        answered: usize,
        /// How many were asked.
        tried: usize,
    },
    /// Sentinels that know it are on the smaller side of a split, as far as can be told.
    #[error("expected a sentinel that reaches {expected} others, found {found} at most")]
    TooFewSentinels {
        /// [`Config::min_other_sentinels`](super::Config::min_other_sentinels).
        expected: usize,
        /// The most that one reaches.
        found: usize,
    },
    /// A sentinel answered with an error, or with what is no answer: wants a password, perhaps, or is none.
    #[error("{sentinel} answered {message:?}")]
    SentinelRefused {
        /// Which sentinel.
        sentinel: Address,
        /// What it said.
        message: String,
    },
    /// The server that was named could not be reached, or does not answer.
    #[error("{address} does not answer")]
    NodeUnreachable {
        /// Where it was said to be.
        address: Address,
    },
    /// The server that was named says that it is something else: a failover is under way, or what the sentinel says is old.
    #[error("expected {address} to be a {expected}, found a {found}")]
    WrongRole {
        /// Where it is.
        address: Address,
        /// What it was said to be.
        expected: String,
        /// What it says, or the error that it answers.
        found: String,
    },
    /// A replica was asked for, and there is none that is fit.
    #[error("none of {known} replicas is fit to read from")]
    NoReplica {
        /// How many the sentinel knows.
        known: usize,
    },
    /// The time ran out before anything else was known.
    #[error("the time ran out")]
    TimedOut,
}

impl Failure {
    /// A stable name, the same in every binding.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoSentinelAnswers { .. } => "no_sentinel_answers",
            Self::NoSuchMaster { .. } => "no_such_master",
            Self::TooFewSentinels { .. } => "too_few_sentinels",
            Self::SentinelRefused { .. } => "sentinel_refused",
            Self::NodeUnreachable { .. } => "node_unreachable",
            Self::WrongRole { .. } => "wrong_role",
            Self::NoReplica { .. } => "no_replica",
            Self::TimedOut => "timed_out",
        }
    }
}

/// Why an input was refused. The state is as it was before.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Error {
    /// A setting is outside its range.
    #[error("invalid setting: {0}")]
    Config(String),
    /// The link was never asked for, or is closed already. Late news of a link that was closed ends here and does no harm.
    #[error("link {0} is not open")]
    UnknownLink(LinkId),
    /// A reply came on a link on which no command waits for one.
    #[error("a reply came on link {0}, on which no command waits for one")]
    UnexpectedReply(LinkId),
    /// The request is answered already, or was never made.
    #[error("request {0} is not open")]
    UnknownRequest(RequestId),
    /// One more request than the settings allow.
    #[error("{0} requests are open, the most that the settings allow")]
    TooManyRequests(usize),
}

impl Error {
    /// A stable name, the same in every binding.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Config(_) => "invalid_config",
            Self::UnknownLink(_) => "unknown_link",
            Self::UnexpectedReply(_) => "unexpected_reply",
            Self::UnknownRequest(_) => "unknown_request",
            Self::TooManyRequests(_) => "too_many_requests",
        }
    }
}
