//! A small world in virtual time: Redis servers that do what Sentinel sees of them, and sentinels that watch them.
#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test file is a program of its own and uses a part of it"
)]

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use quorate::resp::{Bytes, Value};
use quorate::sentinel::{Config, EventKind, FailoverState, LinkId, LinkKind, MasterConfig, Millis, Output, Sentinel};

pub const MASTER: u16 = 6379;

/// The run id of a sentinel or a server: its number, as often as it takes.
pub fn run_id(number: u16) -> String {
    let digits = format!("{number:05x}");
    digits.repeat(8)
}

pub fn text(value: &Value) -> String {
    match value {
        Value::SimpleString(text) => format!("+{}", String::from_utf8_lossy(text)),
        Value::SimpleError(text) => format!("-{}", String::from_utf8_lossy(text)),
        Value::BulkString(text) => String::from_utf8_lossy(text).into_owned(),
        other => other.to_string(),
    }
}

/// A Redis server, as far as Sentinel sees it.
pub struct Redis {
    pub run_id: String,
    /// Where its master is; `None` for a master.
    pub master: Option<u16>,
    pub priority: u32,
    pub offset: u64,
    pub announced: bool,
    /// What it answers PING with.
    pub pong: Value,
    /// Killed: connections are refused.
    pub dead: bool,
    /// Stopped: nothing is answered, and connections stay.
    pub stopped: bool,
    /// For how long it says that its link to the master is down, if that is not to follow from the world.
    pub link_down_seconds: Option<u64>,
    /// Whether a new replica of it finishes its synchronization.
    pub syncs: bool,
    /// Whether it does what SLAVEOF says.
    pub obeys: bool,
    /// It answers INFO with an error.
    pub refuses_info: bool,
    down_since: Option<Millis>,
    /// The transactions that are open, by connection.
    queued: BTreeMap<(usize, LinkId), Vec<Vec<String>>>,
}

/// One sentinel and what it said.
pub struct Seat {
    pub sentinel: Sentinel,
    pub events: Vec<(Millis, EventKind, String)>,
    /// Every command that it sent: when, to which port, over which kind of link, what.
    pub sent: Vec<(Millis, u16, LinkKind, String)>,
    pub outputs: Vec<Output>,
    pub lines: Vec<String>,
    pub dead: bool,
    pub stopped: bool,
    /// Writes are answered at once; else they wait.
    pub disk: bool,
    pub exited: Option<u8>,
    links: BTreeMap<LinkId, (u16, LinkKind)>,
    /// Links over which replies come, and the sentinel's replies to others by link of theirs.
    next_tick: Millis,
}

enum Delivery {
    Command(usize, LinkId, Vec<String>),
    Reply(usize, LinkId, Value),
    Lost(usize, LinkId),
    Answer(u64, Value),
}

pub struct World {
    pub now: Millis,
    pub latency: Millis,
    pub redis: BTreeMap<u16, Redis>,
    pub seats: Vec<Seat>,
    /// Which sentinel cannot reach which port. Nothing is lost at once: bytes just do not come.
    pub cut: BTreeSet<(usize, u16)>,
    /// A sentinel that answers and does nothing: a test speaks for it.
    pub fake_peer: Option<u16>,
    queue: BTreeMap<(Millis, u64), Delivery>,
    held: Vec<Delivery>,
    serial: u64,
    /// Subscriptions: which port, which seat's link.
    subscribers: BTreeSet<(u16, usize, LinkId)>,
    /// Sentinels' clients: a number for each link of another sentinel, or of a test.
    clients: BTreeMap<u64, (usize, LinkId)>,
    pub answers: BTreeMap<u64, VecDeque<Value>>,
}

pub fn sentinel_port(seat: usize) -> u16 {
    26_379 + u16::try_from(seat).unwrap()
}

/// The settings of most tests: those of the recordings, `down-after` 3 s and `failover-timeout` 10 s.
pub fn master_config(quorum: u32) -> MasterConfig {
    let mut config = MasterConfig::new("mymaster", "127.0.0.1", MASTER, quorum);
    config.down_after = 3_000;
    config.failover_timeout = 10_000;
    config
}

pub fn seat_config(seat: usize, quorum: u32) -> Config {
    let mut config = Config::new(&run_id(sentinel_port(seat)), 1_000 + seat as u64);
    config.port = sentinel_port(seat);
    config.masters.push(master_config(quorum));
    config
}

impl World {
    pub fn new(replicas: u16, sentinels: usize, quorum: u32) -> Self {
        let mut world = Self::empty();
        world.add_redis(MASTER, None);
        for replica in 1..=replicas {
            world.add_redis(MASTER + replica, Some(MASTER));
        }
        for seat in 0..sentinels {
            world.add_sentinel(seat_config(seat, quorum), &[]);
        }
        world
    }

    pub fn empty() -> Self {
        Self {
            now: 1_000_000,
            latency: 1,
            redis: BTreeMap::new(),
            seats: Vec::new(),
            cut: BTreeSet::new(),
            fake_peer: None,
            queue: BTreeMap::new(),
            held: Vec::new(),
            serial: 0,
            subscribers: BTreeSet::new(),
            clients: BTreeMap::new(),
            answers: BTreeMap::new(),
        }
    }

    pub fn add_redis(&mut self, port: u16, master: Option<u16>) {
        let redis = Redis {
            run_id: run_id(port),
            master,
            priority: 100,
            offset: 1_000,
            announced: true,
            pong: Value::SimpleString("PONG".into()),
            dead: false,
            stopped: false,
            link_down_seconds: None,
            syncs: true,
            obeys: true,
            refuses_info: false,
            down_since: None,
            queued: BTreeMap::new(),
        };
        self.redis.insert(port, redis);
    }

    pub fn add_sentinel(&mut self, config: Config, lines: &[String]) -> usize {
        let sentinel = Sentinel::new(config, lines, self.now).unwrap();
        self.seats.push(Seat {
            sentinel,
            events: Vec::new(),
            sent: Vec::new(),
            outputs: Vec::new(),
            lines: Vec::new(),
            dead: false,
            stopped: false,
            disk: true,
            exited: None,
            links: BTreeMap::new(),
            next_tick: self.now,
        });
        let seat = self.seats.len() - 1;
        self.drain(seat);
        seat
    }

    // ---- time

    pub fn run_for(&mut self, span: Millis) {
        let end = self.now + span;
        loop {
            let tick = self
                .seats
                .iter()
                .filter(|seat| !seat.dead && !seat.stopped)
                .map(|seat| seat.next_tick)
                .min();
            let delivery = self.queue.keys().next().map(|key| key.0);
            let next = tick.into_iter().chain(delivery).min().filter(|next| *next <= end);
            let Some(next) = next else { break };
            self.now = self.now.max(next);
            if delivery == Some(next) {
                let (_, delivery) = self.queue.pop_first().unwrap();
                self.deliver(delivery);
            } else {
                for seat in 0..self.seats.len() {
                    let due = &self.seats[seat];
                    if !due.dead && !due.stopped && due.next_tick <= next {
                        self.tick(seat);
                    }
                }
            }
        }
        self.now = end;
    }

    /// Runs until the seat tells of it, and gives the payload.
    pub fn until(&mut self, seat: usize, kind: EventKind, within: Millis) -> String {
        let from = self.seats[seat].events.len();
        let end = self.now + within;
        while self.now < end {
            self.run_for(10);
            if let Some(event) = self.seats[seat].events[from..].iter().find(|event| event.1 == kind) {
                return event.2.clone();
            }
        }
        panic!(
            "seat {seat} does not tell of {} within {within} ms: {:#?}",
            kind.name(),
            self.seats[seat].events
        );
    }

    pub fn tick(&mut self, seat: usize) {
        let now = self.now;
        let one = &mut self.seats[seat];
        one.sentinel.tick(now);
        one.next_tick = now + one.sentinel.tick_period();
        self.drain(seat);
    }

    // ---- what happens to processes

    pub fn kill(&mut self, port: u16) {
        self.redis.get_mut(&port).unwrap().dead = true;
        self.drop_links(port, None);
    }

    pub fn restart(&mut self, port: u16) {
        let redis = self.redis.get_mut(&port).unwrap();
        redis.dead = false;
        redis.run_id = run_id(port + 1_000);
    }

    pub fn stop_sentinel(&mut self, seat: usize) {
        self.seats[seat].stopped = true;
    }

    pub fn kill_sentinel(&mut self, seat: usize) {
        self.seats[seat].dead = true;
        self.seats[seat].links.clear();
        let port = sentinel_port(seat);
        self.subscribers.retain(|subscriber| subscriber.1 != seat);
        self.drop_links(port, None);
    }

    pub fn continue_sentinel(&mut self, seat: usize) {
        let one = &mut self.seats[seat];
        one.stopped = false;
        one.next_tick = self.now;
    }

    fn drop_links(&mut self, port: u16, kind: Option<LinkKind>) {
        for seat in 0..self.seats.len() {
            let links = self.seats[seat].links.iter();
            let gone = links.filter(|(_, link)| link.0 == port && kind.is_none_or(|kind| kind == link.1));
            for link in gone.map(|(link, _)| *link).collect::<Vec<_>>() {
                self.subscribers.remove(&(port, seat, link));
                self.later(Delivery::Lost(seat, link));
            }
        }
    }

    fn later(&mut self, delivery: Delivery) {
        self.serial += 1;
        self.queue.insert((self.now + self.latency, self.serial), delivery);
    }

    // ---- sentinels

    pub fn drain(&mut self, seat: usize) {
        loop {
            let one = &mut self.seats[seat];
            let Some(output) = one.sentinel.poll() else { break };
            one.outputs.push(output.clone());
            match output {
                Output::Connect {
                    link, address, kind, ..
                } => {
                    one.links.insert(link, (address.port, kind));
                    let refused = match self.redis.get(&address.port) {
                        Some(redis) => redis.dead,
                        None if self.fake_peer == Some(address.port) => false,
                        None => !self
                            .seats
                            .iter()
                            .enumerate()
                            .any(|(at, seat)| sentinel_port(at) == address.port && !seat.dead),
                    };
                    if refused {
                        self.later(Delivery::Lost(seat, link));
                    }
                }
                Output::Close { link } => {
                    one.links.remove(&link);
                    self.subscribers
                        .retain(|subscriber| (subscriber.1, subscriber.2) != (seat, link));
                }
                Output::Send { link, argv } => {
                    let argv: Vec<String> = argv
                        .iter()
                        .map(|arg| String::from_utf8_lossy(arg).into_owned())
                        .collect();
                    let (port, kind) = *one.links.get(&link).expect("commands go over links that are open");
                    one.sent.push((self.now, port, kind, argv.join(" ")));
                    self.later(Delivery::Command(seat, link, argv));
                }
                Output::Persist { ticket, lines } if one.disk => {
                    one.lines = lines;
                    one.sentinel.persisted(ticket).unwrap();
                }
                // A disk that hangs.
                Output::Persist { .. } => {}
                Output::Reply { client, value } => self.later(Delivery::Answer(client, value)),
                Output::Event(event) => one.events.push((self.now, event.kind, event.message)),
                Output::Exit { code } => {
                    one.exited = Some(code);
                    self.kill_sentinel(seat);
                    break;
                }
                _ => {}
            }
        }
    }

    /// What a client is answered, at once.
    pub fn ask(&mut self, seat: usize, command: &str) -> Value {
        let argv: Vec<&[u8]> = command.split(' ').map(str::as_bytes).collect();
        let client = 1 << 40;
        let now = self.now;
        self.seats[seat].sentinel.command(client, &argv, now);
        let from = self.seats[seat].outputs.len();
        self.drain(seat);
        let mut replies = self.seats[seat].outputs[from..]
            .iter()
            .filter_map(|output| match output {
                Output::Reply { client: to, value } if *to == client => Some(value.clone()),
                _ => None,
            });
        replies.next_back().unwrap_or(Value::Null)
    }

    /// How far the failover of the first sentinel is.
    pub fn sentinel_state(&self) -> FailoverState {
        self.seats[0].sentinel.status().masters[0].failover_state
    }

    pub fn master_of(&self, seat: usize) -> u16 {
        self.seats[seat].sentinel.master_address("mymaster").unwrap().port
    }

    pub fn told(&self, seat: usize, kind: EventKind) -> Vec<(Millis, String)> {
        let events = self.seats[seat].events.iter().filter(|event| event.1 == kind);
        events.map(|event| (event.0, event.2.clone())).collect()
    }

    /// The channels of what was told from that time on, without those that are named.
    pub fn channels(&self, seat: usize, from: Millis) -> Vec<&'static str> {
        let events = self.seats[seat].events.iter().filter(|event| event.0 >= from);
        events.map(|event| event.1.name()).collect()
    }

    pub fn sent_to(&self, seat: usize, port: u16, from: Millis, begins: &str) -> Vec<(Millis, String)> {
        let sent = self.seats[seat].sent.iter();
        sent.filter(|sent| sent.1 == port && sent.0 >= from && sent.3.starts_with(begins))
            .map(|sent| (sent.0, sent.3.clone()))
            .collect()
    }

    // ---- the wire

    /// What cannot get through waits, and goes first once it can: a stall loses nothing and keeps the order.
    fn deliver(&mut self, delivery: Delivery) {
        for held in std::mem::take(&mut self.held) {
            self.deliver_or_hold(held);
        }
        self.deliver_or_hold(delivery);
    }

    fn deliver_or_hold(&mut self, delivery: Delivery) {
        if self.blocked(&delivery) {
            self.held.push(delivery);
        } else {
            self.deliver_now(delivery);
        }
    }

    fn blocked(&self, delivery: &Delivery) -> bool {
        let port = |seat: usize, link: &LinkId| self.seats[seat].links.get(link).map(|link| link.0);
        match delivery {
            Delivery::Command(seat, link, _) => port(*seat, link).is_some_and(|port| {
                let back = (0..self.seats.len()).find(|&at| sentinel_port(at) == port);
                self.cut.contains(&(*seat, port))
                    || self.redis.get(&port).is_some_and(|redis| redis.stopped)
                    || back.is_some_and(|to| self.seats[to].stopped || self.cut.contains(&(to, sentinel_port(*seat))))
            }),
            Delivery::Reply(seat, link, _) => {
                self.seats[*seat].stopped || port(*seat, link).is_some_and(|port| self.cut.contains(&(*seat, port)))
            }
            Delivery::Lost(seat, _) => self.seats[*seat].stopped,
            Delivery::Answer(client, _) => self
                .clients
                .get(client)
                .is_some_and(|client| self.seats[client.0].stopped),
        }
    }

    fn deliver_now(&mut self, delivery: Delivery) {
        let now = self.now;
        match delivery {
            Delivery::Command(seat, link, argv) => {
                let Some(&(port, _)) = self.seats[seat].links.get(&link) else {
                    return;
                };
                if self.redis.contains_key(&port) {
                    return self.redis_command(seat, link, port, &argv);
                }
                if self.fake_peer == Some(port) {
                    let reply = match argv[0].as_str() {
                        "PING" => Value::SimpleString("PONG".into()),
                        "SENTINEL" => Value::Array(
                            Vec::from([Value::Integer(1), Value::BulkString("*".into()), Value::Integer(0)]).into(),
                        ),
                        _ => Value::SimpleString("OK".into()),
                    };
                    return self.later(Delivery::Reply(seat, link, reply));
                }
                let Some(to) = (0..self.seats.len()).find(|&at| sentinel_port(at) == port) else {
                    return;
                };
                if self.seats[to].dead {
                    return;
                }
                let client = (seat as u64) << 32 | link;
                self.clients.insert(client, (seat, link));
                let argv: Vec<&[u8]> = argv.iter().map(String::as_bytes).collect();
                self.seats[to].sentinel.command(client, &argv, now);
                self.drain(to);
            }
            Delivery::Answer(client, value) => match self.clients.get(&client) {
                Some(&(seat, link)) => self.deliver_or_hold(Delivery::Reply(seat, link, value)),
                None => self.answers.entry(client).or_default().push_back(value),
            },
            Delivery::Reply(seat, link, value) => {
                let one = &mut self.seats[seat];
                if one.dead || !one.links.contains_key(&link) {
                    return;
                }
                // A link may have been closed while the reply was on its way.
                let _ = one.sentinel.reply(link, &value, now);
                self.drain(seat);
            }
            Delivery::Lost(seat, link) => {
                let one = &mut self.seats[seat];
                if one.links.remove(&link).is_some() && !one.dead {
                    let _ = one.sentinel.disconnected(link);
                    self.drain(seat);
                }
            }
        }
    }

    fn redis_command(&mut self, seat: usize, link: LinkId, port: u16, argv: &[String]) {
        let redis = self.redis.get_mut(&port).unwrap();
        if redis.dead {
            return;
        }
        let words: Vec<&str> = argv.iter().map(String::as_str).collect();
        let name = words[0].to_ascii_uppercase();
        if let Some(queued) = redis.queued.get_mut(&(seat, link))
            && name != "EXEC"
        {
            queued.push(argv.to_vec());
            return self.later(Delivery::Reply(seat, link, Value::SimpleString("QUEUED".into())));
        }
        let ok = Value::SimpleString("OK".into());
        let reply = match (name.as_str(), &words[1..]) {
            ("PING", []) => redis.pong.clone(),
            ("INFO", []) if redis.refuses_info => Value::SimpleError("NOPERM this user has no permissions".into()),
            ("INFO", []) => Value::BulkString(Bytes::from(self.info(port))),
            ("MULTI", []) => {
                redis.queued.insert((seat, link), Vec::new());
                ok
            }
            ("EXEC", []) => {
                let queued = redis.queued.remove(&(seat, link)).unwrap_or_default();
                self.later(Delivery::Reply(seat, link, Value::Array(Vec::new().into())));
                return self.exec(seat, link, port, &queued);
            }
            ("SUBSCRIBE", [channel]) => {
                self.subscribers.insert((port, seat, link));
                let items = [
                    Value::BulkString("subscribe".into()),
                    Value::BulkString((*channel).into()),
                    Value::Integer(1),
                ];
                Value::Array(Vec::from(items).into())
            }
            ("PUBLISH", [channel, payload]) => {
                self.publish(port, channel, payload);
                Value::Integer(1)
            }
            ("CLIENT", _) | ("AUTH", _) | ("SCRIPT", _) => ok,
            _ => Value::SimpleError(format!("ERR unknown command '{name}'").into()),
        };
        self.later(Delivery::Reply(seat, link, reply));
    }

    /// A master's messages go to its replicas' subscribers, too.
    fn publish(&mut self, port: u16, channel: &str, payload: &str) {
        let replicas = self
            .redis
            .iter()
            .filter(|(_, redis)| redis.master == Some(port))
            .map(|(port, _)| *port);
        let ports: BTreeSet<u16> = replicas.chain([port]).collect();
        let subscribers: Vec<_> = self
            .subscribers
            .iter()
            .filter(|(at, ..)| ports.contains(at))
            .copied()
            .collect();
        for (_, seat, link) in subscribers {
            let items = ["message", channel, payload].map(|part| Value::BulkString(part.into()));
            self.later(Delivery::Reply(seat, link, Value::Array(Vec::from(items).into())));
        }
    }

    fn exec(&mut self, seat: usize, link: LinkId, port: u16, queued: &[Vec<String>]) {
        for argv in queued {
            let words: Vec<&str> = argv.iter().map(String::as_str).collect();
            match words[..] {
                ["SLAVEOF", host, at] => {
                    let now = self.now;
                    let redis = self.redis.get_mut(&port).unwrap();
                    if redis.obeys {
                        redis.master = (host != "NO").then(|| at.parse().unwrap());
                        redis.down_since = Some(now);
                    }
                }
                ["CLIENT", "KILL", "TYPE", kind] => {
                    let kind = if kind == "pubsub" {
                        LinkKind::PubSub
                    } else {
                        LinkKind::Command
                    };
                    for other in 0..self.seats.len() {
                        let links = self.seats[other].links.iter();
                        let gone = links.filter(|(id, to)| **to == (port, kind) && (other, **id) != (seat, link));
                        for id in gone.map(|(id, _)| *id).collect::<Vec<_>>() {
                            self.subscribers.remove(&(port, other, id));
                            self.later(Delivery::Lost(other, id));
                        }
                    }
                }
                _ => {}
            }
        }
    }

    pub fn info(&mut self, port: u16) -> String {
        let now = self.now;
        let redis = &self.redis[&port];
        let mut info = format!("# Server\r\nrun_id:{}\r\n# Replication\r\n", redis.run_id);
        let Some(master) = redis.master else {
            let replicas = self
                .redis
                .iter()
                .filter(|(_, other)| other.master == Some(port) && !other.dead);
            info.push_str(&format!(
                "role:master\r\nconnected_slaves:{}\r\n",
                replicas.clone().count()
            ));
            for (at, (port, other)) in replicas.enumerate() {
                info.push_str(&format!(
                    "slave{at}:ip=127.0.0.1,port={port},state=online,offset={},lag=0\r\n",
                    other.offset
                ));
            }
            return info;
        };
        let up = self
            .redis
            .get(&master)
            .is_some_and(|master| !master.dead && !master.stopped && master.master.is_none() && master.syncs);
        let redis = self.redis.get_mut(&port).unwrap();
        if up {
            redis.down_since = None;
        } else {
            redis.down_since.get_or_insert(now);
        }
        let down = redis.link_down_seconds.or(redis
            .down_since
            .map(|since| u64::try_from((now - since) / 1_000).unwrap()));
        info.push_str(&format!(
            "role:slave\r\nmaster_host:127.0.0.1\r\nmaster_port:{master}\r\nmaster_link_status:{}\r\n",
            if up { "up" } else { "down" }
        ));
        if let Some(down) = down {
            info.push_str(&format!("master_link_down_since_seconds:{down}\r\n"));
        }
        info.push_str(&format!(
            "slave_repl_offset:{}\r\nslave_priority:{}\r\nreplica_announced:{}\r\n",
            redis.offset,
            redis.priority,
            u8::from(redis.announced)
        ));
        info
    }
}
