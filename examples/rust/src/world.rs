//! A simulated world: carries out a script, asks how it ended, and prints that as one line of JSON.
//!
//! `world FILE QUESTION...` does that; `world FILE --diagram` only draws what happened, as a space-time diagram.

use std::error::Error;
use std::fs;
use std::time::Instant;

use quorate_simulator::World;

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let script = fs::read_to_string(args.next().ok_or("usage: world FILE [--diagram | QUESTION...]")?)?;

    let start = Instant::now();
    let mut world = World::from_script(&script)?;
    let report = world.run();
    let microseconds = start.elapsed().as_micros();

    let mut results = format!("\"as expected\": {}", report.is_ok());
    for question in args {
        if question == "--diagram" {
            println!("{}", world.diagram(0, world.now()));
            println!("# leader   | follower   ! candidate   <> committed   x lost   (times are milliseconds)");
            return Ok(());
        }
        results += &format!(", {question:?}: {:?}", world.ask(&question)?);
    }
    println!(
        "{{\"language\": \"Rust\", \"results\": {{{results}, \"events\": {}, \"state hash\": \"{:016x}\"}}, \
         \"times\": {{\"us to run it\": {microseconds}}}}}",
        report.events, report.hash
    );
    Ok(())
}
