//! Traces as a word and a JSON text. There are some sixty of them, so that what serde says of each is what is used.

use core::ffi::c_char;

use quorate::raft;

use crate::text::Told;

/// Why something happened, or did not. Only with `trace` of quorate_raft_config.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct quorate_raft_trace {
    /// What happened, in snake case, such as "became_leader" or "vote_refused". Ended by NUL.
    pub kind: *const c_char,
    /// What goes with it, as a JSON object in one line, such as {"term":1,"to":2}, by name. Names of variants are in snake case.
    /// Ended by NUL.
    pub json: *const c_char,
}

/// A view of traces.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct quorate_raft_traces {
    /// The first trace.
    pub data: *const quorate_raft_trace,
    /// How many traces.
    pub len: usize,
}

/// The texts that a trace points to.
pub(super) struct Text(Told);

impl Text {
    pub(super) fn of(trace: &raft::Trace) -> Self {
        Self(Told::of(trace))
    }

    pub(super) fn view(&self) -> quorate_raft_trace {
        quorate_raft_trace {
            kind: self.0.kind.as_ptr(),
            json: self.0.json.as_ptr(),
        }
    }
}
