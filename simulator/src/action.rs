//! What can be done to a world from outside. As text it is a line of a script.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use crate::kind::Kind;
use crate::network::{Address, Rule, Selector};
use crate::operation::Op;
use crate::payload::MessageKind;
use crate::raft::action::RaftAction;
use crate::sentinel::action::SentinelAction;
use crate::time::{Time, parse_time, print_time};

/// What can be done to a world from outside, whatever its machines. `Display` and [`Action::parse`] are the text of scripts:
///
/// | text | what it does |
/// |---|---|
/// | `crash 3` | the machine stops, and loses what was not durable |
/// | `restart 3` | it starts again from its disk |
/// | `wipe 3` | a machine that is down loses its disk: what Raft relies on not to happen |
/// | `pause 3`, `resume 3` | it stands still, and takes everything in when it goes on |
/// | `ask c1 x? 3` | a client asks that machine; without one, the one that answered last |
/// | `cut 1 2`, `mend 1 2` | nothing gets from the first to the second any more, or does again |
/// | `partition 1 2 c1 \| 3 4` | the parts do not reach each other; who is not named reaches all |
/// | `heal` | all links work, and no rule holds and nobody is slow any more |
/// | `slow 3 50ms`, `slow-disk 3 50ms` | its messages, or its writes, take so much longer |
/// | `drift 3 20000` | its clock is so many parts in a million too fast; with `-`, too slow |
/// | `drop #17`, `hold`, `deliver`, `duplicate`, `delay #17 50ms` | what becomes of messages in flight: of one, or of all of a kind on some links, as in `drop App 1 3,4` or, of the one sent first, `drop first App 1 3`; `*` is any |
/// | `rule hold App 1 3`, `rule drop`, `rule delay 50ms App 1 3` | from here on, it is done to all of a kind on a link |
/// | `release App 1 3` | the rule ends, and what was held arrives |
/// | `stop-clients` | no client asks anything new of itself |
/// | `set loss 5%` | a setting of the network or of clients changes |
///
/// What can be done to machines of one kind is in [`Deed`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the table above says what each does")]
pub enum Action {
    Crash(u64),
    Restart(u64),
    Wipe(u64),
    Pause(u64),
    Resume(u64),
    Ask {
        client: u64,
        op: Op,
        node: Option<u64>,
    },
    Cut {
        from: Address,
        to: Address,
    },
    Mend {
        from: Address,
        to: Address,
    },
    Partition(Vec<Vec<Address>>),
    Heal,
    Slow {
        address: Address,
        by: Time,
    },
    SlowDisk {
        node: u64,
        by: Time,
    },
    Drift {
        node: u64,
        parts_per_million: i64,
    },
    Drop(Selector),
    Hold(Selector),
    Deliver(Selector),
    Duplicate(Selector),
    Delay {
        which: Selector,
        by: Time,
    },
    Rule {
        rule: Rule,
        kind: Option<MessageKind>,
        from: Vec<Address>,
        to: Vec<Address>,
    },
    Release {
        kind: Option<MessageKind>,
        from: Vec<Address>,
        to: Vec<Address>,
    },
    StopClients,
    Set {
        name: String,
        value: String,
    },
    Deed(Deed),
}

/// What can be done to machines of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Deed {
    /// To members of a Raft group.
    Raft(RaftAction),
    /// To servers and sentinels.
    Sentinel(SentinelAction),
}

impl Deed {
    fn parse(kind: Kind, words: &[&str]) -> Option<Result<Self, String>> {
        match kind {
            Kind::Raft => RaftAction::parse(words).map(|action| action.map(Self::Raft)),
            Kind::Sentinel => SentinelAction::parse(words).map(|action| action.map(Self::Sentinel)),
        }
    }

    /// The machine that it is done to.
    pub(crate) fn node(&self) -> u64 {
        match self {
            Self::Raft(action) => action.node(),
            Self::Sentinel(action) => action.node(),
        }
    }
}

impl From<Deed> for Action {
    fn from(deed: Deed) -> Self {
        Self::Deed(deed)
    }
}

impl fmt::Display for Deed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Raft(action) => action.fmt(f),
            Self::Sentinel(action) => action.fmt(f),
        }
    }
}

impl Action {
    /// Reads the text of an action in a world of that kind.
    ///
    /// # Errors
    /// What was expected and found.
    pub fn parse(kind: Kind, text: &str) -> Result<Self, String> {
        let words: Vec<&str> = text.split_ascii_whitespace().collect();
        let (name, rest) = words.split_first().ok_or("expected an action, found nothing")?;
        let wrong = || format!("cannot read the action {text:?}");
        Ok(match (*name, rest) {
            ("crash", [n]) => Self::Crash(node(n)?),
            ("restart", [n]) => Self::Restart(node(n)?),
            ("wipe", [n]) => Self::Wipe(node(n)?),
            ("pause", [n]) => Self::Pause(node(n)?),
            ("resume", [n]) => Self::Resume(node(n)?),
            ("ask", [client, command, at @ ..]) if at.len() < 2 => Self::Ask {
                client: match address(client)? {
                    Address::Client(client) => client,
                    Address::Node(_) => return Err(format!("expected a client, found {client:?}")),
                },
                op: op(command)?,
                node: at.first().map(|word| node(word)).transpose()?,
            },
            ("cut", [from, to]) => Self::Cut {
                from: address(from)?,
                to: address(to)?,
            },
            ("mend", [from, to]) => Self::Mend {
                from: address(from)?,
                to: address(to)?,
            },
            ("partition", parts) => Self::Partition(
                parts
                    .split(|word| *word == "|")
                    .map(|part| part.iter().map(|word| address(word)).collect())
                    .collect::<Result<_, _>>()?,
            ),
            ("heal", []) => Self::Heal,
            ("slow", [who, by]) => Self::Slow {
                address: address(who)?,
                by: time(by)?,
            },
            ("slow-disk", [n, by]) => Self::SlowDisk {
                node: node(n)?,
                by: time(by)?,
            },
            ("drift", [n, parts]) => Self::Drift {
                node: node(n)?,
                parts_per_million: parts.parse().map_err(|_| wrong())?,
            },
            ("drop", which) => Self::Drop(selector(which)?),
            ("hold", which) => Self::Hold(selector(which)?),
            ("deliver", which) => Self::Deliver(selector(which)?),
            ("duplicate", which) => Self::Duplicate(selector(which)?),
            ("delay", [which @ .., by]) => Self::Delay {
                which: selector(which)?,
                by: time(by)?,
            },
            ("rule", ["drop", link @ ..]) => rule(Rule::Drop, link)?,
            ("rule", ["hold", link @ ..]) => rule(Rule::Hold, link)?,
            ("rule", ["delay", by, link @ ..]) => rule(Rule::Delay(time(by)?), link)?,
            ("release", link) => {
                let (kind, from, to) = matching(link)?;
                Self::Release { kind, from, to }
            }
            ("stop-clients", []) => Self::StopClients,
            ("set", [name, value]) => Self::Set {
                name: (*name).to_string(),
                value: (*value).to_string(),
            },
            _ => {
                let deed = Deed::parse(kind, &words).ok_or_else(wrong)?;
                Self::Deed(deed?)
            }
        })
    }
}

/// Reads the number of a machine.
pub(crate) fn node(word: &str) -> Result<u64, String> {
    word.parse().map_err(|_| format!("expected a node, found {word:?}"))
}

fn time(word: &str) -> Result<Time, String> {
    parse_time(word).ok_or_else(|| format!("expected a time, found {word:?}"))
}

/// Reads an operation.
pub(crate) fn op(word: &str) -> Result<Op, String> {
    Op::parse(word).ok_or_else(|| format!("expected x=1, x+=1 or x?, found {word:?}"))
}

fn address(word: &str) -> Result<Address, String> {
    Address::parse(word).ok_or_else(|| format!("expected a node as 3 or a client as c3, found {word:?}"))
}

fn addresses(word: &str) -> Result<Vec<Address>, String> {
    match word {
        "*" => Ok(Vec::new()),
        _ => word.split(',').map(address).collect(),
    }
}

type Matching = (Option<MessageKind>, Vec<Address>, Vec<Address>);

fn matching(words: &[&str]) -> Result<Matching, String> {
    let [kind, from, to] = words else {
        return Err(format!(
            "expected a kind, from whom and to whom, found {:?}",
            words.join(" ")
        ));
    };
    let kind = match *kind {
        "*" => None,
        name => Some(MessageKind::named(name).ok_or_else(|| format!("expected a kind of message, found {name:?}"))?),
    };
    Ok((kind, addresses(from)?, addresses(to)?))
}

fn selector(words: &[&str]) -> Result<Selector, String> {
    if let [word] = words
        && let Some(number) = word.strip_prefix('#')
    {
        let number = number
            .parse()
            .map_err(|_| format!("expected the number of a message, found {word:?}"))?;
        return Ok(Selector::Number(number));
    }
    let (first, words) = match words {
        ["first", rest @ ..] => (true, rest),
        rest => (false, rest),
    };
    let (kind, from, to) = matching(words)?;
    Ok(Selector::Matching { kind, from, to, first })
}

fn rule(rule: Rule, words: &[&str]) -> Result<Action, String> {
    let (kind, from, to) = matching(words)?;
    Ok(Action::Rule { rule, kind, from, to })
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Crash(node) => write!(f, "crash {node}"),
            Self::Restart(node) => write!(f, "restart {node}"),
            Self::Wipe(node) => write!(f, "wipe {node}"),
            Self::Pause(node) => write!(f, "pause {node}"),
            Self::Resume(node) => write!(f, "resume {node}"),
            Self::Ask { client, op, node: None } => write!(f, "ask c{client} {op}"),
            Self::Ask {
                client,
                op,
                node: Some(node),
            } => write!(f, "ask c{client} {op} {node}"),
            Self::Cut { from, to } => write!(f, "cut {from} {to}"),
            Self::Mend { from, to } => write!(f, "mend {from} {to}"),
            Self::Partition(parts) => {
                let part = |part: &Vec<Address>| part.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
                write!(
                    f,
                    "partition {}",
                    parts.iter().map(part).collect::<Vec<_>>().join(" | ")
                )
            }
            Self::Heal => f.write_str("heal"),
            Self::Slow { address, by } => write!(f, "slow {address} {}", print_time(*by)),
            Self::SlowDisk { node, by } => write!(f, "slow-disk {node} {}", print_time(*by)),
            Self::Drift {
                node,
                parts_per_million,
            } => write!(f, "drift {node} {parts_per_million}"),
            Self::Drop(which) => write!(f, "drop {which}"),
            Self::Hold(which) => write!(f, "hold {which}"),
            Self::Deliver(which) => write!(f, "deliver {which}"),
            Self::Duplicate(which) => write!(f, "duplicate {which}"),
            Self::Delay { which, by } => write!(f, "delay {which} {}", print_time(*by)),
            Self::Rule { rule, kind, from, to } => write!(f, "rule {rule} {}", Link(*kind, from, to)),
            Self::Release { kind, from, to } => write!(f, "release {}", Link(*kind, from, to)),
            Self::StopClients => f.write_str("stop-clients"),
            Self::Set { name, value } => write!(f, "set {name} {value}"),
            Self::Deed(deed) => deed.fmt(f),
        }
    }
}

struct Link<'a>(Option<MessageKind>, &'a [Address], &'a [Address]);

impl fmt::Display for Link<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |list: &[Address]| match list {
            [] => "*".to_string(),
            _ => list.iter().map(ToString::to_string).collect::<Vec<_>>().join(","),
        };
        match self.0 {
            Some(kind) => write!(f, "{kind}")?,
            None => f.write_str("*")?,
        }
        write!(f, " {} {}", list(self.1), list(self.2))
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "#{number}"),
            Self::Matching { kind, from, to, first } => {
                f.write_str(if *first { "first " } else { "" })?;
                Link(*kind, from, to).fmt(f)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_is_read() {
        for text in [
            "crash 3",
            "wipe 3",
            "pause 2",
            "propose 1 x=1",
            "ask c1 x? 3",
            "ask c2 x+=7",
            "cut 1 c2",
            "partition 1 2 c1 | 3 4 5",
            "heal",
            "slow 3 50ms",
            "slow-disk 3 1500us",
            "drift 2 -20000",
            "drop #17",
            "hold App 1 3,4",
            "deliver first App 1 3",
            "deliver * * c1",
            "duplicate VoteResp 2 1",
            "delay App 1 * 50ms",
            "rule hold App 1 3",
            "rule delay 2s * 1 2",
            "release * * *",
            "change 1 +4",
            "change 1 explicit +4 -1 ~2",
            "change 1 leave",
            "transfer 1 3",
            "forget-leader 3",
            "snapshot 2",
            "stop-clients",
            "set loss 5%",
        ] {
            let action = Action::parse(Kind::Raft, text).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(action.to_string(), text);
        }
    }

    #[test]
    fn what_is_no_action_is_refused() {
        for text in [
            "",
            "crash",
            "crash x",
            "cut 1",
            "propose 1 x",
            "drop Apple 1 2",
            "change 1 4",
            "slow 1 50",
        ] {
            assert!(Action::parse(Kind::Raft, text).is_err(), "{text}");
        }
    }
}
