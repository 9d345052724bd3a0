//! What can be done to servers and sentinels from outside.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use crate::action::{Action, Deed, node};
use crate::time::{Time, parse_time, print_time};

/// What can be done to a machine of a world of Sentinel. As text, in scripts:
///
/// | text | what it does |
/// |---|---|
/// | `clock 4 +5s`, `clock 4 -1s` | its clock jumps, as when somebody sets it |
/// | `command 4 sentinel failover m1` | an operator who sits at the machine says that to the sentinel or server; an error is a refusal |
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the table above says what each does")]
pub enum SentinelAction {
    Clock { node: u64, back: bool, by: Time },
    Command { node: u64, words: Vec<String> },
}

impl SentinelAction {
    /// None if no action of this kind begins so.
    pub(crate) fn parse(words: &[&str]) -> Option<Result<Self, String>> {
        let (name, rest) = words.split_first()?;
        Some(match (*name, rest) {
            ("clock", [n, jump]) => clock(n, jump),
            ("command", [n, words @ ..]) if !words.is_empty() => node(n).map(|node| Self::Command {
                node,
                words: words.iter().map(ToString::to_string).collect(),
            }),
            _ => return None,
        })
    }

    pub(crate) fn node(&self) -> u64 {
        match self {
            Self::Clock { node, .. } | Self::Command { node, .. } => *node,
        }
    }
}

fn clock(n: &str, jump: &str) -> Result<SentinelAction, String> {
    let wrong = || alloc::format!("expected +5s or -5s, found {jump:?}");
    let back = jump.starts_with('-');
    let by = jump.strip_prefix(['+', '-']).and_then(parse_time);
    let by = by.filter(|by| *by <= crate::config::MAX_TIME).ok_or_else(wrong)?;
    Ok(SentinelAction::Clock {
        node: node(n)?,
        back,
        by,
    })
}

impl From<SentinelAction> for Action {
    fn from(action: SentinelAction) -> Self {
        Self::Deed(Deed::Sentinel(action))
    }
}

impl fmt::Display for SentinelAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Clock { node, back, by } => {
                write!(f, "clock {node} {}{}", if *back { '-' } else { '+' }, print_time(*by))
            }
            Self::Command { node, words } => write!(f, "command {node} {}", words.join(" ")),
        }
    }
}
