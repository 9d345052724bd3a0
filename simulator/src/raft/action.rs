//! What can be done to a member of a Raft group from outside.

use alloc::format;
use alloc::string::String;
use core::fmt;

use quorate::raft::{ConfChangeKind, ConfChangeSingle, ConfChangeTransition};

use super::describe_changes;
use crate::action::{Action, Deed, node, op};
use crate::operation::Op;

/// What can be done to a member of a Raft group. As text, in scripts:
///
/// | text | what it does |
/// |---|---|
/// | `timeout 3` | it stands for election |
/// | `propose 1 x=1` | it is given a command; `x=1` puts, `x+=1` appends |
/// | `change 1 +4 -1 ~2` | a change of membership is proposed: `+` a voter, `-` removed, `~` a learner. `change 1 explicit ...` is left only by `change 1 leave`, `implicit` by itself |
/// | `transfer 1 3` | leadership is handed over |
/// | `forget-leader 3` | the machine forgets who leads |
/// | `snapshot 3` | it takes a snapshot and drops the entries that it covers |
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the table above says what each does")]
pub enum RaftAction {
    Timeout(u64),
    Propose {
        node: u64,
        op: Op,
    },
    Change {
        node: u64,
        transition: ConfChangeTransition,
        changes: alloc::vec::Vec<ConfChangeSingle>,
    },
    Transfer {
        node: u64,
        to: u64,
    },
    ForgetLeader(u64),
    Snapshot(u64),
}

impl RaftAction {
    /// None if no action of Raft begins so.
    pub(crate) fn parse(words: &[&str]) -> Option<Result<Self, String>> {
        let (name, rest) = words.split_first()?;
        Some(match (*name, rest) {
            ("timeout", [n]) => node(n).map(Self::Timeout),
            ("propose", [n, command]) => propose(n, command),
            ("change", [n, changes @ ..]) => change(n, changes),
            ("transfer", [n, to]) => transfer(n, to),
            ("forget-leader", [n]) => node(n).map(Self::ForgetLeader),
            ("snapshot", [n]) => node(n).map(Self::Snapshot),
            _ => return None,
        })
    }

    pub(crate) fn node(&self) -> u64 {
        match self {
            Self::Timeout(node) | Self::ForgetLeader(node) | Self::Snapshot(node) => *node,
            Self::Propose { node, .. } | Self::Change { node, .. } | Self::Transfer { node, .. } => *node,
        }
    }
}

impl From<RaftAction> for Action {
    fn from(action: RaftAction) -> Self {
        Self::Deed(Deed::Raft(action))
    }
}

fn propose(n: &str, command: &str) -> Result<RaftAction, String> {
    let (node, op) = (node(n)?, op(command)?);
    Ok(RaftAction::Propose { node, op })
}

fn transfer(n: &str, to: &str) -> Result<RaftAction, String> {
    let (node, to) = (node(n)?, node(to)?);
    Ok(RaftAction::Transfer { node, to })
}

fn change(n: &str, words: &[&str]) -> Result<RaftAction, String> {
    use ConfChangeTransition as Transition;

    let (transition, words) = match words {
        ["leave"] => (Transition::Auto, &words[1..]),
        ["explicit", rest @ ..] => (Transition::JointExplicit, rest),
        ["implicit", rest @ ..] => (Transition::JointImplicit, rest),
        rest => (Transition::Auto, rest),
    };
    let changes = words.iter().map(|word| {
        let wrong = || format!("expected +4, -4 or ~4, found {word:?}");
        let kind = match word.chars().next() {
            Some('+') => ConfChangeKind::AddNode,
            Some('-') => ConfChangeKind::RemoveNode,
            Some('~') => ConfChangeKind::AddLearnerNode,
            _ => return Err(wrong()),
        };
        let node_id = word[1..].parse().map_err(|_| wrong())?;
        Ok(ConfChangeSingle { kind, node_id })
    });
    Ok(RaftAction::Change {
        node: node(n)?,
        transition,
        changes: changes.collect::<Result<_, _>>()?,
    })
}

impl fmt::Display for RaftAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Timeout(node) => write!(f, "timeout {node}"),
            Self::Propose { node, op } => write!(f, "propose {node} {op}"),
            Self::Change {
                node,
                transition,
                changes,
            } => {
                let how = match transition {
                    ConfChangeTransition::Auto if changes.is_empty() => " leave",
                    ConfChangeTransition::Auto => "",
                    ConfChangeTransition::JointImplicit => " implicit",
                    ConfChangeTransition::JointExplicit => " explicit",
                };
                let space = if changes.is_empty() { "" } else { " " };
                write!(f, "change {node}{how}{space}{}", describe_changes(changes))
            }
            Self::Transfer { node, to } => write!(f, "transfer {node} {to}"),
            Self::ForgetLeader(node) => write!(f, "forget-leader {node}"),
            Self::Snapshot(node) => write!(f, "snapshot {node}"),
        }
    }
}
