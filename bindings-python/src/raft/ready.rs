//! `quorate.raft.ReadyNode`.

use pyo3::inspect::PyStaticExpr;
use pyo3::prelude::*;
use pyo3::type_hint_identifier;
use pyo3::types::PyBytes;
use quorate::raft;

use super::classes::{Classes, comes_out};
use super::config::{Config, Stored};
use super::message::{ConfChange, ConfState, Entries, HardState, Message, Snapshot, entries};
use super::node::Pickled;
use super::output::{Role, Status, Trace};
use super::wire::Bytes;
use crate::data::Data;
use crate::error;
use crate::lock::Lock;

struct SoftState(raft::SoftState);

comes_out!(SoftState(raft::SoftState), "SoftState", |py, soft| {
    let class = Classes::get(py)?.soft_state.bind(py);
    class.call1((soft.lead, Role(soft.role)))
});

struct ReadState(raft::ReadState);

comes_out!(ReadState(raft::ReadState), "ReadState", |py, read| {
    let class = Classes::get(py)?.read_state.bind(py);
    class.call1((read.index, PyBytes::new(py, &read.context)))
});

pub(crate) struct Ready(raft::Ready);

comes_out!(Ready(raft::Ready), "Ready", |py, ready| {
    let read_states: Vec<_> = ready.read_states.into_iter().map(ReadState).collect();
    let messages: Vec<_> = ready.messages.into_iter().map(Message).collect();
    Classes::get(py)?.ready.bind(py).call1((
        ready.soft_state.map(SoftState),
        ready.hard_state.map(HardState),
        read_states,
        entries(&ready.entries),
        ready.snapshot.map(Snapshot),
        entries(&ready.committed_entries),
        messages,
        ready.must_sync,
    ))
});

/// A member of a Raft group as users of etcd's ``RawNode`` drive it: take a `Ready`, do what it says, advance.
///
/// `Node` is the safer way: it holds back by itself what must not leave before a write is durable. This one is for those who port
/// code, and for comparing with etcd message by message.
///
/// - `config`, `stored`: as for a `Node`.
/// - `async_storage`: writes and applications are messages to `APPEND_THREAD` and `APPLY_THREAD`, whose `Message.responses` are
///   sent, or told to the node with `step`, when they are done. Default false: they are done when `advance` is called.
///
/// Raises `ConfigError`, `StoredError` or `MembershipError`. Every method that tells it something raises `Corrupt` once something
/// came in that contradicts what is committed.
///
/// >>> from quorate.raft import Config, ReadyNode, Stored
/// >>> node = ReadyNode(Config(id=1, seed=42), Stored.group([1]))
/// >>> node.campaign()
/// >>> node.propose(b"x = 1")
/// Traceback (most recent call last):
/// quorate.raft.ProposalDropped: ...
/// >>> def work():
/// ...     while node.has_ready:
/// ...         ready = node.ready()
/// ...         # 1. Write ready.hard_state, ready.entries and ready.snapshot. 2. Send ready.messages. 3. Apply:
/// ...         for entry in ready.committed_entries:
/// ...             print(entry.index, entry.data)
/// ...         node.advance()
/// >>> work()
/// 2 b''
/// >>> node.propose(b"x = 1")
/// >>> work()
/// 3 b'x = 1'
#[pyclass(frozen, module = "quorate.raft")]
pub(crate) struct ReadyNode(Lock<raft::ReadyNode>);

#[pymethods]
impl ReadyNode {
    #[new]
    #[pyo3(signature = (config, stored, *, async_storage=false))]
    fn new(config: Config, stored: Stored, async_storage: bool) -> PyResult<Self> {
        let node = raft::ReadyNode::new(config.0, stored.0, async_storage).map_err(error::raft)?;
        Ok(Self(Lock::new(node)))
    }

    /// Whether `ready` would have anything in it.
    #[getter]
    fn has_ready(&self, py: Python<'_>) -> PyResult<bool> {
        Ok(self.0.lock(py)?.has_ready())
    }

    /// Takes out all that there is to do.
    fn ready(&self, py: Python<'_>) -> PyResult<Ready> {
        Ok(Ready(self.0.lock(py)?.ready()))
    }

    /// The last `Ready` is done with: written, sent and applied. Not for asynchronous storage.
    fn advance(&self, py: Python<'_>) -> PyResult<()> {
        self.0.lock(py)?.advance().map_err(error::raft)
    }

    /// A message came from another member, or from one of the two threads.
    ///
    /// Raises `LocalMessage`, `UnknownPeer` or `InvalidMessage`; `ProposalDropped` or `ReadDropped` for one that was forwarded here.
    fn step(&self, py: Python<'_>, message: &Bound<'_, Message>) -> PyResult<()> {
        let message = message.get().0.clone();
        self.0.lock(py)?.step(message).map_err(error::raft)
    }

    /// One tick of the clock.
    fn tick(&self, py: Python<'_>) -> PyResult<()> {
        self.0.lock(py)?.tick().map_err(error::raft)
    }

    /// Stands for election now.
    fn campaign(&self, py: Python<'_>) -> PyResult<()> {
        self.0.lock(py)?.campaign().map_err(error::raft)
    }

    /// Proposes a command. Raises `ProposalDropped`.
    fn propose(&self, py: Python<'_>, data: Data<'_>) -> PyResult<()> {
        let data = data.as_slice();
        self.0.lock(py)?.propose(data).map_err(error::raft)
    }

    /// Proposes entries that are encoded already: changes of membership of either version, or commands. Their terms and indices
    /// are of no account. Raises `ProposalDropped`.
    fn propose_entries(&self, py: Python<'_>, entries: Entries) -> PyResult<()> {
        self.0.lock(py)?.propose_entries(entries.0).map_err(error::raft)
    }

    /// Proposes a change of membership. Raises `ProposalDropped`.
    fn propose_conf_change(&self, py: Python<'_>, change: ConfChange) -> PyResult<()> {
        self.0.lock(py)?.propose_conf_change(&change.0).map_err(error::raft)
    }

    /// Applies a change of membership that was handed out to be applied, and says who is a member then. Raises `MembershipError`.
    fn apply_conf_change(&self, py: Python<'_>, change: ConfChange) -> PyResult<ConfState> {
        let state = self.0.lock(py)?.apply_conf_change(&change.0);
        state.map(ConfState).map_err(error::raft)
    }

    /// Asks for an index from which a read is linearizable. The answer comes in `Ready.read_states`. No two reads of a node may
    /// have the same context: see `Node.read_index`. Raises `ReadDropped`.
    fn read_index(&self, py: Python<'_>, context: Data<'_>) -> PyResult<()> {
        let context = context.as_slice();
        self.0.lock(py)?.read_index(context).map_err(error::raft)
    }

    /// Hands leadership over to `to`. Asked of a follower, it asks the leader.
    fn transfer_leader(&self, py: Python<'_>, to: u64) -> PyResult<()> {
        self.0.lock(py)?.transfer_leader(to).map_err(error::raft)
    }

    /// Forgets who leads, so that the node may vote for another at once.
    fn forget_leader(&self, py: Python<'_>) -> PyResult<()> {
        self.0.lock(py)?.forget_leader().map_err(error::raft)
    }

    /// The last message to `peer` did not arrive.
    fn report_unreachable(&self, py: Python<'_>, peer: u64) -> PyResult<()> {
        self.0.lock(py)?.report_unreachable(peer).map_err(error::raft)
    }

    /// The snapshot for `peer` was sent, or could not be. Until one of the two is said nothing else is sent to it.
    #[pyo3(signature = (peer, *, ok))]
    fn report_snapshot(&self, py: Python<'_>, peer: u64, ok: bool) -> PyResult<()> {
        self.0.lock(py)?.report_snapshot(peer, ok).map_err(error::raft)
    }

    /// The application took a snapshot of everything up to some applied index. Members that are too far behind are sent it.
    ///
    /// Raises `UselessSnapshot`.
    fn snapshot_taken(&self, py: Python<'_>, snapshot: Snapshot) -> PyResult<()> {
        self.0.lock(py)?.snapshot_taken(snapshot.0).map_err(error::raft)
    }

    /// Drops the entries up to `index` from the window. They must be applied and durable. Raises `NotCompactable`.
    fn compact(&self, py: Python<'_>, index: u64) -> PyResult<()> {
        self.0.lock(py)?.compact(index).map_err(error::raft)
    }

    /// Sets the number of ticks without a leader after which the node stands for election, until it is drawn anew.
    fn set_election_timeout(&self, py: Python<'_>, ticks: u64) -> PyResult<()> {
        self.0.lock(py)?.set_election_timeout(ticks);
        Ok(())
    }

    /// What the node knows and believes.
    fn status(&self, py: Python<'_>) -> PyResult<Status> {
        Ok(Status(self.0.lock(py)?.status()))
    }

    /// What happened since the last call, and why. Empty unless `Config.trace` is set.
    fn traces(&self, py: Python<'_>) -> PyResult<Vec<Trace>> {
        Ok(self.0.lock(py)?.traces().into_iter().map(Trace).collect())
    }

    /// All that the node knows, as `Node.state` says.
    fn state<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        Ok(PyBytes::new(py, &self.0.lock(py)?.state()))
    }

    /// Makes a node that goes on where the one that gave `state` was. Raises `StateError`.
    #[staticmethod]
    fn from_state(state: Bytes<'_>) -> PyResult<Self> {
        let node = raft::ReadyNode::from_state(state.0.as_slice()).map_err(error::raft)?;
        Ok(Self(Lock::new(node)))
    }

    /// A hash of everything that the node knows, the same on every platform and in every language.
    fn state_hash(&self, py: Python<'_>) -> PyResult<u64> {
        Ok(self.0.lock(py)?.state_hash())
    }

    /// A node in the same state, which goes its own way from here.
    fn __copy__(&self, py: Python<'_>) -> PyResult<Self> {
        Ok(Self(Lock::new(self.0.lock(py)?.clone())))
    }

    #[pyo3(signature = (memo, /))]
    fn __deepcopy__(&self, py: Python<'_>, memo: &Bound<'_, PyAny>) -> PyResult<Self> {
        let _ = memo;
        self.__copy__(py)
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<Pickled<'py>> {
        let py = slf.py();
        let again = py.import("quorate._raft")?.getattr("again")?;
        Ok((again, (slf.get_type(), slf.get().state(py)?)))
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        Ok(super::node::repr("ReadyNode", &self.0.lock(py)?.status()))
    }
}
