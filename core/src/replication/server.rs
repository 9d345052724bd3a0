//! The server as one value: what it is, how it becomes a primary or a replica, and its clock.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write;

use super::backlog::Backlog;
use super::config::Config;
use super::error::{Error, Refusal};
use super::id::{self, ReplicationId};
use super::output::{HistoryCause, Outbox, Output};
use super::primary::Replicas;
use super::psync::{History, SecondId};
use super::replica::{Link, LinkState, PrimaryAddress};
use super::trace::Trace;
use super::wait::Waits;
use crate::hash::StateHasher;
use crate::random::Random;

/// How often the server looks after its replication (`replicationCron`), in milliseconds.
const CRON_MS: u64 = 1_000;

/// What of a history survives a restart: a snapshot on the disk holds it (`repl-id` and `repl-offset` of an RDB file).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Stored {
    /// The history that the data is of.
    pub id: ReplicationId,
    /// How many bytes of the stream are behind the data.
    pub offset: u64,
}

/// What a command does, as far as replication asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Access {
    /// It reads data.
    Read,
    /// It may change data, or is a script or transaction that may.
    Write,
}

/// The replication of one Redis server. See the [module](super) for the contract.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Server {
    pub(super) config: Config,
    pub(super) now_ms: u64,
    pub(super) random: Random,
    pub(super) history: History,
    /// While there is none, nothing is counted: the stream begins with the first replica.
    pub(super) backlog: Option<Backlog>,
    pub(super) replicas: Replicas,
    pub(super) link: Link,
    pub(super) waits: Waits,
    pub(super) out: Outbox,
    cron_at_ms: u64,
}

impl Server {
    /// Makes a primary without data, as `redis-server` starts. The first cron runs at `now_ms`.
    ///
    /// # Errors
    /// [`Error::Config`].
    pub fn new(config: Config, now_ms: u64) -> Result<Self, Error> {
        config.check().map_err(Error::Config)?;
        let mut random = Random::new(config.seed);
        let history = History {
            id: id::draw(&mut random),
            offset: 0,
            second: None,
        };
        Ok(Self {
            now_ms,
            random,
            history,
            backlog: None,
            replicas: Replicas::new(seconds(now_ms)),
            link: Link::default(),
            waits: Waits::default(),
            out: Outbox::new(config.trace),
            cron_at_ms: now_ms,
            config,
        })
    }

    /// Makes a server that starts again from data on its disk: as a primary, or as a replica of `primary`.
    ///
    /// A replica asks to go on from there. A primary begins a history of its own, and remembers the stored one as its second, so
    /// that its replicas can go on (`loadDataFromDisk`).
    ///
    /// # Errors
    /// [`Error::Config`], [`Error::Stored`].
    pub fn restore(
        config: Config,
        stored: Stored,
        primary: Option<PrimaryAddress>,
        now_ms: u64,
    ) -> Result<Self, Error> {
        let mut server = Self::new(config, now_ms)?;
        let Stored { id, offset } = stored;
        if i64::try_from(offset).is_err() {
            return Err(Error::Stored(offset));
        }
        server.history.offset = offset;
        match primary {
            Some(primary) => {
                server.history.id = id;
                server.link.primary = Some(primary);
                server.link.cached = true;
                server.link.state = LinkState::Connect;
            }
            None => {
                server.history.second = Some(SecondId { id, offset: offset + 1 });
                server.create_backlog();
            }
        }
        Ok(server)
    }

    /// The next thing to do, or `None` when there is nothing.
    pub fn poll(&mut self) -> Option<Output> {
        self.out.pop()
    }

    /// Appends all outputs to `into`: one call for a loop of them.
    pub fn drain(&mut self, into: &mut Vec<Output>) {
        while let Some(output) = self.poll() {
            into.push(output);
        }
    }

    // ---- inputs

    /// The server's clock reads `now_ms`, milliseconds of Unix time. Call it at [`next_tick_ms`](Self::next_tick_ms), or every 100
    /// ms. However late it comes, the cron runs once.
    pub fn tick(&mut self, now_ms: u64) {
        self.now_ms = now_ms;
        self.expire_waits();
        // The server counts its cron in loops, so that a clock that is set back does not stop it.
        let set_back = self.cron_at_ms.saturating_sub(now_ms) > CRON_MS;
        if now_ms >= self.cron_at_ms || set_back {
            self.cron_at_ms = now_ms.saturating_add(CRON_MS);
            self.cron();
        }
        self.finish();
    }

    /// `replicationCron`, in its order.
    fn cron(&mut self) {
        self.cron_link();
        self.cron_replicas();
    }

    /// `REPLICAOF host port`. Says whether anything changed: it does not if that is the primary already.
    ///
    /// A primary asks to go on in its own history where it is, so that nothing need be thrown away if the other has all of it. The
    /// server's own replicas stay (`replicationSetMaster`).
    pub fn replicate_from(&mut self, host: &str, port: u16, now_ms: u64) -> bool {
        self.now_ms = now_ms;
        let address = PrimaryAddress {
            host: host.into(),
            port,
        };
        let same = |old: &PrimaryAddress| old.host.eq_ignore_ascii_case(host) && old.port == port;
        if self.link.primary.as_ref().is_some_and(same) {
            return false;
        }
        let was_primary = self.is_primary();
        // Without an address nobody is connected to at once.
        self.link.primary = None;
        self.lose_link();
        self.waits.break_all(&mut self.out);
        self.link.primary = Some(address);
        if was_primary {
            self.link.cached = true;
            let history = self.history;
            self.out.trace(|| Trace::Demoted { history });
        }
        self.set_link_state(LinkState::Connect);
        self.connect();
        self.finish();
        true
    }

    /// `REPLICAOF NO ONE`. Says whether anything changed: it does not for a primary.
    ///
    /// The history gets another name and remembers the old one, up to here, as its second. Replicas are disconnected, so that they
    /// come back and learn of it (`replicationUnsetMaster`).
    pub fn promote(&mut self, now_ms: u64) -> bool {
        self.now_ms = now_ms;
        if self.is_primary() {
            return false;
        }
        self.link.primary = None;
        self.lose_link();
        self.link.cached = false;
        self.history = self.history.fork(id::draw(&mut self.random));
        let history = self.history;
        self.history_changed(HistoryCause::Promoted);
        self.disconnect_replicas();
        self.set_link_state(LinkState::None);
        self.replicas.selected = None;
        self.replicas.none_since_s = self.now_s();
        self.link.down_since_s = None;
        self.out.trace(|| Trace::Promoted { history });
        self.finish();
        true
    }

    /// Replaces the settings (`CONFIG SET`). The replicas are counted anew at once.
    ///
    /// # Errors
    /// [`Error::Config`].
    pub fn configure(&mut self, config: Config, now_ms: u64) -> Result<(), Error> {
        config.check().map_err(Error::Config)?;
        self.now_ms = now_ms;
        self.out.trace = config.trace;
        self.config = config;
        if let Some(backlog) = &mut self.backlog {
            backlog.resize(self.config.backlog_size);
        }
        self.count_good_replicas();
        Ok(())
    }

    /// Asks whether a client's command is let through, without telling of it to anybody.
    ///
    /// # Errors
    /// [`Refusal`], in the order in which the server asks (`processCommand`).
    pub fn check(&self, access: Access) -> Result<(), Refusal> {
        let writes = access == Access::Write;
        if writes && self.is_primary() && self.lacks_replicas() {
            Err(Refusal::NoReplicas)
        } else if writes && !self.is_primary() && self.config.read_only {
            Err(Refusal::ReadOnly)
        } else if !self.is_primary() && !self.link_is_up() && !self.config.serve_stale {
            Err(Refusal::MasterDown)
        } else {
            Ok(())
        }
    }

    /// A client's write is to be executed: sends it to the replicas, and answers with the offset behind it, which is what the client
    /// waits for with [`wait`](Self::wait).
    ///
    /// Of a replica that is not read-only the write stays its own. While no replica ever came, no offset is counted.
    ///
    /// # Errors
    /// [`Error::Refused`]: the write must not be executed then.
    pub fn write(&mut self, database: u32, command: &[&[u8]], now_ms: u64) -> Result<u64, Error> {
        self.now_ms = now_ms;
        if let Err(refusal) = self.check(Access::Write) {
            let (good, needed) = (self.replicas.good, self.config.min_replicas_to_write);
            self.out.trace(|| Trace::Refused { refusal, good, needed });
            return Err(Error::Refused(refusal));
        }
        Ok(self.propagate(database, command, now_ms))
    }

    /// Sends a command to the replicas that is no write, so that no rule refuses it: `PUBLISH`, or what expires. Answers with the
    /// offset behind it.
    pub fn propagate(&mut self, database: u32, command: &[&[u8]], now_ms: u64) -> u64 {
        self.now_ms = now_ms;
        self.propagate_command(Some(database), command);
        self.history.offset
    }

    /// What every input ends with (`beforeSleep`).
    pub(super) fn finish(&mut self) {
        self.serve_waits();
    }

    // ---- questions

    /// Whether the server is a primary.
    pub fn is_primary(&self) -> bool {
        self.link.primary.is_none()
    }

    /// What the data is the result of.
    pub fn history(&self) -> &History {
        &self.history
    }

    /// What goes into a snapshot on the disk, so that [`restore`](Self::restore) can go on from it.
    pub fn stored(&self) -> Stored {
        Stored {
            id: self.history.id,
            offset: self.history.offset,
        }
    }

    /// The last bytes of the stream, once a replica came.
    pub fn backlog(&self) -> Option<&Backlog> {
        self.backlog.as_ref()
    }

    /// The settings.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// When [`tick`](Self::tick) has something to do next, in milliseconds.
    pub fn next_tick_ms(&self) -> u64 {
        self.waits
            .next_deadline_ms()
            .map_or(self.cron_at_ms, |wait| wait.min(self.cron_at_ms))
    }

    /// A hash of everything that the server knows, the same on every platform and in every language.
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

    // ---- for the parts

    /// `server.unixtime`: the clock in whole seconds, which is what all lags and timeouts are counted in.
    pub(super) fn now_s(&self) -> i64 {
        seconds(self.now_ms)
    }

    pub(super) fn create_backlog(&mut self) {
        self.backlog = Some(Backlog::new(self.config.backlog_size, self.history.offset));
        let history = self.history;
        self.out.trace(|| Trace::BacklogCreated { history });
    }

    /// Begins a history that has nothing in common with the one before (`changeReplicationId`, `clearReplicationId2`).
    pub(super) fn renew_history(&mut self) {
        self.history.id = id::draw(&mut self.random);
        self.history.second = None;
        self.history_changed(HistoryCause::Renewed);
    }

    pub(super) fn history_changed(&mut self, cause: HistoryCause) {
        let history = self.history;
        self.out.push(Output::HistoryChanged { history, cause });
    }

    /// 40 digits that nothing else holds.
    pub(super) fn draw_mark(&mut self) -> String {
        alloc::format!("{}", id::draw(&mut self.random))
    }
}

fn seconds(now_ms: u64) -> i64 {
    // Below 2^63 / 1,000 whatever it is.
    (now_ms / 1_000) as i64
}
