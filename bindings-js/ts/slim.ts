/**
 * All of Quorate without the WebAssembly inside: for those who load `quorate/quorate.wasm` themselves, to cache it, to share
 * its compiled module with workers, or where a policy forbids to compile on the main thread.
 *
 * @packageDocumentation
 */
import type { WasmSource } from "./source.js";
import { start, startSync } from "./wasm.js";

export * from "./api.js";
export type { WasmSource } from "./source.js";

/**
 * Loads and starts the WebAssembly. Await it once before anything else of this package; later calls change nothing.
 *
 * ```js
 * import { init, keySlot } from "quorate/slim";
 * await init(new URL("quorate/quorate.wasm", import.meta.url));
 * ```
 *
 * @throws What the engine throws where the source cannot be fetched or compiled.
 */
export async function init(source: WasmSource | Promise<WasmSource>): Promise<void> {
  await start(source);
}

/** {@link init} on the spot, from bytes or a compiled module that are at hand. */
export function initSync(module: BufferSource | WebAssembly.Module): void {
  startSync(module);
}
