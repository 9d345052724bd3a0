//! What can be asked of a server.

use core::ffi::c_char;

use quorate::replication::LinkState;
use serde_json::json;

use super::history::quorate_replication_history;
use super::server::quorate_replication_server;
use crate::boundary;
use crate::bytes::{quorate_bytes, text};
use crate::error::*;
use crate::handle::{Handle, put};
use crate::text::c_text;

/// How far a replica's connection to its primary is (repl_state).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum quorate_replication_link_state {
    /// There is no primary.
    QUORATE_REPLICATION_LINK_NONE = 0,
    /// There is no connection. The next cron opens one.
    QUORATE_REPLICATION_LINK_CONNECT = 1,
    /// A connection is being opened.
    QUORATE_REPLICATION_LINK_CONNECTING = 2,
    /// PING is not answered yet.
    QUORATE_REPLICATION_LINK_PING = 3,
    /// AUTH is not answered yet.
    QUORATE_REPLICATION_LINK_AUTH = 4,
    /// REPLCONF listening-port is not answered yet.
    QUORATE_REPLICATION_LINK_PORT = 5,
    /// REPLCONF ip-address is not answered yet.
    QUORATE_REPLICATION_LINK_IP = 6,
    /// REPLCONF capa is not answered yet.
    QUORATE_REPLICATION_LINK_CAPA = 7,
    /// PSYNC is not answered yet.
    QUORATE_REPLICATION_LINK_PSYNC = 8,
    /// A snapshot is being received or loaded.
    QUORATE_REPLICATION_LINK_TRANSFER = 9,
    /// The stream comes in.
    QUORATE_REPLICATION_LINK_CONNECTED = 10,
}

use quorate_replication_link_state::*;

/// Whether the server is a primary. False on misuse.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_replication_server_is_primary(server: *const quorate_replication_server) -> bool {
    boundary::guard(|| {
        // SAFETY: the caller's contract, as the header says it.
        let server = unsafe { quorate_replication_server::get(server) };
        server.is_ok_and(|server| server.inner.is_primary())
    })
}

/// Whether the stream comes in (master_link_status:up). False on misuse.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_replication_server_link_is_up(server: *const quorate_replication_server) -> bool {
    boundary::guard(|| {
        // SAFETY: the caller's contract, as the header says it.
        let server = unsafe { quorate_replication_server::get(server) };
        server.is_ok_and(|server| server.inner.link_is_up())
    })
}

/// When quorate_replication_server_tick has something to do next, in milliseconds. 0 on misuse.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_replication_server_next_tick(server: *const quorate_replication_server) -> u64 {
    boundary::guard(|| {
        // SAFETY: the caller's contract, as the header says it.
        let server = unsafe { quorate_replication_server::get(server) };
        server.map_or(0, |server| server.inner.next_tick_ms())
    })
}

/// How many replicas were good when they were last counted: once a second, and whenever one comes or goes. Not counted, and 0,
/// unless both options of min-replicas are set. 0 on misuse.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_replication_server_good_replicas(server: *const quorate_replication_server) -> u64 {
    boundary::guard(|| {
        // SAFETY: the caller's contract, as the header says it.
        let server = unsafe { quorate_replication_server::get(server) };
        server.map_or(0, |server| server.inner.good_replicas())
    })
}

/// How many online replicas have said that they have everything up to `offset`. 0 on misuse.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_replication_server_count_acknowledged(
    server: *const quorate_replication_server,
    offset: u64,
) -> u64 {
    boundary::guard(|| {
        // SAFETY: the caller's contract, as the header says it.
        let server = unsafe { quorate_replication_server::get(server) };
        server.map_or(0, |server| server.inner.count_acknowledged(offset))
    })
}

/// The connection to the primary that is open or being opened, as it was called. 0 if there is none, or on misuse.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_replication_server_link_attempt(server: *const quorate_replication_server) -> u64 {
    boundary::guard(|| {
        // SAFETY: the caller's contract, as the header says it.
        let server = unsafe { quorate_replication_server::get(server) };
        server.map_or(0, |server| server.inner.link_attempt().unwrap_or(0))
    })
}

/// A hash of everything that the server knows, the same on every platform and in every language. 0 on misuse.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_replication_server_state_hash(server: *const quorate_replication_server) -> u64 {
    boundary::guard(|| {
        // SAFETY: the caller's contract, as the header says it.
        let server = unsafe { quorate_replication_server::get(server) };
        server.map_or(0, |server| server.inner.state_hash())
    })
}

/// How far the connection to the primary is.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_replication_server_link_state(
    server: *const quorate_replication_server,
    state: *mut quorate_replication_link_state,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let server = unsafe { quorate_replication_server::get(server) }?;
        let far = match server.inner.link_state() {
            LinkState::None => QUORATE_REPLICATION_LINK_NONE,
            LinkState::Connect => QUORATE_REPLICATION_LINK_CONNECT,
            LinkState::Connecting => QUORATE_REPLICATION_LINK_CONNECTING,
            LinkState::Ping => QUORATE_REPLICATION_LINK_PING,
            LinkState::Auth => QUORATE_REPLICATION_LINK_AUTH,
            LinkState::Port => QUORATE_REPLICATION_LINK_PORT,
            LinkState::Ip => QUORATE_REPLICATION_LINK_IP,
            LinkState::Capa => QUORATE_REPLICATION_LINK_CAPA,
            LinkState::Psync => QUORATE_REPLICATION_LINK_PSYNC,
            LinkState::Transfer => QUORATE_REPLICATION_LINK_TRANSFER,
            LinkState::Connected => QUORATE_REPLICATION_LINK_CONNECTED,
        };
        // SAFETY: the caller's contract.
        unsafe { put(state, far) }?;
        Ok(QUORATE_OK)
    })
}

/// For how many seconds the link has been down that was up before, to `seconds`. QUORATE_NOTHING if it is up, or never was.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_replication_server_link_down(
    server: *const quorate_replication_server,
    seconds: *mut i64,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let server = unsafe { quorate_replication_server::get(server) }?;
        if seconds.is_null() {
            return Err(QUORATE_ERR_NULL);
        }
        let Some(down) = server.inner.link_down_s() else {
            return Ok(QUORATE_NOTHING);
        };
        // SAFETY: the caller's contract.
        unsafe { put(seconds, down) }?;
        Ok(QUORATE_OK)
    })
}

/// Where the primary is, if the server is a replica: `host`, ended by NUL, and `port`. QUORATE_NOTHING for a primary.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_replication_server_primary(
    server: *mut quorate_replication_server,
    host: *mut *const c_char,
    port: *mut u16,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let server = unsafe { quorate_replication_server::get_mut(server) }?;
        if host.is_null() || port.is_null() {
            return Err(QUORATE_ERR_NULL);
        }
        let Some(primary) = server.inner.primary() else {
            return Ok(QUORATE_NOTHING);
        };
        server.host = c_text(primary.host.clone());
        // SAFETY: the caller's contract, for both.
        unsafe {
            put(port, primary.port)?;
            put(host, server.host.as_ptr())?;
        }
        Ok(QUORATE_OK)
    })
}

/// What the data is the result of. Its id and offset are what goes into a snapshot on the disk, for
/// quorate_replication_server_restore.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_replication_server_history(
    server: *const quorate_replication_server,
    history: *mut quorate_replication_history,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let server = unsafe { quorate_replication_server::get(server) }?;
        // SAFETY: the caller's contract.
        unsafe { put(history, quorate_replication_history::of(server.inner.history())) }?;
        Ok(QUORATE_OK)
    })
}

/// What ROLE answers, as it goes over the wire, the same in RESP2 and RESP3.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_replication_server_role(
    server: *mut quorate_replication_server,
    role: *mut quorate_bytes,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let server = unsafe { quorate_replication_server::get_mut(server) }?;
        if role.is_null() {
            return Err(QUORATE_ERR_NULL);
        }
        server.role = server.inner.role().encode();
        // SAFETY: the caller's contract.
        unsafe { put(role, quorate_bytes::of(&server.role)) }?;
        Ok(QUORATE_OK)
    })
}

/// The lines of INFO replication, `name:value`, in the order and with the names of version 7.0, each ended by CR LF; the whole
/// by NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_replication_server_info(
    server: *mut quorate_replication_server,
    info: *mut *const c_char,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let server = unsafe { quorate_replication_server::get_mut(server) }?;
        if info.is_null() {
            return Err(QUORATE_ERR_NULL);
        }
        server.info = c_text(server.inner.info());
        // SAFETY: the caller's contract.
        unsafe { put(info, server.info.as_ptr()) }?;
        Ok(QUORATE_OK)
    })
}

/// What a drawing needs, as a JSON object in one line, ended by NUL: `primary` ({"host","port"}, or null for a primary),
/// `link_state`, `history`, `backlog` ({"first","next","size"}: which offsets are kept, or null), `good_replicas`, and
/// `replicas` with their addresses, states and what they acknowledged.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_replication_server_status(
    server: *mut quorate_replication_server,
    status: *mut *const c_char,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let owner = unsafe { quorate_replication_server::get_mut(server) }?;
        if status.is_null() {
            return Err(QUORATE_ERR_NULL);
        }
        let server = &owner.inner;
        let backlog = server
            .backlog()
            .map(|backlog| json!({"first": backlog.first(), "next": backlog.next(), "size": backlog.size()}));
        let replicas = server.replicas().map(|replica| {
            json!({
                "id": replica.id, "ip": replica.ip, "port": replica.port, "eof": replica.eof, "psync2": replica.psync2,
                "state": crate::json::value(&replica.state), "ack_offset": replica.ack_offset, "ack_s": replica.ack_s,
            })
        });
        let shown = json!({
            "primary": server.primary().map(crate::json::value),
            "link_state": crate::json::value(&server.link_state()),
            "history": crate::json::value(server.history()),
            "backlog": backlog,
            "good_replicas": server.good_replicas(),
            "replicas": replicas.collect::<Vec<_>>(),
        });
        owner.status = c_text(shown.to_string());
        // SAFETY: the caller's contract.
        unsafe { put(status, owner.status.as_ptr()) }?;
        Ok(QUORATE_OK)
    })
}

// ---- errors

/// The status of the call that was refused last, by a rule of replication; QUORATE_OK if none was.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_replication_server_error_code(
    server: *const quorate_replication_server,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let server = unsafe { quorate_replication_server::get(server) }?;
        Ok(server.latest.as_ref().map_or(QUORATE_OK, |latest| latest.status))
    })
}

/// Writes the same error in words, for a command that was not let through those that the server answers: at most `cap` bytes,
/// ended by NUL. Returns the length of the whole text without the NUL, as snprintf does. 0, and nothing written, when there was
/// none, or on misuse.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_replication_server_error(
    server: *const quorate_replication_server,
    buf: *mut c_char,
    cap: usize,
) -> usize {
    boundary::guard(|| {
        // SAFETY: the caller's contract, as the header says it.
        let server = unsafe { quorate_replication_server::get(server) };
        match server.ok().and_then(|server| server.latest.as_ref()) {
            // SAFETY: the caller's contract.
            Some(error) => unsafe { text(error, buf, cap) },
            None => 0,
        }
    })
}
