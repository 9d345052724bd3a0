//! Failover: its states in order, its timeouts and how it is given up, and which replica is promoted.
//! Event sequences are those of recordings of Redis 7.0.15.

#[path = "common/sentinel.rs"]
mod world;

use quorate::sentinel::{EventKind, FailoverState, MasterConfig, Output, ReplicaRefusal, Trace};
use world::{MASTER, World, run_id, seat_config, sentinel_port, text};

/// One master with replicas, and one sentinel whose word is enough.
fn alone(replicas: u16, change: impl Fn(&mut MasterConfig)) -> World {
    let mut world = World::empty();
    world.add_redis(MASTER, None);
    for replica in 1..=replicas {
        world.add_redis(MASTER + replica, Some(MASTER));
    }
    let mut config = seat_config(0, 1);
    config.trace = true;
    change(&mut config.masters[0]);
    world.add_sentinel(config, &[]);
    world.run_for(15_000);
    world
}

fn refusals(world: &World) -> Vec<(String, ReplicaRefusal)> {
    let outputs = world.seats[0].outputs.iter();
    let refusals = outputs.filter_map(|output| match output {
        Output::Trace(Trace::ReplicaPassedOver { replica, reason, .. }) => Some((replica.clone(), *reason)),
        _ => None,
    });
    refusals.collect()
}

#[test]
fn a_crash_gives_the_events_of_the_recording() {
    let mut world = World::new(2, 3, 2);
    world.run_for(15_000);
    world.kill(MASTER);
    let killed = world.now;
    world.run_for(9_000);
    let leader = (0..3)
        .find(|&seat| !world.told(seat, EventKind::ElectedLeader).is_empty())
        .expect("somebody leads");
    assert_eq!(
        world.channels(leader, killed),
        [
            "+sdown",
            "+odown",
            "+new-epoch",
            "+try-failover",
            "+vote-for-leader",
            "+elected-leader",
            "+failover-state-select-slave",
            "+selected-slave",
            "+failover-state-send-slaveof-noone",
            "+failover-state-wait-promotion",
            "-role-change",
            "+promoted-slave",
            "+failover-state-reconf-slaves",
            "+slave-reconf-sent",
            "+slave-reconf-inprog",
            "+slave-reconf-done",
            // The others know the old address as no master any more, and say that it is not down.
            "-odown",
            "+failover-end",
            "+switch-master",
            "+slave",
            "+slave",
            "+sdown",
        ]
    );
    // In one tick, and the vote for oneself with them.
    let at = |kind| world.told(leader, kind)[0].0;
    assert_eq!(at(EventKind::Odown), at(EventKind::TryFailover));
    assert_eq!(at(EventKind::Odown), at(EventKind::VoteForLeader));
    // Where offsets are equal the smaller run id is chosen.
    let texts = |kind| world.told(leader, kind)[0].1.clone();
    assert_eq!(
        texts(EventKind::SelectedSlave),
        "slave 127.0.0.1:6380 127.0.0.1 6380 @ mymaster 127.0.0.1 6379"
    );
    assert_eq!(texts(EventKind::SwitchMaster), "mymaster 127.0.0.1 6379 127.0.0.1 6380");
    assert_eq!(
        texts(EventKind::VoteForLeader),
        format!("{} 1", run_id(sentinel_port(leader)))
    );
    for observer in (0..3).filter(|seat| *seat != leader) {
        let told = |kind: EventKind| {
            world
                .told(observer, kind)
                .into_iter()
                .find(|event| event.0 >= killed)
                .unwrap()
        };
        let port = sentinel_port(leader);
        let from = format!("sentinel {} 127.0.0.1 {port} @ mymaster 127.0.0.1 6379", run_id(port));
        assert_eq!(told(EventKind::ConfigUpdateFrom).1, from);
        assert_eq!(
            told(EventKind::SwitchMaster).1,
            "mymaster 127.0.0.1 6379 127.0.0.1 6380"
        );
        assert!(
            told(EventKind::SwitchMaster).0 < at(EventKind::SwitchMaster),
            "observers switch before the leader"
        );
        let slaves: Vec<_> = world.told(observer, EventKind::Slave).split_off(2);
        let slaves: Vec<_> = slaves.iter().map(|event| event.1.as_str()).collect();
        assert_eq!(
            slaves,
            [
                "slave 127.0.0.1:6381 127.0.0.1 6381 @ mymaster 127.0.0.1 6380",
                "slave 127.0.0.1:6379 127.0.0.1 6379 @ mymaster 127.0.0.1 6380"
            ]
        );
    }
    assert_eq!(
        (world.redis[&6380].master, world.redis[&6381].master),
        (None, Some(6380))
    );
    // kill + down_after + [0, 1] s to ask + [0, 1] s for INFO, and ticks: 4.2 to 5.5 s.
    let promoted = at(EventKind::PromotedSlave) - killed;
    assert!((3_100..=5_700).contains(&promoted), "{promoted}");
}

#[test]
fn a_replica_is_told_in_one_transaction() {
    let mut world = alone(1, |_| {});
    world.kill(MASTER);
    world.until(0, EventKind::PromotedSlave, 10_000);
    let sent = world.seats[0].sent.iter().filter(|sent| sent.1 == MASTER + 1);
    let sent: Vec<&str> = sent.map(|sent| sent.3.as_str()).collect();
    let at = sent.iter().position(|sent| *sent == "MULTI").unwrap();
    assert_eq!(
        sent[at..at + 6],
        [
            "MULTI",
            "SLAVEOF NO ONE",
            "CONFIG REWRITE",
            "CLIENT KILL TYPE normal",
            "CLIENT KILL TYPE pubsub",
            "EXEC"
        ]
    );
}

#[test]
fn clients_are_sent_to_the_new_master_before_the_failover_ends() {
    // sentinelGetCurrentMasterAddress: from RECONF_SLAVES on; SENTINEL MASTER tells the old one until the end.
    let mut world = alone(2, |_| {});
    world.redis.get_mut(&6381).unwrap().syncs = true;
    world.kill(MASTER);
    world.until(0, EventKind::ReconfSlaves, 10_000);
    assert_eq!(world.sentinel_state(), FailoverState::ReconfSlaves);
    assert_eq!(
        world.ask(0, "SENTINEL get-master-addr-by-name mymaster").to_string(),
        r#"["127.0.0.1", "6380"]"#
    );
    assert!(
        world
            .ask(0, "SENTINEL MASTER mymaster")
            .to_string()
            .contains(r#""port", "6379""#)
    );
    world.until(0, EventKind::SwitchMaster, 10_000);
    assert!(
        world
            .ask(0, "SENTINEL MASTER mymaster")
            .to_string()
            .contains(r#""port", "6380""#)
    );
}

#[test]
fn info_comes_every_second_while_a_failover_may_need_it() {
    let mut world = alone(1, |_| {});
    world.redis.get_mut(&6380).unwrap().obeys = false;
    world.kill(MASTER);
    world.until(0, EventKind::WaitPromotion, 10_000);
    let from = world.now;
    world.run_for(5_000);
    let infos = world.sent_to(0, 6380, from, "INFO");
    assert!((4..=5).contains(&infos.len()), "{}", infos.len());
}

#[test]
fn a_promotion_that_does_not_come_ends_the_failover() {
    let mut world = alone(1, |_| {});
    world.redis.get_mut(&6380).unwrap().obeys = false;
    world.kill(MASTER);
    world.until(0, EventKind::WaitPromotion, 10_000);
    let from = world.now;
    assert_eq!(
        world.until(0, EventKind::AbortSlaveTimeout, 15_000),
        "master mymaster 127.0.0.1 6379"
    );
    let elapsed = world.now - from;
    assert!((9_900..=10_200).contains(&elapsed), "{elapsed}");
    assert_eq!(world.sentinel_state(), FailoverState::None);
    let tried = world.told(0, EventKind::TryFailover)[0].0;
    world.run_for(12_000);
    // The next try is 2 x failover-timeout and up to a second after the last.
    let again = world.told(0, EventKind::TryFailover)[1].0 - tried;
    assert!((20_000..=21_200).contains(&again), "{again}");
}

#[test]
fn without_a_replica_that_will_do_the_failover_ends_at_once() {
    let mut world = alone(0, |_| {});
    world.kill(MASTER);
    world.until(0, EventKind::AbortNoGoodSlave, 10_000);
    let events: Vec<_> = world.channels(0, 1_015_000);
    assert_eq!(
        events[events.len() - 3..],
        [
            "+elected-leader",
            "+failover-state-select-slave",
            "-failover-abort-no-good-slave"
        ]
    );
}

#[test]
fn parallel_syncs_bounds_who_follows_at_once() {
    let mut world = alone(5, |config| config.parallel_syncs = 2);
    world.redis.get_mut(&6380).unwrap().syncs = false;
    world.kill(MASTER);
    world.until(0, EventKind::SlaveReconfSent, 15_000);
    world.run_for(2_000);
    assert_eq!(world.told(0, EventKind::SlaveReconfSent).len(), 2);
    assert_eq!(
        world.told(0, EventKind::SlaveReconfInprog).len(),
        2,
        "they follow and do not finish"
    );
    assert!(world.told(0, EventKind::SlaveReconfDone).is_empty());
    world.redis.get_mut(&6380).unwrap().syncs = true;
    world.until(0, EventKind::FailoverEnd, 15_000);
    assert_eq!(world.told(0, EventKind::SlaveReconfDone).len(), 4);
    assert!(world.told(0, EventKind::FailoverEndForTimeout).is_empty());
}

#[test]
fn a_replica_that_does_not_follow_in_time_is_passed_over() {
    // slave-reconf-timeout, 10 s. The server looks at it while there is room for another replica alone.
    let mut world = alone(2, |config| {
        (config.failover_timeout, config.parallel_syncs) = (60_000, 2);
    });
    world.redis.get_mut(&6381).unwrap().obeys = false;
    world.kill(MASTER);
    world.until(0, EventKind::SlaveReconfSent, 15_000);
    let sent = world.now;
    let about = world.until(0, EventKind::SlaveReconfSentTimeout, 15_000);
    assert_eq!(about, "slave 127.0.0.1:6381 127.0.0.1 6381 @ mymaster 127.0.0.1 6379");
    assert!((9_900..=10_300).contains(&(world.now - sent)));
}

#[test]
fn a_failover_that_takes_too_long_ends_and_says_that_it_told_the_rest() {
    let mut world = alone(3, |config| config.failover_timeout = 5_000);
    world.redis.get_mut(&6380).unwrap().syncs = false;
    world.kill(MASTER);
    world.until(0, EventKind::FailoverEndForTimeout, 20_000);
    world.run_for(200);
    let from = world.told(0, EventKind::FailoverEndForTimeout)[0].0;
    assert_eq!(
        world.channels(0, from)[..4],
        [
            "+failover-end-for-timeout",
            "+failover-end",
            "+slave-reconf-sent-be",
            "+slave-reconf-sent-be"
        ],
    );
    // In the same tick the links are closed for the switch, so that what was to be sent never leaves. The repair comes later.
    assert_eq!(world.redis[&6382].master, Some(MASTER));
    world.redis.get_mut(&6380).unwrap().syncs = true;
    world.until(0, EventKind::FixSlaveConfig, 30_000);
    world.run_for(100);
    assert_eq!(world.redis[&6382].master, Some(6380));
}

#[test]
fn the_end_waits_while_the_promoted_replica_is_down() {
    let mut world = alone(2, |config| config.failover_timeout = 5_000);
    world.redis.get_mut(&6380).unwrap().syncs = false;
    world.kill(MASTER);
    world.until(0, EventKind::ReconfSlaves, 10_000);
    world.kill(6380);
    world.run_for(30_000);
    assert!(world.told(0, EventKind::FailoverEnd).is_empty());
}

#[test]
fn a_user_can_have_a_failover_without_a_vote() {
    let mut world = World::new(2, 3, 2);
    world.run_for(15_000);
    let from = world.now;
    assert_eq!(text(&world.ask(0, "SENTINEL FAILOVER mymaster")), "+OK");
    assert_eq!(
        text(&world.ask(0, "SENTINEL FAILOVER mymaster")),
        "-INPROG Failover already in progress"
    );
    world.until(0, EventKind::SwitchMaster, 10_000);
    let events = world.channels(0, from);
    assert_eq!(
        events[..4],
        ["+new-epoch", "+try-failover", "+vote-for-leader", "+elected-leader"]
    );
    assert!(!events.contains(&"+odown"));
    assert!(
        world.sent_to(0, sentinel_port(1), from, "SENTINEL").is_empty(),
        "nobody is asked"
    );
    // The old master was not asked to wait: it goes on as one until the repair, 8 s and an INFO later.
    assert_eq!(world.redis[&MASTER].master, None);
    world.run_for(25_000);
    assert_eq!(world.redis[&MASTER].master, Some(6380));
}

#[test]
fn a_failover_by_hand_needs_a_replica() {
    let mut world = alone(0, |_| {});
    assert_eq!(
        text(&world.ask(0, "SENTINEL FAILOVER mymaster")),
        "-NOGOODSLAVE No suitable replica to promote"
    );
    assert_eq!(
        text(&world.ask(0, "SENTINEL FAILOVER other")),
        "-ERR No such master with that name"
    );
}

#[test]
fn a_failure_can_be_simulated_at_two_points() {
    for (kind, last) in [
        ("crash-after-election", "+elected-leader"),
        ("crash-after-promotion", "+promoted-slave"),
    ] {
        let mut world = alone(1, |_| {});
        assert_eq!(text(&world.ask(0, &format!("SENTINEL SIMULATE-FAILURE {kind}"))), "+OK");
        world.kill(MASTER);
        world.run_for(20_000);
        assert_eq!(world.seats[0].exited, Some(99));
        assert_eq!(world.channels(0, 0).last(), Some(&last));
    }
}

// ---- sentinelSelectSlave: each exclusion, and the order

/// Which of three replicas is chosen after a change to the first ones.
fn chosen(change: impl Fn(&mut World)) -> (String, Vec<(String, ReplicaRefusal)>) {
    let mut world = alone(3, |_| {});
    change(&mut world);
    world.run_for(12_000);
    world.kill(MASTER);
    let chosen = world.until(0, EventKind::SelectedSlave, 10_000);
    (chosen.split(' ').nth(1).unwrap().to_owned(), refusals(&world))
}

#[test]
fn a_lower_priority_number_goes_before_more_data() {
    let (name, _) = chosen(|world| {
        world.redis.get_mut(&6380).unwrap().offset = 9_000;
        world.redis.get_mut(&6382).unwrap().priority = 10;
    });
    assert_eq!(name, "127.0.0.1:6382");
}

#[test]
fn more_data_goes_before_a_smaller_run_id() {
    let (name, _) = chosen(|world| world.redis.get_mut(&6381).unwrap().offset = 1_001);
    assert_eq!(name, "127.0.0.1:6381");
}

#[test]
fn the_smaller_run_id_goes_first_among_equals() {
    let (name, refusals) = chosen(|world| {
        world.redis.get_mut(&6380).unwrap().run_id = "B".repeat(40);
        world.redis.get_mut(&6381).unwrap().run_id = "c".repeat(40);
        world.redis.get_mut(&6382).unwrap().run_id = "a".repeat(40);
    });
    assert_eq!((name.as_str(), refusals), ("127.0.0.1:6382", Vec::new()));
}

#[test]
fn priority_zero_is_never_promoted() {
    let (name, refusals) = chosen(|world| world.redis.get_mut(&6380).unwrap().priority = 0);
    assert_eq!(name, "127.0.0.1:6381");
    assert_eq!(refusals, [("127.0.0.1:6380".to_owned(), ReplicaRefusal::PriorityZero)]);
}

#[test]
fn one_that_is_down_is_not_promoted() {
    let (name, refusals) = chosen(|world| world.kill(6380));
    assert_eq!(name, "127.0.0.1:6381");
    assert_eq!(refusals, [("127.0.0.1:6380".to_owned(), ReplicaRefusal::Down)]);
}

#[test]
fn one_whose_link_to_the_master_was_down_for_too_long_is_not_promoted() {
    // More than the time that the master is known to be down, and 10 x down_after: here 30 s.
    let (name, refusals) = chosen(|world| world.redis.get_mut(&6380).unwrap().link_down_seconds = Some(31));
    assert_eq!(name, "127.0.0.1:6381");
    assert!(
        matches!(
            refusals[..],
            [(_, ReplicaRefusal::LinkDownTooLong { elapsed: 31_000, .. })]
        ),
        "{refusals:?}"
    );
    let (name, _) = chosen(|world| world.redis.get_mut(&6380).unwrap().link_down_seconds = Some(30));
    assert_eq!(name, "127.0.0.1:6380");
}

#[test]
fn one_that_is_not_announced_is_hidden_and_promoted_all_the_same() {
    let mut world = alone(1, |_| {});
    world.redis.get_mut(&6380).unwrap().announced = false;
    world.run_for(12_000);
    assert_eq!(world.ask(0, "SENTINEL REPLICAS mymaster").to_string(), "[]");
    world.kill(MASTER);
    world.until(0, EventKind::PromotedSlave, 10_000);
}

#[test]
fn one_whose_info_is_old_is_not_promoted() {
    // 5 s while the master is down. INFO is refused here, PING is not.
    let mut world = alone(1, |_| {});
    world.redis.get_mut(&6380).unwrap().refuses_info = true;
    world.run_for(12_000);
    world.kill(MASTER);
    world.until(0, EventKind::AbortNoGoodSlave, 10_000);
    assert!(matches!(
        refusals(&world)[..],
        [(_, ReplicaRefusal::InfoTooOld { limit: 5_000, .. })]
    ));
}

#[test]
fn a_sentinel_that_comes_late_finds_no_replica_where_an_older_one_does() {
    // The trap of a late restart: its knowledge of the outage is young, so the replicas' links seem down for too long.
    let late = |restart: bool| {
        let mut world = alone(1, |config| config.failover_timeout = 60_000);
        world.redis.get_mut(&6380).unwrap().priority = 0;
        world.run_for(12_000);
        world.kill(MASTER);
        world.run_for(60_000);
        world.redis.get_mut(&6380).unwrap().priority = 100;
        if restart {
            let lines = world.seats[0].lines.clone();
            world.kill_sentinel(0);
            let mut config = seat_config(0, 1);
            config.trace = true;
            world.add_sentinel(config, &lines);
            world.run_for(10_000);
            return world.told(1, EventKind::AbortNoGoodSlave).len();
        }
        world.run_for(70_000);
        assert_eq!(world.told(0, EventKind::PromotedSlave).len(), 1);
        0
    };
    assert_eq!(late(false), 0);
    assert_eq!(late(true), 1);
}
