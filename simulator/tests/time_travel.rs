//! A world is a value: the same twice, wherever one goes in time, and on every branch.

use quorate_simulator::{Config, Kind, MILLISECOND, RaftConfig, SECOND, Storm, World, print_time};

/// A world in which much goes on: clients, loss, a crash and a partition.
fn eventful() -> World {
    let config = Config {
        seed: 42,
        clients: 3,
        loss: 20_000,
        duplicates: 20_000,
        reordering: 20_000,
        disk_jitter: 5 * MILLISECOND,
        ..RaftConfig {
            snapshot_every: 10,
            ..RaftConfig::default()
        }
        .into()
    };
    let mut world = World::watched(config, true).expect("a valid config");
    for (at, action) in [
        (400, "crash 1"),
        (700, "partition 2 3 c1 | 1 4 5"),
        (900, "restart 1"),
        (1_100, "heal"),
        (1_300, "pause 4"),
        (1_500, "resume 4"),
    ] {
        world.run_until(at * MILLISECOND);
        world.act(action).expect("it can be done");
    }
    world.run_until(2 * SECOND);
    world
}

#[test]
fn the_same_twice_is_the_same() {
    let (first, second) = (eventful(), eventful());
    assert_eq!(first.fingerprint(), second.fingerprint());
    assert_eq!(first.state_hash(), second.state_hash());
    assert_eq!(first.events(), second.events());
    assert!(first.event_count() > 1_500);
    for seed in 1..20 {
        let run = || Storm::new(Kind::Raft, seed).run().expect("a valid config").hash;
        assert_eq!(run(), run(), "seed {seed}");
    }
}

#[test]
fn another_seed_is_another_world() {
    let hash = |seed| {
        let config = Config {
            seed,
            ..Config::default()
        };
        let mut world = World::new(config).expect("a valid config");
        world.run_for(SECOND);
        world.state_hash()
    };
    assert_ne!(hash(1), hash(2));
}

#[test]
fn any_time_is_as_it_was() {
    let mut world = eventful();
    let end = (world.fingerprint(), world.events().len());
    let mut there = World::watched(world.config().clone(), true).expect("a valid config");
    let actions: Vec<_> = world.actions().to_vec();
    let mut random = 1u64;
    for _ in 0..200 {
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let at = (random >> 33) % (2 * SECOND);
        world.seek(at);
        let (seen, fingerprint) = (world.events().to_vec(), world.fingerprint());
        // Straight there, from the beginning.
        there.seek(0);
        let mut straight = there.branch();
        for done in actions.iter().filter(|done| done.at <= at) {
            straight.run_until(done.at);
            straight.apply(done.action.clone()).expect("it could be done");
        }
        straight.run_until(at);
        assert_eq!(straight.fingerprint(), fingerprint, "at {}", print_time(at));
        assert_eq!(straight.events(), seen, "at {}", print_time(at));
    }
    world.seek(2 * SECOND);
    assert_eq!((world.fingerprint(), world.events().len()), end);
}

#[test]
fn any_event_is_as_it_was() {
    let mut world = eventful();
    let end = world.event_count();
    let mut forward = Vec::new();
    world.seek_event(0);
    while world.event_count() < end {
        forward.push(world.fingerprint());
        let next = world.event_count() + 1;
        world.seek_event(next);
    }
    for events in (0..end).rev().step_by(37).chain([0, 1, end / 2]) {
        world.seek_event(events);
        assert_eq!(world.fingerprint(), forward[events as usize], "event {events}");
    }
}

#[test]
fn a_branch_goes_its_own_way_and_the_other_stays() {
    let mut world = eventful();
    let end = world.fingerprint();
    world.seek(600 * MILLISECOND);
    let mut branch = world.branch();
    assert_eq!(branch.fingerprint(), world.fingerprint());
    branch.run_until(650 * MILLISECOND);
    branch.act("crash 2").expect("node 2 is up");
    branch.run_until(2 * SECOND);
    assert_ne!(branch.fingerprint(), end);
    assert_eq!(branch.actions().len(), 2);
    world.seek(2 * SECOND);
    assert_eq!(world.fingerprint(), end);
    // What is done in the past takes the place of the future that was.
    world.seek(650 * MILLISECOND);
    world.act("crash 2").expect("node 2 is up");
    world.run_until(2 * SECOND);
    assert_eq!(world.fingerprint(), branch.fingerprint());
}

#[test]
fn a_run_is_its_script() {
    let world = eventful();
    let script = world.to_script();
    let mut again = World::from_script(&script).expect("a script");
    assert!(again.run().is_ok());
    assert_eq!(again.fingerprint(), world.fingerprint());
    assert_eq!(again.to_script(), script);
}

#[test]
fn an_action_between_two_events_of_one_time_is_replayed_between_them() {
    let mut world = World::watched(Config::default(), true).expect("a valid config");
    world.run_until(SECOND);
    // Two deliveries at one time, and something done between them.
    world.act("rule hold * * 2").expect("a rule can always be made");
    world.run_for(100 * MILLISECOND);
    world.act("deliver * 1,3,4,5 2").expect("messages are held");
    world.step();
    world.act("pause 2").expect("node 2 is up");
    world.run_for(100 * MILLISECOND);
    let script = world.to_script();
    assert!(script.contains('#'), "{script}");
    let mut again = World::from_script(&script).expect("a script");
    again.run();
    assert_eq!(again.fingerprint(), world.fingerprint());
}

#[test]
fn what_cannot_be_done_changes_nothing() {
    let mut world = World::new(Config::default()).expect("a valid config");
    world.run_until(SECOND);
    let before = world.fingerprint();
    for (action, code) in [
        ("crash 9", "unknown_node"),
        ("restart 1", "node_up"),
        ("ask c99 x?", "unknown_client"),
        ("drop #999999", "no_such_message"),
        ("set nodes 4", "unknown_setting"),
        ("set loss much", "invalid_value"),
        ("cut 1 12", "unknown_node"),
    ] {
        let error = world.act(action).expect_err(action);
        assert_eq!(error.code(), code, "{action}");
    }
    assert_eq!(world.fingerprint(), before);
    assert!(world.actions().is_empty());
}

#[test]
fn settings_that_do_not_go_together_are_refused() {
    for (name, value) in [
        ("nodes", "0"),
        ("nodes", "10"),
        ("tick", "0s"),
        ("keys", "0"),
        ("reads", "lease"),
        ("latency", "2s"),
    ] {
        let mut config = Config::default();
        config.set(name, value).expect("a setting");
        let refused = World::new(config).is_err();
        assert_eq!(refused, name != "latency", "{name} {value}");
    }
}

/// What is due first may be for a machine that is gone or stands still. Then what comes behind it is not due yet.
#[test]
fn going_on_until_a_time_ends_at_that_time() {
    let config = Config {
        seed: 6,
        clients: 3,
        ..Config::raft(5)
    };
    let mut world = World::new(config).expect("a valid config");
    for step in 1..=400 {
        match step {
            20 => world.act("crash 1").expect("it is up"),
            60 => world.act("restart 1").expect("it is down"),
            100 => world.act("pause 2").expect("it is up"),
            _ => {}
        }
        world.run_for(20 * MILLISECOND);
        assert_eq!(world.now(), step * 20 * MILLISECOND);
    }
    let mut waiting = world.branch();
    assert!(!waiting.until("events == 0", 70 * MILLISECOND).expect("a question"));
    assert_eq!(waiting.now(), world.now() + 70 * MILLISECOND);
    let events = world.event_count();
    world.run_until(world.now() + 70 * MILLISECOND);
    assert!(world.event_count() > events);
    assert_eq!(world.state_hash(), waiting.state_hash());
}
