/**
 * RESP2 and RESP3: decoding, encoding, commands, and the server's side.
 *
 * @packageDocumentation
 */
import "./inline.js";

export * from "./errors.js";
export * from "./resp/index.js";
