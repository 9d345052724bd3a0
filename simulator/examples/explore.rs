//! Goes through every run of a small world: `cargo run --release -p quorate-simulator --example explore -- [--nodes 3] [--term 3]
//! [--proposals 1] [--restarts 0] [--heartbeats 0] [--most 1000000] [--broken RULE]`.

use std::time::Instant;

use quorate_simulator::{Exploration, RaftConfig};

fn main() {
    let mut exploration = Exploration {
        config: RaftConfig {
            nodes: 3,
            ..RaftConfig::default()
        },
        seed: 1,
        last_term: 3,
        proposals: 1,
        restarts: 0,
        heartbeats: 0,
        most_states: 1_000_000,
    };
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let value = arguments.next().unwrap_or_default();
        let number = || value.parse::<u64>().expect("a number");
        match name.as_str() {
            "--nodes" => exploration.config.nodes = number(),
            "--term" => exploration.last_term = number(),
            "--proposals" => exploration.proposals = number(),
            "--restarts" => exploration.restarts = number(),
            "--heartbeats" => exploration.heartbeats = number(),
            "--most" => exploration.most_states = number() as usize,
            "--broken" => exploration
                .config
                .break_rule(&value)
                .expect("a rule that can be broken"),
            _ => panic!("unknown argument {name}"),
        }
    }
    let start = Instant::now();
    let explored = exploration.run().expect("a valid config");
    let seconds = start.elapsed().as_secs_f64();
    println!(
        "{} states, {} steps, {} deep, {}; {} with a leader, committed up to {}; {seconds:.1} s",
        explored.states,
        explored.steps,
        explored.depth,
        if explored.complete { "complete" } else { "not complete" },
        explored.with_leader,
        explored.committed
    );
    if let Some((violation, way)) = explored.violation {
        println!("{}: {}", violation.invariant.name(), violation.text);
        for step in way {
            println!("  {step}");
        }
    }
}
