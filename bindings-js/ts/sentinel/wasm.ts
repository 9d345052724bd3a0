/** The module of sentinels and of replication, and its instance. */
import * as raw from "../../pkg/sentinel.js";
import { OwnedHandle, instanceOf } from "../instance.js";

export { raw };

const instance = instanceOf(raw, "quorate/sentinel/slim or quorate/replication/slim");
export const { memory, startSync, start, trapped, toInbox, fromOutbox } = instance;

/** What owns memory of the instance. */
export class Handle<T extends { free(): void }> extends OwnedHandle<T> {
  constructor(name: string, make: () => T) {
    super(instance, name, make);
  }
}
