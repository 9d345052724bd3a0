//! What is soaked: the storms of a kind of world, one a seed.

use quorate_simulator::{Error, Kind as Machines, Storm};

/// A kind of world, and how one seed of it is run.
#[derive(Clone, Copy)]
pub(crate) struct Kind {
    pub(crate) machines: Machines,
    /// Runs the storm of a seed, with a rule broken if one is named.
    pub(crate) run: fn(Machines, u64, Option<&str>) -> Result<Run, Error>,
}

impl Kind {
    /// The kind of that name: any that the simulator has.
    pub(crate) fn named(name: &str) -> Option<Self> {
        let machines = Machines::named(name)?;
        Some(Self { machines, run: storm })
    }

    /// All names, for those who mistyped one.
    pub(crate) fn names() -> String {
        Machines::ALL.map(Machines::name).join(", ")
    }

    pub(crate) fn name(self) -> &'static str {
        self.machines.name()
    }
}

/// How the storm of one seed went.
pub(crate) struct Run {
    pub(crate) events: u64,
    /// Operations of clients that were answered.
    pub(crate) answered: u64,
    /// The hash of the state at the end.
    pub(crate) hash: u64,
    pub(crate) fault: Option<Fault>,
}

/// What went wrong.
pub(crate) struct Fault {
    /// What does not hold, and who shows it.
    pub(crate) text: String,
    /// The shortest script that was found to show it. None if there is only the seed.
    pub(crate) script: Option<String>,
}

fn storm(machines: Machines, seed: u64, broken: Option<&str>) -> Result<Run, Error> {
    let mut storm = Storm::new(machines, seed);
    if let Some(rule) = broken {
        storm.config.break_rule(rule)?;
    }
    let outcome = storm.run()?;
    let fault = if outcome.is_ok() {
        None
    } else {
        let least = storm.shrunk(&outcome)?.run()?;
        Some(Fault {
            text: least.text(),
            script: Some(least.script),
        })
    };
    Ok(Run {
        events: outcome.events,
        answered: outcome.answered,
        hash: outcome.hash,
        fault,
    })
}
