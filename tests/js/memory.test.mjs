// Memory stays where it is, over a million replies, thousands of objects and large replies that pass.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

/** Runs `body` in a process of its own, with `gc()`, and returns what it prints as JSON. */
function measured(body) {
  const program = `
    import * as q from "quorate";
    const settle = async () => { for (let i = 0; i < 4; i += 1) { gc(); await new Promise((done) => setTimeout(done, 5)); } };
    // A view of a decoder's tail shows how much memory the WebAssembly has, which Node does not count.
    const probe = new q.Decoder();
    const used = async () => { await settle(); const { heapUsed, arrayBuffers } = process.memoryUsage(); return { heapUsed, arrayBuffers, wasm: probe.reserve(1).buffer.byteLength }; };
    ${body}`;
  const cwd = fileURLToPath(new URL("..", import.meta.url));
  return JSON.parse(execFileSync(process.execPath, ["--expose-gc", "--input-type=module", "-e", program], { cwd, encoding: "utf8" }));
}

test("a million replies through one decoder leave nothing behind", () => {
  const { before, after, count } = measured(`
    const decoder = new q.Decoder({ attributes: true });
    const chunk = Buffer.from("+OK\\r\\n$20\\r\\nabcdefghijklmnopqrst\\r\\n%1\\r\\n+k\\r\\n*2\\r\\n:1\\r\\n-ERR x\\r\\n|1\\r\\n+a\\r\\n:1\\r\\n$2\\r\\n\\xff\\xfe\\r\\n".padEnd(0), "latin1");
    let count = 0;
    const run = (rounds) => { for (let i = 0; i < rounds; i += 1) { decoder.feed(chunk); count += decoder.pollAll().length; } };
    run(1000);
    const before = await used();
    run(250_000);
    const after = await used();
    console.log(JSON.stringify({ before, after, count }));`);
  assert.ok(count > 1_000_000, `${count}`);
  assert.ok(after.heapUsed - before.heapUsed < 1 << 20, `heap: ${before.heapUsed} to ${after.heapUsed}`);
  assert.ok(after.arrayBuffers - before.arrayBuffers <= 1 << 16, `buffers: ${before.arrayBuffers} to ${after.arrayBuffers}`);
  assert.equal(after.wasm, before.wasm);
});

test("objects that are freed, and such that are forgotten, give their memory back", () => {
  for (const how of ["object.free();", "", "object[Symbol.dispose]();"]) {
    const { before, after } = measured(`
      const round = () => {
        for (const Type of [q.Decoder, q.RequestDecoder]) {
          const object = new Type();
          object.feed("*2\\r\\n$60000\\r\\n" + "x".repeat(50_000));
          ${how}
        }
        { const object = new q.Encoder(); object.bulkString("x".repeat(50_000)); ${how} }
      };
      const batch = async () => { for (let i = 0; i < 200; i += 1) { round(); } await settle(); };
      await batch(); await batch();
      const before = await used();
      for (let i = 0; i < 8; i += 1) await batch();
      const after = await used();
      console.log(JSON.stringify({ before, after }));`);
    // 8 x 200 x 3 objects of 50 KB would be 240 MB.
    assert.ok(after.wasm - before.wasm < 40 << 20, `${how || "forgotten"}: ${before.wasm} to ${after.wasm}`);
  }
});

test("large commands and values leave no large buffers behind", () => {
  const { before, after } = measured(`
    const round = () => {
      q.encodeCommand("SET", "k", "x".repeat(5_000_000));
      q.encode(["é".repeat(3_000_000)]);
      q.keySlot("y".repeat(3_000_000));
      q.encodeCommand("PING");
      q.encode(1);
      q.keySlot("y".repeat(500));
    };
    for (let i = 0; i < 3; i += 1) round();
    const before = await used();
    for (let i = 0; i < 20; i += 1) round();
    const after = await used();
    console.log(JSON.stringify({ before, after }));`);
  assert.ok(after.arrayBuffers - before.arrayBuffers < 1 << 20, `${before.arrayBuffers} to ${after.arrayBuffers}`);
  assert.equal(after.wasm, before.wasm);
});

test("with copyStrings a string that is kept does not keep its chunk", () => {
  const { sliced, copied } = measured(`
    const keep = async (copyStrings) => {
      const decoder = new q.Decoder({ copyStrings });
      const kept = [];
      const before = await used();
      for (let i = 0; i < 300; i += 1) {
        decoder.feed("*2\\r\\n$20\\r\\n" + String(i).padStart(20, "k") + "\\r\\n$900\\r\\n" + "x".repeat(900) + "\\r\\n*100\\r\\n" + ("$900\\r\\n" + "y".repeat(900) + "\\r\\n").repeat(100));
        kept.push(decoder.pollAll()[0][0]);
      }
      const after = await used();
      return { size: after.heapUsed - before.heapUsed, kept: kept.length };
    };
    const copied = (await keep(true)).size;
    const sliced = (await keep(false)).size;
    console.log(JSON.stringify({ sliced, copied }));`);
  assert.ok(copied < 1 << 20, `copied: ${copied}`);
  assert.ok(sliced < 300 * (300 << 10), `sliced: ${sliced}`);
});

test("nodes and worlds give their memory back, and a node that runs on keeps no more", () => {
  for (const how of ["object.free();", ""]) {
    const { before, after, run } = measured(`
      // The modules keep their memory to themselves, so it is caught as they start.
      const memories = [];
      const { Instance } = WebAssembly;
      WebAssembly.Instance = class extends Instance { constructor(...args) { super(...args); memories.push(this.exports.memory); } };
      const { Node, ReadyNode, Stored } = await import("quorate/raft");
      const { World } = await import("quorate/sim");
      const size = async () => { await settle(); return memories.reduce((sum, { buffer }) => sum + buffer.byteLength, 0) + process.memoryUsage().arrayBuffers; };
      const lead = () => {
        const node = new Node({ id: 1, seed: 1 }, Stored.group([1]));
        node.campaign();
        work(node);
        return node;
      };
      const work = (node) => {
        for (let outputs = node.drain(); outputs.length > 0; outputs = node.drain()) for (const output of outputs) {
          if (output.kind === "persist") node.persisted(output.ticket);
          else if (output.kind === "apply") node.applied(output.entries.at(-1).index);
        }
      };
      const round = () => {
        { const object = lead(); object.propose("x".repeat(50_000)); work(object); const copy = object.clone(); ${how.replace("object", "copy")} ${how} }
        { const object = new ReadyNode({ id: 1, seed: 1 }, Stored.group([1])); object.campaign(); while (object.hasReady) { object.ready(); object.advance(); } ${how} }
        { const object = new World("raft", { nodes: 3 }); object.runFor(500_000); object.view(); ${how} }
        try { new Node({ id: 0, seed: 1 }, {}); } catch {}
      };
      const batch = async () => { for (let i = 0; i < 100; i += 1) round(); await settle(); };
      await batch(); await batch();
      const before = await size();
      for (let i = 0; i < 6; i += 1) await batch();
      const after = await size();
      const node = lead();
      const on = (count) => { for (let i = 0; i < count; i += 1) { node.propose("x".repeat(500)); work(node); node.compact(node.last.index); node.readIndex("r"); work(node); } };
      on(2000);
      const start = await size();
      on(20_000);
      console.log(JSON.stringify({ before, after, run: await size() - start }));`);
    // 600 rounds of some 300 KB would be 180 MB.
    assert.ok(after - before < 40 << 20, `${how || "forgotten"}: ${before} to ${after}`);
    assert.ok(run <= 1 << 20, `a run: ${run}`);
  }
});

test("sentinels, discoveries, servers and ledgers give their memory back, and a sentinel that runs on keeps no more", () => {
  for (const how of ["object.free();", ""]) {
    const { before, after, run } = measured(`
      const memories = [];
      const { Instance } = WebAssembly;
      WebAssembly.Instance = class extends Instance { constructor(...args) { super(...args); memories.push(this.exports.memory); } };
      const { Discovery, Sentinel } = await import("quorate/sentinel");
      const { Ledger, Server } = await import("quorate/replication");
      const size = async () => { await settle(); return memories.reduce((sum, { buffer }) => sum + buffer.byteLength, 0) + process.memoryUsage().arrayBuffers; };
      const long = "x".repeat(20_000);
      const made = () => new Sentinel({ id: "0123456789".repeat(4), seed: 1, masters: [{ name: long, host: "127.0.0.1", port: 1, quorum: 1 }] });
      const work = (sentinel) => {
        for (let outputs = sentinel.drain(); outputs.length > 0; outputs = sentinel.drain()) for (const output of outputs) {
          if (output.kind === "persist") sentinel.persisted(output.ticket);
          else if (output.kind === "connect") sentinel.disconnected(output.link);
        }
      };
      const round = () => {
        { const object = made(); object.tick(100); work(object); object.status(); ${how} }
        { const object = new Discovery({ name: long, sentinels: [{ host: "h", port: 1 }] }); object.request("any", 0); object.drain(); ${how} }
        { const object = new Server({ primaryPassword: long }); object.write(["SET", "a", long], 0); Server.fromState(object.state()); ${how} }
        { const object = new Ledger(); for (let i = 0; i < 200; i += 1) object.acknowledged(i, 1, "a".repeat(40), i, 0); ${how} }
        try { new Sentinel({ id: "x", seed: 1 }); } catch {}
      };
      const batch = async () => { for (let i = 0; i < 100; i += 1) round(); await settle(); };
      await batch(); await batch();
      const before = await size();
      for (let i = 0; i < 6; i += 1) await batch();
      const after = await size();
      const sentinel = made();
      let now = 0;
      const on = (count) => { for (let i = 0; i < count; i += 1) { now += 100; sentinel.tick(now); sentinel.command(1, ["PING"], now); work(sentinel); } };
      on(1000);
      const start = await size();
      on(10_000);
      console.log(JSON.stringify({ before, after, run: await size() - start }));`);
    // 600 rounds of some 150 KB would be 90 MB.
    assert.ok(after - before < 30 << 20, `${how || "forgotten"}: ${before} to ${after}`);
    assert.ok(run <= 1 << 20, `a run: ${run}`);
  }
});
