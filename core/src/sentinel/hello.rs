//! Hellos: how sentinels find each other, and how they come to agree on a master.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::events::EventKind;
use super::groups::NotMade;
use super::info::{leading_int, leading_u64};
use super::link::{LinkKind, PendingKind};
use super::server::{Millis, Sentinel};
use super::trace::{HelloRefusal, Trace};

/// The channel that hellos go over.
pub(super) const HELLO_CHANNEL: &str = "__sentinel__:hello";

/// What a sentinel tells of itself and of one master: eight parts with commas between them.
struct Hello<'a> {
    host: &'a str,
    port: i64,
    run_id: &'a str,
    current_epoch: u64,
    master: &'a str,
    master_host: &'a str,
    master_port: i64,
    config_epoch: u64,
}

impl<'a> Hello<'a> {
    fn parse(payload: &'a str) -> Option<Self> {
        let mut parts = payload.split(',');
        let mut next = || parts.next();
        let hello = Self {
            host: next()?,
            port: leading_int(next()?),
            run_id: next()?,
            current_epoch: leading_u64(next()?),
            master: next()?,
            master_host: next()?,
            master_port: leading_int(next()?),
            config_epoch: leading_u64(next()?),
        };
        next().is_none().then_some(hello)
    }
}

impl Sentinel {
    /// Tells an instance of this sentinel and of its master (`sentinelSendHello`).
    pub(super) fn send_hello(&mut self, index: usize) {
        let instance = &self.instances[index];
        let state = &self.groups[instance.group];
        let address = self.current_address(instance.group);
        let payload = format!(
            "{},{},{},{},{},{},{},{}",
            self.own_host(),
            self.config
                .announce_port
                .filter(|port| *port != 0)
                .unwrap_or(self.config.port),
            self.config.id,
            self.current_epoch,
            state.config.name,
            self.announced(address),
            address.port,
            state.config_epoch
        );
        let argv = Vec::from([self.renamed(index, "PUBLISH"), HELLO_CHANNEL.into(), payload.into()]);
        self.send(index, PendingKind::Hello, argv);
    }

    /// Everybody is told in the next tick (`sentinelForceHelloUpdateForMaster`).
    pub(super) fn force_hello(&mut self, group: usize) {
        let period = self.config.timing.publish + 1;
        let state = &self.groups[group];
        let all = [state.master].into_iter().chain(state.sentinels.iter().copied());
        let all: Vec<usize> = all.chain(state.replicas.iter().copied()).collect();
        for index in all {
            let instance = &mut self.instances[index];
            instance.last_pub = instance.last_pub.saturating_sub(period);
            self.due[index] = super::server::NEVER;
        }
    }

    /// `sentinelProcessHelloMessage`.
    pub(super) fn hello(&mut self, payload: &[u8], now: Millis) {
        let text = String::from_utf8_lossy(payload);
        let Some(hello) = Hello::parse(&text) else {
            return self.refuse_hello(&text, HelloRefusal::Malformed);
        };
        let Some(group) = self.find_master(hello.master) else {
            return self.refuse_hello(&text, HelloRefusal::UnknownMaster);
        };
        if hello.run_id == self.config.id {
            return self.refuse_hello(&text, HelloRefusal::Own);
        }
        let master = self.groups[group].master;
        let sender = self.meet(group, &hello, now);
        // This holds even if the sender cannot be known: epochs only rise.
        if hello.current_epoch > self.current_epoch {
            self.adopt_epoch(master, hello.current_epoch);
        }
        let Ok(sender) = sender else {
            return self.refuse_hello(&text, HelloRefusal::BadAddress);
        };
        self.instances[sender].peer.last_hello = now;
        let known = self.groups[group].config_epoch;
        // Equal epochs never overwrite each other.
        if hello.config_epoch <= known {
            if hello.config_epoch < known {
                self.trace(|sentinel| Trace::HelloNotNewer {
                    master: sentinel.groups[group].config.name.clone(),
                    epoch: hello.config_epoch,
                    known,
                });
            }
            return;
        }
        self.groups[group].config_epoch = hello.config_epoch;
        let address = &self.instances[master].address;
        if hello.master_port == i64::from(address.port) && self.same_host(address, hello.master_host) {
            return;
        }
        let old = address.clone();
        let about = self.describe(sender);
        self.event(EventKind::ConfigUpdateFrom, Some(sender), about);
        let port = u16::try_from(hello.master_port).unwrap_or(0);
        self.tell_switch(group, hello.master_host.to_owned(), port);
        if self.change_master_address(group, hello.master_host, hello.master_port, now) {
            let new = self.instances[master].address.clone();
            self.client_reconfig(group, "observer", &old, &new);
        }
    }

    fn refuse_hello(&mut self, payload: &str, reason: HelloRefusal) {
        self.trace(|_| Trace::HelloIgnored {
            payload: payload.to_owned(),
            reason,
        });
    }

    /// The entry of whoever sent the hello; made, or made anew where it has moved.
    fn meet(&mut self, group: usize, hello: &Hello<'_>, now: Millis) -> Result<usize, NotMade> {
        if let Some(index) = self.find_sentinel(group, hello.run_id) {
            let address = &self.instances[index].address;
            if hello.port == i64::from(address.port) && self.same_host(address, hello.host) {
                return Ok(index);
            }
        }
        let master = self.groups[group].master;
        let moved = self.remove_sentinel(group, hello.run_id);
        if moved {
            let message = format!(
                "{} ip {} port {} for {}",
                self.describe(master),
                hello.host,
                hello.port,
                hello.run_id
            );
            self.event(EventKind::SentinelAddressSwitch, Some(master), message);
        } else {
            self.drop_sentinel_at(group, hello.host, hello.port);
        }
        let index = self.add_sentinel(group, hello.run_id, hello.host, hello.port, now)?;
        if !moved {
            let about = self.describe(index);
            self.event(EventKind::Sentinel, Some(index), about);
        }
        self.share_link(index);
        if moved {
            self.update_sentinel_address(index);
        }
        self.flush();
        Ok(index)
    }

    /// Another sentinel is said to be where one was: that one is forgotten, under all masters.
    fn drop_sentinel_at(&mut self, group: usize, host: &str, port: i64) {
        let at_that_address = self.groups[group].sentinels.iter().copied().find(|&index| {
            let address = &self.instances[index].address;
            i64::from(address.port) == port && self.same_host(address, host)
        });
        let Some(other) = at_that_address else { return };
        let about = self.describe(other);
        self.event(EventKind::SentinelInvalidAddr, Some(other), about);
        let run_id = self.instances[other].run_id.clone();
        for at in 0..self.masters.len() {
            self.remove_sentinel(self.masters[at], &run_id);
        }
    }

    /// A sentinel has moved, and so it has under all other masters (`sentinelUpdateSentinelAddressInAllMasters`).
    fn update_sentinel_address(&mut self, index: usize) {
        let (run_id, address) = (
            self.instances[index].run_id.clone(),
            self.instances[index].address.clone(),
        );
        let mut others = 0;
        for at in 0..self.masters.len() {
            let Some(twin) = self.find_sentinel(self.masters[at], &run_id) else {
                continue;
            };
            let link = self.instances[twin].link;
            self.close_connection(link, LinkKind::Command);
            self.close_connection(link, LinkKind::PubSub);
            if twin != index {
                self.instances[twin].address = address.clone();
                others += 1;
            }
        }
        if others > 0 {
            let message = format!("{} {others} additional matching instances", self.describe(index));
            self.event(EventKind::SentinelAddressUpdate, Some(index), message);
        }
    }
}
