//! A new cluster (`redis-cli --cluster create`).

use alloc::borrow::ToOwned;
use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::ops::RangeInclusive;

use super::{PlanningError, Step};
use crate::cluster::SLOTS;
use crate::cluster::address::Address;
use crate::random::Random;

/// Who does what in a new cluster. Numbers are places in the list of nodes that was given.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Creation {
    /// The primaries, and the slots of each.
    pub primaries: Vec<(usize, RangeInclusive<u16>)>,
    /// The replicas, and the primary of each.
    pub replicas: Vec<(usize, usize)>,
    /// How bad it is that hosts hold more than one node of a shard: 0 is best, and every 10,000 is a replica beside its primary.
    pub affinity: u32,
}

/// Plans a cluster of these nodes, as `redis-cli --cluster create` would: hosts take turns in being given primaries, slots are dealt
/// out in order, and replicas go to other hosts than their primary's and each other's, as far as there are some.
///
/// Where that is not had at once, replicas are exchanged at random, 500 times a node at most, and never for the worse. `seed` decides
/// those; `redis-cli` takes the time.
///
/// # Errors
/// [`PlanningError::TooFewPrimaries`], [`PlanningError::Twice`].
///
/// ```
/// use quorate::cluster::{Address, planning};
///
/// let nodes: Vec<Address> = (1..=6).map(|host| Address::new(format!("10.0.0.{host}"), 6379)).collect();
/// let creation = planning::create(&nodes, 1, 0)?;
/// assert_eq!(creation.primaries, [(0, 0..=5460), (1, 5461..=10922), (2, 10923..=16383)]);
/// assert_eq!(creation.replicas, [(4, 0), (5, 1), (3, 2)]);
/// # Ok::<(), planning::PlanningError>(())
/// ```
pub fn create(nodes: &[Address], replicas: usize, seed: u64) -> Result<Creation, PlanningError> {
    if let Some((place, node)) = nodes
        .iter()
        .enumerate()
        .find(|(place, node)| nodes[..*place].contains(node))
    {
        debug_assert!(place > 0, "the first cannot be a repetition");
        return Err(PlanningError::Twice(node.clone()));
    }
    let count = nodes.len() / replicas.saturating_add(1);
    if count < 3 {
        return Err(PlanningError::TooFewPrimaries {
            nodes: nodes.len(),
            replicas,
            primaries: count,
        });
    }
    let order = interleave(nodes);
    let (primaries, rest) = order.split_at(count);
    let mut creation = Creation {
        primaries: primaries.iter().copied().zip(slot_ranges(count)).collect(),
        replicas: assign(nodes, primaries, rest, replicas),
        affinity: 0,
    };
    improve(nodes, &mut creation, seed);
    Ok(creation)
}

impl Creation {
    /// The commands that make it so, in the order that is safe: slots, epochs, meeting, and only when all agree who is whose replica.
    /// `nodes` are those that it was planned for, `names` their ids.
    pub fn steps(&self, nodes: &[Address], names: &[String]) -> Vec<Step> {
        let mut steps = Vec::new();
        for (place, slots) in &self.primaries {
            let words: Vec<String> = slots.clone().map(|slot| slot.to_string()).collect();
            let words = ["CLUSTER", "ADDSLOTS"]
                .into_iter()
                .chain(words.iter().map(String::as_str));
            steps.extend(
                nodes
                    .get(*place)
                    .map(|node| Step::command(node, &words.collect::<Vec<_>>())),
            );
        }
        for (epoch, node) in nodes.iter().enumerate() {
            steps.push(Step::command(
                node,
                &["CLUSTER", "SET-CONFIG-EPOCH", &(epoch + 1).to_string()],
            ));
        }
        if let Some(first) = nodes.first() {
            for node in &nodes[1..] {
                let port = first.port.to_string();
                steps.push(Step::command(node, &["CLUSTER", "MEET", &first.host, &port]));
            }
        }
        steps.push(Step::AwaitAgreement {
            nodes: nodes.to_owned(),
        });
        for (replica, primary) in &self.replicas {
            if let (Some(node), Some(name)) = (nodes.get(*replica), names.get(*primary)) {
                steps.push(Step::command(node, &["CLUSTER", "REPLICATE", name]));
            }
        }
        steps.push(Step::AwaitAgreement {
            nodes: nodes.to_owned(),
        });
        steps
    }
}

/// Hosts in the order in which they are named first, one node of each in turn.
fn interleave(nodes: &[Address]) -> Vec<usize> {
    let mut hosts: Vec<(&str, Vec<usize>)> = Vec::new();
    for (place, node) in nodes.iter().enumerate() {
        match hosts.iter_mut().find(|(host, _)| *host == node.host) {
            Some((_, places)) => places.push(place),
            None => hosts.push((&node.host, alloc::vec![place])),
        }
    }
    let most = hosts.iter().map(|(_, places)| places.len()).max().unwrap_or(0);
    (0..most)
        .flat_map(|turn| hosts.iter().filter_map(move |(_, places)| places.get(turn).copied()))
        .collect()
}

/// The slots of each of so many primaries. The server's tool reckons in single precision, which differs from exact rounding from 78
/// primaries on, so this does too.
fn slot_ranges(count: usize) -> Vec<RangeInclusive<u16>> {
    let each = f32::from(SLOTS) / count as f32;
    let (mut first, mut cursor) = (0_i64, 0_f32);
    let mut ranges = Vec::with_capacity(count);
    for place in 0..count {
        // `lround`: half away from zero. All is positive here.
        let exact = f64::from(cursor + each - 1.0);
        let mut last = (exact + 0.5) as i64;
        if last > i64::from(SLOTS) || place == count - 1 {
            last = i64::from(SLOTS) - 1;
        }
        last = last.max(first);
        let clamp = |slot: i64| slot.clamp(0, i64::from(SLOTS) - 1) as u16;
        ranges.push(clamp(first)..=clamp(last));
        first = last + 1;
        cursor += each;
    }
    ranges
}

/// Each primary takes so many of the others, on another host while there are some; what is left over goes round once more.
fn assign(nodes: &[Address], primaries: &[usize], rest: &[usize], replicas: usize) -> Vec<(usize, usize)> {
    // So that a host's replica does not come to its own primary where it can be helped.
    let mut left: Vec<usize> = rest.iter().skip(1).chain(rest.first()).copied().collect();
    let mut assigned = Vec::new();
    let mut wanted = replicas;
    loop {
        for &primary in primaries {
            for _ in 0..wanted {
                if left.is_empty() {
                    return assigned;
                }
                let other_host = left.iter().position(|place| nodes[*place].host != nodes[primary].host);
                assigned.push((left.remove(other_host.unwrap_or(0)), primary));
            }
        }
        if left.is_empty() {
            return assigned;
        }
        wanted = 1;
    }
}

/// How many nodes of each shard each host holds, worst first counted: `clusterManagerGetAntiAffinityScore`. Also a replica of each
/// shard and host that has too many.
fn affinity(nodes: &[Address], creation: &Creation) -> (u32, Vec<usize>) {
    let mut groups: BTreeMap<(&str, usize), (bool, u32, Option<usize>)> = BTreeMap::new();
    for (primary, _) in &creation.primaries {
        groups.insert((&nodes[*primary].host, *primary), (true, 0, None));
    }
    for (place, (replica, primary)) in creation.replicas.iter().enumerate() {
        let group = groups.entry((&nodes[*replica].host, *primary)).or_default();
        group.1 += 1;
        group.2.get_or_insert(place);
    }
    let (mut score, mut offenders) = (0, Vec::new());
    for (with_primary, count, offender) in groups.into_values() {
        let bad = match with_primary {
            true => 10_000 * count,
            false if count >= 2 => count,
            false => 0,
        };
        if bad > 0 {
            score += bad;
            offenders.extend(offender);
        }
    }
    (score, offenders)
}

fn improve(nodes: &[Address], creation: &mut Creation, seed: u64) {
    let mut random = Random::new(seed);
    let (mut score, mut offenders) = affinity(nodes, creation);
    for _ in 0..500 * nodes.len() {
        let others = creation.replicas.len().saturating_sub(1);
        if score == 0 || others == 0 || offenders.is_empty() {
            break;
        }
        let first = offenders[random.below(offenders.len() as u64) as usize];
        let second = random.below(others as u64) as usize;
        let second = second + usize::from(second >= first);
        swap_primaries(creation, first, second);
        let (changed, now) = affinity(nodes, creation);
        match changed > score {
            true => swap_primaries(creation, first, second),
            false => (score, offenders) = (changed, now),
        }
    }
    creation.affinity = score;
}

fn swap_primaries(creation: &mut Creation, first: usize, second: usize) {
    let before = creation.replicas[first].1;
    creation.replicas[first].1 = creation.replicas[second].1;
    creation.replicas[second].1 = before;
}
