//! Redis Cluster: which of the 16384 hash slots a key belongs to, and which node serves it.
//!
//! A cluster deals its keys out by slot: the CRC-16 of the key, modulo 16384. A key that contains a tag, `{...}`, is hashed by
//! the tag alone, so that related keys meet in one slot and one command may name them all. Which node serves a slot, nodes tell:
//! [`SlotMap`] reads what they say, [`SlotMap::merge`] finds out who is right, and [`Redirect`] what an error means for the map.
//!
//! What a member of a cluster does is [`node`], and what members tell each other, [`bus`].
//!
//! # Contract
//!
//! Everything here is a pure function of bytes. A key is bytes, not text: any value is allowed, NUL and invalid UTF-8 too.
//! Nothing fails but what says so, and the answers are those of the server's `CLUSTER KEYSLOT` and `keyHashSlot`.
//!
//! ```
//! use quorate::cluster;
//!
//! assert_eq!(cluster::key_slot(b"foo"), 12182);                                    // one key
//! assert_eq!(cluster::hash_tag(b"{user1000}.following"), b"user1000");             // what of it is hashed
//! const FOO: u16 = cluster::key_slot_const(b"foo");                                // a literal, at compile time
//! assert_eq!(FOO, 12182);
//!
//! let keys = ["{a}1", "b", "{a}2"];
//! assert_eq!(cluster::key_slots(&keys), [15495, 3300, 15495]);                     // many at once
//! for (slot, indices) in &cluster::group_by_slot(&keys) {                          // one command a slot
//!     println!("slot {slot}: {:?}", indices.iter().map(|&i| keys[i as usize]).collect::<Vec<_>>());
//! }
//!
//! let tag = cluster::tag_for_slot(15495)?;                                         // a tag that lands where you want
//! assert_eq!(cluster::key_slot(format!("{{{tag}}}:queue").as_bytes()), 15495);
//! # Ok::<(), cluster::UnknownSlot>(())
//! ```

mod address;
pub mod bus;
mod command;
pub mod crc16;
mod diff;
mod map;
mod merge;
mod moved;
pub mod node;
pub mod planning;
mod redirect;
mod routing;
mod slots;
mod tag;
mod topology;

pub use address::Address;
pub use command::{
    BeginSearch, CommandFlag, CommandInfo, FindKeys, KeyAccess, KeyPosition, KeySpec, KeysError, RequestPolicy,
    ResponsePolicy, keys_of,
};
pub use diff::{Change, Why};
pub use map::{ClusterNode, Coverage, Health, NodeRole, OpenSlot, OpenWay, Shard, SlotMap, SlotRange};
pub use merge::{Merged, NoPlurality};
pub use moved::Moved;
pub use redirect::Redirect;
pub use routing::{
    Asked, Decision, MergeError, Owner, Part, PartFailure, Plan, PlanError, ReadPolicy, ReadRouter, RouteError, Router,
    RouterConfig, RouterOutput, Scope, ShardSubscriptions, SlotServing, SubscriptionOutput, decide, merge, plan,
};
pub use slots::{
    SLOTS, SlotGroups, SlotGroupsIter, SlotsError, group_by_slot, hash_tag, key_slot, key_slot_const, key_slots,
    key_slots_into,
};
pub use tag::{Tag, UnknownSlot, tag_for_slot};
pub use topology::TopologyError;
