//! `cargo xtask conformance`: the test scripts of other implementations, run on the core.

use std::path::Path;

use crate::args::Args;
use crate::cmd::cmd;

/// Runs the scripts. Paths are as they were typed `here`. Whether all went well.
pub(crate) fn conformance(here: &Path, args: Args) -> Result<bool, String> {
    let mut line = cmd("cargo run --quiet --package quorate-conformance --");
    for word in args.rest() {
        let path = here.join(&word);
        line = line.arg(match path.exists() {
            true => path.display().to_string(),
            false => word,
        });
    }
    println!("$ {line}");
    let status = line.command().status();
    Ok(status
        .map_err(|error| format!("cannot start cargo: {error}"))?
        .success())
}
