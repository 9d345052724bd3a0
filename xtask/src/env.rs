//! The tools that steps need: finding them, and installing what is missing by the ordinary clients.
//!
//! A machine is expected to have rustup's cargo, python3, node and gcc. The rest is a rustup component or target, or a
//! package of apt; what cannot be installed from here comes back with the exact command to type.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use crate::cmd::{Cmd, cmd};

/// Something outside the project that a step runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Tool {
    Rustfmt,
    Clippy,
    /// The target wasm32-unknown-unknown.
    Wasm,
    /// Python 3.11 or newer that can make virtual environments.
    Python,
    /// Node 20.19 or newer, with npm.
    Node,
    Cc,
    Cxx,
    PkgConfig,
    Cmake,
    Valgrind,
    Redis,
    Chromium,
}

/// How a tool comes onto the machine.
enum Source {
    Rustup(&'static str),
    Apt(&'static str),
    /// Outside of what an ordinary client installs: what to type or to get.
    ByHand(&'static str),
}

impl Tool {
    fn source(self) -> Source {
        match self {
            Self::Rustfmt => Source::Rustup("rustup component add rustfmt"),
            Self::Clippy => Source::Rustup("rustup component add clippy"),
            Self::Wasm => Source::Rustup("rustup target add wasm32-unknown-unknown"),
            Self::Python if !runs("python3", &["-c", PYTHON_IS_NEW]) => Source::ByHand("install Python 3.11 or newer"),
            Self::Python => Source::Apt("python3-venv"),
            Self::Node => Source::ByHand("install Node 20.19 or newer, with npm, from https://nodejs.org"),
            Self::Cc => Source::Apt("gcc libc6-dev"),
            Self::Cxx => Source::Apt("g++"),
            Self::PkgConfig => Source::Apt("pkg-config"),
            Self::Cmake => Source::Apt("cmake make"),
            Self::Valgrind => Source::Apt("valgrind"),
            Self::Redis => Source::Apt("redis-server"),
            Self::Chromium => Source::Apt("chromium"),
        }
    }

    fn is_there(self) -> bool {
        match self {
            Self::Rustfmt => runs("cargo", &["fmt", "--version"]),
            Self::Clippy => runs("cargo", &["clippy", "--version"]),
            Self::Wasm => wasm_target_is_there(),
            Self::Python => {
                runs("python3", &["-c", PYTHON_IS_NEW]) && runs("python3", &["-c", "import venv, ensurepip"])
            }
            Self::Node => runs("node", &["-e", NODE_IS_NEW]) && runs("npm", &["--version"]),
            Self::Cc => runs("cc", &["--version"]),
            Self::Cxx => runs("c++", &["--version"]),
            Self::PkgConfig => runs("pkg-config", &["--version"]),
            Self::Cmake => runs("cmake", &["--version"]) && runs("make", &["--version"]),
            Self::Valgrind => runs("valgrind", &["--version"]),
            Self::Redis => runs("redis-server", &["--version"]),
            Self::Chromium => runs("chromium", &["--version"]),
        }
    }
}

const PYTHON_IS_NEW: &str = "import sys; sys.exit(sys.version_info < (3, 11))";
const NODE_IS_NEW: &str = "const [major, minor] = process.versions.node.split('.').map(Number); \
     process.exit(major > 20 || (major === 20 && minor >= 19) ? 0 : 1)";

/// Installs those of `tools` that are missing, through `run`, which prints a command and runs it. What is still missing
/// afterwards comes back with the way to get it.
pub(crate) fn provide(tools: &BTreeSet<Tool>, run: impl Fn(&Cmd)) -> BTreeMap<Tool, String> {
    let missing: Vec<Tool> = tools.iter().copied().filter(|tool| !tool.is_there()).collect();
    let mut packages = Vec::new();
    for tool in &missing {
        match tool.source() {
            Source::Rustup(line) if runs("rustup", &["--version"]) => run(&cmd(line)),
            Source::Apt(names) => packages.extend(names.split(' ')),
            Source::Rustup(_) | Source::ByHand(_) => {}
        }
    }
    if !packages.is_empty() && is_root() && runs("apt-get", &["--version"]) {
        let quiet = |line: &str| cmd(line).env("DEBIAN_FRONTEND", "noninteractive");
        run(&quiet("apt-get update"));
        let install = quiet("apt-get install -y --no-install-recommends");
        run(&packages.into_iter().fold(install, Cmd::arg));
    }
    let still = missing.into_iter().filter(|tool| !tool.is_there());
    still.map(|tool| (tool, way(tool))).collect()
}

/// What to type to get a tool.
fn way(tool: Tool) -> String {
    match tool.source() {
        Source::Rustup(line) => format!("type: {line}"),
        Source::Apt(names) => format!("type: sudo apt-get install -y {names}"),
        Source::ByHand(what) => what.into(),
    }
}

fn wasm_target_is_there() -> bool {
    let mut command = Command::new("rustc");
    command.args(["--print", "target-libdir", "--target", "wasm32-unknown-unknown"]);
    command.output().is_ok_and(|output| {
        let folder = String::from_utf8_lossy(&output.stdout);
        output.status.success() && Path::new(folder.trim()).is_dir()
    })
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output();
    id.is_ok_and(|output| output.stdout == b"0\n")
}

fn runs(program: &str, args: &[&str]) -> bool {
    Command::new(program)
        .args(args)
        .output()
        .is_ok_and(|output| output.status.success())
}
