//! What a world shows of itself, and how it is written down.

use quorate_simulator::{Address, Config, MILLISECOND, MachineView, RaftView, Rule, SECOND, StateView, World, storm};
use serde_json::{Value, json, to_value};

fn raft(machine: &MachineView) -> &RaftView {
    match &machine.state {
        StateView::Raft(member) => member,
        other => panic!("{other:?} is no member of a Raft group"),
    }
}

/// Three machines, of which the first leads and was asked to put `x=1`; nobody has answered it yet.
fn leading() -> World {
    let mut world = World::from_script("raft\nnodes 3\ntimers off\ndisk 2ms").expect("a script");
    world.act("timeout 1").expect("node 1 is up");
    assert_eq!(world.until("converged == yes", SECOND), Ok(true));
    world.act("ask c1 x=1 1").expect("client 1 is free");
    assert_eq!(world.until("last 1 == 3", SECOND), Ok(true));
    world
}

#[test]
fn a_leader_shows_what_it_knows_of_each_member() {
    let mut world = leading();
    let view = world.view();
    assert_eq!(
        (view.kind, view.now, view.events),
        ("raft", world.now(), world.event_count())
    );
    let leader = raft(&view.machines[0]);
    assert_eq!(
        (leader.role, leader.term, leader.vote, leader.lead),
        ("leader", 2, 1, 1)
    );
    assert_eq!((leader.commit, leader.applied, leader.first, leader.last), (2, 2, 2, 3));
    // The request is in the log, and not yet on the disk.
    assert_eq!((leader.durable, leader.writes.len()), (2, 1));
    assert_eq!((leader.writes[0].first, leader.writes[0].last), (3, 3));
    assert_eq!(view.machines[0].durable_at, [world.now() + 2 * MILLISECOND]);
    let log: Vec<_> = leader
        .log
        .iter()
        .map(|entry| (entry.index, entry.term, entry.kind, entry.text.as_str()))
        .collect();
    assert_eq!(log, [(2, 2, "normal", "-"), (3, 2, "normal", "c1#1 x=1")]);
    let matched: Vec<_> = leader
        .progress
        .iter()
        .map(|peer| (peer.peer, peer.matched, peer.next))
        .collect();
    assert_eq!(matched, [(1, 2, 3), (2, 2, 4), (3, 2, 4)]);
    assert_eq!(leader.members.voters, [1, 2, 3]);
    let client = &view.clients[0];
    assert_eq!(
        (client.client, client.target, client.attempts, view.clients.len()),
        (1, 1, 1, 1)
    );
    assert!(view.flights.iter().any(|flight| flight.text.contains("x=1")));

    assert_eq!(world.until("client c1 == ok", SECOND), Ok(true));
    let view = world.view();
    assert_eq!(raft(&view.machines[0]).values["x"], "1");
    assert_eq!((view.clients[0].attempts, view.machines[0].durable_at.len()), (0, 0));
}

#[test]
fn a_candidate_shows_its_votes() {
    let mut world = World::from_script("raft\nnodes 5\ntimers off\nrule drop VoteResp 4,5 1").expect("a script");
    assert!(world.run().is_ok());
    world.act("timeout 1").expect("node 1 is up");
    assert_eq!(world.until("votes 1 == 1+", SECOND), Ok(true));
    let view = world.view();
    let candidate = raft(&view.machines[0]);
    assert_eq!((candidate.role, candidate.term, candidate.lead), ("candidate", 2, 0));
    assert_eq!((candidate.votes[0].voter, candidate.votes[0].granted), (1, true));
}

#[test]
fn faults_are_shown() {
    let mut world = leading();
    for action in [
        "cut 1 2",
        "rule delay 50ms App 1 3",
        "slow c2 7ms",
        "drift 2 -500",
        "slow-disk 2 3ms",
        "pause 3",
    ] {
        world.act(action).unwrap_or_else(|error| panic!("{action}: {error}"));
    }
    world.run_for(SECOND);
    world.act("crash 1").expect("node 1 is up");
    let view = world.view();
    assert_eq!(
        (view.cuts[0].from, view.cuts[0].to),
        (Address::Node(1), Address::Node(2))
    );
    let rule = view.rules[0];
    assert_eq!(
        (rule.rule, rule.from, rule.to),
        (Rule::Delay(50 * MILLISECOND), Address::Node(1), Address::Node(3))
    );
    assert_eq!(
        (view.slow[0].address, view.slow[0].by),
        (Address::Client(2), 7 * MILLISECOND)
    );
    let [one, two, three] = view.machines.as_slice() else {
        panic!("three machines")
    };
    assert_eq!((two.drift, two.slow_disk, two.up), (-500, 3 * MILLISECOND, true));
    assert!(two.next_tick.is_some_and(|at| at >= view.now));
    assert!(three.paused && three.backlog > 0);
    assert_eq!((one.up, one.next_tick, raft(one).role), (false, None, "down"));
    // A machine that is down shows what it will find when it starts: the request came again and again.
    let kept: Vec<u64> = raft(one).log.iter().map(|entry| entry.index).collect();
    assert_eq!((raft(one).term, raft(one).vote, kept), (2, 1, vec![2, 3, 4, 5]));
}

#[test]
fn a_world_answers_what_scripts_ask() {
    let world = leading();
    for (question, answer) in [
        ("leader", "1"),
        ("commit 1", "2"),
        ("value 1 x", ""),
        ("client c1", "pending"),
        ("members 2", "voters=(1 2 3)"),
        ("paused 3", "no"),
        ("setting disk", "2ms"),
        ("setting timers", "off"),
    ] {
        assert_eq!(world.ask(question).as_deref(), Ok(answer), "{question}");
    }
    for question in [
        "",
        "wings",
        "commit",
        "commit 1 2",
        "commit 9",
        "commit x",
        "client 1",
        "sent Pigeon",
    ] {
        let error = world.ask(question).expect_err(question);
        assert_eq!(error.code(), "invalid_question", "{question}");
    }
}

#[test]
fn a_world_goes_on_until_something_holds() {
    let mut world = World::new(Config::default()).expect("a valid config");
    assert_eq!(world.until("leader != none", SECOND), Ok(true));
    let elected = world.now();
    assert!(elected > 0 && elected < SECOND);
    assert_eq!(world.until("leader == none", 100 * MILLISECOND), Ok(false));
    assert_eq!(world.now(), elected + 100 * MILLISECOND);
    for predicate in ["leader", "wings == 2", "commit == 3"] {
        let before = world.fingerprint();
        assert_eq!(
            world.until(predicate, SECOND).expect_err(predicate).code(),
            "invalid_question"
        );
        assert_eq!(world.fingerprint(), before);
    }
}

fn written(value: &impl serde::Serialize) -> Value {
    to_value(value).expect("it can be written")
}

#[test]
fn what_is_shown_can_be_written_down() {
    let mut world = leading();
    world.act("rule delay 50ms App 1 3").expect("a rule can always be made");
    world.act("cut c1 2").expect("a link can always be cut");
    world.act("crash 3").expect("node 3 is up");
    world.until("client c1 == ok", SECOND).expect("a predicate");
    let view = written(&world.view());
    assert_eq!(view["kind"], "raft");
    assert_eq!(view["cuts"], json!([{"from": "c1", "to": "2"}]));
    assert_eq!(
        view["rules"],
        json!([{"rule": "delay 50ms", "kind": "App", "from": "1", "to": "3"}])
    );
    let first = &view["machines"][0];
    assert_eq!(
        (&first["node"], &first["kind"], &first["role"]),
        (&json!(1), &json!("raft"), &json!("leader"))
    );
    assert_eq!(
        first["log"][1],
        json!({"index": 3, "term": 2, "kind": "normal", "text": "c1#1 x=1"})
    );
    assert_eq!(first["values"], json!({"x": "1"}));
    assert_eq!(view["machines"][2]["role"], "down");
    let last = json!({"client": 1, "serial": 1, "op": "x=1", "asked": world.history()[0].asked,
        "ended": world.history()[0].ended, "fate": "ok", "answer": ""});
    assert_eq!(view["clients"][0]["last"], last);
    assert_eq!(written(&world.history()[0]), last);

    let events: Vec<Value> = world.events().iter().map(written).collect();
    let of = |what: &str| {
        events
            .iter()
            .find(|event| event["what"] == what)
            .unwrap_or_else(|| panic!("{what}"))
    };
    assert_eq!(
        *of("started"),
        json!({"number": 0, "at": 0, "what": "started", "node": 1})
    );
    assert_eq!(
        (&of("sent")["kind"], &of("sent")["from"], &of("sent")["to"]),
        (&json!("Vote"), &json!("1"), &json!("2"))
    );
    assert_eq!(of("acted")["text"], "timeout 1");
    assert_eq!(of("role")["role"], "candidate");

    assert_eq!(
        written(&world.moment()),
        json!({"at": world.now(), "events": world.event_count(), "actions": 5})
    );
}

#[test]
fn a_storm_is_had_by_name() {
    let outcome = storm("raft", 11).expect("there is such a kind");
    assert!(outcome.is_ok());
    let expected = json!({
        "ok": true,
        "violations": [],
        "recovered": true,
        "events": outcome.events,
        "answered": outcome.answered,
        "script": outcome.script,
        "hash": format!("{:016x}", outcome.hash),
    });
    assert_eq!(written(&outcome), expected);
    assert!(outcome.script.starts_with("raft\n"));
    let error = storm("paxos", 11).expect_err("there is no such kind");
    assert_eq!(
        (error.code(), error.to_string().as_str()),
        (
            "unknown_kind",
            "there is no kind of world \"paxos\", only raft, sentinel"
        )
    );
}

#[test]
fn a_report_and_a_violation_can_be_written_down() {
    let script = "raft\nnodes 3\ntimers off\ntimeout 1\nuntil converged == yes\ncrash 2\nwipe 2\nrestart 2\nexpect leader == 7\nhash ?\n";
    let mut world = World::from_script(script).expect("a script");
    let report = world.run();
    let expected = json!({
        "ok": false,
        "failures": report.failures.iter().map(|failure| json!({"line": failure.line, "text": failure.text})).collect::<Vec<_>>(),
        "expectations": 3,
        "hashes": [{"line": 10, "hash": format!("{:016x}", report.hash)}],
        "hash": format!("{:016x}", report.hash),
        "at": report.at,
        "events": report.events,
    });
    assert_eq!(written(&report), expected);
    assert_eq!(report.failures[0].line, 9);

    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/corpus/raft/scenarios/");
    let text = std::fs::read_to_string(format!("{folder}r20-lost-disk.txt")).expect("a scenario");
    let mut world = World::from_script(&text).expect("a scenario");
    world.run();
    let violation = &world.violations()[0];
    let written = written(violation);
    assert_eq!(written["invariant"], violation.invariant.name());
    assert_eq!(written["nodes"], json!(violation.nodes));
    assert_eq!(written["term"], json!(violation.term));
}
