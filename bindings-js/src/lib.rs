//! The WebAssembly module under the npm package `quorate`.
//!
//! It is a raw door, made to be crossed rarely: numbers in, numbers out, and everything else through memory. The names and types
//! that users see are in `ts/`, whose folders are the core's too.
//!
//! - Bytes come in through [`exchange::inbox`] or a decoder's own tail; bytes go out through [`exchange::outbox`].
//! - A decoder reports where its tape lies in a few words of its own; the other side reads the tape in place.
//! - What failed is a status; why is in [`error`], fetched only then.
#![deny(unsafe_code)]

pub mod cluster;
pub mod error;
pub mod exchange;
pub mod resp;
