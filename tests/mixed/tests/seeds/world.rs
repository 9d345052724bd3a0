//! A group in a hostile world: every message is bytes, and may be lost, late, repeated or out of order; members are cut off, and
//! crash with what was not durable. After each step of a member the world looks whether Raft's promises hold.

use std::collections::{BTreeMap, BTreeSet};

use quorate::raft::MessageKind;
use quorate::raft::wire::{Dialect, decode_message};

use crate::member::{Event, Item, Member, Settings, View};
use crate::ours::Ours;
use crate::theirs::Theirs;

/// How long the world is hostile, in ticks.
const HOSTILE: u64 = 400;
/// How long it may take to be whole again, in ticks.
const RECOVERY: u64 = 600;

/// What came of a seed.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) terms_led_by_ours: u64,
    pub(crate) terms_led_by_theirs: u64,
    pub(crate) applied: u64,
    pub(crate) acknowledged: u64,
    pub(crate) reads: u64,
    pub(crate) crashes: u64,
    pub(crate) restored: u64,
}

impl Outcome {
    pub(crate) fn add(&mut self, other: Self) {
        self.terms_led_by_ours += other.terms_led_by_ours;
        self.terms_led_by_theirs += other.terms_led_by_theirs;
        self.applied += other.applied;
        self.acknowledged += other.acknowledged;
        self.reads += other.reads;
        self.crashes += other.crashes;
        self.restored += other.restored;
    }
}

struct Seat {
    member: Box<dyn Member>,
    is_ours: bool,
    /// What its state machine has applied.
    applied: u64,
    last_view: View,
    /// Cut off from the others until then.
    cut_until: u64,
    /// Down until then.
    down_until: u64,
}

struct InFlight {
    from: u64,
    to: u64,
    bytes: Vec<u8>,
    is_snapshot: bool,
}

/// What everyone applies at one place, and the term in which it was first seen to be.
struct Fact {
    item: Item,
    seen_in: u64,
}

pub(crate) struct World {
    forgets_votes: bool,
    random: Random,
    seats: Vec<Seat>,
    network: Vec<InFlight>,
    now: u64,
    /// Who led in a term.
    leaders: BTreeMap<u64, u64>,
    /// Whom a member voted for in a term.
    votes: BTreeMap<(u64, u64), u64>,
    /// By index, from 1 on.
    facts: BTreeMap<u64, Fact>,
    /// Which member was asked for each command.
    proposed: BTreeMap<Vec<u8>, u64>,
    acknowledged: BTreeSet<Vec<u8>>,
    /// How far the group was when a read was asked for.
    reads: BTreeMap<u64, u64>,
    counter: u64,
    outcome: Outcome,
}

/// Runs a seed. `is_ours` says of each member whose it is.
pub(crate) fn run(seed: u64, is_ours: &[bool], forgets_votes: bool) -> Result<Outcome, String> {
    let mut world = World::new(seed, is_ours, forgets_votes);
    let result = world.storm().and_then(|()| world.recover());
    result.map_err(|what| format!("seed {seed} with {is_ours:?} at {}: {what}", world.now))?;
    Ok(world.outcome)
}

impl World {
    fn new(seed: u64, is_ours: &[bool], forgets_votes: bool) -> Self {
        let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        let settings = Settings {
            nodes: is_ours.len() as u64,
            pre_vote: random.one_in(2),
            check_quorum: random.one_in(2),
            coalesce: random.one_in(2),
            max_size_per_msg: if random.one_in(2) { 1 << 20 } else { 100 },
            max_inflight_msgs: if random.one_in(2) { 256 } else { 4 },
            forgets_votes,
        };
        let seat = |(place, &is_ours): (usize, &bool)| {
            let id = place as u64 + 1;
            let member: Box<dyn Member> = match is_ours {
                true => Box::new(Ours::new(id, settings)),
                false => Box::new(Theirs::new(id, settings)),
            };
            Seat {
                last_view: member.view(),
                member,
                is_ours,
                // The snapshot with which the group begins.
                applied: 1,
                cut_until: 0,
                down_until: 0,
            }
        };
        Self {
            forgets_votes,
            random,
            seats: is_ours.iter().enumerate().map(seat).collect(),
            network: Vec::new(),
            now: 0,
            leaders: BTreeMap::new(),
            votes: BTreeMap::new(),
            facts: BTreeMap::new(),
            proposed: BTreeMap::new(),
            acknowledged: BTreeSet::new(),
            reads: BTreeMap::new(),
            counter: 0,
            outcome: Outcome::default(),
        }
    }

    fn storm(&mut self) -> Result<(), String> {
        while self.now < HOSTILE {
            self.trouble()?;
            self.clients()?;
            self.round(true)?;
        }
        Ok(())
    }

    /// With nothing in their way, all must come to apply the same, one more command with it.
    fn recover(&mut self) -> Result<(), String> {
        for seat in &mut self.seats {
            (seat.cut_until, seat.down_until) = (0, 0);
        }
        let end = self.now + RECOVERY;
        let mut last = None;
        while self.now < end {
            let leader = (1..=self.seats.len() as u64).find(|&id| self.seat(id).member.view().leads);
            if let (None, Some(leader)) = (&last, leader)
                && self.now > end - RECOVERY / 2
            {
                last = self.propose(leader)?;
            }
            self.round(false)?;
            let done = last.as_ref().is_some_and(|last| self.acknowledged.contains(last));
            let end = self.facts.last_key_value().map_or(0, |(&index, _)| index);
            if done && self.seats.iter().all(|seat| seat.applied == end) {
                self.check_logs()?;
                return self.all_kept();
            }
        }
        let views: Vec<View> = self.seats.iter().map(|seat| seat.member.view()).collect();
        Err(format!("the group does not recover: {views:?}"))
    }

    /// What was acknowledged is what everyone has applied.
    fn all_kept(&self) -> Result<(), String> {
        let kept: BTreeSet<&[u8]> = self.facts.values().map(|fact| &*fact.item.data).collect();
        match self.acknowledged.iter().find(|command| !kept.contains(&***command)) {
            Some(lost) => Err(format!(
                "{} was acknowledged and is lost",
                String::from_utf8_lossy(lost)
            )),
            None => Ok(()),
        }
    }

    // ---- what happens

    fn trouble(&mut self) -> Result<(), String> {
        let id = self.any();
        if self.random.one_in(40) {
            self.seat(id).cut_until = self.now + self.random.below(60);
        }
        // Who forgets its votes is asked often enough what they were.
        let (often, long) = if self.forgets_votes { (2, 1) } else { (40, 30) };
        if self.random.one_in(often) {
            self.outcome.crashes += 1;
            let down = self.now + self.random.below(long);
            let seat = self.seat(id);
            seat.down_until = down;
            seat.applied = seat.member.crash().0;
            // The commit index may be lost with the rest.
            seat.last_view = View {
                commit: 0,
                ..seat.member.view()
            };
            // What was handed to the network stays there.
            self.step(id)?;
        }
        if self.random.one_in(30) && self.is_up(id) {
            self.seat(id).member.compact();
            self.step(id)?;
        }
        if self.random.one_in(60) && self.is_up(id) {
            let to = self.any();
            self.seat(id).member.transfer(to);
            self.step(id)?;
        }
        Ok(())
    }

    fn clients(&mut self) -> Result<(), String> {
        for id in 1..=self.seats.len() as u64 {
            if self.is_up(id) && self.random.one_in(3) {
                for _ in 0..1 + self.random.below(3) {
                    self.propose(id)?;
                }
                self.step(id)?;
            }
        }
        let id = self.any();
        if self.is_up(id) && self.random.one_in(4) {
            self.counter += 1;
            let context = self.counter;
            let known = self.facts.last_key_value().map_or(0, |(&index, _)| index);
            self.reads.insert(context, known);
            self.seat(id).member.read(context);
            self.step(id)?;
        }
        Ok(())
    }

    fn propose(&mut self, id: u64) -> Result<Option<Vec<u8>>, String> {
        self.counter += 1;
        let command = format!("command {} of {id}", self.counter).into_bytes();
        if !self.seat(id).member.propose(&command) {
            return Ok(None);
        }
        self.proposed.insert(command.clone(), id);
        self.step(id)?;
        Ok(Some(command))
    }

    /// A tick for everyone, and some of the messages on their way.
    fn round(&mut self, hostile: bool) -> Result<(), String> {
        self.now += 1;
        for id in 1..=self.seats.len() as u64 {
            if !self.is_up(id) {
                continue;
            }
            self.seat(id).member.tick();
            self.step(id)?;
            if !hostile || self.random.one_in(2) {
                self.seat(id).member.sync();
                self.step(id)?;
            }
        }
        // A hop takes a part of a tick.
        for _ in 0..4 {
            let network = std::mem::take(&mut self.network);
            for message in network {
                self.travel(message, hostile)?;
            }
            let places = self.network.len();
            for place in (1..places).rev().filter(|_| hostile) {
                let other = self.random.below(place as u64 + 1) as usize;
                self.network.swap(place, other);
            }
            for id in (1..=self.seats.len() as u64).filter(|_| !hostile) {
                self.seat(id).member.sync();
                self.step(id)?;
            }
        }
        // It takes long to compare all logs, and logs that part stay so for a while.
        if self.now.is_multiple_of(8) {
            self.check_logs()
        } else {
            Ok(())
        }
    }

    fn travel(&mut self, message: InFlight, hostile: bool) -> Result<(), String> {
        let InFlight { from, to, .. } = message;
        let cut = |world: &mut Self, id| world.now < world.seat(id).cut_until;
        let lost = cut(self, from) || cut(self, to) || !self.is_up(to) || (hostile && self.random.one_in(20));
        if lost {
            if self.is_up(from) && (message.is_snapshot || self.random.one_in(4)) {
                self.seat(from).member.report_unreachable(to);
                if message.is_snapshot {
                    self.seat(from).member.report_snapshot(to, false);
                }
                self.step(from)?;
            }
            return Ok(());
        }
        if hostile && self.random.one_in(3) {
            self.network.push(message);
            return Ok(());
        }
        self.seat(to).member.receive(&message.bytes);
        self.step(to)?;
        if message.is_snapshot && self.is_up(from) {
            self.seat(from).member.report_snapshot(to, true);
            self.step(from)?;
        }
        if hostile && self.random.one_in(20) {
            self.network.push(message);
        }
        Ok(())
    }

    /// Lets a member do its work, and looks at what it does.
    fn step(&mut self, id: u64) -> Result<(), String> {
        for event in self.seat(id).member.work() {
            match event {
                Event::Send { to, bytes } => self.sent(id, to, bytes)?,
                Event::Applied(item) => self.applied(id, item)?,
                Event::Restored { index, term } => {
                    self.outcome.restored += 1;
                    if self.facts.get(&index).is_some_and(|fact| fact.item.term != term) {
                        return Err(format!(
                            "{id} restored a snapshot of {index} in term {term}, which is not what was applied"
                        ));
                    }
                    self.seat(id).applied = index;
                }
                Event::ReadReady { context, index } => {
                    self.outcome.reads += 1;
                    let known = self.reads.get(&context).copied().unwrap_or(u64::MAX);
                    if index < known {
                        return Err(format!(
                            "{id} may read at {index} what was at {known} before it was asked"
                        ));
                    }
                }
            }
        }
        self.check_view(id)
    }

    // ---- what must hold

    fn sent(&mut self, from: u64, to: u64, bytes: Vec<u8>) -> Result<(), String> {
        let message = decode_message(&bytes, Dialect::RaftRs).map_err(|error| error.to_string())?;
        if message.kind == MessageKind::VoteResp && !message.reject {
            let before = *self.votes.entry((from, message.term)).or_insert(to);
            if before != to {
                return Err(format!(
                    "{from} voted for {before} and for {to} in term {}",
                    message.term
                ));
            }
        }
        self.network.push(InFlight {
            from,
            to,
            bytes,
            is_snapshot: message.kind == MessageKind::Snap,
        });
        Ok(())
    }

    fn applied(&mut self, id: u64, item: Item) -> Result<(), String> {
        self.outcome.applied += 1;
        let seen_in = self.seat(id).member.view().term;
        let seat = self.seat(id);
        if item.index != seat.applied + 1 {
            return Err(format!("{id} applied {} after {}", item.index, seat.applied));
        }
        seat.applied = item.index;
        if self.proposed.get(&item.data) == Some(&id) && self.acknowledged.insert(item.data.clone()) {
            self.outcome.acknowledged += 1;
        }
        let fact = self.facts.entry(item.index).or_insert_with(|| Fact {
            item: item.clone(),
            seen_in,
        });
        if fact.item != item {
            return Err(format!("{id} applied {item:?} where {:?} was applied", fact.item));
        }
        Ok(())
    }

    fn check_view(&mut self, id: u64) -> Result<(), String> {
        let seat = self.seat(id);
        let (view, before, is_ours) = (seat.member.view(), seat.last_view, seat.is_ours);
        if view.term < before.term || view.commit < before.commit || view.last < view.commit {
            return Err(format!("{id} went back: {before:?}, {view:?}"));
        }
        seat.last_view = view;
        if !view.leads {
            return Ok(());
        }
        match self.leaders.get(&view.term) {
            Some(&leader) if leader != id => {
                return Err(format!("both {leader} and {id} lead in term {}", view.term));
            }
            Some(_) => return Ok(()),
            None => {}
        }
        self.leaders.insert(view.term, id);
        match is_ours {
            true => self.outcome.terms_led_by_ours += 1,
            false => self.outcome.terms_led_by_theirs += 1,
        }
        // A new leader has all that was committed before its term.
        let log = self.seat(id).member.log();
        let first = log.first().map_or(u64::MAX, |item| item.index);
        for (index, fact) in self.facts.range(first..) {
            let has = log.get((index - first) as usize);
            if fact.seen_in < view.term && has != Some(&fact.item) {
                return Err(format!("{id} leads in term {} without {:?}", view.term, fact.item));
            }
        }
        Ok(())
    }

    /// Two logs with an entry of one place and term are the same up to it.
    fn check_logs(&self) -> Result<(), String> {
        let logs: Vec<Vec<Item>> = self.seats.iter().map(|seat| seat.member.log()).collect();
        for (place, one) in logs.iter().enumerate() {
            for (other_place, other) in logs.iter().enumerate().skip(place + 1) {
                let (Some(first), Some(other_first)) = (one.first(), other.first()) else {
                    continue;
                };
                let start = first.index.max(other_first.index);
                let one = one.iter().skip((start - first.index) as usize);
                let other = other.iter().skip((start - other_first.index) as usize);
                let pairs: Vec<(&Item, &Item)> = one.zip(other).collect();
                let agree = pairs.iter().rposition(|(one, other)| one.term == other.term);
                let common = agree.map_or(0, |agree| agree + 1);
                if let Some((one, other)) = pairs[..common].iter().find(|(one, other)| one != other) {
                    let (a, b) = (place + 1, other_place + 1);
                    return Err(format!(
                        "the logs of {a} and {b} part and meet again: {one:?}, {other:?}"
                    ));
                }
            }
        }
        Ok(())
    }

    // ---- who

    fn seat(&mut self, id: u64) -> &mut Seat {
        &mut self.seats[id as usize - 1]
    }

    fn is_up(&self, id: u64) -> bool {
        self.now >= self.seats[id as usize - 1].down_until
    }

    fn any(&mut self) -> u64 {
        1 + self.random.below(self.seats.len() as u64)
    }
}

/// Numbers that only the seed decides (xorshift64*).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end.max(1)
    }

    fn one_in(&mut self, count: u64) -> bool {
        self.below(count) == 0
    }
}
