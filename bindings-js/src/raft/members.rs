//! Quorums and changes of membership, without a node.

use quorate::raft::quorum::{Acked, VoteResult};
use quorate::raft::{ConfState, Error, Members, Membership};
use wasm_bindgen::prelude::wasm_bindgen;

use super::codec::Reader;
use super::error::status;
use super::node::left;

fn membership(state: ConfState) -> Membership {
    Membership {
        incoming: state.voters.into_iter().collect(),
        outgoing: state.voters_outgoing.into_iter().collect(),
        learners: state.learners.into_iter().collect(),
        learners_next: state.learners_next.into_iter().collect(),
        auto_leave: state.auto_leave,
    }
}

/// The inbox has the members, then pairs of a member and how far its log is.
#[wasm_bindgen]
pub fn members_committed(len: usize) -> u64 {
    let (members, acked) = Reader::read(len, |inbox| {
        (
            membership(inbox.conf_state()),
            inbox.list(|inbox| (inbox.number(), inbox.number())),
        )
    });
    members.committed(|id| find(&acked, id).copied().unwrap_or(0))
}

/// The inbox has the members, then triples of a member, how far its log is, and its group. Leaves the index and whether it was
/// found by two groups.
#[wasm_bindgen]
pub fn members_group_committed(len: usize) {
    let (members, acked) = Reader::read(len, |inbox| {
        let members = membership(inbox.conf_state());
        let acked = inbox.list(|inbox| {
            let id = inbox.number();
            let (index, group) = (inbox.number(), inbox.number());
            (id, Acked { index, group })
        });
        (members, acked)
    });
    let (index, grouped) = members.group_committed(|id| find(&acked, id).copied().unwrap_or_default());
    left(|outbox| {
        outbox.number(index);
        outbox.flag(grouped);
    });
}

/// The inbox has the members, then pairs of a member and its vote. Answers with a number of `VOTE_RESULTS`.
#[wasm_bindgen]
pub fn members_vote_result(len: usize) -> u32 {
    let (members, votes) = Reader::read(len, |inbox| {
        (
            membership(inbox.conf_state()),
            inbox.list(|inbox| (inbox.number(), inbox.flag())),
        )
    });
    match members.vote_result(|id| find(&votes, id).copied()) {
        VoteResult::Pending => 0,
        VoteResult::Lost => 1,
        VoteResult::Won => 2,
    }
}

/// The inbox has the members, then a change. Leaves who is a member once it is applied.
#[wasm_bindgen]
pub fn members_changed(len: usize) -> bool {
    let (state, change) = Reader::read(len, |inbox| (inbox.conf_state(), inbox.change()));
    let changed = Members::of(&state).and_then(|members| members.changed(&change, 0));
    let changed = status(changed.map_err(Error::Membership));
    changed.is_some_and(|members| left(|outbox| outbox.conf_state(&members.config().conf_state())))
}

/// The inbox has the members. Leaves them in order, if they can be a membership.
#[wasm_bindgen]
pub fn members_checked(len: usize) -> bool {
    let state = Reader::read(len, |inbox| inbox.conf_state());
    let members = status(Members::of(&state).map_err(Error::Membership));
    members.is_some_and(|members| left(|outbox| outbox.conf_state(&members.config().conf_state())))
}

/// The inbox has the members. What etcd prints for them.
#[wasm_bindgen]
pub fn members_text(len: usize) -> String {
    membership(Reader::read(len, |inbox| inbox.conf_state())).to_string()
}

fn find<T>(pairs: &[(u64, T)], id: u64) -> Option<&T> {
    pairs.iter().find(|(other, _)| *other == id).map(|(_, value)| value)
}
