//! What goes in and out piece by piece: arguments in the inbox, and outputs as JSON with their bytes behind it.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{exchange, json};

/// Arguments: each after its length as four bytes, little endian. The facade writes every one whole.
pub(crate) struct Arguments<'a>(&'a [u8]);

impl<'a> Arguments<'a> {
    /// Reads what is in the inbox.
    pub(crate) fn read<T>(len: usize, read: impl FnOnce(&mut Arguments<'_>) -> T) -> T {
        exchange::read(len, |bytes| read(&mut Arguments(bytes)))
    }

    pub(crate) fn text(&mut self) -> &'a str {
        // The facade writes UTF-8.
        std::str::from_utf8(self.next().unwrap_or_default()).unwrap_or_default()
    }
}

impl<'a> Iterator for Arguments<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let (len, rest) = self.0.split_first_chunk()?;
        let len = u32::from_le_bytes(*len) as usize;
        let (bytes, rest) = rest.split_at(len.min(rest.len()));
        self.0 = rest;
        Some(bytes)
    }
}

/// Settings: what `given` names in place of what `settings` has.
pub(crate) fn settings<C: Serialize + DeserializeOwned>(settings: &C, given: Value) -> Result<C, serde_json::Error> {
    // By way of text: reading and writing values too would make the module larger by half.
    let mut whole = serde_json::from_slice(&serde_json::to_vec(settings)?)?;
    overlay(&mut whole, given);
    serde_json::from_slice(&serde_json::to_vec(&whole)?)
}

fn overlay(settings: &mut Value, given: Value) {
    match (settings, given) {
        (Value::Object(settings), Value::Object(given)) => {
            for (name, value) in given {
                overlay(settings.entry(name).or_insert(Value::Null), value);
            }
        }
        (setting, given) => *setting = given,
    }
}

/// Outputs, one after the other.
#[derive(Default)]
pub(crate) struct Outputs {
    text: String,
    bytes: Vec<u8>,
    count: usize,
}

impl Outputs {
    /// Begins an output.
    pub(crate) fn begin(&mut self, kind: &str) -> Fields<'_> {
        self.text.push_str(if self.count == 0 { "[" } else { "," });
        self.text.push_str("{\"kind\":\"");
        self.text.push_str(kind);
        self.text.push('"');
        self.count += 1;
        Fields(self)
    }

    /// Leaves them in the outbox, the length of the JSON first, and says how many there are.
    pub(crate) fn leave(mut self) -> usize {
        if self.count > 0 {
            self.text.push(']');
            let length = self.text.len() as u32;
            exchange::leave([&length.to_le_bytes(), self.text.as_bytes(), &self.bytes].concat());
        }
        self.count
    }

    /// Bytes stand as the place and the length that they have behind the JSON.
    fn push_bytes(&mut self, bytes: &[u8]) {
        self.text.push_str(&format!("[{},{}]", self.bytes.len(), bytes.len()));
        self.bytes.extend_from_slice(bytes);
    }
}

/// The fields of one output.
pub(crate) struct Fields<'a>(&'a mut Outputs);

impl Fields<'_> {
    fn name(&mut self, name: &str) {
        self.0.text.push_str(",\"");
        self.0.text.push_str(name);
        self.0.text.push_str("\":");
    }

    pub(crate) fn put(self, name: &str, value: &impl Serialize) -> Self {
        self.tagged(name, value, "kind")
    }

    /// Its variant's name is in the field `tag`.
    pub(crate) fn tagged(mut self, name: &str, value: &impl Serialize, tag: &'static str) -> Self {
        self.name(name);
        self.0.text.push_str(&json::text(value, tag));
        self
    }

    /// The fields of an object, as they stand in JSON.
    pub(crate) fn json(mut self, name: &str, text: &str) -> Self {
        self.name(name);
        self.0.text.push_str(text);
        self
    }

    pub(crate) fn bytes(mut self, name: &str, bytes: &[u8]) -> Self {
        self.name(name);
        self.0.push_bytes(bytes);
        self
    }

    /// Words of a command: text where they are UTF-8.
    pub(crate) fn words(mut self, name: &str, words: &[impl AsRef<[u8]>]) -> Self {
        self.name(name);
        for (at, word) in words.iter().enumerate() {
            self.0.text.push(if at == 0 { '[' } else { ',' });
            match std::str::from_utf8(word.as_ref()) {
                Ok(text) => self.0.text.push_str(&json::text(&text, "")),
                Err(_) => self.0.push_bytes(word.as_ref()),
            }
        }
        self.0.text.push_str(if words.is_empty() { "[]" } else { "]" });
        self
    }

    pub(crate) fn end(self) {
        self.0.text.push('}');
    }
}
