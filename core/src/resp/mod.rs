//! RESP, the wire of Redis: both protocols, both directions.
mod bytes;
mod decoder;
mod error;
mod event;
mod input;
mod limits;
mod number;
mod scan;
mod tape;
mod text;
mod value;
mod view;

pub use bytes::Bytes;
pub use decoder::{Batch, Decoder, State};
pub use error::{CommitError, Error, ErrorKind};
pub use limits::Limits;
pub use tape::{Kind, RawToken, Token, Tokens};
pub use value::{Attributed, List, PairList, Value};
pub use view::{Attributes, Chunks, Data, Items, Pairs, View};
