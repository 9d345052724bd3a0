//! Raft: a member of a group that keeps one log, whoever of it fails.
//!
//! The node follows etcd-io/raft message for message, so that it can take a seat in a group of etcd's or raft-rs' members, and
//! adds what raft-rs has beyond it. The rules come from the paper (Ongaro and Ousterhout, 2014: "§"), the dissertation (Ongaro,
//! 2014) and etcd-io/raft; where a rule is easily got wrong, the code names its number in `docs/raft.md`.
//!
//! # Contract
//!
//! A [`Node`] is a plain value. Time comes in as ticks, randomness as a seed, and storage as "persist this" followed by "it is
//! persisted". Tell it what happened with its input methods; after each, drain [`Node::poll`] until it returns `None`, and do what
//! the outputs say, in order. What must not leave before a write is durable is held back until [`Node::persisted`], so it cannot
//! be sent too early. The same config, stored state and inputs give the same outputs everywhere.
//!
//! ```
//! use quorate::raft::{Config, Node, Output, Stored};
//!
//! let mut node = Node::new(Config::new(1, 42), Stored::group(&[1]))?;      // 1. make it, of what is stored
//! node.campaign()?;                                                        // 2. tell it what happened
//! let mut applied = Vec::new();
//! for command in [None, Some("x = 1")] {
//!     if let Some(command) = command {
//!         node.propose(command.as_bytes())?;
//!     }
//!     while let Some(output) = node.poll() {                               // 3. do what it says
//!         match output {
//!             Output::Send(message) => unreachable!("there is nobody else: {message:?}"),
//!             Output::Persist { ticket, .. } => node.persisted(ticket)?,   // once it is on the disk
//!             Output::Apply(entries) => {
//!                 node.applied(entries[entries.len() - 1].index)?;
//!                 applied.extend(entries);
//!             }
//!             _ => {}
//!         }
//!     }
//! }
//! assert_eq!(&*applied[1].data, b"x = 1");                                 // behind the empty entry of the new term
//! # Ok::<(), quorate::raft::Error>(())
//! ```
//!
//! # Two ways to drive it
//!
//! [`Node`] is one model for storage that waits and storage that does not: whoever writes at once answers at once. [`ReadyNode`]
//! is the same node for those who know etcd's `RawNode`: take a [`Ready`], do what it says, advance.
//!
//! # What it never does
//!
//! It does not panic. A message that contradicts what is committed fences the node ([`Error::Corrupt`]); anything else that is
//! wrong is refused and changes nothing.

mod config;
mod election;
mod error;
mod log;
mod membership;
mod message;
mod node;
mod progress;
pub mod quorum;
mod read;
mod ready;
mod replication;
mod rules;
mod saved;
mod snapshot;
mod state;
mod step;
mod trace;
mod transfer;
pub mod wire;

use crate::random;

pub use config::{Config, ConfigError, ReadOnly, Stored};
pub use election::Campaign;
pub use error::Error;
pub use log::{EntryId, LogSummary};
pub use membership::{IdSet, Members, Membership, MembershipError};
pub use message::*;
pub use node::{Node, Output, Proposed, Status, Ticket};
pub use progress::{Progress, ProgressState};
pub use read::ReadState;
pub use ready::{Ready, ReadyNode};
#[cfg(feature = "broken-rules")]
pub use rules::{BROKEN_RULES_MARKER, BrokenRule};
pub use state::{Role, SoftState};
pub use trace::{ConfChangeRefusal, Dropped, Trace, VoteRefusal};
