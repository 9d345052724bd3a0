//! `quorate.replication.Server`.

use pyo3::prelude::*;
use pyo3::types::PyBytes;
use quorate::replication::{self, Access, PrimaryAddress};

use super::output::{Config, History, Output, Replica, Stored};
use crate::data::{Data, Keys, word};
use crate::error;
use crate::lock::Lock;
use crate::object::snake_case;
use crate::raft::wire::Bytes;
use crate::state;

/// The replication of one Redis server: a primary, a replica, or a replica with replicas of its own. See the module for how to drive
/// it.
///
/// - `config`: its settings.
/// - `now_ms`: the time in milliseconds of Unix time, of the server's own clock, which may jump.
///
/// It begins as a primary without data. Raises `ReplicationError`.
#[pyclass(frozen, module = "quorate.replication")]
pub(crate) struct Server(Lock<replication::Server>);

type Address = (String, u16);

#[pymethods]
impl Server {
    #[new]
    fn new(config: Config, now_ms: u64) -> PyResult<Self> {
        let server = replication::Server::new(config.0, now_ms).map_err(error::replication)?;
        Ok(Self(Lock::new(server)))
    }

    /// Makes a server that starts again from data on its disk: as a primary, or as a replica of `primary`, a host and a port.
    ///
    /// A replica asks to go on from there. A primary begins a history of its own, and remembers the stored one as its second, so that
    /// its replicas can go on. Raises `ReplicationError`.
    #[staticmethod]
    #[pyo3(signature = (config, stored, now_ms, primary=None))]
    fn restore(config: Config, stored: Stored, now_ms: u64, primary: Option<Address>) -> PyResult<Self> {
        let primary = primary.map(|(host, port)| PrimaryAddress { host, port });
        let server = replication::Server::restore(config.0, stored.0, primary, now_ms);
        Ok(Self(Lock::new(server.map_err(error::replication)?)))
    }

    /// The next thing to do, or `None` when there is nothing.
    fn poll(&self, py: Python<'_>) -> PyResult<Option<Output>> {
        Ok(self.0.lock(py)?.poll().map(Output))
    }

    /// All that there is to do, in order: one call for a loop of them.
    fn drain(&self, py: Python<'_>) -> PyResult<Vec<Output>> {
        let mut outputs = Vec::new();
        self.0.lock(py)?.drain(&mut outputs);
        Ok(outputs.into_iter().map(Output).collect())
    }

    /// The clock reads `now_ms`. To be called at `next_tick_ms`, or every 100 ms: what the server does once a second is done.
    fn tick(&self, py: Python<'_>, now_ms: u64) -> PyResult<()> {
        self.0.lock(py)?.tick(now_ms);
        Ok(())
    }

    // ---- for its replicas

    /// A connection came from a host, that may become a replica. It is called `replica` from now on. Raises `ReplicationError` (codes
    /// ``duplicate_replica``, ``too_many_replicas``).
    fn accept(&self, py: Python<'_>, replica: u64, ip: &str, now_ms: u64) -> PyResult<()> {
        let mut server = self.0.lock(py)?;
        server.accept(replica, ip, now_ms).map_err(error::replication)
    }

    /// A command came over that connection: ``PING``, ``REPLCONF``, ``PSYNC`` or ``SYNC``, with its arguments. Raises
    /// `ReplicationError`: ``not_replication`` for any other, which the server itself answers.
    fn request(&self, py: Python<'_>, replica: u64, args: Keys<'_>, now_ms: u64) -> PyResult<()> {
        let args = owned(&args)?;
        let mut server = self.0.lock(py)?;
        server
            .request(replica, &borrowed(&args), now_ms)
            .map_err(error::replication)
    }

    /// That connection is gone. Raises `ReplicationError` (code ``unknown_replica``).
    fn replica_closed(&self, py: Python<'_>, replica: u64, now_ms: u64) -> PyResult<()> {
        let mut server = self.0.lock(py)?;
        server.replica_closed(replica, now_ms).map_err(error::replication)
    }

    /// The snapshot that `TakeSnapshot` asked for is taken, or could not be. Raises `ReplicationError` (code ``no_snapshot_wanted``).
    #[pyo3(signature = (*, ok, now_ms))]
    fn snapshot_taken(&self, py: Python<'_>, ok: bool, now_ms: u64) -> PyResult<()> {
        let mut server = self.0.lock(py)?;
        server.snapshot_taken(ok, now_ms).map_err(error::replication)
    }

    /// The snapshot that `SendSnapshot` asked for is sent, or could not be. Raises `ReplicationError` (codes ``unknown_replica``,
    /// ``not_sending``).
    #[pyo3(signature = (replica, *, ok, now_ms))]
    fn snapshot_sent(&self, py: Python<'_>, replica: u64, ok: bool, now_ms: u64) -> PyResult<()> {
        let mut server = self.0.lock(py)?;
        server.snapshot_sent(replica, ok, now_ms).map_err(error::replication)
    }

    // ---- for its clients

    /// Whether a client's command is let through: ``"read"`` or ``"write"``, which a script or transaction is that may write. Raises
    /// `Refused`, with the server's own answer.
    fn check(&self, py: Python<'_>, access: &Bound<'_, PyAny>) -> PyResult<()> {
        let access = word(access, "Access", &[("read", Access::Read), ("write", Access::Write)])?;
        self.0.lock(py)?.check(access).map_err(error::refused)
    }

    /// A client's write is to be executed: sends it to the replicas. Answers with the offset behind it, which is what the client waits
    /// for, and what a `Ledger` is told. Raises `Refused`: it must not be executed then.
    fn write(&self, py: Python<'_>, database: u32, args: Keys<'_>, now_ms: u64) -> PyResult<u64> {
        let args = owned(&args)?;
        let mut server = self.0.lock(py)?;
        server
            .write(database, &borrowed(&args), now_ms)
            .map_err(error::replication)
    }

    /// Sends a command to the replicas that is no client's write, so that no rule refuses it: ``PUBLISH``, or what expires.
    fn propagate(&self, py: Python<'_>, database: u32, args: Keys<'_>, now_ms: u64) -> PyResult<u64> {
        let args = owned(&args)?;
        Ok(self.0.lock(py)?.propagate(database, &borrowed(&args), now_ms))
    }

    /// ``WAIT replicas timeout`` of a client whose last write is at `offset`. A `Waited` answers; a timeout of 0 is none. Raises
    /// `ReplicationError` (codes ``wait_on_replica``, ``duplicate_wait``).
    fn wait(
        &self,
        py: Python<'_>,
        client: u64,
        offset: u64,
        replicas: u64,
        timeout_ms: u64,
        now_ms: u64,
    ) -> PyResult<()> {
        let mut server = self.0.lock(py)?;
        server
            .wait(client, offset, replicas, timeout_ms, now_ms)
            .map_err(error::replication)
    }

    /// That client is gone, and waits no more. Raises `ReplicationError` (code ``unknown_wait``).
    fn cancel_wait(&self, py: Python<'_>, client: u64) -> PyResult<()> {
        self.0.lock(py)?.cancel_wait(client).map_err(error::replication)
    }

    // ---- towards its primary

    /// ``REPLICAOF host port``. Says whether anything changed.
    ///
    /// What was a primary asks to go on in its own history where it is, so that nothing need be thrown away if the other has it all.
    fn replicate_from(&self, py: Python<'_>, host: &str, port: u16, now_ms: u64) -> PyResult<bool> {
        Ok(self.0.lock(py)?.replicate_from(host, port, now_ms))
    }

    /// ``REPLICAOF NO ONE``. Says whether anything changed. The history gets another name, and remembers the old one up to here.
    fn promote(&self, py: Python<'_>, now_ms: u64) -> PyResult<bool> {
        Ok(self.0.lock(py)?.promote(now_ms))
    }

    /// The connection to the primary stands. Raises `StaleAttempt` for one that was given up.
    fn connected(&self, py: Python<'_>, attempt: u64, now_ms: u64) -> PyResult<()> {
        let mut server = self.0.lock(py)?;
        server.connected(attempt, now_ms).map_err(error::replication)
    }

    /// The connection to the primary is gone, or did not come about. Raises `StaleAttempt` for one that was given up.
    fn closed(&self, py: Python<'_>, attempt: u64, now_ms: u64) -> PyResult<()> {
        self.0.lock(py)?.closed(attempt, now_ms).map_err(error::replication)
    }

    /// These bytes came from the primary, in pieces of any size. Raises `StaleAttempt` for a connection that was given up.
    fn received(&self, py: Python<'_>, attempt: u64, data: Data<'_>, now_ms: u64) -> PyResult<()> {
        let mut server = self.0.lock(py)?;
        server
            .received(attempt, data.as_slice(), now_ms)
            .map_err(error::replication)
    }

    /// The snapshot is loaded, in place of all data, or could not be. Raises `ReplicationError` (code ``not_loading``).
    #[pyo3(signature = (*, ok, now_ms))]
    fn snapshot_loaded(&self, py: Python<'_>, ok: bool, now_ms: u64) -> PyResult<()> {
        let mut server = self.0.lock(py)?;
        server.snapshot_loaded(ok, now_ms).map_err(error::replication)
    }

    /// ``CONFIG SET``: replaces the settings. Raises `ReplicationError` (code ``invalid_config``).
    fn configure(&self, py: Python<'_>, config: Config, now_ms: u64) -> PyResult<()> {
        let mut server = self.0.lock(py)?;
        server.configure(config.0, now_ms).map_err(error::replication)
    }

    // ---- questions

    /// Whether the server is a primary.
    #[getter]
    fn is_primary(&self, py: Python<'_>) -> PyResult<bool> {
        Ok(self.0.lock(py)?.is_primary())
    }

    /// What the data is the result of.
    #[getter]
    fn history(&self, py: Python<'_>) -> PyResult<History> {
        Ok(History(*self.0.lock(py)?.history()))
    }

    /// What goes into a snapshot on the disk, so that `restore` can go on from it.
    #[getter]
    fn stored(&self, py: Python<'_>) -> PyResult<Stored> {
        Ok(Stored(self.0.lock(py)?.stored()))
    }

    /// The first and the one past the last offset of the stream that are kept, or `None` while no replica ever came.
    #[getter]
    fn backlog(&self, py: Python<'_>) -> PyResult<Option<(u64, u64)>> {
        let server = self.0.lock(py)?;
        Ok(server.backlog().map(|backlog| (backlog.first(), backlog.next())))
    }

    /// The replicas, in the order in which they were attached.
    #[getter]
    fn replicas(&self, py: Python<'_>) -> PyResult<Vec<Replica>> {
        Ok(self.0.lock(py)?.replicas().cloned().map(Replica).collect())
    }

    /// How many replicas are good for `Config.min_replicas_to_write`, as it was counted last: that number decides.
    #[getter]
    fn good_replicas(&self, py: Python<'_>) -> PyResult<u64> {
        Ok(self.0.lock(py)?.good_replicas())
    }

    /// How many replicas have said that they have what is at that offset.
    fn count_acknowledged(&self, py: Python<'_>, offset: u64) -> PyResult<u64> {
        Ok(self.0.lock(py)?.count_acknowledged(offset))
    }

    /// The primary's host and port, or `None` for a primary.
    #[getter]
    fn primary(&self, py: Python<'_>) -> PyResult<Option<Address>> {
        let server = self.0.lock(py)?;
        Ok(server.primary().map(|primary| (primary.host.clone(), primary.port)))
    }

    /// How far the connection to the primary is: ``none``, ``connect``, ``connecting``, ``ping``, ``auth``, ``port``, ``ip``, ``capa``,
    /// ``psync``, ``transfer`` or ``connected``.
    #[getter]
    fn link_state(&self, py: Python<'_>) -> PyResult<String> {
        Ok(snake_case(&format!("{:?}", self.0.lock(py)?.link_state())))
    }

    /// Whether the stream comes in from the primary.
    #[getter]
    fn link_is_up(&self, py: Python<'_>) -> PyResult<bool> {
        Ok(self.0.lock(py)?.link_is_up())
    }

    /// For how many seconds it does not, or `None`.
    #[getter]
    fn link_down_s(&self, py: Python<'_>) -> PyResult<Option<i64>> {
        Ok(self.0.lock(py)?.link_down_s())
    }

    /// What ``ROLE`` answers, as bytes of RESP2 and RESP3 alike.
    fn role<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        Ok(PyBytes::new(py, &self.0.lock(py)?.role().encode()))
    }

    /// The section ``Replication`` of ``INFO``, as Redis 7.0 writes it.
    fn info(&self, py: Python<'_>) -> PyResult<String> {
        Ok(self.0.lock(py)?.info())
    }

    /// When `tick` has something to do next, in milliseconds.
    #[getter]
    fn next_tick_ms(&self, py: Python<'_>) -> PyResult<u64> {
        Ok(self.0.lock(py)?.next_tick_ms())
    }

    /// All that the server knows, as bytes: for moving, showing and branching one that runs, within this version of the package. It is
    /// what a pickled one is.
    fn state<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let server = self.0.lock(py)?;
        state::write(py, "server", server.state_hash(), &*server)
    }

    /// Makes a server that goes on where the one that gave `state` was. Raises `ReplicationError` (code ``invalid_state``).
    #[staticmethod]
    fn from_state(state: Bytes<'_>) -> PyResult<Self> {
        let server = state::read(&state, "server", replication::Server::state_hash)?;
        Ok(Self(Lock::new(server)))
    }

    /// A hash of everything that the server knows, the same on every platform and in every language.
    fn state_hash(&self, py: Python<'_>) -> PyResult<u64> {
        Ok(self.0.lock(py)?.state_hash())
    }

    /// A server in the same state, which goes its own way from here.
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
        let server = self.0.lock(py)?;
        let history = server.history();
        Ok(format!(
            "<Server {} id={} offset={}>",
            if server.is_primary() { "primary" } else { "replica" },
            &history.id.to_string()[..8],
            history.offset,
        ))
    }
}

fn owned(args: &Keys<'_>) -> PyResult<Vec<Vec<u8>>> {
    let tuple = args.to_tuple()?;
    let args = tuple.iter().map(|arg| {
        let data: Data<'_> = arg.extract()?;
        Ok(data.as_slice().to_vec())
    });
    args.collect()
}

fn borrowed(args: &[Vec<u8>]) -> Vec<&[u8]> {
    args.iter().map(Vec::as_slice).collect()
}
