//! Plans beside those of `redis-cli --cluster`, and carried out on real nodes.

mod cluster_net;

use std::collections::BTreeMap;
use std::io::Write;
use std::process::{Command, Stdio};

use cluster_net::{Cluster, key_of, migrate_some, until, view};
use quorate::cluster::planning::{Balance, NodeSlots, SlotMove, Step, create, fix, rebalance, reshard};
use quorate::cluster::{Address, OpenWay, SlotMap};
use quorate::resp::Value;
use quorate_live::{Server, port};

/// What `redis-cli --cluster` prints, and whether it is content. Its question is answered with no.
fn tool(words: &[String]) -> (bool, String) {
    let mut child = Command::new("redis-cli")
        .arg("--cluster")
        .args(words)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("redis-cli starts");
    // A tool that has no question may be over already.
    let _ = child.stdin.take().expect("a pipe").write_all(b"no\n");
    let output = child.wait_with_output().expect("it ends");
    let printed = String::from_utf8(output.stdout).expect("a text");
    (output.status.success(), without_colours(&printed))
}

/// Text without what a terminal takes for colours: from an escape to the `m`.
fn without_colours(text: &str) -> String {
    let mut parts = text.split('\u{1b}');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| {
        text + part.split_once('m').map_or(part, |(_, rest)| rest)
    })
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

// ---- create

#[test]
fn a_new_cluster_is_planned_as_the_servers_tool_plans_it() {
    if port("a_new_cluster_is_planned_as_the_servers_tool_plans_it").is_none() {
        return;
    }
    // Nine nodes on six hosts of the loopback network.
    let hosts = [2, 3, 4, 5, 6, 7, 2, 3, 2].map(|host| format!("127.0.0.{host}"));
    let servers: Vec<Server> = hosts
        .iter()
        .map(|host| {
            let settings = [
                "--cluster-enabled",
                "yes",
                "--loglevel",
                "warning",
                "--bind",
                host,
                "127.0.0.1",
            ];
            Server::start(&settings)
        })
        .collect();
    let node = |place: usize| Address::new(hosts[place].clone(), servers[place].port);
    let cases: [(&[usize], usize); 9] = [
        (&[0, 1, 2], 0),
        (&[0, 1, 2, 3, 4, 5], 1),
        (&[5, 4, 3, 2, 1, 0], 0),
        (&[0, 6, 1, 7, 2, 3], 1),
        (&[0, 6, 8, 1, 2, 3], 0),
        (&[0, 1, 2, 3, 4, 5, 6], 1),
        (&[8, 6, 0, 7, 1, 2, 3, 4, 5], 1),
        (&[0, 1, 2, 3, 4, 5, 6, 7, 8], 2),
        (&[0, 6, 8, 1, 7, 2], 1),
    ];
    let mut compared = 0;
    for (places, replicas) in cases {
        let nodes: Vec<Address> = places.iter().map(|place| node(*place)).collect();
        let creation = create(&nodes, replicas, 0).expect("a plan");
        let mut command = vec!["create".to_owned()];
        command.extend(nodes.iter().map(|node| format!("{}:{}", node.host, node.port)));
        command.extend(["--cluster-replicas".to_owned(), replicas.to_string()]);
        let (_, printed) = tool(&command);
        let (slots, replicas) = read_creation(&printed);
        let named = |place: usize| format!("{}:{}", nodes[place].host, nodes[place].port);
        let ours: BTreeMap<String, (u16, u16)> = creation
            .primaries
            .iter()
            .map(|(place, slots)| (named(*place), (*slots.start(), *slots.end())))
            .collect();
        assert_eq!(ours, slots, "{printed}");
        // Where replicas are exchanged at random, there are as many good answers as there are seeds.
        let another = (1..5).any(|seed| create(&nodes, creation_replicas(&command), seed).expect("a plan") != creation);
        if !another {
            let ours: BTreeMap<String, String> = creation
                .replicas
                .iter()
                .map(|(replica, primary)| (named(*replica), named(*primary)))
                .collect();
            assert_eq!(ours, replicas, "{printed}");
            compared += usize::from(!ours.is_empty());
        }
    }
    assert!(compared >= 3, "{compared} assignments of replicas were compared");
}

fn creation_replicas(command: &[String]) -> usize {
    command.last().and_then(|last| last.parse().ok()).expect("a number")
}

/// Who gets which slots, and who follows whom, in the final list of what `create` proposes.
fn read_creation(printed: &str) -> (BTreeMap<String, (u16, u16)>, BTreeMap<String, String>) {
    let (mut slots, mut follows) = (BTreeMap::new(), BTreeMap::new());
    let mut names = BTreeMap::new();
    let mut current = String::new();
    for line in printed.lines() {
        let fields: Vec<&str> = line.split_whitespace().collect();
        match fields[..] {
            ["M:" | "S:", id, address, ..] => {
                current = address.to_owned();
                names.insert(id.to_owned(), current.clone());
            }
            [range, ..] if range.starts_with("slots:[") => {
                let range = range.trim_start_matches("slots:[").trim_end_matches(']');
                let (first, last) = range.split_once('-').expect("a range");
                slots.insert(
                    current.clone(),
                    (first.parse().expect("a slot"), last.parse().expect("a slot")),
                );
            }
            ["replicates", id] => {
                follows.insert(current.clone(), id.to_owned());
            }
            _ => {}
        }
    }
    let follows = follows.into_iter().map(|(replica, id)| (replica, names[&id].clone()));
    (slots, follows.collect())
}

#[test]
fn a_cluster_that_we_make_is_content_and_is_mended() {
    if port("a_cluster_that_we_make_is_content_and_is_mended").is_none() {
        return;
    }
    let cluster = Cluster::of_six(5_000);
    check(&cluster);
    let primaries = cluster.primaries();
    let (a, b) = (primaries[0], primaries[1]);
    let map = view(&cluster.addresses[a]);
    let owns = |slot: &u16| map.node_for_slot(*slot).is_some_and(|node| node.id == cluster.ids[a]);
    let slots: Vec<u16> = (0..16_384).filter(owns).take(10).collect();
    let fill = |place: usize, slot: u16, from: usize, to: usize| {
        for nth in from..to {
            cluster.tell(place, &["SET", &key_of(slot, &nth.to_string()), &nth.to_string()]);
        }
    };
    let steps = |slot: u16, from: usize, to: usize| {
        cluster.steps_of(&SlotMove {
            slot,
            from: cluster.ids[from].clone(),
            to: cluster.ids[to].clone(),
        })
    };

    // ---- a migration that was interrupted: whoever holds most keys gets the rest, and the tool has it so, too
    for (slot, moved, by_tool) in [
        (slots[0], 12, false),
        (slots[1], 12, true),
        (slots[2], 18, false),
        (slots[3], 18, true),
        (slots[4], 0, false),
        (slots[5], 0, true),
    ] {
        fill(a, slot, 0, 30);
        cluster.run(&steps(slot, a, b)[..2]);
        migrate_some(slot, &cluster.addresses[a], &cluster.addresses[b], moved);
        mend(&cluster, by_tool);
        holds(&cluster, slot, if moved == 12 { a } else { b }, 30);
    }

    // ---- the new owner knows, and nobody else does
    fill(a, slots[6], 0, 30);
    cluster.run(&steps(slots[6], a, b)[..4]);
    // The others may have heard of it by themselves.
    try_to_mend(&cluster, false);
    holds(&cluster, slots[6], b, 30);

    // ---- one side alone took its part
    fill(a, slots[7], 0, 5);
    cluster.run(&steps(slots[7], a, b)[..1]);
    mend(&cluster, false);
    holds(&cluster, slots[7], a, 5);
    fill(a, slots[8], 0, 5);
    cluster.run(&steps(slots[8], a, b)[1..2]);
    mend(&cluster, false);
    holds(&cluster, slots[8], a, 5);

    // ---- a slot that is nobody's, without keys, and with keys of two nodes that held it once
    let drop_slot = |place: usize, slot: u16| {
        cluster.tell(place, &["CLUSTER", "DELSLOTS", &slot.to_string()]);
    };
    // Of `b`, which has most slots by now; so another is to have it, which still takes `b` for its owner.
    let last = (0..16_384)
        .rev()
        .find(|slot| map.node_for_slot(*slot).is_some_and(|node| node.id == cluster.ids[b]));
    let last = last.expect("a slot");
    drop_slot(b, last);
    mend(&cluster, false);
    holds(&cluster, last, a, 0);
    let slot = slots[9];
    fill(a, slot, 0, 4);
    drop_slot(a, slot);
    drop_slot(b, slot);
    cluster.tell(b, &["CLUSTER", "ADDSLOTS", &slot.to_string()]);
    until("a cluster that is well", || {
        let key = key_of(slot, "4");
        let set = cluster.client(b, 2).call(&[b"SET", key.as_bytes(), b"4"]);
        (!set.is_error()).then_some(())
    });
    fill(b, slot, 5, 10);
    drop_slot(b, slot);
    mend(&cluster, false);
    holds(&cluster, slot, b, 10);
}

/// Mends what is broken by our plan, or by the tool, until the tool is content.
fn mend(cluster: &Cluster, by_tool: bool) {
    assert!(try_to_mend(cluster, by_tool), "something is broken");
}

/// As [`mend`]; says whether there was something to do.
fn try_to_mend(cluster: &Cluster, by_tool: bool) -> bool {
    let at = format!("127.0.0.1:{}", cluster.addresses[0].port);
    if by_tool {
        let (_, printed) = tool(&words(&["fix", &at, "--cluster-yes"]));
        check(cluster);
        printed.contains("Fixing open slot")
    } else {
        let nodes: Vec<NodeSlots> = cluster
            .primaries()
            .into_iter()
            .map(|place| says(cluster, place))
            .collect();
        let steps: Vec<Step> = fix(&nodes);
        cluster.run(&steps);
        check(cluster);
        !steps.is_empty()
    }
}

/// The tool finds nothing to complain of.
fn check(cluster: &Cluster) {
    let at = format!("127.0.0.1:{}", cluster.addresses[0].port);
    let mut last = String::new();
    until("a cluster that the tool is content with", || {
        let (content, printed) = tool(&words(&["check", &at]));
        let well = content
            && printed.contains("[OK] All nodes agree about slots configuration.")
            && printed.contains("[OK] All 16384 slots covered.")
            && !printed.contains("[WARNING]")
            && !printed.contains("[ERR]");
        if !well && printed != last {
            eprintln!("{printed}");
            last = printed;
        }
        well.then_some(())
    });
    cluster.settled();
}

/// What a primary says of itself.
fn says(cluster: &Cluster, place: usize) -> NodeSlots {
    let map = view(&cluster.addresses[place]);
    let id = &cluster.ids[place];
    let owned: Vec<u16> = (0..16_384)
        .filter(|slot| map.node_for_slot(*slot).is_some_and(|node| node.id == *id))
        .collect();
    let open = |way: OpenWay| {
        let slots = map.open_slots().iter().filter(|open| open.way == way);
        slots.map(|open| (open.slot, open.peer.clone())).collect()
    };
    // All slots in one go: which of them are broken, one node alone does not know.
    let commands: Vec<Vec<Vec<u8>>> = (0..16_384)
        .map(|slot: u16| {
            let words = ["CLUSTER", "COUNTKEYSINSLOT", &slot.to_string()];
            words.map(|word| word.as_bytes().to_vec()).to_vec()
        })
        .collect();
    let counts = cluster.client(place, 2).pipeline(&commands);
    let keys = counts.into_iter().enumerate().filter_map(|(slot, count)| match count {
        Value::Integer(count) if count > 0 => Some((slot as u16, count as u64)),
        _ => None,
    });
    NodeSlots {
        address: cluster.addresses[place].clone(),
        name: id.clone(),
        owned,
        migrating: open(OpenWay::Migrating),
        importing: open(OpenWay::Importing),
        keys: keys.collect(),
    }
}

/// A slot is that node's, and all of its keys are there.
fn holds(cluster: &Cluster, slot: u16, place: usize, keys: usize) {
    assert_eq!(cluster.owner(slot), place, "slot {slot}");
    for nth in 0..keys {
        let key = key_of(slot, &nth.to_string());
        let value = cluster.client(place, 2).call(&[b"GET", key.as_bytes()]);
        assert_eq!(value.as_bytes(), Some(nth.to_string().as_bytes()), "{key}");
    }
    for other in cluster.primaries().into_iter().filter(|other| *other != place) {
        let left = cluster.tell(other, &["CLUSTER", "COUNTKEYSINSLOT", &slot.to_string()]);
        assert_eq!(left, Value::Integer(0), "keys of {slot} that nobody finds");
    }
}

// ---- moving slots

/// Six primaries of which the last has no slots; of the others some have equally many.
fn uneven() -> Cluster {
    let cluster = Cluster::start(6, 5_000);
    let ranges = [
        (0, 2_999),
        (3_000, 5_999),
        (6_000, 10_999),
        (11_000, 15_999),
        (16_000, 16_383),
    ];
    let mut steps = Vec::new();
    let command = |place: usize, words: &[&str]| Step::Command {
        node: cluster.addresses[place].clone(),
        argv: words.iter().map(|word| word.as_bytes().to_vec()).collect(),
    };
    for (place, (first, last)) in ranges.into_iter().enumerate() {
        let (first, last) = (first.to_string(), last.to_string());
        steps.push(command(place, &["CLUSTER", "ADDSLOTSRANGE", &first, &last]));
    }
    let first = cluster.addresses[0].port.to_string();
    for place in 0..6 {
        steps.push(command(
            place,
            &["CLUSTER", "SET-CONFIG-EPOCH", &(place + 1).to_string()],
        ));
    }
    for place in 1..6 {
        steps.push(command(place, &["CLUSTER", "MEET", "127.0.0.1", &first]));
    }
    steps.push(Step::AwaitAgreement {
        nodes: cluster.addresses.clone(),
    });
    cluster.run(&steps);
    cluster.settled();
    cluster
}

/// Weights of nodes, by place.
type Weights = &'static [(usize, f32)];

/// The map as the tool sees it that was given this node.
fn seen_from(cluster: &Cluster, place: usize) -> SlotMap {
    view(&cluster.addresses[place])
}

#[test]
fn slots_move_as_the_servers_tool_moves_them() {
    if port("slots_move_as_the_servers_tool_moves_them").is_none() {
        return;
    }
    let cluster = uneven();
    let at = |place: usize| format!("127.0.0.1:{}", cluster.addresses[place].port);
    let ids: Vec<&str> = cluster.ids.iter().map(String::as_str).collect();
    let cases: [(u16, usize, &[usize]); 8] = [
        (10, 5, &[]),
        (1_000, 5, &[]),
        (4_097, 0, &[]),
        (7, 5, &[0, 1]),
        (7, 5, &[1, 0]),
        (333, 4, &[3, 2, 0]),
        (1, 5, &[4, 3]),
        (16_384, 5, &[]),
    ];
    for asked in 0..6 {
        let map = seen_from(&cluster, asked);
        for (slots, to, from) in cases {
            let sources: Vec<&str> = from.iter().map(|place| ids[*place]).collect();
            let moves = reshard(&map, slots, ids[to], &sources).expect("a plan");
            let named = if from.is_empty() {
                "all".to_owned()
            } else {
                sources.join(",")
            };
            let (_, printed) = tool(&words(&[
                "reshard",
                &at(asked),
                "--cluster-from",
                &named,
                "--cluster-to",
                ids[to],
                "--cluster-slots",
                &slots.to_string(),
            ]));
            let theirs: Vec<(u16, String)> = printed
                .lines()
                .filter_map(|line| line.trim().strip_prefix("Moving slot ")?.split_once(" from "))
                .map(|(slot, from)| (slot.parse().expect("a slot"), from.to_owned()))
                .collect();
            assert!(!theirs.is_empty(), "{printed}");
            let ours: Vec<(u16, String)> = moves.into_iter().map(|one| (one.slot, one.from)).collect();
            assert_eq!(ours, theirs, "{slots} slots to {to} from {from:?}, as {asked} sees it");
        }
    }
}

#[test]
fn slots_are_balanced_as_the_servers_tool_balances_them() {
    if port("slots_are_balanced_as_the_servers_tool_balances_them").is_none() {
        return;
    }
    let cluster = uneven();
    let address = |id: &str| {
        let node: &Address = &cluster.addresses[cluster.place(id)];
        format!("{}:{}", node.host, node.port)
    };
    let cases: [(Weights, bool, Option<f32>); 10] = [
        (&[], false, None),
        (&[], true, None),
        (&[(0, 2.0)], false, None),
        (&[(0, 0.0)], false, None),
        (&[(2, 0.0), (4, 3.5)], true, None),
        (&[(1, 0.3), (3, 1.7)], true, None),
        (&[], false, Some(1_000.0)),
        (&[], false, Some(0.0)),
        (&[], true, Some(50.0)),
        (&[(0, 3.0), (1, 3.0), (2, 5.0), (3, 5.0), (4, 0.384)], false, None),
    ];
    let mut moved = 0;
    for asked in 0..6 {
        let map = seen_from(&cluster, asked);
        for (weights, use_empty, threshold) in cases {
            let mut command = words(&["rebalance", &address(&cluster.ids[asked]), "--cluster-simulate"]);
            if !weights.is_empty() {
                command.push("--cluster-weight".into());
                command.extend(
                    weights
                        .iter()
                        .map(|(place, weight)| format!("{}={weight}", cluster.ids[*place])),
                );
            }
            if use_empty {
                command.push("--cluster-use-empty-masters".into());
            }
            if let Some(threshold) = threshold {
                command.extend(["--cluster-threshold".to_owned(), threshold.to_string()]);
            }
            let (_, printed) = tool(&command);
            let theirs: Vec<(usize, String, String)> = printed
                .lines()
                .filter_map(|line| {
                    let fields: Vec<&str> = line.split_whitespace().collect();
                    match fields[..] {
                        ["Moving", count, "slots", "from", from, "to", to, ..] => {
                            let to = to.trim_end_matches('#');
                            Some((count.parse().expect("a number"), from.to_owned(), to.to_owned()))
                        }
                        _ => None,
                    }
                })
                .collect();
            assert_eq!(
                theirs.is_empty(),
                printed.contains("No rebalancing needed"),
                "{printed}"
            );
            let balance = Balance {
                weights: weights
                    .iter()
                    .map(|(place, weight)| (cluster.ids[*place].clone(), *weight))
                    .collect(),
                use_empty,
                threshold: threshold.unwrap_or(2.0),
            };
            let mut ours: Vec<(usize, String, String)> = Vec::new();
            for one in rebalance(&map, &balance).expect("a plan") {
                let (from, to) = (address(&one.from), address(&one.to));
                match ours.last_mut() {
                    Some((count, last_from, last_to)) if (&*last_from, &*last_to) == (&from, &to) => *count += 1,
                    _ => ours.push((1, from, to)),
                }
            }
            assert_eq!(
                ours, theirs,
                "{weights:?} {use_empty} {threshold:?}, as {asked} sees it: {printed}"
            );
            moved += theirs.len();
        }
    }
    assert!(moved > 50, "{moved} moves");
}
