//! `quorate.raft.Node`.

use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyType};
use quorate::raft;

use super::config::{Config, Stored};
use super::members::ById;
use super::message::{ConfChange, ConfState, Entries, Entry, EntryId, HardState, Message, Messages, Snapshot, entries};
use super::output::{Output, Proposed, Role, Status};
use super::wire::Bytes;
use crate::data::{Data, Keys};
use crate::error;
use crate::lock::Lock;

/// A member of a Raft group. See the module for how to drive it.
///
/// - `config`: its settings.
/// - `stored`: what it finds. `Stored.group` for the first members of a new group, and what was persisted for one that starts
///   again; see `Stored` for one that is added later.
///
/// Raises `ConfigError`, `StoredError` or `MembershipError`. Every method that tells it something raises `Corrupt` once something
/// came in that contradicts what is committed.
///
/// >>> from quorate.raft import Config, Node, Stored
/// >>> node = Node(Config(id=1, seed=42), Stored.group([1, 2, 3]))
/// >>> for _ in range(node.status().election_timeout):
/// ...     node.tick()
/// >>> for output in node.drain():
/// ...     print(type(output).__name__)
/// RoleChanged
/// Send
/// Send
/// Persist
/// >>> node.status().votes                                # its own vote counts once it is durable
/// {}
/// >>> node.persisted(1)
/// >>> node.status().votes
/// {1: True}
#[pyclass(frozen, module = "quorate.raft")]
pub(crate) struct Node(Lock<raft::Node>);

#[pymethods]
impl Node {
    #[new]
    fn new(config: Config, stored: Stored) -> PyResult<Self> {
        let node = raft::Node::new(config.0, stored.0).map_err(error::raft)?;
        Ok(Self(Lock::new(node)))
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

    /// One tick of the clock.
    fn tick(&self, py: Python<'_>) -> PyResult<()> {
        self.0.lock(py)?.tick().map_err(error::raft)
    }

    /// A message came from another member.
    ///
    /// Raises `LocalMessage`, `UnknownPeer` or `InvalidMessage`; `ProposalDropped` or `ReadDropped` for one that was forwarded here.
    fn step(&self, py: Python<'_>, message: &Bound<'_, Message>) -> PyResult<()> {
        let message = message.get().0.clone();
        self.0.lock(py)?.step(message).map_err(error::raft)
    }

    /// Messages came from other members. All are taken in, whatever is wrong with some; then the first error is raised, as by
    /// `step`.
    fn step_many(&self, py: Python<'_>, messages: Messages) -> PyResult<()> {
        self.0.lock(py)?.step_many(messages.0).map_err(error::raft)
    }

    /// What the ticket stands for is durable, and so is everything before it. Raises `UnknownTicket`.
    fn persisted(&self, py: Python<'_>, ticket: u64) -> PyResult<()> {
        self.0.lock(py)?.persisted(ticket).map_err(error::raft)
    }

    /// The state machine has applied everything up to `index`. Raises `NotApplying`.
    fn applied(&self, py: Python<'_>, index: u64) -> PyResult<()> {
        self.0.lock(py)?.applied(index).map_err(error::raft)
    }

    /// Proposes a command. Raises `ProposalDropped`.
    fn propose(&self, py: Python<'_>, data: Data<'_>) -> PyResult<Proposed> {
        let data = data.as_slice();
        let proposed = self.0.lock(py)?.propose(data);
        proposed.map(Proposed).map_err(error::raft)
    }

    /// Proposes commands that follow one another: all of them or none. The answer names the last. Raises `ProposalDropped`.
    fn propose_batch(&self, py: Python<'_>, commands: Keys<'_>) -> PyResult<Proposed> {
        let mut batch: Vec<Arc<[u8]>> = Vec::new();
        for command in commands.to_tuple()?.iter() {
            batch.push(command.extract::<Data<'_>>()?.as_slice().into());
        }
        let proposed = self.0.lock(py)?.propose_batch(batch);
        proposed.map(Proposed).map_err(error::raft)
    }

    /// Proposes a change of membership. An empty one leaves a joint configuration. One that cannot be made now leaves an empty
    /// entry in its place. Raises `ProposalDropped`.
    fn propose_conf_change(&self, py: Python<'_>, change: ConfChange) -> PyResult<Proposed> {
        let proposed = self.0.lock(py)?.propose_conf_change(&change.0);
        proposed.map(Proposed).map_err(error::raft)
    }

    /// Applies a change of membership that was handed out to be applied, and says who is a member then. Raises `MembershipError`.
    fn apply_conf_change(&self, py: Python<'_>, change: ConfChange) -> PyResult<ConfState> {
        let state = self.0.lock(py)?.apply_conf_change(&change.0);
        state.map(ConfState).map_err(error::raft)
    }

    /// Asks for an index from which a read is linearizable: a `ReadReady` or a `ReadLost` answers with `context`.
    ///
    /// No two reads of a node may have the same context, in whichever of its lives: the answer to an earlier one, perhaps from
    /// before a restart, would be taken for that to a later. A counter behind something that each start draws anew will do. A
    /// read that was sent on to a leader may also be lost on the way: ask again after a while. Raises `ReadDropped`.
    fn read_index(&self, py: Python<'_>, context: Data<'_>) -> PyResult<()> {
        let context = context.as_slice();
        self.0.lock(py)?.read_index(context).map_err(error::raft)
    }

    /// Hands leadership over to `to`. Asked of a follower, it asks the leader.
    fn transfer_leader(&self, py: Python<'_>, to: u64) -> PyResult<()> {
        self.0.lock(py)?.transfer_leader(to).map_err(error::raft)
    }

    /// Stands for election now.
    fn campaign(&self, py: Python<'_>) -> PyResult<()> {
        self.0.lock(py)?.campaign().map_err(error::raft)
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

    /// The entries that a `Fetch` asked for: the one at `previous` first, and as many as there are behind it. None at all says
    /// that they are gone. Raises `InvalidMessage` if they do not follow one another.
    fn entries_fetched(&self, py: Python<'_>, to: u64, entries: Entries) -> PyResult<()> {
        self.0.lock(py)?.entries_fetched(to, entries.0).map_err(error::raft)
    }

    /// Asks the leader for a snapshot, because this node's own state is of no use. Of raft-rs.
    ///
    /// Raises `ProposalDropped` while no leader is known, or a snapshot is under way.
    fn request_snapshot(&self, py: Python<'_>) -> PyResult<()> {
        self.0.lock(py)?.request_snapshot().map_err(error::raft)
    }

    /// Puts members into groups, each id with its group, for `Config.group_commit`. Ids of no member are passed over.
    fn assign_commit_groups(&self, py: Python<'_>, groups: ById<u64>) -> PyResult<()> {
        self.0.lock(py)?.assign_commit_groups(&groups.0);
        Ok(())
    }

    /// Sets the number of ticks without a leader after which the node stands for election, until it is drawn anew: for tests
    /// and lessons in which it matters who is first.
    fn set_election_timeout(&self, py: Python<'_>, ticks: u64) -> PyResult<()> {
        self.0.lock(py)?.set_election_timeout(ticks);
        Ok(())
    }

    /// What the node is called.
    #[getter]
    fn id(&self, py: Python<'_>) -> PyResult<u64> {
        Ok(self.0.lock(py)?.id())
    }

    /// What the node is.
    #[getter]
    fn role(&self, py: Python<'_>) -> PyResult<Role> {
        Ok(Role(self.0.lock(py)?.soft_state().role))
    }

    /// Who leads, as far as the node knows, or `NONE`.
    #[getter]
    fn lead(&self, py: Python<'_>) -> PyResult<u64> {
        Ok(self.0.lock(py)?.soft_state().lead)
    }

    /// The term, the vote and how far the log is committed, durable or not.
    #[getter]
    fn hard_state(&self, py: Python<'_>) -> PyResult<HardState> {
        Ok(HardState(self.0.lock(py)?.hard_state()))
    }

    /// Who is a member.
    #[getter]
    fn conf_state(&self, py: Python<'_>) -> PyResult<ConfState> {
        Ok(ConfState(self.0.lock(py)?.membership().conf_state()))
    }

    /// The last entry of the log.
    #[getter]
    fn last(&self, py: Python<'_>) -> PyResult<EntryId> {
        Ok(EntryId(self.0.lock(py)?.last()))
    }

    /// What the node knows and believes.
    fn status(&self, py: Python<'_>) -> PyResult<Status> {
        Ok(Status(self.0.lock(py)?.status()))
    }

    /// The entries from `low` to before `high`, as far as the window has them.
    fn entries(&self, py: Python<'_>, low: u64, high: u64) -> PyResult<Vec<Entry>> {
        Ok(entries(&self.0.lock(py)?.entries(low, high)))
    }

    /// The term of the entry at `index`, or `None` where it is not known.
    fn term_at(&self, py: Python<'_>, index: u64) -> PyResult<Option<u64>> {
        Ok(self.0.lock(py)?.term_at(index))
    }

    /// All that the node knows, as bytes: outputs that wait to be polled and tickets that are open, too.
    ///
    /// What `from_state` makes of them goes on as this node does, in any language and on any platform of this version of the
    /// package. It is for moving, showing and branching a node that runs, and what a pickled node is; a node that comes back
    /// after a crash starts from `Stored`, for what was promised to others is there.
    fn state<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        Ok(PyBytes::new(py, &self.0.lock(py)?.state()))
    }

    /// Makes a node that goes on where the one that gave `state` was.
    ///
    /// Any bytes are safe to give, but who can write what has the right hash decides what the node believes. Raises `StateError`.
    #[staticmethod]
    fn from_state(state: Bytes<'_>) -> PyResult<Self> {
        let node = raft::Node::from_state(state.0.as_slice()).map_err(error::raft)?;
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
        Ok(repr("Node", &self.0.lock(py)?.status()))
    }
}

/// A function, and what to call it with to have the node again.
pub(super) type Pickled<'py> = (Bound<'py, PyAny>, (Bound<'py, PyType>, Bound<'py, PyBytes>));

/// What a node of either class prints as.
pub(super) fn repr(class: &str, status: &raft::Status) -> String {
    format!(
        "<{class} id={} role={} term={} lead={} commit={} last={}>",
        status.id,
        super::snake_case(&format!("{:?}", status.role)),
        status.hard_state.term,
        status.lead,
        status.hard_state.commit,
        status.last.index
    )
}
