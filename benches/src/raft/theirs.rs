//! A group of raft-rs' nodes, driven as its own examples do: one `Ready` at a time, written to its `MemStorage`.

use raft::eraftpb::{Entry, Message, MessageType};
use raft::storage::MemStorage;
use raft::{Config, RawNode, StateRole};
use slog::{Discard, Logger, o};

use super::{COMMAND, Group, Settings};

pub(super) struct Nodes {
    members: Vec<Member>,
    reads: u64,
    applied: u64,
}

struct Member {
    node: RawNode<MemStorage>,
    inbox: Vec<Message>,
}

impl Group for Nodes {
    fn new(settings: Settings) -> Self {
        let ids: Vec<u64> = (1..=settings.nodes).collect();
        let logger = Logger::root(Discard, o!());
        let member = |&id: &u64| {
            // The same limits as the defaults of ours.
            let config = Config {
                id,
                election_tick: 10,
                heartbeat_tick: 1,
                max_size_per_msg: 1 << 20,
                max_inflight_msgs: 256,
                pre_vote: settings.pre_vote,
                check_quorum: settings.check_quorum,
                batch_append: settings.coalesce,
                ..Config::default()
            };
            let storage = MemStorage::new_with_conf_state((ids.clone(), Vec::new()));
            Member {
                node: RawNode::new(&config, storage, &logger).expect("a config of theirs"),
                inbox: Vec::new(),
            }
        };
        Self {
            members: ids.iter().map(member).collect(),
            reads: 0,
            applied: 0,
        }
    }

    fn campaign(&mut self, node: usize) {
        self.members[node].node.campaign().expect("a node that runs");
    }

    fn propose(&mut self, node: usize) {
        let command = COMMAND.to_vec();
        self.members[node].node.propose(Vec::new(), command).expect("a leader");
    }

    fn propose_batch(&mut self, node: usize, commands: usize) {
        let entry = || Entry {
            data: COMMAND.to_vec().into(),
            ..Entry::default()
        };
        let mut message = Message::default();
        message.set_msg_type(MessageType::MsgPropose);
        message.from = node as u64 + 1;
        message.entries = (0..commands).map(|_| entry()).collect::<Vec<_>>().into();
        self.members[node].node.step(message).expect("a leader");
    }

    fn tick(&mut self, node: usize) {
        self.members[node].node.tick();
    }

    fn read(&mut self, node: usize, context: u64) {
        self.members[node].node.read_index(context.to_le_bytes().to_vec());
    }

    fn pass(&mut self) -> bool {
        let mut busy = false;
        for place in 0..self.members.len() {
            let mut inbox = std::mem::take(&mut self.members[place].inbox);
            busy |= !inbox.is_empty();
            for message in inbox.drain(..) {
                self.members[place].node.step(message).expect("well-formed messages");
            }
            self.members[place].inbox = inbox;
            while self.members[place].node.has_ready() {
                busy = true;
                self.do_ready(place);
            }
        }
        busy
    }

    fn compact(&mut self) {
        for member in &mut self.members {
            let applied = member.node.raft.raft_log.applied;
            let mut storage = member.node.mut_store().wl();
            // It keeps the entry before those that follow.
            storage.compact(applied).expect("everything is applied");
        }
    }

    fn applied(&self) -> u64 {
        self.applied
    }

    fn reads(&self) -> u64 {
        self.reads
    }

    fn leads(&self, node: usize) -> bool {
        self.members[node].node.raft.state == StateRole::Leader
    }
}

impl Nodes {
    fn do_ready(&mut self, place: usize) {
        let node = &mut self.members[place].node;
        let mut ready = node.ready();
        self.reads += ready.take_read_states().len() as u64;
        let sent = ready.take_messages();
        self.applied += ready.take_committed_entries().len() as u64;
        let entries = ready.take_entries();
        let storage = node.mut_store();
        if !entries.is_empty() {
            storage.wl().append(&entries).expect("entries that follow");
        }
        if let Some(hard_state) = ready.hs() {
            storage.wl().set_hardstate(hard_state.clone());
        }
        let after = ready.take_persisted_messages();
        let mut light = node.advance(ready);
        if let Some(commit) = light.commit_index() {
            node.mut_store().wl().mut_hard_state().set_commit(commit);
        }
        let more = light.take_messages();
        self.applied += light.take_committed_entries().len() as u64;
        node.advance_apply();
        for message in sent.into_iter().chain(after).chain(more) {
            self.members[message.to as usize - 1].inbox.push(message);
        }
    }
}
