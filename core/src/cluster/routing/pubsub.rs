//! Sharded pub/sub across a cluster that changes: who is subscribed where, and where it should be.

use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use alloc::vec::Vec;

use crate::cluster::address::Address;
use crate::cluster::key_slot;
use crate::cluster::map::SlotMap;
use crate::resp::Value;

/// What [`ShardSubscriptions`] wants done, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SubscriptionOutput {
    /// Send `SSUBSCRIBE` with these channels, all of one slot, to a node.
    Subscribe {
        /// Which node.
        node: Address,
        /// Which channels.
        channels: Vec<Vec<u8>>,
    },
    /// Send `SUNSUBSCRIBE` with these channels, all of one slot, to a node.
    Unsubscribe {
        /// Which node.
        node: Address,
        /// Which channels.
        channels: Vec<Vec<u8>>,
    },
    /// Ask for a new map, and hand it to [`ShardSubscriptions::topology`].
    Refresh,
    /// A message came.
    Message {
        /// On which channel.
        channel: Vec<u8>,
        /// What it says.
        payload: Vec<u8>,
    },
    /// From here to the next [`Resubscribed`](Self::Resubscribed), messages on the channel may be missed: its slot moved, or the
    /// connection was lost.
    Interrupted {
        /// Which channel.
        channel: Vec<u8>,
    },
    /// Messages on the channel come again, or for the first time.
    Resubscribed {
        /// Which channel.
        channel: Vec<u8>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// Nobody was asked yet.
    Wanted,
    /// A node was asked.
    Asked,
    /// A node said yes.
    Confirmed,
}

#[derive(Clone, Debug)]
struct Channel {
    node: Option<Address>,
    standing: Standing,
}

/// Keeps subscriptions to sharded channels where their slots are.
///
/// A server whose slot leaves sends `sunsubscribe` unasked, which looks like the answer to a question (valkey#1066); what tells them
/// apart is whether there was one. Channels of several slots are never named in one command, for the server would refuse it.
///
/// ```
/// use quorate::cluster::{Address, ShardSubscriptions, SlotMap, SubscriptionOutput};
///
/// let (a, b) = (Address::new("10.0.0.1", 6379), Address::new("10.0.0.2", 6379));
/// let mut map = SlotMap::new();
/// map.apply_moved(12182, &a);
/// let mut subscriptions = ShardSubscriptions::new();
/// subscriptions.topology(&map);
/// subscriptions.subscribe(&[b"foo"]);
/// assert!(matches!(subscriptions.poll(), Some(SubscriptionOutput::Subscribe { node, .. }) if node == a));
///
/// map.apply_moved(12182, &b);                            // the slot went to another node
/// subscriptions.topology(&map);
/// assert!(matches!(subscriptions.poll(), Some(SubscriptionOutput::Unsubscribe { node, .. }) if node == a));
/// assert!(matches!(subscriptions.poll(), Some(SubscriptionOutput::Subscribe { node, .. }) if node == b));
/// ```
#[derive(Clone, Debug, Default)]
pub struct ShardSubscriptions {
    map: SlotMap,
    channels: BTreeMap<Vec<u8>, Channel>,
    /// `SUNSUBSCRIBE`s whose answers are to come, by node and channel.
    leaving: BTreeSet<(Address, Vec<u8>)>,
    outputs: VecDeque<SubscriptionOutput>,
}

impl ShardSubscriptions {
    /// No subscriptions, and no map.
    pub fn new() -> Self {
        Self::default()
    }

    /// Subscribes to channels. Those that are subscribed to already stay so.
    pub fn subscribe<C: AsRef<[u8]>>(&mut self, channels: &[C]) {
        for channel in channels {
            self.channels.entry(channel.as_ref().to_vec()).or_insert(Channel {
                node: None,
                standing: Standing::Wanted,
            });
        }
        self.settle();
    }

    /// Ends subscriptions.
    pub fn unsubscribe<C: AsRef<[u8]>>(&mut self, channels: &[C]) {
        let mut leaving = BTreeMap::new();
        for channel in channels {
            let channel = channel.as_ref();
            if let Some(Channel { node: Some(node), .. }) = self.channels.remove(channel) {
                self.leaving.insert((node.clone(), channel.to_vec()));
                let group: &mut Vec<Vec<u8>> = leaving.entry((node, key_slot(channel))).or_default();
                group.push(channel.to_vec());
            }
        }
        for ((node, _), channels) in leaving {
            self.outputs
                .push_back(SubscriptionOutput::Unsubscribe { node, channels });
        }
    }

    /// Takes a new map: what is subscribed to at the wrong node goes to the right one.
    pub fn topology(&mut self, map: &SlotMap) {
        self.map = map.clone();
        self.settle();
    }

    /// A push from a node: `ssubscribe`, `sunsubscribe` or `smessage`. Others are not looked at. In RESP2 it is an array.
    pub fn push(&mut self, node: &Address, push: &Value) {
        let (Value::Push(items) | Value::Array(items)) = push else {
            return;
        };
        let [kind, channel, rest @ ..] = items.as_slice() else {
            return;
        };
        let (Some(kind), Some(name)) = (kind.as_bytes(), channel.as_bytes()) else {
            return;
        };
        match kind {
            b"ssubscribe" => {
                let known = self
                    .channels
                    .get_mut(name)
                    .filter(|channel| channel.node.as_ref() == Some(node));
                if let Some(channel) = known {
                    channel.standing = Standing::Confirmed;
                    self.outputs
                        .push_back(SubscriptionOutput::Resubscribed { channel: name.to_vec() });
                }
            }
            b"sunsubscribe" if self.leaving.remove(&(node.clone(), name.to_vec())) => {}
            b"sunsubscribe" => {
                // Nobody asked: the slot left the node.
                self.interrupt(node, Some(name));
                self.outputs.push_back(SubscriptionOutput::Refresh);
            }
            b"smessage" => {
                if let (true, Some(payload)) =
                    (self.channels.contains_key(name), rest.first().and_then(Value::as_bytes))
                {
                    self.outputs.push_back(SubscriptionOutput::Message {
                        channel: name.to_vec(),
                        payload: payload.to_vec(),
                    });
                }
            }
            _ => {}
        }
    }

    /// A node refused `SSUBSCRIBE` for a channel (`MOVED`, `CLUSTERDOWN`): it is asked again when there is a new map.
    pub fn refused<C: AsRef<[u8]>>(&mut self, node: &Address, channels: &[C]) {
        for channel in channels {
            self.interrupt(node, Some(channel.as_ref()));
        }
        self.outputs.push_back(SubscriptionOutput::Refresh);
    }

    /// The connection to a node was lost, and its subscriptions with it.
    pub fn lost(&mut self, node: &Address) {
        self.leaving.retain(|(at, _)| at != node);
        self.interrupt(node, None);
        self.outputs.push_back(SubscriptionOutput::Refresh);
    }

    /// The next thing to do.
    pub fn poll(&mut self) -> Option<SubscriptionOutput> {
        self.outputs.pop_front()
    }

    /// The channels that messages come from now.
    pub fn standing(&self) -> impl Iterator<Item = &[u8]> {
        let standing = self
            .channels
            .iter()
            .filter(|(_, channel)| channel.standing == Standing::Confirmed);
        standing.map(|(name, _)| name.as_slice())
    }

    /// Channels of a node wait for the next map.
    fn interrupt(&mut self, node: &Address, only: Option<&[u8]>) {
        for (name, channel) in &mut self.channels {
            if channel.node.as_ref() == Some(node) && only.is_none_or(|only| only == name) {
                if channel.standing == Standing::Confirmed {
                    self.outputs
                        .push_back(SubscriptionOutput::Interrupted { channel: name.clone() });
                }
                *channel = Channel {
                    node: None,
                    standing: Standing::Wanted,
                };
            }
        }
    }

    /// Asks whoever should be asked: one command for each slot and node.
    fn settle(&mut self) {
        let mut leaving: BTreeMap<(Address, u16), Vec<Vec<u8>>> = BTreeMap::new();
        let mut coming: BTreeMap<(Address, u16), Vec<Vec<u8>>> = BTreeMap::new();
        for (name, channel) in &mut self.channels {
            let slot = key_slot(name);
            let node = self.map.node_for_slot(slot).and_then(|node| node.address.clone());
            let Some(node) = node.filter(|node| channel.node.as_ref() != Some(node)) else {
                continue;
            };
            if let Some(before) = channel.node.replace(node.clone()) {
                if channel.standing == Standing::Confirmed {
                    self.outputs
                        .push_back(SubscriptionOutput::Interrupted { channel: name.clone() });
                }
                self.leaving.insert((before.clone(), name.clone()));
                leaving.entry((before, slot)).or_default().push(name.clone());
            }
            channel.standing = Standing::Asked;
            coming.entry((node, slot)).or_default().push(name.clone());
        }
        for ((node, _), channels) in leaving {
            self.outputs
                .push_back(SubscriptionOutput::Unsubscribe { node, channels });
        }
        for ((node, _), channels) in coming {
            self.outputs.push_back(SubscriptionOutput::Subscribe { node, channels });
        }
    }
}
