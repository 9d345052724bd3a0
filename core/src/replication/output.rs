//! What a server asks of its caller.

use alloc::collections::VecDeque;
use alloc::string::String;
use alloc::vec::Vec;

use super::psync::History;
use super::trace::Trace;
use super::{ClientId, ReplicaId};

/// What the caller must do, or may want to know.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Output {
    // ---- towards this server's replicas
    /// Send these bytes on the replica's connection, behind what was sent before.
    Send {
        /// Whose connection.
        replica: ReplicaId,
        /// An answer, or a piece of the stream.
        bytes: Vec<u8>,
    },
    /// Close the replica's connection. It is forgotten already: there is no need to say that it closed.
    Close {
        /// Whose connection.
        replica: ReplicaId,
    },
    /// Freeze the data as it is now, then call [`Server::snapshot_taken`](super::Server::snapshot_taken).
    TakeSnapshot {
        /// How many bytes of the stream are behind this data. They and [`Server::history`](super::Server::history)'s id belong into
        /// the snapshot, so that whoever starts from it can go on from there.
        offset: u64,
    },
    /// Send the frozen data on the replica's connection, framed so, then call
    /// [`Server::snapshot_sent`](super::Server::snapshot_sent). Nothing else is to be sent there meanwhile.
    SendSnapshot {
        /// Whose connection.
        replica: ReplicaId,
        /// What stands around it.
        framing: Framing,
    },

    // ---- towards this server's primary
    /// Open a connection to the primary, then call [`Server::connected`](super::Server::connected) or
    /// [`Server::closed`](super::Server::closed). Any earlier connection to a primary is closed already.
    Connect {
        /// What the connection is called from now on.
        attempt: u64,
        /// The primary's address or name.
        host: String,
        /// The primary's port.
        port: u16,
    },
    /// Close that connection. There is no need to say that it closed.
    Disconnect {
        /// Which connection.
        attempt: u64,
    },
    /// Send these bytes on that connection.
    SendToPrimary {
        /// Which connection.
        attempt: u64,
        /// One or more commands.
        bytes: Vec<u8>,
    },
    /// A snapshot begins: keep the pieces that follow, apart from the data.
    SnapshotBegins {
        /// How long it is in bytes, if the primary says so. Nothing may be reserved by it.
        size: Option<u64>,
    },
    /// The next piece of the snapshot.
    SnapshotBytes(Vec<u8>),
    /// The snapshot is whole. Throw away all data, load the snapshot in its place, then call
    /// [`Server::snapshot_loaded`](super::Server::snapshot_loaded).
    LoadSnapshot,
    /// The snapshot that began will not come to its end: throw its pieces away.
    SnapshotAborted,
    /// Apply this command of the primary's to the data.
    Apply {
        /// The command's name and arguments.
        args: Vec<Vec<u8>>,
        /// How many bytes of the stream are behind the data then.
        offset: u64,
    },

    // ---- towards clients and observers
    /// `WAIT` is over for that client: answer it with the number.
    Waited {
        /// Who waited.
        client: ClientId,
        /// How many replicas have what it wrote.
        replicas: u64,
        /// Whether the time ran out.
        timed_out: bool,
    },
    /// The server became a replica while that client waited: answer with the error `UNBLOCKED` and close its connection.
    WaitBroken {
        /// Who waited.
        client: ClientId,
    },
    /// The server's history has another name, or is another one.
    HistoryChanged {
        /// What the data is the result of now.
        history: History,
        /// How that came to be.
        cause: HistoryCause,
    },
    /// The link to the primary came up or went down (`master_link_status`).
    LinkChanged {
        /// Whether it is up.
        up: bool,
    },
    /// Why something happened, or did not. Only with [`Config::trace`](super::Config::trace).
    Trace(Trace),
}

/// Why a server's history has another name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum HistoryCause {
    /// It was promoted: the data stays, and the history grew out of the one before.
    Promoted,
    /// Its primary goes on under another name, and so does it: likewise.
    Continued,
    /// It is a primary that did not count what was written to it, for it had no replicas. The data stays, and nobody can go on from the
    /// name before.
    Renewed,
    /// It loaded its primary's snapshot: the data before is gone since [`Output::LoadSnapshot`].
    Loaded,
}

/// What stands around a snapshot on the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Framing {
    /// `$`, its length in digits, CR LF; then the snapshot.
    Length,
    /// `$EOF:`, these 40 bytes, CR LF; then the snapshot; then these 40 bytes again. For data whose length is not known ahead.
    Mark(String),
}

impl Framing {
    /// What is sent before a snapshot of `length` bytes.
    pub fn head(&self, length: u64) -> Vec<u8> {
        match self {
            Self::Length => alloc::format!("${length}\r\n").into_bytes(),
            Self::Mark(mark) => alloc::format!("$EOF:{mark}\r\n").into_bytes(),
        }
    }

    /// What is sent behind it.
    pub fn tail(&self) -> &[u8] {
        match self {
            Self::Length => &[],
            Self::Mark(mark) => mark.as_bytes(),
        }
    }
}

/// Keeps what there is to say until it is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Outbox {
    pub(super) trace: bool,
    queue: VecDeque<Output>,
}

impl Outbox {
    pub(super) fn new(trace: bool) -> Self {
        Self {
            trace,
            queue: VecDeque::new(),
        }
    }

    pub(super) fn push(&mut self, output: Output) {
        self.queue.push_back(output);
    }

    pub(super) fn send(&mut self, replica: ReplicaId, bytes: impl Into<Vec<u8>>) {
        let bytes = bytes.into();
        if bytes.is_empty() {
            return;
        }
        // Pieces of the stream join while nothing stands between them.
        if let Some(Output::Send {
            replica: last,
            bytes: before,
        }) = self.queue.back_mut()
            && *last == replica
        {
            before.extend(bytes);
            return;
        }
        self.push(Output::Send { replica, bytes });
    }

    /// Costs a branch while traces are off.
    #[inline]
    pub(super) fn trace(&mut self, event: impl FnOnce() -> Trace) {
        if self.trace {
            self.push(Output::Trace(event()));
        }
    }

    pub(super) fn pop(&mut self) -> Option<Output> {
        self.queue.pop_front()
    }
}
