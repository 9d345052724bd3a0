//! The table of commands and the keys that it finds, without a server; `tests/live/rust/tests/commands.rs` compares with one.

use proptest::prelude::*;
use quorate::cluster::{CommandFlag, CommandInfo, KeyAccess, KeysError, RequestPolicy, ResponsePolicy, keys_of};

fn keys(line: &str) -> Vec<String> {
    let argv: Vec<&str> = line.split(' ').collect();
    let keys = keys_of(&argv).unwrap_or_else(|error| panic!("{line}: {error}"));
    keys.iter().map(|key| argv[key.index as usize].to_string()).collect()
}

#[test]
fn the_table_is_sorted_and_whole() {
    // Counts are those of a live 7.0.15.
    assert_eq!(CommandInfo::ALL.len(), 366);
    assert!(CommandInfo::ALL.is_sorted_by_key(|info| info.name));
    let movable = CommandInfo::ALL.iter().filter(|info| info.is(CommandFlag::Movablekeys));
    assert_eq!(movable.count(), 25);
    let policy = |policy| {
        CommandInfo::ALL
            .iter()
            .filter(|info| info.request_policy == policy)
            .count()
    };
    assert_eq!(policy(RequestPolicy::AllShards), 20);
    assert_eq!(policy(RequestPolicy::AllNodes), 12);
    assert_eq!(policy(RequestPolicy::MultiShard), 7);
    let sums = CommandInfo::ALL
        .iter()
        .filter(|info| info.response_policy == ResponsePolicy::AggSum);
    assert_eq!(sums.count(), 6);
}

#[test]
fn a_command_is_found_in_any_case_and_by_its_subcommand() {
    let name = |argv: &[&str]| CommandInfo::find(argv).map(|info| info.name);
    assert_eq!(name(&["GeT", "a"]), Some("get"));
    assert_eq!(name(&["config", "GET", "x"]), Some("config|get"));
    assert_eq!(name(&["config"]), Some("config"));
    assert_eq!(name(&["config", "nosuch"]), None);
    assert_eq!(name(&["nosuch"]), None);
    assert_eq!(
        name(&["config|get", "x"]),
        None,
        "the server's own way to write it is no way to call it"
    );
    assert_eq!(CommandInfo::find::<&str>(&[]), None);
}

#[test]
fn keys_that_only_a_special_rule_finds() {
    assert_eq!(keys("SORT a BY b GET c STORE d STORE e"), ["a", "e"]);
    assert_eq!(keys("SORT a LIMIT store 1 GET store"), ["a"]);
    assert_eq!(keys("MIGRATE h 1 a 0 10 COPY"), ["a"]);
    assert_eq!(keys("MIGRATE h 1  0 10 AUTH2 u keys KEYS a b"), ["a", "b"]);
    assert_eq!(keys("XREAD COUNT 1 STREAMS a b 0 0"), ["a", "b"]);
    assert_eq!(keys("GEORADIUS a 1 2 3 km STORE b"), ["a", "b"]);
}

#[test]
fn what_is_done_to_a_key_may_depend_on_other_arguments() {
    let access = |line: &str, wanted: KeyAccess| {
        let argv: Vec<&str> = line.split(' ').collect();
        keys_of(&argv).expect(line)[0].is(wanted)
    };
    assert!(access("SET a b", KeyAccess::Overwrite));
    assert!(access("SET a b GET", KeyAccess::ReadWrite));
    assert!(access("BITFIELD a GET u8 0", KeyAccess::ReadOnly));
    assert!(access("BITFIELD a GET u8 0 INCRBY u8 0 1", KeyAccess::ReadWrite));
    assert!(access("SPUBLISH c m", KeyAccess::NotKey));
}

#[test]
fn what_cannot_be_told_is_an_error() {
    let code = |line: &str| keys_of(&line.split(' ').collect::<Vec<_>>()).expect_err(line).code();
    assert_eq!(code("NOSUCH a"), "unknown_command");
    assert_eq!(code("GET"), "wrong_arity");
    assert_eq!(code("ZUNION 3 a b"), "invalid_arguments");
    assert_eq!(code("ZUNION 4294967295 a b"), "invalid_arguments");
    assert_eq!(code("XREAD COUNT 1 2"), "invalid_arguments");
    assert_eq!(keys_of::<&str>(&[]), Err(KeysError::UnknownCommand));
    // A script is refused by whoever gets it, so that anybody may.
    assert_eq!(keys("EVAL s 3 a b"), Vec::<String>::new());
}

proptest! {
    #[test]
    fn no_arguments_are_too_strange(
        command in 0..CommandInfo::ALL.len(),
        rest in proptest::collection::vec(prop_oneof!["[0-9]{1,21}", "STORE|KEYS|STREAMS|GET|BY|LIMIT|AUTH2|", ".{0,4}"], 0..12),
    ) {
        let name = CommandInfo::ALL[command].name.split('|').map(str::to_string);
        let argv: Vec<String> = name.chain(rest).collect();
        if let Ok(keys) = keys_of(&argv) {
            prop_assert!(keys.iter().all(|key| key.index >= 1 && (key.index as usize) < argv.len()), "{argv:?}: {keys:?}");
            prop_assert!(keys.len() < argv.len());
        }
    }
}
