//! Measuring in pairs, and saying what came out.
//!
//! A machine that does other work too is faster at one moment than at the next, by more than what two programs differ. So the
//! two take turns in windows of a few milliseconds, each turn gives a ratio, and the median of the ratios is the result. Time
//! is the time that the thread ran.

use std::time::Duration;

use cpu_time::ThreadTime;

/// How long one turn lasts at least.
const WINDOW: Duration = Duration::from_millis(3);
const PAIRS: usize = 21;
/// When one run takes longer than this, three pairs must do, and one when it takes ten times as long.
const SLOW: Duration = Duration::from_millis(300);

/// What came out of a comparison.
pub(crate) struct Comparison {
    /// Nanoseconds a unit, the medians.
    pub(crate) ours: f64,
    pub(crate) peer: f64,
    /// Ours divided by the peer's: the median of the pairs.
    pub(crate) ratio: f64,
}

/// Compares two ways to do the same `units` of work.
pub(crate) fn compare(units: usize, mut ours: impl FnMut(), mut peer: impl FnMut()) -> Comparison {
    let (our_repeats, our_run) = repeats(&mut ours);
    let (peer_repeats, peer_run) = repeats(&mut peer);
    let pairs = match our_run.max(peer_run) {
        slow if slow > SLOW * 10 => 1,
        slow if slow > SLOW => 3,
        _ => PAIRS,
    };
    let (mut our_times, mut peer_times, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for pair in 0..pairs {
        // Each goes first in every other pair, so that neither always finds the caches as the other left them.
        let mut turn = |first: bool| {
            if first == (pair % 2 == 0) {
                our_times.push(time(our_repeats, &mut ours) / units as f64);
            } else {
                peer_times.push(time(peer_repeats, &mut peer) / units as f64);
            }
        };
        turn(true);
        turn(false);
        ratios.push(our_times[pair] / peer_times[pair]);
    }
    Comparison {
        ours: median(our_times),
        peer: median(peer_times),
        ratio: median(ratios),
    }
}

/// How many runs fill a window, and how long one took.
fn repeats(run: &mut impl FnMut()) -> (u32, Duration) {
    // The first run fills caches, buffers and the branch predictor.
    run();
    let mut repeats = 1;
    loop {
        let start = ThreadTime::now();
        (0..repeats).for_each(|_| run());
        let took = start.elapsed();
        if took >= WINDOW / 2 {
            let more = (WINDOW.as_nanos() * 2 / took.as_nanos().max(1)).div_ceil(2);
            return (repeats * more.max(1) as u32, took / repeats);
        }
        repeats *= 2;
    }
}

/// Nanoseconds a run.
fn time(repeats: u32, run: &mut impl FnMut()) -> f64 {
    let start = ThreadTime::now();
    (0..repeats).for_each(|_| run());
    start.elapsed().as_secs_f64() * 1e9 / f64::from(repeats)
}

pub(crate) fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}

/// Prints what a comparison gave, as one line of JSON. Names are plain words, so that quoting them is all that JSON asks for.
pub(crate) fn line(suite: &str, workload: &str, unit: &str, peer: &str, found: &Comparison) {
    let Comparison {
        ours,
        peer: theirs,
        ratio,
    } = found;
    println!(
        "{{\"suite\":{suite:?},\"workload\":{workload:?},\"language\":\"rust\",\"peer\":{peer:?},\"ours_ns\":{ours:.3},\
         \"peer_ns\":{theirs:.3},\"ratio\":{ratio:.4},\"unit\":{unit:?}}}"
    );
}
