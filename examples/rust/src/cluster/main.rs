//! A command to a cluster, sent wherever it belongs: `cluster HOST:PORT COMMAND [ARGUMENT...]`.
//!
//! ```console
//! $ cluster 127.0.0.1:7000 MSET a 1 b 2 c 3
//! "OK"
//! $ cluster 127.0.0.1:7000 MGET c b a
//! ["3", "2", "1"]
//! ```
//!
//! `client.rs` is the one to read: what a client has to do itself, when the core decides.

mod client;

use std::error::Error;

use quorate::cluster::{Address, RouterConfig};

use crate::client::Client;

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let usage = "usage: cluster HOST:PORT COMMAND [ARGUMENT...] | cluster HOST:PORT";
    let (seed, command) = args.split_first().ok_or(usage)?;
    let mut client = Client::new(RouterConfig {
        seeds: vec![Address::parse(seed).ok_or(usage)?],
        ..RouterConfig::default()
    })?;
    if !command.is_empty() {
        println!("{}", client.call(command)?);
        return Ok(());
    }
    // Without a command: a transaction, and whether a replica has it, and who serves what.
    let counted = client.transaction(&[vec!["INCR", "visits"], vec!["GET", "visits"]])?;
    println!("{counted}, and {:?} replicas have it", client.wait(1, 1_000));
    for range in client.map().ranges() {
        let node = client.map().node_for_slot(*range.slots.start());
        println!(
            "{:?}: {}",
            range.slots,
            node.map(|node| node.name()).unwrap_or_default()
        );
    }
    Ok(())
}
