//! A replica comes to a master that has lost all of its own (`clusterHandleSlaveMigration`).

use super::machine::{Millis, Node};
use super::output::ClusterState;
use super::peer::At;
use super::trace::Trace;
use crate::cluster::bus::NodeFlags;

/// So long must a master have been without replicas: during a failover they need time to say whom they follow.
const DELAY: Millis = 5_000;

/// What the cron counted on its way.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Orphans {
    /// Masters without working replicas that had some.
    pub(super) masters: usize,
    /// The most working replicas that one master has.
    pub(super) most: usize,
    /// How many this node's master has.
    pub(super) own: usize,
}

impl Node {
    pub(super) fn count_orphans(&self, at: At, orphans: &mut Orphans) {
        let peer = &self.peers[at];
        if !self.myself().is_replica() || !peer.is_master() || peer.is(NodeFlags::FAIL) {
            return;
        }
        let working = self.working_replicas(at);
        if working == 0 && peer.slot_count > 0 && peer.is(NodeFlags::MIGRATE_TO) {
            orphans.masters += 1;
        }
        orphans.most = orphans.most.max(working);
        if self.myself().replica_of == Some(at) {
            orphans.own = working;
        }
    }

    pub(super) fn migrate_if_due(&mut self, orphans: Orphans) {
        let helps = orphans.masters > 0 && orphans.most >= 2 && orphans.own == orphans.most;
        if !helps || !self.config.allow_replica_migration || self.state != ClusterState::Ok {
            return;
        }
        let Some(master) = self.myself().replica_of else { return };
        let down = NodeFlags::FAIL.with(NodeFlags::PFAIL);
        let well = self.peers[master]
            .replicas
            .iter()
            .filter(|at| !self.peers[**at].is(down))
            .count();
        if well <= self.config.migration_barrier as usize {
            return;
        }
        let (target, candidate) = self.find_orphan(orphans.most);
        let Some(target) = target.filter(|_| candidate == self.me) else {
            return;
        };
        if self.now.saturating_sub(self.peers[target].orphaned_since) > DELAY {
            self.trace(|node| Trace::Migrated {
                to: node.peers[target].id,
            });
            self.set_master(target);
            self.settle();
        }
    }

    /// The first orphan, and which replica is to go: of masters with the most, the one with the smallest name.
    fn find_orphan(&mut self, most: usize) -> (Option<At>, At) {
        let (mut target, mut candidate) = (None, self.me);
        for at in self.places() {
            let peer = &self.peers[at];
            let working = if peer.is_master() { self.working_replicas(at) } else { 0 };
            let fit = !peer.is_replica() && !peer.is(NodeFlags::FAIL) && peer.is(NodeFlags::MIGRATE_TO);
            if working == most {
                for &replica in &peer.replicas {
                    if self.peers[replica].id < self.peers[candidate].id {
                        candidate = replica;
                    }
                }
            }
            let now = self.now;
            let peer = &mut self.peers[at];
            if fit && working == 0 {
                if target.is_none() && peer.slot_count > 0 {
                    target = Some(at);
                }
                if peer.orphaned_since == 0 {
                    peer.orphaned_since = now;
                }
            } else {
                peer.orphaned_since = 0;
            }
        }
        (target, candidate)
    }
}
