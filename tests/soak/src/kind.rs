//! What can be soaked: each kind of world has a name and a way to run one seed of it.

use quorate_simulator::{Error, Storm};

/// A kind of world.
#[derive(Clone, Copy)]
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    /// Runs the storm of a seed, with a rule broken if one is named.
    pub(crate) run: fn(u64, Option<&str>) -> Result<Run, Error>,
}

pub(crate) const KINDS: [Kind; 1] = [Kind {
    name: "raft",
    run: raft,
}];

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

fn raft(seed: u64, broken: Option<&str>) -> Result<Run, Error> {
    let mut storm = Storm::new(quorate_simulator::Kind::Raft, seed);
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
