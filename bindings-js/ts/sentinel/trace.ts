/** Why a sentinel or a discovery did, or did not do, what it did. Times are milliseconds. */
import type { Address, ReadPreference } from "./types.js";

type Of<Event extends string, Fields = unknown> = { readonly event: Event } & Readonly<Fields>;
type Kind<Name extends string, Fields> = { readonly kind: Name } & Readonly<Fields>;
interface Silence {
  elapsed: number;
  limit: number;
}

/** Why an instance is held for down. */
export type DownReason = Kind<"silent" | "reports_replica" | "rebooted", Silence>;

/** Why a replica is not promoted. */
export type ReplicaRefusal =
  | "down"
  | "disconnected"
  | "priority_zero"
  | Kind<"silent" | "link_down_too_long", Silence>
  | Kind<"info_too_old", { elapsed: number | null; limit: number }>;

/** One thing that happened inside a sentinel. Groups are named by their master's name, replicas by `host:port`, sentinels by their run id. */
export type Trace =
  | Of<"down", { instance: string; reason: DownReason }>
  | Of<"quorum_missing", { master: string; agree: number; quorum: number }>
  | Of<"failover_held_back", { master: string; until: number }>
  | Of<"vote_given", { master: string; to: string; epoch: number }>
  | Of<"vote_kept", { master: string; asked: string; askedEpoch: number; vote: string | null; epoch: number }>
  | Of<"unknown_address", { host: string; port: number }>
  | Of<
      "votes_counted",
      {
        master: string;
        epoch: number;
        votes: readonly (readonly [string, number])[];
        voters: number;
        majority: number;
        quorum: number;
        winner: string | null;
      }
    >
  | Of<"replica_passed_over", { master: string; replica: string; reason: ReplicaRefusal }>
  | Of<"replica_chosen", { master: string; replica: string; priority: number; offset: number }>
  | Of<"end_held_back", { master: string }>
  | Of<"repair_held_back", { instance: string; reason: "master_not_sane" | "was_down" | "too_early" | "disconnected" }>
  | Of<"hello_ignored", { payload: string; reason: "own" | "malformed" | "unknown_master" | "bad_address" }>
  | Of<"hello_not_newer", { master: string; epoch: number; known: number }>
  | Of<"reply_ignored", { instance: string; command: string }>
  | Of<"pong_refused", { instance: string; reply: string }>
  | Of<"tilted", { until: number }>
  | Of<"link_silent", { instance: string; subscription: boolean }>
  | Of<"link_full" | "too_many_instances", { instance: string }>;

type Fails<Code extends string, Fields = unknown> = { readonly code: Code } & Readonly<Fields>;

/** Why a request was not answered with a server. */
export type FailureReason =
  | Fails<"no_sentinel_answers", { tried: number }>
  | Fails<"no_such_master", { name: string; answered: number; tried: number }>
  | Fails<"too_few_sentinels", { expected: number; found: number }>
  | Fails<"sentinel_refused", { sentinel: Address; message: string }>
  | Fails<"node_unreachable", { address: Address }>
  | Fails<"wrong_role", { address: Address; expected: string; found: string }>
  | Fails<"no_replica", { known: number }>
  | Fails<"timed_out">;

/** The same, with `text` in words. */
export type Failure = FailureReason & { readonly text: string };

/** The same, as traces tell it. */
export type TracedFailure = "timed_out" | ({ readonly kind: string } & { readonly [field: string]: unknown });

/** One thing that happened inside a discovery. */
export type DiscoveryTrace =
  | Of<
      "sentinel_skipped",
      { sentinel: Address; reason: "silent" | "unknown_name" | Kind<"alone", { others: number }> | Kind<"refused", { message: string }> }
    >
  | Of<"sentinel_answered", { sentinel: Address; primary: Address }>
  | Of<"sentinel_learned", { sentinel: Address }>
  | Of<"round_failed", { failure: TracedFailure; againInMs: number }>
  | Of<"node_skipped", { address: Address; failure: TracedFailure }>
  | Of<"none_fit", { preference: ReadPreference; againInMs: number }>
  | Of<"switch_heard", { to: Address }>
  | Of<"switch_of_another", { name: string }>
  | Of<"primary_unchanged", { address: Address }>;
