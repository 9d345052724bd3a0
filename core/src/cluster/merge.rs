//! From what several nodes say to one map: by the epochs of the slots' owners, or as clients vote.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use super::SLOTS;
use super::address::Address;
use super::map::{ClusterNode, NONE, NodeRole, Shard, SlotMap};

/// Several views as one.
#[derive(Clone, Debug, Default)]
pub struct Merged {
    /// What they say together.
    pub map: SlotMap,
    /// Slots that two nodes claim at one epoch, in order. The cluster settles this by itself, by a bump of one of the epochs; until
    /// then the node of the lower name is believed, for it will have the higher epoch.
    pub disputed: Vec<u16>,
    /// Slots about which an older view said something else, in order.
    pub outdated: Vec<u16>,
}

/// Why clients' plurality rule chose no view.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoPlurality {
    /// There is no view.
    #[error("there is no view to choose from")]
    NoViews,
    /// Several views came equally often, and there are enough of them to ask again.
    #[error("{views} views and no agreement: {tied} of them came equally often")]
    Tied {
        /// How many views there are.
        views: usize,
        /// How many different ones came most often.
        tied: usize,
    },
    /// No view came often enough.
    #[error("the commonest of {views} views came only {count} times")]
    TooRare {
        /// How many views there are.
        views: usize,
        /// How often the commonest one came.
        count: usize,
    },
}

impl NoPlurality {
    /// A stable name, the same in every binding.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoViews => "no_views",
            Self::Tied { .. } => "views_tied",
            Self::TooRare { .. } => "views_too_rare",
        }
    }
}

impl SlotMap {
    /// Merges what several nodes say, slot by slot, as nodes themselves do (`clusterUpdateSlotsConfigWith`): a slot belongs to whoever
    /// claims it at the highest config epoch. Views are those of `CLUSTER NODES`, which tells epochs; without one, 0 is assumed.
    ///
    /// This is the only sound rule: how many nodes say something is of no account, for one that was cut off may have company. A view
    /// in which a slot has nobody does not speak against one in which it has.
    pub fn merge(views: &[Self]) -> Merged {
        let mut merged = Merged::default();
        let mut nodes: BTreeMap<String, (u16, u64)> = BTreeMap::new();
        for view in views {
            for node in view.nodes() {
                let epoch = node.config_epoch.unwrap_or(0);
                let key = node.name();
                match nodes.get_mut(&key) {
                    // What a node says of itself is best, then what is said at a later epoch.
                    Some((place, best)) if epoch > *best || (node.myself && epoch == *best) => {
                        *best = epoch;
                        if let Some(known) = merged.map.node_mut(*place) {
                            *known = node.clone();
                        }
                    }
                    Some(_) => {}
                    None => {
                        if let Some(place) = merged.map.add_node(node.clone()) {
                            nodes.insert(key, (place, epoch));
                        }
                    }
                }
            }
        }
        let shards = merge_shards(&mut merged.map, views, &nodes);
        for slot in 0..SLOTS {
            merge_slot(&mut merged, slot, views, &nodes, &shards);
        }
        merged
    }

    /// Which of several views clients of Valkey GLIDE's kind would take: the one that came most often, if it came in a fifth of the
    /// answers. It looks at no epoch; [`merge`](Self::merge) does. If several came equally often, the one that covers most slots is
    /// taken where there are fewer than three answers or asking again is over (`last_try`); else it is an error, and one asks again.
    ///
    /// # Errors
    /// [`NoPlurality`].
    pub fn plurality(views: &[Self], last_try: bool) -> Result<usize, NoPlurality> {
        let shapes: Vec<_> = views.iter().map(shape).collect();
        let counts: Vec<usize> = shapes
            .iter()
            .map(|shape| shapes.iter().filter(|other| *other == shape).count())
            .collect();
        let count = counts.iter().copied().max().ok_or(NoPlurality::NoViews)?;
        // The first of each kind stands for it.
        let first = |place: &usize| shapes.iter().position(|shape| *shape == shapes[*place]) == Some(*place);
        let best: Vec<usize> = (0..views.len())
            .filter(|place| counts[*place] == count)
            .filter(first)
            .collect();
        if best.len() > 1 && views.len() >= 3 && !last_try {
            return Err(NoPlurality::Tied {
                views: views.len(),
                tied: best.len(),
            });
        }
        if best.len() == 1 && count * 5 < views.len() {
            return Err(NoPlurality::TooRare {
                views: views.len(),
                count,
            });
        }
        let covers = |place: &usize| views[*place].coverage().assigned;
        // Of equals the first: `max_by_key` takes the last.
        best.iter()
            .rev()
            .copied()
            .max_by_key(covers)
            .ok_or(NoPlurality::NoViews)
    }
}

/// Slots, whose they are, and who else has them: what two views must have in common.
type Shape = Vec<(u16, u16, Option<Address>, Vec<Address>)>;

fn shape(view: &SlotMap) -> Shape {
    let ranges = view.ranges().into_iter().map(|range| {
        let shard = view.shards().get(usize::from(range.shard));
        let address = |place: u16| view.node(place).and_then(|node| node.address.clone());
        let mut replicas: Vec<Address> = shard
            .map(|shard| shard.replicas.iter().filter_map(|place| address(*place)).collect())
            .unwrap_or_default();
        replicas.sort();
        let primary = shard.and_then(|shard| shard.primary).and_then(address);
        (*range.slots.start(), *range.slots.end(), primary, replicas)
    });
    ranges.collect()
}

/// A shard for each node that is a primary in the merged map, by the node's place. Who replicates it is believed of the view in
/// which the replica's epoch is the highest.
fn merge_shards(map: &mut SlotMap, views: &[SlotMap], nodes: &BTreeMap<String, (u16, u64)>) -> BTreeMap<u16, u16> {
    let place_of = |node: &ClusterNode| nodes.get(&node.name()).map(|(place, _)| *place);
    // Who owns slots may be a replica in the latest view, which then claims them no more; so owners count too.
    let mut shards = BTreeMap::new();
    for view in views {
        for shard in view.shards() {
            let primary = shard.primary.and_then(|primary| view.node(primary)).and_then(place_of);
            let Some(primary) = primary else { continue };
            if !shards.contains_key(&primary)
                && let Some(place) = map.add_shard(Shard {
                    primary: Some(primary),
                    replicas: Vec::new(),
                })
            {
                shards.insert(primary, place);
            }
        }
    }
    let mut follows: BTreeMap<u16, (u16, u64)> = BTreeMap::new();
    for view in views {
        for shard in view.shards() {
            let Some(primary) = shard.primary.and_then(|primary| view.node(primary)).and_then(place_of) else {
                continue;
            };
            for replica in shard.replicas.iter().filter_map(|replica| view.node(*replica)) {
                let (Some(place), epoch) = (place_of(replica), replica.config_epoch.unwrap_or(0)) else {
                    continue;
                };
                let known = follows.entry(place).or_insert((primary, epoch));
                if epoch > known.1 {
                    *known = (primary, epoch);
                }
            }
        }
    }
    for (replica, (primary, _)) in follows {
        let is_replica = map.node(replica).is_some_and(|node| node.role == NodeRole::Replica);
        if let (true, Some(shard)) = (is_replica, shards.get(&primary))
            && let Some(shard) = map.shard_mut(*shard)
        {
            shard.replicas.push(replica);
        }
    }
    shards
}

fn merge_slot(
    merged: &mut Merged,
    slot: u16,
    views: &[SlotMap],
    nodes: &BTreeMap<String, (u16, u64)>,
    shards: &BTreeMap<u16, u16>,
) {
    let mut best: Option<(u64, u16)> = None;
    let (mut disputed, mut outdated) = (false, false);
    for owner in views.iter().filter_map(|view| view.node_for_slot(slot)) {
        let Some((place, _)) = nodes.get(&owner.name()) else {
            continue;
        };
        let claim = (owner.config_epoch.unwrap_or(0), *place);
        match best {
            None => best = Some(claim),
            Some(known) if known.1 == claim.1 => best = Some((known.0.max(claim.0), claim.1)),
            Some(known) if claim.0 == known.0 => {
                disputed = true;
                let name = |place| merged.map.node(place).map(|node| &node.id);
                if name(claim.1) < name(known.1) {
                    best = Some(claim);
                }
            }
            Some(known) => {
                outdated = true;
                if claim.0 > known.0 {
                    (best, disputed) = (Some(claim), false);
                }
            }
        }
    }
    let shard = best.and_then(|(_, owner)| shards.get(&owner)).copied();
    merged.map.set(slot, shard.unwrap_or(NONE));
    if disputed {
        merged.disputed.push(slot);
    }
    if outdated {
        merged.outdated.push(slot);
    }
}
