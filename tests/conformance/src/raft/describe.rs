//! Messages, entries and the rest as etcd-io/raft prints them.

use std::fmt::Write;

use quorate::raft::{
    APPEND_THREAD, APPLY_THREAD, ConfChangeKind, ConfChangeSingle, ConfState, Entry, EntryKind, HardState, Message,
    MessageKind, NodeId, Ready, Role, Snapshot,
};

/// All that there is to do, a line each; `<empty Ready>` if that is nothing.
pub(super) fn ready(ready: &Ready) -> String {
    let mut text = String::new();
    if let Some(soft) = ready.soft_state {
        let _ = writeln!(text, "Lead:{} State:{}", soft.lead, role(soft.role));
    }
    if let Some(hard) = ready.hard_state.filter(|hard| !hard.is_empty()) {
        let _ = writeln!(text, "HardState {}", hard_state(&hard));
    }
    if !ready.read_states.is_empty() {
        let states = ready.read_states.iter().map(|read| {
            let context: Vec<String> = read.context.iter().map(u8::to_string).collect();
            format!("{{{} [{}]}}", read.index, context.join(" "))
        });
        let _ = writeln!(text, "ReadStates [{}]", states.collect::<Vec<_>>().join(" "));
    }
    if !ready.entries.is_empty() {
        text.push_str("Entries:\n");
        text.push_str(&entries(&ready.entries));
    }
    if let Some(snapshot) = ready.snapshot.as_ref().filter(|snapshot| !snapshot.is_empty()) {
        let _ = writeln!(text, "Snapshot {}", self::snapshot(snapshot));
    }
    if !ready.committed_entries.is_empty() {
        text.push_str("CommittedEntries:\n");
        text.push_str(&entries(&ready.committed_entries));
    }
    if !ready.messages.is_empty() {
        text.push_str("Messages:\n");
        for each in &ready.messages {
            text.push_str(&message(each));
            text.push('\n');
        }
    }
    match text.is_empty() {
        true => "<empty Ready>".to_string(),
        false => format!("Ready MustSync={}:\n{text}", ready.must_sync),
    }
}

pub(super) fn role(role: Role) -> String {
    format!("State{role:?}")
}

pub(super) fn kind(kind: MessageKind) -> &'static str {
    kind.name()
}

fn hard_state(state: &HardState) -> String {
    let vote = match state.vote {
        0 => String::new(),
        vote => format!(" Vote:{vote}"),
    };
    format!("Term:{}{vote} Commit:{}", state.term, state.commit)
}

pub(super) fn snapshot(snapshot: &Snapshot) -> String {
    let metadata = &snapshot.metadata;
    let state = conf_state(&metadata.conf_state);
    format!("Index:{} Term:{} ConfState:{state}", metadata.index, metadata.term)
}

fn conf_state(state: &ConfState) -> String {
    format!(
        "Voters:{} VotersOutgoing:{} Learners:{} LearnersNext:{} AutoLeave:{}",
        ids(&state.voters),
        ids(&state.voters_outgoing),
        ids(&state.learners),
        ids(&state.learners_next),
        state.auto_leave
    )
}

fn ids(ids: &[NodeId]) -> String {
    let ids: Vec<String> = ids.iter().map(NodeId::to_string).collect();
    format!("[{}]", ids.join(" "))
}

/// A line each.
pub(super) fn entries(entries: &[Entry]) -> String {
    entries.iter().map(|each| entry(each) + "\n").collect()
}

fn entry(entry: &Entry) -> String {
    let (kind, data) = match entry.kind {
        EntryKind::Normal => ("EntryNormal", quoted(&entry.data)),
        EntryKind::ConfChange => ("EntryConfChange", change(entry)),
        EntryKind::ConfChangeV2 => ("EntryConfChangeV2", change(entry)),
    };
    let space = if data.is_empty() { "" } else { " " };
    format!("{}/{} {kind}{space}{data}", entry.term, entry.index)
}

fn change(entry: &Entry) -> String {
    match entry.conf_change() {
        Ok(change) => changes(&change.unwrap_or_default().changes),
        Err(error) => error.to_string(),
    }
}

/// `v1 l2 r3 u4`.
fn changes(changes: &[ConfChangeSingle]) -> String {
    let words: Vec<String> = changes
        .iter()
        .map(|change| {
            let letter = match change.kind {
                ConfChangeKind::AddNode => 'v',
                ConfChangeKind::AddLearnerNode => 'l',
                ConfChangeKind::RemoveNode => 'r',
                ConfChangeKind::UpdateNode => 'u',
            };
            format!("{letter}{}", change.node_id)
        })
        .collect();
    words.join(" ")
}

/// Go's `%q`, as far as scripts need it.
fn quoted(data: &[u8]) -> String {
    let mut text = String::from("\"");
    for chunk in data.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '"' | '\\' => text.extend(['\\', c]),
                '\u{7}' => text.push_str("\\a"),
                '\u{8}' => text.push_str("\\b"),
                '\u{c}' => text.push_str("\\f"),
                '\u{b}' => text.push_str("\\v"),
                '\n' => text.push_str("\\n"),
                '\r' => text.push_str("\\r"),
                '\t' => text.push_str("\\t"),
                c if (c as u32) < 0x20 || c as u32 == 0x7f => {
                    let _ = write!(text, "\\x{:02x}", c as u32);
                }
                c => text.push(c),
            }
        }
        for byte in chunk.invalid() {
            let _ = write!(text, "\\x{byte:02x}");
        }
    }
    text.push('"');
    text
}

/// One line, and more for many entries, a snapshot and responses.
pub(super) fn message(message: &Message) -> String {
    let mut text = String::new();
    write_message(&mut text, "", message);
    text
}

fn write_message(text: &mut String, indent: &str, message: &Message) {
    let _ = write!(
        text,
        "{indent}{}->{} {} Term:{} Log:{}/{}",
        target(message.from),
        target(message.to),
        kind(message.kind),
        message.term,
        message.log_term,
        message.index
    );
    if message.reject {
        let _ = write!(text, " Rejected (Hint: {})", message.reject_hint);
    }
    if message.commit != 0 {
        let _ = write!(text, " Commit:{}", message.commit);
    }
    if message.vote != 0 {
        let _ = write!(text, " Vote:{}", message.vote);
    }
    match message.entries.as_slice() {
        [] => {}
        [one] => {
            let _ = write!(text, " Entries:[{}]", entry(one));
        }
        many => {
            text.push_str(" Entries:[");
            for each in many {
                let _ = write!(text, "\n{indent}  {}", entry(each));
            }
            let _ = write!(text, "\n{indent}]");
        }
    }
    if let Some(snapshot) = message.snapshot.as_ref().filter(|snapshot| !snapshot.is_empty()) {
        let _ = write!(text, "\n{indent}  Snapshot: {}", self::snapshot(snapshot));
    }
    if !message.responses.is_empty() {
        text.push_str(" Responses:[");
        // Responses have none themselves, so this goes one level down.
        for response in &message.responses {
            text.push('\n');
            write_message(text, &format!("{indent}  "), response);
        }
        let _ = write!(text, "\n{indent}]");
    }
}

fn target(id: NodeId) -> String {
    match id {
        0 => "None".to_string(),
        APPEND_THREAD => "AppendThread".to_string(),
        APPLY_THREAD => "ApplyThread".to_string(),
        id => format!("{id:x}"),
    }
}
