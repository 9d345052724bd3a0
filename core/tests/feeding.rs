//! How bytes get in and replies get out: the contract of a decoder's doors, beyond what the corpus can say.

use quorate::resp::{Decoder, Limits, RequestDecoder, RequestLimits};

#[test]
fn nothing_counts_until_it_is_committed() {
    let mut decoder = Decoder::default();
    decoder.reserve(100).fill(b'x');
    assert_eq!((decoder.buffered(), decoder.offset()), (0, 0));
    assert!(decoder.poll().expect("nothing was fed").is_none());

    let tail = decoder.reserve(5);
    assert!(tail.len() >= 5);
    tail[..5].copy_from_slice(b"+OK\r\n");
    decoder.commit(3).expect("a part of what was reserved");
    assert!(decoder.poll().expect("unfinished").is_none());
    assert_eq!(decoder.buffered(), 3);
    decoder.feed(b"\r\n");
    assert_eq!(
        decoder.poll().expect("well formed").map(|view| view.to_string()),
        Some("\"OK\"".into())
    );
}

#[test]
fn more_than_was_reserved_is_refused() {
    let mut decoder = Decoder::default();
    decoder.feed(b"+O");
    let reserved = decoder.reserve(4).len();
    let error = decoder.commit(reserved + 1).expect_err("too much");
    assert_eq!(error.code(), "commit_too_long");
    assert_eq!(decoder.buffered(), 2, "nothing was taken in");
    decoder.feed(b"K\r\n");
    assert!(decoder.poll().expect("well formed").is_some());

    let mut requests = RequestDecoder::new(RequestLimits::default());
    let reserved = requests.reserve(1).len();
    assert_eq!(
        requests.commit(reserved + 1).map_err(|error| error.code()),
        Err("commit_too_long")
    );
    assert!(Decoder::default().commit(1).is_err(), "nothing was reserved");
    assert!(Decoder::default().commit(0).is_ok());
}

#[test]
fn a_tail_can_be_reserved_again_and_again() {
    let mut decoder = Decoder::default();
    let wire = b"*2\r\n$5\r\nhello\r\n:1\r\n+OK\r\n".repeat(50);
    let mut replies = 0;
    for (number, piece) in wire.chunks(3).enumerate() {
        // Reserved but not used in between, and of all sizes.
        decoder.reserve(number * 7 % 300);
        decoder.reserve(piece.len())[..piece.len()].copy_from_slice(piece);
        decoder.commit(piece.len()).expect("as reserved");
        while decoder.poll().expect("well formed").is_some() {
            replies += 1;
        }
    }
    assert_eq!(
        (replies, decoder.buffered(), decoder.offset()),
        (100, 0, wire.len() as u64)
    );
}

#[test]
fn after_an_error_input_is_dropped_until_reset() {
    let mut decoder = Decoder::default();
    decoder.feed(b"+OK\r\n?");
    assert!(decoder.poll().expect("before the error").is_some());
    let error = decoder.poll().expect_err("no type");
    let buffered = decoder.buffered();
    decoder.feed(b"+OK\r\n");
    decoder.reserve(5)[..5].copy_from_slice(b"+OK\r\n");
    decoder.commit(5).expect("as reserved");
    assert_eq!(decoder.buffered(), buffered);
    assert_eq!(decoder.poll_all().err(), Some(error.clone()));
    assert_eq!(decoder.poll_up_to(1).err(), Some(error));

    decoder.reset();
    assert_eq!((decoder.offset(), decoder.buffered(), decoder.error()), (0, 0, None));
    decoder.feed(b"!");
    decoder.feed(b"x\r\n");
    assert_eq!(
        decoder.poll().map_err(|error| error.offset).err(),
        Some(1),
        "offsets count from 0 again"
    );
}

#[test]
fn an_error_comes_after_the_replies_before_it() {
    let mut decoder = Decoder::default();
    decoder.feed(b":1\r\n:2\r\n:3\r\n?");
    assert_eq!(decoder.poll_up_to(2).expect("two").len(), 2);
    assert_eq!(decoder.error(), None);
    assert_eq!(decoder.poll_all().expect("one").len(), 1);
    let error = decoder.poll_all().expect_err("no type");
    assert_eq!((error.code(), error.offset), ("unknown_type", 12));
    assert_eq!(error.to_string().get(..10), Some("at byte 12"));
}

#[test]
fn a_batch_of_none_is_no_error() {
    let mut decoder = Decoder::default();
    assert_eq!(decoder.poll_all().expect("nothing was fed").len(), 0);
    decoder.feed(b":1\r\n:2\r\n");
    assert_eq!(decoder.poll_up_to(0).expect("none were asked for").len(), 0);
    assert_eq!(decoder.buffered(), 8);
    let batch = decoder.poll_all().expect("two");
    assert_eq!(batch.map(|view| view.as_int()).collect::<Vec<_>>(), [Some(1), Some(2)]);
}

#[test]
fn what_is_needed_is_exact_inside_a_string() {
    let mut decoder = Decoder::new(Limits::default());
    decoder.feed(b"$1000\r\nabc");
    assert!(decoder.poll().expect("unfinished").is_none());
    assert_eq!(decoder.needed(), 1000 - 3 + 2);
    decoder.feed(&[b'x'; 997]);
    assert!(decoder.poll().expect("unfinished").is_none());
    assert_eq!(decoder.needed(), 2);
}
