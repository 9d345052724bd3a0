//! Raft for C. File names and nouns are the core's.

pub mod config;
pub mod error;
pub mod membership;
pub mod message;
pub mod node;
pub mod output;
pub mod ready;
pub mod status;
pub mod trace;
mod views;
pub mod wire;
