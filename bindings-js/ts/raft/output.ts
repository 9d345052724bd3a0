/** What a Raft node says: outputs, what became of a proposal, its status, and what is ready. */
import type { Trace } from "./trace.js";
import type { ConfState, Entry, EntryId, HardState, Message, NodeId, ProgressState, Role, Snapshot } from "./types.js";

/** Send this message to the member `message.to`. It may be lost, late, repeated or out of order. */
export interface Send {
  readonly kind: "send";
  readonly message: Message;
}

/**
 * Make this durable, then call `persisted` with the ticket.
 *
 * In the order of the tickets, and in each: the snapshot first (it replaces the whole log), then the entries (they replace what is
 * stored from the first one's index on), then the hard state.
 */
export interface Persist {
  readonly kind: "persist";
  /** What to answer with. */
  readonly ticket: number;
  /** The hard state, if it changed. */
  readonly hardState: HardState | undefined;
  /** A snapshot from the leader. It also goes to the state machine. */
  readonly snapshot: Snapshot | undefined;
  /** Entries, without a gap. */
  readonly entries: readonly Entry[];
  /** Whether it must reach the disk: false where only the commit index changed, which may be lost. */
  readonly mustSync: boolean;
}

/**
 * Apply these committed entries to the state machine, then call `applied` with the index of the last.
 *
 * A change of membership (`Entry.confChange`) also goes to `applyConfChange`, unless the application refuses it.
 */
export interface Apply {
  readonly kind: "apply";
  /** The entries, without a gap; at least one. */
  readonly entries: readonly Entry[];
}

/** The read of that context may take place once everything up to `index` is applied. */
export interface ReadReady {
  readonly kind: "read_ready";
  /** From here on the read is linearizable. */
  readonly index: number;
  /** What the read was asked for with. */
  readonly context: Uint8Array;
}

/** The read of that context will not be answered: leadership ended. Ask again. */
export interface ReadLost {
  readonly kind: "read_lost";
  /** What the read was asked for with. */
  readonly context: Uint8Array;
}

/** The node's role, its leader or its term changed. */
export interface RoleChanged {
  readonly kind: "role_changed";
  /** What the node is now. */
  readonly role: Role;
  /** Who leads, or `NONE`. */
  readonly lead: NodeId;
  /** The term. */
  readonly term: number;
}

/**
 * A member needs entries that are no longer in the window, and no snapshot is known that would do. Call `entriesFetched` with them,
 * or take a snapshot and call `snapshotTaken`.
 */
export interface Fetch {
  readonly kind: "fetch";
  /** Who needs them. */
  readonly to: NodeId;
  /** The entry before the first that it needs, whose term is needed too. */
  readonly previous: number;
  /** One past the last entry that is not in the window. */
  readonly end: number;
}

/** Why something happened, or did not. Only with `trace` in the config. */
export interface Traced {
  readonly kind: "trace";
  readonly trace: Trace;
}

/** What the caller must do, or may want to know. Its `kind` says which. */
export type Output = Send | Persist | Apply | ReadReady | ReadLost | RoleChanged | Fetch | Traced;

/**
 * The proposal stands in the log of this leader. It is committed if the entry applied at that index has that term, and lost if it
 * has another.
 */
export interface Proposed {
  readonly kind: "proposed";
  /** Its place; of a batch, that of the last. */
  readonly index: number;
  /** Its term. */
  readonly term: number;
}

/** The proposal was sent on to the leader. Nobody says what becomes of it. */
export interface Forwarded {
  readonly kind: "forwarded";
  /** Who leads. */
  readonly lead: NodeId;
}

/** What became of a proposal. */
export type ProposalResult = Proposed | Forwarded;

/** How far a log is durable, committed and applied. */
export interface LogSummary {
  /** The last committed entry. */
  readonly committed: number;
  /** The last applied entry. */
  readonly applied: number;
  /** The last entry that was handed out to be applied. */
  readonly applying: number;
  /** One past the last durable entry. */
  readonly stableEnd: number;
  /** One past the last entry that was handed out to be made durable. */
  readonly persistingEnd: number;
  /** How many entries are not durable. */
  readonly unstable: number;
}

/** What a leader knows of one member. */
export interface Progress {
  /** The last entry that the member is known to have (`matchIndex`). */
  readonly matched: number;
  /** The next entry to send (`nextIndex`). */
  readonly next: number;
  /** How entries are sent. */
  readonly state: ProgressState;
  /** The index of the snapshot on its way, or 0. */
  readonly pendingSnapshot: number;
  /** Whether anything came from the member since the last quorum check. */
  readonly recentActive: boolean;
  /** Whether nothing is sent before an answer comes. */
  readonly paused: boolean;
  /** How many messages were sent and not acknowledged. */
  readonly inflight: number;
  /** Whether it has no vote. */
  readonly isLearner: boolean;
  /** Which group it belongs to, for `groupCommit`; 0 for none. */
  readonly commitGroup: number;
}

/** What a node knows and believes, for people and tests. */
export interface Status {
  /** What the node is called. */
  readonly id: NodeId;
  /** What it is. */
  readonly role: Role;
  /** Who leads, or `NONE`. */
  readonly lead: NodeId;
  /** What it would find after a restart, were all written. */
  readonly hardState: HardState;
  /** How far the log is durable, committed and applied. */
  readonly log: LogSummary;
  /** The first entry in the window. */
  readonly firstIndex: number;
  /** The last entry. */
  readonly last: EntryId;
  /** Who is a member. */
  readonly confState: ConfState;
  /** What a leader knows of each member; empty for others. */
  readonly progress: ReadonlyMap<NodeId, Progress>;
  /** The votes of this election, as far as they came. */
  readonly votes: ReadonlyMap<NodeId, boolean>;
  /** Who is to lead next, or `NONE`. */
  readonly transferee: NodeId;
  /** Ticks since the last word from a leader. */
  readonly electionElapsed: number;
  /** After how many of them the node stands for election. */
  readonly electionTimeout: number;
  /** Why the node takes no more input, if so. */
  readonly fenced: string | undefined;
}

/** Who leads and what the node is. */
export interface SoftState {
  readonly role: Role;
  readonly lead: NodeId;
}

/** A read that may take place as soon as `index` is applied. */
export interface ReadState {
  /** Everything up to it was committed when the read was asked for. */
  readonly index: number;
  /** What the read was asked for with. */
  readonly context: Uint8Array;
}

/** What is to be done, in this order: write the hard state, entries and snapshot; send the messages; apply the committed entries. */
export interface Ready {
  /** Who leads and what the node is, if that changed. */
  readonly softState: SoftState | undefined;
  /** What to write before messages are sent, if it changed. */
  readonly hardState: HardState | undefined;
  /** Reads that may take place. */
  readonly readStates: readonly ReadState[];
  /** Entries to write. */
  readonly entries: readonly Entry[];
  /** A snapshot to write, in place of all entries. */
  readonly snapshot: Snapshot | undefined;
  /** Entries to apply. */
  readonly committedEntries: readonly Entry[];
  /** Messages to send. With asynchronous storage some are for the two threads. */
  readonly messages: readonly Message[];
  /** Whether what is written must be durable before messages are sent. */
  readonly mustSync: boolean;
}
