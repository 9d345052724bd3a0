//! Commands, as clients send them.

use quorate::resp::{Prefix, encode_command, encode_pipeline};

use crate::boundary;
use crate::bytes::{Checked, checked, quorate_buffer, quorate_bytes, slice};
use crate::error::*;
use crate::handle::{Handle, handle};

/// One command of a pipeline: its name and arguments, in that order.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct quorate_resp_command {
    /// `count` arguments; the first is the command's name.
    pub args: *const quorate_bytes,
    /// How many.
    pub count: usize,
}

/// The first words of a command that is sent often, encoded once.
pub struct quorate_resp_prefix {
    inner: Prefix,
}
handle!(quorate_resp_prefix, b"Qprefix\x01");

/// How many arguments are kept on the stack: more than nearly every command has.
const FEW: usize = 16;

/// Lends the arguments to `run` in the form that the core takes, without an allocation for few of them.
fn with_args<R>(args: &[Checked], run: impl FnOnce(&[&[u8]]) -> R) -> R {
    if args.len() <= FEW {
        let mut few: [&[u8]; FEW] = [&[]; FEW];
        for (to, from) in few.iter_mut().zip(args) {
            *to = from.as_ref();
        }
        run(&few[..args.len()])
    } else {
        run(&args.iter().map(AsRef::as_ref).collect::<Vec<_>>())
    }
}

/// Appends one command to `buffer`: `count` arguments at `args`, the first of which is the command's name.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_resp_encode_command(
    args: *const quorate_bytes,
    count: usize,
    buffer: *mut quorate_buffer,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let args = unsafe { checked(args, count) }?;
        // SAFETY: the caller's contract.
        let buffer = unsafe { quorate_buffer::get_mut(buffer) }?;
        buffer.check(args)?;
        with_args(args, |args| encode_command(args, &mut buffer.bytes));
        Ok(QUORATE_OK)
    })
}

/// Appends `count` commands to `buffer`, or none of them on an error.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_resp_encode_pipeline(
    commands: *const quorate_resp_command,
    count: usize,
    buffer: *mut quorate_buffer,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let commands = unsafe { slice(commands, count) }?;
        // SAFETY: the caller's contract.
        let buffer = unsafe { quorate_buffer::get_mut(buffer) }?;
        let mut args: Vec<&[u8]> = Vec::new();
        let mut ends = Vec::with_capacity(commands.len());
        for command in commands {
            // SAFETY: the caller's contract.
            let words = unsafe { checked(command.args, command.count) }?;
            buffer.check(words)?;
            args.extend(words.iter().map(AsRef::as_ref));
            ends.push(args.len());
        }
        let starts = core::iter::once(0).chain(ends.iter().copied());
        let commands = starts.zip(&ends).map(|(start, &end)| &args[start..end]);
        encode_pipeline(commands, &mut buffer.bytes);
        Ok(QUORATE_OK)
    })
}

/// Encodes the first `count` words at `fixed` of a command that will be given `more` further arguments each time. The words are
/// copied. Free it with quorate_resp_prefix_free. NULL if `fixed` is not usable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_resp_prefix_new(
    fixed: *const quorate_bytes,
    count: usize,
    more: usize,
) -> *mut quorate_resp_prefix {
    boundary::guard(|| {
        // SAFETY: the caller's contract, as the header says it.
        let Ok(fixed) = (unsafe { checked(fixed, count) }) else {
            return core::ptr::null_mut();
        };
        quorate_resp_prefix {
            inner: with_args(fixed, |fixed| Prefix::new(fixed, more)),
        }
        .open()
    })
}

/// Frees the prefix. NULL is ignored.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_resp_prefix_free(prefix: *mut quorate_resp_prefix) {
    // SAFETY: the caller's contract, as the header says it.
    boundary::guard(|| unsafe { quorate_resp_prefix::close(prefix) });
}

/// Appends the command to `buffer`: the prefix's words, then the `count` arguments at `rest`.
///
/// QUORATE_ERR_WRONG_ARGUMENT_COUNT if `count` is not what the prefix was made for.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_resp_prefix_encode(
    prefix: *const quorate_resp_prefix,
    rest: *const quorate_bytes,
    count: usize,
    buffer: *mut quorate_buffer,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let prefix = unsafe { quorate_resp_prefix::get(prefix) }?;
        // SAFETY: the caller's contract.
        let rest = unsafe { checked(rest, count) }?;
        // SAFETY: the caller's contract.
        let buffer = unsafe { quorate_buffer::get_mut(buffer) }?;
        buffer.check(rest)?;
        match with_args(rest, |rest| prefix.inner.encode(rest, &mut buffer.bytes)) {
            Ok(()) => Ok(QUORATE_OK),
            Err(error) => Err(quorate_status::of_code(error.code())),
        }
    })
}
