//! Every invariant of a world of Sentinel can fail: each is seen to, when a rule is broken that it rests on, or somebody does what he
//! should not.

use std::collections::BTreeSet;

use quorate_simulator::{BrokenSentinel, Invariant, Kind, Storm, World};

/// What the first storms with a broken rule violate, until one does.
fn stormy(rule: &str, seeds: u64) -> BTreeSet<Invariant> {
    let mut found = (1..=seeds).map(|seed| {
        let mut storm = Storm::new(Kind::Sentinel, seed);
        storm.config.break_rule(rule).expect("a rule");
        let outcome = storm.run().expect("a valid config");
        outcome.violations.iter().map(|violation| violation.invariant).collect()
    });
    found
        .find(|found: &BTreeSet<Invariant>| !found.is_empty())
        .unwrap_or_default()
}

fn script(text: &str) -> BTreeSet<Invariant> {
    let mut world = World::from_script(text).expect("a script");
    let report = world.run();
    assert!(report.is_ok(), "{report}");
    for violation in world.violations() {
        assert!(!violation.text.is_empty());
    }
    world.violations().iter().map(|violation| violation.invariant).collect()
}

/// Sentinels that have not heard of each other are majorities of one.
const STRANGERS: &str = "sentinel
    seed 13
    profile strict
    quorum 1
    down-after 500ms
    run 200ms
    crash 1
    until violations != none within 5s";

/// Two operators order a failover at once, at sentinels that do not see the same replicas.
const TWO_OPERATORS: &str = "sentinel
    seed 21
    profile strict
    until converged == yes within 15s
    run 12s
    partition 5 | 2
    run 4s
    expect sdown 5 2 == yes
    command 4 sentinel failover m1
    command 5 sentinel failover m1
    until violations != none within 10s";

/// A server's clock that is set back makes old words of replicas young.
const CLOCK_SET_BACK: &str = "sentinel
    seed 22
    clients 1
    min-replicas-to-write 2
    min-replicas-max-lag 2
    until converged == yes within 15s
    partition 1 4 c1 | 2 3 5 6
    run 500ms
    clock 1 -60s
    until violations != none within 10s";

/// A sentinel that stood for election restarts, and is asked for its vote in the same epoch.
fn asked_again(rule: &str) -> BTreeSet<Invariant> {
    script(&format!(
        "sentinel
        seed 23
        profile strict
        quorum 1
        torn-writes off
        broken {rule}
        until converged == yes within 15s
        slow-disk 5 2s
        rule hold Ask * *
        crash 1
        until told 5 +vote-for-leader >= 1 within 8s
        crash 5
        restart 5
        release Ask * *
        until violations != none within 10s"
    ))
}

#[test]
fn each_invariant_is_seen_to_fail() {
    assert_eq!(script(STRANGERS), BTreeSet::from([Invariant::OneLeader]));
    assert_eq!(script(TWO_OPERATORS), BTreeSet::from([Invariant::ConfigAgreement]));
    assert_eq!(script(CLOCK_SET_BACK), BTreeSet::from([Invariant::BoundedLoss]));
    let mut seen = BTreeSet::from([Invariant::OneLeader, Invariant::ConfigAgreement, Invariant::BoundedLoss]);
    seen.extend(asked_again("forget-vote"));
    for rule in ["keep-data", "lose-lines"] {
        seen.extend(stormy(rule, 200));
    }
    assert_eq!(seen, BTreeSet::from_iter(Kind::Sentinel.invariants().iter().copied()));
}

#[test]
fn each_rule_keeps_something() {
    for (rule, _) in BrokenSentinel::ALL {
        let (kept, found) = match rule {
            "forget-vote" | "vote-before-durable" => (Invariant::OneVote, asked_again(rule)),
            "lose-lines" => (Invariant::Fence, stormy(rule, 200)),
            "keep-data" => (Invariant::LedgerTruth, stormy(rule, 200)),
            "ignore-lag" => (Invariant::BoundedLoss, stormy(rule, 200)),
            other => panic!("nobody knows what {other} is good for"),
        };
        assert!(found.contains(&kept), "{rule}: {found:?}");
    }
}
