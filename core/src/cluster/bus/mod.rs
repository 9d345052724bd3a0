//! The cluster bus: the binary messages that the nodes of a cluster send each other.
//!
//! Every message is a header of 2,256 bytes, which says who sends it, in which epochs, with which slots, and a body. Numbers are
//! big endian. [`Message::encode`] writes what a `redis-server` reads, byte for byte, and [`Message::decode`] the other way
//! round; a [`BusDecoder`] cuts a stream of bytes into messages.
//!
//! ```
//! use quorate::cluster::bus::{Body, BusDecoder, Header, Message, NodeId};
//!
//! let sender = NodeId::parse("07c37dfeb235213a872192d90877d0cd55635b91").expect("40 digits");
//! let message = Message { header: Header::new(sender), body: Body::Fail { node: sender } };
//! let bytes = message.encode();
//! assert_eq!(bytes.len(), 2256 + 40);
//!
//! let mut decoder = BusDecoder::default();
//! decoder.feed(&bytes);
//! assert_eq!(decoder.poll()?, Some(message));
//! # Ok::<(), quorate::cluster::bus::BusError>(())
//! ```
//!
//! # Limits
//!
//! Nothing is reserved by a length that was sent: memory follows the bytes that came, up to the limit of a [`BusDecoder`].
//!
//! # Sources
//!
//! `clusterMsg` of `cluster.h` and `clusterProcessPacket` of `cluster.c`, Redis 7.0.15; messages of real servers are in the
//! tests. Bytes that the protocol reserves are kept, so that what a server sent is written again as it came.

mod decoder;
mod error;
mod id;
mod message;
mod slots;
mod wire;

pub use decoder::BusDecoder;
pub use error::BusError;
pub use id::{IpText, NodeId};
pub use message::{Body, Extension, Gossip, Header, Message, MessageFlags, MessageKind, NodeFlags, Ping};
pub use slots::SlotSet;
pub use wire::HEADER_LENGTH;
