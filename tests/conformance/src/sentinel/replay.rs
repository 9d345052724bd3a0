//! Our machine in the place of a recorded sentinel.

use std::collections::{BTreeMap, VecDeque};

use quorate::resp::Value;
use quorate::sentinel::{Config, EventKind, LinkId, LinkKind, Output, Sentinel};

use super::Behaviour;
use super::recording::{FrameKind, Recording, Seat};

/// Ticks are where the recorded sentinel did something; and at least that often.
const LONGEST_GAP: i64 = 100;
/// What happens so shortly after another happened in the same tick.
const ONE_TICK: i64 = 20;
/// Commands of ours are answered as recorded ones that were sent so long before or after.
const NEAR: i64 = 1_200;
/// Publications may come this long before or after those of the recording: the two do not tick at one time.
const TICK: i64 = 200;

/// What the recorded sentinel did.
pub(super) fn expected(recording: &Recording, seat: &Seat) -> Behaviour {
    let mut behaviour = Behaviour::default();
    for (_, at, channel, payload) in &recording.events {
        if *at == seat.name {
            publish(&mut behaviour, channel, payload);
        }
    }
    for frame in &recording.frames {
        match &frame.kind {
            FrameKind::Request(argv) if frame.from == seat.name => send(&mut behaviour, &frame.to, argv),
            FrameKind::Reply(value) if frame.to == seat.name => {
                answer(&mut behaviour, frame.connection, &frame.from, value);
            }
            _ => {}
        }
    }
    behaviour
}

/// What ours does when it gets what the recorded one got.
pub(super) fn replay(recording: &Recording, seat: &Seat) -> Result<Behaviour, String> {
    let mut replay = Replay::new(recording, seat)?;
    for event in &recording.failovers {
        if event.1 == seat.name {
            replay.by_hand.push_back(event.0);
        }
    }
    let mut moments: Vec<(i64, Option<usize>)> = Vec::new();
    for (at, frame) in recording.frames.iter().enumerate() {
        if frame.from == seat.name || frame.to == seat.name {
            moments.push((frame.at, Some(at)));
        }
    }
    moments.extend(
        recording
            .events
            .iter()
            .filter(|event| event.1 == seat.name)
            .map(|event| (event.0, None)),
    );
    moments.extend(replay.by_hand.iter().map(|at| (*at, None)));
    moments.sort_by_key(|moment| moment.0);
    for (at, frame) in moments {
        replay.pass_to(at);
        let frame = frame.map(|frame| &recording.frames[frame]);
        match frame.map(|frame| (frame, &frame.kind)) {
            None => replay.tick(at),
            Some((frame, FrameKind::Request(argv))) if frame.to == seat.name => {
                replay.command(frame.connection, &frame.from, argv);
            }
            Some((frame, kind)) if frame.from == seat.name => {
                if !matches!(kind, FrameKind::Reply(_)) {
                    replay.tick(at);
                }
                replay.outbound(frame.connection, &frame.to, kind);
            }
            _ => {}
        }
    }
    Ok(replay.behaviour)
}

/// Pairs the recorded sentinel's commands with their answers, connection by connection.
fn exchanges(recording: &Recording, seat: &Seat) -> BTreeMap<(String, String), Vec<Exchange>> {
    let mut open: BTreeMap<u64, VecDeque<(i64, Vec<String>)>> = BTreeMap::new();
    let mut found: BTreeMap<(String, String), Vec<Exchange>> = BTreeMap::new();
    for frame in recording.frames.iter().filter(|frame| frame.from == seat.name) {
        let waiting = open.entry(frame.connection).or_default();
        match &frame.kind {
            FrameKind::Request(argv) => waiting.push_back((frame.at, argv.clone())),
            FrameKind::Reply(value) => {
                // What answers nothing is a message.
                if let Some((sent, argv)) = waiting.pop_front() {
                    let key = (frame.to.clone(), argv[0].to_ascii_uppercase());
                    let (answered, value) = (frame.at, value.clone());
                    found.entry(key).or_default().push(Exchange {
                        sent,
                        answered,
                        argv,
                        value,
                    });
                }
            }
            _ => {}
        }
    }
    found
}

struct Replay<'a> {
    seat: &'a Seat,
    sentinel: Sentinel,
    now: i64,
    last_tick: i64,
    start: i64,
    behaviour: Behaviour,
    /// From when on publications were recorded.
    listening: i64,
    /// Failovers by hand that are still to come.
    by_hand: VecDeque<i64>,
    links: BTreeMap<LinkId, Ours>,
    /// What the recorded sentinel asked and was answered, by whom and by command, in the order of time.
    exchanges: BTreeMap<(String, String), Vec<Exchange>>,
    /// The recorded connections of this sentinel: to whom, and what for as soon as that is known.
    theirs: BTreeMap<u64, (String, Option<LinkKind>)>,
}

/// A link of ours.
struct Ours {
    to: String,
    kind: LinkKind,
    /// The recorded connection that it stands for.
    connection: Option<u64>,
    /// What was sent before that was known: it counts only if the connection came about.
    unsaid: Vec<Vec<String>>,
    /// The answers that are on their way, and when they come; `None` for one that never does.
    replies: VecDeque<Option<(i64, Value)>>,
}

/// A recorded command and its answer.
struct Exchange {
    sent: i64,
    answered: i64,
    argv: Vec<String>,
    value: Value,
}

impl<'a> Replay<'a> {
    fn new(recording: &Recording, seat: &'a Seat) -> Result<Self, String> {
        let start = recording
            .frames
            .iter()
            .find(|frame| frame.from == seat.name)
            .map_or(0, |frame| frame.at);
        let mut config = Config::new(&seat.id, 1);
        config.port = seat.port;
        config.masters.push(seat.master.clone());
        let sentinel = Sentinel::new(config, &[], start - 1).map_err(|error| error.to_string())?;
        let events = recording.events.iter().filter(|event| event.1 == seat.name);
        Ok(Self {
            seat,
            sentinel,
            now: start - 1,
            last_tick: start - 1,
            start: start - 1,
            behaviour: Behaviour::default(),
            listening: events.map(|event| event.0).min().unwrap_or(0) - TICK,
            by_hand: VecDeque::new(),
            links: BTreeMap::new(),
            exchanges: exchanges(recording, seat),
            theirs: BTreeMap::new(),
        })
    }

    /// Time goes on without anything that was recorded.
    fn pass_to(&mut self, at: i64) {
        while at - self.last_tick > LONGEST_GAP {
            self.tick(self.last_tick + LONGEST_GAP);
        }
        self.answer_until(at);
        self.now = at;
        while self.by_hand.front().is_some_and(|by_hand| *by_hand <= at) {
            self.by_hand.pop_front();
            let argv: [&[u8]; 3] = [b"SENTINEL", b"FAILOVER", self.seat.master.name.as_bytes()];
            self.sentinel.command(u64::MAX, &argv, at);
            self.drain();
        }
    }

    fn tick(&mut self, at: i64) {
        if at - self.last_tick >= ONE_TICK || self.last_tick == self.start {
            self.answer_until(at);
            self.now = at;
            self.last_tick = at;
            self.sentinel.tick(at);
            self.drain();
        }
    }

    /// Another sentinel says something to this one.
    fn command(&mut self, connection: u64, from: &str, argv: &[String]) {
        let words: Vec<&[u8]> = argv.iter().map(String::as_bytes).collect();
        self.sentinel.command(connection, &words, self.now);
        for value in self.drain() {
            answer(&mut self.behaviour, connection, from, &value);
        }
    }

    /// Something happened on a connection of the recorded sentinel's.
    fn outbound(&mut self, connection: u64, to: &str, kind: &FrameKind) {
        match kind {
            FrameKind::Open => {
                self.theirs.insert(connection, (to.to_owned(), None));
            }
            FrameKind::Refused => {
                let waiting = self
                    .links
                    .iter()
                    .find(|(_, link)| link.to == to && link.connection.is_none());
                if let Some(link) = waiting.map(|(link, _)| *link) {
                    self.lose(link);
                }
            }
            FrameKind::Closed => {
                self.theirs.remove(&connection);
                let ours = self.links.iter().find(|(_, link)| link.connection == Some(connection));
                if let Some(link) = ours.map(|(link, _)| *link) {
                    self.lose(link);
                }
            }
            FrameKind::Request(argv) => {
                if argv.len() == 3 && argv[1].eq_ignore_ascii_case("SETNAME") {
                    let pubsub = argv[2].ends_with("-pubsub");
                    let kind = if pubsub { LinkKind::PubSub } else { LinkKind::Command };
                    self.theirs.insert(connection, (to.to_owned(), Some(kind)));
                }
            }
            FrameKind::Reply(value @ Value::Array(items)) if matches!(&items[..], [Value::BulkString(word), ..] if &word[..] == b"message") =>
            {
                let listens = |link: &&Ours| link.to == to && link.kind == LinkKind::PubSub;
                let link = self.links.iter().find(|(_, link)| listens(link)).map(|(link, _)| *link);
                if let Some(link) = link {
                    let _ = self.sentinel.reply(link, value, self.now);
                    self.drain();
                }
            }
            FrameKind::Reply(_) => {}
        }
        self.pair();
    }

    fn lose(&mut self, link: LinkId) {
        self.links.remove(&link);
        // It may have been closed from here.
        let _ = self.sentinel.disconnected(link);
        self.drain();
    }

    /// Finds the recorded connection for each link of ours that has none.
    fn pair(&mut self) {
        for (&connection, (to, kind)) in &self.theirs {
            if self.links.values().any(|link| link.connection == Some(connection)) {
                continue;
            }
            let fits = |link: &&mut Ours| link.connection.is_none() && link.to == *to && Some(link.kind) == *kind;
            if let Some(link) = self.links.values_mut().find(fits) {
                link.connection = Some(connection);
                for argv in std::mem::take(&mut link.unsaid) {
                    send(&mut self.behaviour, &link.to, &argv);
                }
            }
        }
    }

    /// What is answered to a command of ours, and when: as the recorded sentinel was to its own of about that time.
    fn find_reply(&self, to: &str, argv: &[String]) -> Option<(i64, Value)> {
        let now = self.now;
        let name = argv[0].to_ascii_uppercase();
        let known = self.exchanges.get(&(to.to_owned(), name.clone()));
        let near = |exchange: &&Exchange| (exchange.sent - now).abs() <= NEAR;
        let same = |exchange: &&Exchange| name != "SENTINEL" || exchange.argv == argv;
        let near = known.into_iter().flatten().filter(near).filter(same);
        if let Some(exchange) = near.min_by_key(|exchange| (exchange.sent - now).abs()) {
            return Some((exchange.answered.max(now), exchange.value.clone()));
        }
        let alive = self
            .exchanges
            .range((to.to_owned(), String::new())..)
            .take_while(|(key, _)| key.0 == to);
        let alive = alive
            .flat_map(|(_, all)| all)
            .any(|exchange| (exchange.answered - now).abs() <= NEAR);
        let last = known
            .into_iter()
            .flatten()
            .rev()
            .find(|exchange| exchange.answered <= now);
        match name.as_str() {
            _ if !alive => None,
            // It says what it said last.
            "INFO" => last.map(|exchange| (now, exchange.value.clone())),
            "PING" => Some((now, Value::SimpleString("PONG".into()))),
            "SENTINEL" => None,
            // Nobody looks at the rest.
            _ => Some((now, Value::SimpleString("OK".into()))),
        }
    }

    /// Gives ours the answers that come up to that time.
    fn answer_until(&mut self, at: i64) {
        loop {
            let ready = self.links.iter().filter_map(|(id, link)| match link.replies.front() {
                // Nothing comes over a connection that never stood.
                Some(Some((due, _))) if *due <= at && link.connection.is_some() => Some((*due, *id)),
                _ => None,
            });
            let Some((due, id)) = ready.min() else { break };
            let reply = self
                .links
                .get_mut(&id)
                .and_then(|link| link.replies.pop_front())
                .flatten();
            if let Some((_, value)) = reply {
                self.now = self.now.max(due);
                let _ = self.sentinel.reply(id, &value, self.now);
                self.drain();
            }
        }
    }

    /// Does what ours says, and gives what it answers.
    fn drain(&mut self) -> Vec<Value> {
        let mut answers = Vec::new();
        let mut opened = false;
        while let Some(output) = self.sentinel.poll() {
            match output {
                Output::Persist { ticket, .. } => self.sentinel.persisted(ticket).unwrap_or_default(),
                Output::Connect {
                    link, address, kind, ..
                } => {
                    opened = true;
                    let ours = Ours {
                        to: self.seat.ports.get(&address.port).cloned().unwrap_or_default(),
                        kind,
                        connection: None,
                        unsaid: Vec::new(),
                        replies: VecDeque::new(),
                    };
                    self.links.insert(link, ours);
                }
                Output::Close { link } => {
                    self.links.remove(&link);
                }
                Output::Send { link, argv } => {
                    let argv: Vec<String> = argv
                        .iter()
                        .map(|arg| String::from_utf8_lossy(arg).into_owned())
                        .collect();
                    let Some(to) = self.links.get(&link).map(|ours| ours.to.clone()) else {
                        continue;
                    };
                    let reply = self.find_reply(&to, &argv);
                    if let Some(ours) = self.links.get_mut(&link) {
                        ours.replies.push_back(reply);
                        match ours.connection {
                            Some(_) => send(&mut self.behaviour, &to, &argv),
                            None => ours.unsaid.push(argv),
                        }
                    }
                }
                Output::Reply { value, .. } => answers.push(value),
                Output::Event(event) if event.kind != EventKind::Monitor && self.now >= self.listening => {
                    publish(&mut self.behaviour, event.kind.name(), &event.message);
                }
                _ => {}
            }
        }
        if opened {
            self.pair();
        }
        answers
    }
}

/// An event, under what it is about: the kind and the name of an instance, or the channel.
fn publish(behaviour: &mut Behaviour, channel: &str, payload: &str) {
    let words: Vec<&str> = payload.split(' ').collect();
    let subject = match words[..] {
        [kind @ ("master" | "slave" | "sentinel"), name, ..] => format!("{kind} {name}"),
        _ => channel.to_owned(),
    };
    behaviour
        .published
        .entry(subject)
        .or_default()
        .push(format!("{channel} {payload}"));
}

/// An answer, under the connection. Whether the master is down is a question of time.
fn answer(behaviour: &mut Behaviour, connection: u64, from: &str, value: &Value) {
    let text = match value {
        Value::Array(items) if items.len() == 3 => format!("[_, {}, {}]", items[1], items[2]),
        other => other.to_string(),
    };
    behaviour
        .answered
        .entry(format!("{from}, connection {connection}"))
        .or_default()
        .push(text);
}

/// A command, under whom it goes to: not what only keeps watch, and nothing that was just said.
fn send(behaviour: &mut Behaviour, to: &str, argv: &[String]) {
    if matches!(
        argv[0].to_ascii_uppercase().as_str(),
        "PING" | "INFO" | "CLIENT" | "SUBSCRIBE" | "AUTH"
    ) && argv.get(1).is_none_or(|word| word != "KILL")
    {
        return;
    }
    let mut text = argv.join(" ");
    if argv[0].eq_ignore_ascii_case("PUBLISH") {
        // Whether one goes out just after the epoch rose is a question of time.
        let parts = argv[2].split(',').enumerate().filter(|(at, _)| *at != 3);
        text = parts.map(|(_, part)| part).collect::<Vec<_>>().join(",");
    }
    if argv[0].eq_ignore_ascii_case("SENTINEL") && argv.last().is_some_and(|run_id| run_id == "*") {
        // And so it is whether a question that asks for no vote comes before the epoch rises.
        text = format!("{} {} {} {} _ *", argv[0], argv[1], argv[2], argv[3]);
    }
    // Hellos and questions go on independently of each other and of the rest.
    let subject = match argv[0].to_ascii_uppercase().as_str() {
        "PUBLISH" => format!("{to}, hellos"),
        "SENTINEL" => format!("{to}, questions"),
        _ => to.to_owned(),
    };
    let repeats = subject != to;
    let sent = behaviour.sent.entry(subject).or_default();
    if !repeats || sent.last() != Some(&text) {
        sent.push(text);
    }
}
