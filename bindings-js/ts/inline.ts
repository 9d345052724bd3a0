/** Starts the instance from the WebAssembly that the package carries, when it is first imported. */
import base64 from "./embedded.js";
import { startSync } from "./wasm.js";

startSync(Uint8Array.from(atob(base64), (character) => character.charCodeAt(0)));
