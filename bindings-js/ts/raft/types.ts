/** What goes into a Raft node and comes out of it: plain values. */

/** What a member is called: a whole number from 1 to 2^64 - 3, as a number up to 2^53 - 1 and as a bigint beyond. */
export type NodeId = number | bigint;

/** No member: what {@link Node.lead} is while no leader is known. */
export const NONE = 0;

/** Where a {@link ReadyNode} with asynchronous storage sends what is to be written (etcd's `LocalAppendThread`). */
export const APPEND_THREAD = 2n ** 64n - 1n;

/** Where it sends what is to be applied (etcd's `LocalApplyThread`). */
export const APPLY_THREAD = 2n ** 64n - 2n;

/** What may be given where bytes are wanted. Text is UTF-8. */
export type Data = Uint8Array | string;

/** What a node is. */
export type Role = "follower" | "pre_candidate" | "candidate" | "leader";
export const ROLES: readonly Role[] = ["follower", "pre_candidate", "candidate", "leader"];

/**
 * Whose messages are read and written: those of etcd-io/raft (`raftpb`) or of raft-rs (`eraftpb`). The two differ in their last
 * fields only.
 */
export type Dialect = "etcd" | "raft_rs";
export const DIALECTS: readonly Dialect[] = ["etcd", "raft_rs"];

/** What an entry holds: a command (empty when a leader begins its term), or a change of membership in its older or newer form. */
export type EntryKind = "normal" | "conf_change" | "conf_change_v2";
export const ENTRY_KINDS: readonly EntryKind[] = ["normal", "conf_change", "conf_change_v2"];

/** In the order of the numbers of `raftpb`. */
export const MESSAGE_KINDS = [
  "hup",
  "beat",
  "prop",
  "app",
  "app_resp",
  "vote",
  "vote_resp",
  "snap",
  "heartbeat",
  "heartbeat_resp",
  "unreachable",
  "snap_status",
  "check_quorum",
  "transfer_leader",
  "timeout_now",
  "read_index",
  "read_index_resp",
  "pre_vote",
  "pre_vote_resp",
  "storage_append",
  "storage_append_resp",
  "storage_apply",
  "storage_apply_resp",
  "forget_leader",
] as const;

/**
 * What a message says, as `raftpb` calls it without its `Msg`.
 *
 * Never from another member come `hup`, `beat`, `unreachable`, `snap_status`, `check_quorum`, and `storage_...`.
 */
export type MessageKind = (typeof MESSAGE_KINDS)[number];

/** What happens to a member: it becomes a voter, leaves, changes in a way that only the application knows, or becomes a learner. */
export type ConfChangeKind = "add_node" | "remove_node" | "update_node" | "add_learner_node";
export const CONF_CHANGE_KINDS: readonly ConfChangeKind[] = ["add_node", "remove_node", "update_node", "add_learner_node"];

/**
 * How a change of several members takes place. `auto`: by a joint configuration if more than one member changes, which is left by
 * itself. `joint_implicit`: always by one, which is left by itself. `joint_explicit`: by one that is left when an empty change is
 * proposed.
 */
export type ConfChangeTransition = "auto" | "joint_implicit" | "joint_explicit";
export const TRANSITIONS: readonly ConfChangeTransition[] = ["auto", "joint_implicit", "joint_explicit"];

/**
 * How a leader sends entries to a member. `probe`: one message at a time, until it is known where the logs part. `replicate`: as many
 * as fit the window. `snapshot`: none, for a snapshot is on its way.
 */
export type ProgressState = "probe" | "replicate" | "snapshot";
export const PROGRESS_STATES: readonly ProgressState[] = ["probe", "replicate", "snapshot"];

/** How a read is made linearizable: by asking a quorum whether the leader still leads, or by its lease, which needs `checkQuorum`. */
export type ReadOnly = "safe" | "lease_based";
export const READ_ONLY: readonly ReadOnly[] = ["safe", "lease_based"];

// ---- what is kept

/** Which entry: no two entries with one term and index differ. */
export interface EntryId {
  /** The term of the leader that made it. */
  readonly term: number;
  /** Its place in the log, from 1 on. */
  readonly index: number;
}

/** One place in the log. */
export interface Entry extends EntryId {
  /** What it holds. */
  readonly kind: EntryKind;
  /** The command or the encoded change. */
  readonly data: Uint8Array;
}

/** An {@link Entry} as it may be given. */
export interface EntryInit extends EntryId {
  /** Default `normal`. */
  readonly kind?: EntryKind | undefined;
  /** Default empty. */
  readonly data?: Data | undefined;
}

/** What must be durable before anything that depends on it is sent. */
export interface HardState {
  /** The latest term that was seen. */
  readonly term: number;
  /** Who was voted for in it, or {@link NONE}. */
  readonly vote: NodeId;
  /** How far the log is known to be committed. */
  readonly commit: number;
}

/** Who is a member, and how. */
export interface ConfState {
  /** The voters; in a joint configuration those of the incoming half. */
  readonly voters: readonly NodeId[];
  /** Members that receive the log and have no vote. */
  readonly learners: readonly NodeId[];
  /** The voters of the outgoing half of a joint configuration. */
  readonly votersOutgoing: readonly NodeId[];
  /** Voters of the outgoing half that become learners when it is left. */
  readonly learnersNext: readonly NodeId[];
  /** Whether the leader leaves the joint configuration by itself. */
  readonly autoLeave: boolean;
}

/** A {@link ConfState} as it may be given: what is left out is empty. */
export type ConfStateInit = { readonly [Field in keyof ConfState]?: ConfState[Field] | undefined };

/** A state machine's state, in place of the entries that led to it. */
export interface Snapshot {
  /** The last entry that it covers. */
  readonly index: number;
  /** The term of that entry. */
  readonly term: number;
  /** The members at that point. */
  readonly confState: ConfState;
  /** The state, in whatever form the state machine reads. */
  readonly data: Uint8Array;
}

/** A {@link Snapshot} as it may be given. */
export interface SnapshotInit extends EntryId {
  readonly confState: ConfStateInit;
  /** Default empty. */
  readonly data?: Data | undefined;
}

/** What a node finds when it starts. */
export interface Stored {
  /** The last hard state that was made durable. Its commit index must not be beyond the last entry. Default all 0. */
  readonly hardState?: Partial<HardState> | undefined;
  /** The members as of what is applied. Default nobody. */
  readonly confState?: ConfStateInit | undefined;
  /** The last snapshot, if there is one. */
  readonly snapshot?: SnapshotInit | undefined;
  /** The durable entries that follow it. Default none. */
  readonly entries?: Iterable<EntryInit> | undefined;
  /** How far the state machine is; at least the snapshot. Default 0. */
  readonly applied?: number | undefined;
}

// ---- what goes in

/** Settings of a node. It checks them, and throws a `ConfigError`. */
export interface Config {
  /** What the node is called: from 1 to 2^64 - 3. */
  readonly id: NodeId;
  /** Where its randomness comes from, from 0 to 2^64 - 1. Nodes of one group should differ. */
  readonly seed: number | bigint;
  /**
   * Ticks without word from a leader after which a follower stands for election: a number drawn from here to twice as many, less
   * one. Default 10; more than `heartbeatTick`.
   */
  readonly electionTick?: number | undefined;
  /** Ticks between heartbeats. Default 1. */
  readonly heartbeatTick?: number | undefined;
  /** Ask before standing for election, so that a node which was cut off does not disturb. Default false. */
  readonly preVote?: boolean | undefined;
  /**
   * Step down when a quorum was not heard of for an election timeout, and ignore candidates while a leader is heard of. Default
   * false.
   */
  readonly checkQuorum?: boolean | undefined;
  /** How reads are made linearizable. Default `safe`. */
  readonly readOnly?: ReadOnly | undefined;
  /** Refuse proposals on followers instead of forwarding them. Default false. */
  readonly disableProposalForwarding?: boolean | undefined;
  /** Let changes of membership through unchecked: something above makes sure of them. Default false. */
  readonly disableConfChangeValidation?: boolean | undefined;
  /** A leader that is removed or becomes a learner follows at once. Default false: it leads until another is elected. */
  readonly stepDownOnRemoval?: boolean | undefined;
  /** The most bytes of entries in one message; at least one entry is sent. 0 sends one entry a message. Default 1 MiB. */
  readonly maxSizePerMsg?: number | undefined;
  /** The most messages to a member that are not acknowledged. Default 256; at least 1. */
  readonly maxInflightMsgs?: number | undefined;
  /**
   * The most bytes of entries to a member that are not acknowledged; 0 for no bound, else at least `maxSizePerMsg`. Default 0.
   */
  readonly maxInflightBytes?: number | undefined;
  /** The most bytes of commands that a leader takes before they are committed; 0 for no bound. Default 0. */
  readonly maxUncommittedSize?: number | undefined;
  /** The most bytes of entries that are handed out to be applied and are not yet; 0 for `maxSizePerMsg`. Default 0. */
  readonly maxCommittedSize?: number | undefined;
  /**
   * Let what is appended in one go leave in one message for each member, when outputs are drained. Default true; if false,
   * messages are those of etcd one by one.
   */
  readonly coalesceAppends?: boolean | undefined;
  /**
   * How much the node should rather lead than others: a voter refuses a candidate of lower priority, unless its log is longer. Of
   * raft-rs. Default 0.
   */
  readonly priority?: number | undefined;
  /** Let votes carry how far the log is committed, so that a new leader knows sooner. Of raft-rs. Default false. */
  readonly commitByVote?: boolean | undefined;
  /** Commit only what voters of two groups have. Of raft-rs. Default false. */
  readonly groupCommit?: boolean | undefined;
  /** Put out `trace` outputs. Default false. */
  readonly trace?: boolean | undefined;
}

/** A message between members. Fields that a kind does not use are 0, false or empty. */
export interface Message {
  /** What it says. */
  readonly kind: MessageKind;
  /** Who it is for. */
  readonly to: NodeId;
  /** Who it is from. */
  readonly from: NodeId;
  /** The sender's term; 0 in local messages and in forwarded proposals and reads. */
  readonly term: number;
  /** The term of the entry at `index`; in a rejection that of the entry at `rejectHint`. */
  readonly logTerm: number;
  /** The entry before `entries`, or the one that is acknowledged, rejected or asked about. */
  readonly index: number;
  /** The entries that follow `index`. */
  readonly entries: readonly Entry[];
  /** How far the sender knows the log to be committed. */
  readonly commit: number;
  /** The term of the entry at `commit`. Only raft-rs sends it, with votes. */
  readonly commitTerm: number;
  /** The vote to make durable. Only in `storage_append`. */
  readonly vote: NodeId;
  /** The snapshot. */
  readonly snapshot: Snapshot | undefined;
  /** Whether the sender refuses. */
  readonly reject: boolean;
  /** How far the sender's log may match. */
  readonly rejectHint: number;
  /** Whatever the sender wants back: a read's token, or why a vote is asked for. */
  readonly context: Uint8Array;
  /** How much the sender should rather lead than others. Only raft-rs sends it. */
  readonly priority: number;
  /** From where the sender wants a snapshot, 0 if it wants none. Only raft-rs sends it. */
  readonly requestSnapshot: number;
  /** What to send once this is done. Only in what a {@link ReadyNode} with asynchronous storage says to its two threads. */
  readonly responses: readonly Message[];
}

/** A {@link Message} as it may be given: what is left out is 0, false or empty. Responses are not read. */
export interface MessageInit {
  readonly kind: MessageKind;
  readonly to?: NodeId | undefined;
  readonly from?: NodeId | undefined;
  readonly term?: number | undefined;
  readonly logTerm?: number | undefined;
  readonly index?: number | undefined;
  readonly entries?: Iterable<EntryInit> | undefined;
  readonly commit?: number | undefined;
  readonly commitTerm?: number | undefined;
  readonly vote?: NodeId | undefined;
  readonly snapshot?: SnapshotInit | undefined;
  readonly reject?: boolean | undefined;
  readonly rejectHint?: number | undefined;
  readonly context?: Data | undefined;
  readonly priority?: number | undefined;
  readonly requestSnapshot?: number | undefined;
  readonly responses?: readonly Message[] | undefined;
}

/** One member's part in a change. */
export interface ConfChangeSingle {
  /** What happens. */
  readonly kind: ConfChangeKind;
  /** To whom. */
  readonly nodeId: NodeId;
}

/** A change of any number of members (etcd's `ConfChangeV2`). An empty one leaves a joint configuration. */
export interface ConfChange {
  /** What happens to whom. */
  readonly changes: readonly ConfChangeSingle[];
  /** How it takes place. */
  readonly transition: ConfChangeTransition;
  /** Whatever the application wants to be told when it is applied. */
  readonly context: Uint8Array;
}

/** A {@link ConfChange} as it may be given. */
export interface ConfChangeInit {
  readonly changes?: Iterable<ConfChangeSingle> | undefined;
  /** Default `auto`. */
  readonly transition?: ConfChangeTransition | undefined;
  /** Default empty. */
  readonly context?: Data | undefined;
}

/** A change of one member, as older members write it: what an entry of kind `conf_change` holds. */
export interface ConfChangeV1 extends ConfChangeSingle {
  /** Whatever the application wants to be told when it is applied. */
  readonly context: Uint8Array;
  /** Whatever the application calls it. */
  readonly id: number | bigint;
}

/** A {@link ConfChangeV1} as it may be given. */
export interface ConfChangeV1Init extends ConfChangeSingle {
  /** Default empty. */
  readonly context?: Data | undefined;
  /** Default 0. */
  readonly id?: number | bigint | undefined;
}
