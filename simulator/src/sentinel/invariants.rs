//! What must hold of sentinels, of servers, and of what clients were promised.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use quorate::replication::{Ledger, ReplicationId, WriteStatus};
use quorate::sentinel::EventKind;

use super::redis::Redis;
use super::watcher::Watcher;
use super::{Fact, Write, group_name, group_named, node_of, write_name};
use crate::invariant::{Invariant, Violation};
use crate::network::Address;
use crate::time::{MILLISECOND, SECOND, Time, print_time};

/// What must hold of a world of Sentinel.
pub(crate) const ALL: [Invariant; 6] = [
    Invariant::OneLeader,
    Invariant::ConfigAgreement,
    Invariant::OneVote,
    Invariant::LedgerTruth,
    Invariant::BoundedLoss,
    Invariant::Fence,
];

/// When a server last heard of its replicas.
#[derive(Clone, Debug, Default)]
struct Ear {
    heard: BTreeMap<u64, Time>,
    ticked: Time,
}

#[derive(Clone, Debug)]
pub(crate) struct Checker {
    ledger: Ledger,
    executed: BTreeMap<Write, (u64, ReplicationId, u64)>,
    acknowledged: BTreeSet<Write>,
    /// How many losses were looked at.
    losses: usize,
    /// The writes that the ledger says are lost, as far as they were looked at.
    lost: BTreeSet<Write>,
    leaders: BTreeMap<(u64, u64), u64>,
    /// Failovers that somebody ordered: nobody was asked for votes.
    ordered: BTreeSet<(u64, u64, u64)>,
    settled: BTreeMap<(String, u64), (String, u64)>,
    votes: BTreeMap<(u64, u64, u64), String>,
    ears: BTreeMap<u64, Ear>,
    /// The first violation of each kind.
    found: Vec<Violation>,
}

impl Checker {
    pub(super) fn new() -> Self {
        Self {
            ledger: Ledger::new(),
            executed: BTreeMap::new(),
            acknowledged: BTreeSet::new(),
            losses: 0,
            lost: BTreeSet::new(),
            leaders: BTreeMap::new(),
            ordered: BTreeSet::new(),
            settled: BTreeMap::new(),
            votes: BTreeMap::new(),
            ears: BTreeMap::new(),
            found: Vec::new(),
        }
    }

    pub(super) fn found(&self) -> &[Violation] {
        &self.found
    }

    pub(super) fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// How many writes no server had any more, and one got later out of what was still on its way to it.
    pub(super) fn revived(&self, servers: &[Redis]) -> usize {
        let back = self
            .lost
            .iter()
            .filter(|write| holders(**write, servers).next().is_some());
        back.count()
    }

    /// Who was elected for a group, in the order of the epochs.
    pub(super) fn leaders(&self, group: u64) -> impl Iterator<Item = (u64, u64)> {
        let range = self.leaders.range((group, 0)..=(group, u64::MAX));
        range.map(|((_, epoch), node)| (*epoch, *node))
    }

    /// Somebody ordered a failover, in that epoch.
    pub(super) fn ordered(&mut self, node: u64, group: u64, epoch: u64) {
        self.ordered.insert((node, group, epoch));
    }

    fn violated(&mut self, invariant: Invariant, nodes: Vec<u64>, epoch: u64, text: String) {
        if self.found.iter().any(|violation| violation.invariant == invariant) {
            return;
        }
        self.found.push(Violation {
            invariant,
            nodes,
            term: epoch,
            index: 0,
            text,
        });
    }

    pub(super) fn look(&mut self, who: Address, facts: &[Fact], servers: &[Redis], watchers: &[Watcher], now: Time) {
        let node = match who {
            Address::Node(node) => node,
            Address::Client(_) => 0,
        };
        let ms = now / MILLISECOND;
        let mut replaced = Vec::new();
        for fact in facts {
            match fact {
                Fact::Executed { write, id, offset } => {
                    self.executed.insert(*write, (node, *id, *offset));
                    self.check_window(node, *write, servers, now);
                }
                Fact::Acknowledged(write) => {
                    self.acknowledged.insert(*write);
                    if let Some((server, id, offset)) = self.executed.get(write).copied() {
                        let _ = self.ledger.acknowledged(*write, server, id, offset, ms);
                        self.check_there(*write, servers);
                    }
                }
                Fact::Replaced(before) => replaced.push(before),
                Fact::At(history) => self.ledger.at(node, history, ms),
                Fact::Changed(history, cause) => self.ledger.changed(node, history, *cause, ms),
                Fact::Gone => self.ledger.gone(node, ms),
                Fact::Heard(connection) => {
                    self.ears.entry(node).or_default().heard.insert(*connection, now);
                }
                Fact::Ticked => self.ears.entry(node).or_default().ticked = now,
                Fact::Forgot => self.ears.entry(node).or_default().heard.clear(),
                Fact::Told { kind, group } => self.told(node, *kind, group.as_deref(), watchers),
                Fact::Voted { group, leader, epoch } => self.voted(node, *group, leader, *epoch),
                Fact::Broken(text) => self.violated(Invariant::Fence, Vec::from([node]), 0, text.clone()),
            }
        }
        for before in replaced {
            let after = server(servers, node).map(Redis::data);
            let gone: Vec<Write> = before
                .writes
                .iter()
                .filter(|write| self.acknowledged.contains(write) && self.executed.contains_key(write))
                .filter(|write| after.is_none_or(|after| !after.writes.contains(write)))
                .copied()
                .collect();
            for write in gone {
                self.check_there(write, servers);
            }
        }
        self.check_losses(servers);
    }

    // ---- writes

    /// A write that was acknowledged is somewhere, or the ledger says that it is lost.
    fn check_there(&mut self, write: Write, servers: &[Redis]) {
        let lost = matches!(self.ledger.status(write), Some(WriteStatus::Lost { .. }));
        if lost || holders(write, servers).next().is_some() {
            return;
        }
        let place = self
            .executed
            .get(&write)
            .map(|(node, id, offset)| format!("{id}:{offset} on node {node}"));
        let known = servers.iter().filter_map(|server| {
            let history = server.server()?.history();
            let second = history
                .second
                .map(|second| format!(" from {}:{}", second.id, second.offset));
            Some(format!(
                "{} at {}:{}{}",
                server.id,
                history.id,
                history.offset,
                second.unwrap_or_default()
            ))
        });
        let known: Vec<String> = known.collect();
        let text = format!(
            "{} was acknowledged at {}, no server has it, and the ledger does not know: {}",
            write_name(write),
            place.unwrap_or_default(),
            known.join(", ")
        );
        self.violated(Invariant::LedgerTruth, Vec::new(), 0, text);
    }

    /// What the ledger says is lost was acknowledged, and no server has it.
    fn check_losses(&mut self, servers: &[Redis]) {
        let losses = self.ledger.losses();
        if losses.len() == self.losses {
            return;
        }
        self.losses = losses.len();
        let new: Vec<Write> = self.ledger.lost().filter(|write| !self.lost.contains(write)).collect();
        self.lost.extend(&new);
        for write in new {
            let holder = holders(write, servers).next();
            let name = write_name(write);
            if !self.acknowledged.contains(&write) {
                let text = format!("the ledger lost {name}, which was never acknowledged");
                self.violated(Invariant::LedgerTruth, Vec::new(), 0, text);
            } else if let Some(node) = holder {
                let text = format!("the ledger lost {name}, which node {node} has");
                self.violated(Invariant::LedgerTruth, Vec::from([node]), 0, text);
            }
        }
    }

    /// A server that must have replicas takes no write for longer than it may be without word of them: the age that it accepts in whole
    /// seconds, one more for the second in which it counts, and one for the age of its last count.
    fn check_window(&mut self, node: u64, write: Write, servers: &[Redis], now: Time) {
        let Some(config) = server(servers, node)
            .and_then(Redis::server)
            .map(|server| server.config())
        else {
            return;
        };
        let (needed, lag) = (config.min_replicas_to_write, config.min_replicas_max_lag_s);
        let ear = self.ears.entry(node).or_default();
        // One that stood still counts when it goes on.
        let slept = now - ear.ticked > SECOND + 100 * MILLISECOND;
        if needed == 0 || lag == 0 || slept {
            return;
        }
        let mut heard: Vec<Time> = ear.heard.values().copied().collect();
        heard.sort_unstable_by(|one, two| two.cmp(one));
        let last = heard.get(usize::try_from(needed - 1).unwrap_or(usize::MAX)).copied();
        let window = (lag + 2) * SECOND + 10 * MILLISECOND;
        if last.is_some_and(|last| now - last <= window) {
            return;
        }
        let since = last.map_or_else(|| "never".into(), |last| format!("for {}", print_time(now - last)));
        let text = format!(
            "node {node} took {} and had {since} heard of {needed} replicas, where {lag}s are the most",
            write_name(write)
        );
        self.violated(Invariant::BoundedLoss, Vec::from([node]), 0, text);
    }

    // ---- sentinels

    fn told(&mut self, node: u64, kind: EventKind, group: Option<&str>, watchers: &[Watcher]) {
        let watcher = watchers.iter().find(|watcher| watcher.id == node);
        match kind {
            EventKind::ElectedLeader => {
                let Some(group) = group else {
                    return;
                };
                let epoch = watcher
                    .and_then(|watcher| watcher.master(group))
                    .map(|master| master.failover_epoch);
                if let (Some(epoch), Some(group)) = (epoch, group_named(group)) {
                    self.elected(node, group, epoch);
                }
            }
            EventKind::PromotedSlave | EventKind::SwitchMaster | EventKind::ConfigUpdateFrom => {
                let Some(status) = watcher.and_then(Watcher::status) else {
                    return;
                };
                for master in &status.masters {
                    if master.config_epoch > 0 && group.is_none_or(|group| group == master.name) {
                        let address = format!("{}", master.current_address);
                        self.settled(node, &master.name, master.config_epoch, address);
                    }
                }
            }
            _ => {}
        }
    }

    fn elected(&mut self, node: u64, group: u64, epoch: u64) {
        if self.ordered.contains(&(node, group, epoch)) {
            return;
        }
        let first = *self.leaders.entry((group, epoch)).or_insert(node);
        if first != node {
            let name = group_name(group);
            let text = format!("sentinels {first} and {node} both lead the failover of {name} in epoch {epoch}");
            self.violated(Invariant::OneLeader, Vec::from([first, node]), epoch, text);
        }
    }

    fn settled(&mut self, node: u64, group: &str, epoch: u64, address: String) {
        let entry = self.settled.entry((group.into(), epoch));
        let (first, by) = entry.or_insert_with(|| (address.clone(), node)).clone();
        if first != address {
            let text = format!(
                "in epoch {epoch} the master of {group} is {first} for sentinel {by} and {address} for sentinel {node}"
            );
            self.violated(Invariant::ConfigAgreement, Vec::from([by, node]), epoch, text);
        }
    }

    fn voted(&mut self, node: u64, group: u64, leader: &str, epoch: u64) {
        let first = self
            .votes
            .entry((node, group, epoch))
            .or_insert_with(|| leader.into())
            .clone();
        if !first.eq_ignore_ascii_case(leader) {
            let who = |run_id: &str| node_of(run_id).unwrap_or(0);
            let text = format!(
                "sentinel {node} voted for {} and for {} in epoch {epoch} of {}",
                who(&first),
                who(leader),
                group_name(group)
            );
            self.violated(Invariant::OneVote, Vec::from([node]), epoch, text);
        }
    }
}

fn server(servers: &[Redis], node: u64) -> Option<&Redis> {
    servers.get(usize::try_from(node).ok()?.checked_sub(1)?)
}

/// The servers that have a write; those that are down had it when they went.
fn holders(write: Write, servers: &[Redis]) -> impl Iterator<Item = u64> {
    let holds = servers
        .iter()
        .filter(move |server| server.data().writes.contains(&write));
    holds.map(|server| server.id)
}
