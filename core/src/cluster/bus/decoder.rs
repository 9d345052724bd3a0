//! A stream of bytes, cut into messages (`clusterReadHandler`).

use alloc::vec::Vec;

use super::error::BusError;
use super::message::Message;
use super::wire::check_start;

/// Cuts the bytes of one connection into messages.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct BusDecoder {
    buffer: Vec<u8>,
    /// Where in the buffer the next message begins.
    start: usize,
    limit: u32,
    failed: Option<BusError>,
}

impl Default for BusDecoder {
    /// A limit of 64 MiB.
    fn default() -> Self {
        Self::new(64 << 20)
    }
}

impl BusDecoder {
    /// A decoder of messages of up to `limit` bytes.
    pub fn new(limit: u32) -> Self {
        Self {
            buffer: Vec::new(),
            start: 0,
            limit,
            failed: None,
        }
    }

    /// These bytes came. Ignored after an error that is fatal.
    pub fn feed(&mut self, bytes: &[u8]) {
        if self.failed.is_some() {
            return;
        }
        if self.start > 0 {
            self.buffer.drain(..self.start);
            self.start = 0;
        }
        self.buffer.extend_from_slice(bytes);
    }

    /// The next message, or `None` if more bytes are needed.
    ///
    /// # Errors
    /// [`BusError`]. If it [is fatal](BusError::is_fatal), every further call gives it again; otherwise the message is passed over,
    /// and the next call gives the one behind it.
    pub fn poll(&mut self) -> Result<Option<Message>, BusError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        let bytes = &self.buffer[self.start..];
        if bytes.len() < 8 {
            return Ok(None);
        }
        let length = match check_start(bytes) {
            Ok(length) if length > self.limit => {
                return self.fail(BusError::TooLong {
                    length,
                    limit: self.limit,
                });
            }
            Ok(length) => length as usize,
            Err(error) => return self.fail(error),
        };
        let Some(message) = bytes.get(..length) else {
            return Ok(None);
        };
        let message = Message::decode(message);
        self.start += length;
        if self.start == self.buffer.len() {
            self.buffer.clear();
            self.start = 0;
        }
        message.map(Some)
    }

    /// How many bytes wait for the rest of their message.
    pub fn buffered(&self) -> usize {
        self.buffer.len() - self.start
    }

    fn fail(&mut self, error: BusError) -> Result<Option<Message>, BusError> {
        self.buffer = Vec::new();
        self.start = 0;
        self.failed = Some(error.clone());
        Err(error)
    }
}
