//! The WebAssembly modules under the npm package `quorate`: one for each feature, built from the same sources.
//!
//! Each is a raw door, made to be crossed rarely: numbers in, numbers out, and everything else through memory. The names and types
//! that users see are in `ts/`, whose folders are the core's too.
//!
//! - Bytes come in through [`exchange::inbox`] or a decoder's own tail; bytes go out through [`exchange::outbox`].
//! - A decoder reports where its tape lies in a few words of its own; the other side reads the tape in place.
//! - What failed is a status; why is in [`error`], fetched only then.
#![deny(unsafe_code)]

#[cfg(feature = "resp")]
pub mod cluster;
#[cfg(feature = "sentinel")]
mod compact;
pub mod error;
pub mod exchange;
#[cfg(any(feature = "raft", feature = "sentinel", feature = "sim"))]
mod json;
#[cfg(feature = "sentinel")]
mod parts;
#[cfg(feature = "raft")]
pub mod raft;
#[cfg(feature = "sentinel")]
pub mod replication;
#[cfg(feature = "resp")]
pub mod resp;
#[cfg(feature = "sentinel")]
mod saved;
#[cfg(feature = "sentinel")]
pub mod sentinel;
#[cfg(feature = "sim")]
pub mod sim;
