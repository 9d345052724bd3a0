//! Slot hashing beside the CRC crates that clients of a cluster use.
//!
//! Three tasks: `crc` is the checksum alone; `slot` is what a client asks for, the tag found and the slot computed, where each
//! peer is given the tag scan that clients write; `batch` is `slot` for all keys by one call of ours. Keys are many and
//! differ, so that their work may overlap as it does in a client.

use std::hint::black_box;

use crc::{CRC_16_XMODEM, Crc, NoTable, Table};
use crc_fast::CrcAlgorithm::Crc16Xmodem;
use quorate::cluster::crc16::{Kernel, checksum};
use quorate::cluster::{key_slot, key_slots, key_slots_into};

use crate::report::{Comparison, compare, line};
use crate::workloads::{Keys, keys};

static NO_TABLE: Crc<u16, NoTable> = Crc::<u16, NoTable>::new(&CRC_16_XMODEM);
static TABLE_1: Crc<u16, Table<1>> = Crc::<u16, Table<1>>::new(&CRC_16_XMODEM);
static TABLE_16: Crc<u16, Table<16>> = Crc::<u16, Table<16>>::new(&CRC_16_XMODEM);

pub(crate) fn run() {
    for Keys { name, keys } in keys() {
        let workload = Workload {
            name: &name,
            keys: &keys,
        };
        workload.crc("crc16 0.4", crc16::State::<crc16::XMODEM>::calculate);
        workload.crc("crc 3.4 NoTable", |key| NO_TABLE.checksum(key));
        workload.crc("crc 3.4 Table<1>", |key| TABLE_1.checksum(key));
        workload.crc("crc 3.4 Table<16>", |key| TABLE_16.checksum(key));
        workload.crc("crc-fast 1.10", |key| crc_fast::checksum(Crc16Xmodem, key) as u16);
        workload.slot("crc16 0.4", |key| {
            crc16::State::<crc16::XMODEM>::calculate(tag(key)) % 16384
        });
        workload.slot("crc 3.4 Table<1>", |key| TABLE_1.checksum(tag(key)) % 16384);
        workload.slot("crc 3.4 Table<16>", |key| TABLE_16.checksum(tag(key)) % 16384);
        workload.slot("crc-fast 1.10", |key| {
            crc_fast::checksum(Crc16Xmodem, tag(key)) as u16 % 16384
        });
        workload.slot("redis-protocol 6 redis_keyslot", redis_protocol::redis_keyslot);
        workload.limit();
        // What a CPU without the best kernel's features gets.
        for kernel in Kernel::available().filter(|&kernel| kernel != Kernel::best()) {
            workload.kernel(kernel);
        }
    }
}

/// The tag as client libraries look for it.
#[inline]
fn tag(key: &[u8]) -> &[u8] {
    let Some(open) = key.iter().position(|&byte| byte == b'{') else {
        return key;
    };
    match key[open + 1..].iter().position(|&byte| byte == b'}') {
        None | Some(0) => key,
        Some(len) => &key[open + 1..][..len],
    }
}

struct Workload<'a> {
    name: &'a str,
    keys: &'a [Vec<u8>],
}

impl Workload<'_> {
    fn crc(&self, peer: &str, theirs: impl Fn(&[u8]) -> u16 + Copy) {
        for key in self.keys {
            assert_eq!(checksum(key), theirs(key), "{peer}");
        }
        self.line(
            "crc",
            peer,
            &compare(self.keys.len(), || self.each(checksum), || self.each(theirs)),
        );
    }

    fn slot(&self, peer: &str, theirs: impl Fn(&[u8]) -> u16 + Copy) {
        let slots: Vec<u16> = self.keys.iter().map(|key| theirs(key)).collect();
        assert_eq!(
            self.keys.iter().map(|key| key_slot(key)).collect::<Vec<_>>(),
            slots,
            "{peer}"
        );
        assert_eq!(key_slots(self.keys), slots, "{peer}");
        self.line(
            "slot",
            peer,
            &compare(self.keys.len(), || self.each(key_slot), || self.each(theirs)),
        );
        let mut out = vec![0; self.keys.len()];
        let batch = || {
            key_slots_into(black_box(self.keys), &mut out).unwrap();
            black_box(&out);
        };
        self.line("batch", peer, &compare(self.keys.len(), batch, || self.each(theirs)));
    }

    /// The least that any checksum does: read each byte once.
    fn limit(&self) {
        let read = |key: &[u8]| {
            let (words, rest) = key.as_chunks::<8>();
            let words = words.iter().fold(0, |sum, &word| sum ^ u64::from_ne_bytes(word));
            rest.iter().fold(words, |sum, &byte| sum ^ u64::from(byte)) as u16
        };
        self.line(
            "slot",
            "limit: xor of the key's words",
            &compare(self.keys.len(), || self.each(key_slot), || self.each(read)),
        );
    }

    fn kernel(&self, kernel: Kernel) {
        let task = format!("slot by {}", kernel.name());
        let ours = |key: &[u8]| kernel.key_checksum(key) % 16384;
        let crc16 = |key: &[u8]| crc16::State::<crc16::XMODEM>::calculate(tag(key)) % 16384;
        let table_16 = |key: &[u8]| TABLE_16.checksum(tag(key)) % 16384;
        self.line(
            &task,
            "crc16 0.4",
            &compare(self.keys.len(), || self.each(ours), || self.each(crc16)),
        );
        self.line(
            &task,
            "crc 3.4 Table<16>",
            &compare(self.keys.len(), || self.each(ours), || self.each(table_16)),
        );
    }

    #[inline]
    fn each(&self, hash: impl Fn(&[u8]) -> u16) {
        for key in self.keys {
            black_box(hash(black_box(key)));
        }
    }

    fn line(&self, task: &str, peer: &str, found: &Comparison) {
        line("slots", &format!("{task} {}", self.name), "key", peer, found);
    }
}
