//! What a server is told before it starts.

use core::ffi::c_char;

use quorate::replication::Config;

use crate::boundary;
use crate::error::*;
use crate::handle::put;
use crate::text::read_some;

/// Settings of a server, to be filled by quorate_replication_config_init before single ones are changed. Names and defaults are
/// those of redis.conf of version 7.0. Texts are ended by NUL; those that are NULL are not set. Flags are 0 for no and anything
/// else for yes.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct quorate_replication_config {
    /// replica-announce-ip: the address by which others are to know it. Default NULL: the one that its connection comes from.
    pub announce_ip: *const c_char,
    /// masteruser: who it is to its primary. Default NULL: the default user.
    pub primary_user: *const c_char,
    /// masterauth: its password there. Default NULL: none is asked for.
    pub primary_password: *const c_char,
    /// repl-backlog-size, in bytes. Default 1 MiB; at least 16 KiB.
    pub backlog_size: u64,
    /// repl-backlog-ttl: seconds without a replica after which a primary forgets its backlog and its history. Default 3,600; 0 is
    /// never.
    pub backlog_ttl_s: u64,
    /// repl-timeout: seconds of silence after which either side gives the other up. Default 60; at least 1.
    pub timeout_s: u64,
    /// repl-ping-replica-period: seconds between two pings in the stream. Default 10; at least 1.
    pub ping_period_s: u64,
    /// min-replicas-to-write: how many good replicas a primary must have to be written to. Default 0: none.
    pub min_replicas_to_write: u64,
    /// min-replicas-max-lag: for how many whole seconds without a word a replica is good. Default 10; 0 switches the rule off.
    pub min_replicas_max_lag_s: u64,
    /// repl-diskless-sync-delay: seconds that a diskless snapshot waits for further replicas. Default 5.
    pub diskless_delay_s: u64,
    /// repl-diskless-sync-max-replicas: as soon as so many wait, it starts. Default 0: it always waits.
    pub diskless_max_replicas: u64,
    /// The hard limit of client-output-buffer-limit replica, in bytes: how much of the stream is held for one replica while it
    /// is sent a snapshot. Default 256 MiB.
    pub held_limit: u64,
    /// replica-priority: the lower, the sooner it is promoted; 0 is never. Default 100.
    pub priority: u64,
    /// The most connections of replicas at once. Default 10,000 (maxclients).
    pub max_replicas: u64,
    /// From which replication ids are drawn.
    pub seed: u64,
    /// Where the server listens, as it tells its primary. Default 6379.
    pub port: u16,
    /// replica-announce-port: the port by which others are to know it; 0 for `port`. Default 0.
    pub announce_port: u16,
    /// repl-diskless-sync: whether snapshots go to replicas without a detour over the disk. Default yes.
    pub diskless: u8,
    /// replica-announced: whether a sentinel tells of it. Default yes.
    pub announced: u8,
    /// replica-read-only. Default yes.
    pub read_only: u8,
    /// replica-serve-stale-data: whether it answers while its primary is away. Default yes.
    pub serve_stale: u8,
    /// Put out traces. Default no.
    pub trace: u8,
}

impl quorate_replication_config {
    /// # Safety
    /// As [`read_some`], for each of its texts.
    pub(super) unsafe fn to_core(self) -> Result<Config, quorate_status> {
        // SAFETY: the caller's contract, for all of them.
        let some = |text| Ok::<_, quorate_status>(unsafe { read_some(text) }?.map(String::from));
        Ok(Config {
            port: self.port,
            announce_ip: some(self.announce_ip)?,
            announce_port: Some(self.announce_port).filter(|&port| port != 0),
            primary_user: some(self.primary_user)?,
            primary_password: some(self.primary_password)?,
            backlog_size: self.backlog_size,
            backlog_ttl_s: self.backlog_ttl_s,
            timeout_s: self.timeout_s,
            ping_period_s: self.ping_period_s,
            min_replicas_to_write: self.min_replicas_to_write,
            min_replicas_max_lag_s: self.min_replicas_max_lag_s,
            diskless: self.diskless != 0,
            diskless_delay_s: self.diskless_delay_s,
            diskless_max_replicas: self.diskless_max_replicas,
            held_limit: self.held_limit,
            priority: self.priority,
            announced: self.announced != 0,
            read_only: self.read_only != 0,
            serve_stale: self.serve_stale != 0,
            // More connections than memory has places for are no bound.
            max_replicas: usize::try_from(self.max_replicas).unwrap_or(usize::MAX),
            seed: self.seed,
            trace: self.trace != 0,
        })
    }
}

/// Fills in the defaults, for a server on that port and with that randomness.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_replication_config_init(
    config: *mut quorate_replication_config,
    port: u16,
    seed: u64,
) -> quorate_status {
    boundary::status(|| {
        let core = Config::default();
        let filled = quorate_replication_config {
            announce_ip: core::ptr::null(),
            primary_user: core::ptr::null(),
            primary_password: core::ptr::null(),
            backlog_size: core.backlog_size,
            backlog_ttl_s: core.backlog_ttl_s,
            timeout_s: core.timeout_s,
            ping_period_s: core.ping_period_s,
            min_replicas_to_write: core.min_replicas_to_write,
            min_replicas_max_lag_s: core.min_replicas_max_lag_s,
            diskless_delay_s: core.diskless_delay_s,
            diskless_max_replicas: core.diskless_max_replicas,
            held_limit: core.held_limit,
            priority: core.priority,
            max_replicas: core.max_replicas as u64,
            seed,
            port,
            announce_port: 0,
            diskless: core.diskless.into(),
            announced: core.announced.into(),
            read_only: core.read_only.into(),
            serve_stale: core.serve_stale.into(),
            trace: core.trace.into(),
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
        // SAFETY: the place is writable, and filled with what is read then.
        let config = unsafe {
            quorate_replication_config_init(config.as_mut_ptr(), 6379, 0);
            config.assume_init().to_core().unwrap()
        };
        assert_eq!(config, Config::default());
    }
}
