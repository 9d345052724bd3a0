//! The client of a cluster as a machine: commands in, sends and refreshes out, replies in, answers out.

use alloc::collections::{BTreeMap, VecDeque};
use alloc::vec::Vec;

use super::merge::{MergeError, merge};
use super::plan::{Plan, PlanError, Scope, plan};
use super::read::{ReadPolicy, ReadRouter};
use crate::cluster::address::Address;
use crate::cluster::command::{CommandInfo, KeysError, keys_of};
use crate::cluster::diff::Change;
use crate::cluster::key_slot;
use crate::cluster::map::{Health, NodeRole, SlotMap};
use crate::cluster::moved::Moved;
use crate::cluster::redirect::Redirect;
use crate::random::Random;
use crate::resp::{Value, encode_command};

/// Settings of a [`Router`]. Times are in milliseconds.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct RouterConfig {
    /// Where the first map is asked for. At least one.
    pub seeds: Vec<Address>,
    /// Where reads go. Default [`ReadPolicy::Primary`].
    pub reads: ReadPolicy,
    /// How often a command is sent elsewhere before it is given up. Default 16, as redis-py, node-redis and ioredis have it.
    pub max_redirects: u32,
    /// How often a command is tried again for another reason before it is given up. Default 16.
    pub max_retries: u32,
    /// How long the first wait is; each is up to twice as long as the one before. Default 8.
    pub backoff_base: u64,
    /// How long a wait is at most. Default 512.
    pub backoff_max: u64,
    /// The least time between two questions for the map, unless there is none. Default 1,000.
    pub refresh_interval: u64,
    /// How long a node that could not be reached is passed over where another will do. Default 15,000.
    pub avoid_for: u64,
    /// Whether a write is sent again that may have been done already, because the connection was lost behind it. Default false: its
    /// fate is unknown, and the caller is told so.
    pub retry_writes: bool,
    /// What is random.
    pub seed: u64,
}

impl Default for RouterConfig {
    fn default() -> Self {
        Self {
            seeds: Vec::new(),
            reads: ReadPolicy::Primary,
            max_redirects: 16,
            max_retries: 16,
            backoff_base: 8,
            backoff_max: 512,
            refresh_interval: 1_000,
            avoid_for: 15_000,
            retry_writes: false,
            seed: 0,
        }
    }
}

/// Why a command has no reply.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RouteError {
    /// There is nowhere to ask for the map.
    #[error("there are no seeds to ask for the map")]
    NoSeeds,
    /// It cannot be sent.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// Its parts' replies do not make one.
    #[error(transparent)]
    Merge(#[from] MergeError),
    /// It was sent elsewhere too often.
    #[error("sent elsewhere {0} times, and still not served")]
    TooManyRedirects(u32),
    /// It was tried too often. The last error is with it; none if nobody answered.
    #[error("tried {tries} times, and still not served")]
    TooManyRetries {
        /// How often.
        tries: u32,
        /// What was answered last.
        last: Option<Value>,
    },
    /// The connection was lost behind a write: it may have been done, and may not.
    #[error("the connection was lost behind a write, which may have been done")]
    Unknown,
    /// There is no request of that number, or it is over.
    #[error("there is no send {0} under way")]
    UnknownSend(u64),
}

impl RouteError {
    /// A stable name, the same in every binding.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoSeeds => "no_seeds",
            Self::Plan(error) => error.code(),
            Self::Merge(error) => error.code(),
            Self::TooManyRedirects(_) => "too_many_redirects",
            Self::TooManyRetries { .. } => "too_many_retries",
            Self::Unknown => "unknown_outcome",
            Self::UnknownSend(_) => "unknown_send",
        }
    }
}

/// What a [`Router`] wants done, in order.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum RouterOutput {
    /// Write these bytes to a node in one go, and hand each of so many replies to [`Router::reply`]; or call [`Router::lost`].
    Send {
        /// What to answer with.
        id: u64,
        /// Who gets it.
        node: Address,
        /// Encoded commands.
        bytes: Vec<u8>,
        /// How many replies come.
        replies: u32,
        /// Whether the connection must have said `READONLY`: the node is a replica.
        readonly: bool,
    },
    /// Ask one of these, best first, for `CLUSTER SLOTS`, `SHARDS` or `NODES`, and hand the map to [`Router::topology`]; or call
    /// [`Router::topology_failed`].
    Refresh {
        /// Whom to ask.
        nodes: Vec<Address>,
    },
    /// A request is over.
    Done {
        /// Which.
        request: u64,
        /// What the nodes replied, errors of theirs too; or why there is no reply.
        reply: Result<Value, RouteError>,
    },
    /// The map changed.
    Changed(Vec<Change>),
}

/// What became of a part of a request.
#[derive(Clone, Debug, PartialEq)]
enum PartState {
    /// It is on its way.
    Sent,
    /// It is sent when that time comes.
    Waiting(u64),
    /// It is sent when there is a new map.
    WaitingForMap,
    /// It is over.
    Over(Option<Value>),
}

#[derive(Clone, Debug)]
struct Part {
    /// Which arguments, by place.
    arguments: Vec<u32>,
    slot: Option<u16>,
    /// Who was meant, of a part without keys.
    node: Option<Address>,
    state: PartState,
    redirects: u32,
    retries: u32,
    last: Option<Value>,
}

#[derive(Clone, Debug)]
struct Request {
    /// The commands: one, or those of a transaction.
    commands: Vec<Vec<Vec<u8>>>,
    readonly: bool,
    /// `None` as long as there is no map.
    plan: Option<Plan>,
    parts: Vec<Part>,
}

/// A send that is under way.
#[derive(Clone, Debug)]
struct Flight {
    request: u64,
    part: usize,
    node: Address,
    /// Replies to `ASKING`, which nobody wants.
    skip: u32,
    wanted: u32,
    replies: Vec<Value>,
}

/// The client of a cluster, without its sockets: it knows where commands go, follows redirects, tries again and asks for maps.
///
/// # Contract
/// Give it commands (1), do what [`poll`](Self::poll) says (2), and tell it what came of it (3). Call [`tick`](Self::tick) at
/// [`next_timeout`](Self::next_timeout). Times are milliseconds of any clock that does not go back.
///
/// ```
/// use quorate::cluster::{Address, Router, RouterConfig, RouterOutput, SlotMap};
/// use quorate::resp::Value;
///
/// let mut router = Router::new(RouterConfig { seeds: vec![Address::new("10.0.0.1", 6379)], ..RouterConfig::default() })?;
/// let request = router.submit(0, &["GET", "foo"])?;                                          // 1
/// while let Some(output) = router.poll() {                                                     // 2
///     match output {
///         RouterOutput::Refresh { nodes } => {
///             let text = format!("a {}@16379 master - 0 0 1 connected 0-16383", nodes[0]);
///             let map = SlotMap::from_nodes(text.as_bytes(), &nodes[0]).expect("a map");
///             router.topology(1, map);                                                         // 3
///         }
///         RouterOutput::Send { id, bytes, .. } => {
///             assert_eq!(bytes, b"*2\r\n$3\r\nGET\r\n$3\r\nfoo\r\n");
///             router.reply(2, id, Value::bulk("bar"))?;                                        // 3
///         }
///         RouterOutput::Done { request: done, reply } => {
///             assert_eq!((done, reply), (request, Ok(Value::bulk("bar"))));
///         }
///         _ => {}
///     }
/// }
/// # Ok::<(), quorate::cluster::RouteError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Router {
    config: RouterConfig,
    map: SlotMap,
    has_map: bool,
    reads: ReadRouter,
    random: Random,
    requests: BTreeMap<u64, Request>,
    flights: BTreeMap<u64, Flight>,
    next: u64,
    /// Nodes that could not be reached, and until when they are passed over.
    avoided: BTreeMap<Address, u64>,
    /// Whether somebody is being asked for the map.
    refreshing: bool,
    /// When it was asked for last.
    refreshed: Option<u64>,
    /// Whether a new map is wanted as soon as it may be asked for.
    stale: bool,
    outputs: VecDeque<RouterOutput>,
}

impl Router {
    /// A router that knows nothing but its seeds.
    ///
    /// # Errors
    /// [`RouteError::NoSeeds`].
    pub fn new(config: RouterConfig) -> Result<Self, RouteError> {
        if config.seeds.is_empty() {
            return Err(RouteError::NoSeeds);
        }
        Ok(Self {
            map: SlotMap::new(),
            has_map: false,
            reads: ReadRouter::new(config.reads.clone(), config.seed),
            random: Random::new(config.seed),
            requests: BTreeMap::new(),
            flights: BTreeMap::new(),
            next: 1,
            avoided: BTreeMap::new(),
            refreshing: false,
            refreshed: None,
            stale: false,
            outputs: VecDeque::new(),
            config,
        })
    }

    // ---- inputs

    /// Takes a command, and gives the number that its [`RouterOutput::Done`] will have.
    ///
    /// # Errors
    /// [`RouteError::Plan`] for one that no map can make right: unknown, of a wrong number of arguments, or of several slots.
    pub fn submit<A: AsRef<[u8]>>(&mut self, now: u64, argv: &[A]) -> Result<u64, RouteError> {
        let argv: Vec<Vec<u8>> = argv.iter().map(|argument| argument.as_ref().to_vec()).collect();
        keys_of(&argv).map_err(PlanError::Keys)?;
        let readonly = CommandInfo::find(&argv).is_some_and(CommandInfo::is_readonly);
        let commands = alloc::vec![argv];
        self.take(now, commands, readonly)
    }

    /// Takes the commands of a transaction, without `MULTI` and `EXEC`, whose keys must be of one slot. The reply is that of `EXEC`.
    /// If the slot moved, all of it is sent again; while the slot is on its way (`ASK`), behind one `ASKING`, which the server keeps up
    /// until `EXEC`. If some of its keys are here and some there, `EXEC` says `TRYAGAIN`, and nothing of it was done.
    ///
    /// # Errors
    /// As [`submit`](Self::submit).
    pub fn submit_transaction<A: AsRef<[u8]>>(&mut self, now: u64, commands: &[Vec<A>]) -> Result<u64, RouteError> {
        let owned = |argv: &Vec<A>| {
            argv.iter()
                .map(|argument| argument.as_ref().to_vec())
                .collect::<Vec<_>>()
        };
        let commands: Vec<Vec<Vec<u8>>> = commands.iter().map(owned).collect();
        let mut slot = None;
        for argv in &commands {
            let name = CommandInfo::find(argv)
                .ok_or(PlanError::Keys(KeysError::UnknownCommand))?
                .name;
            for key in keys_of(argv).map_err(PlanError::Keys)? {
                let second = key_slot(&argv[key.index as usize]);
                let first = *slot.get_or_insert(second);
                if first != second {
                    return Err(PlanError::CrossSlot { name, first, second }.into());
                }
            }
        }
        let wrap = |word: &str| alloc::vec![word.as_bytes().to_vec()];
        let all = [wrap("MULTI")]
            .into_iter()
            .chain(commands)
            .chain([wrap("EXEC")])
            .collect();
        self.take(now, all, false)
    }

    fn take(&mut self, now: u64, commands: Vec<Vec<Vec<u8>>>, readonly: bool) -> Result<u64, RouteError> {
        let request = self.next;
        self.next += 1;
        let taken = Request {
            commands,
            readonly,
            plan: None,
            parts: Vec::new(),
        };
        self.requests.insert(request, taken);
        if !self.has_map {
            self.want_map(now);
            return Ok(request);
        }
        match self.begin(now, request) {
            // The map may be behind; a new one will tell.
            Err(RouteError::Plan(PlanError::SlotUnserved { .. } | PlanError::NoNodes)) => {
                self.want_map(now);
                Ok(request)
            }
            Err(error) => {
                self.requests.remove(&request);
                Err(error)
            }
            Ok(()) => Ok(request),
        }
    }

    /// Takes a reply to a send. Replies to one send come in order.
    ///
    /// # Errors
    /// [`RouteError::UnknownSend`].
    pub fn reply(&mut self, now: u64, id: u64, reply: Value) -> Result<(), RouteError> {
        let flight = self.flights.get_mut(&id).ok_or(RouteError::UnknownSend(id))?;
        if flight.skip > 0 {
            flight.skip -= 1;
            return Ok(());
        }
        flight.replies.push(reply);
        if (flight.replies.len() as u64) < u64::from(flight.wanted) {
            return Ok(());
        }
        if let Some(flight) = self.flights.remove(&id) {
            self.avoided.remove(&flight.node);
            self.settle(now, flight);
        }
        Ok(())
    }

    /// The send's connection could not be made, or was lost before all replies came. `sent` says whether any of its bytes may have
    /// reached the node.
    ///
    /// # Errors
    /// [`RouteError::UnknownSend`].
    pub fn lost(&mut self, now: u64, id: u64, sent: bool) -> Result<(), RouteError> {
        let flight = self.flights.remove(&id).ok_or(RouteError::UnknownSend(id))?;
        self.avoided.insert(flight.node.clone(), now + self.config.avoid_for);
        self.want_map(now);
        let Some(request) = self.requests.get(&flight.request) else {
            return Ok(());
        };
        if sent && !request.readonly && !self.config.retry_writes {
            match request.parts.len() {
                1 => self.finish(flight.request, Err(RouteError::Unknown)),
                _ => self.over(flight.request, flight.part, None),
            }
            return Ok(());
        }
        self.again_later(now, flight.request, flight.part, None);
        Ok(())
    }

    /// Takes a new map.
    pub fn topology(&mut self, now: u64, map: SlotMap) {
        self.refreshing = false;
        self.stale = false;
        let changes = map.diff(&self.map);
        self.map = map;
        self.has_map = true;
        if !changes.is_empty() {
            self.outputs.push_back(RouterOutput::Changed(changes));
        }
        let new: Vec<u64> = self
            .requests
            .iter()
            .filter(|(_, request)| request.plan.is_none())
            .map(|(id, _)| *id)
            .collect();
        for request in new {
            if let Err(error) = self.begin(now, request) {
                self.finish(request, Err(error));
            }
        }
        let waiting = self.parts_that(|state| *state == PartState::WaitingForMap);
        for (request, part) in waiting {
            self.send_again(now, request, part);
        }
    }

    /// Nobody gave a map. It is asked for again after a while; what waits for it is told when it has waited too often.
    pub fn topology_failed(&mut self, now: u64) {
        self.refreshing = false;
        self.stale = true;
        self.refreshed = Some(now);
        let waiting = self.parts_that(|state| *state == PartState::WaitingForMap);
        for (request, part) in waiting {
            self.wait_for_map(now, request, part);
        }
        let unplanned = self.requests.iter().filter(|(_, request)| request.plan.is_none());
        for request in unplanned.map(|(id, _)| *id).collect::<Vec<u64>>() {
            self.finish(request, Err(RouteError::Plan(PlanError::NoNodes)));
        }
        // Without a map there is nobody left who waits for one.
        self.stale = self.has_map;
    }

    /// Time passed.
    pub fn tick(&mut self, now: u64) {
        self.avoided.retain(|_, until| *until > now);
        if self.stale {
            self.want_map(now);
        }
        let due = self.parts_that(|state| matches!(state, PartState::Waiting(at) if *at <= now));
        for (request, part) in due {
            self.send_again(now, request, part);
        }
    }

    /// Takes in how long a node took to answer, for [`ReadPolicy::LowestLatency`].
    pub fn measured(&mut self, node: &Address, microseconds: u64) {
        if let Some(node) = self.map.find_address(node).and_then(|place| self.map.node(place)) {
            self.reads.measured(&node.name(), microseconds);
        }
    }

    // ---- outputs and questions

    /// The next thing to do.
    pub fn poll(&mut self) -> Option<RouterOutput> {
        self.outputs.pop_front()
    }

    /// When [`tick`](Self::tick) has something to do, if nothing else comes before.
    pub fn next_timeout(&self) -> Option<u64> {
        let waits = self
            .requests
            .values()
            .flat_map(|request| &request.parts)
            .filter_map(|part| match part.state {
                PartState::Waiting(at) => Some(at),
                _ => None,
            });
        let refresh =
            (self.stale && !self.refreshing).then(|| self.refreshed.map_or(0, |at| at + self.config.refresh_interval));
        waits.chain(refresh).min()
    }

    /// The map, as far as it is known.
    pub fn map(&self) -> &SlotMap {
        &self.map
    }

    /// How many requests are not over.
    pub fn pending(&self) -> usize {
        self.requests.len()
    }

    // ---- what happens inside

    /// A new map is wanted, now if it may be asked for.
    fn want_map(&mut self, now: u64) {
        if self.refreshing {
            return;
        }
        let soon = self
            .refreshed
            .is_some_and(|at| now < at.saturating_add(self.config.refresh_interval));
        if soon && self.has_map {
            self.stale = true;
            return;
        }
        (self.refreshing, self.stale, self.refreshed) = (true, false, Some(now));
        let known = self.map.nodes().iter().filter(|node| node.health == Health::Online);
        let known = known.filter_map(|node| node.address.clone());
        let mut nodes: Vec<Address> = Vec::new();
        for address in known.chain(self.config.seeds.iter().cloned()) {
            if !nodes.contains(&address) {
                nodes.push(address);
            }
        }
        // Whoever could be reached comes first, so that a dead seed does not hold everybody up.
        let avoided = &self.avoided;
        nodes.sort_by_key(|node| avoided.contains_key(node));
        self.outputs.push_back(RouterOutput::Refresh { nodes });
    }

    /// Plans a request and sends its parts.
    fn begin(&mut self, now: u64, id: u64) -> Result<(), RouteError> {
        let Some(request) = self.requests.get(&id) else {
            return Ok(());
        };
        // A transaction goes where its first command with keys goes.
        let leading = request
            .commands
            .iter()
            .find(|argv| keys_of(argv).is_ok_and(|keys| !keys.is_empty()));
        let argv = leading
            .or_else(|| request.commands.get(1))
            .unwrap_or(&request.commands[0])
            .clone();
        let transaction = request.commands.len() > 1;
        let planned = plan(&argv, &self.map, &mut self.reads)?;
        let address = |place: u16| self.map.node(place).and_then(|node| node.address.clone());
        let parts: Vec<Part> = planned
            .parts
            .iter()
            .take(if transaction { 1 } else { usize::MAX })
            .map(|part| Part {
                arguments: part.arguments.clone(),
                slot: part.slot,
                node: address(part.node),
                state: PartState::Sent,
                redirects: 0,
                retries: 0,
                last: None,
            })
            .collect();
        if let Some(request) = self.requests.get_mut(&id) {
            request.plan = Some(planned);
            request.parts = parts;
            let nodes: Vec<Option<Address>> = request.parts.iter().map(|part| part.node.clone()).collect();
            for (part, node) in nodes.into_iter().enumerate() {
                match node {
                    Some(node) if !self.avoided.contains_key(&node) => self.send(id, part, node, false),
                    _ => self.send_again(now, id, part),
                }
            }
        }
        Ok(())
    }

    fn send(&mut self, id: u64, part: usize, node: Address, asking: bool) {
        let Some(request) = self.requests.get_mut(&id) else {
            return;
        };
        let transaction = request.commands.len() > 1;
        let Some(state) = request.parts.get_mut(part) else {
            return;
        };
        state.state = PartState::Sent;
        let mut bytes = Vec::new();
        if asking {
            encode_command(&[b"ASKING"], &mut bytes);
        }
        let mut wanted = 0;
        for argv in &request.commands {
            let argv: Vec<&[u8]> = match transaction {
                true => argv.iter().map(Vec::as_slice).collect(),
                false => {
                    let argument = |place: &u32| argv.get(*place as usize).map(Vec::as_slice);
                    state.arguments.iter().filter_map(argument).collect()
                }
            };
            encode_command(&argv, &mut bytes);
            wanted += 1;
        }
        let role = self
            .map
            .find_address(&node)
            .and_then(|place| self.map.node(place))
            .map(|node| node.role);
        let readonly = request.readonly && role == Some(NodeRole::Replica);
        let send = self.next;
        self.next += 1;
        let flight = Flight {
            request: id,
            part,
            node: node.clone(),
            skip: u32::from(asking),
            wanted,
            replies: Vec::new(),
        };
        self.flights.insert(send, flight);
        self.outputs.push_back(RouterOutput::Send {
            id: send,
            node,
            bytes,
            replies: wanted + u32::from(asking),
            readonly,
        });
    }

    /// Sends a part where the map says now. If it says nothing, the part waits for another map.
    fn send_again(&mut self, now: u64, id: u64, part: usize) {
        let Some(request) = self.requests.get_mut(&id) else {
            return;
        };
        let readonly = request.readonly;
        let Some(state) = request.parts.get_mut(part) else {
            return;
        };
        let Some(slot) = state.slot else {
            let any = request.plan.as_ref().is_some_and(|plan| plan.scope == Scope::AnyNode);
            let meant = state.node.clone();
            // Who needs nobody in particular goes to somebody who is there.
            let other = || {
                let primaries = self
                    .map
                    .shards()
                    .iter()
                    .filter_map(|shard| self.map.node(shard.primary?));
                let mut there = primaries.filter_map(|node| node.address.clone());
                there.find(|address| !self.avoided.contains_key(address))
            };
            match (if any { other() } else { None }).or(meant) {
                Some(address) => self.send(id, part, address, false),
                None => self.wait_for_map(now, id, part),
            }
            return;
        };
        let avoided = |place: &u16, map: &SlotMap, avoided: &BTreeMap<Address, u64>| {
            let address = map.node(*place).and_then(|node| node.address.as_ref());
            address.is_some_and(|address| avoided.contains_key(address))
        };
        let shard = self.map.shard_for_slot(slot).cloned();
        let node = shard.and_then(|mut shard| match readonly {
            true => {
                shard.replicas.retain(|place| !avoided(place, &self.map, &self.avoided));
                let chosen = self.reads.choose(&self.map, &shard)?;
                match avoided(&chosen, &self.map, &self.avoided) && self.config.reads != ReadPolicy::Primary {
                    // The primary is the one that is gone; a replica may know.
                    true => shard.replicas.first().copied().or(Some(chosen)),
                    false => Some(chosen),
                }
            }
            false => shard.primary,
        });
        match node
            .and_then(|place| self.map.node(place))
            .and_then(|node| node.address.clone())
        {
            Some(address) => self.send(id, part, address, false),
            None => self.wait_for_map(now, id, part),
        }
    }

    /// A part that no map has helped waits for another, as often as anything is tried again.
    fn wait_for_map(&mut self, now: u64, id: u64, part: usize) {
        let limit = self.config.max_retries;
        let Some(state) = self.part_mut(id, part) else { return };
        state.retries += 1;
        if state.retries > limit {
            let error = RouteError::TooManyRetries {
                tries: state.retries,
                last: state.last.take(),
            };
            return self.finish(id, Err(error));
        }
        state.state = PartState::WaitingForMap;
        self.want_map(now);
    }

    /// All replies to a send are there.
    fn settle(&mut self, now: u64, mut flight: Flight) {
        let redirect = flight.replies.iter().find_map(redirect_of);
        // Of a transaction only what the queueing said matters: errors of single commands are in the reply of `EXEC`.
        let Some(reply) = flight.replies.pop() else { return };
        let Some(redirect) = redirect.map(|redirect| redirect.seen_from(&flight.node.host)) else {
            return self.over(flight.request, flight.part, Some(reply));
        };
        match redirect {
            Redirect::Moved { slot, address } => {
                let before = self.map.clone();
                if self.map.apply_moved(slot, &address) != Moved::Known {
                    self.outputs.push_back(RouterOutput::Changed(self.map.diff(&before)));
                }
                self.want_map(now);
                self.redirect(flight.request, flight.part, address, false);
            }
            Redirect::Ask { address, .. } => self.redirect(flight.request, flight.part, address, true),
            Redirect::ReadOnly => {
                self.want_map(now);
                self.again_later(now, flight.request, flight.part, Some(reply));
            }
            Redirect::Loading => {
                // Another node will do for a read; it is the one that loads that has to be waited for otherwise.
                self.avoided.insert(flight.node.clone(), now + self.config.backoff_max);
                self.again_later(now, flight.request, flight.part, Some(reply));
            }
            Redirect::TryAgain | Redirect::ClusterDown | Redirect::MasterDown => {
                if redirect != Redirect::TryAgain {
                    self.want_map(now);
                }
                self.again_later(now, flight.request, flight.part, Some(reply));
            }
            Redirect::CrossSlot => self.over(flight.request, flight.part, Some(reply)),
        }
    }

    fn redirect(&mut self, request: u64, part: usize, address: Address, asking: bool) {
        let limit = self.config.max_redirects;
        let Some(state) = self.part_mut(request, part) else {
            return;
        };
        state.redirects += 1;
        let times = state.redirects;
        match times > limit {
            true => self.finish(request, Err(RouteError::TooManyRedirects(limit))),
            false => self.send(request, part, address, asking),
        }
    }

    /// Exponential backoff with jitter: between half of the wait and all of it.
    fn again_later(&mut self, now: u64, request: u64, part: usize, last: Option<Value>) {
        let (base, most, limit) = (
            self.config.backoff_base,
            self.config.backoff_max,
            self.config.max_retries,
        );
        let Some(state) = self.part_mut(request, part) else {
            return;
        };
        let retries = state.retries;
        state.retries += 1;
        state.last = last;
        if retries >= limit {
            let error = RouteError::TooManyRetries {
                tries: retries + 1,
                last: state.last.take(),
            };
            return self.finish(request, Err(error));
        }
        let wait = base.saturating_mul(1 << retries.min(32)).clamp(1, most.max(1));
        let wait = wait - wait / 2 + self.random.below(wait / 2 + 1);
        if let Some(state) = self.part_mut(request, part) {
            state.state = PartState::Waiting(now + wait);
        }
    }

    fn part_mut(&mut self, request: u64, part: usize) -> Option<&mut Part> {
        self.requests.get_mut(&request)?.parts.get_mut(part)
    }

    fn parts_that(&self, is: impl Fn(&PartState) -> bool) -> Vec<(u64, usize)> {
        let mut found = Vec::new();
        for (id, request) in &self.requests {
            let parts = request.parts.iter().enumerate().filter(|(_, part)| is(&part.state));
            found.extend(parts.map(|(part, _)| (*id, part)));
        }
        found
    }

    fn over(&mut self, id: u64, part: usize, reply: Option<Value>) {
        let Some(state) = self.part_mut(id, part) else { return };
        state.state = PartState::Over(reply);
        let Some(request) = self.requests.get_mut(&id) else {
            return;
        };
        if !request
            .parts
            .iter()
            .all(|part| matches!(part.state, PartState::Over(_)))
        {
            return;
        }
        let reply = |part: &mut Part| match &mut part.state {
            PartState::Over(reply) => reply.take(),
            _ => None,
        };
        let mut replies: Vec<Option<Value>> = request.parts.iter_mut().map(reply).collect();
        let answer = match (&request.plan, replies.len()) {
            (_, 1) => replies.swap_remove(0).ok_or(RouteError::Unknown),
            (Some(plan), _) => merge(plan, replies).map_err(RouteError::Merge),
            (None, _) => Err(RouteError::Unknown),
        };
        self.finish(id, answer);
    }

    fn finish(&mut self, request: u64, reply: Result<Value, RouteError>) {
        if self.requests.remove(&request).is_some() {
            self.outputs.push_back(RouterOutput::Done { request, reply });
        }
    }
}

fn redirect_of(reply: &Value) -> Option<Redirect> {
    match reply {
        Value::SimpleError(error) | Value::BulkError(error) => Redirect::parse(error),
        _ => None,
    }
}
