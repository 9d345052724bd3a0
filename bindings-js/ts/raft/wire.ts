/** Values that are made and written: `raftpb` and `eraftpb` bytes, and what is easily said. */
import { ArgumentError, describe } from "../error.js";
import { checkData } from "../instance.js";
import { ask, call, left, raftError, send } from "./call.js";
import {
  type Reader,
  checkObject,
  putConfChange,
  putConfChangeV1,
  putEntry,
  putHardState,
  putMessage,
  putSnapshot,
  readConfChange,
  readConfChangeV1,
  readEntry,
  readHardState,
  readMessage,
  readSnapshot,
} from "./codec.js";
import { WireError } from "./error.js";
import {
  type ConfChange as ConfChangeValue,
  type ConfChangeInit,
  type ConfChangeKind,
  type ConfChangeV1 as ConfChangeV1Value,
  type ConfChangeV1Init,
  DIALECTS,
  type Dialect,
  type Entry as EntryValue,
  type EntryInit,
  type HardState as HardStateValue,
  type Message as MessageValue,
  type MessageInit,
  NONE,
  type NodeId,
  type Snapshot as SnapshotValue,
  type SnapshotInit,
  type Stored as StoredValue,
} from "./types.js";
import { fromOutbox, raw, toInbox } from "./wasm.js";

/** A {@link MessageInit} as bytes, and back. */
export type Message = MessageValue;
export const Message = {
  /** The message as its receiver reads it. Default dialect `etcd`. */
  encode(message: MessageInit, dialect: Dialect = "etcd"): Uint8Array {
    const raftRs = isRaftRs(dialect);
    return encoded(() => putMessage(message, "message"), (length) => raw.encode_message(length, raftRs));
  },

  /**
   * The message of these bytes. Default dialect `etcd`.
   *
   * @throws {WireError} if they are none, or if a term or an index in them is beyond 2^53 - 1.
   */
  decode(bytes: Uint8Array, dialect: Dialect = "etcd"): Message {
    const raftRs = isRaftRs(dialect);
    return decoded(bytes, (length) => raw.decode_message(length, raftRs), readMessage);
  },
} as const;

/** An {@link EntryInit} as bytes, and back. */
export type Entry = EntryValue;
export const Entry = {
  /** Its `raftpb` bytes, as they may be stored. */
  encode(entry: EntryInit): Uint8Array {
    return encoded(() => putEntry(entry, "entry"), raw.encode_entry);
  },

  /**
   * Reads what `encode` wrote.
   *
   * @throws {WireError}
   */
  decode(bytes: Uint8Array): Entry {
    return decoded(bytes, raw.decode_entry, readEntry);
  },

  /**
   * The change of membership that an entry holds, of either version; `undefined` for a command.
   *
   * @throws {WireError} if its data is none.
   */
  confChange(entry: EntryInit): ConfChange | undefined {
    let found = 0;
    send(
      () => putEntry(entry, "entry"),
      (length) => {
        found = raw.entry_conf_change(length);
        return true;
      },
    );
    if (found === 2) throw raftError();
    return found === 1 ? left(readConfChange) : undefined;
  },
} as const;

/** A hard state as bytes, and back. */
export type HardState = HardStateValue;
export const HardState = {
  /** Its `raftpb` bytes, as they may be stored. */
  encode(state: Partial<HardState>): Uint8Array {
    return encoded(() => putHardState(state, "state"), raw.encode_hard_state);
  },

  /**
   * Reads what `encode` wrote.
   *
   * @throws {WireError}
   */
  decode(bytes: Uint8Array): HardState {
    return decoded(bytes, raw.decode_hard_state, readHardState);
  },
} as const;

/** A snapshot as bytes, and back. */
export type Snapshot = SnapshotValue;
export const Snapshot = {
  /** Its `raftpb` bytes, as they may be stored. */
  encode(snapshot: SnapshotInit): Uint8Array {
    return encoded(() => putSnapshot(snapshot, "snapshot"), raw.encode_snapshot);
  },

  /**
   * Reads what `encode` wrote.
   *
   * @throws {WireError}
   */
  decode(bytes: Uint8Array): Snapshot {
    return decoded(bytes, raw.decode_snapshot, readSnapshot);
  },
} as const;

/** Changes of membership: the usual ones, and their bytes. */
export type ConfChange = ConfChangeValue;
export const ConfChange = {
  /** `nodeId` becomes a voter. */
  addNode: (nodeId: NodeId): ConfChange => of("add_node", nodeId),
  /** `nodeId` becomes a learner: it receives the log and has no vote. */
  addLearnerNode: (nodeId: NodeId): ConfChange => of("add_learner_node", nodeId),
  /** `nodeId` leaves. */
  removeNode: (nodeId: NodeId): ConfChange => of("remove_node", nodeId),
  /** Something that only the application knows of changes for `nodeId`. */
  updateNode: (nodeId: NodeId): ConfChange => of("update_node", nodeId),
  /** The change that leaves a joint configuration: an empty one. */
  leaveJoint: (): ConfChange => ({ changes: [], transition: "auto", context: new Uint8Array(0) }),

  /** Its `raftpb` bytes, as an entry holds them. */
  encode(change: ConfChangeInit): Uint8Array {
    return encoded(() => putConfChange(change, "change"), raw.encode_conf_change);
  },

  /**
   * Reads what `encode` wrote.
   *
   * @throws {WireError}
   */
  decode(bytes: Uint8Array): ConfChange {
    return decoded(bytes, raw.decode_conf_change, readConfChange);
  },
} as const;

/** Changes of one member, as older members write them, as bytes and back. A node writes {@link ConfChange}. */
export type ConfChangeV1 = ConfChangeV1Value;
export const ConfChangeV1 = {
  /** The same as a {@link ConfChange}, which has no `id`. */
  v2: ({ kind, nodeId, context }: ConfChangeV1Init): ConfChangeInit => ({ changes: [{ kind, nodeId }], transition: "auto", context }),

  /** Its `raftpb` bytes, as an entry of kind `conf_change` holds them. */
  encode(change: ConfChangeV1Init): Uint8Array {
    return encoded(() => putConfChangeV1(change, "change"), raw.encode_conf_change_v1);
  },

  /**
   * Reads what `encode` wrote.
   *
   * @throws {WireError}
   */
  decode(bytes: Uint8Array): ConfChangeV1 {
    return decoded(bytes, raw.decode_conf_change_v1, readConfChangeV1);
  },
} as const;

function of(kind: ConfChangeKind, nodeId: NodeId): ConfChange {
  return { changes: [{ kind, nodeId }], transition: "auto", context: new Uint8Array(0) };
}

/**
 * What a node finds when it starts.
 *
 * - `Stored.group`: the first members of a new group.
 * - `{}`, which is nothing at all: a member that is added to a group later. It waits for a snapshot that names it; if the leader has
 *   none, it asks for one with a `fetch` output.
 * - What was persisted: a member that starts again, whichever of the two it began with.
 *
 * A group may also begin without a snapshot, as etcd's `Bootstrap` has it: `{ confState: { voters } }`. Then a member that is added
 * later must be given the same.
 */
export type Stored = StoredValue;
export const Stored = {
  /**
   * A new group of these voters, for each of its first members.
   *
   * It begins with a snapshot of the empty state machine at index 1 and term 1, which names the voters. The first leader is elected
   * in term 2, its empty entry has index 2, and the first command index 3.
   */
  group(voters: Iterable<NodeId>): Stored {
    return { ...Stored.ofSnapshot({ index: 1, term: 1, confState: { voters: [...voters] } }), hardState: { term: 1, vote: NONE, commit: 1 } };
  },

  /** A snapshot, applied, and nothing behind it. */
  ofSnapshot(snapshot: SnapshotInit): Stored {
    checkObject(snapshot, "snapshot");
    return { confState: snapshot.confState, snapshot, applied: snapshot.index };
  },
} as const;

function isRaftRs(dialect: Dialect): boolean {
  if (!DIALECTS.includes(dialect)) throw new ArgumentError(`dialect must be "etcd" or "raft_rs", found ${describe(dialect)}`);
  return dialect === "raft_rs";
}

function encoded(put: () => void, run: (length: number) => void): Uint8Array {
  send(put, (length) => {
    run(length);
    return true;
  });
  return ask(fromOutbox);
}

function decoded<T>(bytes: Uint8Array, run: (length: number) => boolean, read: (reader: Reader) => T): T {
  if (typeof bytes === "string") throw new ArgumentError("bytes must be a Uint8Array, found a string");
  checkData(bytes, "bytes");
  call(() => run(toInbox(bytes)));
  return left((reader) => {
    const value = read(reader);
    if (reader.inexact) {
      const expected = "terms and indices up to 2^53 - 1";
      throw Object.assign(new WireError("invalid_wire", `expected ${expected}`), { offset: 0, expected });
    }
    return value;
  });
}
