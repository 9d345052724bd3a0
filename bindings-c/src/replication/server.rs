//! The server.

use core::ffi::c_char;
use std::ffi::CString;

use quorate::replication::{Access, Error, PrimaryAddress, Server, Stored};

use super::config::quorate_replication_config;
use super::history::read_id;
use super::output::{Polled, quorate_replication_output};
use crate::boundary;
use crate::bytes::{checked, needed, quorate_buffer, quorate_bytes, slice};
use crate::error::*;
use crate::handle::{Handle, handle, put};
use crate::saved::{NoState, Saved};
use crate::text::{Latest, explain, read, read_some};

/// The replication of one redis-server, be it a primary, a replica, or a replica with replicas of its own. A real redis-server can
/// be at the other end.
///
/// It holds no data and opens no connection: the caller executes commands, freezes and loads snapshots, and carries bytes. Time
/// comes in as milliseconds of Unix time, of the server's own clock, which may jump. Tell it what happened; after each call, do
/// what its outputs say, in order.
///
///     quorate_replication_config config;
///     quorate_replication_server *server;
///     quorate_replication_output output;
///     quorate_replication_config_init(&config, 6380, seed);
///     quorate_replication_server_new(&config, now, &server, NULL, 0);                       // 1. make it
///     quorate_replication_server_replicate_from(server, "10.0.0.1", 6379, now);             // 2. tell it what happened
///     while (quorate_replication_server_poll(server, &output) == QUORATE_OK) {              // 3. do what it says
///         switch (output.kind) {
///         case QUORATE_REPLICATION_OUTPUT_CONNECT:
///             open_connection(output.as.connect.attempt, output.as.connect.host, output.as.connect.port);
///             break;
///         case QUORATE_REPLICATION_OUTPUT_SEND_TO_PRIMARY:
///             write_to(output.as.send_to_primary.to, &output.as.send_to_primary.data);
///             break;
///         case QUORATE_REPLICATION_OUTPUT_APPLY:
///             execute(output.as.apply.args, output.as.apply.count);
///             break;
///         default:
///             break;
///         }
///     }
///
/// A refused input changes nothing. Inputs are copied where they are kept. What a function hands out is valid until the same
/// function is called again on that server, or until it is freed.
pub struct quorate_replication_server {
    pub(super) inner: Server,
    polled: Polled,
    pub(super) host: CString,
    pub(super) role: Vec<u8>,
    pub(super) info: CString,
    pub(super) status: CString,
    pub(super) latest: Option<Latest>,
}
handle!(quorate_replication_server, b"Qserver\x01");

/// What a command does, as far as replication asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum quorate_replication_access {
    /// It reads data.
    QUORATE_REPLICATION_READ = 0,
    /// It may change data, or is a script or transaction that may.
    QUORATE_REPLICATION_WRITE = 1,
}

impl quorate_replication_server {
    fn of(inner: Server) -> Self {
        Self {
            inner,
            polled: Polled::default(),
            host: CString::default(),
            role: Vec::new(),
            info: CString::default(),
            status: CString::default(),
            latest: None,
        }
    }
}

/// Tells the server something, and gives its answer.
///
/// # Safety
/// As [`Handle::get_mut`].
unsafe fn tell<T>(
    server: *mut quorate_replication_server,
    input: impl FnOnce(&mut Server) -> Result<T, Error>,
) -> Result<T, quorate_status> {
    // SAFETY: the caller's contract.
    let server = unsafe { quorate_replication_server::get_mut(server) }?;
    input(&mut server.inner).map_err(|error| server.latest.insert(Latest::new(&error, error.code())).status)
}

/// Makes a server of what the caller's settings and `make` say.
///
/// # Safety
/// As the header says of the functions that make one.
unsafe fn make(
    config: *const quorate_replication_config,
    server: *mut *mut quorate_replication_server,
    (error, cap): (*mut c_char, usize),
    make: impl FnOnce(quorate::replication::Config) -> Result<Server, Error>,
) -> Result<quorate_status, quorate_status> {
    if server.is_null() {
        return Err(QUORATE_ERR_NULL);
    }
    // SAFETY: the caller's contract.
    let config = unsafe { needed(config)?.to_core() }?;
    // SAFETY: the caller's contract.
    let inner = make(config).map_err(|failed| unsafe { explain(&failed, failed.code(), error, cap) })?;
    // SAFETY: the caller's contract.
    unsafe { put(server, quorate_replication_server::of(inner).open()) }?;
    Ok(QUORATE_OK)
}

// ---- a server's life

/// Makes a primary without data, as redis-server starts. Everything is copied. Free it with quorate_replication_server_free.
///
/// QUORATE_ERR_INVALID_CONFIG for a setting that is outside its range; the reason is written to the `cap` bytes at `error`,
/// ended by NUL, unless that is NULL. QUORATE_ERR_INVALID_ARGUMENT for text that is not UTF-8.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_replication_server_new(
    config: *const quorate_replication_config,
    now: u64,
    server: *mut *mut quorate_replication_server,
    error: *mut c_char,
    cap: usize,
) -> quorate_status {
    // SAFETY: the caller's contract, as the header says it.
    boundary::status(|| unsafe { make(config, server, (error, cap), |config| Server::new(config, now)) })
}

/// Makes a server that starts again from data on its disk, which is of the history `id` (40 hexadecimal digits, ended by NUL)
/// up to `offset`: as a replica of the primary at `host` and `port`, which asks to go on from there, or as a primary if `host`
/// is NULL, which begins a history of its own and remembers the stored one, so that its replicas can go on.
///
/// As quorate_replication_server_new; QUORATE_ERR_INVALID_REPLICATION_ID, QUORATE_ERR_INVALID_STORED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_replication_server_restore(
    config: *const quorate_replication_config,
    id: *const c_char,
    offset: u64,
    host: *const c_char,
    port: u16,
    now: u64,
    server: *mut *mut quorate_replication_server,
    error: *mut c_char,
    cap: usize,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it, for both.
        let (id, host) = unsafe { (read_id(id)?, read_some(host)?) };
        let primary = host.map(|host| PrimaryAddress {
            host: host.into(),
            port,
        });
        // SAFETY: the caller's contract.
        unsafe {
            make(config, server, (error, cap), |config| {
                Server::restore(config, Stored { id, offset }, primary, now)
            })
        }
    })
}

/// Frees the server and with it every view that it handed out. NULL is ignored.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_replication_server_free(server: *mut quorate_replication_server) {
    // SAFETY: the caller's contract, as the header says it.
    boundary::guard(|| unsafe { quorate_replication_server::close(server) });
}

/// A server in the same state, which goes its own way from here. Free it with quorate_replication_server_free. NULL on misuse.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_replication_server_clone(
    server: *const quorate_replication_server,
) -> *mut quorate_replication_server {
    // SAFETY: the caller's contract, as the header says it.
    boundary::guard(|| match unsafe { quorate_replication_server::get(server) } {
        Ok(server) => quorate_replication_server::of(server.inner.clone()).open(),
        Err(_) => core::ptr::null_mut(),
    })
}

/// Appends all that the server knows to `buffer`, outputs that wait to be polled too: for moving, showing and branching one
/// that runs, with this version of the library. One that comes back after a crash starts by quorate_replication_server_restore,
/// or anew.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_replication_server_state(
    server: *const quorate_replication_server,
    buffer: *mut quorate_buffer,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it, for both.
        let (server, buffer) = unsafe {
            (
                quorate_replication_server::get(server)?,
                quorate_buffer::get_mut(buffer)?,
            )
        };
        buffer.bytes.extend(server.inner.save());
        Ok(QUORATE_OK)
    })
}

/// Makes a server that goes on where the one that quorate_replication_server_state was asked of was. Errors as of
/// quorate_sentinel_from_state. Free it with quorate_replication_server_free.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_replication_server_from_state(
    data: *const u8,
    len: usize,
    server: *mut *mut quorate_replication_server,
    error: *mut c_char,
    cap: usize,
) -> quorate_status {
    boundary::status(|| {
        if server.is_null() {
            return Err(QUORATE_ERR_NULL);
        }
        // SAFETY: the caller's contract, as the header says it.
        let inner = Server::load(unsafe { slice(data, len) }?)
            // SAFETY: the caller's contract.
            .map_err(|failed| unsafe { explain(&failed, NoState::CODE, error, cap) })?;
        // SAFETY: the caller's contract.
        unsafe { put(server, quorate_replication_server::of(inner).open()) }?;
        Ok(QUORATE_OK)
    })
}

/// The next thing to do. QUORATE_NOTHING, and `output` is left alone, when there is nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_replication_server_poll(
    server: *mut quorate_replication_server,
    output: *mut quorate_replication_output,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let server = unsafe { quorate_replication_server::get_mut(server) }?;
        if output.is_null() {
            return Err(QUORATE_ERR_NULL);
        }
        let Some(next) = server.inner.poll() else {
            return Ok(QUORATE_NOTHING);
        };
        // SAFETY: the caller's contract.
        unsafe { put(output, server.polled.keep(next)) }?;
        Ok(QUORATE_OK)
    })
}

// ---- inputs

/// The server's clock reads `now`. Call it at quorate_replication_server_next_tick, or every 100 ms. However late it comes, the
/// cron runs once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_replication_server_tick(
    server: *mut quorate_replication_server,
    now: u64,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        unsafe { quorate_replication_server::get_mut(server) }?.inner.tick(now);
        Ok(QUORATE_OK)
    })
}

/// Replaces the settings (CONFIG SET). The replicas are counted anew at once. QUORATE_ERR_INVALID_CONFIG.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_replication_server_configure(
    server: *mut quorate_replication_server,
    config: *const quorate_replication_config,
    now: u64,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let config = unsafe { needed(config)?.to_core() }?;
        // SAFETY: the caller's contract, as the header says it.
        unsafe { tell(server, |server| server.configure(config, now)) }?;
        Ok(QUORATE_OK)
    })
}

/// A connection was opened that comes from `ip` (ended by NUL) and speaks of replication. It may be told of as soon as it is
/// open, or with its first REPLCONF, PSYNC or SYNC. Connections of replicas are called as the caller likes.
///
/// QUORATE_ERR_DUPLICATE_REPLICA, QUORATE_ERR_TOO_MANY_REPLICAS.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_replication_server_accept(
    server: *mut quorate_replication_server,
    replica: u64,
    ip: *const c_char,
    now: u64,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let ip = unsafe { read(ip) }?;
        // SAFETY: the caller's contract, as the header says it.
        unsafe { tell(server, |server| server.accept(replica, ip, now)) }?;
        Ok(QUORATE_OK)
    })
}

/// A command came on a replica's connection: `count` arguments at `args`, as quorate_resp_request_decoder_poll gives them. PING,
/// REPLCONF, PSYNC and SYNC are answered here; who may use them, and every other command, is the server's matter.
///
/// QUORATE_ERR_UNKNOWN_REPLICA, QUORATE_ERR_NOT_REPLICATION.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_replication_server_request(
    server: *mut quorate_replication_server,
    replica: u64,
    args: *const quorate_bytes,
    count: usize,
    now: u64,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let args = unsafe { checked(args, count) }?;
        let args: Vec<&[u8]> = args.iter().map(AsRef::as_ref).collect();
        // SAFETY: the caller's contract, as the header says it.
        unsafe { tell(server, |server| server.request(replica, &args, now)) }?;
        Ok(QUORATE_OK)
    })
}

/// A replica's connection closed. QUORATE_ERR_UNKNOWN_REPLICA.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_replication_server_replica_closed(
    server: *mut quorate_replication_server,
    replica: u64,
    now: u64,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        unsafe { tell(server, |server| server.replica_closed(replica, now)) }?;
        Ok(QUORATE_OK)
    })
}

/// The data is frozen as QUORATE_REPLICATION_OUTPUT_TAKE_SNAPSHOT asked, or could not be, if `ok` is 0.
/// QUORATE_ERR_NO_SNAPSHOT_WANTED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_replication_server_snapshot_taken(
    server: *mut quorate_replication_server,
    ok: u8,
    now: u64,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        unsafe { tell(server, |server| server.snapshot_taken(ok != 0, now)) }?;
        Ok(QUORATE_OK)
    })
}

/// The snapshot was sent to that replica, to its last byte, or could not be, if `ok` is 0. QUORATE_ERR_UNKNOWN_REPLICA,
/// QUORATE_ERR_NOT_SENDING.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_replication_server_snapshot_sent(
    server: *mut quorate_replication_server,
    replica: u64,
    ok: u8,
    now: u64,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        unsafe { tell(server, |server| server.snapshot_sent(replica, ok != 0, now)) }?;
        Ok(QUORATE_OK)
    })
}

/// WAIT of a client whose last write ended at `offset`, as quorate_replication_server_write said (0 if it wrote nothing).
/// QUORATE_REPLICATION_OUTPUT_WAITED answers: at once if enough replicas have it, or when they do, or after `timeout`
/// milliseconds (0 is never). A replica that has the write need not be the one that is promoted: the answer is no promise.
///
/// QUORATE_ERR_WAIT_ON_REPLICA, QUORATE_ERR_DUPLICATE_WAIT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_replication_server_wait(
    server: *mut quorate_replication_server,
    client: u64,
    offset: u64,
    replicas: u64,
    timeout: u64,
    now: u64,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        unsafe { tell(server, |server| server.wait(client, offset, replicas, timeout, now)) }?;
        Ok(QUORATE_OK)
    })
}

/// The client that waited is gone. QUORATE_ERR_UNKNOWN_WAIT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_replication_server_cancel_wait(
    server: *mut quorate_replication_server,
    client: u64,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        unsafe { tell(server, |server| server.cancel_wait(client)) }?;
        Ok(QUORATE_OK)
    })
}

/// The connection to the primary is open. QUORATE_ERR_STALE_ATTEMPT for one that is over, which is to be ignored.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_replication_server_connected(
    server: *mut quorate_replication_server,
    attempt: u64,
    now: u64,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        unsafe { tell(server, |server| server.connected(attempt, now)) }?;
        Ok(QUORATE_OK)
    })
}

/// The connection to the primary could not be opened, or closed. QUORATE_ERR_STALE_ATTEMPT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_replication_server_closed(
    server: *mut quorate_replication_server,
    attempt: u64,
    now: u64,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        unsafe { tell(server, |server| server.closed(attempt, now)) }?;
        Ok(QUORATE_OK)
    })
}

/// `len` bytes came from the primary, in whatever pieces. What cannot be read ends the connection
/// (QUORATE_REPLICATION_OUTPUT_DISCONNECT), and another attempt follows: that is no error of the caller's.
/// QUORATE_ERR_STALE_ATTEMPT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_replication_server_received(
    server: *mut quorate_replication_server,
    attempt: u64,
    data: *const u8,
    len: usize,
    now: u64,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let bytes = unsafe { slice(data, len) }?;
        // SAFETY: the caller's contract, as the header says it.
        unsafe { tell(server, |server| server.received(attempt, bytes, now)) }?;
        Ok(QUORATE_OK)
    })
}

/// The snapshot is loaded as QUORATE_REPLICATION_OUTPUT_LOAD_SNAPSHOT asked, or could not be, if `ok` is 0: then there is no
/// data, and everything begins again. QUORATE_ERR_NOT_LOADING.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_replication_server_snapshot_loaded(
    server: *mut quorate_replication_server,
    ok: u8,
    now: u64,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        unsafe { tell(server, |server| server.snapshot_loaded(ok != 0, now)) }?;
        Ok(QUORATE_OK)
    })
}

/// REPLICAOF: from now on the server replicates from the one at `host` (ended by NUL) and `port`. QUORATE_NOTHING if it does
/// already.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_replication_server_replicate_from(
    server: *mut quorate_replication_server,
    host: *const c_char,
    port: u16,
    now: u64,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it, for both.
        let (owner, host) = unsafe { (quorate_replication_server::get_mut(server)?, read(host)?) };
        let changed = owner.inner.replicate_from(host, port, now);
        Ok(if changed { QUORATE_OK } else { QUORATE_NOTHING })
    })
}

/// REPLICAOF NO ONE. The history gets another name, and remembers the old one up to here. Replicas are disconnected, so that they
/// come back and learn of it. QUORATE_NOTHING for a primary.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_replication_server_promote(
    server: *mut quorate_replication_server,
    now: u64,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let changed = unsafe { quorate_replication_server::get_mut(server) }?
            .inner
            .promote(now);
        Ok(if changed { QUORATE_OK } else { QUORATE_NOTHING })
    })
}

/// Asks whether a client's command of that quorate_replication_access is let through, without telling of it to anybody.
///
/// QUORATE_ERR_NO_REPLICAS, QUORATE_ERR_READ_ONLY or QUORATE_ERR_MASTER_DOWN if not; quorate_replication_server_error has what the
/// server answers then.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_replication_server_check(
    server: *mut quorate_replication_server,
    access: u32,
) -> quorate_status {
    boundary::status(|| {
        let access = match access {
            0 => Access::Read,
            1 => Access::Write,
            _ => return Err(QUORATE_ERR_INVALID_ARGUMENT),
        };
        // SAFETY: the caller's contract, as the header says it.
        unsafe { tell(server, |server| server.check(access).map_err(Error::Refused)) }?;
        Ok(QUORATE_OK)
    })
}

/// A client's write, `count` arguments at `args`, is to be executed in that database: sends it to the replicas. `offset`,
/// unless it is NULL, becomes the offset behind it, which is what the client waits for with quorate_replication_server_wait. Of
/// a replica that is not read-only the write stays its own. While no replica ever came, no offset is counted.
///
/// QUORATE_ERR_NO_REPLICAS, QUORATE_ERR_READ_ONLY or QUORATE_ERR_MASTER_DOWN: the write must not be executed then;
/// quorate_replication_server_error has what the server answers, such as "NOREPLICAS Not enough good replicas to write.".
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_replication_server_write(
    server: *mut quorate_replication_server,
    database: u32,
    args: *const quorate_bytes,
    count: usize,
    now: u64,
    offset: *mut u64,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let args = unsafe { checked(args, count) }?;
        let args: Vec<&[u8]> = args.iter().map(AsRef::as_ref).collect();
        // SAFETY: the caller's contract.
        let behind = unsafe { tell(server, |server| server.write(database, &args, now)) }?;
        if !offset.is_null() {
            // SAFETY: the caller's contract.
            unsafe { put(offset, behind) }?;
        }
        Ok(QUORATE_OK)
    })
}

/// Sends a command to the replicas that is no write, so that no rule refuses it: PUBLISH, or what expires. `offset`, unless it is
/// NULL, becomes the offset behind it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_replication_server_propagate(
    server: *mut quorate_replication_server,
    database: u32,
    args: *const quorate_bytes,
    count: usize,
    now: u64,
    offset: *mut u64,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let (owner, args) = unsafe { (quorate_replication_server::get_mut(server)?, checked(args, count)?) };
        let args: Vec<&[u8]> = args.iter().map(AsRef::as_ref).collect();
        let behind = owner.inner.propagate(database, &args, now);
        if !offset.is_null() {
            // SAFETY: the caller's contract.
            unsafe { put(offset, behind) }?;
        }
        Ok(QUORATE_OK)
    })
}
