//! A client that goes on through all that happens to a cluster: the example's, which is `Router` with sockets around it.

#[path = "../../../../examples/rust/src/cluster/client.rs"]
#[allow(dead_code)]
mod client;
mod cluster_net;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use client::Client;
use cluster_net::{Cluster, key_of, migrate_some, until};
use quorate::cluster::planning::SlotMove;
use quorate::cluster::{Address, RouterConfig};
use quorate::resp::Value;
use quorate_live::port;

fn connect(seeds: &[Address], seed: u64) -> Client {
    Client::new(RouterConfig {
        seeds: seeds.to_vec(),
        // A failover takes seconds on a busy machine; whoever waits for one has to have the patience.
        max_retries: 120,
        refresh_interval: 200,
        seed,
        ..RouterConfig::default()
    })
    .expect("a client")
}

/// What may be read of a counter: what was acknowledged last, up to what was tried last.
#[derive(Clone, Copy, Default)]
struct Counter {
    acknowledged: u64,
    tried: u64,
}

/// How many requests were made, and how many of them had an outcome that nobody knows.
#[derive(Default)]
struct Tally {
    writes: AtomicU64,
    reads: AtomicU64,
    unknown: AtomicU64,
}

/// Threads that write and read all the time, each its own keys in each of the slots.
struct Traffic {
    stop: Arc<AtomicBool>,
    tally: Arc<Tally>,
    threads: Vec<JoinHandle<()>>,
}

impl Traffic {
    /// `wait`: a write counts as acknowledged only when a replica has it, too.
    fn start(seeds: &[Address], slots: &[u16], wait: bool) -> Self {
        let (stop, tally) = (Arc::new(AtomicBool::new(false)), Arc::new(Tally::default()));
        let threads = (0..3).map(|thread| {
            let (stop, tally, seeds, slots) = (stop.clone(), tally.clone(), seeds.to_vec(), slots.to_vec());
            thread::spawn(move || {
                let mut client = connect(&seeds, thread + 1);
                let mut counters: BTreeMap<String, Counter> = BTreeMap::new();
                let keys: Vec<String> = slots.iter().map(|slot| key_of(*slot, &format!(":{thread}"))).collect();
                while !stop.load(Ordering::Relaxed) {
                    for key in &keys {
                        let counter = counters.entry(key.clone()).or_default();
                        write_and_read(&mut client, key, counter, wait, &tally);
                    }
                    together(&mut client, &keys, &mut counters, wait, &tally);
                }
            })
        });
        Self {
            threads: threads.collect(),
            stop,
            tally,
        }
    }

    /// Lets so many more writes pass.
    fn go_on(&self, writes: u64) {
        let count = || self.tally.writes.load(Ordering::Relaxed);
        let from = count();
        until("traffic that goes on", || {
            let over = self.threads.iter().any(JoinHandle::is_finished);
            (over || count() >= from + writes).then_some(())
        });
    }

    /// Every request of every thread ended, as it should.
    fn end(self) -> (u64, u64, u64) {
        self.stop.store(true, Ordering::Relaxed);
        for thread in self.threads {
            thread.join().expect("all requests ended as they should");
        }
        let load = |count: &AtomicU64| count.load(Ordering::Relaxed);
        (
            load(&self.tally.writes),
            load(&self.tally.reads),
            load(&self.tally.unknown),
        )
    }
}

fn number(value: &Value) -> u64 {
    if value.is_null() {
        return 0;
    }
    cluster_net::text(value).parse().expect("a number")
}

fn write_and_read(client: &mut Client, key: &str, counter: &mut Counter, wait: bool, tally: &Tally) {
    counter.tried += 1;
    let value = counter.tried.to_string();
    // Sometimes as a transaction: the slot may leave while it is queued.
    let written = match counter.tried % 4 {
        0 => client.transaction(&[vec!["SET", key, &value], vec!["GET", key]]),
        _ => client.call(&["SET", key, &value]),
    };
    match written {
        Ok(Value::Array(replies)) => {
            assert_eq!(replies.len(), 2);
            assert_eq!(replies[1].as_bytes(), Some(value.as_bytes()), "{key}");
            acknowledge(client, counter, wait);
        }
        Ok(reply) => {
            assert_eq!(reply.as_bytes(), Some(&b"OK"[..]), "{key}: {reply}");
            acknowledge(client, counter, wait);
        }
        Err(error) => {
            assert_eq!(error.code(), "unknown_outcome", "{key}: {error}");
            tally.unknown.fetch_add(1, Ordering::Relaxed);
        }
    }
    tally.writes.fetch_add(1, Ordering::Relaxed);
    let read = client.call(&["GET", key]).expect("a read ends well");
    check(key, &read, counter);
    tally.reads.fetch_add(1, Ordering::Relaxed);
}

fn acknowledge(client: &mut Client, counter: &mut Counter, wait: bool) {
    if !wait || client.wait(1, 200).is_some_and(|replicas| replicas >= 1) {
        counter.acknowledged = counter.tried;
    }
}

/// A read sees what was acknowledged last, or what was tried since.
fn check(key: &str, read: &Value, counter: &Counter) {
    assert!(!read.is_error(), "{key}: {read}");
    let seen = number(read);
    let Counter { acknowledged, tried } = *counter;
    assert!(
        (acknowledged..=tried).contains(&seen),
        "{key}: {seen} was read, {acknowledged} acknowledged, {tried} tried"
    );
}

/// One command with keys of all slots, answered in the order of its keys.
fn together(client: &mut Client, keys: &[String], counters: &mut BTreeMap<String, Counter>, wait: bool, tally: &Tally) {
    let mut words = vec!["MSET".to_owned()];
    for key in keys {
        let counter = counters.entry(key.clone()).or_default();
        counter.tried += 1;
        words.extend([key.clone(), counter.tried.to_string()]);
    }
    match client.call(&words) {
        Ok(reply) => {
            assert_eq!(reply.as_bytes(), Some(&b"OK"[..]));
            // With a kill to come, what several nodes took is not known to be on their replicas.
            for counter in counters.values_mut().filter(|_| !wait) {
                counter.acknowledged = counter.tried;
            }
        }
        Err(error) => {
            assert!(matches!(error.code(), "parts_failed" | "unknown_outcome"), "{error}");
            tally.unknown.fetch_add(1, Ordering::Relaxed);
        }
    }
    tally.writes.fetch_add(1, Ordering::Relaxed);
    let backwards: Vec<&str> = ["MGET"]
        .into_iter()
        .chain(keys.iter().rev().map(String::as_str))
        .collect();
    let Value::Array(values) = client.call(&backwards).expect("a read ends well") else {
        panic!("no array")
    };
    assert_eq!(values.len(), keys.len());
    for (key, value) in keys.iter().rev().zip(values.iter()) {
        check(key, value, &counters[key]);
    }
    tally.reads.fetch_add(1, Ordering::Relaxed);
}

fn slots_of(cluster: &Cluster, place: usize, count: usize) -> Vec<u16> {
    let map = cluster_net::view(&cluster.addresses[place]);
    let owns = |slot: &u16| {
        map.node_for_slot(*slot)
            .is_some_and(|node| node.id == cluster.ids[place])
    };
    (0..16_384).filter(owns).take(count).collect()
}

fn slot_move(cluster: &Cluster, slot: u16, from: usize, to: usize) -> SlotMove {
    SlotMove {
        slot,
        from: cluster.ids[from].clone(),
        to: cluster.ids[to].clone(),
    }
}

#[test]
fn requests_go_on_while_slots_move_and_primaries_hand_over() {
    if port("requests_go_on_while_slots_move_and_primaries_hand_over").is_none() {
        return;
    }
    let cluster = Cluster::of_six(5_000);
    let primaries = cluster.primaries();
    let (from, to) = (primaries[0], primaries[1]);
    let mut slots = slots_of(&cluster, from, 6);
    slots.extend(primaries[1..].iter().flat_map(|place| slots_of(&cluster, *place, 2)));
    let moving = slots[..6].to_vec();
    // Keys enough that a slot takes several rounds to be moved.
    let mut loader = connect(&cluster.addresses[..1], 99);
    for slot in &moving {
        let mut words = vec!["MSET".to_owned()];
        (0..200).for_each(|nth| words.extend([key_of(*slot, &format!(".{nth}")), nth.to_string()]));
        assert_eq!(loader.call(&words).expect("it is written").as_bytes(), Some(&b"OK"[..]));
    }
    let traffic = Traffic::start(&cluster.addresses[..1], &slots, false);
    traffic.go_on(100);

    // ---- there and back
    for (from, to) in [(from, to), (to, from)] {
        for slot in &moving {
            cluster.move_slots(&[slot_move(&cluster, *slot, from, to)]);
        }
        traffic.go_on(50);
    }

    // ---- a slot stays open, with some of its keys on either side
    let slot = moving[0];
    let steps = cluster.steps_of(&slot_move(&cluster, slot, from, to));
    cluster.run(&steps[..2]);
    traffic.go_on(50);
    migrate_some(slot, &cluster.addresses[from], &cluster.addresses[to], 100);
    traffic.go_on(100);
    cluster.run(&steps[2..]);
    traffic.go_on(50);

    // ---- a replica takes over by agreement
    let heir = cluster.replicas(to)[0];
    cluster.tell(heir, &["CLUSTER", "FAILOVER"]);
    until("a new primary", || (cluster.owner(slot) == heir).then_some(()));
    traffic.go_on(100);

    let (writes, reads, unknown) = traffic.end();
    assert!(writes >= 500 && reads >= 500, "{writes} writes, {reads} reads");
    // A slot on its way breaks no connection. Only what is new to a slot that several keys are asked of may be refused too often.
    assert_eq!(unknown, 0);
    for slot in &moving {
        let mut words = vec!["MGET".to_owned()];
        words.extend((0..200).rev().map(|nth| key_of(*slot, &format!(".{nth}"))));
        let Value::Array(values) = loader.call(&words).expect("values") else {
            panic!("no array")
        };
        let values: Vec<u64> = values.iter().map(number).collect();
        assert_eq!(values, (0..200).rev().collect::<Vec<u64>>());
    }
    let mut words = vec!["DEL".to_owned()];
    for slot in &moving {
        words.extend((0..200).map(|nth| key_of(*slot, &format!(".{nth}"))));
    }
    assert_eq!(loader.call(&words), Ok(Value::Integer(1_200)));
}

#[test]
fn a_request_that_must_wait_for_a_slot_ends_when_the_slot_has_arrived() {
    if port("a_request_that_must_wait_for_a_slot_ends_when_the_slot_has_arrived").is_none() {
        return;
    }
    let cluster = Cluster::of_six(5_000);
    let primaries = cluster.primaries();
    let (from, to) = (primaries[0], primaries[1]);
    let slot = slots_of(&cluster, from, 1)[0];
    let keys: Vec<String> = (0..4).map(|nth| key_of(slot, &nth.to_string())).collect();
    let mut client = connect(&cluster.addresses[5..], 1);
    for key in &keys {
        client.call(&["SET", key, "0"]).expect("it is written");
    }
    let steps = cluster.steps_of(&slot_move(&cluster, slot, from, to));
    cluster.run(&steps[..2]);
    assert_eq!(
        migrate_some(slot, &cluster.addresses[from], &cluster.addresses[to], 2),
        2
    );
    // Single keys are found on either side, new ones are made at the new place, and the map stays.
    for key in &keys {
        assert_eq!(client.call(&["INCR", key]), Ok(Value::Integer(1)));
    }
    let new = key_of(slot, "new");
    let both = client.transaction(&[vec!["INCR", &new], vec!["INCR", &new]]);
    assert_eq!(both, Ok(Value::Array([Value::Integer(1), Value::Integer(2)].into())));
    assert_eq!(
        client.map().node_for_slot(slot).map(|node| &node.id),
        Some(&cluster.ids[from])
    );

    // Several keys of which some are here and some there: TRYAGAIN, until all have arrived.
    let waiting: Vec<JoinHandle<Value>> = (0..2)
        .map(|kind| {
            let (keys, seeds) = (keys.clone(), cluster.addresses.clone());
            thread::spawn(move || {
                let mut client = connect(&seeds, 7 + kind);
                match kind {
                    0 => {
                        let words = ["MGET"].into_iter().chain(keys.iter().map(String::as_str));
                        client.call(&words.collect::<Vec<_>>()).expect("all values")
                    }
                    _ => {
                        let commands: Vec<Vec<&str>> = keys.iter().map(|key| vec!["INCR", key]).collect();
                        client.transaction(&commands).expect("all done")
                    }
                }
            })
        })
        .collect();
    let start = Instant::now();
    while start.elapsed() < Duration::from_millis(1_500) {
        assert!(!waiting.iter().any(JoinHandle::is_finished), "keys are on both sides");
        thread::sleep(Duration::from_millis(50));
    }
    cluster.run(&steps[2..]);
    let values: Vec<Value> = waiting
        .into_iter()
        .map(|thread| thread.join().expect("it ended"))
        .collect();
    let Value::Array(read) = &values[0] else {
        panic!("{}", values[0])
    };
    assert!(
        read.iter().all(|value| [1, 2].contains(&number(value))),
        "{}",
        values[0]
    );
    assert_eq!(values[1], Value::Array([2, 2, 2, 2].map(Value::Integer).into()));
}

#[test]
fn what_a_replica_has_survives_its_primary() {
    if port("what_a_replica_has_survives_its_primary").is_none() {
        return;
    }
    let mut cluster = Cluster::of_six(1_000);
    let primaries = cluster.primaries();
    let slots: Vec<u16> = primaries
        .iter()
        .flat_map(|place| slots_of(&cluster, *place, 3))
        .collect();
    let victim = primaries[1];
    let heir = cluster.replicas(victim)[0];
    let seeds = cluster.addresses.clone();
    let traffic = Traffic::start(&seeds, &slots, true);
    traffic.go_on(100);
    cluster.kill(victim);
    until("a new primary", || (cluster.owner(slots[3]) == heir).then_some(()));
    traffic.go_on(100);
    let (writes, reads, unknown) = traffic.end();
    assert!(writes >= 200 && reads >= 200, "{writes} writes, {reads} reads");
    // At most one write a thread was under way when the primary was killed, and the two kinds of them share a connection.
    assert!(unknown <= 6, "{unknown} of {writes} writes have an unknown outcome");
}

#[test]
fn a_primary_that_stands_still_is_left_behind() {
    if port("a_primary_that_stands_still_is_left_behind").is_none() {
        return;
    }
    let cluster = Cluster::of_six(1_000);
    let primaries = cluster.primaries();
    let slots: Vec<u16> = primaries
        .iter()
        .flat_map(|place| slots_of(&cluster, *place, 2))
        .collect();
    let victim = primaries[2];
    let heir = cluster.replicas(victim)[0];
    let traffic = Traffic::start(&cluster.addresses, &slots, true);
    traffic.go_on(100);
    // It takes what is written to it, and answers nothing.
    cluster.stand_still(victim);
    until("a new primary", || {
        let others = cluster.alive().into_iter().filter(|place| *place != victim);
        let views: Vec<_> = others
            .map(|place| cluster_net::view(&cluster.addresses[place]))
            .collect();
        let knows = |view: &quorate::cluster::SlotMap| {
            view.node_for_slot(slots[4])
                .is_some_and(|node| node.id == cluster.ids[heir])
        };
        views.iter().all(knows).then_some(())
    });
    traffic.go_on(100);
    let (writes, reads, unknown) = traffic.end();
    assert!(writes >= 200 && reads >= 200, "{writes} writes, {reads} reads");
    assert!(
        unknown >= 1,
        "somebody was left waiting, and told that nobody knows what became of it"
    );
}
