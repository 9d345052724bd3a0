//! Sharded pub/sub through a reshard of a real cluster.

mod cluster_net;

use std::collections::BTreeMap;

use cluster_net::{Cluster, key_of, until};
use quorate::cluster::planning::SlotMove;
use quorate::cluster::{Address, ShardSubscriptions, SlotMap, SubscriptionOutput};
use quorate::resp::{Value, encode_command};
use quorate_live::{Client, port};

/// A subscriber: connections, one a node, and what became of the subscriptions.
struct Subscriber {
    subscriptions: ShardSubscriptions,
    links: BTreeMap<Address, Client>,
    log: Vec<String>,
}

impl Subscriber {
    fn link(&mut self, node: &Address) -> &mut Client {
        self.links
            .entry(node.clone())
            .or_insert_with(|| Client::connect(node.port, 3))
    }

    /// Does what the machine says, and counts how many pushes are to come of it.
    fn act(&mut self, cluster: &Cluster) -> Vec<(Address, usize)> {
        let mut expected = Vec::new();
        while let Some(output) = self.subscriptions.poll() {
            let (word, node, channels) = match output {
                SubscriptionOutput::Subscribe { node, channels } => ("SSUBSCRIBE", node, channels),
                SubscriptionOutput::Unsubscribe { node, channels } => ("SUNSUBSCRIBE", node, channels),
                SubscriptionOutput::Refresh => {
                    self.log.push("refresh".into());
                    let map = until("a map of after the move", || {
                        let maps: Vec<SlotMap> = cluster.addresses.iter().map(cluster_net::view).collect();
                        let same = maps
                            .iter()
                            .all(|map| cluster_net::owners(map) == cluster_net::owners(&maps[0]));
                        same.then(|| maps[0].clone())
                    });
                    self.subscriptions.topology(&map);
                    continue;
                }
                SubscriptionOutput::Message { payload, .. } => {
                    self.log.push(format!("message {}", String::from_utf8_lossy(&payload)));
                    continue;
                }
                SubscriptionOutput::Interrupted { .. } => {
                    self.log.push("interrupted".into());
                    continue;
                }
                SubscriptionOutput::Resubscribed { .. } => {
                    self.log.push("resubscribed".into());
                    continue;
                }
                other => panic!("{other:?} is new"),
            };
            let mut bytes = Vec::new();
            let words: Vec<&[u8]> = [word.as_bytes()]
                .into_iter()
                .chain(channels.iter().map(Vec::as_slice))
                .collect();
            encode_command(&words, &mut bytes);
            self.link(&node).send(&bytes);
            expected.push((node, channels.len()));
        }
        expected
    }

    /// Takes so many pushes from a node.
    fn take(&mut self, node: &Address, pushes: usize) {
        for _ in 0..pushes {
            let push = self.link(node).push();
            self.subscriptions.push(node, &push);
        }
    }

    /// Acts until there is nothing more to do.
    fn settle(&mut self, cluster: &Cluster) {
        loop {
            let expected = self.act(cluster);
            if expected.is_empty() {
                return;
            }
            for (node, pushes) in expected {
                self.take(&node, pushes);
            }
        }
    }

    fn logged(&mut self) -> Vec<String> {
        std::mem::take(&mut self.log)
    }
}

#[test]
fn subscriptions_follow_their_slot() {
    if port("subscriptions_follow_their_slot").is_none() {
        return;
    }
    let cluster = Cluster::of_six(5_000);
    let primaries = cluster.primaries();
    let map = cluster_net::view(&cluster.addresses[0]);
    let slot_of = |place: usize| {
        let owns = |slot: &u16| {
            map.node_for_slot(*slot)
                .is_some_and(|node| node.id == cluster.ids[place])
        };
        (0..16_384_u16).find(owns).expect("a slot")
    };
    let (from, to) = (primaries[0], primaries[1]);
    let (slot, next) = (slot_of(from), slot_of(from) + 1);
    let channels = [
        key_of(slot, "a"),
        key_of(slot, "b"),
        key_of(next, "c"),
        key_of(slot_of(to), "d"),
    ];
    let mut subscriber = Subscriber {
        subscriptions: ShardSubscriptions::new(),
        links: BTreeMap::new(),
        log: Vec::new(),
    };
    subscriber.subscriptions.topology(&map);
    subscriber.subscriptions.subscribe(&channels);
    subscriber.settle(&cluster);
    assert_eq!(subscriber.logged(), ["resubscribed"; 4]);

    let publish = |place: usize, channel: &str, payload: &str| {
        let reply = cluster.tell(place, &["SPUBLISH", channel, payload]);
        assert_eq!(reply, Value::Integer(1), "{channel} has its subscriber");
    };
    let addresses: Vec<Address> = cluster.addresses.clone();
    publish(from, &channels[0], "one");
    subscriber.take(&addresses[from], 1);
    subscriber.settle(&cluster);
    assert_eq!(subscriber.logged(), ["message one"]);

    // The slot leaves: its node says `sunsubscribe` for both channels, and nobody had asked it to.
    let one = SlotMove {
        slot,
        from: cluster.ids[from].clone(),
        to: cluster.ids[to].clone(),
    };
    cluster.move_slots(std::slice::from_ref(&one));
    subscriber.take(&addresses[from], 2);
    subscriber.settle(&cluster);
    let log = subscriber.logged();
    let count = |word: &str| log.iter().filter(|line| *line == word).count();
    assert_eq!((count("interrupted"), count("resubscribed")), (2, 2), "{log:?}");
    assert!(count("refresh") >= 1, "{log:?}");
    for (channel, at, payload) in [
        (&channels[0], to, "two"),
        (&channels[1], to, "three"),
        (&channels[2], from, "four"),
        (&channels[3], to, "five"),
    ] {
        publish(at, channel, payload);
        subscriber.take(&addresses[at], 1);
        subscriber.settle(&cluster);
        assert_eq!(subscriber.logged(), [format!("message {payload}")]);
    }
    assert_eq!(subscriber.subscriptions.standing().count(), 4);

    // What is ended by us is answered, and taken for no move.
    subscriber.subscriptions.unsubscribe(&channels[..2]);
    subscriber.settle(&cluster);
    assert_eq!(subscriber.logged(), Vec::<String>::new());
    let reply = cluster.tell(to, &["SPUBLISH", &channels[0], "nobody"]);
    assert_eq!(reply, Value::Integer(0));

    // A node that was asked too early says MOVED; it is asked again when there is a new map.
    let back = SlotMove {
        slot,
        from: one.to.clone(),
        to: one.from.clone(),
    };
    subscriber.subscriptions.subscribe(&channels[..1]);
    cluster.move_slots(&[back]);
    let Some(SubscriptionOutput::Subscribe { node, channels: asked }) = subscriber.subscriptions.poll() else {
        panic!("it asks the node that it knows")
    };
    assert_eq!(node, addresses[to]);
    let refused = subscriber.link(&node).call(&[b"SSUBSCRIBE", &asked[0]]);
    assert!(refused.to_string().contains("MOVED"), "{refused}");
    subscriber.subscriptions.refused(&node, &asked);
    subscriber.settle(&cluster);
    assert_eq!(subscriber.logged(), ["refresh", "resubscribed"]);
    publish(from, &channels[0], "six");
}
