//! Masters and replicas: who becomes which.

use super::machine::{Node, ReplicationLink};
use super::output::Output;
use super::peer::At;
use super::trace::Trace;
use crate::cluster::bus::{Header, NodeFlags};

impl Node {
    /// A node that was taken for a replica is a master (`clusterSetNodeAsMaster`).
    pub(super) fn set_as_master(&mut self, at: At) {
        if self.peers[at].is_master() {
            return;
        }
        if let Some(master) = self.peers[at].replica_of.take() {
            self.remove_replica(master, at);
            if at != self.me {
                self.peers[at].set(NodeFlags::MIGRATE_TO);
            }
        }
        self.peers[at].clear(NodeFlags::REPLICA);
        self.peers[at].set(NodeFlags::MASTER);
        self.todo.save = true;
        self.todo.update_state = true;
    }

    /// A node says whose replica it is, or that it is nobody's.
    pub(super) fn take_role(&mut self, sender: At, header: &Header) {
        let Some(master) = header.replica_of else {
            return self.set_as_master(sender);
        };
        let master = self.lookup(&master);
        if self.peers[sender].is_master() {
            self.drop_slots_of(sender);
            self.peers[sender].clear(NodeFlags::MASTER.with(NodeFlags::MIGRATE_TO));
            self.peers[sender].set(NodeFlags::REPLICA);
            self.todo.save = true;
            self.todo.update_state = true;
        }
        if let Some(master) = master.filter(|master| self.peers[sender].replica_of != Some(*master)) {
            if let Some(old) = self.peers[sender].replica_of {
                self.remove_replica(old, sender);
            }
            self.add_replica(master, sender);
            self.peers[sender].replica_of = Some(master);
            self.todo.save = true;
        }
    }

    /// This node replicates that one from now on (`clusterSetMaster`).
    pub(super) fn set_master(&mut self, at: At) {
        if at == self.me {
            return;
        }
        if self.myself().is_master() {
            self.peers[self.me].clear(NodeFlags::MASTER.with(NodeFlags::MIGRATE_TO));
            self.peers[self.me].set(NodeFlags::REPLICA);
            self.migrating.clear();
            self.importing.clear();
        } else if let Some(old) = self.myself().replica_of {
            self.remove_replica(old, self.me);
        }
        self.peers[self.me].replica_of = Some(at);
        self.add_replica(at, self.me);
        self.replicate(at);
        self.reset_manual_failover();
        self.trace(|node| Trace::ReplicaOf {
            node: node.peers[at].id,
        });
    }

    /// Tells the machine of replication where the master is.
    pub(super) fn replicate(&mut self, at: At) {
        self.replicating = true;
        self.replication = ReplicationLink::Down { since: self.now };
        let peer = &self.peers[at];
        self.push(Output::BecomeReplicaOf {
            node: peer.id,
            ip: peer.ip.clone(),
            port: peer.port,
        });
    }

    /// Takes the master's place and its slots, and tells everybody (`clusterFailoverReplaceYourMaster`).
    pub(super) fn replace_master(&mut self) {
        let Some(old) = self.myself().replica_of.filter(|_| self.myself().is_replica()) else {
            return;
        };
        self.set_as_master(self.me);
        self.replicating = false;
        self.push(Output::BecomePrimary);
        self.move_all_slots(old, self.me);
        self.update_state();
        self.settle();
        self.broadcast_pong();
        self.reset_manual_failover();
    }
}
