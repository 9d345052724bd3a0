//! Clients: they find the master through sentinels, as [`quorate::sentinel::discovery::Discovery`] has it, and write to it.
//!
//! A client never tries a write again: what it was not answered it knows nothing of.

use alloc::borrow::ToOwned;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use quorate::resp::{Bytes, Value};
use quorate::sentinel::discovery::{Config as DiscoveryConfig, Discovery, Output, ReadPreference};
use quorate::sentinel::{Address as CoreAddress, LinkId, Millis};

use super::config::SentinelConfig;
use super::payload::{self, Body};
use super::{Fact, Numbers, SENTINEL_PORT, Write, command, group_name, host, node_at, send, text, write_name};
use crate::config::Config;
use crate::event::What;
use crate::network::Address;
use crate::operation::{Fate, Op, Operation};
use crate::payload::Effects;
use crate::random::Random;
use crate::scene::Here;
use crate::time::Time;
use crate::view::ClientView;

/// A connection that it opened.
#[derive(Clone, Debug)]
struct Opened {
    /// What discovery calls it; None for one to a server that a script named.
    link: Option<LinkId>,
    to: u64,
    stands: bool,
    waiting: Vec<Vec<Bytes>>,
}

#[derive(Clone, Debug)]
struct Pending {
    place: usize,
    op: Op,
    serial: u64,
    /// The machine that a script named.
    to: Option<u64>,
    /// Over which connection it went.
    over: Option<u64>,
    deadline: Time,
}

#[derive(Clone, Debug)]
pub(crate) struct Client {
    id: u64,
    random: Random,
    /// Whether it asks of itself, all the time.
    busy: bool,
    serial: u64,
    discovery: Option<Discovery>,
    numbers: Numbers,
    opened: BTreeMap<u64, Opened>,
    /// The connection to the master, once discovery handed one out.
    master: Option<u64>,
    looking: bool,
    target: u64,
    pending: Option<Pending>,
    /// When it asks next of itself.
    next: Option<Time>,
    token: u64,
    /// When it was to be woken.
    wakes: Option<Time>,
}

impl Client {
    pub(super) fn new(id: u64, config: &Config, settings: &SentinelConfig) -> Self {
        let group = group_name((id - 1) % settings.groups);
        let first = settings.all_servers() + 1;
        let sentinels: Vec<CoreAddress> = (0..settings.sentinels)
            .map(|place| first + (place + id - 1) % settings.sentinels)
            .map(|node| CoreAddress::new(&host(node), SENTINEL_PORT))
            .collect();
        let discovery = Discovery::new(DiscoveryConfig {
            give_up_after_ms: None,
            check_every_ms: Some((settings.check_every / 1_000).max(1).cast_signed()),
            seed: config.seed ^ id.wrapping_mul(0x9e37_79b9_7f4a_7c15),
            ..DiscoveryConfig::new(&group, &sentinels)
        });
        Self {
            id,
            random: Random::new(config.seed, 1_000 + id),
            busy: id <= config.clients,
            serial: 0,
            // Its settings are right whatever those of the world.
            discovery: discovery.ok(),
            numbers: Numbers::of(Address::Client(id)),
            opened: BTreeMap::new(),
            master: None,
            looking: false,
            target: 0,
            pending: None,
            next: None,
            token: 0,
            wakes: None,
        }
    }

    pub(super) fn is_waiting(&self) -> bool {
        self.pending.is_some()
    }

    pub(super) fn stop(&mut self) {
        self.busy = false;
        self.next = None;
    }

    /// None for one that neither asks of itself nor ever asked.
    pub(super) fn view(&self, history: &[Operation]) -> Option<ClientView> {
        let last = history
            .iter()
            .rev()
            .find(|operation| operation.client == self.id)
            .cloned();
        (self.busy || last.is_some()).then(|| ClientView {
            client: self.id,
            busy: self.busy,
            target: self.target,
            attempts: self.pending.iter().filter(|pending| pending.over.is_some()).count() as u64,
            last,
        })
    }

    pub(super) fn begin(&mut self, here: Here<'_>, effects: &mut Effects) {
        self.think(here);
        self.go_on(here, effects);
    }

    fn think(&mut self, here: Here<'_>) {
        if self.busy {
            self.next = Some(here.now + 1 + self.random.below(here.config.think));
        }
    }

    /// Asks for something, of that machine if one is named.
    pub(super) fn ask(
        &mut self,
        op: &Op,
        node: Option<u64>,
        here: Here<'_>,
        history: &mut Vec<Operation>,
        effects: &mut Effects,
    ) {
        self.next = None;
        self.begin_op(op.clone(), node, here, history, effects);
        self.go_on(here, effects);
    }

    fn begin_op(
        &mut self,
        op: Op,
        to: Option<u64>,
        here: Here<'_>,
        history: &mut Vec<Operation>,
        effects: &mut Effects,
    ) {
        self.serial += 1;
        let (client, serial) = (self.id, self.serial);
        effects.see(|| What::Asked {
            client,
            serial,
            text: op.to_string(),
        });
        history.push(Operation {
            client,
            serial,
            op: op.clone(),
            asked: here.now,
            ended: None,
            fate: Fate::Pending,
            call: history.len() as u64,
            end: 0,
        });
        self.pending = Some(Pending {
            place: history.len() - 1,
            op,
            serial,
            to,
            over: None,
            deadline: here.now + here.config.timeout.max(1),
        });
    }

    pub(super) fn wake(
        &mut self,
        token: u64,
        here: Here<'_>,
        history: &mut Vec<Operation>,
        effects: &mut Effects,
    ) -> bool {
        if token != self.token {
            return false;
        }
        self.wakes = None;
        if let Some(pending) = self.pending.as_ref().filter(|pending| pending.deadline <= here.now) {
            let over = pending.over;
            // What was sent may be done one day.
            let fate = if over.is_some() { Fate::Unknown } else { Fate::Refused };
            self.end(fate, here, history, effects);
            if let Some(connection) = over {
                self.close(connection, here, effects);
            }
        }
        if self.next.is_some_and(|next| next <= here.now) && self.pending.is_none() {
            self.next = None;
            let key = format!("k{}", self.random.below(here.config.keys) + 1);
            let op = match self.random.below(8) {
                0 => Op::Get { key },
                _ => Op::Put {
                    key,
                    value: format!("{}.{}", self.id, self.serial + 1),
                },
            };
            self.begin_op(op, None, here, history, effects);
        }
        if let Some(discovery) = &mut self.discovery {
            discovery.tick(millis(here.now));
        }
        self.go_on(here, effects);
        true
    }

    /// A message arrives.
    pub(super) fn answer(
        &mut self,
        payload: payload::Payload,
        here: Here<'_>,
        history: &mut [Operation],
        effects: &mut Effects,
    ) {
        let (now, connection) = (millis(here.now), payload.connection);
        let Some(opened) = self.opened.get_mut(&connection) else {
            return;
        };
        let link = opened.link;
        match payload.body {
            Body::Accept => {
                opened.stands = true;
                for argv in core::mem::take(&mut opened.waiting) {
                    send(Address::Node(opened.to), connection, Body::Command(argv), effects);
                }
                if let (Some(link), Some(discovery)) = (link, &mut self.discovery) {
                    let _ = discovery.connected(link, now);
                }
            }
            Body::Close => self.closed(connection, here, history, effects),
            Body::Reply(_, value) => {
                let own = self
                    .pending
                    .as_ref()
                    .is_some_and(|pending| pending.over == Some(connection));
                if own {
                    self.answered(&value, link, here, history, effects);
                } else if let (Some(link), Some(discovery)) = (link, &mut self.discovery) {
                    // What comes over a connection that was handed out is for nobody any more.
                    let _ = discovery.reply(link, &value, now);
                }
            }
            _ => {}
        }
        self.go_on(here, effects);
    }

    fn answered(
        &mut self,
        value: &Value,
        link: Option<LinkId>,
        here: Here<'_>,
        history: &mut [Operation],
        effects: &mut Effects,
    ) {
        match value {
            Value::SimpleError(reason) | Value::BulkError(reason) => {
                if let (Some(link), Some(discovery)) = (link, &mut self.discovery) {
                    let _ = discovery.refused(link, reason, millis(here.now));
                }
                self.end(Fate::Refused, here, history, effects);
            }
            value => {
                let text = value.as_bytes().map(text).unwrap_or_default();
                let is_get = self.pending.as_ref().is_some_and(|pending| pending.op.is_get());
                let text = if is_get { text } else { String::new() };
                self.end(Fate::Done(text), here, history, effects);
            }
        }
    }

    fn closed(&mut self, connection: u64, here: Here<'_>, history: &mut [Operation], effects: &mut Effects) {
        let link = self.opened.remove(&connection).and_then(|opened| opened.link);
        if self.master == Some(connection) {
            self.master = None;
        }
        if let (Some(link), Some(discovery)) = (link, &mut self.discovery) {
            let _ = discovery.disconnected(link, millis(here.now));
        }
        if self
            .pending
            .as_ref()
            .is_some_and(|pending| pending.over == Some(connection))
        {
            self.end(Fate::Unknown, here, history, effects);
        }
    }

    /// Closes a connection over which no answer came.
    fn close(&mut self, connection: u64, here: Here<'_>, effects: &mut Effects) {
        if let Some(opened) = self.opened.remove(&connection) {
            send(Address::Node(opened.to), connection, Body::Close, effects);
            if let (Some(link), Some(discovery)) = (opened.link, &mut self.discovery) {
                let _ = discovery.disconnected(link, millis(here.now));
            }
        }
        if self.master == Some(connection) {
            self.master = None;
        }
    }

    fn end(&mut self, fate: Fate, here: Here<'_>, history: &mut [Operation], effects: &mut Effects) {
        let Some(pending) = self.pending.take() else {
            return;
        };
        if matches!(fate, Fate::Done(_)) && !pending.op.is_get() {
            effects
                .sentinel
                .push(Fact::Acknowledged(write_of(self.id, pending.serial)));
        }
        let (client, serial) = (self.id, pending.serial);
        let value = match &fate {
            Fate::Done(value) if !value.is_empty() => format!(" {value}"),
            _ => String::new(),
        };
        effects.see(|| What::Answered {
            client,
            serial,
            text: format!("{} {fate}{value}", pending.op),
        });
        if let Some(operation) = history.get_mut(pending.place) {
            operation.ended = Some(here.now);
            operation.fate = fate;
        }
        self.think(here);
    }

    // ---- going on

    /// Does what there is to do, and says when to look again.
    fn go_on(&mut self, here: Here<'_>, effects: &mut Effects) {
        self.drain(here, effects);
        self.send_pending(here, effects);
        self.drain(here, effects);
        self.send_pending(here, effects);
        let deadline = self.pending.as_ref().map(|pending| pending.deadline);
        let discovery = self.discovery.as_ref().and_then(Discovery::next_tick_ms);
        let discovery = discovery.map(|at| at.max(0).cast_unsigned() * 1_000);
        let due = [deadline, self.next, discovery].into_iter().flatten().min();
        let due = due.map(|due| due.max(here.now + 1));
        if due.is_some() && due != self.wakes {
            self.wakes = due;
            self.token += 1;
            effects.wake = due.map(|due| (self.token, due - here.now));
        }
    }

    fn send_pending(&mut self, here: Here<'_>, effects: &mut Effects) {
        let Some(pending) = self.pending.as_ref().filter(|pending| pending.over.is_none()) else {
            return;
        };
        let argv = request(self.id, pending);
        let connection = match pending.to {
            Some(node) => {
                let own = |(_, opened): &(&u64, &Opened)| opened.link.is_none() && opened.to == node;
                let open = self.opened.iter().find(own).map(|(connection, _)| *connection);
                open.unwrap_or_else(|| self.open(None, node, effects))
            }
            None => match self.master {
                Some(connection) => connection,
                None => {
                    if let Some(discovery) = self.discovery.as_mut().filter(|_| !self.looking) {
                        self.looking = discovery.request(ReadPreference::Primary, millis(here.now)).is_ok();
                    }
                    return;
                }
            },
        };
        if let Some(pending) = &mut self.pending {
            pending.over = Some(connection);
        }
        self.say(connection, argv, effects);
    }

    fn open(&mut self, link: Option<LinkId>, to: u64, effects: &mut Effects) -> u64 {
        let connection = self.numbers.next();
        let opened = Opened {
            link,
            to,
            stands: false,
            waiting: Vec::new(),
        };
        self.opened.insert(connection, opened);
        send(Address::Node(to), connection, Body::Connect, effects);
        connection
    }

    fn say(&mut self, connection: u64, argv: Vec<Bytes>, effects: &mut Effects) {
        if let Some(opened) = self.opened.get_mut(&connection) {
            self.target = if opened.link.is_none() || self.master == Some(connection) {
                opened.to
            } else {
                self.target
            };
            match opened.stands {
                true => send(Address::Node(opened.to), connection, Body::Command(argv), effects),
                false => opened.waiting.push(argv),
            }
        }
    }

    fn connection_of(&self, link: LinkId) -> Option<u64> {
        let found = self.opened.iter().find(|(_, opened)| opened.link == Some(link));
        found.map(|(connection, _)| *connection)
    }

    fn drain(&mut self, here: Here<'_>, effects: &mut Effects) {
        while let Some(output) = self.discovery.as_mut().and_then(Discovery::poll) {
            match output {
                Output::Connect { link, address, .. } => match node_at(address.target()) {
                    Some(node) => drop(self.open(Some(link), node, effects)),
                    None => {
                        if let Some(discovery) = &mut self.discovery {
                            let _ = discovery.disconnected(link, millis(here.now));
                        }
                    }
                },
                Output::Send { link, argv } => {
                    if let Some(connection) = self.connection_of(link) {
                        self.say(connection, argv, effects);
                    }
                }
                Output::Resolved { link, .. } => {
                    self.looking = false;
                    self.master = self.connection_of(link);
                }
                Output::Failed { .. } => self.looking = false,
                Output::Close { link } | Output::Invalidate { link, .. } => {
                    let Some(connection) = self.connection_of(link) else {
                        continue;
                    };
                    if let Some(opened) = self.opened.remove(&connection) {
                        send(Address::Node(opened.to), connection, Body::Close, effects);
                    }
                    if self.master == Some(connection) {
                        self.master = None;
                    }
                }
                _ => {}
            }
        }
    }
}

fn millis(now: Time) -> Millis {
    (now / 1_000).cast_signed()
}

fn write_of(client: u64, serial: u64) -> Write {
    client << 32 | serial
}

/// The command of an operation. A write has its name with it, which no real server would take: so it is known where it is.
fn request(client: u64, pending: &Pending) -> Vec<Bytes> {
    let name = write_name(write_of(client, pending.serial));
    match &pending.op {
        Op::Put { key, value } => command(&["SET", key, value, &name]),
        Op::Append { key, value } => command(&["APPEND", key, value, &name]),
        Op::Get { key } => command(&["GET", &key.to_owned()]),
    }
}
