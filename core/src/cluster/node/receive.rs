//! What a message changes (`clusterProcessPacket`).

use alloc::borrow::ToOwned;
use alloc::string::String;

use super::config::Profile;
use super::machine::{LinkId, Node};
use super::output::Output;
use super::peer::At;
use super::trace::Trace;
use crate::cluster::bus::{Body, Header, Message, MessageFlags, MessageKind, NodeFlags, Ping};

impl Node {
    pub(super) fn process(&mut self, link: LinkId, message: &Message) {
        self.received[message.body.kind() as usize] += 1;
        let sender = self.sender(link, &message.header);
        if let Some(at) = sender {
            self.peers[at].data_received = self.now;
            if !self.peers[at].is(NodeFlags::HANDSHAKE) {
                self.take_epochs(at, &message.header);
            }
        }
        match &message.body {
            Body::Ping(ping) | Body::Pong(ping) | Body::Meet(ping) => {
                self.take_ping(link, sender, &message.header, ping, message.body.kind());
            }
            body => {
                // Whoever is not known has nothing to say.
                if let Some(at) = sender {
                    self.take_other(link, at, &message.header, body);
                }
            }
        }
    }

    /// Whose message it is: whoever the connection is known to lead to, or whoever it says (`getNodeFromLinkAndMsg`).
    fn sender(&mut self, id: LinkId, header: &Header) -> Option<At> {
        let link = self.links.get(&id)?;
        if let Some(at) = link.peer.filter(|at| !self.peers[*at].is(NodeFlags::HANDSHAKE)) {
            return Some(at);
        }
        let nameless = link.peer.is_none();
        let sender = self.lookup(&header.sender)?;
        if nameless {
            self.name_link(id, sender);
        }
        Some(sender)
    }

    fn take_epochs(&mut self, sender: At, header: &Header) {
        self.current_epoch = self.current_epoch.max(header.current_epoch);
        let peer = &mut self.peers[sender];
        peer.offset = header.offset;
        if header.config_epoch > peer.config_epoch {
            peer.config_epoch = header.config_epoch;
            self.todo.save = true;
            self.todo.fsync = true;
            self.check_overtaken(sender, header);
        }
        let waits = self.manual.end != 0 && self.manual.offset.is_none();
        let paused = header.message_flags.has(MessageFlags::PAUSED);
        if waits && paused && self.myself().is_replica() && self.myself().replica_of == Some(sender) {
            self.manual.offset = Some(header.offset);
            self.todo.manual_failover = true;
            self.trace(|_| Trace::ManualFailoverOffset { offset: header.offset });
        }
    }

    /// An election that another won cannot be won any more: Valkey begins the next at once, Redis waits for the timeout.
    fn check_overtaken(&mut self, sender: At, header: &Header) {
        let claims = header.replica_of.is_none() && header.config_epoch >= self.election.epoch;
        if self.config.profile == Profile::Valkey && self.election.sent && self.election.time != 0 && claims {
            self.election.time = 0;
            self.todo.failover = true;
            self.trace(|node| Trace::ElectionOvertaken {
                by: node.peers[sender].id,
                epoch: header.config_epoch,
            });
        }
    }

    fn take_ping(&mut self, id: LinkId, sender: Option<At>, header: &Header, ping: &Ping, kind: MessageKind) {
        if kind != MessageKind::Pong {
            self.take_question(id, sender, header, ping, kind);
        }
        let Some(link) = self.links.get(&id) else { return };
        let target = link.peer.filter(|_| !link.inbound);
        if let Some(target) = target
            && !self.check_name(id, target, sender, header)
        {
            return;
        }
        if let Some(at) = sender {
            let peer = &mut self.peers[at];
            peer.flags = peer.flags.without(NodeFlags::NO_FAILOVER);
            peer.set(NodeFlags(header.flags.0 & NodeFlags::NO_FAILOVER.0));
            if kind == MessageKind::Ping && !peer.is(NodeFlags::HANDSHAKE) {
                self.take_address(id, at, header);
            }
        }
        if kind == MessageKind::Pong
            && let Some(target) = target
        {
            self.answered(target);
        }
        let Some(at) = sender else { return };
        self.take_role(at, header);
        self.take_slots(at, header);
        if self.myself().is_master() && self.peers[at].is_master() && header.config_epoch == self.myself().config_epoch
        {
            self.settle_collision(at);
        }
        self.take_gossip(sender, &ping.gossip);
        if at != self.me {
            // Whoever says no hostname has none.
            let hostname = ping
                .extensions
                .iter()
                .filter_map(|extension| extension.as_hostname())
                .next_back();
            let hostname = hostname.filter(|name| is_hostname(name));
            self.peers[at].hostname = hostname.map(|name| name.into_owned()).unwrap_or_default();
        }
    }

    /// A ping or a meet: it is answered, and a meet makes its sender known.
    fn take_question(&mut self, id: LinkId, sender: Option<At>, header: &Header, ping: &Ping, kind: MessageKind) {
        let Some(link) = self.links.get(&id) else { return };
        let (own_ip, peer_ip) = (link.own_ip.clone(), link.peer_ip.clone());
        let meet = kind == MessageKind::Meet;
        // Whoever meets this node used its right address; a ping is better than nothing.
        let learns = (meet || self.myself().ip.is_empty()) && self.config.announce_ip.is_empty();
        if learns && !own_ip.is_empty() && own_ip != self.myself().ip {
            self.peers[self.me].ip = own_ip;
            self.todo.save = true;
        }
        if meet && sender.is_none() {
            let id = self.random_id();
            if let Some(at) = self.add_peer(id, NodeFlags::HANDSHAKE) {
                let peer = &mut self.peers[at];
                peer.ip = announced(header, &peer_ip);
                peer.port = header.port;
                peer.other_port = header.other_port;
                peer.bus_port = header.bus_port;
                self.todo.save = true;
            }
            self.take_gossip(None, &ping.gossip);
        }
        self.send_ping(id, MessageKind::Pong);
    }

    /// What answers on a connection of ours tells who is there. Says whether the message counts.
    fn check_name(&mut self, id: LinkId, target: At, sender: Option<At>, header: &Header) -> bool {
        if self.peers[target].is(NodeFlags::HANDSHAKE) {
            if let Some(known) = sender {
                // It was met under another address, perhaps.
                self.take_address(id, known, header);
                self.remove_peer(target);
                return false;
            }
            if !self.rename_peer(target, header.sender) {
                self.remove_peer(target);
                return false;
            }
            let role = NodeFlags(header.flags.0 & NodeFlags::MASTER.with(NodeFlags::REPLICA).0);
            self.peers[target].clear(NodeFlags::HANDSHAKE);
            self.peers[target].set(role);
            self.todo.save = true;
            self.trace(|_| Trace::HandshakeCompleted { node: header.sender });
            return true;
        }
        if self.peers[target].id == header.sender {
            return true;
        }
        // Somebody else lives there now.
        let peer = &mut self.peers[target];
        peer.set(NodeFlags::NO_ADDRESS);
        peer.ip = String::new();
        peer.port = 0;
        peer.other_port = 0;
        peer.bus_port = 0;
        self.close_link(id);
        self.todo.save = true;
        false
    }

    /// `nodeUpdateAddressIfNeeded`.
    fn take_address(&mut self, id: LinkId, at: At, header: &Header) {
        let Some(link) = self.links.get(&id).filter(|_| self.peers[at].link != Some(id)) else {
            return;
        };
        let ip = announced(header, &link.peer_ip);
        let peer = &self.peers[at];
        let same = (peer.port, peer.other_port, peer.bus_port) == (header.port, header.other_port, header.bus_port);
        if ip.is_empty() || at == self.me || (same && peer.ip == ip) {
            return;
        }
        self.move_peer(at, ip, header.port, header.other_port, header.bus_port);
        self.todo.save = true;
        self.todo.update_state = true;
        if self.myself().replica_of == Some(at) {
            self.replicate(at);
        }
    }

    fn take_slots(&mut self, sender: At, header: &Header) {
        let Some(master) = self.master_of(sender) else { return };
        if self.peers[master].slots == header.slots {
            return;
        }
        if self.peers[sender].is_master() {
            self.take_claim(sender, header.config_epoch, &header.slots);
        }
        self.correct_claim(sender, header.config_epoch, &header.slots);
    }

    fn take_other(&mut self, link: LinkId, sender: At, header: &Header, body: &Body) {
        match body {
            Body::Fail { node } => {
                if let Some(at) = self.lookup(node) {
                    self.take_fail(at, sender);
                }
            }
            Body::Publish { channel, message } | Body::PublishShard { channel, message } => {
                self.push(Output::Published {
                    channel: channel.to_owned(),
                    message: message.to_owned(),
                    sharded: matches!(body, Body::PublishShard { .. }),
                });
            }
            Body::AuthRequest => self.vote_if_due(sender, header),
            Body::AuthAck => self.take_vote(sender, header),
            Body::ManualFailoverStart => self.pause_for(link, sender),
            Body::Update {
                config_epoch,
                node,
                slots,
            } => {
                let Some(at) = self.lookup(node) else { return };
                if self.peers[at].config_epoch >= *config_epoch {
                    return;
                }
                self.set_as_master(at);
                self.peers[at].config_epoch = *config_epoch;
                self.todo.save = true;
                self.todo.fsync = true;
                self.take_claim(at, *config_epoch, slots);
            }
            Body::Module { module, kind, payload } => self.push(Output::ModuleMessage {
                from: self.peers[sender].id,
                module: *module,
                kind: *kind,
                payload: payload.to_owned(),
            }),
            _ => {}
        }
    }
}

/// Where the sender is: what it announces, or where it connects from (`nodeIp2String`).
fn announced(header: &Header, peer_ip: &str) -> String {
    match header.ip.is_empty() {
        true => peer_ip.to_owned(),
        false => header.ip.text().into_owned(),
    }
}

/// The characters that a server takes in a hostname, so that it cannot break the lines of the file.
fn is_hostname(name: &str) -> bool {
    name.len() <= 255
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.')
}
