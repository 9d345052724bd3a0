//! What the driver must do, or may want to know.

use alloc::string::String;
use alloc::vec::Vec;

use super::machine::{LinkId, Millis, Ticket};
use super::trace::Trace;
use crate::cluster::bus::{Message, NodeId, SlotSet};

/// Whether a node takes the cluster to be working.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum ClusterState {
    /// It serves its slots.
    Ok,
    /// It answers `CLUSTERDOWN`.
    Fail,
}

/// What the driver must do, or may want to know.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Output {
    /// Open a connection to the bus of a node. Say [`Node::connected`](super::Node::connected) or
    /// [`Node::disconnected`](super::Node::disconnected) when it is known what became of it.
    Connect {
        /// What the connection is called.
        link: LinkId,
        /// Where to.
        ip: String,
        /// The port of its bus.
        port: u16,
    },
    /// Close the connection. Nothing needs to be said of it again.
    Close {
        /// What it is called.
        link: LinkId,
    },
    /// Send a message.
    Send {
        /// Over which connection.
        link: LinkId,
        /// What: [`Message::encode`] makes bytes of it.
        message: Message,
    },
    /// Write the node's file in place of what was written before: it is what [`Node::restore`](super::Node::restore) takes.
    Persist {
        /// What to answer with.
        ticket: Ticket,
        /// The whole file, as `nodes.conf` has it.
        text: String,
        /// Whether it has to be on the disk: then nothing else is given out until [`Node::persisted`](super::Node::persisted).
        /// If not, nothing needs to be answered.
        fsync: bool,
    },
    /// Replicate that node from now on (`replicationSetMaster`).
    BecomeReplicaOf {
        /// Which.
        node: NodeId,
        /// Where it is.
        ip: String,
        /// Its port for clients.
        port: u16,
    },
    /// Stop replicating, and keep the data (`replicationUnsetMaster`).
    BecomePrimary,
    /// The cluster works from now on, or is down, to this node.
    StateChanged {
        /// Which of both.
        state: ClusterState,
    },
    /// Other nodes own these slots now. Delete their keys (`delKeysInSlot`).
    SlotsLost {
        /// Which held keys.
        slots: SlotSet,
    },
    /// Delete all keys: `CLUSTER RESET` of a replica.
    DeleteAllKeys,
    /// Hold the clients' writes back until that time at the most, so that a replica can catch up.
    PauseWrites {
        /// In milliseconds of Unix time.
        until: Millis,
    },
    /// Take the clients' writes again.
    ResumeWrites,
    /// A message for the subscribers of a channel.
    Published {
        /// Which channel.
        channel: Vec<u8>,
        /// What.
        message: Vec<u8>,
        /// Whether it came by `SPUBLISH`.
        sharded: bool,
    },
    /// A message for a module.
    ModuleMessage {
        /// Who sent it.
        from: NodeId,
        /// Which module.
        module: u64,
        /// What kind, as the module likes.
        kind: u8,
        /// What it says.
        payload: Vec<u8>,
    },
    /// Why something happened, or did not. Only with [`Config::trace`](super::Config::trace).
    Trace(Trace),
}
