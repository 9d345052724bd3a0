//! The storage of a node in a script: in memory, and only what a script can look at.

use quorate::raft::{Entry, Snapshot};

/// A log behind a snapshot or a compaction.
#[derive(Default)]
pub(super) struct Storage {
    /// The entry before the first.
    start: u64,
    entries: Vec<Entry>,
}

impl Storage {
    pub(super) fn new(start: u64) -> Self {
        Self {
            start,
            entries: Vec::new(),
        }
    }

    pub(super) fn first_index(&self) -> u64 {
        self.start + 1
    }

    pub(super) fn last_index(&self) -> u64 {
        self.start + self.entries.len() as u64
    }

    pub(super) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Writes what a node handed out: a snapshot replaces the whole log, entries what stands at their places and behind them.
    pub(super) fn write(&mut self, snapshot: Option<&Snapshot>, entries: &[Entry]) -> Result<(), String> {
        if let Some(snapshot) = snapshot {
            if !entries.is_empty() {
                return Err("can't apply snapshot and entries at the same time".to_string());
            }
            let index = snapshot.metadata.index;
            if index <= self.start {
                return Err("requested index is older than the existing snapshot".to_string());
            }
            *self = Self::new(index);
            return Ok(());
        }
        for entry in entries.iter().filter(|entry| entry.index > self.start) {
            let place = (entry.index - self.start - 1) as usize;
            if place > self.entries.len() {
                return Err(format!("missing log entry before index {}", entry.index));
            }
            self.entries.truncate(place);
            self.entries.push(entry.clone());
        }
        Ok(())
    }

    /// Drops the entries up to `index`.
    pub(super) fn compact(&mut self, index: u64) -> Result<(), String> {
        if index <= self.start {
            return Err("requested index is unavailable due to compaction".to_string());
        }
        if index > self.last_index() {
            return Err(format!(
                "compact {index} is out of bound lastindex({})",
                self.last_index()
            ));
        }
        self.entries.drain(..(index - self.start) as usize);
        self.start = index;
        Ok(())
    }
}
