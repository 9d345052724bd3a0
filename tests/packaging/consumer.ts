// What a TypeScript user writes, with every name of the package. It is only compiled.
import {
  ArgumentError,
  Attributed,
  type CommandArgument,
  CommitError,
  Decoder,
  type DecoderOptions,
  type Encodable,
  EncodeError,
  Encoder,
  FreedError,
  InternalError,
  type Key,
  type Limits,
  NotInitializedError,
  Pairs,
  Prefix,
  PrefixError,
  type Protocol,
  ProtocolError,
  Push,
  QuorateError,
  type Reply,
  ReplyError,
  type Request,
  RequestDecoder,
  type RequestDecoderOptions,
  RequestError,
  type RequestLimits,
  SLOTS,
  SlotError,
  type Token,
  type TokenKind,
  Verbatim,
  encode,
  encodeCommand,
  encodePipeline,
  groupBySlot,
  hashTag,
  keySlot,
  keySlots,
  splitInline,
  tagForSlot,
} from "quorate";
import * as cluster from "quorate/cluster";
import * as resp from "quorate/resp";
import * as slim from "quorate/slim";

const limits: Limits = { maxDepth: 10, maxBulk: null };
const options: DecoderOptions = { limits, strings: "bytes", maps: "pairs", sets: "set", attributes: true, copyStrings: false };
export const decoder: resp.Decoder = new Decoder(options);
decoder.feed(new Uint8Array(1));
decoder.feed("+OK\r\n");
decoder.reserve(4).set([1]);
decoder.commit(1);
const next: Reply | undefined = decoder.poll();
const all: Reply[] = decoder.pollAll();
const numbers: number[] = [decoder.needed, decoder.buffered, decoder.offset, SLOTS];
const hash: bigint = decoder.stateHash();
const error: ProtocolError | undefined = decoder.error;
const tokens: Token[] = [...decoder.tokens(), ...decoder.lastTokens()];
const kind: TokenKind | undefined = tokens[0]?.kind;
decoder.reset();
decoder[Symbol.dispose]();
decoder.free();

/** Every type of reply, taken apart: nothing is left at the end. */
export function describe(reply: Reply): string {
  if (reply === null) return "null";
  switch (typeof reply) {
    case "string":
      return reply;
    case "number":
    case "bigint":
    case "boolean":
      return reply.toString();
  }
  if (reply instanceof Uint8Array) return `${reply.byteLength} bytes`;
  if (reply instanceof ReplyError) return `${reply.code} ${reply.message} ${reply.bytes.length}`;
  if (reply instanceof Verbatim) return `${reply.format} ${reply.text} ${reply.bytes.length} ${reply.content.length}`;
  if (reply instanceof Attributed) return describe(reply.value) + describe(reply.attributes);
  if (reply instanceof Pairs) return reply.map(([key, value]) => describe(key) + describe(value)).join();
  if (reply instanceof Push) return reply.map(describe).join();
  if (Array.isArray(reply)) return reply.map(describe).join();
  if (reply instanceof Map) return [...reply].flat().map(describe).join();
  if (reply instanceof Set) return [...reply].map(describe).join();
  const record: { [key: string]: Reply } = reply;
  return Object.keys(record).join();
}

const args: CommandArgument[] = ["SET", new Uint8Array(1), 1, 1n];
const bytes: Uint8Array[] = [encodeCommand(...args), encodeCommand(args), encodeCommand("PING"), encodePipeline([args, ["PING"]]), new Prefix(["SET"], 2).encode("k", "v")];
const value: Encodable = { a: [1, new Map<Encodable, Encodable>([["k", new Set<Encodable>([1n, null])]]), new Verbatim("txt", "x"), new Error("ERR")] };
const protocol: Protocol = 3;
bytes.push(encode(value, protocol), encode(next ?? null), encode(all));

const encoder = new Encoder(protocol);
encoder.map(1);
encoder.simpleString("a");
encoder.array(9);
encoder.integer(1n);
encoder.double(1.5);
encoder.boolean(true);
encoder.null();
encoder.nullArray();
encoder.bigNumber(2n ** 70n);
encoder.bulkError("ERR");
encoder.verbatim("txt", "x");
encoder.value(value);
encoder.protocol = 2;
bytes.push(encoder.take(), encoder.bytes);
const complete: boolean = encoder.isComplete;
encoder[Symbol.dispose]();

const requestLimits: RequestLimits = { maxArgs: null };
const requestOptions: RequestDecoderOptions = { limits: requestLimits, authenticated: false, strings: "bytes" };
const server = new RequestDecoder(requestOptions);
const request: Request | undefined = server.poll();
const words: (string | Uint8Array)[] = request?.args ?? splitInline("PING");
server.setAuthenticated(true);
const refused: RequestError | undefined = server.error;

const key: Key = "k";
const slots: Uint16Array = keySlots([key, new Uint8Array(0)]);
const slot: number = keySlot(key) + cluster.keySlot("x");
const text: string = hashTag("{a}b") + tagForSlot(1);
const view: Uint8Array = hashTag(new Uint8Array(0));
const groups: Map<number, number[]> = groupBySlot([key]);
const errors: QuorateError[] = [
  new CommitError("a", "b"),
  new EncodeError("a", "b"),
  new FreedError("a", "b"),
  new InternalError("a", "b"),
  new NotInitializedError("a", "b"),
  new PrefixError("a", "b"),
  new SlotError("a", "b"),
];
const misuse: "invalid_argument" = new ArgumentError("x").code;
const ready: Promise<void> = slim.init(new URL("https://example.org/quorate.wasm"));
slim.initSync(new Uint8Array(0));

// @ts-expect-error: there is no such option
new Decoder({ string: "utf8" });
// @ts-expect-error: a boolean is no argument
encodeCommand("SET", true);
// @ts-expect-error: a key is bytes or text
keySlot(5);
// @ts-expect-error: what polls give may be nothing
const wrong: Reply = decoder.poll();

export { bytes, complete, error, errors, groups, hash, kind, misuse, numbers, ready, refused, slot, slots, text, view, words, wrong };
