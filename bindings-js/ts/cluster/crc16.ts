/**
 * CRC16/XMODEM, the hash of Redis Cluster, for short keys: for those a crossing to WebAssembly would cost more than the hash.
 * Long ones and the reference are `core/src/cluster/crc16`; the same vectors test both.
 */

const POLYNOMIAL = 0x1021;

/** `TABLES[k * 256 + b]` is the checksum of the byte `b` and `k` zero bytes after it, so that four bytes go at once. */
const TABLES = ((): Uint16Array => {
  const tables = new Uint16Array(4 * 256);
  for (let byte = 0; byte < 256; byte += 1) {
    let crc = byte << 8;
    for (let bit = 0; bit < 8; bit += 1) crc = ((crc << 1) ^ (crc & 0x8000 ? POLYNOMIAL : 0)) & 0xffff;
    tables[byte] = crc;
  }
  for (let i = 256; i < tables.length; i += 1) {
    const shorter = tables[i - 256]!;
    tables[i] = ((shorter << 8) ^ tables[shorter >> 8]!) & 0xffff;
  }
  return tables;
})();

/** The checksum after one more byte. */
function step(crc: number, byte: number): number {
  return ((crc << 8) & 0xffff) ^ TABLES[(crc >> 8) ^ byte]!;
}

/** The checksum after four more bytes. */
function step4(crc: number, a: number, b: number, c: number, d: number): number {
  return TABLES[768 + ((crc >> 8) ^ a)]! ^ TABLES[512 + ((crc & 0xff) ^ b)]! ^ TABLES[256 + c]! ^ TABLES[d]!;
}

/** The checksum of `bytes[from..to]`, going on from `crc`. */
export function ofBytes(bytes: Uint8Array, from: number, to: number, crc = 0): number {
  let i = from;
  for (; i + 4 <= to; i += 4) crc = step4(crc, bytes[i]!, bytes[i + 1]!, bytes[i + 2]!, bytes[i + 3]!);
  for (; i < to; i += 1) crc = step(crc, bytes[i]!);
  return crc;
}

/** The checksum of the UTF-8 of `text[from..to]`, lone surrogates as U+FFFD, going on from `crc`. */
export function ofText(text: string, from: number, to: number, crc = 0): number {
  let i = from;
  while (i < to) {
    if (i + 4 <= to) {
      const a = text.charCodeAt(i);
      const b = text.charCodeAt(i + 1);
      const c = text.charCodeAt(i + 2);
      const d = text.charCodeAt(i + 3);
      if ((a | b | c | d) < 0x80) {
        crc = step4(crc, a, b, c, d);
        i += 4;
        continue;
      }
    }
    const code = text.charCodeAt(i);
    i += 1;
    if (code < 0x80) {
      crc = step(crc, code);
    } else if (code < 0x800) {
      crc = step(step(crc, 0xc0 | (code >> 6)), 0x80 | (code & 0x3f));
    } else {
      let point = code;
      if ((code & 0xf800) === 0xd800) {
        const low = i < to ? text.charCodeAt(i) : 0;
        if (code < 0xdc00 && (low & 0xfc00) === 0xdc00) {
          i += 1;
          point = 0x10000 + ((code & 0x3ff) << 10) + (low & 0x3ff);
          crc = step(step(crc, 0xf0 | (point >> 18)), 0x80 | ((point >> 12) & 0x3f));
          crc = step(step(crc, 0x80 | ((point >> 6) & 0x3f)), 0x80 | (point & 0x3f));
          continue;
        }
        // As TextEncoder and every client send a surrogate without its other half.
        point = 0xfffd;
      }
      crc = step(step(step(crc, 0xe0 | (point >> 12)), 0x80 | ((point >> 6) & 0x3f)), 0x80 | (point & 0x3f));
    }
  }
  return crc;
}
