//! A node's disk: what is durable, what is being written, and what a crash leaves of it.

use alloc::collections::VecDeque;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write as _;

use quorate::raft::{ConfState, Entry, HardState, Snapshot, Stored, Ticket};

use crate::random::Random;

/// What goes to the disk at once, if no crash comes between.
#[derive(Clone, Debug)]
pub(crate) struct Write {
    pub(crate) ticket: Ticket,
    pub(crate) hard_state: Option<HardState>,
    pub(crate) snapshot: Option<Snapshot>,
    pub(crate) entries: Vec<Entry>,
    pub(crate) must_sync: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Disk {
    hard_state: HardState,
    /// The commit index as of the last write that had to be durable: a crash may take it back there.
    synced_commit: u64,
    /// The members at the start of the log.
    conf_state: ConfState,
    snapshot: Snapshot,
    entries: Vec<Entry>,
    writes: VecDeque<Write>,
}

impl Disk {
    pub(crate) fn new(stored: Stored) -> Self {
        Self {
            hard_state: stored.hard_state,
            synced_commit: stored.hard_state.commit,
            conf_state: stored.conf_state,
            snapshot: stored.snapshot,
            entries: stored.entries,
            writes: VecDeque::new(),
        }
    }

    pub(crate) fn write(&mut self, write: Write) {
        self.writes.push_back(write);
    }

    /// What is being written, the oldest first.
    pub(crate) fn writes(&self) -> impl Iterator<Item = &Write> {
        self.writes.iter()
    }

    /// The oldest write reached the disk.
    pub(crate) fn complete(&mut self) -> Option<Write> {
        let write = self.writes.pop_front()?;
        self.keep(&write);
        Some(write)
    }

    fn keep(&mut self, write: &Write) {
        if let Some(snapshot) = &write.snapshot {
            self.snapshot = snapshot.clone();
            self.conf_state = snapshot.metadata.conf_state.clone();
            self.entries.clear();
        }
        self.keep_entries(&write.entries);
        if let Some(hard_state) = write.hard_state {
            self.hard_state = hard_state;
        }
        if write.must_sync {
            self.synced_commit = self.hard_state.commit;
        }
    }

    /// Entries replace what is stored from the first one's index on.
    fn keep_entries(&mut self, entries: &[Entry]) {
        let Some(first) = entries.first() else {
            return;
        };
        self.entries.retain(|entry| entry.index < first.index);
        let after = self.snapshot.metadata.index;
        self.entries
            .extend(entries.iter().filter(|entry| entry.index > after).cloned());
    }

    /// The state machine took a snapshot, which takes the place of the entries that it covers. It is a file of its own, and
    /// either there or not.
    pub(crate) fn keep_snapshot(&mut self, snapshot: Snapshot) {
        let index = snapshot.metadata.index;
        self.conf_state = snapshot.metadata.conf_state.clone();
        self.entries.retain(|entry| entry.index > index);
        self.snapshot = snapshot;
    }

    /// A crash loses what was being written. `torn` may leave a first part of it: whole writes that nobody heard of yet, then of
    /// one more some of its entries and not the hard state that comes behind them.
    pub(crate) fn crash(&mut self, random: &mut Random, torn: bool) {
        let (whole, part, back) = (random.next(), random.next(), random.next());
        let writes = core::mem::take(&mut self.writes);
        if !torn {
            return;
        }
        let pick = |draw: u64, bound: usize| ((u128::from(draw) * (bound as u128 + 1)) >> 64) as usize;
        let whole = pick(whole, writes.len());
        for write in writes.iter().take(whole) {
            self.keep(write);
        }
        if let Some(write) = writes.get(whole).filter(|write| write.snapshot.is_none()) {
            self.keep_entries(&write.entries[..pick(part, write.entries.len())]);
        }
        let unsynced = self.hard_state.commit.saturating_sub(self.synced_commit);
        self.hard_state.commit -= pick(back, unsynced as usize) as u64;
    }

    /// What a node finds when it starts.
    pub(crate) fn stored(&self) -> Stored {
        let covered = self.snapshot.metadata.index;
        let mut hard_state = self.hard_state;
        // What a snapshot covers was committed, whether or not the hard state got to say so.
        hard_state.commit = hard_state.commit.max(covered);
        Stored {
            hard_state,
            conf_state: self.conf_state.clone(),
            snapshot: self.snapshot.clone(),
            entries: self.entries.clone(),
            applied: covered,
        }
    }

    pub(crate) fn is_writing(&self) -> bool {
        !self.writes.is_empty()
    }

    pub(crate) fn snapshot_index(&self) -> u64 {
        self.snapshot.metadata.index
    }

    pub(crate) fn describe(&self, into: &mut String) {
        let HardState { term, vote, commit } = self.hard_state;
        let last = self.entries.last().map_or(self.snapshot_index(), |entry| entry.index);
        let _ = writeln!(
            into,
            "disk term {term} vote {vote} commit {commit} snapshot {} last {last} writing {}",
            self.snapshot_index(),
            self.writes.len()
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    fn entry(index: u64, term: u64) -> Entry {
        Entry {
            index,
            term,
            ..Entry::normal([])
        }
    }

    fn write(term: u64, entries: Vec<Entry>) -> Write {
        Write {
            ticket: 0,
            hard_state: Some(HardState {
                term,
                vote: 0,
                commit: 0,
            }),
            snapshot: None,
            entries,
            must_sync: true,
        }
    }

    #[test]
    fn a_crash_leaves_a_first_part_and_never_loses_what_was_acknowledged() {
        let mut seen = [false; 6];
        for seed in 0..200 {
            let mut disk = Disk::new(Stored::default());
            disk.write(write(1, vec![entry(1, 1), entry(2, 1)]));
            disk.complete();
            disk.write(write(2, vec![entry(2, 2), entry(3, 2)]));
            disk.write(write(3, vec![entry(4, 3)]));
            disk.crash(&mut Random::new(seed, 0), true);
            let stored = disk.stored();
            let log: Vec<_> = stored.entries.iter().map(|entry| (entry.index, entry.term)).collect();
            let states = [
                (1, vec![(1, 1), (2, 1)]),
                (1, vec![(1, 1), (2, 2)]),
                (1, vec![(1, 1), (2, 2), (3, 2)]),
                (2, vec![(1, 1), (2, 2), (3, 2)]),
                (2, vec![(1, 1), (2, 2), (3, 2), (4, 3)]),
                (3, vec![(1, 1), (2, 2), (3, 2), (4, 3)]),
            ];
            let state = states
                .iter()
                .position(|state| *state == (stored.hard_state.term, log.clone()));
            seen[state.expect("a state that a crash can leave")] = true;
        }
        assert_eq!(seen, [true; 6], "each of them comes about");

        let mut disk = Disk::new(Stored::default());
        disk.write(write(1, vec![entry(1, 1)]));
        disk.crash(&mut Random::new(0, 0), false);
        assert_eq!(disk.stored(), Stored::default());
    }
}
