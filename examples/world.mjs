// A simulated world: carries out a script, asks how it ended, and prints that as one line of JSON:
// `world.mjs FILE QUESTION...`.

import { readFileSync } from "node:fs";

import { World } from "quorate/sim";

const script = readFileSync(process.argv[2], "utf8");

const start = process.hrtime.bigint();
const world = World.fromScript(script);
const report = world.run();
const ns = process.hrtime.bigint() - start;

const results = {
  "as expected": report.ok,
  ...Object.fromEntries(process.argv.slice(3).map((question) => [question, world.ask(question)])),
  events: report.events,
  "state hash": report.hash,
};
console.log(JSON.stringify({ language: "JavaScript", results, times: { "us to run it": Number(ns / 1000n) } }));
world.free();
