//! Where an instance is: a host's name as it was given, its address, and a port.

use alloc::borrow::ToOwned;
use alloc::string::String;
use core::fmt;
use core::net::IpAddr;

/// Where an instance is (`sentinelAddr`).
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Address {
    /// The host as it was given: an IP address, or a name where names are resolved.
    pub host: String,
    /// Its IP address; empty as long as a name is not resolved.
    pub ip: String,
    /// The port.
    pub port: u16,
}

impl Address {
    /// An address whose host is an IP address, or a name that is not resolved yet.
    pub fn new(host: &str, port: u16) -> Self {
        let ip = if is_ip(host) { host.to_owned() } else { String::new() };
        Self {
            host: host.to_owned(),
            ip,
            port,
        }
    }

    /// Whether both lead to the same place (`sentinelAddrOrHostnameEqual`): one port, and one address or one name.
    pub fn same(&self, other: &Self) -> bool {
        self.port == other.port && ((self.ip == other.ip && !self.ip.is_empty()) || self.host == other.host)
    }

    /// Whether the host of this address is the one named `host`.
    pub fn is_host(&self, host: &str) -> bool {
        self.host == host || (!self.ip.is_empty() && self.ip == host)
    }

    /// What a driver connects to: the IP address, or the name while there is none.
    pub fn target(&self) -> &str {
        if self.ip.is_empty() { &self.host } else { &self.ip }
    }
}

/// `host:port`, an IPv6 address in brackets.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_host_port(f, &self.host, self.port)
    }
}

/// `host:port`, an IPv6 address in brackets.
pub(super) fn write_host_port(out: &mut impl fmt::Write, host: &str, port: u16) -> fmt::Result {
    if host.contains(':') {
        write!(out, "[{host}]:{port}")
    } else {
        write!(out, "{host}:{port}")
    }
}

/// Whether the text is an IP address, and not a name that must be resolved.
pub(super) fn is_ip(host: &str) -> bool {
    host.parse::<IpAddr>().is_ok()
}
