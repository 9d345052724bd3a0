//! The state machine that the group replicates: named registers, and a session for each client (§6.3 of Ongaro's dissertation).

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use crate::operation::Op;

/// What a client asks. As text, and in the log: `c1#2 x=1`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) client: u64,
    pub(crate) serial: u64,
    pub(crate) op: Op,
}

impl Request {
    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        let (name, op) = core::str::from_utf8(bytes).ok()?.split_once(' ')?;
        let (client, serial) = name.strip_prefix('c')?.split_once('#')?;
        Some(Self {
            client: client.parse().ok()?,
            serial: serial.parse().ok()?,
            op: Op::parse(op)?,
        })
    }
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "c{}#{} {}", self.client, self.serial, self.op)
    }
}

/// How an operation was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It took place, and answers this.
    Done(String),
    /// It was refused; perhaps by one who knows who leads.
    Refused {
        /// The leader, or 0.
        lead: u64,
    },
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done(value) if value.is_empty() => f.write_str("ok"),
            Self::Done(value) => write!(f, "ok {value}"),
            Self::Refused { lead: 0 } => f.write_str("refused"),
            Self::Refused { lead } => write!(f, "refused: ask {lead}"),
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Store {
    values: BTreeMap<String, String>,
    /// Each client's last operation and what it was answered.
    sessions: BTreeMap<u64, (u64, String)>,
}

impl Store {
    /// Applies a request. None if it is one that its client has left behind.
    pub(crate) fn apply(&mut self, request: &Request, sessions: bool) -> Option<String> {
        if sessions {
            match self.sessions.get(&request.client) {
                Some((serial, answer)) if *serial == request.serial => return Some(answer.clone()),
                Some((serial, _)) if *serial > request.serial => return None,
                _ => {}
            }
        }
        let answer = match &request.op {
            Op::Put { key, value } => {
                self.values.insert(key.clone(), value.clone());
                String::new()
            }
            Op::Append { key, value } => {
                let register = self.values.entry(key.clone()).or_default();
                register.push_str(value);
                register.clone()
            }
            Op::Get { key } => self.get(key),
        };
        if sessions {
            self.sessions.insert(request.client, (request.serial, answer.clone()));
        }
        Some(answer)
    }

    pub(crate) fn get(&self, key: &str) -> String {
        self.values.get(key).cloned().unwrap_or_default()
    }

    pub(crate) fn values(&self) -> &BTreeMap<String, String> {
        &self.values
    }

    /// What the client's session says of an operation.
    pub(crate) fn session(&self, client: u64) -> Option<&(u64, String)> {
        self.sessions.get(&client)
    }

    pub(crate) fn encode(&self) -> String {
        let values = self.values.iter().map(|(key, value)| format!("v {key} {value}\n"));
        let sessions = self.sessions.iter();
        let sessions = sessions.map(|(client, (serial, answer))| format!("s {client} {serial} {answer}\n"));
        values.chain(sessions).collect()
    }

    /// What cannot be read is passed over: it was written by [`encode`](Self::encode).
    pub(crate) fn decode(bytes: &[u8]) -> Self {
        let mut store = Self::default();
        for line in core::str::from_utf8(bytes).unwrap_or_default().lines() {
            let words: Vec<&str> = line.split(' ').collect();
            match words.as_slice() {
                ["v", key, value] => {
                    store.values.insert((*key).to_string(), (*value).to_string());
                }
                ["s", client, serial, answer] => {
                    if let (Ok(client), Ok(serial)) = (client.parse(), serial.parse()) {
                        store.sessions.insert(client, (serial, (*answer).to_string()));
                    }
                }
                _ => {}
            }
        }
        store
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(serial: u64, op: &str) -> Request {
        Request {
            client: 1,
            serial,
            op: Op::parse(op).expect("an operation"),
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let mut store = Store::default();
        for (serial, op) in [(1, "x=1"), (2, "y+=2"), (3, "empty="), (4, "x?")] {
            store.apply(&request(serial, op), true);
            assert_eq!(
                Request::parse(request(serial, op).to_string().as_bytes()),
                Some(request(serial, op))
            );
        }
        assert_eq!(Store::decode(store.encode().as_bytes()), store);
    }

    #[test]
    fn a_session_answers_again_and_does_nothing_twice() {
        for (sessions, twice) in [(true, "1"), (false, "11")] {
            let mut store = Store::default();
            store.apply(&request(1, "x+=1"), sessions);
            assert_eq!(store.apply(&request(1, "x+=1"), sessions).as_deref(), Some(twice));
            assert_eq!(store.get("x"), twice);
        }
    }
}
