//! Which acknowledged writes are replicated, at risk or lost.
#![allow(missing_docs, reason = "each does what the core's method of its name does")]

use quorate::replication::{History, HistoryCause, Ledger};
use wasm_bindgen::prelude::wasm_bindgen;

use super::server::{id, leave};
use crate::parts::Arguments;
use crate::{error, saved};

const KIND: &str = "ledger";

/// A ledger.
#[wasm_bindgen]
#[derive(Default)]
pub struct RawLedger {
    ledger: Ledger,
}

/// Makes a ledger of the state in the inbox.
#[wasm_bindgen]
pub fn ledger_from_state(len: usize) -> Option<RawLedger> {
    let ledger = saved::read(len, KIND, Ledger::state_hash)?;
    Some(RawLedger { ledger })
}

/// Calls say whether they were refused; why is reported. Servers, writes, offsets and times are exact up to 2^53.
#[wasm_bindgen]
impl RawLedger {
    #[wasm_bindgen(constructor)]
    pub fn new() -> Self {
        Self::default()
    }

    /// The inbox is the history's id.
    pub fn acknowledged(&mut self, len: usize, write: f64, server: f64, offset: f64, at: f64) -> bool {
        let Some(id) = Arguments::read(len, |arguments| id(arguments.text())) else {
            return false;
        };
        let [write, server, offset, at] = [write, server, offset, at].map(|each| each as u64);
        let result = self.ledger.acknowledged(write, server, id, offset, at);
        result
            .map_err(|error| error::report_plain(error.code(), &error))
            .is_ok()
    }

    /// The inbox is the history as JSON, and why it has another name, if it has.
    pub fn at(&mut self, len: usize, server: f64, at: f64) -> bool {
        let Some((history, cause)) = Arguments::read(len, |arguments| {
            // The facade lets nothing but the ids be wrong.
            let history = serde_json::from_str(arguments.text());
            let history: History = history
                .map_err(|error: serde_json::Error| error::report_plain("invalid_replication_id", &error))
                .ok()?;
            Some((history, arguments.text().to_owned()))
        }) else {
            return false;
        };
        let cause = match &*cause {
            "promoted" => HistoryCause::Promoted,
            "continued" => HistoryCause::Continued,
            "renewed" => HistoryCause::Renewed,
            "loaded" => HistoryCause::Loaded,
            _ => {
                self.ledger.at(server as u64, &history, at as u64);
                return true;
            }
        };
        self.ledger.changed(server as u64, &history, cause, at as u64);
        true
    }

    pub fn gone(&mut self, server: f64, at: f64) {
        self.ledger.gone(server as u64, at as u64);
    }

    // ---- questions

    /// Leaves how a write stands, or null.
    pub fn status(&self, write: f64) {
        leave(&self.ledger.status(write as u64));
    }

    pub fn counts(&self) {
        leave(&self.ledger.counts());
    }

    pub fn losses(&self) {
        leave(&self.ledger.losses());
    }

    pub fn lost(&self) {
        leave(&self.ledger.lost().collect::<Vec<_>>());
    }

    /// The inbox is the history's id. How many servers have it, or -1.
    pub fn copies(&self, len: usize, offset: f64) -> f64 {
        let id = Arguments::read(len, |arguments| id(arguments.text()));
        id.map_or(-1.0, |id| self.ledger.copies(id, offset as u64) as f64)
    }

    pub fn state(&self) {
        saved::leave(KIND, self.state_hash(), &self.ledger);
    }

    pub fn state_hash(&self) -> u64 {
        self.ledger.state_hash()
    }

    /// A ledger in the same state.
    pub fn copy(&self) -> RawLedger {
        RawLedger {
            ledger: self.ledger.clone(),
        }
    }
}
