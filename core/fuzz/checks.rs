//! What the fuzz targets check of any bytes. `core/tests/fuzz_corpus.rs` runs the same on the committed corpus.
//!
//! The first byte of the input chooses limits and where the rest is cut; the rest is what a peer sends.

// Each target uses one of the two.
#![allow(dead_code)]

use quorate::resp::{
    Decoder, Encoder, Limits, Protocol, RequestDecoder, RequestLimits, Value, encode_command, split_inline,
};

/// What came out: each reply and where it stood, then the error or how many bytes are left.
#[derive(Debug, PartialEq)]
struct Outcome {
    replies: Vec<(u64, Value)>,
    end: Result<usize, (String, u64)>,
}

/// Replies: any cut and any way of asking give the same, a state goes on where it was taken, what was decoded can be written
/// and read again.
pub(crate) fn decode(data: &[u8]) {
    let Some((&choice, wire)) = data.split_first() else {
        return;
    };
    let limits = limits(choice);
    let whole = poll_each(&limits, &[wire]);
    let middle = cut(wire, choice);
    assert_eq!(poll_each(&limits, &middle), whole, "polled in two pieces");
    assert_eq!(poll_batches(&limits, &[wire]), whole, "in batches");
    assert_eq!(
        poll_batches(&limits, &wire.chunks(3).collect::<Vec<_>>()),
        whole,
        "in batches of three bytes"
    );
    assert_eq!(
        poll_each(&limits, &wire.chunks(1).collect::<Vec<_>>()),
        whole,
        "byte by byte"
    );
    assert_eq!(through_states(&limits, &middle), whole, "through a saved state");
    for (_, value) in &whole.replies {
        written_and_read(value);
    }
}

fn limits(choice: u8) -> Limits {
    match choice >> 6 {
        0 => Limits::default(),
        1 => Limits::off(),
        2 => Limits {
            max_depth: Some(3),
            max_bulk: Some(9),
            max_line: Some(12),
            max_elements: Some(7),
            max_reply: Some(60),
        },
        _ => Limits {
            max_depth: Some(1),
            max_bulk: Some(2),
            max_line: Some(2),
            max_elements: Some(2),
            max_reply: Some(16),
        },
    }
}

fn cut(wire: &[u8], choice: u8) -> [&[u8]; 2] {
    let at = usize::from(choice & 63) * wire.len() / 63;
    [&wire[..at], &wire[at..]]
}

fn poll_each(limits: &Limits, pieces: &[&[u8]]) -> Outcome {
    let mut decoder = Decoder::new(limits.clone());
    let mut replies = Vec::new();
    for piece in pieces {
        decoder.feed(piece);
        if let Err(end) = drain(&mut decoder, &mut replies) {
            return Outcome { replies, end: Err(end) };
        }
    }
    Outcome {
        replies,
        end: Ok(decoder.buffered()),
    }
}

fn drain(decoder: &mut Decoder, replies: &mut Vec<(u64, Value)>) -> Result<(), (String, u64)> {
    loop {
        match decoder.poll() {
            Ok(Some(view)) => {
                let tiled: u64 = view.tokens().map(|token| token.size).sum();
                assert_eq!(tiled, view.raw().len() as u64, "the tokens make up the reply");
                let value = view.to_value();
                assert_eq!(view.to_string(), value.to_string());
                replies.push((view.tokens().next().expect("a token").offset, value));
            }
            Ok(None) => {
                assert!(decoder.needed() > 0);
                decoder.tokens().for_each(drop);
                return Ok(());
            }
            Err(error) => {
                assert!(!error.expected().is_empty());
                return Err((format!("{} {error}", error.code()), error.offset));
            }
        }
    }
}

fn poll_batches(limits: &Limits, pieces: &[&[u8]]) -> Outcome {
    let mut decoder = Decoder::new(limits.clone());
    let mut replies = Vec::new();
    for piece in pieces {
        decoder.reserve(piece.len())[..piece.len()].copy_from_slice(piece);
        decoder.commit(piece.len()).expect("what was reserved");
        loop {
            match decoder.poll_all() {
                Ok(batch) => {
                    let before = replies.len();
                    replies.extend(batch.map(|view| (view.tokens().next().expect("a token").offset, view.to_value())));
                    if replies.len() == before {
                        break;
                    }
                }
                Err(error) => {
                    let end = Err((format!("{} {error}", error.code()), error.offset));
                    return Outcome { replies, end };
                }
            }
        }
    }
    Outcome {
        replies,
        end: Ok(decoder.buffered()),
    }
}

fn through_states(limits: &Limits, pieces: &[&[u8]]) -> Outcome {
    let mut decoder = Decoder::new(limits.clone());
    let mut replies = Vec::new();
    for piece in pieces {
        decoder.feed(piece);
        let end = drain(&mut decoder, &mut replies);
        let copy = Decoder::from_state(decoder.state());
        assert_eq!(copy.state_hash(), decoder.state_hash());
        assert_eq!(copy.error(), decoder.error());
        decoder = copy;
        if let Err(end) = end {
            return Outcome { replies, end: Err(end) };
        }
    }
    Outcome {
        replies,
        end: Ok(decoder.buffered()),
    }
}

fn written_and_read(value: &Value) {
    for protocol in [Protocol::Resp3, Protocol::Resp2] {
        let mut encoder = Encoder::new(protocol);
        encoder.value(value).expect("what was decoded can be written");
        assert!(encoder.is_complete());
        let bytes = encoder.take();
        let mut decoder = Decoder::new(Limits::off());
        decoder.feed(&bytes);
        let read = decoder.poll().expect("well formed").expect("complete").to_value();
        assert_eq!(decoder.buffered(), 0);
        if protocol == Protocol::Resp3 {
            assert_eq!(read.to_string(), value.to_string());
        }
    }
    assert!(value.clone() == *value);
}

/// Requests: any cut gives the same; what came out is a command again; inline quoting never fails on what it split.
pub(crate) fn requests(data: &[u8]) {
    let Some((&choice, wire)) = data.split_first() else {
        return;
    };
    let whole = poll_requests(choice, &[wire]);
    assert_eq!(poll_requests(choice, &cut(wire, choice)), whole, "in two pieces");
    assert_eq!(
        poll_requests(choice, &wire.chunks(1).collect::<Vec<_>>()),
        whole,
        "byte by byte"
    );

    let mut again = Vec::new();
    for args in &whole.0 {
        let args: Vec<&[u8]> = args.iter().map(Vec::as_slice).collect();
        encode_command(&args, &mut again);
    }
    let (found, end) = poll_requests(0, &[&again]);
    assert_eq!(found, whole.0, "commands are requests");
    assert_eq!(end, Ok(0));

    if let Ok(args) = split_inline(wire) {
        let quoted: Vec<String> = args.iter().map(|arg| quote(arg)).collect();
        assert_eq!(split_inline(quoted.join(" ").as_bytes()), Ok(args));
    }
}

fn quote(arg: &[u8]) -> String {
    let escaped: String = arg.iter().map(|byte| format!("\\x{byte:02x}")).collect();
    format!("\"{escaped}\"")
}

type Requests = (Vec<Vec<Vec<u8>>>, Result<usize, (String, u64)>);

fn poll_requests(choice: u8, pieces: &[&[u8]]) -> Requests {
    let mut limits = RequestLimits {
        authenticated: choice & 64 == 0,
        ..RequestLimits::default()
    };
    if choice & 128 != 0 {
        limits.max_args = Some(3);
        limits.max_bulk = Some(8);
        limits.max_line = Some(20);
    }
    let mut decoder = RequestDecoder::new(limits);
    let mut found = Vec::new();
    for piece in pieces {
        decoder.feed(piece);
        loop {
            match decoder.poll() {
                Ok(Some(request)) => found.push(request.args().map(<[u8]>::to_vec).collect()),
                Ok(None) => break,
                Err(error) => return (found, Err((format!("{} {error}", error.code()), error.offset))),
            }
        }
    }
    (found, Ok(decoder.buffered()))
}
