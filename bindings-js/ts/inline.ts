/** Starts the instance from the WebAssembly that the package carries, when it is first imported. */
import packed, { size } from "./embedded.js";
import { inflate } from "./inflate.js";
import { startSync } from "./wasm.js";

startSync(inflate(Uint8Array.from(atob(packed), (character) => character.charCodeAt(0)), size));
