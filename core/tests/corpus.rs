//! Runs the corpus, `tests/corpus`, as every language does.

mod common;

use std::collections::BTreeMap;

use common::{Case, DRIVES, cases, outcome, pieces, quote, unescape};
use quorate::cluster;
use quorate::resp::{
    Decoder, EncodeError, Encoder, Limits, Protocol, RequestDecoder, RequestLimits, Token, encode_command,
};

/// Runs every case of a folder; each of its commands must have been seen, so that none is passed over in silence.
fn run(folder: &str, commands: &[&str], check: impl Fn(&Case) -> Result<(), String>) {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut failures = Vec::new();
    for case in cases(folder) {
        *counts.entry(case.command.clone()).or_default() += 1;
        if let Err(difference) = check(&case) {
            failures.push(format!(
                "{}: {} {}\n{difference}",
                case.place,
                case.command,
                case.options.join(" ")
            ));
        }
    }
    println!("{folder}: {counts:?}");
    assert_eq!(
        counts.keys().map(String::as_str).collect::<Vec<_>>(),
        commands,
        "commands in {folder}"
    );
    assert!(
        failures.is_empty(),
        "{} cases failed:\n\n{}",
        failures.len(),
        failures.join("\n\n")
    );
}

fn compare(what: &str, expected: &[String], found: &[String]) -> Result<(), String> {
    if expected == found {
        return Ok(());
    }
    Err(format!("  {what}\n  expected {expected:?}\n  found    {found:?}"))
}

#[test]
fn resp() {
    run(
        "resp",
        &["command", "decode", "encode", "request", "tokens"],
        |case| match case.command.as_str() {
            "decode" => decode(case),
            "tokens" => tokens(case),
            "encode" => encode(case),
            "request" => request(case),
            "command" => command(case),
            other => Err(format!("no such command: {other}")),
        },
    );
}

#[test]
fn slots_and_tags() {
    run("cluster", &["group", "hash_tag", "slot", "tag"], |case| {
        match case.command.as_str() {
            "slot" => slot(case),
            "hash_tag" => {
                let found: Vec<String> = case.input.iter().map(|key| quote(cluster::hash_tag(key))).collect();
                compare("hash_tag", &case.result, &found)
            }
            "tag" => tag(case),
            "group" => group(case),
            other => Err(format!("no such command: {other}")),
        }
    });
}

/// `NAME=N` or `NAME=off`.
fn option(text: &str) -> (&str, Option<u64>) {
    let (name, value) = text.split_once('=').unwrap_or_else(|| panic!("{text} is no option"));
    (
        name,
        (value != "off").then(|| value.parse().expect("a number or `off`")),
    )
}

fn limits(options: &[String]) -> Limits {
    let mut limits = Limits::default();
    for (name, value) in options.iter().map(|text| option(text)) {
        match name {
            "max_depth" => limits.max_depth = value.map(|value| u32::try_from(value).expect("32 bits")),
            "max_bulk" => limits.max_bulk = value,
            "max_line" => limits.max_line = value,
            "max_elements" => limits.max_elements = value,
            "max_reply" => limits.max_reply = value,
            other => panic!("no such limit: {other}"),
        }
    }
    limits
}

fn decode(case: &Case) -> Result<(), String> {
    let limits = limits(&case.options);
    let bytes = case.bytes();
    for size in [0, 1, 7] {
        for drive in DRIVES {
            let found = outcome(&limits, &pieces(&bytes, size), drive);
            compare(&format!("{drive:?} in pieces of {size}"), &case.result, &found)?;
        }
    }
    Ok(())
}

fn tokens(case: &Case) -> Result<(), String> {
    let line = |token: Token| {
        let name = token.kind.name();
        let mut line = format!(
            "{} {name} depth={} header={} length={}",
            token.offset, token.depth, token.header, token.length
        );
        if token.kind.has_children() {
            line += &format!(" elements={}", token.elements);
        }
        if token.streamed {
            line += " streamed";
        }
        line
    };
    let bytes = case.bytes();
    for size in [0, 1, 7] {
        let mut decoder = Decoder::default();
        let mut found = Vec::new();
        for piece in pieces(&bytes, size) {
            decoder.feed(piece);
            while let Some(view) = decoder.poll().map_err(|error| error.to_string())? {
                found.extend(view.tokens().map(line));
            }
        }
        found.extend(decoder.tokens().map(line));
        compare(&format!("in pieces of {size}"), &case.result, &found)?;
    }
    Ok(())
}

fn encode(case: &Case) -> Result<(), String> {
    let protocol = match case.options[0].as_str() {
        "2" => Protocol::Resp2,
        "3" => Protocol::Resp3,
        other => return Err(format!("no such protocol: {other}")),
    };
    let mut encoder = Encoder::new(protocol);
    for line in &case.lines {
        let whole = encoder.as_bytes().to_vec();
        if let Err(refused) = call(&mut encoder, line) {
            assert!(
                encoder.as_bytes().starts_with(&whole),
                "a refused call leaves what is there"
            );
            return compare(line, &case.result, &[format!("error {}", refused.code())]);
        }
    }
    if !encoder.is_complete() {
        return Err("the calls do not make complete values".into());
    }
    let expected: Vec<u8> = case.result.iter().flat_map(|line| unescape(line)).collect();
    assert_eq!(encoder.as_bytes(), expected, "{}", case.place);
    let found = encoder.take();
    compare("bytes", &[quote(&expected)], &[quote(&found)])
}

/// Makes the call that a line of `encode` names.
fn call(encoder: &mut Encoder, line: &str) -> Result<(), EncodeError> {
    let (name, rest) = line.split_once(' ').unwrap_or((line, ""));
    let count = || rest.parse::<u64>().expect("a count");
    match name {
        "simple_string" => encoder.simple_string(&unescape(rest)),
        "simple_error" => encoder.simple_error(&unescape(rest)),
        "integer" => encoder.integer(rest.parse().expect("an integer")),
        "bulk_string" => encoder.bulk_string(&unescape(rest)),
        "null" => encoder.null(),
        "null_array" => encoder.null_array(),
        "boolean" => encoder.boolean(rest == "true"),
        "double" => encoder.double(rest.parse().expect("a double")),
        "big_number" => encoder.big_number(&unescape(rest)),
        "bulk_error" => encoder.bulk_error(&unescape(rest)),
        "verbatim" => {
            let (format, text) = rest.split_once(' ').unwrap_or((rest, ""));
            encoder.verbatim(unescape(format).try_into().expect("three bytes"), &unescape(text))
        }
        "array" => encoder.array(count()),
        "map" => encoder.map(count()),
        "set" => encoder.set(count()),
        "push" => encoder.push(count()),
        "attributes" => encoder.attributes(count()),
        "stream_string" => encoder.stream_string(),
        "chunk" => encoder.chunk(&unescape(rest)),
        "end_string" => encoder.end_string(),
        "stream_array" => encoder.stream_array(),
        "stream_set" => encoder.stream_set(),
        "stream_map" => encoder.stream_map(),
        "end" => encoder.end(),
        other => panic!("no such call: {other}"),
    }
}

fn request(case: &Case) -> Result<(), String> {
    let mut limits = RequestLimits::default();
    for text in &case.options {
        if text == "unauthenticated" {
            limits.authenticated = false;
            continue;
        }
        match option(text) {
            ("max_args", value) => limits.max_args = value,
            ("max_bulk", value) => limits.max_bulk = value,
            ("max_line", value) => limits.max_line = value,
            (other, _) => panic!("no such limit: {other}"),
        }
    }
    let bytes = case.bytes();
    for size in [0, 1, 7] {
        let mut decoder = RequestDecoder::new(limits.clone());
        let mut found = Vec::new();
        let mut failed = false;
        'input: for piece in pieces(&bytes, size) {
            decoder.feed(piece);
            loop {
                match decoder.poll() {
                    Ok(Some(request)) => {
                        let args: Vec<String> = request.args().map(quote).collect();
                        assert_eq!(args.len(), request.len());
                        found.push(args.join(" "));
                    }
                    Ok(None) => break,
                    Err(error) => {
                        found.push(format!("error {} @{}", error.code(), error.offset));
                        failed = true;
                        break 'input;
                    }
                }
            }
        }
        if !failed && decoder.buffered() > 0 {
            found.push("need_more".into());
        }
        compare(&format!("in pieces of {size}"), &case.result, &found)?;
    }
    Ok(())
}

fn command(case: &Case) -> Result<(), String> {
    let args: Vec<&[u8]> = case.input.iter().map(Vec::as_slice).collect();
    let mut bytes = Vec::new();
    encode_command(&args, &mut bytes);
    let expected: Vec<u8> = case.result.iter().flat_map(|line| unescape(line)).collect();
    compare("bytes", &[quote(&expected)], &[quote(&bytes)])
}

fn slot(case: &Case) -> Result<(), String> {
    let found: Vec<String> = case
        .input
        .iter()
        .map(|key| cluster::key_slot(key).to_string())
        .collect();
    compare("key_slot", &case.result, &found)?;
    let constant: Vec<String> = case
        .input
        .iter()
        .map(|key| cluster::key_slot_const(key).to_string())
        .collect();
    compare("key_slot_const", &case.result, &constant)?;
    let batch: Vec<String> = cluster::key_slots(&case.input).iter().map(u16::to_string).collect();
    compare("key_slots", &case.result, &batch)
}

fn tag(case: &Case) -> Result<(), String> {
    let slots = case.lines.iter().map(|line| line.parse::<u16>().expect("a slot"));
    let found: Vec<String> = slots
        .map(|slot| match cluster::tag_for_slot(slot) {
            Ok(tag) => tag.to_string(),
            Err(error) => format!("error {}", error.code()),
        })
        .collect();
    compare("tag_for_slot", &case.result, &found)
}

fn group(case: &Case) -> Result<(), String> {
    let groups = cluster::group_by_slot(&case.input);
    let found: Vec<String> = groups
        .iter()
        .map(|(slot, indices)| {
            let indices: Vec<String> = indices.iter().map(u32::to_string).collect();
            format!("{slot}: {}", indices.join(" "))
        })
        .collect();
    compare("group_by_slot", &case.result, &found)
}
