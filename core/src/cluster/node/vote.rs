//! The vote of a master (`clusterSendFailoverAuthIfNeeded`).

use super::machine::Node;
use super::peer::At;
use super::trace::{Trace, VoteRefusal};
use crate::cluster::bus::{Body, Header, MessageFlags, NodeFlags};

impl Node {
    /// A replica asks for the vote. It is given if nothing speaks against it, and leaves once it is on the disk.
    pub(super) fn vote_if_due(&mut self, candidate: At, request: &Header) {
        let to = self.peers[candidate].id;
        let master = match self.judge(candidate, request) {
            Ok(master) => master,
            Err(reason) => return self.trace(|_| Trace::VoteRefused { to, reason }),
        };
        self.last_vote_epoch = self.current_epoch;
        self.peers[master].voted_time = self.now;
        self.todo.save = true;
        self.todo.fsync = true;
        if let Some(link) = self.peers[candidate].link {
            self.send(link, Body::AuthAck, MessageFlags::default());
        }
        self.trace(|node| Trace::VoteGranted {
            to,
            epoch: node.current_epoch,
        });
    }

    /// What speaks against the vote, in the order in which the server asks; or the candidate's master.
    fn judge(&self, candidate: At, request: &Header) -> Result<At, VoteRefusal> {
        if !self.myself().is_voting() {
            return Err(VoteRefusal::NotVoting);
        }
        // It cannot be greater: the request itself has raised this node's.
        if request.current_epoch < self.current_epoch {
            return Err(VoteRefusal::OldEpoch {
                requested: request.current_epoch,
                current: self.current_epoch,
            });
        }
        if self.last_vote_epoch == self.current_epoch {
            return Err(VoteRefusal::AlreadyVoted {
                epoch: self.current_epoch,
            });
        }
        if self.peers[candidate].is_master() {
            return Err(VoteRefusal::IsMaster);
        }
        let master = self.peers[candidate].replica_of.ok_or(VoteRefusal::UnknownMaster)?;
        let forced = request.message_flags.has(MessageFlags::FORCE_ACK);
        if !self.peers[master].is(NodeFlags::FAIL) && !forced {
            return Err(VoteRefusal::MasterIsUp);
        }
        // Not needed for safety: it gives whoever was voted for the time to be known.
        let pause = self.config.node_timeout.saturating_mul(2);
        let since = self.now.saturating_sub(self.peers[master].voted_time);
        if self.peers[master].voted_time != 0 && since < pause {
            return Err(VoteRefusal::TooSoon { wait_ms: pause - since });
        }
        for slot in request.slots.iter() {
            let owner_epoch = self.claimed_owner(slot).map(|owner| self.peers[owner].config_epoch);
            if let Some(owner_epoch) = owner_epoch.filter(|epoch| *epoch > request.config_epoch) {
                return Err(VoteRefusal::StaleSlots {
                    slot,
                    owner_epoch,
                    requested_epoch: request.config_epoch,
                });
            }
        }
        Ok(master)
    }

    /// A vote came. It counts if it is a master's with slots, and not of an earlier election.
    pub(super) fn take_vote(&mut self, sender: At, header: &Header) {
        let from = self.peers[sender].id;
        if !self.peers[sender].is_voting() || header.current_epoch < self.election.epoch {
            return self.trace(|_| Trace::VoteIgnored { from });
        }
        self.election.votes = self.election.votes.saturating_add(1);
        self.todo.failover = true;
        self.trace(|node| Trace::VoteReceived {
            from,
            votes: node.election.votes,
        });
    }
}
