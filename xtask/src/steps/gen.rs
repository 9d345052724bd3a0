//! `cargo xtask gen`: writes the files that are generated and committed: the C header and the Python stubs.
//! With `--check`, and in `cargo xtask test`, compares them instead.

use super::dist::{generate, generator};
use super::target;
use crate::args::Args;
use crate::board::Progress;
use crate::cmd::cmd;
use crate::plan;
use crate::report::Count;
use crate::step::{Language, Step};

const HEADER: &str = "bindings-c/include/quorate.h";

pub(crate) fn r#gen(mut args: Args) -> Result<bool, String> {
    let check = args.flag("--check");
    args.end()?;
    let steps = if check { checks() } else { writes() };
    Ok(plan::run(steps, Progress::Stdout).is_whole())
}

fn writes() -> Vec<Step> {
    vec![
        generator(),
        Step::build(Language::C, "header")
            .after(&["generator"])
            .alone_in("target/xtask")
            .run(generate(&format!("header bindings-c {HEADER}"))),
    ]
}

/// The steps that compare; each is one test.
pub(crate) fn checks() -> Vec<Step> {
    let header = format!("{}/quorate.h", target("gen"));
    vec![
        generator(),
        Step::new(Language::C, "header is up to date", Count::One)
            .after(&["generator"])
            .alone_in("target/xtask")
            .run(generate(&format!("header bindings-c {header}")))
            .run(cmd(format!("diff -u {HEADER} {header}"))),
    ]
}
