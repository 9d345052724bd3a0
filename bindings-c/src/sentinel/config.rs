//! What a sentinel is made with.

use core::ffi::c_char;

use quorate::sentinel::{Address, Config, MasterConfig, Profile, Timing};

use crate::boundary;
use crate::bytes::{each, slice};
use crate::error::*;
use crate::handle::put;
use crate::text::{Texts, read, read_some};

/// Which epoch an election is counted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum quorate_sentinel_profile {
    /// As real sentinels do: votes are asked for and counted by the one current epoch that all masters share. Failovers of several
    /// masters at once then disturb each other, and one outage may see two leaders (redis/redis#12865).
    QUORATE_SENTINEL_COMPAT = 0,
    /// By the epoch of the attempt itself, so that there is at most one leader for a master and an epoch. Safe among real
    /// sentinels; of use to all where everybody does it.
    QUORATE_SENTINEL_STRICT = 1,
}

/// Where an instance is.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct quorate_sentinel_address {
    /// The host as it was given: an IP address, or a name where names are resolved.
    pub host: *const c_char,
    /// Its IP address; "" as long as a name is not resolved. It is what to connect to, unless it is "". In what goes in, NULL
    /// is for what the host says.
    pub ip: *const c_char,
    /// The port.
    pub port: u16,
}

impl quorate_sentinel_address {
    pub(super) fn of(address: &Address, texts: &mut Texts) -> Self {
        Self {
            host: texts.keep(&address.host),
            ip: texts.keep(&address.ip),
            port: address.port,
        }
    }

    /// # Safety
    /// As [`read`], for its texts.
    pub(super) unsafe fn to_core(self) -> Result<Address, quorate_status> {
        // SAFETY: the caller's contract, for both.
        let (host, ip) = unsafe { (read(self.host)?, read_some(self.ip)?) };
        let mut address = Address::new(host, self.port);
        if let Some(ip) = ip {
            address.ip = ip.into();
        }
        Ok(address)
    }
}

/// Periods and limits in milliseconds: constants of the server, which only SENTINEL DEBUG changes. Each is at least 1.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct quorate_sentinel_timing {
    /// ping-period: the longest time between two PINGs. Default 1,000.
    pub ping: i64,
    /// info-period: the time between two INFOs; one second while a failover may need it. Default 10,000.
    pub info: i64,
    /// ask-period: the time between two questions whether a master is down. Default 1,000.
    pub ask: i64,
    /// publish-period: the time between two hellos. Default 2,000.
    pub publish: i64,
    /// default-down-after: what a master that SENTINEL MONITOR adds begins with. Default 30,000.
    pub default_down_after: i64,
    /// default-failover-timeout: likewise. Default 180,000.
    pub default_failover_timeout: i64,
    /// tilt-trigger: the longest time between two ticks that is believed. Default 2,000.
    pub tilt_trigger: i64,
    /// tilt-period: how long nothing is done after one that was not. Default 30,000.
    pub tilt_period: i64,
    /// slave-reconf-timeout: how long a replica may take to follow the new master. Default 10,000.
    pub slave_reconf_timeout: i64,
    /// min-link-reconnect-period: how old a link must be before it is closed for its silence. Default 15,000.
    pub min_link_reconnect: i64,
    /// election-timeout: how long an attempt waits to be elected, if failover-timeout is not less. Default 10,000.
    pub election_timeout: i64,
    /// script-max-runtime. Default 60,000.
    pub script_max_runtime: i64,
    /// script-retry-delay: before the first retry; it doubles with each. Default 30,000.
    pub script_retry_delay: i64,
}

/// A command that is called otherwise at a master and its replicas.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct quorate_sentinel_rename {
    /// What it is called everywhere else.
    pub from: *const c_char,
    /// What it is called there.
    pub to: *const c_char,
}

/// Settings of one master, to be filled by quorate_sentinel_master_config_init before single ones are changed. Texts are ended by
/// NUL; those that are NULL are not set.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct quorate_sentinel_master_config {
    /// What the group is called, by all sentinels and clients alike. No spaces or commas.
    pub name: *const c_char,
    /// Its host: an IP address, or a name with resolve_hostnames.
    pub host: *const c_char,
    /// down-after-milliseconds: silence after which an instance counts as down. Default 30,000 ms; at least 1.
    pub down_after: i64,
    /// failover-timeout. Default 180,000 ms; at least 1.
    pub failover_timeout: i64,
    /// master-reboot-down-after-period: how long a master that restarted may load before it counts as down; 0 says for ever.
    /// Default 0 ms.
    pub master_reboot_down_after: i64,
    /// auth-user: as whom to log in at the master and its replicas. Default NULL.
    pub auth_user: *const c_char,
    /// auth-pass: the password there. Default NULL.
    pub auth_pass: *const c_char,
    /// notification-script: run for each event that is a warning. Default NULL.
    pub notification_script: *const c_char,
    /// client-reconfig-script: run when the master's address changes. Default NULL.
    pub client_reconfig_script: *const c_char,
    /// rename-command: `rename_count` commands that are called otherwise at the master and its replicas. Default none.
    pub renames: *const quorate_sentinel_rename,
    /// How many.
    pub rename_count: usize,
    /// How many sentinels must hold the master for down before a failover is tried; at least 1. Electing a leader needs a majority
    /// of all sentinels besides.
    pub quorum: u32,
    /// parallel-syncs: how many replicas are pointed to the new master at once. Default 1; at least 1.
    pub parallel_syncs: u32,
    /// Its port.
    pub port: u16,
}

/// Settings of a sentinel, to be filled by quorate_sentinel_config_init before single ones are changed. Texts are ended by NUL;
/// those that are NULL are not set. Flags are 0 for no and anything else for yes.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct quorate_sentinel_config {
    /// The sentinel's run id: 40 lower-case hexadecimal digits, its own for good. A line that was persisted goes before it.
    pub id: *const c_char,
    /// Where the random numbers begin: the jitter of the ticks, and of the start of failovers. No two sentinels should share it.
    pub seed: u64,
    /// The IP address at which others reach this sentinel. Default "127.0.0.1".
    pub ip: *const c_char,
    /// sentinel announce-ip: the host that hellos name instead of `ip`. Default NULL.
    pub announce_ip: *const c_char,
    /// requirepass: what clients must say, and what other sentinels are told if no `sentinel_pass` is set. Default NULL.
    pub requirepass: *const c_char,
    /// sentinel sentinel-user: as whom to log in at other sentinels. Default NULL.
    pub sentinel_user: *const c_char,
    /// sentinel sentinel-pass: the password at other sentinels. Default NULL.
    pub sentinel_pass: *const c_char,
    /// The masters that are monitored from the start. More come with SENTINEL MONITOR or with the lines of the configuration.
    pub masters: *const quorate_sentinel_master_config,
    /// How many.
    pub master_count: usize,
    /// The most instances that are kept, of all kinds together; more are ignored. Default 100,000.
    pub max_instances: u64,
    /// Periods and limits that are the same in every real sentinel.
    pub timing: quorate_sentinel_timing,
    /// Which epoch an election is counted by: a quorate_sentinel_profile. Default QUORATE_SENTINEL_COMPAT.
    pub profile: u32,
    /// The port at which others reach this sentinel. Default 26379.
    pub port: u16,
    /// sentinel announce-port: the port that hellos name instead of `port`; 0 for that. Default 0.
    pub announce_port: u16,
    /// sentinel resolve-hostnames: whether names may stand where addresses do. Default no.
    pub resolve_hostnames: u8,
    /// sentinel announce-hostnames: whether to name hosts by their names in replies, hellos and commands. Default no.
    pub announce_hostnames: u8,
    /// sentinel deny-scripts-reconfig: whether SENTINEL SET may not change scripts. Default yes.
    pub deny_scripts_reconfig: u8,
    /// Put out traces. Default no.
    pub trace: u8,
}

macro_rules! timing {
    ($($field:ident),*) => {
        impl quorate_sentinel_timing {
            fn of(timing: &Timing) -> Self {
                Self { $($field: timing.$field),* }
            }

            fn to_core(self) -> Timing {
                Timing { $($field: self.$field),* }
            }
        }
    };
}
timing!(
    ping,
    info,
    ask,
    publish,
    default_down_after,
    default_failover_timeout,
    tilt_trigger,
    tilt_period,
    slave_reconf_timeout,
    min_link_reconnect,
    election_timeout,
    script_max_runtime,
    script_retry_delay
);

impl quorate_sentinel_master_config {
    /// # Safety
    /// As [`read`], for each of its texts, and as [`slice`], for the renamed commands.
    unsafe fn to_core(self) -> Result<MasterConfig, quorate_status> {
        // SAFETY: the caller's contract, for all of them.
        unsafe {
            let some = |text| Ok::<_, quorate_status>(read_some(text)?.map(String::from));
            Ok(MasterConfig {
                down_after: self.down_after,
                failover_timeout: self.failover_timeout,
                parallel_syncs: self.parallel_syncs,
                master_reboot_down_after: self.master_reboot_down_after,
                auth_user: some(self.auth_user)?,
                auth_pass: some(self.auth_pass)?,
                notification_script: some(self.notification_script)?,
                client_reconfig_script: some(self.client_reconfig_script)?,
                renamed_commands: each(self.renames, self.rename_count, |rename| {
                    Ok((read(rename.from)?.into(), read(rename.to)?.into()))
                })?,
                ..MasterConfig::new(read(self.name)?, read(self.host)?, self.port, self.quorum)
            })
        }
    }
}

impl quorate_sentinel_config {
    /// # Safety
    /// As [`read`], for each of its texts, and as [`slice`], for the masters.
    pub(super) unsafe fn to_core(self) -> Result<Config, quorate_status> {
        // SAFETY: the caller's contract, for all of them.
        unsafe {
            let some = |text| Ok::<_, quorate_status>(read_some(text)?.map(String::from));
            Ok(Config {
                ip: read(self.ip)?.into(),
                port: self.port,
                profile: match self.profile {
                    0 => Profile::Compat,
                    1 => Profile::Strict,
                    _ => return Err(QUORATE_ERR_INVALID_ARGUMENT),
                },
                masters: each(self.masters, self.master_count, |master| master.to_core())?,
                announce_ip: some(self.announce_ip)?,
                announce_port: Some(self.announce_port).filter(|&port| port != 0),
                resolve_hostnames: self.resolve_hostnames != 0,
                announce_hostnames: self.announce_hostnames != 0,
                requirepass: some(self.requirepass)?,
                sentinel_user: some(self.sentinel_user)?,
                sentinel_pass: some(self.sentinel_pass)?,
                deny_scripts_reconfig: self.deny_scripts_reconfig != 0,
                timing: self.timing.to_core(),
                trace: self.trace != 0,
                // More instances than memory has places for are no bound.
                max_instances: usize::try_from(self.max_instances).unwrap_or(usize::MAX),
                ..Config::new(read(self.id)?, self.seed)
            })
        }
    }
}

/// Reads texts of the caller.
///
/// # Safety
/// As [`slice`], and as [`read`] for each.
pub(super) unsafe fn read_lines(lines: *const *const c_char, count: usize) -> Result<Vec<String>, quorate_status> {
    // SAFETY: the caller's contract, for all of them.
    let lines = unsafe { slice(lines, count) }?.iter();
    // SAFETY: the caller's contract.
    lines.map(|&line| unsafe { read(line) }.map(String::from)).collect()
}

/// Fills in the defaults, for a sentinel of that run id and randomness which monitors nothing yet. The text is not copied before
/// quorate_sentinel_new.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_sentinel_config_init(
    config: *mut quorate_sentinel_config,
    id: *const c_char,
    seed: u64,
) -> quorate_status {
    boundary::status(|| {
        let core = Config::new("", seed);
        let filled = quorate_sentinel_config {
            id,
            seed,
            ip: c"127.0.0.1".as_ptr(),
            announce_ip: core::ptr::null(),
            requirepass: core::ptr::null(),
            sentinel_user: core::ptr::null(),
            sentinel_pass: core::ptr::null(),
            masters: core::ptr::null(),
            master_count: 0,
            max_instances: core.max_instances as u64,
            timing: quorate_sentinel_timing::of(&core.timing),
            profile: quorate_sentinel_profile::QUORATE_SENTINEL_COMPAT as u32,
            port: core.port,
            announce_port: 0,
            resolve_hostnames: core.resolve_hostnames.into(),
            announce_hostnames: core.announce_hostnames.into(),
            deny_scripts_reconfig: core.deny_scripts_reconfig.into(),
            trace: core.trace.into(),
        };
        // SAFETY: the caller's contract, as the header says it.
        unsafe { put(config, filled) }?;
        Ok(QUORATE_OK)
    })
}

/// Fills in the defaults, for a master of that name at that place. The texts are not copied before quorate_sentinel_new.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_sentinel_master_config_init(
    config: *mut quorate_sentinel_master_config,
    name: *const c_char,
    host: *const c_char,
    port: u16,
    quorum: u32,
) -> quorate_status {
    boundary::status(|| {
        let core = MasterConfig::new("", "", port, quorum);
        let filled = quorate_sentinel_master_config {
            name,
            host,
            down_after: core.down_after,
            failover_timeout: core.failover_timeout,
            master_reboot_down_after: core.master_reboot_down_after,
            auth_user: core::ptr::null(),
            auth_pass: core::ptr::null(),
            notification_script: core::ptr::null(),
            client_reconfig_script: core::ptr::null(),
            renames: core::ptr::null(),
            rename_count: 0,
            quorum,
            parallel_syncs: core.parallel_syncs,
            port,
        };
        // SAFETY: the caller's contract, as the header says it.
        unsafe { put(config, filled) }?;
        Ok(QUORATE_OK)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_those_of_the_core() {
        let mut config = core::mem::MaybeUninit::uninit();
        let id = c"0123456789012345678901234567890123456789";
        // SAFETY: the place is writable, and filled with what is read then.
        let config = unsafe {
            assert_eq!(
                quorate_sentinel_config_init(config.as_mut_ptr(), id.as_ptr(), 7),
                QUORATE_OK
            );
            config.assume_init().to_core().unwrap()
        };
        assert_eq!(config, Config::new(id.to_str().unwrap(), 7));
        let mut master = core::mem::MaybeUninit::uninit();
        // SAFETY: likewise.
        let master = unsafe {
            let (name, host) = (c"mymaster".as_ptr(), c"10.0.0.1".as_ptr());
            quorate_sentinel_master_config_init(master.as_mut_ptr(), name, host, 6379, 2);
            master.assume_init().to_core().unwrap()
        };
        assert_eq!(master, MasterConfig::new("mymaster", "10.0.0.1", 6379, 2));
    }
}
