//! Encoding: a run of calls comes in one crossing, and is played on the core's encoder.

use quorate::resp::{EncodeError, Encoder, Protocol};
use wasm_bindgen::prelude::wasm_bindgen;

use crate::{error, exchange};

/// What calls return.
const DONE: u32 = 0;
const REFUSED: u32 = 1;

/// An encoder.
#[wasm_bindgen]
pub struct RawEncoder {
    encoder: Encoder,
}

#[wasm_bindgen]
impl RawEncoder {
    /// Makes an encoder for RESP2 or, for any other number, RESP3.
    #[wasm_bindgen(constructor)]
    pub fn new(protocol: u8) -> Self {
        Self {
            encoder: Encoder::new(protocol_of(protocol)),
        }
    }

    /// Plays the calls in the inbox. If one is refused the error is reported and the rest is dropped; with `whole` the calls
    /// before it are undone too.
    pub fn apply(&mut self, len: usize, whole: bool) -> u32 {
        let before = whole.then(|| self.encoder.clone());
        let result = exchange::read(len, |calls| play(calls, &mut self.encoder));
        if let (Err(_), Some(before)) = (&result, before) {
            self.encoder = before;
        }
        status(result)
    }

    /// Leaves the values that are complete in the outbox.
    pub fn take(&mut self) {
        exchange::leave(self.encoder.take());
    }

    /// Leaves a copy of them in the outbox.
    pub fn peek(&self) {
        exchange::leave(self.encoder.as_bytes().to_vec());
    }

    /// Drops everything that was written.
    pub fn clear(&mut self) {
        self.encoder.clear();
    }

    /// 2 or 3.
    pub fn protocol(&self) -> u8 {
        self.encoder.protocol().number()
    }

    /// Writes the other protocol from now on, unless a value is not finished.
    pub fn set_protocol(&mut self, protocol: u8) -> u32 {
        status(self.encoder.set_protocol(protocol_of(protocol)))
    }

    /// Whether everything that was begun is finished.
    pub fn is_complete(&self) -> bool {
        self.encoder.is_complete()
    }
}

/// Plays the calls in the inbox on a new encoder and leaves what it wrote in the outbox.
#[wasm_bindgen]
pub fn encode(len: usize, protocol: u8) -> u32 {
    let mut encoder = Encoder::new(protocol_of(protocol));
    let result = exchange::read(len, |calls| play(calls, &mut encoder));
    status(result.map(|()| exchange::leave(encoder.take())))
}

fn protocol_of(number: u8) -> Protocol {
    Protocol::from_number(number.into()).unwrap_or_default()
}

fn status(result: Result<(), EncodeError>) -> u32 {
    match result {
        Ok(()) => DONE,
        Err(refusal) => {
            error::report_plain(refusal.code(), &refusal);
            REFUSED
        }
    }
}

/// A call is a byte that names it and what it takes: a string is four bytes of length and itself, a number eight bytes, all
/// little endian. The names are those of `Op` in `ts/resp/encoder.ts`. The facade writes every run whole; one that were cut
/// short would end early.
fn play(calls: &[u8], encoder: &mut Encoder) -> Result<(), EncodeError> {
    let mut calls = Calls(calls);
    while let Some([call]) = calls.take() {
        match call {
            1 => encoder.simple_string(calls.string())?,
            2 => encoder.simple_error(calls.string())?,
            3 => encoder.integer(i64::from_le_bytes(calls.number()))?,
            4 => encoder.bulk_string(calls.string())?,
            5 => encoder.null()?,
            7 => encoder.null_array()?,
            8 => encoder.boolean(calls.take() == Some([1]))?,
            // The host writes doubles as the core does; the core's way would be a sixth of the module.
            9 => encoder.double_text(calls.string())?,
            10 => encoder.big_number(calls.string())?,
            11 => encoder.bulk_error(calls.string())?,
            12 => {
                let format = calls.take().unwrap_or_default();
                encoder.verbatim(format, calls.string())?;
            }
            13 => encoder.array(calls.count())?,
            14 => encoder.map(calls.count())?,
            15 => encoder.set(calls.count())?,
            16 => encoder.push(calls.count())?,
            17 => encoder.attributes(calls.count())?,
            18 => encoder.stream_string()?,
            19 => encoder.chunk(calls.string())?,
            20 => encoder.end()?,
            21 => encoder.end_string()?,
            22 => encoder.stream_array()?,
            23 => encoder.stream_map()?,
            24 => encoder.stream_set()?,
            _ => return Ok(()),
        }
    }
    Ok(())
}

struct Calls<'a>(&'a [u8]);

impl<'a> Calls<'a> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (first, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*first)
    }

    fn number(&mut self) -> [u8; 8] {
        self.take().unwrap_or_default()
    }

    /// A count comes as a double, which is exact as far as the facade lets one go.
    fn count(&mut self) -> u64 {
        f64::from_le_bytes(self.number()) as u64
    }

    fn string(&mut self) -> &'a [u8] {
        let len = u32::from_le_bytes(self.take().unwrap_or_default()) as usize;
        let (string, rest) = self.0.split_at(len.min(self.0.len()));
        self.0 = rest;
        string
    }
}
