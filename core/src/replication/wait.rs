//! `WAIT`: how many replicas have what a client wrote.

use alloc::vec::Vec;

use super::ClientId;
use super::error::Error;
use super::output::{Outbox, Output};
use super::server::Server;
use super::trace::Trace;

/// Who waits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Waits {
    /// The last to come stands first, as in the server's list: that is the order of the answers.
    waiting: Vec<Wait>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
struct Wait {
    client: ClientId,
    offset: u64,
    replicas: u64,
    deadline_ms: Option<u64>,
}

impl Waits {
    pub(super) fn next_deadline_ms(&self) -> Option<u64> {
        self.waiting.iter().filter_map(|wait| wait.deadline_ms).min()
    }

    /// `disconnectAllBlockedClients`.
    pub(super) fn break_all(&mut self, out: &mut Outbox) {
        for wait in self.waiting.drain(..) {
            out.push(Output::WaitBroken { client: wait.client });
        }
    }
}

impl Server {
    /// `WAIT replicas timeout` of a client whose last write ended at `offset`, as [`write`](Self::write) said (0 if it wrote
    /// nothing). [`Output::Waited`] answers: at once if enough replicas have it, or when they do, or after `timeout_ms` (0 is
    /// never). The replicas are asked how far they are, which is 37 bytes of the stream.
    ///
    /// A replica that has the write need not be the one that is promoted: the answer is no promise.
    ///
    /// # Errors
    /// [`Error::WaitOnReplica`], [`Error::DuplicateWait`].
    pub fn wait(
        &mut self,
        client: ClientId,
        offset: u64,
        replicas: u64,
        timeout_ms: u64,
        now_ms: u64,
    ) -> Result<(), Error> {
        if !self.is_primary() {
            return Err(Error::WaitOnReplica);
        }
        if self.waits.waiting.iter().any(|wait| wait.client == client) {
            return Err(Error::DuplicateWait(client));
        }
        self.now_ms = now_ms;
        let acknowledged = self.count_acknowledged(offset);
        if acknowledged >= replicas {
            self.out.push(Output::Waited {
                client,
                replicas: acknowledged,
                timed_out: false,
            });
            return Ok(());
        }
        self.out.trace(|| Trace::WaitStarted {
            offset,
            replicas,
            acknowledged,
        });
        let deadline_ms = (timeout_ms > 0).then(|| now_ms.saturating_add(timeout_ms));
        self.waits.waiting.insert(
            0,
            Wait {
                client,
                offset,
                replicas,
                deadline_ms,
            },
        );
        self.propagate_command(None, &[b"REPLCONF", b"GETACK", b"*"]);
        self.finish();
        Ok(())
    }

    /// The client that waited is gone.
    ///
    /// # Errors
    /// [`Error::UnknownWait`].
    pub fn cancel_wait(&mut self, client: ClientId) -> Result<(), Error> {
        let before = self.waits.waiting.len();
        self.waits.waiting.retain(|wait| wait.client != client);
        if self.waits.waiting.len() == before {
            return Err(Error::UnknownWait(client));
        }
        Ok(())
    }

    /// How many online replicas have said that they have everything up to `offset` (`replicationCountAcksByOffset`).
    pub fn count_acknowledged(&self, offset: u64) -> u64 {
        let has = |replica: &&super::primary::Replica| replica.is_online() && replica.ack_offset >= offset;
        self.replicas.attached().filter(has).count() as u64
    }

    /// `processClientsWaitingReplicas`.
    pub(super) fn serve_waits(&mut self) {
        self.answer_waits(|_, acknowledged, wait| acknowledged >= wait.replicas);
    }

    pub(super) fn expire_waits(&mut self) {
        self.answer_waits(|now_ms, _, wait| wait.deadline_ms.is_some_and(|deadline| now_ms >= deadline));
    }

    fn answer_waits(&mut self, is_over: impl Fn(u64, u64, &Wait) -> bool) {
        if self.waits.waiting.is_empty() {
            return;
        }
        for wait in core::mem::take(&mut self.waits.waiting) {
            let acknowledged = self.count_acknowledged(wait.offset);
            if is_over(self.now_ms, acknowledged, &wait) {
                self.out.push(Output::Waited {
                    client: wait.client,
                    replicas: acknowledged,
                    timed_out: acknowledged < wait.replicas,
                });
            } else {
                self.waits.waiting.push(wait);
            }
        }
    }
}
