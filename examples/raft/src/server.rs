//! The one thread that owns the node, the map and the disk.
//!
//! It keeps the contract of `quorate::raft`, whose three steps are numbered here as there: the node is made of what is stored (1),
//! told what happened (2), and asked what to do until it says nothing (3). Everything else waits on channels. What came in while
//! the disk was busy is told in one go, and then needs one write: the more there is to do, the less each thing costs.

use std::collections::{BTreeMap, HashMap};
use std::error::Error;
use std::net::SocketAddr;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use quorate::raft::{
    Config, Entry, Error as RaftError, MessageKind, Node, NodeId, Output, Proposed, Role, Snapshot, SnapshotMetadata,
};

use crate::map::{Command, Map};
use crate::network::{Event, Peers};
use crate::storage::Storage;

/// A leader is missed after 10 to 19 of them.
const TICK: Duration = Duration::from_millis(30);
/// The most events that are told before the node is asked what to do.
const BATCH: usize = 1024;
/// How long a client waits at most.
const PATIENCE: Duration = Duration::from_secs(3);

type Outcome = Result<(), Box<dyn Error>>;

pub(crate) struct Server {
    node: Node,
    storage: Storage,
    map: Map,
    /// The last entry that the map has seen.
    applied: u64,
    peers: Peers,
    members: BTreeMap<NodeId, SocketAddr>,
    snapshot_every: u64,
    /// Snapshots that came from a leader, because this member was too far behind.
    snapshots_received: u64,
    /// Clients whose command stands in the log, by its index.
    writes: BTreeMap<u64, Write>,
    /// Clients who wait for an index to read at, by the context of their question.
    reads: HashMap<u64, Read>,
    next_context: u64,
}

/// A command that was proposed here.
struct Write {
    term: u64,
    client: Sender<String>,
    deadline: Instant,
}

/// A read that was asked for here.
struct Read {
    key: String,
    /// From where on it may take place, once that is known.
    index: Option<u64>,
    client: Sender<String>,
    deadline: Instant,
}

impl Server {
    /// 1. Makes the node, of what is stored.
    pub(crate) fn new(
        id: NodeId,
        members: BTreeMap<NodeId, SocketAddr>,
        storage: Storage,
        peers: Peers,
        snapshot_every: u64,
    ) -> Result<Self, Box<dyn Error>> {
        // No two starts may be alike: followers must not time out together, and the answer to a read of an earlier life must not
        // be taken for that of a new one.
        let seed = SystemTime::now().duration_since(UNIX_EPOCH)?.as_nanos() as u64;
        let config = Config {
            // A member that was cut off asks before it disturbs the others, and a leader that is cut off notices (§9.6, §6.2).
            pre_vote: true,
            check_quorum: true,
            // A client is sent to the leader instead of its proposal, for only there is it known what becomes of it.
            disable_proposal_forwarding: true,
            ..Config::new(id, seed)
        };
        let stored = storage.stored().clone();
        let mut server = Self {
            node: Node::new(config, stored.clone())?,
            storage,
            map: Map::default(),
            applied: 0,
            peers,
            members,
            snapshot_every,
            snapshots_received: 0,
            writes: BTreeMap::new(),
            reads: HashMap::new(),
            next_context: seed,
        };
        // The map starts at the snapshot. What is behind it comes as `Apply`, as soon as it is known to be committed.
        server.restore(&stored.snapshot)?;
        Ok(server)
    }

    pub(crate) fn run(&mut self, events: &Receiver<Event>) -> Outcome {
        let mut next_tick = Instant::now() + TICK;
        loop {
            match events.recv_timeout(next_tick.saturating_duration_since(Instant::now())) {
                Ok(first) => {
                    for event in std::iter::once(first).chain(events.try_iter().take(BATCH)) {
                        self.tell(event)?;
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
            }
            let now = Instant::now();
            if now >= next_tick {
                // Ticks that were missed, because the disk or the machine stood still, are not made up for: others did not hear
                // from us, but we have not listened either.
                next_tick = now + TICK;
                self.node.tick()?;
                self.give_up_on_clients(now);
            }
            self.obey()?;
            self.compact_if_due()?;
        }
    }

    /// 2. Tells the node what happened.
    fn tell(&mut self, event: Event) -> Outcome {
        match event {
            Event::Message(message) if message.to == self.node.id() => unless_corrupt(self.node.step(message)),
            Event::Message(_) => Ok(()),
            Event::Request(line, client) => self.request(line.trim_end(), client),
            Event::Unreachable(peer) => unless_corrupt(self.node.report_unreachable(peer)),
            Event::SnapshotSent(peer, ok) => unless_corrupt(self.node.report_snapshot(peer, ok)),
        }
    }

    /// 3. Does what the node says, in order, until it says nothing.
    fn obey(&mut self) -> Outcome {
        while let Some(output) = self.node.poll() {
            match output {
                Output::Send(message) => {
                    let (to, is_snapshot) = (message.to, message.kind == MessageKind::Snap);
                    if !self.peers.send(message) {
                        self.node.report_unreachable(to)?;
                        if is_snapshot {
                            self.node.report_snapshot(to, false)?;
                        }
                    }
                }
                Output::Persist {
                    ticket,
                    hard_state,
                    snapshot,
                    entries,
                    must_sync,
                } => {
                    self.storage
                        .persist(snapshot.as_ref(), &entries, hard_state, must_sync)?;
                    if let Some(snapshot) = snapshot {
                        self.snapshots_received += 1;
                        self.restore(&snapshot)?;
                    }
                    self.node.persisted(ticket)?;
                }
                Output::Apply(entries) => {
                    for entry in &entries {
                        self.apply(entry);
                    }
                    self.node.applied(self.applied)?;
                    self.answer_reads();
                }
                Output::ReadReady { index, context } => {
                    if let Some(read) = read_of(&context).and_then(|context| self.reads.get_mut(&context)) {
                        read.index = Some(index);
                    }
                    self.answer_reads();
                }
                Output::ReadLost { context } => {
                    if let Some(read) = read_of(&context).and_then(|context| self.reads.remove(&context)) {
                        answer(&read.client, "RETRY");
                    }
                }
                Output::RoleChanged { role, lead, term } => {
                    eprintln!("term {term}: {role:?}, led by {lead}");
                }
                // A member lacks entries that are gone here. A snapshot stands for them, and there is one wherever entries went.
                Output::Fetch { to, .. } => self.node.entries_fetched(to, Vec::new())?,
                _ => {}
            }
        }
        Ok(())
    }

    // ---- the state machine

    /// A committed entry. If it was proposed here, its client waits for the answer.
    fn apply(&mut self, entry: &Entry) {
        let result = self.map.apply(&entry.data);
        self.applied = entry.index;
        if let Some(write) = self.writes.remove(&entry.index) {
            // Another leader's entry stands where ours was to be: ours will never be committed.
            answer(&write.client, if write.term == entry.term { &result } else { "RETRY" });
        }
    }

    /// A snapshot takes the place of the map. What it says of the commands that it covers is only what came of them all.
    fn restore(&mut self, snapshot: &Snapshot) -> Outcome {
        self.map = Map::from_text(&snapshot.data).ok_or("a snapshot holds no map")?;
        self.applied = snapshot.metadata.index;
        let later = self.writes.split_off(&(self.applied + 1));
        for write in std::mem::replace(&mut self.writes, later).into_values() {
            answer(&write.client, "UNKNOWN");
        }
        self.answer_reads();
        Ok(())
    }

    /// Replaces the entries by a snapshot when there are many. The latest half stays in memory, for members that are a little
    /// behind; the disk needs none of them.
    fn compact_if_due(&mut self) -> Outcome {
        if self.applied < self.storage.stored().snapshot.metadata.index + self.snapshot_every {
            return Ok(());
        }
        let snapshot = Snapshot {
            data: self.map.to_text().into_bytes().into(),
            metadata: SnapshotMetadata {
                conf_state: self.node.membership().conf_state(),
                index: self.applied,
                term: self.node.term_at(self.applied).ok_or("what is applied has a term")?,
            },
        };
        self.node.snapshot_taken(snapshot.clone())?;
        self.storage.compact(snapshot)?;
        let gone = self.applied - self.snapshot_every / 2;
        if gone >= self.node.status().first_index {
            self.node.compact(gone)?;
        }
        Ok(())
    }

    // ---- clients

    fn request(&mut self, line: &str, client: Sender<String>) -> Outcome {
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        match words[..] {
            ["GET", key] => return self.read(key, client),
            ["STATUS"] => answer(&client, &self.status()),
            ["DUMP"] => answer(
                &client,
                format!("DUMP {}\n{}", self.map.len(), self.map.to_text()).trim_end(),
            ),
            _ if Command::parse(line).is_some() => return self.write(line, client),
            _ => answer(&client, "ERR expected PUT, CAS, GET, STATUS or DUMP"),
        }
        Ok(())
    }

    /// Proposes a command. Its client is answered when it is applied.
    fn write(&mut self, command: &str, client: Sender<String>) -> Outcome {
        match self.node.propose(command.as_bytes()) {
            Ok(Proposed::At(place)) => {
                let write = Write {
                    term: place.term,
                    client,
                    deadline: Instant::now() + PATIENCE,
                };
                if let Some(earlier) = self.writes.insert(place.index, write) {
                    // It was proposed in an earlier term of ours, and is not known to be lost.
                    answer(&earlier.client, "UNKNOWN");
                }
                Ok(())
            }
            Ok(Proposed::Forwarded(_)) => {
                answer(&client, "UNKNOWN");
                Ok(())
            }
            Err(error) => {
                answer(&client, &self.who_leads());
                unless_corrupt(Err(error))
            }
        }
    }

    /// Asks for an index from which the read is linearizable; a follower asks the leader. Once the map is that far, it takes place.
    fn read(&mut self, key: &str, client: Sender<String>) -> Outcome {
        let context = self.next_context;
        self.next_context = context.wrapping_add(1);
        if let Err(error) = self.node.read_index(context.to_be_bytes().to_vec()) {
            answer(&client, "RETRY");
            return unless_corrupt(Err(error));
        }
        let read = Read {
            key: key.to_owned(),
            index: None,
            client,
            deadline: Instant::now() + PATIENCE,
        };
        self.reads.insert(context, read);
        Ok(())
    }

    /// Reads whose index the map has reached take place.
    fn answer_reads(&mut self) {
        let (map, applied) = (&self.map, self.applied);
        self.reads.retain(|_, read| {
            let ready = read.index.is_some_and(|index| index <= applied);
            if ready {
                let value = map.get(&read.key).map(|value| format!("VALUE {value}"));
                answer(&read.client, value.as_deref().unwrap_or("NONE"));
            }
            !ready
        });
    }

    /// Nobody says that a read was lost on its way to a leader, or that a write will not be committed soon.
    fn give_up_on_clients(&mut self, now: Instant) {
        self.writes.retain(|_, write| {
            let wait = now < write.deadline;
            if !wait {
                answer(&write.client, "UNKNOWN");
            }
            wait
        });
        self.reads.retain(|_, read| {
            let wait = now < read.deadline;
            if !wait {
                answer(&read.client, "RETRY");
            }
            wait
        });
    }

    fn who_leads(&self) -> String {
        let lead = self.node.soft_state().lead;
        match self.members.get(&lead) {
            Some(address) if lead != self.node.id() => format!("LEADER {lead} {address}"),
            _ => "RETRY".to_owned(),
        }
    }

    fn status(&self) -> String {
        let status = self.node.status();
        let role = match status.role {
            Role::Follower => "follower",
            Role::PreCandidate | Role::Candidate => "candidate",
            Role::Leader => "leader",
        };
        format!(
            "STATUS id={} role={role} lead={} term={} first={} last={} commit={} applied={} keys={} snapshots-received={}",
            status.id,
            status.lead,
            status.hard_state.term,
            status.first_index,
            status.last.index,
            status.hard_state.commit,
            self.applied,
            self.map.len(),
            self.snapshots_received,
        )
    }
}

/// What the network says may be late, doubled or wrong: it is refused, and changes nothing. Only a contradiction of what is
/// committed ends the process.
fn unless_corrupt(result: Result<(), RaftError>) -> Outcome {
    match result {
        Err(error @ RaftError::Corrupt { .. }) => Err(error.into()),
        _ => Ok(()),
    }
}

fn read_of(context: &[u8]) -> Option<u64> {
    context.try_into().ok().map(u64::from_be_bytes)
}

/// A client that is gone need not know.
fn answer(client: &Sender<String>, line: &str) {
    let _ = client.send(line.to_owned());
}
