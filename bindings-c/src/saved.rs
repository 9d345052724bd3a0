//! Machines as bytes: what serde says of them as JSON, after a line with its hash, so that what was damaged is not taken in.

use core::fmt;

use quorate::replication::{Ledger, Server};
use quorate::sentinel::Sentinel;
use quorate::sentinel::discovery::Discovery;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Changes when the bytes of a state do.
const VERSION: u32 = 1;

/// A machine that can be given out as bytes and taken in again.
pub(crate) trait Saved: Serialize + DeserializeOwned {
    /// What the bytes begin with.
    const NAME: &'static str;

    fn hash(&self) -> u64;

    fn save(&self) -> Vec<u8> {
        let head = format!("quorate {} {VERSION} {:016x}\n", Self::NAME, self.hash());
        // What serde derives for plain data does not fail.
        [head.into_bytes(), serde_json::to_vec(self).unwrap_or_default()].concat()
    }

    fn load(bytes: &[u8]) -> Result<Self, NoState> {
        let end = bytes.iter().position(|&byte| byte == b'\n');
        let (head, body) = bytes.split_at(end.ok_or(NoState("a first line"))?);
        let loaded: Self =
            serde_json::from_slice(body).map_err(|_| NoState("the machine that the first line names"))?;
        let expected = format!("quorate {} {VERSION} {:016x}", Self::NAME, loaded.hash());
        if head == expected.as_bytes() {
            Ok(loaded)
        } else {
            Err(NoState("a first line with its name, version and hash"))
        }
    }
}

macro_rules! saved {
    ($($type:ty = $name:literal),*) => { $(impl Saved for $type {
        const NAME: &'static str = $name;

        fn hash(&self) -> u64 {
            self.state_hash()
        }
    })* };
}
saved!(
    Sentinel = "sentinel",
    Discovery = "discovery",
    Server = "server",
    Ledger = "ledger"
);

/// Bytes are not the state of such a machine.
pub(crate) struct NoState(&'static str);

impl NoState {
    pub(crate) const CODE: &'static str = "invalid_state";
}

impl fmt::Display for NoState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not a state of this version: expected {}", self.0)
    }
}
