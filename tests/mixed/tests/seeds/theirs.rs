//! A member of raft-rs', with storage that may take its time.

use std::collections::VecDeque;

use protobuf::Message as _;
use quorate::raft::wire::{Dialect, decode_message, encode_message};
use raft::eraftpb::{ConfState, Entry, HardState, Message, Snapshot};
use raft::storage::MemStorage;
use raft::{Config, RawNode, SnapshotStatus, StateRole};
use slog::{Discard, Logger, o};

use crate::member::{Event, Item, Member, Settings, View};

const ELECTION_TICK: usize = 10;

pub(crate) struct Theirs {
    id: u64,
    settings: Settings,
    node: RawNode<MemStorage>,
    disk: Disk,
    writes: VecDeque<Write>,
    /// What came of durable writes since the last work.
    events: Vec<Event>,
    applied: u64,
}

/// What survives a crash. The storage that the node reads also has what is not durable yet.
struct Disk {
    hard_state: HardState,
    snapshot: Snapshot,
    entries: Vec<Entry>,
    conf_state: ConfState,
}

struct Write {
    number: u64,
    hard_state: Option<HardState>,
    snapshot: Option<Snapshot>,
    entries: Vec<Entry>,
    /// What may leave once it is durable.
    messages: Vec<Message>,
}

impl Theirs {
    pub(crate) fn new(id: u64, settings: Settings) -> Self {
        let conf_state = ConfState {
            voters: (1..=settings.nodes).collect(),
            ..ConfState::default()
        };
        // The group begins as one of ours does: see `Stored::group`.
        let mut snapshot = Snapshot::default();
        let metadata = snapshot.mut_metadata();
        (metadata.index, metadata.term) = (1, 1);
        metadata.set_conf_state(conf_state.clone());
        let mut hard_state = HardState::default();
        (hard_state.term, hard_state.commit) = (1, 1);
        let disk = Disk {
            hard_state,
            snapshot,
            entries: Vec::new(),
            conf_state,
        };
        Self {
            id,
            settings,
            node: start(id, settings, &disk),
            disk,
            writes: VecDeque::new(),
            events: Vec::new(),
            applied: 1,
        }
    }

    fn do_ready(&mut self) -> Vec<Event> {
        let mut events = Vec::new();
        let mut ready = self.node.ready();
        for read in ready.take_read_states() {
            let context = <[u8; 8]>::try_from(&*read.request_ctx).expect("a context of the test");
            events.push(Event::ReadReady {
                context: u64::from_le_bytes(context),
                index: read.index,
            });
        }
        events.extend(ready.take_messages().into_iter().map(send));
        let write = Write {
            number: ready.number(),
            hard_state: ready.hs().cloned(),
            snapshot: Some(ready.snapshot().clone()).filter(|snapshot| snapshot.get_metadata().index > 0),
            entries: ready.entries().clone(),
            messages: ready.take_persisted_messages(),
        };
        // What the node wrote it must be able to read, durable or not.
        let mut storage = self.node.mut_store().wl();
        if let Some(snapshot) = &write.snapshot {
            storage
                .apply_snapshot(snapshot.clone())
                .expect("a snapshot that is news");
        }
        storage.append(&write.entries).expect("entries that follow");
        if let Some(hard_state) = &write.hard_state {
            storage.set_hardstate(hard_state.clone());
        }
        drop(storage);
        let committed = ready.take_committed_entries();
        self.node.advance_append_async(ready);
        let restored = write.snapshot.is_some();
        if let Some(snapshot) = &write.snapshot {
            let metadata = snapshot.get_metadata();
            self.applied = metadata.index;
            events.push(Event::Restored {
                index: metadata.index,
                term: metadata.term,
            });
        }
        self.writes.push_back(write);
        if restored {
            // The node takes nothing else before it is durable.
            self.sync();
        }
        if let Some(last) = committed.last() {
            self.applied = last.index;
        }
        events.extend(committed.iter().map(item).map(Event::Applied));
        self.node.advance_apply_to(self.applied);
        events
    }
}

fn start(id: u64, settings: Settings, disk: &Disk) -> RawNode<MemStorage> {
    let storage = MemStorage::new_with_conf_state(disk.conf_state.clone());
    storage
        .wl()
        .apply_snapshot(disk.snapshot.clone())
        .expect("the only snapshot");
    storage.wl().append(&disk.entries).expect("entries that follow");
    storage.wl().set_hardstate(disk.hard_state.clone());
    let config = Config {
        id,
        election_tick: ELECTION_TICK,
        heartbeat_tick: 1,
        applied: disk.snapshot.get_metadata().index,
        pre_vote: settings.pre_vote,
        check_quorum: settings.check_quorum,
        batch_append: settings.coalesce,
        max_size_per_msg: settings.max_size_per_msg,
        max_inflight_msgs: settings.max_inflight_msgs,
        ..Config::default()
    };
    RawNode::new(&config, storage, &Logger::root(Discard, o!())).expect("what is stored fits together")
}

fn send(message: Message) -> Event {
    let bytes = message.write_to_bytes().expect("a message in memory");
    // What we read of it says all that it says.
    let ours = decode_message(&bytes, Dialect::RaftRs).expect("a message of raft-rs");
    let again = Message::parse_from_bytes(&encode_message(&ours, Dialect::RaftRs)).expect("a message of ours");
    assert_eq!(again, message);
    Event::Send { to: message.to, bytes }
}

impl Member for Theirs {
    fn tick(&mut self) {
        // It draws from the thread's randomness, which no seed repeats.
        let term = self.node.raft.term;
        let drawn = (term.wrapping_mul(7) + self.id.wrapping_mul(3)) as usize % ELECTION_TICK;
        self.node.raft.set_randomized_election_timeout(ELECTION_TICK + drawn);
        self.node.tick();
    }

    fn receive(&mut self, bytes: &[u8]) {
        let message = Message::parse_from_bytes(bytes).expect("a message of a member");
        let _ = self.node.step(message);
    }

    fn propose(&mut self, data: &[u8]) -> bool {
        self.node.propose(Vec::new(), data.to_vec()).is_ok()
    }

    fn read(&mut self, context: u64) {
        self.node.read_index(context.to_le_bytes().to_vec());
    }

    fn transfer(&mut self, to: u64) {
        self.node.transfer_leader(to);
    }

    fn report_unreachable(&mut self, to: u64) {
        self.node.report_unreachable(to);
    }

    fn report_snapshot(&mut self, to: u64, ok: bool) {
        let status = if ok {
            SnapshotStatus::Finish
        } else {
            SnapshotStatus::Failure
        };
        self.node.report_snapshot(to, status);
    }

    fn work(&mut self) -> Vec<Event> {
        let mut events = std::mem::take(&mut self.events);
        while self.node.has_ready() {
            events.extend(self.do_ready());
        }
        events.append(&mut self.events);
        events
    }

    fn sync(&mut self) {
        while let Some(write) = self.writes.pop_front() {
            let disk = &mut self.disk;
            if let Some(snapshot) = write.snapshot {
                disk.snapshot = snapshot;
                disk.entries.clear();
            }
            if let Some(first) = write.entries.first() {
                let first = first.index;
                disk.entries.retain(|entry| entry.index < first);
                disk.entries.extend(write.entries);
            }
            disk.hard_state = write.hard_state.unwrap_or_else(|| disk.hard_state.clone());
            self.node.on_persist_ready(write.number);
            self.events.extend(write.messages.into_iter().map(send));
        }
    }

    fn compact(&mut self) {
        self.sync();
        let index = self.applied;
        let Some(entry) = self.disk.entries.iter().find(|entry| entry.index == index) else {
            return;
        };
        let mut snapshot = Snapshot::default();
        let metadata = snapshot.mut_metadata();
        metadata.index = index;
        metadata.term = entry.term;
        metadata.set_conf_state(self.disk.conf_state.clone());
        self.disk.snapshot = snapshot;
        self.disk.entries.retain(|entry| entry.index > index);
        self.disk.hard_state.commit = self.disk.hard_state.commit.max(index);
        // The last of them stays, for its term.
        self.node.mut_store().wl().compact(index).expect("all this is applied");
    }

    fn crash(&mut self) -> (u64, u64) {
        self.writes.clear();
        self.events.clear();
        if self.settings.forgets_votes {
            self.disk.hard_state.vote = 0;
        }
        self.node = start(self.id, self.settings, &self.disk);
        let metadata = self.disk.snapshot.get_metadata();
        self.applied = metadata.index;
        (metadata.index, metadata.term)
    }

    fn view(&self) -> View {
        View {
            term: self.node.raft.term,
            leads: self.node.raft.state == StateRole::Leader,
            commit: self.node.raft.raft_log.committed,
            last: self.node.raft.raft_log.last_index(),
        }
    }

    fn log(&self) -> Vec<Item> {
        self.node.raft.raft_log.all_entries().iter().map(item).collect()
    }
}

fn item(entry: &Entry) -> Item {
    Item {
        index: entry.index,
        term: entry.term,
        data: entry.data.to_vec(),
    }
}
