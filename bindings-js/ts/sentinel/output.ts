/** What a sentinel and a discovery ask of their caller, and what they tell. */
import type { Failure, DiscoveryTrace, Trace } from "./trace.js";
import type { Address } from "./types.js";

/** A word of a command: text, or its bytes where they are not UTF-8. */
export type Word = string | Uint8Array;

/** Open a connection; keep what is sent over it until it stands. Say `connected` or `disconnected` when it is known what became of it. */
export interface Connect {
  readonly kind: "connect";
  /** What the connection is called. Never used again. */
  readonly link: number;
  /** Where to: the IP address, or the name while there is none. */
  readonly host: string;
  readonly port: number;
  /** Commands and their replies, or a subscription to hellos. */
  readonly purpose: "command" | "pub_sub";
  /** What is there. */
  readonly instance: "master" | "replica" | "sentinel";
  readonly address: Address;
}

/** Close the connection. Nothing needs to be said of it again. */
export interface Close {
  readonly kind: "close";
  readonly link: number;
}

/** Send a command: `encodeCommand(...argv)` of `quorate/resp` makes its bytes. Replies are matched in the order of the commands of a link. */
export interface Send {
  readonly kind: "send";
  readonly link: number;
  readonly argv: readonly Word[];
}

/** Make these lines durable in place of all before, then call `persisted`. Until then nothing else is given out. */
export interface Persist {
  readonly kind: "persist";
  /** What to answer with. */
  readonly ticket: number;
  /** The `sentinel` lines of a configuration file, without line ends: what a new `Sentinel` takes. */
  readonly lines: readonly string[];
}

/** Answer a client, or tell it of a message that it has subscribed to. */
export interface ClientReply {
  readonly kind: "reply";
  readonly client: number;
  /** For its socket, in the protocol that it speaks. */
  readonly bytes: Uint8Array;
}

/** Something happened that a real sentinel publishes and logs. Clients that subscribed are told with `reply`. */
export interface SentinelEvent {
  readonly kind: "event";
  /** What happened, as the server calls the channel: `+sdown`, `+switch-master`. */
  readonly name: string;
  /** The payload, exactly as the server prints it. */
  readonly message: string;
  /** How loud the server is about it. Warnings are told to the notification script; what is for debugging is not published. */
  readonly level: "debug" | "verbose" | "notice" | "warning";
  /** The name of the group that it is about, if it is about one. */
  readonly master: string | null;
}

/** Run a program, and call `scriptFinished` when it ended. */
export interface RunScript {
  readonly kind: "run_script";
  /** What the run is called. */
  readonly script: number;
  readonly path: string;
  readonly args: readonly string[];
}

/** Kill a program that ran for too long. It still has to be said that it ended. */
export interface KillScript {
  readonly kind: "kill_script";
  readonly script: number;
}

/** Look a name up and call `resolved`. */
export interface Resolve {
  readonly kind: "resolve";
  readonly host: string;
}

/** Stop at once: `SHUTDOWN`, or a failure that `SENTINEL SIMULATE-FAILURE` asked for (code 99). */
export interface Exit {
  readonly kind: "exit";
  readonly code: number;
}

/** Why something happened, or did not. Only with `trace`. */
export interface Traced {
  readonly kind: "trace";
  readonly trace: Trace;
}

/** What the driver of a {@link Sentinel} must do, or may want to know: `kind` says which. */
export type Output = Connect | Close | Send | Persist | ClientReply | SentinelEvent | RunScript | KillScript | Resolve | Exit | Traced;

/**
 * Open a connection, then say `connected` or `disconnected`. A server (`node`) is to be set up as any connection of the caller's
 * (`AUTH`, `HELLO`, `SELECT`) before.
 */
export interface DiscoveryConnect {
  readonly kind: "connect";
  readonly link: number;
  /** Where to: the IP address, or the name while there is none. `nat` is applied. */
  readonly host: string;
  readonly port: number;
  /** Questions to a sentinel, a subscription there, or a server. */
  readonly purpose: "ask" | "listen" | "node";
  readonly address: Address;
}

/** The request is answered: this connection, which stands, is the caller's. */
export interface Resolved {
  readonly kind: "resolved";
  readonly request: number;
  readonly link: number;
  /** Where the server is, as it is announced. */
  readonly address: Address;
  /** What it has said that it is. */
  readonly role: "primary" | "replica";
}

/** The request failed. */
export interface Failed {
  readonly kind: "failed";
  readonly request: number;
  readonly failure: Failure;
}

/** Close this connection, which was handed out: the server there is not what it was. Its place is taken by a new request. */
export interface Invalidate {
  readonly kind: "invalidate";
  readonly link: number;
  /** Another server is the primary; it was a replica and is the primary; or it answered with an error that only says so. */
  readonly reason: "primary_moved" | "promoted" | "refused";
}

/** Another server is known to be the primary, for it said so. */
export interface PrimaryChanged {
  readonly kind: "primary_changed";
  /** Which it was, if one was known. */
  readonly from: Address | null;
  readonly to: Address;
}

/** Why something happened, or did not. Only with `trace`. */
export interface DiscoveryTraced {
  readonly kind: "trace";
  readonly trace: DiscoveryTrace;
}

/** What the driver of a {@link Discovery} must do, or may want to know: `kind` says which. */
export type DiscoveryOutput = DiscoveryConnect | Close | Send | Resolved | Failed | Invalidate | PrimaryChanged | DiscoveryTraced;

/** A connection that a discovery has handed out. */
export interface HandedOut {
  readonly link: number;
  readonly address: Address;
  readonly role: "primary" | "replica";
}
