//! Storms over a Raft group: its settings, and faults for it.

use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;

use quorate::raft::{ConfChangeKind, ConfChangeSingle, ConfChangeTransition};

use super::action::RaftAction;
use super::config::{RaftConfig, Reads};
use crate::action::Action;
use crate::config::Config;
use crate::kind::Setup;
use crate::network::{Address, Rule};
use crate::operation::Op;
use crate::payload::MessageKind;
use crate::storm::{Draw, Fault, Pace, Storm};
use crate::time::{MILLISECOND, SECOND, Time};

/// How long it storms.
pub(crate) const LASTS: Time = 2 * SECOND;

/// How long it may take in the calm until everything is right.
pub(crate) const PATIENCE: Time = 10 * SECOND;

/// The storm of a seed. One in eight is a whirl.
pub(crate) fn draw(seed: u64) -> Storm {
    let mut draw = Draw::new(seed);
    if seed.is_multiple_of(8) {
        return whirl(&mut draw, seed);
    }
    let config = config(&mut draw, seed);
    let pace = Pace {
        lasts: LASTS,
        calm: [40, 100, 200],
        fault: 600 * MILLISECOND,
    };
    let actions = draw.faults(&config, pace, fault);
    Storm { config, actions }
}

/// One machine after the other leads for a moment, and often what it appends reaches nobody. So the same indices are filled in many
/// terms, as in figure 3.7 of Ongaro's dissertation. Entries travel one by one, that one may arrive and the next may not.
fn whirl(draw: &mut Draw, seed: u64) -> Storm {
    let group = RaftConfig {
        nodes: 3,
        // Nobody stands for election of itself before the next is told to.
        election_ticks: 30,
        max_message_size: 0,
        ..RaftConfig::default()
    };
    let config = Config {
        seed,
        disk_jitter: draw.pick(&[0, 5 * MILLISECOND]),
        clients: draw.pick(&[0, 2]),
        ..group.into()
    };
    let mut actions = Vec::new();
    let mut at = 0;
    while at < LASTS - 200 * MILLISECOND {
        let node = draw.node(&config);
        let part = |draw: &mut Draw| draw.below(70 * MILLISECOND);
        let silent = if draw.one_in(2) { 0 } else { part(draw) };
        let again = 20 * MILLISECOND + draw.below(20 * MILLISECOND);
        let ends = 40 * MILLISECOND + part(draw);
        for (after, action) in [
            (0, Action::Restart(node)),
            (0, RaftAction::Timeout(node).into()),
            // It may have stood in a term that is taken.
            (again, RaftAction::Timeout(node).into()),
            (silent, silence(node, Some(Rule::Drop))),
            (ends, Action::Crash(node)),
            (ends, silence(node, None)),
        ] {
            actions.push((at + after, action));
        }
        at += ends + draw.below(20 * MILLISECOND);
    }
    actions.sort_by_key(|(at, _)| *at);
    actions.extend((1..=3).map(|node| (LASTS, Action::Restart(node))));
    Storm { config, actions }
}

/// What a machine appends reaches nobody, or does again.
fn silence(node: u64, rule: Option<Rule>) -> Action {
    let (kind, from, to) = (MessageKind::named("App"), Vec::from([Address::Node(node)]), Vec::new());
    match rule {
        Some(rule) => Action::Rule { rule, kind, from, to },
        None => Action::Release { kind, from, to },
    }
}

fn config(draw: &mut Draw, seed: u64) -> Config {
    let nodes = draw.pick(&[3, 5]);
    let reads = draw.pick(&[Reads::Index, Reads::Index, Reads::Log]);
    let spares = draw.pick(&[0, 0, 0, 2]);
    let (prevote, check_quorum) = (draw.one_in(2), draw.one_in(2));
    let group = RaftConfig {
        nodes,
        spares,
        // Without either, a machine that is removed and knows nothing of it drives up the terms of learners, which a leader never
        // hears of: they stay behind for ever, and that is as it is (rule 6 of `docs/raft.md`).
        prevote: prevote || (spares > 0 && !check_quorum),
        check_quorum,
        step_down_on_removal: draw.one_in(3),
        forwarding: !draw.one_in(4),
        reads,
        max_message_size: draw.pick(&[1 << 20, 1 << 20, 64, 0]),
        max_inflight: draw.pick(&[256, 256, 4, 1]),
        snapshot_every: draw.pick(&[0, 0, 5, 20]),
        snapshot_keep: draw.pick(&[0, 2, 10]),
        ..RaftConfig::default()
    };
    let world = Config {
        seed,
        latency: draw.pick(&[MILLISECOND, 5 * MILLISECOND]),
        jitter: draw.pick(&[MILLISECOND, 10 * MILLISECOND, 40 * MILLISECOND]),
        loss: draw.pick(&[0, 10_000, 50_000, 150_000]),
        duplicates: draw.pick(&[0, 10_000, 100_000]),
        reordering: draw.pick(&[0, 10_000, 100_000]),
        disk: draw.pick(&[0, MILLISECOND, 10 * MILLISECOND]),
        disk_jitter: draw.pick(&[0, MILLISECOND, 20 * MILLISECOND]),
        ..Config::default()
    };
    let group = RaftConfig {
        wire: draw.one_in(4),
        ..group
    };
    Config {
        clients: draw.pick(&[2, 3, 4]),
        keys: draw.pick(&[1, 2]),
        think: draw.pick(&[20 * MILLISECOND, 80 * MILLISECOND]),
        timeout: draw.pick(&[100 * MILLISECOND, 300 * MILLISECOND]),
        setup: Setup::Raft(group),
        ..world
    }
}

/// A fault, and what ends it.
fn fault(draw: &mut Draw, config: &Config) -> Fault {
    let Setup::Raft(group) = &config.setup else {
        return (Vec::new(), None);
    };
    let (node, other) = (draw.node(config), draw.node(config));
    let (one, two) = (Address::Node(node), Address::Node(other));
    let time = draw.below(80 * MILLISECOND);
    match draw.below(26) {
        0..5 => (Vec::from([Action::Crash(node)]), Some(Action::Restart(node))),
        // Right after something was proposed, writes are under way.
        5 => {
            let op = put(draw);
            let actions = Vec::from([RaftAction::Propose { node, op }.into(), Action::Crash(node)]);
            (actions, Some(Action::Restart(node)))
        }
        6..9 => (Vec::from([draw.partition(config)]), Some(Action::Heal)),
        9..11 => (
            Vec::from([Action::Cut { from: one, to: two }]),
            Some(Action::Mend { from: one, to: two }),
        ),
        11..13 => (Vec::from([Action::Pause(node)]), Some(Action::Resume(node))),
        13 => {
            let slow = |by| Action::Slow { address: one, by };
            (Vec::from([slow(time)]), Some(slow(0)))
        }
        14 => {
            let slow = |by| Action::SlowDisk { node, by };
            (Vec::from([slow(time)]), Some(slow(0)))
        }
        15 => {
            let parts_per_million = draw.below(400_000) as i64 - 200_000;
            (
                Vec::from([Action::Drift {
                    node,
                    parts_per_million,
                }]),
                None,
            )
        }
        16..18 => (Vec::from([RaftAction::Timeout(node).into()]), None),
        18 => (Vec::from([RaftAction::Transfer { node, to: other }.into()]), None),
        19 => (Vec::from([RaftAction::Snapshot(node).into()]), None),
        20 => (Vec::from([draw.surgery(one, two)]), None),
        21 => {
            let kind = MessageKind::named(draw.pick(&["App", "AppResp", "VoteResp", "Heartbeat", "Snap"]));
            let (from, to) = (Vec::from([one]), Vec::from([two]));
            let rule = draw.pick(&[Rule::Drop, Rule::Hold, Rule::Delay(time)]);
            let rule = Action::Rule {
                rule,
                kind,
                from: from.clone(),
                to: to.clone(),
            };
            (Vec::from([rule]), Some(Action::Release { kind, from, to }))
        }
        22 => (Vec::from([RaftAction::ForgetLeader(node).into()]), None),
        23 if group.spares == 0 => {
            let op = put(draw);
            (Vec::from([RaftAction::Propose { node, op }.into()]), None)
        }
        _ if group.spares > 0 => (change(draw, config), None),
        _ => (
            Vec::from([RaftAction::Timeout(node).into(), RaftAction::Timeout(other).into()]),
            None,
        ),
    }
}

fn put(draw: &mut Draw) -> Op {
    Op::Put {
        key: "k1".to_string(),
        value: format!("p{},", draw.below(1 << 40)),
    }
}

/// A change that whoever leads is asked for, for nobody knows who that will be.
fn change(draw: &mut Draw, config: &Config) -> Vec<Action> {
    let count = 1 + draw.below(3);
    let mut changes: Vec<ConfChangeSingle> = Vec::new();
    for _ in 0..count {
        let node_id = draw.node(config);
        let kind = draw.pick(&[
            ConfChangeKind::AddNode,
            ConfChangeKind::AddNode,
            ConfChangeKind::AddLearnerNode,
            ConfChangeKind::RemoveNode,
        ]);
        if changes.iter().all(|change| change.node_id != node_id) {
            changes.push(ConfChangeSingle { kind, node_id });
        }
    }
    let transition = draw.pick(&[
        ConfChangeTransition::Auto,
        ConfChangeTransition::Auto,
        ConfChangeTransition::JointImplicit,
    ]);
    let node = draw.node(config);
    Vec::from([RaftAction::Change {
        node,
        transition,
        changes,
    }
    .into()])
}
