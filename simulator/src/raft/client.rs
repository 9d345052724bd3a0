//! Clients: they ask, wait, try again elsewhere, and in the end know that it is done, that it is refused, or nothing.

use alloc::format;

use super::config::RaftConfig;
use super::store::{Outcome, Request};
use crate::config::Config;
use crate::invariant::Violation;
use crate::linearizable::History;
use crate::operation::{Fate, Op};
use crate::random::Random;
use crate::scene::Here;
use crate::time::Time;
use crate::view::ClientView;

#[derive(Clone, Debug)]
pub(crate) struct Client {
    id: u64,
    random: Random,
    /// How many machines there are to ask.
    machines: u64,
    /// Whether it asks of itself, all the time.
    busy: bool,
    serial: u64,
    /// Only the latest wake-up counts.
    token: u64,
    target: u64,
    pending: Option<Pending>,
}

#[derive(Clone, Debug)]
struct Pending {
    request: Request,
    /// Where it is in the history.
    place: usize,
    attempts: u64,
}

/// What a client does next.
pub(crate) enum Next {
    /// It sends this to that node, and looks again after so long.
    Ask(u64, Request, Time),
    /// It looks again after so long.
    Wait(Time),
    /// It has nothing to do.
    Rest,
}

impl Client {
    pub(crate) fn new(id: u64, config: &Config, group: &RaftConfig) -> Self {
        Self {
            id,
            random: Random::new(config.seed, 1_000 + id),
            machines: group.machines(),
            busy: id <= config.clients,
            serial: 0,
            token: 0,
            target: (id - 1) % group.nodes + 1,
            pending: None,
        }
    }

    pub(crate) fn is_waiting(&self) -> bool {
        self.pending.is_some()
    }

    /// None for one that neither asks of itself nor ever asked.
    pub(crate) fn view(&self, history: &History) -> Option<ClientView> {
        let last = history.last_of(self.id).cloned();
        (self.busy || last.is_some()).then(|| ClientView {
            client: self.id,
            busy: self.busy,
            target: self.target,
            attempts: self.pending.as_ref().map_or(0, |pending| pending.attempts),
            last,
        })
    }

    /// The number that its next wake-up must have.
    pub(crate) fn next_token(&mut self) -> u64 {
        self.token += 1;
        self.token
    }

    pub(crate) fn stop(&mut self) {
        self.busy = false;
    }

    /// How long a client that asks of itself waits before it does.
    pub(crate) fn think(&mut self, config: &Config) -> Next {
        match self.busy {
            true => Next::Wait(1 + self.random.below(config.think)),
            false => Next::Rest,
        }
    }

    /// Asks for something, of that node if one is named.
    pub(crate) fn ask(&mut self, op: Op, node: Option<u64>, config: &Config, history: &mut History, now: Time) -> Next {
        self.serial += 1;
        if let Some(node) = node {
            self.target = node;
        }
        let request = Request {
            client: self.id,
            serial: self.serial,
            op: op.clone(),
        };
        self.pending = Some(Pending {
            request: request.clone(),
            place: history.ask(self.id, self.serial, op, now),
            attempts: 1,
        });
        Next::Ask(self.target, request, config.timeout)
    }

    /// It has waited long enough: for an answer, or for the next operation.
    pub(crate) fn wake(
        &mut self,
        token: u64,
        config: &Config,
        history: &mut History,
        now: Time,
    ) -> (Next, Option<Violation>) {
        if token != self.token {
            return (Next::Rest, None);
        }
        if self.pending.is_some() {
            let target = self.target % self.machines + 1;
            return self.try_again(target, Fate::Unknown, config, history, now);
        }
        if !self.busy {
            return (Next::Rest, None);
        }
        let op = self.next_op(config);
        (self.ask(op, None, config, history, now), None)
    }

    fn next_op(&mut self, config: &Config) -> Op {
        let key = format!("k{}", self.random.below(config.keys) + 1);
        // Each value is unlike any other, so that reads tell who wrote.
        let value = format!("{}.{},", self.id, self.serial + 1);
        match self.random.below(20) {
            0..8 => Op::Put { key, value },
            8..11 => Op::Append { key, value },
            _ => Op::Get { key },
        }
    }

    /// An answer came.
    pub(crate) fn answered(
        &mut self,
        serial: u64,
        outcome: Outcome,
        here: Here<'_>,
        history: &mut History,
    ) -> (Next, Option<Violation>) {
        let Here {
            now,
            config,
            duplicated,
        } = here;
        let Some(pending) = self.pending.as_ref().filter(|pending| pending.request.serial == serial) else {
            return (Next::Rest, None);
        };
        match outcome {
            Outcome::Done(value) => {
                let violation = history.end(pending.place, Fate::Done(value), now);
                self.pending = None;
                (self.think(config), violation)
            }
            // Nobody leads: a while later somebody may.
            Outcome::Refused { lead: 0 } if pending.attempts <= config.retries => {
                (Next::Wait(1 + config.timeout / 4), None)
            }
            Outcome::Refused { lead } => {
                let target = match lead {
                    0 => self.target % self.machines + 1,
                    lead => lead,
                };
                // A refusal says nothing of the attempts before it, nor of another copy of the same.
                let sure = pending.attempts == 1 && !duplicated;
                let fate = if sure { Fate::Refused } else { Fate::Unknown };
                self.try_again(target, fate, config, history, now)
            }
        }
    }

    fn try_again(
        &mut self,
        target: u64,
        fate: Fate,
        config: &Config,
        history: &mut History,
        now: Time,
    ) -> (Next, Option<Violation>) {
        let Some(pending) = &mut self.pending else {
            return (Next::Rest, None);
        };
        self.target = target;
        if pending.attempts > config.retries {
            let violation = history.end(pending.place, fate, now);
            self.pending = None;
            return (self.think(config), violation);
        }
        pending.attempts += 1;
        (Next::Ask(target, pending.request.clone(), config.timeout), None)
    }
}
