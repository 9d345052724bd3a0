//! The format of `cockroachdb/datadriven`: prose behind `#`, a command line, lines of input, `----`, what is expected, a blank
//! line. Where what is expected has blank lines itself, it stands between two pairs of `----`.

use std::fmt;

/// A command of a script, with what it should print.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// The line that the command stands on, from 1 on.
    pub line: usize,
    /// Its first word.
    pub command: String,
    /// The words behind it.
    pub arguments: Vec<Argument>,
    /// The lines below it, without blank space around them.
    pub input: String,
    /// What it should print.
    pub expected: String,
}

/// A word behind a command: `key`, `key=value` or `key=(value, value)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Argument {
    /// What stands before the `=`, or the whole word.
    pub key: String,
    /// What stands behind it.
    pub values: Vec<String>,
}

impl Case {
    /// The values of the argument of that name, if it is there.
    pub fn values(&self, key: &str) -> Option<&[String]> {
        let argument = self.arguments.iter().find(|argument| argument.key == key)?;
        Some(&argument.values)
    }

    /// The words without a value.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        let words = self.arguments.iter().filter(|argument| argument.values.is_empty());
        words.map(|argument| argument.key.as_str())
    }
}

/// A script that is not well formed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    /// Where, from 1 on.
    pub line: usize,
    /// What should stand there.
    pub expected: &'static str,
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: expected {}", self.line, self.expected)
    }
}

impl std::error::Error for ParseError {}

const SEPARATOR: &str = "----";

/// Reads a script.
///
/// # Errors
/// [`ParseError`].
pub fn parse(script: &str) -> Result<Vec<Case>, ParseError> {
    let mut lines = Lines {
        lines: script.lines().collect(),
        next: 0,
    };
    let mut cases = Vec::new();
    while let Some(line) = lines.next() {
        let number = lines.next;
        let mut line = line.trim().to_string();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        while line.ends_with('\\') {
            line.pop();
            let Some(more) = lines.next() else { break };
            line.push(' ');
            line.push_str(more.trim());
        }
        let (command, arguments) = parse_line(&line).ok_or(ParseError {
            line: number,
            expected: "a value, and a `)` for each `(`",
        })?;
        let mut input = Vec::new();
        let expected = loop {
            match lines.next() {
                None => break String::new(),
                Some(line) if line.trim() == SEPARATOR => break lines.expected(),
                Some(line) => input.push(line),
            }
        };
        cases.push(Case {
            line: number,
            command,
            arguments,
            input: input.join("\n").trim().to_string(),
            expected,
        });
    }
    Ok(cases)
}

struct Lines<'a> {
    lines: Vec<&'a str>,
    next: usize,
}

impl<'a> Lines<'a> {
    fn next(&mut self) -> Option<&'a str> {
        let line = self.lines.get(self.next).copied();
        self.next += usize::from(line.is_some());
        line
    }

    fn is_separator(&self, at: usize) -> bool {
        self.lines.get(at).is_some_and(|line| line.trim() == SEPARATOR)
    }

    /// What stands behind a separator.
    fn expected(&mut self) -> String {
        let with_blank_lines = self.is_separator(self.next);
        self.next += usize::from(with_blank_lines);
        let mut expected = String::new();
        while let Some(line) = self.next() {
            let ends = if with_blank_lines {
                line.trim() == SEPARATOR && self.is_separator(self.next)
            } else {
                line.trim().is_empty()
            };
            if ends {
                self.next += usize::from(with_blank_lines);
                break;
            }
            expected.push_str(line);
            expected.push('\n');
        }
        expected
    }
}

/// The command and its arguments; `None` if a value or a parenthesis is missing.
fn parse_line(line: &str) -> Option<(String, Vec<Argument>)> {
    let mut rest = line.trim_start();
    let mut words = Vec::new();
    while !rest.is_empty() {
        let end = rest.find(|c: char| c == '=' || c.is_whitespace()).unwrap_or(rest.len());
        let key = rest[..end].to_string();
        let mut values = Vec::new();
        rest = &rest[end..];
        if let Some(value) = rest.strip_prefix('=') {
            if key.is_empty() {
                return None;
            }
            let length = value_length(value)?;
            values = parse_values(&value[..length]);
            rest = &value[length..];
        }
        words.push(Argument { key, values });
        rest = rest.trim_start();
    }
    let command = (!words.is_empty()).then(|| words.remove(0))?;
    command.values.is_empty().then_some((command.key, words))
}

/// How far a value goes: to the next blank space, or to the parenthesis that closes it.
fn value_length(value: &str) -> Option<usize> {
    if !value.starts_with('(') {
        return Some(value.find(char::is_whitespace).unwrap_or(value.len()));
    }
    let mut depth = 0u32;
    for (at, c) in value.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(at + 1);
        }
    }
    None
}

fn parse_values(value: &str) -> Vec<String> {
    let Some(list) = value.strip_prefix('(').and_then(|value| value.strip_suffix(')')) else {
        return vec![value.to_string()];
    };
    let mut values = Vec::new();
    let (mut depth, mut from) = (0u32, 0);
    for (at, c) in list.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                values.push(list[from..at].trim().to_string());
                from = at + 1;
            }
            _ => {}
        }
    }
    let last = list[from..].trim();
    if !last.is_empty() || !values.is_empty() {
        values.push(last.to_string());
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_commands_inputs_and_what_is_expected() {
        let script = "# prose\n\nadd-nodes 3 voters=(1, 2,3) \\\n  index=10\n----\nok\nmore\n\n\npropose 1\nv1 l2\n\n----\n----\na\n\nb\n----\n----\n\nlast\n----\n";
        let cases = parse(script).unwrap();
        assert_eq!(cases.len(), 3);
        assert_eq!((cases[0].line, cases[0].command.as_str()), (3, "add-nodes"));
        assert_eq!(cases[0].words().collect::<Vec<_>>(), ["3"]);
        assert_eq!(cases[0].values("voters").unwrap(), ["1", "2", "3"]);
        assert_eq!(cases[0].values("index").unwrap(), ["10"]);
        assert_eq!(cases[0].values("content"), None);
        assert_eq!(cases[0].expected, "ok\nmore\n");
        assert_eq!(
            (cases[1].input.as_str(), cases[1].expected.as_str()),
            ("v1 l2", "a\n\nb\n")
        );
        assert_eq!((cases[2].line, cases[2].expected.as_str()), (21, ""));
    }

    #[test]
    fn reads_arguments_as_they_are_nested() {
        let (command, arguments) = parse_line("c a=(x + (y, z), w) b=(_) d=e=f g=()").unwrap();
        assert_eq!(command, "c");
        let values: Vec<_> = arguments.iter().map(|argument| argument.values.join("|")).collect();
        assert_eq!(values, ["x + (y, z)|w", "_", "e=f", ""]);
    }

    #[test]
    fn refuses_what_is_not_closed() {
        let error = parse("a\n----\nok\n\nb x=(1,2\n----\n").unwrap_err();
        assert_eq!(error.line, 5);
        assert_eq!(parse_line("=1"), None);
    }
}
