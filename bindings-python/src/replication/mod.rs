//! `quorate.replication`: offsets and histories of Redis servers, and what of them is lost.

pub(crate) mod ledger;
mod output;
pub(crate) mod server;

/// The module whose classes these are made of and into.
const MODULE: &str = "quorate._replication";
