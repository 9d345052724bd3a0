//! What a server holds: registers, and which writes went into them.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use core::fmt::Write as _;

use super::{Write, write_named};
use quorate::resp::Bytes;

/// Data is shared while nobody changes it: snapshots and checkpoints cost nothing.
pub(crate) type Shared = Arc<Data>;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Data {
    pub(super) keys: BTreeMap<String, String>,
    /// All writes that are in it, also those whose value is no more to be seen.
    pub(super) writes: BTreeSet<Write>,
}

impl Data {
    /// Executes `SET` or `APPEND` with a key, a value, and the name of the write.
    pub(super) fn apply<T: AsRef<[u8]>>(&mut self, args: &[T]) {
        let word = |place: usize| {
            args.get(place)
                .map_or("".into(), |word| String::from_utf8_lossy(word.as_ref()))
        };
        let (key, value) = (word(1).into_owned(), word(2).into_owned());
        if word(0).eq_ignore_ascii_case("append") {
            self.keys.entry(key).or_default().push_str(&value);
        } else {
            self.keys.insert(key, value);
        }
        self.writes.extend(write_named(&word(3)));
    }

    pub(super) fn get(&self, key: &str) -> &str {
        self.keys.get(key).map_or("", String::as_str)
    }

    /// A snapshot of it.
    pub(super) fn encode(&self) -> String {
        let mut text = String::new();
        for (key, value) in &self.keys {
            let _ = writeln!(text, "{key}={value}");
        }
        for write in &self.writes {
            let _ = writeln!(text, "{write}");
        }
        text
    }

    pub(super) fn decode(bytes: &[u8]) -> Self {
        let mut data = Self::default();
        for line in String::from_utf8_lossy(bytes).lines() {
            match line.split_once('=') {
                Some((key, value)) => {
                    data.keys.insert(key.to_string(), value.to_string());
                }
                None => data.writes.extend(line.parse::<Write>()),
            }
        }
        data
    }
}

/// Whether a command changes data.
pub(super) fn is_write(argv: &[Bytes]) -> bool {
    argv.first()
        .is_some_and(|name| name.eq_ignore_ascii_case(b"SET") || name.eq_ignore_ascii_case(b"APPEND"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_holds_all_data() {
        let mut data = Data::default();
        for command in ["SET x 1 c1#1", "APPEND x 2 c2#7", "SET y  c1#2"] {
            let words: alloc::vec::Vec<_> = command.split(' ').map(str::as_bytes).collect();
            data.apply(&words);
        }
        assert_eq!((data.get("x"), data.get("y"), data.writes.len()), ("12", "", 3));
        assert_eq!(Data::decode(data.encode().as_bytes()), data);
    }
}
