//! Why a sentinel or a discovery refused, with what its error has beside words.

use quorate::resp;
use quorate::sentinel::{Error, discovery};

use crate::error::{self, Report};
use crate::json;

/// Why what came over a link was not taken in.
pub(super) enum Fault<E> {
    /// The bytes are no replies.
    Wire(resp::Error),
    /// The machine refused a reply.
    Refused(E),
}

/// Whether it went well; if not, why is reported.
pub(super) fn status<T>(result: Result<T, Error>) -> Option<T> {
    let report = |error: Error| {
        let details = match &error {
            Error::Line { line, text, reason } => {
                let [text, reason] = [text, reason].map(|text| json::text(text, ""));
                format!("{{\"line\":{line},\"text\":{text},\"reason\":{reason}}}")
            }
            _ => String::new(),
        };
        error::report(Report {
            code: error.code(),
            message: error.to_string(),
            details,
            ..Report::default()
        });
    };
    result.map_err(report).ok()
}

/// The same, of a discovery.
pub(super) fn discovered<T>(result: Result<T, discovery::Error>) -> Option<T> {
    let report = |error: discovery::Error| error::report_plain(error.code(), &error);
    result.map_err(report).ok()
}

/// The same, of settings that cannot be read.
pub(crate) fn readable<T>(result: Result<T, serde_json::Error>) -> Option<T> {
    let report = |error: serde_json::Error| error::report_plain("invalid_config", &error);
    result.map_err(report).ok()
}

/// The same, of what came over a link.
pub(super) fn taken<E>(result: Result<(), Fault<E>>, refused: impl FnOnce(Result<(), E>) -> Option<()>) -> bool {
    match result {
        Ok(()) => true,
        Err(Fault::Refused(error)) => refused(Err(error)).is_some(),
        Err(Fault::Wire(error)) => {
            error::report(Report {
                code: error.code(),
                message: error.to_string(),
                offset: error.offset,
                expected: error.expected(),
                found: error.found(),
                ..Report::default()
            });
            false
        }
    }
}
