//! The node as users of etcd's RawNode drive it.

use core::ffi::c_char;

use quorate::raft::{self, ConfState, ReadyNode};

use super::config::{quorate_raft_config, quorate_raft_stored};
use super::error::{Latest, quorate_raft_error};
use super::message::*;
use super::output::{quorate_raft_read_state, quorate_raft_role};
use super::status::{Asked, quorate_raft_status};
use super::trace::{Text, quorate_raft_trace, quorate_raft_traces};
use super::views::{Room, Views};
use crate::boundary;
use crate::bytes::{quorate_buffer, quorate_bytes, slice, text};
use crate::error::*;
use crate::handle::{Handle, handle, put};
use crate::text::explain;

/// A node that is driven as etcd's RawNode is: take a quorate_raft_ready, do what it says, advance. quorate_raft_node is the safer
/// way: it holds back by itself what must not leave before a write is durable.
///
///     quorate_raft_ready ready;
///     quorate_raft_ready_node_tick(node);
///     while (quorate_raft_ready_node_ready(node, &ready) == QUORATE_OK) {
///         write_to_disk(ready.snapshot, &ready.entries, ready.hard_state);    // first
///         send_all(&ready.messages);                                         // then
///         apply(&ready.committed_entries);
///         quorate_raft_ready_node_advance(node);
///     }
///
/// Inputs are copied, errors are kept, and views are valid as with quorate_raft_node; and any call that tells the node something
/// may be refused with QUORATE_ERR_CORRUPT.
pub struct quorate_raft_ready_node {
    inner: ReadyNode,
    ready: Option<raft::Ready>,
    views: Views,
    committed: Views,
    soft_states: Vec<quorate_raft_soft_state>,
    read_states: Vec<quorate_raft_read_state>,
    members: ConfState,
    asked: Asked,
    texts: Vec<Text>,
    traces: Vec<quorate_raft_trace>,
    latest: Option<Latest>,
}
handle!(quorate_raft_ready_node, b"Qrready\x01");

/// What a node is, and who leads.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct quorate_raft_soft_state {
    /// Who leads, or QUORATE_RAFT_NONE.
    pub lead: u64,
    /// What the node is.
    pub role: quorate_raft_role,
}

/// What is to be done, in this order: write the snapshot, entries and hard state; send the messages; apply the committed entries.
/// Its views are valid until the next ready of that node, or until it is freed.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct quorate_raft_ready {
    /// Who leads and what the node is, or NULL if that did not change.
    pub soft_state: *const quorate_raft_soft_state,
    /// What to write before messages are sent, or NULL if it did not change.
    pub hard_state: *const quorate_raft_hard_state,
    /// Reads that may take place.
    pub read_states: *const quorate_raft_read_state,
    /// How many reads.
    pub read_state_count: usize,
    /// Entries to write.
    pub entries: quorate_raft_entries,
    /// A snapshot to write, in place of all entries, or NULL.
    pub snapshot: *const quorate_raft_snapshot,
    /// Entries to apply.
    pub committed_entries: quorate_raft_entries,
    /// Messages to send. With asynchronous storage some are for the two threads.
    pub messages: quorate_raft_messages,
    /// Whether what is written must be durable before messages are sent.
    pub must_sync: bool,
}

impl quorate_raft_ready_node {
    fn of(inner: ReadyNode) -> Self {
        Self {
            inner,
            ready: None,
            views: Views::default(),
            committed: Views::default(),
            soft_states: Vec::new(),
            read_states: Vec::new(),
            members: ConfState::default(),
            asked: Asked::default(),
            texts: Vec::new(),
            traces: Vec::new(),
            latest: None,
        }
    }

    fn keep(&mut self, ready: raft::Ready) -> quorate_raft_ready {
        let ready = self.ready.insert(ready);
        let mut room = Room::default().for_messages(&ready.messages);
        room.entries += ready.entries.len();
        room.snapshots += 1;
        self.views.start(room);
        self.committed.start(Room {
            entries: ready.committed_entries.len(),
            ..Room::default()
        });
        self.soft_states.clear();
        self.soft_states
            .extend(ready.soft_state.map(|soft| quorate_raft_soft_state {
                lead: soft.lead,
                role: quorate_raft_role::of(soft.role),
            }));
        self.read_states.clear();
        let reads = ready.read_states.iter();
        self.read_states.extend(reads.map(|read| quorate_raft_read_state {
            index: read.index,
            context: quorate_bytes::of(&read.context),
        }));
        quorate_raft_ready {
            soft_state: self.soft_states.first().map_or(core::ptr::null(), core::ptr::from_ref),
            hard_state: self.views.hard_state(ready.hard_state),
            read_states: self.read_states.as_ptr(),
            read_state_count: self.read_states.len(),
            entries: self.views.entries(&ready.entries),
            snapshot: self.views.snapshot(ready.snapshot.as_ref()),
            committed_entries: self.committed.entries(&ready.committed_entries),
            messages: self.views.messages(&ready.messages),
            must_sync: ready.must_sync,
        }
    }
}

/// Tells the node something.
///
/// # Safety
/// As [`Handle::get_mut`].
unsafe fn tell(
    node: *mut quorate_raft_ready_node,
    input: impl FnOnce(&mut ReadyNode) -> Result<(), raft::Error>,
) -> Result<quorate_status, quorate_status> {
    // SAFETY: the caller's contract.
    let node = unsafe { quorate_raft_ready_node::get_mut(node) }?;
    match input(&mut node.inner) {
        Ok(()) => Ok(QUORATE_OK),
        Err(error) => Err(node.latest.insert(error.into()).status()),
    }
}

/// Makes a node, as quorate_raft_node_new does. With `async_storage` its writes and applications are messages to
/// QUORATE_RAFT_APPEND_THREAD and QUORATE_RAFT_APPLY_THREAD, whose `responses` are stepped or sent once they are done; without it
/// they are done when quorate_raft_ready_node_advance is called. Free it with quorate_raft_ready_node_free.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_raft_ready_node_new(
    config: *const quorate_raft_config,
    stored: *const quorate_raft_stored,
    async_storage: bool,
    node: *mut *mut quorate_raft_ready_node,
    error: *mut c_char,
    cap: usize,
) -> quorate_status {
    boundary::status(|| {
        if node.is_null() {
            return Err(QUORATE_ERR_NULL);
        }
        // SAFETY: the caller's contract, as the header says it, for both.
        let (config, stored) = unsafe { (needed(config)?.to_core()?, needed(stored)?.to_core()?) };
        let inner = ReadyNode::new(config, stored, async_storage)
            // SAFETY: the caller's contract.
            .map_err(|failed| unsafe { explain(&failed, failed.code(), error, cap) })?;
        // SAFETY: the caller's contract.
        unsafe { put(node, quorate_raft_ready_node::of(inner).open()) }?;
        Ok(QUORATE_OK)
    })
}

/// Frees the node and with it every view that it handed out. NULL is ignored.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_raft_ready_node_free(node: *mut quorate_raft_ready_node) {
    // SAFETY: the caller's contract, as the header says it.
    boundary::guard(|| unsafe { quorate_raft_ready_node::close(node) });
}

/// A node in the same state, which goes its own way from here. Free it with quorate_raft_ready_node_free. NULL on misuse.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_raft_ready_node_clone(
    node: *const quorate_raft_ready_node,
) -> *mut quorate_raft_ready_node {
    // SAFETY: the caller's contract, as the header says it.
    boundary::guard(|| match unsafe { quorate_raft_ready_node::get(node) } {
        Ok(node) => quorate_raft_ready_node::of(node.inner.clone()).open(),
        Err(_) => core::ptr::null_mut(),
    })
}

/// Appends all that the node knows to `buffer`: outputs that wait to be polled and tickets that are open, too. It is for moving,
/// showing and branching a node that runs, with this version of the library, in any language and on any platform. One that comes
/// back after a crash starts from quorate_raft_stored, for what was promised to others is there.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_raft_ready_node_state(
    node: *const quorate_raft_ready_node,
    buffer: *mut quorate_buffer,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it, for both.
        let (node, buffer) = unsafe { (quorate_raft_ready_node::get(node)?, quorate_buffer::get_mut(buffer)?) };
        buffer.bytes.extend_from_slice(&node.inner.state());
        Ok(QUORATE_OK)
    })
}

/// Makes a node that goes on where the one that quorate_raft_ready_node_state was asked of was. Free it with
/// quorate_raft_ready_node_free.
///
/// QUORATE_ERR_INVALID_STATE if the `len` bytes at `data` are none; the reason is written to the `cap` bytes at `error`, ended by
/// NUL, unless that is NULL. Any bytes are safe to give, but who can write what has the right hash decides what the node believes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_raft_ready_node_from_state(
    data: *const u8,
    len: usize,
    node: *mut *mut quorate_raft_ready_node,
    error: *mut c_char,
    cap: usize,
) -> quorate_status {
    boundary::status(|| {
        if node.is_null() {
            return Err(QUORATE_ERR_NULL);
        }
        // SAFETY: the caller's contract, as the header says it.
        let inner = ReadyNode::from_state(unsafe { slice(data, len) }?)
            // SAFETY: the caller's contract.
            .map_err(|failed| unsafe { explain(&failed, failed.code(), error, cap) })?;
        // SAFETY: the caller's contract.
        unsafe { put(node, quorate_raft_ready_node::of(inner).open()) }?;
        Ok(QUORATE_OK)
    })
}

/// A hash of everything that the node knows, the same on every platform and in every language. 0 on misuse.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_raft_ready_node_state_hash(node: *const quorate_raft_ready_node) -> u64 {
    // SAFETY: the caller's contract, as the header says it.
    boundary::guard(|| unsafe { quorate_raft_ready_node::get(node) }.map_or(0, |node| node.inner.state_hash()))
}

/// Whether quorate_raft_ready_node_ready would have anything in it. False on misuse.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_raft_ready_node_has_ready(node: *const quorate_raft_ready_node) -> bool {
    // SAFETY: the caller's contract, as the header says it.
    boundary::guard(|| unsafe { quorate_raft_ready_node::get(node) }.is_ok_and(|node| node.inner.has_ready()))
}

/// Takes out all there is to do. QUORATE_NOTHING, and `ready` is left alone, when there is nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_raft_ready_node_ready(
    node: *mut quorate_raft_ready_node,
    ready: *mut quorate_raft_ready,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let node = unsafe { quorate_raft_ready_node::get_mut(node) }?;
        if ready.is_null() {
            return Err(QUORATE_ERR_NULL);
        }
        if !node.inner.has_ready() {
            return Ok(QUORATE_NOTHING);
        }
        let taken = node.inner.ready();
        // SAFETY: the caller's contract.
        unsafe { put(ready, node.keep(taken)) }?;
        Ok(QUORATE_OK)
    })
}

/// The last ready is done with: written, sent and applied. Not for asynchronous storage.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_raft_ready_node_advance(node: *mut quorate_raft_ready_node) -> quorate_status {
    // SAFETY: the caller's contract, as the header says it.
    boundary::status(|| unsafe { tell(node, ReadyNode::advance) })
}

/// One tick of the clock.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_raft_ready_node_tick(node: *mut quorate_raft_ready_node) -> quorate_status {
    // SAFETY: the caller's contract, as the header says it.
    boundary::status(|| unsafe { tell(node, ReadyNode::tick) })
}

/// A message from another member, or from one of the two threads. Errors as of quorate_raft_node_step.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_raft_ready_node_step(
    node: *mut quorate_raft_ready_node,
    message: *const quorate_raft_message,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let message = unsafe { needed(message)?.to_core() }?;
        // SAFETY: the caller's contract.
        unsafe { tell(node, |node| node.step(message)) }
    })
}

/// Stands for election now.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_raft_ready_node_campaign(node: *mut quorate_raft_ready_node) -> quorate_status {
    // SAFETY: the caller's contract, as the header says it.
    boundary::status(|| unsafe { tell(node, ReadyNode::campaign) })
}

/// Proposes a command of `len` bytes. QUORATE_ERR_PROPOSAL_DROPPED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_raft_ready_node_propose(
    node: *mut quorate_raft_ready_node,
    data: *const u8,
    len: usize,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let data = unsafe { slice(data, len) }?;
        // SAFETY: the caller's contract.
        unsafe { tell(node, |node| node.propose(data)) }
    })
}

/// Proposes entries that are encoded already: changes of membership of either kind, or commands. Their terms and indices are not
/// read. QUORATE_ERR_PROPOSAL_DROPPED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_raft_ready_node_propose_entries(
    node: *mut quorate_raft_ready_node,
    entries: *const quorate_raft_entry,
    count: usize,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let entries = unsafe { each(entries, count, |entry| entry.to_core()) }?;
        // SAFETY: the caller's contract.
        unsafe { tell(node, |node| node.propose_entries(entries)) }
    })
}

/// Proposes a change of membership. QUORATE_ERR_PROPOSAL_DROPPED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_raft_ready_node_propose_conf_change(
    node: *mut quorate_raft_ready_node,
    change: *const quorate_raft_conf_change,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let change = unsafe { needed(change)?.to_core() }?;
        // SAFETY: the caller's contract.
        unsafe { tell(node, |node| node.propose_conf_change(&change)) }
    })
}

/// Applies a change of membership that was handed out to be applied, as quorate_raft_node_apply_conf_change does.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_raft_ready_node_apply_conf_change(
    node: *mut quorate_raft_ready_node,
    change: *const quorate_raft_conf_change,
    members: *mut quorate_raft_conf_state,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let node = unsafe { quorate_raft_ready_node::get_mut(node) }?;
        // SAFETY: the caller's contract.
        let change = unsafe { needed(change)?.to_core() }?;
        match node.inner.apply_conf_change(&change) {
            Ok(state) => node.members = state,
            Err(error) => return Err(node.latest.insert(error.into()).status()),
        }
        if !members.is_null() {
            // SAFETY: the caller's contract.
            unsafe { put(members, quorate_raft_conf_state::of(&node.members)) }?;
        }
        Ok(QUORATE_OK)
    })
}

/// Hands leadership over to `to`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_raft_ready_node_transfer_leader(
    node: *mut quorate_raft_ready_node,
    to: u64,
) -> quorate_status {
    // SAFETY: the caller's contract, as the header says it.
    boundary::status(|| unsafe { tell(node, |node| node.transfer_leader(to)) })
}

/// Forgets who leads.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_raft_ready_node_forget_leader(node: *mut quorate_raft_ready_node) -> quorate_status {
    // SAFETY: the caller's contract, as the header says it.
    boundary::status(|| unsafe { tell(node, ReadyNode::forget_leader) })
}

/// The last message to `peer` did not arrive.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_raft_ready_node_report_unreachable(
    node: *mut quorate_raft_ready_node,
    peer: u64,
) -> quorate_status {
    // SAFETY: the caller's contract, as the header says it.
    boundary::status(|| unsafe { tell(node, |node| node.report_unreachable(peer)) })
}

/// The snapshot for `peer` was sent, or could not be.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_raft_ready_node_report_snapshot(
    node: *mut quorate_raft_ready_node,
    peer: u64,
    ok: bool,
) -> quorate_status {
    // SAFETY: the caller's contract, as the header says it.
    boundary::status(|| unsafe { tell(node, |node| node.report_snapshot(peer, ok)) })
}

/// Asks for an index from which a read is linearizable. The answer comes in `read_states`. QUORATE_ERR_READ_DROPPED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_raft_ready_node_read_index(
    node: *mut quorate_raft_ready_node,
    context: *const u8,
    len: usize,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let context = unsafe { slice(context, len) }?;
        // SAFETY: the caller's contract.
        unsafe { tell(node, |node| node.read_index(context)) }
    })
}

/// The application took a snapshot, which members that are too far behind may be sent. QUORATE_ERR_USELESS_SNAPSHOT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_raft_ready_node_snapshot_taken(
    node: *mut quorate_raft_ready_node,
    snapshot: *const quorate_raft_snapshot,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let snapshot = unsafe { needed(snapshot)?.to_core() }?;
        // SAFETY: the caller's contract.
        unsafe { tell(node, |node| node.snapshot_taken(snapshot)) }
    })
}

/// Drops the entries up to `index` from the window. QUORATE_ERR_NOT_COMPACTABLE.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_raft_ready_node_compact(
    node: *mut quorate_raft_ready_node,
    index: u64,
) -> quorate_status {
    // SAFETY: the caller's contract, as the header says it.
    boundary::status(|| unsafe { tell(node, |node| node.compact(index)) })
}

/// Sets the number of ticks without a leader after which the node stands for election, until it is drawn anew.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_raft_ready_node_set_election_timeout(
    node: *mut quorate_raft_ready_node,
    ticks: u64,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        unsafe { quorate_raft_ready_node::get_mut(node) }?
            .inner
            .set_election_timeout(ticks);
        Ok(QUORATE_OK)
    })
}

/// What the node knows and believes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_raft_ready_node_status(
    node: *mut quorate_raft_ready_node,
    status: *mut quorate_raft_status,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let node = unsafe { quorate_raft_ready_node::get_mut(node) }?;
        if status.is_null() {
            return Err(QUORATE_ERR_NULL);
        }
        // SAFETY: the caller's contract.
        unsafe { put(status, node.asked.keep(&node.inner.status())) }?;
        Ok(QUORATE_OK)
    })
}

/// The traces since the last call, if `trace` of quorate_raft_config is on. They are valid until the next call, or until the node
/// is freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_raft_ready_node_traces(
    node: *mut quorate_raft_ready_node,
    traces: *mut quorate_raft_traces,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let node = unsafe { quorate_raft_ready_node::get_mut(node) }?;
        if traces.is_null() {
            return Err(QUORATE_ERR_NULL);
        }
        node.texts = node.inner.traces().iter().map(Text::of).collect();
        node.traces = node.texts.iter().map(Text::view).collect();
        let all = quorate_raft_traces {
            data: node.traces.as_ptr(),
            len: node.traces.len(),
        };
        // SAFETY: the caller's contract.
        unsafe { put(traces, all) }?;
        Ok(QUORATE_OK)
    })
}

/// What the latest error says beside its text. The status is QUORATE_OK if there was none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_raft_ready_node_error_details(
    node: *const quorate_raft_ready_node,
    error: *mut quorate_raft_error,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let node = unsafe { quorate_raft_ready_node::get(node) }?;
        // SAFETY: the caller's contract.
        unsafe { put(error, quorate_raft_error::of(node.latest.as_ref())) }?;
        Ok(QUORATE_OK)
    })
}

/// Writes the latest error in words: at most `cap` bytes, ended by NUL. Returns the length of the whole text without the NUL, as
/// snprintf does. 0, and nothing written, when there was none, or on misuse.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_raft_ready_node_error(
    node: *const quorate_raft_ready_node,
    buf: *mut c_char,
    cap: usize,
) -> usize {
    boundary::guard(|| {
        // SAFETY: the caller's contract, as the header says it.
        let node = unsafe { quorate_raft_ready_node::get(node) };
        match node.ok().and_then(|node| node.latest.as_ref()) {
            // SAFETY: the caller's contract.
            Some(error) => unsafe { text(error, buf, cap) },
            None => 0,
        }
    })
}
