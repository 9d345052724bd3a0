/// <reference lib="esnext.disposable" preserve="true" />
/** Bytes in, replies out. */
import { ArgumentError, CommitError, ProtocolError, describe } from "../error.js";
import { Handle, checkCount, checkData, memory, raw, trapped, writeUtf8 } from "../wasm.js";
import { type Limits, numbers } from "./limits.js";
import { type Batch, Builder, type Shape } from "./tape.js";
import type { Reply } from "./value.js";

/** How a {@link Decoder} gives out values, and how much it takes in. */
export interface DecoderOptions {
  /** The most that a reply may hold. Safe defaults; see {@link Limits}. */
  limits?: Limits | undefined;
  /**
   * What strings become. `"utf8"` (the default): strings, or a `Uint8Array` where they are not UTF-8 (or longer than
   * the longest string of V8, 512 MiB less 24). `"bytes"`: always a
   * `Uint8Array`, but for the keys of a `Map` or object, which stay strings where they are UTF-8 so that they can be found.
   */
  strings?: "utf8" | "bytes" | undefined;
  /**
   * What maps become. `"map"` (the default): a `Map`. `"object"`: a plain object, or a `Map` where a key is not a string; it
   * has JavaScript's own order, in which keys that look like integers come first. `"pairs"`: always {@link Pairs}. A map that
   * the type cannot hold exactly, because keys are equal, comes as {@link Pairs}, so that nothing is lost.
   */
  maps?: "map" | "object" | "pairs" | undefined;
  /** What sets become. `"array"` (the default): an array. `"set"`: a `Set`, or an array where elements are equal. */
  sets?: "array" | "set" | undefined;
  /** Whether attributes are given out, as {@link Attributed}. Default false: they are read and dropped. */
  attributes?: boolean | undefined;
  /**
   * Whether each string is a copy of its own. Default false: strings of 13 to 1,023 characters are slices that keep up to
   * 256 KiB around them alive, which is fastest and fit for values that are used and dropped. Turn it on to keep them for long.
   */
  copyStrings?: boolean | undefined;
}

/** A token of the wire, for byte inspectors. */
export interface Token {
  /** What it is. */
  readonly kind: TokenKind;
  /** Whether it is an aggregate whose length was not announced. */
  readonly streamed: boolean;
  /** The absolute offset of its type byte. */
  readonly offset: number;
  /** How many aggregates and attributes it stands in. */
  readonly depth: number;
  /** Bytes from the type byte to the payload. */
  readonly header: number;
  /** Bytes of the payload, without its CR LF. 0 for what has children. */
  readonly length: number;
  /** How many values (`2n` in maps and attributes) or chunks are below it: announced, or in a stream counted so far. */
  readonly elements: number;
  /** All its own bytes on the wire, without what is below it. */
  readonly size: number;
}

const KINDS = [
  "simple_string",
  "simple_error",
  "integer",
  "bulk_string",
  "null",
  "null_bulk",
  "null_array",
  "boolean",
  "double",
  "big_number",
  "bulk_error",
  "verbatim",
  "array",
  "map",
  "set",
  "push",
  "attribute",
  "streamed_string",
  "chunk",
  "end",
] as const;

/** The kind of a {@link Token}. `null_bulk` is `$-1` and `null_array` is `*-1`, the nulls of RESP2. */
export type TokenKind = (typeof KINDS)[number];

/** What `poll` of the instance says, and where in its report the rest stands. Written by `src/resp/decoder.rs`. */
const NOTHING = 0;
const BATCH = 1;
const ALL = 0xffff_ffff;

/**
 * Decodes RESP2 and RESP3, whatever pieces they come in.
 *
 * Feed it what the socket gave; after each feed, take what is complete:
 *
 * ```js
 * const decoder = new Decoder();
 * socket.on("data", (chunk) => {
 *   decoder.feed(chunk);
 *   for (const reply of decoder.pollAll()) handle(reply);
 * });
 * ```
 *
 * Any split of the input gives the same values and the same errors. Both protocols are read at all times. It holds memory of
 * the WebAssembly instance until `free()`, the end of its `using` block or its garbage collection: keep one a connection, not
 * one a reply.
 */
export class Decoder {
  readonly #handle: Handle<raw.RawDecoder>;
  readonly #builder: Builder;
  readonly #batch: Batch = { tape: 0, tokens: 0, bytes: 0, limit: 0, classes: 0 };
  /** Where {@link poll} finds its reply. An array that is emptied would be allocated again each time. */
  readonly #one: [Reply | undefined] = [undefined];
  /** Where the instance reports to, in units of four bytes. */
  readonly #report: number;

  /** @throws {ArgumentError} if an option is none, or has none of the values above. */
  constructor(options: DecoderOptions = {}) {
    this.#builder = new Builder(shape(options));
    const [depth, bulk, line, elements, reply] = numbers(
      options.limits,
      ["maxDepth", "maxBulk", "maxLine", "maxElements", "maxReply"],
      "limits",
    ) as [number, number, number, number, number];
    this.#handle = new Handle("Decoder", () => new raw.RawDecoder(depth, bulk, line, elements, reply));
    this.#report = this.#handle.live.report() >> 2;
  }

  /**
   * Takes in a copy of `chunk`; text as UTF-8. After an error it is dropped until {@link reset}.
   *
   * @throws {ArgumentError} if it is neither bytes nor text.
   */
  feed(chunk: Uint8Array | string): void {
    const decoder = this.#handle.live;
    checkData(chunk, "chunk");
    this.#builder.forget();
    try {
      if (typeof chunk === "string") {
        decoder.commit(writeUtf8(chunk, decoder.reserve(chunk.length * 3)));
      } else {
        const at = decoder.reserve(chunk.length);
        memory().u8.set(chunk, at);
        decoder.commit(chunk.length);
      }
    } catch (cause) {
      throw trapped(cause);
    }
  }

  /**
   * A writable view of at least `size` bytes of the input's tail, for reading from a socket without a copy in between. Nothing
   * counts as input until {@link commit}. It is only good until the next call of any function or object of this package: the
   * memory behind it can move.
   *
   * @throws {ArgumentError} if `size` is not a whole number from 0 to 2^31 - 1.
   */
  reserve(size: number): Uint8Array {
    const decoder = this.#handle.live;
    checkCount(size, "size", 0x7fff_ffff);
    this.#builder.forget();
    try {
      const at = decoder.reserve(size);
      return memory().u8.subarray(at, at + decoder.reserved());
    } catch (cause) {
      throw trapped(cause);
    }
  }

  /**
   * Takes in the first `size` bytes of what {@link reserve} gave. After an error they are dropped until {@link reset}.
   *
   * @throws {CommitError} if that is more than was reserved; nothing is taken in then.
   */
  commit(size: number): void {
    const decoder = this.#handle.live;
    checkCount(size, "size", 0xffff_ffff);
    this.#builder.forget();
    try {
      if (!decoder.commit(size)) throw new CommitError(raw.error_code(), raw.error_message());
    } catch (cause) {
      throw trapped(cause);
    }
  }

  /**
   * The next reply or push; `undefined` when more bytes are needed. A null of the protocol is `null`.
   *
   * @throws {ProtocolError} where the input stops being RESP or exceeds a limit, at this and each further poll until
   * {@link reset}.
   */
  poll(): Reply | undefined {
    const one = this.#one;
    this.#take(1, one);
    const reply = one[0];
    one[0] = undefined;
    return reply;
  }

  /**
   * Every reply and push that is complete, in order. This is the fast way: it crosses to WebAssembly once, however many there
   * are.
   *
   * @throws {ProtocolError} as {@link poll}, but only when no reply precedes the error; else the next call throws it.
   */
  pollAll(): Reply[] {
    const replies: Reply[] = [];
    this.#take(ALL, replies);
    return replies;
  }

  /** Forgets everything but the options, as for a new connection: offsets count from 0 again. */
  reset(): void {
    const decoder = this.#handle.live;
    this.#builder.forget();
    decoder.reset();
  }

  /**
   * The least number of further bytes before which no poll can say anything new: at least 1, and 0 after an error. Known
   * exactly inside a long string, so that it can be read in one go.
   */
  get needed(): number {
    return this.#handle.live.needed();
  }

  /** How many bytes were fed and are not yet given out as replies. */
  get buffered(): number {
    return this.#handle.live.buffered();
  }

  /** The absolute offset of the first byte that is not yet given out. */
  get offset(): number {
    return this.#handle.live.offset();
  }

  /** The error that polls throw, once there is one. */
  get error(): ProtocolError | undefined {
    return this.#handle.live.failed() ? protocolError() : undefined;
  }

  /** A hash of all that the decoder knows, the same on every platform and in every language. */
  stateHash(): bigint {
    return this.#handle.live.state_hash();
  }

  /** The finished tokens of the reply that is not complete, as far as the latest poll read. */
  tokens(): Token[] {
    return this.#tokens(false);
  }

  /** The tokens of the replies that the latest poll gave out. Empty once something was fed, and after {@link reset}. */
  lastTokens(): Token[] {
    return this.#tokens(true);
  }

  /** Gives back the memory that the decoder holds. Each further use throws a {@link FreedError}; freeing twice is harmless. */
  free(): void {
    this.#builder.forget();
    this.#handle.free();
  }

  #take(max: number, replies: (Reply | undefined)[]): void {
    const decoder = this.#handle.live;
    const batch = this.#batch;
    let status: number;
    try {
      status = decoder.poll(max);
    } catch (cause) {
      throw trapped(cause);
    }
    if (status === NOTHING) return;
    if (status !== BATCH) throw protocolError();
    const { u32 } = memory();
    const report = this.#report;
    batch.tape = u32[report]! >>> 2;
    batch.tokens = u32[report + 1]!;
    batch.bytes = u32[report + 2]!;
    batch.limit = u32[report + 3]!;
    batch.classes = u32[report + 4]!;
    this.#builder.build(batch, replies);
  }

  #tokens(last: boolean): Token[] {
    const decoder = this.#handle.live;
    let count: number;
    try {
      count = decoder.tokens(last);
    } catch (cause) {
      throw trapped(cause);
    }
    const { u32, f64 } = memory();
    const table = u32[this.#report + 5]! >>> 3;
    return Array.from({ length: count }, (_, i) => {
      const at = table + i * 8;
      return {
        kind: KINDS[f64[at]! - 1]!,
        streamed: f64[at + 1] !== 0,
        offset: f64[at + 2]!,
        depth: f64[at + 3]!,
        header: f64[at + 4]!,
        length: f64[at + 5]!,
        elements: f64[at + 6]!,
        size: f64[at + 7]!,
      };
    });
  }
}

// Where the engine has no `using` yet there is no such symbol either.
export interface Decoder extends Disposable {}
if (Symbol.dispose) Decoder.prototype[Symbol.dispose] = Decoder.prototype.free;

function protocolError(): ProtocolError {
  return new ProtocolError(raw.error_code(), raw.error_message(), raw.error_offset(), raw.error_expected(), raw.error_found());
}

function shape(options: DecoderOptions): Shape {
  if (options === null || typeof options !== "object") throw new ArgumentError(`options must be an object, found ${describe(options)}`);
  const { limits: _, strings = "utf8", maps = "map", sets = "array", attributes = false, copyStrings = false, ...rest } = options;
  for (const name of Object.keys(rest)) throw new ArgumentError(`${name} is no option of a Decoder`);
  oneOf(strings, "strings", ["utf8", "bytes"]);
  oneOf(maps, "maps", ["map", "object", "pairs"]);
  oneOf(sets, "sets", ["array", "set"]);
  oneOf(attributes, "attributes", [true, false]);
  oneOf(copyStrings, "copyStrings", [true, false]);
  return { strings, maps, sets, attributes, copyStrings };
}

/** Checks that an option has one of its values. */
export function oneOf(value: unknown, what: string, choices: readonly unknown[]): void {
  if (!choices.includes(value)) {
    throw new ArgumentError(`${what} must be one of ${choices.map((choice) => JSON.stringify(choice)).join(", ")}, found ${describe(value)}`);
  }
}
