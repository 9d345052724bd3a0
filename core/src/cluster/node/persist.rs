//! Reading the node's file (`clusterLoadConfig`).

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;

use super::error::Error;
use super::machine::Node;
use super::peer::At;
use crate::cluster::SLOTS;
use crate::cluster::address::number;
use crate::cluster::bus::{NodeFlags, NodeId};

impl Node {
    pub(super) fn load(&mut self, text: &str) -> Result<(), Error> {
        let mut found = None;
        for (index, line) in text.lines().enumerate() {
            let words: Vec<&str> = line.split_ascii_whitespace().collect();
            let read = match words.first() {
                None => Ok(()),
                Some(&"vars") => self.load_vars(&words[1..]),
                Some(_) => self.load_node(&words, &mut found),
            };
            read.map_err(|reason| Error::Line {
                line: index + 1,
                text: line.to_owned(),
                reason,
            })?;
        }
        self.me = found.ok_or_else(|| Error::Line {
            line: text.lines().count(),
            text: String::new(),
            reason: "expected a line of the node itself, with the flag myself".into(),
        })?;
        // It never happens but where somebody edited the file.
        self.current_epoch = self.max_epoch();
        Ok(())
    }

    fn load_vars(&mut self, words: &[&str]) -> Result<(), String> {
        for pair in words.chunks(2) {
            let [name, value] = pair else {
                return Err("expected names and values in pairs".into());
            };
            let value = number(value.as_bytes()).ok_or("expected a number")?;
            match name.to_ascii_lowercase().as_str() {
                "currentepoch" => self.current_epoch = value,
                "lastvoteepoch" => self.last_vote_epoch = value,
                _ => {}
            }
        }
        Ok(())
    }

    fn load_node(&mut self, words: &[&str], found: &mut Option<At>) -> Result<(), String> {
        let [id, place, flags, master, ping, pong, epoch, _link, slots @ ..] = words else {
            return Err("expected at least eight fields".into());
        };
        let at = self.named(id)?;
        self.load_place(at, place)?;
        self.load_flags(at, flags, found)?;
        if *master != "-" {
            let master = self.named(master)?;
            self.peers[at].replica_of = Some(master);
            self.add_replica(master, at);
        }
        let now = self.now;
        let (ping, pong, epoch): (u64, u64, u64) = match (
            number(ping.as_bytes()),
            number(pong.as_bytes()),
            number(epoch.as_bytes()),
        ) {
            (Some(ping), Some(pong), Some(epoch)) => (ping, pong, epoch),
            _ => return Err("expected numbers for ping, pong and epoch".into()),
        };
        let peer = &mut self.peers[at];
        peer.ping_sent = if ping == 0 { 0 } else { now };
        peer.pong_received = if pong == 0 { 0 } else { now };
        peer.config_epoch = match peer.is_replica() && peer.replica_of.is_some() {
            true => 0,
            false => epoch,
        };
        slots.iter().try_for_each(|word| self.load_slots(at, word))
    }

    fn named(&mut self, id: &str) -> Result<At, String> {
        let id = NodeId::parse(id).ok_or("expected a name of 40 digits and small letters")?;
        match self.lookup(&id) {
            Some(at) => Ok(at),
            None => self
                .add_peer(id, NodeFlags::NONE)
                .ok_or_else(|| "one node more than max_nodes".into()),
        }
    }

    /// `ip:port[@bus-port][,hostname[,name=value...]]`.
    fn load_place(&mut self, at: At, place: &str) -> Result<(), String> {
        let wrong = "expected an address as ip:port@bus-port";
        let mut parts = place.split(',');
        let (ip, ports) = parts.next().and_then(|address| address.rsplit_once(':')).ok_or(wrong)?;
        let (port, bus_port) = ports
            .split_once('@')
            .map_or((ports, None), |(port, bus)| (port, Some(bus)));
        let port: u16 = number(port.as_bytes()).ok_or(wrong)?;
        let bus_port = match bus_port {
            Some(bus) => number(bus.as_bytes()).ok_or(wrong)?,
            // Before 4.0 it was not written.
            None => port.saturating_add(10_000),
        };
        let peer = &mut self.peers[at];
        ip.clone_into(&mut peer.ip);
        peer.port = port;
        peer.bus_port = bus_port;
        parts.next().unwrap_or("").clone_into(&mut peer.hostname);
        Ok(())
    }

    fn load_flags(&mut self, at: At, flags: &str, found: &mut Option<At>) -> Result<(), String> {
        let now = self.now;
        for flag in flags.split(',') {
            let flag = match flag {
                "myself" if found.is_some_and(|known| known != at) => {
                    return Err("a second node with the flag myself".into());
                }
                "myself" => {
                    *found = Some(at);
                    NodeFlags::MYSELF
                }
                "master" => NodeFlags::MASTER,
                "slave" => NodeFlags::REPLICA,
                "fail?" => NodeFlags::PFAIL,
                "fail" => {
                    self.peers[at].fail_time = now;
                    NodeFlags::FAIL
                }
                "handshake" => NodeFlags::HANDSHAKE,
                "noaddr" => NodeFlags::NO_ADDRESS,
                "nofailover" => NodeFlags::NO_FAILOVER,
                "noflags" => NodeFlags::NONE,
                _ => return Err("a flag that is not known".into()),
            };
            self.peers[at].set(flag);
        }
        Ok(())
    }

    /// `5`, `0-5460`, `[93->-id]` or `[77-<-id]`.
    fn load_slots(&mut self, at: At, word: &str) -> Result<(), String> {
        let wrong = "expected slots as 5, 0-5460, [93->-id] or [77-<-id]";
        let slot = |text: &str| number::<u16>(text.as_bytes()).filter(|slot| *slot < SLOTS).ok_or(wrong);
        if let Some(open) = word.strip_prefix('[') {
            let open = open.strip_suffix(']').ok_or(wrong)?;
            if let Some((number, peer)) = open.split_once("->-") {
                let (number, peer) = (slot(number)?, self.named(peer)?);
                self.migrating.insert(number, peer);
            } else {
                let (number, peer) = open.split_once("-<-").ok_or(wrong)?;
                let (number, peer) = (slot(number)?, self.named(peer)?);
                self.importing.insert(number, peer);
            }
            return Ok(());
        }
        let (first, last) = word.split_once('-').unwrap_or((word, word));
        for slot in slot(first)?..=slot(last)? {
            if self.owners.get(slot).is_some() {
                return Err("a slot that has an owner already".into());
            }
            self.add_slot(at, slot);
        }
        Ok(())
    }
}
