//! Each fault does what its name says, and each message in flight can be dealt with by itself.

use quorate_simulator::{Address, Fate, InFlight, Loss, MILLISECOND, MessageKind, Op, RaftConfig, What, World};

/// Carries out a script that expects.
fn holds(script: &str) -> World {
    let mut world = World::from_script(script).unwrap_or_else(|error| panic!("{error}\n{script}"));
    let report = world.run();
    assert!(report.is_ok(), "{report}\n{script}");
    world
}

/// Three machines without timers, the first of which has just asked for votes; and the request to the second.
fn candidate() -> (World, InFlight) {
    let mut world = World::watched(
        RaftConfig {
            nodes: 3,
            timers: false,
            ..RaftConfig::default()
        }
        .into(),
        true,
    )
    .expect("a valid config");
    world.act("timeout 1").expect("node 1 is up");
    let request = world
        .in_flight()
        .into_iter()
        .find(|message| message.to == Address::Node(2));
    (world, request.expect("a request for a vote"))
}

fn arrivals(world: &World, kind: &str, to: u64) -> Vec<u64> {
    let kind = MessageKind::named(kind).expect("a kind");
    let events = world.events().iter();
    events
        .filter(|event| matches!(&event.what, What::Delivered { kind: it, to: at, .. } if *it == kind && *at == Address::Node(to)))
        .map(|event| event.at)
        .collect()
}

#[test]
fn a_message_in_flight_says_what_it_is() {
    let (_, request) = candidate();
    assert_eq!(request.kind, MessageKind::named("Vote").expect("a kind"));
    assert_eq!((request.from, request.sent, request.held), (Address::Node(1), 0, false));
    assert!((5 * MILLISECOND..=15 * MILLISECOND).contains(&request.arrives));
    assert_eq!(request.text, "t2 1/1");
}

#[test]
fn one_message_can_be_dropped() {
    let (mut world, request) = candidate();
    world.act(&format!("drop #{}", request.id)).expect("it is in flight");
    world.run_for(200 * MILLISECOND);
    assert_eq!(arrivals(&world, "Vote", 2), []);
    assert_eq!(arrivals(&world, "Vote", 3).len(), 1);
    let lost =
        |what: &What| matches!(what, What::Lost { message, why: Loss::Dropped, .. } if *message == Some(request.id));
    assert_eq!(world.events().iter().filter(|event| lost(&event.what)).count(), 1);
}

#[test]
fn one_message_can_be_delayed_and_delivered_at_once() {
    let (mut world, request) = candidate();
    world
        .act(&format!("delay #{} 300ms", request.id))
        .expect("it is in flight");
    world.run_for(200 * MILLISECOND);
    assert_eq!(arrivals(&world, "Vote", 2), []);
    world.run_for(200 * MILLISECOND);
    assert_eq!(arrivals(&world, "Vote", 2), [request.arrives + 300 * MILLISECOND]);

    let (mut world, request) = candidate();
    world.run_for(MILLISECOND);
    world.act(&format!("deliver #{}", request.id)).expect("it is in flight");
    world.step();
    assert_eq!(arrivals(&world, "Vote", 2), [MILLISECOND]);
    world.run_for(200 * MILLISECOND);
    assert_eq!(arrivals(&world, "Vote", 2).len(), 1);
}

#[test]
fn one_message_can_be_duplicated() {
    let (mut world, request) = candidate();
    world
        .act(&format!("duplicate #{}", request.id))
        .expect("it is in flight");
    world.run_for(200 * MILLISECOND);
    assert_eq!(arrivals(&world, "Vote", 2).len(), 2);
    assert_eq!(arrivals(&world, "Vote", 3).len(), 1);
}

#[test]
fn one_message_can_be_held_and_released() {
    let (mut world, request) = candidate();
    world.act(&format!("hold #{}", request.id)).expect("it is in flight");
    world.run_for(500 * MILLISECOND);
    assert_eq!(arrivals(&world, "Vote", 2), []);
    assert!(
        world
            .in_flight()
            .iter()
            .any(|message| message.id == request.id && message.held)
    );
    world.act("release Vote 1 2").expect("that can always be done");
    world.step();
    assert_eq!(arrivals(&world, "Vote", 2), [500 * MILLISECOND]);
}

#[test]
fn a_rule_holds_for_its_kind_and_link_alone() {
    let world = holds(
        "raft\nnodes 3\ntimers off\nrule drop Vote 1 2\nrule delay 200ms Vote 1 3\ntimeout 1\nrun 100ms\nexpect leader == none\n\
         expect term 2 == 1\nuntil leader == 1 within 200ms\nuntil converged == yes within 500ms",
    );
    assert_eq!(arrivals(&world, "Vote", 2), []);
    assert!(arrivals(&world, "Vote", 3)[0] >= 200 * MILLISECOND);
}

#[test]
fn a_link_can_be_cut_one_way() {
    holds(
        "raft\nnodes 3\ntimers off\ncut 2 1\ntimeout 1\nrun 100ms\nexpect vote 2 == 1\nexpect votes 1 == none\nexpect leader == 1\n\
         expect match 1 2 == 0\nexpect match 1 3 == 2\nmend 2 1\nuntil match 1 2 == 2 within 500ms",
    );
}

#[test]
fn what_is_in_flight_when_a_link_is_cut_is_lost() {
    let (mut world, _) = candidate();
    world.act("partition 1 | 2 3").expect("that can always be done");
    world.run_for(200 * MILLISECOND);
    assert_eq!(arrivals(&world, "Vote", 2), []);
    assert_eq!(world.cuts().len(), 4);
    world.act("heal").expect("that can always be done");
    assert_eq!(world.cuts(), []);
}

#[test]
fn a_paused_machine_takes_everything_in_when_it_goes_on() {
    let world = holds(
        "raft\nnodes 3\ntimers off\npause 2\ntimeout 1\nuntil leader == 1 within 200ms\nrun 300ms\nexpect term 2 == 1\n\
         expect in-flight Vote 1 2 == 1\nresume 2\nuntil converged == yes within 500ms",
    );
    assert!(arrivals(&world, "Vote", 2)[0] > 300 * MILLISECOND);
}

#[test]
fn a_paused_machine_is_late_for_one_tick_at_the_most() {
    // Had it ticked for the whole second at once, it would stand for election before it heard of its leader.
    holds(
        "raft\nnodes 3\nseed 3\nuntil leader != none within 1s\nuntil converged == yes within 1s\nexpect leader == 3\npause 1\nrun 1s\n\
         resume 1\nnever highest-term > 2 for 1s",
    );
}

#[test]
fn a_slow_disk_delays_what_rests_on_it() {
    let world = holds(
        "raft\nnodes 3\ntimers off\nslow-disk 2 400ms\nslow-disk 3 400ms\ntimeout 1\nrun 300ms\nexpect vote 2 == 1\n\
                       expect sent VoteResp == 0\nuntil leader == 1 within 400ms",
    );
    assert!(arrivals(&world, "VoteResp", 1)[0] > 400 * MILLISECOND);
}

#[test]
fn a_fast_clock_fires_first() {
    for node in 1..=3 {
        holds(&format!(
            "raft\nnodes 3\ndrift {node} 2000000\nuntil leader == {node} within 400ms"
        ));
    }
}

#[test]
fn a_crash_loses_what_was_not_durable_and_nothing_else() {
    holds(
        "raft\nnodes 3\ntimers off\ntorn-writes off\ntimeout 1\nuntil converged == yes within 500ms\nslow-disk 1 500ms\npropose 1 x=1\n\
         expect last 1 == 3\nrun 100ms\nexpect last 2 == 3\ncrash 1\nslow-disk 1 0s\nrestart 1\nexpect last 1 == 2\nexpect term 1 == 2\nexpect vote 1 == 1\n\
         timeout 2\nuntil converged == yes within 1s\nexpect value 1 x == 1",
    );
}

#[test]
fn a_client_tries_again_and_gives_up_in_the_end() {
    let world = holds(
        "raft\nnodes 3\ntimers off\nclient-timeout 100ms\nretries 2\ntimeout 1\nuntil converged == yes within 500ms\n\
         partition c1 | 1 2 3\nask c1 x=1 1\nexpect client c1 == pending\nrun 250ms\nexpect client c1 == pending\nrun 100ms\n\
         expect client c1 == unknown\nexpect sent Request == 3\nheal\nask c1 x=2\nuntil client c1 == ok within 500ms\nask c1 x?\n\
         until client c1 == ok within 500ms\nexpect answer c1 == 2",
    );
    let fates: Vec<_> = world.history().iter().map(|operation| operation.fate.clone()).collect();
    assert_eq!(
        fates,
        [Fate::Unknown, Fate::Done(String::new()), Fate::Done("2".into())]
    );
    assert_eq!(world.history()[0].op, Op::parse("x=1").expect("an operation"));
}

#[test]
fn who_refuses_says_so() {
    holds(
        "raft\nnodes 3\ntimers off\nretries 0\nask c1 x=1 2\nuntil client c1 == refused within 200ms\nrefused refused propose 2 x=1",
    );
}

#[test]
fn dials_turn_while_the_world_goes_on() {
    holds(
        "raft\nnodes 3\ntimers off\nset loss 100%\ntimeout 1\nrun 300ms\nexpect term 2 == 1\nset loss 0%\nset latency 50ms\ntimeout 1\n\
         run 40ms\nexpect term 2 == 1\nuntil leader == 1 within 300ms",
    );
}

#[test]
fn a_diagram_shows_who_did_what() {
    let world = holds(
        "raft\nnodes 3\ntimers off\ntimeout 1\nuntil leader == 1 within 500ms\nrule drop App 1 2\npropose 1 x=1\nrun 100ms\ncrash 3",
    );
    let diagram = world.diagram(0, world.now());
    for part in [
        "! candidate 2",
        "Vote",
        "yes",
        "# leader 2",
        "App x=1",
        "<> commit 3",
        "X crash",
        "** crash 3",
        "heartbeats",
    ] {
        assert!(diagram.contains(part), "{part} in\n{diagram}");
    }
    assert!(diagram.lines().all(|line| line == line.trim_end()));
}
