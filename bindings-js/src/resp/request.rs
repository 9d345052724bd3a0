//! Decoding what clients send: a table says where each argument lies.

use std::cell::RefCell;

use quorate::resp::{RequestDecoder, RequestError, RequestLimits, split_inline as split};
use wasm_bindgen::prelude::wasm_bindgen;

use super::decoder::{address, limit};
use super::text;
use crate::error::{self, Report};
use crate::exchange;

/// What [`RawRequestDecoder::poll`] answers.
const NOTHING: u32 = 0;
const REQUEST: u32 = 1;
const ERROR: u32 = 2;

/// A request decoder and the places of what it gave out last.
#[wasm_bindgen]
pub struct RawRequestDecoder {
    decoder: RequestDecoder,
    /// For the other side: where the table is, how many arguments, and whether they came as a line.
    report: Box<[u32; 3]>,
    /// Address, length and class of each argument.
    table: Vec<u32>,
    offset: u64,
    reserved: usize,
}

#[wasm_bindgen]
impl RawRequestDecoder {
    /// Limits are numbers from 0; -1 is the default, -2 is none.
    #[wasm_bindgen(constructor)]
    pub fn new(max_args: f64, max_bulk: f64, max_line: f64, authenticated: bool) -> Self {
        let default = RequestLimits::default();
        let limits = RequestLimits {
            max_args: limit(max_args, default.max_args),
            max_bulk: limit(max_bulk, default.max_bulk),
            max_line: limit(max_line, default.max_line),
            authenticated,
        };
        Self {
            decoder: RequestDecoder::new(limits),
            report: Box::default(),
            table: Vec::new(),
            offset: 0,
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

    /// Reads the next request and reports where its arguments are.
    pub fn poll(&mut self) -> u32 {
        let request = match self.decoder.poll() {
            Ok(Some(request)) => request,
            Ok(None) => return NOTHING,
            Err(error) => {
                report(&error);
                return ERROR;
            }
        };
        list(request.args(), &mut self.table);
        self.offset = request.offset();
        *self.report = [address(&self.table), request.len() as u32, request.is_inline().into()];
        REQUEST
    }

    /// Where the last request starts. Exact up to 2^53.
    pub fn request_offset(&self) -> f64 {
        self.offset as f64
    }

    /// Whether the client has logged in, from now on.
    pub fn set_authenticated(&mut self, authenticated: bool) {
        self.decoder.set_authenticated(authenticated);
    }

    /// Forgets everything but the limits, as for a new connection.
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
}

thread_local! {
    /// The words of the last line that was split, and where they lie.
    static WORDS: RefCell<(Vec<Vec<u8>>, Vec<u32>)> = const { RefCell::new((Vec::new(), Vec::new())) };
}

/// Splits the line in the inbox and returns how many words it has; -1, with an error reported, where its quotes do not match.
#[wasm_bindgen]
pub fn split_inline(len: usize) -> i32 {
    let words = match exchange::read(len, split) {
        Ok(words) => words,
        Err(error) => {
            error::report_plain(error.code(), &error);
            return -1;
        }
    };
    WORDS.with_borrow_mut(|(kept, table)| {
        *kept = words;
        list(kept.iter().map(Vec::as_slice), table);
        kept.len() as i32
    })
}

/// Where the table of the last line's words is.
#[wasm_bindgen]
pub fn words() -> *const u32 {
    WORDS.with_borrow(|(_, table)| table.as_ptr())
}

fn list<'a>(args: impl Iterator<Item = &'a [u8]>, table: &mut Vec<u32>) {
    table.clear();
    for arg in args {
        table.extend([address(arg), arg.len() as u32, text::classify(arg).into()]);
    }
}

fn report(error: &RequestError) {
    error::report(Report {
        code: error.code(),
        message: error.to_string(),
        offset: error.offset,
        ..Report::default()
    });
}
