//! The `SENTINEL` command.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::command::{Answer, Refusal, any_of, ok};
use super::config::MasterConfig;
use super::events::EventKind;
use super::groups::{Keep, NotMade};
use super::instance::{Flags, InstanceKind, Role};
use super::server::{ClientId, Millis, NEVER, Sentinel};
use super::session::{bulk, glob};
use crate::resp::{Bytes, Value};

impl Sentinel {
    pub(super) fn sentinel_command(
        &mut self,
        client: ClientId,
        subcommand: &[u8],
        args: &[&[u8]],
        now: Millis,
    ) -> Answer {
        let name = String::from_utf8_lossy(subcommand).to_ascii_lowercase();
        match (name.as_str(), args) {
            ("masters", []) => {
                let masters = self.masters.iter().map(|&group| self.groups[group].master);
                Ok(self.instances_value(client, masters, now))
            }
            ("master", [name]) => {
                let group = self.known_master(name)?;
                Ok(self.instance_value(client, self.groups[group].master, now))
            }
            ("replicas" | "slaves", [name]) => {
                let group = self.known_master(name)?;
                // One that asks not to be announced can be promoted all the same.
                let replicas = self.groups[group].replicas.iter().copied();
                let announced = replicas.filter(|&index| self.instances[index].replica.announced);
                Ok(self.instances_value(client, announced, now))
            }
            ("sentinels", [name]) => {
                let group = self.known_master(name)?;
                let sentinels = self.groups[group].sentinels.iter().copied();
                Ok(self.instances_value(client, sentinels, now))
            }
            ("get-master-addr-by-name", [name]) => Ok(self.master_address_value(client, name)),
            ("is-master-down-by-addr", [host, port, epoch, run_id]) => {
                self.is_master_down(host, port, epoch, run_id, now)
            }
            ("ckquorum", [name]) => self.check_quorum(name),
            ("failover", [name]) => self.force_failover(name, now),
            ("reset", [pattern]) => Ok(self.reset(pattern, now)),
            ("monitor", [name, host, port, quorum]) => self.monitor(name, host, port, quorum, now),
            ("remove", [name]) => self.remove(name),
            ("set", [name, options @ ..]) if options.len() >= 2 => self.set_options(name, options),
            ("config", [action, options @ ..]) if !options.is_empty() => self.config_command(client, action, options),
            ("debug", options) => self.debug(client, options),
            ("simulate-failure", kinds) if !kinds.is_empty() => self.simulate_failure(kinds),
            ("myid", []) => Ok(bulk(&self.config.id)),
            ("flushconfig", []) => {
                self.flush();
                Ok(ok())
            }
            ("pending-scripts", []) => Ok(self.pending_scripts(client, now)),
            ("info-cache", names) if !names.is_empty() => Ok(self.info_cache(names, now)),
            (known, _) if SUBCOMMANDS.contains(&known) => Err(Refusal(format!(
                "ERR wrong number of arguments for 'sentinel|{known}' command"
            ))),
            _ => {
                let name = String::from_utf8_lossy(subcommand);
                Err(Refusal(format!("ERR unknown subcommand '{name}'. Try SENTINEL HELP.")))
            }
        }
    }

    pub(super) fn known_master(&self, name: &[u8]) -> Result<usize, Refusal> {
        let group = core::str::from_utf8(name).ok().and_then(|name| self.find_master(name));
        group.ok_or_else(|| Refusal::new("ERR No such master with that name"))
    }

    /// `+monitor`, a new master.
    fn monitor(&mut self, name: &[u8], host: &[u8], port: &[u8], quorum: &[u8], now: Millis) -> Answer {
        let quorum = integer(quorum).ok_or_else(|| Refusal::new("ERR Invalid quorum"))?;
        let port = integer(port).ok_or_else(|| Refusal::new("ERR Invalid port"))?;
        let quorum = u32::try_from(quorum).ok().filter(|quorum| *quorum > 0);
        let quorum = quorum.ok_or_else(|| Refusal::new("ERR Quorum must be 1 or greater."))?;
        let bad_name = || Refusal::new("ERR Invalid master name");
        let name = core::str::from_utf8(name).map_err(|_| bad_name())?;
        if name.is_empty() || name.contains([' ', ',', '\r', '\n']) {
            // A comma breaks hellos, a space events.
            return Err(bad_name());
        }
        let port = u16::try_from(port).map_err(|_| Refusal::new("ERR Invalid port number"))?;
        let host = String::from_utf8_lossy(host);
        let mut config = MasterConfig::new(name, &host, port, quorum);
        config.down_after = self.config.timing.default_down_after;
        config.failover_timeout = self.config.timing.default_failover_timeout;
        let group = self.add_master(config, now).map_err(|error| match error {
            NotMade::Exists => Refusal::new("ERR Duplicate master name."),
            NotMade::BadHost => Refusal::new("ERR Invalid IP address or hostname specified"),
            NotMade::BadPort => Refusal::new("ERR Invalid port number"),
            NotMade::TooMany => Refusal::new("ERR Too many instances"),
        })?;
        self.flush();
        self.tell_monitor(group);
        Ok(ok())
    }

    fn remove(&mut self, name: &[u8]) -> Answer {
        let group = self.known_master(name)?;
        let master = self.groups[group].master;
        let about = self.describe(master);
        self.event(EventKind::Unmonitor, Some(master), about);
        let name = self.groups[group].config.name.clone();
        self.remove_master(&name);
        self.flush();
        Ok(ok())
    }

    fn reset(&mut self, pattern: &[u8], now: Millis) -> Value {
        let mut count = 0;
        for at in 0..self.masters.len() {
            let group = self.masters[at];
            if glob(pattern, self.groups[group].config.name.as_bytes()) {
                self.reset_master(group, Keep::Settings, now);
                count += 1;
            }
        }
        Value::Integer(count)
    }

    /// A failover that a user wants: without agreement, election or delay, but not without a replica.
    fn force_failover(&mut self, name: &[u8], now: Millis) -> Answer {
        let group = self.known_master(name)?;
        let master = self.groups[group].master;
        if self.instances[master].is(Flags::FAILOVER_IN_PROGRESS) {
            return Err(Refusal::new("INPROG Failover already in progress"));
        }
        if self.select_replica(group, now).is_none() {
            return Err(Refusal::new("NOGOODSLAVE No suitable replica to promote"));
        }
        self.start_failover(group, now);
        self.instances[master].flags |= Flags::FORCE_FAILOVER;
        Ok(ok())
    }

    fn check_quorum(&self, name: &[u8]) -> Answer {
        let group = self.known_master(name)?;
        let state = &self.groups[group];
        let up = state
            .sentinels
            .iter()
            .filter(|&&index| !self.instances[index].is(Flags::S_DOWN | Flags::O_DOWN));
        let usable = 1 + up.count();
        let majority = state.sentinels.len().div_ceil(2) + 1;
        let mut missing = Vec::new();
        if u32::try_from(usable).is_ok_and(|usable| usable < state.config.quorum) {
            missing.push("Not enough available Sentinels to reach the specified quorum for this master");
        }
        if usable < majority {
            missing.push("Not enough available Sentinels to reach the majority and authorize a failover");
        }
        if missing.is_empty() {
            let text = format!("OK {usable} usable Sentinels. Quorum and failover authorization can be reached");
            return Ok(Value::SimpleString(text.into()));
        }
        Err(Refusal(format!(
            "NOQUORUM {usable} usable Sentinels. {}",
            missing.join(". ")
        )))
    }

    /// The question of another sentinel, and perhaps its candidacy.
    fn is_master_down(&mut self, host: &[u8], port: &[u8], epoch: &[u8], run_id: &[u8], now: Millis) -> Answer {
        let number = || Refusal::new("ERR value is not an integer or out of range");
        let port = integer(port).ok_or_else(number)?;
        // The server takes a negative epoch for a giant one, after which no epoch is left.
        let epoch = integer(epoch)
            .and_then(|epoch| u64::try_from(epoch).ok())
            .ok_or_else(number)?;
        let host = String::from_utf8_lossy(host);
        let group = u16::try_from(port)
            .ok()
            .and_then(|port| self.find_master_at(&host, port));
        let Some(group) = group else {
            self.trace(|_| super::trace::Trace::UnknownAddress {
                host: host.into_owned(),
                port: u16::try_from(port).unwrap_or(0),
            });
            return Ok(down_reply(false, None, 0));
        };
        let down = !self.tilt && self.instances[self.groups[group].master].is(Flags::S_DOWN);
        if run_id == b"*" {
            return Ok(down_reply(down, None, 0));
        }
        let run_id = String::from_utf8_lossy(run_id);
        let (leader, leader_epoch) = self.vote(group, epoch, &run_id, now);
        Ok(down_reply(down, leader.as_deref(), leader_epoch))
    }

    fn master_address_value(&self, client: ClientId, name: &[u8]) -> Value {
        match self.known_master(name) {
            Ok(group) => {
                let address = self.current_address(group);
                let pair = Vec::from([bulk(self.announced(address)), bulk(&address.port.to_string())]);
                Value::Array(pair.into())
            }
            Err(_) if self.speaks_resp3(client) => Value::Null,
            Err(_) => Value::NullArray,
        }
    }

    fn simulate_failure(&mut self, kinds: &[&[u8]]) -> Answer {
        (self.crash_after_election, self.crash_after_promotion) = (false, false);
        for kind in kinds {
            if any_of(kind, &["crash-after-election"]) {
                self.crash_after_election = true;
            } else if any_of(kind, &["crash-after-promotion"]) {
                self.crash_after_promotion = true;
            } else if any_of(kind, &["help"]) {
                let kinds = ["crash-after-election", "crash-after-promotion"];
                return Ok(Value::Array(kinds.map(bulk).into()));
            } else {
                return Err(Refusal::new("ERR Unknown failure simulation specified"));
            }
        }
        Ok(ok())
    }

    fn pending_scripts(&self, client: ClientId, now: Millis) -> Value {
        let scripts = self.scripts.queue.iter().map(|script| {
            let argv: Vec<Value> = script.argv.iter().map(|arg| bulk(arg)).collect();
            let (flags, label, time) = match script.run {
                Some(_) => ("running", "run-time", now.saturating_sub(script.start)),
                None if script.start == NEVER => ("scheduled", "run-delay", 0),
                None => ("scheduled", "run-delay", script.start.saturating_sub(now).max(0)),
            };
            let pairs = Vec::from([
                (bulk("argv"), Value::Array(argv.into())),
                (bulk("flags"), bulk(flags)),
                (bulk("pid"), bulk(&script.run.unwrap_or(0).to_string())),
                (bulk(label), bulk(&time.to_string())),
                (bulk("retry-num"), bulk(&script.tries.to_string())),
            ]);
            self.pairs(client, pairs)
        });
        Value::Array(scripts.collect::<Vec<_>>().into())
    }

    fn info_cache(&self, names: &[&[u8]], now: Millis) -> Value {
        let mut groups: Vec<usize> = names.iter().filter_map(|name| self.known_master(name).ok()).collect();
        groups.dedup();
        let mut items = Vec::new();
        for group in groups {
            let state = &self.groups[group];
            items.push(bulk(&state.config.name));
            let cached = [state.master]
                .into_iter()
                .chain(state.replicas.iter().copied())
                .map(|index| {
                    let instance = &self.instances[index];
                    let age = Value::Integer(since(instance.info_refresh, now));
                    let text = instance.info.as_deref();
                    let text = text.map_or(Value::Null, |text| Value::BulkString(Bytes::from(text)));
                    Value::Array(Vec::from([age, text]).into())
                });
            items.push(Value::Array(cached.collect::<Vec<_>>().into()));
        }
        Value::Array(items.into())
    }

    // ---- instances as clients see them

    fn instances_value(&self, client: ClientId, places: impl Iterator<Item = usize>, now: Millis) -> Value {
        let values: Vec<Value> = places.map(|index| self.instance_value(client, index, now)).collect();
        Value::Array(values.into())
    }

    /// Names, order and texts of the fields are the server's (`addReplySentinelRedisInstance`).
    fn instance_value(&self, client: ClientId, index: usize, now: Millis) -> Value {
        let instance = &self.instances[index];
        let state = &self.groups[instance.group];
        let link = &self.links[instance.link];
        let mut fields = Vec::new();
        let mut field = |name: &str, value: &str| fields.push((bulk(name), bulk(value)));
        field("name", &instance.name);
        field("ip", self.announced(&instance.address));
        field("port", &instance.address.port.to_string());
        field("runid", &instance.run_id);
        field("flags", &self.flags_text(index));
        field("link-pending-commands", &link.pending_commands().to_string());
        field("link-refcount", &link.users.to_string());
        if instance.is(Flags::FAILOVER_IN_PROGRESS) {
            field("failover-state", state.failover_state.name());
        }
        let ago = |time: Millis| since(time, now).to_string();
        field("last-ping-sent", &link.act_ping.map_or_else(|| "0".into(), ago));
        field("last-ok-ping-reply", &ago(link.last_avail));
        field("last-ping-reply", &ago(link.last_pong));
        if instance.is(Flags::S_DOWN) {
            field("s-down-time", &ago(instance.s_down_since));
        }
        if instance.is(Flags::O_DOWN) {
            field("o-down-time", &ago(instance.o_down_since));
        }
        field("down-after-milliseconds", &instance.down_after.to_string());
        if instance.kind != InstanceKind::Sentinel {
            let role = if instance.role_reported == Role::Master {
                "master"
            } else {
                "slave"
            };
            field("info-refresh", &ago(instance.info_refresh));
            field("role-reported", role);
            field("role-reported-time", &ago(instance.role_reported_time));
        }
        match instance.kind {
            InstanceKind::Master => {
                field("config-epoch", &state.config_epoch.to_string());
                field("num-slaves", &state.replicas.len().to_string());
                field("num-other-sentinels", &state.sentinels.len().to_string());
                field("quorum", &state.config.quorum.to_string());
                field("failover-timeout", &state.config.failover_timeout.to_string());
                field("parallel-syncs", &state.config.parallel_syncs.to_string());
                if let Some(path) = &state.config.notification_script {
                    field("notification-script", path);
                }
                if let Some(path) = &state.config.client_reconfig_script {
                    field("client-reconfig-script", path);
                }
            }
            InstanceKind::Replica => {
                let replica = &instance.replica;
                field("master-link-down-time", &replica.link_down_time.to_string());
                field("master-link-status", if replica.link_up { "ok" } else { "err" });
                field("master-host", replica.master_host.as_deref().unwrap_or("?"));
                field("master-port", &replica.master_port.to_string());
                field("slave-priority", &replica.priority.to_string());
                field("slave-repl-offset", &replica.offset.to_string());
                field("replica-announced", if replica.announced { "1" } else { "0" });
            }
            InstanceKind::Sentinel => {
                field("last-hello-message", &ago(instance.peer.last_hello));
                field("voted-leader", instance.peer.leader.as_deref().unwrap_or("?"));
                field("voted-leader-epoch", &instance.peer.leader_epoch.to_string());
            }
        }
        self.pairs(client, fields)
    }

    fn flags_text(&self, index: usize) -> String {
        let instance = &self.instances[index];
        let mut words = Vec::new();
        for (at, (flag, word)) in Flags::NAMES.iter().enumerate() {
            if at == 2 {
                words.push(instance.kind.name());
                if self.links[instance.link].disconnected {
                    words.push("disconnected");
                }
            }
            if instance.is(*flag) {
                words.push(word);
            }
        }
        words.join(",")
    }
}

/// All subcommands, to tell a wrong number of arguments from a wrong name.
const SUBCOMMANDS: [&str; 20] = [
    "ckquorum",
    "config",
    "debug",
    "failover",
    "flushconfig",
    "get-master-addr-by-name",
    "info-cache",
    "is-master-down-by-addr",
    "master",
    "masters",
    "monitor",
    "myid",
    "pending-scripts",
    "remove",
    "replicas",
    "reset",
    "sentinels",
    "set",
    "simulate-failure",
    "slaves",
];

fn down_reply(down: bool, leader: Option<&str>, epoch: u64) -> Value {
    let items = [
        Value::Integer(i64::from(down)),
        bulk(leader.unwrap_or("*")),
        // As the server casts it.
        Value::Integer(epoch.cast_signed()),
    ];
    Value::Array(Vec::from(items).into())
}

/// How long ago; 0 for never.
fn since(time: Millis, now: Millis) -> Millis {
    if time == NEVER { 0 } else { now.saturating_sub(time) }
}

/// An integer as the server reads one: digits with perhaps a sign before them, and nothing else.
pub(super) fn integer(text: &[u8]) -> Option<i64> {
    let text = core::str::from_utf8(text).ok()?;
    (!text.starts_with('+')).then(|| text.parse().ok())?
}
