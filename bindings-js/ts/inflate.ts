/**
 * Unpacks DEFLATE (RFC 1951). Browsers do so only asynchronously, and the entries of this package are ready when they are
 * imported; unpacked, the WebAssembly inside would be half as large again.
 */

/** Base lengths and distances and their extra bits (RFC 1951, 3.2.5). */
const LENGTHS = [3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258];
const LENGTH_BITS = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
/** In what order the lengths of the codes of code lengths come (3.2.7). */
const ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/** So many bits are looked up at once. Longer codes are rare, and read bit by bit. */
const FAST = 10;

/** A prefix code: how many codes there are of each length, and their symbols in the order of the codes. */
interface Code {
  counts: Uint16Array;
  symbols: number[];
  /** By the next bits: the symbol, shifted by 4, and the length of its code; 0 where that is longer. */
  fast: Uint16Array;
}

function codeOf(lengths: ArrayLike<number>): Code {
  const counts = new Uint16Array(16);
  const all = Array.from(lengths, (length, symbol) => ({ length, symbol })).filter(({ length }) => length > 0);
  all.sort((a, b) => a.length - b.length || a.symbol - b.symbol);
  const fast = new Uint16Array(1 << FAST);
  let code = 0;
  let before = 0;
  for (const { length, symbol } of all) {
    counts[length]! += 1;
    // Codes of one length are consecutive numbers, each length's first following from the one before (3.2.2).
    code <<= length - before;
    before = length;
    if (length <= FAST) {
      let reversed = 0;
      for (let i = 0; i < length; i += 1) reversed |= ((code >> i) & 1) << (length - 1 - i);
      for (let next = reversed; next < fast.length; next += 1 << length) fast[next] = (symbol << 4) | length;
    }
    code += 1;
  }
  return { counts, symbols: all.map(({ symbol }) => symbol), fast };
}

/** The `size` bytes that base64 of packed data stands for. */
export function unpack(packed: string, size: number): Uint8Array<ArrayBuffer> {
  const text = atob(packed);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i += 1) bytes[i] = text.charCodeAt(i);
  return inflate(bytes, size);
}

/** The `size` bytes that `data` unpacks to. The data is the package's own, written by its build, so it is not checked. */
export function inflate(data: Uint8Array, size: number): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(size);
  let at = 0;
  let bit = 0;

  /** The next bits, 17 of them at least. */
  const peek = (): number => {
    const byte = bit >> 3;
    return (data[byte]! | (data[byte + 1]! << 8) | (data[byte + 2]! << 16)) >> (bit & 7);
  };
  const bits = (count: number): number => {
    const value = peek() & ((1 << count) - 1);
    bit += count;
    return value;
  };
  const symbol = ({ counts, symbols, fast }: Code): number => {
    const found = fast[peek() & ((1 << FAST) - 1)]!;
    if (found !== 0) {
      bit += found & 15;
      return found >> 4;
    }
    for (let length = 1, code = 0, first = 0, index = 0; ; length += 1) {
      code |= bits(1);
      const count = counts[length]!;
      if (code - first < count) return symbols[index + code - first]!;
      index += count;
      first = (first + count) << 1;
      code <<= 1;
    }
  };

  for (let last = false; !last; ) {
    last = bits(1) === 1;
    const type = bits(2);
    if (type === 0) {
      // Stored: a length and its complement at the next whole byte, then the bytes.
      const from = (bit + 7) >> 3;
      const length = data[from]! | (data[from + 1]! << 8);
      out.set(data.subarray(from + 4, from + 4 + length), at);
      at += length;
      bit = (from + 4 + length) * 8;
      continue;
    }
    const [literals, distances] = type === 1 ? fixed() : dynamic();
    for (let next = symbol(literals); next !== 256; next = symbol(literals)) {
      if (next < 256) {
        out[at] = next;
        at += 1;
        continue;
      }
      const length = LENGTHS[next - 257]! + bits(LENGTH_BITS[next - 257]!);
      const far = symbol(distances);
      const extra = far < 4 ? 0 : (far >> 1) - 1;
      const distance = (far < 4 ? far : (2 + (far & 1)) << extra) + bits(extra) + 1;
      // It may reach into what it writes, so byte by byte.
      for (const end = at + length; at < end; at += 1) out[at] = out[at - distance]!;
    }
  }
  return out;

  function dynamic(): [Code, Code] {
    const [literals, distances, used] = [bits(5) + 257, bits(5) + 1, bits(4) + 4];
    const widths = new Uint8Array(19);
    for (let i = 0; i < used; i += 1) widths[ORDER[i]!] = bits(3);
    const code = codeOf(widths);
    const lengths: number[] = [];
    while (lengths.length < literals + distances) {
      const next = symbol(code);
      if (next < 16) lengths.push(next);
      else {
        const value = next === 16 ? lengths.at(-1)! : 0;
        for (let i = next === 16 ? bits(2) + 3 : next === 17 ? bits(3) + 3 : bits(7) + 11; i > 0; i -= 1) lengths.push(value);
      }
    }
    return [codeOf(lengths.slice(0, literals)), codeOf(lengths.slice(literals))];
  }
}

function fixed(): [Code, Code] {
  const lengths = Array.from({ length: 288 }, (_, i) => (i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8));
  return [codeOf(lengths), codeOf(new Uint8Array(30).fill(5))];
}
