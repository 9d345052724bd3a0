//! TILT: time cannot be believed, so nothing is done for a while.

use alloc::borrow::ToOwned;

use super::events::EventKind;
use super::server::{Millis, NEVER, Sentinel};
use super::trace::Trace;

impl Sentinel {
    /// The clock went backwards, or the process did not run for long (`sentinelCheckTiltCondition`).
    pub(super) fn check_tilt(&mut self, now: Millis) {
        let delta = now.saturating_sub(self.previous_time);
        self.previous_time = now;
        if delta >= 0 && delta <= self.config.timing.tilt_trigger {
            return;
        }
        self.tilt = true;
        self.tilt_start = now;
        // What was thought to be due at some time may be due at any.
        self.due.fill(NEVER);
        self.event(EventKind::Tilt, None, "#tilt mode entered".to_owned());
        let until = now.saturating_add(self.config.timing.tilt_period);
        self.trace(|_| Trace::Tilted { until });
    }

    pub(super) fn leave_tilt(&mut self) {
        self.tilt = false;
        self.event(EventKind::TiltOver, None, "#tilt mode exited".to_owned());
    }
}
