export { ArgumentError, FreedError, InternalError, NotInitializedError, QuorateError } from "../error.js";
export type { Data } from "../sentinel/call.js";
export { Refused, ReplicationError } from "./error.js";
export { Ledger } from "./ledger.js";
export type {
  Apply,
  Close,
  Connect,
  Discarded,
  Disconnect,
  FullReason,
  HistoryChanged,
  LinkChanged,
  LoadSnapshot,
  Output,
  Resync,
  Send,
  SendSnapshot,
  SendToPrimary,
  SnapshotAborted,
  SnapshotBegins,
  SnapshotBytes,
  TakeSnapshot,
  Trace,
  Traced,
  WaitBroken,
  Waited,
  Word,
} from "./output.js";
export { Server, frameSnapshot } from "./server.js";
export type { Config, Counts, History, HistoryCause, LinkState, Loss, PrimaryAddress, Replica, ServerStatus, Stored, WriteStatus } from "./types.js";
