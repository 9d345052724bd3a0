//! Who is a member, how that changes, and what a quorum of them says.

use core::ffi::c_char;

use quorate::raft::quorum::{Acked, VoteResult};
use quorate::raft::{ConfState, Members};

use super::error::Latest;
use super::message::*;
use super::status::quorate_raft_vote;
use crate::boundary;
use crate::bytes::{slice, text};
use crate::error::*;
use crate::handle::{Handle, handle, put};

/// How a vote stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum quorate_raft_vote_result {
    /// Neither won nor lost: it depends on votes that did not come yet.
    QUORATE_RAFT_VOTE_PENDING = 0,
    /// A quorum can no longer agree.
    QUORATE_RAFT_VOTE_LOST = 1,
    /// A quorum agreed.
    QUORATE_RAFT_VOTE_WON = 2,
}

use quorate_raft_vote_result::*;

/// What one voter acknowledged.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct quorate_raft_ack {
    /// Which voter.
    pub id: u64,
    /// How far its log is known to match.
    pub index: u64,
    /// Which group it belongs to, for quorate_raft_members_group_committed; 0 for none.
    pub group: u64,
}

/// Who is a member, outside of any node: to find out what would become of a change, what a quorum has, or how a vote ends.
///
///     const uint64_t voters[] = {1, 2, 3};
///     quorate_raft_conf_state state = {{voters, 3}, {NULL, 0}, {NULL, 0}, {NULL, 0}, 0};
///     quorate_raft_ack acks[] = {{1, 7, 0}, {2, 5, 0}};
///     quorate_raft_members *members;
///     uint64_t committed;
///     quorate_raft_members_new(&state, &members);
///     quorate_raft_members_committed(members, acks, 2, &committed);    // 5
///     quorate_raft_members_free(members);
pub struct quorate_raft_members {
    inner: Members,
    state: ConfState,
    latest: Option<Latest>,
}
handle!(quorate_raft_members, b"Qrmember");

impl quorate_raft_members {
    fn of(inner: Members) -> Self {
        Self {
            inner,
            state: ConfState::default(),
            latest: None,
        }
    }
}

/// Makes the membership that `state` names, or that of nobody if it is NULL. Free it with quorate_raft_members_free.
///
/// QUORATE_ERR_REMOVED_ALL_VOTERS, or another error of membership, if there are members of whom none votes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_raft_members_new(
    state: *const quorate_raft_conf_state,
    members: *mut *mut quorate_raft_members,
) -> quorate_status {
    boundary::status(|| {
        if members.is_null() {
            return Err(QUORATE_ERR_NULL);
        }
        let state = if state.is_null() {
            ConfState::default()
        } else {
            // SAFETY: the caller's contract, as the header says it.
            unsafe { needed(state)?.to_core() }?
        };
        let inner = Members::of(&state).map_err(|error| quorate_status::of_code(error.code()))?;
        // SAFETY: the caller's contract.
        unsafe { put(members, quorate_raft_members::of(inner).open()) }?;
        Ok(QUORATE_OK)
    })
}

/// Frees the membership and with it every view that it handed out. NULL is ignored.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_raft_members_free(members: *mut quorate_raft_members) {
    // SAFETY: the caller's contract, as the header says it.
    boundary::guard(|| unsafe { quorate_raft_members::close(members) });
}

/// The same membership once more. Free it with quorate_raft_members_free. NULL on misuse.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_raft_members_clone(members: *const quorate_raft_members) -> *mut quorate_raft_members {
    // SAFETY: the caller's contract, as the header says it.
    boundary::guard(|| match unsafe { quorate_raft_members::get(members) } {
        Ok(members) => quorate_raft_members::of(members.inner.clone()).open(),
        Err(_) => core::ptr::null_mut(),
    })
}

/// Makes a change, or takes the first step of it. An error of membership, such as QUORATE_ERR_NOT_JOINT, if it cannot be; then
/// nothing changes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_raft_members_change(
    members: *mut quorate_raft_members,
    change: *const quorate_raft_conf_change,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let members = unsafe { quorate_raft_members::get_mut(members) }?;
        // SAFETY: the caller's contract.
        let change = unsafe { needed(change)?.to_core() }?;
        // Where a leader would start to send to new members does not matter here.
        match members.inner.changed(&change, 0) {
            Ok(next) => members.inner = next,
            Err(error) => return Err(members.latest.insert(error.into()).status()),
        }
        Ok(QUORATE_OK)
    })
}

/// Whether the configuration is joint: both halves of it must agree. False on misuse.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_raft_members_is_joint(members: *const quorate_raft_members) -> bool {
    // SAFETY: the caller's contract, as the header says it.
    boundary::guard(|| {
        unsafe { quorate_raft_members::get(members) }.is_ok_and(|members| members.inner.config().is_joint())
    })
}

/// Whether `id` votes in either half. False on misuse.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_raft_members_is_voter(members: *const quorate_raft_members, id: u64) -> bool {
    boundary::guard(|| {
        // SAFETY: the caller's contract, as the header says it.
        let members = unsafe { quorate_raft_members::get(members) };
        members.is_ok_and(|members| members.inner.config().is_voter(id))
    })
}

/// Who is a member. The views are valid until the same function is called again, or the membership is freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_raft_members_conf_state(
    members: *mut quorate_raft_members,
    state: *mut quorate_raft_conf_state,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let members = unsafe { quorate_raft_members::get_mut(members) }?;
        if state.is_null() {
            return Err(QUORATE_ERR_NULL);
        }
        members.state = members.inner.config().conf_state();
        // SAFETY: the caller's contract.
        unsafe { put(state, quorate_raft_conf_state::of(&members.state)) }?;
        Ok(QUORATE_OK)
    })
}

/// Writes who is a member as etcd does, such as "voters=(1 2)&&(1) learners=(3)": at most `cap` bytes, ended by NUL. Returns the
/// length of the whole text without the NUL, as snprintf does. 0 on misuse.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_raft_members_text(
    members: *const quorate_raft_members,
    buf: *mut c_char,
    cap: usize,
) -> usize {
    boundary::guard(|| {
        // SAFETY: the caller's contract, as the header says it.
        match unsafe { quorate_raft_members::get(members) } {
            // SAFETY: the caller's contract.
            Ok(members) => unsafe { text(members.inner.config(), buf, cap) },
            Err(_) => 0,
        }
    })
}

/// Writes the latest error in words: at most `cap` bytes, ended by NUL. Returns the length of the whole text without the NUL, as
/// snprintf does. 0, and nothing written, when there was none, or on misuse.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_raft_members_error(
    members: *const quorate_raft_members,
    buf: *mut c_char,
    cap: usize,
) -> usize {
    boundary::guard(|| {
        // SAFETY: the caller's contract, as the header says it.
        let members = unsafe { quorate_raft_members::get(members) };
        match members.ok().and_then(|members| members.latest.as_ref()) {
            // SAFETY: the caller's contract.
            Some(error) => unsafe { text(error, buf, cap) },
            None => 0,
        }
    })
}

/// The largest index that a quorum has, to `index`: in a joint configuration, that both majorities have. A voter that is not
/// among the `count` at `acks` has nothing; of one that is there twice the first counts. 2^64 - 1 without any voters.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_raft_members_committed(
    members: *const quorate_raft_members,
    acks: *const quorate_raft_ack,
    count: usize,
    index: *mut u64,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let (members, acks) = unsafe { (quorate_raft_members::get(members)?, slice(acks, count)?) };
        let acked = |id| acks.iter().find(|ack| ack.id == id).map_or(0, |ack| ack.index);
        // SAFETY: the caller's contract.
        unsafe { put(index, members.inner.config().committed(acked)) }?;
        Ok(QUORATE_OK)
    })
}

/// As quorate_raft_members_committed, but counting an index only when voters of two groups have it (group_commit). `grouped`,
/// unless it is NULL, becomes whether that was possible.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_raft_members_group_committed(
    members: *const quorate_raft_members,
    acks: *const quorate_raft_ack,
    count: usize,
    index: *mut u64,
    grouped: *mut bool,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let (members, acks) = unsafe { (quorate_raft_members::get(members)?, slice(acks, count)?) };
        let acked = |id| {
            let ack = acks.iter().find(|ack| ack.id == id);
            ack.map_or(Acked::default(), |ack| Acked {
                index: ack.index,
                group: ack.group,
            })
        };
        let (committed, by_groups) = members.inner.config().group_committed(acked);
        // SAFETY: the caller's contract, for both.
        unsafe {
            put(index, committed)?;
            if !grouped.is_null() {
                put(grouped, by_groups)?;
            }
        }
        Ok(QUORATE_OK)
    })
}

/// How a vote stands, to `result`, when the `count` at `votes` came. Of a voter that is there twice the first counts. Won without
/// any voters.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_raft_members_vote_result(
    members: *const quorate_raft_members,
    votes: *const quorate_raft_vote,
    count: usize,
    result: *mut quorate_raft_vote_result,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let (members, votes) = unsafe { (quorate_raft_members::get(members)?, slice(votes, count)?) };
        let vote = |id| votes.iter().find(|vote| vote.id == id).map(|vote| vote.granted != 0);
        let stands = match members.inner.config().vote_result(vote) {
            VoteResult::Pending => QUORATE_RAFT_VOTE_PENDING,
            VoteResult::Lost => QUORATE_RAFT_VOTE_LOST,
            VoteResult::Won => QUORATE_RAFT_VOTE_WON,
        };
        // SAFETY: the caller's contract.
        unsafe { put(result, stands) }?;
        Ok(QUORATE_OK)
    })
}
