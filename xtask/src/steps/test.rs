//! `cargo xtask test`: everything. Each step below tests a built artifact as its consumer would.

use std::fs;

use super::consumer::{self, C_TOOLS, tarball};
use super::dist::{C_PREFIX, LAB, LAB_WASM, PYTHON, REQUIREMENTS, install, install_wheel, lab, packages};
use super::{VERSION, r#gen, readme, target};
use crate::args::Args;
use crate::board::Progress;
use crate::cmd::{Cmd, cmd};
use crate::env::Tool;
use crate::plan;
use crate::report::Count;
use crate::step::{Language, Step};
use crate::wasm;

pub(crate) fn test(mut args: Args) -> Result<bool, String> {
    let only = args.choice("--only", &["rust", "python", "js", "c", "live"])?;
    args.end()?;
    let language = match only.as_deref() {
        Some("rust") => Some(Language::Rust),
        Some("python") => Some(Language::Python),
        Some("js") => Some(Language::JavaScript),
        Some("c") => Some(Language::C),
        _ => None,
    };
    let steps = plan::select(steps(), |step| match language {
        Some(language) => step.language == language,
        None => only.is_none() || step.live,
    });
    let outcome = plan::run(steps, Progress::Stdout);
    outcome.print();
    // A skip is no failure here; where CI=true it has been counted as one.
    Ok(outcome.total().failed == 0)
}

/// The step that installs the wheel where pytest and Python's peers are.
pub(crate) const PYTHON_WHEEL: &str = "wheel beside pytest";
/// The step that installs the npm package where the tests of JavaScript find it.
pub(crate) const NODE_PACKAGE: &str = "npm package beside the tests";

/// The Python of [`PYTHON_WHEEL`].
pub(crate) fn tested_python() -> String {
    target("consumer/pytest/bin/python")
}

/// The steps that build the packages and install them for the tests.
pub(crate) fn installed() -> Vec<Step> {
    let tools = target("consumer/pytest");
    let python = tested_python();
    let mut steps = packages();
    steps.extend([
        // The tests' own tools stay from run to run; the wheel comes anew.
        Step::build(Language::Python, "pytest")
            .needs(&[Tool::Python])
            .stamp(format!("{tools}/.quorate-stamp"), &[REQUIREMENTS])
            .run(cmd(format!("python3 -m venv --clear {tools}")))
            .run(install(&python, &format!("-r {REQUIREMENTS}"))),
        Step::build(Language::Python, PYTHON_WHEEL)
            .after(&["wheel", "pytest"])
            .run(install_wheel(&python)),
        // `tests` is a project of npm: what is below it imports the packed package by its name.
        Step::build(Language::JavaScript, NODE_PACKAGE)
            .after(&["npm package"])
            .run(cmd("rm -rf tests/node_modules"))
            .run(
                cmd("npm install --prefix tests --no-save --no-package-lock --offline --no-audit --no-fund")
                    .arg(tarball()),
            ),
    ]);
    steps
}

/// What is shipped keeps all rules of its machines: one step a package, after the step that makes it. That the lab's can be
/// broken shows that this can be seen.
fn shipped() -> Vec<Step> {
    let look = |language, name, package, files: String| {
        Step::new(language, name, Count::Lines)
            .needs(&[Tool::Python])
            .after(&[package])
            .run(cmd("sh -c").arg(format!("python3 tests/packaging/shipped.py {files}")))
    };
    vec![
        lab(),
        look(
            Language::JavaScript,
            "the npm package keeps all rules",
            "npm package",
            format!("dist/quorate-{VERSION}.tgz"),
        ),
        look(
            Language::JavaScript,
            "the lab can break rules",
            LAB,
            format!("--lab {LAB_WASM}"),
        ),
        look(
            Language::Python,
            "the wheel keeps all rules",
            "wheel",
            format!("dist/quorate-{VERSION}-*.whl"),
        ),
        look(
            Language::C,
            "the C library keeps all rules",
            "c library",
            format!("{C_PREFIX}/lib/libquorate.so.{VERSION} {C_PREFIX}/lib/libquorate.a"),
        ),
    ]
}

/// In the order in which they start, as far as each is ready. The steps of Rust share one target folder, so they fill one
/// lane from the start; the packages and their tests fill the other.
fn steps() -> Vec<Step> {
    let mut steps = rust();
    steps.extend(installed());
    steps.extend(r#gen::checks());
    steps.extend(javascript());
    steps.extend(python());
    steps.extend(c());
    steps.extend(shipped());
    steps.extend([consumer::python(), consumer::node()]);
    steps.extend(readme::steps());
    steps
}

fn rust() -> Vec<Step> {
    let step = |name, count| Step::new(Language::Rust, name, count).alone_in("target");
    let bare = format!("{}/wasm32-unknown-unknown/release/quorate_bare.wasm", target("wasm"));
    vec![
        Step::new(Language::Rust, "rustfmt", Count::One)
            .needs(&[Tool::Rustfmt])
            .run(cmd("cargo fmt --all --check")),
        step("rust tests", Count::Cargo).run(cmd(
            "cargo test --no-fail-fast --all-features -p quorate -p quorate-c -p quorate-conformance -p quorate-example -p quorate-raft-example -p quorate-sentinel-example -p quorate-mixed -p quorate-simulator -p quorate-soak -p xtask",
        )),
        step("clippy", Count::One).needs(&[Tool::Clippy]).run(cmd(
            "cargo clippy --workspace --all-targets --all-features -- -D warnings",
        )),
        step("rustdoc", Count::One)
            .run(cmd("cargo doc --no-deps --all-features -p quorate").env("RUSTDOCFLAGS", "-D warnings")),
        step("rust live", Count::Cargo)
            .live()
            .run(cmd("cargo test --no-fail-fast -p quorate-live")),
        Step::new(Language::Rust, "core without a host", Count::One)
            .needs(&[Tool::Wasm])
            .alone_in("target/wasm")
            .run(
                cmd("cargo build --release --package quorate-bare --target wasm32-unknown-unknown --target-dir")
                    .arg(target("wasm")),
            )
            .act(format!("look for imports in {bare}"), move |_| {
                let bytes = fs::read(&bare).map_err(|error| format!("cannot read {bare}: {error}"))?;
                let imports = wasm::imports(&bytes)?;
                match imports.is_empty() {
                    true => Ok(String::new()),
                    false => Err(format!("the core imports {} from its host", imports.join(", "))),
                }
            }),
    ]
}

fn python() -> Vec<Step> {
    let python = tested_python();
    let step = |name, count| Step::new(Language::Python, name, count).after(&[PYTHON_WHEEL]);
    vec![
        step("python tests", Count::Pytest).run(cmd(format!("{python} -m pytest -q -rs tests/python"))),
        step("python live", Count::Pytest)
            .live()
            .run(cmd(format!("{python} -m pytest -q -rs tests/live/python"))),
        step("stubtest", Count::One).run(cmd(format!("{python} -m mypy.stubtest quorate"))),
        step("mypy --strict", Count::One).run(cmd(format!(
            "{python} -m mypy --strict examples/client.py examples/raft.py examples/world.py"
        ))),
        Step::new(Language::Python, "ruff", Count::One)
            .after(&["python tools"])
            .run(ruff("check"))
            .run(ruff("format --check")),
    ]
}

fn ruff(what: &str) -> Cmd {
    cmd(format!(
        "{PYTHON} -m ruff {what} --config bindings-python/pyproject.toml"
    ))
    .arg("bindings-python")
    .arg("tests")
    .arg("examples")
    .arg("benches")
}

fn javascript() -> Vec<Step> {
    let step = |name, count| {
        Step::new(Language::JavaScript, name, count)
            .needs(&[Tool::Node])
            .after(&[NODE_PACKAGE])
    };
    vec![
        step("node tests", Count::Node)
            .after(&[LAB])
            .run(cmd("node tests/js/run.mjs js")),
        step("packaging", Count::Node).run(cmd("node tests/js/run.mjs packaging")),
        step("browser", Count::Node)
            .needs(&[Tool::Chromium])
            .run(cmd("node tests/js/run.mjs browser")),
        step("node live", Count::Node)
            .live()
            .run(cmd("node tests/js/run.mjs live/js")),
    ]
}

fn c() -> Vec<Step> {
    let out = target("consumer/c");
    vec![
        Step::new(Language::C, "c tests", Count::Lines)
            .needs(&[Tool::Cc, Tool::Cxx, Tool::PkgConfig, Tool::Cmake, Tool::Valgrind])
            .after(&["c library"])
            .run(cmd(format!("bash tests/c/run.sh {C_PREFIX} {out}"))),
        Step::new(Language::C, "c live", Count::Lines)
            .needs(&C_TOOLS)
            .after(&["c library"])
            .live()
            .run(cmd(format!("bash tests/live/c/run.sh {C_PREFIX} {out}-live"))),
    ]
}
