// The Raft node, as its users drive it: groups in one process, and what each call answers and refuses.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as raft from "quorate/raft";
import { ConfChange, Members, Message, Node, ReadyNode, Stored } from "quorate/raft";
import { Group } from "./raft-group.mjs";

const text = (bytes) => new TextDecoder().decode(bytes);

test("a group elects, replicates and agrees", () => {
  for (const byOne of [false, true]) {
    const group = new Group(3, { byOne });
    const leader = group.elect(1);
    assert.deepEqual(leader.propose("x = 1"), { kind: "proposed", index: 3, term: 2 });
    group.run();
    assert.deepEqual(group.at(2).node.propose(new Uint8Array([0xff, 0])), { kind: "forwarded", lead: 1 });
    group.run();
    assert.deepEqual(leader.proposeBatch(["y", "z"]), { kind: "proposed", index: 6, term: 2 });
    group.run();
    // The others learn of the last commit with the next heartbeat.
    group.tick(1);
    for (const [id, { node, state, stored }] of group.members) {
      assert.deepEqual(state, ["x = 1", "\ufffd\0", "y", "z"]);
      assert.equal(node.id, id);
      assert.equal(node.lead, 1);
      assert.deepEqual(node.hardState, { term: 2, vote: 1, commit: 6 });
      assert.deepEqual(node.last, { term: 2, index: 6 });
      assert.deepEqual(stored.hardState, node.hardState);
      assert.deepEqual(node.entries(4, 6).map(({ index, kind, data }) => [index, kind, [...data].slice(0, 1)]), [[4, "normal", [255]], [5, "normal", [121]]]);
      assert.deepEqual([node.termAt(1), node.termAt(6), node.termAt(7)], [1, 2, undefined]);
    }
    assert.deepEqual(group.at(1).roles.at(-1), { kind: "role_changed", role: "leader", lead: 1, term: 2 });
    group.free();
  }
});

test("a leader that is cut off is replaced, and follows when it is back", () => {
  const group = new Group(3, { preVote: true, checkQuorum: true });
  group.elect(1).propose("before");
  group.run();
  group.cut.add(1);
  group.at(1).node.propose("lost");
  group.tick(60);
  const leader = group.leader();
  assert.notEqual(leader.id, 1);
  leader.propose("after");
  group.run();
  group.cut.clear();
  group.tick(10);
  for (const { node, state } of group.members.values()) {
    assert.deepEqual(state, ["before", "after"]);
    assert.equal(node.lead, leader.id);
  }
});

test("a member that starts again goes on from what it stored", () => {
  const group = new Group(3);
  group.elect(1).propose("a");
  group.run();
  group.tick(1);
  for (const member of group.members.values()) {
    const { hardState, last } = member.node;
    member.restart();
    assert.deepEqual(member.node.hardState, hardState);
    assert.deepEqual(member.node.last, last);
    assert.equal(member.node.role, "follower");
  }
  group.elect(2).propose("b");
  group.run();
  group.tick(1);
  for (const { state } of group.members.values()) assert.deepEqual(state, ["a", "b"]);
});

test("a member that is added learns of the others by a snapshot, and one that is removed is gone", () => {
  const group = new Group(3);
  const leader = group.elect(1);
  leader.propose("a");
  group.run();
  group.add(4);
  leader.proposeConfChange(ConfChange.addLearnerNode(4));
  group.run();
  group.tick(2);
  assert.deepEqual(group.at(4).state, ["a"]);
  assert.deepEqual(group.at(4).node.confState, { voters: [1, 2, 3], learners: [4], votersOutgoing: [], learnersNext: [], autoLeave: false });
  assert.equal(leader.status().progress.get(4).isLearner, true);

  // Several at once, by way of a joint configuration that is left by itself.
  leader.proposeConfChange({ changes: [{ kind: "add_node", nodeId: 4 }, { kind: "remove_node", nodeId: 3 }], context: "why" });
  group.run();
  group.tick(3);
  for (const id of [1, 2, 4]) {
    assert.deepEqual(group.at(id).node.confState.voters, [1, 2, 4]);
    assert.deepEqual(group.at(id).node.confState.votersOutgoing, []);
  }
  assert.equal(leader.status().progress.has(3), false);

  // One that is left when it is told to.
  leader.proposeConfChange({ changes: [{ kind: "remove_node", nodeId: 2 }], transition: "joint_explicit" });
  group.run();
  assert.deepEqual(leader.confState.votersOutgoing, [1, 2, 4]);
  leader.proposeConfChange(ConfChange.leaveJoint());
  group.run();
  assert.deepEqual(leader.confState, { voters: [1, 4], learners: [], votersOutgoing: [], learnersNext: [], autoLeave: false });
});

test("a member that is too far behind gets a snapshot", () => {
  const group = new Group(3);
  const leader = group.elect(1);
  group.cut.add(3);
  for (const command of ["a", "b", "c"]) leader.propose(command);
  group.run();
  const snapshot = group.at(1).compact();
  assert.equal(snapshot.index, 5);
  assert.deepEqual(leader.entries(1, 9), []);
  group.cut.clear();
  let snap;
  for (let rounds = 0; snap === undefined && rounds < 9; rounds += 1) {
    leader.tick();
    const wire = group.at(1).work().filter(({ to }) => to === 3);
    snap = wire.find(({ kind }) => kind === "snap");
    for (const message of snap === undefined ? wire : []) group.at(3).node.step(message);
    for (const answer of group.at(3).work()) leader.step(answer);
  }
  // It is on its way, and nothing else.
  assert.deepEqual([snap.kind, snap.snapshot.index, text(snap.snapshot.data)], ["snap", 5, "a\nb\nc"]);
  assert.deepEqual([leader.status().progress.get(3).state, leader.status().progress.get(3).pendingSnapshot], ["snapshot", 5]);
  leader.reportSnapshot(3, { ok: false });
  assert.equal(leader.status().progress.get(3).state, "probe");
  group.tick(3);
  assert.deepEqual(group.at(3).state, ["a", "b", "c"]);
  assert.equal(leader.status().progress.get(3).state, "replicate");
  assert.equal(group.at(3).stored.snapshot.index, 5);

  assert.throws(() => leader.snapshotTaken({ ...snapshot, index: 2 }), { name: "UselessSnapshot", code: "useless_snapshot", index: 2 });
  assert.throws(() => leader.compact(9), { name: "NotCompactable", code: "not_compactable", index: 9 });
});

test("entries that left the window are fetched from the disk", () => {
  const group = new Group(3);
  const leader = group.elect(1);
  group.cut.add(3);
  for (const command of ["a", "b"]) leader.propose(command);
  group.run();
  leader.compact(4);
  group.cut.clear();
  group.tick(3);
  const fetch = group.at(1).fetches.at(-1);
  assert.deepEqual([fetch.kind, fetch.to, fetch.previous, fetch.end], ["fetch", 3, 2, 5]);
  const stored = group.at(1).stored.entries.filter(({ index }) => index >= fetch.previous && index < fetch.end);
  assert.throws(() => leader.entriesFetched(3, [stored[0], stored[2]]), { name: "InvalidMessage", code: "invalid_message" });
  leader.entriesFetched(3, stored);
  group.run();
  group.tick(2);
  assert.deepEqual(group.at(3).state, ["a", "b"]);
});

test("reads are linearizable, by a quorum or by the lease", () => {
  for (const settings of [{}, { checkQuorum: true, readOnly: "lease_based" }]) {
    const group = new Group(3, settings);
    const leader = group.elect(1);
    leader.propose("a");
    group.run();
    leader.readIndex("first");
    group.at(2).node.readIndex(new Uint8Array([1, 2]));
    group.run();
    const read = (id) => group.at(id).reads.map(({ kind, index, context }) => [kind, index, [...context]]);
    assert.deepEqual(read(1), [["read_ready", 3, [...Buffer.from("first")]]]);
    assert.deepEqual(read(2), [["read_ready", 3, [1, 2]]]);
  }
  const group = new Group(3);
  assert.throws(() => group.at(1).node.readIndex("x"), { name: "ReadDropped", code: "read_dropped" });
  group.elect(1);
  group.cut.add(1);
  group.at(1).node.readIndex("x");
  group.at(1).node.step({ kind: "heartbeat", to: 1, from: 2, term: 9 });
  group.run();
  assert.deepEqual(group.at(1).reads.map(({ kind, context }) => [kind, text(context)]), [["read_lost", "x"]]);
});

test("leadership is handed over", () => {
  const group = new Group(3);
  group.elect(1).transferLeader(3);
  group.run();
  assert.equal(group.leader().id, 3);
  group.at(1).node.transferLeader(2n);
  group.run();
  assert.equal(group.leader().id, 2);
});

test("what a node knows", () => {
  const group = new Group(3);
  const leader = group.elect(1);
  leader.propose("a");
  group.run();
  const { progress, votes, ...status } = leader.status();
  assert.deepEqual(status, {
    id: 1,
    role: "leader",
    lead: 1,
    hardState: { term: 2, vote: 1, commit: 3 },
    log: { committed: 3, applied: 3, applying: 3, stableEnd: 4, persistingEnd: 4, unstable: 0 },
    firstIndex: 2,
    last: { term: 2, index: 3 },
    confState: { voters: [1, 2, 3], learners: [], votersOutgoing: [], learnersNext: [], autoLeave: false },
    transferee: raft.NONE,
    electionElapsed: 0,
    electionTimeout: status.electionTimeout,
    fenced: undefined,
  });
  assert.deepEqual([...progress.keys()], [1, 2, 3]);
  assert.deepEqual(progress.get(2), { matched: 3, next: 4, state: "replicate", pendingSnapshot: 0, recentActive: true, paused: false, inflight: 0, isLearner: false, commitGroup: 0 });
  assert.deepEqual(group.at(2).node.status().progress, new Map());
  group.cut = new Set([1, 3]);
  group.at(2).node.campaign();
  group.run();
  assert.deepEqual(group.at(2).node.status().votes, new Map([[2, true]]));
  assert.equal(votes instanceof Map, true);
});

test("ids of 64 bits survive", () => {
  const ids = [2n ** 64n - 3n, 2n ** 53n, Number.MAX_SAFE_INTEGER];
  const node = new Node({ id: ids[0], seed: 2n ** 64n - 1n, trace: true }, Stored.group(ids));
  node.campaign();
  const outputs = node.drain();
  assert.equal(node.id, ids[0]);
  assert.deepEqual(new Set(outputs.filter(({ kind }) => kind === "send").map(({ message }) => message.to)), new Set([ids[1], ids[2]]));
  assert.deepEqual(outputs.find(({ kind }) => kind === "persist").hardState, { term: 2, vote: ids[0], commit: 1 });
  assert.deepEqual(node.confState.voters, [ids[2], ids[1], ids[0]]);
  const asked = outputs.filter(({ kind, trace }) => kind === "trace" && trace.event === "vote_requested").map(({ trace }) => trace.to);
  assert.deepEqual(new Set(asked), new Set([ids[1], ids[2]]));
  assert.throws(() => node.step({ kind: "vote_resp", to: ids[0], from: 2n ** 60n + 1n, term: 2 }), { name: "UnknownPeer", code: "unknown_peer", nodeId: 2n ** 60n + 1n });
});

test("traces say why", () => {
  const group = new Group(3, { trace: true });
  const leader = group.elect(1);
  const events = group.at(1).traces.map(({ event }) => event);
  for (const event of ["started", "election_started", "vote_requested", "votes_counted", "became_leader"]) assert.ok(events.includes(event), event);
  assert.deepEqual(group.at(1).traces.find(({ event }) => event === "vote_requested"), { event: "vote_requested", kind: "vote", to: 2, term: 2, last: { term: 1, index: 1 } });
  const cast = group.at(2).traces.find(({ event }) => event === "vote_cast");
  assert.deepEqual([cast.kind, cast.to, cast.candidate], ["vote", 1, { term: 1, index: 1 }]);
  leader.propose("a");
  group.run();
  group.at(2).node.step({ kind: "vote", to: 2, from: 3, term: 9, index: 1, logTerm: 1 });
  group.at(2).work();
  assert.equal(group.at(2).traces.find(({ event }) => event === "vote_refused").reason, "log_behind");
  const other = new Group(3, { trace: true });
  const chief = other.elect(1);
  other.cut = new Set([2, 3]);
  chief.proposeConfChange(ConfChange.addNode(4));
  chief.proposeConfChange({ ...ConfChange.addNode(5), context: "late" });
  other.run();
  const { change, reason, config } = other.at(1).traces.find(({ event }) => event === "conf_change_ignored");
  assert.deepEqual(change, { changes: [{ kind: "add_node", nodeId: 5 }], transition: "auto", context: new Uint8Array(Buffer.from("late")) });
  assert.deepEqual(reason, { kind: "pending", index: 3, applied: 2 });
  assert.deepEqual(config, { incoming: [1, 2, 3], outgoing: [], learners: [], learnersNext: [], autoLeave: false });
  assert.throws(() => new Node({ id: 1, seed: 1, trace: true }, Stored.group([1, 2])).propose("x"), { reason: "no_leader" });
});

test("group commit waits for two groups", () => {
  const group = new Group(3, { groupCommit: true });
  const leader = group.elect(1);
  leader.assignCommitGroups(new Map([[1, 1], [2, 1], [3, 2]]));
  group.run();
  group.cut.add(3);
  leader.propose("a");
  group.run();
  assert.equal(leader.hardState.commit, 2);
  group.cut.clear();
  group.tick(2);
  assert.equal(leader.hardState.commit, 3);
  assert.equal(leader.status().progress.get(3).commitGroup, 2);
});

test("the same inputs lead to the same state, and a clone goes its own way", () => {
  const run = () => {
    const group = new Group(3, { trace: true });
    group.elect(2).propose("a");
    group.tick(25);
    return group;
  };
  const [one, other] = [run(), run()];
  assert.deepEqual(one.hashes(), other.hashes());
  const { node } = one.at(2);
  const clone = node.clone();
  assert.equal(typeof clone.stateHash(), "bigint");
  assert.equal(clone.stateHash(), node.stateHash());
  node.propose("b");
  assert.notEqual(clone.stateHash(), node.stateHash());
  clone.propose("b");
  assert.equal(clone.stateHash(), node.stateHash());
  assert.deepEqual(clone.drain(), node.drain());
  node.free();
  assert.equal(clone.role, "leader");
});

test("a state is the node, and its hash is what it is in every language", () => {
  const hex = (node) => node.stateHash().toString(16).padStart(16, "0");
  const first = new Node({ id: 1, seed: 42 }, Stored.group([1, 2, 3]));
  const hashes = [hex(first)];
  first.campaign();
  hashes.push(hex(first));
  for (let outputs = first.drain(); outputs.length > 0; outputs = first.drain()) {
    for (const output of outputs) if (output.kind === "persist") first.persisted(output.ticket);
  }
  hashes.push(hex(first));
  // Recorded once, with the tests of the core.
  assert.deepEqual(hashes, ["a2a44c872f674f95", "406c127f1e52788e", "bb2146de31ee3f66"]);

  const group = new Group(3, { trace: true });
  const node = group.elect(1);
  node.propose("x = 1");
  node.readIndex("r");
  node.proposeConfChange(ConfChange.addNode(4));
  const state = node.state();
  assert.equal(new DataView(state.buffer, state.byteOffset).getBigUint64(state.length - 8, true), node.stateHash());
  const again = Node.fromState(state);
  assert.equal(again.stateHash(), node.stateHash());
  assert.deepEqual(again.drain(), node.drain());
  assert.deepEqual(again.state(), node.state());
  assert.notDeepEqual(again.state(), state);

  const ready = new ReadyNode({ id: 1, seed: 1 }, Stored.group([1]));
  ready.campaign();
  ready.ready();
  const other = ReadyNode.fromState(ready.state());
  assert.equal(other.stateHash(), ready.stateHash());
  ready.advance();
  assert.notEqual(other.stateHash(), ready.stateHash());

  const wrong = { name: "StateError", code: "invalid_state" };
  assert.throws(() => Node.fromState(new Uint8Array(0)), { ...wrong, offset: 0, expected: "the state of such a node" });
  assert.throws(() => Node.fromState(ready.state()), wrong);
  assert.throws(() => ReadyNode.fromState(state), wrong);
  for (let at = 0; at < state.length; at += 7) {
    const changed = Uint8Array.from(state);
    changed[at] ^= 4;
    assert.throws(() => Node.fromState(changed), wrong);
  }
  assert.throws(() => Node.fromState("state"), { name: "ArgumentError" });
  assert.throws(() => ReadyNode.fromState([1]), { name: "ArgumentError" });
});

test("a batch of messages is taken in whatever is wrong with some", () => {
  const node = new Node({ id: 1, seed: 1 }, Stored.group([1, 2, 3]));
  assert.throws(() => node.stepMany([{ kind: "hup" }, { kind: "heartbeat", to: 1, from: 2, term: 5 }]), { name: "LocalMessage", code: "local_message", messageKind: "hup" });
  assert.equal(node.lead, 2);
  node.stepMany(new Set([{ kind: "heartbeat", to: 1, from: 3, term: 6 }]).values());
  assert.equal(node.lead, 3);
});

test("every refusal has its class, its code and its details", () => {
  const wrong = (config, stored = Stored.group([1])) => () => new Node({ id: 1, seed: 1, ...config }, stored);
  assert.throws(wrong({ electionTick: 1 }), { name: "ConfigError", code: "invalid_config" });
  assert.throws(wrong({ id: 0 }), { name: "ConfigError" });
  assert.throws(wrong({ readOnly: "lease_based" }), { name: "ConfigError" });
  assert.throws(wrong({}, { applied: 7 }), { name: "StoredError", code: "invalid_stored" });
  assert.throws(wrong({}, { confState: { learners: [1] } }), { name: "MembershipError", code: "removed_all_voters" });
  assert.throws(() => new ReadyNode({ id: 0, seed: 1 }, {}), { name: "ConfigError" });

  const node = new Node({ id: 1, seed: 1, disableProposalForwarding: true, maxUncommittedSize: 4 }, Stored.group([1, 2]));
  const refuse = (run, expected) =>
    assert.throws(run, (error) => {
      assert.ok(error instanceof raft.RaftError && error instanceof raft.QuorateError && error instanceof Error);
      assert.notEqual(error.message, "");
      for (const [name, value] of Object.entries(expected)) assert.deepEqual(error[name], value, name);
      return true;
    });
  const before = node.stateHash();
  refuse(() => node.propose("x"), { name: "ProposalDropped", code: "proposal_dropped", reason: "no_leader", nodeId: 0 });
  refuse(() => node.proposeBatch([]), { reason: "empty" });
  refuse(() => node.persisted(1), { name: "UnknownTicket", code: "unknown_ticket", ticket: 1 });
  refuse(() => node.applied(9), { name: "NotApplying", code: "not_applying", index: 9, first: 1, last: 1 });
  refuse(() => node.applyConfChange(ConfChange.leaveJoint()), { name: "MembershipError", code: "not_joint" });
  assert.equal(node.stateHash(), before);
  refuse(() => node.step({ kind: "snap", to: 1, from: 2, term: 2 }), { name: "InvalidMessage", code: "invalid_message", messageKind: "snap" });
  node.step({ kind: "heartbeat", to: 1, from: 2, term: 2 });
  refuse(() => node.propose("x"), { reason: "not_forwarded", nodeId: 2 });
  // What cannot be: the leader says that something is committed which was never sent.
  refuse(() => {
    node.step({ kind: "heartbeat", to: 1, from: 2, term: 2, commit: 99 });
    node.tick();
  }, { name: "Corrupt", code: "corrupt", index: 99, committed: 1, last: 1 });
  refuse(() => node.tick(), { name: "Corrupt" });
  assert.match(node.status().fenced, /fenced/);
});

test("wrong types are refused before anything changes", () => {
  const wrong = { name: "ArgumentError", code: "invalid_argument" };
  const node = new Node({ id: 1, seed: 1 }, Stored.group([1, 2, 3]));
  const before = node.stateHash();
  const calls = [
    () => new Node(),
    () => new Node(null, {}),
    () => new Node({ id: 1 }, {}),
    () => new Node({ id: 1, seed: 1 }),
    () => new Node({ id: 1, seed: 1, election_tick: 3 }, {}),
    () => new Node({ id: "1", seed: 1 }, {}),
    () => new Node({ id: 1, seed: -1 }, {}),
    () => new Node({ id: 2n ** 64n, seed: 1 }, {}),
    () => new Node({ id: 1, seed: 1, preVote: 1 }, {}),
    () => new Node({ id: 1, seed: 1, readOnly: "fast" }, {}),
    () => new Node({ id: 1, seed: 1 }, { entries: 5 }),
    () => new Node({ id: 1, seed: 1 }, { entries: [{ term: 1, index: 1.5 }] }),
    () => node.step(),
    () => node.step({}),
    () => node.step({ kind: "append" }),
    () => node.step({ kind: "app", term: 2 ** 53 }),
    () => node.step({ kind: "app", term: 1n }),
    () => node.step({ kind: "app", from: -1 }),
    () => node.step({ kind: "app", entries: [null] }),
    () => node.step({ kind: "app", context: [1] }),
    () => node.step({ kind: "app", reject: "no" }),
    () => node.step({ kind: "app", priority: 0.5 }),
    () => node.step({ kind: "snap", snapshot: { index: 1, term: 1 } }),
    () => node.stepMany(5),
    () => node.stepMany("app"),
    () => node.persisted("1"),
    () => node.applied(-1),
    () => node.propose(),
    () => node.propose(1),
    () => node.proposeBatch(["a", 1]),
    () => node.proposeConfChange({ changes: [{ kind: "add", nodeId: 1 }] }),
    () => node.proposeConfChange({ changes: [{ kind: "add_node" }, 5] }),
    () => node.readIndex(null),
    () => node.transferLeader("2"),
    () => node.reportUnreachable(1.5),
    () => node.reportSnapshot(2, {}),
    () => node.snapshotTaken(undefined),
    () => node.compact(NaN),
    () => node.entriesFetched(1, null),
    () => node.assignCommitGroups([1]),
    () => node.setElectionTimeout(-1),
    () => node.entries(1),
    () => node.termAt(2n),
    () => Message.encode({ kind: "app" }, "grpc"),
    () => Message.decode("app"),
    () => Message.decode([1]),
    () => new Members({ voters: "1" }),
    () => new Members({ voters: [1] }).committed({ 1: 1 }),
    () => new Members({ voters: [1] }).isVoter("1"),
    () => new ReadyNode({ id: 1, seed: 1 }, {}, { asyncStorage: 1 }),
  ];
  for (const call of calls) assert.throws(call, wrong, String(call));
  // What a caller's own objects throw is the caller's own, and harms nobody.
  const own = new Error("own");
  assert.throws(() => node.step({ get kind() { throw own; } }), own);
  assert.throws(() => node.proposeBatch((function* () { yield "a"; throw own; })()), own);
  assert.throws(() => new Node({ id: 1, seed: 1, get trace() { throw own; } }, {}), own);
  assert.equal(node.stateHash(), before);
});

test("use after free says which object was freed", () => {
  const node = new Node({ id: 1, seed: 1 }, Stored.group([1]));
  const ready = new ReadyNode({ id: 1, seed: 1 }, Stored.group([1]));
  for (const [object, name, calls] of [
    [node, "Node", [(n) => n.poll(), (n) => n.drain(), (n) => n.tick(), (n) => n.step({ kind: "app" }), (n) => n.propose("x"), (n) => n.status(), (n) => n.id, (n) => n.role, (n) => n.clone(), (n) => n.state(), (n) => n.stateHash()]],
    [ready, "ReadyNode", [(n) => n.ready(), (n) => n.hasReady, (n) => n.advance(), (n) => n.tick(), (n) => n.clone(), (n) => n.traces()]],
  ]) {
    object.free();
    object.free();
    for (const call of calls) assert.throws(() => call(object), (error) => error instanceof raft.FreedError && error.code === "freed" && error.message.includes(`this ${name} `), String(call));
  }
  const other = new Node({ id: 1, seed: 1 }, Stored.group([1]));
  other[Symbol.dispose]?.();
  if (Symbol.dispose) assert.throws(() => other.tick(), { code: "freed" });
});

test("by ready, as etcd's RawNode is driven", () => {
  const node = new ReadyNode({ id: 1, seed: 42, trace: true }, Stored.group([1]));
  assert.equal(node.hasReady, false);
  node.campaign();
  assert.throws(() => node.propose("x"), { code: "proposal_dropped" });
  const applied = [];
  const work = () => {
    while (node.hasReady) {
      const ready = node.ready();
      for (const entry of ready.committedEntries) {
        applied.push(text(entry.data));
        if (entry.kind === "conf_change_v2") node.applyConfChange(raft.Entry.confChange(entry));
      }
      node.advance();
    }
  };
  const first = node.clone().ready();
  assert.deepEqual(first.hardState, { term: 2, vote: 1, commit: 1 });
  assert.deepEqual(first.softState, { role: "candidate", lead: 0 });
  assert.equal(first.mustSync, true);
  assert.deepEqual([first.messages, first.entries, first.snapshot, first.readStates], [[], [], undefined, []]);
  work();
  node.propose("x = 1");
  node.proposeEntries([{ term: 0, index: 0, data: "y = 2" }]);
  node.proposeConfChange(ConfChange.addLearnerNode(9));
  node.readIndex("r");
  const { readStates } = node.clone().ready();
  assert.deepEqual(readStates.map(({ index, context }) => [index, text(context)]), [[2, "r"]]);
  work();
  assert.deepEqual(applied.slice(0, 3), ["", "x = 1", "y = 2"]);
  assert.deepEqual(node.status().confState.learners, [9]);
  assert.ok(node.traces().some(({ event }) => event === "became_leader"));
  assert.deepEqual(node.traces(), []);
  node.setElectionTimeout(12);
  assert.equal(node.status().electionTimeout, 12);
});

test("by ready, with storage that works on its own", () => {
  const node = new ReadyNode({ id: 1, seed: 42 }, Stored.group([1]), { asyncStorage: true });
  node.campaign();
  const threads = [];
  const applied = [];
  for (let rounds = 0; node.hasReady && rounds < 20; rounds += 1) {
    for (const message of node.ready().messages) {
      threads.push([message.kind, message.to]);
      if (message.kind === "storage_apply") applied.push(...message.entries.map(({ index }) => index));
      for (const response of message.responses) {
        assert.equal(response.to, 1);
        node.step(response);
      }
    }
  }
  assert.deepEqual(applied, [2]);
  assert.deepEqual(threads[0], ["storage_append", raft.APPEND_THREAD]);
  assert.ok(threads.some(([kind, to]) => kind === "storage_apply" && to === raft.APPLY_THREAD));
  assert.equal(node.status().log.applied, 2);
});

test("members and their quorums", () => {
  const members = new Members({ voters: [3, 1, 2] });
  assert.deepEqual(members.confState.voters, [1, 2, 3]);
  assert.equal(members.committed(new Map([[1, 7], [2, 5], [3, 4]])), 5);
  assert.equal(members.committed(new Map([[1, 7]])), 0);
  assert.equal(new Members().committed(new Map()), Infinity);
  assert.equal(members.voteResult(new Map([[1, true], [2, false]])), "pending");
  assert.equal(members.voteResult(new Map([[1, true], [2, true]])), "won");
  assert.equal(members.voteResult(new Map([[1, false], [2, false]])), "lost");
  assert.deepEqual(members.groupCommitted(new Map([[1, 4], [2, 3], [3, 2]]), new Map([[1, 1], [2, 1], [3, 2]])), { index: 2, grouped: true });
  const joint = members.changed({ changes: [{ kind: "add_node", nodeId: 4 }, { kind: "remove_node", nodeId: 1 }] });
  assert.equal(String(joint), "voters=(2 3 4)&&(1 2 3) autoleave");
  assert.equal(String(members), "voters=(1 2 3)");
  assert.deepEqual([joint.isJoint, members.isJoint], [true, false]);
  assert.deepEqual(joint.voters, [1, 2, 3, 4]);
  assert.deepEqual([joint.isVoter(4n), joint.isVoter(5)], [true, false]);
  assert.equal(joint.committed(new Map([[2, 7], [3, 5], [4, 9]])), 5);
  assert.deepEqual(joint.changed(ConfChange.leaveJoint()).confState.voters, [2, 3, 4]);
  assert.throws(() => joint.changed(ConfChange.addNode(9)), { name: "MembershipError", code: "simple_in_joint" });
  assert.throws(() => members.changed(ConfChange.leaveJoint()), { code: "not_joint" });
  assert.throws(() => new Members({ learners: [1] }), { code: "removed_all_voters" });
});
