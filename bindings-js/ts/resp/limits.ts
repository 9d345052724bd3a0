import { ArgumentError, describe } from "../error.js";
import { checkCount } from "../wasm.js";

/** The most that a reply may hold, so that memory is bounded by what the caller chose and not by the peer. `null` is no limit. */
export interface Limits {
  /** Aggregates and attributes open at once. Default 1,024. */
  maxDepth?: number | null | undefined;
  /** Bytes of one string. Default 512 MiB. */
  maxBulk?: number | null | undefined;
  /** Bytes of one line. Default 64 KiB. */
  maxLine?: number | null | undefined;
  /** Values in one reply, at all depths. Default 2^27. */
  maxElements?: number | null | undefined;
  /** Bytes of one reply. Default 1 GiB. */
  maxReply?: number | null | undefined;
}

/** What the instance takes for "the default", and for "no limit". */
const DEFAULT = -1;
const OFF = -2;

/** The settings `names` of `options` as numbers for the instance. */
export function numbers<T extends object>(options: T | undefined, names: readonly (keyof T & string)[], what: string): number[] {
  if (options !== undefined && (options === null || typeof options !== "object")) {
    throw new ArgumentError(`${what} must be an object, found ${describe(options)}`);
  }
  for (const name of Object.keys(options ?? {})) {
    if (!names.includes(name as keyof T & string)) throw new ArgumentError(`${what}.${name} is no limit; there are ${names.join(", ")}`);
  }
  return names.map((name) => {
    const value = options?.[name];
    if (value === undefined) return DEFAULT;
    if (value === null) return OFF;
    checkCount(value, `${what}.${name}`);
    return value;
  });
}
