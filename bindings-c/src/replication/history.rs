//! What a server's data is the result of.

use core::ffi::c_char;

use quorate::replication::{History, HistoryCause, ReplicationId, SecondId};

use crate::error::*;
use crate::text::read;

/// What a server's data is the result of. Two servers of one id and offset hold the same data.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct quorate_replication_history {
    /// How many bytes of the stream are behind it (master_repl_offset).
    pub offset: u64,
    /// The first offset at which the two histories differ (second_repl_offset); 0 if there is no second.
    pub second_offset: u64,
    /// The history that the server is in (master_replid): 40 hexadecimal digits, ended by NUL.
    pub id: [c_char; 41],
    /// The history that this one grew out of (master_replid2), or "" if it is not known.
    pub second_id: [c_char; 41],
}

/// Why a server's history has another name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum quorate_replication_history_cause {
    /// It was promoted: the data stays, and the history grew out of the one before.
    QUORATE_REPLICATION_PROMOTED = 0,
    /// Its primary goes on under another name, and so does it: likewise.
    QUORATE_REPLICATION_CONTINUED = 1,
    /// It is a primary that did not count what was written to it, for it had no replicas. The data stays, and nobody can go on
    /// from the name before.
    QUORATE_REPLICATION_RENEWED = 2,
    /// It loaded its primary's snapshot: the data before is gone since QUORATE_REPLICATION_OUTPUT_LOAD_SNAPSHOT.
    QUORATE_REPLICATION_LOADED = 3,
}

use quorate_replication_history_cause::*;

impl quorate_replication_history_cause {
    pub(super) fn of(cause: HistoryCause) -> Self {
        match cause {
            HistoryCause::Promoted => QUORATE_REPLICATION_PROMOTED,
            HistoryCause::Continued => QUORATE_REPLICATION_CONTINUED,
            HistoryCause::Renewed => QUORATE_REPLICATION_RENEWED,
            HistoryCause::Loaded => QUORATE_REPLICATION_LOADED,
        }
    }
}

/// The cause of that number.
pub(super) fn cause_of(number: u32) -> Result<HistoryCause, quorate_status> {
    match number {
        0 => Ok(HistoryCause::Promoted),
        1 => Ok(HistoryCause::Continued),
        2 => Ok(HistoryCause::Renewed),
        3 => Ok(HistoryCause::Loaded),
        _ => Err(QUORATE_ERR_INVALID_ARGUMENT),
    }
}

/// An id as C holds it.
pub(super) fn digits(id: ReplicationId) -> [c_char; 41] {
    let mut digits = [0; 41];
    for (to, from) in digits.iter_mut().zip(id.to_string().bytes()) {
        *to = from as c_char;
    }
    digits
}

/// Reads an id from an array of C, which need not be ended.
fn parse(digits: &[c_char; 41]) -> Result<ReplicationId, quorate_status> {
    let bytes = digits.map(|digit| digit as u8);
    let end = bytes.iter().position(|&byte| byte == 0).unwrap_or(bytes.len());
    ReplicationId::parse(&bytes[..end]).ok_or(QUORATE_ERR_INVALID_REPLICATION_ID)
}

/// Reads an id of the caller.
///
/// # Safety
/// As [`read`].
pub(super) unsafe fn read_id(id: *const c_char) -> Result<ReplicationId, quorate_status> {
    // SAFETY: the caller's contract.
    let id = unsafe { read(id) }?;
    ReplicationId::parse(id.as_bytes()).ok_or(QUORATE_ERR_INVALID_REPLICATION_ID)
}

impl quorate_replication_history {
    pub(super) fn of(history: &History) -> Self {
        Self {
            offset: history.offset,
            second_offset: history.second.map_or(0, |second| second.offset),
            id: digits(history.id),
            second_id: history.second.map_or([0; 41], |second| digits(second.id)),
        }
    }

    pub(super) fn to_core(self) -> Result<History, quorate_status> {
        let second = match self.second_id[0] {
            0 => None,
            _ => Some(SecondId {
                id: parse(&self.second_id)?,
                offset: self.second_offset,
            }),
        };
        Ok(History {
            id: parse(&self.id)?,
            offset: self.offset,
            second,
        })
    }
}
