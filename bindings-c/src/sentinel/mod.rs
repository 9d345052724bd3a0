//! Sentinel: the monitor that votes masters out and replicas in, and the discovery that clients build upon. File by file as the
//! core has them.

pub mod config;
pub mod discovery;
pub mod discovery_config;
pub mod discovery_output;
pub mod output;
pub mod server;
