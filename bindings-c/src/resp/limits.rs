//! What a peer may make a decoder hold.

use quorate::resp::{Limits, RequestLimits};

use crate::boundary;
use crate::error::{QUORATE_OK, quorate_status};
use crate::handle::put;

/// Switches a bound off.
pub const QUORATE_RESP_NO_LIMIT: u64 = u64::MAX;

/// Bounds on one reply, to be filled by quorate_resp_limits_init before single ones are changed. QUORATE_RESP_NO_LIMIT switches
/// one off. Nothing is ever reserved by an announced number, so memory follows the bytes that really came.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct quorate_resp_limits {
    /// The most aggregates (attributes included) that may be open at once. Default 1,024.
    pub max_depth: u64,
    /// The longest bulk string, bulk error, verbatim string or streamed string, in bytes. Default 512 MiB.
    pub max_bulk: u64,
    /// The longest line, in bytes between the type byte and the CR LF. Default 64 KiB.
    pub max_line: u64,
    /// The most values in one reply at all depths; a map of n pairs counts 2n. Default 2^27.
    pub max_elements: u64,
    /// The most bytes in one reply, its attributes included. Default 1 GiB.
    pub max_reply: u64,
}

/// Bounds on one request, to be filled by quorate_resp_request_limits_init before single ones are changed.
/// QUORATE_RESP_NO_LIMIT switches one off.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct quorate_resp_request_limits {
    /// The most arguments of one request. Default 2^31 - 1.
    pub max_args: u64,
    /// The longest argument, in bytes. Default 512 MiB.
    pub max_bulk: u64,
    /// The longest line: an inline request, a count or a length. Default 64 KiB.
    pub max_line: u64,
    /// Whether the client is authenticated: 0 is no, anything else is yes. Until it is, a server takes at most 10 arguments of
    /// at most 16,384 bytes. Default 1. See quorate_resp_request_decoder_set_authenticated.
    pub authenticated: u8,
}

fn from_core(limit: Option<u64>) -> u64 {
    limit.unwrap_or(QUORATE_RESP_NO_LIMIT)
}

fn to_core(limit: u64) -> Option<u64> {
    (limit != QUORATE_RESP_NO_LIMIT).then_some(limit)
}

impl quorate_resp_limits {
    pub(crate) fn to_core(self) -> Limits {
        Limits {
            // A depth beyond 32 bits cannot be reached: each level takes bytes.
            max_depth: to_core(self.max_depth).map(|depth| u32::try_from(depth).unwrap_or(u32::MAX)),
            max_bulk: to_core(self.max_bulk),
            max_line: to_core(self.max_line),
            max_elements: to_core(self.max_elements),
            max_reply: to_core(self.max_reply),
        }
    }
}

impl quorate_resp_request_limits {
    pub(crate) fn to_core(self) -> RequestLimits {
        RequestLimits {
            max_args: to_core(self.max_args),
            max_bulk: to_core(self.max_bulk),
            max_line: to_core(self.max_line),
            authenticated: self.authenticated != 0,
        }
    }
}

/// Fills in the defaults.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_resp_limits_init(limits: *mut quorate_resp_limits) -> quorate_status {
    boundary::status(|| {
        let defaults = Limits::default();
        let defaults = quorate_resp_limits {
            max_depth: from_core(defaults.max_depth.map(u64::from)),
            max_bulk: from_core(defaults.max_bulk),
            max_line: from_core(defaults.max_line),
            max_elements: from_core(defaults.max_elements),
            max_reply: from_core(defaults.max_reply),
        };
        // SAFETY: the caller's contract, as the header says it.
        unsafe { put(limits, defaults) }?;
        Ok(QUORATE_OK)
    })
}

/// Fills in the defaults.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_resp_request_limits_init(limits: *mut quorate_resp_request_limits) -> quorate_status {
    boundary::status(|| {
        let defaults = RequestLimits::default();
        let defaults = quorate_resp_request_limits {
            max_args: from_core(defaults.max_args),
            max_bulk: from_core(defaults.max_bulk),
            max_line: from_core(defaults.max_line),
            authenticated: u8::from(defaults.authenticated),
        };
        // SAFETY: the caller's contract, as the header says it.
        unsafe { put(limits, defaults) }?;
        Ok(QUORATE_OK)
    })
}
