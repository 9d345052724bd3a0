//! `cargo xtask`: sets up, builds, packs, tests, measures and shows the whole project.
//!
//! Each command is a list of steps as data (`steps/`), run by `plan`: every command line is printed before it runs, as a
//! reader could type it at the project's root.

mod args;
mod board;
mod cmd;
mod env;
mod plan;
mod process;
mod report;
mod server;
mod step;
mod steps;
mod table;
mod wasm;

use std::path::PathBuf;
use std::process::ExitCode;

use args::Args;

const USAGE: &str = "usage: cargo xtask COMMAND

  demo [--live] [--no-serve]    build and install the packages, run the same client and the same simulated world in Rust, Python,
                                Node and C, and draw that world.
                                --live talks to a redis-server of its own; --no-serve always ends by itself
  test [--only WHAT]            run everything, or only rust, python, js, c or live
  dist [--only LANGUAGE | --lab]
                                build dist/*.whl, dist/*.tgz and dist/c, or only python, js or c; or dist/lab: the simulator for
                                browsers, with rules that can be broken, for lessons
  gen [--check]                 write what is generated: the C header and the Python stubs; --check compares instead
  bench [SUITE] [--json]        measure us beside our peers; suites: raft, resp, simulator, slots
  conformance raft PATH...      run etcd-io/raft's scripts, which PATHs name or hold, and print where we differ
  soak raft [--seeds N] [--from S] [--jobs J] [--broken RULE]
                                run N storms of the simulator, from seed S on, J at a time; print what goes wrong as a script
  record                        write anew what a real redis-server answers, into tests/corpus/recordings

Whatever is missing on the machine is installed, or the command to install it is printed.";

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("xtask: {error}");
            ExitCode::from(2)
        }
    }
}

/// Whether all went well.
fn run() -> Result<bool, String> {
    let root = root()?;
    let here = std::env::current_dir().map_err(|error| format!("cannot tell where we are: {error}"))?;
    std::env::set_current_dir(&root).map_err(|error| format!("cannot enter {}: {error}", root.display()))?;
    let mut args = Args::new(std::env::args().skip(1));
    match args.word().as_deref() {
        Some("demo") => steps::demo::demo(args),
        Some("test") => steps::test::test(args),
        Some("dist") => steps::dist::dist(args),
        Some("gen") => steps::r#gen::r#gen(args),
        Some("bench") => steps::bench::bench(args),
        Some("conformance") => steps::conformance::conformance(&here, args),
        Some("soak") => steps::soak::soak(args),
        Some("record") => {
            args.end()?;
            steps::record::record(&root).map(|()| true)
        }
        Some("help") | None => {
            println!("{USAGE}");
            Ok(true)
        }
        Some(other) => Err(format!("there is no command {other:?}\n\n{USAGE}")),
    }
}

/// The project's folder: the parent of this package's, as the cargo that runs us says.
fn root() -> Result<PathBuf, String> {
    let package = std::env::var_os("CARGO_MANIFEST_DIR").ok_or("start me as `cargo xtask`")?;
    let package = PathBuf::from(package);
    Ok(package
        .parent()
        .ok_or("this package has no parent folder")?
        .to_path_buf())
}
