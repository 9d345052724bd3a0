//! What can be asked about servers and sentinels.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::{String, ToString};

use quorate::sentinel::{EventKind, FailoverState, MasterStatus, Sentinel};

use super::redis::{Redis, role_name};
use super::site::{Site, or_none};
use super::watcher::{Watcher, voted_for};
use super::{group_named, node_at, yes_or_no};
use crate::predicate::list;

/// What can be asked, and how many arguments it takes.
pub(crate) const QUESTIONS: [(&str, usize); 34] = [
    ("master", 2),
    ("masters", 1),
    ("primaries", 1),
    ("sdown", 2),
    ("odown", 2),
    ("flags", 2),
    ("agree", 2),
    ("epoch", 1),
    ("config-epoch", 2),
    ("vote", 2),
    ("vote-epoch", 2),
    ("failover", 2),
    ("failover-epoch", 2),
    ("promoted", 2),
    ("elected", 1),
    ("elections", 1),
    ("tilt", 1),
    ("knows", 2),
    ("replicas", 2),
    ("told", 2),
    ("role", 1),
    ("follows", 1),
    ("link", 1),
    ("offset", 1),
    ("good", 1),
    ("priority", 1),
    ("value", 2),
    ("writes", 1),
    ("acknowledged", 0),
    ("replicated", 0),
    ("at-risk", 0),
    ("lost", 0),
    ("window", 0),
    ("refused", 0),
];

pub(crate) fn answer(site: &Site, words: &[&str]) -> Option<String> {
    if let [what, sentinel, group] = words
        && let Some(answer) = of_group(site, what, sentinel, group)
    {
        return answer;
    }
    let counts = || site.checker.ledger().counts();
    let live = |node: &str| server(site, node)?.server();
    Some(match words {
        ["masters", group] => {
            group_of(site, group)?;
            let masters = masters(site, group);
            list(masters.into_iter().map(|(node, _)| or_none(node)))
        }
        ["primaries", group] => {
            let group = group_of(site, group)?;
            let servers = site.servers.iter().filter(|server| server.group == group);
            let primaries = servers.filter(|server| server.server().is_some_and(|server| server.is_primary()));
            list(primaries.map(|server| server.id.to_string()))
        }
        ["sdown", sentinel, node] => {
            let node = node.parse().ok()?;
            yes_or_no(
                flags(watcher(site, sentinel)?, node)?
                    .split(',')
                    .any(|flag| flag == "s_down"),
            )
        }
        ["flags", sentinel, node] => flags(watcher(site, sentinel)?, node.parse().ok()?)?,
        ["epoch", sentinel] => or_none(watcher(site, sentinel)?.sentinel().map(Sentinel::current_epoch)),
        ["tilt", sentinel] => yes_or_no(watcher(site, sentinel)?.sentinel().is_some_and(Sentinel::in_tilt)),
        ["told", sentinel, event] => {
            let kind = EventKind::ALL.iter().find(|kind| kind.name() == *event)?;
            watcher(site, sentinel)?.told(*kind).to_string()
        }
        ["elected", group] => or_none(
            site.checker
                .leaders(group_of(site, group)?)
                .last()
                .map(|(_, node)| node),
        ),
        ["elections", group] => {
            let leaders = site.checker.leaders(group_of(site, group)?);
            list(leaders.map(|(epoch, node)| format!("{node}@{epoch}")))
        }
        ["role", node] => {
            let server = server(site, node)?.server();
            server
                .map_or("down", |server| role_name(server.is_primary()))
                .to_string()
        }
        ["follows", node] => or_none(server(site, node)?.follows()),
        ["link", node] => live(node)
            .map_or("down", |server| server.link_state().as_str())
            .to_string(),
        ["offset", node] => live(node).map_or(0, |server| server.history().offset).to_string(),
        ["good", node] => live(node).map_or(0, |server| server.good_replicas()).to_string(),
        ["priority", node] => live(node)?.config().priority.to_string(),
        ["value", node, key] => server(site, node)?.data().get(key).to_string(),
        ["writes", node] => server(site, node)?.data().writes.len().to_string(),
        ["acknowledged"] => counts().acknowledged.to_string(),
        ["replicated"] => counts().replicated.to_string(),
        ["at-risk"] => counts().at_risk.to_string(),
        ["lost"] => (counts().lost.saturating_sub(site.checker.revived(&site.servers) as u64)).to_string(),
        ["window"] => {
            let losses = site.checker.ledger().losses();
            losses
                .iter()
                .map(|loss| loss.window_ms())
                .max()
                .unwrap_or(0)
                .to_string()
        }
        ["refused"] => site
            .servers
            .iter()
            .map(|server| server.refused)
            .sum::<u64>()
            .to_string(),
        _ => return None,
    })
}

/// What a sentinel knows of a group; None if nothing of that name is asked so.
fn of_group(site: &Site, what: &str, sentinel: &str, group: &str) -> Option<Option<String>> {
    let about: fn(&MasterStatus) -> String = match what {
        "master" => |master| or_none(node_at(master.current_address.target())),
        "odown" => |master| yes_or_no(master.instance.flags.iter().any(|flag| flag == "o_down")),
        "agree" => |master| master.agree.to_string(),
        "config-epoch" => |master| master.config_epoch.to_string(),
        "vote" => |master| or_none(voted_for(master)),
        "vote-epoch" => |master| master.leader_epoch.to_string(),
        "failover" => |master| master.failover_state.name().to_string(),
        "failover-epoch" => |master| master.failover_epoch.to_string(),
        "promoted" => |master| or_none(promoted(master)),
        "knows" => |master| master.sentinels.len().to_string(),
        "replicas" => |master| master.replicas.len().to_string(),
        _ => return None,
    };
    let known = group_of(site, group).and(watcher(site, sentinel));
    Some(known.map(|watcher| watcher.master(group).as_ref().map_or_else(|| "none".to_string(), about)))
}

fn promoted(master: &MasterStatus) -> Option<u64> {
    let name = master.promoted.as_ref()?;
    let replica = master.replicas.iter().find(|replica| replica.instance.name == *name)?;
    node_at(replica.instance.address.target())
}

fn group_of(site: &Site, name: &str) -> Option<u64> {
    let group = group_named(name)?;
    site.groups().any(|(known, _)| known == group).then_some(group)
}

fn watcher<'a>(site: &'a Site, word: &str) -> Option<&'a Watcher> {
    site.sentinel(word.parse().ok()?)
}

fn server<'a>(site: &'a Site, word: &str) -> Option<&'a Redis> {
    site.server(word.parse().ok()?)
}

/// The flags that a sentinel has for a machine.
fn flags(watcher: &Watcher, node: u64) -> Option<String> {
    let status = watcher.status()?;
    let instances = status.masters.iter().flat_map(|master| {
        let replicas = master.replicas.iter().map(|replica| &replica.instance);
        let sentinels = master.sentinels.iter().map(|sentinel| &sentinel.instance);
        core::iter::once(&master.instance).chain(replicas).chain(sentinels)
    });
    let mut found = instances.filter(|instance| node_at(instance.address.target()) == Some(node));
    found.next().map(|instance| instance.flags.join(","))
}

/// Whom the sentinels that are up hold for the master, and as of which epoch.
fn masters(site: &Site, group: &str) -> BTreeSet<(Option<u64>, u64)> {
    let known = site.sentinels.iter().filter_map(|watcher| watcher.master(group));
    known
        .map(|master| (node_at(master.current_address.target()), master.config_epoch))
        .collect()
}

/// Everybody is up and well, all sentinels agree who is master of each group, and all other servers of it follow that one and have what
/// it has.
pub(super) fn converged(site: &Site) -> bool {
    site.groups().all(|(group, name)| {
        let masters = masters(site, &name);
        let [(Some(master), _)] = masters.iter().copied().collect::<alloc::vec::Vec<_>>()[..] else {
            return false;
        };
        let Some(first) = site.server(master).filter(|server| server.group == group) else {
            return false;
        };
        let follows = |server: &Redis| {
            let Some(live) = server.server() else {
                return false;
            };
            let right = match server.id == master {
                true => live.is_primary(),
                false => server.follows() == Some(master) && live.link_is_up(),
            };
            right && server.data() == first.data()
        };
        site.servers.iter().filter(|server| server.group == group).all(follows)
            && site.sentinels.iter().all(|watcher| is_calm(site, watcher, &name))
    })
}

/// It knows everybody, and finds nothing wrong.
fn is_calm(site: &Site, watcher: &Watcher, group: &str) -> bool {
    let Some(master) = watcher.master(group) else {
        return false;
    };
    let servers = site.servers.len() / site.groups().count().max(1);
    let well = |flags: &[String]| flags.iter().all(|flag| flag != "s_down" && flag != "o_down");
    master.failover_state == FailoverState::None
        && master.replicas.len() + 1 == servers
        && master.sentinels.len() + 1 == site.sentinels.len()
        && well(&master.instance.flags)
        && master.replicas.iter().all(|replica| well(&replica.instance.flags))
        && master.sentinels.iter().all(|sentinel| well(&sentinel.instance.flags))
        && !watcher.sentinel().is_none_or(Sentinel::in_tilt)
}
