// Bytes that other implementations write and read: those of the tests of every language.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ConfChange, ConfChangeV1, Entry, HardState, Message, Snapshot } from "quorate/raft";

const hex = (bytes) => Buffer.from(bytes).toString("hex");
const bytes = (text) => new Uint8Array(Buffer.from(text.replaceAll(" ", ""), "hex"));

const EMPTY = { to: 0, from: 0, term: 0, logTerm: 0, index: 0, entries: [], commit: 0, commitTerm: 0, vote: 0, snapshot: undefined, reject: false, rejectHint: 0, context: new Uint8Array(0), priority: 0, requestSnapshot: 0, responses: [] };

test("an append by hand, in both dialects", () => {
  const message = { ...EMPTY, kind: "app", to: 2, from: 1, term: 5, logTerm: 4, index: 300, entries: [{ term: 5, index: 301, kind: "normal", data: bytes("78") }], commit: 299 };
  const start = "08 03  10 02  18 01  20 05  28 04  30 ac 02  3a 0a  08 00  10 05  18 ad 02  22 01 78  40 ab 02  50 00  58 00";
  const [etcd, raftRs] = [bytes(`${start} 68 00`), bytes(`${start} 68 00  78 00  80 01 00`)];
  assert.equal(hex(Message.encode(message)), hex(etcd));
  assert.equal(hex(Message.encode({ kind: "app", to: 2, from: 1, term: 5, logTerm: 4, index: 300, entries: [{ term: 5, index: 301, data: "x" }], commit: 299 }, "raft_rs")), hex(raftRs));
  assert.deepEqual(Message.decode(etcd), message);
  assert.deepEqual(Message.decode(raftRs, "raft_rs"), message);
  assert.equal(hex(Message.encode({ kind: "heartbeat", to: 2, from: 1, term: 5, commit: 3 })), "0808100218012005280030004003500058006800");
  assert.deepEqual(Message.decode(new Uint8Array(0)), { ...EMPTY, kind: "hup" });
});

test("all fields of a message, as far as its dialect has them", () => {
  const confState = { voters: [1, 2n ** 63n], learners: [3], votersOutgoing: [1], learnersNext: [4], autoLeave: true };
  const snapshot = { index: 9, term: 3, confState, data: bytes("00ff") };
  const full = { ...EMPTY, kind: "snap", to: 2n ** 64n - 1n, from: 2 ** 53 - 1, term: 2 ** 53 - 1, logTerm: 2 ** 32, index: 2 ** 40 + 1, entries: [{ term: 1, index: 2, kind: "conf_change_v2", data: ConfChange.encode(ConfChange.removeNode(4)) }], commit: 128, commitTerm: 7, vote: 8, snapshot, reject: true, rejectHint: 127, context: bytes("63"), priority: -10, requestSnapshot: 5 };
  assert.deepEqual(Message.decode(Message.encode(full)), { ...full, commitTerm: 0, priority: 0, requestSnapshot: 0 });
  assert.deepEqual(Message.decode(Message.encode(full, "raft_rs"), "raft_rs"), { ...full, vote: 0 });
  assert.deepEqual(Snapshot.decode(Snapshot.encode(snapshot)), snapshot);
});

test("changes of membership, entries and hard states by hand", () => {
  const one = { kind: "remove_node", nodeId: 3, context: bytes("63"), id: 7 };
  assert.equal(hex(ConfChangeV1.encode(one)), hex(bytes("08 07  10 01  18 03  22 01 63")));
  assert.deepEqual(ConfChangeV1.decode(ConfChangeV1.encode(one)), one);
  const many = {
    changes: [{ kind: "add_node", nodeId: 1 }, { kind: "add_learner_node", nodeId: 300 }, { kind: "remove_node", nodeId: 2 }],
    transition: "joint_explicit",
    context: new Uint8Array(0),
  };
  assert.equal(hex(ConfChange.encode(many)), hex(bytes("08 02  12 04 08 00 10 01  12 05 08 03 10 ac 02  12 04 08 01 10 02")));
  assert.deepEqual(ConfChange.decode(ConfChange.encode(many)), many);
  assert.equal(ConfChange.encode(ConfChange.leaveJoint()).length, 0);
  assert.equal(hex(HardState.encode({ term: 1, vote: 2, commit: 300 })), hex(bytes("08 01  10 02  18 ac 02")));
  assert.deepEqual(HardState.decode(HardState.encode({ term: 1, vote: 2n ** 60n, commit: 300 })), { term: 1, vote: 2n ** 60n, commit: 300 });
  assert.equal(hex(Entry.encode({ term: 2, index: 7, data: "x = 1" })), hex(Buffer.from("\x08\x00\x10\x02\x18\x07\"\x05x = 1")));
  assert.deepEqual(Entry.confChange({ term: 1, index: 2, kind: "conf_change", data: ConfChangeV1.encode(one) }), ConfChangeV1.v2(one));
  assert.deepEqual(Entry.confChange({ term: 1, index: 2, kind: "conf_change_v2", data: ConfChange.encode(many) }), many);
  assert.equal(Entry.confChange({ term: 1, index: 2, data: "x" }), undefined);
});

test("bytes that are no message", () => {
  assert.throws(() => Message.decode(bytes("08")), (error) => {
    assert.equal(error.name, "WireError");
    assert.equal(error.code, "invalid_wire");
    assert.equal(error.offset, 1);
    assert.ok(error.expected.length > 0 && error.message.includes(error.expected));
    return true;
  });
  assert.throws(() => Entry.confChange({ term: 1, index: 1, kind: "conf_change_v2", data: bytes("08") }), { name: "WireError", code: "invalid_wire" });
  // A term that no number holds: refused, not rounded.
  assert.throws(() => Message.decode(bytes("08 08 20 ff ff ff ff ff ff ff ff ff 01")), { name: "WireError", code: "invalid_wire", offset: 0 });
  const whole = Message.encode({ kind: "app", to: 2, from: 1, term: 5, entries: [{ term: 5, index: 1, data: "abc" }], context: "c" });
  let refused = 0;
  for (let at = 0; at < whole.length; at += 1) {
    for (const byte of [0, 1, 0x7f, 0x80, 0xff]) {
      const broken = Uint8Array.from(whole);
      broken[at] = byte;
      try {
        Message.decode(broken);
      } catch (error) {
        assert.equal(error.code, "invalid_wire");
        refused += 1;
      }
    }
  }
  assert.ok(refused > 0 && refused < whole.length * 5, `${refused}`);
});
