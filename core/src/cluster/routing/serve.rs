//! What a node does with a command that comes to it (`getNodeByQuery`): serve it, or say where it should go.

use core::fmt;

use crate::cluster::address::Address;

/// Whose a slot is, to a node.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Owner {
    /// Nobody's.
    Nobody,
    /// The node's own.
    Me,
    /// The node's primary's: the node is a replica.
    MyPrimary(Address),
    /// Another's.
    Other(Address),
}

/// What a node knows of the slot that a command is about.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct SlotServing {
    /// Whose it is.
    pub owner: Owner,
    /// Where it is going, if the node gives it away.
    pub migrating_to: Option<Address>,
    /// Whether the node is taking it over.
    pub importing: bool,
}

/// What a node is asked, and how it stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Asked {
    /// How many keys the command has, or all commands of a transaction.
    pub keys: u32,
    /// How many of them differ from each other.
    pub distinct_keys: u32,
    /// How many of them the node does not hold. Of channels it is of no account: they are not held at all.
    pub missing_keys: u32,
    /// Whether they belong to several slots.
    pub several_slots: bool,
    /// Whether it writes.
    pub write: bool,
    /// Whether it is about sharded pub/sub.
    pub pubsub_shard: bool,
    /// Whether it is `MIGRATE`, which is about keys that are on their way.
    pub migrate: bool,
    /// Whether `ASKING` came right before it, or it counts as if.
    pub asking: bool,
    /// Whether the connection said `READONLY`.
    pub readonly: bool,
    /// Whether the node takes the cluster to be down.
    pub cluster_down: bool,
    /// `cluster-allow-reads-when-down`. The server's default is no.
    pub allow_reads_when_down: bool,
    /// `cluster-allow-pubsubshard-when-down`. The server's default is yes.
    pub allow_pubsub_when_down: bool,
}

/// What a node does with a command. `Display` is the error that it answers, as the server writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Decision {
    /// It serves it.
    Serve,
    /// The slot is another's.
    Moved {
        /// Which.
        slot: u16,
        /// Whose.
        address: Address,
    },
    /// The keys went to where the slot is going.
    Ask {
        /// Which.
        slot: u16,
        /// Where.
        address: Address,
    },
    /// Some keys are here and some are not.
    TryAgain,
    /// The keys belong to several slots.
    CrossSlot,
    /// The slot is nobody's.
    SlotUnserved,
    /// The cluster is down.
    ClusterDown,
    /// The cluster is down, and takes reads alone.
    ClusterDownReadOnly,
}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Serve => f.write_str("OK"),
            Self::Moved { slot, address } => write!(f, "MOVED {slot} {}:{}", address.host, address.port),
            Self::Ask { slot, address } => write!(f, "ASK {slot} {}:{}", address.host, address.port),
            Self::TryAgain => f.write_str("TRYAGAIN Multiple keys request during rehashing of slot"),
            Self::CrossSlot => f.write_str("CROSSSLOT Keys in request don't hash to the same slot"),
            Self::SlotUnserved => f.write_str("CLUSTERDOWN Hash slot not served"),
            Self::ClusterDown => f.write_str("CLUSTERDOWN The cluster is down"),
            Self::ClusterDownReadOnly => f.write_str("CLUSTERDOWN The cluster is down and only accepts read commands"),
        }
    }
}

/// What a node does with a command whose (first) key belongs to `slot`. The order of the questions is the server's, and it matters.
pub fn decide(slot: u16, serving: &SlotServing, asked: &Asked) -> Decision {
    if asked.keys == 0 {
        return Decision::Serve;
    }
    if serving.owner == Owner::Nobody {
        return Decision::SlotUnserved;
    }
    if asked.several_slots {
        return Decision::CrossSlot;
    }
    if asked.cluster_down {
        match () {
            () if asked.pubsub_shard && asked.allow_pubsub_when_down => {}
            () if asked.pubsub_shard || !asked.allow_reads_when_down => return Decision::ClusterDown,
            () if asked.write => return Decision::ClusterDownReadOnly,
            () => {}
        }
    }
    let migrating = serving.migrating_to.as_ref().filter(|_| serving.owner == Owner::Me);
    if asked.migrate && (migrating.is_some() || serving.importing) {
        return Decision::Serve;
    }
    let missing = if asked.pubsub_shard { 0 } else { asked.missing_keys };
    if let Some(address) = migrating
        && missing > 0
    {
        return match missing < asked.keys {
            true => Decision::TryAgain,
            false => Decision::Ask {
                slot,
                address: address.clone(),
            },
        };
    }
    if serving.importing && asked.asking {
        return match asked.distinct_keys >= 2 && missing > 0 {
            true => Decision::TryAgain,
            false => Decision::Serve,
        };
    }
    match &serving.owner {
        Owner::Me => Decision::Serve,
        Owner::MyPrimary(_) if (asked.readonly || asked.pubsub_shard) && !asked.write => Decision::Serve,
        Owner::MyPrimary(address) | Owner::Other(address) => Decision::Moved {
            slot,
            address: address.clone(),
        },
        Owner::Nobody => Decision::SlotUnserved,
    }
}
