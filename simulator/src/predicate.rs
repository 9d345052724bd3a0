//! What scripts ask of a world: `leader == 2`, `commit 1 >= 3`, `value 3 x == 1`.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::machine::Kind;
use crate::network::{Address, Selector};
use crate::raft::linearizable::Fate;
use crate::raft::role_name;
use crate::world::World;

/// A question and what its answer should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Predicate {
    question: Vec<String>,
    comparison: Comparison,
    expected: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comparison {
    Equal,
    Unequal,
    AtLeast,
    AtMost,
    More,
    Less,
}

const COMPARISONS: [(&str, Comparison); 6] = [
    ("==", Comparison::Equal),
    ("!=", Comparison::Unequal),
    (">=", Comparison::AtLeast),
    ("<=", Comparison::AtMost),
    (">", Comparison::More),
    ("<", Comparison::Less),
];

impl Predicate {
    pub(crate) fn parse(words: &[&str]) -> Result<Self, String> {
        let sign = |word: &str| COMPARISONS.iter().find(|(sign, _)| *sign == word).map(|(_, it)| *it);
        let place = words.iter().position(|word| sign(word).is_some());
        let place =
            place.ok_or_else(|| format!("expected a comparison as in leader == 2, found {:?}", words.join(" ")))?;
        let comparison = sign(words[place]).unwrap_or(Comparison::Equal);
        // A question that cannot be answered is found when the script is read.
        check(&words[..place])?;
        Ok(Self {
            question: words[..place].iter().map(ToString::to_string).collect(),
            comparison,
            expected: words[place + 1..].join(" "),
        })
    }

    /// Whether it holds, and the answer.
    pub(crate) fn ask(&self, world: &World) -> (bool, String) {
        let words: Vec<&str> = self.question.iter().map(String::as_str).collect();
        let found = answer(world, &words).unwrap_or_else(|| "?".to_string());
        let order = match (found.parse::<u64>(), self.expected.parse::<u64>()) {
            (Ok(found), Ok(expected)) => Some(found.cmp(&expected)),
            _ => None,
        };
        let holds = match self.comparison {
            Comparison::Equal => found == self.expected,
            Comparison::Unequal => found != self.expected,
            Comparison::AtLeast => order.is_some_and(|order| order.is_ge()),
            Comparison::AtMost => order.is_some_and(|order| order.is_le()),
            Comparison::More => order.is_some_and(|order| order.is_gt()),
            Comparison::Less => order.is_some_and(|order| order.is_lt()),
        };
        (holds, found)
    }
}

impl core::fmt::Display for Predicate {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let sign = COMPARISONS
            .iter()
            .find(|(_, it)| *it == self.comparison)
            .map_or("", |(sign, _)| *sign);
        write!(f, "{} {sign} {}", self.question.join(" "), self.expected)
    }
}

/// Answers a question, or says what is wrong with it.
pub(crate) fn ask(world: &World, words: &[&str]) -> Result<String, String> {
    check(words)?;
    answer(world, words).ok_or_else(|| format!("there is nothing that is called so in {:?}", words.join(" ")))
}

fn check(words: &[&str]) -> Result<(), String> {
    let known = words
        .first()
        .and_then(|name| QUESTIONS.iter().find(|(known, _)| known == name));
    let (name, arguments) = known.ok_or_else(|| format!("there is no question {:?}", words.join(" ")))?;
    match words.len() - 1 {
        found if found == *arguments => Ok(()),
        found => Err(format!("{name} takes {arguments} arguments, found {found}")),
    }
}

/// What can be asked, and how many arguments it takes.
const QUESTIONS: [(&str, usize); 27] = [
    ("leader", 0),
    ("leaders", 0),
    ("violations", 0),
    ("converged", 0),
    ("events", 0),
    ("up", 1),
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
    ("client", 1),
    ("answer", 1),
    ("in-flight", 3),
    ("sent", 1),
    ("highest-term", 0),
];

fn answer(world: &World, words: &[&str]) -> Option<String> {
    Some(match words {
        ["leader"] => world.leader().map_or("none".to_string(), |node| node.to_string()),
        ["leaders"] => list(world.leaders().into_iter().map(|(node, _)| node.to_string())),
        ["violations"] => list(
            world
                .violations()
                .iter()
                .map(|violation| violation.invariant.name().to_string()),
        ),
        ["converged"] => if converged(world) { "yes" } else { "no" }.to_string(),
        ["events"] => world.event_count().to_string(),
        ["highest-term"] => {
            let nodes = (1..=world.node_count()).filter_map(|node| world.node(node).ok().flatten());
            nodes
                .map(|status| status.hard_state.term)
                .max()
                .unwrap_or(0)
                .to_string()
        }
        ["sent", kind] => match *kind {
            "*" => world.engine.network.sent(None).to_string(),
            kind => world.engine.network.sent(Some(Kind::named(kind)?)).to_string(),
        },
        ["in-flight", kind, from, to] => {
            let address = |word: &str| match word {
                "*" => Some(Vec::new()),
                word => word.split(',').map(Address::parse).collect::<Option<Vec<_>>>(),
            };
            let kind = match *kind {
                "*" => None,
                kind => Some(Kind::named(kind)?),
            };
            let (from, to) = (address(from)?, address(to)?);
            world
                .engine
                .network
                .select(&Selector::Matching {
                    kind,
                    from,
                    to,
                    first: false,
                })
                .len()
                .to_string()
        }
        ["client", client] | ["answer", client] => {
            let client = client.strip_prefix('c')?.parse().ok()?;
            let fate = world.engine.history.last_of(client).map(|operation| &operation.fate);
            match (words[0], fate) {
                ("answer", Some(Fate::Done(value))) => value.clone(),
                (_, Some(fate)) => fate.to_string(),
                (_, None) => "none".to_string(),
            }
        }
        [_, node, ..] => return of_node(world, words, node.parse().ok()?),
        _ => return None,
    })
}

fn of_node(world: &World, words: &[&str], node: u64) -> Option<String> {
    let machine = world.machine(node).ok()?;
    if let ["value", _, key] = words {
        return Some(machine.store().get(key));
    }
    let Some(raft) = machine.node() else {
        return Some(if words[0] == "up" { "no" } else { "down" }.to_string());
    };
    let (hard, soft) = (raft.hard_state(), raft.soft_state());
    Some(match words {
        ["up", _] => "yes".to_string(),
        ["role", _] => role_name(soft.role).to_string(),
        ["lead", _] => soft.lead.to_string(),
        ["term", _] => hard.term.to_string(),
        ["vote", _] => hard.vote.to_string(),
        ["commit", _] => hard.commit.to_string(),
        ["applied", _] => machine.applied().to_string(),
        ["first", _] => raft.status().first_index.to_string(),
        ["last", _] => raft.last().index.to_string(),
        ["log", _] => list(world.log(node).ok()?.iter().map(|entry| entry.term.to_string())),
        ["entry", _, index] => {
            let index = index.parse().ok()?;
            match raft.entries(index, index + 1).first() {
                Some(entry) => {
                    let text = crate::raft::describe_entry(entry);
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
pub(crate) fn converged(world: &World) -> bool {
    let Some(leader) = world.leader() else {
        return false;
    };
    let machine = |node| world.machine(node).ok();
    let Some(raft) = machine(leader).and_then(crate::raft::RaftMachine::node) else {
        return false;
    };
    let (last, term) = (raft.last().index, raft.hard_state().term);
    let members = raft.membership();
    let mut all = members.voters();
    all = all
        .as_slice()
        .iter()
        .chain(members.learners.as_slice())
        .copied()
        .collect();
    all.as_slice().iter().all(|&node| {
        machine(node).is_some_and(|machine| {
            machine.applied() == last && machine.node().is_some_and(|raft| raft.hard_state().term == term)
        })
    })
}

fn list(items: impl Iterator<Item = String>) -> String {
    let items: Vec<String> = items.collect();
    match items.as_slice() {
        [] => "none".to_string(),
        items => items.join(" "),
    }
}
