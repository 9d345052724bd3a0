/// <reference lib="esnext.disposable" preserve="true" />
/** Values to bytes, as servers send them: for servers, proxies and visualizers. */
import { ArgumentError, EncodeError, describe } from "../error.js";
import * as scratch from "../scratch.js";
import { Handle, checkCount, checkData, fromOutbox, raw, toInbox, trapped } from "../wasm.js";
import { Attributed, Pairs, Push, ReplyError, Verbatim } from "./value.js";

/** RESP2, or RESP3 with maps, sets, doubles, pushes and the rest. */
export type Protocol = 2 | 3;

/** What {@link encode} takes: all that a decoder gives out, and what naturally becomes it. */
export type Encodable =
  | string
  | Uint8Array
  | number
  | bigint
  | boolean
  | null
  | Error
  | Verbatim
  | Attributed
  | readonly Encodable[]
  | ReadonlySet<Encodable>
  | ReadonlyMap<Encodable, Encodable>
  | { readonly [key: string]: Encodable };

/** The calls of an encoder, as one byte each. Read by `src/resp/encoder.rs`; where there is a kind of token, its number. */
const enum Op {
  SimpleString = 1,
  SimpleError = 2,
  Integer = 3,
  BulkString = 4,
  Null = 5,
  NullArray = 7,
  Boolean = 8,
  Double = 9,
  BigNumber = 10,
  BulkError = 11,
  Verbatim = 12,
  Array = 13,
  Map = 14,
  Set = 15,
  Push = 16,
  Attribute = 17,
  StreamString = 18,
  Chunk = 19,
  End = 20,
  EndString = 21,
  StreamArray = 22,
  StreamMap = 23,
  StreamSet = 24,
}

/** What the instance answers when nothing was refused. */
const DONE = 0;

const MIN_I64 = -(2n ** 63n);
const MAX_I64 = 2n ** 63n - 1n;

/**
 * The bytes of one value.
 *
 * Strings and bytes become bulk strings, whole numbers and bigints of 64 bits integers, other numbers doubles, larger bigints
 * big numbers; arrays, a `Set`, a `Map` and {@link Pairs}, a plain object, {@link Push}, {@link Verbatim}, {@link Attributed}
 * and errors what they are called. In RESP2 each becomes what a Redis server sends in its place.
 *
 * @throws {ArgumentError} for anything else.
 * @throws {EncodeError} where the value cannot be written: a push inside a value, or one that contains itself.
 */
export function encode(value: Encodable, protocol: Protocol = 3): Uint8Array {
  checkProtocol(protocol);
  scratch.begin();
  putValue(value);
  try {
    if (raw.encode(toInbox(scratch.view()), protocol) !== DONE) throw encodeError();
    return fromOutbox();
  } catch (cause) {
    throw trapped(cause);
  }
}

/**
 * Writes replies piece by piece. What it gives out is always well formed: a call that would not be is refused, and changes
 * nothing.
 *
 * ```js
 * const encoder = new Encoder();
 * encoder.map(1);
 * encoder.bulkString("answer");
 * encoder.integer(42);
 * socket.write(encoder.take());
 * ```
 *
 * For RESP2 it writes what a Redis server sends there instead: a map as an array of keys and values, a double as a string, and
 * so on; attributes are left out. Every method can throw an {@link EncodeError}, and an {@link ArgumentError} for a wrong type.
 */
export class Encoder {
  readonly #handle: Handle<raw.RawEncoder>;

  constructor(protocol: Protocol = 3) {
    checkProtocol(protocol);
    this.#handle = new Handle("Encoder", () => new raw.RawEncoder(protocol));
  }

  /** `+OK`: a short string of one line. */
  simpleString(text: string | Uint8Array): void {
    this.#sized(Op.SimpleString, text);
  }

  /** `-ERR message`: an error of one line. */
  simpleError(text: string | Uint8Array): void {
    this.#sized(Op.SimpleError, text);
  }

  /** `:1`: an integer of 64 bits. */
  integer(value: number | bigint): void {
    const wide = typeof value === "number" && Number.isSafeInteger(value) ? BigInt(value) : value;
    if (typeof wide !== "bigint" || wide < MIN_I64 || wide > MAX_I64) {
      throw new ArgumentError(`an integer must be a whole number of 64 bits, a bigint beyond 2^53 - 1; found ${describe(value)}`);
    }
    this.#begin(Op.Integer);
    scratch.putI64(wide);
    this.#apply();
  }

  /** `$3`: a string of any bytes. */
  bulkString(text: string | Uint8Array): void {
    this.#sized(Op.BulkString, text);
  }

  /** `_`: null. */
  null(): void {
    this.#bare(Op.Null);
  }

  /** `*-1`: the null of an array in RESP2; in RESP3 the only one. */
  nullArray(): void {
    this.#bare(Op.NullArray);
  }

  /** `#t`: a boolean. */
  boolean(value: boolean): void {
    if (typeof value !== "boolean") throw new ArgumentError(`a boolean must be true or false, found ${describe(value)}`);
    this.#begin(Op.Boolean);
    scratch.putByte(value ? 1 : 0);
    this.#apply();
  }

  /** `,1.5`: a double. */
  double(value: number): void {
    if (typeof value !== "number") throw new ArgumentError(`a double must be a number, found ${describe(value)}`);
    this.#sized(Op.Double, doubleText(value));
  }

  /** `(12345678901234567890`: an integer of any size; as text its decimal digits. */
  bigNumber(value: bigint | string | Uint8Array): void {
    this.#sized(Op.BigNumber, typeof value === "bigint" ? value.toString() : value);
  }

  /** `!9`: an error of any bytes. */
  bulkError(text: string | Uint8Array): void {
    this.#sized(Op.BulkError, text);
  }

  /** `=7`: text with a format of three characters, `txt` or `mkd` for one. */
  verbatim(format: string, text: string | Uint8Array): void {
    checkData(text, "text");
    const checked = new Verbatim(format, text);
    this.#begin(Op.Verbatim);
    putVerbatim(checked);
    this.#apply();
  }

  /** `*2`: the next `count` values are its elements. */
  array(count: number): void {
    this.#counted(Op.Array, count);
  }

  /** `%2`: the next `count` pairs of values are its keys and values. */
  map(count: number): void {
    this.#counted(Op.Map, count);
  }

  /** `~2`: the next `count` values are its elements. */
  set(count: number): void {
    this.#counted(Op.Set, count);
  }

  /** `>2`: the next `count` values are its elements. At top level only. */
  push(count: number): void {
    this.#counted(Op.Push, count);
  }

  /** `|1`: the next `count` pairs of values decorate the value after them. */
  attributes(count: number): void {
    this.#counted(Op.Attribute, count);
  }

  /** `$?`: the chunks that follow are one string, up to {@link endString}. RESP3 only. */
  streamString(): void {
    this.#bare(Op.StreamString);
  }

  /** `;3`: the next piece of a streamed string. An empty one is refused: it would end the string. */
  chunk(text: string | Uint8Array): void {
    this.#sized(Op.Chunk, text);
  }

  /** `;0`: the end of a streamed string. */
  endString(): void {
    this.#bare(Op.EndString);
  }

  /** `*?`: an array whose length is not known yet, up to {@link end}. RESP3 only. */
  streamArray(): void {
    this.#bare(Op.StreamArray);
  }

  /** `~?`: a set whose length is not known yet, up to {@link end}. RESP3 only. */
  streamSet(): void {
    this.#bare(Op.StreamSet);
  }

  /** `%?`: a map whose length is not known yet, up to {@link end}. RESP3 only. */
  streamMap(): void {
    this.#bare(Op.StreamMap);
  }

  /** `.`: the end of a streamed array, set or map. */
  end(): void {
    this.#bare(Op.End);
  }

  /** Writes a whole value, as {@link encode} does. */
  value(value: Encodable): void {
    // Looked up first, so that a freed encoder says so whatever it is given.
    void this.#handle.live;
    scratch.begin();
    // Only a push can be refused when some of the value is written already.
    this.#apply(putValue(value));
  }

  /**
   * Which protocol is written. It can be set as a server does after `HELLO`, with an {@link EncodeError} of the code `incomplete`
   * while a value is not finished.
   */
  get protocol(): Protocol {
    return this.#handle.live.protocol() as Protocol;
  }

  set protocol(protocol: Protocol) {
    const encoder = this.#handle.live;
    checkProtocol(protocol);
    if (encoder.set_protocol(protocol) !== DONE) throw encodeError();
  }

  /** Whether everything that was begun is finished. */
  get isComplete(): boolean {
    return this.#handle.live.is_complete();
  }

  /** Takes out the bytes of the values that are complete. What was begun stays, and can be finished. */
  take(): Uint8Array {
    const encoder = this.#handle.live;
    try {
      encoder.take();
      return fromOutbox();
    } catch (cause) {
      throw trapped(cause);
    }
  }

  /** A copy of the bytes of the values that are complete. What was begun and is not finished is not among them. */
  get bytes(): Uint8Array {
    const encoder = this.#handle.live;
    try {
      encoder.peek();
      return fromOutbox();
    } catch (cause) {
      throw trapped(cause);
    }
  }

  /** Drops everything that was written, finished or not. */
  clear(): void {
    this.#handle.live.clear();
  }

  /** Gives back the memory that the encoder holds. Each further use throws a {@link FreedError}; freeing twice is harmless. */
  free(): void {
    this.#handle.free();
  }

  #begin(op: Op): void {
    void this.#handle.live;
    scratch.begin();
    scratch.putByte(op);
  }

  #bare(op: Op): void {
    this.#begin(op);
    this.#apply();
  }

  #sized(op: Op, text: string | Uint8Array): void {
    checkData(text, "text");
    this.#begin(op);
    scratch.putSized(text);
    this.#apply();
  }

  #counted(op: Op, count: number): void {
    checkCount(count, "count");
    this.#begin(op);
    scratch.putF64(count);
    this.#apply();
  }

  #apply(whole = false): void {
    const encoder = this.#handle.live;
    try {
      if (encoder.apply(toInbox(scratch.view()), whole) !== DONE) throw encodeError();
    } catch (cause) {
      throw trapped(cause);
    }
  }
}

// Where the engine has no `using` yet there is no such symbol either.
export interface Encoder extends Disposable {}
if (Symbol.dispose) Encoder.prototype[Symbol.dispose] = Encoder.prototype.free;

function checkProtocol(protocol: unknown): void {
  if (protocol !== 2 && protocol !== 3) throw new ArgumentError(`protocol must be 2 or 3, found ${describe(protocol)}`);
}

function encodeError(): EncodeError {
  return new EncodeError(raw.error_code(), raw.error_message());
}

/** Something with values in it that are still to be put. */
interface Level {
  container: object;
  rest: Iterator<unknown>;
}

/** Puts the calls that write a value, without recursion: no depth overflows the stack. Returns whether there is a push in it. */
function putValue(root: unknown): boolean {
  let pushes = false;
  const open = new Set<object>();
  const levels: Level[] = [];
  let value = root;
  for (;;) {
    pushes ||= value instanceof Push;
    const children = putOne(value);
    if (children !== undefined) {
      const container = value as object;
      if (open.has(container)) throw new EncodeError("cyclic_value", "the value contains itself");
      open.add(container);
      levels.push({ container, rest: children });
    }
    for (;;) {
      const level = levels.at(-1);
      if (level === undefined) return pushes;
      const next = level.rest.next();
      if (next.done !== true) {
        value = next.value;
        break;
      }
      open.delete(level.container);
      levels.pop();
    }
  }
}

/** Puts a value without what is in it, and returns that. */
function putOne(value: unknown): Iterator<unknown> | undefined {
  switch (typeof value) {
    case "string":
      scratch.putByte(Op.BulkString);
      scratch.putSized(value);
      return undefined;
    case "number":
      if (Number.isSafeInteger(value) && !Object.is(value, -0)) {
        scratch.putByte(Op.Integer);
        scratch.putI64(BigInt(value));
      } else {
        scratch.putByte(Op.Double);
        scratch.putSized(doubleText(value));
      }
      return undefined;
    case "bigint":
      if (value >= MIN_I64 && value <= MAX_I64) {
        scratch.putByte(Op.Integer);
        scratch.putI64(value);
      } else {
        scratch.putByte(Op.BigNumber);
        scratch.putSized(value.toString());
      }
      return undefined;
    case "boolean":
      scratch.putByte(Op.Boolean);
      scratch.putByte(value ? 1 : 0);
      return undefined;
    case "object":
      return value === null ? void scratch.putByte(Op.Null) : putObject(value);
    default:
      throw new ArgumentError(`a value cannot be ${describe(value)}`);
  }
}

function putObject(value: object): Iterator<unknown> | undefined {
  if (value instanceof Uint8Array) {
    scratch.putByte(Op.BulkString);
    scratch.putSized(value);
    return undefined;
  }
  if (value instanceof Verbatim) {
    scratch.putByte(Op.Verbatim);
    putVerbatim(value);
    return undefined;
  }
  if (value instanceof Error) {
    const bytes = value instanceof ReplyError ? value.bytes : undefined;
    const lines = /[\r\n]/.test(value.message);
    scratch.putByte(lines ? Op.BulkError : Op.SimpleError);
    scratch.putSized(bytes ?? value.message);
    return undefined;
  }
  if (value instanceof Attributed) {
    const pairs = pairsOf(value.attributes as object);
    putCount(Op.Attribute, pairs.length);
    return [...pairs.flat(), value.value].values();
  }
  if (value instanceof Push) return putItems(Op.Push, value);
  if (Array.isArray(value) && !(value instanceof Pairs)) return putItems(Op.Array, value);
  if (value instanceof Set) return putItems(Op.Set, [...value]);
  const pairs = pairsOf(value);
  putCount(Op.Map, pairs.length);
  return pairs.flat().values();
}

/** The shortest text that reads back as the same double: plain between 1e-5 and 1e17, with an exponent beyond, as in Rust. */
function doubleText(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
  const size = Math.abs(value);
  if (size === 0) return Object.is(value, -0) ? "-0" : "0";
  return size >= 1e-5 && size < 1e17 ? value.toString() : value.toExponential().replace("+", "");
}

function putItems(op: Op, items: readonly unknown[]): Iterator<unknown> {
  putCount(op, items.length);
  return items.values();
}

function putCount(op: Op, count: number): void {
  scratch.putByte(op);
  scratch.putF64(count);
}

function putVerbatim({ format, content }: Verbatim): void {
  for (let i = 0; i < 3; i += 1) scratch.putByte(format.charCodeAt(i));
  scratch.putSized(content);
}

/** The keys and values of whatever can stand for a map. One level of `flat` then gives them in turn. */
function pairsOf(value: object): readonly (readonly [unknown, unknown])[] {
  if (value instanceof Pairs) {
    for (const pair of value) {
      if (!Array.isArray(pair) || pair.length !== 2) throw new ArgumentError("each element of Pairs must be an array of a key and a value");
    }
    return value;
  }
  if (value instanceof Map) return [...value];
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && prototype !== Object.prototype) throw new ArgumentError(`a value cannot be ${describe(value)}`);
  return Object.entries(value);
}
