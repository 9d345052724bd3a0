//! Discovery as one value: requests, the servers that are tried for them, and the connections that were handed out.

use alloc::collections::{BTreeMap, VecDeque};
use alloc::vec::Vec;
use core::fmt::Write;

use super::super::{Address, LinkId, Millis};
use super::answers::{self, Instance, Role};
use super::choice::{self, Candidate, ReadPreference, Turns};
use super::config::{Config, Stale};
use super::error::{Error, Failure};
use super::listen::Listening;
use super::output::{InvalidReason, NodeRole, Output, Purpose, RequestId, Trace};
use super::round::{Round, Rounds};
use crate::hash::StateHasher;
use crate::random::Random;
use crate::resp::{Bytes, Value};

/// Finds the primary and its replicas. See the [module](super) for the contract.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Discovery {
    pub(super) config: Config,
    pub(super) random: Random,
    pub(super) now: Millis,
    pub(super) links: BTreeMap<LinkId, Link>,
    next_link: LinkId,
    pub(super) requests: Vec<Request>,
    next_request: RequestId,
    pub(super) rounds: Rounds,
    pub(super) listening: Listening,
    /// Who said last that it is the primary.
    pub(super) primary: Option<Address>,
    /// When the primary was last looked for.
    checked_at: Millis,
    /// Whose turn it is, among replicas and among all.
    replica_turns: Turns,
    any_turns: Turns,
    out: VecDeque<Output>,
}

/// What a connection is in use for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) enum Link {
    /// The round's questions.
    Ask,
    /// A subscription.
    Listen,
    /// A server that may answer that request.
    Probe(RequestId),
    /// A server that did; the connection is the caller's.
    Handed {
        address: Address,
        role: NodeRole,
        preference: ReadPreference,
    },
}

#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Request {
    id: RequestId,
    pub(super) preference: ReadPreference,
    /// Nobody asked for it: it is to find out whether the primary is the same.
    is_check: bool,
    give_up_at: Option<Millis>,
    probe: Option<Probe>,
    /// What went wrong last.
    failure: Option<Failure>,
}

impl Request {
    /// Whether it waits for a sentinel's answer.
    pub(super) fn is_waiting(&self) -> bool {
        self.probe.is_none()
    }
}

/// A server is being tried.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
struct Probe {
    link: LinkId,
    candidate: Candidate,
    give_up_at: Millis,
    asked: Asked,
    /// Whom to try next.
    rest: VecDeque<Candidate>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
enum Asked {
    Nothing,
    Role,
    Info,
}

impl Discovery {
    /// Makes one that knows nothing yet but the settings' sentinels.
    ///
    /// # Errors
    /// [`Error::Config`].
    pub fn new(config: Config) -> Result<Self, Error> {
        config.check().map_err(|reason| Error::Config(reason.into()))?;
        Ok(Self {
            random: Random::new(config.seed),
            now: 0,
            links: BTreeMap::new(),
            next_link: 1,
            requests: Vec::new(),
            next_request: 1,
            rounds: Rounds::new(&config),
            listening: Listening::default(),
            primary: None,
            checked_at: 0,
            replica_turns: Turns::default(),
            any_turns: Turns::default(),
            out: VecDeque::new(),
            config,
        })
    }

    /// The next thing to do, or `None` when there is nothing.
    pub fn poll(&mut self) -> Option<Output> {
        self.out.pop_front()
    }

    /// Appends all outputs to `into`: one call for a loop of them.
    pub fn drain(&mut self, into: &mut Vec<Output>) {
        into.extend(self.out.drain(..));
    }

    // ---- inputs

    /// Asks for a connection. [`Output::Resolved`] or [`Output::Failed`] answers.
    ///
    /// # Errors
    /// [`Error::TooManyRequests`].
    pub fn request(&mut self, preference: ReadPreference, now: Millis) -> Result<RequestId, Error> {
        if self.requests.len() >= self.config.max_requests {
            return Err(Error::TooManyRequests(self.requests.len()));
        }
        self.now = now;
        let id = self.add_request(preference, false);
        self.advance();
        Ok(id)
    }

    /// Nobody waits for that request any more.
    ///
    /// # Errors
    /// [`Error::UnknownRequest`].
    pub fn cancel(&mut self, request: RequestId, now: Millis) -> Result<(), Error> {
        let at = self.request_at(request).ok_or(Error::UnknownRequest(request))?;
        self.now = now;
        self.drop_probe(at);
        self.requests.remove(at);
        self.advance();
        Ok(())
    }

    /// The connection stands.
    ///
    /// # Errors
    /// [`Error::UnknownLink`].
    pub fn connected(&mut self, link: LinkId, now: Millis) -> Result<(), Error> {
        let kind = self.links.get(&link).ok_or(Error::UnknownLink(link))?.clone();
        self.now = now;
        match kind {
            Link::Ask => self.round_connected(link),
            Link::Listen => self.listen_connected(link),
            Link::Probe(request) => self.ask_role(request),
            Link::Handed { .. } => {}
        }
        self.advance();
        Ok(())
    }

    /// The connection is gone, or did not come about: one of this machine's, or one that was handed out.
    ///
    /// # Errors
    /// [`Error::UnknownLink`] for one that was closed meanwhile.
    pub fn disconnected(&mut self, link: LinkId, now: Millis) -> Result<(), Error> {
        let kind = self.links.remove(&link).ok_or(Error::UnknownLink(link))?;
        self.now = now;
        match kind {
            Link::Ask => self.round_silent(),
            Link::Listen => self.listen_lost(link),
            Link::Probe(request) => self.probe_silent(request),
            Link::Handed { .. } => {}
        }
        self.advance();
        Ok(())
    }

    /// A reply came, or a push: everything that comes over a link goes in here, but for those that were handed out.
    ///
    /// # Errors
    /// [`Error::UnknownLink`], [`Error::UnexpectedReply`].
    pub fn reply(&mut self, link: LinkId, reply: &Value, now: Millis) -> Result<(), Error> {
        let kind = self.links.get(&link).ok_or(Error::UnknownLink(link))?.clone();
        match kind {
            Link::Ask => self.round_reply(link, reply, now)?,
            Link::Listen => {
                self.now = now;
                if let Some((channel, payload)) = answers::published(reply) {
                    self.heard(link, channel, payload);
                }
            }
            Link::Probe(request) => self.probe_reply(request, link, reply, now)?,
            Link::Handed { .. } => return Err(Error::UnexpectedReply(link)),
        }
        self.advance();
        Ok(())
    }

    /// A message came over a subscription, for drivers that take them apart themselves.
    ///
    /// # Errors
    /// [`Error::UnknownLink`].
    pub fn message(&mut self, link: LinkId, channel: &str, payload: &[u8], now: Millis) -> Result<(), Error> {
        if self.links.get(&link) != Some(&Link::Listen) {
            return Err(Error::UnknownLink(link));
        }
        self.now = now;
        self.heard(link, channel, payload);
        self.advance();
        Ok(())
    }

    /// A command over a connection that was handed out was answered with that error. Says whether the connection is of no use any
    /// more: then it, and all others to that server, are given up with [`Output::Invalidate`].
    ///
    /// # Errors
    /// [`Error::UnknownLink`].
    pub fn refused(&mut self, link: LinkId, error: &[u8], now: Millis) -> Result<bool, Error> {
        let Some(Link::Handed { address, role, .. }) = self.links.get(&link).cloned() else {
            return Err(Error::UnknownLink(link));
        };
        self.now = now;
        let is = |code: &[u8]| {
            error
                .strip_prefix(code)
                .is_some_and(|rest| matches!(rest.first(), None | Some(b' ')))
        };
        let is_over = match role {
            NodeRole::Primary => is(b"READONLY"),
            NodeRole::Replica => is(b"MASTERDOWN"),
        };
        if is_over {
            self.invalidate(InvalidReason::Refused, |other, as_role, _| {
                other.same(&address) && as_role == role
            });
            self.check_primary();
        }
        self.advance();
        Ok(is_over)
    }

    /// The clock reads `now`.
    pub fn tick(&mut self, now: Millis) {
        self.now = now;
        self.expire();
        self.advance();
    }

    // ---- questions

    /// The server that said last that it is the primary, as it is announced. It is no answer to where the primary is.
    pub fn primary(&self) -> Option<&Address> {
        self.primary.as_ref()
    }

    /// The sentinels, in the order in which they are asked next.
    pub fn sentinels(&self) -> &[Address] {
        &self.rounds.sentinels
    }

    /// The connections that were handed out: what each is called, where it leads, and to what.
    pub fn handed_out(&self) -> impl Iterator<Item = (LinkId, &Address, NodeRole)> {
        self.links.iter().filter_map(|(&link, kind)| match kind {
            Link::Handed { address, role, .. } => Some((link, address, *role)),
            _ => None,
        })
    }

    /// When [`tick`](Self::tick) has something to do next, or `None` while nothing is under way.
    pub fn next_tick_ms(&self) -> Option<Millis> {
        let requests = self.requests.iter().filter(|request| !request.is_check);
        let requests = requests.filter(|request| !self.is_last_chance(request));
        let give_up = requests.filter_map(|request| request.give_up_at);
        let probes = self.requests.iter().filter_map(|request| request.probe.as_ref());
        let probes = probes.map(|probe| probe.give_up_at);
        let round = self.rounds.next_tick(self.requests.iter().any(Request::is_waiting));
        let listening = self.listening.next_tick();
        give_up
            .chain(probes)
            .chain(round)
            .chain(listening)
            .chain(self.next_check())
            .min()
    }

    /// The settings.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// A hash of everything that it knows, the same on every platform and in every language.
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

    // ---- what every input ends with

    fn advance(&mut self) {
        if self.next_check().is_some_and(|at| self.now >= at) {
            self.check_primary();
        }
        self.start_round_if_due();
        self.listen_if_due();
    }

    fn expire(&mut self) {
        self.expire_round();
        self.expire_listeners();
        let now = self.now;
        let late = |request: &Request| request.probe.as_ref().is_some_and(|probe| now >= probe.give_up_at);
        let late: Vec<RequestId> = self
            .requests
            .iter()
            .filter(|request| late(request))
            .map(|request| request.id)
            .collect();
        for id in late {
            if let Some(at) = self.request_at(id) {
                let link = self.requests[at].probe.as_ref().map(|probe| probe.link);
                self.close(link);
                self.probe_silent(id);
            }
        }
        let over = |request: &Request| request.give_up_at.is_some_and(|at| now >= at);
        // A round that is under way may still answer, unless the sentinels are asked once only.
        while let Some(at) = self
            .requests
            .iter()
            .position(|request| over(request) && !self.is_last_chance(request))
        {
            self.fail_request(at);
        }
    }

    /// A request whose time is 0 has one round, and the servers that this one names. Where another's round failed a moment ago,
    /// its own is still to come.
    fn is_last_chance(&self, request: &Request) -> bool {
        let under_way = self.rounds.current.is_some() || !request.is_waiting();
        self.config.give_up_after_ms == Some(0) && (under_way || request.failure.is_none())
    }

    // ---- requests

    fn add_request(&mut self, preference: ReadPreference, is_check: bool) -> RequestId {
        let id = self.next_request;
        self.next_request += 1;
        let give_up_after = self.config.give_up_after_ms;
        self.requests.push(Request {
            id,
            preference,
            is_check,
            give_up_at: give_up_after.map(|after| self.now.saturating_add(after)),
            probe: None,
            failure: None,
        });
        id
    }

    fn request_at(&self, id: RequestId) -> Option<usize> {
        self.requests.iter().position(|request| request.id == id)
    }

    fn fail_request(&mut self, at: usize) {
        self.drop_probe(at);
        let request = self.requests.remove(at);
        if !request.is_check {
            let failure = request.failure.unwrap_or(Failure::TimedOut);
            self.push(Output::Failed {
                request: request.id,
                failure,
            });
        }
    }

    /// All requests that wait for a sentinel got no answer.
    pub(super) fn round_failed(&mut self, failure: &Failure, again_in_ms: Millis) {
        self.trace(|| Trace::RoundFailed {
            failure: failure.clone(),
            again_in_ms,
        });
        for request in self.requests.iter_mut().filter(|request| request.is_waiting()) {
            request.failure = Some(failure.clone());
        }
        self.fail_hopeless();
    }

    /// Requests that are tried once only have failed when they are to be tried again.
    fn fail_hopeless(&mut self) {
        while self.config.give_up_after_ms == Some(0) {
            let hopeless = |request: &Request| request.is_waiting() && request.failure.is_some();
            let Some(at) = self.requests.iter().position(hopeless) else {
                return;
            };
            self.fail_request(at);
        }
    }

    /// A sentinel answered: each request that waits is given whom to try.
    pub(super) fn round_answered(&mut self, round: &Round, primary: &Address, replicas: Option<&[Instance]>) {
        self.checked_at = self.now;
        let waiting: Vec<RequestId> = self
            .requests
            .iter()
            .filter(|request| request.is_waiting())
            .map(|request| request.id)
            .collect();
        for id in waiting {
            let Some(at) = self.request_at(id) else { continue };
            let preference = self.requests[at].preference;
            if self.requests[at].is_check && self.primary.as_ref().is_some_and(|known| known.same(primary)) {
                self.requests.remove(at);
                self.rounds.succeeded();
                let address = primary.clone();
                self.trace(|| Trace::PrimaryUnchanged { address });
                continue;
            }
            if preference.wants_replicas() && replicas.is_none() {
                if round.asks_replicas() {
                    self.requests[at].failure = Some(Failure::NoReplica { known: 0 });
                }
                // It came while the question was under way: the next round asks for replicas too.
                continue;
            }
            let replicas = replicas.unwrap_or_default();
            let turns = match preference {
                ReadPreference::Any => &mut self.any_turns,
                _ => &mut self.replica_turns,
            };
            let order = choice::candidates(&self.config, turns, preference, primary, replicas);
            if order.is_empty() {
                self.requests[at].failure = Some(Failure::NoReplica { known: replicas.len() });
            }
            self.probe_next(id, order.into());
        }
        self.fail_hopeless();
    }

    // ---- servers that are tried

    fn probe_next(&mut self, id: RequestId, mut rest: VecDeque<Candidate>) {
        let Some(at) = self.request_at(id) else { return };
        let Some(candidate) = rest.pop_front() else {
            let preference = self.requests[at].preference;
            self.requests[at].probe = None;
            let again_in_ms = self.rounds.back_off(&self.config, &mut self.random, self.now);
            self.trace(|| Trace::NoneFit {
                preference,
                again_in_ms,
            });
            self.fail_hopeless();
            return;
        };
        let address = self.config.reach(&candidate.address);
        let link = self.open(Link::Probe(id), address, Purpose::Node);
        self.requests[at].probe = Some(Probe {
            link,
            candidate,
            give_up_at: self.now.saturating_add(self.config.node_timeout_ms),
            asked: Asked::Nothing,
            rest,
        });
    }

    fn ask_role(&mut self, request: RequestId) {
        let at = self.request_at(request);
        if let Some(probe) = at.and_then(|at| self.requests[at].probe.as_mut())
            && probe.asked == Asked::Nothing
        {
            probe.asked = Asked::Role;
            let link = probe.link;
            self.send(link, &["ROLE"]);
        }
    }

    fn probe_reply(&mut self, request: RequestId, link: LinkId, reply: &Value, now: Millis) -> Result<(), Error> {
        let at = self.request_at(request);
        let Some(probe) = at.and_then(|at| self.requests[at].probe.as_mut()) else {
            return Err(Error::UnknownLink(link));
        };
        let role = match probe.asked {
            Asked::Nothing => return Err(Error::UnexpectedReply(link)),
            Asked::Role => answers::role(reply),
            Asked::Info => Some(answers::role_of_info(reply)),
        };
        self.now = now;
        match role {
            None => {
                probe.asked = Asked::Info;
                self.send(link, &["INFO", "replication"]);
            }
            Some(role) => self.probe_answered(request, role),
        }
        Ok(())
    }

    fn probe_answered(&mut self, request: RequestId, role: Role) {
        let Some(at) = self.request_at(request) else { return };
        let Some(probe) = self.requests[at].probe.clone() else {
            return;
        };
        let Probe { candidate, .. } = &probe;
        let lost_primary = role == Role::Replica { follows: false } && candidate.role == NodeRole::Replica;
        let fits = match &role {
            Role::Primary => candidate.role == NodeRole::Primary,
            Role::Replica { follows } => candidate.role == NodeRole::Replica && (*follows || candidate.stale),
            Role::Other(_) => false,
        };
        if fits {
            self.resolved(at, &probe);
            return;
        }
        let failure = Failure::WrongRole {
            address: candidate.address.clone(),
            expected: candidate.role.as_str().into(),
            found: match role {
                Role::Primary => "primary".into(),
                Role::Replica { follows: true } => "replica".into(),
                Role::Replica { follows: false } => "replica without its primary".into(),
                Role::Other(other) => other,
            },
        };
        self.close(Some(probe.link));
        let mut rest = probe.rest.clone();
        if lost_primary && self.config.stale == Stale::LastResort {
            self.put_back(at, &mut rest, candidate);
        }
        self.skip_node(request, candidate, failure, rest);
    }

    /// A replica that has lost its primary since the sentinel looked is tried again behind those that have not.
    fn put_back(&self, at: usize, rest: &mut VecDeque<Candidate>, candidate: &Candidate) {
        let before_the_primary = self.requests[at].preference == ReadPreference::ReplicaOrPrimary && !rest.is_empty();
        let place = rest.len() - usize::from(before_the_primary);
        let stale = true;
        rest.insert(
            place,
            Candidate {
                stale,
                ..candidate.clone()
            },
        );
    }

    fn skip_node(&mut self, request: RequestId, candidate: &Candidate, failure: Failure, rest: VecDeque<Candidate>) {
        let address = candidate.address.clone();
        self.trace(|| Trace::NodeSkipped {
            address,
            failure: failure.clone(),
        });
        if let Some(at) = self.request_at(request) {
            self.requests[at].failure = Some(failure);
        }
        self.probe_next(request, rest);
    }

    fn probe_silent(&mut self, request: RequestId) {
        let Some(at) = self.request_at(request) else { return };
        if let Some(probe) = self.requests[at].probe.take() {
            let address = probe.candidate.address.clone();
            self.skip_node(
                request,
                &probe.candidate,
                Failure::NodeUnreachable { address },
                probe.rest,
            );
        }
    }

    fn drop_probe(&mut self, at: usize) {
        let link = self.requests[at].probe.take().map(|probe| probe.link);
        self.close(link);
    }

    fn resolved(&mut self, at: usize, probe: &Probe) {
        let request = self.requests.remove(at);
        let (link, address, role) = (probe.link, probe.candidate.address.clone(), probe.candidate.role);
        self.rounds.succeeded();
        if role == NodeRole::Primary {
            self.primary_is(&address);
        }
        if request.is_check {
            self.close(Some(link));
            return;
        }
        let preference = request.preference;
        self.links.insert(
            link,
            Link::Handed {
                address: address.clone(),
                role,
                preference,
            },
        );
        self.push(Output::Resolved {
            request: request.id,
            link,
            address,
            role,
        });
    }

    // ---- changes

    /// That server said that it is the primary. What leads elsewhere is given up, and nothing else.
    fn primary_is(&mut self, address: &Address) {
        if self.primary.as_ref().is_some_and(|known| known.same(address)) {
            return;
        }
        let from = self.primary.replace(address.clone());
        let to = address.clone();
        self.push(Output::PrimaryChanged { from, to });
        let address = address.clone();
        self.invalidate(InvalidReason::PrimaryMoved, |other, role, _| {
            role == NodeRole::Primary && !other.same(&address)
        });
        self.invalidate(InvalidReason::Promoted, |other, role, preference| {
            role == NodeRole::Replica && other.same(&address) && preference != ReadPreference::Any
        });
    }

    fn invalidate(&mut self, reason: InvalidReason, is_over: impl Fn(&Address, NodeRole, ReadPreference) -> bool) {
        let over = |(&link, kind): (&LinkId, &Link)| match kind {
            Link::Handed {
                address,
                role,
                preference,
            } if is_over(address, *role, *preference) => Some(link),
            _ => None,
        };
        let over: Vec<LinkId> = self.links.iter().filter_map(over).collect();
        for link in over {
            self.links.remove(&link);
            self.push(Output::Invalidate { link, reason });
        }
    }

    /// When it is to be looked whether the primary is the same.
    fn next_check(&self) -> Option<Millis> {
        let every = self.config.check_every_ms?;
        let handed = self.handed_out().any(|(_, _, role)| role == NodeRole::Primary);
        let checks = self.requests.iter().any(|request| request.is_check);
        (handed && !checks).then(|| self.checked_at.saturating_add(every))
    }

    /// Looks whether the primary is the same, unless that is being done.
    pub(super) fn check_primary(&mut self) {
        self.checked_at = self.now;
        if !self.requests.iter().any(|request| request.is_check) {
            self.add_request(ReadPreference::Primary, true);
        }
    }

    // ---- for the parts

    pub(super) fn open(&mut self, kind: Link, address: Address, purpose: Purpose) -> LinkId {
        let link = self.next_link;
        self.next_link += 1;
        self.links.insert(link, kind);
        self.push(Output::Connect { link, address, purpose });
        link
    }

    pub(super) fn close(&mut self, link: Option<LinkId>) {
        if let Some(link) = link.filter(|link| self.links.remove(link).is_some()) {
            self.push(Output::Close { link });
        }
    }

    pub(super) fn send(&mut self, link: LinkId, argv: &[&str]) {
        let argv = argv.iter().map(|&arg| Bytes::from(arg)).collect();
        self.push(Output::Send { link, argv });
    }

    pub(super) fn push(&mut self, output: Output) {
        self.out.push_back(output);
    }

    pub(super) fn trace(&mut self, event: impl FnOnce() -> Trace) {
        if self.config.trace {
            self.out.push_back(Output::Trace(event()));
        }
    }
}
