//! Nodes of a cluster in virtual time: a network that delays, cuts and heals, disks that write at once or never, and a replication
//! that follows whoever the nodes say.

#![allow(dead_code)]

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use quorate::cluster::bus::{Message, NodeFlags, NodeId};
use quorate::cluster::node::{ClusterState, Config, LinkId, Node, Output, ReplicationLink, Ticket, Trace};

pub(crate) type Index = usize;

/// How long a message is under way, in milliseconds.
const LATENCY: u64 = 1;

pub(crate) struct Net {
    pub(crate) now: u64,
    pub(crate) nodes: Vec<Node>,
    /// The other end of each end of a connection.
    wires: BTreeMap<(Index, LinkId), (Index, LinkId)>,
    /// What is under way: when it comes, to whom.
    under_way: VecDeque<(u64, Index, LinkId, Vec<u8>)>,
    /// What came to nodes that are stopped.
    held: Vec<(Index, LinkId, Vec<u8>)>,
    /// Pairs that cannot hear each other.
    pub(crate) cut: BTreeSet<(Index, Index)>,
    pub(crate) stopped: BTreeSet<Index>,
    /// Disks that do not answer, and the tickets that wait.
    pub(crate) slow_disks: BTreeSet<Index>,
    pub(crate) open_tickets: BTreeMap<Index, (Ticket, String)>,
    pub(crate) files: BTreeMap<Index, String>,
    pub(crate) events: Vec<(u64, Index, Output)>,
    pub(crate) traces: Vec<(u64, Index, Trace)>,
    /// The offset of each, and whom it replicates.
    pub(crate) offsets: Vec<u64>,
    pub(crate) follows: BTreeMap<Index, Index>,
    /// Replicas that the stream does not reach.
    pub(crate) lagging: BTreeSet<Index>,
    /// Messages that were sent, for those who look at them.
    pub(crate) sent: Vec<(u64, Index, Message)>,
    pub(crate) keep_sent: bool,
}

pub(crate) fn id(index: Index) -> NodeId {
    NodeId::parse(&format!("{:040x}", 0xa000 + index)).unwrap()
}

pub(crate) fn config(index: Index) -> Config {
    Config {
        node_timeout: 1_000,
        trace: true,
        ..Config::new(id(index), 7_000 + index as u16, 42 + index as u64)
    }
}

impl Net {
    pub(crate) fn new(configs: Vec<Config>) -> Self {
        let now = 1_700_000_000_000;
        let nodes: Vec<_> = configs
            .into_iter()
            .map(|config| Node::new(config, now).unwrap())
            .collect();
        Self {
            now,
            offsets: vec![100; nodes.len()],
            nodes,
            wires: BTreeMap::new(),
            under_way: VecDeque::new(),
            held: Vec::new(),
            cut: BTreeSet::new(),
            stopped: BTreeSet::new(),
            slow_disks: BTreeSet::new(),
            open_tickets: BTreeMap::new(),
            files: BTreeMap::new(),
            events: Vec::new(),
            traces: Vec::new(),
            follows: BTreeMap::new(),
            lagging: BTreeSet::new(),
            sent: Vec::new(),
            keep_sent: false,
        }
    }

    /// `masters` masters that share the slots, each with so many replicas: nodes 0.. are the masters, then come the replicas of the
    /// first, of the second, and so on. It works when this returns.
    pub(crate) fn cluster(masters: usize, replicas: usize) -> Self {
        Self::cluster_with(masters, replicas, |_| {})
    }

    pub(crate) fn cluster_with(masters: usize, replicas: usize, change: impl Fn(&mut Config)) -> Self {
        let total = masters * (replicas + 1);
        let mut net = Self::new(
            (0..total)
                .map(|index| {
                    let mut config = config(index);
                    change(&mut config);
                    config
                })
                .collect(),
        );
        for master in 0..masters {
            let (first, last) = (master * 16_384 / masters, (master + 1) * 16_384 / masters - 1);
            net.ok(master, &format!("addslotsrange {first} {last}"));
        }
        for index in 0..total {
            net.ok(index, &format!("set-config-epoch {}", index + 1));
        }
        for index in 1..total {
            net.ok(index, "meet 127.0.0.1 7000");
        }
        net.run(5_000);
        for index in masters..total {
            let master = (index - masters) / replicas;
            net.ok(index, &format!("replicate {}", id(master)));
        }
        net.run(5_000);
        assert!(net.all_ok(), "{}", net.nodes[0].info_text());
        net.events.clear();
        net.traces.clear();
        net
    }

    pub(crate) fn command(&mut self, index: Index, words: &str) -> String {
        let mut argv: Vec<&[u8]> = vec![b"CLUSTER"];
        argv.extend(words.split(' ').map(str::as_bytes));
        let answer = self.nodes[index].command(&argv, self.now).to_string();
        self.settle();
        answer
    }

    pub(crate) fn ok(&mut self, index: Index, words: &str) {
        assert_eq!(self.command(index, words), "\"OK\"", "{words}");
    }

    /// Lets so many milliseconds pass. Nodes tick ten times a second, not all at once.
    pub(crate) fn run(&mut self, milliseconds: u64) {
        for _ in 0..milliseconds {
            self.step();
        }
    }

    /// Runs until it is so, for half a minute at most, and says how long it took.
    pub(crate) fn run_until(&mut self, so: impl Fn(&Self) -> bool) -> u64 {
        let start = self.now;
        while !so(self) {
            assert!(self.now < start + 30_000, "it did not come to be so within 30 s");
            self.step();
        }
        self.now - start
    }

    fn step(&mut self) {
        self.now += 1;
        while self.under_way.front().is_some_and(|(at, ..)| *at <= self.now) {
            let Some((_, to, link, bytes)) = self.under_way.pop_front() else {
                break;
            };
            if self.stopped.contains(&to) {
                self.held.push((to, link, bytes));
                continue;
            }
            // A connection may be gone by now.
            let _ = self.nodes[to].received(link, &bytes, self.now);
            self.settle();
        }
        for index in 0..self.nodes.len() {
            if !(self.now + index as u64 * 13).is_multiple_of(100) || self.stopped.contains(&index) {
                continue;
            }
            self.replicate(index);
            self.nodes[index].tick(self.now);
            self.settle();
        }
    }

    fn replicate(&mut self, index: Index) {
        let link = match self.follows.get(&index) {
            Some(master) if self.reaches(*master, index) && !self.stopped.contains(master) => {
                if !self.lagging.contains(&index) {
                    self.offsets[index] = self.offsets[*master];
                }
                ReplicationLink::Connected { last_heard: self.now }
            }
            Some(_) => return,
            None => ReplicationLink::Down { since: self.now },
        };
        self.nodes[index].set_replication(self.offsets[index], link, self.now);
    }

    pub(crate) fn reaches(&self, from: Index, to: Index) -> bool {
        !self.cut.contains(&(from.min(to), from.max(to)))
    }

    /// Cuts these off from all others.
    pub(crate) fn isolate(&mut self, side: &[Index]) {
        for from in 0..self.nodes.len() {
            for to in 0..self.nodes.len() {
                if side.contains(&from) != side.contains(&to) {
                    self.cut.insert((from.min(to), from.max(to)));
                }
            }
        }
    }

    /// Stops a node as `SIGSTOP` does: connections to it stand, and nothing comes back.
    pub(crate) fn stop(&mut self, index: Index) {
        self.stopped.insert(index);
    }

    pub(crate) fn wake(&mut self, index: Index) {
        self.stopped.remove(&index);
        for (to, link, bytes) in std::mem::take(&mut self.held) {
            match to == index {
                true => self.under_way.push_back((self.now + LATENCY, to, link, bytes)),
                false => self.held.push((to, link, bytes)),
            }
        }
    }

    /// Ends a node and starts it of its file.
    pub(crate) fn restart(&mut self, index: Index) {
        let file = self.files[&index].clone();
        self.nodes[index] = Node::restore(self.nodes[index].config().clone(), &file, self.now).unwrap();
        let ends: Vec<_> = self
            .wires
            .iter()
            .filter(|((at, _), _)| *at == index)
            .map(|(end, other)| (*end, *other))
            .collect();
        for (end, (other, link)) in ends {
            self.wires.remove(&end);
            self.wires.remove(&(other, link));
            let _ = self.nodes[other].disconnected(link, self.now);
        }
        self.open_tickets.remove(&index);
        self.settle();
    }

    /// The disk of a node answers again.
    pub(crate) fn write_disk(&mut self, index: Index) {
        self.slow_disks.remove(&index);
        if let Some((ticket, text)) = self.open_tickets.remove(&index) {
            self.files.insert(index, text);
            self.nodes[index].persisted(ticket).unwrap();
        }
        self.settle();
    }

    pub(crate) fn settle(&mut self) {
        while let Some((index, output)) = (0..self.nodes.len()).find_map(|at| Some((at, self.nodes[at].poll()?))) {
            self.carry_out(index, output);
        }
    }

    fn carry_out(&mut self, index: Index, output: Output) {
        match output {
            Output::Connect { link, port, .. } => {
                let to = usize::from(port) - 17_000;
                if to >= self.nodes.len() || !self.reaches(index, to) {
                    return; // It hangs, as a connection into a cut does.
                }
                let other = self.nodes[to].accept("127.0.0.1", "127.0.0.1", self.now);
                self.wires.insert((index, link), (to, other));
                self.wires.insert((to, other), (index, link));
                let _ = self.nodes[index].connected(link, self.now);
            }
            Output::Close { link } => {
                if let Some((to, other)) = self.wires.remove(&(index, link)) {
                    self.wires.remove(&(to, other));
                    let _ = self.nodes[to].disconnected(other, self.now);
                }
            }
            Output::Send { link, message } => {
                if let Some(&(to, other)) = self
                    .wires
                    .get(&(index, link))
                    .filter(|(to, _)| self.reaches(index, *to))
                {
                    self.under_way
                        .push_back((self.now + LATENCY, to, other, message.encode()));
                }
                if self.keep_sent {
                    self.sent.push((self.now, index, message));
                }
            }
            Output::Persist { ticket, text, fsync } => {
                if self.slow_disks.contains(&index) && fsync {
                    self.open_tickets.insert(index, (ticket, text));
                } else {
                    self.files.insert(index, text);
                    self.nodes[index].persisted(ticket).unwrap();
                }
            }
            Output::Trace(trace) => self.traces.push((self.now, index, trace)),
            output => {
                match &output {
                    Output::BecomeReplicaOf { port, .. } => {
                        self.follows.insert(index, usize::from(*port) - 7_000);
                    }
                    Output::BecomePrimary => {
                        self.follows.remove(&index);
                    }
                    _ => {}
                }
                self.events.push((self.now, index, output));
            }
        }
    }

    // ---- questions

    pub(crate) fn all_ok(&self) -> bool {
        let mut running = (0..self.nodes.len()).filter(|index| !self.stopped.contains(index));
        running.all(|index| self.nodes[index].state() == ClusterState::Ok)
    }

    pub(crate) fn flag(&self, viewer: Index, about: Index, flag: NodeFlags) -> bool {
        self.nodes[viewer].flags(id(about)).is_some_and(|flags| flags.any(flag))
    }

    /// Whether all that run take that one to be failed.
    pub(crate) fn all_see_failed(&self, about: Index) -> bool {
        let mut running = (0..self.nodes.len()).filter(|index| !self.stopped.contains(index) && *index != about);
        running.all(|index| self.flag(index, about, NodeFlags::FAIL))
    }

    pub(crate) fn find_trace(&self, mut wanted: impl FnMut(&Trace) -> bool) -> Option<&(u64, Index, Trace)> {
        self.traces.iter().find(|(_, _, trace)| wanted(trace))
    }

    pub(crate) fn count_traces(&self, mut wanted: impl FnMut(&Trace) -> bool) -> usize {
        self.traces.iter().filter(|(_, _, trace)| wanted(trace)).count()
    }
}
