//! What a sentinel tells the world, in the server's own words.

use alloc::string::String;

/// One event, as a real sentinel publishes it: the channel is the name of its kind, the payload its message.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Event {
    /// What happened.
    pub kind: EventKind,
    /// The payload, exactly as the server prints it.
    pub message: String,
    /// How loud the server is about it.
    pub level: Level,
    /// The name of the group that it is about, if it is about one.
    pub master: Option<String>,
}

/// How loud an event is. Warnings start the notification script of their master; debugging ones are not published.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Level {
    /// Logged alone.
    Debug,
    /// Published.
    Verbose,
    /// Published.
    Notice,
    /// Published, and told to the notification script.
    Warning,
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)*) => {
        /// What happened.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
        #[non_exhaustive]
        pub enum EventKind {
            $($(#[$doc])* #[cfg_attr(feature = "serde", serde(rename = $text))] $name,)*
        }

        impl EventKind {
            /// All of them, in the order in which they stand here.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The name, which is the channel that it is published on.
            pub fn name(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

kinds! {
    /// A master is monitored from now on.
    Monitor = "+monitor",
    /// A master is monitored no longer.
    Unmonitor = "-monitor",
    /// A setting of a master changed.
    Set = "+set",
    /// A master was reset: its replicas and sentinels are forgotten.
    ResetMaster = "+reset-master",
    /// A replica was found.
    Slave = "+slave",
    /// Another sentinel was found.
    Sentinel = "+sentinel",
    /// A sentinel has moved.
    SentinelAddressSwitch = "+sentinel-address-switch",
    /// A sentinel has moved, for these many other masters too.
    SentinelAddressUpdate = "+sentinel-address-update",
    /// A sentinel lost its address to another that says it is there.
    SentinelInvalidAddr = "+sentinel-invalid-addr",
    /// An instance restarted: its run id is another.
    Reboot = "+reboot",
    /// An instance says that it is what it is held for.
    RoleChange = "+role-change",
    /// An instance says that it is not what it is held for.
    RoleMismatch = "-role-change",
    /// An instance is down, as far as this sentinel can tell.
    Sdown = "+sdown",
    /// It is up again.
    SdownOver = "-sdown",
    /// A quorum holds the master for down.
    Odown = "+odown",
    /// It no longer does.
    OdownOver = "-odown",
    /// The epoch rose.
    NewEpoch = "+new-epoch",
    /// A vote was given.
    VoteForLeader = "+vote-for-leader",
    /// A failover begins, by standing for election.
    TryFailover = "+try-failover",
    /// This sentinel leads the failover.
    ElectedLeader = "+elected-leader",
    /// The failover looks for a replica.
    SelectSlave = "+failover-state-select-slave",
    /// It found this one.
    SelectedSlave = "+selected-slave",
    /// The replica is about to be told.
    SendSlaveofNoone = "+failover-state-send-slaveof-noone",
    /// The replica was told.
    WaitPromotion = "+failover-state-wait-promotion",
    /// The replica is a master.
    PromotedSlave = "+promoted-slave",
    /// The other replicas are pointed to it.
    ReconfSlaves = "+failover-state-reconf-slaves",
    /// A replica was told of the new master.
    SlaveReconfSent = "+slave-reconf-sent",
    /// A replica was told of the new master, with the time for the failover over.
    SlaveReconfSentBe = "+slave-reconf-sent-be",
    /// A replica has taken the new master for its own.
    SlaveReconfInprog = "+slave-reconf-inprog",
    /// A replica follows the new master.
    SlaveReconfDone = "+slave-reconf-done",
    /// A replica did not take the new master for its own in time.
    SlaveReconfSentTimeout = "-slave-reconf-sent-timeout",
    /// The failover ended.
    FailoverEnd = "+failover-end",
    /// It ended because its time is over.
    FailoverEndForTimeout = "+failover-end-for-timeout",
    /// The failover was given up: not elected.
    AbortNotElected = "-failover-abort-not-elected",
    /// The failover was given up: no replica will do.
    AbortNoGoodSlave = "-failover-abort-no-good-slave",
    /// The failover was given up: the replica did not become a master in time.
    AbortSlaveTimeout = "-failover-abort-slave-timeout",
    /// The address of a master changed.
    SwitchMaster = "+switch-master",
    /// Another sentinel told of a newer configuration.
    ConfigUpdateFrom = "+config-update-from",
    /// A master that should be a replica is made one.
    ConvertToSlave = "+convert-to-slave",
    /// A replica that follows the wrong master is put right.
    FixSlaveConfig = "+fix-slave-config",
    /// Time cannot be believed; nothing is done for a while.
    Tilt = "+tilt",
    /// It can again.
    TiltOver = "-tilt",
    /// A script started.
    ScriptChild = "+script-child",
    /// A script ended.
    ScriptChildOver = "-script-child",
    /// A script ended badly, and is not tried again.
    ScriptError = "-script-error",
    /// A script ran for too long.
    ScriptTimeout = "-script-timeout",
}

impl EventKind {
    /// How loud the server is about it.
    pub fn level(self) -> Level {
        match self {
            Self::ScriptChild | Self::ScriptChildOver => Level::Debug,
            Self::RoleChange | Self::RoleMismatch => Level::Verbose,
            Self::Slave
            | Self::Sentinel
            | Self::SentinelAddressSwitch
            | Self::SentinelAddressUpdate
            | Self::SentinelInvalidAddr
            | Self::Reboot
            | Self::SendSlaveofNoone
            | Self::WaitPromotion
            | Self::SlaveReconfSent
            | Self::SlaveReconfSentBe
            | Self::SlaveReconfInprog
            | Self::SlaveReconfDone
            | Self::SlaveReconfSentTimeout
            | Self::ConvertToSlave
            | Self::FixSlaveConfig => Level::Notice,
            _ => Level::Warning,
        }
    }
}
