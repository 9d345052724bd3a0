/** Why a node did, or did not do, what it did. */
import { parse } from "../json.js";
import type { ConfChange, ConfState, EntryId, EntryKind, MessageKind, NodeId, ProgressState, Role } from "./types.js";
import type { LogSummary } from "./output.js";

/** What a leader knows of a member, as traces tell it. */
export interface TracedProgress {
  readonly matched: number;
  readonly next: number;
  /** The highest commit index that was sent. */
  readonly sentCommit: number;
  readonly state: ProgressState;
  readonly pendingSnapshot: number;
  readonly recentActive: boolean;
  /** Whether nothing is sent before an answer comes, because the window is full or a probe is under way. */
  readonly flowPaused: boolean;
  readonly isLearner: boolean;
  readonly commitGroup: number;
}

/** Who is a member, as traces tell it: in a joint configuration, by halves. */
export interface TracedMembership {
  readonly incoming: readonly NodeId[];
  readonly outgoing: readonly NodeId[];
  readonly learners: readonly NodeId[];
  readonly learnersNext: readonly NodeId[];
  readonly autoLeave: boolean;
}

/** Why a vote was refused. */
export type VoteRefusal = "voted_for_another" | "leader_known" | "log_behind" | "lower_priority" | "earlier_term";

/** Why a change of membership was refused: one before it may not be applied yet, or it does not fit the configuration. */
export type ConfChangeRefusal = { readonly kind: "pending"; readonly index: number; readonly applied: number } | "joint" | "not_joint";

/** Why a proposal was refused. */
export type Dropped =
  | "no_leader"
  | { readonly kind: "not_forwarded"; readonly lead: NodeId }
  | "removed"
  | { readonly kind: "transferring"; readonly to: NodeId }
  | "uncommitted_limit"
  | "empty";

interface Ballot {
  readonly kind: MessageKind;
  readonly to: NodeId;
  readonly term: number;
  readonly vote: NodeId;
  readonly last: EntryId;
  readonly candidate: EntryId;
}

type Of<Event extends string, Fields = unknown> = { readonly event: Event } & Readonly<Fields>;

/** One thing that happened inside a node: `event` says what, the other fields go with it. */
export type Trace =
  // The node's life.
  | Of<"started", { voters: readonly NodeId[]; term: number; committed: number; applied: number; last: EntryId }>
  | Of<"became_follower", { term: number; lead: NodeId }>
  | Of<"became_pre_candidate" | "became_candidate" | "became_leader", { term: number }>
  // Elections.
  | Of<"hup_ignored_as_leader" | "hup_unpromotable">
  | Of<"hup_pending_conf_change", { term: number }>
  | Of<"election_started", { term: number; campaign: "pre_election" | "election" | "transfer" }>
  | Of<"vote_requested", { kind: MessageKind; to: NodeId; term: number; last: EntryId }>
  | Of<"vote_received", { kind: MessageKind; from: NodeId; term: number; granted: boolean }>
  | Of<"votes_counted", { kind: MessageKind; granted: number; rejected: number }>
  | Of<"vote_cast", Ballot>
  | Of<"vote_refused", Ballot & { readonly reason: VoteRefusal }>
  | Of<"vote_ignored_in_lease", Omit<Ballot, "to"> & { readonly from: NodeId; readonly remaining: number }>
  // Terms.
  | Of<"higher_term" | "lower_term_ignored", { kind: MessageKind; from: NodeId; term: number; messageTerm: number }>
  | Of<"stale_append_ignored", { term: number; messageTerm: number }>
  // Replication.
  | Of<"append_rejected", { from: NodeId; ours: EntryId; theirs: EntryId }>
  | Of<"rejection_received", { from: NodeId; index: number; hint: EntryId }>
  | Of<"progress_decreased" | "progress_advanced" | "snapshot_recovered" | "unreachable", { peer: NodeId; progress: TracedProgress }>
  | Of<"replication_paused", { to: NodeId; progress: TracedProgress }>
  | Of<"no_progress", { peer: NodeId }>
  | Of<"conflict_found", { index: number; existingTerm: number; term: number }>
  | Of<"unstable_replaced" | "unstable_truncated" | "stable_missing" | "stable_in_snapshot", { index: number }>
  | Of<"stable_mismatch", { index: number; term: number; ours: number }>
  // Snapshots.
  | Of<"snapshot_sent", { to: NodeId; firstIndex: number; committed: number; snapshot: EntryId; progress: TracedProgress }>
  | Of<"snapshot_reported", { peer: NodeId; ok: boolean; progress: TracedProgress }>
  | Of<"snapshot_not_sent_inactive" | "snapshot_unavailable", { to: NodeId }>
  | Of<"snapshot_restoring", { log: LogSummary; snapshot: EntryId }>
  | Of<"snapshot_restored" | "snapshot_fast_forward", { committed: number; last: EntryId; snapshot: EntryId }>
  | Of<"snapshot_handled", { committed: number; snapshot: EntryId; restored: boolean }>
  | Of<"snapshot_without_self", { state: ConfState }>
  | Of<"snapshot_as_leader">
  // Membership.
  | Of<"config_switched" | "auto_leave_proposed" | "auto_leave_dropped", { config: TracedMembership }>
  | Of<"conf_change_ignored", { kind: EntryKind; change: ConfChange; config: TracedMembership; reason: ConfChangeRefusal }>
  // Proposals and reads.
  | Of<"proposal_dropped", { term: number; reason: Dropped }>
  | Of<"read_dropped", { term: number }>
  | Of<"read_postponed" | "quorum_lost">
  // Transfers of leadership.
  | Of<"transfer_started" | "transfer_already_running", { to: NodeId; term: number }>
  | Of<"transfer_replaced", { from: NodeId; term: number }>
  | Of<"transfer_ignored", { to: NodeId; learner: boolean }>
  | Of<"transfer_dropped", { term: number }>
  | Of<"timeout_now_sent", { to: NodeId; atOnce: boolean }>
  | Of<"timeout_now_received", { from: NodeId; term: number }>
  | Of<"timeout_now_ignored", { from: NodeId; term: number; role: Role }>
  | Of<"leader_forgotten", { lead: NodeId; term: number }>
  | Of<"forget_leader_refused">;

/** The event that `src/json.rs` wrote down: an object, or its name alone where nothing goes with it. */
export function traceOf(text: string): Trace {
  const value = parse(text);
  if (typeof value === "string") return { event: value } as Trace;
  const trace = value as { change?: { context: Uint8Array | number[] } };
  // The only bytes in any event, which stand there as numbers.
  if (trace.change !== undefined) trace.change.context = Uint8Array.from(trace.change.context);
  return value as Trace;
}
