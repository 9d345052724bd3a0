//! A step of the runner, as data.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;
use std::time::Duration;

use crate::cmd::Cmd;
use crate::env::Tool;
use crate::report::Count;

/// How long a step may take where nothing else is said: several times what the longest takes on the smallest machine.
const LIMIT: Duration = Duration::from_secs(40 * 60);

/// The table that a step is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Language {
    Rust,
    Python,
    JavaScript,
    C,
}

impl Language {
    pub(crate) const ALL: [Self; 4] = [Self::Rust, Self::Python, Self::JavaScript, Self::C];
}

/// A piece of a step.
pub(crate) enum Work {
    Run(Cmd),
    /// Work that this runner does itself, and what it is in words.
    Act(String, Act),
}

/// Takes what the step's commands printed so far; gives more output, or what went wrong.
pub(crate) type Act = Box<dyn Fn(&str) -> Result<String, String> + Send + Sync>;

/// Says that a step need not run again: a file beside what the step makes holds the hash of what it was made from.
pub(crate) struct Stamp {
    file: String,
    inputs: Vec<String>,
}

/// One step. It starts when all steps of `after` have gone well, and stops at the first piece that fails.
pub(crate) struct Step {
    pub(crate) name: &'static str,
    pub(crate) language: Language,
    pub(crate) after: Vec<&'static str>,
    pub(crate) needs: Vec<Tool>,
    /// What only one step at a time may use, such as a target folder, on which a second cargo would only wait.
    pub(crate) alone_in: Option<&'static str>,
    pub(crate) count: Count,
    /// When it is ended, so that none that hangs eats the run.
    pub(crate) limit: Duration,
    /// Whether it talks to a redis-server, whose port it finds in `QUORATE_REDIS_PORT`.
    pub(crate) live: bool,
    pub(crate) stamp: Option<Stamp>,
    pub(crate) work: Vec<Work>,
}

impl Step {
    pub(crate) fn new(language: Language, name: &'static str, count: Count) -> Self {
        Self {
            name,
            language,
            after: Vec::new(),
            needs: Vec::new(),
            alone_in: None,
            count,
            limit: LIMIT,
            live: false,
            stamp: None,
            work: Vec::new(),
        }
    }

    /// A step that makes something, rather than tests.
    pub(crate) fn build(language: Language, name: &'static str) -> Self {
        Self::new(language, name, Count::Nothing)
    }

    pub(crate) fn after(mut self, steps: &[&'static str]) -> Self {
        self.after.extend(steps);
        self
    }

    pub(crate) fn needs(mut self, tools: &[Tool]) -> Self {
        self.needs.extend(tools);
        self
    }

    pub(crate) fn alone_in(mut self, what: &'static str) -> Self {
        self.alone_in = Some(what);
        self
    }

    /// What it may take, for a step that may take longer than others, or that hangs if it takes half as long.
    pub(crate) fn within(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    pub(crate) fn live(mut self) -> Self {
        self.live = true;
        self.needs.push(Tool::Redis);
        self
    }

    pub(crate) fn stamp(mut self, file: impl Into<String>, inputs: &[&str]) -> Self {
        self.stamp = Some(Stamp {
            file: file.into(),
            inputs: inputs.iter().map(|input| String::from(*input)).collect(),
        });
        self
    }

    pub(crate) fn run(mut self, cmd: Cmd) -> Self {
        self.work.push(Work::Run(cmd));
        self
    }

    pub(crate) fn act(
        mut self,
        what: impl Into<String>,
        act: impl Fn(&str) -> Result<String, String> + Send + Sync + 'static,
    ) -> Self {
        self.work.push(Work::Act(what.into(), Box::new(act)));
        self
    }
}

impl Stamp {
    pub(crate) fn is_fresh(&self) -> bool {
        fs::read_to_string(&self.file).is_ok_and(|text| text == self.hash())
    }

    pub(crate) fn write(&self) -> Result<(), String> {
        fs::write(&self.file, self.hash()).map_err(|error| format!("cannot write {}: {error}", self.file))
    }

    fn hash(&self) -> String {
        let mut hasher = DefaultHasher::new();
        for input in &self.inputs {
            (input, hash_of(Path::new(input))).hash(&mut hasher);
        }
        format!("{:016x}\n", hasher.finish())
    }
}

/// A hash of a file's bytes, or of all files of a folder.
fn hash_of(path: &Path) -> u64 {
    let mut hasher = DefaultHasher::new();
    if let Ok(entries) = fs::read_dir(path) {
        let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
        paths.sort();
        for path in paths {
            (path.as_os_str(), hash_of(&path)).hash(&mut hasher);
        }
    } else {
        fs::read(path).unwrap_or_default().hash(&mut hasher);
    }
    hasher.finish()
}
