//! What a real redis-server sent: every message decodes, however it is cut, and is written again byte for byte.

mod common;

use std::fs;

use common::{DRIVES, outcome, pieces, root};
use quorate::resp::{Decoder, Encoder, Limits, Protocol, Value};

fn recording(name: &str) -> Vec<u8> {
    let path = root().join("tests/corpus/recordings").join(name);
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn commands() -> Vec<String> {
    let text = String::from_utf8(recording("redis-7.0.commands")).expect("ASCII");
    text.lines().map(str::to_owned).collect()
}

/// The messages that answer commands: a push does so only where a subscription is confirmed.
fn answers(bytes: &[u8]) -> Vec<Value> {
    let mut decoder = Decoder::default();
    decoder.feed(bytes);
    let messages: Vec<Value> = decoder
        .poll_all()
        .expect("whole messages")
        .map(|view| view.to_value())
        .collect();
    assert_eq!(decoder.buffered(), 0, "the recording ends with a whole message");
    messages.into_iter().filter(answers_a_command).collect()
}

fn answers_a_command(message: &Value) -> bool {
    let Value::Push(items) = message else {
        return true;
    };
    let kind = items.first().and_then(Value::as_bytes);
    matches!(kind, Some(b"subscribe" | b"unsubscribe"))
}

#[test]
fn the_ith_message_answers_the_ith_command() {
    let commands = commands();
    let resp2 = answers(&recording("redis-7.0.resp2"));
    let resp3 = answers(&recording("redis-7.0.resp3"));
    assert!(commands.len() > 100);
    assert_eq!(resp2.len(), commands.len());
    assert_eq!(resp3.len(), commands.len());

    let answer = |command: &str| {
        let at = commands.iter().position(|line| line == command);
        let at = at.unwrap_or_else(|| panic!("{command} was not recorded"));
        (resp2[at].to_string(), resp3[at].to_string())
    };
    let same = |text: &str| (text.to_owned(), text.to_owned());
    let pair = |resp2: &str, resp3: &str| (resp2.to_owned(), resp3.to_owned());
    assert_eq!(answer("PING"), same("\"PONG\""));
    assert_eq!(answer("GET greeting"), same("\"hello\""));
    assert_eq!(answer("GET missing"), same("null"));
    assert_eq!(
        answer("INCRBY counter 9214364837600034814"),
        same("9223372036854775807")
    );
    assert_eq!(
        answer("INCRBY lowest -9223372036854775808"),
        same("-9223372036854775808")
    );
    assert_eq!(
        answer("HGETALL single"),
        pair("[\"field\", \"value\"]", "{\"field\": \"value\"}")
    );
    assert_eq!(
        answer("ZSCORE zset tenth"),
        pair("\"0.10000000000000001\"", "f64:3fb999999999999a")
    );
    assert_eq!(
        answer("DEBUG PROTOCOL bignum"),
        pair(
            "\"1234567999999999999999999999999999999\"",
            "1234567999999999999999999999999999999",
        )
    );
    assert_eq!(
        answer("DEBUG PROTOCOL attrib"),
        pair(
            "\"Some real reply following the attribute\"",
            "|{\"key-popularity\": [\"key:123\", 90]} \"Some real reply following the attribute\"",
        )
    );
    assert_eq!(
        answer("SUBSCRIBE channel"),
        pair("[\"subscribe\", \"channel\", 1]", ">[\"subscribe\", \"channel\", 1]",)
    );
}

#[test]
fn any_cut_gives_the_same_messages() {
    for name in ["redis-7.0.resp2", "redis-7.0.resp3"] {
        let bytes = recording(name);
        let whole = outcome(&Limits::default(), &[&bytes], DRIVES[0]);
        assert!(
            whole.len() > 100 && whole.last().is_some_and(|line| line != "need_more"),
            "{name}"
        );
        for size in [0, 1, 2, 7, 64, 1460] {
            for drive in DRIVES {
                assert_eq!(
                    outcome(&Limits::default(), &pieces(&bytes, size), drive),
                    whole,
                    "{name} {size} {drive:?}"
                );
            }
        }
    }
}

#[test]
fn messages_are_written_again_byte_for_byte() {
    for (name, protocol) in [
        ("redis-7.0.resp2", Protocol::Resp2),
        ("redis-7.0.resp3", Protocol::Resp3),
    ] {
        let bytes = recording(name);
        let mut decoder = Decoder::default();
        decoder.feed(&bytes);
        let mut encoder = Encoder::new(protocol);
        let mut canonical = 0;
        while let Some(view) = decoder.poll().expect("a recorded message") {
            encoder.view(&view).expect("what was decoded can be encoded");
            let written = encoder.take();
            encoder.value(&view.to_value()).expect("its value too");
            assert_eq!(
                encoder.take(),
                written,
                "{view}: the view and its value are written alike"
            );
            // A double has many spellings (the server writes 17 digits, we the shortest), so there the value is compared.
            if written == view.raw() {
                canonical += 1;
                continue;
            }
            assert!(
                contains_double(&view.to_value()),
                "{view}: {:?}",
                String::from_utf8_lossy(&written)
            );
            let mut again = Decoder::default();
            again.feed(&written);
            let again = again.poll().expect("well formed").expect("complete").to_value();
            assert_eq!(again, view.to_value());
        }
        assert!(
            canonical > 90,
            "{name}: {canonical} messages were written byte for byte"
        );
    }
}

fn contains_double(value: &Value) -> bool {
    match value {
        Value::Double(_) => true,
        Value::Array(items) | Value::Set(items) | Value::Push(items) => items.iter().any(contains_double),
        Value::Map(pairs) => pairs
            .iter()
            .any(|(key, value)| contains_double(key) || contains_double(value)),
        _ => false,
    }
}
