/** What a sentinel knows and believes. Times are as they came in; `null` is never. */
import type { Address } from "./types.js";

/** All that a sentinel knows. */
export interface Status {
  /** The run id. */
  readonly id: string;
  /** The epoch that all masters share. */
  readonly currentEpoch: number;
  /** When TILT began, while it lasts. */
  readonly tiltSince: number | null;
  /** The masters, in the order of their names. */
  readonly masters: readonly MasterStatus[];
}

/** How far a failover is. */
export type FailoverState = "none" | "wait_start" | "select_slave" | "send_slaveof_noone" | "wait_promotion" | "reconf_slaves" | "update_config";

/** One master and what hangs on it. */
export interface MasterStatus {
  /** What the group is called. */
  readonly name: string;
  /** The master itself. Its address is the old one until a failover has ended. */
  readonly instance: InstanceStatus;
  /** Where clients are sent: the promoted replica as soon as it serves. */
  readonly currentAddress: Address;
  /** How many sentinels must hold it for down. */
  readonly quorum: number;
  /** How many must vote for one leader: of all that were ever known. */
  readonly majority: number;
  /** How many hold it for down at present, this one included. */
  readonly agree: number;
  /** The epoch of the configuration. */
  readonly configEpoch: number;
  /** Whom this sentinel voted for. */
  readonly leader: string | null;
  /** The epoch of that vote. */
  readonly leaderEpoch: number;
  /** How far a failover is here. */
  readonly failoverState: FailoverState;
  /** The epoch of the last attempt. */
  readonly failoverEpoch: number;
  /** When the last attempt began, by this sentinel or by one that it voted for. */
  readonly failoverStart: number | null;
  /** Before this time no other attempt is made. */
  readonly nextFailover: number | null;
  /** When the failover came to where it is. */
  readonly failoverStateChange: number | null;
  /** The replica that is promoted, by its name. */
  readonly promoted: string | null;
  readonly downAfter: number;
  readonly failoverTimeout: number;
  readonly parallelSyncs: number;
  /** The replicas, in the order of their names. */
  readonly replicas: readonly ReplicaStatus[];
  /** The other sentinels, in the order of their run ids. */
  readonly sentinels: readonly SentinelStatus[];
}

/** What is known of any instance. */
export interface InstanceStatus {
  /** What it is held for. */
  readonly kind: "master" | "replica" | "sentinel";
  /** Its name in events. */
  readonly name: string;
  /** Its run id, if it is known. */
  readonly runId: string | null;
  /** Where it is. */
  readonly address: Address;
  /** The words of its flags, as `SENTINEL MASTER` has them. */
  readonly flags: readonly string[];
  /** Whether one of its connections is missing. */
  readonly disconnected: boolean;
  /** When the oldest PING without an answer was sent. */
  readonly pingPendingSince: number | null;
  /** When it last answered well. */
  readonly lastAvail: number | null;
  /** Since when it is down for this sentinel; also of the last time that it was. */
  readonly sDownSince: number | null;
  /** Since when it is down for a quorum; also of the last time that it was. */
  readonly oDownSince: number | null;
  /** When the last INFO came. */
  readonly infoRefresh: number | null;
  /** What it says that it is. */
  readonly roleReported: "master" | "replica" | "unknown";
  /** Since when. */
  readonly roleReportedSince: number;
}

/** What is known of a replica. */
export interface ReplicaStatus {
  readonly instance: InstanceStatus;
  /** `replica-priority`; 0 says never. */
  readonly priority: number;
  /** How much of the stream it has. */
  readonly offset: number;
  /** For how long its link to its master is down, as it says. */
  readonly linkDownTime: number;
  /** Whether that link is up. */
  readonly linkUp: boolean;
  /** Whom it follows. */
  readonly masterHost: string | null;
  /** At which port. */
  readonly masterPort: number;
}

/** What is known of another sentinel. */
export interface SentinelStatus {
  readonly instance: InstanceStatus;
  /** Whether it holds the master for down. */
  readonly masterDown: boolean;
  /** When it last said whether. */
  readonly lastDownReply: number | null;
  /** When its last hello came. */
  readonly lastHello: number | null;
  /** Whom it voted for. */
  readonly leader: string | null;
  /** The epoch of that vote. */
  readonly leaderEpoch: number;
}

/** What has never been comes as a time longer ago than a number holds: `null`. */
export function withoutNever(status: Status): Status {
  for (const { sentinels } of status.masters) {
    for (const peer of sentinels as { -readonly [Field in keyof SentinelStatus]: unknown }[]) {
      if (typeof peer.lastDownReply === "bigint") peer.lastDownReply = null;
      if (typeof peer.lastHello === "bigint") peer.lastHello = null;
    }
  }
  return status;
}
