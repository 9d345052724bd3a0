/** What a world shows, as plain objects. Times are microseconds since the world began. */

import type { Status } from "../sentinel/status.js";

/** What kind of machines a world has. `raft`: members of a group. `sentinel`: servers that replicate, and the sentinels that watch them. */
export type Kind = "raft" | "sentinel";

/** A world at one moment: all that a drawing of it needs. */
export interface View {
  /** The kind of its machines: the first line of its script. */
  readonly kind: Kind;
  readonly now: number;
  /** How many events were processed. */
  readonly events: number;
  /** How many actions were done. */
  readonly actions: number;
  /** When the next thing happens, if anything does. */
  readonly next: number | null;
  /** The machines, in the order of their numbers. */
  readonly machines: readonly MachineView[];
  /** The messages on their way, in the order in which they were sent. */
  readonly flights: readonly InFlight[];
  /** The links that are cut. */
  readonly cuts: readonly Link[];
  /** What is done to messages of a kind on a link. */
  readonly rules: readonly RuleView[];
  /** Whose messages take longer. */
  readonly slow: readonly Slow[];
  /** The clients that ask of themselves, or ever asked. */
  readonly clients: readonly ClientView[];
  /** What does not hold: the first violation of each invariant. */
  readonly violations: readonly Violation[];
}

/** A machine, and what it is and knows: `kind` says which. */
export type MachineView = Machine & (RaftView | ServerView | SentinelView);

interface Machine {
  /** Its number, from 1 on. */
  readonly node: number;
  /** Whether it runs. */
  readonly up: boolean;
  /** Whether it stands still. */
  readonly paused: boolean;
  /** By how many parts in a million its clock is too fast; below 0, too slow. */
  readonly drift: number;
  /** How much longer its writes take. */
  readonly slowDisk: number;
  /** When its clock ticks next, if it runs. */
  readonly nextTick: number | null;
  /** When its writes that are under way will be durable, the oldest first. */
  readonly durableAt: readonly number[];
  /** What came while it stood still, and waits. */
  readonly backlog: number;
}

/** A member of a Raft group. Of one that is down it shows what its disk holds. */
export interface RaftView {
  readonly kind: "raft";
  readonly role: "follower" | "pre-candidate" | "candidate" | "leader" | "down";
  readonly term: number;
  /** Whom it voted for in this term, or 0. */
  readonly vote: number;
  /** Who leads, as it believes, or 0. */
  readonly lead: number;
  /** How far it knows the log to be committed. */
  readonly commit: number;
  /** How far it has applied it. */
  readonly applied: number;
  /** The index of the first entry that its log has: what comes before is in its snapshot. */
  readonly first: number;
  /** The index of its last entry. */
  readonly last: number;
  /** Up to which index its log is durable. */
  readonly durable: number;
  /** The index of its snapshot. */
  readonly snapshot: number;
  /** The entries that its log has. */
  readonly log: readonly EntryView[];
  /** Ticks since it last heard of a leader; of a leader, since it last looked whether a quorum hears it. */
  readonly electionElapsed: number;
  /** After how many of them it stands for election. */
  readonly electionTimeout: number;
  /** The votes that it was given or refused in this election, by voter. */
  readonly votes: readonly VoteView[];
  /** What a leader knows of each member. */
  readonly progress: readonly ProgressView[];
  /** Whom it is about to hand leadership to, or 0. */
  readonly transferee: number;
  /** The members, as it knows them. */
  readonly members: MembersView;
  /** What its state machine holds. */
  readonly values: { readonly [key: string]: string };
  /** What is being written to its disk, the oldest first. */
  readonly writes: readonly WriteView[];
  /** Why it takes no more input, if so. */
  readonly fenced: string | null;
}

/** A server that replicates, in a world of Sentinel. */
export interface ServerView {
  readonly kind: "server";
  /** The name of its group. */
  readonly group: string;
  readonly role: "master" | "slave" | "down";
  /** What its clock reads, in milliseconds. */
  readonly clockMs: number;
  /** The machine that it follows, if it is no master. */
  readonly follows: number | null;
  /** How far it is with following: as `ROLE` says it. */
  readonly link: string;
  /** The id of the history that its data is of; empty while it is down. */
  readonly history: string;
  /** How many bytes of that history are behind its data. */
  readonly offset: number;
  /** The id of the history that its own grew out of, and the first offset at which the two differ. */
  readonly second: readonly [id: string, offset: number] | null;
  /** Its replicas, as it knows them. */
  readonly replicas: readonly { readonly host: string; readonly state: string; readonly offset: number }[];
  /** How many of them count for `min-replicas-to-write`. */
  readonly goodReplicas: number;
  /** `replica-priority`. */
  readonly priority: number;
  /** How many connections it serves. */
  readonly connections: number;
  /** Its registers. */
  readonly values: { readonly [key: string]: string };
  /** The clients' writes that it has, the latest last, 64 at the most, and how each stands. */
  readonly writes: readonly { readonly write: string; readonly status: "unacknowledged" | "replicated" | "one-copy" | "forked" | "lost" }[];
  /** How many writes it refused for want of replicas. */
  readonly refused: number;
}

/** A sentinel. Of one that is down it shows what its disk holds. */
export interface SentinelView {
  readonly kind: "sentinel";
  /** What its clock reads, in milliseconds: times in `status` are of this clock. */
  readonly clockMs: number;
  /** All that it knows; `null` while it is down. */
  readonly status: Status | null;
  /** The lines of its configuration that are durable. */
  readonly lines: readonly string[];
}

/** An entry of a log. */
export interface EntryView {
  readonly index: number;
  readonly term: number;
  readonly kind: "normal" | "conf-change";
  /** What it says: `c1#2 x=1`, `+4 -1`, or `-` for nothing. */
  readonly text: string;
}

/** A vote. */
export interface VoteView {
  /** Whose. */
  readonly voter: number;
  /** Whether it was given. */
  readonly granted: boolean;
}

/** What a leader knows of a member. */
export interface ProgressView {
  /** The member. */
  readonly peer: number;
  /** The last entry that it is known to have. */
  readonly matched: number;
  /** The next entry that is sent to it. */
  readonly next: number;
  readonly state: "probe" | "replicate" | "snapshot";
  /** The index of the snapshot on its way, or 0. */
  readonly pendingSnapshot: number;
  /** Whether it was heard of since the leader last looked. */
  readonly recentActive: boolean;
  /** Whether nothing is sent before an answer comes. */
  readonly paused: boolean;
  /** How many messages are not acknowledged. */
  readonly inflight: number;
  /** Whether it has no vote. */
  readonly learner: boolean;
}

/** The members of a group. */
export interface MembersView {
  /** The voters; in a joint configuration those of the incoming half. */
  readonly voters: readonly number[];
  /** The voters of the outgoing half; none if the configuration is not joint. */
  readonly outgoing: readonly number[];
  /** Those who receive the log and have no vote. */
  readonly learners: readonly number[];
  /** Voters of the outgoing half that will be learners. */
  readonly learnersNext: readonly number[];
}

/** What goes to a disk at once. */
export interface WriteView {
  /** The index of the first entry that is written, or 0. */
  readonly first: number;
  /** The index of the last entry that is written, or 0. */
  readonly last: number;
  /** The term that is written, or 0 where the hard state stays as it is. */
  readonly term: number;
  /** The vote that is written with it, or 0. */
  readonly vote: number;
  /** The index of the snapshot that is written, or 0. */
  readonly snapshot: number;
}

/** A message on its way: actions name it by its `id`, as in `drop #17`. */
export interface InFlight {
  readonly id: number;
  readonly kind: string;
  /** Machines are `1`, `2`, clients `c1`. */
  readonly from: string;
  readonly to: string;
  readonly sent: number;
  readonly arrives: number;
  /** Whether it stays where it is until it is released. */
  readonly held: boolean;
  /** What it says, in a few words. */
  readonly text: string;
}

/** A way from one to another. */
export interface Link {
  readonly from: string;
  readonly to: string;
}

/** What is done (`hold`, `drop`, `delay 50ms`) to messages of a kind, or of all, on a link. */
export interface RuleView extends Link {
  readonly rule: string;
  readonly kind: string | null;
}

/** Whose messages take longer. */
export interface Slow {
  /** Whose. */
  readonly address: string;
  /** By how much. */
  readonly by: number;
}

/** A client. */
export interface ClientView {
  /** Its number, from 1 on. */
  readonly client: number;
  /** Whether it asks of itself. */
  readonly busy: boolean;
  /** Whom it asks, or asked last. */
  readonly target: number;
  /** How often it asked for what it waits for; 0 if it waits for nothing. */
  readonly attempts: number;
  /** Its last operation, with its fate. */
  readonly last: Operation | null;
}

/** One operation of a client. */
export interface Operation {
  /** Whose. */
  readonly client: number;
  /** Its number among the client's operations, from 1 on. */
  readonly serial: number;
  /** What was asked: `x=1`, `x+=1`, `x?`. */
  readonly op: string;
  /** When. */
  readonly asked: number;
  /** When it ended, if it did. */
  readonly ended: number | null;
  /** How. */
  readonly fate: "pending" | "ok" | "refused" | "unknown";
  /** What it was answered, if it was. */
  readonly answer: string | null;
}

/** Something that does not hold, and who and what shows it. */
export interface Violation {
  /** What does not hold: `election-safety`, `linearizability`. */
  readonly invariant: string;
  /** The machines that show it. */
  readonly nodes: readonly number[];
  /** The term that it is about, or 0. */
  readonly term: number;
  /** The index that it is about, or 0. */
  readonly index: number;
  /** In words. */
  readonly text: string;
}

/** A moment: a time, the events that were processed, and the actions that were done. Several may share a time. */
export interface Moment {
  /** When. */
  readonly at: number;
  /** How many events had been processed. */
  readonly events: number;
  /** How many actions had been done. */
  readonly actions: number;
}

/** What was not as a script expected. */
export interface Failure {
  /** The line of the script; 0 if it is about the whole. */
  readonly line: number;
  /** What was expected, and what was found. */
  readonly text: string;
}

/** How a script went. */
export interface Report {
  /** Whether all was as expected, and no invariant violated but those that the script speaks of. */
  readonly ok: boolean;
  /** What was not as expected. */
  readonly failures: readonly Failure[];
  /** How many expectations were looked at. */
  readonly expectations: number;
  /** The hashes that were asked for, each with its line. */
  readonly hashes: readonly { readonly line: number; readonly hash: string }[];
  /** The hash of the state at the end: 16 hexadecimal digits. */
  readonly hash: string;
  /** When that is. */
  readonly at: number;
  /** After how many events. */
  readonly events: number;
  /** All of it in words: what was not as expected, a line each, and a summary. */
  readonly text: string;
}

interface Message {
  readonly kind: string;
  readonly from: string;
  readonly to: string;
}

type What =
  // Messages.
  | (Message & { readonly what: "sent"; readonly message: number; readonly text: string })
  | (Message & { readonly what: "lost"; readonly message: number | null; readonly why: "chance" | "cut" | "dropped" | "down" })
  | (Message & { readonly what: "delivered"; readonly message: number; readonly sent: number; readonly text: string })
  // Machines.
  | { readonly what: "durable" | "crashed" | "started"; readonly node: number }
  | { readonly what: "role"; readonly node: number; readonly role: string; readonly term: number; readonly lead: number }
  | { readonly what: "committed" | "snapshot"; readonly node: number; readonly index: number }
  | { readonly what: "applied" | "configured"; readonly node: number; readonly index: number; readonly text: string }
  | { readonly what: "refused"; readonly node: number; readonly reason: string }
  | { readonly what: "paused"; readonly node: number; readonly paused: boolean }
  | { readonly what: "told"; readonly node: number; readonly channel: string; readonly text: string }
  // Clients.
  | { readonly what: "asked" | "answered"; readonly client: number; readonly serial: number; readonly text: string }
  // The world.
  | { readonly what: "acted"; readonly text: string }
  | { readonly what: "violated"; readonly invariant: string; readonly text: string };

/**
 * Something that happened: `what` says what, and which other fields it has. `number` is how many events the world had processed
 * before.
 */
export type Event = { readonly number: number; readonly at: number } & What;
