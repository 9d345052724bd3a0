//! State hashes tell states apart, and stay what they are.

use quorate::resp::{Decoder, Limits, RequestDecoder, RequestLimits};

fn fed(limits: Limits, bytes: &[u8]) -> Decoder {
    let mut decoder = Decoder::new(limits);
    decoder.feed(bytes);
    decoder
}

fn polled(limits: Limits, bytes: &[u8]) -> Decoder {
    let mut decoder = fed(limits, bytes);
    while let Ok(Some(_)) = decoder.poll() {}
    decoder
}

fn fed_request(limits: RequestLimits, bytes: &[u8]) -> RequestDecoder {
    let mut decoder = RequestDecoder::new(limits);
    decoder.feed(bytes);
    while let Ok(Some(_)) = decoder.poll() {}
    decoder
}

#[test]
fn states_that_differ_hash_differently() {
    let with = |change: fn(&mut Limits)| {
        let mut limits = Limits::default();
        change(&mut limits);
        Decoder::new(limits)
    };
    let decoders = [
        Decoder::default(),
        with(|limits| limits.max_depth = None),
        with(|limits| limits.max_depth = Some(0)),
        with(|limits| limits.max_bulk = None),
        with(|limits| limits.max_line = None),
        with(|limits| limits.max_elements = None),
        with(|limits| limits.max_reply = None),
        fed(Limits::default(), b"?"),
        polled(Limits::default(), b"?"),
        fed(Limits::default(), b"+OK\r\n+"),
        polled(Limits::default(), b"+OK\r\n+"),
        polled(Limits::default(), b"+"),
        polled(Limits::default(), b"+OK\r\n"),
        polled(Limits::default(), b"+OK\r"),
    ];
    for (index, one) in decoders.iter().enumerate() {
        for (other_index, other) in decoders.iter().enumerate() {
            let same = one.state_hash() == other.state_hash();
            assert_eq!(same, index == other_index, "{:?} and {:?}", one.state(), other.state());
        }
    }
}

#[test]
fn request_states_that_differ_hash_differently() {
    let with = |change: fn(&mut RequestLimits)| {
        let mut limits = RequestLimits::default();
        change(&mut limits);
        RequestDecoder::new(limits)
    };
    let decoders = [
        RequestDecoder::new(RequestLimits::default()),
        with(|limits| limits.max_args = None),
        with(|limits| limits.max_bulk = None),
        with(|limits| limits.max_line = None),
        with(|limits| limits.authenticated = false),
        fed_request(RequestLimits::default(), b"PING"),
        fed_request(RequestLimits::default(), b"PING\r\n"),
        fed_request(RequestLimits::default(), b"*x\r\n"),
    ];
    for (index, one) in decoders.iter().enumerate() {
        for (other_index, other) in decoders.iter().enumerate() {
            let same = one.state_hash() == other.state_hash();
            assert_eq!(same, index == other_index, "{:?} and {:?}", one.state(), other.state());
        }
    }
}

/// The same inputs give the same state, however they came.
#[test]
fn the_way_there_does_not_show() {
    let bytes = b"*2\r\n:1\r\n*?\r\n+a\r\n|1\r\n+k\r\n+v\r\n$5\r\nhel";
    let whole = polled(Limits::default(), bytes);
    let mut pieces = Decoder::default();
    for byte in bytes {
        pieces.feed(&[*byte]);
        assert!(pieces.poll().expect("well formed").is_none());
    }
    assert_eq!(pieces.state(), whole.state());
    assert_eq!(pieces.state_hash(), whole.state_hash());
}

/// Recorded once: saved states and the corpora of other languages may hold them.
#[test]
fn hashes_stay_what_they_are() {
    let hashes = [
        Decoder::default().state_hash(),
        polled(Limits::off(), b"+OK\r\n$5\r\nhel").state_hash(),
        polled(Limits::default(), b"+OK\r\n?").state_hash(),
        fed_request(RequestLimits::default(), b"PING\r\n*1\r\n$4\r\nPI").state_hash(),
    ];
    assert_eq!(
        hashes.map(|hash| format!("{hash:016x}")),
        [
            "7dbe68b88123aa49",
            "8a7ad09e7ec9cf40",
            "d4d37093f2b333d7",
            "8f53947bf69d0dfa"
        ]
    );
}
