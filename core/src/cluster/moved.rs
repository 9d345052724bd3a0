//! What one `MOVED` says about a map.

use alloc::vec::Vec;

use super::SLOTS;
use super::address::Address;
use super::map::{ClusterNode, NodeRole, Shard, SlotMap};

/// What a `MOVED` changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Moved {
    /// Nothing: the map says so already.
    Known,
    /// A replica of the slot's shard is its primary now, and the primary a replica: a failover, so all slots of the shard went along.
    Failover,
    /// The slot belongs to another shard that is known: a migration.
    Migrated,
    /// The slot belongs to a node that was another shard's replica. It makes a shard of its own.
    ReplicaLeft,
    /// The slot belongs to a node that was not known. It makes a shard of its own.
    NewNode,
    /// There is no such slot, or the map is full. Nothing changed.
    Ignored,
}

impl SlotMap {
    /// Takes in that `slot` is served at `address`, as `MOVED` says, as far as one slot tells about the others. The address is a
    /// whole one: see [`Redirect::seen_from`](super::Redirect::seen_from).
    ///
    /// ```
    /// use quorate::cluster::{Address, Moved, SlotMap};
    ///
    /// let mut map = SlotMap::new();
    /// let address = Address::new("10.0.0.1", 6379);
    /// assert_eq!(map.apply_moved(3999, &address), Moved::NewNode);
    /// assert_eq!(map.apply_moved(3999, &address), Moved::Known);
    /// assert_eq!(map.node_for_slot(3999).and_then(|node| node.address.as_ref()), Some(&address));
    /// ```
    pub fn apply_moved(&mut self, slot: u16, address: &Address) -> Moved {
        if slot >= SLOTS {
            return Moved::Ignored;
        }
        let owner = self.shard_index(slot);
        let Some(node) = self.find_address(address) else {
            let node = ClusterNode::new("", Some(address.clone()), NodeRole::Primary);
            let node = self.add_node(node);
            return self.own_shard(node, slot, Moved::NewNode);
        };
        let shard = self.shard_of_node(node);
        let leads = |place: u16| {
            self.shards()
                .get(usize::from(place))
                .is_some_and(|shard| shard.primary == Some(node))
        };
        match shard {
            Some(shard) if leads(shard) => match owner == Some(shard) {
                true => Moved::Known,
                false => {
                    self.set(slot, shard);
                    Moved::Migrated
                }
            },
            Some(shard) if owner == Some(shard) => {
                self.promote(shard, node);
                Moved::Failover
            }
            Some(shard) => {
                if let Some(shard) = self.shard_mut(shard) {
                    shard.replicas.retain(|replica| *replica != node);
                }
                self.own_shard(Some(node), slot, Moved::ReplicaLeft)
            }
            None => self.own_shard(Some(node), slot, Moved::NewNode),
        }
    }

    fn promote(&mut self, shard: u16, node: u16) {
        let mut before = None;
        if let Some(shard) = self.shard_mut(shard) {
            before = shard.primary.replace(node);
            shard.replicas.retain(|replica| *replica != node);
            shard.replicas.extend(before);
        }
        for (place, role) in [(Some(node), NodeRole::Primary), (before, NodeRole::Replica)] {
            if let Some(node) = place.and_then(|place| self.node_mut(place)) {
                node.role = role;
            }
        }
    }

    fn own_shard(&mut self, node: Option<u16>, slot: u16, moved: Moved) -> Moved {
        let Some(node) = node else { return Moved::Ignored };
        let shard = Shard {
            primary: Some(node),
            replicas: Vec::new(),
        };
        let Some(shard) = self.add_shard(shard) else {
            return Moved::Ignored;
        };
        if let Some(node) = self.node_mut(node) {
            node.role = NodeRole::Primary;
        }
        self.set(slot, shard);
        moved
    }
}
