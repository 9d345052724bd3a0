//! What the nodes of a real cluster say of it, in every form, and what became of it in between.

mod cluster_net;

use std::collections::BTreeSet;

use cluster_net::{Cluster, owners, until, view};
use quorate::cluster::planning::reshard;
use quorate::cluster::{Change, NodeRole, SlotMap, Why};
use quorate_live::port;

/// The map as one node tells it by `CLUSTER SLOTS`, `SHARDS` and `NODES`, in RESP2 and RESP3.
fn six_ways(cluster: &Cluster, place: usize) -> Vec<SlotMap> {
    let asked = &cluster.addresses[place];
    let mut maps = Vec::new();
    for protocol in [2, 3] {
        let mut client = cluster.client(place, protocol);
        let slots = client.call(&[b"CLUSTER", b"SLOTS"]);
        maps.push(SlotMap::from_slots(&slots, asked).expect("slots"));
        let shards = client.call(&[b"CLUSTER", b"SHARDS"]);
        maps.push(SlotMap::from_shards(&shards, asked).expect("shards"));
        let nodes = client.call(&[b"CLUSTER", b"NODES"]);
        maps.push(SlotMap::from_nodes(nodes.as_bytes().expect("a text"), asked).expect("nodes"));
    }
    maps
}

fn views(cluster: &Cluster) -> Vec<SlotMap> {
    let places = cluster.alive();
    places.iter().map(|place| view(&cluster.addresses[*place])).collect()
}

#[test]
fn every_form_of_every_node_is_one_map() {
    if port("every_form_of_every_node_is_one_map").is_none() {
        return;
    }
    let cluster = Cluster::of_six(5_000);
    for place in 0..6 {
        // Offsets of replication go on; the rest stands still.
        until("an answer twice the same", || {
            let maps = six_ways(&cluster, place);
            (0..3).all(|form| maps[form] == maps[form + 3]).then_some(())
        });
        let maps = six_ways(&cluster, place);
        for map in &maps {
            assert_eq!(owners(map), owners(&maps[0]));
            assert!(map.coverage().is_full());
            assert_eq!(map.coverage().unserved, 0);
            let addresses: BTreeSet<_> = map.nodes().iter().filter_map(|node| node.address.clone()).collect();
            assert_eq!(addresses, cluster.addresses.iter().cloned().collect());
            let ids: BTreeSet<_> = map.nodes().iter().map(|node| &node.id).collect();
            assert_eq!(ids, cluster.ids.iter().collect());
            assert_eq!(map.table().len(), 16_384);
        }
        let nodes = &maps[2];
        let myself: Vec<_> = nodes
            .nodes()
            .iter()
            .filter(|node| node.myself)
            .map(|node| &node.id)
            .collect();
        assert_eq!(myself, [&cluster.ids[place]]);
        assert!(
            nodes
                .nodes()
                .iter()
                .all(|node| node.linked == Some(true) && node.config_epoch.is_some())
        );
    }
    let views = views(&cluster);
    let merged = SlotMap::merge(&views);
    assert_eq!((merged.disputed, merged.outdated), (vec![], vec![]));
    assert_eq!(owners(&merged.map), owners(&views[0]));
    assert_eq!(SlotMap::plurality(&views, false), Ok(0));
}

#[test]
fn a_reshard_is_a_migration_and_a_failover_is_one() {
    if port("a_reshard_is_a_migration_and_a_failover_is_one").is_none() {
        return;
    }
    let mut cluster = Cluster::of_six(1_000);
    let before = views(&cluster);
    let primaries = cluster.primaries();
    let (from, to) = (primaries[0], primaries[1]);
    let (from_id, to_id) = (cluster.ids[from].clone(), cluster.ids[to].clone());

    // ---- a reshard
    let moves = reshard(&before[0], 20, &to_id, &[&from_id]).expect("a plan");
    let slots: Vec<u16> = moves.iter().map(|one| one.slot).collect();
    cluster.move_slots(&moves);
    cluster.settled();
    let after = views(&cluster);
    let changed: Vec<Change> = after[0]
        .diff(&before[0])
        .into_iter()
        .filter(|change| matches!(change, Change::Slots { .. }))
        .collect();
    let expected = Change::Slots {
        slots: slots[0]..=slots[19],
        from: Some(from_id.clone()),
        to: Some(to_id.clone()),
        why: Why::Migration,
    };
    assert_eq!(changed, [expected]);
    // Views of before the move do not win over one of after it, however many they are.
    let mixed: Vec<SlotMap> = before.iter().chain(after.last()).cloned().collect();
    let merged = SlotMap::merge(&mixed);
    assert_eq!(owners(&merged.map), owners(&after[0]));
    assert_eq!(merged.outdated, slots);
    assert_eq!(SlotMap::plurality(&mixed, true), Ok(0));

    // ---- a failover
    let before = after;
    let heir = cluster.replicas(from)[0];
    cluster.kill(from);
    until("a new primary", || (cluster.owner(5_000) == heir).then_some(()));
    cluster.settled();
    let after = views(&cluster);
    let place = cluster
        .alive()
        .iter()
        .position(|place| *place == heir)
        .expect("it lives");
    let all = after[place].diff(&before[1]);
    let lost: Vec<_> = all
        .iter()
        .filter_map(|change| match change {
            Change::Slots { from, to, why, .. } => Some((from.as_deref(), to.as_deref(), *why)),
            _ => None,
        })
        .collect();
    assert!(!lost.is_empty());
    for change in lost {
        let heir_id = Some(cluster.ids[heir].as_str());
        assert_eq!(change, (Some(from_id.as_str()), heir_id, Why::Failover));
    }
    let promoted = Change::Role {
        node: cluster.ids[heir].clone(),
        role: NodeRole::Primary,
    };
    assert!(all.contains(&promoted), "{all:?}");
    let mixed: Vec<SlotMap> = before.iter().chain(after.last()).cloned().collect();
    let merged = SlotMap::merge(&mixed);
    assert_eq!(merged.disputed, Vec::<u16>::new());
    for slot in 0..16_384 {
        let ours = merged.map.node_for_slot(slot).map(|node| &node.id);
        assert_eq!(ours, after[0].node_for_slot(slot).map(|node| &node.id), "slot {slot}");
    }
}
