//! The ledger: which acknowledged writes are replicated, at risk or lost.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::fmt::Write;

use super::id::ReplicationId;
use super::output::HistoryCause;
use super::psync::History;
use crate::hash::StateHasher;

/// What a server is called by whoever keeps the ledger.
pub type ServerId = u64;

/// What a write is called by whoever keeps the ledger.
pub type WriteId = u64;

/// How an acknowledged write stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum WriteStatus {
    /// More than one server has it, and none is in a history that left its own before it.
    Replicated {
        /// How many servers have it.
        servers: u64,
    },
    /// It is there, but not safe.
    AtRisk(Risk),
    /// No server has it any more.
    Lost {
        /// When the last copy went.
        at_ms: u64,
    },
}

/// Why a write that is there is not safe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Risk {
    /// One server has it.
    OneCopy,
    /// A server is in a history that left the write's before it, as one is that was promoted without it: who follows that one loses
    /// the write, however many have it now.
    Forked,
}

/// Writes that were lost at one moment, all of one history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Loss {
    /// The history that they were in.
    pub history: ReplicationId,
    /// The server that had the last copy, if one had and it was not told late.
    pub server: Option<ServerId>,
    /// How many writes.
    pub writes: u64,
    /// The offset of the first of them.
    pub first_offset: u64,
    /// The offset of the last.
    pub last_offset: u64,
    /// When the first of them was acknowledged.
    pub first_ack_ms: u64,
    /// When the last was.
    pub last_ack_ms: u64,
    /// When they were lost.
    pub lost_at_ms: u64,
}

impl Loss {
    /// For how long clients were promised what was not kept: from the first lost write's acknowledgement to the last's.
    pub fn window_ms(&self) -> u64 {
        self.last_ack_ms.saturating_sub(self.first_ack_ms)
    }
}

/// How many writes stand how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Counts {
    /// All that were told of.
    pub acknowledged: u64,
    /// Those that are [`WriteStatus::Replicated`].
    pub replicated: u64,
    /// Those that are [`WriteStatus::AtRisk`].
    pub at_risk: u64,
    /// Those that are [`WriteStatus::Lost`].
    pub lost: u64,
}

/// A write that is told of twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("write {0} was acknowledged before")]
pub struct DuplicateWrite(pub WriteId);

impl DuplicateWrite {
    /// A stable name, the same in every binding.
    pub fn code(&self) -> &'static str {
        "duplicate_write"
    }
}

/// Says of every acknowledged write whether it is replicated, at risk or lost.
///
/// It stands outside of the servers, and is told what clients were promised ([`acknowledged`](Self::acknowledged)) and where each
/// server's data is ([`at`](Self::at), [`changed`](Self::changed), [`gone`](Self::gone)). A write is where its offset in its history
/// is: a server has it if its own history is that one, or grew out of it behind it. Times are of one clock, the teller's.
///
/// ```
/// use quorate::replication::{History, Ledger, ReplicationId, Risk, WriteStatus};
///
/// let (old, new): (ReplicationId, ReplicationId) = ("a".repeat(40).parse()?, "b".repeat(40).parse()?);
/// let at = |id, offset| History { id, offset, second: None };
/// let mut ledger = Ledger::default();
/// ledger.at(1, &at(old, 100), 0);
/// ledger.at(2, &at(old, 100), 0);
/// ledger.acknowledged(7, 1, old, 142, 10)?;                     // 42 bytes that the replica does not have yet
/// assert_eq!(ledger.status(7), Some(WriteStatus::AtRisk(Risk::OneCopy)));
/// ledger.at(2, &at(old, 100).fork(new), 3_000);                 // it is promoted without them
/// assert_eq!(ledger.status(7), Some(WriteStatus::AtRisk(Risk::Forked)));
/// ledger.gone(1, 13_000);                                       // and the old primary throws its data away
/// assert_eq!(ledger.status(7), Some(WriteStatus::Lost { at_ms: 13_000 }));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Ledger {
    servers: BTreeMap<ServerId, Position>,
    forks: BTreeMap<ReplicationId, Fork>,
    /// In the order of their offsets.
    writes: BTreeMap<ReplicationId, Vec<Entry>>,
    places: BTreeMap<WriteId, (ReplicationId, u64)>,
    losses: Vec<Loss>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
struct Position {
    id: ReplicationId,
    offset: u64,
}

/// Where a history grew out of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
struct Fork {
    parent: ReplicationId,
    /// The last offset that both share.
    shared: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
struct Entry {
    offset: u64,
    write: WriteId,
    acked_ms: u64,
    lost_ms: Option<u64>,
}

impl Ledger {
    /// Makes an empty ledger.
    pub fn new() -> Self {
        Self::default()
    }

    // ---- inputs

    /// A client was told that its write is done: by `server`, in the history `id`, at `offset`, which is what
    /// [`Server::write`](super::Server::write) answered.
    ///
    /// # Errors
    /// [`DuplicateWrite`].
    pub fn acknowledged(
        &mut self,
        write: WriteId,
        server: ServerId,
        id: ReplicationId,
        offset: u64,
        now_ms: u64,
    ) -> Result<(), DuplicateWrite> {
        if self.places.contains_key(&write) {
            return Err(DuplicateWrite(write));
        }
        self.places.insert(write, (id, offset));
        // Who acknowledges has it, unless it has moved on since.
        let position = self.servers.entry(server).or_insert(Position { id, offset });
        if position.id == id {
            position.offset = position.offset.max(offset);
        }
        let entries = self.writes.entry(id).or_default();
        let place = entries.partition_point(|entry| entry.offset <= offset);
        entries.insert(
            place,
            Entry {
                offset,
                write,
                acked_ms: now_ms,
                lost_ms: None,
            },
        );
        if self.reach(id) < Some(offset) {
            self.lose(None, now_ms);
        }
        Ok(())
    }

    /// A server's data is the result of that history now. What it had and has no more may be lost.
    ///
    /// A server that went back, as one does that starts again from an old snapshot on its disk, is told of so too.
    pub fn at(&mut self, server: ServerId, history: &History, now_ms: u64) {
        if let Some(second) = history.second {
            self.learn(history.id, second.id, second.offset.saturating_sub(1));
        }
        let position = Position {
            id: history.id,
            offset: history.offset,
        };
        let before = self.servers.insert(server, position);
        if before.is_some_and(|before| !self.contains(position, before)) {
            self.lose(Some(server), now_ms);
        }
    }

    /// A server's history has another name, for that reason: what [`Output::HistoryChanged`](super::Output::HistoryChanged) says.
    pub fn changed(&mut self, server: ServerId, history: &History, cause: HistoryCause, now_ms: u64) {
        if cause == HistoryCause::Renewed
            && let Some(before) = self.servers.get(&server).copied()
            && before.id != history.id
        {
            self.learn(history.id, before.id, before.offset);
        }
        self.at(server, history, now_ms);
    }

    /// A server's data is gone: it started again without any, or threw it away for its primary's
    /// ([`Output::LoadSnapshot`](super::Output::LoadSnapshot)). One that is down and comes back with its data is not gone.
    pub fn gone(&mut self, server: ServerId, now_ms: u64) {
        if self.servers.remove(&server).is_some() {
            self.lose(Some(server), now_ms);
        }
    }

    // ---- questions

    /// How a write stands, or `None` if it was never told of.
    pub fn status(&self, write: WriteId) -> Option<WriteStatus> {
        let &(id, offset) = self.places.get(&write)?;
        let entries = self.writes.get(&id)?;
        let first = entries.partition_point(|entry| entry.offset < offset);
        let entry = entries[first..].iter().find(|entry| entry.write == write)?;
        Some(self.judge(id, entry, self.fork_limit(id)))
    }

    /// How many writes stand how.
    ///
    /// # Complexity
    /// Linear in the writes, times the servers.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for (&id, entries) in &self.writes {
            let limit = self.fork_limit(id);
            for entry in entries {
                counts.acknowledged += 1;
                match self.judge(id, entry, limit) {
                    WriteStatus::Replicated { .. } => counts.replicated += 1,
                    WriteStatus::AtRisk(_) => counts.at_risk += 1,
                    WriteStatus::Lost { .. } => counts.lost += 1,
                }
            }
        }
        counts
    }

    /// What was lost, in the order in which it was.
    pub fn losses(&self) -> &[Loss] {
        &self.losses
    }

    /// The writes that are lost, by history, in the order of their offsets.
    pub fn lost(&self) -> impl Iterator<Item = WriteId> {
        let entries = self.writes.values().flatten();
        entries.filter(|entry| entry.lost_ms.is_some()).map(|entry| entry.write)
    }

    /// How many servers have what is at `offset` of that history.
    pub fn copies(&self, id: ReplicationId, offset: u64) -> u64 {
        let has = |position: &&Position| self.contains(**position, Position { id, offset });
        self.servers.values().filter(has).count() as u64
    }

    /// A hash of everything that the ledger knows, the same on every platform and in every language.
    pub fn state_hash(&self) -> u64 {
        struct Hash(StateHasher);
        impl Write for Hash {
            fn write_str(&mut self, text: &str) -> core::fmt::Result {
                self.0.bytes(text.as_bytes());
                Ok(())
            }
        }
        let mut hash = Hash(StateHasher::new());
        // The state is plain data in a fixed order, and so is its text.
        let _ = write!(hash, "{self:?}");
        hash.0.finish()
    }

    // ---- histories

    /// Replicas that follow a promoted one learn of its history at an earlier offset than it forked at: the latest is the true one.
    fn learn(&mut self, id: ReplicationId, parent: ReplicationId, shared: u64) {
        let fork = self.forks.entry(id).or_insert(Fork { parent, shared });
        if fork.parent == parent {
            fork.shared = fork.shared.max(shared);
        }
    }

    /// Up to which offset of `id` that position has everything, or `None` if the two histories have nothing in common.
    fn project(&self, position: Position, id: ReplicationId) -> Option<u64> {
        let Position { id: mut at, mut offset } = position;
        // No more steps than there are forks, so that contradictory names cannot lead in a circle.
        for _ in 0..=self.forks.len() {
            if at == id {
                return Some(offset);
            }
            let fork = self.forks.get(&at)?;
            offset = offset.min(fork.shared);
            at = fork.parent;
        }
        None
    }

    fn contains(&self, position: Position, what: Position) -> bool {
        self.project(position, what.id)
            .is_some_and(|offset| offset >= what.offset)
    }

    /// Up to which offset of `id` some server has everything.
    fn reach(&self, id: ReplicationId) -> Option<u64> {
        let projections = self.servers.values().filter_map(|&position| self.project(position, id));
        projections.max()
    }

    /// Behind which offset of `id` some server is in a history that left it.
    fn fork_limit(&self, id: ReplicationId) -> u64 {
        let left = self.servers.values().filter(|position| position.id != id);
        left.filter_map(|&position| self.project(position, id))
            .min()
            .unwrap_or(u64::MAX)
    }

    fn judge(&self, id: ReplicationId, entry: &Entry, fork_limit: u64) -> WriteStatus {
        if let Some(at_ms) = entry.lost_ms {
            return WriteStatus::Lost { at_ms };
        }
        let servers = self.copies(id, entry.offset);
        if entry.offset > fork_limit {
            WriteStatus::AtRisk(Risk::Forked)
        } else if servers > 1 {
            WriteStatus::Replicated { servers }
        } else {
            WriteStatus::AtRisk(Risk::OneCopy)
        }
    }

    /// Marks what no server has. What is marked once stays so.
    fn lose(&mut self, server: Option<ServerId>, now_ms: u64) {
        let ids: Vec<ReplicationId> = self.writes.keys().copied().collect();
        for id in ids {
            let reach = self.reach(id);
            let Some(entries) = self.writes.get_mut(&id) else {
                continue;
            };
            let kept = match reach {
                Some(reach) => entries.partition_point(|entry| entry.offset <= reach),
                None => 0,
            };
            let mut loss: Option<Loss> = None;
            for entry in entries[kept..].iter_mut().filter(|entry| entry.lost_ms.is_none()) {
                entry.lost_ms = Some(now_ms);
                let loss = loss.get_or_insert(Loss {
                    history: id,
                    server,
                    writes: 0,
                    first_offset: entry.offset,
                    last_offset: entry.offset,
                    first_ack_ms: entry.acked_ms,
                    last_ack_ms: entry.acked_ms,
                    lost_at_ms: now_ms,
                });
                loss.writes += 1;
                loss.last_offset = entry.offset;
                loss.first_ack_ms = loss.first_ack_ms.min(entry.acked_ms);
                loss.last_ack_ms = loss.last_ack_ms.max(entry.acked_ms);
            }
            self.losses.extend(loss);
        }
    }
}
