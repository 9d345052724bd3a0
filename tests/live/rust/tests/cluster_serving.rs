//! What a node does with a command, beside what the nodes of a real cluster do with it.

mod cluster_net;

use std::collections::BTreeSet;

use cluster_net::{Cluster, key_of, migrate_some, until};
use quorate::cluster::{
    Address, Asked, CommandFlag, CommandInfo, Decision, Owner, SlotMap, SlotServing, decide, key_slot, keys_of,
};
use quorate::resp::Value;
use quorate_live::{Client, port};

/// What the test knows of a node and its cluster.
struct Seat<'a> {
    cluster: &'a Cluster,
    map: SlotMap,
    place: usize,
    /// The slot that is on its way, from whom and to whom.
    open: Option<(u16, usize, usize)>,
    /// The slot that this node takes for nobody's.
    unassigned: Option<u16>,
    /// Which keys the node holds.
    holds: BTreeSet<String>,
    down: bool,
    reads_when_down: bool,
    pubsub_when_down: bool,
}

impl Seat<'_> {
    fn address(&self, place: usize) -> Address {
        self.cluster.addresses[place].clone()
    }

    fn serving(&self, slot: u16) -> SlotServing {
        let owner = self.map.node_for_slot(slot).map(|node| self.cluster.place(&node.id));
        let me = self.map.find_id(&self.cluster.ids[self.place]).expect("a member");
        let shard = self.map.shard_for_slot(slot).expect("a shard");
        let owner = match owner {
            _ if self.unassigned == Some(slot) => Owner::Nobody,
            None => Owner::Nobody,
            Some(owner) if owner == self.place => Owner::Me,
            Some(owner) if shard.replicas.contains(&me) => Owner::MyPrimary(self.address(owner)),
            Some(owner) => Owner::Other(self.address(owner)),
        };
        let open = self.open.filter(|(open, ..)| *open == slot);
        SlotServing {
            owner,
            migrating_to: open
                .filter(|(_, from, _)| *from == self.place)
                .map(|(_, _, to)| self.address(to)),
            importing: open.is_some_and(|(_, _, to)| to == self.place),
        }
    }

    /// What our rule says.
    fn decision(&self, commands: &[Vec<&str>], asking: bool, readonly: bool) -> Decision {
        let infos: Vec<&CommandInfo> = commands
            .iter()
            .map(|argv| CommandInfo::find(argv).expect("a command"))
            .collect();
        let keys = commands.iter().flat_map(|argv| {
            let keys = keys_of(argv).expect("keys");
            keys.into_iter().map(|key| argv[key.index as usize]).collect::<Vec<_>>()
        });
        let keys: Vec<&str> = keys.collect();
        let slot = keys.first().map_or(0, |key| key_slot(key.as_bytes()));
        let asked = Asked {
            keys: keys.len() as u32,
            distinct_keys: keys.iter().collect::<BTreeSet<_>>().len() as u32,
            missing_keys: keys.iter().filter(|key| !self.holds.contains(**key)).count() as u32,
            several_slots: keys.iter().any(|key| key_slot(key.as_bytes()) != slot),
            write: infos.iter().any(|info| info.is(CommandFlag::Write)),
            pubsub_shard: infos.iter().any(|info| info.name == "spublish"),
            migrate: infos.iter().any(|info| info.name == "migrate"),
            asking: asking || infos.iter().any(|info| info.is(CommandFlag::Asking)),
            readonly,
            cluster_down: self.down,
            allow_reads_when_down: self.reads_when_down,
            allow_pubsub_when_down: self.pubsub_when_down,
        };
        decide(slot, &self.serving(slot), &asked)
    }

    /// Asks the node all of these in each way, and says how often each kind of answer came.
    fn compare(&self, commands: &[Vec<&str>]) -> BTreeSet<String> {
        let mut client = self.cluster.client(self.place, 2);
        let mut kinds = BTreeSet::new();
        for readonly in [false, true] {
            call(&mut client, &[if readonly { "READONLY" } else { "READWRITE" }]);
            for asking in [false, true] {
                for command in commands {
                    if asking {
                        call(&mut client, &["ASKING"]);
                    }
                    let answer = redirect(&call(&mut client, command));
                    let decision = self
                        .decision(std::slice::from_ref(command), asking, readonly)
                        .to_string();
                    let place = self.place;
                    assert_eq!(
                        decision, answer,
                        "{command:?} to node {place}, asking {asking}, readonly {readonly}"
                    );
                    kinds.insert(answer.split(' ').next().unwrap_or_default().to_owned());
                }
            }
        }
        kinds
    }
}

fn call(client: &mut Client, words: &[&str]) -> Value {
    let words: Vec<&[u8]> = words.iter().map(|word| word.as_bytes()).collect();
    client.call(&words)
}

/// The error of a node that does not serve a command, else `OK`: a command that was served may fail for its own reasons.
fn redirect(reply: &Value) -> String {
    let Value::SimpleError(text) = reply else {
        return "OK".into();
    };
    let text = String::from_utf8_lossy(text).into_owned();
    let names = ["MOVED ", "ASK ", "TRYAGAIN ", "CROSSSLOT ", "CLUSTERDOWN "];
    if names.iter().any(|name| text.starts_with(name)) {
        text
    } else {
        "OK".into()
    }
}

#[test]
fn a_node_decides_as_the_server_does() {
    if port("a_node_decides_as_the_server_does").is_none() {
        return;
    }
    let cluster = Cluster::of_six(15_000);
    let primaries = cluster.primaries();
    let (from, to, third) = (primaries[0], primaries[1], primaries[2]);
    let replica = cluster.replicas(from)[0];
    let map = cluster_net::view(&cluster.addresses[from]);
    let ranges = map.ranges();
    let first = |place: usize| {
        let owns = |slot: &u16| {
            map.node_for_slot(*slot)
                .is_some_and(|node| node.id == cluster.ids[place])
        };
        (0..16_384_u16).find(owns).expect("a slot")
    };
    assert_eq!(ranges.len(), 3);
    let (slot, beside, other) = (first(from), first(from) + 1, first(third));
    let keys: Vec<String> = (1..=4).map(|number| key_of(slot, &number.to_string())).collect();
    let (beside_key, other_key) = (key_of(beside, "x"), key_of(other, "x"));
    let [here, here_too, gone, new] = [0, 1, 2, 3].map(|place| keys[place].as_str());
    let target_port = cluster.addresses[to].port.to_string();
    for key in [here, here_too, gone, &beside_key] {
        cluster.tell(from, &["SET", key, "v"]);
    }
    // None of these changes which keys there are.
    let mut commands = vec![vec!["PING"]];
    for name in ["GET", "PERSIST", "SPUBLISH"] {
        for key in [here, gone, new, &beside_key, &other_key] {
            commands.push(match name {
                "SPUBLISH" => vec![name, key, "news"],
                _ => vec![name, key],
            });
        }
    }
    let sets = [
        vec![here, here_too],
        vec![here, here],
        vec![here, gone],
        vec![gone, new],
        vec![new, new],
        vec![here, gone, new],
        vec![here, &beside_key],
        vec![&beside_key, here],
        vec![&other_key, here],
    ];
    for set in &sets {
        commands.push(["MGET"].iter().chain(set).copied().collect());
        commands.push(["SMOVE", set[0], set[1], "member"].to_vec());
    }
    commands.push(vec!["MIGRATE", "127.0.0.1", &target_port, new, "0", "1000"]);
    let seat = |place: usize| Seat {
        cluster: &cluster,
        map: map.clone(),
        place,
        open: None,
        unassigned: None,
        holds: BTreeSet::new(),
        down: false,
        reads_when_down: false,
        pubsub_when_down: true,
    };
    let all = |keys: &[&str]| keys.iter().map(|key| (*key).to_owned()).collect::<BTreeSet<_>>();

    // ---- all is quiet
    let mut kinds = BTreeSet::new();
    for place in [from, to, third, replica] {
        kinds.extend(seat(place).compare(&commands));
    }
    assert_eq!(kinds, ["CROSSSLOT", "MOVED", "OK"].map(String::from).into());

    // ---- a slot is on its way, and one of its keys is already there
    let number = slot.to_string();
    cluster.tell(to, &["CLUSTER", "SETSLOT", &number, "IMPORTING", &cluster.ids[from]]);
    cluster.tell(from, &["CLUSTER", "SETSLOT", &number, "MIGRATING", &cluster.ids[to]]);
    for key in [here, here_too] {
        cluster.tell(from, &["DEL", key]);
    }
    assert_eq!(
        migrate_some(slot, &cluster.addresses[from], &cluster.addresses[to], 10),
        1
    );
    // What comes back with `RESTORE-ASKING`, as `MIGRATE` sends it, counts as asked for.
    let dumped = cluster.client(from, 2).call(&[b"DUMP", beside_key.as_bytes()]);
    let dumped = dumped.as_bytes().expect("a dump").to_vec();
    for (place, expected) in [(to, "OK"), (third, "MOVED")] {
        let words: [&[u8]; 4] = [b"RESTORE-ASKING", new.as_bytes(), b"0", &dumped];
        let answer = redirect(&cluster.client(place, 2).call(&words));
        let command = vec!["RESTORE-ASKING", new, "0", "dump"];
        let mut one = seat(place);
        one.open = Some((slot, from, to));
        assert_eq!(one.decision(&[command], false, false).to_string(), answer);
        assert!(answer.starts_with(expected), "{answer}");
    }
    let mut client = cluster.client(to, 2);
    call(&mut client, &["ASKING"]);
    assert_eq!(call(&mut client, &["DEL", new]), Value::Integer(1));
    // New keys of a slot that leaves are made at its new place; those that are here stay until they are moved.
    let mut kinds = BTreeSet::new();
    cluster.tell(from, &["CLUSTER", "SETSLOT", &number, "STABLE"]);
    for key in [here, here_too] {
        cluster.tell(from, &["SET", key, "v"]);
    }
    cluster.tell(from, &["CLUSTER", "SETSLOT", &number, "MIGRATING", &cluster.ids[to]]);
    for place in [from, to, third, replica] {
        let mut seat = seat(place);
        seat.open = Some((slot, from, to));
        seat.holds = match place {
            _ if place == from => all(&[here, here_too, &beside_key]),
            _ if place == to => all(&[gone]),
            _ => BTreeSet::new(),
        };
        kinds.extend(seat.compare(&commands));
    }
    assert_eq!(
        kinds,
        ["ASK", "CROSSSLOT", "MOVED", "OK", "TRYAGAIN"].map(String::from).into()
    );

    // ---- a transaction is judged as a whole, and ASKING before MULTI reaches to its EXEC
    for (keys, expected) in [
        (vec![gone, gone], "OK"),
        (vec![new, new], "OK"),
        (vec![gone, new], "TRYAGAIN"),
    ] {
        let mut client = cluster.client(to, 2);
        call(&mut client, &["ASKING"]);
        call(&mut client, &["MULTI"]);
        let commands: Vec<Vec<&str>> = keys.iter().map(|key| vec!["GET", *key]).collect();
        for command in &commands {
            assert_eq!(call(&mut client, command).as_bytes(), Some(&b"QUEUED"[..]));
        }
        let answer = redirect(&call(&mut client, &["EXEC"]));
        let mut seat = seat(to);
        (seat.open, seat.holds) = (Some((slot, from, to)), all(&[gone]));
        assert_eq!(seat.decision(&commands, true, false).to_string(), answer);
        assert!(answer.starts_with(expected), "{answer}");
        // Behind EXEC it is over.
        assert!(redirect(&call(&mut client, &["GET", gone])).starts_with("MOVED"));
    }

    // ---- the cluster is down, for want of a slot
    for place in [from, to] {
        cluster.tell(place, &["CLUSTER", "SETSLOT", &number, "STABLE"]);
    }
    cluster.tell(from, &["CLUSTER", "DELSLOTS", &beside.to_string()]);
    until("a cluster that is down", || {
        let info = cluster_net::text(&cluster.tell(from, &["CLUSTER", "INFO"]));
        info.contains("cluster_state:fail").then_some(())
    });
    let mut kinds = BTreeSet::new();
    for (reads, pubsub) in [(false, true), (false, false), (true, true), (true, false)] {
        let word = |yes| if yes { "yes" } else { "no" };
        cluster.tell(from, &["CONFIG", "SET", "cluster-allow-reads-when-down", word(reads)]);
        cluster.tell(
            from,
            &["CONFIG", "SET", "cluster-allow-pubsubshard-when-down", word(pubsub)],
        );
        let mut seat = seat(from);
        (seat.down, seat.unassigned) = (true, Some(beside));
        (seat.reads_when_down, seat.pubsub_when_down) = (reads, pubsub);
        kinds.extend(seat.compare(&commands));
    }
    assert_eq!(
        kinds,
        ["CLUSTERDOWN", "CROSSSLOT", "MOVED", "OK"].map(String::from).into()
    );
}
