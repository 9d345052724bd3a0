//! The Python bindings: convert, call the core, convert back.
//!
//! One extension module holds everything; `python/quorate/*.py` lays it out in the modules that users import, and defines in
//! Python what is better there: exceptions and values. A class here is frozen and holds its state behind a lock, so an object
//! may be shared between threads, with or without a global interpreter lock.

mod cluster;
mod data;
mod error;
mod lock;
mod object;
mod raft;
mod replication;
mod resp;
mod sentinel;
mod sim;
mod state;

use pyo3::prelude::*;

/// What `quorate` is built on. Import `quorate.resp`, `quorate.cluster`, `quorate.raft` and so on in its place.
#[pymodule]
mod _quorate {
    #[pymodule_export]
    use super::cluster::{group_by_slot, hash_tag, key_slot, key_slots, tag_for_slot};
    #[pymodule_export]
    use super::raft::{
        members::Members,
        message::{Entry, Message},
        node::Node,
        ready::ReadyNode,
        wire::{
            decode_conf_change, decode_conf_change_v1, decode_hard_state, decode_snapshot, encode_conf_change,
            encode_conf_change_v1, encode_hard_state, encode_snapshot,
        },
    };
    #[pymodule_export]
    use super::replication::{ledger::Ledger, server::Server};
    #[pymodule_export]
    use super::resp::{
        command::{Prefix, encode_command, encode_pipeline},
        decoder::Decoder,
        encoder::{Encoder, encode},
        request::{RequestDecoder, split_inline},
    };
    #[pymodule_export]
    use super::sentinel::{discovery::Discovery, server::Sentinel};
    #[pymodule_export]
    use super::sim::World;

    /// How many slots a cluster has.
    #[pymodule_export]
    const SLOTS: u16 = quorate::cluster::SLOTS;

    #[allow(non_upper_case_globals)]
    #[pymodule_export]
    const __version__: &str = env!("CARGO_PKG_VERSION");
}
