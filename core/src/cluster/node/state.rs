//! Whether the cluster works, to this node (`clusterUpdateState`).

use super::machine::{Millis, Node};
use super::output::{ClusterState, Output};
use super::trace::Trace;
use crate::cluster::SLOTS;
use crate::cluster::bus::NodeFlags;

/// After a start, a master waits so long before it serves (`CLUSTER_WRITABLE_DELAY`).
const WRITABLE_DELAY: Millis = 2_000;
/// So long at least, and at most, does a master wait that was in a minority.
const REJOIN_DELAY: (Millis, Millis) = (500, 5_000);

impl Node {
    pub(super) fn update_state(&mut self) {
        self.todo.update_state = false;
        let first = *self.first_state_check.get_or_insert(self.now);
        let is_master = self.myself().is_master();
        if is_master && self.state == ClusterState::Fail && self.now.saturating_sub(first) < WRITABLE_DELAY {
            return;
        }
        let covered = !self.config.require_full_coverage || self.is_covered();
        let mut state = if covered { ClusterState::Ok } else { ClusterState::Fail };

        let mut reachable = 0;
        self.size = 0;
        for (_, at) in &self.order {
            let peer = &self.peers[*at];
            if peer.is_voting() {
                self.size += 1;
                reachable += u32::from(!peer.is(NodeFlags::FAIL.with(NodeFlags::PFAIL)));
            }
        }
        // In a minority, whoever is on the other side may have a new owner for every slot by now.
        if reachable < self.needed() {
            state = ClusterState::Fail;
            self.among_minority = Some(self.now);
        }
        if state == self.state {
            return;
        }
        let rejoin = self.config.node_timeout.clamp(REJOIN_DELAY.0, REJOIN_DELAY.1);
        let recently = self
            .among_minority
            .is_some_and(|since| self.now.saturating_sub(since) < rejoin);
        if state == ClusterState::Ok && is_master && recently {
            return;
        }
        self.state = state;
        self.push(Output::StateChanged { state });
        self.trace(|node| Trace::StateChanged {
            state,
            reachable,
            size: node.size,
        });
    }

    /// Whether every slot has an owner that has not failed. A suspect has not.
    fn is_covered(&self) -> bool {
        let mut slots = 0_u32;
        for (_, at) in &self.order {
            let peer = &self.peers[*at];
            if !peer.is(NodeFlags::FAIL) {
                slots += u32::from(peer.slot_count);
            }
        }
        slots == u32::from(SLOTS)
    }
}
