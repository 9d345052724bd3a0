//! Storms: a world and faults for it, drawn from a seed, and the calm in which everything must come right again.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::action::Action;
use crate::config::Config;
use crate::error::Error;
use crate::invariant::Violation;
use crate::kind::Kind;
use crate::network::{Address, Selector};
use crate::random::Random;
use crate::time::{MILLISECOND, SECOND, Time, print_time};
use crate::world::World;

/// A world and what will be done to it, all of it drawn from a seed.
///
/// While the storm lasts anything may fail, and only safety is asked for. Then all faults end, and within [`Storm::patience`]
/// everything must come right: a Raft group has a leader whose log every member has applied, sentinels agree on one master of each
/// group, whom all replicas follow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Storm {
    /// What the world is made with.
    pub config: Config,
    /// What is done to it, in order of time. What cannot be done then is left out.
    pub actions: Vec<(Time, Action)>,
}

/// Lets the storm of that seed happen, over a world of the kind of that name.
///
/// # Errors
/// [`Error::UnknownKind`].
///
/// ```
/// let outcome = quorate_simulator::storm("raft", 7)?;
/// assert!(outcome.is_ok(), "{}\n{}", outcome.text(), outcome.script);
/// # Ok::<(), quorate_simulator::Error>(())
/// ```
pub fn storm(kind: &str, seed: u64) -> Result<Outcome, Error> {
    Storm::new(Kind::find(kind)?, seed).run()
}

/// How a storm ended.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// What did not hold.
    pub violations: Vec<Violation>,
    /// Whether everything came right in the calm.
    pub recovered: bool,
    /// How long it was given for that.
    pub patience: Time,
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
                "in the calm, not everything came right within {}",
                print_time(self.patience)
            ));
        }
        text.join("\n")
    }
}

impl Storm {
    /// How long it storms.
    pub fn lasts(&self) -> Time {
        self.config.kind().storm_lasts()
    }

    /// How long it may take in the calm until everything is right.
    pub fn patience(&self) -> Time {
        self.config.kind().patience()
    }

    /// The storm of that seed, over a world of that kind.
    pub fn new(kind: Kind, seed: u64) -> Self {
        kind.storm(seed)
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
        world.run_while_right(self.lasts());
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
            patience: self.patience(),
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
    let until = world.now() + world.kind().patience();
    while world.now() < until {
        if !world.violations().is_empty() || world.engine.scene.converged() {
            return true;
        }
        world.run_while_right(world.now() + 50 * MILLISECOND);
    }
    false
}

/// What begins a fault, and what ends it.
pub(crate) type Fault = (Vec<Action>, Option<Action>);

/// How often faults come in a storm, and how long they last.
#[derive(Clone, Copy)]
pub(crate) struct Pace {
    /// How long it storms.
    pub(crate) lasts: Time,
    /// Half of the time between two faults, on average: one of these numbers of milliseconds.
    pub(crate) calm: [u64; 3],
    /// The longest that a fault lasts.
    pub(crate) fault: Time,
}

/// Draws of a seed.
pub(crate) struct Draw(Random);

impl Draw {
    /// Those of a seed.
    pub(crate) fn new(seed: u64) -> Self {
        Self(Random::new(seed, 7))
    }

    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0.below(bound)
    }

    pub(crate) fn one_in(&mut self, bound: u64) -> bool {
        self.0.below(bound) == 0
    }

    pub(crate) fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.0.below(from.len() as u64) as usize].clone()
    }

    /// Faults that come by chance, until the storm ends; and most of them end after a while.
    pub(crate) fn faults(
        &mut self,
        config: &Config,
        pace: Pace,
        fault: fn(&mut Self, &Config) -> Fault,
    ) -> Vec<(Time, Action)> {
        let mut actions = Vec::new();
        let calm = self.pick(&pace.calm) * MILLISECOND;
        let mut at = 100 * MILLISECOND;
        loop {
            at += self.0.below(2 * calm);
            if at >= pace.lasts {
                actions.sort_by_key(|(at, _)| *at);
                return actions;
            }
            let lasts = at + self.0.below(pace.fault);
            let (begin, end) = fault(self, config);
            actions.extend(begin.into_iter().map(|action| (at, action)));
            actions.extend(end.map(|action| (lasts.min(pace.lasts), action)));
        }
    }

    /// Any machine.
    pub(crate) fn node(&mut self, config: &Config) -> u64 {
        1 + self.0.below(config.setup.machines())
    }

    /// Two sides, and each client perhaps on one of them.
    pub(crate) fn partition(&mut self, config: &Config) -> Action {
        let sides = self.0.next();
        let (left, right) = (1..=config.setup.machines()).partition::<Vec<u64>, _>(|node| sides >> node & 1 == 1);
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

    /// What becomes of all that is on its way from one to another.
    pub(crate) fn surgery(&mut self, from: Address, to: Address) -> Action {
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
}
