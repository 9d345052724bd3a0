/**
 * What can go wrong. Every error has a stable `code`, the same in every language that Quorate is bound to.
 */

/** The base of all errors of this package, but for {@link ArgumentError}, which is a `TypeError`. */
export class QuorateError extends Error {
  /** A stable name in snake case, to branch on. The message is for people and may change. */
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** An argument of the wrong type or outside its range: a mistake of the caller. Nothing was changed. `code` is `invalid_argument`. */
export class ArgumentError extends TypeError {
  /** Always `invalid_argument`. */
  readonly code = "invalid_argument";
}

/**
 * Input that is not RESP, or that exceeds a limit. It stays until `reset()`.
 *
 * `code` is one of `unknown_type`, `invalid_length`, `invalid_integer`, `invalid_double`, `invalid_boolean`, `invalid_null`,
 * `invalid_big_number`, `invalid_verbatim`, `invalid_chunk`, `missing_terminator`, `line_break_in_line`, `unexpected_end`,
 * `odd_map`, `dangling_attribute`, `nested_push`, `depth_limit`, `bulk_limit`, `line_limit`, `elements_limit`, `reply_limit`.
 */
export class ProtocolError extends QuorateError {
  /** Where: the offset of the offending byte, counted from the first byte fed since the start or the last `reset()`. */
  readonly offset: number;
  /** What would have been right here, in words. */
  readonly expected: string;
  /** What stands there instead, quoted and escaped. */
  readonly found: string;

  constructor(code: string, message: string, offset: number, expected: string, found: string) {
    super(code, message);
    this.offset = offset;
    this.expected = expected;
    this.found = found;
  }
}

/**
 * A request that a server would refuse. The message is the server's own text. It stays until `reset()`.
 *
 * `code` is one of `too_big_inline_request`, `unbalanced_quotes`, `too_big_count_string`, `invalid_multibulk_length`,
 * `unauthenticated_multibulk_length`, `too_big_bulk_count_string`, `expected_bulk`, `invalid_bulk_length`,
 * `unauthenticated_bulk_length`, `missing_terminator`.
 */
export class RequestError extends QuorateError {
  /** Where: the offset of the offending byte, counted from the first byte fed since the start or the last `reset()`. */
  readonly offset: number;

  constructor(code: string, message: string, offset: number) {
    super(code, message);
    this.offset = offset;
  }
}

/**
 * A value that cannot be written, or not here. The encoder is as it was before the call.
 *
 * `code` is one of `line_break`, `invalid_big_number`, `nested_push`, `unexpected_end`, `odd_map`, `dangling_attribute`,
 * `not_in_resp2`, `chunk_expected`, `empty_chunk`, `incomplete`, `too_many_elements`; from {@link encode} also `cyclic_value`.
 */
export class EncodeError extends QuorateError {}

/** More bytes were committed than `reserve()` had handed out. Nothing was committed. `code` is `commit_too_long`. */
export class CommitError extends QuorateError {}

/** A prefix was given another number of arguments than it was made for. `code` is `wrong_argument_count`. */
export class PrefixError extends QuorateError {}

/** There is no such hash slot. `code` is `unknown_slot`. */
export class SlotError extends QuorateError {}

/** An object was used after its `free()`. `code` is `freed`; the message says which kind of object it was. */
export class FreedError extends QuorateError {}

/** `quorate/slim` was used before its `init()` or `initSync()`. `code` is `not_initialized`. */
export class NotInitializedError extends QuorateError {}

/**
 * The WebAssembly instance stopped: it ran out of memory, or met a defect of this package. `code` is `internal`, `cause` is
 * what was thrown.
 *
 * A fresh instance has taken its place, so new objects work. Those made before are lost: each use of them throws this error.
 */
export class InternalError extends QuorateError {}

// The names are said as text, so that they survive a minifier.
for (const [type, name] of [
  [QuorateError, "QuorateError"],
  [ArgumentError, "ArgumentError"],
  [ProtocolError, "ProtocolError"],
  [RequestError, "RequestError"],
  [EncodeError, "EncodeError"],
  [CommitError, "CommitError"],
  [PrefixError, "PrefixError"],
  [SlotError, "SlotError"],
  [FreedError, "FreedError"],
  [NotInitializedError, "NotInitializedError"],
  [InternalError, "InternalError"],
] as const) {
  Object.defineProperty(type.prototype, "name", { value: name, configurable: true, writable: true });
}

/** What a value is, for the message of an {@link ArgumentError}. */
export function describe(value: unknown): string {
  if (value === null) return "null";
  if (typeof value === "object") return `an object of type ${value.constructor?.name ?? "null prototype"}`;
  if (typeof value === "number" || typeof value === "boolean" || typeof value === "bigint") return `${typeof value} ${value}`;
  return value === undefined ? "undefined" : `a ${typeof value}`;
}
