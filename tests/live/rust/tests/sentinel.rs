//! Our sentinel as one of three, beside two real ones, over real servers: the example in `examples/sentinel` as a process.
//!
//! Who leads is no matter of chance here. A sentinel leads that holds the master for down by itself, for its quorum is 1 and the
//! patience of the others has no end; they vote all the same. Nothing depends on how long something takes.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::time::Instant;

use quorate::resp::Value;
use quorate_live::port;
use quorate_live::sentinels::{MASTER, Process, fields, hurry, master_lines, text, until};

/// As if for ever, in milliseconds.
const PATIENT: &str = "3600000";

struct Group {
    servers: Vec<Process>,
    ours: Process,
    real: [Process; 2],
}

impl Group {
    fn start() -> Self {
        let primary = Process::server(&[]);
        let port = primary.port;
        let replica = || Process::server(&["--replicaof", "127.0.0.1", &port.to_string()]);
        let servers = vec![primary, replica(), replica()];
        let mut lines = master_lines(MASTER, port, 2);
        lines.push(format!("sentinel down-after-milliseconds {MASTER} {PATIENT}"));
        let script = servers[0].folder().join("reconfigured.sh");
        fs::write(&script, "#!/bin/sh\necho \"$@\" >> reconfigured\n").expect("a file");
        fs::set_permissions(&script, Permissions::from_mode(0o755)).expect("a file of ours");
        lines.push(format!("sentinel client-reconfig-script {MASTER} {}", script.display()));
        let group = Self {
            servers,
            ours: Process::our_sentinel(&lines),
            real: [Process::real_sentinel(&lines), Process::real_sentinel(&lines)],
        };
        group.sentinels().for_each(hurry);
        group
    }

    fn sentinels(&self) -> impl Iterator<Item = &Process> {
        [&self.ours, &self.real[0], &self.real[1]].into_iter()
    }

    fn server(&mut self, port: u16) -> &mut Process {
        let server = self.servers.iter_mut().find(|server| server.port == port);
        server.expect("a server of ours")
    }

    /// Waits until all sentinels name one master, other than that, and says which.
    fn another_master(&self, than: u16) -> u16 {
        until("all sentinels name another master", || {
            let first = self.ours.master_port(MASTER);
            first != than && self.sentinels().all(|sentinel| sentinel.master_port(MASTER) == first)
        });
        self.ours.master_port(MASTER)
    }

    /// Waits until all servers but the primary follow it.
    fn all_follow(&self, primary: u16) {
        until("all follow the primary", || {
            self.servers
                .iter()
                .filter(|server| server.port != primary)
                .all(|server| {
                    let info = server.fields("INFO replication");
                    info["role"] == "slave"
                        && info["master_port"] == primary.to_string()
                        && info["master_link_status"] == "up"
                })
        });
        assert_eq!(self.server_at(primary).fields("INFO replication")["role"], "master");
    }

    fn server_at(&self, port: u16) -> &Process {
        self.servers
            .iter()
            .find(|server| server.port == port)
            .expect("a server of ours")
    }

    /// Waits until all have the same epoch, and says which.
    fn epoch(&self) -> u64 {
        until("all have the same epoch", || {
            self.sentinels().all(|sentinel| epoch(sentinel) == epoch(&self.ours))
        });
        epoch(&self.ours)
    }
}

/// The epoch that a sentinel has persisted.
fn epoch(sentinel: &Process) -> u64 {
    let file = sentinel.file();
    let line = file
        .lines()
        .find_map(|line| line.strip_prefix("sentinel current-epoch "));
    line.map_or(0, |epoch| epoch.parse().expect("a number"))
}

fn id(sentinel: &Process) -> String {
    text(&sentinel.ask("SENTINEL MYID"))
}

/// Asks for a vote, as a sentinel does that would lead.
fn ask_vote(sentinel: &Process, master: u16, epoch: u64, candidate: &str) -> String {
    sentinel.say(&format!(
        "SENTINEL is-master-down-by-addr 127.0.0.1 {master} {epoch} {candidate}"
    ))
}

#[test]
fn ours_is_counted_votes_follows_is_outvoted_and_leads() {
    if port("sentinel").is_none() {
        return;
    }
    let begin = Instant::now();
    let done = |what: &str| println!("{what} after {:.1?}", begin.elapsed());
    let mut group = Group::start();
    is_counted(&group);
    done("counted");
    keeps_its_vote(&mut group);
    is_counted(&group);
    done("started again and counted");
    votes_and_follows(&mut group);
    done("voted and followed");
    is_outvoted_and_leads_later(&mut group);
    is_counted(&group);
    done("outvoted and led");
}

/// All know of each other, and ours says it in the same words as the real ones do.
fn is_counted(group: &Group) {
    let ours = id(&group.ours);
    for sentinel in group.sentinels() {
        until("three sentinels and two replicas are known", || {
            sentinel.say(&format!("SENTINEL CKQUORUM {MASTER}"))
                == r#""OK 3 usable Sentinels. Quorum and failover authorization can be reached""#
                && sentinel.number(MASTER, "num-slaves") == 2
                && sentinel.number(MASTER, "num-other-sentinels") == 2
        });
    }
    for real in &group.real {
        until("ours is there for a real one", || {
            let others = real.ask(&format!("SENTINEL SENTINELS {MASTER}"));
            let others = items(&others).iter().map(fields);
            let seen: Vec<_> = others.filter(|peer| peer["runid"] == ours).collect();
            assert_eq!(seen.len(), 1);
            seen[0]["flags"] == "sentinel" && seen[0]["port"] == group.ours.port.to_string()
        });
    }
    for question in ["MASTER", "REPLICAS", "SENTINELS"] {
        until("it answers as a real one", || {
            let [ours, real] = [&group.ours, &group.real[0]].map(|sentinel| {
                let answer = sentinel.ask(&format!("SENTINEL {question} {MASTER}"));
                let first = if question == "MASTER" {
                    &answer
                } else {
                    &items(&answer)[0]
                };
                items(first).iter().step_by(2).map(text).collect::<Vec<_>>()
            });
            ours == real
        });
    }
}

fn items(value: &Value) -> &[Value] {
    match value {
        Value::Array(items) => items,
        _ => panic!("{value} is no array"),
    }
}

/// Killed right behind its vote, it does not give another one in the same epoch, and does what a real one does at every step.
fn keeps_its_vote(group: &mut Group) {
    let master = group.ours.master_port(MASTER);
    let (first, second) = ("f".repeat(40), "e".repeat(40));
    let voters = |group: &Group, epoch: u64, candidate: &str| {
        let votes = [&group.ours, &group.real[0]].map(|voter| ask_vote(voter, master, epoch, candidate));
        assert_eq!(votes[0], votes[1], "ours votes as a real one does");
        votes[0].clone()
    };
    let before = [id(&group.ours), id(&group.real[0])];
    assert_eq!(voters(group, 10, &first), format!("[0, {first:?}, 10]"));
    group.ours.kill();
    group.real[0].kill();
    for sentinel in [&group.ours, &group.real[0]] {
        let file = sentinel.file();
        for line in [
            "sentinel current-epoch 10",
            &format!("sentinel leader-epoch {MASTER} 10"),
        ] {
            assert!(file.lines().any(|found| found == line), "{line}:\n{file}");
        }
    }
    group.ours.start();
    group.real[0].start();
    hurry(&group.ours);
    hurry(&group.real[0]);
    assert_eq!([id(&group.ours), id(&group.real[0])], before);
    let vote = voters(group, 10, &second);
    assert!(!vote.contains(&second), "{vote} is a second vote in one epoch");
    assert_eq!(voters(group, 11, &second), format!("[0, {second:?}, 11]"));
    assert_eq!(voters(group, 11, &first), format!("[0, {second:?}, 11]"));
    assert_eq!(voters(group, 10, &first), format!("[0, {second:?}, 11]"));
}

/// Waits until a sentinel has run the script for that change, in that role.
fn reconfigures(sentinel: &Process, role: &str, old: u16, new: u16) {
    let line = format!("{MASTER} {role} start 127.0.0.1 {old} 127.0.0.1 {new}\n");
    until("the script ran", || sentinel.read("reconfigured").ends_with(&line));
}

/// A real one leads, and only our vote can have elected it.
fn votes_and_follows(group: &mut Group) {
    let old = group.another_master(0);
    group.all_follow(old);
    group.server(old).ask("SET colour blue");
    assert_eq!(group.server(old).say("WAIT 2 0"), "2");
    group.epoch();
    let (ours, leader) = (id(&group.ours), id(&group.real[0]));
    group.real[1].pause();
    group.real[0].set(MASTER, "quorum", "1");
    group.real[0].set(MASTER, "down-after-milliseconds", "2000");
    group.server(old).kill();
    group.ours.wait_for_log("+switch-master");
    group.real[0].wait_for_log("+failover-end");
    let epoch = epoch(&group.ours);
    let new = group.ours.master_port(MASTER);
    let (log, leaders) = (group.ours.log(), group.real[0].log());
    assert!(log.contains(&format!("+vote-for-leader {leader} {epoch}")), "{log}");
    assert!(
        leaders.contains(&format!("{ours} voted for {leader} {epoch}")),
        "{leaders}"
    );
    assert!(
        log.contains(&format!("+config-update-from sentinel {leader} ")),
        "{log}"
    );
    assert!(
        log.contains(&format!("+switch-master {MASTER} 127.0.0.1 {old} 127.0.0.1 {new}\n")),
        "{log}"
    );
    assert!(!log.contains("+try-failover"), "{log}");

    group.real[1].go_on();
    assert_eq!(group.another_master(old), new);
    for (sentinel, role) in group.sentinels().zip(["observer", "leader", "observer"]) {
        reconfigures(sentinel, role, old, new);
    }
    group.real[0].set(MASTER, "quorum", "2");
    group.real[0].set(MASTER, "down-after-milliseconds", PATIENT);
    group.server(old).start();
    group.all_follow(new);
    for server in &group.servers {
        assert_eq!(server.say("GET colour"), r#""blue""#);
    }
}

/// Ours stands for an epoch in which both others have voted already, and then for one in which they have not.
fn is_outvoted_and_leads_later(group: &mut Group) {
    let old = group.another_master(0);
    let epoch = group.epoch() + 1;
    let (ours, other) = (id(&group.ours), "f".repeat(40));
    for real in &group.real {
        // Or ours hears of the epoch, and stands for a later one.
        assert_eq!(real.say("SENTINEL DEBUG publish-period 3600000"), r#""OK""#);
        assert_eq!(ask_vote(real, old, epoch, &other), format!("[0, {other:?}, {epoch}]"));
    }
    group.ours.set(MASTER, "quorum", "1");
    group.ours.set(MASTER, "down-after-milliseconds", "2000");
    group.server(old).kill();
    group.ours.wait_for_log("-failover-abort-not-elected");
    let log = group.ours.log();
    assert!(log.contains(&format!("+vote-for-leader {ours} {epoch}\n")), "{log}");
    assert!(!log.contains("+elected-leader"), "{log}");
    assert_eq!(group.ours.master_port(MASTER), old);

    group.ours.wait_for_log("+failover-end");
    let new = group.another_master(old);
    let log = group.ours.log();
    let at = |what: &str| log.find(what).unwrap_or_else(|| panic!("{what}:\n{log}"));
    assert!(at("-failover-abort-not-elected") < at("+elected-leader"));
    assert!(at("+elected-leader") < at("+promoted-slave"));
    for (sentinel, role) in group.sentinels().zip(["leader", "observer", "observer"]) {
        reconfigures(sentinel, role, old, new);
    }
    for real in &group.real {
        real.wait_for_log(&format!("+vote-for-leader {ours} "));
        real.wait_for_log(&format!("+config-update-from sentinel {ours} "));
        real.wait_for_log(&format!("+switch-master {MASTER} 127.0.0.1 {old} 127.0.0.1 {new}\n"));
        hurry(real);
    }
    group.ours.set(MASTER, "quorum", "2");
    group.ours.set(MASTER, "down-after-milliseconds", PATIENT);
    group.server(old).start();
    group.all_follow(new);
}
