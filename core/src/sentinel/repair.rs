//! What follows from an INFO: new replicas, restarts, roles, and putting right what follows the wrong master.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;

use super::events::EventKind;
use super::info::Info;
use super::instance::{FailoverState, Flags, InstanceKind, Role};
use super::server::{Millis, NEVER, Sentinel};
use super::trace::{RepairDelay, Trace};

impl Sentinel {
    /// An INFO came (`sentinelRefreshInstanceInfo`).
    pub(super) fn refresh_info(&mut self, index: usize, text: &[u8], now: Millis) {
        self.instances[index].info = Some(text.into());
        let text = String::from_utf8_lossy(text);
        let info = Info::parse(&text);
        self.note_run_id(index, &info, now);
        if self.instances[index].kind == InstanceKind::Master {
            self.note_replicas(index, &info, now);
        }
        self.note_replication(index, &info, now);
        let instance = &mut self.instances[index];
        instance.info_refresh = now;
        self.due[index] = NEVER;
        let role = info.role.unwrap_or(Role::Unknown);
        self.note_role(index, role, now);
        if self.tilt || self.instances[index].kind != InstanceKind::Replica {
            // A master that says it is a replica is down before long; nothing else is done about it.
            return;
        }
        match role {
            Role::Master => self.replica_is_master(index, now),
            Role::Replica => self.replica_is_replica(index, now),
            Role::Unknown => {}
        }
    }

    fn note_run_id(&mut self, index: usize, info: &Info<'_>, now: Millis) {
        let Some(run_id) = info.run_id else { return };
        let instance = &mut self.instances[index];
        if instance.run_id == run_id {
            return;
        }
        let rebooted = !instance.run_id.is_empty();
        if rebooted {
            let about = self.describe(index);
            self.event(EventKind::Reboot, Some(index), about);
        }
        let instance = &mut self.instances[index];
        let period = self.groups[instance.group].config.master_reboot_down_after;
        if rebooted && instance.kind == InstanceKind::Master && period != 0 {
            instance.flags |= Flags::MASTER_REBOOT;
            instance.reboot_since = now;
        }
        run_id.clone_into(&mut instance.run_id);
    }

    fn note_replicas(&mut self, index: usize, info: &Info<'_>, now: Millis) {
        let group = self.instances[index].group;
        for &(host, port) in &info.replicas {
            // Replicas never go by not being named, and are found by their name.
            if let Ok(replica) = self.add_replica(group, host, port, now) {
                let about = self.describe(replica);
                self.event(EventKind::Slave, Some(replica), about);
                self.flush();
            }
        }
    }

    fn note_replication(&mut self, index: usize, info: &Info<'_>, now: Millis) {
        let replica = &mut self.instances[index].replica;
        replica.link_down_time = info.link_down_seconds.saturating_mul(1_000);
        if let Some(host) = info.master_host
            && !replica
                .master_host
                .as_deref()
                .is_some_and(|known| known.eq_ignore_ascii_case(host))
        {
            replica.master_host = Some(host.to_owned());
            replica.conf_change_time = now;
        }
        if let Some(port) = info.master_port {
            let port = u16::try_from(port).unwrap_or(0);
            if replica.master_port != port {
                replica.master_port = port;
                replica.conf_change_time = now;
            }
        }
        replica.link_up = info.link_up.unwrap_or(replica.link_up);
        replica.offset = info.offset.unwrap_or(replica.offset);
        replica.announced = info.announced.unwrap_or(replica.announced);
        if let Some(priority) = info.priority {
            replica.priority = u32::try_from(priority).unwrap_or(0);
        }
    }

    fn note_role(&mut self, index: usize, role: Role, now: Millis) {
        let instance = &mut self.instances[index];
        if instance.role_reported == role {
            return;
        }
        instance.role_reported = role;
        instance.role_reported_time = now;
        if role == Role::Replica {
            instance.replica.conf_change_time = now;
        }
        let fits = matches!(
            (instance.kind, role),
            (InstanceKind::Master, Role::Master) | (InstanceKind::Replica, Role::Replica)
        );
        let kind = if fits {
            EventKind::RoleChange
        } else {
            EventKind::RoleMismatch
        };
        let word = if role == Role::Master { "master" } else { "slave" };
        let message = format!("{} new reported role is {word}", self.describe(index));
        self.event(kind, Some(index), message);
    }

    /// Either it was promoted, or it came back and does not know that it is none any more.
    fn replica_is_master(&mut self, index: usize, now: Millis) {
        let instance = &self.instances[index];
        let group = instance.group;
        let master = &self.instances[self.groups[group].master];
        if instance.is(Flags::PROMOTED)
            && master.is(Flags::FAILOVER_IN_PROGRESS)
            && self.groups[group].failover_state == FailoverState::WaitPromotion
        {
            return self.promotion_seen(group, index, now);
        }
        if instance.is(Flags::PROMOTED) {
            return;
        }
        // Time for news of a failover to come: it may have been promoted by another sentinel.
        let wait = self.config.timing.publish.saturating_mul(4);
        let since = instance.role_reported_time;
        self.repair(index, EventKind::ConvertToSlave, wait, since, now);
    }

    fn replica_is_replica(&mut self, index: usize, now: Millis) {
        let instance = &self.instances[index];
        let state = &self.groups[instance.group];
        let master = &self.instances[state.master].address;
        let follows = instance.replica.master_host.as_deref();
        let port = instance.replica.master_port;
        if let Some(host) = follows
            && (port != master.port || !self.same_host(master, host))
        {
            let (wait, since) = (state.config.failover_timeout, instance.replica.conf_change_time);
            self.repair(index, EventKind::FixSlaveConfig, wait, since, now);
        }
        self.note_reconf(index);
    }

    /// How far a replica is in following the new master. It may take two steps at once.
    fn note_reconf(&mut self, index: usize) {
        let instance = &self.instances[index];
        let promoted = self.groups[instance.group]
            .promoted
            .map(|promoted| &self.instances[promoted].address);
        let follows = promoted.is_some_and(|promoted| {
            let host = instance.replica.master_host.as_deref();
            promoted.port == instance.replica.master_port && host.is_some_and(|host| self.same_host(promoted, host))
        });
        if instance.is(Flags::RECONF_SENT) && follows {
            let flags = &mut self.instances[index].flags;
            flags.clear(Flags::RECONF_SENT);
            *flags |= Flags::RECONF_INPROG;
            let about = self.describe(index);
            self.event(EventKind::SlaveReconfInprog, Some(index), about);
        }
        let instance = &self.instances[index];
        if instance.is(Flags::RECONF_INPROG) && instance.replica.link_up {
            let flags = &mut self.instances[index].flags;
            flags.clear(Flags::RECONF_INPROG);
            *flags |= Flags::RECONF_DONE;
            let about = self.describe(index);
            self.event(EventKind::SlaveReconfDone, Some(index), about);
        }
    }

    /// Makes it a replica of the master, if both have been what they are for long enough.
    fn repair(&mut self, index: usize, kind: EventKind, wait: Millis, since: Millis, now: Millis) {
        let instance = &self.instances[index];
        let master = &self.instances[self.groups[instance.group].master];
        let delay = if !self.looks_sane(self.groups[instance.group].master, now) {
            RepairDelay::MasterNotSane
        } else if !instance.no_down_for(wait, now) {
            RepairDelay::WasDown
        } else if now.saturating_sub(since) <= wait {
            RepairDelay::TooEarly
        } else if self.links[instance.link].command.is_none() {
            RepairDelay::Disconnected
        } else {
            let target = (self.announced(&master.address).into(), master.address.port);
            self.send_slaveof(index, Some(target));
            let about = self.describe(index);
            self.event(kind, Some(index), about);
            return;
        };
        self.trace(|sentinel| Trace::RepairHeldBack {
            instance: sentinel.instances[index].name.clone(),
            reason: delay,
        });
    }

    /// Whether nothing speaks against the master (`sentinelMasterLooksSane`).
    fn looks_sane(&self, index: usize, now: Millis) -> bool {
        let master = &self.instances[index];
        master.role_reported == Role::Master
            && !master.is(Flags::S_DOWN | Flags::O_DOWN)
            && now.saturating_sub(master.info_refresh) < self.config.timing.info.saturating_mul(2)
    }
}
