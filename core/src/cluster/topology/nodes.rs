//! Reading `CLUSTER NODES`, and the node's own file of the same form.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;

use super::error::{Place, TopologyError};
use super::reply::claim;
use crate::cluster::SLOTS;
use crate::cluster::address::{Address, number};
use crate::cluster::map::{ClusterNode, Health, NodeRole, OpenSlot, OpenWay, Shard, SlotMap};

/// What a line says beside the node itself.
struct Line<'a> {
    node: ClusterNode,
    /// The primary's name, of a replica.
    primary: Option<&'a str>,
    slots: Vec<(u16, u16)>,
    open: Vec<OpenSlot>,
    number: usize,
}

impl SlotMap {
    /// Reads the text of `CLUSTER NODES`. `asked` is the address of the node that gave it, which it may leave out.
    ///
    /// Nodes whose handshake is under way are not members yet, and are left out. The line `vars ...` of a node's own file is too.
    ///
    /// # Errors
    /// [`TopologyError`].
    ///
    /// ```
    /// use quorate::cluster::{Address, SlotMap};
    ///
    /// let text = "07c37df 127.0.0.1:30004@31004 slave e7d1eec 0 1426238317239 4 connected\n\
    ///             e7d1eec 127.0.0.1:30001@31001 myself,master - 0 0 1 connected 0-5460 [5461->-07c37df]\n";
    /// let map = SlotMap::from_nodes(text.as_bytes(), &Address::new("127.0.0.1", 30001))?;
    /// let shard = map.shard_for_slot(0).expect("it is served");
    /// assert_eq!(shard.replicas.len(), 1);
    /// assert_eq!(map.node_for_slot(0).and_then(|node| node.config_epoch), Some(1));
    /// assert_eq!(map.open_slots()[0].slot, 5461);
    /// # Ok::<(), quorate::cluster::TopologyError>(())
    /// ```
    pub fn from_nodes(text: &[u8], asked: &Address) -> Result<Self, TopologyError> {
        if let Some(error) = text.strip_prefix(b"-") {
            return Err(TopologyError::Refused(String::from_utf8_lossy(error).trim().to_owned()));
        }
        let text = core::str::from_utf8(text)
            .map_err(|error| Place::Line(1).expected("a text in UTF-8", alloc::format!("{error}")))?;
        let mut lines = Vec::new();
        for (index, line) in text.lines().enumerate() {
            let words: Vec<&str> = line.split_ascii_whitespace().collect();
            if words.is_empty() || words[0] == "vars" {
                continue;
            }
            lines.extend(parse_line(&words, index + 1, asked)?);
        }
        assemble(lines)
    }
}

fn assemble(lines: Vec<Line<'_>>) -> Result<SlotMap, TopologyError> {
    let mut map = SlotMap::new();
    let mut places = Vec::new();
    for line in &lines {
        places.push(map.add_node(line.node.clone()).ok_or(TopologyError::TooManyNodes)?);
    }
    for (line, &place) in lines.iter().zip(&places) {
        if line.node.role != NodeRole::Primary {
            continue;
        }
        let shard = Shard {
            primary: Some(place),
            replicas: Vec::new(),
        };
        let shard = map.add_shard(shard).ok_or(TopologyError::TooManyNodes)?;
        for &(first, last) in &line.slots {
            claim(&mut map, first, last, shard, &Place::Line(line.number))?;
        }
    }
    for (line, &place) in lines.iter().zip(&places) {
        let primary = primary_of(line, &lines).and_then(|id| map.find_id(id));
        let shard = primary.and_then(|primary| map.shard_of_node(primary));
        if let (NodeRole::Replica, Some(shard)) = (line.node.role, shard)
            && let Some(shard) = map.shard_mut(shard)
        {
            shard.replicas.push(place);
        }
        for open in &line.open {
            map.add_open(open.clone());
        }
    }
    Ok(map)
}

/// The primary at the end of a chain of replicas, which may be a circle while a failover goes on.
fn primary_of<'a>(line: &Line<'a>, lines: &[Line<'a>]) -> Option<&'a str> {
    let mut id = line.primary?;
    for _ in 0..lines.len() {
        let next = lines.iter().find(|line| line.node.id == id)?;
        match next.primary {
            None => return Some(id),
            Some(above) => id = above,
        }
    }
    None
}

/// `id ip:port@bus[,hostname[,name=value...]] flags primary ping pong epoch link slots...`. `None` for a node that is none yet.
fn parse_line<'a>(
    words: &[&'a str],
    number_of_line: usize,
    asked: &Address,
) -> Result<Option<Line<'a>>, TopologyError> {
    let here = Place::Line(number_of_line);
    let [id, place, flags, primary, _ping, _pong, epoch, link, slots @ ..] = words else {
        return Err(here.expected("at least eight fields", alloc::format!("{} of them", words.len())));
    };
    let mut node = ClusterNode::new(*id, None, NodeRole::Replica);
    let mut noaddr = false;
    for flag in flags.split(',') {
        match flag {
            "handshake" => return Ok(None),
            "myself" => node.myself = true,
            "master" => node.role = NodeRole::Primary,
            "fail?" => node.health = Health::Suspected,
            "fail" => node.health = Health::Failed,
            "noaddr" => noaddr = true,
            _ => {}
        }
    }
    node.config_epoch = Some(number(epoch.as_bytes()).ok_or_else(|| here.expected("a config epoch", *epoch))?);
    node.linked = Some(*link == "connected");
    read_place(&mut node, place, noaddr, asked, &here)?;
    let mut line = Line {
        node,
        primary: (*primary != "-").then_some(*primary),
        slots: Vec::new(),
        open: Vec::new(),
        number: number_of_line,
    };
    for word in slots {
        read_slots(&mut line, word, &here)?;
    }
    Ok(Some(line))
}

fn read_place(
    node: &mut ClusterNode,
    place: &str,
    noaddr: bool,
    asked: &Address,
    here: &Place<'_>,
) -> Result<(), TopologyError> {
    let wrong = || here.expected("an address as ip:port@bus-port", place);
    let mut parts = place.split(',');
    let address = parts.next().unwrap_or("");
    let (address, bus) = match address.split_once('@') {
        Some((address, bus)) => (address, Some(number::<u16>(bus.as_bytes()).ok_or_else(wrong)?)),
        // Before 4.0 the bus port was not told.
        None => (address, None),
    };
    let address = Address::parse(address).ok_or_else(wrong)?;
    node.bus_port = bus.filter(|port| *port != 0);
    node.ip = (!address.host.is_empty()).then(|| address.host.clone());
    node.hostname = parts.next().filter(|name| !name.is_empty()).map(ToOwned::to_owned);
    for extra in parts {
        match extra.split_once('=') {
            Some(("tls-port", port)) => node.tls_port = number(port.as_bytes()).filter(|port| *port != 0),
            Some(("availability-zone", zone)) if !zone.is_empty() => node.zone = Some(zone.to_owned()),
            _ => {}
        }
    }
    if !noaddr && address.port != 0 {
        node.address = Some(address.or_host(&asked.host));
    }
    Ok(())
}

/// `5`, `0-5460`, `[93->-id]` or `[77-<-id]`.
fn read_slots(line: &mut Line<'_>, word: &str, here: &Place<'_>) -> Result<(), TopologyError> {
    let wrong = || here.expected("slots as 5, 0-5460, [93->-id] or [77-<-id]", word);
    let slot = |text: &str| {
        number::<u16>(text.as_bytes())
            .filter(|slot| *slot < SLOTS)
            .ok_or_else(wrong)
    };
    if let Some(open) = word.strip_prefix('[') {
        let open = open.strip_suffix(']').ok_or_else(wrong)?;
        let migrating = open.split_once("->-").map(|parts| (parts, OpenWay::Migrating));
        let importing = || open.split_once("-<-").map(|parts| (parts, OpenWay::Importing));
        let ((number, peer), way) = migrating.or_else(importing).ok_or_else(wrong)?;
        line.open.push(OpenSlot {
            slot: slot(number)?,
            way,
            peer: peer.to_owned(),
        });
        return Ok(());
    }
    let (first, last) = word.split_once('-').unwrap_or((word, word));
    line.slots.push((slot(first)?, slot(last)?));
    Ok(())
}
