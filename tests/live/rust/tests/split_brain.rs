//! A split brain with real servers: the old primary goes on for its own clients while the others elect another one, and what it took
//! meanwhile is lost. The ledger is told of the acknowledgements and of where the servers' data is, and must name exactly those
//! writes that the servers have lost: with and without `min-replicas-to-write`, and for a primary that stood still.
//!
//! The primary is announced to all but its own client by the address of a proxy, which is what is cut.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::thread;
use std::time::{Duration, Instant};

use quorate::replication::{History, Ledger, ReplicationId, SecondId, WriteStatus};
use quorate::resp::Value;
use quorate_live::port;
use quorate_live::sentinels::{Link, MASTER, Process, fields, free_port, hurry, master_lines, until};

// ---- the cut

/// Carries bytes to a port. While it is cut, nothing passes and nothing ends; what was under way is lost with its connection.
struct Proxy {
    port: u16,
    cut: Arc<AtomicBool>,
    over: Arc<AtomicBool>,
}

impl Proxy {
    fn to(target: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", free_port())).expect("a free port");
        let proxy = Self {
            port: listener.local_addr().expect("an address").port(),
            cut: Arc::default(),
            over: Arc::default(),
        };
        listener.set_nonblocking(true).expect("a socket");
        let (cut, over) = (proxy.cut.clone(), proxy.over.clone());
        thread::spawn(move || {
            while !over.load(SeqCst) {
                match listener.accept() {
                    Ok((near, _)) => carry(near, target, &cut, &over),
                    Err(error) if error.kind() == ErrorKind::WouldBlock => thread::sleep(Duration::from_millis(5)),
                    Err(_) => {}
                }
            }
        });
        proxy
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.over.store(true, SeqCst);
    }
}

fn carry(near: TcpStream, target: u16, cut: &Arc<AtomicBool>, over: &Arc<AtomicBool>) {
    let Ok(far) = TcpStream::connect(SocketAddr::from(([127, 0, 0, 1], target))) else {
        return;
    };
    for (mut from, mut to) in [(clone(&near), clone(&far)), (far, near)] {
        from.set_nonblocking(false).expect("a socket");
        from.set_read_timeout(Some(Duration::from_millis(20)))
            .expect("a timeout");
        let (cut, over) = (cut.clone(), over.clone());
        thread::spawn(move || {
            let mut bytes = vec![0; 64 << 10];
            while !over.load(SeqCst) {
                let read = from.read(&mut bytes);
                if cut.load(SeqCst) {
                    while cut.load(SeqCst) && !over.load(SeqCst) {
                        thread::sleep(Duration::from_millis(5));
                    }
                    break;
                }
                match read {
                    Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
                    Ok(count @ 1..) if to.write_all(&bytes[..count]).is_ok() => {}
                    _ => break,
                }
            }
            let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
        });
    }
}

fn clone(socket: &TcpStream) -> TcpStream {
    socket.try_clone().expect("a second handle")
}

// ---- the world

struct World {
    /// The old primary first.
    servers: Vec<Process>,
    sentinels: Vec<Process>,
    proxy: Proxy,
    ledger: Ledger,
    begin: Instant,
    /// The name of each acknowledged write, and the server that took it.
    writes: BTreeMap<u64, (String, usize)>,
    next: u64,
}

impl World {
    fn start(options: &[&str]) -> Self {
        let own = free_port();
        let proxy = Proxy::to(own);
        let announced = proxy.port.to_string();
        let start = |port: u16, more: &[&str]| Process::server_on(port, &[options, more].concat());
        let servers = vec![
            start(own, &["--replica-announce-port", &announced]),
            start(free_port(), &["--replicaof", "127.0.0.1", &announced]),
            start(free_port(), &["--replicaof", "127.0.0.1", &announced]),
        ];
        until("the replicas follow", || {
            let info = servers[0].fields("INFO replication");
            info["connected_slaves"] == "2" && ["slave0", "slave1"].iter().all(|slave| info[*slave].contains("online"))
        });
        let lines = master_lines(MASTER, proxy.port, 2);
        let sentinels = vec![
            Process::our_sentinel(&lines),
            Process::real_sentinel(&lines),
            Process::real_sentinel(&lines),
        ];
        sentinels.iter().for_each(hurry);
        for sentinel in &sentinels {
            until("all know each other", || {
                sentinel.number(MASTER, "num-slaves") == 2 && sentinel.number(MASTER, "num-other-sentinels") == 2
            });
        }
        Self {
            servers,
            sentinels,
            proxy,
            ledger: Ledger::new(),
            begin: Instant::now(),
            writes: BTreeMap::new(),
            next: 1,
        }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.begin.elapsed().as_millis()).expect("not for long")
    }

    /// Writes, and says what came back. If it is acknowledged, the ledger hears of it.
    fn write(&mut self, server: usize, link: &mut Link) -> Option<Value> {
        let (id, key) = (self.next, format!("{server}:{}", self.next));
        self.next += 1;
        // Nothing comes between the two, so that the offset is the one right behind the write.
        let replies = link.call(&[&format!("SET {key} value"), "INFO replication"]).ok()?;
        if replies[0] == Value::SimpleString("OK".into()) {
            let history = history(&fields(&replies[1]));
            self.ledger
                .acknowledged(id, server as u64, history.id, history.offset, self.now())
                .expect("a new write");
            self.writes.insert(id, (key, server));
        }
        Some(replies[0].clone())
    }

    /// Tells the ledger where the servers are that can be asked. The new primary comes before the old one, for only it knows where
    /// its history left the old one's.
    fn look(&mut self) {
        for index in [1, 2, 0] {
            let server = &self.servers[index];
            if !server.is_there() {
                continue;
            }
            if let Ok(info) = server.try_ask("INFO replication")
                && !info.is_error()
            {
                let now = self.now();
                self.ledger.at(index as u64, &history(&fields(&info)), now);
            }
        }
    }

    /// The replica that the sentinels have made the primary, once it says so itself.
    fn elected(&self) -> Option<usize> {
        let port = self.sentinels[0].master_port(MASTER);
        let index = self.servers.iter().position(|server| server.port == port)?;
        (self.servers[index].fields("INFO replication")["role"] == "master").then_some(index)
    }

    /// The names of what a server has.
    fn keys(&self, server: usize) -> BTreeSet<String> {
        let Value::Array(keys) = self.servers[server].ask("KEYS *") else {
            panic!("an array");
        };
        keys.iter().map(quorate_live::sentinels::text).collect()
    }
}

fn history(info: &BTreeMap<String, String>) -> History {
    let id = |name: &str| ReplicationId::parse(info[name].as_bytes()).expect("an id");
    let second: i64 = info["second_repl_offset"].parse().expect("a number");
    History {
        id: id("master_replid"),
        offset: info["master_repl_offset"].parse().expect("a number"),
        second: u64::try_from(second).ok().map(|offset| SecondId {
            id: id("master_replid2"),
            offset,
        }),
    }
}

// ---- the split

#[derive(Clone, Copy, PartialEq, Eq)]
enum Split {
    /// Nothing passes between the primary and all others but its client.
    Cut,
    /// The primary stands still, and wakes up as one.
    Pause,
}

/// What became of a split.
struct Outcome {
    lost: usize,
    /// How many writes the old primary took after another one had been elected.
    after_election: usize,
    /// How many it refused for want of replicas.
    refused: usize,
}

fn is_for_want_of_replicas(reply: &Value) -> bool {
    reply.is_error() && reply.to_string().contains("NOREPLICAS")
}

fn split(how: Split, options: &[&str]) -> Outcome {
    let mut world = World::start(options);
    let mut left = Some(Link::open(world.servers[0].port).expect("it listens"));
    // Some that everybody has.
    while world.writes.len() < 50 {
        let reply = world.write(0, left.as_mut().expect("it is open"));
        assert!(reply.is_some());
        world.look();
    }
    let before = world.writes.len();
    match how {
        Split::Cut => world.proxy.cut.store(true, SeqCst),
        Split::Pause => world.servers[0].pause(),
    }

    let mut right: Option<(usize, Link)> = None;
    let (mut refused, mut after_election, mut after_refusal, mut healed) = (0, 0, 0, false);
    let mut taken_right = 0;
    until("all follow the new primary", || {
        for _ in 0..5 {
            // The old primary drops its client when it learns that it is none any more.
            if world.servers[0].is_there()
                && let Some(mut link) = left.take()
                && let Some(reply) = world.write(0, &mut link)
            {
                let taken = usize::from(!reply.is_error());
                after_election += if right.is_some() { taken } else { 0 };
                after_refusal += if refused > 0 { taken } else { 0 };
                refused += usize::from(is_for_want_of_replicas(&reply));
                left = Some(link);
            }
            if let Some((index, mut link)) = right.take()
                && let Some(reply) = world.write(index, &mut link)
                && (!reply.is_error() || is_for_want_of_replicas(&reply))
            {
                taken_right += usize::from(!reply.is_error());
                right = Some((index, link));
            }
        }
        world.look();
        if right.is_none()
            && let Some(index) = world.elected()
        {
            right = Link::open(world.servers[index].port).ok().map(|link| (index, link));
        }
        // Both sides have had their time.
        let old_had_it = match how {
            Split::Cut if options.is_empty() => after_election >= 20,
            Split::Cut => refused > 0,
            Split::Pause => true,
        };
        if !healed && taken_right >= 20 && old_had_it {
            match how {
                Split::Cut => world.proxy.cut.store(false, SeqCst),
                Split::Pause => world.servers[0].go_on(),
            }
            healed = true;
        }
        let primary = right.as_ref().map(|(index, _)| *index);
        healed
            && primary.is_some_and(|primary| {
                let port = world.servers[primary].port.to_string();
                world
                    .servers
                    .iter()
                    .enumerate()
                    .filter(|(index, _)| *index != primary)
                    .all(|(_, server)| {
                        let info = server.fields("INFO replication");
                        info["role"] == "slave" && info["master_port"] == port && info["master_link_status"] == "up"
                    })
            })
    });
    assert_eq!(after_refusal, 0, "who has no replicas gets none by a cut's end");
    let (primary, _) = right.expect("one was elected");
    assert_eq!(world.servers[primary].say("SET last write"), r#""OK""#);
    until("all have the same", || {
        let keys = world.keys(primary);
        (0..3).all(|server| world.keys(server) == keys) && keys.contains("last")
    });
    until("the ledger has heard of it", || {
        world.look();
        let mut all = world.writes.keys().filter_map(|id| world.ledger.status(*id));
        all.all(|status| {
            matches!(
                status,
                WriteStatus::Lost { .. } | WriteStatus::Replicated { servers: 3 }
            )
        })
    });

    // What is promised, and is not there, is what the ledger calls lost; no more, and no less.
    let keys = world.keys(primary);
    let missing: BTreeSet<u64> = world
        .writes
        .iter()
        .filter(|(_, (key, _))| !keys.contains(key))
        .map(|(id, _)| *id)
        .collect();
    let lost: BTreeSet<u64> = world.ledger.lost().collect();
    assert_eq!(lost, missing);
    assert!(
        missing.iter().all(|id| world.writes[id].1 == 0),
        "only the old primary loses"
    );
    let losses = world.ledger.losses();
    assert_eq!(losses.iter().map(|loss| loss.writes).sum::<u64>(), missing.len() as u64);
    println!(
        "{} of {} acknowledged writes lost over {} ms; {after_election} after the election, {refused} refused",
        missing.len(),
        world.writes.len() - before,
        losses.iter().map(|loss| loss.window_ms()).sum::<u64>(),
    );
    Outcome {
        lost: missing.len(),
        after_election,
        refused,
    }
}

#[test]
fn a_primary_that_is_cut_off_loses_what_it_takes_until_it_is_found() {
    if port("split_brain").is_none() {
        return;
    }
    let outcome = split(Split::Cut, &[]);
    assert_eq!(outcome.refused, 0);
    assert!(outcome.lost >= outcome.after_election && outcome.after_election >= 20);
}

#[test]
fn with_min_replicas_it_loses_what_it_takes_until_it_counts_them() {
    if port("split_brain").is_none() {
        return;
    }
    let options = ["--min-replicas-to-write", "1", "--min-replicas-max-lag", "2"];
    let outcome = split(Split::Cut, &options);
    assert!(outcome.refused > 0 && outcome.lost > 0);
}

#[test]
fn a_primary_that_stood_still_wakes_up_as_one() {
    if port("split_brain").is_none() {
        return;
    }
    let outcome = split(Split::Pause, &[]);
    assert!(outcome.after_election > 0);
    assert!(outcome.lost >= outcome.after_election);
}
