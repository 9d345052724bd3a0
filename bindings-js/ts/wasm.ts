/** The module of the codec and of the slots, and its instance. */
import * as raw from "../pkg/quorate.js";
import { OwnedHandle, instanceOf } from "./instance.js";

export { Buffer, type Memory, type NodeBuffer, checkCount, checkData } from "./instance.js";
export { raw };

const instance = instanceOf(raw, "quorate/slim");
export const { memory, startSync, start, trapped, writeUtf8, toInbox, fromOutbox } = instance;

/** What owns memory of the instance. */
export class Handle<T extends { free(): void }> extends OwnedHandle<T> {
  constructor(name: string, make: () => T) {
    super(instance, name, make);
  }
}
