//! The two generators, as libraries of the versions in `Cargo.lock`:
//!
//! - `generate header CRATE OUT`: the C header of a crate, by cbindgen and the crate's `cbindgen.toml`.
//! - `generate glue WASM FOLDER NAME`: the JavaScript and type declarations around a WebAssembly module, by wasm-bindgen.

use std::error::Error;
use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let result = match words[..] {
        ["header", source, out] => header(Path::new(source), Path::new(out)),
        ["glue", wasm, folder, name] => glue(wasm, folder, name),
        _ => Err("usage: generate header CRATE OUT | generate glue WASM FOLDER NAME".into()),
    };
    if let Err(error) = result {
        eprintln!("generate: {error}");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

fn header(source: &Path, out: &Path) -> Result<(), Box<dyn Error>> {
    let mut config = cbindgen::Config::from_file(source.join("cbindgen.toml"))?;
    // The version is said once, in the workspace's Cargo.toml, from where this crate has its own too.
    let fill = |text: Option<String>| {
        text.map(|text| {
            text.replace("@VERSION@", env!("CARGO_PKG_VERSION"))
                .replace("@VERSION_MAJOR@", env!("CARGO_PKG_VERSION_MAJOR"))
                .replace("@VERSION_MINOR@", env!("CARGO_PKG_VERSION_MINOR"))
                .replace("@VERSION_PATCH@", env!("CARGO_PKG_VERSION_PATCH"))
        })
    };
    config.header = fill(config.header);
    config.after_includes = fill(config.after_includes);
    let bindings = cbindgen::Builder::new()
        .with_config(config)
        .with_crate(source)
        .generate()?;
    let mut text = Vec::new();
    bindings.write(&mut text);
    if let Some(folder) = out.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(out, text)?;
    Ok(())
}

fn glue(wasm: &str, folder: &str, name: &str) -> Result<(), Box<dyn Error>> {
    // One target for browsers and Node alike. The package's own entries decide how the module is loaded, so no path to
    // it is wanted; and they start it anew after a trap.
    wasm_bindgen_cli_support::Bindgen::new()
        .input_path(wasm)
        .web(true)?
        .omit_default_module_path(true)
        .reset_state_function(true)
        .typescript(true)
        .out_name(name)
        .generate(folder)?;
    Ok(())
}
