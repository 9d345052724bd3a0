//! What a world needs of a machine, whichever kind it is: Raft nodes now.
//!
//! The world knows clocks, messages, faults and time; what is in a message, and what a machine does with it, is known here and
//! below. A kind of machine is a variant of [`Machine`], one of [`Payload`], and a folder like `raft`.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use quorate::raft::{Message, MessageKind};

use crate::error::Error;
use crate::event::What;
use crate::network::Address;
use crate::raft::{Command, Fact, Outcome, RaftMachine, Request};
use crate::random::Random;
use crate::view::StateView;

/// What kind of message it is. `Display` gives its name: those of `raftpb`, `Request` and `Reply`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Kind(u8);

impl Kind {
    pub(crate) const REQUEST: Self = Self(64);
    pub(crate) const REPLY: Self = Self(65);

    pub(crate) fn of(kind: MessageKind) -> Self {
        Self(kind.number())
    }

    /// The kind of that name.
    pub fn named(name: &str) -> Option<Self> {
        let raft = (0..24).filter(|number| MessageKind::from_number(*number).is_some());
        let mut all = raft
            .map(|number| Self(number as u8))
            .chain([Self::REQUEST, Self::REPLY]);
        all.find(|kind| alloc::format!("{kind}") == name)
    }
}

impl fmt::Debug for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::REQUEST => f.pad("Request"),
            Self::REPLY => f.pad("Reply"),
            Self(number) => match MessageKind::from_number(u64::from(number)) {
                Some(kind) => f.pad(&alloc::format!("{kind:?}")),
                None => f.pad("?"),
            },
        }
    }
}

/// What a message holds.
#[derive(Clone, Debug)]
pub(crate) enum Payload {
    /// What members of a Raft group say to each other.
    Raft(Message),
    /// What a client asks.
    Request(Request),
    /// What it is answered.
    Reply { serial: u64, outcome: Outcome },
}

impl Payload {
    pub(crate) fn kind(&self) -> Kind {
        match self {
            Self::Raft(message) => Kind::of(message.kind),
            Self::Request(_) => Kind::REQUEST,
            Self::Reply { .. } => Kind::REPLY,
        }
    }
}

impl fmt::Display for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Raft(message) => crate::raft::describe_message(message, f),
            Self::Request(request) => write!(f, "{request}"),
            Self::Reply { serial, outcome } => write!(f, "#{serial} {outcome}"),
        }
    }
}

/// What came of one input to a machine.
#[derive(Clone, Default)]
pub(crate) struct Effects {
    pub(crate) sends: Vec<(Address, Payload)>,
    /// How many writes were begun.
    pub(crate) writes: usize,
    /// What invariants look at.
    pub(crate) facts: Vec<Fact>,
    /// What a reader of the run wants to see.
    pub(crate) seen: Vec<What>,
}

impl Effects {
    pub(crate) fn clear(&mut self) {
        self.sends.clear();
        self.writes = 0;
        self.facts.clear();
        self.seen.clear();
    }
}

/// A machine with its disk and what it drives.
#[derive(Clone, Debug)]
pub(crate) enum Machine {
    Raft(RaftMachine),
}

impl Machine {
    pub(crate) fn is_up(&self) -> bool {
        match self {
            Self::Raft(machine) => machine.node().is_some(),
        }
    }

    pub(crate) fn start(&mut self, effects: &mut Effects) -> Result<(), Error> {
        match self {
            Self::Raft(machine) => machine.start(effects),
        }
    }

    pub(crate) fn crash(&mut self, random: &mut Random, torn: bool, effects: &mut Effects) {
        match self {
            Self::Raft(machine) => machine.crash(random, torn, effects),
        }
    }

    /// Its disk is as before it first started.
    pub(crate) fn wipe(&mut self) {
        match self {
            Self::Raft(machine) => machine.wipe(),
        }
    }

    pub(crate) fn tick(&mut self, effects: &mut Effects) {
        match self {
            Self::Raft(machine) => machine.tick(effects),
        }
    }

    pub(crate) fn deliver(&mut self, from: Address, payload: Payload, effects: &mut Effects) {
        match self {
            Self::Raft(machine) => machine.deliver(from, payload, effects),
        }
    }

    /// The oldest write is durable.
    pub(crate) fn durable(&mut self, effects: &mut Effects) {
        match self {
            Self::Raft(machine) => machine.durable(effects),
        }
    }

    /// A large message to `peer` arrived, or was lost.
    pub(crate) fn report(&mut self, peer: u64, ok: bool, effects: &mut Effects) {
        match self {
            Self::Raft(machine) => machine.report(peer, ok, effects),
        }
    }

    pub(crate) fn command(&mut self, command: &Command, effects: &mut Effects) -> Result<(), Error> {
        match self {
            Self::Raft(machine) => machine.command(command, effects),
        }
    }

    /// What is worth comparing of it, as text.
    pub(crate) fn describe(&self, into: &mut String) {
        match self {
            Self::Raft(machine) => machine.describe(into),
        }
    }

    pub(crate) fn view(&self) -> StateView {
        match self {
            Self::Raft(machine) => StateView::Raft(machine.view()),
        }
    }

    pub(crate) fn raft(&self) -> &RaftMachine {
        match self {
            Self::Raft(machine) => machine,
        }
    }
}
