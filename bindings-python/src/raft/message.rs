//! What members say to each other and keep: messages, entries, hard state, snapshots and changes of membership.

use std::hash::{DefaultHasher, Hash, Hasher};

use pyo3::exceptions::PyValueError;
use pyo3::inspect::{PyStaticConstant, PyStaticExpr};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyTuple};
use pyo3::{type_hint_identifier, type_hint_subscript};
use quorate::raft::{self, wire};

use super::classes::{Classes, comes_out, goes_in, word};
use super::wire::{Bytes, Dialect};
use crate::data::Data;
use crate::error;

word!(
    EntryKind(raft::EntryKind),
    entry_kinds,
    "EntryKind",
    |kind: raft::EntryKind| usize::from(kind.number()),
    |number| raft::EntryKind::from_number(number as u64)
);
word!(
    MessageKind(raft::MessageKind),
    message_kinds,
    "MessageKind",
    |kind: raft::MessageKind| usize::from(kind.number()),
    |number| raft::MessageKind::from_number(number as u64)
);
word!(
    ConfChangeKind(raft::ConfChangeKind),
    change_kinds,
    "ConfChangeKind",
    |kind: raft::ConfChangeKind| usize::from(kind.number()),
    |number| raft::ConfChangeKind::from_number(number as u64)
);
word!(
    ConfChangeTransition(raft::ConfChangeTransition),
    transitions,
    "ConfChangeTransition",
    |kind: raft::ConfChangeTransition| usize::from(kind.number()),
    |number| raft::ConfChangeTransition::from_number(number as u64)
);

/// One place in the log.
///
/// - `term`: the term of the leader that made it.
/// - `index`: its place, from 1 on.
/// - `kind`: what it holds, an `EntryKind`. Default `EntryKind.NORMAL`, a command.
/// - `data`: the command or the encoded change. Default empty.
///
/// >>> from quorate.raft import Entry
/// >>> entry = Entry(2, 7, data=b"x = 1")
/// >>> entry.encode()
/// b'\x08\x00\x10\x02\x18\x07"\x05x = 1'
/// >>> Entry.decode(entry.encode()) == entry
/// True
#[pyclass(frozen, eq, module = "quorate.raft")]
#[derive(PartialEq)]
pub(crate) struct Entry(pub(super) raft::Entry);

#[pymethods]
impl Entry {
    #[classattr]
    fn __match_args__() -> EntryArgs {
        EntryArgs
    }

    #[new]
    #[pyo3(signature = (term, index, kind=EntryKind(raft::EntryKind::Normal), data=Data::Fixed(b"")))]
    fn new(term: u64, index: u64, kind: EntryKind, data: Data<'_>) -> Self {
        Self(raft::Entry {
            term,
            index,
            kind: kind.0,
            data: data.as_slice().into(),
        })
    }

    /// The term of the leader that made it.
    #[getter]
    fn term(&self) -> u64 {
        self.0.term
    }

    /// Its place in the log, from 1 on.
    #[getter]
    fn index(&self) -> u64 {
        self.0.index
    }

    /// What it holds.
    #[getter]
    fn kind(&self) -> EntryKind {
        EntryKind(self.0.kind)
    }

    /// The command, or the encoded change of membership. Empty when a leader begins its term.
    #[getter]
    fn data<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.0.data)
    }

    /// The change of membership that the entry holds; `None` if it is a command. Raises `WireError` if it is not one.
    ///
    /// >>> from quorate.raft import ConfChange, Entry
    /// >>> Entry(1, 2, "conf_change_v2", ConfChange().add_node(4).encode()).conf_change().changes[0].node_id
    /// 4
    fn conf_change(&self) -> PyResult<Option<ConfChange>> {
        Ok(self.0.conf_change().map_err(error::wire)?.map(ConfChange))
    }

    /// Its ``raftpb`` bytes, as they may be stored.
    fn encode<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &wire::encode_entry(&self.0))
    }

    /// Reads what `encode` wrote. Raises `WireError`.
    #[staticmethod]
    fn decode(data: Bytes<'_>) -> PyResult<Self> {
        wire::decode_entry(data.0.as_slice()).map(Self).map_err(error::wire)
    }

    fn __hash__(&self) -> u64 {
        hash(&wire::encode_entry(&self.0))
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let entry = &self.0;
        let kind = Classes::get(py)?.entry_kinds.word(entry.kind.number().into());
        let data = self.data(py).repr()?;
        Ok(format!("Entry({}, {}, '{kind}', {data})", entry.term, entry.index))
    }

    fn __getnewargs__<'py>(&self, py: Python<'py>) -> (u64, u64, EntryKind, Bound<'py, PyBytes>) {
        (self.term(), self.index(), self.kind(), self.data(py))
    }
}

/// A message from a member to another. Fields that a kind does not use are 0, false or empty.
///
/// All but the kind are given by name; `to` and `from_` are ids.
///
/// >>> from quorate.raft import Message
/// >>> message = Message("heartbeat", to=2, from_=1, term=5, commit=3)
/// >>> Message.decode(message.encode()) == message
/// True
/// >>> match message:
/// ...     case Message("heartbeat", to=to, from_=leader):
/// ...         print(leader, "to", to)
/// 1 to 2
#[pyclass(frozen, eq, module = "quorate.raft")]
#[derive(PartialEq)]
pub(crate) struct Message(pub(super) raft::Message);

#[pymethods]
impl Message {
    #[classattr]
    fn __match_args__() -> MessageArgs {
        MessageArgs
    }

    #[new]
    #[pyo3(signature = (
        kind, *, to=0, from_=0, term=0, log_term=0, index=0, entries=Entries(Vec::new()), commit=0, commit_term=0, vote=0,
        snapshot=None, reject=false, reject_hint=0, context=Data::Fixed(b""), priority=0, request_snapshot=0,
        responses=Messages(Vec::new())
    ))]
    #[allow(clippy::too_many_arguments, reason = "they are given by name")]
    fn new(
        kind: MessageKind,
        to: u64,
        from_: u64,
        term: u64,
        log_term: u64,
        index: u64,
        entries: Entries,
        commit: u64,
        commit_term: u64,
        vote: u64,
        snapshot: Option<Snapshot>,
        reject: bool,
        reject_hint: u64,
        context: Data<'_>,
        priority: i64,
        request_snapshot: u64,
        responses: Messages,
    ) -> PyResult<Self> {
        // No thread is told to answer with an order. Messages in messages in messages would be freed by recursion.
        if responses.0.iter().any(|response| !response.responses.is_empty()) {
            return Err(PyValueError::new_err("a response has no responses"));
        }
        Ok(Self(raft::Message {
            kind: kind.0,
            to,
            from: from_,
            term,
            log_term,
            index,
            entries: entries.0,
            commit,
            commit_term,
            vote,
            snapshot: snapshot.map(|snapshot| Box::new(snapshot.0)),
            reject,
            reject_hint,
            context: context.as_slice().to_vec(),
            priority,
            request_snapshot,
            responses: responses.0,
        }))
    }

    /// What it says.
    #[getter]
    fn kind(&self) -> MessageKind {
        MessageKind(self.0.kind)
    }

    /// Who it is for.
    #[getter]
    fn to(&self) -> u64 {
        self.0.to
    }

    /// Who it is from. The name ends in ``_`` because ``from`` is a keyword.
    #[getter]
    fn from_(&self) -> u64 {
        self.0.from
    }

    /// The sender's term; 0 in local messages and in forwarded proposals and reads.
    #[getter]
    fn term(&self) -> u64 {
        self.0.term
    }

    /// The term of the entry at `index`; in a rejection that of the entry at `reject_hint`.
    #[getter]
    fn log_term(&self) -> u64 {
        self.0.log_term
    }

    /// The entry before `entries`, or the one that is acknowledged, rejected or asked about.
    #[getter]
    fn index(&self) -> u64 {
        self.0.index
    }

    /// The entries that follow `index`, in a new list.
    #[getter]
    fn entries(&self) -> Vec<Entry> {
        entries(&self.0.entries)
    }

    /// How far the sender knows the log to be committed.
    #[getter]
    fn commit(&self) -> u64 {
        self.0.commit
    }

    /// The term of the entry at `commit`. Only raft-rs sends it, with votes.
    #[getter]
    fn commit_term(&self) -> u64 {
        self.0.commit_term
    }

    /// The vote to make durable. Only in messages of kind ``storage_append``, which a `ReadyNode` with asynchronous storage sends.
    #[getter]
    fn vote(&self) -> u64 {
        self.0.vote
    }

    /// The snapshot, if there is one. Each access copies its data.
    #[getter]
    fn snapshot(&self) -> Option<Snapshot> {
        self.0.snapshot.as_deref().cloned().map(Snapshot)
    }

    /// Whether the sender refuses.
    #[getter]
    fn reject(&self) -> bool {
        self.0.reject
    }

    /// How far the sender's log may match.
    #[getter]
    fn reject_hint(&self) -> u64 {
        self.0.reject_hint
    }

    /// Whatever the sender wants back: a read's token, or why a vote is asked for.
    #[getter]
    fn context<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.0.context)
    }

    /// How much the sender should rather lead than others. Only raft-rs sends it.
    #[getter]
    fn priority(&self) -> i64 {
        self.0.priority
    }

    /// From where the sender wants a snapshot, 0 if it wants none. Only raft-rs sends it.
    #[getter]
    fn request_snapshot(&self) -> u64 {
        self.0.request_snapshot
    }

    /// What to send, or to tell the node, once this is done. Only in messages to `APPEND_THREAD` and `APPLY_THREAD`.
    #[getter]
    fn responses(&self) -> Vec<Message> {
        self.0.responses.iter().cloned().map(Message).collect()
    }

    /// Its bytes on the wire, as members of that `Dialect` read them. Fields that only the other has are left out, and so are
    /// `responses`, which stay in the process.
    #[pyo3(signature = (dialect=Dialect(wire::Dialect::Etcd)))]
    fn encode<'py>(&self, py: Python<'py>, dialect: Dialect) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &wire::encode_message(&self.0, dialect.0))
    }

    /// Reads a message that a member of that `Dialect` wrote. Raises `WireError`.
    #[staticmethod]
    #[pyo3(signature = (data, dialect=Dialect(wire::Dialect::Etcd)))]
    fn decode(data: Bytes<'_>, dialect: Dialect) -> PyResult<Self> {
        let message = wire::decode_message(data.0.as_slice(), dialect.0);
        message.map(Self).map_err(error::wire)
    }

    fn __hash__(&self) -> u64 {
        hash(&wire::encode_message(&self.0, wire::Dialect::Etcd))
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let kind = Classes::get(py)?.message_kinds.word(self.0.kind.number().into());
        let mut text = format!("Message('{kind}'");
        for (name, value) in self.fields(py)? {
            text += &format!(", {name}={}", value.repr()?);
        }
        Ok(text + ")")
    }

    fn __getnewargs_ex__<'py>(&self, py: Python<'py>) -> PyResult<((MessageKind,), Keywords<'py>)> {
        Ok(((self.kind(),), Keywords(self.fields(py)?)))
    }
}

impl Message {
    /// What is not as it would be if it were not given.
    fn fields<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let (message, fields) = (&self.0, PyDict::new(py));
        let numbers = [
            ("to", message.to),
            ("from_", message.from),
            ("term", message.term),
            ("log_term", message.log_term),
            ("index", message.index),
            ("commit", message.commit),
            ("commit_term", message.commit_term),
            ("vote", message.vote),
            ("reject_hint", message.reject_hint),
            ("request_snapshot", message.request_snapshot),
        ];
        for (name, number) in numbers.into_iter().filter(|(_, number)| *number != 0) {
            fields.set_item(name, number)?;
        }
        if message.reject {
            fields.set_item("reject", true)?;
        }
        if message.priority != 0 {
            fields.set_item("priority", message.priority)?;
        }
        if !message.entries.is_empty() {
            fields.set_item("entries", self.entries())?;
        }
        if message.snapshot.is_some() {
            fields.set_item("snapshot", self.snapshot())?;
        }
        if !message.context.is_empty() {
            fields.set_item("context", self.context(py))?;
        }
        if !message.responses.is_empty() {
            fields.set_item("responses", self.responses())?;
        }
        Ok(fields)
    }
}

/// Entries as they go in: as any iterable gives them.
pub(crate) struct Entries(pub(super) Vec<raft::Entry>);

impl FromPyObject<'_, '_> for Entries {
    type Error = PyErr;

    const INPUT_TYPE: PyStaticExpr = type_hint_subscript!(
        type_hint_identifier!("collections.abc", "Iterable"),
        <Py<Entry> as FromPyObject<'static, 'static>>::INPUT_TYPE
    );

    fn extract(object: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        let mut entries = Vec::new();
        for entry in object.try_iter()? {
            entries.push(entry?.cast::<Entry>()?.get().0.clone());
        }
        Ok(Self(entries))
    }
}

/// Messages as they go in, likewise.
pub(crate) struct Messages(pub(super) Vec<raft::Message>);

impl FromPyObject<'_, '_> for Messages {
    type Error = PyErr;

    const INPUT_TYPE: PyStaticExpr = type_hint_subscript!(
        type_hint_identifier!("collections.abc", "Iterable"),
        <Py<Message> as FromPyObject<'static, 'static>>::INPUT_TYPE
    );

    fn extract(object: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        let mut messages = Vec::new();
        for message in object.try_iter()? {
            messages.push(message?.cast::<Message>()?.get().0.clone());
        }
        Ok(Self(messages))
    }
}

/// `dict[str, Any]`
pub(crate) struct Keywords<'py>(Bound<'py, PyDict>);

crate::data::comes_out!(
    Keywords,
    PyDict,
    type_hint_subscript!(
        type_hint_identifier!("builtins", "dict"),
        type_hint_identifier!("builtins", "str"),
        type_hint_identifier!("typing", "Any")
    )
);

/// What `match` finds by position. Type checkers want to see the words themselves.
macro_rules! match_args {
    ($type:ident, $($name:literal),+) => {
        pub(crate) struct $type;

        impl<'py> IntoPyObject<'py> for $type {
            type Target = PyTuple;
            type Output = Bound<'py, PyTuple>;
            type Error = PyErr;

            const OUTPUT_TYPE: PyStaticExpr = type_hint_subscript!(
                type_hint_identifier!("builtins", "tuple"),
                $(type_hint_subscript!(
                    type_hint_identifier!("typing", "Literal"),
                    PyStaticExpr::Constant { value: PyStaticConstant::Str($name) }
                )),+
            );

            fn into_pyobject(self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
                PyTuple::new(py, [$($name),+])
            }
        }
    };
}

match_args!(EntryArgs, "term", "index", "kind", "data");
match_args!(MessageArgs, "kind");

/// Entries as they come out.
pub(super) fn entries(entries: &[raft::Entry]) -> Vec<Entry> {
    entries.iter().cloned().map(Entry).collect()
}

fn hash(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    hasher.finish()
}

pub(crate) struct EntryId(pub(super) raft::EntryId);

comes_out!(EntryId(raft::EntryId), "EntryId", |py, id| {
    Classes::get(py)?.entry_id.bind(py).call1((id.term, id.index))
});

pub(crate) struct HardState(pub(super) raft::HardState);

goes_in!(HardState, hard_state, "HardState", |object| raft::HardState {
    term: object.getattr("term")?.extract()?,
    vote: object.getattr("vote")?.extract()?,
    commit: object.getattr("commit")?.extract()?,
});
comes_out!(HardState(raft::HardState), "HardState", |py, state| {
    let class = Classes::get(py)?.hard_state.bind(py);
    class.call1((state.term, state.vote, state.commit))
});

pub(crate) struct ConfState(pub(super) raft::ConfState);

goes_in!(ConfState, conf_state, "ConfState", |object| raft::ConfState {
    voters: object.getattr("voters")?.extract()?,
    learners: object.getattr("learners")?.extract()?,
    voters_outgoing: object.getattr("voters_outgoing")?.extract()?,
    learners_next: object.getattr("learners_next")?.extract()?,
    auto_leave: object.getattr("auto_leave")?.extract()?,
});
comes_out!(ConfState(raft::ConfState), "ConfState", |py, state| {
    Classes::get(py)?.conf_state.bind(py).call1((
        state.voters,
        state.learners,
        state.voters_outgoing,
        state.learners_next,
        state.auto_leave,
    ))
});

pub(crate) struct Snapshot(pub(super) raft::Snapshot);

goes_in!(Snapshot, snapshot, "Snapshot", |object| {
    let conf_state: ConfState = object.getattr("conf_state")?.extract()?;
    let data = object.getattr("data")?;
    raft::Snapshot {
        data: data.extract::<Data<'_>>()?.as_slice().into(),
        metadata: raft::SnapshotMetadata {
            conf_state: conf_state.0,
            index: object.getattr("index")?.extract()?,
            term: object.getattr("term")?.extract()?,
        },
    }
});
comes_out!(Snapshot(raft::Snapshot), "Snapshot", |py, snapshot| {
    let metadata = snapshot.metadata;
    Classes::get(py)?.snapshot.bind(py).call1((
        metadata.index,
        metadata.term,
        ConfState(metadata.conf_state),
        PyBytes::new(py, &snapshot.data),
    ))
});

struct ConfChangeSingle(raft::ConfChangeSingle);

goes_in!(ConfChangeSingle, conf_change_single, "ConfChangeSingle", |object| {
    let ConfChangeKind(kind) = object.getattr("kind")?.extract()?;
    raft::ConfChangeSingle {
        kind,
        node_id: object.getattr("node_id")?.extract()?,
    }
});
comes_out!(
    ConfChangeSingle(raft::ConfChangeSingle),
    "ConfChangeSingle",
    |py, single| {
        let class = Classes::get(py)?.conf_change_single.bind(py);
        class.call1((ConfChangeKind(single.kind), single.node_id))
    }
);

pub(crate) struct ConfChange(pub(super) raft::ConfChangeV2);

goes_in!(ConfChange, conf_change, "ConfChange", |object| {
    let ConfChangeTransition(transition) = object.getattr("transition")?.extract()?;
    let changes: Vec<ConfChangeSingle> = object.getattr("changes")?.extract()?;
    let context = object.getattr("context")?;
    raft::ConfChangeV2 {
        transition,
        changes: changes.into_iter().map(|single| single.0).collect(),
        context: context.extract::<Data<'_>>()?.as_slice().to_vec(),
    }
});
comes_out!(ConfChange(raft::ConfChangeV2), "ConfChange", |py, change| {
    let changes: Vec<_> = change.changes.into_iter().map(ConfChangeSingle).collect();
    Classes::get(py)?.conf_change.bind(py).call1((
        changes,
        ConfChangeTransition(change.transition),
        PyBytes::new(py, &change.context),
    ))
});

pub(crate) struct ConfChangeV1(pub(super) raft::ConfChange);

goes_in!(ConfChangeV1, conf_change_v1, "ConfChangeV1", |object| {
    let ConfChangeKind(kind) = object.getattr("kind")?.extract()?;
    let context = object.getattr("context")?;
    raft::ConfChange {
        kind,
        node_id: object.getattr("node_id")?.extract()?,
        context: context.extract::<Data<'_>>()?.as_slice().to_vec(),
        id: object.getattr("id")?.extract()?,
    }
});
comes_out!(ConfChangeV1(raft::ConfChange), "ConfChangeV1", |py, change| {
    Classes::get(py)?.conf_change_v1.bind(py).call1((
        ConfChangeKind(change.kind),
        change.node_id,
        PyBytes::new(py, &change.context),
        change.id,
    ))
});
