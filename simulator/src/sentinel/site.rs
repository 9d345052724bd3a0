//! The servers, sentinels and clients of a world, as what stands in it.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use quorate::resp::{Bytes, Value};

use super::action::SentinelAction;
use super::client::Client;
use super::config::SentinelConfig;
use super::invariants::Checker;
use super::redis::Redis;
use super::watcher::Watcher;
use super::{group_name, text};
use crate::action::Deed;
use crate::config::Config;
use crate::error::Error;
use crate::invariant::Violation;
use crate::network::Address;
use crate::operation::{Op, Operation};
use crate::payload::{Effects, Payload};
use crate::random::Random;
use crate::scene::{Here, Scene};
use crate::time::Time;
use crate::view::{ClientView, StateView};

#[derive(Clone, Debug)]
pub(crate) struct Site {
    pub(super) servers: Vec<Redis>,
    pub(super) sentinels: Vec<Watcher>,
    pub(super) clients: Vec<Client>,
    pub(super) history: Vec<Operation>,
    pub(super) checker: Checker,
    /// The time of the last input.
    now: Time,
    groups: u64,
}

/// How many clients can be told to ask, beside those that ask by themselves.
const CLIENTS: u64 = 9;

/// A machine is one or the other.
enum Machine<'a> {
    Server(&'a mut Redis),
    Sentinel(&'a mut Watcher),
}

impl Site {
    pub(crate) fn new(config: &Config, settings: &SentinelConfig) -> Self {
        let servers = settings.all_servers();
        Self {
            servers: (1..=servers).map(|id| Redis::new(id, config, settings)).collect(),
            sentinels: (servers + 1..=settings.machines())
                .map(|id| Watcher::new(id, config, settings))
                .collect(),
            clients: (1..=config.clients.max(CLIENTS))
                .map(|id| Client::new(id, config, settings))
                .collect(),
            history: Vec::new(),
            checker: Checker::new(),
            now: 0,
            groups: settings.groups,
        }
    }

    pub(super) fn server(&self, node: u64) -> Option<&Redis> {
        self.servers.get(usize::try_from(node).ok()?.checked_sub(1)?)
    }

    pub(super) fn sentinel(&self, node: u64) -> Option<&Watcher> {
        let place = node.checked_sub(1 + self.servers.len() as u64)?;
        self.sentinels.get(usize::try_from(place).ok()?)
    }

    pub(super) fn groups(&self) -> impl Iterator<Item = (u64, String)> {
        (0..self.groups).map(|group| (group, group_name(group)))
    }

    /// The world names only those that there are.
    fn machine(&mut self, node: u64) -> Machine<'_> {
        let (place, servers) = (node as usize - 1, self.servers.len());
        match place.checked_sub(servers) {
            None => Machine::Server(&mut self.servers[place]),
            Some(place) => Machine::Sentinel(&mut self.sentinels[place]),
        }
    }

    fn command(&mut self, node: u64, words: &[String], effects: &mut Effects) -> Result<(), Error> {
        let now = self.now;
        let argv: Vec<Bytes> = words.iter().map(|word| Bytes::from(word.as_str())).collect();
        let answer = match self.machine(node) {
            Machine::Server(server) => Some(server.command(&argv, now, effects)),
            Machine::Sentinel(sentinel) => sentinel.command(&argv, now, effects),
        };
        if let Some(Value::SimpleError(reason) | Value::BulkError(reason)) = answer {
            let reason = text(&reason);
            return Err(Error::Refused { node, reason });
        }
        if let ([sentinel, failover, group], Some(watcher)) = (words, self.sentinel(node))
            && sentinel.eq_ignore_ascii_case("sentinel")
            && failover.eq_ignore_ascii_case("failover")
            && let (Some(master), Some(number)) = (watcher.master(group), super::group_named(group))
        {
            self.checker.ordered(node, number, master.failover_epoch);
        }
        Ok(())
    }
}

impl Scene for Site {
    fn is_up(&self, node: u64) -> bool {
        match self.server(node) {
            Some(server) => server.server().is_some(),
            None => self.sentinel(node).is_some_and(|watcher| watcher.sentinel().is_some()),
        }
    }

    fn start(&mut self, node: u64, here: Here<'_>, effects: &mut Effects) -> Result<(), Error> {
        self.now = here.now;
        match self.machine(node) {
            Machine::Server(server) => server.start(here.now, effects),
            Machine::Sentinel(sentinel) => sentinel.start(here.now, effects),
        }
    }

    fn crash(&mut self, node: u64, random: &mut Random, torn: bool, effects: &mut Effects) {
        match self.machine(node) {
            Machine::Server(server) => server.crash(random, torn, effects),
            Machine::Sentinel(sentinel) => sentinel.crash(random, torn, effects),
        }
    }

    fn wipe(&mut self, node: u64) {
        match self.machine(node) {
            Machine::Server(server) => server.wipe(),
            Machine::Sentinel(sentinel) => sentinel.wipe(),
        }
    }

    fn tick_after(&self, node: u64, here: Here<'_>) -> Option<Time> {
        Some(match self.server(node) {
            Some(server) => server.tick_after(here.now),
            None => self.sentinel(node)?.tick_after(),
        })
    }

    fn tick(&mut self, node: u64, here: Here<'_>, effects: &mut Effects) {
        self.now = here.now;
        match self.machine(node) {
            Machine::Server(server) => server.tick(here.now, effects),
            Machine::Sentinel(sentinel) => sentinel.tick(here.now, effects),
        }
    }

    fn deliver(&mut self, node: u64, from: Address, payload: Payload, here: Here<'_>, effects: &mut Effects) {
        self.now = here.now;
        let Payload::Sentinel(payload) = payload else {
            return;
        };
        match self.machine(node) {
            Machine::Server(server) => server.deliver(from, payload, here.now, effects),
            Machine::Sentinel(sentinel) => sentinel.deliver(from, payload, here.now, effects),
        }
    }

    fn durable(&mut self, node: u64, here: Here<'_>, effects: &mut Effects) {
        self.now = here.now;
        match self.machine(node) {
            Machine::Server(server) => server.durable(here.now, effects),
            Machine::Sentinel(sentinel) => sentinel.durable(here.now, effects),
        }
    }

    fn report(&mut self, _: u64, _: u64, _: bool, _: Here<'_>, _: &mut Effects) {}

    fn clients(&self) -> u64 {
        self.clients.len() as u64
    }

    fn begin(&mut self, client: u64, here: Here<'_>, effects: &mut Effects) {
        self.now = here.now;
        self.clients[client as usize - 1].begin(here, effects);
    }

    fn is_waiting(&self, client: u64) -> bool {
        self.clients[client as usize - 1].is_waiting()
    }

    fn ask(&mut self, client: u64, op: &Op, node: Option<u64>, here: Here<'_>, effects: &mut Effects) {
        self.now = here.now;
        self.clients[client as usize - 1].ask(op, node, here, &mut self.history, effects);
    }

    fn answer(&mut self, client: u64, payload: Payload, here: Here<'_>, effects: &mut Effects) {
        self.now = here.now;
        if let (Payload::Sentinel(payload), Some(state)) =
            (payload, self.clients.get_mut((client as usize).wrapping_sub(1)))
        {
            state.answer(payload, here, &mut self.history, effects);
        }
    }

    fn wake(&mut self, client: u64, token: u64, here: Here<'_>, effects: &mut Effects) -> bool {
        self.now = here.now;
        let state = self.clients.get_mut((client as usize).wrapping_sub(1));
        state.is_some_and(|state| state.wake(token, here, &mut self.history, effects))
    }

    fn stop_clients(&mut self) {
        self.clients.iter_mut().for_each(Client::stop);
    }

    fn check(&self, deed: &Deed) -> Result<(), Error> {
        match deed {
            Deed::Sentinel(_) => Ok(()),
            _ => Err(Error::InvalidAction(format!(
                "{deed} is nothing for servers and sentinels"
            ))),
        }
    }

    fn act(&mut self, deed: &Deed, here: Here<'_>, effects: &mut Effects) -> Result<(), Error> {
        self.now = here.now;
        match deed {
            Deed::Sentinel(SentinelAction::Clock { node, back, by }) => {
                let ms = (by / 1_000).cast_signed();
                let jump = if *back { -ms } else { ms };
                match self.machine(*node) {
                    Machine::Server(server) => server.ahead_ms += jump,
                    Machine::Sentinel(sentinel) => sentinel.ahead_ms += jump,
                }
                Ok(())
            }
            Deed::Sentinel(SentinelAction::Command { node, words }) => self.command(*node, words, effects),
            other => self.check(other),
        }
    }

    fn look(&mut self, who: Address, effects: &Effects) {
        if !effects.sentinel.is_empty() {
            self.checker
                .look(who, &effects.sentinel, &self.servers, &self.sentinels, self.now);
        }
    }

    fn violations(&self) -> &[Violation] {
        self.checker.found()
    }

    fn converged(&self) -> bool {
        super::questions::converged(self)
    }

    fn answer_question(&self, words: &[&str]) -> Option<String> {
        super::questions::answer(self, words)
    }

    fn history(&self) -> &[Operation] {
        &self.history
    }

    fn view(&self, node: u64) -> StateView {
        if let Some(server) = self.server(node) {
            return StateView::Server(Box::new(server.view(self.now, &self.checker)));
        }
        let place = node as usize - 1 - self.servers.len();
        StateView::Sentinel(Box::new(self.sentinels[place].view(self.now)))
    }

    fn client_views(&self) -> Vec<ClientView> {
        let views = self.clients.iter().filter_map(|client| client.view(&self.history));
        views.collect()
    }

    fn describe(&self, node: u64, into: &mut String) {
        if let Some(server) = self.server(node) {
            server.describe(into);
        }
        if let Some(sentinel) = self.sentinel(node) {
            sentinel.describe(into);
        }
    }

    fn describe_history(&self, into: &mut String) {
        use core::fmt::Write as _;
        for operation in &self.history {
            let Operation {
                client,
                serial,
                op,
                asked,
                ended,
                fate,
                ..
            } = operation;
            let _ = writeln!(into, "c{client}#{serial} {op} {asked} {ended:?} {fate}");
        }
        let counts = self.checker.ledger().counts();
        let _ = writeln!(into, "{} {} {}", counts.acknowledged, counts.lost, counts.replicated);
    }
}

/// A number as text, or `none`.
pub(super) fn or_none(node: Option<impl ToString>) -> String {
    node.map_or_else(|| "none".to_string(), |node| node.to_string())
}
