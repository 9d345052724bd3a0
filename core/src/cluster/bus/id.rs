//! What stands in fields of a fixed length: names of nodes and IP addresses.

use alloc::borrow::Cow;
use alloc::string::String;
use core::fmt;

/// The name of a node: 40 hex digits. On the bus it is 40 bytes of any kind.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId([u8; 40]);

impl NodeId {
    /// The name of no node.
    pub const NULL: Self = Self([0; 40]);

    /// Any 40 bytes, as they stand in a message.
    pub const fn from_bytes(bytes: [u8; 40]) -> Self {
        Self(bytes)
    }

    /// Reads a name: 40 digits and small letters (`verifyClusterNodeId`).
    pub fn parse(text: &str) -> Option<Self> {
        Self::parse_bytes(text.as_bytes())
    }

    /// Reads a name out of bytes: 40 digits and small letters.
    pub fn parse_bytes(text: &[u8]) -> Option<Self> {
        let id = Self(text.try_into().ok()?);
        id.is_valid().then_some(id)
    }

    /// Whether it is made of digits and small letters alone, as a server asks of a name that it looks up.
    pub fn is_valid(&self) -> bool {
        self.0
            .iter()
            .all(|byte| byte.is_ascii_digit() || byte.is_ascii_lowercase())
    }

    /// Whether it is the name of no node.
    pub fn is_null(&self) -> bool {
        *self == Self::NULL
    }

    /// Its bytes.
    pub const fn as_bytes(&self) -> &[u8; 40] {
        &self.0
    }

    /// It as text. Bytes that are no text are replaced.
    pub fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.0)
    }
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

impl fmt::Debug for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

/// An IP address as text in 46 bytes, of which those behind the first zero do not count.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IpText([u8; 46]);

impl IpText {
    /// No address.
    pub const EMPTY: Self = Self([0; 46]);

    /// The bytes as they stand in a message.
    pub const fn from_bytes(bytes: [u8; 46]) -> Self {
        Self(bytes)
    }

    /// That text, of which the first 45 bytes count.
    pub fn new(text: &str) -> Self {
        let mut bytes = [0; 46];
        let text = text.as_bytes();
        let length = text.len().min(45);
        bytes[..length].copy_from_slice(&text[..length]);
        Self(bytes)
    }

    /// Its bytes, those that do not count included.
    pub const fn as_bytes(&self) -> &[u8; 46] {
        &self.0
    }

    /// It as text. Bytes that are no text are replaced.
    pub fn text(&self) -> Cow<'_, str> {
        let end = self.0.iter().take(45).position(|byte| *byte == 0).unwrap_or(45);
        String::from_utf8_lossy(&self.0[..end])
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0[0] == 0
    }
}

impl fmt::Debug for IpText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.text())
    }
}

#[cfg(feature = "serde")]
mod serialization {
    use super::{IpText, NodeId};
    use alloc::string::String;
    use alloc::vec::Vec;
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    /// As text, where it is a name; as hex digits of its bytes otherwise.
    impl Serialize for NodeId {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            match self.is_valid() {
                true => serializer.serialize_str(&self.text()),
                false => serializer.serialize_str(&hex(&self.0)),
            }
        }
    }

    impl<'de> Deserialize<'de> for NodeId {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            let text = String::deserialize(deserializer)?;
            let bytes = match text.len() {
                40 => text.into_bytes(),
                _ => unhex(&text).ok_or_else(|| D::Error::custom("expected a node's name"))?,
            };
            let bytes = bytes.try_into().map_err(|_| D::Error::custom("expected 40 bytes"))?;
            Ok(Self(bytes))
        }
    }

    impl Serialize for IpText {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.serialize_str(&hex(&self.0))
        }
    }

    impl<'de> Deserialize<'de> for IpText {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            let text = String::deserialize(deserializer)?;
            let bytes = unhex(&text).and_then(|bytes| bytes.try_into().ok());
            bytes
                .map(Self)
                .ok_or_else(|| D::Error::custom("expected 46 bytes in hex"))
        }
    }

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| alloc::format!("{byte:02x}")).collect()
    }

    fn unhex(text: &str) -> Option<Vec<u8>> {
        let digits = text.as_bytes();
        let pairs = digits.chunks(2).map(|pair| core::str::from_utf8(pair).ok());
        pairs
            .map(|pair| u8::from_str_radix(pair.filter(|pair| pair.len() == 2)?, 16).ok())
            .collect()
    }
}
