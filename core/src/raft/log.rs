//! The log: what is in it, what of it is durable, committed and applied.
//!
//! The core keeps a window of the log: the entries from the last compaction on. What is before it is a snapshot's. Of the
//! window, the entries below `stable_end` are durable; those below `persisting_end` are on their way to be. (etcd splits the
//! same log in two, a storage and an unstable tail whose `offset` is our `stable_end`.)

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::fmt;

use super::message::{Entry, EntryKind, Snapshot};
use super::saved::saved;
use super::step::LIMIT;
use super::trace::{Trace, Tracer};

/// A place in the log and the term of what stands there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct EntryId {
    /// The term.
    pub term: u64,
    /// The place.
    pub index: u64,
}

/// How many bytes an entry takes in a message, as `raftpb` encodes it: the limits of messages count this.
pub(super) fn encoded_size(entry: &Entry) -> u64 {
    let varint = |value: u64| u64::from((70 - (value | 1).leading_zeros()) / 7);
    let data = entry.data.len() as u64;
    let data = if data == 0 { 0 } else { 1 + varint(data) + data };
    // The kind is one byte behind its tag.
    2 + 1 + varint(entry.term) + 1 + varint(entry.index) + data
}

pub(super) fn encoded_sizes(entries: &[Entry]) -> u64 {
    entries.iter().map(encoded_size).sum()
}

/// As many of `entries` as `max_size` bytes hold, but at least one if there is one.
pub(super) fn within_size<'a>(entries: impl Iterator<Item = &'a Entry> + Clone, max_size: u64) -> Vec<Entry> {
    if max_size == u64::MAX {
        return entries.cloned().collect();
    }
    let mut size = 0u64;
    let fits = entries.clone().take_while(|entry| {
        size = size.saturating_add(encoded_size(entry));
        size <= max_size
    });
    let count = fits.count().max(1);
    entries.take(count).cloned().collect()
}

/// The bytes of commands alone: the limits of what is outstanding count this.
pub(super) fn payload_sizes(entries: &[Entry]) -> u64 {
    entries.iter().map(|entry| entry.data.len() as u64).sum()
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Log {
    /// The entry before the window.
    start: EntryId,
    entries: VecDeque<Entry>,
    /// One past the last durable entry.
    stable_end: u64,
    /// One past the last entry that was handed out to be made durable.
    persisting_end: u64,
    /// A snapshot that was received and is not durable yet.
    incoming: Option<Snapshot>,
    /// Whether that snapshot was handed out to be made durable.
    incoming_persisting: bool,
    /// The latest snapshot that the application has taken, for members that are too far behind.
    snapshot: Snapshot,
    pub(super) committed: u64,
    pub(super) applied: u64,
    /// The last entry that was handed out to be applied.
    pub(super) applying: u64,
    /// Bytes of entries that were handed out to be applied and are not yet.
    applying_size: u64,
    max_applying_size: u64,
    applying_paused: bool,
}

impl Log {
    /// The log behind `snapshot`, with the durable entries that follow it.
    pub(super) fn new(snapshot: Snapshot, entries: Vec<Entry>, max_applying_size: u64) -> Self {
        let start = EntryId {
            term: snapshot.metadata.term,
            index: snapshot.metadata.index,
        };
        let end = start.index + 1 + entries.len() as u64;
        Self {
            start,
            entries: entries.into(),
            stable_end: end,
            persisting_end: end,
            incoming: None,
            incoming_persisting: false,
            snapshot,
            committed: start.index,
            applied: start.index,
            applying: start.index,
            applying_size: 0,
            max_applying_size,
            applying_paused: false,
        }
    }

    pub(super) fn first_index(&self) -> u64 {
        self.start.index + 1
    }

    pub(super) fn last_index(&self) -> u64 {
        self.start.index + self.entries.len() as u64
    }

    pub(super) fn last(&self) -> EntryId {
        match self.entries.back() {
            Some(entry) => EntryId {
                term: entry.term,
                index: entry.index,
            },
            None => self.start,
        }
    }

    fn entry(&self, index: u64) -> Option<&Entry> {
        let place = index.checked_sub(self.first_index())?;
        self.entries.get(usize::try_from(place).ok()?)
    }

    /// The term of the entry at `index`, if the log goes there and still has it.
    pub(super) fn term(&self, index: u64) -> Option<u64> {
        if index == self.start.index {
            return Some(self.start.term);
        }
        self.entry(index).map(|entry| entry.term)
    }

    pub(super) fn matches(&self, id: EntryId) -> bool {
        self.term(id.index) == Some(id.term)
    }

    /// §5.4.1 of the paper: whose log ends in the later term, or in the same term and is at least as long.
    pub(super) fn is_up_to_date(&self, other: EntryId) -> bool {
        let last = self.last();
        other.term > last.term || (other.term == last.term && other.index >= last.index)
    }

    /// The entries from `low` to before `high`, as many as `max_size` bytes hold, but at least one.
    pub(super) fn slice(&self, low: u64, high: u64, max_size: u64) -> Vec<Entry> {
        let high = high.min(self.last_index() + 1);
        if low < self.first_index() || low >= high {
            return Vec::new();
        }
        let from = (low - self.first_index()) as usize;
        let to = (high - self.first_index()) as usize;
        within_size(self.entries.range(from..to), max_size)
    }

    /// The entries from `low` to the end, as [`slice`](Self::slice).
    pub(super) fn entries_from(&self, low: u64, max_size: u64) -> Vec<Entry> {
        self.slice(low, self.last_index() + 1, max_size)
    }

    /// How many bytes the entries from `low` to before `high` take in messages, and how many of them are commands.
    pub(super) fn sizes(&self, low: u64, high: u64) -> (u64, u64) {
        let high = high.min(self.last_index() + 1);
        if low < self.first_index() || low >= high {
            return (0, 0);
        }
        let (from, to) = (low - self.first_index(), high - self.first_index());
        let range = self.entries.range(from as usize..to as usize);
        range.fold((0, 0), |(size, payload), entry| {
            (size + encoded_size(entry), payload + entry.data.len() as u64)
        })
    }

    /// Whether an entry of `range` changes the membership.
    pub(super) fn has_conf_change(&self, after: u64, to: u64) -> bool {
        (after + 1..=to).any(|index| self.entry(index).is_some_and(|entry| entry.kind != EntryKind::Normal))
    }

    /// Appends what a leader sent behind `previous`, if the log goes there (§5.3). Answers where the message's entries end, or
    /// `None` if the log does not match.
    ///
    /// Rule 13: only a real conflict removes anything. Rule 14: a follower commits no further than the message goes.
    pub(super) fn maybe_append(
        &mut self,
        previous: EntryId,
        entries: Vec<Entry>,
        commit: u64,
        tracer: &mut Tracer,
    ) -> Result<Option<u64>, Conflict> {
        if !self.matches(previous) {
            return Ok(None);
        }
        let last = previous.index + entries.len() as u64;
        if let Some(place) = self.find_conflict(&entries, tracer) {
            let index = entries[place].index;
            if index <= self.committed {
                return Err(Conflict {
                    index,
                    committed: self.committed,
                });
            }
            let entries = if place == 0 { entries } else { entries[place..].to_vec() };
            self.append(entries, tracer);
        }
        self.commit_to(commit.min(last))?;
        Ok(Some(last))
    }

    /// The first of `entries` that the log does not have.
    fn find_conflict(&self, entries: &[Entry], tracer: &mut Tracer) -> Option<usize> {
        let place = entries
            .iter()
            .position(|entry| self.term(entry.index) != Some(entry.term))?;
        let entry = &entries[place];
        if entry.index <= self.last_index() {
            tracer.emit(|| Trace::ConflictFound {
                index: entry.index,
                existing_term: self.term(entry.index).unwrap_or(0),
                term: entry.term,
            });
        }
        Some(place)
    }

    /// The last place up to `index` whose term is not above `term`, and that term: there the logs may match. A term that is not
    /// known, because it is compacted, may match too and counts as 0.
    ///
    /// Rule 15.
    pub(super) fn find_conflict_by_term(&self, index: u64, term: u64) -> EntryId {
        let mut index = index;
        loop {
            match self.term(index) {
                Some(ours) if ours > term => index -= 1,
                ours => {
                    return EntryId {
                        term: ours.unwrap_or(0),
                        index,
                    };
                }
            }
        }
    }

    /// Appends entries whose places follow what is committed; what stood there goes.
    pub(super) fn append(&mut self, entries: Vec<Entry>, tracer: &mut Tracer) {
        let Some(from) = entries.first().map(|entry| entry.index) else {
            return;
        };
        if from <= self.last_index() {
            if from <= self.stable_end {
                tracer.emit(|| Trace::UnstableReplaced { index: from });
                self.stable_end = from;
                self.persisting_end = from;
            } else {
                tracer.emit(|| Trace::UnstableTruncated { index: from });
                self.persisting_end = self.persisting_end.min(from);
            }
            self.entries.truncate((from - self.first_index()) as usize);
        }
        self.entries.extend(entries);
    }

    pub(super) fn push(&mut self, entry: Entry) {
        self.entries.push_back(entry);
    }

    /// Drops what a leader must never drop (see [`BrokenRule::LeaderRewrites`](super::rules::BrokenRule)).
    pub(super) fn drop_uncommitted(&mut self) {
        let end = self.committed.max(self.start.index) + 1;
        self.entries.truncate((end - self.first_index()) as usize);
        self.stable_end = self.stable_end.min(end);
        self.persisting_end = self.persisting_end.min(end);
    }

    /// Everything up to `index` is committed.
    pub(super) fn commit_to(&mut self, index: u64) -> Result<(), Conflict> {
        if index > self.last_index() {
            return Err(Conflict {
                index,
                committed: self.committed,
            });
        }
        self.committed = self.committed.max(index);
        Ok(())
    }

    /// Rule 1: only an entry of the current term is committed by counting (§5.4.2).
    pub(super) fn maybe_commit(&mut self, id: EntryId) -> bool {
        if id.term == 0 || id.index <= self.committed || !self.matches(id) {
            return false;
        }
        self.committed = id.index;
        true
    }

    // ---- durability

    /// The entries that were not handed out to be made durable.
    pub(super) fn next_unstable(&self) -> Vec<Entry> {
        self.entries_from(self.persisting_end, u64::MAX)
    }

    pub(super) fn has_next_unstable(&self) -> bool {
        self.persisting_end <= self.last_index()
    }

    /// Whether an entry is not durable, handed out or not.
    pub(super) fn has_unstable(&self) -> bool {
        self.stable_end <= self.last_index()
    }

    pub(super) fn next_snapshot(&self) -> Option<&Snapshot> {
        self.incoming.as_ref().filter(|_| !self.incoming_persisting)
    }

    pub(super) fn has_incoming_snapshot(&self) -> bool {
        self.incoming.is_some()
    }

    /// What is not durable was handed out.
    pub(super) fn accept_unstable(&mut self) {
        self.persisting_end = self.last_index() + 1;
        self.incoming_persisting = self.incoming.is_some();
    }

    /// The storage holds `id` and what is before it. It may tell of an entry that was since replaced: the term says so.
    pub(super) fn stable_to(&mut self, id: EntryId, tracer: &mut Tracer) {
        let unstable = id.index >= self.stable_end && id.index <= self.last_index();
        if !unstable {
            let by_snapshot = self
                .incoming
                .as_ref()
                .is_some_and(|snapshot| snapshot.metadata.index == id.index);
            tracer.emit(|| match by_snapshot {
                true => Trace::StableInSnapshot { index: id.index },
                false => Trace::StableMissing { index: id.index },
            });
            return;
        }
        let ours = self.term(id.index).unwrap_or(0);
        if ours != id.term {
            tracer.emit(|| Trace::StableMismatch {
                index: id.index,
                term: id.term,
                ours,
            });
            return;
        }
        self.stable_end = id.index + 1;
        self.persisting_end = self.persisting_end.max(self.stable_end);
    }

    pub(super) fn stable_snapshot_to(&mut self, index: u64) {
        if self
            .incoming
            .as_ref()
            .is_some_and(|snapshot| snapshot.metadata.index == index)
        {
            self.snapshot = self.incoming.take().unwrap_or_default();
            self.incoming_persisting = false;
        }
    }

    /// Replaces everything by a snapshot that a leader sent.
    pub(super) fn restore(&mut self, snapshot: Snapshot, tracer: &mut Tracer) {
        tracer.emit(|| Trace::SnapshotRestoring {
            log: self.summary(),
            snapshot: EntryId {
                term: snapshot.metadata.term,
                index: snapshot.metadata.index,
            },
        });
        self.start = EntryId {
            term: snapshot.metadata.term,
            index: snapshot.metadata.index,
        };
        self.committed = self.start.index;
        self.entries.clear();
        self.stable_end = self.start.index + 1;
        self.persisting_end = self.stable_end;
        self.incoming = Some(snapshot);
        self.incoming_persisting = false;
    }

    // ---- applying

    /// The last entry that may be applied: committed and, unless `unstable`, durable.
    ///
    /// Rule 21: with asynchronous storage an entry is applied only once it is durable here.
    fn max_appliable(&self, unstable: bool) -> u64 {
        if unstable {
            self.committed
        } else {
            self.committed.min(self.stable_end - 1)
        }
    }

    pub(super) fn next_committed(&self, unstable: bool) -> Vec<Entry> {
        if !self.has_next_committed(unstable) {
            return Vec::new();
        }
        let max_size = self.max_applying_size.saturating_sub(self.applying_size);
        self.slice(self.applying + 1, self.max_appliable(unstable) + 1, max_size)
    }

    /// Rule 19: nothing is applied while a snapshot waits to be durable.
    pub(super) fn has_next_committed(&self, unstable: bool) -> bool {
        !self.applying_paused && self.incoming.is_none() && self.applying < self.max_appliable(unstable)
    }

    /// Entries up to `index`, of `size` bytes, were handed out to be applied.
    pub(super) fn accept_applying(&mut self, index: u64, size: u64, unstable: bool) {
        self.applying = index;
        self.applying_size = self.applying_size.saturating_add(size);
        // Less than could be was handed out, so the cap was met.
        self.applying_paused = self.applying_size >= self.max_applying_size || index < self.max_appliable(unstable);
    }

    /// Entries up to `index`, of `size` bytes, are applied.
    pub(super) fn applied_to(&mut self, index: u64, size: u64) -> Result<(), Conflict> {
        if index > self.committed || index < self.applied {
            return Err(Conflict {
                index,
                committed: self.committed,
            });
        }
        self.applied = index;
        self.applying = self.applying.max(index);
        self.applying_size = self.applying_size.saturating_sub(size);
        self.applying_paused = self.applying_size >= self.max_applying_size;
        Ok(())
    }

    // ---- compaction

    /// The latest snapshot that can be sent, unless it is older than the window.
    pub(super) fn sendable_snapshot(&self) -> Option<&Snapshot> {
        let index = self.snapshot.metadata.index;
        (index > 0 && index + 1 >= self.first_index()).then_some(&self.snapshot)
    }

    /// The application took a snapshot. An older one is of no use. It may go as far as entries were handed out, for the application
    /// may say that they are applied only later.
    pub(super) fn set_snapshot(&mut self, snapshot: Snapshot) -> bool {
        let index = snapshot.metadata.index;
        let news = index >= self.snapshot.metadata.index && index <= self.applying;
        if news {
            self.snapshot = snapshot;
        }
        news
    }

    /// Drops the entries up to `index`, which must be applied and durable.
    pub(super) fn compact(&mut self, index: u64) -> bool {
        let Some(term) = self.term(index) else {
            return false;
        };
        if index > self.applied || index >= self.stable_end {
            return false;
        }
        self.entries.drain(..(index - self.start.index) as usize);
        self.start = EntryId { term, index };
        true
    }

    /// What everything here counts on: the entries follow one another, and the marks on them are in order. (A snapshot that
    /// came in is committed, and is applied only once it is durable.)
    pub(super) fn is_sound(&self) -> bool {
        if self.start.index >= LIMIT {
            return false;
        }
        let (first, end) = (self.first_index(), self.last_index() + 1);
        let mut follow = self.entries.iter().zip(first..);
        follow.all(|(entry, index)| entry.index == index)
            && (first..=end).contains(&self.stable_end)
            && (self.stable_end..=end).contains(&self.persisting_end)
            && (self.start.index..end).contains(&self.committed)
            && self.applied <= self.applying
            && self.applying <= self.committed
            && self.snapshot.metadata.index < LIMIT
            && self
                .incoming
                .as_ref()
                .is_none_or(|incoming| incoming.metadata.index <= self.start.index)
    }

    pub(super) fn summary(&self) -> LogSummary {
        LogSummary {
            committed: self.committed,
            applied: self.applied,
            applying: self.applying,
            stable_end: self.stable_end,
            persisting_end: self.persisting_end,
            unstable: self.last_index() + 1 - self.stable_end,
        }
    }
}

/// How far a log is durable, committed and applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct LogSummary {
    /// The last committed entry.
    pub committed: u64,
    /// The last applied entry.
    pub applied: u64,
    /// The last entry that was handed out to be applied.
    pub applying: u64,
    /// One past the last durable entry.
    pub stable_end: u64,
    /// One past the last entry that was handed out to be made durable.
    pub persisting_end: u64,
    /// How many entries are not durable.
    pub unstable: u64,
}

impl fmt::Display for LogSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "committed={}, applied={}, applying={}, unstable.offset={}, unstable.offsetInProgress={}, \
             len(unstable.Entries)={}",
            self.committed, self.applied, self.applying, self.stable_end, self.persisting_end, self.unstable
        )
    }
}

/// Something that cannot be: a committed entry would be replaced, or one that was never seen is committed or applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Conflict {
    pub(super) index: u64,
    pub(super) committed: u64,
}

saved!(struct EntryId { term, index });
saved!(struct Log {
    start, entries, stable_end, persisting_end, incoming, incoming_persisting, snapshot, committed, applied, applying,
    applying_size, max_applying_size, applying_paused
});
saved!(struct LogSummary { committed, applied, applying, stable_end, persisting_end, unstable });
saved!(struct Conflict { index, committed });
