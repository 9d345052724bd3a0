//! Measures the core beside its peers in Rust, and writes the workloads that the programs in `python/` and `js/` measure with.
//!
//! Results are lines of JSON: `suite`, `workload`, `language`, `peer`, `ours_ns` and `peer_ns` (a unit of work, medians), `ratio`
//! (ours divided by the peer's, the median of pairs) and `unit`. A peer `limit: ...` is no peer but what the machine can do.

mod raft;
mod report;
mod resp;
mod sentinel;
mod simulator;
mod slots;
mod workloads;

use std::path::Path;
use std::process::ExitCode;

const USAGE: &str = "usage: quorate-benches raft|resp|sentinel|simulator|slots [--json]
       quorate-benches gen DIR";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args[..] {
        ["raft"] | ["raft", "--json"] => raft::run(),
        ["resp"] | ["resp", "--json"] => resp::run(),
        ["sentinel"] | ["sentinel", "--json"] => sentinel::run(),
        ["simulator"] | ["simulator", "--json"] => simulator::run(),
        ["slots"] | ["slots", "--json"] => slots::run(),
        ["gen", dir] => {
            if let Err(error) = workloads::write(Path::new(dir)) {
                eprintln!("cannot write the workloads to {dir}: {error}");
                return ExitCode::FAILURE;
            }
        }
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}
