//! What a leader knows of one member: how far its log matches, and how much may be sent to it (etcd's `tracker`).

use alloc::collections::VecDeque;
use core::fmt;

use super::saved::saved;
use super::step::LIMIT;

/// How a leader sends entries to a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum ProgressState {
    /// One message at a time, until it is known where the logs part.
    Probe,
    /// As many as fit the window, each optimistically after the one before.
    Replicate,
    /// None, for a snapshot is on its way.
    Snapshot,
}

/// What a leader knows of one member.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Progress {
    /// The last entry that the member is known to have (`matchIndex`).
    pub matched: u64,
    /// The next entry to send (`nextIndex`).
    pub next: u64,
    /// The highest commit index that was sent.
    pub(super) sent_commit: u64,
    /// How entries are sent.
    pub state: ProgressState,
    /// In [`ProgressState::Snapshot`]: the index of the snapshot on its way.
    pub pending_snapshot: u64,
    /// Whether anything came from the member since the last quorum check.
    pub recent_active: bool,
    /// Whether nothing is sent before an answer comes, because the window is full or a probe is under way.
    pub(super) flow_paused: bool,
    /// What was sent and not acknowledged.
    pub(super) inflights: Inflights,
    /// Whether it has no vote.
    pub is_learner: bool,
    /// Which group it belongs to, for group commit; 0 for none.
    pub commit_group: u64,
}

impl Progress {
    pub(super) fn new(matched: u64, next: u64, window: Window, is_learner: bool) -> Self {
        Self {
            matched,
            next,
            sent_commit: 0,
            state: ProgressState::Probe,
            pending_snapshot: 0,
            recent_active: false,
            flow_paused: false,
            inflights: Inflights::new(window),
            is_learner,
            commit_group: 0,
        }
    }

    fn reset(&mut self, state: ProgressState) {
        self.flow_paused = false;
        self.pending_snapshot = 0;
        self.state = state;
        self.inflights.clear();
    }

    pub(super) fn become_probe(&mut self) {
        // What a snapshot brought need not be probed for again.
        let snapshot = match self.state {
            ProgressState::Snapshot => self.pending_snapshot,
            _ => 0,
        };
        self.reset(ProgressState::Probe);
        self.set_next((self.matched + 1).max(snapshot + 1));
    }

    pub(super) fn become_replicate(&mut self) {
        self.reset(ProgressState::Replicate);
        self.next = self.matched + 1;
    }

    pub(super) fn become_snapshot(&mut self, index: u64) {
        self.reset(ProgressState::Snapshot);
        self.pending_snapshot = index;
        // A member that asks for a snapshot may have more of the log than that covers.
        self.next = index.max(self.matched) + 1;
        self.sent_commit = index;
    }

    fn set_next(&mut self, next: u64) {
        self.next = next;
        self.sent_commit = self.sent_commit.min(next - 1);
    }

    /// Entries were sent: so many, of so many bytes.
    ///
    /// Rule 17: a probe is one message until it is answered; replication stops when the window is full.
    pub(super) fn sent_entries(&mut self, count: usize, bytes: u64) {
        match self.state {
            ProgressState::Replicate => {
                if count > 0 {
                    self.next += count as u64;
                    self.inflights.add(self.next - 1, bytes);
                }
                self.flow_paused = self.inflights.is_full();
            }
            ProgressState::Probe if count > 0 => self.flow_paused = true,
            ProgressState::Probe | ProgressState::Snapshot => {}
        }
    }

    /// Whether telling the member of `commit` can move it forward.
    pub(super) fn can_bump_commit(&self, commit: u64) -> bool {
        commit > self.sent_commit && self.sent_commit < self.next - 1
    }

    /// The member has everything up to `index`. Says whether that is news.
    pub(super) fn maybe_update(&mut self, index: u64) -> bool {
        if index <= self.matched {
            return false;
        }
        self.matched = index;
        self.next = self.next.max(index + 1);
        self.flow_paused = false;
        true
    }

    /// The member refused entries that follow `rejected`, and its log may match up to `hint`. Says whether that is news: a
    /// refusal can come late.
    ///
    /// Rule 16: never back to what is known to match.
    pub(super) fn maybe_decrease(&mut self, rejected: u64, hint: u64) -> bool {
        if self.state == ProgressState::Replicate {
            if rejected <= self.matched {
                return false;
            }
            self.set_next(self.matched + 1);
            return true;
        }
        if self.next - 1 != rejected {
            return false;
        }
        self.set_next(rejected.min(hint.saturating_add(1)).max(self.matched + 1));
        self.flow_paused = false;
        true
    }

    /// Whether nothing may be sent now.
    pub fn is_paused(&self) -> bool {
        match self.state {
            ProgressState::Probe | ProgressState::Replicate => self.flow_paused,
            ProgressState::Snapshot => true,
        }
    }

    /// What everything here counts on.
    pub(super) fn is_sound(&self) -> bool {
        let sent = self.inflights.messages.iter();
        let bytes = sent.fold(0u128, |sum, (_, bytes)| sum + u128::from(*bytes));
        self.matched < self.next
            && self.next <= LIMIT
            && self.sent_commit < LIMIT
            && self.pending_snapshot < LIMIT
            && bytes == u128::from(self.inflights.bytes)
    }

    /// How many messages were sent and not acknowledged.
    pub fn inflight(&self) -> usize {
        self.inflights.count()
    }

    /// Whether no more messages fit the window.
    pub fn is_window_full(&self) -> bool {
        self.inflights.is_full()
    }
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match self.state {
            ProgressState::Probe => "StateProbe",
            ProgressState::Replicate => "StateReplicate",
            ProgressState::Snapshot => "StateSnapshot",
        };
        write!(f, "{state} match={} next={}", self.matched, self.next)?;
        if self.is_learner {
            f.write_str(" learner")?;
        }
        if self.is_paused() {
            f.write_str(" paused")?;
        }
        if self.pending_snapshot > 0 {
            write!(f, " pendingSnap={}", self.pending_snapshot)?;
        }
        if !self.recent_active {
            f.write_str(" inactive")?;
        }
        if self.inflight() > 0 {
            write!(f, " inflight={}", self.inflight())?;
            if self.is_window_full() {
                f.write_str("[full]")?;
            }
        }
        Ok(())
    }
}

/// How much may be sent to a member and not acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Window {
    pub(super) messages: usize,
    /// 0 for no bound.
    pub(super) bytes: u64,
}

/// The messages that were sent to a member and not acknowledged, by their last entry.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Inflights {
    window: Window,
    bytes: u64,
    messages: VecDeque<(u64, u64)>,
}

impl Inflights {
    pub(super) fn new(window: Window) -> Self {
        Self {
            window,
            bytes: 0,
            messages: VecDeque::new(),
        }
    }

    /// The bound in bytes is soft: the message that crosses it was let through.
    pub(super) fn is_full(&self) -> bool {
        self.messages.len() >= self.window.messages || (self.window.bytes != 0 && self.bytes >= self.window.bytes)
    }

    pub(super) fn count(&self) -> usize {
        self.messages.len()
    }

    pub(super) fn add(&mut self, last: u64, bytes: u64) {
        self.messages.push_back((last, bytes));
        self.bytes += bytes;
    }

    /// Everything up to `index` arrived.
    pub(super) fn free_to(&mut self, index: u64) {
        while let Some(&(last, bytes)) = self.messages.front() {
            if last > index {
                break;
            }
            self.bytes -= bytes;
            self.messages.pop_front();
        }
    }

    pub(super) fn clear(&mut self) {
        self.messages.clear();
        self.bytes = 0;
    }
}

saved!(enum ProgressState { 0 => Probe, 1 => Replicate, 2 => Snapshot });
saved!(struct Progress {
    matched, next, sent_commit, state, pending_snapshot, recent_active, flow_paused, inflights, is_learner, commit_group
});
saved!(struct Window { messages, bytes });
saved!(struct Inflights { window, bytes, messages });

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOW: Window = Window {
        messages: 256,
        bytes: 0,
    };

    fn progress(state: ProgressState, matched: u64, next: u64) -> Progress {
        Progress {
            state,
            ..Progress::new(matched, next, WINDOW, false)
        }
    }

    /// etcd: `TestProgressMaybeDecr`.
    #[test]
    fn rule_16_a_refusal_never_goes_below_what_matches() {
        use ProgressState::{Probe, Replicate};
        let cases = [
            (Replicate, 5, 10, 5, 5, false, 10),
            (Replicate, 5, 10, 4, 4, false, 10),
            (Replicate, 5, 10, 9, 9, true, 6),
            (Probe, 0, 1, 1, 1, false, 1),
            (Probe, 0, 10, 5, 5, false, 10),
            (Probe, 0, 10, 9, 9, true, 9),
            (Probe, 0, 2, 1, 1, true, 1),
            (Probe, 0, 1, 0, 0, true, 1),
            (Probe, 0, 10, 9, 2, true, 3),
            (Probe, 0, 10, 9, 0, true, 1),
            (Probe, 5, 10, 9, 2, true, 6),
        ];
        for (state, matched, next, rejected, hint, news, expected) in cases {
            let mut progress = progress(state, matched, next);
            assert_eq!(progress.maybe_decrease(rejected, hint), news);
            assert_eq!(progress.next, expected);
            assert_eq!(progress.matched, matched);
        }
    }

    #[test]
    fn rule_17_a_probe_is_one_message_and_a_window_fills() {
        let mut probe = progress(ProgressState::Probe, 1, 2);
        probe.sent_entries(0, 0);
        assert!(!probe.is_paused());
        probe.sent_entries(3, 30);
        assert!(probe.is_paused());
        assert!(probe.maybe_update(4));
        assert!(!probe.is_paused());

        let mut replicate = Progress::new(0, 1, Window { messages: 9, bytes: 10 }, false);
        replicate.become_replicate();
        replicate.sent_entries(1, 9);
        assert!(!replicate.is_paused());
        replicate.sent_entries(1, 9);
        assert!(replicate.is_paused());
        replicate.inflights.free_to(1);
        assert!(!replicate.is_window_full());
        assert_eq!(replicate.inflight(), 1);
    }

    #[test]
    fn after_a_snapshot_the_probe_starts_behind_it() {
        let mut progress = progress(ProgressState::Probe, 1, 2);
        progress.become_snapshot(10);
        progress.become_probe();
        assert_eq!((progress.matched, progress.next), (1, 11));
        progress.become_snapshot(10);
        progress.pending_snapshot = 0;
        progress.become_probe();
        assert_eq!((progress.matched, progress.next), (1, 2));
    }
}
