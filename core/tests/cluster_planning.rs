//! What `redis-cli --cluster` would do, without it. Ranges of slots were observed with a live 7.0.15 and its arithmetic in C.

use quorate::cluster::planning::{Balance, NodeSlots, Step, create, fix, move_slot, rebalance, reshard};
use quorate::cluster::{Address, SlotMap};

fn hosts(count: usize) -> Vec<Address> {
    (1..=count)
        .map(|host| Address::new(format!("10.0.0.{host}"), 6379))
        .collect()
}

fn words(step: &Step) -> String {
    match step {
        Step::Command { node, argv } => {
            let words: Vec<_> = argv.iter().map(|word| String::from_utf8_lossy(word)).collect();
            format!("{}: {}", node.host, words.join(" "))
        }
        Step::MigrateKeys { slot, from, to } => format!("keys of {slot}: {} -> {}", from.host, to.host),
        Step::AwaitAgreement { nodes } => format!("agree {}", nodes.len()),
        other => format!("{other:?}"),
    }
}

// ---- create

#[test]
fn slots_are_dealt_out_as_the_servers_tool_deals_them() {
    let ends = |count: usize| -> Vec<u16> {
        create(&hosts(count), 0, 0)
            .expect("a plan")
            .primaries
            .iter()
            .map(|(_, slots)| *slots.end())
            .collect()
    };
    assert_eq!(ends(3), [5460, 10922, 16383]);
    assert_eq!(ends(5), [3276, 6553, 9829, 13106, 16383]);
    assert_eq!(ends(6), [2730, 5460, 8191, 10922, 13652, 16383]);
    assert_eq!(ends(7)[..4], [2340, 4680, 7021, 9361]);
    for count in [3, 10, 77, 78, 500, 1000] {
        let creation = create(&hosts(count), 0, 0).expect("a plan");
        let mut next = 0;
        for (_, slots) in &creation.primaries {
            assert_eq!(*slots.start(), next, "{count} primaries leave no gap");
            next = slots.end() + 1;
        }
        assert_eq!(next, 16384);
    }
    // Single precision first differs from exact rounding at 78 primaries.
    let exact = |count: usize| -> Vec<u16> {
        (1..=count)
            .map(|nth| ((nth as f64 * 16384.0 / count as f64 - 1.0) + 0.5).floor() as u16)
            .collect()
    };
    assert_eq!(
        (3..78).find(|count| ends(*count)[..count - 1] != exact(*count)[..count - 1]),
        None
    );
    assert_ne!(ends(78)[..77], exact(78)[..77]);
}

#[test]
fn hosts_take_turns_and_replicas_go_elsewhere() {
    // Two hosts of three nodes each: primaries are a, b, a and replicas must cross over.
    let nodes: Vec<Address> = [("a", 1), ("a", 2), ("a", 3), ("b", 1), ("b", 2), ("b", 3)]
        .map(|(host, port)| Address::new(host, port))
        .into();
    let creation = create(&nodes, 1, 7).expect("a plan");
    assert_eq!(
        creation.primaries.iter().map(|(place, _)| *place).collect::<Vec<_>>(),
        [0, 3, 1]
    );
    assert_eq!(creation.affinity, 0);
    for (replica, primary) in &creation.replicas {
        assert_ne!(nodes[*replica].host, nodes[*primary].host);
    }
    // All on one host: nothing can be done, and it says how bad it is.
    let one: Vec<Address> = (1..=6).map(|port| Address::new("a", port)).collect();
    assert_eq!(create(&one, 1, 7).expect("a plan").affinity, 30_000);
}

#[test]
fn nodes_that_are_left_over_become_replicas_too() {
    let creation = create(&hosts(8), 1, 0).expect("a plan");
    assert_eq!((creation.primaries.len(), creation.replicas.len()), (4, 4));
    let creation = create(&hosts(7), 1, 0).expect("a plan");
    assert_eq!((creation.primaries.len(), creation.replicas.len()), (3, 4));
}

#[test]
fn a_cluster_that_cannot_be_is_refused() {
    assert_eq!(
        create(&hosts(5), 1, 0).expect_err("two primaries").code(),
        "too_few_primaries"
    );
    let mut twice = hosts(3);
    twice.push(twice[0].clone());
    assert_eq!(create(&twice, 0, 0).expect_err("one node twice").code(), "node_twice");
}

#[test]
fn the_steps_of_a_creation_are_in_the_order_that_is_safe() {
    let nodes = hosts(6);
    let names: Vec<String> = (1..=6).map(|number| format!("n{number}")).collect();
    let steps: Vec<String> = create(&nodes, 1, 0)
        .expect("a plan")
        .steps(&nodes, &names)
        .iter()
        .map(words)
        .collect();
    assert!(steps[0].starts_with("10.0.0.1: CLUSTER ADDSLOTS 0 1 2 "));
    assert_eq!(steps[3], "10.0.0.1: CLUSTER SET-CONFIG-EPOCH 1");
    assert_eq!(
        steps[9..14]
            .iter()
            .filter(|step| step.ends_with("CLUSTER MEET 10.0.0.1 6379"))
            .count(),
        5
    );
    assert_eq!(
        &steps[14..],
        [
            "agree 6",
            "10.0.0.5: CLUSTER REPLICATE n1",
            "10.0.0.6: CLUSTER REPLICATE n2",
            "10.0.0.4: CLUSTER REPLICATE n3",
            "agree 6"
        ]
    );
}

// ---- moving slots

fn map(slots: &[(&str, &str)]) -> SlotMap {
    let lines: Vec<String> = slots
        .iter()
        .map(|(name, slots)| format!("{name} {name}:1@2 master - 0 0 1 connected {slots}"))
        .collect();
    SlotMap::from_nodes(lines.join("\n").as_bytes(), &Address::new("a", 1)).expect("a map")
}

#[test]
fn each_source_gives_in_proportion_its_lowest_slots_first() {
    let map = map(&[("a", "0-5460"), ("b", "5461-10922"), ("c", "10923-16383"), ("d", "")]);
    // b has one slot more than the others, so it is the one that rounds up.
    let moves = reshard(&map, 10, "d", &[]).expect("a plan");
    let moved: Vec<(u16, &str)> = moves.iter().map(|slot| (slot.slot, slot.from.as_str())).collect();
    assert_eq!(
        moved,
        [
            (5461, "b"),
            (5462, "b"),
            (5463, "b"),
            (5464, "b"),
            (0, "a"),
            (1, "a"),
            (2, "a"),
            (10923, "c"),
            (10924, "c"),
            (10925, "c"),
        ]
    );
    let few = reshard(&map, 11, "d", &["a", "c"]).expect("a plan");
    assert_eq!(few.len(), 11, "6 and 5");
    let lost = reshard(&map, 100, "d", &["a", "b", "c"]).expect("a plan");
    assert_eq!(lost.len(), 34 + 33 + 33);
    assert_eq!(
        reshard(&map, 5, "d", &["d"]).expect_err("to itself").code(),
        "to_itself"
    );
    assert_eq!(
        reshard(&map, 5, "x", &[]).expect_err("nobody").code(),
        "no_such_primary"
    );
    assert_eq!(
        reshard(&map, 5, "a", &["d"]).expect_err("it has none").code(),
        "no_slots"
    );
}

#[test]
fn of_equals_the_first_that_was_named_gives_more_else_who_was_asked() {
    let text = "a a:1@2 master - 0 0 1 connected 0-4\n\
                b b:1@2 myself,master - 0 0 2 connected 5-9\n\
                c c:1@2 master - 0 0 3 connected 10-16383\n";
    let map = SlotMap::from_nodes(text.as_bytes(), &Address::new("b", 1)).expect("a map");
    let given = |from: &[&str]| -> Vec<(u16, String)> {
        let moves = reshard(&map, 1, "c", from).expect("a plan");
        moves.into_iter().map(|one| (one.slot, one.from)).collect()
    };
    assert_eq!(given(&["a", "b"]), [(0, "a".to_owned())]);
    assert_eq!(given(&["b", "a"]), [(5, "b".to_owned())]);
    assert_eq!(given(&[]), [(5, "b".to_owned())]);
}

#[test]
fn a_slot_is_opened_and_closed_at_the_new_owner_first() {
    let (a, b, c) = (Address::new("a", 1), Address::new("b", 1), Address::new("c", 1));
    let steps: Vec<String> = move_slot(5, (&a, "A"), (&b, "B"), &[c]).iter().map(words).collect();
    assert_eq!(
        steps,
        [
            "b: CLUSTER SETSLOT 5 IMPORTING A",
            "a: CLUSTER SETSLOT 5 MIGRATING B",
            "keys of 5: a -> b",
            "b: CLUSTER SETSLOT 5 NODE B",
            "a: CLUSTER SETSLOT 5 NODE B",
            "c: CLUSTER SETSLOT 5 NODE B",
        ]
    );
}

fn after(map: &SlotMap, moves: &[quorate::cluster::planning::SlotMove]) -> Vec<u16> {
    let mut map = map.clone();
    for slot in moves {
        assert_eq!(
            map.node_for_slot(slot.slot).map(|node| node.id.clone()),
            Some(slot.from.clone())
        );
        map.apply_moved(slot.slot, &Address::new(slot.to.clone(), 1));
    }
    (0..map.shards().len() as u16)
        .map(|shard| map.slot_counts().get(&shard).copied().unwrap_or(0))
        .collect()
}

#[test]
fn balance_is_by_weight_and_within_a_threshold_nothing_moves() {
    let even = map(&[("a", "0-5460"), ("b", "5461-10922"), ("c", "10923-16383")]);
    assert_eq!(rebalance(&even, &Balance::default()), Ok(Vec::new()));

    let uneven = map(&[("a", "0-9999"), ("b", "10000-12000"), ("c", "12001-16383")]);
    let moves = rebalance(&uneven, &Balance::default()).expect("a plan");
    let counts = after(&uneven, &moves);
    assert!(counts.iter().all(|count| (5461..=5462).contains(count)), "{counts:?}");

    let grown = map(&[("a", "0-8191"), ("b", "8192-16383"), ("c", "")]);
    assert_eq!(
        rebalance(&grown, &Balance::default()),
        Ok(Vec::new()),
        "a node without slots takes no part"
    );
    let used = Balance {
        use_empty: true,
        ..Balance::default()
    };
    let counts = after(&grown, &rebalance(&grown, &used).expect("a plan"));
    assert!(counts.iter().all(|count| (5461..=5462).contains(count)), "{counts:?}");

    let weighted = Balance {
        weights: vec![("a".into(), 3.0), ("b".into(), 0.0)],
        ..Balance::default()
    };
    let counts = after(&even, &rebalance(&even, &weighted).expect("a plan"));
    assert_eq!(counts, [12288, 0, 4096]);
    let wrong = |weights: Vec<(String, f32)>| {
        rebalance(
            &even,
            &Balance {
                weights,
                ..Balance::default()
            },
        )
        .expect_err("wrong")
        .code()
    };
    let never = Balance {
        threshold: 0.0,
        ..Balance::default()
    };
    assert_eq!(
        rebalance(&uneven, &never),
        Ok(Vec::new()),
        "the server's tool takes 0 for never"
    );
    assert_eq!(wrong(vec![("x".into(), 1.0)]), "no_such_primary");
    assert_eq!(wrong(vec![("a".into(), -1.0)]), "invalid_weight");
    assert_eq!(wrong(vec![("a".into(), f32::NAN)]), "invalid_weight");
    assert_eq!(
        wrong(vec![("a".into(), 0.0), ("b".into(), 0.0), ("c".into(), 0.0)]),
        "invalid_weight"
    );
}

// ---- mending

fn node(name: &str, owned: std::ops::Range<u16>) -> NodeSlots {
    NodeSlots {
        address: Address::new(name, 1),
        name: name.to_uppercase(),
        owned: owned.collect(),
        migrating: Vec::new(),
        importing: Vec::new(),
        keys: Vec::new(),
    }
}

fn fixed(nodes: &[NodeSlots]) -> Vec<String> {
    fix(nodes).iter().map(words).collect()
}

#[test]
fn what_is_whole_is_left_alone() {
    assert_eq!(
        fixed(&[node("a", 0..8192), node("b", 8192..16384)]),
        Vec::<String>::new()
    );
}

#[test]
fn an_interrupted_migration_goes_on_to_its_end() {
    let mut nodes = [node("a", 0..8192), node("b", 8192..16384)];
    nodes[0].migrating.push((7, "B".into()));
    nodes[1].importing.push((7, "A".into()));
    nodes[0].keys.push((7, 3));
    assert_eq!(
        fixed(&nodes),
        [
            "keys of 7: a -> b",
            "b: CLUSTER SETSLOT 7 NODE B",
            "a: CLUSTER SETSLOT 7 NODE B"
        ]
    );
}

#[test]
fn an_open_slot_goes_to_whoever_holds_most_of_its_keys() {
    let open = |a: u64, b: u64, agreed: bool| {
        let mut nodes = [node("a", 0..8192), node("b", 8192..16384)];
        if agreed {
            nodes[0].migrating.push((7, "B".into()));
        }
        nodes[1].importing.push((7, "A".into()));
        nodes[0].keys.push((7, a));
        nodes[1].keys.push((7, b));
        fixed(&nodes)
    };
    let back = [
        "a: CLUSTER SETSLOT 7 STABLE",
        "keys of 7: b -> a",
        "a: CLUSTER SETSLOT 7 NODE A",
        "b: CLUSTER SETSLOT 7 STABLE",
        "b: CLUSTER SETSLOT 7 NODE A",
    ];
    assert_eq!(open(3, 2, true), back);
    assert_eq!(open(2, 2, true), back, "of equals the owner");
    let on = [
        "keys of 7: a -> b",
        "b: CLUSTER SETSLOT 7 NODE B",
        "a: CLUSTER SETSLOT 7 NODE B",
    ];
    assert_eq!(open(2, 3, true), on);
    // An owner that did not open the slot opens it first.
    let opened = open(2, 3, false);
    assert_eq!(opened[0], "a: CLUSTER SETSLOT 7 MIGRATING B");
    assert_eq!(opened[1..], on);
}

#[test]
fn a_slot_that_only_one_side_opened_stays_with_its_owner() {
    let mut nodes = [node("a", 0..8192), node("b", 8192..16384)];
    nodes[1].importing.push((7, "A".into()));
    nodes[0].keys.push((7, 2));
    assert_eq!(
        fixed(&nodes),
        [
            "a: CLUSTER SETSLOT 7 NODE A",
            "b: CLUSTER SETSLOT 7 STABLE",
            "b: CLUSTER SETSLOT 7 NODE A",
        ]
    );
    let mut nodes = [node("a", 0..8192), node("b", 8192..16384)];
    nodes[0].migrating.push((7, "B".into()));
    nodes[0].keys.push((7, 2));
    assert_eq!(
        fixed(&nodes),
        [
            "a: CLUSTER SETSLOT 7 STABLE",
            "a: CLUSTER SETSLOT 7 NODE A",
            "b: CLUSTER SETSLOT 7 NODE A",
        ]
    );
}

#[test]
fn keys_that_lie_with_a_stranger_are_let_out_and_come_to_the_owner() {
    let mut nodes = [node("a", 0..8192), node("b", 8192..16384)];
    nodes[0].migrating.push((7, "B".into()));
    nodes[0].keys.push((7, 2));
    nodes[1].keys.push((7, 2));
    assert_eq!(
        fixed(&nodes),
        [
            "a: CLUSTER SETSLOT 7 STABLE",
            "b: CLUSTER SETSLOT 7 IMPORTING A",
            "keys of 7: b -> a",
            "a: CLUSTER SETSLOT 7 NODE A",
            "b: CLUSTER SETSLOT 7 STABLE",
            "b: CLUSTER SETSLOT 7 NODE A",
        ]
    );
}

#[test]
fn a_slot_of_nobodys_goes_to_whoever_holds_its_keys_else_to_whoever_has_least() {
    let mut nodes = [node("a", 1..8192), node("b", 8192..16383)];
    nodes[0].keys.push((16383, 1));
    let steps = fixed(&nodes);
    assert_eq!(
        &steps[..2],
        ["a: CLUSTER SETSLOT 0 NODE A", "a: CLUSTER BUMPEPOCH"],
        "as many as b has, and named first"
    );
    assert!(steps.contains(&"a: CLUSTER SETSLOT 16383 NODE A".to_string()));
}

#[test]
fn a_slot_of_two_goes_to_the_one_with_more_keys_and_all_keys_with_it() {
    let mut nodes = [node("a", 0..8193), node("b", 8192..16384)];
    nodes[0].keys.push((8192, 1));
    nodes[1].keys.push((8192, 5));
    assert_eq!(
        fixed(&nodes),
        [
            "a: CLUSTER DELSLOTS 8192",
            "b: CLUSTER SETSLOT 8192 NODE B",
            "b: CLUSTER BUMPEPOCH",
            "a: CLUSTER SETSLOT 8192 NODE B",
            "a: CLUSTER SETSLOT 8192 IMPORTING B",
            "keys of 8192: a -> b",
            "a: CLUSTER SETSLOT 8192 STABLE",
        ]
    );
}
