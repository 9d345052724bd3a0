//! `quorate.sentinel.discovery.Discovery`.

use pyo3::exceptions::PyNotImplementedError;
use pyo3::inspect::PyStaticExpr;
use pyo3::prelude::*;
use pyo3::type_hint_identifier;
use pyo3::types::PyBytes;
use quorate::sentinel::Millis;
use quorate::sentinel::discovery::{self, ReadPreference, Stale};

use super::config::fields;
use super::output::Address;
use super::wires::{self, Wires, argv};
use crate::data::{Data, made_in_python, read_from_python, word};
use crate::error;
use crate::lock::Lock;
use crate::object::{Style, event, object};
use crate::raft::wire::Bytes;
use crate::state;

const MODULE: &str = "quorate._discovery";

const PREFERENCES: [(&str, ReadPreference); 4] = [
    ("primary", ReadPreference::Primary),
    ("replica", ReadPreference::Replica),
    ("replica_or_primary", ReadPreference::ReplicaOrPrimary),
    ("any", ReadPreference::Any),
];

pub(crate) struct Config(discovery::Config);

read_from_python!(Config, "quorate._discovery", "Config", |object| {
    let stale = word(
        &object.getattr("stale")?,
        "Stale",
        &[("last_resort", Stale::LastResort), ("never", Stale::Never)],
    )?;
    let mut sentinels = Vec::new();
    for address in object.getattr("sentinels")?.try_iter()? {
        sentinels.push(address?.extract::<Address>()?.0);
    }
    let mut nat = Vec::new();
    for pair in object.getattr("nat")?.call_method0("items")?.try_iter()? {
        let (announced, real): (Address, Address) = pair?.extract()?;
        nat.push((announced.0, real.0));
    }
    let mut weights = Vec::new();
    for pair in object.getattr("weights")?.call_method0("items")?.try_iter()? {
        let (announced, weight): (Address, u32) = pair?.extract()?;
        weights.push((announced.0, weight));
    }
    fields!(object, discovery::Config {
        name, sentinel_timeout_ms, node_timeout_ms, give_up_after_ms, backoff_ms, max_backoff_ms, check_every_ms, listeners,
        min_other_sentinels, learn_sentinels, max_sentinels, max_requests, seed, trace,
    } sentinels, stale, nat, weights)
});

/// A word of `ReadPreference`.
pub(crate) struct Preference(ReadPreference);

impl FromPyObject<'_, '_> for Preference {
    type Error = PyErr;

    const INPUT_TYPE: PyStaticExpr = type_hint_identifier!("builtins", "str");

    fn extract(object: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        word(&object, "ReadPreference", &PREFERENCES).map(Self)
    }
}

pub(crate) struct Output(discovery::Output);

made_in_python!(
    Output(discovery::Output),
    "quorate._discovery",
    "Output",
    |py, output| {
        use discovery::Output;

        let module = py.import(MODULE)?;
        let class = |name: &str| module.getattr(name);
        match output {
            Output::Connect { link, address, purpose } => {
                let purpose = object(py, &purpose, Style::SNAKE)?;
                class("Connect")?.call1((link, Address(address), purpose))
            }
            Output::Close { link } => class("Close")?.call1((link,)),
            Output::Send { link, argv: command } => class("Send")?.call1((link, argv(py, &command)?)),
            Output::Resolved {
                request,
                link,
                address,
                role,
            } => class("Resolved")?.call1((request, link, Address(address), role.as_str())),
            Output::Failed { request, failure } => {
                let (_, details) = event(py, &failure, Style::SNAKE)?;
                let failed = module
                    .getattr("failed")?
                    .call1((failure.to_string(), failure.code(), details))?;
                class("Failed")?.call1((request, failed))
            }
            Output::Invalidate { link, reason } => {
                class("Invalidate")?.call1((link, object(py, &reason, Style::SNAKE)?))
            }
            Output::PrimaryChanged { from, to } => class("PrimaryChanged")?.call1((from.map(Address), Address(to))),
            Output::Trace(trace) => class("Trace")?.call1(event(py, &trace, Style::SNAKE)?),
            other => Err(PyNotImplementedError::new_err(format!("{other:?}"))),
        }
    }
);

/// A connection that was handed out.
struct HandedOut((u64, Address, &'static str));

made_in_python!(
    HandedOut((u64, Address, &'static str)),
    "quorate._discovery",
    "HandedOut",
    |py, handed| py.import(MODULE)?.getattr("HandedOut")?.call1(handed)
);

/// Finds the primary of a group, and its replicas, through sentinels. See the module for how to drive it.
///
/// Raises `SettingError`.
#[pyclass(frozen, module = "quorate.sentinel.discovery")]
pub(crate) struct Discovery(Lock<Machine>);

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct Machine {
    core: discovery::Discovery,
    wires: Wires,
}

impl Machine {
    fn poll(&mut self) -> Option<Output> {
        let output = self.core.poll()?;
        match &output {
            discovery::Output::Connect { link, .. } => self.wires.open(*link),
            discovery::Output::Close { link } | discovery::Output::Resolved { link, .. } => self.wires.close(*link),
            _ => {}
        }
        Some(Output(output))
    }
}

#[pymethods]
impl Discovery {
    #[new]
    fn new(config: Config) -> PyResult<Self> {
        let core = discovery::Discovery::new(config.0).map_err(error::discovery)?;
        let wires = Wires::default();
        Ok(Self(Lock::new(Machine { core, wires })))
    }

    /// The next thing to do, or `None` when there is nothing.
    fn poll(&self, py: Python<'_>) -> PyResult<Option<Output>> {
        Ok(self.0.lock(py)?.poll())
    }

    /// All that there is to do, in order: one call for a loop of them.
    fn drain(&self, py: Python<'_>) -> PyResult<Vec<Output>> {
        let mut machine = self.0.lock(py)?;
        Ok(std::iter::from_fn(|| machine.poll()).collect())
    }

    /// Asks for a connection to such a server, and says what the request is called. `Resolved` or `Failed` answers.
    ///
    /// Ask before every connection, also one that replaces a broken one. Raises `SentinelError` (code ``too_many_requests``).
    fn request(&self, py: Python<'_>, preference: Preference, now: Millis) -> PyResult<u64> {
        let mut machine = self.0.lock(py)?;
        machine.core.request(preference.0, now).map_err(error::discovery)
    }

    /// Nobody waits for that request any more. Raises `SentinelError` (code ``unknown_request``).
    fn cancel(&self, py: Python<'_>, request: u64, now: Millis) -> PyResult<()> {
        self.0.lock(py)?.core.cancel(request, now).map_err(error::discovery)
    }

    /// The connection stands, and is set up. Raises `UnknownLink` for one that was closed meanwhile.
    fn connected(&self, py: Python<'_>, link: u64, now: Millis) -> PyResult<()> {
        self.0.lock(py)?.core.connected(link, now).map_err(error::discovery)
    }

    /// The connection is gone, or did not come about: one of this machine's, or one that was handed out. Raises `UnknownLink` for one
    /// that was closed meanwhile.
    fn disconnected(&self, py: Python<'_>, link: u64, now: Millis) -> PyResult<()> {
        let mut machine = self.0.lock(py)?;
        machine.wires.close(link);
        machine.core.disconnected(link, now).map_err(error::discovery)
    }

    /// These bytes came over the connection, in pieces of any size. Not for those that were handed out.
    ///
    /// Raises `UnknownLink` for a connection that was closed meanwhile, `ProtocolError` for bytes that are no replies, and
    /// `SentinelError` (code ``unexpected_reply``) for more replies than commands. After the last two, close the connection and say
    /// `disconnected`.
    fn received(&self, py: Python<'_>, link: u64, data: Data<'_>, now: Millis) -> PyResult<()> {
        let mut machine = self.0.lock(py)?;
        let Machine { core, wires } = &mut *machine;
        wires.feed(link, data.as_slice(), |value| {
            core.reply(link, value, now).map_err(error::discovery)
        })
    }

    /// A whole reply or push came over the connection: as `quorate.resp.Decoder` makes it, where it was decoded already. Raises as
    /// `received`.
    fn reply(&self, py: Python<'_>, link: u64, value: &Bound<'_, PyAny>, now: Millis) -> PyResult<()> {
        let value = wires::value(value)?;
        let mut machine = self.0.lock(py)?;
        machine.core.reply(link, &value, now).map_err(error::discovery)
    }

    /// A command over a connection that was handed out was answered with that error (`ReplyError.raw`). Says whether the connection is
    /// of no use any more: then it, and all others to that server, are given up with `Invalidate`. Raises `UnknownLink`.
    fn refused(&self, py: Python<'_>, link: u64, error: Data<'_>, now: Millis) -> PyResult<bool> {
        let mut machine = self.0.lock(py)?;
        machine
            .core
            .refused(link, error.as_slice(), now)
            .map_err(error::discovery)
    }

    /// The clock reads `now`: milliseconds of a clock that never goes back.
    fn tick(&self, py: Python<'_>, now: Millis) -> PyResult<()> {
        self.0.lock(py)?.core.tick(now);
        Ok(())
    }

    /// When `tick` has something to do next, or `None` while nothing is under way.
    #[getter]
    fn next_tick_ms(&self, py: Python<'_>) -> PyResult<Option<Millis>> {
        Ok(self.0.lock(py)?.core.next_tick_ms())
    }

    /// The server that said last that it is the primary, if one did. It is no answer to where the primary is.
    #[getter]
    fn primary(&self, py: Python<'_>) -> PyResult<Option<Address>> {
        Ok(self.0.lock(py)?.core.primary().cloned().map(Address))
    }

    /// The sentinels, in the order in which they are asked next.
    #[getter]
    fn sentinels(&self, py: Python<'_>) -> PyResult<Vec<Address>> {
        let machine = self.0.lock(py)?;
        Ok(machine.core.sentinels().iter().cloned().map(Address).collect())
    }

    /// The connections that were handed out and still stand.
    #[getter]
    fn handed_out(&self, py: Python<'_>) -> PyResult<Vec<HandedOut>> {
        let machine = self.0.lock(py)?;
        let handed = machine.core.handed_out();
        Ok(handed
            .map(|(link, address, role)| HandedOut((link, Address(address.clone()), role.as_str())))
            .collect())
    }

    /// All that it knows, as bytes: for moving, showing and branching it, within this version of the package. It is what a pickled one
    /// is.
    fn state<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let machine = self.0.lock(py)?;
        state::write(py, "discovery", machine.core.state_hash(), &*machine)
    }

    /// Makes one that goes on where the one that gave `state` was. Raises `SentinelError` (code ``invalid_state``).
    #[staticmethod]
    fn from_state(state: Bytes<'_>) -> PyResult<Self> {
        let machine = state::read(&state, "discovery", |machine: &Machine| machine.core.state_hash())?;
        Ok(Self(Lock::new(machine)))
    }

    /// A hash of everything that it knows, the same on every platform and in every language.
    fn state_hash(&self, py: Python<'_>) -> PyResult<u64> {
        Ok(self.0.lock(py)?.core.state_hash())
    }

    /// One in the same state, which goes its own way from here.
    fn __copy__(&self, py: Python<'_>) -> PyResult<Self> {
        Ok(Self(Lock::new(self.0.lock(py)?.clone())))
    }

    #[pyo3(signature = (memo, /))]
    fn __deepcopy__(&self, py: Python<'_>, memo: &Bound<'_, PyAny>) -> PyResult<Self> {
        let _ = memo;
        self.__copy__(py)
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<state::Pickled<'py>> {
        state::pickled(slf.get_type(), slf.get().state(slf.py())?)
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let machine = self.0.lock(py)?;
        let primary = machine.core.primary().map_or("unknown".into(), ToString::to_string);
        Ok(format!(
            "<Discovery name={} primary={primary}>",
            machine.core.config().name
        ))
    }
}
