//! The simulator: events a second, and how long it takes to go to any moment of a run.
//!
//! There is no peer that does the same. What bounds a run is the work of the machines themselves: `limit: the machines alone` is a
//! group of as many nodes that get ticks, commands and messages from a queue, without a clock, a network, disks, clients, or anybody
//! who looks whether all holds. What bounds a seek is the copy that is restored and the events from there on.

use std::collections::VecDeque;

use cpu_time::ThreadTime;
use quorate::raft::{self, Message, Node, Output, Role, Stored};
use quorate_simulator::{Config, Kind, Storm, World};

use crate::report::{Comparison, compare, line};

const EVENTS: usize = 10_000;
/// As many events lie between two copies that a world keeps of itself, as long as there are few of them.
const INTERVAL: u64 = 128;
const SEEKS: usize = 1_000;
const NODES: u64 = 5;

pub(crate) fn run() {
    let limit = "limit: the machines alone";
    let watched = compare(EVENTS, || forward(true), || alone(EVENTS));
    line("simulator", "forward, watched", "event", limit, &watched);
    line(
        "simulator",
        "forward",
        "event",
        limit,
        &compare(EVENTS, || forward(false), || alone(EVENTS)),
    );
    storms(limit);
    seeks();
}

/// A Raft group of five, unless something else is said.
fn world(watched: bool) -> World {
    let config = Config {
        clients: 3,
        loss: 10_000,
        ..Config::default()
    };
    World::watched(config, watched).expect("a config of ours")
}

fn forward(watched: bool) {
    let mut world = world(watched);
    assert_eq!(world.node_count(), NODES);
    world.seek_event(EVENTS as u64);
    assert!(world.violations().is_empty() && world.leader().is_some());
}

/// What a soak does: worlds of all sizes, with faults.
fn storms(limit: &str) {
    let storms: Vec<Storm> = (1..=20).map(|seed| Storm::new(Kind::Raft, seed)).collect();
    let run = |storm: &Storm| storm.run().expect("a config of ours").events;
    let events: u64 = storms.iter().map(run).sum();
    let ours = || assert_eq!(storms.iter().map(run).sum::<u64>(), events);
    let found = compare(events as usize, ours, || alone(events as usize));
    line("simulator", "storms", "event", limit, &found);
}

fn seeks() {
    let mut world = world(true);
    let start = ThreadTime::now();
    world.seek_event(EVENTS as u64);
    let event = nanoseconds(start) / EVENTS as f64;

    let anywhere = seek(&mut world, |place| place % EVENTS as u64);
    // To where a copy was made: nothing is left to do from there on.
    let to_copies = seek(&mut world, |place| place % (EVENTS as u64 / INTERVAL) * INTERVAL);
    for (name, share) in [("median", 0.5), ("p95", 0.95)] {
        let ours = at(&anywhere, share);
        let peer = at(&to_copies, 0.5) + share * INTERVAL as f64 * event;
        let events = share * INTERVAL as f64;
        let found = Comparison {
            ours,
            peer,
            ratio: ours / peer,
        };
        let limit = format!("limit: restore a copy, {events:.0} events");
        line(
            "simulator",
            &format!("seek in 10,000 events, {name}"),
            "seek",
            &limit,
            &found,
        );
    }
}

/// How long each of many seeks took, the shortest first.
fn seek(world: &mut World, place_of: impl Fn(u64) -> u64) -> Vec<f64> {
    let mut random = 1_u64;
    let mut times = Vec::new();
    for _ in 0..SEEKS {
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let place = place_of(random >> 33);
        let start = ThreadTime::now();
        world.seek_event(place);
        times.push(nanoseconds(start));
        assert_eq!(world.event_count(), place);
    }
    times.sort_by(f64::total_cmp);
    times
}

fn at(sorted: &[f64], share: f64) -> f64 {
    sorted[((sorted.len() - 1) as f64 * share) as usize]
}

fn nanoseconds(start: ThreadTime) -> f64 {
    start.elapsed().as_secs_f64() * 1e9
}

/// As many events, of the nodes alone: a tick, a message that arrives or a write that is durable is one each.
fn alone(events: usize) {
    let ids: Vec<u64> = (1..=NODES).collect();
    let node = |&id: &u64| Node::new(raft::Config::new(id, id), Stored::group(&ids)).expect("a config of ours");
    let mut group = Alone {
        nodes: ids.iter().map(node).collect(),
        messages: VecDeque::new(),
        events: 0,
    };
    let mut command = 0_u64;
    while group.events < events {
        for place in 0..group.nodes.len() {
            group.nodes[place].tick().expect("a node that runs");
            group.events += 1;
            group.drain(place);
        }
        if let Some(leader) = group
            .nodes
            .iter()
            .position(|node| node.soft_state().role == Role::Leader)
        {
            command += 1;
            group.nodes[leader]
                .propose(&command.to_le_bytes()[..])
                .expect("a leader");
            group.drain(leader);
        }
        while let Some(message) = group.messages.pop_front() {
            let place = message.to as usize - 1;
            group.nodes[place].step(message).expect("a message of ours");
            group.events += 1;
            group.drain(place);
        }
    }
    assert!(command > 0);
}

struct Alone {
    nodes: Vec<Node>,
    messages: VecDeque<Message>,
    events: usize,
}

impl Alone {
    /// Does what a node says.
    fn drain(&mut self, place: usize) {
        while let Some(output) = self.nodes[place].poll() {
            match output {
                Output::Send(message) => self.messages.push_back(message),
                Output::Persist { ticket, .. } => {
                    self.nodes[place].persisted(ticket).expect("a ticket that is open");
                    self.events += 1;
                }
                Output::Apply(entries) => {
                    let last = entries.last().map_or(0, |entry| entry.index);
                    self.nodes[place].applied(last).expect("entries to apply");
                }
                _ => {}
            }
        }
    }
}
