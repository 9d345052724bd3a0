//! Every invariant can fail: each is seen to, when a rule is broken that it rests on.

use std::collections::BTreeSet;

use quorate_simulator::{Broken, Exploration, Invariant, Kind, RaftConfig, Storm, World};

/// A shortest way of a small world to something that does not hold.
fn explored(rule: &str, last_term: u64, restarts: u64, heartbeats: u64) -> (Invariant, Vec<String>) {
    let mut config = RaftConfig {
        nodes: 3,
        ..RaftConfig::default()
    };
    config.break_rule(rule).expect("a rule");
    let exploration = Exploration {
        config,
        seed: 1,
        last_term,
        proposals: 0,
        restarts,
        heartbeats,
        most_states: 200_000,
    };
    let found = exploration.run().expect("a valid config").violation;
    let (violation, way) = found.unwrap_or_else(|| panic!("{rule} does no harm"));
    assert!(!violation.text.is_empty());
    (violation.invariant, way)
}

/// What the first storms with a broken rule violate.
fn stormy(rule: &str, seeds: u64) -> BTreeSet<Invariant> {
    let outcomes = (1..=seeds).map(|seed| {
        let mut storm = Storm::new(Kind::Raft, seed);
        storm.config.break_rule(rule).expect("a rule");
        storm.run().expect("a valid config")
    });
    outcomes
        .flat_map(|outcome| outcome.violations)
        .map(|violation| violation.invariant)
        .collect()
}

fn scenario(name: &str) -> BTreeSet<Invariant> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/corpus/raft/scenarios/");
    let text = std::fs::read_to_string(format!("{folder}{name}.txt")).expect("a scenario");
    let mut world = World::from_script(&text).expect("a scenario");
    assert!(world.run().is_ok());
    world.violations().iter().map(|violation| violation.invariant).collect()
}

#[test]
fn each_invariant_is_seen_to_fail() {
    let mut seen = BTreeSet::new();
    for name in [
        "broken/r07-commit-old-term",
        "broken/r12-switch-directly",
        "broken/r16-read-without-asking",
        "broken/r17-lost-vote",
        "r20-lost-disk",
    ] {
        seen.extend(scenario(name));
    }
    seen.insert(explored("leader-rewrites", 3, 0, 0).0);
    seen.insert(explored("commit-goes-back", 2, 0, 1).0);
    seen.extend(stormy("append-unmatched", 100));
    assert_eq!(seen, BTreeSet::from_iter(Kind::Raft.invariants().iter().copied()));
}

#[test]
fn each_rule_keeps_something() {
    for (rule, _) in Broken::ALL {
        let (what, by) = match rule {
            "commit-old-term" => (Invariant::StateMachineSafety, scenario("broken/r07-commit-old-term")),
            "switch-directly" => (Invariant::ConfigurationSafety, scenario("broken/r12-switch-directly")),
            "read-without-asking" => (Invariant::Linearizable, scenario("broken/r16-read-without-asking")),
            "vote-without-log-check" => (Invariant::LeaderCompleteness, stormy(rule, 30)),
            "commit-on-half" => (Invariant::LeaderCompleteness, stormy(rule, 30)),
            "forget-vote" => (Invariant::OneVote, stormy(rule, 200)),
            "append-unmatched" => (Invariant::LogMatching, stormy(rule, 100)),
            "leader-rewrites" => (Invariant::LeaderAppendOnly, stormy(rule, 30)),
            "commit-goes-back" => (Invariant::CommitMonotone, stormy(rule, 30)),
            rule => panic!("nobody knows what {rule} is good for"),
        };
        assert!(by.contains(&what), "{rule}: {by:?}");
    }
}

/// One storm in eight is a whirl of elections: what only shows when an index is filled in term after term (figure 3.7 of Ongaro's
/// dissertation) comes about by chance.
#[test]
fn a_whirl_finds_entries_of_old_terms_that_were_committed() {
    let finds = (1..=125).map(|place| 8 * place).find(|seed| {
        let mut storm = Storm::new(Kind::Raft, *seed);
        storm.config.break_rule("commit-old-term").expect("a rule");
        let outcome = storm.run().expect("a valid config");
        let mut violated = outcome.violations.iter().map(|violation| violation.invariant);
        violated.any(|invariant| invariant == Invariant::LeaderCompleteness)
    });
    assert!(finds.is_some());
}

/// Breadth first, so the way is as short as can be.
#[test]
fn the_way_to_a_violation_is_a_shortest_one() {
    let (invariant, way) = explored("forget-vote", 2, 1, 0);
    assert_eq!(invariant, Invariant::OneVote);
    assert_eq!(way, ["timeout 1", "restart 1", "timeout 2", "2 -> 1 Vote t2 1/1"]);

    let (invariant, way) = explored("vote-without-log-check", 3, 0, 0);
    assert_eq!(invariant, Invariant::LeaderCompleteness);
    assert_eq!(way.len(), 8, "{way:#?}");
}
