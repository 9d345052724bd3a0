/** What a reply becomes where JavaScript has no type of its own for it. */
import { ArgumentError } from "../error.js";

const encoder = new TextEncoder();
const lossy = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * Any value of a reply. Which of the string, map and set types occur is chosen by the options of the decoder.
 *
 * Integers are numbers up to 2^53 - 1 on both sides of 0 and bigints beyond; big numbers are always bigints.
 */
export type Reply =
  | string
  | Uint8Array
  | number
  | bigint
  | boolean
  | null
  | ReplyError
  | Verbatim
  | Push
  | Pairs
  | Attributed
  | Reply[]
  | Set<Reply>
  | Map<Reply, Reply>
  | { [key: string]: Reply };

/**
 * An error that the server answered with. It is returned as a value, not thrown, at the top of a reply and inside it: whether
 * it fails anything is the caller's to say.
 */
export class ReplyError extends Error {
  readonly #bytes: Uint8Array | undefined;

  /**
   * @param message The whole line, as the server sent it: `ERR unknown command`.
   * @param bytes Its bytes, where they are not UTF-8 and `message` could not keep them.
   */
  constructor(message: string, bytes?: Uint8Array) {
    super(message);
    this.#bytes = bytes;
  }

  /** The first word of the message: `ERR`, `MOVED`, `WRONGTYPE`. */
  get code(): string {
    const space = this.message.indexOf(" ");
    return space < 0 ? this.message : this.message.slice(0, space);
  }

  /** The bytes of the message, exactly as the server sent them. */
  get bytes(): Uint8Array {
    return this.#bytes ?? encoder.encode(this.message);
  }
}
Object.defineProperty(ReplyError.prototype, "name", { value: "ReplyError", configurable: true, writable: true });

/** V8's setting for how many frames a new error records. Elsewhere it is only a property that nobody reads. */
const stack = Error as { stackTraceLimit?: number | undefined };
/** Whether it may be written: not so where the primordials are frozen. */
const canLimitStack = Object.getOwnPropertyDescriptor(Error, "stackTraceLimit")?.writable === true;

/** Makes a {@link ReplyError} without the stack: it would only name the decoder, and cost more than the rest of the reply. */
export function replyError(message: string, bytes: Uint8Array | undefined): ReplyError {
  if (!canLimitStack) return new ReplyError(message, bytes);
  const limit = stack.stackTraceLimit;
  stack.stackTraceLimit = 0;
  try {
    return new ReplyError(message, bytes);
  } finally {
    stack.stackTraceLimit = limit;
  }
}

/** Data that the server sent of its own accord: `["message", channel, payload]`, `["invalidate", keys]`. Apart from the replies. */
export class Push extends Array<Reply> {
  /** What `map`, `filter` and `slice` make: a plain array. */
  static override get [Symbol.species](): ArrayConstructor {
    return Array;
  }
}

/** A map as its keys and values in the order of the wire, with every duplicate: what no other type holds exactly. */
export class Pairs extends Array<[Reply, Reply]> {
  /** What `map`, `filter` and `slice` make: a plain array. */
  static override get [Symbol.species](): ArrayConstructor {
    return Array;
  }
}

/** Text with a format of three bytes, `txt` or `mkd` for one, as `LATENCY DOCTOR` and `INFO` answer in RESP3. */
export class Verbatim {
  /** The format, a character for each of its three bytes. */
  readonly format: string;
  /** The text; its bytes where they are not UTF-8 or the decoder's `strings` is `"bytes"`. */
  readonly content: string | Uint8Array;

  constructor(format: string, content: string | Uint8Array) {
    if (typeof format !== "string" || !/^[\0-\xff]{3}$/.test(format)) {
      throw new ArgumentError("the format of a verbatim string must be three characters from U+0000 to U+00FF");
    }
    this.format = format;
    this.content = content;
  }

  /** The content as text, with U+FFFD for what is not UTF-8. */
  get text(): string {
    return typeof this.content === "string" ? this.content : lossy.decode(this.content);
  }

  /** The content as bytes. */
  get bytes(): Uint8Array {
    return typeof this.content === "string" ? encoder.encode(this.content) : this.content;
  }

  /** The same as `text`. */
  toString(): string {
    return this.text;
  }
}

/** A value with the attributes that the server sent before it, made only where the decoder's `attributes` is true. */
export class Attributed {
  /** What is decorated. */
  readonly value: Reply;
  /** What decorates it, in the type that the decoder's `maps` chose. */
  readonly attributes: Reply;

  constructor(value: Reply, attributes: Reply) {
    this.value = value;
    this.attributes = attributes;
  }
}
