//! What a member must not forget, in one file: hard states, entries and snapshots, appended as they come.
//!
//! Each record is a frame of its own:
//!
//! ```text
//! checksum: 2 bytes | length: 4 bytes | kind: 1 byte | the record as `raft::wire` encodes it
//! ```
//!
//! A process may die in the middle of a write. Whatever of a frame is in the file then was not yet reported as durable, so nobody
//! relies on it, and it is cut off at the next start. The file is written anew, shorter, when a snapshot replaces entries.
//!
//! The disk is trusted to keep what it said it has: a frame that rots looks like one that was torn, and 16 bits of checksum are for
//! torn frames only.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use quorate::cluster::crc16::checksum;
use quorate::raft::{Entry, HardState, NodeId, Snapshot, Stored, wire};

const CHECKSUM: usize = 2;
const HEADER: usize = CHECKSUM + 4 + 1;

/// The file, and what reading it would give.
pub(crate) struct Storage {
    folder: PathBuf,
    file: File,
    stored: Stored,
    /// Held as long as the process lives, however it ends.
    _lock: File,
}

impl Storage {
    /// Opens the folder of a member; a new one is that of a new group of these voters.
    pub(crate) fn open(folder: &Path, voters: &[NodeId]) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        // Two processes on one log would vote twice.
        let lock = File::create(folder.join("lock"))?;
        lock.try_lock()?;
        let path = folder.join("log");
        let file = OpenOptions::new().create(true).append(true).open(&path)?;
        let bytes = fs::read(&path)?;
        let (stored, good) = replay(&bytes, Stored::group(voters))?;
        if good < bytes.len() {
            file.set_len(good as u64)?;
        }
        file.sync_all()?;
        sync_folder(folder)?;
        Ok(Self {
            folder: folder.to_owned(),
            file,
            stored,
            _lock: lock,
        })
    }

    /// What the node starts with.
    pub(crate) fn stored(&self) -> &Stored {
        &self.stored
    }

    /// Appends in the order of the contract: a snapshot replaces all before it, entries replace those from the first one's index
    /// on, and a hard state may point at either. When this returns, it is on the disk, unless it need not be.
    ///
    /// # Errors
    /// After one nobody knows what is on the disk. The process must end and read it again.
    pub(crate) fn persist(
        &mut self,
        snapshot: Option<&Snapshot>,
        entries: &[Entry],
        hard_state: Option<HardState>,
        must_sync: bool,
    ) -> io::Result<()> {
        let snapshot = snapshot.cloned().map(Record::Snapshot);
        let entries = entries.iter().cloned().map(Record::Entry);
        let hard_state = hard_state.map(Record::HardState);
        let mut frames = Vec::new();
        for record in snapshot.into_iter().chain(entries).chain(hard_state) {
            record.write(&mut frames)?;
            record.take_effect(&mut self.stored);
        }
        self.file.write_all(&frames)?;
        if must_sync {
            self.file.sync_data()?;
        }
        Ok(())
    }

    /// Puts a snapshot of the state machine in the place of the entries that led to it.
    ///
    /// The new file is whole before it takes the old one's name, so that there is one good file at any moment.
    pub(crate) fn compact(&mut self, snapshot: Snapshot) -> io::Result<()> {
        let from = self
            .stored
            .entries
            .iter()
            .position(|entry| entry.index > snapshot.metadata.index);
        let rest = from.map_or_else(Vec::new, |from| self.stored.entries.split_off(from));
        let hard_state = self.stored.hard_state;

        let path = self.folder.join("log.new");
        let _ = fs::remove_file(&path);
        self.file = OpenOptions::new().create_new(true).append(true).open(&path)?;
        self.persist(Some(&snapshot), &rest, Some(hard_state), true)?;
        self.file.sync_all()?;
        fs::rename(&path, self.folder.join("log"))?;
        sync_folder(&self.folder)
    }
}

/// A new name in a folder is durable once the folder is.
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// What the file says, and how many of its bytes are whole frames.
fn replay(bytes: &[u8], mut stored: Stored) -> io::Result<(Stored, usize)> {
    let mut good = 0;
    while let Some((kind, payload)) = next_frame(&bytes[good..]) {
        let record = Record::read(kind, payload)
            .ok_or_else(|| invalid(&format!("at byte {good}: a whole frame holds no record")))?;
        record.take_effect(&mut stored);
        good += HEADER + payload.len();
    }
    Ok((stored, good))
}

/// The kind and the payload of the frame at the start of `bytes`, if it is whole.
fn next_frame(bytes: &[u8]) -> Option<(u8, &[u8])> {
    let header = bytes.get(..HEADER)?;
    let length = u32::from_be_bytes(header[CHECKSUM..CHECKSUM + 4].try_into().ok()?);
    let end = HEADER.checked_add(usize::try_from(length).ok()?)?;
    let sum = checksum(bytes.get(CHECKSUM..end)?);
    // A file that a crash left with zeros at its end has a checksum there that is right, and a kind that is not.
    let whole = sum.to_be_bytes() == header[..CHECKSUM] && header[HEADER - 1] != 0;
    whole.then(|| (header[HEADER - 1], &bytes[HEADER..end]))
}

enum Record {
    HardState(HardState),
    Entry(Entry),
    Snapshot(Snapshot),
}

impl Record {
    fn write(&self, out: &mut Vec<u8>) -> io::Result<()> {
        let (kind, payload) = match self {
            Self::HardState(state) => (1, wire::encode_hard_state(state)),
            Self::Entry(entry) => (2, wire::encode_entry(entry)),
            Self::Snapshot(snapshot) => (3, wire::encode_snapshot(snapshot)),
        };
        let length = u32::try_from(payload.len()).map_err(|_| invalid("a record of more than 4 GiB"))?;
        let start = out.len();
        out.extend_from_slice(&[0; CHECKSUM]);
        out.extend_from_slice(&length.to_be_bytes());
        out.push(kind);
        out.extend_from_slice(&payload);
        let sum = checksum(&out[start + CHECKSUM..]);
        out[start..start + CHECKSUM].copy_from_slice(&sum.to_be_bytes());
        Ok(())
    }

    fn read(kind: u8, payload: &[u8]) -> Option<Self> {
        match kind {
            1 => wire::decode_hard_state(payload).ok().map(Self::HardState),
            2 => wire::decode_entry(payload).ok().map(Self::Entry),
            3 => wire::decode_snapshot(payload).ok().map(Self::Snapshot),
            _ => None,
        }
    }

    fn take_effect(self, stored: &mut Stored) {
        match self {
            Self::HardState(state) => stored.hard_state = state,
            Self::Entry(entry) => {
                let place = entry.index.saturating_sub(stored.snapshot.metadata.index + 1);
                stored.entries.truncate(usize::try_from(place).unwrap_or(usize::MAX));
                stored.entries.push(entry);
            }
            Self::Snapshot(snapshot) => {
                *stored = Stored {
                    hard_state: stored.hard_state,
                    ..Stored::snapshot(snapshot)
                }
            }
        }
    }
}

fn invalid(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

#[cfg(test)]
mod tests {
    use std::env;
    use std::sync::atomic::{AtomicU32, Ordering};

    use quorate::raft::{ConfState, SnapshotMetadata};

    use super::*;

    const VOTERS: [NodeId; 3] = [1, 2, 3];

    /// A folder of the test's own, gone at its end.
    struct Folder(PathBuf);

    impl Folder {
        fn new() -> Self {
            static NUMBER: AtomicU32 = AtomicU32::new(0);
            let number = NUMBER.fetch_add(1, Ordering::Relaxed);
            let folder = env::temp_dir().join(format!("quorate-storage-{}-{number}", std::process::id()));
            fs::create_dir_all(&folder).expect("a folder");
            Self(folder)
        }

        fn open(&self) -> Storage {
            Storage::open(&self.0, &VOTERS).expect("it opens")
        }

        /// What another process finds, when that one has ended.
        fn finds_again(&self, storage: Storage) -> Storage {
            let expected = storage.stored().clone();
            drop(storage);
            let storage = self.open();
            assert_eq!(*storage.stored(), expected);
            storage
        }

        fn log(&self) -> Vec<u8> {
            fs::read(self.0.join("log")).expect("the log")
        }

        fn put(&self, log: &[u8]) {
            fs::write(self.0.join("log"), log).expect("the log");
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn entry(term: u64, index: u64) -> Entry {
        Entry {
            term,
            index,
            ..Entry::normal(format!("PUT k{index} {term}").into_bytes())
        }
    }

    fn hard_state(term: u64, vote: NodeId, commit: u64) -> HardState {
        HardState { term, vote, commit }
    }

    fn snapshot(term: u64, index: u64) -> Snapshot {
        Snapshot {
            data: format!("k {index}\n").into_bytes().into(),
            metadata: SnapshotMetadata {
                conf_state: ConfState {
                    voters: VOTERS.to_vec(),
                    ..ConfState::default()
                },
                index,
                term,
            },
        }
    }

    /// Writes as a member makes them: votes, entries, some that replace others, a snapshot from a leader, entries behind it.
    fn writes() -> Vec<(Option<Snapshot>, Vec<Entry>, Option<HardState>)> {
        vec![
            (None, vec![], Some(hard_state(2, 1, 1))),
            (None, vec![entry(2, 2), entry(2, 3), entry(2, 4)], None),
            (None, vec![], Some(hard_state(2, 1, 3))),
            (None, vec![entry(3, 4)], Some(hard_state(3, 0, 3))),
            (Some(snapshot(4, 10)), vec![], Some(hard_state(4, 0, 10))),
            (None, vec![entry(4, 11), entry(4, 12)], Some(hard_state(4, 0, 11))),
            (None, vec![entry(5, 12)], Some(hard_state(5, 2, 11))),
        ]
    }

    fn write_all(storage: &mut Storage) {
        for (snapshot, entries, hard_state) in writes() {
            storage
                .persist(snapshot.as_ref(), &entries, hard_state, true)
                .expect("it writes");
        }
    }

    #[test]
    fn a_restart_finds_what_was_persisted() {
        let folder = Folder::new();
        assert_eq!(*folder.open().stored(), Stored::group(&VOTERS));
        for (snapshot, entries, hard_state) in writes() {
            let mut storage = folder.open();
            storage
                .persist(snapshot.as_ref(), &entries, hard_state, true)
                .expect("it writes");
            folder.finds_again(storage);
        }
        let expected = Stored {
            hard_state: hard_state(5, 2, 11),
            entries: vec![entry(4, 11), entry(5, 12)],
            ..Stored::snapshot(snapshot(4, 10))
        };
        assert_eq!(*folder.open().stored(), expected);
    }

    /// Whatever a write left of itself, what was durable before it is found, with whole records of it at most; and the log goes on
    /// from there.
    #[test]
    fn a_torn_tail_is_cut_at_every_byte() {
        let folder = Folder::new();
        write_all(&mut folder.open());
        let log = folder.log();

        let mut ends = vec![0];
        while let Some((_, payload)) = next_frame(&log[ends[ends.len() - 1]..]) {
            ends.push(ends[ends.len() - 1] + HEADER + payload.len());
        }
        assert_eq!(ends.len(), 1 + writes().iter().map(frames).sum::<usize>());
        assert_eq!(ends.last(), Some(&log.len()));

        for cut in 0..=log.len() {
            let whole = *ends.iter().rfind(|end| **end <= cut).expect("0 is one");
            let (expected, _) = replay(&log[..whole], Stored::group(&VOTERS)).expect("whole frames");
            folder.put(&log[..cut]);
            let mut storage = folder.open();
            assert_eq!(*storage.stored(), expected, "cut at {cut}");
            assert_eq!(folder.log().len(), whole);

            let next = hard_state(9, 3, expected.hard_state.commit);
            storage.persist(None, &[], Some(next), false).expect("it writes");
            assert_eq!(folder.finds_again(storage).stored().hard_state, next);

            // Garbage in place of the rest. It may happen to be what was to be written.
            for garbage in [[0; 20], [0xff; 20]] {
                let torn = [&log[..cut], &garbage].concat();
                let good = torn.iter().zip(&log).take_while(|(torn, log)| torn == log).count();
                let whole = *ends.iter().rfind(|end| **end <= good).expect("0 is one");
                let (_, found) = replay(&torn, Stored::group(&VOTERS)).expect("whole frames");
                assert_eq!(found, whole, "cut at {cut}, then {garbage:?}");
            }
        }
    }

    fn frames((snapshot, entries, hard_state): &(Option<Snapshot>, Vec<Entry>, Option<HardState>)) -> usize {
        usize::from(snapshot.is_some()) + entries.len() + usize::from(hard_state.is_some())
    }

    /// No bit of a frame can change unseen.
    #[test]
    fn a_changed_bit_is_found() {
        let mut log = Vec::new();
        Record::Entry(entry(2, 2)).write(&mut log).expect("it is short");
        let first = log.len();
        Record::Snapshot(snapshot(2, 10)).write(&mut log).expect("it is short");
        for bit in first * 8..log.len() * 8 {
            log[bit / 8] ^= 1 << (bit % 8);
            let (stored, good) = replay(&log, Stored::group(&VOTERS)).expect("whole frames");
            assert_eq!((stored.entries, good), (vec![entry(2, 2)], first), "bit {bit}");
            log[bit / 8] ^= 1 << (bit % 8);
        }
        assert_eq!(replay(&log, Stored::default()).expect("whole frames").1, log.len());
    }

    #[test]
    fn a_folder_has_one_process() {
        let folder = Folder::new();
        let storage = folder.open();
        assert!(Storage::open(&folder.0, &VOTERS).is_err());
        drop(storage);
        folder.open();
    }

    #[test]
    fn compaction_keeps_what_follows_the_snapshot() {
        let folder = Folder::new();
        let mut storage = folder.open();
        let entries: Vec<Entry> = (2..=100).map(|index| entry(1, index)).collect();
        storage
            .persist(None, &entries, Some(hard_state(1, 2, 95)), true)
            .expect("it writes");
        let before = folder.log().len();

        storage.compact(snapshot(1, 90)).expect("it compacts");
        let expected = Stored {
            hard_state: hard_state(1, 2, 95),
            entries: entries[89..].to_vec(),
            ..Stored::snapshot(snapshot(1, 90))
        };
        assert_eq!(*storage.stored(), expected);
        let mut storage = folder.finds_again(storage);
        assert!(folder.log().len() < before / 5);

        // The file that is written from now on is the one that will be read.
        storage
            .persist(None, &[entry(2, 101)], Some(hard_state(2, 0, 95)), true)
            .expect("it writes");
        let storage = folder.finds_again(storage);

        // A file that was not finished is of no interest.
        fs::write(folder.0.join("log.new"), b"torn").expect("a file");
        let mut storage = folder.finds_again(storage);
        storage.compact(snapshot(1, 95)).expect("it compacts");
        folder.finds_again(storage);
    }
}
