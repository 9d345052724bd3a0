//! Every run of small worlds: messages lost and overtaken as may be, elections and commands whenever. Everything holds in all of them.

use quorate_simulator::{Exploration, Explored, RaftConfig};

fn explore(exploration: Exploration) -> Explored {
    let explored = exploration.run().expect("a valid config");
    if let Some((violation, way)) = &explored.violation {
        panic!("{}: {}\n{}", violation.invariant.name(), violation.text, way.join("\n"));
    }
    explored
}

fn world(last_term: u64, proposals: u64, restarts: u64) -> Exploration {
    Exploration {
        config: RaftConfig {
            nodes: 3,
            ..RaftConfig::default()
        },
        seed: 1,
        last_term,
        proposals,
        restarts,
        heartbeats: 0,
        most_states: 150_000,
    }
}

#[test]
fn all_of_a_world_with_one_term_and_one_command() {
    let explored = explore(world(2, 1, 0));
    assert!(explored.complete);
    assert!(explored.states > 100_000, "{explored:?}");
    assert_eq!(explored.committed, 3, "the command is committed in some of them");
}

#[test]
fn all_of_a_world_with_one_term_and_restarts() {
    let explored = explore(world(2, 0, 1));
    assert!(explored.complete);
    assert!(explored.with_leader > 1_000, "{explored:?}");
}

#[test]
fn the_first_states_of_a_world_with_two_terms() {
    let explored = explore(world(3, 0, 0));
    assert_eq!(explored.states, 150_000);
    assert_eq!(
        explored.committed, 3,
        "entries of both terms are committed in some of them"
    );
}

#[test]
fn pre_votes_change_nothing_of_it() {
    let mut exploration = world(2, 0, 0);
    exploration.config.prevote = true;
    let explored = explore(exploration);
    assert!(explored.with_leader > 100, "{explored:?}");
}
