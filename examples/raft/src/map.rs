//! The state machine: a map of words to words, and the commands that change it.
//!
//! A command is kept in the log as the line that a client typed. Equal commands in equal order make equal maps, so nothing here
//! may depend on anything else: no clock, no randomness, no order of a hash table.

use std::collections::BTreeMap;
use std::fmt::Write;

/// Stands for no value: what a missing key has.
const NOTHING: &str = "-";

/// What the log is replicated for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Map(BTreeMap<String, String>);

impl Map {
    pub(crate) fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Carries out a command of the log, and says what to answer to whoever asked for it. What is no command changes nothing:
    /// the empty entry with which a leader begins its term is one of those.
    pub(crate) fn apply(&mut self, command: &[u8]) -> String {
        match std::str::from_utf8(command).ok().and_then(Command::parse) {
            Some(Command::Put { key, value }) => {
                self.0.insert(key.to_owned(), value.to_owned());
                "OK".to_owned()
            }
            Some(Command::Cas { key, expected, value }) => {
                let found = self.get(key).unwrap_or(NOTHING);
                if found != expected {
                    return format!("NO {found}");
                }
                self.0.insert(key.to_owned(), value.to_owned());
                "OK".to_owned()
            }
            None => "ERR no command".to_owned(),
        }
    }

    /// The whole map as lines `key value`, in the order of keys: the data of a snapshot.
    pub(crate) fn to_text(&self) -> String {
        self.0.iter().fold(String::new(), |mut text, (key, value)| {
            let _ = writeln!(text, "{key} {value}");
            text
        })
    }

    /// The map that [`to_text`](Self::to_text) wrote.
    pub(crate) fn from_text(text: &[u8]) -> Option<Self> {
        let lines = std::str::from_utf8(text).ok()?.lines();
        let pairs = lines.map(|line| {
            let (key, value) = line.split_once(' ')?;
            Some((key.to_owned(), value.to_owned()))
        });
        pairs.collect::<Option<_>>().map(Self)
    }
}

/// What changes the map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Command<'a> {
    /// `PUT key value`.
    Put { key: &'a str, value: &'a str },
    /// `CAS key expected value`: a PUT if the key has that value, `-` for none. Unlike PUT it does no harm when a client that
    /// was told nothing asks again, and the first request turns up late.
    Cas {
        key: &'a str,
        expected: &'a str,
        value: &'a str,
    },
}

impl<'a> Command<'a> {
    pub(crate) fn parse(line: &'a str) -> Option<Self> {
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        let command = match words[..] {
            ["PUT", key, value] => Self::Put { key, value },
            ["CAS", key, expected, value] => Self::Cas { key, expected, value },
            _ => return None,
        };
        let (Self::Put { value, .. } | Self::Cas { value, .. }) = command;
        (value != NOTHING).then_some(command)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_change_the_map_and_say_what_came_of_them() {
        let mut map = Map::default();
        let answers = [
            ("PUT a 1", "OK"),
            ("CAS a 1 2", "OK"),
            ("CAS a 1 3", "NO 2"),
            ("CAS b 1 2", "NO -"),
            ("CAS b - 1", "OK"),
            ("", "ERR no command"),
            ("PUT a -", "ERR no command"),
            ("PUT a", "ERR no command"),
        ];
        for (command, answer) in answers {
            assert_eq!(map.apply(command.as_bytes()), answer, "{command}");
        }
        assert_eq!(map.to_text(), "a 2\nb 1\n");
        assert_eq!(map.get("a"), Some("2"));
        assert_eq!(map.get("c"), None);
    }

    #[test]
    fn a_snapshot_holds_the_whole_map() {
        let mut map = Map::default();
        for n in 0..100 {
            map.apply(format!("PUT key{n} {}", n * n).as_bytes());
        }
        assert_eq!(Map::from_text(map.to_text().as_bytes()), Some(map));
        assert_eq!(Map::from_text(b""), Some(Map::default()));
        assert_eq!(Map::from_text(b"no-pair\n"), None);
    }
}
