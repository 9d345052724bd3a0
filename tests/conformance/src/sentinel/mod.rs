//! Recorded runs of real sentinels, with our machine in the place of each of them.
//!
//! A folder holds `frames.jsonl`, every frame on every connection, and `events.jsonl`, what the sentinels published and how they
//! were set. Our machine gets what the recorded sentinel got: the replies, the messages and the commands of others. What it
//! publishes, answers and sends is compared, timing apart: what repeats (PING, INFO, equal hellos and questions) is not counted,
//! and what concerns different instances may come in another order.

mod recording;
mod replay;

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

pub use recording::{Frame, Recording};

/// What was compared for one recorded sentinel.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Which sentinel.
    pub sentinel: String,
    /// What of it.
    pub part: Part,
    /// How many items the recording has.
    pub items: usize,
    /// Where the two differ: a line each.
    pub differences: Vec<String>,
    /// Why it could not be compared.
    pub skipped: Option<&'static str>,
}

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The events, by what they are about.
    Published,
    /// The answers to other sentinels, by connection.
    Answered,
    /// What was sent, by instance.
    Sent,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Published => "published",
            Self::Answered => "answered",
            Self::Sent => "sent",
        })
    }
}

/// Runs a folder's recording with our machine in the place of each sentinel.
///
/// # Errors
/// What is wrong with the folder.
pub fn run(folder: &Path) -> Result<Vec<Outcome>, String> {
    let recording = Recording::read(folder)?;
    let mut outcomes = Vec::new();
    for sentinel in recording.sentinels() {
        let seat = recording.seat(&sentinel)?;
        let found = replay::replay(&recording, &seat)?;
        let expected = replay::expected(&recording, &seat);
        let parts = [
            (Part::Published, &expected.published, &found.published),
            (Part::Answered, &expected.answered, &found.answered),
            (Part::Sent, &expected.sent, &found.sent),
        ];
        let cut = recording.cut_short(&sentinel);
        for (part, expected, found) in parts {
            // Answers to others do not hang on what the instances said.
            let skipped = (cut && part != Part::Answered).then_some("INFO was recorded without the roles");
            outcomes.push(Outcome {
                sentinel: sentinel.clone(),
                part,
                items: expected.values().map(Vec::len).sum(),
                differences: if skipped.is_some() {
                    Vec::new()
                } else {
                    differences(expected, found)
                },
                skipped,
            });
        }
    }
    Ok(outcomes)
}

/// Sequences by what they are about.
type Sequences = BTreeMap<String, Vec<String>>;

/// What a sentinel did, or should.
#[derive(Clone, Debug, Default)]
struct Behaviour {
    published: Sequences,
    answered: Sequences,
    sent: Sequences,
}

fn differences(expected: &Sequences, found: &Sequences) -> Vec<String> {
    let mut lines = Vec::new();
    let subjects: std::collections::BTreeSet<&String> = expected.keys().chain(found.keys()).collect();
    let none = Vec::new();
    for subject in subjects {
        let (left, right) = (
            expected.get(subject).unwrap_or(&none),
            found.get(subject).unwrap_or(&none),
        );
        if left == right {
            continue;
        }
        let same = left.iter().zip(right).take_while(|(left, right)| left == right).count();
        let behind = left.iter().rev().zip(right.iter().rev());
        let behind = behind
            .take(left.len().min(right.len()) - same)
            .take_while(|(left, right)| left == right)
            .count();
        lines.push(format!("{subject}, after {same} that are equal:"));
        lines.extend(left[same..left.len() - behind].iter().map(|line| format!("  - {line}")));
        lines.extend(
            right[same..right.len() - behind]
                .iter()
                .map(|line| format!("  + {line}")),
        );
    }
    lines
}
