//! The ledger: which acknowledged writes are replicated, at risk or lost.

use core::ffi::c_char;

use quorate::replication::{Ledger, Risk, WriteStatus};

use super::history::{cause_of, digits, quorate_replication_history, read_id};
use crate::boundary;
use crate::bytes::{needed, quorate_buffer, slice};
use crate::error::*;
use crate::handle::{Handle, handle, put};
use crate::saved::{NoState, Saved};
use crate::text::explain;

/// Says of every acknowledged write whether it is replicated, at risk or lost.
///
/// It stands outside of the servers, and is told what clients were promised (quorate_replication_ledger_acknowledged) and where
/// each server's data is (quorate_replication_ledger_at, _changed and _gone). A write is where its offset in its history is: a
/// server has it if its own history is that one, or grew out of it behind it. Writes and servers are called as the caller
/// likes; times are milliseconds of one clock, the caller's.
pub struct quorate_replication_ledger {
    inner: Ledger,
    losses: Vec<quorate_replication_loss>,
    lost: Vec<u64>,
}
handle!(quorate_replication_ledger, b"Qledger\x01");

/// How an acknowledged write stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum quorate_replication_write_state {
    /// More than one server has it, and none is in a history that left its own before it.
    QUORATE_REPLICATION_WRITE_REPLICATED = 0,
    /// At risk: one server has it.
    QUORATE_REPLICATION_WRITE_ONE_COPY = 1,
    /// At risk: a server is in a history that left the write's before it, as one is that was promoted without it. Who follows that
    /// one loses the write, however many have it now.
    QUORATE_REPLICATION_WRITE_FORKED = 2,
    /// No server has it any more.
    QUORATE_REPLICATION_WRITE_LOST = 3,
}

use quorate_replication_write_state::*;

/// How an acknowledged write stands, and what goes with it.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct quorate_replication_write_status {
    /// How many servers have it, of QUORATE_REPLICATION_WRITE_REPLICATED; else 0.
    pub servers: u64,
    /// When the last copy went, of QUORATE_REPLICATION_WRITE_LOST; else 0.
    pub at: u64,
    /// How it stands.
    pub state: quorate_replication_write_state,
}

/// How many writes stand how.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct quorate_replication_counts {
    /// All that were told of.
    pub acknowledged: u64,
    /// Those that are replicated.
    pub replicated: u64,
    /// Those that are at risk.
    pub at_risk: u64,
    /// Those that are lost.
    pub lost: u64,
}

/// Writes that were lost at one moment, all of one history.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct quorate_replication_loss {
    /// How many writes.
    pub writes: u64,
    /// The offset of the first of them.
    pub first_offset: u64,
    /// The offset of the last.
    pub last_offset: u64,
    /// When the first of them was acknowledged.
    pub first_ack: u64,
    /// When the last was.
    pub last_ack: u64,
    /// When they were lost.
    pub lost_at: u64,
    /// For how long clients were promised what was not kept: from the first lost write's acknowledgement to the last's.
    pub window: u64,
    /// The server that had the last copy.
    pub server: u64,
    /// Whether one had, and was not told of late: else `server` is 0.
    pub has_server: bool,
    /// The history that they were in: 40 hexadecimal digits, ended by NUL.
    pub history: [c_char; 41],
}

impl quorate_replication_ledger {
    fn of(inner: Ledger) -> Self {
        Self {
            inner,
            losses: Vec::new(),
            lost: Vec::new(),
        }
    }
}

// ---- a ledger's life

/// Makes an empty ledger. Free it with quorate_replication_ledger_free.
#[unsafe(no_mangle)]
pub extern "C" fn quorate_replication_ledger_new() -> *mut quorate_replication_ledger {
    boundary::guard(|| quorate_replication_ledger::of(Ledger::new()).open())
}

/// Frees the ledger and with it every view that it handed out. NULL is ignored.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_replication_ledger_free(ledger: *mut quorate_replication_ledger) {
    // SAFETY: the caller's contract, as the header says it.
    boundary::guard(|| unsafe { quorate_replication_ledger::close(ledger) });
}

/// The same ledger once more. Free it with quorate_replication_ledger_free. NULL on misuse.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_replication_ledger_clone(
    ledger: *const quorate_replication_ledger,
) -> *mut quorate_replication_ledger {
    // SAFETY: the caller's contract, as the header says it.
    boundary::guard(|| match unsafe { quorate_replication_ledger::get(ledger) } {
        Ok(ledger) => quorate_replication_ledger::of(ledger.inner.clone()).open(),
        Err(_) => core::ptr::null_mut(),
    })
}

/// Appends all that the ledger knows to `buffer`, to be read with this version of the library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_replication_ledger_state(
    ledger: *const quorate_replication_ledger,
    buffer: *mut quorate_buffer,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it, for both.
        let (ledger, buffer) = unsafe {
            (
                quorate_replication_ledger::get(ledger)?,
                quorate_buffer::get_mut(buffer)?,
            )
        };
        buffer.bytes.extend(ledger.inner.save());
        Ok(QUORATE_OK)
    })
}

/// Makes a ledger that knows what the one that quorate_replication_ledger_state was asked of knew. Errors as of
/// quorate_sentinel_from_state. Free it with quorate_replication_ledger_free.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_replication_ledger_from_state(
    data: *const u8,
    len: usize,
    ledger: *mut *mut quorate_replication_ledger,
    error: *mut c_char,
    cap: usize,
) -> quorate_status {
    boundary::status(|| {
        if ledger.is_null() {
            return Err(QUORATE_ERR_NULL);
        }
        // SAFETY: the caller's contract, as the header says it.
        let inner = Ledger::load(unsafe { slice(data, len) }?)
            // SAFETY: the caller's contract.
            .map_err(|failed| unsafe { explain(&failed, NoState::CODE, error, cap) })?;
        // SAFETY: the caller's contract.
        unsafe { put(ledger, quorate_replication_ledger::of(inner).open()) }?;
        Ok(QUORATE_OK)
    })
}

// ---- inputs

/// A client was told that its write is done: by `server`, in the history `id` (40 hexadecimal digits, ended by NUL), at
/// `offset`, which is what quorate_replication_server_write said. QUORATE_ERR_DUPLICATE_WRITE,
/// QUORATE_ERR_INVALID_REPLICATION_ID.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_replication_ledger_acknowledged(
    ledger: *mut quorate_replication_ledger,
    write: u64,
    server: u64,
    id: *const c_char,
    offset: u64,
    now: u64,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it, for both.
        let (ledger, id) = unsafe { (quorate_replication_ledger::get_mut(ledger)?, read_id(id)?) };
        match ledger.inner.acknowledged(write, server, id, offset, now) {
            Ok(()) => Ok(QUORATE_OK),
            Err(error) => Err(quorate_status::of_code(error.code())),
        }
    })
}

/// A server's data is the result of that history now. What it had and has no more may be lost. A server that went back, as one
/// does that starts again from an old snapshot on its disk, is told of so too. QUORATE_ERR_INVALID_REPLICATION_ID.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_replication_ledger_at(
    ledger: *mut quorate_replication_ledger,
    server: u64,
    history: *const quorate_replication_history,
    now: u64,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it, for both.
        let (ledger, history) = unsafe {
            (
                quorate_replication_ledger::get_mut(ledger)?,
                needed(history)?.to_core()?,
            )
        };
        ledger.inner.at(server, &history, now);
        Ok(QUORATE_OK)
    })
}

/// A server's history has another name, by that quorate_replication_history_cause: what QUORATE_REPLICATION_OUTPUT_HISTORY_CHANGED
/// says. QUORATE_ERR_INVALID_REPLICATION_ID.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_replication_ledger_changed(
    ledger: *mut quorate_replication_ledger,
    server: u64,
    history: *const quorate_replication_history,
    cause: u32,
    now: u64,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it, for both.
        let (ledger, history) = unsafe {
            (
                quorate_replication_ledger::get_mut(ledger)?,
                needed(history)?.to_core()?,
            )
        };
        ledger.inner.changed(server, &history, cause_of(cause)?, now);
        Ok(QUORATE_OK)
    })
}

/// A server's data is gone: it started again without any, or threw it away for its primary's
/// (QUORATE_REPLICATION_OUTPUT_LOAD_SNAPSHOT). One that is down and comes back with its data is not gone.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_replication_ledger_gone(
    ledger: *mut quorate_replication_ledger,
    server: u64,
    now: u64,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        unsafe { quorate_replication_ledger::get_mut(ledger) }?
            .inner
            .gone(server, now);
        Ok(QUORATE_OK)
    })
}

// ---- questions

/// How a write stands. QUORATE_NOTHING if it was never told of.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_replication_ledger_status(
    ledger: *const quorate_replication_ledger,
    write: u64,
    status: *mut quorate_replication_write_status,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let ledger = unsafe { quorate_replication_ledger::get(ledger) }?;
        if status.is_null() {
            return Err(QUORATE_ERR_NULL);
        }
        let Some(found) = ledger.inner.status(write) else {
            return Ok(QUORATE_NOTHING);
        };
        let (state, servers, at) = match found {
            WriteStatus::Replicated { servers } => (QUORATE_REPLICATION_WRITE_REPLICATED, servers, 0),
            WriteStatus::AtRisk(Risk::OneCopy) => (QUORATE_REPLICATION_WRITE_ONE_COPY, 0, 0),
            WriteStatus::AtRisk(Risk::Forked) => (QUORATE_REPLICATION_WRITE_FORKED, 0, 0),
            WriteStatus::Lost { at_ms } => (QUORATE_REPLICATION_WRITE_LOST, 0, at_ms),
        };
        // SAFETY: the caller's contract.
        unsafe { put(status, quorate_replication_write_status { servers, at, state }) }?;
        Ok(QUORATE_OK)
    })
}

/// How many writes stand how. Cost: linear in the writes, times the servers.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_replication_ledger_counts(
    ledger: *const quorate_replication_ledger,
    counts: *mut quorate_replication_counts,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let found = unsafe { quorate_replication_ledger::get(ledger) }?.inner.counts();
        let all = quorate_replication_counts {
            acknowledged: found.acknowledged,
            replicated: found.replicated,
            at_risk: found.at_risk,
            lost: found.lost,
        };
        // SAFETY: the caller's contract.
        unsafe { put(counts, all) }?;
        Ok(QUORATE_OK)
    })
}

/// What was lost, in the order in which it was: `count` losses. The view is valid until the same function is called again, or the
/// ledger is freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_replication_ledger_losses(
    ledger: *mut quorate_replication_ledger,
    losses: *mut *const quorate_replication_loss,
    count: *mut usize,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let ledger = unsafe { quorate_replication_ledger::get_mut(ledger) }?;
        if losses.is_null() || count.is_null() {
            return Err(QUORATE_ERR_NULL);
        }
        let found = ledger.inner.losses().iter();
        ledger.losses = found
            .map(|loss| quorate_replication_loss {
                writes: loss.writes,
                first_offset: loss.first_offset,
                last_offset: loss.last_offset,
                first_ack: loss.first_ack_ms,
                last_ack: loss.last_ack_ms,
                lost_at: loss.lost_at_ms,
                window: loss.window_ms(),
                server: loss.server.unwrap_or(0),
                has_server: loss.server.is_some(),
                history: digits(loss.history),
            })
            .collect();
        // SAFETY: the caller's contract, for both.
        unsafe {
            put(losses, ledger.losses.as_ptr())?;
            put(count, ledger.losses.len())?;
        }
        Ok(QUORATE_OK)
    })
}

/// The writes that are lost, by history, in the order of their offsets: `count` of them. View as of
/// quorate_replication_ledger_losses.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_replication_ledger_lost(
    ledger: *mut quorate_replication_ledger,
    writes: *mut *const u64,
    count: *mut usize,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let ledger = unsafe { quorate_replication_ledger::get_mut(ledger) }?;
        if writes.is_null() || count.is_null() {
            return Err(QUORATE_ERR_NULL);
        }
        ledger.lost = ledger.inner.lost().collect();
        // SAFETY: the caller's contract, for both.
        unsafe {
            put(writes, ledger.lost.as_ptr())?;
            put(count, ledger.lost.len())?;
        }
        Ok(QUORATE_OK)
    })
}

/// How many servers have what is at `offset` of the history `id`, to `copies`. QUORATE_ERR_INVALID_REPLICATION_ID.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_replication_ledger_copies(
    ledger: *const quorate_replication_ledger,
    id: *const c_char,
    offset: u64,
    copies: *mut u64,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it, for both.
        let (ledger, id) = unsafe { (quorate_replication_ledger::get(ledger)?, read_id(id)?) };
        // SAFETY: the caller's contract.
        unsafe { put(copies, ledger.inner.copies(id, offset)) }?;
        Ok(QUORATE_OK)
    })
}

/// A hash of everything that the ledger knows, the same on every platform and in every language. 0 on misuse.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_replication_ledger_state_hash(ledger: *const quorate_replication_ledger) -> u64 {
    boundary::guard(|| {
        // SAFETY: the caller's contract, as the header says it.
        unsafe { quorate_replication_ledger::get(ledger) }.map_or(0, |ledger| ledger.inner.state_hash())
    })
}
