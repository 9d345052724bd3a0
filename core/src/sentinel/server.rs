//! The sentinel, as one value: inputs are methods, outputs are drained with [`Sentinel::poll`].

use alloc::borrow::ToOwned;
use alloc::collections::{BTreeMap, VecDeque};
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write;

use super::address::Address;
use super::config::Config;
use super::error::Error;
use super::events::Event;
use super::instance::{Group, Instance, InstanceKind};
use super::link::{Link, LinkKind};
use super::scripts::Scripts;
use super::session::Session;
use super::trace::Trace;
use crate::hash::StateHasher;
use crate::random::Random;
use crate::resp::{Bytes, Protocol, Value};

/// A time, or a span of time, in milliseconds. The clock may start anywhere and go backwards.
pub type Millis = i64;

/// Names one connection. Never used again.
pub type LinkId = u64;

/// Names a client, as the driver likes.
pub type ClientId = u64;

/// Names one write.
pub type Ticket = u64;

/// Names one run of a script.
pub type ScriptId = u64;

/// The time of what has never been: longer ago than any period.
pub(super) const NEVER: Millis = i64::MIN / 4;

/// What the driver must do, or may want to know.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Output {
    /// Open a connection. Commands for it follow at once: keep them until it stands. Say [`Sentinel::connected`] or
    /// [`Sentinel::disconnected`] when it is known what became of it.
    Connect {
        /// What the connection is called.
        link: LinkId,
        /// Where to: [`Address::target`].
        address: Address,
        /// What for.
        kind: LinkKind,
        /// What is there.
        instance: InstanceKind,
    },
    /// Close the connection. Nothing needs to be said of it again.
    Close {
        /// What it is called.
        link: LinkId,
    },
    /// Send a command. Replies are matched in the order of the commands of one link.
    Send {
        /// Over which connection.
        link: LinkId,
        /// The command and its arguments.
        argv: Vec<Bytes>,
    },
    /// Make these lines durable in place of all that were persisted before, then call [`Sentinel::persisted`]. Until then nothing
    /// else is given out. They are the `sentinel` lines of a configuration file, and what [`Sentinel::new`] takes.
    Persist {
        /// What to answer with.
        ticket: Ticket,
        /// The lines, without line ends.
        lines: Vec<String>,
    },
    /// Answer a client, or tell it of a message that it has subscribed to, in the protocol that it speaks
    /// ([`Sentinel::protocol`]).
    Reply {
        /// Which client.
        client: ClientId,
        /// The answer.
        value: Value,
    },
    /// Something happened that a real sentinel publishes and logs. Clients that subscribed are told with
    /// [`Reply`](Self::Reply).
    Event(Event),
    /// Run a program, and say [`Sentinel::script_finished`] when it ended.
    RunScript {
        /// What the run is called.
        script: ScriptId,
        /// The program.
        path: String,
        /// Its arguments.
        args: Vec<String>,
    },
    /// Kill a program that ran for too long. It still has to be said that it ended.
    KillScript {
        /// Which run.
        script: ScriptId,
    },
    /// Look a name up and say [`Sentinel::resolved`].
    Resolve {
        /// The name.
        host: String,
    },
    /// Stop at once: `SHUTDOWN`, or a failure that `SENTINEL SIMULATE-FAILURE` asked for (code 99).
    Exit {
        /// The exit code.
        code: u8,
    },
    /// Why something happened, or did not. Only with [`Config::trace`].
    Trace(Trace),
}

/// How a script ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum ScriptExit {
    /// With this code. 0 is success, 1 asks for another try, anything else gives up.
    Code(u8),
    /// By this signal. It is tried again.
    Signal(u8),
    /// It could not be started.
    NotStarted,
}

/// A Redis Sentinel. See the [module](super) for the contract.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Sentinel {
    pub(super) config: Config,
    pub(super) current_epoch: u64,
    /// Places of groups; those of `masters` are in use.
    pub(super) groups: Vec<Group>,
    /// The groups, in the order of their names.
    pub(super) masters: Vec<usize>,
    pub(super) free_groups: Vec<usize>,
    pub(super) instances: Vec<Instance>,
    /// When something may be to do for each instance, unless something happens to it before. Apart from them, so that a tick
    /// reads little memory.
    pub(super) due: Vec<Millis>,
    /// The instances as a tick goes through them: group by group, the master, its replicas, the other sentinels.
    pub(super) order: Vec<usize>,
    /// Instances have come or gone since that order was made.
    pub(super) order_stale: bool,
    pub(super) free_instances: Vec<usize>,
    pub(super) links: Vec<Link>,
    pub(super) free_links: Vec<usize>,
    /// The open connections, in the order of their names.
    pub(super) open: Vec<(LinkId, usize, LinkKind)>,
    pub(super) next_link: LinkId,
    pub(super) next_serial: u64,
    pub(super) tilt: bool,
    pub(super) tilt_start: Millis,
    pub(super) previous_time: Millis,
    pub(super) random: Random,
    pub(super) tick_period: Millis,
    pub(super) crash_after_election: bool,
    pub(super) crash_after_promotion: bool,
    pub(super) scripts: Scripts,
    pub(super) clients: BTreeMap<ClientId, Session>,
    /// The names that were asked for, and what is known of them.
    pub(super) names: BTreeMap<String, Option<String>>,
    outputs: VecDeque<Item>,
    /// How often something changed that must be durable.
    changes: u64,
    /// How many of these changes are.
    durable: u64,
    /// Up to which of them a write is under way.
    writing: Option<u64>,
}

/// What waits to be given out.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
enum Item {
    Output(Output),
    /// What follows must wait until this change is durable.
    Barrier(u64),
}

impl Sentinel {
    /// Makes a sentinel that monitors what the settings name and what the lines say: those of a configuration file, or those that
    /// were persisted last. Where both know a master, what the lines say holds. Lines that do not begin with `sentinel` are
    /// passed over.
    ///
    /// # Errors
    /// [`Error::Config`], [`Error::Line`].
    pub fn new(config: Config, lines: &[String], now: Millis) -> Result<Self, Error> {
        config.check()?;
        let seed = config.seed;
        let mut sentinel = Self {
            config,
            current_epoch: 0,
            groups: Vec::new(),
            masters: Vec::new(),
            free_groups: Vec::new(),
            instances: Vec::new(),
            due: Vec::new(),
            order: Vec::new(),
            order_stale: false,
            free_instances: Vec::new(),
            links: Vec::new(),
            free_links: Vec::new(),
            open: Vec::new(),
            next_link: 1,
            next_serial: 1,
            tilt: false,
            tilt_start: NEVER,
            previous_time: now,
            random: Random::new(seed),
            tick_period: 100,
            crash_after_election: false,
            crash_after_promotion: false,
            scripts: Scripts::default(),
            clients: BTreeMap::new(),
            names: BTreeMap::new(),
            outputs: VecDeque::new(),
            changes: 0,
            durable: 0,
            writing: None,
        };
        sentinel.load(lines, now)?;
        sentinel.flush();
        sentinel.announce_masters();
        Ok(sentinel)
    }

    /// The next thing to do, or `None` when there is nothing, or when a write must be answered first.
    pub fn poll(&mut self) -> Option<Output> {
        loop {
            match self.outputs.front()? {
                Item::Output(_) => match self.outputs.pop_front()? {
                    Item::Output(output) => return Some(output),
                    Item::Barrier(_) => {}
                },
                Item::Barrier(change) if *change <= self.durable => {
                    self.outputs.pop_front();
                }
                Item::Barrier(_) if self.writing.is_some() => return None,
                Item::Barrier(_) => {
                    // The lines tell of all changes up to now, so that one write serves several.
                    self.writing = Some(self.changes);
                    return Some(Output::Persist {
                        ticket: self.changes,
                        lines: self.lines(),
                    });
                }
            }
        }
    }

    /// Appends all outputs to `into`: one call for a loop of them.
    pub fn drain(&mut self, into: &mut Vec<Output>) {
        while let Some(output) = self.poll() {
            into.push(output);
        }
    }

    // ---- inputs

    /// The clock reads `now`. To be called about every [`tick_period`](Self::tick_period). Cost: linear in the instances, and low
    /// for those for which nothing is due.
    pub fn tick(&mut self, now: Millis) {
        self.check_tilt(now);
        self.handle_groups(now);
        self.run_scripts(now);
        // Sentinels that tick together ask for votes together, and nobody wins (`sentinelTimer`).
        let hz = 10 + i64::try_from(self.random.below(10)).unwrap_or(0);
        self.tick_period = 1_000 / hz;
    }

    /// The connection stands.
    ///
    /// # Errors
    /// [`Error::UnknownLink`] for one that was closed meanwhile.
    pub fn connected(&mut self, link: LinkId) -> Result<(), Error> {
        self.find_link(link).map(|_| ())
    }

    /// The connection is gone, or did not come about.
    ///
    /// # Errors
    /// [`Error::UnknownLink`] for one that was closed meanwhile.
    pub fn disconnected(&mut self, link: LinkId) -> Result<(), Error> {
        let (index, kind) = self.find_link(link)?;
        self.link_lost(index, kind);
        Ok(())
    }

    /// A reply came. On a subscription's link, messages may come this way too, as arrays or pushes.
    ///
    /// # Errors
    /// [`Error::UnknownLink`], [`Error::UnexpectedReply`].
    pub fn reply(&mut self, link: LinkId, reply: &Value, now: Millis) -> Result<(), Error> {
        let (index, kind) = self.find_link(link)?;
        match kind {
            LinkKind::Command => self.command_reply(link, index, reply, now),
            LinkKind::PubSub => {
                self.pubsub_reply(index, reply, now);
                Ok(())
            }
        }
    }

    /// A message came over a subscription.
    ///
    /// # Errors
    /// [`Error::UnknownLink`].
    pub fn message(&mut self, link: LinkId, payload: &[u8], now: Millis) -> Result<(), Error> {
        let (index, _) = self.find_link(link)?;
        self.pubsub_message(index, payload, now);
        Ok(())
    }

    /// A client sent a command. It is answered with [`Output::Reply`], in order.
    pub fn command(&mut self, client: ClientId, argv: &[&[u8]], now: Millis) {
        self.client_command(client, argv, now);
    }

    /// A client is gone.
    pub fn client_closed(&mut self, client: ClientId) {
        self.clients.remove(&client);
    }

    /// A name was looked up: an IP address, or `None` if there is none.
    pub fn resolved(&mut self, host: &str, ip: Option<&str>, now: Millis) {
        self.name_resolved(host, ip, now);
    }

    /// A script ended.
    ///
    /// # Errors
    /// [`Error::UnknownScript`].
    pub fn script_finished(&mut self, script: ScriptId, exit: ScriptExit, now: Millis) -> Result<(), Error> {
        self.finish_script(script, exit, now)
    }

    /// The lines of that ticket are durable.
    ///
    /// # Errors
    /// [`Error::UnknownTicket`].
    pub fn persisted(&mut self, ticket: Ticket) -> Result<(), Error> {
        if self.writing != Some(ticket) {
            return Err(Error::UnknownTicket(ticket));
        }
        self.writing = None;
        self.durable = ticket;
        Ok(())
    }

    // ---- questions

    /// The run id.
    pub fn id(&self) -> &str {
        &self.config.id
    }

    /// The epoch that all masters share.
    pub fn current_epoch(&self) -> u64 {
        self.current_epoch
    }

    /// Whether time is not believed at present, so that nothing is done.
    pub fn in_tilt(&self) -> bool {
        self.tilt
    }

    /// How long to wait for the next tick, in milliseconds: 52 to 100, drawn anew at each.
    pub fn tick_period(&self) -> Millis {
        self.tick_period
    }

    /// Where the master of that name is, as `SENTINEL GET-MASTER-ADDR-BY-NAME` says it.
    pub fn master_address(&self, name: &str) -> Option<&Address> {
        self.find_master(name).map(|group| self.current_address(group))
    }

    /// What the answers to that client are written in: RESP3 once it said `HELLO 3`.
    pub fn protocol(&self, client: ClientId) -> Protocol {
        match self.speaks_resp3(client) {
            true => Protocol::Resp3,
            false => Protocol::Resp2,
        }
    }

    /// A hash of everything that the sentinel knows, the same on every platform and in every language.
    pub fn state_hash(&self) -> u64 {
        struct Hash(StateHasher);
        impl Write for Hash {
            fn write_str(&mut self, text: &str) -> core::fmt::Result {
                self.0.bytes(text.as_bytes());
                Ok(())
            }
        }
        let mut hash = Hash(StateHasher::new());
        // The state is plain data in a fixed order, and so is its text.
        let _ = write!(hash, "{self:?}");
        hash.0.finish()
    }

    // ---- outputs

    pub(super) fn push(&mut self, output: Output) {
        self.outputs.push_back(Item::Output(output));
    }

    /// Something changed that must be durable before anything else leaves (`sentinelFlushConfig`).
    pub(super) fn flush(&mut self) {
        self.changes += 1;
        self.outputs.push_back(Item::Barrier(self.changes));
    }

    /// Takes back what was not given out for that connection. Says whether the request to open it was among it.
    pub(super) fn retract(&mut self, gone: LinkId) -> bool {
        let mut unopened = false;
        self.outputs.retain(|item| match item {
            Item::Output(Output::Connect { link, .. }) if *link == gone => {
                unopened = true;
                false
            }
            Item::Output(Output::Send { link, .. }) => *link != gone,
            _ => true,
        });
        unopened
    }

    pub(super) fn trace(&mut self, trace: impl FnOnce(&Self) -> Trace) {
        if self.config.trace {
            let trace = trace(self);
            self.push(Output::Trace(trace));
        }
    }

    pub(super) fn event(&mut self, kind: super::events::EventKind, about: Option<usize>, message: String) {
        let master = about.map(|index| self.groups[self.instances[index].group].config.name.clone());
        self.publish(Event {
            kind,
            message,
            level: kind.level(),
            master,
        });
    }

    /// The name of the host as it is told to others.
    pub(super) fn announced<'a>(&self, address: &'a Address) -> &'a str {
        if self.config.announce_hostnames {
            &address.host
        } else {
            address.target()
        }
    }

    pub(super) fn own_host(&self) -> String {
        self.config.announce_ip.as_deref().unwrap_or(&self.config.ip).to_owned()
    }
}
