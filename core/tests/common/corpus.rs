//! The reader of the corpus, `tests/corpus`; its README says what it reads.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// The project's folder.
pub(crate) fn root() -> PathBuf {
    let mut folders = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    let root = folders.find(|folder| folder.join("tests/corpus").is_dir());
    root.expect("the corpus is in one of the folders above").to_owned()
}

/// One case of the corpus; `tests/corpus/README.md` says what its parts mean.
pub(crate) struct Case {
    /// The file and the line of the command.
    pub(crate) place: String,
    pub(crate) command: String,
    pub(crate) options: Vec<String>,
    /// The input lines, unescaped.
    pub(crate) input: Vec<Vec<u8>>,
    /// The input lines as they stand.
    pub(crate) lines: Vec<String>,
    pub(crate) result: Vec<String>,
}

impl Case {
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.input.concat()
    }
}

/// Every case of all files in `tests/corpus/FOLDER`, in the order of their names.
pub(crate) fn cases(folder: &str) -> Vec<Case> {
    let folder = root().join("tests/corpus").join(folder);
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("a file").path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "txt"));
    files.sort();
    files.iter().flat_map(|path| read_cases(path)).collect()
}

fn read_cases(path: &Path) -> Vec<Case> {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let name = path.file_name().expect("a name").to_string_lossy().into_owned();
    let mut cases = Vec::new();
    let mut lines = text.lines().enumerate().peekable();
    while lines.peek().is_some() {
        let block: Vec<(usize, &str)> = lines.by_ref().take_while(|(_, line)| !line.is_empty()).collect();
        let prose = block.iter().take_while(|(_, line)| line.starts_with('#')).count();
        let Some(&(number, head)) = block.get(prose) else {
            continue;
        };
        let place = format!("{name}:{}", number + 1);
        let body = &block[prose + 1..];
        let dashes = body
            .iter()
            .position(|(_, line)| *line == "----")
            .unwrap_or_else(|| panic!("{place}: no ----"));
        let mut words = head.split(' ').map(str::to_owned);
        cases.push(Case {
            command: words.next().unwrap_or_default(),
            options: words.collect(),
            input: body[..dashes].iter().map(|(_, line)| input(line)).collect(),
            lines: body[..dashes].iter().map(|(_, line)| (*line).to_owned()).collect(),
            result: body[dashes + 1..].iter().map(|(_, line)| (*line).to_owned()).collect(),
            place,
        });
    }
    cases
}

fn input(line: &str) -> Vec<u8> {
    let repeat = line.strip_prefix("repeat ").and_then(|rest| rest.split_once(' '));
    match repeat {
        Some((count, text)) => unescape(text).repeat(count.parse().expect("a count")),
        None => unescape(line),
    }
}

pub(crate) fn unescape(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        bytes.push(match rest.next() {
            Some(b'r') => b'\r',
            Some(b'n') => b'\n',
            Some(b't') => b'\t',
            Some(b's') => b' ',
            Some(b'\\') => b'\\',
            Some(b'x') => {
                let digits: Vec<u8> = rest.by_ref().take(2).collect();
                let digits = std::str::from_utf8(&digits).expect("two digits");
                u8::from_str_radix(digits, 16).unwrap_or_else(|_| panic!("\\x{digits} in {text:?}"))
            }
            other => panic!("escape {other:?} in {text:?}"),
        });
    }
    bytes
}

/// The canonical text of a string.
pub(crate) fn quote(bytes: &[u8]) -> String {
    let mut text = String::from("\"");
    for &byte in bytes {
        match byte {
            b'"' => text.push_str("\\\""),
            b'\\' => text.push_str("\\\\"),
            b'\r' => text.push_str("\\r"),
            b'\n' => text.push_str("\\n"),
            0x20..=0x7e => text.push(char::from(byte)),
            _ => write!(text, "\\x{byte:02x}").expect("a String takes all"),
        }
    }
    text.push('"');
    text
}
