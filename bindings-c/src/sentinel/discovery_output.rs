//! What a discovery says: a tagged struct, whose views stand in its handle.

use core::ffi::c_char;

use quorate::sentinel::discovery::{InvalidReason, NodeRole, Output, Purpose};

use super::config::quorate_sentinel_address;
use super::output::{Views, quorate_sentinel_send, quorate_sentinel_trace};
use crate::error::*;
use crate::text::Told;

/// What a server was asked for as, and has said that it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum quorate_sentinel_node_role {
    /// It takes writes.
    QUORATE_SENTINEL_ROLE_PRIMARY = 0,
    /// It follows the primary.
    QUORATE_SENTINEL_ROLE_REPLICA = 1,
}

/// What a connection is for, so that its driver knows how to greet who is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum quorate_sentinel_purpose {
    /// Questions to a sentinel.
    QUORATE_SENTINEL_PURPOSE_ASK = 0,
    /// A subscription at a sentinel.
    QUORATE_SENTINEL_PURPOSE_LISTEN = 1,
    /// A server: set it up as any connection of the caller's (AUTH, HELLO, SELECT), and only then say that it is connected.
    QUORATE_SENTINEL_PURPOSE_NODE = 2,
}

/// Why a connection that was handed out is to be closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum quorate_sentinel_invalid_reason {
    /// Another server is the primary.
    QUORATE_SENTINEL_PRIMARY_MOVED = 0,
    /// The server was a replica, and is the primary now.
    QUORATE_SENTINEL_PROMOTED = 1,
    /// The server answered with an error that it can only have as something else: READONLY, MASTERDOWN.
    QUORATE_SENTINEL_REFUSED = 2,
}

/// What an output is, and which member of `as` it is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum quorate_sentinel_discovery_output_kind {
    /// What a newer core says and this header does not know.
    QUORATE_SENTINEL_DISCOVERY_UNLISTED = 0,
    /// `as.connect`: open a connection, then call quorate_sentinel_discovery_connected or quorate_sentinel_discovery_disconnected.
    QUORATE_SENTINEL_DISCOVERY_CONNECT = 1,
    /// `as.close`: close this connection. Nothing needs to be said of it again.
    QUORATE_SENTINEL_DISCOVERY_CLOSE = 2,
    /// `as.send`: send a command. Replies are matched in the order of the commands of one link.
    QUORATE_SENTINEL_DISCOVERY_SEND = 3,
    /// `as.resolved`: the request is answered: this connection is the caller's.
    QUORATE_SENTINEL_DISCOVERY_RESOLVED = 4,
    /// `as.failed`: the request failed.
    QUORATE_SENTINEL_DISCOVERY_FAILED = 5,
    /// `as.invalidate`: close this connection, which was handed out: the server at its end is not what it was any more. Nothing
    /// needs to be said of it again. Its place is taken by a new request.
    QUORATE_SENTINEL_DISCOVERY_INVALIDATE = 6,
    /// `as.primary_changed`: another server is known to be the primary, for it said so.
    QUORATE_SENTINEL_DISCOVERY_PRIMARY_CHANGED = 7,
    /// `as.trace`: why something happened, or did not.
    QUORATE_SENTINEL_DISCOVERY_TRACE = 8,
}

use quorate_sentinel_discovery_output_kind::*;

/// A connection to be opened.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct quorate_sentinel_discovery_connect {
    /// What it is called from now on.
    pub link: u64,
    /// Where to. `nat` of the settings is applied.
    pub address: quorate_sentinel_address,
    /// What for.
    pub purpose: quorate_sentinel_purpose,
}

/// An answered request.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct quorate_sentinel_resolution {
    /// Which request.
    pub request: u64,
    /// The connection, which stands.
    pub link: u64,
    /// Where the server is, as it is announced.
    pub address: quorate_sentinel_address,
    /// What it is.
    pub role: quorate_sentinel_node_role,
}

/// A failed request.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct quorate_sentinel_failure {
    /// Which request.
    pub request: u64,
    /// Why, in words. Ended by NUL.
    pub message: *const c_char,
    /// Why: QUORATE_ERR_NO_SENTINEL_ANSWERS, QUORATE_ERR_NO_SUCH_MASTER, QUORATE_ERR_TOO_FEW_SENTINELS,
    /// QUORATE_ERR_SENTINEL_REFUSED, QUORATE_ERR_NODE_UNREACHABLE, QUORATE_ERR_WRONG_ROLE, QUORATE_ERR_NO_REPLICA or
    /// QUORATE_ERR_TIMED_OUT.
    pub status: quorate_status,
}

/// A connection that is of no use any more.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct quorate_sentinel_invalid {
    /// What it is called.
    pub link: u64,
    /// Why.
    pub reason: quorate_sentinel_invalid_reason,
}

/// Another primary.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct quorate_sentinel_primary_change {
    /// Which it was; its `host` is NULL if none was known.
    pub from: quorate_sentinel_address,
    /// Which it is.
    pub to: quorate_sentinel_address,
}

/// What an output holds. The output's kind says which member.
#[derive(Clone, Copy)]
#[repr(C)]
pub union quorate_sentinel_discovery_output_as {
    /// QUORATE_SENTINEL_DISCOVERY_CONNECT
    pub connect: quorate_sentinel_discovery_connect,
    /// QUORATE_SENTINEL_DISCOVERY_CLOSE: which link
    pub close: u64,
    /// QUORATE_SENTINEL_DISCOVERY_SEND
    pub send: quorate_sentinel_send,
    /// QUORATE_SENTINEL_DISCOVERY_RESOLVED
    pub resolved: quorate_sentinel_resolution,
    /// QUORATE_SENTINEL_DISCOVERY_FAILED
    pub failed: quorate_sentinel_failure,
    /// QUORATE_SENTINEL_DISCOVERY_INVALIDATE
    pub invalidate: quorate_sentinel_invalid,
    /// QUORATE_SENTINEL_DISCOVERY_PRIMARY_CHANGED
    pub primary_changed: quorate_sentinel_primary_change,
    /// QUORATE_SENTINEL_DISCOVERY_TRACE
    pub trace: quorate_sentinel_trace,
}

/// What the caller must do, or may want to know. Its views are valid until the next poll of the discovery, or until it is freed.
/// Texts are ended by NUL.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct quorate_sentinel_discovery_output {
    /// What it is.
    pub kind: quorate_sentinel_discovery_output_kind,
    /// What it holds, by its kind.
    pub r#as: quorate_sentinel_discovery_output_as,
}

impl quorate_sentinel_node_role {
    pub(super) fn of(role: NodeRole) -> Self {
        match role {
            NodeRole::Primary => Self::QUORATE_SENTINEL_ROLE_PRIMARY,
            NodeRole::Replica => Self::QUORATE_SENTINEL_ROLE_REPLICA,
        }
    }
}

/// The output that was polled last.
#[derive(Default)]
pub(super) struct Polled(Views);

impl Polled {
    /// Keeps an output, in place of the one before.
    pub(super) fn keep(&mut self, output: Output) -> quorate_sentinel_discovery_output {
        use quorate_sentinel_discovery_output_as as As;

        let views = &mut self.0;
        views.clear();
        let (kind, of_kind) = match output {
            Output::Connect { link, address, purpose } => {
                let connect = quorate_sentinel_discovery_connect {
                    link,
                    address: quorate_sentinel_address::of(&address, &mut views.texts),
                    purpose: match purpose {
                        Purpose::Ask => quorate_sentinel_purpose::QUORATE_SENTINEL_PURPOSE_ASK,
                        Purpose::Listen => quorate_sentinel_purpose::QUORATE_SENTINEL_PURPOSE_LISTEN,
                        Purpose::Node => quorate_sentinel_purpose::QUORATE_SENTINEL_PURPOSE_NODE,
                    },
                };
                (QUORATE_SENTINEL_DISCOVERY_CONNECT, As { connect })
            }
            Output::Close { link } => (QUORATE_SENTINEL_DISCOVERY_CLOSE, As { close: link }),
            Output::Send { link, argv } => {
                let send = views.send(link, argv);
                (QUORATE_SENTINEL_DISCOVERY_SEND, As { send })
            }
            Output::Resolved {
                request,
                link,
                address,
                role,
            } => {
                let resolved = quorate_sentinel_resolution {
                    request,
                    link,
                    address: quorate_sentinel_address::of(&address, &mut views.texts),
                    role: quorate_sentinel_node_role::of(role),
                };
                (QUORATE_SENTINEL_DISCOVERY_RESOLVED, As { resolved })
            }
            Output::Failed { request, failure } => {
                let failed = quorate_sentinel_failure {
                    request,
                    message: views.texts.keep(&failure.to_string()),
                    status: quorate_status::of_code(failure.code()),
                };
                (QUORATE_SENTINEL_DISCOVERY_FAILED, As { failed })
            }
            Output::Invalidate { link, reason } => {
                let invalidate = quorate_sentinel_invalid {
                    link,
                    reason: match reason {
                        InvalidReason::PrimaryMoved => quorate_sentinel_invalid_reason::QUORATE_SENTINEL_PRIMARY_MOVED,
                        InvalidReason::Promoted => quorate_sentinel_invalid_reason::QUORATE_SENTINEL_PROMOTED,
                        InvalidReason::Refused => quorate_sentinel_invalid_reason::QUORATE_SENTINEL_REFUSED,
                    },
                };
                (QUORATE_SENTINEL_DISCOVERY_INVALIDATE, As { invalidate })
            }
            Output::PrimaryChanged { from, to } => {
                let none = quorate_sentinel_address {
                    host: core::ptr::null(),
                    ip: core::ptr::null(),
                    port: 0,
                };
                let from = from.map_or(none, |from| quorate_sentinel_address::of(&from, &mut views.texts));
                let to = quorate_sentinel_address::of(&to, &mut views.texts);
                let primary_changed = quorate_sentinel_primary_change { from, to };
                (QUORATE_SENTINEL_DISCOVERY_PRIMARY_CHANGED, As { primary_changed })
            }
            Output::Trace(trace) => {
                let trace = views.trace(Told::of(&trace));
                (QUORATE_SENTINEL_DISCOVERY_TRACE, As { trace })
            }
            // The core's enum may grow; the binding is built with the core it was written for.
            _ => (QUORATE_SENTINEL_DISCOVERY_UNLISTED, As { close: 0 }),
        };
        quorate_sentinel_discovery_output { kind, r#as: of_kind }
    }
}
