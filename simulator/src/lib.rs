//! A seeded world of many machines: a virtual clock and network, faults, invariants, scenario scripts.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod action;
mod checkpoint;
mod config;
mod engine;
mod error;
mod event;
mod explore;
mod hash;
mod machine;
mod network;
mod predicate;
mod queue;
mod raft;
mod random;
mod script;
mod storm;
mod time;
mod world;

pub use action::Action;
#[cfg(feature = "broken-rules")]
pub use config::Broken;
pub use config::{Config, Reads};
pub use error::Error;
pub use event::{Event, What};
pub use explore::{Exploration, Explored};
pub use machine::Kind;
pub use network::{Address, Loss, Rule, Selector};
pub use raft::invariants::{Invariant, Violation};
pub use raft::linearizable::{Fate, Operation};
pub use raft::{Op, Outcome};
pub use script::{Failure, Report};
pub use storm::{Outcome as StormOutcome, Storm};
pub use time::{MILLISECOND, SECOND, Time, parse_time, print_time};
pub use world::{Done, InFlight, Moment, World};
