//! The codec: decoders that report where their tape lies, and encoders that read a run of calls.

pub mod decoder;
pub mod encoder;
pub mod request;
mod text;
