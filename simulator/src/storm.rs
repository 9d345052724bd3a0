//! Storms: a world and faults for it, drawn from a seed, and the calm in which everything must come right again.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use quorate::raft::{ConfChangeKind, ConfChangeSingle, ConfChangeTransition};

use crate::action::Action;
use crate::config::{Config, Reads};
use crate::error::Error;
use crate::machine::Kind;
use crate::network::{Address, Rule, Selector};
use crate::raft::Op;
use crate::raft::invariants::Violation;
use crate::random::Random;
use crate::time::{MILLISECOND, SECOND, Time, print_time};
use crate::world::World;

/// A world and what will be done to it, all of it drawn from a seed.
///
/// While the storm lasts anything may fail, and only safety is asked for. Then all faults end, and within [`Storm::PATIENCE`] the
/// group must have a leader whose log every member has applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Storm {
    /// What the world is made with.
    pub config: Config,
    /// What is done to it, in order of time. What cannot be done then is left out.
    pub actions: Vec<(Time, Action)>,
    /// When the calm comes.
    pub ends: Time,
}

/// How a storm ended.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// What did not hold.
    pub violations: Vec<Violation>,
    /// Whether the group came right in the calm.
    pub recovered: bool,
    /// How many events there were.
    pub events: u64,
    /// How many operations of clients were answered.
    pub answered: u64,
    /// The script that does all of it again.
    pub script: String,
    /// The hash of the state at the end.
    pub hash: u64,
}

impl Outcome {
    /// Whether everything held and came right.
    pub fn is_ok(&self) -> bool {
        self.violations.is_empty() && self.recovered
    }

    /// What was wrong, in words.
    pub fn text(&self) -> String {
        let mut text: Vec<String> = self
            .violations
            .iter()
            .map(|violation| format!("{}: {}", violation.invariant.name(), violation.text))
            .collect();
        if !self.recovered {
            text.push(format!(
                "in the calm, the group did not come right within {}",
                print_time(Storm::PATIENCE)
            ));
        }
        text.join("\n")
    }
}

impl Storm {
    /// How long the group may take in the calm.
    pub const PATIENCE: Time = 10 * SECOND;

    /// The storm of that seed.
    pub fn new(seed: u64) -> Self {
        let mut draw = Draw(Random::new(seed, 7));
        let config = draw.config(seed);
        let ends = 2 * SECOND;
        let mut actions = draw.actions(&config, ends);
        actions.sort_by_key(|(at, _)| *at);
        Self { config, actions, ends }
    }

    /// Lets it happen.
    ///
    /// # Errors
    /// [`Error::InvalidConfig`].
    pub fn run(&self) -> Result<Outcome, Error> {
        let mut world = World::new(self.config.clone())?;
        world.keep_no_checkpoints();
        for (at, action) in &self.actions {
            world.run_while_right(*at);
            // A machine that is down cannot crash, and so on: what cannot be done is left out.
            let _ = world.apply(action.clone());
            if !world.violations().is_empty() {
                break;
            }
        }
        world.run_while_right(self.ends);
        let safe = world.violations().is_empty();
        let recovered = !safe || calm_down(&mut world);
        let answered = world
            .history()
            .iter()
            .filter(|operation| operation.ended.is_some())
            .count() as u64;
        let mut script = world.to_script();
        script += "expect violations == none\n";
        if safe {
            script += "expect converged == yes\n";
        }
        Ok(Outcome {
            violations: world.violations().to_vec(),
            recovered,
            events: world.event_count(),
            answered,
            script,
            hash: world.state_hash(),
        })
    }

    /// The same storm with as few actions as still go wrong in the same way: one invariant that `outcome` shows is violated, or the
    /// group does not recover.
    ///
    /// # Errors
    /// [`Error::InvalidConfig`].
    pub fn shrunk(&self, outcome: &Outcome) -> Result<Self, Error> {
        let wrong = outcome.violations.first().map(|violation| violation.invariant);
        let goes_wrong = |storm: &Self| {
            storm.run().map(|found| match wrong {
                Some(invariant) => found
                    .violations
                    .iter()
                    .any(|violation| violation.invariant == invariant),
                None => !found.recovered,
            })
        };
        let mut best = self.clone();
        let mut part = best.actions.len().div_ceil(2);
        while part > 0 {
            let mut from = 0;
            while from < best.actions.len() {
                let mut fewer = best.clone();
                fewer.actions.drain(from..(from + part).min(best.actions.len()));
                if goes_wrong(&fewer)? {
                    best = fewer;
                } else {
                    from += part;
                }
            }
            part /= 2;
        }
        Ok(best)
    }
}

/// Ends all faults, and waits for the group to come right. Says whether it did, or something worse is wrong.
fn calm_down(world: &mut World) -> bool {
    let nodes = 1..=world.node_count();
    let mut actions = Vec::from([Action::Heal, Action::StopClients]);
    for (name, value) in [("loss", "0%"), ("duplicates", "0%"), ("reordering", "0%")] {
        actions.push(Action::Set {
            name: name.to_string(),
            value: value.to_string(),
        });
    }
    for node in nodes {
        actions.push(Action::Restart(node));
        actions.push(Action::Resume(node));
        let parts_per_million = 0;
        actions.push(Action::Drift {
            node,
            parts_per_million,
        });
    }
    for action in actions {
        // Who is up cannot be restarted.
        let _ = world.apply(action);
    }
    // Clients may still wait for what they asked.
    world.run_while_right(world.now() + 2 * SECOND);
    let until = world.now() + Storm::PATIENCE;
    while world.now() < until {
        if !world.violations().is_empty() || crate::predicate::converged(world) {
            return true;
        }
        world.run_while_right(world.now() + 50 * MILLISECOND);
    }
    false
}

struct Draw(Random);

impl Draw {
    fn one_in(&mut self, bound: u64) -> bool {
        self.0.below(bound) == 0
    }

    fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.0.below(from.len() as u64) as usize].clone()
    }

    fn config(&mut self, seed: u64) -> Config {
        let nodes = self.pick(&[3, 5]);
        let reads = self.pick(&[Reads::Index, Reads::Index, Reads::Log]);
        let spares = self.pick(&[0, 0, 0, 2]);
        let (prevote, check_quorum) = (self.one_in(2), self.one_in(2));
        Config {
            seed,
            nodes,
            spares,
            // Without either, a machine that is removed and knows nothing of it drives up the terms of learners, which a leader never
            // hears of: they stay behind for ever, and that is as it is (rule 6 of `docs/raft.md`).
            prevote: prevote || (spares > 0 && !check_quorum),
            check_quorum,
            step_down_on_removal: self.one_in(3),
            forwarding: !self.one_in(4),
            reads,
            max_message_size: self.pick(&[1 << 20, 1 << 20, 64, 0]),
            max_inflight: self.pick(&[256, 256, 4, 1]),
            snapshot_every: self.pick(&[0, 0, 5, 20]),
            snapshot_keep: self.pick(&[0, 2, 10]),
            latency: self.pick(&[MILLISECOND, 5 * MILLISECOND]),
            jitter: self.pick(&[MILLISECOND, 10 * MILLISECOND, 40 * MILLISECOND]),
            loss: self.pick(&[0, 10_000, 50_000, 150_000]),
            duplicates: self.pick(&[0, 10_000, 100_000]),
            reordering: self.pick(&[0, 10_000, 100_000]),
            disk: self.pick(&[0, MILLISECOND, 10 * MILLISECOND]),
            disk_jitter: self.pick(&[0, MILLISECOND, 20 * MILLISECOND]),
            wire: self.one_in(4),
            clients: self.pick(&[2, 3, 4]),
            keys: self.pick(&[1, 2]),
            think: self.pick(&[20 * MILLISECOND, 80 * MILLISECOND]),
            timeout: self.pick(&[100 * MILLISECOND, 300 * MILLISECOND]),
            ..Config::default()
        }
    }

    fn actions(&mut self, config: &Config, ends: Time) -> Vec<(Time, Action)> {
        let mut actions = Vec::new();
        let calm = self.pick(&[40, 100, 200]) * MILLISECOND;
        let mut at = 100 * MILLISECOND;
        loop {
            at += self.0.below(2 * calm);
            if at >= ends {
                return actions;
            }
            // Most faults end after a while.
            let lasts = at + self.0.below(600 * MILLISECOND);
            let (fault, end) = self.fault(config);
            actions.extend(fault.into_iter().map(|action| (at, action)));
            actions.extend(end.map(|action| (lasts.min(ends), action)));
        }
    }

    fn node(&mut self, config: &Config) -> u64 {
        1 + self.0.below(config.machines())
    }

    /// A fault, and what ends it.
    fn fault(&mut self, config: &Config) -> (Vec<Action>, Option<Action>) {
        let (node, other) = (self.node(config), self.node(config));
        let (one, two) = (Address::Node(node), Address::Node(other));
        let time = self.0.below(80 * MILLISECOND);
        match self.0.below(26) {
            0..5 => (Vec::from([Action::Crash(node)]), Some(Action::Restart(node))),
            // Right after something was proposed, writes are under way.
            5 => {
                let op = self.put();
                let actions = Vec::from([Action::Propose { node, op }, Action::Crash(node)]);
                (actions, Some(Action::Restart(node)))
            }
            6..9 => (Vec::from([self.partition(config)]), Some(Action::Heal)),
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
                let parts_per_million = self.0.below(400_000) as i64 - 200_000;
                (
                    Vec::from([Action::Drift {
                        node,
                        parts_per_million,
                    }]),
                    None,
                )
            }
            16..18 => (Vec::from([Action::Timeout(node)]), None),
            18 => (Vec::from([Action::Transfer { node, to: other }]), None),
            19 => (Vec::from([Action::Snapshot(node)]), None),
            20 => (Vec::from([self.surgery(one, two)]), None),
            21 => {
                let kind = Kind::named(self.pick(&["App", "AppResp", "VoteResp", "Heartbeat", "Snap"]));
                let (from, to) = (Vec::from([one]), Vec::from([two]));
                let rule = self.pick(&[Rule::Drop, Rule::Hold, Rule::Delay(time)]);
                let rule = Action::Rule {
                    rule,
                    kind,
                    from: from.clone(),
                    to: to.clone(),
                };
                (Vec::from([rule]), Some(Action::Release { kind, from, to }))
            }
            22 => (Vec::from([Action::ForgetLeader(node)]), None),
            23 if config.spares == 0 => {
                let op = self.put();
                (Vec::from([Action::Propose { node, op }]), None)
            }
            _ if config.spares > 0 => (self.change(config), None),
            _ => (Vec::from([Action::Timeout(node), Action::Timeout(other)]), None),
        }
    }

    fn put(&mut self) -> Op {
        Op::Put {
            key: "k1".to_string(),
            value: format!("p{},", self.0.below(1 << 40)),
        }
    }

    fn partition(&mut self, config: &Config) -> Action {
        let sides = self.0.next();
        let (left, right) = (1..=config.machines()).partition::<Vec<u64>, _>(|node| sides >> node & 1 == 1);
        let addresses = |nodes: Vec<u64>| nodes.into_iter().map(Address::Node).collect();
        let clients = |parity| {
            (1..=config.clients)
                .filter(move |client| client % 2 == parity)
                .map(Address::Client)
        };
        let (mut left, mut right): (Vec<Address>, Vec<Address>) = (addresses(left), addresses(right));
        if self.one_in(2) {
            left.extend(clients(0));
            right.extend(clients(1));
        }
        Action::Partition(Vec::from([left, right]))
    }

    fn surgery(&mut self, from: Address, to: Address) -> Action {
        let which = Selector::Matching {
            kind: None,
            from: Vec::from([from]),
            to: Vec::from([to]),
            first: false,
        };
        match self.0.below(4) {
            0 => Action::Drop(which),
            1 => Action::Duplicate(which),
            2 => Action::Deliver(which),
            _ => Action::Delay {
                which,
                by: self.0.below(500 * MILLISECOND),
            },
        }
    }

    /// A change that whoever leads is asked for, for nobody knows who that will be.
    fn change(&mut self, config: &Config) -> Vec<Action> {
        let count = 1 + self.0.below(3);
        let mut changes: Vec<ConfChangeSingle> = Vec::new();
        for _ in 0..count {
            let node_id = self.node(config);
            let kind = self.pick(&[
                ConfChangeKind::AddNode,
                ConfChangeKind::AddNode,
                ConfChangeKind::AddLearnerNode,
                ConfChangeKind::RemoveNode,
            ]);
            if changes.iter().all(|change| change.node_id != node_id) {
                changes.push(ConfChangeSingle { kind, node_id });
            }
        }
        let transition = self.pick(&[
            ConfChangeTransition::Auto,
            ConfChangeTransition::Auto,
            ConfChangeTransition::JointImplicit,
        ]);
        let node = self.node(config);
        Vec::from([Action::Change {
            node,
            transition,
            changes,
        }])
    }
}
