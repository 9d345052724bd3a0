/**
 * Quorate: the RESP codec and Redis Cluster slot hashing, from one Rust core in WebAssembly. Importing it starts the instance:
 * there is no `init()` to await and nothing to fetch.
 *
 * @packageDocumentation
 */
import "./inline.js";

export * from "./api.js";
