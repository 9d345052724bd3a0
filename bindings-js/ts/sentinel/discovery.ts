/// <reference lib="esnext.disposable" preserve="true" />
/** How a client of Redis finds the primary and its replicas through sentinels. */
import { checkCount, checkData } from "../instance.js";
import type { Reply } from "../resp/value.js";
import { ALL, type Data, ask, call, checkState, checkText, checkTime, checkWord, made, outputs, packedArguments, refusal, shown } from "./call.js";
import { sentinelError } from "./error.js";
import type { DiscoveryOutput, HandedOut } from "./output.js";
import { type Setting, count, flag, list, millis, object, optional, pair, port, seed, size, text, word } from "./settings.js";
import { type Address, type AddressInit, type DiscoveryConfig, READ_PREFERENCES, type ReadPreference } from "./types.js";
import { packedReply } from "./value.js";
import { Handle, fromOutbox, raw, toInbox } from "./wasm.js";

const fields = object({ host: text, ip: text, port }, ["host", "port"]);
/** The module finds out whether the host is an IP address. */
const address: Setting = (value, what) => fields(value === null || typeof value !== "object" ? value : { ip: "", ...definite(value as AddressInit) }, what);
const settings = object(
  {
    name: text,
    sentinels: list(address),
    sentinelTimeoutMs: millis,
    nodeTimeoutMs: millis,
    giveUpAfterMs: optional(millis),
    backoffMs: millis,
    maxBackoffMs: millis,
    checkEveryMs: optional(millis),
    listeners: size,
    minOtherSentinels: size,
    learnSentinels: flag,
    maxSentinels: size,
    maxRequests: size,
    stale: word({ last_resort: "LastResort", never: "Never" }),
    nat: list(pair(address, address)),
    weights: list(pair(address, count(0xffff_ffff))),
    seed,
    trace: flag,
  },
  ["name", "sentinels"],
);

/** What is not undefined of it. */
function definite(address: AddressInit): object {
  return Object.fromEntries(Object.entries(address).filter(([, value]) => value !== undefined));
}

/**
 * How a client of Redis finds the primary and its replicas through sentinels, and learns that they changed.
 *
 * Ask with {@link request} before *every* connection, also one that replaces a broken one: addresses are never remembered. The
 * answer, `resolved`, is a connection that stands, to a server that has said itself that it is what was asked for. It is the
 * caller's from then on; say {@link disconnected} when it ends, {@link refused} when a command over it is answered with an error, and
 * close it at `invalidate`. After each method do what {@link drain} or {@link poll} say, in order, and call {@link tick} at
 * {@link nextTickMs}. Times are milliseconds of a clock that never goes back.
 *
 * It holds memory of the WebAssembly until `free()`, or until it is collected.
 */
export class Discovery {
  readonly #handle: Handle<raw.RawDiscovery>;

  /** @throws {SentinelError} `invalid_config` */
  constructor(config: DiscoveryConfig) {
    // A clone and a state bring their own.
    if (config instanceof Handle) {
      this.#handle = config;
      return;
    }
    const json = settings(config, "config");
    this.#handle = new Handle("Discovery", () => made(raw.discovery_of(toInbox(json)), sentinelError));
  }

  /**
   * Makes a discovery that goes on where the one that gave `state` was, in this version of the package.
   *
   * @throws {SentinelError} `invalid_state`
   */
  static fromState(state: Uint8Array): Discovery {
    checkState(state);
    return new Discovery(new Handle("Discovery", () => made(raw.discovery_from_state(toInbox(state)), sentinelError)) as never);
  }

  /** The next thing to do; `undefined` when there is nothing. */
  poll(): DiscoveryOutput | undefined {
    const discovery = this.#handle.live;
    return outputs<DiscoveryOutput>(() => discovery.drain(1))[0];
  }

  /** All that there is to do, in order, in one crossing. */
  drain(): DiscoveryOutput[] {
    const discovery = this.#handle.live;
    return outputs<DiscoveryOutput>(() => discovery.drain(ALL));
  }

  // ---- inputs

  /**
   * Asks for a connection; `resolved` or `failed` answers. Returns what the request is called.
   *
   * @throws {SentinelError} `too_many_requests`
   */
  request(preference: ReadPreference, now: number): number {
    const discovery = this.#handle.live;
    checkWord(preference, READ_PREFERENCES, "preference");
    checkTime(now, "now");
    const request = ask(() => discovery.request(READ_PREFERENCES.indexOf(preference), now));
    if (request < 0) throw sentinelError(refusal());
    return request;
  }

  /**
   * Nobody waits for that request any more.
   *
   * @throws {SentinelError} `unknown_request`
   */
  cancel(request: number, now: number): void {
    const discovery = this.#handle.live;
    checkCount(request, "request");
    checkTime(now, "now");
    call(() => discovery.cancel(request, now), sentinelError);
  }

  /** The connection stands. */
  connected(link: number, now: number): void {
    const discovery = this.#handle.live;
    checkCount(link, "link");
    checkTime(now, "now");
    call(() => discovery.connected(link, now), sentinelError);
  }

  /** The connection is gone, or did not come about: one of this machine's, or one that was handed out. */
  disconnected(link: number, now: number): void {
    const discovery = this.#handle.live;
    checkCount(link, "link");
    checkTime(now, "now");
    call(() => discovery.disconnected(link, now), sentinelError);
  }

  /**
   * These bytes came over the connection, in pieces of any size; not over one that was handed out.
   *
   * @throws {SentinelError} `unknown_link`; `unexpected_reply` for more replies than commands.
   * @throws {ProtocolError} for bytes that are no replies. After this and the one before, close the connection and say `disconnected`.
   */
  received(link: number, bytes: Data, now: number): void {
    const discovery = this.#handle.live;
    checkCount(link, "link");
    checkData(bytes, "bytes");
    checkTime(now, "now");
    call(() => discovery.received(link, toInbox(bytes), now), sentinelError);
  }

  /**
   * A whole reply came over the connection, or a push, as `quorate/resp` gives it, where it was decoded already.
   *
   * @throws {SentinelError} as {@link received}.
   */
  reply(link: number, reply: Reply, now: number): void {
    const discovery = this.#handle.live;
    checkCount(link, "link");
    checkTime(now, "now");
    const inbox = packedReply(reply);
    call(() => discovery.reply(link, toInbox(inbox), now), sentinelError);
  }

  /** A message came over a subscription, for drivers that take them apart themselves. */
  message(link: number, channel: string, payload: Data, now: number): void {
    const discovery = this.#handle.live;
    checkCount(link, "link");
    checkText(channel, "channel");
    checkTime(now, "now");
    const inbox = packedArguments([channel, payload], "message");
    call(() => discovery.message(link, toInbox(inbox), now), sentinelError);
  }

  /**
   * A command over a connection that was handed out was answered with that error: `READONLY ...`. Says whether the connection is of no
   * use any more; then it, and all others to that server, are given up with `invalidate`.
   */
  refused(link: number, error: Data, now: number): boolean {
    const discovery = this.#handle.live;
    checkCount(link, "link");
    checkData(error, "error");
    checkTime(now, "now");
    const answer = ask(() => discovery.refused(link, toInbox(error), now));
    if (answer > 1) throw sentinelError(refusal());
    return answer === 1;
  }

  /** The clock reads `now`. */
  tick(now: number): void {
    const discovery = this.#handle.live;
    checkTime(now, "now");
    ask(() => discovery.tick(now));
  }

  // ---- questions

  /** The server that said last that it is the primary, as it is announced. It is no answer to where the primary is. */
  primary(): Address | undefined {
    const discovery = this.#handle.live;
    return shown<Address | null>(() => discovery.primary()) ?? undefined;
  }

  /** The sentinels, in the order in which they are asked next. */
  sentinels(): Address[] {
    const discovery = this.#handle.live;
    return shown(() => discovery.sentinels());
  }

  /** The connections that were handed out. */
  handedOut(): HandedOut[] {
    const discovery = this.#handle.live;
    const list = shown<[HandedOut["link"], Address, HandedOut["role"]][]>(() => discovery.handed_out());
    return list.map(([link, address, role]) => ({ link, address, role }));
  }

  /** When {@link tick} has something to do next; `undefined` while nothing is under way. */
  get nextTickMs(): number | undefined {
    const at = this.#handle.live.next_tick_ms();
    return Number.isNaN(at) ? undefined : at;
  }

  /** All that it is, for {@link Discovery.fromState} of this version. */
  state(): Uint8Array {
    const discovery = this.#handle.live;
    ask(() => discovery.state());
    return fromOutbox();
  }

  /** A hash of all that it knows, the same for the same state on every platform and in every language. */
  stateHash(): bigint {
    const discovery = this.#handle.live;
    return ask(() => discovery.state_hash());
  }

  /** A discovery in the same state that goes its own way. */
  clone(): Discovery {
    const discovery = this.#handle.live;
    return new Discovery(new Handle("Discovery", () => discovery.copy()) as never);
  }

  /** Gives back the memory that it holds. Each further use throws a {@link FreedError}; freeing twice is harmless. */
  free(): void {
    this.#handle.free();
  }
}

// Where the engine has no `using` yet there is no such symbol either.
export interface Discovery extends Disposable {}
if (Symbol.dispose) Discovery.prototype[Symbol.dispose] = Discovery.prototype.free;
