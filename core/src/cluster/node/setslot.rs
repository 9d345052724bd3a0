//! Slots that are dealt out by hand: `ADDSLOTS`, `DELSLOTS`, their ranges, `SETSLOT`.

use alloc::format;

use super::command::{error, integer, ok, text_of, unknown_node};
use super::machine::Node;
use super::peer::At;
use crate::cluster::SLOTS;
use crate::cluster::bus::SlotSet;
use crate::resp::Value;

impl Node {
    /// All of them or none.
    pub(super) fn slots_command(&mut self, words: &[&[u8]], delete: bool) -> Value {
        if let Some(refusal) = words.iter().find_map(|word| read_slot(word).err()) {
            return refusal;
        }
        let mut chosen = SlotSet::new();
        for slot in words.iter().filter_map(|word| read_slot(word).ok()) {
            if let Err(refusal) = self.choose(slot, delete, &mut chosen) {
                return refusal;
            }
        }
        self.deal(&chosen, delete)
    }

    /// All of them or none.
    pub(super) fn ranges_command(&mut self, words: &[&[u8]], delete: bool) -> Value {
        let mut chosen = SlotSet::new();
        for pair in words.chunks_exact(2) {
            let (first, last) = match (read_slot(pair[0]), read_slot(pair[1])) {
                (Ok(first), Ok(last)) => (first, last),
                (Err(refusal), _) | (_, Err(refusal)) => return refusal,
            };
            if first > last {
                return error(&format!(
                    "start slot number {first} is greater than end slot number {last}"
                ));
            }
            for slot in first..=last {
                if let Err(refusal) = self.choose(slot, delete, &mut chosen) {
                    return refusal;
                }
            }
        }
        self.deal(&chosen, delete)
    }

    /// `checkSlotAssignmentsOrReply`.
    fn choose(&self, slot: u16, delete: bool, chosen: &mut SlotSet) -> Result<(), Value> {
        match (delete, self.owners.get(slot)) {
            (true, None) => Err(error(&format!("Slot {slot} is already unassigned"))),
            (false, Some(_)) => Err(error(&format!("Slot {slot} is already busy"))),
            _ if !chosen.insert(slot) => Err(error(&format!("Slot {slot} specified multiple times"))),
            _ => Ok(()),
        }
    }

    /// `clusterUpdateSlots`.
    fn deal(&mut self, chosen: &SlotSet, delete: bool) -> Value {
        for slot in chosen.iter() {
            self.importing.remove(&slot);
            match delete {
                true => self.remove_slot(slot),
                false => self.add_slot(self.me, slot),
            }
        }
        self.todo.update_state = true;
        self.todo.save = true;
        ok()
    }

    pub(super) fn setslot_command(&mut self, argv: &[&[u8]]) -> Value {
        if self.myself().is_replica() {
            return error("Please use SETSLOT only with masters.");
        }
        let slot = match read_slot(argv[2]) {
            Ok(slot) => slot,
            Err(refusal) => return refusal,
        };
        let action = argv[3].to_ascii_lowercase();
        let refusal = match (action.as_slice(), argv.get(4), argv.len()) {
            (b"migrating", Some(node), 5) => self.set_migrating(slot, node),
            (b"importing", Some(node), 5) => self.set_importing(slot, node),
            (b"stable", None, _) => {
                self.importing.remove(&slot);
                self.migrating.remove(&slot);
                Ok(())
            }
            (b"node", Some(node), 5) => self.set_owner(slot, node),
            _ => Err(error(
                "Invalid CLUSTER SETSLOT action or number of arguments. Try CLUSTER HELP",
            )),
        };
        if let Err(refusal) = refusal {
            return refusal;
        }
        self.todo.save = true;
        self.todo.update_state = true;
        ok()
    }

    fn set_migrating(&mut self, slot: u16, node: &[u8]) -> Result<(), Value> {
        if self.owners.get(slot) != Some(self.me) {
            return Err(error(&format!("I'm not the owner of hash slot {slot}")));
        }
        let to = self.other_master(node)?;
        self.migrating.insert(slot, to);
        Ok(())
    }

    fn set_importing(&mut self, slot: u16, node: &[u8]) -> Result<(), Value> {
        if self.owners.get(slot) == Some(self.me) {
            return Err(error(&format!("I'm already the owner of hash slot {slot}")));
        }
        let from = self.other_master(node)?;
        self.importing.insert(slot, from);
        Ok(())
    }

    fn other_master(&self, node: &[u8]) -> Result<At, Value> {
        let unknown = || error(&format!("I don't know about node {}", text_of(node)));
        let at = self.lookup_text(node).ok_or_else(unknown)?;
        self.master_only(at)
    }

    fn master_only(&self, at: At) -> Result<At, Value> {
        match self.peers[at].is_replica() {
            true => Err(error("Target node is not a master")),
            false => Ok(at),
        }
    }

    fn set_owner(&mut self, slot: u16, node: &[u8]) -> Result<(), Value> {
        let at = self.lookup_text(node).ok_or_else(|| unknown_node(node))?;
        let at = self.master_only(at)?;
        let was_mine = self.owners.get(slot) == Some(self.me);
        if was_mine && at != self.me && self.keys_in(slot) != 0 {
            return Err(error(&format!(
                "Can't assign hashslot {slot} to a different node while I still hold keys for this hash slot."
            )));
        }
        if self.keys_in(slot) == 0 {
            self.migrating.remove(&slot);
        }
        self.remove_slot(slot);
        self.add_slot(at, slot);
        if was_mine && at != self.me && self.myself().slot_count == 0 && self.config.allow_replica_migration {
            self.set_master(at);
            self.settle();
        }
        if at == self.me && self.importing.remove(&slot).is_some() {
            // A new epoch, so that the others take the new owner for the right one.
            self.bump_epoch();
            self.broadcast_pong();
        }
        Ok(())
    }
}

/// `getSlotOrReply`.
fn read_slot(word: &[u8]) -> Result<u16, Value> {
    let slot = integer(word)
        .and_then(|slot| u16::try_from(slot).ok())
        .filter(|slot| *slot < SLOTS);
    slot.ok_or_else(|| error("Invalid or out of range slot"))
}
