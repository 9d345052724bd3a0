export {
  ArgumentError,
  CommitError,
  EncodeError,
  FreedError,
  InternalError,
  NotInitializedError,
  PrefixError,
  ProtocolError,
  QuorateError,
  RequestError,
  SlotError,
} from "./error.js";
