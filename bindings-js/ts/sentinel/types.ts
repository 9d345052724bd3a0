/** What goes into a sentinel and into a discovery. */

/** Where an instance is, as it may be given. */
export interface AddressInit {
  /** An IP address, or a name where names are resolved. */
  readonly host: string;
  /** Its IP address. Default: the host, if it is one. */
  readonly ip?: string | undefined;
  /** From 0 to 65,535. */
  readonly port: number;
}

/** Where an instance is. */
export interface Address {
  /** The host as it was given: an IP address, or a name where names are resolved. */
  readonly host: string;
  /** Its IP address; empty as long as a name is not resolved. */
  readonly ip: string;
  readonly port: number;
}

/** Settings of a {@link Sentinel}. It checks them, and throws a `SentinelError`. */
export interface Config {
  /** The run id: 40 lower-case hexadecimal digits, the sentinel's own for good (`sentinel myid`). A line that was persisted goes before it. */
  readonly id: string;
  /** Where the random numbers begin, from 0 to 2^64 - 1: the jitter of ticks and failovers. No two sentinels should share it. */
  readonly seed: number | bigint;
  /** The IP address at which others reach this sentinel. Default `127.0.0.1`. */
  readonly ip?: string | undefined;
  /** The port at which others reach it. Default 26379. */
  readonly port?: number | undefined;
  /**
   * Which epoch an election is counted by. `compat`, the default: the one that all masters share, as real sentinels do. `strict`: that
   * of the attempt itself, so that there is at most one leader for a master and an epoch; of use where everybody does it.
   */
  readonly profile?: "compat" | "strict" | undefined;
  /** The masters that are monitored from the start. Default none: more come with `SENTINEL MONITOR` or with the lines. */
  readonly masters?: Iterable<MasterConfig> | undefined;
  /** `sentinel announce-ip`: the host that hellos name instead of `ip`. */
  readonly announceIp?: string | null | undefined;
  /** `sentinel announce-port`: the port that hellos name instead of `port`. */
  readonly announcePort?: number | null | undefined;
  /** `sentinel resolve-hostnames`: whether names may stand where addresses do. Default false. */
  readonly resolveHostnames?: boolean | undefined;
  /** `sentinel announce-hostnames`: whether hosts are named by their names. Default false. */
  readonly announceHostnames?: boolean | undefined;
  /** `requirepass`: what clients must say, and what other sentinels are told if there is no `sentinelPass`. */
  readonly requirepass?: string | null | undefined;
  /** `sentinel sentinel-user`: as whom to log in at other sentinels. */
  readonly sentinelUser?: string | null | undefined;
  /** `sentinel sentinel-pass`: the password there. */
  readonly sentinelPass?: string | null | undefined;
  /** `sentinel deny-scripts-reconfig`: whether `SENTINEL SET` may not change scripts. Default true. */
  readonly denyScriptsReconfig?: boolean | undefined;
  /** Periods and limits that only `SENTINEL DEBUG` changes in a real sentinel. */
  readonly timing?: Timing | undefined;
  /** Put out `trace` outputs. Default false. */
  readonly trace?: boolean | undefined;
  /** The most instances that are kept, of all kinds together. Default 100,000. */
  readonly maxInstances?: number | undefined;
}

/** Settings of one master. Times are milliseconds. */
export interface MasterConfig {
  /** What the group is called, by all sentinels and clients alike. No spaces or commas. */
  readonly name: string;
  /** An IP address, or a name if `resolveHostnames`. */
  readonly host: string;
  readonly port: number;
  /** How many sentinels must hold it for down before a failover is tried: at least 1. Electing a leader needs a majority besides. */
  readonly quorum: number;
  /** `down-after-milliseconds`: silence after which an instance counts as down. Default 30,000. */
  readonly downAfter?: number | undefined;
  /** `failover-timeout`. Default 180,000. */
  readonly failoverTimeout?: number | undefined;
  /** `parallel-syncs`: how many replicas are pointed to the new master at once. Default 1. */
  readonly parallelSyncs?: number | undefined;
  /** `master-reboot-down-after-period`: how long a master that restarted may load before it counts as down; 0, the default, for ever. */
  readonly masterRebootDownAfter?: number | undefined;
  /** `auth-user`: as whom to log in at the master and its replicas. */
  readonly authUser?: string | null | undefined;
  /** `auth-pass`: the password there. */
  readonly authPass?: string | null | undefined;
  /** `notification-script`: run for each event that is a warning. */
  readonly notificationScript?: string | null | undefined;
  /** `client-reconfig-script`: run when the master's address changes. */
  readonly clientReconfigScript?: string | null | undefined;
  /** `rename-command`: the commands that are called otherwise there, each with its other name. */
  readonly renamedCommands?: { readonly [command: string]: string } | undefined;
}

/** Periods and limits of a sentinel, in milliseconds; each is at least 1. */
export interface Timing {
  /** The longest time between two PINGs. Default 1,000. */
  readonly ping?: number | undefined;
  /** The time between two INFOs; one second while a failover may need it. Default 10,000. */
  readonly info?: number | undefined;
  /** The time between two questions whether a master is down. Default 1,000. */
  readonly ask?: number | undefined;
  /** The time between two hellos. Default 2,000. */
  readonly publish?: number | undefined;
  /** What a master that `SENTINEL MONITOR` adds begins with. Default 30,000. */
  readonly defaultDownAfter?: number | undefined;
  /** Likewise. Default 180,000. */
  readonly defaultFailoverTimeout?: number | undefined;
  /** The longest time between two ticks that is believed. Default 2,000. */
  readonly tiltTrigger?: number | undefined;
  /** How long nothing is done after one that was not. Default 30,000. */
  readonly tiltPeriod?: number | undefined;
  /** How long a replica may take to follow the new master. Default 10,000. */
  readonly slaveReconfTimeout?: number | undefined;
  /** How old a link must be before it is closed for its silence. Default 15,000. */
  readonly minLinkReconnect?: number | undefined;
  /** How long an attempt waits to be elected, if `failoverTimeout` is not less. Default 10,000. */
  readonly electionTimeout?: number | undefined;
  /** How long a script may run. Default 60,000. */
  readonly scriptMaxRuntime?: number | undefined;
  /** The time before a script is tried again; it doubles with each. Default 30,000. */
  readonly scriptRetryDelay?: number | undefined;
}

/** How a script ended: with a code (0 is success, 1 asks for another try), by a signal, or it could not be started. */
export type ScriptExit = { readonly code: number } | { readonly signal: number } | "not_started";

/** What a request wants to reach: `replica_or_primary` is a replica, or the primary where none is fit; `any` is any, by weight. */
export type ReadPreference = "primary" | "replica" | "replica_or_primary" | "any";
export const READ_PREFERENCES: readonly ReadPreference[] = ["primary", "replica", "replica_or_primary", "any"];

/** Settings of a {@link Discovery}. It checks them, and throws a `SentinelError`. Addresses are those that are announced. */
export interface DiscoveryConfig {
  /** What the sentinels call the primary. */
  readonly name: string;
  /** The sentinels that are known from the start, in the order in which they are asked. At least one. */
  readonly sentinels: Iterable<AddressInit>;
  /** Milliseconds for a sentinel to be reached and to answer, before the next is asked. Default 500. */
  readonly sentinelTimeoutMs?: number | undefined;
  /** Milliseconds for a server to be reached and to say what it is. Default 1,000. */
  readonly nodeTimeoutMs?: number | undefined;
  /** How long a request is tried before it fails. Default 10,000; 0 is one round of all sentinels, `null` never gives up. */
  readonly giveUpAfterMs?: number | null | undefined;
  /** Milliseconds between a failed round and the next; doubles with each that fails. Default 100. */
  readonly backoffMs?: number | undefined;
  /** The most that it doubles to. Default 2,000. */
  readonly maxBackoffMs?: number | undefined;
  /** How often it is asked whether the primary still is one, while connections to it are open. Default 10,000; `null` is never. */
  readonly checkEveryMs?: number | null | undefined;
  /** To how many sentinels a subscription is kept, so that a change is known at once. Default 1. Nothing relies on it. */
  readonly listeners?: number | undefined;
  /** How many other sentinels a sentinel must reach to be believed. Default 0. */
  readonly minOtherSentinels?: number | undefined;
  /** Whether sentinels that others name are asked too. Default true. */
  readonly learnSentinels?: boolean | undefined;
  /** The most sentinels that are known at once. Default 64. */
  readonly maxSentinels?: number | undefined;
  /** The most requests at once. Default 1,024. */
  readonly maxRequests?: number | undefined;
  /** What to do with replicas that have lost their primary: `last_resort`, the default, or `never` read from them. */
  readonly stale?: "last_resort" | "never" | undefined;
  /** Where a server or sentinel is really to be reached, by what it is announced as. */
  readonly nat?: Iterable<readonly [AddressInit, AddressInit]> | undefined;
  /** How often a server is chosen in proportion to others, by what it is announced as. Default 1 for each; 0 is never. */
  readonly weights?: Iterable<readonly [AddressInit, number]> | undefined;
  /** For the part of waiting that is left to chance, from 0 to 2^64 - 1. Default 0. */
  readonly seed?: number | bigint | undefined;
  /** Put out `trace` outputs. Default false. */
  readonly trace?: boolean | undefined;
}
