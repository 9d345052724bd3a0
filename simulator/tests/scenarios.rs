//! The scenarios of `tests/corpus/*/scenarios`. `QUORATE_BLESS=1` writes their hashes anew.

use std::fs;
use std::path::{Path, PathBuf};

use quorate_simulator::{Report, World};

fn scenarios(folder: &str) -> Vec<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../tests/corpus")
        .join(folder);
    let entries = fs::read_dir(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut files: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "txt"));
    files.sort();
    files
}

fn run(file: &Path) -> Report {
    let text = fs::read_to_string(file).expect("a scenario");
    let mut world = World::from_script(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let report = world.run();
    if std::env::var_os("QUORATE_BLESS").is_none() {
        return report;
    }
    let mut lines: Vec<String> = text.lines().map(String::from).collect();
    for (line, hash) in &report.hashes {
        lines[line - 1] = format!("hash {hash:016x}");
    }
    fs::write(file, lines.join("\n") + "\n").expect("the scenario can be written");
    World::from_script(&fs::read_to_string(file).expect("a scenario"))
        .expect("a scenario")
        .run()
}

fn run_all(folder: &str) -> usize {
    let files = scenarios(folder);
    let mut failed = Vec::new();
    for file in &files {
        let report = run(file);
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        assert_eq!(report.hashes.len(), 1, "{name} ends with a hash");
        if !report.is_ok() {
            failed.push(format!("{name}\n{report}"));
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n\n"));
    files.len()
}

#[test]
fn every_scenario_goes_as_it_says() {
    assert!(run_all("raft/scenarios") >= 19);
}

#[test]
fn every_scenario_of_sentinels_goes_as_it_says() {
    assert!(run_all("sentinel/scenarios") >= 1);
}

#[test]
fn every_scenario_of_broken_rules_shows_what_they_are_good_for() {
    assert!(run_all("raft/scenarios/broken") >= 4);
}

#[test]
fn what_is_not_as_expected_is_said_with_its_line() {
    let script =
        "raft\nnodes 3\nuntil leader != none within 2s\nexpect leader == 7\nexpect commit 1 == 99 within 50ms\n";
    let report = World::from_script(script).expect("a script").run();
    let lines: Vec<usize> = report.failures.iter().map(|failure| failure.line).collect();
    assert_eq!(lines, [4, 5]);
    assert!(
        report.failures[1].text.contains("expected commit 1 == 99, found 2"),
        "{report}"
    );
}

#[test]
fn a_line_that_cannot_be_read_is_named() {
    for (script, line) in [
        ("raft\nnodes 3\nfly 1\n", 3),
        ("nodes 3\n", 1),
        ("\n# prose\npaxos\n", 3),
        ("# prose alone", 1),
        ("raft\nexpect leader\n", 2),
        ("raft\nexpect wings 1 == 2\n", 2),
        ("raft\ncrash 1\nnodes 4\n", 3),
        ("raft\nlatency 5\n", 2),
        ("raft\n\nexpect commit == 3\n", 3),
    ] {
        let error = World::from_script(script).err().unwrap_or_else(|| panic!("{script}"));
        assert_eq!(error.code(), "invalid_script");
        assert!(error.to_string().starts_with(&format!("line {line}: ")), "{error}");
    }
}
