//! Five real processes of `examples/raft` on loopback: killed and started again one by one, two at once and all at once, or stopped
//! for a while, while clients write and read. Nothing that was acknowledged may be lost, and no read may go back in time.
//!
//! Nothing here depends on how long something takes: each act waits until so many more writes are acknowledged.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::thread;
use std::time::{Duration, Instant};

const MEMBERS: u64 = 5;
const WRITERS: usize = 3;
const READERS: usize = 2;
/// How often all that can happen happens.
const ROUNDS: usize = 2;
/// How many entries are between two snapshots: few, so that a member that was away comes back by one.
const SNAPSHOT_EVERY: u64 = 200;
/// Longer than anything should take, on a machine that is busy with other things.
const PATIENCE: Duration = Duration::from_secs(60);

#[test]
fn nothing_acknowledged_is_lost_while_members_are_killed() {
    let start = Instant::now();
    let mut group = Group::new();
    (1..=MEMBERS).for_each(|id| group.start(id));
    let leader = group.leader();
    println!("node {leader} leads after {:.0?}", start.elapsed());

    let history = History::default();
    let addresses = group.addresses.clone();
    let start = Instant::now();
    thread::scope(|scope| {
        // However the storm ends, the clients end with it.
        let _end = Raise(&history.over);
        for writer in 0..WRITERS {
            let (history, client) = (&history, Client::new(&addresses, writer));
            scope.spawn(move || write(history, client, writer));
        }
        for reader in 0..READERS {
            let (history, client) = (&history, Client::new(&addresses, reader));
            scope.spawn(move || read(history, client, reader));
        }
        storm(&mut group, &history);
    });
    let reads = history.reads.iter().map(|count| count.load(SeqCst));
    println!(
        "{} writes and {} reads in {:.1?}",
        history.writes(),
        reads.clone().sum::<u64>(),
        start.elapsed()
    );

    assert_eq!(*history.wrong.lock().expect("no panic"), Vec::<String>::new());
    assert!(reads.min() > Some(0));
    let map = group.settled();
    for writer in 0..WRITERS {
        let last = history.acknowledged[writer].load(SeqCst);
        assert!(last > 0);
        let found = &map[&counter(writer)];
        assert!(
            *found == last.to_string() || *found == (last + 1).to_string(),
            "writer {writer} was told of {last}, and {found} is there"
        );
        for n in 1..=last {
            assert_eq!(map.get(&mark(writer, n)), Some(&n.to_string()), "writer {writer}");
        }
    }
}

/// What happens to the group while clients are at work.
fn storm(group: &mut Group, history: &History) {
    history.wait_for_writes(100);
    for round in 1..=ROUNDS {
        // Everyone in turn, whatever it is at the moment.
        for id in 1..=MEMBERS {
            group.kill(id);
            history.wait_for_writes(50);
            group.bring_back(id, history);
        }
        // Whoever leads, alone and then with one other. Before each everyone has caught up, or too few might be there.
        for others in [0, 0, 1, 1] {
            group.wait_for_all();
            let leader = group.leader();
            let gone: Vec<u64> = (leader..=leader + others).map(|id| (id - 1) % MEMBERS + 1).collect();
            gone.iter().for_each(|id| group.kill(*id));
            let killed = Instant::now();
            let next = group.leader();
            println!(
                "round {round}: {gone:?} killed, node {next} leads after {:.0?}",
                killed.elapsed()
            );
            history.wait_for_writes(50);
            gone.iter().for_each(|id| group.bring_back(*id, history));
        }
        // A leader that stands still does not know that another leads. When it goes on, it finds requests that are old by then.
        group.wait_for_all();
        let stopped = group.leader();
        group.pause(stopped);
        let next = group.leader();
        println!("round {round}: {stopped} paused, node {next} leads");
        history.wait_for_writes(50);
        group.go_on(stopped, history);
        // All at once.
        (1..=MEMBERS).for_each(|id| group.kill(id));
        (1..=MEMBERS).for_each(|id| group.start(id));
        history.wait_for_writes(50);
        // One that is away until what it lacks is compacted: only a snapshot helps.
        group.wait_for_all();
        let away = group.leader() % MEMBERS + 1;
        group.kill(away);
        // What it has is no more than what the others have now; what it said before it was killed could be too little.
        let statuses = (1..=MEMBERS).filter_map(|id| group.status(id));
        let last = statuses
            .map(|status| number(&status, "last"))
            .max()
            .expect("the others are there");
        group.wait_for("the log is compacted beyond what a member has", |group| {
            let statuses = (1..=MEMBERS).filter_map(|id| group.status(id));
            statuses.map(|status| number(&status, "first")).min() > Some(last + 1)
        });
        group.bring_back(away, history);
        group.wait_for("it gets a snapshot", |group| {
            let status = group.status(away);
            status.is_some_and(|status| number(&status, "snapshots-received") > 0)
        });
    }
}

// ---- clients

/// What clients were told.
#[derive(Default)]
struct History {
    /// The last number that each writer knows to be in the map.
    acknowledged: [AtomicU64; WRITERS],
    /// How many reads each reader made.
    reads: [AtomicU64; READERS],
    /// What must not have happened.
    wrong: Mutex<Vec<String>>,
    over: AtomicBool,
}

impl History {
    fn writes(&self) -> u64 {
        self.acknowledged.iter().map(|count| count.load(SeqCst)).sum()
    }

    fn over(&self) -> bool {
        self.over.load(SeqCst)
    }

    fn complain(&self, what: String) {
        self.wrong.lock().expect("no panic").push(what);
        self.over.store(true, SeqCst);
    }

    fn wait_for_writes(&self, count: u64) {
        let goal = self.writes() + count;
        wait_until(&format!("{count} writes"), || self.writes() >= goal || self.over());
        assert!(!self.over(), "{:?}", self.wrong.lock().expect("no panic"));
    }
}

fn counter(writer: usize) -> String {
    format!("counter-{writer}")
}

fn mark(writer: usize, n: u64) -> String {
    format!("mark-{writer}-{n}")
}

/// Counts up in one key, each step a CAS of the last, and leaves a key of its own for each step. Both may be asked for again by
/// one who does not know what became of them: the mark is the same, and the CAS finds its own value.
fn write(history: &History, mut client: Client, writer: usize) {
    for n in 1.. {
        let before = if n == 1 { "-".to_owned() } else { (n - 1).to_string() };
        let Some(answer) = client.insist(history, &format!("PUT {} {n}", mark(writer, n))) else {
            return;
        };
        if answer != "OK" {
            return history.complain(format!("writer {writer}: PUT {n}: {answer}"));
        }
        let Some(answer) = client.insist(history, &format!("CAS {} {before} {n}", counter(writer))) else {
            return;
        };
        if answer != "OK" && answer != format!("NO {n}") {
            return history.complain(format!("writer {writer}: CAS {before} {n}: {answer}"));
        }
        history.acknowledged[writer].store(n, SeqCst);
    }
}

/// Reads the counters, each time of the next member.
fn read(history: &History, mut client: Client, reader: usize) {
    let mut seen = [0; WRITERS];
    for turn in 0.. {
        let writer = turn % WRITERS;
        client.turn_to_next();
        let Some(found) = read_once(history, &mut client, writer, seen[writer]) else {
            return;
        };
        seen[writer] = found;
        history.reads[reader].fetch_add(1, SeqCst);
    }
}

/// A read shows at least what was acknowledged before it was asked for, and at least what was seen before; and no more than was
/// written.
fn read_once(history: &History, client: &mut Client, writer: usize, seen: u64) -> Option<u64> {
    let least = history.acknowledged[writer].load(SeqCst).max(seen);
    let answer = client.insist(history, &format!("GET {}", counter(writer)))?;
    let most = history.acknowledged[writer].load(SeqCst) + 1;
    let found = match answer.strip_prefix("VALUE ") {
        Some(value) => value.parse().ok(),
        None => (answer == "NONE").then_some(0),
    };
    let found = found.filter(|found| (least..=most).contains(found));
    if found.is_none() {
        history.complain(format!(
            "{least} to {most} expected, node {} says {answer}",
            client.member
        ));
    }
    found
}

/// Someone who asks one member at a time.
struct Client {
    addresses: BTreeMap<u64, SocketAddr>,
    /// Whom it asks.
    member: u64,
    connections: BTreeMap<u64, BufReader<TcpStream>>,
}

impl Client {
    fn new(addresses: &BTreeMap<u64, SocketAddr>, number: usize) -> Self {
        Self {
            addresses: addresses.clone(),
            member: number as u64 % MEMBERS + 1,
            connections: BTreeMap::new(),
        }
    }

    /// Asks until there is an answer that says what is so, or all is over.
    fn insist(&mut self, history: &History, request: &str) -> Option<String> {
        while !history.over() {
            let answer = self.ask(request).unwrap_or_default();
            match answer.split(' ').collect::<Vec<_>>()[..] {
                // It is there, and does not know yet who leads, or cannot say what became of it.
                ["RETRY" | "UNKNOWN"] => thread::sleep(Duration::from_millis(5)),
                ["LEADER", id, _] => self.member = id.parse().expect("a member"),
                [""] => {
                    self.turn_to_next();
                    thread::sleep(Duration::from_millis(5));
                }
                _ => return Some(answer),
            }
        }
        None
    }

    fn ask(&mut self, request: &str) -> io::Result<String> {
        let answer = self.try_to_ask(request);
        if answer.is_err() {
            self.connections.remove(&self.member);
        }
        answer
    }

    fn try_to_ask(&mut self, request: &str) -> io::Result<String> {
        let connection = match self.connections.entry(self.member) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => {
                let socket = TcpStream::connect_timeout(&self.addresses[&self.member], Duration::from_millis(500))?;
                socket.set_nodelay(true)?;
                socket.set_read_timeout(Some(Duration::from_secs(1)))?;
                entry.insert(BufReader::new(socket))
            }
        };
        connection.get_mut().write_all(format!("{request}\n").as_bytes())?;
        read_line(connection)
    }

    fn turn_to_next(&mut self) {
        self.member = self.member % MEMBERS + 1;
    }
}

fn read_line(reader: &mut impl BufRead) -> io::Result<String> {
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let whole = line.strip_suffix('\n').map(str::to_owned);
    whole.ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
}

// ---- the group

/// The processes, and a folder of their own; both are gone when this is.
struct Group {
    program: PathBuf,
    folder: PathBuf,
    addresses: BTreeMap<u64, SocketAddr>,
    running: BTreeMap<u64, Child>,
    paused: BTreeMap<u64, Child>,
}

impl Group {
    fn new() -> Self {
        let program = build();
        let folder = std::env::temp_dir().join(format!("quorate-raft-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("a folder");
        Self {
            program,
            folder,
            addresses: (1..).zip(free_addresses()).take(MEMBERS as usize).collect(),
            running: BTreeMap::new(),
            paused: BTreeMap::new(),
        }
    }

    /// Starts a member, and reads of it as soon as it answers: it knows little yet, and must not show that.
    fn bring_back(&mut self, id: u64, history: &History) {
        self.start(id);
        self.wait_for("it listens", |group| group.status(id).is_some());
        self.read_of(id, history);
    }

    /// SIGSTOP: it stands still.
    fn pause(&mut self, id: u64) {
        let child = self.running.remove(&id).expect("it runs");
        signal("-STOP", &child);
        self.paused.insert(id, child);
    }

    /// SIGCONT: it goes on as if nothing had been.
    fn go_on(&mut self, id: u64, history: &History) {
        let child = self.paused.remove(&id).expect("it stands still");
        signal("-CONT", &child);
        self.running.insert(id, child);
        self.read_of(id, history);
    }

    fn read_of(&self, id: u64, history: &History) {
        let mut client = Client::new(&self.addresses, id as usize - 1);
        for writer in 0..WRITERS {
            let _ = read_once(history, &mut client, writer, 0);
        }
        history.wait_for_writes(20);
    }

    fn start(&mut self, id: u64) {
        let peers = self.addresses.iter().map(|(id, address)| format!("{id}={address}"));
        let log = File::options()
            .create(true)
            .append(true)
            .open(self.folder.join(format!("{id}.log")));
        let child = Command::new(&self.program)
            .args(["--id", &id.to_string()])
            .args(["--peers", &peers.collect::<Vec<_>>().join(",")])
            .args(["--snapshot-every", &SNAPSHOT_EVERY.to_string(), "--data"])
            .arg(self.folder.join(id.to_string()))
            .stdin(Stdio::null())
            .stderr(log.expect("a file"))
            .spawn();
        self.running.insert(id, child.expect("a process"));
    }

    /// SIGKILL: it learns nothing of it.
    fn kill(&mut self, id: u64) {
        let mut child = self.running.remove(&id).expect("it runs");
        let ended = child.try_wait().expect("a child of ours");
        assert_eq!(ended, None, "node {id} ended by itself");
        child.kill().expect("a child of ours");
        child.wait().expect("a child of ours");
    }

    /// What a member says of itself, if it is there.
    fn status(&self, id: u64) -> Option<String> {
        self.running.get(&id)?;
        let mut client = Client::new(&self.addresses, id as usize - 1);
        client.ask("STATUS").ok()
    }

    /// Waits until one leads that a majority of those who run follows.
    fn leader(&self) -> u64 {
        let mut leader = 0;
        self.wait_for("a leader", |group| {
            let statuses: Vec<String> = group.running.keys().filter_map(|id| group.status(*id)).collect();
            let leads = statuses.iter().find(|status| status.contains(" role=leader "));
            leader = leads.map_or(0, |status| number(status, "id"));
            let term = leads.map_or(0, |status| number(status, "term"));
            let follow = |status: &&String| number(status, "lead") == leader && number(status, "term") == term;
            leader != 0 && statuses.iter().filter(follow).count() as u64 > MEMBERS / 2
        });
        leader
    }

    /// Waits until all have what is committed now.
    fn wait_for_all(&self) {
        let leader = self.leader();
        let status = self.status(leader).expect("it was there a moment ago");
        let commit = number(&status, "commit");
        self.wait_for("all have what is committed", |group| {
            (1..=MEMBERS).all(|id| {
                group
                    .status(id)
                    .is_some_and(|status| number(&status, "applied") >= commit)
            })
        });
    }

    /// Waits until all have the same map, and gives it.
    fn settled(&self) -> BTreeMap<String, String> {
        let mut first = BTreeMap::new();
        self.wait_for("all maps are equal", |group| {
            let maps: Vec<_> = (1..=MEMBERS).filter_map(|id| group.dump(id).ok()).collect();
            let equal = maps.len() == MEMBERS as usize && maps.iter().all(|map| *map == maps[0]);
            first = maps.into_iter().next().unwrap_or_default();
            equal
        });
        first
    }

    fn dump(&self, id: u64) -> io::Result<BTreeMap<String, String>> {
        let mut client = Client::new(&self.addresses, id as usize - 1);
        let head = client.ask("DUMP")?;
        let count: usize = head.strip_prefix("DUMP ").and_then(|n| n.parse().ok()).expect("DUMP n");
        let reader = client.connections.get_mut(&id).expect("it answered");
        let pairs = (0..count).map(|_| {
            let line = read_line(reader)?;
            let (key, value) = line.split_once(' ').ok_or(io::ErrorKind::InvalidData)?;
            Ok((key.to_owned(), value.to_owned()))
        });
        pairs.collect()
    }

    fn wait_for(&self, what: &str, mut is_so: impl FnMut(&Self) -> bool) {
        wait_until(what, || is_so(self));
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        for child in self.running.values_mut().chain(self.paused.values_mut()) {
            let _ = child.kill();
            let _ = child.wait();
        }
        if thread::panicking() {
            for id in 1..=MEMBERS {
                let log = fs::read_to_string(self.folder.join(format!("{id}.log"))).unwrap_or_default();
                let lines: Vec<&str> = log.lines().collect();
                println!("node {id}:\n{}", lines[lines.len().saturating_sub(20)..].join("\n"));
            }
        }
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn signal(name: &str, child: &Child) {
    let kill = format!("kill {name} {}", child.id());
    let status = Command::new("sh").args(["-c", &kill]).status();
    assert!(status.expect("a shell").success(), "{kill}");
}

/// Sets a flag when it goes, also in a panic.
struct Raise<'a>(&'a AtomicBool);

impl Drop for Raise<'_> {
    fn drop(&mut self) {
        self.0.store(true, SeqCst);
    }
}

fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < deadline, "waited {PATIENCE:?}: {what}");
        thread::sleep(Duration::from_millis(10));
    }
}

/// The number behind `name=` in a status.
fn number(status: &str, name: &str) -> u64 {
    let mut words = status.split(' ').filter_map(|word| word.split_once('='));
    let (_, value) = words.find(|(key, _)| *key == name).expect("a status names it");
    value.parse().expect("a number")
}

/// Builds the example, and says where its program is.
fn build() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..");
    let output = Command::new(env!("CARGO"))
        .args([
            "build",
            "--offline",
            "--package",
            "quorate-raft-example",
            "--bin",
            "raft-node",
        ])
        .args(["--message-format", "json-render-diagnostics"])
        .current_dir(root)
        .stderr(Stdio::inherit())
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "the example builds");
    let messages = String::from_utf8(output.stdout).expect("JSON");
    let paths = messages.split("\"executable\":\"").skip(1);
    let path = paths.last().and_then(|rest| rest.split('"').next());
    PathBuf::from(path.expect("cargo names the program").replace("\\\\", "\\"))
}

/// Ports that nobody listens on. They are below those that systems give out by themselves: a member that is down must not lose
/// its port to a connection of another, not even to one that tries to reach it.
fn free_addresses() -> impl Iterator<Item = SocketAddr> {
    let from = 20_000 + (std::process::id() % 5_000) as u16 * 2;
    let ports = (from..32_000).filter(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok());
    ports.map(|port| SocketAddr::from(([127, 0, 0, 1], port)))
}
