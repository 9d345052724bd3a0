/** What a module can be loaded from: where the file is, the answer to a request for it, its bytes, or the compiled module. */
export type WasmSource = string | URL | Request | Response | BufferSource | WebAssembly.Module;
