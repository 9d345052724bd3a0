//! The node as etcd's `RawNode` is driven, by the same rules as [`node`](super::node).
#![allow(missing_docs, reason = "each does what the core's method of its name does")]

use std::sync::Arc;

use quorate::raft::ReadyNode;
use wasm_bindgen::prelude::wasm_bindgen;

use super::codec::Reader;
use super::error::status;
use super::node::left;
use crate::exchange;

/// A node that is driven by what is ready.
#[wasm_bindgen]
pub struct RawReadyNode {
    node: ReadyNode,
}

/// Makes a node of its config and of what is stored.
#[wasm_bindgen]
pub fn make_ready_node(len: usize, async_storage: bool) -> Option<RawReadyNode> {
    let (config, stored) = Reader::read(len, |inbox| (inbox.config(), inbox.stored()));
    status(ReadyNode::new(config, stored, async_storage)).map(|node| RawReadyNode { node })
}

/// Makes a node of the state in the inbox.
#[wasm_bindgen]
pub fn ready_node_from_state(len: usize) -> Option<RawReadyNode> {
    status(exchange::read(len, ReadyNode::from_state)).map(|node| RawReadyNode { node })
}

#[wasm_bindgen]
impl RawReadyNode {
    pub fn has_ready(&self) -> bool {
        self.node.has_ready()
    }

    pub fn ready(&mut self) {
        let ready = self.node.ready();
        left(|outbox| outbox.ready(&ready));
    }

    pub fn advance(&mut self) -> bool {
        status(self.node.advance()).is_some()
    }

    pub fn step(&mut self, len: usize) -> bool {
        let message = Reader::read(len, |inbox| inbox.message());
        status(self.node.step(message)).is_some()
    }

    pub fn tick(&mut self) -> bool {
        status(self.node.tick()).is_some()
    }

    pub fn campaign(&mut self) -> bool {
        status(self.node.campaign()).is_some()
    }

    /// The inbox is the command.
    pub fn propose(&mut self, len: usize) -> bool {
        let command: Arc<[u8]> = exchange::read(len, |bytes| bytes.into());
        status(self.node.propose(command)).is_some()
    }

    pub fn propose_entries(&mut self, len: usize) -> bool {
        let entries = Reader::read(len, |inbox| inbox.entries());
        status(self.node.propose_entries(entries)).is_some()
    }

    pub fn propose_conf_change(&mut self, len: usize) -> bool {
        let change = Reader::read(len, |inbox| inbox.change());
        status(self.node.propose_conf_change(&change)).is_some()
    }

    pub fn apply_conf_change(&mut self, len: usize) -> bool {
        let change = Reader::read(len, |inbox| inbox.change());
        let state = status(self.node.apply_conf_change(&change));
        state.is_some_and(|state| left(|outbox| outbox.conf_state(&state)))
    }

    pub fn transfer_leader(&mut self, to: u64) -> bool {
        status(self.node.transfer_leader(to)).is_some()
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

    /// The inbox is the context.
    pub fn read_index(&mut self, len: usize) -> bool {
        let context: Arc<[u8]> = exchange::read(len, |bytes| bytes.into());
        status(self.node.read_index(context)).is_some()
    }

    pub fn snapshot_taken(&mut self, len: usize) -> bool {
        let snapshot = Reader::read(len, |inbox| inbox.snapshot());
        status(self.node.snapshot_taken(snapshot)).is_some()
    }

    pub fn compact(&mut self, index: f64) -> bool {
        status(self.node.compact(index as u64)).is_some()
    }

    pub fn set_election_timeout(&mut self, ticks: f64) {
        self.node.set_election_timeout(ticks as u64);
    }

    pub fn status(&self) {
        left(|outbox| outbox.status(&self.node.status()));
    }

    pub fn traces(&mut self) {
        let traces = self.node.traces();
        left(|outbox| outbox.traces(&traces));
    }

    pub fn state(&self) {
        exchange::leave(self.node.state());
    }

    pub fn state_hash(&self) -> u64 {
        self.node.state_hash()
    }

    /// A node in the same state.
    pub fn copy(&self) -> RawReadyNode {
        RawReadyNode {
            node: self.node.clone(),
        }
    }
}
