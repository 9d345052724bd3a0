//! A simulated world: carries out a script, asks how it ended, and prints that as one line of JSON.
//!
//! `world FILE` does that; `world FILE --diagram` draws what happened first, as a space-time diagram.

use std::error::Error;
use std::fs;
use std::time::Instant;

use quorate_simulator::World;

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().collect();
    let script = fs::read_to_string(args.get(1).ok_or("usage: world FILE [--diagram]")?)?;

    let start = Instant::now();
    let mut world = World::from_script(&script)?;
    let report = world.run();
    let microseconds = start.elapsed().as_micros();

    if args.get(2).is_some_and(|flag| flag == "--diagram") {
        println!("{}", world.diagram(0, world.now()));
        println!("# leader   | follower   ! candidate   <> committed   x lost   (times are milliseconds)\n");
    }
    let leader = world.ask("leader")?;
    println!(
        "{{\"language\": \"Rust\", \"results\": {{\"as expected\": {}, \"leader\": {:?}, \"its log\": {:?}, \
         \"events\": {}, \"state hash\": \"{:016x}\"}}, \"times\": {{\"us to run it\": {microseconds}}}}}",
        report.is_ok(),
        leader,
        world.ask(&format!("log {leader}"))?,
        report.events,
        report.hash
    );
    Ok(())
}
