//! Simulated worlds. What is asked and told is text in the inbox; what a world shows is JSON in the outbox.

use quorate_simulator::{Config, Error, Kind, Moment, World};
use serde::Serialize;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::{error, exchange, json};

/// A world. Times are microseconds, exact up to 2^53.
#[wasm_bindgen]
pub struct RawWorld {
    world: World,
}

/// Makes a world of the script in the inbox.
#[wasm_bindgen]
pub fn world_from_script(len: usize) -> Option<RawWorld> {
    made(text(len, World::from_script))
}

/// Makes a world of a kind and of settings: lines in the inbox, the kind first, then for each setting its name and what its value
/// may mean, apart by tabs. The first that the setting can be is taken.
#[wasm_bindgen]
pub fn world_of(len: usize) -> Option<RawWorld> {
    made(text(len, |lines| World::from_script(&script_of(lines)?)))
}

fn made(world: Result<World, Error>) -> Option<RawWorld> {
    status(world).map(|world| RawWorld { world })
}

fn script_of(lines: &str) -> Result<String, Error> {
    let mut lines = lines.lines();
    let mut script = lines.next().unwrap_or_default().to_owned();
    let Some(kind) = Kind::ALL.into_iter().find(|kind| kind.name() == script) else {
        // It is refused with the script.
        return Ok(script);
    };
    for line in lines {
        let mut words = line.split('\t');
        let name = words.next().unwrap_or_default();
        let mut refused = None;
        let taken = words.find(|value| match Config::of(kind).set(name, value) {
            Ok(()) => true,
            // What was given, and not what it might have meant.
            Err(error) => {
                refused.get_or_insert(error);
                false
            }
        });
        match (taken, refused) {
            (Some(value), _) => script += &format!("\n{name} {value}"),
            (None, refused) => return Err(refused.unwrap_or_else(|| Error::UnknownSetting(name.to_owned()))),
        }
    }
    Ok(script)
}

#[wasm_bindgen]
#[allow(missing_docs, reason = "each does what the simulator's method of its name does")]
impl RawWorld {
    /// Leaves the report.
    pub fn run(&mut self) {
        leave_report(&self.world.run());
    }

    /// Leaves the report.
    pub fn report(&self) {
        leave_report(&self.world.report());
    }

    pub fn step(&mut self) -> bool {
        self.world.step()
    }

    pub fn run_until(&mut self, at: f64) {
        self.world.run_until(at as u64);
    }

    pub fn run_for(&mut self, duration: f64) {
        self.world.run_for(duration as u64);
    }

    /// 0 and 1 for no and yes, 2 for an error.
    pub fn until(&mut self, len: usize, within: f64) -> u32 {
        let holds = text(len, |predicate| self.world.until(predicate, within as u64));
        status(holds).map_or(2, u32::from)
    }

    pub fn act(&mut self, len: usize) -> bool {
        status(text(len, |action| self.world.act(action))).is_some()
    }

    /// Leaves the answer.
    pub fn ask(&self, len: usize) -> bool {
        let answer = status(text(len, |question| self.world.ask(question)));
        answer.map(|answer| exchange::leave(answer.into_bytes())).is_some()
    }

    pub fn seek(&mut self, at: f64) {
        self.world.seek(at as u64);
    }

    pub fn seek_event(&mut self, events: f64) {
        self.world.seek_event(events as u64);
    }

    /// Leaves the moment.
    pub fn moment(&self) {
        leave(&self.world.moment());
    }

    pub fn seek_moment(&mut self, at: f64, events: f64, actions: usize) -> bool {
        let moment = Moment {
            at: at as u64,
            events: events as u64,
            actions,
        };
        status(self.world.seek_moment(moment)).is_some()
    }

    pub fn branch(&self) -> RawWorld {
        RawWorld {
            world: self.world.branch(),
        }
    }

    pub fn copy(&self) -> RawWorld {
        RawWorld {
            world: self.world.clone(),
        }
    }

    pub fn now(&self) -> f64 {
        self.world.now() as f64
    }

    pub fn event_count(&self) -> f64 {
        self.world.event_count() as f64
    }

    pub fn view(&self) {
        leave(&self.world.view());
    }

    /// Leaves what happened from that many events of the list on.
    pub fn events(&self, start: usize) {
        leave(&self.world.events().get(start..).unwrap_or_default());
    }

    pub fn history(&self) {
        leave(&self.world.history());
    }

    pub fn violations(&self) {
        leave(&self.world.violations());
    }

    pub fn diagram(&self, from: f64, to: f64) {
        exchange::leave(self.world.diagram(from as u64, to as u64).into_bytes());
    }

    pub fn to_script(&self) {
        exchange::leave(self.world.to_script().into_bytes());
    }

    pub fn state_hash(&self) -> String {
        format!("{:016x}", self.world.state_hash())
    }
}

/// Reads text from the inbox. The facade writes UTF-8; anything else would be no text.
fn text<T>(len: usize, read: impl FnOnce(&str) -> T) -> T {
    exchange::read(len, |bytes| read(std::str::from_utf8(bytes).unwrap_or_default()))
}

fn leave(value: &impl Serialize) {
    exchange::leave(json::text(value, "kind").into_bytes());
}

/// The report, and how it reads.
fn leave_report(report: &quorate_simulator::Report) {
    leave(&(report, report.to_string()));
}

/// Whether it went well; if not, why is reported.
fn status<T>(result: Result<T, Error>) -> Option<T> {
    let report = |error: Error| error::report_plain(error.code(), &error);
    result.map_err(report).ok()
}
