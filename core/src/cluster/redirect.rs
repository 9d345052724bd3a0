//! The errors by which a node sends a client elsewhere, and those by which it asks for patience.

use core::fmt;

use super::SLOTS;
use super::address::{Address, number};

/// What an error of the server means for the command that it answers.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Redirect {
    /// `MOVED`: the slot belongs to another node, from now on. The map is out of date.
    Moved {
        /// Which slot.
        slot: u16,
        /// Whose it is. The host is empty where the server means the one that was asked.
        address: Address,
    },
    /// `ASK`: this command alone goes to another node, right behind `ASKING`. The map stays as it is.
    Ask {
        /// Which slot.
        slot: u16,
        /// Who has it, or will. The host is empty where the server means the one that was asked.
        address: Address,
    },
    /// `TRYAGAIN`: the slot is on its way, and the keys of the command are not all on one side. The same again, later.
    TryAgain,
    /// `CLUSTERDOWN`: the cluster, or the slot, is not served. The same again, later.
    ClusterDown,
    /// `MASTERDOWN`: a replica that has lost its primary and serves no stale data. The same again, later.
    MasterDown,
    /// `LOADING`: the node reads its data from the disk.
    Loading,
    /// `READONLY`: a write came to a replica. The map is out of date.
    ReadOnly,
    /// `CROSSSLOT`: the keys belong to several slots. Trying again is of no use.
    CrossSlot,
}

impl Redirect {
    /// Reads an error, without the `-` and the line's end. `None` for any other error, and for one whose slot or address cannot be
    /// used: a server that does not know the other's name says `?`.
    ///
    /// ```
    /// use quorate::cluster::{Address, Redirect};
    ///
    /// let moved = Redirect::parse(b"MOVED 3999 127.0.0.1:6381");
    /// assert_eq!(moved, Some(Redirect::Moved { slot: 3999, address: Address::new("127.0.0.1", 6381) }));
    /// assert_eq!(Redirect::parse(b"MOVED 3999 ?:6381"), None);
    /// assert_eq!(Redirect::parse(b"WRONGTYPE Operation"), None);
    /// ```
    pub fn parse(error: &[u8]) -> Option<Self> {
        let mut words = error.split(|&byte| byte == b' ');
        Some(match words.next()? {
            b"MOVED" => {
                let (slot, address) = target(words.next()?, words.next()?)?;
                Self::Moved { slot, address }
            }
            b"ASK" => {
                let (slot, address) = target(words.next()?, words.next()?)?;
                Self::Ask { slot, address }
            }
            b"TRYAGAIN" => Self::TryAgain,
            b"CLUSTERDOWN" => Self::ClusterDown,
            b"MASTERDOWN" => Self::MasterDown,
            b"LOADING" => Self::Loading,
            b"READONLY" => Self::ReadOnly,
            b"CROSSSLOT" => Self::CrossSlot,
            _ => return None,
        })
    }

    /// The redirect, with `asked` in place of a host that the server left out.
    #[must_use]
    pub fn seen_from(self, asked: &str) -> Self {
        match self {
            Self::Moved { slot, address } => Self::Moved {
                slot,
                address: address.or_host(asked),
            },
            Self::Ask { slot, address } => Self::Ask {
                slot,
                address: address.or_host(asked),
            },
            other => other,
        }
    }
}

/// As the server writes it, so far as it matters.
impl fmt::Display for Redirect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Moved { slot, address } => write!(f, "MOVED {slot} {}:{}", address.host, address.port),
            Self::Ask { slot, address } => write!(f, "ASK {slot} {}:{}", address.host, address.port),
            Self::TryAgain => f.write_str("TRYAGAIN"),
            Self::ClusterDown => f.write_str("CLUSTERDOWN"),
            Self::MasterDown => f.write_str("MASTERDOWN"),
            Self::Loading => f.write_str("LOADING"),
            Self::ReadOnly => f.write_str("READONLY"),
            Self::CrossSlot => f.write_str("CROSSSLOT"),
        }
    }
}

fn target(slot: &[u8], address: &[u8]) -> Option<(u16, Address)> {
    let slot = number::<u16>(slot).filter(|slot| *slot < SLOTS)?;
    let address = Address::parse(core::str::from_utf8(address).ok()?)?;
    (address.host != "?").then_some((slot, address))
}
