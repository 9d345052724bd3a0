//! What the integration tests share: the reader of the corpus, and ways to run a decoder to its end.

// Each test file is a program of its own and uses a part of this.
#![allow(dead_code)]

pub(crate) mod values;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use quorate::resp::{Decoder, Limits};

/// The project's folder.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
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

/// `input` cut into pieces of `size` bytes, or left whole where `size` is 0.
pub(crate) fn pieces(input: &[u8], size: usize) -> Vec<&[u8]> {
    match size {
        0 => vec![input],
        _ => input.chunks(size).collect(),
    }
}

/// How a decoder is driven.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Drive {
    /// `feed` and one `poll` after another.
    Poll,
    /// `feed` and `poll_all`.
    PollAll,
    /// `reserve` and `commit`, and batches of at most two.
    PollUpTo,
}

pub(crate) const DRIVES: [Drive; 3] = [Drive::Poll, Drive::PollAll, Drive::PollUpTo];

/// What came of the input: every reply, one a line as the corpus has it, then `need_more` or the error.
///
/// Along the way it checks what holds at all times: the account of bytes, the hint about missing ones, that views and
/// values print alike, that an error stays.
pub(crate) fn outcome(limits: &Limits, pieces: &[&[u8]], drive: Drive) -> Vec<String> {
    let mut decoder = Decoder::new(limits.clone());
    let mut lines = Vec::new();
    let mut fed = 0;
    for piece in pieces {
        if drive == Drive::PollUpTo {
            decoder.reserve(piece.len() + 5)[..piece.len()].copy_from_slice(piece);
            decoder.commit(piece.len()).expect("as much as was reserved");
        } else {
            decoder.feed(piece);
        }
        fed += piece.len() as u64;
        loop {
            let before = lines.len();
            let error = match drive {
                Drive::Poll => match decoder.poll() {
                    Ok(view) => {
                        lines.extend(view.map(|view| line(&view)));
                        None
                    }
                    Err(error) => Some(error),
                },
                _ => {
                    let batch = if drive == Drive::PollAll {
                        decoder.poll_all()
                    } else {
                        decoder.poll_up_to(2)
                    };
                    match batch {
                        Ok(batch) => {
                            let announced = batch.len();
                            lines.extend(batch.map(|view| line(&view)));
                            assert_eq!(lines.len() - before, announced, "len() of a batch");
                            None
                        }
                        Err(error) => Some(error),
                    }
                }
            };
            if let Some(error) = error {
                assert_eq!(decoder.error(), Some(&error), "the error is kept");
                assert_eq!(decoder.needed(), 0, "nothing more is needed after an error");
                decoder.feed(b"+OK\r\n");
                assert_eq!(decoder.poll().err(), Some(error.clone()), "the error is sticky");
                lines.push(format!("error {} @{}", error.code(), error.offset));
                assert!(
                    error.offset <= fed + 1,
                    "{error} is beyond the {fed} bytes that were fed"
                );
                return lines;
            }
            assert_eq!(
                decoder.offset() + decoder.buffered() as u64,
                fed,
                "bytes given out and kept"
            );
            if lines.len() == before {
                break;
            }
        }
        assert!(decoder.needed() >= 1, "at least one byte is missing for the next token");
    }
    if decoder.buffered() > 0 {
        lines.push("need_more".into());
    }
    lines
}

fn line(view: &quorate::resp::View<'_>) -> String {
    let text = view.to_string();
    assert_eq!(view.to_value().to_string(), text, "a value prints like its view");
    text
}
