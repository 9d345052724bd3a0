//! The table of commands against a real server: it is what `COMMAND` says, and keys are found where `COMMAND GETKEYSANDFLAGS` finds
//! them. `QUORATE_BLESS=1` writes the table anew, from the server that runs.

use std::fmt::Write as _;
use std::path::Path;

use quorate::cluster::{
    BeginSearch, CommandFlag, CommandInfo, FindKeys, KeyAccess, KeySpec, KeysError, RequestPolicy, ResponsePolicy,
    keys_of,
};
use quorate::resp::Value;
use quorate_live::{Client, port};

/// A field of a map; RESP3 has maps there.
fn field<'a>(map: &'a Value, name: &str) -> &'a Value {
    let Value::Map(pairs) = map else {
        panic!("{map} is no map")
    };
    let found = pairs.iter().find(|(key, _)| key.as_bytes() == Some(name.as_bytes()));
    &found.unwrap_or_else(|| panic!("{map} has no {name}")).1
}

fn items(value: &Value) -> &[Value] {
    match value {
        Value::Array(items) | Value::Set(items) => items,
        other => panic!("{other} is no array"),
    }
}

fn text(value: &Value) -> String {
    String::from_utf8(
        value
            .as_bytes()
            .unwrap_or_else(|| panic!("{value} is no text"))
            .to_vec(),
    )
    .expect("ASCII")
}

fn integer(value: &Value) -> i64 {
    match value {
        Value::Integer(number) => *number,
        other => panic!("{other} is no number"),
    }
}

fn bits<T: Copy>(names: &Value, all: &[(&str, T)], bit: fn(T) -> u32) -> u32 {
    let flag = |name: &Value| {
        let name = text(name);
        let known = all.iter().find(|(known, _)| *known == name);
        bit(known.unwrap_or_else(|| panic!("{name} is not known")).1)
    };
    items(names).iter().map(flag).fold(0, |all, bit| all | bit)
}

fn spec(value: &Value) -> KeySpec {
    let begin = field(value, "begin_search");
    let find = field(value, "find_keys");
    let number = |part: &Value, name: &str| integer(field(field(part, "spec"), name));
    let begin = match text(field(begin, "type")).as_str() {
        "index" => BeginSearch::Index(number(begin, "index") as u8),
        "keyword" => {
            let word = text(field(field(begin, "spec"), "keyword"));
            BeginSearch::Keyword(word.leak(), number(begin, "startfrom") as i8)
        }
        _ => BeginSearch::Unknown,
    };
    let find = match text(field(find, "type")).as_str() {
        "range" => FindKeys::Range {
            last: number(find, "lastkey") as i8,
            step: number(find, "keystep") as u8,
            limit: number(find, "limit") as u8,
        },
        "keynum" => FindKeys::KeyNum {
            number: number(find, "keynumidx") as u8,
            first: number(find, "firstkey") as u8,
            step: number(find, "keystep") as u8,
        },
        _ => FindKeys::Unknown,
    };
    let access = bits(field(value, "flags"), KeyAccess::ALL, |access| access as u32);
    KeySpec { begin, find, access }
}

fn collect(value: &Value, into: &mut Vec<CommandInfo>) {
    let [name, arity, flags, _, _, _, _, tips, specs, subcommands] = items(value) else {
        panic!("{value} has not ten fields");
    };
    let tips: Vec<String> = items(tips).iter().map(text).collect();
    let tip = |name: &str| tips.iter().find_map(|tip| tip.strip_prefix(name));
    let request = tip("request_policy:").map(|policy| {
        let known = RequestPolicy::NAMES.iter().find(|(name, _)| *name == policy);
        known.unwrap_or_else(|| panic!("{policy} is not known")).1
    });
    let response = tip("response_policy:").map(|policy| {
        let known = ResponsePolicy::NAMES.iter().find(|(name, _)| *name == policy);
        known.unwrap_or_else(|| panic!("{policy} is not known")).1
    });
    into.push(CommandInfo {
        name: text(name).leak(),
        arity: integer(arity) as i8,
        flags: bits(flags, CommandFlag::ALL, |flag| flag as u32),
        keys: items(specs).iter().map(spec).collect::<Vec<_>>().leak(),
        request_policy: request.unwrap_or(RequestPolicy::Default),
        response_policy: response.unwrap_or(ResponsePolicy::Default),
    });
    for sub in items(subcommands) {
        collect(sub, into);
    }
}

/// The table as source text.
fn source(commands: &[CommandInfo]) -> String {
    let mut text = String::from(
        "//! The commands of Redis 7.0, as its `COMMAND` tells them. Made from a server, and compared with one, by\n\
         //! `tests/live/rust/tests/commands.rs`.\n\n\
         use super::BeginSearch::{Index, Keyword, Unknown};\n\
         use super::FindKeys::{self, KeyNum, Range};\n\
         use super::{BeginSearch, CommandInfo, KeySpec, RequestPolicy, ResponsePolicy};\n\n\
         const fn command(\n    name: &'static str,\n    arity: i8,\n    flags: u32,\n    keys: &'static [KeySpec],\n    \
         request_policy: RequestPolicy,\n    response_policy: ResponsePolicy,\n) -> CommandInfo {\n    \
         CommandInfo { name, arity, flags, keys, request_policy, response_policy }\n}\n\n\
         const fn key(begin: BeginSearch, find: FindKeys, access: u32) -> KeySpec {\n    KeySpec { begin, find, access }\n}\n\n\
         #[rustfmt::skip]\npub(super) static COMMANDS: &[CommandInfo] = &[\n",
    );
    for command in commands {
        let keys: Vec<String> = command
            .keys
            .iter()
            .map(|key| {
                let begin = format!("{:?}", key.begin);
                let find = match key.find {
                    FindKeys::Unknown => "FindKeys::Unknown".to_string(),
                    find => format!("{find:?}"),
                };
                format!("key({begin}, {find}, {:#x})", key.access)
            })
            .collect();
        writeln!(
            text,
            "    command({:?}, {}, {:#x}, &[{}], RequestPolicy::{:?}, ResponsePolicy::{:?}),",
            command.name,
            command.arity,
            command.flags,
            keys.join(", "),
            command.request_policy,
            command.response_policy
        )
        .expect("a string");
    }
    text + "];\n"
}

#[test]
fn the_table_is_what_the_server_says() {
    let Some(port) = port("the_table_is_what_the_server_says") else {
        return;
    };
    let reply = Client::connect(port, 3).call(&[b"COMMAND"]);
    let mut commands = Vec::new();
    for command in items(&reply) {
        collect(command, &mut commands);
    }
    commands.sort_by_key(|command| command.name);
    if std::env::var_os("QUORATE_BLESS").is_some() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../core/src/cluster/command/table.rs");
        std::fs::write(path, source(&commands)).expect("the table is written");
        return;
    }
    for command in &commands {
        let known = CommandInfo::ALL.iter().find(|known| known.name == command.name);
        assert_eq!(known, Some(command));
    }
    assert_eq!(commands.len(), CommandInfo::ALL.len());
}

/// What the server says of a command's keys: places and flags, or an error.
fn ask(client: &mut Client, argv: &[String]) -> Result<Vec<(String, u32)>, String> {
    let mut question: Vec<&[u8]> = vec![b"COMMAND", b"GETKEYSANDFLAGS"];
    question.extend(argv.iter().map(String::as_bytes));
    let reply = client.call(&question);
    if let Value::SimpleError(error) = &reply {
        return Err(String::from_utf8_lossy(error).into_owned());
    }
    let key = |pair: &Value| {
        let [key, flags] = items(pair) else {
            panic!("{pair} is no pair")
        };
        (text(key), bits(flags, KeyAccess::ALL, |access| access as u32))
    };
    Ok(items(&reply).iter().map(key).collect())
}

fn compare(client: &mut Client, argv: &[String], seen: &mut usize) {
    let theirs = ask(client, argv);
    let ours = keys_of(argv);
    match (&theirs, &ours) {
        (Ok(theirs), Ok(ours)) => {
            // The server leaves out what is hashed like a key and is none.
            let ours = ours.iter().filter(|key| !key.is(KeyAccess::NotKey));
            // How sure a rule is says nothing of one key.
            let of_rule = KeyAccess::Incomplete as u32 | KeyAccess::VariableFlags as u32;
            let ours: Vec<_> = ours
                .map(|key| (argv[key.index as usize].clone(), key.access & !of_rule))
                .collect();
            let theirs: Vec<_> = theirs
                .iter()
                .map(|(key, access)| (key.clone(), access & !of_rule))
                .collect();
            assert_eq!(ours, theirs, "{argv:?}");
            *seen += 1;
        }
        (Err(error), Ok(ours)) => {
            // A range that may be empty and is, the server takes for a mistake, and runs the command nevertheless.
            if ["pfmerge"].contains(&argv[0].as_str()) && argv.len() == 2 {
                return;
            }
            let none = ours.iter().all(|key| key.is(KeyAccess::NotKey));
            assert!(
                none && error.contains("no key arguments"),
                "{argv:?}: ours {ours:?}, theirs {error}"
            );
        }
        (Err(error), Err(ours)) => {
            // The server looks for keys in its table before it counts arguments.
            let keyless = CommandInfo::find(argv)
                .is_some_and(|info| info.keys.iter().all(|spec| spec.access & KeyAccess::NotKey as u32 != 0));
            let same = match ours {
                _ if keyless => error.contains("no key arguments"),
                KeysError::UnknownCommand => error.contains("Invalid command"),
                KeysError::WrongArity { .. } => error.to_lowercase().contains("number of arguments"),
                _ => error.contains("Invalid arguments"),
            };
            assert!(same, "{argv:?}: ours {ours}, theirs {error}");
        }
        (Ok(theirs), Err(ours)) => panic!("{argv:?}: theirs {theirs:?}, ours {ours}"),
    }
}

#[test]
fn keys_are_where_the_server_finds_them() {
    let Some(port) = port("keys_are_where_the_server_finds_them") else {
        return;
    };
    let mut client = Client::connect(port, 3);
    let mut seen = 0;
    // Every command, with every number of arguments that it may have, all of them numbers in turn so that counts are small.
    for command in CommandInfo::ALL {
        let name: Vec<String> = command.name.split('|').map(str::to_string).collect();
        let least = usize::from(command.arity.unsigned_abs());
        // The question itself needs two words.
        for length in least.saturating_sub(1).max(name.len()).max(2)..least + 6 {
            for numbers in 0..4_usize {
                let argument = |place: usize| match (place + numbers) % 4 {
                    0 => "1".to_string(),
                    1 => "2".to_string(),
                    _ => format!("k{place}"),
                };
                let rest = (name.len()..length).map(argument);
                let argv: Vec<String> = name.iter().cloned().chain(rest).collect();
                compare(&mut client, &argv, &mut seen);
            }
        }
    }
    for line in [
        "SORT a BY b GET c LIMIT 0 10 STORE d",
        "SORT a STORE b STORE c",
        "SORT a LIMIT 0 STORE b",
        "SORT a GET STORE",
        "SORT_RO a BY b GET c",
        "SET a b GET",
        "SET a b EX 10",
        "SET get get",
        "BITFIELD a GET u8 0 GET u8 1",
        "BITFIELD a GET u8 0 SET u8 0 1",
        "BITFIELD a INCRBY u8 0 1",
        "BITFIELD_RO a GET u8 0",
        "XREAD STREAMS a b 0 0",
        "XREAD COUNT 2 BLOCK 0 STREAMS a b c 0 0 0",
        "XREAD COUNT 2 STREAMS",
        "XREADGROUP GROUP streams streams STREAMS a >",
        "XREADGROUP GROUP g c COUNT 1 NOACK STREAMS a b > >",
        "GEORADIUS a 1 2 3 km STORE b",
        "GEORADIUS a 1 2 3 km STOREDIST b",
        "GEORADIUS a 1 2 3 km COUNT 3 STORE b STOREDIST c",
        "GEORADIUSBYMEMBER a m 3 km STORE b",
        "MIGRATE h 1 a 0 10",
        "MIGRATE h 1 a 0 10 COPY REPLACE AUTH p",
        "MIGRATE h 1  0 10 KEYS a b c",
        "MIGRATE h 1  0 10 AUTH keys KEYS a b",
        "MIGRATE h 1  0 10 AUTH2 u keys KEYS a b",
        "EVAL s 0",
        "EVAL s 2 a b c",
        "EVAL s 3 a b",
        "EVAL s -1 a",
        "EVALSHA s 1 a",
        "FCALL f 2 a b",
        "ZUNIONSTORE d 2 a b WEIGHTS 1 2",
        "ZINTERCARD 2 a b LIMIT 1",
        "LMPOP 2 a b LEFT",
        "BLMPOP 0 2 a b LEFT",
        "BITOP AND d a b c",
        "OBJECT ENCODING a",
        "MEMORY USAGE a SAMPLES 1",
        "XINFO STREAM a FULL",
        "XGROUP CREATE a g 0",
        "PFCOUNT a b c",
        "PFMERGE a b c",
        "SPUBLISH c m",
        "SSUBSCRIBE a b",
        "GETEX a",
        "COPY a b DB 0",
        "LCS a b IDX",
        "DEBUG OBJECT a",
        "NOSUCH a",
        "CONFIG NOSUCH a",
    ] {
        let argv: Vec<String> = line.split(' ').map(str::to_string).collect();
        compare(&mut client, &argv, &mut seen);
    }
    assert!(seen > 2_000, "only {seen} commands had keys");
}
