//! A replica's way to its primary: connect, shake hands, ask, load, follow, and begin again when it breaks.

use alloc::string::String;
use alloc::vec::Vec;

use super::error::Error;
use super::id::ReplicationId;
use super::output::{HistoryCause, Output};
use super::psync::{History, PsyncRequest};
use super::server::Server;
use super::stream::{Stream, Transfer};
use super::trace::Trace;
use crate::resp::encode_command;

/// The longest line that a primary answers a step of the handshake with, and announces a snapshot with.
const MAX_LINE: usize = 1_024;

/// Where a primary is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct PrimaryAddress {
    /// Its address or name.
    pub host: String,
    /// Its port.
    pub port: u16,
}

/// How far a replica's connection to its primary is (`repl_state`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum LinkState {
    /// There is no primary.
    #[default]
    None,
    /// There is no connection. The next cron opens one.
    Connect,
    /// A connection is being opened.
    Connecting,
    /// `PING` is not answered yet.
    Ping,
    /// `AUTH` is not answered yet.
    Auth,
    /// `REPLCONF listening-port` is not answered yet.
    Port,
    /// `REPLCONF ip-address` is not answered yet.
    Ip,
    /// `REPLCONF capa` is not answered yet.
    Capa,
    /// `PSYNC` is not answered yet.
    Psync,
    /// A snapshot is being received or loaded.
    Transfer,
    /// The stream comes in.
    Connected,
}

impl LinkState {
    /// What `ROLE` says.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Connect => "connect",
            Self::Connecting => "connecting",
            Self::Transfer => "sync",
            Self::Connected => "connected",
            _ => "handshake",
        }
    }

    fn is_handshake(self) -> bool {
        self.as_str() == "handshake"
    }
}

/// The way to the primary.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Link {
    pub(super) primary: Option<PrimaryAddress>,
    pub(super) state: LinkState,
    /// Names the connections, one after the other.
    attempt: u64,
    /// The answer that is coming in.
    line: Vec<u8>,
    /// When something of the handshake or the snapshot came last, in seconds.
    pub(super) transfer_s: i64,
    /// When something of the stream came last, in seconds.
    pub(super) heard_s: i64,
    pub(super) transfer: Transfer,
    stream: Stream,
    /// Without a connection: whether the data is still what the history says, so that it can be gone on from.
    pub(super) cached: bool,
    /// Since when there is no connection that was there, in seconds.
    pub(super) down_since_s: Option<i64>,
    /// The connection closed while its snapshot was being loaded, which was not looked at.
    closed: bool,
}

impl Link {
    /// How many bytes of the stream came in and are not executed.
    pub(super) fn pending(&self) -> u64 {
        self.stream.pending()
    }
}

impl Server {
    // ---- inputs

    /// The connection to the primary is open.
    ///
    /// # Errors
    /// [`Error::StaleAttempt`].
    pub fn connected(&mut self, attempt: u64, now_ms: u64) -> Result<(), Error> {
        self.check_attempt(attempt)?;
        if self.link.state != LinkState::Connecting {
            return Err(self.stale(attempt));
        }
        self.now_ms = now_ms;
        self.set_link_state(LinkState::Ping);
        self.send_to_primary(&[&[b"PING"]]);
        Ok(())
    }

    /// The connection to the primary could not be opened, or closed.
    ///
    /// # Errors
    /// [`Error::StaleAttempt`].
    pub fn closed(&mut self, attempt: u64, now_ms: u64) -> Result<(), Error> {
        self.check_attempt(attempt)?;
        self.now_ms = now_ms;
        match self.link.state {
            LinkState::Connected => self.primary_lost(),
            LinkState::Transfer if self.link.transfer.is_loading() => self.link.closed = true,
            LinkState::Transfer => {
                self.attempt_failed("connection lost");
                self.connect();
            }
            _ => self.attempt_failed("connection lost"),
        }
        self.finish();
        Ok(())
    }

    /// Bytes came from the primary, in whatever pieces.
    ///
    /// What cannot be read ends the connection ([`Output::Disconnect`]), and another attempt follows: that is no error of the
    /// caller's.
    ///
    /// # Errors
    /// [`Error::StaleAttempt`].
    pub fn received(&mut self, attempt: u64, bytes: &[u8], now_ms: u64) -> Result<(), Error> {
        self.check_attempt(attempt)?;
        self.now_ms = now_ms;
        let mut rest = bytes;
        // What follows the end of a connection is of no use.
        while !rest.is_empty() && self.link_attempt() == Some(attempt) {
            rest = self.take(rest);
        }
        self.finish();
        Ok(())
    }

    /// The snapshot is loaded as [`Output::LoadSnapshot`] asked, or could not be (`ok`): then there is no data, and everything begins
    /// again.
    ///
    /// # Errors
    /// [`Error::NotLoading`].
    pub fn snapshot_loaded(&mut self, ok: bool, now_ms: u64) -> Result<(), Error> {
        if !self.link.transfer.is_loading() {
            return Err(Error::NotLoading);
        }
        self.now_ms = now_ms;
        if ok {
            self.follow_snapshot();
        } else {
            self.cancel_attempt("the snapshot could not be loaded");
            self.connect();
        }
        self.finish();
        Ok(())
    }

    // ---- questions

    /// Where the primary is, if the server is a replica.
    pub fn primary(&self) -> Option<&PrimaryAddress> {
        self.link.primary.as_ref()
    }

    /// How far the connection to the primary is.
    pub fn link_state(&self) -> LinkState {
        self.link.state
    }

    /// Whether the stream comes in (`master_link_status:up`).
    pub fn link_is_up(&self) -> bool {
        self.link.state == LinkState::Connected
    }

    /// The connection that is open or being opened, if there is one.
    pub fn link_attempt(&self) -> Option<u64> {
        let none = matches!(self.link.state, LinkState::None | LinkState::Connect);
        (!none).then_some(self.link.attempt)
    }

    /// For how many seconds the link has been down that was up before (`master_link_down_since_seconds`).
    pub fn link_down_s(&self) -> Option<i64> {
        self.link.down_since_s.map(|since_s| self.now_s() - since_s)
    }

    // ---- opening and closing

    /// `connectWithMaster`.
    pub(super) fn connect(&mut self) {
        let Some(PrimaryAddress { host, port }) = self.link.primary.clone() else {
            return;
        };
        self.link.attempt += 1;
        self.link.line.clear();
        self.link.closed = false;
        self.link.transfer_s = self.now_s();
        self.set_link_state(LinkState::Connecting);
        let attempt = self.link.attempt;
        self.out.push(Output::Connect { attempt, host, port });
    }

    /// Gives up whatever there is of a connection, to go elsewhere.
    pub(super) fn lose_link(&mut self) {
        if self.link.state == LinkState::Connected {
            self.disconnect();
            self.primary_lost();
        } else {
            self.cancel_attempt("another primary was named");
        }
    }

    /// A connection that was up is gone (`replicationHandleMasterDisconnection`). Its history is kept, to go on from.
    fn primary_lost(&mut self) {
        self.link.cached = true;
        self.link.stream = Stream::default();
        self.link.down_since_s = Some(self.now_s());
        self.set_link_state(LinkState::Connect);
        self.connect();
    }

    /// Ends an attempt that was not up yet, and its connection (`cancelReplicationHandshake`).
    fn cancel_attempt(&mut self, reason: &str) {
        self.disconnect();
        self.attempt_failed(reason);
    }

    fn disconnect(&mut self) {
        if let Some(attempt) = self.link_attempt().filter(|_| !self.link.closed) {
            self.out.push(Output::Disconnect { attempt });
        }
    }

    fn attempt_failed(&mut self, reason: &str) {
        let Some(attempt) = self.link_attempt() else {
            return;
        };
        if self.link.transfer.has_begun() && !self.link.transfer.is_loading() {
            self.out.push(Output::SnapshotAborted);
        }
        self.link.transfer = Transfer::default();
        self.link.stream = Stream::default();
        self.out.trace(|| Trace::AttemptFailed {
            attempt,
            reason: reason.into(),
        });
        self.set_link_state(LinkState::Connect);
    }

    pub(super) fn set_link_state(&mut self, to: LinkState) {
        let from = core::mem::replace(&mut self.link.state, to);
        if from == to {
            return;
        }
        self.out.trace(|| Trace::LinkChanged { from, to });
        let up = |state| state == LinkState::Connected;
        if up(from) != up(to) {
            self.out.push(Output::LinkChanged { up: up(to) });
        }
    }

    fn check_attempt(&self, attempt: u64) -> Result<(), Error> {
        if self.link_attempt() == Some(attempt) && !self.link.closed {
            Ok(())
        } else {
            Err(self.stale(attempt))
        }
    }

    fn stale(&self, found: u64) -> Error {
        let current = self.link_attempt().filter(|_| !self.link.closed);
        Error::StaleAttempt { found, current }
    }

    fn send_to_primary(&mut self, commands: &[&[&[u8]]]) {
        let mut bytes = Vec::new();
        for command in commands {
            encode_command(command, &mut bytes);
        }
        let attempt = self.link.attempt;
        self.out.push(Output::SendToPrimary { attempt, bytes });
    }

    // ---- what comes in

    /// Takes in the first part of `bytes` that belongs together, and gives back the rest.
    fn take<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        match self.link.state {
            LinkState::Connected => {
                self.link.heard_s = self.now_s();
                self.link.stream.feed(bytes);
                self.follow();
                &[]
            }
            LinkState::Transfer if self.link.transfer.is_loading() => {
                self.link.stream.feed(bytes);
                &[]
            }
            LinkState::Transfer if self.link.transfer.has_begun() => {
                self.link.transfer_s = self.now_s();
                self.take_snapshot_bytes(bytes)
            }
            _ => self.take_line(bytes),
        }
    }

    fn take_line<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let (line, rest) = match memchr::memchr(b'\n', bytes) {
            Some(end) => (&bytes[..end], Some(&bytes[end + 1..])),
            None => (bytes, None),
        };
        self.link.line.extend(line);
        if self.link.line.len() > MAX_LINE {
            self.handshake_failed("the primary's answer is longer than 1,024 bytes");
            return &[];
        }
        let Some(rest) = rest else {
            return &[];
        };
        let mut line = core::mem::take(&mut self.link.line);
        if line.last() == Some(&b'\r') {
            line.pop();
        }
        self.link.transfer_s = self.now_s();
        self.answered(&line);
        rest
    }

    /// `syncWithMaster`: one answer, one step.
    fn answered(&mut self, line: &[u8]) {
        let failed = line.first() == Some(&b'-');
        match self.link.state {
            LinkState::Ping => self.ping_answered(line),
            LinkState::Auth if failed => {
                let reason = alloc::format!("unable to authenticate: {}", text(line));
                self.handshake_failed(&reason);
            }
            LinkState::Auth => self.set_link_state(LinkState::Port),
            LinkState::Port | LinkState::Ip | LinkState::Capa => {
                let state = self.link.state;
                if failed {
                    self.out.trace(|| Trace::HandshakeErrorIgnored {
                        state,
                        reply: text(line),
                    });
                }
                match state {
                    LinkState::Port if self.config.announce_ip.is_some() => self.set_link_state(LinkState::Ip),
                    LinkState::Port | LinkState::Ip => self.set_link_state(LinkState::Capa),
                    _ => self.ask_to_sync(),
                }
            }
            // The primary is busy, and shows that it lives.
            LinkState::Psync | LinkState::Transfer if line.is_empty() => {}
            LinkState::Psync => self.psync_answered(line),
            LinkState::Transfer => self.snapshot_announced(line),
            // No other state reads lines.
            _ => {}
        }
    }

    fn ping_answered(&mut self, line: &[u8]) {
        // Errors of one who is not let in yet do not matter before AUTH.
        let fine: [&[u8]; 4] = [b"+", b"-NOAUTH", b"-NOPERM", b"-ERR operation not permitted"];
        if !fine.iter().any(|start| line.starts_with(start)) {
            let reason = alloc::format!("PING was answered with {:?}", text(line));
            self.handshake_failed(&reason);
            return;
        }
        let port = alloc::format!("{}", self.config.announced_port());
        let (user, password) = (self.config.primary_user.clone(), self.config.primary_password.clone());
        let ip = self.config.announce_ip.clone();
        let mut bytes = Vec::new();
        if let Some(password) = &password {
            match &user {
                Some(user) => encode_command(&[b"AUTH", user.as_bytes(), password.as_bytes()], &mut bytes),
                None => encode_command(&[b"AUTH", password.as_bytes()], &mut bytes),
            }
        }
        encode_command(&[b"REPLCONF", b"listening-port", port.as_bytes()], &mut bytes);
        if let Some(ip) = &ip {
            encode_command(&[b"REPLCONF", b"ip-address", ip.as_bytes()], &mut bytes);
        }
        encode_command(&[b"REPLCONF", b"capa", b"eof", b"capa", b"psync2"], &mut bytes);
        let attempt = self.link.attempt;
        self.out.push(Output::SendToPrimary { attempt, bytes });
        self.set_link_state(match password {
            Some(_) => LinkState::Auth,
            None => LinkState::Port,
        });
    }

    fn ask_to_sync(&mut self) {
        let request = if self.link.cached {
            PsyncRequest::after(self.history.id, self.history.offset)
        } else {
            PsyncRequest::ANEW
        };
        let args = request.to_args();
        let args: Vec<&[u8]> = args.iter().map(Vec::as_slice).collect();
        self.send_to_primary(&[&args]);
        self.set_link_state(LinkState::Psync);
    }

    /// `slaveTryPartialResynchronization`, the answer.
    fn psync_answered(&mut self, line: &[u8]) {
        let mut words = line.split(|&byte| byte == b' ');
        match words.next().unwrap_or_default() {
            b"+FULLRESYNC" => {
                let id = words.next().and_then(ReplicationId::parse);
                let offset = words.next().and_then(super::primary::integer);
                match (id, offset.and_then(|offset| u64::try_from(offset).ok())) {
                    (Some(id), Some(offset)) => {
                        // The data and its history are kept until the snapshot is there, so that a broken transfer loses nothing.
                        self.link.transfer = Transfer::of(id, offset);
                        self.set_link_state(LinkState::Transfer);
                    }
                    _ => self.handshake_failed("FULLRESYNC does not name a history and an offset"),
                }
            }
            b"+CONTINUE" if self.link.cached => self.go_on_as(words.next().and_then(ReplicationId::parse)),
            b"+CONTINUE" => self.handshake_failed("CONTINUE answers one who asked to start anew"),
            // NOMASTERLINK and LOADING ask to come again later; with any other error the primary cannot do PSYNC, which every server
            // since 2.8 can. In both cases the next cron tries again.
            _ => {
                let reason = alloc::format!("PSYNC was answered with {:?}", text(line));
                self.handshake_failed(&reason);
            }
        }
    }

    /// `+CONTINUE`: what is missing follows. The history may have another name by now, which those behind us must learn.
    fn go_on_as(&mut self, id: Option<ReplicationId>) {
        if let Some(id) = id.filter(|id| *id != self.history.id) {
            self.history = self.history.fork(id);
            let history = self.history;
            self.history_changed(HistoryCause::Continued);
            self.out.trace(|| Trace::HistoryRenamed { history });
            self.disconnect_replicas();
        }
        self.link_up();
        if self.backlog.is_none() {
            self.create_backlog();
        }
    }

    fn link_up(&mut self) {
        self.link.cached = false;
        self.link.down_since_s = None;
        self.link.heard_s = self.now_s();
        self.set_link_state(LinkState::Connected);
    }

    fn handshake_failed(&mut self, reason: &str) {
        self.cancel_attempt(reason);
    }

    // ---- the snapshot

    fn snapshot_announced(&mut self, line: &[u8]) {
        match self.link.transfer.announced(line) {
            Ok(size) => {
                self.out.push(Output::SnapshotBegins { size });
                // An empty one is whole already.
                self.take_snapshot_bytes(&[]);
            }
            Err(reason) => {
                self.cancel_attempt(&reason);
                // The server does so at once here, without waiting for the cron.
                self.connect();
            }
        }
    }

    fn take_snapshot_bytes<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let (piece, rest) = self.link.transfer.take(bytes);
        if !piece.is_empty() {
            self.out.push(Output::SnapshotBytes(piece));
        }
        if self.link.transfer.is_loading() {
            // `replicationAttachToNewMaster`: from here on the old data is gone, and so is the history that others could go on from.
            self.link.cached = false;
            self.disconnect_replicas();
            self.backlog = None;
            self.out.push(Output::LoadSnapshot);
        }
        rest
    }

    fn follow_snapshot(&mut self) {
        let transfer = core::mem::take(&mut self.link.transfer);
        let Some((id, offset)) = transfer.history() else {
            return;
        };
        self.history = History {
            id,
            offset,
            second: None,
        };
        self.history_changed(HistoryCause::Loaded);
        self.link_up();
        self.create_backlog();
        if transfer.is_marked() {
            // The primary holds the stream back until it hears that the snapshot's end was seen.
            self.send_ack();
        }
        self.follow();
        if core::mem::take(&mut self.link.closed) && self.link.state == LinkState::Connected {
            self.primary_lost();
        }
    }

    // ---- the stream

    /// Executes the commands that are whole, one by one: each moves the offset, and is passed on to those behind us.
    fn follow(&mut self) {
        loop {
            match self.link.stream.next() {
                Ok(Some(command)) => {
                    let is =
                        |at: usize, name: &[u8]| command.args.get(at).is_some_and(|arg| arg.eq_ignore_ascii_case(name));
                    if is(0, b"REPLCONF") {
                        // It is answered with the offset before itself.
                        if is(1, b"GETACK") {
                            self.send_ack();
                        }
                        self.feed(&command.raw);
                        continue;
                    }
                    self.feed(&command.raw);
                    if !is(0, b"PING") {
                        let offset = self.history.offset;
                        self.out.push(Output::Apply {
                            args: command.args,
                            offset,
                        });
                    }
                }
                Ok(None) => return,
                Err(reason) => {
                    self.disconnect();
                    self.primary_lost_for(&reason);
                    return;
                }
            }
        }
    }

    /// Whoever sends what cannot be read may not be gone on from.
    fn primary_lost_for(&mut self, reason: &str) {
        let attempt = self.link.attempt;
        self.out.trace(|| Trace::AttemptFailed {
            attempt,
            reason: reason.into(),
        });
        self.primary_lost();
        self.link.cached = false;
    }

    /// `replicationSendAck`.
    pub(super) fn send_ack(&mut self) {
        if self.link.state == LinkState::Connected && !self.link.closed {
            let offset = alloc::format!("{}", self.history.offset);
            self.send_to_primary(&[&[b"REPLCONF", b"ACK", offset.as_bytes()]]);
        }
    }

    // ---- once a second

    /// The replica's part of `replicationCron`.
    pub(super) fn cron_link(&mut self) {
        if self.is_primary() {
            return;
        }
        let limit_s = self.config.timeout_s;
        let now_s = self.now_s();
        let is_over = |since_s: i64| u64::try_from(now_s - since_s).is_ok_and(|silent_s| silent_s > limit_s);
        match self.link.state {
            // While the data is being loaded the server looks at nothing.
            LinkState::Transfer if self.link.transfer.is_loading() => return,
            LinkState::Transfer if is_over(self.link.transfer_s) => {
                self.cancel_attempt("timeout receiving the snapshot");
                self.connect();
            }
            LinkState::Connected if is_over(self.link.heard_s) => {
                let silent_s = now_s - self.link.heard_s;
                self.out.trace(|| Trace::PrimaryTimedOut { silent_s });
                self.disconnect();
                self.primary_lost();
            }
            state if (state == LinkState::Connecting || state.is_handshake()) && is_over(self.link.transfer_s) => {
                self.cancel_attempt("timeout connecting to the primary");
                self.connect();
            }
            _ => {}
        }
        if self.link.state == LinkState::Connect {
            self.connect();
        }
        self.send_ack();
    }
}

fn text(line: &[u8]) -> String {
    String::from_utf8_lossy(line).into_owned()
}
