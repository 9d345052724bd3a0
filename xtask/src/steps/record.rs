//! `cargo xtask record`: what a real redis-server answers, byte for byte, into `tests/corpus/recordings`.
//!
//! Starts a server of its own on loopback, plays [`SCRIPT`] over one RESP2 and one RESP3 connection, each on an empty
//! keyspace, and writes the raw bytes. The commands are chosen so that their replies hold nothing of the machine or
//! the moment they were recorded on. The replies are cut apart by a framer of its own ([`message_len`]), not by the
//! decoder that the recordings later test.

use std::fmt::Write as _;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::time::Duration;

use crate::server::Server;

/// One command a line, arguments apart by one space. `\s` is a space inside an argument, `@big` 3,000 bytes of text and
/// `@binary` every byte once. The last part holds what pushes in RESP3, so that all before pair off one to one.
const SCRIPT: &str = r#"
HELLO
PING
PING hello\sworld
ECHO caf\xc3\xa9
SET greeting hello
GET greeting
GET missing
SET greeting again NX
SET greeting again GET
STRLEN greeting
TYPE greeting
OBJECT ENCODING greeting
EXISTS greeting missing
INCRBY counter 9007199254740993
INCRBY counter 9214364837600034814
INCR counter
INCRBY lowest -9223372036854775808
INCRBYFLOAT float 3.0000000000000004
SET binary @binary
GET binary
SET big @big
GET big
GETRANGE big 0 99
MGET greeting missing binary
NOSUCHCOMMAND a b
LPUSH greeting x
HSET hash name Ada born 1815 \xff\x00 \r\n
HGETALL hash
HSET single field value
HGETALL single
HGET hash missing
HMGET hash name missing
HGETALL missing
RPUSH list one two three
LRANGE list 0 -1
LRANGE missing 0 -1
LMPOP 2 missing list LEFT COUNT 2
BLPOP missing 0.01
LPOP missing 2
SADD set 3 1 2
SMEMBERS set
SMISMEMBER set 1 9
SPOP missing
ZADD zset 1 one 0.1 tenth 1e-7 tiny 1.7976931348623157e308 most -inf least inf infinite 3.0000000000000004 pi
ZRANGE zset 0 -1 WITHSCORES
ZSCORE zset tenth
ZSCORE zset missing
ZMSCORE zset one missing infinite
ZADD zset INCR 1.5 one
ZPOPMIN zset
ZPOPMAX zset 2
XADD stream 1-1 field value other \xe2\x82\xac
XADD stream 2-0 field again
XRANGE stream - +
XREAD COUNT 1 STREAMS stream 0
XREAD STREAMS missing 0
XINFO STREAM stream FULL
GEOADD geo 13.361389 38.115556 Palermo 15.087269 37.502669 Catania
GEOPOS geo Palermo missing
GEODIST geo Palermo Catania km
EVAL return\s{1,2,{3,'four',{}},false,'after'} 0
EVAL return\s{ok='fine'} 0
EVAL return\s{err='MY\sown\serror'} 0
EVAL return\s1.9 0
EVAL redis.setresp(3);return\sredis.call('HGETALL','single') 0
EVAL redis.setresp(3);return\s{map={one=1},double=1.5} 0
EVAL redis.setresp(3);return\s{{double=1e300},{big_number='123456789012345678901234567890'},true,false,{set={a=true}}} 0
EVAL return\sredis.pcall('GET','hash') 0
MULTI
SET queued 1
LPUSH queued x
GET queued
EXEC
MULTI
NOSUCHCOMMAND
EXEC
WATCH greeting
SET greeting changed
MULTI
GET greeting
EXEC
COMMAND INFO get nosuchcommand
COMMAND GETKEYSANDFLAGS SET key value
CONFIG GET maxmemory
ACL GETUSER default
LOLWUT VERSION 7
OBJECT HELP
DEBUG PROTOCOL string
DEBUG PROTOCOL integer
DEBUG PROTOCOL double
DEBUG PROTOCOL null
DEBUG PROTOCOL array
DEBUG PROTOCOL set
DEBUG PROTOCOL map
DEBUG PROTOCOL attrib
DEBUG PROTOCOL verbatim
DEBUG PROTOCOL true
DEBUG PROTOCOL false
DEBUG PROTOCOL bignum
CLIENT GETNAME
DEBUG PROTOCOL push
CLIENT TRACKING ON
GET greeting
SET greeting tracked
SUBSCRIBE channel
PUBLISH channel published
UNSUBSCRIBE channel
"#;

const README: &str = "# Recordings

What redis-server 7.0.15 answered, byte for byte, written by `cargo xtask record`.

- `redis-7.0.commands`: one command a line, its arguments apart by one space. `\\r \\n \\t \\\\ \\xHH` as in the corpus, and
  `\\s` for a space inside an argument.
- `redis-7.0.resp2`, `redis-7.0.resp3`: the raw bytes that came back over one RESP2 and one RESP3 connection, which sent
  those commands one after the other, each on a new server. (`HELLO 3`, which opens the RESP3 connection, is not among
  them.)

The i-th message answers the i-th command, but for pushes that nobody asked for: a push whose first element is not
`subscribe` or `unsubscribe` answers no command. They come only with the last few commands (from `DEBUG PROTOCOL push` on);
in RESP2 there are none.
";

struct Connection {
    socket: TcpStream,
    pending: Vec<u8>,
}

impl Connection {
    fn open(server: &Server) -> Result<Self, String> {
        let socket = server.connect()?;
        socket
            .set_read_timeout(Some(Duration::from_secs(10)))
            .map_err(|error| format!("cannot set a timeout: {error}"))?;
        Ok(Self {
            socket,
            pending: Vec::new(),
        })
    }

    fn send(&mut self, arguments: &[Vec<u8>]) -> Result<(), String> {
        let mut bytes = format!("*{}\r\n", arguments.len()).into_bytes();
        for argument in arguments {
            bytes.extend_from_slice(format!("${}\r\n", argument.len()).as_bytes());
            bytes.extend_from_slice(argument);
            bytes.extend_from_slice(b"\r\n");
        }
        self.socket
            .write_all(&bytes)
            .map_err(|error| format!("cannot send: {error}"))
    }

    fn message(&mut self) -> Result<Vec<u8>, String> {
        loop {
            if let Some(length) = message_len(&self.pending)? {
                let rest = self.pending.split_off(length);
                return Ok(std::mem::replace(&mut self.pending, rest));
            }
            let mut chunk = [0; 16 * 1024];
            match self.socket.read(&mut chunk) {
                Ok(0) => return Err("the server closed the connection".into()),
                Ok(read) => self.pending.extend_from_slice(&chunk[..read]),
                Err(error) => return Err(format!("no answer: {error}")),
            }
        }
    }

    /// Sends `arguments` and takes the messages up to the answer, then those that the server sent along with it.
    fn exchange(&mut self, arguments: &[Vec<u8>]) -> Result<Vec<u8>, String> {
        self.send(arguments)?;
        let mut taken = Vec::new();
        loop {
            let message = self.message()?;
            let answers = !message.starts_with(b">") || message.windows(9).any(|part| part == b"subscribe");
            taken.extend_from_slice(&message);
            if answers {
                return Ok(taken);
            }
        }
    }
}

/// The length of the first whole message in `bytes`, attributes included, or `None` if more must be read.
fn message_len(bytes: &[u8]) -> Result<Option<usize>, String> {
    let mut position = 0;
    let mut missing = 1_usize;
    while missing > 0 {
        let Some(end) = bytes[position..].windows(2).position(|pair| pair == b"\r\n") else {
            return Ok(None);
        };
        let line = std::str::from_utf8(&bytes[position + 1..position + end]).unwrap_or("");
        let number = || line.parse::<i64>().map_err(|_| format!("not a length: {line:?}"));
        let kind = bytes[position];
        position += end + 2;
        missing -= 1;
        match kind {
            b'$' | b'=' | b'!' => {
                if let Ok(length) = usize::try_from(number()?) {
                    position += length + 2;
                }
            }
            b'*' | b'~' | b'>' => missing += usize::try_from(number()?).unwrap_or(0),
            b'%' => missing += 2 * usize::try_from(number()?).unwrap_or(0),
            // An attribute is not a value: the one that it decorates is still to come.
            b'|' => missing += 2 * usize::try_from(number()?).unwrap_or(0) + 1,
            b'+' | b'-' | b':' | b'_' | b'#' | b',' | b'(' => {}
            other => return Err(format!("the server sent a type byte {other:#04x}")),
        }
        if position > bytes.len() {
            return Ok(None);
        }
    }
    Ok(Some(position))
}

fn script() -> Vec<Vec<Vec<u8>>> {
    let lines = SCRIPT.lines().filter(|line| !line.is_empty());
    lines.map(|line| line.split(' ').map(argument).collect()).collect()
}

fn argument(text: &str) -> Vec<u8> {
    match text {
        "@big" => b"Every byte that was sent is a byte that comes back. ".repeat(60)[..3000].to_vec(),
        "@binary" => (0..=255).collect(),
        _ => unescape(text),
    }
}

fn unescape(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        bytes.push(match rest.next() {
            Some(b'r') => b'\r',
            Some(b'n') => b'\n',
            Some(b't') => b'\t',
            Some(b's') => b' ',
            Some(b'x') => {
                let mut digit = || {
                    rest.next()
                        .and_then(|digit| char::from(digit).to_digit(16))
                        .unwrap_or(0)
                };
                (digit() * 16 + digit()) as u8
            }
            _ => b'\\',
        });
    }
    bytes
}

fn escape(bytes: &[u8]) -> String {
    let mut text = String::new();
    for &byte in bytes {
        match byte {
            b'\r' => text.push_str("\\r"),
            b'\n' => text.push_str("\\n"),
            b'\t' => text.push_str("\\t"),
            b' ' => text.push_str("\\s"),
            b'\\' => text.push_str("\\\\"),
            0x21..=0x7e => text.push(char::from(byte)),
            _ => {
                let _ = write!(text, "\\x{byte:02x}");
            }
        }
    }
    text
}

/// Plays the script on a server of its own, in one protocol.
fn play(protocol: u8, script: &[Vec<Vec<u8>>]) -> Result<Vec<u8>, String> {
    let server = Server::start()?;
    let mut connection = Connection::open(&server)?;
    if protocol == 3 {
        connection.exchange(&[b"HELLO".to_vec(), b"3".to_vec()])?;
    }
    let mut stream = Vec::new();
    for command in script {
        stream.extend_from_slice(&connection.exchange(command)?);
    }
    // Pushes that follow the last answer would show as an answer to this one.
    connection.exchange(&[b"PING".to_vec()]).map(|_| stream)
}

/// Writes the recordings below `root`, the project's folder, and says what it wrote.
///
/// # Errors
/// In words: redis-server is missing or did not answer, or a file cannot be written.
pub(crate) fn record(root: &Path) -> Result<(), String> {
    let script = script();
    let folder = root.join("tests/corpus/recordings");
    let mut commands = String::new();
    for command in &script {
        let arguments: Vec<String> = command.iter().map(|argument| escape(argument)).collect();
        commands.push_str(&arguments.join(" "));
        commands.push('\n');
    }
    let files = [
        ("redis-7.0.commands", commands.into_bytes()),
        ("redis-7.0.resp2", play(2, &script)?),
        ("redis-7.0.resp3", play(3, &script)?),
        ("README.md", README.as_bytes().to_vec()),
    ];
    fs::create_dir_all(&folder).map_err(|error| format!("cannot make {}: {error}", folder.display()))?;
    for (name, bytes) in files {
        let path = folder.join(name);
        fs::write(&path, &bytes).map_err(|error| format!("cannot write {}: {error}", path.display()))?;
        println!("{} ({} bytes)", path.display(), bytes.len());
    }
    Ok(())
}
