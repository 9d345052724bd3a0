//! Exchanges with a real redis-server that were recorded elsewhere, where they lie beside the project.

mod common;

use std::fs;
use std::io::{self, Write};

use common::{DRIVES, outcome, pieces, root};
use quorate::resp::Limits;

#[test]
fn every_recorded_answer_is_one_whole_reply_or_push_and_reply() {
    let path = root().join("../shared/traces/redis/real_redis_7_0_15.json");
    let Ok(text) = fs::read_to_string(&path) else {
        assert!(
            std::env::var("CI").as_deref() != Ok("true"),
            "{} is not there",
            path.display()
        );
        // Past the test harness, which hides what a passing test prints.
        let _ = writeln!(io::stderr(), "\nSKIP traces: {} is not there", path.display());
        return;
    };
    let exchanges: Vec<serde_json::Value> = serde_json::from_str(&text).expect("a list of exchanges");
    assert!(!exchanges.is_empty());
    for exchange in &exchanges {
        let wire: Vec<u8> = match exchange["wire"].as_str() {
            Some(wire) => wire
                .chars()
                .map(|c| u8::try_from(u32::from(c)).expect("Latin-1"))
                .collect(),
            None => panic!("no wire bytes in {exchange}"),
        };
        let whole = outcome(&Limits::default(), &[&wire], DRIVES[0]);
        let replies = whole.iter().filter(|line| !line.starts_with('>')).count();
        assert!(
            replies == 1 || (replies == 0 && whole.len() == 1),
            "{} gave {whole:?}",
            exchange["cmd"]
        );
        for size in [0, 1, 3] {
            for drive in DRIVES {
                assert_eq!(outcome(&Limits::default(), &pieces(&wire, size), drive), whole);
            }
        }
    }
    println!("{} exchanges", exchanges.len());
}
