//! Why something was refused.

use alloc::string::String;

use crate::kind::Kind;

/// Why something was refused. The world is as it was.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is no kind of world of that name.
    #[error("there is no kind of world {0:?}, only {names}", names = Kind::ALL.map(Kind::name).join(", "))]
    UnknownKind(String),
    /// There is no setting of that name.
    #[error("there is no setting {0}")]
    UnknownSetting(String),
    /// A setting was given something that it cannot be.
    #[error("{name} cannot be {value}")]
    InvalidValue {
        /// The setting.
        name: String,
        /// What it was given.
        value: String,
    },
    /// Settings that do not go together, or are out of range.
    #[error("{0}")]
    InvalidConfig(&'static str),
    /// There is no rule of that name.
    #[error("there is no rule {0}")]
    UnknownRule(String),
    /// This build keeps all rules.
    #[error("rule {0} cannot be broken: this build keeps all rules")]
    BrokenRulesAbsent(String),
    /// There is no machine of that number.
    #[error("there is no node {0}")]
    UnknownNode(u64),
    /// There is no client of that number.
    #[error("there is no client {0}")]
    UnknownClient(u64),
    /// The machine must run for that, and does not.
    #[error("node {0} is down")]
    Down(u64),
    /// The machine must be down for that, and runs.
    #[error("node {0} is up")]
    Up(u64),
    /// The client waits for an answer.
    #[error("client {0} waits for an answer")]
    Busy(u64),
    /// No message in flight is meant.
    #[error("no message in flight is {0}")]
    NoSuchMessage(String),
    /// The machine refused it.
    #[error("node {node} refused: {reason}")]
    Refused {
        /// Which machine.
        node: u64,
        /// Why.
        reason: String,
    },
    /// The machine found on its disk what cannot be.
    #[error("node {node} cannot start: {reason}")]
    CannotStart {
        /// Which machine.
        node: u64,
        /// Why.
        reason: String,
    },
    /// A line of a script cannot be read.
    #[error("line {line}: {reason}")]
    Script {
        /// The line, from 1 on.
        line: usize,
        /// What was expected and found.
        reason: String,
    },
    /// The text of an action cannot be read: [`Script`](Self::Script), of which there is one line.
    #[error("{0}")]
    InvalidAction(String),
    /// Nothing is called so that a world could be asked about.
    #[error("{0}")]
    InvalidQuestion(String),
    /// A time before the world began, or in the future of an action.
    #[error("there is no such moment: {0}")]
    NoSuchMoment(String),
}

impl Error {
    /// A stable name, the same in every binding.
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownKind(_) => "unknown_kind",
            Self::UnknownSetting(_) => "unknown_setting",
            Self::InvalidValue { .. } => "invalid_value",
            Self::InvalidConfig(_) => "invalid_config",
            Self::UnknownRule(_) => "unknown_rule",
            Self::BrokenRulesAbsent(_) => "broken_rules_absent",
            Self::UnknownNode(_) => "unknown_node",
            Self::UnknownClient(_) => "unknown_client",
            Self::Down(_) => "node_down",
            Self::Up(_) => "node_up",
            Self::Busy(_) => "client_busy",
            Self::NoSuchMessage(_) => "no_such_message",
            Self::Refused { .. } => "refused",
            Self::CannotStart { .. } => "cannot_start",
            Self::Script { .. } | Self::InvalidAction(_) => "invalid_script",

            Self::InvalidQuestion(_) => "invalid_question",
            Self::NoSuchMoment(_) => "no_such_moment",
        }
    }
}
