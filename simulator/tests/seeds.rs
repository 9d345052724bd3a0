//! 2,000 storms: worlds, faults and clients drawn from seeds. Everything holds, and in the calm everything comes right.
//! `cargo xtask soak raft` goes on from there.

use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use quorate_simulator::{Kind, Storm, World};

const SEEDS: u64 = 2_000;

#[test]
fn two_thousand_storms_break_nothing() {
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
                    let storm = Storm::new(Kind::Raft, seed);
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
    // The storms are no calm: things happen in them, and clients are served.
    assert!(events.into_inner() > 1_000 * SEEDS);
    assert!(answered.into_inner() > 10 * SEEDS);
}

/// What a failure would print leads to the very state that it was about.
#[test]
fn the_script_of_a_storm_does_it_again() {
    for seed in 1..=40 {
        let outcome = Storm::new(Kind::Raft, seed).run().expect("a valid config");
        let mut world = World::from_script(&outcome.script).expect("a script");
        let report = world.run();
        assert!(report.is_ok(), "seed {seed}: {report}\n{}", outcome.script);
        assert_eq!(report.hash, outcome.hash, "seed {seed}\n{}", outcome.script);
    }
}

#[test]
fn a_storm_that_goes_wrong_is_made_as_short_as_it_can_be() {
    let mut storm = (1..).map(|seed| Storm::new(Kind::Raft, seed)).find(|storm| {
        let mut broken = (*storm).clone();
        broken.config.break_rule("leader-rewrites").expect("a rule");
        !broken.run().expect("a valid config").is_ok()
    });
    let storm = storm.as_mut().expect("a storm");
    storm.config.break_rule("leader-rewrites").expect("a rule");
    let outcome = storm.run().expect("a valid config");
    let shrunk = storm.shrunk(&outcome).expect("a valid config");
    assert!(shrunk.actions.len() < storm.actions.len());
    let again = World::from_script(&shrunk.run().expect("a valid config").script)
        .expect("a script")
        .run();
    assert!(!again.is_ok());
    assert!(
        again.failures[0].text.contains("expected violations == none"),
        "{again}"
    );
}
