//! `CLUSTER` and what comes behind it (`clusterCommand`), with the server's answers, word for word.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::net::IpAddr;

use super::machine::Node;
use super::output::Output;
use super::peer::At;
use crate::cluster::bus::NodeFlags;
use crate::cluster::{SLOTS, key_slot};
use crate::resp::Value;

/// The subcommands of 7.0 and how many words they are: at least so many where it is negative.
const ARITIES: [(&str, i8); 27] = [
    ("addslots", -3),
    ("addslotsrange", -4),
    ("bumpepoch", 2),
    ("count-failure-reports", 3),
    ("countkeysinslot", 3),
    ("delslots", -3),
    ("delslotsrange", -4),
    ("failover", -2),
    ("flushslots", 2),
    ("forget", 3),
    ("getkeysinslot", 4),
    ("info", 2),
    ("keyslot", 3),
    ("links", 2),
    ("meet", -4),
    ("myid", 2),
    ("nodes", 2),
    ("replicas", 3),
    ("replicate", 3),
    ("reset", -2),
    ("saveconfig", 2),
    ("set-config-epoch", 3),
    ("setslot", -4),
    ("shards", 2),
    ("slaves", 3),
    ("slots", 2),
    ("help", 2),
];

pub(super) fn ok() -> Value {
    Value::SimpleString("OK".into())
}

/// An error as the server writes it: line breaks become blanks.
pub(super) fn error(text: &str) -> Value {
    let text: String = text
        .chars()
        .map(|letter| if matches!(letter, '\r' | '\n') { ' ' } else { letter })
        .collect();
    Value::SimpleError(format!("ERR {text}").into())
}

pub(super) fn text_of(word: &[u8]) -> String {
    String::from_utf8_lossy(word).into_owned()
}

/// A number as `string2ll` reads it: no blanks, no plus, no zeros in front.
pub(super) fn integer(word: &[u8]) -> Option<i64> {
    let digits = word.strip_prefix(b"-").unwrap_or(word);
    let plain = digits.iter().all(u8::is_ascii_digit) && !digits.is_empty() && word.len() <= 20;
    if !plain || (digits[0] == b'0' && word.len() > 1) {
        return None;
    }
    core::str::from_utf8(word).ok()?.parse().ok()
}

impl Node {
    pub(super) fn run_command(&mut self, argv: &[&[u8]]) -> Value {
        let Some(name) = argv.get(1) else {
            return error("wrong number of arguments for 'cluster' command");
        };
        let lower = text_of(name).to_ascii_lowercase();
        let Some((_, arity)) = ARITIES.iter().find(|(known, _)| *known == lower) else {
            return error(&format!("unknown subcommand '{}'. Try CLUSTER HELP.", text_of(name)));
        };
        let count = argv.len() as i64;
        let arity = i64::from(*arity);
        if count != arity && (arity > 0 || count < -arity) {
            return error(&format!("wrong number of arguments for 'cluster|{lower}' command"));
        }
        let third = argv.get(2).copied().unwrap_or_default();
        match (lower.as_str(), argv.len()) {
            ("addslots", _) => self.slots_command(&argv[2..], false),
            ("delslots", _) => self.slots_command(&argv[2..], true),
            ("addslotsrange" | "delslotsrange", count) if count % 2 == 1 => {
                error(&format!("wrong number of arguments for 'cluster|{lower}' command"))
            }
            ("addslotsrange", _) => self.ranges_command(&argv[2..], false),
            ("delslotsrange", _) => self.ranges_command(&argv[2..], true),
            ("setslot", _) => self.setslot_command(argv),
            ("bumpepoch", _) => {
                let word = if self.bump_epoch() { "BUMPED" } else { "STILL" };
                Value::SimpleString(format!("{word} {}", self.config_epoch()).into())
            }
            ("count-failure-reports", _) => match self.lookup_text(third) {
                Some(at) => Value::Integer(self.count_reports(at).into()),
                None => unknown_node(third),
            },
            ("countkeysinslot", _) => self.count_keys(third),
            ("failover", 2 | 3) => self.failover_command(argv),
            ("flushslots", _) => self.flush_slots(),
            ("forget", _) => self.forget_command(third),
            ("help", _) => help(),
            ("info", _) => text(self.info_text()),
            ("keyslot", _) => Value::Integer(key_slot(third).into()),
            ("links", _) => self.links_value(),
            ("meet", 4 | 5) => self.meet_command(argv),
            ("myid", _) => Value::bulk(self.id().as_bytes().as_slice()),
            ("nodes", _) => text(self.nodes_text()),
            ("replicas" | "slaves", _) => self.replicas_command(third),
            ("replicate", _) => self.replicate_command(third),
            ("reset", 2 | 3) => self.reset_command(argv),
            ("saveconfig", _) => {
                self.todo.save = true;
                self.todo.fsync = true;
                ok()
            }
            ("set-config-epoch", _) => self.set_epoch_command(third),
            ("shards", _) => self.shards_value(),
            ("slots", _) => self.slots_value(),
            _ => error(&format!(
                "unknown subcommand or wrong number of arguments for '{}'. Try CLUSTER HELP.",
                text_of(name)
            )),
        }
    }

    fn meet_command(&mut self, argv: &[&[u8]]) -> Value {
        let (host, port) = (text_of(argv[2]), text_of(argv[3]));
        let Some(number) = integer(argv[3]) else {
            return error(&format!("Invalid TCP base port specified: {port}"));
        };
        let bus = match argv.get(4) {
            None => number.saturating_add(10_000),
            Some(word) => match integer(word) {
                Some(bus) => bus,
                None => return error(&format!("Invalid TCP bus port specified: {}", text_of(word))),
            },
        };
        let valid = |port: i64| u16::try_from(port).ok().filter(|port| *port > 0);
        let (Ok(ip), Some(number), Some(bus)) = (host.parse::<IpAddr>(), valid(number), valid(bus)) else {
            return error(&format!("Invalid node address specified: {host}:{port}"));
        };
        self.start_handshake(&ip.to_string(), number, bus);
        ok()
    }

    /// `clusterStartHandshake`. One that is under way already is not begun again.
    fn start_handshake(&mut self, ip: &str, port: u16, bus_port: u16) {
        let under_way = self.order.iter().any(|(_, at)| {
            let peer = &self.peers[*at];
            let same = peer.ip.eq_ignore_ascii_case(ip) && peer.port == port && peer.bus_port == bus_port;
            peer.is(NodeFlags::HANDSHAKE) && same
        });
        if under_way {
            return;
        }
        let id = self.random_id();
        if let Some(at) = self.add_peer(id, NodeFlags::HANDSHAKE.with(NodeFlags::MEET)) {
            let peer = &mut self.peers[at];
            peer.ip = ip.into();
            peer.port = port;
            peer.bus_port = bus_port;
        }
    }

    fn forget_command(&mut self, word: &[u8]) -> Value {
        let Some(at) = self.lookup_text(word) else {
            return unknown_node(word);
        };
        if at == self.me {
            return error("I tried hard but I can't forget myself...");
        }
        if self.myself().is_replica() && self.myself().replica_of == Some(at) {
            return error("Can't forget my master!");
        }
        self.forget_for_a_while(self.peers[at].id);
        self.remove_peer(at);
        self.todo.update_state = true;
        self.todo.save = true;
        ok()
    }

    fn replicate_command(&mut self, word: &[u8]) -> Value {
        let Some(at) = self.lookup_text(word) else {
            return unknown_node(word);
        };
        if at == self.me {
            return error("Can't replicate myself");
        }
        if self.peers[at].is_replica() {
            return error("I can only replicate a master, not a replica.");
        }
        let me = self.myself();
        if me.is_master() && (me.slot_count != 0 || !self.keys.is_empty()) {
            return error("To set a master the node must be empty and without assigned slots.");
        }
        self.set_master(at);
        self.todo.update_state = true;
        self.todo.save = true;
        ok()
    }

    fn replicas_command(&self, word: &[u8]) -> Value {
        let Some(at) = self.lookup_text(word) else {
            return unknown_node(word);
        };
        if self.peers[at].is_replica() {
            return error("The specified node is not a master");
        }
        let lines = self.peers[at]
            .replicas
            .iter()
            .map(|replica| Value::bulk(self.node_line(*replica)));
        Value::Array(lines.collect())
    }

    fn count_keys(&self, word: &[u8]) -> Value {
        let Some(slot) = integer(word) else {
            return not_an_integer();
        };
        match u16::try_from(slot) {
            Ok(slot) if slot < SLOTS => Value::Integer(self.keys_in(slot).try_into().unwrap_or(i64::MAX)),
            _ => error("Invalid slot"),
        }
    }

    fn flush_slots(&mut self) -> Value {
        if !self.keys.is_empty() {
            return error("DB must be empty to perform CLUSTER FLUSHSLOTS.");
        }
        self.drop_slots_of(self.me);
        self.todo.update_state = true;
        self.todo.save = true;
        ok()
    }

    fn set_epoch_command(&mut self, word: &[u8]) -> Value {
        let Some(epoch) = integer(word) else {
            return not_an_integer();
        };
        let Ok(number) = u64::try_from(epoch) else {
            return error(&format!("Invalid config epoch specified: {epoch}"));
        };
        if self.order.len() > 1 {
            return error("The user can assign a config epoch only when the node does not know any other node.");
        }
        if self.config_epoch() != 0 {
            return error("Node config epoch is already non-zero");
        }
        self.peers[self.me].config_epoch = number;
        self.current_epoch = self.current_epoch.max(number);
        self.todo.update_state = true;
        self.todo.save = true;
        ok()
    }

    fn reset_command(&mut self, argv: &[&[u8]]) -> Value {
        let hard = match argv.get(2).map(|mode| mode.to_ascii_lowercase()).as_deref() {
            None | Some(b"soft") => false,
            Some(b"hard") => true,
            Some(_) => return error("syntax error"),
        };
        if self.myself().is_master() && !self.keys.is_empty() {
            return error("CLUSTER RESET can't be called with master nodes containing keys");
        }
        self.reset(hard);
        ok()
    }

    /// `clusterReset`.
    fn reset(&mut self, hard: bool) {
        if self.myself().is_replica() {
            self.set_as_master(self.me);
            self.replicating = false;
            self.push(Output::BecomePrimary);
            self.push(Output::DeleteAllKeys);
            self.keys.clear();
        }
        self.migrating.clear();
        self.importing.clear();
        self.reset_manual_failover();
        (0..SLOTS).for_each(|slot| self.remove_slot(slot));
        let others: Vec<At> = self.places().into_iter().filter(|at| *at != self.me).collect();
        others.into_iter().for_each(|at| self.remove_peer(at));
        if hard {
            self.current_epoch = 0;
            self.peers[self.me].config_epoch = 0;
            self.last_vote_epoch = 0;
            let id = self.random_id();
            self.rename_peer(self.me, id);
        }
        self.settle();
    }
}

pub(super) fn unknown_node(word: &[u8]) -> Value {
    error(&format!("Unknown node {}", text_of(word)))
}

fn not_an_integer() -> Value {
    error("value is not an integer or out of range")
}

fn text(text: String) -> Value {
    Value::Verbatim {
        format: *b"txt",
        data: text.into(),
    }
}

/// The subcommands that this node has, one a line.
fn help() -> Value {
    let mut lines = Vec::from([Value::SimpleString(
        "CLUSTER <subcommand> [<arg> [value] [opt] ...]. Subcommands are:".into(),
    )]);
    let names = ARITIES.iter().map(|(name, _)| name.to_ascii_uppercase());
    lines.extend(names.map(|name| Value::SimpleString(name.into())));
    Value::Array(lines.into())
}
