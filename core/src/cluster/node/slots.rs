//! Who owns which slot, and what a claim changes (`clusterUpdateSlotsConfigWith`).

use super::machine::Node;
use super::output::Output;
use super::peer::At;
use super::trace::Trace;
use crate::cluster::bus::{Body, MessageFlags, NodeFlags, SlotSet};

impl Node {
    /// Gives a slot to a peer, if it is nobody's (`clusterAddSlot`).
    pub(super) fn add_slot(&mut self, at: At, slot: u16) {
        if self.owners.get(slot).is_some() {
            return;
        }
        self.owners.set(slot, Some(at));
        if self.peers[at].slots.insert(slot) {
            self.peers[at].slot_count += 1;
            // A master may get replicas with its first slot, if others have some (redis#3043).
            if self.peers[at].slot_count == 1 && self.masters_have_replicas() {
                self.peers[at].set(NodeFlags::MIGRATE_TO);
            }
        }
    }

    /// Takes a slot from whoever has it (`clusterDelSlot`).
    pub(super) fn remove_slot(&mut self, slot: u16) {
        let Some(at) = self.owners.get(slot) else { return };
        if self.peers[at].slots.remove(slot) {
            self.peers[at].slot_count -= 1;
        }
        self.owners.set(slot, None);
        self.unclaimed.remove(slot);
    }

    /// `clusterDelNodeSlots`.
    pub(super) fn drop_slots_of(&mut self, at: At) {
        let slots = self.peers[at].slots.clone();
        slots.iter().for_each(|slot| self.remove_slot(slot));
    }

    /// Gives all slots of one to another.
    pub(super) fn move_all_slots(&mut self, from: At, to: At) {
        for slot in self.peers[from].slots.clone().iter() {
            self.remove_slot(slot);
            self.add_slot(to, slot);
        }
    }

    fn masters_have_replicas(&self) -> bool {
        let mut peers = self.order.iter().map(|(_, at)| &self.peers[*at]);
        peers.any(|peer| !peer.is_replica() && !peer.replicas.is_empty())
    }

    /// The owner of a slot, unless it does not claim it any more (`isSlotUnclaimed`).
    pub(super) fn claimed_owner(&self, slot: u16) -> Option<At> {
        self.owners.get(slot).filter(|_| !self.unclaimed.contains(slot))
    }

    pub(super) fn keys_in(&self, slot: u16) -> u64 {
        self.keys.get(&slot).copied().unwrap_or(0)
    }

    /// A master claims these slots since that epoch: each goes to it that has no owner, or one of a smaller epoch.
    pub(super) fn take_claim(&mut self, claimant: At, epoch: u64, claimed: &SlotSet) {
        if claimant == self.me {
            return;
        }
        let current = self.master_of(self.me);
        let (mut moved, mut ours, mut dirty) = (0, 0, SlotSet::new());
        for slot in claimed.iter() {
            let owner = self.owners.get(slot);
            if owner == Some(claimant) {
                self.unclaimed.remove(slot);
                continue;
            }
            // What is being imported moves by hand alone.
            if self.importing.contains_key(&slot) {
                continue;
            }
            let owner_epoch = self.claimed_owner(slot).map(|at| self.peers[at].config_epoch);
            if owner_epoch.is_some_and(|known| known >= epoch) {
                continue;
            }
            if owner == Some(self.me) && self.keys_in(slot) > 0 {
                dirty.insert(slot);
            }
            if owner.is_some() && owner == current {
                ours += 1;
            }
            self.remove_slot(slot);
            self.add_slot(claimant, slot);
            moved += 1;
        }
        self.note_unclaimed(claimant, claimed);
        if self.peers[claimant].slots == *claimed {
            // The same memory for what is the same.
            self.peers[claimant].slots = claimed.clone();
        }
        if moved > 0 {
            self.settle();
            self.trace(|node| Trace::SlotsMoved {
                to: node.peers[claimant].id,
                epoch,
                count: moved,
            });
        }
        self.follow_slots(claimant, current, ours, claimed, dirty);
    }

    /// An owner that stops to claim a slot keeps it until somebody else does, but nobody is told any more that it is the owner's.
    fn note_unclaimed(&mut self, claimant: At, claimed: &SlotSet) {
        if self.peers[claimant].slots == *claimed {
            return;
        }
        let left: SlotSet = self.peers[claimant]
            .slots
            .iter()
            .filter(|slot| !claimed.contains(*slot))
            .collect();
        left.iter().for_each(|slot| {
            self.unclaimed.insert(slot);
        });
    }

    /// Whoever lost its last slot, or whose master did, replicates the new owner.
    fn follow_slots(&mut self, claimant: At, current: Option<At>, ours: u32, claimed: &SlotSet, dirty: SlotSet) {
        let emptied = ours > 0 && current.is_some_and(|at| self.peers[at].slot_count == 0);
        let allowed = self.config.allow_replica_migration || u32::from(claimed.len()) == ours;
        let grandmaster = self.myself().replica_of.and_then(|at| self.peers[at].replica_of);
        if emptied && allowed {
            self.set_master(claimant);
            self.settle();
        } else if let Some(grandmaster) = grandmaster.filter(|at| *at != self.me) {
            // The master became a replica, and nobody took a slot of it.
            self.set_master(grandmaster);
            self.settle();
        } else if !dirty.is_empty() {
            self.push(Output::SlotsLost { slots: dirty });
        }
    }

    /// Something changed that has to be on the disk, and that may change whether the cluster works.
    pub(super) fn settle(&mut self) {
        self.todo.save = true;
        self.todo.fsync = true;
        self.todo.update_state = true;
    }

    /// Tells a node that another owns what it claims, if so (`clusterSendUpdate`).
    pub(super) fn correct_claim(&mut self, sender: At, epoch: u64, claimed: &SlotSet) {
        let later = claimed.iter().find_map(|slot| {
            let owner = self.claimed_owner(slot).filter(|owner| *owner != sender)?;
            (self.peers[owner].config_epoch > epoch).then_some(owner)
        });
        let (Some(owner), Some(link)) = (later, self.peers[sender].link) else {
            return;
        };
        let mut slots = self.peers[owner].slots.clone();
        self.unclaimed.iter().for_each(|slot| {
            slots.remove(slot);
        });
        let body = Body::Update {
            config_epoch: self.peers[owner].config_epoch,
            node: self.peers[owner].id,
            slots,
        };
        self.send(link, body, MessageFlags::default());
        self.trace(|node| Trace::UpdateSent {
            to: node.peers[sender].id,
            about: node.peers[owner].id,
        });
    }
}
