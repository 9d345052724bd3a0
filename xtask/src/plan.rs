//! Runs a plan: steps in two lanes, each piece printed before it runs, output kept and shown in full when it fails.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::board::{Board, Progress};
use crate::env::{self, Tool};
use crate::report::Tally;
use crate::server::Server;
use crate::step::{Language, Step, Work};
use crate::table::Table;

/// As many as the smallest machine that the project plans for has cores.
const LANES: usize = 2;

/// How long to install one tool may take.
const SET_UP: Duration = Duration::from_secs(20 * 60);

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
        for done in self.done.iter().filter(|done| done.tally.failed > 0) {
            println!("FAILED {}: what it printed is above", done.name);
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
    let picked = steps.iter().filter(|step| wanted(step));
    let mut names: BTreeSet<&'static str> = picked.map(|step| step.name).collect();
    let mut before = 0;
    while names.len() > before {
        before = names.len();
        for step in &steps {
            if names.contains(step.name) {
                names.extend(step.after.iter().copied());
            }
        }
    }
    steps.into_iter().filter(|step| names.contains(step.name)).collect()
}

/// Installs what the steps need, then runs them.
pub(crate) fn run(steps: Vec<Step>, progress: Progress) -> Outcome {
    let board = Board::new(progress);
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
        let missing = env::provide(&tools, |cmd| {
            let (output, success) = board.exec("set-up", cmd, Instant::now() + SET_UP);
            if !success {
                board.print(&output);
            }
        });
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
            .or_else(|| lacks.map(|(tool, way)| format!("{tool:?} is missing; {way}")));
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
    let deadline = start + step.limit;
    let mut server = None;
    if step.live {
        match Server::start().and_then(|server| server.connect().map(|_| server)) {
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
                board.exec(step.name, &cmd, deadline)
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
            if Instant::now() >= deadline {
                let text = format!(
                    "the step \"{}\" may take {:?}, and no longer
",
                    step.name, step.limit
                );
                done.output.push_str(&text);
            }
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
    close(board, &done);
    done
}

fn fail(mut done: Done, board: &Board, error: &str) -> Done {
    done.output.push_str(error);
    done.tally = Tally::FAILED;
    done.good = false;
    close(board, &done);
    done
}

/// Says how a step ended.
fn close(board: &Board, done: &Done) {
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
        board.say(done.name, &format!("ok, {text}"));
    } else {
        // In one piece, so that the other lane cannot write into it.
        board.print(&format!(
            "[{name}] FAILED, {text}. It printed:\n{output}\n[{name}] end of what it printed",
            name = done.name,
            output = done.output.trim_end()
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cmd::cmd;
    use crate::report::Count;

    fn step(name: &'static str, line: &str) -> Step {
        Step::new(Language::Rust, name, Count::One).run(cmd(line))
    }

    fn names(outcome: &Outcome, pick: impl Fn(&Done) -> bool) -> Vec<&'static str> {
        outcome
            .done
            .iter()
            .filter(|done| pick(done))
            .map(|done| done.name)
            .collect()
    }

    #[test]
    fn what_needs_a_failed_step_is_skipped_and_the_rest_runs() {
        let steps = vec![
            step("last", "true").after(&["middle"]),
            step("middle", "true").after(&["first"]),
            step("first", "false"),
            step("apart", "true"),
        ];
        let outcome = run(steps, Progress::Stderr);
        assert_eq!(names(&outcome, |done| done.good), ["apart"]);
        assert_eq!(
            names(&outcome, |done| done.output.is_empty()),
            ["last", "middle", "first", "apart"]
        );
        let total = outcome.total();
        assert_eq!((total.passed, total.failed + total.skipped), (1, 3));
        assert!(!outcome.is_whole());
    }

    #[test]
    fn a_step_that_nobody_can_start_is_not_lost() {
        let outcome = run(
            vec![step("waits", "true").after(&["nothing of this name"])],
            Progress::Stderr,
        );
        assert_eq!(names(&outcome, |done| done.good), [""; 0]);
        assert_eq!(outcome.done.len(), 1);
        assert!(!outcome.is_whole());
    }

    #[test]
    fn two_steps_that_must_be_alone_run_one_after_the_other() {
        let nap = |name| step(name, "sleep 0.3").alone_in("bed");
        let start = Instant::now();
        let outcome = run(vec![nap("a"), nap("b")], Progress::Stderr);
        assert!(outcome.is_whole());
        assert!(start.elapsed().as_secs_f64() >= 0.6, "both were in one bed");
    }

    #[test]
    fn output_is_kept_in_order_and_a_missing_program_is_a_failure() {
        let work = cmd("sh -c").arg("echo one; echo two >&2; echo three");
        let outcome = run(
            vec![
                Step::build(Language::C, "talks").run(work),
                step("no program", "no-such-program-here"),
            ],
            Progress::Stderr,
        );
        assert_eq!(outcome.output("talks"), Some("one\ntwo\nthree\n"));
        assert_eq!(outcome.output("no program"), None);
        assert_eq!(outcome.total(), Tally::FAILED);
    }

    #[test]
    fn a_step_that_hangs_is_ended_with_all_that_it_started() {
        let work = cmd("sh -c").arg("echo begun; sleep 1000 & sh -c 'sleep 1000; true'");
        let hangs = Step::new(Language::C, "hangs", Count::One)
            .within(Duration::from_millis(500))
            .run(work);
        let start = Instant::now();
        let outcome = run(vec![hangs, step("runs", "true").after(&["hangs"])], Progress::Stderr);
        assert!(
            start.elapsed() < Duration::from_secs(500),
            "nobody waited for it to end"
        );
        let output = &outcome.done[0].output;
        assert!(output.starts_with("begun\n"), "{output}");
        assert!(
            output.contains("ended with all that it ran: sh, sleep, sh, sleep\n"),
            "{output}"
        );
        assert!(output.contains("the step \"hangs\" may take 500ms"), "{output}");
        assert_eq!(names(&outcome, |done| done.good), [""; 0]);
    }

    #[test]
    fn what_a_command_leaves_behind_does_not_hold_up_the_run() {
        let leaves = Step::new(Language::C, "leaves", Count::One)
            .within(Duration::from_millis(500))
            .run(cmd("sh -c").arg("sleep 7 & echo done"));
        let outcome = run(vec![leaves], Progress::Stderr);
        let output = &outcome.done[0].output;
        assert!(
            output.contains("it ended, but what it started still held its output"),
            "{output}"
        );
        assert_eq!(outcome.total(), Tally::FAILED);
    }

    #[test]
    fn select_takes_along_what_is_needed() {
        let steps = vec![
            step("a", "true"),
            step("b", "true").after(&["a"]),
            step("c", "true").after(&["b"]),
            step("d", "true"),
        ];
        let picked = select(steps, |step| step.name == "c");
        assert_eq!(picked.iter().map(|step| step.name).collect::<Vec<_>>(), ["a", "b", "c"]);
    }
}
