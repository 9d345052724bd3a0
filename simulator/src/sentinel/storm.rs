//! Storms over servers and sentinels: their settings, and faults for them.

use alloc::string::ToString;
use alloc::vec::Vec;

use quorate::sentinel::Profile;

use super::action::SentinelAction;
use super::config::SentinelConfig;
use crate::action::Action;
use crate::config::Config;
use crate::kind::Setup;
use crate::network::{Address, Rule};
use crate::payload::MessageKind;
use crate::storm::{Draw, Fault, Pace, Storm};
use crate::time::{MILLISECOND, SECOND, Time};

/// How long it is calm at first, until sentinels know each other and all replicas. Before that, nothing holds of them: each may believe
/// that it is a majority of one (redis/redis#6459), and nobody ever hears of a replica that was not known when its master died.
const CALM: Time = 5 * SECOND;

/// How long it storms, the time before counted.
pub(crate) const LASTS: Time = CALM + 12 * SECOND;

/// How long it may take in the calm until everything is right.
pub(crate) const PATIENCE: Time = 90 * SECOND;

/// The storm of a seed.
pub(crate) fn draw(seed: u64) -> Storm {
    let mut draw = Draw::new(seed);
    let config = config(&mut draw, seed);
    let pace = Pace {
        lasts: LASTS - CALM,
        calm: [300, 600, 1_500],
        fault: 4 * SECOND,
    };
    let actions = draw.faults(&config, pace, fault);
    let actions = actions.into_iter().map(|(at, action)| (CALM + at, action)).collect();
    Storm { config, actions }
}

/// Sentinels of storms do everything a few times faster than real ones, so that much happens in little time.
fn config(draw: &mut Draw, seed: u64) -> Config {
    let groups = draw.pick(&[1, 1, 1, 2]);
    let servers = draw.pick(&[2, 3, 3, 4]);
    let sentinels = draw.pick(&[3, 3, 5]);
    let settings = SentinelConfig {
        servers,
        sentinels,
        groups,
        quorum: draw.pick(&[1, 2, 2, 3]),
        down_after: draw.pick(&[500, 800, 1_500]) * MILLISECOND,
        failover_timeout: draw.pick(&[1_500, 3_000]) * MILLISECOND,
        parallel_syncs: draw.pick(&[1, 2]),
        profile: Profile::Strict,
        min_replicas_to_write: draw.pick(&[0, 0, 1, 2]).min(servers - 1),
        min_replicas_max_lag: draw.pick(&[1, 2, 3]),
        priorities: draw.pick(&[Vec::from([100]), Vec::from([100, 50, 100]), Vec::from([100, 0, 100])]),
        save_every: draw.pick(&[0, 100 * MILLISECOND, SECOND]),
        sync_delay: draw.pick(&[0, SECOND]),
        check_every: draw.pick(&[2 * SECOND, 10 * SECOND]),
        info_period: draw.pick(&[1_000, 2_000]) * MILLISECOND,
        ping_period: draw.pick(&[200, 500]) * MILLISECOND,
        ask_period: draw.pick(&[200, 1_000]) * MILLISECOND,
        publish_period: draw.pick(&[400, 1_000]) * MILLISECOND,
        tilt_trigger: 2 * SECOND,
        tilt_period: draw.pick(&[1_000, 4_000]) * MILLISECOND,
        ..SentinelConfig::default()
    };
    Config {
        seed,
        clients: draw.pick(&[1, 2, 3]),
        think: draw.pick(&[100 * MILLISECOND, 300 * MILLISECOND]),
        timeout: draw.pick(&[300 * MILLISECOND, SECOND]),
        latency: draw.pick(&[MILLISECOND, 5 * MILLISECOND]),
        jitter: draw.pick(&[MILLISECOND, 20 * MILLISECOND]),
        disk: draw.pick(&[0, MILLISECOND, 10 * MILLISECOND]),
        disk_jitter: draw.pick(&[0, 20 * MILLISECOND]),
        ..settings.into()
    }
}

/// A fault, and what ends it.
fn fault(draw: &mut Draw, config: &Config) -> Fault {
    let Setup::Sentinel(settings) = &config.setup else {
        return (Vec::new(), None);
    };
    let (node, other) = (draw.node(config), draw.node(config));
    let first = settings.all_servers() + 1;
    let sentinel = first + draw.below(settings.sentinels);
    // The first machines of groups are masters at the beginning, and so often what matters.
    let master = settings.first_master(draw.below(settings.groups));
    let (one, two) = (Address::Node(node), Address::Node(other));
    let time = draw.below(80 * MILLISECOND);
    match draw.below(26) {
        0..4 => (Vec::from([Action::Crash(node)]), Some(Action::Restart(node))),
        4..6 => (Vec::from([Action::Crash(master)]), Some(Action::Restart(master))),
        6..8 => (Vec::from([Action::Crash(sentinel)]), Some(Action::Restart(sentinel))),
        8..12 => (Vec::from([draw.partition(config)]), Some(Action::Heal)),
        12..14 => (
            Vec::from([Action::Cut { from: one, to: two }]),
            Some(Action::Mend { from: one, to: two }),
        ),
        14..16 => (Vec::from([Action::Pause(node)]), Some(Action::Resume(node))),
        16 => (Vec::from([Action::Pause(master)]), Some(Action::Resume(master))),
        17 => {
            let slow = |by| Action::Slow { address: one, by };
            (Vec::from([slow(time)]), Some(slow(0)))
        }
        18 => {
            let slow = |by| Action::SlowDisk { node: sentinel, by };
            (Vec::from([slow(4 * time)]), Some(slow(0)))
        }
        19 => {
            let parts_per_million = draw.below(200_000) as i64 - 100_000;
            let drift = Action::Drift {
                node: sentinel,
                parts_per_million,
            };
            (Vec::from([drift]), None)
        }
        20 => {
            let jump = SentinelAction::Clock {
                node: sentinel,
                back: draw.one_in(2),
                by: draw.below(6 * SECOND) / MILLISECOND * MILLISECOND,
            };
            (Vec::from([jump.into()]), None)
        }
        21 => {
            // Several masters at once, so that elections meet.
            let masters = (0..settings.groups).map(|group| settings.first_master(group));
            (masters.map(Action::Crash).collect(), Some(Action::Restart(master)))
        }
        22 => (Vec::from([draw.surgery(one, two)]), None),
        23 => {
            let kind = MessageKind::named(draw.pick(&["Ask", "AskReply", "Hello", "Stream", "Slaveof", "InfoReply"]));
            let (from, to) = (Vec::from([one]), Vec::from([two]));
            let rule = draw.pick(&[Rule::Hold, Rule::Delay(time)]);
            let rule = Action::Rule {
                rule,
                kind,
                from: from.clone(),
                to: to.clone(),
            };
            (Vec::from([rule]), Some(Action::Release { kind, from, to }))
        }
        24 => (
            Vec::from([Action::Crash(node), Action::Wipe(node)])
                .into_iter()
                .take(if node < first { 2 } else { 1 })
                .collect(),
            Some(Action::Restart(node)),
        ),
        _ => {
            let words = ["CONFIG", "SET", "replica-priority", draw.pick(&["1", "0", "100"])];
            let node = master + draw.below(settings.servers);
            let words = words.iter().map(ToString::to_string).collect();
            (Vec::from([SentinelAction::Command { node, words }.into()]), None)
        }
    }
}
