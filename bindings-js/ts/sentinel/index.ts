export { ArgumentError, FreedError, InternalError, NotInitializedError, ProtocolError, QuorateError } from "../error.js";
export { Attributed, Pairs, Push, type Reply, ReplyError, Verbatim } from "../resp/value.js";
export type { Data } from "./call.js";
export { Discovery } from "./discovery.js";
export { LineError, SentinelError } from "./error.js";
export type {
  ClientReply,
  Close,
  Connect,
  DiscoveryConnect,
  DiscoveryOutput,
  DiscoveryTraced,
  Exit,
  Failed,
  HandedOut,
  Invalidate,
  KillScript,
  Output,
  Persist,
  PrimaryChanged,
  Resolve,
  Resolved,
  RunScript,
  Send,
  SentinelEvent,
  Traced,
  Word,
} from "./output.js";
export { Sentinel } from "./server.js";
export type { FailoverState, InstanceStatus, MasterStatus, ReplicaStatus, SentinelStatus, Status } from "./status.js";
export type { DiscoveryTrace, DownReason, Failure, FailureReason, ReplicaRefusal, Trace, TracedFailure } from "./trace.js";
export type { Address, AddressInit, Config, DiscoveryConfig, MasterConfig, ReadPreference, ScriptExit, Timing } from "./types.js";
