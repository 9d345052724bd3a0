//! Memory follows the bytes that came, never the numbers that they announce.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use quorate::resp::{Decoder, Limits, RequestDecoder, RequestLimits};

/// Counts what this thread holds, and the most that it held.
struct Counting;

thread_local! {
    static HELD: Cell<isize> = const { Cell::new(0) };
    static PEAK: Cell<isize> = const { Cell::new(0) };
}

fn count(bytes: isize) {
    // A thread that is ending has no counters any more, and nobody reads them.
    let _ = HELD.try_with(|held| {
        held.set(held.get() + bytes);
        let _ = PEAK.try_with(|peak| peak.set(peak.get().max(held.get())));
    });
}

// SAFETY: every call goes to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as isize);
        // SAFETY: the caller's promises are the system allocator's.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count(-(layout.size() as isize));
        // SAFETY: as above.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size as isize - layout.size() as isize);
        // SAFETY: as above.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The most bytes that `work` held at once, beyond what was held before.
fn peak<T>(work: impl FnOnce() -> T) -> usize {
    let before = HELD.get();
    PEAK.set(before);
    let kept = work();
    let most = PEAK.get() - before;
    drop(kept);
    usize::try_from(most).expect("a peak is not below where it started")
}

fn decode(limits: &Limits, input: &[u8]) -> usize {
    peak(|| {
        let mut decoder = Decoder::new(limits.clone());
        decoder.feed(input);
        while let Ok(Some(_)) = decoder.poll() {}
        decoder
    })
}

#[test]
fn the_counter_counts() {
    assert!((1_000_000..1_100_000).contains(&peak(|| Vec::<u8>::with_capacity(1_000_000))));
}

#[test]
fn announced_numbers_reserve_nothing() {
    let headers: [&[u8]; 14] = [
        b"*4294967295\r\n",
        b"*134217728\r\n",
        b"*1000000000\r\n",
        b"%536870911\r\n",
        b"~1000000000\r\n",
        b">1000000000\r\n",
        b"|500000000\r\n",
        b"$536870912\r\n",
        b"$9223372036854775807\r\n",
        b"$18446744073709551615\r\n",
        b"!536870912\r\n",
        b"=536870912\r\n",
        b"$?\r\n;536870912\r\n",
        b"*18446744073709551615\r\n",
    ];
    for limits in [Limits::default(), Limits::off()] {
        for header in headers {
            let held = decode(&limits, header);
            assert!(
                held <= 8 << 10,
                "{held} bytes held for {:?}",
                String::from_utf8_lossy(header)
            );
        }
    }
}

#[test]
fn nested_announcements_do_not_multiply() {
    let wire = b"*10000000\r\n".repeat(16);
    for limits in [Limits::default(), Limits::off()] {
        let held = decode(&limits, &wire);
        assert!(held <= 16 << 10, "{held} bytes held for {}", wire.len());
    }
}

#[test]
fn a_reply_costs_no_more_than_a_fixed_number_of_times_its_bytes() {
    // The shortest tokens are three bytes; one on the tape is sixteen; a growing buffer may be twice what is in it.
    let most = 20;
    let count = 50_000;
    let shapes: [(&str, Vec<u8>); 6] = [
        (
            "nulls",
            [format!("*{count}\r\n"), "_\r\n".repeat(count)].concat().into_bytes(),
        ),
        (
            "empty strings",
            [format!("*{count}\r\n"), "+\r\n".repeat(count)].concat().into_bytes(),
        ),
        (
            "empty arrays",
            [format!("*{count}\r\n"), "*0\r\n".repeat(count)].concat().into_bytes(),
        ),
        ("levels", "*1\r\n".repeat(count).into_bytes()),
        ("streams", "*?\r\n".repeat(count).into_bytes()),
        (
            "chunks",
            ["$?\r\n".to_owned(), ";1\r\na\r\n".repeat(count)].concat().into_bytes(),
        ),
    ];
    for (name, wire) in shapes {
        let held = decode(&Limits::off(), &wire);
        let ratio = held as f64 / wire.len() as f64;
        println!("{name}: {held} bytes for {}, {ratio:.1} x", wire.len());
        assert!(
            held <= most * wire.len(),
            "{name}: {held} bytes held for {}",
            wire.len()
        );
    }
}

#[test]
fn a_long_string_is_held_about_once() {
    let length = 4 << 20;
    let wire = [
        format!("${length}\r\n").into_bytes(),
        vec![b'a'; length],
        b"\r\n".to_vec(),
    ]
    .concat();
    for size in [wire.len(), 16 << 10] {
        let held = peak(|| {
            let mut decoder = Decoder::default();
            for piece in wire.chunks(size) {
                decoder.feed(piece);
                if let Some(view) = decoder.poll().expect("well formed") {
                    assert_eq!(view.len(), 0);
                    assert_eq!(view.as_bytes().map(<[u8]>::len), Some(length));
                }
            }
            decoder
        });
        // While a buffer grows to twice its size, the old one is still there.
        assert!(
            held <= 3 * wire.len() + (64 << 10),
            "{held} bytes held in pieces of {size}"
        );
    }
}

#[test]
fn replies_that_were_given_out_are_let_go() {
    let reply = [&b"$1000\r\n"[..], &[b'a'; 1000], b"\r\n"].concat();
    let held = peak(|| {
        let mut decoder = Decoder::default();
        for _ in 0..10_000 {
            decoder.feed(&reply);
            assert!(decoder.poll().expect("well formed").is_some());
            assert!(decoder.poll().expect("well formed").is_none());
        }
        decoder
    });
    assert!(held <= 256 << 10, "{held} bytes held after 10 MB of small replies");
}

#[test]
fn requests_reserve_nothing_either() {
    let headers: [&[u8]; 4] = [
        b"*2147483647\r\n",
        b"*1\r\n$536870912\r\n",
        b"*2147483647\r\n$536870912\r\n",
        b"*1024\r\n$1\r\na\r\n",
    ];
    for header in headers {
        let held = peak(|| {
            let mut decoder = RequestDecoder::new(RequestLimits::default());
            decoder.feed(header);
            while let Ok(Some(_)) = decoder.poll() {}
            decoder
        });
        assert!(
            held <= 64 << 10,
            "{held} bytes held for {:?}",
            String::from_utf8_lossy(header)
        );
    }
}
