//! The codec beside those of the Rust clients.
//!
//! Replies are decoded to values that own themselves, and freed; fed whole, in pieces of 16 KiB as a client reads them, and of
//! 1460 bytes as a network delivers them. `tape` is decoding without values, for those who read views. Of a peer with two
//! protocols, RESP2 is measured where the workload allows it, and RESP3 too.

mod peers;

use std::hint::black_box;

use bytes::BytesMut;
use peers::{Codec, Quorate, QuorateTape, RedisRs, Resp2Bytes, Resp2Owned, Resp3Bytes, Resp3Owned};
use quorate::resp::{Prefix, encode_command, encode_pipeline};
use redis_protocol::resp2::{decode::decode_range as range2, encode::extend_encode_borrowed, types::BorrowedFrame};
use redis_protocol::resp3::decode::complete::decode_range as range3;

use crate::report::{Comparison, compare, line};
use crate::workloads::{Replies, commands, replies};

const PIECES: [(&str, usize); 3] = [("whole", usize::MAX), ("16 KiB", 16_384), ("1460 B", 1_460)];

pub(crate) fn run() {
    for workload in replies() {
        let workload = Workload(workload);
        workload.decode::<RedisRs>();
        workload.decode::<Resp2Owned>();
        workload.decode::<Resp2Bytes>();
        workload.decode::<Resp3Owned>();
        workload.decode::<Resp3Bytes>();
        workload.in_pieces();
        workload.tape();
    }
    encode();
}

struct Workload(Replies);

impl Workload {
    fn line(&self, task: &str, peer: &str, found: &Comparison) {
        line("resp", &format!("{} {task}", self.0.name), self.0.unit, peer, found);
    }

    fn decode<P: Codec>(&self) {
        if self.0.resp3 && !P::RESP3 {
            return;
        }
        for (pieces, piece) in PIECES {
            if P::RESTARTS && piece < 10_000 && self.0.name == "w3" {
                // 100,000 elements parsed anew for each of 2,700 pieces would take a minute and more a run.
                continue;
            }
            let (our_texts, texts) = (texts::<Quorate>(&self.0.bytes, piece), texts::<P>(&self.0.bytes, piece));
            assert_eq!(our_texts.len(), texts.len(), "{} {pieces}", P::NAME);
            for (ours, theirs) in our_texts.iter().zip(texts) {
                assert!(*ours == theirs, "{} {pieces}:\n{ours:.300}\n{theirs:.300}", P::NAME);
            }
            let (mut ours, mut theirs) = (Quorate::default(), P::default());
            let found = compare(
                self.0.units,
                || ours.decode(&self.0.bytes, piece, |value| _ = black_box(&value)),
                || theirs.decode(&self.0.bytes, piece, |value| _ = black_box(&value)),
            );
            self.line(&format!("values {pieces}"), P::NAME, &found);
        }
    }

    /// Pieces beside the whole, and the whole beside a mere copy of the bytes.
    fn in_pieces(&self) {
        let bytes = &self.0.bytes;
        for (pieces, piece) in &PIECES[1..] {
            let (mut ours, mut whole) = (Quorate::default(), Quorate::default());
            let found = compare(
                self.0.units,
                || ours.decode(bytes, *piece, |value| _ = black_box(&value)),
                || whole.decode(bytes, usize::MAX, |value| _ = black_box(&value)),
            );
            self.line(&format!("values {pieces}"), "quorate whole", &found);
        }
        let (mut ours, mut copy) = (Quorate::default(), vec![0; bytes.len()]);
        let found = compare(
            self.0.units,
            || ours.decode(bytes, usize::MAX, |value| _ = black_box(&value)),
            || black_box(&mut copy).copy_from_slice(black_box(bytes)),
        );
        self.line("values whole", "limit: memcpy", &found);
    }

    fn tape(&self) {
        let (bytes, mut ours) = (&self.0.bytes, QuorateTape::default());
        let mut line = |peer: &str, theirs: &dyn Fn()| {
            let ours = || ours.decode(bytes, usize::MAX, |batch| _ = black_box(batch));
            let found = compare(self.0.units, ours, theirs);
            self.line("tape whole", peer, &found);
        };
        if !self.0.resp3 {
            line("redis-protocol 6 resp2 range", &|| {
                let mut rest = &bytes[..];
                while let Some((frame, len)) = range2(rest).unwrap() {
                    drop(black_box(frame));
                    rest = &rest[len..];
                }
            });
        }
        line("redis-protocol 6 resp3 range", &|| {
            let mut rest = &bytes[..];
            while let Some((frame, len)) = range3(rest).unwrap() {
                drop(black_box(frame));
                rest = &rest[len..];
            }
        });
    }
}

/// All values of a workload, as text.
fn texts<C: Codec>(bytes: &[u8], piece: usize) -> Vec<String> {
    let mut texts = Vec::new();
    C::default().decode(bytes, piece, |value| texts.push(C::text(&value)));
    texts
}

/// w7: commands one by one, each into a buffer of its own as a client does that sends it at once; and by the hundred.
fn encode() {
    let commands = commands();
    let sets: Vec<[&[u8]; 3]> = commands
        .iter()
        .map(|[key, value]| [b"SET", key.as_bytes(), value.as_bytes()])
        .collect();
    let line = |workload: &str, peer: &str, ours: &mut dyn FnMut(), theirs: &mut dyn FnMut()| {
        line("resp", workload, "command", peer, &compare(sets.len(), ours, theirs));
    };
    let ours = |set: &[&[u8]; 3]| {
        let mut out = Vec::new();
        encode_command(set, &mut out);
        out
    };
    let theirs = |[name, key, value]: &[&[u8]; 3]| {
        redis::cmd(std::str::from_utf8(name).unwrap())
            .arg(key)
            .arg(value)
            .get_packed_command()
    };
    assert!(sets.iter().all(|set| ours(set) == theirs(set)));
    line(
        "w7 one by one",
        "redis 1.8 get_packed_command",
        &mut || sets.iter().for_each(|set| drop(black_box(ours(black_box(set))))),
        &mut || sets.iter().for_each(|set| drop(black_box(theirs(black_box(set))))),
    );

    // By the hundred, into a buffer that is kept.
    let mut out = Vec::new();
    let mut ours = || {
        for sets in sets.chunks(100) {
            out.clear();
            encode_pipeline(sets.iter().map(|set| &set[..]), &mut out);
            black_box(&out);
        }
    };
    line(
        "w7 by the hundred",
        "redis 1.8 get_packed_pipeline",
        &mut ours,
        &mut || {
            for sets in sets.chunks(100) {
                let mut pipeline = redis::pipe();
                for [_, key, value] in sets {
                    pipeline.cmd("SET").arg(key).arg(value);
                }
                black_box(pipeline.get_packed_pipeline());
            }
        },
    );
    let mut buffer = BytesMut::new();
    line(
        "w7 by the hundred",
        "redis-protocol 6 extend_encode_borrowed",
        &mut ours,
        &mut || {
            for sets in sets.chunks(100) {
                buffer.clear();
                for set in sets {
                    let args = set.map(BorrowedFrame::BulkString);
                    extend_encode_borrowed(&mut buffer, &BorrowedFrame::Array(&args), false).unwrap();
                }
                black_box(&buffer);
            }
        },
    );
    let prefix = Prefix::new(&[b"SET"], 2);
    let mut prefixed = Vec::new();
    line("w7 by the hundred", "quorate Prefix", &mut ours, &mut || {
        for sets in sets.chunks(100) {
            prefixed.clear();
            for [_, key, value] in sets {
                prefix.encode(&[key, value], &mut prefixed).unwrap();
            }
            black_box(&prefixed);
        }
    });
    let bytes: Vec<u8> = (0..sets.len() / 100).flat_map(|_| [b'x'; 9_890]).collect();
    let mut copy = vec![0; 9_890];
    line("w7 by the hundred", "limit: memcpy", &mut ours, &mut || {
        for bytes in bytes.chunks(9_890) {
            black_box(&mut copy).copy_from_slice(black_box(bytes));
        }
    });
}
