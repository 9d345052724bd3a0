//! Where a node listens for clients.

use alloc::borrow::ToOwned;
use alloc::string::String;
use core::fmt;

/// A host and a port. The host is an IP address or a name, without brackets.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Address {
    /// An IP address or a name.
    pub host: String,
    /// The port for clients.
    pub port: u16,
}

impl Address {
    /// That host and port.
    pub fn new(host: impl Into<String>, port: u16) -> Self {
        Self {
            host: host.into(),
            port,
        }
    }

    /// Reads `host:port` as servers write it: the port stands after the last colon, so that an IPv6 address needs no brackets. It
    /// may have them. The host may be empty.
    ///
    /// ```
    /// use quorate::cluster::Address;
    ///
    /// assert_eq!(Address::parse("::1:6379"), Some(Address::new("::1", 6379)));
    /// assert_eq!(Address::parse("10.0.0.1:65536"), None);
    /// ```
    pub fn parse(text: &str) -> Option<Self> {
        let (host, port) = text.rsplit_once(':')?;
        let host = match host.strip_prefix('[') {
            Some(rest) => rest.strip_suffix(']')?,
            None => host,
        };
        Some(Self::new(host, number(port.as_bytes())?))
    }

    /// The same address, at `host` if this one names no host: the server means the one that was asked.
    pub(super) fn or_host(mut self, host: &str) -> Self {
        if self.host.is_empty() {
            host.clone_into(&mut self.host);
        }
        self
    }
}

/// `host:port`; an IPv6 address has brackets, as URLs have them.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.host.contains(':') {
            true => write!(f, "[{}]:{}", self.host, self.port),
            false => write!(f, "{}:{}", self.host, self.port),
        }
    }
}

/// A number of digits alone that fits.
pub(super) fn number<T: TryFrom<u64>>(text: &[u8]) -> Option<T> {
    if text.is_empty() || text.len() > 20 {
        return None;
    }
    let mut number = 0_u64;
    for &digit in text {
        if !digit.is_ascii_digit() {
            return None;
        }
        number = number.checked_mul(10)?.checked_add(u64::from(digit - b'0'))?;
    }
    T::try_from(number).ok()
}
