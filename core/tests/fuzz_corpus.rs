//! What the fuzz targets check, on the committed corpus and on seeded changes of it, so that every test run fuzzes a little.

#[path = "../fuzz/checks.rs"]
mod checks;
mod common;

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use common::quote;
use common::values::Dice;

/// What a change may put in.
const PARTS: [&[u8]; 32] = [
    b"\r\n",
    b"\r",
    b"\n",
    b"+",
    b"-",
    b":",
    b"$",
    b"*",
    b"%",
    b"~",
    b">",
    b"|",
    b"_\r\n",
    b"#t\r\n",
    b",",
    b"(",
    b"!",
    b"=",
    b"$?\r\n",
    b";0\r\n",
    b"*?\r\n",
    b".\r\n",
    b"$-1\r\n",
    b"*-1\r\n",
    b"0",
    b"1",
    b"9223372036854775808",
    b"-",
    b"\"",
    b"'",
    b"\\x",
    b"\x00",
];

fn corpus(target: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<_> = entries.map(|entry| entry.expect("a file").path()).collect();
    files.sort();
    let name = |path: &Path| path.file_name().expect("a name").to_string_lossy().into_owned();
    files
        .iter()
        .map(|path| (name(path), fs::read(path).expect("a readable file")))
        .collect()
}

fn change(seed: &[u8], other: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut data = seed.to_vec();
    for _ in 0..=dice.below(4) {
        let at = dice.below(data.len() + 1);
        let end = (at + dice.below(8)).min(data.len());
        match dice.below(6) {
            0 => drop(data.drain(at..end)),
            1 => drop(data.splice(at..end, PARTS[dice.below(PARTS.len())].iter().copied())),
            2 => drop(data.splice(at..at, PARTS[dice.below(PARTS.len())].iter().copied())),
            3 => data.extend_from_slice(&other[dice.below(other.len())..]),
            4 => drop(data.splice(at..at, other[dice.below(other.len())..].iter().copied().take(16))),
            _ => {
                if let Some(byte) = data.get_mut(at) {
                    *byte = dice.below(256) as u8;
                }
            }
        }
    }
    data
}

fn run(target: &str, check: fn(&[u8]), changes: u64) {
    let seeds = corpus(target);
    assert!(seeds.len() >= 10, "the corpus of {target} is there");
    for (name, seed) in &seeds {
        assert!(
            catch_unwind(|| check(seed)).is_ok(),
            "{target}/{name} fails: {}",
            quote(seed)
        );
    }
    for number in 0..changes {
        let mut dice = Dice::new(number);
        let (name, seed) = &seeds[dice.below(seeds.len())];
        let other = &seeds[dice.below(seeds.len())].1;
        let data = change(seed, other, &mut dice);
        let ran = catch_unwind(AssertUnwindSafe(|| check(&data)));
        assert!(
            ran.is_ok(),
            "{target}: change {number} of {name} fails: {}",
            quote(&data)
        );
    }
    println!("{target}: {} seeds, {changes} changes", seeds.len());
}

#[test]
fn decode() {
    run("decode", checks::decode, 6_000);
}

#[test]
fn requests() {
    run("requests", checks::requests, 6_000);
}
