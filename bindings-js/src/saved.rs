//! Machines as bytes: a line that says what it is and what it must hash to, then its fields.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::compact::{Reader, Writer};
use crate::error::{self, Report};
use crate::exchange;

/// Leaves the state of a machine.
pub(crate) fn leave(kind: &str, hash: u64, machine: &impl Serialize) {
    let mut bytes = header(kind, hash).into_bytes();
    // What serde derives for plain data does not fail.
    let _ = machine.serialize(&mut Writer(&mut bytes));
    exchange::leave(bytes);
}

/// Reads what is in the inbox. What does not hash to what it must is refused: places in it might lead nowhere.
pub(crate) fn read<M: DeserializeOwned>(len: usize, kind: &str, hash: fn(&M) -> u64) -> Option<M> {
    let machine = exchange::read(len, |bytes| parse(bytes, kind, hash));
    let report = |expected: &str| {
        error::report(Report {
            code: "invalid_state",
            message: format!("expected {expected}"),
            ..Report::default()
        });
    };
    machine.map_err(report).ok()
}

fn parse<M: DeserializeOwned>(bytes: &[u8], kind: &str, hash: fn(&M) -> u64) -> Result<M, &'static str> {
    let end = bytes.iter().position(|&byte| byte == b'\n').map(|end| end + 1);
    let (head, body) = bytes.split_at(end.unwrap_or(0));
    if !head.starts_with(prefix(kind).as_bytes()) {
        return Err("the state of such a machine, of this version of the package");
    }
    let mut reader = Reader::new(body);
    let machine = M::deserialize(&mut reader).map_err(|_| "a whole state")?;
    match reader.is_empty() && header(kind, hash(&machine)).as_bytes() == head {
        true => Ok(machine),
        false => Err("a state that hashes to what it says"),
    }
}

fn prefix(kind: &str) -> String {
    format!("quorate {} {kind} in JavaScript ", env!("CARGO_PKG_VERSION"))
}

fn header(kind: &str, hash: u64) -> String {
    format!("{}{hash:016x}\n", prefix(kind))
}
