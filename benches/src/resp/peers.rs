//! Ways to decode, ours and the peers', behind one trait, and their values as one text, to see that they say the same.

use std::fmt::Write as _;
use std::io::Read;

use bytes::{Buf, BytesMut};
use quorate::resp;
use redis_protocol::resp2::{decode as decode2, types as types2};
use redis_protocol::resp3::{decode::complete as decode3, types as types3};

/// A decoder with the buffers that a connection keeps.
pub(crate) trait Codec: Default {
    const NAME: &'static str;
    /// Whether it starts a reply anew with each piece, so that a long reply in many pieces takes minutes.
    const RESTARTS: bool = false;
    const RESP3: bool;

    type Value;

    /// Decodes all of `bytes`, handed over in pieces, and passes each value on as soon as it is there.
    fn decode(&mut self, bytes: &[u8], piece: usize, value: impl FnMut(Self::Value));

    /// The value as the text that our `Display` gives.
    fn text(value: &Self::Value) -> String;
}

#[derive(Default)]
pub(crate) struct Quorate(resp::Decoder);

impl Codec for Quorate {
    const NAME: &'static str = "quorate";
    const RESP3: bool = true;

    type Value = resp::Value;

    fn decode(&mut self, bytes: &[u8], piece: usize, mut value: impl FnMut(resp::Value)) {
        for piece in bytes.chunks(piece) {
            self.0.feed(piece);
            while let Some(view) = self.0.poll().unwrap() {
                value(view.to_value());
            }
        }
    }

    fn text(value: &resp::Value) -> String {
        value.to_string()
    }
}

/// No values, only the tape that they are read from.
#[derive(Default)]
pub(crate) struct QuorateTape(resp::Decoder);

impl QuorateTape {
    pub(crate) fn decode(&mut self, bytes: &[u8], piece: usize, mut batch: impl FnMut(resp::Batch<'_>)) {
        for piece in bytes.chunks(piece) {
            self.0.feed(piece);
            loop {
                let replies = self.0.poll_all().unwrap();
                if replies.len() == 0 {
                    break;
                }
                batch(replies);
            }
        }
    }
}

/// Reads from `bytes` as a socket would give them.
struct Pieces<'a> {
    bytes: &'a [u8],
    piece: usize,
}

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let len = self.piece.min(buffer.len());
        self.bytes.read(&mut buffer[..len])
    }
}

#[derive(Default)]
pub(crate) struct RedisRs;

impl Codec for RedisRs {
    const NAME: &'static str = "redis 1.8 Parser";
    const RESP3: bool = true;

    type Value = redis::Value;

    fn decode(&mut self, bytes: &[u8], piece: usize, mut value: impl FnMut(redis::Value)) {
        // The parser reads ahead, so the input is at its end before the values are. It tells that by an error, and is not to be
        // used after one.
        let (mut parser, mut input) = (redis::Parser::new(), Pieces { bytes, piece });
        while let Ok(found) = parser.parse_value(&mut input) {
            value(found);
        }
        assert!(input.bytes.is_empty());
    }

    fn text(value: &redis::Value) -> String {
        use redis::Value;
        match value {
            Value::Nil => "null".into(),
            Value::Int(integer) => integer.to_string(),
            Value::BulkString(bytes) => quoted(bytes),
            Value::SimpleString(text) => quoted(text.as_bytes()),
            Value::Okay => quoted(b"OK"),
            Value::Array(items) => listed('[', items.iter().map(Self::text), ']'),
            Value::Map(pairs) => listed(
                '{',
                pairs
                    .iter()
                    .map(|(k, v)| format!("{}: {}", Self::text(k), Self::text(v))),
                '}',
            ),
            other => panic!("no workload has {other:?}"),
        }
    }
}

/// redis-protocol's decoders differ in their function and in the type of what it returns.
macro_rules! redis_protocol {
    ($name:ident, $says:literal, $resp3:literal, $frame:ty, $text:path, |$buffer:ident| $next:expr) => {
        #[derive(Default)]
        pub(crate) struct $name(BytesMut);

        impl Codec for $name {
            const NAME: &'static str = $says;
            const RESTARTS: bool = true;
            const RESP3: bool = $resp3;

            type Value = $frame;

            fn decode(&mut self, bytes: &[u8], piece: usize, mut value: impl FnMut($frame)) {
                for piece in bytes.chunks(piece) {
                    self.0.extend_from_slice(piece);
                    let $buffer = &mut self.0;
                    while let Some(frame) = $next {
                        value(frame);
                    }
                }
            }

            fn text(value: &$frame) -> String {
                $text(value)
            }
        }
    };
}

/// Decodes the frame at the front of a buffer and takes it off.
fn front<F>(
    buffer: &mut BytesMut,
    decode: impl Fn(&[u8]) -> Result<Option<(F, usize)>, redis_protocol::error::RedisProtocolError>,
) -> Option<F> {
    let (frame, len) = decode(buffer).unwrap()?;
    buffer.advance(len);
    Some(frame)
}

redis_protocol!(
    Resp2Owned,
    "redis-protocol 6 resp2 owned",
    false,
    types2::OwnedFrame,
    owned2,
    |buffer| front(buffer, decode2::decode)
);
redis_protocol!(
    Resp2Bytes,
    "redis-protocol 6 resp2 bytes",
    false,
    types2::BytesFrame,
    bytes2,
    |buffer| decode2::decode_bytes_mut(buffer).unwrap().map(|(frame, ..)| frame)
);
redis_protocol!(
    Resp3Owned,
    "redis-protocol 6 resp3 owned",
    true,
    types3::OwnedFrame,
    owned3,
    |buffer| front(buffer, decode3::decode)
);
redis_protocol!(
    Resp3Bytes,
    "redis-protocol 6 resp3 bytes",
    true,
    types3::BytesFrame,
    bytes3,
    |buffer| decode3::decode_bytes_mut(buffer).unwrap().map(|(frame, ..)| frame)
);

fn owned2(frame: &types2::OwnedFrame) -> String {
    use types2::OwnedFrame as F;
    match frame {
        F::SimpleString(bytes) | F::BulkString(bytes) => quoted(bytes),
        F::Integer(integer) => integer.to_string(),
        F::Array(items) => listed('[', items.iter().map(owned2), ']'),
        other => panic!("no workload has {other:?}"),
    }
}

fn bytes2(frame: &types2::BytesFrame) -> String {
    use types2::BytesFrame as F;
    match frame {
        F::SimpleString(bytes) | F::BulkString(bytes) => quoted(bytes),
        F::Integer(integer) => integer.to_string(),
        F::Array(items) => listed('[', items.iter().map(bytes2), ']'),
        other => panic!("no workload has {other:?}"),
    }
}

/// This decoder fills a map from its end.
fn owned3(frame: &types3::OwnedFrame) -> String {
    use types3::OwnedFrame as F;
    match frame {
        F::SimpleString { data, .. } | F::BlobString { data, .. } => quoted(data),
        F::Number { data, .. } => data.to_string(),
        F::Array { data, .. } => listed('[', data.iter().map(owned3), ']'),
        F::Map { data, .. } => listed(
            '{',
            data.iter().rev().map(|(k, v)| format!("{}: {}", owned3(k), owned3(v))),
            '}',
        ),
        other => panic!("no workload has {other:?}"),
    }
}

fn bytes3(frame: &types3::BytesFrame) -> String {
    use types3::BytesFrame as F;
    match frame {
        F::SimpleString { data, .. } | F::BlobString { data, .. } => quoted(data),
        F::Number { data, .. } => data.to_string(),
        F::Array { data, .. } => listed('[', data.iter().map(bytes3), ']'),
        F::Map { data, .. } => listed(
            '{',
            data.iter().rev().map(|(k, v)| format!("{}: {}", bytes3(k), bytes3(v))),
            '}',
        ),
        other => panic!("no workload has {other:?}"),
    }
}

/// The workloads' strings are letters, digits and the like, of which none is escaped.
fn quoted(bytes: &[u8]) -> String {
    format!("\"{}\"", std::str::from_utf8(bytes).unwrap())
}

fn listed(open: char, items: impl Iterator<Item = String>, close: char) -> String {
    let mut text = String::from(open);
    for (index, item) in items.enumerate() {
        let _ = write!(text, "{}{item}", if index == 0 { "" } else { ", " });
    }
    text.push(close);
    text
}
