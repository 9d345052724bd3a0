// What replies become: exact numbers, strings that are not UTF-8, maps that no Map holds, and the options that choose.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Attributed, Decoder, Pairs, Push, ReplyError, Verbatim, encode, encodeCommand, encodePipeline } from "quorate/resp";

function decode(input, options) {
  const decoder = new Decoder(options);
  decoder.feed(input);
  const values = decoder.pollAll();
  assert.equal(decoder.buffered, 0);
  decoder.free();
  return values;
}

function one(input, options) {
  const values = decode(input, options);
  assert.equal(values.length, 1);
  return values[0];
}

const bytes = (...parts) => Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part, "latin1") : Buffer.from(part))));

test("integers are exact: numbers up to 2^53 - 1, bigints beyond", () => {
  const exact = [0n, 1n, -1n];
  for (const power of [31n, 32n, 52n, 53n, 63n]) {
    for (const near of [-2n, -1n, 0n, 1n, 2n]) exact.push(2n ** power + near, -(2n ** power) + near);
  }
  for (const value of exact.filter((each) => BigInt.asIntN(64, each) === each)) {
    const found = one(`:${value}\r\n`);
    const safe = value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER);
    assert.strictEqual(found, safe ? Number(value) : value);
    assert.strictEqual(Object.is(found, -0), false);
    assert.deepEqual(decode(encode(value)), [found]);
    assert.strictEqual(one(`(${value}\r\n`), value);
  }
  assert.throws(() => one(":9223372036854775808\r\n"), { code: "invalid_integer" });
  assert.throws(() => one(":-9223372036854775809\r\n"), { code: "invalid_integer" });
});

test("lengths around 2^31, 2^32, 2^53 and 2^63 are waited for or refused, never wrapped", () => {
  for (const power of [31n, 32n, 53n, 63n]) {
    for (const near of [-1n, 0n, 1n]) {
      const length = 2n ** power + near;
      for (const type of ["$", "=", "!"]) {
        assert.throws(() => one(`${type}${length}\r\n`), (error) => error.code === "bulk_limit" && error.offset === 0, `${type}${length}`);
      }
      for (const type of ["*", "~", "%", ">", "|"]) {
        assert.throws(() => one(`${type}${length}\r\n`), { code: "elements_limit" }, `${type}${length}`);
      }
      const decoder = new Decoder({ limits: { maxBulk: null, maxReply: null, maxElements: null } });
      decoder.feed(`$${length}\r\nabc`);
      // Without limits, what memory cannot hold is still refused; what it can is waited for.
      try {
        assert.strictEqual(decoder.poll(), undefined);
        assert.ok(BigInt(decoder.needed) >= 2n ** 31n - 8n, `${decoder.needed} for ${length}`);
      } catch (error) {
        assert.match(error.code, /_limit$|invalid_length/);
      }
      decoder.free();
    }
  }
});

test("doubles are exact", () => {
  for (const text of ["0.1", "5e-324", "1.7976931348623157e308", "9.9999999999999995e-08", "-0", "123456789012345678"]) {
    assert.ok(Object.is(one(`,${text}\r\n`), Number(text)), text);
  }
  assert.deepEqual(decode(",inf\r\n,-inf\r\n,nan\r\n"), [Infinity, -Infinity, NaN]);
});

test("any double comes back as it went, in the shortest text", () => {
  const bits = new BigUint64Array(1);
  const value = new Float64Array(bits.buffer);
  let state = 0x9e3779b97f4a7c15n;
  for (let i = 0; i < 20_000; i += 1) {
    state = BigInt.asUintN(64, state * 6364136223846793005n + 1442695040888963407n);
    bits[0] = state;
    // Numbers of ordinary size, too: there both ways of writing them meet.
    const each = i % 2 === 0 ? value[0] : Number(state >> 11n) * 10 ** ((i % 40) - 25) * (i % 3 === 0 ? -1 : 1);
    if (Number.isSafeInteger(each)) continue;
    const wire = Buffer.from(encode(each)).toString();
    assert.ok(Object.is(one(wire), each), wire);
    if (!Number.isFinite(each)) continue;
    const digits = (text) => text.replace(/[.+-]|e.*/g, "").replace(/^0+|0+$/g, "");
    assert.equal(digits(wire.slice(1, -2)), digits(String(each)), wire);
    assert.doesNotMatch(wire, /\+/);
  }
});

test("a string that is not UTF-8 comes as its bytes, also beside others that are", () => {
  const values = decode(bytes("*5\r\n$3\r\nabc\r\n$2\r\n", [0xff, 0xfe], "\r\n+", [0xc3, 0xa9], "\r\n+", [0xe9], "\r\n$4\r\n", [0xf0, 0x9f, 0x92, 0x80], "\r\n"));
  assert.deepEqual(values, [["abc", Uint8Array.of(0xff, 0xfe), "é", Uint8Array.of(0xe9), "💀"]]);
});

test("a byte order mark and NUL are characters like others", () => {
  assert.deepEqual(decode("$4\r\n\ufeffa\r\n$3\r\na\0b\r\n+\ufeff\r\n"), ["\ufeffa", "a\0b", "\ufeff"]);
  const long = `\ufeff${"é".repeat(3000)}`;
  assert.deepEqual(decode(`$${Buffer.byteLength(long)}\r\n${long}\r\n`), [long]);
});

test("an error keeps bytes that are not UTF-8", () => {
  const [error] = decode(bytes("-ERR ", [0xff], "\r\n"));
  assert.ok(error instanceof ReplyError && error instanceof Error);
  assert.equal(error.message, "ERR \ufffd");
  assert.deepEqual([...error.bytes], [...bytes("ERR ", [0xff])]);
});

test("an error of the server is a value, with its code, wherever it stands", () => {
  const [first, [, second]] = decode("-MOVED 5 host:1\r\n*2\r\n:1\r\n!7\r\nERR\r\nab\r\n");
  assert.equal(first.name, "ReplyError");
  assert.equal(first.code, "MOVED");
  assert.equal(second.code, "ERR\r\nab");
  assert.equal(one("-\r\n").code, "");
});

test("with bytes every string is a Uint8Array, but for the keys that a Map must find", () => {
  const [map, verbatim, simple] = decode("%1\r\n+key\r\n+value\r\n=7\r\ntxt:abc\r\n+OK\r\n", { strings: "bytes" });
  assert.deepEqual(map, new Map([["key", new TextEncoder().encode("value")]]));
  assert.deepEqual(verbatim.content, new TextEncoder().encode("abc"));
  assert.equal(verbatim.text, "abc");
  assert.deepEqual(simple, new TextEncoder().encode("OK"));
  assert.deepEqual(one("%1\r\n+k\r\n+v\r\n", { strings: "bytes", maps: "pairs" }), Pairs.of([Uint8Array.of(0x6b), Uint8Array.of(0x76)]));
});

test("bytes that were given out never change", () => {
  const decoder = new Decoder({ strings: "bytes" });
  decoder.feed("$3\r\nabc\r\n");
  const value = decoder.poll();
  decoder.feed("$3\r\nxyz\r\n");
  decoder.poll();
  assert.deepEqual(value, new TextEncoder().encode("abc"));
});

test("a map that a Map cannot hold exactly comes as pairs", () => {
  assert.deepEqual(one("%3\r\n+a\r\n:1\r\n+b\r\n:2\r\n+a\r\n:3\r\n"), Pairs.of(["a", 1], ["b", 2], ["a", 3]));
  assert.deepEqual(one("%2\r\n:1\r\n+a\r\n,1\r\n+b\r\n"), Pairs.of([1, "a"], [1, "b"]));
  const [[zero]] = one("%1\r\n,-0\r\n+a\r\n");
  assert.ok(Object.is(zero, -0));
  assert.deepEqual(one("%2\r\n*0\r\n+a\r\n*0\r\n+b\r\n"), new Map([[[], "a"], [[], "b"]]));
  assert.ok(one("%2\r\n+a\r\n:1\r\n+a\r\n:2\r\n") instanceof Pairs);
  assert.ok(Array.isArray(one("%0\r\n", { maps: "pairs" })));
});

test("object maps: own properties only, whatever the keys are called", () => {
  const object = one("%4\r\n+__proto__\r\n*1\r\n+x\r\n+constructor\r\n:1\r\n+toString\r\n:2\r\n+a\r\n:3\r\n", { maps: "object" });
  assert.deepEqual(Object.keys(object), ["__proto__", "constructor", "toString", "a"]);
  assert.equal(Object.getPrototypeOf(object), Object.prototype);
  assert.deepEqual(Object.getOwnPropertyDescriptor(object, "__proto__").value, ["x"]);
  assert.equal({}.x, undefined);
  assert.deepEqual(one("%1\r\n:1\r\n:2\r\n", { maps: "object" }), new Map([[1, 2]]));
  assert.deepEqual(one("%2\r\n+a\r\n:1\r\n+a\r\n:2\r\n", { maps: "object" }), Pairs.of(["a", 1], ["a", 2]));
  assert.deepEqual(one("%2\r\n+__proto__\r\n:1\r\n+__proto__\r\n:2\r\n", { maps: "object" }), Pairs.of(["__proto__", 1], ["__proto__", 2]));
});

test("sets are arrays, or a Set where that loses nothing", () => {
  assert.deepEqual(one("~2\r\n:1\r\n:2\r\n"), [1, 2]);
  assert.deepEqual(one("~2\r\n:1\r\n:2\r\n", { sets: "set" }), new Set([1, 2]));
  assert.deepEqual(one("~2\r\n:1\r\n:1\r\n", { sets: "set" }), [1, 1]);
  assert.ok(Object.is(one("~1\r\n,-0\r\n", { sets: "set" })[0], -0));
  assert.deepEqual(one("~0\r\n", { sets: "set" }), new Set());
});

test("pushes are told apart from replies, between them too", () => {
  const values = decode("+a\r\n>2\r\n+invalidate\r\n*1\r\n+k\r\n+b\r\n>0\r\n");
  assert.deepEqual(values, ["a", Push.of("invalidate", ["k"]), "b", new Push()]);
  assert.deepEqual(values.map((value) => value instanceof Push), [false, true, false, true]);
  assert.ok(!(values[1].map((each) => each) instanceof Push));
});

test("attributes are dropped, or stand beside the value that they decorate", () => {
  const input = "*3\r\n:1\r\n|1\r\n+ttl\r\n:3600\r\n|1\r\n+ttl2\r\n*1\r\n|1\r\n+x\r\n:0\r\n:9\r\n$1\r\nv\r\n:3\r\n|0\r\n+OK\r\n";
  assert.deepEqual(decode(input), [[1, "v", 3], "OK"]);
  const inner = new Attributed(9, new Map([["x", 0]]));
  const [list, ok] = decode(input, { attributes: true });
  assert.deepEqual(list, [1, new Attributed("v", new Map([["ttl", 3600], ["ttl2", [inner]]])), 3]);
  assert.deepEqual(ok, new Attributed("OK", new Map()));
  assert.deepEqual(decode("|1\r\n+a\r\n:1\r\n>1\r\n+p\r\n", { attributes: true }), [new Attributed(Push.of("p"), new Map([["a", 1]]))]);
});

test("verbatim strings keep any format", () => {
  const value = one(bytes("=6\r\n", [0xff, 0x00, 0x3a], ":ab\r\n"));
  assert.equal(value.format, "\xff\0:");
  assert.equal(String(value), "ab");
  const raw = one(bytes("=5\r\ntxt:", [0xff], "\r\n"));
  assert.deepEqual(raw.content, Uint8Array.of(0xff));
  assert.equal(raw.text, "\ufffd");
  assert.throws(() => new Verbatim("ab", "x"), { code: "invalid_argument" });
});

test("streamed values are whole, characters that span chunks too", () => {
  const [skull, tail] = [Buffer.from("💀").subarray(0, 2), Buffer.from("💀").subarray(2)];
  assert.deepEqual(decode(bytes("$?\r\n;2\r\n", skull, "\r\n;2\r\n", tail, "\r\n;0\r\n$?\r\n;0\r\n*?\r\n:1\r\n%?\r\n+a\r\n:1\r\n.\r\n.\r\n")), [
    "💀",
    "",
    [1, new Map([["a", 1]])],
  ]);
});

test("depth is no danger: 100,000 levels where the limit is off", () => {
  const depth = 100_000;
  const value = one(`${"*1\r\n".repeat(depth)}:1\r\n`, { limits: { maxDepth: null } });
  let levels = 0;
  let inner = value;
  while (Array.isArray(inner)) {
    [inner] = inner;
    levels += 1;
  }
  assert.equal(levels, depth);
  assert.deepEqual(Buffer.from(encode(value)).toString(), `${"*1\r\n".repeat(depth)}:1\r\n`);
});

test("strings of every length and place come out right", () => {
  for (const copyStrings of [false, true]) {
    const texts = [];
    for (const size of [0, 1, 12, 13, 100, 1023, 1024, 1025, 5000, 70_000, 300_000]) texts.push("x".repeat(size), "y".repeat(size + 1));
    texts.push("é".repeat(400), "z".repeat(20), "\u{10000}".repeat(300));
    const input = texts.map((text) => `$${Buffer.byteLength(text)}\r\n${text}\r\n`).join("");
    assert.deepEqual(decode(input, { copyStrings }), texts);
    // One at a time, with more bytes arriving in between.
    const decoder = new Decoder({ copyStrings });
    const found = [];
    const all = Buffer.from(input);
    for (let at = 0; at < all.length; at += 1000) {
      decoder.feed(all.subarray(at, at + 1000));
      for (let value = decoder.poll(); value !== undefined; value = decoder.poll()) found.push(value);
    }
    assert.deepEqual(found, texts);
  }
});

test("any split gives the same values", () => {
  const input = bytes("*3\r\n$5\r\nhello\r\n%1\r\n+k\r\n,1.5\r\n~1\r\n$2\r\n", [0xc3, 0xa9], "\r\n>1\r\n+p\r\n-ERR x\r\n|1\r\n+a\r\n+b\r\n$?\r\n;3\r\nabc\r\n;0\r\n(123\r\n");
  const expected = decode(input, { attributes: true });
  for (let first = 0; first <= input.length; first += 1) {
    const decoder = new Decoder({ attributes: true });
    const found = [];
    for (const piece of [input.subarray(0, first), input.subarray(first)]) {
      decoder.feed(piece);
      found.push(...decoder.pollAll());
    }
    assert.deepEqual(found, expected, `split at ${first}`);
    decoder.free();
  }
});

test("commands that were given out never change, whatever is encoded after them", () => {
  const commands = Array.from({ length: 5000 }, (_, i) => ["SET", `key:${i}`, ["v", "é", "x".repeat(47), "y".repeat(49), "ü".repeat(30), "z".repeat(5000)][i % 6].repeat(1 + (i % 3)), new Uint8Array(i % 70).fill(i), i]);
  const kept = commands.map((command) => {
    const bytes = encodeCommand(command);
    encode([command[2], command[1]]);
    return bytes;
  });
  const whole = Buffer.from(encodePipeline(commands));
  assert.deepEqual(Buffer.concat(kept), whole);
  const decoder = new Decoder();
  decoder.feed(whole);
  decoder.pollAll().forEach((found, i) => {
    assert.deepEqual(found.slice(0, 3), commands[i].slice(0, 3));
    assert.equal(found[4], String(i));
  });
  // A result whose memory was given away takes nothing along that is still to come.
  structuredClone(kept[0].buffer, { transfer: [kept[0].buffer] });
  const next = encodeCommand("PING");
  structuredClone(next.buffer, { transfer: [next.buffer] });
  assert.equal(Buffer.from(encodeCommand("PING")).toString(), "*1\r\n$4\r\nPING\r\n");
});
