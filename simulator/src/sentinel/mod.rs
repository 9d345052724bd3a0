//! A world of Sentinel: servers that replicate, sentinels that watch them, and clients that ask sentinels where to write.

pub(crate) mod action;
mod client;
pub(crate) mod config;
mod data;
pub(crate) mod drawing;
pub(crate) mod invariants;
pub(crate) mod payload;
pub(crate) mod questions;
mod redis;
mod site;
pub(crate) mod storm;
pub(crate) mod view;
mod watcher;

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use quorate::replication::{History, HistoryCause, ReplicationId};
use quorate::resp::{Bytes, Value};
use quorate::sentinel::EventKind;

use crate::network::Address;
use crate::payload::Effects;
use crate::time::Time;
use payload::{Body, Payload};
pub(crate) use site::Site;

/// A client's write: the client's number and that of its operation.
pub(crate) type Write = u64;

/// What invariants look at.
#[derive(Clone, Debug)]
pub(crate) enum Fact {
    /// A server executed a client's write: in that history, up to that offset.
    Executed {
        write: Write,
        id: ReplicationId,
        offset: u64,
    },
    /// A client was told that its write is done.
    Acknowledged(Write),
    /// A server's data was another before.
    Replaced(data::Shared),
    /// A server's data is that of this history now.
    At(History),
    /// A server's history has another name.
    Changed(History, HistoryCause),
    /// A server lost its data.
    Gone,
    /// A server heard of one of its replicas.
    Heard(u64),
    /// A server's clock ticked.
    Ticked,
    /// A server takes no notice of what it heard before: it started, or is something else.
    Forgot,
    /// A sentinel told of something, about that group, in that epoch of its failover.
    Told { kind: EventKind, group: Option<String> },
    /// A sentinel voted, for that run id in that epoch.
    Voted { group: u64, leader: String, epoch: u64 },
    /// A sentinel read other lines than it wrote, or a machine was told what cannot be.
    Broken(String),
}

// ---- who is where

const SERVER_PORT: u16 = 6_379;
const SENTINEL_PORT: u16 = 26_379;

/// What the clocks of all machines read when the world begins, in milliseconds of Unix time.
const BEGINNING_MS: i64 = 1_700_000_000_000;

/// The host that a machine is on.
fn host(node: u64) -> String {
    format!("10.0.{}.{}", node / 256, node % 256)
}

/// The machine on a host.
fn node_at(host: &str) -> Option<u64> {
    let (high, low) = host.strip_prefix("10.0.")?.split_once('.')?;
    let (high, low): (u64, u64) = (high.parse().ok()?, low.parse().ok()?);
    Some(high * 256 + low)
}

/// The host of whoever opens a connection.
fn host_of(address: Address) -> String {
    match address {
        Address::Node(node) => host(node),
        Address::Client(client) => format!("10.1.0.{client}"),
    }
}

/// The name of a group.
fn group_name(group: u64) -> String {
    format!("m{}", group + 1)
}

fn group_named(name: &str) -> Option<u64> {
    name.strip_prefix('m')?.parse::<u64>().ok()?.checked_sub(1)
}

/// The run id of a machine, in one of its lives if it has another in each.
fn run_id(node: u64, life: u64) -> String {
    let hash = crate::hash::hash(format!("{node} {life}").as_bytes());
    format!(
        "{node:04x}{life:04x}{hash:016x}{:016x}",
        hash.rotate_left(29) ^ 0x5bd1_e995
    )
}

/// The machine of a run id.
fn node_of(run_id: &str) -> Option<u64> {
    u64::from_str_radix(run_id.get(..4)?, 16).ok()
}

/// What a clock reads that is ahead by so much.
fn clock_ms(now: Time, ahead_ms: i64) -> i64 {
    BEGINNING_MS
        .saturating_add((now / 1_000).cast_signed())
        .saturating_add(ahead_ms)
}

// ---- values

fn ok() -> Value {
    Value::SimpleString("OK".into())
}

fn error(text: &str) -> Value {
    Value::SimpleError(text.into())
}

fn bulk(text: &str) -> Value {
    Value::BulkString(text.into())
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn command(words: &[&str]) -> Vec<Bytes> {
    words.iter().map(|word| Bytes::from(*word)).collect()
}

fn write_name(write: Write) -> String {
    format!("c{}#{}", write >> 32, write & 0xffff_ffff)
}

fn write_named(name: &str) -> Option<Write> {
    let (client, serial) = name.strip_prefix('c')?.split_once('#')?;
    Some(client.parse::<u64>().ok()? << 32 | serial.parse::<u64>().ok()?)
}

fn yes_or_no(yes: bool) -> String {
    if yes { "yes" } else { "no" }.to_string()
}

// ---- sending

fn send(to: Address, connection: u64, body: Body, effects: &mut Effects) {
    let payload = Payload { connection, body };
    effects.sends.push((to, crate::payload::Payload::Sentinel(payload)));
}

/// Numbers of connections: each end that opens some has its own.
#[derive(Clone, Debug)]
struct Numbers {
    last: u64,
}

impl Numbers {
    fn of(address: Address) -> Self {
        let owner = match address {
            Address::Node(node) => node,
            Address::Client(client) => 1_000_000 + client,
        };
        Self { last: owner << 32 }
    }

    fn next(&mut self) -> u64 {
        self.last += 1;
        self.last
    }
}
