//! What goes into a server and comes out of it.

use pyo3::exceptions::PyNotImplementedError;
use pyo3::inspect::PyStaticExpr;
use pyo3::prelude::*;
use pyo3::type_hint_identifier;
use pyo3::types::{PyBytes, PyList};
use quorate::replication::{self, HistoryCause, ReplicationId, SecondId};

use super::MODULE;
use crate::data::{made_in_python, read_from_python, word};
use crate::error::ReplicationError;
use crate::object::{Style, event, object};

/// A replication id, from its 40 digits.
pub(super) fn id(digits: &str) -> PyResult<ReplicationId> {
    let id: Result<ReplicationId, replication::InvalidId> = digits.parse();
    id.map_err(|refused| ReplicationError::new_err((refused.to_string(), refused.code())))
}

pub(crate) struct Config(pub(super) replication::Config);

read_from_python!(Config, "quorate._replication", "Config", |object| {
    macro_rules! config {
        ($($field:ident),+ $(,)?) => {
            replication::Config { $($field: object.getattr(stringify!($field))?.extract()?,)+ }
        };
    }
    config!(
        port,
        announce_ip,
        announce_port,
        primary_user,
        primary_password,
        backlog_size,
        backlog_ttl_s,
        timeout_s,
        ping_period_s,
        min_replicas_to_write,
        min_replicas_max_lag_s,
        diskless,
        diskless_delay_s,
        diskless_max_replicas,
        held_limit,
        priority,
        announced,
        read_only,
        serve_stale,
        max_replicas,
        seed,
        trace,
    )
});

pub(crate) struct History(pub(super) replication::History);

made_in_python!(
    History(replication::History),
    "quorate._replication",
    "History",
    |py, history| {
        let module = py.import(MODULE)?;
        let second = match history.second {
            None => None,
            Some(second) => Some(
                module
                    .getattr("SecondId")?
                    .call1((second.id.to_string(), second.offset))?,
            ),
        };
        let class = module.getattr("History")?;
        class.call1((history.id.to_string(), history.offset, second))
    }
);

read_from_python!(History, "quorate._replication", "History", |object| {
    let second = object.getattr("second")?;
    let second = match second.is_none() {
        true => None,
        false => Some(SecondId {
            id: id(&second.getattr("id")?.extract::<String>()?)?,
            offset: second.getattr("offset")?.extract()?,
        }),
    };
    replication::History {
        id: id(&object.getattr("id")?.extract::<String>()?)?,
        offset: object.getattr("offset")?.extract()?,
        second,
    }
});

pub(crate) struct Stored(pub(super) replication::Stored);

made_in_python!(
    Stored(replication::Stored),
    "quorate._replication",
    "Stored",
    |py, stored| {
        let class = py.import(MODULE)?.getattr("Stored")?;
        class.call1((stored.id.to_string(), stored.offset))
    }
);

read_from_python!(Stored, "quorate._replication", "Stored", |object| replication::Stored {
    id: id(&object.getattr("id")?.extract::<String>()?)?,
    offset: object.getattr("offset")?.extract()?,
});

/// A word of `HistoryCause`.
pub(crate) struct Cause(pub(super) HistoryCause);

impl FromPyObject<'_, '_> for Cause {
    type Error = PyErr;

    const INPUT_TYPE: PyStaticExpr = type_hint_identifier!("builtins", "str");

    fn extract(object: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        let words = [
            ("promoted", HistoryCause::Promoted),
            ("continued", HistoryCause::Continued),
            ("renewed", HistoryCause::Renewed),
            ("loaded", HistoryCause::Loaded),
        ];
        word(&object, "HistoryCause", &words).map(Self)
    }
}

pub(crate) struct Output(pub(super) replication::Output);

made_in_python!(
    Output(replication::Output),
    "quorate._replication",
    "Output",
    |py, output| {
        use replication::Output;

        let module = py.import(MODULE)?;
        let class = |name: &str| module.getattr(name);
        let bytes = |bytes: &[u8]| PyBytes::new(py, bytes);
        match output {
            Output::Send { replica, bytes: data } => class("Send")?.call1((replica, bytes(&data))),
            Output::Close { replica } => class("Close")?.call1((replica,)),
            Output::TakeSnapshot { offset } => class("TakeSnapshot")?.call1((offset,)),
            Output::SendSnapshot { replica, framing } => {
                let mark = match framing {
                    replication::Framing::Length => None,
                    replication::Framing::Mark(mark) => Some(mark),
                };
                let framing = class("Framing")?.call1((mark,))?;
                class("SendSnapshot")?.call1((replica, framing))
            }
            Output::Connect { attempt, host, port } => class("Connect")?.call1((attempt, host, port)),
            Output::Disconnect { attempt } => class("Disconnect")?.call1((attempt,)),
            Output::SendToPrimary { attempt, bytes: data } => class("SendToPrimary")?.call1((attempt, bytes(&data))),
            Output::SnapshotBegins { size } => class("SnapshotBegins")?.call1((size,)),
            Output::SnapshotBytes(data) => class("SnapshotBytes")?.call1((bytes(&data),)),
            Output::LoadSnapshot => class("LoadSnapshot")?.call0(),
            Output::SnapshotAborted => class("SnapshotAborted")?.call0(),
            Output::Apply { args, offset } => {
                let args = PyList::new(py, args.iter().map(|arg| bytes(arg)))?;
                class("Apply")?.call1((args, offset))
            }
            Output::Waited {
                client,
                replicas,
                timed_out,
            } => class("Waited")?.call1((client, replicas, timed_out)),
            Output::WaitBroken { client } => class("WaitBroken")?.call1((client,)),
            Output::HistoryChanged { history, cause } => {
                let cause = object(py, &cause, Style::SNAKE)?;
                class("HistoryChanged")?.call1((History(history), cause))
            }
            Output::LinkChanged { up } => class("LinkChanged")?.call1((up,)),
            Output::Trace(trace) => class("Trace")?.call1(event(py, &trace, Style::SNAKE)?),
            // The core's enum may grow; the binding is built with the core it was written for.
            other => Err(PyNotImplementedError::new_err(format!("{other:?}"))),
        }
    }
);

pub(crate) struct Replica(pub(super) replication::Replica);

made_in_python!(
    Replica(replication::Replica),
    "quorate._replication",
    "Replica",
    |py, replica| {
        let class = py.import(MODULE)?.getattr("Replica")?;
        let state = crate::object::snake_case(&format!("{:?}", replica.state));
        class.call1((
            replica.id,
            replica.ip,
            replica.port,
            state,
            replica.ack_offset,
            replica.ack_s,
        ))
    }
);
