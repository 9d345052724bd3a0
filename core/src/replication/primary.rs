//! What a server does for its replicas, be it a primary or a replica that has some of its own.

use alloc::string::String;
use alloc::vec::Vec;

use super::ReplicaId;
use super::error::Error;
use super::output::{Framing, Output};
use super::psync::{self, PsyncRequest, Resync};
use super::replica::LinkState;
use super::server::Server;
use super::trace::Trace;
use crate::resp::encode_command;

/// How a replica stands with the server that it is attached to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum ReplicaState {
    /// It has not asked for the data yet, and may be an ordinary client.
    Handshake,
    /// It waits for a snapshot to begin.
    WaitSnapshotStart,
    /// It waits for its snapshot to be taken; or is sent one that is not on the disk.
    WaitSnapshotEnd,
    /// It is sent a snapshot from the disk.
    SendSnapshot,
    /// It has the data, and gets the stream.
    Online,
}

impl ReplicaState {
    /// What `INFO` says.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Handshake => "handshake",
            Self::WaitSnapshotStart | Self::WaitSnapshotEnd => "wait_bgsave",
            Self::SendSnapshot => "send_bulk",
            Self::Online => "online",
        }
    }
}

/// A replica, as the server that it is attached to knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Replica {
    /// Its connection.
    pub id: ReplicaId,
    /// The address that it goes by: what it said itself, or where its connection comes from.
    pub ip: String,
    /// The port at which it says that it listens, or 0.
    pub port: i64,
    /// Whether it reads snapshots of unknown length (`capa eof`).
    pub eof: bool,
    /// Whether its history may change its name (`capa psync2`).
    pub psync2: bool,
    /// How it stands.
    pub state: ReplicaState,
    /// How far it said that it is.
    pub ack_offset: u64,
    /// When it was last heard to say so, in seconds of Unix time.
    pub ack_s: i64,
    /// The stream from its snapshot on, while it cannot be sent.
    held: Vec<u8>,
    /// The offset of its snapshot.
    snapshot_offset: u64,
    /// It has its data, but must say so before the stream begins, which else might be taken for a part of the snapshot.
    starts_on_ack: bool,
    /// When it last sent a command, in seconds.
    heard_s: i64,
}

impl Replica {
    /// Whether it gets the stream.
    pub fn is_online(&self) -> bool {
        self.state == ReplicaState::Online
    }

    fn is_attached(&self) -> bool {
        self.state != ReplicaState::Handshake
    }
}

/// All replicas of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Replicas {
    /// In the order in which they were attached.
    list: Vec<Replica>,
    /// How many are good, as it was counted last (`repl_good_slaves_count`): that number, not the present lag, decides.
    pub(super) good: u64,
    snapshot: Option<Snapshot>,
    /// The database that the stream is in (`slaveseldb`).
    pub(super) selected: Option<u32>,
    /// When the last replica went, in seconds.
    pub(super) none_since_s: i64,
    loops: u64,
}

/// The snapshot that is under way: there is one at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
struct Snapshot {
    diskless: bool,
    taken: bool,
}

impl Replicas {
    pub(super) fn new(now_s: i64) -> Self {
        Self {
            list: Vec::new(),
            good: 0,
            snapshot: None,
            selected: None,
            none_since_s: now_s,
            loops: 0,
        }
    }

    /// Those that asked for the data.
    pub(super) fn attached(&self) -> impl Iterator<Item = &Replica> {
        self.list.iter().filter(|replica| replica.is_attached())
    }

    fn position(&self, id: ReplicaId) -> Result<usize, Error> {
        let position = self.list.iter().position(|replica| replica.id == id);
        position.ok_or(Error::UnknownReplica(id))
    }

    fn waits(&self, state: ReplicaState) -> bool {
        self.list.iter().any(|replica| replica.state == state)
    }
}

impl Server {
    // ---- inputs

    /// A connection was opened that comes from `ip` and speaks of replication. It may be told of as soon as it is open, or with its
    /// first `REPLCONF`, `PSYNC` or `SYNC`.
    ///
    /// # Errors
    /// [`Error::DuplicateReplica`], [`Error::TooManyReplicas`].
    pub fn accept(&mut self, replica: ReplicaId, ip: &str, now_ms: u64) -> Result<(), Error> {
        if self.replicas.position(replica).is_ok() {
            return Err(Error::DuplicateReplica(replica));
        }
        if self.replicas.list.len() >= self.config.max_replicas {
            return Err(Error::TooManyReplicas(self.replicas.list.len()));
        }
        self.now_ms = now_ms;
        self.replicas.list.push(Replica {
            id: replica,
            ip: ip.into(),
            port: 0,
            eof: false,
            psync2: false,
            state: ReplicaState::Handshake,
            ack_offset: 0,
            ack_s: 0,
            held: Vec::new(),
            snapshot_offset: 0,
            starts_on_ack: false,
            heard_s: self.now_s(),
        });
        Ok(())
    }

    /// A command came on a replica's connection. `PING`, `REPLCONF`, `PSYNC` and `SYNC` are answered here; who may use them, and
    /// every other command, is the server's matter.
    ///
    /// # Errors
    /// [`Error::UnknownReplica`], [`Error::NotReplication`].
    pub fn request(&mut self, replica: ReplicaId, args: &[&[u8]], now_ms: u64) -> Result<(), Error> {
        let at = self.replicas.position(replica)?;
        let name = args.first().copied().unwrap_or_default();
        let is = |command: &[u8]| name.eq_ignore_ascii_case(command);
        if !(is(b"PING") || is(b"REPLCONF") || is(b"PSYNC") || is(b"SYNC")) {
            return Err(Error::NotReplication(String::from_utf8_lossy(name).into_owned()));
        }
        self.now_ms = now_ms;
        self.replicas.list[at].heard_s = self.now_s();
        if is(b"PING") {
            self.out.send(replica, *b"+PONG\r\n");
        } else if is(b"REPLCONF") {
            if let Some(answer) = self.replconf(at, &args[1..]) {
                self.out.send(replica, answer);
            }
        } else {
            self.sync(at, args);
        }
        self.finish();
        Ok(())
    }

    /// A replica's connection closed.
    ///
    /// # Errors
    /// [`Error::UnknownReplica`].
    pub fn replica_closed(&mut self, replica: ReplicaId, now_ms: u64) -> Result<(), Error> {
        let at = self.replicas.position(replica)?;
        self.now_ms = now_ms;
        self.forget_replica(at);
        self.finish();
        Ok(())
    }

    /// The data is frozen as [`Output::TakeSnapshot`] asked, or could not be (`ok`).
    ///
    /// # Errors
    /// [`Error::NoSnapshotWanted`].
    pub fn snapshot_taken(&mut self, ok: bool, now_ms: u64) -> Result<(), Error> {
        let Some(snapshot) = self.replicas.snapshot.as_mut().filter(|snapshot| !snapshot.taken) else {
            return Err(Error::NoSnapshotWanted);
        };
        snapshot.taken = true;
        let diskless = snapshot.diskless;
        self.now_ms = now_ms;
        let waiting = |replica: &&Replica| replica.state == ReplicaState::WaitSnapshotEnd;
        let ids: Vec<ReplicaId> = self
            .replicas
            .list
            .iter()
            .filter(waiting)
            .map(|replica| replica.id)
            .collect();
        for replica in ids {
            if !ok {
                self.close_replica(replica);
                continue;
            }
            let framing = if diskless {
                Framing::Mark(self.draw_mark())
            } else {
                self.set_replica_state(replica, ReplicaState::SendSnapshot);
                Framing::Length
            };
            self.out.push(Output::SendSnapshot { replica, framing });
        }
        self.end_snapshot();
        self.finish();
        Ok(())
    }

    /// The snapshot was sent to that replica, to its last byte, or could not be (`ok`).
    ///
    /// # Errors
    /// [`Error::UnknownReplica`], [`Error::NotSending`].
    pub fn snapshot_sent(&mut self, replica: ReplicaId, ok: bool, now_ms: u64) -> Result<(), Error> {
        let at = self.replicas.position(replica)?;
        let streamed = self
            .replicas
            .snapshot
            .is_some_and(|snapshot| snapshot.diskless && snapshot.taken);
        let from_disk = match self.replicas.list[at].state {
            ReplicaState::SendSnapshot => true,
            ReplicaState::WaitSnapshotEnd if streamed => false,
            _ => return Err(Error::NotSending(replica)),
        };
        self.now_ms = now_ms;
        if ok {
            self.put_online(at);
            if from_disk {
                self.start_stream(at);
            } else {
                self.replicas.list[at].starts_on_ack = true;
            }
        } else {
            self.close_replica(replica);
        }
        self.end_snapshot();
        self.finish();
        Ok(())
    }

    // ---- questions

    /// The replicas that asked for the data, in the order in which they came.
    pub fn replicas(&self) -> impl Iterator<Item = &Replica> {
        self.replicas.attached()
    }

    /// How many replicas were good when they were last counted: once a second, and whenever one comes or goes
    /// (`min_slaves_good_slaves`). Not counted, and 0, unless both options are set.
    pub fn good_replicas(&self) -> u64 {
        self.replicas.good
    }

    // ---- handshake

    /// The answer, if there is one (`replconfCommand`).
    fn replconf(&mut self, at: usize, options: &[&[u8]]) -> Option<Vec<u8>> {
        if !options.len().is_multiple_of(2) {
            return Some(b"-ERR syntax error\r\n".to_vec());
        }
        for pair in options.chunks_exact(2) {
            let (option, value) = (pair[0], pair[1]);
            let is = |name: &[u8]| option.eq_ignore_ascii_case(name);
            let replica = &mut self.replicas.list[at];
            if is(b"listening-port") {
                match integer(value) {
                    Some(port) => replica.port = port,
                    None => return Some(b"-ERR value is not an integer or out of range\r\n".to_vec()),
                }
            } else if is(b"ip-address") {
                // NET_HOST_STR_LEN.
                if value.len() >= 256 {
                    let text = alloc::format!(
                        "-ERR REPLCONF ip-address provided by replica instance is too long: {} bytes\r\n",
                        value.len()
                    );
                    return Some(text.into_bytes());
                }
                replica.ip = String::from_utf8_lossy(value).into_owned();
            } else if is(b"capa") {
                replica.eof |= value.eq_ignore_ascii_case(b"eof");
                replica.psync2 |= value.eq_ignore_ascii_case(b"psync2");
            } else if is(b"ack") {
                self.acknowledged(at, value);
                return None;
            } else if is(b"getack") {
                if self.link.state == LinkState::Connected {
                    self.send_ack();
                }
                return None;
            } else {
                let mut text = b"-ERR Unrecognized REPLCONF option: ".to_vec();
                text.extend(
                    option
                        .iter()
                        .map(|&byte| if matches!(byte, b'\r' | b'\n') { b' ' } else { byte }),
                );
                text.extend(b"\r\n");
                return Some(text);
            }
        }
        Some(b"+OK\r\n".to_vec())
    }

    /// Any word of it makes a replica good, however far behind it is: what is counted is how long ago it spoke, not what it lacks.
    fn acknowledged(&mut self, at: usize, value: &[u8]) {
        let now_s = self.now_s();
        let replica = &mut self.replicas.list[at];
        let Some(offset) = integer(value).filter(|_| replica.is_attached()) else {
            return;
        };
        let offset = u64::try_from(offset).unwrap_or(0);
        replica.ack_offset = replica.ack_offset.max(offset);
        replica.ack_s = now_s;
        let (id, starts) = (replica.id, replica.starts_on_ack && replica.is_online());
        let behind = self.history.offset.saturating_sub(offset);
        self.out.trace(|| Trace::Acknowledged {
            replica: id,
            offset,
            behind,
        });
        if starts {
            self.start_stream(at);
        }
    }

    /// `syncCommand`.
    fn sync(&mut self, at: usize, args: &[&[u8]]) {
        let id = self.replicas.list[at].id;
        if self.replicas.list[at].is_attached() {
            return;
        }
        if !self.is_primary() && self.link.state != LinkState::Connected {
            let reason = "NOMASTERLINK Can't SYNC while not connected with my master";
            self.out.trace(|| Trace::PsyncRefused {
                replica: id,
                reason: reason.into(),
            });
            self.out.send(id, alloc::format!("-{reason}\r\n"));
            return;
        }
        let request = match args {
            [_] => PsyncRequest::ANEW,
            [_, name, offset] => match integer(offset) {
                Some(offset) => PsyncRequest {
                    id: super::ReplicationId::parse(name),
                    offset,
                },
                None => {
                    self.out.send(id, *b"-ERR value is not an integer or out of range\r\n");
                    return;
                }
            },
            _ => {
                self.out
                    .send(id, *b"-ERR wrong number of arguments for 'psync' command\r\n");
                return;
            }
        };
        let resync = psync::decide(&self.history, self.backlog.as_ref(), &request);
        self.out.trace(|| Trace::PsyncDecided {
            replica: id,
            request,
            resync,
        });
        // Attached from now on, behind all others.
        let replica = self.replicas.list.remove(at);
        self.replicas.list.push(replica);
        let at = self.replicas.list.len() - 1;
        match resync {
            Resync::Partial { from, .. } => self.go_on(at, from),
            Resync::Full { .. } => self.start_anew(at),
        }
    }

    fn go_on(&mut self, at: usize, from: u64) {
        let (now_s, history) = (self.now_s(), self.history.id);
        let missing = self
            .backlog
            .as_ref()
            .and_then(|backlog| backlog.from(from))
            .unwrap_or_default();
        let replica = &mut self.replicas.list[at];
        replica.state = ReplicaState::Online;
        replica.ack_s = now_s;
        replica.starts_on_ack = false;
        let (id, answer) = match replica.psync2 {
            true => (replica.id, alloc::format!("+CONTINUE {history}\r\n")),
            false => (replica.id, "+CONTINUE\r\n".into()),
        };
        self.out.send(id, answer);
        self.out.send(id, missing);
        let offset = self.history.offset;
        self.out.trace(|| Trace::ReplicaOnline { replica: id, offset });
        self.count_good_replicas();
    }

    fn start_anew(&mut self, at: usize) {
        self.replicas.list[at].state = ReplicaState::WaitSnapshotStart;
        if self.backlog.is_none() {
            // What was written until now was not counted, so that the old name would promise what it cannot keep.
            self.renew_history();
            self.create_backlog();
        }
        let (id, eof) = (self.replicas.list[at].id, self.replicas.list[at].eof);
        match self.replicas.snapshot {
            Some(snapshot) => self.share_snapshot(at, snapshot),
            None if self.config.diskless && eof && self.config.diskless_delay_s > 0 => {
                let delay_s = self.config.diskless_delay_s;
                self.out.trace(|| Trace::SnapshotDelayed { replica: id, delay_s });
            }
            None => self.start_snapshot(eof),
        }
    }

    /// A snapshot that goes to the disk serves whoever comes before it is done, with the stream that was held for another.
    fn share_snapshot(&mut self, at: usize, snapshot: Snapshot) {
        let (id, eof, psync2) = {
            let replica = &self.replicas.list[at];
            (replica.id, replica.eof, replica.psync2)
        };
        let able = |other: &&Replica| {
            other.state == ReplicaState::WaitSnapshotEnd && (eof || !other.eof) && (psync2 || !other.psync2)
        };
        let other = self.replicas.list.iter().find(able).filter(|_| !snapshot.diskless);
        let Some((offset, held)) = other.map(|other| (other.snapshot_offset, other.held.clone())) else {
            self.out.trace(|| Trace::SnapshotQueued { replica: id });
            return;
        };
        self.replicas.list[at].held = held;
        self.promise_snapshot(at, offset);
        self.out.trace(|| Trace::SnapshotShared { replica: id, offset });
    }

    // ---- snapshots

    /// `startBgsaveForReplication`.
    fn start_snapshot(&mut self, all_read_marks: bool) {
        let offset = self.history.offset;
        self.replicas.snapshot = Some(Snapshot {
            diskless: self.config.diskless && all_read_marks,
            taken: false,
        });
        for at in 0..self.replicas.list.len() {
            if self.replicas.list[at].state == ReplicaState::WaitSnapshotStart {
                self.promise_snapshot(at, offset);
            }
        }
        self.out.push(Output::TakeSnapshot { offset });
    }

    /// `replicationSetupSlaveForFullResync`.
    fn promise_snapshot(&mut self, at: usize, offset: u64) {
        let replica = &mut self.replicas.list[at];
        replica.snapshot_offset = offset;
        replica.state = ReplicaState::WaitSnapshotEnd;
        // The new replica does not know which database the stream is in.
        self.replicas.selected = None;
        let answer = alloc::format!("+FULLRESYNC {} {offset}\r\n", self.history.id);
        self.out.send(replica.id, answer);
    }

    /// Another can be taken once nobody is waiting for this one.
    fn end_snapshot(&mut self) {
        if let Some(snapshot) = self.replicas.snapshot
            && snapshot.taken
            && !(snapshot.diskless && self.replicas.waits(ReplicaState::WaitSnapshotEnd))
        {
            self.replicas.snapshot = None;
        }
    }

    fn set_replica_state(&mut self, id: ReplicaId, state: ReplicaState) {
        if let Ok(at) = self.replicas.position(id) {
            self.replicas.list[at].state = state;
        }
    }

    /// `replicaPutOnline`.
    fn put_online(&mut self, at: usize) {
        let now_s = self.now_s();
        let replica = &mut self.replicas.list[at];
        replica.state = ReplicaState::Online;
        replica.ack_s = now_s;
        let (id, offset) = (replica.id, replica.snapshot_offset);
        self.out.trace(|| Trace::ReplicaOnline { replica: id, offset });
        self.count_good_replicas();
    }

    /// `replicaStartCommandStream`.
    fn start_stream(&mut self, at: usize) {
        let replica = &mut self.replicas.list[at];
        replica.starts_on_ack = false;
        let held = core::mem::take(&mut replica.held);
        self.out.send(replica.id, held);
    }

    // ---- the stream

    /// Encodes a command into the stream of a primary. Without a database it is one that is the same in all (`replicationFeedSlaves`).
    pub(super) fn propagate_command(&mut self, database: Option<u32>, command: &[&[u8]]) {
        if !self.is_primary() || self.backlog.is_none() {
            return;
        }
        let mut bytes = Vec::new();
        if let Some(database) = database
            && self.replicas.selected != Some(database)
        {
            self.replicas.selected = Some(database);
            encode_command(&[b"SELECT", alloc::format!("{database}").as_bytes()], &mut bytes);
        }
        encode_command(command, &mut bytes);
        self.feed(&bytes);
    }

    /// Appends to the stream.
    pub(super) fn feed(&mut self, bytes: &[u8]) {
        let Some(backlog) = &mut self.backlog else {
            return;
        };
        backlog.push(bytes);
        self.history.offset += bytes.len() as u64;
        let mut overflowed = Vec::new();
        for replica in &mut self.replicas.list {
            match replica.state {
                ReplicaState::Handshake | ReplicaState::WaitSnapshotStart => {}
                ReplicaState::Online if !replica.starts_on_ack => self.out.send(replica.id, bytes),
                _ => {
                    replica.held.extend(bytes);
                    if replica.held.len() as u64 > self.config.held_limit {
                        overflowed.push((replica.id, replica.held.len() as u64));
                    }
                }
            }
        }
        for (replica, held) in overflowed {
            self.out.trace(|| Trace::ReplicaOverflowed { replica, held });
            self.close_replica(replica);
        }
    }

    // ---- replicas that go

    pub(super) fn disconnect_replicas(&mut self) {
        let ids: Vec<ReplicaId> = self.replicas.attached().map(|replica| replica.id).collect();
        for id in ids {
            self.close_replica(id);
        }
    }

    fn close_replica(&mut self, replica: ReplicaId) {
        if let Ok(at) = self.replicas.position(replica) {
            self.forget_replica(at);
            self.out.push(Output::Close { replica });
        }
    }

    /// `freeClient`, which counts anew at once.
    fn forget_replica(&mut self, at: usize) {
        let replica = self.replicas.list.remove(at);
        if replica.is_attached() {
            if self.replicas.attached().next().is_none() {
                self.replicas.none_since_s = self.now_s();
            }
            self.end_snapshot();
            self.count_good_replicas();
        }
    }

    // ---- counting

    /// `refreshGoodSlavesCount`.
    pub(super) fn count_good_replicas(&mut self) {
        if !self.config.counts_replicas() {
            return;
        }
        let (now_s, most) = (self.now_s(), self.config.min_replicas_max_lag_s);
        let is_good = |replica: &&Replica| {
            replica.is_online() && u64::try_from(now_s - replica.ack_s).map_or(true, |lag| lag <= most)
        };
        let now = self.replicas.attached().filter(is_good).count() as u64;
        let before = core::mem::replace(&mut self.replicas.good, now);
        let needed = self.config.min_replicas_to_write;
        if before != now {
            self.out.trace(|| Trace::GoodReplicasChanged { before, now, needed });
        }
    }

    /// `checkGoodReplicasStatus`.
    pub(super) fn lacks_replicas(&self) -> bool {
        self.config.counts_replicas() && self.replicas.good < self.config.min_replicas_to_write
    }

    // ---- once a second

    pub(super) fn cron_replicas(&mut self) {
        let pings = self.replicas.loops.is_multiple_of(self.config.ping_period_s);
        self.replicas.loops += 1;
        if pings && self.replicas.attached().next().is_some() {
            self.propagate_command(None, &[b"PING"]);
        }
        self.keep_waiting_replicas_awake();
        self.drop_silent_replicas();
        self.drop_unused_backlog();
        self.start_pending_snapshot();
        self.count_good_replicas();
    }

    /// A line break is not an answer, but shows that the connection lives.
    fn keep_waiting_replicas_awake(&mut self) {
        let streamed = self.replicas.snapshot.is_some_and(|snapshot| snapshot.diskless);
        for replica in &self.replicas.list {
            if replica.state == ReplicaState::WaitSnapshotStart
                || replica.state == ReplicaState::WaitSnapshotEnd && !streamed
            {
                self.out.send(replica.id, *b"\n");
            }
        }
    }

    fn drop_silent_replicas(&mut self) {
        let now_s = self.now_s();
        let silence = |replica: &Replica| (replica.id, now_s - replica.ack_s);
        let silent: Vec<(ReplicaId, i64)> = self
            .replicas()
            .filter(|replica| replica.is_online())
            .map(silence)
            .filter(|&(_, silent_s)| u64::try_from(silent_s).is_ok_and(|silent_s| silent_s > self.config.timeout_s))
            .collect();
        for (replica, silent_s) in silent {
            self.out.trace(|| Trace::ReplicaTimedOut { replica, silent_s });
            self.close_replica(replica);
        }
    }

    /// What is written from then on is not counted, so that the history cannot keep its name.
    fn drop_unused_backlog(&mut self) {
        let idle_s = self.now_s() - self.replicas.none_since_s;
        let long_enough = self.config.backlog_ttl_s > 0
            && u64::try_from(idle_s).is_ok_and(|idle_s| idle_s > self.config.backlog_ttl_s);
        if long_enough && self.is_primary() && self.backlog.is_some() && self.replicas.attached().next().is_none() {
            self.backlog = None;
            self.renew_history();
            let history = self.history;
            self.out.trace(|| Trace::BacklogFreed { idle_s, history });
        }
    }

    /// `replicationStartPendingFork`.
    fn start_pending_snapshot(&mut self) {
        if self.replicas.snapshot.is_some() {
            return;
        }
        let now_s = self.now_s();
        let waiting = |replica: &&Replica| replica.state == ReplicaState::WaitSnapshotStart;
        let (mut count, mut longest_s, mut eof) = (0, 0, true);
        for replica in self.replicas.list.iter().filter(waiting) {
            count += 1;
            longest_s = longest_s.max(now_s - replica.heard_s);
            eof &= replica.eof;
        }
        let enough = self.config.diskless_max_replicas > 0 && count >= self.config.diskless_max_replicas;
        let late = u64::try_from(longest_s).is_ok_and(|longest_s| longest_s >= self.config.diskless_delay_s);
        if count > 0 && (!self.config.diskless || enough || late) {
            self.start_snapshot(eof);
        }
    }
}

/// A decimal number as the server reads one: no plus sign, no leading zeros.
pub(super) fn integer(text: &[u8]) -> Option<i64> {
    let digits = text.strip_prefix(b"-").unwrap_or(text);
    let plain = match digits {
        [] => false,
        [b'0'] => text.len() == 1,
        [first, ..] => (b'1'..=b'9').contains(first),
    };
    plain.then(|| core::str::from_utf8(text).ok()?.parse().ok()).flatten()
}
