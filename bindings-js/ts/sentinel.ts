/**
 * Redis Sentinel: the monitor that votes masters out and replicas in, and the discovery that clients build upon.
 *
 * A {@link Sentinel} takes the seat of a `redis-sentinel` process among real ones; it follows Redis 7.0.15 event for event. A
 * {@link Discovery} is the other side: how a client finds the primary and its replicas, and learns that they changed. Both open no
 * connection and read no clock: time comes in with each input, randomness as a seed, storage as "persist this" followed by "it is
 * persisted". Tell them what happened with their methods; after each, do what their outputs say, in order.
 *
 * ```js
 * import { Sentinel } from "quorate/sentinel";
 *
 * const masters = [{ name: "mymaster", host: "127.0.0.1", port: 6379, quorum: 2 }];
 * const sentinel = new Sentinel({ id: "0123456789".repeat(4), seed: 42, masters }); // 1. make it
 * sentinel.tick(100); // 2. tell it what happened
 * for (let outputs = sentinel.drain(); outputs.length > 0; outputs = sentinel.drain()) {
 *   for (const output of outputs) { // 3. do what it says
 *     if (output.kind === "persist") sentinel.persisted(output.ticket); // once output.lines are on the disk
 *     if (output.kind === "connect") console.log(output.host, output.port, output.purpose);
 *   }
 * }
 * // 127.0.0.1 6379 command
 * // 127.0.0.1 6379 pub_sub
 * ```
 *
 * The WebAssembly of this entry is that of `quorate/replication` too: who imports another does not load it.
 *
 * @packageDocumentation
 */
import "./sentinel/inline.js";

export * from "./sentinel/index.js";
