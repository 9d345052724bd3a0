//! `quorate.resp`: the codec.

mod build;
mod cache;
mod classes;
pub(crate) mod command;
pub(crate) mod decoder;
pub(crate) mod encoder;
mod number;
pub(crate) mod request;
mod tail;
mod text;
