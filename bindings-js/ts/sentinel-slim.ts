/**
 * `quorate/sentinel` without the WebAssembly inside, for those who load `quorate/sentinel.wasm` themselves.
 *
 * @packageDocumentation
 */
import type { WasmSource } from "./source.js";
import { start, startSync } from "./sentinel/wasm.js";

export * from "./sentinel/index.js";
export type { WasmSource } from "./source.js";

/**
 * Loads and starts the WebAssembly. Await it once before anything else of this entry; later calls change nothing.
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
