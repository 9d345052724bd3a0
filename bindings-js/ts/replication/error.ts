/** What replication refuses, and why. */
import { QuorateError } from "../error.js";
import type { Refusal } from "../sentinel/call.js";

/**
 * What a server or a ledger refused. It is as it was before the call.
 *
 * `code` is one of `invalid_config`, `invalid_stored`, `invalid_replication_id`, `duplicate_replica`, `unknown_replica`,
 * `too_many_replicas`, `not_replication`, `no_snapshot_wanted`, `not_sending`, `stale_attempt`, `not_loading`, `wait_on_replica`,
 * `duplicate_wait`, `unknown_wait`, `duplicate_write`, `invalid_state`. News of an attempt that is over ends in `stale_attempt`, and is
 * to be ignored.
 */
export class ReplicationError extends QuorateError {}

/** A client's command is not let through. `code` is `no_replicas`, `read_only` or `master_down`. */
export class Refused extends ReplicationError {
  /** What the server answers, as it stands on the wire behind the `-`. */
  declare readonly reply: string;
}

// The names are said as text, so that they survive a minifier.
for (const [type, name] of [
  [ReplicationError, "ReplicationError"],
  [Refused, "Refused"],
] as const) {
  Object.defineProperty(type.prototype, "name", { value: name, configurable: true, writable: true });
}

export function replicationError({ code, message, details }: Refusal): ReplicationError {
  return details === undefined ? new ReplicationError(code, message) : Object.assign(new Refused(code, message), details);
}
