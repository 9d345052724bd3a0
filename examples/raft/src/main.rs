//! A member of a Raft group as a process: a map that is replicated over TCP and survives the loss of fewer than half its members.
//!
//! ```console
//! $ raft-node --id 1 --peers 1=127.0.0.1:7001,2=127.0.0.1:7002,3=127.0.0.1:7003 --data /tmp/node-1
//! $ echo "PUT colour blue" | nc 127.0.0.1 7001
//! OK
//! ```
//!
//! From the inside out: `map.rs` is what is replicated, `storage.rs` the disk, `network.rs` the wire, and `server.rs` drives the
//! node between them. That file is the one to read first: it is the contract of `quorate::raft`, step by step. All else is what
//! any Raft needs around it.
//!
//! Clients send lines and get a line for each:
//!
//! | request | answer |
//! |---|---|
//! | `PUT key value` | `OK` |
//! | `CAS key expected value`, `-` for none | `OK`, or `NO found` |
//! | `GET key`, of any member | `VALUE value`, or `NONE`: linearizable, as if there were one map |
//! | `STATUS` | what this member knows |
//! | `DUMP` | `DUMP n` and this member's own n pairs, which may be old |
//!
//! or else, whatever was asked for, `LEADER id address`: nothing was done, ask there; `RETRY`: nothing was done, nobody leads;
//! `UNKNOWN`: it may be done or not; `ERR why`.
//!
//! The members are fixed by `--peers`, the same for all. The process has no way to stop but to be killed: whatever moment that is,
//! it starts again from its folder.

mod map;
mod network;
mod server;
mod storage;

use std::collections::BTreeMap;
use std::error::Error;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::mpsc::sync_channel;

use quorate::raft::NodeId;

use crate::network::Peers;
use crate::server::Server;
use crate::storage::Storage;

const USAGE: &str =
    "usage: raft-node --id N --peers 1=HOST:PORT,2=HOST:PORT,... --data FOLDER [--snapshot-every ENTRIES]";
/// Events that wait for the server. Who has more to say waits.
const EVENTS: usize = 4096;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("raft-node: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let options = Options::parse(std::env::args().skip(1)).ok_or(USAGE)?;
    let members = options.members;
    let own = members.get(&options.id).ok_or("--peers does not name --id")?;
    let voters: Vec<NodeId> = members.keys().copied().collect();

    let storage = Storage::open(&options.data, &voters)?;
    let listener = TcpListener::bind(own)?;
    let (sender, events) = sync_channel(EVENTS);
    let others = members.iter().filter(|(id, _)| **id != options.id);
    let peers = Peers::new(others.map(|(id, address)| (*id, *address)), &sender);
    let mut server = Server::new(options.id, members, storage, peers, options.snapshot_every)?;
    network::listen(listener, sender);
    server.run(&events)
}

struct Options {
    id: NodeId,
    members: BTreeMap<NodeId, SocketAddr>,
    data: PathBuf,
    /// How many entries are applied between two snapshots.
    snapshot_every: u64,
}

impl Options {
    fn parse(mut args: impl Iterator<Item = String>) -> Option<Self> {
        let (mut id, mut members, mut data, mut snapshot_every) = (None, None, None, 10_000);
        while let Some(name) = args.next() {
            let value = args.next()?;
            match name.as_str() {
                "--id" => id = Some(value.parse().ok()?),
                "--peers" => members = Some(value.split(',').map(member).collect::<Option<_>>()?),
                "--data" => data = Some(PathBuf::from(value)),
                "--snapshot-every" => snapshot_every = value.parse().ok().filter(|entries| *entries > 0)?,
                _ => return None,
            }
        }
        Some(Self {
            id: id?,
            members: members?,
            data: data?,
            snapshot_every,
        })
    }
}

fn member(text: &str) -> Option<(NodeId, SocketAddr)> {
    let (id, address) = text.split_once('=')?;
    Some((id.parse().ok()?, address.parse().ok()?))
}
