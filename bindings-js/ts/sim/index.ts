export { ArgumentError, FreedError, InternalError, NotInitializedError, QuorateError } from "../error.js";
export { SimError } from "./error.js";
export type {
  ClientView,
  EntryView,
  Event,
  Failure,
  InFlight,
  Link,
  MachineView,
  MembersView,
  Moment,
  Operation,
  ProgressView,
  RaftView,
  Report,
  RuleView,
  Slow,
  View,
  Violation,
  VoteView,
  WriteView,
} from "./view.js";
export { type Duration, MILLISECOND, SECOND, type Settings, type Share, World } from "./world.js";
