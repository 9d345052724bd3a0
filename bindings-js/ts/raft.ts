/**
 * Raft: a member of a group that keeps one log, whoever of it fails.
 *
 * A {@link Node} follows etcd-io/raft message for message, so that it can take a seat in a group of etcd's or raft-rs' members. It
 * does no IO: time comes in as ticks, randomness as a seed, and storage as "persist this" followed by "it is persisted". Tell it
 * what happened with its methods; after each, do what its outputs say, in order. What must not leave before a write is durable is
 * held back until {@link Node.persisted}, so it cannot be sent too early.
 *
 * ```js
 * import { Message, Node, Stored } from "quorate/raft";
 *
 * const node = new Node({ id: 1, seed: 42 }, Stored.group([1, 2, 3])); // 1. make it, of what is stored
 *
 * function work() {
 *   for (let outputs = node.drain(); outputs.length > 0; outputs = node.drain()) {
 *     for (const output of outputs) {
 *       switch (output.kind) {                                           // 3. do what it says
 *         case "send": send(output.message.to, Message.encode(output.message)); break;
 *         case "persist": write(output); node.persisted(output.ticket); break; // once it is on the disk
 *         case "apply": apply(output.entries); node.applied(output.entries.at(-1).index); break;
 *       }
 *     }
 *   }
 * }
 *
 * setInterval(() => { node.tick(); work(); }, 100);                      // 2. tell it what happened
 * ```
 *
 * The same config, stored state and inputs give the same outputs everywhere; {@link Node.stateHash} tells two nodes apart in any
 * language, and {@link Node.clone} makes one that goes its own way.
 *
 * Terms, indices and ticks are numbers up to 2^53 - 1. The id of a member is a number up to there and a bigint beyond, up to
 * 2^64 - 1. What a node is given may be text where it takes bytes, which is UTF-8 then; what it gives out are always bytes.
 *
 * @packageDocumentation
 */
import "./raft/inline.js";

export * from "./raft/index.js";
