/**
 * A WebAssembly instance: its memory as views, bytes in and bytes out, and what happens when it stops. Each module of the package
 * has one.
 *
 * Everything above this file speaks of values; everything below it is `src/*.rs`, as wasm-bindgen hands it out.
 */
import { ArgumentError, FreedError, InternalError, NotInitializedError, QuorateError, describe } from "./error.js";
import type { WasmSource } from "./source.js";

/** What of Node's `Buffer` is used where there is one: its codecs take positions, so that no view is made for each string. */
export interface NodeBuffer extends Uint8Array {
  latin1Slice(start: number, end: number): string;
  utf8Slice(start: number, end: number): string;
  utf8Write(text: string, at: number, length: number): number;
}
interface NodeBufferConstructor {
  from(buffer: ArrayBufferLike, at?: number, length?: number): NodeBuffer;
  byteLength(text: string): number;
  prototype: NodeBuffer;
}

const nodeBuffer = (globalThis as { Buffer?: NodeBufferConstructor }).Buffer;
/** Node's `Buffer` (Deno and Bun have it too), looked up so that no bundler brings a replacement along. */
export const Buffer: NodeBufferConstructor | undefined =
  typeof nodeBuffer?.prototype?.latin1Slice === "function" && typeof nodeBuffer.prototype.utf8Write === "function" ? nodeBuffer : undefined;

/** Views of the instance's memory. They die when it grows: take them from {@link memory} after each call that can allocate. */
export interface Memory {
  u8: Uint8Array;
  u32: Uint32Array;
  i64: BigInt64Array;
  f64: Float64Array;
  node: NodeBuffer | undefined;
}

/** What every module has, as wasm-bindgen hands it out. */
export interface Glue {
  default(source: { module_or_path: WasmSource | Promise<WasmSource> }): Promise<{ memory: WebAssembly.Memory }>;
  initSync(options: { module: BufferSource | WebAssembly.Module }): { memory: WebAssembly.Memory };
  __wbg_reset_state(): void;
  inbox(length: number): number;
  outbox(): number;
  outbox_length(): number;
}

/** An instance of a module, and what takes its place once it stopped. */
export interface Instance {
  /** The live views of the instance's memory. */
  memory(): Memory;
  /** Compiles and starts the module on the spot, unless one runs already. */
  startSync(module: BufferSource | WebAssembly.Module): void;
  /** Compiles and starts the module, unless one runs already. */
  start(source: WasmSource | Promise<WasmSource>): Promise<void>;
  /**
   * Turns what a call into the instance threw into an error of ours, to be thrown.
   *
   * A trap can leave any object of the instance half changed, so the instance is replaced and what it held is lost.
   */
  trapped(cause: unknown): unknown;
  /** Counts the instances, from 1 on; 0 before the first. An object that was made by an earlier one is lost. */
  generation(): number;
  /** Writes text as UTF-8 at `at`, where there must be room for three bytes a code unit. Returns how many bytes it took. */
  writeUtf8(text: string, at: number): number;
  /** Puts bytes or text into the instance's inbox, for a call that follows. Returns their length in bytes. */
  toInbox(data: Uint8Array | string): number;
  /** A copy of the bytes that the last call left in the instance's outbox. */
  fromOutbox(): Uint8Array;
}

/** The instance of the module behind `raw`; `slim` is the entry by which it can be started. */
export function instanceOf(raw: Glue, slim: string): Instance {
  let running: { memory: WebAssembly.Memory } | undefined;
  let generation = 0;
  const views: Memory = {
    u8: new Uint8Array(0),
    u32: new Uint32Array(0),
    i64: new BigInt64Array(0),
    f64: new Float64Array(0),
    node: undefined,
  };

  function memory(): Memory {
    // A view whose memory has grown away has no length; asking for the buffer itself would cost more than the rest of the call.
    if (views.u8.length === 0) refresh();
    return views;
  }

  function refresh(): void {
    if (running === undefined) throw uninitialized();
    const { buffer } = running.memory;
    views.u8 = new Uint8Array(buffer);
    views.u32 = new Uint32Array(buffer);
    views.i64 = new BigInt64Array(buffer);
    views.f64 = new Float64Array(buffer);
    views.node = Buffer?.from(buffer);
  }

  function uninitialized(): NotInitializedError {
    return new NotInitializedError("not_initialized", `${slim} needs init() or initSync() before anything else`);
  }

  function started(exports: { memory: WebAssembly.Memory }): void {
    running = exports;
    generation += 1;
    refresh();
  }

  function writeUtf8(text: string, at: number): number {
    const { u8, node } = memory();
    return node ? node.utf8Write(text, at, text.length * 3) : encoder.encodeInto(text, u8.subarray(at, at + text.length * 3)).written;
  }

  return {
    memory,
    writeUtf8,
    generation: () => generation,
    startSync(module) {
      if (running === undefined) started(raw.initSync({ module }));
    },
    async start(source) {
      if (running === undefined) {
        const exports = await raw.default({ module_or_path: source });
        // Two starts may have been under way at once: the glue keeps the first.
        if (running === undefined) started(exports);
      }
    },
    trapped(cause) {
      if (cause instanceof QuorateError || cause instanceof ArgumentError) return cause;
      if (running === undefined) return uninitialized();
      raw.__wbg_reset_state();
      // The glue keeps its new exports to itself, but hands them out to whoever would start it again; it reads no module then.
      started(raw.initSync({ module: new Uint8Array(0) }));
      return new InternalError(
        "internal",
        "the WebAssembly instance stopped and was replaced; what was made before is lost (out of memory, or a defect of quorate)",
        { cause },
      );
    },
    toInbox(data) {
      if (typeof data === "string") return writeUtf8(data, raw.inbox(data.length * 3));
      const at = raw.inbox(data.length);
      memory().u8.set(data, at);
      return data.length;
    },
    fromOutbox() {
      const at = raw.outbox();
      const length = raw.outbox_length();
      return memory().u8.slice(at, at + length);
    },
  };
}

/** What owns memory of an instance: a raw object, and the instance that it belongs to. */
export class OwnedHandle<T extends { free(): void }> {
  readonly #name: string;
  readonly #instance: Instance;
  readonly #generation: number;
  #raw: T | undefined;

  constructor(instance: Instance, name: string, make: () => T) {
    this.#name = name;
    this.#instance = instance;
    try {
      // Nothing is made before there is an instance.
      instance.memory();
      this.#raw = make();
    } catch (cause) {
      throw instance.trapped(cause);
    }
    this.#generation = instance.generation();
  }

  /** The raw object, if it still lives. */
  get live(): T {
    const raw = this.#raw;
    if (raw === undefined) throw new FreedError("freed", `this ${this.#name} was used after its free()`);
    if (this.#generation !== this.#instance.generation()) {
      throw new InternalError("internal", `this ${this.#name} was lost when its WebAssembly instance stopped`);
    }
    return raw;
  }

  /** Frees the raw object. Doing so twice is harmless. */
  free(): void {
    const raw = this.#raw;
    this.#raw = undefined;
    if (raw !== undefined && this.#generation === this.#instance.generation()) raw.free();
  }
}

const encoder = new TextEncoder();

/** Checks that `data` is bytes or text. */
export function checkData(data: unknown, what: string): asserts data is Uint8Array | string {
  if (typeof data !== "string" && !(data instanceof Uint8Array)) {
    throw new ArgumentError(`${what} must be a string or a Uint8Array, found ${describe(data)}`);
  }
}

/** Checks that `value` is a whole number from 0 to `max`. */
export function checkCount(value: unknown, what: string, max = Number.MAX_SAFE_INTEGER): asserts value is number {
  if (typeof value !== "number" || !Number.isInteger(value) || value < 0 || value > max) {
    throw new ArgumentError(`${what} must be a whole number from 0 to ${max}, found ${describe(value)}`);
  }
}
