//! Storms over servers and sentinels, drawn from seeds. Everything holds, and in the calm everything comes right.
//! `cargo xtask soak sentinel` goes on from there.

use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use quorate_simulator::{Kind, Storm, World};

const SEEDS: u64 = 600;

#[test]
fn storms_over_sentinels_break_nothing() {
    let (next, events, answered) = (AtomicU64::new(1), AtomicU64::new(0), AtomicU64::new(0));
    let threads = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed > SEEDS {
                        return;
                    }
                    let storm = Storm::new(Kind::Sentinel, seed);
                    let outcome = storm.run().expect("a valid config");
                    if !outcome.is_ok() {
                        let shrunk = storm
                            .shrunk(&outcome)
                            .and_then(|storm| storm.run())
                            .expect("a valid config");
                        panic!(
                            "seed {seed}: {}\nThis script shows it:\n{}",
                            shrunk.text(),
                            shrunk.script
                        );
                    }
                    events.fetch_add(outcome.events, Ordering::Relaxed);
                    answered.fetch_add(outcome.answered, Ordering::Relaxed);
                }
            });
        }
    });
    assert!(events.into_inner() > 1_000 * SEEDS);
    assert!(answered.into_inner() > 10 * SEEDS);
}

/// What a failure would print leads to the very state that it was about.
#[test]
fn the_script_of_a_storm_over_sentinels_does_it_again() {
    for seed in 1..=10 {
        let outcome = Storm::new(Kind::Sentinel, seed).run().expect("a valid config");
        let mut world = World::from_script(&outcome.script).expect("a script");
        let report = world.run();
        assert!(report.is_ok(), "seed {seed}: {report}\n{}", outcome.script);
        assert_eq!(report.hash, outcome.hash, "seed {seed}\n{}", outcome.script);
    }
}
