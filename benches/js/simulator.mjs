// The simulator in WebAssembly: the worlds of `benches/src/simulator.rs`, which measures them natively.
//
// `native` is no peer but the same code; its figures are the Rust program's, and whoever runs both puts them in.

import assert from "node:assert";

const EVENTS = 10_000;
/** As many events lie between two copies that a world keeps of itself. */
const INTERVAL = 128;
const SEEKS = 1_000;
const STORY = "raft\nnodes 5\nclients 3\nloss 1%\n";

/** Measures with `microseconds(start)`, what the process ran since `process.cpuUsage()` was `start`, and gives lines to `print`. */
export function simulator(World, { microseconds, median, print }) {
  const runs = [];
  // The first runs are there for the compiler.
  for (let run = -5; run < 21; run++) {
    const start = process.cpuUsage();
    const world = World.fromScript(STORY);
    world.seekEvent(EVENTS);
    if (run >= 0) runs.push((microseconds(start) * 1_000) / EVENTS);
    assert.notEqual(world.ask("leader"), "none");
    world.free();
  }
  const event = median(runs);
  print("simulator", "forward, watched", "event", "native", event);

  const world = World.fromScript(STORY);
  world.seekEvent(EVENTS);
  const seeks = (placeOf) => {
    let random = 1n;
    const times = [];
    for (let i = 0; i < SEEKS; i++) {
      random = BigInt.asUintN(64, random * 6_364_136_223_846_793_005n + 1_442_695_040_888_963_407n);
      const place = placeOf(Number(random >> 33n));
      const start = process.cpuUsage();
      world.seekEvent(place);
      times.push(microseconds(start) * 1_000);
      assert.equal(world.eventCount, place);
    }
    return times.sort((a, b) => a - b);
  };
  const anywhere = seeks((number) => number % EVENTS);
  // To where a copy was made: nothing is left to do from there on.
  const toCopies = seeks((number) => (number % Math.floor(EVENTS / INTERVAL)) * INTERVAL);
  const at = (sorted, share) => sorted[Math.floor((sorted.length - 1) * share)];
  for (const [name, share] of [["median", 0.5], ["p95", 0.95]]) {
    const workload = `seek in 10,000 events, ${name}`;
    const ours = at(anywhere, share);
    const limit = at(toCopies, 0.5) + share * INTERVAL * event;
    print("simulator", workload, "seek", `limit: restore a copy, ${Math.round(share * INTERVAL)} events`, ours, limit);
    print("simulator", workload, "seek", "native", ours);
  }
  world.free();
}
