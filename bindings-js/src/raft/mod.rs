//! The Raft node: values come in and go out in one crossing a call.

mod codec;
mod error;
pub mod members;
pub mod node;
pub mod ready;
pub mod wire;
