/// <reference lib="esnext.disposable" preserve="true" />
/** Requests, as servers read them. */
import { ArgumentError, CommitError, RequestError, describe } from "../error.js";
import { Handle, checkCount, checkData, memory, raw, toInbox, trapped, writeUtf8 } from "../wasm.js";
import { oneOf } from "./decoder.js";
import { numbers } from "./limits.js";
import { ascii, text } from "./text.js";

/** The most that a request may hold, as a Redis server checks it. `null` is no limit. */
export interface RequestLimits {
  /** Arguments of one request. Default 2^31 - 1. */
  maxArgs?: number | null | undefined;
  /** Bytes of one argument. Default 512 MiB. */
  maxBulk?: number | null | undefined;
  /** Bytes of one line. Default 64 KiB. */
  maxLine?: number | null | undefined;
}

/** How a {@link RequestDecoder} gives out arguments, and how much it takes in. */
export interface RequestDecoderOptions {
  /** The most that a request may hold; see {@link RequestLimits}. */
  limits?: RequestLimits | undefined;
  /** Whether the client has logged in. Default true. If not, a request has at most 10 arguments of 16,384 bytes each. */
  authenticated?: boolean | undefined;
  /** `"utf8"` (the default): arguments are strings, or a `Uint8Array` where they are not UTF-8. `"bytes"`: always a `Uint8Array`. */
  strings?: "utf8" | "bytes" | undefined;
}

/** A request of a client. */
export interface Request {
  /** The command's name and its arguments. At least one. */
  readonly args: (string | Uint8Array)[];
  /** Whether it came as one line of text, as typed into a terminal. */
  readonly inline: boolean;
  /** The absolute offset of its first byte. */
  readonly offset: number;
}

const NOTHING = 0;
const REQUEST = 1;
const BYTES = 2;

/**
 * Decodes the requests of a client, whatever pieces they come in: arrays of bulk strings, and inline ones with Redis's rules
 * of quoting. Empty requests are passed over, as a server does.
 *
 * Feed it what the socket gave; after each feed, poll until there is nothing more. Memory is held as by a {@link Decoder}.
 */
export class RequestDecoder {
  readonly #handle: Handle<raw.RawRequestDecoder>;
  readonly #bytesOnly: boolean;
  readonly #report: number;

  /** @throws {ArgumentError} if an option is none, or has none of its values. */
  constructor(options: RequestDecoderOptions = {}) {
    if (options === null || typeof options !== "object") throw new ArgumentError(`options must be an object, found ${describe(options)}`);
    const { limits, authenticated = true, strings = "utf8", ...rest } = options;
    for (const name of Object.keys(rest)) throw new ArgumentError(`${name} is no option of a RequestDecoder`);
    oneOf(authenticated, "authenticated", [true, false]);
    oneOf(strings, "strings", ["utf8", "bytes"]);
    const [args, bulk, line] = numbers(limits, ["maxArgs", "maxBulk", "maxLine"], "limits") as [number, number, number];
    this.#handle = new Handle("RequestDecoder", () => new raw.RawRequestDecoder(args, bulk, line, authenticated));
    this.#bytesOnly = strings === "bytes";
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

  /** A writable view of at least `size` bytes of the input's tail: as {@link Decoder.reserve}. */
  reserve(size: number): Uint8Array {
    const decoder = this.#handle.live;
    checkCount(size, "size", 0x7fff_ffff);
    try {
      const at = decoder.reserve(size);
      return memory().u8.subarray(at, at + decoder.reserved());
    } catch (cause) {
      throw trapped(cause);
    }
  }

  /**
   * Takes in the first `size` bytes of what {@link reserve} gave.
   *
   * @throws {CommitError} if that is more than was reserved; nothing is taken in then.
   */
  commit(size: number): void {
    const decoder = this.#handle.live;
    checkCount(size, "size", 0xffff_ffff);
    try {
      if (!decoder.commit(size)) throw new CommitError(raw.error_code(), raw.error_message());
    } catch (cause) {
      throw trapped(cause);
    }
  }

  /**
   * The next request; `undefined` when more bytes are needed.
   *
   * @throws {RequestError} for what a server would refuse, at this and each further poll until {@link reset}.
   */
  poll(): Request | undefined {
    const decoder = this.#handle.live;
    let status: number;
    try {
      status = decoder.poll();
    } catch (cause) {
      throw trapped(cause);
    }
    if (status === NOTHING) return undefined;
    if (status !== REQUEST) throw requestError();
    const { u32 } = memory();
    const report = this.#report;
    return {
      args: readArgs(u32[report]!, u32[report + 1]!, this.#bytesOnly),
      inline: u32[report + 2] !== 0,
      offset: decoder.request_offset(),
    };
  }

  /**
   * Every request that is complete, in order.
   *
   * @throws {RequestError} as {@link poll}, but only when no request precedes the error; else the next call throws it.
   */
  pollAll(): Request[] {
    const requests: Request[] = [];
    try {
      for (let next = this.poll(); next !== undefined; next = this.poll()) requests.push(next);
    } catch (error) {
      if (!(error instanceof RequestError) || requests.length === 0) throw error;
    }
    return requests;
  }

  /** Says whether the client has logged in, from the next request on. */
  setAuthenticated(authenticated: boolean): void {
    const decoder = this.#handle.live;
    oneOf(authenticated, "authenticated", [true, false]);
    decoder.set_authenticated(authenticated);
  }

  /** Forgets everything but the options, as for a new connection: offsets count from 0 again. */
  reset(): void {
    this.#handle.live.reset();
  }

  /** The least number of further bytes before which no poll can say anything new: at least 1, and 0 after an error. */
  get needed(): number {
    return this.#handle.live.needed();
  }

  /** How many bytes were fed and are not yet given out as requests. */
  get buffered(): number {
    return this.#handle.live.buffered();
  }

  /** The absolute offset of the first byte that is not yet given out. */
  get offset(): number {
    return this.#handle.live.offset();
  }

  /** The error that polls throw, once there is one. */
  get error(): RequestError | undefined {
    return this.#handle.live.failed() ? requestError() : undefined;
  }

  /** A hash of all that the decoder knows, the same on every platform and in every language. */
  stateHash(): bigint {
    return this.#handle.live.state_hash();
  }

  /** Gives back the memory that the decoder holds. Each further use throws a {@link FreedError}; freeing twice is harmless. */
  free(): void {
    this.#handle.free();
  }
}

// Where the engine has no `using` yet there is no such symbol either.
export interface RequestDecoder extends Disposable {}
if (Symbol.dispose) RequestDecoder.prototype[Symbol.dispose] = RequestDecoder.prototype.free;

/**
 * Splits a line as a Redis server and `redis-cli` do: at spaces, with `"..."` (escapes `\n \r \t \a \b \xHH \" \\`) and `'...'`.
 *
 * @returns The words: strings, or a `Uint8Array` where they are not UTF-8.
 * @throws {RequestError} with the code `unbalanced_quotes`.
 */
export function splitInline(line: string | Uint8Array): (string | Uint8Array)[] {
  checkData(line, "line");
  let count: number;
  try {
    count = raw.split_inline(toInbox(line));
    if (count < 0) throw requestError();
    return readArgs(raw.words(), count, false);
  } catch (cause) {
    throw trapped(cause);
  }
}

function requestError(): RequestError {
  return new RequestError(raw.error_code(), raw.error_message(), raw.error_offset());
}

/** The table has for each argument its address, its length, and whether it is ASCII, other UTF-8 or neither. */
function readArgs(table: number, count: number, bytesOnly: boolean): (string | Uint8Array)[] {
  const views = memory();
  const { u8, u32 } = views;
  const args: (string | Uint8Array)[] = [];
  for (let at = table >>> 2, left = count; left > 0; left -= 1, at += 3) {
    const start = u32[at]!;
    const end = start + u32[at + 1]!;
    const kind = u32[at + 2]!;
    args.push(bytesOnly || kind === BYTES ? u8.slice(start, end) : kind === 0 ? ascii(views, start, end) : text(views, start, end));
  }
  return args;
}
