//! What a sentinel says: its outputs, and its status.

use pyo3::exceptions::PyNotImplementedError;
use pyo3::inspect::PyStaticExpr;
use pyo3::prelude::*;
use pyo3::type_hint_identifier;
use pyo3::types::PyBytes;
use quorate::resp::{self, Protocol, Value};
use quorate::sentinel;

use super::MODULE;
use super::wires::argv;
use crate::data::made_in_python;
use crate::error;
use crate::object::{Style, event};

/// Where somebody is reached.
pub(super) struct Address(pub(super) sentinel::Address);

made_in_python!(
    Address(sentinel::Address),
    "quorate._sentinel",
    "Address",
    |py, address| {
        let class = py.import(MODULE)?.getattr("Address")?;
        class.call1((address.target(), address.port))
    }
);

impl FromPyObject<'_, '_> for Address {
    type Error = PyErr;

    const INPUT_TYPE: PyStaticExpr = <Self as IntoPyObject<'static>>::OUTPUT_TYPE;

    fn extract(object: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        let (host, port): (String, u16) = object.extract()?;
        Ok(Self(sentinel::Address::new(&host, port)))
    }
}

/// An output, and the protocol of the client that it is for.
pub(crate) struct Output(pub(super) (sentinel::Output, Protocol));

made_in_python!(
    Output((sentinel::Output, Protocol)),
    "quorate._sentinel",
    "Output",
    |py, pair| {
        use sentinel::Output;

        let module = py.import(MODULE)?;
        let class = |name: &str| module.getattr(name);
        let (output, protocol) = pair;
        match output {
            Output::Connect {
                link,
                address,
                kind,
                instance,
            } => {
                let kind = crate::object::object(py, &kind, Style::JSON)?;
                let instance = crate::object::object(py, &instance, Style::JSON)?;
                class("Connect")?.call1((link, Address(address), kind, instance))
            }
            Output::Close { link } => class("Close")?.call1((link,)),
            Output::Send { link, argv: command } => class("Send")?.call1((link, argv(py, &command)?)),
            Output::Persist { ticket, lines } => class("Persist")?.call1((ticket, lines)),
            Output::Reply { client, value } => {
                class("Reply")?.call1((client, PyBytes::new(py, &encoded(&value, protocol)?)))
            }
            Output::Event(event) => {
                let level = crate::object::object(py, &event.level, Style::JSON)?;
                class("Event")?.call1((event.kind.name(), event.message, level, event.master))
            }
            Output::RunScript { script, path, args } => class("RunScript")?.call1((script, path, args)),
            Output::KillScript { script } => class("KillScript")?.call1((script,)),
            Output::Resolve { host } => class("Resolve")?.call1((host,)),
            Output::Exit { code } => class("Exit")?.call1((code,)),
            Output::Trace(trace) => class("Trace")?.call1(event(py, &trace, Style::SNAKE)?),
            // The core's enum may grow; the binding is built with the core it was written for.
            other => Err(PyNotImplementedError::new_err(format!("{other:?}"))),
        }
    }
);

fn encoded(value: &Value, protocol: Protocol) -> PyResult<Vec<u8>> {
    let mut encoder = resp::Encoder::new(protocol);
    encoder.value(value).map_err(error::encode)?;
    Ok(encoder.take())
}

/// For what is shown as plain objects: the type that the stub says it has.
pub(super) struct Status<'py>(pub(super) Bound<'py, PyAny>);

crate::data::comes_out!(Status, PyAny, type_hint_identifier!("quorate._sentinel", "Status"));
