//! The run: threads that take seed after seed, and what is told of them meanwhile.

use std::io::{IsTerminal, stderr};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use crate::kind::{Fault, Kind, Run};

/// What to run.
#[derive(Clone)]
pub(crate) struct Soak {
    pub(crate) kind: Kind,
    /// The first seed.
    pub(crate) from: u64,
    pub(crate) seeds: u64,
    /// How many threads run seeds.
    pub(crate) jobs: u64,
    pub(crate) broken: Option<String>,
}

/// What all seeds came to.
#[derive(Clone, Copy, Default, Debug, PartialEq, Eq)]
pub(crate) struct Sum {
    /// How many were run to their end.
    pub(crate) seeds: u64,
    pub(crate) failed: u64,
    pub(crate) events: u64,
    pub(crate) answered: u64,
    /// A hash of the state in which each seed ended, whatever the order in which they did.
    pub(crate) hash: u64,
}

/// After so many failures the rest is not run: there is enough to look at.
const MOST_FAILURES: u64 = 10;

impl Soak {
    /// Runs the seeds, gives each that failed to `report`, and what all came to.
    ///
    /// # Errors
    /// In words: a setting or rule that there is not.
    pub(crate) fn run(&self, mut report: impl FnMut(u64, &Fault)) -> Result<Sum, String> {
        let next = AtomicU64::new(0);
        let stop = AtomicBool::new(false);
        let (sender, runs) = mpsc::channel();
        thread::scope(|scope| {
            for _ in 0..self.jobs {
                let sender = sender.clone();
                let (next, stop) = (&next, &stop);
                scope.spawn(move || self.work(next, stop, &sender));
            }
            drop(sender);
            let sum = self.collect(&runs, &stop, &mut report);
            stop.store(true, Ordering::Relaxed);
            sum
        })
    }

    fn work(&self, next: &AtomicU64, stop: &AtomicBool, sender: &Sender<(u64, Result<Run, String>)>) {
        while !stop.load(Ordering::Relaxed) {
            let place = next.fetch_add(1, Ordering::Relaxed);
            if place >= self.seeds {
                return;
            }
            let seed = self.from + place;
            if sender.send((seed, self.one(seed))).is_err() {
                return;
            }
        }
    }

    fn one(&self, seed: u64) -> Result<Run, String> {
        let run = catch_unwind(AssertUnwindSafe(|| {
            (self.kind.run)(self.kind.machines, seed, self.broken.as_deref())
        }));
        match run {
            Ok(run) => run.map_err(|error| error.to_string()),
            // What panicked, and where, is on stderr.
            Err(_) => Ok(Run {
                events: 0,
                answered: 0,
                hash: 0,
                fault: Some(Fault {
                    text: "it panicked".into(),
                    script: None,
                }),
            }),
        }
    }

    fn collect(
        &self,
        runs: &Receiver<(u64, Result<Run, String>)>,
        stop: &AtomicBool,
        report: &mut impl FnMut(u64, &Fault),
    ) -> Result<Sum, String> {
        let mut sum = Sum::default();
        let mut progress = Progress::new(self.seeds);
        loop {
            match runs.recv_timeout(progress.patience()) {
                Ok((seed, run)) => {
                    let run = run?;
                    sum.add(seed, &run);
                    if let Some(fault) = &run.fault {
                        progress.clear();
                        report(seed, fault);
                    }
                    if sum.failed >= MOST_FAILURES {
                        stop.store(true, Ordering::Relaxed);
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    progress.clear();
                    return Ok(sum);
                }
            }
            progress.show(&sum);
        }
    }
}

impl Sum {
    fn add(&mut self, seed: u64, run: &Run) {
        self.seeds += 1;
        self.failed += u64::from(run.fault.is_some());
        self.events += run.events;
        self.answered += run.answered;
        // The seed is mixed in, so that two that changed places are seen.
        let mixed = (run.hash ^ seed.wrapping_mul(0x9e37_79b9_7f4a_7c15)).wrapping_mul(0xff51_afd7_ed55_8ccd);
        self.hash = self.hash.wrapping_add(mixed ^ mixed >> 32);
    }
}

/// Says now and then how far it is: on a terminal in one line, else in a line each time.
struct Progress {
    seeds: u64,
    start: Instant,
    shown: Instant,
    terminal: bool,
    /// Whether there is a line on the terminal that the next replaces.
    open: bool,
}

impl Progress {
    fn new(seeds: u64) -> Self {
        Self {
            seeds,
            start: Instant::now(),
            shown: Instant::now(),
            terminal: stderr().is_terminal(),
            open: false,
        }
    }

    fn every(&self) -> Duration {
        match self.terminal {
            true => Duration::from_millis(500),
            false => Duration::from_secs(15),
        }
    }

    /// How long there is nothing to say.
    fn patience(&self) -> Duration {
        self.every().saturating_sub(self.shown.elapsed())
    }

    fn show(&mut self, sum: &Sum) {
        if self.shown.elapsed() < self.every() {
            return;
        }
        self.shown = Instant::now();
        let text = text(sum, self.seeds, self.start.elapsed().as_secs_f64());
        if self.terminal {
            eprint!("\r\x1b[K{text}");
            self.open = true;
        } else {
            eprintln!("{text}");
        }
    }

    fn clear(&mut self) {
        if std::mem::take(&mut self.open) {
            eprint!("\r\x1b[K");
        }
    }
}

fn text(sum: &Sum, seeds: u64, seconds: f64) -> String {
    let speed = sum.seeds as f64 / seconds;
    let left = match sum.seeds {
        0 => String::from("nobody knows how long"),
        _ => duration((seeds - sum.seeds) as f64 / speed),
    };
    format!(
        "{} of {seeds} seeds, {} failed, {speed:.0} seeds/s, {:.0} events/s, {left} left",
        sum.seeds,
        sum.failed,
        sum.events as f64 / seconds
    )
}

/// A time that people can read.
pub(crate) fn duration(seconds: f64) -> String {
    let whole = seconds.round() as u64;
    match whole {
        0..60 => format!("{seconds:.1} s"),
        60..3600 => format!("{} min {} s", whole / 60, whole % 60),
        _ => format!("{} h {} min", whole / 3600, whole / 60 % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn soak(jobs: u64) -> Soak {
        Soak {
            kind: Kind::named("raft").expect("a kind of world"),
            from: 5,
            seeds: 12,
            jobs,
            broken: None,
        }
    }

    #[test]
    fn many_threads_come_to_the_same_as_one() {
        let none = |seed, fault: &Fault| panic!("seed {seed}: {}", fault.text);
        let one = soak(1).run(none).expect("a storm of ours");
        assert_eq!((one.seeds, one.failed), (12, 0));
        assert!(one.events > 12 * 100);
        assert_eq!(soak(3).run(none), Ok(one));
        let other = Soak { from: 6, ..soak(1) }.run(none).expect("a storm of ours");
        assert_ne!(other.hash, one.hash);
    }

    #[test]
    fn a_panic_is_a_failure_of_its_seed() {
        let panics = Kind {
            run: |_, seed, _| match seed {
                7 => panic!("seven"),
                _ => Err(quorate_simulator::Error::UnknownNode(0)),
            },
            ..soak(1).kind
        };
        let soak = Soak {
            kind: panics,
            from: 7,
            seeds: 1,
            ..soak(1)
        };
        let mut failed = Vec::new();
        let sum = soak.run(|seed, fault| failed.push((seed, fault.text.clone())));
        assert_eq!(failed, [(7, "it panicked".into())]);
        assert_eq!(sum.map(|sum| sum.failed), Ok(1));
        let refused = Soak { from: 8, ..soak }.run(|_, _| ());
        assert_eq!(refused, Err("there is no node 0".into()));
    }

    #[test]
    fn a_rule_that_cannot_be_broken_is_an_error() {
        let soak = Soak {
            broken: Some("gravity".into()),
            ..soak(2)
        };
        assert!(soak.run(|_, _| ()).is_err());
    }

    #[cfg(feature = "broken-rules")]
    #[test]
    fn a_broken_rule_is_found_and_its_script_shows_it() {
        use quorate_simulator::World;

        let soak = Soak {
            seeds: 100,
            broken: Some("vote-without-log-check".into()),
            ..soak(2)
        };
        let mut scripts = Vec::new();
        let sum = soak.run(|_, fault| scripts.extend(fault.script.clone()));
        assert!(sum.is_ok_and(|sum| sum.failed > 0 && sum.failed < 100));
        for script in scripts {
            let mut world = World::from_script(&script).expect("a script of ours");
            world.run();
            assert!(!world.violations().is_empty(), "{script}");
        }
    }

    #[test]
    fn times_can_be_read() {
        let texts = [0.25, 59.9, 61.0, 7_300.0].map(duration);
        assert_eq!(texts, ["0.2 s", "1 min 0 s", "1 min 1 s", "2 h 1 min"]);
        let sum = Sum {
            seeds: 50,
            failed: 1,
            events: 5_000,
            ..Sum::default()
        };
        assert_eq!(
            text(&sum, 200, 2.0),
            "50 of 200 seeds, 1 failed, 25 seeds/s, 2500 events/s, 6.0 s left"
        );
    }
}
