//! What must hold of a group after every event (figure 3.2 of Ongaro's dissertation, and chapters 4 and 6), with its witness.
//!
//! The checker keeps what was true of every node at any time: who led, who voted, what was in a log, what was committed. Facts
//! come in as they happen, so that each costs no more than what is new.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::ops::RangeInclusive;

use quorate::raft::{IdSet, Membership, Node, Role};

use super::{Fact, Logged};
use crate::invariant::{Invariant, Violation};

/// What must hold of a Raft group.
pub(crate) const ALL: [Invariant; 10] = [
    Invariant::ElectionSafety,
    Invariant::LeaderAppendOnly,
    Invariant::LogMatching,
    Invariant::LeaderCompleteness,
    Invariant::StateMachineSafety,
    Invariant::CommitMonotone,
    Invariant::OneVote,
    Invariant::Linearizable,
    Invariant::ConfigurationSafety,
    Invariant::Fence,
];

/// What is known of a node's log and role.
#[derive(Clone, Debug, Default)]
struct Ghost {
    up: bool,
    leads: bool,
    term: u64,
    commit: u64,
    start: (u64, u64),
    log: Vec<Logged>,
}

impl Ghost {
    fn last(&self) -> u64 {
        self.start.0 + self.log.len() as u64
    }

    fn term_at(&self, index: u64) -> Option<u64> {
        if index == self.start.0 {
            return Some(self.start.1);
        }
        self.at(index).map(|entry| entry.term)
    }

    fn at(&self, index: u64) -> Option<Logged> {
        let place = index.checked_sub(self.start.0 + 1)?;
        self.log.get(place as usize).copied()
    }
}

#[derive(Clone, Copy, Debug)]
struct Seen {
    entry: Logged,
    previous_term: u64,
    node: u64,
}

#[derive(Clone, Copy, Debug)]
struct Committed {
    entry: Logged,
    /// The term of the node that was first seen to know of it: the leader that committed it.
    in_term: u64,
    node: u64,
}

#[derive(Clone, Copy, Debug)]
struct Applied {
    entry: Logged,
    state: u64,
    node: u64,
}

/// What stands at index 1 of every log.
const FOUNDING: Logged = Logged { term: 1, content: 0 };

#[derive(Clone, Debug)]
pub(crate) struct Checker {
    nodes: Vec<Ghost>,
    leaders: BTreeMap<u64, u64>,
    votes: BTreeMap<(u64, u64), u64>,
    /// Every entry that was ever in a log, by index and term.
    entries: BTreeMap<(u64, u64), Seen>,
    committed: Vec<Committed>,
    applied: Vec<Applied>,
    configs: BTreeMap<u64, (Membership, u64)>,
    /// The first violation of each kind.
    found: Vec<Violation>,
}

impl Checker {
    pub(crate) fn new(nodes: u64) -> Self {
        Self {
            nodes: vec![Ghost::default(); nodes as usize],
            leaders: BTreeMap::new(),
            votes: BTreeMap::new(),
            entries: BTreeMap::new(),
            committed: vec![Committed {
                entry: FOUNDING,
                in_term: FOUNDING.term,
                node: 0,
            }],
            applied: vec![Applied {
                entry: FOUNDING,
                state: crate::hash::hash(b""),
                node: 0,
            }],
            configs: BTreeMap::new(),
            found: Vec::new(),
        }
    }

    pub(crate) fn found(&self) -> &[Violation] {
        &self.found
    }

    pub(crate) fn violated(&mut self, violation: Violation) {
        if !self.found.iter().any(|other| other.invariant == violation.invariant) {
            self.found.push(violation);
        }
    }

    fn violate(&mut self, invariant: Invariant, nodes: &[u64], term: u64, index: u64, text: String) {
        let nodes = nodes.to_vec();
        self.violated(Violation {
            invariant,
            nodes,
            term,
            index,
            text,
        });
    }

    /// Looks at what one event did to one node.
    pub(crate) fn check(&mut self, id: u64, node: Option<&Node>, facts: &[Fact]) {
        let Some(place) = (id as usize).checked_sub(1).filter(|place| *place < self.nodes.len()) else {
            return;
        };
        let leads = node.is_some_and(|node| node.soft_state().role == Role::Leader);
        for fact in facts {
            self.check_fact(id, place, leads, fact);
        }
        let Some(node) = node else {
            self.nodes[place].up = false;
            self.nodes[place].leads = false;
            return;
        };
        let (hard, last) = (node.hard_state(), node.last());
        let ghost = &mut self.nodes[place];
        let before = core::mem::replace(&mut ghost.commit, hard.commit);
        let newly_leads = leads && !(ghost.leads && ghost.term == hard.term);
        (ghost.leads, ghost.term) = (leads, hard.term);
        let known_last = ghost.last();
        if hard.commit < before || hard.commit > last.index {
            let text = format!(
                "node {id} had committed up to {before}, and now up to {} of {} entries",
                hard.commit, last.index
            );
            self.violate(Invariant::CommitMonotone, &[id], hard.term, hard.commit, text);
        }
        if known_last != last.index {
            let text = format!(
                "node {id} keeps a log up to {} and had up to {known_last} written",
                last.index
            );
            self.violate(Invariant::Fence, &[id], hard.term, last.index, text);
        }
        if hard.commit > before {
            self.check_committed(id, place, hard.term, before + 1..=hard.commit);
        }
        if newly_leads {
            self.check_leader(id, place, hard.term);
        }
    }

    fn check_fact(&mut self, id: u64, place: usize, leads: bool, fact: &Fact) {
        match fact {
            Fact::Started { start, log, vote } => {
                self.nodes[place] = Ghost {
                    up: true,
                    leads: false,
                    term: vote.term,
                    commit: vote.commit,
                    start: *start,
                    log: log.clone(),
                };
            }
            Fact::Logged { first, entries } => self.check_logged(id, place, leads, *first, entries),
            Fact::Restored { index, term } => {
                let ghost = &mut self.nodes[place];
                ghost.start = (*index, *term);
                ghost.log.clear();
            }
            Fact::Voted { term, vote } => self.check_vote(id, *term, *vote),
            Fact::Applied { index, entry, state } => self.check_applied(id, *index, *entry, *state),
            Fact::Loaded { index, state } => self.check_loaded(id, *index, *state),
            Fact::Configured { index, applied, config } => self.check_config(id, *index, *applied, config),
            Fact::Broken(text) => {
                let text = format!("node {id}: {text}");
                self.violate(Invariant::Fence, &[id], 0, 0, text);
            }
        }
    }

    /// Leader append-only, and log matching: by induction, an entry is what it was elsewhere and follows what it followed there.
    fn check_logged(&mut self, id: u64, place: usize, leads: bool, first: u64, entries: &[Logged]) {
        let ghost = &mut self.nodes[place];
        let (last, term) = (ghost.last(), ghost.term);
        ghost.log.truncate(first.saturating_sub(ghost.start.0 + 1) as usize);
        let mut previous_term = ghost.term_at(first.saturating_sub(1)).unwrap_or(0);
        ghost.log.extend_from_slice(entries);
        if leads && first <= last {
            let text = format!("leader {id} rewrote its log, which went up to {last}, from {first} on");
            self.violate(Invariant::LeaderAppendOnly, &[id], term, first, text);
        }
        for (entry, index) in entries.iter().zip(first..) {
            let seen = Seen {
                entry: *entry,
                previous_term,
                node: id,
            };
            let known = *self.entries.entry((index, entry.term)).or_insert(seen);
            if known.entry != *entry || known.previous_term != previous_term {
                let what = match known.entry != *entry {
                    true => "another",
                    false => "after a different one",
                };
                let text = format!(
                    "node {id} has an entry of term {} at {index}, node {} had {what}",
                    entry.term, known.node
                );
                self.violate(Invariant::LogMatching, &[id, known.node], entry.term, index, text);
            }
            previous_term = entry.term;
        }
    }

    fn check_vote(&mut self, id: u64, term: u64, vote: u64) {
        if vote == 0 {
            return;
        }
        let first = *self.votes.entry((id, term)).or_insert(vote);
        if first != vote {
            let text = format!("node {id} voted for {first} and for {vote} in term {term}");
            self.violate(Invariant::OneVote, &[id, first, vote], term, 0, text);
        }
    }

    /// Election safety and leader completeness.
    fn check_leader(&mut self, id: u64, place: usize, term: u64) {
        let first = *self.leaders.entry(term).or_insert(id);
        if first != id {
            let text = format!("nodes {first} and {id} were both elected in term {term}");
            self.violate(Invariant::ElectionSafety, &[first, id], term, 0, text);
        }
        let ghost = &self.nodes[place];
        let missing = self.committed.iter().zip(1..).find(|(committed, index)| {
            *index > ghost.start.0 && committed.in_term < term && ghost.at(*index) != Some(committed.entry)
        });
        if let Some((committed, index)) = missing {
            let text = format!(
                "node {id} leads in term {term} without entry {index}, which node {} committed in term {}",
                committed.node, committed.in_term
            );
            let nodes = [id, committed.node];
            self.violate(Invariant::LeaderCompleteness, &nodes, term, index, text);
        }
    }

    fn check_committed(&mut self, id: u64, place: usize, term: u64, indices: RangeInclusive<u64>) {
        for index in indices {
            let Some(entry) = self.nodes[place].at(index) else {
                continue;
            };
            match self.committed.get(index as usize - 1) {
                None if self.committed.len() as u64 + 1 == index => self.committed.push(Committed {
                    entry,
                    in_term: term,
                    node: id,
                }),
                Some(committed) if committed.entry != entry => {
                    let (node, theirs) = (committed.node, committed.entry.term);
                    let text = format!(
                        "node {id} committed an entry of term {} at {index}, node {node} one of term {theirs}",
                        entry.term
                    );
                    self.violate(Invariant::StateMachineSafety, &[id, node], entry.term, index, text);
                }
                _ => {}
            }
        }
    }

    fn check_applied(&mut self, id: u64, index: u64, entry: Logged, state: u64) {
        let applied = Applied { entry, state, node: id };
        match self.applied.get(index as usize - 1) {
            None if self.applied.len() as u64 + 1 == index => self.applied.push(applied),
            None => {
                let text = format!("node {id} applied entry {index}, and nobody those before it");
                self.violate(Invariant::StateMachineSafety, &[id], entry.term, index, text);
            }
            Some(first) if first.entry != entry || first.state != state => {
                let (node, theirs) = (first.node, first.entry.term);
                let text = format!(
                    "node {id} applied an entry of term {} at {index}, node {node} one of term {theirs}, and their states \
                     differ",
                    entry.term
                );
                self.violate(Invariant::StateMachineSafety, &[id, node], entry.term, index, text);
            }
            Some(_) => {}
        }
    }

    fn check_loaded(&mut self, id: u64, index: u64, state: u64) {
        let Some(place) = (index as usize).checked_sub(1) else {
            return;
        };
        let known = self.applied.get(place).map(|applied| (applied.state, applied.node));
        if known.is_none_or(|(known, _)| known != state) {
            let node = known.map_or(id, |(_, node)| node);
            let text = format!("node {id} loaded a snapshot at {index} that is not the state which entry {index} left");
            self.violate(Invariant::StateMachineSafety, &[id, node], 0, index, text);
        }
    }

    /// Each membership follows the one before so that any two of their quorums meet (§4.1 and §4.3 of the dissertation).
    fn check_config(&mut self, id: u64, index: u64, applied: bool, config: &Membership) {
        let before = self.configs.range(..=index).next_back();
        let Some((&at, (known, node))) = before else {
            self.configs.insert(index, (config.clone(), id));
            return;
        };
        let node = *node;
        if at == index || !applied {
            if known != config {
                let text = format!("at {index} node {id} has the members {config}, node {node} {known}");
                self.violate(Invariant::ConfigurationSafety, &[id, node], 0, index, text);
            }
            return;
        }
        let disjoint = disjoint_quorums(known, config).map(|(first, second)| {
            format!("from {known} to {config} at {index}: the quorums {first} and {second} do not meet")
        });
        self.configs.insert(index, (config.clone(), id));
        if let Some(text) = disjoint {
            self.violate(Invariant::ConfigurationSafety, &[id], 0, index, text);
        }
    }

    /// What of the past can be contradicted by the future of a state.
    pub(crate) fn describe(&self, into: &mut String) {
        use core::fmt::Write;
        for (term, node) in &self.leaders {
            let _ = write!(into, "{node}@{term} ");
        }
        for committed in &self.committed {
            let _ = write!(into, "{}:{} ", committed.entry.term, committed.entry.content);
        }
    }
}

/// A quorum of each that have no member in common.
fn disjoint_quorums(first: &Membership, second: &Membership) -> Option<(IdSet, IdSet)> {
    let all: IdSet = first
        .voters()
        .as_slice()
        .iter()
        .chain(second.voters().as_slice())
        .copied()
        .collect();
    let all = all.as_slice();
    (0..1u32 << all.len()).find_map(|subset| {
        let part = |inside: bool| -> IdSet {
            let chosen = all
                .iter()
                .zip(0..)
                .filter(|(_, bit)| (subset >> bit & 1 == 1) == inside);
            chosen.map(|(id, _)| *id).collect()
        };
        let (one, other) = (part(true), part(false));
        let quorum = |config: &Membership, ids: &IdSet| {
            config.vote_result(|id| Some(ids.contains(id))) == quorate::raft::quorum::VoteResult::Won
        };
        (quorum(first, &one) && quorum(second, &other)).then_some((one, other))
    })
}
