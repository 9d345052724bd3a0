//! Runs single commands, keeps what they print, and says what goes on.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::cmd::Cmd;

/// How often a command that takes long says what it is at.
const HEARTBEAT: Duration = Duration::from_secs(15);

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

    /// Runs a command and gives back all that it printed, and whether it went well.
    pub(crate) fn exec(&self, name: &str, cmd: &Cmd) -> (String, bool) {
        self.say(name, &format!("$ {cmd}"));
        self.running().insert(
            name.into(),
            Running {
                start: Instant::now(),
                last_line: String::new(),
            },
        );
        let result = self.output(name, cmd);
        self.running().remove(name);
        match result {
            Ok(result) => result,
            Err(error) => (format!("cannot run {cmd}: {error}\n"), false),
        }
    }

    fn output(&self, name: &str, cmd: &Cmd) -> std::io::Result<(String, bool)> {
        // One pipe for both streams keeps their lines in order.
        let (reader, writer) = std::io::pipe()?;
        let mut command = cmd.command();
        command.stdin(Stdio::null()).stdout(writer.try_clone()?).stderr(writer);
        let mut child = command.spawn()?;
        // The command holds our ends of the pipe; while they are open, there is no end to what can be read.
        drop(command);
        let mut reader = BufReader::new(reader);
        let mut output = String::new();
        let mut line = Vec::new();
        while reader.read_until(b'\n', &mut line)? > 0 {
            let text = String::from_utf8_lossy(&line);
            output.push_str(&text);
            if let Some(running) = self.running().get_mut(name) {
                running.last_line = text.trim().into();
            }
            line.clear();
        }
        Ok((output, child.wait()?.success()))
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
