//! One command line: what a step runs, and what a reader would type to run it by hand.

use std::fmt;
use std::process::Command;

/// A program with its arguments, folder and environment. Its `Display` is a line for a shell at the project's root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cmd {
    program: String,
    args: Vec<String>,
    dir: Option<String>,
    env: Vec<(String, String)>,
}

/// A command from words apart by spaces; [`Cmd::arg`] adds those that hold a space themselves.
pub(crate) fn cmd(words: impl AsRef<str>) -> Cmd {
    let mut words = words.as_ref().split_whitespace().map(String::from);
    Cmd {
        program: words.next().unwrap_or_default(),
        args: words.collect(),
        dir: None,
        env: Vec::new(),
    }
}

impl Cmd {
    pub(crate) fn arg(mut self, arg: impl Into<String>) -> Self {
        self.args.push(arg.into());
        self
    }

    /// Runs in this folder, given from the project's root.
    pub(crate) fn dir(mut self, dir: impl Into<String>) -> Self {
        self.dir = Some(dir.into());
        self
    }

    pub(crate) fn env(mut self, name: &str, value: impl Into<String>) -> Self {
        self.env.push((name.into(), value.into()));
        self
    }

    /// The command, ready to start.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.args);
        if let Some(dir) = &self.dir {
            command.current_dir(dir);
        }
        // What `cargo run` tells this runner of its own package would mislead the cargo that it starts.
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
                command.env_remove(&name);
            }
        }
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
        command
    }
}

impl fmt::Display for Cmd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut words = Vec::new();
        for (name, value) in &self.env {
            words.push(format!("{name}={}", quote(value)));
        }
        words.push(quote(&self.program));
        words.extend(self.args.iter().map(|arg| quote(arg)));
        match &self.dir {
            Some(dir) => write!(f, "(cd {} && {})", quote(dir), words.join(" ")),
            None => f.write_str(&words.join(" ")),
        }
    }
}

fn quote(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_=+:,./@%^".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.into()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_a_line_for_a_shell() {
        let line = cmd("cc -o out")
            .arg("a b.c")
            .arg("it's")
            .env("CC_FLAGS", "-O2 -g")
            .dir("examples");
        assert_eq!(
            line.to_string(),
            r"(cd examples && CC_FLAGS='-O2 -g' cc -o out 'a b.c' 'it'\''s')"
        );
    }
}
