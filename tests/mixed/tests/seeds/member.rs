//! What the world asks of a member, whoever made it.

/// What a member wants done, or has done.
pub(crate) enum Event {
    Send {
        to: u64,
        bytes: Vec<u8>,
    },
    Applied(Item),
    /// A snapshot took the place of everything up to there.
    Restored {
        index: u64,
        term: u64,
    },
    ReadReady {
        context: u64,
        index: u64,
    },
}

/// An entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Item {
    pub(crate) index: u64,
    pub(crate) term: u64,
    pub(crate) data: Vec<u8>,
}

/// How a member stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct View {
    pub(crate) term: u64,
    pub(crate) leads: bool,
    pub(crate) commit: u64,
    pub(crate) last: u64,
}

/// What a group is made with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings {
    pub(crate) nodes: u64,
    pub(crate) pre_vote: bool,
    pub(crate) check_quorum: bool,
    /// Ours coalesces appends, theirs merges them.
    pub(crate) coalesce: bool,
    /// The least that the two agree on, so that logs are sent in pieces.
    pub(crate) max_size_per_msg: u64,
    pub(crate) max_inflight_msgs: usize,
    /// Crashes lose the vote, which they must not.
    pub(crate) forgets_votes: bool,
}

pub(crate) trait Member {
    fn tick(&mut self);
    fn receive(&mut self, bytes: &[u8]);
    /// Says whether it was taken.
    fn propose(&mut self, data: &[u8]) -> bool;
    fn read(&mut self, context: u64);
    fn transfer(&mut self, to: u64);
    fn report_unreachable(&mut self, to: u64);
    fn report_snapshot(&mut self, to: u64, ok: bool);
    /// Does all that there is to do, but for what waits for [`sync`](Self::sync).
    fn work(&mut self) -> Vec<Event>;
    /// Everything that was written becomes durable.
    fn sync(&mut self);
    /// Takes a snapshot of what is applied, and drops the log before it. What was written is durable then.
    fn compact(&mut self);
    /// What was not durable is lost, and the member starts again: its state machine from the last snapshot, whose index and
    /// term are returned.
    fn crash(&mut self) -> (u64, u64);
    fn view(&self) -> View;
    /// The log, as far as it is kept.
    fn log(&self) -> Vec<Item>;
}
