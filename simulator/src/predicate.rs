//! What scripts ask of a world: `leader == 2`, `commit 1 >= 3`, `value 3 x == 1`.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::kind::Kind;
use crate::network::{Address, Selector};
use crate::operation::Fate;
use crate::payload::MessageKind;
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
    pub(crate) fn parse(kind: Kind, words: &[&str]) -> Result<Self, String> {
        let sign = |word: &str| COMPARISONS.iter().find(|(sign, _)| *sign == word).map(|(_, it)| *it);
        let place = words.iter().position(|word| sign(word).is_some());
        let place =
            place.ok_or_else(|| format!("expected a comparison as in leader == 2, found {:?}", words.join(" ")))?;
        let comparison = sign(words[place]).unwrap_or(Comparison::Equal);
        // A question that cannot be answered is found when the script is read.
        check(kind, &words[..place])?;
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
    check(world.kind(), words)?;
    answer(world, words).ok_or_else(|| format!("there is nothing that is called so in {:?}", words.join(" ")))
}

fn check(kind: Kind, words: &[&str]) -> Result<(), String> {
    let known = words.first().and_then(|name| {
        QUESTIONS
            .iter()
            .chain(kind.questions())
            .find(|(known, _)| known == name)
    });
    let (name, arguments) = known.ok_or_else(|| format!("there is no question {:?}", words.join(" ")))?;
    match words.len() - 1 {
        found if found == *arguments => Ok(()),
        found => Err(format!("{name} takes {arguments} arguments, found {found}")),
    }
}

/// What can be asked of any world, and how many arguments it takes.
const QUESTIONS: [(&str, usize); 10] = [
    ("violations", 0),
    ("converged", 0),
    ("events", 0),
    ("up", 1),
    ("paused", 1),
    ("setting", 1),
    ("client", 1),
    ("answer", 1),
    ("in-flight", 3),
    ("sent", 1),
];

fn answer(world: &World, words: &[&str]) -> Option<String> {
    let engine = &world.engine;
    let named = |kind: &str| match kind {
        "*" => Some(None),
        kind => MessageKind::named(kind).map(Some),
    };
    Some(match words {
        ["violations"] => list(
            world
                .violations()
                .iter()
                .map(|violation| violation.invariant.name().to_string()),
        ),
        ["converged"] => yes_or_no(engine.scene.converged()),
        ["events"] => world.event_count().to_string(),
        ["up", node] => {
            let node = node
                .parse()
                .ok()
                .filter(|node| (1..=world.node_count()).contains(node))?;
            yes_or_no(engine.scene.is_up(node))
        }
        ["paused", node] => yes_or_no(world.is_paused(node.parse().ok()?).ok()?),
        ["setting", name] => {
            let all = engine.config.all();
            all.into_iter().find(|(known, _)| known == name)?.1
        }
        ["sent", kind] => engine.network.sent(named(kind)?).to_string(),
        ["in-flight", kind, from, to] => {
            let address = |word: &str| match word {
                "*" => Some(Vec::new()),
                word => word.split(',').map(Address::parse).collect::<Option<Vec<_>>>(),
            };
            let which = Selector::Matching {
                kind: named(kind)?,
                from: address(from)?,
                to: address(to)?,
                first: false,
            };
            engine.network.select(&which).len().to_string()
        }
        ["client" | "answer", client] => {
            let client = client.strip_prefix('c')?.parse::<u64>().ok()?;
            let last = world
                .history()
                .iter()
                .rev()
                .find(|operation| operation.client == client);
            match (words[0], last.map(|operation| &operation.fate)) {
                ("answer", Some(Fate::Done(value))) => value.clone(),
                (_, Some(fate)) => fate.to_string(),
                (_, None) => "none".to_string(),
            }
        }
        _ => return engine.scene.answer_question(words),
    })
}

fn yes_or_no(yes: bool) -> String {
    if yes { "yes" } else { "no" }.to_string()
}

/// Words with spaces between them, or `none`.
pub(crate) fn list(items: impl Iterator<Item = String>) -> String {
    let items: Vec<String> = items.collect();
    match items.as_slice() {
        [] => "none".to_string(),
        items => items.join(" "),
    }
}
