/// <reference lib="esnext.disposable" preserve="true" />
/** Which acknowledged writes are replicated, at risk or lost. */
import { checkCount } from "../instance.js";
import { ask, call, checkObject, checkState, checkText, checkWord, made, packedArguments, refusal, shown } from "../sentinel/call.js";
import { Handle, fromOutbox, raw, toInbox } from "../sentinel/wasm.js";
import { replicationError } from "./error.js";
import { CAUSES, type Counts, type History, type HistoryCause, type Loss, type WriteStatus } from "./types.js";

/**
 * Says of every acknowledged write whether it is replicated, at risk or lost.
 *
 * It stands outside of the servers, and is told what clients were promised ({@link acknowledged}) and where each server's data is
 * ({@link at}, {@link changed}, {@link gone}). Servers and writes are called what you like; times are of one clock, yours.
 *
 * ```js
 * const [id, second] = ["a".repeat(40), "b".repeat(40)];
 * const ledger = new Ledger();
 * ledger.at(1, { id, offset: 100 }, 0);
 * ledger.at(2, { id, offset: 100 }, 0);
 * ledger.acknowledged(7, 1, id, 142, 10); // 42 bytes that the replica does not have yet
 * ledger.status(7); // { kind: "at_risk", risk: "one_copy" }
 * ledger.at(2, { id: second, offset: 100, second: { id, offset: 101 } }, 3000); // it is promoted without them
 * ledger.gone(1, 13_000); // and the old primary throws its data away
 * ledger.status(7); // { kind: "lost", at: 13000 }
 * ```
 *
 * It holds memory of the WebAssembly until `free()`, or until it is collected.
 */
export class Ledger {
  readonly #handle: Handle<raw.RawLedger>;

  constructor();
  constructor(handle?: Handle<raw.RawLedger>) {
    // A clone and a state bring their own.
    this.#handle = handle instanceof Handle ? handle : new Handle("Ledger", () => new raw.RawLedger());
  }

  /**
   * Makes a ledger that goes on where the one that gave `state` was, in this version of the package.
   *
   * @throws {ReplicationError} `invalid_state`
   */
  static fromState(state: Uint8Array): Ledger {
    checkState(state);
    return of(() => made(raw.ledger_from_state(toInbox(state)), replicationError));
  }

  // ---- inputs

  /**
   * A client was told that its write is done: by `server`, in the history `id`, at `offset`, which is what `Server.write` returned.
   *
   * @throws {ReplicationError} `duplicate_write`, `invalid_replication_id`
   */
  acknowledged(write: number, server: number, id: string, offset: number, at: number): void {
    const ledger = this.#handle.live;
    for (const [name, value] of Object.entries({ write, server, offset, at })) checkCount(value, name);
    checkText(id, "id");
    const inbox = packedArguments([id], "id");
    call(() => ledger.acknowledged(toInbox(inbox), write, server, offset, at), replicationError);
  }

  /** A server's data is the result of that history now. What it had and has no more may be lost. */
  at(server: number, history: History, at: number): void {
    this.#at(server, history, undefined, at);
  }

  /** A server's history has another name, for that reason: what `history_changed` says. */
  changed(server: number, history: History, cause: HistoryCause, at: number): void {
    checkWord(cause, CAUSES, "cause");
    this.#at(server, history, cause, at);
  }

  #at(server: number, history: History, cause: HistoryCause | undefined, at: number): void {
    const ledger = this.#handle.live;
    checkCount(server, "server");
    checkCount(at, "at");
    const inbox = packedArguments([historyJson(history), ...(cause === undefined ? [] : [cause])], "history");
    call(() => ledger.at(toInbox(inbox), server, at), replicationError);
  }

  /** A server's data is gone: it started again without any, or threw it away for its primary's (`load_snapshot`). */
  gone(server: number, at: number): void {
    const ledger = this.#handle.live;
    checkCount(server, "server");
    checkCount(at, "at");
    ask(() => ledger.gone(server, at));
  }

  // ---- questions

  /** How a write stands; `undefined` if it was never told of. */
  status(write: number): WriteStatus | undefined {
    const ledger = this.#handle.live;
    checkCount(write, "write");
    const status = shown<Raw | null>(() => ledger.status(write));
    switch (status?.kind) {
      case "replicated":
        return status;
      case "at_risk":
        return { kind: "at_risk", risk: status.value };
      case "lost":
        return { kind: "lost", at: status.atMs };
    }
    return undefined;
  }

  /** How many writes stand how. */
  counts(): Counts {
    const ledger = this.#handle.live;
    return shown(() => ledger.counts());
  }

  /** What was lost, in the order in which it was. */
  losses(): Loss[] {
    const ledger = this.#handle.live;
    return shown(() => ledger.losses());
  }

  /** The writes that are lost, by history, in the order of their offsets. */
  lost(): number[] {
    const ledger = this.#handle.live;
    return shown(() => ledger.lost());
  }

  /** How many servers have what is at `offset` of that history. */
  copies(id: string, offset: number): number {
    const ledger = this.#handle.live;
    checkText(id, "id");
    checkCount(offset, "offset");
    const inbox = packedArguments([id], "id");
    const copies = ask(() => ledger.copies(toInbox(inbox), offset));
    if (copies < 0) throw replicationError(refusal());
    return copies;
  }

  /** All that it is, for {@link Ledger.fromState} of this version. */
  state(): Uint8Array {
    const ledger = this.#handle.live;
    ask(() => ledger.state());
    return fromOutbox();
  }

  /** A hash of all that it knows, the same for the same state on every platform and in every language. */
  stateHash(): bigint {
    const ledger = this.#handle.live;
    return ask(() => ledger.state_hash());
  }

  /** A ledger in the same state that goes its own way. */
  clone(): Ledger {
    const ledger = this.#handle.live;
    return of(() => ledger.copy());
  }

  /** Gives back the memory that it holds. Each further use throws a {@link FreedError}; freeing twice is harmless. */
  free(): void {
    this.#handle.free();
  }
}

// Where the engine has no `using` yet there is no such symbol either.
export interface Ledger extends Disposable {}
if (Symbol.dispose) Ledger.prototype[Symbol.dispose] = Ledger.prototype.free;

/** How a write stands, as the module says it. */
type Raw =
  | Extract<WriteStatus, { kind: "replicated" }>
  | { readonly kind: "at_risk"; readonly value: "one_copy" | "forked" }
  | { readonly kind: "lost"; readonly atMs: number };

function of(make: () => raw.RawLedger): Ledger {
  return new (Ledger as unknown as new (handle: Handle<raw.RawLedger>) => Ledger)(new Handle("Ledger", make));
}

function historyJson(history: History): string {
  checkObject(history, "history");
  const { id, offset, second } = history;
  checkText(id, "history.id");
  checkCount(offset, "history.offset");
  if (second === undefined || second === null) return JSON.stringify({ id, offset, second: null });
  checkObject(second, "history.second");
  checkText(second.id, "history.second.id");
  checkCount(second.offset, "history.second.offset");
  return JSON.stringify({ id, offset, second: { id: second.id, offset: second.offset } });
}
