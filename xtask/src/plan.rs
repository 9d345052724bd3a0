//! Runs a plan: steps in two lanes, each piece printed before it runs, output kept and shown in full when it fails.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::cmd::Cmd;
use crate::env::{self, Tool};
use crate::report::Tally;
use crate::server::Server;
use crate::step::{Language, Step, Work};
use crate::table::Table;

/// As many as the smallest machine that the project plans for has cores.
const LANES: usize = 2;
/// How often a step that takes long says what it is at.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// What became of one step.
pub(crate) struct Done {
    pub(crate) name: &'static str,
    pub(crate) language: Language,
    pub(crate) tally: Tally,
    /// Whether what it makes can be used by later steps.
    pub(crate) good: bool,
    pub(crate) skips: Vec<String>,
    pub(crate) seconds: f64,
    /// All that its commands printed.
    pub(crate) output: String,
}

/// What became of a plan.
pub(crate) struct Outcome {
    pub(crate) done: Vec<Done>,
}

impl Outcome {
    pub(crate) fn total(&self) -> Tally {
        let mut total = Tally::default();
        for done in &self.done {
            total += done.tally;
        }
        total
    }

    /// Whether every step ran and none failed.
    pub(crate) fn is_whole(&self) -> bool {
        self.done.iter().all(|done| done.good && done.tally.failed == 0)
    }

    pub(crate) fn output(&self, name: &str) -> Option<&str> {
        let done = self.done.iter().find(|done| done.name == name && done.good)?;
        Some(&done.output)
    }

    /// A table a language, every skip with its reason, and the closing line.
    pub(crate) fn print(&self) {
        for language in Language::ALL {
            let rows = || self.done.iter().filter(|done| done.language == language);
            if rows().all(|done| done.tally.ran() == 0) {
                continue;
            }
            let mut table = Table::new(&[&format!("{language:?}"), "passed", "failed", "skipped", "seconds"]);
            for done in rows().filter(|done| done.tally.ran() > 0) {
                let Tally {
                    passed,
                    failed,
                    skipped,
                } = done.tally;
                let mut cells = vec![done.name.to_string()];
                cells.extend([passed, failed, skipped].map(|count| count.to_string()));
                cells.push(format!("{:.1}", done.seconds));
                table.row(cells);
            }
            println!();
            table.print();
        }
        println!();
        for done in &self.done {
            for skip in &done.skips {
                println!("SKIPPED {}: {skip}", done.name);
            }
        }
        let Tally {
            passed,
            failed,
            skipped,
        } = self.total();
        println!("{passed} passed, {failed} failed, {skipped} skipped");
    }
}

/// Those of `steps` that `wanted` picks, with all that they need.
pub(crate) fn select(steps: Vec<Step>, wanted: impl Fn(&Step) -> bool) -> Vec<Step> {
    let mut names: BTreeSet<&str> = steps.iter().filter(|step| wanted(step)).map(|step| step.name).collect();
    loop {
        let before = names.len();
        for step in &steps {
            if names.contains(step.name) {
                names.extend(&step.after);
            }
        }
        if names.len() == before {
            break;
        }
    }
    let names: BTreeSet<&'static str> = steps
        .iter()
        .map(|step| step.name)
        .filter(|name| names.contains(name))
        .collect();
    steps.into_iter().filter(|step| names.contains(step.name)).collect()
}

/// Installs what the steps need, then runs them.
pub(crate) fn run(steps: Vec<Step>) -> Outcome {
    let board = Board::default();
    let tools: BTreeSet<Tool> = steps.iter().flat_map(|step| step.needs.iter().copied()).collect();
    let order: Vec<&'static str> = steps.iter().map(|step| step.name).collect();
    let queue = Queue {
        state: Mutex::new(State {
            waiting: steps,
            busy: Vec::new(),
            done: Vec::new(),
            running: 0,
        }),
        changed: Condvar::new(),
    };
    thread::scope(|scope| {
        scope.spawn(|| board.beat());
        let missing = env::provide(&tools, |cmd| board.exec("set-up", cmd).1);
        // What a lane that panicked did not do stays in the queue, and so never looks done.
        let _ = thread::scope(|lanes| {
            let lanes: Vec<_> = (0..LANES)
                .map(|_| lanes.spawn(|| lane(&queue, &board, &missing)))
                .collect();
            lanes.into_iter().try_for_each(|lane| lane.join())
        });
        board.end();
    });
    let mut done = queue.lock().take_done();
    done.sort_by_key(|done| order.iter().position(|name| *name == done.name));
    Outcome { done }
}

struct Queue {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    waiting: Vec<Step>,
    /// What running steps use alone.
    busy: Vec<&'static str>,
    done: Vec<Done>,
    running: usize,
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn take_done(&mut self) -> Vec<Done> {
        let left = self
            .waiting
            .drain(..)
            .map(|step| skipped(&step, "it never started".into()));
        let mut done: Vec<Done> = left.collect();
        done.append(&mut self.done);
        done
    }

    /// The first step that can start now.
    fn next(&mut self) -> Option<Step> {
        let ended = |name: &str| self.done.iter().any(|done| done.name == name);
        let free = |step: &Step| step.alone_in.is_none_or(|what| !self.busy.contains(&what));
        let at = self
            .waiting
            .iter()
            .position(|step| free(step) && step.after.iter().all(|name| ended(name)))?;
        Some(self.waiting.remove(at))
    }

    /// The step that `step` waits for in vain.
    fn blocked(&self, step: &Step) -> Option<String> {
        let bad = self
            .done
            .iter()
            .find(|done| !done.good && step.after.contains(&done.name))?;
        Some(format!("it needs the step \"{}\", which did not go well", bad.name))
    }
}

fn lane(queue: &Queue, board: &Board, missing: &BTreeMap<Tool, String>) {
    let mut state = queue.lock();
    loop {
        let Some(step) = state.next() else {
            // Nothing runs, so nothing will make a step ready: all is done, or what is left waits for a missing name.
            if state.running == 0 {
                queue.changed.notify_all();
                return;
            }
            state = queue.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            continue;
        };
        let lacks = step.needs.iter().find_map(|tool| Some((tool, missing.get(tool)?)));
        let why_not = state
            .blocked(&step)
            .or_else(|| lacks.map(|(tool, way)| format!("{tool:?} is missing; {}", way.to_string())));
        let done = if let Some(reason) = why_not {
            board.say(step.name, &format!("SKIPPED: {reason}"));
            skipped(&step, reason)
        } else {
            state.running += 1;
            state.busy.extend(step.alone_in);
            drop(state);
            let done = perform(&step, board);
            state = queue.lock();
            state.running -= 1;
            state.busy.retain(|what| Some(*what) != step.alone_in);
            done
        };
        state.done.push(done);
        queue.changed.notify_all();
    }
}

/// On a machine that checks for others, a test that cannot run is a failure.
fn is_ci() -> bool {
    std::env::var("CI").is_ok_and(|value| value == "true")
}

fn strict(tally: Tally) -> Tally {
    if is_ci() {
        Tally::new(tally.passed, tally.failed + tally.skipped, 0)
    } else {
        tally
    }
}

fn skipped(step: &Step, reason: String) -> Done {
    Done {
        name: step.name,
        language: step.language,
        tally: strict(Tally::SKIPPED),
        good: false,
        skips: vec![reason],
        seconds: 0.0,
        output: String::new(),
    }
}

fn perform(step: &Step, board: &Board) -> Done {
    let start = Instant::now();
    let mut done = Done {
        name: step.name,
        language: step.language,
        tally: Tally::default(),
        good: true,
        skips: Vec::new(),
        seconds: 0.0,
        output: String::new(),
    };
    if step.stamp.as_ref().is_some_and(|stamp| stamp.is_fresh()) {
        board.say(step.name, "up to date");
        return done;
    }
    let mut server = None;
    if step.live {
        match Server::start() {
            Ok(started) => {
                board.say(step.name, &format!("$ {} &", started.line));
                server = Some(started);
            }
            Err(error) => return fail(done, board, &error),
        }
    }
    for work in &step.work {
        let (output, success) = match work {
            Work::Run(cmd) => {
                let cmd = server.iter().fold(cmd.clone(), |cmd, server| {
                    cmd.env("QUORATE_REDIS_PORT", server.port.to_string())
                });
                board.exec(step.name, &cmd)
            }
            Work::Act(what, act) => {
                board.say(step.name, &format!("# {what}"));
                match act(&done.output) {
                    Ok(output) => (output, true),
                    Err(error) => (error, false),
                }
            }
        };
        done.output.push_str(&output);
        if !success {
            done.good = false;
            break;
        }
    }
    if let (true, Some(stamp)) = (done.good, &step.stamp)
        && let Err(error) = stamp.write()
    {
        return fail(done, board, &error);
    }
    let tally = step.count.tally(&done.output, done.good);
    done.skips = step.count.skips(&done.output);
    done.tally = strict(tally);
    done.good &= done.tally.failed == 0;
    done.seconds = start.elapsed().as_secs_f64();
    board.close(&done);
    done
}

fn fail(mut done: Done, board: &Board, error: &str) -> Done {
    done.output.push_str(error);
    done.tally = Tally::FAILED;
    done.good = false;
    board.close(&done);
    done
}

/// What is running now, and all that is printed about it.
#[derive(Default)]
struct Board {
    running: Mutex<BTreeMap<String, Running>>,
    ended: Mutex<bool>,
    wake: Condvar,
}

struct Running {
    start: Instant,
    last_line: String,
}

impl Board {
    fn say(&self, name: &str, text: &str) {
        println!("[{name}] {text}");
    }

    fn close(&self, done: &Done) {
        let Tally {
            passed,
            failed,
            skipped,
        } = done.tally;
        let mut text = format!("{:.1} s", done.seconds);
        if done.tally.ran() > 0 {
            text.push_str(&format!(", {passed} passed, {failed} failed, {skipped} skipped"));
        }
        if done.good {
            self.say(done.name, &format!("ok, {text}"));
        } else {
            // In one piece, so that the other lane cannot write into it.
            println!(
                "[{name}] FAILED, {text}. It printed:\n{output}\n[{name}] end of what it printed",
                name = done.name,
                output = done.output.trim_end()
            );
        }
    }

    /// Runs a command and gives back all that it printed, and whether it went well.
    fn exec(&self, name: &str, cmd: &Cmd) -> (String, bool) {
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
    fn beat(&self) {
        let mut ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            ended = self
                .wake
                .wait_timeout(ended, HEARTBEAT)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
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

    fn end(&self) {
        *self.ended.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.wake.notify_all();
    }

    fn running(&self) -> MutexGuard<'_, BTreeMap<String, Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
