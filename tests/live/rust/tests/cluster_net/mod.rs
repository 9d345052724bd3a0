//! A real Redis Cluster on loopback: what the live tests of the cluster share.

#![allow(dead_code, unreachable_pub)]

use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use quorate::cluster::planning::{SlotMove, Step, create, move_slot};
use quorate::cluster::{Address, Health, NodeRole, SlotMap, tag_for_slot};
use quorate::resp::Value;
use quorate_live::{Client, Server};

/// Clusters of one test binary come one after another: six servers at a time are enough for a small machine.
static ONE: Mutex<()> = Mutex::new(());

/// How long anything is waited for. It is a limit for what hangs, and no measure.
const PATIENCE: Duration = Duration::from_secs(90);

/// Asks until there is an answer.
pub fn until<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(start.elapsed() < PATIENCE, "waited in vain: {what}");
        thread::sleep(Duration::from_millis(25));
    }
}

/// Nodes of redis-server, stopped when dropped.
pub struct Cluster {
    nodes: Vec<Option<Server>>,
    pub addresses: Vec<Address>,
    pub ids: Vec<String>,
    _one: MutexGuard<'static, ()>,
}

impl Cluster {
    /// Nodes that know nothing of each other.
    pub fn start(count: usize, node_timeout: u32) -> Self {
        let one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
        let timeout = node_timeout.to_string();
        let start = |_| {
            let settings = [
                ["--cluster-enabled", "yes"],
                ["--cluster-config-file", "nodes.conf"],
                ["--cluster-node-timeout", &timeout],
                ["--cluster-replica-validity-factor", "0"],
                ["--repl-diskless-sync-delay", "0"],
                ["--repl-ping-replica-period", "1"],
                ["--loglevel", "warning"],
            ];
            Server::start(&settings.concat())
        };
        let nodes: Vec<Option<Server>> = (0..count).map(start).map(Some).collect();
        let ports = nodes.iter().flatten().map(|node| node.port);
        let addresses: Vec<Address> = ports.map(|port| Address::new("127.0.0.1", port)).collect();
        let id = |address: &Address| text(&Client::connect(address.port, 2).call(&[b"CLUSTER", b"MYID"]));
        let ids = addresses.iter().map(id).collect();
        Self {
            nodes,
            addresses,
            ids,
            _one: one,
        }
    }

    /// Six nodes, three of them replicas, made a cluster by our own plan.
    pub fn of_six(node_timeout: u32) -> Self {
        let cluster = Self::start(6, node_timeout);
        cluster.create(1);
        cluster
    }

    /// Carries out our plan for a cluster of these nodes.
    pub fn create(&self, replicas: usize) {
        let creation = create(&self.addresses, replicas, 1).expect("a plan");
        self.run(&creation.steps(&self.addresses, &self.ids));
        self.settled();
    }

    /// Carries out steps of a plan, in order.
    pub fn run(&self, steps: &[Step]) {
        for step in steps {
            match step {
                Step::Command { node, argv } => {
                    let argv: Vec<&[u8]> = argv.iter().map(Vec::as_slice).collect();
                    let reply = Client::connect(node.port, 2).call(&argv);
                    assert!(!reply.is_error(), "{node}: {reply}");
                }
                Step::MigrateKeys { slot, from, to } => while migrate_some(*slot, from, to, 10) > 0 {},
                Step::AwaitAgreement { nodes } => {
                    until("agreement", || {
                        let views: Vec<SlotMap> = nodes.iter().map(view).collect();
                        let known = views.iter().all(|view| view.nodes().len() == nodes.len());
                        (known && views.iter().all(|view| owners(view) == owners(&views[0]))).then_some(())
                    });
                }
                other => panic!("{other:?} is new"),
            }
        }
    }

    /// Moves slots by our plan for it, one after the other.
    pub fn move_slots(&self, moves: &[SlotMove]) {
        for one in moves {
            self.run(&self.steps_of(one));
        }
    }

    pub fn steps_of(&self, one: &SlotMove) -> Vec<Step> {
        let others: Vec<Address> = self
            .primaries()
            .into_iter()
            .filter(|place| ![&one.from, &one.to].contains(&&self.ids[*place]))
            .map(|place| self.addresses[place].clone())
            .collect();
        let (from, to) = (self.place(&one.from), self.place(&one.to));
        move_slot(
            one.slot,
            (&self.addresses[from], &one.from),
            (&self.addresses[to], &one.to),
            &others,
        )
    }

    /// Waits until all nodes that live take the cluster to be well, agree, and say of each replica that it is there.
    pub fn settled(&self) {
        until("a cluster that is well", || {
            let alive = self.alive();
            let view = view(&self.addresses[alive[0]]);
            let replicas = alive.iter().filter(|place| {
                let node = view.find_id(&self.ids[**place]).and_then(|node| view.node(node));
                node.is_some_and(|node| node.role == NodeRole::Replica)
            });
            let replicas = replicas.count();
            let well = |place: &usize| {
                let mut client = self.client(*place, 2);
                let info = text(&client.call(&[b"CLUSTER", b"INFO"]));
                let slots = client.call(&[b"CLUSTER", b"SLOTS"]);
                let slots = SlotMap::from_slots(&slots, &self.addresses[*place]).ok()?;
                let told: usize = slots.shards().iter().map(|shard| shard.replicas.len()).sum();
                let same = owners(&slots) == owners(&view);
                (info.contains("cluster_state:ok") && same && told == replicas).then_some(())
            };
            alive.iter().all(|place| well(place).is_some()).then_some(())
        });
    }

    /// The nodes that were not killed.
    pub fn alive(&self) -> Vec<usize> {
        (0..self.nodes.len())
            .filter(|place| self.nodes[*place].is_some())
            .collect()
    }

    /// The primaries that live, as one that lives sees them.
    pub fn primaries(&self) -> Vec<usize> {
        let alive = self.alive();
        let view = view(&self.addresses[alive[0]]);
        let primary = |place: &usize| {
            let node = view.find_id(&self.ids[*place]).and_then(|node| view.node(node));
            node.is_some_and(|node| node.role == NodeRole::Primary && node.health < Health::Failed)
        };
        alive.into_iter().filter(primary).collect()
    }

    /// A primary's replicas.
    pub fn replicas(&self, primary: usize) -> Vec<usize> {
        let view = view(&self.addresses[primary]);
        let shard = view
            .find_id(&self.ids[primary])
            .and_then(|node| view.shard_of_node(node))
            .expect("a shard");
        let ids = view.shards()[usize::from(shard)].replicas.iter();
        ids.filter_map(|place| view.node(*place))
            .map(|node| self.place(&node.id))
            .collect()
    }

    /// Who serves a slot.
    pub fn owner(&self, slot: u16) -> usize {
        let alive = self.alive();
        let view = view(&self.addresses[alive[0]]);
        self.place(&view.node_for_slot(slot).expect("an owner").id)
    }

    pub fn place(&self, id: &str) -> usize {
        self.ids.iter().position(|known| known == id).expect("a node of ours")
    }

    pub fn client(&self, place: usize, protocol: u8) -> Client {
        Client::connect(self.addresses[place].port, protocol)
    }

    /// Says a command, which must not be refused.
    pub fn tell(&self, place: usize, words: &[&str]) -> Value {
        let words: Vec<&[u8]> = words.iter().map(|word| word.as_bytes()).collect();
        let reply = self.client(place, 2).call(&words);
        assert!(!reply.is_error(), "{reply}");
        reply
    }

    /// Makes a node stand still: its connections stay, and nothing is answered.
    pub fn stand_still(&self, place: usize) {
        let info = text(&self.tell(place, &["INFO", "server"]));
        let pid = info.lines().find_map(|line| line.strip_prefix("process_id:"));
        let status = Command::new("kill").args(["-STOP", pid.expect("a process")]).status();
        assert!(status.expect("kill runs").success());
    }

    /// Kills a node.
    pub fn kill(&mut self, place: usize) {
        self.nodes[place] = None;
    }
}

/// What a node says in `CLUSTER NODES`.
pub fn view(node: &Address) -> SlotMap {
    let reply = Client::connect(node.port, 2).call(&[b"CLUSTER", b"NODES"]);
    SlotMap::from_nodes(reply.as_bytes().expect("a text"), node).expect("a map")
}

/// Ranges of slots, the name of their owner, and the names of those who copy it.
pub fn owners(map: &SlotMap) -> Vec<(u16, u16, String, Vec<String>)> {
    let name = |place: u16| map.node(place).map(|node| node.name()).unwrap_or_default();
    let ranges = map.ranges().into_iter().map(|range| {
        let shard = &map.shards()[usize::from(range.shard)];
        let mut replicas: Vec<String> = shard.replicas.iter().map(|place| name(*place)).collect();
        replicas.sort();
        let primary = shard.primary.map(name).unwrap_or_default();
        (*range.slots.start(), *range.slots.end(), primary, replicas)
    });
    ranges.collect()
}

/// Moves some keys of a slot, and says how many.
pub fn migrate_some(slot: u16, from: &Address, to: &Address, most: usize) -> usize {
    let mut source = Client::connect(from.port, 2);
    let (slot, most) = (slot.to_string(), most.to_string());
    let keys = source.call(&[b"CLUSTER", b"GETKEYSINSLOT", slot.as_bytes(), most.as_bytes()]);
    let Value::Array(keys) = keys else {
        panic!("{keys} is no list of keys")
    };
    let keys: Vec<&[u8]> = keys.iter().filter_map(Value::as_bytes).collect();
    if keys.is_empty() {
        return 0;
    }
    let port = to.port.to_string();
    let mut words: Vec<&[u8]> = vec![
        b"MIGRATE",
        to.host.as_bytes(),
        port.as_bytes(),
        b"",
        b"0",
        b"60000",
        b"KEYS",
    ];
    words.extend(&keys);
    let reply = source.call(&words);
    assert!(!reply.is_error(), "{reply}");
    keys.len()
}

/// A key of a slot.
pub fn key_of(slot: u16, name: &str) -> String {
    format!("{{{}}}{name}", &*tag_for_slot(slot).expect("a slot"))
}

pub fn text(value: &Value) -> String {
    String::from_utf8(value.as_bytes().expect("a text").to_vec()).expect("UTF-8")
}
