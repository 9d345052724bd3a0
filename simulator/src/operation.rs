//! What clients ask of registers, whoever keeps those, and what becomes of it.

use alloc::string::{String, ToString};
use core::fmt;

use crate::time::Time;

/// What can be done to a register. As text: `x=1` puts, `x+=1` appends, `x?` gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Op {
    /// Sets it.
    Put {
        /// Which register.
        key: String,
        /// To what.
        value: String,
    },
    /// Adds to its end, and answers what it is then: twice is not the same as once.
    Append {
        /// Which register.
        key: String,
        /// What is added.
        value: String,
    },
    /// Answers what it is.
    Get {
        /// Which register.
        key: String,
    },
}

impl Op {
    /// Reads an operation. Keys and values are ASCII letters, digits, `.`, `,`, `-` and `_`.
    pub fn parse(text: &str) -> Option<Self> {
        let plain = |text: &str| {
            let allowed = |c: char| c.is_ascii_alphanumeric() || ".,-_".contains(c);
            text.chars().all(allowed).then(|| text.to_string())
        };
        let key = |text: &str| plain(text).filter(|key| !key.is_empty());
        if let Some(name) = text.strip_suffix('?') {
            return Some(Self::Get { key: key(name)? });
        }
        if let Some((name, value)) = text.split_once("+=") {
            return Some(Self::Append {
                key: key(name)?,
                value: plain(value)?,
            });
        }
        let (name, value) = text.split_once('=')?;
        Some(Self::Put {
            key: key(name)?,
            value: plain(value)?,
        })
    }

    /// Which register it is about.
    pub fn key(&self) -> &str {
        match self {
            Self::Put { key, .. } | Self::Append { key, .. } | Self::Get { key } => key,
        }
    }

    /// Whether it changes nothing.
    pub fn is_get(&self) -> bool {
        matches!(self, Self::Get { .. })
    }
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Put { key, value } => write!(f, "{key}={value}"),
            Self::Append { key, value } => write!(f, "{key}+={value}"),
            Self::Get { key } => write!(f, "{key}?"),
        }
    }
}

/// What became of an operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It waits for an answer.
    Pending,
    /// It took place, and was answered with that.
    Done(String),
    /// It was refused and never takes place.
    Refused,
    /// Nobody knows: the client gave up.
    Unknown,
}

impl fmt::Display for Fate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pending => f.write_str("pending"),
            Self::Done(_) => f.write_str("ok"),
            Self::Refused => f.write_str("refused"),
            Self::Unknown => f.write_str("unknown"),
        }
    }
}

/// One operation of a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    /// Whose.
    pub client: u64,
    /// Its number among the client's operations, from 1 on.
    pub serial: u64,
    /// What was asked.
    pub op: Op,
    /// When.
    pub asked: Time,
    /// When it ended, if it did.
    pub ended: Option<Time>,
    /// How.
    pub fate: Fate,
    /// The order of beginnings and ends.
    pub(crate) call: u64,
    pub(crate) end: u64,
}
