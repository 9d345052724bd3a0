// Mistakes of the caller, and what is left of the package after them: typed errors with a code, and no harm.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as q from "quorate";

test("use after free says which object was freed", () => {
  const uses = [
    [new q.Decoder(), "Decoder", [(d) => d.feed("x"), (d) => d.poll(), (d) => d.pollAll(), (d) => d.reset(), (d) => d.reserve(1), (d) => d.commit(0), (d) => d.tokens(), (d) => d.lastTokens(), (d) => d.needed, (d) => d.buffered, (d) => d.offset, (d) => d.error, (d) => d.stateHash()]],
    [new q.Encoder(), "Encoder", [(e) => e.integer(1), (e) => e.take(), (e) => e.value(1), (e) => e.isComplete, (e) => e.bytes, (e) => e.clear(), (e) => e.protocol]],
    [new q.RequestDecoder(), "RequestDecoder", [(d) => d.feed("x"), (d) => d.poll(), (d) => d.pollAll(), (d) => d.reset(), (d) => d.reserve(1), (d) => d.setAuthenticated(true), (d) => d.needed]],
  ];
  for (const [object, name, calls] of uses) {
    object.free();
    object.free();
    for (const call of calls) {
      assert.throws(() => call(object), (error) => error instanceof q.FreedError && error instanceof q.QuorateError && error.code === "freed" && error.message.includes(`this ${name} `), String(call));
    }
  }
});

test("using frees, where the engine has it", () => {
  const decoder = new q.Decoder();
  decoder[Symbol.dispose]();
  assert.throws(() => decoder.poll(), { code: "freed", name: "FreedError" });
});

test("wrong types are refused before anything changes", () => {
  const wrong = { code: "invalid_argument", name: "ArgumentError" };
  const decoder = new q.Decoder();
  decoder.feed("+O");
  for (const chunk of [undefined, null, 1, [43], {}, new ArrayBuffer(1), new Uint16Array(1)]) {
    assert.throws(() => decoder.feed(chunk), wrong);
    assert.throws(() => q.keySlot(chunk), wrong);
    assert.throws(() => q.keySlots([chunk]), wrong);
    assert.throws(() => q.hashTag(chunk), wrong);
    assert.throws(() => q.splitInline(chunk), wrong);
  }
  for (const size of [-1, 1.5, NaN, "1", 2 ** 31, undefined, 1n]) assert.throws(() => decoder.reserve(size), wrong);
  for (const size of [-1, 1.5, NaN, "1", undefined]) assert.throws(() => decoder.commit(size), wrong);
  decoder.feed("K\r\n");
  assert.deepEqual(decoder.pollAll(), ["OK"]);

  for (const options of [null, 1, { string: "utf8" }, { strings: "latin1" }, { maps: "Map" }, { sets: 1 }, { attributes: 1 }, { copyStrings: "yes" }, { limits: 1 }, { limits: null }, { limits: { maxDepth: -1 } }, { limits: { maxBulk: 1.5 } }, { limits: { max_bulk: 1 } }, { limits: { maxBulk: 1n } }]) {
    assert.throws(() => new q.Decoder(options), wrong, JSON.stringify(options, (_, v) => (typeof v === "bigint" ? "n" : v)));
  }
  for (const argument of [true, null, undefined, {}, [], Symbol("x"), () => 1]) {
    assert.throws(() => q.encodeCommand("SET", argument), wrong);
    assert.throws(() => q.encodePipeline([["SET", argument]]), wrong);
    assert.throws(() => new q.Prefix([argument], 1), wrong);
  }
  for (const commands of [undefined, null, "GET a", 1, ["GET a"], [1]]) assert.throws(() => q.encodePipeline(commands), wrong);
  for (const value of [undefined, Symbol("x"), () => 1, new Date(), [undefined], { a: () => 1 }, new Map([[1, undefined]])]) assert.throws(() => q.encode(value), wrong);
  for (const protocol of [1, 4, "3", null]) assert.throws(() => q.encode(1, protocol), wrong);
  const encoder = new q.Encoder();
  for (const value of ["1", 1.5, 2 ** 53, 2n ** 63n, -(2n ** 63n) - 1n, NaN, null]) assert.throws(() => encoder.integer(value), wrong);
  for (const count of [-1, 1.5, "1", undefined]) assert.throws(() => encoder.array(count), wrong);
  assert.throws(() => encoder.double("1"), wrong);
  assert.throws(() => encoder.boolean(1), wrong);
  assert.throws(() => encoder.verbatim("toolong", "x"), wrong);
  assert.throws(() => encoder.bulkString(1), wrong);
  assert.equal(encoder.take().length, 0);
  for (const slot of [-1, 16384, 1.5, NaN, "5", 65536 + 5]) assert.throws(() => q.tagForSlot(slot), { code: "unknown_slot", name: "SlotError" });
  assert.throws(() => q.keySlots("keys"), wrong);
  assert.throws(() => q.groupBySlot({}), wrong);
});

test("errors of the protocol are typed, placed and sticky, and reset forgets them", () => {
  const decoder = new q.Decoder();
  decoder.feed("+OK\r\n:1\r\n@");
  assert.deepEqual(decoder.pollAll(), ["OK", 1]);
  for (let i = 0; i < 2; i += 1) {
    assert.throws(() => decoder.poll(), (error) => {
      assert.ok(error instanceof q.ProtocolError && error instanceof q.QuorateError && error instanceof Error);
      assert.equal(error.name, "ProtocolError");
      assert.equal(error.code, "unknown_type");
      assert.equal(error.offset, 9);
      assert.match(error.expected, /type byte/);
      assert.match(error.found, /@/);
      assert.equal(error.message, `at byte 9: expected ${error.expected}, found ${error.found}`);
      return true;
    });
    assert.throws(() => decoder.pollAll(), { code: "unknown_type" });
    decoder.feed("+OK\r\n");
  }
  assert.equal(decoder.error.code, "unknown_type");
  assert.equal(decoder.needed, 0);
  decoder.reset();
  assert.equal(decoder.error, undefined);
  assert.equal(decoder.offset, 0);
  decoder.feed("+OK\r\n");
  assert.equal(decoder.poll(), "OK");
  assert.equal(decoder.poll(), undefined);
});

test("limits can be set and switched off", () => {
  const depth = (limits) => () => {
    const decoder = new q.Decoder({ limits });
    decoder.feed("*1\r\n".repeat(1500));
    return decoder.poll();
  };
  assert.throws(depth(undefined), { code: "depth_limit" });
  assert.throws(depth({ maxDepth: 1499 }), { code: "depth_limit" });
  assert.equal(depth({ maxDepth: 1500 })(), undefined);
  assert.equal(depth({ maxDepth: null })(), undefined);
});

test("committing more than was reserved is refused and changes nothing", () => {
  for (const decoder of [new q.Decoder(), new q.RequestDecoder()]) {
    assert.throws(() => decoder.commit(1), { code: "commit_too_long", name: "CommitError" });
    const tail = decoder.reserve(10);
    assert.ok(tail.length >= 10);
    assert.throws(() => decoder.commit(tail.length + 1), { code: "commit_too_long" });
    tail.set(Buffer.from("+OK\r\n"));
    decoder.commit(5);
    assert.equal(decoder.buffered, 5);
  }
});

test("a refused call leaves the encoder as it was", () => {
  const encoder = new q.Encoder();
  encoder.array(3);
  assert.throws(() => encoder.push(0), { code: "nested_push", name: "EncodeError" });
  assert.throws(() => encoder.simpleString("a\nb"), { code: "line_break" });
  assert.throws(() => encoder.bigNumber("1x"), { code: "invalid_big_number" });
  assert.throws(() => encoder.end(), { code: "unexpected_end" });
  assert.throws(() => encoder.chunk("x"), { code: "chunk_expected" });
  assert.throws(() => encoder.value([1, [q.Push.of(1)]]), { code: "nested_push" });
  assert.throws(() => encoder.value(new q.Attributed(q.Push.of(1), new Map([[1, 2]]))), { code: "nested_push" });
  assert.throws(() => encoder.value([1, undefined]), { code: "invalid_argument" });
  assert.throws(() => {
    encoder.protocol = 2;
  }, { code: "incomplete" });
  assert.equal(encoder.isComplete, false);
  encoder.integer(1);
  encoder.value([null]);
  encoder.value("x");
  assert.equal(Buffer.from(encoder.take()).toString(), "*3\r\n:1\r\n*1\r\n_\r\n$1\r\nx\r\n");
  const cycle = [];
  cycle.push({ cycle });
  assert.throws(() => q.encode(cycle), { code: "cyclic_value" });
  const twice = [1];
  assert.equal(Buffer.from(q.encode([twice, twice])).toString(), "*2\r\n*1\r\n:1\r\n*1\r\n:1\r\n");
  encoder.protocol = 2;
  assert.throws(() => encoder.streamArray(), { code: "not_in_resp2" });
});

test("a prefix takes the number of arguments that it was made for", () => {
  const prefix = new q.Prefix(["SET"], 2);
  assert.throws(() => prefix.encode("k"), { code: "wrong_argument_count", name: "PrefixError" });
  assert.equal(Buffer.from(prefix.encode("k", "v")).toString(), "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n");
});

test("a server's refusal is a request error in its own words", () => {
  const decoder = new q.RequestDecoder();
  decoder.feed("PING\r\n*1\r\nxyz\r\n");
  assert.deepEqual(decoder.pollAll().map(({ args }) => args), [["PING"]]);
  assert.throws(() => decoder.poll(), (error) => {
    assert.ok(error instanceof q.RequestError);
    assert.equal(error.code, "expected_bulk");
    assert.equal(error.message, "Protocol error: expected '$', got 'x'");
    assert.equal(error.offset, 10);
    return true;
  });
  assert.equal(decoder.error.code, "expected_bulk");
  decoder.reset();
  decoder.feed("*1\r\n$4\r\nPING\r\n");
  assert.deepEqual(decoder.poll(), { args: ["PING"], inline: false, offset: 0 });
  assert.throws(() => q.splitInline('"a'), { code: "unbalanced_quotes", name: "RequestError" });
});

test("when the instance stops, new objects work and old ones say that they are lost", () => {
  const old = new q.Decoder();
  old.feed("*2\r\n:1\r\n");
  // More than WebAssembly can address: the first may fit, all cannot.
  const greedy = [new q.Decoder(), new q.Decoder(), new q.Decoder()];
  assert.throws(
    () => {
      for (const decoder of greedy) decoder.reserve(2 ** 31 - 1);
    },
    (error) => error instanceof q.InternalError && error.code === "internal" && error.cause !== undefined,
  );
  for (const lost of [old, ...greedy]) {
    assert.throws(() => lost.poll(), { code: "internal" });
    lost.free();
    assert.throws(() => lost.poll(), { code: "freed" });
  }
  const decoder = new q.Decoder();
  decoder.feed("+OK\r\n");
  assert.equal(decoder.poll(), "OK");
  assert.equal(q.keySlot("x".repeat(1000)), q.keySlot(Buffer.alloc(1000, "x")));
  assert.equal(q.tagForSlot(0).length > 0, true);
});
