//! The sentinel itself.
#![allow(missing_docs, reason = "each does what the core's method of its name does")]

use quorate::resp::Encoder;
use quorate::sentinel::{Config, MasterConfig, Output, ScriptExit, Sentinel};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use wasm_bindgen::prelude::wasm_bindgen;

use super::error::{readable, status, taken};
use super::wires::{self, Wires};
use crate::parts::{Arguments, Outputs, settings};
use crate::{exchange, json, saved};

const KIND: &str = "sentinel";

/// A sentinel.
#[wasm_bindgen]
pub struct RawSentinel {
    machine: Machine,
}

#[derive(Clone, Serialize, Deserialize)]
struct Machine {
    core: Sentinel,
    wires: Wires,
}

/// Makes a sentinel: its settings as JSON, then its lines.
#[wasm_bindgen]
pub fn sentinel_of(len: usize, now: f64) -> Option<RawSentinel> {
    let (config, lines) = Arguments::read(len, |arguments| {
        let config = config(arguments.text());
        (config, arguments.map(lossy).collect::<Vec<_>>())
    });
    let core = status(Sentinel::new(readable(config)?, &lines, now as i64))?;
    let wires = Wires::default();
    Some(RawSentinel {
        machine: Machine { core, wires },
    })
}

/// Makes a sentinel of the state in the inbox.
#[wasm_bindgen]
pub fn sentinel_from_state(len: usize) -> Option<RawSentinel> {
    let machine = saved::read(len, KIND, |machine: &Machine| machine.core.state_hash())?;
    Some(RawSentinel { machine })
}

fn config(text: &str) -> Result<Config, serde_json::Error> {
    let mut given: Value = serde_json::from_str(text)?;
    let masters = given.as_object_mut().and_then(|given| given.remove("masters"));
    let mut config = settings(&Config::new("", 0), given)?;
    if let Some(Value::Array(masters)) = masters {
        let plain = MasterConfig::new("", "", 0, 0);
        let masters = masters.into_iter().map(|master| settings(&plain, master));
        config.masters = masters.collect::<Result<_, _>>()?;
    }
    Ok(config)
}

/// Calls say whether they were refused; why is reported. Links, clients, tickets and times are exact up to 2^53.
#[wasm_bindgen]
impl RawSentinel {
    /// Leaves the next `max` outputs and says how many there are.
    pub fn drain(&mut self, max: usize) -> usize {
        let mut outputs = Outputs::default();
        for _ in 0..max {
            let Some(output) = self.machine.core.poll() else { break };
            self.machine.put(&output, &mut outputs);
        }
        outputs.leave()
    }

    pub fn tick(&mut self, now: f64) {
        self.machine.core.tick(now as i64);
    }

    pub fn connected(&mut self, link: f64) -> bool {
        status(self.machine.core.connected(link as u64)).is_some()
    }

    pub fn disconnected(&mut self, link: f64) -> bool {
        self.machine.wires.close(link as u64);
        status(self.machine.core.disconnected(link as u64)).is_some()
    }

    /// The inbox is bytes of the wire.
    pub fn received(&mut self, link: f64, len: usize, now: f64) -> bool {
        let Machine { core, wires } = &mut self.machine;
        let result = exchange::read(len, |bytes| {
            wires.feed(link as u64, bytes, |value| core.reply(link as u64, value, now as i64))
        });
        taken(result, status)
    }

    /// The inbox is one value.
    pub fn reply(&mut self, link: f64, len: usize, now: f64) -> bool {
        let value = exchange::read(len, wires::value);
        status(self.machine.core.reply(link as u64, &value, now as i64)).is_some()
    }

    /// The inbox is the payload.
    pub fn message(&mut self, link: f64, len: usize, now: f64) -> bool {
        let core = &mut self.machine.core;
        status(exchange::read(len, |payload| {
            core.message(link as u64, payload, now as i64)
        }))
        .is_some()
    }

    /// The inbox is the command and its arguments.
    pub fn command(&mut self, client: f64, len: usize, now: f64) {
        Arguments::read(len, |arguments| {
            let argv: Vec<&[u8]> = arguments.collect();
            self.machine.core.command(client as u64, &argv, now as i64);
        });
    }

    pub fn client_closed(&mut self, client: f64) {
        self.machine.core.client_closed(client as u64);
    }

    /// The inbox has the name, and its address if it has one.
    pub fn resolved(&mut self, len: usize, now: f64) {
        Arguments::read(len, |arguments| {
            let host = arguments.text();
            let ip = arguments.next().map(lossy);
            self.machine.core.resolved(host, ip.as_deref(), now as i64);
        });
    }

    /// How it ended: 0 with a code, 1 by a signal, 2 before it started.
    pub fn script_finished(&mut self, script: f64, how: u8, number: u8, now: f64) -> bool {
        let exit = match how {
            0 => ScriptExit::Code(number),
            1 => ScriptExit::Signal(number),
            _ => ScriptExit::NotStarted,
        };
        status(self.machine.core.script_finished(script as u64, exit, now as i64)).is_some()
    }

    pub fn persisted(&mut self, ticket: f64) -> bool {
        status(self.machine.core.persisted(ticket as u64)).is_some()
    }

    // ---- questions

    pub fn id(&self) -> String {
        self.machine.core.id().to_owned()
    }

    pub fn current_epoch(&self) -> f64 {
        self.machine.core.current_epoch() as f64
    }

    pub fn in_tilt(&self) -> bool {
        self.machine.core.in_tilt()
    }

    pub fn tick_period(&self) -> f64 {
        self.machine.core.tick_period() as f64
    }

    /// The inbox is the name. Leaves the address, or null.
    pub fn master_address(&self, len: usize) {
        let name = exchange::read(len, lossy);
        leave(&self.machine.core.master_address(&name));
    }

    /// 2 or 3.
    pub fn protocol(&self, client: f64) -> u8 {
        self.machine.core.protocol(client as u64).number()
    }

    pub fn status(&self) {
        leave(&self.machine.core.status());
    }

    pub fn lines(&self) {
        leave(&self.machine.core.lines());
    }

    pub fn state(&self) {
        saved::leave(KIND, self.state_hash(), &self.machine);
    }

    pub fn state_hash(&self) -> u64 {
        self.machine.core.state_hash()
    }

    /// A sentinel in the same state.
    pub fn copy(&self) -> RawSentinel {
        RawSentinel {
            machine: self.machine.clone(),
        }
    }
}

impl Machine {
    fn put(&mut self, output: &Output, outputs: &mut Outputs) {
        match output {
            Output::Connect {
                link,
                address,
                kind,
                instance,
            } => {
                self.wires.open(*link);
                outputs
                    .begin("connect")
                    .put("link", link)
                    .put("host", &address.target())
                    .put("port", &address.port)
                    .put("purpose", kind)
                    .put("instance", instance)
                    .put("address", address)
            }
            Output::Close { link } => {
                self.wires.close(*link);
                outputs.begin("close").put("link", link)
            }
            Output::Send { link, argv } => outputs.begin("send").put("link", link).words("argv", argv),
            Output::Persist { ticket, lines } => outputs.begin("persist").put("ticket", ticket).put("lines", lines),
            Output::Reply { client, value } => {
                let mut encoder = Encoder::new(self.core.protocol(*client));
                // A sentinel says nothing that cannot be written.
                let _ = encoder.value(value);
                let bytes = encoder.take();
                outputs.begin("reply").put("client", client).bytes("bytes", &bytes)
            }
            Output::Event(event) => outputs
                .begin("event")
                .put("name", &event.kind.name())
                .put("message", &event.message)
                .put("level", &event.level)
                .put("master", &event.master),
            Output::RunScript { script, path, args } => outputs
                .begin("run_script")
                .put("script", script)
                .put("path", path)
                .put("args", args),
            Output::KillScript { script } => outputs.begin("kill_script").put("script", script),
            Output::Resolve { host } => outputs.begin("resolve").put("host", host),
            Output::Exit { code } => outputs.begin("exit").put("code", code),
            Output::Trace(trace) => outputs.begin("trace").tagged("trace", trace, "event"),
            // The core's enum may grow; this module is built with the core that it was written for.
            other => outputs.begin("unknown").put("text", &format!("{other:?}")),
        }
        .end();
    }
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn leave(value: &impl Serialize) {
    exchange::leave(json::text(value, "kind").into_bytes());
}
