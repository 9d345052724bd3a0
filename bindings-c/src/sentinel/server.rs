//! The sentinel.

use core::ffi::c_char;

use quorate::resp::{Decoder, Value};
use quorate::sentinel::{Error, ScriptExit, Sentinel};

use super::config::{quorate_sentinel_address, quorate_sentinel_config, read_lines};
use super::output::{Polled, quorate_sentinel_output};
use crate::boundary;
use crate::bytes::{checked, needed, quorate_buffer, quorate_bytes, slice, text};
use crate::error::*;
use crate::handle::{Handle, handle, put};
use crate::resp::decoder::quorate_resp_decoder;
use crate::resp::value::{quorate_resp_value, view_of};
use crate::saved::{NoState, Saved};
use crate::text::{Latest, Texts, c_text, explain, read, read_some};

/// A Redis Sentinel, which takes the seat of a redis-sentinel process among real ones, event for event as Redis 7.0 does.
///
/// It does no IO: time comes in as milliseconds with each input (of any clock; one that jumps is noticed, and leads to TILT),
/// randomness as a seed, and storage as "persist this" followed by "it is persisted". Tell it what happened; after each call, do
/// what its outputs say, in order. What follows a change that must be durable, such as a vote, is held back until
/// quorate_sentinel_persisted, so it cannot be sent too early. The same inputs give the same outputs everywhere.
///
///     quorate_sentinel_master_config master;
///     quorate_sentinel_config config;
///     quorate_sentinel *sentinel;
///     quorate_sentinel_output output;
///     quorate_sentinel_master_config_init(&master, "mymaster", "127.0.0.1", 6379, 2);
///     quorate_sentinel_config_init(&config, "0123456789012345678901234567890123456789", 42);
///     config.masters = &master;
///     config.master_count = 1;
///     quorate_sentinel_new(&config, NULL, 0, now, &sentinel, NULL, 0);      // 1. make it, of what was persisted
///     quorate_sentinel_tick(sentinel, now);                                 // 2. tell it what happened
///     while (quorate_sentinel_poll(sentinel, &output) == QUORATE_OK) {      // 3. do what it says
///         switch (output.kind) {
///         case QUORATE_SENTINEL_OUTPUT_CONNECT:
///             open_connection(output.as.connect.link, &output.as.connect.address);
///             break;
///         case QUORATE_SENTINEL_OUTPUT_SEND:
///             write_to(output.as.send.link, &output.as.send.wire);
///             break;
///         case QUORATE_SENTINEL_OUTPUT_PERSIST:
///             write_to_disk(output.as.persist.lines, output.as.persist.count);
///             quorate_sentinel_persisted(sentinel, output.as.persist.ticket);
///             break;
///         default:
///             break;
///         }
///     }
///
/// Links name connections, and are never used again. Late news of a link that the sentinel closed is QUORATE_ERR_UNKNOWN_LINK, and
/// is to be ignored. A refused input changes nothing. Inputs are copied where they are kept. What a function hands out is valid
/// until the same function is called again on that sentinel, or until it is freed.
pub struct quorate_sentinel {
    inner: Sentinel,
    polled: Polled,
    id: std::ffi::CString,
    address: Texts,
    status: std::ffi::CString,
    line_texts: Texts,
    lines: Vec<Line>,
    latest: Option<Latest>,
}
handle!(quorate_sentinel, b"Qsentin\x01");

/// A line that is pointed to.
#[repr(transparent)]
struct Line(*const c_char);

// SAFETY: the pointers are read by the caller of the library alone, who uses a handle in one thread at a time.
unsafe impl Send for Line {}

/// How a script ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum quorate_sentinel_script_exit {
    /// With a code: 0 is success, 1 asks for another try, anything else gives up.
    QUORATE_SENTINEL_SCRIPT_CODE = 0,
    /// By a signal. It is tried again.
    QUORATE_SENTINEL_SCRIPT_SIGNAL = 1,
    /// It could not be started.
    QUORATE_SENTINEL_SCRIPT_NOT_STARTED = 2,
}

impl quorate_sentinel {
    fn of(inner: Sentinel) -> Self {
        Self {
            inner,
            polled: Polled::default(),
            id: Default::default(),
            address: Texts::default(),
            status: Default::default(),
            line_texts: Texts::default(),
            lines: Vec::new(),
            latest: None,
        }
    }

    fn refused(&mut self, error: &Error) -> quorate_status {
        self.latest.insert(Latest::new(error, error.code())).status
    }
}

/// Tells the sentinel something.
///
/// # Safety
/// As [`Handle::get_mut`].
unsafe fn tell(
    sentinel: *mut quorate_sentinel,
    input: impl FnOnce(&mut Sentinel) -> Result<(), Error>,
) -> Result<quorate_status, quorate_status> {
    // SAFETY: the caller's contract.
    let sentinel = unsafe { quorate_sentinel::get_mut(sentinel) }?;
    match input(&mut sentinel.inner) {
        Ok(()) => Ok(QUORATE_OK),
        Err(error) => Err(sentinel.refused(&error)),
    }
}

/// Reads exactly one reply.
pub(super) fn one_reply(bytes: &[u8]) -> Result<Value, quorate_status> {
    let mut decoder = Decoder::default();
    decoder.feed(bytes);
    let value = match decoder.poll() {
        Ok(Some(view)) => view.to_value(),
        Ok(None) => return Err(QUORATE_ERR_INVALID_ARGUMENT),
        Err(error) => return Err(quorate_status::of_code(error.code())),
    };
    if decoder.buffered() > 0 {
        return Err(QUORATE_ERR_INVALID_ARGUMENT);
    }
    Ok(value)
}

/// A value that a decoder gave out.
///
/// # Safety
/// As [`Handle::get`] and [`view_of`].
pub(super) unsafe fn one_value(
    decoder: *const quorate_resp_decoder,
    value: *const quorate_resp_value,
) -> Result<Value, quorate_status> {
    // SAFETY: the caller's contract, for both.
    unsafe { Ok(view_of(quorate_resp_decoder::get(decoder)?, value)?.to_value()) }
}

// ---- a sentinel's life

/// Makes a sentinel that monitors what the settings name and what `count` lines say: those of a configuration file, or those
/// that were persisted last. Where both know a master, what the lines say holds. Lines that do not begin with `sentinel` are
/// passed over. Everything is copied. Free it with quorate_sentinel_free.
///
/// QUORATE_ERR_INVALID_CONFIG for a setting that is outside its range, QUORATE_ERR_INVALID_LINE for a line that cannot be read;
/// the reason is written to the `cap` bytes at `error`, ended by NUL, unless that is NULL. QUORATE_ERR_INVALID_ARGUMENT for
/// text that is not UTF-8, or a number that is none of its enum.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_sentinel_new(
    config: *const quorate_sentinel_config,
    lines: *const *const c_char,
    count: usize,
    now: i64,
    sentinel: *mut *mut quorate_sentinel,
    error: *mut c_char,
    cap: usize,
) -> quorate_status {
    boundary::status(|| {
        if sentinel.is_null() {
            return Err(QUORATE_ERR_NULL);
        }
        // SAFETY: the caller's contract, as the header says it, for both.
        let (config, lines) = unsafe { (needed(config)?.to_core()?, read_lines(lines, count)?) };
        let inner = Sentinel::new(config, &lines, now)
            // SAFETY: the caller's contract.
            .map_err(|failed| unsafe { explain(&failed, failed.code(), error, cap) })?;
        // SAFETY: the caller's contract.
        unsafe { put(sentinel, quorate_sentinel::of(inner).open()) }?;
        Ok(QUORATE_OK)
    })
}

/// Frees the sentinel and with it every view that it handed out. NULL is ignored.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_sentinel_free(sentinel: *mut quorate_sentinel) {
    // SAFETY: the caller's contract, as the header says it.
    boundary::guard(|| unsafe { quorate_sentinel::close(sentinel) });
}

/// A sentinel in the same state, which goes its own way from here. Free it with quorate_sentinel_free. NULL on misuse.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_sentinel_clone(sentinel: *const quorate_sentinel) -> *mut quorate_sentinel {
    // SAFETY: the caller's contract, as the header says it.
    boundary::guard(|| match unsafe { quorate_sentinel::get(sentinel) } {
        Ok(sentinel) => quorate_sentinel::of(sentinel.inner.clone()).open(),
        Err(_) => core::ptr::null_mut(),
    })
}

/// Appends all that the sentinel knows to `buffer`: outputs that wait to be polled and a write that is not answered, too. It is
/// for moving, showing and branching one that runs, with this version of the library. One that comes back after a crash starts
/// from its lines.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_sentinel_state(
    sentinel: *const quorate_sentinel,
    buffer: *mut quorate_buffer,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it, for both.
        let (sentinel, buffer) = unsafe { (quorate_sentinel::get(sentinel)?, quorate_buffer::get_mut(buffer)?) };
        buffer.bytes.extend(sentinel.inner.save());
        Ok(QUORATE_OK)
    })
}

/// Makes a sentinel that goes on where the one that quorate_sentinel_state was asked of was. Free it with quorate_sentinel_free.
///
/// QUORATE_ERR_INVALID_STATE if the `len` bytes at `data` are none; the reason is written to the `cap` bytes at `error`, ended by
/// NUL, unless that is NULL. Damage is found by a hash. Who forges a state gets a sentinel whose calls may be QUORATE_ERR_PANIC.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_sentinel_from_state(
    data: *const u8,
    len: usize,
    sentinel: *mut *mut quorate_sentinel,
    error: *mut c_char,
    cap: usize,
) -> quorate_status {
    boundary::status(|| {
        if sentinel.is_null() {
            return Err(QUORATE_ERR_NULL);
        }
        // SAFETY: the caller's contract, as the header says it.
        let inner = Sentinel::load(unsafe { slice(data, len) }?)
            // SAFETY: the caller's contract.
            .map_err(|failed| unsafe { explain(&failed, NoState::CODE, error, cap) })?;
        // SAFETY: the caller's contract.
        unsafe { put(sentinel, quorate_sentinel::of(inner).open()) }?;
        Ok(QUORATE_OK)
    })
}

// ---- outputs

/// The next thing to do. QUORATE_NOTHING, and `output` is left alone, when there is nothing, or when a write must be answered
/// first; the views of the output before stay valid then.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_sentinel_poll(
    sentinel: *mut quorate_sentinel,
    output: *mut quorate_sentinel_output,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let sentinel = unsafe { quorate_sentinel::get_mut(sentinel) }?;
        if output.is_null() {
            return Err(QUORATE_ERR_NULL);
        }
        let Some(next) = sentinel.inner.poll() else {
            return Ok(QUORATE_NOTHING);
        };
        // SAFETY: the caller's contract.
        unsafe { put(output, sentinel.polled.keep(next)) }?;
        Ok(QUORATE_OK)
    })
}

// ---- inputs

/// The clock reads `now`. To be called about every quorate_sentinel_tick_period milliseconds. Cost: linear in the instances,
/// and low for those for which nothing is due.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_sentinel_tick(sentinel: *mut quorate_sentinel, now: i64) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        unsafe { quorate_sentinel::get_mut(sentinel) }?.inner.tick(now);
        Ok(QUORATE_OK)
    })
}

/// The connection stands. QUORATE_ERR_UNKNOWN_LINK for one that was closed meanwhile.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_sentinel_connected(sentinel: *mut quorate_sentinel, link: u64) -> quorate_status {
    // SAFETY: the caller's contract, as the header says it.
    boundary::status(|| unsafe { tell(sentinel, |sentinel| sentinel.connected(link)) })
}

/// The connection is gone, or did not come about. QUORATE_ERR_UNKNOWN_LINK for one that was closed meanwhile.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_sentinel_disconnected(sentinel: *mut quorate_sentinel, link: u64) -> quorate_status {
    // SAFETY: the caller's contract, as the header says it.
    boundary::status(|| unsafe { tell(sentinel, |sentinel| sentinel.disconnected(link)) })
}

/// A reply came: a value that `decoder` gave out. Everything that comes over a link goes in here, messages of a subscription too.
///
/// QUORATE_ERR_UNKNOWN_LINK, QUORATE_ERR_UNEXPECTED_REPLY for one that no command waits for, QUORATE_ERR_STALE for a value that is
/// not of the decoder's latest poll.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_sentinel_reply(
    sentinel: *mut quorate_sentinel,
    link: u64,
    decoder: *const quorate_resp_decoder,
    value: *const quorate_resp_value,
    now: i64,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let value = unsafe { one_value(decoder, value) }?;
        // SAFETY: the caller's contract.
        unsafe { tell(sentinel, |sentinel| sentinel.reply(link, &value, now)) }
    })
}

/// The same for a reply as the `len` bytes of its wire form.
///
/// QUORATE_ERR_INVALID_ARGUMENT unless they are one whole reply, or why they cannot be read; else as quorate_sentinel_reply.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_sentinel_reply_bytes(
    sentinel: *mut quorate_sentinel,
    link: u64,
    data: *const u8,
    len: usize,
    now: i64,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let value = one_reply(unsafe { slice(data, len) }?)?;
        // SAFETY: the caller's contract.
        unsafe { tell(sentinel, |sentinel| sentinel.reply(link, &value, now)) }
    })
}

/// A message came over a subscription, for drivers that take them apart themselves: its `len` bytes. QUORATE_ERR_UNKNOWN_LINK.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_sentinel_message(
    sentinel: *mut quorate_sentinel,
    link: u64,
    data: *const u8,
    len: usize,
    now: i64,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let payload = unsafe { slice(data, len) }?;
        // SAFETY: the caller's contract.
        unsafe { tell(sentinel, |sentinel| sentinel.message(link, payload, now)) }
    })
}

/// A client sent a command, be it another sentinel: `count` arguments at `args`, the first of which is its name, as
/// quorate_resp_request_decoder_poll gives them. QUORATE_SENTINEL_OUTPUT_REPLY answers. Clients are called as the caller likes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_sentinel_command(
    sentinel: *mut quorate_sentinel,
    client: u64,
    args: *const quorate_bytes,
    count: usize,
    now: i64,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let (owner, args) = unsafe { (quorate_sentinel::get_mut(sentinel)?, checked(args, count)?) };
        let args: Vec<&[u8]> = args.iter().map(AsRef::as_ref).collect();
        owner.inner.command(client, &args, now);
        Ok(QUORATE_OK)
    })
}

/// A client is gone.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_sentinel_client_closed(
    sentinel: *mut quorate_sentinel,
    client: u64,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        unsafe { quorate_sentinel::get_mut(sentinel) }?
            .inner
            .client_closed(client);
        Ok(QUORATE_OK)
    })
}

/// A name was looked up: its IP address, or NULL if there is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_sentinel_resolved(
    sentinel: *mut quorate_sentinel,
    host: *const c_char,
    ip: *const c_char,
    now: i64,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let (owner, host, ip) = unsafe { (quorate_sentinel::get_mut(sentinel)?, read(host)?, read_some(ip)?) };
        owner.inner.resolved(host, ip, now);
        Ok(QUORATE_OK)
    })
}

/// A script ended as that quorate_sentinel_script_exit says; `number` is its exit code or signal. QUORATE_ERR_UNKNOWN_SCRIPT if it
/// does not run.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_sentinel_script_finished(
    sentinel: *mut quorate_sentinel,
    script: u64,
    exit: u32,
    number: u8,
    now: i64,
) -> quorate_status {
    boundary::status(|| {
        let exit = match exit {
            0 => ScriptExit::Code(number),
            1 => ScriptExit::Signal(number),
            2 => ScriptExit::NotStarted,
            _ => return Err(QUORATE_ERR_INVALID_ARGUMENT),
        };
        // SAFETY: the caller's contract, as the header says it.
        unsafe { tell(sentinel, |sentinel| sentinel.script_finished(script, exit, now)) }
    })
}

/// The lines of that ticket are durable. QUORATE_ERR_UNKNOWN_TICKET if it was not given out, or was answered already.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_sentinel_persisted(sentinel: *mut quorate_sentinel, ticket: u64) -> quorate_status {
    // SAFETY: the caller's contract, as the header says it.
    boundary::status(|| unsafe { tell(sentinel, |sentinel| sentinel.persisted(ticket)) })
}

// ---- questions

/// The run id, ended by NUL. NULL on misuse.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_sentinel_id(sentinel: *mut quorate_sentinel) -> *const c_char {
    boundary::guard(|| {
        // SAFETY: the caller's contract, as the header says it.
        match unsafe { quorate_sentinel::get_mut(sentinel) } {
            Ok(sentinel) => {
                sentinel.id = c_text(sentinel.inner.id().into());
                sentinel.id.as_ptr()
            }
            Err(_) => core::ptr::null(),
        }
    })
}

/// The epoch that all masters share. 0 on misuse.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_sentinel_current_epoch(sentinel: *const quorate_sentinel) -> u64 {
    boundary::guard(|| {
        // SAFETY: the caller's contract, as the header says it.
        unsafe { quorate_sentinel::get(sentinel) }.map_or(0, |sentinel| sentinel.inner.current_epoch())
    })
}

/// Whether time is not believed at present, so that nothing is done. False on misuse.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_sentinel_in_tilt(sentinel: *const quorate_sentinel) -> bool {
    // SAFETY: the caller's contract, as the header says it.
    boundary::guard(|| unsafe { quorate_sentinel::get(sentinel) }.is_ok_and(|sentinel| sentinel.inner.in_tilt()))
}

/// How long to wait for the next tick, in milliseconds: 52 to 100, drawn anew at each. 0 on misuse.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_sentinel_tick_period(sentinel: *const quorate_sentinel) -> u32 {
    boundary::guard(|| {
        // SAFETY: the caller's contract, as the header says it.
        let sentinel = unsafe { quorate_sentinel::get(sentinel) };
        sentinel.map_or(0, |sentinel| {
            u32::try_from(sentinel.inner.tick_period()).unwrap_or_default()
        })
    })
}

/// Where the master of that name is, as SENTINEL GET-MASTER-ADDR-BY-NAME says it. QUORATE_NOTHING if none of that name is
/// monitored.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_sentinel_master_address(
    sentinel: *mut quorate_sentinel,
    name: *const c_char,
    address: *mut quorate_sentinel_address,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let (owner, name) = unsafe { (quorate_sentinel::get_mut(sentinel)?, read(name)?) };
        if address.is_null() {
            return Err(QUORATE_ERR_NULL);
        }
        let Some(found) = owner.inner.master_address(name) else {
            return Ok(QUORATE_NOTHING);
        };
        owner.address.clear();
        // SAFETY: the caller's contract.
        unsafe { put(address, quorate_sentinel_address::of(found, &mut owner.address)) }?;
        Ok(QUORATE_OK)
    })
}

/// All that the sentinel knows and believes, as a JSON object in one line, ended by NUL: its id, epoch and TILT, and the masters
/// with their replicas and sentinels, flags, votes, epochs, how far a failover is, and times as they came in.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_sentinel_status(
    sentinel: *mut quorate_sentinel,
    status: *mut *const c_char,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let sentinel = unsafe { quorate_sentinel::get_mut(sentinel) }?;
        if status.is_null() {
            return Err(QUORATE_ERR_NULL);
        }
        sentinel.status = c_text(crate::json::value(&sentinel.inner.status()).to_string());
        // SAFETY: the caller's contract.
        unsafe { put(status, sentinel.status.as_ptr()) }?;
        Ok(QUORATE_OK)
    })
}

/// What would be persisted now: `count` lines, each ended by NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_sentinel_lines(
    sentinel: *mut quorate_sentinel,
    lines: *mut *const *const c_char,
    count: *mut usize,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let sentinel = unsafe { quorate_sentinel::get_mut(sentinel) }?;
        if lines.is_null() || count.is_null() {
            return Err(QUORATE_ERR_NULL);
        }
        sentinel.line_texts.clear();
        let kept = sentinel.line_texts.keep_all(&sentinel.inner.lines());
        sentinel.lines = kept.into_iter().map(Line).collect();
        // SAFETY: the caller's contract, for both; a `Line` is what it wraps.
        unsafe {
            put(lines, sentinel.lines.as_ptr().cast())?;
            put(count, sentinel.lines.len())?;
        }
        Ok(QUORATE_OK)
    })
}

/// A hash of everything that the sentinel knows, the same on every platform and in every language. 0 on misuse.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_sentinel_state_hash(sentinel: *const quorate_sentinel) -> u64 {
    boundary::guard(|| {
        // SAFETY: the caller's contract, as the header says it.
        unsafe { quorate_sentinel::get(sentinel) }.map_or(0, |sentinel| sentinel.inner.state_hash())
    })
}

// ---- errors

/// The status of the call that was refused last, by a rule of the sentinel; QUORATE_OK if none was.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_sentinel_error_code(sentinel: *const quorate_sentinel) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let sentinel = unsafe { quorate_sentinel::get(sentinel) }?;
        Ok(sentinel.latest.as_ref().map_or(QUORATE_OK, |latest| latest.status))
    })
}

/// Writes the same error in words, such as "link 7 is not open": at most `cap` bytes, ended by NUL. Returns the length of the
/// whole text without the NUL, as snprintf does. 0, and nothing written, when there was none, or on misuse.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_sentinel_error(
    sentinel: *const quorate_sentinel,
    buf: *mut c_char,
    cap: usize,
) -> usize {
    boundary::guard(|| {
        // SAFETY: the caller's contract, as the header says it.
        let sentinel = unsafe { quorate_sentinel::get(sentinel) };
        match sentinel.ok().and_then(|sentinel| sentinel.latest.as_ref()) {
            // SAFETY: the caller's contract.
            Some(error) => unsafe { text(error, buf, cap) },
            None => 0,
        }
    })
}
