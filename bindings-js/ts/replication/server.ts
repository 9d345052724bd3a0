/// <reference lib="esnext.disposable" preserve="true" />
/** The replication of one Redis server. */
import { ArgumentError, describe } from "../error.js";
import { checkCount, checkData } from "../instance.js";
import {
  ALL,
  type Data,
  ask,
  call,
  checkFlag,
  checkObject,
  checkState,
  checkText,
  checkWord,
  leftText,
  made,
  outputs,
  packedArguments,
  refusal,
  shown,
} from "../sentinel/call.js";
import { count, flag, object, optional, port, seed, size, text } from "../sentinel/settings.js";
import { Handle, fromOutbox, raw, toInbox } from "../sentinel/wasm.js";
import { Refused, replicationError } from "./error.js";
import type { Output } from "./output.js";
import type { Config, History, PrimaryAddress, ServerStatus, Stored } from "./types.js";

const u64 = count();
const settings = object({
  port,
  announceIp: optional(text),
  announcePort: optional(port),
  primaryUser: optional(text),
  primaryPassword: optional(text),
  backlogSize: u64,
  backlogTtlS: u64,
  timeoutS: u64,
  pingPeriodS: u64,
  minReplicasToWrite: u64,
  minReplicasMaxLagS: u64,
  diskless: flag,
  disklessDelayS: u64,
  disklessMaxReplicas: u64,
  heldLimit: u64,
  priority: u64,
  announced: flag,
  readOnly: flag,
  serveStale: flag,
  maxReplicas: size,
  seed,
  trace: flag,
});

/**
 * The replication of one `redis-server`, be it a primary, a replica, or a replica with replicas of its own.
 *
 * It holds no data and opens no connection: the caller executes commands, freezes and loads snapshots, and carries bytes, which are
 * those of the wire between real servers. Tell it what happened with its methods; after each, do what {@link drain} or {@link poll} say,
 * in order. A method that is refused throws a `ReplicationError` and changes nothing. Times are whole milliseconds of Unix time, of the
 * server's own clock, which may jump.
 *
 * It holds memory of the WebAssembly until `free()`, or until it is collected.
 */
export class Server {
  readonly #handle: Handle<raw.RawServer>;

  /**
   * Makes a primary without data, as `redis-server` starts.
   *
   * @throws {ReplicationError} `invalid_config`
   */
  constructor(config: Config = {}, now = 0) {
    // A clone and a state bring their own.
    if (config instanceof Handle) {
      this.#handle = config;
      return;
    }
    checkCount(now, "now");
    const inbox = packedArguments([settings(config, "config")], "config");
    this.#handle = new Handle("Server", () => made(raw.server_of(toInbox(inbox), now), replicationError));
  }

  /**
   * Makes a server that starts again from data on its disk: as a primary, or as a replica of `primary`. Its data is at `stored`.
   *
   * @throws {ReplicationError} `invalid_config`, `invalid_stored`, `invalid_replication_id`
   */
  static restore(config: Config, stored: Stored, primary: PrimaryAddress | undefined, now: number): Server {
    checkObject(stored, "stored");
    const { id, offset } = stored;
    checkText(id, "stored.id");
    checkCount(offset, "stored.offset");
    checkCount(now, "now");
    const words = [settings(config, "config"), id];
    let at = 0;
    if (primary !== undefined) {
      checkObject(primary, "primary");
      checkText(primary.host, "primary.host");
      checkCount(primary.port, "primary.port", 0xffff);
      words.push(primary.host);
      at = primary.port;
    }
    const inbox = packedArguments(words, "config");
    return new Server(new Handle("Server", () => made(raw.server_restored(toInbox(inbox), offset, at, now), replicationError)) as never);
  }

  /**
   * Makes a server that goes on where the one that gave `state` was, in this version of the package.
   *
   * @throws {ReplicationError} `invalid_state`
   */
  static fromState(state: Uint8Array): Server {
    checkState(state);
    return new Server(new Handle("Server", () => made(raw.server_from_state(toInbox(state)), replicationError)) as never);
  }

  /** The next thing to do; `undefined` when there is nothing. */
  poll(): Output | undefined {
    const server = this.#handle.live;
    return outputs<Output>(() => server.drain(1))[0];
  }

  /** All that there is to do, in order, in one crossing. */
  drain(): Output[] {
    const server = this.#handle.live;
    return outputs<Output>(() => server.drain(ALL));
  }

  // ---- inputs

  /** The clock reads `now`. To be called at {@link nextTickMs}, or every 100 ms; however late it comes, it does its work once. */
  tick(now: number): void {
    const server = this.#handle.live;
    checkCount(now, "now");
    ask(() => server.tick(now));
  }

  // As a primary.

  /**
   * A connection was opened that comes from `ip` and speaks of replication, or is about to with its first `REPLCONF` or `PSYNC`.
   *
   * @throws {ReplicationError} `duplicate_replica`, `too_many_replicas`
   */
  accept(replica: number, ip: string, now: number): void {
    const server = this.#handle.live;
    checkCount(replica, "replica");
    checkText(ip, "ip");
    checkCount(now, "now");
    call(() => server.accept(replica, toInbox(ip), now), replicationError);
  }

  /**
   * A command came on a replica's connection. `PING`, `REPLCONF`, `PSYNC` and `SYNC` are answered here; every other command is the
   * server's matter.
   *
   * @throws {ReplicationError} `unknown_replica`, `not_replication`
   */
  request(replica: number, argv: Iterable<Data>, now: number): void {
    const server = this.#handle.live;
    checkCount(replica, "replica");
    checkCount(now, "now");
    const inbox = packedArguments(argv, "argv");
    call(() => server.request(replica, toInbox(inbox), now), replicationError);
  }

  /**
   * A replica's connection closed.
   *
   * @throws {ReplicationError} `unknown_replica`
   */
  replicaClosed(replica: number, now: number): void {
    const server = this.#handle.live;
    checkCount(replica, "replica");
    checkCount(now, "now");
    call(() => server.replica_closed(replica, now), replicationError);
  }

  /**
   * The data is frozen as `take_snapshot` asked, or could not be.
   *
   * @throws {ReplicationError} `no_snapshot_wanted`
   */
  snapshotTaken(ok: boolean, now: number): void {
    const server = this.#handle.live;
    checkFlag(ok, "ok");
    checkCount(now, "now");
    call(() => server.snapshot_taken(ok, now), replicationError);
  }

  /**
   * The snapshot was sent to that replica, to its last byte, or could not be.
   *
   * @throws {ReplicationError} `unknown_replica`, `not_sending`
   */
  snapshotSent(replica: number, ok: boolean, now: number): void {
    const server = this.#handle.live;
    checkCount(replica, "replica");
    checkFlag(ok, "ok");
    checkCount(now, "now");
    call(() => server.snapshot_sent(replica, ok, now), replicationError);
  }

  /** Why a client's command of that sort is not let through; `undefined` if it is. */
  check(access: "read" | "write"): Refused | undefined {
    const server = this.#handle.live;
    checkWord(access, ["read", "write"], "access");
    if (ask(() => server.check(access === "write"))) return undefined;
    return replicationError(refusal()) as Refused;
  }

  /**
   * A client's write is to be executed: sends it to the replicas, and returns the offset behind it, which is what the client waits for
   * with {@link wait}, and what a `Ledger` takes. While no replica ever came, no offset is counted.
   *
   * @throws {Refused} and then the write must not be executed.
   */
  write(argv: Iterable<Data>, now: number, database = 0): number {
    const server = this.#handle.live;
    checkCount(database, "database", 0xffff_ffff);
    checkCount(now, "now");
    const inbox = packedArguments(argv, "argv");
    const offset = ask(() => server.write(database, toInbox(inbox), now));
    if (offset < 0) throw replicationError(refusal());
    return offset;
  }

  /** Sends a command to the replicas that is no write, so that no rule refuses it: `PUBLISH`. Returns the offset behind it. */
  propagate(argv: Iterable<Data>, now: number, database = 0): number {
    const server = this.#handle.live;
    checkCount(database, "database", 0xffff_ffff);
    checkCount(now, "now");
    const inbox = packedArguments(argv, "argv");
    return ask(() => server.propagate(database, toInbox(inbox), now));
  }

  /**
   * `WAIT replicas timeout` of a client whose last write ended at `offset` (0 if it wrote nothing). `waited` answers: when enough
   * replicas have it, or after `timeout` milliseconds (0 is never). That a replica has it is no promise: another may be promoted.
   *
   * @throws {ReplicationError} `wait_on_replica`, `duplicate_wait`
   */
  wait(client: number, offset: number, replicas: number, timeout: number, now: number): void {
    const server = this.#handle.live;
    for (const [name, value] of Object.entries({ client, offset, replicas, timeout, now })) checkCount(value, name);
    call(() => server.wait(client, offset, replicas, timeout, now), replicationError);
  }

  /**
   * The client that waited is gone.
   *
   * @throws {ReplicationError} `unknown_wait`
   */
  cancelWait(client: number): void {
    const server = this.#handle.live;
    checkCount(client, "client");
    call(() => server.cancel_wait(client), replicationError);
  }

  // As a replica.

  /** `REPLICAOF host port`. Says whether anything changed: it does not if that is the primary already. */
  replicateFrom(host: string, port: number, now: number): boolean {
    const server = this.#handle.live;
    checkText(host, "host");
    checkCount(port, "port", 0xffff);
    checkCount(now, "now");
    return ask(() => server.replicate_from(toInbox(host), port, now));
  }

  /** `REPLICAOF NO ONE`. Says whether anything changed: it does not for a primary. */
  promote(now: number): boolean {
    const server = this.#handle.live;
    checkCount(now, "now");
    return ask(() => server.promote(now));
  }

  /**
   * The connection to the primary is open.
   *
   * @throws {ReplicationError} `stale_attempt`
   */
  connected(attempt: number, now: number): void {
    const server = this.#handle.live;
    checkCount(attempt, "attempt");
    checkCount(now, "now");
    call(() => server.connected(attempt, now), replicationError);
  }

  /**
   * The connection to the primary could not be opened, or closed.
   *
   * @throws {ReplicationError} `stale_attempt`
   */
  closed(attempt: number, now: number): void {
    const server = this.#handle.live;
    checkCount(attempt, "attempt");
    checkCount(now, "now");
    call(() => server.closed(attempt, now), replicationError);
  }

  /**
   * Bytes came from the primary, in pieces of any size. What cannot be read ends the connection (`disconnect`).
   *
   * @throws {ReplicationError} `stale_attempt`
   */
  received(attempt: number, bytes: Data, now: number): void {
    const server = this.#handle.live;
    checkCount(attempt, "attempt");
    checkData(bytes, "bytes");
    checkCount(now, "now");
    call(() => server.received(attempt, toInbox(bytes), now), replicationError);
  }

  /**
   * The snapshot is loaded as `load_snapshot` asked, or could not be: then there is no data, and everything begins again.
   *
   * @throws {ReplicationError} `not_loading`
   */
  snapshotLoaded(ok: boolean, now: number): void {
    const server = this.#handle.live;
    checkFlag(ok, "ok");
    checkCount(now, "now");
    call(() => server.snapshot_loaded(ok, now), replicationError);
  }

  /**
   * `CONFIG SET`: changes the settings that are named, and leaves the others.
   *
   * @throws {ReplicationError} `invalid_config`
   */
  configure(config: Config, now: number): void {
    const server = this.#handle.live;
    checkCount(now, "now");
    const json = settings(config, "config");
    call(() => server.configure(toInbox(json), now), replicationError);
  }

  // ---- questions

  /** Whether it is a primary. */
  get isPrimary(): boolean {
    return this.#handle.live.is_primary();
  }

  /** Whether the stream of the primary comes in. */
  get linkIsUp(): boolean {
    return this.#handle.live.link_is_up();
  }

  /** When {@link tick} has something to do next. */
  get nextTickMs(): number {
    return this.#handle.live.next_tick_ms();
  }

  /** What the data is the result of. Its `id` and `offset` are what a snapshot on the disk holds, for {@link Server.restore}. */
  history(): History {
    const server = this.#handle.live;
    return shown(() => server.history());
  }

  /** What the server is and knows: its replicas, its backlog, its link. */
  status(): ServerStatus {
    const server = this.#handle.live;
    return shown(() => server.status());
  }

  /** How many online replicas have said that they have everything up to `offset`. */
  countAcknowledged(offset: number): number {
    const server = this.#handle.live;
    checkCount(offset, "offset");
    return ask(() => server.count_acknowledged(offset));
  }

  /** What `ROLE` answers: bytes for the client's socket, the same in RESP2 and RESP3. */
  role(): Uint8Array {
    const server = this.#handle.live;
    ask(() => server.role());
    return fromOutbox();
  }

  /** The lines of `INFO replication`, in the order and with the names of version 7.0, each ended by CR LF. */
  info(): string {
    const server = this.#handle.live;
    ask(() => server.info());
    return leftText();
  }

  /** All that it is, for {@link Server.fromState} of this version. */
  state(): Uint8Array {
    const server = this.#handle.live;
    ask(() => server.state());
    return fromOutbox();
  }

  /** A hash of all that it knows, the same for the same state on every platform and in every language. */
  stateHash(): bigint {
    const server = this.#handle.live;
    return ask(() => server.state_hash());
  }

  /** A server in the same state that goes its own way. */
  clone(): Server {
    const server = this.#handle.live;
    return new Server(new Handle("Server", () => server.copy()) as never);
  }

  /** Gives back the memory that it holds. Each further use throws a {@link FreedError}; freeing twice is harmless. */
  free(): void {
    this.#handle.free();
  }
}

// Where the engine has no `using` yet there is no such symbol either.
export interface Server extends Disposable {}
if (Symbol.dispose) Server.prototype[Symbol.dispose] = Server.prototype.free;

const encoder = new TextEncoder();

/** A snapshot as it is sent on a replica's connection: `mark` is that of `send_snapshot`. */
export function frameSnapshot(mark: string | null, data: Uint8Array): Uint8Array {
  if (!(data instanceof Uint8Array)) throw new ArgumentError(`data must be a Uint8Array, found ${describe(data)}`);
  if (mark !== null) checkText(mark, "mark");
  const head = encoder.encode(mark === null ? `$${data.length}\r\n` : `$EOF:${mark}\r\n`);
  const tail = encoder.encode(mark ?? "");
  const framed = new Uint8Array(head.length + data.length + tail.length);
  framed.set(head);
  framed.set(data, head.length);
  framed.set(tail, head.length + data.length);
  return framed;
}
