//! `quorate.raft`: the Raft node.

mod classes;
mod config;
pub(crate) mod members;
pub(crate) mod message;
pub(crate) mod node;
mod output;
pub(crate) mod ready;
mod trace;
pub(crate) mod wire;

pub(crate) use crate::object::snake_case;
