/** A reply as `quorate/resp` gives it, as bytes of RESP3 that the module reads. */
import { ArgumentError, describe } from "../error.js";
import { Attributed, Pairs, Push, type Reply, ReplyError, Verbatim } from "../resp/value.js";
import * as scratch from "../scratch.js";
import { packed } from "./call.js";

/** What the module reads, and more than any sentinel answers. */
const DEEPEST = 1000;
const MAX_I64 = 2n ** 63n - 1n;

/** A value, as bytes that are good until the next call. */
export function packedReply(value: Reply): Uint8Array {
  return packed(() => put(value, 0));
}

function put(value: Reply, depth: number): void {
  if (depth > DEEPEST) throw new ArgumentError(`reply must not be nested more than ${DEEPEST} deep`);
  if (typeof value === "string" || value instanceof Uint8Array) return scratch.putBulk(value);
  if (value === null) return line("_");
  if (typeof value === "boolean") return line(value ? "#t" : "#f");
  if (typeof value === "bigint") return line(value <= MAX_I64 && value >= -MAX_I64 - 1n ? `:${value}` : `(${value}`);
  if (typeof value === "number") {
    if (Number.isSafeInteger(value) && !Object.is(value, -0)) return line(`:${value}`);
    return line(Number.isFinite(value) ? `,${Object.is(value, -0) ? "-0" : value}` : `,${String(value).toLowerCase().replace("infinity", "inf")}`);
  }
  if (value instanceof ReplyError) return sized("!", value.bytes);
  if (value instanceof Verbatim) return sized("=", value.bytes, `${value.format}:`);
  if (value instanceof Attributed) return put(value.value, depth + 1);
  if (value instanceof Push) return items(">", value, depth);
  if (value instanceof Pairs) return pairs(value, depth);
  if (Array.isArray(value)) return items("*", value, depth);
  if (value instanceof Set) return items("~", [...value], depth);
  if (value instanceof Map) return pairs([...value], depth);
  if (typeof value !== "object") throw new ArgumentError(`reply must be a value of RESP, found ${describe(value)}`);
  pairs(Object.entries(value), depth);
}

function items(type: string, values: readonly Reply[], depth: number): void {
  line(`${type}${values.length}`);
  for (const value of values) put(value, depth + 1);
}

function pairs(entries: readonly (readonly [Reply, Reply])[], depth: number): void {
  line(`%${entries.length}`);
  for (const [key, value] of entries) {
    put(key, depth + 1);
    put(value, depth + 1);
  }
}

function sized(type: string, bytes: Uint8Array, before = ""): void {
  line(`${type}${bytes.length + before.length}`);
  for (let at = 0; at < before.length; at += 1) scratch.putByte(before.charCodeAt(at));
  scratch.putBytes(bytes);
  line("");
}

/** What is ASCII, and an end of line. */
function line(text: string): void {
  for (let at = 0; at < text.length; at += 1) scratch.putByte(text.charCodeAt(at));
  scratch.putByte(13);
  scratch.putByte(10);
}
