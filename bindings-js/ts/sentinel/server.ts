/// <reference lib="esnext.disposable" preserve="true" />
/** A Redis Sentinel. */
import { ArgumentError } from "../error.js";
import { checkCount, checkData } from "../instance.js";
import type { Reply } from "../resp/value.js";
import { ALL, type Data, ask, call, checkObject, checkState, checkText, checkTime, made, outputs, packedArguments, shown } from "./call.js";
import { sentinelError } from "./error.js";
import type { Output } from "./output.js";
import { count, flag, list, millis, object, optional, port, seed, size, text, texts, word } from "./settings.js";
import { type Status, withoutNever } from "./status.js";
import type { Address, Config, ScriptExit } from "./types.js";
import { packedReply } from "./value.js";
import { Handle, fromOutbox, raw, toInbox } from "./wasm.js";

const u32 = count(0xffff_ffff);
const master = object(
  {
    name: text,
    host: text,
    port,
    quorum: u32,
    downAfter: millis,
    failoverTimeout: millis,
    parallelSyncs: u32,
    masterRebootDownAfter: millis,
    authUser: optional(text),
    authPass: optional(text),
    notificationScript: optional(text),
    clientReconfigScript: optional(text),
    renamedCommands: texts,
  },
  ["name", "host", "port", "quorum"],
);
const timing = object({
  ping: millis,
  info: millis,
  ask: millis,
  publish: millis,
  defaultDownAfter: millis,
  defaultFailoverTimeout: millis,
  tiltTrigger: millis,
  tiltPeriod: millis,
  slaveReconfTimeout: millis,
  minLinkReconnect: millis,
  electionTimeout: millis,
  scriptMaxRuntime: millis,
  scriptRetryDelay: millis,
});
const settings = object(
  {
    id: text,
    seed,
    ip: text,
    port,
    profile: word({ compat: "compat", strict: "strict" }),
    masters: list(master),
    announceIp: optional(text),
    announcePort: optional(port),
    resolveHostnames: flag,
    announceHostnames: flag,
    requirepass: optional(text),
    sentinelUser: optional(text),
    sentinelPass: optional(text),
    denyScriptsReconfig: flag,
    timing,
    trace: flag,
    maxInstances: size,
  },
  ["id", "seed"],
);

/**
 * A Redis Sentinel: one that real ones count, ask, vote for and follow.
 *
 * Tell it what happened with its methods; after each, do what {@link drain} or {@link poll} say, in order. What must not leave before
 * a vote is durable is held back until {@link persisted}. A method that is refused throws a `SentinelError` and changes nothing. Times
 * are whole milliseconds of any clock; one that goes backwards is noticed, as the server notices it (TILT).
 *
 * It holds memory of the WebAssembly until `free()`, or until it is collected.
 */
export class Sentinel {
  readonly #handle: Handle<raw.RawSentinel>;

  /**
   * @param config Its settings.
   * @param lines Those of the last `persist`, or of a `sentinel.conf`; none at first. Where both know a master, they hold.
   * @param now The time.
   * @throws {SentinelError} `invalid_config`
   * @throws {LineError}
   */
  constructor(config: Config, lines: Iterable<string> = [], now = 0) {
    // A clone and a state bring their own.
    if (config instanceof Handle) {
      this.#handle = config;
      return;
    }
    checkTime(now, "now");
    const json = settings(config, "config");
    if (typeof lines === "string") throw new ArgumentError("lines must be a list of strings, found a string");
    const all = [...lines];
    for (const [at, line] of all.entries()) checkText(line, `lines[${at}]`);
    const inbox = packedArguments([json, ...all], "lines");
    this.#handle = new Handle("Sentinel", () => made(raw.sentinel_of(toInbox(inbox), now), sentinelError));
  }

  /**
   * Makes a sentinel that goes on where the one that gave `state` was, in this version of the package.
   *
   * @throws {SentinelError} `invalid_state`
   */
  static fromState(state: Uint8Array): Sentinel {
    checkState(state);
    return new Sentinel(new Handle("Sentinel", () => made(raw.sentinel_from_state(toInbox(state)), sentinelError)) as never);
  }

  /** The next thing to do; `undefined` when there is nothing, or when a `persist` must be answered first. */
  poll(): Output | undefined {
    const sentinel = this.#handle.live;
    return outputs<Output>(() => sentinel.drain(1))[0];
  }

  /** All that there is to do, in order, in one crossing. After a `persist` comes nothing before it is answered: drain until it is empty. */
  drain(): Output[] {
    const sentinel = this.#handle.live;
    return outputs<Output>(() => sentinel.drain(ALL));
  }

  // ---- inputs

  /** The clock reads `now`. To be called about every {@link tickPeriod}. */
  tick(now: number): void {
    const sentinel = this.#handle.live;
    checkTime(now, "now");
    ask(() => sentinel.tick(now));
  }

  /** The connection stands. */
  connected(link: number): void {
    const sentinel = this.#handle.live;
    checkCount(link, "link");
    call(() => sentinel.connected(link), sentinelError);
  }

  /** The connection is gone, or did not come about. */
  disconnected(link: number): void {
    const sentinel = this.#handle.live;
    checkCount(link, "link");
    call(() => sentinel.disconnected(link), sentinelError);
  }

  /**
   * These bytes came over the connection, in pieces of any size.
   *
   * @throws {SentinelError} `unknown_link`; `unexpected_reply` for more replies than commands.
   * @throws {ProtocolError} for bytes that are no replies. After this and the one before, close the connection and say `disconnected`.
   */
  received(link: number, bytes: Data, now: number): void {
    const sentinel = this.#handle.live;
    checkCount(link, "link");
    checkData(bytes, "bytes");
    checkTime(now, "now");
    call(() => sentinel.received(link, toInbox(bytes), now), sentinelError);
  }

  /**
   * A whole reply came over the connection, or a message of a subscription, as `quorate/resp` gives it, where it was decoded already.
   * Text that is a reply of its own is a simple string, as `PONG` is.
   *
   * @throws {SentinelError} as {@link received}.
   */
  reply(link: number, reply: Reply, now: number): void {
    const sentinel = this.#handle.live;
    checkCount(link, "link");
    checkTime(now, "now");
    const inbox = packedReply(reply);
    call(() => sentinel.reply(link, toInbox(inbox), now), sentinelError);
  }

  /** A message came over a subscription, for drivers that take them apart themselves. */
  message(link: number, payload: Data, now: number): void {
    const sentinel = this.#handle.live;
    checkCount(link, "link");
    checkData(payload, "payload");
    checkTime(now, "now");
    call(() => sentinel.message(link, toInbox(payload), now), sentinelError);
  }

  /** A client, or another sentinel, sent this command: its name and arguments. A `reply` answers. Clients are called what you like. */
  command(client: number, argv: Iterable<Data>, now: number): void {
    const sentinel = this.#handle.live;
    checkCount(client, "client");
    checkTime(now, "now");
    const inbox = packedArguments(argv, "argv");
    ask(() => sentinel.command(client, toInbox(inbox), now));
  }

  /** A client is gone. */
  clientClosed(client: number): void {
    const sentinel = this.#handle.live;
    checkCount(client, "client");
    ask(() => sentinel.client_closed(client));
  }

  /** A name was looked up: an IP address, or `undefined` if there is none. */
  resolved(host: string, ip: string | undefined, now: number): void {
    const sentinel = this.#handle.live;
    checkText(host, "host");
    if (ip !== undefined) checkText(ip, "ip");
    checkTime(now, "now");
    const inbox = packedArguments(ip === undefined ? [host] : [host, ip], "host");
    ask(() => sentinel.resolved(toInbox(inbox), now));
  }

  /**
   * A script ended.
   *
   * @throws {SentinelError} `unknown_script`
   */
  scriptFinished(script: number, exit: ScriptExit, now: number): void {
    const sentinel = this.#handle.live;
    checkCount(script, "script");
    checkTime(now, "now");
    let how: [number, number] = [2, 0];
    if (exit !== "not_started") {
      checkObject(exit, "exit");
      const ended: { readonly code?: number; readonly signal?: number } = exit;
      how = ended.code !== undefined ? [0, ended.code] : [1, ended.signal as number];
      checkCount(how[1], how[0] === 0 ? "exit.code" : "exit.signal", 255);
    }
    call(() => sentinel.script_finished(script, ...how, now), sentinelError);
  }

  /**
   * The lines of that ticket are durable.
   *
   * @throws {SentinelError} `unknown_ticket`
   */
  persisted(ticket: number): void {
    const sentinel = this.#handle.live;
    checkCount(ticket, "ticket");
    call(() => sentinel.persisted(ticket), sentinelError);
  }

  // ---- questions

  /** The run id. */
  get id(): string {
    const sentinel = this.#handle.live;
    return ask(() => sentinel.id());
  }

  /** The epoch that all masters share. */
  get currentEpoch(): number {
    return this.#handle.live.current_epoch();
  }

  /** Whether time is not believed at present, so that nothing is done. */
  get inTilt(): boolean {
    return this.#handle.live.in_tilt();
  }

  /** How long to wait for the next tick, in milliseconds: 52 to 100, drawn anew at each. */
  get tickPeriod(): number {
    return this.#handle.live.tick_period();
  }

  /** Where the master of that name is, as `SENTINEL GET-MASTER-ADDR-BY-NAME` says it; `undefined` if there is none of that name. */
  masterAddress(name: string): Address | undefined {
    const sentinel = this.#handle.live;
    checkText(name, "name");
    return shown<Address | null>(() => sentinel.master_address(toInbox(name))) ?? undefined;
  }

  /** What the answers to that client are written in: 3 once it said `HELLO 3`. */
  protocol(client: number): 2 | 3 {
    const sentinel = this.#handle.live;
    checkCount(client, "client");
    return ask(() => sentinel.protocol(client)) as 2 | 3;
  }

  /** What the sentinel knows and believes. */
  status(): Status {
    const sentinel = this.#handle.live;
    return withoutNever(shown<Status>(() => sentinel.status()));
  }

  /** What would be persisted now. */
  lines(): string[] {
    const sentinel = this.#handle.live;
    return shown(() => sentinel.lines());
  }

  /** All that it is, for {@link Sentinel.fromState} of this version. */
  state(): Uint8Array {
    const sentinel = this.#handle.live;
    ask(() => sentinel.state());
    return fromOutbox();
  }

  /** A hash of all that it knows, the same for the same state on every platform and in every language. */
  stateHash(): bigint {
    const sentinel = this.#handle.live;
    return ask(() => sentinel.state_hash());
  }

  /** A sentinel in the same state that goes its own way. */
  clone(): Sentinel {
    const sentinel = this.#handle.live;
    return new Sentinel(new Handle("Sentinel", () => sentinel.copy()) as never);
  }

  /** Gives back the memory that it holds. Each further use throws a {@link FreedError}; freeing twice is harmless. */
  free(): void {
    this.#handle.free();
  }
}

// Where the engine has no `using` yet there is no such symbol either.
export interface Sentinel extends Disposable {}
if (Symbol.dispose) Sentinel.prototype[Symbol.dispose] = Sentinel.prototype.free;
