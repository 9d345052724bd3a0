//! What servers say of a cluster, read, merged and compared. Forms and rules are those of Redis 7.0 (`clusterReplyMultiBulkSlots`,
//! `clusterGenNodeDescription`, `clusterReplyShards`) and of Valkey where it has more.

use quorate::cluster::{Address, Change, Health, Moved, NodeRole, OpenWay, Redirect, SlotMap, Why};
use quorate::resp::{Decoder, Value};

fn asked() -> Address {
    Address::new("10.0.0.9", 7000)
}

/// A reply as a server would send it, written as canonical text with single quotes.
fn reply(wire: &str) -> Value {
    let mut decoder = Decoder::default();
    decoder.feed(wire.as_bytes());
    decoder
        .poll()
        .expect("it is well formed")
        .expect("it is complete")
        .to_value()
}

fn id(number: u32) -> String {
    format!("{number:040x}")
}

fn bulk(text: &str) -> Value {
    Value::bulk(text)
}

fn array(items: impl IntoIterator<Item = Value>) -> Value {
    Value::Array(items.into_iter().collect())
}

/// `first-last`, and nodes as `(host, port, number)`; a host of `-` is nil.
fn range(first: i64, last: i64, nodes: &[(&str, i64, u32)]) -> Value {
    let node = |(host, port, number): &(&str, i64, u32)| {
        let host = if *host == "-" { Value::Null } else { bulk(host) };
        array([host, Value::Integer(*port), bulk(&id(*number)), array([])])
    };
    array(
        [Value::Integer(first), Value::Integer(last)]
            .into_iter()
            .chain(nodes.iter().map(node)),
    )
}

fn nodes_text(lines: &[&str]) -> SlotMap {
    let text = lines.iter().map(|line| format!("{line}\n")).collect::<String>();
    SlotMap::from_nodes(text.as_bytes(), &asked()).unwrap_or_else(|error| panic!("{error}"))
}

fn address(map: &SlotMap, slot: u16) -> Option<String> {
    map.node_for_slot(slot)?.address.as_ref().map(ToString::to_string)
}

#[test]
fn slots_names_hosts_in_five_ways() {
    // Nil and empty mean the host that was asked, `?` one that the server does not know (redix#328, redis-py#4266).
    let answer = array([
        range(0, 99, &[("-", 7001, 1)]),
        range(100, 199, &[("", 7002, 2)]),
        range(200, 299, &[("?", 7003, 3)]),
        range(300, 399, &[("2001:db8::1", 7004, 4)]),
        range(400, 499, &[("redis-5.example", 7005, 5)]),
    ]);
    let map = SlotMap::from_slots(&answer, &asked()).expect("a map");
    assert_eq!(address(&map, 0).as_deref(), Some("10.0.0.9:7001"));
    assert_eq!(address(&map, 100).as_deref(), Some("10.0.0.9:7002"));
    assert_eq!(address(&map, 200), None, "the slot is somebody's who cannot be reached");
    assert_eq!(map.node_for_slot(200).map(|node| node.id.clone()), Some(id(3)));
    assert_eq!(address(&map, 300).as_deref(), Some("[2001:db8::1]:7004"));
    assert_eq!(address(&map, 400).as_deref(), Some("redis-5.example:7005"));
}

#[test]
fn slots_of_one_shard_in_several_ranges_are_one_shard() {
    let nodes = [("a", 1, 1), ("b", 2, 2)];
    let answer = array([range(0, 5, &nodes), range(6, 9, &[("c", 3, 3)]), range(10, 10, &nodes)]);
    let map = SlotMap::from_slots(&answer, &asked()).expect("a map");
    assert_eq!(map.shards().len(), 2);
    assert_eq!(map.shard_index(0), map.shard_index(10));
    assert_eq!(map.shard_for_slot(10).map(|shard| shard.replicas.len()), Some(1));
    assert_eq!(map.ranges().len(), 3);
    let coverage = map.coverage();
    assert_eq!((coverage.assigned, coverage.missing), (11, vec![11..=16383]));
}

#[test]
fn slots_metadata_is_flat_in_resp2_and_a_map_in_resp3() {
    let resp2 =
        reply("*1\r\n*3\r\n:0\r\n:5\r\n*4\r\n$1\r\na\r\n:1\r\n$2\r\nid\r\n*2\r\n$8\r\nhostname\r\n$4\r\na.ex\r\n");
    let resp3 =
        reply("*1\r\n*3\r\n:0\r\n:5\r\n*4\r\n$1\r\na\r\n:1\r\n$2\r\nid\r\n%1\r\n$8\r\nhostname\r\n$4\r\na.ex\r\n");
    for answer in [resp2, resp3] {
        let map = SlotMap::from_slots(&answer, &asked()).expect("a map");
        assert_eq!(map.nodes()[0].hostname.as_deref(), Some("a.ex"));
    }
}

#[test]
fn slots_of_old_servers_have_nodes_of_two_fields() {
    let answer = reply("*1\r\n*4\r\n:0\r\n:16383\r\n*2\r\n$1\r\na\r\n:1\r\n*2\r\n$1\r\nb\r\n:1\r\n");
    let map = SlotMap::from_slots(&answer, &asked()).expect("a map");
    assert_eq!(map.nodes().len(), 2, "without names, addresses tell nodes apart");
    assert!(map.coverage().is_full());
}

#[test]
fn what_is_no_map_is_refused_with_its_place() {
    let cases: [(&str, &str, &str); 6] = [
        (
            "-ERR This instance has cluster support disabled\r\n",
            "refused",
            "cluster support disabled",
        ),
        (
            "*1\r\n*3\r\n:0\r\n:16384\r\n*2\r\n$1\r\na\r\n:1\r\n",
            "unexpected_answer",
            "reply[0][1]: expected a slot",
        ),
        (
            "*1\r\n*3\r\n:9\r\n:8\r\n*2\r\n$1\r\na\r\n:1\r\n",
            "unexpected_answer",
            "reply[0]: expected a range",
        ),
        (
            "*1\r\n*3\r\n:0\r\n:1\r\n*2\r\n$1\r\na\r\n:65536\r\n",
            "unexpected_answer",
            "reply[0][2][1]: expected a port",
        ),
        ("*1\r\n:1\r\n", "unexpected_answer", "reply[0]: expected an array"),
        (
            "*2\r\n*3\r\n:0\r\n:1\r\n*2\r\n$1\r\na\r\n:1\r\n*3\r\n:1\r\n:2\r\n*2\r\n$1\r\nb\r\n:1\r\n",
            "slot_claimed_twice",
            "slot 1 ",
        ),
    ];
    for (wire, code, text) in cases {
        let error = SlotMap::from_slots(&reply(wire), &asked()).expect_err("no map");
        assert_eq!(error.code(), code, "{error}");
        assert!(error.to_string().contains(text), "{error}");
    }
}

/// A shard of `CLUSTER SHARDS` as RESP2 has it: names and values in one array.
fn shard(slots: &[i64], nodes: &[&[(&str, &str)]]) -> Value {
    let node = |fields: &&[(&str, &str)]| {
        array(fields.iter().flat_map(|(name, value)| {
            let value = match value.parse() {
                Ok(number) if *name != "id" => Value::Integer(number),
                _ => bulk(value),
            };
            [bulk(name), value]
        }))
    };
    array([
        bulk("slots"),
        array(slots.iter().map(|slot| Value::Integer(*slot))),
        bulk("nodes"),
        array(nodes.iter().map(node)),
    ])
}

#[test]
fn shards_with_failed_nodes_and_shards_without_slots() {
    let answer = array([
        shard(
            &[0, 100, 200, 300],
            &[
                &[
                    ("id", "aa"),
                    ("port", "1"),
                    ("ip", "10.0.0.1"),
                    ("endpoint", "10.0.0.1"),
                    ("role", "master"),
                    ("health", "fail"),
                ],
                &[
                    ("id", "bb"),
                    ("port", "2"),
                    ("ip", "10.0.0.2"),
                    ("endpoint", "10.0.0.2"),
                    ("role", "master"),
                    ("health", "online"),
                ],
                &[
                    ("id", "cc"),
                    ("port", "3"),
                    ("ip", "10.0.0.3"),
                    ("endpoint", ""),
                    ("hostname", "c.ex"),
                    ("role", "replica"),
                    ("replication-offset", "72156"),
                    ("health", "loading"),
                ],
            ],
        ),
        shard(
            &[],
            &[&[
                ("id", "dd"),
                ("tls-port", "4"),
                ("endpoint", "?"),
                ("role", "master"),
                ("health", "failed"),
            ]],
        ),
    ]);
    let map = SlotMap::from_shards(&answer, &asked()).expect("a map");
    assert_eq!(
        map.node_for_slot(250).map(|node| node.id.as_str()),
        Some("bb"),
        "the primary that failed is not it any more"
    );
    assert_eq!(map.shards()[0].replicas.len(), 2);
    let [_, _, third, fourth] = map.nodes() else {
        panic!("four nodes")
    };
    assert_eq!(
        third.address,
        Some(Address::new("c.ex", 3)),
        "a name comes before an address (redis-rb#516)"
    );
    assert_eq!((third.health, third.replication_offset), (Health::Loading, Some(72156)));
    assert_eq!((fourth.address.clone(), fourth.health), (None, Health::Failed));
    assert_eq!(map.shards().len(), 2);
    assert_eq!(map.coverage().assigned, 202);

    let odd = array([shard(&[1], &[])]);
    assert_eq!(
        SlotMap::from_shards(&odd, &asked()).expect_err("half a range").code(),
        "unexpected_answer"
    );
}

#[test]
fn nodes_text_with_all_that_it_may_hold() {
    let map = nodes_text(&[
        "aa 10.0.0.1:7001@17001,a.ex,shard-id=1,tls-port=6000 myself,master - 0 1426238317000 7 connected 0-5 7 [93->-bb] [77-<-bb]",
        "bb 2001:db8::2:7002@17002 master - 0 1426238316232 2 connected 6 8-16383",
        "cc :7003@17003 slave aa 0 1 7 disconnected",
        "dd 10.0.0.4:7004@17004 slave,fail? cc 5 1 7 connected",
        "ee :0@0 master,fail,noaddr - 5 1 0 disconnected",
        "ff 10.0.0.6:7006@17006 handshake - 0 0 0 connected",
        "vars currentEpoch 7 lastVoteEpoch 6",
    ]);
    assert_eq!(map.nodes().len(), 5, "one whose handshake is under way is no member");
    let [a, b, c, d, e] = map.nodes() else {
        panic!("five nodes")
    };
    assert!(a.myself);
    assert_eq!(
        (a.hostname.as_deref(), a.tls_port, a.bus_port, a.config_epoch),
        (Some("a.ex"), Some(6000), Some(17001), Some(7))
    );
    assert_eq!(
        b.address,
        Some(Address::new("2001:db8::2", 7002)),
        "the port stands behind the last colon"
    );
    assert_eq!(
        c.address,
        Some(Address::new("10.0.0.9", 7003)),
        "no host means the one that was asked"
    );
    assert_eq!(
        (c.linked, d.health, e.health),
        (Some(false), Health::Suspected, Health::Failed)
    );
    assert_eq!(e.address, None);
    assert_eq!(
        map.shard_for_slot(7).map(|shard| shard.replicas.clone()),
        Some(vec![2, 3]),
        "a replica's replica too"
    );
    let open: Vec<_> = map
        .open_slots()
        .iter()
        .map(|open| (open.slot, open.way, open.peer.as_str()))
        .collect();
    assert_eq!(open, [(93, OpenWay::Migrating, "bb"), (77, OpenWay::Importing, "bb")]);
    assert!(map.coverage().is_full());
}

#[test]
fn replicas_in_a_circle_hang_nothing_up() {
    let map = nodes_text(&["aa a:1@2 slave bb 0 0 1 connected", "bb b:1@2 slave aa 0 0 1 connected"]);
    assert!(map.shards().is_empty());
}

#[test]
fn nodes_text_that_is_none_is_refused_with_its_line() {
    for (text, wanted) in [
        ("aa a:1@2 master - 0 0 1", "line 1: expected at least eight fields"),
        ("\naa a:1@2 master - 0 0 x connected", "line 2: expected a config epoch"),
        ("aa a@2 master - 0 0 1 connected", "line 1: expected an address"),
        ("aa a:1@2 master - 0 0 1 connected 16384", "line 1: expected slots"),
        ("aa a:1@2 master - 0 0 1 connected [5-bb]", "line 1: expected slots"),
    ] {
        let error = SlotMap::from_nodes(text.as_bytes(), &asked()).expect_err(text);
        assert!(error.to_string().contains(wanted), "{error}");
    }
}

// ---- MOVED: the five cases of glide's `update_upon_moved_error`

/// Two shards, aa + bb with slots 0-9, cc + dd with 10-19.
fn two_shards() -> SlotMap {
    nodes_text(&[
        "aa a:1@2 master - 0 0 1 connected 0-9",
        "bb b:1@2 slave aa 0 0 1 connected",
        "cc c:1@2 master - 0 0 2 connected 10-19",
        "dd d:1@2 slave cc 0 0 2 connected",
    ])
}

#[test]
fn moved_to_the_primary_that_is_known_changes_nothing() {
    let mut map = two_shards();
    assert_eq!(map.apply_moved(3, &Address::new("a", 1)), Moved::Known);
    assert_eq!(map, two_shards());
}

#[test]
fn moved_to_a_replica_of_the_shard_is_a_failover_of_the_whole_shard() {
    let mut map = two_shards();
    assert_eq!(map.apply_moved(3, &Address::new("b", 1)), Moved::Failover);
    assert!((0..10).all(|slot| address(&map, slot).as_deref() == Some("b:1")));
    assert_eq!(map.shard_for_slot(0).map(|shard| shard.replicas.clone()), Some(vec![0]));
    assert_eq!(map.nodes()[0].role, NodeRole::Replica);
}

#[test]
fn moved_to_another_primary_moves_that_slot_alone() {
    let mut map = two_shards();
    assert_eq!(map.apply_moved(3, &Address::new("c", 1)), Moved::Migrated);
    let owners: Vec<_> = [2, 3, 4].map(|slot| address(&map, slot).unwrap()).into();
    assert_eq!(owners, ["a:1", "c:1", "a:1"]);
}

#[test]
fn moved_to_another_shards_replica_makes_a_shard_of_it() {
    let mut map = two_shards();
    assert_eq!(map.apply_moved(3, &Address::new("d", 1)), Moved::ReplicaLeft);
    assert_eq!(address(&map, 3).as_deref(), Some("d:1"));
    assert_eq!(map.shard_for_slot(10).map(|shard| shard.replicas.len()), Some(0));
    assert_eq!(map.shards().len(), 3);
}

#[test]
fn moved_to_nobody_known_makes_a_node_and_a_shard() {
    let mut map = two_shards();
    assert_eq!(map.apply_moved(3, &Address::new("z", 1)), Moved::NewNode);
    assert_eq!(
        map.apply_moved(4, &Address::new("z", 1)),
        Moved::Migrated,
        "from now on it is known"
    );
    assert_eq!((map.nodes().len(), map.shards().len()), (5, 3));
    assert_eq!(map.apply_moved(16384, &Address::new("z", 1)), Moved::Ignored);
}

// ---- merging

#[test]
fn merging_believes_the_highest_config_epoch_and_not_the_many() {
    // Two nodes were cut off while bb took over at epoch 3; glide#5769 is what happens if the many are believed.
    let old = nodes_text(&[
        "aa a:1@2 master - 0 0 1 connected 0-16383",
        "bb b:1@2 slave aa 0 0 1 connected",
    ]);
    let new = nodes_text(&[
        "aa a:1@2 slave bb 0 0 3 connected",
        "bb b:1@2 myself,master - 0 0 3 connected 0-16383",
    ]);
    let views = [old.clone(), old, new];
    let merged = SlotMap::merge(&views);
    assert_eq!(address(&merged.map, 0).as_deref(), Some("b:1"));
    assert_eq!((merged.disputed.len(), merged.outdated.len()), (0, 16384));
    assert_eq!(
        merged.map.shard_for_slot(0).map(|shard| shard.replicas.clone()),
        Some(vec![0])
    );
    assert_eq!(
        SlotMap::plurality(&views, true),
        Ok(0),
        "clients that vote believe the two that are wrong"
    );
}

#[test]
fn merging_takes_each_slot_by_itself() {
    // One slot migrated: the new owner bumped its epoch, and the other view does not know yet.
    let first = nodes_text(&[
        "aa a:1@2 master - 0 0 1 connected 0-9",
        "bb b:1@2 master - 0 0 2 connected 10-19",
    ]);
    let second = nodes_text(&[
        "aa a:1@2 master - 0 0 1 connected 0-8",
        "bb b:1@2 master - 0 0 5 connected 9-19",
    ]);
    for views in [[first.clone(), second.clone()], [second, first]] {
        let merged = SlotMap::merge(&views);
        assert_eq!(address(&merged.map, 8).as_deref(), Some("a:1"));
        assert_eq!(address(&merged.map, 9).as_deref(), Some("b:1"));
        assert_eq!(merged.outdated, [9]);
    }
}

#[test]
fn merging_tells_of_slots_that_two_claim_at_one_epoch() {
    let first = nodes_text(&[
        "aa a:1@2 master - 0 0 1 connected 5",
        "bb b:1@2 master - 0 0 1 connected",
    ]);
    let second = nodes_text(&[
        "aa a:1@2 master - 0 0 1 connected",
        "bb b:1@2 master - 0 0 1 connected 5",
    ]);
    for views in [[first.clone(), second.clone()], [second, first]] {
        let merged = SlotMap::merge(&views);
        assert_eq!(merged.disputed, [5]);
        assert_eq!(
            address(&merged.map, 5).as_deref(),
            Some("a:1"),
            "the lower name will bump its epoch"
        );
    }
}

#[test]
fn plurality_is_that_of_glide() {
    let one = nodes_text(&["aa a:1@2 master - 0 0 1 connected 0-9"]);
    let two = nodes_text(&["aa a:1@2 master - 0 0 1 connected 0-10"]);
    let three = nodes_text(&["aa a:1@2 master - 0 0 1 connected 0-11"]);
    assert_eq!(SlotMap::plurality(&[], true).unwrap_err().code(), "no_views");
    assert_eq!(
        SlotMap::plurality(&[one.clone(), two.clone()], false),
        Ok(1),
        "of two, the one that covers more"
    );
    let tied = [one.clone(), two.clone(), three.clone()];
    assert_eq!(SlotMap::plurality(&tied, false).unwrap_err().code(), "views_tied");
    assert_eq!(SlotMap::plurality(&tied, true), Ok(2));
    assert_eq!(SlotMap::plurality(&[two.clone(), one.clone(), one], false), Ok(1));
}

// ---- what changed

#[test]
fn a_difference_says_why() {
    let old = two_shards();
    let mut new = old.clone();
    new.apply_moved(3, &Address::new("b", 1));
    new.apply_moved(10, &Address::new("b", 1));
    assert_eq!(
        new.diff(&old),
        [
            Change::Slots {
                slots: 0..=9,
                from: Some("aa".into()),
                to: Some("bb".into()),
                why: Why::Failover
            },
            Change::Slots {
                slots: 10..=10,
                from: Some("cc".into()),
                to: Some("bb".into()),
                why: Why::Migration
            },
            Change::Role {
                node: "aa".into(),
                role: NodeRole::Replica
            },
            Change::Role {
                node: "bb".into(),
                role: NodeRole::Primary
            },
        ]
    );
    assert!(new.diff(&new.clone()).is_empty());

    let grown = nodes_text(&[
        "aa a:9@2 master,fail - 0 0 1 connected 0-9",
        "cc c:1@2 master - 0 0 2 connected 11-20",
        "dd d:1@2 slave cc 0 0 2 connected",
        "ee e:1@2 master - 0 0 0 connected",
    ]);
    assert_eq!(
        grown.diff(&old),
        [
            Change::Slots {
                slots: 10..=10,
                from: Some("cc".into()),
                to: None,
                why: Why::Unassigned
            },
            Change::Slots {
                slots: 20..=20,
                from: None,
                to: Some("cc".into()),
                why: Why::Assigned
            },
            Change::Address {
                node: "aa".into(),
                from: Some(Address::new("a", 1)),
                to: Some(Address::new("a", 9))
            },
            Change::Health {
                node: "aa".into(),
                health: Health::Failed
            },
            Change::Joined("ee".into()),
            Change::Left("bb".into()),
        ]
    );
}

// ---- redirects

#[test]
fn redirects_are_read_as_servers_write_them() {
    let at = |host: &str, port| Address::new(host, port);
    assert_eq!(
        Redirect::parse(b"MOVED 1 :6381"),
        Some(Redirect::Moved {
            slot: 1,
            address: at("", 6381)
        })
    );
    assert_eq!(
        Redirect::parse(b"ASK 16383 2001:db8::1:7001").map(|redirect| redirect.seen_from("x")),
        Some(Redirect::Ask {
            slot: 16383,
            address: at("2001:db8::1", 7001)
        })
    );
    assert_eq!(
        Redirect::parse(b"MOVED 1 :6381").map(|redirect| redirect.seen_from("10.0.0.9")),
        Some(Redirect::Moved {
            slot: 1,
            address: at("10.0.0.9", 6381)
        })
    );
    for (text, kind) in [
        (
            "TRYAGAIN Multiple keys request during rehashing of slot",
            Redirect::TryAgain,
        ),
        ("CLUSTERDOWN The cluster is down", Redirect::ClusterDown),
        ("MASTERDOWN Link with MASTER is down", Redirect::MasterDown),
        ("LOADING Redis is loading the dataset in memory", Redirect::Loading),
        (
            "READONLY You can't write against a read only replica.",
            Redirect::ReadOnly,
        ),
        (
            "CROSSSLOT Keys in request don't hash to the same slot",
            Redirect::CrossSlot,
        ),
    ] {
        assert_eq!(Redirect::parse(text.as_bytes()), Some(kind));
    }
    for text in [
        "",
        "MOVED",
        "MOVED 1",
        "MOVED 16384 a:1",
        "MOVED x a:1",
        "MOVED 1 a",
        "MOVED 1 a:65536",
        "MOVED 1 ?:1",
        "MOVEDX 1 a:1",
        "ERR x",
    ] {
        assert_eq!(Redirect::parse(text.as_bytes()), None, "{text}");
    }
}
