//! What real servers of version 7.0.15 did, compared with what the machines say of it.
//!
//! The recordings stand beside the project, in `shared/traces/sentinel`. Where they are not, the tests say so and pass.

mod common;

use std::fs;
use std::path::PathBuf;

use quorate::replication::{
    Access, Config, Discarded, FullReason, History, Ledger, PsyncRequest, Refusal, ReplicationId, Resync, SecondId,
    Server, decide,
};
use serde_json::Value;

/// The events of a recorded run, or `None` where there are no recordings.
fn events(run: &str) -> Option<Vec<Value>> {
    let path: PathBuf = common::root()
        .join("../shared/traces/sentinel")
        .join(run)
        .join("events.jsonl");
    let Ok(text) = fs::read_to_string(&path) else {
        eprintln!("SKIP {run}: there is no {}", path.display());
        return None;
    };
    Some(
        text.lines()
            .map(|line| serde_json::from_str(line).expect("JSON"))
            .collect(),
    )
}

fn of_kind<'a>(events: &'a [Value], kind: &'a str) -> impl Iterator<Item = &'a Value> {
    events.iter().filter(move |event| event["kind"] == kind)
}

fn number(value: &Value) -> u64 {
    match value {
        Value::String(text) => text.parse().expect("a number"),
        _ => value.as_u64().expect("a number"),
    }
}

/// What a sample of `INFO replication` says of a server's history.
fn history(info: &Value) -> History {
    let id = |name: &str| {
        info[name]
            .as_str()
            .expect("an id")
            .parse::<ReplicationId>()
            .expect("40 digits")
    };
    let second: i64 = info["second_repl_offset"]
        .as_str()
        .expect("text")
        .parse()
        .expect("a number");
    History {
        id: id("master_replid"),
        offset: number(&info["master_repl_offset"]),
        second: u64::try_from(second).ok().map(|offset| SecondId {
            // The samples leave the second id out; in these runs there is but one that it can be.
            id: ReplicationId::parse(&[b'0'; 40]).expect("40 digits"),
            offset,
        }),
    }
}

/// How many bytes of the stream the first `count` writes of one client take: `SET A:0 <13 digits>`, and so on.
fn bytes_of_writes(count: u64) -> u64 {
    (0..count).map(|index| 41 + index.to_string().len() as u64).sum()
}

/// A split brain, as one run recorded it.
struct SplitBrain {
    old: ReplicationId,
    /// When both sides were cut apart.
    cut_ms: u64,
    /// How far the replicas were then.
    reached: u64,
    /// The writes of the client that stayed with the old primary: how many, and from when to when.
    writes: u64,
    first_ms: u64,
    last_ms: u64,
    /// How many of them the replicas had, as the bytes of the stream say.
    survived: u64,
    /// The last offset of the old history that was seen.
    end: u64,
    samples: Vec<(u64, u64, History)>,
}

const SERVERS: [&str; 3] = ["r1", "r2", "r3"];

impl SplitBrain {
    fn read(events: &[Value]) -> Self {
        let samples: Vec<(u64, u64, History)> = of_kind(events, "repl")
            .flat_map(|event| {
                let at_ms = number(&event["t"]);
                let server = move |(name, info): (u64, &'static str)| (name, &event["data"][info]);
                (1..)
                    .zip(SERVERS)
                    .map(server)
                    .filter(|(_, info)| info.is_object())
                    .map(move |(name, info)| (at_ms, name, history(info)))
            })
            .collect();
        let old = samples[0].2.id;
        let start = samples[0].2.offset;
        let cut = of_kind(events, "note")
            .find(|note| note["msg"] == "partition")
            .expect("a partition");
        let cut_ms = number(&cut["t"]);
        let frozen = |at_ms: &u64, server: &u64| *at_ms > cut_ms + 500 && *server == 2;
        let reached = samples
            .iter()
            .find(|(at_ms, server, _)| frozen(at_ms, server))
            .expect("a sample")
            .2
            .offset;
        let end = samples
            .iter()
            .filter(|(_, server, at)| *server == 1 && at.id == old)
            .map(|sample| sample.2.offset);
        let runs = |who: &str| {
            let writer = of_kind(events, "writer")
                .find(|writer| writer["who"] == who)
                .expect("a writer");
            writer["runs"][0].clone()
        };
        let (stayed, other) = (runs("A"), runs("B"));
        Self {
            old,
            cut_ms,
            reached,
            writes: number(&stayed["n"]),
            first_ms: number(&stayed["t0"]),
            last_ms: number(&stayed["t1"]),
            survived: survivors(reached - start, number(&other["n"])),
            end: end.max().expect("a sample"),
            samples,
        }
    }

    fn write_ms(&self, index: u64) -> u64 {
        self.first_ms + index * (self.last_ms - self.first_ms) / (self.writes - 1)
    }

    /// The writes lie evenly in what is known of the stream; only on which side of the cut each is does count.
    fn write_offset(&self, index: u64) -> u64 {
        let start = self.samples[0].2.offset;
        if index < self.survived {
            start + (index + 1) * (self.reached - start) / self.survived
        } else {
            let (index, count) = (index + 1 - self.survived, self.writes - self.survived);
            self.reached + index * (self.end - self.reached) / count
        }
    }

    fn replay(&self) -> Ledger {
        let mut ledger = Ledger::new();
        let mut next = 0;
        let mut acknowledged = 0;
        for &(at_ms, server, mut history) in &self.samples {
            while next < self.writes && self.write_ms(next) <= at_ms {
                acknowledged = self.write_offset(next);
                ledger
                    .acknowledged(next, 1, self.old, acknowledged, self.write_ms(next))
                    .expect("told of once");
                next += 1;
            }
            if let Some(second) = &mut history.second {
                second.id = self.old;
            }
            // The sample was taken before the writes that we believe were done by then.
            if server == 1 && history.id == self.old && history.offset < acknowledged {
                continue;
            }
            ledger.at(server, &history, at_ms);
        }
        assert_eq!(next, self.writes);
        ledger
    }
}

/// How many writes of one client are in so many bytes of the stream, besides all of the other client's: the rest are sentinels'
/// messages of 134 bytes. There is but one number for which that fits.
fn survivors(bytes: u64, other: u64) -> u64 {
    let own = bytes - bytes_of_writes(other);
    let fits = |count: &u64| {
        let left = own.checked_sub(bytes_of_writes(*count));
        left.is_some_and(|left| left % 134 == 0 && left / 134 < 10)
    };
    let counts: Vec<u64> = (0..own)
        .take_while(|&count| bytes_of_writes(count) <= own)
        .filter(fits)
        .collect();
    assert_eq!(counts.len(), 1, "{counts:?}");
    counts[0]
}

fn ledger_agrees(run: &str, lost: u64, window_ms: u64) {
    let Some(events) = events(run) else { return };
    let split = SplitBrain::read(&events);
    let recorded = of_kind(&events, "note")
        .find(|note| note["msg"] == "writer A")
        .expect("a count");
    assert_eq!(number(&recorded["lost"]), lost, "what the recording says");

    let ledger = split.replay();
    let counts = ledger.counts();
    assert_eq!((counts.acknowledged, counts.lost), (split.writes, lost));
    assert_eq!((counts.replicated, counts.at_risk), (split.writes - lost, 0));
    assert_eq!(ledger.losses().len(), 1);
    let loss = ledger.losses()[0];
    assert_eq!((loss.history, loss.server, loss.writes), (split.old, Some(1), lost));
    // Times of single writes were not recorded, only of the first and last.
    assert!(loss.window_ms().abs_diff(window_ms) < 250, "{loss:?}");
    assert!(loss.first_offset > split.reached && loss.lost_at_ms > split.cut_ms);
    assert!(ledger.lost().eq(split.survived..split.writes));
}

#[test]
fn the_ledger_counts_the_1065_writes_that_a_split_brain_lost() {
    ledger_agrees("e2a_split_brain_default", 1_065, 39_585 - 15_565);
}

#[test]
fn the_ledger_counts_the_126_writes_that_were_lost_with_min_replicas() {
    ledger_agrees("e2b_split_brain_min_replicas", 126, 18_422 - 15_619);
}

/// The old primary of that split brain asked for 90,880 and was told that the new one could answer up to 14,374.
#[test]
fn a_demoted_primary_loses_76506_bytes_of_history() {
    let Some(events) = events("e2a_split_brain_default") else {
        return;
    };
    let split = SplitBrain::read(&events);
    let promoted = split
        .samples
        .iter()
        .find(|sample| sample.1 == 2 && sample.2.id != split.old)
        .expect("a sample");
    let mut ours = promoted.2;
    ours.second = ours.second.map(|second| SecondId {
        id: split.old,
        ..second
    });
    let request = PsyncRequest {
        id: Some(split.old),
        offset: 90_880,
    };
    let (asked, up_to) = (90_880, 14_374);
    assert_eq!(
        decide(&ours, None, &request),
        Resync::Full {
            reason: FullReason::AfterFork { asked, up_to },
            discards: Discarded::Tail {
                after: 14_373,
                bytes: 76_506
            },
        }
    );
}

/// A replica was stopped, and the recording tells the seconds of its lag and when the primary refused the first write. A machine
/// with that clock and that second of the cron refuses at the same turn of it.
#[test]
fn a_stopped_replica_is_missed_at_the_cron_at_which_it_was() {
    let Some(events) = events("e5_min_replicas_lag") else {
        return;
    };
    let mut checked = 0;
    for record in of_kind(&events, "lag").filter(|lag| lag["tag"].as_str().is_some_and(|tag| tag.contains("stopped"))) {
        let steps = record["transitions"].as_array().expect("steps");
        let lag = |step: &Value| number(&step[4][1]);
        // The lag of the stopped replica grows at the borders of seconds of the server's clock.
        let grown = steps
            .windows(2)
            .find(|pair| lag(&pair[1]) == 3 && lag(&pair[0]) == 2)
            .expect("it grows");
        let border = number(&grown[1][0]) % 1_000;
        let refused_ms = number(&steps.iter().find(|step| step[2] == "1").expect("a refusal")[0]);
        assert_eq!(
            drop_ms(border, refused_ms % 1_000, lag(&steps[0])),
            refused_ms,
            "{record}"
        );
        checked += 1;
    }
    assert_eq!(checked, 3);
}

/// When a primary, whose seconds begin at `border` and whose cron runs at `cron` (milliseconds after the stop, modulo 1,000), counts
/// one replica fewer, if that replica's lag was `lag_s` at the stop.
fn drop_ms(border: u64, cron: u64, lag_s: u64) -> u64 {
    // The stop, on a clock whose seconds begin where the server's did.
    let stop = 100_000 - border;
    let config = Config {
        min_replicas_to_write: 2,
        min_replicas_max_lag_s: 3,
        ..Config::default()
    };
    // The first cron runs as it is made, so that one falls on `cron` after the stop.
    let mut primary = attach_two(config, stop - 20_000 + cron);
    let acked = stop - lag_s * 1_000;
    primary
        .request(1, &[b"REPLCONF", b"ACK", b"0"], acked)
        .expect("it is known");
    for at in 0..10_000 {
        if at % 500 == 0 {
            primary
                .request(2, &[b"REPLCONF", b"ACK", b"0"], stop + at)
                .expect("it is known");
        }
        primary.tick(stop + at);
        if primary.check(Access::Write) == Err(Refusal::NoReplicas) {
            return at;
        }
    }
    panic!("the primary refuses nothing");
}

fn attach_two(config: Config, now_ms: u64) -> Server {
    let mut primary = Server::new(
        Config {
            diskless: false,
            ..config
        },
        now_ms,
    )
    .expect("a config");
    for replica in [1, 2] {
        primary.accept(replica, "127.0.0.1", now_ms).expect("it is new");
        primary
            .request(replica, &[b"PSYNC", b"?", b"-1"], now_ms)
            .expect("it is known");
        primary.snapshot_taken(true, now_ms).expect("it was asked for");
        primary.snapshot_sent(replica, true, now_ms).expect("it was asked for");
    }
    // One cron a second, up to the last before the stop.
    for second in 0..20 {
        for replica in [1, 2] {
            primary
                .request(replica, &[b"REPLCONF", b"ACK", b"0"], now_ms + second * 1_000)
                .expect("it is known");
        }
        primary.tick(now_ms + second * 1_000);
    }
    assert_eq!(primary.good_replicas(), 2);
    primary
}
