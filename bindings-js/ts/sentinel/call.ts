/** Calls into the module: values are put together before, so that nothing of a caller's runs while a call is under way. */
import { ArgumentError, type QuorateError, describe } from "../error.js";
import { checkData } from "../instance.js";
import { parse } from "../json.js";
import * as scratch from "../scratch.js";
import { fromOutbox, memory, raw, trapped } from "./wasm.js";

/** What may be given where bytes are wanted. Text is UTF-8. */
export type Data = Uint8Array | string;

/** What a call says that was refused: its code, its words, and what else there is. */
export interface Refusal {
  readonly code: string;
  readonly message: string;
  readonly details: object | undefined;
}

/** Makes an error of what a call says. */
export type ErrorOf = (refusal: Refusal) => QuorateError;

export function refusal(): Refusal {
  const details = raw.error_details();
  return { code: raw.error_code(), message: raw.error_message(), details: details === "" ? undefined : (parse(details) as object) };
}

/** Asks what cannot be refused. */
export function ask<T>(run: () => T): T {
  try {
    return run();
  } catch (cause) {
    throw trapped(cause);
  }
}

/** Calls, and throws what the call was refused for. */
export function call(run: () => boolean, errorOf: ErrorOf): void {
  if (!ask(run)) throw errorOf(refusal());
}

/** The object that was made, if it was. */
export function made<T>(object: T | undefined, errorOf: ErrorOf): T {
  if (object === undefined) throw errorOf(refusal());
  return object;
}

/** What `put` puts together, good until the next call. Whatever it throws is the caller's own. */
export function packed(put: () => void): Uint8Array {
  scratch.begin();
  put();
  return scratch.view();
}

/** Arguments, each after its length. */
export function packedArguments(args: Iterable<Data>, what: string): Uint8Array {
  if (args === null || typeof args !== "object" || typeof (args as Iterable<Data>)[Symbol.iterator] !== "function" || args instanceof Uint8Array) {
    throw new ArgumentError(`${what} must be a list of strings and Uint8Arrays, found ${describe(args)}`);
  }
  // Nothing of a caller's runs while they are put together.
  const all = [...args];
  for (const [at, each] of all.entries()) checkData(each, `${what}[${at}]`);
  return packed(() => {
    for (const each of all) scratch.putSized(each);
  });
}

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** The text that the last call left. */
export function leftText(): string {
  return decoder.decode(fromOutbox());
}

/** What a call leaves as JSON. */
export function shown<T>(run: () => void): T {
  ask(run);
  return parse(leftText()) as T;
}

/** The most outputs of one crossing. */
export const ALL = 0xffff_ffff;

type Place = [start: number, length: number];
interface Raw {
  kind: string;
  bytes?: Place | Uint8Array;
  argv?: (string | Place | Uint8Array)[];
}

/** All outputs of a crossing: JSON, and behind it the bytes that it names by their places. */
export function outputs<Output>(run: () => number): Output[] {
  if (ask(run) === 0) return [];
  const left = fromOutbox();
  const end = 4 + new DataView(left.buffer, left.byteOffset).getUint32(0, true);
  const list = parse(decoder.decode(left.subarray(4, end))) as Raw[];
  const bytes = ([start, length]: Place): Uint8Array => left.slice(end + start, end + start + length);
  for (const output of list) {
    if (output.bytes !== undefined) output.bytes = bytes(output.bytes as Place);
    if (output.argv !== undefined) output.argv = output.argv.map((word) => (typeof word === "string" ? word : bytes(word as Place)));
  }
  return list as Output[];
}

export function checkText(value: unknown, what: string): asserts value is string {
  if (typeof value !== "string") throw new ArgumentError(`${what} must be a string, found ${describe(value)}`);
}

export function checkFlag(value: unknown, what: string): asserts value is boolean {
  if (typeof value !== "boolean") throw new ArgumentError(`${what} must be a boolean, found ${describe(value)}`);
}

/** Checks a time in milliseconds that may lie before the clock's 0. */
export function checkTime(value: unknown, what: string): asserts value is number {
  if (!Number.isSafeInteger(value)) {
    throw new ArgumentError(`${what} must be a whole number of milliseconds from -(2^53 - 1) to 2^53 - 1, found ${describe(value)}`);
  }
}

export function checkWord<Word extends string>(value: unknown, words: readonly Word[], what: string): asserts value is Word {
  if (!words.includes(value as Word)) throw new ArgumentError(`${what} must be one of ${words.join(", ")}, found ${JSON.stringify(value) ?? describe(value)}`);
}

export function checkObject(value: unknown, what: string): asserts value is object {
  if (value === null || typeof value !== "object") throw new ArgumentError(`${what} must be an object, found ${describe(value)}`);
}

export function checkState(value: unknown): asserts value is Uint8Array {
  if (!(value instanceof Uint8Array)) throw new ArgumentError(`state must be a Uint8Array, found ${describe(value)}`);
  memory();
}
