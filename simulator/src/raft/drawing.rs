//! How a Raft group looks in diagrams.

use alloc::format;
use alloc::string::{String, ToString};

use crate::kind::Drawing;

pub(crate) const DRAWING: Drawing = Drawing {
    lane,
    label,
    is_quiet: |kind| kind.starts_with("Heartbeat"),
    quiet: "heartbeats and answers",
};

fn lane(role: &str) -> char {
    match role {
        "leader" => '#',
        "follower" | "" => '|',
        _ => '!',
    }
}

/// What an arrow says: the kind, and what matters of the rest.
fn label(kind: &str, text: &str) -> String {
    match kind {
        "VoteResp" | "PreVoteResp" => if text.ends_with("yes") { "yes" } else { "no" }.to_string(),
        "App" => {
            let entries = text.matches('[').count();
            match text.rfind('[') {
                Some(last) if entries == 1 => {
                    let entry = text[last..]
                        .trim_matches(['[', ']'])
                        .rsplit(' ')
                        .next()
                        .unwrap_or_default();
                    format!("App {entry}")
                }
                Some(_) => format!("App {entries} entries"),
                None => "App".to_string(),
            }
        }
        "AppResp" => {
            let what = text.split_once(' ').map_or("", |(_, what)| what);
            format!("ok {what}").replace("ok no", "no")
        }
        "Request" => text.split_once(' ').map_or(text, |(_, op)| op).to_string(),
        "Reply" => text.split_once(' ').map_or(text, |(_, outcome)| outcome).to_string(),
        _ => kind.to_string(),
    }
}
