//! Majorities, single and joint: how far a log is committed, and how a vote ends (§4.3 of the dissertation; etcd's `quorum`).

use alloc::vec::Vec;

use super::message::NodeId;

/// How a vote stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum VoteResult {
    /// Neither won nor lost: it depends on votes that did not come yet.
    Pending,
    /// A quorum can no longer agree.
    Lost,
    /// A quorum agreed.
    Won,
}

/// What one voter acknowledged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Acked {
    /// How far its log is known to match.
    pub index: u64,
    /// Which group it belongs to, for group commit; 0 for none.
    pub group: u64,
}

/// How many are a majority of `count`.
pub fn majority(count: usize) -> usize {
    count / 2 + 1
}

/// The largest index that a majority of `voters` has acknowledged; without voters, the largest there is, so that an empty half
/// of a joint configuration decides nothing.
pub fn majority_committed(voters: &[NodeId], acked: impl Fn(NodeId) -> u64) -> u64 {
    // A vote of the usual size needs no allocation.
    const FEW: usize = 7;
    if voters.is_empty() {
        return u64::MAX;
    }
    let mut few = [0; FEW];
    let mut many = Vec::new();
    let indices = if voters.len() <= FEW {
        &mut few[..voters.len()]
    } else {
        many.resize(voters.len(), 0);
        &mut many[..]
    };
    for (index, &voter) in indices.iter_mut().zip(voters) {
        *index = acked(voter);
    }
    indices.sort_unstable();
    indices[voters.len() - majority(voters.len())]
}

/// As [`majority_committed`], but counting an index only when voters of two groups have it (raft-rs' group commit). Says also
/// whether that was possible. Voters of group 0 belong to none.
pub fn majority_group_committed(voters: &[NodeId], acked: impl Fn(NodeId) -> Acked) -> (u64, bool) {
    if voters.is_empty() {
        return (u64::MAX, true);
    }
    let mut acks: Vec<Acked> = voters.iter().map(|&voter| acked(voter)).collect();
    acks.sort_by_key(|ack| core::cmp::Reverse(ack.index));
    let quorum = acks[majority(acks.len()) - 1];
    let mut group = quorum.group;
    let mut all_grouped = true;
    for ack in &acks {
        if ack.group == 0 {
            all_grouped = false;
        } else if group == 0 {
            group = ack.group;
        } else if group != ack.group {
            return (ack.index.min(quorum.index), true);
        }
    }
    if all_grouped {
        (quorum.index, false)
    } else {
        (acks[acks.len() - 1].index, false)
    }
}

/// How a vote of `voters` stands. Without voters it is won, so that an empty half of a joint configuration decides nothing.
pub fn majority_vote(voters: &[NodeId], vote: impl Fn(NodeId) -> Option<bool>) -> VoteResult {
    if voters.is_empty() {
        return VoteResult::Won;
    }
    let mut granted = 0;
    let mut missing = 0;
    for &voter in voters {
        match vote(voter) {
            Some(true) => granted += 1,
            Some(false) => {}
            None => missing += 1,
        }
    }
    let quorum = majority(voters.len());
    if granted >= quorum {
        VoteResult::Won
    } else if granted + missing >= quorum {
        VoteResult::Pending
    } else {
        VoteResult::Lost
    }
}

/// The largest index that both halves of a joint configuration have committed.
pub fn joint_committed(incoming: &[NodeId], outgoing: &[NodeId], acked: impl Fn(NodeId) -> u64) -> u64 {
    majority_committed(incoming, &acked).min(majority_committed(outgoing, &acked))
}

/// As [`joint_committed`], with group commit.
pub fn joint_group_committed(incoming: &[NodeId], outgoing: &[NodeId], acked: impl Fn(NodeId) -> Acked) -> (u64, bool) {
    let (first, first_grouped) = majority_group_committed(incoming, &acked);
    let (second, second_grouped) = majority_group_committed(outgoing, &acked);
    (first.min(second), first_grouped && second_grouped)
}

/// How a vote in a joint configuration stands: won when both halves won it, lost when one lost it.
pub fn joint_vote(incoming: &[NodeId], outgoing: &[NodeId], vote: impl Fn(NodeId) -> Option<bool>) -> VoteResult {
    match (majority_vote(incoming, &vote), majority_vote(outgoing, &vote)) {
        (VoteResult::Lost, _) | (_, VoteResult::Lost) => VoteResult::Lost,
        (VoteResult::Won, VoteResult::Won) => VoteResult::Won,
        _ => VoteResult::Pending,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::collections::BTreeMap;
    use proptest::prelude::*;

    fn voters() -> impl Strategy<Value = BTreeMap<NodeId, Option<u64>>> {
        prop::collection::btree_map(1u64..20, prop::option::of(0u64..50), 0..12)
    }

    proptest! {
        /// The definition, word for word: the largest index which enough voters have reached.
        #[test]
        fn an_index_is_committed_when_a_majority_has_it(voters in voters()) {
            let ids: Vec<_> = voters.keys().copied().collect();
            let committed = majority_committed(&ids, |id| voters[&id].unwrap_or(0));
            let has = |index| voters.values().filter(|acked| acked.unwrap_or(0) >= index).count();
            let expected = (0..=50).rev().find(|&index| has(index) >= majority(ids.len()));
            prop_assert_eq!(committed, expected.unwrap_or(u64::MAX));
        }

        /// A joint vote of the same half twice, or with an empty half, is that half's vote.
        #[test]
        fn an_empty_or_equal_half_changes_nothing(votes in prop::collection::btree_map(1u64..20, prop::option::of(any::<bool>()), 0..12)) {
            let ids: Vec<_> = votes.keys().copied().collect();
            let vote = |id| votes.get(&id).copied().flatten();
            let alone = majority_vote(&ids, vote);
            prop_assert_eq!(joint_vote(&ids, &[], vote), alone);
            prop_assert_eq!(joint_vote(&ids, &ids, vote), alone);
        }
    }

    #[test]
    fn a_group_commit_waits_for_a_second_group() {
        let acks = [(1, 4, 1), (2, 3, 1), (3, 2, 2)];
        let acked = |id: NodeId| {
            let (_, index, group) = acks[id as usize - 1];
            Acked { index, group }
        };
        assert_eq!(majority_committed(&[1, 2, 3], |id| acked(id).index), 3);
        assert_eq!(majority_group_committed(&[1, 2, 3], acked), (2, true));
        assert_eq!(majority_group_committed(&[1, 2], acked), (3, false));
    }
}
