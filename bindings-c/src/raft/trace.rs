//! Traces as a word and a JSON text. There are some sixty of them, so that what serde says of each is what is used.

use core::ffi::c_char;
use std::ffi::CString;

use quorate::raft;
use serde_json::Value;

/// Why something happened, or did not. Only with `trace` of quorate_raft_config.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct quorate_raft_trace {
    /// What happened, in snake case, such as "became_leader" or "vote_refused". Ended by NUL.
    pub kind: *const c_char,
    /// What goes with it, as a JSON object in one line, such as {"term":1,"to":2}, by name. Names of variants are in snake case.
    /// Ended by NUL.
    pub json: *const c_char,
}

/// A view of traces.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct quorate_raft_traces {
    /// The first trace.
    pub data: *const quorate_raft_trace,
    /// How many traces.
    pub len: usize,
}

/// The texts that a trace points to.
pub(super) struct Text {
    kind: CString,
    json: CString,
}

impl Text {
    pub(super) fn of(trace: &raft::Trace) -> Self {
        // What serde derives for plain data does not fail.
        let (kind, fields) = match serde_json::to_value(trace).unwrap_or_default() {
            Value::Object(object) => match object.into_iter().next() {
                Some((kind, fields)) => (kind, in_snake_case(fields)),
                None => Default::default(),
            },
            Value::String(kind) => (kind, Value::Object(serde_json::Map::new())),
            _ => Default::default(),
        };
        Self {
            kind: text(snake_case(&kind)),
            json: text(fields.to_string()),
        }
    }

    pub(super) fn view(&self) -> quorate_raft_trace {
        quorate_raft_trace {
            kind: self.kind.as_ptr(),
            json: self.json.as_ptr(),
        }
    }
}

/// A text for C. One that holds NUL, which none does, would be empty.
pub(crate) fn text(text: String) -> CString {
    CString::new(text).unwrap_or_default()
}

/// `BecameLeader` as codes are written: `became_leader`. What is written so stays as it is.
fn snake_case(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 4);
    for character in name.chars() {
        if character.is_ascii_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.push(character.to_ascii_lowercase());
    }
    snake
}

/// No trace holds a text of anybody's, so every text in one is the name of a variant or of a field.
fn in_snake_case(value: Value) -> Value {
    match value {
        Value::String(name) => Value::String(snake_case(&name)),
        Value::Array(values) => values.into_iter().map(in_snake_case).collect(),
        Value::Object(fields) => {
            let fields = fields.into_iter();
            fields
                .map(|(name, value)| (snake_case(&name), in_snake_case(value)))
                .collect()
        }
        plain => plain,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_is_a_word_and_its_fields() {
        let shown = |trace| {
            let text = Text::of(&trace);
            (text.kind.into_string().unwrap(), text.json.into_string().unwrap())
        };
        let (kind, json) = shown(raft::Trace::TimeoutNowIgnored {
            from: 2,
            term: u64::MAX,
            role: raft::Role::PreCandidate,
        });
        assert_eq!(kind, "timeout_now_ignored");
        assert_eq!(json, r#"{"from":2,"role":"pre_candidate","term":18446744073709551615}"#);
        let (kind, json) = shown(raft::Trace::HupIgnoredAsLeader);
        assert_eq!((&*kind, &*json), ("hup_ignored_as_leader", "{}"));
        let (_, json) = shown(raft::Trace::ProposalDropped {
            term: 3,
            reason: raft::Dropped::Transferring { to: 4 },
        });
        assert_eq!(json, r#"{"reason":{"transferring":{"to":4}},"term":3}"#);
    }
}
