//! RESP for C. File names and nouns are the core's.

pub mod command;
pub mod decoder;
pub mod encoder;
pub mod limits;
pub mod request;
pub mod tape;
pub mod value;
