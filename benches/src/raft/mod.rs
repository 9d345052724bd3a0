//! The Raft node beside raft-rs: whole groups in one process, messages handed over as they are.
//!
//! In a pass every node takes what came for it and does all that it has to do: a group has settled when a pass finds nothing
//! to do. Writing is keeping in memory, done at once; applying is counting. So a commit is an entry that all nodes have
//! applied. Both sides drop what all have applied once a run is over, in the time that is measured.
//!
//! The commands are of 64 bytes. `settle` waits for each batch before the next; `pipelined` makes one pass a batch.

mod ours;
mod theirs;

use crate::report::{compare, line};

/// The entries of one run: the groups drop their logs then.
const COMMANDS: usize = 4096;
const COMMAND: [u8; 64] = [b'x'; 64];
const ROUNDS: usize = 256;

/// How a group is made.
#[derive(Clone, Copy)]
struct Settings {
    nodes: u64,
    pre_vote: bool,
    check_quorum: bool,
    /// What is appended in one go leaves in one message: `coalesce_appends` here, `batch_append` there.
    coalesce: bool,
}

const THREE: Settings = Settings {
    nodes: 3,
    pre_vote: false,
    check_quorum: false,
    coalesce: false,
};
const COALESCED: Settings = Settings {
    coalesce: true,
    ..THREE
};

/// Some nodes, and the messages between them. Nodes are counted from 0.
trait Group {
    fn new(settings: Settings) -> Self;
    fn campaign(&mut self, node: usize);
    fn propose(&mut self, node: usize);
    /// As many commands in one call.
    fn propose_batch(&mut self, node: usize, commands: usize);
    fn tick(&mut self, node: usize);
    fn read(&mut self, node: usize, context: u64);
    /// Every node takes what came for it. Says whether there was anything to do.
    fn pass(&mut self) -> bool;
    /// Drops what every node has applied.
    fn compact(&mut self);
    /// How many entries the nodes have applied, all counted.
    fn applied(&self) -> u64;
    /// How many reads were answered.
    fn reads(&self) -> u64;
    fn leads(&self, node: usize) -> bool;

    fn settle(&mut self) {
        while self.pass() {}
    }

    fn led(settings: Settings) -> Self
    where
        Self: Sized,
    {
        let mut group = Self::new(settings);
        group.campaign(0);
        group.settle();
        assert!(group.leads(0));
        group
    }
}

/// How commands come in.
#[derive(Clone, Copy)]
struct Load {
    batch: usize,
    one_call: bool,
    pipelined: bool,
}

pub(crate) fn run() {
    let each = |batch, pipelined| Load {
        batch,
        one_call: false,
        pipelined,
    };
    let one_call = |batch| Load {
        batch,
        one_call: true,
        pipelined: false,
    };
    for batch in [1, 16, 256] {
        commits(each(batch, false));
    }
    for batch in [16, 256] {
        commits(one_call(batch));
    }
    for batch in [1, 16, 256] {
        commits(each(batch, true));
    }
    for nodes in [3, 5, 7] {
        elections(Settings { nodes, ..COALESCED });
    }
    elections(Settings {
        nodes: 5,
        pre_vote: true,
        ..COALESCED
    });
    heartbeats();
    for reads in [1, 16] {
        read_indices(reads);
    }
}

/// What is compared: ours that lets what is proposed in one go leave in one message, with theirs as it comes and with theirs
/// that merges messages; and both with a message for each proposal.
const PAIRS: [(&str, Settings, &str, Settings); 3] = [
    ("coalesced", COALESCED, "raft-rs 0.7", THREE),
    ("coalesced", COALESCED, "raft-rs 0.7 batch_append", COALESCED),
    ("one message a proposal", THREE, "raft-rs 0.7", THREE),
];

fn commits(load: Load) {
    let Load {
        batch,
        one_call,
        pipelined,
    } = load;
    let way = if pipelined { "pipelined" } else { "settle" };
    let call = if one_call { "in one call" } else { "one by one" };
    for (how, ours, peer, theirs) in PAIRS {
        let mut ours = ours::Nodes::led(ours);
        let mut theirs = theirs::Nodes::led(theirs);
        let found = compare(COMMANDS, || commit(&mut ours, load), || commit(&mut theirs, load));
        line("raft", &format!("{way}, {batch} {call}, {how}"), "commit", peer, &found);
    }
}

fn commit(group: &mut impl Group, load: Load) {
    let before = group.applied();
    for _ in 0..COMMANDS / load.batch {
        if load.one_call {
            group.propose_batch(0, load.batch);
        } else {
            (0..load.batch).for_each(|_| group.propose(0));
        }
        if load.pipelined {
            group.pass();
        } else {
            group.settle();
        }
    }
    group.settle();
    assert_eq!(group.applied() - before, 3 * COMMANDS as u64);
    group.compact();
}

fn elections(settings: Settings) {
    let mut ours = ours::Nodes::led(settings);
    let mut theirs = theirs::Nodes::led(settings);
    let found = compare(ROUNDS, || elect(&mut ours, settings), || elect(&mut theirs, settings));
    let ask = if settings.pre_vote { " with pre-vote" } else { "" };
    let workload = format!("election of {}{ask}", settings.nodes);
    line("raft", &workload, "election", "raft-rs 0.7", &found);
}

/// One node after the other becomes the leader, and all apply its first entry.
fn elect(group: &mut impl Group, settings: Settings) {
    let before = group.applied();
    for round in 1..=ROUNDS {
        let node = round % settings.nodes as usize;
        // Whoever leads already does not stand.
        let node = if group.leads(node) {
            (node + 1) % settings.nodes as usize
        } else {
            node
        };
        group.campaign(node);
        group.settle();
        assert!(group.leads(node));
    }
    assert_eq!(group.applied() - before, settings.nodes * ROUNDS as u64);
    group.compact();
}

fn heartbeats() {
    let settings = Settings {
        check_quorum: true,
        ..COALESCED
    };
    let mut ours = ours::Nodes::led(settings);
    let mut theirs = theirs::Nodes::led(settings);
    let found = compare(ROUNDS, || beat(&mut ours), || beat(&mut theirs));
    line("raft", "heartbeat with quorum check", "round", "raft-rs 0.7", &found);
}

fn beat(group: &mut impl Group) {
    for _ in 0..ROUNDS {
        group.tick(0);
        group.settle();
    }
    assert!(group.leads(0));
}

fn read_indices(reads: usize) {
    let mut ours = ours::Nodes::led(COALESCED);
    let mut theirs = theirs::Nodes::led(COALESCED);
    let (mut our_context, mut their_context) = (0, 0);
    let found = compare(
        ROUNDS * reads,
        || ask(&mut ours, reads, &mut our_context),
        || ask(&mut theirs, reads, &mut their_context),
    );
    let workload = format!("safe ReadIndex, {reads} a round");
    line("raft", &workload, "read", "raft-rs 0.7", &found);
}

fn ask(group: &mut impl Group, reads: usize, context: &mut u64) {
    let before = group.reads();
    for _ in 0..ROUNDS {
        for _ in 0..reads {
            *context += 1;
            group.read(0, *context);
        }
        group.settle();
    }
    assert_eq!(group.reads() - before, (ROUNDS * reads) as u64);
}
