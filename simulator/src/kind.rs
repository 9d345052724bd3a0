//! The kinds of worlds. A kind is a folder like `raft`, a variant of each enum in this file, and of those of what is passed around:
//! [`Payload`](crate::payload::Payload), [`Action`](crate::Action), [`StateView`](crate::StateView). All else is the same for all.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::{Deref, DerefMut};

use crate::config::Config;
use crate::error::Error;
use crate::invariant::Invariant;
use crate::raft;
use crate::raft::config::RaftConfig;
use crate::scene::Scene;
use crate::sentinel;
use crate::sentinel::config::SentinelConfig;
use crate::storm::Storm;
use crate::time::Time;

/// What kind of machines a world has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// Members of a Raft group, and clients of the registers that it keeps.
    Raft,
    /// Servers that replicate, the sentinels that watch them, and clients that ask those where to write.
    Sentinel,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Raft, Self::Sentinel];

    /// A stable name, the same in every binding: the first line of a script.
    pub fn name(self) -> &'static str {
        match self {
            Self::Raft => "raft",
            Self::Sentinel => "sentinel",
        }
    }

    /// The kind of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// The kind of that name.
    ///
    /// # Errors
    /// [`Error::UnknownKind`], which names those that there are.
    pub fn find(name: &str) -> Result<Self, Error> {
        Self::named(name).ok_or_else(|| Error::UnknownKind(name.into()))
    }

    /// What must hold in a world of this kind.
    pub fn invariants(self) -> &'static [Invariant] {
        match self {
            Self::Raft => &raft::invariants::ALL,
            Self::Sentinel => &sentinel::invariants::ALL,
        }
    }

    pub(crate) fn config(self) -> Config {
        match self {
            Self::Raft => RaftConfig::default().into(),
            Self::Sentinel => SentinelConfig::default().into(),
        }
    }

    /// What can be asked beside what can be asked of any world, and how many arguments it takes.
    pub(crate) fn questions(self) -> &'static [(&'static str, usize)] {
        match self {
            Self::Raft => &raft::questions::QUESTIONS,
            Self::Sentinel => &sentinel::questions::QUESTIONS,
        }
    }

    /// How things look in diagrams.
    pub(crate) fn drawing(self) -> &'static Drawing {
        match self {
            Self::Raft => &raft::drawing::DRAWING,
            Self::Sentinel => &sentinel::drawing::DRAWING,
        }
    }

    /// The storm of a seed.
    pub(crate) fn storm(self, seed: u64) -> Storm {
        match self {
            Self::Raft => raft::storm::draw(seed),
            Self::Sentinel => sentinel::storm::draw(seed),
        }
    }

    /// How long a storm lasts.
    pub(crate) fn storm_lasts(self) -> Time {
        match self {
            Self::Raft => raft::storm::LASTS,
            Self::Sentinel => sentinel::storm::LASTS,
        }
    }

    /// How long it may take in the calm behind it until everything is right.
    pub(crate) fn patience(self) -> Time {
        match self {
            Self::Raft => raft::storm::PATIENCE,
            Self::Sentinel => sentinel::storm::PATIENCE,
        }
    }
}

/// How things look in diagrams.
pub(crate) struct Drawing {
    /// How the lane of a machine is drawn, by its role; by `""` when it has just started.
    pub(crate) lane: fn(&str) -> char,
    /// What an arrow says of a message, by its kind and text.
    pub(crate) label: fn(&str, &str) -> String,
    /// Whether a message is one of those that are counted and not drawn.
    pub(crate) is_quiet: fn(&str) -> bool,
    /// What those are.
    pub(crate) quiet: &'static str,
}

/// What kind of machines a world has, and their settings.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Setup {
    /// A Raft group.
    Raft(RaftConfig),
    /// Servers and sentinels.
    Sentinel(SentinelConfig),
}

impl Setup {
    pub(crate) fn kind(&self) -> Kind {
        match self {
            Self::Raft(_) => Kind::Raft,
            Self::Sentinel(_) => Kind::Sentinel,
        }
    }

    pub(crate) fn set(&mut self, name: &str, value: &str) -> Result<(), Error> {
        match self {
            Self::Raft(config) => config.set(name, value),
            Self::Sentinel(config) => config.set(name, value),
        }
    }

    pub(crate) fn all(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Raft(config) => config.all(),
            Self::Sentinel(config) => config.all(),
        }
    }

    pub(crate) fn validate(&self) -> Result<(), Error> {
        match self {
            Self::Raft(config) => config.validate(),
            Self::Sentinel(config) => config.validate(),
        }
    }

    /// How many machines there are.
    pub(crate) fn machines(&self) -> u64 {
        match self {
            Self::Raft(config) => config.machines(),
            Self::Sentinel(config) => config.machines(),
        }
    }

    pub(crate) fn break_rule(&mut self, name: &str) -> Result<(), Error> {
        match self {
            Self::Raft(config) => config.break_rule(name),
            Self::Sentinel(config) => config.break_rule(name),
        }
    }

    pub(crate) fn broken_rules(&self) -> Vec<&'static str> {
        match self {
            Self::Raft(config) => config.broken_rules(),
            Self::Sentinel(config) => config.broken_rules(),
        }
    }
}

/// The machines and clients of a world, whichever kind they are.
#[derive(Clone, Debug)]
pub(crate) enum AnyScene {
    Raft(Box<raft::Group>),
    Sentinel(Box<sentinel::Site>),
}

impl AnyScene {
    pub(crate) fn new(config: &Config) -> Self {
        match &config.setup {
            Setup::Raft(group) => Self::Raft(Box::new(raft::Group::new(config, group))),
            Setup::Sentinel(settings) => Self::Sentinel(Box::new(sentinel::Site::new(config, settings))),
        }
    }
}

impl Deref for AnyScene {
    type Target = dyn Scene;

    fn deref(&self) -> &(dyn Scene + 'static) {
        match self {
            Self::Raft(group) => &**group,
            Self::Sentinel(site) => &**site,
        }
    }
}

impl DerefMut for AnyScene {
    fn deref_mut(&mut self) -> &mut (dyn Scene + 'static) {
        match self {
            Self::Raft(group) => &mut **group,
            Self::Sentinel(site) => &mut **site,
        }
    }
}
