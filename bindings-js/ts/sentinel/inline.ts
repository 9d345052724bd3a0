/** Starts the instance from the WebAssembly that the package carries, when it is first imported. */
import packed, { size } from "../embedded/sentinel.js";
import { unpack } from "../inflate.js";
import { startSync } from "./wasm.js";

startSync(unpack(packed, size));
