//! The client of a cluster in virtual time: redirects, patience, dead nodes and refreshes. The policy is that of cluster clients
//! (Valkey GLIDE's `retry_method`, go-redis' `process`); limits are redis-py's and node-redis'.

use quorate::cluster::{Address, ReadPolicy, RouteError, Router, RouterConfig, RouterOutput, SlotMap};
use quorate::resp::Value;

const TWO: &str = "aa a:1@2 master - 0 0 1 connected 0-8191\n\
                   bb b:1@2 master - 0 0 2 connected 8192-16383\n\
                   a1 a1:1@2 slave aa 0 0 1 connected\n";

fn map(text: &str) -> SlotMap {
    SlotMap::from_nodes(text.as_bytes(), &Address::new("a", 1)).expect("a map")
}

fn config() -> RouterConfig {
    RouterConfig {
        seeds: vec![Address::new("seed", 1)],
        seed: 3,
        ..RouterConfig::default()
    }
}

/// A router that has its map.
fn ready(config: RouterConfig) -> Router {
    let mut router = Router::new(config).expect("a router");
    router.submit(0, &["PING"]).expect("a command");
    assert_eq!(drain(&mut router), ["refresh seed:1"]);
    router.topology(0, map(TWO));
    let sent = drain(&mut router);
    assert_eq!(&sent[1..], ["2 a:1 PING", "3 b:1 PING"]);
    for id in [2, 3] {
        router.reply(0, id, ok()).expect("it is under way");
    }
    assert_eq!(drain(&mut router), ["done 1 \"OK\""]);
    router
}

fn ok() -> Value {
    Value::SimpleString(b"OK".as_slice().into())
}

fn error(text: &str) -> Value {
    Value::SimpleError(text.as_bytes().into())
}

/// Outputs in words: `ID NODE COMMAND / COMMAND`, with `(readonly)` where the connection must have said so.
fn drain(router: &mut Router) -> Vec<String> {
    let mut words = Vec::new();
    while let Some(output) = router.poll() {
        words.push(match output {
            RouterOutput::Send {
                id,
                node,
                bytes,
                readonly,
                replies,
            } => {
                let mut decoder = quorate::resp::RequestDecoder::default();
                decoder.feed(&bytes);
                let mut commands = Vec::new();
                while let Some(request) = decoder.poll().expect("requests") {
                    commands.push(
                        request
                            .args()
                            .map(String::from_utf8_lossy)
                            .collect::<Vec<_>>()
                            .join(" "),
                    );
                }
                assert_eq!(replies as usize, commands.len());
                format!(
                    "{id} {node} {}{}",
                    commands.join(" / "),
                    if readonly { " (readonly)" } else { "" }
                )
            }
            RouterOutput::Refresh { nodes } => {
                format!(
                    "refresh {}",
                    nodes.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
                )
            }
            RouterOutput::Done {
                request,
                reply: Ok(value),
            } => format!("done {request} {value}"),
            RouterOutput::Done {
                request,
                reply: Err(error),
            } => format!("failed {request} {}", error.code()),
            RouterOutput::Changed(changes) => format!("changed {}", changes.len()),
            other => format!("{other:?}"),
        });
    }
    words
}

// foo 12182 (b), bar 5061 (a)

#[test]
fn the_first_command_waits_for_the_first_map() {
    let mut router = Router::new(config()).expect("a router");
    let request = router.submit(0, &["GET", "foo"]).expect("a command");
    assert_eq!(drain(&mut router), ["refresh seed:1"]);
    router.topology(5, map(TWO));
    assert_eq!(drain(&mut router), ["changed 5", "2 b:1 GET foo"]);
    router.reply(6, 2, Value::bulk("x")).expect("it is under way");
    assert_eq!(drain(&mut router), [format!("done {request} \"x\"")]);
    assert_eq!(router.pending(), 0);
}

#[test]
fn what_no_map_can_make_right_is_refused_at_once() {
    let mut router = Router::new(config()).expect("a router");
    assert_eq!(
        router.submit(0, &["NOSUCH"]).expect_err("no command").code(),
        "unknown_command"
    );
    assert_eq!(router.pending(), 0);
    assert_eq!(
        Router::new(RouterConfig::default()).expect_err("no seeds").code(),
        "no_seeds"
    );
    let mut router = ready(config());
    assert_eq!(
        router
            .submit(0, &["RENAME", "foo", "bar"])
            .expect_err("two slots")
            .code(),
        "cross_slot"
    );
    assert_eq!(router.reply(0, 99, ok()), Err(RouteError::UnknownSend(99)));
}

#[test]
fn nobody_gives_a_map() {
    let mut router = Router::new(config()).expect("a router");
    router.submit(0, &["GET", "foo"]).expect("a command");
    drain(&mut router);
    router.topology_failed(10);
    assert_eq!(drain(&mut router), ["failed 1 no_nodes"]);
}

#[test]
fn moved_patches_the_map_and_goes_there_at_once() {
    let mut router = ready(config());
    router.submit(2_000, &["GET", "foo"]).expect("a command");
    assert_eq!(drain(&mut router), ["5 b:1 GET foo"]);
    router
        .reply(2_000, 5, error("MOVED 12182 a:1"))
        .expect("it is under way");
    assert_eq!(
        drain(&mut router),
        ["changed 1", "refresh a:1 b:1 a1:1 seed:1", "6 a:1 GET foo"]
    );
    router.reply(2_000, 6, Value::bulk("x")).expect("it is under way");
    assert_eq!(drain(&mut router), ["done 4 \"x\""]);
    // The next one goes there straight, and nobody is asked for the map twice.
    router.submit(2_001, &["GET", "foo"]).expect("a command");
    assert_eq!(drain(&mut router), ["8 a:1 GET foo"]);
}

#[test]
fn an_empty_host_means_the_one_that_was_asked() {
    let mut router = ready(config());
    router.submit(0, &["GET", "foo"]).expect("a command");
    drain(&mut router);
    router.reply(0, 5, error("MOVED 12182 :7777")).expect("it is under way");
    assert!(drain(&mut router).contains(&"6 b:7777 GET foo".to_string()));
}

#[test]
fn refreshes_are_rare_however_many_are_moved() {
    let mut router = ready(config());
    for _ in 0..10 {
        router.submit(500, &["GET", "foo"]).expect("a command");
    }
    drain(&mut router);
    for id in (5..25).step_by(2) {
        router
            .reply(500, id, error("MOVED 12182 a:1"))
            .expect("it is under way");
    }
    let outputs = drain(&mut router);
    assert_eq!(
        outputs.iter().filter(|output| output.starts_with("refresh")).count(),
        0,
        "the last one was at 0"
    );
    assert_eq!(router.next_timeout(), Some(1_000));
    router.tick(1_000);
    assert_eq!(drain(&mut router), ["refresh a:1 b:1 a1:1 seed:1"]);
}

#[test]
fn ask_goes_behind_asking_in_one_write_and_changes_nothing() {
    let mut router = ready(config());
    router.submit(0, &["GET", "foo"]).expect("a command");
    drain(&mut router);
    router.reply(0, 5, error("ASK 12182 a:1")).expect("it is under way");
    assert_eq!(drain(&mut router), ["6 a:1 ASKING / GET foo"]);
    router.reply(0, 6, ok()).expect("the reply to ASKING");
    router.reply(0, 6, Value::bulk("x")).expect("it is under way");
    assert_eq!(drain(&mut router), ["done 4 \"x\""]);
    router.submit(0, &["GET", "foo"]).expect("a command");
    assert_eq!(drain(&mut router), ["8 b:1 GET foo"]);
}

#[test]
fn redirects_end() {
    let mut router = ready(RouterConfig {
        max_redirects: 3,
        ..config()
    });
    router.submit(0, &["GET", "foo"]).expect("a command");
    drain(&mut router);
    for (id, to) in [(5, "a:1"), (6, "b:1"), (7, "a:1"), (8, "b:1")] {
        router
            .reply(0, id, error(&format!("MOVED 12182 {to}")))
            .expect("it is under way");
    }
    assert_eq!(
        drain(&mut router).last().map(String::as_str),
        Some("failed 4 too_many_redirects")
    );
}

#[test]
fn try_again_and_cluster_down_wait_longer_and_longer_and_end() {
    for text in [
        "TRYAGAIN Multiple keys",
        "CLUSTERDOWN The cluster is down",
        "MASTERDOWN Link with MASTER is down",
    ] {
        let mut router = ready(RouterConfig {
            max_retries: 5,
            ..config()
        });
        router.submit(0, &["GET", "foo"]).expect("a command");
        drain(&mut router);
        let (mut now, mut id, mut waits) = (0, 5, Vec::new());
        loop {
            router.reply(now, id, error(text)).expect("it is under way");
            if drain(&mut router)
                .iter()
                .any(|output| output == "failed 4 too_many_retries")
            {
                break;
            }
            let at = router.next_timeout().expect("a wait");
            waits.push(at - now);
            now = at;
            router.tick(now);
            assert!(
                drain(&mut router).iter().any(|output| output.ends_with("b:1 GET foo")),
                "the same route"
            );
            id += 1;
        }
        assert_eq!(waits.len(), 5);
        for (nth, wait) in waits.iter().enumerate() {
            let full = 8 << nth;
            assert!((full / 2..=full).contains(wait), "wait {nth} was {wait}");
        }
    }
}

#[test]
fn crossslot_and_other_errors_are_answers() {
    let mut router = ready(config());
    for (id, text) in [(5, "CROSSSLOT Keys in request"), (7, "WRONGTYPE Operation")] {
        router.submit(0, &["GET", "foo"]).expect("a command");
        drain(&mut router);
        router.reply(0, id, error(text)).expect("it is under way");
        assert_eq!(drain(&mut router), [format!("done {} !\"{text}\"", id - 1)]);
    }
}

#[test]
fn a_read_that_was_lost_goes_to_another_node() {
    let mut router = ready(RouterConfig {
        reads: ReadPolicy::RoundRobinReplicas,
        ..config()
    });
    router.submit(2_000, &["GET", "bar"]).expect("a command");
    assert_eq!(drain(&mut router), ["5 a1:1 GET bar (readonly)"]);
    router.lost(2_000, 5, true).expect("it is under way");
    assert_eq!(
        drain(&mut router),
        ["refresh a:1 b:1 seed:1 a1:1"],
        "who is gone is asked last"
    );
    let at = router.next_timeout().expect("a wait");
    router.tick(at);
    assert_eq!(drain(&mut router), ["6 a:1 GET bar"]);
}

#[test]
fn a_write_that_was_lost_is_not_done_twice_unless_it_is_asked_for() {
    let mut router = ready(config());
    router.submit(0, &["INCR", "bar"]).expect("a command");
    drain(&mut router);
    router.lost(0, 5, true).expect("it is under way");
    assert!(drain(&mut router).contains(&"failed 4 unknown_outcome".to_string()));

    for (sent, retry_writes) in [(false, false), (true, true)] {
        let mut router = ready(RouterConfig {
            retry_writes,
            ..config()
        });
        router.submit(0, &["INCR", "bar"]).expect("a command");
        drain(&mut router);
        router.lost(0, 5, sent).expect("it is under way");
        router.tick(router.next_timeout().expect("a wait"));
        assert_eq!(drain(&mut router), ["6 a:1 INCR bar"]);
    }
}

#[test]
fn after_a_failover_what_waited_goes_to_the_new_primary() {
    let mut router = ready(config());
    router.submit(2_000, &["SET", "bar", "1"]).expect("a command");
    drain(&mut router);
    router.lost(2_000, 5, false).expect("it is under way");
    assert_eq!(drain(&mut router), ["refresh b:1 a1:1 seed:1 a:1"]);
    let text = TWO.replace(
        "aa a:1@2 master - 0 0 1 connected 0-8191",
        "aa a:1@2 master,fail - 0 0 1 connected",
    );
    let text = text.replace(
        "a1 a1:1@2 slave aa 0 0 1 connected",
        "a1 a1:1@2 master - 0 0 3 connected 0-8191",
    );
    router.topology(2_001, map(&text));
    drain(&mut router);
    router.tick(router.next_timeout().expect("a wait"));
    assert_eq!(drain(&mut router), ["6 a1:1 SET bar 1"]);
}

#[test]
fn parts_are_redirected_one_by_one_and_merged_in_order() {
    let mut router = ready(config());
    router.submit(0, &["MGET", "foo", "bar"]).expect("a command");
    assert_eq!(drain(&mut router), ["5 a:1 MGET bar", "6 b:1 MGET foo"]);
    router.reply(0, 6, error("ASK 12182 a:1")).expect("it is under way");
    assert_eq!(drain(&mut router), ["7 a:1 ASKING / MGET foo"]);
    let one = |text: &str| Value::Array([Value::bulk(text)].into());
    router.reply(0, 5, one("BAR")).expect("it is under way");
    assert_eq!(drain(&mut router), Vec::<String>::new());
    router.reply(0, 7, ok()).expect("the reply to ASKING");
    router.reply(0, 7, one("FOO")).expect("it is under way");
    assert_eq!(drain(&mut router), [r#"done 4 ["FOO", "BAR"]"#]);

    // What one of them lost is told, and what the others did is done.
    router.submit(0, &["DEL", "foo", "bar"]).expect("a command");
    assert_eq!(drain(&mut router), ["9 a:1 DEL bar", "10 b:1 DEL foo"]);
    router.reply(0, 9, Value::Integer(1)).expect("it is under way");
    router.lost(0, 10, true).expect("it is under way");
    assert!(drain(&mut router).contains(&"failed 8 parts_failed".to_string()));
}

#[test]
fn a_transaction_goes_as_a_whole_and_again_as_a_whole() {
    let mut router = ready(config());
    let commands = [vec!["SET", "foo", "1"], vec!["INCR", "foo"]];
    router.submit_transaction(0, &commands).expect("one slot");
    assert_eq!(drain(&mut router), ["5 b:1 MULTI / SET foo 1 / INCR foo / EXEC"]);
    let queued = || Value::SimpleString(b"QUEUED".as_slice().into());
    for reply in [
        ok(),
        error("MOVED 12182 a:1"),
        error("MOVED 12182 a:1"),
        error("EXECABORT Transaction discarded"),
    ] {
        router.reply(0, 5, reply).expect("it is under way");
    }
    assert_eq!(
        drain(&mut router),
        ["changed 1", "6 a:1 MULTI / SET foo 1 / INCR foo / EXEC"]
    );
    let all = Value::Array([ok(), Value::Integer(2)].into());
    for reply in [ok(), queued(), queued(), all] {
        router.reply(0, 6, reply).expect("it is under way");
    }
    assert_eq!(drain(&mut router), [r#"done 4 ["OK", 2]"#]);

    // One ASKING holds until EXEC, as the live server shows (tests/live/rust/tests/cluster_serving.rs).
    router.submit_transaction(0, &commands).expect("one slot");
    drain(&mut router);
    for reply in [
        ok(),
        error("ASK 12182 b:1"),
        error("ASK 12182 b:1"),
        error("EXECABORT Transaction discarded"),
    ] {
        router.reply(0, 8, reply).expect("it is under way");
    }
    assert_eq!(
        drain(&mut router),
        ["9 b:1 ASKING / MULTI / SET foo 1 / INCR foo / EXEC"]
    );
    // Some of its keys are still on the other side: EXEC says so, nothing was done, and it is tried again from the start.
    for reply in [ok(), ok(), queued(), queued(), error("TRYAGAIN Multiple keys request")] {
        router.reply(0, 9, reply).expect("it is under way");
    }
    assert_eq!(drain(&mut router), Vec::<String>::new());
    router.tick(router.next_timeout().expect("a wait"));
    assert_eq!(drain(&mut router), ["10 a:1 MULTI / SET foo 1 / INCR foo / EXEC"]);

    let two = [vec!["SET", "foo", "1"], vec!["INCR", "bar"]];
    assert_eq!(
        router.submit_transaction(0, &two).expect_err("two slots").code(),
        "cross_slot"
    );
}

#[test]
fn a_command_without_keys_goes_to_somebody_who_is_there() {
    let mut router = ready(config());
    router.submit(0, &["ECHO", "x"]).expect("a command");
    assert_eq!(drain(&mut router), ["5 a:1 ECHO x"]);
    router.lost(0, 5, false).expect("it is under way");
    drain(&mut router);
    router.tick(router.next_timeout().expect("a wait"));
    assert_eq!(drain(&mut router), ["6 b:1 ECHO x"]);
}

#[test]
fn who_waits_for_a_map_that_nobody_gives_is_told_in_the_end() {
    let mut router = ready(RouterConfig {
        max_retries: 3,
        ..config()
    });
    let request = router.submit(0, &["SET", "bar", "1"]).expect("a command");
    drain(&mut router);
    // The node is gone, and the new map has nobody in its place.
    router.lost(2_000, 5, false).expect("it is under way");
    router.topology(2_001, map("bb b:1@2 master - 0 0 2 connected 8192-16383\n"));
    drain(&mut router);
    let mut now = 2_001;
    for _ in 0..10 {
        let Some(next) = router.next_timeout() else { break };
        now = now.max(next);
        router.tick(now);
        for line in drain(&mut router) {
            if line.starts_with("refresh") {
                router.topology_failed(now);
            } else {
                assert_eq!(line, format!("failed {request} too_many_retries"));
            }
        }
        if router.pending() == 0 {
            return;
        }
    }
    panic!("{} requests wait for ever", router.pending());
}
