//! A million levels on a small stack: nothing that is done with a value may recurse.

use std::fmt::{self, Write};
use std::thread;

use quorate::resp::{Attributed, Decoder, Encoder, Limits, Protocol, Value};

const LEVELS: usize = 1_000_000;
/// Enough to overflow the stack many times over, for the kinds that go the same way as those tested with [`LEVELS`].
const FEWER: usize = 100_000;
const STACK: usize = 128 << 10;

/// Runs `work` on a thread with a stack that a recursion a thousand deep would overflow.
fn on_a_small_stack(work: impl FnOnce() + Send + 'static) {
    let thread = thread::Builder::new().stack_size(STACK).spawn(work).expect("a thread");
    thread.join().expect("the thread ends by itself");
}

/// Text that is counted and thrown away: printing is what is tested, not holding 2 MB.
#[derive(Default)]
struct Count(usize);

impl Write for Count {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0 += text.len();
        Ok(())
    }
}

fn check(levels: usize, opening: &'static str, leaf: &'static str, closing: &'static str) {
    on_a_small_stack(move || {
        let wire = [opening.repeat(levels), leaf.into(), closing.repeat(levels)]
            .concat()
            .into_bytes();
        let mut decoder = Decoder::new(Limits::off());
        for piece in wire.chunks(16 << 10) {
            decoder.feed(piece);
        }
        let view = decoder.poll().expect("no limit").expect("complete");
        assert!(view.tokens().count() > levels);

        let mut text = Count::default();
        write!(text, "{view}").expect("counting takes all");
        let value = view.to_value();
        let mut again = Count::default();
        write!(again, "{value}").expect("counting takes all");
        assert_eq!(text.0, again.0);
        assert!(text.0 > 2 * levels);
        let mut debug = Count::default();
        write!(debug, "{value:?}").expect("counting takes all");
        assert!(debug.0 > levels);

        let copy = value.clone();
        assert!(copy == value);
        for protocol in [Protocol::Resp2, Protocol::Resp3] {
            let mut encoder = Encoder::new(protocol);
            encoder.value(&value).expect("any value can be written");
            let written = encoder.take();
            encoder.view(&view).expect("any view can be written");
            assert!(encoder.take().len() >= written.len().min(levels));
        }
        drop(value);
        assert!(copy == view.to_value());
        let snapshot = decoder.clone();
        drop(decoder);
        drop(snapshot);
    });
}

#[test]
fn arrays() {
    check(LEVELS, "*1\r\n", ":1\r\n", "");
}

#[test]
fn maps_in_values() {
    check(FEWER, "%1\r\n+k\r\n", ":1\r\n", "");
}

#[test]
fn maps_in_keys() {
    check(FEWER, "%1\r\n", ":1\r\n", "+v\r\n");
}

#[test]
fn sets() {
    check(FEWER, "~1\r\n", ":1\r\n", "");
}

#[test]
fn streams() {
    check(FEWER, "*?\r\n", ":1\r\n", ".\r\n");
}

#[test]
fn attributes_in_attributes() {
    check(FEWER, "|1\r\n", ":1\r\n", "+v\r\n:2\r\n");
}

#[test]
fn values_that_differ_at_the_bottom_are_compared_to_the_bottom() {
    on_a_small_stack(|| {
        let build = |leaf: i64| {
            (0..LEVELS).fold(Value::Integer(leaf), |value, level| match level % 3 {
                0 => Value::Array(vec![value].into()),
                1 => Value::Map(vec![(Value::Null, value)].into()),
                _ => Value::Attributed(Box::new(Attributed {
                    attributes: vec![(Value::Null, Value::Null)].into(),
                    value: Value::Set(vec![value].into()),
                })),
            })
        };
        let (one, two) = (build(1), build(2));
        assert!(one != two);
        assert!(one == build(1));
    });
}

#[test]
fn a_half_read_reply_can_be_dropped_and_copied() {
    on_a_small_stack(|| {
        let mut decoder = Decoder::new(Limits::off());
        decoder.feed(&"*1\r\n".repeat(LEVELS).into_bytes());
        assert!(decoder.poll().expect("no limit").is_none());
        assert_eq!(decoder.tokens().count(), LEVELS);
        let copy = Decoder::from_state(decoder.state());
        assert_eq!(copy.state_hash(), decoder.state_hash());
        decoder.reset();
        assert_eq!(decoder.buffered(), 0);
    });
}
