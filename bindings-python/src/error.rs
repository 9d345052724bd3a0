//! The core's errors as the exceptions of `quorate._errors`. They are defined in Python, so that users can import them.

use pyo3::prelude::*;
use quorate::sentinel::discovery;
use quorate::{cluster, raft, replication, resp, sentinel};

use crate::raft::snake_case;

pyo3::import_exception!(quorate._errors, ProtocolError);
pyo3::import_exception!(quorate._errors, RequestError);
pyo3::import_exception!(quorate._errors, EncodeError);
pyo3::import_exception!(quorate._errors, CommitError);
pyo3::import_exception!(quorate._errors, PrefixError);
pyo3::import_exception!(quorate._errors, UnbalancedQuotes);
pyo3::import_exception!(quorate._errors, UnknownSlot);
pyo3::import_exception!(quorate._errors, ConfigError);
pyo3::import_exception!(quorate._errors, StoredError);
pyo3::import_exception!(quorate._errors, ProposalDropped);
pyo3::import_exception!(quorate._errors, ReadDropped);
pyo3::import_exception!(quorate._errors, LocalMessage);
pyo3::import_exception!(quorate._errors, UnknownPeer);
pyo3::import_exception!(quorate._errors, InvalidMessage);
pyo3::import_exception!(quorate._errors, MembershipError);
pyo3::import_exception!(quorate._errors, UnknownTicket);
pyo3::import_exception!(quorate._errors, NotApplying);
pyo3::import_exception!(quorate._errors, NotCompactable);
pyo3::import_exception!(quorate._errors, UselessSnapshot);
pyo3::import_exception!(quorate._errors, Corrupt);
pyo3::import_exception!(quorate._errors, StateError);
pyo3::import_exception!(quorate._errors, RaftError);
pyo3::import_exception!(quorate._errors, WireError);
pyo3::import_exception!(quorate._errors, SimError);
pyo3::import_exception!(quorate._errors, SentinelError);
pyo3::import_exception!(quorate._errors, SettingError);
pyo3::import_exception!(quorate._errors, UnknownLink);
pyo3::import_exception!(quorate._errors, ReplicationError);
pyo3::import_exception!(quorate._errors, StaleAttempt);
pyo3::import_exception!(quorate._errors, Refused);

#[cold]
pub(crate) fn protocol(error: &resp::Error) -> PyErr {
    ProtocolError::new_err((
        error.to_string(),
        error.code(),
        error.offset,
        error.expected(),
        error.found(),
    ))
}

#[cold]
pub(crate) fn request(error: &resp::RequestError) -> PyErr {
    RequestError::new_err((error.to_string(), error.code(), error.offset))
}

#[cold]
pub(crate) fn encode(error: resp::EncodeError) -> PyErr {
    EncodeError::new_err((error.to_string(), error.code()))
}

#[cold]
pub(crate) fn commit(error: resp::CommitError) -> PyErr {
    CommitError::new_err((error.to_string(), error.code()))
}

#[cold]
pub(crate) fn prefix(error: resp::PrefixError) -> PyErr {
    PrefixError::new_err((error.to_string(), error.code()))
}

#[cold]
pub(crate) fn unbalanced_quotes(error: resp::UnbalancedQuotes) -> PyErr {
    UnbalancedQuotes::new_err((error.to_string(), error.code()))
}

#[cold]
pub(crate) fn unknown_slot(error: cluster::UnknownSlot) -> PyErr {
    UnknownSlot::new_err((error.to_string(), error.code()))
}

#[cold]
pub(crate) fn raft(error: raft::Error) -> PyErr {
    use raft::Error;

    let (text, code) = (error.to_string(), error.code());
    match error {
        Error::Config(_) => ConfigError::new_err((text, code)),
        Error::Stored(_) => StoredError::new_err((text, code)),
        Error::ProposalDropped(reason) => {
            let (reason, node) = dropped(reason);
            ProposalDropped::new_err((text, code, reason, node))
        }
        Error::ReadDropped => ReadDropped::new_err((text, code)),
        Error::LocalMessage(kind) => LocalMessage::new_err((text, code, snake_case(&format!("{kind:?}")))),
        Error::UnknownPeer(id) => UnknownPeer::new_err((text, code, id)),
        Error::InvalidMessage(kind, _) => InvalidMessage::new_err((text, code, snake_case(&format!("{kind:?}")))),
        Error::Membership(_) => MembershipError::new_err((text, code)),
        Error::UnknownTicket(ticket) => UnknownTicket::new_err((text, code, ticket)),
        Error::NotApplying { index, from, to } => NotApplying::new_err((text, code, index, from, to)),
        Error::NotCompactable(index) => NotCompactable::new_err((text, code, index)),
        Error::UselessSnapshot(index) => UselessSnapshot::new_err((text, code, index)),
        Error::Corrupt { index, committed, last } => Corrupt::new_err((text, code, index, committed, last)),
        Error::State { offset, expected } => StateError::new_err((text, code, offset, expected)),
        _ => RaftError::new_err((text, code)),
    }
}

/// Why a proposal was dropped, and which node that has to do with.
fn dropped(reason: raft::Dropped) -> (&'static str, raft::NodeId) {
    use raft::Dropped;

    match reason {
        Dropped::NoLeader => ("no_leader", raft::NONE),
        Dropped::NotForwarded { lead } => ("not_forwarded", lead),
        Dropped::Removed => ("removed", raft::NONE),
        Dropped::Transferring { to } => ("transferring", to),
        Dropped::UncommittedLimit => ("uncommitted_limit", raft::NONE),
        Dropped::Empty => ("empty", raft::NONE),
    }
}

#[cold]
pub(crate) fn wire(error: raft::wire::WireError) -> PyErr {
    WireError::new_err((error.to_string(), error.code(), error.offset, error.expected))
}

#[cold]
pub(crate) fn sim(error: &quorate_simulator::Error) -> PyErr {
    let line = match error {
        quorate_simulator::Error::Script { line, .. } => *line,
        _ => 0,
    };
    SimError::new_err((error.to_string(), error.code(), line))
}

#[cold]
pub(crate) fn sentinel(error: sentinel::Error) -> PyErr {
    use sentinel::Error;

    let (text, code) = (error.to_string(), error.code());
    match error {
        Error::Config(_) => SettingError::new_err((text, code, 0)),
        Error::Line { line, .. } => SettingError::new_err((text, code, line)),
        Error::UnknownLink(link) => UnknownLink::new_err((text, code, link)),
        _ => SentinelError::new_err((text, code)),
    }
}

#[cold]
pub(crate) fn discovery(error: discovery::Error) -> PyErr {
    use discovery::Error;

    let (text, code) = (error.to_string(), error.code());
    match error {
        Error::Config(_) => SettingError::new_err((text, code, 0)),
        Error::UnknownLink(link) => UnknownLink::new_err((text, code, link)),
        _ => SentinelError::new_err((text, code)),
    }
}

#[cold]
pub(crate) fn replication(error: replication::Error) -> PyErr {
    use replication::Error;

    let (text, code) = (error.to_string(), error.code());
    match error {
        Error::StaleAttempt { .. } => StaleAttempt::new_err((text, code)),
        Error::Refused(refusal) => refused(refusal),
        _ => ReplicationError::new_err((text, code)),
    }
}

#[cold]
pub(crate) fn refused(refusal: replication::Refusal) -> PyErr {
    Refused::new_err((refusal.reply(), refusal.code()))
}
