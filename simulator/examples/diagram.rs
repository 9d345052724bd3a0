//! A five-node election, a proposal, a crash and a new leader, as a space-time diagram:
//! `cargo run -p quorate-simulator --example diagram`, or of any script: `... -- FILE`.

use quorate_simulator::World;

const STORY: &str = "raft
seed 1
nodes 5
until leader != none within 1s
until converged == yes within 1s
ask c1 x=1 1
until client c1 == ok within 1s
run 60ms
crash 1
until leader != none within 1s
ask c1 x? 2
until client c1 == ok within 2s
expect answer c1 == 1
";

fn main() {
    let text = match std::env::args().nth(1) {
        Some(file) => std::fs::read_to_string(file).expect("a script that can be read"),
        None => STORY.to_string(),
    };
    let mut world = World::from_script(&text).expect("a script");
    let report = world.run();
    println!("{}", world.diagram(0, world.now()));
    println!("#: leader  |: follower  !: candidate  <>: committed  x: lost\n{report}");
    assert!(report.is_ok());
}
