/**
 * Simulated worlds: the machines of this package, their disks, a network and clients, under a virtual clock.
 *
 * Nothing in a {@link World} is left to chance but what its seed decides: the same version, seed, settings and actions give the same
 * run everywhere, event for event. So a run can be written down as a script, gone through backwards, branched, and compared across
 * languages by a hash. Use it to see what a protocol does when things go wrong, and to test what you build on it.
 *
 * ```js
 * import { SECOND, World } from "quorate/sim";
 *
 * const world = new World("raft", { nodes: 5, seed: 7, latency: "10ms" }); // 1. make it
 * world.until("leader != none", SECOND); // true                           // 2. let time pass
 * const leader = world.ask("leader");
 * const then = world.moment();
 * world.act(`crash ${leader}`);                                            // 3. do something to it
 * world.runFor(SECOND);
 * world.ask("leader") === leader; // false                                 // 4. and ask
 * world.violations(); // []
 * world.seekMoment(then);                                                  // back, as it was
 * ```
 *
 * Times are microseconds since the world began. The WebAssembly of this entry is its own: who imports another does not load it.
 *
 * @packageDocumentation
 */
import "./sim/inline.js";

export * from "./sim/index.js";
