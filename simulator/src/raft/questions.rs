//! What can be asked about a Raft group.

use alloc::format;
use alloc::string::{String, ToString};

use quorate::raft::Role;

use super::{Group, RaftMachine, describe_entry, role_name};
use crate::predicate::list;

/// What can be asked, and how many arguments it takes.
pub(crate) const QUESTIONS: [(&str, usize); 19] = [
    ("leader", 0),
    ("leaders", 0),
    ("highest-term", 0),
    ("role", 1),
    ("term", 1),
    ("vote", 1),
    ("lead", 1),
    ("commit", 1),
    ("applied", 1),
    ("first", 1),
    ("last", 1),
    ("log", 1),
    ("entry", 2),
    ("members", 1),
    ("votes", 1),
    ("value", 2),
    ("match", 2),
    ("next", 2),
    ("progress", 2),
];

pub(crate) fn answer(group: &Group, words: &[&str]) -> Option<String> {
    Some(match words {
        ["leader"] => leader(group).map_or("none".to_string(), |node| node.to_string()),
        ["leaders"] => list(leaders(group).map(|(node, _)| node.to_string())),
        ["highest-term"] => {
            let terms = group.machines().filter_map(RaftMachine::node);
            terms.map(|node| node.hard_state().term).max().unwrap_or(0).to_string()
        }
        [_, node, ..] => return of_node(group, words, node.parse().ok()?),
        _ => return None,
    })
}

/// Who leads in the latest term.
pub(crate) fn leader(group: &Group) -> Option<u64> {
    leaders(group).max_by_key(|(_, term)| *term).map(|(node, _)| node)
}

/// Who believe that they lead, and in which terms.
pub(crate) fn leaders(group: &Group) -> impl Iterator<Item = (u64, u64)> {
    let nodes = group.machines().filter_map(RaftMachine::node);
    let leading = nodes.filter(|node| node.soft_state().role == Role::Leader);
    leading.map(|node| (node.id(), node.hard_state().term))
}

fn of_node(group: &Group, words: &[&str], node: u64) -> Option<String> {
    let machine = group.machine(node)?;
    if let ["value", _, key] = words {
        return Some(machine.store().get(key));
    }
    let Some(raft) = machine.node() else {
        return Some("down".to_string());
    };
    let (hard, soft) = (raft.hard_state(), raft.soft_state());
    Some(match words {
        ["role", _] => role_name(soft.role).to_string(),
        ["lead", _] => soft.lead.to_string(),
        ["term", _] => hard.term.to_string(),
        ["vote", _] => hard.vote.to_string(),
        ["commit", _] => hard.commit.to_string(),
        ["applied", _] => machine.applied().to_string(),
        ["first", _] => raft.status().first_index.to_string(),
        ["last", _] => raft.last().index.to_string(),
        ["log", _] => list(machine.log().iter().map(|entry| entry.term.to_string())),
        ["entry", _, index] => {
            let index = index.parse().ok()?;
            match raft.entries(index, index + 1).first() {
                Some(entry) => {
                    let text = describe_entry(entry);
                    let command = text.split_once(' ').filter(|_| text.starts_with('c'));
                    format!("{}:{}", entry.term, command.map_or(text.as_str(), |(_, op)| op))
                }
                None => "none".to_string(),
            }
        }
        ["members", _] => raft.membership().to_string(),
        ["votes", _] => {
            let mut votes = raft.status().votes;
            votes.sort_unstable();
            list(
                votes
                    .iter()
                    .map(|(voter, granted)| format!("{voter}{}", if *granted { '+' } else { '-' })),
            )
        }
        [question, _, peer] => {
            let peer: u64 = peer.parse().ok()?;
            let progress = raft.status().progress;
            match progress.iter().find(|(id, _)| *id == peer) {
                Some((_, progress)) => match *question {
                    "match" => progress.matched.to_string(),
                    "next" => progress.next.to_string(),
                    _ => format!("{:?}", progress.state).to_lowercase(),
                },
                None => "none".to_string(),
            }
        }
        _ => return None,
    })
}

/// Whether everybody who is up and a member has applied all that the leader's log has, and somebody leads.
pub(crate) fn converged(group: &Group) -> bool {
    let Some(raft) = leader(group)
        .and_then(|leader| group.machine(leader))
        .and_then(RaftMachine::node)
    else {
        return false;
    };
    let (last, term) = (raft.last().index, raft.hard_state().term);
    let members = raft.membership();
    let (voters, learners) = (members.voters(), &members.learners);
    let mut all = voters.as_slice().iter().chain(learners.as_slice());
    all.all(|&node| {
        group.machine(node).is_some_and(|machine| {
            machine.applied() == last && machine.node().is_some_and(|raft| raft.hard_state().term == term)
        })
    })
}
