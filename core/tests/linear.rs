//! Work is linear in the bytes, however they are fed: one input of some size takes about as long as 64 inputs of a 64th of it,
//! not 64 times as long. The two are timed against each other, in one run, so that no machine is too slow for the test.

use std::fs;
use std::hint::black_box;
use std::time::Instant;

use quorate::resp::{Decoder, Limits, RequestDecoder, RequestLimits};

/// So large that quadratic work stands out from what fresh memory costs the larger input, which is several times the work itself
/// where pages are dear.
const FACTOR: usize = 64;
/// Half way (by factors) between the 1 of linear work and the 64 of quadratic work.
const MOST: f64 = 8.0;

/// Seconds that `work` kept this thread busy; where the system does not tell, seconds that passed.
fn seconds(work: impl FnOnce()) -> f64 {
    let busy = || -> Option<f64> {
        let text = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
        text.split(' ').next()?.parse().ok()
    };
    let start = Instant::now();
    let before = busy();
    work();
    match (before, busy()) {
        (Some(before), Some(after)) if after > before => (after - before) / 1e9,
        _ => start.elapsed().as_secs_f64(),
    }
}

/// Compares `work(64 * size)` with 64 times `work(size)`, the best of some runs of each.
fn check(name: &str, size: usize, mut work: impl FnMut(usize)) {
    let (mut parts, mut whole) = (f64::MAX, f64::MAX);
    for _ in 0..5 {
        parts = parts.min(seconds(|| (0..FACTOR).for_each(|_| work(size))));
        whole = whole.min(seconds(|| work(FACTOR * size)));
        // Once more only where something else that ran spoilt the first look.
        if whole < MOST / 2.0 * parts {
            break;
        }
    }
    let ratio = whole / parts;
    println!(
        "{name}: {:.1} ms in parts, {:.1} ms whole, {ratio:.2} x",
        parts * 1e3,
        whole * 1e3
    );
    assert!(
        ratio < MOST,
        "{name}: the whole takes {ratio:.2} times as long as its parts"
    );
}

/// Feeds `wire` in pieces, polls after each, and counts the replies.
fn decode(wire: &[u8], piece: usize) -> usize {
    let limits = Limits {
        max_line: None,
        max_depth: None,
        ..Limits::default()
    };
    let mut decoder = Decoder::new(limits);
    let mut replies = 0;
    for piece in wire.chunks(piece) {
        decoder.feed(piece);
        while let Some(view) = decoder.poll().expect("well formed") {
            black_box(view.kind());
            replies += 1;
        }
    }
    replies
}

#[test]
fn a_bulk_string_byte_by_byte() {
    check("bulk", 64 << 10, |size| {
        let wire = [format!("${size}\r\n").into_bytes(), vec![b'\r'; size], b"\r\n".to_vec()].concat();
        assert_eq!(decode(&wire, 1), 1);
    });
}

#[test]
fn a_line_byte_by_byte() {
    check("line", 16 << 10, |size| {
        let wire = [&b"+"[..], &vec![b'a'; size], b"\r\n"].concat();
        assert_eq!(decode(&wire, 1), 1);
    });
}

#[test]
fn a_length_padded_with_zeros_byte_by_byte() {
    check("zeros", 16 << 10, |size| {
        let wire = [&b"$"[..], &vec![b'0'; size], b"1\r\na\r\n"].concat();
        assert_eq!(decode(&wire, 1), 1);
    });
}

#[test]
fn a_number_byte_by_byte() {
    check("big number", 16 << 10, |size| {
        let wire = [&b"("[..], &vec![b'7'; size], b"\r\n"].concat();
        assert_eq!(decode(&wire, 1), 1);
    });
}

#[test]
fn an_array_byte_by_byte() {
    check("array", 4 << 10, |size| {
        let wire = [format!("*{size}\r\n"), ":1\r\n".repeat(size)].concat();
        assert_eq!(decode(wire.as_bytes(), 1), 1);
    });
}

#[test]
fn a_stream_byte_by_byte() {
    check("stream", 4 << 10, |size| {
        let wire = ["*?\r\n".to_owned(), ":1\r\n".repeat(size), ".\r\n".to_owned()].concat();
        assert_eq!(decode(wire.as_bytes(), 1), 1);
    });
}

#[test]
fn chunks_byte_by_byte() {
    check("chunks", 4 << 10, |size| {
        let wire = ["$?\r\n".to_owned(), ";1\r\na\r\n".repeat(size), ";0\r\n".to_owned()].concat();
        assert_eq!(decode(wire.as_bytes(), 1), 1);
    });
}

#[test]
fn levels_byte_by_byte() {
    check("levels", 4 << 10, |size| {
        let wire = ["*1\r\n".repeat(size), ":1\r\n".to_owned()].concat();
        assert_eq!(decode(wire.as_bytes(), 1), 1);
    });
}

#[test]
fn attributes_in_a_row_byte_by_byte() {
    check("attributes", 2 << 10, |size| {
        let wire = ["|1\r\n+a\r\n:1\r\n".repeat(size), ":1\r\n".to_owned()].concat();
        assert_eq!(decode(wire.as_bytes(), 1), 1);
    });
}

#[test]
fn an_array_in_pieces_of_a_segment() {
    check("segments", 16 << 10, |size| {
        let wire = [format!("*{size}\r\n"), "$3\r\nabc\r\n".repeat(size)].concat();
        assert_eq!(decode(wire.as_bytes(), 1460), 1);
    });
}

#[test]
fn many_replies_in_one_piece() {
    check("replies", 8 << 10, |size| {
        let wire = "$3\r\nabc\r\n".repeat(size);
        assert_eq!(decode(wire.as_bytes(), wire.len()), size);
    });
}

#[test]
fn many_replies_in_batches() {
    check("batches", 8 << 10, |size| {
        let mut decoder = Decoder::default();
        decoder.feed("$3\r\nabc\r\n".repeat(size).as_bytes());
        let mut replies = 0;
        loop {
            let batch = decoder.poll_up_to(3).expect("well formed").count();
            replies += batch;
            if batch == 0 {
                break;
            }
        }
        assert_eq!(replies, size);
    });
}

#[test]
fn reading_a_value_out_and_printing_it() {
    check("values", 1 << 10, |size| {
        let wire = [
            format!("%{size}\r\n"),
            "+k\r\n*2\r\n:1\r\n|1\r\n+a\r\n:1\r\n:2\r\n".repeat(size),
        ]
        .concat();
        let mut decoder = Decoder::default();
        decoder.feed(wire.as_bytes());
        let view = decoder.poll().expect("well formed").expect("complete");
        let value = view.to_value();
        assert_eq!(value.clone().to_string(), view.to_string());
        assert_eq!(
            view.pairs().filter(|(key, _)| key.as_bytes() == Some(b"k")).count(),
            size
        );
        assert_eq!(view.tokens().count(), 1 + 7 * size);
    });
}

#[test]
fn a_request_byte_by_byte() {
    check("request", 4 << 10, |size| {
        let wire = [format!("*{size}\r\n"), "$3\r\nabc\r\n".repeat(size)].concat();
        assert_eq!(requests(wire.as_bytes(), 1), 1);
    });
}

#[test]
fn an_inline_request_byte_by_byte() {
    check("inline", 4 << 10, |size| {
        let wire = ["a ".repeat(size / 2), "\r\n".to_owned()].concat();
        assert_eq!(requests(wire.as_bytes(), 1), 1);
    });
}

#[test]
fn many_requests_in_one_piece() {
    check("requests", 4 << 10, |size| {
        let wire = "*1\r\n$4\r\nPING\r\n".repeat(size);
        assert_eq!(requests(wire.as_bytes(), wire.len()), size);
    });
}

#[test]
fn many_requests_of_no_arguments() {
    check("empty requests", 4 << 10, |size| {
        let wire = "\r\n*0\r\n".repeat(size);
        assert_eq!(requests(wire.as_bytes(), 1), 0);
    });
}

fn requests(wire: &[u8], piece: usize) -> usize {
    let mut decoder = RequestDecoder::new(RequestLimits {
        max_line: None,
        ..RequestLimits::default()
    });
    let mut requests = 0;
    for piece in wire.chunks(piece) {
        decoder.feed(piece);
        while let Some(request) = decoder.poll().expect("well formed") {
            black_box(request.len());
            requests += 1;
        }
    }
    requests
}
