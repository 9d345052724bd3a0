//! The messages, as values.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::id::{IpText, NodeId};
use super::slots::SlotSet;

/// A message of the cluster bus.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Message {
    /// Who sends it, and how it stands.
    pub header: Header,
    /// What it says.
    pub body: Body,
}

/// What every message says of its sender.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Header {
    /// The sender's port for clients: the one over TLS where the bus is.
    pub port: u16,
    /// The sender's epoch.
    pub current_epoch: u64,
    /// The config epoch of the sender; of its primary, if it is a replica.
    pub config_epoch: u64,
    /// How far the sender's replication is, in bytes.
    pub offset: u64,
    /// Its name.
    pub sender: NodeId,
    /// Its slots; its primary's, if it is a replica.
    pub slots: SlotSet,
    /// Its primary, if it is a replica.
    pub replica_of: Option<NodeId>,
    /// Its address, if it announces one; otherwise it is the one that the connection comes from.
    pub ip: IpText,
    /// Bytes that the protocol has left free.
    pub reserved: [u8; 30],
    /// The other port for clients: the plain one where the bus is over TLS. 0 if there is none.
    pub other_port: u16,
    /// Its port for the bus.
    pub bus_port: u16,
    /// What it is.
    pub flags: NodeFlags,
    /// Whether it takes the cluster to be down.
    pub cluster_down: bool,
    /// What is special about the message.
    pub message_flags: MessageFlags,
}

impl Header {
    /// A header of which all is zero but the sender.
    pub fn new(sender: NodeId) -> Self {
        Self {
            port: 0,
            current_epoch: 0,
            config_epoch: 0,
            offset: 0,
            sender,
            slots: SlotSet::new(),
            replica_of: None,
            ip: IpText::EMPTY,
            reserved: [0; 30],
            other_port: 0,
            bus_port: 0,
            flags: NodeFlags::NONE,
            cluster_down: false,
            message_flags: MessageFlags::default(),
        }
    }
}

/// What a message says.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Body {
    /// Are you there? To be answered with a pong.
    Ping(Ping),
    /// I am; or, without having been asked, see how I stand.
    Pong(Ping),
    /// A ping to somebody who does not know the sender and shall.
    Meet(Ping),
    /// A majority cannot reach a node.
    Fail {
        /// Which.
        node: NodeId,
    },
    /// A message of `PUBLISH`.
    Publish {
        /// Where to.
        channel: Vec<u8>,
        /// What.
        message: Vec<u8>,
    },
    /// May I take my primary's place?
    AuthRequest,
    /// You have my vote.
    AuthAck,
    /// Somebody else owns slots that you claim.
    Update {
        /// Since which epoch.
        config_epoch: u64,
        /// Who.
        node: NodeId,
        /// All its slots.
        slots: SlotSet,
    },
    /// Stop your clients' writes, so that I can take your place.
    ManualFailoverStart,
    /// A message of a module.
    Module {
        /// Which module.
        module: u64,
        /// What kind of message, as the module likes.
        kind: u8,
        /// What it says.
        payload: Vec<u8>,
    },
    /// A message of `SPUBLISH`.
    PublishShard {
        /// Where to.
        channel: Vec<u8>,
        /// What.
        message: Vec<u8>,
    },
}

impl Body {
    /// Which kind it is.
    pub fn kind(&self) -> MessageKind {
        match self {
            Self::Ping(_) => MessageKind::Ping,
            Self::Pong(_) => MessageKind::Pong,
            Self::Meet(_) => MessageKind::Meet,
            Self::Fail { .. } => MessageKind::Fail,
            Self::Publish { .. } => MessageKind::Publish,
            Self::AuthRequest => MessageKind::AuthRequest,
            Self::AuthAck => MessageKind::AuthAck,
            Self::Update { .. } => MessageKind::Update,
            Self::ManualFailoverStart => MessageKind::ManualFailoverStart,
            Self::Module { .. } => MessageKind::Module,
            Self::PublishShard { .. } => MessageKind::PublishShard,
        }
    }

    /// What pings, pongs and meets have in common.
    pub fn ping(&self) -> Option<&Ping> {
        match self {
            Self::Ping(ping) | Self::Pong(ping) | Self::Meet(ping) => Some(ping),
            _ => None,
        }
    }
}

/// A kind of message, with its number on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[repr(u16)]
#[non_exhaustive]
pub enum MessageKind {
    /// PING.
    Ping = 0,
    /// PONG.
    Pong = 1,
    /// MEET.
    Meet = 2,
    /// FAIL.
    Fail = 3,
    /// PUBLISH.
    Publish = 4,
    /// FAILOVER_AUTH_REQUEST.
    AuthRequest = 5,
    /// FAILOVER_AUTH_ACK.
    AuthAck = 6,
    /// UPDATE.
    Update = 7,
    /// MFSTART.
    ManualFailoverStart = 8,
    /// MODULE.
    Module = 9,
    /// PUBLISHSHARD.
    PublishShard = 10,
}

impl MessageKind {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 11] = [
        Self::Ping,
        Self::Pong,
        Self::Meet,
        Self::Fail,
        Self::Publish,
        Self::AuthRequest,
        Self::AuthAck,
        Self::Update,
        Self::ManualFailoverStart,
        Self::Module,
        Self::PublishShard,
    ];

    /// The name that `CLUSTER INFO` counts them by.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ping => "ping",
            Self::Pong => "pong",
            Self::Meet => "meet",
            Self::Fail => "fail",
            Self::Publish => "publish",
            Self::AuthRequest => "auth-req",
            Self::AuthAck => "auth-ack",
            Self::Update => "update",
            Self::ManualFailoverStart => "mfstart",
            Self::Module => "module",
            Self::PublishShard => "publishshard",
        }
    }
}

/// What pings, pongs and meets carry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Ping {
    /// What the sender knows of some others.
    pub gossip: Vec<Gossip>,
    /// What does not fit into the header.
    pub extensions: Vec<Extension>,
}

/// What the sender knows of another node.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Gossip {
    /// Which.
    pub node: NodeId,
    /// When the sender pinged it, in seconds of Unix time. 0 if no ping waits for its pong.
    pub ping_sent: u32,
    /// When its last pong came, in seconds of Unix time.
    pub pong_received: u32,
    /// Its address.
    pub ip: IpText,
    /// Its port for clients.
    pub port: u16,
    /// Its port for the bus.
    pub bus_port: u16,
    /// What the sender takes it for.
    pub flags: NodeFlags,
    /// Its other port for clients.
    pub other_port: u16,
    /// Bytes that the protocol has left free.
    pub reserved: u16,
}

/// Something that not every version says.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Extension {
    /// What kind of thing: [`HOSTNAME`](Self::HOSTNAME) or what later versions say.
    pub kind: u16,
    /// Bytes that the protocol has left free.
    pub reserved: u16,
    /// What it says, padded with zeros to a multiple of eight bytes. It is written so.
    pub data: Vec<u8>,
}

impl Extension {
    /// The sender's hostname, with a zero behind it.
    pub const HOSTNAME: u16 = 0;

    /// The sender's hostname.
    pub fn hostname(name: &str) -> Self {
        let mut data = Vec::from(name.as_bytes());
        data.resize((data.len() + 8) / 8 * 8, 0);
        Self {
            kind: Self::HOSTNAME,
            reserved: 0,
            data,
        }
    }

    /// The sender's hostname, if that is what it says.
    pub fn as_hostname(&self) -> Option<Cow<'_, str>> {
        let end = self.data.iter().position(|byte| *byte == 0)?;
        (self.kind == Self::HOSTNAME).then(|| String::from_utf8_lossy(&self.data[..end]))
    }
}

/// What is special about a message: three bytes of bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct MessageFlags(pub [u8; 3]);

impl MessageFlags {
    /// The primary has stopped its clients' writes, for a manual failover.
    pub const PAUSED: u8 = 1;
    /// Vote, even if the primary is well: somebody asked for this.
    pub const FORCE_ACK: u8 = 2;
    /// There are extensions.
    pub const EXTENSIONS: u8 = 4;

    /// Whether this bit of the first byte is set.
    pub fn has(self, flag: u8) -> bool {
        self.0[0] & flag != 0
    }

    /// Sets this bit of the first byte.
    pub fn set(&mut self, flag: u8) {
        self.0[0] |= flag;
    }
}

/// What a node is, to whoever says it: bits.
#[derive(Clone, Copy, PartialEq, Eq, Default, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct NodeFlags(pub u16);

impl NodeFlags {
    /// Nothing is known.
    pub const NONE: Self = Self(0);
    /// A primary.
    pub const MASTER: Self = Self(1);
    /// A replica.
    pub const REPLICA: Self = Self(2);
    /// Cannot be reached by the one who says so.
    pub const PFAIL: Self = Self(4);
    /// Cannot be reached by a majority.
    pub const FAIL: Self = Self(8);
    /// The node itself.
    pub const MYSELF: Self = Self(16);
    /// The first ping is not answered yet.
    pub const HANDSHAKE: Self = Self(32);
    /// Where it is, is not known.
    pub const NO_ADDRESS: Self = Self(64);
    /// Is to be sent a meet.
    pub const MEET: Self = Self(128);
    /// A primary that had replicas, so that one may come to it.
    pub const MIGRATE_TO: Self = Self(256);
    /// A replica that does not try to take its primary's place.
    pub const NO_FAILOVER: Self = Self(512);

    /// Whether any of these is set.
    pub fn any(self, flags: Self) -> bool {
        self.0 & flags.0 != 0
    }

    /// With these set.
    #[must_use]
    pub fn with(self, flags: Self) -> Self {
        Self(self.0 | flags.0)
    }

    /// With these cleared.
    #[must_use]
    pub fn without(self, flags: Self) -> Self {
        Self(self.0 & !flags.0)
    }
}

/// As `CLUSTER NODES` writes them.
impl fmt::Display for NodeFlags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = [
            (Self::MYSELF, "myself"),
            (Self::MASTER, "master"),
            (Self::REPLICA, "slave"),
            (Self::PFAIL, "fail?"),
            (Self::FAIL, "fail"),
            (Self::HANDSHAKE, "handshake"),
            (Self::NO_ADDRESS, "noaddr"),
            (Self::NO_FAILOVER, "nofailover"),
        ];
        let mut empty = true;
        for (_, name) in names.iter().filter(|(flag, _)| self.any(*flag)) {
            if !core::mem::take(&mut empty) {
                f.write_str(",")?;
            }
            f.write_str(name)?;
        }
        if empty { f.write_str("noflags") } else { Ok(()) }
    }
}

impl fmt::Debug for NodeFlags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}:{:x}", self.0)
    }
}
