//! Which replica is promoted.

use core::cmp::Ordering;

use super::instance::{Flags, Instance};
use super::server::{Millis, NEVER, Sentinel};
use super::trace::{ReplicaRefusal, Trace};

impl Sentinel {
    /// The best replica that will do (`sentinelSelectSlave`).
    pub(super) fn select_replica(&mut self, group: usize, now: Millis) -> Option<usize> {
        let mut best: Option<usize> = None;
        for at in 0..self.groups[group].replicas.len() {
            let index = self.groups[group].replicas[at];
            if let Some(reason) = self.refusal(group, index, now) {
                self.trace(|sentinel| Trace::ReplicaPassedOver {
                    master: sentinel.groups[group].config.name.clone(),
                    replica: sentinel.instances[index].name.clone(),
                    reason,
                });
                continue;
            }
            let better = |best: usize| order(&self.instances[index], &self.instances[best]) == Ordering::Less;
            if best.is_none_or(better) {
                best = Some(index);
            }
        }
        if let Some(index) = best {
            self.trace(|sentinel| {
                let replica = &sentinel.instances[index];
                Trace::ReplicaChosen {
                    master: sentinel.groups[group].config.name.clone(),
                    replica: replica.name.clone(),
                    priority: replica.replica.priority,
                    offset: replica.replica.offset,
                }
            });
        }
        best
    }

    fn refusal(&self, group: usize, index: usize, now: Millis) -> Option<ReplicaRefusal> {
        let state = &self.groups[group];
        let master = &self.instances[state.master];
        let replica = &self.instances[index];
        let link = &self.links[replica.link];
        let timing = &self.config.timing;
        if replica.is(Flags::S_DOWN | Flags::O_DOWN) {
            return Some(ReplicaRefusal::Down);
        }
        if link.disconnected {
            return Some(ReplicaRefusal::Disconnected);
        }
        let elapsed = now.saturating_sub(link.last_avail);
        let limit = timing.ping.saturating_mul(5);
        if elapsed > limit {
            return Some(ReplicaRefusal::Silent { elapsed, limit });
        }
        if replica.replica.priority == 0 {
            return Some(ReplicaRefusal::PriorityZero);
        }
        // While the master is down INFO comes every second, and else every ten.
        let down = master.is(Flags::S_DOWN);
        let limit = if down { limit } else { timing.info.saturating_mul(3) };
        let elapsed = now.saturating_sub(replica.info_refresh);
        if elapsed > limit {
            let elapsed = (replica.info_refresh != NEVER).then_some(elapsed);
            return Some(ReplicaRefusal::InfoTooOld { elapsed, limit });
        }
        // A sentinel that came late knows of a short outage only, and may find no replica that will do.
        let known = if down {
            now.saturating_sub(master.s_down_since)
        } else {
            0
        };
        let limit = known.saturating_add(state.config.down_after.saturating_mul(10));
        let elapsed = replica.replica.link_down_time;
        (elapsed > limit).then_some(ReplicaRefusal::LinkDownTooLong { elapsed, limit })
    }
}

/// The better one is less (`compareSlavesForPromotion`): a lower priority, more of the data, a run id that comes first.
fn order(a: &Instance, b: &Instance) -> Ordering {
    let priority = a.replica.priority.cmp(&b.replica.priority);
    let offset = b.replica.offset.cmp(&a.replica.offset);
    let run_id = || match (a.run_id.is_empty(), b.run_id.is_empty()) {
        (false, false) => {
            let lower = |instance: &Instance| instance.run_id.to_ascii_lowercase();
            lower(a).cmp(&lower(b))
        }
        // Who does not tell comes last.
        (a, b) => a.cmp(&b),
    };
    priority.then(offset).then_with(run_id)
}
