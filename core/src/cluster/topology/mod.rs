//! From what servers say of a cluster to a [`SlotMap`](super::SlotMap): `CLUSTER SLOTS`, `SHARDS` and `NODES`.

mod error;
mod nodes;
mod reply;

pub use error::TopologyError;
