//! `cargo xtask dist`: the wheel, the npm tarball and the C library, as users get them. The other commands take their
//! packages from here.
//!
//! With `--lab`, and for a test, the lab: the WebAssembly of the simulator whose machines' rules can be broken, for lessons. It is in
//! no package.

use std::fs;

use super::{VERSION, target};
use crate::args::Args;
use crate::board::Progress;
use crate::cmd::{Cmd, cmd};
use crate::env::Tool;
use crate::plan;
use crate::step::{Language, Step};

/// The prefix below which the C library is installed.
pub(crate) const C_PREFIX: &str = "dist/c";
/// The Python of the project's own tools.
pub(crate) const PYTHON: &str = ".venv/bin/python";
/// The tools for Python, each of one version.
pub(crate) const REQUIREMENTS: &str = "bindings-python/requirements-dev.txt";

pub(crate) fn dist(mut args: Args) -> Result<bool, String> {
    let only = args.choice("--only", &["python", "js", "c"])?;
    let lab_alone = args.flag("--lab");
    args.end()?;
    let mut steps = packages();
    steps.push(lab());
    let steps = plan::select(steps, |step| match only.as_deref() {
        _ if lab_alone => step.name == LAB,
        Some("python") => step.name == "wheel",
        Some("js") => step.name == "npm package",
        Some("c") => step.name == "c library",
        _ => step.name != LAB,
    });
    let outcome = plan::run(steps, Progress::Stdout);
    if outcome.is_whole() {
        println!("\nin dist/:");
        list("dist")?;
    }
    Ok(outcome.is_whole())
}

/// The steps that build all three packages. Those of WebAssembly come first: they take longest.
pub(crate) fn packages() -> Vec<Step> {
    let mut steps = javascript();
    steps.extend([python_tools(), wheel(), c()]);
    steps
}

/// Builds the generators of the C header and of the JavaScript glue.
pub(crate) fn generator() -> Step {
    Step::build(Language::JavaScript, "generator")
        .alone_in("target/xtask")
        .run(cmd("cargo build --package quorate-generate --target-dir").arg(target("xtask")))
}

/// A call of the generators.
pub(crate) fn generate(words: &str) -> Cmd {
    let words = words.split(' ').map(String::from);
    let start = cmd("cargo run --quiet --package quorate-generate --target-dir").arg(target("xtask"));
    words.fold(start.arg("--"), Cmd::arg)
}

/// A WebAssembly module: its name, and the features of `bindings-js` that it has.
type Module = (&'static str, &'static str);

/// The modules of the npm package: nobody loads what they do not import.
const MODULES: [Module; 4] = [
    ("quorate", "resp"),
    ("raft", "raft"),
    ("sentinel", "sentinel"),
    ("sim", "sim"),
];

fn javascript() -> Vec<Step> {
    let wasm = Step::build(Language::JavaScript, "wasm")
        .needs(&[Tool::Wasm])
        .alone_in("target/wasm");
    let package = Step::build(Language::JavaScript, "npm package")
        .after(&["generator", "wasm", "npm tools"])
        .needs(&[Tool::Node])
        .alone_in("target/xtask");
    vec![
        generator(),
        MODULES
            .into_iter()
            .fold(wasm, |step, module| compile(step, "wasm", module)),
        Step::build(Language::JavaScript, "npm tools")
            .needs(&[Tool::Node])
            .stamp(
                "bindings-js/node_modules/.quorate-stamp",
                &["bindings-js/package.json", "bindings-js/package-lock.json"],
            )
            .run(cmd("npm ci").dir("bindings-js")),
        MODULES
            .into_iter()
            .fold(package, |step, module| wrap(step, "wasm", module, "bindings-js/pkg"))
            .run(cmd("npm run build").dir("bindings-js"))
            .run(cmd("mkdir -p dist"))
            .run(cmd("npm pack --pack-destination ../dist").dir("bindings-js")),
    ]
}

/// The step that builds the lab.
pub(crate) const LAB: &str = "lab";
/// Where it is, and its module there.
pub(crate) const LAB_WASM: &str = "dist/lab/sim_bg.wasm";

/// Built in a target folder of its own, so that nothing of it can get into what is shipped. It stands in the place of the package's
/// own module of worlds, so it has its name: by that its imports are found.
pub(crate) fn lab() -> Step {
    let module = ("sim", "sim,broken-rules");
    let step = Step::build(Language::JavaScript, LAB)
        .after(&["generator", "npm tools"])
        .needs(&[Tool::Wasm, Tool::Node])
        .alone_in("target/xtask");
    wrap(compile(step, "lab", module), "lab", module, "dist/lab")
}

/// Compiles a module in a target folder. All modules there come from one package, so each is put aside before the next is built.
fn compile(step: Step, folder: &str, (name, features): Module) -> Step {
    let folder = target(folder);
    let build = cmd("cargo build --package quorate-js --target wasm32-unknown-unknown --profile wasm-release")
        .arg("--no-default-features")
        .arg("--features")
        .arg(features)
        .arg("--target-dir")
        .arg(&folder);
    let built = format!("{folder}/wasm32-unknown-unknown/wasm-release/quorate_js.wasm");
    step.run(build).run(cmd(format!("cp {built} {folder}/{name}.wasm")))
}

/// Puts JavaScript around a compiled module, into `to`, and makes the module small.
fn wrap(step: Step, folder: &str, (name, _): Module, to: &str) -> Step {
    let wasm = format!("{to}/{name}_bg.wasm");
    step.run(generate(&format!("glue {}/{name}.wasm {to} {name}", target(folder))))
        .run(cmd(format!(
            "bindings-js/node_modules/.bin/wasm-opt -O3 --strip-debug --strip-producers {wasm} -o {wasm}"
        )))
}

/// Makes the environment of [`PYTHON`].
pub(crate) fn python_tools() -> Step {
    Step::build(Language::Python, "python tools")
        .needs(&[Tool::Python])
        .stamp(".venv/.quorate-stamp", &[REQUIREMENTS])
        .run(cmd("python3 -m venv --clear .venv"))
        .run(install(PYTHON, &format!("-r {REQUIREMENTS}")))
}

fn wheel() -> Step {
    Step::build(Language::Python, "wheel")
        .after(&["python tools"])
        .alone_in("target/py")
        .run(
            cmd(".venv/bin/maturin build --release --manifest-path bindings-python/Cargo.toml --out dist")
                .arg("--target-dir")
                .arg(target("py")),
        )
}

/// `pip install`, quiet and without a look for a newer pip.
pub(crate) fn install(python: &str, what: &str) -> Cmd {
    cmd(format!(
        "{python} -m pip install --quiet --disable-pip-version-check {what}"
    ))
}

/// `pip install` of the wheel that was built, and of nothing else.
pub(crate) fn install_wheel(python: &str) -> Cmd {
    install(
        python,
        &format!("--no-index --no-deps --force-reinstall --find-links dist quorate=={VERSION}"),
    )
}

fn c() -> Step {
    let build = |kind: &str| {
        cmd(format!(
            "cargo rustc --package quorate-c --release --crate-type {kind} --target-dir"
        ))
        .arg(target("c"))
        .arg("--")
    };
    let major = VERSION.split('.').next().unwrap_or(VERSION);
    let soname = format!("libquorate.so.{major}");
    let lib = format!("{C_PREFIX}/lib");
    let built = format!("{}/release/libquorate_c", target("c"));
    Step::build(Language::C, "c library")
        .needs(&[Tool::Cc])
        .alone_in("target/c")
        .run(build("cdylib").arg("-C").arg(format!("link-arg=-Wl,-soname,{soname}")))
        .run(build("staticlib").arg("--print").arg("native-static-libs"))
        .run(cmd(format!("rm -rf {C_PREFIX}")))
        .run(cmd(format!(
            "install -D -m 644 bindings-c/include/quorate.h {C_PREFIX}/include/quorate.h"
        )))
        .run(cmd(format!(
            "install -D -m 755 {built}.so {lib}/libquorate.so.{VERSION}"
        )))
        .run(cmd(format!("install -D -m 644 {built}.a {lib}/libquorate.a")))
        .run(cmd(format!("ln -s libquorate.so.{VERSION} {lib}/{soname}")))
        .run(cmd(format!("ln -s {soname} {lib}/libquorate.so")))
        .act(
            format!("fill in bindings-c/quorate.pc.in and bindings-c/cmake, into {lib}"),
            fill_templates,
        )
}

/// Writes the files by which pkg-config and CMake find the library. The tree may be moved: its prefix is said from where
/// those files are.
fn fill_templates(printed: &str) -> Result<String, String> {
    let marker = "native-static-libs: ";
    let libs = printed
        .lines()
        .rev()
        .find_map(|line| line.split_once(marker))
        .map(|(_, libs)| libs.trim())
        .ok_or("rustc did not say which libraries the static library needs")?;
    let fill = |text: String| {
        text.replace("@PREFIX@", "${pcfiledir}/../..")
            .replace("@VERSION@", VERSION)
            .replace("@LIBS_PRIVATE@", libs)
    };
    let mut made = String::new();
    for (from, to) in [("bindings-c", "pkgconfig"), ("bindings-c/cmake", "cmake/quorate")] {
        let to = format!("{C_PREFIX}/lib/{to}");
        fs::create_dir_all(&to).map_err(|error| format!("cannot make {to}: {error}"))?;
        let entries = fs::read_dir(from).map_err(|error| format!("cannot read {from}: {error}"))?;
        for entry in entries.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if let Some(name) = name.strip_suffix(".in") {
                let text = fs::read_to_string(entry.path()).map_err(|error| format!("{name}: {error}"))?;
                let path = format!("{to}/{name}");
                fs::write(&path, fill(text)).map_err(|error| format!("cannot write {path}: {error}"))?;
                made.push_str(&format!("{path}\n"));
            }
        }
    }
    Ok(made)
}

/// Prints the files below a folder, with their sizes.
fn list(folder: &str) -> Result<(), String> {
    let fault = |error| format!("cannot read {folder}: {error}");
    let mut paths: Vec<_> = fs::read_dir(folder)
        .map_err(fault)?
        .flatten()
        .map(|entry| entry.path())
        .collect();
    paths.sort();
    for path in paths {
        let data = fs::symlink_metadata(&path).map_err(fault)?;
        if data.is_dir() {
            list(&path.display().to_string())?;
        } else {
            println!("  {:>9}  {}", data.len(), path.display());
        }
    }
    Ok(())
}
