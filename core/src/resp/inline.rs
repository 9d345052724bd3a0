//! Inline requests: a line of words, quoted as a shell might, by the rules of the server's `sdssplitargs`.

use alloc::vec::Vec;

/// A quote was not closed, or something else than a space followed the closing one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unbalanced quotes in request")]
pub struct UnbalancedQuotes;

impl UnbalancedQuotes {
    /// A stable name, the same in every binding.
    pub fn code(&self) -> &'static str {
        "unbalanced_quotes"
    }
}

/// Splits a line into arguments as the server does.
///
/// Words end at a space, tab, CR or LF; other white space only goes unseen before a word. In double quotes `\xHH`, `\n`, `\r`, `\t`, `\b` and `\a` are escapes and any other character
/// after a backslash is itself; in single quotes only `\'` is. A closing quote must be followed by white space or the end.
/// As in the server, whose lines are C strings, a NUL byte ends the line.
///
/// ```
/// use quorate::resp::split_inline;
///
/// assert_eq!(split_inline(br#"SET key "a\x20b""#)?, [&b"SET"[..], b"key", b"a b"]);
/// # Ok::<(), quorate::resp::UnbalancedQuotes>(())
/// ```
///
/// # Errors
/// [`UnbalancedQuotes`].
pub fn split_inline(line: &[u8]) -> Result<Vec<Vec<u8>>, UnbalancedQuotes> {
    let mut args = Vec::new();
    let mut words = Words { line, at: 0 };
    while let Some(arg) = words.next()? {
        args.push(arg);
    }
    Ok(args)
}

struct Words<'a> {
    line: &'a [u8],
    at: usize,
}

impl Words<'_> {
    /// The byte `ahead` of here; NUL at the end, as in a C string.
    fn peek(&self, ahead: usize) -> u8 {
        self.line.get(self.at + ahead).copied().unwrap_or(0)
    }

    fn next(&mut self) -> Result<Option<Vec<u8>>, UnbalancedQuotes> {
        while is_space(self.peek(0)) {
            self.at += 1;
        }
        if self.peek(0) == 0 {
            return Ok(None);
        }
        let mut word = Vec::new();
        loop {
            match self.peek(0) {
                // Of the white space that is skipped between words, not all ends one.
                0 | b' ' | b'\t' | b'\n' | b'\r' => break,
                b'"' => {
                    self.double_quoted(&mut word)?;
                    break;
                }
                b'\'' => {
                    self.single_quoted(&mut word)?;
                    break;
                }
                byte => {
                    word.push(byte);
                    self.at += 1;
                }
            }
        }
        Ok(Some(word))
    }

    fn double_quoted(&mut self, word: &mut Vec<u8>) -> Result<(), UnbalancedQuotes> {
        self.at += 1;
        loop {
            match (self.peek(0), self.peek(1)) {
                (0, _) => return Err(UnbalancedQuotes),
                (b'"', _) => return self.closed(),
                (b'\\', b'x') if self.peek(2).is_ascii_hexdigit() && self.peek(3).is_ascii_hexdigit() => {
                    word.push(hex(self.peek(2)) << 4 | hex(self.peek(3)));
                    self.at += 4;
                }
                (b'\\', escaped) if escaped != 0 => {
                    word.push(match escaped {
                        b'n' => b'\n',
                        b'r' => b'\r',
                        b't' => b'\t',
                        b'b' => 0x08,
                        b'a' => 0x07,
                        other => other,
                    });
                    self.at += 2;
                }
                (byte, _) => {
                    word.push(byte);
                    self.at += 1;
                }
            }
        }
    }

    fn single_quoted(&mut self, word: &mut Vec<u8>) -> Result<(), UnbalancedQuotes> {
        self.at += 1;
        loop {
            match (self.peek(0), self.peek(1)) {
                (0, _) => return Err(UnbalancedQuotes),
                (b'\'', _) => return self.closed(),
                (b'\\', b'\'') => {
                    word.push(b'\'');
                    self.at += 2;
                }
                (byte, _) => {
                    word.push(byte);
                    self.at += 1;
                }
            }
        }
    }

    /// Steps over a closing quote, which must end the word.
    fn closed(&mut self) -> Result<(), UnbalancedQuotes> {
        self.at += 1;
        match self.peek(0) {
            0 => Ok(()),
            byte if is_space(byte) => Ok(()),
            _ => Err(UnbalancedQuotes),
        }
    }
}

/// `isspace` of C's default locale.
fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}

fn hex(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        b'a'..=b'f' => digit - b'a' + 10,
        _ => digit - b'A' + 10,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(line: &[u8]) -> Result<Vec<Vec<u8>>, UnbalancedQuotes> {
        split_inline(line)
    }

    #[test]
    fn words_and_quotes_are_those_of_the_server() {
        assert_eq!(split(b" \t").unwrap(), Vec::<Vec<u8>>::new());
        assert_eq!(split(b"\x0ba\x0bb \x0cc").unwrap(), [&b"a\x0bb"[..], b"c"]);
        assert_eq!(split(br#""" ''"#).unwrap(), [b"", b""]);
        assert_eq!(split(br#"k"v w""#).unwrap(), [b"kv w"]);
        assert_eq!(split(br#""\x41\xZ1\q\"""#).unwrap(), [b"AxZ1q\""]);
        assert_eq!(split(br"'a\'b\n'").unwrap(), [br"a'b\n"]);
        assert_eq!(split(b"a b\0c d").unwrap(), [b"a", b"b"]);
        for unbalanced in [&br#""a"#[..], b"'a", br#""a"b"#, br#""a\"#, b"'a'b", b"\"a\0\""] {
            assert_eq!(split(unbalanced), Err(UnbalancedQuotes));
        }
    }
}
