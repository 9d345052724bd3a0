//! A small client: decodes what a Redis server replied, encodes commands, and routes keys to slots.
//!
//! `client FOLDER` reads recorded replies. `client FOLDER PORT` sends the recorded commands to a server on loopback and
//! reads what it replies now. Either way it prints one line of JSON: what it found, and how long that took.

use std::error::Error;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Instant;

use quorate::cluster::{group_by_slot, key_slot, key_slots};
use quorate::resp::{Decoder, Limits, RequestDecoder, RequestLimits, Value};
use quorate::resp::{encode_command, encode_pipeline, split_inline};

/// As many bytes as a packet on an Ethernet carries.
const PACKET: usize = 1460;
const ROUNDS: u32 = 300;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().collect();
    let (folder, port) = (args.get(1).ok_or("usage: client FOLDER [PORT]")?, args.get(2));
    let commands = commands(&fs::read_to_string(format!("{folder}/redis-7.0.commands"))?)?;
    let commands: Vec<Vec<&[u8]>> = commands
        .iter()
        .map(|args| args.iter().map(Vec::as_slice).collect())
        .collect();
    let mut results = Results::default();

    // 1. Replies: feed bytes as they come, take every reply that is complete.
    let mut decode_ns = 0;
    for protocol in [2, 3] {
        let (ns, replies) = match port {
            Some(port) => fastest(1, || talk(port.parse()?, protocol, &commands))?,
            None => {
                let bytes = fs::read(format!("{folder}/redis-7.0.resp{protocol}"))?;
                fastest(ROUNDS, || decode(&bytes))?
            }
        };
        decode_ns += ns / replies.len() as u128;
        replies.iter().for_each(|reply| results.value(reply, 0));
    }

    // 2. Commands: a pipeline in one buffer, which the server's side reads as it was meant.
    let (encode_ns, pipeline) = fastest(ROUNDS, || {
        let mut pipeline = Vec::new();
        encode_pipeline(commands.iter().map(Vec::as_slice), &mut pipeline);
        Ok(pipeline)
    })?;
    let mut server = RequestDecoder::new(RequestLimits::default());
    server.feed(&pipeline);
    for command in &commands {
        let request = server.poll()?.ok_or("a request is missing")?;
        results.add("commands understood", request.args().eq(command.iter().copied()).into());
    }
    results.add("bytes of pipeline", pipeline.len() as i64);
    results.add("checksum of pipeline", key_slot(&pipeline).into());

    // 3. Keys: the slot of each, and which of them can be asked for together.
    let keys: Vec<&[u8]> = commands.iter().filter_map(|args| args.get(1).copied()).collect();
    let (slots_ns, slots) = fastest(ROUNDS, || Ok(key_slots(&keys)))?;
    slots.iter().for_each(|&slot| results.add("sum of slots", slot.into()));
    results.add("groups of keys", group_by_slot(&keys).iter().count() as i64);

    let mut times = Results::default();
    times.add(
        if port.is_some() {
            "ns to fetch a reply"
        } else {
            "ns to decode a reply"
        },
        (decode_ns / 2) as i64,
    );
    times.add("ns to encode a command", encode_ns as i64 / commands.len() as i64);
    times.add("ns to route a key", slots_ns as i64 / keys.len() as i64);
    println!(
        r#"{{"language": "Rust", "results": {}, "times": {}}}"#,
        results.json(),
        times.json()
    );
    Ok(())
}

/// Decodes a recording, as it would arrive in packets.
fn decode(bytes: &[u8]) -> Result<Vec<Value>> {
    let mut decoder = Decoder::new(Limits::default());
    let mut replies = Vec::new();
    for packet in bytes.chunks(PACKET) {
        decoder.feed(packet);
        replies.extend(decoder.poll_all()?.map(|reply| reply.to_value()));
    }
    Ok(replies)
}

/// Sends the commands to a server, and takes what it replies until it echoes the end.
fn talk(port: u16, protocol: u8, commands: &[Vec<&[u8]>]) -> Result<Vec<Value>> {
    let mut pipeline = Vec::new();
    encode_command(&[b"HELLO", protocol.to_string().as_bytes()], &mut pipeline);
    encode_command(&[b"FLUSHALL"], &mut pipeline);
    encode_pipeline(commands.iter().map(Vec::as_slice), &mut pipeline);
    encode_command(&[&b"ECHO"[..], b"the end"], &mut pipeline);
    let mut socket = TcpStream::connect(("127.0.0.1", port))?;
    socket.write_all(&pipeline)?;

    let mut decoder = Decoder::new(Limits::default());
    let mut replies = Vec::new();
    let end = Value::BulkString(b"the end"[..].into());
    while replies.last() != Some(&end) {
        // The socket writes straight into the decoder's own memory.
        let read = socket.read(decoder.reserve(16 * 1024))?;
        decoder.commit(read)?;
        if read == 0 {
            return Err("the server closed the connection".into());
        }
        replies.extend(decoder.poll_all()?.map(|reply| reply.to_value()));
    }
    replies.pop();
    Ok(replies.split_off(2))
}

/// Named counts, in the order in which they were first met.
#[derive(Default)]
struct Results(Vec<(&'static str, i64)>);

impl Results {
    fn add(&mut self, name: &'static str, number: i64) {
        match self.0.iter_mut().find(|(known, _)| *known == name) {
            Some((_, sum)) => *sum += number,
            None => self.0.push((name, number)),
        }
    }

    /// Counts a value in words that every language has: a set is a list, an integer and a double are numbers.
    fn value(&mut self, value: &Value, depth: i64) {
        if let Value::Attributed(attributed) = value {
            return self.value(&attributed.value, depth); // What decorates a value is not counted.
        }
        if depth == 0 {
            self.add(
                if matches!(value, Value::Push(_)) {
                    "pushes"
                } else {
                    "replies"
                },
                1,
            );
        }
        match value {
            Value::SimpleString(text) | Value::BulkString(text) | Value::Verbatim { data: text, .. } => {
                self.add("strings", 1);
                self.add("bytes of strings", text.len() as i64);
                self.add("checksum of strings", key_slot(text).into());
            }
            Value::SimpleError(text) | Value::BulkError(text) => {
                self.add("errors", 1);
                self.add("checksum of errors", key_slot(text).into());
            }
            Value::Integer(number) => self.number(*number as f64),
            Value::Double(number) => self.number(*number),
            Value::BigNumber(_) => self.add("numbers", 1),
            Value::Boolean(_) => self.add("booleans", 1),
            Value::Null | Value::NullArray => self.add("nulls", 1),
            Value::Array(items) | Value::Set(items) | Value::Push(items) => {
                self.add("lists", 1);
                items.iter().for_each(|item| self.value(item, depth + 1));
            }
            Value::Map(pairs) => {
                self.add("maps", 1);
                pairs
                    .iter()
                    .flat_map(|(key, value)| [key, value])
                    .for_each(|item| self.value(item, depth + 1));
            }
            other => unreachable!("a kind of value that this client does not know: {other}"),
        }
        self.add("sum of depths", depth);
    }

    /// Sums whole numbers below 2^53: those that every language holds exactly, as an integer or as a double.
    fn number(&mut self, number: f64) {
        self.add("numbers", 1);
        if number.fract() == 0.0 && number.abs() < 9_007_199_254_740_992.0 {
            self.add("sum of integers", number as i64);
        }
    }

    fn json(&self) -> String {
        let pairs: Vec<String> = self
            .0
            .iter()
            .map(|(name, number)| format!("{name:?}: {number}"))
            .collect();
        format!("{{{}}}", pairs.join(", "))
    }
}

/// The least time of so many runs, in nanoseconds, and what one of them gave.
fn fastest<T>(rounds: u32, run: impl Fn() -> Result<T>) -> Result<(u128, T)> {
    let timed = || {
        let start = Instant::now();
        run().map(|result| (start.elapsed().as_nanos(), result))
    };
    (1..rounds).try_fold(timed()?, |best, _| {
        let new = timed()?;
        Ok(if new.0 < best.0 { new } else { best })
    })
}

/// The recorded commands. Between double quotes, a line's escapes are those that Redis itself knows, but for `\s`.
fn commands(text: &str) -> Result<Vec<Vec<Vec<u8>>>> {
    let quoted = |line: &str| {
        line.replace('"', r#"\""#)
            .replace(r"\s", r"\x20")
            .replace(' ', r#"" ""#)
    };
    text.lines()
        .map(|line| Ok(split_inline(format!("\"{}\"", quoted(line)).as_bytes())?))
        .collect()
}
