//! RESP, the wire of Redis: both protocols, both directions, every type.
//!
//! | | reads | writes |
//! |---|---|---|
//! | a client | replies: [`Decoder`] | commands: [`encode_command`], [`encode_pipeline`], [`Prefix`] |
//! | a server | requests: [`RequestDecoder`] | replies: [`Encoder`] |
//!
//! A proxy, a recorder or a teacher's page uses both rows.
//!
//! # Contract
//!
//! A [`Decoder`] is a plain value. Feed it bytes as they come, in any pieces; then poll until it returns `None`, which says
//! that more bytes are needed. The same bytes give the same values, errors and offsets, however they were cut. An error stays
//! until [`Decoder::reset`]: behind it nothing can be told apart.
//!
//! ```
//! use quorate::resp::{Data, Decoder, encode_command};
//!
//! let mut request = Vec::new();
//! encode_command(&[b"HGETALL", b"user:7"], &mut request);          // what goes to the server
//!
//! let mut decoder = Decoder::default();                            // 1. make it
//! for piece in [&b"%1\r\n$4\r\nna"[..], b"me\r\n$3\r\nAda\r\n:1"] {
//!     decoder.feed(piece);                                         // 2. tell it what came
//!     while let Some(reply) = decoder.poll()? {                    // 3. take the replies, until there are no more
//!         if let Data::Map(mut pairs) = reply.data() {
//!             let (key, value) = pairs.next().unwrap();
//!             assert_eq!((key.as_bytes(), value.as_bytes()), (Some(&b"name"[..]), Some(&b"Ada"[..])));
//!         }
//!         assert_eq!(reply.to_string(), r#"{"name": "Ada"}"#);
//!     }
//! }
//! assert_eq!(decoder.buffered(), 2);                               // `:1` waits for the rest of its line
//! # Ok::<(), quorate::resp::Error>(())
//! ```
//!
//! # Reading a reply
//!
//! A reply is parsed once, to a flat tape of 16 bytes a token. There are two ways to read it: a [`View`], which borrows the
//! decoder and copies nothing, and a [`Value`], which owns itself. [`View::tokens`] and [`Decoder::tokens`] give each token's
//! offset, kind, depth and length, for byte inspectors.
//!
//! - *Pushes* ([`Kind::Push`]) come between replies at any time and answer no command: ask [`View::is_push`] first.
//! - *Attributes* belong to the value that they stand before ([`View::attributes`]); they are never replies or elements.
//! - *Maps* keep their order and repeated keys; *strings* are bytes; *big numbers* stay text; *doubles* are read exactly.
//!
//! # Limits
//!
//! [`Limits`] bound depth, lengths, elements and bytes. Nothing is reserved by an announced number, and nothing recurses:
//! memory and time follow the bytes that came.
//!
//! # Sources
//!
//! The RESP specification of Redis' documentation, the RESP3 specification (`antirez/RESP3`) for streamed types and
//! attributes, and the server's `networking.c` for requests. Where the two specifications differ, what a real server sends is
//! read: exponents in doubles, a leading plus sign, `-nan`.

mod bytes;
mod command;
mod decoder;
mod encoder;
mod error;
mod event;
mod inline;
mod input;
mod limits;
mod number;
mod request;
mod scan;
mod tape;
mod text;
mod value;
mod view;

pub use bytes::Bytes;
pub use command::{Prefix, PrefixError, encode_command, encode_pipeline};
pub use decoder::{Batch, Decoder, State};
pub use encoder::{EncodeError, Encoder, Protocol};
pub use error::{CommitError, Error, ErrorKind};
pub use inline::{UnbalancedQuotes, split_inline};
pub use limits::Limits;
pub use request::{Args, Request, RequestDecoder, RequestError, RequestErrorKind, RequestLimits, RequestState};
pub use tape::{Kind, RawToken, Token, Tokens};
pub use value::{Attributed, List, PairList, Value};
pub use view::{Attributes, Chunks, Data, Items, Pairs, View};
