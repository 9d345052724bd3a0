// Measures the npm package beside redis-parser, @redis/client and cluster-key-slot.
//
//     node bench.mjs resp|simulator|slots [--data DIR]
//
// The peers come from `npm ci` here; `quorate` is taken from here too or, if it is not installed, from ../../tests, where the
// test run installs the packed package. The workloads are those of `quorate-benches gen`, which is run here unless --data names
// a directory that has them. Results are lines of JSON, as those of the Rust program beside this one.

import assert from "node:assert";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";

import { simulator } from "./simulator.mjs";

const require = createRequire(import.meta.url);
const RedisParser = require("redis-parser");
const { Decoder: RedisDecoder } = require("@redis/client/dist/lib/RESP/decoder.js");
const { default: redisEncode } = require("@redis/client/dist/lib/RESP/encoder.js");
const calculateSlot = require("cluster-key-slot");
const { Decoder, encodeCommand, encodePipeline } = await quorate("quorate/resp");
const { keySlot, keySlots } = await quorate("quorate/cluster");

const WINDOW_US = 8_000;
const PAIRS = 21;
const PIECES = { whole: Infinity, "16 KiB": 16_384, "1460 B": 1_460 };
const UNITS = {
  w1: ["reply", 10_000],
  w2: ["reply", 10_000],
  w3: ["element", 100_000],
  w4: ["reply", 200],
  w5: ["leaf", 89_600],
  w6: ["reply", 100_000],
};

/** What the loops leave behind, so that no work can be dropped as useless. */
let sink;

async function quorate(name) {
  const places = [import.meta.url, new URL("../../tests/", import.meta.url)];
  for (const place of places) {
    try {
      return await import(pathToFileURL(createRequire(place).resolve(name)).href);
    } catch (error) {
      if (error.code !== "MODULE_NOT_FOUND" || place === places.at(-1)) throw error;
    }
  }
}

/**
 * Lets the two take turns, in windows of a few milliseconds, and prints the medians and that of the turns' ratios. Time is what
 * the process ran, so that other programs do not count but collecting garbage does.
 */
function line(suite, workload, [unit, count], peer, ours, theirs) {
  const [ourRuns, peerRuns] = [repeats(ours), repeats(theirs)];
  const [ourTimes, peerTimes] = [[], []];
  for (let pair = 0; pair < PAIRS; pair++) {
    // Each goes first in every other pair, so that neither always finds the caches as the other left them.
    const turns = [() => ourTimes.push(measure(ourRuns, ours) / count), () => peerTimes.push(measure(peerRuns, theirs) / count)];
    if (pair % 2) turns.reverse();
    turns.forEach((turn) => turn());
  }
  const ratio = median(ourTimes.map((time, pair) => time / peerTimes[pair]));
  print(suite, workload, unit, peer, median(ourTimes), median(peerTimes), ratio);
}

/** Prints what came out, as one line of JSON. Without a time of the peer's there is no ratio. */
function print(suite, workload, unit, peer, ours, theirs = NaN, ratio = ours / theirs) {
  const round = (number, digits) => (Number.isNaN(number) ? null : Number(number.toFixed(digits)));
  const figures = { ours_ns: round(ours, 3), peer_ns: round(theirs, 3), ratio: round(ratio, 4) };
  console.log(JSON.stringify({ suite, workload, language: "javascript", peer, ...figures, unit }));
}

/** How many runs fill a window, once the compiler has seen the code for a while. */
function repeats(run) {
  const start = process.cpuUsage();
  let runs = 0;
  let spent;
  do {
    run();
    runs++;
    spent = microseconds(start);
  } while (spent < 12 * WINDOW_US);
  return Math.max(1, Math.round((WINDOW_US * runs) / spent));
}

/** Nanoseconds a run. */
function measure(runs, run) {
  const start = process.cpuUsage();
  for (let i = 0; i < runs; i++) run();
  return (microseconds(start) * 1_000) / runs;
}

function microseconds(start) {
  const { user, system } = process.cpuUsage(start);
  return user + system;
}

function median(numbers) {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1];
}

function piecesOf(bytes, size) {
  const pieces = [];
  for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.subarray(at, Math.min(at + size, bytes.length)));
  return pieces;
}

function ours(options) {
  const decoder = new Decoder(options);
  return (pieces, reply) => {
    for (const piece of pieces) {
      decoder.feed(piece);
      for (const value of decoder.pollAll()) reply(value);
    }
  };
}

function redisParser(options) {
  let reply;
  const parser = new RedisParser({ returnReply: (value) => reply(value), returnError: fail, ...options });
  return (pieces, then) => {
    reply = then;
    for (const piece of pieces) parser.execute(piece);
  };
}

function redisClient(typeMapping) {
  let reply;
  const decoder = new RedisDecoder({
    onReply: (value) => reply(value),
    onErrorReply: fail,
    onPush: fail,
    getTypeMapping: () => typeMapping,
  });
  return (pieces, then) => {
    reply = then;
    for (const piece of pieces) decoder.write(piece);
  };
}

function fail(what) {
  throw new Error(`no workload has this: ${what}`);
}

function all(decode, pieces) {
  const values = [];
  decode(pieces, (value) => values.push(value));
  return values;
}

function assertSame(values, theirs, what) {
  assert.strictEqual(values.length, theirs.length, what);
  values.forEach((value, index) => {
    if (typeof value === "bigint") {
      // Beyond 2^53 ours is exact, and the peers' numbers are about right.
      assert.ok(Math.abs(Number(value) - theirs[index]) <= 1e-14 * Math.abs(theirs[index]), what);
    } else {
      assert.deepStrictEqual(plain(value), plain(theirs[index]), what);
    }
  });
}

/** A value as both sides have it: maps as objects, bytes as text. */
function plain(value) {
  if (value instanceof Uint8Array) return Buffer.from(value).toString("latin1");
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, item]) => [key, plain(item)]));
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
  }
  return value;
}

function resp(dir) {
  const BLOB_STRING = 36;
  const SIMPLE_STRING = 43;
  for (const [name, unit] of Object.entries(UNITS)) {
    const whole = readFileSync(join(dir, `${name}.resp`));
    for (const [how, size] of Object.entries(PIECES)) {
      const pieces = piecesOf(whole, size);
      const compare = (kind, options, peer, makePeer) => {
        assertSame(all(ours(options), pieces), all(makePeer(), pieces), `${name} ${kind} ${how} ${peer}`);
        const [mine, theirs] = [ours(options), makePeer()];
        const keep = (value) => (sink = value);
        line("resp", `${name} ${kind} ${how}`, unit, peer, () => mine(pieces, keep), () => theirs(pieces, keep));
      };
      const bytes = { strings: "bytes" };
      if (name !== "w5") {
        compare("strings", {}, "redis-parser 3", () => redisParser({}));
        compare("bytes", bytes, "redis-parser 3", () => redisParser({ returnBuffers: true }));
      }
      // As this peer makes maps: to plain objects.
      const maps = { maps: "object" };
      compare("strings", maps, "@redis/client 6.3", () => redisClient({}));
      if (name !== "w5") {
        compare("bytes", bytes, "@redis/client 6.3", () => redisClient({ [BLOB_STRING]: Buffer, [SIMPLE_STRING]: Buffer }));
      }
    }
    const mine = ours({});
    line("resp", `${name} strings whole`, unit, "limit: memcpy", () => mine([whole], (value) => (sink = value)), () => {
      sink = Buffer.from(whole);
    });
  }
  encode(dir);
}

function encode(dir) {
  const commands = readFileSync(join(dir, "w7.txt"), "latin1")
    .trimEnd()
    .split("\n")
    .map((command) => command.split(" "));
  const unit = ["command", commands.length];
  // This peer leaves it to the socket to make bytes of its strings, so that is done here.
  const theirs = (command) => Buffer.from(redisEncode(command).join(""));
  for (const command of commands) assert.ok(theirs(command).equals(encodeCommand(command)));
  line("resp", "w7 one by one", unit, "@redis/client 6.3 encodeCommand", () => {
    for (const command of commands) sink = encodeCommand(command);
  }, () => {
    for (const command of commands) sink = theirs(command);
  });
  const hundreds = [];
  for (let at = 0; at < commands.length; at += 100) hundreds.push(commands.slice(at, at + 100));
  const joined = (hundred) => Buffer.from(hundred.map((command) => redisEncode(command).join("")).join(""));
  for (const hundred of hundreds) assert.ok(joined(hundred).equals(encodePipeline(hundred)));
  line("resp", "w7 by the hundred", unit, "@redis/client 6.3 encodeCommand", () => {
    for (const hundred of hundreds) sink = encodePipeline(hundred);
  }, () => {
    for (const hundred of hundreds) sink = joined(hundred);
  });
}

function slots(dir) {
  const parts = readFileSync(join(dir, "keys.txt"), "latin1").split("# ").slice(1);
  for (const part of parts) {
    const [name, ...texts] = part.trimEnd().split("\n");
    const unit = ["key", texts.length];
    for (const [kind, keys] of [["strings", texts], ["bytes", texts.map((key) => Buffer.from(key))]]) {
      const slots = keys.map((key) => calculateSlot(key));
      assert.deepStrictEqual(keys.map((key) => keySlot(key)), slots);
      assert.deepStrictEqual([...keySlots(keys)], slots);
      const theirs = () => {
        for (const key of keys) sink = calculateSlot(key);
      };
      line("slots", `slot ${name} ${kind}`, unit, "cluster-key-slot 1.1", () => {
        for (const key of keys) sink = keySlot(key);
      }, theirs);
      line("slots", `batch ${name} ${kind}`, unit, "cluster-key-slot 1.1", () => (sink = keySlots(keys)), theirs);
    }
    line("slots", `slot ${name} strings`, unit, "limit: sum of the characters", () => {
      for (const key of texts) sink = keySlot(key);
    }, () => {
      for (const key of texts) {
        let sum = 0;
        for (let i = 0; i < key.length; i++) sum += key.charCodeAt(i);
        sink = sum;
      }
    });
  }
}

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { data: { type: "string" }, json: { type: "boolean" } },
});
const suites = {
  resp,
  slots,
  simulator: async () => simulator((await quorate("quorate/sim")).World, { microseconds, median, print }),
};
const suite = suites[positionals[0]];
if (!suite || positionals.length !== 1) {
  console.error("usage: node bench.mjs resp|simulator|slots [--data DIR]");
  process.exit(2);
}
const dir = values.data ?? mkdtempSync(join(tmpdir(), "quorate-benches-"));
try {
  if (values.data === undefined) {
    const generate = ["run", "--quiet", "--release", "--package", "quorate-benches", "--", "gen", dir];
    execFileSync("cargo", generate, { cwd: fileURLToPath(new URL(".", import.meta.url)), stdio: "inherit" });
  }
  await suite(dir);
} finally {
  if (values.data === undefined) rmSync(dir, { recursive: true });
}
