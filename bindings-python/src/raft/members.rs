//! `quorate.raft.Members`: who is a member, what a change would make of that, and what a quorum is.

use std::hash::{DefaultHasher, Hash, Hasher};

use pyo3::inspect::PyStaticExpr;
use pyo3::prelude::*;
use pyo3::types::PyMapping;
use pyo3::{type_hint_identifier, type_hint_subscript};
use quorate::raft::{self, quorum};

use super::classes::{Classes, comes_out, word};
use super::message::{ConfChange, ConfState};
use crate::error;

fn vote_result(number: usize) -> Option<quorum::VoteResult> {
    use quorum::VoteResult::{Lost, Pending, Won};

    [Pending, Lost, Won].get(number).copied()
}

word!(
    VoteResult(quorum::VoteResult),
    vote_results,
    "VoteResult",
    |value| value as usize,
    vote_result
);

/// Who is a member, and how a quorum of them agrees. A value: a change makes a new one.
///
/// A `Node` has its own; this is for those who want to know what would become of a change, or how a vote would end.
///
/// - `conf_state`: the members. Default nobody.
///
/// Raises `MembershipError` if nobody among them votes.
///
/// >>> from quorate.raft import ConfChange, ConfState, Members
/// >>> members = Members(ConfState([1, 2, 3]))
/// >>> members.committed({1: 7, 2: 5, 3: 4})
/// 5
/// >>> members.vote_result({1: True, 2: False})
/// <VoteResult.PENDING: 'pending'>
/// >>> joint = members.changed(ConfChange().add_node(4).remove_node(1))
/// >>> print(joint)
/// voters=(2 3 4)&&(1 2 3) autoleave
/// >>> joint.committed({2: 7, 3: 5, 4: 9})                # both halves must have it
/// 5
/// >>> print(joint.changed(ConfChange.leave_joint()))
/// voters=(2 3 4)
#[pyclass(frozen, eq, module = "quorate.raft")]
pub(crate) struct Members(raft::Members);

impl PartialEq for Members {
    /// What a leader knows of each is none of this class's business.
    fn eq(&self, other: &Self) -> bool {
        self.0.config() == other.0.config()
    }
}

#[pymethods]
impl Members {
    #[new]
    #[pyo3(signature = (conf_state=ConfState(raft::ConfState::default())))]
    fn new(conf_state: ConfState) -> PyResult<Self> {
        let members = raft::Members::of(&conf_state.0);
        members
            .map(Self)
            .map_err(|error| error::raft(raft::Error::Membership(error)))
    }

    /// The members, as snapshots have them.
    #[getter]
    fn conf_state(&self) -> ConfState {
        ConfState(self.0.config().conf_state())
    }

    /// Everyone who votes in either half, in order.
    #[getter]
    fn voters(&self) -> Vec<u64> {
        self.0.config().voters().as_slice().to_vec()
    }

    /// Whether the configuration is joint: both halves of it must agree.
    #[getter]
    fn is_joint(&self) -> bool {
        self.0.config().is_joint()
    }

    /// Whether `id` votes in either half.
    fn is_voter(&self, id: u64) -> bool {
        self.0.config().is_voter(id)
    }

    /// The largest index that a quorum has, where `matched` says which each voter has; who is not in it has none.
    ///
    /// Where nobody votes it is 2**64 - 1.
    fn committed(&self, matched: ById<u64>) -> u64 {
        self.0.config().committed(|id| matched.get(id).unwrap_or(0))
    }

    /// As `committed`, but an index counts only once voters of two `groups` have it (see `Config.group_commit`); 0 and who is not
    /// in it belong to none. Says also whether there were two.
    fn group_committed(&self, matched: ById<u64>, groups: ById<u64>) -> (u64, bool) {
        self.0.config().group_committed(|id| quorum::Acked {
            index: matched.get(id).unwrap_or(0),
            group: groups.get(id).unwrap_or(0),
        })
    }

    /// How a vote stands, where `votes` says who granted it and who refused; who is not in it did not vote yet.
    fn vote_result(&self, votes: ById<bool>) -> VoteResult {
        VoteResult(self.0.config().vote_result(|id| votes.get(id)))
    }

    /// Who is a member after that change, or in the midst of it. Raises `MembershipError` where it cannot be.
    fn changed(&self, change: ConfChange) -> PyResult<Self> {
        let changed = self.0.changed(&change.0, 0);
        changed
            .map(Self)
            .map_err(|error| error::raft(raft::Error::Membership(error)))
    }

    fn __hash__(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.0.config().conf_state().hash(&mut hasher);
        hasher.finish()
    }

    /// As etcd prints it.
    fn __str__(&self) -> String {
        self.0.config().to_string()
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        Ok(format!("Members({})", self.conf_state().into_pyobject(py)?.repr()?))
    }

    fn __getnewargs__(&self) -> (ConfState,) {
        (self.conf_state(),)
    }
}

/// `Mapping[int, T]`
pub(crate) struct ById<T>(pub(super) Vec<(u64, T)>);

impl<T: Copy> ById<T> {
    fn get(&self, id: u64) -> Option<T> {
        let found = self.0.iter().find(|(known, _)| *known == id);
        found.map(|(_, value)| *value)
    }
}

impl<'py, T> FromPyObject<'_, 'py> for ById<T>
where
    T: for<'a> FromPyObject<'a, 'py, Error = PyErr>,
{
    type Error = PyErr;

    const INPUT_TYPE: PyStaticExpr = type_hint_subscript!(
        type_hint_identifier!("collections.abc", "Mapping"),
        type_hint_identifier!("builtins", "int"),
        T::INPUT_TYPE
    );

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        let mut by_id = Vec::new();
        for item in object.cast::<PyMapping>()?.items()?.iter() {
            by_id.push(item.extract()?);
        }
        Ok(Self(by_id))
    }
}
