//! `cargo xtask demo`: builds the packages, installs each as its users would, and runs the same programs (`examples/`) in
//! each language: a client, and a simulated world that is also drawn. Shows that they agree.

use serde_json::{Map, Value};

use super::consumer::{self, C_TOOLS, c_program, node_folder, python_path, run_c};
use super::dist::packages;
use super::target;
use crate::args::Args;
use crate::board::Progress;
use crate::cmd::{Cmd, cmd};
use crate::env::Tool;
use crate::plan::{self, Outcome};
use crate::step::{Language, Step};
use crate::table::Table;

/// Replies of a real server, and the commands that it was sent.
const RECORDINGS: &str = "tests/corpus/recordings";
/// What happens in the simulated worlds.
const STORY: &str = "examples/story.txt";
const SPLIT: &str = "examples/split-brain.txt";
const BOUNDED: &str = "examples/split-brain-min-replicas.txt";

/// The step that draws the first of them.
const DRAWING: &str = "drawing";

/// One program in several languages, each run by a step.
struct Program {
    /// What its results are about.
    about: &'static str,
    steps: &'static [&'static str],
}

const CLIENT: Program = Program {
    about: "a server's recorded replies",
    steps: &["rust", "python", "node", "c"],
};
const WORLD: Program = Program {
    about: "a simulated group of five",
    steps: &["rust world", "python world", "node world", "c world"],
};
const SPLIT_BRAIN: Program = Program {
    about: "a master that is cut off, and writes on",
    steps: &["rust split", "python split", "node split", "c split"],
};
const BOUNDED_LOSS: Program = Program {
    about: "the same with min-replicas-to-write 1",
    steps: &["rust bounded", "python bounded", "node bounded", "c bounded"],
};
/// What each story's machines are asked in the end.
const OF_RAFT: [&str; 3] = ["leader", "log 1", "value 1 x"];
const OF_SENTINEL: [&str; 6] = ["elected m1", "masters m1", "acknowledged", "refused", "lost", "window"];

pub(crate) fn demo(mut args: Args) -> Result<bool, String> {
    let live = args.flag("--live");
    // The demo ends by itself in any case; what it will show in a browser one day, this flag leaves out.
    args.flag("--no-serve");
    args.end()?;

    let mut steps = packages();
    steps.extend([consumer::python(), consumer::node()]);
    steps.extend(clients(live));
    steps.extend(worlds());
    let outcome = plan::run(steps, Progress::Stdout);

    let client = match live {
        true => Program {
            about: "a live server's replies",
            ..CLIENT
        },
        false => CLIENT,
    };
    let clients = client.show(&outcome)?;
    draw(&outcome);
    let mut worst = clients;
    for program in [&WORLD, &SPLIT_BRAIN, &BOUNDED_LOSS] {
        worst = worst.max(program.show(&outcome)?);
    }
    println!("\nA write is lost when it was acknowledged and no server has it; the window is in milliseconds.\n");
    match (worst, outcome.is_whole()) {
        (Agreement::All, true) => println!("They all agree."),
        (Agreement::Some, _) | (Agreement::All, false) => {
            println!("Those that ran agree, but some did not run: see above.");
        }
        (Agreement::No, _) => println!("THEY DO NOT AGREE: see the rows that say NO."),
    }
    Ok(worst == Agreement::All && outcome.is_whole())
}

/// One step a language, each named for what it runs; one at a time, as each measures time.
fn clients(live: bool) -> Vec<Step> {
    let program = target("consumer/client");
    let client = |language, name, last: Cmd| {
        // Where a server is needed, its port is known only when it runs.
        let step = Step::build(language, name).alone_in("clients");
        match live {
            false => step.run(last.arg(RECORDINGS)),
            true => step
                .live()
                .run(cmd("sh -c").arg(format!("{last} {RECORDINGS} $QUORATE_REDIS_PORT"))),
        }
    };
    let build = "cargo build --release --package quorate-example";
    vec![
        Step::build(Language::Rust, "rust client")
            .alone_in("target")
            .run(cmd(build)),
        client(Language::Rust, "rust", cmd(format!("{}/release/client", target("")))).after(&["rust client"]),
        client(
            Language::Python,
            "python",
            cmd(format!("{} examples/client.py", python_path())),
        )
        .after(&[consumer::PYTHON]),
        Step::build(Language::JavaScript, "node client")
            .after(&[consumer::NODE])
            .run(cmd(format!("cp examples/client.mjs {}", node_folder()))),
        client(
            Language::JavaScript,
            "node",
            cmd(format!("node {}/client.mjs", node_folder())),
        )
        .needs(&[Tool::Node])
        .after(&["node client"]),
        Step::build(Language::C, "c client")
            .needs(&C_TOOLS)
            .after(&["c library"])
            .run(cmd("mkdir -p").arg(target("consumer")))
            .run(c_program("examples/client.c", &program)),
        client(Language::C, "c", run_c(&program)).after(&["c client"]),
    ]
}

/// One step a language and story. What they need is built for the clients.
fn worlds() -> Vec<Step> {
    let program = target("consumer/world");
    let rust = format!("{}/release/world", target(""));
    let python = format!("{} examples/world.py", python_path());
    let node = format!("node {}/world.mjs", node_folder());
    let mut steps = vec![
        Step::build(Language::Rust, DRAWING)
            .alone_in("clients")
            .after(&["rust client"])
            .run(cmd(format!("{rust} {STORY} --diagram"))),
        Step::build(Language::JavaScript, "node world program")
            .after(&[consumer::NODE])
            .run(cmd(format!("cp examples/world.mjs {}", node_folder()))),
        Step::build(Language::C, "c world program")
            .needs(&C_TOOLS)
            .after(&["c library"])
            .run(cmd("mkdir -p").arg(target("consumer")))
            .run(c_program("examples/world.c", &program)),
    ];
    let stories = [
        (&WORLD, STORY, &OF_RAFT[..]),
        (&SPLIT_BRAIN, SPLIT, &OF_SENTINEL),
        (&BOUNDED_LOSS, BOUNDED, &OF_SENTINEL),
    ];
    for (shown, story, questions) in stories {
        let ask = |line: Cmd| {
            questions
                .iter()
                .fold(line.arg(story), |line, question| line.arg(*question))
        };
        let &[in_rust, in_python, in_node, in_c] = shown.steps else {
            unreachable!("a step a language")
        };
        let world = |language, name, line| Step::build(language, name).alone_in("clients").run(ask(line));
        steps.extend([
            world(Language::Rust, in_rust, cmd(&rust)).after(&["rust client"]),
            world(Language::Python, in_python, cmd(&python)).after(&[consumer::PYTHON]),
            world(Language::JavaScript, in_node, cmd(&node))
                .needs(&[Tool::Node])
                .after(&["node world program"]),
            world(Language::C, in_c, run_c(&program)).after(&["c world program"]),
        ]);
    }
    steps
}

/// Prints what the world's program drew.
fn draw(outcome: &Outcome) {
    let output = outcome.output(DRAWING).unwrap_or_default();
    println!("\nThe story of {STORY}, as those machines lived it:\n");
    output
        .lines()
        .filter(|line| !line.starts_with('{'))
        .for_each(|line| println!("{line}"));
}

/// How far programs agree, from the best to the worst.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Agreement {
    All,
    /// Those that ran.
    Some,
    No,
}

impl Program {
    /// Prints the table of its results, and that of its times.
    fn show(&self, outcome: &Outcome) -> Result<Agreement, String> {
        let mut columns = Vec::new();
        for name in self.steps {
            match outcome.output(name) {
                Some(output) => columns.push(parse(name, output)?),
                None => println!("{name} is not in the table: it did not run"),
            }
        }
        let Some(first) = columns.first() else {
            return Ok(Agreement::Some);
        };
        let names: Vec<&str> = columns.iter().map(|column| column.language.as_str()).collect();
        let mut header = vec![self.about];
        header.extend(&names);
        header.push("agree");
        let mut table = Table::new(&header);
        let mut agree = true;
        for name in first.results.keys() {
            let cells: Vec<String> = columns.iter().map(|column| column.cell(name)).collect();
            let same = cells.iter().all(|cell| *cell == cells[0])
                && columns.iter().all(|column| column.has_the_rows_of(first));
            agree &= same;
            let mark = if same { "yes" } else { "NO" };
            table.row([std::slice::from_ref(name), &cells, &[mark.into()]].concat());
        }
        println!();
        table.print();

        header[0] = "times";
        header.pop();
        let mut table = Table::new(&header);
        for name in first.times.keys() {
            let times = columns
                .iter()
                .map(|column| column.times.get(name).map_or("-".into(), Value::to_string));
            table.row(std::iter::once(name.clone()).chain(times).collect());
        }
        println!();
        table.print();

        Ok(match (agree, columns.len() == self.steps.len()) {
            (true, true) => Agreement::All,
            (true, false) => Agreement::Some,
            (false, _) => Agreement::No,
        })
    }
}

/// What one program printed.
struct Column {
    language: String,
    results: Map<String, Value>,
    times: Map<String, Value>,
}

impl Column {
    fn cell(&self, name: &str) -> String {
        self.results.get(name).map_or("missing".into(), Value::to_string)
    }

    fn has_the_rows_of(&self, other: &Self) -> bool {
        self.results.len() == other.results.len()
    }
}

/// The line of JSON in a program's output.
fn parse(name: &str, output: &str) -> Result<Column, String> {
    let line = output.lines().rev().find(|line| line.starts_with('{'));
    let line = line.ok_or_else(|| format!("{name} printed no line of JSON"))?;
    let value: Value = serde_json::from_str(line).map_err(|error| format!("{name}: {error} in {line}"))?;
    let object = |field: &str| {
        let object = value.get(field).and_then(Value::as_object).cloned();
        object.ok_or_else(|| format!("{name} printed no {field}: {line}"))
    };
    Ok(Column {
        language: value.get("language").and_then(Value::as_str).unwrap_or(name).into(),
        results: object("results")?,
        times: object("times")?,
    })
}
