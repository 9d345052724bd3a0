//! What sentinels and servers answer, read from RESP2 and RESP3 alike.

use alloc::string::String;
use alloc::vec::Vec;

use super::super::Address;
use crate::resp::Value;

/// What `SENTINEL GET-MASTER-ADDR-BY-NAME` answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum AddressAnswer {
    At(Address),
    /// A null: no such master.
    Unknown,
    Refused(String),
}

pub(super) fn address(reply: &Value) -> AddressAnswer {
    match reply {
        Value::Null | Value::NullArray => AddressAnswer::Unknown,
        Value::Array(items) => match &items[..] {
            [host, port] => match endpoint(text(host), text(port)) {
                Some(address) => AddressAnswer::At(address),
                None => AddressAnswer::Refused(alloc::format!("{reply}")),
            },
            _ => AddressAnswer::Refused(alloc::format!("{reply}")),
        },
        _ => AddressAnswer::Refused(message(reply)),
    }
}

/// An instance, as `SENTINEL SENTINELS` and `SENTINEL REPLICAS` tell of it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Instance {
    pub(super) address: Address,
    /// `s_down`, `o_down` or `disconnected`.
    pub(super) is_down: bool,
    /// `master-link-status` is `ok`. Sentinels are not asked.
    pub(super) follows: bool,
}

/// `None` if it is an error, as it is for a name that is not known.
pub(super) fn instances(reply: &Value) -> Option<Vec<Instance>> {
    let Value::Array(entries) = reply else {
        return None;
    };
    Some(entries.iter().filter_map(instance).collect())
}

/// A flat list of names and values, or a map: RESP2 and RESP3.
fn instance(entry: &Value) -> Option<Instance> {
    let field = |name: &str| match entry {
        Value::Array(flat) => {
            let mut pairs = flat.chunks_exact(2);
            pairs
                .find(|pair| text(&pair[0]) == Some(name))
                .and_then(|pair| text(&pair[1]))
        }
        Value::Map(pairs) => {
            let pair = pairs.iter().find(|(key, _)| text(key) == Some(name));
            pair.and_then(|(_, value)| text(value))
        }
        _ => None,
    };
    let flags = field("flags").unwrap_or_default();
    Some(Instance {
        address: endpoint(field("ip"), field("port"))?,
        is_down: flags
            .split(',')
            .any(|flag| matches!(flag, "s_down" | "o_down" | "disconnected")),
        follows: field("master-link-status").is_none_or(|status| status == "ok"),
    })
}

/// What a server says that it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Primary,
    Replica { follows: bool },
    Other(String),
}

/// `ROLE`, or `None` where that is refused, so that `INFO` must be asked: it is older, and seldom forbidden.
pub(super) fn role(reply: &Value) -> Option<Role> {
    match reply {
        Value::Array(items) => Some(match (items.first().and_then(text), items.get(3).and_then(text)) {
            (Some("master"), _) => Role::Primary,
            (Some("slave"), state) => Role::Replica {
                follows: state == Some("connected"),
            },
            (other, _) => Role::Other(other.unwrap_or("nothing").into()),
        }),
        Value::SimpleError(_) | Value::BulkError(_) => None,
        _ => Some(Role::Other(alloc::format!("{reply}"))),
    }
}

/// `INFO replication`.
pub(super) fn role_of_info(reply: &Value) -> Role {
    let Some(info) = text(reply) else {
        return Role::Other(message(reply));
    };
    let field = |name: &str| info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    match field("role") {
        Some("master") => Role::Primary,
        Some("slave") => Role::Replica {
            follows: field("master_link_status") == Some("up"),
        },
        other => Role::Other(other.unwrap_or("nothing").into()),
    }
}

/// A message that came over a subscription: its channel and what it says. Confirmations are none.
pub(super) fn published(reply: &Value) -> Option<(&str, &[u8])> {
    let (Value::Array(items) | Value::Push(items)) = reply else {
        return None;
    };
    match &items[..] {
        [kind, channel, payload] if text(kind) == Some("message") => Some((text(channel)?, bytes(payload)?)),
        _ => None,
    }
}

/// `+switch-master NAME OLDIP OLDPORT NEWIP NEWPORT`.
pub(super) struct Switch<'a> {
    pub(super) name: &'a str,
    pub(super) to: Address,
}

pub(super) fn switch(payload: &[u8]) -> Option<Switch<'_>> {
    let mut words = core::str::from_utf8(payload).ok()?.split(' ');
    let name = words.next()?;
    let to = endpoint(words.nth(2), words.next())?;
    Some(Switch { name, to })
}

fn endpoint(host: Option<&str>, port: Option<&str>) -> Option<Address> {
    let host = host.filter(|host| !host.is_empty())?;
    Some(Address::new(host, port?.parse().ok()?))
}

fn text(value: &Value) -> Option<&str> {
    core::str::from_utf8(bytes(value)?).ok()
}

fn bytes(value: &Value) -> Option<&[u8]> {
    match value {
        Value::BulkString(bytes) | Value::SimpleString(bytes) | Value::Verbatim { data: bytes, .. } => Some(bytes),
        _ => None,
    }
}

/// An error's text, or the whole of whatever else came.
pub(super) fn message(reply: &Value) -> String {
    match reply {
        Value::SimpleError(message) | Value::BulkError(message) => String::from_utf8_lossy(message).into_owned(),
        _ => alloc::format!("{reply}"),
    }
}
