//! What a server says: a tagged struct, whose views stand in its handle.

use core::ffi::c_char;

use quorate::replication::{Framing, Output};

use super::history::{quorate_replication_history, quorate_replication_history_cause};
use crate::bytes::quorate_bytes;
use crate::text::{Texts, Told};

/// What an output is, and which member of `as` it is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum quorate_replication_output_kind {
    /// What a newer core says and this header does not know.
    QUORATE_REPLICATION_OUTPUT_UNLISTED = 0,
    /// `as.send`: send these bytes on the replica's connection, behind what was sent before.
    QUORATE_REPLICATION_OUTPUT_SEND = 1,
    /// `as.close`: close this replica's connection. It is forgotten already: there is no need to say that it closed.
    QUORATE_REPLICATION_OUTPUT_CLOSE = 2,
    /// `as.take_snapshot`: freeze the data as it is now, then call quorate_replication_server_snapshot_taken. So many bytes of the
    /// stream are behind this data: they and the history's id belong into the snapshot.
    QUORATE_REPLICATION_OUTPUT_TAKE_SNAPSHOT = 3,
    /// `as.send_snapshot`: send the frozen data on the replica's connection, framed so, then call
    /// quorate_replication_server_snapshot_sent. Nothing else is to be sent there meanwhile.
    QUORATE_REPLICATION_OUTPUT_SEND_SNAPSHOT = 4,
    /// `as.connect`: open a connection to the primary, then call quorate_replication_server_connected or
    /// quorate_replication_server_closed. Any earlier connection to a primary is closed already.
    QUORATE_REPLICATION_OUTPUT_CONNECT = 5,
    /// `as.disconnect`: close this connection. There is no need to say that it closed.
    QUORATE_REPLICATION_OUTPUT_DISCONNECT = 6,
    /// `as.send_to_primary`: send these bytes on that connection.
    QUORATE_REPLICATION_OUTPUT_SEND_TO_PRIMARY = 7,
    /// `as.snapshot_begins`: keep the pieces that follow, apart from the data.
    QUORATE_REPLICATION_OUTPUT_SNAPSHOT_BEGINS = 8,
    /// `as.snapshot_bytes`: the next piece of the snapshot.
    QUORATE_REPLICATION_OUTPUT_SNAPSHOT_BYTES = 9,
    /// The snapshot is whole. Throw away all data, load the snapshot in its place, then call
    /// quorate_replication_server_snapshot_loaded.
    QUORATE_REPLICATION_OUTPUT_LOAD_SNAPSHOT = 10,
    /// The snapshot that began will not come to its end: throw its pieces away.
    QUORATE_REPLICATION_OUTPUT_SNAPSHOT_ABORTED = 11,
    /// `as.apply`: apply this command of the primary's to the data.
    QUORATE_REPLICATION_OUTPUT_APPLY = 12,
    /// `as.waited`: WAIT is over for that client: answer it with the number.
    QUORATE_REPLICATION_OUTPUT_WAITED = 13,
    /// `as.wait_broken`: the server became a replica while that client waited: answer with the error UNBLOCKED and close its
    /// connection.
    QUORATE_REPLICATION_OUTPUT_WAIT_BROKEN = 14,
    /// `as.history_changed`: the server's history has another name, or is another one.
    QUORATE_REPLICATION_OUTPUT_HISTORY_CHANGED = 15,
    /// `as.link_changed`: the link to the primary came up or went down (master_link_status).
    QUORATE_REPLICATION_OUTPUT_LINK_CHANGED = 16,
    /// `as.trace`: why something happened, or did not.
    QUORATE_REPLICATION_OUTPUT_TRACE = 17,
}

use quorate_replication_output_kind::*;

/// Bytes for a replica, or for the primary.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct quorate_replication_send {
    /// The replica's connection; of QUORATE_REPLICATION_OUTPUT_SEND_TO_PRIMARY the attempt.
    pub to: u64,
    /// What to send.
    pub data: quorate_bytes,
}

/// A snapshot for a replica.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct quorate_replication_send_snapshot {
    /// Whose connection.
    pub replica: u64,
    /// The mark that stands before and behind the data, ended by NUL: send "$EOF:", these 40 bytes, CR LF, the data, and these 40
    /// bytes. NULL if the length stands before: send "$", the length of the data in digits, CR LF, and the data.
    pub mark: *const c_char,
}

/// A connection to be opened.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct quorate_replication_connect {
    /// What the connection is called from now on.
    pub attempt: u64,
    /// The primary's address or name, ended by NUL.
    pub host: *const c_char,
    /// The primary's port.
    pub port: u16,
}

/// The beginning of a snapshot.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct quorate_replication_snapshot_begin {
    /// How long it is in bytes, if the primary says so. Nothing may be reserved by it.
    pub size: u64,
    /// Whether it says so.
    pub has_size: bool,
}

/// A command of the primary's.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct quorate_replication_apply {
    /// The command's name and arguments: `count` of them.
    pub args: *const quorate_bytes,
    /// How many.
    pub count: usize,
    /// How many bytes of the stream are behind the data then.
    pub offset: u64,
}

/// The end of a WAIT.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct quorate_replication_waited {
    /// Who waited.
    pub client: u64,
    /// How many replicas have what it wrote.
    pub replicas: u64,
    /// Whether the time ran out.
    pub timed_out: bool,
}

/// Another history.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct quorate_replication_history_change {
    /// What the data is the result of now.
    pub history: quorate_replication_history,
    /// How that came to be.
    pub cause: quorate_replication_history_cause,
}

/// Why something happened, or did not. Only with `trace` of the settings.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct quorate_replication_trace {
    /// What happened, in snake case, such as "psync_decided". Ended by NUL.
    pub kind: *const c_char,
    /// What goes with it, as a JSON object in one line, by name. Names of variants are in snake case. Ended by NUL.
    pub json: *const c_char,
}

/// What an output holds. The output's kind says which member.
#[derive(Clone, Copy)]
#[repr(C)]
pub union quorate_replication_output_as {
    /// QUORATE_REPLICATION_OUTPUT_SEND
    pub send: quorate_replication_send,
    /// QUORATE_REPLICATION_OUTPUT_CLOSE: which replica
    pub close: u64,
    /// QUORATE_REPLICATION_OUTPUT_TAKE_SNAPSHOT: the offset
    pub take_snapshot: u64,
    /// QUORATE_REPLICATION_OUTPUT_SEND_SNAPSHOT
    pub send_snapshot: quorate_replication_send_snapshot,
    /// QUORATE_REPLICATION_OUTPUT_CONNECT
    pub connect: quorate_replication_connect,
    /// QUORATE_REPLICATION_OUTPUT_DISCONNECT: which attempt
    pub disconnect: u64,
    /// QUORATE_REPLICATION_OUTPUT_SEND_TO_PRIMARY
    pub send_to_primary: quorate_replication_send,
    /// QUORATE_REPLICATION_OUTPUT_SNAPSHOT_BEGINS
    pub snapshot_begins: quorate_replication_snapshot_begin,
    /// QUORATE_REPLICATION_OUTPUT_SNAPSHOT_BYTES
    pub snapshot_bytes: quorate_bytes,
    /// QUORATE_REPLICATION_OUTPUT_APPLY
    pub apply: quorate_replication_apply,
    /// QUORATE_REPLICATION_OUTPUT_WAITED
    pub waited: quorate_replication_waited,
    /// QUORATE_REPLICATION_OUTPUT_WAIT_BROKEN: which client
    pub wait_broken: u64,
    /// QUORATE_REPLICATION_OUTPUT_HISTORY_CHANGED
    pub history_changed: quorate_replication_history_change,
    /// QUORATE_REPLICATION_OUTPUT_LINK_CHANGED: whether it is up
    pub link_changed: bool,
    /// QUORATE_REPLICATION_OUTPUT_TRACE
    pub trace: quorate_replication_trace,
}

/// What the caller must do, or may want to know. Its views are valid until the next poll of the server, or until it is freed.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct quorate_replication_output {
    /// What it is.
    pub kind: quorate_replication_output_kind,
    /// What it holds, by its kind.
    pub r#as: quorate_replication_output_as,
}

/// The output that was polled last, and what its views point to.
#[derive(Default)]
pub(super) struct Polled {
    bytes: Vec<u8>,
    words: Vec<Vec<u8>>,
    args: Vec<quorate_bytes>,
    texts: Texts,
    told: Option<Told>,
}

// SAFETY: the pointers are read by the caller of the library alone, who uses a handle in one thread at a time.
unsafe impl Send for Polled {}

impl Polled {
    fn bytes(&mut self, bytes: Vec<u8>) -> quorate_bytes {
        self.bytes = bytes;
        quorate_bytes::of(&self.bytes)
    }

    /// Keeps an output, in place of the one before.
    pub(super) fn keep(&mut self, output: Output) -> quorate_replication_output {
        use quorate_replication_output_as as As;

        self.texts.clear();
        let nothing = As { close: 0 };
        let (kind, of_kind) = match output {
            Output::Send { replica, bytes } => {
                let data = self.bytes(bytes);
                let send = quorate_replication_send { to: replica, data };
                (QUORATE_REPLICATION_OUTPUT_SEND, As { send })
            }
            Output::Close { replica } => (QUORATE_REPLICATION_OUTPUT_CLOSE, As { close: replica }),
            Output::TakeSnapshot { offset } => {
                let take_snapshot = offset;
                (QUORATE_REPLICATION_OUTPUT_TAKE_SNAPSHOT, As { take_snapshot })
            }
            Output::SendSnapshot { replica, framing } => {
                let mark = match &framing {
                    Framing::Length => None,
                    Framing::Mark(mark) => Some(&**mark),
                };
                let mark = self.texts.keep_some(mark);
                let send_snapshot = quorate_replication_send_snapshot { replica, mark };
                (QUORATE_REPLICATION_OUTPUT_SEND_SNAPSHOT, As { send_snapshot })
            }
            Output::Connect { attempt, host, port } => {
                let host = self.texts.keep(&host);
                let connect = quorate_replication_connect { attempt, host, port };
                (QUORATE_REPLICATION_OUTPUT_CONNECT, As { connect })
            }
            Output::Disconnect { attempt } => {
                let disconnect = attempt;
                (QUORATE_REPLICATION_OUTPUT_DISCONNECT, As { disconnect })
            }
            Output::SendToPrimary { attempt, bytes } => {
                let data = self.bytes(bytes);
                let send_to_primary = quorate_replication_send { to: attempt, data };
                (QUORATE_REPLICATION_OUTPUT_SEND_TO_PRIMARY, As { send_to_primary })
            }
            Output::SnapshotBegins { size } => {
                let snapshot_begins = quorate_replication_snapshot_begin {
                    size: size.unwrap_or(0),
                    has_size: size.is_some(),
                };
                (QUORATE_REPLICATION_OUTPUT_SNAPSHOT_BEGINS, As { snapshot_begins })
            }
            Output::SnapshotBytes(bytes) => {
                let snapshot_bytes = self.bytes(bytes);
                (QUORATE_REPLICATION_OUTPUT_SNAPSHOT_BYTES, As { snapshot_bytes })
            }
            Output::LoadSnapshot => (QUORATE_REPLICATION_OUTPUT_LOAD_SNAPSHOT, nothing),
            Output::SnapshotAborted => (QUORATE_REPLICATION_OUTPUT_SNAPSHOT_ABORTED, nothing),
            Output::Apply { args, offset } => {
                self.words = args;
                self.args.clear();
                self.args.extend(self.words.iter().map(|word| quorate_bytes::of(word)));
                let apply = quorate_replication_apply {
                    args: self.args.as_ptr(),
                    count: self.args.len(),
                    offset,
                };
                (QUORATE_REPLICATION_OUTPUT_APPLY, As { apply })
            }
            Output::Waited {
                client,
                replicas,
                timed_out,
            } => {
                let waited = quorate_replication_waited {
                    client,
                    replicas,
                    timed_out,
                };
                (QUORATE_REPLICATION_OUTPUT_WAITED, As { waited })
            }
            Output::WaitBroken { client } => {
                let wait_broken = client;
                (QUORATE_REPLICATION_OUTPUT_WAIT_BROKEN, As { wait_broken })
            }
            Output::HistoryChanged { history, cause } => {
                let history_changed = quorate_replication_history_change {
                    history: quorate_replication_history::of(&history),
                    cause: quorate_replication_history_cause::of(cause),
                };
                (QUORATE_REPLICATION_OUTPUT_HISTORY_CHANGED, As { history_changed })
            }
            Output::LinkChanged { up } => (QUORATE_REPLICATION_OUTPUT_LINK_CHANGED, As { link_changed: up }),
            Output::Trace(trace) => {
                let told = self.told.insert(Told::of(&trace));
                let trace = quorate_replication_trace {
                    kind: told.kind.as_ptr(),
                    json: told.json.as_ptr(),
                };
                (QUORATE_REPLICATION_OUTPUT_TRACE, As { trace })
            }
            // The core's enum may grow; the binding is built with the core it was written for.
            _ => (QUORATE_REPLICATION_OUTPUT_UNLISTED, nothing),
        };
        quorate_replication_output { kind, r#as: of_kind }
    }
}
