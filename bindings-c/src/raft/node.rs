//! The node.

use core::ffi::c_char;

use quorate::raft::{self, ConfState};

use super::config::{quorate_raft_config, quorate_raft_stored};
use super::error::{Latest, quorate_raft_error};
use super::message::*;
use super::output::{Polled, quorate_raft_output};
use super::status::{Asked, quorate_raft_status};
use super::views::{Room, Views};
use super::wire::dialect_of;
use crate::boundary;
use crate::bytes::{Checked, checked, quorate_buffer, quorate_bytes, slice, text};
use crate::error::*;
use crate::handle::{Handle, handle, put};
use crate::text::explain;

/// A member of a Raft group, which follows etcd-io/raft message for message.
///
/// It does no IO: time comes in as ticks, randomness as a seed, and storage as "persist this" followed by "it is persisted". Tell
/// it what happened; after each call, do what its outputs say, in order. What must not leave before a write is durable is held
/// back until quorate_raft_node_persisted, so it cannot be sent too early. The same config, stored state and inputs give the same
/// outputs everywhere.
///
///     quorate_raft_config config;
///     quorate_raft_stored stored;
///     quorate_raft_node *node;
///     quorate_raft_output output;
///     const uint64_t voters[] = {1, 2, 3};
///     quorate_raft_config_init(&config, 1, 42);
///     quorate_raft_stored_group(&stored, voters, 3);
///     quorate_raft_node_new(&config, &stored, &node, NULL, 0);     // 1. make it, of what is stored
///     quorate_raft_node_tick(node);                                // 2. tell it what happened
///     while (quorate_raft_node_poll(node, &output) == QUORATE_OK) { // 3. do what it says
///         switch (output.kind) {
///         case QUORATE_RAFT_OUTPUT_SEND:
///             quorate_raft_encode_message(&output.as.send, QUORATE_RAFT_DIALECT_ETCD, buffer);
///             send_to(output.as.send.to, buffer);
///             break;
///         case QUORATE_RAFT_OUTPUT_PERSIST:
///             write_to_disk(&output.as.persist);
///             quorate_raft_node_persisted(node, output.as.persist.ticket);
///             break;
///         case QUORATE_RAFT_OUTPUT_APPLY:
///             last = apply(&output.as.apply);
///             quorate_raft_node_applied(node, last);
///             break;
///         default:
///             break;
///         }
///     }
///
/// Inputs are copied where they are kept. Any call that tells the node something may be refused with QUORATE_ERR_CORRUPT, once
/// something came in that contradicts what is committed; other reasons are said with each. A refused input changes nothing.
/// What a function hands out is valid until the same function is called again on that node, or until it is freed.
pub struct quorate_raft_node {
    inner: raft::Node,
    polled: Polled,
    members: ConfState,
    asked: Asked,
    entries: Vec<raft::Entry>,
    entry_views: Views,
    latest: Option<Latest>,
}
handle!(quorate_raft_node, b"Qrnode\x00\x01");

/// What became of a proposal.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct quorate_raft_proposed {
    /// Its place in the log; of a batch, that of the last. It is committed if the entry applied at that index has that term, and
    /// lost if it has another. 0 if it was forwarded.
    pub index: u64,
    /// Its term. 0 if it was forwarded.
    pub term: u64,
    /// The leader that it was sent on to; nobody says what becomes of it. QUORATE_RAFT_NONE if it stands in this node's log.
    pub forwarded_to: u64,
}

/// Which group a member belongs to.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct quorate_raft_commit_group {
    /// The member.
    pub id: u64,
    /// Its group, or 0 for none.
    pub group: u64,
}

impl quorate_raft_node {
    fn of(inner: raft::Node) -> Self {
        Self {
            inner,
            polled: Polled::default(),
            members: ConfState::default(),
            asked: Asked::default(),
            entries: Vec::new(),
            entry_views: Views::default(),
            latest: None,
        }
    }

    /// Keeps an error, and gives its status.
    fn refused(&mut self, error: impl Into<Latest>) -> quorate_status {
        self.latest.insert(error.into()).status()
    }

    /// # Safety
    /// `members` is NULL or writable.
    unsafe fn applied(
        &mut self,
        change: &raft::ConfChangeV2,
        members: *mut quorate_raft_conf_state,
    ) -> Result<quorate_status, quorate_status> {
        match self.inner.apply_conf_change(change) {
            Ok(state) => self.members = state,
            Err(error) => return Err(self.refused(error)),
        }
        if !members.is_null() {
            // SAFETY: the caller's contract.
            unsafe { put(members, quorate_raft_conf_state::of(&self.members)) }?;
        }
        Ok(QUORATE_OK)
    }
}

/// Tells the node something.
///
/// # Safety
/// As [`Handle::get_mut`].
unsafe fn tell(
    node: *mut quorate_raft_node,
    input: impl FnOnce(&mut raft::Node) -> Result<(), raft::Error>,
) -> Result<quorate_status, quorate_status> {
    // SAFETY: the caller's contract.
    let node = unsafe { quorate_raft_node::get_mut(node) }?;
    match input(&mut node.inner) {
        Ok(()) => Ok(QUORATE_OK),
        Err(error) => Err(node.refused(error)),
    }
}

/// Proposes something, and says what became of it.
///
/// # Safety
/// As [`Handle::get_mut`]; `proposed` is NULL or writable.
unsafe fn propose(
    node: *mut quorate_raft_node,
    proposed: *mut quorate_raft_proposed,
    input: impl FnOnce(&mut raft::Node) -> Result<raft::Proposed, raft::Error>,
) -> Result<quorate_status, quorate_status> {
    // SAFETY: the caller's contract.
    let node = unsafe { quorate_raft_node::get_mut(node) }?;
    let became = match input(&mut node.inner) {
        Ok(raft::Proposed::At(id)) => quorate_raft_proposed {
            index: id.index,
            term: id.term,
            forwarded_to: QUORATE_RAFT_NONE,
        },
        Ok(raft::Proposed::Forwarded(lead)) => quorate_raft_proposed {
            index: 0,
            term: 0,
            forwarded_to: lead,
        },
        Err(error) => return Err(node.refused(error)),
    };
    if !proposed.is_null() {
        // SAFETY: the caller's contract.
        unsafe { put(proposed, became) }?;
    }
    Ok(QUORATE_OK)
}

// ---- a node's life

/// Makes a node. Everything is copied. Free it with quorate_raft_node_free.
///
/// QUORATE_ERR_INVALID_CONFIG for a setting that is outside its range, QUORATE_ERR_INVALID_STORED or an error of membership for
/// what does not fit together; the reason is written to the `cap` bytes at `error`, ended by NUL, unless that is NULL.
/// QUORATE_ERR_INVALID_ARGUMENT for a number that is none of its enum.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_raft_node_new(
    config: *const quorate_raft_config,
    stored: *const quorate_raft_stored,
    node: *mut *mut quorate_raft_node,
    error: *mut c_char,
    cap: usize,
) -> quorate_status {
    boundary::status(|| {
        if node.is_null() {
            return Err(QUORATE_ERR_NULL);
        }
        // SAFETY: the caller's contract, as the header says it, for both.
        let (config, stored) = unsafe { (needed(config)?.to_core()?, needed(stored)?.to_core()?) };
        let inner = raft::Node::new(config, stored)
            // SAFETY: the caller's contract.
            .map_err(|failed| unsafe { explain(&failed, failed.code(), error, cap) })?;
        // SAFETY: the caller's contract.
        unsafe { put(node, quorate_raft_node::of(inner).open()) }?;
        Ok(QUORATE_OK)
    })
}

/// Frees the node and with it every view that it handed out. NULL is ignored.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_raft_node_free(node: *mut quorate_raft_node) {
    // SAFETY: the caller's contract, as the header says it.
    boundary::guard(|| unsafe { quorate_raft_node::close(node) });
}

/// A node in the same state, which goes its own way from here. Free it with quorate_raft_node_free. NULL on misuse.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_raft_node_clone(node: *const quorate_raft_node) -> *mut quorate_raft_node {
    // SAFETY: the caller's contract, as the header says it.
    boundary::guard(|| match unsafe { quorate_raft_node::get(node) } {
        Ok(node) => quorate_raft_node::of(node.inner.clone()).open(),
        Err(_) => core::ptr::null_mut(),
    })
}

/// Appends all that the node knows to `buffer`: outputs that wait to be polled and tickets that are open, too. It is for moving,
/// showing and branching a node that runs, with this version of the library, in any language and on any platform. One that comes
/// back after a crash starts from quorate_raft_stored, for what was promised to others is there.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_raft_node_state(
    node: *const quorate_raft_node,
    buffer: *mut quorate_buffer,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it, for both.
        let (node, buffer) = unsafe { (quorate_raft_node::get(node)?, quorate_buffer::get_mut(buffer)?) };
        buffer.bytes.extend_from_slice(&node.inner.state());
        Ok(QUORATE_OK)
    })
}

/// Makes a node that goes on where the one that quorate_raft_node_state was asked of was. Free it with
/// quorate_raft_node_free.
///
/// QUORATE_ERR_INVALID_STATE if the `len` bytes at `data` are none; the reason is written to the `cap` bytes at `error`, ended by
/// NUL, unless that is NULL. Any bytes are safe to give, but who can write what has the right hash decides what the node believes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_raft_node_from_state(
    data: *const u8,
    len: usize,
    node: *mut *mut quorate_raft_node,
    error: *mut c_char,
    cap: usize,
) -> quorate_status {
    boundary::status(|| {
        if node.is_null() {
            return Err(QUORATE_ERR_NULL);
        }
        // SAFETY: the caller's contract, as the header says it.
        let inner = raft::Node::from_state(unsafe { slice(data, len) }?)
            // SAFETY: the caller's contract.
            .map_err(|failed| unsafe { explain(&failed, failed.code(), error, cap) })?;
        // SAFETY: the caller's contract.
        unsafe { put(node, quorate_raft_node::of(inner).open()) }?;
        Ok(QUORATE_OK)
    })
}

// ---- outputs

/// The next thing to do. QUORATE_NOTHING, and `output` is left alone, when there is nothing. The views of the output before are
/// gone then.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_raft_node_poll(
    node: *mut quorate_raft_node,
    output: *mut quorate_raft_output,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let node = unsafe { quorate_raft_node::get_mut(node) }?;
        if output.is_null() {
            return Err(QUORATE_ERR_NULL);
        }
        let Some(next) = node.inner.poll() else {
            return Ok(QUORATE_NOTHING);
        };
        // SAFETY: the caller's contract.
        unsafe { put(output, node.polled.keep(next)) }?;
        Ok(QUORATE_OK)
    })
}

// ---- inputs

/// One tick of the clock.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_raft_node_tick(node: *mut quorate_raft_node) -> quorate_status {
    // SAFETY: the caller's contract, as the header says it.
    boundary::status(|| unsafe { tell(node, raft::Node::tick) })
}

/// A message came from another member.
///
/// QUORATE_ERR_LOCAL_MESSAGE, QUORATE_ERR_UNKNOWN_PEER or QUORATE_ERR_INVALID_MESSAGE; QUORATE_ERR_PROPOSAL_DROPPED or
/// QUORATE_ERR_READ_DROPPED for one that was forwarded here. QUORATE_ERR_INVALID_ARGUMENT for a number that is none of its enum.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_raft_node_step(
    node: *mut quorate_raft_node,
    message: *const quorate_raft_message,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let message = unsafe { needed(message)?.to_core() }?;
        // SAFETY: the caller's contract.
        unsafe { tell(node, |node| node.step(message)) }
    })
}

/// Messages came from other members. All are taken in, whatever is wrong with some; then the first error is returned, as by
/// quorate_raft_node_step. QUORATE_ERR_INVALID_ARGUMENT is said before any is taken in.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_raft_node_step_many(
    node: *mut quorate_raft_node,
    messages: *const quorate_raft_message,
    count: usize,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let messages = unsafe { each(messages, count, |message| message.to_core()) }?;
        // SAFETY: the caller's contract.
        unsafe { tell(node, |node| node.step_many(messages)) }
    })
}

/// A message came from another member, as the bytes that a member of that quorate_raft_dialect wrote.
///
/// QUORATE_ERR_INVALID_WIRE if they are none; else as quorate_raft_node_step.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_raft_node_step_bytes(
    node: *mut quorate_raft_node,
    data: *const u8,
    len: usize,
    dialect: u32,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let owner = unsafe { quorate_raft_node::get_mut(node) }?;
        let dialect = dialect_of(dialect)?;
        // SAFETY: the caller's contract.
        let message = match raft::wire::decode_message(unsafe { slice(data, len) }?, dialect) {
            Ok(message) => message,
            Err(error) => return Err(owner.refused(error)),
        };
        // SAFETY: the caller's contract.
        unsafe { tell(node, |node| node.step(message)) }
    })
}

/// What the ticket stands for is durable, and so is everything before it. QUORATE_ERR_UNKNOWN_TICKET if it was not given out, or
/// was answered already.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_raft_node_persisted(node: *mut quorate_raft_node, ticket: u64) -> quorate_status {
    // SAFETY: the caller's contract, as the header says it.
    boundary::status(|| unsafe { tell(node, |node| node.persisted(ticket)) })
}

/// The state machine has applied everything up to `index`. QUORATE_ERR_NOT_APPLYING if that was not handed out to be applied, or
/// its turn is over.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_raft_node_applied(node: *mut quorate_raft_node, index: u64) -> quorate_status {
    // SAFETY: the caller's contract, as the header says it.
    boundary::status(|| unsafe { tell(node, |node| node.applied(index)) })
}

/// Proposes a command of `len` bytes. `proposed`, unless it is NULL, becomes its place or who it was sent on to.
///
/// QUORATE_ERR_PROPOSAL_DROPPED; quorate_raft_node_error_details says why. It may be made again, perhaps elsewhere.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_raft_node_propose(
    node: *mut quorate_raft_node,
    data: *const u8,
    len: usize,
    proposed: *mut quorate_raft_proposed,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let data = unsafe { slice(data, len) }?;
        // SAFETY: the caller's contract.
        unsafe { propose(node, proposed, |node| node.propose(data)) }
    })
}

/// Proposes `count` commands that follow one another: all of them or none. `proposed` names the last.
///
/// QUORATE_ERR_PROPOSAL_DROPPED, also for none at all.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_raft_node_propose_many(
    node: *mut quorate_raft_node,
    commands: *const quorate_bytes,
    count: usize,
    proposed: *mut quorate_raft_proposed,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let commands = unsafe { checked(commands, count) }?;
        let commands = commands.iter().map(Checked::as_ref);
        // SAFETY: the caller's contract.
        unsafe { propose(node, proposed, |node| node.propose_batch(commands)) }
    })
}

/// Proposes a change of membership. An empty one leaves a joint configuration. One that cannot be made now leaves an empty entry
/// in its place.
///
/// QUORATE_ERR_PROPOSAL_DROPPED; QUORATE_ERR_INVALID_ARGUMENT for a number that is none of its enum.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_raft_node_propose_conf_change(
    node: *mut quorate_raft_node,
    change: *const quorate_raft_conf_change,
    proposed: *mut quorate_raft_proposed,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let change = unsafe { needed(change)?.to_core() }?;
        // SAFETY: the caller's contract.
        unsafe { propose(node, proposed, |node| node.propose_conf_change(&change)) }
    })
}

/// Applies a change of membership that was handed out to be applied. `members`, unless it is NULL, becomes who is a member then:
/// persist it with what is applied.
///
/// An error of membership, such as QUORATE_ERR_NOT_JOINT, if it cannot be.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_raft_node_apply_conf_change(
    node: *mut quorate_raft_node,
    change: *const quorate_raft_conf_change,
    members: *mut quorate_raft_conf_state,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let change = unsafe { needed(change)?.to_core() }?;
        // SAFETY: the caller's contract.
        unsafe { quorate_raft_node::get_mut(node)?.applied(&change, members) }
    })
}

/// As quorate_raft_node_apply_conf_change, for the change that an entry holds. QUORATE_NOTHING, and nothing is done, if it holds a
/// command. QUORATE_ERR_INVALID_WIRE if it holds what is no change.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_raft_node_apply_entry(
    node: *mut quorate_raft_node,
    entry: *const quorate_raft_entry,
    members: *mut quorate_raft_conf_state,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let node = unsafe { quorate_raft_node::get_mut(node) }?;
        // SAFETY: the caller's contract.
        match unsafe { needed(entry)?.to_core() }?.conf_change() {
            // SAFETY: the caller's contract.
            Ok(Some(change)) => unsafe { node.applied(&change, members) },
            Ok(None) => Ok(QUORATE_NOTHING),
            Err(error) => Err(node.refused(error)),
        }
    })
}

/// Asks for an index from which a read is linearizable: an output of QUORATE_RAFT_OUTPUT_READ_READY or
/// QUORATE_RAFT_OUTPUT_READ_LOST answers with the `len` bytes at `context`. A read that was sent on to a leader may also be lost
/// on the way: ask again after a while.
///
/// QUORATE_ERR_READ_DROPPED: nobody leads.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_raft_node_read_index(
    node: *mut quorate_raft_node,
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

/// Hands leadership over to `to`. Asked of a follower, it asks the leader.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_raft_node_transfer_leader(node: *mut quorate_raft_node, to: u64) -> quorate_status {
    // SAFETY: the caller's contract, as the header says it.
    boundary::status(|| unsafe { tell(node, |node| node.transfer_leader(to)) })
}

/// Stands for election now.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_raft_node_campaign(node: *mut quorate_raft_node) -> quorate_status {
    // SAFETY: the caller's contract, as the header says it.
    boundary::status(|| unsafe { tell(node, raft::Node::campaign) })
}

/// Forgets who leads, so that the node may vote for another at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_raft_node_forget_leader(node: *mut quorate_raft_node) -> quorate_status {
    // SAFETY: the caller's contract, as the header says it.
    boundary::status(|| unsafe { tell(node, raft::Node::forget_leader) })
}

/// The last message to `peer` did not arrive.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_raft_node_report_unreachable(
    node: *mut quorate_raft_node,
    peer: u64,
) -> quorate_status {
    // SAFETY: the caller's contract, as the header says it.
    boundary::status(|| unsafe { tell(node, |node| node.report_unreachable(peer)) })
}

/// The snapshot for `peer` was sent, or could not be. Until one of the two is said nothing else is sent to it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_raft_node_report_snapshot(
    node: *mut quorate_raft_node,
    peer: u64,
    ok: bool,
) -> quorate_status {
    // SAFETY: the caller's contract, as the header says it.
    boundary::status(|| unsafe { tell(node, |node| node.report_snapshot(peer, ok)) })
}

/// The application took a snapshot of everything up to some applied index. Members that are too far behind are sent it.
///
/// QUORATE_ERR_USELESS_SNAPSHOT if it is older than the last, or newer than what is applied.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_raft_node_snapshot_taken(
    node: *mut quorate_raft_node,
    snapshot: *const quorate_raft_snapshot,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let snapshot = unsafe { needed(snapshot)?.to_core() }?;
        // SAFETY: the caller's contract.
        unsafe { tell(node, |node| node.snapshot_taken(snapshot)) }
    })
}

/// Drops the entries up to `index` from the window. QUORATE_ERR_NOT_COMPACTABLE if they are not all applied and durable, or are
/// dropped already.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_raft_node_compact(node: *mut quorate_raft_node, index: u64) -> quorate_status {
    // SAFETY: the caller's contract, as the header says it.
    boundary::status(|| unsafe { tell(node, |node| node.compact(index)) })
}

/// The entries that an output of QUORATE_RAFT_OUTPUT_FETCH asked for, for the member `to`: the one at `previous` first, and as
/// many as there are behind it. None at all says that they are gone.
///
/// QUORATE_ERR_INVALID_MESSAGE if they do not follow one another.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_raft_node_entries_fetched(
    node: *mut quorate_raft_node,
    to: u64,
    entries: *const quorate_raft_entry,
    count: usize,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let entries = unsafe { each(entries, count, |entry| entry.to_core()) }?;
        // SAFETY: the caller's contract.
        unsafe { tell(node, |node| node.entries_fetched(to, entries)) }
    })
}

/// Asks the leader for a snapshot, because this node's own state is of no use. Of raft-rs.
///
/// QUORATE_ERR_PROPOSAL_DROPPED while no leader is known, or a snapshot is under way.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_raft_node_request_snapshot(node: *mut quorate_raft_node) -> quorate_status {
    // SAFETY: the caller's contract, as the header says it.
    boundary::status(|| unsafe { tell(node, raft::Node::request_snapshot) })
}

/// Puts members into groups, for group_commit. Ids of no member are passed over.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_raft_node_assign_commit_groups(
    node: *mut quorate_raft_node,
    groups: *const quorate_raft_commit_group,
    count: usize,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let node = unsafe { quorate_raft_node::get_mut(node) }?;
        // SAFETY: the caller's contract.
        let groups = unsafe { each(groups, count, |member| Ok((member.id, member.group))) }?;
        node.inner.assign_commit_groups(&groups);
        Ok(QUORATE_OK)
    })
}

/// Sets the number of ticks without a leader after which the node stands for election, until it is drawn anew: for tests and
/// lessons in which it matters who is first.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_raft_node_set_election_timeout(
    node: *mut quorate_raft_node,
    ticks: u64,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        unsafe { quorate_raft_node::get_mut(node) }?
            .inner
            .set_election_timeout(ticks);
        Ok(QUORATE_OK)
    })
}

// ---- questions

/// What the node is called. 0 on misuse.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_raft_node_id(node: *const quorate_raft_node) -> u64 {
    // SAFETY: the caller's contract, as the header says it.
    boundary::guard(|| unsafe { quorate_raft_node::get(node) }.map_or(0, |node| node.inner.id()))
}

/// What the node knows and believes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_raft_node_status(
    node: *mut quorate_raft_node,
    status: *mut quorate_raft_status,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let node = unsafe { quorate_raft_node::get_mut(node) }?;
        if status.is_null() {
            return Err(QUORATE_ERR_NULL);
        }
        // SAFETY: the caller's contract.
        unsafe { put(status, node.asked.keep(&node.inner.status())) }?;
        Ok(QUORATE_OK)
    })
}

/// The entries from `low` to before `high`, as far as the window has them.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_raft_node_entries(
    node: *mut quorate_raft_node,
    low: u64,
    high: u64,
    entries: *mut quorate_raft_entries,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let node = unsafe { quorate_raft_node::get_mut(node) }?;
        if entries.is_null() {
            return Err(QUORATE_ERR_NULL);
        }
        node.entries = node.inner.entries(low, high);
        node.entry_views.start(Room {
            entries: node.entries.len(),
            ..Room::default()
        });
        // SAFETY: the caller's contract.
        unsafe { put(entries, node.entry_views.entries(&node.entries)) }?;
        Ok(QUORATE_OK)
    })
}

/// The term of the entry at `index`. QUORATE_NOTHING, and `term` is left alone, where it is not known.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_raft_node_term_at(
    node: *const quorate_raft_node,
    index: u64,
    term: *mut u64,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let node = unsafe { quorate_raft_node::get(node) }?;
        if term.is_null() {
            return Err(QUORATE_ERR_NULL);
        }
        let Some(known) = node.inner.term_at(index) else {
            return Ok(QUORATE_NOTHING);
        };
        // SAFETY: the caller's contract.
        unsafe { put(term, known) }?;
        Ok(QUORATE_OK)
    })
}

/// A hash of everything that the node knows, the same on every platform and in every language: the last eight bytes of its state,
/// the least first. 0 on misuse.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_raft_node_state_hash(node: *const quorate_raft_node) -> u64 {
    // SAFETY: the caller's contract, as the header says it.
    boundary::guard(|| unsafe { quorate_raft_node::get(node) }.map_or(0, |node| node.inner.state_hash()))
}

// ---- errors

/// The status of the call that was refused last, by a rule of Raft or of the wire; QUORATE_OK if none was.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_raft_node_error_code(node: *const quorate_raft_node) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let node = unsafe { quorate_raft_node::get(node) }?;
        Ok(node.latest.as_ref().map_or(QUORATE_OK, Latest::status))
    })
}

/// What the same error says beside its status and text.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_raft_node_error_details(
    node: *const quorate_raft_node,
    error: *mut quorate_raft_error,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let node = unsafe { quorate_raft_node::get(node) }?;
        // SAFETY: the caller's contract.
        unsafe { put(error, quorate_raft_error::of(node.latest.as_ref())) }?;
        Ok(QUORATE_OK)
    })
}

/// Writes the same error in words, such as "ticket 7 is not open": at most `cap` bytes, ended by NUL. Returns the length of the
/// whole text without the NUL, as snprintf does. 0, and nothing written, when there was none, or on misuse.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_raft_node_error(
    node: *const quorate_raft_node,
    buf: *mut c_char,
    cap: usize,
) -> usize {
    boundary::guard(|| {
        // SAFETY: the caller's contract, as the header says it.
        let node = unsafe { quorate_raft_node::get(node) };
        match node.ok().and_then(|node| node.latest.as_ref()) {
            // SAFETY: the caller's contract.
            Some(error) => unsafe { text(error, buf, cap) },
            None => 0,
        }
    })
}
