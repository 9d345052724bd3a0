//! Commands out and requests in: what the corpus cannot say.

use proptest::collection::vec;
use proptest::prelude::*;
use quorate::resp::{Prefix, RequestDecoder, RequestLimits, encode_command, encode_pipeline, split_inline};

type Command = Vec<Vec<u8>>;

fn slices(command: &[Vec<u8>]) -> Vec<&[u8]> {
    command.iter().map(Vec::as_slice).collect()
}

fn any_command() -> impl Strategy<Value = Command> {
    vec(vec(any::<u8>(), 0..20), 1..6)
}

/// A request decoder that has been fed `bytes`.
fn fed(limits: RequestLimits, bytes: &[u8]) -> RequestDecoder {
    let mut decoder = RequestDecoder::new(limits);
    decoder.feed(bytes);
    decoder
}

fn unauthenticated() -> RequestLimits {
    RequestLimits {
        authenticated: false,
        ..RequestLimits::default()
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_command_is_written_as_the_protocol_says(command in any_command()) {
        let mut expected = format!("*{}\r\n", command.len()).into_bytes();
        for arg in &command {
            expected.extend_from_slice(format!("${}\r\n", arg.len()).as_bytes());
            expected.extend_from_slice(arg);
            expected.extend_from_slice(b"\r\n");
        }
        let mut out = b"before".to_vec();
        encode_command(&slices(&command), &mut out);
        prop_assert_eq!(&out[..6], b"before", "it adds to what is there");
        prop_assert_eq!(&out[6..], &expected[..]);
    }

    #[test]
    fn a_pipeline_is_its_commands_in_a_row(commands in vec(any_command(), 0..8)) {
        let mut expected = Vec::new();
        for command in &commands {
            encode_command(&slices(command), &mut expected);
        }
        let borrowed: Vec<Vec<&[u8]>> = commands.iter().map(|command| slices(command)).collect();
        let mut out = Vec::new();
        encode_pipeline(borrowed.iter().map(Vec::as_slice), &mut out);
        prop_assert_eq!(out, expected);
    }

    #[test]
    fn a_prefix_writes_what_the_whole_command_would(fixed in vec(vec(any::<u8>(), 0..20), 0..4), rest in any_command()) {
        let whole: Vec<&[u8]> = slices(&fixed).into_iter().chain(slices(&rest)).collect();
        let mut expected = Vec::new();
        encode_command(&whole, &mut expected);
        let prefix = Prefix::new(&slices(&fixed), rest.len());
        let mut out = Vec::new();
        prefix.encode(&slices(&rest), &mut out).expect("as many as announced");
        prefix.encode(&slices(&rest), &mut out).expect("again");
        prop_assert_eq!(&out, &[&expected[..], &expected].concat());

        let error = prefix.encode(&slices(&rest[1..]), &mut out).expect_err("one too few");
        prop_assert_eq!(error.code(), "wrong_argument_count");
        prop_assert_eq!(out.len(), 2 * expected.len(), "a refused command leaves nothing behind");
    }

    #[test]
    fn a_request_tells_its_place(commands in vec(any_command(), 1..5)) {
        let mut bytes = Vec::new();
        for command in &commands {
            encode_command(&slices(command), &mut bytes);
            bytes.extend_from_slice(b"\r\n");
        }
        let mut decoder = fed(RequestLimits::default(), &bytes);
        for command in &commands {
            let request = decoder.poll().expect("well formed").expect("complete");
            prop_assert_eq!(request.len(), command.len());
            prop_assert!(!request.is_inline());
            for (index, arg) in command.iter().enumerate() {
                prop_assert_eq!(request.get(index), Some(&arg[..]));
            }
            prop_assert_eq!(request.get(command.len()), None);
            let mut again = Vec::new();
            encode_command(&slices(command), &mut again);
            let start = request.offset() as usize;
            prop_assert_eq!(&bytes[start..start + again.len()], &again[..]);
        }
        prop_assert!(decoder.poll().expect("well formed").is_none());
        prop_assert_eq!(decoder.buffered(), 0);
        prop_assert_eq!(decoder.offset(), bytes.len() as u64);
    }
}

#[test]
fn errors_are_the_servers_own_words() {
    let many = "1".repeat(70_000);
    let cases = [
        ("*x\r\n", "Protocol error: invalid multibulk length"),
        ("*1\r\n$-1\r\n", "Protocol error: invalid bulk length"),
        ("*1\r\nxyz\r\n", "Protocol error: expected '$', got 'x'"),
        ("ECHO \"a\r\n", "Protocol error: unbalanced quotes in request"),
        (&many, "Protocol error: too big inline request"),
        (&format!("*{many}"), "Protocol error: too big mbulk count string"),
        (&format!("*1\r\n${many}"), "Protocol error: too big bulk count string"),
    ];
    for (input, text) in cases {
        let mut decoder = fed(RequestLimits::default(), input.as_bytes());
        let error = decoder.poll().expect_err(text);
        assert_eq!(error.to_string(), text);
        assert_eq!(decoder.error(), Some(&error));
        decoder.feed(b"PING\r\n");
        assert_eq!(decoder.poll().err(), Some(error), "it stays");
        decoder.reset();
        decoder.feed(b"PING\r\n");
        assert!(decoder.poll().expect("as new").is_some());
    }
    let early = [
        ("*11\r\n", "Protocol error: unauthenticated multibulk length"),
        ("*1\r\n$16385\r\n", "Protocol error: unauthenticated bulk length"),
    ];
    for (input, text) in early {
        let error = fed(unauthenticated(), input.as_bytes()).poll().expect_err(text);
        assert_eq!(error.to_string(), text);
    }
}

#[test]
fn authentication_lifts_its_bounds_for_what_comes_after() {
    let auth = b"*2\r\n$4\r\nAUTH\r\n$1\r\nx\r\n";
    let large = b"*11\r\n$16385\r\n";
    let mut decoder = fed(unauthenticated(), &[&auth[..], large].concat());
    assert!(decoder.poll().expect("within bounds").is_some());
    decoder.set_authenticated(true);
    assert!(decoder.poll().expect("no bounds any more").is_none());

    let mut decoder = fed(unauthenticated(), &[&auth[..], large].concat());
    assert!(decoder.poll().expect("within bounds").is_some());
    let error = decoder.poll().expect_err("not authenticated");
    assert_eq!(
        (error.code(), error.offset),
        ("unauthenticated_multibulk_length", auth.len() as u64)
    );
}

#[test]
fn a_state_goes_on_where_it_was_taken() {
    let bytes = b"PING\r\n*2\r\n$4\r\nECHO\r\n$5\r\nhello\r\nECHO \"x\"\r\n*1\r\nbad\r\n";
    let run = |decoder: &mut RequestDecoder| {
        let mut lines = Vec::new();
        loop {
            match decoder.poll() {
                Ok(Some(request)) => {
                    lines.push(format!("{:?} {}", request.args().collect::<Vec<_>>(), request.offset()));
                }
                Ok(None) => return lines,
                Err(error) => {
                    lines.push(format!("{error} {}", error.offset));
                    return lines;
                }
            }
        }
    };
    let whole = run(&mut fed(RequestLimits::default(), bytes));
    assert_eq!(whole.len(), 4);
    for at in 0..=bytes.len() {
        let mut first = fed(RequestLimits::default(), &bytes[..at]);
        let mut lines = run(&mut first);
        let mut second = RequestDecoder::from_state(first.state());
        assert_eq!(second.state_hash(), first.state_hash());
        assert_eq!(second.error(), first.error());
        if first.error().is_none() {
            second.feed(&bytes[at..]);
            lines.extend(run(&mut second));
        }
        assert_eq!(lines, whole, "cut at {at}");
    }
}

#[test]
fn inline_requests_say_that_they_are() {
    let mut decoder = fed(RequestLimits::default(), b"ECHO 'a b'\r\n");
    let request = decoder.poll().expect("balanced").expect("complete");
    assert!(request.is_inline());
    assert_eq!(request.args().collect::<Vec<_>>(), [&b"ECHO"[..], b"a b"]);
    assert_eq!(
        split_inline(b"ECHO 'a").map_err(|error| error.code()),
        Err("unbalanced_quotes")
    );
}
