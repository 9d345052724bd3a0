/**
 * Replication between Redis servers: offsets, histories, who may go on and who starts anew, and what is lost.
 *
 * A {@link Server} is the replication of one `redis-server`: its bytes are those of the wire, so that a real server can be at the
 * other end. A {@link Ledger} is told what clients were promised and where each server's data is, and says of every write whether it
 * is replicated, at risk or lost. Neither opens a connection, reads a clock or holds data.
 *
 * The WebAssembly of this entry is that of `quorate/sentinel` too: who imports another does not load it.
 *
 * @packageDocumentation
 */
import "./sentinel/inline.js";

export * from "./replication/index.js";
