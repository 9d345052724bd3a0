//! Random faults, seed by seed: `cargo run --release -p quorate-simulator --example soak -- --seeds 10000 [--from 1] [--broken RULE]`.
//!
//! Each seed that goes wrong is printed with what does not hold and the shortest script that shows it. The exit code says whether
//! all held.

use std::process::ExitCode;
use std::time::Instant;

use quorate_simulator::Storm;

fn main() -> ExitCode {
    let (mut seeds, mut from, mut broken) = (2_000u64, 1u64, None);
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let value = arguments.next().unwrap_or_default();
        match name.as_str() {
            "--seeds" => seeds = value.parse().expect("a number of seeds"),
            "--from" => from = value.parse().expect("a seed"),
            "--broken" => broken = Some(value),
            _ => panic!("unknown argument {name}: expected --seeds N, --from N or --broken RULE"),
        }
    }
    let start = Instant::now();
    let (mut failed, mut events, mut answered) = (0, 0, 0);
    for seed in from..from + seeds {
        let mut storm = Storm::new(seed);
        if let Some(rule) = &broken {
            storm.config.break_rule(rule).expect("a rule that can be broken");
        }
        let outcome = storm.run().expect("a storm's config is valid");
        events += outcome.events;
        answered += outcome.answered;
        if !outcome.is_ok() {
            failed += 1;
            let shrunk = storm.shrunk(&outcome).expect("a storm's config is valid");
            let least = shrunk.run().expect("a storm's config is valid");
            println!("seed {seed}: {}\n{}", least.text(), least.script);
        }
    }
    let seconds = start.elapsed().as_secs_f64();
    println!(
        "{seeds} seeds, {failed} failed; {events} events, {answered} operations of clients; {seconds:.1} s, {:.0} seeds a minute, \
         {:.0} events a second",
        seeds as f64 * 60.0 / seconds,
        events as f64 / seconds
    );
    if failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
