//! `quorate.sim`: simulated worlds. It knows worlds, and nothing of what the machines in them are.

use std::ops::DerefMut;

use pyo3::exceptions::PyTypeError;
use pyo3::inspect::PyStaticExpr;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt};
use pyo3::{type_hint_identifier, type_hint_subscript};
use quorate_simulator::{Config, Error, Kind, MILLISECOND, SECOND, Time, print_time};

use crate::error;
use crate::lock::Lock;
use crate::object::{Style, object};

/// How much of a world's time passes between two looks for a signal, such as Ctrl-C.
const SLICE: Time = 100 * MILLISECOND;

/// A seeded world of machines, clients and a network.
///
/// - `kind`: what its machines are. ``"raft"``, the default: members of one Raft group. ``"sentinel"``: Redis servers that
///   replicate, and sentinels.
/// - `settings`: see `Settings`. Durations are microseconds or text as ``"10ms"``, shares are 0 to 1 or text as ``"2%"``.
///
/// Raises `SimError`.
///
/// >>> from quorate.sim import MILLISECOND, SECOND, World
/// >>> world = World("raft", nodes=5, seed=7, latency=10 * MILLISECOND)
/// >>> world.until("leader != none", within=SECOND)
/// True
/// >>> leader, then = world.ask("leader"), world.moment()
/// >>> world.act(f"crash {leader}")
/// >>> world.run_for(SECOND)
/// >>> world.ask("leader") in ("none", leader)
/// False
/// >>> world.violations()
/// []
/// >>> world.seek_moment(then)                            # back, as it was
/// >>> world.ask("leader") == leader
/// True
#[pyclass(frozen, module = "quorate.sim")]
pub(crate) struct World(Lock<quorate_simulator::World>);

#[pymethods]
impl World {
    #[new]
    #[pyo3(signature = (kind="raft", **settings: "bool | int | float | str"))]
    fn new(kind: &str, settings: Option<Bound<'_, PyDict>>) -> PyResult<Self> {
        let mut script = format!("{kind}\n");
        // A kind that is not known is refused with the script.
        if let (Some(settings), Some(kind)) = (settings, Kind::named(kind)) {
            for (name, value) in settings.iter() {
                let name = name.extract::<String>()?.replace('_', "-");
                script += &format!("{name} {}\n", setting(kind, &name, &value)?);
            }
        }
        Self::from_script(&script)
    }

    /// Makes a world from a script, whose steps `run` carries out. See `docs/simulator.md` for what a script may say.
    ///
    /// Raises `SimError`: ``invalid_script``, with the line; ``broken_rules_absent`` for a script about rules that this build keeps.
    #[staticmethod]
    fn from_script(text: &str) -> PyResult<Self> {
        let world = quorate_simulator::World::from_script(text);
        world
            .map(|world| Self(Lock::new(world)))
            .map_err(|failed| error::sim(&failed))
    }

    /// Carries out the script that the world was made from, to its end.
    fn run(&self, py: Python<'_>) -> PyResult<Report> {
        let mut world = self.0.lock(py)?;
        let world = world.deref_mut();
        Ok(Report(py.detach(|| world.run())))
    }

    /// How the script went, as far as it was carried out.
    fn report(&self, py: Python<'_>) -> PyResult<Report> {
        Ok(Report(self.0.lock(py)?.report()))
    }

    /// Lets the next thing happen. Says whether there was one.
    fn step(&self, py: Python<'_>) -> PyResult<bool> {
        Ok(self.0.lock(py)?.step())
    }

    /// Goes on until that time: everything that is due by then happens. Does nothing if it is past.
    fn run_until(&self, py: Python<'_>, at: Time) -> PyResult<()> {
        let mut world = self.0.lock(py)?;
        sliced(py, &mut world, at, |world, until| {
            world.run_until(until);
            Ok(false)
        })?;
        Ok(())
    }

    /// Goes on for so many microseconds.
    fn run_for(&self, py: Python<'_>, duration: Time) -> PyResult<()> {
        let mut world = self.0.lock(py)?;
        let at = world.now().saturating_add(duration);
        sliced(py, &mut world, at, |world, until| {
            world.run_until(until);
            Ok(false)
        })?;
        Ok(())
    }

    /// Goes on until something holds, for so many microseconds at the most; default 10 seconds. Says whether it holds.
    ///
    /// `predicate` is what a script would expect: ``"leader != none"``, ``"commit 1 >= 3"``. Raises `SimError` (code
    /// ``invalid_question``).
    #[pyo3(signature = (predicate, within=10 * SECOND))]
    fn until(&self, py: Python<'_>, predicate: &str, within: Time) -> PyResult<bool> {
        let mut world = self.0.lock(py)?;
        let at = world.now().saturating_add(within);
        sliced(py, &mut world, at, |world, until| {
            world.until(predicate, until - world.now())
        })
    }

    /// Does something to the world, now: ``"crash 3"``, ``"partition 1 2 | 3 4 5"``, ``"ask c1 x=1"``. See `docs/simulator.md`.
    ///
    /// If the world went back in time, the future that it came from is gone; a `branch` keeps it. Raises `SimError`; its code is
    /// ``refused`` where a machine refused, which is part of the run.
    fn act(&self, py: Python<'_>, action: &str) -> PyResult<()> {
        let mut world = self.0.lock(py)?;
        world.act(action).map_err(|failed| error::sim(&failed))
    }

    /// Answers what scripts ask: ``"leader"``, ``"commit 1"``, ``"value 3 x"``. Raises `SimError` (code ``invalid_question``).
    fn ask(&self, py: Python<'_>, question: &str) -> PyResult<String> {
        let world = self.0.lock(py)?;
        world.ask(question).map_err(|failed| error::sim(&failed))
    }

    /// Goes to a time, back or on: everything that was due by then has happened, and every action until then was done.
    fn seek(&self, py: Python<'_>, at: Time) -> PyResult<()> {
        let mut world = self.0.lock(py)?;
        if at < world.now() {
            let world = world.deref_mut();
            py.detach(|| world.seek(at));
        }
        sliced(py, &mut world, at, |world, until| {
            world.seek(until);
            Ok(false)
        })?;
        Ok(())
    }

    /// Goes to where so many events were processed, back or on, and every action until then was done.
    fn seek_event(&self, py: Python<'_>, events: u64) -> PyResult<()> {
        let mut world = self.0.lock(py)?;
        let world = world.deref_mut();
        const FEW: u64 = 10_000;
        loop {
            let before = world.event_count();
            let next = match before < events {
                true => events.min(before.saturating_add(FEW)),
                false => events,
            };
            py.detach(|| world.seek_event(next));
            py.check_signals()?;
            // There may be no more of them.
            if next == events || world.event_count() == before {
                return Ok(());
            }
        }
    }

    /// This moment, for `seek_moment`. Several may share a time.
    fn moment(&self, py: Python<'_>) -> PyResult<Moment> {
        Ok(Moment(self.0.lock(py)?.moment()))
    }

    /// Goes to a moment that was, as `moment` named it. Raises `SimError` (code ``no_such_moment``) for one of another branch.
    fn seek_moment(&self, py: Python<'_>, moment: Moment) -> PyResult<()> {
        let mut world = self.0.lock(py)?;
        let world = world.deref_mut();
        let sought = py.detach(|| world.seek_moment(moment.0));
        sought.map_err(|failed| error::sim(&failed))
    }

    /// Another world that is the same up to here and knows of no future.
    fn branch(&self, py: Python<'_>) -> PyResult<Self> {
        Ok(Self(Lock::new(self.0.lock(py)?.branch())))
    }

    /// Microseconds since the world began.
    #[getter]
    fn now(&self, py: Python<'_>) -> PyResult<Time> {
        Ok(self.0.lock(py)?.now())
    }

    /// How many events were processed.
    #[getter]
    fn event_count(&self, py: Python<'_>) -> PyResult<u64> {
        Ok(self.0.lock(py)?.event_count())
    }

    /// All that a drawing of this moment needs: machines, logs, timers, messages in flight, clients. See `View`.
    fn view<'py>(&self, py: Python<'py>) -> PyResult<View<'py>> {
        object(py, &self.0.lock(py)?.view(), Style::JSON).map(View)
    }

    /// What happened, from that many events of the list on; see `Event`. Going back in time makes the list shorter.
    #[pyo3(signature = (start=0))]
    fn events<'py>(&self, py: Python<'py>, start: usize) -> PyResult<Events<'py>> {
        let world = self.0.lock(py)?;
        let events = world.events();
        object(py, events.get(start..).unwrap_or_default(), Style::JSON).map(Events)
    }

    /// What clients asked, and how it ended; see `Operation`.
    fn history<'py>(&self, py: Python<'py>) -> PyResult<Operations<'py>> {
        object(py, self.0.lock(py)?.history(), Style::JSON).map(Operations)
    }

    /// What does not hold: the first `Violation` of each invariant.
    fn violations<'py>(&self, py: Python<'py>) -> PyResult<Violations<'py>> {
        object(py, self.0.lock(py)?.violations(), Style::JSON).map(Violations)
    }

    /// What happened between two times, as a space-time diagram in text; by default all of it.
    ///
    /// Time runs down, each machine is a lane, an arrow is a message that arrives. Heartbeats are counted, not drawn.
    #[pyo3(signature = (start=0, end=None))]
    fn diagram(&self, py: Python<'_>, start: Time, end: Option<Time>) -> PyResult<String> {
        let world = self.0.lock(py)?;
        Ok(world.diagram(start, end.unwrap_or(world.now())))
    }

    /// The script that leads to this moment in any world of this version. A pickled world is this script.
    fn to_script(&self, py: Python<'_>) -> PyResult<String> {
        Ok(self.0.lock(py)?.to_script())
    }

    /// A hash of all that can be seen of the world, as 16 hexadecimal digits, the same on every platform and in every language.
    fn state_hash(&self, py: Python<'_>) -> PyResult<String> {
        Ok(digits(self.0.lock(py)?.state_hash()))
    }

    fn __copy__(&self, py: Python<'_>) -> PyResult<Self> {
        Ok(Self(Lock::new(self.0.lock(py)?.clone())))
    }

    #[pyo3(signature = (memo, /))]
    fn __deepcopy__(&self, py: Python<'_>, memo: &Bound<'_, PyAny>) -> PyResult<Self> {
        let _ = memo;
        self.__copy__(py)
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, (String,))> {
        let again = py.import("quorate._sim")?.getattr("again")?;
        Ok((again, (self.to_script(py)?,)))
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let world = self.0.lock(py)?;
        Ok(format!(
            "<World now={} events={} hash={}>",
            print_time(world.now()),
            world.event_count(),
            digits(world.state_hash())
        ))
    }
}

fn digits(hash: u64) -> String {
    format!("{hash:016x}")
}

/// Lets a world go on to a time in slices, between which a signal may end it, or until `go` says that it is enough. A world in
/// which nothing happens is gone through in ever larger ones.
fn sliced(
    py: Python<'_>,
    world: &mut quorate_simulator::World,
    at: Time,
    go: impl Fn(&mut quorate_simulator::World, Time) -> Result<bool, Error> + Sync,
) -> PyResult<bool> {
    let mut slice = SLICE;
    loop {
        let (now, events) = (world.now(), world.event_count());
        let until = now.saturating_add(slice).min(at).max(now);
        let enough = py.detach(|| go(world, until)).map_err(|failed| error::sim(&failed))?;
        if enough || until >= at {
            return Ok(enough);
        }
        py.check_signals()?;
        slice = match world.event_count() == events {
            true => slice.saturating_mul(2),
            false => SLICE,
        };
    }
}

/// The value as a script writes it.
fn setting(kind: Kind, name: &str, value: &Bound<'_, PyAny>) -> PyResult<String> {
    let mut texts = Vec::new();
    if value.is_instance_of::<PyBool>() {
        texts.push(if value.is_truthy()? { "on" } else { "off" }.to_string());
    } else if value.is_instance_of::<PyInt>() {
        // A number, or a duration; nothing, or everything.
        let number = value.str()?.extract::<String>()?;
        texts.extend([number.clone(), format!("{number}us")]);
        texts.extend(value.extract::<u64>().ok().and_then(share_of_whole));
    } else if value.is_instance_of::<PyFloat>() {
        texts.push(share(value.extract()?));
    } else if let Ok(text) = value.extract::<String>() {
        texts.push(text);
    } else {
        let found = value.get_type().qualname()?;
        return Err(PyTypeError::new_err(format!(
            "{name} must be bool, int, float or str, found {found}"
        )));
    }
    let mut refused = None;
    for text in texts {
        match Config::of(kind).set(name, &text) {
            Ok(()) => return Ok(text),
            // What was given, and not what it might have meant.
            Err(failed) => refused = refused.or(Some(failed)),
        }
    }
    let refused = refused.unwrap_or_else(|| Error::UnknownSetting(name.to_string()));
    Err(error::sim(&refused))
}

fn share_of_whole(number: u64) -> Option<String> {
    (number <= 1).then(|| format!("{}%", number * 100))
}

/// Parts in a million. What is no share is refused where it is read.
fn share(value: f64) -> String {
    format!("{}ppm", (value * 1e6).round())
}

/// For what is shown as plain objects: the type that the stub says it has.
macro_rules! shown {
    ($($type:ident: $hint:expr),+ $(,)?) => {
        $(struct $type<'py>(Bound<'py, PyAny>);

        crate::data::comes_out!($type, PyAny, $hint);)+
    };
}

macro_rules! list_of {
    ($class:literal) => {
        type_hint_subscript!(
            type_hint_identifier!("builtins", "list"),
            type_hint_identifier!("quorate._sim", $class)
        )
    };
}

shown! {
    View: type_hint_identifier!("quorate._sim", "View"),
    Events: list_of!("Event"),
    Operations: list_of!("Operation"),
    Violations: list_of!("Violation"),
}

struct Report(quorate_simulator::Report);

impl<'py> IntoPyObject<'py> for Report {
    type Target = PyAny;
    type Output = Bound<'py, PyAny>;
    type Error = PyErr;

    const OUTPUT_TYPE: PyStaticExpr = type_hint_identifier!("quorate._sim", "Report");

    fn into_pyobject(self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let module = py.import("quorate._sim")?;
        let class = module.getattr("Failure")?;
        let failures = self
            .0
            .failures
            .iter()
            .map(|failure| class.call1((failure.line, &failure.text)));
        let failures = failures.collect::<PyResult<Vec<_>>>()?;
        let hashes: Vec<_> = self
            .0
            .hashes
            .iter()
            .map(|(line, hash)| (*line, digits(*hash)))
            .collect();
        module.getattr("Report")?.call1((
            self.0.is_ok(),
            failures,
            self.0.expectations,
            hashes,
            digits(self.0.hash),
            self.0.at,
            self.0.events,
            self.0.to_string(),
        ))
    }
}

struct Moment(quorate_simulator::Moment);

impl<'py> IntoPyObject<'py> for Moment {
    type Target = PyAny;
    type Output = Bound<'py, PyAny>;
    type Error = PyErr;

    const OUTPUT_TYPE: PyStaticExpr = type_hint_identifier!("quorate._sim", "Moment");

    fn into_pyobject(self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let class = py.import("quorate._sim")?.getattr("Moment")?;
        class.call1((self.0.at, self.0.events, self.0.actions))
    }
}

impl FromPyObject<'_, '_> for Moment {
    type Error = PyErr;

    const INPUT_TYPE: PyStaticExpr = <Self as IntoPyObject<'static>>::OUTPUT_TYPE;

    fn extract(object: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        let class = object.py().import("quorate._sim")?.getattr("Moment")?;
        if !object.is_instance(&class)? {
            return Err(crate::data::not_bytes(&object, "Moment"));
        }
        Ok(Self(quorate_simulator::Moment {
            at: object.getattr("at")?.extract()?,
            events: object.getattr("events")?.extract()?,
            actions: object.getattr("actions")?.extract()?,
        }))
    }
}
