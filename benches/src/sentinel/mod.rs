//! Sentinels: how much faster than real time five of them watch few and many masters, and what a failover costs.
//!
//! There is no peer that does the same: a `redis-sentinel` lives in real time. So `real time` is what the sentinels are measured
//! beside. What bounds them is what they say: `limit: the servers and messages alone` is the same world over again, in which
//! the sentinels' outputs, made beforehand, take their place.

mod world;

use cpu_time::ThreadTime;
use quorate::sentinel::Millis;

use self::world::{SENTINELS, World};
use crate::report::{Comparison, line, median};

const RUNS: usize = 7;
/// All masters of a run have so many seconds together, so that runs of few masters are not too short to measure.
const MASTER_SECONDS: usize = 6_000;
const REAL_TIME: f64 = 1e9;
/// How long everybody has got to find everybody.
const SETTLING: Millis = 60_000;
const FAILOVERS: usize = 20;

pub(crate) fn run() {
    for masters in [3, 100, 400] {
        watch(masters);
    }
    for masters in [3, 100] {
        fail_over(masters);
    }
}

/// A world in which all know each other.
fn settled(masters: usize) -> World {
    let mut world = World::new(masters);
    world.run_for(SETTLING);
    assert!(world.is_settled(), "the sentinels of {masters} masters");
    world
}

/// Nothing happens, and five sentinels see to it.
fn watch(masters: usize) {
    let seconds = (MASTER_SECONDS / masters).max(10);
    let span = seconds as Millis * 1_000;
    let settled = settled(masters);
    let mut recorded = settled.clone();
    recorded.record();
    let from = recorded.inputs;
    recorded.run_for(span);
    let inputs = recorded.inputs - from;

    let (mut ours, mut limits, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..RUNS {
        let (mut world, mut played) = (settled.clone(), settled.clone());
        played.play(&recorded);
        for (world, times) in [(&mut world, &mut ours), (&mut played, &mut limits)] {
            let from = world.inputs;
            let start = ThreadTime::now();
            world.run_for(span);
            times.push(start.elapsed().as_secs_f64() * 1e9 / seconds as f64);
            assert_eq!(world.inputs - from, inputs, "the same again");
        }
        ratios.push(ours[ours.len() - 1] / limits[limits.len() - 1]);
    }
    let of_real_time = ours.iter().map(|time| time / REAL_TIME).collect();
    let (ours, limit) = (median(ours), median(limits));
    let workload = format!("{SENTINELS} sentinels, {masters} masters");
    let found = |peer, ratio| Comparison { ours, peer, ratio };
    let unit = "virtual second";
    line(
        "sentinel",
        &workload,
        unit,
        "real time",
        &found(REAL_TIME, median(of_real_time)),
    );
    let peer = "limit: the servers and messages alone";
    line("sentinel", &workload, unit, peer, &found(limit, median(ratios)));
}

/// The first master dies again and again, and is back as a replica before it is its turn once more.
fn fail_over(masters: usize) {
    let mut world = settled(masters);
    let mut times = Vec::new();
    let (mut spans, mut quiet) = (Vec::new(), Vec::new());
    for _ in 0..FAILOVERS {
        let master = world.master(0, 0);
        world.kill(master);
        let from = world.now;
        let start = ThreadTime::now();
        while (0..SENTINELS).any(|seat| world.master(seat, 0) == master) {
            world.run_for(10);
            assert!(world.now - from < 120_000, "there is a failover");
        }
        times.push(start.elapsed().as_secs_f64() * 1e9);
        spans.push((world.now - from) as f64 * 1e6);
        world.restart(master);
        // The one that was master becomes a replica, and no failover of late is in the way of the next.
        world.run_for(45_000);
        let start = ThreadTime::now();
        world.run_for(1_000);
        quiet.push(start.elapsed().as_secs_f64());
    }
    // What the same time costs when nothing happens.
    let peer = median(quiet) * median(spans.clone());
    let ours = median(times);
    let workload = format!("a failover among {masters} masters");
    let found = |peer: f64| Comparison {
        ours,
        peer,
        ratio: ours / peer,
    };
    line("sentinel", &workload, "failover", "real time", &found(median(spans)));
    line(
        "sentinel",
        &workload,
        "failover",
        "limit: as long without one",
        &found(peer),
    );
}
