// Sentinels and the discovery of clients, as their users drive them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Decoder, ReplyError, encodeCommand } from "quorate/resp";
import * as api from "quorate/sentinel";
import { Discovery, Sentinel } from "quorate/sentinel";
import { Client, group } from "./sentinel-net.mjs";

const ID = "0123456789".repeat(4);
const MASTER = { name: "mymaster", host: "127.0.0.1", port: 6379, quorum: 1 };
const text = (bytes) => new TextDecoder().decode(bytes);
const code = (expected, run, type = api.SentinelError) => assert.throws(run, (error) => error instanceof type && error.code === expected, expected);

/** All that there is to do, each write being durable at once. */
function settled(sentinel) {
  const all = [];
  for (let outputs = sentinel.drain(); outputs.length > 0; outputs = sentinel.drain()) {
    all.push(...outputs);
    for (const output of outputs) if (output.kind === "persist") sentinel.persisted(output.ticket);
  }
  return all;
}

test("three sentinels find each other, elect one leader and promote a replica", () => {
  const { net, servers, seats } = group({ trace: true });
  net.run(5000);
  for (const { machine } of seats) {
    const [master] = machine.status().masters;
    assert.deepEqual(master.replicas.map(({ instance }) => instance.name), ["127.0.0.1:6380", "127.0.0.1:6381"]);
    assert.equal(master.sentinels.length, 2);
    assert.deepEqual([master.quorum, master.majority, master.agree], [2, 2, 0]);
    assert.deepEqual(machine.masterAddress("mymaster"), { host: "127.0.0.1", ip: "127.0.0.1", port: 6379 });
  }
  net.crash(6379);
  net.run(30_000);
  const leaders = seats.filter((seat) => seat.events("+elected-leader").length > 0);
  assert.equal(leaders.length, 1);
  const [promoted] = servers.filter(({ up, primary }) => up && primary === undefined);
  const other = servers.find(({ up, port }) => up && port !== promoted.port);
  assert.equal(other.primary, promoted.port);
  for (const seat of seats) {
    assert.equal(seat.machine.masterAddress("mymaster").port, promoted.port);
    assert.deepEqual(seat.events("+switch-master").map(({ message, level, master }) => [message, level, master]), [
      [`mymaster 127.0.0.1 6379 127.0.0.1 ${promoted.port}`, "warning", "mymaster"],
    ]);
    assert.equal(seat.machine.currentEpoch, 1);
    assert.ok(seat.lines.includes("sentinel current-epoch 1"), seat.lines.join("\n"));
    assert.equal(seat.machine.inTilt, false);
  }
  // The winner counted a majority.
  const counted = leaders[0].of("trace").map(({ trace }) => trace).findLast(({ event }) => event === "votes_counted");
  assert.equal(counted.winner, leaders[0].machine.id);
  assert.ok(counted.votes.find(([id]) => id === counted.winner)[1] >= counted.majority);
  // Who starts again from what it stored knows the same.
  const [seat] = seats;
  const again = new Sentinel(seat.config, seat.lines, net.now);
  assert.equal(again.masterAddress("mymaster").port, promoted.port);
  assert.equal(again.currentEpoch, 1);
  assert.equal(again.id, seat.machine.id);
  assert.deepEqual(again.lines(), seat.machine.lines());
});

test("a vote does not leave before it is durable", () => {
  const sentinel = new Sentinel({ id: ID, seed: 1, masters: [MASTER] });
  settled(sentinel);
  const asks = ["SENTINEL", "is-master-down-by-addr", "127.0.0.1", "6379", "7", "b".repeat(40)];
  sentinel.command(3, asks, 10);
  const outputs = sentinel.drain();
  const write = outputs.at(-1);
  assert.equal(write.kind, "persist");
  assert.ok(write.lines.includes("sentinel leader-epoch mymaster 7"), write.lines.join("\n"));
  assert.ok(write.lines.includes("sentinel current-epoch 7"));
  assert.deepEqual(outputs.filter(({ kind }) => kind === "reply"), []);
  assert.deepEqual([sentinel.drain(), sentinel.poll()], [[], undefined]);
  code("unknown_ticket", () => sentinel.persisted(write.ticket + 1));
  assert.deepEqual(sentinel.drain(), []);
  sentinel.persisted(write.ticket);
  const reply = settled(sentinel).find(({ kind }) => kind === "reply");
  assert.equal(reply.client, 3);
  assert.equal(text(reply.bytes), `*3\r\n:0\r\n$40\r\n${"b".repeat(40)}\r\n:7\r\n`);
  // Another who asks for that epoch is told of this vote.
  sentinel.command(4, [...asks.slice(0, 5), "c".repeat(40)], 20);
  assert.equal(text(settled(sentinel).at(-1).bytes), text(reply.bytes));
  const [{ leader, leaderEpoch }] = sentinel.status().masters;
  assert.deepEqual([leader, leaderEpoch], ["b".repeat(40), 7]);
});

test("replies come as bytes in pieces, or as values", () => {
  const made = () => {
    const sentinel = new Sentinel({ id: ID, seed: 1, masters: [MASTER] });
    sentinel.tick(0);
    const [{ link }] = settled(sentinel).filter(({ kind, purpose }) => kind === "connect" && purpose === "command");
    sentinel.connected(link);
    return { sentinel, link };
  };
  const info = `run_id:${"d".repeat(40)}\r\nrole:master\r\nslave0:ip=10.0.0.2,port=6380,state=online,offset=1,lag=0\r\n`;
  const one = made();
  for (const byte of `+OK\r\n+PONG\r\n$${info.length}\r\n${info}\r\n`) {
    // The order of what was asked is that of the answers.
    one.sentinel.received(one.link, byte, 100);
  }
  const other = made();
  for (const value of ["OK", "PONG", info]) other.sentinel.reply(other.link, value, 100);
  for (const { sentinel } of [one, other]) {
    const [{ instance, replicas }] = sentinel.status().masters;
    assert.equal(instance.pingPendingSince === null || instance.lastAvail === 100, true);
    assert.equal(replicas.length <= 1, true);
  }
  assert.equal(one.sentinel.stateHash(), other.sentinel.stateHash());
  // Values of every type go in, and what does not fit is passed over.
  const decoder = new Decoder();
  decoder.feed("%1\r\n+a\r\n*2\r\n,1.5\r\n(123456789012345678901234567890\r\n=7\r\ntxt:abc\r\n>1\r\n~1\r\n#t\r\n-ERR no\r\n_\r\n$2\r\n\xff\xfe\r\n,inf\r\n".replaceAll("\xff", "y").replaceAll("\xfe", "z"));
  for (const value of [...decoder.pollAll(), new ReplyError("ERR x\ny"), new Set([1]), { a: -0 }, new Uint8Array([255]), 2n ** 63n, Number.NaN]) {
    try {
      one.sentinel.reply(one.link, value, 200);
    } catch (error) {
      assert.equal(error.code, "unexpected_reply");
    }
  }
  code("unexpected_reply", () => made().sentinel.received(one.link, ":1\r\n".repeat(20), 100));
  assert.throws(() => made().sentinel.received(one.link, "what\r\n", 100), { name: "ProtocolError", code: "unknown_type", offset: 0 });
});

test("clients are answered in their protocol, and told of what they subscribed to", () => {
  const sentinel = new Sentinel({ id: ID, seed: 1, masters: [MASTER] });
  settled(sentinel);
  const ask = (client, ...argv) => {
    sentinel.command(client, argv, 10);
    return text(settled(sentinel).find((output) => output.kind === "reply" && output.client === client).bytes);
  };
  assert.equal(ask(1, "PING"), "+PONG\r\n");
  assert.equal(ask(1, "SENTINEL", "GET-MASTER-ADDR-BY-NAME", "mymaster"), "*2\r\n$9\r\n127.0.0.1\r\n$4\r\n6379\r\n");
  assert.match(ask(1, "SENTINEL", "MASTERS"), /^\*1\r\n\*\d+\r\n/);
  assert.equal(sentinel.protocol(1), 2);
  assert.match(ask(2, "HELLO", "3"), /^%/);
  assert.equal(sentinel.protocol(2), 3);
  assert.match(ask(2, "SENTINEL", "MASTERS"), /^\*1\r\n%\d+\r\n/);
  assert.match(ask(1, "SENTINEL", "NONSENSE"), /^-ERR /);
  assert.equal(ask(2, "SUBSCRIBE", "+monitor"), ">3\r\n$9\r\nsubscribe\r\n$8\r\n+monitor\r\n:1\r\n");
  sentinel.command(1, ["SENTINEL", "MONITOR", "other", "127.0.0.1", "6400", "2"], 20);
  const outputs = settled(sentinel);
  const told = outputs.find(({ kind, client }) => kind === "reply" && client === 2);
  assert.equal(text(told.bytes), ">3\r\n$7\r\nmessage\r\n$8\r\n+monitor\r\n$38\r\nmaster other 127.0.0.1 6400 quorum 2\r\n".replace("$38", `$${"master other 127.0.0.1 6400 quorum 2".length}`));
  assert.deepEqual(outputs.find(({ kind }) => kind === "event"), { kind: "event", name: "+monitor", message: "master other 127.0.0.1 6400 quorum 2", level: "warning", master: "other" });
  sentinel.clientClosed(2);
  assert.equal(sentinel.protocol(2), 2);
  assert.equal(sentinel.status().masters.length, 2);
});

test("names are looked up and scripts run", () => {
  const masters = [{ ...MASTER, host: "db.example", notificationScript: "/bin/true", renamedCommands: { CONFIG: "geheim" } }];
  const sentinel = new Sentinel({ id: ID, seed: 1, masters, resolveHostnames: true, timing: { ping: 500 } });
  const seen = [];
  for (let now = 0; now < 1000; now += 100) {
    sentinel.tick(now);
    for (const output of settled(sentinel)) {
      seen.push(output);
      if (output.kind === "resolve") sentinel.resolved(output.host, "10.0.0.9", now);
    }
  }
  assert.equal(seen.find(({ kind }) => kind === "resolve").host, "db.example");
  const { host, address } = seen.find(({ kind }) => kind === "connect");
  assert.deepEqual([host, address], ["10.0.0.9", { host: "db.example", ip: "10.0.0.9", port: 6379 }]);
  assert.ok(sentinel.lines().some((line) => /rename-command mymaster CONFIG geheim/i.test(line)), sentinel.lines().join("\n"));
  const script = seen.find(({ kind }) => kind === "run_script");
  assert.equal(script.path, "/bin/true");
  assert.deepEqual(script.args, ["+monitor", "master mymaster db.example 6379 quorum 1"]);
  sentinel.scriptFinished(script.script, { code: 0 }, 60_000);
  code("unknown_script", () => sentinel.scriptFinished(script.script, { signal: 9 }, 60_000));
  code("unknown_script", () => sentinel.scriptFinished(99, "not_started", 60_000));
  sentinel.resolved("db.example", undefined, 60_001);
});

test("a discovery finds the primary, and walks a switch", () => {
  const { net, servers, seats } = group();
  net.run(5000);
  const sentinels = seats.map(({ port }) => ({ host: "127.0.0.1", port }));
  const client = new Client(net, { name: "mymaster", sentinels, seed: 3n, trace: true });
  const [primary, replica] = [client.request("primary"), client.request("replica")];
  client.run(5500);
  const resolved = (request) => client.of("resolved").find((output) => output.request === request);
  assert.deepEqual([resolved(primary).address.port, resolved(primary).role], [6379, "primary"]);
  assert.ok([6380, 6381].includes(resolved(replica).address.port));
  assert.equal(resolved(replica).role, "replica");
  assert.equal(client.machine.primary().port, 6379);
  assert.equal(client.machine.sentinels().length, 3);
  assert.deepEqual(client.machine.handedOut().map(({ role }) => role).sort(), ["primary", "replica"]);
  assert.equal(typeof client.machine.nextTickMs, "number");
  net.crash(6379);
  const during = client.request("primary");
  client.run(35_000);
  const promoted = servers.find(({ up, primary }) => up && primary === undefined).port;
  assert.equal(client.machine.primary().port, promoted);
  assert.deepEqual(client.of("primary_changed").map(({ from, to }) => [from?.port, to.port]), [[undefined, 6379], [6379, promoted]]);
  assert.ok(client.of("trace").some(({ trace }) => trace.event === "switch_heard" && trace.to.port === promoted));
  const answer = resolved(during) ?? client.of("failed").find(({ request }) => request === during);
  assert.ok(answer.kind === "resolved" ? answer.address.port === promoted : ["node_unreachable", "wrong_role", "timed_out"].includes(answer.failure.code), JSON.stringify(answer));
  const after = client.request("primary");
  client.run(36_000);
  assert.equal(resolved(after).address.port, promoted);
  // An error that only a replica gives says that the connection is of no use.
  const { link } = resolved(after);
  assert.equal(client.machine.refused(link, "ERR something else", net.now), false);
  assert.equal(client.machine.refused(link, "READONLY You can't write against a read only replica.", net.now), true);
  assert.ok(client.machine.drain().some((output) => output.kind === "invalidate" && output.link === link && output.reason === "refused"));
});

test("a discovery says why it failed", () => {
  const { net, seats } = group();
  net.run(1000);
  const at = ({ port }) => ({ host: "127.0.0.1", port });
  const failure = (config) => {
    const client = new Client(net, { giveUpAfterMs: 0, listeners: 0, sentinels: seats.map(at), name: "mymaster", ...config });
    client.request("primary");
    client.run(net.now + 3000);
    return client.of("failed")[0].failure;
  };
  assert.deepEqual(failure({ name: "nobody" }), {
    text: '3 of 3 sentinels answered, and none knows a master named "nobody"',
    code: "no_such_master",
    name: "nobody",
    answered: 3,
    tried: 3,
  });
  assert.deepEqual(failure({ sentinels: [{ host: "127.0.0.1", port: 1 }] }).code, "no_sentinel_answers");
  assert.deepEqual(failure({ minOtherSentinels: 9 }).code, "too_few_sentinels");
  const discovery = new Discovery({ name: "x", sentinels: [{ host: "::1", port: 1 }], maxRequests: 1, nat: [[{ host: "::1", port: 1 }, { host: "10.0.0.1", port: 2 }]], weights: [] });
  const request = discovery.request("any", 0);
  assert.equal(discovery.poll().host, "10.0.0.1");
  code("too_many_requests", () => discovery.request("any", 0));
  discovery.cancel(request, 0);
  code("unknown_request", () => discovery.cancel(request, 0));
});

test("a machine is a value", () => {
  const { net, seats } = group();
  net.run(3000);
  const client = new Client(net, { name: "mymaster", sentinels: [{ host: "127.0.0.1", port: 26379 }] });
  client.request("replica_or_primary");
  client.run(3100);
  for (const { machine } of [...seats, client]) {
    const type = machine.constructor;
    const [clone, moved] = [machine.clone(), type.fromState(machine.state())];
    for (const each of [clone, moved]) assert.equal(each.stateHash(), machine.stateHash());
    assert.equal(typeof machine.stateHash(), "bigint");
    clone.tick(60_000);
    assert.notEqual(clone.stateHash(), machine.stateHash());
    for (const each of [machine, moved]) each.tick(4000);
    assert.deepEqual(moved.drain(), machine.drain());
    assert.equal(moved.stateHash(), machine.stateHash());
    const state = machine.state();
    for (let at = 1; at < state.length; at += Math.ceil(state.length / 50)) {
      code("invalid_state", () => type.fromState(state.subarray(0, at)));
      const damaged = state.slice();
      damaged[at] ^= 1;
      // What changes nothing that is known is no damage.
      try {
        assert.equal(type.fromState(damaged).stateHash(), machine.stateHash());
      } catch (error) {
        assert.equal(error.code, "invalid_state", error.message);
      }
    }
    // What has come in part belongs to it.
    clone.free();
    clone.free();
    assert.throws(() => clone.drain(), { code: "freed" });
  }
  const whole = new Sentinel({ id: ID, seed: 1, masters: [MASTER] });
  whole.tick(0);
  const link = settled(whole).find(({ kind }) => kind === "connect").link;
  whole.connected(link);
  whole.received(link, "+O", 1);
  const part = Sentinel.fromState(whole.state());
  for (const each of [whole, part]) each.received(link, "K\r\n", 2);
  assert.equal(part.stateHash(), whole.stateHash());
});

test("what cannot be is refused", () => {
  const sentinel = new Sentinel({ id: ID, seed: 1, masters: [MASTER] });
  settled(sentinel);
  const hash = sentinel.stateHash();
  code("unknown_link", () => sentinel.connected(99));
  code("unknown_link", () => sentinel.disconnected(99));
  code("unknown_link", () => sentinel.received(99, "+OK\r\n", 0));
  code("unknown_link", () => sentinel.reply(99, "OK", 0));
  code("unknown_link", () => sentinel.message(99, "x", 0));
  assert.equal(sentinel.stateHash(), hash);
  assert.equal(sentinel.masterAddress("nobody"), undefined);

  code("invalid_config", () => new Sentinel({ id: "short", seed: 1 }));
  code("invalid_config", () => new Sentinel({ id: ID, seed: 1, masters: [MASTER, MASTER] }));
  code("invalid_config", () => new Sentinel({ id: ID, seed: 1, masters: [{ ...MASTER, downAfter: 0 }] }));
  code("invalid_config", () => new Sentinel({ id: ID, seed: 1, timing: { ping: 0 } }));
  code("invalid_config", () => new Discovery({ name: "x", sentinels: [] }));
  assert.throws(() => new Sentinel({ id: ID, seed: 1 }, ["# prose", "sentinel monitor"]), (error) => {
    assert.ok(error instanceof api.LineError);
    assert.deepEqual([error.name, error.code, error.line, error.text], ["LineError", "invalid_line", 2, "sentinel monitor"]);
    return error.reason.length > 0 && error.message.includes("sentinel monitor");
  });

  const wrong = [
    () => new Sentinel({ seed: 1 }),
    () => new Sentinel({ id: ID, seed: -1 }),
    () => new Sentinel({ id: ID, seed: 2n ** 64n }),
    () => new Sentinel({ id: ID, seed: 1, sede: 1 }),
    () => new Sentinel({ id: ID, seed: 1, port: 65536 }),
    () => new Sentinel({ id: ID, seed: 1, profile: "loose" }),
    () => new Sentinel({ id: ID, seed: 1, masters: [{ name: "x" }] }),
    () => new Sentinel({ id: ID, seed: 1, masters: {} }),
    () => new Sentinel({ id: ID, seed: 1, trace: "yes" }),
    () => new Sentinel({ id: ID, seed: 1 }, "sentinel myid"),
    () => new Sentinel({ id: ID, seed: 1 }, [1]),
    () => new Sentinel({ id: ID, seed: 1 }, [], 0.5),
    () => Sentinel.fromState("x"),
    () => sentinel.tick("now"),
    () => sentinel.tick(Number.NaN),
    () => sentinel.command(1, "PING", 0),
    () => sentinel.command(1, ["PING", 1], 0),
    () => sentinel.command(-1, ["PING"], 0),
    () => sentinel.received(1, [1], 0),
    () => sentinel.reply(1, undefined, 0),
    () => sentinel.reply(1, cyclic(), 0),
    () => sentinel.scriptFinished(1, { code: 256 }, 0),
    () => sentinel.scriptFinished(1, {}, 0),
    () => sentinel.resolved(1, "x", 0),
    () => sentinel.masterAddress(1),
    () => new Discovery({ name: "x", sentinels: [{ host: "x" }] }),
    () => new Discovery({ name: "x", sentinels: ["x:1"] }),
    () => new Discovery({ name: "x", sentinels: [{ host: "x", port: 1 }], stale: "sometimes" }),
    () => new Discovery({ name: "x", sentinels: [{ host: "x", port: 1 }] }).request("nearest", 0),
  ];
  for (const run of wrong) assert.throws(run, { name: "ArgumentError", code: "invalid_argument" }, String(run));
  // Whatever comes from outside, it goes on.
  sentinel.command(9, [], 0);
  sentinel.command(9, ["\0", new Uint8Array(1000)], 0);
  sentinel.command(9, encodeCommand("x") && ["SENTINEL"], 0);
  settled(sentinel);
});

function cyclic() {
  const list = [];
  list.push(list);
  return list;
}
