//! The rules of the guidelines for Sentinel clients, and the bugs of clients that did not follow them.
//!
//! "G" is `sentinel-clients.md` of Redis' documentation.

mod discovery_net;

use discovery_net::{Event, Net, at, sentinel};
use proptest::prelude::*;
use quorate::resp::Value;
use quorate::sentinel::discovery::*;
use quorate::sentinel::{Address, Config as SentinelConfig, MasterConfig, Sentinel};

const PRIMARY: ReadPreference = ReadPreference::Primary;
const REPLICA: ReadPreference = ReadPreference::Replica;

// ---- sentinels, in order (G: step 1)

#[test]
fn sentinels_are_asked_in_order_and_who_answers_is_asked_first_from_then_on() {
    let mut net = Net::new(|config| config.listeners = 0);
    net.sentinels[0].up = false;
    net.ask(PRIMARY);
    assert_eq!(net.asked, [sentinel(0), sentinel(1)]);
    assert_eq!(net.events, [Event::Resolved(at(1), NodeRole::Primary)]);
    net.asked.clear();
    net.ask(PRIMARY);
    assert_eq!(net.asked, [sentinel(1)]);
    assert_eq!(net.discovery.sentinels(), [sentinel(1), sentinel(0), sentinel(2)]);
}

#[test]
fn a_sentinel_that_is_silent_costs_no_more_than_its_timeout() {
    let mut net = Net::new(|config| config.listeners = 0);
    net.sentinels[0].silent = true;
    net.sentinels[1].silent = true;
    let begin = net.now;
    net.ask(PRIMARY);
    assert!(net.events.is_empty());
    net.run(1_000);
    assert_eq!(
        (net.events.as_slice(), net.answered_at - begin),
        (&[Event::Resolved(at(1), NodeRole::Primary)][..], 1_000)
    );
}

#[test]
fn sentinels_that_others_name_are_asked_after_those_known_from_the_start() {
    let mut net = Net::new(|config| {
        config.sentinels.truncate(1);
        config.listeners = 0;
    });
    net.ask(PRIMARY);
    assert_eq!(net.discovery.sentinels(), [sentinel(0), sentinel(1), sentinel(2)]);
    net.sentinels[0].up = false;
    net.asked.clear();
    net.ask(PRIMARY);
    assert_eq!(net.asked, [sentinel(0), sentinel(1)]);
}

#[test]
fn no_more_sentinels_are_learned_than_the_settings_allow() {
    let mut net = Net::new(|config| {
        config.sentinels.truncate(1);
        config.max_sentinels = 2;
    });
    net.ask(PRIMARY);
    assert_eq!(net.discovery.sentinels(), [sentinel(0), sentinel(1)]);
}

// ---- errors that tell what is wrong (G: error handling)

fn failure_of(prepare: impl Fn(&mut Net)) -> Failure {
    let mut net = Net::new(|config| {
        config.give_up_after_ms = Some(0);
        config.min_other_sentinels = 1;
    });
    prepare(&mut net);
    net.ask(PRIMARY);
    net.run(5_000);
    match net.events.as_slice() {
        [Event::Failed(failure)] => failure.clone(),
        events => panic!("{events:?}"),
    }
}

#[test]
fn no_sentinel_answers_is_told_from_no_such_master() {
    let down = failure_of(|net| net.sentinels.iter_mut().for_each(|sentinel| sentinel.up = false));
    assert_eq!(down, Failure::NoSentinelAnswers { tried: 3 });
    let silent = failure_of(|net| net.sentinels.iter_mut().for_each(|sentinel| sentinel.silent = true));
    assert_eq!(silent, Failure::NoSentinelAnswers { tried: 3 });
    let unknown = failure_of(|net| {
        net.sentinels[1].up = false;
        net.sentinels.iter_mut().for_each(|sentinel| sentinel.primary = None);
    });
    let name = "mymaster".to_string();
    assert_eq!(
        unknown,
        Failure::NoSuchMaster {
            name,
            answered: 2,
            tried: 3
        }
    );
    let codes = [down.code(), silent.code(), unknown.code()];
    assert_eq!(codes, ["no_sentinel_answers", "no_sentinel_answers", "no_such_master"]);
}

#[test]
fn each_other_reason_has_a_failure_of_its_own() {
    let refused = failure_of(|net| {
        net.sentinels
            .iter_mut()
            .for_each(|sentinel| sentinel.error = Some("NOAUTH Authentication required."));
    });
    let message = "NOAUTH Authentication required.".to_string();
    assert_eq!(
        refused,
        Failure::SentinelRefused {
            sentinel: sentinel(2),
            message
        }
    );
    let alone = failure_of(|net| {
        net.sentinels
            .iter_mut()
            .for_each(|sentinel| sentinel.others_down = true);
    });
    assert_eq!(alone, Failure::TooFewSentinels { expected: 1, found: 0 });
    let unreachable = failure_of(|net| net.nodes[0].up = false);
    assert_eq!(unreachable, Failure::NodeUnreachable { address: at(1) });
    let silent = failure_of(|net| net.nodes[0].silent = true);
    assert_eq!(silent, Failure::NodeUnreachable { address: at(1) });
    let demoted = failure_of(|net| net.nodes[0].role = NodeRole::Replica);
    let (expected, found) = ("primary".to_string(), "replica".to_string());
    assert_eq!(
        demoted,
        Failure::WrongRole {
            address: at(1),
            expected,
            found
        }
    );
}

#[test]
fn a_request_is_tried_until_its_time_is_over() {
    let mut net = Net::new(|config| config.give_up_after_ms = Some(3_000));
    net.sentinels.iter_mut().for_each(|sentinel| sentinel.up = false);
    net.ask(PRIMARY);
    net.run(2_999);
    assert!(net.events.is_empty());
    net.run(1);
    assert_eq!(net.events, [Event::Failed(Failure::NoSentinelAnswers { tried: 3 })]);
    // 100, 200, 400, 800, 1,600 ms, and up to a quarter more.
    let rounds = net.asked.iter().filter(|asked| **asked == sentinel(0)).count();
    assert!((4..=6).contains(&rounds), "{rounds}");
}

#[test]
fn a_request_of_one_round_waits_for_its_own_while_another_has_just_failed() {
    let mut net = Net::new(|config| config.give_up_after_ms = Some(0));
    net.sentinels.iter_mut().for_each(|sentinel| sentinel.up = false);
    net.ask(PRIMARY);
    net.run(10);
    assert_eq!(net.events, [Event::Failed(Failure::NoSentinelAnswers { tried: 3 })]);
    net.sentinels.iter_mut().for_each(|sentinel| sentinel.up = true);
    net.ask(PRIMARY);
    net.run(1_000);
    assert_eq!(net.events[1..], [Event::Resolved(at(1), NodeRole::Primary)]);
}

#[test]
fn whoever_is_patient_is_answered_when_there_is_an_answer() {
    let mut net = Net::new(|config| config.give_up_after_ms = None);
    net.sentinels.iter_mut().for_each(|sentinel| sentinel.up = false);
    net.ask(PRIMARY);
    net.run(600_000);
    assert!(net.events.is_empty());
    net.sentinels[2].up = true;
    net.run(2_500);
    assert_eq!(net.events, [Event::Resolved(at(1), NodeRole::Primary)]);
}

// ---- the server must say so itself (G: step 3)

#[test]
fn a_server_that_says_it_is_a_replica_is_left_and_everything_begins_anew() {
    let mut net = Net::new(|_| {});
    net.nodes[0].role = NodeRole::Replica;
    net.ask(PRIMARY);
    assert!(net.events.is_empty());
    net.point_to(2);
    net.nodes[1].role = NodeRole::Primary;
    net.run(300);
    assert_eq!(net.events, [Event::Resolved(at(2), NodeRole::Primary)]);
    assert_eq!(net.open_nodes(), [at(2)], "the connection to the first is closed");
}

#[test]
fn where_role_is_forbidden_info_is_asked() {
    let mut net = Net::new(|_| {});
    net.nodes[0].forbids_role = true;
    net.ask(PRIMARY);
    assert_eq!(net.events, [Event::Resolved(at(1), NodeRole::Primary)]);
    let mut net = Net::new(|_| {});
    net.nodes.iter_mut().for_each(|node| node.forbids_role = true);
    net.ask(REPLICA);
    assert!(matches!(net.events.as_slice(), [Event::Resolved(_, NodeRole::Replica)]));
}

#[test]
fn every_connection_asks_a_sentinel_anew() {
    let mut net = Net::new(|config| config.listeners = 0);
    net.ask(PRIMARY);
    net.point_to(2);
    net.nodes[1].role = NodeRole::Primary;
    net.nodes[0].role = NodeRole::Replica;
    net.ask(PRIMARY);
    assert_eq!(net.asked.len(), 2);
    assert_eq!(net.events.last(), Some(&Event::Resolved(at(2), NodeRole::Primary)));
}

#[test]
fn requests_that_come_together_share_one_question() {
    let mut net = Net::new(|config| config.listeners = 0);
    for _ in 0..20 {
        net.discovery.request(PRIMARY, net.now).expect("there is room");
    }
    net.settle();
    assert_eq!((net.asked.len(), net.events.len()), (1, 20));
}

// ---- changes (G: connection pools, and Pub/Sub)

#[test]
fn a_change_gives_up_what_leads_to_the_old_primary_and_nothing_else() {
    let mut net = Net::new(|_| {});
    let old = [net.ask(PRIMARY), net.ask(PRIMARY)];
    let replicas = [net.ask(REPLICA), net.ask(REPLICA)];
    net.fail_over(2);
    net.publish(0, "+switch-master", "mymaster 10.0.0.1 6379 10.0.0.2 6379");
    // The replica that was promoted is none any more; the other stays.
    let promoted = replicas
        .iter()
        .copied()
        .find(|link| net.address_of(*link) == Some(at(2)))
        .expect("one of them");
    let stays = replicas
        .iter()
        .copied()
        .find(|link| *link != promoted)
        .expect("the other");
    let mut invalid = net.invalid.clone();
    invalid.sort_unstable();
    let mut expected = [old[0], old[1], promoted];
    expected.sort_unstable();
    assert_eq!(invalid, expected);
    assert!(net.is_open(stays));
    assert!(net.events.contains(&Event::Changed(Some(at(1)), at(2))));
    assert_eq!(
        net.discovery.handed_out().map(|handed| handed.0).collect::<Vec<_>>(),
        [stays]
    );
}

/// It is the new primary's own word that counts, for a sentinel that was cut off tells of what is long past.
#[test]
fn an_old_change_that_is_published_late_loses_no_connection() {
    let mut net = Net::new(|_| {});
    let link = net.ask(PRIMARY);
    net.sentinels[0].primary = Some(at(2));
    net.publish(0, "+switch-master", "mymaster 10.0.0.1 6379 10.0.0.2 6379");
    net.run(5_000);
    assert!(net.is_open(link));
    assert!(net.invalid.is_empty());
}

#[test]
fn a_change_that_nobody_told_of_is_found_by_looking() {
    let mut net = Net::new(|config| config.listeners = 0);
    let link = net.ask(PRIMARY);
    net.fail_over(2);
    net.run(9_999);
    assert!(net.is_open(link));
    net.run(2);
    assert_eq!(net.invalid, [link]);
}

#[test]
fn readonly_gives_up_all_connections_to_that_server() {
    let mut net = Net::new(|config| config.listeners = 0);
    let links = [net.ask(PRIMARY), net.ask(PRIMARY)];
    let now = net.now;
    assert_eq!(
        net.discovery
            .refused(links[0], b"WRONGTYPE Operation against a key", now),
        Ok(false)
    );
    assert_eq!(
        net.discovery
            .refused(links[0], b"READONLY You can't write against a read only replica.", now),
        Ok(true)
    );
    net.settle();
    assert_eq!(net.invalid, links);
}

// ---- replicas (G: connecting to replicas)

#[test]
fn replicas_are_chosen_among_those_that_are_up_and_follow() {
    let mut net = Net::new(|_| {});
    net.flags(2, "slave,s_down");
    net.flags(3, "slave,disconnected");
    net.add_replica(4);
    for _ in 0..5 {
        net.ask(REPLICA);
    }
    assert_eq!(net.events, vec![Event::Resolved(at(4), NodeRole::Replica); 5]);
    net.flags(4, "slave,o_down");
    net.ask(REPLICA);
    net.run(11_000);
    assert_eq!(net.events.last(), Some(&Event::Failed(Failure::NoReplica { known: 3 })));
    net.ask(ReadPreference::ReplicaOrPrimary);
    assert_eq!(net.events.last(), Some(&Event::Resolved(at(1), NodeRole::Primary)));
}

/// Stale reads (StackExchange.Redis#2994, predis#542): the sentinel's list says whether a replica still follows, and so does `ROLE`.
#[test]
fn a_replica_that_lost_its_primary_is_the_last_resort() {
    let mut net = Net::new(|_| {});
    net.link_status(2, "err");
    for _ in 0..4 {
        net.ask(REPLICA);
    }
    assert_eq!(net.events, vec![Event::Resolved(at(3), NodeRole::Replica); 4]);
    // What the sentinel does not know yet, the replica says.
    net.link_status(2, "ok");
    net.nodes[1].follows = false;
    net.events.clear();
    for _ in 0..4 {
        net.ask(REPLICA);
    }
    assert_eq!(net.events, vec![Event::Resolved(at(3), NodeRole::Replica); 4]);
    // There is no other.
    net.nodes[2].up = false;
    net.ask(REPLICA);
    assert_eq!(net.events.last(), Some(&Event::Resolved(at(2), NodeRole::Replica)));

    let mut never = Net::new(|config| config.stale = Stale::Never);
    for replica in [2, 3] {
        never.link_status(replica, "err");
    }
    never.ask(REPLICA);
    never.run(11_000);
    assert_eq!(never.events, [Event::Failed(Failure::NoReplica { known: 2 })]);
}

#[test]
fn servers_are_chosen_in_proportion_to_their_weights() {
    let mut net = Net::new(|config| config.weights = vec![(at(2), 3), (at(1), 0)]);
    let mut chosen = |preference| {
        net.events.clear();
        for _ in 0..8 {
            net.ask(preference);
        }
        let to = |server: u8| {
            net.events
                .iter()
                .filter(|event| matches!(event, Event::Resolved(to, _) if *to == at(server)))
                .count()
        };
        [to(1), to(2), to(3)]
    };
    assert_eq!(chosen(REPLICA), [0, 6, 2]);
    assert_eq!(chosen(ReadPreference::Any), [0, 6, 2]);
    let mut net = Net::new(|_| {});
    for _ in 0..9 {
        net.ask(ReadPreference::Any);
    }
    for server in 1..4 {
        let to = net
            .events
            .iter()
            .filter(|event| matches!(event, Event::Resolved(to, _) if *to == at(server)));
        assert_eq!(to.count(), 3);
    }
}

// ---- behind address translation

#[test]
fn addresses_are_translated_where_they_are_connected_to() {
    let outside = Address::new("203.0.113.7", 7_001);
    let mut net = Net::new(|config| {
        config.nat = vec![
            (at(1), outside.clone()),
            (sentinel(0), Address::new("203.0.113.7", 7_026)),
        ];
        config.listeners = 0;
    });
    net.alias(&outside, 1);
    net.alias_sentinel(&Address::new("203.0.113.7", 7_026), 0);
    net.ask(PRIMARY);
    assert_eq!(net.asked, [Address::new("203.0.113.7", 7_026)]);
    assert_eq!(net.connected_to, [outside]);
    assert_eq!(
        net.events,
        [Event::Resolved(at(1), NodeRole::Primary)],
        "it goes by what it is announced as"
    );
}

// ---- bugs of other clients

/// go-redis subscribes to `+replica-reconf-done`, and node-redis to `switch-master`: no server publishes either. Our own sentinel
/// publishes as the server does, and knows all names.
#[test]
fn bug_of_channels_that_no_server_publishes() {
    let names = discovery_net::published_names();
    for channel in CHANNELS {
        assert!(names.contains(&channel), "{channel} is not published");
    }
    for wrong in ["+replica-reconf-done", "switch-master"] {
        assert!(!names.contains(&wrong) && !CHANNELS.contains(&wrong));
    }
    let mut net = Net::new(|_| {});
    net.ask(PRIMARY);
    assert_eq!(net.subscribed, ["SUBSCRIBE +switch-master"]);
}

/// ioredis reacts to any `+switch-master`: with sentinels of many masters, it reconnects for nothing.
#[test]
fn bug_of_changes_of_other_masters() {
    let mut net = Net::new(|_| {});
    let link = net.ask(PRIMARY);
    net.asked.clear();
    for other in ["other", "mymaster2", "MYMASTER", ""] {
        net.publish(0, "+switch-master", &format!("{other} 10.0.0.1 6379 10.0.0.2 6379"));
    }
    net.publish(0, "+slave", "mymaster 10.0.0.1 6379 10.0.0.2 6379");
    net.publish(0, "+switch-master", "mymaster 10.0.0.1");
    assert!(net.is_open(link));
    assert!(net.asked.is_empty());
}

/// redis-py asks `SENTINEL MASTERS` and takes no master that is down: for the whole outage it says that there is none. And during the
/// failover that list shows the old address, when the other command already tells the new one.
#[test]
fn bug_of_asking_for_the_list_of_masters() {
    let mut net = Net::new(|_| {});
    net.ask(PRIMARY);
    assert_eq!(net.questions[0], "SENTINEL GET-MASTER-ADDR-BY-NAME mymaster");
    assert!(
        net.questions
            .iter()
            .all(|question| !question.starts_with("SENTINEL MASTER"))
    );

    // A real machine in that state: it leads the failover, or follows one, and calls the old primary down.
    let mut config = SentinelConfig::new("0123456789012345678901234567890123456789", 42);
    config.masters.push(MasterConfig::new("mymaster", "10.0.0.1", 6_379, 1));
    let mut down = Sentinel::new(config, &[], 0).expect("a config");
    let answer = discovery_net::ask_sentinel(&mut down, &["SENTINEL", "GET-MASTER-ADDR-BY-NAME", "mymaster"]);
    for now in 0..40 {
        down.tick(now * 1_000);
        discovery_net::settle_sentinel(&mut down);
    }
    assert!(
        discovery_net::ask_sentinel(&mut down, &["SENTINEL", "MASTERS"])
            .to_string()
            .contains("s_down")
    );
    let while_down = discovery_net::ask_sentinel(&mut down, &["SENTINEL", "GET-MASTER-ADDR-BY-NAME", "mymaster"]);
    assert_eq!(
        (&while_down, while_down.to_string()),
        (&answer, r#"["10.0.0.1", "6379"]"#.to_string())
    );
}

/// `num-other-sentinels` counts all that were ever seen (redis-py#689), so it says nothing of who is there. We count those that are.
#[test]
fn bug_of_counting_sentinels_that_are_gone() {
    let mut net = Net::new(|config| config.min_other_sentinels = 2);
    net.sentinels[0].others_down = true;
    net.ask(PRIMARY);
    assert_eq!(net.asked[..2], [sentinel(0), sentinel(1)]);
    assert_eq!(net.events, [Event::Resolved(at(1), NodeRole::Primary)]);
}

// ---- robustness

#[test]
fn late_news_of_a_connection_that_was_closed_does_no_harm() {
    let mut net = Net::new(|_| {});
    net.ask(PRIMARY);
    let before = net.discovery.clone();
    let link = 1;
    assert_eq!(net.discovery.connected(link, 0), Err(Error::UnknownLink(link)));
    assert_eq!(net.discovery.disconnected(link, 0), Err(Error::UnknownLink(link)));
    assert_eq!(
        net.discovery.reply(link, &Value::Integer(1), 0),
        Err(Error::UnknownLink(link))
    );
    assert_eq!(net.discovery.cancel(99, 0), Err(Error::UnknownRequest(99)));
    assert_eq!(
        (&net.discovery, net.discovery.state_hash()),
        (&before, before.state_hash())
    );
}

#[test]
fn settings_that_make_no_sense_are_refused() {
    let good = Config::new("mymaster", &[sentinel(0)]);
    let broken: [fn(&mut Config); 5] = [
        |config| config.name.clear(),
        |config| config.sentinels.clear(),
        |config| config.max_sentinels = 0,
        |config| config.backoff_ms = 0,
        |config| config.check_every_ms = Some(0),
    ];
    for break_it in broken {
        let mut config = good.clone();
        break_it(&mut config);
        assert_eq!(
            Discovery::new(config).map_err(|error| error.code()),
            Err("invalid_config")
        );
    }
}

fn arbitrary_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        Just(Value::NullArray),
        any::<i64>().prop_map(Value::Integer),
        "[a-z0-9_.:,+-]{0,12}".prop_map(|text| Value::BulkString(text.as_str().into())),
        prop::sample::select(vec![
            "ip",
            "port",
            "flags",
            "slave",
            "master",
            "message",
            "+switch-master",
            "6379",
            "10.0.0.1"
        ])
        .prop_map(|text| Value::BulkString(text.into())),
        "[A-Z ]{0,12}".prop_map(|text| Value::SimpleError(text.as_str().into())),
    ];
    leaf.prop_recursive(3, 24, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(|items| Value::Array(items.into())),
            prop::collection::vec((inner.clone(), inner), 0..4).prop_map(|pairs| Value::Map(pairs.into())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever is answered, and by whomever: it does not panic, and every request is answered once, in its time.
    #[test]
    fn every_request_is_answered_once(
        steps in prop::collection::vec((0u8..6, 1u64..40, arbitrary_value(), 0i64..700), 0..80),
    ) {
        let config = Config { give_up_after_ms: Some(5_000), trace: true, ..Config::new("mymaster", &[sentinel(0), sentinel(1)]) };
        let mut discovery = Discovery::new(config).expect("a config");
        let (mut now, mut asked, mut answered) = (0, Vec::new(), Vec::new());
        let preferences = [PRIMARY, REPLICA, ReadPreference::Any, ReadPreference::ReplicaOrPrimary];
        for (kind, link, value, wait) in steps {
            now += wait;
            match kind {
                0 => asked.push(discovery.request(preferences[link as usize % 4], now).expect("there is room")),
                1 => drop(discovery.connected(link, now)),
                2 => drop(discovery.disconnected(link, now)),
                3 | 4 => drop(discovery.reply(link, &value, now)),
                _ => discovery.tick(now),
            }
            while let Some(output) = discovery.poll() {
                match output {
                    Output::Resolved { request, .. } | Output::Failed { request, .. } => answered.push(request),
                    _ => {}
                }
            }
        }
        for _ in 0..200 {
            now = discovery.next_tick_ms().unwrap_or(now).max(now);
            discovery.tick(now);
            while let Some(output) = discovery.poll() {
                match output {
                    Output::Resolved { request, .. } | Output::Failed { request, .. } => answered.push(request),
                    _ => {}
                }
            }
        }
        answered.sort_unstable();
        prop_assert_eq!(answered, asked);
    }
}

/// What was written down and read again goes on the same, in the middle of a round and of a server's answer.
#[cfg(feature = "serde")]
#[test]
fn a_state_that_is_read_again_goes_on_the_same() {
    let mut net = Net::new(|config| config.weights = vec![(at(2), 3)]);
    net.sentinels[0].silent = true;
    net.ask(REPLICA);
    let text = serde_json::to_string(&net.discovery).expect("it is plain data");
    let again: Discovery = serde_json::from_str(&text).expect("what was written");
    assert_eq!(
        (&again, again.state_hash()),
        (&net.discovery, net.discovery.state_hash())
    );
    net.discovery = again;
    net.run(1_000);
    assert!(matches!(net.events.as_slice(), [Event::Resolved(_, NodeRole::Replica)]));
}
