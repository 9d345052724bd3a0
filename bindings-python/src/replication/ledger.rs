//! `quorate.replication.Ledger`.

use pyo3::inspect::PyStaticExpr;
use pyo3::prelude::*;
use pyo3::type_hint_identifier;
use pyo3::types::PyBytes;
use quorate::replication::{self, Risk};

use super::MODULE;
use super::output::{Cause, History, id};
use crate::data::made_in_python;
use crate::error::ReplicationError;
use crate::lock::Lock;
use crate::raft::wire::Bytes;
use crate::state;

struct Status(replication::WriteStatus);

made_in_python!(
    Status(replication::WriteStatus),
    "quorate._replication",
    "WriteStatus",
    |py, status| {
        use replication::WriteStatus;

        let module = py.import(MODULE)?;
        match status {
            WriteStatus::Replicated { servers } => module.getattr("Replicated")?.call1((servers,)),
            WriteStatus::AtRisk(risk) => module.getattr("AtRisk")?.call1((match risk {
                Risk::OneCopy => "one_copy",
                Risk::Forked => "forked",
            },)),
            WriteStatus::Lost { at_ms } => module.getattr("Lost")?.call1((at_ms,)),
        }
    }
);

struct Counts(replication::Counts);

made_in_python!(
    Counts(replication::Counts),
    "quorate._replication",
    "Counts",
    |py, counts| {
        let class = py.import(MODULE)?.getattr("Counts")?;
        class.call1((counts.acknowledged, counts.replicated, counts.at_risk, counts.lost))
    }
);

struct Loss(replication::Loss);

made_in_python!(Loss(replication::Loss), "quorate._replication", "Loss", |py, loss| {
    let class = py.import(MODULE)?.getattr("Loss")?;
    class.call1((
        loss.history.to_string(),
        loss.server,
        loss.writes,
        loss.first_offset,
        loss.last_offset,
        loss.first_ack_ms,
        loss.last_ack_ms,
        loss.lost_at_ms,
    ))
});

/// Says of every acknowledged write whether it is replicated, at risk or lost.
///
/// It stands outside of the servers, and is told what clients were promised (`acknowledged`) and where each server's data is (`at`,
/// `changed`, `gone`). A server has a write if its own history is the write's, or grew out of it behind the write. Times are of one
/// clock, the teller's.
///
/// >>> from quorate.replication import History, Ledger
/// >>> old, new = "a" * 40, "b" * 40
/// >>> ledger = Ledger()
/// >>> ledger.at(1, History(old, 100), now_ms=0)
/// >>> ledger.at(2, History(old, 100), now_ms=0)
/// >>> ledger.acknowledged(7, server=1, id=old, offset=142, now_ms=10)    # 42 bytes that the replica does not have yet
/// >>> ledger.status(7)
/// AtRisk(risk='one_copy')
/// >>> ledger.at(2, History(old, 100).fork(new), now_ms=3000)             # it is promoted without them
/// >>> ledger.status(7)
/// AtRisk(risk='forked')
/// >>> ledger.gone(1, now_ms=13000)                                       # and the old primary throws its data away
/// >>> ledger.status(7)
/// Lost(at_ms=13000)
#[pyclass(frozen, module = "quorate.replication")]
pub(crate) struct Ledger(Lock<replication::Ledger>);

#[pymethods]
impl Ledger {
    #[new]
    fn new() -> Self {
        Self(Lock::new(replication::Ledger::new()))
    }

    /// A client was told that its write is done: by `server`, in the history `id`, at `offset`, which is what `Server.write` answered.
    ///
    /// Raises `ReplicationError` (codes ``duplicate_write``, ``invalid_replication_id``).
    #[pyo3(signature = (write, *, server, id, offset, now_ms))]
    fn acknowledged(
        &self,
        py: Python<'_>,
        write: u64,
        server: u64,
        id: &str,
        offset: u64,
        now_ms: u64,
    ) -> PyResult<()> {
        let id = self::id(id)?;
        let told = self.0.lock(py)?.acknowledged(write, server, id, offset, now_ms);
        told.map_err(|refused| ReplicationError::new_err((refused.to_string(), refused.code())))
    }

    /// A server's data is the result of that history now. What it had and has no more may be lost.
    fn at(&self, py: Python<'_>, server: u64, history: History, now_ms: u64) -> PyResult<()> {
        self.0.lock(py)?.at(server, &history.0, now_ms);
        Ok(())
    }

    /// A server's history has another name, for that reason: what `HistoryChanged` says.
    fn changed(&self, py: Python<'_>, server: u64, history: History, cause: Cause, now_ms: u64) -> PyResult<()> {
        self.0.lock(py)?.changed(server, &history.0, cause.0, now_ms);
        Ok(())
    }

    /// A server's data is gone: it started again without any, or threw it away for its primary's (`LoadSnapshot`). One that is down
    /// and comes back with its data is not gone.
    fn gone(&self, py: Python<'_>, server: u64, now_ms: u64) -> PyResult<()> {
        self.0.lock(py)?.gone(server, now_ms);
        Ok(())
    }

    /// How a write stands, or `None` if it was never told of.
    fn status(&self, py: Python<'_>, write: u64) -> PyResult<Option<Status>> {
        Ok(self.0.lock(py)?.status(write).map(Status))
    }

    /// How many writes stand how. Linear in the writes, times the servers.
    fn counts(&self, py: Python<'_>) -> PyResult<Counts> {
        Ok(Counts(self.0.lock(py)?.counts()))
    }

    /// What was lost, in the order in which it was.
    fn losses(&self, py: Python<'_>) -> PyResult<Vec<Loss>> {
        Ok(self.0.lock(py)?.losses().iter().copied().map(Loss).collect())
    }

    /// The writes that are lost, by history, in the order of their offsets.
    fn lost(&self, py: Python<'_>) -> PyResult<Vec<u64>> {
        Ok(self.0.lock(py)?.lost().collect())
    }

    /// How many servers have what is at that offset of that history. Raises `ReplicationError` (code ``invalid_replication_id``).
    fn copies(&self, py: Python<'_>, id: &str, offset: u64) -> PyResult<u64> {
        let id = self::id(id)?;
        Ok(self.0.lock(py)?.copies(id, offset))
    }

    /// All that the ledger knows, as bytes, within this version of the package. It is what a pickled one is.
    fn state<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let ledger = self.0.lock(py)?;
        state::write(py, "ledger", ledger.state_hash(), &*ledger)
    }

    /// Makes a ledger that goes on where the one that gave `state` was. Raises `ReplicationError` (code ``invalid_state``).
    #[staticmethod]
    fn from_state(state: Bytes<'_>) -> PyResult<Self> {
        let ledger = state::read(&state, "ledger", replication::Ledger::state_hash)?;
        Ok(Self(Lock::new(ledger)))
    }

    /// A hash of everything that the ledger knows, the same on every platform and in every language.
    fn state_hash(&self, py: Python<'_>) -> PyResult<u64> {
        Ok(self.0.lock(py)?.state_hash())
    }

    /// A ledger in the same state, which goes its own way from here.
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
        let counts = self.0.lock(py)?.counts();
        Ok(format!(
            "<Ledger acknowledged={} replicated={} at_risk={} lost={}>",
            counts.acknowledged, counts.replicated, counts.at_risk, counts.lost
        ))
    }
}
