/** Calls into the module: values are put together before, so that nothing of a caller's runs while a call is under way. */
import * as scratch from "../scratch.js";
import { Reader } from "./codec.js";
import { type RaftError, errorOf } from "./error.js";
import { parse } from "../json.js";
import { raw, toInbox, trapped } from "./wasm.js";

/** What a call says that was refused. */
export function raftError(): RaftError {
  const [code, details, expected] = [raw.error_code(), raw.error_details(), raw.error_expected()];
  // Only bytes have places, and only there something else is expected.
  const place = expected === "" ? {} : { offset: raw.error_offset(), expected };
  return errorOf(code, raw.error_message(), details === "" ? place : (parse(details) as object));
}

/** Calls, and throws what the call was refused for. */
export function call(run: () => boolean): void {
  let done: boolean;
  try {
    done = run();
  } catch (cause) {
    throw trapped(cause);
  }
  if (!done) throw raftError();
}

/** Asks what cannot be refused. */
export function ask<T>(run: () => T): T {
  try {
    return run();
  } catch (cause) {
    throw trapped(cause);
  }
}

/** What `put` puts together, good until the next call. Whatever it throws is the caller's own. */
export function packed(put: () => void): Uint8Array {
  scratch.begin();
  put();
  return scratch.view();
}

/** Calls with what `put` puts into the inbox. */
export function send(put: () => void, run: (length: number) => boolean): void {
  const inbox = packed(put);
  call(() => run(toInbox(inbox)));
}

/** The object that was made, if it was. */
export function made<T>(object: T | undefined): T {
  if (object === undefined) throw raftError();
  return object;
}

/** Reads what the last call left. */
export function left<T>(read: (reader: Reader) => T): T {
  return read(new Reader());
}
