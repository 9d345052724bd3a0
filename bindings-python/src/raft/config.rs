//! `Config` and `Stored`: what a node is made with.

use pyo3::inspect::PyStaticExpr;
use pyo3::prelude::*;
use pyo3::type_hint_identifier;
use quorate::raft;

use super::classes::{Classes, comes_out, goes_in, word};
use super::message::{ConfState, Entries, HardState, Snapshot};

pub(crate) struct Config(pub(super) raft::Config);

goes_in!(Config, config, "Config", |object| {
    let ReadOnly(read_only) = object.getattr("read_only")?.extract()?;
    macro_rules! config {
        ($($field:ident),+) => {
            raft::Config {
                read_only,
                $($field: object.getattr(stringify!($field))?.extract()?,)+
            }
        };
    }
    config!(
        id,
        seed,
        election_tick,
        heartbeat_tick,
        pre_vote,
        check_quorum,
        disable_proposal_forwarding,
        disable_conf_change_validation,
        step_down_on_removal,
        max_size_per_msg,
        max_inflight_msgs,
        max_inflight_bytes,
        max_uncommitted_size,
        max_committed_size,
        coalesce_appends,
        priority,
        commit_by_vote,
        group_commit,
        trace
    )
});

pub(crate) struct Stored(pub(super) raft::Stored);

goes_in!(Stored, stored, "Stored", |object| {
    let hard_state: HardState = object.getattr("hard_state")?.extract()?;
    let conf_state: ConfState = object.getattr("conf_state")?.extract()?;
    let snapshot: Option<Snapshot> = object.getattr("snapshot")?.extract()?;
    let entries: Entries = object.getattr("entries")?.extract()?;
    raft::Stored {
        hard_state: hard_state.0,
        conf_state: conf_state.0,
        snapshot: snapshot.map(|snapshot| snapshot.0).unwrap_or_default(),
        entries: entries.0,
        applied: object.getattr("applied")?.extract()?,
    }
});

fn read_only(number: usize) -> Option<raft::ReadOnly> {
    [raft::ReadOnly::Safe, raft::ReadOnly::LeaseBased].get(number).copied()
}

word!(
    ReadOnly(raft::ReadOnly),
    read_only,
    "ReadOnly",
    |value| value as usize,
    read_only
);
