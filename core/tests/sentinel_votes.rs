//! Asking, agreeing, voting and being elected; and that no vote leaves before it is durable.

#[path = "common/sentinel.rs"]
mod world;

use quorate::resp::Value;
use quorate::sentinel::{EventKind, Millis, Output, Profile, Sentinel, Trace};
use world::{MASTER, World, master_config, run_id, seat_config, sentinel_port};

/// One sentinel, spoken to directly.
struct Voter {
    sentinel: Sentinel,
    now: Millis,
}

impl Voter {
    fn new(profile: Profile) -> Self {
        let mut config = seat_config(0, 2);
        config.profile = profile;
        let mut other = master_config(2);
        (other.name, other.port) = ("other".into(), 7_000);
        config.masters.push(other);
        let mut voter = Self {
            sentinel: Sentinel::new(config, &[], 0).unwrap(),
            now: 0,
        };
        voter.tick(100);
        voter
    }

    fn tick(&mut self, span: Millis) -> Vec<Output> {
        self.now += span;
        self.sentinel.tick(self.now);
        self.drain()
    }

    fn drain(&mut self) -> Vec<Output> {
        let mut outputs = Vec::new();
        while let Some(output) = self.sentinel.poll() {
            if let Output::Persist { ticket, .. } = output {
                self.sentinel.persisted(ticket).unwrap();
            }
            outputs.push(output);
        }
        outputs
    }

    fn command(&mut self, command: &str) -> Vec<Output> {
        let argv: Vec<&[u8]> = command.split(' ').map(str::as_bytes).collect();
        self.sentinel.command(1, &argv, self.now);
        self.drain()
    }

    /// The answer to is-master-down-by-addr.
    fn ask(&mut self, port: u16, epoch: u64, run_id: &str) -> String {
        let outputs = self.command(&format!(
            "SENTINEL is-master-down-by-addr 127.0.0.1 {port} {epoch} {run_id}"
        ));
        let mut values = outputs.iter().filter_map(|output| match output {
            Output::Reply { value, .. } => Some(value.to_string()),
            _ => None,
        });
        values.next_back().unwrap()
    }
}

fn events(outputs: &[Output]) -> Vec<String> {
    let events = outputs.iter().filter_map(|output| match output {
        Output::Event(event) => Some(format!("{} {}", event.kind.name(), event.message)),
        _ => None,
    });
    events.collect()
}

fn candidate(number: u16) -> String {
    run_id(40_000 + number)
}

#[test]
fn a_question_without_a_candidate_gets_no_vote() {
    // Frames of the recording: `... 26501 0 *` is answered [0, "*", 0].
    let mut voter = Voter::new(Profile::Compat);
    assert_eq!(voter.ask(MASTER, 5, "*"), r#"[0, "*", 0]"#);
    assert_eq!(
        voter.sentinel.current_epoch(),
        0,
        "a question without a candidate does not raise the epoch"
    );
    assert_eq!(
        voter.ask(9_999, 5, &candidate(1)),
        r#"[0, "*", 0]"#,
        "nobody knows that address"
    );
    assert_eq!(voter.sentinel.current_epoch(), 0);
}

#[test]
fn a_vote_is_given_once_in_an_epoch_to_who_asks_first() {
    let mut voter = Voter::new(Profile::Compat);
    let (a, b) = (candidate(1), candidate(2));
    let outputs = voter.command(&format!("SENTINEL is-master-down-by-addr 127.0.0.1 {MASTER} 1 {a}"));
    assert_eq!(
        events(&outputs),
        ["+new-epoch 1".to_owned(), format!("+vote-for-leader {a} 1")]
    );
    assert_eq!(
        voter.ask(MASTER, 1, &b),
        format!(r#"[0, "{a}", 1]"#),
        "the vote of this epoch is gone"
    );
    assert_eq!(
        voter.ask(MASTER, 0, &b),
        format!(r#"[0, "{a}", 1]"#),
        "an older epoch gets the stored vote"
    );
    assert_eq!(voter.ask(MASTER, 2, &b), format!(r#"[0, "{b}", 2]"#));
    assert_eq!(voter.ask(MASTER, 2, &a), format!(r#"[0, "{b}", 2]"#));
}

#[test]
fn a_voter_need_not_think_that_the_master_is_down() {
    let mut voter = Voter::new(Profile::Compat);
    assert!(voter.ask(MASTER, 1, &candidate(1)).starts_with("[0, "));
    assert!(voter.ask(MASTER, 1, &candidate(1)).contains(&candidate(1)));
}

#[test]
fn a_vote_leaves_once_it_is_durable_and_not_before() {
    let mut config = seat_config(0, 2);
    config.trace = true;
    let mut sentinel = Sentinel::new(config.clone(), &[], 0).unwrap();
    let mut stored = Vec::new();
    while let Some(output) = sentinel.poll() {
        if let Output::Persist { ticket, lines } = output {
            sentinel.persisted(ticket).unwrap();
            stored = lines;
        }
    }
    let before = stored.clone();
    let candidate = candidate(1);
    let epoch = b"7";
    let argv: [&[u8]; 6] = [
        b"SENTINEL",
        b"is-master-down-by-addr",
        b"127.0.0.1",
        b"6379",
        epoch,
        candidate.as_bytes(),
    ];
    sentinel.command(1, &argv, 10);
    let Some(Output::Persist { ticket, lines }) = sentinel.poll() else {
        panic!("a vote is written first")
    };
    assert!(sentinel.poll().is_none(), "nothing leaves while it is written");
    sentinel.tick(100);
    assert!(sentinel.poll().is_none());
    assert!(
        lines.contains(&"sentinel leader-epoch mymaster 7".to_owned()),
        "{lines:?}"
    );
    assert!(lines.contains(&"sentinel current-epoch 7".to_owned()));
    assert!(
        !lines.iter().any(|line| line.contains(&candidate)),
        "whom it went to is not kept"
    );

    // A crash before the write: the vote was never told, and may be given again.
    let mut crashed = Sentinel::new(config.clone(), &before, 200).unwrap();
    while let Some(output) = crashed.poll() {
        if let Output::Persist { ticket, .. } = output {
            crashed.persisted(ticket).unwrap();
        }
    }
    assert_eq!(crashed.current_epoch(), 0);

    // A crash after it: no second vote in that epoch.
    sentinel.persisted(ticket).unwrap();
    let told = core::iter::from_fn(|| sentinel.poll()).any(|output| matches!(output, Output::Reply { .. }));
    assert!(told);
    let mut restarted = Sentinel::new(config, &lines, 200).unwrap();
    let other = run_id(41_000);
    let argv: [&[u8]; 6] = [
        b"SENTINEL",
        b"is-master-down-by-addr",
        b"127.0.0.1",
        b"6379",
        epoch,
        other.as_bytes(),
    ];
    restarted.command(1, &argv, 300);
    let mut answer = None;
    while let Some(output) = restarted.poll() {
        match output {
            Output::Persist { ticket, .. } => restarted.persisted(ticket).unwrap(),
            Output::Reply { value, .. } => answer = Some(value.to_string()),
            _ => {}
        }
    }
    assert_eq!(answer.unwrap(), r#"[0, "*", 7]"#);
}

#[test]
fn one_write_serves_all_that_changed_meanwhile() {
    let mut sentinel = Sentinel::new(seat_config(0, 2), &[], 0).unwrap();
    let Some(Output::Persist { ticket, .. }) = sentinel.poll() else {
        panic!()
    };
    for epoch in ["3", "4", "5"] {
        let candidate = candidate(1);
        let argv = [
            "SENTINEL",
            "is-master-down-by-addr",
            "127.0.0.1",
            "6379",
            epoch,
            &candidate,
        ]
        .map(str::as_bytes);
        sentinel.command(1, &argv, 10);
    }
    sentinel.persisted(ticket).unwrap();
    let mut writes = 0;
    let mut replies = 0;
    while let Some(output) = sentinel.poll() {
        match output {
            Output::Persist { ticket, lines } => {
                writes += 1;
                assert!(lines.contains(&"sentinel leader-epoch mymaster 5".to_owned()));
                sentinel.persisted(ticket).unwrap();
            }
            Output::Reply { .. } => replies += 1,
            _ => {}
        }
    }
    assert_eq!((writes, replies), (1, 3));
}

#[test]
fn who_voted_for_another_does_not_try_itself_for_twice_the_timeout() {
    let mut world = World::new(1, 1, 1);
    world.run_for(5_000);
    world.ask(
        0,
        &format!("SENTINEL is-master-down-by-addr 127.0.0.1 6379 1 {}", candidate(1)),
    );
    let voted = world.now;
    world.kill(MASTER);
    world.until(0, EventKind::TryFailover, 40_000);
    let elapsed = world.told(0, EventKind::TryFailover)[0].0 - voted;
    assert!((20_000..=21_200).contains(&elapsed), "{elapsed}");
}

#[test]
fn a_negative_epoch_is_refused() {
    let mut voter = Voter::new(Profile::Compat);
    let outputs = voter.command(&format!(
        "SENTINEL is-master-down-by-addr 127.0.0.1 6379 -1 {}",
        candidate(1)
    ));
    assert!(matches!(
        &outputs[..],
        [Output::Reply {
            value: Value::SimpleError(_),
            ..
        }]
    ));
    assert_eq!(voter.sentinel.current_epoch(), 0);
}

#[test]
fn the_greatest_epoch_there_is_does_no_harm() {
    let mut voter = Voter::new(Profile::Compat);
    let id = candidate(1);
    let payload = format!("127.0.0.1,1,{id},18446744073709551615,mymaster,127.0.0.1,6379,0");
    voter.command(&format!("PUBLISH __sentinel__:hello {payload}"));
    assert_eq!(voter.sentinel.current_epoch(), u64::MAX);
    for _ in 0..400 {
        voter.tick(100);
    }
}

#[test]
fn odown_needs_the_quorum_and_a_failover_the_majority() {
    // quorum 1 of 3, and two of three sentinels dead: +odown, and no leader (recording e3).
    let mut world = World::new(1, 3, 1);
    world.run_for(6_000);
    world.kill_sentinel(1);
    world.kill_sentinel(2);
    world.run_for(6_000);
    world.kill(MASTER);
    assert_eq!(
        world.until(0, EventKind::Odown, 6_000),
        "master mymaster 127.0.0.1 6379 #quorum 1/1"
    );
    assert_eq!(
        world.until(0, EventKind::AbortNotElected, 15_000),
        "master mymaster 127.0.0.1 6379"
    );
    // min(election-timeout, failover-timeout) after the start, which is up to a second late.
    let tried = world.told(0, EventKind::TryFailover)[0].0;
    let elapsed = world.told(0, EventKind::AbortNotElected)[0].0 - tried;
    assert!((10_000..=11_200).contains(&elapsed), "{elapsed}");
    world.run_for(60_000);
    assert!(world.told(0, EventKind::ElectedLeader).is_empty());
}

#[test]
fn a_majority_below_the_quorum_does_not_lead_either() {
    let mut world = World::new(1, 3, 3);
    world.run_for(6_000);
    world.kill_sentinel(2);
    world.run_for(6_000);
    world.kill(MASTER);
    world.run_for(30_000);
    for seat in 0..2 {
        assert!(
            world.told(seat, EventKind::Odown).is_empty(),
            "two of three do not agree by three"
        );
    }
}

#[test]
fn the_others_are_asked_once_a_second_while_the_master_is_down() {
    let mut world = World::new(1, 2, 2);
    world.run_for(6_000);
    // This one alone cannot reach the master.
    world.cut.insert((0, MASTER));
    world.until(0, EventKind::Sdown, 6_000);
    let from = world.now;
    world.run_for(10_000);
    let asked = world.sent_to(0, sentinel_port(1), from, "SENTINEL");
    assert!((9..=10).contains(&asked.len()), "{}", asked.len());
    for (_, question) in &asked {
        assert_eq!(question, "SENTINEL is-master-down-by-addr 127.0.0.1 6379 0 *");
    }
    assert!(
        world.told(0, EventKind::Odown).is_empty(),
        "the other one says that it is up"
    );
}

#[test]
fn what_was_said_counts_for_five_seconds() {
    let mut world = World::new(0, 2, 2);
    world.run_for(6_000);
    world.kill(MASTER);
    world.until(0, EventKind::Odown, 6_000);
    world.run_for(1_500);
    world.stop_sentinel(1);
    let stopped = world.now;
    world.until(0, EventKind::OdownOver, 8_000);
    let elapsed = world.told(0, EventKind::OdownOver).last().unwrap().0 - stopped;
    assert!((4_000..=5_200).contains(&elapsed), "{elapsed}");
}

#[test]
fn an_answer_of_other_types_is_ignored() {
    // sentinelReceiveIsMasterDownReply: an integer, a bulk string, an integer.
    for reply in [
        Value::Array(vec![Value::Integer(1), Value::Null, Value::Integer(0)].into()),
        Value::Array(vec![Value::Integer(1), Value::SimpleString("*".into()), Value::Integer(0)].into()),
        Value::Array(vec![Value::Boolean(true), Value::BulkString("*".into()), Value::Integer(0)].into()),
        Value::Array(vec![Value::Integer(1), Value::BulkString("*".into())].into()),
        Value::SimpleError("ERR".into()),
    ] {
        let mut voter = Voter::new(Profile::Compat);
        let peer = candidate(3);
        voter.command(&format!(
            "PUBLISH __sentinel__:hello 127.0.0.1,5000,{peer},0,mymaster,127.0.0.1,6379,0"
        ));
        let mut asked = None;
        for _ in 0..60 {
            for output in voter.tick(100) {
                if let Output::Send { link, argv } = output
                    && argv[0].eq_ignore_ascii_case(b"SENTINEL")
                {
                    asked.get_or_insert(link);
                }
            }
        }
        let link = asked.unwrap();
        // SETNAME and PINGs are answered first.
        while let Ok(()) = voter.sentinel.reply(link, &reply, voter.now) {}
        assert!(
            !events(&voter.tick(100)).iter().any(|event| event.starts_with("+odown")),
            "{reply}"
        );
    }
}

/// Both profiles through the same story: an attempt for one master is under way when another raises the epoch.
fn attempt_and_a_newer_epoch(profile: Profile) -> (Vec<String>, bool) {
    let mut world = World::empty();
    world.add_redis(MASTER, None);
    world.add_redis(MASTER + 1, Some(MASTER));
    let mut config = seat_config(0, 2);
    config.profile = profile;
    world.add_sentinel(config, &[]);
    let peer = sentinel_port(5);
    let hello = |epoch: u64| {
        format!(
            "PUBLISH __sentinel__:hello 127.0.0.1,{peer},{},{epoch},mymaster,127.0.0.1,6379,0",
            run_id(peer)
        )
    };
    world.run_for(12_000);
    // A second sentinel of this test's own making.
    world.fake_peer = Some(peer);
    world.ask(0, &hello(0));
    world.run_for(2_000);
    world.kill(MASTER);
    world.until(0, EventKind::TryFailover, 10_000);
    // Another master's failover, elsewhere: the current epoch goes on, while this attempt's is 1.
    world.ask(0, &hello(9));
    world.run_for(3_000);
    let asked = world.sent_to(0, peer, 0, "SENTINEL");
    let asked = asked.into_iter().map(|sent| sent.1).filter(|sent| !sent.ends_with('*'));
    let elected = !world.told(0, EventKind::ElectedLeader).is_empty();
    (asked.collect(), elected)
}

#[test]
fn compat_asks_by_the_shared_epoch_and_strict_by_its_own() {
    // redis/redis#12865: votes that are stamped with another attempt's epoch.
    let (compat, _) = attempt_and_a_newer_epoch(Profile::Compat);
    assert!(
        compat.iter().any(|question| question.contains(" 6379 9 ")),
        "{compat:?}"
    );
    let (strict, _) = attempt_and_a_newer_epoch(Profile::Strict);
    assert!(
        !strict.is_empty() && strict.iter().all(|question| question.contains(" 6379 1 ")),
        "{strict:?}"
    );
}

#[test]
fn strict_votes_by_the_epoch_that_was_asked_for_and_compat_does_not() {
    // Epoch 5 is known from one master; a candidate for another asks in epoch 3.
    for (profile, expected) in [
        (Profile::Compat, r#"[0, "*", 0]"#.to_owned()),
        (Profile::Strict, format!(r#"[0, "{}", 3]"#, candidate(2))),
    ] {
        let mut voter = Voter::new(profile);
        voter.ask(MASTER, 5, &candidate(1));
        assert_eq!(voter.ask(7_000, 3, &candidate(2)), expected);
        assert_eq!(voter.sentinel.current_epoch(), 5);
    }
}

#[test]
fn many_masters_that_die_at_once_have_one_leader_each_in_strict() {
    let groups = 7;
    let mut world = World::empty();
    let port = |group: u16| MASTER + 10 * group;
    for group in 0..groups {
        world.add_redis(port(group), None);
        world.add_redis(port(group) + 1, Some(port(group)));
    }
    for seat in 0..3 {
        let mut config = seat_config(seat, 2);
        config.profile = Profile::Strict;
        for group in 1..groups {
            let mut master = master_config(2);
            (master.name, master.port) = (format!("m{group}"), port(group));
            config.masters.push(master);
        }
        world.add_sentinel(config, &[]);
    }
    world.run_for(15_000);
    for group in 0..groups {
        world.kill(port(group));
    }
    world.run_for(90_000);
    let mut leaders = std::collections::BTreeMap::new();
    for seat in 0..3 {
        for (_, message) in world.told(seat, EventKind::ElectedLeader) {
            *leaders.entry(message).or_insert(0) += 1;
        }
    }
    assert_eq!(leaders.len(), usize::from(groups), "{leaders:?}");
    for seat in 0..3 {
        for group in 0..groups {
            let name = if group == 0 {
                "mymaster".to_owned()
            } else {
                format!("m{group}")
            };
            assert_eq!(
                world.seats[seat].sentinel.master_address(&name).unwrap().port,
                port(group) + 1,
                "{name} at {seat}"
            );
        }
    }
}

#[test]
fn traces_say_why_there_is_no_failover() {
    let mut world = World::empty();
    world.add_redis(MASTER, None);
    let mut config = seat_config(0, 2);
    config.trace = true;
    world.add_sentinel(config, &[]);
    world.run_for(3_000);
    world.kill(MASTER);
    world.run_for(5_000);
    let missing = world.seats[0].outputs.iter().any(|output| {
        matches!(
            output,
            Output::Trace(Trace::QuorumMissing {
                agree: 1,
                quorum: 2,
                ..
            })
        )
    });
    assert!(missing);
}
