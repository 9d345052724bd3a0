//! What is done again and again: PING, INFO and hellos; and the order of a tick.

use alloc::vec::Vec;

use super::instance::{FailoverState, Flags, InstanceKind, Role};
use super::link::{LinkKind, PendingKind};
use super::server::{Millis, NEVER, Sentinel};
use super::trace::Trace;

/// How many commands may wait for a reply on a link, for each entry that uses it.
const MAX_PENDING_COMMANDS: u32 = 100;

impl Sentinel {
    /// Everything that is due (`sentinelHandleDictOfRedisInstances`).
    pub(super) fn handle_groups(&mut self, now: Millis) {
        if core::mem::take(&mut self.order_stale) {
            self.make_order();
        }
        let mut switch = None;
        for at in 0..self.order.len() {
            let index = self.order[at];
            if now < self.due[index] {
                continue;
            }
            self.handle(index, now);
            let group = self.instances[index].group;
            if self.groups[group].failover_state == FailoverState::UpdateConfig {
                // One in a tick: the last that is found.
                switch = Some(group);
            }
        }
        if let Some(group) = switch {
            self.switch_to_promoted(group, now);
        }
    }

    fn make_order(&mut self) {
        self.order.clear();
        for &group in &self.masters {
            let state = &self.groups[group];
            self.order.push(state.master);
            self.order.extend(&state.replicas);
            self.order.extend(&state.sentinels);
        }
    }

    /// `sentinelHandleRedisInstance`.
    fn handle(&mut self, index: usize, now: Millis) {
        self.reconnect(index, now);
        self.send_periodic(index, now);
        if self.tilt {
            if now.saturating_sub(self.tilt_start) < self.config.timing.tilt_period {
                self.due[index] = NEVER;
                return;
            }
            self.leave_tilt();
        }
        self.check_subjectively_down(index, now);
        let mut more = false;
        if self.instances[index].kind == InstanceKind::Master {
            let group = self.instances[index].group;
            self.check_objectively_down(group, now);
            if self.start_failover_if_needed(group, now) {
                self.ask_others(group, true, now);
            }
            self.failover_step(group, now);
            more = self.ask_others(group, false, now);
        }
        self.due[index] = if more { NEVER } else { self.next_due(index, now) };
    }

    /// The time before which nothing can be due, unless something happens.
    fn next_due(&self, index: usize, now: Millis) -> Millis {
        let instance = &self.instances[index];
        let link = &self.links[instance.link];
        let timing = &self.config.timing;
        if instance.kind == InstanceKind::Master
            && (instance.is(Flags::S_DOWN | Flags::O_DOWN | Flags::FAILOVER_IN_PROGRESS | Flags::MASTER_REBOOT)
                || instance.role_reported != Role::Master)
        {
            return NEVER;
        }
        let mut due = if link.disconnected {
            link.last_reconnect.saturating_add(timing.ping)
        } else {
            let ping_period = instance.down_after.min(timing.ping);
            let ping = link.last_pong.saturating_add(ping_period);
            let ping = ping.max(link.last_ping.saturating_add(ping_period / 2));
            let hello = instance.last_pub.saturating_add(timing.publish);
            let info = match instance.kind {
                InstanceKind::Sentinel => Millis::MAX,
                _ => instance.info_refresh.saturating_add(self.info_period(index)),
            };
            ping.min(hello).min(info)
        };
        if !instance.is(Flags::S_DOWN) {
            let since = link.act_ping.or(link.disconnected.then_some(link.last_avail));
            if let Some(since) = since {
                due = due.min(since.saturating_add(instance.down_after));
            }
        }
        if let (Some(_), Some(ping)) = (link.command, link.act_ping) {
            let half = instance.down_after / 2;
            let silent = ping.max(link.last_pong).saturating_add(half);
            due = due.min(silent.max(link.command_since.saturating_add(timing.min_link_reconnect)));
        }
        if link.pubsub.is_some() {
            let silent = link.pubsub_activity.saturating_add(timing.publish.saturating_mul(3));
            due = due.min(silent.max(link.pubsub_since.saturating_add(timing.min_link_reconnect)));
        }
        // All limits must be exceeded, none only reached; and what is overdue already is tried again.
        if due <= now { NEVER } else { due }
    }

    fn info_period(&self, index: usize) -> Millis {
        let instance = &self.instances[index];
        let master = &self.instances[self.groups[instance.group].master];
        let watched = instance.kind == InstanceKind::Replica
            && (master.is(Flags::O_DOWN | Flags::FAILOVER_IN_PROGRESS) || instance.replica.link_down_time != 0);
        if watched { 1_000 } else { self.config.timing.info }
    }

    /// PING, INFO and hellos (`sentinelSendPeriodicCommands`).
    fn send_periodic(&mut self, index: usize, now: Millis) {
        let instance = &self.instances[index];
        let link = &self.links[instance.link];
        if link.disconnected {
            return;
        }
        if link.pending_commands() >= MAX_PENDING_COMMANDS.saturating_mul(link.users) {
            self.trace(|sentinel| Trace::LinkFull {
                instance: sentinel.instances[index].name.clone(),
            });
            return;
        }
        let info_period = self.info_period(index);
        let ping_period = instance.down_after.min(self.config.timing.ping);
        let ping =
            now.saturating_sub(link.last_pong) > ping_period && now.saturating_sub(link.last_ping) > ping_period / 2;
        let hello = now.saturating_sub(instance.last_pub) > self.config.timing.publish;
        if instance.kind != InstanceKind::Sentinel && now.saturating_sub(instance.info_refresh) > info_period {
            let argv = Vec::from([self.renamed(index, "INFO")]);
            self.send(index, PendingKind::Info, argv);
        }
        if ping {
            self.send_ping(index, now);
        }
        if hello {
            self.send_hello(index);
        }
    }

    /// `sentinelSendPing`.
    pub(super) fn send_ping(&mut self, index: usize, now: Millis) {
        let argv = Vec::from([self.renamed(index, "PING")]);
        self.send(index, PendingKind::Ping, argv);
        let link = &mut self.links[self.instances[index].link];
        link.last_ping = now;
        // The oldest without an answer counts.
        link.act_ping.get_or_insert(now);
    }

    /// Closes links over which nothing comes, so that they are made anew (`sentinelCheckSubjectivelyDown`).
    pub(super) fn close_silent(&mut self, index: usize, now: Millis) {
        let instance = &self.instances[index];
        let place = instance.link;
        let link = &self.links[place];
        let half = instance.down_after / 2;
        let timing = &self.config.timing;
        let old = |since: Millis| now.saturating_sub(since) > timing.min_link_reconnect;
        let silent = link.command.is_some()
            && old(link.command_since)
            && link.act_ping.is_some_and(|sent| now.saturating_sub(sent) > half)
            && now.saturating_sub(link.last_pong) > half;
        let deaf = link.pubsub.is_some()
            && old(link.pubsub_since)
            && now.saturating_sub(link.pubsub_activity) > timing.publish.saturating_mul(3);
        for (close, kind) in [(silent, LinkKind::Command), (deaf, LinkKind::PubSub)] {
            if close {
                self.trace(|sentinel| Trace::LinkSilent {
                    instance: sentinel.instances[index].name.clone(),
                    subscription: kind == LinkKind::PubSub,
                });
                self.close_connection(place, kind);
            }
        }
    }
}
