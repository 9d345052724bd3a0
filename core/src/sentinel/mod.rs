//! Redis Sentinel: the monitor that votes masters out and replicas in, and the discovery that clients build upon.
//!
//! [`Sentinel`] takes the seat of a `redis-sentinel` process among real ones. It follows Redis 7.0.15 event for event; the code
//! names the server's function that a rule comes from.
//!
//! # Contract
//!
//! A [`Sentinel`] is a plain value. Time comes in as milliseconds with each input, and may go backwards: the machine notices and
//! goes into TILT, as the server does. Randomness comes in as a seed, storage as "persist this" followed by "it is persisted".
//! Tell it what happened with its input methods; after each, drain [`Sentinel::poll`] until it returns `None`, and do what the
//! outputs say, in order. What follows a change of what must be durable (a vote, an epoch, a new master) is held back until
//! [`Sentinel::persisted`], so a vote cannot leave too early. The same inputs give the same outputs everywhere.
//!
//! ```
//! use quorate::sentinel::{Config, LinkKind, MasterConfig, Output, Sentinel};
//!
//! let mut config = Config::new("0123456789012345678901234567890123456789", 42);
//! config.masters.push(MasterConfig::new("mymaster", "127.0.0.1", 6379, 2));
//! let mut sentinel = Sentinel::new(config, &[], 0)?;              // 1. make it, of what was persisted
//! let mut connections = Vec::new();
//! for now in [0, 100, 200] {
//!     sentinel.tick(now);                                         // 2. tell it what happened
//!     while let Some(output) = sentinel.poll() {                  // 3. do what it says
//!         match output {
//!             Output::Persist { ticket, lines } => {              // once the lines are on the disk
//!                 assert!(lines.contains(&"sentinel monitor mymaster 127.0.0.1 6379 2".into()));
//!                 sentinel.persisted(ticket)?;
//!             }
//!             Output::Connect { kind, address, .. } => connections.push((kind, address.to_string())),
//!             _ => {}
//!         }
//!     }
//! }
//! let address = "127.0.0.1:6379".to_string();
//! assert_eq!(connections, [(LinkKind::Command, address.clone()), (LinkKind::PubSub, address)]);
//! # Ok::<(), quorate::sentinel::Error>(())
//! ```
//!
//! # What it never does
//!
//! It does not panic, and it trusts no number that it is sent. Instances and scripts are bounded by the settings and by the
//! limits that the server has.

mod address;
mod command;
mod config;
pub mod discovery;
mod down;
mod error;
mod events;
mod failover;
mod groups;
mod hello;
mod info;
mod instance;
mod link;
mod periodic;
mod persist;
mod repair;
mod scripts;
mod selection;
mod sentinel_command;
mod server;
mod session;
mod settings_command;
mod status;
mod tilt;
mod trace;
mod vote;

pub use address::Address;
pub use config::{Config, MasterConfig, Profile, Timing};
pub use error::Error;
pub use events::{Event, EventKind, Level};
pub use instance::{FailoverState, Flags, InstanceKind, Role};
pub use link::LinkKind;
pub use server::{ClientId, LinkId, Millis, Output, ScriptExit, ScriptId, Sentinel, Ticket};
pub use status::{InstanceStatus, MasterStatus, ReplicaStatus, SentinelStatus, Status};
pub use trace::{DownReason, HelloRefusal, RepairDelay, ReplicaRefusal, Trace};
