//! Which arguments of a command are keys (`getKeysFromCommandWithSpecs`), from data alone.

use alloc::vec::Vec;

use super::{BeginSearch, CommandFlag, CommandInfo, FindKeys, KeySpec};

macro_rules! access {
    ($($(#[doc = $doc:literal])+ $name:ident = $bit:literal, $text:literal;)+) => {
        /// What a command does to a key. The names are the server's.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u32)]
        pub enum KeyAccess {
            $($(#[doc = $doc])+ $name = 1 << $bit,)+
        }

        impl KeyAccess {
            /// All of them, by the names that the server gives them.
            pub const ALL: &'static [(&'static str, Self)] = &[$(($text, Self::$name)),+];
        }
    };
}

access! {
    /// It is read.
    ReadOnly = 0, "RO";
    /// It is read and written.
    ReadWrite = 1, "RW";
    /// It is written over, whatever it was.
    Overwrite = 2, "OW";
    /// It is removed.
    Remove = 3, "RM";
    /// What it holds is told or copied.
    Access = 4, "access";
    /// What it holds changes, or is told after it changed.
    Update = 5, "update";
    /// Something is added to it, whatever it holds.
    Insert = 6, "insert";
    /// Something is taken from it.
    Delete = 7, "delete";
    /// It is no key, but hashed like one: the channel of sharded pub/sub.
    NotKey = 8, "not_key";
    /// The rule may not find all keys.
    Incomplete = 9, "incomplete";
    /// What is done to it depends on other arguments.
    VariableFlags = 10, "variable_flags";
}

/// A key among the arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct KeyPosition {
    /// Which argument, the command's name being 0.
    pub index: u32,
    /// What is done to it, as a set of [`KeyAccess`].
    pub access: u32,
}

impl KeyPosition {
    /// Whether that is done to it.
    pub const fn is(&self, access: KeyAccess) -> bool {
        self.access & access as u32 != 0
    }
}

/// Why a command's keys cannot be told.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeysError {
    /// The server has no such command, or had none when the table was made.
    #[error("there is no such command")]
    UnknownCommand,
    /// There are too few or too many arguments for it.
    #[error("{name} takes {arity} arguments (at least so many, if negative), found {found}")]
    WrongArity {
        /// The command.
        name: &'static str,
        /// How many it takes, its name included; at least so many, if negative.
        arity: i8,
        /// How many there are.
        found: usize,
    },
    /// The arguments are not as the command needs them: it says that there are more keys than there are arguments.
    #[error("the arguments of {name} are not as it needs them, so that its keys cannot be told")]
    InvalidArguments {
        /// The command.
        name: &'static str,
    },
}

impl KeysError {
    /// A stable name, the same in every binding.
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownCommand => "unknown_command",
            Self::WrongArity { .. } => "wrong_arity",
            Self::InvalidArguments { .. } => "invalid_arguments",
        }
    }
}

/// The keys of a command, in the order in which the server finds them, and what is done to each. A command without keys has none;
/// channels of sharded pub/sub are among them, with [`KeyAccess::NotKey`], for they are hashed like keys.
///
/// What the server's `COMMAND GETKEYSANDFLAGS` says, without asking it.
///
/// # Errors
/// [`KeysError`].
///
/// ```
/// use quorate::cluster::keys_of;
///
/// let argv = ["ZUNIONSTORE", "sum", "2", "a", "b", "WEIGHTS", "1", "2"];
/// let keys: Vec<_> = keys_of(&argv)?.iter().map(|key| argv[key.index as usize]).collect();
/// assert_eq!(keys, ["sum", "a", "b"]);
/// # Ok::<(), quorate::cluster::KeysError>(())
/// ```
pub fn keys_of<A: AsRef<[u8]>>(argv: &[A]) -> Result<Vec<KeyPosition>, KeysError> {
    let info = CommandInfo::find(argv).ok_or(KeysError::UnknownCommand)?;
    if !info.takes(argv.len()) {
        return Err(KeysError::WrongArity {
            name: info.name,
            arity: info.arity,
            found: argv.len(),
        });
    }
    let mut keys = Vec::new();
    match info.name {
        "sort" => sort_keys(argv, &mut keys),
        "migrate" => migrate_keys(argv, &mut keys),
        _ => {
            let found = info.keys.iter().try_for_each(|spec| spec_keys(spec, argv, &mut keys));
            let needed = !info.keys.is_empty() && !info.is(CommandFlag::NoMandatoryKeys);
            match found {
                Some(()) if needed && keys.is_empty() => {
                    return Err(KeysError::InvalidArguments { name: info.name });
                }
                Some(()) => {}
                // A script whose number of keys is none is refused by whoever gets it.
                None if info.is(CommandFlag::NoMandatoryKeys) => keys.clear(),
                None => return Err(KeysError::InvalidArguments { name: info.name }),
            }
        }
    }
    match info.name {
        "set" if has_word(argv, 3, b"GET") => set_access(&mut keys, READ_WRITE | UPDATE | ACCESS),
        "set" => set_access(&mut keys, OVERWRITE | UPDATE),
        "bitfield" if only_reads(argv) => set_access(&mut keys, READ_ONLY | ACCESS),
        "bitfield" => set_access(&mut keys, READ_WRITE | UPDATE | ACCESS),
        _ => {}
    }
    Ok(keys)
}

const READ_ONLY: u32 = KeyAccess::ReadOnly as u32;
const READ_WRITE: u32 = KeyAccess::ReadWrite as u32;
const OVERWRITE: u32 = KeyAccess::Overwrite as u32;
const ACCESS: u32 = KeyAccess::Access as u32;
const UPDATE: u32 = KeyAccess::Update as u32;
const DELETE: u32 = KeyAccess::Delete as u32;

fn set_access(keys: &mut [KeyPosition], access: u32) {
    keys.iter_mut().for_each(|key| key.access = access);
}

fn is_word<A: AsRef<[u8]>>(argument: &A, word: &[u8]) -> bool {
    argument.as_ref().eq_ignore_ascii_case(word)
}

fn has_word<A: AsRef<[u8]>>(argv: &[A], from: usize, word: &[u8]) -> bool {
    argv.iter().skip(from).any(|argument| is_word(argument, word))
}

/// `bitfieldGetKeys`: it only reads if every operation is `GET type offset`.
fn only_reads<A: AsRef<[u8]>>(argv: &[A]) -> bool {
    let mut place = 2;
    while place < argv.len() {
        if !is_word(&argv[place], b"GET") || place + 2 >= argv.len() {
            return false;
        }
        place += 3;
    }
    true
}

/// The keys that one rule finds; `None` if the arguments are not as it needs them.
fn spec_keys<A: AsRef<[u8]>>(spec: &KeySpec, argv: &[A], keys: &mut Vec<KeyPosition>) -> Option<()> {
    let begin = match spec.begin {
        BeginSearch::Index(index) => usize::from(index),
        BeginSearch::Keyword(word, from) => match find_keyword(argv, word, from) {
            Some(place) => place + 1,
            None => return Some(()),
        },
        BeginSearch::Unknown => return Some(()),
    };
    let (first, count, step) = match spec.find {
        FindKeys::Range { last, step, limit } => {
            let rest = argv.len().checked_sub(begin)?;
            let end = match usize::try_from(last) {
                Ok(last) => begin.checked_add(last)?,
                Err(_) => {
                    let back = usize::from(last.unsigned_abs());
                    let of = if limit <= 1 { rest } else { rest / usize::from(limit) };
                    (begin + of).checked_sub(back)?
                }
            };
            let count = (end + 1).checked_sub(begin)?.div_ceil(usize::from(step).max(1));
            (begin, count, step)
        }
        FindKeys::KeyNum { number, first, step } => {
            let argument = argv.get(begin + usize::from(number))?.as_ref();
            let count = crate::cluster::address::number::<u32>(argument)?;
            (begin + usize::from(first), count as usize, step)
        }
        FindKeys::Unknown => return Some(()),
    };
    let step = usize::from(step).max(1);
    // No more than there are arguments, whatever a number says.
    if count > 0 && first.checked_add((count - 1).checked_mul(step)?)? >= argv.len() {
        return None;
    }
    for nth in 0..count {
        keys.push(KeyPosition {
            index: u32::try_from(first + nth * step).ok()?,
            access: spec.access,
        });
    }
    Some(())
}

/// The place of a word, looked for from an argument on, or backwards from the end. It is not the last one: something follows it.
fn find_keyword<A: AsRef<[u8]>>(argv: &[A], word: &str, from: i8) -> Option<usize> {
    let is = |place: &usize| {
        argv.get(*place)
            .is_some_and(|argument| is_word(argument, word.as_bytes()))
    };
    match usize::try_from(from) {
        Ok(from) => (from..argv.len().saturating_sub(1)).find(is),
        Err(_) => {
            let start = argv.len().checked_sub(usize::from(from.unsigned_abs()))?;
            (2..=start).rev().find(is)
        }
    }
}

/// `sortGetKeys`: the key, and what the last `STORE` names. What other words take is not looked at.
fn sort_keys<A: AsRef<[u8]>>(argv: &[A], keys: &mut Vec<KeyPosition>) {
    keys.push(KeyPosition {
        index: 1,
        access: READ_ONLY | ACCESS,
    });
    let mut store = None;
    let mut place = 2;
    while place < argv.len() {
        let word = &argv[place];
        if is_word(word, b"LIMIT") {
            place += 2;
        } else if is_word(word, b"GET") || is_word(word, b"BY") {
            place += 1;
        } else if is_word(word, b"STORE") && place + 1 < argv.len() {
            store = u32::try_from(place + 1).ok();
            place += 1;
        }
        place += 1;
    }
    keys.extend(store.map(|index| KeyPosition {
        index,
        access: OVERWRITE | UPDATE,
    }));
}

/// `migrateGetKeys`: the third argument, or, if that is empty, all behind `KEYS`.
fn migrate_keys<A: AsRef<[u8]>>(argv: &[A], keys: &mut Vec<KeyPosition>) {
    let (mut first, mut end) = (3, 4);
    let mut place = 6;
    while place < argv.len() {
        let word = &argv[place];
        if is_word(word, b"KEYS") && argv[3].as_ref().is_empty() {
            (first, end) = (place + 1, argv.len());
            break;
        }
        place += match () {
            () if is_word(word, b"AUTH") => 2,
            () if is_word(word, b"AUTH2") => 3,
            () => 1,
        };
    }
    keys.extend((first..end).filter_map(|index| {
        Some(KeyPosition {
            index: u32::try_from(index).ok()?,
            access: READ_WRITE | ACCESS | DELETE,
        })
    }));
}

impl CommandInfo {
    /// Whether its keys stand where the table says, whatever else is among the arguments.
    pub fn has_fixed_keys(&self) -> bool {
        !self.is(CommandFlag::Movablekeys)
    }
}
