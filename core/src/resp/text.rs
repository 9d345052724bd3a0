//! The canonical text of a value: one line, the same in every language, without what some language cannot tell apart.
//!
//! | value | text |
//! |---|---|
//! | null of any kind | `null` |
//! | boolean | `true`, `false` |
//! | integer, big number | its digits, without plus sign and leading zeros |
//! | double | as an integer if it is one below 2^53 and not `-0`; else `inf`, `-inf`, `nan` or `f64:` and its bits in hex |
//! | string, verbatim string | `"foo\r\n\xff"`, `txt:"foo"` |
//! | error | `!"ERR message"` |
//! | array and set, map, push | `[a, b]`, `{k: v}`, `>[a, b]` |
//! | attributes | <code>&#124;{k: v} value</code> |

use alloc::vec::Vec;
use core::fmt::{self, Write};

use super::event::{Event, view_events};
use super::number;
use super::tape::Kind;
use super::view::{Data, View};

pub(super) fn write_view(f: &mut fmt::Formatter<'_>, view: &View<'_>) -> fmt::Result {
    write(f, view_events(view))
}

pub(super) fn write<'a>(f: &mut fmt::Formatter<'_>, events: impl Iterator<Item = Event<'a>>) -> fmt::Result {
    walk(
        f,
        events,
        |f, kind| {
            f.write_str(match kind {
                Kind::Map => "{",
                Kind::Push => ">[",
                Kind::Attribute => "|{",
                _ => "[",
            })
        },
        write_leaf,
    )
}

/// As the canonical text, but with every type named.
pub(super) fn write_debug<'a>(f: &mut fmt::Formatter<'_>, events: impl Iterator<Item = Event<'a>>) -> fmt::Result {
    walk(
        f,
        events,
        |f, kind| {
            f.write_str(match kind {
                Kind::Map => "Map {",
                Kind::Set => "Set [",
                Kind::Push => "Push [",
                Kind::Attribute => "Attributed {",
                _ => "Array [",
            })
        },
        |f, leaf| match leaf {
            Data::StreamedString(chunks) => write!(f, "StreamedString({} chunks)", chunks.len()),
            Data::SimpleString(bytes) => write!(f, "SimpleString(\"{}\")", bytes.escape_ascii()),
            Data::SimpleError(bytes) => write!(f, "SimpleError(\"{}\")", bytes.escape_ascii()),
            Data::BulkString(bytes) => write!(f, "BulkString(\"{}\")", bytes.escape_ascii()),
            Data::BigNumber(bytes) => write!(f, "BigNumber({})", bytes.escape_ascii()),
            Data::BulkError(bytes) => write!(f, "BulkError(\"{}\")", bytes.escape_ascii()),
            Data::Verbatim { format, data } => {
                write!(f, "Verbatim({}:\"{}\")", format.escape_ascii(), data.escape_ascii())
            }
            leaf => write!(f, "{leaf:?}"),
        },
    )
}

/// Writes events with brackets, commas and colons where they belong.
fn walk<'a>(
    f: &mut fmt::Formatter<'_>,
    events: impl Iterator<Item = Event<'a>>,
    open: impl Fn(&mut fmt::Formatter<'_>, Kind) -> fmt::Result,
    leaf: impl Fn(&mut fmt::Formatter<'_>, Data<'a>) -> fmt::Result,
) -> fmt::Result {
    struct Level {
        kind: Kind,
        count: usize,
        done: usize,
    }
    let mut levels: Vec<Level> = Vec::new();
    // Behind an attribute stands its value, so no separator.
    let mut after_attribute = false;
    for event in events {
        if let Some(level) = levels.last().filter(|_| !after_attribute) {
            let paired = matches!(level.kind, Kind::Map | Kind::Attribute);
            f.write_str(match level.done {
                0 => "",
                odd if paired && odd % 2 == 1 => ": ",
                _ => ", ",
            })?;
        }
        after_attribute = false;
        match event {
            Event::Leaf(data) => leaf(f, data)?,
            Event::Open(kind, count) => {
                open(f, kind)?;
                levels.push(Level { kind, count, done: 0 });
                if count > 0 {
                    continue;
                }
            }
        }
        // The event may be the last of several levels. A leaf first counts for the level that it stands in.
        let mut finished = !matches!(levels.last(), Some(level) if level.count == 0);
        while let Some(level) = levels.last_mut() {
            level.done += usize::from(finished);
            if level.done < level.count {
                break;
            }
            let paired = matches!(level.kind, Kind::Map | Kind::Attribute);
            f.write_char(if paired { '}' } else { ']' })?;
            after_attribute = level.kind == Kind::Attribute;
            levels.pop();
            if after_attribute {
                f.write_char(' ')?;
                break;
            }
            finished = true;
        }
    }
    Ok(())
}

fn write_leaf(f: &mut fmt::Formatter<'_>, data: Data<'_>) -> fmt::Result {
    match data {
        Data::SimpleString(bytes) | Data::BulkString(bytes) => write_quoted(f, [bytes].into_iter()),
        Data::StreamedString(chunks) => write_quoted(f, chunks),
        Data::SimpleError(bytes) | Data::BulkError(bytes) => {
            f.write_char('!')?;
            write_quoted(f, [bytes].into_iter())
        }
        Data::Verbatim { format, data } => {
            write_escaped(f, &format)?;
            f.write_char(':')?;
            write_quoted(f, [data].into_iter())
        }
        Data::Integer(value) => write!(f, "{value}"),
        Data::Boolean(value) => write!(f, "{value}"),
        Data::Double(value) => write_double(f, value),
        Data::BigNumber(bytes) => {
            let (negative, digits) = number::plain_big_number(bytes);
            f.write_str(if negative { "-" } else { "" })?;
            digits.iter().try_for_each(|&digit| f.write_char(char::from(digit)))
        }
        Data::Null | Data::NullArray | Data::Array(_) | Data::Map(_) | Data::Set(_) | Data::Push(_) => {
            f.write_str("null")
        }
    }
}

fn write_quoted<'a>(f: &mut fmt::Formatter<'_>, mut parts: impl Iterator<Item = &'a [u8]>) -> fmt::Result {
    f.write_char('"')?;
    parts.try_for_each(|part| write_escaped(f, part))?;
    f.write_char('"')
}

fn write_escaped(f: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    for &byte in bytes {
        match byte {
            b'"' => f.write_str("\\\"")?,
            b'\\' => f.write_str("\\\\")?,
            b'\r' => f.write_str("\\r")?,
            b'\n' => f.write_str("\\n")?,
            0x20..=0x7e => f.write_char(char::from(byte))?,
            _ => write!(f, "\\x{byte:02x}")?,
        }
    }
    Ok(())
}

fn write_double(f: &mut fmt::Formatter<'_>, value: f64) -> fmt::Result {
    const EXACT: f64 = (1u64 << 53) as f64;
    let integer = value as i64;
    if value.is_nan() {
        f.write_str("nan")
    } else if value.is_infinite() {
        f.write_str(if value > 0.0 { "inf" } else { "-inf" })
    } else if -EXACT < value && value < EXACT && (integer as f64).to_bits() == value.to_bits() {
        write!(f, "{integer}")
    } else {
        write!(f, "f64:{:016x}", value.to_bits())
    }
}
