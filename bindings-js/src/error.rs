//! Why the last call that failed did so. It is fetched piece by piece, once a call's status says that there is something.

use std::cell::RefCell;

use wasm_bindgen::prelude::wasm_bindgen;

/// An error in words.
#[derive(Default)]
pub(crate) struct Report {
    pub(crate) code: &'static str,
    pub(crate) message: String,
    pub(crate) offset: u64,
    pub(crate) expected: String,
    pub(crate) found: String,
    /// What else belongs to it by name, as JSON; empty for nothing.
    pub(crate) details: String,
}

thread_local! {
    static LAST: RefCell<Report> = RefCell::default();
}

pub(crate) fn report(report: Report) {
    LAST.replace(report);
}

/// Reports an error that has no place in the input.
#[cfg(any(feature = "resp", feature = "sentinel", feature = "sim"))]
pub(crate) fn report_plain(code: &'static str, error: &impl std::fmt::Display) {
    report(Report {
        code,
        message: error.to_string(),
        ..Report::default()
    });
}

/// Its stable name.
#[wasm_bindgen]
pub fn error_code() -> String {
    LAST.with_borrow(|last| last.code.to_owned())
}

/// What it says to people.
#[wasm_bindgen]
pub fn error_message() -> String {
    LAST.with_borrow(|last| last.message.clone())
}

/// Where in the input it is. Exact up to 2^53.
#[wasm_bindgen]
pub fn error_offset() -> f64 {
    LAST.with_borrow(|last| last.offset as f64)
}

/// What would have been right there.
#[wasm_bindgen]
pub fn error_expected() -> String {
    LAST.with_borrow(|last| last.expected.clone())
}

/// What stands there instead.
#[wasm_bindgen]
pub fn error_found() -> String {
    LAST.with_borrow(|last| last.found.clone())
}

/// What else belongs to it, as JSON.
#[wasm_bindgen]
pub fn error_details() -> String {
    LAST.with_borrow(|last| last.details.clone())
}
