/** Which of the 16,384 slots of Redis Cluster a key belongs to. */
import { ArgumentError, SlotError, describe } from "../error.js";
import { checkData, fromOutbox, memory, raw, toInbox, trapped, writeUtf8 } from "../wasm.js";
import { ofBytes, ofText } from "./crc16.js";

/** How many slots there are. */
export const SLOTS = 16384;

/** A key: bytes, or text, which hashes as the UTF-8 that is sent for it (lone surrogates as U+FFFD). */
export type Key = string | Uint8Array;

const OPEN = 0x7b;
const CLOSE = 0x7d;
/** From these lengths on, the crossing to WebAssembly costs less than it saves. */
const LONG_TEXT = 96;
const LONG_BYTES = 96;

/**
 * The part of a key that is hashed: what is between the first `{` and the first `}` after it, or all of the key where there is
 * no such pair or nothing in it. Of bytes it is a view.
 *
 * @throws {ArgumentError} if the key is neither bytes nor text.
 */
export function hashTag(key: string): string;
export function hashTag(key: Uint8Array): Uint8Array;
export function hashTag(key: Key): Key;
export function hashTag(key: Key): Key {
  checkData(key, "key");
  const [open, close] = typeof key === "string" ? [key.indexOf("{"), key.indexOf("}", key.indexOf("{") + 1)] : tagOf(key);
  if (open < 0 || close <= open + 1) return key;
  return typeof key === "string" ? key.slice(open + 1, close) : key.subarray(open + 1, close);
}

function tagOf(key: Uint8Array): [number, number] {
  const open = find(key, OPEN, 0);
  return [open, open < 0 ? -1 : find(key, CLOSE, open + 1)];
}

/** As the method of typed arrays, whose call alone costs more than a short search. */
function find(key: Uint8Array, byte: number, from: number): number {
  for (let i = from; i < key.length; i += 1) {
    if (key[i] === byte) return i;
  }
  return -1;
}

/**
 * The slot of a key, 0 to 16,383.
 *
 * @throws {ArgumentError} if the key is neither bytes nor text.
 */
export function keySlot(key: Key): number {
  if (typeof key === "string") return key.length < LONG_TEXT ? ofShortText(key) : crossed(key);
  checkData(key, "key");
  if (key.length >= LONG_BYTES) return crossed(key);
  const [open, close] = tagOf(key);
  return (close > open + 1 ? ofBytes(key, open + 1, close) : ofBytes(key, 0, key.length)) & (SLOTS - 1);
}

function ofShortText(key: string): number {
  const open = key.indexOf("{");
  if (open >= 0) {
    const close = key.indexOf("}", open + 1);
    if (close > open + 1) return ofText(key, open + 1, close) & (SLOTS - 1);
  }
  return ofText(key, 0, key.length) & (SLOTS - 1);
}

function crossed(key: Key): number {
  try {
    return raw.key_slot(toInbox(key));
  } catch (cause) {
    throw trapped(cause);
  }
}

/**
 * The slots of many keys, in their order. Long keys cross to WebAssembly all at once.
 *
 * @throws {ArgumentError} if a key is neither bytes nor text.
 */
export function keySlots(keys: readonly Key[]): Uint16Array {
  if (!Array.isArray(keys)) throw new ArgumentError(`keys must be an array, found ${describe(keys)}`);
  const slots = new Uint16Array(keys.length);
  const long: number[] = [];
  let room = 0;
  for (let i = 0; i < keys.length; i += 1) {
    const key = keys[i]!;
    if (typeof key === "string" ? key.length < LONG_TEXT : !(key instanceof Uint8Array) || key.length < LONG_BYTES) {
      slots[i] = keySlot(key);
    } else {
      long.push(i);
      room += typeof key === "string" ? key.length * 3 : key.length;
    }
  }
  if (long.length > 0) crossedAll(keys, long, room, slots);
  return slots;
}

/** The inbox has the lengths of the keys first, then their bytes without a gap. */
function crossedAll(keys: readonly Key[], indices: readonly number[], room: number, slots: Uint16Array): void {
  try {
    const lengths = raw.inbox(indices.length * 4 + room);
    const { u8 } = memory();
    const view = new DataView(u8.buffer, lengths);
    let at = lengths + indices.length * 4;
    indices.forEach((index, i) => {
      const key = keys[index]!;
      const length = typeof key === "string" ? writeUtf8(key, at) : key.length;
      if (typeof key !== "string") u8.set(key, at);
      view.setUint32(i * 4, length, true);
      at += length;
    });
    raw.key_slots(indices.length);
  } catch (cause) {
    throw trapped(cause);
  }
  const bytes = fromOutbox();
  indices.forEach((index, i) => {
    slots[index] = bytes[i * 2]! | (bytes[i * 2 + 1]! << 8);
  });
}

/**
 * The indices of the keys by their slot: slots in ascending order, indices in the order of the keys. For splitting a command
 * of many keys into one for each slot.
 *
 * @throws {ArgumentError} if a key is neither bytes nor text.
 */
export function groupBySlot(keys: readonly Key[]): Map<number, number[]> {
  const slots = keySlots(keys);
  const groups = new Map<number, number[]>();
  slots.forEach((slot, index) => {
    const group = groups.get(slot);
    if (group === undefined) groups.set(slot, [index]);
    else group.push(index);
  });
  return new Map([...groups].sort(([a], [b]) => a - b));
}

/**
 * A short text that hashes to `slot`: the shortest of digits and letters, and of these the first in the order `0-9A-Za-z`. In
 * braces it makes any key fall into that slot: `{${tagForSlot(5)}}:key`.
 *
 * @throws {SlotError} if `slot` is not a whole number from 0 to 16,383.
 */
export function tagForSlot(slot: number): string {
  if (typeof slot !== "number" || !Number.isInteger(slot) || slot < 0 || slot >= SLOTS) {
    throw new SlotError("unknown_slot", `a slot is a whole number from 0 to ${SLOTS - 1}, found ${describe(slot)}`);
  }
  try {
    return raw.tag_for_slot(slot);
  } catch (cause) {
    throw trapped(cause);
  }
}
