//! Connections to other nodes' buses, and from them (`clusterLink`).

use alloc::string::String;
use alloc::vec::Vec;

use super::machine::{LinkId, Millis, Node};
use super::output::Output;
use super::peer::At;
use crate::cluster::bus::{Body, BusDecoder, Message, MessageFlags, MessageKind, NodeFlags};

/// So many messages wait for a connection to stand; with one more it is given up.
const MAX_WAITING: usize = 1_024;

#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Link {
    /// Who is at the other end, if it is known.
    pub(super) peer: Option<At>,
    pub(super) inbound: bool,
    pub(super) created: Millis,
    /// Whether it stands.
    pub(super) up: bool,
    pub(super) peer_ip: String,
    pub(super) own_ip: String,
    pub(super) decoder: BusDecoder,
    /// What is sent once it stands.
    pub(super) waiting: Vec<Message>,
}

impl Node {
    /// Opens a connection to a peer (`clusterNodeCronHandleReconnect`).
    pub(super) fn open_link(&mut self, at: At) {
        let link = self.new_link(Some(at), false);
        self.peers[at].link = Some(link);
        self.push(Output::Connect {
            link,
            ip: self.peers[at].ip.clone(),
            port: self.peers[at].bus_port,
        });
    }

    pub(super) fn new_link(&mut self, peer: Option<At>, inbound: bool) -> LinkId {
        let link = self.next_link;
        self.next_link += 1;
        let peer_ip = peer.map(|at| self.peers[at].ip.clone()).unwrap_or_default();
        self.links.insert(
            link,
            Link {
                peer,
                inbound,
                created: self.now,
                up: inbound,
                peer_ip,
                own_ip: String::new(),
                decoder: BusDecoder::new(self.config.max_message),
                waiting: Vec::new(),
            },
        );
        link
    }

    /// `clusterLinkConnectHandler`.
    pub(super) fn link_is_up(&mut self, id: LinkId) {
        let Some(link) = self.links.get_mut(&id) else { return };
        link.up = true;
        let waiting = core::mem::take(&mut link.waiting);
        let Some(at) = link.peer.filter(|_| !link.inbound) else {
            return;
        };
        for message in waiting {
            self.push(Output::Send { link: id, message });
        }
        let pinged = self.peers[at].ping_sent;
        let kind = match self.peers[at].is(NodeFlags::MEET) {
            true => MessageKind::Meet,
            false => MessageKind::Ping,
        };
        self.send_ping(id, kind);
        if pinged != 0 {
            // A ping that was under way when the connection broke still waits for its pong.
            self.peers[at].ping_sent = pinged;
        }
        self.peers[at].clear(NodeFlags::MEET);
    }

    /// Closes a connection of ours (`freeClusterLink`).
    pub(super) fn close_link(&mut self, id: LinkId) {
        if self.drop_link(id) {
            self.push(Output::Close { link: id });
        }
    }

    /// A connection is gone. Says whether it was there.
    pub(super) fn drop_link(&mut self, id: LinkId) -> bool {
        let Some(link) = self.links.remove(&id) else {
            return false;
        };
        if let Some(at) = link.peer {
            let peer = &mut self.peers[at];
            peer.link = peer.link.filter(|known| *known != id);
            peer.inbound = peer.inbound.filter(|known| *known != id);
        }
        true
    }

    /// It is known from now on who is at the other end (`setClusterNodeToInboundClusterLink`).
    pub(super) fn name_link(&mut self, id: LinkId, at: At) {
        if let Some(old) = self.peers[at].inbound {
            self.close_link(old);
        }
        if let Some(link) = self.links.get_mut(&id) {
            link.peer = Some(at);
            self.peers[at].inbound = Some(id);
        }
    }

    /// Sends a message, or keeps it until the connection stands (`clusterSendMessage`).
    pub(super) fn send(&mut self, id: LinkId, body: Body, flags: MessageFlags) {
        let message = Message {
            header: self.header(flags),
            body,
        };
        self.send_message(id, message);
    }

    pub(super) fn send_message(&mut self, id: LinkId, message: Message) {
        let Some(link) = self.links.get_mut(&id) else { return };
        self.sent[message.body.kind() as usize] += 1;
        if link.up {
            return self.push(Output::Send { link: id, message });
        }
        link.waiting.push(message);
        if link.waiting.len() > MAX_WAITING {
            self.close_link(id);
        }
    }

    /// Sends a message to every peer that there is a connection to (`clusterBroadcastMessage`).
    pub(super) fn broadcast(&mut self, body: &Body, flags: MessageFlags) {
        let message = Message {
            header: self.header(flags),
            body: body.clone(),
        };
        for at in self.places() {
            let peer = &self.peers[at];
            if peer.is(NodeFlags::MYSELF.with(NodeFlags::HANDSHAKE)) {
                continue;
            }
            if let Some(link) = peer.link {
                self.send_message(link, message.clone());
            }
        }
    }
}
