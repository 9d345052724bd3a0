//! Rules that tests break on purpose, to see what each of them is good for.
//!
//! Only the feature `broken-rules` can break any. Without it [`Rules`] has no size, and every question is answered at compile time.

use super::error::Error;
use super::saved::{Saved, Sink, Source};

/// What an artifact holds whose rules can be broken, and no artifact that is shipped.
#[cfg(feature = "broken-rules")]
pub const BROKEN_RULES_MARKER: &str = "quorate was built so that rules of Raft can be broken";

#[cfg(feature = "broken-rules")]
static MARKER: [u8; BROKEN_RULES_MARKER.len()] = {
    let mut bytes = [0; BROKEN_RULES_MARKER.len()];
    bytes.copy_from_slice(BROKEN_RULES_MARKER.as_bytes());
    bytes
};

/// A rule that can be broken. Only with the feature `broken-rules`, which is for tests and lessons.
#[cfg_attr(
    not(feature = "broken-rules"),
    allow(dead_code, unreachable_pub, reason = "there is nobody to name them")
)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BrokenRule {
    /// A leader commits entries of earlier terms by counting who has them (against §5.4.2 of the paper).
    CommitOldTerm = 1,
    /// A voter does not ask whether the candidate's log is behind its own (against §5.4.1).
    VoteWithoutLogCheck = 2,
    /// Half of the voters are enough to commit.
    CommitOnHalf = 4,
    /// A change of many members takes place at once, without a joint configuration (against §6).
    SwitchDirectly = 8,
    /// A leader answers a read without asking whether it still leads (against §6.4 of the dissertation).
    ReadWithoutAsking = 16,
    /// A follower takes entries without asking whether they join its log (against §5.3).
    AppendUnmatched = 32,
    /// A new leader drops what is not committed from its own log (against §5.3: append-only).
    LeaderRewrites = 64,
    /// A follower believes a commit index that is behind its own.
    CommitGoesBack = 128,
}

/// Which rules hold: all of them, unless a test has said otherwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Rules {
    #[cfg(feature = "broken-rules")]
    broken: u32,
}

impl Rules {
    #[cfg(feature = "broken-rules")]
    pub(super) fn set(&mut self, rule: BrokenRule, broken: bool) {
        // So that the linker keeps it.
        core::hint::black_box(&MARKER);
        if broken {
            self.broken |= rule as u32;
        } else {
            self.broken &= !(rule as u32);
        }
    }

    #[cfg(feature = "broken-rules")]
    pub(super) fn broken(self, rule: BrokenRule) -> bool {
        self.broken & rule as u32 != 0
    }

    #[cfg(not(feature = "broken-rules"))]
    #[inline(always)]
    pub(super) fn broken(self, _: BrokenRule) -> bool {
        false
    }
}

impl Saved for Rules {
    fn save(&self, to: &mut impl Sink) {
        #[cfg(feature = "broken-rules")]
        to.number(u64::from(self.broken));
        #[cfg(not(feature = "broken-rules"))]
        to.number(0);
    }

    fn load(from: &mut Source<'_>) -> Result<Self, Error> {
        match u32::try_from(from.number()?) {
            Ok(0) => Ok(Self::default()),
            #[cfg(feature = "broken-rules")]
            Ok(broken) => Ok(Self { broken }),
            _ => from.error("no broken rules"),
        }
    }
}
