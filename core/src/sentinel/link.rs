//! Links: the connections to an instance, and what is known of how it answers.

use alloc::collections::VecDeque;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::address::is_ip;
use super::error::Error;
use super::hello::HELLO_CHANNEL;
use super::instance::{Flags, InstanceKind};
use super::server::{LinkId, Millis, NEVER, Output, Sentinel};
use super::trace::Trace;
use crate::resp::{Bytes, Value};

/// What a link is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum LinkKind {
    /// Commands and their replies.
    Command,
    /// A subscription to the channel of hellos.
    PubSub,
}

/// The connections to an instance (`instanceLink`). All entries of one sentinel, under whatever masters, share one.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Link {
    /// How many instances use it; 0 for a place that is free.
    pub(super) users: u32,
    /// One of the connections that should be there is not.
    pub(super) disconnected: bool,
    pub(super) command: Option<LinkId>,
    pub(super) pubsub: Option<LinkId>,
    /// The commands that wait for a reply, oldest first.
    pub(super) pending: VecDeque<Pending>,
    /// How many replies the subscription's connection owes before the messages begin.
    pub(super) pubsub_pending: u32,
    /// When the oldest PING without an answer was sent. At first, when the link was made: who never answers goes down too.
    pub(super) act_ping: Option<Millis>,
    pub(super) last_ping: Millis,
    /// The last answer to a PING that says that the instance is available.
    pub(super) last_avail: Millis,
    /// The last answer to a PING, whatever it said.
    pub(super) last_pong: Millis,
    pub(super) command_since: Millis,
    pub(super) pubsub_since: Millis,
    pub(super) pubsub_activity: Millis,
    pub(super) last_reconnect: Millis,
    /// A name must be resolved before the connection is made.
    pub(super) resolving: bool,
}

impl Link {
    pub(super) fn new(now: Millis) -> Self {
        Self {
            users: 1,
            disconnected: true,
            command: None,
            pubsub: None,
            pending: VecDeque::new(),
            pubsub_pending: 0,
            act_ping: Some(now),
            last_ping: NEVER,
            last_avail: now,
            last_pong: now,
            command_since: NEVER,
            pubsub_since: NEVER,
            pubsub_activity: NEVER,
            last_reconnect: NEVER,
            resolving: false,
        }
    }

    /// How many commands wait for a reply, on both connections.
    pub(super) fn pending_commands(&self) -> u32 {
        u32::try_from(self.pending.len())
            .unwrap_or(u32::MAX)
            .saturating_add(self.pubsub_pending)
    }
}

/// A command that waits for its reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Pending {
    pub(super) kind: PendingKind,
    /// Which entry it was sent for, and its serial number: the reply is void if the entry is gone.
    pub(super) owner: usize,
    pub(super) serial: u64,
}

/// What is done with the reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) enum PendingKind {
    Ping,
    Info,
    Hello,
    Ask,
    Ignore,
}

impl Sentinel {
    pub(super) fn find_link(&self, id: LinkId) -> Result<(usize, LinkKind), Error> {
        match self.open.binary_search_by_key(&id, |entry| entry.0) {
            Ok(at) => Ok((self.open[at].1, self.open[at].2)),
            Err(_) => Err(Error::UnknownLink(id)),
        }
    }

    // ---- opening

    /// Opens what is missing, if the last try is long enough ago (`sentinelReconnectInstance`).
    pub(super) fn reconnect(&mut self, index: usize, now: Millis) {
        let instance = &self.instances[index];
        let link = &mut self.links[instance.link];
        // Port 0 stands for an address that is not valid.
        if !link.disconnected
            || instance.address.port == 0
            || now.saturating_sub(link.last_reconnect) < self.config.timing.ping
        {
            return;
        }
        link.last_reconnect = now;
        if link.command.is_none() && !is_ip(&instance.address.host) {
            // Where a name leads to may have changed.
            link.resolving = true;
            let host = instance.address.host.clone();
            self.ask_name(&host);
            return;
        }
        self.connect(index, now);
    }

    pub(super) fn connect(&mut self, index: usize, now: Millis) {
        let place = self.instances[index].link;
        let kind = self.instances[index].kind;
        if self.links[place].command.is_none() {
            let id = self.open_connection(index, LinkKind::Command);
            let link = &mut self.links[place];
            link.command = Some(id);
            link.pending.clear();
            link.pubsub_pending = 0;
            link.command_since = now;
            self.log_in(index, LinkKind::Command);
            self.send_ping(index, now);
        }
        if kind != InstanceKind::Sentinel && self.links[place].pubsub.is_none() {
            let id = self.open_connection(index, LinkKind::PubSub);
            let link = &mut self.links[place];
            link.pubsub = Some(id);
            link.pubsub_since = now;
            self.log_in(index, LinkKind::PubSub);
            let argv = [self.renamed(index, "SUBSCRIBE"), HELLO_CHANNEL.into()];
            self.send_pubsub(place, Vec::from(argv));
        }
        self.links[place].disconnected = false;
    }

    fn open_connection(&mut self, index: usize, kind: LinkKind) -> LinkId {
        let id = self.next_link;
        self.next_link += 1;
        let instance = &self.instances[index];
        self.open.push((id, instance.link, kind));
        let output = Output::Connect {
            link: id,
            address: instance.address.clone(),
            kind,
            instance: instance.kind,
        };
        self.push(output);
        id
    }

    /// Says who comes (`sentinelSendAuthIfNeeded`, `sentinelSetClientName`).
    fn log_in(&mut self, index: usize, kind: LinkKind) {
        let instance = &self.instances[index];
        let place = instance.link;
        let (user, pass) = if instance.kind != InstanceKind::Sentinel {
            let config = &self.groups[instance.group].config;
            (&config.auth_user, &config.auth_pass)
        } else if self.config.sentinel_pass.is_some() {
            (&self.config.sentinel_user, &self.config.sentinel_pass)
        } else {
            (&None, &self.config.requirepass)
        };
        let mut commands = Vec::new();
        if let Some(pass) = pass {
            let mut argv = Vec::from([self.renamed(index, "AUTH")]);
            argv.extend(user.as_deref().map(Bytes::from));
            argv.push(pass.as_str().into());
            commands.push(argv);
        }
        let suffix = match kind {
            LinkKind::Command => "cmd",
            LinkKind::PubSub => "pubsub",
        };
        let name = format!("sentinel-{}-{suffix}", self.config.id.get(..8).unwrap_or_default());
        commands.push(Vec::from([
            self.renamed(index, "CLIENT"),
            "SETNAME".into(),
            name.into(),
        ]));
        for argv in commands {
            match kind {
                LinkKind::Command => self.send(index, PendingKind::Ignore, argv),
                LinkKind::PubSub => {
                    self.links[place].pubsub_pending += 1;
                    self.send_pubsub(place, argv);
                }
            }
        }
    }

    // ---- sending

    /// What the command is called at that instance: `rename-command` of its group (`sentinelInstanceMapCommand`).
    pub(super) fn renamed(&self, index: usize, command: &str) -> Bytes {
        let renamed = &self.groups[self.instances[index].group].config.renamed_commands;
        let found = renamed.iter().find(|(from, _)| from.eq_ignore_ascii_case(command));
        found.map_or(command, |(_, to)| to).into()
    }

    /// Sends a command over the command link, if there is one.
    pub(super) fn send(&mut self, index: usize, kind: PendingKind, argv: Vec<Bytes>) {
        let instance = &self.instances[index];
        let link = &mut self.links[instance.link];
        let Some(id) = link.command else { return };
        link.pending.push_back(Pending {
            kind,
            owner: index,
            serial: instance.serial,
        });
        self.push(Output::Send { link: id, argv });
    }

    fn send_pubsub(&mut self, place: usize, argv: Vec<Bytes>) {
        if let Some(id) = self.links[place].pubsub {
            self.push(Output::Send { link: id, argv });
        }
    }

    // ---- closing

    pub(super) fn close_link(&mut self, place: usize) {
        self.close_connection(place, LinkKind::Command);
        self.close_connection(place, LinkKind::PubSub);
    }

    /// Closes one connection, if it is open (`instanceLinkCloseConnection`).
    pub(super) fn close_connection(&mut self, place: usize, kind: LinkKind) {
        let id = match kind {
            LinkKind::Command => self.links[place].command,
            LinkKind::PubSub => self.links[place].pubsub,
        };
        if let Some(id) = id {
            self.link_lost(place, kind);
            if !self.retract(id) {
                self.push(Output::Close { link: id });
            }
        }
    }

    /// A connection is there no longer (`instanceLinkConnectionError`).
    pub(super) fn link_lost(&mut self, place: usize, kind: LinkKind) {
        let link = &mut self.links[place];
        let id = match kind {
            LinkKind::Command => {
                link.pending.clear();
                link.command.take()
            }
            LinkKind::PubSub => {
                link.pubsub_pending = 0;
                link.pubsub.take()
            }
        };
        link.disconnected = true;
        if let Some(id) = id
            && let Ok(at) = self.open.binary_search_by_key(&id, |entry| entry.0)
        {
            self.open.remove(at);
        }
        self.touch_users(place);
    }

    /// Something happened to the link, so that its users must be looked at in the next tick.
    pub(super) fn touch_users(&mut self, place: usize) {
        // Entries are few for one link and found by a scan of small numbers; it is rare, too.
        for (instance, due) in self.instances.iter().zip(&mut self.due) {
            if instance.link == place {
                *due = NEVER;
            }
        }
    }

    // ---- receiving

    pub(super) fn command_reply(&mut self, id: LinkId, place: usize, reply: &Value, now: Millis) -> Result<(), Error> {
        let Some(pending) = self.links[place].pending.pop_front() else {
            return Err(Error::UnexpectedReply(id));
        };
        let owner = &self.instances[pending.owner];
        let owned = owner.live && owner.serial == pending.serial;
        match pending.kind {
            // It speaks of the link, whoever asked (`sentinelPingReplyCallback`).
            PendingKind::Ping => self.ping_reply(place, pending.owner, owned, reply, now),
            _ if !owned => {}
            PendingKind::Info => match reply {
                Value::BulkString(text) | Value::Verbatim { data: text, .. } => {
                    self.refresh_info(pending.owner, text, now);
                }
                _ => self.ignored(pending.owner, "INFO"),
            },
            PendingKind::Hello => {
                if !reply_is_error(reply) {
                    self.instances[pending.owner].last_pub = now;
                }
            }
            PendingKind::Ask => self.ask_reply(pending.owner, reply, now),
            PendingKind::Ignore => {}
        }
        Ok(())
    }

    pub(super) fn ignored(&mut self, index: usize, command: &str) {
        self.trace(|sentinel| Trace::ReplyIgnored {
            instance: sentinel.instances[index].name.clone(),
            command: command.into(),
        });
    }

    /// What is available, and what is only there (`sentinelPingReplyCallback`).
    fn ping_reply(&mut self, place: usize, index: usize, owned: bool, reply: &Value, now: Millis) {
        let (text, simple) = match reply {
            Value::SimpleString(text) | Value::SimpleError(text) | Value::BulkError(text) => (&text[..], true),
            _ => (&[][..], false),
        };
        let good = simple
            && [&b"PONG"[..], b"LOADING", b"MASTERDOWN"]
                .iter()
                .any(|word| text.starts_with(word));
        let link = &mut self.links[place];
        link.last_pong = now;
        if good {
            link.last_avail = now;
            let was_late = link.act_ping.take();
            if was_late.is_some_and(|sent| now.saturating_sub(sent) > self.config.timing.ping) {
                self.touch_users(place);
            }
        }
        if !owned {
            return;
        }
        let instance = &mut self.instances[index];
        if good {
            if text.starts_with(b"PONG") && instance.is(Flags::MASTER_REBOOT) {
                instance.flags.clear(Flags::MASTER_REBOOT);
                self.due[index] = NEVER;
            }
            if instance.is(Flags::S_DOWN) {
                self.due[index] = NEVER;
            }
            return;
        }
        if text.starts_with(b"BUSY") && instance.is(Flags::S_DOWN) && !instance.is(Flags::SCRIPT_KILL_SENT) {
            instance.flags |= Flags::SCRIPT_KILL_SENT;
            let argv = Vec::from([self.renamed(index, "SCRIPT"), "KILL".into()]);
            self.send(index, PendingKind::Ignore, argv);
        }
        self.trace(|sentinel| Trace::PongRefused {
            instance: sentinel.instances[index].name.clone(),
            reply: String::from_utf8_lossy(text).into_owned(),
        });
    }

    pub(super) fn pubsub_reply(&mut self, place: usize, reply: &Value, now: Millis) {
        let (Value::Array(items) | Value::Push(items)) = reply else {
            // Replies to what was said before the subscription.
            let link = &mut self.links[place];
            link.pubsub_pending = link.pubsub_pending.saturating_sub(1);
            return;
        };
        match &items[..] {
            [
                Value::BulkString(kind),
                Value::BulkString(_),
                Value::BulkString(payload),
            ] if &kind[..] == b"message" => {
                self.pubsub_message(place, payload, now);
            }
            _ => self.links[place].pubsub_activity = now,
        }
    }

    pub(super) fn pubsub_message(&mut self, place: usize, payload: &[u8], now: Millis) {
        // One's own hellos count too: they show that the link is alive.
        self.links[place].pubsub_activity = now;
        let own = payload.windows(40).any(|part| part == self.config.id.as_bytes());
        if own {
            // Every hello comes back to who sent it; that is no news.
            return;
        }
        self.hello(payload, now);
    }
}

/// Whether the reply is an error.
pub(super) fn reply_is_error(reply: &Value) -> bool {
    matches!(reply, Value::SimpleError(_) | Value::BulkError(_))
}
