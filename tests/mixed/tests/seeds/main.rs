//! Groups of our nodes and raft-rs' nodes, which exchange messages as bytes under a storm of faults: each may lead the other.

mod member;
mod ours;
mod theirs;
mod world;

use world::{Outcome, run};

/// Runs seeds of a group and asks that all that should happen does.
fn storm(seeds: std::ops::Range<u64>, is_ours: &[bool]) {
    let mut all = Outcome::default();
    for seed in seeds {
        match run(seed, is_ours, false) {
            Ok(outcome) => all.add(outcome),
            Err(what) => panic!("{what}"),
        }
    }
    println!("{is_ours:?}: {all:?}");
    let happened = [all.applied, all.acknowledged, all.reads, all.crashes, all.restored];
    assert!(happened.iter().all(|&count| count > 100), "{all:?}");
    assert!(all.terms_led_by_ours > 10 && all.terms_led_by_theirs > 10, "{all:?}");
}

#[test]
fn one_of_ours_among_two_of_theirs() {
    storm(0..100, &[true, false, false]);
}

#[test]
fn one_of_theirs_among_two_of_ours() {
    storm(100..200, &[true, false, true]);
}

#[test]
fn three_of_ours_and_two_of_theirs() {
    storm(200..300, &[false, true, true, false, true]);
}

#[test]
fn two_of_ours_and_three_of_theirs() {
    storm(300..400, &[true, false, true, false, false]);
}

#[test]
fn the_same_seed_goes_the_same_way() {
    let group = [true, false, true];
    let texts = [(); 2].map(|()| format!("{:?}", run(7, &group, false)));
    assert_eq!(texts[0], texts[1]);
}

/// The world sees what it is there to see.
#[test]
fn members_that_forget_their_votes_are_found_out() {
    let group = [true, false, true, false, true];
    let found = |seed| run(seed, &group, true).err();
    let is_it = |what: String| what.contains(" voted for ") || what.contains(" lead in ");
    assert!((0..200).filter_map(found).any(is_it));
}
