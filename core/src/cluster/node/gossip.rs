//! What is said of oneself and of others (`clusterBuildMessageHdr`, `clusterSendPing`, `clusterProcessGossipSection`).

use alloc::string::String;
use alloc::vec::Vec;

use super::machine::{LinkId, Node};
use super::peer::At;
use super::trace::Trace;
use crate::cluster::bus::{
    Body, Extension, Gossip, Header, IpText, Message, MessageFlags, MessageKind, NodeFlags, Ping,
};

const DOWN: NodeFlags = NodeFlags(NodeFlags::PFAIL.0 | NodeFlags::FAIL.0);

impl Node {
    /// `clusterBuildMessageHdr`: a replica gives its master's slots and config epoch.
    pub(super) fn header(&self, mut flags: MessageFlags) -> Header {
        let me = self.myself();
        let master = me.replica_of.filter(|_| me.is_replica()).unwrap_or(self.me);
        if me.is_master() && self.manual.end != 0 {
            flags.set(MessageFlags::PAUSED);
        }
        Header {
            port: me.port,
            current_epoch: self.current_epoch,
            config_epoch: self.peers[master].config_epoch,
            offset: self.offset,
            sender: me.id,
            slots: self.peers[master].slots.clone(),
            replica_of: me.replica_of.map(|at| self.peers[at].id),
            ip: IpText::new(&self.config.announce_ip),
            reserved: [0; 30],
            other_port: me.other_port,
            bus_port: me.bus_port,
            flags: me.flags,
            cluster_down: self.state == super::output::ClusterState::Fail,
            message_flags: flags,
        }
    }

    /// Sends a ping, pong or meet (`clusterSendPing`).
    pub(super) fn send_ping(&mut self, id: LinkId, kind: MessageKind) {
        let Some(link) = self.links.get(&id) else { return };
        if let Some(at) = link.peer.filter(|_| !link.inbound && kind == MessageKind::Ping) {
            self.peers[at].ping_sent = self.now;
        }
        let chosen = self.choose_gossip();
        let mut ping = Ping {
            gossip: chosen.into_iter().map(|at| self.gossip_of(at)).collect(),
            extensions: Vec::new(),
        };
        let mut flags = MessageFlags::default();
        if !self.myself().hostname.is_empty() {
            ping.extensions.push(Extension::hostname(&self.myself().hostname));
            flags.set(MessageFlags::EXTENSIONS);
        }
        let body = match kind {
            MessageKind::Pong => Body::Pong(ping),
            MessageKind::Meet => Body::Meet(ping),
            _ => Body::Ping(ping),
        };
        let message = Message {
            header: self.header(flags),
            body,
        };
        self.send_message(id, message);
    }

    /// A tenth of all, three at least, by chance; and every one that is suspected.
    fn choose_gossip(&mut self) -> Vec<At> {
        let total = self.order.len();
        let mut fresh = total.saturating_sub(2);
        let wanted = (total / 10).max(3).min(fresh);
        let mut chosen = Vec::new();
        for _ in 0..wanted * 3 {
            if fresh == 0 || chosen.len() >= wanted {
                break;
            }
            let at = self.any_peer();
            let peer = &self.peers[at];
            if at == self.me || peer.is(NodeFlags::PFAIL) {
                continue;
            }
            let unfit = peer.is(NodeFlags::HANDSHAKE.with(NodeFlags::NO_ADDRESS));
            if unfit || (peer.link.is_none() && peer.slot_count == 0) {
                fresh -= 1;
                continue;
            }
            if !chosen.contains(&at) {
                chosen.push(at);
                fresh -= 1;
            }
        }
        if self.suspects > 0 {
            let suspected = self.places().into_iter().filter(|at| {
                let peer = &self.peers[*at];
                peer.is(NodeFlags::PFAIL) && !peer.is(NodeFlags::HANDSHAKE.with(NodeFlags::NO_ADDRESS))
            });
            chosen.extend(suspected.take(self.suspects));
        }
        chosen
    }

    fn gossip_of(&self, at: At) -> Gossip {
        let peer = &self.peers[at];
        Gossip {
            node: peer.id,
            ping_sent: u32::try_from(peer.ping_sent / 1_000).unwrap_or(u32::MAX),
            pong_received: u32::try_from(peer.pong_received / 1_000).unwrap_or(u32::MAX),
            ip: IpText::new(&peer.ip),
            port: peer.port,
            bus_port: peer.bus_port,
            flags: peer.flags,
            other_port: peer.other_port,
            reserved: 0,
        }
    }

    /// Sends a pong to all that there is a connection to, so that they see how this node stands (`clusterBroadcastPong`).
    pub(super) fn broadcast_pong(&mut self) {
        self.send_pongs(|_, _| true);
    }

    /// Sends a pong to the replicas of the same master.
    pub(super) fn pong_siblings(&mut self) {
        self.send_pongs(|node, at| {
            let (peer, me) = (&node.peers[at], node.myself());
            peer.is_replica()
                && peer.replica_of.is_some()
                && (peer.replica_of == Some(node.me) || peer.replica_of == me.replica_of)
        });
    }

    fn send_pongs(&mut self, wanted: impl Fn(&Self, At) -> bool) {
        for at in self.places() {
            let peer = &self.peers[at];
            if at == self.me || peer.is(NodeFlags::HANDSHAKE) || !wanted(self, at) {
                continue;
            }
            if let Some(link) = peer.link {
                self.send_ping(link, MessageKind::Pong);
            }
        }
    }

    /// Sends a message to the nodes of the same shard.
    pub(super) fn send_to_shard(&mut self, body: &Body) {
        let Some(master) = self.master_of(self.me) else { return };
        let mut shard = self.peers[master].replicas.clone();
        shard.push(master);
        for at in shard {
            if at == self.me || self.peers[at].is(NodeFlags::HANDSHAKE) {
                continue;
            }
            if let Some(link) = self.peers[at].link {
                self.send(link, body.clone(), MessageFlags::default());
            }
        }
    }

    /// `clusterProcessGossipSection`.
    pub(super) fn take_gossip(&mut self, sender: Option<At>, gossips: &[Gossip]) {
        for gossip in gossips {
            match self.lookup(&gossip.node) {
                Some(at) => self.take_gossip_of_known(sender, at, gossip),
                None => self.take_gossip_of_unknown(sender, gossip),
            }
        }
    }

    fn take_gossip_of_known(&mut self, sender: Option<At>, at: At, gossip: &Gossip) {
        let down = gossip.flags.any(DOWN);
        if let Some(sender) = sender.filter(|sender| self.may_report(*sender) && at != self.me) {
            match down {
                true => {
                    self.add_report(at, sender);
                    self.fail_if_agreed(at);
                }
                false => self.withdraw_report(at, sender),
            }
        }
        if !down && self.peers[at].ping_sent == 0 && self.count_reports(at) == 0 {
            let heard = u64::from(gossip.pong_received) * 1_000;
            let peer = &mut self.peers[at];
            // Clocks of others may be ahead by a little.
            if heard <= self.now.saturating_add(500) && heard > peer.pong_received {
                peer.pong_received = heard;
            }
        }
        let peer = &self.peers[at];
        let ip = gossip.ip.text();
        let elsewhere = !peer.ip.eq_ignore_ascii_case(&ip)
            || (peer.port, peer.other_port, peer.bus_port) != (gossip.port, gossip.other_port, gossip.bus_port);
        if peer.is(DOWN) && !down && !gossip.flags.any(NodeFlags::NO_ADDRESS) && elsewhere && at != self.me {
            let ip = ip.into_owned();
            self.move_peer(at, ip, gossip.port, gossip.other_port, gossip.bus_port);
        }
    }

    fn take_gossip_of_unknown(&mut self, sender: Option<At>, gossip: &Gossip) {
        let Some(sender) = sender else { return };
        if gossip.flags.any(NodeFlags::NO_ADDRESS) || !gossip.node.is_valid() || self.is_forgotten(&gossip.node) {
            return;
        }
        // Nobody else says of a node that it is this one, or is to be met by this one.
        let strange = NodeFlags::MYSELF.with(NodeFlags::MEET).with(NodeFlags::HANDSHAKE);
        let Some(at) = self.add_peer(gossip.node, gossip.flags.without(strange)) else {
            return;
        };
        let peer = &mut self.peers[at];
        peer.ip = gossip.ip.text().into_owned();
        peer.port = gossip.port;
        peer.other_port = gossip.other_port;
        peer.bus_port = gossip.bus_port;
        self.trace(|node| Trace::NodeAdded {
            node: gossip.node,
            by: node.peers[sender].id,
        });
    }

    /// A peer is elsewhere: its connection is closed, so that the next is made to where it is.
    pub(super) fn move_peer(&mut self, at: At, ip: String, port: u16, other_port: u16, bus_port: u16) {
        if let Some(link) = self.peers[at].link {
            self.close_link(link);
        }
        let peer = &mut self.peers[at];
        peer.ip = ip;
        peer.port = port;
        peer.other_port = other_port;
        peer.bus_port = bus_port;
        peer.clear(NodeFlags::NO_ADDRESS);
        self.trace(|node| Trace::AddressChanged {
            node: node.peers[at].id,
            ip: node.peers[at].ip.clone(),
            port,
        });
    }
}
