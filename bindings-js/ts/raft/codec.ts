/**
 * Values to and from the module, field by field, as `src/raft/codec.rs` reads and writes them: numbers as LEB128, signed ones in
 * zigzag, bytes and lists after their length.
 */
import { ArgumentError, describe } from "../error.js";
import { putByte, putBytes } from "../scratch.js";
import { memory, raw } from "./wasm.js";
import { traceOf } from "./trace.js";
import type { Output, Progress, ProposalResult, Ready, Status } from "./output.js";
import {
  CONF_CHANGE_KINDS,
  type ConfChange,
  type ConfChangeInit,
  type ConfChangeSingle,
  type ConfChangeV1,
  type ConfChangeV1Init,
  type ConfState,
  type ConfStateInit,
  type Config,
  type Data,
  ENTRY_KINDS,
  type Entry,
  type EntryId,
  type EntryInit,
  type HardState,
  MESSAGE_KINDS,
  type Message,
  type MessageInit,
  type NodeId,
  PROGRESS_STATES,
  READ_ONLY,
  ROLES,
  type Snapshot,
  type SnapshotInit,
  type Stored,
  TRANSITIONS,
} from "./types.js";

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
const MAX_U64 = 2n ** 64n - 1n;
const NO_BYTES = new Uint8Array(0);

// ---- what goes in

/** Checks that a value is an object, and gives it as one. */
export function checkObject<T>(value: T, what: string): asserts value is T & object {
  if (value === null || typeof value !== "object") throw new ArgumentError(`${what} must be an object, found ${describe(value)}`);
}

/** Puts a term, an index or a count. */
export function putNumber(value: number | undefined, what: string): void {
  if (value === undefined) return putByte(0);
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0) {
    throw new ArgumentError(`${what} must be a whole number from 0 to 2^53 - 1, found ${describe(value)}`);
  }
  let rest = value;
  // Beyond 32 bits there is no shifting.
  for (; rest > 0x7fff_ffff; rest = Math.floor(rest / 128)) putByte((rest % 128) | 128);
  for (; rest > 127; rest >>>= 7) putByte((rest & 127) | 128);
  putByte(rest);
}

/** Puts a number of 64 bits: an id or a seed. */
export function putWide(value: number | bigint | undefined, what: string): void {
  if (typeof value !== "bigint") return putNumber(value, what);
  if (value < 0n || value > MAX_U64) throw new ArgumentError(`${what} must be from 0 to 2^64 - 1, found ${describe(value)}`);
  let rest = value;
  for (; rest > 127n; rest >>= 7n) putByte(Number(rest & 127n) | 128);
  putByte(Number(rest));
}

function putSigned(value: number | undefined, what: string): void {
  if (value === undefined) return putByte(0);
  if (typeof value !== "number" || !Number.isSafeInteger(value)) {
    throw new ArgumentError(`${what} must be a whole number from -(2^53 - 1) to 2^53 - 1, found ${describe(value)}`);
  }
  const wide = BigInt(value);
  putWide(value < 0 ? -2n * wide - 1n : 2n * wide, what);
}

export function putFlag(value: boolean | undefined, what: string, fallback = false): void {
  if (value !== undefined && typeof value !== "boolean") throw new ArgumentError(`${what} must be a boolean, found ${describe(value)}`);
  putByte((value ?? fallback) ? 1 : 0);
}

function putWord<Word extends string>(value: Word, words: readonly Word[], what: string): void {
  const number = words.indexOf(value);
  if (number < 0) {
    throw new ArgumentError(`${what} must be one of ${words.map((word) => JSON.stringify(word)).join(", ")}, found ${typeof value === "string" ? JSON.stringify(value) : describe(value)}`);
  }
  putByte(number);
}

export function putData(value: Data | undefined, what: string): void {
  if (value !== undefined && typeof value !== "string" && !(value instanceof Uint8Array)) {
    throw new ArgumentError(`${what} must be a string or a Uint8Array, found ${describe(value)}`);
  }
  const bytes = typeof value === "string" ? encoder.encode(value) : (value ?? NO_BYTES);
  putNumber(bytes.length, what);
  putBytes(bytes);
}

export function putList<T>(values: Iterable<T> | undefined, what: string, put: (value: T, what: string) => void): void {
  if (values === undefined) return putByte(0);
  if (values === null || typeof values !== "object" || typeof values[Symbol.iterator] !== "function") {
    throw new ArgumentError(`${what} must be an array, found ${describe(values)}`);
  }
  const list = Array.isArray(values) ? (values as readonly T[]) : [...values];
  putNumber(list.length, what);
  for (let i = 0; i < list.length; i += 1) put(list[i]!, `${what}[${i}]`);
}

export function checkMap(map: unknown, what: string): asserts map is ReadonlyMap<NodeId, unknown> {
  if (!(map instanceof Map)) throw new ArgumentError(`${what} must be a Map, found ${describe(map)}`);
}

/** Puts what a map has for each member. */
export function putPairs<T>(pairs: ReadonlyMap<NodeId, T>, what: string, put: (value: T, what: string) => void): void {
  checkMap(pairs, what);
  putList(pairs, what, ([id, value], which) => {
    putWide(id, which);
    put(value, which);
  });
}

export function putIds(ids: Iterable<NodeId> | undefined, what: string): void {
  putList(ids, what, putWide);
}

export function putEntry(entry: EntryInit, what: string): void {
  checkObject(entry, what);
  putNumber(entry.term, `${what}.term`);
  putNumber(entry.index, `${what}.index`);
  putWord(entry.kind ?? "normal", ENTRY_KINDS, `${what}.kind`);
  putData(entry.data, `${what}.data`);
}

export function putEntries(entries: Iterable<EntryInit> | undefined, what: string): void {
  putList(entries, what, putEntry);
}

export function putHardState(state: Partial<HardState>, what: string): void {
  checkObject(state, what);
  putNumber(state.term, `${what}.term`);
  putWide(state.vote, `${what}.vote`);
  putNumber(state.commit, `${what}.commit`);
}

export function putConfState(state: ConfStateInit, what: string): void {
  checkObject(state, what);
  putIds(state.voters, `${what}.voters`);
  putIds(state.learners, `${what}.learners`);
  putIds(state.votersOutgoing, `${what}.votersOutgoing`);
  putIds(state.learnersNext, `${what}.learnersNext`);
  putFlag(state.autoLeave, `${what}.autoLeave`);
}

export function putSnapshot(snapshot: SnapshotInit, what: string): void {
  checkObject(snapshot, what);
  putNumber(snapshot.index, `${what}.index`);
  putNumber(snapshot.term, `${what}.term`);
  putConfState(snapshot.confState, `${what}.confState`);
  putData(snapshot.data, `${what}.data`);
}

function putOptionalSnapshot(snapshot: SnapshotInit | undefined, what: string): void {
  putByte(snapshot === undefined ? 0 : 1);
  if (snapshot !== undefined) putSnapshot(snapshot, what);
}

function putSingle(single: ConfChangeSingle, what: string): void {
  checkObject(single, what);
  putWord(single.kind, CONF_CHANGE_KINDS, `${what}.kind`);
  putWide(single.nodeId, `${what}.nodeId`);
}

export function putConfChange(change: ConfChangeInit, what: string): void {
  checkObject(change, what);
  putWord(change.transition ?? "auto", TRANSITIONS, `${what}.transition`);
  putList(change.changes, `${what}.changes`, putSingle);
  putData(change.context, `${what}.context`);
}

export function putConfChangeV1(change: ConfChangeV1Init, what: string): void {
  putSingle(change, what);
  putData(change.context, `${what}.context`);
  putWide(change.id, `${what}.id`);
}

export function putMessage(message: MessageInit, what: string): void {
  checkObject(message, what);
  putWord(message.kind, MESSAGE_KINDS, `${what}.kind`);
  putWide(message.to, `${what}.to`);
  putWide(message.from, `${what}.from`);
  putNumber(message.term, `${what}.term`);
  putNumber(message.logTerm, `${what}.logTerm`);
  putNumber(message.index, `${what}.index`);
  putEntries(message.entries, `${what}.entries`);
  putNumber(message.commit, `${what}.commit`);
  putNumber(message.commitTerm, `${what}.commitTerm`);
  putWide(message.vote, `${what}.vote`);
  putOptionalSnapshot(message.snapshot, `${what}.snapshot`);
  putFlag(message.reject, `${what}.reject`);
  putNumber(message.rejectHint, `${what}.rejectHint`);
  putData(message.context, `${what}.context`);
  putSigned(message.priority, `${what}.priority`);
  putNumber(message.requestSnapshot, `${what}.requestSnapshot`);
}

const SETTINGS = {
  id: true,
  seed: true,
  electionTick: true,
  heartbeatTick: true,
  preVote: true,
  checkQuorum: true,
  readOnly: true,
  disableProposalForwarding: true,
  disableConfChangeValidation: true,
  stepDownOnRemoval: true,
  maxSizePerMsg: true,
  maxInflightMsgs: true,
  maxInflightBytes: true,
  maxUncommittedSize: true,
  maxCommittedSize: true,
  coalesceAppends: true,
  priority: true,
  commitByVote: true,
  groupCommit: true,
  trace: true,
} satisfies { [Setting in keyof Config]-?: true };

export function putConfig(config: Config): void {
  checkObject(config, "config");
  for (const name of Object.keys(config)) {
    if (!Object.hasOwn(SETTINGS, name)) throw new ArgumentError(`config.${name} is no setting; there are ${Object.keys(SETTINGS).join(", ")}`);
  }
  for (const name of ["id", "seed"] as const) {
    if (config[name] === undefined) throw new ArgumentError(`config.${name} is wanted`);
  }
  putWide(config.id, "config.id");
  putWide(config.seed, "config.seed");
  putNumber(config.electionTick ?? 10, "config.electionTick");
  putNumber(config.heartbeatTick ?? 1, "config.heartbeatTick");
  putFlag(config.preVote, "config.preVote");
  putFlag(config.checkQuorum, "config.checkQuorum");
  putWord(config.readOnly ?? "safe", READ_ONLY, "config.readOnly");
  putFlag(config.disableProposalForwarding, "config.disableProposalForwarding");
  putFlag(config.disableConfChangeValidation, "config.disableConfChangeValidation");
  putFlag(config.stepDownOnRemoval, "config.stepDownOnRemoval");
  putNumber(config.maxSizePerMsg ?? 1 << 20, "config.maxSizePerMsg");
  putNumber(config.maxInflightMsgs ?? 256, "config.maxInflightMsgs");
  putNumber(config.maxInflightBytes, "config.maxInflightBytes");
  putNumber(config.maxUncommittedSize, "config.maxUncommittedSize");
  putNumber(config.maxCommittedSize, "config.maxCommittedSize");
  putFlag(config.coalesceAppends, "config.coalesceAppends", true);
  putSigned(config.priority, "config.priority");
  putFlag(config.commitByVote, "config.commitByVote");
  putFlag(config.groupCommit, "config.groupCommit");
  putFlag(config.trace, "config.trace");
}

export function putStored(stored: Stored): void {
  checkObject(stored, "stored");
  putHardState(stored.hardState ?? {}, "stored.hardState");
  putConfState(stored.confState ?? {}, "stored.confState");
  putOptionalSnapshot(stored.snapshot, "stored.snapshot");
  putEntries(stored.entries, "stored.entries");
  putNumber(stored.applied, "stored.applied");
}

// ---- what comes out

/** Reads what the last call left in the outbox. Nothing may be called meanwhile. */
export class Reader {
  readonly #u8: Uint8Array;
  #at: number;
  /** Whether a term or an index did not fit a number. */
  inexact = false;

  constructor() {
    this.#at = raw.outbox();
    this.#u8 = memory().u8;
  }

  byte(): number {
    const byte = this.#u8[this.#at]!;
    this.#at += 1;
    return byte;
  }

  flag(): boolean {
    return this.byte() !== 0;
  }

  #leb128(): number {
    let byte = this.byte();
    if (byte < 128) return byte;
    let value = byte & 127;
    for (let scale = 128; byte >= 128; scale *= 128) {
      byte = this.byte();
      value += (byte & 127) * scale;
    }
    return value;
  }

  number(): number {
    const value = this.#leb128();
    if (value > Number.MAX_SAFE_INTEGER) this.inexact = true;
    return value;
  }

  wide(): NodeId {
    const start = this.#at;
    const value = this.#leb128();
    if (value <= Number.MAX_SAFE_INTEGER) return value;
    let wide = 0n;
    for (let at = start, shift = 0n; at < this.#at; at += 1, shift += 7n) wide |= BigInt(this.#u8[at]! & 127) << shift;
    return wide;
  }

  signed(): number {
    const value = BigInt(this.wide());
    const signed = value & 1n ? -(value >> 1n) - 1n : value >> 1n;
    if (BigInt(Number(signed)) !== signed) this.inexact = true;
    return Number(signed);
  }

  bytes(): Uint8Array {
    const length = this.#leb128();
    const start = this.#at;
    this.#at += length;
    return this.#u8.slice(start, this.#at);
  }

  text(): string {
    const length = this.#leb128();
    const start = this.#at;
    this.#at += length;
    return decoder.decode(this.#u8.subarray(start, this.#at));
  }

  list<T>(read: (reader: Reader) => T): T[] {
    const values: T[] = [];
    for (let left = this.#leb128(); left > 0; left -= 1) values.push(read(this));
    return values;
  }

  option<T>(read: (reader: Reader) => T): T | undefined {
    return this.flag() ? read(this) : undefined;
  }
}

const wide = (reader: Reader): NodeId => reader.wide();

export function readEntryId(reader: Reader): EntryId {
  return { term: reader.number(), index: reader.number() };
}

export function readEntry(reader: Reader): Entry {
  return { term: reader.number(), index: reader.number(), kind: ENTRY_KINDS[reader.byte()]!, data: reader.bytes() };
}

export function readHardState(reader: Reader): HardState {
  return { term: reader.number(), vote: reader.wide(), commit: reader.number() };
}

export function readConfState(reader: Reader): ConfState {
  return {
    voters: reader.list(wide),
    learners: reader.list(wide),
    votersOutgoing: reader.list(wide),
    learnersNext: reader.list(wide),
    autoLeave: reader.flag(),
  };
}

export function readSnapshot(reader: Reader): Snapshot {
  return { index: reader.number(), term: reader.number(), confState: readConfState(reader), data: reader.bytes() };
}

function readSingle(reader: Reader): ConfChangeSingle {
  return { kind: CONF_CHANGE_KINDS[reader.byte()]!, nodeId: reader.wide() };
}

export function readConfChangeV1(reader: Reader): ConfChangeV1 {
  return { ...readSingle(reader), context: reader.bytes(), id: reader.wide() };
}

export function readConfChange(reader: Reader): ConfChange {
  const transition = TRANSITIONS[reader.byte()]!;
  const changes = reader.list(readSingle);
  return { changes, transition, context: reader.bytes() };
}

export function readMessage(reader: Reader): Message {
  return {
    kind: MESSAGE_KINDS[reader.byte()]!,
    to: reader.wide(),
    from: reader.wide(),
    term: reader.number(),
    logTerm: reader.number(),
    index: reader.number(),
    entries: reader.list(readEntry),
    commit: reader.number(),
    commitTerm: reader.number(),
    vote: reader.wide(),
    snapshot: reader.option(readSnapshot),
    reject: reader.flag(),
    rejectHint: reader.number(),
    context: reader.bytes(),
    priority: reader.signed(),
    requestSnapshot: reader.number(),
    responses: reader.list(readMessage),
  };
}

export function readOutput(reader: Reader): Output {
  const kind = reader.byte();
  switch (kind) {
    case 1:
      return { kind: "send", message: readMessage(reader) };
    case 2:
      return {
        kind: "persist",
        ticket: reader.number(),
        hardState: reader.option(readHardState),
        snapshot: reader.option(readSnapshot),
        entries: reader.list(readEntry),
        mustSync: reader.flag(),
      };
    case 3:
      return { kind: "apply", entries: reader.list(readEntry) };
    case 4:
      return { kind: "read_ready", index: reader.number(), context: reader.bytes() };
    case 5:
      return { kind: "read_lost", context: reader.bytes() };
    case 6:
      return { kind: "role_changed", role: ROLES[reader.byte()]!, lead: reader.wide(), term: reader.number() };
    case 7:
      return { kind: "fetch", to: reader.wide(), previous: reader.number(), end: reader.number() };
    case 8:
      return { kind: "trace", trace: traceOf(reader.text()) };
    default:
      throw new Error(`an output of an unknown kind, ${kind}`);
  }
}

export function readProposed(reader: Reader): ProposalResult {
  if (reader.byte() === 2) return { kind: "forwarded", lead: reader.wide() };
  const { term, index } = readEntryId(reader);
  return { kind: "proposed", index, term };
}

export function readReady(reader: Reader): Ready {
  return {
    softState: reader.option((each) => ({ role: ROLES[each.byte()]!, lead: each.wide() })),
    hardState: reader.option(readHardState),
    readStates: reader.list((each) => ({ index: each.number(), context: each.bytes() })),
    entries: reader.list(readEntry),
    snapshot: reader.option(readSnapshot),
    committedEntries: reader.list(readEntry),
    messages: reader.list(readMessage),
    mustSync: reader.flag(),
  };
}

function readProgress(reader: Reader): [NodeId, Progress] {
  return [
    reader.wide(),
    {
      matched: reader.number(),
      next: reader.number(),
      state: PROGRESS_STATES[reader.byte()]!,
      pendingSnapshot: reader.number(),
      recentActive: reader.flag(),
      paused: reader.flag(),
      inflight: reader.number(),
      isLearner: reader.flag(),
      commitGroup: reader.number(),
    },
  ];
}

export function readStatus(reader: Reader): Status {
  return {
    id: reader.wide(),
    role: ROLES[reader.byte()]!,
    lead: reader.wide(),
    hardState: readHardState(reader),
    log: {
      committed: reader.number(),
      applied: reader.number(),
      applying: reader.number(),
      stableEnd: reader.number(),
      persistingEnd: reader.number(),
      unstable: reader.number(),
    },
    firstIndex: reader.number(),
    last: readEntryId(reader),
    confState: readConfState(reader),
    progress: new Map(reader.list(readProgress)),
    votes: new Map(reader.list((each): [NodeId, boolean] => [each.wide(), each.flag()])),
    transferee: reader.wide(),
    electionElapsed: reader.number(),
    electionTimeout: reader.number(),
    fenced: reader.option((each) => each.text()),
  };
}
