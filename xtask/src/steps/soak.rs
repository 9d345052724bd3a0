//! `cargo xtask soak`: storms of the simulator, for as long as one likes.

use super::target;
use crate::args::Args;
use crate::cmd::cmd;

/// Runs them. Whether all held.
pub(crate) fn soak(args: Args) -> Result<bool, String> {
    let words = args.rest();
    let mut line = cmd("cargo run --quiet --release --package quorate-soak");
    if words.iter().any(|word| word == "--broken") {
        // In a folder of its own: what can break rules and what cannot do not throw each other's builds away.
        line = line
            .arg("--features")
            .arg("broken-rules")
            .arg("--target-dir")
            .arg(target("lab"));
    }
    line = words.into_iter().fold(line.arg("--"), |line, word| line.arg(word));
    line = line.arg("--out").arg(target("soak"));
    println!("$ {line}");
    let status = line.command().status();
    Ok(status
        .map_err(|error| format!("cannot start cargo: {error}"))?
        .success())
}
