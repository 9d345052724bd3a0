/** What a server asks of its caller, and why. */
import type { History, HistoryCause, LinkState } from "./types.js";

/** A word of a command: text, or its bytes where they are not UTF-8. */
export type Word = string | Uint8Array;

type Kind<Name extends string, Fields = unknown> = { readonly kind: Name } & Readonly<Fields>;

// ---- towards this server's replicas

/** Send these bytes on the replica's connection, behind what was sent before. */
export type Send = Kind<"send", { replica: number; bytes: Uint8Array }>;
/** Close the replica's connection. It is forgotten already. */
export type Close = Kind<"close", { replica: number }>;
/** Freeze the data as it is now, then call `snapshotTaken`. `offset` bytes of the stream are behind it. */
export type TakeSnapshot = Kind<"take_snapshot", { offset: number }>;
/**
 * Send the frozen data on the replica's connection, as {@link frameSnapshot} frames it, then call `snapshotSent`. Nothing else is to be
 * sent there meanwhile. `mark` is what stands around data whose length is not known ahead; `null` where its length goes before.
 */
export type SendSnapshot = Kind<"send_snapshot", { replica: number; mark: string | null }>;

// ---- towards this server's primary

/** Open a connection to the primary, then call `connected` or `closed`. Any earlier one is closed already. */
export type Connect = Kind<"connect", { attempt: number; host: string; port: number }>;
/** Close that connection. */
export type Disconnect = Kind<"disconnect", { attempt: number }>;
/** Send these bytes on that connection. */
export type SendToPrimary = Kind<"send_to_primary", { attempt: number; bytes: Uint8Array }>;
/** A snapshot begins: keep the pieces that follow, apart from the data. `size` is what the primary says. */
export type SnapshotBegins = Kind<"snapshot_begins", { size: number | null }>;
/** The next piece of the snapshot. */
export type SnapshotBytes = Kind<"snapshot_bytes", { bytes: Uint8Array }>;
/** The snapshot is whole: throw away all data, load it in its place, then call `snapshotLoaded`. */
export type LoadSnapshot = Kind<"load_snapshot">;
/** The snapshot that began will not come to its end: throw its pieces away. */
export type SnapshotAborted = Kind<"snapshot_aborted">;
/** Apply this command of the primary's to the data; `offset` bytes of the stream are behind it then. */
export type Apply = Kind<"apply", { argv: readonly Word[]; offset: number }>;

// ---- towards clients and observers

/** `WAIT` is over for that client: answer it with the number of replicas that have what it wrote. */
export type Waited = Kind<"waited", { client: number; replicas: number; timedOut: boolean }>;
/** The server became a replica while that client waited: answer with the error `UNBLOCKED` and close its connection. */
export type WaitBroken = Kind<"wait_broken", { client: number }>;
/** The server's history has another name, or is another one. */
export type HistoryChanged = Kind<"history_changed", { history: History; cause: HistoryCause }>;
/** The link to the primary came up or went down. */
export type LinkChanged = Kind<"link_changed", { up: boolean }>;
/** Why something happened, or did not. Only with `trace`. */
export type Traced = Kind<"trace", { trace: Trace }>;

/** What the driver of a {@link Server} must do, or may want to know: `kind` says which. */
export type Output =
  | Send
  | Close
  | TakeSnapshot
  | SendSnapshot
  | Connect
  | Disconnect
  | SendToPrimary
  | SnapshotBegins
  | SnapshotBytes
  | LoadSnapshot
  | SnapshotAborted
  | Apply
  | Waited
  | WaitBroken
  | HistoryChanged
  | LinkChanged
  | Traced;

/** Why a replica cannot go on where it was. */
export type FullReason =
  | "requested"
  | "no_backlog"
  | Kind<"unknown_id", { id: string }>
  | Kind<"after_fork", { asked: number; upTo: number }>
  | Kind<"before_backlog", { asked: number; first: number }>
  | Kind<"after_backlog", { asked: number; next: number }>;

/** What of a replica's data nobody sends it again. */
export type Discarded = "nothing" | Kind<"tail", { after: number; bytes: number }> | Kind<"all", { bytes: number }>;

/** Whether a replica may go on, or is sent everything. */
export type Resync = Kind<"partial", { from: number; bytes: number }> | Kind<"full", { reason: FullReason; discards: Discarded }>;

type Of<Event extends string, Fields = unknown> = { readonly event: Event } & Readonly<Fields>;

/** One thing that happened inside a server. */
export type Trace =
  | Of<"backlog_created", { history: History }>
  | Of<"backlog_freed", { idleS: number; history: History }>
  | Of<"psync_decided", { replica: number; request: { readonly id: string | null; readonly offset: number }; resync: Resync }>
  | Of<"psync_refused", { replica: number; reason: string }>
  | Of<"snapshot_delayed", { replica: number; delayS: number }>
  | Of<"snapshot_shared" | "replica_online", { replica: number; offset: number }>
  | Of<"snapshot_queued", { replica: number }>
  | Of<"acknowledged", { replica: number; offset: number; behind: number }>
  | Of<"replica_timed_out", { replica: number; silentS: number }>
  | Of<"replica_overflowed", { replica: number; held: number }>
  | Of<"good_replicas_changed", { before: number; now: number; needed: number }>
  | Of<"refused", { refusal: "no_replicas" | "read_only" | "master_down"; good: number; needed: number }>
  | Of<"link_changed", { from: LinkState; to: LinkState }>
  | Of<"handshake_error_ignored", { state: LinkState; reply: string }>
  | Of<"attempt_failed", { attempt: number; reason: string }>
  | Of<"primary_timed_out", { silentS: number }>
  | Of<"history_renamed" | "promoted" | "demoted", { history: History }>
  | Of<"wait_started", { offset: number; replicas: number; acknowledged: number }>;
