//! What a sentinel knows: groups, and the instances in them.

use alloc::string::String;
use alloc::vec::Vec;
use core::ops::{BitOr, BitOrAssign};

use super::address::Address;
use super::config::MasterConfig;
use super::server::{Millis, NEVER};

/// What an instance is held for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum InstanceKind {
    /// The master of a group.
    Master,
    /// One of its replicas.
    Replica,
    /// Another sentinel that monitors it.
    Sentinel,
}

impl InstanceKind {
    /// The word that events use: `master`, `slave` or `sentinel`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Master => "master",
            Self::Replica => "slave",
            Self::Sentinel => "sentinel",
        }
    }
}

/// What an instance says that it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Role {
    /// `role:master`.
    Master,
    /// `role:slave`.
    Replica,
    /// Nothing that is known.
    Unknown,
}

/// What is known about an instance in yes and no.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Flags(u16);

impl Flags {
    /// Down, as far as this sentinel can tell.
    pub const S_DOWN: Self = Self(1);
    /// Down, as a quorum says. Masters alone.
    pub const O_DOWN: Self = Self(1 << 1);
    /// This other sentinel says that the master is down.
    pub const MASTER_DOWN: Self = Self(1 << 2);
    /// A failover of this master is in progress here.
    pub const FAILOVER_IN_PROGRESS: Self = Self(1 << 3);
    /// This replica is to become the master.
    pub const PROMOTED: Self = Self(1 << 4);
    /// This replica was told of the new master.
    pub const RECONF_SENT: Self = Self(1 << 5);
    /// It has taken it for its own.
    pub const RECONF_INPROG: Self = Self(1 << 6);
    /// It follows it.
    pub const RECONF_DONE: Self = Self(1 << 7);
    /// The failover was asked for by a user.
    pub const FORCE_FAILOVER: Self = Self(1 << 8);
    /// A slow script was told to stop.
    pub const SCRIPT_KILL_SENT: Self = Self(1 << 9);
    /// The master restarted and is not able to serve yet.
    pub const MASTER_REBOOT: Self = Self(1 << 10);

    /// Each flag with the word that `SENTINEL MASTER` has for it, in the order of that reply. Kind and `disconnected` stand
    /// between the second and the third.
    pub const NAMES: [(Self, &'static str); 11] = [
        (Self::S_DOWN, "s_down"),
        (Self::O_DOWN, "o_down"),
        (Self::MASTER_DOWN, "master_down"),
        (Self::FAILOVER_IN_PROGRESS, "failover_in_progress"),
        (Self::PROMOTED, "promoted"),
        (Self::RECONF_SENT, "reconf_sent"),
        (Self::RECONF_INPROG, "reconf_inprog"),
        (Self::RECONF_DONE, "reconf_done"),
        (Self::FORCE_FAILOVER, "force_failover"),
        (Self::SCRIPT_KILL_SENT, "script_kill_sent"),
        (Self::MASTER_REBOOT, "master_reboot"),
    ];

    /// Whether one of these is set.
    pub fn any(self, flags: Self) -> bool {
        self.0 & flags.0 != 0
    }

    pub(super) fn clear(&mut self, flags: Self) {
        self.0 &= !flags.0;
    }
}

impl BitOr for Flags {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitOrAssign for Flags {
    fn bitor_assign(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

/// How far a failover is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum FailoverState {
    /// There is none.
    #[default]
    None,
    /// It waits for this sentinel to be elected.
    WaitStart,
    /// A replica is being chosen.
    SelectSlave,
    /// The replica is to be told.
    SendSlaveofNoone,
    /// The replica was told.
    WaitPromotion,
    /// The other replicas are pointed to it.
    ReconfSlaves,
    /// The new master takes the place of the old one.
    UpdateConfig,
}

impl FailoverState {
    /// The word that `SENTINEL MASTER` has for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::WaitStart => "wait_start",
            Self::SelectSlave => "select_slave",
            Self::SendSlaveofNoone => "send_slaveof_noone",
            Self::WaitPromotion => "wait_promotion",
            Self::ReconfSlaves => "reconf_slaves",
            Self::UpdateConfig => "update_config",
        }
    }
}

/// A master and all that hangs on it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Group {
    /// The settings. The address is the master instance's.
    pub(super) config: MasterConfig,
    pub(super) master: usize,
    /// In the order of their names.
    pub(super) replicas: Vec<usize>,
    /// In the order of their run ids.
    pub(super) sentinels: Vec<usize>,
    pub(super) config_epoch: u64,
    /// Whom this sentinel voted for. Not persisted, and forgotten by a reset; the epoch is not.
    pub(super) leader: Option<String>,
    pub(super) leader_epoch: u64,
    pub(super) failover_state: FailoverState,
    pub(super) failover_epoch: u64,
    pub(super) failover_state_change: Millis,
    pub(super) failover_start: Millis,
    /// For which start the delay was told.
    pub(super) failover_delay_told: Millis,
    pub(super) promoted: Option<usize>,
}

impl Group {
    pub(super) fn new(config: MasterConfig, master: usize) -> Self {
        Self {
            config,
            master,
            replicas: Vec::new(),
            sentinels: Vec::new(),
            config_epoch: 0,
            leader: None,
            leader_epoch: 0,
            failover_state: FailoverState::None,
            failover_epoch: 0,
            failover_state_change: NEVER,
            failover_start: NEVER,
            failover_delay_told: NEVER,
            promoted: None,
        }
    }
}

/// One process that is monitored: under each master that it belongs to there is an entry of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Instance {
    /// Unlike the place it stands at, never used again.
    pub(super) serial: u64,
    /// False for a place that is free.
    pub(super) live: bool,
    pub(super) kind: InstanceKind,
    pub(super) group: usize,
    pub(super) name: String,
    /// Empty as long as it is not known.
    pub(super) run_id: String,
    pub(super) address: Address,
    pub(super) link: usize,
    pub(super) flags: Flags,
    pub(super) down_after: Millis,
    pub(super) last_pub: Millis,
    pub(super) s_down_since: Millis,
    pub(super) o_down_since: Millis,
    pub(super) reboot_since: Millis,
    pub(super) info_refresh: Millis,
    pub(super) info: Option<alloc::sync::Arc<[u8]>>,
    pub(super) role_reported: Role,
    pub(super) role_reported_time: Millis,
    pub(super) replica: ReplicaState,
    pub(super) peer: PeerState,
}

impl Instance {
    pub(super) fn is(&self, flags: Flags) -> bool {
        self.flags.any(flags)
    }

    /// Whether there was no down event in the last `period` (`sentinelRedisInstanceNoDownFor`).
    pub(super) fn no_down_for(&self, period: Millis, now: Millis) -> bool {
        let recent = self.s_down_since.max(self.o_down_since);
        recent == NEVER || now.saturating_sub(recent) > period
    }
}

/// What a replica says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct ReplicaState {
    pub(super) priority: u32,
    pub(super) offset: u64,
    pub(super) announced: bool,
    pub(super) link_down_time: Millis,
    pub(super) link_up: bool,
    pub(super) master_host: Option<String>,
    pub(super) master_port: u16,
    pub(super) conf_change_time: Millis,
    pub(super) reconf_sent_time: Millis,
}

/// What another sentinel told.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct PeerState {
    pub(super) last_hello: Millis,
    pub(super) last_down_reply: Millis,
    pub(super) leader: Option<String>,
    pub(super) leader_epoch: u64,
}
