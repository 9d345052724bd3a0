/** What a sentinel and a discovery refuse, and why. */
import { ProtocolError, QuorateError } from "../error.js";
import type { Refusal } from "./call.js";
import { raw } from "./wasm.js";

/**
 * What a sentinel or a discovery refused. It is as it was before the call.
 *
 * `code` is one of `invalid_config`, `invalid_line`, `unknown_link`, `unexpected_reply`, `unknown_ticket`, `unknown_script`,
 * `unknown_request`, `too_many_requests`, `invalid_state`. Late news of a link that was closed meanwhile ends in `unknown_link`, and
 * is to be ignored.
 */
export class SentinelError extends QuorateError {}

/** A line of the configuration cannot be read. `code` is `invalid_line`. */
export class LineError extends SentinelError {
  /** Which line, from 1 on. */
  declare readonly line: number;
  /** The line as it stands. */
  declare readonly text: string;
  /** What is wrong with it. */
  declare readonly reason: string;
}

// The names are said as text, so that they survive a minifier.
for (const [type, name] of [
  [SentinelError, "SentinelError"],
  [LineError, "LineError"],
] as const) {
  Object.defineProperty(type.prototype, "name", { value: name, configurable: true, writable: true });
}

export function sentinelError({ code, message, details }: Refusal): QuorateError {
  // Only bytes have places, and only there something else is expected.
  const expected = raw.error_expected();
  if (expected !== "") return new ProtocolError(code, message, raw.error_offset(), expected, raw.error_found());
  return details === undefined ? new SentinelError(code, message) : Object.assign(new LineError(code, message), details);
}
