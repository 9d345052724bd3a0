//! Servers that replicate over a network in memory, at a virtual time, and the ledger of what their clients were promised.

use std::collections::{BTreeMap, VecDeque};

use quorate::replication::*;
use quorate::resp::RequestDecoder;

/// What a connection carries from the primary; or that it closed.
enum Down {
    Bytes(Vec<u8>),
    Closed,
}

/// A connection of a replica to a primary.
struct Wire {
    replica: usize,
    attempt: u64,
    primary: usize,
    /// What the primary calls it.
    name: ReplicaId,
    decoder: RequestDecoder,
    up: VecDeque<Vec<u8>>,
    down: VecDeque<Down>,
}

struct Machine {
    server: Server,
    running: bool,
    /// Nothing reaches it or leaves it, and nothing is lost.
    held: bool,
    /// The values that were written, in their order: the data.
    data: Vec<u64>,
    frozen: Vec<u64>,
    coming: Vec<u8>,
    sent: Vec<String>,
    got: Vec<String>,
    loads: usize,
    snapshots: usize,
    resyncs: Vec<Resync>,
    waited: Vec<(u64, u64, bool)>,
    broken: Vec<u64>,
}

pub(crate) struct Net {
    machines: Vec<Machine>,
    wires: Vec<Wire>,
    now_ms: u64,
    next_name: ReplicaId,
    pub(crate) pieces: usize,
    pub(crate) ledger: Ledger,
    acknowledged: Vec<u64>,
}

const PORT: u16 = 6_379;

impl Net {
    pub(crate) fn new(configs: &[Config]) -> Self {
        let machine = |(index, config): (usize, &Config)| Machine {
            server: server(index, config, 0),
            running: true,
            held: false,
            data: Vec::new(),
            frozen: Vec::new(),
            coming: Vec::new(),
            sent: Vec::new(),
            got: Vec::new(),
            loads: 0,
            snapshots: 0,
            resyncs: Vec::new(),
            waited: Vec::new(),
            broken: Vec::new(),
        };
        let mut net = Self {
            machines: configs.iter().enumerate().map(machine).collect(),
            wires: Vec::new(),
            now_ms: 0,
            next_name: 1_000,
            pieces: usize::MAX,
            ledger: Ledger::new(),
            acknowledged: Vec::new(),
        };
        for index in 0..configs.len() {
            let history = *net.server(index).history();
            net.ledger.at(index as u64, &history, 0);
        }
        net
    }

    // ---- what happens

    pub(crate) fn replicate(&mut self, replica: usize, primary: usize) {
        let (host, now_ms) = (format!("10.0.0.{primary}"), self.now_ms);
        self.machines[replica]
            .server
            .replicate_from(&host, PORT + primary as u16, now_ms);
        self.settle();
    }

    pub(crate) fn promote(&mut self, index: usize) {
        let now_ms = self.now_ms;
        self.machines[index].server.promote(now_ms);
        self.settle();
    }

    pub(crate) fn write(&mut self, index: usize, value: u64) -> Result<(), Refusal> {
        let now_ms = self.now_ms;
        let machine = &mut self.machines[index];
        let text = value.to_string();
        match machine.server.write(0, &[b"RPUSH", b"list", text.as_bytes()], now_ms) {
            Ok(offset) => {
                machine.data.push(value);
                let id = machine.server.history().id;
                if !self.acknowledged.contains(&value) {
                    self.ledger
                        .acknowledged(value, index as u64, id, offset, now_ms)
                        .expect("told of once");
                    self.acknowledged.push(value);
                }
                self.outputs(index);
                Ok(())
            }
            Err(Error::Refused(refusal)) => Err(refusal),
            Err(error) => panic!("{error}"),
        }
    }

    pub(crate) fn wait(&mut self, index: usize, client: ClientId, replicas: u64, timeout_ms: u64) {
        let (now_ms, offset) = (self.now_ms, self.server(index).history().offset);
        self.machines[index]
            .server
            .wait(client, offset, replicas, timeout_ms, now_ms)
            .expect("a primary");
        self.outputs(index);
    }

    /// All connections of that server break.
    pub(crate) fn cut(&mut self, index: usize) {
        let broken = |wire: &Wire| wire.replica == index || wire.primary == index;
        let (gone, stay) = std::mem::take(&mut self.wires).into_iter().partition(broken);
        self.wires = stay;
        for wire in gone {
            self.break_wire(&wire);
        }
    }

    fn break_wire(&mut self, wire: &Wire) {
        let now_ms = self.now_ms;
        let _ = self.machines[wire.primary].server.replica_closed(wire.name, now_ms);
        let _ = self.machines[wire.replica].server.closed(wire.attempt, now_ms);
        self.outputs(wire.primary);
        self.outputs(wire.replica);
    }

    pub(crate) fn hold(&mut self, index: usize) {
        self.machines[index].held = true;
    }

    pub(crate) fn release(&mut self, index: usize) {
        self.machines[index].held = false;
    }

    pub(crate) fn stop(&mut self, index: usize) {
        self.machines[index].running = false;
        self.cut(index);
    }

    pub(crate) fn start(&mut self, index: usize) {
        self.machines[index].running = true;
    }

    /// Kills the server and starts it again, with its data or without.
    pub(crate) fn restart(&mut self, index: usize, with_data: bool) {
        self.stop(index);
        let now_ms = self.now_ms;
        let machine = &mut self.machines[index];
        let config = machine.server.config().clone();
        if with_data {
            let (stored, primary) = (machine.server.stored(), machine.server.primary().cloned());
            let config = Config {
                seed: config.seed + 1_000,
                ..config
            };
            machine.server = Server::restore(config, stored, primary, now_ms).expect("a config");
        } else {
            machine.data.clear();
            machine.server = server(index + 500, &config, now_ms);
            self.ledger.gone(index as u64, now_ms);
        }
        self.start(index);
        self.settle();
    }

    /// Lets everything arrive that is under way.
    pub(crate) fn settle(&mut self) {
        loop {
            for index in 0..self.machines.len() {
                self.outputs(index);
            }
            if !self.deliver() {
                return;
            }
        }
    }

    pub(crate) fn run(&mut self, for_ms: u64) {
        self.settle();
        let end = self.now_ms + for_ms;
        loop {
            let running = self.machines.iter().filter(|machine| machine.running);
            let next = running
                .map(|machine| machine.server.next_tick_ms())
                .min()
                .unwrap_or(end);
            self.now_ms = next.max(self.now_ms).min(end);
            for machine in self.machines.iter_mut().filter(|machine| machine.running) {
                if machine.server.next_tick_ms() <= self.now_ms {
                    machine.server.tick(self.now_ms);
                }
            }
            self.settle();
            if self.now_ms == end {
                return;
            }
        }
    }

    // ---- how it is done

    fn deliver(&mut self) -> bool {
        let now_ms = self.now_ms;
        for at in 0..self.wires.len() {
            let wire = &mut self.wires[at];
            let (replica, primary) = (wire.replica, wire.primary);
            if self.machines[replica].held || self.machines[primary].held {
                continue;
            }
            if let Some(bytes) = wire.up.pop_front() {
                wire.decoder.feed(&bytes);
                while let Some(request) = wire.decoder.poll().expect("requests") {
                    let args: Vec<&[u8]> = request.args().collect();
                    let answered = self.machines[primary].server.request(wire.name, &args, now_ms);
                    assert!(!matches!(answered, Err(Error::NotReplication(_))), "{answered:?}");
                }
                return true;
            }
            match wire.down.pop_front() {
                Some(Down::Bytes(bytes)) => {
                    for piece in bytes.chunks(self.pieces.min(bytes.len().max(1))) {
                        if bytes.starts_with(b"+") || bytes.starts_with(b"-") {
                            self.machines[replica]
                                .got
                                .extend(String::from_utf8_lossy(piece).lines().map(String::from));
                        }
                        let _ = self.machines[replica].server.received(wire.attempt, piece, now_ms);
                    }
                    return true;
                }
                Some(Down::Closed) => {
                    let wire = self.wires.remove(at);
                    let _ = self.machines[replica].server.closed(wire.attempt, now_ms);
                    return true;
                }
                None => {}
            }
        }
        false
    }

    fn outputs(&mut self, index: usize) {
        while let Some(output) = self.machines[index].server.poll() {
            if self.machines[index].running {
                self.output(index, output);
            }
        }
        let (history, now_ms) = (*self.server(index).history(), self.now_ms);
        self.ledger.at(index as u64, &history, now_ms);
    }

    fn output(&mut self, index: usize, output: Output) {
        let now_ms = self.now_ms;
        match output {
            Output::Send { replica, bytes } => self.send_down(index, replica, Down::Bytes(bytes)),
            Output::Close { replica } => self.send_down(index, replica, Down::Closed),
            Output::TakeSnapshot { .. } => {
                let machine = &mut self.machines[index];
                machine.frozen = machine.data.clone();
                machine.snapshots += 1;
                machine.server.snapshot_taken(true, now_ms).expect("it was asked for");
            }
            Output::SendSnapshot { replica, framing } => {
                let data: Vec<u8> = self.machines[index]
                    .frozen
                    .iter()
                    .flat_map(|value| value.to_le_bytes())
                    .collect();
                let bytes = [&framing.head(data.len() as u64)[..], &data, framing.tail()].concat();
                self.send_down(index, replica, Down::Bytes(bytes));
                self.machines[index]
                    .server
                    .snapshot_sent(replica, true, now_ms)
                    .expect("it was asked for");
            }
            Output::Connect { attempt, port, .. } => self.connect(index, attempt, usize::from(port - PORT)),
            Output::Disconnect { attempt } => {
                let own = |wire: &Wire| wire.replica == index && wire.attempt == attempt;
                if let Some(at) = self.wires.iter().position(own) {
                    let wire = self.wires.remove(at);
                    let _ = self.machines[wire.primary].server.replica_closed(wire.name, now_ms);
                    self.outputs(wire.primary);
                }
            }
            Output::SendToPrimary { attempt, bytes } => {
                let mut decoder = RequestDecoder::default();
                decoder.feed(&bytes);
                while let Some(request) = decoder.poll().expect("requests") {
                    let words: Vec<_> = request.args().map(String::from_utf8_lossy).collect();
                    self.machines[index].sent.push(words.join(" "));
                }
                let own = |wire: &&mut Wire| wire.replica == index && wire.attempt == attempt;
                if let Some(wire) = self.wires.iter_mut().find(own) {
                    wire.up.push_back(bytes);
                }
            }
            Output::SnapshotBegins { .. } | Output::SnapshotAborted => self.machines[index].coming.clear(),
            Output::SnapshotBytes(bytes) => self.machines[index].coming.extend(bytes),
            Output::LoadSnapshot => {
                self.ledger.gone(index as u64, now_ms);
                let machine = &mut self.machines[index];
                let values = machine
                    .coming
                    .chunks_exact(8)
                    .map(|value| value.try_into().expect("8 bytes"));
                machine.data = values.map(u64::from_le_bytes).collect();
                machine.coming.clear();
                machine.loads += 1;
                machine.server.snapshot_loaded(true, now_ms).expect("it was asked for");
            }
            Output::Apply { args, .. } => match &args[0][..] {
                b"RPUSH" => {
                    let value = String::from_utf8_lossy(&args[2]).parse().expect("a value");
                    self.machines[index].data.push(value);
                }
                b"SELECT" => assert_eq!(args[1], b"0"),
                _ => panic!("{args:?}"),
            },
            Output::Waited {
                client,
                replicas,
                timed_out,
            } => {
                self.machines[index].waited.push((client, replicas, timed_out));
            }
            Output::WaitBroken { client } => self.machines[index].broken.push(client),
            Output::HistoryChanged { history, cause } => self.ledger.changed(index as u64, &history, cause, now_ms),
            Output::Trace(Trace::PsyncDecided { resync, .. }) => self.machines[index].resyncs.push(resync),
            Output::LinkChanged { .. } | Output::Trace(_) => {}
            _ => panic!("{output:?}"),
        }
    }

    fn connect(&mut self, replica: usize, attempt: u64, primary: usize) {
        let now_ms = self.now_ms;
        if !self.machines[primary].running || primary == replica {
            self.machines[replica]
                .server
                .closed(attempt, now_ms)
                .expect("it is under way");
            return;
        }
        let name = self.next_name;
        self.next_name += 1;
        let ip = format!("10.0.0.{replica}");
        self.machines[primary]
            .server
            .accept(name, &ip, now_ms)
            .expect("it is new");
        self.wires.push(Wire {
            replica,
            attempt,
            primary,
            name,
            decoder: RequestDecoder::default(),
            up: VecDeque::new(),
            down: VecDeque::new(),
        });
        self.machines[replica]
            .server
            .connected(attempt, now_ms)
            .expect("it is under way");
    }

    fn send_down(&mut self, primary: usize, name: ReplicaId, down: Down) {
        let own = |wire: &&mut Wire| wire.primary == primary && wire.name == name;
        if let Some(wire) = self.wires.iter_mut().find(own) {
            wire.down.push_back(down);
        }
    }

    // ---- what is so

    pub(crate) fn server(&self, index: usize) -> &Server {
        &self.machines[index].server
    }

    pub(crate) fn data(&self, index: usize) -> Vec<u64> {
        self.machines[index].data.clone()
    }

    pub(crate) fn loads(&self, index: usize) -> usize {
        self.machines[index].loads
    }

    pub(crate) fn snapshots(&self, index: usize) -> usize {
        self.machines[index].snapshots
    }

    pub(crate) fn sent(&self, index: usize) -> &[String] {
        &self.machines[index].sent
    }

    pub(crate) fn got(&self, index: usize) -> &[String] {
        &self.machines[index].got
    }

    pub(crate) fn resyncs(&self, index: usize) -> Vec<Resync> {
        self.machines[index].resyncs.clone()
    }

    pub(crate) fn waited(&self, index: usize) -> &[(u64, u64, bool)] {
        &self.machines[index].waited
    }

    pub(crate) fn broken(&self, index: usize) -> &[u64] {
        &self.machines[index].broken
    }

    /// What the first replica of that server is called there.
    pub(crate) fn replica_id(&self, index: usize) -> ReplicaId {
        self.server(index).replicas().next().expect("a replica").id
    }

    /// The ledger says of each write what a look at all data says.
    pub(crate) fn check_ledger(&self) {
        let mut copies: BTreeMap<u64, u64> = BTreeMap::new();
        for machine in &self.machines {
            for &value in &machine.data {
                *copies.entry(value).or_default() += 1;
            }
        }
        for &write in &self.acknowledged {
            let there = copies.get(&write).copied().unwrap_or(0);
            let status = self.ledger.status(write).expect("it was told of");
            match status {
                WriteStatus::Lost { .. } => assert_eq!(there, 0, "{write} is called lost"),
                WriteStatus::Replicated { servers } => assert_eq!(there, servers, "{write} is called replicated"),
                WriteStatus::AtRisk(Risk::OneCopy) => assert_eq!(there, 1, "{write} is called single"),
                WriteStatus::AtRisk(Risk::Forked) => assert!(there > 0, "{write} is called forked"),
            }
        }
    }

    /// What always holds: the backlog ends where the history does, and equal histories mean equal data.
    pub(crate) fn check_states(&self) {
        for machine in &self.machines {
            let (history, server) = (machine.server.history(), &machine.server);
            if let Some(backlog) = server.backlog() {
                assert_eq!(backlog.next(), history.offset + 1);
            }
            for other in &self.machines {
                let same = (other.server.history().id, other.server.history().offset) == (history.id, history.offset);
                assert!(
                    !same || other.data == machine.data,
                    "{:?} and {:?}",
                    other.data,
                    machine.data
                );
            }
        }
    }
}

fn server(index: usize, config: &Config, now_ms: u64) -> Server {
    let config = Config {
        port: PORT + (index % 500) as u16,
        seed: 7 + index as u64,
        ..config.clone()
    };
    Server::new(config, now_ms).expect("a config")
}
