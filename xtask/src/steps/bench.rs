//! `cargo xtask bench [SUITE] [--json]`: us beside our peers, in pairs within one run, in Rust, Python and Node.
//!
//! Each program of `benches/` prints lines of JSON with `suite`, `workload`, `language`, `peer`, `ours_ns`, `peer_ns` and
//! `ratio`; with `--json` they are passed on, else they become a table.

use std::time::Duration;

use serde_json::Value;

use super::{target, test};
use crate::args::Args;
use crate::board::Progress;
use crate::cmd::cmd;
use crate::env::Tool;
use crate::plan;
use crate::step::{Language, Step};
use crate::table::Table;

/// The suites, and the languages in which there is something to compare with.
const SUITES: [(&str, &[Language]); 5] = [
    ("raft", &[Language::Rust]),
    ("resp", &[Language::Rust, Language::Python, Language::JavaScript]),
    ("sentinel", &[Language::Rust]),
    // What runs in JavaScript is WebAssembly; Python runs what Rust runs.
    ("simulator", &[Language::Rust, Language::JavaScript]),
    ("slots", &[Language::Rust, Language::Python, Language::JavaScript]),
];
/// How long all suites of one language may take.
const LIMIT: Duration = Duration::from_secs(2 * 60 * 60);
/// The columns of the table. Times are nanoseconds for one `unit` of work.
const FIELDS: [&str; 8] = [
    "suite", "workload", "language", "peer", "unit", "ours_ns", "peer_ns", "ratio",
];

pub(crate) fn bench(mut args: Args) -> Result<bool, String> {
    let json = args.flag("--json");
    let suite = args.word();
    args.end()?;
    let known: Vec<&str> = SUITES.iter().map(|(name, _)| *name).collect();
    let suites = match suite.as_deref() {
        None => known,
        Some(suite) if known.contains(&suite) => vec![suite],
        Some(other) => return Err(format!("there is no suite {other:?}, only {}", known.join(", "))),
    };

    let benches = benches(&suites);
    let names: Vec<&str> = benches.iter().map(|step| step.name).collect();
    let mut steps = test::installed();
    steps.extend(benches);
    let steps = plan::select(steps, |step| names.contains(&step.name));
    let progress = if json { Progress::Stderr } else { Progress::Stdout };
    let outcome = plan::run(steps, progress);

    let mut rows = Vec::new();
    for name in names {
        rows.extend(parse(outcome.output(name).unwrap_or_default())?);
    }
    put_in_native(&mut rows);
    if json {
        rows.iter().for_each(|row| println!("{row}"));
    } else {
        println!();
        table(&rows).print();
    }
    Ok(outcome.is_whole() && !rows.is_empty())
}

/// One step a language, each alone on the machine: they start when all is built, one after the other.
fn benches(suites: &[&str]) -> Vec<Step> {
    let data = target("bench");
    let program = "cargo run --quiet --release --package quorate-benches --";
    let wanted = |language| {
        let of = |(suite, languages): &(&'static str, &[Language])| {
            (suites.contains(suite) && languages.contains(&language)).then_some(*suite)
        };
        SUITES.iter().filter_map(of).collect::<Vec<_>>()
    };
    // All is built before the first is measured.
    let mut built = vec!["rust benches"];
    let mut steps = vec![
        Step::build(Language::Rust, "rust benches")
            .alone_in("target")
            .run(cmd("cargo build --release --package quorate-benches"))
            .run(cmd(format!("{program} gen {data}"))),
    ];
    if !wanted(Language::Python).is_empty() {
        built.push(test::PYTHON_WHEEL);
    }
    if !wanted(Language::JavaScript).is_empty() {
        built.extend([test::NODE_PACKAGE, "peers of node"]);
        steps.push(
            Step::build(Language::JavaScript, "peers of node")
                .needs(&[Tool::Node])
                .stamp(
                    "benches/js/node_modules/.quorate-stamp",
                    &["benches/js/package-lock.json"],
                )
                .run(cmd("npm ci").dir("benches/js")),
        );
    }
    let python = format!("{} benches/python/bench.py", test::tested_python());
    let with_data = format!("--data {data}");
    for (language, name, program, rest) in [
        (Language::Rust, "rust bench", program, "--json"),
        (Language::Python, "python bench", &python, &with_data),
        (
            Language::JavaScript,
            "node bench",
            "node benches/js/bench.mjs",
            &with_data,
        ),
    ] {
        let step = Step::build(language, name).after(&built).alone_in("the machine");
        let suites = wanted(language);
        if !suites.is_empty() {
            let line = |suite: &&str| cmd(format!("{program} {suite} {rest}"));
            steps.push(suites.iter().map(line).fold(step.within(LIMIT), Step::run));
        }
    }
    steps
}

/// The lines of JSON in what a program printed.
fn parse(output: &str) -> Result<Vec<Value>, String> {
    let lines = output.lines().filter(|line| line.starts_with('{'));
    lines
        .map(|line| serde_json::from_str(line).map_err(|error| format!("{error} in {line}")))
        .collect()
}

/// What WebAssembly is measured beside: the same code natively, whose time a row of Rust's has.
fn put_in_native(rows: &mut [Value]) {
    let natives: Vec<Value> = rows.iter().filter(|row| row["language"] == "rust").cloned().collect();
    for row in rows.iter_mut().filter(|row| row["peer"] == "native") {
        let same = |native: &&Value| ["suite", "workload"].iter().all(|field| native[field] == row[field]);
        let times = natives.iter().find(same).map(|native| native["ours_ns"].clone());
        if let (Some(ours), Some(native)) = (row["ours_ns"].as_f64(), times.as_ref().and_then(Value::as_f64)) {
            row["peer_ns"] = native.into();
            row["ratio"] = ((ours / native * 1e4).round() / 1e4).into();
        }
    }
}

fn table(rows: &[Value]) -> Table {
    let mut table = Table::new(&FIELDS);
    for row in rows {
        let cell = |field: &&str| match row.get(field) {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Number(number)) => number.as_f64().map_or("-".into(), significant),
            _ => "-".into(),
        };
        table.row(FIELDS.iter().map(cell).collect());
    }
    table
}

/// Three digits and no more: a bench knows no more.
fn significant(number: f64) -> String {
    let magnitude = number.abs();
    let decimals = match magnitude {
        0.0 => 0,
        ..0.1 => 3,
        ..10.0 => 2,
        ..100.0 => 1,
        _ => 0,
    };
    format!("{number:.decimals$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_digits_of_a_number_count() {
        let texts = [0.0559, 2.746, 50.687, 1195.4, 0.0].map(significant);
        assert_eq!(texts, ["0.056", "2.75", "50.7", "1195", "0"]);
    }

    #[test]
    fn a_line_becomes_a_row() {
        let line = r#"{"suite":"slots","workload":"8 B","language":"rust","peer":"crc 3.4","ours_ns":2.8,"peer_ns":50.7,"ratio":0.055,"unit":"key"}"#;
        let text = parse(line).map(|rows| table(&rows).text());
        let row = text.as_deref().ok().and_then(|text| text.lines().last());
        assert_eq!(
            row,
            Some("  slots  8 B       rust      crc 3.4  key      2.80     50.7  0.055")
        );
        assert!(parse("{ not JSON").is_err());
    }

    #[test]
    fn native_times_are_put_in_where_they_are_known() {
        let output = r#"
            {"suite":"s","workload":"w","language":"rust","peer":"limit","ours_ns":2.0,"peer_ns":1.0,"ratio":2.0}
            {"suite":"s","workload":"w","language":"javascript","peer":"native","ours_ns":3.0,"peer_ns":null,"ratio":null}
            {"suite":"s","workload":"other","language":"javascript","peer":"native","ours_ns":3.0,"peer_ns":null,"ratio":null}
        "#;
        let output: String = output.lines().map(|line| format!("{}\n", line.trim())).collect();
        let mut rows = parse(&output).expect("lines of JSON");
        put_in_native(&mut rows);
        let ratios: Vec<Option<f64>> = rows.iter().map(|row| row["ratio"].as_f64()).collect();
        assert_eq!(ratios, [Some(2.0), Some(1.5), None]);
    }
}
