//! How servers and sentinels look in diagrams.

use alloc::string::{String, ToString};

use crate::kind::Drawing;

pub(crate) const DRAWING: Drawing = Drawing {
    lane,
    label,
    is_quiet,
    quiet: "pings, hellos and the like",
};

fn lane(role: &str) -> char {
    match role {
        "master" => '#',
        _ => '|',
    }
}

/// What decides a failover is drawn, and what clients ask.
fn is_quiet(kind: &str) -> bool {
    !matches!(
        kind,
        "Ask" | "AskReply" | "Slaveof" | "Write" | "WriteReply" | "Read" | "ReadReply"
    )
}

fn label(kind: &str, text: &str) -> String {
    let last = || text.rsplit(' ').next().unwrap_or_default().to_string();
    match kind {
        // With a run id it is a request for a vote.
        "Ask" if text.ends_with('*') => "down?".to_string(),
        "Ask" => "vote?".to_string(),
        "AskReply" if text.contains("\"*\"") => if text.starts_with("[1") { "down" } else { "up" }.to_string(),
        "AskReply" => alloc::format!("vote {}", last().trim_end_matches(']')),
        "Slaveof" => text.to_lowercase(),
        "Write" | "Read" => text.split(' ').take(3).collect::<alloc::vec::Vec<_>>().join(" "),
        _ => text.to_string(),
    }
}
