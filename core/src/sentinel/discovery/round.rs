//! One round through the sentinels, until one has an answer.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use super::super::{Address, LinkId, Millis};
use super::answers::{self, AddressAnswer, Instance};
use super::config::Config;
use super::error::{Error, Failure};
use super::machine::{Discovery, Link};
use super::output::{Purpose, Skipped, Trace};
use crate::random::Random;
use crate::resp::Value;

/// The sentinels, and when they are asked.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Rounds {
    /// Who answered last stands first.
    pub(super) sentinels: Vec<Address>,
    pub(super) current: Option<Round>,
    /// Not before.
    next_at: Option<Millis>,
    /// How many in succession were of no use.
    failed: u32,
}

/// A round that is under way.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Round {
    /// Whom to ask, the present one first.
    order: VecDeque<Address>,
    tried: usize,
    link: LinkId,
    give_up_at: Millis,
    questions: Vec<Question>,
    /// Those that are not answered.
    open: VecDeque<Question>,
    primary: Option<Address>,
    others: Option<Vec<Address>>,
    living_others: usize,
    replicas: Option<Vec<Instance>>,
    /// How many knew no such name.
    unknown: usize,
    most_others: Option<usize>,
    refused: Option<(Address, alloc::string::String)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
enum Question {
    Address,
    Sentinels,
    Replicas,
}

impl Rounds {
    pub(super) fn new(config: &Config) -> Self {
        Self {
            sentinels: config.sentinels.clone(),
            current: None,
            next_at: None,
            failed: 0,
        }
    }

    pub(super) fn next_tick(&self, waiting: bool) -> Option<Millis> {
        match &self.current {
            Some(round) => Some(round.give_up_at),
            None => self.next_at.filter(|_| waiting),
        }
    }

    /// Puts the next round off: the longer, the more were of no use.
    pub(super) fn back_off(&mut self, config: &Config, random: &mut Random, now: Millis) -> Millis {
        let doubled = config.backoff_ms.saturating_mul(1 << self.failed.min(20));
        let wait = doubled.min(config.max_backoff_ms).max(config.backoff_ms);
        // A positive number, so it fits.
        let chance = random.below((wait / 4 + 1) as u64) as Millis;
        self.failed = self.failed.saturating_add(1);
        let wait = wait.saturating_add(chance);
        self.next_at = Some(now.saturating_add(wait));
        wait
    }

    pub(super) fn succeeded(&mut self) {
        self.failed = 0;
        self.next_at = None;
    }

    pub(super) fn put_first(&mut self, sentinel: &Address) {
        if let Some(at) = self.sentinels.iter().position(|known| known.same(sentinel)) {
            self.sentinels[..=at].rotate_right(1);
        }
    }
}

impl Round {
    pub(super) fn asks_replicas(&self) -> bool {
        self.questions.contains(&Question::Replicas)
    }

    fn failure(self, config: &Config) -> Failure {
        // The one that says most of what is wrong.
        if self.unknown > 0 {
            Failure::NoSuchMaster {
                name: config.name.clone(),
                answered: self.unknown,
                tried: self.tried,
            }
        } else if let Some(found) = self.most_others {
            let expected = config.min_other_sentinels;
            Failure::TooFewSentinels { expected, found }
        } else if let Some((sentinel, message)) = self.refused {
            Failure::SentinelRefused { sentinel, message }
        } else {
            Failure::NoSentinelAnswers { tried: self.tried }
        }
    }
}

impl Discovery {
    pub(super) fn start_round_if_due(&mut self) {
        let due = self.rounds.next_at.is_none_or(|at| self.now >= at);
        if self.rounds.current.is_some() || !due || !self.requests.iter().any(|request| request.is_waiting()) {
            return;
        }
        let mut questions = Vec::from([Question::Address]);
        if self.config.learn_sentinels || self.config.min_other_sentinels > 0 {
            questions.push(Question::Sentinels);
        }
        let wants = self.requests.iter().filter(|request| request.is_waiting());
        if wants.clone().any(|request| request.preference.wants_replicas()) {
            questions.push(Question::Replicas);
        }
        self.rounds.next_at = None;
        self.rounds.current = Some(Round {
            order: self.rounds.sentinels.iter().cloned().collect(),
            tried: 0,
            link: 0,
            give_up_at: 0,
            questions,
            open: VecDeque::new(),
            primary: None,
            others: None,
            living_others: 0,
            replicas: None,
            unknown: 0,
            most_others: None,
            refused: None,
        });
        self.ask_next();
    }

    /// Asks the sentinel that stands first, or ends the round if there is none left.
    fn ask_next(&mut self) {
        let Some(mut round) = self.rounds.current.take() else {
            return;
        };
        let Some(sentinel) = round.order.front() else {
            let failure = round.failure(&self.config);
            let again_in_ms = self.rounds.back_off(&self.config, &mut self.random, self.now);
            self.round_failed(&failure, again_in_ms);
            return;
        };
        let address = self.config.reach(sentinel);
        round.link = self.open(Link::Ask, address, Purpose::Ask);
        round.give_up_at = self.now.saturating_add(self.config.sentinel_timeout_ms);
        round.tried += 1;
        round.open.clear();
        (round.primary, round.others, round.replicas) = (None, None, None);
        round.living_others = 0;
        self.rounds.current = Some(round);
    }

    pub(super) fn round_connected(&mut self, link: LinkId) {
        let Some(round) = self
            .rounds
            .current
            .as_mut()
            .filter(|round| round.link == link && round.open.is_empty())
        else {
            return;
        };
        round.open.extend(&round.questions);
        let (questions, name) = (round.questions.clone(), self.config.name.clone());
        for question in questions {
            let what = match question {
                Question::Address => "GET-MASTER-ADDR-BY-NAME",
                Question::Sentinels => "SENTINELS",
                Question::Replicas => "REPLICAS",
            };
            self.send(link, &["SENTINEL", what, &name]);
        }
    }

    pub(super) fn round_reply(&mut self, link: LinkId, reply: &Value, now: Millis) -> Result<(), Error> {
        let round = self.rounds.current.as_mut().filter(|round| round.link == link);
        let Some(round) = round else {
            return Err(Error::UnknownLink(link));
        };
        let Some(question) = round.open.pop_front() else {
            return Err(Error::UnexpectedReply(link));
        };
        self.now = now;
        match question {
            Question::Address => match answers::address(reply) {
                AddressAnswer::At(address) => round.primary = Some(address),
                AddressAnswer::Unknown => {
                    round.unknown += 1;
                    self.skip_sentinel(Skipped::UnknownName);
                    return Ok(());
                }
                AddressAnswer::Refused(message) => {
                    if let Some(sentinel) = round.order.front().cloned() {
                        round.refused = Some((sentinel, message.clone()));
                    }
                    self.skip_sentinel(Skipped::Refused { message });
                    return Ok(());
                }
            },
            Question::Sentinels => {
                let others = answers::instances(reply).unwrap_or_default();
                round.living_others = others.iter().filter(|other| !other.is_down).count();
                round.others = Some(others.into_iter().map(|other| other.address).collect());
            }
            Question::Replicas => round.replicas = answers::instances(reply),
        }
        if round.open.is_empty() {
            self.sentinel_answered();
        }
        Ok(())
    }

    fn sentinel_answered(&mut self) {
        let Some(round) = &mut self.rounds.current else {
            return;
        };
        let others = round.living_others;
        if others < self.config.min_other_sentinels {
            round.most_others = round.most_others.max(Some(others));
            self.skip_sentinel(Skipped::Alone { others });
            return;
        }
        let Some(round) = self.rounds.current.take() else {
            return;
        };
        self.close(Some(round.link));
        let (Some(sentinel), Some(primary)) = (round.order.front().cloned(), round.primary.clone()) else {
            return;
        };
        self.rounds.put_first(&sentinel);
        self.learn_sentinels(round.others.as_deref().unwrap_or_default());
        self.trace(|| Trace::SentinelAnswered {
            sentinel,
            primary: primary.clone(),
        });
        self.round_answered(&round, &primary, round.replicas.as_deref());
    }

    fn learn_sentinels(&mut self, others: &[Address]) {
        for other in others {
            let known = self.rounds.sentinels.iter().any(|known| known.same(other));
            if self.config.learn_sentinels && !known && self.rounds.sentinels.len() < self.config.max_sentinels {
                self.rounds.sentinels.push(other.clone());
                let sentinel = other.clone();
                self.trace(|| Trace::SentinelLearned { sentinel });
            }
        }
    }

    fn skip_sentinel(&mut self, reason: Skipped) {
        let Some(round) = &mut self.rounds.current else {
            return;
        };
        let (link, sentinel) = (round.link, round.order.pop_front());
        self.close(Some(link));
        if let Some(sentinel) = sentinel {
            self.trace(|| Trace::SentinelSkipped { sentinel, reason });
        }
        self.ask_next();
    }

    /// The sentinel cannot be reached.
    pub(super) fn round_silent(&mut self) {
        self.skip_sentinel(Skipped::Silent);
    }

    pub(super) fn expire_round(&mut self) {
        let late = |round: &Round| self.now >= round.give_up_at;
        if self.rounds.current.as_ref().is_some_and(late) {
            self.skip_sentinel(Skipped::Silent);
        }
    }
}
