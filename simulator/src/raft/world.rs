//! What Rust can ask of a world of Raft, beside what any language can: the node's own values.

use alloc::string::String;
use alloc::vec::Vec;

use quorate::raft::{Entry, Node, Status};

use super::questions;
use super::{Group, RaftMachine};
use crate::error::Error;
use crate::kind::AnyScene;
use crate::world::World;

/// Of a world of Raft. In one of another kind no machine is there, and nobody leads.
impl World {
    /// What a machine knows and believes; `None` while it is down.
    ///
    /// # Errors
    /// [`Error::UnknownNode`].
    pub fn node(&self, node: u64) -> Result<Option<Status>, Error> {
        Ok(self.member(node)?.node().map(Node::status))
    }

    /// The entries that a machine's log has.
    ///
    /// # Errors
    /// [`Error::UnknownNode`], [`Error::Down`].
    pub fn log(&self, node: u64) -> Result<Vec<Entry>, Error> {
        let machine = self.member(node)?;
        machine.node().ok_or(Error::Down(node))?;
        Ok(machine.log())
    }

    /// What a machine's state machine has under a key.
    ///
    /// # Errors
    /// [`Error::UnknownNode`].
    pub fn value(&self, node: u64, key: &str) -> Result<String, Error> {
        Ok(self.member(node)?.store().get(key))
    }

    /// The machine that leads in the latest term, if one does.
    pub fn leader(&self) -> Option<u64> {
        questions::leader(self.group()?)
    }

    /// The machines that believe that they lead, and in which terms.
    pub fn leaders(&self) -> Vec<(u64, u64)> {
        self.group()
            .map_or_else(Vec::new, |group| questions::leaders(group).collect())
    }

    fn group(&self) -> Option<&Group> {
        match &self.engine.scene {
            AnyScene::Raft(group) => Some(group),
            AnyScene::Sentinel(_) => None,
        }
    }

    fn member(&self, node: u64) -> Result<&RaftMachine, Error> {
        let machine = self.group().and_then(|group| group.machine(node));
        machine.ok_or(Error::UnknownNode(node))
    }
}
