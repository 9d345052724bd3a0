//! What clients and other sentinels may say to a sentinel.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::hello::HELLO_CHANNEL;
use super::instance::Flags;
use super::server::{ClientId, Millis, Output, Sentinel};
use super::session::{Session, bulk};
use crate::resp::{Bytes, Value};

/// What a command is refused with, in the server's words.
pub(super) struct Refusal(pub(super) String);

pub(super) type Answer = Result<Value, Refusal>;

impl Refusal {
    pub(super) fn new(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl Sentinel {
    pub(super) fn client_command(&mut self, client: ClientId, argv: &[&[u8]], now: Millis) {
        // An empty request is no command; the server passes over it, too.
        let Some((name, args)) = argv.split_first() else { return };
        let name = String::from_utf8_lossy(name).to_ascii_lowercase();
        let locked = self.config.requirepass.is_some() && !self.clients.get(&client).is_some_and(|c| c.authenticated);
        if locked && !matches!(name.as_str(), "auth" | "hello") {
            let refusal = Refusal::new("NOAUTH Authentication required.");
            return self.answer(client, Err(refusal));
        }
        let answer = match (name.as_str(), args) {
            ("subscribe" | "psubscribe", [_, ..]) => return self.subscribe(client, &name, args),
            ("unsubscribe" | "punsubscribe", _) => return self.unsubscribe(client, &name, args),
            ("ping", args) if args.len() <= 1 => Ok(self.pong(client, args)),
            ("sentinel", [subcommand, args @ ..]) => self.sentinel_command(client, subcommand, args, now),
            ("publish", [channel, payload]) => self.publish_command(channel, payload, now),
            ("info", args) => Ok(self.info_command(args, now)),
            ("role", []) => Ok(self.role_command()),
            ("auth", args @ ([_] | [_, _])) => self.auth_command(client, args),
            ("hello", args) => self.hello_command(client, args),
            ("client", [subcommand, args @ ..]) => self.client_settings(subcommand, args),
            ("command", _) => Ok(Value::Array(Vec::new().into())),
            ("shutdown", _) => {
                self.push(Output::Exit { code: 0 });
                return;
            }
            ("subscribe" | "psubscribe" | "ping" | "sentinel" | "publish" | "role" | "auth" | "client", _) => {
                Err(Refusal(format!("ERR wrong number of arguments for '{name}' command")))
            }
            _ => Err(unknown_command(argv)),
        };
        self.answer(client, answer);
    }

    pub(super) fn answer(&mut self, client: ClientId, answer: Answer) {
        let value = answer.unwrap_or_else(|Refusal(text)| {
            // An error is one line.
            Value::SimpleError(text.replace(['\r', '\n'], " ").into())
        });
        self.push(Output::Reply { client, value });
    }

    pub(super) fn speaks_resp3(&self, client: ClientId) -> bool {
        self.clients.get(&client).is_some_and(|session| session.resp3)
    }

    /// Names and values, as the client's protocol has them: a map, or one after the other.
    pub(super) fn pairs(&self, client: ClientId, pairs: Vec<(Value, Value)>) -> Value {
        if self.speaks_resp3(client) {
            return Value::Map(pairs.into());
        }
        let flat: Vec<Value> = pairs.into_iter().flat_map(|(name, value)| [name, value]).collect();
        Value::Array(flat.into())
    }

    fn pong(&self, client: ClientId, args: &[&[u8]]) -> Value {
        let session = self.clients.get(&client);
        let text = Value::BulkString(Bytes::from(args.first().copied().unwrap_or_default()));
        match session {
            // A subscriber of the old protocol hears messages alone.
            Some(session) if session.subscriptions() > 0 && !session.resp3 => {
                Value::Array(Vec::from([bulk("pong"), text]).into())
            }
            _ if args.is_empty() => Value::SimpleString("PONG".into()),
            _ => text,
        }
    }

    /// A hello that comes directly (`sentinelPublishCommand`).
    fn publish_command(&mut self, channel: &[u8], payload: &[u8], now: Millis) -> Answer {
        if channel != HELLO_CHANNEL.as_bytes() {
            return Err(Refusal::new(
                "ERR Only HELLO messages are accepted by Sentinel instances.",
            ));
        }
        self.hello(payload, now);
        Ok(Value::Integer(1))
    }

    fn role_command(&self) -> Value {
        let names = self.masters.iter().map(|&group| bulk(&self.groups[group].config.name));
        let names: Vec<Value> = names.collect();
        Value::Array(Vec::from([bulk("sentinel"), Value::Array(names.into())]).into())
    }

    /// The sections `server` and `sentinel` (`sentinelInfoCommand`).
    fn info_command(&self, args: &[&[u8]], now: Millis) -> Value {
        let all = args.is_empty() || args.iter().any(|arg| any_of(arg, &["all", "default", "everything"]));
        let wants = |section| all || args.iter().any(|arg| any_of(arg, &[section]));
        let mut sections = Vec::new();
        if wants("server") {
            sections.push(format!(
                "# Server\r\nredis_version:7.0.15\r\nredis_mode:sentinel\r\nrun_id:{}\r\ntcp_port:{}\r\n",
                self.config.id, self.config.port
            ));
        }
        if wants("sentinel") {
            sections.push(self.info_sentinel(now));
        }
        bulk(&sections.join("\r\n"))
    }

    fn info_sentinel(&self, now: Millis) -> String {
        let tilt_seconds = if self.tilt {
            now.saturating_sub(self.tilt_start) / 1_000
        } else {
            -1
        };
        let simulated = u8::from(self.crash_after_election) | u8::from(self.crash_after_promotion) << 1;
        let mut text = format!(
            "# Sentinel\r\nsentinel_masters:{}\r\nsentinel_tilt:{}\r\nsentinel_tilt_since_seconds:{tilt_seconds}\r\n\
             sentinel_running_scripts:{}\r\nsentinel_scripts_queue_length:{}\r\n\
             sentinel_simulate_failure_flags:{simulated}\r\n",
            self.masters.len(),
            u8::from(self.tilt),
            self.scripts.running(),
            self.scripts.queue.len()
        );
        for (at, &group) in self.masters.iter().enumerate() {
            let state = &self.groups[group];
            let master = &self.instances[state.master];
            let status = if master.is(Flags::O_DOWN) {
                "odown"
            } else if master.is(Flags::S_DOWN) {
                "sdown"
            } else {
                "ok"
            };
            text.push_str(&format!(
                "master{at}:name={},status={status},address={}:{},slaves={},sentinels={}\r\n",
                state.config.name,
                self.announced(&master.address),
                master.address.port,
                state.replicas.len(),
                state.sentinels.len() + 1
            ));
        }
        text
    }

    // ---- who the client is

    fn auth_command(&mut self, client: ClientId, args: &[&[u8]]) -> Answer {
        let (user, pass) = match args {
            [pass] => (&b"default"[..], *pass),
            [user, pass] => (*user, *pass),
            _ => return Err(Refusal::new("ERR wrong number of arguments for 'auth' command")),
        };
        match &self.config.requirepass {
            None if args.len() == 1 => Err(Refusal::new(
                "ERR AUTH <password> called without any password configured for the default user. Are you sure your \
                 configuration is correct?",
            )),
            Some(right) if user == b"default" && right.as_bytes() != pass => Err(wrong_pass()),
            _ if user != b"default" => Err(wrong_pass()),
            _ => {
                self.clients.entry(client).or_default().authenticated = true;
                Ok(ok())
            }
        }
    }

    fn hello_command(&mut self, client: ClientId, args: &[&[u8]]) -> Answer {
        let mut resp3 = self.speaks_resp3(client);
        let mut args = args;
        if let [version, rest @ ..] = args {
            resp3 = match *version {
                b"2" => false,
                b"3" => true,
                _ if version.iter().all(u8::is_ascii_digit) => {
                    return Err(Refusal::new("NOPROTO unsupported protocol version"));
                }
                _ => return Err(Refusal::new("ERR Protocol version is not an integer or out of range")),
            };
            args = rest;
        }
        while let [option, rest @ ..] = args {
            args = match rest {
                [user, pass, rest @ ..] if any_of(option, &["auth"]) => {
                    self.auth_command(client, &[user, pass])?;
                    rest
                }
                [_, rest @ ..] if any_of(option, &["setname"]) => rest,
                _ => {
                    let option = String::from_utf8_lossy(option);
                    return Err(Refusal(format!("ERR Syntax error in HELLO option '{option}'")));
                }
            };
        }
        if self.config.requirepass.is_some() && !self.clients.get(&client).is_some_and(|session| session.authenticated)
        {
            return Err(Refusal::new(
                "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH <user> \
                 <pass> option can be used to authenticate the client and select the RESP protocol version at the same time",
            ));
        }
        self.clients.entry(client).or_default().resp3 = resp3;
        let pairs = Vec::from([
            (bulk("server"), bulk("redis")),
            (bulk("version"), bulk("7.0.15")),
            (bulk("proto"), Value::Integer(if resp3 { 3 } else { 2 })),
            (bulk("id"), Value::Integer(client.cast_signed())),
            (bulk("mode"), bulk("sentinel")),
            (bulk("modules"), Value::Array(Vec::new().into())),
        ]);
        Ok(self.pairs(client, pairs))
    }

    /// Names are taken and not kept: nobody can ask for them.
    fn client_settings(&self, subcommand: &[u8], args: &[&[u8]]) -> Answer {
        if any_of(subcommand, &["setname"]) && args.len() == 1 {
            return Ok(ok());
        }
        let name = String::from_utf8_lossy(subcommand);
        Err(Refusal(format!("ERR unknown subcommand '{name}'. Try CLIENT HELP.")))
    }

    // ---- subscriptions

    fn subscribe(&mut self, client: ClientId, command: &str, channels: &[&[u8]]) {
        for channel in channels {
            self.change_subscription(client, command, Some(channel), |session| {
                let set = if command == "subscribe" {
                    &mut session.channels
                } else {
                    &mut session.patterns
                };
                set.insert((*channel).to_vec());
            });
        }
    }

    fn unsubscribe(&mut self, client: ClientId, command: &str, channels: &[&[u8]]) {
        let set = |session: &mut Session| match command {
            "unsubscribe" => core::mem::take(&mut session.channels),
            _ => core::mem::take(&mut session.patterns),
        };
        let known = self
            .clients
            .get(&client)
            .cloned()
            .map(|mut session| set(&mut session))
            .unwrap_or_default();
        let channels: Vec<Vec<u8>> = match channels {
            [] => known.into_iter().collect(),
            _ => channels.iter().map(|channel| channel.to_vec()).collect(),
        };
        if channels.is_empty() {
            self.change_subscription(client, command, None, |_| {});
        }
        for channel in channels {
            self.change_subscription(client, command, Some(&channel), |session| {
                let set = if command == "unsubscribe" {
                    &mut session.channels
                } else {
                    &mut session.patterns
                };
                set.remove(&channel);
            });
        }
    }

    fn change_subscription(
        &mut self,
        client: ClientId,
        command: &str,
        channel: Option<&[u8]>,
        change: impl FnOnce(&mut Session),
    ) {
        let session = self.clients.entry(client).or_default();
        change(session);
        let count = i64::try_from(session.subscriptions()).unwrap_or(i64::MAX);
        let channel = channel.map_or(Value::Null, |channel| Value::BulkString(channel.into()));
        let value = session.push(Vec::from([bulk(command), channel, Value::Integer(count)]));
        self.push(Output::Reply { client, value });
    }
}

pub(super) fn ok() -> Value {
    Value::SimpleString("OK".into())
}

/// Whether the word is one of these, in capitals or not.
pub(super) fn any_of(word: &[u8], words: &[&str]) -> bool {
    words.iter().any(|known| word.eq_ignore_ascii_case(known.as_bytes()))
}

fn wrong_pass() -> Refusal {
    Refusal::new("WRONGPASS invalid username-password pair or user is disabled.")
}

fn unknown_command(argv: &[&[u8]]) -> Refusal {
    let cut = |arg: &[u8]| String::from_utf8_lossy(&arg[..arg.len().min(128)]).into_owned();
    let mut words = argv.iter().copied();
    let name = words.next().map(cut).unwrap_or_default();
    let mut args = String::new();
    for arg in words {
        if args.len() >= 128 {
            break;
        }
        args.push_str(&format!("'{}' ", cut(arg)));
    }
    Refusal(format!(
        "ERR unknown command '{name}', with args beginning with: {args}"
    ))
}
