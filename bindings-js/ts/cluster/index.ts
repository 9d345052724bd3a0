export { type Key, SLOTS, groupBySlot, hashTag, keySlot, keySlots, tagForSlot } from "./slots.js";
