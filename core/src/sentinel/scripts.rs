//! Programs that are run when something happens: for notification, and for the clients' sake.

use alloc::borrow::ToOwned;
use alloc::collections::VecDeque;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::address::Address;
use super::error::Error;
use super::events::{Event, EventKind, Level};
use super::server::{Millis, NEVER, Output, ScriptExit, ScriptId, Sentinel};

/// How many scripts wait or run at once; then the oldest that waits is dropped.
const MAX_QUEUE: usize = 256;
/// How many run at once.
const MAX_RUNNING: usize = 16;
/// How often one is tried.
const MAX_TRIES: u32 = 10;

/// The scripts that wait or run, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Scripts {
    pub(super) queue: VecDeque<Script>,
    next: ScriptId,
}

impl Scripts {
    pub(super) fn running(&self) -> usize {
        self.queue.iter().filter(|script| script.run.is_some()).count()
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Script {
    pub(super) argv: Vec<String>,
    pub(super) tries: u32,
    /// When it started, or before when it must not.
    pub(super) start: Millis,
    /// The run that is under way.
    pub(super) run: Option<ScriptId>,
    killed: bool,
}

impl Sentinel {
    fn schedule(&mut self, argv: Vec<String>) {
        self.scripts.queue.push_back(Script {
            argv,
            tries: 0,
            start: NEVER,
            run: None,
            killed: false,
        });
        if self.scripts.queue.len() > MAX_QUEUE
            && let Some(oldest) = self.scripts.queue.iter().position(|script| script.run.is_none())
        {
            self.scripts.queue.remove(oldest);
        }
    }

    /// Runs the notification script of the event's master (`sentinelEvent`).
    pub(super) fn notify(&mut self, event: &Event) {
        let group = event.master.as_deref().and_then(|name| self.find_master(name));
        let path = group.and_then(|group| self.groups[group].config.notification_script.clone());
        if let Some(path) = path
            && event.level == Level::Warning
        {
            self.schedule(Vec::from([path, event.kind.name().to_owned(), event.message.clone()]));
        }
    }

    /// Runs the script that tells clients of another master (`sentinelCallClientReconfScript`).
    pub(super) fn client_reconfig(&mut self, group: usize, role: &str, from: &Address, to: &Address) {
        let config = &self.groups[group].config;
        let Some(path) = config.client_reconfig_script.clone() else {
            return;
        };
        let argv = Vec::from([
            path,
            config.name.clone(),
            role.to_owned(),
            "start".to_owned(),
            self.announced(from).to_owned(),
            from.port.to_string(),
            self.announced(to).to_owned(),
            to.port.to_string(),
        ]);
        self.schedule(argv);
    }

    /// Starts what may start, and kills what ran for too long.
    pub(super) fn run_scripts(&mut self, now: Millis) {
        let mut running = self.scripts.running();
        for at in 0..self.scripts.queue.len() {
            let script = &mut self.scripts.queue[at];
            if running >= MAX_RUNNING || script.run.is_some() || script.start > now {
                continue;
            }
            self.scripts.next += 1;
            let run = self.scripts.next;
            script.run = Some(run);
            script.start = now;
            script.tries += 1;
            script.killed = false;
            running += 1;
            let mut argv = script.argv.iter().cloned();
            let path = argv.next().unwrap_or_default();
            let args = argv.collect();
            self.push(Output::RunScript {
                script: run,
                path,
                args,
            });
            self.event(EventKind::ScriptChild, None, run.to_string());
        }
        let limit = self.config.timing.script_max_runtime;
        for at in 0..self.scripts.queue.len() {
            let script = &mut self.scripts.queue[at];
            if let Some(run) = script.run
                && !script.killed
                && now.saturating_sub(script.start) > limit
            {
                script.killed = true;
                let message = format!("{} {run}", script.argv.first().map_or("", String::as_str));
                self.event(EventKind::ScriptTimeout, None, message);
                self.push(Output::KillScript { script: run });
            }
        }
    }

    /// `sentinelCollectTerminatedScripts`.
    pub(super) fn finish_script(&mut self, run: ScriptId, exit: ScriptExit, now: Millis) -> Result<(), Error> {
        let Some(at) = self.scripts.queue.iter().position(|script| script.run == Some(run)) else {
            return Err(Error::UnknownScript(run));
        };
        let script = &mut self.scripts.queue[at];
        let path = script.argv.first().cloned().unwrap_or_default();
        let (code, signal) = match exit {
            ScriptExit::Code(code) => (code, 0),
            ScriptExit::Signal(signal) => (0, signal),
            ScriptExit::NotStarted => {
                // It stays in the queue and is tried in the next tick.
                script.run = None;
                self.event(EventKind::ScriptError, None, format!("{path} 99 0"));
                return Ok(());
            }
        };
        let again = (signal != 0 || code == 1) && script.tries < MAX_TRIES;
        if again {
            script.run = None;
            let doublings = script.tries.saturating_sub(1).min(MAX_TRIES);
            let delay = self.config.timing.script_retry_delay.saturating_mul(1 << doublings);
            script.start = now.saturating_add(delay);
        } else {
            self.scripts.queue.remove(at);
        }
        self.event(EventKind::ScriptChildOver, None, format!("{run} {code} {signal}"));
        if !again && (signal != 0 || code != 0) {
            self.event(EventKind::ScriptError, None, format!("{path} {signal} {code}"));
        }
        Ok(())
    }
}
