//! A sentinel as a machine of the world: its connections and its disk.

use alloc::collections::{BTreeMap, VecDeque};
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt::Write as _;

use quorate::resp::{Bytes, Value};
use quorate::sentinel::{
    Config as CoreConfig, Error as SentinelError, Event, EventKind, LinkId, MasterConfig, MasterStatus, Output,
    Sentinel, Status, Ticket, Timing,
};

use super::config::SentinelConfig;
use super::payload::{self, ASK, Body, MESSAGE, kind_of};
use super::{
    Fact, Numbers, SENTINEL_PORT, SERVER_PORT, clock_ms, group_name, group_named, host, node_at, node_of, run_id, send,
    text,
};
use crate::config::Config;
use crate::error::Error;
use crate::event::What;
use crate::network::Address;
use crate::payload::{Effects, MessageKind};
use crate::random::Random;
use crate::time::Time;

/// A connection that it opened.
#[derive(Clone, Debug)]
struct Opened {
    link: LinkId,
    to: Address,
    stands: bool,
    waiting: Vec<Vec<Bytes>>,
}

/// A connection that somebody opened to it.
#[derive(Clone, Debug)]
struct Peer {
    address: Address,
    /// What it was asked and has not answered: which command, and about which group if votes are asked for.
    asked: VecDeque<(MessageKind, Option<u64>)>,
}

#[derive(Clone, Debug)]
struct Life {
    sentinel: Sentinel,
    opened: BTreeMap<u64, Opened>,
    links: BTreeMap<LinkId, u64>,
    peers: BTreeMap<u64, Peer>,
    /// What the operator was answered.
    answer: Option<Value>,
}

/// A sentinel with its disk.
#[derive(Clone, Debug)]
pub(crate) struct Watcher {
    pub(super) id: u64,
    seed: u64,
    config: SentinelConfig,
    life: Option<Life>,
    lines: Vec<String>,
    writing: VecDeque<(Ticket, Vec<String>)>,
    lives: u64,
    /// By how many milliseconds its clock is ahead.
    pub(super) ahead_ms: i64,
    numbers: Numbers,
    /// How often it told of what.
    told: BTreeMap<EventKind, u64>,
}

/// Who sits at the machine.
const OPERATOR: u64 = u64::MAX;

impl Watcher {
    /// A sentinel that is down, and knows the first masters.
    pub(super) fn new(id: u64, config: &Config, settings: &SentinelConfig) -> Self {
        Self {
            id,
            seed: config.seed,
            config: settings.clone(),
            life: None,
            lines: Vec::new(),
            writing: VecDeque::new(),
            lives: 0,
            ahead_ms: 0,
            numbers: Numbers::of(Address::Node(id)),
            told: BTreeMap::new(),
        }
    }

    pub(super) fn sentinel(&self) -> Option<&Sentinel> {
        self.life.as_ref().map(|life| &life.sentinel)
    }

    pub(super) fn status(&self) -> Option<Status> {
        self.sentinel().map(Sentinel::status)
    }

    pub(super) fn master(&self, group: &str) -> Option<MasterStatus> {
        let status = self.status()?;
        status.masters.into_iter().find(|master| master.name == group)
    }

    pub(super) fn clock_ms(&self, now: Time) -> i64 {
        clock_ms(now, self.ahead_ms)
    }

    /// How often it told of that.
    pub(super) fn told(&self, kind: EventKind) -> u64 {
        self.told.get(&kind).copied().unwrap_or(0)
    }

    pub(super) fn lines(&self) -> &[String] {
        &self.lines
    }

    fn core_config(&self) -> CoreConfig {
        let settings = &self.config;
        let ms = |time: Time| (time / 1_000).cast_signed();
        let narrow = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
        let masters = (0..settings.groups).map(|group| MasterConfig {
            down_after: ms(settings.down_after),
            failover_timeout: ms(settings.failover_timeout),
            parallel_syncs: narrow(settings.parallel_syncs),
            ..MasterConfig::new(
                &group_name(group),
                &host(settings.first_master(group)),
                SERVER_PORT,
                narrow(settings.quorum),
            )
        });
        let seed = self.seed ^ (self.id << 16 | self.lives).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        CoreConfig {
            ip: host(self.id),
            port: SENTINEL_PORT,
            profile: settings.profile,
            masters: masters.collect(),
            timing: Timing {
                ping: ms(settings.ping_period),
                info: ms(settings.info_period),
                ask: ms(settings.ask_period),
                publish: ms(settings.publish_period),
                tilt_trigger: ms(settings.tilt_trigger),
                tilt_period: ms(settings.tilt_period),
                ..Timing::default()
            },
            ..CoreConfig::new(&run_id(self.id, 0), seed)
        }
    }

    // ---- inputs

    pub(super) fn start(&mut self, now: Time, effects: &mut Effects) -> Result<(), Error> {
        self.lives += 1;
        #[cfg(feature = "broken-rules")]
        if self.config.broken.contains(&super::config::BrokenSentinel::ForgetVote) {
            self.lines
                .retain(|line| !line.contains(" leader-epoch ") && !line.contains(" current-epoch "));
        }
        #[cfg_attr(not(feature = "broken-rules"), allow(unused_mut))]
        let mut lines = self.lines.clone();
        #[cfg(feature = "broken-rules")]
        {
            use super::config::BrokenSentinel as Broken;
            if self.config.broken.contains(&Broken::LoseLines) {
                lines.retain(|line| !line.contains(" known-sentinel "));
            }
        }
        let cannot_start = |error: SentinelError| Error::CannotStart {
            node: self.id,
            reason: error.to_string(),
        };
        let sentinel = Sentinel::new(self.core_config(), &lines, self.clock_ms(now)).map_err(cannot_start)?;
        let sorted = |mut lines: Vec<String>| {
            lines.sort_unstable();
            lines
        };
        if self.has_whole_lines() && sorted(sentinel.lines()) != sorted(self.lines.clone()) {
            let text = alloc::format!("wrote {:?}, read {:?}", self.lines, sentinel.lines());
            effects.sentinel.push(Fact::Broken(text));
        }
        effects.see(|| What::Started { node: self.id });
        self.life = Some(Life {
            sentinel,
            opened: BTreeMap::new(),
            links: BTreeMap::new(),
            peers: BTreeMap::new(),
            answer: None,
        });
        self.settle(now, effects);
        Ok(())
    }

    /// Whether the disk holds all that was written.
    fn has_whole_lines(&self) -> bool {
        #[cfg(feature = "broken-rules")]
        if self.config.broken.contains(&super::config::BrokenSentinel::ForgetVote) {
            return false;
        }
        !self.lines.is_empty()
    }

    pub(super) fn crash(&mut self, random: &mut Random, torn: bool, effects: &mut Effects) {
        // A new file takes the place of the old one, or does not.
        let reached = random.below(2) == 1;
        if let Some((_, lines)) = self.writing.pop_front()
            && torn
            && reached
        {
            self.lines = lines;
        }
        self.stop(effects);
    }

    fn stop(&mut self, effects: &mut Effects) {
        self.writing.clear();
        let Some(life) = self.life.take() else {
            return;
        };
        for (connection, opened) in &life.opened {
            send(opened.to, *connection, Body::Close, effects);
        }
        for (connection, peer) in &life.peers {
            send(peer.address, *connection, Body::Close, effects);
        }
        effects.see(|| What::Crashed { node: self.id });
    }

    pub(super) fn wipe(&mut self) {
        self.lines.clear();
    }

    pub(super) fn tick_after(&self) -> Time {
        let period = self.sentinel().map_or(100, Sentinel::tick_period);
        period.max(1).cast_unsigned() * 1_000
    }

    pub(super) fn tick(&mut self, now: Time, effects: &mut Effects) {
        let clock = self.clock_ms(now);
        if let Some(life) = &mut self.life {
            life.sentinel.tick(clock);
        }
        self.settle(now, effects);
    }

    pub(super) fn durable(&mut self, now: Time, effects: &mut Effects) {
        let Some((ticket, lines)) = self.writing.pop_front() else {
            return;
        };
        effects.see(|| What::Durable { node: self.id });
        self.lines = lines;
        self.persisted(ticket, effects);
        self.settle(now, effects);
    }

    fn persisted(&mut self, ticket: Ticket, effects: &mut Effects) {
        #[cfg(feature = "broken-rules")]
        if self
            .config
            .broken
            .contains(&super::config::BrokenSentinel::VoteBeforeDurable)
        {
            return;
        }
        if let Some(life) = &mut self.life
            && let Err(error) = life.sentinel.persisted(ticket)
        {
            effects.sentinel.push(Fact::Broken(error.to_string()));
        }
    }

    pub(super) fn deliver(&mut self, from: Address, payload: payload::Payload, now: Time, effects: &mut Effects) {
        let connection = payload.connection;
        let clock = self.clock_ms(now);
        let Some(life) = &mut self.life else {
            return;
        };
        let mut result = Ok(());
        match payload.body {
            Body::Connect => {
                let peer = Peer {
                    address: from,
                    asked: VecDeque::new(),
                };
                life.peers.insert(connection, peer);
                send(from, connection, Body::Accept, effects);
            }
            Body::Accept => match life.opened.get_mut(&connection) {
                Some(opened) => {
                    opened.stands = true;
                    for argv in core::mem::take(&mut opened.waiting) {
                        send(from, connection, Body::Command(argv), effects);
                    }
                    result = life.sentinel.connected(opened.link);
                }
                None => send(from, connection, Body::Close, effects),
            },
            Body::Close => {
                if let Some(opened) = life.opened.remove(&connection) {
                    life.links.remove(&opened.link);
                    result = life.sentinel.disconnected(opened.link);
                } else if life.peers.remove(&connection).is_some() {
                    life.sentinel.client_closed(connection);
                }
            }
            Body::Command(argv) => match life.peers.get_mut(&connection) {
                Some(peer) => {
                    let kind = kind_of(&argv);
                    let group = argv
                        .get(2)
                        .filter(|_| kind == ASK)
                        .and_then(|host| node_at(&text(host)));
                    let group = group
                        .and_then(|node| node.checked_sub(1))
                        .map(|node| node / self.config.servers);
                    peer.asked.push_back((kind, group));
                    let argv: Vec<&[u8]> = argv.iter().map(|word| &word[..]).collect();
                    life.sentinel.command(connection, &argv, clock);
                }
                None => send(from, connection, Body::Close, effects),
            },
            Body::Reply(_, value) => {
                if let Some(opened) = life.opened.get(&connection) {
                    result = life.sentinel.reply(opened.link, &value, clock);
                }
            }
            Body::Stream(_) => send(from, connection, Body::Close, effects),
        }
        match result {
            // Late news of a connection that it closed, and whose end was not told yet.
            Ok(()) | Err(SentinelError::UnknownLink(_)) => {}
            Err(error) => effects.sentinel.push(Fact::Broken(error.to_string())),
        }
        self.settle(now, effects);
    }

    /// What an operator says who sits at the machine; the answer, if it came at once.
    pub(super) fn command(&mut self, argv: &[Bytes], now: Time, effects: &mut Effects) -> Option<Value> {
        let clock = self.clock_ms(now);
        let argv: Vec<&[u8]> = argv.iter().map(|word| &word[..]).collect();
        let life = self.life.as_mut()?;
        life.answer = None;
        life.sentinel.command(OPERATOR, &argv, clock);
        self.settle(now, effects);
        self.life.as_mut()?.answer.take()
    }

    // ---- outputs

    fn settle(&mut self, now: Time, effects: &mut Effects) {
        while let Some(output) = self.life.as_mut().and_then(|life| life.sentinel.poll()) {
            self.carry_out(output, now, effects);
        }
    }

    fn carry_out(&mut self, output: Output, now: Time, effects: &mut Effects) {
        let Some(life) = &mut self.life else {
            return;
        };
        match output {
            Output::Connect { link, address, .. } => match node_at(address.target()) {
                Some(node) => {
                    let (to, connection) = (Address::Node(node), self.numbers.next());
                    let opened = Opened {
                        link,
                        to,
                        stands: false,
                        waiting: Vec::new(),
                    };
                    life.opened.insert(connection, opened);
                    life.links.insert(link, connection);
                    send(to, connection, Body::Connect, effects);
                }
                None => drop(life.sentinel.disconnected(link)),
            },
            Output::Close { link } => {
                if let Some(connection) = life.links.remove(&link)
                    && let Some(opened) = life.opened.remove(&connection)
                {
                    send(opened.to, connection, Body::Close, effects);
                }
            }
            Output::Send { link, argv } => {
                if let Some(connection) = life.links.get(&link)
                    && let Some(opened) = life.opened.get_mut(connection)
                {
                    match opened.stands {
                        true => send(opened.to, *connection, Body::Command(argv), effects),
                        false => opened.waiting.push(argv),
                    }
                }
            }
            Output::Persist { ticket, lines } => {
                self.writing.push_back((ticket, lines));
                effects.writes += 1;
                #[cfg(feature = "broken-rules")]
                if self
                    .config
                    .broken
                    .contains(&super::config::BrokenSentinel::VoteBeforeDurable)
                {
                    let _ = life.sentinel.persisted(ticket);
                }
            }
            Output::Reply { client, value } => self.reply(client, value, effects),
            Output::Event(event) => self.tell(event, effects),
            Output::Exit { .. } => self.stop(effects),
            Output::Resolve { host } => life.sentinel.resolved(&host, None, clock_ms(now, self.ahead_ms)),
            _ => {}
        }
    }

    fn reply(&mut self, client: u64, value: Value, effects: &mut Effects) {
        let Some(life) = &mut self.life else {
            return;
        };
        if client == OPERATOR {
            life.answer = Some(value);
            return;
        }
        let Some(peer) = life.peers.get_mut(&client) else {
            return;
        };
        let is_message = match &value {
            Value::Array(items) | Value::Push(items) => {
                matches!(items.first(), Some(Value::BulkString(word)) if word.ends_with(b"message"))
            }
            _ => false,
        };
        let (kind, group) = match is_message {
            true => (MESSAGE, None),
            false => peer.asked.pop_front().unwrap_or((payload::COMMAND, None)),
        };
        if let (Some(group), Value::Array(items)) = (group, &value)
            && let [_, Value::BulkString(leader), Value::Integer(epoch)] = &items[..]
            && &leader[..] != b"*"
        {
            let (leader, epoch) = (text(leader), epoch.cast_unsigned());
            effects.sentinel.push(Fact::Voted { group, leader, epoch });
        }
        send(peer.address, client, Body::Reply(kind, value), effects);
    }

    fn tell(&mut self, event: Event, effects: &mut Effects) {
        let Event {
            kind, message, master, ..
        } = event;
        *self.told.entry(kind).or_insert(0) += 1;
        if kind == EventKind::VoteForLeader
            && let Some((leader, epoch)) = message.split_once(' ')
            && let (Some(group), Ok(epoch)) = (master.as_deref().and_then(group_named), epoch.parse())
        {
            let leader = leader.to_string();
            effects.sentinel.push(Fact::Voted { group, leader, epoch });
        }
        let node = self.id;
        effects.see(|| What::Told {
            node,
            channel: kind.name(),
            text: message,
        });
        effects.sentinel.push(Fact::Told { kind, group: master });
    }

    /// What is worth comparing, as text.
    pub(super) fn describe(&self, into: &mut String) {
        let Some(status) = self.status() else {
            let _ = writeln!(into, "sentinel {} down", self.id);
            return;
        };
        let _ = writeln!(
            into,
            "sentinel {} epoch {} tilt {} ahead {} writing {}",
            self.id,
            status.current_epoch,
            status.tilt_since.is_some(),
            self.ahead_ms,
            self.writing.len()
        );
        for master in &status.masters {
            let _ = writeln!(
                into,
                "{} {} now {} config {} vote {:?} {} failover {} of {} promoted {:?} {:?}",
                master.name,
                master.instance.address,
                master.current_address,
                master.config_epoch,
                master.leader,
                master.leader_epoch,
                master.failover_state.name(),
                master.failover_epoch,
                master.promoted,
                master.instance.flags
            );
            for replica in &master.replicas {
                let instance = &replica.instance;
                let _ = writeln!(into, "{} {:?} {}", instance.name, instance.flags, replica.offset);
            }
            for peer in &master.sentinels {
                let _ = writeln!(
                    into,
                    "{} {:?} {:?} {}",
                    peer.instance.name, peer.instance.flags, peer.leader, peer.leader_epoch
                );
            }
        }
        for line in &self.lines {
            let _ = writeln!(into, "{line}");
        }
    }
}

/// Whom a sentinel voted for, as it knows it itself.
pub(super) fn voted_for(master: &MasterStatus) -> Option<u64> {
    master.leader.as_deref().and_then(node_of)
}
