//! Servers and sentinels in virtual time, wired with as little as will do: what is measured is the sentinels.

use std::collections::VecDeque;
use std::fmt::Write;
use std::rc::Rc;

use quorate::resp::{Bytes, List, Value};
use quorate::sentinel::{Config, LinkId, LinkKind, MasterConfig, Millis, Output, Sentinel, Timing};

pub(super) const SENTINELS: usize = 5;
pub(super) const REPLICAS: usize = 2;
const QUORUM: u32 = 3;
const DOWN_AFTER: Millis = 1_000;
const FAILOVER_TIMEOUT: Millis = 10_000;
/// How long everything is on its way.
const LATENCY: Millis = 1;
const FIRST_SERVER: usize = 10_000;
const FIRST_SENTINEL: usize = 60_000;
const HOST: &str = "127.0.0.1";

/// A Redis server, as far as sentinels see it.
#[derive(Clone)]
struct Server {
    /// The number of its master; none for a master.
    master: Option<usize>,
    /// A link to a master that failed is down.
    down_since: Option<Millis>,
    alive: bool,
    /// Which sentinels' links are subscribed.
    subscribers: Vec<(usize, LinkId)>,
    /// The open transactions.
    queued: Vec<(usize, LinkId, Vec<Vec<Bytes>>)>,
}

/// A sentinel, or the outputs that one gave at some time.
#[derive(Clone)]
enum Machine {
    Sentinel(Box<Sentinel>),
    /// What came after each input.
    Played(VecDeque<Vec<Output>>),
}

#[derive(Clone)]
struct Seat {
    machine: Machine,
    /// Where each link leads to, by its number.
    links: Vec<Option<(usize, LinkKind)>>,
    next_tick: Millis,
    ticks: VecDeque<Millis>,
    recorded: Option<VecDeque<Vec<Output>>>,
}

/// Something that is on its way.
#[derive(Clone)]
enum Parcel {
    Command(Vec<Bytes>),
    /// A command's reply, or none from who is not there.
    Reply(Value),
    /// A message over a subscription.
    Message(Rc<Bytes>),
    Lost,
}

#[derive(Clone)]
pub(super) struct World {
    pub(super) now: Millis,
    servers: Vec<Server>,
    seats: Vec<Seat>,
    /// By the time of arrival, as all are equally long on their way: to or from which sentinel, over which link.
    parcels: VecDeque<(Millis, usize, LinkId, Parcel)>,
    outputs: Vec<Output>,
    info: String,
    /// How often a sentinel was told something.
    pub(super) inputs: u64,
}

fn name(master: usize) -> String {
    format!("m{master:05}")
}

fn run_id(number: usize) -> String {
    format!("{number:040x}")
}

impl World {
    pub(super) fn new(masters: usize) -> Self {
        let server = |number: usize| Server {
            master: (!number.is_multiple_of(REPLICAS + 1)).then_some(number / (REPLICAS + 1) * (REPLICAS + 1)),
            down_since: None,
            alive: true,
            subscribers: Vec::new(),
            queued: Vec::new(),
        };
        let seat = |number: usize| {
            let mut config = Config::new(&run_id(FIRST_SENTINEL + number), number as u64 + 1);
            config.ip = HOST.into();
            config.port = port(FIRST_SENTINEL, number);
            config.timing = Timing::default();
            for master in 0..masters {
                let at = port(FIRST_SERVER, master * (REPLICAS + 1));
                let mut settings = MasterConfig::new(&name(master), HOST, at, QUORUM);
                settings.down_after = DOWN_AFTER;
                settings.failover_timeout = FAILOVER_TIMEOUT;
                config.masters.push(settings);
            }
            let sentinel = Sentinel::new(config, &[], 0).expect("settings of ours");
            Seat {
                machine: Machine::Sentinel(Box::new(sentinel)),
                links: Vec::new(),
                next_tick: number as Millis * 20,
                ticks: VecDeque::new(),
                recorded: None,
            }
        };
        let mut world = Self {
            now: 0,
            servers: (0..masters * (REPLICAS + 1)).map(server).collect(),
            seats: (0..SENTINELS).map(seat).collect(),
            parcels: VecDeque::new(),
            outputs: Vec::new(),
            info: String::new(),
            inputs: 0,
        };
        (0..SENTINELS).for_each(|seat| world.drain(seat));
        world
    }

    // ---- questions

    /// Where the sentinel says that the master is: the number of a server.
    pub(super) fn master(&self, seat: usize, master: usize) -> usize {
        let Machine::Sentinel(sentinel) = &self.seats[seat].machine else {
            return usize::MAX;
        };
        let address = sentinel
            .master_address(&name(master))
            .expect("a master that is watched");
        usize::from(address.port) - FIRST_SERVER
    }

    /// Whether all sentinels know all servers and each other, and are on good terms.
    pub(super) fn is_settled(&self) -> bool {
        self.seats.iter().all(|seat| match &seat.machine {
            Machine::Sentinel(sentinel) => sentinel.status().masters.iter().all(|master| {
                let peers = master.sentinels.iter().map(|sentinel| &sentinel.instance);
                let replicas = master.replicas.iter().map(|replica| &replica.instance);
                let mut all = peers.chain(replicas).chain([&master.instance]);
                master.sentinels.len() == SENTINELS - 1
                    && master.replicas.len() == REPLICAS
                    && all.all(|one| !one.disconnected && !one.flags.iter().any(|flag| flag == "s_down"))
            }),
            Machine::Played(_) => true,
        })
    }

    // ---- what happens

    pub(super) fn kill(&mut self, number: usize) {
        let server = &mut self.servers[number];
        server.alive = false;
        server.subscribers.clear();
        self.drop_links(number, None, None);
    }

    pub(super) fn restart(&mut self, number: usize) {
        self.servers[number].alive = true;
    }

    pub(super) fn run_for(&mut self, span: Millis) {
        let end = self.now + span;
        loop {
            let tick = (0..self.seats.len())
                .map(|seat| (self.seats[seat].next_tick, seat))
                .min()
                .unwrap_or((Millis::MAX, 0));
            let parcel = self.parcels.front().map_or(Millis::MAX, |parcel| parcel.0);
            if tick.0.min(parcel) > end {
                break;
            }
            if parcel <= tick.0 {
                let (at, seat, link, parcel) = self.parcels.pop_front().expect("a parcel");
                self.now = at;
                self.deliver(seat, link, parcel);
            } else {
                self.now = tick.0;
                self.tick(tick.1);
            }
        }
        self.now = end;
    }

    fn tick(&mut self, number: usize) {
        let seat = &mut self.seats[number];
        self.inputs += 1;
        let period = match &mut seat.machine {
            Machine::Sentinel(sentinel) => {
                sentinel.tick(self.now);
                sentinel.tick_period()
            }
            Machine::Played(_) => seat.ticks.pop_front().unwrap_or(Millis::MAX / 2),
        };
        if seat.recorded.is_some() {
            seat.ticks.push_back(period);
        }
        seat.next_tick = self.now + period;
        self.drain(number);
    }

    // ---- the same again without the machines

    /// From now on, what the sentinels say is kept.
    pub(super) fn record(&mut self) {
        for seat in &mut self.seats {
            seat.recorded = Some(VecDeque::new());
        }
    }

    /// Lets what was kept be said again, in place of the sentinels of a world that is as the other was when recording began.
    pub(super) fn play(&mut self, recorded: &Self) {
        for (seat, played) in self.seats.iter_mut().zip(&recorded.seats) {
            seat.machine = Machine::Played(played.recorded.clone().unwrap_or_default());
            seat.ticks.clone_from(&played.ticks);
        }
    }

    // ---- sentinels

    fn drain(&mut self, number: usize) {
        let mut outputs = std::mem::take(&mut self.outputs);
        let seat = &mut self.seats[number];
        match &mut seat.machine {
            Machine::Sentinel(sentinel) => {
                while let Some(output) = sentinel.poll() {
                    if let Output::Persist { ticket, .. } = &output {
                        sentinel.persisted(*ticket).expect("a ticket that is open");
                    }
                    outputs.push(output);
                }
            }
            Machine::Played(played) => outputs = played.pop_front().unwrap_or_default(),
        }
        if let Some(recorded) = &mut seat.recorded {
            recorded.push_back(outputs.clone());
        }
        for output in outputs.drain(..) {
            self.obey(number, output);
        }
        self.outputs = outputs;
    }

    fn obey(&mut self, number: usize, output: Output) {
        match output {
            Output::Send { link, argv } => self.post(number, link, Parcel::Command(argv)),
            Output::Reply { client, value } => {
                let (asker, link) = ((client >> 32) as usize, client & u64::from(u32::MAX));
                self.post(asker, link, Parcel::Reply(value));
            }
            Output::Connect {
                link, address, kind, ..
            } => {
                let links = &mut self.seats[number].links;
                links.resize(link as usize + 1, None);
                links[link as usize] = Some((usize::from(address.port), kind));
                let server = usize::from(address.port).checked_sub(FIRST_SERVER);
                if server
                    .and_then(|server| self.servers.get(server))
                    .is_some_and(|server| !server.alive)
                {
                    self.post(number, link, Parcel::Lost);
                }
            }
            Output::Close { link } => self.forget(number, link),
            _ => {}
        }
    }

    fn forget(&mut self, seat: usize, link: LinkId) {
        let gone = self.seats[seat].links[link as usize].take();
        if let Some((port, LinkKind::PubSub)) = gone {
            self.servers[port - FIRST_SERVER]
                .subscribers
                .retain(|subscriber| *subscriber != (seat, link));
        }
    }

    fn post(&mut self, seat: usize, link: LinkId, parcel: Parcel) {
        self.parcels.push_back((self.now + LATENCY, seat, link, parcel));
    }

    fn drop_links(&mut self, server: usize, kind: Option<LinkKind>, but: Option<(usize, LinkId)>) {
        for seat in 0..self.seats.len() {
            for link in 0..self.seats[seat].links.len() {
                let fits = |(port, of)| port == FIRST_SERVER + server && kind.is_none_or(|kind| kind == of);
                let link_id = link as LinkId;
                if self.seats[seat].links[link].is_some_and(fits) && but != Some((seat, link_id)) {
                    self.post(seat, link_id, Parcel::Lost);
                }
            }
        }
    }

    // ---- the wire

    fn deliver(&mut self, number: usize, link: LinkId, parcel: Parcel) {
        let Some((port, _)) = self.seats[number].links[link as usize] else {
            return;
        };
        if let Parcel::Command(argv) = parcel {
            return match port.checked_sub(FIRST_SENTINEL) {
                None => self.serve(number, link, port - FIRST_SERVER, argv),
                Some(peer) => {
                    let client = (number as u64) << 32 | link;
                    self.inputs += 1;
                    if let Machine::Sentinel(sentinel) = &mut self.seats[peer].machine {
                        let words: [&[u8]; 8] = std::array::from_fn(|at| argv.get(at).map_or(&[][..], |word| word));
                        sentinel.command(client, &words[..argv.len().min(8)], self.now);
                    }
                    self.drain(peer);
                }
            };
        }
        if matches!(parcel, Parcel::Lost) {
            self.forget(number, link);
        }
        self.inputs += 1;
        if let Machine::Sentinel(sentinel) = &mut self.seats[number].machine {
            match parcel {
                Parcel::Reply(value) => sentinel.reply(link, &value, self.now),
                Parcel::Message(payload) => sentinel.message(link, &payload, self.now),
                Parcel::Lost | Parcel::Command(_) => sentinel.disconnected(link),
            }
            .expect("a link that is open");
        }
        self.drain(number);
    }

    /// What a server does with a command.
    fn serve(&mut self, seat: usize, link: LinkId, number: usize, argv: Vec<Bytes>) {
        let server = &mut self.servers[number];
        if !server.alive {
            return;
        }
        let command: &[u8] = &argv[0];
        let open = server
            .queued
            .iter_mut()
            .find(|queued| (queued.0, queued.1) == (seat, link));
        let reply = match (command, open) {
            (b"EXEC", _) => return self.execute(seat, link, number),
            (_, Some(queued)) => {
                queued.2.push(argv);
                Value::SimpleString("QUEUED".into())
            }
            (b"PING", None) => Value::SimpleString("PONG".into()),
            (b"INFO", None) => Value::BulkString(self.describe(number)),
            (b"MULTI", None) => {
                server.queued.push((seat, link, Vec::new()));
                Value::SimpleString("OK".into())
            }
            (b"SUBSCRIBE", None) => {
                server.subscribers.push((seat, link));
                let items = [
                    Value::BulkString("subscribe".into()),
                    Value::BulkString(argv[1].clone()),
                    Value::Integer(1),
                ];
                Value::Array(List::from(Vec::from(items)))
            }
            (b"PUBLISH", None) => {
                let payload = argv.into_iter().nth(2).unwrap_or_default();
                self.publish(number, &Rc::new(payload));
                Value::Integer(1)
            }
            (_, None) => Value::SimpleString("OK".into()),
        };
        self.post(seat, link, Parcel::Reply(reply));
    }

    /// A message goes to the subscribers of a server and of its replicas.
    fn publish(&mut self, number: usize, payload: &Rc<Bytes>) {
        let group = number / (REPLICAS + 1) * (REPLICAS + 1);
        for other in group..=group + REPLICAS {
            if (other == number || self.servers[other].master == Some(number)) && self.servers[other].alive {
                for at in 0..self.servers[other].subscribers.len() {
                    let (seat, link) = self.servers[other].subscribers[at];
                    self.post(seat, link, Parcel::Message(Rc::clone(payload)));
                }
            }
        }
    }

    fn execute(&mut self, seat: usize, link: LinkId, number: usize) {
        let queued = &mut self.servers[number].queued;
        let at = queued.iter().position(|queued| (queued.0, queued.1) == (seat, link));
        let Some(at) = at else { return };
        let (_, _, commands) = queued.remove(at);
        self.post(seat, link, Parcel::Reply(Value::Array(List::from(Vec::new()))));
        for argv in commands {
            let words: Vec<&[u8]> = argv.iter().map(|word| &word[..]).collect();
            match words[..] {
                [b"SLAVEOF", b"NO", b"ONE"] => self.servers[number].master = None,
                [b"SLAVEOF", _, port] => {
                    let port: usize = String::from_utf8_lossy(port).parse().expect("a port");
                    self.servers[number].master = Some(port - FIRST_SERVER);
                    self.servers[number].down_since = Some(self.now);
                }
                [b"CLIENT", b"KILL", b"TYPE", kind] => {
                    let kind = match kind {
                        b"pubsub" => LinkKind::PubSub,
                        _ => LinkKind::Command,
                    };
                    self.drop_links(number, Some(kind), Some((seat, link)));
                }
                _ => {}
            }
        }
    }

    /// The lines of INFO that sentinels read.
    fn describe(&mut self, number: usize) -> Bytes {
        let text = &mut self.info;
        text.clear();
        // Writing to a string does not fail.
        let _ = write!(text, "run_id:{}\r\n", run_id(number));
        match self.servers[number].master {
            None => {
                text.push_str("role:master\r\n");
                let group = number / (REPLICAS + 1) * (REPLICAS + 1);
                let follow = |other: &usize| self.servers[*other].master == Some(number) && self.servers[*other].alive;
                for (at, replica) in (group..=group + REPLICAS).filter(follow).enumerate() {
                    let port = FIRST_SERVER + replica;
                    let _ = write!(text, "slave{at}:ip={HOST},port={port},state=online,offset=1,lag=0\r\n");
                }
            }
            Some(master) => {
                let up = self.servers[master].alive && self.servers[master].master.is_none();
                let since = &mut self.servers[number].down_since;
                if up {
                    *since = None;
                }
                let status = if up { "up" } else { "down" };
                let port = FIRST_SERVER + master;
                let _ = write!(
                    text,
                    "role:slave\r\nmaster_host:{HOST}\r\nmaster_port:{port}\r\nmaster_link_status:{status}\r\n"
                );
                if !up {
                    let seconds = (self.now - *since.get_or_insert(self.now)) / 1_000;
                    let _ = write!(text, "master_link_down_since_seconds:{seconds}\r\n");
                }
                text.push_str("slave_repl_offset:1\r\nslave_priority:100\r\n");
            }
        }
        text.as_str().into()
    }
}

fn port(first: usize, number: usize) -> u16 {
    u16::try_from(first + number).expect("few enough servers")
}
