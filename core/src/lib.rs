//! The high-availability logic of Redis and etcd, as plain values that do no IO.
#![no_std]
#![deny(unsafe_code)]

extern crate alloc;

pub mod cluster;
mod hash;
pub mod resp;
