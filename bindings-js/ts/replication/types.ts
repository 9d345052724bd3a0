/** What goes into the replication of a server and comes out of it: plain values. Offsets count bytes of the stream of commands, from 1 on. */

/** Settings of a {@link Server}. Names and defaults are those of `redis.conf` of version 7.0. It checks them. */
export interface Config {
  /** Where the server listens, as it tells its primary. Default 6379. */
  readonly port?: number | undefined;
  /** `replica-announce-ip`. Default `null`: the address that its connection comes from. */
  readonly announceIp?: string | null | undefined;
  /** `replica-announce-port`. Default `null`: `port`. */
  readonly announcePort?: number | null | undefined;
  /** `masteruser`: who it is to its primary. Default `null`: the default user. */
  readonly primaryUser?: string | null | undefined;
  /** `masterauth`: its password there. Default `null`: none. */
  readonly primaryPassword?: string | null | undefined;
  /** `repl-backlog-size`, in bytes. Default 1 MiB; at least 16 KiB. */
  readonly backlogSize?: number | undefined;
  /** `repl-backlog-ttl`: seconds without a replica after which a primary forgets its backlog. Default 3,600; 0 is never. */
  readonly backlogTtlS?: number | undefined;
  /** `repl-timeout`: seconds of silence after which either side gives the other up. Default 60; at least 1. */
  readonly timeoutS?: number | undefined;
  /** `repl-ping-replica-period`: seconds between two pings in the stream. Default 10; at least 1. */
  readonly pingPeriodS?: number | undefined;
  /** `min-replicas-to-write`: how many good replicas a primary must have to be written to. Default 0. */
  readonly minReplicasToWrite?: number | undefined;
  /** `min-replicas-max-lag`: for how many seconds without a word a replica is good. Default 10; 0 switches the rule off. */
  readonly minReplicasMaxLagS?: number | undefined;
  /** `repl-diskless-sync`. Default true. */
  readonly diskless?: boolean | undefined;
  /** `repl-diskless-sync-delay`: seconds that such a snapshot waits for further replicas. Default 5. */
  readonly disklessDelayS?: number | undefined;
  /** `repl-diskless-sync-max-replicas`: as soon as so many wait, it starts. Default 0: it always waits. */
  readonly disklessMaxReplicas?: number | undefined;
  /** How many bytes of the stream are held for a replica while it is sent a snapshot. Default 256 MiB. */
  readonly heldLimit?: number | undefined;
  /** `replica-priority`: the lower, the sooner it is promoted; 0 is never. Default 100. */
  readonly priority?: number | undefined;
  /** `replica-announced`: whether a sentinel tells of it. Default true. */
  readonly announced?: boolean | undefined;
  /** `replica-read-only`. Default true. */
  readonly readOnly?: boolean | undefined;
  /** `replica-serve-stale-data`: whether it answers while its primary is away. Default true. */
  readonly serveStale?: boolean | undefined;
  /** The most connections of replicas at once. Default 10,000. */
  readonly maxReplicas?: number | undefined;
  /** From which replication ids are drawn, from 0 to 2^64 - 1. Default 0. */
  readonly seed?: number | bigint | undefined;
  /** Put out `trace` outputs. Default false. */
  readonly trace?: boolean | undefined;
}

/** What a server's data is the result of. Two servers of one id and offset hold the same data. */
export interface History {
  /** The history's name: 40 hexadecimal digits (`master_replid`). */
  readonly id: string;
  /** How many bytes of the stream are behind the data (`master_repl_offset`). */
  readonly offset: number;
  /** The history that this one grew out of, if it is known, and the first offset at which the two differ. */
  readonly second?: { readonly id: string; readonly offset: number } | null | undefined;
}

/** What of a history survives a restart: a snapshot on the disk holds it. */
export interface Stored {
  readonly id: string;
  readonly offset: number;
}

/** Where a primary is. */
export interface PrimaryAddress {
  readonly host: string;
  readonly port: number;
}

/**
 * Why a server's history has another name. `promoted`: the data stays. `continued`: its primary goes on under another name. `renewed`:
 * it did not count what was written to it. `loaded`: it loaded its primary's snapshot.
 */
export type HistoryCause = "promoted" | "continued" | "renewed" | "loaded";
export const CAUSES: readonly HistoryCause[] = ["promoted", "continued", "renewed", "loaded"];

/** How far a replica's connection to its primary is. */
export type LinkState = "none" | "connect" | "connecting" | "ping" | "auth" | "port" | "ip" | "capa" | "psync" | "transfer" | "connected";

/** What a server is and knows. */
export interface ServerStatus {
  readonly isPrimary: boolean;
  readonly history: History;
  /** The last bytes of the stream, once a replica came: the first that is kept, the next that comes, and how many are kept at most. */
  readonly backlog: { readonly first: number; readonly next: number; readonly size: number } | null;
  /** The replicas that asked for the data, in the order in which they came. */
  readonly replicas: readonly Replica[];
  /** How many replicas were good when they were last counted; 0 unless both options are set. */
  readonly goodReplicas: number;
  /** Where the primary is, if the server is a replica. */
  readonly primary: PrimaryAddress | null;
  readonly linkState: LinkState;
  /** Whether the stream comes in. */
  readonly linkIsUp: boolean;
  /** The connection to the primary that is open or being opened. */
  readonly linkAttempt: number | null;
  /** For how many seconds the link has been down that was up before. */
  readonly linkDownS: number | null;
}

/** A replica, as its primary sees it. */
export interface Replica {
  /** Its connection. */
  readonly id: number;
  readonly ip: string;
  /** The port at which it says that it listens, or 0. */
  readonly port: number;
  readonly state: "handshake" | "wait_snapshot_start" | "wait_snapshot_end" | "send_snapshot" | "online";
  /** How far it said that it is. */
  readonly ackOffset: number;
  /** When it was last heard to say so, in seconds of Unix time. */
  readonly ackS: number;
}

/** How an acknowledged write stands. */
export type WriteStatus =
  /** More than one server has it, and none is in a history that left its own before it. */
  | { readonly kind: "replicated"; readonly servers: number }
  /** One server has it; or one is in a history that left the write's before it: who follows that one loses the write. */
  | { readonly kind: "at_risk"; readonly risk: "one_copy" | "forked" }
  /** No server has it any more. */
  | { readonly kind: "lost"; readonly at: number };

/** How many writes stand how. */
export interface Counts {
  readonly acknowledged: number;
  readonly replicated: number;
  readonly atRisk: number;
  readonly lost: number;
}

/** Writes that were lost at one moment, all of one history. */
export interface Loss {
  readonly history: string;
  /** The server that had the last copy, if one had and it was not told late. */
  readonly server: number | null;
  /** How many writes. */
  readonly writes: number;
  readonly firstOffset: number;
  readonly lastOffset: number;
  /** When the first of them was acknowledged, and the last. */
  readonly firstAckMs: number;
  readonly lastAckMs: number;
  /** When they were lost. */
  readonly lostAtMs: number;
}
