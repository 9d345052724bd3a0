//! What the integration tests share: the reader of the corpus, arbitrary values, and ways to run a decoder to its end.

// Each test file is a program of its own and uses a part of this.
#![allow(dead_code, unused_imports)]

pub(crate) mod corpus;
pub(crate) mod values;

pub(crate) use corpus::{Case, cases, quote, root, unescape};
use quorate::resp::{Decoder, Limits};

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
