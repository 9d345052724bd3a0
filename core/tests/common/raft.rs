//! What the tests of Raft share: nodes in a given state, a driver that does all that a node asks for, and a group on a wire.

// Each test file is a program of its own and uses a part of this.
#![allow(dead_code)]

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use quorate::raft::{
    ConfChangeKind, ConfChangeSingle, ConfChangeV2, ConfState, Config, Data, Entry, EntryKind, Error, HardState,
    Message, MessageKind, Node, NodeId, Output, Progress, Role, Snapshot, SnapshotMetadata, Status, Stored, Trace,
    wire,
};

/// The least number of ticks without a leader after which these nodes stand for election.
pub(crate) const ELECTION: u64 = 10;

/// A node whose messages are etcd's one by one, and which says why it does what it does.
pub(crate) fn config(id: NodeId) -> Config {
    Config {
        election_tick: ELECTION,
        heartbeat_tick: 1,
        coalesce_appends: false,
        trace: true,
        ..Config::new(id, id)
    }
}

/// The hash of a state's bytes (FNV-1a).
pub(crate) fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// The first members of a group of `count`.
pub(crate) fn voters(count: u64) -> Vec<NodeId> {
    (1..=count).collect()
}

/// Voters who know each other, and have not even the snapshot with which a group begins: what is said of a log can then be told
/// from its first index on.
pub(crate) fn empty_log(count: u64) -> Stored {
    Stored {
        conf_state: ConfState {
            voters: voters(count),
            ..ConfState::default()
        },
        ..Stored::default()
    }
}

/// A log whose entries have these terms, from index 1 on, and are all durable.
pub(crate) fn stored(count: u64, hard_state: HardState, terms: &[u64]) -> Stored {
    Stored {
        hard_state,
        entries: entries(1, terms),
        ..empty_log(count)
    }
}

/// Entries of these terms, from `first` on. Their commands tell them apart.
pub(crate) fn entries(first: u64, terms: &[u64]) -> Vec<Entry> {
    let entry = |(index, &term): (u64, &u64)| Entry {
        term,
        index,
        kind: EntryKind::Normal,
        data: format!("{term}/{index}").into_bytes().into(),
    };
    (first..).zip(terms).map(entry).collect()
}

pub(crate) fn hard(term: u64, vote: NodeId, commit: u64) -> HardState {
    HardState { term, vote, commit }
}

/// Node 1 of a new group.
pub(crate) fn node(count: u64) -> Node {
    Node::new(config(1), empty_log(count)).unwrap()
}

/// Node 1 of a group, with what it has stored.
pub(crate) fn node_with(stored: Stored) -> Node {
    Node::new(config(1), stored).unwrap()
}

/// A message for node 1.
pub(crate) fn message(kind: MessageKind, from: NodeId, term: u64) -> Message {
    Message {
        from,
        term,
        ..Message::to(kind, 1)
    }
}

/// Entries from a leader, behind the entry at `index` of `log_term`.
pub(crate) fn append(
    from: NodeId,
    term: u64,
    (log_term, index): (u64, u64),
    entries: Vec<Entry>,
    commit: u64,
) -> Message {
    Message {
        log_term,
        index,
        entries,
        commit,
        ..message(MessageKind::App, from, term)
    }
}

/// The answer to entries that reach `index`.
pub(crate) fn ack(from: NodeId, term: u64, index: u64) -> Message {
    Message {
        index,
        ..message(MessageKind::AppResp, from, term)
    }
}

/// A request for a vote by one whose log ends at `index` of `log_term`.
pub(crate) fn request(kind: MessageKind, from: NodeId, term: u64, (log_term, index): (u64, u64)) -> Message {
    Message {
        log_term,
        index,
        ..message(kind, from, term)
    }
}

/// All that a node said in one go.
#[derive(Debug, Default)]
pub(crate) struct Work {
    pub(crate) sent: Vec<Message>,
    pub(crate) written: Vec<Entry>,
    pub(crate) snapshots: Vec<Snapshot>,
    pub(crate) applied: Vec<Entry>,
    pub(crate) reads: Vec<(u64, Data)>,
    pub(crate) lost_reads: Vec<Data>,
    pub(crate) fetches: Vec<(NodeId, u64, u64)>,
    pub(crate) traces: Vec<Trace>,
}

impl Work {
    /// The messages of that kind.
    pub(crate) fn sent(&self, kind: MessageKind) -> Vec<&Message> {
        self.sent.iter().filter(|message| message.kind == kind).collect()
    }

    /// What each message is and who it is for, in order of the latter.
    pub(crate) fn kinds(&self) -> Vec<(NodeId, MessageKind)> {
        let mut kinds: Vec<_> = self.sent.iter().map(|message| (message.to, message.kind)).collect();
        kinds.sort();
        kinds
    }
}

/// Does all that the node asks for, at once, until it asks for nothing.
pub(crate) fn work(node: &mut Node) -> Work {
    let mut work = Work::default();
    while let Some(output) = node.poll() {
        match output {
            Output::Send(message) => work.sent.push(message),
            Output::Persist {
                ticket,
                entries,
                snapshot,
                ..
            } => {
                work.written.extend(entries);
                work.snapshots.extend(snapshot);
                node.persisted(ticket).unwrap();
            }
            Output::Apply(entries) => {
                apply(node, &entries);
                work.applied.extend(entries);
            }
            Output::ReadReady { index, context } => work.reads.push((index, context)),
            Output::ReadLost { context } => work.lost_reads.push(context),
            Output::Fetch { to, previous, end } => work.fetches.push((to, previous, end)),
            Output::Trace(trace) => work.traces.push(trace),
            _ => {}
        }
    }
    work
}

/// Applies entries as an application does whose state machine is of no interest.
pub(crate) fn apply(node: &mut Node, entries: &[Entry]) {
    for entry in entries {
        if let Some(change) = entry.conf_change().unwrap() {
            node.apply_conf_change(&change).unwrap();
        }
    }
    node.applied(entries[entries.len() - 1].index).unwrap();
}

/// Makes the node lead: every other voter of its group votes for it.
pub(crate) fn lead(node: &mut Node) -> Work {
    node.campaign().unwrap();
    let asked = work(node);
    for request in asked.sent(MessageKind::Vote) {
        let from = request.to;
        node.step(Message {
            to: node.id(),
            ..message(MessageKind::VoteResp, from, request.term)
        })
        .unwrap();
    }
    let work = work(node);
    assert_eq!(node.status().role, Role::Leader);
    work
}

/// Makes the node lead, and lets its first entry be committed by all.
pub(crate) fn lead_and_commit(node: &mut Node) {
    lead(node);
    let status = node.status();
    for (peer, _) in &status.progress {
        if *peer != node.id() {
            node.step(ack(*peer, status.hard_state.term, status.last.index))
                .unwrap();
        }
    }
    work(node);
    assert_eq!(node.status().log.committed, status.last.index);
}

/// The outputs up to the next thing to write, and its ticket.
pub(crate) fn until_persist(node: &mut Node) -> (Vec<Message>, u64) {
    let mut sent = Vec::new();
    while let Some(output) = node.poll() {
        match output {
            Output::Send(message) => sent.push(message),
            Output::Persist { ticket, .. } => return (sent, ticket),
            _ => {}
        }
    }
    panic!("there is nothing to write");
}

pub(crate) fn group_state(voters: &[NodeId], learners: &[NodeId]) -> ConfState {
    ConfState {
        voters: voters.to_vec(),
        learners: learners.to_vec(),
        ..ConfState::default()
    }
}

pub(crate) fn snapshot(index: u64, term: u64, conf_state: ConfState) -> Snapshot {
    Snapshot {
        data: b"state"[..].into(),
        metadata: SnapshotMetadata {
            conf_state,
            index,
            term,
        },
    }
}

pub(crate) fn with_snapshot(from: NodeId, term: u64, snapshot: Snapshot) -> Message {
    Message {
        snapshot: Some(Box::new(snapshot)),
        ..message(MessageKind::Snap, from, term)
    }
}

pub(crate) fn change(changes: &[(ConfChangeKind, NodeId)]) -> ConfChangeV2 {
    let single = |&(kind, node_id)| ConfChangeSingle { kind, node_id };
    ConfChangeV2 {
        changes: changes.iter().map(single).collect(),
        ..ConfChangeV2::default()
    }
}

pub(crate) const ADD: ConfChangeKind = ConfChangeKind::AddNode;
pub(crate) const REMOVE: ConfChangeKind = ConfChangeKind::RemoveNode;
pub(crate) const LEARN: ConfChangeKind = ConfChangeKind::AddLearnerNode;

pub(crate) fn change_entry(term: u64, index: u64, change: &ConfChangeV2) -> Entry {
    Entry {
        term,
        index,
        kind: EntryKind::ConfChangeV2,
        data: wire::encode_change_v2(change).into(),
    }
}

/// Node 1 leads `count` voters at term 1, and entries up to `last` are committed by all of them.
pub(crate) fn leader_of(count: u64, last: u64) -> Node {
    let mut node = node(count);
    lead_and_commit(&mut node);
    for index in 2..=last {
        node.propose(&b"x"[..]).unwrap();
        work(&mut node);
        for peer in 2..=count {
            node.step(ack(peer, 1, index)).unwrap();
        }
        work(&mut node);
    }
    node
}

/// What the leader knows of a member.
pub(crate) fn progress(node: &Node, peer: NodeId) -> Progress {
    let progress = node.status().progress.into_iter().find(|(id, _)| *id == peer);
    progress.unwrap_or_else(|| panic!("{peer} is no member")).1
}

/// The terms of the entries in a node's log.
pub(crate) fn terms(node: &Node) -> Vec<u64> {
    let all = node.entries(node.status().first_index, u64::MAX);
    all.iter().map(|entry| entry.term).collect()
}

/// Nodes on a wire that loses only what it is told to.
pub(crate) struct Group {
    pub(crate) nodes: BTreeMap<NodeId, Node>,
    /// What each node has applied.
    pub(crate) applied: BTreeMap<NodeId, Vec<Entry>>,
    pub(crate) reads: BTreeMap<NodeId, Vec<(u64, Data)>>,
    /// Ways that lose everything, from one to another.
    pub(crate) cut: BTreeSet<(NodeId, NodeId)>,
    /// Kinds of messages that are lost.
    pub(crate) lost: BTreeSet<MessageKind>,
    wire: VecDeque<Message>,
}

impl Group {
    pub(crate) fn new(count: u64) -> Self {
        Self::with(count, |_| {})
    }

    /// A new group whose members' settings `change` has seen.
    pub(crate) fn with(count: u64, change: impl Fn(&mut Config)) -> Self {
        let nodes = voters(count).into_iter().map(|id| {
            let mut config = config(id);
            change(&mut config);
            Node::new(config, empty_log(count)).unwrap()
        });
        Self::of(nodes)
    }

    pub(crate) fn of(nodes: impl IntoIterator<Item = Node>) -> Self {
        Self {
            nodes: nodes.into_iter().map(|node| (node.id(), node)).collect(),
            applied: BTreeMap::new(),
            reads: BTreeMap::new(),
            cut: BTreeSet::new(),
            lost: BTreeSet::new(),
            wire: VecDeque::new(),
        }
    }

    pub(crate) fn node(&mut self, id: NodeId) -> &mut Node {
        self.nodes.get_mut(&id).unwrap()
    }

    pub(crate) fn status(&self, id: NodeId) -> Status {
        self.nodes[&id].status()
    }

    /// Cuts a node off from all others, both ways.
    pub(crate) fn isolate(&mut self, id: NodeId) {
        let others: Vec<NodeId> = self.nodes.keys().copied().filter(|other| *other != id).collect();
        self.cut
            .extend(others.iter().flat_map(|&other| [(id, other), (other, id)]));
    }

    pub(crate) fn heal(&mut self) {
        self.cut.clear();
        self.lost.clear();
    }

    /// Lets all nodes work and all messages arrive until nobody says anything.
    pub(crate) fn settle(&mut self) {
        loop {
            for (&id, node) in &mut self.nodes {
                let done = work(node);
                self.applied.entry(id).or_default().extend(done.applied);
                self.reads.entry(id).or_default().extend(done.reads);
                self.wire.extend(done.sent);
            }
            if self.wire.is_empty() {
                return;
            }
            for message in std::mem::take(&mut self.wire) {
                let lost = self.cut.contains(&(message.from, message.to)) || self.lost.contains(&message.kind);
                let Some(node) = self.nodes.get_mut(&message.to).filter(|_| !lost) else {
                    continue;
                };
                match node.step(message) {
                    Ok(()) | Err(Error::ProposalDropped(_) | Error::UnknownPeer(_) | Error::ReadDropped) => {}
                    Err(error) => panic!("node {}: {error}", node.id()),
                }
            }
        }
    }

    /// Lets a node stand for election, and all follow from it.
    pub(crate) fn campaign(&mut self, id: NodeId) {
        self.node(id).campaign().unwrap();
        self.settle();
    }

    pub(crate) fn propose(&mut self, id: NodeId, data: &str) {
        self.node(id).propose(data.as_bytes()).unwrap();
        self.settle();
    }

    /// Ticks of one node's clock, each followed by all that comes of it.
    pub(crate) fn tick(&mut self, id: NodeId, ticks: u64) {
        for _ in 0..ticks {
            self.node(id).tick().unwrap();
            self.settle();
        }
    }

    /// Who leads, by the highest term.
    pub(crate) fn leader(&self) -> Option<NodeId> {
        let leaders = self.nodes.values().map(Node::status);
        let leaders = leaders.filter(|status| status.role == Role::Leader);
        leaders
            .max_by_key(|status| status.hard_state.term)
            .map(|status| status.id)
    }

    /// The commands that a node has applied, as text.
    pub(crate) fn commands(&self, id: NodeId) -> Vec<String> {
        let applied = self.applied.get(&id).map(Vec::as_slice).unwrap_or_default();
        let commands = applied
            .iter()
            .filter(|entry| !entry.data.is_empty() && entry.kind == EntryKind::Normal);
        commands
            .map(|entry| String::from_utf8_lossy(&entry.data).into_owned())
            .collect()
    }
}
