//! The replication of one server.
#![allow(missing_docs, reason = "each does what the core's method of its name does")]

use quorate::replication::{
    Access, Backlog, Config, Error, Output, PrimaryAddress, Replica, ReplicationId, Server, Stored,
};
use serde::Serialize;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::error::{self, Report};
use crate::parts::{Arguments, Outputs, settings};
use crate::sentinel::readable;
use crate::{exchange, json, saved};

const KIND: &str = "server";

/// What a write is answered for with an error.
const REFUSED: f64 = -1.0;

/// A server.
#[wasm_bindgen]
pub struct RawServer {
    server: Server,
}

/// Makes a server of its settings as JSON.
#[wasm_bindgen]
pub fn server_of(len: usize, now: f64) -> Option<RawServer> {
    let config = Arguments::read(len, |arguments| config(arguments.text()))?;
    status(Server::new(config, now as u64)).map(|server| RawServer { server })
}

/// Makes a server that starts again: its settings, the id that was stored, and its primary's host, if it has one.
#[wasm_bindgen]
pub fn server_restored(len: usize, offset: f64, port: u16, now: f64) -> Option<RawServer> {
    let server = Arguments::read(len, |arguments| {
        let config = config(arguments.text())?;
        let id = id(arguments.text())?;
        let host = arguments.next().map(|host| String::from_utf8_lossy(host).into_owned());
        let stored = Stored {
            id,
            offset: offset as u64,
        };
        let primary = host.map(|host| PrimaryAddress { host, port });
        status(Server::restore(config, stored, primary, now as u64))
    })?;
    Some(RawServer { server })
}

/// Makes a server of the state in the inbox.
#[wasm_bindgen]
pub fn server_from_state(len: usize) -> Option<RawServer> {
    let server = saved::read(len, KIND, Server::state_hash)?;
    Some(RawServer { server })
}

fn config(text: &str) -> Option<Config> {
    let given = readable(serde_json::from_str(text))?;
    readable(settings(&Config::default(), given))
}

pub(super) fn id(text: &str) -> Option<ReplicationId> {
    let id = text.parse();
    id.map_err(|error: quorate::replication::InvalidId| error::report_plain(error.code(), &error))
        .ok()
}

/// Calls say whether they were refused; why is reported. Connections, clients, offsets and times are exact up to 2^53.
#[wasm_bindgen]
impl RawServer {
    /// Leaves the next `max` outputs and says how many there are.
    pub fn drain(&mut self, max: usize) -> usize {
        let mut outputs = Outputs::default();
        for _ in 0..max {
            let Some(output) = self.server.poll() else { break };
            put(&output, &mut outputs);
        }
        outputs.leave()
    }

    pub fn tick(&mut self, now: f64) {
        self.server.tick(now as u64);
    }

    // ---- as a primary

    /// The inbox is the address.
    pub fn accept(&mut self, replica: f64, len: usize, now: f64) -> bool {
        let server = &mut self.server;
        status(text(len, |ip| server.accept(replica as u64, ip, now as u64))).is_some()
    }

    /// The inbox is the command and its arguments.
    pub fn request(&mut self, replica: f64, len: usize, now: f64) -> bool {
        let server = &mut self.server;
        let result = Arguments::read(len, |arguments| {
            server.request(replica as u64, &arguments.collect::<Vec<_>>(), now as u64)
        });
        status(result).is_some()
    }

    pub fn replica_closed(&mut self, replica: f64, now: f64) -> bool {
        status(self.server.replica_closed(replica as u64, now as u64)).is_some()
    }

    pub fn snapshot_taken(&mut self, ok: bool, now: f64) -> bool {
        status(self.server.snapshot_taken(ok, now as u64)).is_some()
    }

    pub fn snapshot_sent(&mut self, replica: f64, ok: bool, now: f64) -> bool {
        status(self.server.snapshot_sent(replica as u64, ok, now as u64)).is_some()
    }

    /// Whether such a command is let through.
    pub fn check(&self, writes: bool) -> bool {
        let access = if writes { Access::Write } else { Access::Read };
        status(self.server.check(access).map_err(Error::Refused)).is_some()
    }

    /// The inbox is the command and its arguments. The offset behind it, or -1.
    pub fn write(&mut self, database: u32, len: usize, now: f64) -> f64 {
        let server = &mut self.server;
        let result = Arguments::read(len, |arguments| {
            server.write(database, &arguments.collect::<Vec<_>>(), now as u64)
        });
        status(result).map_or(REFUSED, |offset| offset as f64)
    }

    /// The inbox is the command and its arguments. The offset behind it.
    pub fn propagate(&mut self, database: u32, len: usize, now: f64) -> f64 {
        let server = &mut self.server;
        Arguments::read(len, |arguments| {
            server.propagate(database, &arguments.collect::<Vec<_>>(), now as u64) as f64
        })
    }

    pub fn wait(&mut self, client: f64, offset: f64, replicas: f64, timeout: f64, now: f64) -> bool {
        let [client, offset, replicas, timeout, now] = [client, offset, replicas, timeout, now].map(|each| each as u64);
        status(self.server.wait(client, offset, replicas, timeout, now)).is_some()
    }

    pub fn cancel_wait(&mut self, client: f64) -> bool {
        status(self.server.cancel_wait(client as u64)).is_some()
    }

    // ---- as a replica

    /// The inbox is the host.
    pub fn replicate_from(&mut self, len: usize, port: u16, now: f64) -> bool {
        let server = &mut self.server;
        text(len, |host| server.replicate_from(host, port, now as u64))
    }

    pub fn promote(&mut self, now: f64) -> bool {
        self.server.promote(now as u64)
    }

    pub fn connected(&mut self, attempt: f64, now: f64) -> bool {
        status(self.server.connected(attempt as u64, now as u64)).is_some()
    }

    pub fn closed(&mut self, attempt: f64, now: f64) -> bool {
        status(self.server.closed(attempt as u64, now as u64)).is_some()
    }

    /// The inbox is bytes of the wire.
    pub fn received(&mut self, attempt: f64, len: usize, now: f64) -> bool {
        let server = &mut self.server;
        status(exchange::read(len, |bytes| {
            server.received(attempt as u64, bytes, now as u64)
        }))
        .is_some()
    }

    pub fn snapshot_loaded(&mut self, ok: bool, now: f64) -> bool {
        status(self.server.snapshot_loaded(ok, now as u64)).is_some()
    }

    /// The inbox is the settings that change, as JSON.
    pub fn configure(&mut self, len: usize, now: f64) -> bool {
        let given = exchange::read(len, |given| serde_json::from_slice(given));
        let config = readable(given.and_then(|given| settings(self.server.config(), given)));
        config.is_some_and(|config| status(self.server.configure(config, now as u64)).is_some())
    }

    // ---- questions

    pub fn is_primary(&self) -> bool {
        self.server.is_primary()
    }

    pub fn link_is_up(&self) -> bool {
        self.server.link_is_up()
    }

    pub fn next_tick_ms(&self) -> f64 {
        self.server.next_tick_ms() as f64
    }

    pub fn count_acknowledged(&self, offset: f64) -> f64 {
        self.server.count_acknowledged(offset as u64) as f64
    }

    pub fn history(&self) {
        leave(self.server.history());
    }

    pub fn status(&self) {
        leave(&Status::of(&self.server));
    }

    /// Leaves the answer's bytes.
    pub fn role(&self) {
        exchange::leave(self.server.role().encode());
    }

    pub fn info(&self) {
        exchange::leave(self.server.info().into_bytes());
    }

    pub fn state(&self) {
        saved::leave(KIND, self.server.state_hash(), &self.server);
    }

    pub fn state_hash(&self) -> u64 {
        self.server.state_hash()
    }

    /// A server in the same state.
    pub fn copy(&self) -> RawServer {
        RawServer {
            server: self.server.clone(),
        }
    }
}

fn put(output: &Output, outputs: &mut Outputs) {
    match output {
        Output::Send { replica, bytes } => outputs.begin("send").put("replica", replica).bytes("bytes", bytes),
        Output::Close { replica } => outputs.begin("close").put("replica", replica),
        Output::TakeSnapshot { offset } => outputs.begin("take_snapshot").put("offset", offset),
        Output::SendSnapshot { replica, framing } => {
            let mark = match framing {
                quorate::replication::Framing::Length => None,
                quorate::replication::Framing::Mark(mark) => Some(mark),
            };
            outputs
                .begin("send_snapshot")
                .put("replica", replica)
                .put("mark", &mark)
        }
        Output::Connect { attempt, host, port } => outputs
            .begin("connect")
            .put("attempt", attempt)
            .put("host", host)
            .put("port", port),
        Output::Disconnect { attempt } => outputs.begin("disconnect").put("attempt", attempt),
        Output::SendToPrimary { attempt, bytes } => outputs
            .begin("send_to_primary")
            .put("attempt", attempt)
            .bytes("bytes", bytes),
        Output::SnapshotBegins { size } => outputs.begin("snapshot_begins").put("size", size),
        Output::SnapshotBytes(bytes) => outputs.begin("snapshot_bytes").bytes("bytes", bytes),
        Output::LoadSnapshot => outputs.begin("load_snapshot"),
        Output::SnapshotAborted => outputs.begin("snapshot_aborted"),
        Output::Apply { args, offset } => outputs.begin("apply").words("argv", args).put("offset", offset),
        Output::Waited {
            client,
            replicas,
            timed_out,
        } => outputs
            .begin("waited")
            .put("client", client)
            .put("replicas", replicas)
            .put("timedOut", timed_out),
        Output::WaitBroken { client } => outputs.begin("wait_broken").put("client", client),
        Output::HistoryChanged { history, cause } => outputs
            .begin("history_changed")
            .put("history", history)
            .put("cause", cause),
        Output::LinkChanged { up } => outputs.begin("link_changed").put("up", up),
        Output::Trace(trace) => outputs.begin("trace").tagged("trace", trace, "event"),
        // The core's enum may grow; this module is built with the core that it was written for.
        other => outputs.begin("unknown").put("text", &format!("{other:?}")),
    }
    .end();
}

/// What a server is and knows, for people, tests and drawings.
#[derive(Serialize)]
struct Status<'a> {
    is_primary: bool,
    history: &'a quorate::replication::History,
    backlog: Option<Kept>,
    replicas: Vec<Attached<'a>>,
    good_replicas: u64,
    primary: Option<&'a PrimaryAddress>,
    link_state: quorate::replication::LinkState,
    link_is_up: bool,
    link_attempt: Option<u64>,
    link_down_s: Option<i64>,
}

/// What is in a backlog.
#[derive(Serialize)]
struct Kept {
    first: u64,
    next: u64,
    size: u64,
}

#[derive(Serialize)]
struct Attached<'a> {
    id: u64,
    ip: &'a str,
    port: i64,
    state: quorate::replication::ReplicaState,
    ack_offset: u64,
    ack_s: i64,
}

impl<'a> Status<'a> {
    fn of(server: &'a Server) -> Self {
        Self {
            is_primary: server.is_primary(),
            history: server.history(),
            backlog: server.backlog().map(Kept::of),
            replicas: server.replicas().map(Attached::of).collect(),
            good_replicas: server.good_replicas(),
            primary: server.primary(),
            link_state: server.link_state(),
            link_is_up: server.link_is_up(),
            link_attempt: server.link_attempt(),
            link_down_s: server.link_down_s(),
        }
    }
}

impl Kept {
    fn of(backlog: &Backlog) -> Self {
        Self {
            first: backlog.first(),
            next: backlog.next(),
            size: backlog.size(),
        }
    }
}

impl<'a> Attached<'a> {
    fn of(replica: &'a Replica) -> Self {
        Self {
            id: replica.id,
            ip: &replica.ip,
            port: replica.port,
            state: replica.state,
            ack_offset: replica.ack_offset,
            ack_s: replica.ack_s,
        }
    }
}

/// Whether it went well; if not, why is reported.
fn status<T>(result: Result<T, Error>) -> Option<T> {
    let report = |error: Error| {
        let details = match &error {
            Error::Refused(refusal) => format!("{{\"reply\":{}}}", json::text(&refusal.reply(), "")),
            _ => String::new(),
        };
        error::report(Report {
            code: error.code(),
            message: error.to_string(),
            details,
            ..Report::default()
        });
    };
    result.map_err(report).ok()
}

/// Reads text from the inbox. The facade writes UTF-8; anything else would be no text.
fn text<T>(len: usize, read: impl FnOnce(&str) -> T) -> T {
    exchange::read(len, |bytes| read(std::str::from_utf8(bytes).unwrap_or_default()))
}

pub(super) fn leave(value: &impl Serialize) {
    exchange::leave(json::text(value, "kind").into_bytes());
}
