/** Strings out of the instance's memory, at the cost of one slice each where that can be. */
import { type Memory, memory } from "../wasm.js";

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });
const strict = new TextDecoder("utf-8", { ignoreBOM: true, fatal: true });
/** Gives a character for each byte, the right one for ASCII. */
const single = new TextDecoder("latin1");

/**
 * How far a window reaches. A string sliced from it keeps the whole window alive, so it must not be huge; but only one that is too
 * large for the young generation is spared being copied at each of its collections.
 */
const WINDOW = 1 << 18;
/** Strings from this length on are decoded on their own: they pay for the call, and pin nothing. */
export const LONG = 1 << 10;

/** The longest string of V8. A longer one comes as bytes, rather than taking the replies around it down. */
export const LONGEST = 0x1fff_ffe8;

/**
 * One decoded stretch of memory, from which the strings in it are sliced: decoding each by itself costs four times as much.
 *
 * It has a character for each byte, so that positions are those of memory. Only its ASCII parts are read.
 */
export class Window {
  #start = 0;
  #end = 0;
  #text = "";

  /** Forgets the stretch: memory there is about to change. */
  clear(): void {
    this.#start = 0;
    this.#end = 0;
    this.#text = "";
  }

  /** The ASCII text of `length` bytes at `at`; text up to `limit` may be asked for next. */
  slice(at: number, length: number, limit: number): string {
    let start = at - this.#start;
    if (start < 0 || at + length > this.#end) {
      this.#start = at;
      this.#end = Math.min(limit, at + WINDOW);
      this.#text = ascii(memory(), at, this.#end);
      start = 0;
    }
    return this.#text.slice(start, start + length);
  }
}

/** The text of ASCII bytes. */
export function ascii({ u8, node }: Memory, start: number, end: number): string {
  return node ? node.latin1Slice(start, end) : single.decode(u8.subarray(start, end));
}

/** The text of bytes that are known to be UTF-8. */
export function text({ u8, node }: Memory, start: number, end: number): string {
  return node ? node.utf8Slice(start, end) : utf8.decode(u8.subarray(start, end));
}

/** The text of bytes, with U+FFFD for what is not UTF-8. */
export function lossy(bytes: Uint8Array): string {
  return utf8.decode(bytes);
}

/** The text of bytes, or nothing where they are not UTF-8. */
export function textOf(bytes: Uint8Array): string | undefined {
  try {
    return strict.decode(bytes);
  } catch {
    return undefined;
  }
}
