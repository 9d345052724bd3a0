//! A Raft group and its clients, as what stands in a world.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::action::RaftAction;
use super::client::{Client, Next};
use super::config::RaftConfig;
use super::invariants::Checker;
use super::payload::Payload;
use super::store::Request;
use super::{Command, RaftMachine, send};
use crate::action::Deed;
use crate::config::Config;
use crate::error::Error;
use crate::event::What;
use crate::invariant::Violation;
use crate::linearizable::History;
use crate::network::Address;
use crate::operation::{Fate, Op, Operation};
use crate::payload::{self, Effects};
use crate::random::Random;
use crate::scene::{Here, Scene};
use crate::time::Time;
use crate::view::{ClientView, StateView};

#[derive(Clone, Debug)]
pub(crate) struct Group {
    machines: Vec<RaftMachine>,
    clients: Vec<Client>,
    history: History,
    checker: Checker,
    /// How often somebody proposed without being a client.
    proposals: u64,
}

/// Who proposes without being a client is called by a number above this, another each time.
const ANONYMOUS: u64 = 1_000;

/// How many clients can be told to ask, beside those that ask by themselves.
const CLIENTS: u64 = 9;

impl Group {
    pub(crate) fn new(config: &Config, group: &RaftConfig) -> Self {
        let machines = 1..=group.machines();
        let clients = 1..=config.clients.max(CLIENTS);
        Self {
            machines: machines.map(|id| RaftMachine::new(id, config.seed, group)).collect(),
            clients: clients.map(|id| Client::new(id, config, group)).collect(),
            history: History::default(),
            checker: Checker::new(group.machines()),
            proposals: 0,
        }
    }

    pub(crate) fn machine(&self, node: u64) -> Option<&RaftMachine> {
        self.machines.get((node as usize).checked_sub(1)?)
    }

    pub(crate) fn machines(&self) -> impl Iterator<Item = &RaftMachine> {
        self.machines.iter()
    }

    /// The world names only those that there are.
    fn at(&mut self, node: u64) -> &mut RaftMachine {
        &mut self.machines[node as usize - 1]
    }

    /// Somebody proposes who waits for no answer. Whether it takes place, nobody knows.
    fn propose(&mut self, node: u64, op: &Op, here: Here<'_>, effects: &mut Effects) -> Result<(), Error> {
        self.proposals += 1;
        let (client, serial) = (ANONYMOUS + self.proposals, 1);
        let op = op.clone();
        let place = self.history.ask(client, serial, op.clone(), here.now);
        let command = Command::Propose(Request { client, serial, op });
        let result = self.at(node).command(&command, effects);
        let fate = match result {
            Ok(()) => Fate::Unknown,
            Err(_) => Fate::Refused,
        };
        self.history.end(place, fate, here.now);
        result
    }

    /// What a client does next, and what it learnt.
    fn client_goes_on(&mut self, client: u64, ended: bool, next: Next, effects: &mut Effects) {
        if ended && let Some(operation) = self.history.last_of(client) {
            effects.see(|| answered(operation));
        }
        let wait = match next {
            Next::Rest => return,
            Next::Wait(wait) => wait,
            Next::Ask(node, request, wait) => {
                effects.see(|| What::Asked {
                    client,
                    serial: request.serial,
                    text: format!("{}", request.op),
                });
                send(Address::Node(node), Payload::Request(request), effects);
                wait
            }
        };
        effects.wake = Some((self.clients[client as usize - 1].next_token(), wait));
    }

    fn client_knows(&mut self, violation: Option<Violation>) {
        if let Some(violation) = violation {
            self.checker.violated(violation);
        }
    }
}

fn answered(operation: &Operation) -> What {
    let Operation {
        client,
        serial,
        op,
        fate,
        ..
    } = operation;
    let value = match fate {
        Fate::Done(value) if !value.is_empty() => format!(" {value}"),
        _ => String::new(),
    };
    What::Answered {
        client: *client,
        serial: *serial,
        text: format!("{op} {fate}{value}"),
    }
}

impl Scene for Group {
    fn is_up(&self, node: u64) -> bool {
        self.machine(node).is_some_and(|machine| machine.node().is_some())
    }

    fn start(&mut self, node: u64, _: Here<'_>, effects: &mut Effects) -> Result<(), Error> {
        self.at(node).start(effects)
    }

    fn crash(&mut self, node: u64, random: &mut Random, torn: bool, effects: &mut Effects) {
        self.at(node).crash(random, torn, effects);
    }

    fn wipe(&mut self, node: u64) {
        self.at(node).wipe();
    }

    fn tick_after(&self, _: u64, _: Here<'_>) -> Option<Time> {
        None
    }

    fn tick(&mut self, node: u64, _: Here<'_>, effects: &mut Effects) {
        self.at(node).tick(effects);
    }

    fn deliver(&mut self, node: u64, from: Address, payload: payload::Payload, _: Here<'_>, effects: &mut Effects) {
        if let payload::Payload::Raft(payload) = payload {
            self.at(node).deliver(from, payload, effects);
        }
    }

    fn durable(&mut self, node: u64, _: Here<'_>, effects: &mut Effects) {
        self.at(node).durable(effects);
    }

    fn report(&mut self, node: u64, peer: u64, ok: bool, _: Here<'_>, effects: &mut Effects) {
        self.at(node).report(peer, ok, effects);
    }

    fn clients(&self) -> u64 {
        self.clients.len() as u64
    }

    fn begin(&mut self, client: u64, here: Here<'_>, effects: &mut Effects) {
        let next = self.clients[client as usize - 1].think(here.config);
        self.client_goes_on(client, false, next, effects);
    }

    fn is_waiting(&self, client: u64) -> bool {
        self.clients[client as usize - 1].is_waiting()
    }

    fn ask(&mut self, client: u64, op: &Op, node: Option<u64>, here: Here<'_>, effects: &mut Effects) {
        let state = &mut self.clients[client as usize - 1];
        let next = state.ask(op.clone(), node, here.config, &mut self.history, here.now);
        self.client_goes_on(client, false, next, effects);
    }

    fn answer(&mut self, client: u64, payload: payload::Payload, here: Here<'_>, effects: &mut Effects) {
        let payload::Payload::Raft(Payload::Reply { serial, outcome }) = payload else {
            return;
        };
        let Some(state) = self.clients.get_mut((client as usize).wrapping_sub(1)) else {
            return;
        };
        let waited = state.is_waiting();
        let (next, violation) = state.answered(serial, outcome, here, &mut self.history);
        let ended = waited && !state.is_waiting();
        self.client_knows(violation);
        self.client_goes_on(client, ended, next, effects);
    }

    fn wake(&mut self, client: u64, token: u64, here: Here<'_>, effects: &mut Effects) -> bool {
        let Some(state) = self.clients.get_mut((client as usize).wrapping_sub(1)) else {
            return false;
        };
        let waited = state.is_waiting();
        let (next, violation) = state.wake(token, here.config, &mut self.history, here.now);
        let ended = waited && !state.is_waiting();
        let counts = ended || !matches!(next, Next::Rest);
        self.client_knows(violation);
        self.client_goes_on(client, ended, next, effects);
        counts
    }

    fn stop_clients(&mut self) {
        self.clients.iter_mut().for_each(Client::stop);
    }

    fn check(&self, deed: &Deed) -> Result<(), Error> {
        // Whatever a member cannot do, it says itself.
        match deed {
            Deed::Raft(_) => Ok(()),
            _ => Err(Error::InvalidAction(alloc::format!(
                "{deed} is nothing for members of Raft"
            ))),
        }
    }

    fn act(&mut self, deed: &Deed, here: Here<'_>, effects: &mut Effects) -> Result<(), Error> {
        let Deed::Raft(action) = deed else {
            return self.check(deed);
        };
        let command = match action {
            RaftAction::Propose { node, op } => return self.propose(*node, op, here, effects),
            RaftAction::Timeout(_) => Command::Campaign,
            RaftAction::Transfer { to, .. } => Command::Transfer(*to),
            RaftAction::ForgetLeader(_) => Command::ForgetLeader,
            RaftAction::Snapshot(_) => Command::Snapshot,
            RaftAction::Change {
                transition, changes, ..
            } => Command::Change {
                transition: *transition,
                changes: changes.clone(),
            },
        };
        self.at(action.node()).command(&command, effects)
    }

    fn look(&mut self, who: Address, effects: &Effects) {
        if let Address::Node(node) = who {
            let machine = self.machines.get((node as usize).wrapping_sub(1));
            self.checker
                .check(node, machine.and_then(RaftMachine::node), &effects.raft);
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
        self.history.operations()
    }

    fn view(&self, node: u64) -> StateView {
        StateView::Raft(Box::new(self.machines[node as usize - 1].view()))
    }

    fn client_views(&self) -> Vec<ClientView> {
        let views = self.clients.iter().filter_map(|client| client.view(&self.history));
        views.collect()
    }

    fn describe(&self, node: u64, into: &mut String) {
        if let Some(machine) = self.machine(node) {
            machine.describe(into);
        }
    }

    fn describe_history(&self, into: &mut String) {
        self.history.describe(into);
    }
}
