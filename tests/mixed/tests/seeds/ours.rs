//! A member of ours.

use std::collections::VecDeque;

use quorate::raft::wire::{Dialect, decode_message, encode_message};
use quorate::raft::{Config, Entry, HardState, Node, Output, Role, Snapshot, SnapshotMetadata, Stored, Ticket};

use crate::member::{Event, Item, Member, Settings, View};

pub(crate) struct Ours {
    id: u64,
    settings: Settings,
    node: Node,
    /// What survives a crash.
    disk: Stored,
    /// What was written and is not durable.
    writes: VecDeque<Write>,
    lives: u64,
}

struct Write {
    ticket: Ticket,
    hard_state: Option<HardState>,
    snapshot: Option<Snapshot>,
    entries: Vec<Entry>,
}

impl Ours {
    pub(crate) fn new(id: u64, settings: Settings) -> Self {
        let ids: Vec<u64> = (1..=settings.nodes).collect();
        let disk = Stored::group(&ids);
        Self {
            id,
            settings,
            node: start(id, settings, 0, &disk),
            disk,
            writes: VecDeque::new(),
            lives: 0,
        }
    }
}

fn start(id: u64, settings: Settings, lives: u64, disk: &Stored) -> Node {
    let config = Config {
        pre_vote: settings.pre_vote,
        check_quorum: settings.check_quorum,
        coalesce_appends: settings.coalesce,
        max_size_per_msg: settings.max_size_per_msg,
        max_inflight_msgs: settings.max_inflight_msgs,
        // raft-rs always does.
        commit_by_vote: true,
        ..Config::new(id, id * 1000 + lives)
    };
    Node::new(config, disk.clone()).expect("what is stored fits together")
}

impl Member for Ours {
    fn tick(&mut self) {
        self.node.tick().expect("a node that is not fenced");
    }

    fn receive(&mut self, bytes: &[u8]) {
        let message = decode_message(bytes, Dialect::RaftRs).expect("a message of a member");
        // What is refused changes nothing; what contradicts the log would be seen at the next tick.
        let _ = self.node.step(message);
    }

    fn propose(&mut self, data: &[u8]) -> bool {
        self.node.propose(data).is_ok()
    }

    fn read(&mut self, context: u64) {
        let _ = self.node.read_index(&context.to_le_bytes()[..]);
    }

    fn transfer(&mut self, to: u64) {
        self.node.transfer_leader(to).expect("a node that is not fenced");
    }

    fn report_unreachable(&mut self, to: u64) {
        self.node.report_unreachable(to).expect("a node that is not fenced");
    }

    fn report_snapshot(&mut self, to: u64, ok: bool) {
        self.node.report_snapshot(to, ok).expect("a node that is not fenced");
    }

    fn work(&mut self) -> Vec<Event> {
        let mut events = Vec::new();
        while let Some(output) = self.node.poll() {
            match output {
                Output::Send(message) => events.push(Event::Send {
                    to: message.to,
                    bytes: encode_message(&message, Dialect::RaftRs),
                }),
                Output::Persist {
                    ticket,
                    hard_state,
                    snapshot,
                    entries,
                    ..
                } => {
                    if let Some(SnapshotMetadata { index, term, .. }) = snapshot.as_ref().map(|at| &at.metadata) {
                        events.push(Event::Restored {
                            index: *index,
                            term: *term,
                        });
                    }
                    self.writes.push_back(Write {
                        ticket,
                        hard_state,
                        snapshot,
                        entries,
                    });
                }
                Output::Apply(entries) => {
                    let last = entries.last().map_or(0, |entry| entry.index);
                    events.extend(entries.iter().map(item).map(Event::Applied));
                    self.node.applied(last).expect("entries to apply");
                }
                Output::ReadReady { index, context } => {
                    let context = <[u8; 8]>::try_from(&*context).expect("a context of the test");
                    events.push(Event::ReadReady {
                        context: u64::from_le_bytes(context),
                        index,
                    });
                }
                // Whoever needs them is sent a snapshot at the next compaction.
                Output::Fetch { to, .. } => {
                    let _ = self.node.entries_fetched(to, Vec::new());
                }
                _ => {}
            }
        }
        events
    }

    fn sync(&mut self) {
        while let Some(write) = self.writes.pop_front() {
            if let Some(snapshot) = write.snapshot {
                self.disk.conf_state = snapshot.metadata.conf_state.clone();
                self.disk.applied = snapshot.metadata.index;
                self.disk.snapshot = snapshot;
                self.disk.entries.clear();
            }
            if let Some(first) = write.entries.first() {
                let first = first.index;
                self.disk.entries.retain(|entry| entry.index < first);
                self.disk.entries.extend(write.entries);
            }
            self.disk.hard_state = write.hard_state.unwrap_or(self.disk.hard_state);
            self.node.persisted(write.ticket).expect("a ticket that is open");
        }
    }

    fn compact(&mut self) {
        self.sync();
        let status = self.node.status();
        let index = status.log.applied;
        let Some(term) = self.node.term_at(index) else {
            return;
        };
        if index <= self.disk.snapshot.metadata.index || status.log.stable_end <= index {
            return;
        }
        let metadata = SnapshotMetadata {
            conf_state: self.disk.conf_state.clone(),
            index,
            term,
        };
        let snapshot = Snapshot {
            metadata,
            ..Snapshot::default()
        };
        self.node.snapshot_taken(snapshot.clone()).expect("all this is applied");
        self.node.compact(index).expect("all this is applied and durable");
        self.disk.entries.retain(|entry| entry.index > index);
        self.disk.snapshot = snapshot;
        self.disk.applied = index;
    }

    fn crash(&mut self) -> (u64, u64) {
        self.writes.clear();
        self.lives += 1;
        if self.settings.forgets_votes {
            self.disk.hard_state.vote = 0;
        }
        self.node = start(self.id, self.settings, self.lives, &self.disk);
        (self.disk.snapshot.metadata.index, self.disk.snapshot.metadata.term)
    }

    fn view(&self) -> View {
        let HardState { term, commit, .. } = self.node.hard_state();
        View {
            term,
            leads: self.node.soft_state().role == Role::Leader,
            commit,
            last: self.node.last().index,
        }
    }

    fn log(&self) -> Vec<Item> {
        let first = self.node.status().first_index;
        let entries = self.node.entries(first, self.node.last().index + 1);
        entries.iter().map(item).collect()
    }
}

fn item(entry: &Entry) -> Item {
    Item {
        index: entry.index,
        term: entry.term,
        data: entry.data.to_vec(),
    }
}
