//! The client's discovery over sockets, with two real sentinels and ours: sentinels die, another group fails over, its own does so by
//! command and by death. What it should keep it keeps, and all else it gives up by itself.
//!
//! The sentinels have another name for `CLIENT` here, so that none of them ends a connection when it changes a server's role. A
//! client that only finds out when its connections break would stay with the old primary.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use quorate::resp::{Decoder, Value, encode_command};
use quorate::sentinel::Address;
use quorate::sentinel::discovery::{
    Config, Discovery, Failure, InvalidReason, NodeRole, Output, Purpose, ReadPreference, RequestId, Trace,
};
use quorate_live::port;
use quorate_live::sentinels::{MASTER, Process, hurry, master_lines, until};

/// Another group, which the same sentinels watch.
const OTHER: &str = "other";
/// The connections of the client: so many to the primary, and so many to replicas.
const POOL: [(ReadPreference, usize); 2] = [(ReadPreference::Primary, 2), (ReadPreference::Replica, 4)];

enum News {
    Connected(TcpStream),
    Reply(Value),
    Gone,
}

/// A connection of the pool.
type Held = (u16, NodeRole);

/// A client with a pool of connections, all of them by discovery.
struct Client {
    discovery: Discovery,
    begin: Instant,
    events: Receiver<(u64, News)>,
    sender: Sender<(u64, News)>,
    sockets: BTreeMap<u64, TcpStream>,
    requests: BTreeMap<RequestId, ReadPreference>,
    pool: BTreeMap<u64, Held>,
    answers: VecDeque<(u64, Value)>,
    /// Where the subscription is.
    listens_to: Option<u16>,
    /// What was given up, and why.
    invalidated: Vec<(u64, Held, InvalidReason)>,
    /// What ended by itself.
    ended: Vec<Held>,
    failures: Vec<Failure>,
    switches_of_others: usize,
    written: u64,
}

impl Client {
    fn new(sentinels: &[Process]) -> Self {
        let sentinels: Vec<Address> = sentinels.iter().map(|it| Address::new("127.0.0.1", it.port)).collect();
        let config = Config {
            give_up_after_ms: None,
            trace: true,
            ..Config::new(MASTER, &sentinels)
        };
        let (sender, events) = channel();
        Self {
            discovery: Discovery::new(config).expect("settings"),
            begin: Instant::now(),
            events,
            sender,
            sockets: BTreeMap::new(),
            requests: BTreeMap::new(),
            pool: BTreeMap::new(),
            answers: VecDeque::new(),
            listens_to: None,
            invalidated: Vec::new(),
            ended: Vec::new(),
            failures: Vec::new(),
            switches_of_others: 0,
            written: 0,
        }
    }

    fn now(&self) -> i64 {
        i64::try_from(self.begin.elapsed().as_millis()).expect("not for long")
    }

    /// Tells what came in, waiting for it a little, and does what is to be done. What the pool lacks is asked for.
    fn turn(&mut self) {
        for (preference, count) in POOL {
            let wanted = if preference == ReadPreference::Primary {
                NodeRole::Primary
            } else {
                NodeRole::Replica
            };
            let held = self.pool.values().filter(|(_, role)| *role == wanted).count();
            let asked = self.requests.values().filter(|request| **request == preference).count();
            for _ in held + asked..count {
                let request = self.discovery.request(preference, self.now()).expect("one more");
                self.requests.insert(request, preference);
            }
        }
        self.obey();
        if let Ok((link, news)) = self.events.recv_timeout(Duration::from_millis(10)) {
            self.tell(link, news);
            self.obey();
        }
        let now = self.now();
        if self.discovery.next_tick_ms().is_some_and(|at| at <= now) {
            self.discovery.tick(now);
            self.obey();
        }
    }

    fn tell(&mut self, link: u64, news: News) {
        let now = self.now();
        // Late news of what is closed is no news.
        let _ = match news {
            News::Connected(socket) => {
                self.sockets.insert(link, socket);
                self.discovery.connected(link, now)
            }
            News::Reply(reply) if self.pool.contains_key(&link) => {
                self.answers.push_back((link, reply));
                Ok(())
            }
            News::Reply(reply) => self.discovery.reply(link, &reply, now),
            News::Gone => {
                self.sockets.remove(&link);
                self.ended.extend(self.pool.remove(&link));
                self.discovery.disconnected(link, now)
            }
        };
    }

    fn obey(&mut self) {
        while let Some(output) = self.discovery.poll() {
            match output {
                Output::Connect { link, address, purpose } => {
                    if purpose == Purpose::Listen {
                        self.listens_to = None;
                    }
                    let sender = self.sender.clone();
                    thread::spawn(move || {
                        let _ = converse(link, address.port, &sender);
                        let _ = sender.send((link, News::Gone));
                    });
                }
                Output::Close { link } => self.close(link),
                Output::Send { link, argv } => {
                    if &*argv[0] == b"SUBSCRIBE" {
                        let to = self.sockets[&link].peer_addr();
                        self.listens_to = to.ok().map(|address| address.port());
                    }
                    let argv: Vec<&[u8]> = argv.iter().map(|arg| &**arg).collect();
                    self.send(link, &argv);
                }
                Output::Resolved {
                    request,
                    link,
                    address,
                    role,
                } => {
                    assert!(self.requests.remove(&request).is_some());
                    self.pool.insert(link, (address.port, role));
                }
                Output::Failed { request, failure } => {
                    self.requests.remove(&request);
                    self.failures.push(failure);
                }
                Output::Invalidate { link, reason } => {
                    let held = self.pool.remove(&link).expect("it was handed out");
                    self.invalidated.push((link, held, reason));
                    self.close(link);
                }
                Output::Trace(Trace::SwitchOfAnother { name }) => {
                    assert_eq!(name, OTHER);
                    self.switches_of_others += 1;
                }
                _ => {}
            }
        }
    }

    fn close(&mut self, link: u64) {
        if let Some(socket) = self.sockets.remove(&link) {
            let _ = socket.shutdown(Shutdown::Both);
        }
    }

    fn send(&mut self, link: u64, argv: &[&[u8]]) {
        let mut bytes = Vec::new();
        encode_command(argv, &mut bytes);
        if let Some(socket) = self.sockets.get_mut(&link) {
            // Whether it is broken, reading tells.
            let _ = socket.write_all(&bytes);
        }
    }

    /// Asks over a connection of the pool; `None` if it went meanwhile.
    fn ask(&mut self, link: u64, argv: &[&[u8]]) -> Option<Value> {
        self.send(link, argv);
        let mut answer = None;
        until("it is answered, or the connection is gone", || {
            if let Some(at) = self.answers.iter().position(|(from, _)| *from == link) {
                answer = self.answers.remove(at).map(|(_, reply)| reply);
            } else if self.pool.contains_key(&link) {
                self.turn();
                return false;
            }
            true
        });
        answer
    }

    /// Writes once over each connection to the primary that there is. Who is told that there is none there any more says so.
    fn write(&mut self) {
        self.turn();
        for link in self.links(|(_, role)| role == NodeRole::Primary) {
            let number = self.written + 1;
            match self.ask(link, &[b"SET", b"number", number.to_string().as_bytes()]) {
                Some(Value::SimpleError(error)) => {
                    let now = self.now();
                    let _ = self.discovery.refused(link, &error, now);
                    self.obey();
                }
                Some(_) => self.written = number,
                None => {}
            }
        }
    }

    fn links(&self, is_meant: impl Fn(Held) -> bool) -> Vec<u64> {
        self.pool
            .iter()
            .filter(|(_, held)| is_meant(**held))
            .map(|(link, _)| *link)
            .collect()
    }

    fn is_complete(&self) -> bool {
        self.pool.len() == POOL.iter().map(|(_, count)| count).sum::<usize>()
    }

    /// Writes until it is so.
    fn write_until(&mut self, what: &str, is_so: impl Fn(&Self) -> bool) {
        until(what, || {
            self.write();
            is_so(self)
        });
    }
}

fn converse(link: u64, port: u16, sender: &Sender<(u64, News)>) -> std::io::Result<()> {
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    let mut socket = TcpStream::connect_timeout(&address, Duration::from_secs(5))?;
    let _ = sender.send((link, News::Connected(socket.try_clone()?)));
    let mut decoder = Decoder::default();
    loop {
        while let Some(reply) = decoder
            .poll()
            .map_err(|error| std::io::Error::other(error.to_string()))?
        {
            let _ = sender.send((link, News::Reply(reply.to_value())));
        }
        let count = socket.read(decoder.reserve(16 << 10))?;
        if count == 0 {
            return Ok(());
        }
        decoder.commit(count).expect("no more than was reserved");
    }
}

// ---- the groups

fn group(replicas: usize) -> Vec<Process> {
    let primary = Process::server(&[]);
    let port = primary.port.to_string();
    let mut servers = vec![primary];
    servers.extend((0..replicas).map(|_| Process::server(&["--replicaof", "127.0.0.1", &port])));
    until("the replicas follow", || {
        let info = servers[0].fields("INFO replication");
        (0..replicas).all(|at| {
            info.get(&format!("slave{at}"))
                .is_some_and(|slave| slave.contains("online"))
        })
    });
    servers
}

fn are_whole(sentinels: &[Process]) {
    for sentinel in sentinels {
        for (name, replicas) in [(MASTER, 2), (OTHER, 1)] {
            until("all know each other, and have connected", || {
                sentinel.number(name, "num-slaves") == replicas
                    && sentinel
                        .say(&format!("SENTINEL CKQUORUM {name}"))
                        .starts_with(r#""OK 3 usable"#)
            });
        }
    }
}

/// `SENTINEL FAILOVER`, as soon as there is a replica that may be promoted, and once more should it come to nothing; and which one it
/// was.
fn fail_over(sentinel: &Process, name: &str) -> u16 {
    let old = sentinel.master_port(name);
    let mut begun: Option<Instant> = None;
    until("it has a new master", || {
        if begun.is_none_or(|at| at.elapsed() > Duration::from_secs(30))
            && sentinel.say(&format!("SENTINEL FAILOVER {name}")) == r#""OK""#
        {
            begun = Some(Instant::now());
        }
        sentinel.master_port(name) != old
    });
    sentinel.master_port(name)
}

#[test]
fn it_rides_through_failovers_and_loses_no_connection_that_it_should_keep() {
    if port("discovery").is_none() {
        return;
    }
    let mut servers = group(2);
    let others = group(1);
    let mut lines = master_lines(MASTER, servers[0].port, 2);
    lines.push(format!("sentinel rename-command {MASTER} CLIENT EXISTS"));
    lines.extend(master_lines(OTHER, others[0].port, 2));
    let mut sentinels = vec![
        Process::our_sentinel(&lines),
        Process::real_sentinel(&lines),
        Process::real_sentinel(&lines),
    ];
    sentinels.iter().for_each(hurry);
    are_whole(&sentinels);

    let mut client = Client::new(&sentinels);
    client.write_until("the pool is complete, and it listens", |client| {
        client.is_complete() && client.listens_to.is_some() && client.written > 10
    });
    let begin = client.pool.clone();
    let primary = servers[0].port;
    let replicas = |client: &Client| -> BTreeSet<u16> {
        client
            .links(|(_, role)| role == NodeRole::Replica)
            .iter()
            .map(|link| client.pool[link].0)
            .collect()
    };
    assert!(
        begin
            .values()
            .all(|(port, role)| (*role == NodeRole::Primary) == (*port == primary))
    );
    assert_eq!(
        replicas(&client),
        servers[1..].iter().map(|server| server.port).collect()
    );

    // Each sentinel that it listens to dies, one after the other: it listens to another.
    for _ in 0..2 {
        let heard = client.listens_to.expect("it listens");
        let sentinel = sentinels
            .iter_mut()
            .find(|sentinel| sentinel.port == heard)
            .expect("one of them");
        sentinel.kill();
        let written = client.written;
        client.write_until("it listens to another", |client| {
            client.listens_to.is_some_and(|port| port != heard) && client.written > written
        });
        sentinel.start();
        hurry(sentinel);
        are_whole(&sentinels);
    }
    assert_eq!(client.pool, begin);

    // Another group's failover is none of its concern.
    fail_over(&sentinels[0], OTHER);
    client.write_until("it has heard of it", |client| client.switches_of_others > 0);
    assert_eq!(
        (client.pool.clone(), client.invalidated.len(), client.ended.len()),
        (begin.clone(), 0, 0)
    );

    // A failover by command: the old primary is there, and not a connection breaks.
    let new = fail_over(&sentinels[0], MASTER);
    client.write_until("its writes go to the new primary", |client| {
        client.is_complete()
            && client
                .pool
                .values()
                .all(|(port, role)| (*role == NodeRole::Primary) == (*port == new))
    });
    assert_eq!(client.ended, []);
    for (link, held, reason) in &client.invalidated {
        match reason {
            InvalidReason::PrimaryMoved => assert_eq!(*held, (primary, NodeRole::Primary)),
            InvalidReason::Promoted => assert_eq!(*held, (new, NodeRole::Replica)),
            // It was the primary still when a sentinel that did not know yet named it once more.
            InvalidReason::Refused => assert!(*held == (primary, NodeRole::Primary) && !begin.contains_key(link)),
        }
    }
    let stay: BTreeMap<u64, Held> = begin
        .into_iter()
        .filter(|(_, (port, _))| *port != primary && *port != new)
        .collect();
    assert!(!stay.is_empty());
    keeps(&mut client, &stay);
    until("the old primary follows", || {
        client.write();
        let info = servers[0].fields("INFO replication");
        info["role"] == "slave" && info["master_link_status"] == "up"
    });
    are_whole(&sentinels);
    keeps(&mut client, &stay);

    // The primary dies: what was connected to it is gone, and what is connected to him who stays a replica is not.
    let before = client.pool.clone();
    let (written, given_up) = (client.written, client.invalidated.len());
    let dead = servers
        .iter_mut()
        .find(|server| server.port == new)
        .expect("one of them");
    dead.kill();
    client.write_until("its writes go to yet another primary", |client| {
        client.is_complete()
            && client.written > written
            && client
                .pool
                .values()
                .all(|(port, role)| *port != new || *role == NodeRole::Replica)
    });
    let last = client.discovery.primary().expect("it has found it").port;
    assert_ne!(last, new);
    assert!(
        client.ended.iter().all(|held| *held == (new, NodeRole::Primary)),
        "{:?}",
        client.ended
    );
    for (_, held, reason) in &client.invalidated[given_up..] {
        assert!(
            *reason == InvalidReason::Promoted && *held == (last, NodeRole::Replica),
            "{held:?}: {reason:?}"
        );
    }
    let stay = before
        .into_iter()
        .filter(|(_, (port, _))| *port != new && *port != last)
        .collect();
    keeps(&mut client, &stay);
    assert_eq!(client.failures, []);
    let server = servers.iter().find(|server| server.port == last).expect("one of them");
    assert_eq!(server.say("GET number"), format!("{:?}", client.written.to_string()));
}

/// These connections are there, and are answered.
fn keeps(client: &mut Client, stay: &BTreeMap<u64, Held>) {
    for (link, held) in stay {
        assert_eq!(client.pool.get(link), Some(held), "{:?}", client.invalidated);
        assert_eq!(client.ask(*link, &[b"PING"]), Some(Value::SimpleString("PONG".into())));
    }
}
