//! How long it takes to go to any moment of 10,000 events: `cargo run --release -p quorate-simulator --example seek`.

use std::time::Instant;

use quorate_simulator::{Config, World};

fn main() {
    let config = Config {
        clients: 3,
        loss: 10_000,
        ..Config::default()
    };
    let mut world = World::watched(config, true).expect("a valid config");
    let start = Instant::now();
    world.seek_event(10_000);
    let seconds = start.elapsed().as_secs_f64();
    println!(
        "forward: 10000 events in {:.1} ms, {:.0} events a second",
        seconds * 1e3,
        10_000.0 / seconds
    );
    let mut times = Vec::new();
    let mut place = 1u64;
    for _ in 0..1_000 {
        place = place
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let start = Instant::now();
        world.seek_event((place >> 33) % 10_000);
        times.push(start.elapsed().as_secs_f64() * 1e3);
    }
    times.sort_by(f64::total_cmp);
    let (median, most) = (times[times.len() / 2], times[times.len() - 1]);
    println!(
        "seek to any of them: median {median:.3} ms, p95 {:.3} ms, most {most:.3} ms",
        times[times.len() * 95 / 100]
    );
}
