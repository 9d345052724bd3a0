// A real redis-server at QUORATE_REDIS_PORT, over sockets: both protocols, pipelines, pushes, large values, and slots.
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { after, before, describe, test } from "node:test";
import { ArgumentError, Decoder, Pairs, Push, ReplyError, encodeCommand, encodePipeline, keySlot } from "quorate";

const port = process.env.QUORATE_REDIS_PORT;
const skip = port ? false : "SKIPPED: QUORATE_REDIS_PORT is not set, so there is no redis-server to talk to";
if (skip && process.env.CI === "true") throw new Error(skip);
if (skip) console.error(skip);

/** The smallest client: a socket, a decoder, and who waits for what. */
class Client {
  pushes = [];
  #waiting = [];
  #decoder;
  #socket;

  static async open(options) {
    const client = new Client();
    client.#decoder = new Decoder(options);
    client.#socket = connect(Number(port), "127.0.0.1");
    client.#socket.setNoDelay(true);
    client.#socket.on("data", (chunk) => client.#take(chunk));
    client.#socket.on("close", () => client.#fail(new Error("the connection was closed")));
    client.#socket.on("error", (error) => client.#fail(error));
    await once(client.#socket, "connect");
    return client;
  }

  #take(chunk) {
    try {
      this.#decoder.feed(chunk);
      for (const reply of this.#decoder.pollAll()) {
        if (reply instanceof Push) this.pushes.push(reply);
        else this.#waiting.shift()?.resolve(reply);
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error) {
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }

  #next() {
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  call(...args) {
    // Encoded first: what is refused must not be waited for.
    const bytes = encodeCommand(...args);
    const reply = this.#next();
    this.#socket.write(bytes);
    return reply;
  }

  pipeline(commands) {
    const bytes = encodePipeline(commands);
    const replies = commands.map(() => this.#next());
    this.#socket.write(bytes);
    return Promise.all(replies);
  }

  close() {
    this.#socket.removeAllListeners("close");
    this.#socket.destroy();
    this.#decoder.free();
  }
}

for (const protocol of [2, 3]) {
  describe(`RESP${protocol}`, { skip, timeout: 60_000 }, () => {
    const prefix = `quorate:js:${process.pid}:${protocol}`;
    const key = (name) => `${prefix}:${name}`;
    let client;

    before(async () => {
      client = await Client.open();
      const hello = await client.call("HELLO", protocol);
      // In RESP2 a map comes as an array of keys and values.
      const fields = hello instanceof Map ? hello : new Map(Array.from({ length: hello.length / 2 }, (_, i) => [hello[2 * i], hello[2 * i + 1]]));
      assert.equal(fields.get("proto"), protocol);
      assert.equal(hello instanceof Map, protocol === 3);
    });

    after(async () => {
      const keys = await client.call("KEYS", `${prefix}:*`);
      if (keys.length > 0) await client.call("DEL", ...keys);
      client.close();
    });

    test("strings of all kinds come back as they went", async () => {
      assert.equal(await client.call("PING"), "PONG");
      for (const value of ["", "a", "a\r\nb", "é💀", "\ufeffx", "x".repeat(100), "y".repeat(3_000_000)]) {
        assert.equal(await client.call("SET", key("s"), value), "OK");
        assert.equal(await client.call("GET", key("s")), value);
      }
      const binary = Uint8Array.from({ length: 256 }, (_, i) => i);
      await client.call("SET", key("b"), binary);
      assert.deepEqual(await client.call("GET", key("b")), binary);
    });

    test("nulls, integers, errors", async () => {
      assert.equal(await client.call("GET", key("missing")), null);
      assert.equal(await client.call("BLPOP", key("missing"), 0.01), null);
      assert.equal(await client.call("SET", key("n"), 2n ** 63n - 2n), "OK");
      assert.equal(await client.call("INCR", key("n")), 2n ** 63n - 1n);
      assert.equal(await client.call("INCRBY", key("m"), Number.MAX_SAFE_INTEGER), Number.MAX_SAFE_INTEGER);
      const overflow = await client.call("INCR", key("n"));
      assert.ok(overflow instanceof ReplyError);
      assert.equal(overflow.code, "ERR");
      assert.equal((await client.call("NOSUCH")).code, "ERR");
      await client.call("SET", key("w"), "x");
      assert.equal((await client.call("LPUSH", key("w"), "x")).code, "WRONGTYPE");
    });

    test("maps, sets and doubles, as the protocol has them", async () => {
      await client.call("HSET", key("h"), "a", 1, "__proto__", "p", "constructor", "c");
      const hash = await client.call("HGETALL", key("h"));
      assert.deepEqual(hash, protocol === 3 ? new Map([["a", "1"], ["__proto__", "p"], ["constructor", "c"]]) : ["a", "1", "__proto__", "p", "constructor", "c"]);
      await client.call("SADD", key("set"), "x", "y");
      assert.deepEqual((await client.call("SMEMBERS", key("set"))).sort(), ["x", "y"]);
      await client.call("ZADD", key("z"), 0.1, "a", "1e-7", "b", "inf", "c");
      const scores = await client.call("ZMSCORE", key("z"), "a", "b", "c", "none");
      assert.deepEqual(scores.map((score) => (score === null ? null : Number(score === "inf" ? Infinity : score))), [0.1, 1e-7, Infinity, null]);
      assert.equal(typeof scores[0], protocol === 3 ? "number" : "string");
    });

    test("a pipeline of 20,000 commands", async () => {
      const commands = Array.from({ length: 20_000 }, (_, i) => (i % 3 === 0 ? ["SET", key(`p${i % 97}`), i] : i % 3 === 1 ? ["GET", key(`p${(i - 1) % 97}`)] : ["ECHO", "é".repeat(i % 50)]));
      const replies = await client.pipeline(commands);
      replies.forEach((reply, i) => assert.equal(reply, i % 3 === 0 ? "OK" : i % 3 === 1 ? String(i - 1) : "é".repeat(i % 50)));
    });

    // RESP2 has no pushes.
    if (protocol === 3) {
      test("pushes of subscriptions and tracking, apart from the replies", async () => {
        const other = await Client.open();
        assert.equal(await client.call("CLIENT", "TRACKING", "ON"), "OK");
        await client.call("GET", key("tracked"));
        await other.call("SET", key("tracked"), 1);
        assert.equal(await client.call("ECHO", "after"), "after");
        for (let i = 0; client.pushes.length === 0 && i < 100; i += 1) await client.call("PING");
        assert.deepEqual(client.pushes, [Push.of("invalidate", [key("tracked")])]);
        assert.equal(await client.call("CLIENT", "TRACKING", "OFF"), "OK");
        other.close();
      });
    }

    test("what the server knows of its commands comes whole", async () => {
      const commands = await client.call("COMMAND");
      assert.ok(commands.length > 200);
      assert.ok(commands.every((command) => typeof command[0] === "string" && Number.isInteger(command[1])));
      const info = await client.call("INFO", "server");
      assert.match(String(info), /redis_version:/);
    });

    test("the server would put a key into the same slot, where it tells", async () => {
      for (const name of ["foo", "{user1000}.following", "foo{}{bar}", "💀", "x".repeat(1000)]) {
        const slot = await client.call("CLUSTER", "KEYSLOT", name);
        // A server without cluster support refuses; what it says then is known too.
        if (slot instanceof ReplyError) assert.match(slot.message, /cluster support disabled/);
        else assert.equal(keySlot(name), slot);
      }
    });

    test("a mistake of the caller stops before the socket", async () => {
      await assert.rejects(async () => client.call("SET", key("x"), true), ArgumentError);
    });
  });
}

test("other shapes: objects, bytes, attributes and copies", { skip, timeout: 60_000 }, async () => {
  const client = await Client.open({ maps: "object", strings: "bytes", attributes: true, copyStrings: true });
  const hello = await client.call("HELLO", 3);
  assert.equal(hello.proto, 3);
  assert.ok(!(hello instanceof Map) && !(hello instanceof Pairs));
  assert.deepEqual(hello.server, new TextEncoder().encode("redis"));
  client.close();
});
