//! `quorate-conformance raft [--level L1|L2|L3] [--rewrite] PATH...`: runs scripts, prints where they differ, and counts.
//! `quorate-conformance sentinel FOLDER...`: likewise for recorded runs.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use quorate_conformance::raft::{self, Level, Outcome, Report};
use quorate_conformance::sentinel;

const USAGE: &str = "usage: cargo xtask conformance raft [--level L1|L2|L3] [--rewrite] PATH...

Runs etcd-io/raft's scripts, which PATHs name or hold: interactions, quorums and changes of membership.
  --level    how closely what is printed must match, where L1 is to the letter, L2 (the default) but for
             lines of the log, and L3 only what raft-state, raft-log and status print
  --rewrite  write what the scripts print now into them

usage: cargo xtask conformance sentinel FOLDER...

Puts the core's Sentinel in the place of each sentinel of a recorded run, whose frames.jsonl and events.jsonl a FOLDER
holds, and compares what it publishes, answers and sends, timing apart.";

fn main() -> ExitCode {
    match run(std::env::args().skip(1).collect()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}

struct Options {
    level: Level,
    rewrite: bool,
    paths: Vec<PathBuf>,
}

/// Whether all scripts did what they should.
fn run(words: Vec<String>) -> Result<bool, String> {
    if let [machine, folders @ ..] = &words[..]
        && machine == "sentinel"
        && !folders.is_empty()
    {
        return run_recordings(folders);
    }
    let options = options(words)?;
    let mut scripts = Vec::new();
    for path in &options.paths {
        scripts.extend(raft::scripts(path)?);
    }
    if scripts.is_empty() {
        return Err("there is no script there".to_string());
    }
    let mut counts = Counts::default();
    for script in &scripts {
        run_script(script, &options, &mut counts)?;
    }
    println!();
    for (level, name) in LEVELS {
        let count = counts.files[level as usize];
        println!("{name}: {count} of {} scripts without a difference", scripts.len());
    }
    println!("{} passed, {} failed", counts.passed, counts.failed);
    Ok(counts.failed == 0)
}

/// Whether our machine does in each recording what the recorded sentinels did.
fn run_recordings(folders: &[String]) -> Result<bool, String> {
    let (mut passed, mut failed) = (0, 0);
    for folder in folders {
        for outcome in sentinel::run(Path::new(folder))? {
            let count = outcome.items;
            let what = format!("{folder}: {} {}, {count} recorded", outcome.sentinel, outcome.part);
            if let Some(reason) = outcome.skipped {
                println!("{what}: skipped, {reason}");
                continue;
            }
            let same = outcome.differences.is_empty();
            println!("{what}: {}", if same { "ok" } else { "DIFFERS" });
            for line in &outcome.differences {
                println!("    {line}");
            }
            match same {
                true => passed += 1,
                false => failed += 1,
            }
        }
    }
    println!();
    println!("{passed} passed, {failed} failed");
    Ok(failed == 0)
}

const LEVELS: [(Level, &str); 3] = [
    (Level::Verbatim, "L1, verbatim"),
    (Level::LogBlind, "L2, without logs"),
    (Level::StateOnly, "L3, states only"),
];

fn options(words: Vec<String>) -> Result<Options, String> {
    let mut options = Options {
        level: Level::LogBlind,
        rewrite: false,
        paths: Vec::new(),
    };
    let mut words = words.into_iter();
    if words.next().as_deref() != Some("raft") {
        return Err(USAGE.to_string());
    }
    while let Some(word) = words.next() {
        match word.as_str() {
            "--rewrite" => options.rewrite = true,
            "--level" => {
                options.level = match words.next().as_deref() {
                    Some("L1") => Level::Verbatim,
                    Some("L2") => Level::LogBlind,
                    Some("L3") => Level::StateOnly,
                    _ => return Err(USAGE.to_string()),
                };
            }
            flag if flag.starts_with('-') => return Err(USAGE.to_string()),
            path => options.paths.push(path.into()),
        }
    }
    match options.paths.is_empty() {
        true => Err(USAGE.to_string()),
        false => Ok(options),
    }
}

#[derive(Default)]
struct Counts {
    /// Commands, at the level that was asked for.
    passed: usize,
    failed: usize,
    /// Scripts without a difference, by level.
    files: [usize; 3],
}

fn run_script(path: &Path, options: &Options, counts: &mut Counts) -> Result<(), String> {
    let cannot = |error| format!("cannot read {}: {error}", path.display());
    let script = fs::read_to_string(path).map_err(cannot)?;
    let report = raft::run(&script).map_err(|error| format!("{}: {error}", path.display()))?;
    if options.rewrite {
        fs::write(path, report.rewritten(&script)).map_err(cannot)?;
        println!("{} is written anew", path.display());
        return Ok(());
    }
    print_report(path, &report, options.level);
    let failed = report.differences(options.level).count();
    counts.failed += failed;
    counts.passed += report.outcomes.len() - failed;
    for (level, _) in LEVELS {
        counts.files[level as usize] += usize::from(report.differences(level).next().is_none());
    }
    Ok(())
}

fn print_report(path: &Path, report: &Report, level: Level) {
    for outcome in report.differences(level) {
        print_difference(path, outcome);
    }
    let matching = LEVELS.map(|(level, _)| report.outcomes.len() - report.differences(level).count());
    let [verbatim, log_blind, state_only] = matching;
    println!(
        "{}: {:?}, {} commands: L1 {verbatim}, L2 {log_blind}, L3 {state_only}",
        path.display(),
        report.kind,
        report.outcomes.len()
    );
}

/// The two texts line by line: ` ` both, `-` only expected, `+` only found.
fn print_difference(path: &Path, outcome: &Outcome) {
    println!("{}:{}: {}", path.display(), outcome.case.line, outcome.case.command);
    let expected: Vec<&str> = outcome.case.expected.lines().collect();
    let found: Vec<&str> = outcome.found.lines().collect();
    let same = expected
        .iter()
        .zip(&found)
        .take_while(|(left, right)| left == right)
        .count();
    let rest = expected.len().min(found.len()) - same;
    let behind = expected.iter().rev().zip(found.iter().rev());
    let behind = behind.take(rest).take_while(|(left, right)| left == right).count();
    let context = same.saturating_sub(3);
    for line in &expected[context..same] {
        println!("    {line}");
    }
    for line in &expected[same..expected.len() - behind] {
        println!("  - {line}");
    }
    for line in &found[same..found.len() - behind] {
        println!("  + {line}");
    }
    for line in &expected[expected.len() - behind..expected.len() - behind.saturating_sub(3)] {
        println!("    {line}");
    }
}
