//! Scenario scripts: a world, what is done to it, and what is expected of it, as text of one step a line.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use crate::action::Action;
use crate::config::Config;
use crate::error::Error;
use crate::kind::Kind;
use crate::predicate::Predicate;
use crate::time::{Time, parse_time, print_time};
use crate::world::{Moment, World};

/// How long a script waits for what it expects, where it does not say.
const PATIENCE: Time = 10_000_000;

/// One step of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Go on for so long.
    Run(Time),
    /// Go on until a time, and further until so many events were processed.
    At(Time, Option<u64>),
    /// Let so many events happen.
    Events(u64),
    Act(Action),
    /// As it may be: a machine that refuses it is no failure.
    Try(Action),
    /// The action is refused, with this code.
    Refused(String, Action),
    /// It holds, at the latest after so long, or by a time.
    Expect(Predicate, Patience),
    /// It does not hold at any moment of that time.
    Never(Predicate, Time),
    Mark(String),
    Back(String),
    Hash(Option<u64>),
    /// For those who watch: a title, a line of the story, a question, one of its answers, which of them is right.
    Text {
        what: &'static str,
        language: String,
        text: String,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Patience {
    Now,
    Within(Time),
    By(Time),
}

#[derive(Clone, Debug)]
pub(crate) struct Script {
    pub(crate) config: Config,
    /// Each with its line, from 1 on.
    steps: Vec<(usize, Step)>,
    /// Whether the first line was there, which says the kind of world.
    begun: bool,
    /// Whether the script says itself what may be violated.
    judges: bool,
}

const TEXTS: [&str; 5] = ["title", "say", "question", "option", "answer-is"];

impl Script {
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        let mut script = Self {
            config: Config::default(),
            steps: Vec::new(),
            begun: false,
            judges: false,
        };
        for (place, line) in text.lines().enumerate() {
            let line_number = place + 1;
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            script.parse_line(line, line_number).map_err(|error| match error {
                Error::Script { reason, .. } => Error::Script {
                    line: line_number,
                    reason,
                },
                error @ Error::BrokenRulesAbsent(_) => error,
                error => Error::Script {
                    line: line_number,
                    reason: error.to_string(),
                },
            })?;
        }
        if !script.begun {
            script.begin("").map_err(|reason| Error::Script { line: 1, reason })?;
        }
        script.config.validate()?;
        Ok(script)
    }

    fn parse_line(&mut self, line: &str, number: usize) -> Result<(), Error> {
        let wrong = |reason: String| Error::Script { line: number, reason };
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        if !self.begun {
            return self.begin(line).map_err(wrong);
        }
        let kind = self.config.kind();
        let step = match words.as_slice() {
            ["broken", rule] => {
                self.only_first(number)?;
                return self.config.break_rule(rule);
            }
            [name, value] if self.config.all().iter().any(|(known, _)| known == name) => {
                self.only_first(number)?;
                return self.config.set(name, value);
            }
            // A moment, and what is done then.
            ["at", moment, _, ..] => {
                let at = parse_step(kind, line, &words[..2]).map_err(wrong)?;
                self.steps.push((number, at));
                let rest = line[2..].trim_start()[moment.len()..].trim_start();
                return self.parse_line(rest, number);
            }
            _ => parse_step(kind, line, &words).map_err(wrong)?,
        };
        if matches!(&step, Step::Expect(predicate, _) if predicate.to_string().starts_with("violations ")) {
            self.judges = true;
        }
        self.steps.push((number, step));
        Ok(())
    }

    /// The first line is the kind of world.
    fn begin(&mut self, line: &str) -> Result<(), String> {
        let kind = Kind::find(line).map_err(|error| error.to_string())?;
        self.config = Config::of(kind);
        self.begun = true;
        Ok(())
    }

    fn only_first(&self, line: usize) -> Result<(), Error> {
        let told = self.steps.iter().all(|(_, step)| matches!(step, Step::Text { .. }));
        told.then_some(()).ok_or_else(|| Error::Script {
            line,
            reason: "settings come before the first step".to_string(),
        })
    }
}

fn parse_step(kind: Kind, line: &str, words: &[&str]) -> Result<Step, String> {
    let time = |word: &str| parse_time(word).ok_or_else(|| format!("expected a time as 150ms, found {word:?}"));
    Ok(match words {
        ["run", duration] => Step::Run(time(duration)?),
        ["events", count] => Step::Events(
            count
                .parse()
                .map_err(|_| format!("expected a number, found {count:?}"))?,
        ),
        ["at", moment] => {
            let (at, events) = match moment.split_once('#') {
                Some((at, events)) => {
                    let events = events
                        .parse()
                        .map_err(|_| format!("expected a number, found {events:?}"))?;
                    (at, Some(events))
                }
                None => (*moment, None),
            };
            Step::At(time(at)?, events)
        }
        ["try", ..] => Step::Try(Action::parse(kind, &words[1..].join(" "))?),
        ["refused", code, ..] => Step::Refused((*code).to_string(), Action::parse(kind, &words[2..].join(" "))?),
        ["expect", predicate @ ..] => expectation(kind, predicate, Patience::Now)?,
        ["until", predicate @ ..] => expectation(kind, predicate, Patience::Within(PATIENCE))?,
        ["never", predicate @ .., "for", duration] => Step::Never(Predicate::parse(kind, predicate)?, time(duration)?),
        ["mark", name] => Step::Mark((*name).to_string()),
        ["back", name] => Step::Back((*name).to_string()),
        ["hash", "?"] => Step::Hash(None),
        ["hash", hash] => {
            let number =
                u64::from_str_radix(hash, 16).map_err(|_| format!("expected 16 hex digits, found {hash:?}"))?;
            Step::Hash(Some(number))
        }
        [what, language, ..] if TEXTS.contains(what) => {
            let text = line[what.len()..].trim_start();
            Step::Text {
                what: TEXTS.iter().find(|known| *known == what).copied().unwrap_or("say"),
                language: (*language).to_string(),
                text: text[language.len()..].trim_start().to_string(),
            }
        }
        _ => Step::Act(Action::parse(kind, line)?),
    })
}

fn expectation(kind: Kind, words: &[&str], otherwise: Patience) -> Result<Step, String> {
    let time = |word: &str| parse_time(word).ok_or_else(|| format!("expected a time as 150ms, found {word:?}"));
    let (predicate, patience) = match words {
        [predicate @ .., "within", duration] => (predicate, Patience::Within(time(duration)?)),
        [predicate @ .., "by", at] => (predicate, Patience::By(time(at)?)),
        predicate => (predicate, otherwise),
    };
    Ok(Step::Expect(Predicate::parse(kind, predicate)?, patience))
}

/// How a script went.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// What was not as expected.
    pub failures: Vec<Failure>,
    /// How many expectations were looked at.
    pub expectations: u64,
    /// The hashes that were asked for, by line.
    pub hashes: Vec<(usize, u64)>,
    /// The hash of the state at the end.
    pub hash: u64,
    /// When that is.
    pub at: Time,
    /// After how many events.
    pub events: u64,
}

/// What was not as expected.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Failure {
    /// The line of the script; 0 if it is about the whole.
    pub line: usize,
    /// What was expected, and what was found.
    pub text: String,
}

impl Report {
    /// Whether all was as expected.
    pub fn is_ok(&self) -> bool {
        self.failures.is_empty()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Failure { line, text } in &self.failures {
            writeln!(f, "line {line}: {text}")?;
        }
        let (passed, failed) = (
            self.expectations - self.failures.len().min(self.expectations as usize) as u64,
            self.failures.len(),
        );
        let at = print_time(self.at);
        write!(
            f,
            "{passed} as expected, {failed} not; {} events in {at}; hash {:016x}",
            self.events, self.hash
        )
    }
}

/// A script that is carried out.
#[derive(Clone)]
pub(crate) struct Run {
    script: Script,
    place: usize,
    marks: BTreeMap<String, Moment>,
    failures: Vec<Failure>,
    expectations: u64,
    hashes: Vec<(usize, u64)>,
}

impl Run {
    pub(crate) fn new(script: Script) -> Self {
        Self {
            script,
            place: 0,
            marks: BTreeMap::new(),
            failures: Vec::new(),
            expectations: 0,
            hashes: Vec::new(),
        }
    }

    /// Carries out the next step. Says whether there was one.
    pub(crate) fn step(&mut self, world: &mut World) -> bool {
        let Some((line, step)) = self.script.steps.get(self.place).cloned() else {
            return false;
        };
        self.place += 1;
        let result = self.carry_out(step, line, world);
        if let Err(text) = result {
            self.failures.push(Failure { line, text });
        }
        true
    }

    fn carry_out(&mut self, step: Step, line: usize, world: &mut World) -> Result<(), String> {
        match step {
            Step::Run(duration) => world.run_for(duration),
            Step::At(at, None) => world.run_until(at),
            Step::At(at, Some(events)) => {
                world.seek_event(events);
                world.engine.now = world.engine.now.max(at);
            }
            Step::Events(count) => {
                let until = world.event_count() + count;
                world.seek_event(until);
            }
            Step::Act(action) => {
                let text = action.to_string();
                world.apply(action).map_err(|error| format!("{text}: {error}"))?;
            }
            Step::Try(action) => {
                let _ = world.apply(action);
            }
            Step::Refused(code, action) => {
                self.expectations += 1;
                let found = world.apply(action).err().map_or("nothing wrong", |error| error.code());
                if found != code {
                    return Err(format!("expected the action to be refused with {code}, found {found}"));
                }
            }
            Step::Expect(predicate, patience) => {
                self.expectations += 1;
                expect(&predicate, patience, world)?;
            }
            Step::Never(predicate, duration) => {
                self.expectations += 1;
                let until = world.now() + duration;
                let holds = wait(world, until, |world| predicate.ask(world).0);
                if holds {
                    return Err(format!(
                        "expected never {predicate}, and it is so at {}",
                        print_time(world.now())
                    ));
                }
            }
            Step::Mark(name) => {
                self.marks.insert(name, world.moment());
            }
            Step::Back(name) => {
                let moment = *self
                    .marks
                    .get(&name)
                    .ok_or_else(|| format!("there is no mark {name}"))?;
                world.seek_moment(moment).map_err(|error| error.to_string())?;
                world.forget_future();
            }
            Step::Hash(expected) => {
                let found = world.state_hash();
                self.expectations += 1;
                self.hashes.push((line, found));
                if expected != Some(found) {
                    let expected = expected.map_or("?".to_string(), |hash| format!("{hash:016x}"));
                    return Err(format!("expected the hash {expected}, found {found:016x}"));
                }
            }
            Step::Text { .. } => {}
        }
        Ok(())
    }

    pub(crate) fn report(&self, world: &World) -> Report {
        let mut failures = self.failures.clone();
        if !self.script.judges {
            failures.extend(world.violations().iter().map(|violation| Failure {
                line: 0,
                text: format!("{} does not hold: {}", violation.invariant.name(), violation.text),
            }));
        }
        Report {
            failures,
            expectations: self.expectations,
            hashes: self.hashes.clone(),
            hash: world.state_hash(),
            at: world.now(),
            events: world.event_count(),
        }
    }
}

fn expect(predicate: &Predicate, patience: Patience, world: &mut World) -> Result<(), String> {
    let until = match patience {
        Patience::Now => world.now(),
        Patience::Within(duration) => world.now() + duration,
        Patience::By(at) => at,
    };
    let holds = match patience {
        Patience::Now => predicate.ask(world).0,
        _ => wait(world, until, |world| predicate.ask(world).0),
    };
    if holds {
        return Ok(());
    }
    let found = predicate.ask(world).1;
    Err(format!(
        "expected {predicate}, found {found} at {}",
        print_time(world.now())
    ))
}

/// Goes on until something holds, or until that time. Says whether it holds.
pub(crate) fn wait(world: &mut World, until: Time, holds: impl Fn(&World) -> bool) -> bool {
    loop {
        if holds(world) {
            return true;
        }
        match world.engine.next_time() {
            Some(next) if next <= until => world.step_by(until),
            _ => {
                world.run_until(until);
                return holds(world);
            }
        };
    }
}
