//! A recording as it lies on the disk.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use quorate::resp::Value;
use quorate::sentinel::MasterConfig;
use serde_json::Value as Json;

/// One line of `frames.jsonl`.
#[derive(Clone, Debug)]
pub struct Frame {
    /// When, in milliseconds since the start.
    pub at: i64,
    /// Which connection.
    pub connection: u64,
    /// Who opened it.
    pub from: String,
    /// To whom.
    pub to: String,
    /// What happened.
    pub kind: FrameKind,
}

/// What happened on a connection.
#[derive(Clone, Debug)]
pub enum FrameKind {
    /// It was opened.
    Open,
    /// It could not be.
    Refused,
    /// It was closed, by either end.
    Closed,
    /// A command went out.
    Request(Vec<String>),
    /// A reply or a message came back.
    Reply(Value),
}

/// Everything that was recorded.
#[derive(Clone, Debug)]
pub struct Recording {
    pub(super) frames: Vec<Frame>,
    /// When, at which sentinel, channel and payload.
    pub(super) events: Vec<(i64, String, String, String)>,
    /// `SENTINEL MASTER` as each sentinel answered it, names and values.
    settings: BTreeMap<String, BTreeMap<String, String>>,
    /// Failovers by hand: when, and at which sentinel.
    pub(super) failovers: Vec<(i64, String)>,
}

/// A recorded sentinel, and what it was told to watch.
#[derive(Clone, Debug)]
pub(super) struct Seat {
    pub(super) name: String,
    pub(super) id: String,
    pub(super) port: u16,
    pub(super) master: MasterConfig,
    /// Who is at which port.
    pub(super) ports: BTreeMap<u16, String>,
}

impl Recording {
    pub(super) fn read(folder: &Path) -> Result<Self, String> {
        let mut recording = Self {
            frames: Vec::new(),
            events: Vec::new(),
            settings: BTreeMap::new(),
            failovers: Vec::new(),
        };
        for line in lines(&folder.join("frames.jsonl"))? {
            recording.frames.extend(frame(&line));
        }
        for line in lines(&folder.join("events.jsonl"))? {
            recording.event(&line);
        }
        Ok(recording)
    }

    fn event(&mut self, line: &Json) {
        let text = |name: &str| line[name].as_str().unwrap_or_default().to_owned();
        let at = line["t"].as_i64().unwrap_or(0);
        match line["kind"].as_str() {
            Some("event") => self.events.push((at, text("at"), text("channel"), text("payload"))),
            Some("snapshot") => {
                for (sentinel, data) in line["data"].as_object().into_iter().flatten() {
                    let words: Vec<&str> = data["master"]
                        .as_array()
                        .into_iter()
                        .flatten()
                        .filter_map(Json::as_str)
                        .collect();
                    let fields = words
                        .chunks_exact(2)
                        .map(|pair| (pair[0].to_owned(), pair[1].to_owned()));
                    self.settings
                        .entry(sentinel.clone())
                        .or_insert_with(|| fields.collect());
                }
            }
            Some("note") => {
                if let Some((_, sentinel)) = text("msg").split_once("SENTINEL FAILOVER on ") {
                    self.failovers.push((at, sentinel.to_owned()));
                }
            }
            _ => {}
        }
    }

    /// The sentinels whose own publications and settings were recorded.
    pub(super) fn sentinels(&self) -> Vec<String> {
        let known = |name: &&String| self.events.iter().any(|event| event.1 == **name);
        self.settings.keys().filter(known).cloned().collect()
    }

    pub(super) fn seat(&self, name: &str) -> Result<Seat, String> {
        let mut ports = BTreeMap::new();
        let mut own = None;
        for frame in &self.frames {
            let FrameKind::Request(argv) = &frame.kind else {
                continue;
            };
            match &argv[..] {
                [command, _, payload] if command == "PUBLISH" => {
                    let parts: Vec<&str> = payload.split(',').collect();
                    let [_, port, id, _, master, host, master_port, _] = parts[..] else {
                        continue;
                    };
                    let port = port.parse().unwrap_or(0);
                    ports.entry(port).or_insert_with(|| frame.from.clone());
                    if frame.from == name && own.is_none() {
                        let at = (master.to_owned(), host.to_owned(), master_port.parse().unwrap_or(0));
                        own = Some((id.to_owned(), port, at));
                    }
                }
                [command, option, port] if command == "REPLCONF" && option == "listening-port" => {
                    ports
                        .entry(port.parse().unwrap_or(0))
                        .or_insert_with(|| frame.from.clone());
                }
                _ => {}
            }
        }
        let (id, port, (master, host, master_port)) = own.ok_or_else(|| format!("{name} never says who it is"))?;
        let first = self
            .frames
            .iter()
            .find(|frame| frame.from == name)
            .map(|frame| frame.to.clone());
        ports.entry(master_port).or_insert(first.unwrap_or_default());
        self.guess_replicas(&mut ports);
        let settings = &self.settings[name];
        let number = |field: &str| {
            settings
                .get(field)
                .and_then(|value| value.parse::<i64>().ok())
                .unwrap_or(1)
        };
        let count = |field: &str| u32::try_from(number(field)).unwrap_or(1);
        let mut config = MasterConfig::new(&master, &host, master_port, count("quorum"));
        config.down_after = number("down-after-milliseconds");
        config.failover_timeout = number("failover-timeout");
        config.parallel_syncs = count("parallel-syncs");
        Ok(Seat {
            name: name.to_owned(),
            id,
            port,
            master: config,
            ports,
        })
    }
    /// Whether the replies to INFO lack what a sentinel acts upon.
    pub(super) fn cut_short(&self, sentinel: &str) -> bool {
        self.frames
            .iter()
            .filter(|frame| frame.from == sentinel)
            .any(|frame| match &frame.kind {
                FrameKind::Reply(Value::BulkString(text)) => {
                    text.starts_with(b"# Server") && !text.windows(6).any(|part| part == b"\nrole:")
                }
                _ => false,
            })
    }

    /// Replicas whose own ports were not recorded: those that masters tell of, in the order of their names.
    fn guess_replicas(&self, ports: &mut BTreeMap<u16, String>) {
        let mut told = BTreeSet::new();
        let mut names = BTreeSet::new();
        for frame in &self.frames {
            names.insert(frame.to.clone());
            let FrameKind::Reply(Value::BulkString(text)) = &frame.kind else {
                continue;
            };
            let text = String::from_utf8_lossy(text);
            let replicas = text
                .lines()
                .filter(|line| line.starts_with("slave"))
                .filter_map(|line| line.split_once(",port="));
            told.extend(replicas.filter_map(|(_, rest)| rest.split(',').next()?.parse::<u16>().ok()));
        }
        told.retain(|port| !ports.contains_key(port));
        names.retain(|name| !ports.values().any(|known| known == name));
        ports.extend(told.into_iter().zip(names));
    }
}

fn lines(path: &Path) -> Result<Vec<Json>, String> {
    let text = fs::read_to_string(path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    let parse = |(at, line): (usize, &str)| {
        serde_json::from_str(line).map_err(|error| format!("{}:{}: {error}", path.display(), at + 1))
    };
    text.lines()
        .enumerate()
        .filter(|(_, line)| !line.is_empty())
        .map(parse)
        .collect()
}

fn frame(line: &Json) -> Option<Frame> {
    let kind = match (line["ev"].as_str(), line["dir"].as_str()) {
        (Some("open"), _) => FrameKind::Open,
        (Some("refused"), _) => FrameKind::Refused,
        (Some("close"), _) => FrameKind::Closed,
        (_, Some("req")) => {
            let words = line["frame"].as_array()?.iter();
            FrameKind::Request(words.map(|word| word.as_str().unwrap_or_default().to_owned()).collect())
        }
        (_, Some("rep")) => FrameKind::Reply(value(&line["frame"])),
        _ => return None,
    };
    Some(Frame {
        at: line["t"].as_i64()?,
        connection: line["c"].as_u64()?,
        from: line["src"].as_str()?.to_owned(),
        to: line["dst"].as_str()?.to_owned(),
        kind,
    })
}

/// A frame as the recorder decoded it: simple strings and errors keep their first byte, bulk strings have none.
fn value(json: &Json) -> Value {
    match json {
        Json::String(text) => match text.as_bytes().first() {
            Some(b'+') => Value::SimpleString(text[1..].into()),
            Some(b'-') => Value::SimpleError(text[1..].into()),
            _ => Value::BulkString(text.as_str().into()),
        },
        Json::Array(items) => Value::Array(items.iter().map(value).collect()),
        Json::Number(number) => Value::Integer(number.as_i64().unwrap_or(0)),
        _ => Value::Null,
    }
}
