//! What the size of a group does to its elections (§9.3 of Ongaro's dissertation), over many seeds.

use quorate_simulator::{Config, MILLISECOND, RaftConfig, SECOND, World};

/// Of so many elections after the leader's crash, how many were not won in the first term.
fn splits(nodes: u64, seeds: u64) -> u64 {
    let splits = (0..seeds).filter(|seed| {
        let config = Config {
            seed: *seed,
            // A millisecond of 150 to 300, as in the paper.
            tick: MILLISECOND,
            ..RaftConfig {
                nodes,
                election_ticks: 150,
                heartbeat_ticks: 50,
                ..RaftConfig::default()
            }
            .into()
        };
        let mut world = World::new(config).expect("a valid config");
        let leader = loop {
            world.run_for(10 * MILLISECOND);
            if let Some(leader) = world.leader() {
                break leader;
            }
        };
        world.run_for(200 * MILLISECOND);
        let term = |world: &World, node| {
            world
                .node(node)
                .expect("a node")
                .map_or(0, |status| status.hard_state.term)
        };
        let before = term(&world, leader);
        world.act(&format!("crash {leader}")).expect("it is up");
        let until = world.now() + 10 * SECOND;
        while world.leader().is_none() && world.now() < until {
            world.run_for(5 * MILLISECOND);
        }
        let elected = world.leader().expect("somebody is elected in the end");
        term(&world, elected) > before + 1
    });
    splits.count() as u64
}

#[test]
fn four_split_more_often_than_three_and_five() {
    let [three, four, five] = [3, 4, 5].map(|nodes| splits(nodes, 400));
    // About 13, 18 and 7 in a hundred.
    assert!(
        four > three && three > five && five > 0,
        "{three}, {four} and {five} of 400"
    );
}
