//! Suspicion and failure: PFAIL, reports, FAIL, and being well again.

use super::config::Profile;
use super::machine::{Millis, Node};
use super::peer::At;
use super::trace::Trace;
use crate::cluster::bus::{Body, MessageFlags, NodeFlags};

impl Node {
    /// How many masters make a majority.
    pub(super) fn needed(&self) -> u32 {
        self.size / 2 + 1
    }

    /// Whether what a node says of failures counts. In Redis any master's does; in Valkey its, if it has slots.
    pub(super) fn may_report(&self, at: At) -> bool {
        match self.config.profile {
            Profile::Redis => self.peers[at].is_master(),
            Profile::Valkey => self.peers[at].is_voting(),
        }
    }

    /// A node is silent (`clusterCron`). Says whether that is news.
    pub(super) fn suspect(&mut self, at: At, silent_ms: Millis) -> bool {
        if self.peers[at].is(NodeFlags::PFAIL.with(NodeFlags::FAIL)) {
            return false;
        }
        self.peers[at].set(NodeFlags::PFAIL);
        self.trace(|node| Trace::Suspected {
            node: node.peers[at].id,
            silent_ms,
        });
        if self.config.profile == Profile::Valkey && self.may_report(self.me) {
            self.fail_if_agreed(at);
        }
        true
    }

    /// `clusterNodeAddFailureReport`.
    pub(super) fn add_report(&mut self, at: At, by: At) {
        let now = self.now;
        if let Some((_, time)) = self.peers[at].reports.iter_mut().find(|(known, _)| *known == by) {
            *time = now;
            return;
        }
        self.peers[at].reports.push((by, now));
        self.trace(|node| Trace::FailureReported {
            node: node.peers[at].id,
            by: node.peers[by].id,
        });
    }

    /// `clusterNodeDelFailureReport`.
    pub(super) fn withdraw_report(&mut self, at: At, by: At) {
        let before = self.peers[at].reports.len();
        self.peers[at].reports.retain(|(known, _)| *known != by);
        if self.peers[at].reports.len() != before {
            self.expire_reports(at);
            self.trace(|node| Trace::ReportWithdrawn {
                node: node.peers[at].id,
                by: node.peers[by].id,
            });
        }
    }

    /// How many reports there are that are not too old (`clusterNodeFailureReportsCount`).
    pub(super) fn count_reports(&mut self, at: At) -> u32 {
        self.expire_reports(at);
        self.peers[at].reports.len() as u32
    }

    /// Reports hold for two timeouts (`clusterNodeCleanupFailureReports`).
    fn expire_reports(&mut self, at: At) {
        let (now, limit) = (self.now, self.config.node_timeout.saturating_mul(2));
        self.peers[at]
            .reports
            .retain(|(_, time)| now.saturating_sub(*time) <= limit);
    }

    /// Declares a suspect failed if a majority agrees, and tells everybody (`markNodeAsFailingIfNeeded`). A replica may find that too.
    pub(super) fn fail_if_agreed(&mut self, at: At) {
        if !self.peers[at].is(NodeFlags::PFAIL) || self.peers[at].is(NodeFlags::FAIL) {
            return;
        }
        let needed = self.needed();
        let reports = self.count_reports(at) + u32::from(self.may_report(self.me));
        if reports < needed {
            return self.trace(|node| Trace::FailureNotAgreed {
                node: node.peers[at].id,
                reports,
                needed,
            });
        }
        let node = self.peers[at].id;
        self.set_failed(at);
        self.trace(|_| Trace::Failed {
            node,
            by: None,
            reports,
        });
        self.broadcast(&Body::Fail { node }, MessageFlags::default());
    }

    /// A known node says that a majority found so: that is believed.
    pub(super) fn take_fail(&mut self, at: At, by: At) {
        if self.peers[at].is(NodeFlags::FAIL.with(NodeFlags::MYSELF)) {
            return;
        }
        self.set_failed(at);
        self.trace(|node| Trace::Failed {
            node: node.peers[at].id,
            by: Some(node.peers[by].id),
            reports: node.peers[at].reports.len() as u32,
        });
    }

    fn set_failed(&mut self, at: At) {
        let now = self.now;
        let peer = &mut self.peers[at];
        peer.clear(NodeFlags::PFAIL);
        peer.set(NodeFlags::FAIL);
        peer.fail_time = now;
        self.todo.update_state = true;
        self.todo.save = true;
    }

    /// A node answered.
    pub(super) fn answered(&mut self, at: At) {
        let peer = &mut self.peers[at];
        peer.pong_received = self.now;
        peer.ping_sent = 0;
        if peer.is(NodeFlags::PFAIL) {
            peer.clear(NodeFlags::PFAIL);
            self.todo.update_state = true;
            self.todo.save = true;
            self.trace(|node| Trace::SuspicionCleared {
                node: node.peers[at].id,
            });
        } else if peer.is(NodeFlags::FAIL) {
            self.clear_failure_if_due(at);
        }
    }

    /// Replicas and masters without slots are well at once; a master that still has its slots after two timeouts has not been
    /// replaced, and will not be (`clearNodeFailureIfNeeded`).
    fn clear_failure_if_due(&mut self, at: At) {
        let peer = &mut self.peers[at];
        let old = self.now.saturating_sub(peer.fail_time) > self.config.node_timeout.saturating_mul(2);
        if peer.is_replica() || peer.slot_count == 0 || (peer.is_master() && old) {
            peer.clear(NodeFlags::FAIL);
            self.todo.update_state = true;
            self.todo.save = true;
            self.trace(|node| Trace::FailureCleared {
                node: node.peers[at].id,
            });
        }
    }
}
