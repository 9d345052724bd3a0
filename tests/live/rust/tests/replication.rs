//! Replication with real servers: ours follows one, one follows ours, and they change places.
//!
//! These tests start servers of their own, for they make them primaries and replicas.

use std::collections::BTreeMap;
use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use quorate::replication::{
    Config, Discarded, FullReason, LinkState, Output, ReplicaId, Resync, RoleReply, Server, Trace,
};
use quorate::resp::{RequestDecoder, Value};
use quorate_live as live;

/// A real server, which ends with the test.
struct Redis(live::Server);

impl Redis {
    fn start(options: &[&str]) -> Self {
        Self(live::Server::start(options))
    }

    fn port(&self) -> u16 {
        self.0.port
    }

    fn ask(&self, words: &[&str]) -> Value {
        let words: Vec<&[u8]> = words.iter().map(|word| word.as_bytes()).collect();
        live::Client::connect(self.port(), 2).call(&words)
    }

    fn keys(&self) -> Value {
        self.ask(&["DBSIZE"])
    }

    /// The names of the fields of `INFO replication`, in their order.
    fn info_names(&self) -> Vec<String> {
        let info = self.ask(&["INFO", "replication"]);
        names(&String::from_utf8_lossy(info.as_bytes().expect("text")))
    }

    fn set(&self, keys: std::ops::Range<u32>) {
        let mut client = live::Client::connect(self.port(), 2);
        for key in keys {
            let set = client.call(&[b"SET", format!("key:{key}").as_bytes(), b"value"]);
            assert!(!set.is_error(), "{set}");
        }
    }
}

fn names(info: &str) -> Vec<String> {
    info.lines()
        .filter_map(|line| line.split_once(':'))
        .map(|(name, _)| name.to_owned())
        .collect()
}

fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !is_so() {
        assert!(begin.elapsed() < Duration::from_secs(60), "waited in vain until {what}");
        sleep(Duration::from_millis(2));
    }
}

fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
    u64::try_from(since.as_millis()).expect("not for long yet")
}

/// Our server on sockets. Its data are the names of the keys that were set.
struct Ours {
    server: Server,
    listener: TcpListener,
    replicas: BTreeMap<ReplicaId, (TcpStream, RequestDecoder)>,
    next_replica: ReplicaId,
    primary: Option<(u64, TcpStream)>,
    /// The last snapshot that a real server sent. A real server is sent the same.
    snapshot: Vec<u8>,
    coming: Vec<u8>,
    loads: usize,
    continued: usize,
    keys: Vec<String>,
    waited: Vec<(u64, bool)>,
    resyncs: Vec<Resync>,
}

impl Ours {
    fn start(config: Config) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        listener.set_nonblocking(true).expect("a socket");
        let port = listener.local_addr().expect("its address").port();
        let config = Config {
            port,
            seed: u64::from(port),
            trace: true,
            ..config
        };
        Self {
            server: Server::new(config, now_ms()).expect("a config"),
            listener,
            replicas: BTreeMap::new(),
            next_replica: 1,
            primary: None,
            snapshot: Vec::new(),
            coming: Vec::new(),
            loads: 0,
            continued: 0,
            keys: Vec::new(),
            waited: Vec::new(),
            resyncs: Vec::new(),
        }
    }

    fn port(&self) -> String {
        self.server.config().port.to_string()
    }

    fn follow(&mut self, redis: &Redis) {
        self.server.replicate_from("127.0.0.1", redis.port(), now_ms());
        self.run_until("it follows", |ours| ours.server.link_is_up());
    }

    /// Waits until it is as far as the real server.
    fn catch_up(&mut self, redis: &Redis) {
        let keys = redis.keys();
        self.run_until("it has all keys", |ours| Value::Integer(ours.keys.len() as i64) == keys);
    }

    fn run_until(&mut self, what: &str, is_so: impl Fn(&Self) -> bool) {
        until(what, || {
            self.turn();
            is_so(self)
        });
    }

    fn run_for(&mut self, millis: u64) {
        let end = Instant::now() + Duration::from_millis(millis);
        self.run_until("the time is over", |_| Instant::now() >= end);
    }

    fn turn(&mut self) {
        self.server.tick(now_ms());
        if let Ok((socket, from)) = self.listener.accept() {
            socket.set_nonblocking(true).expect("a socket");
            let name = self.next_replica;
            self.next_replica += 1;
            self.server
                .accept(name, &from.ip().to_string(), now_ms())
                .expect("it is new");
            self.replicas.insert(name, (socket, RequestDecoder::default()));
        }
        self.read_replicas();
        self.read_primary();
        while let Some(output) = self.server.poll() {
            self.act(output);
        }
    }

    fn read_replicas(&mut self) {
        let mut bytes = [0; 4_096];
        let names: Vec<ReplicaId> = self.replicas.keys().copied().collect();
        for name in names {
            let Some((socket, decoder)) = self.replicas.get_mut(&name) else {
                continue;
            };
            match socket.read(&mut bytes) {
                Ok(count) if count > 0 => {
                    decoder.feed(&bytes[..count]);
                    while let Some(request) = decoder.poll().expect("requests") {
                        let args: Vec<&[u8]> = request.args().collect();
                        self.server
                            .request(name, &args, now_ms())
                            .expect("one of replication's");
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                _ => {
                    self.replicas.remove(&name);
                    self.server.replica_closed(name, now_ms()).expect("it is known");
                }
            }
        }
    }

    fn read_primary(&mut self) {
        // Small, so that everything comes in pieces.
        let mut bytes = [0; 97];
        let Some((attempt, socket)) = &mut self.primary else {
            return;
        };
        let attempt = *attempt;
        match socket.read(&mut bytes) {
            Ok(count) if count > 0 => self
                .server
                .received(attempt, &bytes[..count], now_ms())
                .expect("it is open"),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            _ => self.hang_up(),
        }
    }

    /// Breaks the connection to the primary.
    fn hang_up(&mut self) {
        if let Some((attempt, _)) = self.primary.take() {
            self.server.closed(attempt, now_ms()).expect("it was open");
        }
    }

    fn act(&mut self, output: Output) {
        match output {
            Output::Send { replica, bytes } => self.send(replica, &bytes),
            Output::Close { replica } => drop(self.replicas.remove(&replica)),
            Output::TakeSnapshot { .. } => self.server.snapshot_taken(true, now_ms()).expect("it was asked for"),
            Output::SendSnapshot { replica, framing } => {
                let head = framing.head(self.snapshot.len() as u64);
                let bytes = [&head[..], &self.snapshot, framing.tail()].concat();
                self.send(replica, &bytes);
                self.server
                    .snapshot_sent(replica, true, now_ms())
                    .expect("it was asked for");
            }
            Output::Connect { attempt, host, port } => {
                let socket = TcpStream::connect((host.as_str(), port));
                let outcome = match socket {
                    Ok(socket) => {
                        socket.set_nonblocking(true).expect("a socket");
                        self.primary = Some((attempt, socket));
                        self.server.connected(attempt, now_ms())
                    }
                    Err(_) => self.server.closed(attempt, now_ms()),
                };
                outcome.expect("it was asked for");
            }
            Output::Disconnect { .. } => self.primary = None,
            Output::SendToPrimary { bytes, .. } => {
                if let Some((_, socket)) = &mut self.primary {
                    // Whether it is broken, reading tells.
                    let _ = socket.write_all(&bytes);
                }
            }
            Output::SnapshotBegins { .. } | Output::SnapshotAborted => self.coming.clear(),
            Output::SnapshotBytes(bytes) => self.coming.extend(bytes),
            Output::LoadSnapshot => {
                self.snapshot = std::mem::take(&mut self.coming);
                assert!(self.snapshot.starts_with(b"REDIS"), "it is an RDB file");
                self.keys.clear();
                self.loads += 1;
                self.server.snapshot_loaded(true, now_ms()).expect("it was asked for");
            }
            Output::Apply { args, .. } if args[0].eq_ignore_ascii_case(b"SET") => {
                self.keys.push(String::from_utf8_lossy(&args[1]).into_owned());
            }
            Output::Waited {
                replicas, timed_out, ..
            } => self.waited.push((replicas, timed_out)),
            Output::Trace(Trace::PsyncDecided { resync, .. }) => self.resyncs.push(resync),
            Output::Trace(Trace::LinkChanged { from, to }) => {
                self.continued += usize::from((from, to) == (LinkState::Psync, LinkState::Connected));
            }
            _ => {}
        }
    }

    fn send(&mut self, replica: ReplicaId, bytes: &[u8]) {
        if let Some((socket, _)) = self.replicas.get_mut(&replica) {
            // The pieces are small enough for the socket to take them at once; whether it is broken, reading tells.
            let _ = socket.write_all(bytes);
        }
    }

    fn set(&mut self, keys: std::ops::Range<u32>) -> u64 {
        for key in keys {
            let name = format!("key:{key}");
            self.server
                .write(0, &[b"SET", name.as_bytes(), b"value"], now_ms())
                .expect("a primary");
            self.keys.push(name);
        }
        self.server.history().offset
    }
}

#[test]
fn ours_follows_a_real_primary_through_both_kinds_of_snapshot_and_a_broken_connection() {
    for diskless in ["yes", "no"] {
        let redis = Redis::start(&["--repl-diskless-sync", diskless, "--repl-diskless-sync-delay", "0"]);
        let mut ours = Ours::start(Config::default());
        ours.follow(&redis);
        redis.set(0..200);
        ours.catch_up(&redis);
        ours.hang_up();
        redis.set(200..300);
        ours.catch_up(&redis);
        assert_eq!((ours.loads, ours.continued), (1, 1));
        assert!(
            ours.keys
                .iter()
                .enumerate()
                .all(|(index, key)| *key == format!("key:{index}"))
        );

        // It counts every byte as the server does, and the server hears of it.
        let offset = ours.server.history().offset.to_string();
        let role = format!(
            r#"["master", {offset}, [["127.0.0.1", "{}", "{offset}"]]]"#,
            ours.port()
        );
        until("the server has heard how far it is", || {
            ours.turn();
            redis.ask(&["ROLE"]).to_string() == role
        });
        let info = redis.ask(&["INFO", "replication"]).to_string();
        assert!(info.contains(&format!("master_replid:{}", ours.server.history().id)));
    }
}

#[test]
fn wait_at_a_real_primary_counts_ours() {
    let redis = Redis::start(&["--repl-diskless-sync-delay", "0"]);
    let mut ours = Ours::start(Config::default());
    ours.follow(&redis);
    let port = redis.port();
    let waiting = std::thread::spawn(move || {
        let mut client = live::Client::connect(port, 2);
        let set = client.call(&[b"SET", b"key:0", b"value"]);
        (set.to_string(), client.call(&[b"WAIT", b"1", b"0"]))
    });
    ours.run_until("the client is answered", |_| waiting.is_finished());
    assert_eq!(
        waiting.join().expect("no panic"),
        (r#""OK""#.to_string(), Value::Integer(1))
    );
}

#[test]
fn a_real_replica_follows_ours_and_says_the_same_of_itself() {
    let (pattern, other) = (
        Redis::start(&["--min-replicas-to-write", "1"]),
        Redis::start(&["--min-replicas-to-write", "1"]),
    );
    for diskless in [false, true] {
        let mut ours = Ours::start(Config {
            diskless,
            diskless_delay_s: 0,
            min_replicas_to_write: 1,
            ..Config::default()
        });
        // An empty RDB file, as a real server makes it.
        let empty = Redis::start(&["--repl-diskless-sync-delay", "0"]);
        ours.follow(&empty);
        ours.server.promote(now_ms());
        let redis = Redis::start(&[]);
        redis.ask(&["REPLICAOF", "127.0.0.1", &ours.port()]);
        ours.run_until("it is online", |ours| ours.server.good_replicas() == 1);
        let offset = ours.set(0..100);
        ours.server.wait(5, offset, 1, 0, now_ms()).expect("a primary");
        ours.run_until("the replica has it", |ours| ours.waited == [(1, false)]);
        assert_eq!(redis.keys(), Value::Integer(100));

        redis.ask(&["CLIENT", "KILL", "TYPE", "master"]);
        ours.run_until("it is gone", |ours| ours.server.replicas().next().is_none());
        assert_eq!(
            ours.server
                .write(0, &[b"SET", b"k", b"v"], now_ms())
                .map_err(|error| error.code()),
            Err("no_replicas")
        );
        ours.server.propagate(0, &[b"SET", b"key:100", b"value"], now_ms());
        ours.run_until("it is back", |ours| ours.server.good_replicas() == 1);
        until("it has all", || {
            ours.turn();
            redis.keys() == Value::Integer(101)
        });
        assert!(
            matches!(ours.resyncs[..], [Resync::Full { .. }, Resync::Partial { .. }]),
            "{:?}",
            ours.resyncs
        );

        other.ask(&["REPLICAOF", "127.0.0.1", &pattern.port().to_string()]);
        until("the pattern has its replica", || {
            ours.turn();
            other.ask(&["ROLE"]).to_string().contains("connected") && pattern.info_names().contains(&"slave0".into())
        });
        assert_eq!(names(&ours.server.info()), pattern.info_names());
        // And as a replica.
        ours.follow(&empty);
        assert_eq!(names(&ours.server.info()), other.info_names());
    }
}

#[test]
fn ours_is_promoted_and_a_real_primary_goes_on_as_its_replica_or_loses_what_it_wrote_since() {
    for wrote_since in [0, 7] {
        let redis = Redis::start(&["--repl-diskless-sync-delay", "0"]);
        let mut ours = Ours::start(Config {
            diskless: false,
            ..Config::default()
        });
        ours.follow(&redis);
        redis.set(0..50);
        ours.catch_up(&redis);
        // Until nothing is under way, so that the real server has not a byte more.
        ours.run_for(100);
        let (before, empty) = (*ours.server.history(), ours.snapshot.clone());
        ours.server.promote(now_ms());
        ours.turn();
        redis.set(1_000..1_000 + wrote_since);
        redis.ask(&["REPLICAOF", "127.0.0.1", &ours.port()]);
        ours.run_until("it follows", |ours| {
            ours.server.replicas().any(|replica| replica.is_online())
        });
        let resync = ours.resyncs[0];
        if wrote_since == 0 {
            assert!(matches!(resync, Resync::Partial { .. }), "{resync:?}");
        } else {
            let lost = |discards: Discarded| matches!(discards, Discarded::Tail { after, bytes } if after == before.offset && bytes > 0);
            assert!(
                matches!(resync, Resync::Full { reason: FullReason::AfterFork { .. }, discards } if lost(discards)),
                "{resync:?}"
            );
        }
        ours.set(50..60);
        // Our snapshot is that of the beginning: who starts from it has the keys that were set since, and no others.
        assert_eq!(ours.snapshot, empty);
        let expected = if wrote_since == 0 { 60 } else { 10 };
        until("it has the keys", || {
            ours.turn();
            redis.keys() == Value::Integer(expected)
        });
        assert_eq!(redis.ask(&["EXISTS", "key:1000"]), Value::Integer(0));
        let RoleReply::Primary { replicas, .. } = ours.server.role() else {
            panic!("it was promoted")
        };
        assert_eq!((replicas.len(), replicas[0].1), (1, i64::from(redis.port())));
    }
}
