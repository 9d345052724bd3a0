//! The commands, each a list of steps.

pub(crate) mod bench;
pub(crate) mod conformance;
pub(crate) mod consumer;
pub(crate) mod demo;
pub(crate) mod dist;
pub(crate) mod r#gen;
pub(crate) mod readme;
pub(crate) mod record;
pub(crate) mod soak;
pub(crate) mod test;

/// The version of everything that is built here.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// A folder of build products, below `target/` or where `CARGO_TARGET_DIR` says. Builds with flags or targets of their
/// own have a folder of their own, so that none throws away what another has built.
pub(crate) fn target(name: &str) -> String {
    let base = std::env::var("CARGO_TARGET_DIR").unwrap_or_else(|_| "target".into());
    if name.is_empty() {
        base
    } else {
        format!("{base}/{name}")
    }
}
