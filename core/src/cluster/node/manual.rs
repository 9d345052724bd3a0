//! A failover that somebody asked for: `CLUSTER FAILOVER`, plain, `FORCE` and `TAKEOVER`.

use super::machine::{LinkId, Millis, Node};
use super::output::Output;
use super::peer::At;
use super::trace::Trace;
use crate::cluster::bus::{Body, MessageFlags, MessageKind, NodeFlags};
use crate::resp::Value;

use super::command::{error, ok};

/// So long may it take (`CLUSTER_MF_TIMEOUT`); clients are held back for twice as long at the most.
const TIMEOUT: Millis = 5_000;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct ManualFailover {
    /// When it is given up; 0 if there is none.
    pub(super) end: Millis,
    /// Of a master: who takes over.
    pub(super) replica: Option<At>,
    /// Of a replica: where the master stopped.
    pub(super) offset: Option<u64>,
    /// Of a replica: whether votes may be asked for.
    pub(super) can_start: bool,
}

impl Node {
    pub(super) fn failover_command(&mut self, argv: &[&[u8]]) -> Value {
        let mode = argv.get(2).map(|mode| mode.to_ascii_lowercase());
        let (force, takeover) = match mode.as_deref() {
            None => (false, false),
            Some(b"force") => (true, false),
            Some(b"takeover") => (true, true),
            Some(_) => return error("syntax error"),
        };
        if self.myself().is_master() {
            return error("You should send CLUSTER FAILOVER to a replica");
        }
        let Some(master) = self.myself().replica_of else {
            return error("I'm a replica but my master is unknown to me");
        };
        let peer = &self.peers[master];
        if !force && (peer.is(NodeFlags::FAIL) || peer.link.is_none()) {
            return error("Master is down or failed, please use CLUSTER FAILOVER FORCE");
        }
        let link = peer.link;
        self.reset_manual_failover();
        self.manual.end = self.now.saturating_add(TIMEOUT);
        self.trace(|_| Trace::ManualFailoverStarted);
        if takeover {
            self.bump_epoch();
            self.replace_master();
        } else if force {
            self.manual.can_start = true;
        } else if let Some(link) = link {
            self.send(link, Body::ManualFailoverStart, MessageFlags::default());
        }
        ok()
    }

    /// A replica asks its master to stop the clients' writes.
    pub(super) fn pause_for(&mut self, link: LinkId, sender: At) {
        if self.peers[sender].replica_of != Some(self.me) {
            return;
        }
        self.reset_manual_failover();
        self.manual.end = self.now.saturating_add(TIMEOUT);
        self.manual.replica = Some(sender);
        self.push(Output::PauseWrites {
            until: self.now.saturating_add(TIMEOUT * 2),
        });
        self.trace(|_| Trace::ManualFailoverStarted);
        // It carries the offset at which the writes stopped.
        self.send_ping(link, MessageKind::Ping);
    }

    /// `clusterHandleManualFailover`.
    pub(super) fn handle_manual_failover(&mut self) {
        let Some(offset) = self
            .manual
            .offset
            .filter(|_| self.manual.end != 0 && !self.manual.can_start)
        else {
            return;
        };
        if offset == self.offset {
            self.manual.can_start = true;
            self.todo.failover = true;
            self.trace(|_| Trace::ManualFailoverReady);
        } else {
            self.todo.manual_failover = true;
        }
    }

    /// `manualFailoverCheckTimeout`.
    pub(super) fn check_manual_timeout(&mut self) {
        if self.manual.end != 0 && self.manual.end < self.now {
            self.trace(|_| Trace::ManualFailoverTimedOut);
            self.reset_manual_failover();
        }
    }

    /// `resetManualFailover`.
    pub(super) fn reset_manual_failover(&mut self) {
        if self.manual.replica.is_some() {
            self.resume_writes();
        }
        self.manual = ManualFailover::default();
    }

    pub(super) fn resume_writes(&mut self) {
        self.push(Output::ResumeWrites);
    }
}
