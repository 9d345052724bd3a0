//! What happens ten times a second (`clusterCron`).

use super::machine::Node;
use super::migration::Orphans;
use super::output::ClusterState;
use super::peer::At;
use crate::cluster::bus::{MessageKind, NodeFlags};

impl Node {
    pub(super) fn cron(&mut self) {
        self.ticks = self.ticks.wrapping_add(1);
        self.suspects = 0;
        for at in self.places() {
            self.reconnect(at);
        }
        if self.ticks.is_multiple_of(10) {
            self.ping_by_chance();
        }
        let mut orphans = Orphans::default();
        let mut news = false;
        for at in self.places() {
            news |= self.watch(at, &mut orphans);
        }
        self.follow_master();
        self.check_manual_timeout();
        if self.myself().is_replica() {
            self.handle_manual_failover();
            self.handle_failover();
            self.migrate_if_due(orphans);
        }
        if news || self.state == ClusterState::Fail {
            self.update_state();
        }
    }

    /// `clusterNodeCronHandleReconnect`.
    fn reconnect(&mut self, at: At) {
        let peer = &self.peers[at];
        if peer.is(NodeFlags::MYSELF.with(NodeFlags::NO_ADDRESS)) {
            return;
        }
        self.suspects += usize::from(peer.is(NodeFlags::PFAIL));
        let limit = self.config.node_timeout.max(1_000);
        if peer.is(NodeFlags::HANDSHAKE) && self.now.saturating_sub(peer.created) > limit {
            return self.remove_peer(at);
        }
        if peer.link.is_none() {
            self.open_link(at);
        }
    }

    /// Once a second, of five nodes by chance, the one that was heard longest ago is pinged.
    fn ping_by_chance(&mut self) {
        let mut oldest: Option<At> = None;
        for _ in 0..5 {
            let at = self.any_peer();
            let peer = &self.peers[at];
            let busy = peer.link.is_none() || peer.ping_sent != 0;
            if busy || peer.is(NodeFlags::MYSELF.with(NodeFlags::HANDSHAKE)) {
                continue;
            }
            if oldest.is_none_or(|known| self.peers[known].pong_received > peer.pong_received) {
                oldest = Some(at);
            }
        }
        if let Some(link) = oldest.and_then(|at| self.peers[at].link) {
            self.send_ping(link, MessageKind::Ping);
        }
    }

    /// Pings whom nothing was heard of for half the timeout, and suspects whom nothing was heard of for all of it. Says whether
    /// somebody is suspected anew.
    fn watch(&mut self, at: At, orphans: &mut Orphans) -> bool {
        let beside = NodeFlags::MYSELF.with(NodeFlags::NO_ADDRESS).with(NodeFlags::HANDSHAKE);
        if self.peers[at].is(beside) {
            return false;
        }
        self.count_orphans(at, orphans);
        let timeout = self.config.node_timeout;
        let peer = &self.peers[at];
        let ping_sent = peer.ping_sent;
        let ping_delay = self.now.saturating_sub(ping_sent);
        let data_delay = self.now.saturating_sub(peer.data_received);
        let waits = ping_sent != 0 && ping_delay > timeout / 2 && data_delay > timeout / 2;
        if let Some(link) = peer.link.filter(|_| waits) {
            // Perhaps it is the connection, and not the node.
            let created = self.links.get(&link).map_or(self.now, |link| link.created);
            if self.now.saturating_sub(created) > timeout {
                self.close_link(link);
            }
        }
        if let Some(link) = self.peers[at].link {
            let unheard = self.now.saturating_sub(self.peers[at].pong_received) > timeout / 2;
            let takes_over = self.manual.end != 0 && self.myself().is_master() && self.manual.replica == Some(at);
            if (ping_sent == 0 && unheard) || takes_over {
                self.send_ping(link, MessageKind::Ping);
                return false;
            }
        }
        let silent = ping_delay.min(data_delay);
        ping_sent != 0 && silent > timeout && self.suspect(at, silent)
    }

    /// A replica that does not replicate yet does so once it knows where its master is.
    fn follow_master(&mut self) {
        let master = self
            .myself()
            .replica_of
            .filter(|_| self.myself().is_replica() && !self.replicating);
        if let Some(master) = master.filter(|at| !self.peers[*at].is(NodeFlags::NO_ADDRESS)) {
            self.replicate(master);
        }
    }
}
