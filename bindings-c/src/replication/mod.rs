//! Replication between Redis servers, and the ledger of what is lost. File by file as the core has them.

pub mod config;
pub mod history;
pub mod ledger;
pub mod output;
pub mod questions;
pub mod server;
