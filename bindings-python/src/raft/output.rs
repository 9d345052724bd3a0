//! What a node says: outputs, what became of a proposal, and its status.

use pyo3::inspect::PyStaticExpr;
use pyo3::prelude::*;
use pyo3::type_hint_identifier;
use pyo3::types::{PyBytes, PyDict};
use quorate::raft;

use super::classes::{Classes, comes_out, word};
use super::message::{ConfState, EntryId, HardState, Message, Snapshot, entries};
use super::trace;

fn role(number: usize) -> Option<raft::Role> {
    use raft::Role::{Candidate, Follower, Leader, PreCandidate};

    [Follower, PreCandidate, Candidate, Leader].get(number).copied()
}

word!(Role(raft::Role), roles, "Role", |value| value as usize, role);

pub(crate) struct Output(pub(super) raft::Output);

comes_out!(Output(raft::Output), "Output", |py, output| {
    let classes = Classes::get(py)?;
    match output {
        raft::Output::Send(message) => classes.send.bind(py).call1((Message(message),)),
        raft::Output::Persist {
            ticket,
            hard_state,
            snapshot,
            entries: new,
            must_sync,
        } => classes.persist.bind(py).call1((
            ticket,
            hard_state.map(HardState),
            snapshot.map(Snapshot),
            entries(&new),
            must_sync,
        )),
        raft::Output::Apply(committed) => classes.apply.bind(py).call1((entries(&committed),)),
        raft::Output::ReadReady { index, context } => {
            classes.read_ready.bind(py).call1((index, PyBytes::new(py, &context)))
        }
        raft::Output::ReadLost { context } => classes.read_lost.bind(py).call1((PyBytes::new(py, &context),)),
        raft::Output::RoleChanged { role, lead, term } => classes.role_changed.bind(py).call1((Role(role), lead, term)),
        raft::Output::Fetch { to, previous, end } => classes.fetch.bind(py).call1((to, previous, end)),
        raft::Output::Trace(event) => Trace(event).into_pyobject(py),
        // The core's enum may grow; the binding is built with the core it was written for.
        other => Err(pyo3::exceptions::PyNotImplementedError::new_err(format!("{other:?}"))),
    }
});

pub(crate) struct Trace(pub(super) raft::Trace);

comes_out!(Trace(raft::Trace), "Trace", |py, event| {
    let (kind, fields) = trace::event(py, &event)?;
    Classes::get(py)?.trace.bind(py).call1((kind, fields))
});

pub(crate) struct Proposed(pub(super) raft::Proposed);

comes_out!(Proposed(raft::Proposed), "ProposalResult", |py, proposed| {
    let classes = Classes::get(py)?;
    match proposed {
        raft::Proposed::At(id) => classes.proposed.bind(py).call1((id.index, id.term)),
        raft::Proposed::Forwarded(lead) => classes.forwarded.bind(py).call1((lead,)),
    }
});

struct LogSummary(raft::LogSummary);

comes_out!(LogSummary(raft::LogSummary), "LogSummary", |py, log| {
    Classes::get(py)?.log_summary.bind(py).call1((
        log.committed,
        log.applied,
        log.applying,
        log.stable_end,
        log.persisting_end,
        log.unstable,
    ))
});

struct Progress(raft::Progress);

comes_out!(Progress(raft::Progress), "Progress", |py, progress| {
    let classes = Classes::get(py)?;
    classes.progress.bind(py).call1((
        progress.matched,
        progress.next,
        classes.progress_states.member(py, progress.state as usize),
        progress.pending_snapshot,
        progress.recent_active,
        progress.is_paused(),
        progress.inflight(),
        progress.is_learner,
        progress.commit_group,
    ))
});

pub(crate) struct Status(pub(super) raft::Status);

comes_out!(Status(raft::Status), "Status", |py, status| {
    let progress = PyDict::new(py);
    for (id, of_member) in status.progress {
        progress.set_item(id, Progress(of_member))?;
    }
    let votes = PyDict::new(py);
    for (id, granted) in status.votes {
        votes.set_item(id, granted)?;
    }
    let fields = PyDict::new(py);
    fields.set_item("id", status.id)?;
    fields.set_item("role", Role(status.role))?;
    fields.set_item("lead", status.lead)?;
    fields.set_item("hard_state", HardState(status.hard_state))?;
    fields.set_item("log", LogSummary(status.log))?;
    fields.set_item("first_index", status.first_index)?;
    fields.set_item("last", EntryId(status.last))?;
    fields.set_item("conf_state", ConfState(status.config.conf_state()))?;
    fields.set_item("progress", progress)?;
    fields.set_item("votes", votes)?;
    fields.set_item("transferee", status.transferee)?;
    fields.set_item("election_elapsed", status.election_elapsed)?;
    fields.set_item("election_timeout", status.election_timeout)?;
    fields.set_item("fenced", status.fenced)?;
    Classes::get(py)?.status.bind(py).call((), Some(&fields))
});
