//! The seam between a world and what stands in it.
//!
//! The world knows time, a network, faults, checkpoints and scripts. What a machine is, what its clients want, what must hold of
//! both and what can be asked about them is the scene's. Nothing here knows more of one kind than of another.

use alloc::string::String;
use alloc::vec::Vec;

use crate::action::Deed;
use crate::config::Config;
use crate::error::Error;
use crate::invariant::Violation;
use crate::network::Address;
use crate::operation::{Op, Operation};
use crate::payload::{Effects, Payload};
use crate::random::Random;
use crate::time::Time;
use crate::view::{ClientView, StateView};

/// What of the world around them machines and clients may know.
#[derive(Clone, Copy)]
pub(crate) struct Here<'a> {
    pub(crate) now: Time,
    pub(crate) config: &'a Config,
    /// Whether any message ever came twice.
    pub(crate) duplicated: bool,
}

/// The machines and clients of a world. Machines are numbered from 1 on, and so are clients; the world names only those that
/// there are.
pub(crate) trait Scene {
    // ---- machines

    fn is_up(&self, node: u64) -> bool;

    /// A machine that is down starts from its disk.
    fn start(&mut self, node: u64, here: Here<'_>, effects: &mut Effects) -> Result<(), Error>;

    /// It stops, and loses what was not durable. With `torn`, a first part of it may remain.
    fn crash(&mut self, node: u64, random: &mut Random, torn: bool, effects: &mut Effects);

    /// The disk of a machine that is down is as before it first started.
    fn wipe(&mut self, node: u64);

    /// After how long its clock ticks next; None where all clocks tick alike.
    fn tick_after(&self, node: u64, here: Here<'_>) -> Option<Time>;

    fn tick(&mut self, node: u64, here: Here<'_>, effects: &mut Effects);

    fn deliver(&mut self, node: u64, from: Address, payload: Payload, here: Here<'_>, effects: &mut Effects);

    /// Its oldest write is durable.
    fn durable(&mut self, node: u64, here: Here<'_>, effects: &mut Effects);

    /// What it sent to `peer`, and wants to know of, arrived or was lost.
    fn report(&mut self, node: u64, peer: u64, ok: bool, here: Here<'_>, effects: &mut Effects);

    // ---- clients

    fn clients(&self) -> u64;

    /// A client that asks of itself begins.
    fn begin(&mut self, client: u64, here: Here<'_>, effects: &mut Effects);

    fn is_waiting(&self, client: u64) -> bool;

    /// A client asks for something, of that machine if one is named.
    fn ask(&mut self, client: u64, op: &Op, node: Option<u64>, here: Here<'_>, effects: &mut Effects);

    /// A message to a client arrives.
    fn answer(&mut self, client: u64, payload: Payload, here: Here<'_>, effects: &mut Effects);

    /// A client has waited long enough. Says whether anything came of it.
    fn wake(&mut self, client: u64, token: u64, here: Here<'_>, effects: &mut Effects) -> bool;

    /// No client asks anything new of itself.
    fn stop_clients(&mut self);

    // ---- actions of this kind of world

    /// Whether it can be done, by who it is about and the state that they are in.
    fn check(&self, deed: &Deed) -> Result<(), Error>;

    /// Does it. [`Error::Refused`] is what a machine says of it.
    fn act(&mut self, deed: &Deed, here: Here<'_>, effects: &mut Effects) -> Result<(), Error>;

    // ---- what must hold

    /// Looks whether everything still holds, after something happened to somebody.
    fn look(&mut self, who: Address, effects: &Effects);

    /// What does not: the first violation of each invariant.
    fn violations(&self) -> &[Violation];

    // ---- questions

    /// Whether everything came right: what storms wait for in the calm.
    fn converged(&self) -> bool;

    /// Answers a question of this kind of world; None if it is about what is not there.
    fn answer_question(&self, words: &[&str]) -> Option<String>;

    /// What clients asked, and how it ended.
    fn history(&self) -> &[Operation];

    fn view(&self, node: u64) -> StateView;

    /// The clients that ask of themselves, or ever asked.
    fn client_views(&self) -> Vec<ClientView>;

    /// What is worth comparing of a machine, as text, for state hashes.
    fn describe(&self, node: u64, into: &mut String);

    /// What is worth comparing of what clients know.
    fn describe_history(&self, into: &mut String);
}
