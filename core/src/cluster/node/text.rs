//! What the node says of the cluster: `CLUSTER NODES`, `INFO`, `SLOTS`, `SHARDS`, `LINKS`.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write;

use super::machine::Node;
use super::output::ClusterState;
use super::peer::At;
use crate::cluster::SLOTS;
use crate::cluster::bus::{MessageKind, NodeFlags};
use crate::resp::Value;

impl Node {
    /// The text of `CLUSTER NODES`, in the order of the names.
    pub fn nodes_text(&self) -> String {
        let mut text = String::new();
        for (_, at) in &self.order {
            text.push_str(&self.node_line(*at));
            text.push('\n');
        }
        text
    }

    /// The file `nodes.conf`: as `CLUSTER NODES`, without those who are not members yet.
    pub(super) fn file_text(&self) -> String {
        let mut text = String::new();
        for (_, at) in &self.order {
            if !self.peers[*at].is(NodeFlags::HANDSHAKE) {
                text.push_str(&self.node_line(*at));
                text.push('\n');
            }
        }
        let _ = writeln!(
            text,
            "vars currentEpoch {} lastVoteEpoch {}",
            self.current_epoch, self.last_vote_epoch
        );
        text
    }

    /// `clusterGenNodeDescription`.
    pub(super) fn node_line(&self, at: At) -> String {
        let peer = &self.peers[at];
        let mut line = String::new();
        let _ = write!(line, "{} {}:{}@{}", peer.id, peer.ip, peer.port, peer.bus_port);
        if !peer.hostname.is_empty() {
            let _ = write!(line, ",{}", peer.hostname);
        }
        let _ = write!(line, " {} ", peer.flags);
        match peer.replica_of {
            Some(master) => {
                let _ = write!(line, "{}", self.peers[master].id);
            }
            None => line.push('-'),
        }
        let epoch = match peer.replica_of.filter(|_| peer.is_replica()) {
            Some(master) => self.peers[master].config_epoch,
            None => peer.config_epoch,
        };
        let connected = peer.link.is_some() || peer.is(NodeFlags::MYSELF);
        let link = if connected { "connected" } else { "disconnected" };
        let _ = write!(line, " {} {} {epoch} {link}", peer.ping_sent, peer.pong_received);
        for (first, last) in peer.slots.ranges() {
            let _ = match first == last {
                true => write!(line, " {first}"),
                false => write!(line, " {first}-{last}"),
            };
        }
        if at == self.me {
            self.write_open_slots(&mut line);
        }
        line
    }

    fn write_open_slots(&self, line: &mut String) {
        let migrating = self.migrating.iter().map(|(slot, at)| (*slot, "->-", *at));
        let importing = self
            .importing
            .iter()
            .filter(|(slot, _)| !self.migrating.contains_key(slot));
        let mut open: Vec<(u16, &str, At)> = migrating.collect();
        open.extend(importing.map(|(slot, at)| (*slot, "-<-", *at)));
        open.sort_unstable();
        for (slot, arrow, at) in open {
            let _ = write!(line, " [{slot}{arrow}{}]", self.peers[at].id);
        }
    }

    /// The text of `CLUSTER INFO`.
    pub fn info_text(&self) -> String {
        let (mut assigned, mut suspected, mut failed) = (0_u32, 0_u32, 0_u32);
        for (_, at) in &self.order {
            let peer = &self.peers[*at];
            let count = u32::from(peer.slot_count);
            assigned += count;
            match peer.is(NodeFlags::FAIL) {
                true => failed += count,
                false if peer.is(NodeFlags::PFAIL) => suspected += count,
                false => {}
            }
        }
        let me = self.myself();
        let master = me.replica_of.filter(|_| me.is_replica()).unwrap_or(self.me);
        let mut text = String::new();
        let state = if self.state == ClusterState::Ok { "ok" } else { "fail" };
        let _ = write!(
            text,
            "cluster_state:{state}\r\ncluster_slots_assigned:{assigned}\r\ncluster_slots_ok:{}\r\n\
             cluster_slots_pfail:{suspected}\r\ncluster_slots_fail:{failed}\r\ncluster_known_nodes:{}\r\n\
             cluster_size:{}\r\ncluster_current_epoch:{}\r\ncluster_my_epoch:{}\r\n",
            assigned - suspected - failed,
            self.order.len(),
            self.size,
            self.current_epoch,
            self.peers[master].config_epoch,
        );
        write_counts(&mut text, "sent", &self.sent);
        write_counts(&mut text, "received", &self.received);
        text.push_str("total_cluster_links_buffer_limit_exceeded:0\r\n");
        text
    }

    /// `CLUSTER SLOTS`.
    pub(super) fn slots_value(&self) -> Value {
        let mut ranges: Vec<(u16, u16, At)> = Vec::new();
        for slot in 0..SLOTS {
            let Some(at) = self.owners.get(slot) else { continue };
            match ranges.last_mut() {
                Some((_, last, owner)) if *owner == at && *last + 1 == slot => *last = slot,
                _ => ranges.push((slot, slot, at)),
            }
        }
        let ranges = ranges.into_iter().map(|(first, last, at)| {
            let mut range = Vec::from([
                Value::Integer(first.into()),
                Value::Integer(last.into()),
                self.endpoint(at),
            ]);
            let replicas = self.peers[at].replicas.iter();
            let replicas = replicas.filter(|replica| !self.peers[**replica].is(NodeFlags::FAIL));
            range.extend(
                replicas
                    .filter(|at| self.offset_of(**at) != 0)
                    .map(|at| self.endpoint(*at)),
            );
            Value::Array(range.into())
        });
        Value::Array(ranges.collect())
    }

    fn endpoint(&self, at: At) -> Value {
        let peer = &self.peers[at];
        let mut metadata = Vec::new();
        if !peer.hostname.is_empty() {
            metadata.push((Value::bulk("hostname"), Value::bulk(peer.hostname.as_str())));
        }
        Value::Array(
            [
                Value::bulk(peer.ip.as_str()),
                Value::Integer(peer.port.into()),
                Value::bulk(peer.id.as_bytes().as_slice()),
                Value::Map(metadata.into()),
            ]
            .into(),
        )
    }

    fn offset_of(&self, at: At) -> u64 {
        if at == self.me {
            self.offset
        } else {
            self.peers[at].offset
        }
    }

    /// `CLUSTER SHARDS`.
    pub(super) fn shards_value(&self) -> Value {
        let masters = self
            .order
            .iter()
            .map(|(_, at)| *at)
            .filter(|at| self.peers[*at].is_master());
        let shards = masters.map(|master| {
            let ranges = self.peers[master].slots.ranges().into_iter();
            let slots = ranges
                .flat_map(|(first, last)| [first, last])
                .map(|slot| Value::Integer(slot.into()));
            let mut nodes = Vec::from([self.shard_node(master)]);
            nodes.extend(self.peers[master].replicas.iter().map(|at| self.shard_node(*at)));
            Value::Map(
                [
                    (Value::bulk("slots"), Value::Array(slots.collect())),
                    (Value::bulk("nodes"), Value::Array(nodes.into())),
                ]
                .into(),
            )
        });
        Value::Array(shards.collect())
    }

    fn shard_node(&self, at: At) -> Value {
        let peer = &self.peers[at];
        let offset = self.offset_of(at);
        let mut fields = Vec::from([
            (Value::bulk("id"), Value::bulk(peer.id.as_bytes().as_slice())),
            (Value::bulk("port"), Value::Integer(peer.port.into())),
            (Value::bulk("ip"), Value::bulk(peer.ip.as_str())),
            (Value::bulk("endpoint"), Value::bulk(peer.ip.as_str())),
        ]);
        if !peer.hostname.is_empty() {
            fields.push((Value::bulk("hostname"), Value::bulk(peer.hostname.as_str())));
        }
        let role = if peer.is_replica() { "replica" } else { "master" };
        let health = match peer.is(NodeFlags::FAIL) {
            true => "fail",
            false if peer.is_replica() && offset == 0 => "loading",
            false => "online",
        };
        fields.push((Value::bulk("role"), Value::bulk(role)));
        fields.push((
            Value::bulk("replication-offset"),
            Value::Integer(i64::try_from(offset).unwrap_or(i64::MAX)),
        ));
        fields.push((Value::bulk("health"), Value::bulk(health)));
        Value::Map(fields.into())
    }

    /// `CLUSTER LINKS`.
    pub(super) fn links_value(&self) -> Value {
        let links = self.links.values().filter_map(|link| {
            let peer = &self.peers[link.peer?];
            let direction = if link.inbound { "from" } else { "to" };
            Some(Value::Map(
                [
                    (Value::bulk("direction"), Value::bulk(direction)),
                    (Value::bulk("node"), Value::bulk(peer.id.as_bytes().as_slice())),
                    (
                        Value::bulk("create-time"),
                        Value::Integer(i64::try_from(link.created).unwrap_or(i64::MAX)),
                    ),
                    (
                        Value::bulk("events"),
                        Value::bulk(if link.waiting.is_empty() { "r" } else { "rw" }),
                    ),
                    (Value::bulk("send-buffer-allocated"), Value::Integer(0)),
                    (Value::bulk("send-buffer-used"), Value::Integer(0)),
                ]
                .into(),
            ))
        });
        Value::Array(links.collect())
    }
}

fn write_counts(text: &mut String, way: &str, counts: &[u64; 11]) {
    for (kind, count) in MessageKind::ALL.iter().zip(counts).filter(|(_, count)| **count != 0) {
        let _ = write!(text, "cluster_stats_messages_{}_{way}:{count}\r\n", kind.name());
    }
    let total: u64 = counts.iter().sum();
    let _ = write!(text, "cluster_stats_messages_{way}:{total}\r\n");
}
