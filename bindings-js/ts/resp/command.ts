/**
 * Commands, as clients send them.
 *
 * They are put together here and not in WebAssembly: the bytes come from JavaScript and go back to it, and each crossing would
 * cost more than the work.
 */
import { ArgumentError, PrefixError, describe } from "../error.js";
import * as scratch from "../scratch.js";
import { checkCount } from "../wasm.js";

/** An argument of a command. Text goes out as UTF-8, numbers in decimal: the shortest that reads back as the same double. */
export type CommandArgument = string | Uint8Array | number | bigint;

const ARRAY = 0x2a;

/**
 * The bytes of one command: an array of bulk strings.
 *
 * ```js
 * socket.write(encodeCommand("SET", "key", 1));
 * ```
 *
 * Small commands share an `ArrayBuffer`, as Node's own small buffers do: mind it before you transfer one.
 *
 * @param args The command's name and its arguments; also as one array.
 * @throws {ArgumentError} for what is neither text, bytes nor a number: what `true`, `null` or a list should be on the wire is
 * the caller's to say.
 */
export function encodeCommand(...args: CommandArgument[] | [readonly CommandArgument[]]): Uint8Array {
  scratch.begin();
  put(args.length === 1 && Array.isArray(args[0]) ? args[0] : (args as CommandArgument[]));
  return scratch.finish();
}

/**
 * The bytes of many commands, one after the other, to be written at once.
 *
 * @throws {ArgumentError} as {@link encodeCommand}, and for a command that is not an array.
 */
export function encodePipeline(commands: Iterable<readonly CommandArgument[]>): Uint8Array {
  if (commands === null || typeof commands !== "object" || !(Symbol.iterator in commands)) {
    throw new ArgumentError(`commands must be an iterable of arrays, found ${describe(commands)}`);
  }
  // The caller's iterator may itself encode a command, so it is exhausted first.
  const all = Array.isArray(commands) ? commands : [...commands];
  scratch.begin();
  for (const command of all) {
    if (!Array.isArray(command)) throw new ArgumentError(`a command must be an array, found ${describe(command)}`);
    put(command);
  }
  return scratch.finish();
}

/** The start of a command that is sent often, encoded once: `new Prefix(["SET"], 2).encode(key, value)`. */
export class Prefix {
  readonly #head: Uint8Array;
  readonly #more: number;

  /**
   * @param fixed The arguments that are always the same, the command's name first.
   * @param more How many arguments follow them.
   * @throws {ArgumentError} as {@link encodeCommand}.
   */
  constructor(fixed: readonly CommandArgument[], more: number) {
    if (!Array.isArray(fixed)) throw new ArgumentError(`fixed must be an array, found ${describe(fixed)}`);
    checkCount(more, "more", 0x7fff_ffff);
    scratch.begin();
    scratch.putHeader(ARRAY, fixed.length + more);
    for (const argument of fixed) scratch.putBulk(content(argument));
    this.#head = scratch.finish();
    this.#more = more;
  }

  /**
   * The bytes of the whole command.
   *
   * @throws {PrefixError} for another number of arguments than the prefix was made for.
   * @throws {ArgumentError} as {@link encodeCommand}.
   */
  encode(...rest: CommandArgument[]): Uint8Array {
    if (rest.length !== this.#more) {
      throw new PrefixError("wrong_argument_count", `the prefix takes ${this.#more} more arguments, found ${rest.length}`);
    }
    scratch.begin();
    scratch.putBytes(this.#head);
    for (const argument of rest) scratch.putBulk(content(argument));
    return scratch.finish();
  }
}

function put(args: readonly CommandArgument[]): void {
  scratch.putHeader(ARRAY, args.length);
  for (let i = 0; i < args.length; i += 1) scratch.putBulk(content(args[i]!));
}

function content(argument: CommandArgument): string | Uint8Array {
  if (typeof argument === "string" || argument instanceof Uint8Array) return argument;
  if (typeof argument === "number") return decimal(argument);
  if (typeof argument === "bigint") return argument.toString();
  throw new ArgumentError(`an argument must be a string, a Uint8Array, a number or a bigint, found ${describe(argument)}`);
}

/** Not-a-number and the infinities are named as the server reads them. */
function decimal(value: number): string {
  if (Number.isFinite(value)) return Object.is(value, -0) ? "-0" : value.toString();
  return value > 0 ? "inf" : value < 0 ? "-inf" : "nan";
}
