//! What holds for all values and for all bytes.

mod common;

use common::values::{Dice, any_resp2_value, any_value, cut, write_resp2, write_resp3};
use common::{DRIVES, Drive, outcome, pieces, quote};
use proptest::collection::vec;
use proptest::prelude::*;
use quorate::resp::{
    Attributed, Bytes, Data, Decoder, EncodeError, Encoder, Items, Kind, Limits, Protocol, RawToken, RequestDecoder,
    RequestLimits, Value, View, encode_command, split_inline,
};

fn texts(values: &[Value]) -> Vec<String> {
    values.iter().map(Value::to_string).collect()
}

fn decode_all(bytes: &[u8]) -> Vec<Value> {
    let mut decoder = Decoder::default();
    decoder.feed(bytes);
    let values = decoder
        .poll_all()
        .expect("well formed")
        .map(|view| view.to_value())
        .collect();
    assert_eq!(decoder.buffered(), 0, "whole replies");
    values
}

/// Bytes that look like RESP more often than chance would have it.
fn any_wire() -> impl Strategy<Value = Vec<u8>> {
    let fragments: Vec<&[u8]> = vec![
        b"+",
        b"-",
        b":",
        b"$",
        b"*",
        b"%",
        b"~",
        b">",
        b"|",
        b"_",
        b"#",
        b",",
        b"(",
        b"!",
        b"=",
        b";",
        b".",
        b"?",
        b"\r\n",
        b"\r\n",
        b"\r\n",
        b"\r\n",
        b"\r",
        b"\n",
        b"0",
        b"1",
        b"2",
        b"3",
        b"-1",
        b"10",
        b"t",
        b"f",
        b"inf",
        b"nan",
        b"1.5",
        b"1e5",
        b"abc",
        b"txt:",
        b"+OK\r\n",
        b":1\r\n",
        b"$3\r\nabc\r\n",
        b"*1\r\n",
        b"*2\r\n",
        b"%1\r\n",
        b"~1\r\n",
        b">1\r\n",
        b"|1\r\n",
        b"*?\r\n",
        b"%?\r\n",
        b"~?\r\n",
        b".\r\n",
        b"$?\r\n",
        b";2\r\nab\r\n",
        b";0\r\n",
        b"_\r\n",
        b"#t\r\n",
        b",1.5\r\n",
        b"(12\r\n",
        b"!1\r\nx\r\n",
        b"=5\r\ntxt:a\r\n",
        b"$-1\r\n",
        b"*-1\r\n",
        b"*0\r\n",
        b"\x00",
        b"\xff",
    ];
    prop_oneof![
        6 => vec(proptest::sample::select(fragments), 0..40).prop_map(|parts| parts.concat()),
        1 => vec(any::<u8>(), 0..80),
    ]
}

/// Bytes of real values with a few of them changed.
fn any_damaged_wire() -> impl Strategy<Value = Vec<u8>> {
    (
        vec(any_value(), 1..4),
        any::<u64>(),
        vec((any::<usize>(), any::<u8>()), 1..4),
    )
        .prop_map(|(values, seed, changes)| {
            let mut bytes = Vec::new();
            let mut dice = Dice::new(seed);
            for value in &values {
                write_resp3(value, &mut dice, &mut bytes);
            }
            for (at, byte) in changes {
                let at = at % bytes.len();
                bytes[at] = byte;
            }
            bytes
        })
}

fn any_limits() -> impl Strategy<Value = Limits> {
    let limit = || prop_oneof![3 => Just(None), 1 => (0..40_u64).prop_map(Some)];
    (limit(), limit(), limit(), limit(), limit()).prop_map(|(depth, bulk, line, elements, reply)| Limits {
        max_depth: depth.map(|depth| depth as u32 % 6),
        max_bulk: bulk,
        max_line: line,
        max_elements: elements,
        max_reply: reply.map(|reply| reply * 4),
    })
}

/// Checks that neither the cut of the input nor the way of asking changes what comes out.
fn check_cuts(limits: &Limits, bytes: &[u8], seed: u64) -> Vec<String> {
    let whole = outcome(limits, &[bytes], Drive::Poll);
    let mut dice = Dice::new(seed);
    for drive in DRIVES {
        for cut in [
            pieces(bytes, 0),
            pieces(bytes, 1),
            cut(bytes, &mut dice),
            cut(bytes, &mut dice),
        ] {
            let lengths: Vec<usize> = cut.iter().map(|piece| piece.len()).collect();
            assert_eq!(
                outcome(limits, &cut, drive),
                whole,
                "{} in pieces of {lengths:?}, {drive:?}",
                quote(bytes)
            );
        }
    }
    whole
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_value_survives_any_spelling_and_any_cut(values in vec(any_value(), 1..5), seed: u64) {
        let mut dice = Dice::new(seed);
        let mut bytes = Vec::new();
        for value in &values {
            write_resp3(value, &mut dice, &mut bytes);
        }
        prop_assert_eq!(check_cuts(&Limits::default(), &bytes, seed), texts(&values));
        prop_assert_eq!(decode_all(&bytes), values);
    }

    #[test]
    fn any_value_of_resp2_survives_any_cut(values in vec(any_resp2_value(), 1..5), seed: u64) {
        let mut dice = Dice::new(seed);
        let mut bytes = Vec::new();
        for value in &values {
            write_resp2(value, &mut dice, &mut bytes);
        }
        prop_assert_eq!(check_cuts(&Limits::default(), &bytes, seed), texts(&values));
        prop_assert_eq!(decode_all(&bytes), values);
    }

    #[test]
    fn any_bytes_give_the_same_in_any_cut(bytes in any_wire(), limits in any_limits(), seed: u64) {
        check_cuts(&Limits::default(), &bytes, seed);
        check_cuts(&limits, &bytes, seed);
    }

    #[test]
    fn damaged_values_give_the_same_in_any_cut(bytes in any_damaged_wire(), limits in any_limits(), seed: u64) {
        check_cuts(&Limits::default(), &bytes, seed);
        check_cuts(&limits, &bytes, seed);
    }

    #[test]
    fn limits_only_ever_refuse(bytes in any_wire(), limits in any_limits()) {
        let free = outcome(&Limits::off(), &[&bytes], Drive::Poll);
        let bound = outcome(&limits, &[&bytes], Drive::Poll);
        if free != bound {
            let last = bound.last().expect("an error");
            prop_assert!(last.contains("_limit @"), "{bound:?} for {free:?}");
            prop_assert!(free.starts_with(&bound[..bound.len() - 1]));
        }
    }

    #[test]
    fn a_view_tells_its_place(values in vec(any_value(), 1..4), seed: u64) {
        let mut dice = Dice::new(seed);
        let mut bytes = Vec::new();
        let mut ends = vec![0];
        for value in &values {
            write_resp3(value, &mut dice, &mut bytes);
            ends.push(bytes.len());
        }
        let mut decoder = Decoder::default();
        decoder.feed(&bytes);
        for range in ends.windows(2) {
            let view = decoder.poll().expect("well formed").expect("complete");
            prop_assert_eq!(view.raw(), &bytes[range[0]..range[1]]);
            prop_assert_eq!(view.tokens().next().map(|token| token.offset), Some(range[0] as u64));
            // The tokens tile the reply: each starts where the one before it ends.
            let mut at = range[0] as u64;
            for token in view.tokens() {
                prop_assert_eq!(token.offset, at);
                at += token.size;
            }
            prop_assert_eq!(at, range[1] as u64);
        }
    }

    #[test]
    fn views_and_the_tape_tell_the_same(values in vec(any_value(), 1..4), seed: u64) {
        let mut dice = Dice::new(seed);
        let mut bytes = Vec::new();
        for value in &values {
            write_resp3(value, &mut dice, &mut bytes);
        }
        let mut decoder = Decoder::default();
        decoder.feed(&bytes);
        let batch = decoder.poll_all().expect("well formed");
        let (tape, window) = (batch.tape(), batch.bytes());
        let mut at = 0;
        for (value, view) in values.iter().zip(batch) {
            prop_assert_eq!(&from_view(&view), value);
            prop_assert_eq!(&from_tape(tape, window, &mut at), value);
        }
        prop_assert_eq!(at, tape.len());
    }

    #[test]
    fn fewer_bytes_than_needed_finish_no_token(values in vec(any_value(), 1..3), seed: u64) {
        let mut dice = Dice::new(seed);
        let mut bytes = Vec::new();
        for value in &values {
            write_resp3(value, &mut dice, &mut bytes);
        }
        let mut decoder = Decoder::default();
        let mut fed = 0;
        while fed < bytes.len() {
            prop_assert!(decoder.poll().expect("well formed").is_none());
            let tokens = decoder.tokens().count();
            let fewer = decoder.needed() - 1;
            prop_assert!(fed + fewer < bytes.len(), "the end is nearer than needed() says");
            decoder.feed(&bytes[fed..fed + fewer]);
            fed += fewer;
            prop_assert!(decoder.poll().expect("well formed").is_none());
            prop_assert_eq!(decoder.tokens().count(), tokens);
            decoder.feed(&bytes[fed..=fed]);
            fed += 1;
            while decoder.poll().expect("well formed").is_some() {}
        }
        prop_assert_eq!(decoder.buffered(), 0);
    }

    #[test]
    fn a_state_goes_on_where_it_was_taken(bytes in any_damaged_wire(), at: usize, limits in any_limits()) {
        for limits in [Limits::default(), limits] {
            let at = at % (bytes.len() + 1);
            let mut decoder = Decoder::new(limits.clone());
            decoder.feed(&bytes[..at]);
            while let Ok(Some(_)) = decoder.poll() {}
            let mut copies = [Decoder::from_state(decoder.state()), decoder.clone()];
            let rest = |decoder: &mut Decoder| {
                decoder.feed(&bytes[at..]);
                let mut lines = Vec::new();
                loop {
                    match decoder.poll() {
                        Ok(Some(view)) => lines.push(view.to_string()),
                        Ok(None) => break,
                        Err(error) => {
                            lines.push(format!("{} {error}", error.code()));
                            break;
                        }
                    }
                }
                lines.push(format!("{} {}", decoder.offset(), decoder.buffered()));
                lines
            };
            for copy in &copies {
                prop_assert_eq!(copy.state_hash(), decoder.state_hash());
                prop_assert_eq!(copy.state(), decoder.state());
                prop_assert_eq!(copy.error(), decoder.error());
            }
            let expected = rest(&mut decoder);
            for copy in &mut copies {
                prop_assert_eq!(&rest(copy), &expected);
                prop_assert_eq!(copy.state_hash(), decoder.state_hash());
            }
        }
    }

    #[test]
    fn reset_makes_a_new_decoder(before in any_wire(), after in any_wire()) {
        let limits = Limits { max_depth: Some(3), ..Limits::default() };
        let mut decoder = Decoder::new(limits.clone());
        decoder.feed(&before);
        while let Ok(Some(_)) = decoder.poll() {}
        decoder.reset();
        let fresh = Decoder::new(limits);
        prop_assert_eq!(decoder.state(), fresh.state());
        prop_assert_eq!(decoder.state_hash(), fresh.state_hash());
        prop_assert_eq!(decoder.offset(), 0);
        let mut fresh = fresh;
        decoder.feed(&after);
        fresh.feed(&after);
        loop {
            let (ours, theirs) = (decoder.poll(), fresh.poll());
            match (ours, theirs) {
                (Ok(Some(a)), Ok(Some(b))) => prop_assert_eq!(a.to_value(), b.to_value()),
                (Ok(None), Ok(None)) => break,
                (Err(a), Err(b)) => { prop_assert_eq!(a, b); break }
                (a, b) => prop_assert!(false, "{a:?} and {b:?}"),
            }
        }
    }

    #[test]
    fn what_is_encoded_decodes_to_the_same(values in vec(any_value(), 1..5), seed: u64) {
        let mut encoder = Encoder::new(Protocol::Resp3);
        for value in &values {
            encoder.value(value).expect("any value can be written");
        }
        prop_assert!(encoder.is_complete());
        let bytes = encoder.take();
        prop_assert_eq!(check_cuts(&Limits::default(), &bytes, seed), texts(&values));
        prop_assert_eq!(decode_all(&bytes), values);
    }

    #[test]
    fn a_view_is_written_like_its_value(values in vec(any_value(), 1..4), seed: u64) {
        let mut dice = Dice::new(seed);
        let mut bytes = Vec::new();
        for value in &values {
            write_resp3(value, &mut dice, &mut bytes);
        }
        for protocol in [Protocol::Resp2, Protocol::Resp3] {
            let mut decoder = Decoder::default();
            decoder.feed(&bytes);
            while let Some(view) = decoder.poll().expect("well formed") {
                let (mut ours, mut theirs) = (Encoder::new(protocol), Encoder::new(protocol));
                ours.view(&view).expect("any view can be written");
                theirs.value(&view.to_value()).expect("any value can be written");
                let (ours, theirs) = (decode_all(&ours.take()), decode_all(&theirs.take()));
                prop_assert_eq!(ours, theirs);
            }
        }
    }

    #[test]
    fn resp2_gets_what_redis_would_send_it(value in any_value()) {
        let mut encoder = Encoder::new(Protocol::Resp2);
        encoder.value(&value).expect("any value can be written");
        let bytes = encoder.take();
        let mut decoder = Decoder::default();
        decoder.feed(&bytes);
        let view = decoder.poll().expect("well formed").expect("complete");
        for token in view.tokens() {
            prop_assert!(matches!(
                token.kind,
                Kind::SimpleString | Kind::SimpleError | Kind::Integer | Kind::BulkString | Kind::NullBulk
                    | Kind::NullArray | Kind::Array
            ), "{:?} is not of RESP2", token.kind);
        }
        let found = view.to_value();
        prop_assert!(is_downgrade(&value, &found), "{value} became {found}");
    }

    #[test]
    fn whatever_calls_are_made_the_bytes_are_well_formed(calls in vec((0..20_u8, 0..4_u64), 0..60), resp3: bool) {
        let protocol = if resp3 { Protocol::Resp3 } else { Protocol::Resp2 };
        let mut encoder = Encoder::new(protocol);
        let mut bytes = Vec::new();
        for (name, number) in calls {
            let before = encoder.clone();
            if call(&mut encoder, name, number).is_err() {
                prop_assert_eq!(encoder.as_bytes(), before.as_bytes());
                prop_assert_eq!(encoder.is_complete(), before.is_complete());
            }
            if number == 3 && encoder.is_complete() {
                bytes.extend(encoder.take());
            }
        }
        bytes.extend_from_slice(encoder.as_bytes());
        let lines = outcome(&Limits::off(), &[&bytes], Drive::Poll);
        let bad = lines.iter().find(|line| line.starts_with("error") || *line == "need_more");
        prop_assert!(bad.is_none(), "{lines:?} from {}", quote(&bytes));
    }

    #[test]
    fn a_command_arrives_as_it_was_sent(commands in vec(vec(vec(any::<u8>(), 0..30), 1..6), 1..4), seed: u64) {
        let mut bytes = Vec::new();
        for command in &commands {
            let args: Vec<&[u8]> = command.iter().map(Vec::as_slice).collect();
            encode_command(&args, &mut bytes);
        }
        let mut dice = Dice::new(seed);
        for cut in [pieces(&bytes, 0), pieces(&bytes, 1), cut(&bytes, &mut dice)] {
            let (found, error) = requests(&cut);
            prop_assert_eq!(&found, &commands);
            prop_assert_eq!(error, None);
        }
    }

    #[test]
    fn any_bytes_give_the_same_requests_in_any_cut(
        parts in vec(proptest::sample::select(vec![
            &b"*1\r\n"[..], b"*2\r\n", b"*-1\r\n", b"*0\r\n", b"*", b"$", b"$4\r\nPING\r\n", b"$0\r\n\r\n", b"\r\n", b"\r",
            b"\n", b"PING", b" ", b"\"", b"'", b"\\", b"\\x41", b"1", b"99999999999", b"-", b"a", b"\x00", b"\xff",
        ]), 0..24),
        seed: u64,
    ) {
        let bytes = parts.concat();
        let whole = requests(&[&bytes]);
        let mut dice = Dice::new(seed);
        for cut in [pieces(&bytes, 1), cut(&bytes, &mut dice), cut(&bytes, &mut dice)] {
            prop_assert_eq!(&requests(&cut), &whole, "{}", quote(&bytes));
        }
    }

    #[test]
    fn quoted_arguments_are_read_back(args in vec(vec(any::<u8>(), 0..12), 0..5)) {
        // Everything in double quotes, every byte as \xHH.
        let line: Vec<String> = args
            .iter()
            .map(|arg| format!("\"{}\"", arg.iter().map(|byte| format!("\\x{byte:02X}")).collect::<String>()))
            .collect();
        prop_assert_eq!(split_inline(line.join(" \t").as_bytes()).expect("balanced"), args);
    }
}

/// A value made of what a view's methods say, as a reader of replies would.
fn from_view(view: &View<'_>) -> Value {
    let items = |items: Items<'_>| items.map(|item| from_view(&item)).collect::<Vec<_>>();
    let value = match view.data() {
        Data::SimpleString(text) => Value::SimpleString(text.into()),
        Data::SimpleError(text) => Value::SimpleError(text.into()),
        Data::Integer(integer) => Value::Integer(integer),
        Data::BulkString(text) => Value::BulkString(text.into()),
        Data::StreamedString(chunks) => {
            assert_eq!(view.as_bytes(), None);
            let joined = chunks.collect::<Vec<_>>().concat();
            assert_eq!(view.to_bytes().as_deref(), Some(&joined[..]));
            Value::BulkString(joined.into())
        }
        Data::Null => Value::Null,
        Data::NullArray => Value::NullArray,
        Data::Boolean(boolean) => Value::Boolean(boolean),
        Data::Double(double) => Value::Double(double),
        Data::BigNumber(text) => Value::BigNumber(text.into()),
        Data::BulkError(text) => Value::BulkError(text.into()),
        Data::Verbatim { format, data } => Value::Verbatim {
            format,
            data: data.into(),
        },
        Data::Array(array) => Value::Array(items(array).into()),
        Data::Set(set) => Value::Set(items(set).into()),
        Data::Push(push) => Value::Push(items(push).into()),
        Data::Map(pairs) => {
            assert_eq!(view.items().count(), 2 * view.len());
            Value::Map(
                pairs
                    .map(|(key, value)| (from_view(&key), from_view(&value)))
                    .collect::<Vec<_>>()
                    .into(),
            )
        }
        _ => panic!("{view} is of a kind that is new here"),
    };
    assert_eq!(view.is_null(), matches!(value, Value::Null | Value::NullArray));
    assert_eq!(
        view.is_error(),
        matches!(value, Value::SimpleError(_) | Value::BulkError(_))
    );
    assert_eq!(view.is_push(), matches!(value, Value::Push(_)));
    if view.tokens().next().is_some_and(|token| token.kind != Kind::Attribute) {
        assert_eq!(view.attributes().count(), 0);
        return value;
    }
    let attributes: Vec<_> = view
        .attributes()
        .map(|(key, value)| (from_view(&key), from_view(&value)))
        .collect();
    Value::Attributed(Box::new(Attributed {
        attributes: attributes.into(),
        value,
    }))
}

/// A value made of the tape's words by their documented bits, as a binding would.
fn from_tape(tape: &[RawToken], bytes: &[u8], at: &mut usize) -> Value {
    let [word0, word1] = tape[*at].words();
    let position = (word0 & ((1 << 56) - 1)) as usize;
    let kind = tape[*at].kind();
    assert_eq!((word0 >> 56) & 31, u64::from(kind as u8));
    let text = || Bytes::from(&bytes[position..position + word1 as usize]);
    *at += 1;
    match kind {
        Kind::SimpleString => Value::SimpleString(text()),
        Kind::SimpleError => Value::SimpleError(text()),
        Kind::Integer => Value::Integer(word1 as i64),
        Kind::BulkString => Value::BulkString(text()),
        Kind::Null | Kind::NullBulk => Value::Null,
        Kind::NullArray => Value::NullArray,
        Kind::Boolean => Value::Boolean(word1 == 1),
        Kind::Double => Value::Double(f64::from_bits(word1)),
        Kind::BigNumber => Value::BigNumber(text()),
        Kind::BulkError => Value::BulkError(text()),
        Kind::Verbatim => {
            assert_eq!(bytes[position - 1], b':');
            Value::Verbatim {
                format: bytes[position - 4..position - 1].try_into().expect("three"),
                data: text(),
            }
        }
        Kind::StreamedString => {
            let end = (word1 >> 32) as usize;
            let mut joined = Vec::new();
            for chunk in &tape[*at..end] {
                assert_eq!(chunk.kind(), Kind::Chunk);
                joined.extend_from_slice(&bytes[chunk.position()..chunk.position() + chunk.length()]);
            }
            assert_eq!(word1 as u32 as usize, end - *at - 1, "the last chunk is not counted");
            assert_eq!(tape[end - 1].length(), 0);
            *at = end;
            Value::BulkString(joined.into())
        }
        Kind::Attribute => {
            let mut attributes = pairs_from_tape(tape, bytes, at, word1);
            match from_tape(tape, bytes, at) {
                Value::Attributed(inner) => {
                    let (more, value) = inner.into_parts();
                    attributes.extend(more.into_vec());
                    Value::Attributed(Box::new(Attributed {
                        attributes: attributes.into(),
                        value,
                    }))
                }
                value => Value::Attributed(Box::new(Attributed {
                    attributes: attributes.into(),
                    value,
                })),
            }
        }
        Kind::Map => {
            let pairs = pairs_from_tape(tape, bytes, at, word1);
            end_from_tape(tape, at, word0, word1);
            Value::Map(pairs.into())
        }
        Kind::Array | Kind::Set | Kind::Push => {
            let items: Vec<Value> = (0..word1 as u32).map(|_| from_tape(tape, bytes, at)).collect();
            end_from_tape(tape, at, word0, word1);
            match kind {
                Kind::Array => Value::Array(items.into()),
                Kind::Set => Value::Set(items.into()),
                _ => Value::Push(items.into()),
            }
        }
        other => panic!("{other:?} stands where a value should"),
    }
}

fn pairs_from_tape(tape: &[RawToken], bytes: &[u8], at: &mut usize, word1: u64) -> Vec<(Value, Value)> {
    (0..word1 as u32 / 2)
        .map(|_| (from_tape(tape, bytes, at), from_tape(tape, bytes, at)))
        .collect()
}

/// A streamed aggregate has an end of its own; then each stops where its head says.
fn end_from_tape(tape: &[RawToken], at: &mut usize, word0: u64, word1: u64) {
    if word0 >> 61 & 1 == 1 {
        assert_eq!(tape[*at].kind(), Kind::End);
        *at += 1;
    }
    assert_eq!(*at, (word1 >> 32) as usize);
}

type Args = Vec<Vec<u8>>;

/// What a request decoder makes of the pieces: the requests, and the error's code and offset.
fn requests(pieces: &[&[u8]]) -> (Vec<Args>, Option<(String, u64)>) {
    let mut decoder = RequestDecoder::new(RequestLimits::default());
    let mut found = Vec::new();
    for piece in pieces {
        decoder.feed(piece);
        loop {
            match decoder.poll() {
                Ok(Some(request)) => found.push(request.args().map(<[u8]>::to_vec).collect()),
                Ok(None) => break,
                Err(error) => return (found, Some((error.code().to_owned(), error.offset))),
            }
        }
    }
    (found, None)
}

/// Whether `found` is what a RESP2 client gets for `value`.
fn is_downgrade(value: &Value, found: &Value) -> bool {
    let all = |values: Vec<&Value>, found: &[Value]| {
        values.len() == found.len()
            && values
                .iter()
                .zip(found)
                .all(|(value, found)| is_downgrade(value, found))
    };
    match (value, found) {
        (Value::Boolean(value), Value::Integer(found)) => i64::from(*value) == *found,
        (Value::Double(value), Value::BulkString(found)) => {
            let parsed: f64 = std::str::from_utf8(found).expect("digits").parse().expect("a double");
            parsed.to_bits() == value.to_bits() || (parsed.is_nan() && value.is_nan())
        }
        (Value::BigNumber(value), Value::BulkString(found)) => value == found,
        (Value::Verbatim { data, .. }, Value::BulkString(found)) => data == found,
        (Value::BulkError(value), Value::SimpleError(found)) => {
            let spaces: Vec<u8> = value
                .iter()
                .map(|&byte| if b"\r\n".contains(&byte) { b' ' } else { byte })
                .collect();
            spaces == **found
        }
        (Value::Attributed(value), found) => is_downgrade(&value.value, found),
        (Value::Array(items) | Value::Set(items) | Value::Push(items), Value::Array(found)) => {
            all(items.iter().collect(), found)
        }
        (Value::Map(pairs), Value::Array(found)) => {
            all(pairs.iter().flat_map(|(key, value)| [key, value]).collect(), found)
        }
        (value, found) => value == found,
    }
}

/// One of the encoder's calls.
fn call(encoder: &mut Encoder, name: u8, number: u64) -> Result<(), EncodeError> {
    match name {
        0 => encoder.simple_string([&b"OK"[..], b"a\r\nb", b"", b"\n"][number as usize]),
        1 => encoder.simple_error([&b"ERR"[..], b"a\rb", b"", b"x"][number as usize]),
        2 => encoder.integer(number as i64 - 2),
        3 => encoder.bulk_string(b"\r\n"),
        4 => encoder.null(),
        5 => encoder.null_array(),
        6 => encoder.boolean(number == 0),
        7 => encoder.double([0.5, -0.0, f64::NAN, 1e300][number as usize]),
        8 => encoder.big_number([&b"12"[..], b"-", b"x", b"-3"][number as usize]),
        9 => encoder.bulk_error(b"ERR\r\n"),
        10 => encoder.verbatim(*b"txt", b"a"),
        11 => encoder.array(number),
        12 => encoder.map(number),
        13 => encoder.set(number),
        14 => encoder.push(number),
        15 => encoder.attributes(number),
        16 => match number {
            0 => encoder.stream_string(),
            1 => encoder.stream_array(),
            2 => encoder.stream_set(),
            _ => encoder.stream_map(),
        },
        17 => encoder.chunk([&b"abc"[..], b"", b"\r\n", b"x"][number as usize]),
        18 => encoder.end_string(),
        _ => encoder.end(),
    }
}

#[cfg(feature = "serde")]
mod through_json {
    use super::*;

    /// JSON has no infinities and no NaN.
    fn is_for_json(value: &Value) -> bool {
        let text = value.to_string();
        !["inf", "nan"].iter().any(|part| text.contains(part))
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn values_survive(value in any_value()) {
            prop_assume!(is_for_json(&value));
            let text = serde_json::to_string(&value).expect("a value can be written");
            prop_assert_eq!(serde_json::from_str::<Value>(&text).expect("and read"), value);
        }

        #[test]
        fn states_go_on(bytes in any_damaged_wire(), at: usize, limits in any_limits()) {
            let at = at % (bytes.len() + 1);
            let mut decoder = Decoder::new(limits);
            decoder.feed(&bytes[..at]);
            while let Ok(Some(_)) = decoder.poll() {}
            let text = serde_json::to_string(&decoder.state()).expect("a state can be written");
            let copy = Decoder::from_state(serde_json::from_str(&text).expect("and read"));
            prop_assert_eq!(copy.state(), decoder.state());
            prop_assert_eq!(copy.state_hash(), decoder.state_hash());
            prop_assert_eq!(copy.error(), decoder.error());
        }
    }
}
