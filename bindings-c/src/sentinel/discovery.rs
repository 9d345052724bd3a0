//! How a client finds the primary and its replicas through sentinels, and learns that they changed.

use core::ffi::c_char;

use quorate::sentinel::discovery::{Discovery, Error, ReadPreference};

use super::config::quorate_sentinel_address;
use super::discovery_config::quorate_sentinel_discovery_config;
use super::discovery_output::{Polled, quorate_sentinel_discovery_output, quorate_sentinel_node_role};
use super::server::{one_reply, one_value};
use crate::boundary;
use crate::bytes::{needed, quorate_buffer, slice, text};
use crate::error::*;
use crate::handle::{Handle, handle, put};
use crate::resp::decoder::quorate_resp_decoder;
use crate::resp::value::quorate_resp_value;
use crate::saved::{NoState, Saved};
use crate::text::{Latest, Texts, explain, read};

/// What a request wants to reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum quorate_sentinel_read_preference {
    /// The primary.
    QUORATE_SENTINEL_WANT_PRIMARY = 0,
    /// A replica, and nothing else.
    QUORATE_SENTINEL_WANT_REPLICA = 1,
    /// A replica, or the primary where no replica is fit.
    QUORATE_SENTINEL_WANT_REPLICA_OR_PRIMARY = 2,
    /// Any server, by weight.
    QUORATE_SENTINEL_WANT_ANY = 3,
}

/// How a client of Redis finds the primary and its replicas through sentinels, and learns that they changed. It opens no
/// connection; time comes in as milliseconds of a clock that never goes back.
///
/// Ask with quorate_sentinel_discovery_request before every connection, also one that replaces a broken one: addresses are
/// never remembered. The answer, QUORATE_SENTINEL_DISCOVERY_RESOLVED, is a connection that stands, to a server that has said
/// itself that it is what was asked for. It is the caller's from then on; say quorate_sentinel_discovery_disconnected when it
/// ends, quorate_sentinel_discovery_refused when a command over it is answered with an error, and close it at
/// QUORATE_SENTINEL_DISCOVERY_INVALIDATE. Call quorate_sentinel_discovery_tick at quorate_sentinel_discovery_next_tick.
///
///     quorate_sentinel_address known = {"10.0.0.9", NULL, 26379};
///     quorate_sentinel_discovery_config config;
///     quorate_sentinel_discovery *discovery;
///     quorate_sentinel_discovery_config_init(&config, "mymaster", &known, 1);
///     quorate_sentinel_discovery_new(&config, &discovery, NULL, 0);                                       // 1. make it
///     quorate_sentinel_discovery_request(discovery, QUORATE_SENTINEL_WANT_PRIMARY, now, NULL);            // 2. tell it
///     while (quorate_sentinel_discovery_poll(discovery, &output) == QUORATE_OK) { ... }                   // 3. do what it says
///
/// A refused input changes nothing. What a function hands out is valid until the same function is called again on that discovery,
/// or until it is freed.
pub struct quorate_sentinel_discovery {
    inner: Discovery,
    polled: Polled,
    primary: Texts,
    sentinel_texts: Texts,
    sentinels: Vec<quorate_sentinel_address>,
    link_texts: Texts,
    links: Vec<quorate_sentinel_handed_out>,
    latest: Option<Latest>,
}
handle!(quorate_sentinel_discovery, b"Qdiscov\x01");

/// A connection that was handed out.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct quorate_sentinel_handed_out {
    /// What it is called.
    pub link: u64,
    /// Where it leads.
    pub address: quorate_sentinel_address,
    /// To what.
    pub role: quorate_sentinel_node_role,
}

impl quorate_sentinel_discovery {
    fn of(inner: Discovery) -> Self {
        Self {
            inner,
            polled: Polled::default(),
            primary: Texts::default(),
            sentinel_texts: Texts::default(),
            sentinels: Vec::new(),
            link_texts: Texts::default(),
            links: Vec::new(),
            latest: None,
        }
    }
}

/// Tells the discovery something, and gives its answer.
///
/// # Safety
/// As [`Handle::get_mut`].
unsafe fn tell<T>(
    discovery: *mut quorate_sentinel_discovery,
    input: impl FnOnce(&mut Discovery) -> Result<T, Error>,
) -> Result<T, quorate_status> {
    // SAFETY: the caller's contract.
    let discovery = unsafe { quorate_sentinel_discovery::get_mut(discovery) }?;
    input(&mut discovery.inner).map_err(|error| discovery.latest.insert(Latest::new(&error, error.code())).status)
}

// ---- a discovery's life

/// Makes a discovery that knows nothing yet but the settings' sentinels. Everything is copied. Free it with
/// quorate_sentinel_discovery_free.
///
/// QUORATE_ERR_INVALID_CONFIG for a setting that is outside its range; the reason is written to the `cap` bytes at `error`,
/// ended by NUL, unless that is NULL. QUORATE_ERR_INVALID_ARGUMENT for text that is not UTF-8, or a number that is none of its
/// enum.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_sentinel_discovery_new(
    config: *const quorate_sentinel_discovery_config,
    discovery: *mut *mut quorate_sentinel_discovery,
    error: *mut c_char,
    cap: usize,
) -> quorate_status {
    boundary::status(|| {
        if discovery.is_null() {
            return Err(QUORATE_ERR_NULL);
        }
        // SAFETY: the caller's contract, as the header says it.
        let config = unsafe { needed(config)?.to_core() }?;
        let inner = Discovery::new(config)
            // SAFETY: the caller's contract.
            .map_err(|failed| unsafe { explain(&failed, failed.code(), error, cap) })?;
        // SAFETY: the caller's contract.
        unsafe { put(discovery, quorate_sentinel_discovery::of(inner).open()) }?;
        Ok(QUORATE_OK)
    })
}

/// Frees the discovery and with it every view that it handed out. NULL is ignored.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_sentinel_discovery_free(discovery: *mut quorate_sentinel_discovery) {
    // SAFETY: the caller's contract, as the header says it.
    boundary::guard(|| unsafe { quorate_sentinel_discovery::close(discovery) });
}

/// A discovery in the same state, which goes its own way from here. Free it with quorate_sentinel_discovery_free. NULL on misuse.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_sentinel_discovery_clone(
    discovery: *const quorate_sentinel_discovery,
) -> *mut quorate_sentinel_discovery {
    // SAFETY: the caller's contract, as the header says it.
    boundary::guard(|| match unsafe { quorate_sentinel_discovery::get(discovery) } {
        Ok(discovery) => quorate_sentinel_discovery::of(discovery.inner.clone()).open(),
        Err(_) => core::ptr::null_mut(),
    })
}

/// Appends all that the discovery knows to `buffer`, outputs that wait to be polled too: for moving, showing and branching one
/// that runs, with this version of the library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_sentinel_discovery_state(
    discovery: *const quorate_sentinel_discovery,
    buffer: *mut quorate_buffer,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it, for both.
        let (discovery, buffer) = unsafe {
            (
                quorate_sentinel_discovery::get(discovery)?,
                quorate_buffer::get_mut(buffer)?,
            )
        };
        buffer.bytes.extend(discovery.inner.save());
        Ok(QUORATE_OK)
    })
}

/// Makes a discovery that goes on where the one that quorate_sentinel_discovery_state was asked of was. Errors as of
/// quorate_sentinel_from_state. Free it with quorate_sentinel_discovery_free.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_sentinel_discovery_from_state(
    data: *const u8,
    len: usize,
    discovery: *mut *mut quorate_sentinel_discovery,
    error: *mut c_char,
    cap: usize,
) -> quorate_status {
    boundary::status(|| {
        if discovery.is_null() {
            return Err(QUORATE_ERR_NULL);
        }
        // SAFETY: the caller's contract, as the header says it.
        let inner = Discovery::load(unsafe { slice(data, len) }?)
            // SAFETY: the caller's contract.
            .map_err(|failed| unsafe { explain(&failed, NoState::CODE, error, cap) })?;
        // SAFETY: the caller's contract.
        unsafe { put(discovery, quorate_sentinel_discovery::of(inner).open()) }?;
        Ok(QUORATE_OK)
    })
}

/// The next thing to do. QUORATE_NOTHING, and `output` is left alone, when there is nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_sentinel_discovery_poll(
    discovery: *mut quorate_sentinel_discovery,
    output: *mut quorate_sentinel_discovery_output,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let discovery = unsafe { quorate_sentinel_discovery::get_mut(discovery) }?;
        if output.is_null() {
            return Err(QUORATE_ERR_NULL);
        }
        let Some(next) = discovery.inner.poll() else {
            return Ok(QUORATE_NOTHING);
        };
        // SAFETY: the caller's contract.
        unsafe { put(output, discovery.polled.keep(next)) }?;
        Ok(QUORATE_OK)
    })
}

// ---- inputs

/// Asks for a connection to what that quorate_sentinel_read_preference says. QUORATE_SENTINEL_DISCOVERY_RESOLVED or
/// QUORATE_SENTINEL_DISCOVERY_FAILED answers. `request`, unless it is NULL, becomes its name, which is never used again.
///
/// QUORATE_ERR_TOO_MANY_REQUESTS.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_sentinel_discovery_request(
    discovery: *mut quorate_sentinel_discovery,
    preference: u32,
    now: i64,
    request: *mut u64,
) -> quorate_status {
    boundary::status(|| {
        let preference = match preference {
            0 => ReadPreference::Primary,
            1 => ReadPreference::Replica,
            2 => ReadPreference::ReplicaOrPrimary,
            3 => ReadPreference::Any,
            _ => return Err(QUORATE_ERR_INVALID_ARGUMENT),
        };
        // SAFETY: the caller's contract, as the header says it.
        let named = unsafe { tell(discovery, |discovery| discovery.request(preference, now)) }?;
        if !request.is_null() {
            // SAFETY: the caller's contract.
            unsafe { put(request, named) }?;
        }
        Ok(QUORATE_OK)
    })
}

/// Nobody waits for that request any more. QUORATE_ERR_UNKNOWN_REQUEST.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_sentinel_discovery_cancel(
    discovery: *mut quorate_sentinel_discovery,
    request: u64,
    now: i64,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        unsafe { tell(discovery, |discovery| discovery.cancel(request, now)) }?;
        Ok(QUORATE_OK)
    })
}

/// The connection stands. QUORATE_ERR_UNKNOWN_LINK for one that was closed meanwhile.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_sentinel_discovery_connected(
    discovery: *mut quorate_sentinel_discovery,
    link: u64,
    now: i64,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        unsafe { tell(discovery, |discovery| discovery.connected(link, now)) }?;
        Ok(QUORATE_OK)
    })
}

/// The connection is gone, or did not come about: one that was asked for, or one that was handed out. QUORATE_ERR_UNKNOWN_LINK for
/// one that was closed meanwhile.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_sentinel_discovery_disconnected(
    discovery: *mut quorate_sentinel_discovery,
    link: u64,
    now: i64,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        unsafe { tell(discovery, |discovery| discovery.disconnected(link, now)) }?;
        Ok(QUORATE_OK)
    })
}

/// A reply came, or a push: a value that `decoder` gave out. Everything that comes over a link goes in here, but for those that
/// were handed out.
///
/// QUORATE_ERR_UNKNOWN_LINK, QUORATE_ERR_UNEXPECTED_REPLY, QUORATE_ERR_STALE for a value that is not of the decoder's latest poll.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_sentinel_discovery_reply(
    discovery: *mut quorate_sentinel_discovery,
    link: u64,
    decoder: *const quorate_resp_decoder,
    value: *const quorate_resp_value,
    now: i64,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let value = unsafe { one_value(decoder, value) }?;
        // SAFETY: the caller's contract.
        unsafe { tell(discovery, |discovery| discovery.reply(link, &value, now)) }?;
        Ok(QUORATE_OK)
    })
}

/// The same for a reply as the `len` bytes of its wire form.
///
/// QUORATE_ERR_INVALID_ARGUMENT unless they are one whole reply, or why they cannot be read; else as
/// quorate_sentinel_discovery_reply.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_sentinel_discovery_reply_bytes(
    discovery: *mut quorate_sentinel_discovery,
    link: u64,
    data: *const u8,
    len: usize,
    now: i64,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let value = one_reply(unsafe { slice(data, len) }?)?;
        // SAFETY: the caller's contract.
        unsafe { tell(discovery, |discovery| discovery.reply(link, &value, now)) }?;
        Ok(QUORATE_OK)
    })
}

/// A message came over a subscription, for drivers that take them apart themselves: its channel, ended by NUL, and the `len` bytes
/// of its payload. QUORATE_ERR_UNKNOWN_LINK.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_sentinel_discovery_message(
    discovery: *mut quorate_sentinel_discovery,
    link: u64,
    channel: *const c_char,
    data: *const u8,
    len: usize,
    now: i64,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let (channel, payload) = unsafe { (read(channel)?, slice(data, len)?) };
        // SAFETY: the caller's contract.
        unsafe { tell(discovery, |discovery| discovery.message(link, channel, payload, now)) }?;
        Ok(QUORATE_OK)
    })
}

/// A command over a connection that was handed out was answered with that error, such as "READONLY You can't ...", without the
/// `-`. `useless`, unless it is NULL, becomes whether the connection is of no use any more: then it, and all others to that
/// server, are given up with QUORATE_SENTINEL_DISCOVERY_INVALIDATE. QUORATE_ERR_UNKNOWN_LINK.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_sentinel_discovery_refused(
    discovery: *mut quorate_sentinel_discovery,
    link: u64,
    data: *const u8,
    len: usize,
    now: i64,
    useless: *mut bool,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let error = unsafe { slice(data, len) }?;
        // SAFETY: the caller's contract.
        let given_up = unsafe { tell(discovery, |discovery| discovery.refused(link, error, now)) }?;
        if !useless.is_null() {
            // SAFETY: the caller's contract.
            unsafe { put(useless, given_up) }?;
        }
        Ok(QUORATE_OK)
    })
}

/// The clock reads `now`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_sentinel_discovery_tick(
    discovery: *mut quorate_sentinel_discovery,
    now: i64,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        unsafe { quorate_sentinel_discovery::get_mut(discovery) }?
            .inner
            .tick(now);
        Ok(QUORATE_OK)
    })
}

// ---- questions

/// When quorate_sentinel_discovery_tick has something to do next, to `at`. QUORATE_NOTHING while nothing is under way.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_sentinel_discovery_next_tick(
    discovery: *const quorate_sentinel_discovery,
    at: *mut i64,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let discovery = unsafe { quorate_sentinel_discovery::get(discovery) }?;
        if at.is_null() {
            return Err(QUORATE_ERR_NULL);
        }
        let Some(next) = discovery.inner.next_tick_ms() else {
            return Ok(QUORATE_NOTHING);
        };
        // SAFETY: the caller's contract.
        unsafe { put(at, next) }?;
        Ok(QUORATE_OK)
    })
}

/// The server that said last that it is the primary, as it is announced. It is no answer to where the primary is.
/// QUORATE_NOTHING if none has said so.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_sentinel_discovery_primary(
    discovery: *mut quorate_sentinel_discovery,
    address: *mut quorate_sentinel_address,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let discovery = unsafe { quorate_sentinel_discovery::get_mut(discovery) }?;
        if address.is_null() {
            return Err(QUORATE_ERR_NULL);
        }
        let Some(primary) = discovery.inner.primary() else {
            return Ok(QUORATE_NOTHING);
        };
        discovery.primary.clear();
        let view = quorate_sentinel_address::of(primary, &mut discovery.primary);
        // SAFETY: the caller's contract.
        unsafe { put(address, view) }?;
        Ok(QUORATE_OK)
    })
}

/// The sentinels, in the order in which they are asked next: `count` of them.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_sentinel_discovery_sentinels(
    discovery: *mut quorate_sentinel_discovery,
    sentinels: *mut *const quorate_sentinel_address,
    count: *mut usize,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let discovery = unsafe { quorate_sentinel_discovery::get_mut(discovery) }?;
        if sentinels.is_null() || count.is_null() {
            return Err(QUORATE_ERR_NULL);
        }
        let texts = &mut discovery.sentinel_texts;
        texts.clear();
        let known = discovery.inner.sentinels().iter();
        discovery.sentinels = known
            .map(|address| quorate_sentinel_address::of(address, texts))
            .collect();
        // SAFETY: the caller's contract, for both.
        unsafe {
            put(sentinels, discovery.sentinels.as_ptr())?;
            put(count, discovery.sentinels.len())?;
        }
        Ok(QUORATE_OK)
    })
}

/// The connections that were handed out and not ended: `count` of them.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_sentinel_discovery_handed_out(
    discovery: *mut quorate_sentinel_discovery,
    links: *mut *const quorate_sentinel_handed_out,
    count: *mut usize,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let discovery = unsafe { quorate_sentinel_discovery::get_mut(discovery) }?;
        if links.is_null() || count.is_null() {
            return Err(QUORATE_ERR_NULL);
        }
        let texts = &mut discovery.link_texts;
        texts.clear();
        let handed_out = discovery.inner.handed_out();
        discovery.links = handed_out
            .map(|(link, address, role)| quorate_sentinel_handed_out {
                link,
                address: quorate_sentinel_address::of(address, texts),
                role: quorate_sentinel_node_role::of(role),
            })
            .collect();
        // SAFETY: the caller's contract, for both.
        unsafe {
            put(links, discovery.links.as_ptr())?;
            put(count, discovery.links.len())?;
        }
        Ok(QUORATE_OK)
    })
}

/// A hash of everything that the discovery knows, the same on every platform and in every language. 0 on misuse.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_sentinel_discovery_state_hash(discovery: *const quorate_sentinel_discovery) -> u64 {
    boundary::guard(|| {
        // SAFETY: the caller's contract, as the header says it.
        let discovery = unsafe { quorate_sentinel_discovery::get(discovery) };
        discovery.map_or(0, |discovery| discovery.inner.state_hash())
    })
}

// ---- errors

/// The status of the call that was refused last, by a rule of the discovery; QUORATE_OK if none was.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_sentinel_discovery_error_code(
    discovery: *const quorate_sentinel_discovery,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let discovery = unsafe { quorate_sentinel_discovery::get(discovery) }?;
        Ok(discovery.latest.as_ref().map_or(QUORATE_OK, |latest| latest.status))
    })
}

/// Writes the same error in words: at most `cap` bytes, ended by NUL. Returns the length of the whole text without the NUL, as
/// snprintf does. 0, and nothing written, when there was none, or on misuse.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_sentinel_discovery_error(
    discovery: *const quorate_sentinel_discovery,
    buf: *mut c_char,
    cap: usize,
) -> usize {
    boundary::guard(|| {
        // SAFETY: the caller's contract, as the header says it.
        let discovery = unsafe { quorate_sentinel_discovery::get(discovery) };
        match discovery.ok().and_then(|discovery| discovery.latest.as_ref()) {
            // SAFETY: the caller's contract.
            Some(error) => unsafe { text(error, buf, cap) },
            None => 0,
        }
    })
}
