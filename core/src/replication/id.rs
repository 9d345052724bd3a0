//! Replication ids: each names one history of writes.

use alloc::string::String;
use core::fmt;
use core::str::FromStr;

use crate::random::Random;

/// How many hexadecimal digits an id has.
const DIGITS: usize = 40;

/// Names one history of writes. Two servers with the same id and the same offset hold the same data.
///
/// It is written as 40 hexadecimal digits, in lower case.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReplicationId([u8; DIGITS / 2]);

impl ReplicationId {
    /// Reads 40 hexadecimal digits of either case, as the server compares ids (`strcasecmp`).
    pub fn parse(digits: &[u8]) -> Option<Self> {
        if digits.len() != DIGITS {
            return None;
        }
        let mut bytes = [0; DIGITS / 2];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = (digit(pair[0])? << 4) | digit(pair[1])?;
        }
        Some(Self(bytes))
    }
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

impl fmt::Display for ReplicationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ReplicationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for ReplicationId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        Self::parse(text.as_bytes()).ok_or_else(|| InvalidId(text.into()))
    }
}

/// A text that is no replication id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected 40 hexadecimal digits, found {0:?}")]
pub struct InvalidId(String);

impl InvalidId {
    /// A stable name, the same in every binding.
    pub fn code(&self) -> &'static str {
        "invalid_replication_id"
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for ReplicationId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for ReplicationId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// Draws an id.
pub(super) fn draw(random: &mut Random) -> ReplicationId {
    let mut bytes = [0; DIGITS / 2];
    for chunk in bytes.chunks_mut(8) {
        let word = random.next().to_le_bytes();
        chunk.copy_from_slice(&word[..chunk.len()]);
    }
    ReplicationId(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn an_id_is_read_in_either_case_and_written_in_lower_case() {
        let lower = "5819f5f3aa0123456789abcdef0123456789abcd";
        let id: ReplicationId = lower.to_uppercase().parse().unwrap();
        assert_eq!(id.to_string(), lower);
    }

    #[test]
    fn what_is_not_40_digits_is_no_id() {
        for text in ["", "?", "5819f5f3", &"g".repeat(40), &"a".repeat(41)] {
            assert_eq!(ReplicationId::parse(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn a_seed_gives_the_same_ids_everywhere_and_never_twice_the_same() {
        let (mut one, mut other) = (Random::new(7), Random::new(7));
        let drawn: alloc::vec::Vec<_> = (0..50).map(|_| draw(&mut one)).collect();
        assert!(drawn.iter().all(|id| *id == draw(&mut other)));
        let distinct: alloc::collections::BTreeSet<_> = drawn.iter().collect();
        assert_eq!(distinct.len(), drawn.len());
    }
}
