//! Handing leadership over (§3.10 of the dissertation).

use super::error::Error;
use super::message::{Message, MessageKind, NONE, NodeId};
use super::state::Raft;
use super::trace::Trace;

impl Raft {
    /// Rule 32: the sender is to lead.
    pub(super) fn handle_transfer(&mut self, message: &Message) {
        let (to, term) = (message.from, self.term);
        let Some(progress) = self.members.get(to) else {
            return;
        };
        if progress.is_learner {
            self.tracer.emit(|| Trace::TransferIgnored { to, learner: true });
            return;
        }
        let up_to_date = progress.matched == self.log.last_index();
        if self.transferee == to {
            self.tracer.emit(|| Trace::TransferAlreadyRunning { to, term });
            return;
        }
        let before = core::mem::replace(&mut self.transferee, NONE);
        if before != NONE {
            self.tracer.emit(|| Trace::TransferReplaced { from: before, term });
        }
        if to == self.id() {
            self.tracer.emit(|| Trace::TransferIgnored { to, learner: false });
            return;
        }
        self.tracer.emit(|| Trace::TransferStarted { to, term });
        // It has one election timeout from now.
        self.election_elapsed = 0;
        self.transferee = to;
        if up_to_date {
            self.send_timeout_now(to);
            self.tracer.emit(|| Trace::TimeoutNowSent { to, at_once: true });
        } else {
            self.send_append(to);
        }
    }

    pub(super) fn send_timeout_now(&mut self, to: NodeId) {
        self.send(Message::to(MessageKind::TimeoutNow, to));
    }

    /// A request that reached a follower goes to the leader, in the name of who is to lead.
    pub(super) fn forward_transfer(&mut self, message: Message) -> Result<(), Error> {
        let term = self.term;
        if self.lead == NONE {
            self.tracer.emit(|| Trace::TransferDropped { term });
            return Ok(());
        }
        self.send(Message {
            to: self.lead,
            ..message
        });
        Ok(())
    }
}
