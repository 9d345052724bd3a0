// A small client: decodes what a Redis server replied, encodes commands, and routes keys to slots.
//
// `client.mjs FOLDER` reads recorded replies. `client.mjs FOLDER PORT` sends the recorded commands to a server on
// loopback and reads what it replies now. Either way it prints one line of JSON: what it found, and how long that took.

import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { isDeepStrictEqual } from "node:util";

import { groupBySlot, keySlot, keySlots } from "quorate/cluster";
import {
  Decoder,
  encodeCommand,
  encodePipeline,
  Pairs,
  Push,
  ReplyError,
  RequestDecoder,
  splitInline,
  Verbatim,
} from "quorate/resp";

const PACKET = 1460; // As many bytes as a packet on an Ethernet carries.
const ROUNDS = 300;

const [folder, port] = process.argv.slice(2);
const commands = readCommands(readFileSync(`${folder}/redis-7.0.commands`, "utf8"));
const results = {};

// 1. Replies: feed bytes as they come, take every reply that is complete.
let decodeNs = 0;
for (const protocol of [2, 3]) {
  const bytes = readFileSync(`${folder}/redis-7.0.resp${protocol}`);
  const [ns, replies] = port
    ? await fastest(1, () => talk(Number(port), protocol))
    : await fastest(ROUNDS, () => decode(bytes));
  decodeNs += ns / replies.length;
  for (const reply of replies) {
    count(reply);
  }
}

// 2. Commands: a pipeline in one buffer, which the server's side reads as it was meant.
const [encodeNs, pipeline] = await fastest(ROUNDS, () => encodePipeline(commands));
const server = new RequestDecoder();
server.feed(pipeline);
for (const command of commands) {
  add("commands understood", Number(isDeepStrictEqual(server.poll()?.args, command)));
}
add("bytes of pipeline", pipeline.length);
add("checksum of pipeline", keySlot(pipeline));

// 3. Keys: the slot of each, and which of them can be asked for together.
const keys = commands.filter((args) => args.length > 1).map((args) => args[1]);
const [slotsNs, slots] = await fastest(ROUNDS, () => keySlots(keys));
add("sum of slots", slots.reduce((sum, slot) => sum + slot, 0));
add("groups of keys", groupBySlot(keys).size);

const times = {
  [port ? "ns to fetch a reply" : "ns to decode a reply"]: Math.round(decodeNs / 2),
  "ns to encode a command": Math.round(encodeNs / commands.length),
  "ns to route a key": Math.round(slotsNs / keys.length),
};
console.log(JSON.stringify({ language: "JavaScript", results, times }));

/** Decodes a recording, as it would arrive in packets. */
function decode(bytes) {
  const decoder = new Decoder();
  const replies = [];
  for (let start = 0; start < bytes.length; start += PACKET) {
    decoder.feed(bytes.subarray(start, start + PACKET));
    replies.push(...decoder.pollAll());
  }
  decoder.free();
  return replies;
}

/** Sends the commands to a server, and takes what it replies until it echoes the end. */
async function talk(port, protocol) {
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  socket.write(encodePipeline([["HELLO", protocol], ["FLUSHALL"], ...commands]));
  socket.write(encodeCommand("ECHO", "the end"));
  const decoder = new Decoder();
  const replies = [];
  for await (const chunk of socket) {
    decoder.feed(chunk);
    replies.push(...decoder.pollAll());
    if (replies.at(-1) === "the end") {
      return replies.slice(2, -1);
    }
  }
  throw new Error("the server closed the connection");
}

function add(name, number) {
  results[name] = (results[name] ?? 0) + number;
}

/** Counts a value in words that every language has: a set is a list, an integer and a double are numbers. */
function count(value, depth = 0) {
  if (depth === 0) {
    add(value instanceof Push ? "pushes" : "replies", 1);
  }
  if (value === null) {
    add("nulls", 1);
  } else if (typeof value === "boolean") {
    add("booleans", 1);
  } else if (typeof value === "number" || typeof value === "bigint") {
    add("numbers", 1);
    // Whole numbers below 2^53: those that every language holds exactly, as an integer or as a double.
    if (Number.isSafeInteger(value)) {
      add("sum of integers", value);
    }
  } else if (typeof value === "string" || value instanceof Uint8Array || value instanceof Verbatim) {
    const text = value instanceof Verbatim ? (value.text ?? value.bytes) : value;
    add("strings", 1);
    add("bytes of strings", Buffer.byteLength(text));
    add("checksum of strings", keySlot(text));
  } else if (value instanceof ReplyError) {
    add("errors", 1);
    add("checksum of errors", keySlot(value.message));
  } else if (value instanceof Map || value instanceof Pairs) {
    add("maps", 1);
    for (const pair of value) {
      pair.forEach((item) => count(item, depth + 1));
    }
  } else if (Array.isArray(value)) {
    add("lists", 1);
    value.forEach((item) => count(item, depth + 1));
  } else {
    throw new TypeError(`a kind of value that this client does not know: ${value}`);
  }
  add("sum of depths", depth);
}

/** The least time of so many runs, in nanoseconds, and what one of them gave. */
async function fastest(rounds, run) {
  let best = [Infinity];
  for (let round = 0; round < rounds; round++) {
    const start = process.hrtime.bigint();
    const result = await run();
    const ns = Number(process.hrtime.bigint() - start);
    if (ns < best[0]) {
      best = [ns, result];
    }
  }
  return best;
}

/** The recorded commands. Between double quotes, a line's escapes are those that Redis itself knows, but for `\s`. */
function readCommands(text) {
  const quoted = (line) => line.replaceAll('"', '\\"').replaceAll("\\s", "\\x20").replaceAll(" ", '" "');
  return text
    .trimEnd()
    .split("\n")
    .map((line) => splitInline(`"${quoted(line)}"`));
}
