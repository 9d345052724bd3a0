/// <reference lib="esnext.disposable" preserve="true" />
/** A simulated world. */
import { ArgumentError, describe } from "../error.js";
import { checkCount } from "../instance.js";
import { SimError } from "./error.js";
import { parse } from "../json.js";
import { withoutNever } from "../sentinel/status.js";
import type { Event, Kind, Moment, Operation, Report, View, Violation } from "./view.js";
import { Handle, fromOutbox, raw, toInbox, trapped } from "./wasm.js";

/** A millisecond, in the microseconds that worlds count. */
export const MILLISECOND = 1_000;

/** A second, likewise. */
export const SECOND = 1_000_000;

/** A time that something takes: microseconds, or text with a unit (`"10ms"`, `"2s"`, `"30us"`). */
export type Duration = number | string;

/** A share of all: 0 to 1, or text (`"5%"`, `"300ppm"`). */
export type Share = number | string;

/** Settings of a world of any kind. */
export interface CommonSettings {
  /** The time between two ticks of a machine's clock. Default 10 ms; of kind `sentinel` 100 ms. */
  readonly tick?: Duration | undefined;
  /** Where all randomness comes from. Default 1. */
  readonly seed?: number | bigint | undefined;
  /** The least time that a message takes. Default 5 ms; of kind `sentinel` 1 ms. */
  readonly latency?: Duration | undefined;
  /** How much more it may take. Default 10 ms; of kind `sentinel` 1 ms. */
  readonly jitter?: Duration | undefined;
  /** How many messages are lost. Default none. */
  readonly loss?: Share | undefined;
  /** How many messages arrive twice. Default none. */
  readonly duplicates?: Share | undefined;
  /** How many messages are held up, so that others overtake them. Default none. */
  readonly reordering?: Share | undefined;
  /** By how much at the most. Default 100 ms. */
  readonly reorderingDelay?: Duration | undefined;
  /** Messages go through the bytes of the wire. Default false. */
  readonly wire?: boolean | undefined;
  /** How long a write takes to be durable. Default 1 ms; of kind `sentinel` 5 ms. */
  readonly disk?: Duration | undefined;
  /** How much longer it may take. Default 0. */
  readonly diskJitter?: Duration | undefined;
  /** A crash in the middle of writes may leave any first part of them; if not, it leaves none. Default true. */
  readonly tornWrites?: boolean | undefined;
  /** How many clients put, append and get of themselves, all the time. Default 0. */
  readonly clients?: number | undefined;
  /** How many keys they share. Default 2. */
  readonly keys?: number | undefined;
  /** How long a client waits between two operations, at the most. Default 50 ms; of kind `sentinel` 200 ms. */
  readonly think?: Duration | undefined;
  /** How long a client waits for an answer. Default 300 ms; of kind `sentinel` 1 s. */
  readonly clientTimeout?: Duration | undefined;
  /** How often a client tries again, elsewhere, before it gives up. Default 3. */
  readonly retries?: number | undefined;
}

/** Settings of a world of kind `raft`. */
export interface RaftSettings extends CommonSettings {
  /** How many machines form the group at first: 1 to 9. Default 5. */
  readonly nodes?: number | undefined;
  /** How many more machines run that are not in the group yet. Default 0. */
  readonly spares?: number | undefined;
  /**
   * Ticks without word from a leader after which a follower stands for election: from here to twice as many, less one. Default 15.
   */
  readonly electionTicks?: number | undefined;
  /** Ticks between heartbeats. Default 5. */
  readonly heartbeatTicks?: number | undefined;
  /** Whether machines stand for election of themselves; if not, only when told to. Default true. */
  readonly timers?: boolean | undefined;
  /** Ask before standing for election. Default false. */
  readonly prevote?: boolean | undefined;
  /** Step down without a quorum, and ignore candidates while there is a leader. Default false. */
  readonly checkQuorum?: boolean | undefined;
  /** A leader that is removed follows at once. Default false. */
  readonly stepDownOnRemoval?: boolean | undefined;
  /** Followers send proposals on to the leader; if not, they refuse them. Default true. */
  readonly forwarding?: boolean | undefined;
  /** How the clients' reads are answered. Default `index`; `lease` needs `checkQuorum`, `local` is not linearizable. */
  readonly reads?: "index" | "lease" | "log" | "local" | undefined;
  /** The most bytes of entries in one message. Default 1 MiB. */
  readonly maxMessageSize?: number | undefined;
  /** The most messages to a member that are not acknowledged. Default 256. */
  readonly maxInflight?: number | undefined;
  /** After how many applied entries a machine takes a snapshot; 0 for never. Default 0. */
  readonly snapshotEvery?: number | undefined;
  /** How many entries before its snapshot a machine keeps. Default 2. */
  readonly snapshotKeep?: number | undefined;
  /** Machines know a request that they have seen. Default true. */
  readonly sessions?: boolean | undefined;
}

/** Settings of a world of kind `sentinel`. */
export interface SentinelSettings extends CommonSettings {
  /** How many servers each group has, its master counted: 1 to 9. Default 3. */
  readonly servers?: number | undefined;
  /** How many sentinels there are: 1 to 9. Default 3. */
  readonly sentinels?: number | undefined;
  /** How many groups there are: 1 to 200. Default 1. */
  readonly groups?: number | undefined;
  /** How many sentinels must hold a master for down before a failover is tried. Default 2. */
  readonly quorum?: number | undefined;
  /** `down-after-milliseconds`: silence after which an instance counts as down. Default 3 s. */
  readonly downAfter?: Duration | undefined;
  /** `failover-timeout`. Default 10 s. */
  readonly failoverTimeout?: Duration | undefined;
  /** `parallel-syncs`: how many replicas are pointed to the new master at once. Default 1. */
  readonly parallelSyncs?: number | undefined;
  /** Which epoch elections are counted by: `compat`, the default, as real sentinels do, or `strict`. */
  readonly profile?: "compat" | "strict" | undefined;
  /** `min-replicas-to-write` of all servers. Default 0. */
  readonly minReplicasToWrite?: number | undefined;
  /** `min-replicas-max-lag` of all servers, in seconds. Default 10. */
  readonly minReplicasMaxLag?: number | undefined;
  /** `replica-priority` of the servers of each group, in their order, as `"100,50,0"`; the last is that of all others. Default `"100"`. */
  readonly priorities?: number | string | undefined;
  /** How often servers save their data, so that it survives a crash; 0 is never. Default 1 s. */
  readonly saveEvery?: Duration | undefined;
  /** `repl-diskless-sync-delay`: how long a snapshot waits for more replicas. Default 5 s. */
  readonly syncDelay?: Duration | undefined;
  /** How long clients trust a connection before they ask again who is master. Default 10 s. */
  readonly checkEvery?: Duration | undefined;
  /** `info-period` of sentinels. Default 10 s. */
  readonly infoPeriod?: Duration | undefined;
  /** `ping-period` of sentinels. Default 1 s. */
  readonly pingPeriod?: Duration | undefined;
  /** `ask-period` of sentinels. Default 1 s. */
  readonly askPeriod?: Duration | undefined;
  /** `publish-period` of sentinels. Default 2 s. */
  readonly publishPeriod?: Duration | undefined;
  /** `tilt-trigger` of sentinels. Default 2 s. */
  readonly tiltTrigger?: Duration | undefined;
  /** `tilt-period` of sentinels. Default 30 s. */
  readonly tiltPeriod?: Duration | undefined;
}

/** Settings of a world. */
export type Settings = RaftSettings | SentinelSettings;

/**
 * A seeded world of machines, clients and a network. See the module for an example.
 *
 * It holds memory of the WebAssembly until `free()`, or until it is collected.
 */
export class World {
  readonly #handle: Handle<raw.RawWorld>;

  /**
   * @param kind What its machines are. `raft`, the default: members of one Raft group. `sentinel`: servers that replicate, the
   * sentinels that watch them, and clients that ask those where to write.
   * @param settings Those that are not as usual.
   * @throws {SimError}
   */
  constructor(kind?: "raft", settings?: RaftSettings);
  constructor(kind: "sentinel", settings?: SentinelSettings);
  constructor(kind: Kind = "raft", settings: Settings = {}) {
    const given: unknown = kind;
    // A script, a branch and a clone bring theirs.
    if (given instanceof Handle) {
      this.#handle = given;
      return;
    }
    const lines = [checkText(given, "kind"), ...settingLines(settings)].join("\n");
    this.#handle = new Handle("World", () => made(raw.world_of(toInbox(lines))));
  }

  /**
   * Makes a world from a script, whose steps {@link run} carries out.
   *
   * @throws {SimError} `invalid_script`, with the line; `broken_rules_absent` for a script about rules that this build keeps.
   */
  static fromScript(script: string): World {
    checkText(script, "script");
    return of(() => made(raw.world_from_script(toInbox(script))));
  }

  /** Carries out the script that the world was made from, to its end. */
  run(): Report {
    const world = this.#handle.live;
    return reported(() => world.run());
  }

  /** How the script went, as far as it was carried out. */
  report(): Report {
    const world = this.#handle.live;
    return reported(() => world.report());
  }

  /** Lets the next thing happen. Says whether there was one. */
  step(): boolean {
    const world = this.#handle.live;
    return ask(() => world.step());
  }

  /** Goes on until that time: everything that is due by then happens. Does nothing if it is past. */
  runUntil(at: number): void {
    const world = this.#handle.live;
    checkCount(at, "at");
    ask(() => world.run_until(at));
  }

  /** Goes on for so many microseconds. */
  runFor(duration: number): void {
    const world = this.#handle.live;
    checkCount(duration, "duration");
    ask(() => world.run_for(duration));
  }

  /**
   * Goes on until something holds, for so many microseconds at the most; default 10 seconds. Says whether it holds.
   *
   * @param predicate What a script would expect: `leader != none`, `commit 1 >= 3`.
   * @throws {SimError} `invalid_question`
   */
  until(predicate: string, within: number = 10 * SECOND): boolean {
    const world = this.#handle.live;
    checkText(predicate, "predicate");
    checkCount(within, "within");
    const answer = ask(() => world.until(toInbox(predicate), within));
    if (answer > 1) throw simError();
    return answer === 1;
  }

  /**
   * Does something to the world, now: `crash 3`, `partition 1 2 | 3 4 5`, `ask c1 x=1`.
   *
   * If the world went back in time, the future that it came from is gone; a {@link branch} keeps it.
   *
   * @throws {SimError} `refused` where a machine refused, which is part of the run.
   */
  act(action: string): void {
    const world = this.#handle.live;
    checkText(action, "action");
    if (!ask(() => world.act(toInbox(action)))) throw simError();
  }

  /**
   * Answers what scripts ask: `leader`, `commit 1`, `value 3 x`; each kind of world has its own.
   *
   * @throws {SimError} `invalid_question`
   */
  ask(question: string): string {
    const world = this.#handle.live;
    checkText(question, "question");
    if (!ask(() => world.ask(toInbox(question)))) throw simError();
    return text();
  }

  /** Goes to a time, back or on: everything that was due by then has happened, and every action until then was done. */
  seek(at: number): void {
    const world = this.#handle.live;
    checkCount(at, "at");
    ask(() => world.seek(at));
  }

  /** Goes to where so many events were processed, back or on, and every action until then was done. */
  seekEvent(events: number): void {
    const world = this.#handle.live;
    checkCount(events, "events");
    ask(() => world.seek_event(events));
  }

  /** This moment, for {@link seekMoment}. Several may share a time. */
  moment(): Moment {
    const world = this.#handle.live;
    return shown(() => world.moment());
  }

  /**
   * Goes to a moment that was, as {@link moment} named it.
   *
   * @throws {SimError} `no_such_moment` for one of another branch.
   */
  seekMoment(moment: Moment): void {
    const world = this.#handle.live;
    if (moment === null || typeof moment !== "object") throw new ArgumentError(`moment must be an object, found ${describe(moment)}`);
    const { at, events, actions } = moment;
    checkCount(at, "moment.at");
    checkCount(events, "moment.events");
    checkCount(actions, "moment.actions", 0xffff_ffff);
    if (!ask(() => world.seek_moment(at, events, actions))) throw simError();
  }

  /** Another world that is the same up to here and knows of no future. */
  branch(): World {
    const world = this.#handle.live;
    return of(() => world.branch());
  }

  /** Another world that is the same in all, what it knows of the future included. */
  clone(): World {
    const world = this.#handle.live;
    return of(() => world.copy());
  }

  /** Microseconds since the world began. */
  get now(): number {
    return this.#handle.live.now();
  }

  /** How many events were processed. */
  get eventCount(): number {
    return this.#handle.live.event_count();
  }

  /** All that a drawing of this moment needs: machines, logs, timers, messages in flight, clients. */
  view(): View {
    const world = this.#handle.live;
    const view = shown<View>(() => world.view());
    for (const machine of view.machines) if (machine.kind === "sentinel" && machine.status) withoutNever(machine.status);
    return view;
  }

  /** What happened, from that many events of the list on. Going back in time makes the list shorter. */
  events(start = 0): Event[] {
    const world = this.#handle.live;
    checkCount(start, "start", 0xffff_ffff);
    return shown(() => world.events(start));
  }

  /** What clients asked, and how it ended. */
  history(): Operation[] {
    const world = this.#handle.live;
    return shown(() => world.history());
  }

  /** What does not hold: the first violation of each invariant. */
  violations(): Violation[] {
    const world = this.#handle.live;
    return shown(() => world.violations());
  }

  /**
   * What happened between two times, as a space-time diagram in text; by default all of it.
   *
   * Time runs down, each machine is a lane, an arrow is a message that arrives. Heartbeats are counted, not drawn.
   */
  diagram(from = 0, to: number = this.now): string {
    const world = this.#handle.live;
    checkCount(from, "from");
    checkCount(to, "to");
    ask(() => world.diagram(from, to));
    return text();
  }

  /** The script that leads to this moment in any world of this version. */
  toScript(): string {
    const world = this.#handle.live;
    ask(() => world.to_script());
    return text();
  }

  /**
   * A hash of all that can be seen of the world, as 16 hexadecimal digits, as scripts write it; the same on every platform and in
   * every language.
   */
  stateHash(): string {
    const world = this.#handle.live;
    return ask(() => world.state_hash());
  }

  /** Gives back the memory that the world holds. Each further use throws a {@link FreedError}; freeing twice is harmless. */
  free(): void {
    this.#handle.free();
  }
}

// Where the engine has no `using` yet there is no such symbol either.
export interface World extends Disposable {}
if (Symbol.dispose) World.prototype[Symbol.dispose] = World.prototype.free;

/** The world of a raw one. */
function of(make: () => raw.RawWorld): World {
  return new World(new Handle("World", make) as never);
}

function made(world: raw.RawWorld | undefined): raw.RawWorld {
  if (world === undefined) throw simError();
  return world;
}

function simError(): SimError {
  return new SimError(raw.error_code(), raw.error_message());
}

function ask<T>(run: () => T): T {
  try {
    return run();
  } catch (cause) {
    throw trapped(cause);
  }
}

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** The text that the last call left. */
function text(): string {
  return decoder.decode(fromOutbox());
}

/** What a call leaves as JSON. */
function shown<T>(run: () => void): T {
  ask(run);
  return parse(text()) as T;
}

function reported(run: () => void): Report {
  const [report, words] = shown<[Omit<Report, "text">, string]>(run);
  return { ...report, text: words };
}

function checkText(value: unknown, what: string): string {
  if (typeof value !== "string") throw new ArgumentError(`${what} must be a string, found ${describe(value)}`);
  return value;
}

/** Each setting's name, as scripts have it, and what its value may mean there. */
function settingLines(settings: Settings): string[] {
  if (settings === null || typeof settings !== "object") throw new ArgumentError(`settings must be an object, found ${describe(settings)}`);
  const lines: string[] = [];
  for (const [name, value] of Object.entries(settings) as [string, unknown][]) {
    if (value === undefined) continue;
    lines.push([name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`), ...meanings(value, name)].join("\t"));
  }
  return lines;
}

function meanings(value: unknown, name: string): string[] {
  switch (typeof value) {
    case "boolean":
      return [value ? "on" : "off"];
    case "bigint":
      return [String(value)];
    case "string":
      if (/[\t\r\n]/.test(value)) break;
      return [value];
    case "number": {
      // A count or a duration; a share.
      const share = `${Math.round(value * 1e6)}ppm`;
      if (!Number.isSafeInteger(value)) return Number.isFinite(value) ? [share] : [String(value)];
      return value === 0 || value === 1 ? [String(value), `${value}us`, share] : [String(value), `${value}us`];
    }
  }
  throw new ArgumentError(`${name} must be a boolean, a number or a string of one line, found ${describe(value)}`);
}
