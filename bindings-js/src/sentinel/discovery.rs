//! The discovery of clients.
#![allow(missing_docs, reason = "each does what the core's method of its name does")]

use quorate::sentinel::Address;
use quorate::sentinel::discovery::{Config, Discovery, Failure, Output, ReadPreference};
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::wasm_bindgen;

use super::error::{discovered, readable, taken};
use super::wires::{self, Wires};
use crate::parts::{Arguments, Outputs, settings};
use crate::{exchange, json, saved};

const KIND: &str = "discovery";

/// What a request is answered for with an error.
const REFUSED: f64 = -1.0;

/// A discovery.
#[wasm_bindgen]
pub struct RawDiscovery {
    machine: Machine,
}

#[derive(Clone, Serialize, Deserialize)]
struct Machine {
    core: Discovery,
    wires: Wires,
}

/// Makes a discovery of its settings as JSON.
#[wasm_bindgen]
pub fn discovery_of(len: usize) -> Option<RawDiscovery> {
    let config = exchange::read(len, config);
    let core = discovered(Discovery::new(readable(config)?))?;
    let wires = Wires::default();
    Some(RawDiscovery {
        machine: Machine { core, wires },
    })
}

/// Makes a discovery of the state in the inbox.
#[wasm_bindgen]
pub fn discovery_from_state(len: usize) -> Option<RawDiscovery> {
    let machine = saved::read(len, KIND, |machine: &Machine| machine.core.state_hash())?;
    Some(RawDiscovery { machine })
}

fn config(text: &[u8]) -> Result<Config, serde_json::Error> {
    let mut config: Config = settings(&Config::default(), serde_json::from_slice(text)?)?;
    let of_nat = config.nat.iter_mut().flat_map(|(announced, real)| [announced, real]);
    let of_weights = config.weights.iter_mut().map(|(announced, _)| announced);
    for address in config.sentinels.iter_mut().chain(of_nat).chain(of_weights) {
        if address.ip.is_empty() {
            *address = Address::new(&address.host, address.port);
        }
    }
    Ok(config)
}

/// Calls say whether they were refused; why is reported. Links, requests and times are exact up to 2^53.
#[wasm_bindgen]
impl RawDiscovery {
    /// Leaves the next `max` outputs and says how many there are.
    pub fn drain(&mut self, max: usize) -> usize {
        let mut outputs = Outputs::default();
        for _ in 0..max {
            let Some(output) = self.machine.core.poll() else { break };
            self.machine.put(&output, &mut outputs);
        }
        outputs.leave()
    }

    /// The number of the request, or -1.
    pub fn request(&mut self, preference: u8, now: f64) -> f64 {
        let preference = match preference {
            0 => ReadPreference::Primary,
            1 => ReadPreference::Replica,
            2 => ReadPreference::ReplicaOrPrimary,
            _ => ReadPreference::Any,
        };
        discovered(self.machine.core.request(preference, now as i64)).map_or(REFUSED, |request| request as f64)
    }

    pub fn cancel(&mut self, request: f64, now: f64) -> bool {
        discovered(self.machine.core.cancel(request as u64, now as i64)).is_some()
    }

    pub fn connected(&mut self, link: f64, now: f64) -> bool {
        discovered(self.machine.core.connected(link as u64, now as i64)).is_some()
    }

    pub fn disconnected(&mut self, link: f64, now: f64) -> bool {
        self.machine.wires.close(link as u64);
        discovered(self.machine.core.disconnected(link as u64, now as i64)).is_some()
    }

    /// The inbox is bytes of the wire.
    pub fn received(&mut self, link: f64, len: usize, now: f64) -> bool {
        let Machine { core, wires } = &mut self.machine;
        let result = exchange::read(len, |bytes| {
            wires.feed(link as u64, bytes, |value| core.reply(link as u64, value, now as i64))
        });
        taken(result, discovered)
    }

    /// The inbox is one value.
    pub fn reply(&mut self, link: f64, len: usize, now: f64) -> bool {
        let value = exchange::read(len, wires::value);
        discovered(self.machine.core.reply(link as u64, &value, now as i64)).is_some()
    }

    /// The inbox is the channel and the payload.
    pub fn message(&mut self, link: f64, len: usize, now: f64) -> bool {
        let core = &mut self.machine.core;
        let result = Arguments::read(len, |arguments| {
            let channel = arguments.text();
            core.message(link as u64, channel, arguments.next().unwrap_or_default(), now as i64)
        });
        discovered(result).is_some()
    }

    /// The inbox is the error. 0 and 1 for no and yes, 2 for an error.
    pub fn refused(&mut self, link: f64, len: usize, now: f64) -> u32 {
        let core = &mut self.machine.core;
        let result = exchange::read(len, |error| core.refused(link as u64, error, now as i64));
        discovered(result).map_or(2, u32::from)
    }

    pub fn tick(&mut self, now: f64) {
        self.machine.core.tick(now as i64);
    }

    // ---- questions

    /// Leaves the address, or null.
    pub fn primary(&self) {
        leave(&self.machine.core.primary());
    }

    pub fn sentinels(&self) {
        leave(&self.machine.core.sentinels());
    }

    /// Leaves links, addresses and roles.
    pub fn handed_out(&self) {
        leave(&self.machine.core.handed_out().collect::<Vec<_>>());
    }

    /// Not a number for nothing.
    pub fn next_tick_ms(&self) -> f64 {
        self.machine.core.next_tick_ms().map_or(f64::NAN, |at| at as f64)
    }

    pub fn state(&self) {
        saved::leave(KIND, self.state_hash(), &self.machine);
    }

    pub fn state_hash(&self) -> u64 {
        self.machine.core.state_hash()
    }

    /// A discovery in the same state.
    pub fn copy(&self) -> RawDiscovery {
        RawDiscovery {
            machine: self.machine.clone(),
        }
    }
}

impl Machine {
    fn put(&mut self, output: &Output, outputs: &mut Outputs) {
        match output {
            Output::Connect { link, address, purpose } => {
                self.wires.open(*link);
                outputs
                    .begin("connect")
                    .put("link", link)
                    .put("host", &address.target())
                    .put("port", &address.port)
                    .put("purpose", purpose)
                    .put("address", address)
            }
            Output::Close { link } => {
                self.wires.close(*link);
                outputs.begin("close").put("link", link)
            }
            Output::Send { link, argv } => outputs.begin("send").put("link", link).words("argv", argv),
            Output::Resolved {
                request,
                link,
                address,
                role,
            } => {
                // What comes over it is the caller's from now on.
                self.wires.close(*link);
                outputs
                    .begin("resolved")
                    .put("request", request)
                    .put("link", link)
                    .put("address", address)
                    .put("role", role)
            }
            Output::Failed { request, failure } => outputs
                .begin("failed")
                .put("request", request)
                .json("failure", &failure_text(failure)),
            Output::Invalidate { link, reason } => outputs.begin("invalidate").put("link", link).put("reason", reason),
            Output::PrimaryChanged { from, to } => outputs.begin("primary_changed").put("from", from).put("to", to),
            Output::Trace(trace) => outputs.begin("trace").tagged("trace", trace, "event"),
            // The core's enum may grow; this module is built with the core that it was written for.
            other => outputs.begin("unknown").put("text", &format!("{other:?}")),
        }
        .end();
    }
}

/// What serde says of it, and what it says to people: an object in any case.
fn failure_text(failure: &Failure) -> String {
    let fields = json::text(failure, "code");
    let message = json::text(&failure.to_string(), "");
    match fields.strip_prefix('{') {
        Some(fields) => format!("{{\"text\":{message},{fields}"),
        None => format!("{{\"text\":{message},\"code\":{fields}}}"),
    }
}

fn leave(value: &impl Serialize) {
    exchange::leave(json::text(value, "kind").into_bytes());
}
