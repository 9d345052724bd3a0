//! The world at one moment, and how it goes on. All of it is a plain value, so that a moment can be kept and gone back to.

use alloc::collections::VecDeque;
use alloc::string::String;
use alloc::string::ToString;
use alloc::vec::Vec;
use core::fmt::Write as _;

use crate::action::Action;
use crate::config::Config;
use crate::error::Error;
use crate::event::{Event, What};
use crate::hash::Hasher;
use crate::invariant::Violation;
use crate::kind::AnyScene;
use crate::network::{Address, Flight, Loss, Network, Rule, Selector};
use crate::payload::{Effects, MessageKind, Payload};
use crate::queue::{Due, Queue};
use crate::random::Random;
use crate::scene::Here;
use crate::time::Time;
use crate::view::MachineView;

/// What is done to a machine, and what it has of the world.
#[derive(Clone, Debug)]
struct Host {
    /// Changes with each start, so that what is due for an earlier life is not for this one.
    life: u64,
    paused: bool,
    /// What came while it stood still.
    backlog: VecDeque<Due>,
    /// By how many parts in a million its clock is too fast.
    drift: i64,
    slow_disk: Time,
    /// When its latest write will be durable: writes do not overtake each other.
    disk_free: Time,
    random: Random,
}

#[derive(Clone, Debug)]
pub(crate) struct Engine {
    pub(crate) config: Config,
    pub(crate) now: Time,
    /// How many events were processed.
    pub(crate) events: u64,
    queue: Queue,
    pub(crate) network: Network,
    hosts: Vec<Host>,
    /// The machines and clients.
    pub(crate) scene: AnyScene,
    /// How many violations were shown to those who watch.
    shown: usize,
}

/// What machines and clients may know, while they are told something.
macro_rules! here {
    ($engine:ident) => {
        Here {
            now: $engine.now,
            config: &$engine.config,
            duplicated: $engine.network.has_duplicated(),
        }
    };
}

/// What happened, for those who want to know; and room for what is under way.
#[derive(Clone)]
pub(crate) struct Watch {
    pub(crate) on: bool,
    pub(crate) events: Vec<Event>,
    pub(crate) effects: Effects,
}

impl Watch {
    pub(crate) fn new(on: bool) -> Self {
        let effects = Effects {
            watched: on,
            ..Effects::default()
        };
        let events = Vec::new();
        Self { on, events, effects }
    }
}

impl Engine {
    pub(crate) fn new(config: Config, watch: &mut Watch) -> Result<Self, Error> {
        config.validate()?;
        let machines = config.setup.machines();
        let host = |id| Host {
            life: 0,
            paused: false,
            backlog: VecDeque::new(),
            drift: 0,
            slow_disk: 0,
            disk_free: 0,
            random: Random::new(config.seed, 100 + id),
        };
        let mut engine = Self {
            now: 0,
            events: 0,
            queue: Queue::default(),
            network: Network::new(config.seed),
            hosts: (1..=machines).map(host).collect(),
            scene: AnyScene::new(&config),
            shown: 0,
            config,
        };
        for id in 1..=machines {
            engine.start(id, watch)?;
        }
        for id in 1..=engine.config.clients {
            engine.scene.begin(id, here!(engine), &mut watch.effects);
            engine.settle(Address::Client(id), watch);
        }
        Ok(engine)
    }

    /// When something will happen next, if anything will.
    pub(crate) fn next_time(&self) -> Option<Time> {
        self.queue.next_time()
    }

    /// Lets the next thing happen that is due by then. Says whether there was one: what is due first may be for nobody any more.
    pub(crate) fn step(&mut self, by: Time, watch: &mut Watch) -> bool {
        while let Some((at, due)) = self.queue.pop_by(by) {
            self.now = self.now.max(at);
            if self.happen(due, watch) {
                self.events += 1;
                return true;
            }
        }
        false
    }

    /// Says whether it counts: what was meant for somebody who is gone does not.
    fn happen(&mut self, due: Due, watch: &mut Watch) -> bool {
        if let Some(node) = self.paused_receiver(due) {
            let backlog = &mut self.hosts[node as usize - 1].backlog;
            // However long it stands still, one tick is all that it is late for.
            if !(matches!(due, Due::Tick { .. }) && backlog.iter().any(|other| matches!(other, Due::Tick { .. }))) {
                backlog.push_back(due);
            }
            return false;
        }
        match due {
            Due::Tick { node, life } => {
                if !self.lives(node, life) {
                    return false;
                }
                self.scene.tick(node, here!(self), &mut watch.effects);
                self.schedule_tick(node);
                self.settle(Address::Node(node), watch);
            }
            Due::Durable { node, life } => {
                if !self.lives(node, life) {
                    return false;
                }
                self.scene.durable(node, here!(self), &mut watch.effects);
                self.settle(Address::Node(node), watch);
            }
            Due::Report { node, peer, ok } => {
                if !self.is_up(node) {
                    return false;
                }
                self.scene.report(node, peer, ok, here!(self), &mut watch.effects);
                self.settle(Address::Node(node), watch);
            }
            Due::Deliver { flight } => return self.arrive(flight, watch),
            Due::Wake { client, token } => {
                let counts = self.scene.wake(client, token, here!(self), &mut watch.effects);
                self.settle(Address::Client(client), watch);
                return counts;
            }
        }
        true
    }

    fn paused_receiver(&self, due: Due) -> Option<u64> {
        let node = match due {
            Due::Tick { node, .. } | Due::Durable { node, .. } | Due::Report { node, .. } => node,
            Due::Deliver { flight } => match self.network.get(flight)?.to {
                Address::Node(node) => node,
                Address::Client(_) => return None,
            },
            Due::Wake { .. } => return None,
        };
        self.hosts.get((node as usize).checked_sub(1)?)?.paused.then_some(node)
    }

    fn host(&self, node: u64) -> Option<&Host> {
        self.hosts.get((node as usize).checked_sub(1)?)
    }

    fn is_up(&self, node: u64) -> bool {
        self.host(node).is_some() && self.scene.is_up(node)
    }

    /// Whether it is up, and has not been restarted since.
    fn lives(&self, node: u64, life: u64) -> bool {
        self.host(node).is_some_and(|host| host.life == life) && self.scene.is_up(node)
    }

    // ---- machines

    fn start(&mut self, node: u64, watch: &mut Watch) -> Result<(), Error> {
        self.scene.start(node, here!(self), &mut watch.effects)?;
        let (now, tick) = (self.now, self.config.tick);
        let host = &mut self.hosts[node as usize - 1];
        host.life += 1;
        host.paused = false;
        host.disk_free = now;
        host.backlog.clear();
        let life = host.life;
        // Clocks do not tick at the same moment.
        let first = now + 1 + host.random.below(tick);
        self.queue.push(first, Due::Tick { node, life });
        self.settle(Address::Node(node), watch);
        Ok(())
    }

    fn schedule_tick(&mut self, node: u64) {
        let host = &self.hosts[node as usize - 1];
        let life = host.life;
        let million = 1_000_000i128;
        let tick = self.scene.tick_after(node, here!(self)).unwrap_or(self.config.tick);
        let tick = i128::from(tick) * million / (million + i128::from(host.drift)).max(1);
        let at = self.now + (tick.clamp(1, i128::from(crate::config::MAX_TIME)) as Time);
        self.queue.push(at, Due::Tick { node, life });
    }

    fn crash(&mut self, node: u64, watch: &mut Watch) {
        let host = &mut self.hosts[node as usize - 1];
        let torn = self.config.torn_writes;
        self.scene.crash(node, &mut host.random, torn, &mut watch.effects);
        host.life += 1;
        host.paused = false;
        // Messages that had come and were not taken in are lost with it.
        let backlog = core::mem::take(&mut host.backlog);
        self.settle(Address::Node(node), watch);
        for due in backlog {
            if let Due::Deliver { flight } = due {
                self.lose(flight, Loss::Down, watch);
            }
        }
    }

    /// Carries out what came of an input to a machine or a client, and looks whether everything still holds.
    fn settle(&mut self, who: Address, watch: &mut Watch) {
        let mut effects = core::mem::take(&mut watch.effects);
        for what in effects.seen.drain(..) {
            self.see(what, watch);
        }
        if let Address::Node(node) = who {
            self.begin_writes(node, effects.writes);
        }
        for (to, payload) in effects.sends.drain(..) {
            self.send(who, to, payload, watch);
        }
        if let (Address::Client(client), Some((token, wait))) = (who, effects.wake) {
            self.queue.push(self.now + wait, Due::Wake { client, token });
        }
        self.scene.look(who, &effects);
        self.see_violations(watch);
        effects.clear();
        watch.effects = effects;
    }

    fn begin_writes(&mut self, node: u64, writes: usize) {
        let host = &mut self.hosts[node as usize - 1];
        let life = host.life;
        for _ in 0..writes {
            let takes = self.config.disk + host.random.below(self.config.disk_jitter + 1) + host.slow_disk;
            host.disk_free = host.disk_free.max(self.now + takes);
            self.queue.push(host.disk_free, Due::Durable { node, life });
        }
    }

    fn see_violations(&mut self, watch: &mut Watch) {
        let found = self.scene.violations();
        for Violation { invariant, text, .. } in &found[self.shown.min(found.len())..] {
            let what = What::Violated {
                invariant: invariant.name(),
                text: text.clone(),
            };
            self.see(what, watch);
        }
        self.shown = found.len();
    }

    fn see(&self, what: What, watch: &mut Watch) {
        if watch.on {
            watch.events.push(Event {
                number: self.events,
                at: self.now,
                what,
            });
        }
    }

    // ---- messages

    fn send(&mut self, from: Address, to: Address, payload: Payload, watch: &mut Watch) {
        let (kind, reported) = (payload.kind(), payload.is_reported());
        let text = if watch.on { payload.to_string() } else { String::new() };
        let sent = self.network.send(&self.config, self.now, from, to, payload);
        if let Some(why) = sent.loss {
            let message = None;
            self.see(
                What::Lost {
                    message,
                    kind,
                    from,
                    to,
                    why,
                },
                watch,
            );
            self.report(reported, from, to, false);
        }
        for id in sent.flights.into_iter().flatten() {
            let text = text.clone();
            self.see(
                What::Sent {
                    message: id,
                    kind,
                    from,
                    to,
                    text,
                },
                watch,
            );
            self.schedule_arrival(id);
        }
    }

    fn schedule_arrival(&mut self, id: u64) {
        if let Some(flight) = self.network.get(id).filter(|flight| !flight.held) {
            self.queue.push(flight.arrives, Due::Deliver { flight: id });
        }
    }

    fn arrive(&mut self, id: u64, watch: &mut Watch) -> bool {
        // It may have been dropped, held or delayed since it was due.
        let Some(flight) = self.network.get(id) else {
            return false;
        };
        if flight.held || flight.arrives > self.now || !self.network.is_next_in_line(id) {
            return false;
        }
        let (from, to) = (flight.from, flight.to);
        let connection = flight.payload.connection();
        if self.network.is_cut(from, to) {
            if connection.is_some() {
                // It is sent again until it gets through.
                return false;
            }
            self.lose(id, Loss::Cut, watch);
            return true;
        }
        if matches!(to, Address::Node(node) if !self.is_up(node)) {
            self.lose(id, Loss::Down, watch);
            return true;
        }
        let Some(Flight { sent, payload, .. }) = self.network.take(id) else {
            return false;
        };
        self.move_up(connection, from);
        let kind = payload.kind();
        if watch.on {
            let text = payload.to_string();
            let message = id;
            self.see(
                What::Delivered {
                    message,
                    kind,
                    from,
                    to,
                    sent,
                    text,
                },
                watch,
            );
        }
        self.report(payload.is_reported(), from, to, true);
        let effects = &mut watch.effects;
        match to {
            Address::Node(node) => self.scene.deliver(node, from, payload, here!(self), effects),
            Address::Client(client) => self.scene.answer(client, payload, here!(self), effects),
        }
        self.settle(to, watch);
        true
    }

    /// What stood behind the first of a line may have been due before.
    fn move_up(&mut self, connection: Option<u64>, from: Address) {
        let next = connection.and_then(|connection| self.network.first_in_line((connection, from)));
        if let Some(next) = next
            && self.network.get(next).is_some_and(|flight| flight.arrives <= self.now)
        {
            self.queue.push(self.now, Due::Deliver { flight: next });
        }
    }

    /// What waited for a link gets through when it is mended.
    fn send_late(&mut self) {
        for id in self.network.late(self.now) {
            self.arrive_at(id, self.now + self.config.latency);
        }
    }

    fn lose(&mut self, id: u64, why: Loss, watch: &mut Watch) {
        if let Some(Flight { from, to, payload, .. }) = self.network.take(id) {
            self.move_up(payload.connection(), from);
            let reset = payload.reset().filter(|_| why == Loss::Down);
            let (kind, reported) = (payload.kind(), payload.is_reported());
            let message = Some(id);
            self.see(
                What::Lost {
                    message,
                    kind,
                    from,
                    to,
                    why,
                },
                watch,
            );
            self.report(reported, from, to, false);
            if let Some(reset) = reset {
                // Its host answers in its place.
                self.send(to, from, reset, watch);
            }
        }
    }

    /// Who sends what is reported learns a while later what became of it.
    fn report(&mut self, reported: bool, from: Address, to: Address, ok: bool) {
        if let (true, Address::Node(node), Address::Node(peer)) = (reported, from, to) {
            let after = if ok { self.config.latency } else { self.config.timeout };
            self.queue.push(self.now + after, Due::Report { node, peer, ok });
        }
    }

    // ---- actions

    /// Does something to the world. Nothing happened if it is refused, but for [`Error::Refused`], which a machine says.
    pub(crate) fn act(&mut self, action: &Action, watch: &mut Watch) -> Result<(), Error> {
        self.check_action(action)?;
        if watch.on {
            let text = action.to_string();
            self.see(What::Acted { text }, watch);
        }
        match action {
            Action::Crash(node) => self.crash(*node, watch),
            Action::Restart(node) => self.start(*node, watch)?,
            Action::Wipe(node) => self.scene.wipe(*node),
            Action::Pause(node) => {
                self.hosts[*node as usize - 1].paused = true;
                self.see(
                    What::Paused {
                        node: *node,
                        paused: true,
                    },
                    watch,
                );
            }
            Action::Resume(node) => self.resume(*node, watch),
            Action::Ask { client, op, node } => {
                self.scene.ask(*client, op, *node, here!(self), &mut watch.effects);
                self.settle(Address::Client(*client), watch);
            }
            Action::Cut { from, to } => self.network.cut(*from, *to),
            Action::Mend { from, to } => {
                self.network.mend(*from, *to);
                self.send_late();
            }
            Action::Partition(parts) => self.partition(parts),
            Action::Heal => {
                self.network.heal();
                self.network.clear_rules();
                self.release_all();
                self.send_late();
                for host in &mut self.hosts {
                    host.slow_disk = 0;
                }
            }
            Action::Slow { address, by } => self.network.set_slow(*address, *by),
            Action::SlowDisk { node, by } => self.hosts[*node as usize - 1].slow_disk = *by,
            Action::Drift {
                node,
                parts_per_million,
            } => self.hosts[*node as usize - 1].drift = *parts_per_million,
            Action::Drop(which) => {
                for id in self.network.select(which) {
                    match self
                        .network
                        .get(id)
                        .map(|flight| (flight.payload.connection(), flight.arrives))
                    {
                        // What is lost of a connection is sent again.
                        Some((Some(_), arrives)) => self.arrive_at(id, arrives.max(self.now) + RETRANSMISSION),
                        _ => self.lose(id, Loss::Dropped, watch),
                    }
                }
            }
            Action::Hold(which) => {
                for id in self.network.select(which) {
                    if let Some(flight) = self.network.get_mut(id) {
                        flight.held = true;
                    }
                }
            }
            Action::Deliver(which) => {
                for id in self.network.select(which) {
                    self.arrive_at(id, self.now);
                }
            }
            Action::Duplicate(which) => {
                for id in self.network.select(which) {
                    let Some(flight) = self.network.get(id) else {
                        continue;
                    };
                    // Who receives the same bytes of a connection twice throws them away.
                    if flight.payload.connection().is_some() {
                        continue;
                    }
                    let arrives = flight.arrives.max(self.now);
                    if let Some(copy) = self.network.duplicate(id, arrives + self.config.latency) {
                        self.schedule_arrival(copy);
                    }
                }
            }
            Action::Delay { which, by } => {
                for id in self.network.select(which) {
                    let arrives = self
                        .network
                        .get(id)
                        .map_or(self.now, |flight| flight.arrives.max(self.now));
                    self.arrive_at(id, arrives + by);
                }
            }
            Action::Rule { rule, kind, from, to } => self.set_rules(*kind, from, to, Some(*rule)),
            Action::Release { kind, from, to } => {
                self.set_rules(*kind, from, to, None);
                let which = Selector::Matching {
                    kind: *kind,
                    from: from.clone(),
                    to: to.clone(),
                    first: false,
                };
                for id in self.network.select(&which) {
                    if self.network.get(id).is_some_and(|flight| flight.held) {
                        self.arrive_at(id, self.now);
                    }
                }
            }
            Action::StopClients => self.scene.stop_clients(),
            Action::Deed(deed) => {
                let result = self.scene.act(deed, here!(self), &mut watch.effects);
                self.settle(Address::Node(deed.node()), watch);
                result?;
            }
            Action::Set { name, value } => {
                let mut config = self.config.clone();
                config.set(name, value)?;
                config.validate()?;
                self.config = config;
            }
        }
        Ok(())
    }

    /// Whether everybody that is named is there, and in the state that the action needs.
    fn check_action(&self, action: &Action) -> Result<(), Error> {
        let host = |node: u64| self.host(node).ok_or(Error::UnknownNode(node));
        let up = |node: u64| match host(node).map(|_| self.scene.is_up(node))? {
            true => Ok(()),
            false => Err(Error::Down(node)),
        };
        let clients = self.scene.clients();
        let address = |address: &Address| match *address {
            Address::Node(node) => host(node).map(drop),
            Address::Client(client) if (1..=clients).contains(&client) => Ok(()),
            Address::Client(client) => Err(Error::UnknownClient(client)),
        };
        match action {
            Action::Restart(node) | Action::Wipe(node) => match up(*node) {
                Err(Error::Down(_)) => Ok(()),
                Ok(()) => Err(Error::Up(*node)),
                Err(error) => Err(error),
            },
            Action::Crash(node) | Action::Pause(node) | Action::Resume(node) => up(*node),
            Action::Deed(deed) => up(deed.node()).and_then(|()| self.scene.check(deed)),
            Action::SlowDisk { node, .. } | Action::Drift { node, .. } => host(*node).map(drop),
            Action::Slow { address: who, .. } => address(who),
            Action::Cut { from, to } | Action::Mend { from, to } => address(from).and_then(|()| address(to)),
            Action::Partition(parts) => parts.iter().flatten().try_for_each(address),
            Action::Rule { from, to, .. } | Action::Release { from, to, .. } => {
                from.iter().chain(to).try_for_each(address)
            }
            Action::Ask { client, node, .. } => {
                address(&Address::Client(*client))?;
                node.map_or(Ok(()), |node| host(node).map(drop))?;
                match self.scene.is_waiting(*client) {
                    true => Err(Error::Busy(*client)),
                    false => Ok(()),
                }
            }
            Action::Drop(which)
            | Action::Hold(which)
            | Action::Deliver(which)
            | Action::Duplicate(which)
            | Action::Delay { which, .. } => match self.network.select(which).is_empty() {
                true => Err(Error::NoSuchMessage(which.to_string())),
                false => Ok(()),
            },
            Action::Set { name, .. } => match DIALS.contains(&name.as_str()) {
                true => Ok(()),
                false => Err(Error::UnknownSetting(name.clone())),
            },
            Action::Heal | Action::StopClients => Ok(()),
        }
    }

    fn resume(&mut self, node: u64, watch: &mut Watch) {
        let host = &mut self.hosts[node as usize - 1];
        host.paused = false;
        for due in core::mem::take(&mut host.backlog) {
            self.queue.push(self.now, due);
        }
        self.see(What::Paused { node, paused: false }, watch);
    }

    fn partition(&mut self, parts: &[Vec<Address>]) {
        self.network.heal();
        self.partition_parts(parts);
        self.send_late();
    }

    fn partition_parts(&mut self, parts: &[Vec<Address>]) {
        for (place, part) in parts.iter().enumerate() {
            let others = parts.iter().enumerate().filter(|(other, _)| *other != place);
            for (from, to) in
                others.flat_map(|(_, other)| part.iter().flat_map(move |from| other.iter().map(move |to| (from, to))))
            {
                self.network.cut(*from, *to);
            }
        }
    }

    fn set_rules(&mut self, kind: Option<MessageKind>, from: &[Address], to: &[Address], rule: Option<Rule>) {
        let nodes = (1..=self.hosts.len() as u64).map(Address::Node);
        let everybody: Vec<Address> = nodes.chain((1..=self.scene.clients()).map(Address::Client)).collect();
        let meant = |list: &[Address]| {
            if list.is_empty() {
                everybody.clone()
            } else {
                list.to_vec()
            }
        };
        for from in meant(from) {
            for to in meant(to) {
                self.network.set_rule(kind, from, to, rule);
            }
        }
    }

    fn release_all(&mut self) {
        let held: Vec<u64> = self
            .network
            .flights()
            .filter(|(_, flight)| flight.held)
            .map(|(id, _)| id)
            .collect();
        for id in held {
            self.arrive_at(id, self.now);
        }
    }

    fn arrive_at(&mut self, id: u64, at: Time) {
        if let Some(flight) = self.network.get_mut(id) {
            flight.arrives = at;
            flight.held = false;
        }
        self.schedule_arrival(id);
    }

    // ---- questions

    pub(crate) fn node_count(&self) -> u64 {
        self.hosts.len() as u64
    }

    pub(crate) fn machine_views(&self) -> Vec<MachineView> {
        let mut views: Vec<MachineView> = (1..=self.node_count()).map(|node| self.machine_view(node)).collect();
        // What is due for an earlier life is for nobody.
        for (at, due) in self.queue.iter() {
            match due {
                Due::Tick { node, life } if self.lives(node, life) => views[node as usize - 1].next_tick = Some(at),
                Due::Durable { node, life } if self.lives(node, life) => views[node as usize - 1].durable_at.push(at),
                _ => {}
            }
        }
        views
    }

    fn machine_view(&self, node: u64) -> MachineView {
        let host = &self.hosts[node as usize - 1];
        MachineView {
            node,
            up: self.scene.is_up(node),
            paused: host.paused,
            drift: host.drift,
            slow_disk: host.slow_disk,
            next_tick: None,
            durable_at: Vec::new(),
            backlog: host.backlog.len(),
            state: self.scene.view(node),
        }
    }

    pub(crate) fn is_paused(&self, node: u64) -> Option<bool> {
        self.host(node).map(|host| host.paused)
    }

    /// A hash of what can be seen from outside: time, machines, disks, messages, and what clients know.
    pub(crate) fn state_hash(&self) -> u64 {
        let mut text = String::new();
        let _ = writeln!(text, "{} {}", self.now, self.events);
        for (host, node) in self.hosts.iter().zip(1..) {
            self.scene.describe(node, &mut text);
            let _ = writeln!(
                text,
                "paused {} drift {} slow disk {}",
                host.paused, host.drift, host.slow_disk
            );
        }
        self.network.describe(&mut text);
        self.scene.describe_history(&mut text);
        crate::hash::hash(text.as_bytes())
    }

    /// A hash of all that there is. It differs wherever two states do, and is no one's business but tests'.
    pub(crate) fn fingerprint(&self) -> u64 {
        let mut hasher = Hasher::new();
        let _ = write!(hasher, "{self:?}");
        hasher.finish()
    }
}

/// How long it takes until what was lost of a connection is sent again.
const RETRANSMISSION: Time = 200_000;

/// The settings that can change while the world goes on.
const DIALS: [&str; 11] = [
    "latency",
    "jitter",
    "loss",
    "duplicates",
    "reordering",
    "reordering-delay",
    "disk",
    "disk-jitter",
    "think",
    "client-timeout",
    "retries",
];
