//! Quorate for C: the functions of `include/quorate.h`, which `cargo xtask gen` writes from this crate.
//!
//! The crate converts, calls the core, and converts back; it holds no protocol logic. Its rules:
//!
//! - Types and functions are named here as they are named in C, so that the generated header renames nothing. Doc comments are
//!   written for the reader of the header, in C's terms.
//! - Every exported function's body is one call of [`boundary::guard`] or [`boundary::status`]: no panic crosses the border.
//!   `tests/c/boundary.sh` checks it.
//! - A handle is a box with a [`handle`] magic number; values and cursors carry the generation of the decoder that made them.
//!   What C hands in is never trusted to be a valid Rust enum or `bool`: only its integer fields are read.
// The names are C's.
#![allow(non_camel_case_types)]
// The rules that a caller keeps are said once, at the top of the header, and where one function has its own.
#![allow(clippy::missing_safety_doc)]

#[cfg(not(panic = "unwind"))]
compile_error!("the panic boundary of the C library needs panic = \"unwind\"");

mod boundary;
pub mod bytes;
pub mod cluster;
pub mod error;
mod handle;
mod json;
pub mod raft;
pub mod replication;
pub mod resp;
mod saved;
pub mod sentinel;
pub mod sim;
mod text;

use core::ffi::c_char;

/// The version of the linked library, such as "0.1.0". Valid for ever.
#[unsafe(no_mangle)]
pub extern "C" fn quorate_version() -> *const c_char {
    boundary::guard(|| concat!(env!("CARGO_PKG_VERSION"), "\0").as_ptr().cast())
}

/// The version of the linked library as a number that grows with it; see QUORATE_VERSION_OF.
#[unsafe(no_mangle)]
pub extern "C" fn quorate_version_number() -> u32 {
    boundary::guard(|| {
        let part = |text: &str| text.parse::<u32>().unwrap_or(0);
        part(env!("CARGO_PKG_VERSION_MAJOR")) << 16
            | part(env!("CARGO_PKG_VERSION_MINOR")) << 8
            | part(env!("CARGO_PKG_VERSION_PATCH"))
    })
}
