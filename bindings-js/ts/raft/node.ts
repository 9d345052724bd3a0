/// <reference lib="esnext.disposable" preserve="true" />
/** A member of a Raft group. */
import { ArgumentError, describe } from "../error.js";
import { checkCount, checkData } from "../instance.js";
import { ask, call, left, made, packed, send } from "./call.js";
import {
  putConfChange,
  putConfig,
  putData,
  putEntries,
  putList,
  putMessage,
  putNumber,
  putPairs,
  putSnapshot,
  putStored,
  putWide,
  readConfState,
  readEntry,
  readEntryId,
  readHardState,
  readOutput,
  readProposed,
  readStatus,
} from "./codec.js";
import type { Output, ProposalResult, Status } from "./output.js";
import {
  type ConfChangeInit,
  type ConfState,
  type Config,
  type Data,
  type Entry,
  type EntryId,
  type EntryInit,
  type HardState,
  type MessageInit,
  type NodeId,
  ROLES,
  type Role,
  type SnapshotInit,
  type Stored,
} from "./types.js";
import { Handle, fromOutbox, raw, toInbox } from "./wasm.js";

/**
 * A member of a Raft group.
 *
 * Tell it what happened with its methods; after each, do what {@link drain} or {@link poll} say, in order. A method that is refused
 * throws a `RaftError` and changes nothing. Once something came in that contradicts what is committed, every method that tells the
 * node something throws `Corrupt`.
 *
 * ```js
 * const node = new Node({ id: 1, seed: 42 }, Stored.group([1]));
 * node.campaign();
 * for (const output of node.drain()) {
 *   if (output.kind === "persist") node.persisted(output.ticket);
 * }
 * node.role; // "leader"
 * ```
 *
 * It holds memory of the WebAssembly until `free()`, or until it is collected.
 */
export class Node {
  readonly #handle: Handle<raw.RawNode>;

  /**
   * @param config Its settings.
   * @param stored What it finds: `Stored.group` for the first members of a new group, `{}` for one that is added later, and what was
   * persisted for one that starts again.
   * @throws {ConfigError}
   * @throws {StoredError}
   * @throws {MembershipError}
   */
  constructor(config: Config, stored: Stored) {
    // A clone and a state bring their own.
    if (config instanceof Handle) {
      this.#handle = config;
      return;
    }
    const inbox = packed(() => {
      putConfig(config);
      putStored(stored);
    });
    this.#handle = new Handle("Node", () => made(raw.make_node(toInbox(inbox))));
  }

  /**
   * Makes a node that goes on where the one that gave `state` was. Any bytes are safe to give, but who can write what has the right
   * hash decides what the node believes.
   *
   * @throws {StateError}
   */
  static fromState(state: Uint8Array): Node {
    if (!(state instanceof Uint8Array)) throw new ArgumentError(`state must be a Uint8Array, found ${describe(state)}`);
    return new Node(new Handle("Node", () => made(raw.node_from_state(toInbox(state)))) as never, {});
  }

  /** The next thing to do; `undefined` when there is nothing. */
  poll(): Output | undefined {
    const node = this.#handle.live;
    return ask(() => node.poll()) ? left(readOutput) : undefined;
  }

  /** All that there is to do, in order, in one crossing. */
  drain(): Output[] {
    const node = this.#handle.live;
    const count = ask(() => node.drain());
    if (count === 0) return [];
    return left((reader) => {
      const outputs: Output[] = [];
      for (let i = 0; i < count; i += 1) outputs.push(readOutput(reader));
      return outputs;
    });
  }

  // ---- inputs

  /** One tick of the clock. */
  tick(): void {
    const node = this.#handle.live;
    call(() => node.tick());
  }

  /**
   * A message came from another member.
   *
   * @throws {LocalMessage}
   * @throws {UnknownPeer}
   * @throws {InvalidMessage}
   * @throws {ProposalDropped} for a proposal that was forwarded here; `ReadDropped` likewise.
   */
  step(message: MessageInit): void {
    const node = this.#handle.live;
    send(
      () => putMessage(message, "message"),
      (length) => node.step(length),
    );
  }

  /** Messages came from other members. All are taken in, whatever is wrong with some; then the first error is thrown, as by `step`. */
  stepMany(messages: Iterable<MessageInit>): void {
    const node = this.#handle.live;
    send(
      () => putList(messages, "messages", putMessage),
      (length) => node.step_many(length),
    );
  }

  /**
   * What the ticket stands for is durable, and so is everything before it.
   *
   * @throws {UnknownTicket}
   */
  persisted(ticket: number): void {
    const node = this.#handle.live;
    checkCount(ticket, "ticket");
    call(() => node.persisted(ticket));
  }

  /**
   * The state machine has applied everything up to `index`.
   *
   * @throws {NotApplying}
   */
  applied(index: number): void {
    const node = this.#handle.live;
    checkCount(index, "index");
    call(() => node.applied(index));
  }

  /**
   * Proposes a command.
   *
   * @throws {ProposalDropped}
   */
  propose(command: Data): ProposalResult {
    const node = this.#handle.live;
    checkData(command, "command");
    call(() => node.propose(toInbox(command)));
    return left(readProposed);
  }

  /**
   * Proposes commands that follow one another: all of them or none. The answer names the last.
   *
   * @throws {ProposalDropped}
   */
  proposeBatch(commands: Iterable<Data>): ProposalResult {
    const node = this.#handle.live;
    send(
      () => putList(commands, "commands", putData),
      (length) => node.propose_batch(length),
    );
    return left(readProposed);
  }

  /**
   * Proposes a change of membership. An empty one leaves a joint configuration. One that cannot be made now leaves an empty entry in
   * its place.
   *
   * @throws {ProposalDropped}
   */
  proposeConfChange(change: ConfChangeInit): ProposalResult {
    const node = this.#handle.live;
    send(
      () => putConfChange(change, "change"),
      (length) => node.propose_conf_change(length),
    );
    return left(readProposed);
  }

  /**
   * Applies a change of membership that was handed out to be applied, and says who is a member then.
   *
   * @throws {MembershipError}
   */
  applyConfChange(change: ConfChangeInit): ConfState {
    const node = this.#handle.live;
    send(
      () => putConfChange(change, "change"),
      (length) => node.apply_conf_change(length),
    );
    return left(readConfState);
  }

  /**
   * Asks for an index from which a read is linearizable: a `read_ready` or a `read_lost` answers with `context`.
   *
   * A read that was sent on to a leader may also be lost on the way: ask again after a while.
   *
   * @throws {ReadDropped}
   */
  readIndex(context: Data): void {
    const node = this.#handle.live;
    checkData(context, "context");
    call(() => node.read_index(toInbox(context)));
  }

  /** Hands leadership over to `to`. Asked of a follower, it asks the leader. */
  transferLeader(to: NodeId): void {
    const node = this.#handle.live;
    const id = checkId(to, "to");
    call(() => node.transfer_leader(id));
  }

  /** Stands for election now. */
  campaign(): void {
    const node = this.#handle.live;
    call(() => node.campaign());
  }

  /** Forgets who leads, so that the node may vote for another at once. */
  forgetLeader(): void {
    const node = this.#handle.live;
    call(() => node.forget_leader());
  }

  /** The last message to `peer` did not arrive. */
  reportUnreachable(peer: NodeId): void {
    const node = this.#handle.live;
    const id = checkId(peer, "peer");
    call(() => node.report_unreachable(id));
  }

  /** The snapshot for `peer` was sent, or could not be. Until one of the two is said nothing else is sent to it. */
  reportSnapshot(peer: NodeId, { ok }: { readonly ok: boolean }): void {
    const node = this.#handle.live;
    const id = checkId(peer, "peer");
    checkFlag(ok, "ok");
    call(() => node.report_snapshot(id, ok));
  }

  /**
   * The application took a snapshot of everything up to some applied index. Members that are too far behind are sent it.
   *
   * @throws {UselessSnapshot}
   */
  snapshotTaken(snapshot: SnapshotInit): void {
    const node = this.#handle.live;
    send(
      () => putSnapshot(snapshot, "snapshot"),
      (length) => node.snapshot_taken(length),
    );
  }

  /**
   * Drops the entries up to `index` from the window. They must be applied and durable.
   *
   * @throws {NotCompactable}
   */
  compact(index: number): void {
    const node = this.#handle.live;
    checkCount(index, "index");
    call(() => node.compact(index));
  }

  /**
   * The entries that a `fetch` asked for: the one at `previous` first, and as many as there are behind it. None at all says that
   * they are gone.
   *
   * @throws {InvalidMessage} if they do not follow one another.
   */
  entriesFetched(to: NodeId, entries: Iterable<EntryInit>): void {
    const node = this.#handle.live;
    send(
      () => {
        putWide(to, "to");
        putEntries(entries, "entries");
      },
      (length) => node.entries_fetched(length),
    );
  }

  /**
   * Asks the leader for a snapshot, because this node's own state is of no use. Of raft-rs.
   *
   * @throws {ProposalDropped} while no leader is known, or a snapshot is under way.
   */
  requestSnapshot(): void {
    const node = this.#handle.live;
    call(() => node.request_snapshot());
  }

  /** Puts members into groups, each id with its group, for `groupCommit`. Ids of no member are passed over. */
  assignCommitGroups(groups: ReadonlyMap<NodeId, number>): void {
    const node = this.#handle.live;
    send(
      () => putPairs(groups, "groups", putNumber),
      (length) => {
        node.assign_commit_groups(length);
        return true;
      },
    );
  }

  /**
   * Sets the number of ticks without a leader after which the node stands for election, until it is drawn anew: for tests and
   * lessons in which it matters who is first.
   */
  setElectionTimeout(ticks: number): void {
    const node = this.#handle.live;
    checkCount(ticks, "ticks");
    node.set_election_timeout(ticks);
  }

  // ---- questions

  /** What the node is called. */
  get id(): NodeId {
    return idOf(this.#handle.live.id());
  }

  /** What the node is. */
  get role(): Role {
    return ROLES[this.#handle.live.role()]!;
  }

  /** Who leads, as far as the node knows, or {@link NONE}. */
  get lead(): NodeId {
    return idOf(this.#handle.live.lead());
  }

  /** The term, the vote and how far the log is committed, durable or not. */
  get hardState(): HardState {
    const node = this.#handle.live;
    ask(() => node.hard_state());
    return left(readHardState);
  }

  /** Who is a member. */
  get confState(): ConfState {
    const node = this.#handle.live;
    ask(() => node.conf_state());
    return left(readConfState);
  }

  /** The last entry of the log. */
  get last(): EntryId {
    const node = this.#handle.live;
    ask(() => node.last());
    return left(readEntryId);
  }

  /** What the node knows and believes. */
  status(): Status {
    const node = this.#handle.live;
    ask(() => node.status());
    return left(readStatus);
  }

  /** The entries from `low` to before `high`, as far as the window has them. */
  entries(low: number, high: number): Entry[] {
    const node = this.#handle.live;
    checkCount(low, "low");
    checkCount(high, "high");
    ask(() => node.entries(low, high));
    return left((reader) => reader.list(readEntry));
  }

  /** The term of the entry at `index`; `undefined` where it is not known. */
  termAt(index: number): number | undefined {
    const node = this.#handle.live;
    checkCount(index, "index");
    const term = node.term_at(index);
    return term < 0 ? undefined : term;
  }

  /**
   * All that the node knows, as bytes: what waits to be done, too. {@link Node.fromState} makes a node of them that goes on as this one
   * does, in any language and on any platform of this version of the package. It is for moving, showing and branching a node that
   * runs; one that comes back after a crash starts from `Stored`, for what was promised to others is there.
   */
  state(): Uint8Array {
    const node = this.#handle.live;
    ask(() => node.state());
    return ask(fromOutbox);
  }

  /** A hash of everything that the node knows, 64 bits, the same on every platform and in every language. */
  stateHash(): bigint {
    const node = this.#handle.live;
    return ask(() => node.state_hash());
  }

  /** A node in the same state, which goes its own way from here. */
  clone(): Node {
    const node = this.#handle.live;
    return new Node(new Handle("Node", () => node.copy()) as never, {});
  }

  /** Gives back the memory that the node holds. Each further use throws a {@link FreedError}; freeing twice is harmless. */
  free(): void {
    this.#handle.free();
  }
}

// Where the engine has no `using` yet there is no such symbol either.
export interface Node extends Disposable {}
if (Symbol.dispose) Node.prototype[Symbol.dispose] = Node.prototype.free;

/** An id as a number where that is exact. */
export function idOf(id: bigint): NodeId {
  return id <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(id) : id;
}

/** Checks an id, and gives it as the module takes it. */
export function checkId(id: unknown, what: string): bigint {
  if (typeof id === "number" ? Number.isSafeInteger(id) && id >= 0 : typeof id === "bigint" && id >= 0n && id < 2n ** 64n) {
    return BigInt(id as NodeId);
  }
  throw new ArgumentError(`${what} must be a whole number from 0 to 2^64 - 1, a bigint beyond 2^53 - 1; found ${describe(id)}`);
}

export function checkFlag(value: unknown, what: string): asserts value is boolean {
  if (typeof value !== "boolean") throw new ArgumentError(`${what} must be a boolean, found ${describe(value)}`);
}

