//! What came over the links, in pieces, until it is whole replies.

use std::collections::BTreeMap;

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList};
use quorate::resp::{self, Value};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::error;
use crate::resp::encoder::write_value;

/// A decoder for each link that is open.
#[derive(Default, Clone)]
pub(super) struct Wires(BTreeMap<u64, resp::Decoder>);

impl Wires {
    pub(super) fn open(&mut self, link: u64) {
        self.0.insert(link, resp::Decoder::default());
    }

    pub(super) fn close(&mut self, link: u64) {
        self.0.remove(&link);
    }

    /// Hands on every reply that is whole.
    ///
    /// # Errors
    /// `ProtocolError` for bytes that are not RESP, and the first error that `take` returns: what follows that reply stays.
    pub(super) fn feed(
        &mut self,
        link: u64,
        data: &[u8],
        mut take: impl FnMut(&Value) -> PyResult<()>,
    ) -> PyResult<()> {
        let Some(decoder) = self.0.get_mut(&link) else {
            // What a machine says of a link that it does not know is what is raised.
            return take(&Value::Null);
        };
        decoder.feed(data);
        while let Some(view) = decoder.poll().map_err(|failed| error::protocol(&failed))? {
            take(&view.to_value())?;
        }
        Ok(())
    }
}

impl Serialize for Wires {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(link, decoder)| (link, decoder.state())))
    }
}

impl<'de> Deserialize<'de> for Wires {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let states: BTreeMap<u64, resp::State> = Deserialize::deserialize(deserializer)?;
        let decoders = states.into_iter();
        Ok(Self(
            decoders
                .map(|(link, state)| (link, resp::Decoder::from_state(state)))
                .collect(),
        ))
    }
}

/// A value as `quorate.resp` makes it, as the core has it. Strings come as bulk strings, but for a single line that is a reply of its
/// own, such as `PONG`: a simple string.
pub(super) fn value(object: &Bound<'_, PyAny>) -> PyResult<Value> {
    let mut encoder = resp::Encoder::new(resp::Protocol::Resp3);
    write_value(&mut encoder, object)?;
    let mut decoder = resp::Decoder::default();
    decoder.feed(encoder.as_bytes());
    let value = match decoder.poll() {
        Ok(Some(view)) => view.to_value(),
        Ok(None) => return Err(error::encode(resp::EncodeError::Incomplete)),
        Err(failed) => return Err(error::protocol(&failed)),
    };
    Ok(match value {
        Value::BulkString(text) if !text.contains(&b'\n') => Value::SimpleString(text),
        value => value,
    })
}

/// A command and its arguments.
pub(super) fn argv<'py>(py: Python<'py>, argv: &[resp::Bytes]) -> PyResult<Bound<'py, PyList>> {
    PyList::new(py, argv.iter().map(|arg| PyBytes::new(py, arg)))
}
