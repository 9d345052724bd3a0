//! Why an answer is no map.

use alloc::string::String;
use alloc::vec::Vec;

/// Why an answer about the cluster's shape cannot be read. Nothing of it is used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TopologyError {
    /// The server refused the question, for example because it is no cluster.
    #[error("the server refused: {0}")]
    Refused(String),
    /// Something has another shape than it should.
    #[error("{place}: expected {expected}, found {found}")]
    Unexpected {
        /// Where in the answer: `reply[2][0]`, or `line 3`.
        place: String,
        /// What should be there.
        expected: &'static str,
        /// What is.
        found: String,
    },
    /// Two shards claim one slot.
    #[error("{place}: slot {slot} belongs to another shard already")]
    SlotTwice {
        /// Where in the answer it is claimed again.
        place: String,
        /// Which slot.
        slot: u16,
    },
    /// More nodes than a map has room for, which is 65,534.
    #[error("there are more nodes than a map has room for")]
    TooManyNodes,
}

impl TopologyError {
    /// A stable name, the same in every binding.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Refused(_) => "refused",
            Self::Unexpected { .. } => "unexpected_answer",
            Self::SlotTwice { .. } => "slot_claimed_twice",
            Self::TooManyNodes => "too_many_nodes",
        }
    }
}

/// Where in an answer something stands. It is written out only if something is wrong there.
#[derive(Clone, Copy)]
pub(super) enum Place<'a> {
    Reply,
    Item(&'a Place<'a>, usize),
    Field(&'a Place<'a>, &'a str),
    Line(usize),
}

impl Place<'_> {
    pub(super) fn text(&self) -> String {
        let mut steps = Vec::new();
        let mut place = self;
        let start = loop {
            let (before, step) = match place {
                Self::Reply => break String::from("reply"),
                Self::Line(number) => break alloc::format!("line {number}"),
                Self::Item(before, index) => (*before, alloc::format!("[{index}]")),
                Self::Field(before, name) => (*before, alloc::format!(".{name}")),
            };
            steps.push(step);
            place = before;
        };
        steps.into_iter().rev().fold(start, |text, step| text + &step)
    }

    pub(super) fn expected(&self, expected: &'static str, found: impl Into<String>) -> TopologyError {
        // What was found may be of any length: its beginning says enough.
        let found: String = found.into();
        TopologyError::Unexpected {
            place: self.text(),
            expected,
            found: found.chars().take(80).collect(),
        }
    }
}
