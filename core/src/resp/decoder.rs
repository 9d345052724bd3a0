//! Bytes in, replies out: the incremental decoder.

use alloc::vec::Vec;

use super::error::{CommitError, Error, ErrorKind};
use super::input::Input;
use super::limits::Limits;
use super::scan::{self, Caps, Item, Scan};
use super::tape::{Kind, OPEN, RawToken, Tokens};
use super::view::View;
use crate::hash::StateHasher;

/// Decodes RESP2 and RESP3, whatever pieces it comes in. See the [module](super) for the contract.
///
/// Both protocols are read at all times: a server switches between them at `HELLO`, and proxies mix them.
///
/// # Complexity
/// Linear in the bytes fed, however they are fed. What is kept is the unfinished reply's bytes and 16 bytes for each of its
/// values. Nothing recurses.
#[derive(Clone, Debug)]
pub struct Decoder {
    limits: Limits,
    caps: Caps,
    source: Source,
    given: Given,
    /// Where the unfinished reply and its next token start, counted from the window's first byte.
    start: usize,
    position: usize,
    /// Nothing more can be said before this many bytes are in the window.
    wanted: usize,
    /// How far the unfinished line at `position` was searched for its end.
    searched: usize,
    /// What is open, outermost first.
    open: Vec<Open>,
    /// Values that the unfinished reply has announced so far.
    announced: u64,
    /// Bytes in the chunks of the string that is open, if one is.
    streamed_bytes: usize,
    /// The length of the tape when an attribute was last finished: nothing else may end right there.
    attribute_end: usize,
    error: Option<Error>,
}

/// What values are read from, by all views of them.
#[derive(Clone, Debug, Default)]
pub(super) struct Source {
    pub(super) input: Input,
    /// The replies given out last, then what is finished of the next.
    pub(super) tape: Vec<RawToken>,
}

/// What the latest poll gave out. It stays readable until the next input.
#[derive(Clone, Copy, Debug, Default)]
struct Given {
    replies: usize,
    tokens: usize,
    bytes: usize,
}

/// How far reading came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Progress {
    /// A reply is complete.
    Reply,
    /// More bytes are wanted.
    Wanting,
    /// `Decoder::error` says why.
    Failed,
}

/// Something with children whose end was not seen yet.
#[derive(Clone, Copy, Debug)]
struct Open {
    /// Values still to come; `STREAM` where no number was announced.
    remaining: u32,
    elements: u32,
    index: u32,
    kind: Kind,
}

const STREAM: u32 = u32::MAX;

/// A batch stops growing here, well before the tape's 32-bit indices end.
const BATCH_TOKENS: usize = 1 << 26;

impl Default for Decoder {
    fn default() -> Self {
        Self::new(Limits::default())
    }
}

impl Decoder {
    /// Makes a decoder that has seen nothing yet.
    pub fn new(limits: Limits) -> Self {
        Self {
            caps: Caps::new(&limits),
            limits,
            source: Source::default(),
            given: Given::default(),
            start: 0,
            position: 0,
            wanted: 0,
            searched: 0,
            open: Vec::new(),
            announced: 0,
            streamed_bytes: 0,
            attribute_end: 0,
            error: None,
        }
    }

    /// Takes in a copy of `bytes`. After an error they are dropped until [`reset`](Self::reset).
    ///
    /// Views given out before are no longer valid, which the borrow checker sees to.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.release();
        if self.error.is_none() {
            self.source.input.push(bytes);
        }
    }

    /// A writable tail of at least `len` bytes, for reading from a socket without a copy in between. Nothing counts as input
    /// until [`commit`](Self::commit); what the tail holds before it is written is unspecified.
    pub fn reserve(&mut self, len: usize) -> &mut [u8] {
        self.release();
        self.source.input.tail(len)
    }

    /// Takes in the first `len` bytes of the tail that [`reserve`](Self::reserve) gave. After an error they are dropped.
    ///
    /// # Errors
    /// [`CommitError`] if `len` is more than was reserved; nothing is taken in then.
    pub fn commit(&mut self, len: usize) -> Result<(), CommitError> {
        self.release();
        let taken = if self.error.is_some() { 0 } else { len };
        self.source.input.commit(len, taken)
    }

    /// The next reply or push, or `None` when more bytes are needed.
    ///
    /// # Errors
    /// [`Error`] where the input stops being RESP or exceeds a limit. It is returned again at every further poll until
    /// [`reset`](Self::reset): what follows an error cannot be told apart from it.
    #[inline]
    pub fn poll(&mut self) -> Result<Option<View<'_>>, Error> {
        if !self.next_reply() {
            return self.failed().map(|()| None);
        }
        Ok(View::at(&self.source, 0))
    }

    /// Every reply and push that is complete, in order. One call parses them all to one tape. A batch of more than 2^26 tokens
    /// ends early: a driver that wants all of them asks until a batch is empty.
    ///
    /// # Errors
    /// As [`poll`](Self::poll), but only when no reply precedes the error; else the next call returns it.
    pub fn poll_all(&mut self) -> Result<Batch<'_>, Error> {
        self.poll_up_to(usize::MAX)
    }

    /// As [`poll_all`](Self::poll_all), but at most `max` replies.
    ///
    /// # Errors
    /// As [`poll_all`](Self::poll_all).
    pub fn poll_up_to(&mut self, max: usize) -> Result<Batch<'_>, Error> {
        self.release();
        let mut replies = 0;
        while replies < max && self.source.tape.len() < BATCH_TOKENS {
            match self.scan() {
                Progress::Reply => {
                    replies += 1;
                    self.give(replies);
                }
                Progress::Failed if replies == 0 => self.failed()?,
                Progress::Wanting | Progress::Failed => break,
            }
        }
        Ok(self.last())
    }

    /// The batch that the latest poll gave out, again. Empty once something was fed, and after `reset`.
    pub fn last(&self) -> Batch<'_> {
        Batch {
            source: &self.source,
            tokens: self.given.tokens,
            bytes: self.given.bytes,
            index: 0,
            replies: self.given.replies,
        }
    }

    /// Forgets everything but the limits, as for a new connection: offsets count from 0 again.
    pub fn reset(&mut self) {
        self.source.input.clear();
        self.source.tape.clear();
        self.open.clear();
        self.given = Given::default();
        self.source.input.base = 0;
        self.begin(0);
        self.error = None;
    }

    /// The least number of further bytes before which no poll can say anything new: at least 1, and 0 after an error. Known
    /// exactly inside a bulk string, so that a driver can read it in one go.
    pub fn needed(&self) -> usize {
        match self.error {
            Some(_) => 0,
            None => self.wanted.saturating_sub(self.source.input.window().len()).max(1),
        }
    }

    /// How many bytes were fed and are not yet given out as replies.
    pub fn buffered(&self) -> usize {
        self.source.input.window().len() - self.given.bytes
    }

    /// The absolute offset of the first byte that is not yet given out.
    pub fn offset(&self) -> u64 {
        self.source.input.base + self.given.bytes as u64
    }

    /// What the decoder was made with.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// The error that polls return, once there is one.
    pub fn error(&self) -> Option<&Error> {
        self.error.as_ref()
    }

    /// The finished tokens of the reply that is not complete, as far as the latest poll read: for byte inspectors.
    pub fn tokens(&self) -> Tokens<'_> {
        Tokens::new(
            &self.source.tape,
            self.source.input.window(),
            self.source.input.base,
            self.given.bytes,
            self.given.tokens..self.source.tape.len(),
        )
    }

    /// All that the decoder knows, as plain data. Replies that were given out are not part of it.
    pub fn state(&self) -> State {
        State {
            limits: self.limits.clone(),
            offset: self.offset(),
            pending: self.source.input.window()[self.given.bytes..].to_vec(),
            failed: self.error.is_some(),
        }
    }

    /// Makes a decoder that goes on where the one that gave `state` was.
    pub fn from_state(state: State) -> Self {
        let mut decoder = Self::new(state.limits);
        decoder.source.input.base = state.offset;
        decoder.source.input.push(&state.pending);
        if state.failed {
            // The error follows from the bytes. A reply before it, which only a forged state can hold, is passed over.
            while decoder.scan() == Progress::Reply {
                decoder.give(1);
                decoder.release();
            }
        }
        decoder
    }

    /// A hash of [`state`](Self::state), the same on every platform and in every language.
    pub fn state_hash(&self) -> u64 {
        let mut hasher = StateHasher::new();
        let limits = &self.limits;
        hasher.option(limits.max_depth.map(u64::from));
        hasher.option(limits.max_bulk);
        hasher.option(limits.max_line);
        hasher.option(limits.max_elements);
        hasher.option(limits.max_reply);
        hasher.u64(self.offset());
        hasher.bytes(&self.source.input.window()[self.given.bytes..]);
        hasher.u64(u64::from(self.error.is_some()));
        hasher.finish()
    }

    /// Everything scanned so far is given out: `replies` of them.
    #[inline]
    fn give(&mut self, replies: usize) {
        self.given = Given {
            replies,
            tokens: self.source.tape.len(),
            bytes: self.position,
        };
        self.begin(self.position);
    }

    /// A reply starts at `position`.
    #[inline]
    fn begin(&mut self, position: usize) {
        self.start = position;
        self.position = position;
        self.wanted = position + 1;
        self.searched = 0;
        self.announced = 0;
        self.attribute_end = 0;
    }

    /// Drops what was given out.
    #[inline]
    fn release(&mut self) {
        let Given { tokens, bytes, .. } = self.given;
        if bytes == 0 {
            return;
        }
        self.given = Given::default();
        self.source.input.consume(bytes);
        if tokens == self.source.tape.len() {
            self.source.tape.clear();
            self.position -= bytes;
            self.begin(self.position);
        } else {
            self.move_unfinished(bytes, tokens);
        }
    }

    /// What is known of the unfinished reply moves to the front; it moves once at the most, so that the cost stays linear.
    #[cold]
    fn move_unfinished(&mut self, bytes: usize, tokens: usize) {
        self.start -= bytes;
        self.position -= bytes;
        self.wanted -= bytes;
        self.searched = self.searched.saturating_sub(bytes);
        self.attribute_end = self.attribute_end.saturating_sub(tokens);
        self.source.tape.drain(..tokens);
        for token in &mut self.source.tape {
            token.rebase(bytes, tokens as u32);
        }
        for open in &mut self.open {
            open.index -= tokens as u32;
        }
    }

    /// Reads on until a reply is complete or the bytes run out.
    #[inline]
    fn scan(&mut self) -> Progress {
        if self.error.is_some() {
            return Progress::Failed;
        }
        let data = self.source.input.window();
        if data.len() < self.wanted {
            return Progress::Wanting;
        }
        // Most replies are one short token, and need nothing of what the rest is made of.
        if self.position == self.start
            && let Some(&byte) = data.get(self.position)
            && let Some((token, next)) = scan::short(data, self.start, &self.caps, self.position, byte)
        {
            self.source.tape.push(token);
            self.position = next;
            return Progress::Reply;
        }
        match self.scan_tokens() {
            Ok(true) => Progress::Reply,
            Ok(false) => Progress::Wanting,
            Err(error) => {
                self.error = Some(error);
                Progress::Failed
            }
        }
    }

    /// Gives out the next reply, if it is complete.
    #[inline]
    fn next_reply(&mut self) -> bool {
        self.release();
        let complete = self.scan() == Progress::Reply;
        if complete {
            self.give(1);
        }
        complete
    }

    #[cold]
    fn failed(&self) -> Result<(), Error> {
        match &self.error {
            Some(error) => Err(error.clone()),
            None => Ok(()),
        }
    }

    #[inline(never)]
    fn scan_tokens(&mut self) -> Result<bool, Error> {
        let Self {
            source: Source { input, tape },
            caps,
            open,
            announced,
            attribute_end,
            ..
        } = self;
        let data = input.window();
        let mut scan = Scan {
            data,
            base: input.base,
            start: self.start,
            caps,
            streamed_bytes: self.streamed_bytes,
            searched: self.searched,
        };
        let mut position = self.position;
        let complete = loop {
            let Some(&byte) = data.get(position) else {
                self.wanted = position + 1;
                break false;
            };
            let in_stream = matches!(open.last(), Some(open) if open.remaining == STREAM);
            if in_stream || matches!(byte, b'>' | b'.' | b';') {
                let after_attribute = *attribute_end == tape.len();
                check_place(&scan, position, byte, open, after_attribute)?;
            }
            // In a stream a value announces itself; ends, attributes and chunks are none.
            let announces = u64::from(in_stream && !matches!(byte, b'.' | b'|' | b';'));
            if in_stream {
                check_elements(&scan, position, *announced + announces, &[byte])?;
            }
            let item = match scan::short(data, scan.start, caps, position, byte) {
                Some((token, next)) => Item::Leaf(token, next),
                None => scan.token(position)?,
            };
            if let Item::Incomplete(wanted) = item {
                self.wanted = wanted;
                break false;
            }
            *announced += announces;
            match item {
                Item::Incomplete(_) => {}
                Item::Leaf(token, next) => {
                    tape.push(token);
                    position = next;
                    if token.kind() == Kind::Chunk {
                        if token.length() > 0 {
                            scan.streamed_bytes += token.length();
                            count_in_stream(tape, open);
                            continue;
                        }
                        close(tape, open);
                    }
                }
                Item::Open {
                    kind,
                    position: next,
                    elements,
                    streamed,
                } => {
                    if kind != Kind::StreamedString && open.len() >= caps.depth {
                        let limit = caps.depth as u64;
                        return Err(scan.over_limit(ErrorKind::DepthLimit, position, limit, &[byte]));
                    }
                    // An empty attribute counts too: else any number of them would be free.
                    let own = u64::from(kind == Kind::Attribute && elements == 0);
                    *announced = announced.saturating_add(elements + own);
                    check_elements(&scan, position, *announced, &data[position + 1..next - 2])?;
                    let elements = elements as u32; // `Caps::elements` has 30 bits at the most
                    let index = tape.len() as u32;
                    tape.push(RawToken::open(kind, next, elements, streamed));
                    position = next;
                    if streamed || elements > 0 {
                        let remaining = if streamed { STREAM } else { elements };
                        scan.streamed_bytes = 0;
                        open.push(Open {
                            remaining,
                            elements,
                            index,
                            kind,
                        });
                        continue;
                    }
                    tape[index as usize].close(0, index + 1);
                    if kind == Kind::Attribute {
                        *attribute_end = tape.len();
                        continue;
                    }
                }
                Item::End(payload) => {
                    tape.push(RawToken::new(Kind::End, payload, 0));
                    position = payload + 2;
                    close(tape, open);
                }
            }
            if finish_value(tape, open, attribute_end) {
                break true;
            }
        };
        self.position = position;
        self.searched = scan.searched;
        self.streamed_bytes = scan.streamed_bytes;
        Ok(complete)
    }
}

/// A value is complete, and so may be what it stands in: whether the reply is.
#[inline]
fn finish_value(tape: &mut [RawToken], stack: &mut Vec<Open>, attribute_end: &mut usize) -> bool {
    loop {
        let Some(open) = stack.last_mut() else {
            return true;
        };
        if open.remaining == STREAM {
            count_in_stream(tape, stack);
            return false;
        }
        open.remaining -= 1;
        if open.remaining > 0 {
            return false;
        }
        if close(tape, stack) == Some(Kind::Attribute) {
            // The value that it decorates is still to come.
            *attribute_end = tape.len();
            return false;
        }
    }
}

/// The innermost stream has one more value or chunk.
fn count_in_stream(tape: &mut [RawToken], stack: &mut [Open]) {
    if let Some(open) = stack.last_mut() {
        open.elements += 1;
        tape[open.index as usize].close(open.elements, OPEN);
    }
}

/// Closes what was opened last.
fn close(tape: &mut [RawToken], stack: &mut Vec<Open>) -> Option<Kind> {
    let open = stack.pop()?;
    let end = tape.len() as u32;
    tape[open.index as usize].close(open.elements, end);
    Some(open.kind)
}

/// Whether a token that starts with `byte` may stand here at all.
#[cold]
fn check_place(scan: &Scan<'_>, position: usize, byte: u8, stack: &[Open], after_attribute: bool) -> Result<(), Error> {
    let stream = stack.last().filter(|open| open.remaining == STREAM);
    let in_string = stream.is_some_and(|open| open.kind == Kind::StreamedString);
    let wrong = match byte {
        b';' if in_string => return Ok(()),
        _ if in_string => ErrorKind::InvalidChunk,
        b';' => ErrorKind::UnexpectedEnd,
        b'>' if !stack.is_empty() => ErrorKind::NestedPush,
        b'.' => match stream {
            None => ErrorKind::UnexpectedEnd,
            Some(_) if after_attribute => ErrorKind::DanglingAttribute,
            Some(open) if open.kind == Kind::Map && open.elements % 2 == 1 => ErrorKind::OddMap,
            Some(_) => return Ok(()),
        },
        _ => return Ok(()),
    };
    Err(scan.error(wrong, position, &[byte]))
}

#[inline]
fn check_elements(scan: &Scan<'_>, position: usize, announced: u64, found: &[u8]) -> Result<(), Error> {
    let limit = scan.caps.elements;
    if announced > limit {
        return Err(scan.over_limit(ErrorKind::ElementsLimit, position, limit, found));
    }
    Ok(())
}

/// Replies that one poll gave out, in order. They stay readable until the decoder's next input.
#[derive(Clone, Debug)]
pub struct Batch<'a> {
    source: &'a Source,
    tokens: usize,
    bytes: usize,
    index: usize,
    replies: usize,
}

impl<'a> Batch<'a> {
    /// The tokens of all replies of the batch, one reply after the other.
    pub fn tape(&self) -> &'a [RawToken] {
        &self.source.tape[..self.tokens]
    }

    /// The bytes of all replies of the batch. The tape's positions count from the first of them.
    pub fn bytes(&self) -> &'a [u8] {
        &self.source.input.window()[..self.bytes]
    }

    /// The absolute offset of the first of [`bytes`](Self::bytes).
    pub fn offset(&self) -> u64 {
        self.source.input.base
    }

    /// The value whose first token, be it an attribute, is the tape's `first`: for bindings, whose values are places on the
    /// tape. `None` behind the tape's end.
    pub fn view(&self, first: usize) -> Option<View<'a>> {
        (first < self.tokens).then(|| View::at(self.source, first)).flatten()
    }
}

impl<'a> Iterator for Batch<'a> {
    type Item = View<'a>;

    #[inline]
    fn next(&mut self) -> Option<View<'a>> {
        let view = self.view(self.index)?;
        self.replies -= 1;
        self.index = view.span().end;
        Some(view)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.replies, Some(self.replies))
    }
}

impl ExactSizeIterator for Batch<'_> {}

/// A decoder as plain data: [`Decoder::state`] and [`Decoder::from_state`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct State {
    /// What it was made with.
    pub limits: Limits,
    /// The absolute offset of the first pending byte.
    pub offset: u64,
    /// The bytes that were fed and not given out.
    pub pending: Vec<u8>,
    /// Whether polls return an error.
    pub failed: bool,
}
