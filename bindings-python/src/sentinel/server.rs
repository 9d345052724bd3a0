//! `quorate.sentinel.Sentinel`.

use pyo3::prelude::*;
use pyo3::types::PyBytes;
use quorate::sentinel::{self, Millis, ScriptExit};

use super::config::Config;
use super::output::{Address, Output, Status};
use super::wires::{self, Wires};
use crate::data::{Data, Keys};
use crate::error;
use crate::lock::Lock;
use crate::object::{Style, object};
use crate::raft::wire::Bytes;
use crate::state;

/// A Redis Sentinel: one that real ones count, ask, vote for and follow. See the module for how to drive it.
///
/// - `config`: its settings.
/// - `lines`: those of the last `Persist`, or of a ``sentinel.conf``; none at first. Where both know a master, they hold.
/// - `now`: the time in milliseconds, of any clock.
///
/// Raises `SettingError`.
///
/// >>> from quorate.sentinel import Config, Connect, MasterConfig, Persist, Sentinel
/// >>> sentinel = Sentinel(Config(id="0" * 40, seed=42, masters=[MasterConfig("mymaster", "127.0.0.1", 6379, quorum=2)]))
/// >>> for now in (0, 100):
/// ...     sentinel.tick(now)
/// ...     while outputs := sentinel.drain():
/// ...         for output in outputs:
/// ...             match output:
/// ...                 case Persist(ticket, lines):       # once the lines are on the disk
/// ...                     sentinel.persisted(ticket)
/// ...                 case Connect(link, (host, port), kind):
/// ...                     print(link, host, port, kind)
/// 1 127.0.0.1 6379 command
/// 2 127.0.0.1 6379 pub_sub
#[pyclass(frozen, module = "quorate.sentinel")]
pub(crate) struct Sentinel(Lock<Machine>);

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct Machine {
    core: sentinel::Sentinel,
    wires: Wires,
}

impl Machine {
    fn poll(&mut self) -> Option<Output> {
        let output = self.core.poll()?;
        let mut protocol = quorate::resp::Protocol::Resp2;
        match &output {
            sentinel::Output::Connect { link, .. } => self.wires.open(*link),
            sentinel::Output::Close { link } => self.wires.close(*link),
            sentinel::Output::Reply { client, .. } => protocol = self.core.protocol(*client),
            _ => {}
        }
        Some(Output((output, protocol)))
    }
}

#[pymethods]
impl Sentinel {
    #[new]
    #[pyo3(signature = (config, lines=Vec::new(), now=0))]
    fn new(config: Config, lines: Vec<String>, now: Millis) -> PyResult<Self> {
        let core = sentinel::Sentinel::new(config.0, &lines, now).map_err(error::sentinel)?;
        let wires = Wires::default();
        Ok(Self(Lock::new(Machine { core, wires })))
    }

    /// The next thing to do, or `None` when there is nothing, or when a `Persist` must be answered first.
    fn poll(&self, py: Python<'_>) -> PyResult<Option<Output>> {
        Ok(self.0.lock(py)?.poll())
    }

    /// All that there is to do, in order: one call for a loop of them. After a `Persist` comes nothing before it is answered, so
    /// drain until nothing comes.
    fn drain(&self, py: Python<'_>) -> PyResult<Vec<Output>> {
        let mut machine = self.0.lock(py)?;
        Ok(std::iter::from_fn(|| machine.poll()).collect())
    }

    /// The clock reads `now`. To be called about every `tick_period` milliseconds. A clock that goes back, or a pause of more than
    /// two seconds, is noticed: then nothing is done for half a minute (TILT).
    fn tick(&self, py: Python<'_>, now: Millis) -> PyResult<()> {
        self.0.lock(py)?.core.tick(now);
        Ok(())
    }

    /// The connection stands. Raises `UnknownLink` for one that was closed meanwhile.
    fn connected(&self, py: Python<'_>, link: u64) -> PyResult<()> {
        self.0.lock(py)?.core.connected(link).map_err(error::sentinel)
    }

    /// The connection is gone, or did not come about. Raises `UnknownLink` for one that was closed meanwhile.
    fn disconnected(&self, py: Python<'_>, link: u64) -> PyResult<()> {
        let mut machine = self.0.lock(py)?;
        machine.wires.close(link);
        machine.core.disconnected(link).map_err(error::sentinel)
    }

    /// These bytes came over the connection, in pieces of any size.
    ///
    /// Raises `UnknownLink` for a connection that was closed meanwhile, `ProtocolError` for bytes that are no replies, and
    /// `SentinelError` (code ``unexpected_reply``) for more replies than commands. After the last two, close the connection and say
    /// `disconnected`.
    fn received(&self, py: Python<'_>, link: u64, data: Data<'_>, now: Millis) -> PyResult<()> {
        let mut machine = self.0.lock(py)?;
        let Machine { core, wires } = &mut *machine;
        wires.feed(link, data.as_slice(), |value| {
            core.reply(link, value, now).map_err(error::sentinel)
        })
    }

    /// A whole reply came over the connection, or a message of a subscription: as `quorate.resp.Decoder` makes it, where it was
    /// decoded already. Raises as `received`.
    fn reply(&self, py: Python<'_>, link: u64, value: &Bound<'_, PyAny>, now: Millis) -> PyResult<()> {
        let value = wires::value(value)?;
        let mut machine = self.0.lock(py)?;
        machine.core.reply(link, &value, now).map_err(error::sentinel)
    }

    /// A client, or another sentinel, sent this command: its name and arguments, as `quorate.resp.RequestDecoder` gives them. A
    /// `Reply` answers. Clients are called what you like.
    fn command(&self, py: Python<'_>, client: u64, argv: Keys<'_>, now: Millis) -> PyResult<()> {
        let tuple = argv.to_tuple()?;
        let args = tuple.iter().map(|arg| {
            let data: Data<'_> = arg.extract()?;
            Ok(data.as_slice().to_vec())
        });
        let args = args.collect::<PyResult<Vec<Vec<u8>>>>()?;
        let argv: Vec<&[u8]> = args.iter().map(Vec::as_slice).collect();
        self.0.lock(py)?.core.command(client, &argv, now);
        Ok(())
    }

    /// A client is gone.
    fn client_closed(&self, py: Python<'_>, client: u64) -> PyResult<()> {
        self.0.lock(py)?.core.client_closed(client);
        Ok(())
    }

    /// A name was looked up: an IP address, or `None` if there is none.
    fn resolved(&self, py: Python<'_>, host: &str, ip: Option<&str>, now: Millis) -> PyResult<()> {
        self.0.lock(py)?.core.resolved(host, ip, now);
        Ok(())
    }

    /// A script ended, with what `subprocess` calls a return code: below zero it is a signal. `None` says that it could not be
    /// started. Raises `SentinelError` (code ``unknown_script``).
    fn script_finished(&self, py: Python<'_>, script: u64, returncode: Option<i32>, now: Millis) -> PyResult<()> {
        let small = |number: u32| u8::try_from(number).unwrap_or(u8::MAX);
        let exit = match returncode {
            None => ScriptExit::NotStarted,
            Some(code) if code < 0 => ScriptExit::Signal(small(code.unsigned_abs())),
            Some(code) => ScriptExit::Code(small(code.unsigned_abs())),
        };
        let mut machine = self.0.lock(py)?;
        machine.core.script_finished(script, exit, now).map_err(error::sentinel)
    }

    /// The lines of that ticket are durable. Raises `SentinelError` (code ``unknown_ticket``).
    fn persisted(&self, py: Python<'_>, ticket: u64) -> PyResult<()> {
        self.0.lock(py)?.core.persisted(ticket).map_err(error::sentinel)
    }

    /// The run id: 40 hexadecimal digits.
    #[getter]
    fn id(&self, py: Python<'_>) -> PyResult<String> {
        Ok(self.0.lock(py)?.core.id().to_string())
    }

    /// The epoch that all masters share.
    #[getter]
    fn current_epoch(&self, py: Python<'_>) -> PyResult<u64> {
        Ok(self.0.lock(py)?.core.current_epoch())
    }

    /// Whether time is not believed at present, so that nothing is done.
    #[getter]
    fn in_tilt(&self, py: Python<'_>) -> PyResult<bool> {
        Ok(self.0.lock(py)?.core.in_tilt())
    }

    /// How long to wait for the next tick, in milliseconds: drawn anew at each, so that sentinels do not stand for election together.
    #[getter]
    fn tick_period(&self, py: Python<'_>) -> PyResult<Millis> {
        Ok(self.0.lock(py)?.core.tick_period())
    }

    /// Where the master of that name is, or `None`. During a failover it is the promoted replica as soon as that serves.
    fn master_address(&self, py: Python<'_>, name: &str) -> PyResult<Option<Address>> {
        Ok(self.0.lock(py)?.core.master_address(name).cloned().map(Address))
    }

    /// What the sentinel knows and believes, as plain dicts and lists: see `Status`.
    fn status<'py>(&self, py: Python<'py>) -> PyResult<Status<'py>> {
        object(py, &self.0.lock(py)?.core.status(), Style::JSON).map(Status)
    }

    /// What would be persisted now: the ``sentinel`` lines of a configuration file.
    fn lines(&self, py: Python<'_>) -> PyResult<Vec<String>> {
        Ok(self.0.lock(py)?.core.lines())
    }

    /// All that the sentinel knows, as bytes: outputs that wait to be polled and replies that are not whole yet, too.
    ///
    /// It is for moving, showing and branching a sentinel that runs, within this version of the package, and what a pickled one is;
    /// one that comes back after a crash starts from its persisted lines, for what was promised to others is there.
    fn state<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let machine = self.0.lock(py)?;
        state::write(py, "sentinel", machine.core.state_hash(), &*machine)
    }

    /// Makes a sentinel that goes on where the one that gave `state` was. Raises `SentinelError` (code ``invalid_state``).
    #[staticmethod]
    fn from_state(state: Bytes<'_>) -> PyResult<Self> {
        let machine = state::read(&state, "sentinel", |machine: &Machine| machine.core.state_hash())?;
        Ok(Self(Lock::new(machine)))
    }

    /// A hash of everything that the sentinel knows, the same on every platform and in every language.
    fn state_hash(&self, py: Python<'_>) -> PyResult<u64> {
        Ok(self.0.lock(py)?.core.state_hash())
    }

    /// A sentinel in the same state, which goes its own way from here.
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
        let status = machine.core.status();
        let masters: Vec<&str> = status.masters.iter().map(|master| master.name.as_str()).collect();
        Ok(format!(
            "<Sentinel id={} epoch={} masters={}{}>",
            &status.id[..8],
            status.current_epoch,
            masters.join(","),
            if status.tilt_since.is_some() { " tilt" } else { "" },
        ))
    }
}
