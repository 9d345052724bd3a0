//! The network: what is on its way, and what becomes of it.
//!
//! Messages travel alone, as datagrams do, or in the line of a connection, as bytes of TCP do. What goes over a connection arrives in
//! order, once, and is never lost while both ends live: where the link is cut it waits, and goes on when it is mended.
//!
//! Whatever its settings, each message draws the same number of times, so that turning a dial changes as little as it can.

use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use alloc::string::String;
use core::fmt;

use crate::config::Config;
use crate::payload::{MessageKind, Payload};
use crate::random::Random;
use crate::time::{Time, print_time};
use crate::view::{RuleView, Slow};

/// Who sends and receives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Address {
    /// A machine, from 1 on.
    Node(u64),
    /// A client, from 1 on.
    Client(u64),
}

impl Address {
    /// Reads `3`, a machine, or `c3`, a client.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        match text.strip_prefix('c') {
            Some(client) => client.parse().ok().map(Self::Client),
            None => text.parse().ok().map(Self::Node),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Node(node) => write!(f, "{node}"),
            Self::Client(client) => write!(f, "c{client}"),
        }
    }
}

/// A message on its way.
#[derive(Clone, Debug)]
pub(crate) struct Flight {
    pub(crate) from: Address,
    pub(crate) to: Address,
    pub(crate) sent: Time,
    pub(crate) arrives: Time,
    /// It stays where it is until it is released.
    pub(crate) held: bool,
    pub(crate) payload: Payload,
}

/// What happens to messages of a kind on a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// They are lost.
    Drop,
    /// They stay in flight until they are released.
    Hold,
    /// They take so much longer.
    Delay(Time),
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Drop => f.write_str("drop"),
            Self::Hold => f.write_str("hold"),
            Self::Delay(by) => write!(f, "delay {}", print_time(*by)),
        }
    }
}

/// Why a message was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum Loss {
    /// By chance.
    Chance,
    /// The link is cut.
    Cut,
    /// A rule or an action said so.
    Dropped,
    /// Nobody was there.
    Down,
}

/// Which messages are meant: one by its number, or all of a kind between some places.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selector {
    /// The message of that number.
    Number(u64),
    /// All that match. An empty list, or no kind, matches all.
    Matching {
        /// Of which kind.
        kind: Option<MessageKind>,
        /// From whom.
        from: alloc::vec::Vec<Address>,
        /// To whom.
        to: alloc::vec::Vec<Address>,
        /// Only the one that was sent first.
        first: bool,
    },
}

impl Selector {
    fn matches(&self, id: u64, flight: &Flight) -> bool {
        match self {
            Self::Number(number) => *number == id,
            Self::Matching { kind, from, to, .. } => {
                kind.is_none_or(|kind| kind == flight.payload.kind())
                    && (from.is_empty() || from.contains(&flight.from))
                    && (to.is_empty() || to.contains(&flight.to))
            }
        }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Network {
    random: Random,
    next: u64,
    flights: BTreeMap<u64, Flight>,
    cuts: BTreeSet<(Address, Address)>,
    slow: BTreeMap<Address, Time>,
    rules: BTreeMap<(Option<MessageKind>, Address, Address), Rule>,
    /// Whether any message ever came twice: then a refusal of one copy says nothing of the other.
    duplicated: bool,
    sent: BTreeMap<MessageKind, u64>,
    /// What is on its way over each connection, from each of its ends, in order.
    lines: BTreeMap<Line, VecDeque<u64>>,
}

/// One direction of a connection: its number, and who sends.
type Line = (u64, Address);

/// What became of a message that was sent: the numbers of its flights, or why there are none.
pub(crate) struct Sent {
    pub(crate) flights: [Option<u64>; 2],
    pub(crate) loss: Option<Loss>,
}

impl Network {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            random: Random::new(seed, 1),
            next: 1,
            flights: BTreeMap::new(),
            cuts: BTreeSet::new(),
            slow: BTreeMap::new(),
            rules: BTreeMap::new(),
            duplicated: false,
            sent: BTreeMap::new(),
            lines: BTreeMap::new(),
        }
    }

    /// Sends a message.
    pub(crate) fn send(&mut self, config: &Config, now: Time, from: Address, to: Address, payload: Payload) -> Sent {
        let kind = payload.kind();
        *self.sent.entry(kind).or_insert(0) += 1;
        let mut random = self.random;
        let lost = random.chance(config.loss);
        let twice = random.chance(config.duplicates);
        let late = random.chance(config.reordering);
        let latency = config.latency + random.below(config.jitter + 1);
        let second = config.latency + random.below(config.jitter + 1);
        let delay = random.below(config.reordering_delay + 1);
        self.random = random;
        let slow = |address| self.slow.get(&address).copied().unwrap_or(0);
        let line = payload.connection().map(|connection| (connection, from));
        let late = late && line.is_none();
        let mut latency = latency + slow(from) + slow(to) + if late { delay } else { 0 };
        let mut held = false;
        let rule = self
            .rules
            .get(&(Some(kind), from, to))
            .or_else(|| self.rules.get(&(None, from, to)));
        match rule {
            // What is dropped of a connection is sent again and again, for as long as it is.
            Some(Rule::Drop | Rule::Hold) if line.is_some() => held = true,
            Some(Rule::Drop) => return Sent::lost(Loss::Dropped),
            Some(Rule::Hold) => held = true,
            Some(Rule::Delay(more)) => latency += more,
            None if lost && line.is_none() => return Sent::lost(Loss::Chance),
            None => {}
        }
        if let Some(line) = line {
            // It does not overtake what was sent before.
            let before = self.lines.get(&line).and_then(|line| line.back());
            let before = before
                .and_then(|id| self.flights.get(id))
                .map_or(0, |flight| flight.arrives);
            let id = self.launch(Flight {
                from,
                to,
                sent: now,
                arrives: before.max(now + latency),
                held,
                payload,
            });
            self.lines.entry(line).or_default().push_back(id);
            return Sent {
                flights: [Some(id), None],
                loss: None,
            };
        }
        if self.is_cut(from, to) {
            return Sent::lost(Loss::Cut);
        }
        let flight = Flight {
            from,
            to,
            sent: now,
            arrives: now + latency,
            held,
            payload,
        };
        let copy = (twice && !held).then(|| Flight {
            arrives: now + latency + second,
            ..flight.clone()
        });
        let first = self.launch(flight);
        let second = copy.map(|copy| {
            self.duplicated = true;
            self.launch(copy)
        });
        Sent {
            flights: [Some(first), second],
            loss: None,
        }
    }

    fn launch(&mut self, flight: Flight) -> u64 {
        let id = self.next;
        self.next += 1;
        self.flights.insert(id, flight);
        id
    }

    /// A second copy of a message in flight, which arrives at `arrives`.
    pub(crate) fn duplicate(&mut self, id: u64, arrives: Time) -> Option<u64> {
        let copy = Flight {
            arrives,
            held: false,
            ..self.flights.get(&id)?.clone()
        };
        self.duplicated = true;
        Some(self.launch(copy))
    }

    pub(crate) fn get(&self, id: u64) -> Option<&Flight> {
        self.flights.get(&id)
    }

    pub(crate) fn get_mut(&mut self, id: u64) -> Option<&mut Flight> {
        self.flights.get_mut(&id)
    }

    /// Takes it from the network: it arrived, or was lost.
    pub(crate) fn take(&mut self, id: u64) -> Option<Flight> {
        let flight = self.flights.remove(&id)?;
        if let Some(connection) = flight.payload.connection() {
            let line = (connection, flight.from);
            if let Some(waiting) = self.lines.get_mut(&line) {
                waiting.retain(|other| *other != id);
                if waiting.is_empty() {
                    self.lines.remove(&line);
                }
            }
        }
        Some(flight)
    }

    /// Whether nothing that must arrive before it is still on its way.
    pub(crate) fn is_next_in_line(&self, id: u64) -> bool {
        let flight = self.flights.get(&id);
        let line = flight.and_then(|flight| Some((flight.payload.connection()?, flight.from)));
        line.is_none_or(|line| self.first_in_line(line) == Some(id))
    }

    /// What arrives next over that connection from that end.
    pub(crate) fn first_in_line(&self, line: (u64, Address)) -> Option<u64> {
        self.lines.get(&line)?.front().copied()
    }

    /// What should have arrived over connections, and waits for nothing any more.
    pub(crate) fn late(&self, now: Time) -> alloc::vec::Vec<u64> {
        let firsts = self.lines.values().filter_map(|line| line.front().copied());
        let late = firsts.filter(|id| {
            let flight = self.flights.get(id);
            flight.is_some_and(|it| !it.held && it.arrives <= now && !self.is_cut(it.from, it.to))
        });
        late.collect()
    }

    pub(crate) fn flights(&self) -> impl Iterator<Item = (u64, &Flight)> {
        self.flights.iter().map(|(id, flight)| (*id, flight))
    }

    /// The numbers of the messages in flight that are meant, in the order in which they were sent.
    pub(crate) fn select(&self, selector: &Selector) -> alloc::vec::Vec<u64> {
        let meant = self.flights().filter(|(id, flight)| selector.matches(*id, flight));
        let most = match selector {
            Selector::Matching { first: true, .. } => 1,
            _ => usize::MAX,
        };
        meant.map(|(id, _)| id).take(most).collect()
    }

    pub(crate) fn is_cut(&self, from: Address, to: Address) -> bool {
        self.cuts.contains(&(from, to))
    }

    pub(crate) fn cut(&mut self, from: Address, to: Address) {
        self.cuts.insert((from, to));
    }

    pub(crate) fn mend(&mut self, from: Address, to: Address) {
        self.cuts.remove(&(from, to));
    }

    pub(crate) fn heal(&mut self) {
        self.cuts.clear();
    }

    pub(crate) fn cuts(&self) -> impl Iterator<Item = (Address, Address)> {
        self.cuts.iter().copied()
    }

    pub(crate) fn rules(&self) -> impl Iterator<Item = RuleView> {
        self.rules
            .iter()
            .map(|(&(kind, from, to), &rule)| RuleView { rule, kind, from, to })
    }

    pub(crate) fn slow(&self) -> impl Iterator<Item = Slow> {
        let slow = self.slow.iter().filter(|(_, by)| **by > 0);
        slow.map(|(&address, &by)| Slow { address, by })
    }

    pub(crate) fn set_slow(&mut self, address: Address, by: Time) {
        self.slow.insert(address, by);
    }

    pub(crate) fn set_rule(&mut self, kind: Option<MessageKind>, from: Address, to: Address, rule: Option<Rule>) {
        match rule {
            Some(rule) => {
                self.rules.insert((kind, from, to), rule);
            }
            None => {
                self.rules.remove(&(kind, from, to));
            }
        }
    }

    /// No rule holds from here on.
    pub(crate) fn clear_rules(&mut self) {
        self.rules.clear();
        self.slow.clear();
    }

    pub(crate) fn has_duplicated(&self) -> bool {
        self.duplicated
    }

    /// How many messages of a kind were sent, or of all.
    pub(crate) fn sent(&self, kind: Option<MessageKind>) -> u64 {
        match kind {
            Some(kind) => self.sent.get(&kind).copied().unwrap_or(0),
            None => self.sent.values().sum(),
        }
    }

    /// What is on its way, as text, for state hashes.
    pub(crate) fn describe(&self, into: &mut String) {
        use fmt::Write;
        for (id, flight) in self.flights() {
            let Flight {
                from,
                to,
                sent,
                arrives,
                held,
                payload,
            } = flight;
            let _ = writeln!(into, "flight {id} {from} {to} {sent} {arrives} {held} {payload}");
        }
        for (from, to) in self.cuts() {
            let _ = writeln!(into, "cut {from} {to}");
        }
    }
}

impl Sent {
    fn lost(loss: Loss) -> Self {
        Self {
            flights: [None, None],
            loss: Some(loss),
        }
    }
}
