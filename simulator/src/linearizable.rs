//! Whether what clients were answered could have come from one register that does one thing at a time (Herlihy and Wing, 1990).
//!
//! The search is that of Wing and Gong (1993) with Lowe's memory of what was tried (2017), a register at a time, for
//! linearizability is local. Where no operation is under way, everything before is summed up by the values that the register may
//! have, so that histories stay short.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use crate::invariant::{Invariant, Violation};
use crate::operation::{Fate, Op, Operation};
use crate::time::Time;

#[derive(Clone, Debug, Default)]
struct Register {
    /// Operations since the register's values were last summed up.
    window: Vec<usize>,
    /// What its value may have been then.
    values: BTreeSet<String>,
}

/// What clients asked and were answered.
#[derive(Clone, Debug, Default)]
pub(crate) struct History {
    operations: Vec<Operation>,
    registers: BTreeMap<String, Register>,
    stamp: u64,
}

/// Above it a search is given up, and finds nothing wrong.
const MOST_STEPS: usize = 200_000;

impl History {
    pub(crate) fn operations(&self) -> &[Operation] {
        &self.operations
    }

    /// An operation begins. Answers its place.
    pub(crate) fn ask(&mut self, client: u64, serial: u64, op: Op, now: Time) -> usize {
        self.stamp += 1;
        let place = self.operations.len();
        let register = self.registers.entry(op.key().to_string()).or_insert_with(|| Register {
            window: Vec::new(),
            values: BTreeSet::from([String::new()]),
        });
        register.window.push(place);
        self.operations.push(Operation {
            client,
            serial,
            op,
            asked: now,
            ended: None,
            fate: Fate::Pending,
            call: self.stamp,
            end: u64::MAX,
        });
        place
    }

    /// An operation ends. Says what is wrong with that, if anything is.
    pub(crate) fn end(&mut self, place: usize, fate: Fate, now: Time) -> Option<Violation> {
        self.stamp += 1;
        let operation = self.operations.get_mut(place)?;
        operation.ended = Some(now);
        if fate != Fate::Unknown {
            operation.end = self.stamp;
        }
        operation.fate = fate;
        let key = operation.op.key().to_string();
        if operation.fate == Fate::Refused {
            self.registers.get_mut(&key)?.window.retain(|other| *other != place);
        }
        self.check(&key)
    }

    fn check(&mut self, key: &str) -> Option<Violation> {
        let register = self.registers.get_mut(key)?;
        let operations = &self.operations;
        let all_done = register
            .window
            .iter()
            .all(|place| matches!(operations[*place].fate, Fate::Done(_)));
        let window: Vec<&Operation> = register.window.iter().map(|place| &operations[*place]).collect();
        let window = without_unseen(&window);
        let mut search = Search::new(&window, all_done);
        let explained = register.values.iter().fold(false, |explained, value| {
            let found = search.run(value);
            explained || found
        });
        if !explained && !search.gave_up {
            let last = window
                .iter()
                .max_by_key(|operation| if operation.end == u64::MAX { 0 } else { operation.end });
            let text = last.map_or(String::new(), |last| {
                format!(
                    "no order of operations on {key} explains that c{}#{} {} was answered {:?}",
                    last.client,
                    last.serial,
                    last.op,
                    answer(last)
                )
            });
            // Go on from whatever it may be, so that later operations are judged by themselves.
            return Some(Violation {
                invariant: Invariant::Linearizable,
                nodes: Vec::new(),
                term: 0,
                index: 0,
                text,
            });
        }
        if all_done && !search.gave_up {
            register.values = search.values;
            register.window.clear();
        }
        None
    }

    /// The last operation of a client.
    pub(crate) fn last_of(&self, client: u64) -> Option<&Operation> {
        self.operations
            .iter()
            .rev()
            .find(|operation| operation.client == client)
    }

    pub(crate) fn describe(&self, into: &mut String) {
        use core::fmt::Write;
        for Operation {
            client,
            serial,
            op,
            asked,
            ended,
            fate,
            ..
        } in &self.operations
        {
            let _ = writeln!(into, "c{client}#{serial} {op} {asked} {ended:?} {fate:?}");
        }
    }
}

fn answer(operation: &Operation) -> &str {
    match &operation.fate {
        Fate::Done(value) => value,
        _ => "",
    }
}

/// An operation that nobody was answered, and whose value nobody saw, may as well never have taken place: without it the search is
/// short. Values are unique in worlds that ask by themselves; where they are not, it is kept.
fn without_unseen<'a>(window: &[&'a Operation]) -> Vec<&'a Operation> {
    let seen = |value: &str| window.iter().any(|other| answer(other).contains(value));
    let kept = window
        .iter()
        .filter(|operation| match (&operation.fate, &operation.op) {
            (Fate::Done(_), _) => true,
            (_, Op::Get { .. }) => false,
            (_, Op::Put { value, .. }) => value.is_empty() || seen(value),
            (_, Op::Append { value, .. }) => !value.is_empty() && seen(value),
        });
    kept.copied().collect()
}

struct Search<'a> {
    window: &'a [&'a Operation],
    /// Whether every value that the register may have at the end is wanted.
    all: bool,
    values: BTreeSet<String>,
    tried: BTreeSet<(Vec<u64>, String)>,
    steps: usize,
    gave_up: bool,
}

impl<'a> Search<'a> {
    fn new(window: &'a [&'a Operation], all: bool) -> Self {
        Self {
            window,
            all,
            values: BTreeSet::new(),
            tried: BTreeSet::new(),
            steps: 0,
            gave_up: false,
        }
    }

    /// Whether an order of the operations explains the answers, from that value on.
    fn run(&mut self, value: &str) -> bool {
        let mut found = false;
        let mut open = vec![(vec![0u64; self.window.len().div_ceil(64)], value.to_string())];
        while let Some((done, value)) = open.pop() {
            self.steps += 1;
            if self.steps > MOST_STEPS {
                self.gave_up = true;
                return found;
            }
            let is_done = |place: usize| done[place / 64] >> (place % 64) & 1 == 1;
            let left = || self.window.iter().enumerate().filter(|(place, _)| !is_done(*place));
            // What ended must come before whatever was asked for after that.
            let first_end = left().map(|(_, operation)| operation.end).min().unwrap_or(u64::MAX);
            if first_end == u64::MAX {
                found = true;
                if !self.all {
                    return true;
                }
                self.values.insert(value);
                continue;
            }
            let mut next = Vec::new();
            for (place, operation) in left().filter(|(_, operation)| operation.call < first_end) {
                if let Some(after) = after(operation, &value) {
                    let mut done = done.clone();
                    done[place / 64] |= 1 << (place % 64);
                    next.push((done, after));
                }
            }
            // In the order of their calls, which is mostly right.
            for state in next.into_iter().rev() {
                if self.tried.insert(state.clone()) {
                    open.push(state);
                }
            }
        }
        found
    }
}

/// The register's value after an operation, if its answer was right.
fn after(operation: &Operation, value: &str) -> Option<String> {
    let answered = match &operation.fate {
        Fate::Done(answer) => Some(answer.as_str()),
        _ => None,
    };
    match &operation.op {
        Op::Put { value, .. } => Some(value.clone()),
        Op::Append { value: added, .. } => {
            let after = format!("{value}{added}");
            answered.is_none_or(|answer| answer == after).then_some(after)
        }
        Op::Get { .. } => answered.is_none_or(|answer| answer == value).then(|| value.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each line: `ask CLIENT OP`, `end CLIENT ANSWER` or `lose CLIENT`.
    fn is_linearizable(script: &str) -> bool {
        let mut history = History::default();
        let mut open = BTreeMap::new();
        script.split("; ").all(|line| {
            let words: Vec<&str> = line.split(' ').collect();
            let client = words[1].parse().expect("a client");
            match words[0] {
                "ask" => {
                    let op = Op::parse(words[2]).expect("an operation");
                    open.insert(client, history.ask(client, 1, op, 0));
                    true
                }
                "end" => {
                    let answer = words.get(2).copied().unwrap_or_default().to_string();
                    history.end(open[&client], Fate::Done(answer), 0).is_none()
                }
                _ => history.end(open[&client], Fate::Unknown, 0).is_none(),
            }
        })
    }

    #[test]
    fn what_one_register_could_answer_is_linearizable() {
        for script in [
            "ask 1 x=1; end 1; ask 2 x?; end 2 1",
            "ask 1 x=1; ask 2 x?; end 2; end 1; ask 2 x?; end 2 1",
            "ask 1 x=1; ask 2 x?; end 2 1; ask 3 x?; end 3 1; end 1",
            "ask 1 x=1; ask 2 x=2; end 1; end 2; ask 3 x?; end 3 1; ask 3 x?; end 3 1",
            "ask 1 x=1; lose 1; ask 2 x?; end 2; ask 2 x?; end 2 1",
            "ask 1 x=1; end 1; ask 2 x+=2; lose 2; ask 3 x+=3; end 3 123",
            "ask 1 x=1; end 1; ask 2 x=2; lose 2; ask 1 x?; end 1 1; ask 1 x=3; end 1; ask 1 x?; end 1 2",
        ] {
            assert!(is_linearizable(script), "{script}");
        }
    }

    #[test]
    fn what_it_could_not_answer_is_not() {
        for script in [
            "ask 1 x=1; end 1; ask 2 x?; end 2",
            "ask 1 x=1; ask 2 x?; end 2 1; ask 3 x?; end 3",
            "ask 1 x=1; end 1; ask 1 x=2; end 1; ask 2 x?; end 2 1",
            "ask 1 x=1; ask 2 x=2; end 1; end 2; ask 3 x?; end 3 1; ask 3 x?; end 3 2",
            "ask 1 x+=1; lose 1; ask 3 x?; end 3 11",
            "ask 1 x=1; lose 1; ask 2 x?; end 2 1; ask 2 x?; end 2",
            "ask 2 x?; end 2 7",
        ] {
            assert!(!is_linearizable(script), "{script}");
        }
    }

    /// Random histories of three clients, against all orders of their operations.
    #[test]
    fn it_agrees_with_trying_every_order() {
        let mut random = crate::random::Random::new(7, 0);
        let mut wrong = 0;
        for _ in 0..3_000 {
            let mut history = History::default();
            let mut open: Vec<usize> = Vec::new();
            let mut verdict = true;
            for serial in 1..=6u64 {
                let text = match random.below(3) {
                    0 => format!("x={serial}"),
                    1 => format!("x+={serial}"),
                    _ => "x?".to_string(),
                };
                open.push(history.ask(serial, 1, Op::parse(&text).expect("an operation"), 0));
                while !open.is_empty() && random.below(2) == 0 {
                    let place = open.remove(random.below(open.len() as u64) as usize);
                    let op = &history.operations()[place].op;
                    let answer = match op {
                        Op::Put { .. } => String::new(),
                        Op::Append { value, .. } if random.below(2) == 0 => value.clone(),
                        Op::Append { value, .. } => format!("{}{value}", random.below(serial + 1)),
                        Op::Get { .. } if random.below(2) == 0 => String::new(),
                        Op::Get { .. } => random.below(serial + 1).to_string(),
                    };
                    verdict &= history.end(place, Fate::Done(answer), 0).is_none();
                }
            }
            let all: Vec<&Operation> = history.operations().iter().collect();
            let expected = every_order(&all, "");
            assert_eq!(verdict, expected, "{:#?}", history.operations());
            wrong += usize::from(!expected);
        }
        assert!((500..2_500).contains(&wrong), "both verdicts come about: {wrong}");
    }

    /// The definition: an order of all that ended, and of some that did not, which keeps to real time and explains the answers.
    fn every_order(left: &[&Operation], value: &str) -> bool {
        if left.iter().all(|operation| operation.end == u64::MAX) {
            return true;
        }
        left.iter().enumerate().any(|(place, operation)| {
            let first = left.iter().all(|other| operation.call < other.end);
            let rest: Vec<&Operation> = left
                .iter()
                .enumerate()
                .filter(|(other, _)| *other != place)
                .map(|(_, it)| *it)
                .collect();
            first && after(operation, value).is_some_and(|value| every_order(&rest, &value))
        })
    }
}
