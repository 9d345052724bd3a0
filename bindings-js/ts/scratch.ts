/** A growing buffer in which calls put bytes together before they leave. One for all: no call is inside another. */
import { Buffer } from "./wasm.js";

const encoder = new TextEncoder();

/** A buffer no larger than this is kept for the next call. */
const KEEP = 1 << 20;
/** Up to this length, copying text byte by byte is faster than calling an encoder. */
const SHORT = 48;

let buffer = allocate(1 << 12);
let data = new DataView(buffer.buffer);
let length = 0;

type Bytes = Uint8Array & { utf8Write?(text: string, at: number, length: number): number };

function allocate(size: number): Bytes {
  const bytes = new Uint8Array(size);
  return Buffer ? Buffer.from(bytes.buffer) : bytes;
}

/** Starts anew. */
export function begin(): void {
  length = 0;
}

/** What was put in since {@link begin}, as a copy. */
export function finish(): Uint8Array {
  const bytes = new Uint8Array(length);
  bytes.set(length === buffer.length ? buffer : buffer.subarray(0, length));
  if (buffer.length > KEEP) use(allocate(1 << 12));
  return bytes;
}

/** What was put in since {@link begin}, good until the next call. */
export function view(): Uint8Array {
  return buffer.subarray(0, length);
}

function use(bytes: Bytes): void {
  buffer = bytes;
  data = new DataView(bytes.buffer);
}

function room(size: number): void {
  if (length + size > buffer.length) {
    const larger = allocate(Math.max(buffer.length * 2, length + size));
    larger.set(buffer.subarray(0, length));
    use(larger);
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
  buffer[length] = type;
  let at = length + 1;
  if (count < 10) {
    buffer[at] = 48 + count;
    at += 1;
  } else {
    let digits = 2;
    for (let power = 100; count >= power; power *= 10) digits += 1;
    at += digits;
    for (let place = at - 1, rest = count; digits > 0; digits -= 1, place -= 1) {
      const next = Math.floor(rest / 10);
      buffer[place] = 48 + (rest - next * 10);
      rest = next;
    }
  }
  buffer[at] = 13;
  buffer[at + 1] = 10;
  length = at + 2;
}

/** Puts a RESP bulk string. */
export function putBulk(content: Uint8Array | string): void {
  if (typeof content !== "string") {
    putHeader(36, content.length);
    putBytes(content);
  } else if (content.length > SHORT || !putShort(content)) {
    const size = Buffer ? Buffer.byteLength(content) : utf8Length(content);
    putHeader(36, size);
    putText(content);
  }
  room(2);
  buffer[length] = 13;
  buffer[length + 1] = 10;
  length += 2;
}

/** Puts the header and the text, if it is ASCII: its length in bytes is known beforehand only then. */
function putShort(text: string): boolean {
  const start = length;
  const size = text.length;
  putHeader(36, size);
  room(size);
  const at = length;
  for (let i = 0; i < size; i += 1) {
    const code = text.charCodeAt(i);
    if (code > 127) {
      length = start;
      return false;
    }
    buffer[at + i] = code;
  }
  length = at + size;
  return true;
}

/** How many bytes text takes as UTF-8, with U+FFFD for lone surrogates. */
function utf8Length(text: string): number {
  let size = text.length;
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code < 0x80) continue;
    if (code < 0x800) {
      size += 1;
      continue;
    }
    size += 2;
    // A pair is two code units and four bytes.
    if (code >= 0xd800 && code < 0xdc00 && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00) {
      i += 1;
    }
  }
  return size;
}
