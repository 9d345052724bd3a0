//! Decoding: the batch stays where the core has it, and only its place is told.

use quorate::resp::{Decoder, Kind, Limits, RawToken, Token};
use wasm_bindgen::prelude::wasm_bindgen;

use super::text;
use crate::error::{self, Report};

/// What [`RawDecoder::poll`] answers.
const NOTHING: u32 = 0;
const BATCH: u32 = 1;
const ERROR: u32 = 2;

/// For `max`: as many as there are.
const ALL: u32 = u32::MAX;

/// A decoder and the places of what it gave out last.
#[wasm_bindgen]
pub struct RawDecoder {
    decoder: Decoder,
    /// Addresses and lengths for the other side: tape, tokens, bytes, end of the input, classes, table of tokens.
    report: Box<[u32; 6]>,
    /// What each token's string is; empty when all bytes are ASCII.
    classes: Vec<u8>,
    table: Vec<f64>,
    reserved: usize,
}

#[wasm_bindgen]
impl RawDecoder {
    /// Limits are numbers from 0; -1 is the default, -2 is none.
    #[wasm_bindgen(constructor)]
    pub fn new(max_depth: f64, max_bulk: f64, max_line: f64, max_elements: f64, max_reply: f64) -> Self {
        let default = Limits::default();
        Self {
            decoder: Decoder::new(Limits {
                // More than 32 bits of depth is more than memory holds.
                max_depth: limit(max_depth, default.max_depth.map(u64::from))
                    .and_then(|depth| u32::try_from(depth).ok()),
                max_bulk: limit(max_bulk, default.max_bulk),
                max_line: limit(max_line, default.max_line),
                max_elements: limit(max_elements, default.max_elements),
                max_reply: limit(max_reply, default.max_reply),
            }),
            report: Box::default(),
            classes: Vec::new(),
            table: Vec::new(),
            reserved: 0,
        }
    }

    /// Where the report is. It does not move.
    pub fn report(&self) -> *const u32 {
        self.report.as_ptr()
    }

    /// Makes room for `len` bytes of input, to be written at the address that is returned.
    pub fn reserve(&mut self, len: usize) -> *mut u8 {
        let tail = self.decoder.reserve(len);
        self.reserved = tail.len();
        tail.as_mut_ptr()
    }

    /// How much room the last `reserve` made.
    pub fn reserved(&self) -> usize {
        self.reserved
    }

    /// Takes in the first `len` bytes of the room. False, with an error reported, if that is more than there is.
    pub fn commit(&mut self, len: usize) -> bool {
        match self.decoder.commit(len) {
            Ok(()) => true,
            Err(error) => {
                error::report_plain(error.code(), &error);
                false
            }
        }
    }

    /// Reads up to `max` replies and reports where they are.
    pub fn poll(&mut self, max: u32) -> u32 {
        let max = if max == ALL { usize::MAX } else { max as usize };
        let batch = match self.decoder.poll_up_to(max) {
            Ok(batch) => batch,
            Err(error) => {
                report(&error);
                return ERROR;
            }
        };
        let (tape, bytes) = (batch.tape(), batch.bytes());
        if tape.is_empty() {
            return NOTHING;
        }
        self.classes.clear();
        if !text::is_ascii(bytes) {
            self.classes.extend(tape.iter().map(|token| class(token, bytes)));
        }
        let classes = if self.classes.is_empty() {
            0
        } else {
            address(&self.classes)
        };
        let (tape_at, bytes_at) = (address(tape), address(bytes));
        let (tokens, end) = (tape.len(), bytes.len());
        *self.report = [
            tape_at,
            tokens as u32,
            bytes_at,
            bytes_at + (end + self.decoder.buffered()) as u32,
            classes,
            0,
        ];
        BATCH
    }

    /// Forgets everything but the limits.
    pub fn reset(&mut self) {
        self.decoder.reset();
        self.reserved = 0;
    }

    /// The least number of bytes that could bring news.
    pub fn needed(&self) -> usize {
        self.decoder.needed()
    }

    /// How many bytes are not given out.
    pub fn buffered(&self) -> usize {
        self.decoder.buffered()
    }

    /// Where the first of them is. Exact up to 2^53.
    pub fn offset(&self) -> f64 {
        self.decoder.offset() as f64
    }

    /// Whether there is an error; it is reported then.
    pub fn failed(&self) -> bool {
        self.decoder.error().is_some_and(|error| {
            report(error);
            true
        })
    }

    /// The hash of the state.
    pub fn state_hash(&self) -> u64 {
        self.decoder.state_hash()
    }

    /// Reports a table of tokens, eight doubles each, and returns how many there are: those of the last batch, or those of the
    /// reply that is not complete.
    pub fn tokens(&mut self, last: bool) -> usize {
        self.table.clear();
        if last {
            for view in self.decoder.last() {
                self.table.extend(view.tokens().flat_map(row));
            }
        } else {
            self.table.extend(self.decoder.tokens().flat_map(row));
        }
        self.report[5] = address(&self.table);
        self.table.len() / 8
    }
}

fn row(token: Token) -> [f64; 8] {
    [
        f64::from(token.kind.number()),
        f64::from(u8::from(token.streamed)),
        token.offset as f64,
        f64::from(token.depth),
        f64::from(token.header),
        token.length as f64,
        token.elements as f64,
        token.size as f64,
    ]
}

fn class(token: &RawToken, bytes: &[u8]) -> u8 {
    match token.kind() {
        Kind::SimpleString | Kind::SimpleError | Kind::BulkString | Kind::BulkError | Kind::Verbatim => {
            let start = token.position();
            text::classify(bytes.get(start..start + token.length()).unwrap_or(&[]))
        }
        _ => 0,
    }
}

fn report(error: &quorate::resp::Error) {
    error::report(Report {
        code: error.code(),
        message: error.to_string(),
        offset: error.offset,
        expected: error.expected(),
        found: error.found(),
        ..Report::default()
    });
}

/// Where a slice starts: on WebAssembly an address has 32 bits.
pub(super) fn address<T>(slice: &[T]) -> u32 {
    slice.as_ptr() as usize as u32
}

/// A limit as the other side says it.
pub(super) fn limit(value: f64, default: Option<u64>) -> Option<u64> {
    match value {
        -1.0 => default,
        -2.0 => None,
        value => Some(value as u64),
    }
}
