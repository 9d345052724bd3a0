//! What a sentinel says: a tagged struct, whose views stand in its handle.

use core::ffi::c_char;

use quorate::resp::{Bytes, Encoder, Protocol, Value, encode_command};
use quorate::sentinel::{InstanceKind, Level, LinkKind, Output};

use super::config::quorate_sentinel_address;
use crate::bytes::quorate_bytes;
use crate::text::{Texts, Told};

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum quorate_sentinel_link_kind {
    /// Commands and their replies.
    QUORATE_SENTINEL_LINK_COMMAND = 0,
    /// A subscription to the channel of hellos.
    QUORATE_SENTINEL_LINK_PUBSUB = 1,
}

/// What an instance is held for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum quorate_sentinel_instance_kind {
    /// The master of a group.
    QUORATE_SENTINEL_MASTER = 0,
    /// One of its replicas.
    QUORATE_SENTINEL_REPLICA = 1,
    /// Another sentinel that monitors it.
    QUORATE_SENTINEL_SENTINEL = 2,
}

/// How loud an event is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum quorate_sentinel_level {
    /// Logged alone.
    QUORATE_SENTINEL_DEBUG = 0,
    /// Published.
    QUORATE_SENTINEL_VERBOSE = 1,
    /// Published.
    QUORATE_SENTINEL_NOTICE = 2,
    /// Published, and told to the notification script of its master.
    QUORATE_SENTINEL_WARNING = 3,
}

/// What an output is, and which member of `as` it is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum quorate_sentinel_output_kind {
    /// What a newer core says and this header does not know.
    QUORATE_SENTINEL_OUTPUT_UNLISTED = 0,
    /// `as.connect`: open a connection. Commands for it follow at once: keep them until it stands. Say
    /// quorate_sentinel_connected or quorate_sentinel_disconnected when it is known what became of it.
    QUORATE_SENTINEL_OUTPUT_CONNECT = 1,
    /// `as.close`: close this connection. Nothing needs to be said of it again.
    QUORATE_SENTINEL_OUTPUT_CLOSE = 2,
    /// `as.send`: send a command. Replies are matched in the order of the commands of one link.
    QUORATE_SENTINEL_OUTPUT_SEND = 3,
    /// `as.persist`: make these lines durable in place of all that were persisted before, then call quorate_sentinel_persisted.
    /// Until then nothing else is given out.
    QUORATE_SENTINEL_OUTPUT_PERSIST = 4,
    /// `as.reply`: answer a client, or tell it of a message that it has subscribed to.
    QUORATE_SENTINEL_OUTPUT_REPLY = 5,
    /// `as.event`: something happened that a real sentinel publishes and logs. Clients that subscribed are told with
    /// QUORATE_SENTINEL_OUTPUT_REPLY.
    QUORATE_SENTINEL_OUTPUT_EVENT = 6,
    /// `as.run_script`: run a program, and call quorate_sentinel_script_finished when it ended.
    QUORATE_SENTINEL_OUTPUT_RUN_SCRIPT = 7,
    /// `as.kill_script`: kill this program, which ran for too long. It still has to be said that it ended.
    QUORATE_SENTINEL_OUTPUT_KILL_SCRIPT = 8,
    /// `as.resolve`: look this name up and call quorate_sentinel_resolved.
    QUORATE_SENTINEL_OUTPUT_RESOLVE = 9,
    /// `as.exit_code`: stop at once: SHUTDOWN, or a failure that SENTINEL SIMULATE-FAILURE asked for (99).
    QUORATE_SENTINEL_OUTPUT_EXIT = 10,
    /// `as.trace`: why something happened, or did not.
    QUORATE_SENTINEL_OUTPUT_TRACE = 11,
}

use quorate_sentinel_output_kind::*;

/// A connection to be opened.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct quorate_sentinel_connect {
    /// What it is called from now on.
    pub link: u64,
    /// Where to.
    pub address: quorate_sentinel_address,
    /// What for.
    pub kind: quorate_sentinel_link_kind,
    /// What is there.
    pub instance: quorate_sentinel_instance_kind,
}

/// A command to be sent.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct quorate_sentinel_send {
    /// Over which connection.
    pub link: u64,
    /// The command and its arguments, as they go over the wire.
    pub wire: quorate_bytes,
    /// The same one by one: `count` of them; the first is the command's name.
    pub args: *const quorate_bytes,
    /// How many.
    pub count: usize,
}

/// What must survive a restart.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct quorate_sentinel_persist {
    /// What to answer with.
    pub ticket: u64,
    /// The `sentinel` lines of a configuration file, without line ends, each ended by NUL: what quorate_sentinel_new takes.
    pub lines: *const *const c_char,
    /// How many.
    pub count: usize,
}

/// An answer to a client.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct quorate_sentinel_answer {
    /// Which client, as it was called in quorate_sentinel_command.
    pub client: u64,
    /// The answer as it goes over the wire, in the protocol that the client chose.
    pub wire: quorate_bytes,
}

/// An event, as a real sentinel publishes it.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct quorate_sentinel_event {
    /// What happened, which is the channel: "+sdown", "+switch-master".
    pub channel: *const c_char,
    /// The payload, exactly as the server prints it.
    pub message: *const c_char,
    /// The name of the group that it is about, or NULL.
    pub master: *const c_char,
    /// How loud the server is about it.
    pub level: quorate_sentinel_level,
}

/// A program to be run.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct quorate_sentinel_script {
    /// What the run is called.
    pub script: u64,
    /// The program.
    pub path: *const c_char,
    /// Its arguments, without the program itself: `count` of them, and a NULL.
    pub args: *const *const c_char,
    /// How many.
    pub count: usize,
}

/// Why something happened, or did not. Only with `trace` of the settings.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct quorate_sentinel_trace {
    /// What happened, in snake case, such as "vote_kept" or "replica_passed_over". Ended by NUL.
    pub kind: *const c_char,
    /// What goes with it, as a JSON object in one line, by name. Names of variants are in snake case. Ended by NUL.
    pub json: *const c_char,
}

/// What an output holds. The output's kind says which member.
#[derive(Clone, Copy)]
#[repr(C)]
pub union quorate_sentinel_output_as {
    /// QUORATE_SENTINEL_OUTPUT_CONNECT
    pub connect: quorate_sentinel_connect,
    /// QUORATE_SENTINEL_OUTPUT_CLOSE: which link
    pub close: u64,
    /// QUORATE_SENTINEL_OUTPUT_SEND
    pub send: quorate_sentinel_send,
    /// QUORATE_SENTINEL_OUTPUT_PERSIST
    pub persist: quorate_sentinel_persist,
    /// QUORATE_SENTINEL_OUTPUT_REPLY
    pub reply: quorate_sentinel_answer,
    /// QUORATE_SENTINEL_OUTPUT_EVENT
    pub event: quorate_sentinel_event,
    /// QUORATE_SENTINEL_OUTPUT_RUN_SCRIPT
    pub run_script: quorate_sentinel_script,
    /// QUORATE_SENTINEL_OUTPUT_KILL_SCRIPT: which run
    pub kill_script: u64,
    /// QUORATE_SENTINEL_OUTPUT_RESOLVE: which name
    pub resolve: *const c_char,
    /// QUORATE_SENTINEL_OUTPUT_EXIT
    pub exit_code: u8,
    /// QUORATE_SENTINEL_OUTPUT_TRACE
    pub trace: quorate_sentinel_trace,
}

/// What the caller must do, or may want to know. Its views are valid until the next poll of the sentinel, or until it is freed.
/// Texts are ended by NUL.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct quorate_sentinel_output {
    /// What it is.
    pub kind: quorate_sentinel_output_kind,
    /// What it holds, by its kind.
    pub r#as: quorate_sentinel_output_as,
}

/// What the views of one output point to.
#[derive(Default)]
pub(super) struct Views {
    pub(super) texts: Texts,
    pub(super) told: Option<Told>,
    pointers: Vec<*const c_char>,
    argv: Vec<Bytes>,
    args: Vec<quorate_bytes>,
    wire: Vec<u8>,
}

// SAFETY: the pointers are read by the caller of the library alone, who uses a handle in one thread at a time.
unsafe impl Send for Views {}

impl Views {
    pub(super) fn clear(&mut self) {
        self.texts.clear();
        self.pointers.clear();
        self.args.clear();
        self.wire.clear();
    }

    pub(super) fn send(&mut self, link: u64, argv: Vec<Bytes>) -> quorate_sentinel_send {
        self.argv = argv;
        self.args.extend(self.argv.iter().map(|arg| quorate_bytes::of(arg)));
        let words: Vec<&[u8]> = self.argv.iter().map(|arg| &**arg).collect();
        encode_command(&words, &mut self.wire);
        quorate_sentinel_send {
            link,
            wire: quorate_bytes::of(&self.wire),
            args: self.args.as_ptr(),
            count: self.args.len(),
        }
    }

    pub(super) fn trace(&mut self, told: Told) -> quorate_sentinel_trace {
        let told = self.told.insert(told);
        quorate_sentinel_trace {
            kind: told.kind.as_ptr(),
            json: told.json.as_ptr(),
        }
    }
}

/// Whether the value is one that only a client who said `HELLO 3` is sent.
fn is_resp3(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().any(is_resp3),
        Value::SimpleString(_)
        | Value::SimpleError(_)
        | Value::Integer(_)
        | Value::BulkString(_)
        | Value::NullArray => false,
        _ => true,
    }
}

/// The output that was polled last.
#[derive(Default)]
pub(super) struct Polled(Views);

impl Polled {
    /// Keeps an output, in place of the one before.
    pub(super) fn keep(&mut self, output: Output) -> quorate_sentinel_output {
        let views = &mut self.0;
        views.clear();
        let (kind, of_kind) = match output {
            Output::Connect {
                link,
                address,
                kind,
                instance,
            } => {
                let connect = quorate_sentinel_connect {
                    link,
                    address: quorate_sentinel_address::of(&address, &mut views.texts),
                    kind: match kind {
                        LinkKind::Command => quorate_sentinel_link_kind::QUORATE_SENTINEL_LINK_COMMAND,
                        LinkKind::PubSub => quorate_sentinel_link_kind::QUORATE_SENTINEL_LINK_PUBSUB,
                    },
                    instance: match instance {
                        InstanceKind::Master => quorate_sentinel_instance_kind::QUORATE_SENTINEL_MASTER,
                        InstanceKind::Replica => quorate_sentinel_instance_kind::QUORATE_SENTINEL_REPLICA,
                        InstanceKind::Sentinel => quorate_sentinel_instance_kind::QUORATE_SENTINEL_SENTINEL,
                    },
                };
                (QUORATE_SENTINEL_OUTPUT_CONNECT, quorate_sentinel_output_as { connect })
            }
            Output::Close { link } => (
                QUORATE_SENTINEL_OUTPUT_CLOSE,
                quorate_sentinel_output_as { close: link },
            ),
            Output::Send { link, argv } => {
                let send = views.send(link, argv);
                (QUORATE_SENTINEL_OUTPUT_SEND, quorate_sentinel_output_as { send })
            }
            Output::Persist { ticket, lines } => {
                views.pointers = views.texts.keep_all(&lines);
                let persist = quorate_sentinel_persist {
                    ticket,
                    lines: views.pointers.as_ptr(),
                    count: views.pointers.len(),
                };
                (QUORATE_SENTINEL_OUTPUT_PERSIST, quorate_sentinel_output_as { persist })
            }
            Output::Reply { client, value } => {
                let mut encoder = Encoder::new(if is_resp3(&value) {
                    Protocol::Resp3
                } else {
                    Protocol::Resp2
                });
                // What a sentinel answers is well formed.
                let _ = encoder.value(&value);
                views.wire = encoder.take();
                let reply = quorate_sentinel_answer {
                    client,
                    wire: quorate_bytes::of(&views.wire),
                };
                (QUORATE_SENTINEL_OUTPUT_REPLY, quorate_sentinel_output_as { reply })
            }
            Output::Event(event) => {
                let event = quorate_sentinel_event {
                    channel: views.texts.keep(event.kind.name()),
                    message: views.texts.keep(&event.message),
                    master: views.texts.keep_some(event.master.as_deref()),
                    level: match event.level {
                        Level::Debug => quorate_sentinel_level::QUORATE_SENTINEL_DEBUG,
                        Level::Verbose => quorate_sentinel_level::QUORATE_SENTINEL_VERBOSE,
                        Level::Notice => quorate_sentinel_level::QUORATE_SENTINEL_NOTICE,
                        Level::Warning => quorate_sentinel_level::QUORATE_SENTINEL_WARNING,
                    },
                };
                (QUORATE_SENTINEL_OUTPUT_EVENT, quorate_sentinel_output_as { event })
            }
            Output::RunScript { script, path, args } => {
                views.pointers = views.texts.keep_all(&args);
                views.pointers.push(core::ptr::null());
                let run_script = quorate_sentinel_script {
                    script,
                    path: views.texts.keep(&path),
                    args: views.pointers.as_ptr(),
                    count: args.len(),
                };
                (
                    QUORATE_SENTINEL_OUTPUT_RUN_SCRIPT,
                    quorate_sentinel_output_as { run_script },
                )
            }
            Output::KillScript { script } => (
                QUORATE_SENTINEL_OUTPUT_KILL_SCRIPT,
                quorate_sentinel_output_as { kill_script: script },
            ),
            Output::Resolve { host } => {
                let resolve = views.texts.keep(&host);
                (QUORATE_SENTINEL_OUTPUT_RESOLVE, quorate_sentinel_output_as { resolve })
            }
            Output::Exit { code } => (
                QUORATE_SENTINEL_OUTPUT_EXIT,
                quorate_sentinel_output_as { exit_code: code },
            ),
            Output::Trace(trace) => {
                let trace = views.trace(Told::of(&trace));
                (QUORATE_SENTINEL_OUTPUT_TRACE, quorate_sentinel_output_as { trace })
            }
            // The core's enum may grow; the binding is built with the core it was written for.
            _ => (
                QUORATE_SENTINEL_OUTPUT_UNLISTED,
                quorate_sentinel_output_as { close: 0 },
            ),
        };
        quorate_sentinel_output { kind, r#as: of_kind }
    }
}
