// Simulated worlds: the scenarios of the corpus with their hashes, time travel, questions, and what a world shows.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import * as sim from "quorate/sim";
import { MILLISECOND, SECOND, World } from "quorate/sim";
import { scenarioFiles } from "./scenario-files.mjs";
import { differences } from "./scenarios.mjs";

const corpus = new URL("../corpus/", import.meta.url);
const root = new URL("raft/scenarios/", corpus);
const scenarios = scenarioFiles(corpus);

test("there are scenarios", () => {
  const of = (kind, broken) => scenarios.filter((file) => file.startsWith(`${kind}/`) && file.includes("/broken/") === broken).length;
  assert.ok(of("raft", false) >= 20);
  assert.ok(of("raft", true) >= 5);
});

for (const file of scenarios) {
  test(file, () => {
    const text = readFileSync(new URL(file, corpus), "utf8");
    assert.deepEqual(differences(sim, { text, broken: file.includes("/broken/") }), []);
  });
}

test("a scenario that does not go as it says is told so", () => {
  const text = readFileSync(new URL("r01-first-election.txt", root), "utf8");
  const wrong = World.fromScript(text.replace(/hash [0-9a-f]+/, "hash 0000000000000000"));
  const report = wrong.run();
  assert.equal(report.ok, false);
  assert.equal(report.failures.length, 1);
  assert.ok(report.failures[0].line > 0);
  assert.match(report.failures[0].text, /0000000000000000/);
  assert.match(report.text, /line \d+: /);
  assert.deepEqual(wrong.report(), report);
  assert.notDeepEqual(differences(sim, { text: text.replace("seed 1", "seed 2") }), []);
});

test("a world is made, goes on, is acted upon and asked", () => {
  const world = new World("raft", { nodes: 5, seed: 7, latency: 10 * MILLISECOND });
  assert.equal(world.until("leader != none", SECOND), true);
  assert.equal(world.until("leader == none", 10 * MILLISECOND), false);
  const [leader, then, hash] = [world.ask("leader"), world.moment(), world.stateHash()];
  assert.match(hash, /^[0-9a-f]{16}$/);
  world.act(`crash ${leader}`);
  world.runFor(SECOND);
  assert.notEqual(world.ask("leader"), leader);
  assert.deepEqual(world.violations(), []);
  const [later, laterHash] = [world.moment(), world.stateHash()];

  world.seekMoment(then);
  assert.equal(world.ask("leader"), leader);
  assert.equal(world.stateHash(), hash);
  const branch = world.branch();
  world.seek(later.at);
  assert.equal(world.stateHash(), laterHash);
  branch.runFor(SECOND);
  assert.equal(branch.ask("leader"), leader);
  const clone = world.clone();
  clone.seekMoment(then);
  clone.seekMoment(later);
  assert.equal(clone.stateHash(), laterHash);
  assert.throws(() => branch.seekMoment(later), { name: "SimError", code: "no_such_moment" });

  world.seekEvent(10);
  assert.equal(world.eventCount, 10);
  assert.equal(world.step(), true);
  assert.equal(world.eventCount, 11);
  world.seek(0);
  assert.deepEqual([world.now, world.eventCount], [0, 0]);
  world.runUntil(5 * SECOND);
  assert.equal(world.now, 5 * SECOND);
});

test("settings are what scripts say", () => {
  const lines = ["raft", "nodes 3", "seed 18446744073709551615", "latency 2ms", "jitter 0us", "loss 5%", "prevote on", "reads log", "client-timeout 1s", "duplicates 100%"].join("\n");
  const settings = { nodes: 3, seed: 2n ** 64n - 1n, latency: "2ms", jitter: 0, loss: 0.05, prevote: true, reads: "log", clientTimeout: SECOND, duplicates: 1, keys: undefined };
  const [one, other] = [new World("raft", settings), World.fromScript(lines)];
  for (const world of [one, other]) world.runUntil(SECOND);
  assert.equal(one.stateHash(), other.stateHash());
  assert.equal(one.toScript(), other.toScript());
  assert.notEqual(new World("raft", { ...settings, nodes: 4 }).stateHash(), one.stateHash());
  const code = (expected, ...args) => assert.throws(() => new World(...args), (error) => error instanceof sim.SimError && error.code === expected, JSON.stringify(args));
  code("unknown_setting", "raft", { nods: 3 });
  code("invalid_value", "raft", { nodes: "many" });
  code("invalid_value", "raft", { loss: 1.5 });
  code("invalid_config", "raft", { nodes: 10 });
  assert.throws(() => new World("paxos"), { name: "SimError" });
});

test("a view has all that a drawing needs", () => {
  const world = new World("raft", { nodes: 3, seed: 7, clients: 1 });
  world.until("leader != none");
  world.runFor(SECOND);
  world.act("cut 1 2");
  world.act("rule hold Heartbeat * *");
  world.runFor(SECOND);
  const view = world.view();
  assert.deepEqual([view.kind, view.now, view.events], ["raft", world.now, world.eventCount]);
  assert.equal(view.actions, 2);
  assert.equal(view.machines.length, 3);
  const leader = view.machines.find(({ role }) => role === "leader");
  assert.equal(leader.node, Number(world.ask("leader")));
  assert.equal(leader.up, true);
  assert.equal(leader.electionTimeout >= 15 && leader.electionElapsed >= 0, true);
  assert.equal(leader.progress.length, 3);
  assert.equal(typeof leader.progress[0].pendingSnapshot, "number");
  assert.deepEqual(leader.members, { voters: [1, 2, 3], outgoing: [], learners: [], learnersNext: [] });
  assert.equal(leader.log.at(-1).index, leader.last);
  assert.ok(leader.nextTick > view.now);
  // What the keys of a state machine are called is nobody's business.
  assert.ok(Object.keys(leader.values).length > 0);
  assert.deepEqual(view.cuts.map(({ from, to }) => [from, to]), [["1", "2"]]);
  assert.ok(view.rules.some(({ rule, kind, from, to }) => rule === "hold" && kind === "Heartbeat" && from === "1" && to === "2"));
  assert.ok(view.flights.some(({ held, kind }) => held && kind === "Heartbeat"));
  assert.equal(view.clients[0].client, 1);
  assert.ok(["pending", "ok", "refused", "unknown"].includes(view.clients[0].last.fate));
  assert.deepEqual(view.violations, []);
});

test("keys stay as they are written", () => {
  const world = new World("raft", { nodes: 1, seed: 1 });
  world.until("leader == 1");
  world.act("propose 1 snake_case=1");
  world.runFor(SECOND);
  assert.deepEqual(world.view().machines[0].values, { snake_case: "1" });
  assert.equal(world.ask("value 1 snake_case"), "1");
});

test("events, histories and diagrams tell what happened", () => {
  const world = new World("raft", { nodes: 3, seed: 7 });
  world.until("leader != none");
  world.act("ask c1 x=1");
  world.runFor(SECOND);
  const events = world.events();
  assert.deepEqual(new Set(events.map(({ what }) => what).filter((what) => ["sent", "delivered", "role", "committed", "applied", "asked", "answered", "acted"].includes(what))).size, 8);
  const delivered = events.find(({ what }) => what === "delivered");
  assert.ok(delivered.sent < delivered.at && delivered.from !== delivered.to && delivered.text.length > 0);
  assert.deepEqual(world.events(events.length - 2), events.slice(-2));
  assert.deepEqual(world.events(events.length + 9), []);
  const [operation] = world.history();
  assert.deepEqual([operation.client, operation.serial, operation.op, operation.fate], [1, 1, "x=1", "ok"]);
  assert.ok(operation.ended > operation.asked);
  assert.match(world.diagram(), /leader/);
  assert.ok(world.diagram(0, MILLISECOND).length < world.diagram().length);
});

test("refusals are errors with a code, and harm nothing", () => {
  const world = new World("raft", { nodes: 3, seed: 7 });
  world.runUntil(SECOND);
  const hash = world.stateHash();
  const code = (expected, run) => assert.throws(run, (error) => error instanceof sim.SimError && error instanceof sim.QuorateError && error.name === "SimError" && error.code === expected && error.message !== "", String(run));
  code("invalid_script", () => world.act("dance"));
  code("unknown_node", () => world.act("crash 9"));
  code("node_up", () => world.act("restart 1"));
  code("no_such_message", () => world.act("drop #99999"));
  code("invalid_question", () => world.ask("weather"));
  code("invalid_question", () => world.until("weather == fine"));
  code("invalid_script", () => World.fromScript("raft\nnodes 3\nfly"));
  code("broken_rules_absent", () => World.fromScript("raft\nbroken commit-old-term"));
  const wrong = { name: "ArgumentError", code: "invalid_argument" };
  for (const run of [
    () => new World(5),
    () => new World("raft", null),
    () => new World("raft", { nodes: {} }),
    () => new World("raft", { latency: "1ms\nnodes 1" }),
    () => World.fromScript(),
    () => world.act(1),
    () => world.ask(null),
    () => world.until("leader == 1", -1),
    () => world.until("leader == 1", "1s"),
    () => world.runFor(1.5),
    () => world.runUntil("1s"),
    () => world.seek(-1),
    () => world.seekEvent(NaN),
    () => world.seekMoment(null),
    () => world.seekMoment({ at: 0, events: 0 }),
    () => world.events(-1),
    () => world.diagram("0"),
  ]) {
    assert.throws(run, wrong, String(run));
  }
  assert.equal(world.stateHash(), hash);
  world.free();
  world.free();
  for (const use of [() => world.step(), () => world.view(), () => world.now, () => world.branch(), () => world.run()]) {
    assert.throws(use, (error) => error instanceof sim.FreedError && error.message.includes("this World "));
  }
  new World()[Symbol.dispose]?.();
});

test("a world of Sentinel is made, fails over and shows what it is", () => {
  const world = new World("sentinel", { servers: 3, sentinels: 3, seed: 5, downAfter: "1s", priorities: "100,50,100" });
  world.runFor(15 * SECOND);
  const view = world.view();
  assert.equal(view.kind, "sentinel");
  const of = (kind) => world.view().machines.filter((machine) => machine.kind === kind);
  assert.deepEqual(view.machines.map(({ kind }) => kind), ["server", "server", "server", "sentinel", "sentinel", "sentinel"]);
  const [master] = of("server").filter(({ role }) => role === "master");
  assert.deepEqual(of("server").filter(({ role }) => role === "slave").map(({ follows }) => follows), [master.node, master.node]);
  assert.equal(master.replicas.length, 2);
  for (const { status, lines, clockMs } of of("sentinel")) {
    assert.equal(status.masters[0].sentinels.length, 2);
    assert.ok(status.masters[0].sentinels.every(({ lastHello }) => lastHello === null || typeof lastHello === "number"));
    assert.ok(lines.some((line) => line.startsWith("sentinel myid")));
    assert.equal(typeof clockMs, "number");
  }
  const then = world.moment();
  world.act(`crash ${master.node}`);
  world.runFor(30 * SECOND);
  const [next] = of("server").filter(({ role }) => role === "master");
  // The one whose priority is lowest.
  assert.deepEqual([master.node, next.node], [1, 2]);
  assert.ok(world.events().some((event) => event.what === "told" && event.channel === "+switch-master"));
  assert.deepEqual(world.violations(), []);
  world.seekMoment(then);
  assert.equal(of("server").find(({ role }) => role === "master").node, master.node);
  assert.throws(() => new World("sentinel", { electionTicks: 3 }), { code: "unknown_setting" });
  assert.throws(() => new World("sentinel", { servers: 10 }), { code: "invalid_config" });
});
