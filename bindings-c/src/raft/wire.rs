//! Messages, entries and changes as bytes of raftpb and eraftpb.

use core::ffi::c_char;

use quorate::raft::{self, wire};

use super::error::{Latest, quorate_raft_error};
use super::message::*;
use super::views::{Room, Views};
use crate::boundary;
use crate::bytes::{quorate_buffer, quorate_bytes, slice, text};
use crate::error::*;
use crate::handle::{Handle, handle, put};

/// Whose messages are read and written. The two differ in their last fields only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum quorate_raft_dialect {
    /// Those of etcd-io/raft (raftpb).
    QUORATE_RAFT_DIALECT_ETCD = 0,
    /// Those of raft-rs (eraftpb).
    QUORATE_RAFT_DIALECT_RAFT_RS = 1,
}

pub(super) fn dialect_of(dialect: u32) -> Result<wire::Dialect, quorate_status> {
    match dialect {
        0 => Ok(wire::Dialect::Etcd),
        1 => Ok(wire::Dialect::RaftRs),
        _ => Err(QUORATE_ERR_INVALID_ARGUMENT),
    }
}

/// Reads protocol buffers, and keeps what it read: a log or a peer's connection has one.
///
///     quorate_raft_decoder *decoder = quorate_raft_decoder_new();
///     quorate_raft_message message;
///     if (quorate_raft_decode_message(decoder, data, len, QUORATE_RAFT_DIALECT_ETCD, &message) == QUORATE_OK) {
///         quorate_raft_node_step(node, &message);
///     }
///     quorate_raft_decoder_free(decoder);
///
/// What a function hands out is valid until the same function is called again on that decoder, or until it is freed. Bytes that
/// are not what they should be are QUORATE_ERR_INVALID_WIRE, and quorate_raft_decoder_error says where and why.
pub struct quorate_raft_decoder {
    message: Option<raft::Message>,
    views: Views,
    entry: Option<raft::Entry>,
    snapshot: raft::Snapshot,
    change: Change,
    of_entry: Change,
    latest: Option<Latest>,
}
handle!(quorate_raft_decoder, b"Qrwire\x00\x01");

impl quorate_raft_decoder {
    fn refused(&mut self, error: wire::WireError) -> quorate_status {
        self.latest.insert(error.into()).status()
    }
}

/// A change, and the structs that views of it are.
#[derive(Default)]
struct Change {
    change: raft::ConfChangeV2,
    singles: Vec<quorate_raft_conf_change_single>,
}

impl Change {
    fn keep(&mut self, change: raft::ConfChangeV2) -> quorate_raft_conf_change {
        self.change = change;
        self.singles.clear();
        let singles = self.change.changes.iter();
        self.singles
            .extend(singles.map(|single| quorate_raft_conf_change_single {
                node_id: single.node_id,
                kind: single.kind.number().into(),
            }));
        quorate_raft_conf_change {
            changes: self.singles.as_ptr(),
            count: self.singles.len(),
            context: quorate_bytes::of(&self.change.context),
            transition: self.change.transition.number().into(),
        }
    }
}

/// Makes a decoder. Free it with quorate_raft_decoder_free.
#[unsafe(no_mangle)]
pub extern "C" fn quorate_raft_decoder_new() -> *mut quorate_raft_decoder {
    boundary::guard(|| {
        quorate_raft_decoder {
            message: None,
            views: Views::default(),
            entry: None,
            snapshot: raft::Snapshot::default(),
            change: Change::default(),
            of_entry: Change::default(),
            latest: None,
        }
        .open()
    })
}

/// Frees the decoder and with it every view that it handed out. NULL is ignored.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_raft_decoder_free(decoder: *mut quorate_raft_decoder) {
    // SAFETY: the caller's contract, as the header says it.
    boundary::guard(|| unsafe { quorate_raft_decoder::close(decoder) });
}

/// Reads a message that a member of that quorate_raft_dialect wrote.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_raft_decode_message(
    decoder: *mut quorate_raft_decoder,
    data: *const u8,
    len: usize,
    dialect: u32,
    message: *mut quorate_raft_message,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let (decoder, bytes) = unsafe { (quorate_raft_decoder::get_mut(decoder)?, slice(data, len)?) };
        let dialect = dialect_of(dialect)?;
        if message.is_null() {
            return Err(QUORATE_ERR_NULL);
        }
        let read = wire::decode_message(bytes, dialect).map_err(|error| decoder.refused(error))?;
        let read = decoder.message.insert(read);
        decoder.views.start(Room::default().for_message(read));
        // SAFETY: the caller's contract.
        unsafe { put(message, decoder.views.message(read)) }?;
        Ok(QUORATE_OK)
    })
}

/// Reads an entry.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_raft_decode_entry(
    decoder: *mut quorate_raft_decoder,
    data: *const u8,
    len: usize,
    entry: *mut quorate_raft_entry,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let (decoder, bytes) = unsafe { (quorate_raft_decoder::get_mut(decoder)?, slice(data, len)?) };
        if entry.is_null() {
            return Err(QUORATE_ERR_NULL);
        }
        let read = wire::decode_entry(bytes).map_err(|error| decoder.refused(error))?;
        // SAFETY: the caller's contract.
        unsafe { put(entry, quorate_raft_entry::of(decoder.entry.insert(read))) }?;
        Ok(QUORATE_OK)
    })
}

/// Reads a hard state.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_raft_decode_hard_state(
    decoder: *mut quorate_raft_decoder,
    data: *const u8,
    len: usize,
    state: *mut quorate_raft_hard_state,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let (decoder, bytes) = unsafe { (quorate_raft_decoder::get_mut(decoder)?, slice(data, len)?) };
        let read = wire::decode_hard_state(bytes).map_err(|error| decoder.refused(error))?;
        // SAFETY: the caller's contract.
        unsafe { put(state, quorate_raft_hard_state::of(read)) }?;
        Ok(QUORATE_OK)
    })
}

/// Reads a snapshot.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_raft_decode_snapshot(
    decoder: *mut quorate_raft_decoder,
    data: *const u8,
    len: usize,
    snapshot: *mut quorate_raft_snapshot,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let (decoder, bytes) = unsafe { (quorate_raft_decoder::get_mut(decoder)?, slice(data, len)?) };
        if snapshot.is_null() {
            return Err(QUORATE_ERR_NULL);
        }
        decoder.snapshot = wire::decode_snapshot(bytes).map_err(|error| decoder.refused(error))?;
        // SAFETY: the caller's contract.
        unsafe { put(snapshot, quorate_raft_snapshot::of(&decoder.snapshot)) }?;
        Ok(QUORATE_OK)
    })
}

/// Reads a change of membership, as quorate_raft_encode_conf_change wrote it. No bytes at all are the change that leaves a joint
/// configuration.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_raft_decode_conf_change(
    decoder: *mut quorate_raft_decoder,
    data: *const u8,
    len: usize,
    change: *mut quorate_raft_conf_change,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let (decoder, bytes) = unsafe { (quorate_raft_decoder::get_mut(decoder)?, slice(data, len)?) };
        if change.is_null() {
            return Err(QUORATE_ERR_NULL);
        }
        let read = wire::decode_change_v2(bytes).map_err(|error| decoder.refused(error))?;
        // SAFETY: the caller's contract.
        unsafe { put(change, decoder.change.keep(read)) }?;
        Ok(QUORATE_OK)
    })
}

/// Reads the change of membership that an entry holds, of either kind. QUORATE_NOTHING, and `change` is left alone, if it holds a
/// command.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_raft_decode_entry_conf_change(
    decoder: *mut quorate_raft_decoder,
    entry: *const quorate_raft_entry,
    change: *mut quorate_raft_conf_change,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let decoder = unsafe { quorate_raft_decoder::get_mut(decoder) }?;
        // SAFETY: the caller's contract.
        let entry = unsafe { needed(entry)?.to_core() }?;
        if change.is_null() {
            return Err(QUORATE_ERR_NULL);
        }
        let Some(read) = entry.conf_change().map_err(|error| decoder.refused(error))? else {
            return Ok(QUORATE_NOTHING);
        };
        // SAFETY: the caller's contract.
        unsafe { put(change, decoder.of_entry.keep(read)) }?;
        Ok(QUORATE_OK)
    })
}

/// What the latest error says beside its status and text. The status is QUORATE_OK if there was none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_raft_decoder_error_details(
    decoder: *const quorate_raft_decoder,
    error: *mut quorate_raft_error,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let decoder = unsafe { quorate_raft_decoder::get(decoder) }?;
        // SAFETY: the caller's contract.
        unsafe { put(error, quorate_raft_error::of(decoder.latest.as_ref())) }?;
        Ok(QUORATE_OK)
    })
}

/// Writes the latest error in words, such as "at byte 3: a known kind of message": at most `cap` bytes, ended by NUL. Returns the
/// length of the whole text without the NUL, as snprintf does. 0, and nothing written, when there was none, or on misuse.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_raft_decoder_error(
    decoder: *const quorate_raft_decoder,
    buf: *mut c_char,
    cap: usize,
) -> usize {
    boundary::guard(|| {
        // SAFETY: the caller's contract, as the header says it.
        let decoder = unsafe { quorate_raft_decoder::get(decoder) };
        match decoder.ok().and_then(|decoder| decoder.latest.as_ref()) {
            // SAFETY: the caller's contract.
            Some(error) => unsafe { text(error, buf, cap) },
            None => 0,
        }
    })
}

// ---- writing

/// Appends bytes to the caller's buffer.
///
/// # Safety
/// As [`Handle::get_mut`].
unsafe fn append(buffer: *mut quorate_buffer, bytes: &[u8]) -> Result<quorate_status, quorate_status> {
    // SAFETY: the caller's contract.
    unsafe { quorate_buffer::get_mut(buffer) }?
        .bytes
        .extend_from_slice(bytes);
    Ok(QUORATE_OK)
}

/// Appends a message to `buffer`, as members of that quorate_raft_dialect read it. Fields that only the other has are left out,
/// and so are `responses`. QUORATE_ERR_INVALID_ARGUMENT for a number that is none of its enum.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_raft_encode_message(
    message: *const quorate_raft_message,
    dialect: u32,
    buffer: *mut quorate_buffer,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let message = unsafe { needed(message)?.to_core() }?;
        let bytes = wire::encode_message(&message, dialect_of(dialect)?);
        // SAFETY: the caller's contract.
        unsafe { append(buffer, &bytes) }
    })
}

/// Appends an entry to `buffer`, as it may be stored.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_raft_encode_entry(
    entry: *const quorate_raft_entry,
    buffer: *mut quorate_buffer,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let entry = unsafe { needed(entry)?.to_core() }?;
        // SAFETY: the caller's contract.
        unsafe { append(buffer, &wire::encode_entry(&entry)) }
    })
}

/// Appends a hard state to `buffer`, as it may be stored.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_raft_encode_hard_state(
    state: *const quorate_raft_hard_state,
    buffer: *mut quorate_buffer,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let state = unsafe { needed(state) }?.to_core();
        // SAFETY: the caller's contract.
        unsafe { append(buffer, &wire::encode_hard_state(&state)) }
    })
}

/// Appends a snapshot to `buffer`, as it may be stored.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_raft_encode_snapshot(
    snapshot: *const quorate_raft_snapshot,
    buffer: *mut quorate_buffer,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let snapshot = unsafe { needed(snapshot)?.to_core() }?;
        // SAFETY: the caller's contract.
        unsafe { append(buffer, &wire::encode_snapshot(&snapshot)) }
    })
}

/// Appends a change of membership to `buffer`, as an entry holds it. The one that leaves a joint configuration has no bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_raft_encode_conf_change(
    change: *const quorate_raft_conf_change,
    buffer: *mut quorate_buffer,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let change = unsafe { needed(change)?.to_core() }?;
        // SAFETY: the caller's contract.
        unsafe { append(buffer, &wire::encode_change_v2(&change)) }
    })
}
