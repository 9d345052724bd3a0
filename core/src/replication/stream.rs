//! What a primary sends once it agreed: a snapshot, then the stream of commands.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::id::ReplicationId;
use crate::resp::{RequestDecoder, RequestLimits};

/// How long the mark is that stands behind a snapshot of unknown length.
const MARK: usize = 40;

/// A snapshot on its way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Transfer {
    history: Option<(ReplicationId, u64)>,
    end: Option<End>,
    loading: bool,
}

/// Where a snapshot ends.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
enum End {
    /// After so many further bytes.
    Bytes(u64),
    /// Before this mark. `tail` are the last bytes, which may be its beginning.
    Mark { mark: Vec<u8>, tail: Vec<u8> },
}

impl Transfer {
    pub(super) fn of(id: ReplicationId, offset: u64) -> Self {
        Self {
            history: Some((id, offset)),
            end: None,
            loading: false,
        }
    }

    /// What the data will be the result of.
    pub(super) fn history(&self) -> Option<(ReplicationId, u64)> {
        self.history
    }

    /// Whether it was announced.
    pub(super) fn has_begun(&self) -> bool {
        self.end.is_some()
    }

    /// Whether it is whole, and being loaded.
    pub(super) fn is_loading(&self) -> bool {
        self.loading
    }

    pub(super) fn is_marked(&self) -> bool {
        matches!(self.end, Some(End::Mark { .. }))
    }

    /// The line that announces it, and the length that it names.
    pub(super) fn announced(&mut self, line: &[u8]) -> Result<Option<u64>, String> {
        let text = String::from_utf8_lossy(line);
        if let Some(mark) = line.strip_prefix(b"$EOF:") {
            let mark = mark
                .get(..MARK)
                .ok_or_else(|| alloc::format!("expected $EOF: and 40 bytes, found {text:?}"))?;
            self.end = Some(End::Mark {
                mark: mark.to_vec(),
                tail: Vec::new(),
            });
            return Ok(None);
        }
        let size = line.strip_prefix(b"$").and_then(super::primary::integer);
        match size.and_then(|size| u64::try_from(size).ok()) {
            Some(size) => {
                self.end = Some(End::Bytes(size));
                Ok(Some(size))
            }
            None => Err(alloc::format!("expected the length of a snapshot, found {text:?}")),
        }
    }

    /// Takes in what belongs to the snapshot, and gives back what of it is certain now, and the rest.
    pub(super) fn take<'a>(&mut self, bytes: &'a [u8]) -> (Vec<u8>, &'a [u8]) {
        match &mut self.end {
            None => (Vec::new(), bytes),
            Some(End::Bytes(left)) => {
                // No more than there are bytes, so it fits.
                let taken = (*left).min(bytes.len() as u64) as usize;
                *left -= taken as u64;
                self.loading = *left == 0;
                (bytes[..taken].to_vec(), &bytes[taken..])
            }
            Some(End::Mark { mark, tail }) => {
                let before = tail.len();
                tail.extend(bytes);
                match memchr::memmem::find(tail, mark) {
                    Some(at) => {
                        // The mark ends in the new bytes, for the old ones were searched.
                        let rest = (at + MARK).saturating_sub(before).min(bytes.len());
                        tail.truncate(at);
                        self.loading = true;
                        (core::mem::take(tail), &bytes[rest..])
                    }
                    None => {
                        let certain = tail.len().saturating_sub(MARK - 1);
                        (tail.drain(..certain).collect(), &[])
                    }
                }
            }
        }
    }
}

/// A command of the stream.
pub(super) struct Command {
    pub(super) args: Vec<Vec<u8>>,
    /// Its bytes, and whatever meaningless ones stood before it: all of them count.
    pub(super) raw: Vec<u8>,
}

/// Cuts the stream into commands.
#[derive(Clone, Default)]
pub(super) struct Stream {
    decoder: RequestDecoder,
    /// What the decoder was fed and did not give out.
    pending: Vec<u8>,
    /// How many bytes at the start of `pending` were given out since.
    given: usize,
}

impl Stream {
    pub(super) fn feed(&mut self, bytes: &[u8]) {
        self.pending.drain(..self.given);
        self.given = 0;
        self.pending.extend(bytes);
        self.decoder.feed(bytes);
    }

    /// The next command, if it is whole.
    pub(super) fn next(&mut self) -> Result<Option<Command>, String> {
        let request = self.decoder.poll().map_err(|error| alloc::format!("{error}"))?;
        let Some(args) = request.map(|request| request.args().map(<[u8]>::to_vec).collect()) else {
            return Ok(None);
        };
        // What is not given out is at the end of both.
        let end = self
            .pending
            .len()
            .saturating_sub(self.decoder.buffered())
            .max(self.given);
        let raw = self.pending[self.given..end].to_vec();
        self.given = end;
        Ok(Some(Command { args, raw }))
    }

    /// How many bytes were fed and not given out.
    pub(super) fn pending(&self) -> u64 {
        self.rest().len() as u64
    }

    fn rest(&self) -> &[u8] {
        &self.pending[self.given..]
    }

    #[cfg_attr(not(feature = "serde"), allow(dead_code, reason = "it is how a state is read"))]
    fn of(rest: &[u8]) -> Self {
        let mut stream = Self {
            decoder: RequestDecoder::new(RequestLimits::default()),
            ..Self::default()
        };
        stream.feed(rest);
        stream
    }
}

/// All that it knows is what has not been given out.
impl PartialEq for Stream {
    fn eq(&self, other: &Self) -> bool {
        self.rest() == other.rest()
    }
}

impl Eq for Stream {}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Stream({})", self.rest().escape_ascii())
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Stream {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.rest().serialize(serializer)
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for Stream {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::<u8>::deserialize(deserializer).map(|rest| Self::of(&rest))
    }
}
