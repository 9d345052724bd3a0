//! The sentinel, and the discovery of clients: outputs go out in one crossing.

pub mod discovery;
mod error;
pub mod server;
mod wires;

pub(crate) use error::readable;
