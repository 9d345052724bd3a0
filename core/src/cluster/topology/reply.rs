//! Reading `CLUSTER SLOTS` and `CLUSTER SHARDS`, in either protocol.

use alloc::borrow::ToOwned;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::error::{Place, TopologyError};
use crate::cluster::SLOTS;
use crate::cluster::address::{Address, number};
use crate::cluster::map::{ClusterNode, Health, NodeRole, Shard, SlotMap};
use crate::resp::Value;

impl SlotMap {
    /// Reads the answer to `CLUSTER SLOTS`. `asked` is the address of the node that gave it, which it may leave out.
    ///
    /// A shard that comes in several ranges becomes one. Replicas that failed are not in the answer.
    ///
    /// # Errors
    /// [`TopologyError`].
    pub fn from_slots(reply: &Value, asked: &Address) -> Result<Self, TopologyError> {
        let mut map = Self::new();
        let top = Place::Reply;
        for (index, range) in array(reply, &top)?.iter().enumerate() {
            let here = Place::Item(&top, index);
            let [first, last, nodes @ ..] = array(range, &here)? else {
                return Err(here.expected("a first slot, a last slot and nodes", range.to_string()));
            };
            let (first, last) = (
                slot(first, &Place::Item(&here, 0))?,
                slot(last, &Place::Item(&here, 1))?,
            );
            if first > last {
                return Err(here.expected("a range of slots", alloc::format!("{first} to {last}")));
            }
            let mut places = Vec::new();
            for (index, node) in nodes.iter().enumerate() {
                let role = if index == 0 {
                    NodeRole::Primary
                } else {
                    NodeRole::Replica
                };
                let node = slots_node(node, role, asked, &Place::Item(&here, index + 2))?;
                places.push(known_or_new(&mut map, node)?);
            }
            let shard = shard_of(&mut map, &places)?;
            claim(&mut map, first, last, shard, &here)?;
        }
        Ok(map)
    }

    /// Reads the answer to `CLUSTER SHARDS` (Redis 7.0). `asked` is the address of the node that gave it, which it may leave out.
    ///
    /// Failed nodes and shards without slots are in it. Of two primaries in one shard, the one that did not fail is meant: the other
    /// is not back yet.
    ///
    /// # Errors
    /// [`TopologyError`].
    pub fn from_shards(reply: &Value, asked: &Address) -> Result<Self, TopologyError> {
        let mut map = Self::new();
        let top = Place::Reply;
        for (index, shard) in array(reply, &top)?.iter().enumerate() {
            let here = Place::Item(&top, index);
            let (mut slots, mut nodes): (&[Value], &[Value]) = (&[], &[]);
            for (name, value) in pairs(shard, &here)? {
                match name {
                    b"slots" => slots = array(value, &Place::Field(&here, "slots"))?,
                    b"nodes" => nodes = array(value, &Place::Field(&here, "nodes"))?,
                    _ => {}
                }
            }
            let in_nodes = Place::Field(&here, "nodes");
            let mut found = Shard::default();
            for (index, node) in nodes.iter().enumerate() {
                let node = shards_node(node, asked, &Place::Item(&in_nodes, index))?;
                join(&mut map, &mut found, node)?;
            }
            let shard = map.add_shard(found).ok_or(TopologyError::TooManyNodes)?;
            let in_slots = Place::Field(&here, "slots");
            for (index, pair) in slots.chunks(2).enumerate() {
                let here = Place::Item(&in_slots, 2 * index);
                let [first, last] = pair else {
                    return Err(here.expected("a first and a last slot", "a first one alone"));
                };
                claim(&mut map, slot(first, &here)?, slot(last, &here)?, shard, &here)?;
            }
        }
        Ok(map)
    }
}

/// The slots become the shard's. No two shards may claim one.
pub(super) fn claim(
    map: &mut SlotMap,
    first: u16,
    last: u16,
    shard: u16,
    here: &Place<'_>,
) -> Result<(), TopologyError> {
    if first > last {
        return Err(here.expected("a range of slots", alloc::format!("{first} to {last}")));
    }
    for slot in first..=last {
        let before = map.shard_index(slot);
        if before.is_some_and(|before| before != shard) {
            return Err(TopologyError::SlotTwice {
                place: here.text(),
                slot,
            });
        }
        map.set(slot, shard);
    }
    Ok(())
}

fn known_or_new(map: &mut SlotMap, node: ClusterNode) -> Result<u16, TopologyError> {
    let known = match node.id.is_empty() {
        true => node.address.as_ref().and_then(|address| map.find_address(address)),
        false => map.find_id(&node.id),
    };
    match known {
        Some(place) => Ok(place),
        None => map.add_node(node).ok_or(TopologyError::TooManyNodes),
    }
}

/// The shard whose primary is the first of the nodes.
fn shard_of(map: &mut SlotMap, nodes: &[u16]) -> Result<u16, TopologyError> {
    let primary = nodes.first().copied();
    let known = map
        .shards()
        .iter()
        .position(|shard| primary.is_some() && shard.primary == primary);
    let place = match known.and_then(|place| u16::try_from(place).ok()) {
        Some(place) => place,
        None => {
            let shard = Shard {
                primary,
                replicas: Vec::new(),
            };
            map.add_shard(shard).ok_or(TopologyError::TooManyNodes)?
        }
    };
    if let Some(shard) = map.shard_mut(place) {
        for &replica in nodes.iter().skip(1) {
            if !shard.replicas.contains(&replica) {
                shard.replicas.push(replica);
            }
        }
    }
    Ok(place)
}

/// A node becomes part of a shard, as its primary if it says so and none that is in better health is it.
pub(super) fn join(map: &mut SlotMap, shard: &mut Shard, node: ClusterNode) -> Result<u16, TopologyError> {
    let (role, health) = (node.role, node.health);
    let place = map.add_node(node).ok_or(TopologyError::TooManyNodes)?;
    let before = shard.primary;
    let better = before.is_none_or(|before| map.node(before).is_some_and(|before| health < before.health));
    if role == NodeRole::Primary && better {
        shard.primary = Some(place);
        shard.replicas.extend(before);
    } else {
        shard.replicas.push(place);
    }
    Ok(place)
}

/// `[endpoint, port, id, metadata]`: before 4.0 two of them, before 7.0 three.
fn slots_node(value: &Value, role: NodeRole, asked: &Address, here: &Place<'_>) -> Result<ClusterNode, TopologyError> {
    let [endpoint, port, rest @ ..] = array(value, here)? else {
        return Err(here.expected("an endpoint and a port", value.to_string()));
    };
    let port = port_of(port, &Place::Item(here, 1))?;
    let host = match endpoint.is_null() {
        true => "",
        false => text(endpoint, &Place::Item(here, 0))?,
    };
    let id = match rest.first() {
        Some(id) => text(id, &Place::Item(here, 2))?,
        None => "",
    };
    let mut node = ClusterNode::new(id, usable(host, port, asked), role);
    if let Some(metadata) = rest.get(1).filter(|metadata| !metadata.is_null()) {
        let here = Place::Item(here, 3);
        for (name, value) in pairs(metadata, &here)? {
            match name {
                b"ip" => node.ip = Some(text(value, &Place::Field(&here, "ip"))?.to_owned()),
                b"hostname" => node.hostname = Some(text(value, &Place::Field(&here, "hostname"))?.to_owned()),
                b"availability-zone" => {
                    node.zone = Some(text(value, &Place::Field(&here, "availability-zone"))?.to_owned());
                }
                _ => {}
            }
        }
    }
    Ok(node)
}

fn shards_node(value: &Value, asked: &Address, here: &Place<'_>) -> Result<ClusterNode, TopologyError> {
    let (mut endpoint, mut plain, mut tls) = ("", None, None);
    let mut node = ClusterNode::new("", None, NodeRole::Replica);
    for (name, value) in pairs(value, here)? {
        let name = core::str::from_utf8(name).unwrap_or("");
        let here = Place::Field(here, name);
        match name {
            "id" => text(value, &here)?.clone_into(&mut node.id),
            "port" => plain = Some(port_of(value, &here)?),
            "tls-port" => tls = Some(port_of(value, &here)?),
            // Some servers have nothing where they know no name.
            "endpoint" if !value.is_null() => endpoint = text(value, &here)?,
            "ip" if !value.is_null() => node.ip = filled(text(value, &here)?),
            "hostname" if !value.is_null() => node.hostname = filled(text(value, &here)?),
            "availability-zone" if !value.is_null() => node.zone = filled(text(value, &here)?),
            "role" => {
                node.role = match text(value, &here)? {
                    "master" | "primary" => NodeRole::Primary,
                    "replica" | "slave" => NodeRole::Replica,
                    other => return Err(here.expected("master or replica", other)),
                }
            }
            "health" => {
                // The server prints `fail` where its documents say `failed`.
                node.health = match text(value, &here)? {
                    "online" => Health::Online,
                    "loading" => Health::Loading,
                    "fail" | "failed" => Health::Failed,
                    other => return Err(here.expected("online, loading or fail", other)),
                }
            }
            "replication-offset" => {
                let offset = integer(value, &here)?;
                node.replication_offset = u64::try_from(offset).ok();
            }
            _ => {}
        }
    }
    // The endpoint is what the server wants clients to use; a name comes before an address.
    let host = [Some(endpoint), node.hostname.as_deref(), node.ip.as_deref()];
    let host = host.into_iter().flatten().find(|host| !host.is_empty()).unwrap_or("");
    node.address = plain.or(tls).and_then(|port| usable(host, port, asked));
    node.tls_port = tls.filter(|_| plain.is_some());
    Ok(node)
}

/// The address, if it can be used: `?` stands for a name that the server does not know, nothing for the host that was asked.
fn usable(host: &str, port: u16, asked: &Address) -> Option<Address> {
    (host != "?" && port != 0).then(|| Address::new(host, port).or_host(&asked.host))
}

fn filled(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

// ---- reading values

fn bare(value: &Value) -> &Value {
    let mut value = value;
    while let Value::Attributed(inner) = value {
        value = &inner.value;
    }
    value
}

fn array<'a>(value: &'a Value, here: &Place<'_>) -> Result<&'a [Value], TopologyError> {
    match bare(value) {
        Value::Array(items) | Value::Set(items) => Ok(items),
        Value::SimpleError(text) | Value::BulkError(text) => {
            Err(TopologyError::Refused(String::from_utf8_lossy(text).into_owned()))
        }
        other => Err(here.expected("an array", other.to_string())),
    }
}

/// A map, which RESP2 has as an array of keys and values.
fn pairs<'a>(value: &'a Value, here: &Place<'_>) -> Result<Vec<(&'a [u8], &'a Value)>, TopologyError> {
    let key = |key: &'a Value| {
        let name = bare(key).as_bytes();
        name.ok_or_else(|| here.expected("a field's name", key.to_string()))
    };
    match bare(value) {
        Value::Map(pairs) => pairs
            .iter()
            .map(|(name, value)| Ok((key(name)?, bare(value))))
            .collect(),
        Value::Array(items) => {
            let pair = |pair: &'a [Value]| match pair {
                [name, value] => Ok((key(name)?, bare(value))),
                _ => Err(here.expected("names and values in pairs", "a name alone")),
            };
            items.chunks(2).map(pair).collect()
        }
        other => Err(here.expected("a map", other.to_string())),
    }
}

fn text<'a>(value: &'a Value, here: &Place<'_>) -> Result<&'a str, TopologyError> {
    let bytes = bare(value).as_bytes();
    let text = bytes.and_then(|bytes| core::str::from_utf8(bytes).ok());
    text.ok_or_else(|| here.expected("a text", value.to_string()))
}

fn integer(value: &Value, here: &Place<'_>) -> Result<i64, TopologyError> {
    match bare(value) {
        Value::Integer(number) => Ok(*number),
        other => {
            let digits = other.as_bytes().and_then(number::<i64>);
            digits.ok_or_else(|| here.expected("a number", value.to_string()))
        }
    }
}

fn port_of(value: &Value, here: &Place<'_>) -> Result<u16, TopologyError> {
    let port = u16::try_from(integer(value, here)?).ok();
    port.ok_or_else(|| here.expected("a port", value.to_string()))
}

fn slot(value: &Value, here: &Place<'_>) -> Result<u16, TopologyError> {
    let slot = u16::try_from(integer(value, here)?).ok().filter(|slot| *slot < SLOTS);
    slot.ok_or_else(|| here.expected("a slot from 0 to 16383", value.to_string()))
}
