//! The failover: when it starts, its states, how it ends and how it is given up.

use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;

use super::events::EventKind;
use super::instance::{FailoverState, Flags};
use super::link::PendingKind;
use super::server::{Millis, NEVER, Output, Sentinel};
use super::trace::Trace;
use crate::resp::Bytes;

/// The exit code of a simulated failure.
const SIMULATED_FAILURE: u8 = 99;

impl Sentinel {
    /// `sentinelStartFailoverIfNeeded`.
    pub(super) fn start_failover_if_needed(&mut self, group: usize, now: Millis) -> bool {
        let state = &self.groups[group];
        let master = &self.instances[state.master];
        if !master.is(Flags::O_DOWN) || master.is(Flags::FAILOVER_IN_PROGRESS) {
            return false;
        }
        let until = state
            .failover_start
            .saturating_add(state.config.failover_timeout.saturating_mul(2));
        if now < until {
            if state.failover_delay_told != state.failover_start {
                self.groups[group].failover_delay_told = state.failover_start;
                self.trace(|sentinel| Trace::FailoverHeldBack {
                    master: sentinel.groups[group].config.name.clone(),
                    until,
                });
            }
            return false;
        }
        self.start_failover(group, now);
        true
    }

    /// `sentinelStartFailover`.
    pub(super) fn start_failover(&mut self, group: usize, now: Millis) {
        // Somebody may have told of the greatest epoch there is.
        self.current_epoch = self.current_epoch.saturating_add(1);
        let epoch = self.current_epoch;
        let master = self.groups[group].master;
        self.event(EventKind::NewEpoch, Some(master), epoch.to_string());
        let about = self.describe(master);
        self.event(EventKind::TryFailover, Some(master), about);
        let start = now.saturating_add(self.desync());
        let state = &mut self.groups[group];
        state.failover_state = FailoverState::WaitStart;
        state.failover_epoch = epoch;
        state.failover_start = start;
        state.failover_state_change = now;
        self.instances[master].flags |= Flags::FAILOVER_IN_PROGRESS;
        self.due[master] = NEVER;
        self.touch_replicas(group);
    }

    /// `sentinelFailoverStateMachine`.
    pub(super) fn failover_step(&mut self, group: usize, now: Millis) {
        match self.groups[group].failover_state {
            FailoverState::None | FailoverState::UpdateConfig => {}
            FailoverState::WaitStart => self.wait_start(group, now),
            FailoverState::SelectSlave => self.select_slave(group, now),
            FailoverState::SendSlaveofNoone => self.send_slaveof_noone(group, now),
            FailoverState::WaitPromotion => {
                // The promotion itself is seen in INFO.
                if self.since_change(group, now) > self.groups[group].config.failover_timeout {
                    self.abort(group, EventKind::AbortSlaveTimeout, now);
                }
            }
            FailoverState::ReconfSlaves => self.reconf_slaves(group, now),
        }
    }

    fn since_change(&self, group: usize, now: Millis) -> Millis {
        now.saturating_sub(self.groups[group].failover_state_change)
    }

    fn enter(&mut self, group: usize, next: FailoverState, now: Millis) {
        let state = &mut self.groups[group];
        state.failover_state = next;
        state.failover_state_change = now;
    }

    /// `sentinelFailoverWaitStart`.
    fn wait_start(&mut self, group: usize, now: Millis) {
        let master = self.groups[group].master;
        let leader = self.leader(group, self.groups[group].failover_epoch, now);
        let elected = leader.is_some_and(|leader| leader.eq_ignore_ascii_case(&self.config.id));
        if !elected && !self.instances[master].is(Flags::FORCE_FAILOVER) {
            let state = &self.groups[group];
            let timeout = self.config.timing.election_timeout.min(state.config.failover_timeout);
            if now.saturating_sub(state.failover_start) > timeout {
                self.abort(group, EventKind::AbortNotElected, now);
            }
            return;
        }
        let about = self.describe(master);
        self.event(EventKind::ElectedLeader, Some(master), about.clone());
        if self.crash_after_election {
            self.push(Output::Exit {
                code: SIMULATED_FAILURE,
            });
        }
        self.enter(group, FailoverState::SelectSlave, now);
        self.event(EventKind::SelectSlave, Some(master), about);
    }

    /// `sentinelFailoverSelectSlave`.
    fn select_slave(&mut self, group: usize, now: Millis) {
        let Some(replica) = self.select_replica(group, now) else {
            return self.abort(group, EventKind::AbortNoGoodSlave, now);
        };
        let about = self.describe(replica);
        self.event(EventKind::SelectedSlave, Some(replica), about.clone());
        self.instances[replica].flags |= Flags::PROMOTED;
        self.groups[group].promoted = Some(replica);
        self.enter(group, FailoverState::SendSlaveofNoone, now);
        self.event(EventKind::SendSlaveofNoone, Some(replica), about);
    }

    /// `sentinelFailoverSendSlaveOfNoOne`.
    fn send_slaveof_noone(&mut self, group: usize, now: Millis) {
        let promoted = self.groups[group].promoted;
        let Some(replica) = promoted.filter(|&index| !self.links[self.instances[index].link].disconnected) else {
            if self.since_change(group, now) > self.groups[group].config.failover_timeout {
                self.abort(group, EventKind::AbortSlaveTimeout, now);
            }
            return;
        };
        self.send_slaveof(replica, None);
        let about = self.describe(replica);
        self.event(EventKind::WaitPromotion, Some(replica), about);
        self.enter(group, FailoverState::WaitPromotion, now);
    }

    /// The promoted replica says that it is a master: from here on there is no way back (`sentinelRefreshInstanceInfo`).
    pub(super) fn promotion_seen(&mut self, group: usize, replica: usize, now: Millis) {
        let state = &mut self.groups[group];
        let master = state.master;
        // The epoch of the election becomes that of the configuration: it goes before all older ones.
        state.config_epoch = state.failover_epoch;
        self.enter(group, FailoverState::ReconfSlaves, now);
        self.flush();
        let about = self.describe(replica);
        self.event(EventKind::PromotedSlave, Some(replica), about);
        if self.crash_after_promotion {
            self.push(Output::Exit {
                code: SIMULATED_FAILURE,
            });
        }
        let about = self.describe(master);
        self.event(EventKind::ReconfSlaves, Some(master), about);
        let from = self.instances[master].address.clone();
        let to = self.instances[replica].address.clone();
        self.client_reconfig(group, "leader", &from, &to);
        self.force_hello(group);
        self.due[master] = NEVER;
    }

    /// `sentinelFailoverReconfNextSlave`.
    fn reconf_slaves(&mut self, group: usize, now: Millis) {
        let Some(promoted) = self.groups[group].promoted else {
            return;
        };
        let target = self.instances[promoted].address.clone();
        let parallel = usize::try_from(self.groups[group].config.parallel_syncs).unwrap_or(usize::MAX);
        let under_way = Flags::RECONF_SENT | Flags::RECONF_INPROG;
        let count = |sentinel: &Self| {
            let replicas = sentinel.groups[group].replicas.iter();
            replicas
                .filter(|&&index| sentinel.instances[index].is(under_way))
                .count()
        };
        let mut in_progress = count(self);
        for at in 0..self.groups[group].replicas.len() {
            if in_progress >= parallel {
                break;
            }
            let index = self.groups[group].replicas[at];
            let replica = &self.instances[index];
            if replica.is(Flags::PROMOTED | Flags::RECONF_DONE) {
                continue;
            }
            let waited = now.saturating_sub(replica.replica.reconf_sent_time);
            if replica.is(Flags::RECONF_SENT) && waited > self.config.timing.slave_reconf_timeout {
                let about = self.describe(index);
                self.event(EventKind::SlaveReconfSentTimeout, Some(index), about);
                let replica = &mut self.instances[index];
                replica.flags.clear(Flags::RECONF_SENT);
                // It is put right later, as one that follows the wrong master.
                replica.flags |= Flags::RECONF_DONE;
            }
            let replica = &self.instances[index];
            if replica.is(under_way) || self.links[replica.link].disconnected {
                continue;
            }
            self.send_slaveof(index, Some((self.announced(&target).into(), target.port)));
            let replica = &mut self.instances[index];
            replica.flags |= Flags::RECONF_SENT;
            replica.replica.reconf_sent_time = now;
            let about = self.describe(index);
            self.event(EventKind::SlaveReconfSent, Some(index), about);
            in_progress += 1;
        }
        self.detect_end(group, promoted, now);
    }

    /// `sentinelFailoverDetectEnd`.
    fn detect_end(&mut self, group: usize, promoted: usize, now: Millis) {
        if self.instances[promoted].is(Flags::S_DOWN) {
            self.trace(|sentinel| Trace::EndHeldBack {
                master: sentinel.groups[group].config.name.clone(),
            });
            return;
        }
        let master = self.groups[group].master;
        let done = Flags::PROMOTED | Flags::RECONF_DONE | Flags::S_DOWN;
        let all_done = self.groups[group]
            .replicas
            .iter()
            .all(|&index| self.instances[index].is(done));
        let timed_out = self.since_change(group, now) > self.groups[group].config.failover_timeout;
        let about = self.describe(master);
        if timed_out {
            self.event(EventKind::FailoverEndForTimeout, Some(master), about.clone());
        }
        if all_done || timed_out {
            self.event(EventKind::FailoverEnd, Some(master), about);
            self.enter(group, FailoverState::UpdateConfig, now);
        }
        if timed_out {
            self.send_slaveof_to_the_rest(group, promoted);
        }
    }

    /// The time is over: the rest is told once, whatever comes of it.
    fn send_slaveof_to_the_rest(&mut self, group: usize, promoted: usize) {
        let target = self.instances[promoted].address.clone();
        for at in 0..self.groups[group].replicas.len() {
            let index = self.groups[group].replicas[at];
            let replica = &self.instances[index];
            if replica.is(Flags::PROMOTED | Flags::RECONF_DONE | Flags::RECONF_SENT)
                || self.links[replica.link].disconnected
            {
                continue;
            }
            self.send_slaveof(index, Some((self.announced(&target).into(), target.port)));
            let about = self.describe(index);
            self.event(EventKind::SlaveReconfSentBe, Some(index), about);
            self.instances[index].flags |= Flags::RECONF_SENT;
        }
    }

    /// `sentinelFailoverSwitchToPromotedSlave`.
    pub(super) fn switch_to_promoted(&mut self, group: usize, now: Millis) {
        let state = &self.groups[group];
        let target = self.instances[state.promoted.unwrap_or(state.master)].address.clone();
        self.tell_switch(group, self.announced(&target).into(), target.port);
        self.change_master_address(group, &target.host, i64::from(target.port), now);
    }

    /// `+switch-master`, the one event whose text begins with the name alone.
    pub(super) fn tell_switch(&mut self, group: usize, host: alloc::string::String, port: u16) {
        let state = &self.groups[group];
        let old = &self.instances[state.master].address;
        let (name, old_host) = (&state.config.name, self.announced(old));
        let message = format!("{name} {old_host} {} {host} {port}", old.port);
        self.event(EventKind::SwitchMaster, Some(state.master), message);
    }

    /// Gives the failover up, which can be done before the promotion alone (`sentinelAbortFailover`).
    fn abort(&mut self, group: usize, why: EventKind, now: Millis) {
        let master = self.groups[group].master;
        let about = self.describe(master);
        self.event(why, Some(master), about);
        let flags = &mut self.instances[master].flags;
        flags.clear(Flags::FAILOVER_IN_PROGRESS | Flags::FORCE_FAILOVER);
        self.enter(group, FailoverState::None, now);
        if let Some(promoted) = self.groups[group].promoted.take() {
            self.instances[promoted].flags.clear(Flags::PROMOTED);
        }
    }

    /// Makes an instance a replica of that address, or a master (`sentinelSendSlaveOf`): a transaction that also rewrites its
    /// configuration and cuts its clients off, so that they ask again who is the master. What comes of it is seen in INFO.
    pub(super) fn send_slaveof(&mut self, index: usize, target: Option<(Bytes, u16)>) {
        let (host, port) = match target {
            Some((host, port)) => (host, port.to_string().into()),
            None => ("NO".into(), "ONE".into()),
        };
        let renamed = |command| self.renamed(index, command);
        let kill = |kind: &'static str| Vec::from([renamed("CLIENT"), "KILL".into(), "TYPE".into(), kind.into()]);
        let commands = [
            Vec::from([renamed("MULTI")]),
            Vec::from([renamed("SLAVEOF"), host, port]),
            Vec::from([renamed("CONFIG"), "REWRITE".into()]),
            kill("normal"),
            kill("pubsub"),
            Vec::from([renamed("EXEC")]),
        ];
        for argv in commands {
            self.send(index, PendingKind::Ignore, argv);
        }
    }
}
