//! Asking the others, voting, and who leads.

use alloc::borrow::ToOwned;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::config::Profile;
use super::events::EventKind;
use super::instance::{FailoverState, Flags};
use super::link::PendingKind;
use super::server::{Millis, NEVER, Sentinel};
use super::trace::Trace;
use crate::resp::{Bytes, Value};

/// Starts of failovers are spread over so many milliseconds.
pub(super) const MAX_DESYNC: u64 = 1_000;

impl Sentinel {
    /// Asks the other sentinels whether the master is down, and for their votes if a failover waits for them
    /// (`sentinelAskMasterStateToOtherSentinels`). Says whether there is something left that time alone will change.
    pub(super) fn ask_others(&mut self, group: usize, forced: bool, now: Millis) -> bool {
        let mut more = false;
        let master = self.groups[group].master;
        let down = self.instances[master].is(Flags::S_DOWN);
        let ask_period = self.config.timing.ask;
        let mut question: Option<Vec<Bytes>> = None;
        for at in 0..self.groups[group].sentinels.len() {
            let index = self.groups[group].sentinels[at];
            let peer = &mut self.instances[index];
            let elapsed = now.saturating_sub(peer.peer.last_down_reply);
            if elapsed > ask_period.saturating_mul(5) {
                // It is too old to count, and so is the vote.
                peer.flags.clear(Flags::MASTER_DOWN);
                peer.peer.leader = None;
            }
            more |= peer.is(Flags::MASTER_DOWN) || peer.peer.leader.is_some();
            if !down || self.links[peer.link].disconnected || (!forced && elapsed < ask_period) {
                continue;
            }
            let argv = match &question {
                Some(argv) => argv.clone(),
                None => question.insert(self.question(group, index)).clone(),
            };
            self.send(index, PendingKind::Ask, argv);
        }
        more || down
    }

    fn question(&self, group: usize, index: usize) -> Vec<Bytes> {
        let state = &self.groups[group];
        let address = &self.instances[state.master].address;
        let candidate = state.failover_state > FailoverState::None;
        let epoch = match self.config.profile {
            // What the server asks for, even if it is another attempt's by now.
            Profile::Compat => self.current_epoch,
            Profile::Strict if candidate => state.failover_epoch,
            Profile::Strict => self.current_epoch,
        };
        Vec::from([
            self.renamed(index, "SENTINEL"),
            "is-master-down-by-addr".into(),
            self.announced(address).into(),
            address.port.to_string().into(),
            epoch.to_string().into(),
            if candidate { self.config.id.as_str() } else { "*" }.into(),
        ])
    }

    /// `sentinelReceiveIsMasterDownReply`.
    pub(super) fn ask_reply(&mut self, index: usize, reply: &Value, now: Millis) {
        let Value::Array(items) = reply else {
            return self.ignored(index, "SENTINEL is-master-down-by-addr");
        };
        let [Value::Integer(down), Value::BulkString(leader), Value::Integer(epoch)] = &items[..] else {
            return self.ignored(index, "SENTINEL is-master-down-by-addr");
        };
        let peer = &mut self.instances[index];
        peer.peer.last_down_reply = now;
        if *down == 1 {
            peer.flags |= Flags::MASTER_DOWN;
        } else {
            peer.flags.clear(Flags::MASTER_DOWN);
        }
        if &leader[..] != b"*" {
            peer.peer.leader = Some(String::from_utf8_lossy(leader).into_owned());
            // As the server's unsigned field takes it.
            peer.peer.leader_epoch = epoch.cast_unsigned();
        }
        let master = self.groups[peer.group].master;
        self.due[master] = NEVER;
    }

    /// Somebody asks for a vote: gives it, or says whom it went to (`sentinelVoteLeader`). The answer may leave once it is
    /// durable.
    pub(super) fn vote(&mut self, group: usize, epoch: u64, run_id: &str, now: Millis) -> (Option<String>, u64) {
        let master = self.groups[group].master;
        if epoch > self.current_epoch {
            self.adopt_epoch(master, epoch);
        }
        let own = run_id.eq_ignore_ascii_case(&self.config.id);
        let strict = self.config.profile == Profile::Strict;
        // In `strict` a vote belongs to the epoch that was asked for, and not to whatever epoch another master has reached.
        let current = strict || self.current_epoch <= epoch;
        if self.groups[group].leader_epoch < epoch && current {
            let stamp = if strict { epoch } else { self.current_epoch };
            let state = &mut self.groups[group];
            state.leader = Some(run_id.to_owned());
            state.leader_epoch = stamp;
            self.flush();
            self.event(EventKind::VoteForLeader, Some(master), format!("{run_id} {stamp}"));
            self.trace(|sentinel| Trace::VoteGiven {
                master: sentinel.groups[group].config.name.clone(),
                to: run_id.to_owned(),
                epoch: stamp,
            });
            if !own {
                // Whoever was voted for gets the time to finish.
                self.groups[group].failover_start = now.saturating_add(self.desync());
            }
        } else {
            self.trace(|sentinel| {
                let state = &sentinel.groups[group];
                Trace::VoteKept {
                    master: state.config.name.clone(),
                    asked: run_id.to_owned(),
                    asked_epoch: epoch,
                    vote: state.leader.clone(),
                    epoch: state.leader_epoch,
                }
            });
        }
        let state = &self.groups[group];
        (state.leader.clone(), state.leader_epoch)
    }

    /// A greater epoch is known from now on.
    pub(super) fn adopt_epoch(&mut self, about: usize, epoch: u64) {
        self.current_epoch = epoch;
        self.flush();
        self.event(EventKind::NewEpoch, Some(about), epoch.to_string());
    }

    pub(super) fn desync(&mut self) -> Millis {
        Millis::try_from(self.random.below(MAX_DESYNC)).unwrap_or(0)
    }

    /// Who leads in that epoch, if anybody is known to (`sentinelGetLeader`). This sentinel votes in passing.
    pub(super) fn leader(&mut self, group: usize, epoch: u64, now: Millis) -> Option<String> {
        let counted = match self.config.profile {
            Profile::Compat => self.current_epoch,
            Profile::Strict => epoch,
        };
        let state = &self.groups[group];
        let voters = 1 + u32::try_from(state.sentinels.len()).unwrap_or(u32::MAX - 1);
        let quorum = state.config.quorum;
        let mut votes: BTreeMap<String, u32> = BTreeMap::new();
        for &index in &state.sentinels {
            let peer = &self.instances[index].peer;
            if let Some(leader) = &peer.leader
                && peer.leader_epoch == counted
            {
                *votes.entry(leader.clone()).or_default() += 1;
            }
        }
        let most = |votes: &BTreeMap<String, u32>| -> Option<(String, u32)> {
            let mut winner: Option<(&String, u32)> = None;
            for (run_id, &count) in votes {
                // At a tie the first stays.
                if winner.is_none_or(|(_, most)| count > most) {
                    winner = Some((run_id, count));
                }
            }
            winner.map(|(run_id, count)| (run_id.clone(), count))
        };
        let mut winner = most(&votes);
        let choice = winner
            .as_ref()
            .map_or_else(|| self.config.id.clone(), |(run_id, _)| run_id.clone());
        let (own_vote, own_epoch) = self.vote(group, epoch, &choice, now);
        if let Some(own_vote) = own_vote
            && own_epoch == epoch
        {
            let count = votes.entry(own_vote.clone()).or_default();
            *count += 1;
            if winner.as_ref().is_none_or(|(_, most)| *count > *most) {
                winner = Some((own_vote, *count));
            }
        }
        // Of all that were ever known, whether they are up or not; and never less than the quorum.
        let majority = voters / 2 + 1;
        let elected = winner.filter(|(_, count)| *count >= majority && *count >= quorum);
        self.trace(|sentinel| Trace::VotesCounted {
            master: sentinel.groups[group].config.name.clone(),
            epoch: counted,
            votes: votes.into_iter().collect(),
            voters,
            majority,
            quorum,
            winner: elected.as_ref().map(|(run_id, _)| run_id.clone()),
        });
        elected.map(|(run_id, _)| run_id)
    }
}
