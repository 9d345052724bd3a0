//! What is known of each command of the server: what it does to which of its arguments, and how a cluster takes it.

mod keys;
mod table;

use core::fmt;

pub use keys::{KeyAccess, KeyPosition, KeysError, keys_of};

/// What a command is, as the server's `COMMAND` tells it. [`CommandInfo::find`] looks one up, without a server.
///
/// ```
/// use quorate::cluster::{CommandInfo, RequestPolicy};
///
/// let mget = CommandInfo::find(&["mget", "a", "b"]).expect("it is a command");
/// assert_eq!((mget.name, mget.arity), ("mget", -2));
/// assert!(mget.is_readonly());
/// assert_eq!(mget.request_policy, RequestPolicy::MultiShard);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CommandInfo {
    /// Its name in small letters; a subcommand's behind a `|`.
    pub name: &'static str,
    /// How many arguments it has, its name included; at least so many if it is negative.
    pub arity: i8,
    /// What it is, as a set of [`CommandFlag`]s.
    pub flags: u32,
    /// Where its keys are.
    pub keys: &'static [KeySpec],
    /// Which nodes it goes to.
    pub request_policy: RequestPolicy,
    /// What becomes of several replies.
    pub response_policy: ResponsePolicy,
}

macro_rules! flags {
    ($($(#[doc = $doc:literal])+ $name:ident = $bit:literal, $text:literal;)+) => {
        /// What a command is. The names are the server's.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u32)]
        pub enum CommandFlag {
            $($(#[doc = $doc])+ $name = 1 << $bit,)+
        }

        impl CommandFlag {
            /// All of them, by the names that the server gives them.
            pub const ALL: &'static [(&'static str, Self)] = &[$(($text, Self::$name)),+];
        }
    };
}

flags! {
    /// It writes.
    Write = 0, "write";
    /// It only reads.
    Readonly = 1, "readonly";
    /// It is refused when memory is full.
    Denyoom = 2, "denyoom";
    /// It is for those who run the server.
    Admin = 3, "admin";
    /// It is about pub/sub.
    Pubsub = 4, "pubsub";
    /// Scripts may not call it.
    Noscript = 5, "noscript";
    /// It may block the client.
    Blocking = 6, "blocking";
    /// It is taken while the server loads its data.
    Loading = 7, "loading";
    /// It is taken by a replica whose data are stale.
    Stale = 8, "stale";
    /// Monitors do not see it.
    SkipMonitor = 9, "skip_monitor";
    /// The slow log does not keep it.
    SkipSlowlog = 10, "skip_slowlog";
    /// It counts as sent behind `ASKING`.
    Asking = 11, "asking";
    /// It is quick.
    Fast = 12, "fast";
    /// It needs no authentication.
    NoAuth = 13, "no_auth";
    /// Its keys are not in fixed places.
    Movablekeys = 14, "movablekeys";
    /// It may not be in a transaction.
    NoMulti = 15, "no_multi";
    /// Its keys may be left out.
    NoMandatoryKeys = 16, "no_mandatory_keys";
    /// It is taken while a script runs.
    AllowBusy = 17, "allow_busy";
    /// It is not taken while data are loaded beside the old ones.
    NoAsyncLoading = 18, "no_async_loading";
}

/// How one kind of keys is found among the arguments, and what is done to them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeySpec {
    /// Where the search begins.
    pub begin: BeginSearch,
    /// Which arguments from there on are keys.
    pub find: FindKeys,
    /// What is done to them, as a set of [`KeyAccess`].
    pub access: u32,
}

/// Where the search for keys begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BeginSearch {
    /// At that argument.
    Index(u8),
    /// Behind that word, looked for from an argument on; from the end and backwards if it is negative.
    Keyword(&'static str, i8),
    /// No rule can say.
    Unknown,
}

/// Which arguments are keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FindKeys {
    /// From the beginning to `last` (counted from there, or from the end if it is negative), each `step`-th. A `limit` of 2 or more
    /// is the part of the rest in which they are: the first half, the first third.
    Range {
        /// The last, from the beginning on; negative: from the end.
        last: i8,
        /// How many arguments a key comes with.
        step: u8,
        /// Which part of the rest.
        limit: u8,
    },
    /// As many as an argument says.
    KeyNum {
        /// Which argument says it, from the beginning on.
        number: u8,
        /// The first key, from the beginning on.
        first: u8,
        /// How many arguments a key comes with.
        step: u8,
    },
    /// No rule can say.
    Unknown,
}

/// Which nodes a command goes to (`request_policy` among the command's tips).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum RequestPolicy {
    /// The node of its keys; any, if it has none.
    Default,
    /// All nodes, replicas too.
    AllNodes,
    /// All primaries.
    AllShards,
    /// The nodes of its keys, a command for each slot.
    MultiShard,
    /// Its own rule, as `SCAN` has.
    Special,
}

/// What becomes of the replies to a command that went to several nodes (`response_policy` among the command's tips).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum ResponsePolicy {
    /// Arrays are joined; with keys, each reply's part goes where its key stands.
    Default,
    /// The first that is no error.
    OneSucceeded,
    /// Any of them, if none is an error.
    AllSucceeded,
    /// Whether all say 1.
    AggLogicalAnd,
    /// Whether one says 1.
    AggLogicalOr,
    /// The least.
    AggMin,
    /// The greatest.
    AggMax,
    /// The sum.
    AggSum,
    /// Its own rule.
    Special,
}

impl RequestPolicy {
    /// All but the default, by the names that the server gives them.
    pub const NAMES: &'static [(&'static str, Self)] = &[
        ("all_nodes", Self::AllNodes),
        ("all_shards", Self::AllShards),
        ("multi_shard", Self::MultiShard),
        ("special", Self::Special),
    ];
}

impl ResponsePolicy {
    /// All but the default, by the names that the server gives them.
    pub const NAMES: &'static [(&'static str, Self)] = &[
        ("one_succeeded", Self::OneSucceeded),
        ("all_succeeded", Self::AllSucceeded),
        ("agg_logical_and", Self::AggLogicalAnd),
        ("agg_logical_or", Self::AggLogicalOr),
        ("agg_min", Self::AggMin),
        ("agg_max", Self::AggMax),
        ("agg_sum", Self::AggSum),
        ("special", Self::Special),
    ];
}

impl CommandInfo {
    /// All commands of Redis 7.0, sorted by name; subcommands too.
    pub const ALL: &'static [Self] = table::COMMANDS;

    /// The command that begins so, in any case; if it has subcommands, the one that is named. `None` if the server has no such
    /// command or subcommand.
    pub fn find<A: AsRef<[u8]>>(argv: &[A]) -> Option<&'static Self> {
        // The table's own way to write a subcommand is no way to call one.
        let name = argv.first().map(AsRef::as_ref).filter(|name| !name.contains(&b'|'))?;
        let command = Self::named(name, None)?;
        match argv.get(1) {
            Some(sub) if command.has_subcommands() => Self::named(name, Some(sub.as_ref())),
            _ => Some(command),
        }
    }

    /// Whether its second argument is a command of its own.
    pub fn has_subcommands(&self) -> bool {
        let from = Self::ALL.partition_point(|info| info.name.bytes().lt(self.name.bytes().chain([b'|'])));
        let next = Self::ALL.get(from).and_then(|next| next.name.strip_prefix(self.name));
        next.is_some_and(|rest| rest.starts_with('|'))
    }

    fn named(name: &[u8], sub: Option<&[u8]>) -> Option<&'static Self> {
        let wanted = name.iter().chain(sub.map(|_| &b'|')).chain(sub.unwrap_or_default());
        let place =
            Self::ALL.binary_search_by(|info| info.name.bytes().cmp(wanted.clone().map(u8::to_ascii_lowercase)));
        place.ok().map(|place| &Self::ALL[place])
    }

    /// Whether it is that.
    pub const fn is(&self, flag: CommandFlag) -> bool {
        self.flags & flag as u32 != 0
    }

    /// Whether it only reads, so that a replica may answer it.
    pub const fn is_readonly(&self) -> bool {
        self.is(CommandFlag::Readonly)
    }

    /// Whether so many arguments, the name included, are allowed.
    pub const fn takes(&self, arguments: usize) -> bool {
        let arity = self.arity.unsigned_abs() as usize;
        match self.arity >= 0 {
            true => arguments == arity,
            false => arguments >= arity,
        }
    }
}

impl fmt::Display for CommandInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}
