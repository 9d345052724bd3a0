//! What a server says of its replication: `ROLE`, and the section `Replication` of `INFO`.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write;

use super::primary::Replica;
use super::server::Server;

/// The answer to `ROLE`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum RoleReply {
    /// `["master", offset, [[ip, port, offset], ..]]`.
    Primary {
        /// How many bytes of the stream are behind the data.
        offset: u64,
        /// The replicas that are online: address, port, and the offset that they said they have.
        replicas: Vec<(String, i64, u64)>,
    },
    /// `["slave", host, port, state, offset]`.
    Replica {
        /// The primary's address or name.
        host: String,
        /// The primary's port.
        port: u16,
        /// How far the connection to it is: [`LinkState::as_str`](super::LinkState::as_str).
        state: String,
        /// How many bytes of the stream are behind the data, or -1 while there is no connection.
        offset: i64,
    },
}

impl RoleReply {
    /// The reply's bytes, which are the same in RESP2 and RESP3.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let bulk = |out: &mut Vec<u8>, text: &str| {
            out.extend(alloc::format!("${}\r\n{text}\r\n", text.len()).as_bytes());
        };
        match self {
            Self::Primary { offset, replicas } => {
                out.extend(b"*3\r\n");
                bulk(&mut out, "master");
                out.extend(alloc::format!(":{offset}\r\n*{}\r\n", replicas.len()).as_bytes());
                for (ip, port, offset) in replicas {
                    out.extend(b"*3\r\n");
                    bulk(&mut out, ip);
                    bulk(&mut out, &alloc::format!("{port}"));
                    bulk(&mut out, &alloc::format!("{offset}"));
                }
            }
            Self::Replica {
                host,
                port,
                state,
                offset,
            } => {
                out.extend(b"*5\r\n");
                bulk(&mut out, "slave");
                bulk(&mut out, host);
                out.extend(alloc::format!(":{port}\r\n").as_bytes());
                bulk(&mut out, state);
                out.extend(alloc::format!(":{offset}\r\n").as_bytes());
            }
        }
        out
    }
}

impl Server {
    /// What `ROLE` answers (`roleCommand`).
    pub fn role(&self) -> RoleReply {
        match self.primary() {
            None => RoleReply::Primary {
                offset: self.history.offset,
                replicas: self
                    .replicas()
                    .filter(|replica| replica.is_online())
                    .map(|replica| (replica.ip.clone(), replica.port, replica.ack_offset))
                    .collect(),
            },
            Some(primary) => RoleReply::Replica {
                host: primary.host.clone(),
                port: primary.port,
                state: self.link.state.as_str().into(),
                offset: match self.link_is_up() {
                    true => signed(self.history.offset),
                    false => -1,
                },
            },
        }
    }

    /// The lines of `INFO replication`, `name:value`, in the order and with the names of version 7.0, each ended by CR LF
    /// (`genRedisInfoString`).
    pub fn info(&self) -> String {
        let mut info = String::new();
        for (name, value) in self.info_fields() {
            // A String takes all.
            let _ = write!(info, "{name}:{value}\r\n");
        }
        info
    }

    /// The fields of `INFO replication`, in their order.
    pub fn info_fields(&self) -> Vec<(String, String)> {
        let mut fields = Fields(Vec::new());
        match self.primary() {
            None => fields.add("role", "master"),
            Some(primary) => {
                fields.add("role", "slave");
                fields.add("master_host", &primary.host);
                fields.add("master_port", primary.port);
                self.link_fields(&mut fields);
            }
        }
        fields.add("connected_slaves", self.replicas().count());
        if self.config.counts_replicas() {
            fields.add("min_slaves_good_slaves", self.good_replicas());
        }
        for (index, replica) in self.replicas().enumerate() {
            fields.add(&alloc::format!("slave{index}"), self.describe(replica));
        }
        fields.add("master_failover_state", "no-failover");
        fields.add("master_replid", self.history.id);
        match self.history.second {
            Some(second) => fields.add("master_replid2", second.id),
            None => fields.add("master_replid2", "0".repeat(40)),
        }
        fields.add("master_repl_offset", self.history.offset);
        let second = self.history.second.map_or(-1, |second| signed(second.offset));
        fields.add("second_repl_offset", second);
        fields.add("repl_backlog_active", u8::from(self.backlog.is_some()));
        fields.add("repl_backlog_size", self.config.backlog_size);
        let (first, length) = self
            .backlog()
            .map_or((0, 0), |backlog| (backlog.first(), backlog.len()));
        fields.add("repl_backlog_first_byte_offset", first);
        fields.add("repl_backlog_histlen", length);
        fields.0
    }

    fn link_fields(&self, fields: &mut Fields) {
        let up = self.link_is_up();
        let silent_s = if up { self.now_s() - self.link.heard_s } else { -1 };
        // Without data of any history the server says 1.
        let offset = if up || self.link.cached { self.history.offset } else { 1 };
        let transfers = self.link_state() == super::LinkState::Transfer;
        fields.add("master_link_status", if up { "up" } else { "down" });
        fields.add("master_last_io_seconds_ago", silent_s);
        fields.add("master_sync_in_progress", u8::from(transfers));
        fields.add("slave_read_repl_offset", offset.saturating_add(self.link.pending()));
        fields.add("slave_repl_offset", offset);
        if !up {
            fields.add("master_link_down_since_seconds", self.link_down_s().unwrap_or(-1));
        }
        fields.add("slave_priority", self.config.priority);
        fields.add("slave_read_only", u8::from(self.config.read_only));
        fields.add("replica_announced", u8::from(self.config.announced));
    }

    fn describe(&self, replica: &Replica) -> String {
        let lag_s = if replica.is_online() {
            self.now_s() - replica.ack_s
        } else {
            0
        };
        alloc::format!(
            "ip={},port={},state={},offset={},lag={lag_s}",
            replica.ip,
            replica.port,
            replica.state.as_str(),
            replica.ack_offset,
        )
    }
}

struct Fields(Vec<(String, String)>);

impl Fields {
    fn add(&mut self, name: &str, value: impl core::fmt::Display) {
        self.0.push((name.into(), alloc::format!("{value}")));
    }
}

fn signed(offset: u64) -> i64 {
    i64::try_from(offset).unwrap_or(i64::MAX)
}
