/** Starts the instance from the WebAssembly that the package carries, when it is first imported. */
import packed, { size } from "./embedded.js";
import { inflate } from "./inflate.js";
import { startSync } from "./wasm.js";

const text = atob(packed);
const bytes = new Uint8Array(text.length);
for (let i = 0; i < text.length; i += 1) bytes[i] = text.charCodeAt(i);
startSync(inflate(bytes, size));
