//! Runs single commands, keeps what they print, says what goes on, and ends those that do not end.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, PipeReader};
use std::process::{Child, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::cmd::Cmd;
use crate::process;

/// How often a command that takes long says what it is at.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// How long is waited for what an ended command still has to say.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// Where to say what goes on.
#[derive(Clone, Copy)]
pub(crate) enum Progress {
    Stdout,
    /// For commands whose results on stdout are for programs.
    Stderr,
}

/// What is running now, and all that is printed about it.
pub(crate) struct Board {
    progress: Progress,
    running: Mutex<BTreeMap<String, Running>>,
    ended: Mutex<bool>,
    wake: Condvar,
}

struct Running {
    start: Instant,
    last_line: String,
}

impl Board {
    pub(crate) fn new(progress: Progress) -> Self {
        Self {
            progress,
            running: Mutex::default(),
            ended: Mutex::default(),
            wake: Condvar::new(),
        }
    }

    pub(crate) fn say(&self, name: &str, text: &str) {
        self.print(&format!("[{name}] {text}"));
    }

    pub(crate) fn print(&self, text: &str) {
        match self.progress {
            Progress::Stdout => println!("{text}"),
            Progress::Stderr => eprintln!("{text}"),
        }
    }

    /// Runs a command and gives back all that it printed, and whether it went well. One that is still at it at `deadline` is
    /// ended with all that it started, and has not gone well.
    pub(crate) fn exec(&self, name: &str, cmd: &Cmd, deadline: Instant) -> (String, bool) {
        self.say(name, &format!("$ {cmd}"));
        self.running().insert(
            name.into(),
            Running {
                start: Instant::now(),
                last_line: String::new(),
            },
        );
        let result = self.output(name, cmd, deadline);
        self.running().remove(name);
        match result {
            Ok(result) => result,
            Err(error) => (format!("cannot run {cmd}: {error}\n"), false),
        }
    }

    fn output(&self, name: &str, cmd: &Cmd, deadline: Instant) -> std::io::Result<(String, bool)> {
        // One pipe for both streams keeps their lines in order.
        let (reader, writer) = std::io::pipe()?;
        let mut command = cmd.command();
        command.stdin(Stdio::null()).stdout(writer.try_clone()?).stderr(writer);
        let mut child = command.spawn()?;
        // The command holds our ends of the pipe; while they are open, there is no end to what can be read.
        drop(command);
        let lines = lines(reader);
        let mut output = String::new();
        if self.collect(name, &lines, deadline, &mut output) {
            return Ok((output, child.wait()?.success()));
        }
        let ended = end(&mut child)?;
        // What it said last; who outlived it may keep the pipe open for ever.
        self.collect(name, &lines, Instant::now() + LAST_WORDS, &mut output);
        output.push_str(&format!("{cmd}: {ended}\n"));
        Ok((output, false))
    }

    /// Takes lines until they end; says whether that was before `deadline`.
    fn collect(&self, name: &str, lines: &Receiver<Vec<u8>>, deadline: Instant, output: &mut String) -> bool {
        loop {
            match lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(line) => {
                    let text = String::from_utf8_lossy(&line);
                    output.push_str(&text);
                    if let Some(running) = self.running().get_mut(name) {
                        running.last_line = text.trim().into();
                    }
                }
                Err(RecvTimeoutError::Disconnected) => return true,
                Err(RecvTimeoutError::Timeout) => return false,
            }
        }
    }

    /// Says now and then what the running commands are at, until the end.
    pub(crate) fn beat(&self) {
        let mut ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        while !*ended {
            let waited = self.wake.wait_timeout(ended, HEARTBEAT);
            ended = waited.unwrap_or_else(PoisonError::into_inner).0;
            if *ended {
                return;
            }
            for (name, running) in self.running().iter() {
                let seconds = running.start.elapsed().as_secs();
                if seconds >= HEARTBEAT.as_secs() {
                    self.say(name, &format!("... {seconds} s: {}", running.last_line));
                }
            }
        }
    }

    /// Ends [`Board::beat`].
    pub(crate) fn end(&self) {
        *self.ended.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.wake.notify_all();
    }

    fn running(&self) -> MutexGuard<'_, BTreeMap<String, Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The lines that come out of a pipe, as they come.
fn lines(reader: PipeReader) -> Receiver<Vec<u8>> {
    let (sender, lines) = mpsc::channel();
    thread::spawn(move || {
        let mut reader = BufReader::new(reader);
        let mut line = Vec::new();
        while reader.read_until(b'\n', &mut line).is_ok_and(|length| length > 0) {
            if sender.send(std::mem::take(&mut line)).is_err() {
                return;
            }
        }
    });
    lines
}

/// Ends a command that had its time, and says what it was still at.
fn end(child: &mut Child) -> std::io::Result<String> {
    if child.try_wait()?.is_some() {
        return Ok("it ended, but what it started still held its output when its time was up".into());
    }
    let programs = process::end(child.id());
    // It may have ended by itself just now.
    let _ = child.kill();
    child.wait()?;
    Ok(format!(
        "its time was up, and it was ended with all that it ran: {programs}"
    ))
}
