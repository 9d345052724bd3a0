//! What a sentinel knows and believes, for people, tests and drawings.

use alloc::string::String;
use alloc::vec::Vec;

use super::address::Address;
use super::instance::{FailoverState, Flags, Instance, InstanceKind, Role};
use super::server::{Millis, NEVER, Sentinel};

/// All that a sentinel knows. Times are as they came in; `None` is never.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Status {
    /// The run id.
    pub id: String,
    /// The epoch that all masters share.
    pub current_epoch: u64,
    /// When TILT began, while it lasts.
    pub tilt_since: Option<Millis>,
    /// The masters, in the order of their names.
    pub masters: Vec<MasterStatus>,
}

/// One master and what hangs on it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct MasterStatus {
    /// What the group is called.
    pub name: String,
    /// The master itself. Its address is the old one until a failover has ended.
    pub instance: InstanceStatus,
    /// Where clients are sent: the promoted replica as soon as it serves.
    pub current_address: Address,
    /// How many sentinels must hold it for down.
    pub quorum: u32,
    /// How many must vote for one leader: of all that were ever known.
    pub majority: u32,
    /// How many hold it for down at present, this one included.
    pub agree: u32,
    /// The epoch of the configuration.
    pub config_epoch: u64,
    /// Whom this sentinel voted for.
    pub leader: Option<String>,
    /// The epoch of that vote.
    pub leader_epoch: u64,
    /// How far a failover is here.
    pub failover_state: FailoverState,
    /// The epoch of the last attempt.
    pub failover_epoch: u64,
    /// When the last attempt began, by this sentinel or by one that it voted for.
    pub failover_start: Option<Millis>,
    /// Before this time no other attempt is made.
    pub next_failover: Option<Millis>,
    /// When the failover came to where it is.
    pub failover_state_change: Option<Millis>,
    /// The replica that is promoted, by its name.
    pub promoted: Option<String>,
    /// `down-after-milliseconds`.
    pub down_after: Millis,
    /// `failover-timeout`.
    pub failover_timeout: Millis,
    /// `parallel-syncs`.
    pub parallel_syncs: u32,
    /// The replicas, in the order of their names.
    pub replicas: Vec<ReplicaStatus>,
    /// The other sentinels, in the order of their run ids.
    pub sentinels: Vec<SentinelStatus>,
}

/// What is known of any instance.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct InstanceStatus {
    /// What it is held for.
    pub kind: InstanceKind,
    /// Its name in events.
    pub name: String,
    /// Its run id, if it is known.
    pub run_id: Option<String>,
    /// Where it is.
    pub address: Address,
    /// The words of its flags, as `SENTINEL MASTER` has them.
    pub flags: Vec<String>,
    /// Whether one of its connections is missing.
    pub disconnected: bool,
    /// When the oldest PING without an answer was sent.
    pub ping_pending_since: Option<Millis>,
    /// When it last answered well.
    pub last_avail: Option<Millis>,
    /// Since when it is down for this sentinel; also of the last time that it was.
    pub s_down_since: Option<Millis>,
    /// Since when it is down for a quorum; also of the last time that it was.
    pub o_down_since: Option<Millis>,
    /// When the last INFO came.
    pub info_refresh: Option<Millis>,
    /// What it says that it is.
    pub role_reported: Role,
    /// Since when.
    pub role_reported_since: Millis,
}

/// What is known of a replica.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ReplicaStatus {
    /// What is known of any instance.
    pub instance: InstanceStatus,
    /// `replica-priority`; 0 says never.
    pub priority: u32,
    /// How much of the stream it has.
    pub offset: u64,
    /// For how long its link to its master is down, as it says.
    pub link_down_time: Millis,
    /// Whether that link is up.
    pub link_up: bool,
    /// Whom it follows.
    pub master_host: Option<String>,
    /// At which port.
    pub master_port: u16,
}

/// What is known of another sentinel.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct SentinelStatus {
    /// What is known of any instance.
    pub instance: InstanceStatus,
    /// Whether it holds the master for down.
    pub master_down: bool,
    /// When it last said whether.
    pub last_down_reply: Millis,
    /// When its last hello came.
    pub last_hello: Millis,
    /// Whom it voted for.
    pub leader: Option<String>,
    /// The epoch of that vote.
    pub leader_epoch: u64,
}

impl Sentinel {
    /// What the sentinel knows and believes.
    pub fn status(&self) -> Status {
        Status {
            id: self.config.id.clone(),
            current_epoch: self.current_epoch,
            tilt_since: self.tilt.then_some(self.tilt_start),
            masters: self.masters.iter().map(|&group| self.master_status(group)).collect(),
        }
    }

    fn master_status(&self, group: usize) -> MasterStatus {
        let state = &self.groups[group];
        let instances = |places: &[usize]| places.iter().map(|&index| &self.instances[index]).collect::<Vec<_>>();
        let (replicas, sentinels) = (instances(&state.replicas), instances(&state.sentinels));
        let master = &self.instances[state.master];
        let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let agree = sentinels.iter().filter(|peer| peer.is(Flags::MASTER_DOWN)).count();
        let again = state
            .failover_start
            .saturating_add(state.config.failover_timeout.saturating_mul(2));
        MasterStatus {
            name: state.config.name.clone(),
            instance: self.instance_status(master),
            current_address: self.current_address(group).clone(),
            quorum: state.config.quorum,
            majority: count(sentinels.len().div_ceil(2) + 1),
            agree: count(agree) + u32::from(master.is(Flags::S_DOWN)),
            config_epoch: state.config_epoch,
            leader: state.leader.clone(),
            leader_epoch: state.leader_epoch,
            failover_state: state.failover_state,
            failover_epoch: state.failover_epoch,
            failover_start: ever(state.failover_start),
            next_failover: ever(state.failover_start).map(|_| again),
            failover_state_change: ever(state.failover_state_change),
            promoted: state.promoted.map(|index| self.instances[index].name.clone()),
            down_after: state.config.down_after,
            failover_timeout: state.config.failover_timeout,
            parallel_syncs: state.config.parallel_syncs,
            replicas: replicas.iter().map(|instance| self.replica_status(instance)).collect(),
            sentinels: sentinels
                .iter()
                .map(|instance| self.sentinel_status(instance))
                .collect(),
        }
    }

    fn instance_status(&self, instance: &Instance) -> InstanceStatus {
        let link = &self.links[instance.link];
        let flags = Flags::NAMES.iter().filter(|(flag, _)| instance.is(*flag));
        InstanceStatus {
            kind: instance.kind,
            name: instance.name.clone(),
            run_id: (!instance.run_id.is_empty()).then(|| instance.run_id.clone()),
            address: instance.address.clone(),
            flags: flags.map(|(_, word)| (*word).into()).collect(),
            disconnected: link.disconnected,
            ping_pending_since: link.act_ping,
            last_avail: ever(link.last_avail),
            s_down_since: ever(instance.s_down_since),
            o_down_since: ever(instance.o_down_since),
            info_refresh: ever(instance.info_refresh),
            role_reported: instance.role_reported,
            role_reported_since: instance.role_reported_time,
        }
    }

    fn replica_status(&self, instance: &Instance) -> ReplicaStatus {
        let replica = &instance.replica;
        ReplicaStatus {
            instance: self.instance_status(instance),
            priority: replica.priority,
            offset: replica.offset,
            link_down_time: replica.link_down_time,
            link_up: replica.link_up,
            master_host: replica.master_host.clone(),
            master_port: replica.master_port,
        }
    }

    fn sentinel_status(&self, instance: &Instance) -> SentinelStatus {
        let peer = &instance.peer;
        SentinelStatus {
            instance: self.instance_status(instance),
            master_down: instance.is(Flags::MASTER_DOWN),
            last_down_reply: peer.last_down_reply,
            last_hello: peer.last_hello,
            leader: peer.leader.clone(),
            leader_epoch: peer.leader_epoch,
        }
    }
}

fn ever(time: Millis) -> Option<Millis> {
    (time != NEVER).then_some(time)
}
