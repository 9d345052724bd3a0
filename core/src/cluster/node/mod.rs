//! A node of a Redis Cluster: it gossips, suspects, votes, takes over, and knows who owns which slot, without a leader.
//!
//! [`Node`] is what makes a `redis-server` a member of a cluster, without the server: the failure detector, the election, the
//! epochs and the slots of `cluster.c`. It speaks the messages of [`bus`](super::bus) with real servers. Where Redis 7.0.15 and
//! Valkey differ, [`Profile`] chooses; the code names the server's function that a rule comes from.
//!
//! # Contract
//!
//! A [`Node`] is a plain value. Time comes in as milliseconds of Unix time with each input (the seconds of it travel in gossip),
//! randomness as a seed, storage as "persist this" followed by "it is persisted". Tell it what happened with its input methods;
//! after each, drain [`Node::poll`] until it returns `None`, and do what the outputs say, in order. What must be durable before
//! anything else leaves (a vote, an epoch) holds back what follows until [`Node::persisted`], so a vote cannot leave too early.
//! The same inputs give the same outputs everywhere.
//!
//! ```
//! use quorate::cluster::bus::NodeId;
//! use quorate::cluster::node::{Config, Node, Output};
//!
//! let id = |digit: &str| NodeId::parse(&digit.repeat(40)).expect("40 digits");
//! let mut nodes = [("a", 7000), ("b", 7001)]
//!     .map(|(digit, port)| Node::new(Config::new(id(digit), port, 1), 1_000).expect("settings in range"));  // 1. make them
//! assert_eq!(nodes[0].command(&[b"CLUSTER", b"MEET", b"127.0.0.1", b"7001"], 1_000).to_string(), "\"OK\"");
//! let mut wires = std::collections::BTreeMap::new();
//! for now in (1_000..3_000).step_by(100) {
//!     nodes.iter_mut().for_each(|node| node.tick(now));                     // 2. tell them what happened
//!     loop {                                                                // 3. do what they say
//!         let Some((from, output)) = (0..2).find_map(|at| nodes[at].poll().map(|output| (at, output))) else { break };
//!         let to = 1 - from;
//!         match output {
//!             Output::Connect { link, .. } => {
//!                 let other = nodes[to].accept("127.0.0.1", "127.0.0.1", now);
//!                 wires.insert((from, link), other);
//!                 wires.insert((to, other), link);
//!                 nodes[from].connected(link, now)?;
//!             }
//!             Output::Send { link, message } => nodes[to].received(wires[&(from, link)], &message.encode(), now)?,
//!             Output::Persist { ticket, .. } => nodes[from].persisted(ticket)?,
//!             _ => {}
//!         }
//!     }
//! }
//! assert!(nodes[1].nodes_text().contains("127.0.0.1:7000@17000 master"));
//! # Ok::<(), quorate::cluster::node::Error>(())
//! ```
//!
//! # What it needs to be told
//!
//! The driver carries bytes or messages ([`Node::received`], [`Node::message`]) and says what became of connections. The machine of
//! replication says how far it is ([`Node::set_replication`]); whoever holds the keys says how many there are in a slot
//! ([`Node::set_keys`]), which `SETSLOT`, `REPLICATE` and lost slots ask for.
//!
//! # What it does not do
//!
//! It executes no commands but `CLUSTER`, and moves no keys. TLS ports are carried, not chosen. What Redis 7.2 added (shard ids,
//! human node names, forgotten nodes in gossip) is passed over in what is received, as 7.0 does.

mod command;
mod config;
mod cron;
mod election;
mod epoch;
mod error;
mod failure;
mod gossip;
mod link;
mod machine;
mod manual;
mod migration;
mod output;
mod peer;
mod persist;
mod receive;
mod roles;
mod setslot;
mod slots;
mod state;
mod text;
mod trace;
mod vote;

pub use config::{Config, Profile};
pub use error::Error;
pub use machine::{LinkId, Millis, Node, ReplicationLink, Ticket};
pub use output::{ClusterState, Output};
pub use trace::{CannotFailOver, Trace, VoteRefusal};
