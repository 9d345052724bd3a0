//! Which node of a shard a read goes to.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use crate::cluster::map::{ClusterNode, Health, Shard, SlotMap};
use crate::random::Random;

/// Which node of a shard reads go to. Whoever reads from replicas may read what is out of date, and has to say `READONLY` to them
/// once a connection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum ReadPolicy {
    /// The primary alone.
    #[default]
    Primary,
    /// The replicas in turn; the primary if there is none.
    RoundRobinReplicas,
    /// All nodes in turn.
    RoundRobin,
    /// Any replica; the primary if there is none.
    RandomReplica,
    /// Any node.
    Random,
    /// The node that answers soonest, of those that were measured; those that were not come first, so that they are.
    LowestLatency,
    /// The replicas of a zone in turn, then those of others, then the primary.
    Zone(String),
    /// The replicas of a zone in turn, then its primary, then the replicas of others, then the primary.
    ZoneWithPrimary(String),
}

/// Chooses nodes for reads, by one policy. It is a plain value: the same seed and questions give the same choices.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ReadRouter {
    policy: ReadPolicy,
    random: Random,
    /// How often each shard's turn came, by the name or address of its primary, so that a new map changes nothing.
    turns: BTreeMap<String, u32>,
    /// Microseconds, smoothed, by the node's name or address.
    latencies: BTreeMap<String, u64>,
}

impl ReadRouter {
    /// One that goes by that policy. The seed decides what is random.
    pub fn new(policy: ReadPolicy, seed: u64) -> Self {
        Self {
            policy,
            random: Random::new(seed),
            turns: BTreeMap::new(),
            latencies: BTreeMap::new(),
        }
    }

    /// The policy.
    pub fn policy(&self) -> &ReadPolicy {
        &self.policy
    }

    /// Takes in how long a node took to answer, in microseconds. What is kept is a moving average in which the latest counts for an
    /// eighth, as TCP's is.
    pub fn measured(&mut self, node: &str, microseconds: u64) {
        match self.latencies.get_mut(node) {
            Some(known) => *known = *known - *known / 8 + microseconds / 8,
            None => {
                self.latencies.insert(node.into(), microseconds);
            }
        }
    }

    /// The node of a shard that the next read goes to, as a place in the map. Nodes that failed or load their data are passed over as
    /// long as there is another; `None` if the shard has no node that can be reached.
    pub fn choose(&mut self, map: &SlotMap, shard: &Shard) -> Option<u16> {
        let usable = |place: &u16| map.node(*place).is_some_and(|node| node.address.is_some());
        let well = |place: &u16| map.node(*place).is_some_and(|node| node.health <= Health::Online);
        let primary = shard.primary.filter(usable);
        let all: Vec<u16> = shard.replicas.iter().copied().filter(usable).collect();
        let well: Vec<u16> = all.iter().copied().filter(well).collect();
        // A replica that does badly is better than none only if there is no primary either.
        let replicas = if well.is_empty() && primary.is_none() {
            all
        } else {
            well
        };
        let everyone = || {
            primary
                .into_iter()
                .chain(replicas.iter().copied())
                .collect::<Vec<u16>>()
        };
        let key = shard
            .primary
            .and_then(|place| map.node(place))
            .map(ClusterNode::name)
            .unwrap_or_default();
        match &self.policy {
            ReadPolicy::Primary => primary.or_else(|| replicas.first().copied()),
            ReadPolicy::RoundRobinReplicas => self.next_turn(key, &replicas).or(primary),
            ReadPolicy::RoundRobin => self.next_turn(key, &everyone()),
            ReadPolicy::RandomReplica => self.any(&replicas).or(primary),
            ReadPolicy::Random => self.any(&everyone()),
            ReadPolicy::LowestLatency => {
                let latency = |place: &u16| {
                    let name = map.node(*place).map(ClusterNode::name);
                    name.and_then(|name| self.latencies.get(&name)).copied().unwrap_or(0)
                };
                everyone().into_iter().min_by_key(latency)
            }
            ReadPolicy::Zone(zone) | ReadPolicy::ZoneWithPrimary(zone) => {
                let near = |place: &u16| map.node(*place).is_some_and(|node| node.zone.as_ref() == Some(zone));
                let with_primary = matches!(self.policy, ReadPolicy::ZoneWithPrimary(_));
                let near_primary = primary.filter(|place| with_primary && near(place));
                let (near, far): (Vec<u16>, Vec<u16>) = replicas.iter().copied().partition(near);
                let first = if near.is_empty() {
                    None
                } else {
                    self.next_turn(key.clone(), &near)
                };
                first.or(near_primary).or_else(|| self.next_turn(key, &far)).or(primary)
            }
        }
    }

    fn next_turn(&mut self, key: String, places: &[u16]) -> Option<u16> {
        if places.is_empty() {
            return None;
        }
        let turn = self.turns.entry(key).or_insert(0);
        let place = places[*turn as usize % places.len()];
        *turn = turn.wrapping_add(1);
        Some(place)
    }

    fn any(&mut self, places: &[u16]) -> Option<u16> {
        if places.is_empty() {
            return None;
        }
        places.get(self.random.below(places.len() as u64) as usize).copied()
    }
}
