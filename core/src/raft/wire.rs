//! Messages, entries and changes as bytes: the protocol buffers of etcd's `raftpb` and of raft-rs' `eraftpb`, by hand.
//!
//! The two agree but for the last fields of a message ([`Dialect`]). Like etcd before 3.7, fields that are no
//! pointer there are always written, zeros too; reading takes them in any order, absent or repeated, and passes over others.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::message::{
    ConfChange, ConfChangeKind, ConfChangeSingle, ConfChangeTransition, ConfChangeV2, ConfState, Data, Entry,
    EntryKind, HardState, Message, MessageKind, Snapshot, SnapshotMetadata,
};

/// Whose messages are read and written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Dialect {
    /// etcd-io/raft: `vote` is field 13.
    #[default]
    Etcd,
    /// raft-rs: `request_snapshot` is field 13, `commit_term` 15 and `priority` 16.
    RaftRs,
}

/// Bytes that are not what they should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[error("at byte {offset}: {expected}")]
pub struct WireError {
    /// Where, counted from the start of the message or of the part of it that is wrong.
    pub offset: usize,
    /// What should stand there.
    pub expected: &'static str,
}

impl WireError {
    /// A stable name, the same in every binding.
    pub fn code(&self) -> &'static str {
        "invalid_wire"
    }
}

// ---- writing

struct Writer(Vec<u8>);

impl Writer {
    fn new() -> Self {
        Self(Vec::new())
    }

    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }

    fn number(&mut self, field: u8, value: u64) {
        self.varint(u64::from(field) << 3);
        self.varint(value);
    }

    fn bytes(&mut self, field: u8, bytes: &[u8]) {
        self.varint(u64::from(field) << 3 | 2);
        self.varint(bytes.len() as u64);
        self.0.extend_from_slice(bytes);
    }

    fn part(&mut self, field: u8, write: impl FnOnce(&mut Self)) {
        let mut part = Self::new();
        write(&mut part);
        self.bytes(field, &part.0);
    }

    fn numbers(&mut self, field: u8, values: &[u64]) {
        for &value in values {
            self.number(field, value);
        }
    }

    fn entry(&mut self, entry: &Entry) {
        self.number(1, u64::from(entry.kind.number()));
        self.number(2, entry.term);
        self.number(3, entry.index);
        if !entry.data.is_empty() {
            self.bytes(4, &entry.data);
        }
    }

    fn conf_state(&mut self, state: &ConfState) {
        self.numbers(1, &state.voters);
        self.numbers(2, &state.learners);
        self.numbers(3, &state.voters_outgoing);
        self.numbers(4, &state.learners_next);
        self.number(5, u64::from(state.auto_leave));
    }

    fn snapshot(&mut self, snapshot: &Snapshot) {
        if !snapshot.data.is_empty() {
            self.bytes(1, &snapshot.data);
        }
        self.part(2, |part| {
            let metadata = &snapshot.metadata;
            part.part(1, |part| part.conf_state(&metadata.conf_state));
            part.number(2, metadata.index);
            part.number(3, metadata.term);
        });
    }
}

/// Writes a message. [`Message::responses`], which never leaves a process, is not written.
pub fn encode_message(message: &Message, dialect: Dialect) -> Vec<u8> {
    let mut out = Writer::new();
    out.number(1, u64::from(message.kind.number()));
    out.number(2, message.to);
    out.number(3, message.from);
    out.number(4, message.term);
    out.number(5, message.log_term);
    out.number(6, message.index);
    for entry in &message.entries {
        out.part(7, |part| part.entry(entry));
    }
    out.number(8, message.commit);
    if let Some(snapshot) = &message.snapshot {
        out.part(9, |part| part.snapshot(snapshot));
    }
    out.number(10, u64::from(message.reject));
    out.number(11, message.reject_hint);
    if !message.context.is_empty() {
        out.bytes(12, &message.context);
    }
    match dialect {
        Dialect::Etcd => out.number(13, message.vote),
        Dialect::RaftRs => {
            out.number(13, message.request_snapshot);
            out.number(15, message.commit_term);
            out.number(16, message.priority as u64);
        }
    }
    out.0
}

/// Writes an entry, as it may be stored.
pub fn encode_entry(entry: &Entry) -> Vec<u8> {
    let mut out = Writer::new();
    out.entry(entry);
    out.0
}

/// Writes a hard state, as it may be stored.
pub fn encode_hard_state(state: &HardState) -> Vec<u8> {
    let mut out = Writer::new();
    out.number(1, state.term);
    out.number(2, state.vote);
    out.number(3, state.commit);
    out.0
}

/// Writes a snapshot, as it may be stored.
pub fn encode_snapshot(snapshot: &Snapshot) -> Vec<u8> {
    let mut out = Writer::new();
    out.snapshot(snapshot);
    out.0
}

/// Writes a change of one member, as older members do.
pub fn encode_change_v1(change: &ConfChange) -> Vec<u8> {
    let mut out = Writer::new();
    out.number(1, change.id);
    out.number(2, u64::from(change.kind.number()));
    out.number(3, change.node_id);
    if !change.context.is_empty() {
        out.bytes(4, &change.context);
    }
    out.0
}

/// Writes a change of membership. The one that leaves a joint configuration is empty.
pub fn encode_change_v2(change: &ConfChangeV2) -> Vec<u8> {
    let mut out = Writer::new();
    if change.is_leave_joint() && change.context.is_empty() {
        return out.0;
    }
    out.number(1, u64::from(change.transition.number()));
    for single in &change.changes {
        out.part(2, |part| {
            part.number(1, u64::from(single.kind.number()));
            part.number(2, single.node_id);
        });
    }
    if !change.context.is_empty() {
        out.bytes(3, &change.context);
    }
    out.0
}

// ---- reading

/// One field: its number, and a number or bytes.
enum Field<'a> {
    Number(u64, u64),
    Bytes(u64, &'a [u8]),
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    fn error(&self, expected: &'static str) -> WireError {
        WireError {
            offset: self.at,
            expected,
        }
    }

    fn varint(&mut self) -> Result<u64, WireError> {
        let mut value = 0u64;
        for shift in (0..70).step_by(7) {
            let byte = *self.bytes.get(self.at).ok_or(self.error("a number, before the end"))?;
            if shift == 63 && byte > 1 {
                return Err(self.error("a number of 64 bits"));
            }
            self.at += 1;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(self.error("a number of 64 bits"))
    }

    fn take(&mut self, len: u64) -> Result<&'a [u8], WireError> {
        let end = usize::try_from(len).ok().and_then(|len| self.at.checked_add(len));
        let bytes = end
            .and_then(|end| self.bytes.get(self.at..end))
            .ok_or(self.error("as many bytes as announced"))?;
        self.at += bytes.len();
        Ok(bytes)
    }

    /// The next field; those of fixed width, which nothing here has, are passed over.
    fn field(&mut self) -> Result<Option<Field<'a>>, WireError> {
        while self.at < self.bytes.len() {
            let tag = self.varint()?;
            let number = tag >> 3;
            match tag & 7 {
                0 => return Ok(Some(Field::Number(number, self.varint()?))),
                2 => {
                    let len = self.varint()?;
                    return Ok(Some(Field::Bytes(number, self.take(len)?)));
                }
                1 => drop(self.take(8)?),
                5 => drop(self.take(4)?),
                _ => return Err(self.error("a field of a known wire type")),
            }
        }
        Ok(None)
    }
}

macro_rules! fields {
    ($bytes:expr, $reader:ident, { $($pattern:pat $(if $guard:expr)? => $action:expr),+ $(,)? }) => {
        let mut $reader = Reader::new($bytes);
        while let Some(field) = $reader.field()? {
            match field {
                $($pattern $(if $guard)? => $action,)+
                _ => {}
            }
        }
    };
}

/// Numbers of a list: one a field, or many packed into bytes.
fn packed(into: &mut Vec<u64>, bytes: &[u8]) -> Result<(), WireError> {
    let mut reader = Reader::new(bytes);
    while reader.at < bytes.len() {
        into.push(reader.varint()?);
    }
    Ok(())
}

/// Reads a message.
///
/// # Errors
/// [`WireError`].
pub fn decode_message(bytes: &[u8], dialect: Dialect) -> Result<Message, WireError> {
    use Field::{Bytes, Number};

    let mut message = Message::new(MessageKind::Hup);
    let etcd = dialect == Dialect::Etcd;
    fields!(bytes, reader, {
        Number(1, kind) => {
            message.kind = MessageKind::from_number(kind).ok_or(reader.error("a known kind of message"))?;
        },
        Number(2, to) => message.to = to,
        Number(3, from) => message.from = from,
        Number(4, term) => message.term = term,
        Number(5, log_term) => message.log_term = log_term,
        Number(6, index) => message.index = index,
        Bytes(7, entry) => message.entries.push(decode_entry(entry)?),
        Number(8, commit) => message.commit = commit,
        Bytes(9, snapshot) => {
            // An empty one is written by members that have none.
            let snapshot = decode_snapshot(snapshot)?;
            message.snapshot = (!snapshot.is_empty() || !snapshot.data.is_empty()).then(|| Box::new(snapshot));
        },
        Number(10, reject) => message.reject = reject != 0,
        Number(11, hint) => message.reject_hint = hint,
        Bytes(12, context) => message.context = context.to_vec(),
        Number(13, vote) if etcd => message.vote = vote,
        Number(13, index) => message.request_snapshot = index,
        Number(15, term) if !etcd => message.commit_term = term,
        Number(14 | 16, priority) if !etcd => message.priority = priority as i64,
    });
    Ok(message)
}

/// Reads an entry.
///
/// # Errors
/// [`WireError`].
pub fn decode_entry(bytes: &[u8]) -> Result<Entry, WireError> {
    use Field::{Bytes, Number};

    let mut entry = Entry::normal(Data::from([]));
    fields!(bytes, reader, {
        Number(1, kind) => entry.kind = EntryKind::from_number(kind).ok_or(reader.error("a known kind of entry"))?,
        Number(2, term) => entry.term = term,
        Number(3, index) => entry.index = index,
        Bytes(4, data) => entry.data = data.into(),
    });
    Ok(entry)
}

/// Reads a hard state.
///
/// # Errors
/// [`WireError`].
pub fn decode_hard_state(bytes: &[u8]) -> Result<HardState, WireError> {
    let mut state = HardState::default();
    fields!(bytes, reader, {
        Field::Number(1, term) => state.term = term,
        Field::Number(2, vote) => state.vote = vote,
        Field::Number(3, commit) => state.commit = commit,
    });
    Ok(state)
}

/// Reads a snapshot.
///
/// # Errors
/// [`WireError`].
pub fn decode_snapshot(bytes: &[u8]) -> Result<Snapshot, WireError> {
    let mut snapshot = Snapshot::default();
    fields!(bytes, reader, {
        Field::Bytes(1, data) => snapshot.data = data.into(),
        Field::Bytes(2, metadata) => snapshot.metadata = decode_metadata(metadata)?,
    });
    Ok(snapshot)
}

fn decode_metadata(bytes: &[u8]) -> Result<SnapshotMetadata, WireError> {
    let mut metadata = SnapshotMetadata::default();
    fields!(bytes, reader, {
        Field::Bytes(1, state) => metadata.conf_state = decode_conf_state(state)?,
        Field::Number(2, index) => metadata.index = index,
        Field::Number(3, term) => metadata.term = term,
    });
    Ok(metadata)
}

fn decode_conf_state(bytes: &[u8]) -> Result<ConfState, WireError> {
    use Field::{Bytes, Number};

    let mut state = ConfState::default();
    fields!(bytes, reader, {
        Number(1, id) => state.voters.push(id),
        Bytes(1, ids) => packed(&mut state.voters, ids)?,
        Number(2, id) => state.learners.push(id),
        Bytes(2, ids) => packed(&mut state.learners, ids)?,
        Number(3, id) => state.voters_outgoing.push(id),
        Bytes(3, ids) => packed(&mut state.voters_outgoing, ids)?,
        Number(4, id) => state.learners_next.push(id),
        Bytes(4, ids) => packed(&mut state.learners_next, ids)?,
        Number(5, leave) => state.auto_leave = leave != 0,
    });
    Ok(state)
}

impl Entry {
    /// The change of membership that the entry holds; `None` if it is a command.
    ///
    /// # Errors
    /// [`WireError`].
    pub fn conf_change(&self) -> Result<Option<ConfChangeV2>, WireError> {
        match self.kind {
            EntryKind::Normal => Ok(None),
            EntryKind::ConfChange => Ok(Some(decode_change_v1(&self.data)?.into())),
            EntryKind::ConfChangeV2 => Ok(Some(decode_change_v2(&self.data)?)),
        }
    }
}

/// The change that an entry holds, which is no command.
pub(super) fn decode_change(entry: &Entry) -> Result<ConfChangeV2, WireError> {
    entry.conf_change().map(Option::unwrap_or_default)
}

/// Reads a change of one member.
///
/// # Errors
/// [`WireError`].
pub fn decode_change_v1(bytes: &[u8]) -> Result<ConfChange, WireError> {
    let mut change = ConfChange {
        kind: ConfChangeKind::AddNode,
        node_id: 0,
        context: Vec::new(),
        id: 0,
    };
    fields!(bytes, reader, {
        Field::Number(1, id) => change.id = id,
        Field::Number(2, kind) => change.kind = ConfChangeKind::from_number(kind).ok_or(reader.error("a known change"))?,
        Field::Number(3, id) => change.node_id = id,
        Field::Bytes(4, context) => change.context = context.to_vec(),
    });
    Ok(change)
}

/// Reads a change of membership.
///
/// # Errors
/// [`WireError`].
pub fn decode_change_v2(bytes: &[u8]) -> Result<ConfChangeV2, WireError> {
    let mut change = ConfChangeV2::default();
    fields!(bytes, reader, {
        Field::Number(1, transition) => {
            let transition = ConfChangeTransition::from_number(transition);
            change.transition = transition.ok_or(reader.error("a known transition"))?;
        },
        Field::Bytes(2, single) => change.changes.push(decode_single(single)?),
        Field::Bytes(3, context) => change.context = context.to_vec(),
    });
    Ok(change)
}

fn decode_single(bytes: &[u8]) -> Result<ConfChangeSingle, WireError> {
    let mut single = ConfChangeSingle {
        kind: ConfChangeKind::AddNode,
        node_id: 0,
    };
    fields!(bytes, reader, {
        Field::Number(1, kind) => single.kind = ConfChangeKind::from_number(kind).ok_or(reader.error("a known change"))?,
        Field::Number(2, id) => single.node_id = id,
    });
    Ok(single)
}
