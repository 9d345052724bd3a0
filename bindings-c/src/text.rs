//! Texts of C, ended by NUL: read, kept, and said in words or as JSON.

use core::ffi::{CStr, c_char};
use core::fmt::{self, Display, Write};
use std::ffi::CString;

use serde::Serialize;
use serde_json::Value;

use crate::bytes::Text;
use crate::error::quorate_status::{self, QUORATE_ERR_INVALID_ARGUMENT, QUORATE_ERR_NULL};
use crate::json;

/// A text for C. One that holds NUL ends there, as every text of C does.
pub(crate) fn c_text(text: String) -> CString {
    CString::new(text).unwrap_or_else(|error| {
        let end = error.nul_position();
        let mut bytes = error.into_vec();
        bytes.truncate(end);
        CString::new(bytes).unwrap_or_default()
    })
}

/// Reads text of the caller, which is ended by NUL.
///
/// # Safety
/// `words` is NULL or points to text ended by NUL that nobody changes during `'a`.
pub(crate) unsafe fn read<'a>(words: *const c_char) -> Result<&'a str, quorate_status> {
    if words.is_null() {
        return Err(QUORATE_ERR_NULL);
    }
    // SAFETY: not NULL; ended by NUL by the caller's contract.
    let words = unsafe { CStr::from_ptr(words) };
    words.to_str().map_err(|_| QUORATE_ERR_INVALID_ARGUMENT)
}

/// Reads text that may be left out: NULL is none.
///
/// # Safety
/// As [`read`].
pub(crate) unsafe fn read_some<'a>(words: *const c_char) -> Result<Option<&'a str>, quorate_status> {
    if words.is_null() {
        return Ok(None);
    }
    // SAFETY: the caller's contract.
    unsafe { read(words) }.map(Some)
}

/// Writes why something could not be made to the caller's buffer, and gives the status.
///
/// # Safety
/// `buf` is NULL, or points to `cap` writable bytes.
pub(crate) unsafe fn explain(error: &dyn Display, code: &str, buf: *mut c_char, cap: usize) -> quorate_status {
    if !buf.is_null() {
        // SAFETY: the caller's contract.
        if let Ok(mut out) = unsafe { Text::new(buf, cap) } {
            // `Text` never refuses.
            let _ = write!(out, "{error}");
            out.finish();
        }
    }
    quorate_status::of_code(code)
}

/// Why a handle refused its latest input.
#[derive(Clone, Debug)]
pub(crate) struct Latest {
    pub(crate) status: quorate_status,
    words: String,
}

impl Latest {
    pub(crate) fn new(error: &dyn Display, code: &str) -> Self {
        Self {
            status: quorate_status::of_code(code),
            words: error.to_string(),
        }
    }
}

impl Display for Latest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words)
    }
}

/// Texts that are handed out together, and are gone together.
#[derive(Default)]
pub(crate) struct Texts(Vec<CString>);

impl Texts {
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// Keeps a text, whose place in memory does not change until all are gone.
    pub(crate) fn keep(&mut self, text: &str) -> *const c_char {
        self.0.push(c_text(text.into()));
        self.0.last().map_or(core::ptr::null(), |text| text.as_ptr())
    }

    /// The same; NULL for none.
    pub(crate) fn keep_some(&mut self, text: Option<&str>) -> *const c_char {
        text.map_or(core::ptr::null(), |text| self.keep(text))
    }

    pub(crate) fn keep_all(&mut self, texts: &[String]) -> Vec<*const c_char> {
        texts.iter().map(|text| self.keep(text)).collect()
    }
}

/// An event of a machine as a word and what goes with it, as a JSON object.
pub(crate) struct Told {
    pub(crate) kind: CString,
    pub(crate) json: CString,
}

impl Told {
    pub(crate) fn of(event: &impl Serialize) -> Self {
        let (kind, mut fields) = match json::value(event) {
            Value::Object(object) => object.into_iter().next().unwrap_or_default(),
            Value::String(kind) => (kind, Value::Object(serde_json::Map::new())),
            _ => Default::default(),
        };
        // Whatever else is built beside this, names stand in the order of the alphabet.
        fields.sort_all_objects();
        Self {
            kind: c_text(kind),
            json: c_text(fields.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use quorate::{raft, replication, sentinel};

    fn shown(event: &impl Serialize) -> (String, String) {
        let told = Told::of(event);
        (told.kind.into_string().unwrap(), told.json.into_string().unwrap())
    }

    #[test]
    fn a_trace_is_a_word_and_its_fields() {
        let (kind, json) = shown(&raft::Trace::TimeoutNowIgnored {
            from: 2,
            term: u64::MAX,
            role: raft::Role::PreCandidate,
        });
        assert_eq!(kind, "timeout_now_ignored");
        assert_eq!(json, r#"{"from":2,"role":"pre_candidate","term":18446744073709551615}"#);
        let (kind, json) = shown(&raft::Trace::HupIgnoredAsLeader);
        assert_eq!((&*kind, &*json), ("hup_ignored_as_leader", "{}"));
        let (_, json) = shown(&raft::Trace::ProposalDropped {
            term: 3,
            reason: raft::Dropped::Transferring { to: 4 },
        });
        assert_eq!(json, r#"{"reason":{"transferring":{"to":4}},"term":3}"#);
    }

    #[test]
    fn what_others_said_stays_as_they_said_it() {
        let (kind, json) = shown(&sentinel::Trace::HelloIgnored {
            payload: "Not,A,Hello".into(),
            reason: sentinel::HelloRefusal::UnknownMaster,
        });
        assert_eq!(kind, "hello_ignored");
        assert_eq!(json, r#"{"payload":"Not,A,Hello","reason":"unknown_master"}"#);
        let (_, json) = shown(&replication::Trace::AttemptFailed {
            attempt: 1,
            reason: "It Closed".into(),
        });
        assert_eq!(json, r#"{"attempt":1,"reason":"It Closed"}"#);
    }

    #[test]
    fn a_text_ends_at_nul() {
        assert_eq!(c_text("a\0b".into()).to_str(), Ok("a"));
    }
}
