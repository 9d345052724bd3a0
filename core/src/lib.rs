//! The high-availability logic of Redis and etcd, as plain values that do no IO.
//!
//! Quorate opens no socket, reads no clock and keeps no file: bytes and events go in, bytes and decisions come out. It is
//! `no_std` with `alloc`, so that the compiler checks this, and the same config and inputs give the same outputs on every
//! platform.
//!
//! | module | what it is |
//! |---|---|
//! | [`resp`] | the wire of Redis: replies and requests, RESP2 and RESP3 |
//! | [`cluster`] | which slot a key belongs to |
//! | [`raft`] | a member of a Raft group |
//! | [`replication`] | what a Redis server owes its replicas and its primary, and what is lost |
//! | [`sentinel`] | the monitor of Redis masters and replicas, its votes and failovers |
//!
//! # Features
//! - `serde`: `Serialize` and `Deserialize` on values, limits, errors and machine states.
//! - `broken-rules`: rules of Raft can be broken, so that tests see what each is good for. Never in what is shipped.
#![no_std]
#![deny(unsafe_code)]

extern crate alloc;

pub mod cluster;
mod hash;
pub mod raft;
mod random;
pub mod replication;
pub mod resp;
pub mod sentinel;
