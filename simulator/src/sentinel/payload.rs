//! What servers, sentinels and clients say to each other over connections.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use quorate::resp::{Bytes, Value};

use crate::payload::MessageKind;

/// Numbers from 128 on are of this kind of world. Those of commands are even, and the one behind is that of the reply.
const NAMES: [&str; 25] = [
    "Connect",
    "Accept",
    "Close",
    "Stream",
    "Ping",
    "Pong",
    "Info",
    "InfoReply",
    "Hello",
    "HelloReply",
    "Ask",
    "AskReply",
    "Slaveof",
    "SlaveofReply",
    "Subscribe",
    "SubscribeReply",
    "Write",
    "WriteReply",
    "Read",
    "ReadReply",
    "Where",
    "WhereReply",
    "Command",
    "CommandReply",
    "Message",
];

const FIRST: u8 = 128;

pub(crate) fn name(kind: MessageKind) -> Option<&'static str> {
    NAMES.get(usize::from(kind.0.checked_sub(FIRST)?)).copied()
}

const CONNECT: MessageKind = MessageKind(FIRST);
const ACCEPT: MessageKind = MessageKind(FIRST + 1);
const CLOSE: MessageKind = MessageKind(FIRST + 2);
const STREAM: MessageKind = MessageKind(FIRST + 3);
pub(super) const PING: MessageKind = MessageKind(FIRST + 4);
pub(super) const INFO: MessageKind = MessageKind(FIRST + 6);
pub(super) const HELLO: MessageKind = MessageKind(FIRST + 8);
pub(super) const ASK: MessageKind = MessageKind(FIRST + 10);
pub(super) const SLAVEOF: MessageKind = MessageKind(FIRST + 12);
pub(super) const SUBSCRIBE: MessageKind = MessageKind(FIRST + 14);
pub(super) const WRITE: MessageKind = MessageKind(FIRST + 16);
pub(super) const READ: MessageKind = MessageKind(FIRST + 18);
pub(super) const WHERE: MessageKind = MessageKind(FIRST + 20);
pub(super) const COMMAND: MessageKind = MessageKind(FIRST + 22);
pub(super) const MESSAGE: MessageKind = MessageKind(FIRST + 24);

/// Something that goes over a connection.
#[derive(Clone, Debug)]
pub(crate) struct Payload {
    /// Which connection. No two have the same number.
    pub(crate) connection: u64,
    pub(crate) body: Body,
}

#[derive(Clone, Debug)]
pub(crate) enum Body {
    /// Somebody wants to speak.
    Connect,
    /// And may.
    Accept,
    /// The end: by whoever was there, or by the host if nobody is.
    Close,
    Command(Vec<Bytes>),
    /// The answer to a command of that kind, or a message out of turn.
    Reply(MessageKind, Value),
    /// Bytes of replication.
    Stream(Vec<u8>),
}

/// What kind of command it is.
pub(super) fn kind_of(argv: &[Bytes]) -> MessageKind {
    let is = |place: usize, word: &str| {
        argv.get(place)
            .is_some_and(|argument| argument.eq_ignore_ascii_case(word.as_bytes()))
    };
    let first = |words: &[&str]| words.iter().any(|word| is(0, word));
    if is(0, "PING") {
        PING
    } else if is(0, "INFO") {
        INFO
    } else if is(0, "PUBLISH") {
        HELLO
    } else if is(0, "SENTINEL") && is(1, "is-master-down-by-addr") {
        ASK
    } else if first(&["MULTI", "SLAVEOF", "REPLICAOF", "EXEC", "CONFIG"]) || is(0, "CLIENT") && is(1, "KILL") {
        SLAVEOF
    } else if first(&["SUBSCRIBE", "PSUBSCRIBE"]) {
        SUBSCRIBE
    } else if first(&["SET", "APPEND"]) {
        WRITE
    } else if is(0, "GET") {
        READ
    } else if is(0, "SENTINEL") || is(0, "ROLE") {
        WHERE
    } else {
        COMMAND
    }
}

impl Payload {
    pub(crate) fn kind(&self) -> MessageKind {
        match &self.body {
            Body::Connect => CONNECT,
            Body::Accept => ACCEPT,
            Body::Close => CLOSE,
            Body::Stream(_) => STREAM,
            Body::Command(argv) => kind_of(argv),
            Body::Reply(MESSAGE, _) => MESSAGE,
            Body::Reply(kind, _) => MessageKind(kind.0 + 1),
        }
    }

    /// A host says so in place of a machine that is not there.
    pub(crate) fn reset(&self) -> Option<Self> {
        (!matches!(self.body, Body::Close)).then_some(Self {
            connection: self.connection,
            body: Body::Close,
        })
    }
}

/// The most characters of a text that is shown.
const SHOWN: usize = 120;

impl fmt::Display for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match &self.body {
            Body::Connect => "connect".to_string(),
            Body::Accept => "accept".to_string(),
            Body::Close => "close".to_string(),
            Body::Stream(bytes) => stream(bytes),
            Body::Command(argv) => {
                let words: Vec<_> = argv.iter().map(|word| String::from_utf8_lossy(word)).collect();
                words.join(" ")
            }
            Body::Reply(INFO, Value::BulkString(text)) => {
                let text = String::from_utf8_lossy(text);
                let role = text.lines().find(|line| line.starts_with("role:"));
                role.unwrap_or("info").to_string()
            }
            Body::Reply(_, value) => value.to_string(),
        };
        match text.char_indices().nth(SHOWN) {
            Some((end, _)) => write!(f, "{}...", &text[..end]),
            None => f.write_str(&text),
        }
    }
}

/// The first line of what is sent, and how many bytes there are.
fn stream(bytes: &[u8]) -> String {
    let printable = |byte: &&u8| (b' '..=b'~').contains(*byte);
    let words = bytes.split(|byte| b"\r\n".contains(byte));
    let words = words.filter(|word| {
        word.first()
            .is_some_and(|first| first.is_ascii_alphabetic() || *first == b'+')
    });
    let word = words.map(|word| word.iter().take_while(printable).take(24)).next();
    let word: String = word.into_iter().flatten().map(|byte| char::from(*byte)).collect();
    alloc::format!("{word} ({} bytes)", bytes.len())
}
