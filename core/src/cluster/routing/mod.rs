//! From a command to the nodes that it goes to, and from their replies to one.

mod merge;
mod plan;
mod pubsub;
mod read;
mod router;
mod serve;

pub use merge::{MergeError, PartFailure, merge};
pub use plan::{Part, Plan, PlanError, Scope, plan};
pub use pubsub::{ShardSubscriptions, SubscriptionOutput};
pub use read::{ReadPolicy, ReadRouter};
pub use router::{RouteError, Router, RouterConfig, RouterOutput};
pub use serve::{Asked, Decision, Owner, SlotServing, decide};
