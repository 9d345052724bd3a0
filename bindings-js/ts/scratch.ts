/**
 * Where calls put bytes together before they leave. One place for all: no call is inside another.
 *
 * Small results are views of one slab, as Node's own small buffers are: memory of its own for each would cost more than the rest
 * of the call. What was handed out is never written again.
 */
import { Buffer } from "./instance.js";

const encoder = new TextEncoder();

/** The size of a slab. A result of more than half of it gets memory of its own. */
const SLAB = 8192;
/** Up to this length, copying text byte by byte is faster than calling an encoder. */
const SHORT = 80;

type Bytes = Uint8Array<ArrayBuffer> & { utf8Write?(text: string, at: number, length: number): number };

let buffer = allocate(SLAB);
let data = new DataView(buffer.buffer);
/** Where what is being put together starts and ends; before it is what was handed out. */
let start = 0;
let length = 0;

function allocate(size: number): Bytes {
  const bytes = new Uint8Array(size);
  return Buffer ? (Buffer.from(bytes.buffer) as Bytes) : bytes;
}

/** Starts anew. */
export function begin(): void {
  // Somebody may have transferred the memory of a result, and the slab with it.
  if (buffer.length === 0) use(allocate(SLAB));
  length = start;
}

/** What was put in since {@link begin}. */
export function finish(): Uint8Array {
  const size = length - start;
  if (size <= SLAB / 2 && buffer.length === SLAB) {
    const bytes = new Uint8Array(buffer.buffer, start, size);
    start = length;
    return bytes;
  }
  const bytes = new Uint8Array(size);
  bytes.set(buffer.subarray(start, length));
  if (buffer.length > SLAB) use(allocate(SLAB));
  return bytes;
}

/** What was put in since {@link begin}, good until the next call. */
export function view(): Uint8Array {
  return buffer.subarray(start, length);
}

function use(bytes: Bytes): void {
  buffer = bytes;
  data = new DataView(bytes.buffer);
  start = 0;
}

function room(size: number): void {
  if (length + size > buffer.length) {
    const used = length - start;
    const larger = allocate(used + size <= SLAB ? SLAB : Math.max(2 * used, used + size));
    larger.set(buffer.subarray(start, length));
    use(larger);
    length = used;
  }
}

/** Puts one byte. */
export function putByte(byte: number): void {
  room(1);
  buffer[length] = byte;
  length += 1;
}

/** Puts four bytes, little endian. */
export function putU32(value: number): void {
  room(4);
  data.setUint32(length, value, true);
  length += 4;
}

/** Puts eight bytes, little endian: a 64-bit integer in two's complement. */
export function putI64(value: bigint): void {
  room(8);
  data.setBigInt64(length, value, true);
  length += 8;
}

/** Puts eight bytes, little endian: a double. */
export function putF64(value: number): void {
  room(8);
  data.setFloat64(length, value, true);
  length += 8;
}

/** Puts bytes. */
export function putBytes(bytes: Uint8Array): void {
  room(bytes.length);
  buffer.set(bytes, length);
  length += bytes.length;
}

/** Puts text as UTF-8, or bytes, after their length as four bytes. */
export function putSized(content: Uint8Array | string): void {
  if (typeof content !== "string") {
    putU32(content.length);
    putBytes(content);
    return;
  }
  // The room is made beforehand, so that the place of the length does not move.
  room(4 + content.length * 3);
  const at = length;
  putU32(0);
  putText(content);
  data.setUint32(at, length - at - 4, true);
}

/** Puts text as UTF-8, with U+FFFD for lone surrogates. */
function putText(text: string): void {
  const most = text.length * 3;
  room(most);
  length += buffer.utf8Write ? buffer.utf8Write(text, length, most) : encoder.encodeInto(text, buffer.subarray(length)).written;
}

/** Puts a RESP header line: a type byte, a count, CR LF. */
export function putHeader(type: number, count: number): void {
  room(20);
  length = header(length, type, count, digits(count));
}

/** Puts a RESP bulk string. */
export function putBulk(content: Uint8Array | string): void {
  if (typeof content !== "string") {
    putHeader(BULK, content.length);
    putBytes(content);
  } else if (content.length > SHORT || !putShort(content)) {
    putLong(content);
  }
  room(2);
  buffer[length] = 13;
  buffer[length + 1] = 10;
  length += 2;
}

/** Puts the header and the text, if it is ASCII: its length in bytes is known beforehand only then. */
function putShort(text: string): boolean {
  const size = text.length;
  room(20 + size);
  const before = length;
  putHeader(BULK, size);
  const at = length;
  for (let i = 0; i < size; i += 1) {
    const code = text.charCodeAt(i);
    if (code > 127) {
      length = before;
      return false;
    }
    buffer[at + i] = code;
  }
  length = at + size;
  return true;
}

/** Puts the text behind the place of a header that fits it if it is ASCII, and moves it if it turns out longer. */
function putLong(text: string): void {
  room(20 + 3 * text.length);
  const before = length;
  const guess = before + 3 + digits(text.length);
  length = guess;
  putText(text);
  const size = length - guess;
  const at = before + 3 + digits(size);
  if (at !== guess) buffer.copyWithin(at, guess, length);
  header(before, BULK, size, digits(size));
  length = at + size;
}

const BULK = 0x24;

/** How many decimal digits a count has. */
function digits(count: number): number {
  let digits = 1;
  for (let power = 10; count >= power; power *= 10) digits += 1;
  return digits;
}

/** Writes a header line at `at`, where there is room, and returns where it ends. */
function header(at: number, type: number, count: number, width: number): number {
  buffer[at] = type;
  let rest = count;
  for (let place = at + width; place > at; place -= 1) {
    const next = Math.floor(rest / 10);
    buffer[place] = 48 + (rest - next * 10);
    rest = next;
  }
  buffer[at + width + 1] = 13;
  buffer[at + width + 2] = 10;
  return at + width + 3;
}
