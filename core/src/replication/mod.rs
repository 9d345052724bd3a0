//! Replication between Redis servers: offsets, histories, who may go on and who starts anew, and what is lost.
//!
//! # Contract
//!
//! A [`Server`] is the replication of one `redis-server`, be it a primary, a replica, or a replica with replicas of its own. It is a
//! plain value: tell it what happened with its input methods; after each, drain [`Server::poll`] until it returns `None`, and do
//! what the outputs say, in order. It holds no data and opens no connection: the caller executes commands, freezes and loads
//! snapshots, and carries bytes. Time comes in as milliseconds of Unix time, of the server's own clock, which may jump.
//!
//! ```
//! use quorate::replication::{Config, Output, Server};
//!
//! let mut primary = Server::new(Config { port: 6379, seed: 1, diskless_delay_s: 0, ..Config::default() }, 0)?;   // 1. make them
//! let mut replica = Server::new(Config { port: 6380, seed: 2, ..Config::default() }, 0)?;
//! primary.accept(7, "10.0.0.2", 0)?;                                        // 2. tell them what happened
//! replica.replicate_from("10.0.0.1", 6379, 0);
//!
//! let mut requests = quorate::resp::RequestDecoder::default();
//! loop {                                                                    // 3. do what they say
//!     let Some(output) = replica.poll().or_else(|| primary.poll()) else { break };
//!     match output {
//!         Output::Connect { attempt, .. } => replica.connected(attempt, 0)?,
//!         Output::SendToPrimary { bytes, .. } => {
//!             requests.feed(&bytes);
//!             while let Some(request) = requests.poll().unwrap() {
//!                 primary.request(7, &request.args().collect::<Vec<_>>(), 0)?;
//!             }
//!         }
//!         Output::Send { replica: 7, bytes } => replica.received(1, &bytes, 0)?,
//!         Output::TakeSnapshot { .. } => primary.snapshot_taken(true, 0)?,
//!         Output::SendSnapshot { framing, .. } => {
//!             let data = b"the data";
//!             let bytes = [&framing.head(data.len() as u64)[..], data, framing.tail()].concat();
//!             replica.received(1, &bytes, 0)?;
//!             primary.snapshot_sent(7, true, 0)?;
//!         }
//!         Output::LoadSnapshot => replica.snapshot_loaded(true, 0)?,
//!         _ => {}
//!     }
//! }
//! assert!(replica.link_is_up());
//! assert_eq!(replica.history(), primary.history());
//! # Ok::<(), quorate::replication::Error>(())
//! ```
//!
//! # Offsets and histories
//!
//! Every byte of the stream of commands has an offset, from 1 on. A [`ReplicationId`] names one history of bytes: two servers of one
//! id and offset hold the same data. A replica that is promoted begins a history of another name, and remembers the one that it
//! grew out of, and up to where ([`History::fork`]). Whoever comes back asks to go on in its history behind its offset, and
//! [`decide`] says whether it may, or what it loses if it may not.
//!
//! # The ledger
//!
//! Replication is asynchronous: a write that is acknowledged may yet be lost. A [`Ledger`] is told what clients were promised and
//! where each server is, and says of every write whether it is replicated, at risk or lost.
//!
//! # What it does not do
//!
//! It does not execute commands, take or load snapshots, know clients, or ask who may replicate; `SYNC` without `PSYNC`, which
//! servers before 2.8 need, is answered and never asked; `FAILOVER`, filtered and RDB-only replicas are left out.
//!
//! # Sources
//!
//! `replication.c` of Redis 7.0.15, whose functions the code names where a rule comes from.

mod backlog;
mod config;
mod error;
mod id;
mod info;
mod ledger;
mod output;
mod primary;
mod psync;
mod replica;
mod server;
mod stream;
mod trace;
mod wait;

pub use backlog::Backlog;
pub use config::Config;
pub use error::{ConfigError, Error, Refusal};
pub use id::{InvalidId, ReplicationId};
pub use info::RoleReply;
pub use ledger::{Counts, DuplicateWrite, Ledger, Loss, Risk, ServerId, WriteId, WriteStatus};
pub use output::{Framing, HistoryCause, Output};
pub use primary::{Replica, ReplicaState};
pub use psync::{Discarded, FullReason, History, PsyncRequest, Resync, SecondId, decide};
pub use replica::{LinkState, PrimaryAddress};
pub use server::{Access, Server, Stored};
pub use trace::Trace;

/// What a connection of a replica is called by its caller. Unique within one server.
pub type ReplicaId = u64;

/// What a client is called by its caller. Unique within one server.
pub type ClientId = u64;
