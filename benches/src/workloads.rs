//! The workloads, made from a seed: the same bytes in every language and at every run.
//!
//! | name | bytes | what | unit |
//! |---|---|---|---|
//! | w1 | 50 KB | 10,000 replies `+OK` | reply |
//! | w2 | 230 KB | 10,000 bulk strings of 16 bytes | reply |
//! | w3 | 3.9 MB | one array of 100,000 bulk strings of 32 bytes | element |
//! | w4 | 13.1 MB | 200 bulk strings of 64 KiB | reply |
//! | w5 | 1.2 MB | 20 maps as `CLUSTER SHARDS` answers in RESP3, of 89,600 leaves | leaf |
//! | w6 | 1.2 MB | 100,000 integers of 1 to 18 digits | reply |
//! | w7 | 9.9 MB | 100,000 commands `SET key:N VALUE` of 64 bytes, to be encoded | command |

use std::fs;
use std::io;
use std::path::Path;

/// A stream of replies.
pub(crate) struct Replies {
    pub(crate) name: &'static str,
    pub(crate) bytes: Vec<u8>,
    /// How many units of work it is, and what one is called.
    pub(crate) units: usize,
    pub(crate) unit: &'static str,
    /// Whether it takes a decoder of RESP3.
    pub(crate) resp3: bool,
}

/// w1 to w6.
pub(crate) fn replies() -> Vec<Replies> {
    let workload = |name, bytes, units, unit, resp3| Replies {
        name,
        bytes,
        units,
        unit,
        resp3,
    };
    vec![
        workload("w1", b"+OK\r\n".repeat(10_000), 10_000, "reply", false),
        workload("w2", bulks(10_000, 16), 10_000, "reply", false),
        workload(
            "w3",
            [&b"*100000\r\n"[..], &bulks(100_000, 32)].concat(),
            100_000,
            "element",
            false,
        ),
        workload("w4", bulks(200, 65_536), 200, "reply", false),
        workload("w5", shards(20, 64), 20 * 64 * 70, "leaf", true),
        workload("w6", integers(100_000), 100_000, "reply", false),
    ]
}

/// w7: keys and values of `SET`.
pub(crate) fn commands() -> Vec<[String; 2]> {
    let mut random = Random(7);
    (0..100_000).map(|n| [format!("key:{n}"), random.text(64)]).collect()
}

/// Keys to hash. They fit the first cache.
pub(crate) struct Keys {
    pub(crate) name: String,
    pub(crate) keys: Vec<Vec<u8>>,
}

/// Keys of one length each, of lengths as they occur, and with a tag.
pub(crate) fn keys() -> Vec<Keys> {
    let mut random = Random(16);
    let mut workloads = Vec::new();
    for len in [8, 16, 24, 32, 64, 256, 4096] {
        let keys = (0..(16_384 / len).clamp(4, 512))
            .map(|_| random.text(len).into_bytes())
            .collect();
        workloads.push(Keys {
            name: format!("{len} B"),
            keys,
        });
    }
    let mixed = |random: &mut Random| {
        let len = 6 + random.below(35) as usize;
        random.text(len).into_bytes()
    };
    let tagged = |random: &mut Random| format!("{{user{}}}.{}", random.below(10_000), random.text(9)).into_bytes();
    workloads.push(Keys {
        name: "6 to 40 B".into(),
        keys: (0..512).map(|_| mixed(&mut random)).collect(),
    });
    workloads.push(Keys {
        name: "tagged".into(),
        keys: (0..512).map(|_| tagged(&mut random)).collect(),
    });
    workloads
}

/// Writes w1.resp to w6.resp; w7.txt, a command a line, its arguments separated by one space; and keys.txt, where a line that
/// begins with `# ` names the workload of the keys that follow, one a line.
pub(crate) fn write(dir: &Path) -> io::Result<()> {
    fs::create_dir_all(dir)?;
    for workload in replies() {
        fs::write(dir.join(format!("{}.resp", workload.name)), &workload.bytes)?;
    }
    let commands: String = commands()
        .iter()
        .map(|[key, value]| format!("SET {key} {value}\n"))
        .collect();
    fs::write(dir.join("w7.txt"), commands)?;
    let keys: Vec<u8> = keys()
        .iter()
        .flat_map(|Keys { name, keys }| [format!("# {name}").into_bytes(), keys.join(&b'\n'), vec![]].join(&b'\n'))
        .collect();
    fs::write(dir.join("keys.txt"), keys)
}

fn bulks(count: usize, len: usize) -> Vec<u8> {
    let mut random = Random(len as u64);
    let mut out = Vec::new();
    for _ in 0..count {
        push_bulk(&mut out, &random.text(len));
    }
    out
}

fn integers(count: usize) -> Vec<u8> {
    let mut random = Random(6);
    let integer = |_| {
        let digits = 1 + random.below(18) as u32;
        format!(":{}\r\n", random.below(10u64.pow(digits)))
    };
    (0..count).map(integer).collect::<String>().into_bytes()
}

/// Replies of so many shards, each of six slot ranges and four nodes: 70 leaves.
fn shards(replies: usize, shards: usize) -> Vec<u8> {
    let mut random = Random(5);
    let mut out = Vec::new();
    for _ in 0..replies {
        push(&mut out, format!("*{shards}\r\n"));
        for _ in 0..shards {
            push(&mut out, "%2\r\n".into());
            push_bulk(&mut out, "slots");
            push(&mut out, "*12\r\n".into());
            for _ in 0..12 {
                push(&mut out, format!(":{}\r\n", random.below(16_384)));
            }
            push_bulk(&mut out, "nodes");
            push(&mut out, "*4\r\n".into());
            for node in 0..4 {
                let ip = format!("10.{}.{}.{}", random.below(256), random.below(256), random.below(256));
                push(&mut out, "%7\r\n".into());
                push_bulk(&mut out, "id");
                push_bulk(&mut out, &random.text(40));
                push_bulk(&mut out, "port");
                push(&mut out, format!(":{}\r\n", 6_379 + random.below(1_000)));
                push_bulk(&mut out, "ip");
                push_bulk(&mut out, &ip);
                push_bulk(&mut out, "endpoint");
                push_bulk(&mut out, &ip);
                push_bulk(&mut out, "role");
                push_bulk(&mut out, if node == 0 { "master" } else { "replica" });
                push_bulk(&mut out, "replication-offset");
                push(&mut out, format!(":{}\r\n", random.below(1_000_000_000)));
                push_bulk(&mut out, "health");
                push_bulk(&mut out, "online");
            }
        }
    }
    out
}

fn push(out: &mut Vec<u8>, text: String) {
    out.extend_from_slice(text.as_bytes());
}

fn push_bulk(out: &mut Vec<u8>, text: &str) {
    push(out, format!("${}\r\n{text}\r\n", text.len()));
}

/// Numbers that look random, by SplitMix64 (Steele, Lea, Flood 2014).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    /// Below `end`. The slight bias of a modulo matters to no workload.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ self.0 >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ z >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ z >> 31) % end
    }

    /// Letters and digits.
    pub(crate) fn text(&mut self, len: usize) -> String {
        const ALPHABET: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        (0..len).map(|_| ALPHABET[self.below(62) as usize] as char).collect()
    }
}
