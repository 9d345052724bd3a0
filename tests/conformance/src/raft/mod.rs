//! The scripts of etcd-io/raft: quorums, changes of membership, and interactions of whole groups.

mod confchange;
mod describe;
mod interaction;
mod log_lines;
mod quorum;
mod storage;

use std::fs;
use std::path::{Path, PathBuf};

use crate::datadriven::{self, Case};

/// What a script is about. Its commands say so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `committed` and `vote`: what majorities decide.
    Quorum,
    /// `simple`, `enter-joint` and `leave-joint`: steps from one membership to the next.
    ConfChange,
    /// Everything else: nodes that talk to each other.
    Interaction,
}

impl Kind {
    fn of(cases: &[Case]) -> Self {
        match cases.first().map(|case| case.command.as_str()) {
            Some("committed" | "vote") => Self::Quorum,
            Some("simple" | "enter-joint" | "leave-joint") => Self::ConfChange,
            _ => Self::Interaction,
        }
    }
}

/// How closely what is printed must match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// To the letter.
    Verbatim,
    /// But for the lines of the log, which begin with `DEBUG`, `INFO`, `WARN` or `ERROR`. Then nothing and `ok` are the same.
    LogBlind,
    /// Only what `raft-state`, `raft-log` and `status` print; other commands match whatever they print.
    StateOnly,
}

/// What a command printed, beside what it should have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The command.
    pub case: Case,
    /// What it printed.
    pub found: String,
}

impl Outcome {
    /// Whether the two match.
    pub fn matches(&self, level: Level) -> bool {
        let expected = &self.case.expected;
        match level {
            Level::Verbatim => *expected == self.found,
            Level::LogBlind => without_logs(expected) == without_logs(&self.found),
            Level::StateOnly => {
                let state = matches!(self.case.command.as_str(), "raft-state" | "raft-log" | "status");
                !state || without_logs(expected) == without_logs(&self.found)
            }
        }
    }
}

/// What a script did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// What it is about.
    pub kind: Kind,
    /// Its commands in order.
    pub outcomes: Vec<Outcome>,
}

impl Report {
    /// The commands that printed something else than they should have.
    pub fn differences(&self, level: Level) -> impl Iterator<Item = &Outcome> {
        self.outcomes.iter().filter(move |outcome| !outcome.matches(level))
    }

    /// The script with what its commands print now.
    pub fn rewritten(&self, script: &str) -> String {
        let mut rewritten = String::new();
        let mut lines = script.lines().enumerate();
        let mut outcomes = self.outcomes.iter();
        let mut outcome = outcomes.next();
        while let Some((at, line)) = lines.next() {
            rewritten.push_str(line);
            rewritten.push('\n');
            let Some(current) = outcome.filter(|outcome| at + 1 >= outcome.case.line && line.trim() == "----") else {
                continue;
            };
            rewritten.push_str(&current.found);
            rewritten.push('\n');
            outcome = outcomes.next();
            for (_, line) in lines.by_ref() {
                if line.trim().is_empty() {
                    break;
                }
            }
        }
        rewritten
    }
}

/// Runs a script.
///
/// # Errors
/// Says what is not well formed.
pub fn run(script: &str) -> Result<Report, String> {
    let cases = datadriven::parse(script).map_err(|error| error.to_string())?;
    let kind = Kind::of(&cases);
    let mut members = confchange::Script::new();
    let mut group = interaction::Group::new();
    let outcomes = cases.into_iter().map(|case| {
        let mut found = match kind {
            Kind::Quorum => quorum::run(&case),
            Kind::ConfChange => members.run(&case),
            Kind::Interaction => group.run(&case),
        };
        if !found.is_empty() && !found.ends_with('\n') {
            found.push('\n');
        }
        Outcome { case, found }
    });
    Ok(Report {
        kind,
        outcomes: outcomes.collect(),
    })
}

/// The scripts in a folder and the folders in it, in the order of their names; a file stands for itself.
///
/// # Errors
/// Says what cannot be read.
pub fn scripts(path: &Path) -> Result<Vec<PathBuf>, String> {
    let cannot = |error| format!("cannot read {}: {error}", path.display());
    if !fs::metadata(path).map_err(cannot)?.is_dir() {
        return Ok(vec![path.to_path_buf()]);
    }
    let mut entries = Vec::new();
    for entry in fs::read_dir(path).map_err(cannot)? {
        entries.push(entry.map_err(cannot)?.path());
    }
    entries.sort();
    let mut found = Vec::new();
    for entry in entries {
        if entry.is_dir() || entry.extension().is_some_and(|extension| extension == "txt") {
            found.extend(scripts(&entry)?);
        }
    }
    Ok(found)
}

fn without_logs(text: &str) -> String {
    let is_log = |line: &&str| {
        let line = line.trim_start();
        ["DEBUG ", "INFO ", "WARN ", "ERROR "]
            .iter()
            .any(|level| line.starts_with(level))
    };
    let mut rest = String::new();
    for line in text.lines().filter(|line| !is_log(line)) {
        rest.push_str(line);
        rest.push('\n');
    }
    if rest.is_empty() { "ok\n".to_string() } else { rest }
}

/// `v1 l2 r3 u4`: makes 1 a voter and 2 a learner, removes 3, updates 4.
fn parse_changes(text: &str) -> Result<Vec<quorate::raft::ConfChangeSingle>, String> {
    use quorate::raft::{ConfChangeKind, ConfChangeSingle};

    let mut changes = Vec::new();
    for word in text.split_whitespace() {
        let mut letters = word.chars();
        let kind = match letters.next() {
            _ if word.len() < 2 => return Err(format!("unknown token {word}")),
            Some('v') => ConfChangeKind::AddNode,
            Some('l') => ConfChangeKind::AddLearnerNode,
            Some('r') => ConfChangeKind::RemoveNode,
            Some('u') => ConfChangeKind::UpdateNode,
            _ => return Err(format!("unknown input: {word}")),
        };
        let node_id = letters.as_str().parse();
        changes.push(ConfChangeSingle {
            kind,
            node_id: node_id.map_err(|_| format!("not a number: {word}"))?,
        });
    }
    Ok(changes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(command: &str, expected: &str, found: &str) -> Outcome {
        let case = Case {
            line: 1,
            command: command.to_string(),
            arguments: Vec::new(),
            input: String::new(),
            expected: expected.to_string(),
        };
        Outcome {
            case,
            found: found.to_string(),
        }
    }

    #[test]
    fn levels_look_less_and_less_closely() {
        let logs = outcome("campaign", "INFO 1 is starting\n", "ok\n");
        assert!(!logs.matches(Level::Verbatim));
        assert!(logs.matches(Level::LogBlind));
        let text = outcome(
            "stabilize",
            "> 1 handling Ready\n  INFO a\n",
            "  INFO b\n> 2 handling Ready\n",
        );
        assert!(!text.matches(Level::LogBlind));
        assert!(text.matches(Level::StateOnly));
        let state = outcome(
            "status",
            "1: StateProbe match=0 next=1\n",
            "1: StateProbe match=0 next=2\n",
        );
        assert!(!state.matches(Level::StateOnly));
    }

    #[test]
    fn a_script_is_written_anew_with_what_it_prints() {
        let script = "# prose\nvote\n----\nVoteLost\n\n# more\ncommitted cfg=(1) idx=(_)\n----\n0\n";
        let report = run(script).unwrap();
        assert_eq!(report.kind, Kind::Quorum);
        assert_eq!(report.differences(Level::Verbatim).count(), 2);
        let rewritten = report.rewritten(script);
        assert!(rewritten.starts_with("# prose\nvote\n----\nVoteWon\n\n# more\n"));
        assert_eq!(run(&rewritten).unwrap().differences(Level::Verbatim).count(), 0);
    }
}
