//! Runs storms of the simulator, seed by seed, on all cores: `cargo xtask soak KIND`.
//!
//! A seed that fails is printed with what does not hold, the shortest script that shows it and how to see it again. The last line
//! sums up; the exit code says whether all held.

mod kind;
mod soak;

use std::fs;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use kind::{Fault, Kind};
use soak::{Soak, Sum, duration};

const USAGE: &str = "usage: quorate-soak KIND [--seeds N] [--from S] [--jobs J] [--broken RULE] [--out DIR]

  KIND            what stands in the worlds: raft or sentinel
  --seeds N       how many seeds; 2000 if nothing is said
  --from S        the first seed; 1
  --jobs J        how many at a time; as many as there are cores
  --broken RULE   break this rule of the machines, to see what finds it (only with the feature broken-rules)
  --out DIR       where the scripts of what failed go; target/soak";

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("soak: {error}");
            ExitCode::from(2)
        }
    }
}

/// Whether all held.
fn run() -> Result<bool, String> {
    let (soak, out) = arguments(std::env::args().skip(1))?;
    let start = Instant::now();
    let sum = soak.run(|seed, fault| report(&soak, seed, fault, &out))?;
    let seconds = start.elapsed().as_secs_f64();
    let Sum {
        seeds,
        failed,
        events,
        answered,
        hash,
    } = sum;
    if seeds < soak.seeds {
        println!(
            "{} seeds were not run: {failed} failures are enough to look at",
            soak.seeds - seeds
        );
    }
    println!(
        "{}: {seeds} seeds from {}, {failed} failed; {events} events, {answered} operations of clients, state {hash:016x}; \
         {}, {:.0} seeds/s, {:.0} events/s",
        soak.kind.name(),
        soak.from,
        duration(seconds),
        seeds as f64 / seconds,
        events as f64 / seconds
    );
    Ok(failed == 0)
}

fn arguments(mut words: impl Iterator<Item = String>) -> Result<(Soak, PathBuf), String> {
    let name = words.next().ok_or(USAGE)?;
    let unknown = || format!("there is no kind {name:?}, only {}\n\n{USAGE}", Kind::names());
    let mut soak = Soak {
        kind: Kind::named(&name).ok_or_else(unknown)?,
        from: 1,
        seeds: 2000,
        jobs: std::thread::available_parallelism().map_or(1, NonZero::get) as u64,
        broken: None,
    };
    let mut out = PathBuf::from("target/soak");
    while let Some(name) = words.next() {
        let value = words
            .next()
            .ok_or_else(|| format!("nothing follows {name}\n\n{USAGE}"))?;
        let number = |least: u64| match value.parse() {
            Ok(number) if number >= least => Ok(number),
            _ => Err(format!("{name} takes a number of at least {least}, found {value:?}")),
        };
        match name.as_str() {
            "--seeds" => soak.seeds = number(1)?,
            "--from" => soak.from = number(0)?,
            "--jobs" => soak.jobs = number(1)?,
            "--broken" => soak.broken = Some(value),
            "--out" => out = value.into(),
            _ => return Err(format!("unexpected {name:?}\n\n{USAGE}")),
        }
    }
    if soak.from.checked_add(soak.seeds).is_none() {
        return Err(format!("there are no {} seeds from {} on", soak.seeds, soak.from));
    }
    Ok((soak, out))
}

/// Prints a seed that failed, keeps its script, and says how to see it again.
fn report(soak: &Soak, seed: u64, fault: &Fault, out: &Path) {
    println!("seed {seed} FAILED: {}", fault.text);
    if let Some(script) = &fault.script {
        let file = out.join(format!("{}-{seed}.txt", soak.kind.name()));
        println!("the shortest script that shows it:\n\n{script}");
        match fs::create_dir_all(out).and_then(|()| fs::write(&file, script)) {
            Ok(()) => println!(
                "again, event by event: cargo run -p quorate-simulator --example script -- {} --events",
                file.display()
            ),
            Err(error) => println!("cannot write {}: {error}", file.display()),
        }
    }
    let broken = soak
        .broken
        .as_deref()
        .map_or(String::new(), |rule| format!(" --broken {rule}"));
    println!(
        "again, from the seed: cargo xtask soak {} --from {seed} --seeds 1{broken}\n",
        soak.kind.name()
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<(Soak, PathBuf), String> {
        arguments(line.split_whitespace().map(String::from))
    }

    #[test]
    fn takes_its_arguments() {
        let parsed = parse("raft --seeds 7 --from 3 --jobs 2 --broken x --out there");
        let (soak, out) = parsed.expect("arguments");
        assert_eq!((soak.kind.name(), soak.seeds, soak.from, soak.jobs), ("raft", 7, 3, 2));
        assert_eq!((soak.broken.as_deref(), out.to_str()), (Some("x"), Some("there")));
    }

    #[test]
    fn refuses_what_it_does_not_know() {
        for line in [
            "",
            "gravity",
            "raft --seeds",
            "raft --seeds 0",
            "raft --from x",
            "raft --loud 1",
        ] {
            assert!(parse(line).is_err(), "{line}");
        }
        let last = u64::MAX;
        assert!(parse(&format!("raft --from {last} --seeds 1")).is_err());
    }
}
