/// <reference lib="esnext.disposable" preserve="true" />
/** The node as users of etcd's `RawNode` drive it: take what is ready, do it, advance. */
import { ArgumentError, describe } from "../error.js";
import { checkCount, checkData } from "../instance.js";
import { ask, call, left, made, packed, send } from "./call.js";
import { putConfChange, putConfig, putEntries, putMessage, putSnapshot, putStored, readConfState, readReady, readStatus } from "./codec.js";
import { checkFlag, checkId } from "./node.js";
import type { Ready, Status } from "./output.js";
import { type Trace, traceOf } from "./trace.js";
import type { ConfChangeInit, ConfState, Config, Data, EntryInit, MessageInit, NodeId, SnapshotInit, Stored } from "./types.js";
import { Handle, fromOutbox, raw, toInbox } from "./wasm.js";

/**
 * A member of a Raft group as users of etcd's `RawNode` drive it: take a {@link Ready}, do what it says, advance.
 *
 * {@link Node} is the safer way: it holds back by itself what must not leave before a write is durable. This one is for those who
 * port code, and for comparing with etcd message by message.
 *
 * ```js
 * const node = new ReadyNode({ id: 1, seed: 42 }, Stored.group([1]));
 * node.campaign();
 * while (node.hasReady) {
 *   const ready = node.ready();
 *   // 1. Write ready.hardState, ready.entries and ready.snapshot. 2. Send ready.messages. 3. Apply ready.committedEntries.
 *   node.advance();
 * }
 * ```
 */
export class ReadyNode {
  readonly #handle: Handle<raw.RawReadyNode>;

  /**
   * @param config Its settings.
   * @param stored What it finds, as for a {@link Node}.
   * @param options With `asyncStorage`, writes and applications are messages to {@link APPEND_THREAD} and {@link APPLY_THREAD},
   * whose `responses` are sent, or told to the node with `step`, when they are done. Default false: they are done when `advance`
   * is called.
   * @throws {ConfigError}
   * @throws {StoredError}
   * @throws {MembershipError}
   */
  constructor(config: Config, stored: Stored, options: { readonly asyncStorage?: boolean | undefined } = {}) {
    // A clone and a state bring their own.
    if (config instanceof Handle) {
      this.#handle = config;
      return;
    }
    const { asyncStorage = false } = options;
    checkFlag(asyncStorage, "asyncStorage");
    const inbox = packed(() => {
      putConfig(config);
      putStored(stored);
    });
    this.#handle = new Handle("ReadyNode", () => made(raw.make_ready_node(toInbox(inbox), asyncStorage)));
  }

  /**
   * Makes a node that goes on where the one that gave `state` was. Any bytes are safe to give, but who can write what has the right
   * hash decides what the node believes.
   *
   * @throws {StateError}
   */
  static fromState(state: Uint8Array): ReadyNode {
    if (!(state instanceof Uint8Array)) throw new ArgumentError(`state must be a Uint8Array, found ${describe(state)}`);
    return new ReadyNode(new Handle("ReadyNode", () => made(raw.ready_node_from_state(toInbox(state)))) as never, {});
  }

  /** Whether {@link ready} would have anything in it. */
  get hasReady(): boolean {
    return this.#handle.live.has_ready();
  }

  /** Takes out all that there is to do. */
  ready(): Ready {
    const node = this.#handle.live;
    ask(() => node.ready());
    return left(readReady);
  }

  /** The last {@link Ready} is done with: written, sent and applied. Not for asynchronous storage. */
  advance(): void {
    const node = this.#handle.live;
    call(() => node.advance());
  }

  /**
   * A message came from another member, or from one of the two threads.
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

  /** One tick of the clock. */
  tick(): void {
    const node = this.#handle.live;
    call(() => node.tick());
  }

  /** Stands for election now. */
  campaign(): void {
    const node = this.#handle.live;
    call(() => node.campaign());
  }

  /**
   * Proposes a command.
   *
   * @throws {ProposalDropped}
   */
  propose(command: Data): void {
    const node = this.#handle.live;
    checkData(command, "command");
    call(() => node.propose(toInbox(command)));
  }

  /**
   * Proposes entries that are encoded already: changes of membership of either version, or commands. Their terms and indices are of
   * no account.
   *
   * @throws {ProposalDropped}
   */
  proposeEntries(entries: Iterable<EntryInit>): void {
    const node = this.#handle.live;
    send(
      () => putEntries(entries, "entries"),
      (length) => node.propose_entries(length),
    );
  }

  /**
   * Proposes a change of membership.
   *
   * @throws {ProposalDropped}
   */
  proposeConfChange(change: ConfChangeInit): void {
    const node = this.#handle.live;
    send(
      () => putConfChange(change, "change"),
      (length) => node.propose_conf_change(length),
    );
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

  /** Hands leadership over to `to`. Asked of a follower, it asks the leader. */
  transferLeader(to: NodeId): void {
    const node = this.#handle.live;
    const id = checkId(to, "to");
    call(() => node.transfer_leader(id));
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
   * Asks for an index from which a read is linearizable. The answer comes in `readStates`.
   *
   * @throws {ReadDropped}
   */
  readIndex(context: Data): void {
    const node = this.#handle.live;
    checkData(context, "context");
    call(() => node.read_index(toInbox(context)));
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

  /** Sets the number of ticks without a leader after which the node stands for election, until it is drawn anew. */
  setElectionTimeout(ticks: number): void {
    const node = this.#handle.live;
    checkCount(ticks, "ticks");
    node.set_election_timeout(ticks);
  }

  /** What the node knows and believes. */
  status(): Status {
    const node = this.#handle.live;
    ask(() => node.status());
    return left(readStatus);
  }

  /** What happened since the last call, and why. Empty unless `trace` is set in the config. */
  traces(): Trace[] {
    const node = this.#handle.live;
    ask(() => node.traces());
    return left((reader) => reader.list((each) => traceOf(each.text())));
  }

  /**
   * All that the node knows, as bytes: what waits to be done, too. {@link ReadyNode.fromState} makes a node of them that goes on as this one
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
  clone(): ReadyNode {
    const node = this.#handle.live;
    return new ReadyNode(new Handle("ReadyNode", () => node.copy()) as never, {});
  }

  /** Gives back the memory that the node holds. Each further use throws a {@link FreedError}; freeing twice is harmless. */
  free(): void {
    this.#handle.free();
  }
}

// Where the engine has no `using` yet there is no such symbol either.
export interface ReadyNode extends Disposable {}
if (Symbol.dispose) ReadyNode.prototype[Symbol.dispose] = ReadyNode.prototype.free;
