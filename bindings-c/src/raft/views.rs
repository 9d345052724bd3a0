//! Where the views that are handed out stand.

use quorate::raft;

use super::message::*;
use crate::bytes::quorate_bytes;

/// The structs behind views of messages, entries and snapshots. What they point to stays with its owner, which is kept beside.
///
/// Room is made before the first is written, so that none moves.
#[derive(Default)]
pub(super) struct Views {
    entries: Vec<quorate_raft_entry>,
    snapshots: Vec<quorate_raft_snapshot>,
    messages: Vec<quorate_raft_message>,
    responses: Vec<quorate_raft_message>,
    hard_states: Vec<quorate_raft_hard_state>,
}

/// How much room.
#[derive(Clone, Copy, Default)]
pub(super) struct Room {
    pub(super) entries: usize,
    pub(super) snapshots: usize,
    pub(super) messages: usize,
    pub(super) responses: usize,
}

impl Room {
    /// For what one message points to.
    pub(super) fn for_message(mut self, message: &raft::Message) -> Self {
        for message in message.responses.iter().chain([message]) {
            self.entries += message.entries.len();
            self.snapshots += usize::from(message.snapshot.is_some());
        }
        self.responses += message.responses.len();
        self
    }

    /// For messages and what they point to.
    pub(super) fn for_messages(mut self, messages: &[raft::Message]) -> Self {
        self.messages += messages.len();
        messages.iter().fold(self, Self::for_message)
    }
}

// SAFETY: the pointers are read by the caller of the library alone, who uses a handle in one thread at a time.
unsafe impl Send for Views {}

impl Views {
    /// Forgets what was there, and makes room. Nothing more may be written than there is room for.
    pub(super) fn start(&mut self, room: Room) {
        self.entries.clear();
        self.entries.reserve(room.entries);
        self.snapshots.clear();
        self.snapshots.reserve(room.snapshots);
        self.messages.clear();
        self.messages.reserve(room.messages);
        self.responses.clear();
        self.responses.reserve(room.responses);
        self.hard_states.clear();
    }

    pub(super) fn entries(&mut self, entries: &[raft::Entry]) -> quorate_raft_entries {
        debug_assert!(self.entries.capacity() - self.entries.len() >= entries.len());
        let first = self.entries.len();
        self.entries.extend(entries.iter().map(quorate_raft_entry::of));
        quorate_raft_entries {
            data: self.entries[first..].as_ptr(),
            len: entries.len(),
        }
    }

    pub(super) fn snapshot(&mut self, snapshot: Option<&raft::Snapshot>) -> *const quorate_raft_snapshot {
        let Some(snapshot) = snapshot else {
            return core::ptr::null();
        };
        debug_assert!(self.snapshots.capacity() > self.snapshots.len());
        let place = self.snapshots.len();
        self.snapshots.push(quorate_raft_snapshot::of(snapshot));
        &self.snapshots[place]
    }

    pub(super) fn hard_state(&mut self, state: Option<raft::HardState>) -> *const quorate_raft_hard_state {
        self.hard_states.extend(state.map(quorate_raft_hard_state::of));
        self.hard_states.last().map_or(core::ptr::null(), core::ptr::from_ref)
    }

    pub(super) fn messages(&mut self, messages: &[raft::Message]) -> quorate_raft_messages {
        debug_assert!(self.messages.capacity() - self.messages.len() >= messages.len());
        let first = self.messages.len();
        for message in messages {
            let view = self.message(message);
            self.messages.push(view);
        }
        quorate_raft_messages {
            data: self.messages[first..].as_ptr(),
            len: messages.len(),
        }
    }

    pub(super) fn message(&mut self, message: &raft::Message) -> quorate_raft_message {
        debug_assert!(self.responses.capacity() - self.responses.len() >= message.responses.len());
        let first = self.responses.len();
        for response in &message.responses {
            // Answers have no answers of their own.
            let view = self.alone(response);
            self.responses.push(view);
        }
        let mut view = self.alone(message);
        if !message.responses.is_empty() {
            view.responses = self.responses[first..].as_ptr();
            view.response_count = message.responses.len();
        }
        view
    }

    fn alone(&mut self, message: &raft::Message) -> quorate_raft_message {
        quorate_raft_message {
            to: message.to,
            from: message.from,
            term: message.term,
            log_term: message.log_term,
            index: message.index,
            entries: self.entries(&message.entries),
            commit: message.commit,
            commit_term: message.commit_term,
            vote: message.vote,
            snapshot: self.snapshot(message.snapshot.as_deref()),
            reject_hint: message.reject_hint,
            context: quorate_bytes::of(&message.context),
            priority: message.priority,
            request_snapshot: message.request_snapshot,
            responses: core::ptr::null(),
            response_count: 0,
            kind: message.kind.number().into(),
            reject: message.reject.into(),
        }
    }
}
