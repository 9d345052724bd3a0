//! Simulated worlds: text in, text out. Nothing here knows what kind of machines a world holds.

use core::ffi::c_char;
use std::ffi::CString;

use quorate_simulator::{Error, Moment, Report, World};

use crate::boundary;
use crate::bytes::{slice, text};
use crate::error::*;
use crate::handle::{Handle, handle, put};
use crate::text::{c_text, explain, read};

/// A microsecond: times of a world are whole numbers of it.
pub const QUORATE_SIM_MICROSECOND: u64 = 1;
/// A millisecond.
pub const QUORATE_SIM_MILLISECOND: u64 = 1000;
/// A second.
pub const QUORATE_SIM_SECOND: u64 = 1000000;

/// A seeded world of many machines: their disks, a network, clients and a virtual clock. Nothing in it is left to chance but what
/// its seed decides: the same script gives the same run, in every language.
///
///     static const char script[] = "raft\nnodes 3\nseed 7\n";
///     quorate_sim_world *world;
///     const char *leader;
///     bool holds;
///     quorate_sim_world_new((const uint8_t *)script, sizeof script - 1, &world, NULL, 0);    // 1. make it
///     quorate_sim_world_until(world, "leader != none", QUORATE_SIM_SECOND, &holds);           // 2. let time pass
///     quorate_sim_world_act(world, "partition 1 | 2 3");                                      // 3. do things to it
///     quorate_sim_world_ask(world, "leader", &leader);                                        // 4. and ask
///     quorate_sim_world_seek(world, 0);                                                       // or go back
///     quorate_sim_world_free(world);
///
/// Scripts, actions, questions and predicates are text, as tests/corpus/raft/README.md has them. Texts that a world hands out are
/// ended by NUL, and valid until the same function is called again on that world, or until it is freed.
pub struct quorate_sim_world {
    inner: World,
    answer: CString,
    view: CString,
    events: CString,
    diagram: CString,
    violations: CString,
    history: CString,
    script: CString,
    failures: CString,
    hashes: Vec<quorate_sim_hash>,
    latest: Option<Error>,
}
handle!(quorate_sim_world, b"Qworld\x00\x01");

/// The hash of a world's state at one line of its script.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct quorate_sim_hash {
    /// The line, from 1 on.
    pub line: u64,
    /// The hash that was found. Scripts write it as 16 hexadecimal digits.
    pub hash: u64,
}

/// How a script went, as far as it was carried out.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct quorate_sim_report {
    /// What was not as expected, as a JSON array of {"line":LINE,"text":TEXT}; line 0 is about the whole. Ended by NUL.
    pub failures: *const c_char,
    /// How many that are.
    pub failure_count: usize,
    /// How many expectations were looked at.
    pub expectations: u64,
    /// The hashes that the script asks for, in its order.
    pub hashes: *const quorate_sim_hash,
    /// How many hashes.
    pub hash_count: usize,
    /// The hash of the state at the end.
    pub hash: u64,
    /// When that is, in microseconds.
    pub at: u64,
    /// After how many events.
    pub events: u64,
    /// Whether all was as expected.
    pub ok: bool,
}

/// A moment of a world. Several may share a time.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct quorate_sim_moment {
    /// When, in microseconds.
    pub at: u64,
    /// How many events had been processed.
    pub events: u64,
    /// How many actions had been done.
    pub actions: u64,
}

impl quorate_sim_world {
    fn of(inner: World) -> Self {
        Self {
            inner,
            answer: CString::default(),
            view: CString::default(),
            events: CString::default(),
            diagram: CString::default(),
            violations: CString::default(),
            history: CString::default(),
            script: CString::default(),
            failures: CString::default(),
            hashes: Vec::new(),
            latest: None,
        }
    }

    fn refused(&mut self, error: Error) -> quorate_status {
        quorate_status::of_code(self.latest.insert(error).code())
    }

    fn keep(&mut self, report: &Report) -> quorate_sim_report {
        self.failures = json(&report.failures);
        let hashes = report.hashes.iter();
        self.hashes = hashes
            .map(|&(line, hash)| quorate_sim_hash {
                line: line as u64,
                hash,
            })
            .collect();
        quorate_sim_report {
            failures: self.failures.as_ptr(),
            failure_count: report.failures.len(),
            expectations: report.expectations,
            hashes: self.hashes.as_ptr(),
            hash_count: self.hashes.len(),
            hash: report.hash,
            at: report.at,
            events: report.events,
            ok: report.is_ok(),
        }
    }
}

/// Plain data in one line of JSON. What serde derives for it does not fail.
fn json(value: &(impl serde::Serialize + ?Sized)) -> CString {
    c_text(serde_json::to_string(value).unwrap_or_default())
}

/// Has a world write a text, keeps it, and points the caller to it.
///
/// # Safety
/// As [`Handle::get_mut`]; `out` is NULL or writable.
unsafe fn show(
    world: *mut quorate_sim_world,
    out: *mut *const c_char,
    write: impl FnOnce(&mut quorate_sim_world) -> &CString,
) -> Result<quorate_status, quorate_status> {
    // SAFETY: the caller's contract.
    let world = unsafe { quorate_sim_world::get_mut(world) }?;
    if out.is_null() {
        return Err(QUORATE_ERR_NULL);
    }
    // SAFETY: the caller's contract.
    unsafe { put(out, write(world).as_ptr()) }?;
    Ok(QUORATE_OK)
}

// ---- a world's life

/// Makes a world from the `len` bytes of a script, whose machines have just started; quorate_sim_world_run carries the script out.
/// Free it with quorate_sim_world_free.
///
/// QUORATE_ERR_INVALID_SCRIPT, QUORATE_ERR_INVALID_CONFIG or QUORATE_ERR_BROKEN_RULES_ABSENT, for a script about rules that this
/// build keeps; the reason, with the line, is written to the `cap` bytes at `error`, ended by NUL, unless that is NULL.
/// QUORATE_ERR_INVALID_ARGUMENT if the bytes are not UTF-8.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_sim_world_new(
    script: *const u8,
    len: usize,
    world: *mut *mut quorate_sim_world,
    error: *mut c_char,
    cap: usize,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let script = core::str::from_utf8(unsafe { slice(script, len) }?).map_err(|_| QUORATE_ERR_INVALID_ARGUMENT)?;
        if world.is_null() {
            return Err(QUORATE_ERR_NULL);
        }
        let inner = World::from_script(script)
            // SAFETY: the caller's contract.
            .map_err(|failed| unsafe { explain(&failed, failed.code(), error, cap) })?;
        // SAFETY: the caller's contract.
        unsafe { put(world, quorate_sim_world::of(inner).open()) }?;
        Ok(QUORATE_OK)
    })
}

/// Frees the world and with it every text that it handed out. NULL is ignored.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_sim_world_free(world: *mut quorate_sim_world) {
    // SAFETY: the caller's contract, as the header says it.
    boundary::guard(|| unsafe { quorate_sim_world::close(world) });
}

/// Another world that is the same up to here and knows of no future. Free it with quorate_sim_world_free. NULL on misuse.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_sim_world_branch(world: *const quorate_sim_world) -> *mut quorate_sim_world {
    // SAFETY: the caller's contract, as the header says it.
    boundary::guard(|| match unsafe { quorate_sim_world::get(world) } {
        Ok(world) => quorate_sim_world::of(world.inner.branch()).open(),
        Err(_) => core::ptr::null_mut(),
    })
}

// ---- going on

/// Carries out the script to its end. `report`, unless it is NULL, becomes how it went; its views are valid until the next run or
/// report of the world. What is not as expected is no error of this call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_sim_world_run(
    world: *mut quorate_sim_world,
    report: *mut quorate_sim_report,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let world = unsafe { quorate_sim_world::get_mut(world) }?;
        let found = world.inner.run();
        if !report.is_null() {
            // SAFETY: the caller's contract.
            unsafe { put(report, world.keep(&found)) }?;
        }
        Ok(QUORATE_OK)
    })
}

/// How the script went, as far as it was carried out. Views as of quorate_sim_world_run.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_sim_world_report(
    world: *mut quorate_sim_world,
    report: *mut quorate_sim_report,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let world = unsafe { quorate_sim_world::get_mut(world) }?;
        if report.is_null() {
            return Err(QUORATE_ERR_NULL);
        }
        let found = world.inner.report();
        // SAFETY: the caller's contract.
        unsafe { put(report, world.keep(&found)) }?;
        Ok(QUORATE_OK)
    })
}

/// Lets the next thing happen: an event, or an action that was done at this point before. QUORATE_NOTHING if there is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_sim_world_step(world: *mut quorate_sim_world) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let stepped = unsafe { quorate_sim_world::get_mut(world) }?.inner.step();
        Ok(if stepped { QUORATE_OK } else { QUORATE_NOTHING })
    })
}

/// Goes on until the time `at`: everything that is due by then happens.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_sim_world_run_until(world: *mut quorate_sim_world, at: u64) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        unsafe { quorate_sim_world::get_mut(world) }?.inner.run_until(at);
        Ok(QUORATE_OK)
    })
}

/// Goes on for so many microseconds.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_sim_world_run_for(world: *mut quorate_sim_world, duration: u64) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        unsafe { quorate_sim_world::get_mut(world) }?.inner.run_for(duration);
        Ok(QUORATE_OK)
    })
}

/// Goes on until a predicate holds, such as "commit 1 == 3", for `within` microseconds at the most. `holds` becomes whether it
/// does. QUORATE_ERR_INVALID_SCRIPT or QUORATE_ERR_INVALID_QUESTION for one that cannot be read.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_sim_world_until(
    world: *mut quorate_sim_world,
    predicate: *const c_char,
    within: u64,
    holds: *mut bool,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let (world, predicate) = unsafe { (quorate_sim_world::get_mut(world)?, read(predicate)?) };
        if holds.is_null() {
            return Err(QUORATE_ERR_NULL);
        }
        match world.inner.until(predicate, within) {
            // SAFETY: the caller's contract.
            Ok(found) => unsafe { put(holds, found) }?,
            Err(error) => return Err(world.refused(error)),
        }
        Ok(QUORATE_OK)
    })
}

/// Does something to the world, now, such as "crash 3". If it went back in time, the future that it came from is gone; a branch
/// keeps it.
///
/// The status says what the action needs and does not find, such as QUORATE_ERR_UNKNOWN_NODE; QUORATE_ERR_REFUSED is what a
/// machine said of it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_sim_world_act(world: *mut quorate_sim_world, action: *const c_char) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let (world, action) = unsafe { (quorate_sim_world::get_mut(world)?, read(action)?) };
        match world.inner.act(action) {
            Ok(()) => Ok(QUORATE_OK),
            Err(error) => Err(world.refused(error)),
        }
    })
}

// ---- time travel

/// Goes to a time, back or on: everything that was due by then has happened, and every action until then was done.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_sim_world_seek(world: *mut quorate_sim_world, at: u64) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        unsafe { quorate_sim_world::get_mut(world) }?.inner.seek(at);
        Ok(QUORATE_OK)
    })
}

/// Goes to where so many events were processed, back or on, and every action until then was done.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_sim_world_seek_event(world: *mut quorate_sim_world, events: u64) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        unsafe { quorate_sim_world::get_mut(world) }?.inner.seek_event(events);
        Ok(QUORATE_OK)
    })
}

/// This moment.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_sim_world_moment(
    world: *const quorate_sim_world,
    moment: *mut quorate_sim_moment,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let Moment { at, events, actions } = unsafe { quorate_sim_world::get(world) }?.inner.moment();
        let now = quorate_sim_moment {
            at,
            events,
            actions: actions as u64,
        };
        // SAFETY: the caller's contract.
        unsafe { put(moment, now) }?;
        Ok(QUORATE_OK)
    })
}

/// Goes to a moment that was, as quorate_sim_world_moment named it. QUORATE_ERR_NO_SUCH_MOMENT for one of another branch, in
/// which more was done than was ever done here.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_sim_world_seek_moment(
    world: *mut quorate_sim_world,
    moment: quorate_sim_moment,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let world = unsafe { quorate_sim_world::get_mut(world) }?;
        let moment = Moment {
            at: moment.at,
            events: moment.events,
            actions: usize::try_from(moment.actions).unwrap_or(usize::MAX),
        };
        match world.inner.seek_moment(moment) {
            Ok(()) => Ok(QUORATE_OK),
            Err(error) => Err(world.refused(error)),
        }
    })
}

// ---- questions

/// The time, in microseconds since the world began. 0 on misuse.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_sim_world_now(world: *const quorate_sim_world) -> u64 {
    // SAFETY: the caller's contract, as the header says it.
    boundary::guard(|| unsafe { quorate_sim_world::get(world) }.map_or(0, |world| world.inner.now()))
}

/// How many events were processed. 0 on misuse.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_sim_world_event_count(world: *const quorate_sim_world) -> u64 {
    // SAFETY: the caller's contract, as the header says it.
    boundary::guard(|| unsafe { quorate_sim_world::get(world) }.map_or(0, |world| world.inner.event_count()))
}

/// A hash of the state: time, machines, disks, messages in flight, clients. The same in every language. 0 on misuse.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_sim_world_state_hash(world: *const quorate_sim_world) -> u64 {
    // SAFETY: the caller's contract, as the header says it.
    boundary::guard(|| unsafe { quorate_sim_world::get(world) }.map_or(0, |world| world.inner.state_hash()))
}

/// Answers what scripts ask, such as "leader" or "commit 1". QUORATE_ERR_INVALID_QUESTION for one that is not known, or is about
/// what is not there.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_sim_world_ask(
    world: *mut quorate_sim_world,
    question: *const c_char,
    answer: *mut *const c_char,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let (owner, question) = unsafe { (quorate_sim_world::get_mut(world)?, read(question)?) };
        let found = match owner.inner.ask(question) {
            Ok(found) => c_text(found),
            Err(error) => return Err(owner.refused(error)),
        };
        // SAFETY: the caller's contract.
        unsafe {
            show(world, answer, |world| {
                world.answer = found;
                &world.answer
            })
        }
    })
}

/// All that a drawing of this moment needs, as a JSON object: the machines with their logs and timers, the messages in flight,
/// the links that are cut, the clients, what does not hold.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_sim_world_view(
    world: *mut quorate_sim_world,
    view: *mut *const c_char,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        unsafe {
            show(world, view, |world| {
                world.view = json(&world.inner.view());
                &world.view
            })
        }
    })
}

/// What happened, from the event record `start` on, counted from 0, as a JSON array.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_sim_world_events(
    world: *mut quorate_sim_world,
    start: usize,
    events: *mut *const c_char,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        unsafe {
            show(world, events, |world| {
                world.events = json(world.inner.events().get(start..).unwrap_or_default());
                &world.events
            })
        }
    })
}

/// What happened between two times, as a space-time diagram in text: time runs down, each machine is a lane, an arrow is a
/// message that arrives.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_sim_world_diagram(
    world: *mut quorate_sim_world,
    from: u64,
    to: u64,
    diagram: *mut *const c_char,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        unsafe {
            show(world, diagram, |world| {
                world.diagram = c_text(world.inner.diagram(from, to));
                &world.diagram
            })
        }
    })
}

/// The invariants that do not hold, with their witnesses, as a JSON array.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_sim_world_violations(
    world: *mut quorate_sim_world,
    violations: *mut *const c_char,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        unsafe {
            show(world, violations, |world| {
                world.violations = json(world.inner.violations());
                &world.violations
            })
        }
    })
}

/// What clients asked and were answered, as a JSON array.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_sim_world_history(
    world: *mut quorate_sim_world,
    history: *mut *const c_char,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        unsafe {
            show(world, history, |world| {
                world.history = json(world.inner.history());
                &world.history
            })
        }
    })
}

/// A script that makes the same run: the settings, and every action at its moment.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_sim_world_to_script(
    world: *mut quorate_sim_world,
    script: *mut *const c_char,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        unsafe {
            show(world, script, |world| {
                world.script = c_text(world.inner.to_script());
                &world.script
            })
        }
    })
}

/// Writes why the latest call was refused: at most `cap` bytes, ended by NUL. Returns the length of the whole text without the
/// NUL, as snprintf does. 0, and nothing written, when none was, or on misuse.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_sim_world_error(
    world: *const quorate_sim_world,
    buf: *mut c_char,
    cap: usize,
) -> usize {
    boundary::guard(|| {
        // SAFETY: the caller's contract, as the header says it.
        let world = unsafe { quorate_sim_world::get(world) };
        match world.ok().and_then(|world| world.latest.as_ref()) {
            // SAFETY: the caller's contract.
            Some(error) => unsafe { text(error, buf, cap) },
            None => 0,
        }
    })
}
