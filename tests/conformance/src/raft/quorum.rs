//! Scripts about quorums: what majorities, single and joint, have committed and how their votes stand.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use quorate::raft::NodeId;
use quorate::raft::quorum::{VoteResult, joint_committed, joint_vote, majority_committed, majority_vote};

use crate::datadriven::Case;

/// Runs one command.
pub(super) fn run(case: &Case) -> String {
    try_run(case).unwrap_or_else(|error| error)
}

fn try_run(case: &Case) -> Result<String, String> {
    let incoming = ids(case.values("cfg").unwrap_or_default())?;
    let outgoing = match case.values("cfgj") {
        None => None,
        Some([zero]) if zero == "zero" => Some(Vec::new()),
        Some(values) => Some(ids(values)?),
    };
    match case.command.as_str() {
        "committed" => committed(case, &incoming, outgoing.as_deref()),
        "vote" => vote(case, &incoming, outgoing.as_deref()),
        other => Err(format!("unknown command: {other}")),
    }
}

fn ids(values: &[String]) -> Result<Vec<NodeId>, String> {
    let mut ids = Vec::new();
    for value in values {
        ids.push(value.parse().map_err(|_| format!("not a member: {value}"))?);
    }
    Ok(ids)
}

/// What each voter said, in the order in which they are named; `_` for one that said nothing.
fn answers<T>(
    values: &[String],
    incoming: &[NodeId],
    outgoing: &[NodeId],
    read: impl Fn(&str) -> Option<T>,
) -> Result<BTreeMap<NodeId, T>, String> {
    let mut seen = BTreeSet::new();
    let voters: Vec<NodeId> = incoming.iter().chain(outgoing).copied().collect();
    let voters: Vec<NodeId> = voters.into_iter().filter(|voter| seen.insert(*voter)).collect();
    if voters.len() != values.len() {
        return Err(format!(
            "error: mismatched input (explicit or _) for voters {voters:?}: {values:?}"
        ));
    }
    let mut answers = BTreeMap::new();
    for (voter, value) in voters.into_iter().zip(values) {
        if value != "_" {
            answers.insert(voter, read(value).ok_or(format!("unknown answer: {value}"))?);
        }
    }
    Ok(answers)
}

fn committed(case: &Case, incoming: &[NodeId], outgoing: Option<&[NodeId]>) -> Result<String, String> {
    let values = case.values("idx").unwrap_or_default();
    let indices = answers(values, incoming, outgoing.unwrap_or_default(), |value| {
        value.parse::<u64>().ok()
    })?;
    let acked = |voter: NodeId| indices.get(&voter).copied().unwrap_or(0);
    let all: BTreeSet<NodeId> = incoming.iter().chain(outgoing.unwrap_or_default()).copied().collect();
    let mut text = describe(&all, &indices);
    let index = match outgoing {
        None => majority_committed(incoming, acked),
        Some(outgoing) => joint_committed(incoming, outgoing, acked),
    };
    // What cannot make a difference must make none.
    let others = match outgoing {
        None => vec![
            ("an empty half", joint_committed(incoming, &[], acked)),
            ("the same half twice", joint_committed(incoming, incoming, acked)),
        ],
        Some(outgoing) => vec![("the halves exchanged", joint_committed(outgoing, incoming, acked))],
    };
    for (way, other) in others.into_iter().filter(|(_, other)| *other != index) {
        let _ = writeln!(text, "{} <-- with {way}", show(other));
    }
    let _ = writeln!(text, "{}", show(index));
    Ok(text)
}

fn show(index: u64) -> String {
    match index {
        u64::MAX => "∞".to_string(),
        index => index.to_string(),
    }
}

/// A bar a voter: as long as there are voters with a lower index.
fn describe(voters: &BTreeSet<NodeId>, indices: &BTreeMap<NodeId, u64>) -> String {
    if voters.is_empty() {
        return "<empty majority quorum>".to_string();
    }
    let count = voters.len();
    let index = |voter: &NodeId| indices.get(voter).copied().unwrap_or(0);
    let bar = |voter: &NodeId| voters.iter().filter(|other| index(other) < index(voter)).count();
    let mut text = format!("{}    idx\n", " ".repeat(count));
    for voter in voters {
        let mark = match indices.contains_key(voter) {
            true => format!("{}>{}", "x".repeat(bar(voter)), " ".repeat(count - bar(voter))),
            false => format!("?{}", " ".repeat(count)),
        };
        let _ = writeln!(text, "{mark} {:5}    (id={voter})", index(voter));
    }
    text
}

fn vote(case: &Case, incoming: &[NodeId], outgoing: Option<&[NodeId]>) -> Result<String, String> {
    let values = case.values("votes").unwrap_or_default();
    let votes = answers(values, incoming, outgoing.unwrap_or_default(), |value| match value {
        "y" => Some(true),
        "n" => Some(false),
        _ => None,
    })?;
    let vote = |voter: NodeId| votes.get(&voter).copied();
    let (result, other) = match outgoing {
        None => (majority_vote(incoming, vote), joint_vote(incoming, incoming, vote)),
        Some(outgoing) => (
            joint_vote(incoming, outgoing, vote),
            joint_vote(outgoing, incoming, vote),
        ),
    };
    let mut text = String::new();
    if other != result {
        let _ = writeln!(text, "{} <-- with the halves exchanged", name(other));
    }
    let _ = writeln!(text, "{}", name(result));
    Ok(text)
}

fn name(result: VoteResult) -> &'static str {
    match result {
        VoteResult::Won => "VoteWon",
        VoteResult::Pending => "VotePending",
        VoteResult::Lost => "VoteLost",
    }
}
