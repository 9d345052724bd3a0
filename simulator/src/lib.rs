//! A seeded world of many machines: a virtual clock and network, faults, invariants, scenario scripts.
//!
//! A [`World`] holds machines of [`quorate`] (Raft nodes; or servers and sentinels), their disks, a network, and clients. Nothing in it is left to chance
//! but what a seed decides: the same version, seed, settings and actions give the same run everywhere, event for event. So a run can
//! be written down as a script, gone through backwards, branched, and compared across languages by a hash.
//!
//! # Contract
//!
//! Make a world (1), let time pass (2), do things to it (3), and ask (4). After every event the world looks whether the
//! [`Invariant`]s of its machines hold; [`World::violations`] says what does not, and who shows it.
//!
//! ```
//! use quorate_simulator::{Config, MILLISECOND, SECOND, World};
//!
//! let mut world = World::new(Config { seed: 7, ..Config::raft(5) })?;                // 1
//! world.run_until(SECOND);                                                            // 2
//! let leader = world.leader().expect("a second is enough to elect one");
//! world.act(&format!("crash {leader}"))?;                                             // 3
//! world.run_for(SECOND);
//! assert_ne!(world.leader(), Some(leader));                                           // 4
//! assert!(world.violations().is_empty());
//!
//! world.seek(500 * MILLISECOND);                                                      // back, and on as it was
//! assert_eq!(world.leader(), Some(leader));
//! # Ok::<(), quorate_simulator::Error>(())
//! ```
//!
//! # Scripts
//!
//! A script is a world, what is done to it and what is expected of it, as text: see [`World::from_script`] and, for the format,
//! `tests/corpus/raft/README.md`.
//!
//! ```
//! use quorate_simulator::World;
//!
//! let mut world = World::from_script(
//!     "raft
//!      nodes 3
//!      seed 7
//!      until leader != none within 1s
//!      partition 1 | 2 3
//!      run 1s
//!      expect violations == none
//!      heal
//!      until converged == yes within 2s",
//! )?;
//! let report = world.run();
//! assert!(report.is_ok(), "{report}");
//! # Ok::<(), quorate_simulator::Error>(())
//! ```
//!
//! # What a world can do to its machines
//!
//! - **Network**: latency, jitter, loss, duplication, reordering, links that are cut one way or both, partitions, and rules that hold,
//!   drop or delay messages of one kind. Each message in flight can be dropped, delayed, duplicated, delivered now or held.
//! - **Machines**: crashes, restarts, pauses, slow disks, clocks that drift. A crash loses what was not acknowledged as durable; with
//!   torn writes it may leave any first part of it. What was acknowledged stays, unless the disk is wiped.
//! - **Clients** try again elsewhere until they know that an operation is done, or give up and know nothing.
//!
//! # Other ways in
//!
//! [`Storm`] draws a world and its faults from a seed, for soak tests, and makes what goes wrong as short as it can be.
//! [`Exploration`] goes through every run of a small world.
//!
//! # Features
//! - `serde`: `Serialize` on what a world shows: [`View`], [`Event`], [`Report`], [`Violation`], [`Operation`].
//! - `broken-rules`: rules of the machines can be broken, to see what each is good for. Never in what is shipped.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod action;
mod checkpoint;
mod config;
mod diagram;
mod engine;
mod error;
mod event;
mod hash;
mod invariant;
mod kind;
mod linearizable;
mod network;
mod operation;
mod payload;
mod predicate;
mod queue;
mod raft;
mod random;
mod scene;
mod script;
mod sentinel;
mod settings;
mod storm;
mod time;
mod view;
mod world;

pub use action::{Action, Deed};
pub use config::Config;
pub use error::Error;
pub use event::{Event, What};
pub use invariant::{Invariant, Violation};
pub use kind::{Kind, Setup};
pub use network::{Address, Loss, Rule, Selector};
pub use operation::{Fate, Op, Operation};
pub use payload::MessageKind;
pub use raft::action::RaftAction;
#[cfg(feature = "broken-rules")]
pub use raft::config::Broken;
pub use raft::config::{RaftConfig, Reads};
pub use raft::explore::{Exploration, Explored};
pub use raft::view::{EntryView, MembersView, ProgressView, RaftView, VoteView, WriteView};
pub use script::{Failure, Report};
pub use sentinel::action::SentinelAction;
#[cfg(feature = "broken-rules")]
pub use sentinel::config::BrokenSentinel;
pub use sentinel::config::SentinelConfig;
pub use sentinel::view::{ReplicaView, SentinelView, ServerView, WrittenView};
pub use storm::{Outcome as StormOutcome, Storm, storm};
pub use time::{MILLISECOND, SECOND, Time, parse_time, print_time};
pub use view::{ClientView, Link, MachineView, RuleView, Slow, StateView, View};
pub use world::{Done, InFlight, Moment, World};
