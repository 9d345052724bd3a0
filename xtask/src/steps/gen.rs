//! `cargo xtask gen`: writes the files that are generated and committed: the C header and the Python stubs.
//! With `--check`, and in `cargo xtask test`, compares them instead.

use super::dist::{generate, generator, python_tools};
use super::target;
use crate::args::Args;
use crate::board::Progress;
use crate::cmd::{Cmd, cmd};
use crate::plan;
use crate::report::Count;
use crate::step::{Language, Step};

const HEADER: &str = "bindings-c/include/quorate.h";
/// Where the Python package is, and in it the stubs of what is written in Rust.
const PACKAGES: &str = "bindings-python/python";
const STUBS: &str = "quorate/_quorate.pyi";

pub(crate) fn r#gen(mut args: Args) -> Result<bool, String> {
    let check = args.flag("--check");
    args.end()?;
    let mut steps = vec![generator(), python_tools()];
    steps.extend(if check { checks() } else { writes() });
    Ok(plan::run(steps, Progress::Stdout).is_whole())
}

fn writes() -> Vec<Step> {
    vec![
        header(Step::build(Language::C, "header"), HEADER),
        Step::build(Language::Python, "stubs")
            .after(&["python tools"])
            .alone_in("target/py")
            .run(stubs(PACKAGES)),
    ]
}

/// The steps that compare; each is one test. They need those of [`generator`] and [`python_tools`] in the plan.
pub(crate) fn checks() -> Vec<Step> {
    let folder = target("gen");
    let fresh = format!("{folder}/quorate.h");
    vec![
        header(Step::new(Language::C, "header is up to date", Count::One), &fresh)
            .run(cmd(format!("diff -u {HEADER} {fresh}"))),
        // After the wheel, whose build this one shares.
        Step::new(Language::Python, "stubs are up to date", Count::One)
            .after(&["python tools"])
            .alone_in("target/py")
            .run(stubs(&folder))
            .run(cmd(format!("diff -u {PACKAGES}/{STUBS} {folder}/{STUBS}"))),
    ]
}

fn header(step: Step, out: &str) -> Step {
    step.after(&["generator"])
        .alone_in("target/xtask")
        .run(generate(&format!("header bindings-c {out}")))
}

fn stubs(out: &str) -> Cmd {
    cmd(".venv/bin/maturin generate-stubs --profile release --manifest-path bindings-python/Cargo.toml")
        .arg("--target-dir")
        .arg(target("py"))
        .arg("--out")
        .arg(out)
}
