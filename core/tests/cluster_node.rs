//! Failures and failovers of whole clusters in virtual time, by the rules of `cluster.c`. Each test names the function whose rule it
//! checks.

mod cluster_net;

use cluster_net::{Net, config, id};
use quorate::cluster::bus::{Body, NodeFlags};
use quorate::cluster::node::{CannotFailOver, ClusterState, Node, Output, Profile, Trace};

const DOWN: NodeFlags = NodeFlags(NodeFlags::PFAIL.0 | NodeFlags::FAIL.0);

// ---- joining (clusterStartHandshake, clusterProcessGossipSection)

#[test]
fn nodes_that_were_met_by_one_know_all() {
    let net = Net::cluster(3, 1);
    for node in &net.nodes {
        assert_eq!(node.known_nodes().count(), 6);
        assert_eq!(node.size(), 3);
        assert!(node.slot_map().coverage().is_full());
        assert_eq!(node.owner(0), Some(id(0)));
    }
    assert_eq!(net.nodes[3].master(), Some(id(0)));
    assert!(
        net.nodes[0]
            .nodes_text()
            .contains(&format!("{} 127.0.0.1:7003@17003 slave {}", id(3), id(0)))
    );
}

#[test]
fn a_handshake_that_nobody_answers_is_given_up() {
    let mut net = Net::new(vec![config(0)]);
    net.ok(0, "meet 127.0.0.1 7009");
    net.run(900);
    assert!(net.nodes[0].nodes_text().contains("handshake"));
    net.run(300);
    assert_eq!(net.nodes[0].known_nodes().count(), 1);
}

#[test]
fn a_node_that_is_forgotten_is_not_taken_up_again_for_a_minute() {
    let mut net = Net::cluster(3, 0);
    net.ok(0, &format!("forget {}", id(2)));
    net.run(59_000);
    assert!(!net.nodes[0].known_nodes().any(|known| known == id(2)));
    net.run(5_000);
    // The other still speaks of it.
    assert!(net.nodes[0].known_nodes().any(|known| known == id(2)));
}

// ---- failure detection (clusterCron, markNodeAsFailingIfNeeded, clearNodeFailureIfNeeded)

#[test]
fn a_silent_node_is_suspected_after_the_timeout_and_fails_by_a_majority() {
    let mut net = Net::cluster(3, 1);
    net.stop(0);
    let suspected = net.run_until(|net| (1..6).any(|at| net.flag(at, 0, DOWN)));
    // A ping is at most half a timeout old, and waits for a whole one.
    assert!((990..=1_700).contains(&suspected), "{suspected}");
    let failed = net.run_until(|net| net.all_see_failed(0));
    assert!(failed <= 600, "{failed}");
    let (_, by, _) = net
        .find_trace(|trace| {
            matches!(
                trace,
                Trace::Failed {
                    by: None,
                    reports: 2..,
                    ..
                }
            )
        })
        .unwrap();
    assert_ne!(*by, 0);
}

#[test]
fn a_suspect_that_answers_in_time_never_fails() {
    let mut net = Net::cluster(3, 0);
    // Only one of three cannot reach it.
    net.cut.insert((0, 1));
    net.run(10_000);
    assert!(net.flag(1, 0, NodeFlags::PFAIL) && net.flag(0, 1, NodeFlags::PFAIL));
    assert_eq!(net.count_traces(|trace| matches!(trace, Trace::Failed { .. })), 0);
    net.cut.clear();
    net.run(3_000);
    assert!(!net.flag(1, 0, DOWN) && !net.flag(0, 1, DOWN));
    assert!(
        net.find_trace(|trace| matches!(trace, Trace::SuspicionCleared { .. }))
            .is_some()
    );
}

#[test]
fn reports_expire_after_two_timeouts() {
    let mut net = Net::cluster(5, 0);
    net.stop(4);
    net.run_until(|net| net.all_see_failed(4));
    assert_ne!(net.command(0, &format!("count-failure-reports {}", id(4))), "0");
    // Nobody is heard of any more.
    net.isolate(&[0]);
    net.run(2_200);
    assert_eq!(net.command(0, &format!("count-failure-reports {}", id(4))), "0");
}

#[test]
fn a_master_that_comes_back_with_its_slots_is_well_after_two_timeouts() {
    let mut net = Net::cluster(3, 0);
    net.stop(0);
    net.run_until(|net| net.all_see_failed(0));
    net.wake(0);
    net.run(1_500);
    assert!(net.flag(1, 0, NodeFlags::FAIL), "too early");
    net.run_until(|net| !net.flag(1, 0, DOWN) && !net.flag(2, 0, DOWN));
    net.run_until(Net::all_ok);
}

#[test]
fn a_replica_that_comes_back_is_well_at_once() {
    let mut net = Net::cluster(3, 1);
    net.stop(3);
    net.run_until(|net| net.all_see_failed(3));
    net.wake(3);
    assert!(net.run_until(|net| (0..3).all(|at| !net.flag(at, 3, DOWN))) < 1_500);
}

/// redis#5376: a master without slots has no vote, but Redis counts what it reports. Valkey does not (valkey#634).
#[test]
fn reports_of_masters_without_slots_count_in_redis_and_not_in_valkey() {
    for (profile, fails) in [(Profile::Redis, true), (Profile::Valkey, false)] {
        let mut net = Net::cluster_with(4, 0, |config| {
            config.profile = profile;
            config.allow_replica_migration = false;
        });
        // 3 gives its slots away; of three voters, two cannot be reached by the third and by the one without slots.
        let slots: Vec<u16> = net.nodes[3].slots_of(id(3)).unwrap().iter().collect();
        for slot in slots {
            for index in [0, 1, 2, 3] {
                net.nodes[index].command(
                    &[
                        b"cluster",
                        b"setslot",
                        slot.to_string().as_bytes(),
                        b"node",
                        id(2).as_bytes(),
                    ],
                    net.now,
                );
            }
        }
        net.settle();
        net.run(3_000);
        assert_eq!(net.nodes[0].size(), 3);
        net.cut.extend([(0, 2), (2, 3)]);
        net.run(5_000);
        let failed = (0..4).any(|at| net.flag(at, 2, NodeFlags::FAIL));
        assert_eq!(failed, fails, "{profile:?}");
        let alone = Trace::FailureNotAgreed {
            node: id(2),
            reports: 1,
            needed: 2,
        };
        assert_eq!(net.find_trace(|trace| *trace == alone).is_some(), !fails);
    }
}

// ---- the state of the cluster (clusterUpdateState)

#[test]
fn a_minority_stops_to_serve_and_waits_before_it_serves_again() {
    let mut net = Net::cluster(3, 0);
    net.isolate(&[0]);
    let stopped = net.run_until(|net| net.nodes[0].state() == ClusterState::Fail);
    assert!((990..=1_700).contains(&stopped), "{stopped}");
    net.run(5_000);
    net.cut.clear();
    let healed = net.run_until(|net| net.nodes[0].state() == ClusterState::Ok);
    // The timeout, within 500 and 5,000 ms, since a minority was last seen.
    assert!((900..=4_500).contains(&healed), "{healed}");
}

#[test]
fn a_master_that_starts_waits_for_two_seconds() {
    let mut net = Net::cluster(3, 0);
    net.restart(1);
    assert_eq!(net.nodes[1].state(), ClusterState::Fail);
    let waited = net.run_until(|net| net.nodes[1].state() == ClusterState::Ok);
    assert!((1_990..=2_300).contains(&waited), "{waited}");
    assert_eq!(net.nodes[1].owner(8_000), Some(id(1)));
}

#[test]
fn without_full_coverage_what_is_served_is_served() {
    for require in [true, false] {
        let mut net = Net::cluster_with(3, 0, |config| config.require_full_coverage = require);
        net.stop(0);
        net.run_until(|net| net.all_see_failed(0));
        net.run(500);
        let expected = if require { ClusterState::Fail } else { ClusterState::Ok };
        assert_eq!(net.nodes[1].state(), expected);
    }
}

// ---- failover (clusterHandleSlaveFailover)

#[test]
fn a_replica_takes_its_failed_masters_place() {
    let mut net = Net::cluster(3, 1);
    let epoch = net.nodes[1].current_epoch();
    net.stop(0);
    net.run_until(|net| net.all_see_failed(0));
    let failed_at = net.now;
    net.run_until(|net| net.nodes[3].is_master());
    let took = net.now - failed_at;
    // Half a second, up to another by chance, and the ticks between.
    assert!((400..=1_300).contains(&took), "{took}");
    net.run_until(Net::all_ok);
    assert_eq!(net.nodes[3].config_epoch(), epoch + 1);
    for index in 1..6 {
        assert_eq!(net.nodes[index].owner(0), Some(id(3)));
    }
    assert!(
        net.events
            .iter()
            .any(|(_, at, output)| *at == 3 && *output == Output::BecomePrimary)
    );
    // Both other masters voted, and each but once.
    assert_eq!(net.count_traces(|trace| matches!(trace, Trace::VoteGranted { .. })), 2);

    // The old one comes back, and follows.
    net.wake(0);
    net.run_until(|net| net.nodes[0].master() == Some(id(3)));
    net.run_until(|net| net.all_ok() && (1..6).all(|at| !net.flag(at, 0, DOWN)));
    assert_eq!(net.nodes[0].owner(0), Some(id(3)));
}

#[test]
fn the_replica_that_is_further_goes_first() {
    let mut net = Net::cluster(3, 2);
    net.lagging.insert(3);
    net.offsets[0] = 500;
    net.run(2_500);
    net.stop(0);
    net.run_until(|net| net.nodes[3].is_master() || net.nodes[4].is_master());
    assert!(net.nodes[4].is_master());
    let ranks: Vec<_> = net
        .traces
        .iter()
        .filter_map(|(_, at, trace)| match trace {
            Trace::ElectionScheduled { rank, delay_ms, .. } => Some((*at, *rank, *delay_ms)),
            _ => None,
        })
        .collect();
    assert!(
        ranks.contains(&(3, 1, ranks.iter().find(|(at, ..)| *at == 3).unwrap().2)),
        "{ranks:?}"
    );
    for (_, rank, delay) in ranks {
        assert!((500 + u64::from(rank) * 1_000..1_000 + u64::from(rank) * 1_000).contains(&delay));
    }
    // The other follows the new master.
    net.run_until(|net| net.nodes[3].master() == Some(id(4)));
}

#[test]
fn a_replica_that_was_without_its_master_for_too_long_does_not_try() {
    let mut net = Net::cluster_with(3, 1, |config| {
        config.replica_validity_factor = 1;
        config.repl_ping_period_s = 1;
    });
    net.follows.remove(&3);
    let since = net.now;
    net.nodes[3].set_replication(100, quorate::cluster::node::ReplicationLink::Down { since }, net.now);
    net.follows.insert(3, 0);
    net.cut.insert((0, 3));
    net.run(8_000);
    net.stop(0);
    net.run(8_000);
    assert!(!net.nodes[3].is_master());
    assert!(
        net.find_trace(|trace| *trace
            == Trace::CannotFailOver {
                reason: CannotFailOver::DataAge
            })
        .is_some()
    );
}

#[test]
fn without_a_majority_of_masters_nobody_is_elected() {
    let mut net = Net::cluster(3, 1);
    net.stop(0);
    net.stop(1);
    net.run(15_000);
    assert!(!net.nodes[3].is_master() && !net.nodes[4].is_master());
    assert_eq!(net.nodes[2].state(), ClusterState::Fail);
}

#[test]
fn a_replica_that_may_not_fail_over_does_not() {
    let mut net = Net::cluster_with(3, 1, |config| config.replica_no_failover = true);
    assert!(net.flag(0, 3, NodeFlags::NO_FAILOVER));
    net.stop(0);
    net.run(8_000);
    assert!(!net.nodes[3].is_master());
}

// ---- storage (clusterSaveConfigOrDie before clusterSendFailoverAuth)

#[test]
fn a_vote_leaves_only_once_it_is_on_the_disk() {
    let mut net = Net::cluster(3, 1);
    net.keep_sent = true;
    net.stop(0);
    net.run_until(|net| net.all_see_failed(0));
    net.slow_disks.extend([1, 2]);
    net.run(1_800);
    assert!(
        net.find_trace(|trace| matches!(trace, Trace::ElectionStarted { .. }))
            .is_some()
    );
    assert!(!net.sent.iter().any(|(_, _, message)| message.body == Body::AuthAck));
    assert!(!net.nodes[3].is_master());
    // What is asked for holds the vote: whoever starts of it does not vote twice.
    net.slow_disks.clear();
    net.write_disk(1);
    net.write_disk(2);
    assert!(
        net.sent
            .iter()
            .any(|(_, at, message)| *at == 1 && message.body == Body::AuthAck)
    );
    net.run_until(|net| net.nodes[3].is_master());
    let voted = net.nodes[1].last_vote_epoch();
    net.restart(1);
    assert_eq!(net.nodes[1].last_vote_epoch(), voted);
}

// ---- epochs (clusterHandleConfigEpochCollision)

#[test]
fn masters_of_one_epoch_part_and_the_smaller_name_moves() {
    let mut net = Net::new((0..3).map(config).collect());
    for index in 0..3 {
        net.ok(index, &format!("addslots {index}"));
    }
    net.ok(1, "meet 127.0.0.1 7000");
    net.ok(2, "meet 127.0.0.1 7000");
    net.run(8_000);
    let epochs: Vec<_> = net.nodes.iter().map(Node::config_epoch).collect();
    assert_eq!(epochs[2], 0, "the greatest name stays: {epochs:?}");
    assert!(epochs[0] != epochs[1] && epochs[0] != 0 && epochs[1] != 0, "{epochs:?}");
    assert!(
        net.find_trace(|trace| matches!(
            trace,
            Trace::ConfigEpochChanged {
                collided_with: Some(_),
                ..
            }
        ))
        .is_some()
    );
}

// ---- UPDATE (clusterProcessPacket, clusterSendUpdate)

#[test]
fn whoever_claims_what_another_owns_later_is_told() {
    let mut net = Net::cluster(3, 1);
    net.stop(0);
    // The new owner itself cannot tell the old one.
    net.cut.insert((0, 3));
    net.run_until(|net| net.nodes[3].is_master());
    net.run(1_000);
    net.wake(0);
    net.run_until(|net| net.nodes[0].owner(0) == Some(id(3)));
    assert!(
        net.find_trace(|trace| *trace
            == Trace::UpdateSent {
                to: id(0),
                about: id(3)
            })
        .is_some()
    );
    assert!(!net.nodes[0].is_master());
}

// ---- replica migration (clusterHandleSlaveMigration)

#[test]
fn a_replica_comes_to_a_master_that_lost_its_own() {
    let mut net = Net::cluster(3, 2);
    // 3 and 4 are the replicas of 0.
    net.stop(3);
    net.stop(4);
    net.run_until(|net| (5..9).any(|index| net.nodes[index].master() == Some(id(0))));
    let migrated = (5..9).find(|index| net.nodes[*index].master() == Some(id(0))).unwrap();
    assert_eq!(migrated, 5, "the one with the smallest name");
    let (failed, ..) = *net.find_trace(|trace| matches!(trace, Trace::Failed { .. })).unwrap();
    assert!(net.now - failed > 5_000);
    // The barrier holds: nobody leaves a master without replicas.
    net.run(10_000);
    assert_eq!(
        (5..9).filter(|index| net.nodes[*index].master() == Some(id(0))).count(),
        1
    );
}

#[test]
fn replicas_stay_where_migration_is_off() {
    let mut net = Net::cluster_with(3, 2, |config| config.allow_replica_migration = false);
    net.stop(3);
    net.stop(4);
    net.run(15_000);
    assert!((5..9).all(|index| net.nodes[index].master() != Some(id(0))));
}

// ---- manual failover (clusterHandleManualFailover)

#[test]
fn a_manual_failover_waits_for_the_offset_and_loses_nothing() {
    let mut net = Net::cluster(3, 1);
    net.lagging.insert(3);
    net.offsets[0] = 777;
    net.run(200);
    net.ok(3, "failover");
    net.run(300);
    assert!(
        net.events
            .iter()
            .any(|(_, at, output)| *at == 0 && matches!(output, Output::PauseWrites { .. }))
    );
    net.run(1_000);
    assert!(!net.nodes[3].is_master(), "it has not read all yet");
    net.lagging.clear();
    assert!(net.run_until(|net| net.nodes[3].is_master()) <= 300);
    net.run_until(|net| net.nodes[0].master() == Some(id(3)));
    assert!(
        net.events
            .iter()
            .any(|(_, at, output)| *at == 0 && *output == Output::ResumeWrites)
    );
    net.run_until(Net::all_ok);
}

#[test]
fn a_manual_failover_that_takes_too_long_is_given_up() {
    let mut net = Net::cluster(3, 1);
    net.lagging.insert(3);
    net.offsets[0] = 777;
    net.run(200);
    net.ok(3, "failover");
    net.run(5_300);
    assert!(
        net.find_trace(|trace| *trace == Trace::ManualFailoverTimedOut)
            .is_some()
    );
    assert!(net.nodes[0].is_master() && !net.nodes[3].is_master());
    assert!(
        net.events
            .iter()
            .any(|(_, at, output)| *at == 0 && *output == Output::ResumeWrites)
    );
}

#[test]
fn a_forced_failover_asks_for_votes_and_not_the_master() {
    let mut net = Net::cluster(3, 1);
    net.lagging.insert(3);
    net.offsets[0] = 777;
    net.cut.insert((0, 3));
    net.ok(3, "failover force");
    assert!(net.run_until(|net| net.nodes[3].is_master()) <= 500);
    assert!(net.count_traces(|trace| matches!(trace, Trace::VoteGranted { .. })) >= 2);
}

#[test]
fn a_takeover_asks_nobody() {
    let mut net = Net::cluster(3, 1);
    net.stop(0);
    net.stop(1);
    net.stop(2);
    net.run(200);
    let epoch = net.nodes[3].current_epoch();
    net.ok(3, "failover takeover");
    assert!(net.nodes[3].is_master());
    assert_eq!(net.nodes[3].config_epoch(), epoch + 1);
    assert_eq!(net.nodes[3].owner(0), Some(id(3)));
    assert_eq!(net.count_traces(|trace| matches!(trace, Trace::VoteGranted { .. })), 0);
}

// ---- resharding (CLUSTER SETSLOT)

#[test]
fn a_slot_that_was_imported_is_everybodys_news() {
    let mut net = Net::cluster(3, 0);
    net.ok(1, &format!("setslot 0 importing {}", id(0)));
    net.ok(0, &format!("setslot 0 migrating {}", id(1)));
    assert!(net.nodes[0].nodes_text().contains(&format!("[0->-{}]", id(1))));
    assert!(net.nodes[1].nodes_text().contains(&format!("[0-<-{}]", id(0))));
    assert_eq!(net.nodes[1].slot_map().open_slots().len(), 1);
    let epoch = net.nodes[1].current_epoch();
    net.ok(1, &format!("setslot 0 node {}", id(1)));
    assert_eq!(net.nodes[1].config_epoch(), epoch + 1);
    net.run(50);
    for node in &net.nodes {
        assert_eq!(node.owner(0), Some(id(1)));
    }
}

#[test]
fn keys_of_lost_slots_are_to_be_deleted() {
    let mut net = Net::cluster(3, 0);
    net.nodes[0].set_keys(0, 3);
    net.ok(1, &format!("setslot 0 importing {}", id(0)));
    net.ok(1, &format!("setslot 0 node {}", id(1)));
    net.run(50);
    let lost = net.events.iter().find_map(|(_, at, output)| match output {
        Output::SlotsLost { slots } if *at == 0 => Some(slots.ranges()),
        _ => None,
    });
    assert_eq!(lost, Some(vec![(0, 0)]));
}

#[test]
fn a_master_that_loses_its_last_slot_becomes_a_replica() {
    let mut net = Net::cluster(3, 0);
    let slots: Vec<u16> = net.nodes[2].slots_of(id(2)).unwrap().iter().collect();
    for slot in slots {
        let slot = slot.to_string();
        for words in [
            ["importing", id(2).to_string().as_str()],
            ["node", id(1).to_string().as_str()],
        ] {
            let argv: Vec<&[u8]> = vec![
                b"cluster",
                b"setslot",
                slot.as_bytes(),
                words[0].as_bytes(),
                words[1].as_bytes(),
            ];
            net.nodes[1].command(&argv, net.now);
        }
    }
    net.settle();
    net.run(3_000);
    assert_eq!(net.nodes[2].master(), Some(id(1)));
    assert_eq!(net.nodes[0].size(), 2);
}

// ---- publish (clusterPropagatePublish)

#[test]
fn what_is_published_reaches_all_and_what_is_sharded_the_shard() {
    let mut net = Net::cluster(3, 1);
    net.nodes[0].publish(b"c", b"m", false, net.now);
    net.settle();
    net.run(5);
    let heard = |net: &Net, wanted: bool| {
        let heard = net.events.iter().filter_map(|(_, at, output)| match output {
            Output::Published { sharded, .. } if *sharded == wanted => Some(*at),
            _ => None,
        });
        heard.collect::<Vec<_>>()
    };
    assert_eq!(heard(&net, false), [1, 2, 3, 4, 5]);
    net.nodes[3].publish(b"c", b"m", true, net.now);
    net.settle();
    net.run(5);
    assert_eq!(heard(&net, true), [0]);
}

// ---- the value itself

#[test]
fn the_same_inputs_give_the_same_states() {
    let run = || {
        let mut net = Net::cluster(3, 1);
        net.stop(0);
        net.run(5_000);
        net.nodes.iter().map(Node::state_hash).collect::<Vec<_>>()
    };
    assert_eq!(run(), run());
}

#[cfg(feature = "serde")]
#[test]
fn a_state_that_was_read_again_goes_on_alike() {
    let mut net = Net::cluster(3, 1);
    net.stop(0);
    net.run(1_300);
    for node in &mut net.nodes {
        let text = serde_json::to_string(node).unwrap();
        let again: Node = serde_json::from_str(&text).unwrap();
        assert_eq!(*node, again);
        assert_eq!(node.state_hash(), again.state_hash());
        *node = again;
    }
    net.run_until(|net| net.nodes[3].is_master());
}
