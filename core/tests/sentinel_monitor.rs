//! Monitoring: links, what goes over them and when, and who is down for one sentinel.
//! Rules and figures are those of Redis 7.0.15's `sentinel.c` and of recordings of it.

#[path = "common/sentinel.rs"]
mod world;

use quorate::resp::Value;
use quorate::sentinel::{EventKind, LinkKind, Sentinel};
use world::{MASTER, World, master_config, run_id, seat_config, sentinel_port, text};

fn error(text: &str) -> Value {
    Value::SimpleError(text.into())
}

#[test]
fn a_link_begins_with_a_name_and_a_ping() {
    // sentinelReconnectInstance: both connections at once, and a PING as soon as possible.
    let mut world = World::new(0, 1, 1);
    world.run_for(1);
    let sent: Vec<_> = world.seats[0]
        .sent
        .iter()
        .map(|sent| (sent.2, sent.3.as_str()))
        .collect();
    let name = &run_id(sentinel_port(0))[..8];
    let (cmd, pubsub) = (
        format!("CLIENT SETNAME sentinel-{name}-cmd"),
        format!("CLIENT SETNAME sentinel-{name}-pubsub"),
    );
    assert_eq!(
        sent,
        [
            (LinkKind::Command, cmd.as_str()),
            (LinkKind::Command, "PING"),
            (LinkKind::PubSub, pubsub.as_str()),
            (LinkKind::PubSub, "SUBSCRIBE __sentinel__:hello"),
            (LinkKind::Command, "INFO"),
        ]
    );
}

#[test]
fn replicas_and_sentinels_are_found_as_in_the_recording() {
    let mut world = World::new(2, 3, 2);
    world.run_for(6_000);
    for seat in 0..3 {
        let slaves: Vec<String> = world
            .told(seat, EventKind::Slave)
            .into_iter()
            .map(|event| event.1)
            .collect();
        assert_eq!(
            slaves,
            [
                "slave 127.0.0.1:6380 127.0.0.1 6380 @ mymaster 127.0.0.1 6379",
                "slave 127.0.0.1:6381 127.0.0.1 6381 @ mymaster 127.0.0.1 6379"
            ]
        );
        let mut others: Vec<String> = world
            .told(seat, EventKind::Sentinel)
            .into_iter()
            .map(|event| event.1)
            .collect();
        others.sort();
        let expected = (0..3).filter(|other| *other != seat).map(|other| {
            let port = sentinel_port(other);
            format!("sentinel {} 127.0.0.1 {port} @ mymaster 127.0.0.1 6379", run_id(port))
        });
        assert_eq!(others, expected.collect::<Vec<_>>());
    }
}

#[test]
fn pings_infos_and_hellos_come_at_their_periods() {
    // Measured with 7.0.15: PING 1004-1072, PUBLISH 2012-2065, INFO 10038 ms; all are the period, rounded up to a tick.
    let mut world = World::new(1, 2, 2);
    world.run_for(60_000);
    let from = 1_010_000;
    for (port, command, least, most) in [
        (MASTER, "PING", 1_000, 1_110),
        (MASTER, "PUBLISH", 2_000, 2_110),
        (MASTER, "INFO", 10_000, 10_110),
        (MASTER + 1, "INFO", 10_000, 10_110),
        (sentinel_port(1), "PING", 1_000, 1_110),
        (sentinel_port(1), "PUBLISH", 2_000, 2_110),
    ] {
        let sent = world.sent_to(0, port, from, command);
        assert!(sent.len() >= 4, "{command} to {port}");
        for pair in sent.windows(2) {
            let gap = pair[1].0 - pair[0].0;
            assert!((least..=most).contains(&gap), "{command} to {port} after {gap} ms");
        }
    }
    assert!(
        world.sent_to(0, sentinel_port(1), 0, "INFO").is_empty(),
        "sentinels are not asked for INFO"
    );
    assert!(
        world.sent_to(0, sentinel_port(1), 0, "SENTINEL").is_empty(),
        "nobody is asked while nothing is down"
    );
}

#[test]
fn a_hello_has_eight_parts() {
    let mut world = World::new(0, 1, 1);
    world.run_for(3_000);
    let hello = &world.sent_to(0, MASTER, 0, "PUBLISH")[0].1;
    let id = run_id(sentinel_port(0));
    assert_eq!(
        *hello,
        format!("PUBLISH __sentinel__:hello 127.0.0.1,26379,{id},0,mymaster,127.0.0.1,6379,0")
    );
}

#[test]
fn silence_longer_than_down_after_is_down() {
    let mut world = World::new(1, 1, 2);
    world.run_for(5_000);
    world.redis.get_mut(&MASTER).unwrap().stopped = true;
    let stopped = world.now;
    world.run_for(6_000);
    let down = world.told(0, EventKind::Sdown);
    assert_eq!(down.len(), 1);
    assert_eq!(down[0].1, "master mymaster 127.0.0.1 6379");
    // The clock runs from the oldest PING without an answer, which goes out within a second.
    let elapsed = down[0].0 - stopped;
    assert!((3_000..=4_200).contains(&elapsed), "{elapsed}");
    world.redis.get_mut(&MASTER).unwrap().stopped = false;
    assert_eq!(
        world.until(0, EventKind::SdownOver, 3_000),
        "master mymaster 127.0.0.1 6379"
    );
}

#[test]
fn who_never_answers_goes_down_too() {
    // act_ping_time starts with the link.
    let mut world = World::new(0, 1, 2);
    world.redis.get_mut(&MASTER).unwrap().dead = true;
    let start = world.now;
    world.until(0, EventKind::Sdown, 5_000);
    let elapsed = world.told(0, EventKind::Sdown)[0].0 - start;
    assert!((3_001..=3_110).contains(&elapsed), "{elapsed}");
}

#[test]
fn three_answers_to_ping_say_available_and_no_others() {
    // sentinelPingReplyCallback: +PONG, -LOADING and -MASTERDOWN, by how they begin.
    for (pong, available) in [
        (Value::SimpleString("PONG".into()), true),
        (Value::SimpleString("PONGO".into()), true),
        (error("LOADING Redis is loading the dataset in memory"), true),
        (error("MASTERDOWN Link with MASTER is down"), true),
        (error("BUSY Redis is busy running a script"), false),
        (error("NOAUTH Authentication required."), false),
        (error("MISCONF Redis is configured to save RDB snapshots"), false),
        (error("ERR unknown command 'PING'"), false),
        (Value::BulkString("PONG".into()), false),
    ] {
        let mut world = World::new(0, 1, 2);
        world.run_for(2_000);
        world.redis.get_mut(&MASTER).unwrap().pong = pong.clone();
        world.run_for(8_000);
        assert_eq!(world.told(0, EventKind::Sdown).is_empty(), available, "{}", text(&pong));
    }
}

#[test]
fn a_busy_script_is_killed_once() {
    let mut world = World::new(0, 1, 2);
    world.run_for(2_000);
    world.redis.get_mut(&MASTER).unwrap().pong = error("BUSY Redis is busy running a script");
    world.run_for(20_000);
    assert_eq!(world.sent_to(0, MASTER, 0, "SCRIPT KILL").len(), 1);
    world.redis.get_mut(&MASTER).unwrap().pong = Value::SimpleString("PONG".into());
    world.until(0, EventKind::SdownOver, 5_000);
    world.redis.get_mut(&MASTER).unwrap().pong = error("BUSY Redis is busy running a script");
    world.run_for(20_000);
    assert_eq!(
        world.sent_to(0, MASTER, 0, "SCRIPT KILL").len(),
        2,
        "after it was up the next one is killed, too"
    );
}

#[test]
fn a_master_that_says_it_is_a_replica_is_down_in_the_end() {
    // Cause (b): down_after and two INFO periods after the role was first reported.
    let mut world = World::new(1, 1, 2);
    world.run_for(5_000);
    world.redis.get_mut(&MASTER).unwrap().master = Some(MASTER + 1);
    world.redis.get_mut(&(MASTER + 1)).unwrap().master = None;
    let about = world.until(0, EventKind::RoleMismatch, 15_000);
    assert!(about.ends_with("new reported role is slave"), "{about}");
    let all = world.told(0, EventKind::RoleMismatch);
    let seen = all
        .iter()
        .find(|event| event.1.starts_with("master"))
        .unwrap_or_else(|| &all[0])
        .0;
    world.run_for(40_000);
    let down = world.told(0, EventKind::Sdown)[0].0 - seen;
    assert!((23_000..=23_300).contains(&down), "{down}");
}

#[test]
fn a_master_that_restarts_and_loads_for_long_is_down_only_if_that_is_asked_for() {
    // Cause (c): master-reboot-down-after-period, by default 0.
    for (period, down) in [(0, false), (2_000, true)] {
        let mut world = World::empty();
        world.add_redis(MASTER, None);
        let mut config = seat_config(0, 2);
        config.masters[0].master_reboot_down_after = period;
        world.add_sentinel(config, &[]);
        world.run_for(12_000);
        world.restart(MASTER);
        world.redis.get_mut(&MASTER).unwrap().pong = error("LOADING Redis is loading the dataset in memory");
        assert_eq!(
            world.until(0, EventKind::Reboot, 15_000),
            "master mymaster 127.0.0.1 6379"
        );
        world.run_for(10_000);
        assert_eq!(!world.told(0, EventKind::Sdown).is_empty(), down);
        if down {
            world.redis.get_mut(&MASTER).unwrap().pong = Value::SimpleString("PONG".into());
            world.until(0, EventKind::SdownOver, 3_000);
        }
    }
}

#[test]
fn a_silent_link_is_made_anew() {
    // Links older than 15 s: commands after half of down_after without a pong, subscriptions after 6 s without a message.
    let mut world = World::new(0, 1, 2);
    world.run_for(20_000);
    world.redis.get_mut(&MASTER).unwrap().stopped = true;
    let stopped = world.now;
    world.run_for(10_000);
    let again: Vec<_> = world.sent_to(0, MASTER, stopped, "CLIENT SETNAME");
    assert!(again[0].1.ends_with("-cmd"), "{again:?}");
    assert!(
        (1_500..=3_800).contains(&(again[0].0 - stopped)),
        "{}",
        again[0].0 - stopped
    );
    let pubsub = again.iter().find(|sent| sent.1.ends_with("-pubsub")).unwrap();
    assert!(
        (4_000..=6_400).contains(&(pubsub.0 - stopped)),
        "{}",
        pubsub.0 - stopped
    );
}

#[test]
fn a_link_is_tried_once_in_a_ping_period() {
    let mut world = World::new(0, 1, 2);
    world.redis.get_mut(&MASTER).unwrap().dead = true;
    world.run_for(10_000);
    let tries = world.sent_to(0, MASTER, 0, "CLIENT SETNAME");
    let tries: Vec<_> = tries.iter().filter(|sent| sent.1.ends_with("-cmd")).collect();
    assert!((9..=10).contains(&tries.len()), "{}", tries.len());
}

#[test]
fn sentinels_of_several_masters_share_one_link() {
    // sentinelTryConnectionSharing: one PING a second, however many masters.
    let mut world = World::empty();
    for group in 0..3 {
        world.add_redis(MASTER + 10 * group, None);
    }
    for seat in 0..2 {
        let mut config = seat_config(seat, 2);
        for group in 1..3 {
            let mut master = master_config(2);
            master.name = format!("group{group}");
            master.port = MASTER + 10 * group;
            config.masters.push(master);
        }
        world.add_sentinel(config, &[]);
    }
    world.run_for(10_000);
    let from = world.now;
    world.run_for(10_000);
    let pings = world.sent_to(0, sentinel_port(1), from, "PING").len();
    assert!((8..=11).contains(&pings), "{pings}");
    let hellos = world.sent_to(0, sentinel_port(1), from, "PUBLISH").len();
    assert!(
        (12..=16).contains(&hellos),
        "each master has hellos of its own: {hellos}"
    );
    let about = world.ask(0, "SENTINEL SENTINELS mymaster").to_string();
    assert!(about.contains(r#""link-refcount", "3""#), "{about}");
}

#[test]
fn a_link_without_answers_is_not_filled_without_end() {
    // SENTINEL_MAX_PENDING_COMMANDS: 100 for each user of the link. INFO is sent in every tick until it is answered.
    let mut config = seat_config(0, 1);
    config.masters[0].down_after = 1_000_000;
    let mut sentinel = Sentinel::new(config, &[], 0).unwrap();
    let mut sends = std::collections::BTreeMap::new();
    for tick in 0..4_000 {
        sentinel.tick(tick * 100);
        while let Some(output) = sentinel.poll() {
            match output {
                quorate::sentinel::Output::Persist { ticket, .. } => sentinel.persisted(ticket).unwrap(),
                quorate::sentinel::Output::Send { argv, .. } => *sends.entry(argv[0].to_vec()).or_insert(0) += 1,
                _ => {}
            }
        }
    }
    let periodic: i32 = ["INFO", "PING", "PUBLISH"]
        .map(|name| sends[name.as_bytes()])
        .iter()
        .sum();
    // The limit is looked at before all three, and the name of the connection waits for its answer as well.
    assert!((97..=101).contains(&periodic), "{sends:?}");
}

#[test]
fn late_news_of_a_closed_link_changes_nothing() {
    let mut world = World::new(0, 1, 1);
    world.run_for(3_000);
    let before = world.seats[0].sentinel.clone();
    let one = &mut world.seats[0].sentinel;
    assert_eq!(one.reply(9_999, &Value::Null, 0).unwrap_err().code(), "unknown_link");
    assert_eq!(one.disconnected(9_999).unwrap_err().code(), "unknown_link");
    assert_eq!(one.reply(1, &Value::Null, 0).unwrap_err().code(), "unexpected_reply");
    assert_eq!(one.persisted(77).unwrap_err().code(), "unknown_ticket");
    assert_eq!(*one, before);
}

#[test]
fn the_same_inputs_give_the_same_outputs_and_the_state_can_be_written_down() {
    let run = || {
        let mut world = World::new(2, 3, 2);
        world.run_for(5_000);
        world.kill(MASTER);
        world.run_for(20_000);
        world
    };
    let (a, b) = (run(), run());
    for seat in 0..3 {
        assert_eq!(a.seats[seat].outputs, b.seats[seat].outputs);
        assert_eq!(a.seats[seat].sentinel.state_hash(), b.seats[seat].sentinel.state_hash());
    }
    #[cfg(feature = "serde")]
    {
        let text = serde_json::to_string(&a.seats[0].sentinel).unwrap();
        let back: Sentinel = serde_json::from_str(&text).unwrap();
        assert_eq!(back.state_hash(), a.seats[0].sentinel.state_hash());
    }
}
