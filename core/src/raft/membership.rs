//! Who is a member, and the steps by which that changes (§4 of the dissertation; etcd's `confchange`).

use alloc::vec::Vec;
use core::fmt;

use super::message::{ConfChangeKind, ConfChangeSingle, ConfChangeV2, ConfState, NodeId};
use super::progress::{Progress, Window};
use super::quorum::{self, Acked, VoteResult};
use super::saved::{Saved, Sink, Source, saved};

/// A sorted set of members. Groups are small, so a sorted array is quicker than any tree.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct IdSet(Vec<NodeId>);

impl IdSet {
    pub(super) fn insert(&mut self, id: NodeId) {
        if let Err(place) = self.0.binary_search(&id) {
            self.0.insert(place, id);
        }
    }

    fn remove(&mut self, id: NodeId) {
        if let Ok(place) = self.0.binary_search(&id) {
            self.0.remove(place);
        }
    }

    /// Whether `id` is in it.
    pub fn contains(&self, id: NodeId) -> bool {
        self.0.binary_search(&id).is_ok()
    }

    /// The members in order.
    pub fn as_slice(&self) -> &[NodeId] {
        &self.0
    }

    /// Whether nobody is in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<NodeId> for IdSet {
    fn from_iter<I: IntoIterator<Item = NodeId>>(ids: I) -> Self {
        let mut ids: Vec<NodeId> = ids.into_iter().collect();
        ids.sort_unstable();
        ids.dedup();
        Self(ids)
    }
}

impl fmt::Display for IdSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(")?;
        for (i, id) in self.0.iter().enumerate() {
            write!(f, "{}{id}", if i == 0 { "" } else { " " })?;
        }
        f.write_str(")")
    }
}

/// Who is a member and how. `Display` prints it as etcd does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Membership {
    /// The voters; in a joint configuration those of the incoming half.
    pub incoming: IdSet,
    /// The voters of the outgoing half; empty if the configuration is not joint.
    pub outgoing: IdSet,
    /// Members that receive the log and have no vote.
    pub learners: IdSet,
    /// Voters of the outgoing half that become learners when it is left: a member is never both at once.
    pub learners_next: IdSet,
    /// Whether the leader leaves the joint configuration by itself.
    pub auto_leave: bool,
}

impl Membership {
    /// Whether both halves must agree.
    pub fn is_joint(&self) -> bool {
        !self.outgoing.is_empty()
    }

    /// Whether `id` votes in either half.
    pub fn is_voter(&self, id: NodeId) -> bool {
        self.incoming.contains(id) || self.outgoing.contains(id)
    }

    /// Everyone who votes in either half, in order.
    pub fn voters(&self) -> IdSet {
        let halves = self.incoming.as_slice().iter().chain(self.outgoing.as_slice());
        halves.copied().collect()
    }

    /// Whether there is one voter and no other half.
    pub fn is_singleton(&self) -> bool {
        self.incoming.as_slice().len() == 1 && !self.is_joint()
    }

    /// How a vote stands.
    pub fn vote_result(&self, vote: impl Fn(NodeId) -> Option<bool>) -> VoteResult {
        quorum::joint_vote(self.incoming.as_slice(), self.outgoing.as_slice(), vote)
    }

    /// The largest index that a quorum has.
    pub fn committed(&self, acked: impl Fn(NodeId) -> u64) -> u64 {
        quorum::joint_committed(self.incoming.as_slice(), self.outgoing.as_slice(), acked)
    }

    /// The largest index that a quorum of two groups has.
    pub fn group_committed(&self, acked: impl Fn(NodeId) -> Acked) -> (u64, bool) {
        quorum::joint_group_committed(self.incoming.as_slice(), self.outgoing.as_slice(), acked)
    }

    /// The same, as it is kept in snapshots.
    pub fn conf_state(&self) -> ConfState {
        ConfState {
            voters: self.incoming.0.clone(),
            learners: self.learners.0.clone(),
            voters_outgoing: self.outgoing.0.clone(),
            learners_next: self.learners_next.0.clone(),
            auto_leave: self.auto_leave,
        }
    }
}

impl fmt::Display for Membership {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "voters={}", self.incoming)?;
        if self.is_joint() {
            write!(f, "&&{}", self.outgoing)?;
        }
        if !self.learners.is_empty() {
            write!(f, " learners={}", self.learners)?;
        }
        if !self.learners_next.is_empty() {
            write!(f, " learners_next={}", self.learners_next)?;
        }
        if self.auto_leave {
            f.write_str(" autoleave")?;
        }
        Ok(())
    }
}

/// Why a change of membership cannot be applied. The membership is as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum MembershipError {
    /// Only leaving is possible in a joint configuration.
    #[error("config is already joint")]
    AlreadyJoint,
    /// Nobody could agree to the first change.
    #[error("can't make a zero-voter config joint")]
    NoVoters,
    /// There is no joint configuration to leave.
    #[error("can't leave a non-joint config")]
    NotJoint,
    /// A simple change must wait until the joint configuration is left.
    #[error("can't apply simple config change in joint config")]
    SimpleInJoint,
    /// Two majorities would be possible that do not meet.
    #[error("more than one voter changed without entering joint config")]
    TooManyChanged,
    /// Nobody could agree to anything any more.
    #[error("removed all voters")]
    RemovedAllVoters,
}

impl MembershipError {
    /// A stable name, the same in every binding.
    pub fn code(self) -> &'static str {
        match self {
            Self::AlreadyJoint => "already_joint",
            Self::NoVoters => "no_voters",
            Self::NotJoint => "not_joint",
            Self::SimpleInJoint => "simple_in_joint",
            Self::TooManyChanged => "too_many_changed",
            Self::RemovedAllVoters => "removed_all_voters",
        }
    }
}

/// The members and what the leader knows of each. A step to another membership makes a new value, or says why it cannot be.
///
/// A [`Node`](super::Node) has its own; this is for those who want to know what would become of a change.
///
/// ```
/// use quorate::raft::{ConfChangeKind, ConfChangeSingle, Members, MembershipError};
///
/// let add = |node_id| ConfChangeSingle { kind: ConfChangeKind::AddNode, node_id };
/// let one = Members::new(256, 0).simple(&[add(1)], 0)?;
/// assert_eq!(one.simple(&[add(2), add(3)], 0), Err(MembershipError::TooManyChanged));
/// let joint = one.enter_joint(false, &[add(2), add(3)], 0)?;
/// assert_eq!(joint.config().to_string(), "voters=(1 2 3)&&(1)");
/// assert_eq!(joint.leave_joint()?.config().to_string(), "voters=(1 2 3)");
/// # Ok::<(), MembershipError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Members {
    pub(super) config: Membership,
    /// Sorted by member.
    progress: Vec<(NodeId, Progress)>,
    window: Window,
}

impl Members {
    /// Nobody yet. To each member as many messages and bytes may be on their way as
    /// [`Config::max_inflight_msgs`](super::Config::max_inflight_msgs) and
    /// [`Config::max_inflight_bytes`](super::Config::max_inflight_bytes) say.
    pub fn new(max_inflight_msgs: usize, max_inflight_bytes: u64) -> Self {
        Self::with_window(Window {
            messages: max_inflight_msgs,
            bytes: max_inflight_bytes,
        })
    }

    /// The members that `state` names, of whom nothing else is known.
    ///
    /// # Errors
    /// [`MembershipError`] if there are members of whom none votes.
    pub fn of(state: &ConfState) -> Result<Self, MembershipError> {
        Self::restore(Self::new(256, 0).window, state, 0)
    }

    pub(super) fn with_window(window: Window) -> Self {
        Self {
            config: Membership::default(),
            progress: Vec::new(),
            window,
        }
    }

    /// The members that a snapshot or a restart says there are.
    pub(super) fn restore(window: Window, state: &ConfState, last_index: u64) -> Result<Self, MembershipError> {
        let single = |kind| move |&node_id: &NodeId| ConfChangeSingle { kind, node_id };
        let mut members = Self::with_window(window);
        let incoming = state.voters.iter().map(single(ConfChangeKind::AddNode));
        let learners = state.learners.iter().map(single(ConfChangeKind::AddLearnerNode));
        let learners_next = state.learners_next.iter().map(single(ConfChangeKind::AddLearnerNode));
        let all: Vec<_> = incoming.chain(learners).chain(learners_next).collect();
        if state.voters_outgoing.is_empty() {
            // One by one, for a simple change moves one voter at the most.
            for change in all {
                members = members.simple(&[change], last_index)?;
            }
            return Ok(members);
        }
        for change in state.voters_outgoing.iter().map(single(ConfChangeKind::AddNode)) {
            members = members.simple(&[change], last_index)?;
        }
        let removals = state.voters_outgoing.iter().map(single(ConfChangeKind::RemoveNode));
        let all: Vec<_> = removals.chain(all).collect();
        members.enter_joint(state.auto_leave, &all, last_index)
    }

    pub(super) fn get(&self, id: NodeId) -> Option<&Progress> {
        let place = self.progress.binary_search_by_key(&id, |(id, _)| *id).ok()?;
        Some(&self.progress[place].1)
    }

    pub(super) fn get_mut(&mut self, id: NodeId) -> Option<&mut Progress> {
        let place = self.progress.binary_search_by_key(&id, |(id, _)| *id).ok()?;
        Some(&mut self.progress[place].1)
    }

    /// Who is a member.
    pub fn config(&self) -> &Membership {
        &self.config
    }

    /// What the leader knows of each member, in their order.
    pub fn iter(&self) -> impl Iterator<Item = (NodeId, &Progress)> {
        self.progress.iter().map(|(id, progress)| (*id, progress))
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = (NodeId, &mut Progress)> {
        self.progress.iter_mut().map(|(id, progress)| (*id, progress))
    }

    /// How many members there are, and which is the one at `place` in their order.
    pub(super) fn id_at(&self, place: usize) -> Option<NodeId> {
        self.progress.get(place).map(|(id, _)| *id)
    }

    pub(super) fn window(&self) -> Window {
        self.window
    }

    /// What everything here counts on: who is named is known, and in order.
    pub(super) fn is_sound(&self) -> bool {
        let config = &self.config;
        let sets = [
            &config.incoming,
            &config.outgoing,
            &config.learners,
            &config.learners_next,
        ];
        let mut named = sets.iter().flat_map(|set| set.as_slice());
        self.progress.is_sorted_by(|(one, _), (next, _)| one < next)
            && self.progress.iter().all(|(_, progress)| progress.is_sound())
            && named.all(|id| self.get(*id).is_some())
    }

    pub(super) fn matched(&self, id: NodeId) -> u64 {
        self.get(id).map_or(0, |progress| progress.matched)
    }

    /// Takes whichever of these steps the change asks for.
    ///
    /// # Errors
    /// [`MembershipError`].
    pub fn changed(&self, change: &ConfChangeV2, last_index: u64) -> Result<Self, MembershipError> {
        if change.is_leave_joint() {
            self.leave_joint()
        } else if let Some(auto_leave) = change.enters_joint() {
            self.enter_joint(auto_leave, &change.changes, last_index)
        } else {
            self.simple(&change.changes, last_index)
        }
    }

    /// One voter more or one less, so that any two majorities meet (§4.1; rule 28). New members are probed from `last_index` on.
    ///
    /// # Errors
    /// [`MembershipError`].
    pub fn simple(&self, changes: &[ConfChangeSingle], last_index: u64) -> Result<Self, MembershipError> {
        if self.config.is_joint() {
            return Err(MembershipError::SimpleInJoint);
        }
        let next = self.clone().apply(changes, last_index)?;
        let (old, new) = (&self.config.incoming, &next.config.incoming);
        let gone = old.0.iter().filter(|&&id| !new.contains(id)).count();
        let come = new.0.iter().filter(|&&id| !old.contains(id)).count();
        if gone + come > 1 {
            return Err(MembershipError::TooManyChanged);
        }
        Ok(next)
    }

    /// Any change, through a configuration in which both majorities must agree (§4.3). The leader leaves it by itself if
    /// `auto_leave` is set.
    ///
    /// # Errors
    /// [`MembershipError`].
    pub fn enter_joint(
        &self,
        auto_leave: bool,
        changes: &[ConfChangeSingle],
        last_index: u64,
    ) -> Result<Self, MembershipError> {
        if self.config.is_joint() {
            return Err(MembershipError::AlreadyJoint);
        }
        if self.config.incoming.is_empty() {
            return Err(MembershipError::NoVoters);
        }
        let mut next = self.clone();
        next.config.outgoing = next.config.incoming.clone();
        let mut next = next.apply(changes, last_index)?;
        next.config.auto_leave = auto_leave;
        Ok(next)
    }

    /// Only the incoming half decides from here on.
    ///
    /// # Errors
    /// [`MembershipError::NotJoint`].
    pub fn leave_joint(&self) -> Result<Self, MembershipError> {
        if !self.config.is_joint() {
            return Err(MembershipError::NotJoint);
        }
        let mut next = self.clone();
        for id in core::mem::take(&mut next.config.learners_next).0 {
            next.config.learners.insert(id);
            if let Some(progress) = next.get_mut(id) {
                progress.is_learner = true;
            }
        }
        for id in core::mem::take(&mut next.config.outgoing).0 {
            if !next.config.incoming.contains(id) && !next.config.learners.contains(id) {
                next.forget(id);
            }
        }
        next.config.auto_leave = false;
        Ok(next)
    }

    /// What must not be done: any change at once (see [`BrokenRule::SwitchDirectly`](super::rules::BrokenRule)).
    pub(super) fn switched(&self, change: &ConfChangeV2, last_index: u64) -> Result<Self, MembershipError> {
        self.clone().apply(&change.changes, last_index)
    }

    fn apply(mut self, changes: &[ConfChangeSingle], last_index: u64) -> Result<Self, MembershipError> {
        for change in changes {
            let id = change.node_id;
            // A change that was refused is replaced by one of nobody.
            if id == 0 {
                continue;
            }
            match change.kind {
                ConfChangeKind::AddNode => self.make_voter(id, last_index),
                ConfChangeKind::AddLearnerNode => self.make_learner(id, last_index),
                ConfChangeKind::RemoveNode => self.remove(id),
                ConfChangeKind::UpdateNode => {}
            }
        }
        if self.config.incoming.is_empty() {
            return Err(MembershipError::RemovedAllVoters);
        }
        Ok(self)
    }

    fn make_voter(&mut self, id: NodeId, last_index: u64) {
        match self.get_mut(id) {
            None => self.add(id, last_index, false),
            Some(progress) => progress.is_learner = false,
        }
        self.config.learners.remove(id);
        self.config.learners_next.remove(id);
        self.config.incoming.insert(id);
    }

    fn make_learner(&mut self, id: NodeId, last_index: u64) {
        match self.get(id) {
            None => {
                self.add(id, last_index, true);
                self.config.learners.insert(id);
            }
            Some(progress) if progress.is_learner => {}
            Some(_) => {
                self.config.incoming.remove(id);
                // A voter of the outgoing half stays one until that half is left.
                if self.config.outgoing.contains(id) {
                    self.config.learners_next.insert(id);
                } else {
                    self.config.learners.insert(id);
                    if let Some(progress) = self.get_mut(id) {
                        progress.is_learner = true;
                    }
                }
            }
        }
    }

    fn remove(&mut self, id: NodeId) {
        self.config.incoming.remove(id);
        self.config.learners.remove(id);
        self.config.learners_next.remove(id);
        if !self.config.outgoing.contains(id) {
            self.forget(id);
        }
    }

    /// Rule 26: a new member counts as active, so that a quorum check does not fire before it could speak.
    fn add(&mut self, id: NodeId, last_index: u64, is_learner: bool) {
        let mut progress = Progress::new(0, last_index.max(1), self.window, is_learner);
        progress.recent_active = true;
        if let Err(place) = self.progress.binary_search_by_key(&id, |(id, _)| *id) {
            self.progress.insert(place, (id, progress));
        }
    }

    fn forget(&mut self, id: NodeId) {
        self.progress.retain(|(other, _)| *other != id);
    }
}

impl Saved for IdSet {
    fn save(&self, to: &mut impl Sink) {
        self.0.save(to);
    }

    fn load(from: &mut Source<'_>) -> Result<Self, super::error::Error> {
        let ids: Vec<NodeId> = Saved::load(from)?;
        match ids.is_sorted_by(|one, next| one < next) {
            true => Ok(Self(ids)),
            false => from.error("members in order"),
        }
    }
}

saved!(struct Membership { incoming, outgoing, learners, learners_next, auto_leave });
saved!(struct Members { config, progress, window });
