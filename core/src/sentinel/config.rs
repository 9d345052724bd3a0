//! Settings: of the sentinel as a whole, and of each master.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::Millis;
use super::error::Error;

/// Settings of a [`Sentinel`](super::Sentinel).
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Config {
    /// The sentinel's run id: 40 lower-case hexadecimal digits, its own for good (`sentinel myid`). A line that was persisted
    /// goes before it.
    pub id: String,
    /// Where the random numbers begin: the jitter of the ticks, and of the start of failovers. No two sentinels should share it.
    pub seed: u64,
    /// The IP address at which others reach this sentinel. [`announce_ip`](Self::announce_ip) goes before it. Default 127.0.0.1.
    pub ip: String,
    /// The port at which others reach this sentinel. [`announce_port`](Self::announce_port) goes before it. Default 26379.
    pub port: u16,
    /// Which epoch an election is counted by. Default [`Profile::Compat`].
    pub profile: Profile,
    /// The masters that are monitored from the start. More come with `SENTINEL MONITOR` or with the lines of the configuration.
    pub masters: Vec<MasterConfig>,
    /// `sentinel announce-ip`: the host that hellos name instead of [`ip`](Self::ip).
    pub announce_ip: Option<String>,
    /// `sentinel announce-port`: the port that hellos name instead of [`port`](Self::port).
    pub announce_port: Option<u16>,
    /// `sentinel resolve-hostnames`: whether names may stand where addresses do. Default false.
    pub resolve_hostnames: bool,
    /// `sentinel announce-hostnames`: whether to name hosts by their names in replies, hellos and commands. Default false.
    pub announce_hostnames: bool,
    /// `requirepass`: what clients must say, and what other sentinels are told if no [`sentinel_pass`](Self::sentinel_pass) is set.
    pub requirepass: Option<String>,
    /// `sentinel sentinel-user`: as whom to log in at other sentinels.
    pub sentinel_user: Option<String>,
    /// `sentinel sentinel-pass`: the password at other sentinels.
    pub sentinel_pass: Option<String>,
    /// `sentinel deny-scripts-reconfig`: whether `SENTINEL SET` may not change scripts. Default true.
    pub deny_scripts_reconfig: bool,
    /// Periods and limits that are the same in every real sentinel, unless `SENTINEL DEBUG` changed them.
    pub timing: Timing,
    /// Whether [`Output::Trace`](super::Output::Trace) is given out. Default false.
    pub trace: bool,
    /// The most instances that are kept, of all kinds together; more are ignored. Default 100,000.
    pub max_instances: usize,
}

impl Config {
    /// The settings of a sentinel with this run id and seed, which monitors nothing yet.
    pub fn new(id: &str, seed: u64) -> Self {
        Self {
            id: id.to_owned(),
            seed,
            ip: "127.0.0.1".to_owned(),
            port: 26379,
            profile: Profile::Compat,
            masters: Vec::new(),
            announce_ip: None,
            announce_port: None,
            resolve_hostnames: false,
            announce_hostnames: false,
            requirepass: None,
            sentinel_user: None,
            sentinel_pass: None,
            deny_scripts_reconfig: true,
            timing: Timing::default(),
            trace: false,
            max_instances: 100_000,
        }
    }

    /// Checks what can be checked without the rest.
    pub(super) fn check(&self) -> Result<(), Error> {
        if !is_run_id(&self.id) {
            return Err(Error::Config(format!(
                "id must be 40 lower-case hexadecimal digits, found `{}`",
                self.id
            )));
        }
        self.timing.check()?;
        let mut names: Vec<&str> = self.masters.iter().map(|master| master.name.as_str()).collect();
        names.sort_unstable();
        if let Some(pair) = names.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(Error::Config(format!("two masters are named `{}`", pair[0])));
        }
        self.masters.iter().try_for_each(MasterConfig::check)
    }
}

/// Whether the text is a run id: 40 lower-case hexadecimal digits.
pub(super) fn is_run_id(text: &str) -> bool {
    text.len() == 40 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// Which epoch an election is counted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Profile {
    /// As real sentinels do: votes are asked for and counted by the one current epoch that all masters share. Failovers of
    /// several masters at once then disturb each other, and one outage may see two leaders (redis/redis#12865).
    #[default]
    Compat,
    /// Votes are asked for and counted by the epoch of the attempt itself, so that there is at most one leader for a master and
    /// an epoch. Safe among real sentinels; of use to all where everybody does it.
    Strict,
}

/// Settings of one master.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct MasterConfig {
    /// What the group is called, by all sentinels and clients alike. No spaces or commas.
    pub name: String,
    /// Its host: an IP address, or a name if [`Config::resolve_hostnames`].
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How many sentinels must hold the master for down before a failover is tried. At least 1. Electing a leader needs a
    /// majority of all sentinels besides.
    pub quorum: u32,
    /// `down-after-milliseconds`: silence after which an instance counts as down. Default 30,000 ms; at least 1.
    pub down_after: Millis,
    /// `failover-timeout`. Default 180,000 ms; at least 1.
    pub failover_timeout: Millis,
    /// `parallel-syncs`: how many replicas are pointed to the new master at once. Default 1; at least 1.
    pub parallel_syncs: u32,
    /// `master-reboot-down-after-period`: how long a master that restarted may load before it counts as down; 0 says for ever.
    /// Default 0 ms.
    pub master_reboot_down_after: Millis,
    /// `auth-user`: as whom to log in at the master and its replicas.
    pub auth_user: Option<String>,
    /// `auth-pass`: the password there.
    pub auth_pass: Option<String>,
    /// `notification-script`: run for each event that is a warning.
    pub notification_script: Option<String>,
    /// `client-reconfig-script`: run when the master's address changes.
    pub client_reconfig_script: Option<String>,
    /// `rename-command`: the commands that are called otherwise at the master and its replicas, each with its other name.
    pub renamed_commands: Vec<(String, String)>,
}

impl MasterConfig {
    /// The settings of a master that differs from the defaults in nothing.
    pub fn new(name: &str, host: &str, port: u16, quorum: u32) -> Self {
        Self {
            name: name.to_owned(),
            host: host.to_owned(),
            port,
            quorum,
            down_after: 30_000,
            failover_timeout: 180_000,
            parallel_syncs: 1,
            master_reboot_down_after: 0,
            auth_user: None,
            auth_pass: None,
            notification_script: None,
            client_reconfig_script: None,
            renamed_commands: Vec::new(),
        }
    }

    fn check(&self) -> Result<(), Error> {
        let wrong = if self.name.is_empty() || self.name.contains([' ', ',', '\r', '\n']) {
            "a name without spaces and commas"
        } else if self.quorum == 0 {
            "a quorum of at least 1"
        } else if self.down_after < 1 {
            "down_after of at least 1 ms"
        } else if self.failover_timeout < 1 {
            "failover_timeout of at least 1 ms"
        } else if self.parallel_syncs == 0 {
            "parallel_syncs of at least 1"
        } else if self.master_reboot_down_after < 0 {
            "master_reboot_down_after of at least 0 ms"
        } else {
            return Ok(());
        };
        Err(Error::Config(format!("master `{}` needs {wrong}", self.name)))
    }
}

/// Periods and limits in milliseconds: constants of the server, which only `SENTINEL DEBUG` changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Timing {
    /// `ping-period`: the longest time between two PINGs. Default 1,000.
    pub ping: Millis,
    /// `info-period`: the time between two INFOs; one second while a failover may need it. Default 10,000.
    pub info: Millis,
    /// `ask-period`: the time between two questions whether a master is down. Default 1,000.
    pub ask: Millis,
    /// `publish-period`: the time between two hellos. Default 2,000.
    pub publish: Millis,
    /// `default-down-after`: what a master that `SENTINEL MONITOR` adds begins with. Default 30,000.
    pub default_down_after: Millis,
    /// `default-failover-timeout`: likewise. Default 180,000.
    pub default_failover_timeout: Millis,
    /// `tilt-trigger`: the longest time between two ticks that is believed. Default 2,000.
    pub tilt_trigger: Millis,
    /// `tilt-period`: how long nothing is done after one that was not. Default 30,000.
    pub tilt_period: Millis,
    /// `slave-reconf-timeout`: how long a replica may take to follow the new master. Default 10,000.
    pub slave_reconf_timeout: Millis,
    /// `min-link-reconnect-period`: how old a link must be before it is closed for its silence. Default 15,000.
    pub min_link_reconnect: Millis,
    /// `election-timeout`: how long an attempt waits to be elected, if `failover-timeout` is not less. Default 10,000.
    pub election_timeout: Millis,
    /// `script-max-runtime`. Default 60,000.
    pub script_max_runtime: Millis,
    /// `script-retry-delay`: before the first retry; it doubles with each. Default 30,000.
    pub script_retry_delay: Millis,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            ping: 1_000,
            info: 10_000,
            ask: 1_000,
            publish: 2_000,
            default_down_after: 30_000,
            default_failover_timeout: 180_000,
            tilt_trigger: 2_000,
            tilt_period: 30_000,
            slave_reconf_timeout: 10_000,
            min_link_reconnect: 15_000,
            election_timeout: 10_000,
            script_max_runtime: 60_000,
            script_retry_delay: 30_000,
        }
    }
}

impl Timing {
    /// Each period by the name that `SENTINEL DEBUG` has for it, in the order of that command's reply.
    pub(super) fn fields(&mut self) -> [(&'static str, &mut Millis); 13] {
        [
            ("info-period", &mut self.info),
            ("ping-period", &mut self.ping),
            ("ask-period", &mut self.ask),
            ("publish-period", &mut self.publish),
            ("default-down-after", &mut self.default_down_after),
            ("tilt-trigger", &mut self.tilt_trigger),
            ("tilt-period", &mut self.tilt_period),
            ("slave-reconf-timeout", &mut self.slave_reconf_timeout),
            ("min-link-reconnect-period", &mut self.min_link_reconnect),
            ("default-failover-timeout", &mut self.default_failover_timeout),
            ("election-timeout", &mut self.election_timeout),
            ("script-max-runtime", &mut self.script_max_runtime),
            ("script-retry-delay", &mut self.script_retry_delay),
        ]
    }

    fn check(&self) -> Result<(), Error> {
        let mut timing = *self;
        match timing.fields().into_iter().find(|(_, value)| **value < 1) {
            Some((name, _)) => Err(Error::Config(format!("{name} must be at least 1 ms"))),
            None => Ok(()),
        }
    }
}
