//! The one thread that owns the sentinel and its file.
//!
//! It keeps the contract of `quorate::sentinel`, whose three steps are numbered here as there: the sentinel is made of what was
//! persisted (1), told what happened (2), and asked what to do until it says nothing (3). Everything else waits on channels.

use std::collections::BTreeMap;
use std::error::Error;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitCode, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use quorate::resp::{Encoder, encode_command};
use quorate::sentinel::{ClientId, Error as SentinelError, LinkId, Millis, Output, ScriptExit, ScriptId, Sentinel};

use crate::file::ConfigFile;
use crate::network::{self, Connection, Event};

pub(crate) struct Driver {
    sentinel: Sentinel,
    file: ConfigFile,
    links: BTreeMap<LinkId, Connection>,
    clients: BTreeMap<ClientId, Connection>,
    scripts: BTreeMap<ScriptId, Child>,
    may_run_scripts: bool,
    events: SyncSender<Event>,
}

impl Driver {
    /// 1. Makes the sentinel, of what was persisted.
    pub(crate) fn new(
        file: ConfigFile,
        events: SyncSender<Event>,
        may_run_scripts: bool,
    ) -> Result<Self, Box<dyn Error>> {
        Ok(Self {
            sentinel: Sentinel::new(file.config()?, file.lines(), now())?,
            file,
            links: BTreeMap::new(),
            clients: BTreeMap::new(),
            scripts: BTreeMap::new(),
            may_run_scripts,
            events,
        })
    }

    /// Runs until someone says `SHUTDOWN`, or the disk fails: who cannot keep a vote must not give one.
    pub(crate) fn run(&mut self, events: &Receiver<Event>) -> Result<ExitCode, Box<dyn Error>> {
        let mut next_tick = Instant::now();
        loop {
            match events.recv_timeout(next_tick.saturating_duration_since(Instant::now())) {
                Ok(event) => self.tell(event)?,
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Ok(ExitCode::SUCCESS),
            }
            if Instant::now() >= next_tick {
                self.collect_scripts()?;
                self.sentinel.tick(now());
                let period = u64::try_from(self.sentinel.tick_period())?;
                next_tick = Instant::now() + Duration::from_millis(period);
            }
            if let Some(code) = self.obey()? {
                return Ok(code);
            }
        }
    }

    /// 2. Tells the sentinel what happened.
    fn tell(&mut self, event: Event) -> Result<(), SentinelError> {
        let now = now();
        match event {
            Event::Accepted(client, connection) => {
                self.clients.insert(client, connection);
            }
            // What came before it was hung up on.
            Event::Command(client, _) if !self.clients.contains_key(&client) => {}
            Event::Command(client, argv) => {
                let argv: Vec<&[u8]> = argv.iter().map(Vec::as_slice).collect();
                self.sentinel.command(client, &argv, now);
            }
            Event::ClientClosed(client) => {
                self.clients.remove(&client);
                self.sentinel.client_closed(client);
            }
            Event::Connected(link) => unless_late(self.sentinel.connected(link))?,
            Event::Reply(link, reply) => match self.sentinel.reply(link, &reply, now) {
                // There is no knowing what later replies would belong to.
                Err(SentinelError::UnexpectedReply(_)) => self.hang_up(link)?,
                outcome => unless_late(outcome)?,
            },
            Event::Disconnected(link) => self.hang_up(link)?,
            Event::Resolved(host, ip) => self.sentinel.resolved(&host, ip.as_deref(), now),
        }
        Ok(())
    }

    /// 3. Does what the sentinel says, in order, until it says nothing, or to end.
    fn obey(&mut self) -> Result<Option<ExitCode>, Box<dyn Error>> {
        while let Some(output) = self.sentinel.poll() {
            match output {
                Output::Connect { link, address, .. } => {
                    let connection = network::connect(link, address.target(), address.port, self.events.clone());
                    self.links.insert(link, connection);
                }
                Output::Close { link } => {
                    self.links.remove(&link);
                }
                Output::Send { link, argv } => {
                    let (argv, mut bytes) = (argv.iter().map(|arg| &**arg).collect::<Vec<_>>(), Vec::new());
                    encode_command(&argv, &mut bytes);
                    if !self.links.get(&link).is_some_and(|connection| connection.send(bytes)) {
                        self.hang_up(link)?;
                    }
                }
                // Whatever comes next may tell others of what these lines say: a vote, above all.
                Output::Persist { ticket, lines } => {
                    self.file.persist(lines)?;
                    self.sentinel.persisted(ticket)?;
                }
                Output::Reply { client, value } => {
                    let mut encoder = Encoder::new(self.sentinel.protocol(client));
                    encoder.value(&value)?;
                    if !self
                        .clients
                        .get(&client)
                        .is_some_and(|connection| connection.send(encoder.take()))
                    {
                        self.clients.remove(&client);
                        self.sentinel.client_closed(client);
                    }
                }
                Output::Event(event) => eprintln!("{} {} {}", now(), event.kind.name(), event.message),
                Output::RunScript { script, path, args } => {
                    let mut command = Command::new(path);
                    command.args(args).stdin(Stdio::null());
                    match self.may_run_scripts.then(|| command.spawn()) {
                        Some(Ok(child)) => drop(self.scripts.insert(script, child)),
                        _ => self.sentinel.script_finished(script, ScriptExit::NotStarted, now())?,
                    }
                }
                Output::KillScript { script } => {
                    if let Some(child) = self.scripts.get_mut(&script) {
                        child.kill()?;
                    }
                }
                Output::Resolve { host } => network::resolve(host, self.events.clone()),
                Output::Exit { code } => return Ok(Some(code.into())),
                _ => {}
            }
        }
        Ok(None)
    }

    /// The connection is gone, or of no use.
    fn hang_up(&mut self, link: LinkId) -> Result<(), SentinelError> {
        self.links.remove(&link);
        unless_late(self.sentinel.disconnected(link))
    }

    fn collect_scripts(&mut self) -> Result<(), Box<dyn Error>> {
        let mut ended: Vec<(ScriptId, ExitStatus)> = Vec::new();
        for (&script, child) in &mut self.scripts {
            ended.extend(child.try_wait()?.map(|status| (script, status)));
        }
        for (script, status) in ended {
            self.scripts.remove(&script);
            let exit = match (status.code(), status.signal()) {
                (Some(code), _) => ScriptExit::Code(code as u8),
                (None, signal) => ScriptExit::Signal(signal.unwrap_or(0) as u8),
            };
            self.sentinel.script_finished(script, exit, now())?;
        }
        Ok(())
    }
}

/// News of a connection that the sentinel has closed meanwhile is no news.
fn unless_late(outcome: Result<(), SentinelError>) -> Result<(), SentinelError> {
    match outcome {
        Err(SentinelError::UnknownLink(_)) => Ok(()),
        outcome => outcome,
    }
}

/// The wall clock, as real sentinels have it. When it jumps, the sentinel goes into TILT.
fn now() -> Millis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    since.as_millis() as Millis
}
