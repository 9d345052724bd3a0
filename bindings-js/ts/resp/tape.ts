/**
 * Builds values from a tape: the whole batch crossed in one call, and from here on nothing leaves JavaScript.
 *
 * The tape's layout is `core/src/resp/tape.rs`. Nothing recurses, so that no depth of nesting overflows the stack.
 */
import { type Memory, memory } from "../wasm.js";
import { LONG, LONGEST, Window, ascii, lossy, text, textOf } from "./text.js";
import { Attributed, Pairs, Push, type Reply, Verbatim, replyError } from "./value.js";

/** The numbers of the kinds of tokens. */
const enum Kind {
  SimpleString = 1,
  SimpleError = 2,
  Integer = 3,
  BulkString = 4,
  Null = 5,
  NullBulk = 6,
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
  StreamedString = 18,
  Chunk = 19,
  End = 20,
}

/** Whether a string is ASCII, other UTF-8 or neither, as `src/resp/text.rs` marks it. */
const enum Text {
  Ascii = 0,
  Utf8 = 1,
  Bytes = 2,
}

/** How strings, maps, sets and attributes are given out. */
export interface Shape {
  strings: "utf8" | "bytes";
  maps: "map" | "object" | "pairs";
  sets: "array" | "set";
  attributes: boolean;
  copyStrings: boolean;
}

/** Where a batch lies in the instance's memory. */
export interface Batch {
  /** The tape, in units of four bytes, and how many tokens it has. */
  tape: number;
  tokens: number;
  /** The bytes that the tape's positions count from, and where the decoder's input ends. */
  bytes: number;
  limit: number;
  /** A {@link Text} for each token, or 0 if all bytes are ASCII. */
  classes: number;
}

/** An aggregate that is being filled, while one inside it is. */
interface Frame {
  target: (Reply | undefined)[];
  at: number;
  left: number;
  kind: Kind;
  attributes: Reply[] | undefined;
}

/** Arrays up to this length are made at once. Beyond it they grow: V8 would make a table of a very long one. */
const AT_ONCE = 1 << 20;
/** 2^53 as the upper half of an integer. */
const SAFE_HIGH = 1 << 21;

/** Builds the values of one decoder's batches. */
export class Builder {
  readonly #bytesOnly: boolean;
  readonly #copy: boolean;
  readonly #maps: Shape["maps"];
  readonly #asSets: boolean;
  readonly #attributes: boolean;
  readonly #window = new Window();
  /** What is open while a batch is built; empty in between. */
  readonly #stack: Frame[] = [];

  constructor(shape: Shape) {
    this.#bytesOnly = shape.strings === "bytes";
    this.#copy = shape.copyStrings;
    this.#maps = shape.maps;
    this.#asSets = shape.sets === "set";
    this.#attributes = shape.attributes;
  }

  /** To be called before the decoder's input changes. */
  forget(): void {
    this.#window.clear();
  }

  /** Puts the values of a batch into `out`, from its start on. */
  build({ tape, tokens, bytes, limit, classes }: Batch, out: (Reply | undefined)[]): void {
    const views = memory();
    const { u32, u8, f64, i64 } = views;
    const bytesOnly = this.#bytesOnly;
    const keyed = this.#maps !== "pairs";
    const copy = this.#copy;
    const window = this.#window;
    const stack = this.#stack;
    let target = out;
    let at = 0;
    // The top never fills up: -1 is never counted down to 0.
    let left = -1;
    let kind = 0 as Kind;
    let attributes: Reply[] | undefined;

    for (let token = 0; token < tokens; token += 1) {
      const word = tape + token * 4;
      const low = u32[word + 2]!;
      const type = ((u32[word + 1]! >>> 24) & 31) as Kind;
      let value: Reply;
      switch (type) {
        case Kind.SimpleString:
        case Kind.BulkString: {
          const start = bytes + u32[word]!;
          // A key is text where it can be, also among bytes: a Map finds a Uint8Array by identity only.
          if ((bytesOnly && !(keyed && (at & 1) === 0 && (kind === Kind.Map || kind === Kind.Attribute))) || low > LONGEST) {
            value = u8.slice(start, start + low);
          } else if (classes === 0 || u8[classes + token] === Text.Ascii) {
            value = low >= LONG || copy ? ascii(views, start, start + low) : window.slice(start, low, limit);
          } else {
            value = u8[classes + token] === Text.Utf8 ? text(views, start, start + low) : u8.slice(start, start + low);
          }
          break;
        }
        case Kind.Integer: {
          const high = u32[word + 3]! | 0;
          if (high === low >> 31) value = low | 0;
          else if (high >= -SAFE_HIGH && high < SAFE_HIGH && (high !== -SAFE_HIGH || low !== 0)) value = high * 0x1_0000_0000 + low;
          else value = i64[(word >> 1) + 1]!;
          break;
        }
        case Kind.Null:
        case Kind.NullBulk:
        case Kind.NullArray:
          value = null;
          break;
        case Kind.Boolean:
          value = low !== 0;
          break;
        case Kind.Double:
          value = f64[(word >> 1) + 1]!;
          break;
        case Kind.BigNumber: {
          const start = bytes + u32[word]!;
          value = bigNumber(ascii(views, start, start + low));
          break;
        }
        case Kind.SimpleError:
        case Kind.BulkError: {
          const start = bytes + u32[word]!;
          value = errorOf(views, start, start + low, classes === 0 ? Text.Ascii : u8[classes + token]!);
          break;
        }
        case Kind.Verbatim: {
          const start = bytes + u32[word]!;
          value = new Verbatim(
            // The format is right before the text, and a colon between them.
            String.fromCharCode(u8[start - 4]!, u8[start - 3]!, u8[start - 2]!),
            content(views, start, start + low, bytesOnly, classes === 0 ? Text.Ascii : u8[classes + token]!),
          );
          break;
        }
        case Kind.StreamedString: {
          const end = u32[word + 3]!;
          const whole = joined(views, tape, token + 1, end, bytes);
          value = (bytesOnly || whole.length > LONGEST ? undefined : textOf(whole)) ?? whole;
          token = end - 1;
          break;
        }
        case Kind.Attribute:
          if (!this.#attributes) {
            // Neither a reply nor an element: passed over with all that is in it.
            token = u32[word + 3]! - 1;
            continue;
          }
        // falls through
        case Kind.Array:
        case Kind.Map:
        case Kind.Set:
        case Kind.Push:
          if (low !== 0) {
            stack.push({ target, at, left, kind, attributes });
            // The count can be trusted by now: every one of these values is on the tape.
            target = type === Kind.Push ? new Push() : low <= AT_ONCE ? new Array<Reply>(low) : [];
            at = 0;
            left = low;
            kind = type;
            attributes = undefined;
            continue;
          }
          if (type === Kind.Attribute) {
            attributes ??= [];
            continue;
          }
          value = type === Kind.Push ? new Push() : this.#finish(type, []);
          break;
        default:
          // The end of a stream, and nothing else.
          continue;
      }

      for (;;) {
        if (attributes !== undefined) {
          value = new Attributed(value, this.#map(attributes));
          attributes = undefined;
        }
        target[at] = value;
        at += 1;
        left -= 1;
        if (left !== 0) break;
        const done = target as Reply[];
        const closed = kind;
        ({ target, at, left, kind, attributes } = stack.pop()!);
        if (closed === Kind.Attribute) {
          // Several attributes before one value decorate it together.
          attributes = attributes === undefined ? done : attributes.concat(done);
          break;
        }
        value = closed === Kind.Array || closed === Kind.Push ? done : this.#finish(closed, done);
      }
    }
  }

  /** What an aggregate becomes, from its values in the order of the wire. */
  #finish(kind: Kind, values: Reply[]): Reply {
    if (kind === Kind.Map) return this.#map(values);
    if (kind === Kind.Set && this.#asSets) {
      const set = new Set(values);
      // A Set holds no value twice, and takes -0 for 0.
      return set.size === values.length && !values.some(isMinusZero) ? set : values;
    }
    return values;
  }

  /** What a map becomes, from its keys and values in turn. */
  #map(flat: Reply[]): Reply {
    if (this.#maps === "map") return toMap(flat) ?? toPairs(flat);
    if (this.#maps === "object") return toObject(flat) ?? toMap(flat) ?? toPairs(flat);
    return toPairs(flat);
  }
}

function toPairs(flat: Reply[]): Pairs {
  const pairs = new Pairs();
  for (let i = 0; i < flat.length; i += 2) pairs.push([flat[i]!, flat[i + 1]!]);
  return pairs;
}

/** Nothing where a Map cannot hold it exactly: two keys are equal, or one is -0. */
function toMap(flat: Reply[]): Map<Reply, Reply> | undefined {
  const map = new Map<Reply, Reply>();
  for (let i = 0; i < flat.length; i += 2) {
    const key = flat[i]!;
    if (key === 0 && isMinusZero(key)) return undefined;
    map.set(key, flat[i + 1]!);
  }
  return map.size * 2 === flat.length ? map : undefined;
}

/** Nothing where an object cannot hold it: a key is not a string, or two are equal. */
function toObject(flat: Reply[]): { [key: string]: Reply } | undefined {
  const object: { [key: string]: Reply } = {};
  for (let i = 0; i < flat.length; i += 2) {
    const key = flat[i]!;
    if (typeof key !== "string" || Object.hasOwn(object, key)) return undefined;
    // Assigning to this one name would set the prototype instead.
    if (key === "__proto__") {
      Object.defineProperty(object, key, { value: flat[i + 1], writable: true, enumerable: true, configurable: true });
    } else {
      object[key] = flat[i + 1]!;
    }
  }
  return object;
}

function isMinusZero(value: Reply): boolean {
  return Object.is(value, -0);
}

function errorOf(views: Memory, start: number, end: number, kind: Text): Reply {
  if (kind === Text.Ascii) return replyError(ascii(views, start, end), undefined);
  if (kind === Text.Utf8) return replyError(text(views, start, end), undefined);
  const bytes = views.u8.slice(start, end);
  return replyError(lossy(bytes), bytes);
}

function content(views: Memory, start: number, end: number, bytesOnly: boolean, kind: Text): string | Uint8Array {
  if (bytesOnly || kind === Text.Bytes || end - start > LONGEST) return views.u8.slice(start, end);
  return kind === Text.Ascii ? ascii(views, start, end) : text(views, start, end);
}

/** A big number past what an engine's BigInt can hold stays text, rather than taking the replies around it down. */
function bigNumber(digits: string): bigint | string {
  try {
    return BigInt(digits);
  } catch {
    return digits;
  }
}

/** The chunks of a streamed string, which are the tokens from `first` to `end`, in one piece. */
function joined({ u8, u32 }: Memory, tape: number, first: number, end: number, bytes: number): Uint8Array {
  let length = 0;
  for (let token = first; token < end; token += 1) length += u32[tape + token * 4 + 2]!;
  const whole = new Uint8Array(length);
  let at = 0;
  for (let token = first; token < end; token += 1) {
    const start = bytes + u32[tape + token * 4]!;
    const size = u32[tape + token * 4 + 2]!;
    whole.set(u8.subarray(start, start + size), at);
    at += size;
  }
  return whole;
}
