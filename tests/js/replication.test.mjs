// The replication of servers and the ledger, as their users drive them: real bytes between them, a clock that is told.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as api from "quorate/replication";
import { Ledger, Server, frameSnapshot } from "quorate/replication";
import { RequestDecoder, encodeCommand } from "quorate/resp";

const text = (bytes) => new TextDecoder().decode(bytes);
const code = (expected, run, type = api.ReplicationError) => assert.throws(run, (error) => error instanceof type && error.code === expected, expected);

/** Servers by their ports, with data, and connections between them. */
class Servers {
  now = 1_000_000;
  machines = new Map();
  /** Of each connection of a replica: its port, its attempt, its primary's port, what it asks. */
  wires = new Map();
  outputs = [];
  ledger = new Ledger();

  add(port, config = {}) {
    const server = new Server({ port, seed: port, disklessDelayS: 0, trace: true, ...config }, this.now);
    this.machines.set(port, { server, data: [], frozen: [], pieces: [] });
    return server;
  }

  data(port) {
    return this.machines.get(port).data;
  }

  write(port, ...argv) {
    const { server, data } = this.machines.get(port);
    const offset = server.write(argv, this.now);
    data.push(argv.join(" "));
    return offset;
  }

  follow(replica, primary) {
    this.machines.get(replica).server.replicateFrom("127.0.0.1", primary, this.now);
    this.run();
  }

  cut(replica) {
    const wire = [...this.wires].find(([, { from }]) => from === replica);
    this.close(...wire);
    this.machines.get(replica).server.closed(wire[1].attempt, this.now);
    this.machines.get(wire[1].to).server.replicaClosed(wire[0], this.now);
  }

  close(id) {
    this.wires.delete(id);
  }

  tick(ms = 1000) {
    this.now += ms;
    for (const { server } of this.machines.values()) server.tick(this.now);
    this.run();
  }

  run() {
    for (let busy = true; busy; ) {
      busy = false;
      for (const [port, machine] of this.machines) {
        for (const output of machine.server.drain()) {
          busy = true;
          this.outputs.push({ port, ...output });
          this.perform(port, machine, output);
        }
        this.ledger.at(port, machine.server.history(), this.now);
      }
    }
  }

  /** What is said of an attempt that is over does no harm. */
  tell(news) {
    try {
      news();
    } catch (error) {
      if (error.code !== "stale_attempt") throw error;
    }
  }

  perform(port, machine, output) {
    const { server } = machine;
    switch (output.kind) {
      case "connect": {
        const id = this.outputs.length;
        const primary = this.machines.get(output.port);
        this.wires.set(id, { from: port, to: output.port, attempt: output.attempt, requests: new RequestDecoder() });
        primary.server.accept(id, "127.0.0.1", this.now);
        this.tell(() => server.connected(output.attempt, this.now));
        break;
      }
      case "send_to_primary": {
        const [id, wire] = [...this.wires].find(([, { from, attempt }]) => from === port && attempt === output.attempt);
        wire.requests.feed(output.bytes);
        for (const { args } of wire.requests.pollAll()) this.machines.get(wire.to).server.request(id, args, this.now);
        break;
      }
      case "send":
        this.receive(output.replica, output.bytes);
        break;
      case "take_snapshot":
        machine.frozen = [...machine.data];
        server.snapshotTaken(true, this.now);
        break;
      case "send_snapshot":
        this.receive(output.replica, frameSnapshot(output.mark, new TextEncoder().encode(JSON.stringify(machine.frozen))));
        server.snapshotSent(output.replica, true, this.now);
        break;
      case "snapshot_begins":
        machine.pieces = [];
        break;
      case "snapshot_bytes":
        machine.pieces.push(text(output.bytes));
        break;
      case "load_snapshot":
        this.ledger.gone(port, this.now);
        machine.data = JSON.parse(machine.pieces.join(""));
        server.snapshotLoaded(true, this.now);
        break;
      case "apply":
        machine.data.push(output.argv.join(" "));
        break;
      case "history_changed":
        this.ledger.changed(port, output.history, output.cause, this.now);
        break;
      case "close": {
        const wire = this.wires.get(output.replica);
        this.close(output.replica);
        this.tell(() => this.machines.get(wire.from).server.closed(wire.attempt, this.now));
        break;
      }
      case "disconnect": {
        const [id, wire] = [...this.wires].find(([, { from, attempt }]) => from === port && attempt === output.attempt) ?? [];
        if (id === undefined) break;
        this.close(id);
        this.machines.get(wire.to).server.replicaClosed(id, this.now);
        break;
      }
    }
  }

  receive(id, bytes) {
    const wire = this.wires.get(id);
    // In two pieces.
    const middle = bytes.length >> 1;
    for (const piece of [bytes.subarray(0, middle), bytes.subarray(middle)]) this.tell(() => this.machines.get(wire.from).server.received(wire.attempt, piece, this.now));
  }

  decided() {
    return this.outputs.filter(({ kind, trace }) => kind === "trace" && trace.event === "psync_decided").map(({ trace }) => trace.resync);
  }
}

test("a replica is sent everything, and what it lacks when it comes back", () => {
  const servers = new Servers();
  const [primary, replica] = [servers.add(6379), servers.add(6380)];
  servers.write(6379, "SET", "a", "1");
  servers.follow(6380, 6379);
  servers.tick();
  assert.equal(servers.decided()[0].kind, "full");
  assert.deepEqual([replica.isPrimary, replica.linkIsUp, primary.isPrimary], [false, true, true]);
  assert.deepEqual(servers.data(6380), ["SET a 1"]);
  assert.deepEqual(replica.history(), primary.history());
  const offset = servers.write(6379, "SET", "b", new Uint8Array([0xff, 0]));
  servers.run();
  assert.equal(replica.history().offset, offset);
  const applied = servers.outputs.findLast(({ kind }) => kind === "apply");
  assert.deepEqual([applied.argv[0], applied.argv[2], applied.offset], ["SET", new Uint8Array([0xff, 0]), offset]);

  servers.cut(6380);
  assert.equal(replica.linkIsUp, false);
  servers.write(6379, "SET", "c", "3");
  for (let i = 0; i < 3; i += 1) servers.tick();
  assert.equal(servers.decided().length, 2);
  assert.equal(servers.decided()[1].kind, "partial");
  assert.equal(servers.decided()[1].from, offset + 1);
  assert.deepEqual(servers.data(6380).at(-1), "SET c 3");
  assert.deepEqual(replica.history(), primary.history());
  const status = primary.status();
  assert.deepEqual(status.replicas.map(({ ip, port, state }) => [ip, port, state]), [["127.0.0.1", 6380, "online"]]);
  assert.deepEqual([status.primary, status.linkState, status.linkAttempt, status.linkDownS], [null, "none", null, null]);
  assert.equal(status.backlog.next, status.history.offset + 1);
  assert.deepEqual(replica.status().primary, { host: "127.0.0.1", port: 6379 });
  assert.match(primary.info(), /^role:master\r\nconnected_slaves:1\r\nslave0:ip=127.0.0.1,port=6380,state=online/m);
  assert.match(text(primary.role()), /^\*3\r\n\$6\r\nmaster\r\n:\d+\r\n\*1\r\n/);
  assert.match(text(replica.role()), /^\*5\r\n\$5\r\nslave\r\n/);
});

test("a replica that is promoted loses what it lacks, and the ledger counts it", () => {
  const servers = new Servers();
  const [one, two] = [servers.add(6379), servers.add(6380)];
  servers.follow(6380, 6379);
  servers.tick();
  const promise = (write, port, ...argv) => {
    const { server } = servers.machines.get(port);
    servers.ledger.acknowledged(write, port, server.history().id, servers.write(port, ...argv), servers.now);
  };
  promise(1, 6379, "SET", "a", "1");
  servers.run();
  assert.deepEqual(servers.ledger.status(1), { kind: "replicated", servers: 2 });
  // Cut off, the primary goes on.
  servers.cut(6380);
  servers.now += 10;
  promise(2, 6379, "SET", "b", "2");
  servers.now += 20;
  promise(3, 6379, "SET", "c", "3");
  assert.deepEqual(servers.ledger.status(3), { kind: "at_risk", risk: "one_copy" });
  assert.equal(two.promote(servers.now), true);
  assert.equal(two.promote(servers.now), false);
  servers.run();
  assert.deepEqual(servers.ledger.status(3), { kind: "at_risk", risk: "forked" });
  assert.deepEqual(servers.ledger.counts(), { acknowledged: 3, replicated: 1, atRisk: 2, lost: 0 });
  const changed = servers.outputs.findLast(({ kind }) => kind === "history_changed");
  assert.deepEqual([changed.cause, changed.history.second.id], ["promoted", one.history().id]);
  promise(4, 6380, "SET", "d", "4");
  servers.follow(6379, 6380);
  for (let i = 0; i < 3; i += 1) servers.tick();
  const decided = servers.decided().at(-1);
  assert.equal(decided.kind, "full");
  assert.equal(decided.reason.kind, "after_fork");
  assert.equal(decided.discards.kind, "tail");
  assert.ok(decided.discards.bytes > 0);
  assert.deepEqual(servers.data(6379), servers.data(6380));
  assert.deepEqual(servers.ledger.status(1), { kind: "replicated", servers: 2 });
  assert.equal(servers.ledger.status(2).kind, "lost");
  assert.deepEqual(servers.ledger.counts(), { acknowledged: 4, replicated: 2, atRisk: 0, lost: 2 });
  assert.deepEqual(servers.ledger.lost(), [2, 3]);
  const [loss] = servers.ledger.losses();
  assert.deepEqual([loss.writes, loss.server, loss.lastAckMs - loss.firstAckMs, loss.lostAtMs], [2, 6379, 20, servers.ledger.status(2).at]);
  assert.equal(servers.ledger.copies(two.history().id, 1), 2);
  assert.equal(servers.ledger.status(9), undefined);
  code("duplicate_write", () => promise(4, 6380, "SET", "d", "4"));
  const again = Ledger.fromState(servers.ledger.state());
  assert.deepEqual(again.losses(), servers.ledger.losses());
  assert.equal(again.stateHash(), servers.ledger.stateHash());
  assert.equal(servers.ledger.clone().stateHash(), again.stateHash());
});

test("writes may need replicas, and clients may wait for them", () => {
  const servers = new Servers();
  const [primary, replica] = [servers.add(6379, { minReplicasToWrite: 1, minReplicasMaxLagS: 10 }), servers.add(6380)];
  assert.throws(() => servers.write(6379, "SET", "a", "1"), (error) => {
    assert.ok(error instanceof api.Refused);
    assert.deepEqual([error.name, error.code, error.reply], ["Refused", "no_replicas", "NOREPLICAS Not enough good replicas to write."]);
    return true;
  });
  assert.equal(primary.check("read"), undefined);
  assert.equal(primary.check("write").code, "no_replicas");
  servers.follow(6380, 6379);
  servers.tick();
  servers.tick();
  assert.equal(primary.check("write"), undefined);
  assert.equal(primary.status().goodReplicas, 1);
  assert.equal(replica.check("write").reply, "READONLY You can't write against a read only replica.");
  const offset = servers.write(6379, "SET", "a", "1");
  primary.wait(7, offset, 1, 0, servers.now);
  code("duplicate_wait", () => primary.wait(7, offset, 1, 0, servers.now));
  servers.run();
  const waited = () => servers.outputs.findLast(({ kind }) => kind === "waited");
  assert.deepEqual(waited(), { port: 6379, kind: "waited", client: 7, replicas: 1, timedOut: false });
  assert.equal(primary.countAcknowledged(offset), 1);
  primary.wait(8, offset, 2, 500, servers.now);
  assert.equal(primary.nextTickMs <= servers.now + 500, true);
  servers.tick(500);
  assert.deepEqual(waited(), { port: 6379, kind: "waited", client: 8, replicas: 1, timedOut: true });
  code("unknown_wait", () => primary.cancelWait(8));
  code("wait_on_replica", () => replica.wait(1, 0, 1, 0, servers.now));
  assert.ok(primary.propagate(["PUBLISH", "c", "m"], servers.now, 3) > offset);
  primary.configure({ minReplicasToWrite: 2 }, servers.now);
  assert.equal(primary.check("write").code, "no_replicas");
});

test("a server is a value, and starts again from what is stored", () => {
  const servers = new Servers();
  const [primary, replica] = [servers.add(6379), servers.add(6380)];
  servers.follow(6380, 6379);
  servers.tick();
  servers.write(6379, "SET", "a", "1");
  servers.run();
  for (const server of [primary, replica]) {
    const [clone, moved] = [server.clone(), Server.fromState(server.state())];
    for (const each of [clone, moved]) assert.equal(each.stateHash(), server.stateHash());
    clone.promote(servers.now);
    clone.tick(servers.now + 100_000);
    assert.notEqual(clone.stateHash(), server.stateHash());
    for (const each of [server, moved]) each.tick(servers.now + 5000);
    assert.deepEqual(moved.drain(), server.drain());
    assert.deepEqual(moved.history(), server.history());
    for (const each of [clone, moved]) each.free();
    assert.throws(() => clone.history(), { code: "freed" });
  }
  code("invalid_state", () => Server.fromState(primary.state().subarray(1)));
  code("invalid_state", () => Ledger.fromState(primary.state()));
  const stored = replica.history();
  const back = Server.restore({ port: 6380, seed: 9 }, stored, { host: "127.0.0.1", port: 6379 }, servers.now);
  assert.deepEqual([back.isPrimary, back.history().id, back.history().offset], [false, stored.id, stored.offset]);
  back.tick(servers.now);
  const { attempt, port } = back.drain().find(({ kind }) => kind === "connect");
  assert.equal(port, 6379);
  back.connected(attempt, servers.now);
  back.received(attempt, "+PONG\r\n+OK\r\n+OK\r\n", servers.now);
  const asked = back.drain().filter(({ kind }) => kind === "send_to_primary").map(({ bytes }) => text(bytes)).join("");
  assert.ok(asked.endsWith(text(encodeCommand("PSYNC", stored.id, stored.offset + 1))), asked);
  const alone = Server.restore({ port: 6380, seed: 9 }, stored, undefined, servers.now);
  assert.deepEqual(alone.history().second, { id: stored.id, offset: stored.offset + 1 });
});

test("what cannot be is refused", () => {
  const server = new Server({}, 1000);
  const hash = server.stateHash();
  code("unknown_replica", () => server.request(1, ["PING"], 0));
  code("unknown_replica", () => server.replicaClosed(1, 0));
  code("unknown_replica", () => server.snapshotSent(1, true, 0));
  code("no_snapshot_wanted", () => server.snapshotTaken(true, 0));
  code("stale_attempt", () => server.connected(1, 0));
  code("stale_attempt", () => server.closed(1, 0));
  code("stale_attempt", () => server.received(1, "x", 0));
  code("not_loading", () => server.snapshotLoaded(true, 0));
  assert.equal(server.stateHash(), hash);
  server.accept(1, "10.0.0.1", 1000);
  code("duplicate_replica", () => server.accept(1, "10.0.0.1", 1000));
  code("not_replication", () => server.request(1, ["GET", "a"], 1000));
  code("invalid_config", () => new Server({ backlogSize: 1 }));
  code("invalid_config", () => new Server({ timeoutS: 0 }));
  code("invalid_config", () => server.configure({ pingPeriodS: 0 }, 0));
  code("invalid_replication_id", () => Server.restore({}, { id: "x", offset: 1 }, undefined, 0));
  const ledger = new Ledger();
  code("invalid_replication_id", () => ledger.acknowledged(1, 1, "x", 1, 0));
  code("invalid_replication_id", () => ledger.copies("x", 1));
  code("invalid_replication_id", () => ledger.at(1, { id: "x", offset: 1 }, 0));
  const wrong = [
    () => new Server({ port: -1 }),
    () => new Server({ prot: 1 }),
    () => new Server({ diskless: 1 }),
    () => new Server({}, 1.5),
    () => new Server(null),
    () => server.write("SET a 1", 0),
    () => server.write(["SET", 1], 0),
    () => server.write(["SET"], -1),
    () => server.check("maybe"),
    () => server.replicateFrom("x", 65536, 0),
    () => server.accept(2, 1, 0),
    () => server.wait(1, 1, 1, 1, -1),
    () => server.snapshotTaken("yes", 0),
    () => frameSnapshot(null, "text"),
    () => Server.fromState("x"),
    () => ledger.at(1, {}, 0),
    () => ledger.changed(1, { id: "a".repeat(40), offset: 1 }, "lost", 0),
  ];
  for (const run of wrong) assert.throws(run, { name: "ArgumentError", code: "invalid_argument" }, String(run));
  server.free();
  assert.throws(() => server.tick(0), { code: "freed", name: "FreedError" });
});
