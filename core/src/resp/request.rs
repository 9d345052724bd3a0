//! Requests as a server reads them: arrays of bulk strings, or inline lines.
//!
//! The rules, limits and texts are those of the server (`networking.c`: `processInputBuffer`, `processInlineBuffer`,
//! `processMultibulkBuffer`), with one difference: it skips the two bytes after an argument unseen, and here they must be
//! CR LF.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::iter::FusedIterator;
use core::ops::Range;

use super::error::CommitError;
use super::inline::split_inline;
use super::input::Input;
use crate::hash::StateHasher;

/// Bounds on one request. `None` switches a bound off.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default))]
pub struct RequestLimits {
    /// The most arguments. Default 2^31 - 1, the server's own bound; above it no bound is kept, for no server takes more.
    pub max_args: Option<u64>,
    /// The longest argument in bytes. Default 512 MiB, the server's own `proto-max-bulk-len`.
    pub max_bulk: Option<u64>,
    /// The longest header or inline line in bytes. Default 64 KiB, the server's own bound.
    pub max_line: Option<u64>,
    /// Whether the client has authenticated itself, or need not. One that has not may send at most 10 arguments of at most
    /// 16,384 bytes (CVE-2021-32675). Default true.
    pub authenticated: bool,
}

impl Default for RequestLimits {
    fn default() -> Self {
        Self {
            max_args: Some(i32::MAX as u64),
            max_bulk: Some(512 << 20),
            max_line: Some(64 << 10),
            authenticated: true,
        }
    }
}

/// The most arguments, and bytes in one of them, before authentication.
const UNAUTHENTICATED_ARGS: u64 = 10;
const UNAUTHENTICATED_BULK: u64 = 16_384;

/// What is wrong with a request. [`RequestError::code`] names it, the same in every binding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum RequestErrorKind {
    /// An inline request without an end within the limit.
    TooBigInlineRequest,
    /// The quotes of an inline request do not match.
    UnbalancedQuotes,
    /// The number of arguments takes more bytes than the limit.
    TooBigCountString,
    /// The number of arguments is not one, or exceeds the limit.
    InvalidMultibulkLength,
    /// More than 10 arguments before authentication.
    UnauthenticatedMultibulkLength,
    /// The length of an argument takes more bytes than the limit.
    TooBigBulkCountString,
    /// An argument does not start with `$`; this does.
    ExpectedBulk(u8),
    /// The length of an argument is not one, or exceeds the limit.
    InvalidBulkLength,
    /// An argument of more than 16,384 bytes before authentication.
    UnauthenticatedBulkLength,
    /// An argument or a header is not followed by CR LF.
    MissingTerminator,
}

/// A request that a server refuses, after which it closes the connection. It stays until
/// [`reset`](RequestDecoder::reset). `Display` is the server's own text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct RequestError {
    /// What is wrong.
    pub kind: RequestErrorKind,
    /// Where: the absolute offset of the type byte of the header or argument, or of the inline request's first byte; for an
    /// invalid length that of its first digit, and for a missing terminator that of the first byte that is wrong.
    pub offset: u64,
}

impl RequestError {
    /// A stable name, the same in every binding.
    pub fn code(&self) -> &'static str {
        match self.kind {
            RequestErrorKind::TooBigInlineRequest => "too_big_inline_request",
            RequestErrorKind::UnbalancedQuotes => "unbalanced_quotes",
            RequestErrorKind::TooBigCountString => "too_big_count_string",
            RequestErrorKind::InvalidMultibulkLength => "invalid_multibulk_length",
            RequestErrorKind::UnauthenticatedMultibulkLength => "unauthenticated_multibulk_length",
            RequestErrorKind::TooBigBulkCountString => "too_big_bulk_count_string",
            RequestErrorKind::ExpectedBulk(_) => "expected_bulk",
            RequestErrorKind::InvalidBulkLength => "invalid_bulk_length",
            RequestErrorKind::UnauthenticatedBulkLength => "unauthenticated_bulk_length",
            RequestErrorKind::MissingTerminator => "missing_terminator",
        }
    }
}

impl fmt::Display for RequestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Protocol error: ")?;
        f.write_str(match self.kind {
            RequestErrorKind::TooBigInlineRequest => "too big inline request",
            RequestErrorKind::UnbalancedQuotes => "unbalanced quotes in request",
            RequestErrorKind::TooBigCountString => "too big mbulk count string",
            RequestErrorKind::InvalidMultibulkLength => "invalid multibulk length",
            RequestErrorKind::UnauthenticatedMultibulkLength => "unauthenticated multibulk length",
            RequestErrorKind::TooBigBulkCountString => "too big bulk count string",
            RequestErrorKind::ExpectedBulk(byte) => return write!(f, "expected '$', got '{}'", byte.escape_ascii()),
            RequestErrorKind::InvalidBulkLength => "invalid bulk length",
            RequestErrorKind::UnauthenticatedBulkLength => "unauthenticated bulk length",
            RequestErrorKind::MissingTerminator => "expected CR LF",
        })
    }
}

impl core::error::Error for RequestError {}

/// Decodes requests, whatever pieces they come in: what a server, a proxy or a recorder reads from a client.
///
/// ```
/// use quorate::resp::RequestDecoder;
///
/// let mut decoder = RequestDecoder::default();
/// decoder.feed(b"*2\r\n$3\r\nGET\r\n$3\r\nkey\r\nPING\r\n");
/// let mut seen = Vec::new();
/// while let Some(request) = decoder.poll()? {
///     seen.push(request.args().map(|arg| String::from_utf8_lossy(arg).into_owned()).collect::<Vec<_>>());
/// }
/// assert_eq!(seen, [vec!["GET", "key"], vec!["PING"]]);
/// # Ok::<(), quorate::resp::RequestError>(())
/// ```
///
/// # Complexity
/// Linear in the bytes fed, however they are fed. Nothing is reserved by an announced number.
#[derive(Clone, Debug)]
pub struct RequestDecoder {
    limits: RequestLimits,
    input: Input,
    /// Where the arguments of the request lie: in the window, or in `unquoted` if it is inline.
    args: Vec<Range<usize>>,
    unquoted: Vec<u8>,
    is_inline: bool,
    /// The bytes of the request that was given out last.
    given: usize,
    /// Where to go on reading, counted from the window's first byte.
    position: usize,
    /// Arguments of the multibulk request at the window's start that are still to come, once its header was read.
    remaining: Option<u64>,
    /// Nothing more can be said before this many bytes are in the window.
    wanted: usize,
    /// How far the unfinished line at `position` was searched for its end.
    searched: usize,
    error: Option<RequestError>,
}

impl Default for RequestDecoder {
    fn default() -> Self {
        Self::new(RequestLimits::default())
    }
}

impl RequestDecoder {
    /// Makes a decoder that has seen nothing yet.
    pub fn new(limits: RequestLimits) -> Self {
        Self {
            limits,
            input: Input::default(),
            args: Vec::new(),
            unquoted: Vec::new(),
            is_inline: false,
            given: 0,
            position: 0,
            remaining: None,
            wanted: 1,
            searched: 0,
            error: None,
        }
    }

    /// Takes in a copy of `bytes`. After an error they are dropped until [`reset`](Self::reset).
    pub fn feed(&mut self, bytes: &[u8]) {
        self.release();
        if self.error.is_none() {
            self.input.push(bytes);
        }
    }

    /// A writable tail of at least `len` bytes. Nothing counts as input until [`commit`](Self::commit).
    pub fn reserve(&mut self, len: usize) -> &mut [u8] {
        self.release();
        self.input.tail(len)
    }

    /// Takes in the first `len` bytes of the tail that [`reserve`](Self::reserve) gave.
    ///
    /// # Errors
    /// [`CommitError`] if `len` is more than was reserved; nothing is taken in then.
    pub fn commit(&mut self, len: usize) -> Result<(), CommitError> {
        self.release();
        let taken = if self.error.is_some() { 0 } else { len };
        self.input.commit(len, taken)
    }

    /// Whether the client has authenticated itself, from the next request header or argument on.
    pub fn set_authenticated(&mut self, authenticated: bool) {
        self.limits.authenticated = authenticated;
    }

    /// The next request, or `None` when more bytes are needed. Requests without arguments are passed over, as the server
    /// does.
    ///
    /// # Errors
    /// [`RequestError`] where a server would refuse. It is returned again at every further poll until
    /// [`reset`](Self::reset).
    pub fn poll(&mut self) -> Result<Option<Request<'_>>, RequestError> {
        self.release();
        if let Some(error) = self.error {
            return Err(error);
        }
        match self.scan() {
            Ok(true) => {
                self.given = self.position;
                Ok(Some(Request { decoder: self }))
            }
            Ok(false) => Ok(None),
            Err(error) => {
                self.error = Some(error);
                Err(error)
            }
        }
    }

    /// Forgets everything but the limits, as for a new connection: offsets count from 0 again.
    pub fn reset(&mut self) {
        self.input.clear();
        self.given = 0;
        self.consume(0);
        self.input.base = 0;
        self.error = None;
    }

    /// The least number of further bytes before which no poll can say anything new: at least 1, and 0 after an error.
    pub fn needed(&self) -> usize {
        match self.error {
            Some(_) => 0,
            None => self.wanted.saturating_sub(self.input.window().len()).max(1),
        }
    }

    /// How many bytes were fed and are not yet given out as requests.
    pub fn buffered(&self) -> usize {
        self.input.window().len() - self.given
    }

    /// The absolute offset of the first byte that is not yet given out.
    pub fn offset(&self) -> u64 {
        self.input.base + self.given as u64
    }

    /// What the decoder was made with, and whether the client is authenticated now.
    pub fn limits(&self) -> &RequestLimits {
        &self.limits
    }

    /// The error that polls return, once there is one.
    pub fn error(&self) -> Option<&RequestError> {
        self.error.as_ref()
    }

    /// All that the decoder knows, as plain data.
    pub fn state(&self) -> RequestState {
        RequestState {
            limits: self.limits.clone(),
            offset: self.offset(),
            pending: self.input.window()[self.given..].to_vec(),
            error: self.error,
        }
    }

    /// Makes a decoder that goes on where the one that gave `state` was.
    pub fn from_state(state: RequestState) -> Self {
        let mut decoder = Self::new(state.limits);
        decoder.input.base = state.offset;
        decoder.input.push(&state.pending);
        decoder.error = state.error;
        decoder
    }

    /// A hash of [`state`](Self::state), the same on every platform and in every language.
    pub fn state_hash(&self) -> u64 {
        let mut hasher = StateHasher::new();
        hasher.option(self.limits.max_args);
        hasher.option(self.limits.max_bulk);
        hasher.option(self.limits.max_line);
        hasher.u64(u64::from(self.limits.authenticated));
        hasher.u64(self.offset());
        hasher.bytes(&self.input.window()[self.given..]);
        hasher.bytes(self.error.map_or("", |error| error.code()).as_bytes());
        hasher.option(self.error.map(|error| error.offset));
        hasher.finish()
    }

    fn release(&mut self) {
        let bytes = core::mem::take(&mut self.given);
        if bytes > 0 {
            self.consume(bytes);
        }
    }

    /// What came first in the window is done with: the next request starts behind it.
    fn consume(&mut self, bytes: usize) {
        self.input.consume(bytes);
        self.position = 0;
        self.remaining = None;
        self.wanted = 1;
        self.searched = 0;
        self.args.clear();
        self.unquoted.clear();
    }

    fn error_at(&self, kind: RequestErrorKind, position: usize) -> RequestError {
        RequestError {
            kind,
            offset: self.input.base + position as u64,
        }
    }

    /// Reads on until a request is complete (`true`) or the bytes run out (`false`).
    fn scan(&mut self) -> Result<bool, RequestError> {
        loop {
            if self.input.window().len() < self.wanted {
                return Ok(false);
            }
            let complete = match (self.remaining, self.input.window().get(self.position)) {
                (_, None) => {
                    self.wanted = self.position + 1;
                    return Ok(false);
                }
                (Some(_), Some(_)) => self.scan_argument()?,
                (None, Some(b'*')) => self.scan_header()?,
                (None, Some(_)) => self.scan_inline()?,
            };
            match complete {
                None => return Ok(false),
                Some(true) if !self.args.is_empty() => return Ok(true),
                // It has no arguments: the server takes no notice of it.
                Some(true) => self.consume(self.position),
                Some(false) => {}
            }
        }
    }

    /// The number of arguments: `None` if it is not all there, else whether the request is complete.
    fn scan_header(&mut self) -> Result<Option<bool>, RequestError> {
        let start = self.position;
        let Some(cr) = self.line(RequestErrorKind::TooBigCountString)? else {
            return Ok(None);
        };
        let count = strict_integer(&self.input.window()[start + 1..cr]);
        let most = self
            .limits
            .max_args
            .map_or(i32::MAX as u64, |most| most.min(i32::MAX as u64));
        let count = match count {
            Some(count) if count <= most as i64 => u64::try_from(count).unwrap_or(0),
            _ => return Err(self.error_at(RequestErrorKind::InvalidMultibulkLength, start + 1)),
        };
        if count > UNAUTHENTICATED_ARGS && !self.limits.authenticated {
            return Err(self.error_at(RequestErrorKind::UnauthenticatedMultibulkLength, start));
        }
        self.position = cr + 2;
        self.wanted = self.position + 1;
        self.remaining = Some(count);
        self.is_inline = false;
        Ok(Some(count == 0))
    }

    /// One argument.
    fn scan_argument(&mut self) -> Result<Option<bool>, RequestError> {
        let start = self.position;
        let Some(cr) = self.line(RequestErrorKind::TooBigBulkCountString)? else {
            return Ok(None);
        };
        let window = self.input.window();
        if window[start] != b'$' {
            return Err(self.error_at(RequestErrorKind::ExpectedBulk(window[start]), start));
        }
        let most = self.limits.max_bulk.unwrap_or(u64::MAX);
        let length = strict_integer(&window[start + 1..cr])
            .and_then(|length| u64::try_from(length).ok())
            .filter(|&length| length <= most);
        if length.is_some_and(|length| length > UNAUTHENTICATED_BULK) && !self.limits.authenticated {
            return Err(self.error_at(RequestErrorKind::UnauthenticatedBulkLength, start));
        }
        let payload = cr + 2;
        // What does not fit the address space is refused like what exceeds the limit.
        let end = length
            .and_then(|length| usize::try_from(length).ok())
            .and_then(|length| payload.checked_add(length))
            .filter(|end| end.checked_add(2).is_some());
        let Some(end) = end else {
            return Err(self.error_at(RequestErrorKind::InvalidBulkLength, start + 1));
        };
        let Some(terminator) = window.get(end..end + 2) else {
            self.wanted = end + 2;
            return Ok(None);
        };
        if terminator != b"\r\n" {
            let wrong = end + usize::from(terminator[0] == b'\r');
            return Err(self.error_at(RequestErrorKind::MissingTerminator, wrong));
        }
        self.args.push(payload..end);
        self.position = end + 2;
        self.wanted = self.position + 1;
        self.searched = 0;
        let remaining = self.remaining.unwrap_or(1) - 1;
        self.remaining = Some(remaining);
        Ok(Some(remaining == 0))
    }

    /// A line of words.
    fn scan_inline(&mut self) -> Result<Option<bool>, RequestError> {
        let start = self.position;
        let window = self.input.window();
        let from = self.searched.max(start);
        let newline = memchr::memchr(b'\n', &window[from..]).map(|at| from + at);
        let most = self
            .limits
            .max_line
            .and_then(|most| usize::try_from(most).ok())
            .unwrap_or(usize::MAX);
        if newline.unwrap_or(window.len()) - start > most {
            return Err(self.error_at(RequestErrorKind::TooBigInlineRequest, start));
        }
        let Some(newline) = newline else {
            self.searched = window.len();
            self.wanted = window.len() + 1;
            return Ok(None);
        };
        let line = &window[start..newline];
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let Ok(words) = split_inline(line) else {
            return Err(self.error_at(RequestErrorKind::UnbalancedQuotes, start));
        };
        for word in words {
            let at = self.unquoted.len();
            self.unquoted.extend_from_slice(&word);
            self.args.push(at..self.unquoted.len());
        }
        self.is_inline = true;
        self.position = newline + 1;
        self.searched = 0;
        Ok(Some(true))
    }

    /// Where the CR of the line is that starts at `position`.
    fn line(&mut self, too_big: RequestErrorKind) -> Result<Option<usize>, RequestError> {
        let start = self.position;
        let window = self.input.window();
        let from = self.searched.max(start);
        let found = memchr::memchr(b'\r', window.get(from..).unwrap_or(&[])).map(|at| from + at);
        let most = self
            .limits
            .max_line
            .and_then(|most| usize::try_from(most).ok())
            .unwrap_or(usize::MAX);
        if found.unwrap_or(window.len()) - start > most {
            return Err(self.error_at(too_big, start));
        }
        let Some(cr) = found else {
            self.searched = window.len();
            self.wanted = window.len() + 1;
            return Ok(None);
        };
        match window.get(cr + 1) {
            None => {
                self.searched = cr;
                self.wanted = cr + 2;
                Ok(None)
            }
            Some(b'\n') => Ok(Some(cr)),
            Some(_) => Err(self.error_at(RequestErrorKind::MissingTerminator, cr + 1)),
        }
    }
}

/// The server's `string2ll`: no plus sign, no leading zeros, no minus zero.
fn strict_integer(text: &[u8]) -> Option<i64> {
    match text {
        b"0" => Some(0),
        [b'1'..=b'9', ..] | [b'-', b'1'..=b'9', ..] => super::number::integer(text),
        _ => None,
    }
}

/// A request, borrowed from the decoder that read it.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    decoder: &'a RequestDecoder,
}

impl<'a> Request<'a> {
    /// How many arguments there are: at least one.
    pub fn len(&self) -> usize {
        self.decoder.args.len()
    }

    /// Always false: a request has a name.
    pub fn is_empty(&self) -> bool {
        self.decoder.args.is_empty()
    }

    /// The argument at `index`; the one at 0 names the command.
    pub fn get(&self, index: usize) -> Option<&'a [u8]> {
        let range = self.decoder.args.get(index)?.clone();
        if self.decoder.is_inline {
            self.decoder.unquoted.get(range)
        } else {
            self.decoder.input.window().get(range)
        }
    }

    /// The arguments in order.
    pub fn args(&self) -> Args<'a> {
        Args {
            request: *self,
            index: 0,
        }
    }

    /// Whether it came as a line of words.
    pub fn is_inline(&self) -> bool {
        self.decoder.is_inline
    }

    /// The absolute offset of its first byte.
    pub fn offset(&self) -> u64 {
        self.decoder.input.base
    }

    /// Its bytes as they came.
    pub fn raw(&self) -> &'a [u8] {
        &self.decoder.input.window()[..self.decoder.given]
    }
}

impl fmt::Debug for Request<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let args: Vec<String> = self
            .args()
            .map(|arg| alloc::format!("{}", arg.escape_ascii()))
            .collect();
        f.debug_tuple("Request").field(&args).finish()
    }
}

/// The arguments of a request. Made by [`Request::args`].
#[derive(Clone, Debug)]
pub struct Args<'a> {
    request: Request<'a>,
    index: usize,
}

impl<'a> Iterator for Args<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let arg = self.request.get(self.index)?;
        self.index += 1;
        Some(arg)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.request.len() - self.index;
        (left, Some(left))
    }
}

impl ExactSizeIterator for Args<'_> {}
impl FusedIterator for Args<'_> {}

/// A request decoder as plain data: [`RequestDecoder::state`] and [`RequestDecoder::from_state`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct RequestState {
    /// What it was made with, and whether the client is authenticated.
    pub limits: RequestLimits,
    /// The absolute offset of the first pending byte.
    pub offset: u64,
    /// The bytes that were fed and not given out.
    pub pending: Vec<u8>,
    /// The error that polls return, if there is one.
    pub error: Option<RequestError>,
}
