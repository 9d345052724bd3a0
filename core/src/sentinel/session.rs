//! Clients: how they speak, what they may do, and what they have subscribed to.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use super::events::{Event, Level};
use super::server::{ClientId, Output, Sentinel};
use crate::resp::{Bytes, Value};

/// What is known of a client that is not as all are at first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Session {
    /// It said `HELLO 3`.
    pub(super) resp3: bool,
    pub(super) authenticated: bool,
    pub(super) channels: BTreeSet<Vec<u8>>,
    pub(super) patterns: BTreeSet<Vec<u8>>,
}

impl Session {
    pub(super) fn subscriptions(&self) -> usize {
        self.channels.len() + self.patterns.len()
    }

    /// A message out of turn: a push, or an array where there are none.
    pub(super) fn push(&self, items: Vec<Value>) -> Value {
        if self.resp3 {
            Value::Push(items.into())
        } else {
            Value::Array(items.into())
        }
    }
}

impl Sentinel {
    /// Tells the driver, the clients that have subscribed, and the notification script (`sentinelEvent`).
    pub(super) fn publish(&mut self, event: Event) {
        let channel = event.kind.name();
        let mut messages: Vec<(ClientId, Value)> = Vec::new();
        if event.level != Level::Debug {
            for (&client, session) in &self.clients {
                if session.channels.contains(channel.as_bytes()) {
                    let parts = ["message", channel, &event.message];
                    messages.push((client, session.push(parts.map(bulk).into())));
                }
                for pattern in session
                    .patterns
                    .iter()
                    .filter(|pattern| glob(pattern, channel.as_bytes()))
                {
                    let pattern = Value::BulkString(Bytes::from(&pattern[..]));
                    let parts = [bulk("pmessage"), pattern, bulk(channel), bulk(&event.message)];
                    messages.push((client, session.push(parts.into())));
                }
            }
        }
        self.notify(&event);
        self.push(Output::Event(event));
        for (client, value) in messages {
            self.push(Output::Reply { client, value });
        }
    }
}

pub(super) fn bulk(text: &str) -> Value {
    Value::BulkString(text.into())
}

/// Whether the text fits the pattern, as the server's `stringmatch` has it: `*`, `?`, `[a-z]`, `[^a]` and `\`.
pub(super) fn glob(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t) = (0, 0);
    // Where to go on when what follows a star does not fit: one byte further.
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        if pattern.get(p) == Some(&b'*') {
            p += 1;
            star = Some((p, t));
            continue;
        }
        if let Some(next) = one(pattern, p, text[t]) {
            p = next;
            t += 1;
            continue;
        }
        let Some((after, from)) = star else { return false };
        star = Some((after, from + 1));
        (p, t) = (after, from + 1);
    }
    pattern[p.min(pattern.len())..].iter().all(|&byte| byte == b'*')
}

/// Where the pattern goes on if what stands at `p` fits the byte.
fn one(pattern: &[u8], p: usize, byte: u8) -> Option<usize> {
    match *pattern.get(p)? {
        b'?' => Some(p + 1),
        b'[' => class(pattern, p + 1, byte),
        b'\\' if p + 1 < pattern.len() => (pattern[p + 1] == byte).then_some(p + 2),
        other => (other == byte).then_some(p + 1),
    }
}

fn class(pattern: &[u8], mut p: usize, byte: u8) -> Option<usize> {
    let negated = pattern.get(p) == Some(&b'^');
    p += usize::from(negated);
    let mut fits = false;
    while let Some(&first) = pattern.get(p) {
        match first {
            b']' => break,
            b'\\' if p + 1 < pattern.len() => {
                fits |= pattern[p + 1] == byte;
                p += 2;
            }
            _ if pattern.get(p + 1) == Some(&b'-') && p + 2 < pattern.len() => {
                let (low, high) = (first.min(pattern[p + 2]), first.max(pattern[p + 2]));
                fits |= (low..=high).contains(&byte);
                p += 3;
            }
            _ => {
                fits |= first == byte;
                p += 1;
            }
        }
    }
    (fits != negated).then_some((p + 1).min(pattern.len()))
}

#[cfg(test)]
mod tests {
    use super::glob;

    #[test]
    fn patterns_are_the_servers() {
        let fits = [
            "*",
            "+s*",
            "+*down",
            "?sdown",
            "[-+]sdown",
            "+[a-t]down",
            "\\+sdown",
            "+sdown*",
            "[^-]sdown",
        ];
        for pattern in fits {
            assert!(glob(pattern.as_bytes(), b"+sdown"), "{pattern}");
        }
        for pattern in ["", "sdown", "+s", "[^+]sdown", "+sdown?", "+[a-c]down", "*x*"] {
            assert!(!glob(pattern.as_bytes(), b"+sdown"), "{pattern}");
        }
        assert!(glob(b"", b"") && glob(b"**", b""));
        let many = [b'*'; 64];
        assert!(!glob(&[&many[..], b"x"].concat(), &[b'a'; 4096]));
    }
}
