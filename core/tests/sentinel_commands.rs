//! What clients can ask and set, in the server's own words; scripts, credentials, renamed commands and names of hosts.

#[path = "common/sentinel.rs"]
mod world;

use quorate::resp::Value;
use quorate::sentinel::{Config, EventKind, Output, ScriptExit, Sentinel};
use world::{MASTER, World, run_id, seat_config, sentinel_port, text};

fn one() -> World {
    let mut world = World::new(1, 1, 1);
    world.run_for(5_000);
    world
}

/// A sentinel without a world: what it answers, and all that it gives out.
struct Bare {
    sentinel: Sentinel,
    now: i64,
    outputs: Vec<Output>,
}

impl Bare {
    fn new(config: Config) -> Self {
        Self::with(config, &[])
    }

    fn with(config: Config, lines: &[&str]) -> Self {
        let lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
        let mut bare = Self {
            sentinel: Sentinel::new(config, &lines, 0).unwrap(),
            now: 0,
            outputs: Vec::new(),
        };
        bare.drain();
        bare
    }

    fn drain(&mut self) {
        while let Some(output) = self.sentinel.poll() {
            if let Output::Persist { ticket, .. } = output {
                self.sentinel.persisted(ticket).unwrap();
            }
            self.outputs.push(output);
        }
    }

    fn tick(&mut self, span: i64) {
        self.now += span;
        self.sentinel.tick(self.now);
        self.drain();
    }

    fn ask_as(&mut self, client: u64, words: &[&str]) -> Vec<Value> {
        let argv: Vec<&[u8]> = words.iter().map(|word| word.as_bytes()).collect();
        let from = self.outputs.len();
        self.sentinel.command(client, &argv, self.now);
        self.drain();
        let replies = self.outputs[from..].iter().filter_map(|output| match output {
            Output::Reply { client: to, value } if *to == client => Some(value.clone()),
            _ => None,
        });
        replies.collect()
    }

    fn ask(&mut self, command: &str) -> String {
        let words: Vec<&str> = command.split(' ').collect();
        text(&self.ask_as(1, &words)[0])
    }

    fn sent(&self) -> Vec<String> {
        let sent = self.outputs.iter().filter_map(|output| match output {
            Output::Send { argv, .. } => {
                let words: Vec<_> = argv.iter().map(|arg| String::from_utf8_lossy(arg)).collect();
                Some(words.join(" "))
            }
            _ => None,
        });
        sent.collect()
    }
}

#[test]
fn the_fields_of_instances_are_the_recordings() {
    let mut world = World::new(1, 2, 2);
    world.run_for(5_000);
    let names = |value: &Value| {
        let Value::Array(items) = value else { panic!("{value}") };
        items.chunks(2).map(|pair| text(&pair[0])).collect::<Vec<_>>()
    };
    let common = [
        "name",
        "ip",
        "port",
        "runid",
        "flags",
        "link-pending-commands",
        "link-refcount",
        "last-ping-sent",
        "last-ok-ping-reply",
        "last-ping-reply",
        "down-after-milliseconds",
    ];
    let data = ["info-refresh", "role-reported", "role-reported-time"];
    let master = [
        "config-epoch",
        "num-slaves",
        "num-other-sentinels",
        "quorum",
        "failover-timeout",
        "parallel-syncs",
    ];
    let replica = [
        "master-link-down-time",
        "master-link-status",
        "master-host",
        "master-port",
        "slave-priority",
        "slave-repl-offset",
        "replica-announced",
    ];
    let peer = ["last-hello-message", "voted-leader", "voted-leader-epoch"];
    let first = |value: Value| match value {
        Value::Array(items) => items[0].clone(),
        other => other,
    };
    let expect = |parts: &[&[&'static str]]| parts.concat();
    assert_eq!(
        names(&world.ask(0, "SENTINEL MASTER mymaster")),
        expect(&[&common, &data, &master])
    );
    let all = first(world.ask(0, "SENTINEL MASTERS"));
    assert_eq!(names(&all), expect(&[&common, &data, &master]));
    for command in ["REPLICAS", "slaves"] {
        let value = first(world.ask(0, &format!("SENTINEL {command} mymaster")));
        assert_eq!(names(&value), expect(&[&common, &data, &replica]));
    }
    let value = first(world.ask(0, "sentinel SENTINELS mymaster"));
    assert_eq!(names(&value), expect(&[&common, &peer]));
    assert!(
        value
            .to_string()
            .contains(r#""voted-leader", "?", "voted-leader-epoch", "0""#)
    );
}

#[test]
fn flags_stand_in_the_servers_order() {
    let mut world = one();
    world.kill(MASTER);
    world.until(0, EventKind::WaitPromotion, 10_000);
    let master = world.ask(0, "SENTINEL MASTER mymaster").to_string();
    assert!(
        master.contains(r#""flags", "s_down,o_down,master,disconnected,failover_in_progress""#),
        "{master}"
    );
    assert!(master.contains(r#""failover-state", "wait_promotion""#));
    let replicas = world.ask(0, "SENTINEL REPLICAS mymaster").to_string();
    assert!(
        replicas.contains(r#""flags", "slave,disconnected,promoted""#),
        "{replicas}"
    );
}

#[test]
fn maps_come_as_maps_in_resp3() {
    let mut bare = Bare::new(seat_config(0, 1));
    assert!(matches!(bare.ask_as(7, &["HELLO", "3"])[..], [Value::Map(_)]));
    assert!(matches!(
        bare.ask_as(7, &["SENTINEL", "MASTER", "mymaster"])[..],
        [Value::Map(_)]
    ));
    assert!(matches!(
        bare.ask_as(7, &["SENTINEL", "GET-MASTER-ADDR-BY-NAME", "x"])[..],
        [Value::Null]
    ));
    assert!(matches!(
        bare.ask_as(8, &["SENTINEL", "GET-MASTER-ADDR-BY-NAME", "x"])[..],
        [Value::NullArray]
    ));
    assert_eq!(
        text(&bare.ask_as(7, &["HELLO", "4"])[0]),
        "-NOPROTO unsupported protocol version"
    );
}

#[test]
fn ckquorum_counts_who_is_up_by_two_thresholds() {
    let mut world = World::new(0, 3, 2);
    world.run_for(5_000);
    let ok = "+OK 3 usable Sentinels. Quorum and failover authorization can be reached";
    assert_eq!(text(&world.ask(0, "SENTINEL CKQUORUM mymaster")), ok);
    let quorum = "Not enough available Sentinels to reach the specified quorum for this master";
    let majority = "Not enough available Sentinels to reach the majority and authorize a failover";
    world.ask(0, "SENTINEL SET mymaster quorum 4");
    assert_eq!(
        text(&world.ask(0, "SENTINEL CKQUORUM mymaster")),
        format!("-NOQUORUM 3 usable Sentinels. {quorum}")
    );
    world.ask(0, "SENTINEL SET mymaster quorum 1");
    world.kill_sentinel(1);
    world.kill_sentinel(2);
    world.run_for(6_000);
    assert_eq!(
        text(&world.ask(0, "SENTINEL CKQUORUM mymaster")),
        format!("-NOQUORUM 1 usable Sentinels. {majority}")
    );
    world.ask(0, "SENTINEL SET mymaster quorum 2");
    assert_eq!(
        text(&world.ask(0, "SENTINEL CKQUORUM mymaster")),
        format!("-NOQUORUM 1 usable Sentinels. {quorum}. {majority}")
    );
}

#[test]
fn masters_come_and_go_while_it_runs() {
    let mut bare = Bare::new(Config::new(&run_id(1), 1));
    assert_eq!(bare.ask("SENTINEL MONITOR m 10.0.0.1 6379 2"), "+OK");
    let event = bare.outputs.iter().find_map(|output| match output {
        Output::Event(event) if event.kind == EventKind::Monitor => Some(event.message.clone()),
        _ => None,
    });
    assert_eq!(event.unwrap(), "master m 10.0.0.1 6379 quorum 2");
    for (command, answer) in [
        ("SENTINEL MONITOR m 10.0.0.1 6379 2", "-ERR Duplicate master name."),
        (
            "SENTINEL MONITOR n 10.0.0.1 6379 0",
            "-ERR Quorum must be 1 or greater.",
        ),
        ("SENTINEL MONITOR n 10.0.0.1 6379 x", "-ERR Invalid quorum"),
        ("SENTINEL MONITOR n 10.0.0.1 x 1", "-ERR Invalid port"),
        ("SENTINEL MONITOR n 10.0.0.1 65536 1", "-ERR Invalid port number"),
        (
            "SENTINEL MONITOR n some.host 1 1",
            "-ERR Invalid IP address or hostname specified",
        ),
        (
            "SENTINEL MONITOR n 10.0.0.1 1",
            "-ERR wrong number of arguments for 'sentinel|monitor' command",
        ),
        ("SENTINEL WHAT", "-ERR unknown subcommand 'WHAT'. Try SENTINEL HELP."),
        ("SENTINEL REMOVE n", "-ERR No such master with that name"),
        ("SENTINEL REMOVE m", "+OK"),
        ("SENTINEL MASTERS", "[]"),
        ("SENTINEL MYID", run_id(1).as_str()),
        ("SENTINEL FLUSHCONFIG", "+OK"),
        ("PING", "+PONG"),
        ("GET a", "-ERR unknown command 'get', with args beginning with: 'a' "),
        (
            "PUBLISH other x",
            "-ERR Only HELLO messages are accepted by Sentinel instances.",
        ),
        ("ROLE", r#"["sentinel", []]"#),
    ] {
        let answer = answer.replace("'get'", "'GET'");
        assert_eq!(bare.ask(command), answer, "{command}");
    }
    let lines = bare.sentinel.lines();
    assert!(!lines.iter().any(|line| line.contains("monitor")), "{lines:?}");
}

#[test]
fn settings_are_checked_and_told() {
    let mut bare = Bare::new(seat_config(0, 1));
    for (options, answer) in [
        ("down-after-milliseconds 500", "+OK"),
        ("failover-timeout 5000 parallel-syncs 3", "+OK"),
        (
            "down-after-milliseconds 0",
            "-ERR Invalid argument '0' for SENTINEL SET 'down-after-milliseconds'",
        ),
        ("quorum -1", "-ERR Invalid argument '-1' for SENTINEL SET 'quorum'"),
        (
            "fakeoption 1",
            "-ERR Unknown option or number of arguments for SENTINEL SET 'fakeoption'",
        ),
        (
            "rename-command CONFIG",
            "-ERR Unknown option or number of arguments for SENTINEL SET 'rename-command'",
        ),
        (
            "notification-script /bin/true",
            "-ERR Reconfiguration of scripts path is denied for security reasons. Check the deny-scripts-reconfig \
             configuration directive in your Sentinel configuration",
        ),
    ] {
        assert_eq!(
            bare.ask(&format!("SENTINEL SET mymaster {options}")),
            answer,
            "{options}"
        );
    }
    let told = bare.outputs.iter().filter_map(|output| match output {
        Output::Event(event) if event.kind == EventKind::Set => Some(event.message.as_str()),
        _ => None,
    });
    assert_eq!(
        told.collect::<Vec<_>>(),
        [
            "master mymaster 127.0.0.1 6379 down-after-milliseconds 500",
            "master mymaster 127.0.0.1 6379 failover-timeout 5000",
            "master mymaster 127.0.0.1 6379 parallel-syncs 3",
        ]
    );
    let status = &bare.sentinel.status().masters[0];
    assert_eq!(
        (status.down_after, status.failover_timeout, status.parallel_syncs),
        (500, 5_000, 3)
    );
}

#[test]
fn what_was_set_before_a_mistake_stays() {
    let mut bare = Bare::new(seat_config(0, 1));
    let answer = bare.ask("SENTINEL SET mymaster quorum 3 down-after-milliseconds x");
    assert_eq!(
        answer,
        "-ERR Invalid argument 'x' for SENTINEL SET 'down-after-milliseconds'"
    );
    assert_eq!(bare.sentinel.status().masters[0].quorum, 3);
}

#[test]
fn the_sentinels_own_settings_can_be_read_and_set() {
    let mut bare = Bare::new(seat_config(0, 1));
    assert_eq!(bare.ask("SENTINEL CONFIG SET announce-ip 10.1.1.1"), "+OK");
    assert_eq!(bare.ask("SENTINEL CONFIG SET announce-port 9999"), "+OK");
    assert_eq!(
        bare.ask("SENTINEL CONFIG GET announce-*"),
        r#"["announce-hostnames", "no", "announce-ip", "10.1.1.1", "announce-port", "9999"]"#
    );
    assert_eq!(
        bare.ask("SENTINEL CONFIG SET announce-port x"),
        "-ERR Invalid value 'x' to SENTINEL CONFIG SET 'announce-port'"
    );
    bare.tick(100);
    for _ in 0..30 {
        bare.tick(100);
    }
    let id = run_id(sentinel_port(0));
    let hello = format!("PUBLISH __sentinel__:hello 10.1.1.1,9999,{id},0,mymaster,127.0.0.1,6379,0");
    assert!(bare.sent().contains(&hello), "{:?}", bare.sent());
    assert!(
        bare.sentinel
            .lines()
            .contains(&"sentinel announce-port 9999".to_owned())
    );
}

#[test]
fn periods_can_be_changed_for_tests() {
    let mut bare = Bare::new(seat_config(0, 1));
    assert!(
        bare.ask("SENTINEL DEBUG")
            .starts_with(r#"["info-period", "10000", "ping-period", "1000""#)
    );
    assert_eq!(bare.ask("SENTINEL DEBUG info-period 500 tilt-period 5000"), "+OK");
    assert!(bare.ask("SENTINEL DEBUG").starts_with(r#"["info-period", "500""#));
    assert_eq!(
        bare.ask("SENTINEL DEBUG info-period 0"),
        "-ERR Invalid argument '0' for SENTINEL DEBUG 'info-period'"
    );
    assert_eq!(
        bare.ask("SENTINEL DEBUG x 1"),
        "-ERR Unknown option or number of arguments for SENTINEL DEBUG 'x'"
    );
}

#[test]
fn a_reset_forgets_all_but_the_settings() {
    let mut world = World::new(2, 3, 2);
    world.run_for(5_000);
    let from = world.now;
    assert_eq!(world.ask(0, "SENTINEL RESET other*").to_string(), "0");
    assert_eq!(world.ask(0, "SENTINEL RESET my*").to_string(), "1");
    assert_eq!(world.channels(0, from), ["+reset-master"]);
    let status = &world.seats[0].sentinel.status().masters[0];
    assert_eq!((status.replicas.len(), status.sentinels.len()), (0, 0));
    world.run_for(12_000);
    let status = &world.seats[0].sentinel.status().masters[0];
    assert_eq!(
        (status.replicas.len(), status.sentinels.len()),
        (2, 2),
        "and finds them again"
    );
}

#[test]
fn subscribers_hear_events_by_channel_and_by_pattern() {
    let mut bare = Bare::new(seat_config(0, 1));
    let replies = bare.ask_as(5, &["SUBSCRIBE", "+sdown", "+odown"]);
    assert_eq!(
        replies.iter().map(Value::to_string).collect::<Vec<_>>(),
        [r#"["subscribe", "+sdown", 1]"#, r#"["subscribe", "+odown", 2]"#]
    );
    bare.ask_as(6, &["PSUBSCRIBE", "*"]);
    bare.ask_as(9, &["SUBSCRIBE", "switch-master"]);
    bare.outputs.clear();
    for _ in 0..40 {
        bare.tick(100);
    }
    let heard = |client: u64| {
        let replies = bare.outputs.iter().filter_map(|output| match output {
            Output::Reply { client: to, value } if *to == client => Some(value.to_string()),
            _ => None,
        });
        replies.collect::<Vec<_>>()
    };
    assert_eq!(
        heard(5),
        [
            r#"["message", "+sdown", "master mymaster 127.0.0.1 6379"]"#,
            r#"["message", "+odown", "master mymaster 127.0.0.1 6379 #quorum 1/1"]"#
        ]
    );
    assert_eq!(
        heard(6)[0],
        r#"["pmessage", "*", "+sdown", "master mymaster 127.0.0.1 6379"]"#
    );
    assert!(heard(9).is_empty(), "names have a sign");
    assert_eq!(bare.ask_as(5, &["PING"])[0].to_string(), r#"["pong", ""]"#);
    assert_eq!(bare.ask_as(5, &["UNSUBSCRIBE"]).len(), 2);
    assert_eq!(text(&bare.ask_as(5, &["PING"])[0]), "+PONG");
}

#[test]
fn a_password_is_asked_of_clients_and_told_to_the_others() {
    let mut config = seat_config(0, 1);
    config.requirepass = Some("secret".into());
    let mut bare = Bare::new(config);
    assert_eq!(bare.ask("PING"), "-NOAUTH Authentication required.");
    assert_eq!(
        bare.ask("AUTH wrong"),
        "-WRONGPASS invalid username-password pair or user is disabled."
    );
    assert_eq!(bare.ask("AUTH secret"), "+OK");
    assert_eq!(bare.ask("PING"), "+PONG");
    bare.ask(&format!(
        "PUBLISH __sentinel__:hello 127.0.0.1,5000,{},0,mymaster,127.0.0.1,6379,0",
        run_id(9)
    ));
    bare.tick(100);
    assert!(
        bare.sent().contains(&"AUTH secret".to_owned()),
        "requirepass serves for other sentinels"
    );
}

#[test]
fn credentials_go_to_masters_replicas_and_sentinels_each_their_own() {
    let mut config = seat_config(0, 1);
    (config.sentinel_user, config.sentinel_pass) = (Some("watcher".into()), Some("w".into()));
    (config.masters[0].auth_user, config.masters[0].auth_pass) = (Some("db".into()), Some("p".into()));
    let mut bare = Bare::new(config);
    bare.tick(100);
    assert_eq!(bare.sent()[0], "AUTH db p");
    bare.ask(&format!(
        "PUBLISH __sentinel__:hello 127.0.0.1,5000,{},0,mymaster,127.0.0.1,6379,0",
        run_id(9)
    ));
    bare.tick(100);
    assert!(bare.sent().contains(&"AUTH watcher w".to_owned()));
    // Other credentials: the links are made anew.
    bare.outputs.clear();
    assert_eq!(bare.ask("SENTINEL SET mymaster auth-pass q"), "+OK");
    assert_eq!(
        bare.outputs
            .iter()
            .filter(|output| matches!(output, Output::Close { .. }))
            .count(),
        2
    );
    bare.tick(1_000);
    assert!(bare.sent().contains(&"AUTH db q".to_owned()));
}

#[test]
fn renamed_commands_are_called_by_their_other_names() {
    let mut config = seat_config(0, 1);
    config.masters[0].renamed_commands = vec![("ping".into(), "PONG".into())];
    let mut bare = Bare::new(config);
    bare.tick(100);
    assert!(bare.sent().contains(&"PONG".to_owned()) && !bare.sent().contains(&"PING".to_owned()));
    assert_eq!(bare.ask("SENTINEL SET mymaster rename-command CONFIG GUESSME"), "+OK");
    assert!(
        bare.sentinel
            .lines()
            .contains(&"sentinel rename-command mymaster CONFIG GUESSME".to_owned())
    );
    assert_eq!(bare.ask("SENTINEL SET mymaster rename-command ping PING"), "+OK");
    assert!(!bare.sentinel.lines().iter().any(|line| line.contains("PONG")));
}

#[test]
fn scripts_run_for_warnings_and_are_tried_again() {
    let mut config = seat_config(0, 1);
    config.masters[0].notification_script = Some("/opt/notify".into());
    let mut bare = Bare::new(config);
    bare.tick(100);
    let runs = |bare: &Bare| {
        let runs = bare.outputs.iter().filter_map(|output| match output {
            Output::RunScript { script, path, args } => Some((*script, format!("{path} {}", args.join(" ")))),
            _ => None,
        });
        runs.collect::<Vec<_>>()
    };
    assert_eq!(
        runs(&bare),
        [(
            1,
            "/opt/notify +monitor master mymaster 127.0.0.1 6379 quorum 1".to_owned()
        )]
    );
    assert!(bare.ask("SENTINEL PENDING-SCRIPTS").contains(r#""flags", "running""#));
    // Code 1 asks for another try, 30 s later; the delay doubles.
    bare.sentinel.script_finished(1, ScriptExit::Code(1), bare.now).unwrap();
    let failed = bare.now;
    while runs(&bare).len() < 2 {
        bare.tick(100);
    }
    let again = runs(&bare)
        .into_iter()
        .find(|run| run.0 > 1 && run.1.contains("+monitor"));
    assert!(bare.now - failed <= 30_100);
    let mut at = bare.now;
    let script = loop {
        if let Some((script, _)) = runs(&bare)
            .into_iter()
            .rev()
            .find(|run| run.1.contains("+monitor") && run.0 > 1)
        {
            break script;
        }
        bare.tick(100);
        at = bare.now;
    };
    assert!(again.is_some() || at - failed >= 30_000);
    // Anything but 0 and 1 gives up.
    bare.sentinel
        .script_finished(script, ScriptExit::Code(2), bare.now)
        .unwrap();
    bare.drain();
    let errors = bare
        .outputs
        .iter()
        .filter(|output| matches!(output, Output::Event(event) if event.kind == EventKind::ScriptError));
    assert_eq!(errors.count(), 1);
    assert_eq!(
        bare.sentinel
            .script_finished(script, ScriptExit::Code(0), 0)
            .unwrap_err()
            .code(),
        "unknown_script"
    );
}

#[test]
fn a_script_that_runs_too_long_is_killed() {
    let mut config = seat_config(0, 1);
    config.masters[0].down_after = 10_000_000;
    config.masters[0].notification_script = Some("/opt/notify".into());
    let mut bare = Bare::new(config);
    for _ in 0..620 {
        bare.tick(100);
    }
    let killed = bare
        .outputs
        .iter()
        .filter(|output| matches!(output, Output::KillScript { script: 1 }))
        .count();
    assert_eq!(killed, 1);
}

#[test]
fn names_are_resolved_before_links_are_made() {
    let mut config = Config::new(&run_id(1), 1);
    config.resolve_hostnames = true;
    config.announce_hostnames = true;
    config
        .masters
        .push(quorate::sentinel::MasterConfig::new("m", "db.example", 6379, 1));
    let mut bare = Bare::new(config);
    bare.tick(100);
    let asks = bare
        .outputs
        .iter()
        .filter(|output| matches!(output, Output::Resolve { host } if host == "db.example"));
    assert!(asks.count() >= 1);
    assert!(
        !bare
            .outputs
            .iter()
            .any(|output| matches!(output, Output::Connect { .. })),
        "there is no address yet"
    );
    bare.sentinel.resolved("db.example", Some("10.0.0.7"), bare.now);
    bare.drain();
    let target = bare.outputs.iter().find_map(|output| match output {
        Output::Connect { address, .. } => Some(address.target().to_owned()),
        _ => None,
    });
    assert_eq!(target.as_deref(), Some("10.0.0.7"));
    assert_eq!(
        bare.ask("SENTINEL get-master-addr-by-name m"),
        r#"["db.example", "6379"]"#
    );
    assert!(
        bare.sentinel
            .lines()
            .contains(&"sentinel monitor m db.example 6379 1".to_owned())
    );
    assert!(
        bare.ask("SENTINEL is-master-down-by-addr 10.0.0.7 6379 0 *")
            .starts_with('[')
    );
}

#[test]
fn without_resolving_names_are_refused() {
    let mut config = Config::new(&run_id(1), 1);
    config
        .masters
        .push(quorate::sentinel::MasterConfig::new("m", "db.example", 6379, 1));
    assert_eq!(Sentinel::new(config, &[], 0).unwrap_err().code(), "invalid_config");
}

#[test]
fn a_configuration_file_can_be_read() {
    let lines = [
        "port 26379",
        "# a comment",
        "sentinel down-after-milliseconds m 4000",
        "sentinel monitor m 10.0.0.1 6379 2",
        "sentinel failover-timeout m 9000",
        "sentinel known-slave m 10.0.0.2 6379",
        "sentinel known-sentinel m 10.0.0.3 26379 1111111111111111111111111111111111111111",
        "sentinel auth-pass m \"with space\"",
        "sentinel leader-epoch m 4",
        "SENTINEL current-epoch 6",
    ];
    let bare = Bare::with(Config::new(&run_id(1), 1), &lines);
    let status = bare.sentinel.status();
    let master = &status.masters[0];
    assert_eq!(
        (master.down_after, master.failover_timeout, master.leader_epoch),
        (4_000, 9_000, 4)
    );
    assert_eq!(
        (master.replicas.len(), master.sentinels.len(), status.current_epoch),
        (1, 1, 6)
    );
    assert!(
        bare.sentinel
            .lines()
            .contains(&"sentinel auth-pass m \"with space\"".to_owned())
    );
}

#[test]
fn a_line_that_cannot_be_read_is_told_with_its_number() {
    for line in [
        "sentinel monitor m 10.0.0.1 6379 0",
        "sentinel down-after-milliseconds nobody 1",
        "sentinel nonsense",
        "sentinel \"open",
    ] {
        let lines = ["port 1".to_owned(), line.to_owned()];
        let error = Sentinel::new(Config::new(&run_id(1), 1), &lines, 0).unwrap_err();
        assert_eq!(error.code(), "invalid_line");
        assert!(error.to_string().starts_with("line 2 "), "{error}");
    }
}

#[test]
fn what_was_persisted_goes_before_the_settings() {
    let mut bare = Bare::new(seat_config(0, 1));
    bare.ask("SENTINEL SET mymaster quorum 7");
    let lines = bare.sentinel.lines();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let again = Bare::with(seat_config(0, 1), &lines);
    assert_eq!(again.sentinel.status().masters[0].quorum, 7);
    // A master that was removed stays so.
    bare.ask("SENTINEL REMOVE mymaster");
    let lines = bare.sentinel.lines();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    assert!(
        Bare::with(seat_config(0, 1), &lines)
            .sentinel
            .status()
            .masters
            .is_empty()
    );
}
