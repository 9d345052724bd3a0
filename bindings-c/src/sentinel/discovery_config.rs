//! What a client is told before it looks for servers.

use core::ffi::c_char;

use quorate::sentinel::discovery::{Config, Stale};

use super::config::quorate_sentinel_address;
use crate::boundary;
use crate::bytes::each;
use crate::error::*;
use crate::handle::put;
use crate::text::read;

/// What to do with replicas that have lost their primary, whose data grows old.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum quorate_sentinel_stale {
    /// They are read from if there is no other: during a failover there is none.
    QUORATE_SENTINEL_STALE_LAST_RESORT = 0,
    /// They are never read from.
    QUORATE_SENTINEL_STALE_NEVER = 1,
}

/// Where a server or sentinel is really to be reached.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct quorate_sentinel_nat {
    /// What it is announced as.
    pub announced: quorate_sentinel_address,
    /// Where it is.
    pub real: quorate_sentinel_address,
}

/// How often a server is chosen in proportion to others.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct quorate_sentinel_weight {
    /// What it is announced as.
    pub announced: quorate_sentinel_address,
    /// How often; 0 is never. Servers that are not named have 1.
    pub weight: u32,
}

/// Settings of a discovery, to be filled by quorate_sentinel_discovery_config_init before single ones are changed. Times are
/// milliseconds; flags are 0 for no and anything else for yes.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct quorate_sentinel_discovery_config {
    /// What the sentinels call the primary, ended by NUL.
    pub name: *const c_char,
    /// The sentinels that are known from the start, in the order in which they are asked. At least one.
    pub sentinels: *const quorate_sentinel_address,
    /// How many.
    pub sentinel_count: usize,
    /// For a sentinel to be reached and to answer, before the next is asked. Default 500; at least 1.
    pub sentinel_timeout_ms: i64,
    /// For a server to be reached and to say what it is. Default 1,000; at least 1.
    pub node_timeout_ms: i64,
    /// How long a request is tried before it fails. 0 is one round of all sentinels; below 0 is for ever. Default 10,000.
    pub give_up_after_ms: i64,
    /// Between a failed round and the next. It doubles with each that fails, up to `max_backoff_ms`, and up to a quarter of it is
    /// added by chance. Default 100; at least 1.
    pub backoff_ms: i64,
    /// Default 2,000.
    pub max_backoff_ms: i64,
    /// How often it is asked whether the primary still is one while connections to it are open: a connection that does not break
    /// tells nothing. Below 0 is never. Default 10,000.
    pub check_every_ms: i64,
    /// To how many sentinels a subscription is kept, so that a change is known at once. Default 1; 0 is none. Nothing relies on
    /// it.
    pub listeners: u64,
    /// How many other sentinels a sentinel must reach to be believed. Default 0. Those that it calls down do not count.
    pub min_other_sentinels: u64,
    /// The most sentinels that are known at once. Default 64.
    pub max_sentinels: u64,
    /// The most requests at once. Default 1,024.
    pub max_requests: u64,
    /// Where servers and sentinels are really to be reached. Default none.
    pub nat: *const quorate_sentinel_nat,
    /// How many.
    pub nat_count: usize,
    /// How often servers are chosen. Default none.
    pub weights: *const quorate_sentinel_weight,
    /// How many.
    pub weight_count: usize,
    /// For the part of waiting that is left to chance, so that clients do not come back all at once.
    pub seed: u64,
    /// What to do with replicas that have lost their primary: a quorate_sentinel_stale. Default
    /// QUORATE_SENTINEL_STALE_LAST_RESORT.
    pub stale: u32,
    /// Whether sentinels that others name are asked too, after those known from the start. Default yes.
    pub learn_sentinels: u8,
    /// Put out traces. Default no.
    pub trace: u8,
}

/// More than memory has places for is no bound.
fn places(count: u64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

impl quorate_sentinel_discovery_config {
    /// # Safety
    /// As [`read`], for each of its texts, and as [`each`], for its arrays.
    pub(super) unsafe fn to_core(self) -> Result<Config, quorate_status> {
        let some = |time| Some(time).filter(|&time| time >= 0);
        // SAFETY: the caller's contract, for all of them.
        unsafe {
            Ok(Config {
                name: read(self.name)?.into(),
                sentinels: each(self.sentinels, self.sentinel_count, |address| address.to_core())?,
                sentinel_timeout_ms: self.sentinel_timeout_ms,
                node_timeout_ms: self.node_timeout_ms,
                give_up_after_ms: some(self.give_up_after_ms),
                backoff_ms: self.backoff_ms,
                max_backoff_ms: self.max_backoff_ms,
                check_every_ms: some(self.check_every_ms),
                listeners: places(self.listeners),
                min_other_sentinels: places(self.min_other_sentinels),
                learn_sentinels: self.learn_sentinels != 0,
                max_sentinels: places(self.max_sentinels),
                max_requests: places(self.max_requests),
                stale: match self.stale {
                    0 => Stale::LastResort,
                    1 => Stale::Never,
                    _ => return Err(QUORATE_ERR_INVALID_ARGUMENT),
                },
                nat: each(self.nat, self.nat_count, |entry| {
                    Ok((entry.announced.to_core()?, entry.real.to_core()?))
                })?,
                weights: each(self.weights, self.weight_count, |entry| {
                    Ok((entry.announced.to_core()?, entry.weight))
                })?,
                seed: self.seed,
                trace: self.trace != 0,
            })
        }
    }
}

/// Fills in the defaults, for the primary of that name and `count` sentinels at `sentinels`. Neither is copied before
/// quorate_sentinel_discovery_new.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_sentinel_discovery_config_init(
    config: *mut quorate_sentinel_discovery_config,
    name: *const c_char,
    sentinels: *const quorate_sentinel_address,
    count: usize,
) -> quorate_status {
    boundary::status(|| {
        let core = Config::default();
        let filled = quorate_sentinel_discovery_config {
            name,
            sentinels,
            sentinel_count: count,
            sentinel_timeout_ms: core.sentinel_timeout_ms,
            node_timeout_ms: core.node_timeout_ms,
            give_up_after_ms: core.give_up_after_ms.unwrap_or(-1),
            backoff_ms: core.backoff_ms,
            max_backoff_ms: core.max_backoff_ms,
            check_every_ms: core.check_every_ms.unwrap_or(-1),
            listeners: core.listeners as u64,
            min_other_sentinels: core.min_other_sentinels as u64,
            max_sentinels: core.max_sentinels as u64,
            max_requests: core.max_requests as u64,
            nat: core::ptr::null(),
            nat_count: 0,
            weights: core::ptr::null(),
            weight_count: 0,
            seed: core.seed,
            stale: quorate_sentinel_stale::QUORATE_SENTINEL_STALE_LAST_RESORT as u32,
            learn_sentinels: core.learn_sentinels.into(),
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
            let name = c"mymaster".as_ptr();
            quorate_sentinel_discovery_config_init(config.as_mut_ptr(), name, core::ptr::null(), 0);
            config.assume_init().to_core().unwrap()
        };
        assert_eq!(config, Config::new("mymaster", &[]));
    }
}
