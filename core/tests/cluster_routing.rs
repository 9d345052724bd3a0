//! Where commands go and what becomes of their replies. Policies are those of the server's command tips; the server's own decision is
//! `getNodeByQuery`, whose cases were tried on a live 7.0.15.

use quorate::cluster::{
    Address, Asked, Decision, MergeError, Owner, Plan, ReadPolicy, ReadRouter, Scope, SlotMap, SlotServing, decide,
    merge, plan,
};
use quorate::resp::Value;

/// Three shards with slots in thirds; `a` and `b` have two replicas each, in zones x and y.
fn map() -> SlotMap {
    let text = "aa a:1@2 master - 0 0 1 connected 0-5460\n\
                bb b:1@2 master - 0 0 2 connected 5461-10922\n\
                cc c:1@2 master - 0 0 3 connected 10923-16383\n\
                a1 a1:1@2,,availability-zone=x slave aa 0 0 1 connected\n\
                a2 a2:1@2,,availability-zone=y slave aa 0 0 1 connected\n\
                b1 b1:1@2 slave bb 0 0 2 connected\n\
                b2 b2:1@2 slave,fail bb 0 0 2 connected\n";
    SlotMap::from_nodes(text.as_bytes(), &Address::new("a", 1)).expect("a map")
}

fn primary() -> ReadRouter {
    ReadRouter::new(ReadPolicy::Primary, 1)
}

fn words(line: &str) -> Vec<String> {
    line.split(' ').map(str::to_string).collect()
}

/// `node: ARGV` of each part.
fn parts(line: &str) -> Vec<String> {
    let (argv, map) = (words(line), map());
    let plan = plan(&argv, &map, &mut primary()).unwrap_or_else(|error| panic!("{line}: {error}"));
    let part = |part: &quorate::cluster::Part| {
        let words = part
            .argv(&argv)
            .into_iter()
            .map(String::from_utf8_lossy)
            .collect::<Vec<_>>();
        format!("{}: {}", map.node(part.node).expect("a node").id, words.join(" "))
    };
    plan.parts.iter().map(part).collect()
}

fn code(line: &str) -> &'static str {
    plan(&words(line), &map(), &mut primary()).expect_err(line).code()
}

// foo 12182 (c), bar 5061 (a), hello 866 (a), b 3300 (a), x 16287 (c)

#[test]
fn keys_of_one_slot_go_to_its_primary_whole() {
    assert_eq!(parts("SET foo 1"), ["cc: SET foo 1"]);
    assert_eq!(parts("MSET {foo}1 a {foo}2 b"), ["cc: MSET {foo}1 a {foo}2 b"]);
    assert_eq!(parts("SPUBLISH foo hi"), ["cc: SPUBLISH foo hi"]);
}

#[test]
fn keys_of_several_slots_are_split_by_slot_even_on_one_node() {
    // The server takes keys of one slot, whoever serves both.
    assert_eq!(
        parts("DEL bar hello foo {bar}2"),
        ["aa: DEL bar {bar}2", "aa: DEL hello", "cc: DEL foo"]
    );
    assert_eq!(
        parts("MSET bar 1 foo 2 hello 3"),
        ["aa: MSET bar 1", "aa: MSET hello 3", "cc: MSET foo 2"]
    );
}

#[test]
fn what_cannot_be_split_is_refused_before_it_is_sent() {
    assert_eq!(code("SUNION foo bar"), "cross_slot");
    assert_eq!(code("RENAME foo bar"), "cross_slot");
    assert_eq!(
        code("MSETNX foo 1 bar 2"),
        "cross_slot",
        "all or nothing cannot be had of two nodes"
    );
    assert_eq!(code("NOSUCH foo"), "unknown_command");
    assert_eq!(code("GET"), "wrong_arity");
}

#[test]
fn keyless_commands_go_where_their_tips_say() {
    assert_eq!(parts("DBSIZE"), ["aa: DBSIZE", "bb: DBSIZE", "cc: DBSIZE"]);
    assert_eq!(parts("SCRIPT FLUSH").len(), 7, "all nodes, replicas too");
    assert_eq!(parts("ECHO hi"), ["aa: ECHO hi"]);
    let empty = plan(&["PING"], &SlotMap::new(), &mut primary()).expect_err("nobody is there");
    assert_eq!(empty.code(), "no_nodes");
    let unserved = plan(&["GET", "foo"], &SlotMap::new(), &mut primary()).expect_err("nobody serves it");
    assert_eq!(unserved.code(), "slot_unserved");
}

// ---- reads

fn reads(policy: ReadPolicy, key: &str, count: usize) -> Vec<String> {
    let (map, mut router) = (map(), ReadRouter::new(policy, 7));
    let argv = words(&format!("GET {key}"));
    let mut read = || plan(&argv, &map, &mut router).expect("a plan").parts[0].node;
    (0..count)
        .map(|_| read())
        .map(|node| map.node(node).expect("a node").id.clone())
        .collect()
}

#[test]
fn reads_go_by_policy_and_writes_to_the_primary() {
    assert_eq!(reads(ReadPolicy::Primary, "bar", 2), ["aa", "aa"]);
    assert_eq!(reads(ReadPolicy::RoundRobinReplicas, "bar", 3), ["a1", "a2", "a1"]);
    assert_eq!(reads(ReadPolicy::RoundRobin, "bar", 4), ["aa", "a1", "a2", "aa"]);
    assert_eq!(
        reads(ReadPolicy::RoundRobinReplicas, "foo", 2),
        ["cc", "cc"],
        "no replica: the primary"
    );
    assert_eq!(reads(ReadPolicy::Zone("y".into()), "bar", 2), ["a2", "a2"]);
    assert_eq!(reads(ReadPolicy::Zone("z".into()), "bar", 3), ["a1", "a2", "a1"]);
    let random = reads(ReadPolicy::Random, "bar", 300);
    assert!(
        ["aa", "a1", "a2"]
            .iter()
            .all(|node| random.iter().filter(|read| read == node).count() > 60)
    );
    assert_eq!(random, reads(ReadPolicy::Random, "bar", 300), "the seed decides");

    let mut router = ReadRouter::new(ReadPolicy::RoundRobinReplicas, 1);
    let write = plan(&["SET", "bar", "1"], &map(), &mut router).expect("a plan");
    assert_eq!(
        map().node(write.parts[0].node).map(|node| node.id.clone()),
        Some("aa".into())
    );
}

#[test]
fn reads_pass_over_replicas_that_failed() {
    // Slot 5500 is of the middle third; its tag is found by search.
    let tag = quorate::cluster::tag_for_slot(5500).expect("a tag");
    assert_eq!(
        reads(ReadPolicy::RoundRobinReplicas, &format!("{{{}}}", &*tag), 3),
        ["b1", "b1", "b1"]
    );
}

#[test]
fn reads_go_to_whoever_answers_soonest_once_all_were_measured() {
    let (map, mut router) = (map(), ReadRouter::new(ReadPolicy::LowestLatency, 1));
    let shard = map.shard_for_slot(0).expect("a shard");
    router.measured("aa", 500);
    router.measured("a1", 300);
    assert_eq!(
        map.node(router.choose(&map, shard).expect("a node"))
            .map(|node| node.id.as_str()),
        Some("a2")
    );
    router.measured("a2", 900);
    assert_eq!(
        map.node(router.choose(&map, shard).expect("a node"))
            .map(|node| node.id.as_str()),
        Some("a1")
    );
}

// ---- replies

fn planned(line: &str) -> Plan {
    plan(&words(line), &map(), &mut primary()).expect(line)
}

fn int(number: i64) -> Option<Value> {
    Some(Value::Integer(number))
}

fn list(items: &[&str]) -> Option<Value> {
    Some(Value::Array(items.iter().map(|item| Value::bulk(*item)).collect()))
}

#[test]
fn values_of_keys_go_where_their_keys_stand() {
    let plan = planned("MGET foo bar {foo}2 hello");
    assert_eq!(plan.scope, Scope::Slots);
    // Parts: aa bar, aa hello, cc foo {foo}2.
    let merged = merge(&plan, vec![list(&["BAR"]), list(&["HELLO"]), list(&["FOO", "FOO2"])]);
    assert_eq!(
        merged.expect("a reply").to_string(),
        r#"["FOO", "BAR", "FOO2", "HELLO"]"#
    );
    let short = merge(&plan, vec![list(&["BAR"]), list(&["HELLO"]), list(&["FOO"])]);
    assert_eq!(short.expect_err("a value is missing").code(), "unexpected_reply");
}

#[test]
fn integers_become_one_as_the_tips_say() {
    let three = |a, b, c| vec![int(a), int(b), int(c)];
    assert_eq!(
        merge(&planned("DEL bar hello foo"), three(1, 0, 1)),
        Ok(Value::Integer(2))
    );
    assert_eq!(merge(&planned("DBSIZE"), three(5, 7, 9)), Ok(Value::Integer(21)));
    assert_eq!(merge(&planned("WAIT 1 0"), three(2, 1, 3)), Ok(Value::Integer(1)));
    let exists = |a, b| Some(Value::Array([Value::Integer(a), Value::Integer(b)].into()));
    let merged = merge(
        &planned("SCRIPT EXISTS s t"),
        vec![exists(1, 1), exists(1, 0), exists(1, 1)],
    );
    assert_eq!(merged.expect("a reply").to_string(), "[1, 0]");
}

#[test]
fn arrays_of_whole_nodes_are_joined_and_of_single_values_one_is_taken() {
    let merged = merge(&planned("KEYS *"), vec![list(&["a"]), list(&[]), list(&["b", "c"])]);
    assert_eq!(merged.expect("a reply").to_string(), r#"["a", "b", "c"]"#);
    let merged = merge(
        &planned("RANDOMKEY"),
        vec![Some(Value::Null), Some(Value::bulk("k")), Some(Value::Null)],
    );
    assert_eq!(merged, Ok(Value::bulk("k")));
    let merged = merge(
        &planned("INFO"),
        vec![Some(Value::bulk("a")), Some(Value::bulk("b")), Some(Value::bulk("c"))],
    );
    assert_eq!(
        merged.expect("a reply").to_string(),
        r#"["a", "b", "c"]"#,
        "only the command itself knows"
    );
}

#[test]
fn a_part_that_fails_is_named_and_the_others_are_done() {
    let down = Some(Value::SimpleError(b"CLUSTERDOWN The cluster is down".as_slice().into()));
    let ok = || Some(Value::SimpleString(b"OK".as_slice().into()));
    let plan = planned("MSET bar 1 foo 2 hello 3");
    assert_eq!(merge(&plan, vec![ok(), ok(), ok()]), Ok(ok().unwrap()));
    match merge(&plan, vec![ok(), down.clone(), None]) {
        Err(MergeError::Failed { failed, parts: 3 }) => {
            assert_eq!(
                failed
                    .iter()
                    .map(|failure| (failure.part, failure.error.clone()))
                    .collect::<Vec<_>>(),
                [(1, down), (2, None)]
            );
        }
        other => panic!("{other:?}"),
    }
    let kill = planned("SCRIPT KILL");
    let busy = Some(Value::SimpleError(
        b"NOTBUSY No scripts in execution right now.".as_slice().into(),
    ));
    assert_eq!(
        merge(&kill, vec![busy.clone(), ok(), None]),
        Ok(ok().unwrap()),
        "one that succeeds is enough"
    );
    assert_eq!(
        merge(&kill, vec![busy.clone(), busy.clone(), busy])
            .expect_err("nobody")
            .code(),
        "parts_failed"
    );
    assert_eq!(
        merge(&kill, vec![]).expect_err("no replies").code(),
        "wrong_reply_count"
    );
}

// ---- the server's decision

fn serving(owner: Owner) -> SlotServing {
    SlotServing {
        owner,
        migrating_to: None,
        importing: false,
    }
}

fn one_key() -> Asked {
    Asked {
        keys: 1,
        distinct_keys: 1,
        allow_pubsub_when_down: true,
        ..Asked::default()
    }
}

fn other() -> Address {
    Address::new("b", 2)
}

#[test]
fn a_node_serves_what_is_its_own_and_what_has_no_keys() {
    assert_eq!(decide(5, &serving(Owner::Me), &one_key()), Decision::Serve);
    let keyless = Asked {
        cluster_down: true,
        ..Asked::default()
    };
    assert_eq!(
        decide(5, &serving(Owner::Nobody), &keyless),
        Decision::Serve,
        "even if the cluster is down"
    );
}

#[test]
fn several_slots_come_before_health_and_whose_they_are() {
    let asked = Asked {
        several_slots: true,
        cluster_down: true,
        keys: 2,
        ..one_key()
    };
    assert_eq!(decide(5, &serving(Owner::Other(other())), &asked), Decision::CrossSlot);
    assert_eq!(
        decide(5, &serving(Owner::Nobody), &asked),
        Decision::SlotUnserved,
        "but a slot of nobody's comes first"
    );
}

#[test]
fn a_cluster_that_is_down_serves_what_it_is_set_to() {
    let down = |asked: Asked| {
        decide(
            5,
            &serving(Owner::Me),
            &Asked {
                cluster_down: true,
                ..asked
            },
        )
    };
    assert_eq!(down(one_key()).to_string(), "CLUSTERDOWN The cluster is down");
    let reads = Asked {
        allow_reads_when_down: true,
        ..one_key()
    };
    assert_eq!(down(reads), Decision::Serve);
    assert_eq!(
        down(Asked { write: true, ..reads }).to_string(),
        "CLUSTERDOWN The cluster is down and only accepts read commands"
    );
    let pubsub = Asked {
        pubsub_shard: true,
        ..one_key()
    };
    assert_eq!(down(pubsub), Decision::Serve);
    assert_eq!(
        down(Asked {
            allow_pubsub_when_down: false,
            ..pubsub
        }),
        Decision::ClusterDown
    );
}

#[test]
fn a_slot_on_its_way_out_is_served_asked_elsewhere_or_later() {
    let out = SlotServing {
        owner: Owner::Me,
        migrating_to: Some(other()),
        importing: false,
    };
    let keys = |keys, missing_keys| {
        decide(
            5,
            &out,
            &Asked {
                keys,
                distinct_keys: keys,
                missing_keys,
                ..one_key()
            },
        )
    };
    assert_eq!(keys(1, 0), Decision::Serve);
    assert_eq!(keys(1, 1).to_string(), "ASK 5 b:2");
    assert_eq!(keys(2, 2).to_string(), "ASK 5 b:2");
    assert_eq!(
        keys(2, 1).to_string(),
        "TRYAGAIN Multiple keys request during rehashing of slot"
    );
    assert_eq!(
        decide(
            5,
            &out,
            &Asked {
                migrate: true,
                missing_keys: 1,
                ..one_key()
            }
        ),
        Decision::Serve
    );
}

#[test]
fn a_slot_on_its_way_in_is_served_behind_asking() {
    let coming = SlotServing {
        owner: Owner::Other(other()),
        migrating_to: None,
        importing: true,
    };
    let asking = Asked {
        asking: true,
        missing_keys: 1,
        ..one_key()
    };
    assert_eq!(decide(5, &coming, &one_key()).to_string(), "MOVED 5 b:2");
    assert_eq!(
        decide(5, &coming, &asking),
        Decision::Serve,
        "a key that is nowhere yet"
    );
    assert_eq!(
        decide(
            5,
            &coming,
            &Asked {
                keys: 2,
                distinct_keys: 2,
                ..asking
            }
        ),
        Decision::TryAgain
    );
    assert_eq!(
        decide(
            5,
            &coming,
            &Asked {
                keys: 2,
                distinct_keys: 1,
                missing_keys: 2,
                ..asking
            }
        ),
        Decision::Serve,
        "MGET k k"
    );
}

#[test]
fn a_replica_serves_reads_to_those_who_asked_for_it() {
    let replica = serving(Owner::MyPrimary(other()));
    assert_eq!(decide(5, &replica, &one_key()).to_string(), "MOVED 5 b:2");
    let readonly = Asked {
        readonly: true,
        ..one_key()
    };
    assert_eq!(decide(5, &replica, &readonly), Decision::Serve);
    assert_eq!(
        decide(
            5,
            &replica,
            &Asked {
                write: true,
                ..readonly
            }
        )
        .to_string(),
        "MOVED 5 b:2"
    );
    assert_eq!(
        decide(
            5,
            &replica,
            &Asked {
                pubsub_shard: true,
                ..one_key()
            }
        ),
        Decision::Serve
    );
}
