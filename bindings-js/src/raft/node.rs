//! The node. Where a call takes a value that is no number it is in the inbox; what it answers is in the outbox.
#![allow(missing_docs, reason = "each does what the core's method of its name does")]

use std::sync::Arc;

use quorate::raft::Node;
use wasm_bindgen::prelude::wasm_bindgen;

use super::codec::{Reader, Writer};
use super::error::status;
use crate::exchange;

/// A node.
#[wasm_bindgen]
pub struct RawNode {
    node: Node,
}

/// Makes a node of its config and of what is stored.
#[wasm_bindgen]
pub fn make_node(len: usize) -> Option<RawNode> {
    let (config, stored) = Reader::read(len, |inbox| (inbox.config(), inbox.stored()));
    status(Node::new(config, stored)).map(|node| RawNode { node })
}

/// Makes a node of the state in the inbox.
#[wasm_bindgen]
pub fn node_from_state(len: usize) -> Option<RawNode> {
    status(exchange::read(len, Node::from_state)).map(|node| RawNode { node })
}

/// Calls say whether they were refused; why is reported. Tickets, indices and ticks are exact up to 2^53.
#[wasm_bindgen]
impl RawNode {
    /// Leaves the next output, if there is one.
    pub fn poll(&mut self) -> bool {
        self.node.poll().is_some_and(|output| {
            let mut outbox = Writer::default();
            outbox.output(&output);
            outbox.leave();
            true
        })
    }

    /// Leaves all outputs and says how many there are.
    pub fn drain(&mut self) -> usize {
        let mut outbox = Writer::default();
        let mut count = 0;
        while let Some(output) = self.node.poll() {
            outbox.output(&output);
            count += 1;
        }
        if count > 0 {
            outbox.leave();
        }
        count
    }

    pub fn tick(&mut self) -> bool {
        status(self.node.tick()).is_some()
    }

    pub fn step(&mut self, len: usize) -> bool {
        let message = Reader::read(len, |inbox| inbox.message());
        status(self.node.step(message)).is_some()
    }

    pub fn step_many(&mut self, len: usize) -> bool {
        let messages = Reader::read(len, |inbox| inbox.list(Reader::message));
        status(self.node.step_many(messages)).is_some()
    }

    pub fn persisted(&mut self, ticket: f64) -> bool {
        status(self.node.persisted(ticket as u64)).is_some()
    }

    pub fn applied(&mut self, index: f64) -> bool {
        status(self.node.applied(index as u64)).is_some()
    }

    /// The inbox is the command.
    pub fn propose(&mut self, len: usize) -> bool {
        let command: Arc<[u8]> = exchange::read(len, |bytes| bytes.into());
        proposed(status(self.node.propose(command)))
    }

    pub fn propose_batch(&mut self, len: usize) -> bool {
        let commands = Reader::read(len, |inbox| inbox.list(|inbox| Arc::<[u8]>::from(inbox.bytes())));
        proposed(status(self.node.propose_batch(commands)))
    }

    pub fn propose_conf_change(&mut self, len: usize) -> bool {
        let change = Reader::read(len, |inbox| inbox.change());
        proposed(status(self.node.propose_conf_change(&change)))
    }

    pub fn apply_conf_change(&mut self, len: usize) -> bool {
        let change = Reader::read(len, |inbox| inbox.change());
        let state = status(self.node.apply_conf_change(&change));
        state.is_some_and(|state| left(|outbox| outbox.conf_state(&state)))
    }

    /// The inbox is the context.
    pub fn read_index(&mut self, len: usize) -> bool {
        let context: Arc<[u8]> = exchange::read(len, |bytes| bytes.into());
        status(self.node.read_index(context)).is_some()
    }

    pub fn transfer_leader(&mut self, to: u64) -> bool {
        status(self.node.transfer_leader(to)).is_some()
    }

    pub fn campaign(&mut self) -> bool {
        status(self.node.campaign()).is_some()
    }

    pub fn forget_leader(&mut self) -> bool {
        status(self.node.forget_leader()).is_some()
    }

    pub fn report_unreachable(&mut self, peer: u64) -> bool {
        status(self.node.report_unreachable(peer)).is_some()
    }

    pub fn report_snapshot(&mut self, peer: u64, ok: bool) -> bool {
        status(self.node.report_snapshot(peer, ok)).is_some()
    }

    pub fn snapshot_taken(&mut self, len: usize) -> bool {
        let snapshot = Reader::read(len, |inbox| inbox.snapshot());
        status(self.node.snapshot_taken(snapshot)).is_some()
    }

    pub fn compact(&mut self, index: f64) -> bool {
        status(self.node.compact(index as u64)).is_some()
    }

    /// The inbox has the member and the entries.
    pub fn entries_fetched(&mut self, len: usize) -> bool {
        let (to, entries) = Reader::read(len, |inbox| (inbox.number(), inbox.entries()));
        status(self.node.entries_fetched(to, entries)).is_some()
    }

    pub fn request_snapshot(&mut self) -> bool {
        status(self.node.request_snapshot()).is_some()
    }

    /// The inbox has pairs of a member and its group.
    pub fn assign_commit_groups(&mut self, len: usize) {
        let groups = Reader::read(len, |inbox| inbox.list(|inbox| (inbox.number(), inbox.number())));
        self.node.assign_commit_groups(&groups);
    }

    pub fn set_election_timeout(&mut self, ticks: f64) {
        self.node.set_election_timeout(ticks as u64);
    }

    // ---- questions

    pub fn id(&self) -> u64 {
        self.node.id()
    }

    /// The role's number.
    pub fn role(&self) -> u8 {
        self.node.soft_state().role as u8
    }

    pub fn lead(&self) -> u64 {
        self.node.soft_state().lead
    }

    pub fn hard_state(&self) {
        left(|outbox| outbox.hard_state(&self.node.hard_state()));
    }

    pub fn conf_state(&self) {
        left(|outbox| outbox.conf_state(&self.node.membership().conf_state()));
    }

    pub fn last(&self) {
        left(|outbox| outbox.entry_id(self.node.last()));
    }

    pub fn status(&self) {
        left(|outbox| outbox.status(&self.node.status()));
    }

    pub fn entries(&self, low: f64, high: f64) {
        left(|outbox| outbox.entries(&self.node.entries(low as u64, high as u64)));
    }

    /// -1 where it is not known.
    pub fn term_at(&self, index: f64) -> f64 {
        self.node.term_at(index as u64).map_or(-1.0, |term| term as f64)
    }

    pub fn state(&self) {
        exchange::leave(self.node.state());
    }

    pub fn state_hash(&self) -> u64 {
        self.node.state_hash()
    }

    /// A node in the same state.
    pub fn copy(&self) -> RawNode {
        RawNode {
            node: self.node.clone(),
        }
    }
}

fn proposed(proposed: Option<quorate::raft::Proposed>) -> bool {
    proposed.is_some_and(|proposed| left(|outbox| outbox.proposed(proposed)))
}

/// Leaves what `write` writes.
pub(super) fn left(write: impl FnOnce(&mut Writer)) -> bool {
    let mut outbox = Writer::default();
    write(&mut outbox);
    outbox.leave();
    true
}
