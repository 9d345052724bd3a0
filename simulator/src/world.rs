//! The world: what a user of this crate holds.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::action::Action;
use crate::checkpoint::Checkpoints;
use crate::config::Config;
use crate::engine::{Engine, Watch};
use crate::error::Error;
use crate::event::Event;
use crate::invariant::Violation;
use crate::kind::Kind;
use crate::network::Address;
use crate::operation::Operation;
use crate::payload::MessageKind;
use crate::predicate::Predicate;
use crate::script::{Report, Run, Script};
use crate::time::{Time, print_time};

/// A seeded world of machines, clients and a network. See the [crate](crate) for the contract.
#[derive(Clone)]
pub struct World {
    /// What it was made with.
    config: Config,
    pub(crate) engine: Engine,
    watch: Watch,
    /// What was done to it, in order. Those from `done` on lie in the future that was left by going back.
    actions: Vec<Done>,
    done: usize,
    checkpoints: Checkpoints,
    pub(crate) run: Option<Run>,
}

/// An action and its moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// When.
    pub at: Time,
    /// How many events had been processed.
    pub events: u64,
    /// Whether nothing else was due then, so that the time says it all.
    pub settled: bool,
    /// What was done.
    pub action: Action,
    /// Whether a machine refused it.
    pub refused: bool,
}

/// A moment: a time, the events that were processed, and the actions that were done. Several may share a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Moment {
    /// When.
    pub at: Time,
    /// How many events had been processed.
    pub events: u64,
    /// How many actions had been done.
    pub actions: usize,
}

/// A message on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct InFlight {
    /// Its number, by which actions name it.
    pub id: u64,
    /// What it is.
    pub kind: MessageKind,
    /// Who sent it.
    pub from: Address,
    /// Who it is for.
    pub to: Address,
    /// When it was sent.
    pub sent: Time,
    /// When it arrives.
    pub arrives: Time,
    /// Whether it stays where it is until it is released.
    pub held: bool,
    /// What it says, in a few words.
    pub text: String,
}

impl World {
    /// Makes a world whose machines have just started.
    ///
    /// # Errors
    /// [`Error::InvalidConfig`].
    pub fn new(config: Config) -> Result<Self, Error> {
        Self::watched(config, false)
    }

    /// Makes a world that keeps what happens in it, for [`events`](Self::events) and [`diagram`](Self::diagram).
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn watched(config: Config, watched: bool) -> Result<Self, Error> {
        let mut watch = Watch::new(watched);
        let engine = Engine::new(config.clone(), &mut watch)?;
        let mut world = Self {
            config,
            engine,
            watch,
            actions: Vec::new(),
            done: 0,
            checkpoints: Checkpoints::default(),
            run: None,
        };
        world.keep_checkpoint();
        Ok(world)
    }

    /// Makes a world from a script. [`run`](Self::run) carries it out.
    ///
    /// # Errors
    /// [`Error::Script`], with the line; [`Error::InvalidConfig`]; [`Error::BrokenRulesAbsent`] for a script about rules that this
    /// build keeps.
    pub fn from_script(text: &str) -> Result<Self, Error> {
        let script = Script::parse(text)?;
        let mut world = Self::watched(script.config.clone(), true)?;
        world.run = Some(Run::new(script));
        Ok(world)
    }

    // ---- going on

    /// Lets the next thing happen: an event, or an action that was done at this point before. Says whether there was one.
    pub fn step(&mut self) -> bool {
        self.step_by(Time::MAX)
    }

    /// As [`step`](Self::step), if the next thing happens by then.
    pub(crate) fn step_by(&mut self, by: Time) -> bool {
        if self.is_action_next() {
            self.redo();
            return true;
        }
        let stepped = self.engine.step(by, &mut self.watch);
        self.keep_checkpoint();
        stepped
    }

    /// Goes on until that time: everything that is due by then happens.
    pub fn run_until(&mut self, at: Time) {
        while self.next_moment().is_some_and(|next| next <= at) {
            self.step_by(at);
        }
        self.engine.now = self.engine.now.max(at);
    }

    /// Goes on until that time, or until something does not hold. Says whether everything holds.
    pub fn run_while_right(&mut self, at: Time) -> bool {
        while self.violations().is_empty() {
            if self.next_moment().is_none_or(|next| next > at) {
                self.engine.now = self.engine.now.max(at);
                return true;
            }
            self.step_by(at);
        }
        false
    }

    /// Goes on for so long.
    pub fn run_for(&mut self, duration: Time) {
        self.run_until(self.engine.now.saturating_add(duration));
    }

    /// Goes on until something holds, for so long at the most. `predicate` is what a script would expect: `leader != none`,
    /// `commit 1 >= 3`. Says whether it holds.
    ///
    /// # Errors
    /// [`Error::InvalidQuestion`] for one that cannot be read.
    pub fn until(&mut self, predicate: &str, within: Time) -> Result<bool, Error> {
        let words: Vec<&str> = predicate.split_ascii_whitespace().collect();
        let predicate = Predicate::parse(self.kind(), &words).map_err(Error::InvalidQuestion)?;
        let at = self.now().saturating_add(within);
        Ok(crate::script::wait(self, at, |world| predicate.ask(world).0))
    }

    /// Carries out the script that the world was made from, to its end.
    pub fn run(&mut self) -> Report {
        let Some(mut run) = self.run.take() else {
            return Report::default();
        };
        while run.step(self) {}
        let report = run.report(self);
        self.run = Some(run);
        report
    }

    /// How the script went, as far as it was carried out.
    pub fn report(&self) -> Report {
        self.run.as_ref().map(|run| run.report(self)).unwrap_or_default()
    }

    fn is_action_next(&self) -> bool {
        self.actions
            .get(self.done)
            .is_some_and(|next| next.events == self.engine.events)
    }

    pub(crate) fn next_moment(&self) -> Option<Time> {
        match self.actions.get(self.done) {
            Some(next) if next.events == self.engine.events => Some(next.at),
            _ => self.engine.next_time(),
        }
    }

    fn redo(&mut self) {
        let Some(next) = self.actions.get(self.done) else {
            return;
        };
        self.engine.now = self.engine.now.max(next.at);
        // It was refused then if it is refused now.
        let _ = self.engine.act(&next.action, &mut self.watch);
        self.done += 1;
    }

    // ---- acting

    /// Does something to the world, now. If it went back in time, the future that it came from is gone; a
    /// [`branch`](Self::branch) keeps it.
    ///
    /// # Errors
    /// Whatever the action needs and does not find: see [`Error`]. [`Error::Refused`] is what a machine said of it.
    pub fn apply(&mut self, action: Action) -> Result<(), Error> {
        let settled = self.engine.next_time().is_none_or(|next| next > self.engine.now);
        let result = self.engine.act(&action, &mut self.watch);
        if !matches!(result, Ok(()) | Err(Error::Refused { .. })) {
            return result;
        }
        self.forget_future();
        self.actions.push(Done {
            at: self.engine.now,
            events: self.engine.events,
            settled,
            action,
            refused: result.is_err(),
        });
        self.done += 1;
        result
    }

    /// As [`apply`](Self::apply), from the text of the action.
    ///
    /// # Errors
    /// As [`apply`](Self::apply), and [`Error::InvalidAction`].
    pub fn act(&mut self, action: &str) -> Result<(), Error> {
        let action = Action::parse(self.kind(), action).map_err(Error::InvalidAction)?;
        self.apply(action)
    }

    /// What was done so far.
    pub fn actions(&self) -> &[Done] {
        &self.actions[..self.done]
    }

    pub(crate) fn forget_future(&mut self) {
        self.actions.truncate(self.done);
        self.checkpoints.forget_after(self.engine.events);
    }

    // ---- time travel

    /// This moment.
    pub fn moment(&self) -> Moment {
        Moment {
            at: self.engine.now,
            events: self.engine.events,
            actions: self.done,
        }
    }

    /// Goes to a time, back or on: everything that was due by then has happened, and every action until then was done.
    pub fn seek(&mut self, at: Time) {
        if at < self.engine.now {
            self.restore(|checkpoint| checkpoint.at <= at);
        }
        self.run_until(at);
    }

    /// Goes to where so many events were processed, back or on, and every action until then was done.
    pub fn seek_event(&mut self, events: u64) {
        if events < self.engine.events {
            self.restore(|checkpoint| checkpoint.events <= events);
        }
        while self.engine.events < events || self.is_action_next() && self.engine.events == events {
            if !self.step() {
                return;
            }
        }
    }

    /// Goes to a moment that was, as [`moment`](Self::moment) named it.
    ///
    /// # Errors
    /// [`Error::NoSuchMoment`] for one of another branch, in which more was done than was ever done here.
    pub fn seek_moment(&mut self, moment: Moment) -> Result<(), Error> {
        let Moment { at, events, actions } = moment;
        if actions > self.actions.len() {
            return Err(Error::NoSuchMoment(print_time(at)));
        }
        self.restore(|checkpoint| checkpoint.events <= events && checkpoint.actions <= actions);
        while self.engine.events < events || self.done < actions && self.is_action_next() {
            if !self.step() {
                break;
            }
        }
        self.engine.now = self.engine.now.max(at);
        Ok(())
    }

    fn restore(&mut self, wanted: impl Fn(&Moment) -> bool) {
        if let Some((moment, engine, seen)) = self.checkpoints.latest(wanted) {
            self.engine = engine.clone();
            self.done = moment.actions;
            self.watch.events.truncate(seen);
        }
    }

    /// Going back means starting again, and going on is quicker.
    pub(crate) fn keep_no_checkpoints(&mut self) {
        self.checkpoints.stop();
    }

    fn keep_checkpoint(&mut self) {
        if self.checkpoints.wants(self.engine.events) {
            let moment = self.moment();
            self.checkpoints
                .keep(moment, self.engine.clone(), self.watch.events.len());
        }
    }

    /// Another world that is the same up to here and knows of no future.
    pub fn branch(&self) -> Self {
        let mut branch = self.clone();
        branch.forget_future();
        branch
    }

    // ---- questions

    /// What kind of machines it has.
    pub fn kind(&self) -> Kind {
        self.config.kind()
    }

    /// What it was made with.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The time.
    pub fn now(&self) -> Time {
        self.engine.now
    }

    /// How many events were processed.
    pub fn event_count(&self) -> u64 {
        self.engine.events
    }

    /// Answers what scripts ask: `leader`, `commit 1`, `value 3 x`. `tests/corpus/raft/README.md` has all questions.
    ///
    /// # Errors
    /// [`Error::InvalidQuestion`] for one that is not known, or is about what is not there.
    pub fn ask(&self, question: &str) -> Result<String, Error> {
        let words: Vec<&str> = question.split_ascii_whitespace().collect();
        crate::predicate::ask(self, &words).map_err(Error::InvalidQuestion)
    }

    /// What happened, if the world is watched.
    pub fn events(&self) -> &[Event] {
        &self.watch.events
    }

    /// What happened between two times, as a space-time diagram in text: time runs down, each machine is a lane, an arrow is a message
    /// that arrives. Heartbeats and the like are counted, not drawn. Empty unless the world is watched.
    pub fn diagram(&self, from: Time, to: Time) -> String {
        crate::diagram::draw(self.kind().drawing(), self.node_count(), &self.watch.events, from, to)
    }

    /// How many machines there are. They are called 1 to that.
    pub fn node_count(&self) -> u64 {
        self.engine.node_count()
    }

    /// Whether a machine stands still.
    ///
    /// # Errors
    /// [`Error::UnknownNode`].
    pub fn is_paused(&self, node: u64) -> Result<bool, Error> {
        self.engine.is_paused(node).ok_or(Error::UnknownNode(node))
    }

    /// The messages on their way.
    pub fn in_flight(&self) -> Vec<InFlight> {
        let flights = self.engine.network.flights().map(|(id, flight)| InFlight {
            id,
            kind: flight.payload.kind(),
            from: flight.from,
            to: flight.to,
            sent: flight.sent,
            arrives: flight.arrives,
            held: flight.held,
            text: flight.payload.to_string(),
        });
        flights.collect()
    }

    /// The links that are cut, each from the first to the second.
    pub fn cuts(&self) -> Vec<(Address, Address)> {
        self.engine.network.cuts().collect()
    }

    /// What clients asked, and how it ended.
    pub fn history(&self) -> &[Operation] {
        self.engine.scene.history()
    }

    /// What does not hold: the first violation of each invariant.
    pub fn violations(&self) -> &[Violation] {
        self.engine.scene.violations()
    }

    /// A hash of all that can be seen of the world, the same on every platform and in every language.
    pub fn state_hash(&self) -> u64 {
        self.engine.state_hash()
    }

    /// A hash of all that there is, also of what cannot be seen. It says whether two worlds of one version will go on alike.
    pub fn fingerprint(&self) -> u64 {
        self.engine.fingerprint()
    }

    /// The script that leads to this moment in any world of this version.
    pub fn to_script(&self) -> String {
        let mut script = format!("{}\n", self.kind().name());
        for (name, value) in self.config.changes() {
            script += &format!("{name} {value}\n");
        }
        for rule in self.config.broken_rules() {
            script += &format!("broken {rule}\n");
        }
        for done in self.actions() {
            let exact = if done.settled {
                String::new()
            } else {
                format!("#{}", done.events)
            };
            let refused = if done.refused { "try " } else { "" };
            script += &format!("at {}{exact} {refused}{}\n", print_time(done.at), done.action);
        }
        script += &format!("at {}\n", print_time(self.engine.now));
        script
    }
}
