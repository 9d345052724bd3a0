//! What a node says: a tagged struct, whose views stand in its handle.

use core::ffi::c_char;

use quorate::raft;

use super::message::*;
use super::trace::{Text, quorate_raft_trace};
use super::views::{Room, Views};
use crate::boundary;
use crate::bytes::quorate_bytes;

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum quorate_raft_role {
    /// It takes entries from a leader, or waits for one.
    QUORATE_RAFT_FOLLOWER = 0,
    /// It asks whether it could win an election.
    QUORATE_RAFT_PRE_CANDIDATE = 1,
    /// It asks for votes.
    QUORATE_RAFT_CANDIDATE = 2,
    /// It leads.
    QUORATE_RAFT_LEADER = 3,
}

use quorate_raft_role::*;

/// What an output is, and which member of `as` it is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum quorate_raft_output_kind {
    /// What a newer core says and this header does not know.
    QUORATE_RAFT_OUTPUT_UNLISTED = 0,
    /// `as.send`: send this message to the member `to`. It may be lost, late, repeated or out of order.
    QUORATE_RAFT_OUTPUT_SEND = 1,
    /// `as.persist`: make this durable, then call quorate_raft_node_persisted.
    QUORATE_RAFT_OUTPUT_PERSIST = 2,
    /// `as.apply`: apply these committed entries, at least one and without a gap, to the state machine, then call
    /// quorate_raft_node_applied with the index of the last. One that is not QUORATE_RAFT_ENTRY_NORMAL goes to
    /// quorate_raft_node_apply_entry, unless the application refuses the change.
    QUORATE_RAFT_OUTPUT_APPLY = 3,
    /// `as.read_ready`: the read of that context may take place once everything up to `index` is applied.
    QUORATE_RAFT_OUTPUT_READ_READY = 4,
    /// `as.read_lost`: the read of that context will not be answered: leadership ended. Ask again.
    QUORATE_RAFT_OUTPUT_READ_LOST = 5,
    /// `as.role_changed`: the node's role, its leader or its term changed.
    QUORATE_RAFT_OUTPUT_ROLE_CHANGED = 6,
    /// `as.fetch`: a member needs entries that are no longer in the window, and no snapshot is known that would do. Call
    /// quorate_raft_node_entries_fetched with them, or take a snapshot and call quorate_raft_node_snapshot_taken.
    QUORATE_RAFT_OUTPUT_FETCH = 7,
    /// `as.trace`: why something happened, or did not.
    QUORATE_RAFT_OUTPUT_TRACE = 8,
}

use quorate_raft_output_kind::*;

/// What is to be made durable: in the order of the tickets, and in each the snapshot first (it replaces the whole log), then the
/// entries (they replace what is stored from the first one's index on), then the hard state.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct quorate_raft_persist {
    /// What to answer with.
    pub ticket: u64,
    /// The hard state, or NULL if it did not change.
    pub hard_state: *const quorate_raft_hard_state,
    /// A snapshot from the leader, or NULL. It also goes to the state machine.
    pub snapshot: *const quorate_raft_snapshot,
    /// Entries, without a gap.
    pub entries: quorate_raft_entries,
    /// Whether it must reach the disk: false where only the commit index changed, which may be lost.
    pub must_sync: bool,
}

/// A read that may take place.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct quorate_raft_read_state {
    /// From here on the read is linearizable.
    pub index: u64,
    /// What the read was asked for with.
    pub context: quorate_bytes,
}

/// What a node is now.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct quorate_raft_role_change {
    /// Who leads, or QUORATE_RAFT_NONE.
    pub lead: u64,
    /// The term.
    pub term: u64,
    /// What the node is.
    pub role: quorate_raft_role,
}

/// Entries that a member needs.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct quorate_raft_fetch {
    /// Who needs them.
    pub to: u64,
    /// The entry before the first that it needs, whose term is needed too.
    pub previous: u64,
    /// One past the last entry that is not in the window.
    pub end: u64,
}

/// What an output holds. The output's kind says which member.
#[derive(Clone, Copy)]
#[repr(C)]
pub union quorate_raft_output_as {
    /// QUORATE_RAFT_OUTPUT_SEND
    pub send: quorate_raft_message,
    /// QUORATE_RAFT_OUTPUT_PERSIST
    pub persist: quorate_raft_persist,
    /// QUORATE_RAFT_OUTPUT_APPLY
    pub apply: quorate_raft_entries,
    /// QUORATE_RAFT_OUTPUT_READ_READY
    pub read_ready: quorate_raft_read_state,
    /// QUORATE_RAFT_OUTPUT_READ_LOST: its context
    pub read_lost: quorate_bytes,
    /// QUORATE_RAFT_OUTPUT_ROLE_CHANGED
    pub role_changed: quorate_raft_role_change,
    /// QUORATE_RAFT_OUTPUT_FETCH
    pub fetch: quorate_raft_fetch,
    /// QUORATE_RAFT_OUTPUT_TRACE
    pub trace: quorate_raft_trace,
}

/// What the caller must do, or may want to know. Its views are valid until the next poll of the node, or until it is freed.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct quorate_raft_output {
    /// What it is.
    pub kind: quorate_raft_output_kind,
    /// What it holds, by its kind.
    pub r#as: quorate_raft_output_as,
}

impl quorate_raft_role {
    pub(super) fn of(role: raft::Role) -> Self {
        match role {
            raft::Role::Follower => QUORATE_RAFT_FOLLOWER,
            raft::Role::PreCandidate => QUORATE_RAFT_PRE_CANDIDATE,
            raft::Role::Candidate => QUORATE_RAFT_CANDIDATE,
            raft::Role::Leader => QUORATE_RAFT_LEADER,
        }
    }
}

/// The output that was polled last, and the structs that its views are.
#[derive(Default)]
pub(super) struct Polled {
    output: Option<raft::Output>,
    trace: Option<Text>,
    views: Views,
}

impl Polled {
    /// Keeps an output, in place of the one before.
    pub(super) fn keep(&mut self, output: raft::Output) -> quorate_raft_output {
        let Self {
            output: kept,
            trace,
            views,
        } = self;
        let output = kept.insert(output);
        let (kind, of_kind) = match output {
            raft::Output::Send(message) => {
                views.start(Room::default().for_message(message));
                let send = views.message(message);
                (QUORATE_RAFT_OUTPUT_SEND, quorate_raft_output_as { send })
            }
            raft::Output::Persist {
                ticket,
                hard_state,
                snapshot,
                entries,
                must_sync,
            } => {
                views.start(Room {
                    entries: entries.len(),
                    snapshots: 1,
                    ..Room::default()
                });
                let persist = quorate_raft_persist {
                    ticket: *ticket,
                    hard_state: views.hard_state(*hard_state),
                    snapshot: views.snapshot(snapshot.as_ref()),
                    entries: views.entries(entries),
                    must_sync: *must_sync,
                };
                (QUORATE_RAFT_OUTPUT_PERSIST, quorate_raft_output_as { persist })
            }
            raft::Output::Apply(entries) => {
                views.start(Room {
                    entries: entries.len(),
                    ..Room::default()
                });
                let apply = views.entries(entries);
                (QUORATE_RAFT_OUTPUT_APPLY, quorate_raft_output_as { apply })
            }
            raft::Output::ReadReady { index, context } => {
                let read_ready = quorate_raft_read_state {
                    index: *index,
                    context: quorate_bytes::of(context),
                };
                (QUORATE_RAFT_OUTPUT_READ_READY, quorate_raft_output_as { read_ready })
            }
            raft::Output::ReadLost { context } => {
                let read_lost = quorate_bytes::of(context);
                (QUORATE_RAFT_OUTPUT_READ_LOST, quorate_raft_output_as { read_lost })
            }
            raft::Output::RoleChanged { role, lead, term } => {
                let role_changed = quorate_raft_role_change {
                    lead: *lead,
                    term: *term,
                    role: quorate_raft_role::of(*role),
                };
                (
                    QUORATE_RAFT_OUTPUT_ROLE_CHANGED,
                    quorate_raft_output_as { role_changed },
                )
            }
            raft::Output::Fetch { to, previous, end } => {
                let fetch = quorate_raft_fetch {
                    to: *to,
                    previous: *previous,
                    end: *end,
                };
                (QUORATE_RAFT_OUTPUT_FETCH, quorate_raft_output_as { fetch })
            }
            raft::Output::Trace(event) => {
                let trace = trace.insert(Text::of(event)).view();
                (QUORATE_RAFT_OUTPUT_TRACE, quorate_raft_output_as { trace })
            }
            // The core's enum may grow; the binding is built with the core it was written for.
            _ => {
                let read_lost = quorate_bytes::of(&[]);
                (QUORATE_RAFT_OUTPUT_UNLISTED, quorate_raft_output_as { read_lost })
            }
        };
        quorate_raft_output { kind, r#as: of_kind }
    }
}

/// The name of a quorate_raft_role in snake case, such as "pre_candidate"; "unlisted" if there is none of that number. Never
/// NULL, valid for ever.
#[unsafe(no_mangle)]
pub extern "C" fn quorate_raft_role_str(role: u32) -> *const c_char {
    boundary::guard(|| {
        let names = [c"follower", c"pre_candidate", c"candidate", c"leader"];
        names
            .get(role as usize)
            .map_or(c"unlisted".as_ptr(), |name| name.as_ptr())
    })
}
