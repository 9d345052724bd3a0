//! A replica takes its failed master's place (`clusterHandleSlaveFailover`).

use super::machine::{Millis, Node, ReplicationLink};
use super::trace::{CannotFailOver, Trace};
use crate::cluster::bus::{Body, MessageFlags, NodeFlags};

/// Replicas that are further go first: each rank waits so much longer.
const RANK_DELAY: Millis = 1_000;

/// The last election of this node, or the next.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Election {
    /// When it begins or began; 0 if there was none.
    pub(super) time: Millis,
    pub(super) votes: u32,
    /// Whether votes were asked for.
    pub(super) sent: bool,
    pub(super) rank: u32,
    pub(super) epoch: u64,
    /// Why the node does not take over at present, so that it is said once.
    pub(super) reason: Option<CannotFailOver>,
}

impl Node {
    pub(super) fn handle_failover(&mut self) {
        let manual = self.manual.end != 0 && self.manual.can_start;
        let me = self.myself();
        let master = me.replica_of.filter(|_| !me.is_master()).filter(|at| {
            let master = &self.peers[*at];
            let wanted = master.is(NodeFlags::FAIL) && !self.config.replica_no_failover;
            (wanted || manual) && master.slot_count > 0
        });
        if master.is_none() {
            self.election.reason = None;
            return;
        }
        if !manual && self.data_is_too_old() {
            return self.cannot(CannotFailOver::DataAge);
        }
        let timeout = self.config.node_timeout.saturating_mul(2).max(2_000);
        let age = self.now.saturating_sub(self.election.time);
        if age > timeout.saturating_mul(2) {
            return self.schedule();
        }
        if !self.election.sent && self.manual.end == 0 {
            self.follow_rank();
        }
        if self.now < self.election.time {
            return self.cannot(CannotFailOver::WaitingDelay);
        }
        if age > timeout {
            return self.cannot(CannotFailOver::Expired);
        }
        if !self.election.sent {
            return self.ask_for_votes();
        }
        if self.election.votes < self.needed() {
            return self.cannot(CannotFailOver::WaitingVotes);
        }
        self.win();
    }

    /// Whether it has been without its master for longer than allowed. The server counts in whole seconds.
    fn data_is_too_old(&self) -> bool {
        let since = match self.replication {
            ReplicationLink::Connected { last_heard } => last_heard,
            ReplicationLink::Down { since } => since,
        };
        let mut age = (self.now / 1_000).saturating_sub(since / 1_000) * 1_000;
        let timeout = self.config.node_timeout;
        // So long it took to find that the master failed.
        if age > timeout {
            age -= timeout;
        }
        let factor = u64::from(self.config.replica_validity_factor);
        let ping = u64::from(self.config.repl_ping_period_s) * 1_000;
        factor != 0 && age > timeout.saturating_mul(factor).saturating_add(ping)
    }

    /// Plans an election: half a second for the news to spread, up to another by chance, and one for each rank.
    fn schedule(&mut self) {
        let spread = self.random.below(500);
        let rank = if self.manual.end == 0 { self.rank() } else { 0 };
        let delay_ms = match self.manual.end {
            0 => 500 + spread + u64::from(rank) * RANK_DELAY,
            _ => 0,
        };
        self.election.time = self.now.saturating_add(delay_ms);
        self.election.votes = 0;
        self.election.sent = false;
        self.election.rank = rank;
        if self.manual.end != 0 {
            self.todo.failover = true;
        }
        self.trace(|node| Trace::ElectionScheduled {
            delay_ms,
            rank,
            offset: node.offset,
        });
        // The others see how far this one is, and may find a greater rank.
        self.pong_siblings();
    }

    /// How many replicas of the same master are further (`clusterGetSlaveRank`).
    fn rank(&self) -> u32 {
        let Some(master) = self.myself().replica_of else {
            return 0;
        };
        let siblings = self.peers[master].replicas.iter().filter(|at| **at != self.me);
        let further = siblings.filter(|at| {
            let sibling = &self.peers[**at];
            !sibling.is(NodeFlags::NO_FAILOVER) && sibling.offset > self.offset
        });
        further.count() as u32
    }

    /// A rank may grow while the election waits. It never shrinks.
    fn follow_rank(&mut self) {
        let rank = self.rank();
        if rank > self.election.rank {
            let added_ms = u64::from(rank - self.election.rank) * RANK_DELAY;
            self.election.time = self.election.time.saturating_add(added_ms);
            self.election.rank = rank;
            self.trace(|_| Trace::RankGrew { rank, added_ms });
        }
    }

    /// `clusterRequestFailoverAuth`: everybody is asked, those without a vote too.
    fn ask_for_votes(&mut self) {
        self.current_epoch = self.current_epoch.saturating_add(1);
        self.election.epoch = self.current_epoch;
        self.election.sent = true;
        self.trace(|node| Trace::ElectionStarted {
            epoch: node.current_epoch,
            needed: node.needed(),
        });
        let mut flags = MessageFlags::default();
        if self.manual.end != 0 {
            flags.set(MessageFlags::FORCE_ACK);
        }
        self.broadcast(&Body::AuthRequest, flags);
        self.settle();
    }

    fn win(&mut self) {
        let (epoch, votes) = (self.election.epoch, self.election.votes);
        self.trace(|_| Trace::ElectionWon { epoch, votes });
        if self.myself().config_epoch < epoch {
            self.peers[self.me].config_epoch = epoch;
            self.trace(|_| Trace::ConfigEpochChanged {
                epoch,
                collided_with: None,
            });
        }
        self.replace_master();
    }

    fn cannot(&mut self, reason: CannotFailOver) {
        if self.election.reason != Some(reason) {
            self.election.reason = Some(reason);
            self.trace(|_| Trace::CannotFailOver { reason });
        }
    }
}
