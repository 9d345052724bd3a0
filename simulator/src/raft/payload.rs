//! What members of a Raft group and their clients say to each other.

use core::fmt;

use quorate::raft::{Message, MessageKind as RaftKind};

use super::describe_message;
use super::store::{Outcome, Request};
use crate::payload::MessageKind;

const REQUEST: MessageKind = MessageKind(64);
const REPLY: MessageKind = MessageKind(65);

/// Numbers below 64 are those of `raftpb`.
pub(crate) fn name(kind: MessageKind) -> Option<&'static str> {
    use RaftKind as Kind;

    Some(match kind {
        REQUEST => "Request",
        REPLY => "Reply",
        MessageKind(number) => match RaftKind::from_number(u64::from(number))? {
            Kind::Hup => "Hup",
            Kind::Beat => "Beat",
            Kind::Prop => "Prop",
            Kind::App => "App",
            Kind::AppResp => "AppResp",
            Kind::Vote => "Vote",
            Kind::VoteResp => "VoteResp",
            Kind::Snap => "Snap",
            Kind::Heartbeat => "Heartbeat",
            Kind::HeartbeatResp => "HeartbeatResp",
            Kind::Unreachable => "Unreachable",
            Kind::SnapStatus => "SnapStatus",
            Kind::CheckQuorum => "CheckQuorum",
            Kind::TransferLeader => "TransferLeader",
            Kind::TimeoutNow => "TimeoutNow",
            Kind::ReadIndex => "ReadIndex",
            Kind::ReadIndexResp => "ReadIndexResp",
            Kind::PreVote => "PreVote",
            Kind::PreVoteResp => "PreVoteResp",
            Kind::StorageAppend => "StorageAppend",
            Kind::StorageAppendResp => "StorageAppendResp",
            Kind::StorageApply => "StorageApply",
            Kind::StorageApplyResp => "StorageApplyResp",
            Kind::ForgetLeader => "ForgetLeader",
        },
    })
}

#[derive(Clone, Debug)]
pub(crate) enum Payload {
    /// What members of a group say to each other.
    Message(Message),
    /// What a client asks.
    Request(Request),
    /// What it is answered.
    Reply { serial: u64, outcome: Outcome },
}

impl Payload {
    pub(crate) fn kind(&self) -> MessageKind {
        match self {
            Self::Message(message) => MessageKind(message.kind.number()),
            Self::Request(_) => REQUEST,
            Self::Reply { .. } => REPLY,
        }
    }

    /// Rule 18 of `docs/raft.md`: who sends a snapshot learns what became of it.
    pub(crate) fn is_reported(&self) -> bool {
        matches!(self, Self::Message(message) if message.kind == RaftKind::Snap)
    }
}

impl fmt::Display for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Message(message) => describe_message(message, f),
            Self::Request(request) => write!(f, "{request}"),
            Self::Reply { serial, outcome } => write!(f, "#{serial} {outcome}"),
        }
    }
}
