//! From the replies of several nodes to one.

use alloc::vec::Vec;

use super::plan::{Plan, Scope};
use crate::cluster::command::ResponsePolicy;
use crate::resp::Value;

/// A part that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartFailure {
    /// Which part of the plan.
    pub part: usize,
    /// The error that the node answered; `None` if it did not answer.
    pub error: Option<Value>,
}

/// Why replies do not make one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MergeError {
    /// There are not as many replies as parts.
    #[error("expected {parts} replies, one a part, found {replies}")]
    WrongCount {
        /// How many parts the plan has.
        parts: usize,
        /// How many replies there are.
        replies: usize,
    },
    /// Some parts failed. What the others did is done: a command that was split is not atomic.
    #[error("{} of {parts} parts failed", failed.len())]
    Failed {
        /// Those that failed.
        failed: Vec<PartFailure>,
        /// How many there are.
        parts: usize,
    },
    /// A reply is not of the kind that the command's rule adds up.
    #[error("part {part}: expected {expected}, found {found}")]
    Unexpected {
        /// Which part of the plan.
        part: usize,
        /// What the rule needs.
        expected: &'static str,
        /// What came.
        found: Value,
    },
}

impl MergeError {
    /// A stable name, the same in every binding.
    pub fn code(&self) -> &'static str {
        match self {
            Self::WrongCount { .. } => "wrong_reply_count",
            Self::Failed { .. } => "parts_failed",
            Self::Unexpected { .. } => "unexpected_reply",
        }
    }
}

/// Makes one reply of those of a plan's parts, in their order; `None` stands for a node that did not answer.
///
/// The command's tips say how. Where they say nothing, values of keys go where their keys stand, arrays of whole nodes are joined,
/// and of single values the first that is something is taken. Where only the command itself knows (`INFO`), the replies come as an
/// array, in the order of the parts.
///
/// # Errors
/// [`MergeError`]. [`MergeError::Failed`] says which parts failed, and with what.
pub fn merge(plan: &Plan, replies: Vec<Option<Value>>) -> Result<Value, MergeError> {
    if replies.len() != plan.parts.len() {
        return Err(MergeError::WrongCount {
            parts: plan.parts.len(),
            replies: replies.len(),
        });
    }
    let policy = plan.response_policy();
    // What one of them says is enough: a script runs on one node, and only there it can be killed.
    if policy == ResponsePolicy::OneSucceeded
        && let Some(done) = replies.iter().flatten().find(|reply| !reply.is_error())
    {
        return Ok(done.clone());
    }
    let parts = replies.len();
    let (mut values, mut failed) = (Vec::with_capacity(parts), Vec::new());
    for (part, reply) in replies.into_iter().enumerate() {
        match reply {
            Some(value) if !value.is_error() => values.push(value),
            error => failed.push(PartFailure { part, error }),
        }
    }
    if !failed.is_empty() {
        return Err(MergeError::Failed { failed, parts });
    }
    match policy {
        ResponsePolicy::Special => Ok(Value::Array(values.into_iter().collect())),
        // One node answered for all: its reply is the reply.
        _ if values.len() == 1 && plan.scope != Scope::Slots => Ok(values.remove(0)),
        ResponsePolicy::OneSucceeded | ResponsePolicy::AllSucceeded => Ok(values.swap_remove(0)),
        ResponsePolicy::AggSum => fold(values, i64::saturating_add),
        ResponsePolicy::AggMin => fold(values, i64::min),
        ResponsePolicy::AggMax => fold(values, i64::max),
        ResponsePolicy::AggLogicalAnd => fold(values, |a, b| i64::from(a != 0 && b != 0)),
        ResponsePolicy::AggLogicalOr => fold(values, |a, b| i64::from(a != 0 || b != 0)),
        ResponsePolicy::Default if plan.scope == Scope::Slots => in_order_of_keys(plan, values),
        ResponsePolicy::Default => Ok(joined(values)),
    }
}

/// Integers become one; arrays of integers, one of them (`SCRIPT EXISTS` answers for each script).
fn fold(values: Vec<Value>, combine: fn(i64, i64) -> i64) -> Result<Value, MergeError> {
    let mut values = values.into_iter().enumerate();
    let Some((_, mut result)) = values.next() else {
        return Ok(Value::Null);
    };
    for (part, value) in values {
        match (&mut result, &value) {
            (Value::Integer(result), Value::Integer(value)) => *result = combine(*result, *value),
            (Value::Array(results), Value::Array(items)) if results.len() == items.len() => {
                for (result, item) in results.iter_mut().zip(items.iter()) {
                    match (result, item) {
                        (Value::Integer(result), Value::Integer(item)) => *result = combine(*result, *item),
                        _ => return Err(unexpected(part, "integers", value)),
                    }
                }
            }
            _ => return Err(unexpected(part, "an integer, as the other parts have", value)),
        }
    }
    Ok(result)
}

fn in_order_of_keys(plan: &Plan, values: Vec<Value>) -> Result<Value, MergeError> {
    let mut all: Vec<Value> = Vec::new();
    all.resize_with(plan.keys as usize, || Value::Null);
    for (part, (place, value)) in plan.parts.iter().zip(values).enumerate() {
        match value {
            Value::Array(items) if items.len() == place.keys.len() => {
                for (key, item) in place.keys.iter().zip(items) {
                    if let Some(slot) = all.get_mut(*key as usize) {
                        *slot = item;
                    }
                }
            }
            other => return Err(unexpected(part, "an array of a value for each key", other)),
        }
    }
    Ok(Value::Array(all.into()))
}

/// Arrays, sets and maps are joined if all are; else the first that is something.
fn joined(values: Vec<Value>) -> Value {
    let all = |is: fn(&Value) -> bool| values.iter().all(is);
    if all(|value| matches!(value, Value::Array(_))) {
        let items = values.into_iter().flat_map(|value| match value {
            Value::Array(items) => items.into_vec(),
            _ => Vec::new(),
        });
        return Value::Array(items.collect());
    }
    if all(|value| matches!(value, Value::Set(_))) {
        let items = values.into_iter().flat_map(|value| match value {
            Value::Set(items) => items.into_vec(),
            _ => Vec::new(),
        });
        return Value::Set(items.collect());
    }
    if all(|value| matches!(value, Value::Map(_))) {
        let pairs = values.into_iter().flat_map(|value| match value {
            Value::Map(pairs) => pairs.into_vec(),
            _ => Vec::new(),
        });
        return Value::Map(pairs.collect());
    }
    let something = values.iter().position(|value| !value.is_null()).unwrap_or(0);
    values.into_iter().nth(something).unwrap_or(Value::Null)
}

fn unexpected(part: usize, expected: &'static str, found: Value) -> MergeError {
    MergeError::Unexpected { part, expected, found }
}
