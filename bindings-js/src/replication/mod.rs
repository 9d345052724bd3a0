//! The replication of a server, and the ledger of what is replicated.

pub mod ledger;
pub mod server;
