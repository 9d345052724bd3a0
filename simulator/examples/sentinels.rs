//! How fast worlds of Sentinel go: `cargo run --release -p quorate-simulator --example sentinels`.

use std::time::Instant;

use quorate_simulator::{Config, SECOND, World};

fn main() {
    for groups in [3, 30, 100] {
        let mut world = World::new(Config::sentinel(groups, 2, 5)).expect("a valid config");
        world.run_for(15 * SECOND);
        let (from, events) = (Instant::now(), world.event_count());
        let virtual_seconds = 30_000 / (groups * 10);
        world.run_for(virtual_seconds * SECOND);
        let took = from.elapsed().as_secs_f64();
        println!(
            "5 sentinels over {groups} masters: {:.0} virtual seconds a second, {:.0} events a second",
            virtual_seconds as f64 / took,
            (world.event_count() - events) as f64 / took
        );
    }
    let mut world = World::new(Config::sentinel(1, 3, 3)).expect("a valid config");
    world.run_for(30 * SECOND);
    let (from, mut failovers) = (Instant::now(), 0);
    while from.elapsed().as_secs() < 2 {
        let master = world.ask("masters m1").expect("a question");
        world.act(&format!("crash {master}")).expect("it is up");
        assert!(
            world
                .until(&format!("masters m1 != {master}"), 300 * SECOND)
                .expect("a question")
        );
        world.act(&format!("restart {master}")).expect("it is down");
        assert!(world.until("converged == yes", 300 * SECOND).expect("a question"));
        failovers += 1;
    }
    let took = from.elapsed().as_secs_f64();
    println!(
        "{:.1} failovers a second, each until all is well again",
        f64::from(failovers) / took
    );
}
