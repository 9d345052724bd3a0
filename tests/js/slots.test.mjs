// Short keys are hashed in JavaScript, long ones in WebAssembly: both must say the same, and what a client sends must decide.
import assert from "node:assert/strict";
import { test } from "node:test";
import { SLOTS, groupBySlot, hashTag, keySlot, keySlots, tagForSlot } from "quorate/cluster";

/** The definition, bit by bit: CRC16/XMODEM of the tag or the key. */
function naive(bytes) {
  const open = bytes.indexOf(0x7b);
  const close = open < 0 ? -1 : bytes.indexOf(0x7d, open + 1);
  const hashed = close > open + 1 ? bytes.subarray(open + 1, close) : bytes;
  let crc = 0;
  for (const byte of hashed) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit += 1) crc = ((crc << 1) ^ (crc & 0x8000 ? 0x1021 : 0)) & 0xffff;
  }
  return crc % 16384;
}

/** As every client sends text. */
const sent = (text) => new TextEncoder().encode(text);

function check(text) {
  const bytes = sent(text);
  const slot = naive(bytes);
  assert.equal(keySlot(text), slot, JSON.stringify(text));
  assert.equal(keySlot(bytes), slot);
  assert.deepEqual([...keySlots([text, bytes])], [slot, slot]);
  assert.deepEqual(sent(hashTag(text)), hashTag(bytes));
  // The same through WebAssembly: what follows a tag is not hashed.
  const tag = hashTag(bytes);
  if (tag.length > 0 && !tag.includes(0x7d)) {
    const long = Buffer.concat([Buffer.from("{"), tag, Buffer.from(`}${"x".repeat(300)}`)]);
    assert.equal(keySlot(long), slot);
    assert.equal(keySlots([long])[0], slot);
  }
}

test("the check value of the CRC and the server's vectors", () => {
  assert.equal(SLOTS, 16384);
  for (const [key, slot] of [["", 0], ["123456789", 12739], ["foo", 12182], ["foo{}{bar}", 8363], ["{user1000}.following", 3443], ["foo{{bar}}zap", 4015], ["漢字", 14191], ["💀", 9284], ["\u{10000}", 11620]]) {
    assert.equal(keySlot(key), slot, key);
  }
  assert.equal(keySlot("a".repeat(16384)), 2132);
  assert.equal(keySlot(Uint8Array.of(0xff, 0xfe)), 3374);
});

test("lone surrogates hash as what TextEncoder sends for them, not as WTF-8", () => {
  assert.equal(keySlot("\ud800"), 13381);
  assert.equal(keySlot("\ufffd"), 13381);
  assert.notEqual(keySlot("\ud800"), 11926);
  for (const text of ["\ud800", "\udc00", "a\ud800", "\ud800a", "\ud800\ud800", "\udc00\ud800", "\ud83d\ud83d\udc80", "\ud83d", "{\ud83d}x", "abc\udfff{\udc80}", "\udbff\udfff", "\ud800\udc00\ud800"]) {
    check(text);
    check(text.repeat(100));
    check(`{${text}}`);
  }
});

test("every code unit and every length, on both sides of the crossing", () => {
  for (let unit = 0; unit < 0x10000; unit += unit < 0x900 ? 1 : 97) check(`k${String.fromCharCode(unit)}`);
  for (let size = 0; size < 600; size += 1) {
    check("x".repeat(size));
    check("é".repeat(size));
    check(`{t}${"y".repeat(size)}`);
    check(`${"y".repeat(size)}{t}`);
  }
});

test("random keys of braces and letters", () => {
  let seed = 1;
  const next = (below) => {
    seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
    return Math.floor((seed / 0x80000000) * below);
  };
  for (let i = 0; i < 20_000; i += 1) check(Array.from({ length: next(12) }, () => "{}abé"[next(5)]).join(""));
});

test("a batch of short and long keys keeps its order", () => {
  const keys = Array.from({ length: 2000 }, (_, i) => (i % 3 === 0 ? `k${i}`.padEnd(i % 700, "z") : i % 3 === 1 ? sent(`é${i}`.repeat(1 + (i % 90))) : `{tag${i}}${"é".repeat(i % 200)}`));
  const slots = keySlots(keys);
  assert.ok(slots instanceof Uint16Array);
  keys.forEach((key, i) => assert.equal(slots[i], naive(typeof key === "string" ? sent(key) : key)));
  const groups = groupBySlot(keys);
  assert.deepEqual([...groups.keys()], [...new Set(slots)].sort((a, b) => a - b));
  for (const [slot, indices] of groups) {
    assert.deepEqual(indices, [...slots.keys()].filter((i) => slots[i] === slot));
  }
  assert.deepEqual(keySlots([]), new Uint16Array(0));
  assert.deepEqual(groupBySlot([]), new Map());
});

test("there is a tag for every slot", () => {
  for (let slot = 0; slot < SLOTS; slot += 1) {
    const tag = tagForSlot(slot);
    assert.match(tag, /^[0-9A-Za-z]{1,3}$/);
    assert.equal(keySlot(`{${tag}}:x`), slot);
  }
});
