//! Moments that are kept, so that going back is restoring one and going on from there.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::engine::Engine;
use crate::world::Moment;

/// How many events lie between two checkpoints at first.
const INTERVAL: u64 = 128;

/// Above it every second one is dropped, and twice as many events lie between them from there on.
const MOST: usize = 256;

#[derive(Clone)]
pub(crate) struct Checkpoints {
    interval: u64,
    kept: Vec<Checkpoint>,
}

#[derive(Clone)]
struct Checkpoint {
    moment: Moment,
    engine: Box<Engine>,
    /// How many events had been seen.
    seen: usize,
}

impl Default for Checkpoints {
    fn default() -> Self {
        Self {
            interval: INTERVAL,
            kept: Vec::new(),
        }
    }
}

impl Checkpoints {
    /// Whether a checkpoint is due.
    pub(crate) fn wants(&self, events: u64) -> bool {
        self.kept
            .last()
            .is_none_or(|last| events - last.moment.events.min(events) >= self.interval)
    }

    pub(crate) fn stop(&mut self) {
        self.interval = u64::MAX;
    }

    pub(crate) fn keep(&mut self, moment: Moment, engine: Engine, seen: usize) {
        self.kept.push(Checkpoint {
            moment,
            engine: Box::new(engine),
            seen,
        });
        if self.kept.len() > MOST {
            let mut place = 0;
            self.kept.retain(|_| {
                place += 1;
                place % 2 == 1
            });
            self.interval *= 2;
        }
    }

    /// The latest that is wanted.
    pub(crate) fn latest(&self, wanted: impl Fn(&Moment) -> bool) -> Option<(Moment, &Engine, usize)> {
        let latest = self.kept.iter().rev().find(|checkpoint| wanted(&checkpoint.moment))?;
        Some((latest.moment, &latest.engine, latest.seen))
    }

    /// Those behind so many events are of a future that will not be.
    pub(crate) fn forget_after(&mut self, events: u64) {
        self.kept.retain(|checkpoint| checkpoint.moment.events <= events);
    }
}
