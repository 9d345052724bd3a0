//! A sentinel as a process, which takes its seat among real ones: a drop-in for `redis-sentinel`, as far as it goes.
//!
//! ```console
//! $ cat sentinel.conf
//! port 26379
//! sentinel monitor mymaster 127.0.0.1 6379 2
//! sentinel down-after-milliseconds mymaster 5000
//! $ sentinel-node sentinel.conf
//! ```
//!
//! `driver.rs` is the one to read first: it is the contract of `quorate::sentinel`, step by step. `network.rs` is the wire, and
//! `file.rs` the configuration file, in which everything is kept that must survive: whatever moment the process is killed at, it
//! starts again from there, and never votes twice.
//!
//! The file is that of a real sentinel. Of what is no `sentinel` line, `port`, `bind` (one address, which is also where the others
//! are told to reach it) and `requirepass` are heeded, and the rest is left as it is. Events go to the standard error output, line
//! by line. Scripts are run if the second argument is `--scripts`, and otherwise fail as if they could not be started.

mod driver;
mod file;
mod network;

use std::error::Error;
use std::net::TcpListener;
use std::process::ExitCode;
use std::sync::mpsc::sync_channel;

use crate::driver::Driver;
use crate::file::ConfigFile;

/// Events that wait for the driver. Who has more to say waits.
const EVENTS: usize = 4096;

fn main() -> ExitCode {
    run().unwrap_or_else(|error| {
        eprintln!("sentinel-node: {error}");
        ExitCode::FAILURE
    })
}

fn run() -> Result<ExitCode, Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (path, scripts) = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [path] => (path, false),
        [path, "--scripts"] => (path, true),
        _ => return Err("usage: sentinel-node CONFIG [--scripts]".into()),
    };
    let file = ConfigFile::open(path)?;
    let listener = TcpListener::bind((file.bind(), file.port()?))?;
    let (sender, events) = sync_channel(EVENTS);
    let mut driver = Driver::new(file, sender.clone(), scripts)?;
    network::listen(listener, sender);
    driver.run(&events)
}
