//! What came over the links, in pieces, until it is whole replies.

use std::collections::BTreeMap;

use quorate::resp::{self, Value};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::error::Fault;

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
    /// For bytes that are no replies, and the first error that `take` returns: what follows that reply stays.
    pub(super) fn feed<E>(
        &mut self,
        link: u64,
        bytes: &[u8],
        mut take: impl FnMut(&Value) -> Result<(), E>,
    ) -> Result<(), Fault<E>> {
        let Some(decoder) = self.0.get_mut(&link) else {
            // What a machine says of a link that it does not know is what is thrown.
            return take(&Value::Null).map_err(Fault::Refused);
        };
        decoder.feed(bytes);
        while let Some(view) = decoder.poll().map_err(Fault::Wire)? {
            take(&view.to_value()).map_err(Fault::Refused)?;
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

/// The one value that the facade wrote. Text comes as bulk strings, but for a single line that is a reply of its own, such as
/// `PONG`: a simple string.
pub(super) fn value(bytes: &[u8]) -> Value {
    let mut decoder = resp::Decoder::default();
    decoder.feed(bytes);
    match decoder.poll().ok().flatten().map(|view| view.to_value()) {
        Some(Value::BulkString(text)) if !text.contains(&b'\n') => Value::SimpleString(text),
        Some(value) => value,
        None => Value::Null,
    }
}
