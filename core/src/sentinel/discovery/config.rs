//! What a client is told before it looks for servers.

use alloc::string::String;
use alloc::vec::Vec;

use super::super::{Address, Millis};

/// Settings of a [`Discovery`](super::Discovery).
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default))]
pub struct Config {
    /// What the sentinels call the primary.
    pub name: String,
    /// The sentinels that are known from the start, in the order in which they are asked. At least one.
    pub sentinels: Vec<Address>,
    /// Milliseconds for a sentinel to be reached and to answer, before the next is asked. Default 500; at least 1.
    pub sentinel_timeout_ms: Millis,
    /// Milliseconds for a server to be reached and to say what it is. Default 1,000; at least 1.
    pub node_timeout_ms: Millis,
    /// How long a request is tried before it fails. Default 10,000; 0 is one round of all sentinels. `None` never gives up.
    pub give_up_after_ms: Option<Millis>,
    /// Milliseconds between a failed round and the next. It doubles with each that fails, up to
    /// [`max_backoff_ms`](Self::max_backoff_ms), and up to a quarter of it is added by chance. Default 100; at least 1.
    pub backoff_ms: Millis,
    /// Default 2,000.
    pub max_backoff_ms: Millis,
    /// How often it is asked whether the primary still is one while connections to it are open: a connection that does not break
    /// tells nothing. Default 10,000; `None` is never.
    pub check_every_ms: Option<Millis>,
    /// To how many sentinels a subscription is kept, so that a change is known at once. Default 1; 0 is none. Nothing relies on it.
    pub listeners: usize,
    /// How many other sentinels a sentinel must reach to be believed. Default 0. Those that it calls down do not count.
    pub min_other_sentinels: usize,
    /// Whether sentinels that others name are asked too, after those known from the start. Default true.
    pub learn_sentinels: bool,
    /// The most sentinels that are known at once. Default 64.
    pub max_sentinels: usize,
    /// The most requests at once. Default 1,024.
    pub max_requests: usize,
    /// What to do with replicas that have lost their primary. Default [`Stale::LastResort`].
    pub stale: Stale,
    /// Where a server or sentinel is really to be reached, by what it is announced as.
    pub nat: Vec<(Address, Address)>,
    /// How often a server is chosen in proportion to others, by what it is announced as. Default 1 for each; 0 is never.
    pub weights: Vec<(Address, u32)>,
    /// For the part of waiting that is left to chance, so that clients do not come back all at once.
    pub seed: u64,
    /// Whether to say why things happen. Default false.
    pub trace: bool,
}

/// What to do with replicas that have lost their primary, whose data grows old.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Stale {
    /// They are read from if there is no other: during a failover there is none.
    #[default]
    LastResort,
    /// They are never read from.
    Never,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            name: String::new(),
            sentinels: Vec::new(),
            sentinel_timeout_ms: 500,
            node_timeout_ms: 1_000,
            give_up_after_ms: Some(10_000),
            backoff_ms: 100,
            max_backoff_ms: 2_000,
            check_every_ms: Some(10_000),
            listeners: 1,
            min_other_sentinels: 0,
            learn_sentinels: true,
            max_sentinels: 64,
            max_requests: 1_024,
            stale: Stale::LastResort,
            nat: Vec::new(),
            weights: Vec::new(),
            seed: 0,
            trace: false,
        }
    }
}

impl Config {
    /// Settings for the primary of that name, with defaults for the rest.
    pub fn new(name: &str, sentinels: &[Address]) -> Self {
        Self {
            name: name.into(),
            sentinels: sentinels.to_vec(),
            ..Self::default()
        }
    }

    pub(super) fn check(&self) -> Result<(), &'static str> {
        let positive = [self.sentinel_timeout_ms, self.node_timeout_ms, self.backoff_ms];
        if self.name.is_empty() {
            Err("name must not be empty")
        } else if self.sentinels.is_empty() {
            Err("sentinels must name at least one")
        } else if self.sentinels.len() > self.max_sentinels {
            Err("sentinels must not name more than max_sentinels")
        } else if positive.iter().any(|&setting| setting < 1) {
            Err("sentinel_timeout_ms, node_timeout_ms and backoff_ms must be at least 1")
        } else if self.check_every_ms.is_some_and(|every_ms| every_ms < 1) {
            Err("check_every_ms must be at least 1")
        } else {
            Ok(())
        }
    }

    pub(super) fn reach(&self, address: &Address) -> Address {
        let entry = self.nat.iter().find(|(announced, _)| announced.same(address));
        entry.map_or(address, |(_, real)| real).clone()
    }

    pub(super) fn weight(&self, address: &Address) -> u32 {
        let entry = self.weights.iter().find(|(announced, _)| announced.same(address));
        entry.map_or(1, |&(_, weight)| weight)
    }
}
