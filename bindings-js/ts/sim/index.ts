export { ArgumentError, FreedError, InternalError, NotInitializedError, QuorateError } from "../error.js";
export { SimError } from "./error.js";
export type {
  ClientView,
  EntryView,
  Event,
  Failure,
  InFlight,
  Kind,
  Link,
  MachineView,
  MembersView,
  Moment,
  Operation,
  ProgressView,
  RaftView,
  Report,
  RuleView,
  SentinelView,
  ServerView,
  Slow,
  View,
  Violation,
  VoteView,
  WriteView,
} from "./view.js";
export { type CommonSettings, type Duration, MILLISECOND, type RaftSettings, SECOND, type SentinelSettings, type Settings, type Share, World } from "./world.js";
export type { FailoverState, InstanceStatus, MasterStatus, ReplicaStatus, SentinelStatus, Status } from "../sentinel/status.js";
