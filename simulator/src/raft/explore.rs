//! Every run of a small world: all orders in which messages may arrive or be lost, elections start, commands come and machines
//! restart, breadth first, so that what goes wrong is shown by a shortest way to it.
//!
//! There is no time here. A message that is never delivered is a lost one, and one that is delivered late is overtaken; messages
//! that say the same are one. Writes are durable at once.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt::Write as _;

use quorate::raft::Role;

use super::config::RaftConfig;
use super::invariants::Checker;
use super::payload::Payload;
use super::store::Request;
use super::{Command, Fact, RaftMachine};
use crate::error::Error;
use crate::hash::{Hasher, hash};
use crate::invariant::Violation;
use crate::network::Address;
use crate::operation::Op;
use crate::payload::{self, Effects};
use crate::random::Random;

/// How large the world is that [`Exploration::run`] goes through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exploration {
    /// The group; its timers are of no account.
    pub config: RaftConfig,
    /// Where what is left to chance in a node comes from.
    pub seed: u64,
    /// The last term in which an election may start. The group is founded in term 1.
    pub last_term: u64,
    /// How many commands are proposed, to whoever leads.
    pub proposals: u64,
    /// How often a machine is restarted, any of them.
    pub restarts: u64,
    /// How often a leader sends heartbeats.
    pub heartbeats: u64,
    /// Where it is given up.
    pub most_states: usize,
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct Explored {
    /// How many states there are.
    pub states: usize,
    /// How many steps lead from one to another.
    pub steps: usize,
    /// How long the longest of the shortest ways is.
    pub depth: usize,
    /// Whether all of them were seen.
    pub complete: bool,
    /// How many states have a leader, and how many entries the longest committed log has.
    pub with_leader: usize,
    /// How far a log is committed at the most.
    pub committed: u64,
    /// What does not hold somewhere, and a shortest way there.
    pub violation: Option<(Violation, Vec<String>)>,
}

#[derive(Clone)]
struct State {
    machines: Vec<Arc<RaftMachine>>,
    /// Hashes of the machines, as far as their future depends on them.
    hashes: Vec<u64>,
    messages: Vec<Arc<InFlight>>,
    checker: Arc<Checker>,
    proposals: u64,
    restarts: u64,
    heartbeats: u64,
}

struct InFlight {
    from: Address,
    to: u64,
    payload: Payload,
    hash: u64,
}

#[derive(Clone, Copy)]
enum Step {
    Deliver(usize),
    Campaign(u64),
    Propose(u64),
    Restart(u64),
    Heartbeat(u64),
}

impl Exploration {
    /// Goes through all of it.
    ///
    /// # Errors
    /// [`Error::InvalidConfig`].
    pub fn run(&self) -> Result<Explored, Error> {
        let first = self.first()?;
        let mut found = Explored {
            states: 1,
            steps: 0,
            depth: 0,
            complete: true,
            with_leader: 0,
            committed: 0,
            violation: None,
        };
        let mut taken = Known::new();
        let mut known = BTreeSet::from([first.hash()]);
        // How each state was first reached: from which, and by what.
        let mut ways: Vec<(usize, String)> = Vec::from([(0, String::new())]);
        let mut level = Vec::from([(0, first)]);
        while !level.is_empty() {
            let mut next_level = Vec::new();
            for (place, state) in &level {
                for step in self.steps(state) {
                    found.steps += 1;
                    let (next, text) = self.take(state, step, &mut taken);
                    if !known.insert(next.hash()) {
                        continue;
                    }
                    ways.push((*place, text));
                    found.states += 1;
                    next.count(&mut found);
                    if let Some(violation) = next.checker.found().first() {
                        found.violation = Some((violation.clone(), way(&ways)));
                        found.complete = false;
                        return Ok(found);
                    }
                    if found.states >= self.most_states {
                        found.complete = false;
                        return Ok(found);
                    }
                    next_level.push((ways.len() - 1, next));
                }
            }
            found.depth += usize::from(!next_level.is_empty());
            level = next_level;
        }
        Ok(found)
    }

    fn first(&self) -> Result<State, Error> {
        let config = RaftConfig {
            timers: false,
            // One tick of a leader's clock sends heartbeats.
            heartbeat_ticks: 1,
            election_ticks: 1_000_000,
            ..self.config.clone()
        };
        config.validate()?;
        let mut state = State {
            machines: Vec::new(),
            hashes: Vec::new(),
            messages: Vec::new(),
            checker: Arc::new(Checker::new(config.machines())),
            proposals: 0,
            restarts: 0,
            heartbeats: 0,
        };
        for id in 1..=config.machines() {
            state.machines.push(Arc::new(RaftMachine::new(id, self.seed, &config)));
            state.hashes.push(0);
            // Machines that are not started are all alike.
            state.input(id, Input::Start, &mut Known::new());
        }
        Ok(state)
    }

    fn steps(&self, state: &State) -> Vec<Step> {
        let mut steps: Vec<Step> = (0..state.messages.len()).map(Step::Deliver).collect();
        for machine in &state.machines {
            let Some(node) = machine.node() else {
                continue;
            };
            let (id, leads) = (node.id(), node.soft_state().role == Role::Leader);
            if leads && state.proposals < self.proposals {
                steps.push(Step::Propose(id));
            }
            if leads && state.heartbeats < self.heartbeats {
                steps.push(Step::Heartbeat(id));
            }
            if !leads && node.hard_state().term < self.last_term && !self.is_mirrored(state, id) {
                steps.push(Step::Campaign(id));
            }
            if state.restarts < self.restarts {
                steps.push(Step::Restart(id));
            }
        }
        steps
    }

    /// While all machines are alike, it is enough that the first of them stands for election.
    fn is_mirrored(&self, state: &State, id: u64) -> bool {
        let fresh = |machine: &Arc<RaftMachine>| machine.node().is_some_and(|node| node.hard_state().term == 1);
        id != 1 && state.restarts == 0 && state.messages.is_empty() && state.machines.iter().all(fresh)
    }

    fn take(&self, state: &State, step: Step, known: &mut Known) -> (State, String) {
        let mut next = state.clone();
        let (id, input) = match step {
            Step::Deliver(place) => {
                let message = next.messages.remove(place);
                (message.to, Input::Deliver(message))
            }
            Step::Campaign(id) => (id, Input::Campaign),
            Step::Propose(id) => {
                next.proposals += 1;
                (id, Input::Propose(next.proposals))
            }
            Step::Restart(id) => {
                next.restarts += 1;
                (id, Input::Restart)
            }
            Step::Heartbeat(id) => {
                next.heartbeats += 1;
                (id, Input::Heartbeat)
            }
        };
        let text = input.text(id);
        next.input(id, input, known);
        (next, text)
    }
}

/// What happens to one machine.
enum Input {
    Start,
    Deliver(Arc<InFlight>),
    Campaign,
    Propose(u64),
    Restart,
    Heartbeat,
}

/// What came of an input to a machine in some state: it is the same whatever the others do.
struct Taken {
    machine: Arc<RaftMachine>,
    hash: u64,
    facts: Vec<Fact>,
    messages: Vec<Arc<InFlight>>,
    /// Whether invariants have nothing to look at.
    quiet: bool,
}

/// By the machine's state and the input.
type Known = BTreeMap<(u64, u64), Arc<Taken>>;

impl Input {
    fn key(&self) -> u64 {
        match self {
            Self::Start => 0,
            Self::Deliver(message) => message.hash,
            Self::Campaign => 1,
            Self::Restart => 2,
            Self::Heartbeat => 3,
            Self::Propose(number) => 4 + number,
        }
    }

    fn text(&self, id: u64) -> String {
        match self {
            Self::Start => format!("start {id}"),
            Self::Deliver(message) => {
                let InFlight { from, payload, .. } = &**message;
                format!("{from} -> {id} {} {payload}", payload.kind())
            }
            Self::Campaign => format!("timeout {id}"),
            Self::Propose(number) => format!("propose {id} x={number}"),
            Self::Restart => format!("restart {id}"),
            Self::Heartbeat => format!("heartbeats of {id}"),
        }
    }

    /// A machine that refuses goes on as it was; one that cannot start stays down.
    fn carry_out(&self, machine: &mut RaftMachine, effects: &mut Effects) -> Result<(), Error> {
        match self {
            Self::Start => machine.start(effects),
            Self::Deliver(message) => {
                machine.deliver(message.from, message.payload.clone(), effects);
                Ok(())
            }
            Self::Campaign => machine.command(&Command::Campaign, effects),
            Self::Propose(number) => {
                let op = Op::Put {
                    key: String::from("x"),
                    value: format!("{number}"),
                };
                let (client, serial) = (*number, 1);
                machine.command(&Command::Propose(Request { client, serial, op }), effects)
            }
            Self::Restart => {
                machine.crash(&mut Random::new(0, 0), false, effects);
                machine.start(effects)
            }
            Self::Heartbeat => {
                machine.tick(effects);
                Ok(())
            }
        }
    }
}

fn way(ways: &[(usize, String)]) -> Vec<String> {
    let mut way = Vec::new();
    let mut place = ways.len() - 1;
    while place > 0 {
        let (before, text) = &ways[place];
        way.push(text.clone());
        place = *before;
    }
    way.reverse();
    way
}

impl State {
    fn input(&mut self, id: u64, input: Input, known: &mut Known) {
        let place = id as usize - 1;
        let key = (self.hashes[place], input.key());
        let taken = known
            .entry(key)
            .or_insert_with(|| Arc::new(take(id, &self.machines[place], &input)));
        self.machines[place] = taken.machine.clone();
        self.hashes[place] = taken.hash;
        if !taken.quiet {
            Arc::make_mut(&mut self.checker).check(id, taken.machine.node(), &taken.facts);
        }
        for message in &taken.messages {
            if self.messages.iter().all(|other| other.hash != message.hash) {
                self.messages.push(message.clone());
            }
        }
    }

    fn hash(&self) -> u64 {
        let mut hasher = Hasher::new();
        for hash in &self.hashes {
            hasher.u64(*hash);
        }
        // In whatever order they were sent.
        let messages = self
            .messages
            .iter()
            .fold(0u64, |sum, message| sum.wrapping_add(message.hash));
        let mut text = String::new();
        self.checker.describe(&mut text);
        let _ = write!(
            text,
            "{messages} {} {} {}",
            self.proposals, self.restarts, self.heartbeats
        );
        hasher.bytes(text.as_bytes());
        hasher.finish()
    }

    fn count(&self, found: &mut Explored) {
        let nodes = || self.machines.iter().filter_map(|machine| machine.node());
        found.with_leader += usize::from(nodes().any(|node| node.soft_state().role == Role::Leader));
        let committed = nodes().map(|node| node.hard_state().commit).max();
        found.committed = found.committed.max(committed.unwrap_or(0));
    }
}

fn take(id: u64, before: &RaftMachine, input: &Input) -> Taken {
    let mut effects = Effects::default();
    let mut machine = before.clone();
    let _ = input.carry_out(&mut machine, &mut effects);
    while machine.is_writing() {
        machine.durable(&mut effects);
    }
    let seen = |machine: &RaftMachine| machine.node().map(|node| (node.soft_state().role, node.hard_state()));
    let quiet = effects.raft.is_empty() && seen(before) == seen(&machine);
    let mut hasher = Hasher::new();
    machine.describe_future(&mut hasher);
    let messages = effects.sends.into_iter().filter_map(|(to, payload)| match to {
        Address::Node(to) => {
            let payload::Payload::Raft(payload) = payload else {
                return None;
            };
            let from = Address::Node(id);
            let hash = hash(format!("{from} {to} {payload:?}").as_bytes());
            Some(Arc::new(InFlight {
                from,
                to,
                payload,
                hash,
            }))
        }
        Address::Client(_) => None,
    });
    Taken {
        hash: hasher.finish(),
        messages: messages.collect(),
        facts: effects.raft,
        machine: Arc::new(machine),
        quiet,
    }
}
