//! `raftpb` and `eraftpb`: a value is in the inbox and its bytes go to the outbox, or the other way round.
#![allow(missing_docs, reason = "the names say it")]

use quorate::raft::wire::{self, Dialect};
use wasm_bindgen::prelude::wasm_bindgen;

use super::codec::Reader;
use super::error;
use super::node::left;
use crate::exchange;

fn dialect(raft_rs: bool) -> Dialect {
    if raft_rs { Dialect::RaftRs } else { Dialect::Etcd }
}

#[wasm_bindgen]
pub fn encode_message(len: usize, raft_rs: bool) {
    let message = Reader::read(len, |inbox| inbox.message());
    exchange::leave(wire::encode_message(&message, dialect(raft_rs)));
}

#[wasm_bindgen]
pub fn decode_message(len: usize, raft_rs: bool) -> bool {
    let decoded = exchange::read(len, |bytes| wire::decode_message(bytes, dialect(raft_rs)));
    error::wire(decoded).is_some_and(|message| left(|outbox| outbox.message(&message)))
}

/// What goes in or out, and the function of the core that does it.
macro_rules! codecs {
    ($($encode:ident, $decode:ident, $value:ident, $core_encode:ident, $core_decode:ident;)+) => {
        $(#[wasm_bindgen]
        pub fn $encode(len: usize) {
            let value = Reader::read(len, |inbox| inbox.$value());
            exchange::leave(wire::$core_encode(&value));
        }

        #[wasm_bindgen]
        pub fn $decode(len: usize) -> bool {
            let decoded = exchange::read(len, wire::$core_decode);
            error::wire(decoded).is_some_and(|value| left(|outbox| outbox.$value(&value)))
        })+
    };
}

codecs! {
    encode_entry, decode_entry, entry, encode_entry, decode_entry;
    encode_hard_state, decode_hard_state, hard_state, encode_hard_state, decode_hard_state;
    encode_snapshot, decode_snapshot, snapshot, encode_snapshot, decode_snapshot;
    encode_conf_change, decode_conf_change, change, encode_change_v2, decode_change_v2;
    encode_conf_change_v1, decode_conf_change_v1, change_v1, encode_change_v1, decode_change_v1;
}

/// Leaves the change that an entry holds. 0 if it holds none, 1 if it does, 2 if its bytes are not one.
#[wasm_bindgen]
pub fn entry_conf_change(len: usize) -> u32 {
    let entry = Reader::read(len, |inbox| inbox.entry());
    match error::wire(entry.conf_change()) {
        Some(Some(change)) => {
            left(|outbox| outbox.change(&change));
            1
        }
        Some(None) => 0,
        None => 2,
    }
}
