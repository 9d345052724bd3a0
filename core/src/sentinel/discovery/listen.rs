//! Subscriptions at sentinels, by which changes are looked into at once.

use alloc::vec::Vec;

use super::super::{Address, LinkId, Millis};
use super::answers;
use super::machine::{Discovery, Link};
use super::output::{Purpose, Trace};

/// The channels that are subscribed to, by the names under which sentinels really publish.
pub const CHANNELS: [&str; 1] = ["+switch-master"];

/// Who is listened to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Listening {
    listeners: Vec<Listener>,
    /// Not before.
    next_at: Option<Millis>,
    /// How many attempts there were, so that each sentinel has its turn.
    attempts: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
struct Listener {
    link: LinkId,
    sentinel: Address,
    /// When the attempt to connect is given up.
    give_up_at: Option<Millis>,
}

impl Listening {
    pub(super) fn next_tick(&self) -> Option<Millis> {
        let opening = self.listeners.iter().filter_map(|listener| listener.give_up_at);
        opening.chain(self.next_at).min()
    }
}

impl Discovery {
    pub(super) fn listen_if_due(&mut self) {
        let wanted = self.config.listeners.min(self.rounds.sentinels.len());
        if self.listening.next_at.is_some_and(|at| self.now < at) {
            return;
        }
        self.listening.next_at = None;
        while self.listening.listeners.len() < wanted {
            let is_free = |sentinel: &&Address| {
                let mut listeners = self.listening.listeners.iter();
                !listeners.any(|listener| listener.sentinel.same(sentinel))
            };
            let free: Vec<&Address> = self.rounds.sentinels.iter().filter(is_free).collect();
            let Some(&sentinel) = free.get(self.listening.attempts % free.len().max(1)) else {
                return;
            };
            let sentinel = sentinel.clone();
            let address = self.config.reach(&sentinel);
            let link = self.open(Link::Listen, address, Purpose::Listen);
            self.listening.listeners.push(Listener {
                link,
                sentinel,
                give_up_at: Some(self.now.saturating_add(self.config.sentinel_timeout_ms)),
            });
        }
    }

    pub(super) fn listen_connected(&mut self, link: LinkId) {
        let mut listeners = self.listening.listeners.iter_mut();
        let listener = listeners.find(|listener| listener.link == link && listener.give_up_at.is_some());
        if let Some(listener) = listener {
            listener.give_up_at = None;
            let mut argv = Vec::from(["SUBSCRIBE"]);
            argv.extend(CHANNELS);
            self.send(link, &argv);
        }
    }

    /// The next sentinel is tried after a while.
    pub(super) fn listen_lost(&mut self, link: LinkId) {
        self.listening.listeners.retain(|listener| listener.link != link);
        self.listening.attempts = self.listening.attempts.wrapping_add(1);
        self.listening.next_at = Some(self.now.saturating_add(self.config.max_backoff_ms));
    }

    pub(super) fn expire_listeners(&mut self) {
        let late = |listener: &Listener| listener.give_up_at.is_some_and(|at| self.now >= at);
        let late: Vec<LinkId> = self
            .listening
            .listeners
            .iter()
            .filter(|listener| late(listener))
            .map(|listener| listener.link)
            .collect();
        for link in late {
            self.close(Some(link));
            self.listen_lost(link);
        }
    }

    /// A change was published. It is looked into, and not believed: the sentinel may have been cut off, and tell of what is long past.
    pub(super) fn heard(&mut self, link: LinkId, channel: &str, payload: &[u8]) {
        if channel != CHANNELS[0] {
            return;
        }
        let Some(switch) = answers::switch(payload) else {
            return;
        };
        if switch.name != self.config.name {
            let name = switch.name.into();
            self.trace(|| Trace::SwitchOfAnother { name });
            return;
        }
        let to = switch.to;
        if self.primary.as_ref().is_none_or(|known| known.same(&to)) {
            return;
        }
        self.trace(|| Trace::SwitchHeard { to });
        // Others may not know yet.
        let mut listeners = self.listening.listeners.iter();
        if let Some(listener) = listeners.find(|listener| listener.link == link) {
            self.rounds.put_first(&listener.sentinel);
        }
        self.check_primary();
    }
}
