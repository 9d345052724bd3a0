//! Config epochs: which claim of a slot is the later one.

use super::machine::Node;
use super::peer::At;
use super::trace::Trace;

impl Node {
    /// The greatest epoch that is known (`clusterGetMaxEpoch`).
    pub(super) fn max_epoch(&self) -> u64 {
        let epochs = self.order.iter().map(|(_, at)| self.peers[*at].config_epoch);
        epochs.max().unwrap_or(0).max(self.current_epoch)
    }

    /// Takes a new config epoch without having asked anybody (`clusterBumpConfigEpochWithoutConsensus`). Says whether there was
    /// need to. Of two with the same greatest epoch, neither moves (redis#3442): their collision is what settles it.
    pub(super) fn bump_epoch(&mut self) -> bool {
        let own = self.myself().config_epoch;
        if own != 0 && own == self.max_epoch() {
            return false;
        }
        self.take_next_epoch(None);
        true
    }

    /// Two masters have the same config epoch: the one with the smaller name takes another
    /// (`clusterHandleConfigEpochCollision`).
    pub(super) fn settle_collision(&mut self, sender: At) {
        let (me, other) = (self.myself(), &self.peers[sender]);
        if other.config_epoch != me.config_epoch || !other.is_master() || !me.is_master() || other.id <= me.id {
            return;
        }
        self.take_next_epoch(Some(sender));
    }

    fn take_next_epoch(&mut self, collided: Option<At>) {
        self.current_epoch = self.current_epoch.saturating_add(1);
        let epoch = self.current_epoch;
        self.peers[self.me].config_epoch = epoch;
        self.todo.save = true;
        self.todo.fsync = true;
        self.trace(|node| Trace::ConfigEpochChanged {
            epoch,
            collided_with: collided.map(|at| node.peers[at].id),
        });
    }
}
