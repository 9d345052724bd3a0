//! The packages, installed as their users would: a virtual environment, a Node project, a C program.

use std::fs;

use super::dist::{C_PREFIX, install_wheel};
use super::{VERSION, target};
use crate::cmd::{Cmd, cmd};
use crate::env::Tool;
use crate::step::{Language, Step};

/// The step that makes the environment of [`python_path`].
pub(crate) const PYTHON: &str = "wheel in a clean venv";
/// The step that makes the project in [`node_folder`].
pub(crate) const NODE: &str = "npm package in a project";

/// The Python of an environment that holds our wheel and nothing of ours besides.
pub(crate) fn python_path() -> String {
    target("consumer/python/bin/python")
}

pub(crate) fn node_folder() -> String {
    target("consumer/node")
}

/// An environment with the wheel alone.
pub(crate) fn python() -> Step {
    Step::build(Language::Python, PYTHON)
        .after(&["wheel"])
        .run(cmd("python3 -m venv --clear").arg(target("consumer/python")))
        .run(install_wheel(&python_path()))
}

/// A project of its own with the tarball alone.
pub(crate) fn node() -> Step {
    let folder = node_folder();
    let manifest = format!("{folder}/package.json");
    Step::build(Language::JavaScript, NODE)
        .after(&["npm package"])
        .run(cmd(format!("rm -rf {folder}")))
        .run(cmd(format!("mkdir -p {folder}")))
        .act(format!("write {manifest}"), move |_| {
            let text = "{ \"private\": true, \"type\": \"module\" }\n";
            fs::write(&manifest, text).map_err(|error| format!("cannot write {manifest}: {error}"))?;
            Ok(String::new())
        })
        .run(
            cmd("npm install --offline --no-audit --no-fund")
                .arg(tarball())
                .dir(folder),
        )
}

/// The npm package, by its whole path: npm takes a short one for a repository.
pub(crate) fn tarball() -> String {
    let root = std::env::current_dir().unwrap_or_default();
    root.join(format!("dist/quorate-{VERSION}.tgz")).display().to_string()
}

/// Compiles a C program against the installed library, as found by pkg-config.
pub(crate) fn c_program(source: &str, program: &str) -> Cmd {
    let flags = "$(pkg-config --cflags --libs quorate)";
    cmd("sh -c")
        .arg(format!(
            "cc -std=c99 -Wall -Wextra -pedantic -Werror -O2 -o {program} {source} {flags}"
        ))
        .env("PKG_CONFIG_PATH", format!("{C_PREFIX}/lib/pkgconfig"))
}

/// Runs a program that is linked to the installed library.
pub(crate) fn run_c(program: &str) -> Cmd {
    cmd(program).env("LD_LIBRARY_PATH", format!("{C_PREFIX}/lib"))
}

/// What [`c_program`] needs.
pub(crate) const C_TOOLS: [Tool; 2] = [Tool::Cc, Tool::PkgConfig];
