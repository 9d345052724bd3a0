//! Why an input was refused, kept by the handle that refused it.

use core::ffi::{CStr, c_char};
use core::fmt;

use quorate::raft::{self, wire::WireError};

use crate::error::*;

/// What an error says beside its status and text. Fields that an error does not have are 0, and `reason` is "".
#[derive(Clone, Copy)]
#[repr(C)]
pub struct quorate_raft_error {
    /// Of QUORATE_ERR_PROPOSAL_DROPPED: "no_leader", "not_forwarded", "removed", "transferring", "uncommitted_limit" or "empty".
    /// Never NULL, valid for ever.
    pub reason: *const c_char,
    /// Who leads ("not_forwarded"), is to lead ("transferring"), or is no member (QUORATE_ERR_UNKNOWN_PEER).
    pub node_id: u64,
    /// The ticket, of QUORATE_ERR_UNKNOWN_TICKET.
    pub ticket: u64,
    /// The index that cannot be.
    pub index: u64,
    /// The least index that could be, of QUORATE_ERR_NOT_APPLYING.
    pub first: u64,
    /// The most that could be; of QUORATE_ERR_CORRUPT where the log ends.
    pub last: u64,
    /// How far the log is committed, of QUORATE_ERR_CORRUPT.
    pub committed: u64,
    /// Where the bytes are wrong, of QUORATE_ERR_INVALID_WIRE: counted from their start, or from that of the part of them that is
    /// wrong.
    pub offset: u64,
    /// The quorate_raft_message_kind, of QUORATE_ERR_LOCAL_MESSAGE and QUORATE_ERR_INVALID_MESSAGE.
    pub message_kind: u32,
    /// Which error, or QUORATE_OK if there was none.
    pub status: quorate_status,
}

/// The latest error of a handle.
#[derive(Clone, Debug)]
pub(super) enum Latest {
    Raft(raft::Error),
    Wire(WireError),
}

impl Latest {
    pub(super) fn status(&self) -> quorate_status {
        quorate_status::of_code(match self {
            Self::Raft(error) => error.code(),
            Self::Wire(error) => error.code(),
        })
    }
}

impl fmt::Display for Latest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Raft(error) => error.fmt(f),
            Self::Wire(error) => error.fmt(f),
        }
    }
}

impl From<raft::Error> for Latest {
    fn from(error: raft::Error) -> Self {
        Self::Raft(error)
    }
}

impl From<raft::MembershipError> for Latest {
    fn from(error: raft::MembershipError) -> Self {
        Self::Raft(raft::Error::Membership(error))
    }
}

impl From<WireError> for Latest {
    fn from(error: WireError) -> Self {
        Self::Wire(error)
    }
}

/// Why a proposal was dropped, and which node that has to do with.
fn dropped(reason: raft::Dropped) -> (&'static CStr, u64) {
    use raft::Dropped as D;

    match reason {
        D::NoLeader => (c"no_leader", 0),
        D::NotForwarded { lead } => (c"not_forwarded", lead),
        D::Removed => (c"removed", 0),
        D::Transferring { to } => (c"transferring", to),
        D::UncommittedLimit => (c"uncommitted_limit", 0),
        D::Empty => (c"empty", 0),
    }
}

impl quorate_raft_error {
    pub(super) fn of(latest: Option<&Latest>) -> Self {
        use raft::Error as E;

        let mut error = Self {
            reason: c"".as_ptr(),
            node_id: 0,
            ticket: 0,
            index: 0,
            first: 0,
            last: 0,
            committed: 0,
            offset: 0,
            message_kind: 0,
            status: latest.map_or(QUORATE_OK, Latest::status),
        };
        match latest {
            Some(Latest::Wire(wire)) => error.offset = wire.offset as u64,
            Some(Latest::Raft(raft)) => match *raft {
                E::ProposalDropped(why) => {
                    let (reason, node_id) = dropped(why);
                    (error.reason, error.node_id) = (reason.as_ptr(), node_id);
                }
                E::LocalMessage(kind) | E::InvalidMessage(kind, _) => error.message_kind = kind.number().into(),
                E::UnknownPeer(id) => error.node_id = id,
                E::UnknownTicket(ticket) => error.ticket = ticket,
                E::NotApplying { index, from, to } => (error.index, error.first, error.last) = (index, from, to),
                E::NotCompactable(index) | E::UselessSnapshot(index) => error.index = index,
                E::Corrupt { index, committed, last } => {
                    (error.index, error.committed, error.last) = (index, committed, last);
                }
                _ => {}
            },
            None => {}
        }
        error
    }
}
