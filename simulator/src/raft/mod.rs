//! A Raft node as a machine of the world: its disk, its state machine, and those who wait for it.

pub(crate) mod action;
mod client;
pub(crate) mod config;
mod disk;
pub(crate) mod drawing;
pub(crate) mod explore;
mod group;
pub(crate) mod invariants;
pub(crate) mod payload;
pub(crate) mod questions;
mod store;
pub(crate) mod storm;
pub(crate) mod view;
mod world;

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt::{self, Write as _};

use quorate::raft::{
    ConfChangeKind, ConfChangeSingle, ConfChangeTransition, ConfChangeV2, ConfState, Data, Entry, EntryKind,
    Error as RaftError, HardState, Membership, Message, MessageKind, Node, Output, ReadOnly, Role, Snapshot,
    SnapshotMetadata, SoftState, Stored, wire,
};

use crate::error::Error;
use crate::event::What;
use crate::hash::{Hasher, hash};
use crate::network::Address;
use crate::payload::Effects;
use crate::random::Random;
use config::{RaftConfig, Reads};
use disk::{Disk, Write};
pub(crate) use group::Group;
use payload::Payload;
use store::{Outcome, Request, Store};

/// What a machine can be told to do, beside what messages and the clock tell it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    Campaign,
    Propose(Request),
    Change {
        transition: ConfChangeTransition,
        changes: Vec<ConfChangeSingle>,
    },
    Transfer(u64),
    Snapshot,
    ForgetLeader,
}

/// What invariants look at.
#[derive(Clone, Debug)]
pub(crate) enum Fact {
    /// The node started, with this log and hard state.
    Started {
        start: (u64, u64),
        log: Vec<Logged>,
        vote: HardState,
    },
    /// The log goes on from `first`; what stood there is gone.
    Logged { first: u64, entries: Vec<Logged> },
    /// The log starts anew behind a snapshot.
    Restored { index: u64, term: u64 },
    /// A vote is durable.
    Voted { term: u64, vote: u64 },
    /// An entry was applied, and leaves this state.
    Applied { index: u64, entry: Logged, state: u64 },
    /// The state machine's state is that of a snapshot.
    Loaded { index: u64, state: u64 },
    /// The membership as of an index: by an entry that was applied, or by a snapshot.
    Configured {
        index: u64,
        applied: bool,
        config: Membership,
    },
    /// The node takes nothing more, or read something else than was written.
    Broken(String),
}

/// What is compared of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Logged {
    pub(crate) term: u64,
    pub(crate) content: u64,
}

impl Logged {
    fn of(entry: &Entry) -> Self {
        let mut hasher = Hasher::new();
        hasher.u64(u64::from(entry.kind.number()));
        hasher.bytes(&entry.data);
        Self {
            term: entry.term,
            content: hasher.finish(),
        }
    }
}

/// A node with its disk.
#[derive(Clone, Debug)]
pub(crate) struct RaftMachine {
    id: u64,
    seed: u64,
    config: RaftConfig,
    /// None while it is down.
    node: Option<Node>,
    disk: Disk,
    store: Store,
    applied: u64,
    /// Requests that wait to be applied.
    waiting: BTreeSet<(u64, u64)>,
    /// Reads that wait for an index to be applied.
    reads: Vec<(u64, Data)>,
    /// How often it started: each life draws other timeouts.
    lives: u64,
    soft_state: SoftState,
    hard_state: HardState,
}

impl RaftMachine {
    /// A machine that is down.
    pub(crate) fn new(id: u64, seed: u64, config: &RaftConfig) -> Self {
        Self {
            id,
            seed,
            config: config.clone(),
            node: None,
            disk: Disk::new(first_stored(id, config)),
            store: Store::default(),
            applied: 0,
            waiting: BTreeSet::new(),
            reads: Vec::new(),
            lives: 0,
            soft_state: SoftState::default(),
            hard_state: HardState::default(),
        }
    }

    pub(crate) fn node(&self) -> Option<&Node> {
        self.node.as_ref()
    }

    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    pub(crate) fn applied(&self) -> u64 {
        self.applied
    }

    /// The entries that its log has; none while it is down.
    pub(crate) fn log(&self) -> Vec<Entry> {
        let node = self.node.as_ref();
        node.map_or_else(Vec::new, |node| {
            node.entries(node.status().first_index, node.last().index + 1)
        })
    }

    // ---- inputs

    pub(crate) fn start(&mut self, effects: &mut Effects) -> Result<(), Error> {
        #[cfg_attr(not(feature = "broken-rules"), allow(unused_mut))]
        let mut stored = self.disk.stored();
        #[cfg(feature = "broken-rules")]
        if self.config.broken.contains(&config::Broken::ForgetVote) {
            stored.hard_state.vote = 0;
        }
        let log = stored.entries.iter().map(Logged::of).collect();
        let metadata = stored.snapshot.metadata.clone();
        let (snapshot, vote) = (stored.snapshot.data.clone(), stored.hard_state);
        let cannot_start = |error: RaftError| Error::CannotStart {
            node: self.id,
            reason: error.to_string(),
        };
        #[cfg_attr(not(feature = "broken-rules"), allow(unused_mut))]
        let mut node = Node::new(self.node_config(), stored).map_err(cannot_start)?;
        #[cfg(feature = "broken-rules")]
        for broken in &self.config.broken {
            if let config::Broken::Node(rule) = broken {
                node.break_rule(*rule, true);
            }
        }
        self.lives += 1;
        self.applied = metadata.index;
        self.store = Store::decode(&snapshot);
        self.soft_state = node.soft_state();
        self.hard_state = node.hard_state();
        effects.see(|| What::Started { node: self.id });
        effects.raft.push(Fact::Started {
            start: (metadata.index, metadata.term),
            log,
            vote,
        });
        self.loaded(&metadata.conf_state, effects);
        if *node.membership() != membership(&metadata.conf_state) {
            let (read, config) = (node.membership(), membership(&metadata.conf_state));
            effects
                .raft
                .push(Fact::Broken(format!("kept the members {config}, read {read}")));
        }
        self.node = Some(node);
        self.drain(effects);
        Ok(())
    }

    /// The state machine has the state of a snapshot. The node itself may be ahead of it, with another snapshot on its way to the disk.
    fn loaded(&self, members: &ConfState, effects: &mut Effects) {
        effects.raft.push(Fact::Loaded {
            index: self.applied,
            state: hash(self.store.encode().as_bytes()),
        });
        if !members.voters.is_empty() {
            effects.raft.push(Fact::Configured {
                index: self.applied,
                applied: false,
                config: membership(members),
            });
        }
    }

    fn node_config(&self) -> quorate::raft::Config {
        let config = &self.config;
        let seed = self.seed ^ self.lives.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        quorate::raft::Config {
            election_tick: config.election_ticks,
            heartbeat_tick: config.heartbeat_ticks,
            pre_vote: config.prevote,
            check_quorum: config.check_quorum,
            read_only: match config.reads {
                Reads::Lease => ReadOnly::LeaseBased,
                _ => ReadOnly::Safe,
            },
            disable_proposal_forwarding: !config.forwarding,
            step_down_on_removal: config.step_down_on_removal,
            max_size_per_msg: config.max_message_size,
            max_inflight_msgs: usize::try_from(config.max_inflight).unwrap_or(usize::MAX),
            ..quorate::raft::Config::new(self.id, seed)
        }
    }

    pub(crate) fn crash(&mut self, random: &mut Random, torn: bool, effects: &mut Effects) {
        self.disk.crash(random, torn);
        self.node = None;
        self.store = Store::default();
        self.applied = 0;
        self.waiting.clear();
        self.reads.clear();
        effects.see(|| What::Crashed { node: self.id });
        let HardState { term, vote, .. } = self.disk.stored().hard_state;
        effects.raft.push(Fact::Voted { term, vote });
    }

    pub(crate) fn wipe(&mut self) {
        self.disk = Disk::new(first_stored(self.id, &self.config));
    }

    pub(crate) fn tick(&mut self, effects: &mut Effects) {
        let Some(node) = &mut self.node else {
            return;
        };
        // Without timers only a leader's clock goes, for its heartbeats.
        if self.config.timers || self.soft_state.role == Role::Leader {
            let result = node.tick();
            self.note(result, effects);
            self.drain(effects);
        }
    }

    pub(crate) fn deliver(&mut self, from: Address, payload: Payload, effects: &mut Effects) {
        match payload {
            Payload::Message(message) => self.step(message, effects),
            Payload::Request(request) => self.ask(from, request, effects),
            Payload::Reply { .. } => {}
        }
        self.drain(effects);
    }

    fn step(&mut self, message: Message, effects: &mut Effects) {
        let mut message = message;
        if self.config.wire {
            let bytes = wire::encode_message(&message, wire::Dialect::RaftRs);
            match wire::decode_message(&bytes, wire::Dialect::RaftRs) {
                Ok(read) if read == message => message = read,
                other => effects
                    .raft
                    .push(Fact::Broken(format!("wrote {message:?}, read {other:?}"))),
            }
        }
        if let Some(node) = &mut self.node {
            let result = node.step(message);
            self.note(result, effects);
        }
    }

    /// A client asks for something.
    fn ask(&mut self, from: Address, request: Request, effects: &mut Effects) {
        let Some(node) = &mut self.node else {
            return;
        };
        let name = (request.client, request.serial);
        if request.op.is_get() && self.config.reads != Reads::Log {
            if self.config.reads == Reads::Local {
                let value = self.store.get(request.op.key());
                reply(from, request.serial, Outcome::Done(value), effects);
                return;
            }
            let context = request.to_string();
            if node.read_index(context.as_bytes()).is_err() {
                let lead = node.soft_state().lead;
                reply(from, request.serial, Outcome::Refused { lead }, effects);
            }
            return;
        }
        // It may be that only the answer was lost.
        if self.config.sessions
            && let Some((serial, answer)) = self.store.session(request.client)
            && *serial == request.serial
        {
            let answer = answer.clone();
            reply(from, request.serial, Outcome::Done(answer), effects);
            return;
        }
        match node.propose(request.to_string().as_bytes()) {
            Ok(_) => {
                self.waiting.insert(name);
            }
            Err(_) => {
                let lead = node.soft_state().lead;
                reply(from, request.serial, Outcome::Refused { lead }, effects);
            }
        }
    }

    pub(crate) fn durable(&mut self, effects: &mut Effects) {
        let Some(write) = self.disk.complete() else {
            return;
        };
        effects.see(|| What::Durable { node: self.id });
        if let Some(HardState { term, vote, .. }) = write.hard_state {
            effects.raft.push(Fact::Voted { term, vote });
        }
        let Some(mut node) = self.node.take() else {
            return;
        };
        if let Some(snapshot) = &write.snapshot {
            self.store = Store::decode(&snapshot.data);
            self.applied = snapshot.metadata.index;
            let (node, index) = (self.id, self.applied);
            effects.see(|| What::Snapshot { node, index });
        }
        let result = node.persisted(write.ticket);
        if let Some(snapshot) = &write.snapshot {
            self.loaded(&snapshot.metadata.conf_state, effects);
        }
        self.node = Some(node);
        self.note(result, effects);
        self.answer_reads(effects);
        self.drain(effects);
    }

    pub(crate) fn report(&mut self, peer: u64, ok: bool, effects: &mut Effects) {
        if let Some(node) = &mut self.node {
            let result = node.report_snapshot(peer, ok);
            self.note(result, effects);
        }
        self.drain(effects);
    }

    pub(crate) fn command(&mut self, command: &Command, effects: &mut Effects) -> Result<(), Error> {
        let Some(node) = &mut self.node else {
            return Err(Error::Down(self.id));
        };
        let result = match command {
            Command::Campaign => node.campaign(),
            Command::Propose(request) => node.propose(request.to_string().as_bytes()).map(drop),
            Command::Change { transition, changes } => node
                .propose_conf_change(&ConfChangeV2 {
                    transition: *transition,
                    changes: changes.clone(),
                    context: Vec::new(),
                })
                .map(drop),
            Command::Transfer(to) => node.transfer_leader(*to),
            Command::ForgetLeader => node.forget_leader(),
            Command::Snapshot => {
                self.take_snapshot(effects);
                Ok(())
            }
        };
        self.drain(effects);
        result.map_err(|error| Error::Refused {
            node: self.id,
            reason: error.to_string(),
        })
    }

    /// Keeps what the node says of an input.
    fn note(&self, result: Result<(), RaftError>, effects: &mut Effects) {
        let node = self.id;
        match result {
            Ok(()) => {}
            Err(error @ RaftError::Corrupt { .. }) => effects.raft.push(Fact::Broken(error.to_string())),
            Err(error) => effects.see(|| What::Refused {
                node,
                reason: error.to_string(),
            }),
        }
    }

    // ---- outputs

    /// Does what the node says, until it says nothing.
    fn drain(&mut self, effects: &mut Effects) {
        while let Some(output) = self.node.as_mut().and_then(Node::poll) {
            match output {
                Output::Send(message) => {
                    let to = Address::Node(message.to);
                    send(to, Payload::Message(message), effects);
                }
                Output::Persist {
                    ticket,
                    hard_state,
                    snapshot,
                    entries,
                    must_sync,
                } => {
                    if let Some(SnapshotMetadata { index, term, .. }) = snapshot.as_ref().map(|it| &it.metadata) {
                        effects.raft.push(Fact::Restored {
                            index: *index,
                            term: *term,
                        });
                    }
                    if let Some(first) = entries.first().map(|entry| entry.index) {
                        let entries = entries.iter().map(Logged::of).collect();
                        effects.raft.push(Fact::Logged { first, entries });
                    }
                    effects.writes += 1;
                    self.disk.write(Write {
                        ticket,
                        hard_state,
                        snapshot,
                        entries,
                        must_sync,
                    });
                }
                Output::Apply(entries) => self.apply(&entries, effects),
                Output::ReadReady { index, context } => {
                    self.reads.push((index, context));
                    self.answer_reads(effects);
                }
                Output::Fetch { .. } => self.take_snapshot(effects),
                _ => {}
            }
        }
        self.see_changes(effects);
    }

    fn see_changes(&mut self, effects: &mut Effects) {
        let Some(node) = &self.node else {
            return;
        };
        let (soft_state, hard_state) = (node.soft_state(), node.hard_state());
        let id = self.id;
        if soft_state != self.soft_state || hard_state.term != self.hard_state.term {
            effects.see(|| What::Role {
                node: id,
                role: role_name(soft_state.role),
                term: hard_state.term,
                lead: soft_state.lead,
            });
        }
        if hard_state.commit != self.hard_state.commit {
            let index = hard_state.commit;
            effects.see(|| What::Committed { node: id, index });
        }
        (self.soft_state, self.hard_state) = (soft_state, hard_state);
    }

    fn apply(&mut self, entries: &[Entry], effects: &mut Effects) {
        let node_id = self.id;
        for entry in entries {
            self.applied = entry.index;
            effects.see(|| What::Applied {
                node: node_id,
                index: entry.index,
                text: describe_entry(entry),
            });
            if entry.kind == EntryKind::Normal {
                self.apply_request(entry, effects);
            } else if let (Ok(Some(change)), Some(node)) = (entry.conf_change(), &mut self.node)
                // What cannot be applied changes nothing, and that on every node alike.
                && node.apply_conf_change(&change).is_ok()
            {
                let (index, config) = (entry.index, node.membership().clone());
                effects.see(|| What::Configured {
                    node: node_id,
                    index,
                    text: config.to_string(),
                });
                effects.raft.push(Fact::Configured {
                    index,
                    applied: true,
                    config,
                });
            }
            effects.raft.push(Fact::Applied {
                index: entry.index,
                entry: Logged::of(entry),
                state: hash(self.store.encode().as_bytes()),
            });
        }
        if let Some(node) = &mut self.node {
            let result = node.applied(self.applied);
            self.note(result, effects);
        }
        self.answer_reads(effects);
        let every = self.config.snapshot_every;
        if every != 0 && self.applied >= self.disk.snapshot_index() + every {
            self.take_snapshot(effects);
        }
    }

    fn apply_request(&mut self, entry: &Entry, effects: &mut Effects) {
        let Some(request) = Request::parse(&entry.data) else {
            return;
        };
        let answer = self.store.apply(&request, self.config.sessions);
        let waited = self.waiting.remove(&(request.client, request.serial));
        if let (Some(answer), true) = (answer, waited) {
            let client = Address::Client(request.client);
            reply(client, request.serial, Outcome::Done(answer), effects);
        }
    }

    /// Reads whose index is applied take place.
    fn answer_reads(&mut self, effects: &mut Effects) {
        let applied = self.applied;
        let (ready, waiting) = core::mem::take(&mut self.reads)
            .into_iter()
            .partition(|(index, _)| *index <= applied);
        self.reads = waiting;
        let ready: Vec<(u64, Data)> = ready;
        for (_, context) in ready {
            if let Some(request) = Request::parse(&context) {
                let value = self.store.get(request.op.key());
                reply(
                    Address::Client(request.client),
                    request.serial,
                    Outcome::Done(value),
                    effects,
                );
            }
        }
    }

    fn take_snapshot(&mut self, effects: &mut Effects) {
        let Some(node) = &mut self.node else {
            return;
        };
        let index = self.applied;
        let Some(term) = node.term_at(index).filter(|_| index > self.disk.snapshot_index()) else {
            return;
        };
        let snapshot = Snapshot {
            data: Data::from(self.store.encode().as_bytes()),
            metadata: SnapshotMetadata {
                conf_state: node.membership().conf_state(),
                index,
                term,
            },
        };
        if node.snapshot_taken(snapshot.clone()).is_ok() {
            self.disk.keep_snapshot(snapshot);
            // An index that is compacted already is no loss.
            let _ = node.compact(index.saturating_sub(self.config.snapshot_keep));
            let node = self.id;
            effects.see(|| What::Snapshot { node, index });
        }
    }

    pub(crate) fn is_writing(&self) -> bool {
        self.disk.is_writing()
    }

    /// All that decides what it does next, but for clocks and chance.
    pub(crate) fn describe_future(&self, into: &mut Hasher) {
        let Some(node) = &self.node else {
            return;
        };
        let mut status = node.status();
        (status.election_elapsed, status.election_timeout) = (0, 0);
        status.votes.sort_unstable();
        let entries = node.entries(status.first_index, status.last.index + 1);
        let _ = write!(into, "{status:?} {entries:?}");
    }

    /// What is worth comparing, as text.
    pub(crate) fn describe(&self, into: &mut String) {
        let _ = writeln!(into, "node {} lives {}", self.id, self.lives);
        self.disk.describe(into);
        let Some(node) = &self.node else {
            return;
        };
        let (HardState { term, vote, commit }, SoftState { lead, role }) = (node.hard_state(), node.soft_state());
        let _ = writeln!(
            into,
            "{} term {term} vote {vote} lead {lead} commit {commit} applied {} last {}",
            role_name(role),
            self.applied,
            node.last().index
        );
        let _ = writeln!(into, "{}", node.membership());
        for entry in node.entries(node.status().first_index, node.last().index + 1) {
            let _ = writeln!(into, "{} {} {}", entry.index, entry.term, describe_entry(&entry));
        }
        into.push_str(&self.store.encode());
    }
}

fn membership(state: &ConfState) -> Membership {
    Membership {
        incoming: state.voters.iter().copied().collect(),
        outgoing: state.voters_outgoing.iter().copied().collect(),
        learners: state.learners.iter().copied().collect(),
        learners_next: state.learners_next.iter().copied().collect(),
        auto_leave: state.auto_leave,
    }
}

fn first_stored(id: u64, config: &RaftConfig) -> Stored {
    match id <= config.nodes {
        true => founding(config.nodes),
        false => Stored::default(),
    }
}

/// What the first members start from: they are the group as of the entry at index 1, of term 1, which nobody wrote. It is a
/// snapshot, so that whoever joins later learns of them.
fn founding(nodes: u64) -> Stored {
    let snapshot = Snapshot {
        data: Data::from([]),
        metadata: SnapshotMetadata {
            conf_state: ConfState {
                voters: (1..=nodes).collect(),
                ..Default::default()
            },
            index: 1,
            term: 1,
        },
    };
    Stored {
        hard_state: HardState {
            term: 1,
            vote: 0,
            commit: 1,
        },
        ..Stored::snapshot(snapshot)
    }
}

fn reply(to: Address, serial: u64, outcome: Outcome, effects: &mut Effects) {
    send(to, Payload::Reply { serial, outcome }, effects);
}

fn send(to: Address, payload: Payload, effects: &mut Effects) {
    effects.sends.push((to, crate::payload::Payload::Raft(payload)));
}

pub(crate) fn role_name(role: Role) -> &'static str {
    match role {
        Role::Follower => "follower",
        Role::PreCandidate => "pre-candidate",
        Role::Candidate => "candidate",
        Role::Leader => "leader",
    }
}

/// An entry in a few words.
pub(crate) fn describe_entry(entry: &Entry) -> String {
    match entry.conf_change() {
        Ok(Some(change)) if change.changes.is_empty() => "leave".to_string(),
        Ok(Some(change)) => describe_changes(&change.changes),
        _ if entry.data.is_empty() => "-".to_string(),
        _ => String::from_utf8_lossy(&entry.data).into_owned(),
    }
}

/// As scripts write them: `+4`, `-1`, `~3`.
pub(crate) fn describe_changes(changes: &[ConfChangeSingle]) -> String {
    let mut text = String::new();
    for change in changes {
        let sign = match change.kind {
            ConfChangeKind::AddNode => '+',
            ConfChangeKind::RemoveNode => '-',
            ConfChangeKind::AddLearnerNode => '~',
            ConfChangeKind::UpdateNode => '=',
        };
        let space = if text.is_empty() { "" } else { " " };
        let _ = write!(text, "{space}{sign}{}", change.node_id);
    }
    text
}

/// A message in a few words.
pub(crate) fn describe_message(message: &Message, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    use MessageKind as Kind;

    write!(f, "t{}", message.term)?;
    match message.kind {
        Kind::App => {
            write!(f, " {}/{} commit {}", message.index, message.log_term, message.commit)?;
            for entry in &message.entries {
                write!(f, " [{} {} {}]", entry.index, entry.term, describe_entry(entry))?;
            }
            Ok(())
        }
        Kind::AppResp if message.reject => {
            let (hint, term) = (message.reject_hint, message.log_term);
            write!(f, " no {} hint {hint}/{term}", message.index)
        }
        Kind::AppResp => write!(f, " {}", message.index),
        Kind::Vote | Kind::PreVote => write!(f, " {}/{}", message.index, message.log_term),
        Kind::VoteResp | Kind::PreVoteResp => f.write_str(if message.reject { " no" } else { " yes" }),
        Kind::Snap => {
            let index = message.snapshot.as_ref().map_or(0, |snapshot| snapshot.metadata.index);
            write!(f, " {index}")
        }
        Kind::Heartbeat => write!(f, " commit {}", message.commit),
        Kind::Prop | Kind::ReadIndex | Kind::ReadIndexResp => {
            for entry in &message.entries {
                write!(f, " {}", describe_entry(entry))?;
            }
            Ok(())
        }
        _ => Ok(()),
    }
}
