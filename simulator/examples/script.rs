//! Carries out a script: `cargo run -p quorate-simulator --example script -- FILE`. With `--events`, it prints what happened.

use std::process::ExitCode;

use quorate_simulator::{World, print_time};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let file = arguments
        .iter()
        .find(|argument| !argument.starts_with("--"))
        .expect("a file");
    let text = std::fs::read_to_string(file).expect("a file that can be read");
    let mut world = match World::from_script(&text) {
        Ok(world) => world,
        Err(error) => {
            eprintln!("{file}: {error}");
            return ExitCode::FAILURE;
        }
    };
    let report = world.run();
    if arguments.iter().any(|argument| argument == "--events") {
        for event in world.events() {
            println!("{:>12} {:?}", print_time(event.at), event.what);
        }
    }
    for node in 1..=world.node_count() {
        if let Ok(Some(status)) = world.node(node) {
            let (hard, log) = (status.hard_state, status.log);
            println!(
                "node {node}: {:?} term {} lead {} commit {} applied {} last {} {}",
                status.role, hard.term, status.lead, hard.commit, log.applied, status.last.index, status.config
            );
            for (peer, progress) in status.progress {
                println!("  {peer}: {progress}");
            }
        }
    }
    println!("{report}");
    if report.is_ok() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
