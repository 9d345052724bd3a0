//! Slots in proportion to weights (`redis-cli --cluster rebalance`).

use alloc::string::String;
use alloc::vec::Vec;

use super::reshard::{SlotMove, give};
use super::{PlanningError, primaries};
use crate::cluster::SLOTS;
use crate::cluster::map::{ClusterNode, SlotMap};

/// How slots are balanced.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Balance {
    /// The weight of nodes by name; 1 where nothing is said. A node of weight 0 gives all that it has.
    pub weights: Vec<(String, f32)>,
    /// Whether primaries without slots get some. Default false.
    pub use_empty: bool,
    /// By more than how many percent a node must be off for anything to be done. With 0 nothing ever is, as the tool has it. Default 2.
    pub threshold: f32,
}

impl Default for Balance {
    fn default() -> Self {
        Self {
            weights: Vec::new(),
            use_empty: false,
            threshold: 2.0,
        }
    }
}

struct Side {
    name: String,
    slots: Vec<u16>,
    /// How many slots more than it should it has.
    balance: i32,
}

/// Plans which slots move so that each primary has its share, as `redis-cli --cluster rebalance` would. Nothing moves if everybody is
/// within the threshold.
///
/// # Errors
/// [`PlanningError::NoSuchPrimary`] for a weight of nobody's, [`PlanningError::InvalidWeight`], [`PlanningError::NoSlots`] if no primary
/// takes part.
pub fn rebalance(map: &SlotMap, balance: &Balance) -> Result<Vec<SlotMove>, PlanningError> {
    let named: Vec<(String, Vec<u16>)> = primaries(map)
        .into_iter()
        .filter_map(|(place, slots)| Some((map.node(place).map(ClusterNode::name)?, slots)))
        .collect();
    for (name, weight) in &balance.weights {
        if !named.iter().any(|(known, _)| known == name) {
            return Err(PlanningError::NoSuchPrimary(name.clone()));
        }
        if !(*weight >= 0.0 && weight.is_finite()) {
            return Err(PlanningError::InvalidWeight);
        }
    }
    let weight = |name: &str| {
        balance
            .weights
            .iter()
            .find(|(known, _)| known == name)
            .map_or(1.0, |(_, weight)| *weight)
    };
    let involved: Vec<(String, Vec<u16>)> = named
        .into_iter()
        .filter(|(_, slots)| balance.use_empty || !slots.is_empty())
        .collect();
    if involved.is_empty() {
        return Err(PlanningError::NoSlots);
    }
    let total: f32 = involved.iter().map(|(name, _)| weight(name)).sum();
    if total <= 0.0 {
        return Err(PlanningError::InvalidWeight);
    }
    let mut off = false;
    let mut sides: Vec<Side> = Vec::new();
    for (name, slots) in involved {
        let expected = (f32::from(SLOTS) / total * weight(&name)) as i32;
        let have = i32::try_from(slots.len()).unwrap_or(i32::MAX);
        // Reckoned in double precision and kept in single, as the tool does.
        let by = match have {
            0 => None,
            _ => Some((100.0 - 100.0 * f64::from(expected) / f64::from(have)) as f32),
        };
        off |= balance.threshold > 0.0
            && match by {
                Some(by) => by > balance.threshold || -by > balance.threshold,
                None => expected > 1,
            };
        sides.push(Side {
            name,
            slots,
            balance: have - expected,
        });
    }
    if !off {
        return Ok(Vec::new());
    }
    // Rounding leaves some slots over: those who want slots want one more each, in turn, until the sum is nothing.
    let mut sum: i32 = sides.iter().map(|side| side.balance).sum();
    while sum > 0 {
        let before = sum;
        for side in &mut sides {
            if side.balance <= 0 && sum > 0 {
                side.balance -= 1;
                sum -= 1;
            }
        }
        if sum == before {
            break;
        }
    }
    sides.sort_by_key(|side| side.balance);
    Ok(exchange(&mut sides))
}

/// Who wants most gets from who has most, until one of them is even.
fn exchange(sides: &mut [Side]) -> Vec<SlotMove> {
    let mut moves = Vec::new();
    let (mut to, mut from) = (0, sides.len().saturating_sub(1));
    while to < from {
        let count = sides[to].balance.saturating_neg().min(sides[from].balance);
        if count > 0 {
            let mut source = [(sides[from].name.clone(), core::mem::take(&mut sides[from].slots))];
            let given = give(&mut source, u16::try_from(count).unwrap_or(SLOTS));
            let [(_, slots)] = source;
            sides[from].slots = slots.into_iter().skip(given.len()).collect();
            for (slot, name) in given {
                moves.push(SlotMove {
                    slot,
                    from: name,
                    to: sides[to].name.clone(),
                });
            }
        }
        sides[to].balance += count.max(0);
        sides[from].balance -= count.max(0);
        if sides[to].balance >= 0 {
            to += 1;
        }
        if sides[from].balance <= 0 {
            from = from.saturating_sub(1);
        }
    }
    moves
}
