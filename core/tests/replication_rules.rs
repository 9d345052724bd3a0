//! The rules of replication, each with where it comes from. "S" is a function of `replication.c` of Redis 7.0.15.

mod replication_net;

use proptest::prelude::*;
use quorate::replication::*;
use replication_net::Net;

const SECOND: u64 = 1_000;

fn id(digit: char) -> ReplicationId {
    digit.to_string().repeat(40).parse().expect("40 digits")
}

fn quick() -> Config {
    Config {
        diskless: false,
        trace: true,
        ..Config::default()
    }
}

// ---- PSYNC (S: masterTryPartialResynchronization)

fn ours() -> (History, Backlog) {
    let mut backlog = Backlog::new(1_000, 200);
    backlog.push(&[b'x'; 100]);
    let history = History {
        id: id('a'),
        offset: 300,
        second: Some(SecondId {
            id: id('b'),
            offset: 251,
        }),
    };
    (history, backlog)
}

fn ask(name: Option<char>, offset: i64) -> Resync {
    let (history, backlog) = ours();
    decide(
        &history,
        Some(&backlog),
        &PsyncRequest {
            id: name.map(id),
            offset,
        },
    )
}

fn full(reason: FullReason, discards: Discarded) -> Resync {
    Resync::Full { reason, discards }
}

#[test]
fn who_is_within_the_backlog_goes_on() {
    assert_eq!(ask(Some('a'), 201), Resync::Partial { from: 201, bytes: 100 });
    // One past the end is what a replica asks for that lacks nothing.
    assert_eq!(ask(Some('a'), 301), Resync::Partial { from: 301, bytes: 0 });
    let (asked, first, next) = (200, 201, 301);
    assert_eq!(
        ask(Some('a'), 200),
        full(FullReason::BeforeBacklog { asked, first }, Discarded::Nothing)
    );
    let tail = Discarded::Tail { after: 300, bytes: 1 };
    assert_eq!(
        ask(Some('a'), 302),
        full(FullReason::AfterBacklog { asked: 302, next }, tail)
    );
}

#[test]
fn who_left_the_second_history_at_its_end_or_before_goes_on() {
    assert_eq!(ask(Some('b'), 251), Resync::Partial { from: 251, bytes: 50 });
    let (asked, up_to) = (252, 251);
    let tail = Discarded::Tail { after: 250, bytes: 1 };
    assert_eq!(ask(Some('b'), 252), full(FullReason::AfterFork { asked, up_to }, tail));
}

#[test]
fn who_is_of_another_history_or_asks_for_it_starts_anew() {
    let unknown = FullReason::UnknownId { id: id('c') };
    assert_eq!(ask(Some('c'), 250), full(unknown, Discarded::All { bytes: 249 }));
    assert_eq!(ask(Some('c'), 1), full(unknown, Discarded::Nothing));
    assert_eq!(ask(None, -1), full(FullReason::Requested, Discarded::Nothing));
    let none = decide(&ours().0, None, &PsyncRequest::after(id('a'), 300));
    assert_eq!(none, full(FullReason::NoBacklog, Discarded::Nothing));
}

// ---- a replica's life

#[test]
fn a_replica_shakes_hands_loads_and_follows() {
    let mut net = Net::new(&[quick(), quick()]);
    net.replicate(1, 0);
    net.settle();
    assert_eq!(net.data(1), net.data(0));
    for value in 0..20 {
        net.write(0, value).expect("it is written to");
    }
    net.settle();
    assert_eq!(net.data(1).len(), 20);
    assert_eq!(net.data(1), net.data(0));
    assert_eq!(net.server(1).history(), net.server(0).history());
    net.run(SECOND);
    // It was a primary, and asks in its own history, which the other knows nothing of: S: replicationCacheMasterUsingMyself.
    let own = Server::new(Config { seed: 8, ..quick() }, 0)
        .expect("a config")
        .history()
        .id;
    let asked = format!("PSYNC {own} 1");
    let handshake = [
        "PING",
        "REPLCONF listening-port 6380",
        "REPLCONF capa eof capa psync2",
        asked.as_str(),
    ];
    assert_eq!(net.sent(1)[..4], handshake);
    assert!(
        net.sent(1)
            .contains(&format!("REPLCONF ACK {}", net.server(0).history().offset))
    );
}

#[test]
fn a_replica_that_comes_back_goes_on_where_it_was() {
    let mut net = Net::new(&[quick(), quick()]);
    net.replicate(1, 0);
    net.settle();
    net.write(0, 1).expect("it is written to");
    net.settle();
    net.cut(1);
    for value in 2..50 {
        net.write(0, value).expect("it is written to");
    }
    let behind = net.server(1).history().offset;
    assert!(behind < net.server(0).history().offset);
    net.run(2 * SECOND);
    assert_eq!(net.data(1), net.data(0));
    assert_eq!(net.loads(1), 1, "the snapshot of the beginning is the only one");
    assert!(
        net.sent(1)
            .contains(&format!("PSYNC {} {}", net.server(0).history().id, behind + 1))
    );
}

#[test]
fn a_backlog_that_is_too_short_makes_a_replica_start_anew() {
    let mut net = Net::new(&[
        Config {
            backlog_size: 16 << 10,
            ..quick()
        },
        quick(),
    ]);
    net.replicate(1, 0);
    net.settle();
    net.cut(1);
    for value in 0..600 {
        net.write(0, value).expect("it is written to");
    }
    net.run(2 * SECOND);
    assert_eq!((net.loads(1), net.data(1)), (2, net.data(0)));
    let reason = net.resyncs(0).into_iter().next_back();
    assert!(matches!(
        reason,
        Some(Resync::Full {
            reason: FullReason::BeforeBacklog { .. },
            discards: Discarded::Nothing
        })
    ));
}

/// S: replicationUnsetMaster, shiftReplicationId. Siblings at the promoted one's offset or behind go on.
#[test]
fn siblings_of_a_promoted_replica_go_on_and_learn_its_new_history() {
    let mut net = Net::new(&[quick(), quick(), quick()]);
    net.replicate(1, 0);
    net.replicate(2, 0);
    net.settle();
    net.write(0, 1).expect("it is written to");
    net.run(2 * SECOND);
    net.stop(0);
    let before = *net.server(1).history();
    net.promote(1);
    let after = *net.server(1).history();
    assert_eq!(
        after.second,
        Some(SecondId {
            id: before.id,
            offset: before.offset + 1
        })
    );
    assert_ne!(after.id, before.id);
    net.replicate(2, 1);
    net.settle();
    net.write(1, 2).expect("it is written to");
    net.settle();
    assert_eq!((net.loads(2), net.data(2)), (1, net.data(1)));
    assert_eq!(net.server(2).history().id, after.id);
    assert_eq!(net.server(2).history().second.map(|second| second.id), Some(before.id));
}

/// S: replicationCacheMasterUsingMyself. It asks in its own history, and is refused if it went on in it.
#[test]
fn a_demoted_primary_that_went_on_loses_what_it_wrote_since() {
    let mut net = Net::new(&[quick(), quick()]);
    net.replicate(1, 0);
    net.settle();
    net.write(0, 1).expect("it is written to");
    net.run(2 * SECOND);
    net.hold(1);
    net.promote(1);
    let fork = net.server(1).history().second.expect("it grew out of another").offset;
    for value in 10..15 {
        net.write(0, value).expect("nobody told it");
    }
    let end = net.server(0).history().offset;
    net.release(1);
    net.replicate(0, 1);
    net.run(2 * SECOND);
    assert_eq!(net.data(0), net.data(1));
    assert!(!net.data(0).contains(&12));
    let resync = net.resyncs(1).into_iter().next_back().expect("it was asked");
    assert!(
        matches!(
            resync,
            Resync::Full { reason: FullReason::AfterFork { .. }, discards: Discarded::Tail { after, bytes } }
                if after == fork - 1 && bytes == end - after
        ),
        "{resync:?}"
    );
}

#[test]
fn a_demoted_primary_that_wrote_nothing_goes_on() {
    let mut net = Net::new(&[quick(), quick()]);
    net.replicate(1, 0);
    net.settle();
    net.write(0, 1).expect("it is written to");
    net.settle();
    net.promote(1);
    net.replicate(0, 1);
    net.settle();
    net.write(1, 2).expect("it is written to");
    net.settle();
    assert_eq!((net.loads(0), net.data(0)), (0, net.data(1)));
}

/// S: loadDataFromDisk of `server.c`.
#[test]
fn a_primary_that_starts_again_from_its_disk_lets_its_replicas_go_on() {
    let mut net = Net::new(&[quick(), quick()]);
    net.replicate(1, 0);
    net.settle();
    net.write(0, 1).expect("it is written to");
    net.settle();
    net.restart(0, true);
    net.run(2 * SECOND);
    assert_eq!((net.loads(1), net.data(1)), (1, net.data(0)));
    net.restart(0, false);
    net.run(2 * SECOND);
    assert_eq!(
        (net.loads(1), net.data(1)),
        (2, Vec::new()),
        "an empty primary empties its replicas"
    );
}

#[test]
fn a_replica_of_a_replica_gets_the_same_bytes() {
    let mut net = Net::new(&[quick(), quick(), quick()]);
    net.replicate(1, 0);
    net.settle();
    net.replicate(2, 1);
    net.settle();
    for value in 0..5 {
        net.write(0, value).expect("it is written to");
    }
    net.settle();
    assert_eq!(net.data(2), net.data(0));
    assert_eq!(net.server(2).history(), net.server(0).history());
    assert_eq!(net.write(1, 9), Err(Refusal::ReadOnly));
}

/// S: syncCommand.
#[test]
fn a_replica_without_its_primary_takes_no_replica() {
    let mut net = Net::new(&[quick(), quick(), quick()]);
    net.replicate(1, 0);
    net.stop(0);
    net.replicate(2, 1);
    net.settle();
    assert_eq!(net.server(2).link_state(), LinkState::Connect);
    assert!(
        net.got(2)
            .contains(&"-NOMASTERLINK Can't SYNC while not connected with my master".to_string())
    );
    net.start(0);
    net.run(4 * SECOND);
    assert_eq!(net.server(2).link_state(), LinkState::Connected);
}

/// S: replicationCron, repl-timeout.
#[test]
fn either_side_gives_the_other_up_after_the_timeout() {
    let config = Config {
        timeout_s: 5,
        ..quick()
    };
    let mut net = Net::new(&[config.clone(), config]);
    net.replicate(1, 0);
    net.settle();
    net.hold(1);
    net.run(5 * SECOND);
    assert!(net.server(1).link_is_up());
    assert_eq!(net.server(0).replicas().count(), 1);
    net.run(2 * SECOND);
    assert_eq!(
        net.server(0).replicas().filter(|replica| replica.is_online()).count(),
        0
    );
    assert!(!net.server(1).link_is_up());
    assert_eq!(net.server(1).check(Access::Read), Ok(()));
    assert!(net.server(1).link_down_s().is_some_and(|down_s| down_s <= 2));
    net.release(1);
    net.run(3 * SECOND);
    assert!(net.server(1).link_is_up());
    assert_eq!(net.server(1).link_down_s(), None);
}

/// `replica-serve-stale-data no`.
#[test]
fn a_replica_that_may_not_serve_old_data_does_not() {
    let mut net = Net::new(&[
        quick(),
        Config {
            serve_stale: false,
            ..quick()
        },
    ]);
    assert_eq!(net.server(1).check(Access::Read), Ok(()));
    net.stop(0);
    net.replicate(1, 0);
    assert_eq!(net.server(1).check(Access::Read), Err(Refusal::MasterDown));
    net.start(0);
    net.run(2 * SECOND);
    assert_eq!(net.server(1).check(Access::Read), Ok(()));
}

/// S: replicationCron, repl-backlog-ttl. What is written then is not counted, so the name must go.
#[test]
fn a_backlog_that_nobody_needs_for_long_is_freed_with_its_history() {
    let mut net = Net::new(&[
        Config {
            backlog_ttl_s: 3,
            ..quick()
        },
        quick(),
    ]);
    net.replicate(1, 0);
    net.settle();
    let before = *net.server(0).history();
    net.stop(1);
    net.run(3 * SECOND);
    assert!(net.server(0).backlog().is_some());
    net.run(2 * SECOND);
    assert!(net.server(0).backlog().is_none());
    assert_ne!(net.server(0).history().id, before.id);
    let offset = net.server(0).history().offset;
    net.write(0, 1).expect("it is written to");
    assert_eq!(
        net.server(0).history().offset,
        offset,
        "nothing is counted without a backlog"
    );
}

/// S: syncCommand and shouldStartChildReplication.
#[test]
fn a_diskless_snapshot_waits_for_others_and_the_stream_for_the_first_word() {
    let config = Config {
        diskless_delay_s: 5,
        trace: true,
        ..Config::default()
    };
    let mut net = Net::new(&[config.clone(), config.clone(), config]);
    net.replicate(1, 0);
    net.run(2 * SECOND);
    net.replicate(2, 0);
    net.run(2 * SECOND);
    assert_eq!(net.server(1).link_state(), LinkState::Psync);
    net.write(0, 1).expect("it is written to");
    net.run(2 * SECOND);
    assert_eq!((net.snapshots(0), net.loads(1), net.loads(2)), (1, 1, 1));
    assert!(net.server(1).link_is_up() && net.server(2).link_is_up());
    net.write(0, 2).expect("it is written to");
    net.settle();
    assert_eq!((net.data(1), net.data(2)), (net.data(0), net.data(0)));
}

/// S: replicationSetupSlaveForFullResync, replicationFeedSlaves. A new replica does not know which database the stream is in.
#[test]
fn the_database_is_named_when_it_changes_and_again_for_each_new_replica() {
    let mut primary = Server::new(quick(), 0).expect("a config");
    let written = |primary: &mut Server, database| {
        let before = primary.history().offset;
        primary
            .write(database, &[b"SET", b"key", b"value"], 0)
            .expect("a primary")
            - before
    };
    let attach = |primary: &mut Server, replica| {
        primary.accept(replica, "10.0.0.2", 0).expect("it is new");
        primary
            .request(replica, &[b"PSYNC", b"?", b"-1"], 0)
            .expect("it is known");
        primary.snapshot_taken(true, 0).expect("it was asked for");
        primary.snapshot_sent(replica, true, 0).expect("it was asked for");
    };
    assert_eq!(written(&mut primary, 0), 0, "without a replica nothing is counted");
    let (set, select) = (33, 23);
    attach(&mut primary, 1);
    let lengths = [0, 0, 3, 3, 0].map(|database| written(&mut primary, database));
    assert_eq!(lengths, [set + select, set, set + select, set, set + select]);
    attach(&mut primary, 2);
    assert_eq!(
        [0, 0].map(|database| written(&mut primary, database)),
        [set + select, set]
    );
    assert_eq!(
        primary.propagate(12, &[b"PUBLISH", b"c", b"m"], 0),
        primary.history().offset
    );
}

// ---- min-replicas (S: refreshGoodSlavesCount, checkGoodReplicasStatus)

fn careful(max_lag_s: u64) -> Config {
    Config {
        min_replicas_to_write: 1,
        min_replicas_max_lag_s: max_lag_s,
        ..quick()
    }
}

#[test]
fn without_a_good_replica_nothing_is_written() {
    let mut net = Net::new(&[careful(2), quick()]);
    assert_eq!(net.write(0, 1), Err(Refusal::NoReplicas));
    assert_eq!(net.server(0).check(Access::Read), Ok(()));
    net.replicate(1, 0);
    net.settle();
    assert_eq!(net.write(0, 1), Ok(()));
    // A connection that closes is counted at once, not at the next cron.
    net.stop(1);
    assert_eq!(net.write(0, 2), Err(Refusal::NoReplicas));
}

/// Both options must be set.
#[test]
fn either_option_at_0_switches_the_rule_off() {
    for (to_write, max_lag_s) in [(0, 10), (3, 0)] {
        let config = Config {
            min_replicas_to_write: to_write,
            min_replicas_max_lag_s: max_lag_s,
            ..quick()
        };
        let server = Server::new(config, 0).expect("a config");
        assert_eq!(server.check(Access::Write), Ok(()));
        assert!(!server.info().contains("min_slaves_good_slaves"));
    }
}

/// S: replconfCommand refreshes the time of a word whatever it says.
#[test]
fn a_replica_that_is_far_behind_is_good_while_it_speaks() {
    let mut primary = Server::new(careful(2), 0).expect("a config");
    primary.accept(1, "10.0.0.2", 0).expect("it is new");
    primary.request(1, &[b"PSYNC", b"?", b"-1"], 0).expect("it is known");
    primary.snapshot_taken(true, 0).expect("it was asked for");
    primary.snapshot_sent(1, true, 0).expect("it was asked for");
    for second in 1..60 {
        let value = [b'x'; 10_000];
        primary
            .write(0, &[b"SET", b"key", &value], second * SECOND)
            .expect("the replica speaks");
        primary
            .request(1, &[b"REPLCONF", b"ACK", b"0"], second * SECOND)
            .expect("it is known");
        primary.tick(second * SECOND);
    }
    assert_eq!(
        (
            primary.good_replicas(),
            primary.replicas().next().map(|replica| replica.ack_offset)
        ),
        (1, Some(0))
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// From the last word of a replica to the first refusal it is more than max-lag seconds and at most max-lag + 2, whatever the
    /// phases of the clock and of the cron; from the cut, up to a second less.
    #[test]
    fn the_window_of_min_replicas_is_bounded(max_lag_s in 1u64..12, cron in 0u64..1_000, ack in 0u64..1_000, cut in 0u64..1_000) {
        let start = 1_000_000 + cron;
        let mut primary = Server::new(careful(max_lag_s), start).expect("a config");
        primary.accept(1, "10.0.0.2", start).expect("it is new");
        primary.request(1, &[b"PSYNC", b"?", b"-1"], start).expect("it is known");
        primary.snapshot_taken(true, start).expect("it was asked for");
        primary.snapshot_sent(1, true, start).expect("it was asked for");
        let cut = 1_003_000 + cut;
        let mut last = 0;
        let mut now = start;
        let refused = loop {
            if now % 1_000 == ack && now < cut {
                primary.request(1, &[b"REPLCONF", b"ACK", b"0"], now).expect("it is known");
                last = now;
            }
            primary.tick(now);
            if primary.check(Access::Write).is_err() {
                break now;
            }
            now += 1;
        };
        let (since_word, since_cut) = (refused - last, refused - cut);
        prop_assert!(since_word > max_lag_s * SECOND && since_word <= (max_lag_s + 2) * SECOND, "{}", since_word);
        prop_assert!(since_cut > (max_lag_s - 1) * SECOND && since_cut <= (max_lag_s + 2) * SECOND, "{}", since_cut);
    }
}

// ---- WAIT (S: waitCommand, replicationCountAcksByOffset)

#[test]
fn wait_asks_the_replicas_and_counts_those_that_have_the_write() {
    let mut net = Net::new(&[quick(), quick(), quick()]);
    net.replicate(1, 0);
    net.replicate(2, 0);
    net.settle();
    net.write(0, 1).expect("it is written to");
    let offset = net.server(0).history().offset;
    net.wait(0, 70, 2, 1_000);
    assert_eq!(
        net.server(0).history().offset,
        offset + 37,
        "the question is a part of the stream"
    );
    net.settle();
    assert_eq!(net.waited(0), [(70, 2, false)]);
    // What is known already is answered at once, without a question.
    net.run(SECOND);
    let offset = net.server(0).history().offset;
    net.wait(0, 71, 1, 1_000);
    assert_eq!(net.waited(0)[1..], [(71, 2, false)]);
    assert_eq!(net.server(0).history().offset, offset);
}

#[test]
fn wait_ends_after_its_time_with_those_that_answered() {
    let mut net = Net::new(&[quick(), quick(), quick()]);
    net.replicate(1, 0);
    net.replicate(2, 0);
    net.settle();
    net.hold(2);
    net.write(0, 1).expect("it is written to");
    net.wait(0, 70, 2, 500);
    net.run(499);
    assert!(net.waited(0).is_empty());
    net.run(1);
    assert_eq!(net.waited(0), [(70, 1, true)]);
}

#[test]
fn a_replica_takes_no_wait_and_a_demoted_primary_breaks_it() {
    let mut net = Net::new(&[quick(), quick()]);
    net.replicate(1, 0);
    net.settle();
    let mut replica = net.server(1).clone();
    assert_eq!(replica.wait(1, 0, 1, 0, 0), Err(Error::WaitOnReplica));
    net.hold(1);
    net.write(0, 1).expect("it is written to");
    net.wait(0, 70, 1, 0);
    net.run(100 * SECOND);
    assert!(net.waited(0).is_empty());
    net.replicate(0, 1);
    assert_eq!(net.broken(0), [70]);
}

// ---- what it says

#[test]
fn role_and_info_say_what_a_server_of_version_7_says() {
    let mut net = Net::new(&[careful(10), Config { priority: 7, ..quick() }]);
    net.replicate(1, 0);
    net.settle();
    net.write(0, 1).expect("it is written to");
    net.run(SECOND);
    let offset = net.server(0).history().offset;
    let replicas = vec![(
        "10.0.0.1".to_string(),
        6_380,
        net.server(0).replicas().next().expect("one").ack_offset,
    )];
    assert_eq!(net.server(0).role(), RoleReply::Primary { offset, replicas });
    let (host, state) = ("10.0.0.0".to_string(), "connected".to_string());
    assert_eq!(
        net.server(1).role(),
        RoleReply::Replica {
            host,
            port: 6_379,
            state,
            offset: offset as i64
        }
    );
    let names = |server: &Server| {
        server
            .info_fields()
            .into_iter()
            .map(|field| field.0)
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(
        names(net.server(0)),
        "role connected_slaves min_slaves_good_slaves slave0 master_failover_state master_replid master_replid2 \
         master_repl_offset second_repl_offset repl_backlog_active repl_backlog_size repl_backlog_first_byte_offset \
         repl_backlog_histlen"
    );
    assert_eq!(
        names(net.server(1)),
        "role master_host master_port master_link_status master_last_io_seconds_ago master_sync_in_progress \
         slave_read_repl_offset slave_repl_offset slave_priority slave_read_only replica_announced connected_slaves \
         master_failover_state master_replid master_replid2 master_repl_offset second_repl_offset repl_backlog_active \
         repl_backlog_size repl_backlog_first_byte_offset repl_backlog_histlen"
    );
    assert!(net.server(1).info().contains("slave_priority:7\r\n"));
}

// ---- refusals

#[test]
fn what_is_refused_changes_nothing() {
    let mut net = Net::new(&[quick(), quick()]);
    net.replicate(1, 0);
    net.settle();
    let mut server = net.server(0).clone();
    let before = server.clone();
    let errors = [
        server.accept(1_000, "10.0.0.9", 0).map_err(|error| error.code()).err(),
        server
            .request(1_000, &[b"GET", b"key"], 0)
            .map_err(|error| error.code())
            .err(),
        server.replica_closed(99, 0).map_err(|error| error.code()).err(),
        server.snapshot_taken(true, 0).map_err(|error| error.code()).err(),
        server.snapshot_sent(1_000, true, 0).map_err(|error| error.code()).err(),
        server.received(5, b"+OK\r\n", 0).map_err(|error| error.code()).err(),
        server.snapshot_loaded(true, 0).map_err(|error| error.code()).err(),
        server.cancel_wait(3).map_err(|error| error.code()).err(),
        server
            .configure(
                Config {
                    backlog_size: 1,
                    ..Config::default()
                },
                0,
            )
            .map_err(|error| error.code())
            .err(),
    ];
    let id = net.replica_id(0);
    let codes: Vec<&str> = errors.into_iter().map(|code| code.unwrap_or("accepted")).collect();
    assert_eq!(id, 1_000, "the first connection's name");
    assert_eq!(
        codes,
        [
            "duplicate_replica",
            "not_replication",
            "unknown_replica",
            "no_snapshot_wanted",
            "not_sending",
            "stale_attempt",
            "not_loading",
            "unknown_wait",
            "invalid_config"
        ]
    );
    assert_eq!((&server, server.state_hash()), (&before, before.state_hash()));
}

#[test]
fn a_primary_that_talks_nonsense_is_left_and_asked_again() {
    for nonsense in ["-ERR what\r\n", "+FULLRESYNC x 1\r\n", "hello\r\n"] {
        let mut replica = Server::new(quick(), 0).expect("a config");
        replica.replicate_from("10.0.0.1", 6_379, 0);
        replica.connected(1, 0).expect("it is under way");
        for answer in ["+PONG\r\n", "+OK\r\n", "+OK\r\n", nonsense] {
            let answered = replica.received(1, answer.as_bytes(), 0);
            answered.unwrap_or_else(|error| panic!("{answer:?}: {error}"));
        }
        assert_eq!(replica.link_state(), LinkState::Connect, "{nonsense:?}");
        replica.tick(0);
        assert_eq!(replica.link_attempt(), Some(2), "{nonsense:?}");
    }
    // Nobody can go on who asked to start anew, as one does whose snapshot could not be loaded.
    let mut replica = Server::new(quick(), 0).expect("a config");
    replica.replicate_from("10.0.0.1", 6_379, 0);
    replica.connected(1, 0).expect("it is under way");
    let anew = format!("+PONG\r\n+OK\r\n+OK\r\n+FULLRESYNC {} 1\r\n$1\r\nx", id('a'));
    replica.received(1, anew.as_bytes(), 0).expect("it is under way");
    replica.snapshot_loaded(false, 0).expect("it was asked for");
    replica.connected(2, 0).expect("it is under way");
    let answers = b"+PONG\r\n+OK\r\n+OK\r\n+CONTINUE\r\n";
    replica.received(2, answers, 0).expect("it is under way");
    assert_eq!(replica.link_state(), LinkState::Connect);

    let mut replica = Server::new(quick(), 0).expect("a config");
    replica.replicate_from("10.0.0.1", 6_379, 0);
    replica.connected(1, 0).expect("it is under way");
    replica.received(1, &[b'x'; 100_000], 0).expect("it is under way");
    assert_eq!(replica.link_state(), LinkState::Connect, "a line without an end");
}

// ---- the same, however it is cut

#[test]
fn bytes_may_come_in_any_pieces() {
    for diskless in [false, true] {
        let config = Config {
            diskless,
            diskless_delay_s: 0,
            trace: false,
            ..Config::default()
        };
        let whole = play(&config, usize::MAX);
        for size in [1, 2, 3, 7, 40, 41] {
            assert_eq!(play(&config, size), whole, "pieces of {size}, diskless {diskless}");
        }
    }
}

fn play(config: &Config, size: usize) -> (Vec<u64>, History, u64) {
    let mut net = Net::new(&[config.clone(), config.clone()]);
    net.pieces = size;
    for value in 0..5 {
        net.write(0, value).expect("it is written to");
    }
    net.replicate(1, 0);
    net.settle();
    for value in 5..30 {
        net.write(0, value).expect("it is written to");
    }
    net.settle();
    assert_eq!(net.data(0), net.data(1));
    (net.data(1), *net.server(1).history(), net.server(1).state_hash())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever happens to a group, once it heals all have the data of the primary, and the ledger was right: what it calls lost is on
    /// no server, and what it does not is on one.
    #[test]
    fn a_group_heals_and_the_ledger_is_right(steps in prop::collection::vec((0u8..8, 0usize..3, 0usize..3, 0u64..1_500), 0..60)) {
        let mut net = Net::new(&[quick(), quick(), quick()]);
        net.replicate(1, 0);
        net.replicate(2, 0);
        let mut value = 0;
        for (kind, one, other, wait) in steps {
            match kind {
                0..=2 => {
                    value += 1;
                    let _ = net.write(one, value);
                }
                3 if one != other => net.replicate(one, other),
                4 => net.promote(one),
                5 => net.cut(one),
                6 => net.hold(one),
                _ => net.release(one),
            }
            net.run(wait);
            net.check_ledger();
            net.check_states();
        }
        for server in 0..3 {
            net.release(server);
        }
        net.promote(0);
        net.replicate(1, 0);
        net.replicate(2, 0);
        net.run(70 * SECOND);
        net.write(0, value + 1).expect("it is written to");
        net.settle();
        prop_assert_eq!(net.data(1), net.data(0));
        prop_assert_eq!(net.data(2), net.data(0));
        net.check_ledger();
        let counts = net.ledger.counts();
        prop_assert_eq!(counts.at_risk, 0, "{:?}", counts);
    }
}

// ---- robustness

/// Pieces of what a primary says, well formed and not.
const PIECES: [&str; 12] = [
    "+PONG\r\n",
    "+OK\r\n",
    "-ERR no\r\n",
    "-LOADING\r\n",
    "+FULLRESYNC aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa 10\r\n",
    "+FULLRESYNC aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa 18446744073709551615\r\n",
    "+CONTINUE bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\r\n",
    "$3\r\nabc",
    "$EOF:cccccccccccccccccccccccccccccccccccccccc\r\nabccccccccccccccccccccccccccccccccccccccccc",
    "*1\r\n$4\r\nPING\r\n",
    "*3\r\n$8\r\nREPLCONF\r\n$6\r\nGETACK\r\n$1\r\n*\r\n",
    "$9223372036854775807\r\n*2147483647\r\n",
];

const WORDS: [&str; 14] = [
    "PSYNC",
    "SYNC",
    "REPLCONF",
    "ACK",
    "GETACK",
    "capa",
    "eof",
    "psync2",
    "listening-port",
    "?",
    "-1",
    "9223372036854775807",
    "-9223372036854775808",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever comes, in whatever order, and wherever the clock jumps: nothing panics, the backlog ends where the history does, and a
    /// refusal changes nothing.
    #[test]
    fn nothing_that_comes_makes_a_server_panic(
        steps in prop::collection::vec((0u8..14, 0u64..4, prop::collection::vec(0usize..14, 0..5), prop_oneof![0u64..5_000, Just(u64::MAX)]), 0..60),
    ) {
        let config = Config { diskless_delay_s: 0, held_limit: 200, ..quick() };
        let mut server = Server::new(config, 0).expect("a config");
        let mut now = 0u64;
        for (kind, name, picks, wait) in steps {
            now = now.wrapping_add(wait);
            let words: Vec<&[u8]> = picks.iter().map(|&pick| WORDS[pick].as_bytes()).collect();
            let bytes: String = picks.iter().map(|&pick| PIECES[pick % PIECES.len()]).collect();
            let before = server.clone();
            let refused = match kind {
                0 => server.accept(name, "10.0.0.2", now).is_err(),
                1 | 2 => server.request(name, &words, now).is_err(),
                3 => server.replica_closed(name, now).is_err(),
                4 => server.snapshot_taken(name > 0, now).is_err(),
                5 => server.snapshot_sent(name, picks.len() > 1, now).is_err(),
                6 => server.connected(name, now).is_err(),
                7 => server.closed(name, now).is_err(),
                8 | 9 => server.received(server.link_attempt().unwrap_or(name), bytes.as_bytes(), now).is_err(),
                10 => server.snapshot_loaded(name > 0, now).is_err(),
                11 => {
                    server.replicate_from("10.0.0.1", name as u16, now);
                    false
                }
                12 => {
                    server.promote(now);
                    let _ = server.write(name as u32, &words, now);
                    let _ = server.wait(name, now, name, wait, now);
                    false
                }
                _ => {
                    server.tick(now);
                    false
                }
            };
            if refused {
                prop_assert_eq!(&server, &before);
            }
            if let Some(backlog) = server.backlog() {
                prop_assert_eq!(backlog.next(), server.history().offset + 1);
            }
            let _ = (server.info(), server.role(), server.next_tick_ms());
            server.drain(&mut Vec::new());
        }
    }
}

/// A server that was written down and read again is the same, in the middle of whatever it does.
#[cfg(feature = "serde")]
#[test]
fn a_state_that_is_read_again_goes_on_the_same() {
    let mut net = Net::new(&[quick(), quick()]);
    net.pieces = 5;
    net.replicate(1, 0);
    net.write(0, 1).expect("it is written to");
    net.settle();
    net.hold(1);
    net.write(0, 2).expect("it is written to");
    for index in 0..2 {
        let server = net.server(index);
        let text = serde_json::to_string(server).expect("it is plain data");
        let mut again: Server = serde_json::from_str(&text).expect("what was written");
        assert_eq!((&again, again.state_hash()), (server, server.state_hash()));
        let mut other = server.clone();
        // In the middle of a command.
        if let Some(attempt) = other.link_attempt() {
            for piece in [&b"*3\r\n$5\r\nRPUSH\r\n$4\r\nli"[..], b"st\r\n$1\r\n7\r\n"] {
                for server in [&mut again, &mut other] {
                    server.received(attempt, piece, 5_000).expect("it is open");
                }
                let text = serde_json::to_string(&again).expect("it is plain data");
                again = serde_json::from_str(&text).expect("what was written");
            }
        }
        again.tick(9_000);
        other.tick(9_000);
        assert_eq!((&again, again.state_hash()), (&other, other.state_hash()));
    }
    let ledger = serde_json::to_string(&net.ledger).expect("it is plain data");
    assert_eq!(
        serde_json::from_str::<Ledger>(&ledger).expect("what was written"),
        net.ledger
    );
}
