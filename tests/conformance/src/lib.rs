//! Runs the test scripts of other implementations on Quorate's core, and says where the two differ.
//!
//! So far: the scripts of etcd-io/raft ([`raft`]), which are written in the format of [`datadriven`], and recorded runs of Redis
//! Sentinel ([`sentinel`]).

pub mod datadriven;
pub mod raft;
pub mod sentinel;
