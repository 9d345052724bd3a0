//! Down: for this sentinel (SDOWN), and for a quorum (ODOWN).

use alloc::format;

use super::events::EventKind;
use super::instance::{Flags, InstanceKind, Role};
use super::server::{Millis, NEVER, Sentinel};
use super::trace::{DownReason, Trace};

impl Sentinel {
    /// SDOWN has three causes (`sentinelCheckSubjectivelyDown`).
    pub(super) fn check_subjectively_down(&mut self, index: usize, now: Millis) {
        let instance = &self.instances[index];
        let link = &self.links[instance.link];
        // As it was before a silent link is closed, as the server has it.
        let elapsed = match link.act_ping {
            Some(sent) => now.saturating_sub(sent),
            None if link.disconnected => now.saturating_sub(link.last_avail),
            None => 0,
        };
        self.close_silent(index, now);
        let reason = self.down_reason(index, elapsed, now);
        let down = self.instances[index].is(Flags::S_DOWN);
        match reason {
            Some(reason) if !down => {
                self.trace(|sentinel| Trace::Down {
                    instance: sentinel.instances[index].name.clone(),
                    reason,
                });
                let about = self.describe(index);
                self.event(EventKind::Sdown, Some(index), about);
                let instance = &mut self.instances[index];
                instance.s_down_since = now;
                instance.flags |= Flags::S_DOWN;
            }
            None if down => {
                let about = self.describe(index);
                self.event(EventKind::SdownOver, Some(index), about);
                self.instances[index]
                    .flags
                    .clear(Flags::S_DOWN | Flags::SCRIPT_KILL_SENT);
            }
            _ => {}
        }
    }

    fn down_reason(&self, index: usize, elapsed: Millis, now: Millis) -> Option<DownReason> {
        let instance = &self.instances[index];
        let limit = instance.down_after;
        if elapsed > limit {
            return Some(DownReason::Silent { elapsed, limit });
        }
        if instance.kind != InstanceKind::Master {
            return None;
        }
        if instance.role_reported == Role::Replica {
            let elapsed = now.saturating_sub(instance.role_reported_time);
            // Two INFOs more, so that one that is late does no harm.
            let limit = limit.saturating_add(self.config.timing.info.saturating_mul(2));
            if elapsed > limit {
                return Some(DownReason::ReportsReplica { elapsed, limit });
            }
        }
        if instance.is(Flags::MASTER_REBOOT) {
            let elapsed = now.saturating_sub(instance.reboot_since);
            let limit = self.groups[instance.group].config.master_reboot_down_after;
            if elapsed > limit {
                return Some(DownReason::Rebooted { elapsed, limit });
            }
        }
        None
    }

    /// A weak quorum: what the others said may be seconds old (`sentinelCheckObjectivelyDown`).
    pub(super) fn check_objectively_down(&mut self, group: usize, now: Millis) {
        let master = self.groups[group].master;
        let quorum = self.groups[group].config.quorum;
        let mut agree = 0;
        if self.instances[master].is(Flags::S_DOWN) {
            let others = self.groups[group].sentinels.iter();
            let down = others
                .filter(|&&index| self.instances[index].is(Flags::MASTER_DOWN))
                .count();
            agree = 1 + u32::try_from(down).unwrap_or(u32::MAX - 1);
        }
        let was = self.instances[master].is(Flags::O_DOWN);
        if agree > 0 && agree >= quorum {
            if !was {
                let about = format!("{} #quorum {agree}/{quorum}", self.describe(master));
                self.event(EventKind::Odown, Some(master), about);
                let instance = &mut self.instances[master];
                instance.flags |= Flags::O_DOWN;
                instance.o_down_since = now;
                self.touch_replicas(group);
            }
            return;
        }
        if was {
            let about = self.describe(master);
            self.event(EventKind::OdownOver, Some(master), about);
            self.instances[master].flags.clear(Flags::O_DOWN);
        }
        if agree > 0 {
            self.trace(|sentinel| Trace::QuorumMissing {
                master: sentinel.groups[group].config.name.clone(),
                agree,
                quorum,
            });
        }
    }

    /// They are asked for INFO more often from now on.
    pub(super) fn touch_replicas(&mut self, group: usize) {
        for at in 0..self.groups[group].replicas.len() {
            let index = self.groups[group].replicas[at];
            self.due[index] = NEVER;
        }
    }
}
