//! The examples of the README and of the pages, each run as it is printed, against the packages that users get.

use std::fs;

use super::consumer::{C_TOOLS, NODE, PYTHON, c_program, node_folder, python_path, run_c};
use super::target;
use crate::cmd::{Cmd, cmd};
use crate::report::Count;
use crate::step::{Language, Step};

/// Those that show something in every language.
const PAGES: [&str; 2] = ["README.md", "docs/raft.md"];

pub(crate) fn steps() -> Vec<Step> {
    vec![rust(), python(), javascript(), c()]
}

/// rustdoc runs the Rust blocks of any Markdown file as it runs a doc comment's.
fn rust() -> Step {
    let host = target("");
    let step = Step::new(Language::Rust, "rust in the pages", Count::Cargo)
        .alone_in("target")
        .run(cmd("cargo build --package quorate"));
    PAGES.into_iter().fold(step, |step, page| {
        step.run(cmd(format!(
            "rustdoc --test --edition 2024 {page} -L dependency={host}/debug/deps --extern quorate={host}/debug/libquorate.rlib"
        )))
    })
}

fn python() -> Step {
    let folder = target("consumer");
    let python = python_path();
    let step = Step::new(Language::Python, "python in the pages", Count::One).after(&[PYTHON]);
    examples(step, "python", &folder, ".py", |path| {
        vec![cmd(format!("{python} {path}"))]
    })
}

fn javascript() -> Step {
    let step = Step::new(Language::JavaScript, "js in the pages", Count::One).after(&[NODE]);
    examples(step, "js", &node_folder(), ".mjs", |path| {
        vec![cmd(format!("node {path}"))]
    })
}

fn c() -> Step {
    let step = Step::new(Language::C, "c in the pages", Count::One)
        .needs(&C_TOOLS)
        .after(&["c library"])
        .run(cmd("mkdir -p").arg(target("consumer")));
    examples(step, "c", &target("consumer"), ".c", |path| {
        let program = path.trim_end_matches(".c");
        vec![c_program(path, program), run_c(program)]
    })
}

/// Adds to `step` the writing and running of every block of `language`; a page without one is an error.
fn examples(step: Step, language: &str, folder: &str, end: &str, commands: impl Fn(&str) -> Vec<Cmd>) -> Step {
    PAGES.into_iter().fold(step, |mut step, page| {
        let blocks = blocks(&fs::read_to_string(page).unwrap_or_default(), language);
        if blocks.is_empty() {
            let fault = format!("{page} has no block of {language}");
            return step.act(format!("look for blocks of {language} in {page}"), move |_| {
                Err(fault.clone())
            });
        }
        let name = page.trim_end_matches(".md").replace('/', "-").to_lowercase();
        for (number, block) in blocks.into_iter().enumerate() {
            let number = number + 1;
            let path = format!("{folder}/{name}-{number}{end}");
            let file = path.clone();
            let what = format!("write the {language} block {number} of {page} to {path}");
            step = step.act(what, move |_| {
                fs::write(&file, &block).map_err(|error| format!("cannot write {file}: {error}"))?;
                Ok(String::new())
            });
            step = commands(&path).into_iter().fold(step, Step::run);
        }
        step
    })
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
