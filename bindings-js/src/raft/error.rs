//! Why a node or a codec refused, with what its error has beside words.

use std::fmt::Write;

use quorate::raft::wire::WireError;
use quorate::raft::{Dropped, Error};

use crate::error::{self, Report};
use crate::json;

/// Whether it went well; if not, why is reported.
pub(super) fn status<T>(result: Result<T, Error>) -> Option<T> {
    result.map_err(|error| refused(&error)).ok()
}

/// The same, of bytes.
pub(super) fn wire<T>(result: Result<T, WireError>) -> Option<T> {
    let report = |error: WireError| {
        error::report(Report {
            code: error.code(),
            message: error.to_string(),
            offset: error.offset as u64,
            expected: error.expected.to_owned(),
            ..Report::default()
        });
    };
    result.map_err(report).ok()
}

fn refused(error: &Error) {
    let mut report = Report {
        code: error.code(),
        message: error.to_string(),
        details: details(error),
        ..Report::default()
    };
    if let Error::State { offset, expected } = *error {
        report.offset = offset as u64;
        report.expected = expected.to_owned();
    }
    error::report(report);
}

/// The fields of the class of that error in `ts/raft/error.ts`.
fn details(error: &Error) -> String {
    match error {
        Error::ProposalDropped(dropped) => {
            let (reason, node) = match *dropped {
                Dropped::NoLeader => ("no_leader", 0),
                Dropped::NotForwarded { lead } => ("not_forwarded", lead),
                Dropped::Removed => ("removed", 0),
                Dropped::Transferring { to } => ("transferring", to),
                Dropped::UncommittedLimit => ("uncommitted_limit", 0),
                Dropped::Empty => ("empty", 0),
            };
            format!("{{\"reason\":\"{reason}\",\"nodeId\":{}}}", json::text(&node, ""))
        }
        Error::LocalMessage(kind) | Error::InvalidMessage(kind, _) => {
            format!("{{\"messageKind\":{}}}", json::text(kind, ""))
        }
        Error::UnknownPeer(id) => numbers(&[("nodeId", *id)]),
        Error::UnknownTicket(ticket) => numbers(&[("ticket", *ticket)]),
        Error::NotApplying { index, from, to } => numbers(&[("index", *index), ("first", *from), ("last", *to)]),
        Error::NotCompactable(index) | Error::UselessSnapshot(index) => numbers(&[("index", *index)]),
        Error::Corrupt { index, committed, last } => {
            numbers(&[("index", *index), ("committed", *committed), ("last", *last)])
        }
        _ => String::new(),
    }
}

fn numbers(fields: &[(&str, u64)]) -> String {
    let mut text = String::new();
    for (name, number) in fields {
        let comma = if text.is_empty() { '{' } else { ',' };
        let _ = write!(text, "{comma}\"{name}\":{}", json::text(number, ""));
    }
    text + "}"
}
