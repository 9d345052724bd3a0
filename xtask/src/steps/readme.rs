//! The examples of the README, each run as it is printed, against the packages that users get.

use std::fs;

use super::consumer::{C_TOOLS, NODE, PYTHON, c_program, node_folder, python_path, run_c};
use super::target;
use crate::cmd::{Cmd, cmd};
use crate::report::Count;
use crate::step::{Language, Step};

const README: &str = "README.md";

pub(crate) fn steps() -> Vec<Step> {
    vec![rust(), python(), javascript(), c()]
}

/// rustdoc runs the Rust blocks of any Markdown file as it runs a doc comment's.
fn rust() -> Step {
    let host = target("");
    Step::new(Language::Rust, "rust in the README", Count::Cargo)
        .alone_in("target")
        .run(cmd("cargo build --package quorate"))
        .run(cmd(format!(
            "rustdoc --test --edition 2024 {README} -L dependency={host}/debug/deps --extern quorate={host}/debug/libquorate.rlib"
        )))
}

fn python() -> Step {
    let folder = target("consumer");
    let python = python_path();
    let step = Step::new(Language::Python, "python in the README", Count::One).after(&[PYTHON]);
    examples(step, "python", &format!("{folder}/readme"), ".py", |path| {
        vec![cmd(format!("{python} {path}"))]
    })
}

fn javascript() -> Step {
    let step = Step::new(Language::JavaScript, "js in the README", Count::One).after(&[NODE]);
    examples(step, "js", &format!("{}/readme", node_folder()), ".mjs", |path| {
        vec![cmd(format!("node {path}"))]
    })
}

fn c() -> Step {
    let step = Step::new(Language::C, "c in the README", Count::One)
        .needs(&C_TOOLS)
        .after(&["c library"]);
    examples(step, "c", &target("consumer/readme"), ".c", |path| {
        let program = path.trim_end_matches(".c");
        vec![c_program(path, program), run_c(program)]
    })
}

/// Adds to `step` the writing and running of every block of `language`; having none is an error.
fn examples(step: Step, language: &str, start: &str, end: &str, commands: impl Fn(&str) -> Vec<Cmd>) -> Step {
    let blocks = blocks(&fs::read_to_string(README).unwrap_or_default(), language);
    let mut step = if blocks.is_empty() {
        let fault = format!("{README} has no block of {language}");
        step.act(format!("look for blocks of {language} in {README}"), move |_| {
            Err(fault.clone())
        })
    } else {
        step
    };
    for (number, block) in blocks.into_iter().enumerate() {
        let path = format!("{start}-{}{end}", number + 1);
        let file = path.clone();
        step = step.act(
            format!("write the {language} block {} of {README} to {path}", number + 1),
            move |_| {
                fs::write(&file, &block).map_err(|error| format!("cannot write {file}: {error}"))?;
                Ok(String::new())
            },
        );
        for command in commands(&path) {
            step = step.run(command);
        }
    }
    step
}

/// The fenced blocks of one language.
fn blocks(text: &str, language: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut open: Option<String> = None;
    for line in text.lines() {
        match &mut open {
            Some(_) if line == "```" => blocks.extend(open.take()),
            Some(block) => {
                block.push_str(line);
                block.push('\n');
            }
            None if line.strip_prefix("```") == Some(language) => open = Some(String::new()),
            None => {}
        }
    }
    blocks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_blocks_of_a_language() {
        let text = "text\n```c\nint a;\n```\n```console\n$ ls\n```\n```c\nint b;\n\nint c;\n```\n```cpp\n```\n";
        assert_eq!(blocks(text, "c"), ["int a;\n", "int b;\n\nint c;\n"]);
        assert!(blocks(text, "js").is_empty());
    }
}
