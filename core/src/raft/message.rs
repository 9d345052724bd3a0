//! What members say to each other and keep: messages, entries, hard state, snapshots and changes of membership.
//!
//! The names and numbers are those of etcd's `raftpb`; the fields that only raft-rs has say so.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use super::saved::saved;

/// What a member is called. Never 0, and never one of the two threads below.
pub type NodeId = u64;

/// No member.
pub const NONE: NodeId = 0;

/// Where messages for the storage go when it works on its own (etcd's `LocalAppendThread`).
pub const APPEND_THREAD: NodeId = u64::MAX;

/// Where messages for the state machine go when it works on its own (etcd's `LocalApplyThread`).
pub const APPLY_THREAD: NodeId = u64::MAX - 1;

/// The bytes of an entry, shared by the log and every message that carries it.
pub type Data = Arc<[u8]>;

macro_rules! numbered {
    ($(#[$meta:meta])* $name:ident { $($(#[$variant_meta:meta])* $variant:ident = $number:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
        #[repr(u8)]
        pub enum $name {
            $($(#[$variant_meta])* $variant = $number),+
        }

        impl $name {
            /// The kind of that number, which is the one on the wire.
            pub fn from_number(number: u64) -> Option<Self> {
                match number {
                    $($number => Some(Self::$variant),)+
                    _ => None,
                }
            }

            /// The number on the wire.
            pub fn number(self) -> u8 {
                self as u8
            }
        }
    };
}

numbered! {
    /// What an entry holds.
    EntryKind {
        /// A command for the state machine; empty when a leader begins its term.
        Normal = 0,
        /// A [`ConfChange`].
        ConfChange = 1,
        /// A [`ConfChangeV2`].
        ConfChangeV2 = 2,
    }
}

/// One place in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Entry {
    /// The term of the leader that made it.
    pub term: u64,
    /// Its place, from 1 on.
    pub index: u64,
    /// What it holds.
    pub kind: EntryKind,
    /// The command or the encoded change.
    pub data: Data,
}

impl Entry {
    /// A command that is still to be given a place.
    pub fn normal(data: impl Into<Data>) -> Self {
        Self {
            term: 0,
            index: 0,
            kind: EntryKind::Normal,
            data: data.into(),
        }
    }
}

numbered! {
    /// What a message says. The numbers are those of `raftpb`.
    MessageKind {
        /// Start an election. Local.
        Hup = 0,
        /// Send heartbeats. Local.
        Beat = 1,
        /// Append these entries to the log.
        Prop = 2,
        /// The leader's entries (§5.3 of the paper: AppendEntries).
        App = 3,
        /// The answer to it, and to a snapshot.
        AppResp = 4,
        /// A candidate asks for a vote (§5.2: RequestVote).
        Vote = 5,
        /// The answer to it.
        VoteResp = 6,
        /// A snapshot (§7: InstallSnapshot).
        Snap = 7,
        /// The leader is there.
        Heartbeat = 8,
        /// The answer to it.
        HeartbeatResp = 9,
        /// The last message to a member did not arrive. Local.
        Unreachable = 10,
        /// How sending a snapshot ended. Local.
        SnapStatus = 11,
        /// Does a quorum still answer? Local.
        CheckQuorum = 12,
        /// Hand leadership over to the sender.
        TransferLeader = 13,
        /// Start an election at once.
        TimeoutNow = 14,
        /// Ask for an index from which a read is linearizable.
        ReadIndex = 15,
        /// That index.
        ReadIndexResp = 16,
        /// Would you vote for me? (Dissertation §9.6.)
        PreVote = 17,
        /// The answer to it.
        PreVoteResp = 18,
        /// Make this durable. Local.
        StorageAppend = 19,
        /// It is. Local.
        StorageAppendResp = 20,
        /// Apply this. Local.
        StorageApply = 21,
        /// It is applied. Local.
        StorageApplyResp = 22,
        /// Forget who leads.
        ForgetLeader = 23,
    }
}

impl MessageKind {
    /// Its name in `raftpb`, which is the same in every language.
    pub fn name(self) -> &'static str {
        match self {
            Self::Hup => "MsgHup",
            Self::Beat => "MsgBeat",
            Self::Prop => "MsgProp",
            Self::App => "MsgApp",
            Self::AppResp => "MsgAppResp",
            Self::Vote => "MsgVote",
            Self::VoteResp => "MsgVoteResp",
            Self::Snap => "MsgSnap",
            Self::Heartbeat => "MsgHeartbeat",
            Self::HeartbeatResp => "MsgHeartbeatResp",
            Self::Unreachable => "MsgUnreachable",
            Self::SnapStatus => "MsgSnapStatus",
            Self::CheckQuorum => "MsgCheckQuorum",
            Self::TransferLeader => "MsgTransferLeader",
            Self::TimeoutNow => "MsgTimeoutNow",
            Self::ReadIndex => "MsgReadIndex",
            Self::ReadIndexResp => "MsgReadIndexResp",
            Self::PreVote => "MsgPreVote",
            Self::PreVoteResp => "MsgPreVoteResp",
            Self::StorageAppend => "MsgStorageAppend",
            Self::StorageAppendResp => "MsgStorageAppendResp",
            Self::StorageApply => "MsgStorageApply",
            Self::StorageApplyResp => "MsgStorageApplyResp",
            Self::ForgetLeader => "MsgForgetLeader",
        }
    }

    /// Whether a message of this kind never comes from another member.
    pub fn is_local(self) -> bool {
        matches!(
            self,
            Self::Hup
                | Self::Beat
                | Self::Unreachable
                | Self::SnapStatus
                | Self::CheckQuorum
                | Self::StorageAppend
                | Self::StorageAppendResp
                | Self::StorageApply
                | Self::StorageApplyResp
        )
    }

    /// Whether a message of this kind says something about a term. Others are made anywhere, and count where they arrive.
    pub(super) fn needs_term(self) -> bool {
        matches!(
            self,
            Self::App
                | Self::AppResp
                | Self::Vote
                | Self::VoteResp
                | Self::Snap
                | Self::Heartbeat
                | Self::HeartbeatResp
                | Self::TimeoutNow
                | Self::ReadIndexResp
                | Self::PreVote
                | Self::PreVoteResp
        )
    }

    /// Whether a message of this kind answers another.
    pub fn is_response(self) -> bool {
        matches!(
            self,
            Self::AppResp
                | Self::VoteResp
                | Self::HeartbeatResp
                | Self::Unreachable
                | Self::ReadIndexResp
                | Self::PreVoteResp
                | Self::StorageAppendResp
                | Self::StorageApplyResp
        )
    }
}

impl fmt::Display for MessageKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A message. Fields that a kind does not use are 0, false or empty.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Message {
    /// What it says.
    pub kind: MessageKind,
    /// Who it is for.
    pub to: NodeId,
    /// Who it is from.
    pub from: NodeId,
    /// The sender's term; 0 in local messages and in forwarded proposals and reads.
    pub term: u64,
    /// The term of the entry at `index`; in a rejection that of the entry at `reject_hint`.
    pub log_term: u64,
    /// The entry before `entries`, or the one that is acknowledged, rejected or asked about.
    pub index: u64,
    /// The entries that follow `index`.
    pub entries: Vec<Entry>,
    /// How far the sender knows the log to be committed.
    pub commit: u64,
    /// The term of the entry at `commit`. Only raft-rs sends it, with votes.
    pub commit_term: u64,
    /// The vote to make durable. Only in [`MessageKind::StorageAppend`].
    pub vote: NodeId,
    /// The snapshot.
    pub snapshot: Option<Box<Snapshot>>,
    /// Whether the sender refuses.
    pub reject: bool,
    /// How far the sender's log may match.
    pub reject_hint: u64,
    /// Whatever the sender wants back: a read's token, or why a vote is asked for.
    pub context: Vec<u8>,
    /// How much the sender should rather lead than others. Only raft-rs sends it.
    pub priority: i64,
    /// From where the sender wants a snapshot, 0 if it wants none. Only raft-rs sends it.
    pub request_snapshot: u64,
    /// What to send once this is done. Only in messages to the two threads.
    pub responses: Vec<Message>,
}

impl Message {
    /// A message of that kind, all else empty.
    pub fn new(kind: MessageKind) -> Self {
        Self {
            kind,
            to: NONE,
            from: NONE,
            term: 0,
            log_term: 0,
            index: 0,
            entries: Vec::new(),
            commit: 0,
            commit_term: 0,
            vote: NONE,
            snapshot: None,
            reject: false,
            reject_hint: 0,
            context: Vec::new(),
            priority: 0,
            request_snapshot: 0,
            responses: Vec::new(),
        }
    }

    /// A message of that kind for `to`, all else empty.
    pub fn to(kind: MessageKind, to: NodeId) -> Self {
        Self { to, ..Self::new(kind) }
    }
}

/// What must be durable before anything that depends on it is sent (§5.1: persistent state).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct HardState {
    /// The latest term that was seen.
    pub term: u64,
    /// Who was voted for in it.
    pub vote: NodeId,
    /// How far the log is known to be committed.
    pub commit: u64,
}

impl HardState {
    /// Whether nothing was ever kept.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Who is a member, and how.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default))]
pub struct ConfState {
    /// The voters; in a joint configuration those of the incoming half.
    pub voters: Vec<NodeId>,
    /// Members that receive the log and have no vote.
    pub learners: Vec<NodeId>,
    /// The voters of the outgoing half of a joint configuration.
    pub voters_outgoing: Vec<NodeId>,
    /// Voters of the outgoing half that become learners when it is left.
    pub learners_next: Vec<NodeId>,
    /// Whether the leader leaves the joint configuration by itself.
    pub auto_leave: bool,
}

impl ConfState {
    /// Whether `id` is a member, voter or not.
    pub(super) fn names(&self, id: NodeId) -> bool {
        let all = [&self.voters, &self.learners, &self.voters_outgoing];
        all.iter().any(|ids| ids.contains(&id))
    }
}

/// What a snapshot replaces.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct SnapshotMetadata {
    /// The members at that point.
    pub conf_state: ConfState,
    /// The last entry that it covers.
    pub index: u64,
    /// The term of that entry.
    pub term: u64,
}

/// A state machine's state, in place of the entries that led to it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Snapshot {
    /// The state, in whatever form the state machine reads.
    pub data: Data,
    /// What it replaces.
    pub metadata: SnapshotMetadata,
}

impl Default for Snapshot {
    fn default() -> Self {
        Self {
            data: Data::from([]),
            metadata: SnapshotMetadata::default(),
        }
    }
}

impl Snapshot {
    /// Whether it covers nothing.
    pub fn is_empty(&self) -> bool {
        self.metadata.index == 0
    }
}

numbered! {
    /// What happens to a member.
    ConfChangeKind {
        /// It becomes a voter.
        AddNode = 0,
        /// It leaves.
        RemoveNode = 1,
        /// Something that only the application knows of changes.
        UpdateNode = 2,
        /// It becomes a learner.
        AddLearnerNode = 3,
    }
}

numbered! {
    /// How a change of several members takes place.
    ConfChangeTransition {
        /// By a joint configuration if more than one voter changes; it is left by itself.
        Auto = 0,
        /// By a joint configuration that is left by itself.
        JointImplicit = 1,
        /// By a joint configuration that is left when an empty change is proposed.
        JointExplicit = 2,
    }
}

/// One member's part in a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ConfChangeSingle {
    /// What happens.
    pub kind: ConfChangeKind,
    /// To whom.
    pub node_id: NodeId,
}

/// A change of one member, as older members write it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ConfChange {
    /// What happens.
    pub kind: ConfChangeKind,
    /// To whom.
    pub node_id: NodeId,
    /// Whatever the application wants to be told when it is applied.
    pub context: Vec<u8>,
    /// Whatever the application calls it.
    pub id: u64,
}

/// A change of any number of members. An empty one leaves a joint configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ConfChangeV2 {
    /// How it takes place.
    pub transition: ConfChangeTransition,
    /// What happens to whom.
    pub changes: Vec<ConfChangeSingle>,
    /// Whatever the application wants to be told when it is applied.
    pub context: Vec<u8>,
}

impl Default for ConfChangeV2 {
    fn default() -> Self {
        Self {
            transition: ConfChangeTransition::Auto,
            changes: Vec::new(),
            context: Vec::new(),
        }
    }
}

impl ConfChangeV2 {
    /// The change that leaves a joint configuration.
    pub fn leave_joint() -> Self {
        Self::default()
    }

    /// Whether it leaves a joint configuration.
    pub fn is_leave_joint(&self) -> bool {
        self.transition == ConfChangeTransition::Auto && self.changes.is_empty()
    }

    /// Whether it goes through a joint configuration, and if so whether that is left by itself.
    pub fn enters_joint(&self) -> Option<bool> {
        match self.transition {
            ConfChangeTransition::Auto => (self.changes.len() > 1).then_some(true),
            ConfChangeTransition::JointImplicit => Some(true),
            ConfChangeTransition::JointExplicit => Some(false),
        }
    }
}

impl From<ConfChange> for ConfChangeV2 {
    fn from(change: ConfChange) -> Self {
        Self {
            transition: ConfChangeTransition::Auto,
            changes: Vec::from([ConfChangeSingle {
                kind: change.kind,
                node_id: change.node_id,
            }]),
            context: change.context,
        }
    }
}

saved!(numbered EntryKind);
saved!(numbered MessageKind);
saved!(numbered ConfChangeKind);
saved!(numbered ConfChangeTransition);
saved!(struct Entry { term, index, kind, data });
saved!(struct Message {
    kind, to, from, term, log_term, index, entries, commit, commit_term, vote, snapshot, reject, reject_hint, context,
    priority, request_snapshot, responses
});
saved!(struct HardState { term, vote, commit });
saved!(struct ConfState { voters, learners, voters_outgoing, learners_next, auto_leave });
saved!(struct SnapshotMetadata { conf_state, index, term });
saved!(struct Snapshot { data, metadata });
saved!(struct ConfChangeSingle { kind, node_id });
saved!(struct ConfChangeV2 { transition, changes, context });
