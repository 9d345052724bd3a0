//! What a world shows at one moment: all that a drawing of it needs, as plain values.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::invariant::Violation;
use crate::network::{Address, Rule};
use crate::operation::Operation;
use crate::payload::MessageKind;
use crate::raft::view::RaftView;
use crate::sentinel::view::{SentinelView, ServerView};
use crate::time::Time;
use crate::world::{InFlight, World};

/// A world at one moment, as [`World::view`] shows it.
///
/// With the feature `serde` it can be written down. Names are those of the fields; numbers that may need all of 64 bits are text.
/// Whoever wants to draw messages between two events finds when they were sent and when they arrive.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct View {
    /// The kind of its machines: the first line of its script.
    pub kind: &'static str,
    /// Microseconds since the world began.
    pub now: Time,
    /// How many events were processed.
    pub events: u64,
    /// How many actions were done.
    pub actions: usize,
    /// When the next thing happens, if anything does.
    pub next: Option<Time>,
    /// The machines, in the order of their numbers.
    pub machines: Vec<MachineView>,
    /// The messages on their way, in the order in which they were sent.
    pub flights: Vec<InFlight>,
    /// The links that are cut.
    pub cuts: Vec<Link>,
    /// What is done to messages of a kind on a link.
    pub rules: Vec<RuleView>,
    /// Whose messages take longer.
    pub slow: Vec<Slow>,
    /// The clients that ask of themselves, or ever asked.
    pub clients: Vec<ClientView>,
    /// What does not hold: the first violation of each invariant.
    pub violations: Vec<Violation>,
}

/// A machine, whichever kind it is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct MachineView {
    /// Its number, from 1 on.
    pub node: u64,
    /// Whether it runs.
    pub up: bool,
    /// Whether it stands still.
    pub paused: bool,
    /// By how many parts in a million its clock is too fast; below 0, too slow.
    pub drift: i64,
    /// How much longer its writes take.
    pub slow_disk: Time,
    /// When its clock ticks next, if it runs.
    pub next_tick: Option<Time>,
    /// When its writes that are under way will be durable, the oldest first.
    pub durable_at: Vec<Time>,
    /// What came while it stood still, and waits.
    pub backlog: usize,
    /// What it is and knows.
    #[cfg_attr(feature = "serde", serde(flatten))]
    pub state: StateView,
}

/// What a machine of some kind is and knows. Written down, its fields stand beside those of the machine, and `kind` says which
/// they are.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(tag = "kind", rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum StateView {
    /// A member of a Raft group.
    Raft(Box<RaftView>),
    /// A server that replicates.
    Server(Box<ServerView>),
    /// A sentinel.
    Sentinel(Box<SentinelView>),
}

/// A way from one to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Link {
    /// From whom.
    pub from: Address,
    /// To whom.
    pub to: Address,
}

/// What is done to messages on a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct RuleView {
    /// What is done.
    pub rule: Rule,
    /// To which kind of message; to all without one.
    pub kind: Option<MessageKind>,
    /// From whom.
    pub from: Address,
    /// To whom.
    pub to: Address,
}

/// Whose messages take longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Slow {
    /// Whose.
    pub address: Address,
    /// By how much.
    pub by: Time,
}

/// A client.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct ClientView {
    /// Its number, from 1 on.
    pub client: u64,
    /// Whether it asks of itself.
    pub busy: bool,
    /// Whom it asks, or asked last.
    pub target: u64,
    /// How often it asked for what it waits for; 0 if it waits for nothing.
    pub attempts: u64,
    /// Its last operation, with its fate.
    pub last: Option<Operation>,
}

impl World {
    /// All that a drawing of this moment needs. It costs as much as there is to show, logs included.
    ///
    /// ```
    /// use quorate_simulator::{SECOND, StateView, World};
    ///
    /// let mut world = World::from_script("raft\nnodes 3\nseed 7")?;
    /// world.run_until(SECOND);
    /// let view = world.view();
    /// let StateView::Raft(member) = &view.machines[0].state else { panic!("the world is of Raft") };
    /// assert_eq!((view.now, view.machines[0].up, member.term), (SECOND, true, 2));
    /// # Ok::<(), quorate_simulator::Error>(())
    /// ```
    pub fn view(&self) -> View {
        let network = &self.engine.network;
        View {
            kind: self.kind().name(),
            now: self.now(),
            events: self.event_count(),
            actions: self.actions().len(),
            next: self.next_moment(),
            machines: self.engine.machine_views(),
            flights: self.in_flight(),
            cuts: network.cuts().map(|(from, to)| Link { from, to }).collect(),
            rules: network.rules().collect(),
            slow: network.slow().collect(),
            clients: self.engine.scene.client_views(),
            violations: self.violations().to_vec(),
        }
    }
}

#[cfg(feature = "serde")]
pub(crate) mod serialize {
    //! How values are written down whose text is what one wants to read.

    use alloc::string::{String, ToString};

    use serde::ser::{Serialize, SerializeStruct, Serializer};

    use crate::invariant::Invariant;
    use crate::network::{Address, Rule};
    use crate::operation::Op;
    use crate::operation::{Fate, Operation};
    use crate::payload::MessageKind;
    use crate::script::Report;
    use crate::storm::Outcome as StormOutcome;

    macro_rules! as_text {
        ($($type:ty),+) => {
            $(impl Serialize for $type {
                fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                    serializer.collect_str(self)
                }
            })+
        };
    }

    // Addresses as scripts write them: `3` and `c1`.
    as_text!(Address, MessageKind, Op);

    impl Serialize for Invariant {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.serialize_str(self.name())
        }
    }

    /// As scripts write it: `drop`, `hold`, `delay 50ms`.
    impl Serialize for Rule {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_str(self)
        }
    }

    /// With its answer beside its fate, and nothing of how it is looked at.
    impl Serialize for Operation {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut fields = serializer.serialize_struct("Operation", 7)?;
            fields.serialize_field("client", &self.client)?;
            fields.serialize_field("serial", &self.serial)?;
            fields.serialize_field("op", &self.op)?;
            fields.serialize_field("asked", &self.asked)?;
            fields.serialize_field("ended", &self.ended)?;
            fields.serialize_field("fate", &self.fate.to_string())?;
            let answer = match &self.fate {
                Fate::Done(answer) => Some(answer.as_str()),
                _ => None,
            };
            fields.serialize_field("answer", &answer)?;
            fields.end()
        }
    }

    impl Serialize for StormOutcome {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut fields = serializer.serialize_struct("StormOutcome", 7)?;
            fields.serialize_field("ok", &self.is_ok())?;
            fields.serialize_field("violations", &self.violations)?;
            fields.serialize_field("recovered", &self.recovered)?;
            fields.serialize_field("events", &self.events)?;
            fields.serialize_field("answered", &self.answered)?;
            fields.serialize_field("script", &self.script)?;
            fields.serialize_field("hash", &digits(self.hash))?;
            fields.end()
        }
    }

    /// A hash as 16 hexadecimal digits, as scripts write it.
    fn digits(hash: u64) -> String {
        alloc::format!("{hash:016x}")
    }

    #[derive(serde::Serialize)]
    struct Hash {
        line: usize,
        hash: String,
    }

    impl Serialize for Report {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let hashes = self.hashes.iter().map(|(line, hash)| Hash {
                line: *line,
                hash: digits(*hash),
            });
            let mut fields = serializer.serialize_struct("Report", 7)?;
            fields.serialize_field("ok", &self.is_ok())?;
            fields.serialize_field("failures", &self.failures)?;
            fields.serialize_field("expectations", &self.expectations)?;
            fields.serialize_field("hashes", &hashes.collect::<alloc::vec::Vec<_>>())?;
            fields.serialize_field("hash", &digits(self.hash))?;
            fields.serialize_field("at", &self.at)?;
            fields.serialize_field("events", &self.events)?;
            fields.end()
        }
    }
}
