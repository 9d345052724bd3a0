//! Runs etcd-io/raft's scripts, where they lie beside the project, and our own of the same kind. All must match to the letter.

use std::path::Path;
use std::process::ExitCode;

use quorate_conformance::raft::{self, Level};

/// Where scripts are, from the project's root: their own, which are no part of the project, and ours.
const FOLDERS: [&str; 4] = [
    "../shared/peers/etcd-raft/quorum",
    "../shared/peers/etcd-raft/confchange",
    "../shared/peers/etcd-raft/testdata",
    "tests/corpus/raft/conformance",
];

fn main() -> ExitCode {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let (mut passed, mut failed, mut ignored) = (0, 0, 0);
    for folder in FOLDERS {
        let ours = folder.starts_with("tests/");
        let scripts = match raft::scripts(&root.join(folder)) {
            Ok(scripts) if !scripts.is_empty() => scripts,
            _ if ours => {
                println!("test {folder} ... FAILED, there is no script in it");
                failed += 1;
                continue;
            }
            _ => {
                println!("SKIP {folder}: it is not on this machine");
                println!("test {folder} ... ignored, it is not on this machine");
                ignored += 1;
                continue;
            }
        };
        for script in scripts {
            let name = name(folder, &script);
            match run(&script) {
                Ok(commands) => {
                    println!("test {name} ({commands} commands) ... ok");
                    passed += 1;
                }
                Err(error) => {
                    println!("test {name} ... FAILED\n{error}");
                    failed += 1;
                }
            }
        }
    }
    let result = if failed == 0 { "ok" } else { "FAILED" };
    println!(
        "\ntest result: {result}. {passed} passed; {failed} failed; {ignored} ignored; 0 measured; 0 filtered out"
    );
    match failed {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

fn name(folder: &str, script: &Path) -> String {
    let file = script.file_name().unwrap_or_default();
    format!("{folder}/{}", file.to_string_lossy())
}

/// How many commands the script has, or where it differs.
fn run(script: &Path) -> Result<usize, String> {
    let text = std::fs::read_to_string(script).map_err(|error| error.to_string())?;
    let report = raft::run(&text)?;
    let differences: Vec<String> = report
        .differences(Level::Verbatim)
        .map(|outcome| {
            format!(
                "line {}: expected\n{}found\n{}",
                outcome.case.line, outcome.case.expected, outcome.found
            )
        })
        .collect();
    match differences.is_empty() {
        true => Ok(report.outcomes.len()),
        false => Err(differences.join("\n")),
    }
}
