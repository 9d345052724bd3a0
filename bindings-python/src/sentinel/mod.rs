//! `quorate.sentinel`: a sentinel among others, and what clients find servers with.

mod config;
pub(crate) mod discovery;
mod output;
pub(crate) mod server;
mod wires;

/// The module whose classes these are made of and into.
const MODULE: &str = "quorate._sentinel";
