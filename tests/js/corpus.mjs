// The corpus: reads its files and runs a case on the package. Nothing here needs Node, so that a browser can run it too.

const encoder = new TextEncoder();

/** The bytes that escaped text stands for: printable ASCII, `\r \n \t \\ \s \xHH`. */
export function unescape(text) {
  const bytes = [];
  for (let i = 0; i < text.length; i += 1) {
    if (text[i] !== "\\") {
      bytes.push(text.charCodeAt(i));
      continue;
    }
    i += 1;
    if (text[i] === "x") {
      bytes.push(Number.parseInt(text.slice(i + 1, i + 3), 16));
      i += 2;
      continue;
    }
    const byte = { r: 13, n: 10, t: 9, "\\": 92, s: 32 }[text[i]];
    if (byte === undefined) throw new Error(`an unknown escape in ${text}`);
    bytes.push(byte);
  }
  return Uint8Array.from(bytes);
}

/** How the corpus writes bytes that are a result. */
export function escape(bytes) {
  return Array.from(bytes, (byte) => {
    if (byte === 13) return "\\r";
    if (byte === 10) return "\\n";
    if (byte === 9) return "\\t";
    if (byte === 92) return "\\\\";
    return byte < 32 || byte > 126 ? hex(byte) : String.fromCharCode(byte);
  }).join("");
}

function hex(byte) {
  return `\\x${byte.toString(16).padStart(2, "0")}`;
}

/** The cases of one file. */
export function parse(text) {
  const cases = [];
  let line = 1;
  for (const block of text.split("\n\n")) {
    const first = line;
    line += block.split("\n").length + 1;
    const lines = block.split("\n").filter((each, i, all) => each !== "" || i < all.length - 1);
    const start = lines.findIndex((each) => !each.startsWith("#"));
    if (start < 0 || lines.every((each) => each === "")) continue;
    const [command, ...options] = lines[start].split(" ");
    const rest = lines.slice(start + 1);
    const rule = rest.indexOf("----");
    if (rule < 0) throw new Error(`line ${first}: a case without ----`);
    cases.push({ line: first + start, command, options, input: rest.slice(0, rule), expected: rest.slice(rule + 1) });
  }
  return cases;
}

/** The bytes of an input line, `repeat N TEXT` included. */
function lineBytes(line) {
  const repeat = /^repeat (\d+) (.*)$/.exec(line);
  if (repeat === null) return unescape(line);
  const [, count, text] = repeat;
  const once = unescape(text);
  const all = new Uint8Array(once.length * Number(count));
  for (let at = 0; at < all.length; at += once.length) all.set(once, at);
  return all;
}

function concat(parts) {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** The canonical text of a value. A list of what is still to be written stands for recursion: some cases are 20,000 levels deep. */
export function render(api, root) {
  const { Attributed, Pairs, Push, ReplyError, Verbatim } = api;
  const out = [];
  const rest = [{ value: root }];
  const list = (open, close, items) => {
    rest.push({ text: close });
    for (let i = items.length - 1; i >= 0; i -= 1) {
      rest.push(...(i > 0 ? [{ value: items[i] }, { text: ", " }] : [{ value: items[i] }]));
    }
    out.push(open);
  };
  const pairs = (open, close, items) => {
    rest.push({ text: close });
    for (let i = items.length - 1; i >= 0; i -= 1) {
      rest.push({ value: items[i][1] }, { text: ": " }, { value: items[i][0] });
      if (i > 0) rest.push({ text: ", " });
    }
    out.push(open);
  };
  const entries = (map) => (map instanceof Pairs ? map : map instanceof Map ? [...map] : Object.entries(map));
  while (rest.length > 0) {
    const { value, text } = rest.pop();
    if (text !== undefined) out.push(text);
    else if (value === null) out.push("null");
    else if (typeof value === "boolean" || typeof value === "bigint") out.push(String(value));
    else if (typeof value === "number") out.push(number(value));
    else if (typeof value === "string") out.push(quote(encoder.encode(value)));
    else if (value instanceof Uint8Array) out.push(quote(value));
    else if (value instanceof ReplyError) out.push(`!${quote(value.bytes)}`);
    else if (value instanceof Verbatim) {
      const format = Uint8Array.from(value.format, (character) => character.charCodeAt(0));
      out.push(`${quote(format).slice(1, -1)}:${quote(value.bytes)}`);
    } else if (value instanceof Attributed) {
      rest.push({ value: value.value }, { text: " " });
      pairs("|{", "}", entries(value.attributes));
    } else if (value instanceof Push) list(">[", "]", value);
    else if (value instanceof Pairs || value instanceof Map) pairs("{", "}", entries(value));
    else if (Array.isArray(value)) list("[", "]", value);
    else if (value instanceof Set) list("[", "]", [...value]);
    else pairs("{", "}", entries(value));
  }
  return out.join("");
}

function number(value) {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  if (Number.isSafeInteger(value) && !Object.is(value, -0)) return String(value);
  return `f64:${new BigUint64Array(Float64Array.of(value).buffer)[0].toString(16).padStart(16, "0")}`;
}

/** Bytes as a string in quotes. */
export function quote(bytes) {
  const text = Array.from(bytes, (byte) => {
    if (byte === 34) return '\\"';
    if (byte === 92) return "\\\\";
    if (byte === 13) return "\\r";
    if (byte === 10) return "\\n";
    return byte < 32 || byte > 126 ? hex(byte) : String.fromCharCode(byte);
  });
  return `"${text.join("")}"`;
}

/** The ways in which input is cut. */
function* splits(bytes) {
  yield [bytes];
  for (const size of [1, 7]) {
    const pieces = [];
    for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.subarray(at, at + size));
    yield pieces;
  }
}

const LIMITS = {
  max_depth: "maxDepth",
  max_bulk: "maxBulk",
  max_line: "maxLine",
  max_elements: "maxElements",
  max_reply: "maxReply",
  max_args: "maxArgs",
};

function limits(options) {
  return Object.fromEntries(
    options.map((option) => {
      const [name, value] = option.split("=");
      if (!(name in LIMITS)) throw new Error(`an unknown option: ${option}`);
      return [LIMITS[name], value === "off" ? null : Number(value)];
    }),
  );
}

/** What a decoder says to the pieces, each taken in and polled by `poll` in turn. */
function decoded(decoder, pieces, take, show) {
  const lines = [];
  try {
    for (const piece of pieces) {
      decoder.feed(piece);
      for (const value of take(decoder)) lines.push(show(value));
    }
    // An error behind replies shows at the next poll.
    for (const value of take(decoder)) lines.push(show(value));
    if (decoder.buffered > 0) lines.push("need_more");
  } catch (error) {
    if (decoder.error?.code !== error.code) throw error;
    lines.push(`error ${error.code} @${error.offset}`);
  } finally {
    decoder.free();
  }
  return lines;
}

function* one(decoder) {
  for (let value = decoder.poll(); value !== undefined; value = decoder.poll()) yield value;
}

function* all(decoder) {
  yield* decoder.pollAll();
}

/** Reads into the decoder's own tail, as a driver that saves the copy does. */
function reserving(decoder) {
  return {
    feed(piece) {
      decoder.reserve(piece.length).set(piece);
      decoder.commit(piece.length);
    },
    poll: () => decoder.poll(),
    pollAll: () => decoder.pollAll(),
    get buffered() {
      return decoder.buffered;
    },
    get error() {
      return decoder.error;
    },
    free: () => decoder.free(),
  };
}

const commands = {
  *decode(api, { options, input }) {
    const bytes = concat(input.map(lineBytes));
    const show = (value) => render(api, value);
    for (const shape of [{}, { sets: "set" }, { strings: "bytes", maps: "pairs" }, { copyStrings: true }]) {
      const make = () => new api.Decoder({ limits: limits(options), attributes: true, ...shape });
      for (const pieces of splits(bytes)) {
        for (const take of [one, all]) yield decoded(make(), pieces, take, show);
        yield decoded(reserving(make()), pieces, all, show);
      }
    }
  },
  *tokens(api, { input }) {
    const bytes = concat(input.map(lineBytes));
    for (const pieces of splits(bytes)) {
      for (const poll of ["poll", "pollAll"]) yield tokens(api, pieces, poll);
    }
  },
  *encode(api, { options, input }) {
    const encoder = new api.Encoder(Number(options[0]));
    try {
      for (const line of input) call(encoder, line);
      yield [escape(encoder.take())];
    } catch (error) {
      if (!(error instanceof api.EncodeError)) throw error;
      yield [`error ${error.code}`];
    } finally {
      encoder.free();
    }
  },
  *command(api, { input }) {
    const args = input.map(lineBytes);
    yield [escape(api.encodeCommand(...args))];
    const texts = args.map((bytes) => text(bytes) ?? bytes);
    yield [escape(api.encodeCommand(texts))];
    yield [escape(api.encodePipeline([texts]))];
    if (args.length > 0) yield [escape(new api.Prefix(texts.slice(0, 1), texts.length - 1).encode(...texts.slice(1)))];
  },
  *request(api, { options, input }) {
    const bytes = concat(input.map(lineBytes));
    const authenticated = !options.includes("unauthenticated");
    const named = options.filter((option) => option !== "unauthenticated");
    const show = ({ args }) => args.map((arg) => render(api, arg)).join(" ");
    for (const strings of ["utf8", "bytes"]) {
      const make = () => new api.RequestDecoder({ limits: limits(named), authenticated, strings });
      for (const pieces of splits(bytes)) {
        for (const take of [one, all]) yield decoded(make(), pieces, take, show);
        yield decoded(reserving(make()), pieces, all, show);
      }
    }
  },
  *slot(api, { input }) {
    const keys = input.map(lineBytes);
    for (const some of [keys, keys.map((key) => text(key) ?? key)]) {
      yield some.map((key) => String(api.keySlot(key)));
      yield Array.from(api.keySlots(some), String);
      yield some.map((key) => String(long(api, key)));
    }
  },
  *hash_tag(api, { input }) {
    const keys = input.map(lineBytes);
    for (const some of [keys, keys.map((key) => text(key) ?? key)]) yield some.map((key) => render(api, api.hashTag(key)));
  },
  *tag(api, { input }) {
    yield input.map((slot) => {
      try {
        return api.tagForSlot(Number(slot));
      } catch (error) {
        if (!(error instanceof api.SlotError)) throw error;
        return `error ${error.code}`;
      }
    });
  },
  *group(api, { input }) {
    const keys = input.map(lineBytes);
    for (const some of [keys, keys.map((key) => text(key) ?? key)]) {
      yield Array.from(api.groupBySlot(some), ([slot, indices]) => `${slot}: ${indices.join(" ")}`);
    }
  },
};

/** The slot of a key by the way of long keys: what is around a tag is not hashed, so a long key with it has the same slot. */
function long(api, key) {
  const bytes = typeof key === "string" ? encoder.encode(key) : key;
  const whole = api.hashTag(bytes);
  // Without a tag of its own the key becomes one, unless it would end too early or be empty.
  if (whole.length === 0 || whole.includes(0x7d)) return api.keySlot(key);
  const padded = concat([encoder.encode("{"), whole, encoder.encode("}".padEnd(400, "x"))]);
  const asText = text(padded);
  const slots = [api.keySlot(padded), ...api.keySlots([padded]), ...(asText === undefined ? [] : [api.keySlot(asText)])];
  if (new Set(slots).size !== 1) throw new Error(`the ways differ: ${slots}`);
  return slots[0];
}

function text(bytes) {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function tokens(api, pieces, poll) {
  const decoder = new api.Decoder();
  const lines = [];
  for (const piece of pieces) {
    decoder.feed(piece);
    for (;;) {
      const before = decoder.offset;
      decoder[poll]();
      lines.push(...decoder.lastTokens().map(showToken));
      if (decoder.offset === before) break;
    }
  }
  lines.push(...decoder.tokens().map(showToken));
  decoder.free();
  return lines;
}

const HAS_CHILDREN = new Set(["array", "map", "set", "push", "attribute", "streamed_string"]);

function showToken({ offset, kind, depth, header, length, elements, streamed }) {
  const count = HAS_CHILDREN.has(kind) ? ` elements=${elements}` : "";
  return `${offset} ${kind} depth=${depth} header=${header} length=${length}${count}${streamed ? " streamed" : ""}`;
}

/** Plays a line of an `encode` case. */
function call(encoder, line) {
  const space = line.indexOf(" ");
  const [name, rest] = space < 0 ? [line, ""] : [line.slice(0, space), line.slice(space + 1)];
  const method = name.replace(/_(.)/g, (_, letter) => letter.toUpperCase());
  switch (name) {
    case "integer":
      encoder.integer(BigInt(rest));
      break;
    case "double":
      encoder.double(rest === "inf" ? Infinity : rest === "-inf" ? -Infinity : Number(rest === "nan" ? NaN : rest));
      break;
    case "boolean":
      encoder.boolean(rest === "true");
      break;
    case "verbatim":
      encoder.verbatim(String.fromCharCode(...unescape(rest.slice(0, rest.indexOf(" ")))), unescape(rest.slice(rest.indexOf(" ") + 1)));
      break;
    case "array":
    case "set":
    case "push":
    case "map":
    case "attributes":
      encoder[method](Number(rest));
      break;
    case "null":
    case "null_array":
    case "stream_string":
    case "stream_array":
    case "stream_set":
    case "stream_map":
    case "end_string":
    case "end":
      encoder[method]();
      break;
    case "simple_string":
    case "simple_error":
    case "bulk_string":
    case "big_number":
    case "bulk_error":
    case "chunk":
      encoder[method](unescape(rest));
      break;
    default:
      throw new Error(`an unknown call: ${line}`);
  }
}

/** What the package answers to a case, once for each way to ask. */
export function answers(api, test) {
  const run = commands[test.command];
  if (run === undefined) throw new Error(`an unknown command: ${test.command}`);
  return run(api, test);
}
