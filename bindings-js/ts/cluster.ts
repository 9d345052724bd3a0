/**
 * Redis Cluster: hash tags and slots.
 *
 * @packageDocumentation
 */
import "./inline.js";

export * from "./cluster/index.js";
export * from "./errors.js";
