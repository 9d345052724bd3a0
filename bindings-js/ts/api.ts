/** All that the package offers, over an instance that someone else starts. */
export * from "./cluster/index.js";
export * from "./errors.js";
export * from "./resp/index.js";
