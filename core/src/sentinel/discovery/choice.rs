//! Which server a request is given.

use alloc::vec::Vec;

use super::super::Address;
use super::NodeRole;
use super::answers::Instance;
use super::config::{Config, Stale};

/// What a request wants to reach.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum ReadPreference {
    /// The primary.
    #[default]
    Primary,
    /// A replica, and nothing else.
    Replica,
    /// A replica, or the primary where no replica is fit.
    ReplicaOrPrimary,
    /// Any server, by weight.
    Any,
}

impl ReadPreference {
    pub(super) fn wants_replicas(self) -> bool {
        self != Self::Primary
    }
}

/// A server that may be tried.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Candidate {
    pub(super) address: Address,
    pub(super) role: NodeRole,
    /// It is taken though it has lost its primary.
    pub(super) stale: bool,
}

/// Takes servers in turn, each as often as its weight says, evenly spread: smooth weighted round-robin.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Turns(Vec<(Address, i64)>);

impl Turns {
    /// Puts the one whose turn it is first, and the others behind it by how soon theirs comes. Those of weight 0 are left out.
    fn order(&mut self, config: &Config, mut candidates: Vec<Candidate>) -> Vec<Candidate> {
        candidates.retain(|candidate| config.weight(&candidate.address) > 0);
        // Who is gone is forgotten, so that the list stays as short as the sentinel's.
        self.0
            .retain(|(address, _)| candidates.iter().any(|candidate| candidate.address.same(address)));
        let mut total = 0;
        for candidate in &candidates {
            let weight = i64::from(config.weight(&candidate.address));
            total += weight;
            match self.0.iter_mut().find(|(address, _)| address.same(&candidate.address)) {
                Some((_, credit)) => *credit += weight,
                None => self.0.push((candidate.address.clone(), weight)),
            }
        }
        candidates.sort_by_key(|candidate| core::cmp::Reverse(self.credit(&candidate.address)));
        if let Some(first) = candidates.first()
            && let Some((_, credit)) = self.0.iter_mut().find(|(address, _)| address.same(&first.address))
        {
            *credit -= total;
        }
        candidates
    }

    fn credit(&self, address: &Address) -> i64 {
        let entry = self.0.iter().find(|(known, _)| known.same(address));
        entry.map_or(0, |&(_, credit)| credit)
    }
}

/// Whom to try, in order. `turns` is that of the preference.
pub(super) fn candidates(
    config: &Config,
    turns: &mut Turns,
    preference: ReadPreference,
    primary: &Address,
    replicas: &[Instance],
) -> Vec<Candidate> {
    let the_primary = Candidate {
        address: primary.clone(),
        role: NodeRole::Primary,
        stale: false,
    };
    if preference == ReadPreference::Primary {
        return Vec::from([the_primary]);
    }
    let fit = replicas
        .iter()
        .filter(|replica| !replica.is_down && !replica.address.same(primary));
    let as_candidate = |replica: &Instance| Candidate {
        address: replica.address.clone(),
        role: NodeRole::Replica,
        stale: !replica.follows,
    };
    let (stale, mut fresh): (Vec<_>, Vec<_>) = fit.map(as_candidate).partition(|candidate| candidate.stale);
    if preference == ReadPreference::Any {
        fresh.insert(0, the_primary.clone());
    }
    let mut order = turns.order(config, fresh);
    if config.stale == Stale::LastResort {
        order.extend(
            stale
                .into_iter()
                .filter(|candidate| config.weight(&candidate.address) > 0),
        );
    }
    if preference == ReadPreference::ReplicaOrPrimary {
        order.push(the_primary);
    }
    order
}
