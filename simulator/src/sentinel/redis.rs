//! A `redis-server` as a machine of the world: its replication is [`quorate::replication::Server`], all else is here.

use alloc::borrow::ToOwned;
use alloc::collections::{BTreeMap, VecDeque};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt::Write as _;

use quorate::replication::{
    Access, Config as ServerConfig, Error as ReplicationError, History, Output, PrimaryAddress, Refusal, ReplicationId,
    Server, Stored,
};
use quorate::resp::{Bytes, Decoder, RequestDecoder, Value};

use super::config::SentinelConfig;
use super::data::{Data, Shared, is_write};
use super::payload::{self, Body, kind_of};
use super::{
    Fact, Numbers, SERVER_PORT, bulk, clock_ms, error, host, host_of, node_at, ok, run_id, send, text, write_named,
};
use crate::config::Config;
use crate::error::Error;
use crate::event::What;
use crate::network::Address;
use crate::payload::Effects;
use crate::random::Random;
use crate::time::{SECOND, Time};

/// Somebody who opened a connection to a server.
#[derive(Clone, Debug)]
struct Peer {
    address: Address,
    subscribed: bool,
    /// What was said since `MULTI`.
    queued: Option<Vec<Vec<Bytes>>>,
    /// It replicates: what it says comes as bytes.
    requests: Option<RequestDecoder>,
}

/// The connection to the master.
#[derive(Clone, Copy, Debug)]
struct Link {
    attempt: u64,
    connection: u64,
    node: u64,
}

#[derive(Clone, Debug)]
struct Life {
    server: Server,
    run_id: String,
    peers: BTreeMap<u64, Peer>,
    link: Option<Link>,
    /// The data of a snapshot that replicas are sent.
    frozen: Shared,
    /// The pieces of one that is received.
    loading: Vec<u8>,
    saved_at: Time,
    was_master: bool,
}

#[derive(Clone, Debug)]
enum Writing {
    /// A snapshot for replicas.
    Frozen,
    /// A snapshot that survives a crash.
    Saved(Shared, Stored),
}

/// A server with its disk.
#[derive(Clone, Debug)]
pub(crate) struct Redis {
    pub(super) id: u64,
    pub(super) group: u64,
    seed: u64,
    config: SentinelConfig,
    life: Option<Life>,
    /// What it holds; while it is down, what it held.
    data: Shared,
    saved: Option<(Shared, Stored)>,
    /// `replicaof` of its configuration file.
    follows: Option<u64>,
    writing: VecDeque<Writing>,
    lives: u64,
    /// By how many milliseconds its clock is ahead.
    pub(super) ahead_ms: i64,
    numbers: Numbers,
    /// Where invariants know it to be.
    told: Option<History>,
    /// How many writes it refused.
    pub(super) refused: u64,
}

impl Redis {
    /// A server that is down, and whose group already replicates.
    pub(super) fn new(id: u64, config: &Config, settings: &SentinelConfig) -> Self {
        let group = (id - 1) / settings.servers;
        let master = settings.first_master(group);
        let founding = ReplicationId::parse(run_id(master, 0).as_bytes());
        let saved = founding.map(|id| (Shared::default(), Stored { id, offset: 0 }));
        Self {
            id,
            group,
            seed: config.seed,
            config: settings.clone(),
            life: None,
            data: Shared::default(),
            saved,
            follows: (id != master).then_some(master),
            writing: VecDeque::new(),
            lives: 0,
            // No two clocks turn over to the next second together.
            ahead_ms: Random::new(config.seed, 500 + id).below(1_000).cast_signed(),
            numbers: Numbers::of(Address::Node(id)),
            told: None,
            refused: 0,
        }
    }

    pub(super) fn server(&self) -> Option<&Server> {
        self.life.as_ref().map(|life| &life.server)
    }

    pub(super) fn data(&self) -> &Shared {
        &self.data
    }

    pub(super) fn clock_ms(&self, now: Time) -> u64 {
        clock_ms(now, self.ahead_ms).max(0).cast_unsigned()
    }

    /// The machine that it follows, if it is a replica.
    pub(super) fn follows(&self) -> Option<u64> {
        match &self.life {
            Some(life) => life.server.primary().and_then(|primary| node_at(&primary.host)),
            None => self.follows,
        }
    }

    pub(super) fn connections(&self) -> usize {
        self.life.as_ref().map_or(0, |life| life.peers.len())
    }

    // ---- inputs

    pub(super) fn start(&mut self, now: Time, effects: &mut Effects) -> Result<(), Error> {
        self.lives += 1;
        let clock = self.clock_ms(now);
        let primary = self.follows.map(|node| PrimaryAddress {
            host: host(node),
            port: SERVER_PORT,
        });
        let config = self.server_config();
        let server = match &self.saved {
            Some((_, stored)) => Server::restore(config, *stored, primary, clock),
            None => Server::new(config, clock).map(|mut server| {
                if let Some(primary) = &primary {
                    server.replicate_from(&primary.host, primary.port, clock);
                }
                server
            }),
        };
        let server = server.map_err(|error| Error::CannotStart {
            node: self.id,
            reason: error.to_string(),
        })?;
        effects.see(|| What::Started { node: self.id });
        let data = self
            .saved
            .as_ref()
            .map_or_else(Shared::default, |(data, _)| data.clone());
        let before = core::mem::replace(&mut self.data, data);
        effects.sentinel.push(Fact::Forgot);
        if self.saved.is_none() {
            effects.sentinel.push(Fact::Gone);
        }
        self.told = None;
        effects.sentinel.push(Fact::Replaced(before));
        self.life = Some(Life {
            was_master: server.is_primary(),
            server,
            run_id: run_id(self.id, self.lives),
            peers: BTreeMap::new(),
            link: None,
            frozen: Shared::default(),
            loading: Vec::new(),
            saved_at: now,
        });
        self.settle(now, effects);
        Ok(())
    }

    fn server_config(&self) -> ServerConfig {
        let settings = &self.config;
        let place = usize::try_from((self.id - 1) % settings.servers).unwrap_or(usize::MAX);
        let priority = settings.priorities.get(place).or(settings.priorities.last());
        ServerConfig {
            port: SERVER_PORT,
            min_replicas_to_write: settings.min_replicas_to_write,
            min_replicas_max_lag_s: settings.min_replicas_max_lag,
            priority: priority.copied().unwrap_or(100),
            diskless_delay_s: settings.sync_delay / SECOND,
            seed: self.seed ^ (self.id << 16 | self.lives).wrapping_mul(0x9e37_79b9_7f4a_7c15),
            ..ServerConfig::default()
        }
    }

    pub(super) fn crash(&mut self, random: &mut Random, torn: bool, effects: &mut Effects) {
        let Some(life) = self.life.take() else {
            return;
        };
        // A snapshot takes the place of the one before when it is whole, or not at all.
        let reached = random.below(self.writing.len() as u64 + 1);
        for writing in core::mem::take(&mut self.writing)
            .into_iter()
            .take(if torn { reached as usize } else { 0 })
        {
            if let Writing::Saved(data, stored) = writing {
                self.saved = Some((data, stored));
            }
        }
        // The host closes what the process had open.
        for (connection, peer) in &life.peers {
            send(peer.address, *connection, Body::Close, effects);
        }
        if let Some(link) = life.link {
            send(Address::Node(link.node), link.connection, Body::Close, effects);
        }
        effects.see(|| What::Crashed { node: self.id });
    }

    pub(super) fn wipe(&mut self) {
        self.saved = None;
    }

    pub(super) fn tick_after(&self, now: Time) -> Time {
        let clock = self.clock_ms(now);
        let wait = self
            .server()
            .map_or(0, |server| server.next_tick_ms().saturating_sub(clock));
        wait.clamp(1, 1_000) * 1_000
    }

    pub(super) fn tick(&mut self, now: Time, effects: &mut Effects) {
        let clock = self.clock_ms(now);
        let Some(life) = &mut self.life else {
            return;
        };
        life.server.tick(clock);
        effects.sentinel.push(Fact::Ticked);
        let every = self.config.save_every;
        if every > 0 && now - life.saved_at >= every {
            life.saved_at = now;
            let stored = life.server.stored();
            let old = self.saved.as_ref();
            if old.is_none_or(|(data, old)| *old != stored || !Arc::ptr_eq(data, &self.data)) {
                self.writing.push_back(Writing::Saved(self.data.clone(), stored));
                effects.writes += 1;
            }
        }
        self.settle(now, effects);
    }

    pub(super) fn durable(&mut self, now: Time, effects: &mut Effects) {
        let Some(writing) = self.writing.pop_front() else {
            return;
        };
        effects.see(|| What::Durable { node: self.id });
        match writing {
            Writing::Saved(data, stored) => self.saved = Some((data, stored)),
            Writing::Frozen => {
                let clock = self.clock_ms(now);
                if let Some(life) = &mut self.life {
                    let _ = life.server.snapshot_taken(true, clock);
                }
                self.settle(now, effects);
            }
        }
    }

    pub(super) fn deliver(&mut self, from: Address, payload: payload::Payload, now: Time, effects: &mut Effects) {
        let connection = payload.connection;
        let clock = self.clock_ms(now);
        let Some(life) = &mut self.life else {
            return;
        };
        let link = life.link.filter(|link| link.connection == connection);
        match payload.body {
            Body::Connect => {
                let peer = Peer {
                    address: from,
                    subscribed: false,
                    queued: None,
                    requests: None,
                };
                life.peers.insert(connection, peer);
                send(from, connection, Body::Accept, effects);
            }
            Body::Accept => match link {
                Some(link) => drop(life.server.connected(link.attempt, clock)),
                None => send(from, connection, Body::Close, effects),
            },
            Body::Close => {
                if let Some(link) = link {
                    life.link = None;
                    let _ = life.server.closed(link.attempt, clock);
                } else if life
                    .peers
                    .remove(&connection)
                    .is_some_and(|peer| peer.requests.is_some())
                {
                    let _ = life.server.replica_closed(connection, clock);
                }
            }
            Body::Stream(bytes) => match link {
                Some(link) => drop(life.server.received(link.attempt, &bytes, clock)),
                None => self.replica_says(from, connection, &bytes, now, effects),
            },
            Body::Command(argv) if life.peers.contains_key(&connection) => {
                let kind = kind_of(&argv);
                let value = self.answer(connection, &argv, now, effects);
                send(from, connection, Body::Reply(kind, value), effects);
            }
            Body::Command(_) => send(from, connection, Body::Close, effects),
            Body::Reply(..) => {}
        }
        self.settle(now, effects);
    }

    fn replica_says(&mut self, from: Address, connection: u64, bytes: &[u8], now: Time, effects: &mut Effects) {
        let clock = self.clock_ms(now);
        let Some(life) = &mut self.life else {
            return;
        };
        let Some(peer) = life.peers.get_mut(&connection) else {
            send(from, connection, Body::Close, effects);
            return;
        };
        if peer.requests.is_none() {
            let _ = life.server.accept(connection, &host_of(from), clock);
        }
        let requests = peer.requests.get_or_insert_default();
        requests.feed(bytes);
        effects.sentinel.push(Fact::Heard(connection));
        loop {
            match requests.poll() {
                Ok(Some(request)) => {
                    let args: Vec<&[u8]> = request.args().collect();
                    if let Err(error) = life.server.request(connection, &args, clock) {
                        effects.sentinel.push(Fact::Broken(error.to_string()));
                    }
                }
                Ok(None) => return,
                Err(error) => {
                    effects.sentinel.push(Fact::Broken(error.to_string()));
                    return;
                }
            }
        }
    }

    // ---- commands

    /// What an operator says who sits at the machine.
    pub(super) fn command(&mut self, argv: &[Bytes], now: Time, effects: &mut Effects) -> Value {
        let value = self.execute(0, argv, now, effects);
        self.settle(now, effects);
        value
    }

    fn answer(&mut self, connection: u64, argv: &[Bytes], now: Time, effects: &mut Effects) -> Value {
        let is = |word: &str| {
            argv.first()
                .is_some_and(|name| name.eq_ignore_ascii_case(word.as_bytes()))
        };
        let Some(peer) = self.life.as_mut().and_then(|life| life.peers.get_mut(&connection)) else {
            return error("ERR no such connection");
        };
        if is("MULTI") {
            peer.queued = Some(Vec::new());
            return ok();
        }
        if is("EXEC") {
            let Some(queued) = peer.queued.take() else {
                return error("ERR EXEC without MULTI");
            };
            let values: Vec<Value> = queued
                .iter()
                .map(|argv| self.execute(connection, argv, now, effects))
                .collect();
            return Value::Array(values.into());
        }
        if let Some(queued) = &mut peer.queued {
            queued.push(argv.to_vec());
            return Value::SimpleString("QUEUED".into());
        }
        self.execute(connection, argv, now, effects)
    }

    fn execute(&mut self, connection: u64, argv: &[Bytes], now: Time, effects: &mut Effects) -> Value {
        let clock = self.clock_ms(now);
        let words: Vec<String> = argv.iter().map(|word| text(word)).collect();
        let name = words.first().map(|name| name.to_ascii_uppercase()).unwrap_or_default();
        let rest: Vec<&str> = words.iter().skip(1).map(String::as_str).collect();
        if is_write(argv) {
            return self.write(argv, now, effects);
        }
        let Some(life) = &mut self.life else {
            return error("ERR down");
        };
        match (name.as_str(), rest.as_slice()) {
            ("PING", _) => match life.server.check(Access::Read) {
                Err(refusal) => error(refusal.reply()),
                Ok(()) => Value::SimpleString("PONG".into()),
            },
            ("INFO", _) => bulk(&self.info()),
            ("ROLE", _) => self.role(),
            ("GET", [key]) => match life.server.check(Access::Read) {
                Err(refusal) => error(refusal.reply()),
                Ok(()) => bulk(self.data.get(key)),
            },
            ("PUBLISH", [channel, message]) => {
                let (channel, message) = ((*channel).to_owned(), (*message).to_owned());
                let argv: Vec<&[u8]> = argv.iter().map(|word| &word[..]).collect();
                // What is published on a replica goes no further than its own replicas and subscribers.
                if life.server.is_primary() {
                    life.server.propagate(0, &argv, clock);
                }
                Value::Integer(self.publish(&channel, &message, effects))
            }
            ("SUBSCRIBE", [channel]) => {
                if let Some(peer) = life.peers.get_mut(&connection) {
                    peer.subscribed = true;
                }
                Value::Array(Vec::from([bulk("subscribe"), bulk(channel), Value::Integer(1)]).into())
            }
            ("SLAVEOF" | "REPLICAOF", [host, port]) => {
                let changed = if host.eq_ignore_ascii_case("no") && port.eq_ignore_ascii_case("one") {
                    life.server.promote(clock)
                } else {
                    match port.parse() {
                        Ok(port) => life.server.replicate_from(host, port, clock),
                        Err(_) => return error("ERR Invalid master port"),
                    }
                };
                if changed {
                    effects.sentinel.push(Fact::Forgot);
                }
                ok()
            }
            ("CONFIG", [what, options @ ..]) if what.eq_ignore_ascii_case("set") => self.set(options, clock),
            ("CONFIG", [what]) if what.eq_ignore_ascii_case("rewrite") => {
                self.follows = self.follows();
                ok()
            }
            ("CLIENT", [what, kind, class, ..])
                if what.eq_ignore_ascii_case("kill") && kind.eq_ignore_ascii_case("type") =>
            {
                let subscribers = class.eq_ignore_ascii_case("pubsub");
                Value::Integer(self.kill(connection, subscribers, effects))
            }
            ("CLIENT", _) => ok(),
            ("SCRIPT", _) => error("NOTBUSY No scripts in execution right now."),
            _ => error(&format!("ERR unknown command '{name}'")),
        }
    }

    /// A client writes.
    fn write(&mut self, argv: &[Bytes], now: Time, effects: &mut Effects) -> Value {
        let clock = self.clock_ms(now);
        let Some(life) = &mut self.life else {
            return error("ERR down");
        };
        let args: Vec<&[u8]> = argv.iter().map(|word| &word[..]).collect();
        #[cfg_attr(not(feature = "broken-rules"), allow(unused_mut))]
        let mut written = life.server.write(0, &args, clock);
        #[cfg(feature = "broken-rules")]
        if written == Err(ReplicationError::Refused(Refusal::NoReplicas))
            && self.config.broken.contains(&super::config::BrokenSentinel::IgnoreLag)
        {
            written = Ok(life.server.propagate(0, &args, clock));
        }
        match written {
            Ok(offset) => {
                let id = life.server.history().id;
                Arc::make_mut(&mut self.data).apply(argv);
                // A master without a backlog counts no offset, so that nothing can be said of its writes: the ledger is not told.
                let counted = life.server.backlog().is_some();
                let write = argv.get(3).and_then(|name| write_named(&text(name)));
                if let Some(write) = write.filter(|_| counted) {
                    effects.sentinel.push(Fact::Executed { write, id, offset });
                }
                ok()
            }
            Err(ReplicationError::Refused(refusal)) => {
                self.refused += u64::from(refusal == Refusal::NoReplicas);
                error(refusal.reply())
            }
            Err(other) => error(&format!("ERR {other}")),
        }
    }

    fn info(&self) -> String {
        let Some(life) = &self.life else {
            return String::new();
        };
        format!(
            "# Server\r\nredis_version:7.0.15\r\nrun_id:{}\r\ntcp_port:{SERVER_PORT}\r\n# Replication\r\n{}",
            life.run_id,
            life.server.info()
        )
    }

    fn role(&self) -> Value {
        let mut decoder = Decoder::default();
        if let Some(life) = &self.life {
            decoder.feed(&life.server.role().encode());
        }
        match decoder.poll() {
            Ok(Some(view)) => view.to_value(),
            _ => error("ERR no role"),
        }
    }

    fn set(&mut self, options: &[&str], clock: u64) -> Value {
        let Some(life) = &mut self.life else {
            return error("ERR down");
        };
        let mut config = life.server.config().clone();
        for pair in options.chunks(2) {
            let [name, value] = pair else {
                return error("ERR wrong number of arguments for 'config|set' command");
            };
            let Ok(value) = value.parse::<u64>() else {
                return error("ERR CONFIG SET failed: argument couldn't be parsed into an integer");
            };
            match name.to_ascii_lowercase().as_str() {
                "min-replicas-to-write" => config.min_replicas_to_write = value,
                "min-replicas-max-lag" => config.min_replicas_max_lag_s = value,
                "replica-priority" => config.priority = value,
                _ => return error("ERR Unknown option or number of arguments for CONFIG SET"),
            }
        }
        match life.server.configure(config, clock) {
            Ok(()) => ok(),
            Err(refused) => error(&format!("ERR CONFIG SET failed: {refused}")),
        }
    }

    /// `CLIENT KILL TYPE`, of all but who says it. Replicas are of another type.
    fn kill(&mut self, connection: u64, subscribers: bool, effects: &mut Effects) -> i64 {
        let Some(life) = &mut self.life else {
            return 0;
        };
        let mut killed = 0;
        life.peers.retain(|other, peer| {
            if *other == connection || peer.requests.is_some() || peer.subscribed != subscribers {
                return true;
            }
            killed += 1;
            send(peer.address, *other, Body::Close, effects);
            false
        });
        killed
    }

    /// Tells the subscribers. All of them subscribe to one channel.
    fn publish(&self, channel: &str, message: &str, effects: &mut Effects) -> i64 {
        let Some(life) = &self.life else {
            return 0;
        };
        let mut told = 0;
        for (connection, peer) in life.peers.iter().filter(|(_, peer)| peer.subscribed) {
            let parts = Vec::from([bulk("message"), bulk(channel), bulk(message)]);
            let body = Body::Reply(payload::MESSAGE, Value::Array(parts.into()));
            send(peer.address, *connection, body, effects);
            told += 1;
        }
        told
    }

    // ---- outputs

    /// Does what its replication says, and tells where it is.
    fn settle(&mut self, now: Time, effects: &mut Effects) {
        while let Some(output) = self.life.as_mut().and_then(|life| life.server.poll()) {
            self.carry_out(output, now, effects);
        }
        self.see_role(effects);
        let history = self.server().map(|server| *server.history());
        if history != self.told {
            self.told = history;
            effects.sentinel.extend(history.map(Fact::At));
        }
    }

    fn see_role(&mut self, effects: &mut Effects) {
        let Some(life) = &mut self.life else {
            return;
        };
        let master = life.server.is_primary();
        if master != life.was_master || self.told.is_none() {
            life.was_master = master;
            let node = self.id;
            effects.see(|| What::Role {
                node,
                role: role_name(master),
                term: 0,
                lead: 0,
            });
        }
    }

    fn carry_out(&mut self, output: Output, now: Time, effects: &mut Effects) {
        let clock = self.clock_ms(now);
        let Some(life) = &mut self.life else {
            return;
        };
        match output {
            Output::Send { replica, bytes } => {
                if let Some(peer) = life.peers.get(&replica) {
                    send(peer.address, replica, Body::Stream(bytes), effects);
                }
            }
            Output::Close { replica } => {
                if let Some(peer) = life.peers.remove(&replica) {
                    send(peer.address, replica, Body::Close, effects);
                }
            }
            Output::TakeSnapshot { .. } => {
                life.frozen = self.data.clone();
                self.writing.push_back(Writing::Frozen);
                effects.writes += 1;
            }
            Output::SendSnapshot { replica, framing } => {
                let data = life.frozen.encode().into_bytes();
                let bytes = [&framing.head(data.len() as u64)[..], &data, framing.tail()].concat();
                if let Some(peer) = life.peers.get(&replica) {
                    send(peer.address, replica, Body::Stream(bytes), effects);
                }
                let _ = life.server.snapshot_sent(replica, true, clock);
            }
            Output::Connect { attempt, host, .. } => match node_at(&host) {
                Some(node) => {
                    let connection = self.numbers.next();
                    life.link = Some(Link {
                        attempt,
                        connection,
                        node,
                    });
                    send(Address::Node(node), connection, Body::Connect, effects);
                }
                None => drop(life.server.closed(attempt, clock)),
            },
            Output::Disconnect { attempt } => {
                if let Some(link) = life.link.take_if(|link| link.attempt == attempt) {
                    send(Address::Node(link.node), link.connection, Body::Close, effects);
                }
            }
            Output::SendToPrimary { attempt, bytes } => {
                if let Some(link) = life.link.filter(|link| link.attempt == attempt) {
                    send(Address::Node(link.node), link.connection, Body::Stream(bytes), effects);
                }
            }
            Output::SnapshotBegins { .. } | Output::SnapshotAborted => life.loading.clear(),
            Output::SnapshotBytes(bytes) => life.loading.extend(bytes),
            Output::LoadSnapshot => {
                #[cfg_attr(not(feature = "broken-rules"), allow(unused_mut))]
                let mut data = Data::decode(&core::mem::take(&mut life.loading));
                #[cfg(feature = "broken-rules")]
                if self.config.broken.contains(&super::config::BrokenSentinel::KeepData) {
                    data.writes.extend(&self.data.writes);
                }
                let before = core::mem::replace(&mut self.data, Arc::new(data));
                effects.sentinel.push(Fact::Replaced(before));
                let _ = life.server.snapshot_loaded(true, clock);
                if self.saved.is_some() {
                    // What it received is the file that it starts from the next time.
                    self.saved = Some((self.data.clone(), life.server.stored()));
                }
            }
            Output::Apply { args, .. } => {
                let name = args.first().map(|name| name.to_ascii_uppercase()).unwrap_or_default();
                match name.as_slice() {
                    b"SET" | b"APPEND" => Arc::make_mut(&mut self.data).apply(&args),
                    b"PUBLISH" => {
                        let word = |place: usize| args.get(place).map_or_else(String::new, |word| text(word));
                        self.publish(&word(1), &word(2), effects);
                    }
                    _ => {}
                }
            }
            Output::HistoryChanged { history, cause } => effects.sentinel.push(Fact::Changed(history, cause)),
            _ => {}
        }
    }

    /// What is worth comparing, as text.
    pub(super) fn describe(&self, into: &mut String) {
        let _ = match &self.life {
            None => writeln!(into, "server {} down", self.id),
            Some(life) => writeln!(
                into,
                "server {} {} {} {} link {} good {} replicas {} peers {}",
                self.id,
                role_name(life.server.is_primary()),
                life.server.history().id,
                life.server.history().offset,
                life.server.link_state().as_str(),
                life.server.good_replicas(),
                life.server.replicas().count(),
                life.peers.len(),
            ),
        };
        let _ = writeln!(
            into,
            "follows {:?} ahead {} writing {} refused {} data {:016x}",
            self.follows(),
            self.ahead_ms,
            self.writing.len(),
            self.refused,
            crate::hash::hash(self.data.encode().as_bytes())
        );
    }
}

/// As `ROLE` has it.
pub(super) fn role_name(master: bool) -> &'static str {
    if master { "master" } else { "slave" }
}
